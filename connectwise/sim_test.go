package connectwise_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"reflect"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/shopspring/decimal"

	"seatbridge/connectwise"
	"seatbridge/connectwise/cwsim"
	"seatbridge/internal/soak"
)

// simulated is an instance on the network with a client of it.
type simulated struct {
	*cwsim.Sim
	*connectwise.Client
	ctx context.Context
}

func simulate(t *testing.T, cfg cwsim.Config, change ...func(*connectwise.Config)) simulated {
	t.Helper()
	sim := cwsim.New(cfg)
	server := httptest.NewUnstartedServer(sim)
	server.Config.ErrorLog = log.New(io.Discard, "", 0)
	server.Start()
	t.Cleanup(server.Close)
	client, err := connectwise.New(clientConfig(sim, server.URL, change...))
	if err != nil {
		t.Fatal(err)
	}
	return simulated{sim, client, t.Context()}
}

// clientConfig has the simulator's credentials, and waits that suit a test.
func clientConfig(sim *cwsim.Sim, site string, change ...func(*connectwise.Config)) connectwise.Config {
	member := sim.Credentials()
	cfg := connectwise.Config{
		Site: site, Company: member.Company, PublicKey: member.PublicKey, PrivateKey: member.PrivateKey, ClientID: member.ClientID,
		RequestsPerMinute: 1_000_000,
		BackoffBase:       time.Millisecond,
		BackoffCap:        2 * time.Millisecond,
		RetryAfterMin:     time.Millisecond,
	}
	for _, c := range change {
		c(&cfg)
	}
	return cfg
}

// workplace is a company with an agreement that takes additions, and a product for them. The API member may read invoices.
type workplace struct{ agreement, product int }

func (s simulated) workplace() workplace {
	s.Grant(cwsim.Invoicing, cwsim.Inquire, cwsim.All)
	company := s.AddCompany(cwsim.Company{Name: "Harbour Dental"})
	agreement := s.AddAgreement(cwsim.Agreement{Name: "Managed Security", CompanyID: company.ID, TypeID: 1, Start: time.Now().AddDate(-1, 0, 0), Prorate: true})
	product := s.AddCatalogItem(cwsim.CatalogItem{Identifier: "SEAT-T", Description: "Seat", Class: "Agreement", Price: decimal.NewFromInt(4)})
	return workplace{agreement.ID, product.ID}
}

func (s simulated) lines(agreement, product int) []cwsim.Addition {
	return slices.DeleteFunc(s.Sim.Additions(agreement), func(a cwsim.Addition) bool { return a.ProductID != product })
}

func (s simulated) add(w workplace, quantity int64) (connectwise.Addition, error) {
	return s.CreateAddition(s.ctx, w.agreement, connectwise.NewAddition{
		ProductID: w.product, Quantity: decimal.NewFromInt(quantity), EffectiveDate: connectwise.DateOf(time.Now()),
	})
}

func count[T any](seq func(func(T, error) bool)) (n int, err error) {
	for _, err := range seq {
		if err != nil {
			return n, err
		}
		n++
	}
	return n, nil
}

// TestRoadAgainstTheSimulator walks every call once. The simulator refuses unknown field names, long addresses, wrong
// filters and wrong bodies, so that none of its answers may be a refusal.
func TestRoadAgainstTheSimulator(t *testing.T) {
	t.Parallel()
	for _, instance := range []cwsim.Config{
		{Companies: 60},
		{Companies: 60, Cloud: true, Codebase: "v2025_1"},
	} {
		s := simulate(t, instance)
		w := s.workplace()
		if err := walk(s, w); err != nil {
			t.Error(err)
		}
		for _, r := range s.Requests() {
			if r.Refused || r.TooEarly || r.Status >= 400 {
				t.Errorf("%s %s?%s: %d", r.Method, r.Path, r.Query, r.Status)
			}
		}
		lines := s.lines(w.agreement, w.product)
		if len(lines) != 1 || !lines[0].Quantity.Equal(decimal.RequireFromString("7.5")) || lines[0].BillCustomer != connectwise.Billable {
			t.Errorf("lines: %+v", lines)
		}
	}
}

// walk makes every call of the road once and checks what comes back against the simulator's own state.
func walk(s simulated, w workplace) error {
	info, err := s.Discover(s.ctx)
	if err != nil || info.APIBase != s.APIBase() {
		return fmt.Errorf("discovering: %v, %w", info, err)
	}
	rights, err := s.Client.Rights(s.ctx)
	if err != nil || len(rights) != 5 {
		return fmt.Errorf("rights: %v, %w", rights, err)
	}
	var want []int
	for _, company := range s.Sim.Companies() {
		if !company.Deleted && company.StatusID == 1 && (slices.Contains(company.TypeIDs, 1) || slices.Contains(company.TypeIDs, 2)) {
			want = append(want, company.ID)
		}
	}
	var got []int
	for company, err := range s.Client.Companies(s.ctx, connectwise.CompanyFilter{TypeIDs: []int{1, 2}, StatusIDs: []int{1}}) {
		if err != nil {
			return err
		}
		if len(company.Types) == 0 || company.Status.ID != 1 {
			return fmt.Errorf("company %+v", company)
		}
		got = append(got, company.ID)
	}
	if slices.Sort(got); !slices.Equal(got, want) || len(want) < 10 {
		return fmt.Errorf("companies %v, want %v", got, want)
	}
	if n, err := count(s.Client.Agreements(s.ctx, connectwise.AgreementFilter{CompanyIDs: got})); err != nil || n < len(got)/2 {
		return fmt.Errorf("agreements: %d, %w", n, err)
	}
	for name, list := range map[string]func() (int, error){
		"company types":    func() (int, error) { return count(s.Client.CompanyTypes(s.ctx)) },
		"company statuses": func() (int, error) { return count(s.Client.CompanyStatuses(s.ctx)) },
		"categories":       func() (int, error) { return count(s.Categories(s.ctx)) },
		"subcategories":    func() (int, error) { return count(s.Subcategories(s.ctx)) },
		"product types":    func() (int, error) { return count(s.ProductTypes(s.ctx)) },
		"units":            func() (int, error) { return count(s.UnitsOfMeasure(s.ctx)) },
		"catalog":          func() (int, error) { return count(s.CatalogItems(s.ctx, connectwise.CatalogFilter{})) },
		"catalog search": func() (int, error) {
			return count(s.CatalogItems(s.ctx, connectwise.CatalogFilter{Search: "nOrDpass", Limit: 5}))
		},
	} {
		if n, err := list(); err != nil || n == 0 {
			return fmt.Errorf("%s: %d, %w", name, n, err)
		}
	}
	return walkWrites(s, w)
}

func walkWrites(s simulated, w workplace) error {
	item, err := s.CreateCatalogItem(s.ctx, connectwise.NewCatalogItem{
		Identifier: `NP "ENT" [é] & 50%`, Description: "NordPass Enterprise", CategoryID: 1, SubcategoryID: 1, TypeID: 1, UnitOfMeasureID: 2,
		Price: decimal.NewNullDecimal(decimal.RequireFromString("5.49")), Recurring: true,
	})
	if err != nil {
		return fmt.Errorf("creating a catalog item: %w", err)
	}
	for found, err := range s.CatalogItems(s.ctx, connectwise.CatalogFilter{Identifier: item.Identifier}) {
		if err != nil || found.ID != item.ID {
			return fmt.Errorf("looking for the new item: %+v, %w", found, err)
		}
	}
	if read, err := s.CatalogItem(s.ctx, item.ID); err != nil || read.ProductClass != "Agreement" || read.Category.ID != 1 {
		return fmt.Errorf("reading the new item: %+v, %w", read, err)
	}
	added, err := s.add(w, 3)
	if err != nil {
		return fmt.Errorf("creating an addition: %w", err)
	}
	if _, err := s.UpdateQuantity(s.ctx, w.agreement, added.ID, decimal.RequireFromString("7.50")); err != nil {
		return fmt.Errorf("updating it: %w", err)
	}
	read, err := s.Client.Addition(s.ctx, w.agreement, added.ID)
	if err != nil || !read.Quantity.Equal(decimal.RequireFromString("7.5")) || read.Product.ID != w.product || read.UpdatedBy == "" || read.LastUpdated.IsZero() {
		return fmt.Errorf("reading it: %+v, %w", read, err)
	}
	if n, err := count(s.Client.Additions(s.ctx, w.agreement)); err != nil || n != 1 {
		return fmt.Errorf("listing additions: %d, %w", n, err)
	}
	if agreement, err := s.Client.Agreement(s.ctx, w.agreement); err != nil || agreement.Status != "Active" || !agreement.Prorate {
		return fmt.Errorf("reading the agreement: %+v, %w", agreement, err)
	}
	return walkInvoices(s, w)
}

func walkInvoices(s simulated, w workplace) error {
	made := cwsim.FinanceOf(s.Sim).Invoice(time.Now(), time.Time{}, w.agreement)[0]
	finance, today := connectwise.FinanceOf(s.Client), connectwise.DateOf(time.Now())
	for invoice, err := range finance.Invoices(s.ctx, connectwise.InvoiceFilter{From: connectwise.DateOf(made.Date), Until: today}) {
		if err != nil || invoice.ID != made.ID || invoice.AgreementID != w.agreement {
			return fmt.Errorf("listing invoices: %+v, %w", invoice, err)
		}
	}
	if invoice, err := finance.Invoice(s.ctx, made.ID); err != nil || invoice.Number != made.Number || !invoice.OfPeriod() {
		return fmt.Errorf("reading the invoice: %+v, %w", invoice, err)
	}
	return nil
}

// TestRoadUnderEveryAssumption turns each switch of what is not settled: the road works, or says clearly what is wrong.
func TestRoadUnderEveryAssumption(t *testing.T) {
	t.Parallel()
	fields := reflect.TypeFor[cwsim.Assumptions]()
	for i := range fields.NumField() {
		name := fields.Field(i).Name
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var assumptions cwsim.Assumptions
			reflect.ValueOf(&assumptions).Elem().Field(i).SetBool(true)
			s := simulate(t, cwsim.Config{Companies: 40, Assumptions: assumptions})
			if err := walk(s, s.workplace()); err != nil {
				t.Error(err)
			}
		})
	}
}

// TestFaultMatrix strikes every call of the road with every fault, once and for good. The call then gives the right
// result or an error with advice; a write happened at most once, and is never said to have failed for sure if it did.
func TestFaultMatrix(t *testing.T) {
	t.Parallel()
	calls := map[string]func(simulated, workplace, int) error{
		"discover": func(s simulated, _ workplace, _ int) error { _, err := s.Discover(s.ctx); return err },
		"rights":   func(s simulated, _ workplace, _ int) error { _, err := s.Client.Rights(s.ctx); return err },
		"companies": func(s simulated, _ workplace, _ int) error {
			n, err := count(s.Client.Companies(s.ctx, connectwise.CompanyFilter{IncludeDeleted: true}))
			if err == nil && n < 31 {
				return fmt.Errorf("only %d companies", n)
			}
			return err
		},
		"agreements": func(s simulated, w workplace, _ int) error {
			n, err := count(s.Client.Agreements(s.ctx, connectwise.AgreementFilter{IDs: []int{w.agreement}}))
			if err == nil && n != 1 {
				return fmt.Errorf("%d agreements", n)
			}
			return err
		},
		"agreement": func(s simulated, w workplace, _ int) error {
			_, err := s.Client.Agreement(s.ctx, w.agreement)
			return err
		},
		"additions": func(s simulated, w workplace, _ int) error {
			n, err := count(s.Client.Additions(s.ctx, w.agreement))
			if err == nil && n != 1 {
				return fmt.Errorf("%d additions", n)
			}
			return err
		},
		"catalog": func(s simulated, _ workplace, _ int) error {
			n, err := count(s.CatalogItems(s.ctx, connectwise.CatalogFilter{}))
			if err == nil && n != len(s.Catalog()) {
				return fmt.Errorf("%d catalog items, want %d", n, len(s.Catalog()))
			}
			return err
		},
		"invoices": func(s simulated, w workplace, _ int) error {
			n, err := count(connectwise.FinanceOf(s.Client).Invoices(s.ctx, connectwise.InvoiceFilter{From: connectwise.DateOf(time.Now().AddDate(0, -1, 0))}))
			if err == nil && n != 3 {
				return fmt.Errorf("%d invoices", n)
			}
			return err
		},
		"create": func(s simulated, w workplace, _ int) error { _, err := s.add(w, 8); return err },
		"update": func(s simulated, w workplace, line int) error {
			_, err := s.UpdateQuantity(s.ctx, w.agreement, line, decimal.NewFromInt(8))
			return err
		},
	}
	for _, fault := range cwsim.FaultKinds() {
		for name, call := range calls {
			if lies(fault.Kind) && !slices.Contains([]string{"create", "update", "agreement"}, name) {
				continue
			}
			for _, times := range []int{1, 0} {
				t.Run(fmt.Sprintf("%s/%s/%d", fault.Kind, name, times), func(t *testing.T) {
					t.Parallel()
					synctest.Test(t, func(t *testing.T) {
						strikeOnce(t, cwsim.Fault{Kind: fault.Kind, Times: times}, name, call)
					})
				})
			}
		}
	}
}

// lies are the faults by which a list is wrong without a word: nobody can tell from the one answer.
func lies(kind cwsim.FaultKind) bool {
	return slices.Contains([]cwsim.FaultKind{cwsim.WrongEmpty, cwsim.Partial, cwsim.FieldsEmpty, cwsim.AndEmpty}, kind)
}

func strikeOnce(t *testing.T, fault cwsim.Fault, name string, call func(simulated, workplace, int) error) {
	s := piped(t, cwsim.Config{Companies: 30, Cloud: true, Codebase: "v2025_1"}, func(cfg *connectwise.Config) {
		cfg.AttemptTimeout = 30 * time.Second // half of what a slow answer takes
	})
	w := s.workplace()
	if _, err := s.Discover(s.ctx); err != nil {
		t.Fatal(err)
	}
	line := s.AddAddition(cwsim.Addition{AgreementID: w.agreement, ProductID: w.product, Quantity: decimal.NewFromInt(5), BillCustomer: "Billable", Effective: time.Now()}).ID
	for range 3 {
		cwsim.FinanceOf(s.Sim).Miscellaneous(w.agreement, decimal.NewFromInt(1))
	}
	<-time.After(2 * time.Minute) // filtered lists lag, and are not to miss the preparations
	s.SetFaults(fault)
	err := call(s, w, line)
	s.ClearFaults()

	applied := 0
	for _, r := range s.Requests() {
		if r.Applied {
			applied++
		}
	}
	lines := s.lines(w.agreement, w.product)
	switch {
	case applied > 1 && name != "update", len(lines) > 2:
		t.Fatalf("%d writes applied, %d lines: %v", applied, len(lines), err)
	case err == nil && name == "create" && len(lines) != 2:
		t.Errorf("created without an error, yet there are %d lines", len(lines))
	case err == nil && name == "update" && !lines[0].Quantity.Equal(decimal.NewFromInt(8)):
		t.Errorf("updated without an error, yet the quantity is %s", lines[0].Quantity)
	case err != nil && applied > 0 && !errors.Is(err, connectwise.ErrUnknownOutcome) && !errors.Is(err, connectwise.ErrNotApplied):
		t.Errorf("the write was applied, and the error does not say so: %v", err)
	}
	var failure *connectwise.Error
	if err != nil {
		if !errors.As(err, &failure) {
			t.Fatalf("untyped error: %v", err)
		}
		if advice := connectwise.Advise(err); !strings.HasSuffix(advice.What, ".") || !strings.HasSuffix(advice.Do, ".") {
			t.Errorf("advice: %+v", advice)
		}
	}
}

// TestPaceAgainstARealLimit sends 3,000 requests to an instance that counts: it never has to refuse one, and the whole
// takes about as long as 1,000 a minute allow.
func TestPaceAgainstARealLimit(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := piped(t, cwsim.Config{Companies: -1, Latency: 300 * time.Millisecond})
		s.AddFault(cwsim.Fault{Kind: cwsim.RateLimit})
		agreement := s.workplace().agreement
		began := time.Now()
		requests := soak.Size(1200, 3000)
		readTogether(t, s.Client, agreement, requests)
		if took, most := time.Since(began), time.Duration(requests)*time.Minute/1000*110/100; took > most {
			t.Errorf("%d requests took %s, want at most %s", requests, took, most)
		}
		for _, r := range s.Requests() {
			if r.Status == http.StatusTooManyRequests {
				t.Fatal("the instance had to refuse a request")
			}
		}
	})
}

// TestRetryAfterIsObeyed: whatever the form of Retry-After, nobody sends anything before it is over.
func TestRetryAfterIsObeyed(t *testing.T) {
	t.Parallel()
	for _, kind := range []cwsim.FaultKind{cwsim.RateLimited, cwsim.RateLimitedDate} {
		t.Run(string(kind), func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				s := piped(t, cwsim.Config{Companies: -1, Latency: 100 * time.Millisecond})
				agreement := s.workplace().agreement
				s.AddFault(cwsim.Fault{Kind: kind, After: 50, Times: 1, Wait: 70 * time.Second})
				readTogether(t, s.Client, agreement, 300)
				refused, early := 0, 0
				for _, r := range s.Requests() {
					if r.Status == http.StatusTooManyRequests {
						refused++
					}
					// Those that were under way together with the refused one could not know.
					if r.TooEarly {
						early++
					}
				}
				if refused != 1 || early > 16 {
					t.Errorf("%d requests refused, %d sent within Retry-After", refused, early)
				}
			})
		})
	}
}

// piped is an instance in memory, for a test with a synthetic clock, and a client with the limits of real use.
func piped(t *testing.T, cfg cwsim.Config, change ...func(*connectwise.Config)) simulated {
	t.Helper()
	sim := cwsim.New(cfg)
	transport, stop := sim.Pipe()
	t.Cleanup(stop)
	realLimits := func(cfg *connectwise.Config) {
		cfg.Transport = transport
		cfg.RequestsPerMinute, cfg.BackoffBase, cfg.BackoffCap, cfg.RetryAfterMin = 0, 0, 0, 0
	}
	client, err := connectwise.New(clientConfig(sim, "http://localhost", append([]func(*connectwise.Config){realLimits}, change...)...))
	if err != nil {
		t.Fatal(err)
	}
	return simulated{sim, client, t.Context()}
}

// readTogether reads an agreement n times from 20 workers.
func readTogether(t *testing.T, client *connectwise.Client, agreement, n int) {
	t.Helper()
	var next atomic.Int32
	var group sync.WaitGroup
	for range 20 {
		group.Go(func() {
			for next.Add(1) <= int32(n) {
				if _, err := client.Agreement(t.Context(), agreement); err != nil {
					t.Error(err)
					return
				}
			}
		})
	}
	group.Wait()
}

// TestNoDuplicateLine creates a line with connections that drop before or after the server applied it, always looking
// before sending again, as billing does.
func TestNoDuplicateLine(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := piped(t, cwsim.Config{Companies: -1})
		chance := rand.New(rand.NewPCG(3, 5))
		kinds := []cwsim.FaultKind{cwsim.DropBefore, cwsim.DropAfter, cwsim.HalfBody, cwsim.HTML502, cwsim.RateLimited, cwsim.TruncatedJSON, cwsim.Slow}
		company := s.AddCompany(cwsim.Company{Name: "Harbour Dental"}).ID
		product := s.AddCatalogItem(cwsim.CatalogItem{Identifier: "SEAT-T", Class: "Agreement"}).ID
		for round := range soak.Size(100, 1000) {
			agreement := s.AddAgreement(cwsim.Agreement{CompanyID: company, TypeID: 1, Start: time.Now().AddDate(0, -1, 0), Prorate: true}).ID
			w := workplace{agreement, product}
			s.SetFaults(cwsim.Fault{Kind: kinds[chance.IntN(len(kinds))], Probability: 0.5, Times: 3, Wait: 3 * time.Minute})
			for attempt := 0; !lookThenAdd(s, w); attempt++ {
				if attempt > 20 {
					t.Fatalf("round %d: no end", round)
				}
			}
			if lines := s.lines(agreement, product); len(lines) != 1 {
				t.Fatalf("round %d: %d lines", round, len(lines))
			}
		}
	})
}

// lookThenAdd adds a line if reading shows that there is none, and reports whether there was one.
func lookThenAdd(s simulated, w workplace) bool {
	found, err := findLine(s, w)
	if err == nil && !found {
		s.add(w, 4) // what became of it is seen on the next look
	}
	return err == nil && found
}

func findLine(s simulated, w workplace) (bool, error) {
	for addition, err := range s.Client.Additions(s.ctx, w.agreement) {
		if err != nil {
			return false, err
		}
		if addition.Product.ID == w.product {
			return true, nil
		}
	}
	return false, nil
}

func TestRightsOfTheSimulator(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		module cwsim.Module
		action cwsim.Action
	}{
		{cwsim.CompanyMaintenance, cwsim.Inquire}, {cwsim.TableSetup, cwsim.Inquire},
		{cwsim.ProductCatalog, cwsim.Inquire}, {cwsim.ProductCatalog, cwsim.Add},
		{cwsim.Agreements, cwsim.Inquire}, {cwsim.Agreements, cwsim.Add}, {cwsim.Agreements, cwsim.Edit},
	} {
		s := simulate(t, cwsim.Config{Companies: 5})
		rights, err := s.Client.Rights(s.ctx)
		if err != nil || len(rights.Missing()) != 0 {
			t.Errorf("complete role: %v, %v", rights, err)
		}
		s.Revoke(test.module, test.action)
		rights, err = s.Client.Rights(s.ctx)
		want := []string{fmt.Sprintf("%s – %s", test.module, test.action)}
		if err != nil || !slices.Equal(rights.Missing(), want) {
			t.Errorf("missing %v, want %v: %v", rights.Missing(), want, err)
		}
	}
}

func TestWrongCredentials(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		spoil func(*connectwise.Config)
		want  error
	}{
		"company":     {func(c *connectwise.Config) { c.Company = "nobody" }, connectwise.ErrUnknownCompany},
		"public key":  {func(c *connectwise.Config) { c.PublicKey = "wrong-public" }, connectwise.ErrUnauthorized},
		"private key": {func(c *connectwise.Config) { c.PrivateKey = "wrong-private" }, connectwise.ErrUnauthorized},
		"client id":   {func(c *connectwise.Config) { c.ClientID = "wrong-client" }, connectwise.ErrClientID},
	} {
		s := simulate(t, cwsim.Config{Companies: 5}, test.spoil)
		if _, err := s.Client.Rights(s.ctx); !errors.Is(err, test.want) {
			t.Errorf("wrong %s: %v", name, err)
		}
	}
}

func TestUpgradeInMidRun(t *testing.T) {
	t.Parallel()
	s := simulate(t, cwsim.Config{Companies: 5, Cloud: true, Codebase: "v2025_1"})
	w := s.workplace()
	added, err := s.add(w, 3)
	if err != nil {
		t.Fatal(err)
	}
	s.UpgradeTo("v2025_2")
	if _, err := s.UpdateQuantity(s.ctx, w.agreement, added.ID, decimal.NewFromInt(4)); err != nil {
		t.Error(err)
	}
	if !strings.Contains(s.APIBase(), "/v2025_2/") {
		t.Errorf("base %s", s.APIBase())
	}
}

// TestFieldsExist compares the fields that requests ask for with the API definition.
func TestFieldsExist(t *testing.T) {
	t.Parallel()
	data, err := os.ReadFile("cwsim/testdata/openapi.json")
	if err != nil {
		t.Fatal(err)
	}
	var definition struct {
		Components struct {
			Schemas map[string]schema
		}
	}
	if err := json.Unmarshal(data, &definition); err != nil {
		t.Fatal(err)
	}
	s := simulate(t, cwsim.Config{Companies: 5})
	if err := walkWrites(s, s.workplace()); err != nil {
		t.Fatal(err)
	}
	count(s.Client.Companies(s.ctx, connectwise.CompanyFilter{}))
	count(s.Client.Agreements(s.ctx, connectwise.AgreementFilter{}))
	count(s.Client.CompanyTypes(s.ctx))
	count(s.Client.CompanyStatuses(s.ctx))
	count(s.Categories(s.ctx))
	count(s.Subcategories(s.ctx))
	count(s.ProductTypes(s.ctx))
	count(s.UnitsOfMeasure(s.ctx))
	if _, err := s.AgreementType(s.ctx, 1); err != nil {
		t.Fatal(err)
	}
	checked := map[string]bool{}
	for _, r := range s.Requests() {
		query, _ := url.ParseQuery(r.Query)
		record := recordOf(r.Path)
		if fields := query.Get("fields"); fields != "" && record != "" {
			checked[record] = true
			for field := range strings.SplitSeq(fields, ",") {
				if !definition.Components.Schemas[record].has(definition.Components.Schemas, strings.Split(field, "/")) {
					t.Errorf("%s has no field %s", record, field)
				}
			}
		}
	}
	if len(checked) != 12 {
		t.Errorf("checked %v, want twelve kinds of record", checked)
	}
}

type schema struct {
	Ref        string `json:"$ref"`
	Properties map[string]schema
}

func (s schema) has(all map[string]schema, path []string) bool {
	property, ok := s.Properties[path[0]]
	if !ok || len(path) == 1 {
		return ok
	}
	return all[property.Ref[strings.LastIndex(property.Ref, "/")+1:]].has(all, path[1:])
}

func recordOf(path string) string {
	for _, kind := range []struct{ part, record string }{
		{"/additions", "Addition"}, {"/finance/agreements/types", "AgreementType"}, {"/finance/agreements", "Agreement"}, {"/companies/types", "CompanyType"},
		{"/companies/statuses", "CompanyStatus"}, {"typeAssociations", ""}, {"/companies", "Company"}, {"/catalog", "CatalogItem"},
		{"/categories", "Category"}, {"/subcategories", "SubCategory"}, {"/procurement/types", "ProductType"}, {"/unitOfMeasures", "UnitOfMeasure"},
		{"/finance/invoices", "Invoice"},
	} {
		if strings.Contains(path, kind.part) {
			return kind.record
		}
	}
	return ""
}

func TestCatalogSearchByClass(t *testing.T) {
	t.Parallel()
	sim := cwsim.New(cwsim.Config{Seed: 1, Companies: -1})
	server := httptest.NewServer(sim)
	defer server.Close()
	who := sim.Credentials()
	c, err := connectwise.New(connectwise.Config{Site: server.URL, Company: who.Company, PublicKey: who.PublicKey, PrivateKey: who.PrivateKey, ClientID: who.ClientID})
	if err != nil {
		t.Fatal(err)
	}
	found := map[int]bool{}
	for item, err := range c.CatalogItems(t.Context(), connectwise.CatalogFilter{Search: "bundle"}) {
		if err != nil {
			t.Fatal(err)
		}
		found[item.ID] = true
	}
	bundles := 0
	for _, item := range sim.Catalog() {
		if item.Class != connectwise.ClassBundle {
			continue
		}
		bundles++
		if !found[item.ID] {
			t.Errorf("%s, a bundle, was not found", item.Identifier)
		}
	}
	if bundles == 0 {
		t.Error("the catalog has no bundle to look for")
	}
}
