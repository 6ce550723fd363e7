package store

import (
	"errors"
	"path/filepath"
	"testing"
	"time"
)

// onceChange is a line that is billed once, of a product.
func onceChange(product int, state ChangeState) Change {
	c := testChange(product, state)
	c.Kind, c.Before, c.EffectiveDate, c.CancelledDate, c.Description, c.Note = KindCreate, c.Written, "2026-05-01", "2026-05-31", "2 seats", "Ann said so"
	c.Shares = []Share{{OrganizationID: 7, Organization: "Acme", Plan: Business, Seats: 2, Known: true}}
	return c
}

// settleRun is one that puts differences of March on the next invoice.
func settleRun(t *testing.T, s *Store) Run {
	t.Helper()
	return must[Run](t)(s.CreateRun(t.Context(), Run{Kind: RunSettle, Month: "2026-03", Status: RunRunning, Actor: "me@example.com", StartedAt: t0}))
}

// TestOnceLines are known as long as the instance is, and doubtful while nobody knows what became of them.
func TestOnceLines(t *testing.T) {
	t.Parallel()
	s := openTest(t)
	run := settleRun(t, s)
	c := onceChange(1, StatePlanned)
	c.AgreementID = 4
	check(t, OnceLinesIn(s).Enter(t.Context(), run.ID, []Change{c}))
	planned := must[[]Change](t)(s.AgreementChanges(t.Context(), run.ID, 4))
	c.ID, c.RunID, c.Together = planned[0].ID, run.ID, 4
	same(t, planned, []Change{c})

	doubtful := func(effective string) int64 {
		c, err := OnceLinesIn(s).Doubtful(t.Context(), 4, 1, effective)
		if err != nil && !errors.Is(err, ErrNotFound) {
			t.Fatal(err)
		}
		return c.ID
	}
	same(t, doubtful("2026-05-01"), int64(0))
	_, err := SendingsIn(s).Start(t.Context(), c.ID, func(Basis) (string, error) { return "", nil })
	check(t, err)
	same(t, doubtful("2026-05-01"), int64(0)) // no request went out
	check(t, SendingsIn(s).Note(t.Context(), c.ID, t0))
	same(t, doubtful("2026-06-01"), c.ID)
	c.State, c.AdditionID = StateFailed, 9 // created, but not as asked
	check(t, s.FinishChange(t.Context(), c, nil))
	same(t, doubtful("2026-05-01"), c.ID)
	same(t, doubtful("2026-06-01"), int64(0)) // its period is over

	same(t, must[map[int][]int](t)(OnceLinesIn(s).Known(t.Context())), map[int][]int{})
	check(t, s.SaveIntegration(t.Context(), Integration{Site: "https://na.example.com", ConnectedAt: t0}))
	same(t, must[map[int][]int](t)(OnceLinesIn(s).Known(t.Context())), map[int][]int{4: {9}})
	check(t, s.SaveIntegration(t.Context(), Integration{Site: "https://eu.example.com", ConnectedAt: t0.Add(time.Hour)}))
	same(t, must[map[int][]int](t)(OnceLinesIn(s).Known(t.Context())), map[int][]int{}) // of another instance
}

// TestOnceLinesSettle with their outcome, in its transaction, and open again when they are undone.
func TestOnceLinesSettle(t *testing.T) {
	t.Parallel()
	s := openTest(t)
	run := settleRun(t, s)
	c := plan(t, s, run.ID, 4, onceChange(1, StatePlanned))[0]
	c.State, c.AdditionID, c.UnitPrice, c.Currency, c.DoneAt = StateWritten, 9, number(3), "USD", t0.Add(time.Minute)
	check(t, s.FinishChange(t.Context(), c, nil))
	want := Settlement{
		ID: 1, Month: "2026-03", OrganizationID: 7, Plan: Business, How: OnNextInvoice, Seats: number(2).Decimal, UnitPrice: number(3), Currency: "USD",
		Note: "Ann said so", RunID: run.ID, At: c.DoneAt, By: "me@example.com",
	}
	same(t, must[[]Settlement](t)(BooksIn(s).MonthSettlements(t.Context(), "2026-03")), []Settlement{want})
	if said := must[map[int][]Said](t)(BooksIn(s).Said(t.Context(), []int{4})); len(said) != 0 {
		t.Errorf("it is taken for what carries seats: %+v", said)
	}
	if err := s.FinishChange(t.Context(), c, nil); !errors.Is(err, ErrNotFound) {
		t.Errorf("finished twice: %v", err)
	}

	undo := must[Run](t)(s.CreateRun(t.Context(), Run{
		Kind: RunUndo, Of: run.ID, Month: "2026-03", Status: RunRunning, Actor: "you@example.com", StartedAt: t0,
	}))
	back := onceChange(1, StatePlanned)
	back.Kind, back.AdditionID, back.Before, back.After = KindUpdate, 9, number(2), number(0)
	back = plan(t, s, undo.ID, 4, back)[0]
	back.State, back.DoneAt = StateFailed, t0.Add(time.Hour)
	check(t, s.FinishChange(t.Context(), back, nil))
	same(t, must[[]Settlement](t)(BooksIn(s).MonthSettlements(t.Context(), "2026-03")), []Settlement{want})

	again := must[Run](t)(s.CreateRun(t.Context(), Run{
		Kind: RunUndo, Of: run.ID, Month: "2026-03", Status: RunRunning, Actor: "you@example.com", StartedAt: t0,
	}))
	back.State = StatePlanned
	back = plan(t, s, again.ID, 4, back)[0]
	back.State, back.DoneAt = StateWritten, t0.Add(time.Hour)
	check(t, s.FinishChange(t.Context(), back, nil))
	want.UndoneAt, want.UndoneBy = t0.Add(time.Hour), "you@example.com"
	same(t, must[[]Settlement](t)(BooksIn(s).MonthSettlements(t.Context(), "2026-03")), []Settlement{want})
}

// TestOnceLinesLookAtNothing: a run about them leaves open, held and unknown what it was not about.
func TestOnceLinesLookAtNothing(t *testing.T) {
	t.Parallel()
	s := openTest(t)
	first := newRun(t, s)
	held := plan(t, s, first.ID, 4, testChange(1, StateHeld))
	plan(t, s, first.ID, 5, testChange(1, StateFailed))
	lost := testChange(2, StateUnknown)
	lost.Kind, lost.SentAt = KindCreate, t0
	lost = plan(t, s, first.ID, 6, lost)[0]
	exec := func(query string) {
		_, err := s.writer.ExecContext(t.Context(), query)
		check(t, err)
	}
	exec(`UPDATE runs SET preview = FALSE`)

	preview := must[Run](t)(s.CreateRun(t.Context(), Run{Kind: RunSettle, Month: "2026-03", Preview: true, Status: RunPlanned, StartedAt: t0}))
	waits := plan(t, s, preview.ID, 4, onceChange(1, StatePlanned))
	settle := settleRun(t, s)
	for _, agreement := range []int{4, 5, 6} {
		c := onceChange(2, StateWritten)
		c.AdditionID = agreement
		plan(t, s, settle.ID, agreement, c)
	}
	later := newRun(t, s)
	same(t, must[map[int]bool](t)(s.LookedAtBetween(t.Context(), first.ID, later.ID)), map[int]bool{})
	same(t, must[Overtaken](t)(JournalIn(s).OvertakenOf(t.Context(), first.ID)).Later, 0)
	unknown := must[[]Change](t)(SendingsIn(s).Unknown(t.Context(), 0))
	if len(unknown) != 1 || unknown[0].ID != lost.ID {
		t.Errorf("unknown are %+v", unknown)
	}
	check(t, s.SupersedeHeld(t.Context(), settle.ID, "Planned anew."))
	same(t, must[Change](t)(s.Change(t.Context(), waits[0].ID)).State, StatePlanned)
	plan(t, s, later.ID, 4, testChange(1, StateWritten))
	check(t, s.SupersedeHeld(t.Context(), later.ID, "Planned anew."))
	same(t, must[Change](t)(s.Change(t.Context(), held[0].ID)).State, StateStale)
	same(t, must[Change](t)(s.Change(t.Context(), waits[0].ID)).State, StatePlanned) // a sync plans no such line anew
}

// TestMigratesRunKinds keeps the runs that there are, and what refers to them.
func TestMigratesRunKinds(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "seatbridge.db")
	db := openAtVersion(t, path, 17)
	kinds := []RunKind{RunManual, RunMonthly, RunCommand, RunUndo, RunRetry, RunRelease}
	for i, kind := range kinds {
		_, err := db.ExecContext(t.Context(), `INSERT INTO runs (id, kind, month, preview, status, actor, started_at, of_run_id)
			VALUES ($1, $2, '2026-03', FALSE, 'done', 'ann@example.com', $1, CASE WHEN $1 > 1 THEN 1 END)`, i+1, kind)
		check(t, err)
		_, err = db.ExecContext(t.Context(), `INSERT INTO changes (run_id, company_id, company, agreement_id, agreement, plan, product_id, product, kind,
			state, search_folded) VALUES ($1, 1, 'Acme', 1, 'NordPass', 'business', 1, 'NP', 'update', 'written', 'acme')`, i+1)
		check(t, err)
	}
	check(t, db.Close())
	s := openAt(t, path)
	for i, kind := range kinds {
		r := must[Run](t)(s.Run(t.Context(), int64(i+1)))
		same(t, r.Kind, kind)
		changes, _, err := s.Changes(t.Context(), ChangeFilter{RunID: r.ID})
		check(t, err)
		if len(changes) != 1 || changes[0].Once() {
			t.Errorf("%s has %+v", kind, changes)
		}
	}
	if _, err := s.CreateRun(t.Context(), Run{Kind: "another", Month: "2026-03", Status: RunRunning, StartedAt: t0}); err == nil {
		t.Error("a run of an unknown kind was taken")
	}
	settleRun(t, s)
}
