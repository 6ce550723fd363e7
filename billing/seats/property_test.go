package seats

import (
	"fmt"
	"math/rand/v2"
	"reflect"
	"slices"
	"testing"
	"time"

	"seatbridge/store"
)

// eachLedger runs a check on many random ledgers, each with its months and both rules. The generator is
// seeded by the number in the subtest's name.
func eachLedger(t *testing.T, check func(t *testing.T, rng *rand.Rand, l store.Ledger, p Period, r Rules)) {
	t.Helper()
	for seed := range 100 {
		rng := rand.New(rand.NewPCG(4, uint64(seed)))
		l := ledgerOf(life(rng))
		for m := store.MonthOf(livesBegin); m.Start().Before(livesEnd); m = m.Add(1) {
			for _, pending := range []bool{false, true} {
				check(t, rng, l, WholeMonth(m), always(pending))
			}
		}
		if t.Failed() {
			t.Fatalf("seed %d: %+v", seed, l)
		}
	}
}

// randomMoment is any second of the period or one next to its ends.
func randomMoment(rng *rand.Rand, p Period) time.Time {
	seconds := int(p.End().Sub(p.Start()) / time.Second)
	offset := []int{0, 1, seconds - 1, rng.IntN(seconds)}[rng.IntN(4)]
	return p.Start().Add(time.Duration(offset) * time.Second)
}

func TestCountIsNeverNegativeAndIsExplained(t *testing.T) {
	t.Parallel()
	eachLedger(t, func(t *testing.T, _ *rand.Rand, l store.Ledger, p Period, r Rules) {
		u := Count(l, p, r)
		if u.seats < 0 || u.Ledger < 0 || u.seats > len(l.Seats) {
			t.Errorf("%s: %d seats of %d", p, u.seats, len(l.Seats))
		}
		if counted := counted(Explain(l, p, r)); counted != u.Ledger {
			t.Errorf("%s: the explanation counts %d seats, the ledger %d", p, counted, u.Ledger)
		}
		if (!u.Known() || u.seats == 0) == (u.Why == "") {
			t.Errorf("%s: %d seats, known %v, why %q", p, u.seats, u.Known(), u.Why)
		}
	})
}

func counted(shares []SeatShare) int {
	n := 0
	for _, s := range shares {
		if s.Counted {
			n++
		}
	}
	return n
}

func TestCountGrowsWithSeats(t *testing.T) {
	t.Parallel()
	eachLedger(t, func(t *testing.T, rng *rand.Rand, l store.Ledger, p Period, r Rules) {
		before := Count(l, p, r)
		l.Seats = slices.Concat(l.Seats, []store.Seat{randomSeat(rng, p)})
		after := Count(l, p, r)
		if grown := after.seats - before.seats; grown < 0 || grown > 1 || after.Plan != before.Plan {
			t.Errorf("%s: %d %s, with one seat more %d %s", p, before.seats, before.Plan, after.seats, after.Plan)
		}
	})
}

// randomSeat is a stay around the period, of somebody new or of a member who was there before.
func randomSeat(rng *rand.Rand, p Period) store.Seat {
	joined := randomMoment(rng, p).AddDate(0, rng.IntN(3)-1, 0)
	s := store.Seat{Email: fmt.Sprintf("member%02d@example.com", rng.IntN(15))}
	if rng.IntN(3) == 0 {
		s.InvitedAt = joined.Add(-time.Hour)
	}
	if s.InvitedAt.IsZero() || rng.IntN(2) == 0 {
		s.JoinedAt = joined
	}
	if rng.IntN(2) == 0 {
		s.DeletedAt = joined.Add(time.Duration(rng.IntN(60*24)) * time.Hour)
	}
	return s
}

func TestCountIgnoresTheOrderOfSeats(t *testing.T) {
	t.Parallel()
	eachLedger(t, func(t *testing.T, rng *rand.Rand, l store.Ledger, p Period, r Rules) {
		before := Count(l, p, r)
		l.Seats = slices.Clone(l.Seats)
		rng.Shuffle(len(l.Seats), func(i, j int) { l.Seats[i], l.Seats[j] = l.Seats[j], l.Seats[i] })
		if after := Count(l, p, r); !reflect.DeepEqual(after, before) {
			t.Errorf("%s: %+v, shuffled %+v", p, before, after)
		}
	})
}

// TestCountAddsUp parts the people of an organization between two: together they have the same seats,
// and somebody who is in both counts in both.
func TestCountAddsUp(t *testing.T) {
	t.Parallel()
	eachLedger(t, func(t *testing.T, _ *rand.Rand, l store.Ledger, p Period, r Rules) {
		first, second := l, l
		first.Seats, second.Seats = nil, nil
		for _, s := range l.Seats {
			if store.FoldEmail(s.Email) < "member04" {
				first.Seats = append(first.Seats, s)
			} else {
				second.Seats = append(second.Seats, s)
			}
		}
		whole, a, b := Count(l, p, r), Count(first, p, r), Count(second, p, r)
		if a.seats+b.seats != whole.seats || a.Plan != whole.Plan || b.Plan != whole.Plan {
			t.Errorf("%s: %d seats, in two parts %d and %d", p, whole.seats, a.seats, b.seats)
		}
	})
}

func TestCountingPendingAddsOnly(t *testing.T) {
	t.Parallel()
	eachLedger(t, func(t *testing.T, _ *rand.Rand, l store.Ledger, p Period, _ Rules) {
		off, on := Count(l, p, Rules{}), Count(l, p, always(true))
		if on.seats < off.seats || on.Plan != off.Plan || on.Known() != off.Known() {
			t.Errorf("%s: %d %s without pending seats, %d %s with them", p, off.seats, off.Plan, on.seats, on.Plan)
		}
	})
}

func TestSuspendingChangesNoFigure(t *testing.T) {
	t.Parallel()
	eachLedger(t, func(t *testing.T, rng *rand.Rand, l store.Ledger, p Period, r Rules) {
		before := Count(l, p, r)
		l.Organization.SuspendedAt = randomMoment(rng, p)
		l.Seats = slices.Clone(l.Seats)
		for i := range l.Seats {
			l.Seats[i].SuspendedAt = [...]time.Time{{}, randomMoment(rng, p), livesBegin}[rng.IntN(3)]
		}
		if after := Count(l, p, r); !reflect.DeepEqual(after, before) {
			t.Errorf("%s: %+v, suspended %+v", p, before, after)
		}
	})
}

// TestMonthIsNeverBelowItsMoments does not hold for pending seats: an invitation counts only at the end.
func TestMonthIsNeverBelowItsMoments(t *testing.T) {
	t.Parallel()
	eachLedger(t, func(t *testing.T, rng *rand.Rand, l store.Ledger, p Period, _ Rules) {
		soon, late := randomMoment(rng, p), randomMoment(rng, p)
		if late.Before(soon) {
			soon, late = late, soon
		}
		last := Count(l, p, Rules{})
		for _, moment := range []time.Time{late, soon} {
			u := Count(l, ToDate(moment), Rules{})
			if u.seats > last.seats || (u.Known() && !last.Known() && u.Source() != SourceLicense) { // free so far
				t.Errorf("%s: %d seats at %s, then %d", p, u.seats, moment, last.seats)
			}
			if u.seats > 0 && u.Plan == store.Enterprise && last.Plan != store.Enterprise {
				t.Errorf("%s: Enterprise at %s, then %s", p, moment, last.Plan)
			}
			last = u
		}
	})
}

// TestReportOverrulesTheLedger holds whatever the ledger has, and the ledger's own number stays.
func TestReportOverrulesTheLedger(t *testing.T) {
	t.Parallel()
	eachLedger(t, func(t *testing.T, rng *rand.Rand, l store.Ledger, p Period, r Rules) {
		before := Count(l, p, r)
		report := store.UsageReport{Month: p.Month, Seats: rng.IntN(9), Plan: store.Plans()[rng.IntN(2)], Source: "csv"}
		l.Reports = map[store.Month][]store.UsageReport{p.Month: {report}}
		u := Count(l, p, r)
		if !u.Known() || u.seats != report.Seats || u.Plan != report.Plan || u.Source() != "csv" || u.Ledger != before.Ledger {
			t.Errorf("%s: %+v with the report %+v, %+v without", p, u, report, before)
		}
		if next := Count(l, WholeMonth(p.Month.Add(1)), r); next.Source() == SourceCSV {
			t.Errorf("%s: the report of %s was taken", next.Period, p)
		}
	})
}
