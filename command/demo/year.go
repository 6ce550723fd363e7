package demo

import (
	"context"
	"errors"
	"time"

	"github.com/shopspring/decimal"

	"seatbridge/billing/books"
	"seatbridge/connectwise/cwsim"
	"seatbridge/store"
)

// monthsLived is how many months Seatbridge wrote before the one that goes on.
const monthsLived = 12

// planYear plans what the months have in common, and then the story.
func (l *life) planYear() {
	story{l}.planStory()
	l.planLastDay()
	for ago := monthsLived - 1; ago >= 0; ago-- {
		l.at(l.day(ago, 1, 0).Add(30*time.Minute), "the monthly sync", l.runDue)
		l.at(l.day(ago, 1, 9), "approving", l.approve)
		l.at(l.day(ago, 2, 15), "invoicing", func(ctx context.Context) error { return l.invoice(ctx, l.day(ago, 1, 0)) })
		if closes := ago + 2; ago > 0 && closes <= monthsLived {
			l.at(l.day(ago, 10, 14), "closing a month", func(ctx context.Context) error { return l.closeMonth(ctx, l.month(closes)) })
		}
	}
}

// runDue writes the month that is due. One that failed as a whole is noted as a run, and tried again later.
func (l *life) runDue(ctx context.Context) error {
	failure := l.Runs.RunDue(ctx)
	if failure == nil {
		return nil
	}
	if last, err := l.lastRun(ctx); err != nil || last.Status != store.RunFailed {
		return errors.Join(failure, err)
	}
	return nil
}

// approve approves what waits, but what the story needs.
func (l *life) approve(ctx context.Context) error {
	held, err := l.held(ctx)
	if err != nil {
		return err
	}
	var ids []int64
	for _, c := range held {
		if !l.reserved[c.Company] {
			ids = append(ids, c.ID)
		}
	}
	if len(ids) == 0 {
		return nil
	}
	_, err = l.Runs.Approve(ctx, l.admin, ids)
	return err
}

// held are the changes that wait for a person.
func (l *life) held(ctx context.Context) ([]store.Change, error) {
	list, _, err := l.db.Changes(ctx, store.ChangeFilter{States: []store.ChangeState{store.StateHeld}, Carried: true})
	return list, err
}

// invoice is what the MSP does in ConnectWise early in each month, and reads what came of it.
func (l *life) invoice(ctx context.Context, first time.Time) error {
	for _, s := range l.samples {
		if agreement, is := l.agreements[s.name]; is {
			cwsim.FinanceOf(l.sim).Invoice(first, time.Time{}, agreement)
		}
	}
	l.clock.until(l.clock.Now().Add(20 * time.Minute))
	return l.Books.ReadInvoices(ctx)
}

// closeMonth settles what is open of a month, each difference with its reason, and closes it.
func (l *life) closeMonth(ctx context.Context, m store.Month) error {
	rows, _, err := l.Books.Rows(ctx, store.MonthRowFilter{Month: m, States: []store.RowState{store.RowOpen}})
	if err != nil {
		return err
	}
	for _, r := range rows {
		if !r.Open.Valid {
			if err := l.Books.SayElsewhere(ctx, l.admin, r.OrganizationID, "Bought from another distributor; billed there."); err != nil {
				return err
			}
			continue
		}
		how, note := settlingOf(r)
		_, err := l.Books.Settle(ctx, l.admin, books.Settling{
			Month: m, Rows: []store.RowKey{{OrganizationID: r.OrganizationID, Plan: r.Plan}}, How: how, Note: note, Seen: r.Open,
		})
		if err != nil {
			return err
		}
	}
	_, err = l.Books.Close(ctx, l.owner, m)
	return err
}

// settlingOf is how a person settles a difference: what is missing is billed by hand, and what was billed too much is credited, unless
// it is one seat.
func settlingOf(r store.MonthRow) (store.Settling, string) {
	switch {
	case r.Open.Decimal.IsNegative():
		return store.ByHand, "Credit memo sent."
	case r.Open.Decimal.LessThanOrEqual(one):
		return store.Waived, "Not worth an invoice of its own; agreed with the customer."
	}
	return store.ByHand, "Billed on a miscellaneous invoice."
}

// one is one seat.
var one = decimal.NewFromInt(1)
