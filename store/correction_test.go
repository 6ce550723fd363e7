package store

import (
	"errors"
	"testing"
	"time"
)

func TestCorrections(t *testing.T) {
	t.Parallel()
	s := openTest(t)
	o := newOrganizations(t, s, 2)[0]
	march := Month("2026-03")
	entry := Activity{At: t0, Actor: "bob@example.com", Category: CategoryBilling, Action: "Did it.", OrganizationID: o.ID}
	correct := func(seats int) error {
		return s.SaveCorrection(t.Context(), Correction{OrganizationID: o.ID, Month: march, Seats: seats, Plan: Business, Reason: "x", At: t0, By: "ann@example.com"}, entry)
	}
	inForce := func() map[Month]Correction {
		t.Helper()
		return ledgers(t, s, march.Start(), march.End(), []int64{o.ID})[o.Name].Corrections
	}
	_, before, err := s.LedgerChanges(t.Context(), 0)
	check(t, err)
	check(t, correct(1))
	check(t, correct(2))
	if got := inForce(); len(got) != 1 || got[march].Seats != 2 || got[march].By != "ann@example.com" || !got[march].At.Equal(t0) {
		t.Errorf("in force: %+v", got)
	}
	if ids, _, err := s.LedgerChanges(t.Context(), before); err != nil || len(ids) != 1 || ids[0] != o.ID {
		t.Errorf("changed ledgers %v, %v", ids, err)
	}
	april := ledgers(t, s, march.End(), march.End().Add(time.Hour), []int64{o.ID})[o.Name]
	if len(april.Corrections) != 0 {
		t.Errorf("April has %+v", april.Corrections)
	}
	check(t, s.WithdrawCorrection(t.Context(), o.ID, march, entry))
	if got := inForce(); len(got) != 0 {
		t.Errorf("in force after withdrawal: %+v", got)
	}
	if err := s.WithdrawCorrection(t.Context(), o.ID, march, entry); !errors.Is(err, ErrNotFound) {
		t.Errorf("withdrawn twice: %v", err)
	}
	all := must[[]Correction](t)(s.Corrections(t.Context(), o.ID, march))
	if len(all) != 2 || all[0].Seats != 2 || all[0].WithdrawnBy != "bob@example.com" || all[1].WithdrawnBy != "ann@example.com" {
		t.Errorf("all: %+v", all)
	}
	if entries, _, err := s.Activities(t.Context(), ActivityFilter{OrganizationID: o.ID}); err != nil || len(entries) != 3 {
		t.Errorf("%d entries, %v", len(entries), err)
	}
	for _, bad := range []Correction{{OrganizationID: 99, Reason: "x", Seats: 1}, {OrganizationID: o.ID, Seats: 1}, {OrganizationID: o.ID, Reason: "x", Seats: -1}} {
		bad.Month, bad.Plan, bad.At, bad.By = march, Business, t0, "ann@example.com"
		if err := s.SaveCorrection(t.Context(), bad, entry); err == nil {
			t.Errorf("saved %+v", bad)
		}
	}
}

func TestOrganizationKeys(t *testing.T) {
	t.Parallel()
	s := openTest(t)
	all := newOrganizations(t, s, 3)
	for _, sort := range []string{"", "license", "company"} {
		keys := must[[]OrganizationKey](t)(s.OrganizationKeys(t.Context(), OrganizationFilter{Sort: sort}))
		if len(keys) != 3 || keys[0].ID != all[0].ID || !keys[0].CreatedAt.Equal(all[0].CreatedAt) {
			t.Errorf("by %q: %+v", sort, keys)
		}
	}
}
