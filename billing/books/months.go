package books

import (
	"context"
	"errors"
	"fmt"

	"github.com/shopspring/decimal"

	"seatbridge/billing/months"
	"seatbridge/billing/problem"
	"seatbridge/store"
)

// Month is a month of the books, as far as it has come.
type Month struct {
	store.BookedMonth
	State   months.State
	Try     months.Try
	Pending int // organizations that are to be counted again yet: the sums lag behind by them
}

// Months are the running month and those before it, the latest first; none before anything was connected. Of the running month only
// what is due so far is known.
func (k *Keeper) Months(ctx context.Context) ([]Month, error) {
	pending, err := k.Current(ctx)
	if err != nil {
		return nil, err
	}
	if _, err := store.BooksIn(k.Store).FirstMonth(ctx); errors.Is(err, store.ErrNotFound) {
		return nil, nil
	} else if err != nil {
		return nil, err
	}
	booked, err := store.BooksIn(k.Store).Months(ctx)
	if err != nil {
		return nil, err
	}
	running, err := k.running(ctx)
	if err != nil {
		return nil, err
	}
	list := []Month{running}
	for _, b := range booked {
		m, err := k.month(ctx, b)
		if err != nil {
			return nil, err
		}
		m.Pending = pending
		list = append(list, m)
	}
	return list, nil
}

// Month is one month: store.ErrNotFound where the books do not have it.
func (k *Keeper) Month(ctx context.Context, m store.Month) (Month, error) {
	pending, err := k.Current(ctx)
	if err != nil {
		return Month{}, err
	}
	if m == store.MonthOf(k.Now()) {
		return k.running(ctx)
	}
	booked, err := store.BooksIn(k.Store).Month(ctx, m)
	if err != nil {
		return Month{}, err
	}
	month, err := k.month(ctx, booked)
	month.Pending = pending
	return month, err
}

func (k *Keeper) month(ctx context.Context, b store.BookedMonth) (Month, error) {
	try, err := tryOf(ctx, k.Store, b.Month)
	return Month{BookedMonth: b, State: months.StateOf(b, try, k.Now()), Try: try}, err
}

// running is the running month, with what is due so far.
func (k *Keeper) running(ctx context.Context) (Month, error) {
	b := store.BookedMonth{Month: store.MonthOf(k.Now())}
	totals, err := k.Figures.Totals(ctx, 1)
	if err != nil {
		return Month{}, fmt.Errorf("counting %s: %w", b.Month, err)
	}
	for _, n := range totals[0].Seats {
		b.Sums.Due = b.Sums.Due.Add(decimal.NewFromInt(int64(n)))
	}
	b.Sums.Unknown = totals[0].Unknown
	return k.month(ctx, b)
}

// Rows lists a page of the rows of a month that ended and counts all that match. Of the running month there are none: its differences
// begin when it ends.
func (k *Keeper) Rows(ctx context.Context, f store.MonthRowFilter) (page []store.MonthRow, total int, err error) {
	if _, err := k.Current(ctx); err != nil {
		return nil, 0, err
	}
	return store.BooksIn(k.Store).Rows(ctx, f)
}

// Open are the months that ended and have open differences, the latest first.
func (k *Keeper) Open(ctx context.Context) ([]Month, error) {
	all, err := k.Months(ctx)
	if err != nil {
		return nil, err
	}
	var open []Month
	for _, m := range all {
		if m.State != months.Running && m.Sums.Open.Rows > 0 {
			open = append(open, m)
		}
	}
	return open, nil
}

// ended says why nothing can be done in a month, or nothing: the books have it.
func (k *Keeper) ended(ctx context.Context, m store.Month) error {
	if m >= store.MonthOf(k.Now()) {
		return &problem.Invalid{Fields: problem.Fields{"month": fmt.Sprintf("%s is not over yet.", m)}}
	}
	if err := k.begin(ctx); err != nil {
		return err
	}
	_, err := store.BooksIn(k.Store).Month(ctx, m)
	if errors.Is(err, store.ErrNotFound) {
		sentence := fmt.Sprintf("Nothing is known of %s: the books begin later.", m)
		return &problem.Invalid{Fields: problem.Fields{"month": sentence}, Cause: err}
	}
	return err
}
