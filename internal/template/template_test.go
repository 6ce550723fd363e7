package template

import (
	"errors"
	"os"
	"strings"
	"testing"
)

func TestItIsMadeOnce(t *testing.T) {
	t.Parallel()
	var f File
	times := 0
	write := func(path string) error {
		times++
		return os.WriteFile(path, []byte("made"), 0o600)
	}
	first, second := f.Copy(t, "it", write), f.Copy(t, "it", write)
	if first == second || times != 1 {
		t.Errorf("made %d times, at %s and %s", times, first, second)
	}
	for _, path := range []string{first, second} {
		if text, err := os.ReadFile(path); err != nil || string(text) != "made" {
			t.Errorf("%s holds %q, %v", path, text, err)
		}
	}
}

func TestItIsNotMade(t *testing.T) {
	t.Parallel()
	for says, make := range map[string]func(string) error{
		"no room":       func(string) error { return errors.New("no room") },
		"no such file":  func(string) error { return nil },
		"-wal was left": func(path string) error { return os.WriteFile(path+"-wal", nil, 0o600) },
	} {
		if _, err := made("it", make); err == nil || !strings.Contains(err.Error(), says) {
			t.Errorf("%v, want %q", err, says)
		}
	}
}
