package run_test

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"seatbridge/billing/billingtest"
	"seatbridge/billing/mapping"
	"seatbridge/billing/plan/plantest"
	"seatbridge/billing/problem"
	"seatbridge/billing/seats"
	"seatbridge/connectwise/cwsim"
	"seatbridge/internal/soak"
	"seatbridge/store"
)

// calls is every request that the road makes, in its order.
func calls() []cwsim.Fault {
	return []cwsim.Fault{
		{Method: "GET", Path: "/login/companyinfo/*"},
		{Method: "GET", Path: "/system/mySecurity"},
		{Method: "GET", Path: "/finance/agreements"},
		{Method: "GET", Path: "/procurement/catalog"},
		{Method: "GET", Path: "/procurement/catalog/*"},
		{Method: "GET", Path: "/procurement/subcategories/"},
		{Method: "GET", Path: "/procurement/types"},
		{Method: "GET", Path: "/procurement/unitOfMeasures"},
		{Method: "POST", Path: "/procurement/catalog"},
		{Method: "GET", Path: "/company/companies/types"},
		{Method: "GET", Path: "/company/companies/statuses"},
		{Method: "GET", Path: "/company/companies/count"},
		{Method: "GET", Path: "/company/companies"},
		{Method: "GET", Path: "/finance/agreements/*/additions"},
		{Method: "POST", Path: "/finance/agreements/*/additions"},
		{Method: "PATCH", Path: "/finance/agreements/*/additions/*"},
	}
}

// TestFaultMatrix lets every fault strike every call of the road, once and for good. A step that fails
// has to say so in words and leave nothing half done: done again without the fault, it succeeds, and in
// the end ConnectWise is exactly as it should be.
func TestFaultMatrix(t *testing.T) {
	t.Parallel()
	for _, fault := range matrix() {
		t.Run(fmt.Sprintf("%s %s %s times %d", fault.Kind, fault.Method, fault.Path, fault.Times), func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) { walk(t, fault) })
		})
	}
}

// matrix is all faults of all calls, that strike once or stay, in a soak or with SEATBRIDGE_MATRIX=all. Otherwise it is
// those that strike once: all of the writes to agreements, and of the other calls a sample that leaves no call and no
// kind of fault out.
func matrix() (faults []cwsim.Fault) {
	all := soak.Full() || os.Getenv("SEATBRIDGE_MATRIX") == "all"
	for i, help := range cwsim.FaultKinds() {
		if help.Kind == cwsim.Hook || help.Kind == cwsim.RowDeleted {
			continue // no fault by itself; a record that is really gone is not an error, and TestBlocked has it
		}
		for j, fault := range calls() {
			fault.Kind, fault.Times, fault.N = help.Kind, 1, 1
			if all || writesAddition(fault) || (i+j)%8 == 0 {
				faults = append(faults, fault)
			}
			if all {
				fault.Times = 0
				faults = append(faults, fault)
			}
		}
	}
	return faults
}

func writesAddition(f cwsim.Fault) bool {
	return f.Method != "GET" && strings.HasPrefix(f.Path, "/finance/agreements/")
}

func walk(t *testing.T, fault cwsim.Fault) {
	w := bubbleWorld(t)
	beta := w.Company("Beta")
	acme := w.Company("Acme")
	w.Business = w.Sim.AddCatalogItem(cwsim.CatalogItem{Identifier: "NP-BUS", Description: "NordPass Business"})
	w.Trusting()
	w.Sim.AddAddition(cwsim.Addition{AgreementID: beta.ID, ProductID: w.Business.ID, Quantity: plantest.Quantity("1")})
	acmeOrg, betaOrg := w.Organization("Acme", 5, store.Business), w.Organization("Beta", 3, store.Business)
	w.Sim.SetFaults(fault)
	for _, step := range w.road(map[int]store.Organization{acme.ID: acmeOrg, beta.ID: betaOrg}) {
		problem := step.do()
		if problem == nil {
			continue
		}
		if problem.What == "" {
			t.Errorf("%s failed without a word", step.name)
		}
		w.Sim.ClearFaults()
		if step.name == "sync" { // a line that may have been created is looked for twice, the second time after an hour
			step.do()
			time.Sleep(time.Hour)
		}
		if again := step.do(); again != nil {
			t.Fatalf("%s failed without any fault, after %+v: %+v", step.name, *problem, *again)
		}
	}
	w.Sim.ClearFaults()
	billingtest.WantStatus(t, w.Sync(), store.RunDone)
	w.WantLive(acme.ID, "NP-BUS 5")
	w.WantLive(beta.ID, "NP-BUS 3")
	created := 0
	for _, item := range w.Sim.Catalog() {
		if item.Identifier == "NordPass Enterprise" {
			created++
		}
	}
	if created != 1 {
		t.Errorf("%d created products, want one", created)
	}
}

type step struct {
	name string
	do   func() *store.Problem // nil: it worked
}

// road is what an admin does from the credentials to the first sync.
func (w *world) road(organizations map[int]store.Organization) []step {
	ctx := w.T.Context()
	enterprise := 0
	return []step{
		{"connect", func() *store.Problem {
			c, err := w.Connection.Connect(ctx, billingtest.Admin(), w.Credentials())
			if err == nil && !c.Problem.Zero() {
				return &c.Problem
			}
			return w.said(err)
		}},
		{"search products", func() *store.Problem { _, _, err := w.Mapping.SearchProducts(ctx, "NordPass"); return w.said(err) }},
		{"create a product", func() *store.Problem {
			options, err := w.Mapping.ProductOptions(ctx, store.Enterprise, 0)
			if err != nil {
				return w.said(err)
			}
			n := options.Defaults
			n.Price = "6.49"
			for _, s := range options.Subcategories[:min(len(options.Subcategories), 1)] {
				n.SubcategoryID = s.ID
			}
			for _, t := range options.Types[:min(len(options.Types), 1)] {
				n.TypeID = t.ID
			}
			for _, u := range options.Units[:min(len(options.Units), 1)] {
				n.UnitID = u.ID
			}
			product, err := w.Mapping.CreateProduct(ctx, billingtest.Admin(), n)
			var alike *mapping.Alike
			if errors.As(err, &alike) && alike.Exact {
				found, _, err := w.Mapping.SearchProducts(ctx, n.Identifier) // it was created after all: pick it
				if err == nil && len(found) == 1 {
					enterprise = found[0].ID
				}
				return w.said(err)
			}
			enterprise = product.ID
			return w.said(err)
		}},
		{"confirm mapping", func() *store.Problem {
			return w.said(w.Mapping.ConfirmMapping(ctx, billingtest.Admin(), map[store.Plan]int{store.Business: w.Business.ID, store.Enterprise: enterprise}, false))
		}},
		{"filter options", func() *store.Problem { _, _, err := w.Mapping.FilterOptions(ctx); return w.said(err) }},
		{"import", func() *store.Problem {
			types, statuses := w.Filter()
			if err := w.Mapping.StartCompanyImport(ctx, billingtest.Admin(), types, statuses); err != nil {
				return w.said(err)
			}
			w.Work.Wait()
			if p := w.Mapping.CompanyImportProgress(); !p.Problem.Zero() {
				return &p.Problem
			}
			return nil
		}},
		{"map", func() *store.Problem {
			for agreement, o := range organizations {
				if err := w.Mapping.Map(ctx, billingtest.Admin(), w.Sim.Agreement(agreement).CompanyID, agreement, o.ID); err != nil {
					return w.said(err)
				}
			}
			return nil
		}},
		{"sync", func() *store.Problem {
			run := w.Sync()
			if run.Status == store.RunDone {
				return nil
			}
			if run.Status == store.RunFailed {
				return &run.Problem
			}
			open, _, err := w.Store.Changes(ctx, store.ChangeFilter{RunID: run.ID, States: []store.ChangeState{
				store.StateFailed, store.StateUnknown, store.StateBlocked, store.StateStale, store.StateSkipped}})
			w.Must(err)
			if len(open) == 0 {
				w.T.Errorf("the run is %s, but %q", run.Status, w.Changes(run))
				return &store.Problem{}
			}
			return &open[0].Problem
		}},
	}
}

// said is what the admin is told of an error.
func (w *world) said(err error) *store.Problem {
	var refused *problem.Refused
	var invalid *problem.Invalid
	switch {
	case err == nil:
		return nil
	case errors.As(err, &refused):
		return &refused.Problem
	case errors.As(err, &invalid):
		return &store.Problem{What: err.Error()}
	}
	w.T.Errorf("an error without words for the admin: %v", err)
	return &store.Problem{}
}

// TestRandomDropsNeverDouble runs syncs in which connections drop before and after ConnectWise applied a
// write. No agreement ever has two lines of a product, and a clean sync makes all of them right.
// SEATBRIDGE_DROPS is the number of runs.
func TestRandomDropsNeverDouble(t *testing.T) {
	t.Parallel()
	runs := soak.Count("SEATBRIDGE_DROPS", 20, 1000)
	const perWorld, perRun = 5, 4 // a world that goes on gathers lines that nobody feeds, which every sync reads
	for begin := 0; begin < runs; begin += perWorld {
		t.Run(fmt.Sprintf("from %d", begin), func(t *testing.T) {
			t.Parallel()
			dropRuns(t, uint64(begin), min(perWorld, runs-begin), perRun)
		})
	}
}

func dropRuns(t *testing.T, seed uint64, runs, perRun int) {
	w := newWorld(t)
	w.Trusting()
	random := rand.New(rand.NewPCG(seed, 1))
	agreements := make([]cwsim.Agreement, runs*perRun)
	for i := range agreements {
		agreements[i] = w.Company(fmt.Sprintf("Company %d", i))
	}
	w.ImportAll()
	for run := range runs {
		wanted := map[int]int{}
		var organizations []store.Organization
		for i, a := range agreements[run*perRun : (run+1)*perRun] {
			o := w.Organization(fmt.Sprintf("Org %d-%d", run, i), 1+random.IntN(9), store.Business)
			organizations = append(organizations, o)
			w.Must(w.Mapping.Map(t.Context(), billingtest.Admin(), a.CompanyID, a.ID, o.ID))
			if random.IntN(3) == 0 {
				w.Sim.AddAddition(cwsim.Addition{AgreementID: a.ID, ProductID: w.Business.ID, Quantity: plantest.Quantity("2")})
			}
			wanted[a.ID] = 0
		}
		for _, kind := range []cwsim.FaultKind{cwsim.DropBefore, cwsim.DropAfter, cwsim.HalfBody, cwsim.Timeout500} {
			for _, method := range []string{"POST", "PATCH", "GET"} {
				w.Sim.AddFault(cwsim.Fault{Kind: kind, Method: method, Probability: 0.15})
			}
		}
		w.Sync()
		w.noDoubles(wanted)
		w.Sim.ClearFaults()
		billingtest.WantStatus(t, w.syncUntilSettled(), store.RunDone)
		w.noDoubles(wanted)
		usages, err := w.Figures.Usage(t.Context(), seats.ToDate(w.Time()), nil)
		w.Must(err)
		for i, o := range organizations {
			a := agreements[run*perRun+i]
			billable, _ := usages[o.ID].Seats()
			w.WantLive(a.ID, fmt.Sprintf("NP-BUS %d", billable))
			w.Must(w.Mapping.Unmap(t.Context(), billingtest.Admin(), o.ID, false))
		}
	}
}

func (w *world) noDoubles(agreements map[int]int) {
	w.T.Helper()
	for id := range agreements {
		if lines := w.Live(id); len(lines) > 1 {
			w.T.Errorf("agreement %d has %q", id, lines)
		}
	}
}
