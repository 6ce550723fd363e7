package figures_test

import (
	"slices"
	"testing"

	"seatbridge/billing/billingtest"
	"seatbridge/billing/seats"
	"seatbridge/internal/moment"
	"seatbridge/store"
)

// TestFiguresFollowTheLedgers: what is remembered is what counting says, after every kind of change.
func TestFiguresFollowTheLedgers(t *testing.T) {
	t.Parallel()
	w := billingtest.New(t)
	acme, _ := w.Mapped("Acme", 5, store.Business)
	trial, err := w.Store.CreateOrganization(t.Context(), store.Organization{
		Name: "Trial", Plan: store.Enterprise, License: store.Trial, Managed: true, CreatedAt: moment.At("2026-10-10"), TrialEndsAt: seats.TrialEnd(moment.At("2026-10-10")),
	})
	w.Must(err)
	w.Join(trial, 4)
	same := func(when string) {
		t.Helper()
		for _, p := range []seats.Period{seats.ToDate(w.Time()), seats.WholeMonth("2026-09"), seats.WholeMonth("2020-01")} {
			counted, err := w.Figures.Usage(t.Context(), p, nil)
			w.Must(err)
			remembered, err := w.Figures.All(t.Context(), p)
			w.Must(err)
			if len(counted) != len(remembered) {
				t.Errorf("%s, %s: %d organizations, counted %d", when, p, len(remembered), len(counted))
			}
			var disputed []int64
			for id, u := range counted {
				if u.Disputed && p.Month > "2025-10" {
					disputed = append(disputed, id)
				}
			}
			slices.Sort(disputed)
			if ids, err := w.Figures.Disputed(t.Context(), p.Month); err != nil || !slices.Equal(ids, disputed) {
				t.Errorf("%s, %s: disputed are %v, counted %v (%v)", when, p, ids, disputed, err)
			}
			sum := map[store.Plan]int{}
			for id, u := range counted {
				r := remembered[id]
				if r.Quantity != u.Quantity || r.Plan != u.Plan || r.Ledger != u.Ledger || r.Disputed != u.Disputed {
					t.Errorf("%s, %s: organization %d is %+v, counted %+v", when, p, id, r, u)
				}
				billable, _ := u.Seats()
				sum[u.Plan] += billable
			}
			if p.AsOf.IsZero() {
				continue
			}
			totals, err := w.Figures.Totals(t.Context(), 3)
			w.Must(err)
			if last := totals[len(totals)-1]; len(totals) != 3 || last.Seats[store.Business] != sum[store.Business] || last.Seats[store.Enterprise] != sum[store.Enterprise] {
				t.Errorf("%s: totals %+v, counted %v", when, totals, sum)
			}
		}
	}
	nobody := w.Organization("Nobody", 0, store.Business)
	known := func(want bool) {
		t.Helper()
		remembered, err := w.Figures.All(t.Context(), seats.ToDate(w.Time()))
		w.Must(err)
		if remembered[nobody.ID].Known() != want {
			t.Errorf("of nobody is remembered %+v", remembered[nobody.ID])
		}
	}
	same("at first")
	known(false)
	_, _, err = w.Organizations.StateNoMembers(t.Context(), billingtest.Admin(), nobody.ID)
	w.Must(err)
	same("after somebody said that there are no members")
	known(true)
	_, _, err = w.Organizations.WithdrawNoMembers(t.Context(), billingtest.Admin(), nobody.ID)
	w.Must(err)
	same("after that was taken back")
	known(false)
	w.Must(w.Store.AddSeatHistory(t.Context(), []store.Seat{{OrganizationID: nobody.ID, Email: "a@example.com", JoinedAt: moment.At("2024-01-01"), DeletedAt: moment.At("2024-02-01")}}))
	same("after a member of long ago was recorded")
	known(true)
	w.Join(acme, 2)
	same("after joining")
	seats, _, err := w.Store.Seats(t.Context(), store.SeatFilter{OrganizationID: acme.ID})
	w.Must(err)
	_, err = w.Store.ChangeSeats(t.Context(), acme.ID, []int64{seats[0].ID}, store.SeatDelete, w.Time())
	w.Must(err)
	same("after leaving")
	acme.Plan = store.Enterprise
	w.Must(w.Store.UpdateOrganization(t.Context(), acme, w.Time()))
	same("after an upgrade")
	w.Must(w.Store.SaveUsageReport(t.Context(), store.UsageReport{OrganizationID: acme.ID, Month: "2026-09", Seats: 70, Plan: store.Business, Source: "csv", ReportedAt: w.Time()}))
	same("after a report")
	w.Must(w.Store.SaveUsageReport(t.Context(), store.UsageReport{OrganizationID: acme.ID, Month: "2026-09", Seats: 60, Plan: store.Business, Source: "api", ReportedAt: w.Time()}))
	same("after another one")
	w.Must(w.Figures.Keep(t.Context(), billingtest.Admin(), store.KeptFigure{OrganizationID: acme.ID, Month: "2026-09", Source: "csv"}))
	same("after somebody said whose figure is right")
	w.Must(w.Figures.WithdrawKept(t.Context(), billingtest.Admin(), acme.ID, "2026-09"))
	same("after that was taken back, too")
	w.Set(func(s *store.Settings) { s.Pending = []store.PendingRule{{Counted: true}, {From: "2026-10"}} })
	same("after a change of the rules")
	w.SetTime("2026-10-24 12:00:00")
	same("after the trial's end")
	w.SetTime("2026-11-02 12:00:00")
	same("in the next month")
	w.Must(w.Store.DeleteOrganization(t.Context(), trial.ID, w.Time()))
	same("after a deletion")
}
