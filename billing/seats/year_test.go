package seats

import (
	"context"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"seatbridge/internal/moment"
	"seatbridge/internal/soak"
	"seatbridge/store"
	"seatbridge/store/storetest"
)

// A year in the lives of random organizations, told twice: once to a ledger, which Count reads, and
// once to an observer who only looks, day after day, at who is there.

// The time that the lives span; the two months before the year let trials and members run into it.
var (
	livesBegin = moment.At("2025-11-01")
	livesEnd   = moment.At("2027-01-01")
)

// TestYearOfThousandOrganizations lives a thousand lives in a soak, a hundred otherwise.
func TestYearOfThousandOrganizations(t *testing.T) {
	t.Parallel()
	organizations := soak.Size(100, 1000)
	var months, billed, enterprise, unbilled, moments int
	for id := range organizations {
		rng := rand.New(rand.NewPCG(2026, uint64(id)))
		happened := life(rng)
		looks := looksAt(rng)
		seen := observe(happened, looks)
		l := ledgerOf(happened)
		for m, want := range seen.months {
			months++
			switch {
			case want.members == 0:
				unbilled++
			case want.plan == store.Enterprise:
				enterprise++
			default:
				billed++
			}
			compare(t, id, l, WholeMonth(m), want)
		}
		for moment, want := range seen.moments {
			if !want.there { // no ledger yet
				continue
			}
			moments++
			compare(t, id, ledgerOf(until(happened, moment)), ToDate(moment), want)
		}
		if t.Failed() {
			t.Fatalf("organization %d: %s", id, tell(happened))
		}
	}
	t.Logf("%d organization months: %d billed on Business, %d on Enterprise, %d without seats or unknown; %d moments",
		months, billed, enterprise, unbilled, moments)
	if months != organizations*14 || billed < months/5 || enterprise < months/5 || unbilled < months/10 {
		t.Error("the lives are too much alike to prove anything")
	}
}

// TestYearThroughStore leads a few of the lives in a real store and counts by the ledgers that it gives.
func TestYearThroughStore(t *testing.T) {
	t.Parallel()
	for id := range 12 {
		t.Run(fmt.Sprint(id), func(t *testing.T) {
			t.Parallel()
			ctx := t.Context()
			s, err := store.Open(ctx, storetest.New(t), make([]byte, 32))
			if err != nil {
				t.Fatal(err)
			}
			defer s.Close()
			happened := life(rand.New(rand.NewPCG(7, uint64(id))))
			if err := lead(ctx, s, happened); err != nil {
				t.Fatal(err)
			}
			for m, want := range observe(happened, nil).months {
				if !want.there { // the organization has no ledger of that month, or one that says so
					continue
				}
				for l, err := range s.Ledgers(ctx, m.Start(), m.End(), []int64{1}) {
					if err != nil {
						t.Fatal(err)
					}
					compare(t, id, l, WholeMonth(m), want)
				}
			}
			if t.Failed() {
				t.Log(tell(happened))
			}
		})
	}
}

// sight is what the observer saw in a month, or in a month up to a moment.
type sight struct {
	there, known     bool // the organization was there; and somebody had spoken of its members, or it was free
	members, pending int  // billed members; those invited at the end, while billed, who are not among them
	plan             store.Plan
}

func compare(t *testing.T, id int, l store.Ledger, p Period, want sight) {
	t.Helper()
	for _, pending := range []bool{false, true} {
		seats := want.members
		if pending {
			seats += want.pending
		}
		u := Count(l, p, always(pending))
		switch {
		case u.Known() != want.known:
			t.Errorf("organization %d, %s (as of %v): known %v, seen %v", id, p, p.AsOf, u.Known(), want.known)
		case want.known && (u.seats != seats || u.Plan != want.plan):
			t.Errorf("organization %d, %s (as of %v, pending %v): counted %d %s, seen %d %s", id, p, p.AsOf, pending, u.seats, u.Plan, seats, want.plan)
		}
	}
}

// A happening is one thing that happens to an organization or to one of its members.
type happening struct {
	at      time.Time
	what    string
	person  string // a member, however the address is written
	email   string // the address as it was written this time
	plan    store.Plan
	license store.License
}

func tell(happened []happening) string {
	var b strings.Builder
	for _, h := range happened {
		fmt.Fprintf(&b, "\n%s %s %s %s %s", h.at.Format(time.DateTime), h.what, h.email, h.plan, h.license)
	}
	return b.String()
}

// until is what happened up to and including a moment.
func until(happened []happening, moment time.Time) []happening {
	i := slices.IndexFunc(happened, func(h happening) bool { return h.at.After(moment) })
	if i < 0 {
		return happened
	}
	return happened[:i]
}

// life makes up what happens to an organization, in order.
func life(rng *rand.Rand) []happening {
	f := &fate{rng: rng, members: map[string]string{}, people: 2 + rng.IntN(14)}
	f.begin()
	for {
		f.now = f.next()
		if f.over || !f.now.Before(livesEnd) {
			return f.happened
		}
		f.step()
	}
}

// fate knows just enough to let only things happen that can.
type fate struct {
	rng       *rand.Rand
	now       time.Time
	people    int
	members   map[string]string // person: invited, member, suspended
	plan      store.Plan
	license   store.License
	suspended bool
	over      bool
	happened  []happening
}

func (f *fate) happen(what, person, email string) {
	f.happened = append(f.happened, happening{f.now, what, person, email, f.plan, f.license})
}

func (f *fate) begin() {
	days := int(livesEnd.Sub(livesBegin).Hours()) / 24
	f.now = livesBegin.AddDate(0, 0, f.rng.IntN(days)*f.rng.IntN(days)/days*f.rng.IntN(2))
	f.plan = store.Plans()[f.rng.IntN(2)]
	f.license = []store.License{store.Standard, store.Standard, store.Standard, store.Trial, store.Trial, store.Trial, store.NFR}[f.rng.IntN(7)]
	f.now = f.nearby(f.now)
	if f.license == store.Trial && f.rng.IntN(3) == 0 { // whose end falls on a month's first second, or beside it
		f.now = f.now.AddDate(0, 1, 1-f.now.Day()).Truncate(24*time.Hour).AddDate(0, 0, -14).Add(time.Duration(f.rng.IntN(3)-1) * time.Second)
	}
	f.happen("created", "", "")
}

// next is when something happens again: often days later, sometimes in the same second or the next,
// sometimes where one month meets another.
func (f *fate) next() time.Time {
	switch f.rng.IntN(8) {
	case 0:
		return f.now.Add(time.Duration(f.rng.IntN(2)) * time.Second)
	case 1:
		month := store.MonthOf(f.now).End().Add(time.Duration(f.rng.IntN(3)-1) * time.Second)
		return Later(month, f.now)
	default:
		return Later(f.nearby(f.now.Add(time.Duration(f.rng.IntN(10*24*60*60))*time.Second)), f.now)
	}
}

// nearby is the moment itself or the beginning of its day.
func (f *fate) nearby(t time.Time) time.Time {
	if f.rng.IntN(3) == 0 {
		return t.Truncate(24 * time.Hour)
	}
	return t.Add(time.Duration(f.rng.IntN(60*60)) * time.Second)
}

func (f *fate) step() {
	switch dice := f.rng.IntN(1000); {
	case dice < 6:
		f.over = true
		f.happen("deleted", "", "")
	case dice < 30:
		f.suspended = !f.suspended
		f.happen(map[bool]string{true: "suspended", false: "reactivated"}[f.suspended], "", "")
	case dice < 90:
		f.plan = store.Plans()[f.rng.IntN(2)]
		f.happen("agreed", "", "")
	case dice < 115:
		f.license = []store.License{store.Standard, store.Standard, store.Standard, store.NFR}[f.rng.IntN(4)]
		f.happen("agreed", "", "")
	default:
		n := f.rng.IntN(f.people)
		f.stepOfMember(fmt.Sprintf("%s%02d@example.com", []string{"member", "mémber"}[n%2], n/2)) // an accent makes somebody else
	}
}

func (f *fate) stepOfMember(person string) {
	happen := func(what, becomes string) {
		f.happen(what, person, f.written(person))
		f.members[person] = becomes
	}
	leaves := f.rng.IntN(3) == 0
	switch f.members[person] {
	case "":
		if f.rng.IntN(3) == 0 {
			happen("invites", "invited")
		} else {
			happen("adds", "member")
		}
	case "invited":
		if leaves {
			happen("removes", "")
		} else {
			happen("joins", "member")
		}
	case "member":
		if leaves {
			happen("removes", "")
		} else {
			happen("suspends", "suspended")
		}
	case "suspended":
		if leaves {
			happen("removes", "")
		} else {
			happen("restores", "member")
		}
	}
}

// written is an address as somebody types it.
func (f *fate) written(person string) string {
	if f.rng.IntN(3) == 0 {
		return strings.ToUpper(person[:1]) + person[1:]
	}
	return person
}

// looksAt are a few moments for real-time figures, in order.
func looksAt(rng *rand.Rand) []time.Time {
	var looks []time.Time
	for range 6 {
		t := livesBegin.Add(time.Duration(rng.Int64N(int64(livesEnd.Sub(livesBegin)/time.Second))) * time.Second)
		if rng.IntN(3) == 0 {
			t = store.MonthOf(t).Start().Add(time.Duration(rng.IntN(2)-1) * time.Second)
		}
		looks = append(looks, Later(t, livesBegin))
	}
	slices.SortFunc(looks, time.Time.Compare)
	return slices.Compact(looks)
}

// sights is all that the observer saw.
type sights struct {
	months  map[store.Month]sight
	moments map[time.Time]sight
}

// observe looks at the organization day by day, and at each part of a day between two instants at which
// anything changes. It knows the rule of docs/billing-rules.md section 2 as a person would say it and nothing of ledgers.
func observe(happened []happening, looks []time.Time) sights {
	o := observer{members: map[string]string{}, seen: map[string]bool{}}
	ever := slices.ContainsFunc(happened, tellsOfMembers)
	seen := sights{map[store.Month]sight{}, map[time.Time]sight{}}
	changes := slices.Concat(looks, []time.Time{happened[0].at.AddDate(0, 0, 14)})
	for _, h := range happened {
		changes = append(changes, h.at)
	}
	slices.SortFunc(changes, time.Time.Compare)
	heard, next := 0, 0
	for day := livesBegin; day.Before(livesEnd); day = day.AddDate(0, 0, 1) {
		tomorrow := day.AddDate(0, 0, 1)
		instants := []time.Time{day}
		for ; next < len(changes) && changes[next].Before(tomorrow); next++ {
			instants = append(instants, changes[next])
		}
		for _, instant := range instants {
			for ; heard < len(happened) && !happened[heard].at.After(instant); heard++ {
				o.hear(happened[heard])
			}
			o.look(instant)
			if slices.Contains(looks, instant) {
				seen.moments[instant] = o.sight(o.told)
			}
		}
		if tomorrow.Day() == 1 {
			seen.months[store.MonthOf(day)] = o.sight(ever)
			o.forget()
		}
	}
	return seen
}

func tellsOfMembers(h happening) bool { return h.what == "invites" || h.what == "adds" }

type observer struct {
	there, gone  bool
	told         bool // of a member, at any time so far
	license      store.License
	plan         store.Plan
	trialUntil   time.Time
	members      map[string]string
	billed       bool            // at the last look
	seen         map[string]bool // this month, while billed
	billedInAny  bool            // this month
	onEnterprise bool            // this month, while billed
}

func (o *observer) hear(h happening) {
	o.told = o.told || tellsOfMembers(h)
	switch h.what {
	case "created":
		o.there, o.plan, o.license, o.trialUntil = true, h.plan, h.license, h.at.AddDate(0, 0, 14)
	case "agreed":
		o.plan, o.license = h.plan, h.license
	case "deleted":
		o.gone = true
		clear(o.members)
	case "invites":
		o.members[h.person] = "invited"
	case "adds", "joins", "suspends", "restores":
		o.members[h.person] = "member"
	case "removes":
		delete(o.members, h.person)
	}
}

func (o *observer) look(now time.Time) {
	inTrial := o.license == store.Trial && now.Before(o.trialUntil)
	o.billed = o.there && !o.gone && !inTrial && o.license != store.NFR
	if !o.billed {
		return
	}
	o.billedInAny = true
	o.onEnterprise = o.onEnterprise || o.plan == store.Enterprise
	for person, state := range o.members {
		if state == "member" {
			o.seen[person] = true
		}
	}
}

// sight is what was seen since forgetting, told whether anybody ever spoke of a member.
func (o *observer) sight(told bool) sight {
	s := sight{there: o.there, known: o.there && (told || !o.billedInAny), members: len(o.seen), plan: o.plan}
	if o.billedInAny {
		s.plan = store.Business
	}
	if o.onEnterprise {
		s.plan = store.Enterprise
	}
	for person, state := range o.members {
		if o.billed && state == "invited" && !o.seen[person] {
			s.pending++
		}
	}
	return s
}

func (o *observer) forget() {
	clear(o.seen)
	o.billedInAny, o.onEnterprise = false, false
}

// ledgerOf writes down what happened as the store does.
func ledgerOf(happened []happening) store.Ledger {
	var l store.Ledger
	present := map[string]int{} // index into l.Seats
	o := &l.Organization
	for _, h := range happened {
		switch h.what {
		case "created":
			*o = store.Organization{ID: 1, Name: "Example", Managed: true, CreatedAt: h.at}
			if h.license == store.Trial {
				o.TrialEndsAt = TrialEnd(h.at)
			}
			fallthrough
		case "agreed":
			l.Terms = slices.DeleteFunc(l.Terms, func(t store.Term) bool { return t.Since.Equal(h.at) })
			l.Terms = append(l.Terms, store.Term{Since: h.at, Plan: h.plan, License: h.license})
			o.Plan, o.License = h.plan, h.license
		case "suspended":
			o.SuspendedAt = h.at
		case "reactivated":
			o.SuspendedAt = time.Time{}
		case "deleted":
			o.DeletedAt = h.at
			for i := range maps.Values(present) {
				l.Seats[i].DeletedAt = h.at
			}
		case "invites", "adds":
			seat := store.Seat{ID: int64(len(l.Seats) + 1), OrganizationID: 1, Email: h.email}
			if h.what == "invites" {
				seat.InvitedAt = h.at
			} else {
				seat.JoinedAt = h.at
			}
			if o.MembersSince.IsZero() {
				o.MembersSince = h.at
			}
			present[h.person] = len(l.Seats)
			l.Seats = append(l.Seats, seat)
		case "joins":
			l.Seats[present[h.person]].JoinedAt = h.at
		case "suspends":
			l.Seats[present[h.person]].SuspendedAt = h.at
		case "restores":
			l.Seats[present[h.person]].SuspendedAt = time.Time{}
		case "removes":
			l.Seats[present[h.person]].DeletedAt = h.at
			delete(present, h.person)
		}
	}
	return l
}

// lead makes the same things happen to an organization in the store.
func lead(ctx context.Context, s *store.Store, happened []happening) error {
	for _, h := range happened {
		if err := leadOne(ctx, s, h); err != nil {
			return fmt.Errorf("%s %s: %w", h.what, h.email, err)
		}
	}
	return nil
}

func leadOne(ctx context.Context, s *store.Store, h happening) (err error) {
	actions := map[string]store.SeatAction{
		"joins": store.SeatJoin, "suspends": store.SeatSuspend, "restores": store.SeatReactivate, "removes": store.SeatDelete,
	}
	o := store.Organization{ID: 1, Name: "Example", Managed: true, Plan: h.plan, License: h.license, CreatedAt: h.at}
	switch h.what {
	case "created":
		if h.license == store.Trial {
			o.TrialEndsAt = TrialEnd(h.at)
		}
		_, err = s.CreateOrganization(ctx, o)
	case "agreed":
		err = s.UpdateOrganization(ctx, o, h.at)
	case "suspended":
		err = s.SuspendOrganization(ctx, 1, h.at)
	case "reactivated":
		err = s.SuspendOrganization(ctx, 1, time.Time{})
	case "deleted":
		err = s.DeleteOrganization(ctx, 1, h.at)
	case "invites":
		_, _, err = s.AddSeats(ctx, 1, []string{h.email}, h.at, time.Time{})
	case "adds":
		_, _, err = s.AddSeats(ctx, 1, []string{h.email}, time.Time{}, h.at)
	default:
		seats, _, err := s.Seats(ctx, store.SeatFilter{OrganizationID: 1, Search: h.person, Limit: 1})
		if err != nil {
			return err
		}
		changed, err := s.ChangeSeats(ctx, 1, []int64{seats[0].ID}, actions[h.what], h.at)
		if err == nil && changed != 1 {
			err = fmt.Errorf("%d seats changed", changed)
		}
		return err
	}
	return err
}
