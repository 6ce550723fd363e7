package problem

import "testing"

func TestShorten(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{"": "", "Zoë": "Zoë", "Zoës": "Zo…"} {
		if got := Shorten(text, 3); got != want {
			t.Errorf("Shorten(%q, 3) = %q, want %q", text, got, want)
		}
	}
}
