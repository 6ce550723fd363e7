package seats

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"seatbridge/internal/moment"
	"seatbridge/store"
)

// A period's turns are those from its first instant up to, not including, its end, after what was in force when it began.
func TestTimelineOfAMonth(t *testing.T) {
	t.Parallel()
	with := func(e *example, change func(*store.Organization)) *example {
		change(&e.l.Organization)
		return e
	}
	trialEnds := func(when string) func(*store.Organization) {
		return func(o *store.Organization) { o.TrialEndsAt = moment.At(when) }
	}
	const before = "2025-06-01 In force at the beginning: NordPass Business, standard license."
	for _, tt := range []struct {
		name   string
		ledger *example
		want   []string
	}{
		{"nothing changes", standard(), []string{before}},
		{"created as the month begins", org("2026-03-01", b, store.Standard), []string{"2026-03-01 Began: NordPass Business, standard license."}},
		{"created as the next one begins", org("2026-04-01", b, store.Standard), nil},
		{"changed within", standard().plan("2026-03-31", e), []string{before, "2026-03-31 Changed to NordPass Enterprise, standard license."}},
		{"changed as the month begins", standard().plan("2026-03-01", e), []string{"2026-03-01 Changed to NordPass Enterprise, standard license."}},
		{"changed as the next one begins", standard().plan("2026-04-01", e), []string{before}},
		{"changed before", standard().plan("2026-02-10", e), []string{"2026-02-10 In force at the beginning: NordPass Enterprise, standard license."}},
		{"suspended", standard().dormant("2026-03-02"), []string{before, "2026-03-02 Suspended; still billed."}},
		{"suspended before a change", standard().dormant("2026-03-02").plan("2026-03-05", e),
			[]string{before, "2026-03-02 Suspended; still billed.", "2026-03-05 Changed to NordPass Enterprise, standard license."}},
		{"a trial made NFR", with(org("2026-03-03", b, store.NFR), trialEnds("2026-03-17")), []string{"2026-03-03 Began: NordPass Business, nfr license."}},
		{"a trial ended by hand", org("2026-03-03", b, store.Trial).term("2026-03-10", b, store.Standard),
			[]string{"2026-03-03 Began: NordPass Business, trial license.", "2026-03-10 Changed to NordPass Business, standard license."}},
		{"a trial that ended, made NFR later", org("2026-03-03", b, store.Trial).term("2026-04-10", b, store.NFR),
			[]string{"2026-03-03 Began: NordPass Business, trial license.", "2026-03-17 The trial ended; billing begins."}},
	} {
		var got []string
		for _, turn := range Timeline(tt.ledger.l, WholeMonth("2026-03")) {
			got = append(got, turn.At.Format("2006-01-02 ")+turn.What)
		}
		if diff := cmp.Diff(tt.want, got); diff != "" {
			t.Errorf("%s: %s", tt.name, diff)
		}
	}
}
