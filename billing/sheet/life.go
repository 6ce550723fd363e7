package sheet

import (
	"slices"
	"time"

	"seatbridge/billing/table"
	"seatbridge/store"
)

// Life is what a row says of its organization's life. What is empty is not said. Moments are in UTC; a date is its first instant, and of
// ManagedUntil that of the next day, since the date is the last one on which the MSP managed it.
type Life struct {
	Dated                     bool      // the table has a column that says since when; the zero moment is the beginning then
	Since                     time.Time // from when on plan, license and management hold
	Start                     time.Time
	TrialStart, TrialEnds     time.Time
	ManagedFrom, ManagedUntil time.Time
	Plan                      store.Plan
	License                   store.License
	Managed                   Answer
	Bad                       bool // something of it cannot be read
}

// Answer is yes, no or, empty, neither of them.
type Answer string

// The answers.
const (
	Yes Answer = "yes"
	No  Answer = "no"
)

// Fact is something that a row says of its organization's life: of a column, and from when on where there are several moments.
type Fact struct {
	Column Column
	Since  time.Time // of plan, license and management
	Value  string    // as people write it
}

// Facts are all that the row says, of which none is said twice.
func (l Life) Facts() (facts []Fact) {
	for _, m := range []struct {
		column Column
		at     time.Time
	}{
		{StartColumn, l.Start}, {TrialStartColumn, l.TrialStart}, {TrialEndsColumn, l.TrialEnds},
		{ManagedFromColumn, l.ManagedFrom}, {ManagedUntilColumn, l.ManagedUntil},
	} {
		if !m.at.IsZero() {
			facts = append(facts, Fact{Column: m.column, Value: momentText(m.at, isMidnight(m.at))})
		}
	}
	for _, v := range []Fact{
		{PlanColumn, l.Since, l.planName()}, {LicenseColumn, l.Since, string(l.License)}, {ManagedColumn, l.Since, string(l.Managed)},
	} {
		if v.Value != "" {
			facts = append(facts, v)
		}
	}
	return facts
}

func (l Life) planName() string {
	if l.Plan == "" {
		return ""
	}
	return l.Plan.Name()
}

// life reads what a row says of its organization's life; nil: nothing.
func (r *row) life() *Life {
	if !r.saysOfLives() {
		return nil
	}
	problems := len(r.problems)
	l := Life{
		Since: r.moment(SinceColumn), Start: r.moment(StartColumn), TrialStart: r.moment(TrialStartColumn),
		TrialEnds: r.momentToCome(TrialEndsColumn), ManagedFrom: r.moment(ManagedFromColumn), ManagedUntil: r.managedUntil(),
		License: r.license(), Managed: r.managed(),
	}
	_, l.Dated = r.columns[SinceColumn]
	if text, _ := r.cell(PlanColumn); r.kind != Usage && !table.IsNothing(text) {
		l.Plan = r.plan()
	}
	switch {
	case !l.ManagedUntil.IsZero() && !l.ManagedUntil.After(l.ManagedFrom):
		r.refuse(ManagedUntilColumn, "It is before %s, since when it was managed.", momentText(l.ManagedFrom, isMidnight(l.ManagedFrom)))
	case !l.TrialEnds.IsZero() && !l.TrialEnds.After(l.TrialStart):
		r.refuse(TrialEndsColumn, "It is not after %s, when the trial began.", momentText(l.TrialStart, isMidnight(l.TrialStart)))
	}
	if l.Bad = len(r.problems) > problems; !l.Bad && len(l.Facts()) == 0 {
		return nil
	}
	return &l
}

// saysOfLives says whether the table has a column about the lives of organizations.
func (r *row) saysOfLives() bool {
	for c := range r.columns {
		if r.kind.OfLife(c) {
			return true
		}
	}
	return false
}

// managedUntil is the first moment at which the MSP does not manage the organization any more.
func (r *row) managedUntil() time.Time {
	t := r.moment(ManagedUntilColumn)
	if !r.isDay(ManagedUntilColumn, t) {
		return t
	}
	t = t.AddDate(0, 0, 1)
	if t.After(r.options.Now) {
		r.refuse(ManagedUntilColumn, "This day is not over: leave the cell empty as long as the organization is managed.")
	}
	return t
}

// licenseNames are the words for a license type in a few languages, as headerWords writes them.
var licenseNames = map[store.License][]string{
	store.Standard: {"standard", "paid", "bezahlt", "kostenpflichtig", "payant", "estandar", "standaard", "betaald"},
	store.Trial: {"trial", "free trial", "test", "testphase", "testversion", "testlizenz", "essai", "prueba", "periodo de prueba",
		"proef", "proefperiode"},
	store.NFR: {"nfr", "not for resale"},
}

// licenseNamed is the license type that a text names, which is written as headerWords writes it. Empty: none.
func licenseNamed(plain string) store.License {
	for license, names := range licenseNames {
		if slices.Contains(names, plain) {
			return license
		}
	}
	return ""
}

func (r *row) license() store.License {
	text, _ := r.cell(LicenseColumn)
	if table.IsNothing(text) {
		return ""
	}
	plain := r.spelled.of(text).plain
	license := licenseNamed(plain)
	switch {
	case license == "":
		r.refuse(LicenseColumn, "%s is not a license type: write standard, trial or NFR.", table.Excerpt(text))
	case plain != string(license):
		r.note(LicenseColumn, text, func() string { return string(license) })
	}
	return license
}

// answerNames are the words for yes and no in a few languages, as headerWords writes them.
var answerNames = map[Answer][]string{
	Yes: {"yes", "y", "true", "1", "x", "ja", "j", "wahr", "oui", "vrai", "si", "verdadero", "waar", "managed"},
	No:  {"no", "n", "false", "0", "nein", "falsch", "non", "faux", "falso", "nee", "onwaar", "unmanaged", "not managed"},
}

func answerNamed(plain string) Answer {
	for answer, names := range answerNames {
		if slices.Contains(names, plain) {
			return answer
		}
	}
	return ""
}

func (r *row) managed() Answer {
	text, _ := r.cell(ManagedColumn)
	if text == "" || text == "-" {
		return ""
	}
	plain := r.spelled.of(text).plain
	answer := answerNamed(plain)
	switch {
	case answer == "":
		r.refuse(ManagedColumn, "%s says neither yes nor no: write yes if you manage the organization, or no.", table.Excerpt(text))
	case plain != string(answer):
		r.note(ManagedColumn, text, func() string { return string(answer) })
	}
	return answer
}
