// Package demo is the sample world: organizations that show every rule, some of them customers of the simulated
// ConnectWise, and what the simulated Provider API reports of them.
package demo

import (
	"context"
	"fmt"
	"math/rand/v2"
	"strings"
	"time"

	"seatbridge/billing/seats"
	"seatbridge/connectwise/cwsim"
	"seatbridge/store"
)

const (
	// sampleSeed makes every demo alike.
	sampleSeed = 2026
	// sampleCustomers is how many sample organizations are customers of the simulated ConnectWise, too.
	sampleCustomers = 24
)

// sample is one organization of the demo and what happened to it.
type sample struct {
	name    string
	plan    store.Plan
	license store.License
	age     int // days since it was created
	seats   int // that joined in its first days
	grows   int // more seats that joined since, at any time
	pending int // invitations of the last days

	unmanaged bool
	planNow   store.Plan // changed to since, changedAt days ago
	changedAt int
	suspended int // days ago; 0: never
	deleted   int // days ago; 0: never
}

// peculiar are the organizations that show a rule each.
func peculiar() []sample {
	return []sample{
		{name: "Demo MSP (own team)", plan: store.Enterprise, license: store.NFR, age: 420, seats: 8, grows: 2},
		{name: "Straßenbau Jäger GmbH", plan: store.Business, age: 400, seats: 24, grows: 12, planNow: store.Enterprise, changedAt: 50},
		{name: "Fjordbyen Regnskap AS", plan: store.Enterprise, age: 390, seats: 17, grows: 3, planNow: store.Business, changedAt: 38},
		{name: "Łódź Design Studio", plan: store.Business, age: 380, seats: 9, grows: 4, pending: 2},
		{name: "株式会社さくらリース", plan: store.Enterprise, age: 300, seats: 22, grows: 9},
		{name: "Café Señorita & Hijos", plan: store.Business, age: 250, seats: 5, grows: 3},
		{name: "Ωmega Optik", plan: store.Business, age: 210, seats: 7, grows: 2, pending: 1},
		{name: "Harbour & Quay Law", plan: store.Enterprise, age: 395, seats: 41, grows: 38, pending: 4},
		{name: "Tiny Acorn Childcare", plan: store.Business, age: 160, seats: 2},
		{name: "Empty Nest Interiors", plan: store.Business, age: 20, pending: 3},
		{name: "Dune Road Surf School", plan: store.Business, age: 340, seats: 11, grows: 2, suspended: 24},
		{name: "Closing Time Catering", plan: store.Business, age: 330, seats: 14, grows: 1, deleted: 40},
		{name: "Self-Serve Software", plan: store.Business, age: 120, seats: 19, grows: 6, unmanaged: true},
		{name: "First Days Robotics", plan: store.Enterprise, license: store.Trial, age: 4, seats: 6, pending: 5},
		{name: "Second Look Opticians", plan: store.Business, license: store.Trial, age: 12, seats: 4},
		{name: "Paid Up Publishing", plan: store.Business, license: store.Trial, age: 45, seats: 10, grows: 3},
	}
}

// ordinary are the organizations of the first customers, with a life by chance.
func ordinary(chance *rand.Rand, customers []string) []sample {
	var samples []sample
	for i, name := range customers[:min(sampleCustomers, len(customers))] {
		s := sample{name: name, plan: store.Business, age: 90 + chance.IntN(640), seats: 3 + chance.IntN(30), grows: chance.IntN(14)}
		if i%3 == 2 {
			s.plan = store.Enterprise
			s.seats += 10
		}
		if i%7 == 5 {
			s.pending = 1 + chance.IntN(2)
		}
		samples = append(samples, s)
	}
	return samples
}

// Fill adds the sample organizations with a year of their seats, and customers whose agreements show what is held and found to
// the simulated ConnectWise. It is the same for every start, relative to now.
func Fill(ctx context.Context, db *store.Store, sim *cwsim.Sim, now time.Time) error {
	chance := rand.New(rand.NewPCG(sampleSeed, sampleSeed))
	now = now.UTC().Truncate(time.Second)
	samples := append(peculiar(), ordinary(chance, customers(sim))...)
	looked := customersToLookAt(time.Date(now.Year(), now.Month(), 1, 0, 0, 0, 0, time.UTC))
	for _, c := range looked {
		samples = append(samples, c.sample)
	}
	addCustomers(sim, looked)

	var organizations []store.Organization
	for _, s := range samples {
		organizations = append(organizations, s.organization(now))
	}
	organizations, err := db.CreateOrganizations(ctx, organizations)
	if err != nil {
		return fmt.Errorf("adding the sample organizations: %w", err)
	}
	var seats []store.Seat
	for i, s := range samples {
		seats = append(seats, s.history(chance, organizations[i], now)...)
	}
	if err := db.AddSeatHistory(ctx, seats); err != nil {
		return fmt.Errorf("adding the sample seats: %w", err)
	}
	for i, s := range samples {
		if err := s.changes(ctx, db, organizations[i], now); err != nil {
			return fmt.Errorf("changing the sample organization %q: %w", s.name, err)
		}
	}
	return nil
}

func (s sample) organization(now time.Time) store.Organization {
	created := daysBefore(now, s.age)
	o := store.Organization{Name: s.name, Plan: s.plan, License: s.license, Managed: !s.unmanaged, CreatedAt: created}
	switch s.license {
	case "":
		o.License = store.Standard
	case store.Trial:
		o.TrialEndsAt = seats.TrialEnd(created)
	}
	return o
}

// history is the organization's seats: everybody joins some time, some leave and some are suspended later on.
func (s sample) history(chance *rand.Rand, o store.Organization, now time.Time) []store.Seat {
	people := chance.Perm(len(givenNames()) * len(familyNames()))
	domain := domainOf(o)
	var all []store.Seat
	for i := range s.seats + s.grows + s.pending {
		seat := store.Seat{OrganizationID: o.ID, Email: email(people[i], domain)}
		switch {
		case i < s.seats:
			seat.JoinedAt = between(chance, o.CreatedAt, seats.Earlier(o.CreatedAt.AddDate(0, 0, 6), now))
		case i < s.seats+s.grows:
			seat.JoinedAt = between(chance, o.CreatedAt, now)
		default:
			seat.InvitedAt = between(chance, seats.Later(o.CreatedAt, now.AddDate(0, 0, -9)), now)
		}
		if !seat.JoinedAt.IsZero() {
			switch roll := chance.IntN(100); {
			case roll < 14 && s.age > 30:
				seat.DeletedAt = between(chance, seat.JoinedAt.Add(time.Minute), now)
			case roll < 18:
				seat.SuspendedAt = between(chance, seat.JoinedAt.Add(time.Minute), now)
			}
		}
		all = append(all, seat)
	}
	return all
}

func (s sample) changes(ctx context.Context, db *store.Store, o store.Organization, now time.Time) error {
	if s.planNow != "" {
		o.Plan = s.planNow
		if err := db.UpdateOrganization(ctx, o, daysBefore(now, s.changedAt)); err != nil {
			return err
		}
	}
	if s.suspended > 0 {
		if err := db.SuspendOrganization(ctx, o.ID, daysBefore(now, s.suspended)); err != nil {
			return err
		}
	}
	if s.deleted > 0 {
		return db.DeleteOrganization(ctx, o.ID, daysBefore(now, s.deleted))
	}
	return nil
}

func daysBefore(now time.Time, days int) time.Time { return now.AddDate(0, 0, -days) }

// between is a moment from the first, included, to the last, excluded where they differ.
func between(chance *rand.Rand, from, to time.Time) time.Time {
	seconds := int64(to.Sub(from) / time.Second)
	if seconds < 1 {
		return from
	}
	return from.Add(time.Duration(chance.Int64N(seconds)) * time.Second)
}

// domainOf makes an organization's mail domain of its name, under the top-level domain reserved for examples.
func domainOf(o store.Organization) string {
	label := strings.Map(func(r rune) rune {
		if r >= 'a' && r <= 'z' || r >= '0' && r <= '9' {
			return r
		}
		return -1
	}, store.Fold(o.Name))
	if label == "" {
		label = fmt.Sprintf("customer%d", o.ID)
	}
	return label + ".example"
}

func email(person int, domain string) string {
	given, family := givenNames(), familyNames()
	return given[person%len(given)] + "." + family[person/len(given)] + "@" + domain
}

func givenNames() []string {
	return []string{
		"ada", "amir", "bea", "chen", "dora", "emil", "fay", "goran", "hana", "ines",
		"jonas", "kofi", "lena", "mila", "nils", "olga", "pia", "rosa", "sven", "yuki",
	}
}

func familyNames() []string {
	return []string{
		"abel", "berg", "costa", "dahl", "evans", "fox", "grant", "haas", "ito", "jansen",
		"kaya", "lund", "moreau", "novak", "okafor", "park", "quist", "ricci", "silva", "vega",
	}
}
