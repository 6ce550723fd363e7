package digest

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"seatbridge/billing/problem"
	"seatbridge/billing/seats"
	"seatbridge/store"
)

// beginsAt is the hour, in UTC, from which on a day has a digest.
const beginsAt = 7 * time.Hour

// An Item is a line of a digest: something that a person should know, counted. It names no customer: they are behind its link.
type Item struct {
	Kind  string     // its name for programs, as in "unmapped"
	Name  string     // of the line
	Says  string     // how many and of what, a phrase
	IDs   []string   // of what it counts, to tell what is new
	Since time.Time  // the oldest of it, in UTC; zero: not asked
	AsOf  time.Time  // the moment of the figure, in UTC
	Page  string     // of the panel, where it stands in full
	Role  store.Role // the lowest that may see it
}

// line is an item with how many of what it counts are new.
type line struct {
	Item
	fresh int
}

// text is what stands beside the line's name.
func (l line) text() string {
	parts := []string{l.Says}
	if !l.Since.IsZero() {
		parts = append(parts, "the oldest since "+seats.Minute(l.Since))
	}
	switch {
	case l.fresh == len(l.IDs):
		parts = append(parts, "new")
	case l.fresh > 0:
		parts = append(parts, fmt.Sprintf("%d of them new", l.fresh))
	}
	return strings.Join(parts, ", ") + " (as of " + seats.Minute(l.AsOf) + ")"
}

// occasion is why a digest is looked for.
type occasion struct {
	morning   time.Time // the day that it is of, in UTC
	now       time.Time
	invoicing invoicingDay
}

// eve says whether the day after is one on which invoices are made.
func (o occasion) eve() bool { return o.invoicing.on.Equal(o.morning.AddDate(0, 0, 1)) }

// invoicingDay is the day on which most agreements are invoiced next, in UTC, and how many; 0: nobody knows, and it is the first of a
// month.
type invoicingDay struct {
	on         time.Time
	agreements int
}

// nextInvoicing is the day from today on, YYYY-MM-DD, that most agreements have as their next invoice date, of several the first; where
// none has one, the first of the next month: then most MSPs invoice.
func nextInvoicing(next map[int]string, today time.Time) invoicingDay {
	counts := map[string]int{}
	for _, day := range next {
		if day >= dayOf(today) {
			counts[day]++
		}
	}
	best := invoicingDay{on: time.Date(today.Year(), today.Month()+1, 1, 0, 0, 0, 0, time.UTC)}
	for day, n := range counts {
		on, err := time.Parse(time.DateOnly, day)
		if err == nil && (n > best.agreements || n == best.agreements && on.Before(best.on)) {
			best = invoicingDay{on, n}
		}
	}
	return best
}

// morningOf is the day whose digest may have been sent by now, in UTC: that of yesterday before the hour at which digests begin.
func morningOf(now time.Time) time.Time { return now.UTC().Add(-beginsAt).Truncate(24 * time.Hour) }

func dayOf(t time.Time) string { return t.Format(time.DateOnly) }

// due says whether somebody's digest is to be looked for: daily each morning, weekly once a week from Monday on, and both on the day
// before invoices are made.
func due(t store.DigestTaker, o occasion) bool {
	switch {
	case t.Morning >= dayOf(o.morning):
		return false
	case t.Every == store.Daily || o.eve():
		return true
	}
	monday := o.morning.AddDate(0, 0, -(int(o.morning.Weekday())+6)%7)
	return t.Morning < dayOf(monday)
}

// composed is a digest as it is told.
type composed struct {
	title string
	text  []string
	lines []line   // what has something new first
	said  []string // the names of what stands
	worth bool     // to be sent
}

// compose puts a digest together for somebody: what he may see, compared with what stood when it was looked for last. A daily one
// without anything new is not worth sending, unless invoices are made the day after.
func compose(items []Item, t store.DigestTaker, o occasion) composed {
	var c composed
	fresh, stood := 0, setOf(t.Said)
	for _, item := range items {
		if len(item.IDs) == 0 || !maySee(t, item.Role) {
			continue
		}
		l := line{Item: item}
		for _, id := range item.IDs {
			name := item.Kind + " " + id
			c.said = append(c.said, name)
			if !stood[name] {
				l.fresh++
			}
		}
		fresh += l.fresh
		c.lines = append(c.lines, l)
	}
	slices.SortStableFunc(c.lines, func(a, b line) int { return min(b.fresh, 1) - min(a.fresh, 1) })
	c.worth = fresh > 0 || o.eve() || t.Every == store.Weekly
	c.title = titleOf(o, len(c.said), fresh)
	c.text = textOf(t, o, c.said, fresh)
	return c
}

func setOf(names []string) map[string]bool {
	set := make(map[string]bool, len(names))
	for _, name := range names {
		set[name] = true
	}
	return set
}

// maySee says whether somebody may see what a role may: channels were set up by those who may see all.
func maySee(t store.DigestTaker, lowest store.Role) bool {
	return t.UserID == 0 || lowest == store.Technician || t.Role != store.Technician
}

func titleOf(o occasion, all, fresh int) string {
	count := "nothing to look at"
	switch {
	case all > 0 && fresh == 0:
		count = problem.Plural(all, "thing") + " to look at, nothing new"
	case all > 0 && fresh == all:
		count = problem.Plural(all, "new thing") + " to look at"
	case all > 0:
		count = fmt.Sprintf("%s to look at, %d new", problem.Plural(all, "thing"), fresh)
	}
	if o.eve() {
		return "Invoices are made tomorrow: " + count
	}
	return "Digest of " + seats.Day(o.morning) + ": " + count
}

// textOf says what the digest is of, and how it differs from the last one.
func textOf(t store.DigestTaker, o occasion, said []string, fresh int) []string {
	var text []string
	if o.eve() {
		text = append(text, invoicingText(o.invoicing))
	}
	gone, stands := 0, setOf(said)
	for _, name := range t.Said {
		if !stands[name] {
			gone++
		}
	}
	switch {
	case t.SaidAt.IsZero():
		text = append(text, "This is the first digest: all that is in it counts as new.")
	case t.Morning != "":
		looked, err := time.Parse(time.DateOnly, t.Morning)
		if err != nil {
			looked = t.SaidAt
		}
		text = append(text, fmt.Sprintf("The last digest was sent on %s. Since the morning of %s: %d new, %d as before, %d done with.",
			seats.Minute(t.SaidAt), seats.Day(looked), fresh, len(said)-fresh, gone))
	}
	if len(said) == 0 {
		text = append(text, "Nothing needs a person, as of "+seats.Minute(o.now)+".")
	}
	return text
}

func invoicingText(d invoicingDay) string {
	if d.agreements == 0 {
		return "Tomorrow is " + seats.Day(d.on) + ", the first of a month. No next invoice date of a mapped agreement is known: it is taken " +
			"for the day on which invoices are made."
	}
	verb := " have their next invoice date"
	if d.agreements == 1 {
		verb = " has its next invoice date"
	}
	return problem.Plural(d.agreements, "agreement") + verb + " tomorrow, on " + seats.Day(d.on) + ". What stands in ConnectWise PSA " +
		"then goes on these invoices."
}
