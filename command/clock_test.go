//go:build !testclock

package command

import (
	"go/build/constraint"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestNoTestClock keeps the clock that can be turned out of what people run: whatever names it must ask for its tag.
func TestNoTestClock(t *testing.T) {
	t.Parallel()
	sources, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	found := 0
	for _, name := range sources {
		text, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		if strings.HasSuffix(name, "_test.go") || !strings.Contains(string(text), "SEATBRIDGE_TEST_CLOCK") {
			continue
		}
		found++
		first, _, _ := strings.Cut(string(text), "\n")
		expression, err := constraint.Parse(first)
		if err != nil || expression.Eval(func(string) bool { return false }) || !expression.Eval(func(tag string) bool { return tag == "testclock" }) {
			t.Errorf("%s begins with %q, %v, and is not built with the tag testclock alone", name, first, err)
		}
	}
	if found == 0 {
		t.Error("nothing reads the clock that can be turned")
	}
}
