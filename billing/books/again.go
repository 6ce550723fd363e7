package books

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"seatbridge/billing/connect"
	"seatbridge/billing/problem"
	"seatbridge/store"
)

// WriteAgain starts a sync of a month over the agreements that carry rows with a difference, before their invoices are made: it asks
// the sources of the figures again. It settles nothing: what it writes is no difference any more, and what it leaves stays open. Rows
// whose invoice was made, that no agreement carries, or that have no difference any more are refused by name, and so is a sync that
// would overwrite a later month.
func (k *Keeper) WriteAgain(ctx context.Context, who problem.Actor, s Settling) (store.Run, error) {
	s.How = store.WrittenAgain
	problems := problem.Fields{}
	problems.Add("note", problem.OfLength(s.Note, longestNote))
	if len(s.Rows) == 0 {
		problems.Add("rows", "Choose what is to be written again.")
	}
	if len(problems) > 0 {
		return store.Run{}, &problem.Invalid{Fields: problems}
	}
	if err := errors.Join(k.ended(ctx, s.Month), connect.Writes(ctx, k.Store)); err != nil {
		return store.Run{}, err
	}
	if err := k.Refresh(ctx); err != nil {
		return store.Run{}, err
	}
	rows, err := differing(ctx, k.Store, s)
	if err != nil {
		return store.Run{}, err
	}
	agreements, err := writable(rows)
	if err != nil {
		return store.Run{}, err
	}
	run, err := k.Runs.Start(ctx, who, k.Runs.SyncMonth(s.Month, agreements, false))
	if err != nil {
		return run, err
	}
	return run, k.Store.AddActivity(ctx, who.Did(k.Now(), store.CategoryBilling, "Had %s of %s written again, by run %d.%s",
		problem.Plural(len(rows), "difference"), s.Month, run.ID, withNote(s.Note)))
}

// writable are the agreements that carry rows, each of which an invoice may still take.
func writable(rows []store.MonthRow) ([]int, error) {
	var agreements []int
	for _, r := range rows {
		name := fmt.Sprintf("%s, %s", r.Organization, r.Plan.Name())
		switch {
		case r.AgreementID == 0:
			return nil, refused(name + ": no agreement carries it. Map the organization first.")
		case r.Invoice.State == store.Invoiced:
			return nil, overtaken(fmt.Sprintf("%s: invoice %s of %s was made already, and what is written now goes on a later one.",
				name, r.Invoice.Number, r.Invoice.Day))
		case r.Invoice.State == store.PeriodClosed:
			return nil, overtaken(name + ": its period is closed already, and what is written now goes on a later invoice.")
		}
		if !slices.Contains(agreements, r.AgreementID) {
			agreements = append(agreements, r.AgreementID)
		}
	}
	return agreements, nil
}
