package store

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/shopspring/decimal"
)

func newRun(t testing.TB, s *Store) Run {
	t.Helper()
	return must[Run](t)(s.CreateRun(t.Context(), Run{Kind: RunManual, Month: "2026-03", Status: RunRunning, StartedAt: t0}))
}

func testChange(product int, state ChangeState) Change {
	return Change{
		CompanyID: 1, Company: "Company", Agreement: "Agreement", Plan: Business, ProductID: product, Product: fmt.Sprintf("NP-%d", product),
		Kind: KindUpdate, State: state, Before: number(1), After: number(2),
	}
}

func plan(t testing.TB, s *Store, runID int64, agreement int, changes ...Change) []Change {
	t.Helper()
	return must[[]Change](t)(s.PlanAgreement(t.Context(), runID, agreement, changes))
}

func TestRuns(t *testing.T) {
	t.Parallel()
	s := openTest(t)
	in := Run{
		Kind: RunManual, Month: "2026-03", AsOf: t0.Add(time.Hour), Preview: true, Status: RunRunning, Actor: "me@example.com", UserID: 3,
		Agreement: 101, Only: []int{102, 103}, StartedAt: t0, PlannedAt: t0.Add(time.Minute), Total: 7, Problem: Problem{"a", "b", "c"},
	}
	first := must[Run](t)(s.CreateRun(t.Context(), in))
	in.ID = first.ID
	same(t, first, in)
	monthly := must[Run](t)(s.CreateRun(t.Context(), Run{Kind: RunMonthly, Month: "2026-02", Status: RunRunning, StartedAt: t0.Add(time.Hour)}))

	stale := first
	check(t, s.AddProcessed(t.Context(), first.ID, 2))
	check(t, s.AddProcessed(t.Context(), first.ID, 3))
	stale.Preview, stale.Status, stale.EndedAt, stale.Total, stale.Problem = false, RunDone, t0.Add(time.Hour), 8, Problem{}
	check(t, s.UpdateRun(t.Context(), stale)) // does not undo the progress
	want := stale
	want.Processed = 5
	same(t, must[Run](t)(s.Run(t.Context(), first.ID)), want)
	wantErr(t, s.UpdateRun(t.Context(), Run{ID: 99, Status: RunDone}), ErrNotFound)
	wantErr(t, s.AddProcessed(t.Context(), 99, 1), ErrNotFound)
	_, err := s.Run(t.Context(), 99)
	wantErr(t, err, ErrNotFound)

	same(t, must[[]Run](t)(s.UnfinishedRuns(t.Context())), []Run{monthly})
	plan(t, s, monthly.ID, 1, testChange(1, StateWritten), testChange(2, StateWritten), testChange(3, StateFailed))
	for _, tc := range []struct {
		f     RunFilter
		want  []int64
		total int
	}{
		{RunFilter{}, []int64{monthly.ID, first.ID}, 2},
		{RunFilter{Limit: 1, Offset: 1}, []int64{first.ID}, 2},
		{RunFilter{Kind: RunMonthly}, []int64{monthly.ID}, 1},
		{RunFilter{Status: RunDone}, []int64{first.ID}, 1},
		{RunFilter{Month: "2026-02", Kind: RunManual}, nil, 0},
		{RunFilter{Preview: new(bool)}, []int64{monthly.ID, first.ID}, 2},
		{RunFilter{IDs: []int64{first.ID}}, []int64{first.ID}, 1},
		{RunFilter{IDs: []int64{}}, nil, 0},
	} {
		page, total, err := s.Runs(t.Context(), tc.f)
		check(t, err)
		var ids []int64
		for _, r := range page {
			ids = append(ids, r.ID)
		}
		same(t, ids, tc.want)
		same(t, total, tc.total)
	}
	page, _, err := s.Runs(t.Context(), RunFilter{Kind: RunMonthly})
	check(t, err)
	same(t, page[0].Counts, map[ChangeState]int{StateWritten: 2, StateFailed: 1})
	for row, err := range s.EachRun(t.Context(), RunFilter{Kind: RunMonthly}) {
		check(t, err)
		same(t, row, page[0])
	}
	same(t, must[[]Month](t)(s.RunMonths(t.Context())), []Month{"2026-03", "2026-02"})
}

func TestUnfinishedRunsAreListedOldestFirst(t *testing.T) {
	t.Parallel()
	s := openTest(t)
	var want []Run
	for _, status := range []RunStatus{RunRunning, RunDone, RunRunning, RunPlanned, RunRunning} {
		r := must[Run](t)(s.CreateRun(t.Context(), Run{Kind: RunManual, Month: "2026-03", Status: status, StartedAt: t0}))
		if status == RunRunning {
			want = append(want, r)
		}
	}
	same(t, must[[]Run](t)(s.UnfinishedRuns(t.Context())), want)
}

func TestLastRunIsNoPreview(t *testing.T) {
	t.Parallel()
	s := openTest(t)
	_, err := s.LastRun(t.Context(), RunMonthly, "2026-03")
	wantErr(t, err, ErrNotFound)
	create := func(r Run) Run {
		r.Kind, r.StartedAt = RunMonthly, t0
		return must[Run](t)(s.CreateRun(t.Context(), r))
	}
	create(Run{Month: "2026-03", Status: RunFailed})
	second := create(Run{Month: "2026-03", Status: RunDone})
	create(Run{Month: "2026-03", Status: RunPlanned, Preview: true})
	create(Run{Month: "2026-04", Status: RunDone})
	same(t, must[Run](t)(s.LastRun(t.Context(), RunMonthly, "2026-03")), second)
}

func TestChangeRoundTrip(t *testing.T) {
	t.Parallel()
	s := openTest(t)
	r := newRun(t, s)
	full := Change{
		RunID: r.ID, CompanyID: 1, Company: "Ämtli", AgreementID: 101, Agreement: "NordPass", Plan: Enterprise, ProductID: 6, Product: "NP-ENT", AdditionID: 9,
		Kind: KindUpdate, State: StateHeld, Before: decimal.NewNullDecimal(decimal.RequireFromString("7.50")), After: number(8), Written: number(7),
		HandEdited: true, UnitPrice: decimal.NewNullDecimal(decimal.RequireFromString("3.3333333333")), Currency: "EUR", EffectiveDate: "2026-03-01", Reason: "Because.",
		Warnings: []string{"One.", "Two."},
		Shares: []Share{
			{OrganizationID: 4, Organization: "A", Seats: 8, Plan: Enterprise, Known: true},
			{OrganizationID: 5, Organization: "B", Plan: Enterprise, Reason: "No figures."},
		},
		Candidates: []Candidate{{AdditionID: 9, Quantity: decimal.RequireFromString("7.5"), EffectiveDate: "2026-01-01", Description: "One"}, {AdditionID: 10}},
		Found: []Finding{{
			AgreementID: 101, ProductID: 9, Subject: AboutSecond, AdditionID: 6, Company: "Acme", Agreement: "Managed", Product: "NP-BUS",
			Facts: "6: 3", Sentence: "No. 6 bills 3, too.", Advice: "End it.", Holds: true, Answered: true, Currency: "USD",
		}},
		Together: 100, HeldFor: []HoldReason{HoldSize, HoldFound}, HeldBecause: "It is large.", Problem: Problem{"a", "b", "c"}, SentAt: t0, DoneAt: t0.Add(time.Second),
	}
	bare := Change{RunID: r.ID, CompanyID: 1, Company: "Ämtli", AgreementID: 101, Agreement: "NordPass", Plan: Business, ProductID: 5, Product: "NP-BUS", State: StateSkipped}
	got := plan(t, s, r.ID, 101, full, bare)
	bare.ID, bare.Together, full.ID = got[0].ID, 101, got[1].ID
	same(t, got, []Change{bare, full}) // by product
	same(t, must[[]Change](t)(s.AgreementChanges(t.Context(), r.ID, 101)), got)
	if got[1].Before.Decimal.String() != "7.5" {
		t.Errorf("before is %s", got[1].Before.Decimal)
	}
}

func TestPlanAgreementNeverOverwritesWhatHappened(t *testing.T) {
	t.Parallel()
	s := openTest(t)
	r := newRun(t, s)
	states := []ChangeState{StatePlanned, StateSending, StateWritten, StateHeld, StateFailed, StateUnchanged}
	var first, second []Change
	for i, state := range states {
		first = append(first, testChange(i+1, state))
		c := testChange(i+1, StatePlanned)
		c.After = number(50)
		second = append(second, c)
	}
	first = append(first, testChange(7, StatePlanned)) // no longer wanted by the second plan
	plan(t, s, r.ID, 101, first...)
	other := plan(t, s, r.ID, 102, testChange(1, StatePlanned))
	second = append(second, testChange(8, StatePlanned)) // new

	got := plan(t, s, r.ID, 101, second...)
	var summary []string
	for _, c := range got {
		summary = append(summary, fmt.Sprintf("%d %s %s", c.ProductID, c.State, c.After.Decimal))
	}
	same(t, summary, []string{"1 planned 50", "2 sending 2", "3 written 2", "4 held 2", "5 failed 2", "6 unchanged 2", "8 planned 2"})
	same(t, must[[]Change](t)(s.AgreementChanges(t.Context(), r.ID, 102)), other)
	if _, err := s.PlanAgreement(t.Context(), 99, 1, second); err == nil {
		t.Error("a run that does not exist was planned")
	}
}

func TestStartAndFinishChange(t *testing.T) {
	t.Parallel()
	s := openTest(t)
	r := newRun(t, s)
	c := testChange(5, StatePlanned)
	c.Kind, c.Before = KindCreate, decimal.NullDecimal{}
	c = plan(t, s, r.ID, 101, c)[0]

	sends := SendingsIn(s)
	start := func(id int64) error {
		_, err := sends.Start(t.Context(), id, func(Basis) (string, error) { return "", nil })
		return err
	}
	check(t, start(c.ID))
	wantErr(t, start(c.ID), ErrNotFound) // never twice
	wantErr(t, start(99), ErrNotFound)
	check(t, sends.Note(t.Context(), c.ID, t0))
	back := c
	check(t, s.FinishChange(t.Context(), back, nil)) // it was not received
	wantErr(t, sends.Note(t.Context(), c.ID, t0), ErrNotFound)
	check(t, start(c.ID))
	same(t, must[Change](t)(s.Change(t.Context(), c.ID)).SentAt, time.Time{}) // about to be sent again
	check(t, sends.Note(t.Context(), c.ID, t0.Add(time.Second)))

	c.State, c.AdditionID, c.DoneAt, c.Warnings = StateWritten, 77, t0.Add(2*time.Second), []string{"Slow."}
	line := Line{AgreementID: 101, ProductID: 5, AdditionID: 77, Written: number(2), WrittenAt: t0}
	check(t, s.FinishChange(t.Context(), c, &line))
	want := c
	want.SentAt = t0.Add(time.Second)
	same(t, must[[]Change](t)(s.AgreementChanges(t.Context(), r.ID, 101)), []Change{want})
	same(t, must[[]Line](t)(s.AgreementLines(t.Context(), 101)), []Line{line})

	failed := c
	failed.State = StateFailed
	line.AdditionID = 78
	wantErr(t, s.FinishChange(t.Context(), failed, &line), ErrNotFound) // what is final stays
	wantErr(t, start(c.ID), ErrNotFound)
	same(t, must[[]Line](t)(s.AgreementLines(t.Context(), 101))[0].AdditionID, 77)
}

func TestOpenAgreements(t *testing.T) {
	t.Parallel()
	s := openTest(t)
	r := newRun(t, s)
	plan(t, s, r.ID, 1, testChange(1, StateWritten), testChange(2, StateUnchanged))
	plan(t, s, r.ID, 2, testChange(1, StateWritten), testChange(2, StatePlanned))
	plan(t, s, r.ID, 3, testChange(1, StateSending))
	plan(t, s, r.ID, 4, testChange(1, StateHeld), testChange(2, StateFailed))
	plan(t, s, r.ID, 5)
	plan(t, s, newRun(t, s).ID, 6, testChange(1, StateWritten))
	same(t, must[map[int]bool](t)(s.OpenAgreements(t.Context(), r.ID)), map[int]bool{1: false, 2: true, 3: true, 4: false})
	for _, state := range []ChangeState{StatePlanned, StateSending, StateHeld, StateWritten} {
		if state.Final() != (state != StatePlanned && state != StateSending) {
			t.Errorf("%s is final: %t", state, state.Final())
		}
	}

	check(t, s.CancelPlanned(t.Context(), r.ID, StateCancelled, false))
	same(t, must[map[ChangeState]int](t)(s.ChangeCounts(t.Context(), r.ID)),
		map[ChangeState]int{StateWritten: 2, StateUnchanged: 1, StateCancelled: 1, StateSending: 1, StateHeld: 1, StateFailed: 1})
}

func TestChanges(t *testing.T) {
	t.Parallel()
	s := openTest(t)
	r := newRun(t, s)
	change := func(company string, product int, kind ChangeKind, state ChangeState, organization int64) Change {
		c := testChange(product, state)
		c.Company, c.Kind, c.Shares = company, kind, []Share{{OrganizationID: organization}}
		return c
	}
	plan(t, s, r.ID, 1, change("Zebra", 1, KindUpdate, StateWritten, 7), change("Zebra", 2, KindCreate, StateHeld, 8))
	plan(t, s, r.ID, 2, change("Ämtli", 1, KindNone, StateBlocked, 7))
	second := newRun(t, s)
	plan(t, s, second.ID, 1, change("Zebra", 1, KindUpdate, StateFailed, 7))

	for _, tc := range []struct {
		name string
		f    ChangeFilter
		want []int64
	}{
		{"a run's, by company", ChangeFilter{RunID: r.ID}, []int64{3, 1, 2}},
		{"all, latest first", ChangeFilter{}, []int64{4, 3, 2, 1}},
		{"states", ChangeFilter{RunID: r.ID, States: []ChangeState{StateHeld, StateBlocked}}, []int64{3, 2}},
		{"held in any run", ChangeFilter{States: []ChangeState{StateHeld}}, []int64{2}},
		{"kinds", ChangeFilter{RunID: r.ID, KindWords: []string{"create"}}, []int64{2}},
		{"nothing to send", ChangeFilter{RunID: r.ID, KindWords: []string{"blocked"}}, []int64{3}},
		{"search company", ChangeFilter{RunID: r.ID, Search: "amt"}, []int64{3}},
		{"search product", ChangeFilter{RunID: r.ID, Search: "np-2"}, []int64{2}},
		{"no wildcards", ChangeFilter{RunID: r.ID, Search: "np_2"}, nil},
		{"agreement", ChangeFilter{AgreementID: 1}, []int64{4, 2, 1}},
		{"organization", ChangeFilter{OrganizationID: 7}, []int64{4, 3, 1}},
		{"no previews", ChangeFilter{OrganizationID: 7, Carried: true}, []int64{4, 3, 1}},
		{"everything at once", ChangeFilter{RunID: r.ID, AgreementID: 1, OrganizationID: 7, States: []ChangeState{StateWritten}, KindWords: []string{"update"}, Search: "zeb"}, []int64{1}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			var ids []int64
			for c, err := range s.EachChange(t.Context(), tc.f) {
				check(t, err)
				ids = append(ids, c.ID)
			}
			same(t, ids, tc.want)
			tc.f.Limit = 1
			page, total, err := s.Changes(t.Context(), tc.f)
			check(t, err)
			same(t, total, len(tc.want))
			if len(tc.want) > 0 {
				same(t, page[0].ID, tc.want[0])
			}
		})
	}
}

func TestDecideHeld(t *testing.T) {
	t.Parallel()
	s := openTest(t)
	r, other := newRun(t, s), newRun(t, s)
	moved := plan(t, s, r.ID, 1, testChange(1, StateHeld), testChange(2, StateHeld), testChange(3, StateWritten))
	refused := plan(t, s, r.ID, 2, testChange(1, StateHeld))
	foreign := plan(t, s, other.ID, 1, testChange(1, StateHeld))
	same(t, must[int](t)(s.CountHeld(t.Context())), 4)

	// One of an agreement's changes stands for all of them; those of other runs are left alone.
	approved := must[[]Change](t)(s.Approve(t.Context(), []int64{moved[0].ID, moved[1].ID, 99}, "me@example.com", t0))
	same(t, len(approved), 2)
	same(t, RunsOf(approved), []int64{r.ID})
	same(t, approved[0].DecidedBy, "me@example.com")
	going := must[Run](t)(s.Run(t.Context(), r.ID))
	same(t, going.Status, RunRunning)
	same(t, going.ContinuedAt, t0)
	rejected := must[[]Change](t)(s.Reject(t.Context(), []int64{refused[0].ID}, "me@example.com", t0))
	same(t, len(rejected), 1)
	same(t, rejected[0].RunID, r.ID)
	same(t, len(must[[]Change](t)(s.Approve(t.Context(), []int64{refused[0].ID}, "me@example.com", t0))), 0) // is decided
	for i := range 2 {
		moved[i].State, moved[i].DecidedBy, moved[i].DecidedAt = StatePlanned, "me@example.com", t0
	}
	same(t, must[[]Change](t)(s.AgreementChanges(t.Context(), r.ID, 1)), moved)
	refused[0].State, refused[0].DecidedBy, refused[0].DecidedAt = StateRejected, "me@example.com", t0
	same(t, must[[]Change](t)(s.AgreementChanges(t.Context(), r.ID, 2)), refused)

	later := newRun(t, s)
	elsewhere := plan(t, s, other.ID, 3, testChange(1, StateHeld))
	plan(t, s, later.ID, 1, testChange(1, StateHeld))
	check(t, s.SupersedeHeld(t.Context(), later.ID, "Planned anew."))
	foreign[0].State, foreign[0].Reason = StateStale, "Planned anew."
	same(t, must[[]Change](t)(s.AgreementChanges(t.Context(), other.ID, 1)), foreign)
	same(t, must[[]Change](t)(s.AgreementChanges(t.Context(), other.ID, 3)), elsewhere)
	same(t, must[int](t)(s.CountHeld(t.Context())), 2)
}

func TestUnknownCreations(t *testing.T) {
	t.Parallel()
	s := openTest(t)
	r, other, later := newRun(t, s), newRun(t, s), newRun(t, s)
	creation := func(product int, kind ChangeKind, state ChangeState, sent time.Time) Change {
		c := testChange(product, state)
		c.Kind, c.SentAt = kind, sent
		return c
	}
	plan(t, s, other.ID, 1,
		creation(1, KindCreate, StateUnknown, t0),
		creation(2, KindCreate, StateSending, t0.Add(time.Hour)),
		creation(3, KindCreate, StateWritten, t0),
		creation(4, KindUpdate, StateUnknown, t0),
		creation(5, KindCreate, StateSending, time.Time{}), // it never went out
		creation(6, KindCreate, StateUnknown, t0),          // found since
		creation(7, KindNone, StateUnknown, t0),            // a later run that looked for one
	)
	found := creation(6, KindNone, StateUnchanged, time.Time{})
	found.AdditionID = 66
	plan(t, s, later.ID, 1, found)
	plan(t, s, r.ID, 2, creation(1, KindCreate, StateSending, t0)) // the run's own
	products := func() (products []int) {
		for _, c := range must[[]Change](t)(SendingsIn(s).Unknown(t.Context(), r.ID)) {
			products = append(products, c.ProductID)
		}
		return products
	}
	same(t, products(), []int{1, 2})

	one := must[[]Change](t)(SendingsIn(s).Unknown(t.Context(), r.ID))[0]
	one.Looks = 1
	check(t, SendingsIn(s).Settle(t.Context(), one, nil))
	same(t, must[Change](t)(s.Change(t.Context(), one.ID)), one)
	one.State, one.AdditionID, one.DoneAt = StateWritten, 11, t0
	line := Line{AgreementID: 1, ProductID: 1, AdditionID: 11, Written: number(2), WrittenAt: t0}
	check(t, SendingsIn(s).Settle(t.Context(), one, &line))
	same(t, must[[]Line](t)(s.AgreementLines(t.Context(), 1)), []Line{line})
	same(t, products(), []int{2})
	wantErr(t, SendingsIn(s).Settle(t.Context(), one, nil), ErrNotFound)
}

// What a change rests on is read when its request is about to go out; a reason against it ends it.
func TestStartReadsWhatAChangeRestsOn(t *testing.T) {
	t.Parallel()
	s := openTest(t)
	r := newRun(t, s)
	c := plan(t, s, r.ID, 101, testChange(5, StatePlanned))[0]
	failure := errors.New("no")
	_, err := SendingsIn(s).Start(t.Context(), c.ID, func(Basis) (string, error) { return "", failure })
	wantErr(t, err, failure)
	same(t, must[Change](t)(s.Change(t.Context(), c.ID)).State, StatePlanned)
	var got Basis
	why, err := SendingsIn(s).Start(t.Context(), c.ID, func(g Basis) (string, error) { got = g; return "Unmapped.", nil })
	check(t, err)
	same(t, why, "Unmapped.")
	same(t, got, Basis{Change: c, Run: r, Mapped: map[int64]int{}, Products: map[int]Plan{}})
	c.State, c.Reason = StateStale, why
	same(t, must[Change](t)(s.Change(t.Context(), c.ID)), c)
}

func TestLastSync(t *testing.T) {
	t.Parallel()
	s := openTest(t)
	_, err := s.LastSync(t.Context())
	wantErr(t, err, ErrNotFound)
	create := func(r Run) Run {
		r.Kind, r.Month, r.StartedAt = RunManual, "2026-03", t0
		return must[Run](t)(s.CreateRun(t.Context(), r))
	}
	want := create(Run{Status: RunFailed})
	create(Run{Status: RunPlanned, Preview: true})
	create(Run{Status: RunDiscarded})
	create(Run{Status: RunDone, Agreement: 101, Of: want.ID})
	create(Run{Status: RunDone, Only: []int{101, 102}})
	same(t, must[Run](t)(s.LastSync(t.Context())), want)
}

// TestDecideWhatBelongsTogether holds that agreements which seats move between are decided together, and that none of them can be
// once a later run has planned one anew.
func TestDecideWhatBelongsTogether(t *testing.T) {
	t.Parallel()
	s := openTest(t)
	ofUnit := func(productID int, together int) Change {
		c := testChange(productID, StateHeld)
		c.Together = together
		return c
	}
	first, second := newRun(t, s), newRun(t, s)
	for _, r := range []Run{first, second} {
		plan(t, s, r.ID, 1, ofUnit(1, 1))
		plan(t, s, r.ID, 2, ofUnit(1, 1))
		plan(t, s, r.ID, 3, ofUnit(1, 3))
	}
	half := plan(t, s, second.ID, 2, ofUnit(1, 1))
	approved := must[[]Change](t)(s.Approve(t.Context(), []int64{half[0].ID}, "me@example.com", t0))
	same(t, []int{approved[0].AgreementID, approved[1].AgreementID, len(approved)}, []int{1, 2, 2})

	later := newRun(t, s)
	plan(t, s, later.ID, 2, ofUnit(1, 2))
	check(t, s.SupersedeHeld(t.Context(), later.ID, "Planned anew."))
	var held []int
	for c, err := range s.EachChange(t.Context(), ChangeFilter{RunID: first.ID, States: []ChangeState{StateHeld}}) {
		check(t, err)
		held = append(held, c.AgreementID)
	}
	same(t, held, []int{3})
}

func TestAPreviewIsNothingToDecideYet(t *testing.T) {
	t.Parallel()
	s := openTest(t)
	preview := must[Run](t)(s.CreateRun(t.Context(), Run{Kind: RunManual, Month: "2026-03", Preview: true, Status: RunPlanned, StartedAt: t0}))
	held := plan(t, s, preview.ID, 1, testChange(1, StateHeld))
	plan(t, s, preview.ID, 2, testChange(1, StateHeld), testChange(2, StatePlanned))
	same(t, must[int](t)(s.CountHeld(t.Context())), 0)
	approved := must[[]Change](t)(s.Approve(t.Context(), []int64{held[0].ID}, "me@example.com", t0))
	same(t, len(approved), 1)
	same(t, RunsOf(approved), []int64{preview.ID})
	same(t, must[Run](t)(s.Run(t.Context(), preview.ID)).Status, RunPlanned)

	check(t, s.DiscardRun(t.Context(), preview.ID))
	same(t, must[Run](t)(s.Run(t.Context(), preview.ID)).Status, RunDiscarded)
	same(t, must[map[ChangeState]int](t)(s.ChangeCounts(t.Context(), preview.ID)), map[ChangeState]int{StateCancelled: 3})
	wantErr(t, s.DiscardRun(t.Context(), newRun(t, s).ID), ErrNotFound)
}

func TestOpenChanges(t *testing.T) {
	t.Parallel()
	s := openTest(t)
	mapped(t, s, 1, 2, 3)
	run := func(r Run) Run {
		r.Month, r.StartedAt = "2026-03", t0
		return must[Run](t)(s.CreateRun(t.Context(), r))
	}
	before := run(Run{Kind: RunMonthly, Status: RunIncomplete})
	plan(t, s, before.ID, 1, testChange(1, StateFailed))
	full := run(Run{Kind: RunManual, Status: RunIncomplete})
	plan(t, s, full.ID, 1, testChange(1, StateFailed), testChange(2, StateWritten))
	plan(t, s, full.ID, 2, testChange(1, StateConflict), testChange(2, StateHeld))
	plan(t, s, full.ID, 3, testChange(1, StateRejected))
	plan(t, s, full.ID, 4, testChange(1, StateBlocked)) // not mapped any more
	want := func(counts map[ChangeState]int) {
		t.Helper()
		same(t, must[map[ChangeState]int](t)(s.OpenCounts(t.Context())), counts)
		n := 0
		for _, c := range counts {
			n += c
		}
		_, total, err := s.Changes(t.Context(), ChangeFilter{Open: true})
		check(t, err)
		same(t, total, n)
	}
	want(map[ChangeState]int{StateFailed: 1, StateConflict: 1})

	preview := run(Run{Kind: RunManual, Status: RunPlanned, Preview: true})
	plan(t, s, preview.ID, 1, testChange(1, StatePlanned))
	plan(t, s, preview.ID, 2, testChange(1, StateConflict))
	want(map[ChangeState]int{StateFailed: 1, StateConflict: 1}) // a preview settles nothing
	broken := run(Run{Kind: RunManual, Status: RunFailed})
	plan(t, s, broken.ID, 3, testChange(1, StateFailed))
	want(map[ChangeState]int{StateFailed: 2, StateConflict: 1}) // it never came to the others
	retry := run(Run{Kind: RunRetry, Status: RunDone})
	plan(t, s, retry.ID, 1, testChange(1, StateWritten))
	want(map[ChangeState]int{StateFailed: 1, StateConflict: 1})
	release := run(Run{Kind: RunRelease, Status: RunIncomplete, Agreement: 4})
	plan(t, s, release.ID, 4, testChange(1, StateFailed))
	want(map[ChangeState]int{StateFailed: 2, StateConflict: 1})
	run(Run{Kind: RunMonthly, Status: RunDone})
	want(map[ChangeState]int{})
}

// mapped maps an organization to each of these agreements of one company.
func mapped(t testing.TB, s *Store, agreements ...int) {
	t.Helper()
	in := CompanyImport{Companies: []Company{{ID: 1, Name: "Acme", Identifier: "Acme"}}, At: t0}
	for _, id := range agreements {
		in.Agreements = append(in.Agreements, Agreement{ID: id, CompanyID: 1, Name: fmt.Sprint(id), Status: "Active"})
	}
	_, err := s.SaveCompanyImport(t.Context(), in)
	check(t, err)
	for _, id := range agreements {
		o := must[Organization](t)(s.CreateOrganization(t.Context(), Organization{Name: fmt.Sprintf("Organization %d", id), Plan: Business, License: Standard, Managed: true, CreatedAt: t0}))
		check(t, s.SaveMapping(t.Context(), Mapping{OrganizationID: o.ID, CompanyID: 1, AgreementID: id, CreatedAt: t0}))
	}
}

func TestFigures(t *testing.T) {
	t.Parallel()
	s := openTest(t)
	r := newRun(t, s)
	priced := testChange(1, StatePlanned)
	priced.UnitPrice, priced.Currency = decimal.NewNullDecimal(decimal.RequireFromString("4.9")), "EUR"
	plan(t, s, r.ID, 1, priced, testChange(2, StateFailed))
	var got []Change
	for f, err := range s.Figures(t.Context(), r.ID, StatePlanned) {
		check(t, err)
		got = append(got, f)
	}
	same(t, got, []Change{{Kind: priced.Kind, State: StatePlanned, AdditionID: priced.AdditionID, Before: priced.Before, After: priced.After, UnitPrice: priced.UnitPrice, Currency: "EUR"}})
	same(t, must[map[string]int](t)(s.KindCounts(t.Context(), r.ID)), map[string]int{priced.KindWord(): 2})
}

func TestRunTook(t *testing.T) {
	t.Parallel()
	for want, r := range map[time.Duration]Run{
		time.Minute: {StartedAt: t0, EndedAt: t0.Add(time.Minute), Status: RunDone},
		time.Second: {StartedAt: t0, ContinuedAt: t0.Add(time.Hour), EndedAt: t0.Add(time.Hour + time.Second), Status: RunDone}, // approved later, long ago
		3 * time.Second: {
			StartedAt: t0, PlannedAt: t0.Add(2 * time.Second), ContinuedAt: t0.Add(time.Hour), EndedAt: t0.Add(time.Hour + time.Second), Status: RunDone,
		},
		0: {StartedAt: t0, EndedAt: t0.Add(time.Minute), Status: RunRunning},
	} {
		if got := r.Took(); got != want {
			t.Errorf("took %s, want %s", got, want)
		}
	}
}

// I43: "took 2 s" became "under 1 s" when something was approved later.
func TestCase_I43_TookIsAllThatItWorked(t *testing.T) {
	t.Parallel()
	s := openTest(t)
	r := newRun(t, s)
	plan(t, s, r.ID, 1, testChange(1, StateHeld))
	plan(t, s, r.ID, 2, testChange(2, StateHeld))
	held, _, err := s.Changes(t.Context(), ChangeFilter{RunID: r.ID, States: []ChangeState{StateHeld}})
	check(t, err)
	end := func(at time.Time) time.Duration {
		now := must[Run](t)(s.Run(t.Context(), r.ID))
		now.Status, now.EndedAt = RunIncomplete, at
		check(t, s.UpdateRun(t.Context(), now))
		return must[Run](t)(s.Run(t.Context(), r.ID)).Took()
	}
	if got := end(r.StartedAt.Add(2 * time.Second)); got != 2*time.Second {
		t.Fatalf("at first it took %s", got)
	}
	for i, want := range []time.Duration{3 * time.Second, 4 * time.Second} {
		approved := r.StartedAt.Add(time.Duration(i+1) * time.Hour)
		must[[]Change](t)(s.Approve(t.Context(), []int64{held[i].ID}, "a@example.com", approved))
		if got := end(approved.Add(time.Second)); got != want {
			t.Errorf("after %d approvals it took %s, want %s", i+1, got, want)
		}
	}
}

// I43: what was decided about a run's changes decides how it stands.
func TestCase_I43_Conclude(t *testing.T) {
	t.Parallel()
	s := openTest(t)
	r, going := newRun(t, s), newRun(t, s)
	r.Status = RunIncomplete
	check(t, s.UpdateRun(t.Context(), r))
	plan(t, s, r.ID, 1, testChange(1, StateRejected))
	outcome := func(counts map[ChangeState]int) (RunStatus, Problem) {
		same(t, counts, map[ChangeState]int{StateRejected: 1})
		return RunDone, Problem{}
	}
	check(t, JournalIn(s).Conclude(t.Context(), []int64{r.ID, going.ID}, outcome))
	same(t, must[Run](t)(s.Run(t.Context(), r.ID)).Status, RunDone)
	same(t, must[Run](t)(s.Run(t.Context(), going.ID)).Status, RunRunning)
	if err := JournalIn(s).Conclude(t.Context(), []int64{999}, outcome); !errors.Is(err, ErrNotFound) {
		t.Errorf("concluding a run that there is not: %v", err)
	}
}
