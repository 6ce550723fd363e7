package billing

import (
	"context"
	"fmt"
	"math/rand/v2"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/shopspring/decimal"

	"seatbridge/store"
)

// TestSettleDecidesWhatReconcileDecided lets the old decision and the new one work on the same agreement, each with a
// database of its own, and compares what became of the journal and the bound lines, and what is to be planned.
func TestSettleDecidesWhatReconcileDecided(t *testing.T) {
	t.Parallel()
	old, fresh := newSettler(t), newSettler(t)
	reached := map[string]int{}
	agreements := 0
	check := func(c settleTest) {
		t.Helper()
		agreements++
		c = c.under(agreements)
		for _, l := range fresh.with(c).look(c.mapped, c.plan, c.journal).lines() {
			reached[l.settlement().name]++
		}
		was := old.settle(c, func(ctx context.Context, w *writer, journal []store.Change) ([]store.Change, bool, error) {
			return w.reconcile(ctx, c.mapped, c.plan, journal)
		})
		is := fresh.settle(c, func(ctx context.Context, w *writer, journal []store.Change) ([]store.Change, bool, error) {
			return w.take(ctx, Settle(w.look(c.mapped, c.plan, journal)))
		})
		if diff := cmp.Diff(was, is, cmpopts.EquateEmpty()); diff != "" {
			t.Fatalf("kind %s, applies %v\nplan %+v\njournal %+v\n(-reconcile +Settle):\n%s", c.run.Kind, applies(c.run), c.plan, c.journal, diff)
		}
	}
	for c := range everyLine {
		check(c)
	}
	random := rand.New(rand.NewPCG(9, 2))
	for range 2000 {
		check(randomAgreement(random))
	}
	t.Logf("%d agreements; rows reached: %v", agreements, reached)
	for _, s := range settlements {
		if reached[s.name] < 50 {
			t.Errorf("%q was reached %d times", s.name, reached[s.name])
		}
	}
}

// A settleTest is an agreement that a run looks at again.
type settleTest struct {
	run           store.Run
	mapped        store.MappedAgreement
	plan, journal []store.Change
	parts         []int // products
	unknown       map[store.LineKey]time.Time
}

// under is the case under an agreement of its own.
func (c settleTest) under(agreement int) settleTest {
	c.mapped.Agreement.ID = agreement
	unknown := map[store.LineKey]time.Time{}
	for key, at := range c.unknown {
		unknown[store.LineKey{AgreementID: agreement, ProductID: key.ProductID}] = at
	}
	c.unknown, c.plan = unknown, slices.Clone(c.plan)
	for i := range c.plan {
		c.plan[i].AgreementID = agreement
	}
	return c
}

// settled is all that comes of it.
type settled struct {
	Changes        []store.Change
	Unsettled      bool
	Err            string
	After, Planned []store.Change
	Lines          []store.Line
}

var (
	settleNow   = at("2026-10-20 12:00:00")
	settleMoves = []time.Duration{-2 * time.Hour, -60 * time.Second, -59 * time.Second}
)

type settler struct {
	t     *testing.T
	store *store.Store
	run   int64
}

func newSettler(t *testing.T) *settler {
	s, err := store.Open(t.Context(), filepath.Join(t.TempDir(), "seatbridge.db"), make([]byte, 32))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	run, err := s.CreateRun(t.Context(), store.Run{Kind: store.RunManual, Month: "2026-10", Status: store.RunRunning, StartedAt: settleNow})
	if err != nil {
		t.Fatal(err)
	}
	return &settler{t: t, store: s, run: run.ID}
}

func (s *settler) with(c settleTest) *writer {
	run := c.run
	run.ID = s.run
	w := &writer{store: s.store, now: func() time.Time { return settleNow }, settle: time.Minute, run: run}
	w.given.products, w.given.unknown = products(), c.unknown
	return w
}

// settle journals the case, decides, and reads what became of it.
func (s *settler) settle(c settleTest, decide func(context.Context, *writer, []store.Change) ([]store.Change, bool, error)) settled {
	s.t.Helper()
	ctx, agreement := s.t.Context(), c.mapped.Agreement.ID
	must := func(err error) {
		s.t.Helper()
		if err != nil {
			s.t.Fatal(err)
		}
	}
	journal, err := s.store.PlanAgreement(ctx, s.run, agreement, c.journal)
	must(err)
	var got settled
	changes, unsettled, err := decide(ctx, s.with(c), journal)
	got.Changes, got.Unsettled, got.Err = changes, unsettled, fmt.Sprint(err)
	got.After, err = s.store.AgreementChanges(ctx, s.run, agreement)
	must(err)
	if !unsettled {
		got.Planned, err = s.store.PlanAgreement(ctx, s.run, agreement, changes)
		must(err)
	}
	lines, err := s.store.Lines(ctx)
	must(err)
	for _, l := range lines {
		if l.AgreementID == agreement {
			got.Lines = append(got.Lines, l)
		}
	}
	slices.SortFunc(got.Lines, func(a, b store.Line) int { return a.ProductID - b.ProductID })
	return got
}

func change(product int, kind store.ChangeKind, addition int, before, after string) store.Change {
	c := store.Change{
		AgreementID: 1, Agreement: "Agreement", CompanyID: 1, Company: "Company", ProductID: product, Product: "P",
		Kind: kind, State: store.StatePlanned, AdditionID: addition, Reason: "Org 5",
	}
	if before != "" {
		c.Before = decimal.NewNullDecimal(qty(before))
	}
	if after != "" {
		c.After = decimal.NewNullDecimal(qty(after))
	}
	return c
}

// everyState is the states that differ: those that are not final, some that are, and empty: the journal has no row.
var everyState = []store.ChangeState{
	"", store.StatePlanned, store.StateSending, store.StateWritten, store.StateHeld, store.StateUnknown, store.StateFailed,
}

// journalled is the changes that may have been decided, planned the ones that may be planned now.
func journalled() []store.Change {
	return []store.Change{change(businessID, store.KindCreate, 0, "", "5"), change(businessID, store.KindUpdate, 9, "3", "5")}
}

func planned() []store.Change {
	blocked := change(businessID, store.KindBlocked, 0, "", "5")
	blocked.State = store.StateBlocked
	there := change(businessID, store.KindUnchanged, 9, "5", "5")
	there.State = store.StateUnchanged
	held := change(businessID, store.KindUpdate, 9, "3", "5")
	held.State, held.HeldBecause = store.StateHeld, "Large."
	return []store.Change{
		{}, change(businessID, store.KindCreate, 0, "", "5"), change(businessID, store.KindCreate, 0, "", "7"),
		change(businessID, store.KindUpdate, 9, "3", "5"), change(businessID, store.KindUpdate, 9, "4", "5"),
		change(businessID, store.KindUpdate, 8, "3", "5"), there, blocked, held,
	}
}

// modes is the runs: those that write a preview, and the others.
func modes() []store.Run {
	runs := []store.Run{{Kind: store.RunManual}, {Kind: store.RunManual, Preview: true, PlannedAt: settleNow}}
	for _, kind := range []store.RunKind{store.RunManual, store.RunUndo, store.RunRelease, store.RunRetry} {
		runs = append(runs, store.Run{Kind: kind, PlannedAt: settleNow})
	}
	return runs
}

// everyLine yields each line that differs in anything that a decision looks at: those that wait for a creation on its way
// alone, because their agreement waits with them, the others together.
func everyLine(yield func(settleTest) bool) {
	for _, run := range modes() {
		for _, state := range everyState {
			for outdated := range 3 {
				for _, sent := range settleMoves {
					together := settleTest{run: run}
					for _, old := range journalled() {
						for _, fresh := range planned() {
							part := lineOf(run, state, old, fresh, outdated, sent)
							if sent <= -time.Minute {
								together.add(100+len(together.parts), part)
							} else if outdated == 0 && !yield(part) {
								return
							}
						}
					}
					if len(together.parts) > 0 && !yield(together) {
						return
					}
				}
			}
		}
	}
}

// add makes a line part of the agreement, as that of a product.
func (c *settleTest) add(product int, part settleTest) {
	c.parts = append(c.parts, product)
	c.mapped = part.mapped
	for _, fresh := range part.plan {
		fresh.ProductID = product
		c.plan = append(c.plan, fresh)
	}
	for _, old := range part.journal {
		old.ProductID = product
		c.journal = append(c.journal, old)
	}
	if c.unknown == nil {
		c.unknown = map[store.LineKey]time.Time{}
	}
	for _, at := range part.unknown {
		c.unknown[store.LineKey{ProductID: product}] = at
	}
}

// lineOf is one line: sent is when its creation was sent, by this run if the journal says so, else by an earlier one.
func lineOf(run store.Run, state store.ChangeState, old, fresh store.Change, outdated int, sent time.Duration) settleTest {
	c := settleTest{run: run, mapped: store.MappedAgreement{OrganizationIDs: []int64{1}}}
	c.mapped.Agreement.ID = 1
	old.State, old.Plan = state, store.Business
	old.Shares = []store.Share{{OrganizationID: 1, Organization: "Org", Known: true}}
	switch outdated {
	case 1:
		old.Shares[0].OrganizationID = 2
	case 2:
		old.Plan = store.Enterprise
	}
	if state == store.StateSending || state == store.StateUnknown {
		old.SentAt = settleNow.Add(sent)
	} else if sent != 0 {
		c.unknown = map[store.LineKey]time.Time{{AgreementID: 1, ProductID: businessID}: settleNow.Add(sent)}
	}
	if state != "" {
		c.journal = []store.Change{old}
	}
	if fresh.Kind != "" {
		fresh.Plan = store.Business
		c.plan = []store.Change{fresh}
	}
	return c
}

// randomAgreement is several such lines, of several products.
func randomAgreement(r *rand.Rand) settleTest {
	whole := settleTest{run: modes()[r.IntN(len(modes()))]}
	for _, product := range []int{businessID, enterpriseID, 50, 51} {
		if r.IntN(4) == 0 {
			continue
		}
		state := everyState[r.IntN(len(everyState))]
		if r.IntN(2) == 0 {
			state = everyState[r.IntN(3)]
		}
		sent := settleMoves[0]
		if r.IntN(6) == 0 {
			sent = settleMoves[r.IntN(len(settleMoves))]
		}
		outdated := max(0, r.IntN(6)-3)
		part := lineOf(whole.run, state, journalled()[r.IntN(2)], planned()[r.IntN(len(planned()))], outdated, sent)
		whole.add(product, part)
	}
	r.Shuffle(len(whole.plan), func(i, j int) { whole.plan[i], whole.plan[j] = whole.plan[j], whole.plan[i] })
	return whole
}
