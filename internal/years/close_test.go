package years

import (
	"encoding/json"
	"errors"

	"github.com/shopspring/decimal"

	"seatbridge/billing/billingtest"
	"seatbridge/billing/problem"
	"seatbridge/store"
)

// closeMonth closes a month, unless something of it is open or it may be written yet, and judges its statement: what was billed, as it
// was just judged, with what was settled is what is due, and nobody who owes is left out.
func (w *world) closeMonth(m store.Month) {
	kept, err := w.Books.Close(w.T.Context(), billingtest.Admin(), m)
	var invalid *problem.Invalid
	if errors.As(err, &invalid) {
		w.count("not closed", false)
		return
	}
	w.Must(err)
	var statement struct {
		Rows []struct {
			Organization string
			Plan         store.Plan
			Due, Billed  decimal.NullDecimal
		}
	}
	w.Must(json.Unmarshal([]byte(kept.Body), &statement))
	stated := map[rowKey]decimal.Decimal{}
	for _, r := range statement.Rows {
		k := rowKey{m, r.Organization, r.Plan == store.Enterprise}
		stated[k] = r.Due.Decimal
		settled := w.settled[k]
		if w.elsewhere[k.name] && r.Billed.Decimal.IsZero() {
			settled = r.Due.Decimal
		}
		if r.Due.Valid && !r.Billed.Decimal.Add(settled).Equal(r.Due.Decimal) {
			w.wrong("%s is closed: %s billed and %s settled are not the %s that are due", k, r.Billed.Decimal, settled, r.Due.Decimal)
		}
	}
	for _, name := range w.names {
		f, known := w.book.Due(name, m.Start())
		k := rowKey{m, name, f.Enterprise}
		if due := decimal.NewFromInt(int64(f.Seats)); known && !stated[k].Equal(due) {
			w.wrong("%s is closed: due are %s, the judge says %s", k, stated[k], due)
		}
	}
	w.count("closed", false)
	w.tell("%s is closed", m)
}
