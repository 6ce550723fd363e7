package billing

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"seatbridge/billing/background"
	"seatbridge/billing/problem"
	"seatbridge/billing/seats"
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
	client, err := mp.connect.pageClient(ctx)
	if err != nil {
		return nil, nil, err
	}
	typeIDs, statusIDs, err := mp.store.ImportFilter(ctx)
	first := errors.Is(err, store.ErrNotFound)
	if err != nil && !first {
		return nil, nil, fmt.Errorf("reading the last import's filter: %w", err)
	}
	for t, err := range client.CompanyTypes(ctx) {
		if err != nil {
			return nil, nil, refused(err)
		}
		name := store.Fold(t.Name)
		likely := !t.Vendor && strings.Contains(name, "customer") && !strings.Contains(name, "former")
		types = append(types, Option{ID: t.ID, Name: t.Name, Vendor: t.Vendor, Selected: first && likely || slices.Contains(typeIDs, t.ID)})
	}
	for s, err := range client.CompanyStatuses(ctx) {
		if err != nil {
			return nil, nil, refused(err)
		}
		likely := !s.Inactive && strings.HasPrefix(store.Fold(s.Name), "active")
		statuses = append(statuses, Option{ID: s.ID, Name: s.Name, Selected: first && likely || slices.Contains(statusIDs, s.ID)})
	}
	return types, statuses, nil
}

// OptionCounts counts the companies of each type and status, those in ConnectWise's recycle bin left out,
// by the options' ids.
func (mp *Mapper) OptionCounts(ctx context.Context) (types, statuses map[int]int, err error) {
	client, err := mp.connect.pageClient(ctx)
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
			return nil, nil, refused(err)
		}
		count(types, t.ID, connectwise.CompanyFilter{TypeIDs: []int{t.ID}})
	}
	for s, err := range client.CompanyStatuses(ctx) {
		if err != nil {
			return nil, nil, refused(err)
		}
		count(statuses, s.ID, connectwise.CompanyFilter{StatusIDs: []int{s.ID}})
	}
	if err := counting.Wait(); err != nil {
		return nil, nil, refused(err)
	}
	return types, statuses, nil
}

// countsAtOnce bounds the requests of OptionCounts that run at the same time.
const countsAtOnce = 4

// LeftOut counts the companies of the chosen statuses that an import passes over.
type LeftOut struct {
	Deleted int // of the chosen types, in ConnectWise's recycle bin
	Vendors int // of vendor types and none of the chosen ones
}

// CountImport counts what an import of these types and statuses would read, and what it would leave out.
func (mp *Mapper) CountImport(ctx context.Context, typeIDs, statusIDs []int) (companies int, left LeftOut, err error) {
	if len(typeIDs) == 0 || len(statusIDs) == 0 {
		return 0, LeftOut{}, nil
	}
	client, err := mp.connect.pageClient(ctx)
	if err != nil {
		return 0, LeftOut{}, err
	}
	choice, err := readImportChoice(ctx, client, typeIDs, statusIDs)
	if err != nil {
		return 0, LeftOut{}, refused(err)
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
	var vendors []int
	for t, err := range client.CompanyTypes(ctx) {
		if err != nil {
			return c, fmt.Errorf("reading company types: %w", err)
		}
		if t.Vendor {
			vendors = append(vendors, t.ID)
		}
	}
	customers := slices.DeleteFunc(slices.Clone(typeIDs), func(id int) bool { return slices.Contains(vendors, id) })
	if len(customers) == 0 {
		return c, &problem.Invalid{Fields: problem.Fields{"type": "Choose a type other than vendors: they are not customers."}}
	}
	c.filter = connectwise.CompanyFilter{TypeIDs: customers, StatusIDs: statusIDs}
	withDeleted, withVendors := c.filter, c.filter
	withDeleted.IncludeDeleted = true
	withVendors.TypeIDs = slices.Concat(customers, vendors)
	for _, count := range []struct {
		into   *int
		filter connectwise.CompanyFilter
	}{{&c.companies, c.filter}, {&c.left.Deleted, withDeleted}, {&c.left.Vendors, withVendors}} {
		var err error
		if *count.into, err = client.CountCompanies(ctx, count.filter); err != nil {
			return c, fmt.Errorf("counting companies: %w", err)
		}
	}
	// A list that changes while it is counted must not make these negative.
	c.left.Deleted = max(c.left.Deleted-c.companies, 0)
	c.left.Vendors = max(c.left.Vendors-c.companies, 0)
	return c, nil
}

// ImportProgress is how far an import is, or how the last one of this process ended.
type ImportProgress struct {
	Running            bool
	Phase              string // what it is doing, in words
	Done, Total        int    // records read; Total grows when agreements are known to follow
	StartedAt, EndedAt time.Time
	Result             *store.ImportResult // set when it ended well
	LeftOut            LeftOut
	Problem            store.Problem // set when it did not
	Cancelled          bool
}

// MapperConfig is what a Mapper works with.
type MapperConfig struct {
	Store      *store.Store
	Log        *slog.Logger
	Now        func() time.Time
	Background *background.Group
	Connection *Keeper
	Runs       *Runner
}

// Mapper says which organization is billed where and as what: the imported companies, the products and the mappings.
type Mapper struct {
	store *store.Store
	log   *slog.Logger
	now   func() time.Time
	work  *background.Group

	connect *Keeper
	run     *Runner

	imp        importing
	suggesting sync.Mutex // held while suggestions are made
}

// NewMapper makes the mapper of a store.
func NewMapper(c MapperConfig) *Mapper {
	return &Mapper{store: c.Store, log: c.Log, now: c.Now, work: c.Background, connect: c.Connection, run: c.Runs}
}

// importing is the import in progress.
type importing struct {
	mu       sync.Mutex
	progress ImportProgress
	cancel   context.CancelFunc
}

func (i *importing) update(change func(*ImportProgress)) {
	i.mu.Lock()
	defer i.mu.Unlock()
	change(&i.progress)
}

// ImportProgress tells how the import is going.
func (mp *Mapper) ImportProgress() ImportProgress {
	mp.imp.mu.Lock()
	defer mp.imp.mu.Unlock()
	return mp.imp.progress
}

// CancelImport stops an import in progress; what was imported before stays as it was.
func (mp *Mapper) CancelImport() {
	mp.imp.mu.Lock()
	defer mp.imp.mu.Unlock()
	if mp.imp.progress.Running {
		mp.imp.cancel()
	}
}

// StartImport imports the companies that have one of the types and one of the statuses, with their
// agreements, in the background. Mappings are kept. ErrRunning: an import is in progress.
func (mp *Mapper) StartImport(ctx context.Context, who problem.Actor, typeIDs, statusIDs []int) error {
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
	client, err := mp.connect.connection(ctx)
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
	i.progress = ImportProgress{Running: true, Phase: "Counting companies", StartedAt: now}
	i.cancel = start()
	return true
}

func (mp *Mapper) importNow(ctx context.Context, client *connectwise.Client, who problem.Actor, typeIDs, statusIDs []int) {
	result, err := mp.importCompanies(ctx, client, who, typeIDs, statusIDs)
	mp.imp.update(func(p *ImportProgress) {
		p.Running, p.EndedAt, p.Cancelled = false, mp.now(), ctx.Err() != nil
		switch {
		case err == nil:
			p.Result = &result
		case ctx.Err() == nil:
			p.Problem = problemOf(err)
		}
	})
	if err != nil && ctx.Err() == nil {
		mp.log.Error("importing companies", "err", err)
	}
}

func (mp *Mapper) importCompanies(ctx context.Context, client *connectwise.Client, who problem.Actor, typeIDs, statusIDs []int) (store.ImportResult, error) {
	choice, err := readImportChoice(ctx, client, typeIDs, statusIDs)
	if err != nil {
		return store.ImportResult{}, err
	}
	mp.imp.update(func(p *ImportProgress) {
		p.Phase, p.Total, p.LeftOut = "Reading companies", choice.companies, choice.left
	})
	in := store.Import{TypeIDs: choice.filter.TypeIDs, StatusIDs: statusIDs}
	var ids []int
	for c, err := range client.Companies(ctx, choice.filter) {
		if err != nil {
			return store.ImportResult{}, fmt.Errorf("reading companies: %w", err)
		}
		in.Companies = append(in.Companies, companyOf(c))
		ids = append(ids, c.ID)
		mp.imp.update(func(p *ImportProgress) { p.Done++ })
	}
	mp.imp.update(func(p *ImportProgress) { p.Phase, p.Total = "Reading agreements", 0 })
	if len(ids) > 0 {
		for a, err := range client.Agreements(ctx, connectwise.AgreementFilter{CompanyIDs: ids}) {
			if err != nil {
				return store.ImportResult{}, fmt.Errorf("reading agreements: %w", err)
			}
			in.Agreements = append(in.Agreements, agreementOf(a))
			mp.imp.update(func(p *ImportProgress) { p.Done++ })
		}
	}
	mp.imp.update(func(p *ImportProgress) { p.Phase = "Saving" })
	in.At = mp.now()
	var result store.ImportResult
	err = mp.store.Together(ctx, "importing companies", func(s *store.Store) error {
		if result, err = s.SaveImport(ctx, in); err != nil {
			return err
		}
		return s.AddActivity(ctx, who.Did(in.At, store.CategoryIntegrations,
			"Imported %d companies and %d agreements from ConnectWise PSA.", result.Companies, result.Agreements))
	})
	if err != nil {
		return result, fmt.Errorf("saving the import: %w", err)
	}
	mp.imp.update(func(p *ImportProgress) { p.Phase = "Matching names" })
	return result, mp.RefreshSuggestions(ctx)
}

func companyOf(c connectwise.Company) store.Company {
	types := make([]store.Named, 0, len(c.Types))
	for _, t := range c.Types {
		types = append(types, store.Named{ID: t.ID, Name: t.Name})
	}
	return store.Company{ID: c.ID, Identifier: c.Identifier, Name: c.Name, Status: store.Named{ID: c.Status.ID, Name: c.Status.Name}, Types: types}
}

func agreementOf(a connectwise.Agreement) store.Agreement {
	s := store.Agreement{
		ID: a.ID, CompanyID: a.Company.ID, Name: a.Name, TypeName: a.Type.Name, Status: string(a.Status),
		StartDate: a.StartDate.String(), BillStartDate: a.BillStartDate.String(), NextInvoiceDate: a.NextInvoiceDate.String(),
		Prorate: a.Prorate, Cancelled: a.Cancelled,
	}
	if !a.NoEndingDate {
		s.EndDate = a.EndDate.String()
	}
	if a.ParentAgreement != nil {
		s.ParentID = a.ParentAgreement.ID
	}
	return s
}

// Map maps an organization to an agreement. It may be mapped to another agreement of the same company,
// which the new mapping replaces; the line there stays as it is. Mapped to another company, it has to be
// unmapped first, which asks what becomes of its line.
func (mp *Mapper) Map(ctx context.Context, who problem.Actor, companyID, agreementID int, organizationID int64) error {
	p := Pair{OrganizationID: organizationID, CompanyID: companyID, AgreementID: agreementID}
	w, err := mp.pairWorld(ctx, []Pair{p})
	if err != nil {
		return err
	}
	if _, known := w.companies[companyID]; !known {
		return fmt.Errorf("reading company %d: %w", companyID, store.ErrNotFound)
	}
	o := w.organizations[organizationID]
	problems := problem.Fields{}
	problems.Add("agreement", w.agreementProblem(p, mp.now()))
	problems.Add("organization", w.organizationProblem(p))
	if o.Mapped() && o.CompanyID != companyID {
		problems.Add("organization", alreadyMapped(o))
	}
	if len(problems) > 0 {
		return &problem.Invalid{Fields: problems}
	}
	p.Was = o.AgreementID
	if err := mp.store.SaveMappings(ctx, []store.Remapping{w.remapping(p, who, mp.now())}); err != nil {
		return fmt.Errorf("mapping organization %d: %w", organizationID, err)
	}
	return nil
}

// Unmap removes an organization's mapping. Its addition in ConnectWise stays as it is or, with zero, is
// brought down by a run in the background: to 0, or to what the agreement's other organizations need.
func (mp *Mapper) Unmap(ctx context.Context, who problem.Actor, organizationID int64, zero bool) error {
	o, err := mp.store.Organization(ctx, organizationID)
	if err != nil {
		return fmt.Errorf("reading organization %d: %w", organizationID, err)
	}
	m, err := mp.store.Mapping(ctx, organizationID)
	if err != nil {
		return fmt.Errorf("unmapping organization %d: %w", organizationID, err)
	}
	unmap := func() error {
		entry := who.Did(mp.now(), store.CategoryIntegrations, "Unmapped %s.", o.Name).About(organizationID)
		return mp.store.Record(ctx, entry, func(s *store.Store) error { return s.DeleteMapping(ctx, organizationID) })
	}
	if !zero {
		return unmap()
	}
	return mp.unmapToZero(ctx, who, m, unmap)
}

func (mp *Mapper) unmapToZero(ctx context.Context, who problem.Actor, m store.Mapping, unmap func() error) error {
	r := Request{Kind: store.RunRelease, Period: seats.ToDate(mp.now()), Agreement: m.AgreementID}
	mappings, err := mp.store.Mappings(ctx)
	if err != nil {
		return fmt.Errorf("reading mappings: %w", err)
	}
	for _, other := range mappings {
		if other.AgreementID == m.AgreementID && other.OrganizationID != m.OrganizationID {
			r.Kind = store.RunManual
		}
	}
	return mp.run.startAfter(ctx, who, r, unmap)
}
