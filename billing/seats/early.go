package seats

import (
	"fmt"
	"time"

	"seatbridge/store"
)

// A figure that somebody gave of a month before it was over is about the month until then: it ends where a later fact begins
// (docs/billing-rules.md section 2, "Before the month is over").

// NotOver says that a month is running, so that no source can report its final figure yet and from when on it can; or nothing.
func NotOver(m store.Month, now time.Time) string {
	if m != store.MonthOf(now) {
		return ""
	}
	return fmt.Sprintf("%s is not over: its figure is not final. It can be reported from %s on.", m, Day(m.End()))
}

// overtaken says whether a figure that was given at a moment before the month was over has ended by the end of the period, because
// what the ledger counts became something else in between.
func overtaken(l store.Ledger, p Period, r Rules, given time.Time) bool {
	return given.Before(p.End()) && ledgerFigure(l, Period{Month: p.Month, AsOf: given}, r) != ledgerFigure(l, p, r)
}

// correctionEnded says that the correction of a period ended where more was known: by the ledger, or by a report that came after a
// correction of a month that was not over. Empty: it holds, or there is none.
func correctionEnded(l store.Ledger, p Period, r Rules) string {
	c, corrected := l.Corrections[p.Month]
	report, reported := l.Reports[p.Month]
	early := c.At.Before(p.Month.End())
	if !corrected || !overtaken(l, p, r, c.At) && !(early && reported && report.ReportedAt.After(c.At)) {
		return ""
	}
	return fmt.Sprintf("The correction to %d seats by %s of %s no longer counts: "+
		"it was made before the month was over, and more is known since.", c.Seats, c.By, Day(c.At))
}

// reportEnded says that the report of a period ended where more was known. Empty: it holds, or there is none.
func reportEnded(l store.Ledger, p Period, r Rules) string {
	report, reported := l.Reports[p.Month]
	if !reported || !overtaken(l, p, r, report.ReportedAt) {
		return ""
	}
	return fmt.Sprintf("The %d seats reported on %s (%s) no longer count: the month was not over then, and more is known since.",
		report.Seats, Day(report.ReportedAt), Source(report.Source).Name())
}
