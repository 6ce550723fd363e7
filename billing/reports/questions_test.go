package reports_test

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"seatbridge/billing"
	"seatbridge/billing/billingtest"
	"seatbridge/billing/problem"
	"seatbridge/billing/reports"
	"seatbridge/internal/moment"
	"seatbridge/nordpass/npsim"
	"seatbridge/store"
)

// TestCase_H34_AFieldThatNoRecordHasIsAnError: a misspelt trial flag billed a trial.
func TestCase_H34_AFieldThatNoRecordHasIsAnError(t *testing.T) {
	t.Parallel()
	for field, misspell := range map[string]func(*reports.Config){
		`"is_trail", which is set as the trial flag`:          func(c *reports.Config) { c.Trial = "is_trail" },
		`"n.f.r", which is set as the NFR flag`:               func(c *reports.Config) { c.NFR = "n.f.r" },
		`"uuid", which is set as the organization's ID`:       func(c *reports.Config) { c.ID = "uuid" },
		`"title", which is set as the organization's name`:    func(c *reports.Config) { c.Name = "title" },
		`"licences", which is set as the license count`:       func(c *reports.Config) { c.Seats = "licences" },
		`"subscription.plan", which is set as the plan`:       func(c *reports.Config) { c.Plan = "subscription.plan" },
		`"Trial", which is set as the trial flag. A field th`: func(c *reports.Config) { c.Trial = "Trial" }, // another case is another name
	} {
		t.Run(field, func(t *testing.T) {
			t.Parallel()
			p := newProvided(t)
			trial := p.organization("On trial", "np-1", 0)
			p.records = []npsim.Record{{ID: "np-1", Name: "On trial", Licenses: 3, Tier: "Business", Trial: true}}
			p.save()
			good := p.config
			misspell(&p.config)
			test, err := p.Reports.Test(t.Context(), p.config)
			p.must(err)
			if m := test.Monthly; m.State != store.FetchFailed || !strings.Contains(m.Problem.Text(), field) || !strings.Contains(m.Problem.Do, "id, licenses, name, nfr, tier, trial") {
				t.Errorf("the test says %s: %s", m.State, m.Problem.Text())
			}
			var refused *problem.Refused
			if err := p.Reports.Save(t.Context(), billingtest.Admin(), p.config); !errors.As(err, &refused) {
				t.Errorf("saving it: %v", err)
			}
			p.must(p.Reports.Save(t.Context(), billingtest.Admin(), good))
			p.sim.Fail(npsim.OtherNames, -1)
			if err := p.Reports.PullDue(t.Context()); !errors.Is(err, reports.ErrNoReport) {
				t.Errorf("fetching what the API calls otherwise now: %v", err)
			}
			if f := p.lastFetch(); f.State != store.FetchFailed || !strings.Contains(f.Problem.What, "No record has the field") {
				t.Errorf("the fetch is %s: %s", f.State, f.Problem.Text())
			}
			if u := p.figure(trial, "2026-03"); u.Known() {
				t.Errorf("the figure is %+v, want none", u)
			}
		})
	}
}

// TestCase_H38_AKeyTwiceInAReport: the last of the two values was taken, without a word.
func TestCase_H38_AKeyTwiceInAReport(t *testing.T) {
	t.Parallel()
	p := newProvided(t) // which sends two records on a page
	p.records = []npsim.Record{
		{ID: "np-1", Name: "Acme", Licenses: 3, Tier: "Business"}, {ID: "np-2", Name: "Beta", Licenses: 4, Tier: "Business"},
		{ID: "np-3", Name: "Gamma", Licenses: 5, Tier: "Business"},
	}
	acme := p.organization("Acme", "np-1", 0)
	p.save()
	p.sim.Fail(npsim.KeyTwice, -1)
	test, err := p.Reports.Test(t.Context(), p.config)
	p.must(err)
	const what = `The key "licenses" stands twice in record 2 of the report.`
	if m := test.Monthly; m.State != store.FetchFailed || m.Problem.What != what || !strings.Contains(m.Problem.Detail, `{"licenses":0,"id":"np-2","name":"Beta"`) {
		t.Errorf("the test says %s: %s %s", m.State, m.Problem.Text(), m.Problem.Detail)
	}
	if err := p.Reports.PullDue(t.Context()); !errors.Is(err, reports.ErrNoReport) {
		t.Errorf("fetching it: %v", err)
	}
	if f := p.lastFetch(); f.State != store.FetchFailed || f.Problem.What != what {
		t.Errorf("the fetch is %s: %s", f.State, f.Problem.Text())
	}
	if u := p.figure(acme, "2026-03"); u.Known() {
		t.Errorf("the figure is %+v, want none", u)
	}
	p.config.Claims = `{"scope": "read", "scope": "write"}`
	var invalid *problem.Invalid
	if _, err := p.Reports.Test(t.Context(), p.config); !errors.As(err, &invalid) || !strings.Contains(invalid.Fields["extra_claims"], "“scope” stands twice") {
		t.Errorf("claims that say one thing twice: %v", err)
	}
}

// TestFlagsLeftOut: an API that leaves out flags which are false is said to do so; otherwise such a record has no figure.
func TestFlagsLeftOut(t *testing.T) {
	t.Parallel()
	p := newProvided(t)
	p.config.DailyPath = ""
	paying, trial := p.organization("Paying", "np-1", 0), p.organization("On trial", "np-2", 0)
	p.records = []npsim.Record{
		{ID: "np-1", Name: "Paying", Licenses: 3, Tier: "Business"}, {ID: "np-2", Name: "On trial", Licenses: 4, Tier: "Business", Trial: true},
		{ID: "np-3", Name: "Own", Licenses: 5, Tier: "Business", NFR: true},
	}
	p.sim.Fail(npsim.FlagsOmitted, -1)
	test, err := p.Reports.Test(t.Context(), p.config)
	p.must(err)
	if got := test.Monthly.Rows[0].Problem; test.Monthly.State != store.FetchFailed || got != `Field "trial" is not there.` {
		t.Errorf("without the switch: %s, %q", test.Monthly.State, got)
	}
	p.config.FlagsOmitted = true
	p.save()
	p.must(p.Reports.PullDue(t.Context()))
	if n, ok := p.figure(paying, "2026-03").Seats(); !ok || n != 3 {
		t.Errorf("Paying has %d, %v", n, ok)
	}
	if n, ok := p.figure(trial, "2026-03").Seats(); !ok || n != 0 {
		t.Errorf("the trial has %d, %v", n, ok)
	}
}

// TestCase_H33_WhatTheReportAsksIsInAttention: an unknown, a renamed and a vanished organization were on the provider's page alone.
func TestCase_H33_WhatTheReportAsksIsInAttention(t *testing.T) {
	t.Parallel()
	p := newProvided(t)
	p.config.DailyPath = ""
	renamed := p.organization("Acme", "np-1", 0)
	gone := p.organization("Gone", "np-2", 0)
	p.organization("Never reported", "np-9", 2)
	p.clock = moment.At("2026-03-01 00:10:00")
	p.records = []npsim.Record{{ID: "np-1", Name: "ACME", Licenses: 7, Tier: "Business"}, {ID: "np-2", Name: "Gone", Licenses: 2, Tier: "Business"}}
	p.save()
	p.must(p.Reports.PullDue(t.Context()))
	p.wantAsked("while all is as it was")

	p.clock = moment.At("2026-04-01 00:10:00")
	p.records = []npsim.Record{
		{ID: "np-1", Name: "Acme Holding", Licenses: 7, Tier: "Business"}, {ID: "np-3", Name: "Stranger", Licenses: 6, Tier: "Business"},
		{ID: "np-4", Name: "Trying", Licenses: 2, Tier: "Business", Trial: true},
	}
	p.must(p.Reports.PullDue(t.Context()))
	p.wantAsked("in the next report",
		"1 reported organization not known here In March 2026: 6 licenses.",
		"1 organization reported under another name",
		"1 organization gone from the Provider API's report They were in the report of February 2026")

	fetch, _, err := p.Reports.LastReport(t.Context())
	p.must(err)
	o, err := p.Reports.SettleName(t.Context(), billingtest.Admin(), fetch.ID, 0, true)
	p.must(err)
	if o.Name != "Acme" || o.ReportedName != "Acme Holding" {
		t.Errorf("kept: %+v", o)
	}
	_, err = p.Reports.AddReported(t.Context(), billingtest.Admin(), fetch.ID, 1)
	p.must(err)
	_, _, err = p.Organizations.Delete(t.Context(), billingtest.Admin(), gone.ID)
	p.must(err)
	p.wantAsked("after a trial was left alone and all else decided", "1 organization gone")
	p.clock = moment.At("2026-05-01 00:10:00")
	p.records[0].Name = "Acme Worldwide"
	p.must(p.Reports.PullDue(t.Context()))
	p.wantAsked("in the report after", "1 organization reported under another name")

	var invalid *problem.Invalid
	if _, err := p.Reports.SettleName(t.Context(), billingtest.Admin(), fetch.ID, 0, false); !errors.As(err, &invalid) {
		t.Errorf("deciding about an older report: %v", err)
	}
	fetch, _, err = p.Reports.LastReport(t.Context())
	p.must(err)
	if _, err := p.Reports.SettleName(t.Context(), billingtest.Admin(), fetch.ID, 1, false); !errors.As(err, &invalid) {
		t.Errorf("deciding about a row that asks nothing: %v", err)
	}
	o, err = p.Reports.SettleName(t.Context(), billingtest.Admin(), fetch.ID, 0, false)
	p.must(err)
	if o.ID != renamed.ID || o.Name != "Acme Worldwide" || o.ReportedName != "" {
		t.Errorf("taken over: %+v", o)
	}
	p.wantAsked("at last")
}

// wantAsked says which titles of attention begin so, with their details.
func (p *provided) wantAsked(when string, want ...string) {
	p.t.Helper()
	attention, err := p.SourceAttention(p.t.Context())
	p.must(err)
	var got []string
	for _, a := range attention {
		got = append(got, a.Title+" "+a.Detail)
	}
	if !slices.EqualFunc(got, want, strings.HasPrefix) {
		p.t.Errorf("%s: attention says\n%q\nwant\n%q", when, got, want)
	}
	if slices.ContainsFunc(attention, func(a billing.Attention) bool { return a.Kind != billing.AttendReported || a.Count != 1 }) {
		p.t.Errorf("%s: %+v", when, attention)
	}
}

// TestLateReportIsFetchedAgain also where the ledger stands in for a report.
func TestLateReportIsFetchedAgain(t *testing.T) {
	t.Parallel()
	p := newProvided(t)
	p.config.DailyPath = ""
	late := p.organization("Late", "np-2", 1)
	p.organization("Early", "np-1", 1)
	p.records = []npsim.Record{{ID: "np-1", Name: "Early", Licenses: 7, Tier: "Business"}}
	p.save()
	p.must(p.Reports.PullDue(t.Context()))
	p.records = append(p.records, npsim.Record{ID: "np-2", Name: "Late", Licenses: 5, Tier: "Business"})
	p.clock = moment.At("2026-04-02 11:10:00")
	p.must(p.Reports.PullDue(t.Context()))
	if n, _ := p.figure(late, "2026-03").Seats(); n != 5 {
		t.Errorf("the late one has %d, want 5", n)
	}
	asked := p.sim.Requests()
	p.must(p.Reports.PullDue(t.Context()))
	if p.sim.Requests() != asked {
		t.Error("a report that names everybody is asked for again")
	}
}
