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
	Check     HostedCheck
	CanCheck  bool // products are mapped and something is mapped to an agreement
	Problems  Problems
}

// HostedWay is one way to go over.
type HostedWay struct {
	Last, First   string // months
	After, Before time.Time
	FirstAt       time.Time
	Written       bool // the hosted integration has written Last already
}

// HostedCheck is who else changed lines, or how far the search is.
type HostedCheck struct {
	Running     bool
	At, Since   time.Time
	Done, Total int // agreements
	Own         []string
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

// first says which is the first month here. What fell due before the products were mapped is not written by itself.
func (w HostedWay) first(now time.Time, comparing bool) string {
	if !now.Before(w.FirstAt) {
		return "Months from " + monthName(w.First) + " on are Seatbridge’s. Of those that fell due already, before the products were mapped, " +
			"none is written by itself: look at Months, and sync again what is open."
	}
	verb := "written"
	if comparing {
		verb = "compared, unless writing is switched on by then,"
	}
	return "The first month here is " + monthName(w.First) + ", " + verb + " on " + moment(w.FirstAt) + "."
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
		return "Under which name Seatbridge writes is not known: ConnectWise does not say, and nothing was written yet. Its own changes are told by their moment."
	}
	return "Seatbridge writes as " + strings.Join(c.Own, ", ") + "."
}

// who is who made a change.
func (c HostedChange) who() string { return orPath(c.By, "not known") }

// todo is what to do about a change.
func (c HostedChange) todo() string {
	if c.Hosted {
		return "Disconnect the hosted integration, or take its API member's right to edit agreements. Then sync again."
	}
	return "Ask who it was. If it was meant so, the next sync asks before it overwrites, as Settings say."
}
