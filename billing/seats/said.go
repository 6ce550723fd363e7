package seats

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"seatbridge/store"
)

// SourceFigure is what one source says of an organization's month, whether or not it is what is billed.
type SourceFigure struct {
	Source Source
	Seats  int
	Plan   store.Plan
	At     time.Time // since when it says so, in UTC
	By     string    // who: a person, a token or a service by name; empty: nobody noted it
	Why    string    // what there is to say about it, a sentence or two; empty: nothing
	Ended  string    // why it does not count any more, a sentence; empty: it holds
	Counts bool      // it is what is billed
}

// differs says whether two figures bill another thing. Nothing is nothing on either plan.
func (f SourceFigure) differs(other SourceFigure) bool {
	return f.Seats != other.Seats || f.Seats > 0 && f.Plan != other.Plan
}

// silent says of a ledger that it has nothing because its first member is of after the period: where nobody else spoke that is 0, but
// it does not contradict anybody.
func (f SourceFigure) silent(p Period) bool {
	return f.Source == SourceLedger && f.Seats == 0 && !f.At.Before(p.End())
}

// SaysMore says whether a source would have more billed than seats on a plan: more of them, or on the higher plan.
func (f SourceFigure) SaysMore(seats int, plan store.Plan) bool {
	return f.Seats > seats || f.Seats > 0 && f.Plan == store.Enterprise && plan != store.Enterprise
}

// String is the figure after who says it: "5 on NordPass Business".
func (f SourceFigure) String() string { return fmt.Sprintf("%d on %s", f.Seats, f.Plan.Name()) }

// said is what all sources say of a period, in the order in which they are believed; the first one that has not ended counts.
func said(l store.Ledger, p Period, r Rules, ledger Figure) []SourceFigure {
	reports := l.Reports[p.Month]
	if len(reports) == 0 {
		own, ok := ownFigure(l, p, r, ledger)
		if !ok {
			return nil
		}
		return []SourceFigure{own}
	}
	order := OrderIn(r.Sources, p.Month)
	figures := make([]SourceFigure, 0, len(reports)+1)
	for _, report := range reports {
		figures = append(figures, reportFigure(l, p, r, ledger.Plan, report))
	}
	if own, ok := ownFigure(l, p, r, ledger); ok {
		figures = append(figures, own)
	}
	slices.SortStableFunc(figures, func(a, b SourceFigure) int { return rank(order, a.Source) - rank(order, b.Source) })
	return figures
}

// reportFigure is what a report says of a period, of an organization that is on a plan then. Whether the seats are free that a file counts
// is for the licenses to say, and the plan that it does not name for the plans, as they are known by now; the other sources say what is
// billed.
func reportFigure(l store.Ledger, p Period, r Rules, on store.Plan, report store.UsageReport) SourceFigure {
	f := SourceFigure{
		Source: Source(report.Source), Seats: report.Seats, Plan: report.Plan, At: report.ReportedAt, By: report.ReportedBy,
		Why: report.Note, Ended: reportEnded(l, p, r, report),
	}
	if report.PlanSupposed {
		f.Plan = on
	}
	switch {
	case report.Counted == 0:
	case freeIn(l, p):
		f.Seats, f.Why = BillReported(billedLicense(l, p, billedTime(l, p)), report.Counted)
	default:
		f.Seats, f.Why = report.Counted, ""
	}
	return f
}

// rank is a source's place in an order, that of Seatbridge's own record under the ledger's name; a report of a source that has no place
// comes right before that.
func rank(order []Source, s Source) int {
	if s.own() {
		s = SourceLedger
	}
	if i := slices.Index(order, s); i >= 0 {
		return 2 * i
	}
	return 2*slices.Index(order, SourceLedger) - 1
}

// ownFigure is what Seatbridge's own record says of a period; not ok: nobody has spoken, or the record may not speak of it.
func ownFigure(l store.Ledger, p Period, r Rules, ledger Figure) (f SourceFigure, ok bool) {
	if why, _ := barred(l, p, r); why != "" {
		return SourceFigure{}, false
	}
	billed := billedTime(l, p)
	own := spoken(l, ledger.Seats, billed)
	f = SourceFigure{Source: own.source, Seats: own.seats, Plan: ledger.Plan, At: own.since}
	if own.source == SourceStatement {
		f.By = l.Organization.NoMembersBy
	}
	if own.Known() && own.seats == 0 {
		f.Why = whyNothing(l, p, billed)
	}
	return f, own.Known()
}

// decide marks the figure that counts and says which it is, and what was passed over because it ended. Not ok: none counts.
func decide(figures []SourceFigure) (counts SourceFigure, ended string, ok bool) {
	var passed []string
	for i := range figures {
		if figures[i].Ended == "" {
			figures[i].Counts = true
			return figures[i], strings.Join(passed, " "), true
		}
		passed = append(passed, figures[i].Ended)
	}
	return SourceFigure{}, strings.Join(passed, " "), false
}

// Others are the figures that other sources stand for and that would bill another thing than what counts, in the order in which the
// sources are believed. What ended is no longer stood for, and a ledger that began after the period contradicts nobody.
func (u Usage) Others() []SourceFigure {
	i := slices.IndexFunc(u.Said, func(f SourceFigure) bool { return f.Counts })
	if i < 0 {
		return nil
	}
	var others []SourceFigure
	for _, f := range u.Said {
		if !f.Counts && f.Ended == "" && f.differs(u.Said[i]) && !f.silent(u.Period) {
			others = append(others, f)
		}
	}
	return others
}

// Disagreement says in a sentence that sources disagree about an organization, with the figure that counts and the others.
func Disagreement(organization string, counts SourceFigure, others []SourceFigure) string {
	said := make([]string, len(others))
	for i, f := range others {
		said[i] = fmt.Sprintf("%s says %s", f.Source.Within(), f)
	}
	return fmt.Sprintf("Sources disagree about %s: %s says %s, %s.", organization, counts.Source.Within(), counts, strings.Join(said, ", "))
}

// Dispute says in a sentence what the sources say where they disagree. Empty: they do not.
func (u Usage) Dispute() string {
	if !u.Disputed {
		return ""
	}
	counts := SourceFigure{Source: u.source, Seats: u.seats, Plan: u.Plan}
	return Disagreement(u.Organization, counts, u.Others())
}

// With is a ledger as it would be with a report: in place of what the same source said of the month before.
func With(l store.Ledger, report store.UsageReport) store.Ledger {
	reports := maps.Clone(l.Reports)
	if reports == nil {
		reports = map[store.Month][]store.UsageReport{}
	}
	others := slices.DeleteFunc(slices.Clone(reports[report.Month]), func(r store.UsageReport) bool { return r.Source == report.Source })
	reports[report.Month] = append(others, report)
	l.Reports = reports
	return l
}

// Overruled says why another figure is billed than the one that a source states, in sentences: a correction, or a source that comes
// before it in the order of the month. Empty: the source's own is billed, or none.
func (u Usage) Overruled(s Source, r Rules) string {
	switch u.source {
	case "", s:
		return ""
	case SourceCorrection:
		return "A correction counts instead of the report, as it does before every source. " + u.Why
	}
	if u.Kept != nil {
		return u.KeptText()
	}
	counts := SourceFigure{Source: u.source, Seats: u.seats, Plan: u.Plan}
	why := fmt.Sprintf("%s says %s and comes before %s in the order of the sources of that month: %s.",
		u.source.Speaker(), counts, s.Within(), OrderText(OrderIn(r.Sources, u.Period.Month)))
	if u.source.own() && u.Why != "" {
		why += " " + u.Why
	}
	return why
}

// correctedSaid is what all say of a period that was corrected.
func correctedSaid(c store.Correction, ended string, figures []SourceFigure) []SourceFigure {
	all := []SourceFigure{{
		Source: SourceCorrection, Seats: c.Seats, Plan: c.Plan, At: c.At, By: c.By, Why: c.Reason, Ended: ended, Counts: ended == "",
	}}
	for _, f := range figures {
		f.Counts = f.Counts && ended != ""
		all = append(all, f)
	}
	return all
}
