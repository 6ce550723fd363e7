package seats

import (
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"

	"seatbridge/internal/moment"
	"seatbridge/store"
)

// always counts pending seats in every month, or in none.
func always(pending bool) Rules { return Rules{Pending: []store.PendingRule{{Counted: pending}}} }

// Switching how pending seats are counted holds from the running month on: what was counted before stays.
func TestCase_G29_CountPendingFromTheRunningMonthOn(t *testing.T) {
	t.Parallel()
	l := standard().old("ab").invited("2026-01-05", "f").l
	figures := func(rules []store.PendingRule) (got [3]int) {
		for i, m := range []store.Month{"2026-02", "2026-03", "2026-04"} {
			u := Count(l, WholeMonth(m), Rules{Pending: rules})
			got[i] = u.seats
		}
		return got
	}
	always := []store.PendingRule{{Counted: true}}
	on := SwitchPending(nil, "2026-03", true)
	for _, tt := range []struct {
		name  string
		rules []store.PendingRule
		want  [3]int
	}{
		{"never", nil, [3]int{2, 2, 2}},
		{"on in March", on, [3]int{2, 3, 3}},
		{"on in March, off in April", SwitchPending(on, "2026-04", false), [3]int{2, 3, 2}},
		{"on and off in March", SwitchPending(on, "2026-03", false), [3]int{2, 2, 2}},
		{"always", always, [3]int{3, 3, 3}},
		{"always, off in March", SwitchPending(always, "2026-03", false), [3]int{3, 2, 2}},
		{"always, off and on in March", SwitchPending(SwitchPending(always, "2026-03", false), "2026-03", true), [3]int{3, 3, 3}},
		{"on in April by a clock that was ahead, off in March", SwitchPending(SwitchPending(nil, "2026-04", true), "2026-03", false), [3]int{2, 2, 2}},
	} {
		if diff := cmp.Diff(tt.want, figures(tt.rules)); diff != "" {
			t.Errorf("%s, February to April (- want, + got):\n%s", tt.name, diff)
		}
	}
	if again := SwitchPending(on, "2026-05", true); !cmp.Equal(again, on) {
		t.Errorf("chosen again what holds: %v, want %v", again, on)
	}
	if kept := SwitchPending(on, "2026-04", false); !cmp.Equal(on, []store.PendingRule{{From: "2026-03", Counted: true}}) || len(kept) != 2 {
		t.Errorf("the rules before a switch became %v, after it %v", on, kept)
	}
}

func TestManagedIn(t *testing.T) {
	t.Parallel()
	created := "2026-01-10"
	history := func(changes ...string) (h []store.Management) { // moments at which it is managed and not, in turn
		for i, at := range changes {
			h = append(h, store.Management{Since: moment.At(at), Managed: i%2 == 0})
		}
		return h
	}
	for _, tt := range []struct {
		name    string
		history []store.Management
		deleted string
		want    map[store.Month]bool
	}{
		{"always", history(created), "", map[store.Month]bool{"2025-12": true, "2026-01": true, "2026-03": true, "2030-01": true}},
		{"left in March", history(created, "2026-03-10"), "", map[store.Month]bool{"2026-02": true, "2026-03": false, "2026-04": false}},
		{"left in March's last second", history(created, "2026-03-31 23:59:59"), "", map[store.Month]bool{"2026-02": true, "2026-03": false}},
		{"left as March ended", history(created, "2026-04-01"), "", map[store.Month]bool{"2026-03": true, "2026-04": false}},
		{"came back in May", history(created, "2026-03-10", "2026-05-02"), "", map[store.Month]bool{"2026-02": true, "2026-03": false, "2026-04": false, "2026-05": true}},
		{"left and came back in March", history(created, "2026-03-10", "2026-03-12"), "", map[store.Month]bool{"2026-03": true}},
		{"deleted while managed", history(created), "2026-03-14", map[store.Month]bool{"2026-03": true, "2026-04": true}},
		{"left before it was deleted", history(created, "2026-03-10"), "2026-03-14", map[store.Month]bool{"2026-02": true, "2026-03": false}},
		{"left in the second of its deletion", history(created, "2026-03-14"), "2026-03-14", map[store.Month]bool{"2026-02": true, "2026-03": false}},
	} {
		l := store.Ledger{Organization: store.Organization{CreatedAt: moment.At(created)}, Management: tt.history}
		if tt.deleted != "" {
			l.Organization.DeletedAt = moment.At(tt.deleted)
		}
		for m, want := range tt.want {
			if got := ManagedIn(l, m); got != want {
				t.Errorf("%s: managed in %s %t, want %t", tt.name, m, got, want)
			}
		}
	}
}

// What a month says of its license is that of the month, in both directions.
func TestCase_G28_LicenseOfTheMonth(t *testing.T) {
	t.Parallel()
	trial := func() *example { return org("2026-03-20", b, store.Trial).members("2026-03-20", "a") } // until 3 April
	deleted := func(e *example, when string) *example {
		e.l.Organization.DeletedAt = moment.At(when)
		return e
	}
	for _, tt := range []struct {
		name    string
		ledger  *example
		license store.License
		free    bool
		why     string // of the figure; empty: it is billed
		member  string // of the first member
	}{
		{"became NFR", standard().old("a").term("2026-04-10", b, store.NFR), store.Standard, false, "", "Member since 2 June 2025."},
		{"left NFR", org("2025-06-01", b, store.NFR).old("a").term("2026-04-10", b, store.Standard), store.NFR, true,
			"NFR organizations are free.", "NFR organizations are free."},
		{"became NFR in the month", standard().old("a").term("2026-03-10", b, store.NFR), store.Standard, false, "", "Member since 2 June 2025."},
		{"left NFR in the month", org("2025-06-01", b, store.NFR).old("a").term("2026-03-10", b, store.Standard), store.Standard, false, "", "Member since 2 June 2025."},
		{"in trial, ended by hand", trial().term("2026-04-01 12:00:00", b, store.Standard), store.Trial, true,
			"In trial until 1 April 2026.", "The organization was in trial until 1 April 2026."},
		{"in trial, made NFR after it", trial().term("2026-04-10", b, store.NFR), store.Trial, true,
			"In trial until 3 April 2026.", "The organization was in trial until 3 April 2026."},
		{"in trial, deleted after it", deleted(trial(), "2026-05-05"), store.Trial, true,
			"In trial until 3 April 2026.", "The organization was in trial until 3 April 2026."},
		{"in trial, made NFR in the month", trial().term("2026-03-25", b, store.NFR), store.NFR, true,
			"NFR organizations are free.", "NFR organizations are free."},
	} {
		u := Count(tt.ledger.l, WholeMonth("2026-03"), Rules{})
		if u.License != tt.license || u.Free != tt.free || u.Why != tt.why || (u.seats == 0) != (tt.why != "") {
			t.Errorf("%s: %d seats, %s, free %t, %q; want %s, %t, %q", tt.name, u.seats, u.License, u.Free, u.Why, tt.license, tt.free, tt.why)
		}
		if shares := Explain(tt.ledger.l, WholeMonth("2026-03"), Rules{}); len(shares) != 1 || shares[0].Why != tt.member {
			t.Errorf("%s: the member is explained by %+v, want %q", tt.name, shares, tt.member)
		}
	}
	before := Count(standard().term("2026-04-10", b, store.NFR).l, WholeMonth("2025-03"), Rules{})
	if before.Free {
		t.Error("before it was known, an organization that began as Standard was free")
	}
}

// Whether a closed month needs a report does not change when the organization is no longer managed, or free, afterwards.
func TestClosedMonthsNeedTheirReports(t *testing.T) {
	t.Parallel()
	rules := Rules{Reports: ReportRule{Since: "2026-03", Required: true}}
	left := standard().old("ab")
	left.l.Organization.Managed = false
	left.l.Management = []store.Management{{Since: moment.At("2025-06-01"), Managed: true}, {Since: moment.At("2026-04-10")}}
	for name, l := range map[string]store.Ledger{
		"no longer managed": left.l,
		"became NFR":        standard().old("ab").term("2026-04-10", b, store.NFR).l,
	} {
		if u := Count(l, WholeMonth("2026-03"), rules); u.Known() {
			t.Errorf("%s in April: March is %d without its report", name, u.seats)
		}
		if u := Count(l, WholeMonth("2026-04"), rules); !u.Known() {
			t.Errorf("%s in April: April is unknown: %s", name, u.Why)
		}
	}
	was := org("2025-06-01", b, store.NFR).old("ab").term("2026-04-10", b, store.Standard).l
	if u := Count(was, WholeMonth("2026-03"), rules); !u.Known() || u.seats != 0 {
		t.Errorf("NFR until April: March is %+v, want 0", u)
	}
	if u := Count(was, WholeMonth("2026-04"), rules); u.Known() {
		t.Errorf("NFR until April: April is %d without its report", u.seats)
	}
}

// TestCase_G28_WhatAFileCountsIsJudgedByWhatIsKnown: whether the seats of a file are free, and on which plan they are where it names none,
// follows what is known of the organization by the time of counting, whatever was known when it was read.
func TestCase_G28_WhatAFileCountsIsJudgedByWhatIsKnown(t *testing.T) {
	t.Parallel()
	read := moment.At("2026-04-03")
	free := store.UsageReport{Counted: 6, Plan: b, Note: "Reported as NFR, which is free, with 6 licenses."}
	billed := store.UsageReport{Seats: 6, Counted: 6, Plan: b}
	for name, tt := range map[string]struct {
		report  store.UsageReport
		license store.License
		on      store.Plan
		want    string
	}{
		"it was free, and was not":        {free, store.Standard, b, "6 business "},
		"it was billed, and is free":      {billed, store.NFR, b, "0 business Reported as NFR, which is free, with 6 licenses."},
		"free then and now":               {free, store.NFR, b, "0 business Reported as NFR, which is free, with 6 licenses."},
		"another plan, and it names one":  {billed, store.Standard, e, "6 business "},
		"another plan, and it names none": {store.UsageReport{Seats: 6, Counted: 6, Plan: b, PlanSupposed: true}, store.Standard, e, "6 enterprise "},
		"another source says what is billed": {
			store.UsageReport{Seats: 6, Plan: b}, store.NFR, b, "6 business ",
		},
	} {
		x := standard()
		x.l.Terms = []store.Term{{Since: x.l.Organization.CreatedAt, Plan: tt.on, License: tt.license}}
		x.l.Organization.Plan, x.l.Organization.License = tt.on, tt.license
		tt.report.Source, tt.report.ReportedAt = string(SourceCSV), read
		x.l.Reports = map[store.Month][]store.UsageReport{"2026-03": {tt.report}}
		u := Count(x.l, WholeMonth("2026-03"), Rules{})
		n, _ := u.Seats()
		if got := fmt.Sprintf("%d %s %s", n, u.Plan, u.Why); got != tt.want {
			t.Errorf("%s: %q, want %q", name, got, tt.want)
		}
	}
}
