package billing

import (
	"testing"

	"seatbridge/billing/seats"
	"seatbridge/internal/moment"
	"seatbridge/store"
)

// TestFiguresFollowTheLedgers: what is remembered is what counting says, after every kind of change.
func TestFiguresFollowTheLedgers(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	acme, _ := w.mapped("Acme", 5, store.Business)
	trial, err := w.store.CreateOrganization(t.Context(), store.Organization{
		Name: "Trial", Plan: store.Enterprise, License: store.Trial, Managed: true, CreatedAt: moment.At("2026-10-10"), TrialEndsAt: seats.TrialEnd(moment.At("2026-10-10")),
	})
	w.must(err)
	w.join(trial, 4)
	same := func(when string) {
		t.Helper()
		for _, p := range []seats.Period{seats.ToDate(w.time()), seats.WholeMonth("2026-09"), seats.WholeMonth("2020-01")} {
			counted, err := w.Figures.Usage(t.Context(), p, nil)
			w.must(err)
			remembered, err := w.Figures.Figures(t.Context(), p)
			w.must(err)
			if len(counted) != len(remembered) {
				t.Errorf("%s, %s: %d organizations, counted %d", when, p, len(remembered), len(counted))
			}
			sum := map[store.Plan]int{}
			for id, u := range counted {
				r := remembered[id]
				if r.Known != u.Known || r.Seats != u.Seats || r.Plan != u.Plan || r.Source != u.Source || r.Ledger != u.Ledger {
					t.Errorf("%s, %s: organization %d is %+v, counted %+v", when, p, id, r, u)
				}
				sum[u.Plan] += u.Seats
			}
			if p.AsOf.IsZero() {
				continue
			}
			totals, err := w.Figures.Totals(t.Context(), 3)
			w.must(err)
			if last := totals[len(totals)-1]; len(totals) != 3 || last.Seats[store.Business] != sum[store.Business] || last.Seats[store.Enterprise] != sum[store.Enterprise] {
				t.Errorf("%s: totals %+v, counted %v", when, totals, sum)
			}
		}
	}
	same("at first")
	w.join(acme, 2)
	same("after joining")
	seats, _, err := w.store.Seats(t.Context(), store.SeatFilter{OrganizationID: acme.ID})
	w.must(err)
	_, err = w.store.ChangeSeats(t.Context(), acme.ID, []int64{seats[0].ID}, store.SeatDelete, w.time())
	w.must(err)
	same("after leaving")
	acme.Plan = store.Enterprise
	w.must(w.store.UpdateOrganization(t.Context(), acme, w.time()))
	same("after an upgrade")
	w.must(w.store.SaveUsageReport(t.Context(), store.UsageReport{OrganizationID: acme.ID, Month: "2026-09", Seats: 70, Plan: store.Business, Source: "csv", ReportedAt: w.time()}))
	same("after a report")
	w.set(func(s *store.Settings) { s.CountPending = true })
	same("after a change of the rules")
	w.setTime("2026-10-24 12:00:00")
	same("after the trial's end")
	w.setTime("2026-11-02 12:00:00")
	same("in the next month")
	w.must(w.store.DeleteOrganization(t.Context(), trial.ID, w.time()))
	same("after a deletion")
}
