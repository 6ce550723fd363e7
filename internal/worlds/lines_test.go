package worlds

import (
	"maps"
	"slices"
	"time"

	"github.com/shopspring/decimal"

	"seatbridge/connectwise/cwsim"
)

// snapshot is every addition by its id.
func (w *world) snapshot() map[int]cwsim.Addition {
	all := map[int]cwsim.Addition{}
	for _, a := range w.agreements {
		for _, line := range w.Sim.Additions(a.ID) {
			all[line.ID] = line
		}
	}
	return all
}

// lines are the additions of a plan's product on an agreement, by their ids.
func (w *world) lines(all map[int]cwsim.Addition, k lineKey) []cwsim.Addition {
	var found []cwsim.Addition
	for _, id := range slices.Sorted(maps.Keys(all)) {
		if line := all[id]; line.AgreementID == k.agreement && line.ProductID == w.product(k.enterprise) {
			found = append(found, line)
		}
	}
	return found
}

// open are those of them that go on today.
func (w *world) open(all map[int]cwsim.Addition, k lineKey) []cwsim.Addition {
	return slices.DeleteFunc(w.lines(all, k), func(line cwsim.Addition) bool { return !w.isOpen(line) })
}

func (w *world) isOpen(line cwsim.Addition) bool {
	return line.Cancelled.IsZero() || !line.Cancelled.Before(w.today())
}

func (w *world) today() time.Time { return w.Time().Truncate(24 * time.Hour) }

// keys are the lines that there may be.
func (w *world) keys() []lineKey {
	var keys []lineKey
	for _, a := range w.agreements {
		keys = append(keys, lineKey{a.ID, false}, lineKey{a.ID, true})
	}
	return keys
}

// want is what the book says that a line has to say.
type want struct {
	seats int
	known bool
	fed   bool // organizations are mapped there
}

// figures are what the book says of all lines at one moment.
type figures map[lineKey]want

// isOf says whether a quantity is what the book says of a line.
func (f figures) isOf(k lineKey, quantity decimal.Decimal) bool {
	return f[k].known && quantity.Equal(decimal.NewFromInt(int64(f[k].seats)))
}

func (w *world) figuresAt(at time.Time) figures {
	f := figures{}
	for _, k := range w.keys() {
		seats, known := w.book.Line(k.agreement, k.enterprise, at)
		f[k] = want{seats, known, len(w.book.On(k.agreement)) > 0}
	}
	return f
}

// now is what the book says now.
func (w *world) now() figures { return w.figuresAt(w.Time()) }

// wanted is all that a run may want to write: what the book says now, what it says of the month that ended, and what it said
// when a run began that was cut off.
func (w *world) wanted() []figures {
	first := time.Date(w.today().Year(), w.today().Month(), 1, 0, 0, 0, 0, time.UTC)
	wanted := append([]figures{w.now()}, w.promised...)
	if first.After(w.began) {
		wanted = append(wanted, w.figuresAt(first.Add(-time.Second)))
	}
	return wanted
}

// sum is what the given lines say together.
func sum(lines []cwsim.Addition) decimal.Decimal {
	total := decimal.Zero
	for _, line := range lines {
		total = total.Add(line.Quantity)
	}
	return total
}

// billable says whether anything can be billed on an agreement today.
func (w *world) billable(agreement int) bool { return w.Sim.Agreement(agreement).Status == "Active" }
