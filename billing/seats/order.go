package seats

import (
	"slices"
	"strings"

	"seatbridge/store"
)

// Ranked lists the sources that can be put in an order, in the order that holds unless another one is chosen. The ledger stands for
// Seatbridge's own record: members, the statement that there are none, and licenses. A correction is beyond all order
// (docs/billing-rules.md section 2, "Which figure wins").
func Ranked() []Source { return []Source{SourceProvider, SourceAPI, SourceCSV, SourceLedger} }

// OrderIn is the order in which sources are believed in a month, the first one first; all of Ranked are in it.
func OrderIn(orders []store.SourceOrder, m store.Month) []Source {
	order := Ranked()
	for _, o := range orders {
		if o.From <= m {
			order = orderOf(o)
		}
	}
	return order
}

// orderOf is an order as it was chosen; a source that it does not name comes after those that it does.
func orderOf(o store.SourceOrder) []Source {
	var order []Source
	for _, name := range o.Sources {
		order = append(order, Source(name))
	}
	for _, s := range Ranked() {
		if !slices.Contains(order, s) {
			order = append(order, s)
		}
	}
	return order
}

// Reorder is the orders after somebody chose one in a month, which is the running one: from that month on. Months before it keep
// the order of then.
func Reorder(orders []store.SourceOrder, running store.Month, order []Source) []store.SourceOrder {
	kept := slices.DeleteFunc(slices.Clone(orders), func(o store.SourceOrder) bool { return o.From >= running })
	if slices.Equal(OrderIn(kept, running), order) {
		return kept
	}
	names := make([]string, len(order))
	for i, s := range order {
		names[i] = string(s)
	}
	return append(kept, store.SourceOrder{From: running, Sources: names})
}

// OrderText is an order in words: "Provider API, HTTP API, Uploaded file, Seat ledger".
func OrderText(order []Source) string {
	names := make([]string, len(order))
	for i, s := range order {
		names[i] = s.Name()
	}
	return strings.Join(names, ", ")
}

func sameOrder(a, b store.SourceOrder) bool {
	return a.From == b.From && slices.Equal(a.Sources, b.Sources)
}
