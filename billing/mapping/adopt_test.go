package mapping_test

import (
	"database/sql"
	"errors"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/shopspring/decimal"

	"seatbridge/billing/billingtest"
	"seatbridge/billing/mapping"
	"seatbridge/billing/plan/plantest"
	"seatbridge/billing/problem"
	"seatbridge/connectwise/cwsim"
	"seatbridge/store"
)

// hand is a line that somebody entered by hand, from 1 January 2025 on.
func (w *world) hand(a cwsim.Agreement, product cwsim.CatalogItem, quantity string) cwsim.Addition {
	return w.Sim.AddAddition(cwsim.Addition{
		AgreementID: a.ID, ProductID: product.ID, Quantity: plantest.Quantity(quantity), UnitPrice: decimal.RequireFromString("4.99"),
		Effective: time.Date(2025, 1, 1, 0, 0, 0, 0, time.UTC),
	})
}

// bound is the line that an agreement's product is bound to.
func (w *world) bound(a cwsim.Agreement, product cwsim.CatalogItem) store.Line {
	w.T.Helper()
	lines, err := w.Store.Lines(w.T.Context())
	w.Must(err)
	return lines[store.LineKey{AgreementID: a.ID, ProductID: product.ID}]
}

// onlyRead fails if anything but reading was asked of ConnectWise.
func (w *world) onlyRead() {
	w.T.Helper()
	for _, r := range w.Sim.Requests() {
		if r.Method != http.MethodGet {
			w.T.Errorf("mapping sent %s %s", r.Method, r.Path)
		}
	}
}

// Mapping adopts the line that is there: it is said in words, bound, and not written to before the next sync.
func TestMappingAdopts(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	a := w.Company("Acme")
	w.ImportAll()
	o := w.Organization("Acme", 27, store.Business)
	line := w.hand(a, w.Business, "25")
	w.Sim.ResetRequests()
	pair := mapping.Pair{OrganizationID: o.ID, CompanyID: a.CompanyID, AgreementID: a.ID}

	before, err := w.Mapping.Shows(t.Context(), a.CompanyID, a.ID, o.ID)
	w.Must(err)
	if got := w.bound(a, w.Business); got.AdditionID != 0 {
		t.Errorf("showing bound %+v", got)
	}
	shown, err := w.Mapping.MapShown(t.Context(), billingtest.Admin(), pair, nil)
	w.Must(err)
	if len(shown.Found) != 1 || !slices.Equal(before.Found, shown.Found) || !shown.Found[0].Adopted || shown.Found[0].Several {
		t.Fatalf("found %+v, before %+v", shown.Found, before.Found)
	}
	for _, want := range []string{"Line no. ", "of NP-BUS, 25 seats at 4.99", "since 1 Jan 2025", "entered by"} {
		if !strings.Contains(shown.Found[0].Sentence, want) {
			t.Errorf("%q lacks %q", shown.Found[0].Sentence, want)
		}
	}
	got := w.bound(a, w.Business)
	if got.AdditionID != line.ID || got.Written.Valid || got.Chosen || got.Created || got.Read.Decimal.String() != "25" {
		t.Errorf("bound %+v, want line %d as it is", got, line.ID)
	}
	w.onlyRead()
	if quantity := w.Sim.Additions(a.ID)[0].Quantity.String(); quantity != "25" {
		t.Errorf("the line says %s", quantity)
	}
	w.Sync()
	if live := w.Live(a.ID); !slices.Equal(live, []string{"NP-BUS 27"}) {
		t.Errorf("after the sync it says %q", live)
	}
}

// Where seats are not known yet, the line is adopted all the same.
func TestMappingAdoptsBeforeSeatsAreKnown(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	a := w.Company("Acme")
	w.ImportAll()
	o := w.Organization("Acme", 0, store.Business)
	line := w.hand(a, w.Business, "25")
	w.Must(w.Mapping.Map(t.Context(), billingtest.Admin(), a.CompanyID, a.ID, o.ID))
	if got := w.bound(a, w.Business); got.AdditionID != line.ID {
		t.Errorf("bound %+v", got)
	}
}

// Of several lines a person chooses; until then none is adopted, and the sync is a conflict as it was.
func TestMappingAsksWhichOfSeveral(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		choose int // which of the lines; -1: none, 9: one that is not there
		live   []string
		state  store.ChangeState
	}{
		"none yet":   {-1, []string{"NP-BUS 10", "NP-BUS 15"}, store.StateConflict},
		"the second": {1, []string{"NP-BUS 10", "NP-BUS 12"}, ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			a := w.Company("Acme")
			w.ImportAll()
			o := w.Organization("Acme", 12, store.Business)
			lines := []cwsim.Addition{w.hand(a, w.Business, "10"), w.hand(a, w.Business, "15")}
			chosen := mapping.Chosen{}
			if c.choose >= 0 {
				chosen[w.Business.ID] = lines[c.choose].ID
			}
			w.Sim.ResetRequests()
			pair := mapping.Pair{OrganizationID: o.ID, CompanyID: a.CompanyID, AgreementID: a.ID}
			shown, err := w.Mapping.MapShown(t.Context(), billingtest.Admin(), pair, chosen)
			w.Must(err)
			if len(shown.Found) != 2 || !shown.Found[0].Several {
				t.Errorf("found %+v", shown.Found)
			}
			bound := w.bound(a, w.Business)
			if bound.AdditionID != chosen[w.Business.ID] || bound.Chosen != (c.choose >= 0) {
				t.Errorf("bound %+v, chosen %v", bound, chosen)
			}
			w.onlyRead()
			w.Set(func(s *store.Settings) { s.Holds = store.Holds{} })
			w.Sync()
			live := w.Live(a.ID)
			slices.Sort(live)
			if !slices.Equal(live, c.live) {
				t.Errorf("after the sync: %q, want %q", live, c.live)
			}
			open, err := w.Store.OpenCounts(t.Context())
			w.Must(err)
			if c.state != "" && open[c.state] != 1 {
				t.Errorf("open: %v, want one %s", open, c.state)
			}
		})
	}
}

// A line that is not open any more cannot be chosen; nothing is mapped then.
func TestMappingAdoptsNoOther(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	a := w.Company("Acme")
	w.ImportAll()
	o := w.Organization("Acme", 12, store.Business)
	w.hand(a, w.Business, "10")
	w.hand(a, w.Business, "15")
	_, err := w.Mapping.MapShown(t.Context(), billingtest.Admin(),
		mapping.Pair{OrganizationID: o.ID, CompanyID: a.CompanyID, AgreementID: a.ID}, mapping.Chosen{w.Business.ID: 99})
	if invalid := (*problem.Invalid)(nil); !errors.As(err, &invalid) || invalid.Fields["line"] == "" {
		t.Errorf("choosing a line that is not there: %v", err)
	}
	if _, err := w.Store.Mapping(t.Context(), o.ID); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("it was mapped: %v", err)
	}
}

// Many that are mapped together adopt what is the only one; a line of a plan that nobody there is on is none of theirs.
func TestMappingManyAdopts(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	agreements := []cwsim.Agreement{w.Company("Acme"), w.Company("Beta"), w.Company("Gamma"), w.Company("Delta")}
	w.ImportAll()
	only := w.hand(agreements[0], w.Business, "25")
	w.hand(agreements[1], w.Business, "10")
	w.hand(agreements[1], w.Business, "15")
	w.hand(agreements[2], w.Enterprise, "8")
	var pairs []mapping.Pair
	for i, a := range agreements {
		o := w.Organization([]string{"Acme", "Beta", "Gamma", "Delta"}[i], 12, store.Business)
		pairs = append(pairs, mapping.Pair{OrganizationID: o.ID, CompanyID: a.CompanyID, AgreementID: a.ID})
	}
	w.Sim.ResetRequests()
	problems, err := w.Mapping.MapPairs(t.Context(), billingtest.Admin(), pairs)
	w.Must(err)
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	w.Work.Wait()
	for i, want := range []int{only.ID, 0, 0, 0} {
		if got := w.bound(agreements[i], w.Business).AdditionID; got != want {
			t.Errorf("agreement %d is bound to %d, want %d", i, got, want)
		}
	}
	if got := w.bound(agreements[2], w.Enterprise).AdditionID; got != 0 {
		t.Errorf("line %d of a plan that nobody there is on is adopted", got)
	}
	if got := w.Mapping.Adopting(); got != (mapping.Adopting{Done: 4, Total: 4, Adopted: 1, Several: 1}) {
		t.Errorf("it says %+v", got)
	}
	w.onlyRead()
	if n := len(w.Sim.Requests()); n > 4 {
		t.Errorf("it took %d requests for 4 agreements", n)
	}
}

// Many that were mapped are mapped, though their lines cannot be looked for.
func TestMappingManyThatCannotAdopt(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	a := w.Company("Acme")
	w.ImportAll()
	o := w.Organization("Acme", 12, store.Business)
	db, err := sql.Open("sqlite3", "file:"+w.Path)
	w.Must(err)
	defer db.Close()
	_, err = db.ExecContext(t.Context(), `ALTER TABLE product_mappings RENAME TO elsewhere`)
	w.Must(err)
	pair := mapping.Pair{OrganizationID: o.ID, CompanyID: a.CompanyID, AgreementID: a.ID}
	problems, err := w.Mapping.MapPairs(t.Context(), billingtest.Admin(), []mapping.Pair{pair})
	if err != nil || len(problems) > 0 {
		t.Errorf("it says %v (%v)", problems, err)
	}
	if m, err := w.Store.Mapping(t.Context(), o.ID); err != nil || m.AgreementID != a.ID {
		t.Errorf("it is mapped to %+v (%v)", m, err)
	}
}

// A mapping that is changed before anything was written lets the adopted line go as it is.
func TestMappedElsewhereLetsGo(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	a := w.Company("Acme")
	b := w.Sim.AddAgreement(cwsim.Agreement{CompanyID: a.CompanyID, Name: "The right one"})
	w.ImportAll()
	o := w.Organization("Acme", 12, store.Business)
	w.hand(a, w.Business, "25")
	w.Must(w.Mapping.Map(t.Context(), billingtest.Admin(), a.CompanyID, a.ID, o.ID))
	w.Must(w.Mapping.Map(t.Context(), billingtest.Admin(), a.CompanyID, b.ID, o.ID))
	if got := w.bound(a, w.Business); got.AdditionID != 0 {
		t.Errorf("still bound: %+v", got)
	}
	w.Set(func(s *store.Settings) { s.Holds = store.Holds{} })
	w.Sync()
	if live := w.Live(a.ID); !slices.Equal(live, []string{"NP-BUS 25"}) {
		t.Errorf("the line on the agreement that it left says %q", live)
	}
}
