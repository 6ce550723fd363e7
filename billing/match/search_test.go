package match

import (
	"testing"
)

func TestSearchWord(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]string{
		"Vault Keeper": "Keeper", "VK-365.Plus": "Plus", "NordPass Business": "nord", "NP-BUS": "BUS", " – ": "", "": "",
	} {
		if got := SearchWord(name); got != want {
			t.Errorf("%q is searched for as %q, want %q", name, got, want)
		}
	}
}
