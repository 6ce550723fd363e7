package months

import (
	"github.com/shopspring/decimal"

	"seatbridge/store"
)

// Going is what is known of an organization in a month that is not over: its differences begin when the month ends.
type Going struct {
	Month        store.Month
	Organization int64
	Agreement    int                // that it is mapped to; 0: none
	Entries      []store.Entry      // of runs of that month, oldest first
	Lines        []store.Line       // that may carry its seats
	Products     map[int]store.Plan // the plan of a mapped product
}

// Rows are what the runs of the month wrote last, and what the lines say at a day of which part is the organization's: a row for each
// plan, without what is due.
func (g Going) Rows(day string) []store.MonthRow {
	var rows []store.MonthRow
	for _, plan := range store.Plans() {
		r := store.MonthRow{Month: g.Month, OrganizationID: g.Organization, Plan: plan, AgreementID: g.Agreement}
		g.wrote(&r)
		g.stands(&r, day)
		if r.Written.Valid || r.InConnectWise.Valid {
			rows = append(rows, r)
		}
	}
	return rows
}

// wrote adds what was last written, or was right, and not undone.
func (g Going) wrote(r *store.MonthRow) {
	for _, e := range g.Entries {
		share, has := shareOf(e.Change.Shares, g.Organization, r.Plan)
		done := e.Change.State == store.StateWritten || e.Change.State == store.StateUnchanged
		if !has || !done || !e.Undone.IsZero() {
			continue
		}
		r.Written, r.WrittenRun, r.WrittenAt = decimal.NewNullDecimal(decimal.NewFromInt(int64(share.Seats))), e.Run.ID, e.Change.DoneAt
		if r.WrittenAt.IsZero() {
			r.WrittenAt = e.Run.StartedAt
		}
		r.AgreementID = e.Change.AgreementID
	}
}

// stands adds its part of what the lines say; one that ended says 0.
func (g Going) stands(r *store.MonthRow, day string) {
	for _, l := range g.Lines {
		quantity, has := g.part(l, r.Plan)
		if !has {
			continue
		}
		if l.Ended != "" && l.Ended < day {
			quantity = decimal.Zero
		}
		r.InConnectWise = decimal.NewNullDecimal(r.InConnectWise.Decimal.Add(quantity))
		r.ReadAt, r.ProductID, r.AdditionID = l.ReadAt, l.ProductID, l.AdditionID
		r.UnitPrice, r.Currency = l.UnitPrice, l.Currency
	}
}

// part is the organization's part of what a line says; has is false where nobody read or wrote it, or none of it is the organization's.
func (g Going) part(l store.Line, plan store.Plan) (part decimal.Decimal, has bool) {
	says := l.Read
	if !says.Valid {
		says = l.Written
	}
	if !says.Valid {
		return decimal.Zero, false
	}
	if len(l.Shares) == 0 {
		return says.Decimal, l.AgreementID == g.Agreement && g.Products[l.ProductID] == plan
	}
	if _, has := shareOf(l.Shares, g.Organization, plan); !has {
		return decimal.Zero, false
	}
	return Split(says.Decimal, l.Shares)[g.Organization], true
}
