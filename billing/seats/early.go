package seats

import (
	"fmt"
	"slices"
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
	cameAfter := func(report store.UsageReport) bool { return report.ReportedAt.After(c.At) }
	early := c.At.Before(p.Month.End())
	if !corrected || !overtaken(l, p, r, c.At) && !(early && slices.ContainsFunc(l.Reports[p.Month], cameAfter)) {
		return ""
	}
	return fmt.Sprintf("The correction to %d seats by %s of %s no longer counts: "+
		"it was made before the month was over, and more is known since.", c.Seats, c.By, Day(c.At))
}

// reportEnded says that a report of a period ended where more was known: by the ledger, or by a report of another source that came
// when the month was over. Empty: it holds.
func reportEnded(l store.Ledger, p Period, r Rules, report store.UsageReport) string {
	final := func(other store.UsageReport) bool { return !other.ReportedAt.Before(p.Month.End()) }
	early := !final(report)
	if !overtaken(l, p, r, report.ReportedAt) && !(early && slices.ContainsFunc(l.Reports[p.Month], final)) {
		return ""
	}
	return fmt.Sprintf("The %d seats reported on %s (%s) no longer count: the month was not over then, and more is known since.",
		report.Seats, Day(report.ReportedAt), Source(report.Source).Name())
}

// reported says whether a source outside the panel stands for a figure of a period.
func reported(l store.Ledger, p Period, r Rules) bool {
	holds := func(report store.UsageReport) bool { return reportEnded(l, p, r, report) == "" }
	return slices.ContainsFunc(l.Reports[p.Month], holds)
}
