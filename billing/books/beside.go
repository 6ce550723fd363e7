package books

import (
	"context"
	"errors"
	"maps"
	"slices"

	"seatbridge/billing/months"
	"seatbridge/store"
)

// Reader reads the books for pages that are about something else.
type Reader struct{ *Keeper }

// Beside is what was written and stands in ConnectWise beside what is due of some organizations in a month.
type Beside struct {
	Month   store.Month
	Running bool                       // the month is not over: its rows have neither a due nor a difference
	Known   bool                       // the books have the month, or it goes on
	Rows    map[int64][]store.MonthRow // by organization, in the order of plans; one without has nothing due, written or billed
}

// Beside reads that of organizations, each with the agreement that it is mapped to; 0: none.
func (k Reader) Beside(ctx context.Context, m store.Month, mapped map[int64]int) (Beside, error) {
	b := Beside{Month: m, Running: m >= store.MonthOf(k.Now()), Rows: map[int64][]store.MonthRow{}}
	if len(mapped) == 0 {
		return b, nil
	}
	if b.Running {
		b.Known = true
		return b, k.going(ctx, &b, mapped)
	}
	f := store.MonthRowFilter{Month: m, Organizations: slices.Sorted(maps.Keys(mapped)), Sort: "id"}
	rows, _, err := k.Rows(ctx, f)
	if err != nil {
		return b, err
	}
	for _, r := range rows {
		b.Rows[r.OrganizationID] = append(b.Rows[r.OrganizationID], r)
	}
	_, err = store.BooksIn(k.Store).Month(ctx, m)
	if errors.Is(err, store.ErrNotFound) {
		return b, nil
	}
	b.Known = err == nil
	return b, err
}

// going adds the rows of a month that is not over.
func (k Reader) going(ctx context.Context, b *Beside, mapped map[int64]int) error {
	ids := slices.Sorted(maps.Keys(mapped))
	entries, err := store.BooksIn(k.Store).EntriesOf(ctx, b.Month, ids)
	if err != nil {
		return err
	}
	lines, err := k.linesOf(ctx, mapped, entries)
	if err != nil {
		return err
	}
	products, err := k.Store.ProductMappings(ctx)
	if err != nil {
		return err
	}
	plans := map[int]store.Plan{}
	for _, p := range products {
		plans[p.ProductID] = p.Plan
	}
	for _, id := range ids {
		g := months.Going{Month: b.Month, Organization: id, Agreement: mapped[id], Entries: entries[id], Products: plans}
		for _, agreement := range agreementsOf(mapped[id], entries[id]) {
			g.Lines = append(g.Lines, lines[agreement]...)
		}
		if rows := g.Rows(day(k.Now())); len(rows) > 0 {
			b.Rows[id] = rows
		}
	}
	return nil
}

// agreementsOf are those that may carry an organization's seats in a month.
func agreementsOf(mapped int, entries []store.Entry) []int {
	var ids []int
	if mapped != 0 {
		ids = append(ids, mapped)
	}
	for _, e := range entries {
		if !slices.Contains(ids, e.Change.AgreementID) {
			ids = append(ids, e.Change.AgreementID)
		}
	}
	return ids
}

// linesOf are the lines of these agreements, by agreement.
func (k Reader) linesOf(ctx context.Context, mapped map[int64]int, entries map[int64][]store.Entry) (map[int][]store.Line, error) {
	all := map[int]bool{}
	for id, agreement := range mapped {
		for _, a := range agreementsOf(agreement, entries[id]) {
			all[a] = true
		}
	}
	lines, err := store.BooksIn(k.Store).LinesOf(ctx, slices.Sorted(maps.Keys(all)))
	byAgreement := map[int][]store.Line{}
	for _, l := range lines {
		byAgreement[l.AgreementID] = append(byAgreement[l.AgreementID], l)
	}
	return byAgreement, err
}

// Late are the open rows that were written with another figure than what is due now, the latest month first: of an organization, an
// agreement or a run, as the filter says; at most so many. total is how many there are.
func (k Reader) Late(ctx context.Context, f store.MonthRowFilter, most int) (rows []store.MonthRow, total int, err error) {
	f.Late, f.Sort, f.Limit = true, "month", most
	return k.Rows(ctx, f)
}

// LastEnded is the month that ended last, as far as it has come: store.ErrNotFound where the books have none yet.
func (k Reader) LastEnded(ctx context.Context) (Month, error) {
	return k.Month(ctx, store.MonthOf(k.Now()).Add(-1))
}

// NextInvoices are the days on which agreements are to be invoiced next, by agreement; one that nobody read has none. A child goes on
// the invoices of its parent.
func (k Reader) NextInvoices(ctx context.Context, agreementIDs []int) (map[int]string, error) {
	dates, err := store.InvoicingIn(k.Store).Dates(ctx, agreementIDs)
	if err != nil {
		return nil, err
	}
	next := map[int]string{}
	for _, id := range agreementIDs {
		d := dates[id]
		if d.ParentID != 0 {
			d = dates[d.ParentID]
		}
		if d.NextInvoice != "" {
			next[id] = d.NextInvoice
		}
	}
	return next, nil
}
