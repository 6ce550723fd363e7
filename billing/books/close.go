package books

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/shopspring/decimal"

	"seatbridge/billing/months"
	"seatbridge/billing/problem"
	"seatbridge/billing/seats"
	"seatbridge/store"
)

// mostRecounts is how often closing counts again what was written meanwhile before it gives up.
const mostRecounts = 5

// errClosed is why a closed month is not closed again.
var errClosed = errors.New("the month is closed")

// Close closes a month: its statement, which does not change any more, is kept with who closed it when. A month that is not over or
// closed already, that a sync may yet write or writes at this moment, or in which something is open, is refused with a sentence. What
// changes later is a difference of the closed month; the statement stays (docs/months.md section 6).
func (k *Keeper) Close(ctx context.Context, who problem.Actor, m store.Month) (store.Statement, error) {
	return k.closeMonth(ctx, who, who.Name, m)
}

func (k *Keeper) closeMonth(ctx context.Context, who problem.Actor, by string, m store.Month) (kept store.Statement, err error) {
	if err := k.ended(ctx, m); err != nil {
		return kept, err
	}
	for range mostRecounts {
		if err := k.Refresh(ctx); err != nil {
			return kept, err
		}
		current := false
		err = k.Store.Together(ctx, fmt.Sprintf("closing %s", m), func(in *store.Store) error {
			stale, err := store.BooksIn(in).CountStale(ctx)
			if current = stale == 0; err != nil || !current {
				return err
			}
			kept, err = closing{in: in, who: who, by: by, now: k.Now().UTC().Truncate(time.Second)}.keep(ctx, m)
			return err
		})
		if err != nil || current {
			return kept, err
		}
	}
	return kept, notClosed("Facts about it change at this moment. Close it again in a minute.")
}

// CloseByItself closes what may be closed without a person, where the settings say so: months of which nothing is open and all
// agreements that carry them are known to be invoiced, the oldest first. The others it leaves to people.
func (k *Keeper) CloseByItself(ctx context.Context) error {
	settings, err := k.Store.Settings(ctx)
	if err != nil || !settings.Months.CloseByItself {
		return err
	}
	if err := k.UpToDate(ctx); err != nil {
		return err
	}
	booked, err := store.BooksIn(k.Store).Months(ctx)
	if err != nil {
		return err
	}
	for _, b := range slices.Backward(booked) {
		if !b.ClosedAt.IsZero() || b.Sums.Open.Rows > 0 || b.Sums.Agreements == 0 || b.Sums.Invoiced < b.Sums.Agreements {
			continue
		}
		_, err := k.closeMonth(ctx, problem.System(), "", b.Month)
		var invalid *problem.Invalid
		if err != nil && !errors.As(err, &invalid) {
			return err
		}
	}
	return nil
}

// closing closes a month in a transaction in which its rows are what they should be.
type closing struct {
	in  *store.Store
	who problem.Actor
	by  string // e-mail address; empty: by itself
	now time.Time
}

// keep keeps the statement and that the month is closed, with the entry of the activity log.
func (c closing) keep(ctx context.Context, m store.Month) (kept store.Statement, err error) {
	booked, err := store.BooksIn(c.in).Month(ctx, m)
	if err != nil {
		return kept, err
	}
	if err := c.closable(ctx, booked); err != nil {
		return kept, err
	}
	booked.ClosedAt, booked.ClosedBy = c.now, c.by
	facts, err := closingOf(ctx, c.in, booked)
	if err != nil {
		return kept, err
	}
	statement, err := months.StatementOf(facts)
	if err != nil {
		return kept, notClosed(fmt.Sprintf("Statement No. %d of %s, on which this one would build, is not what it was. Verify the statements, "+
			"and restore the database from a backup.", facts.Last.Number, facts.Last.Month))
	}
	if kept, err = statement.Sealed(); err != nil {
		return kept, err
	}
	if err := store.BooksIn(c.in).CloseMonth(ctx, booked, kept); err != nil {
		return kept, err
	}
	return kept, c.in.AddActivity(ctx, c.who.Did(booked.ClosedAt, store.CategoryBilling,
		"Closed %s: %s due, %s billed, %s settled. Statement No. %d, SHA-256 %s.",
		m, counted(statement.Sums.Due), statement.Sums.Billed, signed(statement.Sums.Settled), kept.Number, kept.SHA256))
}

func notClosed(sentence string) error {
	return &problem.Invalid{Fields: problem.Fields{"month": sentence}}
}

// counted writes a number of seats.
func counted(n decimal.Decimal) string {
	if n.Equal(decimal.NewFromInt(1)) {
		return "1 seat"
	}
	return n.String() + " seats"
}

// closable says why a month of the books cannot be closed, or nothing.
func (c closing) closable(ctx context.Context, b store.BookedMonth) error {
	if !b.ClosedAt.IsZero() {
		by := b.ClosedBy
		if by == "" {
			by = "Seatbridge itself"
		}
		return &problem.Invalid{
			Fields: problem.Fields{"month": fmt.Sprintf("%s closed %s already, on %s.", by, b.Month, seats.Minute(b.ClosedAt))},
			Cause:  errClosed,
		}
	}
	if err := c.writtenOut(ctx, b.Month); err != nil {
		return err
	}
	open, n, err := store.BooksIn(c.in).Rows(ctx, store.MonthRowFilter{Month: b.Month, States: []store.RowState{store.RowOpen}, Limit: 1})
	if err != nil || n == 0 {
		return err
	}
	first := fmt.Sprintf("“%s”, %s", open[0].Organization, open[0].Plan.Name())
	if n == 1 {
		return notClosed(fmt.Sprintf("1 difference of %s is open: %s. Settle it first.", b.Month, first))
	}
	return notClosed(fmt.Sprintf("%d differences of %s are open, the largest is that of %s. Settle them first.", n, b.Month, first))
}

// writtenOut refuses a month that a sync writes at this moment, or may yet: it is tried until it is written or the sync of the next
// month takes its place.
func (c closing) writtenOut(ctx context.Context, m store.Month) error {
	try, err := tryOf(ctx, c.in, m)
	if err != nil {
		return err
	}
	if try.Last.Status == store.RunRunning {
		return notClosed(fmt.Sprintf("Run %d writes %s at this moment. Close it when that has ended.", try.Last.ID, m))
	}
	settings, err := c.in.Settings(ctx)
	if err != nil {
		return err
	}
	if try.Ended || !c.now.Before(seats.ScheduleOf(settings.Months).DueAt(m.Add(1))) {
		return nil
	}
	integration, err := c.in.Integration(ctx)
	switch {
	case errors.Is(err, store.ErrNotFound):
		return nil // nothing can write it
	case err != nil:
		return err
	case integration.ActiveSince.IsZero():
		return nil
	}
	return notClosed(fmt.Sprintf("%s is not written yet: its sync is still to come, or is tried again every hour. Wait for it, or sync "+
		"%[1]s now.", m))
}

// closingOf reads what a month's statement follows from.
func closingOf(ctx context.Context, in *store.Store, b store.BookedMonth) (c months.Closing, err error) {
	c.Month = b
	settings, err := in.Settings(ctx)
	if err != nil {
		return c, err
	}
	c.MSP = settings.MSPName
	books := store.BooksIn(in)
	for r, err := range books.EachRow(ctx, store.MonthRowFilter{Month: b.Month, Sort: "id"}) {
		if err != nil {
			return c, err
		}
		c.Rows = append(c.Rows, r)
	}
	if c.Settlements, err = books.MonthSettlements(ctx, b.Month); err != nil {
		return c, err
	}
	if c.Elsewhere, err = books.Elsewhere(ctx); err != nil {
		return c, err
	}
	if c.Others, err = otherInvoices(ctx, in, c); err != nil {
		return c, err
	}
	last, err := books.LastStatement(ctx)
	if errors.Is(err, store.ErrNotFound) {
		c.Installation = newInstallation()
		return c, nil
	}
	c.Last = &last
	return c, err
}

// newInstallation names an installation, so that its statements are told from those of others.
func newInstallation() string {
	random := make([]byte, 16)
	rand.Read(random) // never fails
	return hex.EncodeToString(random)
}

// otherInvoices are the invoices of the agreements that carry a month, or of their parents, that are dated from the month's end to its
// closing and are no period's: with credit memos and miscellaneous invoices people settle differences.
func otherInvoices(ctx context.Context, in *store.Store, c months.Closing) ([]store.Invoice, error) {
	agreements := map[int]bool{}
	for _, r := range c.Rows {
		agreements[r.AgreementID] = true
	}
	invoicing := store.InvoicingIn(in)
	dates, err := invoicing.Dates(ctx, slices.Sorted(maps.Keys(agreements)))
	if err != nil {
		return nil, err
	}
	for id, d := range dates {
		if agreements[id] && d.ParentID != 0 {
			agreements[d.ParentID] = true
		}
	}
	all, err := invoicing.Between(ctx, c.Month.Month.End().Format(time.DateOnly), c.Month.ClosedAt.Format(time.DateOnly))
	if err != nil {
		return nil, err
	}
	return slices.DeleteFunc(all, func(v store.Invoice) bool {
		return v.Type == "Agreement" || v.AgreementID == 0 || !agreements[v.AgreementID]
	}), nil
}
