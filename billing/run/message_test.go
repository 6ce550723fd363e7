package run

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"seatbridge/billing/notify/notifytest"
	"seatbridge/store"
)

func TestHeldLinesInWords(t *testing.T) {
	t.Parallel()
	counts := map[store.ChangeState]int{store.StateWritten: 41, store.StateHeld: 2, store.StateBlocked: 1, store.StateFailed: 3, store.StateRejected: 1}
	report := RunReport{Status: store.RunIncomplete, Counts: counts, Month: "2026-10", StartedBy: "Seatbridge", Unmapped: 4}
	m, err := runMessage(store.Run{Kind: store.RunMonthly, Month: "2026-10"}, report, false)
	if err != nil {
		t.Fatal(err)
	}
	if m.Title != "Monthly sync of October 2026: 6 lines to look at" {
		t.Errorf("title %q", m.Title)
	}
	notifytest.WantParts(t, strings.Join(m.Text, "\n"), "Held: 2 lines. Approve or reject them", "Not written: 4 lines.", "Not mapped: 4 organizations with billable seats.")
	var facts []string
	for _, f := range m.Facts {
		facts = append(facts, f.Name+" "+f.Value)
	}
	want := []string{"Month October 2026", "Started by Seatbridge", "Written 41", "Held 2", "Failed 3", "Blocked 1", "Rejected 1"}
	if diff := cmp.Diff(want, facts); diff != "" {
		t.Error(diff)
	}
}
