package months

import (
	"fmt"
	"strings"

	"github.com/shopspring/decimal"

	"seatbridge/billing/seats"
	"seatbridge/store"
)

// The causes of differences, by name.
const (
	CauseUnknown     = "unknown"      // nobody knows what is due
	CauseUnmanaged   = "unmanaged"    // the MSP did not manage the organization
	CauseUnmapped    = "unmapped"     // nobody is invoiced for its seats
	CauseMappedLate  = "mapped_late"  // mapped after the month's sync
	CauseUndone      = "undone"       // what was written was undone
	CauseHeld        = "held"         // waits for a person
	CauseRejected    = "rejected"     // a person said no
	CauseSkipped     = "skipped"      // a figure was missing
	CauseBlocked     = "blocked"      // ConnectWise would not bill it
	CauseConflict    = "conflict"     // several lines, none chosen
	CauseFailed      = "failed"       // ConnectWise did not take it
	CauseLeft        = "left"         // left alone: superseded, cancelled, changed meanwhile
	CauseNotWritten  = "not_written"  // no sync wrote the month
	CauseEarly       = "early"        // invoiced before the sync wrote
	CauseOverwritten = "overwritten"  // another month was written over it before the invoice
	CauseEdited      = "edited"       // by hand in ConnectWise
	CauseNoInvoice   = "no_invoice"   // the agreement ended before an invoice
	CauseStillBilled = "still_billed" // a line bills what is not due any more
	CauseLate        = "late"         // what is due is another figure than when it was written
	CauseDiffers     = "differs"
	CauseHealed      = "healed" // settled, and the difference is gone since
)

// A rule is a row of the table of causes: when it fits, and what it says.
type rule struct {
	cause string
	fits  func(view, store.MonthRow) bool
	says  func(view, store.MonthRow) string
}

// rules are the causes of differences; the first that fits is said. That the figure is another one since is said beside it.
var rules = []rule{
	{CauseUnmanaged, func(v view, r store.MonthRow) bool {
		return !r.Due.Valid && !v.Managed(v.month)
	}, func(v view, r store.MonthRow) string {
		return "The MSP did not manage it when the month ended, so that nobody knows what it owes; its line bills " + text(r.Billed) + "."
	}},
	{CauseUnknown, func(_ view, r store.MonthRow) bool { return !r.Due.Valid }, func(v view, _ store.MonthRow) string { return v.usage.Why }},
	{CauseNoInvoice, func(v view, _ store.MonthRow) bool { return v.never() }, func(view, store.MonthRow) string {
		return "The agreement ended before the period: no invoice of it carries these seats."
	}},
	{CauseEarly, func(v view, _ store.MonthRow) bool { return v.early() }, view.sayEarly},
	{CauseOverwritten, func(v view, _ store.MonthRow) bool { return v.overwriting() != nil }, view.sayOverwritten},
	{CauseUndone, func(v view, _ store.MonthRow) bool {
		return v.written == nil && v.last != nil && !v.last.Undone.IsZero()
	},
		func(v view, _ store.MonthRow) string {
			return fmt.Sprintf("Run %d wrote it, and run %d undid that on %s.", v.last.Run.ID, v.last.UndoneBy, seats.Minute(v.last.Undone))
		}},
	{CauseEdited, func(v view, _ store.MonthRow) bool { return v.stood.edited() }, view.sayEdited},
	{CauseUnmapped, func(v view, r store.MonthRow) bool {
		return v.Mapping.AgreementID == 0 && v.stood.quantity.IsZero() && v.written == nil
	}, func(view, store.MonthRow) string {
		return "Not mapped: nobody is invoiced for these seats through ConnectWise."
	}},
	{CauseStillBilled, func(v view, r store.MonthRow) bool {
		return v.Mapping.AgreementID == 0 && r.Due.Decimal.IsZero() && !v.stood.quantity.IsZero()
	}, func(v view, r store.MonthRow) string {
		if v.stands.quantity.IsZero() {
			return fmt.Sprintf("Nothing was due, but a line billed %s before the organization was unmapped.", text(r.Billed))
		}
		return fmt.Sprintf("Nothing is due any more, but a line still bills %s, and the organization is not mapped.", text(r.Billed))
	}},
	{"", func(v view, _ store.MonthRow) bool { return v.written == nil && v.last != nil }, nil}, // see waiting
	{CauseMappedLate, func(v view, _ store.MonthRow) bool {
		return v.written == nil && v.try.Ended && v.Mapping.CreatedAt.After(v.try.Last.StartedAt)
	}, func(v view, _ store.MonthRow) string {
		return fmt.Sprintf("Mapped on %s, after the sync of %s.", seats.Day(v.Mapping.CreatedAt), v.month)
	}},
	{CauseNotWritten, func(v view, _ store.MonthRow) bool { return v.written == nil && !v.try.Ended }, view.sayNotWritten},
	{CauseLate, func(v view, r store.MonthRow) bool { return v.late(r) }, view.sayLate},
	{CauseStillBilled, func(_ view, r store.MonthRow) bool {
		return r.Difference.Decimal.IsNegative()
	}, func(_ view, r store.MonthRow) string {
		return fmt.Sprintf("%s are due, and lines bill %s.", text(r.Due), text(r.Billed))
	}},
	{CauseDiffers, func(view, store.MonthRow) bool { return true }, func(_ view, r store.MonthRow) string {
		return fmt.Sprintf("%s are due, %s were billed.", text(r.Due), text(r.Billed))
	}},
}

// why is the cause of a row's difference, by name and in a sentence, with what other sources say of the month.
func (v view) why(r store.MonthRow) (cause, reason string) {
	for _, rule := range rules {
		if !rule.fits(v, r) {
			continue
		}
		cause = rule.cause
		if cause == "" {
			cause, reason = v.waiting()
		} else {
			reason = rule.says(v, r)
		}
		break
	}
	if cause != CauseLate && v.late(r) {
		reason += " " + v.sayLate(r)
	}
	if dispute := v.usage.Dispute(); dispute != "" {
		reason += " " + dispute
	}
	if v.stood.unsure {
		reason += " Whether the invoice was made before the line changed or after it is not known."
	}
	return cause, strings.TrimSpace(reason)
}

func (v view) never() bool { return v.stood.carrier.Never }

// made is the invoice of the agreement that the month was written on.
func (v view) made() Carrier {
	return v.Story.carrier(v.written.Change.AgreementID, v.month, v.now)
}

// early says that the invoice was made before the sync wrote, and has what the line said then.
func (v view) early() bool {
	if v.written == nil || v.stood.quantity.Equal(v.share) {
		return false
	}
	c := v.made()
	return !c.At.IsZero() && c.At.Before(v.writtenAt())
}

func (v view) sayEarly(r store.MonthRow) string {
	c := v.made()
	what := fmt.Sprintf("Its period was closed before %s", seats.Minute(c.At))
	switch {
	case !c.Assumed:
		what = fmt.Sprintf("Invoiced on %s", seats.Minute(c.At))
	case c.At.Equal(beforeAll):
		what = "Its period was closed before it was first read"
	}
	return fmt.Sprintf("%s, the sync wrote on %s: the invoice has %s, due were %s.",
		what, seats.Minute(v.writtenAt()), text(r.Billed), v.share)
}

// overwriting is what was written over the month's figure before the invoice was made; nil: nothing.
func (v view) overwriting() *store.Entry {
	if v.written == nil || !v.stood.said.Written || v.stood.said.ChangeID == 0 {
		return nil
	}
	for i := range v.Entries {
		e := &v.Entries[i]
		if e.Change.ID == v.stood.said.ChangeID && e.Run.Month != v.month && v.stood.said.At.After(v.writtenAt()) {
			return e
		}
	}
	return nil
}

func (v view) sayOverwritten(r store.MonthRow) string {
	e := v.overwriting()
	return fmt.Sprintf("Run %d wrote %s of %s over it on %s, before the invoice was made.",
		e.Run.ID, text(r.Billed), e.Run.Month, seats.Minute(v.stood.said.At))
}

func (v view) sayEdited(store.MonthRow) string {
	return fmt.Sprintf("Edited by hand: the line said %s when it was read on %s, Seatbridge had written %s on %s.",
		v.stood.said.Quantity, seats.Minute(v.stood.said.At), v.stood.before.Quantity, seats.Day(v.stood.before.At))
}

// waiting is why the month's last change was not written.
func (v view) waiting() (cause, reason string) {
	c := v.last.Change
	on := seats.Day(v.last.Run.StartedAt)
	switch c.State {
	case store.StateHeld:
		return CauseHeld, fmt.Sprintf("Waits for approval since %s: %s", on, c.HeldBecause)
	case store.StateRejected:
		return CauseRejected, fmt.Sprintf("Rejected: run %d of %s was to write it.", v.last.Run.ID, on)
	case store.StateSkipped:
		return CauseSkipped, fmt.Sprintf("Skipped on %s: %s", on, c.Reason)
	case store.StateBlocked:
		return CauseBlocked, fmt.Sprintf("Blocked on %s: %s", on, c.Reason)
	case store.StateConflict:
		return CauseConflict, fmt.Sprintf("Several additions of the product are open since %s or before, and nobody chose one.", on)
	case store.StateFailed, store.StateUnknown:
		return CauseFailed, fmt.Sprintf("Not written on %s: %s", on, c.Problem.What)
	}
	return CauseLeft, strings.TrimSpace(fmt.Sprintf("Left alone by run %d of %s. %s", v.last.Run.ID, on, c.Reason))
}

func (v view) sayNotWritten(store.MonthRow) string {
	if v.try.Last.ID == 0 {
		return fmt.Sprintf("No sync wrote %s.", v.month)
	}
	if v.try.Last.Compares {
		return fmt.Sprintf("%s was only compared, on %s: nothing was written.", v.month, seats.Minute(v.try.Last.StartedAt))
	}
	return strings.TrimSpace(fmt.Sprintf("No sync wrote %s: the last try was on %s. %s",
		v.month, seats.Minute(v.try.Last.StartedAt), v.try.Last.Problem.What))
}

// late says that what is due is another figure than the one that was written.
func (v view) late(r store.MonthRow) bool {
	return v.written != nil && r.Due.Valid && !r.Due.Decimal.Equal(v.share)
}

func (v view) sayLate(r store.MonthRow) string {
	since := ""
	if r.DueSince.After(v.writtenAt()) {
		since = " since " + seats.Day(r.DueSince)
	}
	said := ""
	if v.usage.Source() != seats.SourceLedger && v.usage.Plan == v.plan {
		said = fmt.Sprintf(" (%s)", inSentence(v.usage.Source().Name()))
	}
	return fmt.Sprintf("Due were %s when it was written on %s, %s are due%s%s.", v.share, seats.Day(v.writtenAt()), r.Due.Decimal, since, said)
}

func text(quantity decimal.NullDecimal) string {
	if !quantity.Valid {
		return "an unknown number"
	}
	return quantity.Decimal.String()
}

// inSentence is a name as it stands within a sentence: what begins with one capital letter begins with a small one there.
func inSentence(name string) string {
	if len(name) > 1 && name[1] >= 'a' && name[1] <= 'z' {
		return strings.ToLower(name[:1]) + name[1:]
	}
	return name
}
