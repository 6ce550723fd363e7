package run

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"slices"
	"time"

	"seatbridge/billing/plan"
	"seatbridge/billing/problem"
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
	judged   map[int]judged
	falls    plan.Falls
	halves   map[int]bool         // by lowest agreement: of those that belong together something was not written
	lines    map[int][]store.Line // bound additions, by agreement

	connectedAt  time.Time              // of the integration that all this was read with
	kept         map[int]bool           // agreements that are mapped, or whose lines are to be set to 0
	sent         map[int][]store.Change // by agreement: creations of earlier runs whose outcome nobody saw
	onlySearched map[int]bool           // agreements that the run looks at for what was sent to them, and for nothing else
}

// judged is an agreement as ConnectWise has it.
type judged struct {
	found   connectwise.Agreement
	company connectwise.Company
	gone    string // why nothing can be billed on it; empty: it can
}

// prepare reads everything that takes a constant number of requests.
func (rn *Runner) prepare(ctx context.Context, client *connectwise.Client, run store.Run) (prepared, error) {
	settings, err := rn.store.Settings(ctx)
	if err != nil {
		return prepared{}, fmt.Errorf("reading settings: %w", err)
	}
	p := prepared{today: connectwise.DateOf(rn.now().UTC()), policy: plan.Policy{HandEdits: settings.HandEdits, Holds: settings.Holds}}
	if p.products, err = readProducts(ctx, rn.store, client); err != nil {
		return prepared{}, err
	}
	if p.lines, err = readLines(ctx, rn.store); err != nil {
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
	if p.judged, err = readAgreements(ctx, client, p.todo, p.today); err != nil {
		return prepared{}, err
	}
	p.falls = p.foresee(run)
	if p.known, err = readKnown(ctx, rn.store); err != nil {
		return prepared{}, err
	}
	if p.kept, err = readKept(ctx, rn.store, p.lines); err != nil {
		return prepared{}, err
	}
	return p, nil
}

// readProducts reads the mapped catalog items, in the order of the plans.
func readProducts(ctx context.Context, s *store.Store, client *connectwise.Client) ([]plan.MappedProduct, error) {
	mappings, err := s.ProductMappings(ctx)
	if err != nil {
		return nil, fmt.Errorf("reading product mappings: %w", err)
	}
	ids := []int{}
	for _, m := range mappings {
		ids = append(ids, m.ProductID)
	}
	items, err := byID(client.CatalogItems(ctx, connectwise.CatalogFilter{IDs: ids}), func(i connectwise.CatalogItem) int { return i.ID })
	if err != nil {
		return nil, fmt.Errorf("reading the mapped products: %w", err)
	}
	products := []plan.MappedProduct{}
	for _, tier := range store.Plans() {
		m, ok := mappings[tier]
		if !ok {
			return nil, problem.ErrNotActive
		}
		p, err := mappedProduct(ctx, client, m, items)
		if err != nil {
			return nil, err
		}
		products = append(products, p)
	}
	return products, nil
}

// byID gathers records by their ids.
func byID[T any](records iter.Seq2[T, error], id func(T) int) (map[int]T, error) {
	found := map[int]T{}
	for r, err := range records {
		if err != nil {
			return nil, err
		}
		found[id(r)] = r
	}
	return found, nil
}

// mappedProduct is a mapped product as ConnectWise has it.
func mappedProduct(
	ctx context.Context, client *connectwise.Client, m store.ProductMapping, listed map[int]connectwise.CatalogItem,
) (plan.MappedProduct, error) {
	p := plan.MappedProduct{Plan: m.Plan, ID: m.ProductID, Identifier: m.Identifier}
	item, ok := listed[m.ProductID]
	var err error
	if !ok {
		// A filtered list may lag behind; only asking for the record itself tells that it is gone.
		item, err = client.CatalogItem(ctx, m.ProductID)
	}
	switch {
	case errors.Is(err, connectwise.ErrNotFound):
		p.Unusable = fmt.Sprintf("The product %s no longer exists in ConnectWise.", m.Identifier)
		return p, nil
	case err != nil:
		return p, fmt.Errorf("reading product %s: %w", m.Identifier, err)
	case item.Inactive:
		p.Unusable = fmt.Sprintf("The product %s is inactive in ConnectWise.", item.Identifier)
	}
	p.Price = item.Price
	return p, nil
}

// readAgreements reads the state of the agreements and their companies, some hundred a request.
func readAgreements(
	ctx context.Context, client *connectwise.Client, todo []store.MappedAgreement, today connectwise.Date,
) (map[int]judged, error) {
	if len(todo) == 0 {
		return nil, nil
	}
	var ids, companyIDs []int
	for _, m := range todo {
		ids, companyIDs = append(ids, m.Agreement.ID), append(companyIDs, m.Company.ID)
	}
	listed, err := byID(client.Agreements(ctx, connectwise.AgreementFilter{IDs: ids}), func(a connectwise.Agreement) int { return a.ID })
	if err != nil {
		return nil, fmt.Errorf("reading agreements: %w", err)
	}
	filter := connectwise.CompanyFilter{IDs: companyIDs, IncludeDeleted: true}
	companies, err := byID(client.Companies(ctx, filter), func(c connectwise.Company) int { return c.ID })
	if err != nil {
		return nil, fmt.Errorf("reading companies: %w", err)
	}
	verdicts := map[int]judged{}
	for _, m := range todo {
		a, err := agreementRecord(ctx, client, m.Agreement.ID, listed)
		switch {
		case errors.Is(err, connectwise.ErrNotFound):
			verdicts[m.Agreement.ID] = judged{gone: "The agreement no longer exists in ConnectWise."}
		case err != nil:
			return nil, fmt.Errorf("reading agreement %d: %w", m.Agreement.ID, err)
		default:
			verdicts[m.Agreement.ID] = judged{a, companies[m.Company.ID], plan.MappedUnbillable(m, a, companies[m.Company.ID], today)}
		}
	}
	return verdicts, nil
}

// agreementRecord is the listed agreement or, because a filtered list may lag behind, the record itself: only
// asking for it tells that it is gone.
func agreementRecord(
	ctx context.Context, client *connectwise.Client, id int, listed map[int]connectwise.Agreement,
) (connectwise.Agreement, error) {
	if a, ok := listed[id]; ok {
		return a, nil
	}
	return client.Agreement(ctx, id)
}

// readLines reads the bound additions, by agreement.
func readLines(ctx context.Context, s *store.Store) (map[int][]store.Line, error) {
	bound, err := s.Lines(ctx)
	if err != nil {
		return nil, fmt.Errorf("reading bound additions: %w", err)
	}
	lines := map[int][]store.Line{}
	for key, line := range bound {
		lines[key.AgreementID] = append(lines[key.AgreementID], line)
	}
	return lines, nil
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
	p.sent, p.onlySearched = map[int][]store.Change{}, map[int]bool{}
	ids := []int{}
	for _, c := range creations {
		if p.sent[c.AgreementID] == nil && plan.Searches(run, c.AgreementID) && !p.about(c.AgreementID) {
			ids = append(ids, c.AgreementID)
		}
		p.sent[c.AgreementID] = append(p.sent[c.AgreementID], c)
	}
	unmapped, err := sendings.Unmapped(ctx, ids)
	for _, m := range unmapped {
		p.onlySearched[m.Agreement.ID] = true
	}
	p.agreements = append(p.agreements, unmapped...)
	return err
}

// about says whether the run is about an agreement.
func (s scope) about(agreementID int) bool {
	return slices.ContainsFunc(s.agreements, func(m store.MappedAgreement) bool { return m.Agreement.ID == agreementID })
}
