package settle

import (
	"fmt"
	"slices"
	"strings"

	"github.com/shopspring/decimal"

	"seatbridge/billing/plan"
	"seatbridge/store"
)

// Rejoin keeps together what Settle decided of each of the agreements that belong together. An approval is one of a line from what
// it said to what it is to say: where the line says something else by now, a person is asked again, about all that belongs to it.
// Where a part was only shown, or was decided otherwise in Seatbridge since, none of the rest is written either.
func Rejoin(looks []Look, steps [][]Step) [][]Step {
	var again, stale []string
	for i, of := range steps {
		for _, s := range of {
			if !leftAlone(looks[i], s) {
				continue
			}
			if s.Change.DecidedBy != "" && looks[i].Outdated[s.Change.ProductID] == "" {
				again = append(again, approvedOtherwise(looks[i], s.Change))
			} else {
				stale = append(stale, s.Change.Product)
			}
		}
	}
	var mend func(Look, Step) []Step
	switch {
	case len(stale) > 0:
		mend = func(_ Look, s Step) []Step { return giveUp(s, stale) }
	case len(again) > 0:
		mend = func(l Look, s Step) []Step { return askAgain(l, s, again) }
	default:
		return steps
	}
	for i, of := range steps {
		steps[i] = mended(looks[i], of, mend)
	}
	return steps
}

// leftAlone says of a step that its line is neither written nor right.
func leftAlone(l Look, s Step) bool {
	if s.Do != Finish || s.Change.State != store.StateStale {
		return false
	}
	fresh := plan.ChangeOf(l.Plan, s.Change.ProductID)
	return fresh != nil && fresh.State != store.StateUnchanged
}

func approvedOtherwise(l Look, old store.Change) string {
	now := plan.ChangeOf(l.Plan, old.ProductID)
	if news := plan.FoundSince(old, *now); news != "" {
		return fmt.Sprintf("This was found since %s was approved: %s", old.Product, news)
	}
	return fmt.Sprintf("Approved was %s from %s to %s; ConnectWise says %s now.",
		old.Product, side(old.Before), side(old.After), side(now.Before))
}

// mended are an agreement's steps, each mended where it would write a line or leave it alone.
func mended(l Look, steps []Step, mend func(Look, Step) []Step) []Step {
	var list []Step
	for _, s := range steps {
		if writes := s.Do == Enter && s.Change.State == store.StatePlanned; writes || leftAlone(l, s) {
			list = append(list, mend(l, s)...)
		} else {
			list = append(list, s)
		}
	}
	return list
}

// giveUp leaves a line alone because of others that are.
func giveUp(s Step, others []string) []Step {
	if s.Do == Enter {
		s.Do, s.Change.State = Finish, store.StateStale
		s.Change.Reason = fmt.Sprintf("It is written together with %s or not at all, which is left alone.", strings.Join(others, ", "))
	}
	return []Step{s}
}

// askAgain lets a line wait as it would be written now.
func askAgain(l Look, s Step, because []string) []Step {
	now := plan.ChangeOf(l.Plan, s.Change.ProductID)
	if now == nil {
		return []Step{s}
	}
	c := *now
	if c.State == store.StatePlanned || c.State == store.StateHeld {
		c.State = store.StateHeld
		c.HeldFor = append(slices.Clone(c.HeldFor), store.HoldAgain)
		c.HeldBecause = strings.TrimSpace(strings.Join(because, " ") + " " + c.HeldBecause)
	}
	if s.Do == Finish && !s.Change.SentAt.IsZero() {
		return []Step{{s.Change, Replan}, {c, Enter}} // what was sent did not arrive
	}
	return []Step{{c, Enter}}
}

// side is a quantity in words.
func side(d decimal.NullDecimal) string {
	if !d.Valid {
		return "no line"
	}
	return d.Decimal.String()
}
