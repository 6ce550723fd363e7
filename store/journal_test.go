package store

import (
	"strings"
	"testing"
	"time"
)

// ended makes a run that ended, in October's form unless it says otherwise.
func ended(t testing.TB, s *Store, r Run) Run {
	t.Helper()
	if r.Month == "" {
		r.Month = "2026-10"
	}
	r.StartedAt = t0
	return must[Run](t)(s.CreateRun(t.Context(), r))
}

// TestWrittenMonths holds after which runs a month is written.
func TestWrittenMonths(t *testing.T) {
	t.Parallel()
	asOf := t0.Add(time.Hour)
	failed := Run{Kind: RunMonthly, Status: RunFailed}
	for name, tc := range map[string]struct {
		runs []Run // one after the other; Of: the first
		want bool
	}{
		"done":                             {[]Run{{Kind: RunMonthly, Status: RunDone}}, true},
		"incomplete, by the command line":  {[]Run{{Kind: RunCommand, Status: RunIncomplete}}, true},
		"by hand":                          {[]Run{{Kind: RunManual, Status: RunDone}}, true},
		"failed":                           {[]Run{failed}, false},
		"cancelled":                        {[]Run{{Kind: RunMonthly, Status: RunCancelled}}, false},
		"so far":                           {[]Run{{Kind: RunManual, Status: RunDone, AsOf: asOf}}, false},
		"previewed":                        {[]Run{{Kind: RunManual, Status: RunDone, Preview: true}}, false},
		"one agreement":                    {[]Run{{Kind: RunManual, Status: RunDone, Agreement: 101}}, false},
		"some agreements":                  {[]Run{{Kind: RunManual, Status: RunDone, Only: []int{101}}}, false},
		"none of them":                     {[]Run{{Kind: RunManual, Status: RunDone, Only: []int{}}}, false},
		"undone":                           {[]Run{{Kind: RunUndo, Status: RunDone}}, false},
		"another month":                    {[]Run{{Kind: RunMonthly, Status: RunDone, Month: "2026-11"}}, false},
		"retried":                          {[]Run{failed, {Kind: RunRetry, Status: RunDone, Of: 1}}, true},
		"retried, and failed":              {[]Run{failed, {Kind: RunRetry, Status: RunFailed, Of: 1}}, false},
		"retried in part":                  {[]Run{failed, {Kind: RunRetry, Status: RunDone, Of: 1, Only: []int{101}}}, false},
		"retried one agreement":            {[]Run{failed, {Kind: RunRetry, Status: RunDone, Of: 1, Agreement: 101}}, false},
		"retried after another month":      {[]Run{failed, {Kind: RunManual, Month: "2026-11", Status: RunDone, AsOf: asOf}, {Kind: RunRetry, Status: RunDone, Of: 1}}, false},
		"retried after October's own":      {[]Run{failed, {Kind: RunMonthly, Status: RunFailed}, {Kind: RunRetry, Status: RunDone, Of: 1}}, true},
		"a retry of one agreement's sync":  {[]Run{{Kind: RunManual, Status: RunFailed, Agreement: 101}, {Kind: RunRetry, Status: RunDone, Of: 1}}, false},
		"a retry of the figures until now": {[]Run{{Kind: RunManual, Status: RunFailed, AsOf: asOf}, {Kind: RunRetry, Status: RunDone, Of: 1, AsOf: asOf}}, false},
	} {
		s := openTest(t)
		for _, r := range tc.runs {
			made := ended(t, s, r)
			plan(t, s, made.ID, 101, testChange(1, StateWritten))
		}
		written, err := JournalIn(s).Written(t.Context(), "2026-10")
		check(t, err)
		if written["2026-10"] != tc.want {
			t.Errorf("%s: written %v, want %t", name, written, tc.want)
		}
	}
	s := openTest(t)
	ended(t, s, Run{Kind: RunMonthly, Status: RunDone})
	same(t, must[map[Month]bool](t)(JournalIn(s).Written(t.Context(), "2026-11")), map[Month]bool{})
}

// TestNewestAfter holds what of a later month stands on lines.
func TestNewestAfter(t *testing.T) {
	t.Parallel()
	s := openTest(t)
	journal := JournalIn(s)
	put := func(r Run, agreement int, state ChangeState) Run {
		made := ended(t, s, r)
		plan(t, s, made.ID, agreement, testChange(1, state))
		return made
	}
	put(Run{Kind: RunMonthly, Month: "2026-09", Status: RunDone}, 101, StateWritten)
	october := put(Run{Kind: RunMonthly, Month: "2026-10", Status: RunIncomplete}, 101, StateUnchanged)
	november := put(Run{Kind: RunManual, Month: "2026-11", AsOf: t0, Status: RunCancelled}, 102, StateWritten)
	put(Run{Kind: RunManual, Month: "2026-12", Status: RunDone}, 103, StateSkipped)
	put(Run{Kind: RunManual, Month: "2026-12", Status: RunPlanned, Preview: true}, 103, StateUnchanged)
	put(Run{Kind: RunUndo, Month: "2026-12", Status: RunDone}, 103, StateWritten)
	for _, tc := range []struct {
		after Month
		only  []int
		want  Run
	}{
		{"2026-09", nil, november}, {"2026-10", nil, november}, {"2026-11", nil, Run{}},
		{"2026-09", []int{101}, october}, {"2026-10", []int{101}, Run{}},
		{"2026-09", []int{101, 102}, november}, {"2026-09", []int{103}, Run{}}, {"2026-09", []int{}, Run{}},
	} {
		got, err := journal.NewestAfter(t.Context(), tc.after, tc.only)
		if tc.want.ID == 0 {
			wantErr(t, err, ErrNotFound)
			continue
		}
		check(t, err)
		same(t, got, tc.want)
	}
}

// TestJournalWalksIndexes holds that neither question reads all that there ever was.
func TestJournalWalksIndexes(t *testing.T) {
	t.Parallel()
	s := openTest(t)
	got := explain(t, s, `SELECT DISTINCT r.month FROM runs r WHERE r.month >= $1 AND `+writesMonth, "2026-10")
	if bareScan.MatchString(got) || !strings.Contains(got, "runs_month") {
		t.Errorf("the months that were written read a table without an index:\n%s", got)
	}
}
