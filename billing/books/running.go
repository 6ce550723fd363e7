package books

import (
	"cmp"
	"context"
	"fmt"
	"slices"

	"github.com/shopspring/decimal"

	"seatbridge/billing/months"
	"seatbridge/billing/seats"
	"seatbridge/store"
)

// RunningRows are the organizations of the running month by id, with what is due so far and nothing else: the differences begin when
// the month ends. What is due of one that the MSP does not manage is not known. It is as quick as counting everything.
func (k *Keeper) RunningRows(ctx context.Context) ([]store.MonthRow, error) {
	period := seats.ToDate(k.Now())
	usages, err := k.Figures.Usage(ctx, period, nil)
	if err != nil {
		return nil, fmt.Errorf("counting %s: %w", period.Month, err)
	}
	organizations, _, err := k.Store.Organizations(ctx, store.OrganizationFilter{Status: store.OrganizationAny})
	if err != nil {
		return nil, err
	}
	var rows []store.MonthRow
	for _, o := range organizations {
		u, counted := usages[o.ID]
		n, known := u.Seats()
		if !counted || known && n == 0 {
			continue
		}
		r := store.MonthRow{
			Month: period.Month, OrganizationID: o.ID, Organization: o.Name, ExternalID: o.ExternalID, Plan: u.Plan,
			Source: string(u.Source()), Invoice: store.RowInvoice{State: store.NotInvoiced}, State: store.RowAgrees,
		}
		if known && !u.Unmanaged {
			r.Due = decimal.NewNullDecimal(decimal.NewFromInt(int64(n)))
		}
		rows = append(rows, r)
	}
	slices.SortFunc(rows, func(a, b store.MonthRow) int { return cmp.Compare(a.OrganizationID, b.OrganizationID) })
	return rows, nil
}

// Page is a page of a month for scripts, by organization and plan: at most so many rows after a cursor of store.MonthRow; 0: all.
func (k *Keeper) Page(ctx context.Context, m Month, after string, most int) (book months.MonthBook, err error) {
	book = months.MonthBook{Month: m.Month, State: m.State, Organizations: []months.MonthLine{}}
	if !m.ClosedAt.IsZero() {
		at := m.ClosedAt.UTC()
		book.ClosedAt = &at
	}
	rows, err := pageOf(ctx, k, m, after, most)
	if err != nil {
		return book, err
	}
	if most > 0 && len(rows) > most {
		rows = rows[:most]
		book.NextCursor = rows[most-1].Cursor()
	}
	for _, r := range rows {
		book.Organizations = append(book.Organizations, months.LineOf(r))
	}
	return book, nil
}

// pageOf reads one row more than a page has, which says whether there is another one.
func pageOf(ctx context.Context, k *Keeper, m Month, after string, most int) (rows []store.MonthRow, err error) {
	if most > 0 {
		most++
	}
	if m.State != months.Running {
		rows, _, err = store.BooksIn(k.Store).Rows(ctx, store.MonthRowFilter{Month: m.Month, Sort: "id", After: after, Limit: most})
		return rows, err
	}
	if rows, err = k.RunningRows(ctx); err != nil {
		return nil, err
	}
	i := slices.IndexFunc(rows, func(r store.MonthRow) bool { return r.Cursor() > after })
	if i < 0 {
		return nil, nil
	}
	rows = rows[i:]
	if most > 0 {
		rows = rows[:min(most, len(rows))]
	}
	return rows, nil
}
