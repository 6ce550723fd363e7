package run

import (
	"context"
	"fmt"
	"slices"
	"time"

	"seatbridge/billing/plan"
	"seatbridge/billing/survey"
	"seatbridge/connectwise"
	"seatbridge/store"
)

// prepared is what a run knows before it looks at its first agreement. Nothing of it changes afterwards.
type prepared struct {
	scope
	task
	known
	today    connectwise.Date
	policy   plan.Policy
	products []plan.MappedProduct
	judged   map[int]survey.Agreement
	falls    plan.Falls
	halves   map[int]bool         // by lowest agreement: of those that belong together something was not written
	lines    map[int][]store.Line // bound additions, by agreement

	connectedAt  time.Time              // of the integration that all this was read with
	unfed        []store.Line           // bound lines on agreements that are not kept
	kept         map[int]bool           // agreements that are mapped, or whose lines are to be set to 0
	sent         map[int][]store.Change // by agreement: creations of earlier runs whose outcome nobody saw
	once         map[int][]int          // by agreement: additions that are billed once; of an undo, which may name them: none
	onlySearched map[int]bool           // agreements that the run looks at for what was sent to them, and for nothing else
}

// prepare reads everything that takes a constant number of requests.
func (rn *Runner) prepare(ctx context.Context, client *connectwise.Client, run store.Run) (prepared, error) {
	settings, err := rn.store.Settings(ctx)
	if err != nil {
		return prepared{}, fmt.Errorf("reading settings: %w", err)
	}
	p := prepared{today: connectwise.DateOf(rn.now().UTC()), policy: plan.Policy{HandEdits: settings.HandEdits, Holds: settings.Holds}}
	if p.products, err = survey.Products(ctx, rn.store, client); err != nil {
		return prepared{}, err
	}
	if p.lines, err = store.ReadingsIn(rn.store).Lines(ctx); err != nil {
		return prepared{}, err
	}
	if p.scope, err = readScope(ctx, rn.store, run, p.lines); err != nil {
		return prepared{}, err
	}
	if err := readUnits(ctx, rn.store, run, &p); err != nil {
		return prepared{}, err
	}
	if err := readSent(ctx, rn.store, run, &p); err != nil {
		return prepared{}, err
	}
	if p.task, err = rn.task(ctx, run, p.agreements); err != nil {
		return prepared{}, err
	}
	if p.judged, err = survey.Agreements(ctx, client, p.todo, p.today); err != nil {
		return prepared{}, err
	}
	p.falls = p.foresee(run)
	if p.known, err = readKnown(ctx, rn.store); err != nil {
		return prepared{}, err
	}
	if p.kept, err = readKept(ctx, rn.store, p.lines); err != nil {
		return prepared{}, err
	}
	p.unfed = p.unfedLines()
	return p, nil
}

// readKept finds the agreements that Seatbridge keeps the lines of.
func readKept(ctx context.Context, s *store.Store, lines map[int][]store.Line) (map[int]bool, error) {
	mappings, err := s.Mappings(ctx)
	if err != nil {
		return nil, fmt.Errorf("reading mappings: %w", err)
	}
	kept := map[int]bool{}
	for _, m := range mappings {
		kept[m.AgreementID] = true
	}
	for id, bound := range lines {
		kept[id] = kept[id] || slices.ContainsFunc(bound, func(l store.Line) bool { return l.Release })
	}
	return kept, nil
}

// readSent finds what earlier runs sent without seeing the outcome. An agreement that nobody is mapped to any more is looked at
// for it all the same: what arrives there bills.
func readSent(ctx context.Context, s *store.Store, run store.Run, p *prepared) error {
	sendings := store.SendingsIn(s)
	creations, err := sendings.Unknown(ctx, run.ID)
	if err != nil {
		return err
	}
	if run.Kind != store.RunUndo {
		if p.once, err = store.OnceLinesIn(s).Known(ctx); err != nil {
			return err
		}
	}
	p.sent, p.onlySearched = map[int][]store.Change{}, map[int]bool{}
	ids := []int{}
	for _, c := range creations {
		if p.sent[c.AgreementID] == nil && plan.Searches(run, c.AgreementID) && !p.about(c.AgreementID) {
			ids = append(ids, c.AgreementID)
		}
		p.sent[c.AgreementID] = append(p.sent[c.AgreementID], c)
	}
	searched, err := sendings.Searched(ctx, ids, run.Kind == store.RunSettle)
	for _, m := range searched {
		p.onlySearched[m.Agreement.ID] = true
	}
	p.agreements = append(p.agreements, searched...)
	return err
}

// about says whether the run is about an agreement.
func (s scope) about(agreementID int) bool {
	return slices.ContainsFunc(s.agreements, func(m store.MappedAgreement) bool { return m.Agreement.ID == agreementID })
}
