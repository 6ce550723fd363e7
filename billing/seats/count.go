package seats

import (
	"fmt"
	"strings"
	"time"

	"seatbridge/store"
)

// Rules are the counting rules that an MSP can set.
type Rules struct {
	// Pending says from which month on the seats that are invited but not joined at the end of a period count, in the order of the
	// months. An older edition of NordPass's article counted them, the current one does not say (docs/billing-rules.md section 2,
	// rule 5).
	Pending []store.PendingRule
	// Sources says in which order the sources are believed from which month on, in the order of the months.
	Sources []store.SourceOrder
	// Reports says where a usage report is needed for a figure to be known.
	Reports ReportRule
}

// Usage is what an organization has to pay for in a period.
type Usage struct {
	OrganizationID int64
	Organization   string
	Period         Period
	Quantity                     // the billable seats, or that they are unknown
	Plan           store.Plan    // the plan that all of them are billed on
	License        store.License // of the billed time, the last one; without billed time, that at the period's end
	Free           bool          // nothing is billed in the period under its licenses, whoever is a member
	Before         bool          // the organization began after the period, as far as anybody knows
	Unmanaged      bool          // the organization is no longer managed by the MSP: its seats are not synced
	Why            string        // why it is unknown or zero, a sentence; empty where the seats speak for themselves
	Do             string        // what makes an unknown figure known, a sentence; empty where it is known
	Unspoken       bool          // unknown, and known as soon as somebody says that the organization has no members
	Ledger         int           // the ledger's own number, which a report may overrule
	Original       *Usage        // what the figure was before an admin corrected it; nil: nobody did
	Ended          string        // what was said of the month before it was over and no longer counts, a sentence or two

	// Said is what every source says of the month, the one that counts among them: a correction, then in the order in which they
	// are believed.
	Said     []SourceFigure
	Disputed bool              // another source stands for another figure, and nobody corrected it or said whose is right
	Kept     *store.KeptFigure // that somebody said whose figure is right, which holds and is billed; nil: nobody did
}

// Count is the billable seats of one organization in a period, as NordPass bills them (docs/billing-rules.md
// section 2): every seat that was a member for any part of the organization's billed time in the
// period counts once for the whole period, suspended or not, whatever became of it later; all of them
// on Enterprise if that plan was in force at any instant of that time. Of those who report the month and
// the ledger the one counts that comes first in the order of the sources, and an admin's correction overrules them all; what was given
// before the month was over ends where more is known.
func Count(l store.Ledger, p Period, r Rules) Usage {
	u := countUncorrected(l, p, r)
	c, ok := l.Corrections[p.Month]
	if !ok {
		return u
	}
	ended := correctionEnded(l, p, r)
	original := u
	u.Said = correctedSaid(c, ended, u.Said)
	if ended != "" {
		u.Ended = strings.TrimSpace(ended + " " + u.Ended)
		return u
	}
	u.Original = &original
	u.Quantity, u.Plan, u.Do, u.Unspoken, u.Disputed, u.Kept = known(c.Seats, SourceCorrection, c.At), c.Plan, "", false, false, nil
	u.Why = fmt.Sprintf("Corrected on %s by %s: %s", Day(c.At), c.By, c.Reason)
	return u
}

func countUncorrected(l store.Ledger, p Period, r Rules) Usage {
	u := Usage{
		OrganizationID: l.Organization.ID,
		Organization:   l.Organization.Name,
		Unmanaged:      !l.Organization.Managed,
		Before:         !l.Organization.CreatedAt.Before(p.End()),
		Period:         p,
	}
	ledger := ledgerFigure(l, p, r)
	u.Plan, u.Ledger, u.License, u.Free = ledger.Plan, ledger.Seats, billedLicense(l, p, billedTime(l, p)), freeIn(l, p)
	u.Said = said(l, p, r, ledger)
	counts, ended, ok := decide(u.Said)
	u.Ended = ended
	if k, kept := l.Kept[p.Month]; kept && holds(k, u.Said, p) {
		counts, u.Kept = keep(k, u.Said), &k
	}
	if ok {
		u.Quantity, u.Plan, u.Why = known(counts.Seats, counts.Source, counts.At), counts.Plan, counts.Why
		u.Disputed = u.Kept == nil && len(u.Others()) > 0
		return u
	}
	if u.Why, u.Do = barred(l, p, r); u.Why == "" {
		u.Why, u.Do, u.Unspoken = whyUnspoken(l, p, r), speak(l, p, r), true
	}
	return u
}

// speak is what makes the figure of an organization known of which nobody ever said anything: what can still be done about it.
func speak(l store.Ledger, p Period, r Rules) string {
	switch {
	case !l.Organization.DeletedAt.IsZero():
		return fmt.Sprintf("It is deleted, so that no members can be added: report or correct its seats of %s, or say that it had none.", p.Month)
	case r.Reports.applies(l, p):
		return "Fetch the report under Integrations › Provider API, import or add its members, or say that it has none."
	}
	return "Import or add its members first, or say that it has none."
}

// ledgerFigure is what the ledger counts in a period, whether or not that is what is billed.
func ledgerFigure(l store.Ledger, p Period, r Rules) Figure {
	billed := billedTime(l, p)
	tally := newTally(p, billed, r)
	for _, s := range l.Seats {
		tally.add(s)
	}
	return Figure{Month: p.Month, Seats: len(tally.members), Plan: billedPlan(l, p, billed)}
}

// barred says why the ledger makes no figure of the period, so that nothing but a report or a correction
// does, and what to do about it; empty: that is not so (docs/billing-rules.md section 2, "When there is no figure").
func barred(l store.Ledger, p Period, r Rules) (why, do string) {
	o := l.Organization
	switch {
	case !o.CreatedAt.Before(p.End()) && o.StartSaid:
		return fmt.Sprintf("It began on %s, after the end of %s.", Day(o.CreatedAt), p),
			fmt.Sprintf("If it was there before, correct its start under History on its page, or report or correct its seats of %s.", p.Month)
	case !o.CreatedAt.Before(p.End()):
		return fmt.Sprintf("Seatbridge knows this organization only since %s, after the end of %s.", Day(o.CreatedAt), p),
			fmt.Sprintf("Enter when it began, under History on its page, or report or correct its seats of %s.", p.Month)
	case r.Reports.requires(l, p) && !reported(l, p, r):
		return fmt.Sprintf("The Provider API has not reported %s, and a report is required.", p.Month),
			"Fetch the report under Integrations › Provider API, or correct the figure."
	}
	return "", ""
}

// spoken is the quantity of a period without a report: nothing where nothing is billed, whoever is a member; what the ledger
// counts, once a member was recorded in it; the nothing that somebody stated; or unknown, for nobody has spoken.
func spoken(l store.Ledger, ledger int, billed []stretch) Quantity {
	o := l.Organization
	switch {
	case len(billed) == 0:
		return known(0, SourceLicense, Later(o.CreatedAt, o.DeletedAt))
	case len(l.Seats) > 0 || !o.MembersSince.IsZero(): // of before the ledger's span, too
		return known(ledger, SourceLedger, o.MembersSince)
	case !o.NoMembersAt.IsZero():
		return known(0, SourceStatement, o.NoMembersAt)
	}
	return Quantity{}
}

func whyUnspoken(l store.Ledger, p Period, r Rules) string {
	if r.Reports.applies(l, p) {
		return fmt.Sprintf("The Provider API has not reported %s, and Seatbridge knows no member of this organization.", p.Month)
	}
	return "Nobody has said how many members it has: none was ever recorded or reported."
}

func whyNothing(l store.Ledger, p Period, billed []stretch) string {
	o := l.Organization
	switch {
	case len(billed) > 0 && !o.NoMembersAt.IsZero():
		return fmt.Sprintf("%s said on %s that it has no members.", o.NoMembersBy, Day(o.NoMembersAt))
	case len(billed) > 0:
		return fmt.Sprintf("No members in %s.", p)
	case !o.DeletedAt.IsZero() && !o.DeletedAt.After(p.Start()):
		return fmt.Sprintf("Deleted on %s.", Day(o.DeletedAt))
	case LicenseIn(l, p) == store.NFR:
		return "NFR organizations are free."
	case !o.DeletedAt.IsZero() && o.DeletedAt.Before(p.End()):
		return fmt.Sprintf("Deleted on %s, before billing began.", Day(o.DeletedAt))
	default:
		return fmt.Sprintf("In trial until %s.", Day(trialEnd(l, p)))
	}
}

// A stretch is a piece of an organization's billed time with the plan and license in force; start included, end excluded.
type stretch struct {
	start, end time.Time
	plan       store.Plan
	license    store.License
}

// billedTime is the part of the period in which the organization was billed, in order: its life while
// Standard, from the end of the trial while Trial, nothing while NFR. Suspension changes nothing; deletion ends it.
// That a license type changed by hand acts from that moment on is assumed (docs/billing-rules.md section 7, 4).
func billedTime(l store.Ledger, p Period) []stretch {
	o := l.Organization
	lifeStart, lifeEnd := Later(o.CreatedAt, p.Start()), p.End()
	if !o.DeletedAt.IsZero() {
		lifeEnd = Earlier(o.DeletedAt, lifeEnd)
	}
	var billed []stretch
	for i, term := range l.Terms {
		s := stretch{start: Later(term.Since, lifeStart), end: lifeEnd, plan: term.Plan, license: term.License}
		if i+1 < len(l.Terms) {
			s.end = Earlier(l.Terms[i+1].Since, lifeEnd)
		}
		from, ever := BilledFrom(term.License, o.TrialEndsAt)
		if s.start = Later(s.start, from); ever && s.start.Before(s.end) {
			billed = append(billed, s)
		}
	}
	return billed
}

// billedPlan is the highest plan of the billed time; without any, the last plan in force before the period's end.
func billedPlan(l store.Ledger, p Period, billed []stretch) store.Plan {
	for _, s := range billed {
		if s.plan == store.Enterprise {
			return store.Enterprise
		}
	}
	if len(billed) > 0 {
		return store.Business
	}
	plan := l.Organization.Plan
	for _, term := range l.Terms {
		if term.Since.Before(p.End()) {
			plan = term.Plan
		}
	}
	return plan
}

// billedLicense is the last license of the billed time; without any, the last one in force before the period's end.
func billedLicense(l store.Ledger, p Period, billed []stretch) store.License {
	if len(billed) > 0 {
		return billed[len(billed)-1].license
	}
	return LicenseIn(l, p)
}

// A tally collects the distinct members that count. Somebody who leaves and returns is one member,
// recognised by e-mail address (assumed: docs/billing-rules.md section 6, example 9).
type tally struct {
	period  Period
	billed  []stretch
	rules   Rules
	members map[string]bool
}

func newTally(p Period, billed []stretch, r Rules) *tally {
	return &tally{period: p, billed: billed, rules: r, members: map[string]bool{}}
}

// add counts the seat, if it counts, and says whether it is a new member and why.
func (t *tally) add(s store.Seat) (counted bool, verdict verdict) {
	verdict = t.judge(s)
	if verdict != memberInBilledTime && verdict != pendingAtEnd {
		return false, verdict
	}
	key := store.FoldEmail(s.Email)
	if t.members[key] {
		return false, countedAlready
	}
	t.members[key] = true
	return true, verdict
}

type verdict int

const (
	memberInBilledTime verdict = iota
	pendingAtEnd
	countedAlready
	pendingNotCounted
	notInPeriod
	neverBilled
	outsideBilledTime
)

func (t *tally) judge(s store.Seat) verdict {
	start, end := t.period.Start(), t.period.End()
	if !s.JoinedAt.IsZero() && s.JoinedAt.Before(end) {
		switch {
		case !overlaps(s, start, end):
			return notInPeriod
		case len(t.billed) == 0:
			return neverBilled
		}
		for _, b := range t.billed {
			if overlaps(s, b.start, b.end) {
				return memberInBilledTime
			}
		}
		return outsideBilledTime
	}
	switch {
	case !s.DeletedAt.IsZero() && s.DeletedAt.Before(end), s.InvitedAt.IsZero(), !s.InvitedAt.Before(end):
		return notInPeriod
	case !t.rules.CountsPending(t.period.Month):
		return pendingNotCounted
	case len(t.billed) == 0 || t.billed[len(t.billed)-1].end.Before(end):
		return neverBilled
	}
	return pendingAtEnd
}

// overlaps says whether the seat's member time, from joining up to deletion, has any part in [start, end).
func overlaps(s store.Seat, start, end time.Time) bool {
	from, until := Later(s.JoinedAt, start), end
	if !s.DeletedAt.IsZero() {
		until = Earlier(s.DeletedAt, end)
	}
	return from.Before(until)
}
