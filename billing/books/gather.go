package books

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"seatbridge/billing/months"
	"seatbridge/billing/seats"
	"seatbridge/store"
)

// gathered is what the rows of some organizations follow from.
type gathered struct {
	months  []store.BookedMonth
	tries   map[store.Month]months.Try
	stories []months.Story
}

// rows are an organization's rows in all months.
func (g gathered) rows(s months.Story, now time.Time) []store.MonthRow {
	var rows []store.MonthRow
	for _, b := range g.months {
		rows = append(rows, months.RowsOf(s, b.Month, g.tries[b.Month], now)...)
	}
	return rows
}

func (k *Keeper) gather(ctx context.Context, s *store.Store, ids []int64) (g gathered, err error) {
	books := store.BooksIn(s)
	if g.months, err = books.Months(ctx); err != nil || len(g.months) == 0 {
		return g, err
	}
	g.tries = map[store.Month]months.Try{}
	for _, b := range g.months {
		if g.tries[b.Month], err = tryOf(ctx, s, b.Month); err != nil {
			return g, err
		}
	}
	shared, err := readShared(ctx, s, ids)
	if err != nil {
		return g, err
	}
	if shared.rules, err = k.Figures.Rules(ctx); err != nil {
		return g, err
	}
	first, last := g.months[len(g.months)-1].Month, g.months[0].Month
	for l, err := range s.Ledgers(ctx, first.Start(), last.End(), ids) {
		if err != nil {
			return g, fmt.Errorf("counting the books: %w", err)
		}
		story := shared.story(l)
		story.Begun = begun(g.months)
		g.stories = append(g.stories, story)
	}
	return g, nil
}

// begun is the first month after those that are reconstructed; empty: none is. The latest month comes first.
func begun(booked []store.BookedMonth) store.Month {
	i := slices.IndexFunc(booked, func(b store.BookedMonth) bool { return b.Reconstructed })
	if i < 0 {
		return ""
	}
	return booked[i].Month.Add(1)
}

// tryOf is what became of the syncs of a month.
func tryOf(ctx context.Context, s *store.Store, m store.Month) (months.Try, error) {
	last, ended, err := store.BooksIn(s).LastTry(ctx, m)
	if errors.Is(err, store.ErrNotFound) {
		return months.Try{}, nil
	}
	return months.Try{Last: last, Ended: ended}, err
}

// shared is what is read at once for some organizations.
type shared struct {
	rules       seats.Rules
	mappings    map[int64]store.Mapping
	mapped      map[int][]int64              // organizations, by agreement
	ended       map[int][]store.EndedMapping // by agreement
	was         map[int64][]int              // the agreements that an organization was mapped to
	entries     map[int64][]store.Entry
	agreements  map[int]months.Agreement
	carries     map[int64][]int // the agreements that an organization's seats may stand on
	products    map[int]store.Plan
	prices      map[store.Plan]months.Price
	settlements map[int64][]store.Settlement
	elsewhere   map[int64]store.Elsewhere
	rows        map[int64][]store.MonthRow
}

func readShared(ctx context.Context, s *store.Store, ids []int64) (sh shared, err error) {
	books := store.BooksIn(s)
	steps := []func() error{
		func() error { return sh.readMappings(ctx, s, ids) },
		func() error { sh.entries, err = books.Entries(ctx, ids); return err },
		func() error { sh.settlements, err = books.Settlements(ctx, ids); return err },
		func() error { sh.elsewhere, err = books.Elsewhere(ctx); return err },
		func() error { sh.rows, err = books.RowsOf(ctx, ids); return err },
		func() error { return sh.readProducts(ctx, s) },
		func() error { return sh.readAgreements(ctx, s, ids) },
	}
	for _, step := range steps {
		if err := step(); err != nil {
			return sh, err
		}
	}
	return sh, nil
}

func (sh *shared) readMappings(ctx context.Context, s *store.Store, ids []int64) error {
	all, err := s.Mappings(ctx)
	if err != nil {
		return fmt.Errorf("reading mappings: %w", err)
	}
	sh.mappings, sh.mapped = map[int64]store.Mapping{}, map[int][]int64{}
	for _, m := range all {
		sh.mapped[m.AgreementID] = append(sh.mapped[m.AgreementID], m.OrganizationID)
		if slices.Contains(ids, m.OrganizationID) {
			sh.mappings[m.OrganizationID] = m
		}
	}
	sh.ended, err = store.BooksIn(s).EndedMappings(ctx)
	sh.was = map[int64][]int{}
	for agreement, ended := range sh.ended {
		for _, e := range ended {
			sh.was[e.OrganizationID] = append(sh.was[e.OrganizationID], agreement)
		}
	}
	return err
}

// left notes which organizations were mapped to an agreement last, where none is.
func (sh *shared) left(a *months.Agreement) {
	ended := sh.ended[a.ID]
	if len(a.Mapped) > 0 || len(ended) == 0 {
		return
	}
	a.LeftAt = ended[0].EndedAt
	for _, e := range ended {
		if e.EndedAt.Equal(a.LeftAt) {
			a.Left = append(a.Left, e.OrganizationID)
		}
	}
}

// readProducts reads which plan a product is, and what a seat of it usually costs: what most lines say.
func (sh *shared) readProducts(ctx context.Context, s *store.Store) error {
	mapped, err := s.ProductMappings(ctx)
	if err != nil {
		return fmt.Errorf("reading product mappings: %w", err)
	}
	sh.products, sh.prices = map[int]store.Plan{}, map[store.Plan]months.Price{}
	for _, p := range mapped {
		sh.products[p.ProductID] = p.Plan
	}
	lines, err := s.Lines(ctx)
	if err != nil {
		return err
	}
	type offer struct {
		plan            store.Plan
		price, currency string
	}
	counts, most := map[offer]int{}, map[store.Plan]offer{}
	for _, l := range lines {
		plan := sh.products[l.ProductID]
		if plan == "" || !l.UnitPrice.Valid {
			continue
		}
		o := offer{plan, l.UnitPrice.Decimal.String(), l.Currency}
		counts[o]++
		if best := most[plan]; counts[o] > counts[best] || counts[o] == counts[best] && o.price < best.price {
			most[plan] = o
			sh.prices[plan] = months.Price{UnitPrice: l.UnitPrice, Currency: l.Currency}
		}
	}
	return nil
}

// readAgreements reads what is known of the agreements that carry the organizations' seats, or did.
func (sh *shared) readAgreements(ctx context.Context, s *store.Store, ids []int64) error {
	sh.carries = map[int64][]int{}
	var all []int
	add := func(organizationID int64, agreementID int) {
		if agreementID != 0 && !slices.Contains(sh.carries[organizationID], agreementID) {
			sh.carries[organizationID] = append(sh.carries[organizationID], agreementID)
			all = append(all, agreementID)
		}
	}
	for _, id := range ids {
		add(id, sh.mappings[id].AgreementID)
		for _, e := range sh.entries[id] {
			add(id, e.Change.AgreementID)
		}
		for _, agreement := range sh.was[id] {
			add(id, agreement)
		}
	}
	slices.Sort(all)
	all = slices.Compact(all)
	said, err := store.BooksIn(s).Said(ctx, all)
	if err != nil {
		return err
	}
	billing, err := readBilling(ctx, s, all)
	if err != nil {
		return err
	}
	sh.agreements = map[int]months.Agreement{}
	for _, id := range all {
		a := months.Agreement{ID: id, Mapped: sh.mapped[id], Said: said[id], Billing: billing[id]}
		sh.left(&a)
		if err := sh.name(ctx, s, &a); err != nil {
			return err
		}
		sh.agreements[id] = a
	}
	return nil
}

// name gives an agreement its names as they were imported or, where the copy is gone, as the journal has them.
func (sh *shared) name(ctx context.Context, s *store.Store, a *months.Agreement) error {
	found, err := s.Agreement(ctx, a.ID)
	if err == nil {
		company, err := s.Company(ctx, found.CompanyID)
		if err != nil {
			return fmt.Errorf("reading company %d: %w", found.CompanyID, err)
		}
		a.Name, a.CompanyID, a.Company = found.Name, company.ID, company.Name
		return nil
	}
	if !errors.Is(err, store.ErrNotFound) {
		return err
	}
	for _, entries := range sh.entries {
		for _, e := range entries {
			if e.Change.AgreementID == a.ID {
				a.Name, a.CompanyID, a.Company = e.Change.Agreement, e.Change.CompanyID, e.Change.Company
			}
		}
	}
	return nil
}

// readBilling reads how agreements are invoiced, a child as its parent is.
func readBilling(ctx context.Context, s *store.Store, ids []int) (map[int]months.Billing, error) {
	invoicing := store.InvoicingIn(s)
	dates, err := invoicing.Dates(ctx, ids)
	if err != nil {
		return nil, err
	}
	payers := map[int]int{}
	var all []int
	for _, id := range ids {
		payers[id] = id
		if parent := dates[id].ParentID; parent != 0 {
			payers[id] = parent
		}
		all = append(all, payers[id])
	}
	moves, err := invoicing.Moves(ctx, all)
	if err != nil {
		return nil, err
	}
	invoices, err := invoicing.Invoices(ctx, all)
	if err != nil {
		return nil, err
	}
	billing := map[int]months.Billing{}
	for _, id := range ids {
		payer := payers[id]
		d := dates[payer]
		if d.Ended == "" {
			d.Ended = dates[id].Ended
		}
		ofPeriods := slices.DeleteFunc(invoices[payer], func(v store.Invoice) bool { return v.Type != "Agreement" })
		billing[id] = months.BillingOf(d, moves[payer], ofPeriods)
	}
	return billing, nil
}

// story is what is known of the organization of a ledger.
func (sh *shared) story(l store.Ledger) months.Story {
	id := l.Organization.ID
	story := months.Story{
		Organization: l.Organization,
		Usage:        func(m store.Month) seats.Usage { return seats.Count(l, seats.WholeMonth(m), sh.rules) },
		Managed:      func(m store.Month) bool { return seats.ManagedIn(l, m) },
		Mapping:      sh.mappings[id], Entries: sh.entries[id], Agreements: map[int]months.Agreement{},
		Products: sh.products, Prices: sh.prices, Rows: sh.rows[id],
	}
	for _, agreement := range sh.carries[id] {
		story.Agreements[agreement] = sh.agreements[agreement]
	}
	for _, settlement := range sh.settlements[id] {
		if settlement.UndoneAt.IsZero() {
			story.Settlements = append(story.Settlements, settlement)
		}
	}
	if e, said := sh.elsewhere[id]; said {
		story.Elsewhere = &e
	}
	return story
}
