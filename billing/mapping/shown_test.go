package mapping_test

import (
	"errors"
	"strings"
	"testing"

	"seatbridge/billing/billingtest"
	"seatbridge/billing/mapping"
	"seatbridge/billing/plan/plantest"
	"seatbridge/billing/problem"
	"seatbridge/connectwise/cwsim"
	"seatbridge/store"
)

// Whoever maps an organization is shown the line with what the next sync writes there, and the terms.
func TestShownAtMapping(t *testing.T) {
	t.Parallel()
	line := func(quantity string) func(*world, cwsim.Agreement) {
		return func(w *world, a cwsim.Agreement) {
			w.Sim.AddAddition(cwsim.Addition{AgreementID: a.ID, ProductID: w.Business.ID, Quantity: plantest.Quantity(quantity)})
		}
	}
	for name, c := range map[string]struct {
		seats int
		with  func(*world, cwsim.Agreement)
		want  string
	}{
		"no line yet": {12, func(*world, cwsim.Agreement) {}, "A new line of NP-BUS: 12 at the next sync."},
		"an ended one": {12, func(w *world, a cwsim.Agreement) {
			line("14")(w, a)
			w.Sim.CancelAddition(a.ID, w.Sim.Additions(a.ID)[0].ID, w.Time().AddDate(0, 0, -5))
		}, "with 14 seats was ended on 15 October 2026"},
		"another":      {12, line("14"), " of NP-BUS: 14 now → 12 at the next sync."},
		"the same":     {12, line("12"), " of NP-BUS: 12, as it is."},
		"several":      {12, func(w *world, a cwsim.Agreement) { line("1")(w, a); line("2")(w, a) }, "NP-BUS: 2 open additions of NP-BUS"},
		"not known":    {0, line("14"), "NP-BUS: "},
		"yearly":       {12, func(w *world, a cwsim.Agreement) { w.Sim.UpdateAgreement(a.ID, yearly) }, "billing cycle is Annual"},
		"not billable": {12, func(w *world, a cwsim.Agreement) { w.Sim.CancelAgreement(a.ID, w.Time().AddDate(0, 0, -1)) }, "The agreement is cancelled."},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			a := w.Company("Acme")
			w.ImportAll()
			o := w.Organization("Acme", c.seats, store.Business)
			c.with(w, a)
			before, err := w.Mapping.Shows(t.Context(), a.CompanyID, a.ID, o.ID)
			w.Must(err)
			if _, err := w.Store.Mapping(t.Context(), o.ID); !errors.Is(err, store.ErrNotFound) {
				t.Errorf("showing mapped it: %v", err)
			}
			w.Sim.ResetRequests()
			after, err := w.Mapping.MapShown(t.Context(), billingtest.Admin(), mapping.Pair{OrganizationID: o.ID, CompanyID: a.CompanyID, AgreementID: a.ID}, nil)
			w.Must(err)
			if got := strings.Join(append(after.Lines, after.Terms...), " "); !strings.Contains(got, c.want) || after.Problem != "" {
				t.Errorf("shown %q (%s), want %q", got, after.Problem, c.want)
			}
			if strings.Join(before.Lines, " ") != strings.Join(after.Lines, " ") {
				t.Errorf("before %q, after %q", before.Lines, after.Lines)
			}
			if n := len(w.Sim.Requests()); n > 4 && !strings.HasPrefix(after.Lines[0], "A new line") {
				t.Errorf("mapping took %d requests: %v", n, w.Sim.Requests())
			}
		})
	}
}

func yearly(a *cwsim.Agreement) { a.BillingCycle = "Annual" }

// What was shown is kept with the mapping, of all organizations on the agreement together.
func TestShownIsKept(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	_, a := w.Mapped("Acme", 12, store.Business)
	other := w.Organization("Beta", 3, store.Business)
	shown := func() store.Shown {
		mapped, err := w.Store.MappedAgreements(t.Context())
		w.Must(err)
		return mapped[0].Shown[w.Business.ID]
	}
	if got := shown(); got.After.Decimal.String() != "12" || got.Before.Valid || got.AdditionID != 0 {
		t.Errorf("it was shown %+v", got)
	}
	w.Sync()
	w.Must(w.Mapping.Map(t.Context(), billingtest.Admin(), a.CompanyID, a.ID, other.ID))
	if got := shown(); got.After.Decimal.String() != "15" || got.Before.Decimal.String() != "12" || got.AdditionID != w.Sim.Additions(a.ID)[0].ID {
		t.Errorf("it was shown %+v", got)
	}
}

// Where ConnectWise cannot be read, the organization is mapped, nothing was shown, and that is said.
func TestMappedThoughConnectWiseIsAway(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	a := w.Company("Acme")
	w.ImportAll()
	o := w.Organization("Acme", 12, store.Business)
	w.Sim.SetFaults(cwsim.Fault{Kind: cwsim.Converting500, Method: "GET", Times: 100})
	shown, err := w.Mapping.MapShown(t.Context(), billingtest.Admin(), mapping.Pair{OrganizationID: o.ID, CompanyID: a.CompanyID, AgreementID: a.ID}, nil)
	w.Must(err)
	if shown.Problem == "" || len(shown.Lines) != 0 {
		t.Errorf("shown %+v", shown)
	}
	mapped, err := w.Store.MappedAgreements(t.Context())
	w.Must(err)
	if len(mapped) != 1 || len(mapped[0].Shown) != 0 {
		t.Errorf("mapped %+v", mapped)
	}
	_, err = w.Mapping.Shows(t.Context(), a.CompanyID, 999, o.ID)
	if invalid := (*problem.Invalid)(nil); !errors.As(err, &invalid) {
		t.Errorf("of another agreement it shows %v", err)
	}
}
