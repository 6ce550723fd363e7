package run

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"

	"seatbridge/billing/plan"
	"seatbridge/billing/problem"
	"seatbridge/billing/survey"
	"seatbridge/connectwise"
	"seatbridge/store"
)

// manyLists is on how many agreements a run may find a list that is not the whole one before it ends.
const manyLists = 3

// errListsLie ends a run that cannot trust what ConnectWise lists.
var errListsLie = &problem.Refused{Problem: store.Problem{
	What: "ConnectWise's lists of additions lack lines that are there, on several agreements.",
	Do: "Nothing is created from such lists. Sync again in some minutes; " +
		"if it stays so, ask whoever runs ConnectWise whether it is being restored or lags behind.",
}, Err: errors.New("lists of additions lack lines that are there")}

// survey reads an agreement and decides what to do on it; journal is what the run has written down of it. Where it creates a line,
// what may bill its seats already is read first (docs/design.md section 5, "Before a line is created"): lines are created rarely,
// so the reads cost nothing.
func (w *writer) survey(ctx context.Context, s *plan.Situation, journal []store.Change) ([]store.Change, error) {
	if err := w.readAgreement(ctx, s, journal); err != nil {
		return nil, err
	}
	if w.given.onlySearched[s.Agreement.ID] {
		return nil, nil
	}
	if w.run.Kind == store.RunSettle {
		return w.plan(*s), nil
	}
	*s = w.nameEditors(ctx, *s)
	changes := w.plan(*s)
	if plan.Creates(changes) {
		if err := w.readAgain(ctx, s); err != nil {
			return nil, err
		}
		changes = w.plan(*s)
	}
	around, err := w.lookAround(ctx, s, changes)
	if err != nil {
		return nil, err
	}
	s.Extra = around.Found(*s, changes, w.given.today)
	return w.plan(*s), nil
}

// readAgreement reads the agreement's additions, where something is to be done with them, and finds among them what was sent before.
func (w *writer) readAgreement(ctx context.Context, s *plan.Situation, journal []store.Change) (err error) {
	s.Sent = slices.Clone(w.given.sent[s.Agreement.ID])
	billed := s.Gone == "" && !plan.AnyUnknown(s.Wants)
	if !billed && len(s.Sent) == 0 && !plan.AnySent(journal) {
		return nil
	}
	s.Additions, s.Listing, err = survey.Additions(ctx, w.client, s.Agreement.ID, s.Lines, s.Shown)
	s.Additions = plan.Apart(s.Additions, s.Once)
	if !billed && errors.Is(err, connectwise.ErrNotFound) {
		s.Listing.Checked, err = true, nil // the agreement is gone, with whatever was sent to it
	}
	if err == nil {
		err = w.trust(*s)
	}
	if err != nil {
		return err
	}
	return w.search(ctx, s, journal)
}

// readAgain reads the additions once more, as whole records, and counts them.
func (w *writer) readAgain(ctx context.Context, s *plan.Situation) error {
	if err := survey.Again(ctx, w.client, s); err != nil {
		return err
	}
	return w.trust(*s)
}

// trust counts the agreements whose list is not the whole one; too many end the run.
func (w *writer) trust(s plan.Situation) error {
	if s.Listing.Unreliable() == "" || survey.LagsBehind(s.Listing, s.Lines, w.now()) {
		return nil
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.unreliable[s.Agreement.ID] = true
	if len(w.unreliable) >= manyLists {
		return errListsLie
	}
	return nil
}

// lookAround reads what may bill the seats of changes already: of one that grows, our own lines; of a new line, all there is, and
// notes where it is not all.
func (w *writer) lookAround(ctx context.Context, s *plan.Situation, changes []store.Change) (around survey.Around, err error) {
	if around.Ours, err = w.oursElsewhere(ctx, changes); err != nil || !plan.Creates(changes) {
		return around, err
	}
	around.Sent = w.given.sentElsewhere(s.Agreement.ID)
	others, whole, err := survey.Neighbours(ctx, w.client, s.Found, w.given.today)
	if err != nil {
		return around, err
	}
	around.Others, s.Listing.Alone = others, !whole
	for i := range around.Others {
		n := &around.Others[i]
		n.Mapped, n.Lines = w.given.kept[n.Agreement.ID], w.given.lines[n.Agreement.ID]
		n.Additions = plan.Apart(n.Additions, w.given.once[n.Agreement.ID])
	}
	var ended []connectwise.Addition
	for _, p := range w.given.products {
		ended = append(ended, plan.Ended(*s, p, w.given.today)...)
	}
	around.Audits = survey.Audits(ctx, w.client, ended)
	return around, nil
}

// oursElsewhere reads those of the lines that nobody feeds any more on which seats of growing changes' organizations were written last,
// as far as they still bill anything.
func (w *writer) oursElsewhere(ctx context.Context, changes []store.Change) (ours []survey.Own, err error) {
	if !w.run.Kind.Syncs() {
		return nil, nil
	}
	for _, l := range w.given.unfed {
		who := plan.Moved(changes, l)
		if who == "" {
			continue
		}
		a, err := w.client.Addition(ctx, l.AgreementID, l.AdditionID)
		if errors.Is(err, connectwise.ErrNotFound) || err == nil && !plan.Open(a, w.given.today) {
			continue
		}
		if err != nil {
			return nil, fmt.Errorf("reading addition %d of agreement %d: %w", l.AdditionID, l.AgreementID, err)
		}
		agreement, err := w.store.Agreement(ctx, l.AgreementID)
		if err != nil {
			return nil, fmt.Errorf("reading agreement %d: %w", l.AgreementID, err)
		}
		ours = append(ours, survey.Own{Agreement: agreement.Name, Line: l, Addition: a, Organization: who})
	}
	return ours, nil
}

// unfedLines are the bound lines on agreements that nobody is mapped to any more, by agreement and product.
func (p prepared) unfedLines() (unfed []store.Line) {
	for id, bound := range p.lines {
		if !p.kept[id] {
			unfed = append(unfed, bound...)
		}
	}
	slices.SortFunc(unfed, func(a, b store.Line) int {
		return cmp.Or(cmp.Compare(a.AgreementID, b.AgreementID), cmp.Compare(a.ProductID, b.ProductID))
	})
	return unfed
}

// sentElsewhere is the creations of unknown outcome on other agreements.
func (p prepared) sentElsewhere(agreementID int) (sent []store.Change) {
	for id, creations := range p.sent {
		if id != agreementID {
			sent = append(sent, creations...)
		}
	}
	return sent
}
