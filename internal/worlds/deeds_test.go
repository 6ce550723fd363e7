package worlds

import (
	"fmt"
	"strconv"
	"time"

	"seatbridge/billing/billingtest"
	"seatbridge/billing/organizations"
	"seatbridge/connectwise/cwsim"
	"seatbridge/store"
)

// deeds are what people do in Seatbridge, each to an organization.
var deeds = []func(w *world, name string){
	(*world).join, (*world).join, (*world).join, (*world).leave, (*world).correct, (*world).upgrade, (*world).unmap, (*world).remap,
	(*world).remap, (*world).leaveTheMSP, (*world).sayNone,
}

// edits are what people do in ConnectWise, each to a line that is there or not.
var edits = []func(w *world, k lineKey){
	(*world).setQuantity, (*world).setQuantity, (*world).endLine, (*world).endLine, (*world).addLine, (*world).removeLine,
	(*world).cancelAgreement,
}

// live lets people do some things on both sides.
func (w *world) live() {
	w.notice() // what arrived late is not of their making
	for range w.IntN(4) {
		pick(w, deeds)(w, pick(w, w.book.Names()))
	}
	for range w.IntN(3) {
		pick(w, edits)(w, pick(w, w.keys()))
	}
	w.notice()
}

func (w *world) join(name string) {
	n := 1 + w.IntN(4)
	if w.chance(8) {
		n = 20 + w.IntN(100)
		w.oddIn(w.book.Agreement(name), "many members joined")
	}
	emails := make([]string, n)
	for i := range emails {
		w.members++
		emails[i] = fmt.Sprintf("m%d@example.com", w.members)
		w.book.Join(name, emails[i], w.Time().Truncate(time.Second))
	}
	_, err := w.Organizations.AddMembers(w.T.Context(), billingtest.Admin(), w.organizations[name].ID, emails, false)
	w.Must(err)
	w.tell("%d members join %s", n, name)
}

func (w *world) leave(name string) {
	there := w.book.Members(name, w.Time())
	gone := there[:w.IntN(len(there)+1)]
	if len(gone) == 0 {
		return
	}
	_, err := w.Organizations.ChangeMembers(w.T.Context(), billingtest.Admin(), w.organizations[name].ID, store.SeatDelete,
		organizations.Members{Emails: gone})
	w.Must(err)
	for _, member := range gone {
		w.book.Leave(name, member, w.Time().Truncate(time.Second))
	}
	w.tell("%d of %d members leave %s", len(gone), len(there), name)
	w.oddIn(w.book.Agreement(name), "members left")
}

// correct sets an organization's figure of this month.
func (w *world) correct(name string) {
	f, _ := w.book.Count(name, w.Time())
	f.Seats = pick(w, []int{0, f.Seats / 2, f.Seats - 1, f.Seats - 3, f.Seats + 2})
	if f.Seats < 0 {
		return
	}
	err := w.Figures.Correct(w.T.Context(), billingtest.Admin(), store.Correction{
		OrganizationID: w.organizations[name].ID, Month: store.Month(w.Time().Format("2006-01")), Seats: f.Seats, Plan: planOf(f.Enterprise),
		Reason: "counted anew",
	})
	w.Must(err)
	w.book.Say(name, f, w.Time())
	w.tell("%s is corrected to %d", name, f.Seats)
	w.oddIn(w.book.Agreement(name), "a figure was corrected")
}

func (w *world) upgrade(name string) {
	_, err := w.Organizations.Edit(w.T.Context(), billingtest.Admin(), w.organizations[name].ID, func(p *organizations.Profile) {
		p.Plan = store.Enterprise
	})
	w.Must(err)
	w.book.OnPlan(name, true, w.Time().Truncate(time.Second))
	w.tell("%s is on Enterprise now", name)
	w.oddIn(w.book.Agreement(name), "a plan changed")
}

func (w *world) unmap(name string) {
	agreement := w.book.Agreement(name)
	if agreement == 0 {
		return
	}
	zero := w.chance(2)
	w.oddIn(agreement, "an organization was unmapped")
	w.book.Unmap(name)
	w.tell("%s is unmapped from agreement %d, to zero: %v", name, agreement, zero)
	if !zero {
		w.Must(w.Mapping.Unmap(w.T.Context(), billingtest.Admin(), w.organizations[name].ID, false))
		return
	}
	if len(w.book.On(agreement)) == 0 {
		w.asked = agreement
	}
	defer func() { w.asked = 0 }()
	w.watched("the release", func() {
		w.Must(w.Mapping.Unmap(w.T.Context(), billingtest.Admin(), w.organizations[name].ID, true))
		w.Work.Wait()
	})
}

// remap maps an organization to another agreement, of the same company where it is mapped already.
func (w *world) remap(name string) {
	agreement := w.book.Agreement(name)
	other := pick(w, w.agreements).ID
	if agreement != 0 {
		other = pick(w, w.Sim.Agreements(w.company(agreement))).ID
	}
	if other != agreement {
		w.mapTo(name, other)
	}
}

// sayNone says that an organization has no members, of which nobody ever said anything.
func (w *world) sayNone(name string) {
	if _, known := w.book.Count(name, w.Time()); known {
		return
	}
	if _, done, err := w.Organizations.StateNoMembers(w.T.Context(), billingtest.Admin(), w.organizations[name].ID); err != nil || !done {
		w.tell("%s is not said to have no members: %v", name, err)
		return
	}
	w.book.HasNone(name)
	w.tell("%s is said to have no members", name)
	w.oddIn(w.book.Agreement(name), "it is said to have no members")
}

func (w *world) leaveTheMSP(name string) {
	if !w.chance(4) {
		return
	}
	_, err := w.Organizations.Edit(w.T.Context(), billingtest.Admin(), w.organizations[name].ID, func(p *organizations.Profile) {
		p.Managed = false
	})
	w.Must(err)
	w.book.Left(name, w.Time().Truncate(time.Second))
	w.tell("%s is not managed any more", name)
	w.oddIn(w.book.Agreement(name), "an organization left the MSP")
}

func (w *world) setQuantity(k lineKey) {
	open := w.open(w.snapshot(), k)
	if len(open) == 0 {
		return
	}
	line := pick(w, open)
	quantity := strconv.Itoa(w.IntN(40))
	w.Sim.SetQuantity(k.agreement, line.ID, quantity, "jdoe")
	w.tell("jdoe sets line %d of %s from %s to %s", line.ID, k, line.Quantity, quantity)
	w.oddIn(k.agreement, "a hand edit")
}

func (w *world) endLine(k lineKey) {
	open := w.open(w.snapshot(), k)
	if len(open) == 0 {
		return
	}
	line := pick(w, open)
	month := time.Date(w.today().Year(), w.today().Month(), 1, 0, 0, 0, 0, time.UTC)
	on := pick(w, []time.Time{w.today().AddDate(0, 0, -1), w.today(), month.AddDate(0, 1, -1), month.AddDate(0, 0, -1)})
	w.Sim.CancelAddition(k.agreement, line.ID, on)
	w.tell("jdoe ends line %d of %s, which says %s, on %s", line.ID, k, line.Quantity, on.Format(time.DateOnly))
	w.oddIn(k.agreement, "a line was ended")
}

func (w *world) removeLine(k lineKey) {
	lines := w.lines(w.snapshot(), k)
	if len(lines) == 0 || !w.chance(2) {
		return
	}
	line := pick(w, lines)
	w.Sim.RemoveAddition(k.agreement, line.ID)
	w.wasRemoved(line, k)
	w.tell("jdoe removes line %d of %s, which said %s", line.ID, k, line.Quantity)
}

// wasRemoved notes that a person took a line out.
func (w *world) wasRemoved(line cwsim.Addition, k lineKey) {
	w.removed[k] = w.removed[k] || w.ours[line.ID]
	w.oddIn(k.agreement, "a line was removed")
}

func (w *world) cancelAgreement(k lineKey) {
	if !w.chance(4) {
		return
	}
	w.Sim.CancelAgreement(k.agreement, w.today().AddDate(0, 0, -1))
	w.tell("jdoe cancels agreement %d", k.agreement)
	w.oddIn(k.agreement, "an agreement was cancelled")
}
