package demo

import (
	"context"
	"net/http"
	"time"

	"seatbridge/billing/figures"
	"seatbridge/billing/reports"
	"seatbridge/billing/seats"
	"seatbridge/nordpass/npsim"
	"seatbridge/store"
)

// strangers are organizations that the demo's Provider API reports and that Seatbridge does not know.
func strangers() []npsim.Record {
	return []npsim.Record{
		{ID: "np-stranger-1", Name: "Northern Lights Bakery", Licenses: 9, Tier: "Business"},
		{ID: "np-stranger-2", Name: "Paperclip Legal", Licenses: 21, Tier: "Enterprise", Trial: true},
	}
}

// Provider is a Provider API that reports the demo's organizations as the ledger has them at the start, with a few
// differences. now is its clock.
func Provider(ctx context.Context, book *figures.Book, db *store.Store, now func() time.Time) (*npsim.Sim, error) {
	return npsim.New(npsim.Config{
		Now: now,
		Monthly: func(month string) []npsim.Record {
			return records(ctx, book, db, seats.WholeMonth(store.Month(month)))
		},
		Daily: func(day string) []npsim.Record {
			at, _ := time.Parse(time.DateOnly, day) // the simulator has read it already
			return records(ctx, book, db, seats.ToDate(at.AddDate(0, 0, 1).Add(-time.Second)))
		},
	})
}

// ProviderConfig is how to reach the simulator: its own shape, which says nothing about the real Provider API.
func ProviderConfig(base, key string) *reports.Config {
	c := reports.Config{
		ID: "id", Name: "name", Seats: "licenses", Plan: "tier", Business: "Business", Enterprise: "Enterprise", Trial: "trial", NFR: "nfr",
	}
	c.BaseURL, c.MonthlyPath, c.DailyPath = base, npsim.MonthlyPath+"?month={month}", npsim.DailyPath+"?day={day}"
	c.Method, c.Header = http.MethodGet, "Authorization: Bearer {token}"
	c.Algorithm, c.KeyID, c.PrivateKey = npsim.Algorithm, npsim.KeyID, key
	c.Issuer, c.Audience, c.Lifetime = npsim.Issuer, npsim.Audience, int(npsim.Lifetime/time.Second)
	c.List, c.Paging, c.NextField = "organizations", reports.PagingLink, "next"
	return &c
}

// records is a report of the ledger's own figures, and of strangers. Every ninth organization is reported with one seat
// more, so that differences can be seen.
func records(ctx context.Context, book *figures.Book, db *store.Store, p seats.Period) []npsim.Record {
	usage, err := book.Usage(ctx, p, nil)
	if err != nil {
		return nil
	}
	organizations, _, err := db.Organizations(ctx, store.OrganizationFilter{Status: store.OrganizationAny})
	if err != nil {
		return nil
	}
	reported := strangers()
	for _, o := range organizations {
		u, counted := usage[o.ID]
		if !counted || !o.Managed || !o.CreatedAt.Before(p.End()) {
			continue
		}
		r := npsim.Record{
			ID: o.ExternalID, Name: o.Name, Licenses: u.Ledger, Tier: "Business",
			Trial: seats.InTrial(o.Organization, p.End().Add(-time.Second)), NFR: o.License == store.NFR,
		}
		if u.Plan == store.Enterprise {
			r.Tier = "Enterprise"
		}
		if o.ID%9 == 4 {
			r.Licenses++
		}
		reported = append(reported, r)
	}
	return reported
}
