package demo

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/shopspring/decimal"

	"seatbridge/billing/organizations"
	"seatbridge/billing/problem"
	"seatbridge/connectwise/cwsim"
	"seatbridge/store"
)

// script is the account that fetches figures elsewhere and reports them.
var script = problem.Actor{Name: "API token “Usage import”", IP: "192.0.2.40"}

// livedCustomers is how many of the organizations are companies that the simulated ConnectWise has by itself.
const livedCustomers = 20

// strangersToConnectWise are the sample organizations that are no company of the simulated ConnectWise under their name.
func strangersToConnectWise() []string {
	return []string{"Demo MSP (own team)", "Self-Serve Software", "Empty Nest Interiors", "First Days Robotics", unmapped}
}

// unmapped is the customer whom somebody forgot: its trial is over, its company is called a little otherwise, and nothing bills it.
const unmapped = "Paid Up Publishing"

// fillConnectWise adds to the simulated ConnectWise what the MSP has there: both products, and a company with an agreement for each
// customer that it does not have by itself. All of them are invoiced for the month that goes on.
func (l *life) fillConnectWise() {
	l.business = nordPassBusiness(l.sim)
	l.enterprise = l.sim.AddCatalogItem(cwsim.CatalogItem{
		Identifier: "NP-ENT", Description: "NordPass Enterprise", Price: decimal.RequireFromString("6.49"), Recurring: true,
	}).ID
	l.samples = append(peculiar(), ordinary(l.chance, customersBilledOn(l.sim, l.agreements))...)
	l.age()
	l.sim.AddAgreement(cwsim.Agreement{CompanyID: l.sim.AddCompany(cwsim.Company{Name: "Paid-Up Publishing Ltd"}).ID, Prorate: true})
	for _, s := range l.samples {
		if _, is := l.agreements[s.name]; !is && !slices.Contains(strangersToConnectWise(), s.name) {
			l.agreements[s.name] = l.addCompany(s.name)
		}
	}
	for _, id := range l.agreements {
		l.sim.InvoiceThrough(id, l.day(11, 0, 0))
	}
}

// age makes most of the ordinary customers older than the year, so that there are enough to tell of, and all that are billed already.
func (l *life) age() {
	for i, s := range l.samples {
		agreement, is := l.agreements[s.name]
		if is && (i%8 != 3 || len(l.lines(agreement)) > 0) {
			l.samples[i].age = max(s.age, 400+3*i)
			l.cast = append(l.cast, s.name)
		}
	}
}

// lines are the open lines of NordPass on an agreement.
func (l *life) lines(agreement int) []cwsim.Addition {
	return slices.DeleteFunc(l.sim.Additions(agreement), func(a cwsim.Addition) bool {
		return a.ProductID != l.business && a.ProductID != l.enterprise || !a.Cancelled.IsZero()
	})
}

// addCompany adds a company with an agreement that is billed monthly.
func (l *life) addCompany(name string) int {
	return l.sim.AddAgreement(cwsim.Agreement{
		Name: "Managed Services", CompanyID: l.sim.AddCompany(cwsim.Company{Name: name}).ID, Prorate: true, Start: l.day(30, 1, 0),
	}).ID
}

// customersBilledOn are the names of companies of the simulated ConnectWise that have an agreement without an end; it is noted.
func customersBilledOn(sim *cwsim.Sim, agreements map[string]int) []string {
	var names []string
	for _, company := range sim.Companies() {
		for _, a := range sim.Agreements(company.ID) {
			_, known := agreements[company.Name]
			if !company.Deleted && a.Status == "Active" && a.End.IsZero() && !known && len(names) < livedCustomers {
				names, agreements[company.Name] = append(names, company.Name), a.ID
			}
		}
	}
	return names
}

// addOrganizations adds the organizations that are there when the year begins, with what happened to them before, and plans what
// happens to all in the year.
func (l *life) addOrganizations(ctx context.Context) error {
	var seats []store.Seat
	for _, s := range l.samples {
		o := s.organization(l.end)
		if o.CreatedAt.After(l.begins()) {
			l.planArrival(s, o)
			continue
		}
		added, err := l.db.CreateOrganizations(ctx, []store.Organization{o})
		if err != nil {
			return fmt.Errorf("adding %s: %w", s.name, err)
		}
		l.ids[s.name] = added[0].ID
		seats = append(seats, l.planMembers(s, added[0])...)
		l.planChanges(s)
	}
	if err := l.db.AddSeatHistory(ctx, seats); err != nil {
		return fmt.Errorf("adding the members of %d organizations: %w", len(l.ids), err)
	}
	return nil
}

// planArrival lets an organization arrive in the year, with its first members, and be mapped a while later.
func (l *life) planArrival(s sample, o store.Organization) {
	l.at(o.CreatedAt, "adding "+s.name, func(ctx context.Context) error {
		added, err := l.Organizations.Add(ctx, l.admin, organizations.Profile{Name: s.name, Plan: s.plan, License: o.License, Managed: o.Managed})
		if err == nil {
			l.ids[s.name] = added.ID
		}
		return err
	})
	l.planMembers(s, o)
	l.planChanges(s)
	if _, is := l.agreements[s.name]; is {
		l.at(o.CreatedAt.Add(50*time.Hour), "mapping "+s.name, func(ctx context.Context) error {
			return l.mapAll(ctx, []string{s.name})
		})
	}
}

// planMembers are an organization's seats as the year begins; it plans how others join, are invited and leave.
func (l *life) planMembers(s sample, o store.Organization) (there []store.Seat) {
	begins, ends := l.begins(), l.end
	if s.deleted > 0 {
		ends = daysBefore(l.end, s.deleted)
	}
	joins, invited, leaves := deeds{}, deeds{}, deeds{}
	for i, seat := range s.history(l.chance, o, ends) {
		seat.SuspendedAt = time.Time{}
		if i%3 > 0 && seat.DeletedAt.After(begins) {
			seat.DeletedAt = time.Time{} // customers who grow: else many lines fall at once every month
		}
		if gone := seat.DeletedAt; gone.After(begins) {
			leaves.note(gone, seat.Email, time.Time.After)
			seat.DeletedAt = time.Time{}
		}
		switch {
		case seat.JoinedAt.IsZero():
			invited.note(seat.InvitedAt, seat.Email, time.Time.Before)
		case seat.JoinedAt.After(begins):
			joins.note(seat.JoinedAt, seat.Email, time.Time.Before)
		default:
			there = append(there, seat)
		}
	}
	l.planDeeds(s.name, joins, func(ctx context.Context, id int64, emails []string) error {
		_, err := l.Organizations.AddMembers(ctx, l.admin, id, emails, false)
		return err
	})
	l.planDeeds(s.name, invited, func(ctx context.Context, id int64, emails []string) error {
		_, err := l.Organizations.AddMembers(ctx, l.admin, id, emails, true)
		return err
	})
	l.planDeeds(s.name, leaves, func(ctx context.Context, id int64, emails []string) error {
		_, err := l.Organizations.ChangeMembers(ctx, l.admin, id, store.SeatDelete, organizations.Members{Emails: emails})
		return err
	})
	return there
}

// deeds are what is done to members, those of a month together.
type deeds map[store.Month]deed

type deed struct {
	at     time.Time
	emails []string
}

// note adds an address to a month's deed. Of two moments the one counts that comes first in an order.
func (d deeds) note(at time.Time, email string, first func(time.Time, time.Time) bool) {
	m := store.MonthOf(at)
	of := d[m]
	if len(of.emails) == 0 || first(at, of.at) {
		of.at = at
	}
	of.emails = append(of.emails, email)
	d[m] = of
}

// planDeeds plans something to be done to members of an organization.
func (l *life) planDeeds(name string, planned deeds, do func(context.Context, int64, []string) error) {
	for _, m := range slices.Sorted(maps.Keys(planned)) {
		of := planned[m]
		l.at(of.at, fmt.Sprintf("changing %d members of %s", len(of.emails), name), func(ctx context.Context) error {
			return do(ctx, l.ids[name], of.emails)
		})
	}
}

// planChanges plans what happens to an organization as a whole.
func (l *life) planChanges(s sample) {
	if s.planNow != "" {
		l.at(daysBefore(l.end, s.changedAt), "changing the plan of "+s.name, func(ctx context.Context) error {
			_, err := l.Organizations.Edit(ctx, l.admin, l.ids[s.name], func(p *organizations.Profile) { p.Plan = s.planNow })
			return err
		})
	}
	if s.suspended > 0 {
		l.at(daysBefore(l.end, s.suspended), "suspending "+s.name, func(ctx context.Context) error {
			_, _, err := l.Organizations.Suspend(ctx, l.admin, l.ids[s.name])
			return err
		})
	}
	if s.deleted > 0 {
		l.at(daysBefore(l.end, s.deleted), "deleting "+s.name, func(ctx context.Context) error {
			_, _, err := l.Organizations.Delete(ctx, l.admin, l.ids[s.name])
			return err
		})
	}
}
