package mapping

import (
	"context"
	"fmt"

	"github.com/shopspring/decimal"

	"seatbridge/store"
)

// A ProductChange is a plan that gets another product, and what that means for the lines that Seatbridge keeps.
type ProductChange struct {
	Plan  store.Plan
	From  store.ProductMapping
	Lines []FormerLine
	// Keeps says that the former product is the other plan's from now on: its lines then carry that plan's
	// seats instead of going to 0.
	Keeps bool
}

// A FormerLine is a line of the former product on an agreement that organizations are mapped to. The next
// sync sets it to 0 and puts the seats on a line of the new product.
type FormerLine struct {
	Company, Agreement string
	Written            decimal.NullDecimal // seats last written; not valid: the line was found, never written
}

// ProductChanges says what other products would mean for existing lines, from what is known without asking
// ConnectWise. Plans whose product stays, or that had none, are left out.
func (mp *Mapper) ProductChanges(ctx context.Context, items map[store.Plan]int) ([]ProductChange, error) {
	products, err := mp.store.ProductMappings(ctx)
	if err != nil {
		return nil, fmt.Errorf("reading product mappings: %w", err)
	}
	kept := map[int]bool{}
	var remapped []ProductChange
	for _, plan := range store.Plans() {
		kept[items[plan]] = true
		if from, mapped := products[plan]; mapped && items[plan] != 0 && items[plan] != from.ProductID {
			remapped = append(remapped, ProductChange{Plan: plan, From: from})
		}
	}
	if len(remapped) == 0 {
		return nil, nil
	}
	lines, err := mp.store.Lines(ctx)
	if err != nil {
		return nil, fmt.Errorf("reading lines: %w", err)
	}
	agreements, err := mp.store.MappedAgreements(ctx)
	if err != nil {
		return nil, fmt.Errorf("reading mapped agreements: %w", err)
	}
	for i := range remapped {
		r := &remapped[i]
		r.Keeps = kept[r.From.ProductID]
		for _, a := range agreements {
			if line, found := lines[store.LineKey{AgreementID: a.ID, ProductID: r.From.ProductID}]; found {
				r.Lines = append(r.Lines, FormerLine{Company: a.Company.Name, Agreement: a.Name, Written: line.Written})
			}
		}
	}
	return remapped, nil
}
