package run

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"time"

	"seatbridge/billing/plan"
	"seatbridge/billing/problem"
	"seatbridge/connectwise"
	"seatbridge/store"
)

// lag is how long a list may lack what was just written: a self-hosted instance was seen minutes
// behind (docs/connectwise.md section 2, read-after-write lag).
const lag = time.Hour

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
	halves   map[int]bool                // by lowest agreement: of those that belong together something was not written
	lines    map[int][]store.Line        // bound additions, by agreement
	unknown  map[store.LineKey]time.Time // creations of earlier runs whose outcome nobody saw, and when they were sent
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
	if p.unknown, err = rn.store.UnsettledCreations(ctx, run.ID, rn.now().Add(-rn.settle)); err != nil {
		return prepared{}, fmt.Errorf("reading unsettled additions: %w", err)
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

// additions reads the agreement's additions. One that Seatbridge wrote lately and that the list does not
// show is asked for by its id: the list may lag behind.
func (w *writer) additions(ctx context.Context, agreementID int) ([]connectwise.Addition, error) {
	var additions []connectwise.Addition
	listed := map[int]bool{}
	for a, err := range w.client.Additions(ctx, agreementID) {
		if err != nil {
			return nil, fmt.Errorf("reading the additions of agreement %d: %w", agreementID, err)
		}
		additions = append(additions, a)
		listed[a.ID] = true
	}
	for _, l := range w.given.lines[agreementID] {
		if listed[l.AdditionID] || w.now().Sub(l.WrittenAt) > lag {
			continue
		}
		a, err := w.client.Addition(ctx, agreementID, l.AdditionID)
		if errors.Is(err, connectwise.ErrNotFound) {
			continue
		}
		if err != nil {
			return nil, fmt.Errorf("reading addition %d of agreement %d: %w", l.AdditionID, agreementID, err)
		}
		additions = append(additions, a)
	}
	return additions, nil
}
