package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestMutants tries the tool on a package whose tests forget three things.
func TestMutants(t *testing.T) {
	t.Parallel()
	const room = ".ci/mutants/testdata/sum."
	allowed := filepath.Join(t.TempDir(), "allowed")
	reason := room + "Positive: x <= 0 => the opposite where they are equal # adding nothing is not noticed\n"
	if err := os.WriteFile(allowed, []byte(reason), 0o600); err != nil {
		t.Fatal(err)
	}
	var out strings.Builder
	err := run(t.Context(), []string{"-allowed", allowed, "./testdata/sum"}, &out)
	want := []string{
		"./testdata/sum: 16 of 21 mutants were noticed (76.2 %), 5 lived",
		"  sum.go:14: " + strings.TrimSpace(reason),
		"  sum.go:27: " + room + "Over: !now.Before(end) => the opposite where they are equal # NOT LISTED, no test comes where it differs",
		"  sum.go:31: " + room + "forgotten: a || b => true # NOT LISTED, no test comes where it differs",
		"  sum.go:31: " + room + "forgotten: a => false # NOT LISTED, no test comes where it differs",
		"  sum.go:31: " + room + "forgotten: b => false # NOT LISTED, no test comes where it differs",
	}
	if diff := cmp.Diff(strings.Join(want, "\n")+"\n", out.String()); diff != "" {
		t.Error(diff)
	}
	const problems = "./testdata/sum: less than 95 % of the mutants were noticed\n./testdata/sum: 4 mutants live without a reason"
	if err == nil || err.Error() != problems {
		t.Errorf("it says %v", err)
	}
}

// TestNamedMutants tries only those whose name matches.
func TestNamedMutants(t *testing.T) {
	t.Parallel()
	var out strings.Builder
	err := run(t.Context(), []string{"-named", `forgotten: .* => true$`, "./testdata/sum"}, &out)
	if err == nil || !strings.HasPrefix(out.String(), "./testdata/sum: 0 of 1 mutants were noticed") {
		t.Errorf("%v, and it prints\n%s", err, out.String())
	}
	if err := run(t.Context(), []string{"-named", "(", "./testdata/sum"}, &out); err == nil {
		t.Error("what is no expression was taken")
	}
}
