package demo

import (
	"context"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"seatbridge/billing/findings"
	"seatbridge/command/commandtest"
	"seatbridge/store"
	"seatbridge/store/storetest"
)

// livedDays are moments at which a year can end: while the first sync of a month is yet to come, before its invoices are made and just
// after that, on the last days of months, and in the middle of one.
var livedDays = []string{
	"2026-12-01T00:10:00Z", "2027-03-01T06:00:00Z", "2026-12-02T18:00:00Z", "2028-02-29T23:59:59Z", "2027-01-31T12:00:00Z", "2026-11-15T08:30:00Z",
}

// TestLive looks at what there is at the end of a year on such days.
func TestLive(t *testing.T) {
	t.Parallel()
	for _, day := range livedDays {
		t.Run(day, func(t *testing.T) {
			t.Parallel()
			db, lived := liveUpTo(t, day)
			if broken := lived.Sim.Violations(); len(broken) > 0 {
				t.Errorf("the simulated ConnectWise saw what it must not: %v", broken)
			}
			testFindings(t, db)
			testRuns(t, db)
			testMonths(t, db)
			testStops(t, db, lived.Stops)
		})
	}
}

// TestLivesAreAlike lives up to one moment twice: they differ in nothing but the seconds and the numbers of lines, since a sync works on
// several agreements at once.
func TestLivesAreAlike(t *testing.T) {
	t.Parallel()
	first, one := liveUpTo(t, livedDays[5])
	second, other := liveUpTo(t, livedDays[5])
	if diff := cmp.Diff(titles(one.Stops), titles(other.Stops)); diff != "" {
		t.Errorf("two lives have other things to look at:\n%s", diff)
	}
	if diff := cmp.Diff(sampleOrganizations(t, first), sampleOrganizations(t, second)); diff != "" {
		t.Errorf("two lives have other organizations:\n%s", diff)
	}
	if diff := cmp.Diff(written(t, first), written(t, second)); diff != "" {
		t.Errorf("two lives wrote otherwise:\n%s", diff)
	}
}

func liveUpTo(t *testing.T, day string) (*store.Store, Lived) {
	t.Helper()
	now, err := time.Parse(time.RFC3339, day)
	commandtest.Must(t, err)
	db, err := store.OpenTuned(t.Context(), storetest.New(t), make([]byte, 32), store.Tuning{
		Wait: time.Second, Statements: store.KeptStatements, Careless: true,
	})
	commandtest.Must(t, err)
	t.Cleanup(func() { db.Close() })
	lived, err := Live(t.Context(), Begin{
		Store: db, Site: "http://127.0.0.1:1", Now: now, Owner: Person{"Demo Owner", "demo@seatbridge.example", "hash"},
	})
	commandtest.Must(t, err)
	return db, lived
}

// testFindings finds one of each kind, and what waits.
func testFindings(t *testing.T, db *store.Store) {
	t.Helper()
	counts, err := store.ReadingsIn(db).CountFindings(t.Context())
	commandtest.Must(t, err)
	for _, k := range findings.Kinds {
		if k.Subject != store.AboutUnreliable && counts[k.Subject] == 0 {
			t.Errorf("no finding is about %s", k.Subject)
		}
	}
	reasons, states := map[store.HoldReason]bool{}, map[store.ChangeState]bool{}
	for c, err := range db.EachChange(t.Context(), store.ChangeFilter{Carried: true}) {
		commandtest.Must(t, err)
		states[c.State] = true
		for _, reason := range c.HeldFor {
			reasons[reason] = reasons[reason] || c.State == store.StateHeld
		}
		for _, f := range c.Found {
			counts[f.Subject]++
		}
	}
	if counts[store.AboutUnreliable] == 0 {
		t.Error("no list of additions lacked a line")
	}
	for _, reason := range []store.HoldReason{store.HoldLower, store.HoldFound, store.HoldTerms} {
		if !reasons[reason] {
			t.Errorf("nothing waits for %s", reason)
		}
	}
	for _, state := range []store.ChangeState{
		store.StateWritten, store.StateUnchanged, store.StateRejected, store.StateFailed, store.StateConflict, store.StateSkipped, store.StateBlocked,
	} {
		if !states[state] {
			t.Errorf("no change is %s", state)
		}
	}
}

// testRuns finds a run of each kind that people begin, one that failed, and a year of months.
func testRuns(t *testing.T, db *store.Store) {
	t.Helper()
	kinds, failed := map[store.RunKind]int{}, 0
	for r, err := range db.EachRun(t.Context(), store.RunFilter{}) {
		commandtest.Must(t, err)
		if r.Status == store.RunFailed {
			failed++
		} else {
			kinds[r.Kind]++
		}
		if r.Status == store.RunRunning || r.Status == store.RunPlanned {
			t.Errorf("run %d, %s, is %s", r.ID, r.Kind, r.Status)
		}
	}
	if failed != 1 || kinds[store.RunMonthly] < 11 {
		t.Errorf("%d runs failed, and of the others %d are monthly", failed, kinds[store.RunMonthly])
	}
	for _, kind := range []store.RunKind{store.RunManual, store.RunUndo, store.RunRetry, store.RunSettle} {
		if kinds[kind] == 0 {
			t.Errorf("no run is %s", kind)
		}
	}
}

// testMonths finds months that are closed, of which one has a difference since, and one with something open.
func testMonths(t *testing.T, db *store.Store) {
	t.Helper()
	list, err := store.BooksIn(db).Months(t.Context())
	commandtest.Must(t, err)
	closed, openClosed, open, settled := 0, 0, 0, 0
	for _, m := range list {
		is := !m.ClosedAt.IsZero()
		if is {
			closed++
		}
		for r, err := range store.BooksIn(db).EachRow(t.Context(), store.MonthRowFilter{Month: m.Month, Sort: "id"}) {
			commandtest.Must(t, err)
			if !r.Settled.IsZero() {
				settled++
			}
			if r.State == store.RowOpen && is {
				openClosed++
			} else if r.State == store.RowOpen {
				open++
			}
		}
	}
	if closed < 9 || openClosed == 0 || openClosed > 3 || open == 0 || open > 30 || settled < 4 {
		t.Errorf("%d months are closed, with %d open rows; %d rows are open besides, %d settled", closed, openClosed, open, settled)
	}
}

// testStops follows what there is to look at.
func testStops(t *testing.T, db *store.Store, stops []Stop) {
	t.Helper()
	chapters := map[string]int{}
	for _, s := range stops {
		chapters[s.Chapter]++
		if err := follow(t.Context(), db, s); err != nil || s.What == "" || s.Look == "" {
			t.Errorf("%+v leads nowhere: %v", s, err)
		}
	}
	if len(chapters) != 6 {
		t.Errorf("chapters: %v", chapters)
	}
	if diff := cmp.Diff(stops, inChapters(slices.Clone(stops))); diff != "" {
		t.Errorf("the stops are not in the order of the chapters:\n%s", diff)
	}
}

// follow reads what a stop is about.
func follow(ctx context.Context, db *store.Store, s Stop) (err error) {
	switch {
	case s.Run != 0:
		_, err = db.Run(ctx, s.Run)
	case s.Organization != 0:
		_, err = db.Organization(ctx, s.Organization)
	case s.Agreement != 0:
		_, err = db.Agreement(ctx, s.Agreement)
	case s.Month != "":
		_, err = store.BooksIn(db).Month(ctx, s.Month)
	case !slices.Contains([]string{Approvals, Findings, Suggestions, Months, Leaks}, s.Page):
		return fmt.Errorf("there is no page %q", s.Page)
	}
	return err
}

func titles(stops []Stop) (all []string) {
	for _, s := range stops {
		all = append(all, s.Chapter+": "+s.What)
	}
	return all
}

// written is what runs did, in short.
func written(t *testing.T, db *store.Store) (all []string) {
	t.Helper()
	for c, err := range db.EachChange(t.Context(), store.ChangeFilter{}) {
		commandtest.Must(t, err)
		all = append(all, fmt.Sprintf("%d %s %s %s %s>%s", c.RunID, c.Company, c.Plan, c.State, c.Before.Decimal, c.After.Decimal))
	}
	slices.Sort(all)
	return all
}
