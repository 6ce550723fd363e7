package reports_test

import (
	"slices"
	"strings"
	"testing"

	"seatbridge/billing/billingtest"
	"seatbridge/billing/seats"
	"seatbridge/nordpass/npsim"
	"seatbridge/store"
)

// octoberAgain syncs October anew, or previews it, and is the run.
func (w *reported) octoberAgain(preview bool) store.Run {
	w.T.Helper()
	r := w.Runs.SyncMonth("2026-10", nil, preview)
	r.Overwrite = true
	run, err := w.Runs.Run(w.T.Context(), billingtest.Admin(), r)
	w.Must(err)
	return run
}

// TestCase_H31_ZeroAgainstTheLedgerIsHeld has the Provider API say 0 of one organization of which the ledger counts 5.
func TestCase_H31_ZeroAgainstTheLedgerIsHeld(t *testing.T) {
	t.Parallel()
	w := newReported(t)
	w.Set(func(s *store.Settings) { s.Holds.Zero, s.Holds.Lower = false, store.Step{} }) // what else would hold it
	w.records = []npsim.Record{{ID: "np-1", Name: "Acme", Licenses: 0, Tier: "Business"}, {ID: "np-2", Name: "Gamma", Licenses: 2, Tier: "Business"}}
	w.SetTime("2026-11-02 10:00:00")
	run := w.octoberAgain(false)
	i := slices.IndexFunc(w.Changes(run), func(c string) bool { return strings.HasPrefix(c, "held") })
	if i < 0 {
		t.Fatalf("nothing is held: %v", w.Changes(run))
	}
	held, _, err := w.Store.Changes(t.Context(), store.ChangeFilter{RunID: run.ID, States: []store.ChangeState{store.StateHeld}})
	w.Must(err)
	const want = "Sources disagree about Acme: the Provider API says 0 on NordPass Business, Seatbridge itself says 5 on NordPass Business."
	if len(held) != 1 || !slices.Contains(held[0].HeldFor, store.HoldDisputed) || !strings.Contains(held[0].HeldBecause, want) {
		t.Errorf("held %+v, want one because %s", held, want)
	}
	w.wantGamma("which nobody disputes", "NP-BUS 2")

	// A correction ends it.
	w.Must(w.Figures.Correct(t.Context(), billingtest.Admin(), store.Correction{
		OrganizationID: held[0].Shares[0].OrganizationID, Month: "2026-10", Seats: 0, Plan: store.Business, Reason: "They left.",
	}))
	w.WantChanges(w.octoberAgain(false), "written NP-BUS 7>0", "unchanged NP-BUS 2>2")
}

// TestCase_H32_AWordLiftsTheHold: once somebody said whose figure of the month is right, nothing waits for that; another figure is asked
// again.
func TestCase_H32_AWordLiftsTheHold(t *testing.T) {
	t.Parallel()
	w := newReported(t)
	w.Set(func(s *store.Settings) { s.Holds.Zero, s.Holds.Lower = false, store.Step{} }) // what else would hold it
	w.records = []npsim.Record{{ID: "np-1", Name: "Acme", Licenses: 2, Tier: "Business"}, {ID: "np-2", Name: "Gamma", Licenses: 2, Tier: "Business"}}
	w.SetTime("2026-11-02 10:00:00")
	held := func(run store.Run) (waits bool) {
		t.Helper()
		changes, _, err := w.Store.Changes(t.Context(), store.ChangeFilter{RunID: run.ID, States: []store.ChangeState{store.StateHeld}})
		w.Must(err)
		return slices.ContainsFunc(changes, func(c store.Change) bool { return slices.Contains(c.HeldFor, store.HoldDisputed) })
	}
	if run := w.octoberAgain(false); !held(run) {
		t.Fatalf("nothing is held: %v", w.Changes(run))
	}
	reports, err := w.Store.UsageReports(t.Context(), "2026-10")
	w.Must(err)
	w.Must(w.Figures.Keep(t.Context(), billingtest.Admin(), store.KeptFigure{OrganizationID: reports[0].OrganizationID, Month: "2026-10", Source: "provider"}))
	if disputed, err := w.Figures.Disputed(t.Context(), "2026-10"); err != nil || len(disputed) != 0 {
		t.Errorf("disputed are %v (%v)", disputed, err)
	}
	w.WantChanges(w.octoberAgain(false), "written NP-BUS 7>2", "unchanged NP-BUS 2>2")

	w.records[0].Licenses = 1
	w.SetTime("2026-11-02 12:00:00")
	if run := w.octoberAgain(false); !held(run) {
		t.Errorf("another figure is not asked again: %v", w.Changes(run))
	}
}

// TestCase_H32_APreviewWritesNothing has another figure at the Provider API by now: previewing does not ask for it, and changes nothing
// of what is known.
func TestCase_H32_APreviewWritesNothing(t *testing.T) {
	t.Parallel()
	w := newReported(t)
	w.complete()
	w.records[0].Licenses = 30
	w.SetTime("2026-11-02 10:00:00")
	known := func() ([]store.UsageReport, []store.UsageFetch) {
		reports, err := w.Store.UsageReports(t.Context(), "2026-10")
		w.Must(err)
		fetches, err := w.Store.UsageFetches(t.Context(), 100)
		w.Must(err)
		return reports, fetches
	}
	reports, fetches := known()
	asked := w.asked
	w.octoberAgain(true)
	preview, err := w.Runs.Run(t.Context(), billingtest.Admin(), w.Runs.SyncNow(true))
	w.Must(err)
	after, fetched := known()
	if w.asked != asked || !slices.Equal(after, reports) || len(fetched) != len(fetches) {
		t.Errorf("a preview asked %d times and left %v, %d fetches; it was %v, %d", w.asked-asked, after, len(fetched), reports, len(fetches))
	}
	w.wantGamma("after a preview")
	billingtest.WantStatus(t, preview, store.RunPlanned)

	w.octoberAgain(false)
	w.wantGamma("after a sync, which asks", "NP-BUS 4")
}

// TestCase_H32_APullKeepsWhatOthersReported: a report of a script stays beside what the Provider API says, and what the Provider API
// said before is in the activity log.
func TestCase_H32_APullKeepsWhatOthersReported(t *testing.T) {
	t.Parallel()
	w := newReported(t)
	acme, err := w.Store.UsageReports(t.Context(), "2026-10")
	w.Must(err)
	w.SetTime("2026-11-02 09:00:00")
	w.Must(w.Organizations.ReportUsage(t.Context(), billingtest.Admin(), store.UsageReport{
		OrganizationID: acme[0].OrganizationID, Month: "2026-10", Seats: 30, Plan: store.Business, Source: string(seats.SourceAPI),
	}))
	w.records[0].Licenses = 6
	w.SetTime("2026-11-02 10:00:00")
	w.Must(w.Reports.PullNow(t.Context(), billingtest.Admin()))
	kept, err := w.Store.UsageReports(t.Context(), "2026-10")
	w.Must(err)
	if len(kept) != 2 || kept[0].Source != "api" || kept[0].Seats != 30 || kept[0].ReportedBy != "admin@example.com" || kept[1].Seats != 6 {
		t.Errorf("kept are %+v", kept)
	}
	usage, err := w.Figures.Usage(t.Context(), seats.WholeMonth("2026-10"), []int64{acme[0].OrganizationID})
	w.Must(err)
	if u := usage[acme[0].OrganizationID]; u.Source() != seats.SourceProvider || !u.Disputed || len(u.Others()) != 2 {
		t.Errorf("what counts is %+v", u)
	}
	log, _, err := w.Store.Activities(t.Context(), store.ActivityFilter{Limit: 100})
	w.Must(err)
	const want = "The Provider API's report of October 2026 says another figure than before of 1 organization: " +
		"“Acme” 7 NordPass Business → 6 NordPass Business."
	if !slices.ContainsFunc(log, func(a store.Activity) bool { return a.Action == want }) {
		t.Errorf("the activity log does not say %q: %+v", want, log)
	}
}
