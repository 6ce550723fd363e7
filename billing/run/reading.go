package run

import (
	"context"

	"seatbridge/billing/plan"
	"seatbridge/billing/survey"
	"seatbridge/store"
)

// known is what earlier readings of agreements and people have said.
type known struct {
	terms   map[int][]store.BillingTerm // by agreement
	answers map[store.FindingKey]string
}

func readKnown(ctx context.Context, s *store.Store) (k known, err error) {
	if k.terms, err = store.ReadingsIn(s).Terms(ctx); err != nil {
		return known{}, err
	}
	k.answers, err = store.ReadingsIn(s).Answers(ctx)
	return k, err
}

// recall adds to a situation what earlier readings and people have said of its agreement, and what whoever mapped it was shown.
func (w *writer) recall(m store.MappedAgreement, s plan.Situation) plan.Situation {
	s.Shown = m.Shown
	s.ReadAt, s.Terms, s.Answers = w.now(), w.given.terms[s.Agreement.ID], w.given.answers
	if status := w.given.judged[s.Agreement.ID].Company.Status; status.ID != 0 {
		s.Company.Status = store.Named{ID: status.ID, Name: status.Name}
	}
	return s
}

// nameEditors asks who changed what is not as Seatbridge left it or last read it: once for each line that differs, so that a
// normal run costs nothing.
func (w *writer) nameEditors(ctx context.Context, s plan.Situation) plan.Situation {
	if !w.run.Kind.Syncs() {
		return s
	}
	ids := plan.Unexplained(s, w.plan(s))
	if len(ids) == 0 {
		return s
	}
	s.Editors = survey.Editors(ctx, w.client, s, ids)
	return s
}

// keep keeps what reading agreements said. Where the additions of one were not read, what was known of them stays.
func (w *writer) keep(ctx context.Context, s *store.Store, parts []plan.Part) error {
	if !w.run.Kind.Syncs() {
		return nil
	}
	for _, p := range parts {
		if p.Situation.Gone == "" && plan.AnyUnknown(p.Situation.Wants) {
			continue
		}
		if err := store.ReadingsIn(s).Keep(ctx, w.reading(p.Situation, p.Changes)); err != nil {
			return err
		}
	}
	return nil
}

// reading is what reading an agreement said, to be kept. fresh is what there is to do there.
func (w *writer) reading(s plan.Situation, fresh []store.Change) store.Read {
	r := plan.Read(s, w.given.products, fresh, w.given.today)
	return store.Read{AgreementID: s.Agreement.ID, At: s.ReadAt, Findings: r.Findings, Terms: r.Terms, Lines: r.Lines, Dates: r.Dates}
}

// binds says whether a change that was written makes its addition the line that Seatbridge keeps: not where it puts back what
// another one said, or sets to 0 an addition that a person named.
func (w *writer) binds(c store.Change, bound store.Line) bool {
	if c.State != store.StateWritten || c.Once() {
		return false
	}
	named := w.run.Kind == store.RunUndo && bound.AdditionID != 0 || w.run.Addition != 0
	return !named || bound.AdditionID == c.AdditionID
}
