package bulletin

import (
	"fmt"
	"strings"

	"github.com/shopspring/decimal"

	"seatbridge/billing/problem"
	"seatbridge/billing/seats"
	"seatbridge/store"
)

// Deed is a run in words, as the activity log says that it was started: always with the month that it writes.
func Deed(run store.Run) string {
	what, period := "a sync", seats.Period{Month: run.Month, AsOf: run.AsOf}
	if run.Preview {
		what = "a preview"
	}
	switch {
	case run.Compares:
		return fmt.Sprintf("comparing %s%s", period, about(run))
	case run.Kind == store.RunUndo:
		return fmt.Sprintf("%s of undoing run %d, %s", what, run.Of, period)
	case run.Kind == store.RunRetry:
		return fmt.Sprintf("%s of what run %d did not write of %s%s", what, run.Of, period, about(run))
	case run.Kind == store.RunSettle && run.Of != 0:
		return fmt.Sprintf("looking for what run %d put on the next invoice", run.Of)
	case run.Kind == store.RunSettle:
		return fmt.Sprintf("%s of putting differences of %s on the next invoice", what, run.Month)
	case run.Addition != 0:
		return fmt.Sprintf("setting line no. %d of agreement %d to 0", run.Addition, run.Agreement)
	case run.Kind == store.RunRelease:
		return fmt.Sprintf("setting the lines of agreement %d to 0", run.Agreement)
	}
	return fmt.Sprintf("%s of %s%s", what, period, about(run))
}

// about says that a run is about a part of what is mapped, or nothing.
func about(run store.Run) string {
	switch {
	case run.Agreement != 0:
		return fmt.Sprintf(" for agreement %d", run.Agreement)
	case len(run.Only) == 1:
		return fmt.Sprintf(" for agreement %d", run.Only[0])
	case run.Only != nil:
		return " for " + problem.Plural(len(run.Only), "agreement")
	}
	return ""
}

// mostNames is how many changes an entry of the activity log names; the run's page has all.
const mostNames = 20

// Names says which changes, from what to what, and of which runs: "Acme, NP-BUS 14 → 12 in run 7".
func Names(changes []store.Change) string {
	var names []string
	for _, c := range changes[:min(len(changes), mostNames)] {
		names = append(names, fmt.Sprintf("%s, %s %s → %s in run %d",
			c.Company, c.Product, quantityName(c.Before), quantityName(c.After), c.RunID))
	}
	if more := len(changes) - mostNames; more > 0 {
		names = append(names, fmt.Sprintf("and %d more of %s", more, runNames(store.RunsOf(changes[mostNames:]))))
	}
	return strings.Join(names, "; ")
}

// quantityName is a quantity in words.
func quantityName(d decimal.NullDecimal) string {
	if !d.Valid {
		return "no line"
	}
	return d.Decimal.String()
}

func runNames(ids []int64) string {
	names := make([]string, len(ids))
	for i, id := range ids {
		names[i] = fmt.Sprintf("run %d", id)
	}
	return strings.Join(names, ", ")
}
