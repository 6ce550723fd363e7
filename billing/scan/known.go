package scan

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/shopspring/decimal"

	"seatbridge/billing/leaks"
	"seatbridge/billing/plan"
	"seatbridge/billing/problem"
	"seatbridge/billing/seats"
	"seatbridge/connectwise"
	"seatbridge/store"
)

// find finds what leaks by what was read last, and what is mapped and counted now.
func (d *Desk) find(ctx context.Context) (leaks.Result, error) {
	k := &knower{Desk: d, Known: leaks.Known{Today: connectwise.DateOf(d.Now().UTC())}}
	scan, err := store.LeaksIn(d.Store).GoodScan(ctx)
	if errors.Is(err, store.ErrNotFound) {
		return leaks.Result{}, nil
	}
	if err != nil {
		return leaks.Result{}, err
	}
	for _, learn := range []func(context.Context, store.Scan) error{
		k.products, k.unlooked, k.usage, k.organizations, k.readings, k.mapped, k.unmapped, k.answers, k.waiting,
	} {
		if err := learn(ctx, scan); err != nil {
			return leaks.Result{}, fmt.Errorf("finding leaks: %w", err)
		}
	}
	return leaks.Find(k.Known), nil
}

// knower gathers what leaks are found in.
type knower struct {
	*Desk
	leaks.Known
	usages    map[int64]seats.Usage
	read      map[int]reading
	agreement map[int64]int // that an organization is mapped to
	mappedTo  []store.MappedAgreement
	bound     map[int][]store.Line // by agreement
}

func (k *knower) products(ctx context.Context, _ store.Scan) error {
	mapped, err := k.Store.ProductMappings(ctx)
	if err != nil {
		return err
	}
	kept, err := store.LeaksIn(k.Store).Products(ctx)
	if err != nil {
		return err
	}
	for _, tier := range store.Plans() {
		m, is := mapped[tier]
		if !is {
			continue
		}
		p := plan.MappedProduct{Plan: tier, ID: m.ProductID, Identifier: m.Identifier}
		for _, item := range kept {
			if item.ID == p.ID {
				p.Price = item.Price
			}
		}
		k.Known.Products = append(k.Known.Products, p)
	}
	for _, item := range kept {
		if item.Called {
			k.Named = append(k.Named, leaks.Item{ID: item.ID, Identifier: item.Identifier, Description: item.Description})
		}
	}
	return nil
}

func (k *knower) usage(ctx context.Context, _ store.Scan) (err error) {
	k.usages, err = k.Figures.All(ctx, seats.ToDate(k.Now()))
	return err
}

func (k *knower) organizations(ctx context.Context, _ store.Scan) error {
	rows, _, err := k.Store.Organizations(ctx, store.OrganizationFilter{Status: store.OrganizationAny})
	if err != nil {
		return err
	}
	likely, err := k.suggestions(ctx)
	if err != nil {
		return err
	}
	k.agreement = map[int64]int{}
	for _, row := range rows {
		u := k.usages[row.ID]
		u.OrganizationID, u.Organization, u.Unmanaged = row.ID, row.Name, !row.Managed
		k.usages[row.ID] = u
		if !row.DeletedAt.IsZero() {
			continue // its last month is billed where it is mapped
		}
		n, known := u.Seats()
		o := leaks.Organization{
			ID: row.ID, Name: row.Name, Plan: row.Plan, License: row.License, Managed: row.Managed, AgreementID: row.AgreementID,
			Known: known, Seats: n, Suggestion: likely[row.ID],
		}
		if n > 0 {
			o.Plan = u.Plan // its seats are billed on that one this month
		}
		k.agreement[row.ID] = row.AgreementID
		k.Known.Organizations = append(k.Known.Organizations, o)
	}
	return nil
}

// suggestions is the best of each organization.
func (k *knower) suggestions(ctx context.Context) (map[int64]*leaks.Suggestion, error) {
	open, err := k.Store.OpenSuggestions(ctx, nil)
	best := map[int64]*leaks.Suggestion{}
	for _, s := range open { // the best first
		if best[s.OrganizationID] == nil {
			best[s.OrganizationID] = &leaks.Suggestion{CompanyID: s.CompanyID, Company: s.Company.Name, Certain: s.Certain}
		}
	}
	return best, err
}

func (k *knower) readings(ctx context.Context, scan store.Scan) error {
	var err error
	if k.mappedTo, err = k.Store.MappedAgreements(ctx); err != nil {
		return err
	}
	if k.bound, err = store.ReadingsIn(k.Store).Lines(ctx); err != nil {
		return err
	}
	asked := map[int]bool{}
	for _, m := range k.mappedTo {
		asked[m.Agreement.ID] = true
	}
	for agreement := range k.bound {
		asked[agreement] = true // a line that was created since the scan
	}
	if k.read, err = k.Desk.readings(ctx, scan.ID, asked); err != nil {
		return err
	}
	k.Currencies = map[int][]string{}
	for _, r := range k.read {
		if r.Bills && r.Currency != "" {
			k.Currencies[r.CompanyID] = append(k.Currencies[r.CompanyID], r.Currency)
		}
	}
	return nil
}

// mapped adds the agreements that organizations are mapped to.
func (k *knower) mapped(ctx context.Context, scan store.Scan) error {
	readings := store.ReadingsIn(k.Store)
	terms, err := readings.Terms(ctx)
	if err != nil {
		return err
	}
	answers, err := readings.Answers(ctx)
	if err != nil {
		return err
	}
	once, err := store.OnceLinesIn(k.Store).Known(ctx)
	if err != nil {
		return err
	}
	for _, m := range k.mappedTo {
		s := plan.Situation{
			Company: m.Company, Agreement: m.Agreement, MappedAt: m.MappedAt, Shown: m.Shown, Wants: plan.WantsOf(m, k.usages),
			Lines: k.bound[m.Agreement.ID], Terms: terms[m.Agreement.ID], Answers: answers, Once: once[m.Agreement.ID],
		}
		k.Agreements = append(k.Agreements, k.situated(m, s, scan))
	}
	return nil
}

// situated is a mapped agreement as it was read last: by the scan or, after it, by an import or a sync.
func (k *knower) situated(m store.MappedAgreement, s plan.Situation, scan store.Scan) leaks.Agreement {
	a := leaks.Agreement{Feeds: m.OrganizationIDs, Imported: true}
	r, read := k.read[m.Agreement.ID]
	s.Found = r.agreement
	s.Found.ID, s.Found.Company.ID, s.Found.Company.Name = m.Agreement.ID, m.Company.ID, m.Company.Name
	switch imported := m.Agreement.ImportedAt; {
	case imported.After(scan.StartedAt) || !read && m.MappedAt.After(scan.StartedAt):
		s.Gone, s.GoneDo = plan.JudgeAgreement(m.Agreement, k.Now())
	case !read:
		s.Gone, s.GoneDo = plan.AgreementGone()
	}
	if read && s.Gone == "" {
		s.Gone, s.GoneDo = plan.MappedUnbillable(m, r.agreement, connectwise.Company{}, k.Today)
	}
	s.ReadAt = r.ReadAt
	s.Additions = plan.Apart(k.upToDate(r, s.Lines), s.Once)
	a.Situation, a.Read = s, read && !r.ReadAt.IsZero() && k.covered()
	return a
}

// unlooked are the products whose lines the last scan did not look for.
func (k *knower) unlooked(_ context.Context, scan store.Scan) error {
	for _, p := range k.Known.Products {
		if !slices.Contains(scan.LookedFor, p.ID) {
			k.Unlooked = append(k.Unlooked, p.Identifier)
		}
	}
	for _, item := range k.Named {
		isMapped := slices.ContainsFunc(k.Known.Products, func(p plan.MappedProduct) bool { return p.ID == item.ID })
		if !isMapped && !slices.Contains(scan.LookedFor, item.ID) {
			k.UnlookedNamed = append(k.UnlookedNamed, item.Identifier)
		}
	}
	return nil
}

// covered says whether the last scan looked for the lines of all products that are mapped now.
func (k *knower) covered() bool { return len(k.Unlooked) == 0 }

// upToDate is an agreement's additions with what was read or written of bound lines since the scan. Moments are kept in seconds: what is
// of the same one counts as later.
func (k *knower) upToDate(r reading, bound []store.Line) []connectwise.Addition {
	additions := slices.Clone(r.additions)
	for _, l := range bound {
		if l.AdditionID == 0 || l.ReadAt.Before(r.ReadAt) && l.WrittenAt.Before(r.ReadAt) {
			continue
		}
		i := slices.IndexFunc(additions, func(a connectwise.Addition) bool { return a.ID == l.AdditionID })
		if i < 0 {
			additions = append(additions, connectwise.Addition{
				ID: l.AdditionID, BillCustomer: connectwise.Billable, UnitPrice: k.listed(l.ProductID),
				Product: connectwise.Reference{ID: l.ProductID, Identifier: l.Product},
			})
			i = len(additions) - 1
		}
		additions[i] = since(additions[i], l)
	}
	return additions
}

// since is an addition as its line was read or written last.
func since(a connectwise.Addition, l store.Line) connectwise.Addition {
	last := l.Read
	if l.Written.Valid && !l.WrittenAt.Before(l.ReadAt) {
		last = l.Written
	}
	if last.Valid {
		a.Quantity = last.Decimal
	}
	if l.UnitPrice.Valid {
		a.UnitPrice = l.UnitPrice
	}
	if l.Ended != "" { // days come from the client, so they parse
		a.CancelledDate, _ = connectwise.ParseDate(l.Ended)
	}
	return a
}

func (k *knower) listed(product int) (price decimal.NullDecimal) {
	for _, p := range k.Known.Products {
		if p.ID == product {
			return p.Price
		}
	}
	return price
}

// unmapped adds the agreements that have lines of interest and no organization.
func (k *knower) unmapped(ctx context.Context, _ store.Scan) error {
	names, err := k.Store.Names(ctx)
	if err != nil {
		return err
	}
	imported := map[int]bool{}
	for _, c := range names.Companies {
		imported[int(c.ID)] = true
	}
	once, err := store.OnceLinesIn(k.Store).Known(ctx)
	if err != nil {
		return err
	}
	for _, m := range k.mappedTo {
		delete(k.read, m.Agreement.ID)
	}
	for id, r := range k.read {
		additions := k.upToDate(r, k.bound[id])
		if len(additions) == 0 {
			continue
		}
		k.Agreements = append(k.Agreements, leaks.Agreement{
			Imported: imported[r.CompanyID], Read: k.covered(),
			Situation: plan.Situation{
				Found: r.agreement, ReadAt: r.ReadAt, Lines: k.bound[id], Additions: plan.Apart(additions, once[id]),
			},
		})
	}
	slices.SortFunc(k.Agreements, func(a, b leaks.Agreement) int { return a.Found.ID - b.Found.ID })
	return nil
}

// answers are what people said of leaks, and of findings that may be the same.
func (k *knower) answers(ctx context.Context, _ store.Scan) error {
	said, err := store.LeaksIn(k.Store).Answers(ctx)
	if err != nil {
		return err
	}
	k.Answers = map[string]leaks.Answer{}
	for key, a := range said {
		k.Answers[key] = leaks.Answer{Facts: a.Facts, Note: a.Note, By: a.By, At: a.At}
	}
	found, _, err := store.ReadingsIn(k.Store).Findings(ctx, store.FindingFilter{Answered: true})
	k.Findings = map[store.FindingKey]store.KnownFinding{}
	for _, f := range found {
		k.Findings[f.Key()] = f
	}
	return err
}

// waiting is what people have in hand.
func (k *knower) waiting(ctx context.Context, _ store.Scan) error {
	held, _, err := k.Store.Changes(ctx, store.ChangeFilter{Carried: true, States: []store.ChangeState{store.StateHeld}})
	if err != nil {
		return err
	}
	for _, c := range held {
		k.wait(c, "A change of it waits for approval.", leaks.LookAtApprovals)
	}
	states := []store.ChangeState{store.StateConflict, store.StateUnknown, store.StateFailed}
	open, _, err := k.Store.Changes(ctx, store.ChangeFilter{Open: true, States: states})
	if err != nil {
		return err
	}
	for _, c := range open {
		k.wait(c, fmt.Sprintf("The last sync could not write it: %s", strings.Join(problem.Reasons(c), " ")), leaks.LookAtRun)
	}
	return k.differences(ctx)
}

func (k *knower) wait(c store.Change, sentence string, next leaks.StepKind) {
	k.Waiting = append(k.Waiting, leaks.Waiting{
		AgreementID: c.AgreementID, ProductID: c.ProductID, AdditionID: c.AdditionID, Sentence: sentence,
		Next: leaks.Step{Kind: next, AgreementID: c.AgreementID},
	})
}

// differences are the open ones of months that ended, of organizations that are mapped.
func (k *knower) differences(ctx context.Context) error {
	rows, _, err := store.BooksIn(k.Store).Rows(ctx, store.MonthRowFilter{States: []store.RowState{store.RowOpen}})
	if err != nil {
		return err
	}
	for _, r := range rows {
		if agreement := k.agreement[r.OrganizationID]; agreement != 0 && r.Month < store.MonthOf(k.Now()) && r.Open.Decimal.IsPositive() {
			k.Waiting = append(k.Waiting, leaks.Waiting{
				AgreementID: agreement, OrganizationID: r.OrganizationID,
				Sentence: fmt.Sprintf("It is an open difference of %s.", r.Month),
				Next:     leaks.Step{Kind: leaks.LookAtMonth, OrganizationID: r.OrganizationID, Month: r.Month},
			})
		}
	}
	return nil
}
