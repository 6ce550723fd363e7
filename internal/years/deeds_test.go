package years

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"time"

	"seatbridge/billing/billingtest"
	"seatbridge/billing/books"
	"seatbridge/billing/organizations"
	"seatbridge/connectwise/cwsim"
	"seatbridge/internal/bookkeeper"
	"seatbridge/store"
)

// event is something that happens.
type event struct {
	at time.Time
	do func()
}

// deeds are what people do in Seatbridge, each to an organization.
var deeds = []func(w *world, name string){
	(*world).join, (*world).join, (*world).leave, (*world).joinLate, (*world).joinLate, (*world).leaveLate, (*world).correct,
	(*world).reportByAPI, (*world).withdraw, (*world).changePlan, (*world).unmap, (*world).remap, (*world).remap, (*world).remap,
	(*world).leaveTheMSP,
}

// plan is what happens in a month that begins with a day, in the order of time: the jobs of an hour in the first day and once a day
// from then on, what people do, and when they invoice.
func (w *world) plan(first time.Time) []event {
	var events []event
	add := func(at time.Time, do func()) { events = append(events, event{at, do}) }
	random := func() time.Time {
		return first.Add(time.Duration(w.IntN(27*24*60))*time.Minute + time.Duration(1+w.IntN(28))*time.Second)
	}
	hours := []int{0, 1, 2, 3, 5, 9, 14, 20, 26, 33}
	for day := 2; day < 28; day += 2 {
		hours = append(hours, day*24+9)
	}
	for _, hour := range hours {
		add(first.Add(time.Duration(hour)*time.Hour+30*time.Minute), w.up(w.job))
	}
	for range 2 + w.IntN(6) {
		add(random(), w.up(func() { pick(w, deeds)(w, pick(w, w.names)) }))
	}
	for range w.IntN(4) {
		add(random(), w.up(func() {
			pick(w, []func(){w.syncNow, w.syncNow, w.preview, w.retry, w.undo, w.approve, w.reject})()
		}))
	}
	for range w.IntN(4) {
		add(random(), w.up(func() { pick(w, []func(){w.settle, w.settle, w.unsettle, w.sayElsewhere})() }))
	}
	for range w.IntN(3) {
		add(random(), func() { pick(w, []func(){w.editLine, w.editLine, w.endLine})() })
	}
	w.planOutages(first, add)
	w.planInvoices(first, add)
	slices.SortStableFunc(events, func(a, b event) int { return a.at.Compare(b.at) })
	return events
}

// up does something unless Seatbridge is down.
func (w *world) up(do func()) func() {
	return func() {
		if w.Time().After(w.down) {
			do()
		}
	}
}

func (w *world) planOutages(first time.Time, add func(time.Time, func())) {
	from := first.Add(time.Duration(w.IntN(48*60)-24*60)*time.Minute + 7*time.Second)
	if w.chance(7) {
		add(from, func() {
			w.down = from.Add(time.Duration(1+w.IntN(40*24)) * time.Hour)
			w.tell("Seatbridge is down until %s", w.down.Format(time.DateTime))
		})
	}
	if w.chance(7) {
		add(from, func() {
			w.broken = true
			w.Sim.AddFault(cwsim.Fault{Kind: cwsim.HTML503})
			w.tell("ConnectWise is down")
		})
		add(from.Add(time.Duration(1+w.IntN(60))*time.Hour), func() {
			w.broken = false
			w.Sim.ClearFaults()
			w.tell("ConnectWise is up again")
		})
	}
}

func (w *world) join(name string) { w.joinAt(name, 1+w.IntN(4), w.now()) }

// joinLate adds members that joined in one of the months before, or in this one.
func (w *world) joinLate(name string) {
	w.joinAt(name, 1+w.IntN(2), w.now().Add(-time.Duration(w.IntN(70*24))*time.Hour))
}

func (w *world) joinAt(name string, n int, at time.Time) {
	emails := make([]string, n)
	for i := range emails {
		w.members++
		emails[i] = fmt.Sprintf("m%d@example.com", w.members)
		w.book.Join(name, emails[i], at)
	}
	_, _, err := w.Store.AddSeats(w.T.Context(), w.organizations[name].ID, emails, time.Time{}, at)
	w.Must(err)
	w.tell("%d members join %s as of %s", n, name, at.Format(time.DateTime))
}

func (w *world) leave(name string) { w.leaveAt(name, w.now()) }

// leaveLate deletes members as of one of the months before.
func (w *world) leaveLate(name string) {
	w.leaveAt(name, w.now().Add(-time.Duration(w.IntN(70*24))*time.Hour))
}

func (w *world) leaveAt(name string, at time.Time) {
	seats, _, err := w.Store.Seats(w.T.Context(), store.SeatFilter{OrganizationID: w.organizations[name].ID})
	w.Must(err)
	var ids []int64
	for _, s := range seats {
		if s.DeletedAt.IsZero() && s.JoinedAt.Before(at) && len(ids) < 2 && w.chance(2) {
			ids = append(ids, s.ID)
			w.book.Leave(name, s.Email, at)
		}
	}
	_, err = w.Store.ChangeSeats(w.T.Context(), w.organizations[name].ID, ids, store.SeatDelete, at)
	w.Must(err)
	w.tell("%d members leave %s as of %s", len(ids), name, at.Format(time.DateTime))
}

// closedMonth is a moment of one of the two months before.
func (w *world) closedMonth() time.Time {
	now := w.now()
	return time.Date(now.Year(), now.Month()-time.Month(1+w.IntN(2)), 10, 0, 0, 0, 0, time.UTC)
}

func (w *world) figure(name string, at time.Time) bookkeeper.Figure {
	f, _ := w.book.Due(name, at)
	f.Seats = max(0, f.Seats+w.IntN(7)-3)
	return f
}

// correct sets an organization's figure of a month that ended.
func (w *world) correct(name string) {
	at := w.closedMonth()
	f := w.figure(name, at)
	err := w.Figures.Correct(w.T.Context(), billingtest.Admin(), store.Correction{
		OrganizationID: w.organizations[name].ID, Month: store.MonthOf(at), Seats: f.Seats, Plan: planOf(f.Enterprise), Reason: "counted anew",
	})
	if err != nil {
		w.tell("%s is not corrected: %s", name, firstLine(err))
		return
	}
	w.book.Say(name, f, store.MonthOf(at).End().Add(-time.Second))
	w.tell("%s is corrected to %d in %s, Enterprise %v", name, f.Seats, store.MonthOf(at), f.Enterprise)
}

func (w *world) withdraw(name string) {
	at := w.closedMonth()
	if !w.book.Said(name, at) {
		return
	}
	w.Must(w.Figures.WithdrawCorrection(w.T.Context(), billingtest.Admin(), w.organizations[name].ID, store.MonthOf(at)))
	w.book.Withdraw(name, at)
	w.tell("the correction of %s in %s is withdrawn", name, store.MonthOf(at))
}

// reportByAPI reports an organization's figure of a month that ended by the API.
func (w *world) reportByAPI(name string) {
	at := w.closedMonth()
	f := w.figure(name, at)
	err := w.Organizations.ReportUsage(w.T.Context(), billingtest.Admin(), store.UsageReport{
		OrganizationID: w.organizations[name].ID, Month: store.MonthOf(at), Seats: f.Seats, Plan: planOf(f.Enterprise), Source: "api",
		ReportedAt: w.now(),
	})
	if err != nil {
		w.tell("%s is not reported: %s", name, firstLine(err))
		return
	}
	w.book.Report(name, f, at)
	w.tell("%s is reported with %d in %s, Enterprise %v", name, f.Seats, store.MonthOf(at), f.Enterprise)
}

func (w *world) changePlan(name string) {
	f, _ := w.book.Count(name, w.now())
	enterprise := !f.Enterprise
	_, err := w.Organizations.Edit(w.T.Context(), billingtest.Admin(), w.organizations[name].ID, func(p *organizations.Profile) {
		p.Plan = planOf(enterprise)
	})
	w.Must(err)
	w.book.OnPlan(name, enterprise, w.now())
	w.tell("%s is on %s now", name, planOf(enterprise).Name())
}

func (w *world) leaveTheMSP(name string) {
	left := w.book.IsLeft(name, w.now())
	if !left && !w.chance(3) {
		return
	}
	_, err := w.Organizations.Edit(w.T.Context(), billingtest.Admin(), w.organizations[name].ID, func(p *organizations.Profile) {
		p.Managed = left
	})
	w.Must(err)
	if left {
		w.book.Back(name, w.now())
	} else {
		w.book.Left(name, w.now())
	}
	w.tell("%s is managed: %v", name, left)
}

func (w *world) unmap(name string) {
	agreement := w.book.Agreement(name)
	if agreement == 0 || w.broken || !w.chance(2) {
		return
	}
	zero := w.chance(2)
	w.book.Unmap(name)
	w.tell("%s is unmapped from agreement %d, to zero: %v", name, agreement, zero)
	w.run(func() { w.Must(w.Mapping.Unmap(w.T.Context(), billingtest.Admin(), w.organizations[name].ID, zero)) })
}

// remap maps an organization to an agreement, of the same company where it was mapped already.
func (w *world) remap(name string) {
	agreement := w.book.Agreement(name)
	if agreement != 0 && !w.chance(3) {
		return
	}
	other := pick(w, w.agreements)
	if agreement != 0 {
		other = pick(w, w.Sim.Agreements(w.company(agreement))).ID
	}
	if other != agreement {
		w.mapTo(name, other)
	}
}

func (w *world) mapTo(name string, agreement int) {
	err := w.Mapping.Map(w.T.Context(), billingtest.Admin(), w.company(agreement), agreement, w.organizations[name].ID)
	if err != nil {
		w.tell("%s is not mapped to agreement %d: %s", name, agreement, firstLine(err))
		return
	}
	w.book.Map(name, agreement)
	if _, known := w.sharesAt(lineKey{agreement, false}, w.now()); known && !w.broken {
		w.listed[agreement] = append(w.listed[agreement], w.now())
	}
	delete(w.elsewhere, name)
	w.tell("%s is mapped to agreement %d", name, agreement)
}

// openLines are the additions of mapped organizations' agreements that are open.
func (w *world) openLines() []cwsim.Addition {
	var open []cwsim.Addition
	for _, k := range w.keys() {
		if len(w.book.On(k.agreement)) == 0 {
			continue
		}
		for _, line := range w.Sim.Additions(k.agreement) {
			if line.ProductID == w.product(k.enterprise) && line.Cancelled.IsZero() {
				open = append(open, line)
			}
		}
	}
	return open
}

func (w *world) editLine() {
	open := w.openLines()
	if len(open) == 0 {
		return
	}
	line := pick(w, open)
	quantity := strconv.Itoa(w.IntN(15))
	w.Sim.SetQuantity(line.AgreementID, line.ID, quantity, "jdoe")
	w.notice(true)
	w.tell("jdoe sets line %d of agreement %d from %s to %s", line.ID, line.AgreementID, line.Quantity, quantity)
}

func (w *world) endLine() {
	open := w.openLines()
	if len(open) == 0 || !w.chance(3) {
		return
	}
	line := pick(w, open)
	on := w.now().Truncate(24 * time.Hour)
	w.Sim.CancelAddition(line.AgreementID, line.ID, on)
	w.notice(true)
	w.tell("jdoe ends line %d of agreement %d, which says %s, on %s", line.ID, line.AgreementID, line.Quantity, on.Format(time.DateOnly))
}

// sayElsewhere says of an organization that is not mapped that it is invoiced elsewhere.
func (w *world) sayElsewhere() {
	name := pick(w, w.names)
	if w.book.Agreement(name) != 0 || w.elsewhere[name] {
		return
	}
	w.Must(w.Books.SayElsewhere(w.T.Context(), billingtest.Admin(), w.organizations[name].ID, ""))
	w.elsewhere[name] = true
	w.tell("%s is said to be invoiced elsewhere", name)
}

// settle settles what is open of some rows of some months, and of others all, to close them.
func (w *world) settle() {
	if !w.look() {
		return
	}
	how := pick(w, []store.Settling{store.ByHand, store.Waived})
	for _, m := range w.months() {
		closes := w.chance(2)
		rows := w.rows(m)
		for _, k := range slices.SortedFunc(maps.Keys(rows), rowKey.compare) {
			r := rows[k]
			if r.State != store.RowOpen || !r.Open.Valid || !closes && !w.chance(3) {
				continue
			}
			_, err := w.Books.Settle(w.T.Context(), billingtest.Admin(), books.Settling{
				Month: m, Rows: []store.RowKey{{OrganizationID: r.OrganizationID, Plan: r.Plan}}, How: how, Seen: r.Open,
			})
			w.Must(err)
			w.settled[k] = w.settled[k].Add(r.Open.Decimal)
			w.tell("%s: %s is settled, %s", k, r.Open.Decimal, how)
		}
		if closes {
			w.closeMonth(m)
		}
	}
}

// unsettle undoes one settlement.
func (w *world) unsettle() {
	name := pick(w, w.names)
	id := w.organizations[name].ID
	all, err := store.BooksIn(w.Store).Settlements(w.T.Context(), []int64{id})
	w.Must(err)
	for _, s := range all[id] {
		if !s.UndoneAt.IsZero() || !w.chance(2) {
			continue
		}
		w.Must(w.Books.Unsettle(w.T.Context(), billingtest.Admin(), s.ID))
		k := rowKey{s.Month, name, s.Plan == store.Enterprise}
		w.settled[k] = w.settled[k].Sub(s.Seats)
		w.tell("%s: the settlement of %s is undone", k, s.Seats)
		return
	}
}
