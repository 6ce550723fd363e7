package plan

import (
	"fmt"

	"seatbridge/store"

	"github.com/shopspring/decimal"
)

// Falls is why every change of a run waits that lowers what is billed: as a whole they look like a mistake in the figures rather
// than customers who leave.
type Falls struct {
	many  string            // so many lines of the run go down, a sentence; empty: no
	zeros map[string]string // by source that says only zeros: a sentence
}

// An Outlook is what a run knows of an agreement before it reads its additions, and what it wants of it.
type Outlook struct {
	Unit  int // the lowest agreement of those that it belongs together with
	Lines []store.Line
	Wants map[store.Plan]Want
}

// sourceNames are the sources that may be wrong about all of their organizations at once. What a person said, and what a license
// makes free, is said of each by itself.
var sourceNames = map[string]string{
	"ledger":   "The seat ledger",
	"provider": "The Provider API",
	"api":      "The HTTP API",
	"csv":      "The uploaded file",
}

// fewestZeros is how many organizations a source says zero of before that is a sign of a mistake: each of fewer stands for itself.
const fewestZeros = 2

// Foresee says what a run is about to lower, from what its lines said when they were last written or read: no request is made for
// it. A line without a known quantity counts in nothing. What belongs together falls if its sum does.
func Foresee(run []Outlook, products []MappedProduct, h store.Holds) Falls {
	f := Falls{zeros: map[string]string{}}
	known, falling := countFalls(run, products)
	if h.ManyLines > 0 && falling >= h.ManyLines && falling*100 > known*h.ManyPercent {
		f.many = fmt.Sprintf("%d of %d lines would go down in this sync.", falling, known)
	}
	if !h.SourceZero {
		return f
	}
	for source, says := range sayings(run) {
		if name, fallible := sourceNames[source]; fallible && says.onlyZeros() && says.billed {
			f.zeros[source] = fmt.Sprintf("%s says 0 for all %d of its organizations.", name, says.organizations)
		}
	}
	return f
}

// countFalls counts the lines of known quantity, and those of them that would go down.
func countFalls(run []Outlook, products []MappedProduct) (known, falling int) {
	type unit struct {
		falling int
		change  decimal.Decimal
		lines   []store.Line
	}
	units := map[int]unit{}
	for _, o := range run {
		u := units[o.Unit]
		u.lines = append(u.lines, o.Lines...)
		for product, want := range wanted(o, products) {
			says := said(BoundLine(o.Lines, product))
			u.change = u.change.Add(want.Sub(says.Decimal))
			if !says.Valid {
				continue
			}
			known++
			if want.LessThan(says.Decimal) {
				u.falling++
			}
		}
		units[o.Unit] = u
	}
	for _, u := range units {
		if u.change.Add(number(doubled(u.lines))).IsNegative() {
			falling += u.falling
		}
	}
	return known, falling
}

// wanted is what each of an agreement's lines should say, by product: 0 where its product is no longer mapped. A line whose seats
// are not known stays as it is.
func wanted(o Outlook, products []MappedProduct) map[int]decimal.Decimal {
	wants := map[int]decimal.Decimal{}
	for _, l := range o.Lines {
		wants[l.ProductID] = decimal.Zero
	}
	for _, p := range products {
		wants[p.ID] = number(o.Wants[p.Plan].Seats)
	}
	if AnyUnknown(o.Wants) {
		for product := range wants {
			wants[product] = said(BoundLine(o.Lines, product)).Decimal
		}
	}
	return wants
}

// said is what a line said when it was last read or, before that, written. NULL: nobody knows.
func said(l store.Line) decimal.NullDecimal {
	if l.Read.Valid {
		return l.Read
	}
	return l.Written
}

// A saying is what one source says of all its organizations.
type saying struct {
	organizations, zeros int
	billed               bool // the lines of some say more than 0
}

// onlyZeros says whether it is 0 for all, of enough to be no coincidence.
func (s saying) onlyZeros() bool { return s.organizations >= fewestZeros && s.zeros == s.organizations }

// sayings adds up what each source says.
func sayings(run []Outlook) map[string]saying {
	all := map[string]saying{}
	for _, o := range run {
		billed := anyBilled(o.Lines)
		for _, want := range o.Wants {
			for _, share := range want.Shares {
				s := all[share.Source]
				s.organizations++
				if share.Known && share.Seats == 0 {
					s.zeros++
				}
				s.billed = s.billed || billed
				all[share.Source] = s
			}
		}
	}
	return all
}

func anyBilled(lines []store.Line) bool {
	for _, l := range lines {
		if said(l).Decimal.IsPositive() {
			return true
		}
	}
	return false
}

// reasons is why lines whose sum falls wait as part of the run.
func (f Falls) reasons(parts []Part) []reason {
	var reasons []reason
	if f.many != "" {
		reasons = append(reasons, reason{store.HoldMany, f.many})
	}
	for _, p := range parts {
		for _, c := range p.Changes {
			for _, share := range c.Shares {
				if why := f.zeros[share.Source]; why != "" {
					reasons = append(reasons, reason{store.HoldSourceZero, why})
				}
			}
		}
	}
	return reasons
}
