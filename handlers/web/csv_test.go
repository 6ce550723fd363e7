package web

import "testing"

func TestHarmless(t *testing.T) {
	t.Parallel()
	for cell, want := range map[string]string{
		"": "", "Acme": "Acme", "=1+1": "'=1+1", "+1 800": "'+1 800", "-x": "'-x", "@cmd": "'@cmd", "\tx": "'\tx", "-3": "-3", "-30.50": "-30.50", "12": "12", "–": "–",
	} {
		if got := harmless(cell); got != want {
			t.Errorf("harmless(%q) = %q, want %q", cell, got, want)
		}
	}
}
