package books

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"maps"
	"slices"
	"time"

	"github.com/shopspring/decimal"

	"seatbridge/billing/connect"
	"seatbridge/billing/plan"
	"seatbridge/billing/problem"
	"seatbridge/connectwise"
	"seatbridge/store"
)

const (
	// readEvery is how long invoices are not read again by themselves; where one is to be made today or was to be, it is readSoon.
	readEvery = 6 * time.Hour
	readSoon  = 55 * time.Minute
	// lookBack is how many months before the running one invoices are read again, since people date them as they like.
	lookBack = 2
)

// ReadInvoicesDue reads invoices unless that was done lately; without a connection, none.
func (k *Keeper) ReadInvoicesDue(ctx context.Context) error {
	last, err := store.InvoicingIn(k.Store).Reading(ctx)
	if err != nil {
		return err
	}
	dates, err := store.InvoicingIn(k.Store).Dates(ctx, nil)
	if err != nil {
		return err
	}
	wait, today := readEvery, day(k.Now())
	for d := range maps.Values(dates) {
		if d.NextInvoice != "" && d.NextInvoice <= today {
			wait = readSoon
		}
	}
	if k.Now().Before(last.TriedAt.Add(wait)) {
		return nil
	}
	return k.ReadInvoices(ctx)
}

// ReadInvoices reads when agreements are invoiced and their invoices, what the lines say of those that were invoiced since, and counts
// the books again. Without the right to read invoices the dates alone say whether a period is closed (docs/connectwise.md section 9).
func (k *Keeper) ReadInvoices(ctx context.Context) error {
	client, err := k.Connection.Client(ctx)
	if errors.Is(err, problem.ErrNotConnected) {
		return nil
	}
	if err == nil {
		err = reader{store: k.Store, client: client, now: k.Now, bills: map[int]string{}}.read(ctx)
	}
	if err := noteReading(ctx, k.Store, k.Now(), err); err != nil {
		return err
	}
	if err != nil && !errors.Is(err, connectwise.ErrForbidden) {
		return fmt.Errorf("reading invoices: %w", err)
	}
	return k.Refresh(ctx)
}

// reader reads how agreements are invoiced, and keeps it.
type reader struct {
	store  *store.Store
	client *connectwise.Client
	now    func() time.Time
	bills  map[int]string // how agreements bill products, as read this time
}

func noteReading(ctx context.Context, s *store.Store, now time.Time, problem error) error {
	invoicing := store.InvoicingIn(s)
	last, err := invoicing.Reading(ctx)
	if err != nil {
		return err
	}
	r := store.InvoiceReading{ReadAt: last.ReadAt, TriedAt: now}
	switch {
	case problem == nil:
		r.ReadAt = now
	case errors.Is(problem, connectwise.ErrForbidden):
		r.Forbidden = true
	default:
		r.Problem = connect.ProblemOf(problem)
	}
	return invoicing.NoteReading(ctx, r)
}

func (r reader) read(ctx context.Context) error {
	ids, err := r.carrying(ctx)
	if err != nil || len(ids) == 0 {
		return err
	}
	before, err := store.InvoicingIn(r.store).Dates(ctx, nil)
	if err != nil {
		return err
	}
	dates, err := r.readDates(ctx, ids, before)
	if err != nil {
		return err
	}
	moved := movedSince(before, dates)
	made, forbidden := r.readDocuments(ctx, earliest(before, dates, moved))
	if forbidden != nil && !errors.Is(forbidden, connectwise.ErrForbidden) {
		return forbidden
	}
	for id := range made {
		moved[id] = true
	}
	if err := r.addBilledOtherwise(ctx, moved); err != nil {
		return err
	}
	if err := r.readLines(ctx, payersOf(ids, dates, moved)); err != nil {
		return err
	}
	return forbidden
}

// carrying are the agreements that carry seats: those that organizations are mapped to, and those whose lines Seatbridge wrote.
func (r reader) carrying(ctx context.Context) ([]int, error) {
	mappings, err := r.store.Mappings(ctx)
	if err != nil {
		return nil, fmt.Errorf("reading mappings: %w", err)
	}
	lines, err := r.store.Lines(ctx)
	if err != nil {
		return nil, err
	}
	ids := map[int]bool{}
	for _, m := range mappings {
		ids[m.AgreementID] = true
	}
	for key, l := range lines {
		if !l.Written.Decimal.IsZero() {
			ids[key.AgreementID] = true
		}
	}
	return slices.Sorted(maps.Keys(ids)), nil
}

// readDates reads when agreements and their parents are invoiced, and keeps it.
func (r reader) readDates(
	ctx context.Context, ids []int, before map[int]store.BillingDates,
) (map[int]store.BillingDates, error) {
	dates := map[int]store.BillingDates{}
	for todo := ids; len(todo) > 0; {
		read, err := r.datesOf(ctx, todo, before)
		if err != nil {
			return nil, err
		}
		todo = nil
		for _, d := range read {
			dates[d.AgreementID] = d
		}
		for _, d := range read {
			if _, known := dates[d.ParentID]; d.ParentID != 0 && !known && !slices.Contains(todo, d.ParentID) {
				todo = append(todo, d.ParentID)
			}
		}
	}
	return dates, store.InvoicingIn(r.store).NoteDates(ctx, slices.Collect(maps.Values(dates)))
}

// datesOf reads the dates of agreements. One that is gone ended today at the latest.
func (r reader) datesOf(
	ctx context.Context, ids []int, before map[int]store.BillingDates,
) ([]store.BillingDates, error) {
	found := map[int]bool{}
	var read []store.BillingDates
	for a, err := range r.client.Agreements(ctx, connectwise.AgreementFilter{IDs: ids}) {
		if err != nil {
			return nil, fmt.Errorf("reading agreements: %w", err)
		}
		found[a.ID] = true
		r.bills[a.ID] = a.BillProducts
		read = append(read, plan.DatesOf(a, r.now()))
	}
	for _, id := range ids {
		if found[id] {
			continue
		}
		a, err := r.client.Agreement(ctx, id) // a filtered list may lag behind
		switch {
		case errors.Is(err, connectwise.ErrNotFound):
			gone := before[id]
			gone.AgreementID, gone.ReadAt = id, r.now()
			if gone.Ended == "" {
				gone.Ended = day(r.now())
			}
			read = append(read, gone)
		case err != nil:
			return nil, fmt.Errorf("reading agreement %d: %w", id, err)
		default:
			r.bills[id] = a.BillProducts
			read = append(read, plan.DatesOf(a, r.now()))
		}
	}
	return read, nil
}

// movedSince are the agreements whose next invoice date is another one than before.
func movedSince(before, now map[int]store.BillingDates) map[int]bool {
	moved := map[int]bool{}
	for id, d := range now {
		if was, known := before[id]; known && was.NextInvoice != d.NextInvoice {
			moved[id] = true
		}
	}
	return moved
}

// earliest is the first day of the first period that the dates moved from or to: its invoice may be dated so. Empty: none moved.
func earliest(before, now map[int]store.BillingDates, moved map[int]bool) (day string) {
	for id := range moved {
		for _, next := range []string{before[id].NextInvoice, now[id].NextInvoice} {
			if next != "" && (day == "" || next < day) {
				day = next
			}
		}
	}
	return day
}

// payersOf are those of the agreements that moved, or whose parent did.
func payersOf(ids []int, dates map[int]store.BillingDates, moved map[int]bool) []int {
	return slices.DeleteFunc(slices.Clone(ids), func(id int) bool { return !moved[id] && !moved[dates[id].ParentID] })
}

// addBilledOtherwise adds the agreements of which products are billed and were not when a run last read their terms, or the other way
// round: what their lines say from now on comes to something else.
func (r reader) addBilledOtherwise(ctx context.Context, to map[int]bool) error {
	terms, err := store.ReadingsIn(r.store).Terms(ctx)
	if err != nil {
		return err
	}
	free := func(word string) bool { return store.TermsOf(word, "", decimal.Zero).Unbilled != "" }
	for id, word := range r.bills {
		if free(word) != free(store.BillProducts(terms[id])) {
			to[id] = true
		}
	}
	return nil
}

// readDocuments reads the invoices of the last months, or since an earlier day, and keeps them. made are the agreements of which one is
// new or gone.
func (r reader) readDocuments(ctx context.Context, since string) (made map[int]bool, err error) {
	invoicing := store.InvoicingIn(r.store)
	from, err := r.readFrom(ctx)
	if err != nil {
		return nil, err
	}
	if day, err := time.Parse(time.DateOnly, since); err == nil && day.Before(from) {
		from = day
	}
	finance := connectwise.FinanceOf(r.client)
	read, err := invoicesOf(finance.Invoices(ctx, connectwise.InvoiceFilter{From: connectwise.DateOf(from)}))
	if err != nil {
		return nil, err
	}
	known, err := invoicing.Between(ctx, day(from), "9999-12-31")
	if err != nil {
		return nil, err
	}
	gone, err := missing(ctx, finance, known, read)
	if err != nil {
		return nil, err
	}
	made, before := map[int]bool{}, idsOf(known)
	for _, v := range read {
		if !before[v.ID] {
			made[v.AgreementID] = true
		}
	}
	return made, invoicing.Keep(ctx, r.now(), read, gone)
}

// readFrom is from which day on invoices are read: when they never were, from the first month of the books on.
func (r reader) readFrom(ctx context.Context) (time.Time, error) {
	from := store.MonthOf(r.now()).Add(-lookBack).Start()
	last, err := store.InvoicingIn(r.store).Reading(ctx)
	if err != nil || !last.ReadAt.IsZero() {
		return from, err
	}
	first, err := store.BooksIn(r.store).FirstMonth(ctx)
	if errors.Is(err, store.ErrNotFound) {
		return from, nil
	}
	if first.Start().Before(from) {
		from = first.Start()
	}
	return from, err
}

func invoicesOf(invoices iter.Seq2[connectwise.Invoice, error]) ([]store.Invoice, error) {
	var read []store.Invoice
	for v, err := range invoices {
		if err != nil {
			return nil, err
		}
		kept := store.Invoice{
			ID: v.ID, Number: v.Number, Type: v.Type, AgreementID: v.AgreementID, Day: v.Date.String(), EnteredAt: v.EnteredAt,
			Status: v.Status.Name, Total: v.Total, Currency: v.Currency,
		}
		if v.Type == connectwise.InvoiceOfAgreement && !v.OfPeriod() {
			kept.Type = v.ApplyToType // it refers to the agreement, and is no period's
		}
		read = append(read, kept)
	}
	return read, nil
}

func idsOf(invoices []store.Invoice) map[int]bool {
	ids := map[int]bool{}
	for _, v := range invoices {
		ids[v.ID] = true
	}
	return ids
}

// missing are the invoices that are not there any more, by their ids: a list can lag behind, so that each is asked for.
func missing(ctx context.Context, finance connectwise.Finance, known, read []store.Invoice) ([]int, error) {
	var gone []int
	there := idsOf(read)
	for _, v := range known {
		if there[v.ID] {
			continue
		}
		_, err := finance.Invoice(ctx, v.ID)
		switch {
		case errors.Is(err, connectwise.ErrNotFound):
			gone = append(gone, v.ID)
		case err != nil:
			return nil, fmt.Errorf("reading invoice %d: %w", v.ID, err)
		}
	}
	return gone, nil
}

// readLines reads what the lines of agreements say that were invoiced since the last reading: what a person changed before that is
// what the invoice took.
func (r reader) readLines(ctx context.Context, ids []int) error {
	lines, err := r.store.Lines(ctx)
	if err != nil {
		return err
	}
	for _, id := range ids {
		additions := map[int]connectwise.Addition{}
		for a, err := range r.client.Additions(ctx, id) {
			if errors.Is(err, connectwise.ErrNotFound) {
				break
			}
			if err != nil {
				return fmt.Errorf("reading the additions of agreement %d: %w", id, err)
			}
			additions[a.ID] = a
		}
		var read []store.Line
		for key, l := range lines {
			if a, there := additions[l.AdditionID]; there && key.AgreementID == id {
				l.Read, l.ReadAt, l.ChangedAt = decimal.NewNullDecimal(a.Quantity), r.now(), a.LastUpdated
				l.UnitPrice, l.Ended = a.UnitPrice, a.CancelledDate.String()
				unbilled := store.TermsOf(r.bills[id], a.BillCustomer, a.LessIncluded)
				l.Terms = &unbilled
				read = append(read, l)
			}
		}
		if err := store.BooksIn(r.store).NoteRead(ctx, read); err != nil {
			return err
		}
	}
	return nil
}

func day(t time.Time) string { return t.UTC().Format(time.DateOnly) }
