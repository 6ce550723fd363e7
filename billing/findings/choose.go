package findings

import (
	"context"
	"fmt"
	"math"
	"slices"

	"seatbridge/billing/problem"
	"seatbridge/store"
)

// ChooseLine says which of several open additions carries a product's seats on an agreement. The choice is
// remembered by the addition's id; the next sync follows it.
func (d *Desk) ChooseLine(ctx context.Context, who problem.Actor, changeID int64, additionID int) error {
	c, err := d.store.Change(ctx, changeID)
	if err != nil {
		return fmt.Errorf("reading change %d: %w", changeID, err)
	}
	later, err := d.store.LookedAtBetween(ctx, c.RunID, math.MaxInt64)
	if err != nil {
		return fmt.Errorf("reading later runs: %w", err)
	}
	if later[c.AgreementID] {
		return &problem.Invalid{Fields: problem.Fields{"addition": "A later run has looked at this agreement; choose there."}}
	}
	offered := slices.ContainsFunc(c.Candidates, func(o store.Candidate) bool { return o.AdditionID == additionID })
	if !offered {
		return &problem.Invalid{Fields: problem.Fields{"addition": "Choose one of the additions that are listed."}}
	}
	entry := who.Did(d.now(), store.CategoryBilling,
		"Chose addition %d for %s on %s, agreement %s.", additionID, c.Product, c.Company, c.Agreement)
	return d.store.Record(ctx, entry, func(s *store.Store) error {
		return s.SaveLine(ctx, store.Line{AgreementID: c.AgreementID, ProductID: c.ProductID, AdditionID: additionID, Chosen: true})
	})
}
