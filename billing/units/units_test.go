package units

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/shopspring/decimal"

	"seatbridge/store"
)

// mapped is an agreement with its organizations.
func mapped(id int, organizations ...int64) store.MappedAgreement {
	return store.MappedAgreement{Agreement: store.Agreement{ID: id}, OrganizationIDs: organizations}
}

func some(quantity string) decimal.NullDecimal {
	return decimal.NewNullDecimal(decimal.RequireFromString(quantity))
}

// billing is a line of that many seats of each of the organizations.
func billing(seats int, organizations ...int64) []store.Line {
	l := store.Line{ProductID: 7, AdditionID: 9, Written: some(fmt.Sprint(seats * len(organizations)))}
	for _, o := range organizations {
		l.Shares = append(l.Shares, store.Share{OrganizationID: o, Seats: seats, Known: true})
	}
	return []store.Line{l}
}

func TestOf(t *testing.T) {
	t.Parallel()
	beside, zero := billing(3, 11, 12), billing(3, 12)
	beside[0].Shares[1].Seats = 0
	zero[0].Written = some("0")
	tests := []struct {
		name    string
		mapped  []store.MappedAgreement
		written map[int][]store.Line
		want    map[int]int
	}{
		{"nothing moves", []store.MappedAgreement{mapped(1, 11), mapped(2, 12)},
			map[int][]store.Line{1: billing(3, 11), 2: billing(3, 12)}, map[int]int{1: 1, 2: 2}},
		{"one moves up", []store.MappedAgreement{mapped(1, 11), mapped(2, 12)},
			map[int][]store.Line{1: billing(3, 11, 12)}, map[int]int{1: 1, 2: 1}},
		{"one moves down, and leaves nobody", []store.MappedAgreement{mapped(1, 11), mapped(2)},
			map[int][]store.Line{2: billing(3, 11)}, map[int]int{1: 1, 2: 1}},
		{"a chain", []store.MappedAgreement{mapped(1, 11), mapped(2, 12), mapped(3, 13), mapped(4, 14)},
			map[int][]store.Line{3: billing(3, 12), 2: billing(3, 11)}, map[int]int{1: 1, 2: 1, 3: 1, 4: 4}},
		{"a chain, from its end", []store.MappedAgreement{mapped(3, 13), mapped(2, 12), mapped(1, 11)},
			map[int][]store.Line{3: billing(3, 12), 2: billing(3, 11)}, map[int]int{1: 1, 2: 1, 3: 1}},
		{"one seat moves", []store.MappedAgreement{mapped(1, 11), mapped(2, 12)}, map[int][]store.Line{1: billing(1, 12)}, map[int]int{1: 1, 2: 1}},
		{"the seats beside its own were billed", []store.MappedAgreement{mapped(1, 11), mapped(2, 12)},
			map[int][]store.Line{1: beside}, map[int]int{1: 1, 2: 2}},
		{"its line was written as 0", []store.MappedAgreement{mapped(1, 11), mapped(2, 12)}, map[int][]store.Line{1: zero}, map[int]int{1: 1, 2: 2}},
		{"nothing of its seats was billed", []store.MappedAgreement{mapped(1, 11), mapped(2, 12)},
			map[int][]store.Line{1: billing(0, 12)}, map[int]int{1: 1, 2: 2}},
		{"it is mapped nowhere", []store.MappedAgreement{mapped(1, 11), mapped(2)},
			map[int][]store.Line{2: billing(3, 12)}, map[int]int{1: 1, 2: 2}},
		{"no run works on where it was", []store.MappedAgreement{mapped(1, 11)}, map[int][]store.Line{2: billing(3, 11)}, map[int]int{1: 1}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			if diff := cmp.Diff(tt.want, Of(tt.mapped, tt.written)); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestUnitsOfARunStayTogether(t *testing.T) {
	t.Parallel()
	journal := OfJournal([]store.Change{{AgreementID: 4, Together: 2}, {AgreementID: 2, Together: 2}, {AgreementID: 7, Together: 7}})
	units := Joined(map[int]int{1: 1, 2: 1, 7: 7}, journal)
	if diff := cmp.Diff(map[int]int{1: 1, 2: 1, 4: 1, 7: 7}, units); diff != "" {
		t.Error(diff)
	}
	var groups []string
	for _, g := range Grouped([]store.MappedAgreement{mapped(4), mapped(7), mapped(1), mapped(9), mapped(8)}, units) {
		var ids []string
		for _, m := range g {
			ids = append(ids, fmt.Sprint(m.Agreement.ID))
		}
		groups = append(groups, strings.Join(ids, "+"))
	}
	if diff := cmp.Diff([]string{"1+4", "7", "9", "8"}, groups); diff != "" {
		t.Error(diff)
	}
}
