package main

import (
	"context"
	"net/http"
	"time"

	"seatbridge/billing"
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

// serveProviderSim serves a Provider API that reports the demo's organizations as the ledger has them at the start, with a
// few differences, and answers the configuration that fits it.
func serveProviderSim(ctx context.Context, rooms *billing.Billing, db *store.Store) (*reports.Config, func(), error) {
	sim, err := npsim.New(npsim.Config{
		Monthly: func(month string) []npsim.Record {
			return demoRecords(ctx, rooms, db, seats.WholeMonth(store.Month(month)))
		},
		Daily: func(day string) []npsim.Record {
			at, _ := time.Parse(time.DateOnly, day) // the simulator has read it already
			return demoRecords(ctx, rooms, db, seats.ToDate(at.AddDate(0, 0, 1).Add(-time.Second)))
		},
	})
	if err != nil {
		return nil, nil, err
	}
	key, err := sim.PrivateKey()
	if err != nil {
		return nil, nil, err
	}
	listener, err := listen(ctx, "127.0.0.1:0")
	if err != nil {
		return nil, nil, err
	}
	server := &http.Server{Handler: sim, ReadHeaderTimeout: 10 * time.Second}
	go server.Serve(listener)
	return providerSimConfig(address(listener), key), func() { server.Close() }, nil
}

// providerSimConfig is how to reach the simulator: its own shape, which says nothing about the real Provider API.
func providerSimConfig(base, key string) *reports.Config {
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

// demoRecords is a report of the ledger's own figures, and of strangers. Every ninth organization is reported with one seat
// more, so that differences can be seen.
func demoRecords(ctx context.Context, rooms *billing.Billing, db *store.Store, p seats.Period) []npsim.Record {
	usage, err := rooms.Figures.Usage(ctx, p, nil)
	if err != nil {
		return nil
	}
	organizations, _, err := db.Organizations(ctx, store.OrganizationFilter{Status: store.OrganizationAny})
	if err != nil {
		return nil
	}
	records := strangers()
	for _, o := range organizations {
		u, counted := usage[o.ID]
		if !counted || !o.Managed || !o.CreatedAt.Before(p.End()) {
			continue
		}
		r := npsim.Record{ID: o.ExternalID, Name: o.Name, Licenses: u.Ledger, Tier: "Business", Trial: seats.InTrial(o.Organization, p.End().Add(-time.Second)), NFR: o.License == store.NFR}
		if u.Plan == store.Enterprise {
			r.Tier = "Enterprise"
		}
		if o.ID%9 == 4 {
			r.Licenses++
		}
		records = append(records, r)
	}
	return records
}
