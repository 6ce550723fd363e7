package organizations

import (
	"fmt"
	"testing"

	"seatbridge/internal/moment"
	"seatbridge/store"
)

// What a month is billed by a life as it would be: the plan and the license of the billed time, the higher plan if both were, and whether
// it is free.
func TestBilledIn(t *testing.T) {
	t.Parallel()
	now := moment.At("2026-03-10 12:00")
	at := moment.At
	for name, tt := range map[string]struct {
		states []State
		want   string // of February 2026
	}{
		"all the same":            {[]State{{Plan: b, License: standard}}, "business standard false"},
		"the higher plan at once": {[]State{{Plan: b, License: standard}, {Since: at("2026-02-28 23:59:59"), Plan: e, License: standard}}, "enterprise standard false"},
		"the higher plan before":  {[]State{{Plan: e, License: standard}, {Since: at("2026-02-01"), Plan: b, License: standard}}, "business standard false"},
		"the higher plan within":  {[]State{{Plan: e, License: standard}, {Since: at("2026-02-01 00:00:01"), Plan: b, License: standard}}, "enterprise standard false"},
		"the higher plan after":   {[]State{{Plan: b, License: standard}, {Since: at("2026-03-01"), Plan: e, License: standard}}, "business standard false"},
		"NFR":                     {[]State{{Plan: b, License: nfr}}, "business nfr true"},
		"NFR until February":      {[]State{{Plan: b, License: nfr}, {Since: at("2026-02-01"), Plan: b, License: standard}}, "business standard false"},
		"NFR all February":        {[]State{{Plan: b, License: nfr}, {Since: at("2026-03-01"), Plan: b, License: standard}}, "business nfr true"},
		"NFR from within":         {[]State{{Plan: b, License: standard}, {Since: at("2026-02-02"), Plan: b, License: nfr}}, "business standard false"},
		"NFR from February on":    {[]State{{Plan: b, License: standard}, {Since: at("2026-02-01"), Plan: b, License: nfr}}, "business nfr true"},
		"a trial that was over":   {[]State{{Plan: b, License: trial}}, "business trial false"},
	} {
		o := store.Organization{ID: 1, Name: "Acme", CreatedAt: at("2026-01-02"), StartSaid: true, EnteredAt: now}
		fresh := store.Life{Terms: []store.Term{{Since: o.CreatedAt, Plan: b, License: standard}}, Management: []store.Management{{Since: o.CreatedAt}}}
		r, err := Reconsider(o, fresh, now, func(h *History) { h.States = tt.states })
		if err != nil {
			t.Fatal(name, err)
		}
		if plan, license, free := r.BilledIn("2026-02"); fmt.Sprint(plan, " ", license, " ", free) != tt.want {
			t.Errorf("%s: %s %s %t, want %s", name, plan, license, free, tt.want)
		}
	}
}

// A trial that lasts all the month is free, one that ends in it is not.
func TestBilledInATrial(t *testing.T) {
	t.Parallel()
	o := store.Organization{ID: 1, CreatedAt: moment.At("2026-02-20"), StartSaid: true}
	life := store.Life{Terms: []store.Term{{Since: o.CreatedAt, Plan: b, License: standard}}, Management: []store.Management{{Since: o.CreatedAt}}}
	for ends, want := range map[string]bool{"2026-03-01": true, "2026-02-28 23:59:59": false} {
		r, err := Reconsider(o, life, moment.At("2026-03-10"), func(h *History) { h.States[0].License, h.TrialEnds = trial, moment.At(ends) })
		if err != nil {
			t.Fatal(err)
		}
		if _, _, free := r.BilledIn("2026-02"); free != want {
			t.Errorf("a trial until %s is free: %t", ends, free)
		}
	}
}

// Only billed time decides the plan: what was in force in the trial or in NFR time does not (docs/billing-rules.md example 17).
func TestBilledInByBilledTimeOnly(t *testing.T) {
	t.Parallel()
	at := moment.At
	for name, tt := range map[string]struct {
		states []State
		want   string // of February 2026
	}{
		"Enterprise in the trial only": {[]State{{Plan: e, License: trial}, {Since: at("2026-02-10"), Plan: b, License: trial}}, "business trial false"},
		"Enterprise after the trial":   {[]State{{Plan: b, License: trial}, {Since: at("2026-02-18"), Plan: e, License: trial}}, "enterprise trial false"},
		"Enterprise in NFR time only":  {[]State{{Plan: e, License: nfr}, {Since: at("2026-02-10"), Plan: b, License: standard}}, "business standard false"},
		"Enterprise before NFR time":   {[]State{{Plan: e, License: standard}, {Since: at("2026-02-10"), Plan: b, License: nfr}}, "enterprise standard false"},
	} {
		o := store.Organization{ID: 1, Name: "Acme", CreatedAt: at("2026-02-03"), StartSaid: true, EnteredAt: at("2026-02-03")}
		fresh := store.Life{Terms: []store.Term{{Since: o.CreatedAt, Plan: b, License: standard}}, Management: []store.Management{{Since: o.CreatedAt}}}
		r, err := Reconsider(o, fresh, at("2026-03-10"), func(h *History) { h.States = tt.states })
		if err != nil {
			t.Fatal(name, err)
		}
		if plan, license, free := r.BilledIn("2026-02"); fmt.Sprint(plan, " ", license, " ", free) != tt.want {
			t.Errorf("%s: %s %s %t, want %s", name, plan, license, free, tt.want)
		}
	}
}

// The start that is supposed moves with the first member, and with it the end of a trial that nobody said.
func TestSuppose(t *testing.T) {
	t.Parallel()
	o := store.Organization{CreatedAt: moment.At("2026-03-10"), TrialEndsAt: moment.At("2026-03-24")}
	life := store.Life{Terms: []store.Term{{Since: o.CreatedAt, Plan: b, License: trial}}}
	said, ended := o, o
	said.StartSaid, ended.EndSaid = true, true
	for name, tt := range map[string]struct {
		o     store.Organization
		first string
		want  string
	}{
		"earlier":             {o, "2026-03-01", "[{Supposed start 2026-03-10 2026-03-01} {Trial ends 2026-03-24 2026-03-15}]"},
		"later":               {o, "2026-03-11", "[]"},
		"said":                {said, "2026-03-01", "[]"},
		"the trial's end was": {ended, "2026-03-01", "[{Supposed start 2026-03-10 2026-03-01}]"},
	} {
		if got := fmt.Sprint(Suppose(tt.o, life, moment.At(tt.first))); got != tt.want {
			t.Errorf("%s: %s, want %s", name, got, tt.want)
		}
	}
}
