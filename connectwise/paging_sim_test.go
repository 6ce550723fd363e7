package connectwise_test

import (
	"fmt"
	"maps"
	"slices"
	"testing"

	"github.com/shopspring/decimal"

	"seatbridge/connectwise"
	"seatbridge/connectwise/cwsim"
)

// TestPagesDoNotShift: rows that are deleted or inserted between two pages move no other row out of the list, in every
// list that decides something and in either mode of paging.
func TestPagesDoNotShift(t *testing.T) {
	t.Parallel()
	for _, shift := range []cwsim.FaultKind{cwsim.RowDeleted, cwsim.RowInserted} {
		for _, link := range []cwsim.FaultKind{"", cwsim.MissingLink} {
			for name, list := range shiftingLists() {
				t.Run(fmt.Sprint(shift, " ", link, " ", name), func(t *testing.T) {
					t.Parallel()
					s := simulate(t, cwsim.Config{Companies: 60})
					before := list.exist(s)
					faults := []cwsim.Fault{{Kind: cwsim.PageCut, N: 10}, {Kind: shift, Times: 2, Path: list.path}}
					if link != "" {
						faults = append(faults, cwsim.Fault{Kind: link, After: 1, Path: list.path})
					}
					s.SetFaults(faults...)
					read, err := list.read(s)
					if err != nil {
						t.Fatal(err)
					}
					s.ClearFaults()
					after := list.exist(s)
					if shift == cwsim.RowDeleted && maps.Equal(before, after) || len(before) < 25 {
						t.Fatalf("%d rows before, %d after: nothing shifted", len(before), len(after))
					}
					for id := range before {
						if after[id] && !slices.Contains(read, id) {
							t.Errorf("row %d was there all the time and is missing", id)
						}
					}
					if distinct := slices.Compact(slices.Sorted(slices.Values(read))); len(distinct) != len(read) {
						t.Errorf("%d rows came %d times", len(distinct), len(read))
					}
				})
			}
		}
	}
}

// shiftingList is a list to read, what exists of it, and its path.
type shiftingList struct {
	path  string
	exist func(simulated) map[int]bool
	read  func(simulated) ([]int, error)
}

func shiftingLists() map[string]shiftingList {
	product := func(s simulated) int { return s.Catalog()[0].ID }
	agreement := func(s simulated) int { return s.Sim.Agreements(0)[0].ID }
	lines := func(s simulated) map[int]bool {
		for n := len(s.Sim.Additions(agreement(s))); n < 45; n++ {
			s.AddAddition(cwsim.Addition{AgreementID: agreement(s), ProductID: product(s), Quantity: decimal.NewFromInt(3)})
		}
		return idsOf(s.Sim.Additions(agreement(s)), func(a cwsim.Addition) int { return a.ID })
	}
	additions := "/finance/agreements/*/additions"
	return map[string]shiftingList{
		"additions": {additions, lines, func(s simulated) ([]int, error) {
			return read(s.Client.Additions(s.ctx, agreement(s)), func(a connectwise.Addition) int { return a.ID })
		}},
		"whole additions": {additions, lines, func(s simulated) ([]int, error) {
			return read(s.AdditionsUnfiltered(s.ctx, agreement(s)), func(a connectwise.Addition) int { return a.ID })
		}},
		"agreements": {"/finance/agreements",
			func(s simulated) map[int]bool {
				return idsOf(s.Sim.Agreements(0), func(a cwsim.Agreement) int { return a.ID })
			},
			func(s simulated) ([]int, error) {
				all := connectwise.AgreementFilter{}
				return read(s.Client.Agreements(s.ctx, all), func(a connectwise.Agreement) int { return a.ID })
			}},
		"companies": {"/company/companies",
			func(s simulated) map[int]bool {
				return idsOf(s.Sim.Companies(), func(c cwsim.Company) int { return c.ID })
			},
			func(s simulated) ([]int, error) {
				all := connectwise.CompanyFilter{IncludeDeleted: true}
				return read(s.Client.Companies(s.ctx, all), func(c connectwise.Company) int { return c.ID })
			}},
		"catalog": {"/procurement/catalog",
			func(s simulated) map[int]bool {
				return idsOf(s.Catalog(), func(i cwsim.CatalogItem) int { return i.ID })
			},
			func(s simulated) ([]int, error) {
				return read(s.CatalogItems(s.ctx, connectwise.CatalogFilter{}), func(i connectwise.CatalogItem) int { return i.ID })
			}},
	}
}

func idsOf[T any](records []T, id func(T) int) map[int]bool {
	ids := map[int]bool{}
	for _, r := range records {
		ids[id(r)] = true
	}
	return ids
}

func read[T any](seq func(func(T, error) bool), id func(T) int) (ids []int, err error) {
	for r, err := range seq {
		if err != nil {
			return ids, err
		}
		ids = append(ids, id(r))
	}
	return ids, nil
}
