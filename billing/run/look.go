package run

import (
	"context"
	"errors"
	"fmt"

	"seatbridge/billing/connect"
	"seatbridge/billing/plan"
	"seatbridge/billing/problem"
	"seatbridge/billing/seats"
	"seatbridge/billing/survey"
	"seatbridge/connectwise"
	"seatbridge/store"
)

// Seen is what an agreement says, and what a sync would do there now, looked at as a sync does; nothing is written to ConnectWise for
// it.
type Seen struct {
	Changes []store.Change // what a sync would do, before anything is held
	plan.Reading
	Found     connectwise.Agreement  // as ConnectWise has it
	Additions []connectwise.Addition // its lines; nil where they were not read: nothing is billed there, or seats are not known
	read      store.Read
	seen      bool // its additions were read
}

// Look reads an agreement with the organizations that it has, or is to have, mapped to it. Where ConnectWise does not answer, the
// error is an *problem.Refused.
func Look(ctx context.Context, rn *Runner, m store.MappedAgreement) (Seen, error) {
	w, err := looker(ctx, rn, m)
	if err != nil {
		return Seen{}, refused(err)
	}
	s := w.situation(m, nil)
	l := Seen{seen: s.Gone == "" && !plan.AnyUnknown(s.Wants)}
	if l.Changes, err = w.survey(ctx, &s, nil); err != nil {
		return Seen{}, refused(err)
	}
	l.Found, l.Additions = s.Found, s.Additions
	l.Reading, l.read = plan.Read(s, w.given.products, l.Changes, w.given.today), w.reading(s, l.Changes)
	return l, nil
}

// refused is an error of ConnectWise's in words; what is not set up, or has no database, says so itself.
func refused(err error) error {
	ours := errors.Is(err, problem.ErrNotActive) || errors.Is(err, problem.ErrNotConnected) || !problem.OfGround(err).Zero()
	if ours {
		return err
	}
	return connect.Refused(err)
}

// looker is a writer that only looks: nothing of it is in the journal.
func looker(ctx context.Context, rn *Runner, m store.MappedAgreement) (*writer, error) {
	client, err := rn.connect.PageClient(ctx)
	if err != nil {
		return nil, err
	}
	period := seats.ToDate(rn.now())
	w := &writer{
		store: rn.store, client: client, now: rn.now,
		run:        store.Run{Kind: store.RunManual, Month: period.Month, AsOf: period.AsOf, Agreement: m.Agreement.ID, Preview: true},
		unreliable: map[int]bool{}, missed: map[int][]store.Change{},
	}
	w.given.agreements = []store.MappedAgreement{m}
	w.given.today = connectwise.DateOf(rn.now().UTC())
	if w.given.products, err = survey.Products(ctx, rn.store, client); err != nil {
		return nil, err
	}
	if w.given.judged, err = survey.Agreements(ctx, client, []store.MappedAgreement{m}, w.given.today); err != nil {
		return nil, err
	}
	if w.given.lines, err = store.ReadingsIn(rn.store).Lines(ctx); err != nil {
		return nil, err
	}
	if w.given.known, err = readKnown(ctx, rn.store); err != nil {
		return nil, err
	}
	if err := readSent(ctx, rn.store, w.run, &w.given); err != nil {
		return nil, err
	}
	if w.given.kept, err = readKept(ctx, rn.store, w.given.lines); err != nil {
		return nil, err
	}
	w.given.unfed = w.given.unfedLines()
	usages, err := rn.figures.Usage(ctx, period, m.OrganizationIDs)
	if err != nil {
		return nil, err
	}
	w.given.wants = map[int]map[store.Plan]plan.Want{m.Agreement.ID: plan.WantsOf(m, usages)}
	return w, nil
}

// Keep keeps what was read, in the transaction of a store. What was not read stays as it was.
func (l Seen) Keep(ctx context.Context, s *store.Store) error {
	if !l.seen {
		return nil
	}
	if err := store.ReadingsIn(s).Keep(ctx, l.read); err != nil {
		return fmt.Errorf("keeping what an agreement says: %w", err)
	}
	return nil
}
