package scan

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"

	"golang.org/x/sync/errgroup"

	"seatbridge/billing/leaks"
	"seatbridge/billing/plan"
	"seatbridge/billing/problem"
	"seatbridge/billing/survey"
	"seatbridge/connectwise"
	"seatbridge/store"
)

const (
	// readsAtOnce bounds how many agreements are read at the same time: syncs and pages use the same client's pace.
	readsAtOnce = 5
	// keptAtOnce is how many agreements are kept in one transaction; so many are read again after a cut.
	keptAtOnce = 25
	// believable is from how many agreements on it is not believed that none of them has any line.
	believable = 20
)

// scan reads the instance: catalog, agreements, and the additions of all agreements that bill anything or are mapped. Of the catalog it
// answers what matters, which is to be kept if the scan comes to its end.
func (d *Desk) scan(ctx context.Context, client *connectwise.Client, id int64) ([]store.NamedProduct, error) {
	products, all, err := d.readProducts(ctx, client)
	if err != nil {
		return nil, err
	}
	if err := d.readLines(ctx, client, store.Scan{ID: id, Products: all, LookedFor: idsOf(products)}, products); err != nil {
		return nil, err
	}
	d.phase("Comparing with what is known")
	if err := d.trust(ctx, client, id); err != nil {
		return nil, err
	}
	return products, d.Suggest(ctx)
}

// readLines reads the agreements, and the additions of those of which it matters.
func (d *Desk) readLines(ctx context.Context, client *connectwise.Client, scan store.Scan, products []store.NamedProduct) error {
	d.phase("Reading agreements")
	agreements, err := d.readAgreements(ctx, client)
	if err != nil {
		return err
	}
	found, err := d.sorted(ctx, agreements)
	if err != nil {
		return err
	}
	if err := store.LeaksIn(d.Store).FoundAgreements(ctx, scan, found); err != nil {
		return err
	}
	r := reader{desk: d, instance: connectwise.InstanceOf(client), scan: scan.ID, products: products}
	return r.readAll(ctx, agreements)
}

// partOfName is what the catalog is searched for: NordPass is also written Nord Pass, NORD-PASS and Nord.Pass.
const partOfName = "nord"

// readProducts reads the items of the catalog that are called NordPass and those that are mapped; all is how many items there are.
func (d *Desk) readProducts(ctx context.Context, client *connectwise.Client) (kept []store.NamedProduct, all int, err error) {
	called, all, err := connectwise.InstanceOf(client).ProductsCalled(ctx, partOfName)
	if err != nil {
		return nil, 0, fmt.Errorf("searching the catalog: %w", err)
	}
	mapped, err := survey.Products(ctx, d.Store, client)
	if err != nil {
		return nil, 0, err
	}
	isMapped := func(id int) bool {
		return slices.ContainsFunc(mapped, func(p plan.MappedProduct) bool { return p.ID == id })
	}
	for _, item := range called {
		isCalled := leaks.CalledNordPass(item.Identifier) || leaks.CalledNordPass(item.Description)
		if isCalled || isMapped(item.ID) {
			kept = append(kept, store.NamedProduct{
				ID: item.ID, Identifier: item.Identifier, Description: item.Description, Price: item.Price, Called: isCalled,
				ReadAt: d.Now(),
			})
		}
	}
	for _, p := range mapped {
		if slices.ContainsFunc(kept, func(k store.NamedProduct) bool { return k.ID == p.ID }) {
			continue
		}
		if leaks.CalledNordPass(p.Identifier) && p.Unusable == "" {
			return nil, 0, lying("ConnectWise's search of the catalog lacks the product %s, which is there.", p.Identifier)
		}
		kept = append(kept, store.NamedProduct{ID: p.ID, Identifier: p.Identifier, Price: p.Price, ReadAt: d.Now()})
	}
	return kept, all, nil
}

// idsOf are the ids of products.
func idsOf(products []store.NamedProduct) []int {
	ids := make([]int, len(products))
	for i, p := range products {
		ids[i] = p.ID
	}
	return ids
}

// lying is a list that cannot be believed.
func lying(format string, args ...any) error {
	return &problem.Refused{
		Err: connectwise.ErrIncomplete,
		Problem: store.Problem{
			What: fmt.Sprintf(format, args...),
			Do:   "Nothing is concluded from it, and the last result stays. Scan again in some minutes; if it stays so, ask ConnectWise.",
		},
	}
}

// readAgreements reads the agreements of all companies. Those that were imported are asked for by id where the list lacks them.
func (d *Desk) readAgreements(ctx context.Context, client *connectwise.Client) ([]connectwise.Agreement, error) {
	agreements, err := connectwise.InstanceOf(client).Agreements(ctx)
	if err != nil {
		return nil, fmt.Errorf("reading agreements: %w", err)
	}
	mapped, err := d.Store.MappedAgreements(ctx)
	if err != nil {
		return nil, err
	}
	listed := map[int]bool{}
	for _, a := range agreements {
		listed[a.ID] = true
	}
	for _, m := range mapped {
		if listed[m.Agreement.ID] {
			continue
		}
		_, err := client.Agreement(ctx, m.Agreement.ID)
		if err == nil {
			return nil, lying("ConnectWise's list of agreements lacks no. %d, which is there.", m.Agreement.ID)
		}
		if !errors.Is(err, connectwise.ErrNotFound) {
			return nil, fmt.Errorf("reading agreement %d: %w", m.Agreement.ID, err)
		}
	}
	if imported, _, err := d.Store.CompanyCounts(ctx); err != nil || imported > 0 && len(agreements) == 0 {
		return nil, errors.Join(err, lying("ConnectWise lists no agreement at all, though %s imported.", problem.Plural(imported, "company")))
	}
	billing := survey.Billing(client)
	for i, a := range agreements {
		if agreements[i], err = billing(ctx, a); err != nil {
			return nil, err
		}
	}
	return agreements, nil
}

// sorted says of each agreement whether its additions matter: something is billed on it, or an organization is mapped to it.
func (d *Desk) sorted(ctx context.Context, agreements []connectwise.Agreement) ([]store.ScannedAgreement, error) {
	mapped, err := d.Store.MappedAgreements(ctx)
	if err != nil {
		return nil, err
	}
	today := connectwise.DateOf(d.Now().UTC())
	found := make([]store.ScannedAgreement, len(agreements))
	for i, a := range agreements {
		bills := plan.Unbillable(a, today) == ""
		isMapped := slices.ContainsFunc(mapped, func(m store.MappedAgreement) bool { return m.Agreement.ID == a.ID })
		found[i] = store.ScannedAgreement{
			AgreementID: a.ID, CompanyID: a.Company.ID, Currency: a.Currency, Bills: bills, Matters: bills || isMapped,
		}
	}
	return found, nil
}

// reader reads the additions of agreements, and keeps them some at a time.
type reader struct {
	desk     *Desk
	instance connectwise.Instance
	scan     int64
	products []store.NamedProduct

	mu   sync.Mutex
	read []store.ScannedAgreement
}

// readAll reads the agreements of which it matters and that were not read yet.
func (r *reader) readAll(ctx context.Context, agreements []connectwise.Agreement) error {
	known, err := store.LeaksIn(r.desk.Store).Agreements(ctx, r.scan)
	if err != nil {
		return err
	}
	todo, total := map[int]bool{}, 0
	for _, a := range known {
		if a.Matters {
			total++
			todo[a.AgreementID] = a.ReadAt.IsZero()
		}
	}
	agreements = slices.DeleteFunc(slices.Clone(agreements), func(a connectwise.Agreement) bool { return !todo[a.ID] })
	r.desk.update(func(p *Progress) { p.Phase, p.Done, p.Total = "Reading lines", total-len(agreements), total })
	workers, within := errgroup.WithContext(ctx)
	workers.SetLimit(readsAtOnce)
	for _, a := range agreements {
		workers.Go(func() error { return r.readOne(within, a) })
	}
	if err := workers.Wait(); err != nil {
		return errors.Join(err, r.keep(ctx, 1)) // what was read before is not read again
	}
	return r.keep(ctx, 1)
}

func (r *reader) readOne(ctx context.Context, a connectwise.Agreement) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	additions, err := r.instance.Additions(ctx, a.ID)
	if err != nil && !errors.Is(err, connectwise.ErrNotFound) { // not found: it was deleted a moment ago, and has no lines
		return fmt.Errorf("reading the additions of agreement %d: %w", a.ID, err)
	}
	record, err := recordOf(a, additions, r.products)
	if err != nil {
		return err
	}
	r.mu.Lock()
	r.read = append(r.read, store.ScannedAgreement{AgreementID: a.ID, ReadAt: r.desk.Now(), Lines: len(additions), Record: record})
	r.mu.Unlock()
	r.desk.update(func(p *Progress) { p.Done++ })
	return r.keep(ctx, keptAtOnce)
}

// keep keeps what was read, if it is at least so much.
func (r *reader) keep(ctx context.Context, least int) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if len(r.read) < least {
		return nil
	}
	err := store.LeaksIn(r.desk.Store).ReadAgreements(ctx, r.scan, r.read)
	r.read = nil
	return err
}

// trust holds what was read against what is known to be there: a list and its count may both lack rows without a word
// (docs/connectwise.md section 2). A line that Seatbridge knows to be open, or that the scan before found so, is asked for by its id
// where its agreement's list lacks it.
func (d *Desk) trust(ctx context.Context, client *connectwise.Client, id int64) error {
	readings, err := d.readings(ctx, id, nil)
	if err != nil {
		return err
	}
	lines, read := 0, 0
	for _, r := range readings {
		lines += r.Lines
		if !r.ReadAt.IsZero() {
			read++
		}
	}
	if lines == 0 && read >= believable {
		return lying("ConnectWise lists no line on any of %d agreements.", read)
	}
	expected, err := d.expected(ctx)
	if err != nil {
		return err
	}
	for _, e := range expected {
		r, wasRead := readings[e.agreement]
		if !wasRead || r.ReadAt.IsZero() || r.has(e.addition) {
			continue
		}
		_, err := client.Addition(ctx, e.agreement, e.addition)
		if err == nil {
			return lying("ConnectWise's list of the lines of agreement %d lacks no. %d, which is there.", e.agreement, e.addition)
		}
		if !errors.Is(err, connectwise.ErrNotFound) {
			return fmt.Errorf("reading addition %d of agreement %d: %w", e.addition, e.agreement, err)
		}
	}
	return nil
}

// line names a line.
type line struct{ agreement, addition int }

// expected are the lines that were there when they were last looked at: bound ones, and those of the scan before.
func (d *Desk) expected(ctx context.Context) ([]line, error) {
	bound, err := d.Store.Lines(ctx)
	if err != nil {
		return nil, err
	}
	var expected []line
	for key, l := range bound {
		expected = append(expected, line{key.AgreementID, l.AdditionID})
	}
	before, err := store.LeaksIn(d.Store).GoodScan(ctx)
	if errors.Is(err, store.ErrNotFound) {
		return expected, nil
	}
	if err != nil {
		return nil, err
	}
	readings, err := d.readings(ctx, before.ID, nil)
	for _, r := range readings {
		for _, a := range r.additions {
			if l := (line{r.AgreementID, a.ID}); !slices.Contains(expected, l) {
				expected = append(expected, l)
			}
		}
	}
	return expected, err
}
