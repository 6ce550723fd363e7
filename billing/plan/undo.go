package plan

import (
	"fmt"
	"slices"
	"time"

	"github.com/shopspring/decimal"

	"seatbridge/billing/seats"
	"seatbridge/connectwise"
	"seatbridge/store"
)

// Undo plans to put back what a run wrote on one agreement: the quantities from before, for lines that
// nobody touched since and no later run wrote. An addition that the run created goes to 0, because the API member has no right
// to delete it (docs/connectwise.md section 1).
func Undo(s Situation, written []store.Change, later map[int]bool, today connectwise.Date) []store.Change {
	var changes []store.Change
	for _, w := range written {
		c := NewChange(s, MappedProduct{Plan: w.Plan, ID: w.ProductID, Identifier: w.Product})
		c.AdditionID, c.Written, c.Shares = w.AdditionID, w.After, w.Shares
		if w.Once() {
			changes = append(changes, undoOnce(c, s, w))
			continue
		}
		c.After = w.Before
		c.Reason = fmt.Sprintf("Run %d changed it from %s to %s.", w.RunID, w.Before.Decimal, w.After.Decimal)
		if !w.Before.Valid {
			c.After = decimal.NewNullDecimal(decimal.Zero)
			c.Reason = fmt.Sprintf("Run %d created this addition; it cannot be deleted and goes to 0.", w.RunID)
		}
		c = undoLine(c, s, w, today)
		if later[w.AdditionID] && c.State == store.StatePlanned {
			c.State, c.Reason = store.StateStale, fmt.Sprintf("A run after run %d has written this line, too. It stays as it is.", w.RunID)
		}
		changes = append(changes, c)
	}
	return changes
}

func undoLine(c store.Change, s Situation, w store.Change, today connectwise.Date) store.Change {
	if s.Gone != "" {
		return refuse(c, store.StateBlocked, s.Gone, "Correct it in ConnectWise.")
	}
	line, ok := additionByID(s.Additions, w.AdditionID)
	if !ok || !live(line, today) {
		return refuse(c, store.StateBlocked, "The addition is no longer open.", "Correct it in ConnectWise.")
	}
	c.Before, c.UnitPrice = decimal.NewNullDecimal(line.Quantity), line.UnitPrice
	switch {
	case line.Quantity.Equal(c.After.Decimal):
		c.Kind, c.State = store.KindNone, store.StateUnchanged
	case !line.Quantity.Equal(w.After.Decimal):
		return touched(c, w, line)
	default:
		c.Kind, c.State = store.KindUpdate, store.StatePlanned
	}
	return c
}

// touched is the change of a line that somebody changed since a run wrote it: it stays.
func touched(c, written store.Change, line connectwise.Addition) store.Change {
	c.Kind, c.State, c.HandEdited = store.KindUpdate, store.StateStale, true
	c.Reason = fmt.Sprintf("Touched since: ConnectWise says %s, run %d wrote %s on %s. It stays as it is.",
		line.Quantity, written.RunID, written.After.Decimal, seats.Minute(written.DoneAt))
	return c
}

func additionByID(additions []connectwise.Addition, id int) (connectwise.Addition, bool) {
	for _, a := range additions {
		if a.ID == id {
			return a, true
		}
	}
	return connectwise.Addition{}, false
}

// Released is Release or, of one addition that a person named, plans to set that one to 0 and nothing else.
func Released(s Situation, additionID int, today connectwise.Date) []store.Change {
	if additionID == 0 {
		return Release(s, today)
	}
	line, there := additionByID(s.Additions, additionID)
	c := NewChange(s, MappedProduct{ID: line.Product.ID, Identifier: line.Product.Identifier})
	c.AdditionID, c.After = additionID, decimal.NewNullDecimal(decimal.Zero)
	switch {
	case s.Gone != "":
		return []store.Change{refuse(c, store.StateBlocked, s.Gone, "Set the line to 0 in ConnectWise, if it is still billed.")}
	case !there || !live(line, today) || line.Quantity.IsZero():
		return nil // it bills nothing
	}
	c.Kind, c.State, c.Reason = store.KindUpdate, store.StatePlanned, "Somebody decided that this line is to be 0."
	c.Before, c.UnitPrice = decimal.NewNullDecimal(line.Quantity), line.UnitPrice
	return []store.Change{c}
}

// Release plans to set every line that Seatbridge kept on an agreement to 0, because no organization
// is mapped to it any more.
func Release(s Situation, today connectwise.Date) []store.Change {
	if s.Gone == "" {
		return planFormerLines(s, nil, today)
	}
	var changes []store.Change
	for _, l := range s.Lines {
		if l.Written.Decimal.IsZero() {
			continue // never written, or written as 0
		}
		c := NewChange(s, MappedProduct{ID: l.ProductID, Identifier: fmt.Sprintf("product %d", l.ProductID)})
		c.AdditionID, c.Before, c.After = l.AdditionID, l.Written, decimal.NewNullDecimal(decimal.Zero)
		changes = append(changes, refuse(c, store.StateBlocked, s.Gone, "Set the line to 0 in ConnectWise, if it is still billed."))
	}
	return changes
}

// OnlyLookedAt says of an agreement that nobody feeds its lines: they are looked at, and stay.
func OnlyLookedAt(mappedAt time.Time, lines []store.Line) bool {
	return mappedAt.IsZero() && !slices.ContainsFunc(lines, func(l store.Line) bool { return l.Release })
}
