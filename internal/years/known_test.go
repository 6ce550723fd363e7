package years

import (
	"time"

	"seatbridge/store"
)

// known tells what Seatbridge knows of the agreements, for whoever has to find out what went wrong.
func (w *world) known() {
	ctx := w.T.Context()
	invoicing := store.InvoicingIn(w.Store)
	dates, err := invoicing.Dates(ctx, nil)
	w.Must(err)
	moves, err := invoicing.Moves(ctx, w.agreements)
	w.Must(err)
	invoices, err := invoicing.Invoices(ctx, w.agreements)
	w.Must(err)
	said, err := store.BooksIn(w.Store).Said(ctx, w.agreements)
	w.Must(err)
	for _, id := range w.agreements {
		w.tell("agreement %d: %+v", id, dates[id])
		for _, m := range moves[id] {
			w.tell("  its date moved from %s to %s between %s and %s", m.From, m.To, m.After.Format(time.DateTime), m.By.Format(time.DateTime))
		}
		for _, v := range invoices[id] {
			w.tell("  invoice %s dated %s, made %s, gone %v", v.Number, v.Day, v.EnteredAt.Format(time.DateTime), !v.GoneAt.IsZero())
		}
		for _, s := range said[id] {
			w.tell("  line %d of product %d said %s from %s on, seen %s, written %v, ended %q: %v", s.AdditionID, s.ProductID, s.Quantity,
				s.At.Format(time.DateTime), s.SeenAt.Format(time.DateTime), s.Written, s.Ended, s.Shares)
		}
	}
}
