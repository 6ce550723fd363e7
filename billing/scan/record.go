package scan

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"slices"

	"seatbridge/billing/leaks"
	"seatbridge/billing/plan"
	"seatbridge/connectwise"
	"seatbridge/store"
)

// What is kept of an agreement is written as these types are, not as ConnectWise's API has it.
type (
	plainAgreement connectwise.Agreement
	plainAddition  connectwise.Addition
)

// record is what a scan keeps of an agreement: itself, and those of its additions that may leak.
type record struct {
	Agreement plainAgreement
	Additions []plainAddition
}

// recordOf is the record of an agreement; of one without such additions it is kept all the same, because an organization may be mapped
// to it later.
func recordOf(a connectwise.Agreement, additions []connectwise.Addition, products []store.NamedProduct) ([]byte, error) {
	r := record{Agreement: plainAgreement(a)}
	for _, addition := range additions {
		if matters(addition, products) {
			r.Additions = append(r.Additions, plainAddition(addition))
		}
	}
	data, err := json.Marshal(r)
	if err != nil {
		return nil, fmt.Errorf("keeping agreement %d: %w", a.ID, err)
	}
	return data, nil
}

// matters says whether an addition is of a product that is mapped, a twin of one, or called NordPass.
func matters(a connectwise.Addition, products []store.NamedProduct) bool {
	if slices.ContainsFunc(products, func(p store.NamedProduct) bool { return p.ID == a.Product.ID }) {
		return true
	}
	_, twin := leaks.ProductOf(a.Product, asMapped(products))
	return twin
}

// asMapped are the products as twins are told by: those that are called NordPass without being mapped have none.
func asMapped(products []store.NamedProduct) []plan.MappedProduct {
	mapped := make([]plan.MappedProduct, len(products))
	for i, p := range products {
		mapped[i] = plan.MappedProduct{ID: p.ID, Identifier: p.Identifier}
	}
	return mapped
}

// reading is an agreement as a scan read it.
type reading struct {
	store.ScannedAgreement
	agreement connectwise.Agreement
	additions []connectwise.Addition
}

func (r reading) has(addition int) bool {
	return slices.ContainsFunc(r.additions, func(a connectwise.Addition) bool { return a.ID == addition })
}

// withLines is in a record that has additions.
const withLines = `"Additions":[`

// readings are the agreements of a scan, by id. The records of those without lines that matter are read only if they are asked for: most
// agreements of an instance have nothing to do with NordPass.
func (d *Desk) readings(ctx context.Context, scan int64, asked map[int]bool) (map[int]reading, error) {
	all, err := store.LeaksIn(d.Store).Agreements(ctx, scan)
	if err != nil {
		return nil, err
	}
	readings := make(map[int]reading, len(all))
	for _, a := range all {
		r := reading{ScannedAgreement: a}
		if asked[a.AgreementID] && len(a.Record) > 0 || bytes.Contains(a.Record, []byte(withLines)) {
			var kept record
			if err := json.Unmarshal(a.Record, &kept); err != nil {
				return nil, fmt.Errorf("reading what is kept of agreement %d: %w", a.AgreementID, err)
			}
			r.agreement = connectwise.Agreement(kept.Agreement)
			for _, addition := range kept.Additions {
				r.additions = append(r.additions, connectwise.Addition(addition))
			}
		}
		readings[a.AgreementID] = r
	}
	return readings, nil
}
