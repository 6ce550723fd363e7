package sheet

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"

	"seatbridge/billing/problem"
	"seatbridge/billing/seats"
	"seatbridge/billing/table"
	"seatbridge/store"
)

// row is a row while its cells are read. Its methods note what is wrong with them. Of a row that
// the table could not read no cell is looked at.
type row struct {
	table.Row
	kind     Kind
	header   []string
	columns  ColumnMap
	options  Options
	spelled  spellings
	state    int    // the column of an export of ours that says whether a figure is known; -1: none
	cross    *Cross // nil: a row is a month
	problems []RowProblem
}

// spellings remembers texts that come again in row after row, so that each is folded once and does
// not keep every line it came from in memory.
type spellings map[string]spelling

type spelling struct{ text, folded, plain string } // plain as headerWords writes it

func (s spellings) of(text string) spelling {
	known, ok := s[text]
	if !ok {
		text = strings.Clone(text)
		known = spelling{text, store.Fold(text), headerWords(text)}
		s[text] = known
	}
	return known
}

// cell is the text of a column, and whether the row can have one.
func (r *row) cell(c Column) (string, bool) {
	i, ok := r.columns[c]
	if !ok || r.Row.Problem != "" {
		return "", false
	}
	return r.Cells[i], true
}

func (r *row) refuse(c Column, format string, args ...any) {
	p := RowProblem{Line: r.Line, Problem: fmt.Sprintf(format, args...)}
	if i, ok := r.columns[c]; ok {
		p.Column = r.header[i]
	}
	r.problems = append(r.problems, p)
}

// note notes a cell that was not read to the letter.
func (r *row) note(c Column, found string, read func() string) {
	r.options.Readings.note(r.header[r.columns[c]], found, r.Line, read)
}

func (r *row) organization() string {
	text, ok := r.cell(OrganizationColumn)
	name := r.spelled.of(text)
	switch {
	case !ok:
		return r.options.Organization
	case name.folded == "":
		r.refuse(OrganizationColumn, "The organization is missing.")
	case strings.ContainsRune(text, unicode.ReplacementChar):
		r.refuse(OrganizationColumn, "%s has characters that cannot be read: save the file as UTF-8.", table.Excerpt(text))
	case problem.OfLength(name.text, problem.MaxName) != "":
		r.refuse(OrganizationColumn, "%s is no organization's name: it has more than %d characters.", table.Excerpt(text), problem.MaxName)
	}
	return name.text
}

// externalID is what the column beside the name says; it may be empty.
func (r *row) externalID() string {
	text, ok := r.cell(ExternalIDColumn)
	if !ok || table.IsNothing(text) {
		return ""
	}
	return r.spelled.of(text).text
}

// totalWords are how rows begin that sum up others, as headerWords writes them.
var totalWords = []string{"total", "totals", "grand total", "sub total", "subtotal", "sum", "overall",
	"summe", "gesamt", "gesamtsumme", "zwischensumme", "insgesamt", "somme", "total general", "sous total", "suma",
	"totaal", "subtotaal", "totale"}

// isTotal says whether the first cell that is not empty says that the row sums up others, such as “Total: 3 organizations”.
func (r *row) isTotal() bool {
	for _, cell := range r.Cells {
		if cell != "" {
			plain := r.spelled.of(cell).plain
			return slices.Contains(totalWords, strings.TrimRight(plain, " 0123456789")) ||
				strings.Contains(cell, ":") && slices.Contains(totalWords, headerWords(cell[:strings.Index(cell, ":")]))
		}
	}
	return false
}

// saysUnknown says whether the row of an export of ours says that nobody knows the figure.
func (r *row) saysUnknown() bool {
	seats, ok := r.cell(SeatsColumn)
	return ok && seats == "" && r.state >= 0 && slices.Contains([]string{"unknown", "failed", "empty"}, r.Cells[r.state])
}

// email reads an address as the panel takes it.
func (r *row) email() string {
	text, ok := r.cell(EmailColumn)
	if !ok {
		return ""
	}
	if text == "" {
		r.refuse(EmailColumn, "The e-mail address is missing.")
		return ""
	}
	if problem.OfEmail(text) != "" {
		r.refuse(EmailColumn, "%s is not an e-mail address.", table.Excerpt(text))
	}
	return strings.Clone(text) // or it would keep its whole line in memory
}

// Exact are the moments of a row that are the first instant of a day and were given so, with the time. Without one, a date means the
// day: a member who joined on it was there from its beginning, and one who was deleted on it until its end (docs/billing-rules.md
// section 2).
type Exact struct{ Invited, Joined, Suspended, Deleted bool }

// isDay says whether the cell of a column, which is read as t, gives a day and no instant.
func (r *row) isDay(c Column, t time.Time) bool {
	text, ok := r.cell(c)
	return ok && isMidnight(t) && !table.GivesTime(text)
}

func (r *row) exact(m MemberRow) Exact {
	exact := func(c Column, t time.Time) bool { return isMidnight(t) && !r.isDay(c, t) }
	return Exact{
		exact(InvitedColumn, m.InvitedAt), exact(JoinedColumn, m.JoinedAt),
		exact(SuspendedColumn, m.SuspendedAt), exact(DeletedColumn, m.DeletedAt),
	}
}

// moment reads a moment that has come.
func (r *row) moment(c Column) time.Time {
	t := r.momentToCome(c)
	if text, _ := r.cell(c); t.After(r.options.Now) {
		r.refuse(c, "%s is in the future.", table.Excerpt(text))
	}
	return t
}

// momentToCome reads a moment that may be in the future.
func (r *row) momentToCome(c Column) time.Time {
	text, ok := r.cell(c)
	if !ok {
		return time.Time{}
	}
	t, problem := table.ParseMoment(text, r.options.Dates[c])
	switch {
	case problem != "":
		r.refuse(c, "%s", problem)
	case !t.IsZero() && !table.IsPlainDate(text):
		r.note(c, text, func() string { return momentText(t, r.isDay(c, t)) })
	}
	return t
}

// momentText is a day or an instant as a sentence has it.
func momentText(t time.Time, day bool) string {
	if day {
		return t.Format(longDay)
	}
	return t.Format(longDay + " 15:04:05 UTC")
}

// statusNames are the words for a status in a few languages, as headerWords writes them. "Inactive" is
// not among them: it could be suspended, which is billed, or deleted, which is not.
var statusNames = map[store.SeatStatus][]string{
	store.SeatActive: {"active", "activated", "enabled", "joined", "accepted", "confirmed", "member",
		"aktiv", "actif", "active e", "activo", "actief"},
	store.SeatSuspended: {"suspended", "disabled", "deactivated", "blocked", "locked", "paused", "on hold",
		"gesperrt", "deaktiviert", "suspendu", "desactive", "suspendido", "desactivado", "geschorst"},
	store.SeatPending: {"pending", "invited", "invitation sent", "invitation pending", "awaiting",
		"ausstehend", "eingeladen", "en attente", "invite", "pendiente", "invitado", "uitgenodigd"},
	store.SeatDeleted: {"deleted", "removed", "left", "revoked",
		"geloscht", "entfernt", "supprime", "eliminado", "borrado", "verwijderd"},
}

// unclearStatuses are words for a status that may be either of two.
var unclearStatuses = []string{"inactive", "inaktiv", "inactif", "inactivo", "inactief", "archived"}

func (r *row) status(m MemberRow) store.SeatStatus {
	text, _ := r.cell(StatusColumn)
	if text == "" {
		return impliedStatus(m)
	}
	plain := r.spelled.of(text).plain
	for status, names := range statusNames {
		if slices.Contains(names, plain) {
			return status
		}
	}
	r.refuse(StatusColumn, "%s is not a status: write active, suspended, pending or deleted.", table.Excerpt(text))
	return ""
}

func impliedStatus(m MemberRow) store.SeatStatus {
	switch {
	case !m.DeletedAt.IsZero():
		return store.SeatDeleted
	case !m.SuspendedAt.IsZero():
		return store.SeatSuspended
	case m.JoinedAt.IsZero() && !m.InvitedAt.IsZero():
		return store.SeatPending
	}
	return store.SeatActive
}

// checkMoments refuses moments that contradict the status or each other: days by the day, instants by the second.
func (r *row) checkMoments(m *MemberRow) {
	switch {
	case m.Status != store.SeatDeleted && !m.DeletedAt.IsZero():
		r.refuse(DeletedColumn, "The member is %s, but has the date of a deletion.", m.Status)
	case m.Status == store.SeatPending && !m.JoinedAt.IsZero():
		r.refuse(JoinedColumn, "The member is pending, but has the date of joining.")
	}
	columns := [...]Column{InvitedColumn, JoinedColumn, SuspendedColumn, DeletedColumn}
	last := -1
	moments := [...]time.Time{m.InvitedAt, m.JoinedAt, m.SuspendedAt, m.DeletedAt}
	exact := [...]bool{m.Exact.Invited, m.Exact.Joined, m.Exact.Suspended, m.Exact.Deleted}
	for i, t := range moments {
		if t.IsZero() {
			continue
		}
		if last >= 0 && isBefore(t, moments[last], isDay(t, exact[i]) || isDay(moments[last], exact[last])) {
			r.refuse(columns[i], "%s is before %s, when the member was %s.", seats.Day(t), seats.Day(moments[last]), columns[last])
		}
		last = i
	}
}

func midnight(t time.Time) time.Time { return t.UTC().Truncate(24 * time.Hour) }

func isMidnight(t time.Time) bool { return !t.IsZero() && t.Equal(midnight(t)) }

// isDay says whether a moment of a row is a day: exact is whether it was given with a time.
func isDay(t time.Time, exact bool) bool { return isMidnight(t) && !exact }

// isBefore compares by the day, or by the second.
func isBefore(a, b time.Time, byDay bool) bool {
	if byDay {
		return midnight(a).Before(midnight(b))
	}
	return a.Before(b)
}

// endOf is the last second of a day, or now where the day is not over.
func endOf(day, now time.Time) time.Time {
	return seats.Earlier(midnight(day).Add(24*time.Hour-time.Second), now)
}

func (r *row) month() store.Month {
	text, ok := r.cell(MonthColumn)
	if !ok {
		return ""
	}
	m, plain, problem := parseMonth(text, r.options.Dates[MonthColumn])
	if problem != "" {
		r.refuse(MonthColumn, "%s", problem)
		return ""
	}
	if !plain {
		r.note(MonthColumn, text, m.String)
	}
	return r.fitting(m)
}

// fitting refuses a month of which nobody can report.
func (r *row) fitting(m store.Month) store.Month {
	if problem := seats.MonthOutside(m, r.options.Now); problem != "" {
		r.refuse(MonthColumn, "%s", problem)
	} else if problem := seats.NotOver(m, r.options.Now); problem != "" && !r.options.OpenMonth {
		r.refuse(MonthColumn, "%s", problem)
	}
	return m
}

func (r *row) seats() int {
	text, ok := r.cell(SeatsColumn)
	if !ok {
		return 0
	}
	if text == "" {
		r.refuse(SeatsColumn, "The number of seats is missing: write 0 if there are none.")
		return 0
	}
	n, plain, problem := table.ParseCount(text, r.options.Numbers[SeatsColumn])
	switch {
	case problem != "":
		r.refuse(SeatsColumn, "%s", problem)
		return 0
	case n > seats.MostSeats:
		r.refuse(SeatsColumn, "%s are more than 1,000,000 seats.", table.Excerpt(text))
		return 0
	case !plain:
		r.note(SeatsColumn, text, func() string { return strconv.Itoa(n) })
	}
	return n
}

func (r *row) plan() store.Plan {
	text, ok := r.cell(PlanColumn)
	if !ok {
		return ""
	}
	plain := r.spelled.of(text).plain
	plan := planNamed(plain)
	switch {
	case plan == "":
		r.refuse(PlanColumn, "%s is not a plan: write Business or Enterprise.", table.Excerpt(text))
	case strings.TrimPrefix(plain, "nordpass ") != string(plan):
		r.note(PlanColumn, text, plan.Name)
	}
	return plan
}

// planNamed is the plan that a text names, which is written as headerWords writes it. Empty: none.
func planNamed(plain string) store.Plan {
	name := strings.TrimPrefix(plain, "nordpass ")
	if i := slices.IndexFunc(store.Plans(), func(p store.Plan) bool { return name == string(p) }); i >= 0 {
		return store.Plans()[i]
	}
	return planAmong(name)
}

// planAmong finds the plan in the name of a product as price lists have it: NordPass Business, 1 year.
func planAmong(name string) store.Plan {
	var found store.Plan
	for word := range strings.FieldsSeq(name) {
		switch plan := store.Plan(word); {
		case slices.Contains(store.Plans(), plan) && found == "":
			found = plan
		case !slices.Contains(planFillers, word) && !table.IsDigits(word):
			return ""
		}
	}
	return found
}

// planFillers are words beside a plan's name that do not make it another plan.
var planFillers = strings.Fields("nordpass plan license licence licenses licences lizenz lizenzen seat seats user users " +
	"subscription monthly annual annually yearly month months year years monat monate jahr jahre monatlich jahrlich mensuel annuel " +
	"mensual anual maandelijks jaarlijks for password manager msp per")

// seenRows has the line of every good row of a file.
type seenRows map[rowKey]int

// rowKey is what only one row of a file may have.
type rowKey struct {
	organization string // folded
	what         string // a folded address
	joined       int64  // Unix seconds; or present, because a member is there once
}

const present = -1

func (s seenRows) member(r *row, m MemberRow) {
	organization, email := r.spelled.of(m.Organization).folded, store.FoldEmail(m.Email)
	s.note(r, "The same member is in line %d already.", rowKey{organization: organization, what: email, joined: m.begins().Unix()})
	if m.Status != store.SeatDeleted && len(r.problems) == 0 {
		s.note(r, "The same member is in line %d already.", rowKey{organization: organization, what: email, joined: present})
	}
}

func (s seenRows) note(r *row, problem string, key rowKey) {
	if line, ok := s[key]; ok {
		r.refuse("", problem, line)
		return
	}
	s[key] = r.Line
}

// Doubles refuses the second row about the same stay where a file names one organization in several ways, and answers what was
// refused.
func Doubles(rows []MemberRow) []RowProblem {
	var refused []RowProblem
	lines := map[rowKey]int{}
	for i := range rows {
		row := &rows[i]
		if len(row.Problems) > 0 {
			continue
		}
		keys := []rowKey{{what: store.FoldEmail(row.Email), joined: row.begins().Unix()}}
		if row.Status != store.SeatDeleted {
			keys = append(keys, rowKey{what: keys[0].what, joined: present})
		}
		for _, key := range keys {
			if line, ok := lines[key]; ok && len(row.Problems) == 0 {
				row.Problems = []RowProblem{{
					Line:    row.Line,
					Problem: fmt.Sprintf("The same member is in line %d already, where the organization is named in another way.", line),
				}}
				refused = append(refused, row.Problems...)
			} else if !ok {
				lines[key] = row.Line
			}
		}
	}
	return refused
}
