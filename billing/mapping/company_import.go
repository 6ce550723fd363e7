package mapping

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"seatbridge/billing/connect"
	"seatbridge/billing/problem"
	"seatbridge/connectwise"
	"seatbridge/store"
)

// An Option is a company type or status to import by.
type Option struct {
	ID       int
	Name     string
	Selected bool
	Vendor   bool // companies that are only vendors are not imported
}

// FilterOptions reads the company types and statuses. What the last import used is selected; before
// the first, what looks like customers in use.
func (mp *Mapper) FilterOptions(ctx context.Context) (types, statuses []Option, err error) {
	client, err := mp.connect.PageClient(ctx)
	if err != nil {
		return nil, nil, err
	}
	typeIDs, statusIDs, err := mp.store.CompanyImportFilter(ctx)
	first := errors.Is(err, store.ErrNotFound)
	if err != nil && !first {
		return nil, nil, fmt.Errorf("reading the last import's filter: %w", err)
	}
	for t, err := range client.CompanyTypes(ctx) {
		if err != nil {
			return nil, nil, connect.Refused(err)
		}
		name := store.Fold(t.Name)
		likely := !t.Vendor && strings.Contains(name, "customer") && !strings.Contains(name, "former")
		types = append(types, Option{ID: t.ID, Name: t.Name, Vendor: t.Vendor, Selected: first && likely || slices.Contains(typeIDs, t.ID)})
	}
	for s, err := range client.CompanyStatuses(ctx) {
		if err != nil {
			return nil, nil, connect.Refused(err)
		}
		likely := !s.Inactive && strings.HasPrefix(store.Fold(s.Name), "active")
		statuses = append(statuses, Option{ID: s.ID, Name: s.Name, Selected: first && likely || slices.Contains(statusIDs, s.ID)})
	}
	return types, statuses, nil
}

// OptionCounts counts the companies of each type and status, those in ConnectWise's recycle bin left out,
// by the options' ids.
func (mp *Mapper) OptionCounts(ctx context.Context) (types, statuses map[int]int, err error) {
	client, err := mp.connect.PageClient(ctx)
	if err != nil {
		return nil, nil, err
	}
	types, statuses = map[int]int{}, map[int]int{}
	var (
		counting errgroup.Group
		mu       sync.Mutex
	)
	counting.SetLimit(countsAtOnce)
	count := func(into map[int]int, id int, filter connectwise.CompanyFilter) {
		counting.Go(func() error {
			n, err := client.CountCompanies(ctx, filter)
			mu.Lock()
			defer mu.Unlock()
			into[id] = n
			return err
		})
	}
	for t, err := range client.CompanyTypes(ctx) {
		if err != nil {
			return nil, nil, connect.Refused(err)
		}
		count(types, t.ID, connectwise.CompanyFilter{TypeIDs: []int{t.ID}})
	}
	for s, err := range client.CompanyStatuses(ctx) {
		if err != nil {
			return nil, nil, connect.Refused(err)
		}
		count(statuses, s.ID, connectwise.CompanyFilter{StatusIDs: []int{s.ID}})
	}
	if err := counting.Wait(); err != nil {
		return nil, nil, connect.Refused(err)
	}
	return types, statuses, nil
}

// countsAtOnce bounds the requests of OptionCounts that run at the same time.
const countsAtOnce = 4

// LeftOut counts the companies of the chosen statuses that an import passes over.
type LeftOut struct {
	Deleted int // of the chosen types, in ConnectWise's recycle bin
	Vendors int // of vendor types and none of the chosen ones
	Untyped int // without any type: no choice of types finds them
}

// CountCompanyImport counts what an import of these types and statuses would read, and what it would leave out.
func (mp *Mapper) CountCompanyImport(ctx context.Context, typeIDs, statusIDs []int) (companies int, left LeftOut, err error) {
	if len(typeIDs) == 0 || len(statusIDs) == 0 {
		return 0, LeftOut{}, nil
	}
	client, err := mp.connect.PageClient(ctx)
	if err != nil {
		return 0, LeftOut{}, err
	}
	choice, err := readImportChoice(ctx, client, typeIDs, statusIDs)
	if err != nil {
		return 0, LeftOut{}, connect.Refused(err)
	}
	return choice.companies, choice.left, nil
}

// importChoice is what to import, and how much that is.
type importChoice struct {
	filter    connectwise.CompanyFilter
	companies int
	left      LeftOut
}

// readImportChoice takes the vendor types out of what was chosen and counts what remains.
func readImportChoice(ctx context.Context, client *connectwise.Client, typeIDs, statusIDs []int) (importChoice, error) {
	var c importChoice
	var all, vendors []int
	for t, err := range client.CompanyTypes(ctx) {
		if err != nil {
			return c, fmt.Errorf("reading company types: %w", err)
		}
		all = append(all, t.ID)
		if t.Vendor {
			vendors = append(vendors, t.ID)
		}
	}
	customers := slices.DeleteFunc(slices.Clone(typeIDs), func(id int) bool { return slices.Contains(vendors, id) })
	if len(customers) == 0 {
		return c, &problem.Invalid{Fields: problem.Fields{"type": "Choose a type other than vendors: they are not customers."}}
	}
	c.filter = connectwise.CompanyFilter{TypeIDs: customers, StatusIDs: statusIDs}
	withDeleted, withVendors, anyType, untyped := c.filter, c.filter, c.filter, c.filter
	withDeleted.IncludeDeleted = true
	withVendors.TypeIDs = slices.Concat(customers, vendors)
	anyType.TypeIDs, untyped.TypeIDs = all, nil
	typed, counted := 0, map[string]int{}
	for _, count := range []struct {
		into   *int
		filter connectwise.CompanyFilter
	}{
		{&c.companies, c.filter}, {&c.left.Deleted, withDeleted}, {&c.left.Vendors, withVendors}, {&typed, anyType}, {&c.left.Untyped, untyped},
	} {
		slices.Sort(count.filter.TypeIDs)
		asked := fmt.Sprint(count.filter) // without vendors, or with every type chosen, two of them ask the same
		n, known := counted[asked]
		if !known {
			var err error
			if n, err = client.CountCompanies(ctx, count.filter); err != nil {
				return c, fmt.Errorf("counting companies: %w", err)
			}
		}
		*count.into, counted[asked] = n, n
	}
	// A list that changes while it is counted must not make these negative.
	c.left.Deleted = max(c.left.Deleted-c.companies, 0)
	c.left.Vendors = max(c.left.Vendors-c.companies, 0)
	c.left.Untyped = max(c.left.Untyped-typed, 0)
	return c, nil
}

// CompanyImportProgress is how far an import is, or how the last one of this process ended.
type CompanyImportProgress struct {
	Running            bool
	Phase              string // what it is doing, in words
	Done, Total        int    // records read; Total grows when agreements are known to follow
	StartedAt, EndedAt time.Time
	Result             *store.CompanyImportResult // set when it ended well
	LeftOut            LeftOut
	Problem            store.Problem // set when it did not
	Cancelled          bool
}

// importing is the import in progress.
type importing struct {
	mu       sync.Mutex
	progress CompanyImportProgress
	cancel   context.CancelFunc
}

func (i *importing) update(change func(*CompanyImportProgress)) {
	i.mu.Lock()
	defer i.mu.Unlock()
	change(&i.progress)
}

// CompanyImportProgress tells how the import is going.
func (mp *Mapper) CompanyImportProgress() CompanyImportProgress {
	mp.imp.mu.Lock()
	defer mp.imp.mu.Unlock()
	return mp.imp.progress
}

// CancelCompanyImport stops an import in progress; what was imported before stays as it was.
func (mp *Mapper) CancelCompanyImport() {
	mp.imp.mu.Lock()
	defer mp.imp.mu.Unlock()
	if mp.imp.progress.Running {
		mp.imp.cancel()
	}
}

// StartCompanyImport imports the companies that have one of the types and one of the statuses, with their
// agreements, in the background. Mappings are kept. ErrRunning: an import is in progress.
func (mp *Mapper) StartCompanyImport(ctx context.Context, who problem.Actor, typeIDs, statusIDs []int) error {
	problems := problem.Fields{}
	if len(typeIDs) == 0 {
		problems["type"] = "Choose at least one company type."
	}
	if len(statusIDs) == 0 {
		problems["status"] = "Choose at least one company status."
	}
	if len(problems) > 0 {
		return &problem.Invalid{Fields: problems}
	}
	client, err := mp.connect.Client(ctx)
	if err != nil {
		return err
	}
	work := func(ctx context.Context) { mp.importNow(ctx, client, who, typeIDs, statusIDs) }
	if !mp.imp.begin(mp.now(), func() context.CancelFunc { return mp.work.Go(work) }) {
		return problem.ErrRunning
	}
	return mp.store.AddActivity(ctx, who.Did(mp.now(), store.CategoryIntegrations, "Started importing companies from ConnectWise PSA."))
}

// begin starts an import unless one is in progress; start answers how to stop it.
func (i *importing) begin(now time.Time, start func() context.CancelFunc) bool {
	i.mu.Lock()
	defer i.mu.Unlock()
	if i.progress.Running {
		return false
	}
	i.progress = CompanyImportProgress{Running: true, Phase: "Counting companies", StartedAt: now}
	i.cancel = start()
	return true
}

func (mp *Mapper) importNow(ctx context.Context, client *connectwise.Client, who problem.Actor, typeIDs, statusIDs []int) {
	result, err := mp.importCompanies(ctx, client, who, typeIDs, statusIDs)
	mp.imp.update(func(p *CompanyImportProgress) {
		p.Running, p.EndedAt, p.Cancelled = false, mp.now(), ctx.Err() != nil
		switch {
		case err == nil:
			p.Result = &result
		case ctx.Err() == nil:
			p.Problem = connect.ProblemOf(err)
		}
	})
	if err != nil && ctx.Err() == nil {
		mp.log.Error("importing companies", "err", err)
	}
}

func (mp *Mapper) importCompanies(
	ctx context.Context,
	client *connectwise.Client,
	who problem.Actor,
	typeIDs, statusIDs []int,
) (store.CompanyImportResult, error) {
	choice, err := readImportChoice(ctx, client, typeIDs, statusIDs)
	if err != nil {
		return store.CompanyImportResult{}, err
	}
	mp.imp.update(func(p *CompanyImportProgress) {
		p.Phase, p.Total, p.LeftOut = "Reading companies", choice.companies, choice.left
	})
	in := store.CompanyImport{TypeIDs: choice.filter.TypeIDs, StatusIDs: statusIDs}
	var ids []int
	for c, err := range client.Companies(ctx, choice.filter) {
		if err != nil {
			return store.CompanyImportResult{}, fmt.Errorf("reading companies: %w", err)
		}
		in.Companies = append(in.Companies, companyOf(c))
		ids = append(ids, c.ID)
		mp.imp.update(func(p *CompanyImportProgress) { p.Done++ })
	}
	mp.imp.update(func(p *CompanyImportProgress) { p.Phase, p.Total = "Reading agreements", 0 })
	if len(ids) > 0 {
		for a, err := range client.Agreements(ctx, connectwise.AgreementFilter{CompanyIDs: ids}) {
			if err != nil {
				return store.CompanyImportResult{}, fmt.Errorf("reading agreements: %w", err)
			}
			in.Agreements = append(in.Agreements, agreementOf(a))
			mp.imp.update(func(p *CompanyImportProgress) { p.Done++ })
		}
	}
	mp.imp.update(func(p *CompanyImportProgress) { p.Phase = "Saving" })
	in.At = mp.now()
	var result store.CompanyImportResult
	err = mp.store.Together(ctx, "importing companies", func(s *store.Store) error {
		if result, err = s.SaveCompanyImport(ctx, in); err != nil {
			return err
		}
		return s.AddActivity(ctx, who.Did(in.At, store.CategoryIntegrations,
			"Imported %d companies and %d agreements from ConnectWise PSA.", result.Companies, result.Agreements))
	})
	if err != nil {
		return result, fmt.Errorf("saving the import: %w", err)
	}
	mp.imp.update(func(p *CompanyImportProgress) { p.Phase = "Matching names" })
	return result, mp.RefreshSuggestions(ctx)
}

func companyOf(c connectwise.Company) store.Company {
	types := make([]store.Named, 0, len(c.Types))
	for _, t := range c.Types {
		types = append(types, store.Named{ID: t.ID, Name: t.Name})
	}
	return store.Company{
		ID:         c.ID,
		Identifier: c.Identifier,
		Name:       c.Name,
		Status:     store.Named{ID: c.Status.ID, Name: c.Status.Name},
		Types:      types,
	}
}

func agreementOf(a connectwise.Agreement) store.Agreement {
	s := store.Agreement{
		ID: a.ID, CompanyID: a.Company.ID, Name: a.Name, TypeName: a.Type.Name, Status: string(a.Status),
		StartDate: a.StartDate.String(), BillStartDate: a.BillStartDate.String(), NextInvoiceDate: a.NextInvoiceDate.String(),
		Prorate: a.Prorate, Cancelled: a.Cancelled,
		BillingCycle: a.BillingCycle.Name, BillProducts: a.BillProducts, OneTime: a.OneTime,
	}
	if !a.NoEndingDate {
		s.EndDate = a.EndDate.String()
	}
	if a.ParentAgreement != nil {
		s.ParentID = a.ParentAgreement.ID
	}
	return s
}
