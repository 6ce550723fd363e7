package demo

import (
	"context"
	"fmt"
	"time"

	"seatbridge/billing/books"
	"seatbridge/billing/organizations"
	"seatbridge/connectwise/cwsim"
	"seatbridge/store"
)

// story is what happens once in the year.
type story struct{ *life }

// planStory plans what happens once in the year.
func (l story) planStory() {
	l.planFailures()
	l.planSecondThoughts()
	l.planFacts()
	l.planDifferences()
	l.planFalls()
}

// planFailures: ConnectWise is down when a month is to be written, and refuses two agreements of another.
func (l story) planFailures() {
	l.at(l.day(7, 1, 0).Add(25*time.Minute), "an outage", func(context.Context) error {
		l.sim.AddFault(cwsim.Fault{Kind: cwsim.HTML503})
		return nil
	})
	l.at(l.day(7, 1, 1), "noting the failed sync", func(ctx context.Context) error {
		return l.stopAtRun(ctx, Stop{Chapter: wrong, What: "A monthly sync failed as a whole",
			Look: "ConnectWise was down at half past midnight. Nothing was written, and the run says why."})
	})
	l.at(l.day(7, 1, 2).Add(30*time.Minute), "the sync after an outage", func(ctx context.Context) error {
		l.sim.ClearFaults()
		if err := l.Runs.RunDue(ctx); err != nil {
			return err
		}
		return l.stopAtRun(ctx, Stop{Chapter: wrong, What: "The same month, tried again by itself",
			Look: "Two hours later ConnectWise answered, and the month was written."})
	})
	for _, name := range l.cast[:2] {
		l.at(l.day(6, 22, 9), "one more of "+name, func(ctx context.Context) error {
			_, err := l.Organizations.AddMembers(ctx, l.admin, l.ids[name], []string{"new.hand@customer.example"}, false)
			return err
		})
	}
	l.at(l.day(5, 1, 0).Add(25*time.Minute), "two agreements that fail", func(context.Context) error {
		for _, name := range l.cast[:2] {
			l.sim.AddFault(cwsim.Fault{Kind: cwsim.Timeout500, Path: fmt.Sprintf("/finance/agreements/%d/additions", l.agreements[name])})
		}
		return nil
	})
	l.at(l.day(5, 1, 8), "a retry", func(ctx context.Context) error {
		l.sim.ClearFaults()
		last, err := l.lastRun(ctx)
		if err != nil {
			return err
		}
		l.stop(Stop{Chapter: wrong, What: "Two agreements of a sync failed", Look: "All others were written. Failed lines say what ConnectWise " +
			"answered.", Run: last.ID})
		if _, err := l.Runs.Retry(ctx, l.admin, last.ID); err != nil {
			return err
		}
		l.Work.Wait()
		return l.stopAtRun(ctx, Stop{Chapter: wrong, What: "They were tried again",
			Look: "Retry writes only what was missing, for the same month."})
	})
}

// planSecondThoughts: a sync by mistake is undone, and a rise is rejected.
func (l story) planSecondThoughts() {
	l.at(l.day(4, 14, 15), "a sync by mistake", func(ctx context.Context) error {
		if _, err := l.Runs.Run(ctx, l.owner, l.Runs.SyncNow(false)); err != nil {
			return err
		}
		return l.stopAtRun(ctx, Stop{Chapter: changed, What: "Sync now, pressed in the middle of a month",
			Look: "It wrote the running month's figures over those of the month that is invoiced."})
	})
	l.at(l.day(4, 14, 17), "undoing it", l.undoLast)
	fair := l.cast[2]
	l.reserved[fair] = true
	var guests []string
	for i := range 24 {
		guests = append(guests, fmt.Sprintf("stand.%02d@%s", i+1, "fair.example"))
	}
	l.at(l.day(3, 24, 9), "guests join", func(ctx context.Context) error {
		_, err := l.Organizations.AddMembers(ctx, l.admin, l.ids[fair], guests, false)
		return err
	})
	l.at(l.day(3, 27, 18), "guests leave", func(ctx context.Context) error {
		_, err := l.Organizations.ChangeMembers(ctx, l.admin, l.ids[fair], store.SeatDelete, organizations.Members{Emails: guests})
		return err
	})
	l.at(l.day(2, 1, 11), "rejecting", func(ctx context.Context) error {
		held, err := l.held(ctx)
		if err != nil {
			return err
		}
		for _, c := range held {
			if c.Company != fair {
				continue
			}
			if _, err := l.Runs.Reject(ctx, l.admin, []int64{c.ID}); err != nil {
				return err
			}
			l.stop(Stop{Chapter: changed, What: "A rise of 24 seats was rejected", Look: "It was held as a steep rise: a trade fair of three " +
				"days. Nobody wanted to bill it; the books of the month say so.", Run: c.RunID})
		}
		delete(l.reserved, fair)
		return nil
	})
}

func (l story) undoLast(ctx context.Context) error {
	last, err := l.lastRun(ctx)
	if err != nil {
		return err
	}
	undo, err := l.Runs.Undo(ctx, l.owner, last.ID)
	if err != nil {
		return err
	}
	l.Work.Wait()
	if err := l.Runs.Apply(ctx, l.owner, undo.ID); err != nil {
		return err
	}
	l.stop(Stop{Chapter: changed, What: "And undone two hours later", Look: "Undo shows what it would put back, and leaves alone what " +
		"somebody changed since.", Run: undo.ID})
	return nil
}

// planFacts: a line is edited by hand before its invoice, a figure is corrected, and a script reports another one.
func (l story) planFacts() {
	edited, corrected, reported := l.cast[3], l.cast[4], l.cast[5]
	l.at(l.day(8, 1, 11), "a hand edit", func(context.Context) error {
		line := l.lines(l.agreements[edited])[0]
		l.sim.SetQuantity(line.AgreementID, line.ID, line.Quantity.Sub(four).String(), "jdoe")
		l.stop(Stop{Chapter: booked, What: "A line was edited by hand before its invoice", Look: "jdoe lowered " + edited + " by 4 seats. The " +
			"month's books say what the invoice took, and how the difference was settled.", Month: l.month(9)})
		return nil
	})
	l.at(l.day(5, 12, 10), "a correction", func(ctx context.Context) error {
		usage, err := l.Figures.History(ctx, l.ids[corrected], 2)
		if err != nil {
			return err
		}
		l.stop(Stop{Chapter: changed, What: "A figure was corrected by a person", Look: "The organization's history keeps the figure that was " +
			"counted, the correction, who made it and why.", Organization: l.ids[corrected]})
		return l.Figures.Correct(ctx, l.owner, store.Correction{
			OrganizationID: l.ids[corrected], Month: l.month(6), Seats: usage[0].Ledger + 3, Plan: usage[0].Plan,
			Reason: "Three contractors had an account of their own; counted with the customer.",
		})
	})
	l.at(l.day(2, 3, 9), "a report", func(ctx context.Context) error {
		usage, err := l.Figures.History(ctx, l.ids[reported], 2)
		if err != nil {
			return err
		}
		l.stop(Stop{Chapter: changed, What: "Two sources say different things", Look: "A script reported two seats more than the members on " +
			"record. Both figures stay; the order of the sources decides, and a person may say which is right.", Organization: l.ids[reported]})
		return l.Organizations.ReportUsage(ctx, script, store.UsageReport{
			OrganizationID: l.ids[reported], Month: l.month(3), Seats: usage[0].Ledger + 2, Plan: usage[0].Plan, Source: "api",
			ReportedAt: l.clock.Now(),
		})
	})
}

// planDifferences: members that are found late leave differences, before an invoice, after one, and of a closed month.
func (l story) planDifferences() {
	again, next, late, open := l.cast[6], "Café Señorita & Hijos", l.cast[7], l.cast[8]
	l.at(l.day(1, 1, 10), "a member found before the invoice", func(ctx context.Context) error {
		if err := l.joinedLate(ctx, again, l.day(2, 15, 9), "eva.late"); err != nil {
			return err
		}
		rows, err := l.openRows(ctx, l.month(2), again)
		if err != nil {
			return err
		}
		if _, err := l.Books.WriteAgain(ctx, l.admin, books.Settling{Month: l.month(2), Rows: rows}); err != nil {
			return err
		}
		l.Work.Wait()
		return l.stopAtRun(ctx, Stop{Chapter: booked, What: "A month was written again for one customer",
			Look: "A member was found on the 1st who had joined the month before. The invoice was not made yet, so the month was synced again."})
	})
	l.at(l.day(1, 12, 9), "a member found after the invoice", func(ctx context.Context) error {
		if err := l.joinedLate(ctx, next, l.day(2, 20, 9), "ida.late"); err != nil {
			return err
		}
		return l.putOnNextInvoice(ctx, next)
	})
	l.at(l.day(1, 13, 10), "a member found after closing", func(ctx context.Context) error {
		l.stop(Stop{Chapter: booked, What: "A closed month has a difference", Look: "A member of " + late + " was found after the month was " +
			"closed. Its statement stays what it was; the difference is open until somebody settles it.", Month: l.month(3)})
		return l.joinedLate(ctx, late, l.day(3, 20, 9), "uma.late")
	})
	l.at(l.day(1, 14, 10), "members found in a month that is not closed", func(ctx context.Context) error {
		l.stop(Stop{Chapter: booked, What: "A month is not closed yet", Look: "What is open is listed first, with why. Settle it, put it on " +
			"the next invoice, or write it off; then close the month.", Month: l.month(2)})
		for _, email := range []string{"jan.late", "kai.late"} {
			if err := l.joinedLate(ctx, open, l.day(2, 11, 9), email); err != nil {
				return err
			}
		}
		return nil
	})
}

// planFalls: many members leave two customers, which nobody approves by the way.
func (l story) planFalls() {
	for ago, name := range map[int]string{2: "Łódź Design Studio", 1: "Harbour & Quay Law"} {
		l.reserved[name] = true
		l.at(l.day(ago, 20, 16), "many leave "+name, func(ctx context.Context) error {
			members, _, err := l.db.Seats(ctx, store.SeatFilter{OrganizationID: l.ids[name], Status: store.SeatActive})
			if err != nil {
				return err
			}
			var ids []int64
			for _, m := range members[:len(members)/2] {
				ids = append(ids, m.ID)
			}
			_, err = l.Organizations.ChangeMembers(ctx, l.admin, l.ids[name], store.SeatDelete, organizations.Members{Seats: ids})
			return err
		})
	}
}

func (l story) putOnNextInvoice(ctx context.Context, name string) error {
	rows, err := l.openRows(ctx, l.month(2), name)
	if err != nil {
		return err
	}
	settled, err := l.Books.PutOnNextInvoice(ctx, l.admin, books.Settling{Month: l.month(2), Rows: rows, Note: "Found on the 12th"})
	if err != nil {
		return err
	}
	l.Work.Wait()
	l.stop(Stop{Chapter: booked, What: "A seat was put on the next invoice", Look: "A line of its own bills it once, with the month in its " +
		"description. The run that wrote it can be undone until it is invoiced.", Run: settled.ID})
	return l.Runs.Apply(ctx, l.admin, settled.ID)
}

// joinedLate notes a member who joined some time ago.
func (l story) joinedLate(ctx context.Context, name string, at time.Time, who string) error {
	_, _, err := l.db.AddSeats(ctx, l.ids[name], []string{who + "@" + domainOf(store.Organization{Name: name})}, time.Time{}, at)
	return err
}

// openRows are a customer's open rows of a month.
func (l story) openRows(ctx context.Context, m store.Month, name string) (keys []store.RowKey, err error) {
	rows, _, err := l.Books.Rows(ctx, store.MonthRowFilter{Month: m, OrganizationID: l.ids[name], States: []store.RowState{store.RowOpen}})
	for _, r := range rows {
		keys = append(keys, store.RowKey{OrganizationID: r.OrganizationID, Plan: r.Plan})
	}
	return keys, err
}

// lastRun is the run that began last.
func (l *life) lastRun(ctx context.Context) (store.Run, error) {
	page, _, err := l.db.Runs(ctx, store.RunFilter{Limit: 1})
	if err != nil {
		return store.Run{}, err
	}
	return page[0].Run, nil
}

func (l *life) stop(s Stop) { l.stops = append(l.stops, s) }

// stopAtRun notes the run that began last.
func (l *life) stopAtRun(ctx context.Context, s Stop) error {
	last, err := l.lastRun(ctx)
	s.Run = last.ID
	l.stop(s)
	return err
}
