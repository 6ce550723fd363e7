package run

import (
	"context"
	"errors"
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
	*s = w.nameEditors(ctx, *s)
	changes := w.plan(*s)
	if !plan.Creates(changes) {
		return changes, nil
	}
	if err := w.readAgain(ctx, s); err != nil {
		return nil, err
	}
	if changes = w.plan(*s); !plan.Creates(changes) {
		return changes, nil
	}
	around, err := w.lookAround(ctx, *s)
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

// lookAround reads what may bill the seats of new lines already.
func (w *writer) lookAround(ctx context.Context, s plan.Situation) (around survey.Around, err error) {
	around.Sent = w.given.sentElsewhere(s.Agreement.ID)
	if around.Others, err = survey.Neighbours(ctx, w.client, s.Found, w.given.today); err != nil {
		return around, err
	}
	for i := range around.Others {
		n := &around.Others[i]
		n.Mapped, n.Lines = w.given.kept[n.Agreement.ID], w.given.lines[n.Agreement.ID]
	}
	var ended []connectwise.Addition
	for _, p := range w.given.products {
		ended = append(ended, plan.Ended(s.Additions, p, w.given.today)...)
	}
	around.Audits = survey.Audits(ctx, w.client, ended)
	return around, nil
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
