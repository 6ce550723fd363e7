package views

import (
	"fmt"
	"strings"
	"time"
)

// HostedPage leads from the vendor's hosted integration to Seatbridge. Field: last, the month that it writes last (YYYY-MM), or none.
type HostedPage struct {
	Ways      []HostedWay // the latest last month first
	Chosen    *HostedWay  // nil: nothing was said
	Last      string      // the value of the field, as chosen or as sent
	Comparing bool        // Seatbridge only compares
	Active    bool        // the products are mapped, so that it does anything by itself
	Check     HostedCheck
	CanCheck  bool // products are mapped and something is mapped to an agreement
	Problems  Problems
}

// HostedWay is one way to go over.
type HostedWay struct {
	Last, First   string // months
	After, Before time.Time
	FirstAt       time.Time
	Written       bool      // the hosted integration has written Last already
	Open          []string  // months that fell due before Seatbridge began, which nothing writes by itself, oldest first
	NextAt        time.Time // when the next one is due
}

// HostedCheck is who else changed lines, or how far the search is.
type HostedCheck struct {
	Running     bool
	At, Since   time.Time
	Done, Total int // agreements
	Own         []string
	LastOnly    int // lines of which only the last change is known
	Changed     []HostedChange
	Problem     *Notice
}

// HostedChange is a line that somebody else changed.
type HostedChange struct {
	Company, Agreement, Product, Quantity string
	AgreementID, AdditionID               int64
	By                                    string // empty: ConnectWise does not say
	At                                    time.Time
	Hosted                                bool // very likely a hosted integration
	Own                                   bool // under the name of Seatbridge's own API member, though it did not write it
}

// title is a way in a few words.
func (w HostedWay) title() string {
	if w.Written {
		return "It wrote " + monthName(w.Last) + " last"
	}
	return "Let it write " + monthName(w.Last) + " as well"
}

// when says between which moments it is disconnected.
func (w HostedWay) when(now time.Time) string {
	switch {
	case !w.Written:
		return "Disconnect it there after " + moment(w.After) + " and before " + moment(w.Before) + "."
	case now.Before(w.Before):
		return "Disconnect it there before " + moment(w.Before) + ": now, best."
	}
	return "It was disconnected before " + moment(w.Before) + "."
}

// first says which is the first month here, and which months nothing writes by itself: those that fell due before Seatbridge began.
func (p HostedPage) first(w HostedWay, now time.Time) string {
	verb := "written"
	if p.Comparing {
		verb = "compared, unless writing is switched on by then,"
	}
	switch {
	case len(w.Open) > 0:
		return fmt.Sprintf("The first month here is %s. %s not written by itself: its sync was due before Seatbridge began, so somebody "+
			"syncs it again. The next month is %s on %s.", monthName(w.First), w.openNames(), verb, moment(w.NextAt))
	case !now.Before(w.FirstAt):
		return "The first month here was " + monthName(w.First) + ", due on " + moment(w.FirstAt) + "."
	case !p.Active:
		verb += ", if the products are mapped by then,"
	}
	return "The first month here is " + monthName(w.First) + ", " + verb + " on " + moment(w.FirstAt) + "."
}

// openNames are the open months as the beginning of a sentence: "October 2026 is".
func (w HostedWay) openNames() string {
	first, last := w.Open[0], w.Open[len(w.Open)-1]
	switch len(w.Open) {
	case 1:
		return monthName(first) + " is"
	case 2:
		return "Each of " + monthName(first) + " and " + monthName(last) + " is"
	}
	return "Each of " + monthName(first) + " to " + monthName(last) + " is"
}

// warning says what must not be done meanwhile; empty: nothing.
func (w HostedWay) warning() string {
	if w.Written {
		return ""
	}
	return "Until it has written " + monthName(w.Last) + ", leave Sync now alone: both would write the same lines, and the later one wins."
}

// verdict says in one sentence what the check found.
func (c HostedCheck) verdict() string {
	hosted := 0
	for _, ch := range c.Changed {
		if ch.Hosted {
			hosted++
		}
	}
	switch {
	case len(c.Changed) == 0 && c.LastOnly > 0:
		return "No line was last changed by anybody but Seatbridge since " + moment(c.Since) + "."
	case len(c.Changed) == 0:
		return "Nobody but Seatbridge has changed a line since " + moment(c.Since) + "."
	case hosted > 0:
		return fmt.Sprintf("%s changed at half past midnight on a first: very likely the hosted integration still writes.",
			count(hosted, "line was", "lines were"))
	}
	return fmt.Sprintf("%s changed by somebody else since %s, at other times than the hosted integration writes.",
		count(len(c.Changed), "line was", "lines were"), moment(c.Since))
}

// own says under which name Seatbridge writes.
func (c HostedCheck) own() string {
	if len(c.Own) == 0 {
		return "Under which name Seatbridge writes is not known: ConnectWise does not say, and nothing was written yet. " +
			"Its own changes are told by their moment."
	}
	return "Seatbridge writes as " + strings.Join(c.Own, ", ") + "."
}

// unknown says what the check cannot know; empty: nothing.
func (c HostedCheck) unknown() string {
	if c.LastOnly == 0 {
		return ""
	}
	return fmt.Sprintf("Only the last change of %s is known, because ConnectWise gave no audit trail: what Seatbridge has written over "+
		"since does not show. An API member that may read the audit trail sees all changes.", count(c.LastOnly, "line", "lines"))
}

// who is who made a change.
func (c HostedChange) who() string { return orPath(c.By, "not known") }

// todo is what to do about a change.
func (c HostedChange) todo() string {
	switch {
	case c.Own:
		return "Seatbridge’s own API member changed it, but Seatbridge did not: both use one member. Disconnect the hosted integration, and " +
			"give Seatbridge a member of its own."
	case c.Hosted:
		return "Disconnect the hosted integration, or take its API member's right to edit agreements. Then sync again."
	}
	return "Ask who it was. If it was meant so, the next sync asks before it overwrites, as Settings say."
}
