package run_test

import (
	"slices"
	"strings"
	"testing"

	"seatbridge/billing"
	"seatbridge/billing/billingtest"
	"seatbridge/billing/organizations"
	"seatbridge/billing/plan/plantest"
	"seatbridge/connectwise/cwsim"
	"seatbridge/store"
)

// addedOnly is an organization of which nobody said anything, mapped to an agreement whose line says 14.
func (w *world) addedOnly() (store.Organization, cwsim.Agreement) {
	w.T.Helper()
	a := w.Company("Acme")
	w.ImportAll()
	o, err := w.Organizations.Add(w.T.Context(), billingtest.Admin(), organizations.Profile{
		Name: "Acme", Plan: store.Business, License: store.Standard, Managed: true,
	})
	w.Must(err)
	w.Must(w.Mapping.Map(w.T.Context(), billingtest.Admin(), a.CompanyID, a.ID, o.ID))
	w.Sim.AddAddition(cwsim.Addition{AgreementID: a.ID, ProductID: w.Business.ID, Quantity: plantest.Quantity("14")})
	return o, a
}

// onlyChange is the one change of a run.
func (w *world) onlyChange(run store.Run) store.Change {
	w.T.Helper()
	changes, _, err := w.Store.Changes(w.T.Context(), store.ChangeFilter{RunID: run.ID})
	w.Must(err)
	if len(changes) != 1 {
		w.T.Fatalf("%d changes", len(changes))
	}
	return changes[0]
}

func TestCase_C7_AddedOnlyIsUnknown(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	_, a := w.addedOnly()
	run := w.Sync()
	billingtest.WantStatus(t, run, store.RunIncomplete)
	w.WantLive(a.ID, "NP-BUS 14")
	w.WantChanges(run, "skipped NP-BUS ->-")
	c := w.onlyChange(run)
	if !strings.Contains(c.Problem.What, "none was ever recorded or reported") ||
		c.Problem.Do != "Import or add its members first, or say that it has none." {
		t.Errorf("the change says %+v", c.Problem)
	}
	if share := c.Shares[0]; share.Known || share.Source != "" {
		t.Errorf("its share is %+v", share)
	}
	list, err := w.Attention(t.Context())
	w.Must(err)
	if !slices.ContainsFunc(list, func(a billing.Attention) bool { return a.Kind == billing.AttendSkipped && a.Count == 1 }) {
		t.Errorf("attention %+v", list)
	}
}

// What somebody says of the organization makes a figure of it: each way to a zero that is real, and to a number.
func TestCase_C7_SomebodySpoke(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name   string
		say    func(w *world, o store.Organization) error
		line   string
		source string
	}{
		{"it has none", func(w *world, o store.Organization) error {
			_, _, err := w.Organizations.StateNoMembers(t.Context(), billingtest.Admin(), o.ID)
			return err
		}, "NP-BUS 0", "statement"},
		{"members", func(w *world, o store.Organization) error {
			_, err := w.Organizations.AddMembers(t.Context(), billingtest.Admin(), o.ID, []string{"a@example.com", "b@example.com"}, false)
			return err
		}, "NP-BUS 2", "ledger"},
		{"an invitation", func(w *world, o store.Organization) error {
			_, err := w.Organizations.AddMembers(t.Context(), billingtest.Admin(), o.ID, []string{"a@example.com"}, true)
			return err
		}, "NP-BUS 0", "ledger"},
		{"it has none, then a member", func(w *world, o store.Organization) error {
			if _, _, err := w.Organizations.StateNoMembers(t.Context(), billingtest.Admin(), o.ID); err != nil {
				return err
			}
			_, err := w.Organizations.AddMembers(t.Context(), billingtest.Admin(), o.ID, []string{"a@example.com"}, false)
			return err
		}, "NP-BUS 1", "ledger"},
		{"a report of zero", func(w *world, o store.Organization) error {
			return w.Store.SaveUsageReport(t.Context(), store.UsageReport{ // of a file whose month is not over
				OrganizationID: o.ID, Month: "2026-10", Plan: store.Business, Source: "csv", ReportedAt: w.Time(),
			})
		}, "NP-BUS 0", "csv"},
		{"a correction", func(w *world, o store.Organization) error {
			return w.Figures.Correct(t.Context(), billingtest.Admin(), store.Correction{
				OrganizationID: o.ID, Month: "2026-10", Seats: 3, Plan: store.Business, Reason: "Counted by hand.",
			})
		}, "NP-BUS 3", "correction"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			w.Set(func(s *store.Settings) { s.Holds = store.Holds{} }) // this is about what is known, not about what waits
			o, a := w.addedOnly()
			w.Must(tt.say(w, o))
			run := w.Sync()
			w.WantLive(a.ID, tt.line)
			if c := w.onlyChange(run); len(c.Shares) != 1 || !c.Shares[0].Known || c.Shares[0].Source != tt.source {
				t.Errorf("its share is %+v", c.Shares)
			}
		})
	}
}

// What is taken back is unknown again, and the line is left as it is.
func TestCase_C7_TakenBack(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	o, a := w.addedOnly()
	_, _, err := w.Organizations.StateNoMembers(t.Context(), billingtest.Admin(), o.ID)
	w.Must(err)
	_, _, err = w.Organizations.WithdrawNoMembers(t.Context(), billingtest.Admin(), o.ID)
	w.Must(err)
	w.WantChanges(w.Sync(), "skipped NP-BUS ->-")
	w.WantLive(a.ID, "NP-BUS 14")
}

func TestCase_F15_UnmanagedSaysWhatToDo(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	o, a := w.Mapped("Acme", 5, store.Business)
	w.Sync()
	_, err := w.Organizations.Edit(t.Context(), billingtest.Admin(), o.ID, func(p *organizations.Profile) { p.Managed = false })
	w.Must(err)
	run := w.Sync()
	w.WantLive(a.ID, "NP-BUS 5")
	if c := w.onlyChange(run); c.State != store.StateSkipped || !strings.Contains(c.Problem.Do, "unmap the organization") ||
		strings.Contains(c.Problem.Do, "import") {
		t.Errorf("%s: %+v", c.State, c.Problem)
	}
}
