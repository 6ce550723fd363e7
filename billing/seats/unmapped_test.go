package seats

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"seatbridge/store"
	"seatbridge/store/storetest"
)

// CountUnmappedBillable states in SQL who is billed at a moment, billedTime in Go: they have to agree.
func TestUnmappedBillableAgreesWithBilledTime(t *testing.T) {
	t.Parallel()
	s := storetest.Open(t)
	r := rand.New(rand.NewPCG(3, 5))
	now := time.Date(2026, 3, 15, 12, 0, 0, 0, time.UTC)
	for i := range 300 {
		generateUnmapped(t, s, r, fmt.Sprintf("Organization %d", i), now)
	}
	period := ToDate(now)
	want := 0
	for l, err := range s.Ledgers(t.Context(), period.Start(), period.End(), nil) {
		if err != nil {
			t.Fatal(err)
		}
		billed := slices.ContainsFunc(billedTime(l, period), func(b stretch) bool { return !now.Before(b.start) && now.Before(b.end) })
		there := slices.ContainsFunc(l.Seats, func(seat store.Seat) bool { return !seat.JoinedAt.IsZero() && seat.DeletedAt.IsZero() })
		if billed && there && l.Organization.Managed {
			want++
		}
	}
	got, err := s.CountUnmappedBillable(t.Context(), now)
	if err != nil || got != want || want < 30 {
		t.Errorf("the database counts %d, the rule %d, %v", got, want, err)
	}
}

// generateUnmapped makes an organization whose life until now is random; trials end around now.
func generateUnmapped(t *testing.T, s *store.Store, r *rand.Rand, name string, now time.Time) {
	t.Helper()
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	created := now.Add(-trialLength + time.Duration(r.IntN(3)-1)*time.Second)
	o := store.Organization{Name: name, Plan: store.Business, License: store.Standard, Managed: r.IntN(5) > 0, CreatedAt: created}
	if r.IntN(2) == 0 {
		o.License, o.TrialEndsAt = store.Trial, TrialEnd(created)
	}
	o, err := s.CreateOrganization(t.Context(), o)
	must(err)
	if r.IntN(3) > 0 {
		emails := []string{"a@example.com"}
		_, _, err := s.AddSeats(t.Context(), o.ID, emails, created, []time.Time{{}, created}[r.IntN(2)])
		must(err)
	}
	switch r.IntN(5) {
	case 0:
		o.License = store.Standard // the trial is cut short
		must(s.UpdateOrganization(t.Context(), o, now.Add(-time.Hour)))
	case 1:
		must(s.DeleteOrganization(t.Context(), o.ID, now))
	case 2:
		must(s.SuspendOrganization(t.Context(), o.ID, now))
	}
}
