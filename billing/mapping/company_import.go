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

// NoType stands among the ids of types for companies that have none. ConnectWise's ids begin with 1.
const NoType = 0

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
	types = append(types, Option{ID: NoType, Name: "No type", Selected: slices.Contains(typeIDs, NoType)})
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
	var typeIDs []int
	for t, err := range client.CompanyTypes(ctx) {
		if err != nil {
			return nil, nil, connect.Refused(err)
		}
		typeIDs = append(typeIDs, t.ID)
		count(types, t.ID, connectwise.CompanyFilter{TypeIDs: []int{t.ID}})
	}
	totals := map[int]int{}
	count(totals, allCompanies, connectwise.CompanyFilter{})
	if len(typeIDs) > 0 {
		count(totals, typedCompanies, connectwise.CompanyFilter{TypeIDs: typeIDs})
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
	types[NoType] = max(totals[allCompanies]-totals[typedCompanies], 0)
	return types, statuses, nil
}

// What is counted to know how many companies have no type.
const (
	allCompanies = iota
	typedCompanies
)

// countsAtOnce bounds the requests of OptionCounts that run at the same time.
const countsAtOnce = 4

// LeftOut counts the companies of the chosen statuses that an import passes over.
type LeftOut struct {
	Deleted int // of the chosen types, in ConnectWise's recycle bin
	Vendors int // of vendor types and none of the chosen ones
	Untyped int // without any type, where that is not among the choices
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
	customers := slices.DeleteFunc(slices.Clone(typeIDs), func(id int) bool { return id == NoType || slices.Contains(vendors, id) })
	c.filter = connectwise.CompanyFilter{TypeIDs: customers, StatusIDs: statusIDs, Untyped: slices.Contains(typeIDs, NoType)}
	if len(customers) == 0 && !c.filter.Untyped {
		return c, &problem.Invalid{Fields: problem.Fields{"type": "Choose a type other than vendors: they are not customers."}}
	}
	return c, c.count(ctx, client, all, vendors)
}

// count counts what the choice finds, and what it leaves out. all are the ids of all types.
func (c *importChoice) count(ctx context.Context, client *connectwise.Client, all, vendors []int) error {
	counted := map[string]int{} // without vendors, or with every type chosen, two of them ask the same
	var failed error
	of := func(deleted bool, types ...int) int {
		filter := connectwise.CompanyFilter{TypeIDs: slices.Sorted(slices.Values(types)), StatusIDs: c.filter.StatusIDs, IncludeDeleted: deleted}
		asked := fmt.Sprint(filter)
		n, known := counted[asked]
		if !known && failed == nil {
			n, failed = client.CountCompanies(ctx, filter)
			counted[asked] = n
		}
		return n
	}
	typed := func(deleted bool, types []int) int {
		if len(types) == 0 {
			return 0
		}
		return of(deleted, types...)
	}
	// A list that changes while it is counted must not make these negative.
	customers := typed(false, c.filter.TypeIDs)
	untyped := max(of(false)-typed(false, all), 0)
	c.left.Deleted = max(typed(true, c.filter.TypeIDs)-customers, 0)
	c.left.Vendors = max(typed(false, slices.Concat(c.filter.TypeIDs, vendors))-customers, 0)
	c.companies, c.left.Untyped = customers, untyped
	if c.filter.Untyped {
		c.companies, c.left.Untyped = customers+untyped, 0
		c.left.Deleted += max(of(true)-typed(true, all)-untyped, 0)
	}
	if failed != nil {
		return fmt.Errorf("counting companies: %w", failed)
	}
	return nil
}

// types are the ids of the chosen types, as they are remembered.
func (c *importChoice) types() []int {
	if c.filter.Untyped {
		return append(slices.Clone(c.filter.TypeIDs), NoType)
	}
	return c.filter.TypeIDs
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

// StartCompanyImport imports the companies that have one of the types, or none if NoType is among them, and one of the statuses, with
// their agreements, in the background. Mappings are kept. ErrRunning: an import is in progress.
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
	in := store.CompanyImport{TypeIDs: choice.types(), StatusIDs: statusIDs}
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
