package months_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/shopspring/decimal"

	"seatbridge/billing/months"
	"seatbridge/store"
)

// counted is a row by its figures: due, written, in ConnectWise, billed, settled and open; "?" is not known.
func counted(agreement int, state store.RowState, invoice store.RowInvoice, unitPrice string, figures ...string) store.MonthRow {
	null := func(s string) decimal.NullDecimal {
		if s == "?" {
			return decimal.NullDecimal{}
		}
		return decimal.NewNullDecimal(decimal.RequireFromString(s))
	}
	r := store.MonthRow{
		AgreementID: agreement, State: state, Invoice: invoice, Due: null(figures[0]), Written: null(figures[1]), InConnectWise: null(figures[2]),
		Billed: null(figures[3]), Settled: null(figures[4]).Decimal, Open: null(figures[5]), UnitPrice: null(unitPrice),
	}
	if r.UnitPrice.Valid {
		r.Currency = "USD"
	}
	r.LineBilled = r.Billed.Decimal
	if r.Due.Valid && r.Billed.Valid {
		r.Difference = decimal.NewNullDecimal(r.Due.Decimal.Sub(r.Billed.Decimal))
	}
	return r
}

// TestTally adds up a month of nine rows: two that agree, one of them edited, four that are open, one of them without a price, one of
// which nobody knows what is due and one that was billed too much, two that are settled, one of which in yen, which has no cents, and one that is open and not billed in ConnectWise.
func TestTally(t *testing.T) {
	t.Parallel()
	invoiced := store.RowInvoice{State: store.Invoiced, Day: "2026-11-01"}
	yet := func(day string) store.RowInvoice { return store.RowInvoice{State: store.NotInvoiced, Day: day} }
	edited := counted(31, store.RowAgrees, invoiced, "4.99", "7", "7", "9", "7", "0", "0")
	edited.Edited = true
	yen := counted(34, store.RowSettled, store.RowInvoice{State: store.PeriodClosed, Day: "2026-10-01"}, "10.5", "1", "?", "?", "0", "1", "0")
	yen.Currency = "JPY"
	unbilled := counted(36, store.RowOpen, yet(""), "2", "9", "?", "5", "5", "0", "4")
	unbilled.Unbilled = store.AboutProducts
	var tally months.Tally
	for _, r := range []store.MonthRow{
		counted(31, store.RowAgrees, invoiced, "4.99", "5", "5", "5", "5", "0", "0"), edited,
		counted(32, store.RowOpen, yet("2026-12-05"), "4.99", "6", "5", "5", "5", "0", "1"),
		counted(33, store.RowOpen, yet("2026-12-01"), "?", "4", "4", "4", "6", "1", "-3"),
		counted(36, store.RowOpen, yet(""), "2", "1", "1", "1", "3", "0", "-2"), counted(0, store.RowOpen, yet(""), "4.99", "?", "?", "?", "0", "0", "?"),
		counted(32, store.RowSettled, yet("2026-12-05"), "4.99", "3", "1", "1", "1", "2", "0"), yen, unbilled,
	} {
		tally.Add(r)
	}
	d := decimal.RequireFromString
	want := store.MonthSums{
		Rows: 9, Due: d("36"), Unknown: 1, Written: d("23"), WrittenRows: 6, InConnectWise: d("30"), Billed: d("32"),
		Open: store.RowSums{Rows: 5, Seats: d("0"), Unknown: 1, Unpriced: 1, Unbilled: 1}, More: store.RowSums{Rows: 2, Seats: d("5"), Unbilled: 1},
		Less: store.RowSums{Rows: 2, Seats: d("-5"), Unpriced: 1}, Settled: store.RowSums{Rows: 3, Seats: d("4"), Unpriced: 1},
		Agrees: 2, Edited: 1, NotInvoiced: 6, Agreements: 5, Invoiced: 1, InvoicedSeats: d("12"), NextInvoice: "2026-12-01",
		Money: []store.MonthMoney{
			{Currency: "JPY", Due: d("11"), Settled: d("11")},
			{
				Currency: "USD", Due: d("106.79"), InConnectWise: d("101.80"), Billed: d("95.82"), More: d("4.99"), Less: d("-4"), Settled: d("9.98"),
			},
		},
	}
	if diff := cmp.Diff(want, tally.Sums()); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// TestTallyOfNothing is a month without rows.
func TestTallyOfNothing(t *testing.T) {
	t.Parallel()
	var tally months.Tally
	if diff := cmp.Diff(store.MonthSums{}, tally.Sums()); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}
