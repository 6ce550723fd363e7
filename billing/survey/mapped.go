package survey

import (
	"context"
	"errors"
	"fmt"
	"iter"

	"seatbridge/billing/plan"
	"seatbridge/billing/problem"
	"seatbridge/connectwise"
	"seatbridge/store"
)

// Agreement is an agreement as ConnectWise has it.
type Agreement struct {
	Found   connectwise.Agreement
	Company connectwise.Company
	Gone    string // why nothing can be billed on it; empty: it can
	Do      string // what to do about that
}

// Products reads the mapped catalog items, in the order of the plans. ErrNotActive: not all plans are mapped.
func Products(ctx context.Context, s *store.Store, client *connectwise.Client) ([]plan.MappedProduct, error) {
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

// Agreements reads the state of the agreements and their companies, some hundred a request.
func Agreements(
	ctx context.Context, client *connectwise.Client, todo []store.MappedAgreement, today connectwise.Date,
) (map[int]Agreement, error) {
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
	verdicts, types := map[int]Agreement{}, agreementTypes{client: client, read: map[int]connectwise.AgreementType{}}
	for _, m := range todo {
		a, err := agreementRecord(ctx, client, m.Agreement.ID, listed)
		if err == nil {
			a, err = types.settle(ctx, a)
		}
		switch {
		case errors.Is(err, connectwise.ErrNotFound):
			why, do := plan.AgreementGone()
			verdicts[m.Agreement.ID] = Agreement{Gone: why, Do: do}
		case err != nil:
			return nil, fmt.Errorf("reading agreement %d: %w", m.Agreement.ID, err)
		default:
			why, do := plan.MappedUnbillable(m, a, companies[m.Company.ID], today)
			verdicts[m.Agreement.ID] = Agreement{a, companies[m.Company.ID], why, do}
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

// Billing answers an agreement with how it bills products: what it leaves to its type is read there, once for each type. It is for one
// goroutine.
func Billing(client *connectwise.Client) func(context.Context, connectwise.Agreement) (connectwise.Agreement, error) {
	return agreementTypes{client: client, read: map[int]connectwise.AgreementType{}}.settle
}

// agreementTypes are the types of agreements that leave terms to them, each read once.
type agreementTypes struct {
	client *connectwise.Client
	read   map[int]connectwise.AgreementType
}

// settle gives an agreement the terms that it leaves to its type (docs/connectwise.md section 5). A type that is gone or may not be
// read leaves them open: which right is missing is said elsewhere.
func (t agreementTypes) settle(ctx context.Context, a connectwise.Agreement) (connectwise.Agreement, error) {
	if a.BillProducts != connectwise.NoDefault || a.Type.ID == 0 {
		return a, nil
	}
	of, known := t.read[a.Type.ID]
	if !known {
		var err error
		of, err = t.client.AgreementType(ctx, a.Type.ID)
		if err != nil && !errors.Is(err, connectwise.ErrNotFound) && !errors.Is(err, connectwise.ErrForbidden) {
			return a, fmt.Errorf("reading agreement type %d: %w", a.Type.ID, err)
		}
		t.read[a.Type.ID] = of
	}
	if of.BillProducts != "" {
		a.BillProducts = of.BillProducts
	}
	return a, nil
}
