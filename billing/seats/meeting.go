package seats

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// Met is whether a source's figure is billed where another source, or a correction, says otherwise.
type Met string

// The outcomes; empty is that nobody says otherwise.
const (
	Preferred Met = "preferred" // it comes before the others
	Outranked Met = "outranked" // another one comes before it, or a correction holds
	Passed    Met = "passed"    // it ended before another one came
)

// Meeting says which figure is billed where a source's, called by that name within a sentence, meets another one, and why: a correction
// first, then a person's word, then the order of the sources in Settings (docs/billing-rules.md section 2, "Which figure wins").
func (u Usage) Meeting(of Source, called string) (Met, string) {
	own := slices.IndexFunc(u.Said, func(f SourceFigure) bool { return f.Source == of })
	counts := slices.IndexFunc(u.Said, func(f SourceFigure) bool { return f.Counts })
	if own < 0 || counts < 0 {
		return "", ""
	}
	billed, said := u.Said[counts], u.Said[own]
	switch {
	case own == counts:
		return u.preferred(billed, called)
	case !billed.differs(said):
		return "", ""
	case said.Ended != "":
		return Passed, fmt.Sprintf("%s says %s, which is billed; %s says %s, which is not. %s",
			billed.Source.Speaker(), billed, called, said, said.Ended)
	case billed.Source == SourceCorrection:
		return Outranked, fmt.Sprintf("A correction says %s; %s says %s: the correction comes before every source, so %s stays billed.",
			billed, called, said, billed.than(said))
	}
	return Outranked, fmt.Sprintf("%s says %s; %s says %s: %s, so %s stays billed.",
		billed.Source.Speaker(), billed, called, said, u.decides(billed.Source.Within()), billed.than(said))
}

// decides is why the figure of a source, called by that name within a sentence, counts before others.
func (u Usage) decides(called string) string {
	if u.Kept != nil {
		return strings.TrimSuffix(u.KeptText(), ".")
	}
	return "by the order in Settings " + called + " comes first"
}

// preferred says that a figure is billed where another source stands for another one.
func (u Usage) preferred(f SourceFigure, called string) (Met, string) {
	others := u.Others()
	if len(others) == 0 {
		return "", ""
	}
	return Preferred, fmt.Sprintf("%s says %s; %s says %s: %s, so %s is billed.",
		others[0].Source.Speaker(), others[0], called, f, u.decides(called), f.than(others[0]))
}

// than is the number that tells a figure from another one, or where that does not, all of it.
func (f SourceFigure) than(other SourceFigure) string {
	if f.Seats == other.Seats {
		return f.String()
	}
	return strconv.Itoa(f.Seats)
}
