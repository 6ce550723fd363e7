package seats

import (
	"fmt"
	"testing"

	"seatbridge/internal/moment"
	"seatbridge/store"
)

// The worked examples of docs/billing-rules.md section 6: March 2026, then April. Standard license and Business
// unless the example says otherwise.

// example builds a ledger; its methods say what happened.
type example struct{ l store.Ledger }

func org(created string, plan store.Plan, license store.License) *example {
	o := store.Organization{ID: 1, Name: "Example", Plan: plan, License: license, Managed: true, CreatedAt: moment.At(created)}
	if license == store.Trial {
		o.TrialEndsAt = TrialEnd(o.CreatedAt)
	}
	return &example{store.Ledger{Organization: o, Terms: []store.Term{{Since: o.CreatedAt, Plan: plan, License: license}}}}
}

func standard() *example { return org("2025-06-01", store.Business, store.Standard) }

// members adds seats that joined on the day, named by letters.
func (e *example) members(joined, letters string) *example {
	for _, c := range letters {
		e.l.Seats = append(e.l.Seats, store.Seat{ID: int64(len(e.l.Seats) + 1), Email: fmt.Sprintf("%c@example.com", c), JoinedAt: moment.At(joined)})
	}
	return e
}

func (e *example) old(letters string) *example { return e.members("2025-06-02", letters) }

func (e *example) each(letters string, change func(*store.Seat)) *example {
	for _, c := range letters {
		for i := range e.l.Seats {
			if s := &e.l.Seats[i]; s.Email == fmt.Sprintf("%c@example.com", c) && s.DeletedAt.IsZero() {
				change(s)
			}
		}
	}
	return e
}

func (e *example) deleted(when, letters string) *example {
	return e.each(letters, func(s *store.Seat) { s.DeletedAt = moment.At(when) })
}

func (e *example) suspended(when, letters string) *example {
	return e.each(letters, func(s *store.Seat) { s.SuspendedAt = moment.At(when) })
}

func (e *example) invited(when, letters string) *example {
	for _, c := range letters {
		e.l.Seats = append(e.l.Seats, store.Seat{ID: int64(len(e.l.Seats) + 1), Email: fmt.Sprintf("%c@example.com", c), InvitedAt: moment.At(when)})
	}
	return e
}

func (e *example) joined(when, letters string) *example {
	return e.each(letters, func(s *store.Seat) { s.JoinedAt = moment.At(when) })
}

func (e *example) term(when string, plan store.Plan, license store.License) *example {
	e.l.Organization.Plan, e.l.Organization.License = plan, license
	e.l.Terms = append(e.l.Terms, store.Term{Since: moment.At(when), Plan: plan, License: license})
	return e
}

func (e *example) plan(when string, plan store.Plan) *example {
	return e.term(when, plan, e.l.Organization.License)
}

func (e *example) gone(when string) *example {
	e.l.Organization.DeletedAt = moment.At(when)
	return e.deleted(when, "abcdefghijkl")
}

func (e *example) dormant(when string) *example {
	e.l.Organization.SuspendedAt = moment.At(when)
	return e
}

// report is what was reported for March 2026.
func (e *example) report(seats int, plan store.Plan) *example {
	const month = "2026-03"
	e.l.Reports = map[store.Month][]store.UsageReport{month: {{OrganizationID: 1, Month: month, Seats: seats, Plan: plan, Source: "csv"}}}
	return e
}

// none is that somebody said that there are no members.
func (e *example) none(when string) *example {
	e.l.Organization.NoMembersAt, e.l.Organization.NoMembersBy = moment.At(when), "ann@example.com"
	return e
}

const unknown = -1

type figure struct {
	seats int
	plan  store.Plan
}

const b, e = store.Business, store.Enterprise

func TestWorkedExamples(t *testing.T) {
	t.Parallel()
	trial := func(created string, plan store.Plan) *example { return org(created, plan, store.Trial) }
	tests := []struct {
		name         string
		ledger       *example
		march, april figure
		pending      bool
	}{
		{"1 nothing changes", standard().old("abcde"), figure{5, b}, figure{5, b}, false},
		{"2 joins on the 17th", standard().old("abcd").members("2026-03-17", "e"), figure{5, b}, figure{5, b}, false},
		{"3 deleted on the 12th", standard().old("abcde").deleted("2026-03-12", "e"), figure{5, b}, figure{4, b}, false},
		{"4 deleted the month before", standard().old("abcde").deleted("2026-02-27", "e"), figure{4, b}, figure{4, b}, false},
		{"5 one day", standard().old("abcd").members("2026-03-10", "e").deleted("2026-03-11", "e"), figure{5, b}, figure{4, b}, false},
		{"6 one out, one in", standard().old("a").deleted("2026-03-15", "a").members("2026-03-15", "b"), figure{2, b}, figure{1, b}, false},
		{"7 suspended for months", standard().old("abcde").suspended("2026-02-01", "e"), figure{5, b}, figure{5, b}, false},
		{"8 suspended, then deleted", standard().old("abcde").suspended("2026-03-05", "e").deleted("2026-03-20", "e"), figure{5, b}, figure{4, b}, false},
		{"9 leaves and returns", standard().old("abcde").deleted("2026-03-03", "e").members("2026-03-20", "e"), figure{5, b}, figure{5, b}, false},
		{"10 upgrade on the last day", standard().old("abcde").plan("2026-03-31", e), figure{5, e}, figure{5, e}, false},
		{"11 downgrade on the first morning", org("2025-06-01", e, store.Standard).old("abcde").plan("2026-03-01 09:00", b), figure{5, e}, figure{5, b}, false},
		{"12 up and down, a seat gone before", standard().old("abcde").deleted("2026-03-09", "e").plan("2026-03-10", e).plan("2026-03-12", b), figure{5, e}, figure{4, b}, false},
		{"13 deleted in its trial", trial("2026-03-03", b).members("2026-03-03", "abcd").gone("2026-03-16"), figure{0, b}, figure{0, b}, false},
		{"14 trial ends in April", trial("2026-03-20 12:00", b).members("2026-03-20 12:00", "abcd"), figure{0, b}, figure{4, b}, false},
		{"15 left before the trial ended", trial("2026-03-03", b).members("2026-03-03", "abcdef").deleted("2026-03-15", "ef"), figure{4, b}, figure{4, b}, false},
		{"16 left after the trial ended", trial("2026-03-03", b).members("2026-03-03", "abcdef").deleted("2026-03-18", "ef"), figure{6, b}, figure{4, b}, false},
		{"17 Enterprise only in the trial", trial("2026-03-03", e).members("2026-03-03", "abcd").plan("2026-03-10", b), figure{4, b}, figure{4, b}, false},
		{"18 NFR", org("2025-06-01", b, store.NFR).old("abcdefgh"), figure{0, b}, figure{0, b}, false},
		{"19 organization deleted", standard().old("abcde").gone("2026-03-14"), figure{5, b}, figure{0, b}, false},
		{"20 organization deleted before", standard().old("abcde").gone("2026-02-28"), figure{0, b}, figure{0, b}, false},
		{"21 organization suspended", standard().old("abcde").dormant("2026-02-10"), figure{5, b}, figure{5, b}, false},
		{"22 created on the last evening", org("2026-03-31 23:00", b, store.Standard).members("2026-03-31 23:00", "abc"), figure{3, b}, figure{3, b}, false},
		{"23 joins as April begins", standard().old("abcd").members("2026-04-01", "e"), figure{4, b}, figure{5, b}, false},
		{"24 deleted as April begins", standard().old("abcde").deleted("2026-04-01", "e"), figure{5, b}, figure{4, b}, false},
		{"25 deleted in March's last second", standard().old("abcde").deleted("2026-03-31 23:59:59", "e"), figure{5, b}, figure{4, b}, false},
		{"26 New York is not UTC", standard().old("abcd").members("2026-04-01 00:30", "e"), figure{4, b}, figure{5, b}, false},
		{"27 pending, not counted", standard().old("abcd").invited("2026-03-05", "fg").joined("2026-04-02", "f").deleted("2026-03-30", "g"), figure{4, b}, figure{5, b}, false},
		{"28 pending, counted", standard().old("abcd").invited("2026-03-05", "fg").joined("2026-04-02", "f").deleted("2026-03-30", "g"), figure{5, b}, figure{5, b}, true},
		{"29 no member ever, nobody spoke", standard(), figure{unknown, b}, figure{unknown, b}, false},
		{"29a no member, somebody said so", standard().none("2026-04-02"), figure{0, b}, figure{0, b}, false},
		{"29b all members left before", standard().old("ab").deleted("2026-02-27", "ab"), figure{0, b}, figure{0, b}, false},
		{"29c no member ever, a report of zero", standard().report(0, b), figure{0, b}, figure{unknown, b}, false},
		{"29d invited only", standard().invited("2026-03-05", "f"), figure{0, b}, figure{0, b}, false},
		{"29e no member ever, free of charge", org("2025-06-01", b, store.NFR), figure{0, b}, figure{0, b}, false},
		{"29f no member ever, in trial until April", trial("2026-03-20 12:00", b), figure{0, b}, figure{unknown, b}, false},
		{"30 nothing known", org("2026-04-10", b, store.Standard).members("2026-04-10", "ab"), figure{unknown, b}, figure{2, b}, false},
		{"31 the report wins", standard().old("abcdef").report(7, b), figure{7, b}, figure{6, b}, false},

		// Beyond the articles' own: corners that follow from the same rules.
		{"32 a report of zero is a zero", standard().old("abc").report(0, b), figure{0, b}, figure{3, b}, false},
		{"33 a report makes an unknown month known", org("2026-04-10", b, store.Standard).members("2026-04-10", "a").report(9, e), figure{9, e}, figure{1, b}, false},
		{"34 a trial made Standard by hand", trial("2026-03-20", b).members("2026-03-20", "abc").term("2026-03-25", b, store.Standard), figure{3, b}, figure{3, b}, false},
		{"35 NFR made Standard in April", org("2025-06-01", b, store.NFR).old("abc").term("2026-04-15", b, store.Standard), figure{0, b}, figure{3, b}, false},
		{"36 Standard made NFR in March", standard().old("abc").term("2026-03-02", b, store.NFR), figure{3, b}, figure{0, b}, false},
		{"37 up for one second", standard().old("ab").plan("2026-03-10 10:00:00", e).plan("2026-03-10 10:00:01", b), figure{2, e}, figure{2, b}, false},
		{"38 Enterprise ends as March begins", org("2025-06-01", e, store.Standard).old("ab").plan("2026-03-01", b), figure{2, b}, figure{2, b}, false},
		{"39 upgrade as April begins", standard().old("ab").plan("2026-04-01", e), figure{2, b}, figure{2, e}, false},
		{"40 pending in a trial", trial("2026-03-25", b).invited("2026-03-26", "ab"), figure{0, b}, figure{2, b}, true},
		{"41 member once, invited again, counted once", standard().old("a").deleted("2026-03-03", "a").invited("2026-03-20", "a"), figure{1, b}, figure{1, b}, true},
		{"42 trial ends as April begins", trial("2026-03-18", b).members("2026-03-18", "ab"), figure{0, b}, figure{2, b}, false},
		{"43 trial ends in March's last second", trial("2026-03-17 23:59:59", b).members("2026-03-18", "ab"), figure{2, b}, figure{2, b}, false},
		{"44 deleted before it was billed, returns after", trial("2026-03-03", b).members("2026-03-03", "a").deleted("2026-03-10", "a").members("2026-03-20", "a"), figure{1, b}, figure{1, b}, false},
		{"45 joins and is deleted on one date", standard().old("abcd").members("2026-03-05", "e").deleted("2026-03-05 23:59:59", "e"), figure{5, b}, figure{4, b}, false},
		{"46 deleted on the date 1 April", standard().old("abcde").deleted("2026-04-01 23:59:59", "e"), figure{5, b}, figure{5, b}, false},
		{"47 a trial that is entered late", entered(trial("2026-03-10", b).members("2026-03-10", "abcd"), "2026-04-20"), figure{4, b}, figure{4, b}, false},
		{"45 left as the trial ended", trial("2026-03-03", b).members("2026-03-03", "abc").deleted("2026-03-17", "c"), figure{2, b}, figure{2, b}, false},
		{"46 left a second after the trial ended", trial("2026-03-03", b).members("2026-03-03", "abc").deleted("2026-03-17 00:00:01", "c"), figure{3, b}, figure{2, b}, false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			check(t, tt.ledger.l, "2026-03", tt.march, tt.pending)
			check(t, tt.ledger.l, "2026-04", tt.april, tt.pending)
		})
	}
}

func check(t *testing.T, l store.Ledger, m store.Month, want figure, pending bool) {
	t.Helper()
	u := Count(l, WholeMonth(m), always(pending))
	if want.seats == unknown {
		if u.Known() || u.Why == "" {
			t.Errorf("%s: %d seats, known %v (%q); want unknown with a reason", m, u.seats, u.Known(), u.Why)
		}
		return
	}
	if !u.Known() {
		t.Fatalf("%s: unknown (%s), want %v", m, u.Why, want)
	}
	if got := (figure{u.seats, u.Plan}); got != want {
		t.Errorf("%s: %v, want %v", m, got, want)
	}
	if u.seats == 0 && u.Reason() == "" {
		t.Errorf("%s: zero without a reason", m)
	}
	counted := 0
	for _, s := range Explain(l, WholeMonth(m), always(pending)) {
		if s.Why == "" {
			t.Errorf("%s: seat %s without a reason", m, s.Email)
		}
		if s.Counted {
			counted++
		}
	}
	if counted != u.Ledger {
		t.Errorf("%s: the explanation counts %d seats, the ledger %d", m, counted, u.Ledger)
	}
}

func TestCountToDate(t *testing.T) {
	t.Parallel()
	l := standard().old("ab").members("2026-03-10 12:00:00", "c").members("2026-03-20", "d").deleted("2026-03-05", "a").l
	for when, want := range map[string]int{
		"2026-03-01 00:00:00": 2,
		"2026-03-05 00:00:00": 2, // a was a member of this month
		"2026-03-10 11:59:59": 2,
		"2026-03-10 12:00:00": 3, // what happened in this second is inside
		"2026-03-31 23:59:59": 4,
	} {
		if u := Count(l, ToDate(moment.At(when)), Rules{}); u.seats != want || !u.Known() {
			t.Errorf("to %s: %d seats, want %d", when, u.seats, want)
		}
	}
}

func TestReportDiffersFromLedger(t *testing.T) {
	t.Parallel()
	u := Count(standard().old("abcdef").report(7, e).l, WholeMonth("2026-03"), Rules{})
	if u.seats != 7 || u.Plan != e || u.Ledger != 6 || u.Source() != "csv" {
		t.Errorf("got %+v, want the report's 7 Enterprise beside the ledger's 6", u)
	}
}
