package billing

import (
	"cmp"
	"fmt"
	"io"
	"iter"
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

// IntakeKind is what the rows of an uploaded table are.
type IntakeKind string

// The kinds: a row is a member of an organization, or what an organization used in a month.
const (
	MembersIntake IntakeKind = "members"
	UsageIntake   IntakeKind = "usage"
)

// Column is a field that a column of an uploaded table may feed.
type Column string

// The columns of both kinds. Organizations are given by name or external id.
const (
	OrganizationColumn Column = "organization"
	EmailColumn        Column = "email"
	StatusColumn       Column = "status"
	InvitedColumn      Column = "invited"
	JoinedColumn       Column = "joined"
	SuspendedColumn    Column = "suspended"
	DeletedColumn      Column = "deleted"
	MonthColumn        Column = "month"
	SeatsColumn        Column = "seats"
	PlanColumn         Column = "plan"
)

// Columns lists the columns that a table of this kind may have.
func (k IntakeKind) Columns() []Column {
	if k == UsageIntake {
		return []Column{OrganizationColumn, MonthColumn, SeatsColumn, PlanColumn}
	}
	return []Column{OrganizationColumn, EmailColumn, StatusColumn, InvitedColumn, JoinedColumn, SuspendedColumn, DeletedColumn}
}

// Required lists the columns that a table of this kind must have.
func (k IntakeKind) Required() []Column {
	if k == UsageIntake {
		return []Column{OrganizationColumn, MonthColumn, SeatsColumn}
	}
	return []Column{OrganizationColumn, EmailColumn}
}

// columnNames are what headers call a column, as headerWords writes them, the likeliest first.
var columnNames = map[Column][]string{
	OrganizationColumn: {"organization", "organisation", "organization name", "organisation name", "company", "company name", "customer", "customer name",
		"client", "client name", "tenant", "account", "external id", "organization id", "organisation id", "customer id", "company id", "org",
		"firma", "kunde", "unternehmen", "mandant", "societe", "entreprise", "empresa", "organizacion", "cliente", "organisatie", "bedrijf", "klant"},
	EmailColumn: {"email", "e mail", "email address", "e mail address", "mail", "user email", "member email", "user", "member", "username", "login",
		"user principal name", "upn", "e mail adresse", "adresse e mail", "courriel", "correo", "correo electronico", "e mailadres"},
	StatusColumn: {"status", "state", "member status", "user status", "zustand", "statut", "etat", "estado"},
	InvitedColumn: {"invited", "invited at", "invited on", "invitation date", "invite date", "date invited", "invitation sent",
		"eingeladen", "eingeladen am", "date d invitation", "invitado", "fecha de invitacion", "uitgenodigd"},
	JoinedColumn: {"joined", "joined at", "joined on", "join date", "date joined", "member since", "active since", "active from", "activated", "activated at",
		"added", "added on", "start", "start date", "beigetreten", "beitritt", "mitglied seit", "aktiv seit", "date d adhesion", "membre depuis", "alta", "fecha de alta", "lid sinds"},
	SuspendedColumn: {"suspended", "suspended at", "suspended on", "suspension date", "suspended since", "disabled at",
		"gesperrt", "gesperrt am", "suspendu le", "suspendido", "geschorst"},
	DeletedColumn: {"deleted", "deleted at", "deleted on", "deletion date", "removed", "removed at", "removed on", "left", "left at", "left on", "active until", "end", "end date",
		"geloscht", "geloscht am", "entfernt", "supprime le", "baja", "fecha de baja", "verwijderd"},
	MonthColumn: {"month", "billing month", "usage month", "period", "billing period", "monat", "abrechnungsmonat", "mois", "periode", "mes", "periodo", "maand"},
	SeatsColumn: {"seats", "billable seats", "used seats", "active seats", "seat count", "licenses", "licences", "used licenses", "license count", "licence count", "consumed licenses",
		"quantity", "qty", "users", "members", "count", "platze", "lizenzen", "anzahl", "menge", "licences utilisees", "quantite", "licencias", "cantidad", "licenties", "aantal"},
	PlanColumn: {"plan", "product", "product name", "tier", "edition", "subscription", "tarif", "produkt", "produit", "producto"},
}

// ColumnMap says which column of the table, the first being 0, feeds which field.
type ColumnMap map[Column]int

// GuessColumns recognises columns by their names in a few languages. What it does not recognise is not in the map.
func GuessColumns(header []string, kind IntakeKind) ColumnMap {
	m := ColumnMap{}
	for _, like := range []func(header, name string) bool{
		func(header, name string) bool { return header == name },
		func(header, name string) bool {
			return strings.HasPrefix(header, name+" ") || strings.HasSuffix(header, " "+name)
		},
	} {
		for _, c := range kind.Columns() {
			if _, ok := m[c]; !ok {
				m.guess(c, header, like)
			}
		}
	}
	return m
}

func (m ColumnMap) guess(c Column, header []string, like func(header, name string) bool) {
	for _, name := range columnNames[c] {
		for i, h := range header {
			if !m.feeds(i) && like(headerWords(h), name) {
				m[c] = i
				return
			}
		}
	}
}

func (m ColumnMap) feeds(column int) bool {
	for _, i := range m {
		if i == column {
			return true
		}
	}
	return false
}

// headerWords is a header without case, accents and punctuation.
func headerWords(header string) string {
	return strings.Join(strings.FieldsFunc(store.Fold(header), func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) }), " ")
}

// check is an *Invalid by the column's names unless every required column is there once.
func (m ColumnMap) check(kind IntakeKind, header []string, o IntakeOptions) error {
	problems := map[string]string{}
	for _, c := range kind.Required() {
		if _, ok := m[c]; !ok && (c != OrganizationColumn || o.Organization == "") {
			problems[string(c)] = "Choose the column of the file."
		}
	}
	fed := map[int]bool{}
	for _, c := range kind.Columns() {
		i, ok := m[c]
		switch {
		case !ok:
		case i < 0 || i >= len(header):
			problems[string(c)] = "The file has no such column."
		case fed[i]:
			problems[string(c)] = fmt.Sprintf("The column %s is chosen already.", table.Excerpt(header[i]))
		}
		fed[i] = fed[i] || ok
	}
	if len(problems) > 0 {
		return &problem.Invalid{Fields: problems}
	}
	return nil
}

// IntakeOptions is how an uploaded table is to be read.
type IntakeOptions struct {
	Now          time.Time                  // what is later is refused
	Organization string                     // of all rows, where the table has no column for it
	Dates        map[Column]table.DateOrder // of the columns that need one: from the Survey, or chosen by the admin
	OpenMonth    bool                       // also take the usage of the month that is not over
}

// RowProblem is something in a row that makes it unusable.
type RowProblem struct {
	Line    int    // in the file, the first being 1
	Column  string // the name in the file; empty: the whole row
	Problem string // a sentence, often with what to do
}

// MemberRow is a row of a table of members.
type MemberRow struct {
	Line         int
	Organization string // name or external id
	Email        string
	Status       store.SeatStatus
	// The moments that the row gives, in UTC; zero: it does not. A date without a time is its midnight.
	InvitedAt, JoinedAt, SuspendedAt, DeletedAt time.Time
	Problems                                    []RowProblem // none: the row is good
}

// UsageRow is a row of a table of monthly usage.
type UsageRow struct {
	Line         int
	Organization string // name or external id
	Month        store.Month
	Seats        int
	Plan         store.Plan   // empty if the table has no column for it
	Problems     []RowProblem // none: the row is good
}

// ReadMembers yields every row that is not blank, once, the bad ones with their problems. An error,
// which is an *Invalid if the admin can mend it, comes last. Without a status the moments decide; with neither
// a member is active. A second row about the same stay of a member is a problem; a member who left and
// returned has a row for each stay, all but one of them deleted.
func ReadMembers(r io.Reader, m ColumnMap, o IntakeOptions) iter.Seq2[MemberRow, error] {
	seen := seenRows{}
	return readIntake(r, MembersIntake, m, o, func(row *intakeRow) MemberRow {
		member := MemberRow{
			Line:         row.Line,
			Organization: row.organization(),
			Email:        row.email(),
			InvitedAt:    row.moment(InvitedColumn),
			JoinedAt:     row.moment(JoinedColumn),
			SuspendedAt:  row.moment(SuspendedColumn),
			DeletedAt:    row.moment(DeletedColumn),
		}
		member.Status = row.status(member)
		if len(row.problems) == 0 {
			row.checkMoments(&member)
			seen.member(row, member)
		}
		member.Problems = row.problems
		return member
	})
}

// ReadUsage yields every row that is not blank, once, the bad ones with their problems. An error, which
// is an *Invalid if the admin can mend it, comes last. An organization has one row a month, because all of its
// seats are on one plan then (docs/billing-rules.md section 2, rule 6).
func ReadUsage(r io.Reader, m ColumnMap, o IntakeOptions) iter.Seq2[UsageRow, error] {
	seen := seenRows{}
	return readIntake(r, UsageIntake, m, o, func(row *intakeRow) UsageRow {
		usage := UsageRow{
			Line:         row.Line,
			Organization: row.organization(),
			Month:        row.month(),
			Seats:        row.seats(),
			Plan:         row.plan(),
		}
		if len(row.problems) == 0 {
			seen.usage(row, usage)
		}
		usage.Problems = row.problems
		return usage
	})
}

func readIntake[R any](r io.Reader, kind IntakeKind, m ColumnMap, o IntakeOptions, read func(*intakeRow) R) iter.Seq2[R, error] {
	return func(yield func(R, error) bool) {
		var none R
		t, err := table.Open(r)
		if err == nil {
			err = m.check(kind, t.Header, o)
		}
		if err != nil {
			yield(none, err)
			return
		}
		spelled := spellings{}
		for row, err := range t.Rows() {
			if err != nil {
				yield(none, err)
				return
			}
			if !yield(read(&intakeRow{Row: row, header: t.Header, columns: m, options: o, spelled: spelled, problems: unreadable(row)}), nil) {
				return
			}
		}
	}
}

func unreadable(row table.Row) []RowProblem {
	if row.Problem == "" {
		return nil
	}
	return []RowProblem{{Line: row.Line, Problem: row.Problem}}
}

// intakeRow is a row while its cells are read. Its methods note what is wrong with them. Of a row that
// the table could not read no cell is looked at.
type intakeRow struct {
	table.Row
	header   []string
	columns  ColumnMap
	options  IntakeOptions
	spelled  spellings
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
func (r *intakeRow) cell(c Column) (string, bool) {
	i, ok := r.columns[c]
	if !ok || r.Row.Problem != "" {
		return "", false
	}
	return r.Cells[i], true
}

func (r *intakeRow) refuse(c Column, format string, args ...any) {
	p := RowProblem{Line: r.Line, Problem: fmt.Sprintf(format, args...)}
	if i, ok := r.columns[c]; ok {
		p.Column = r.header[i]
	}
	r.problems = append(r.problems, p)
}

func (r *intakeRow) organization() string {
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

// email reads an address as the panel takes it.
func (r *intakeRow) email() string {
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

func (r *intakeRow) moment(c Column) time.Time {
	text, ok := r.cell(c)
	if !ok {
		return time.Time{}
	}
	t, problem := table.ParseMoment(text, r.options.Dates[c])
	switch {
	case problem != "":
		r.refuse(c, "%s", problem)
	case t.After(r.options.Now):
		r.refuse(c, "%s is in the future.", table.Excerpt(text))
	}
	return t
}

// statusNames are the words for a status in a few languages, as headerWords writes them. "Inactive" is
// not among them: it could be suspended, which is billed, or deleted, which is not.
var statusNames = map[store.SeatStatus][]string{
	store.SeatActive: {"active", "activated", "enabled", "joined", "accepted", "confirmed", "member",
		"aktiv", "actif", "active e", "activo", "actief"},
	store.SeatSuspended: {"suspended", "disabled", "deactivated", "blocked", "locked", "paused",
		"gesperrt", "deaktiviert", "suspendu", "desactive", "suspendido", "desactivado", "geschorst"},
	store.SeatPending: {"pending", "invited", "invitation sent", "invitation pending", "awaiting",
		"ausstehend", "eingeladen", "en attente", "invite", "pendiente", "invitado", "uitgenodigd"},
	store.SeatDeleted: {"deleted", "removed", "left", "revoked",
		"geloscht", "entfernt", "supprime", "eliminado", "borrado", "verwijderd"},
}

func (r *intakeRow) status(m MemberRow) store.SeatStatus {
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

// checkMoments refuses moments that contradict the status or each other. A stay that begins and ends on
// the same day, with no times given, lasts a second: it is active on that day (docs/billing-rules.md section 2, rule 1).
func (r *intakeRow) checkMoments(m *MemberRow) {
	switch {
	case m.Status != store.SeatDeleted && !m.DeletedAt.IsZero():
		r.refuse(DeletedColumn, "The member is %s, but has the date of a deletion.", m.Status)
	case m.Status == store.SeatPending && !m.JoinedAt.IsZero():
		r.refuse(JoinedColumn, "The member is pending, but has the date of joining.")
	}
	columns := [...]Column{InvitedColumn, JoinedColumn, SuspendedColumn, DeletedColumn}
	last := -1
	moments := [...]time.Time{m.InvitedAt, m.JoinedAt, m.SuspendedAt, m.DeletedAt}
	for i, t := range moments {
		if t.IsZero() {
			continue
		}
		if last >= 0 && isBefore(t, moments[last]) {
			r.refuse(columns[i], "%s is before %s, when the member was %s.", seats.Day(t), seats.Day(moments[last]), columns[last])
		}
		last = i
	}
	m.DeletedAt = notBefore(m.DeletedAt, m.JoinedAt)
}

func midnight(t time.Time) time.Time { return t.UTC().Truncate(24 * time.Hour) }

// isDate says whether t may be a date that was given without a time.
func isDate(t time.Time) bool { return t.Equal(midnight(t)) }

// isBefore compares by the day if one of the two is a date.
func isBefore(a, b time.Time) bool {
	if isDate(a) || isDate(b) {
		return midnight(a).Before(midnight(b))
	}
	return a.Before(b)
}

// notBefore moves a deletion that is given as a date behind the moment of joining on the same day.
func notBefore(deleted, joined time.Time) time.Time {
	if sameDay(deleted, joined) && isDate(deleted) {
		return joined.Add(time.Second)
	}
	return deleted
}

func (r *intakeRow) month() store.Month {
	text, ok := r.cell(MonthColumn)
	if !ok {
		return ""
	}
	m, problem := parseMonth(text, r.options.Dates[MonthColumn])
	now := store.MonthOf(r.options.Now)
	switch {
	case problem != "":
		r.refuse(MonthColumn, "%s", problem)
	case seats.MonthOutside(m, r.options.Now) != "":
		r.refuse(MonthColumn, "%s", seats.MonthOutside(m, r.options.Now))
	case m == now && !r.options.OpenMonth:
		r.refuse(MonthColumn, "%s is not over: its figure is not final.", m)
	}
	return m
}

// parseMonth reads 2026-03, 03/2026, March 2026, 202603, and the first or last day of a month. A day within
// the month is refused: it may be the day of the report, which is not in the month it reports.
func parseMonth(text string, order table.DateOrder) (store.Month, string) {
	if text == "" {
		return "", "The month is missing."
	}
	if m, ok := plainMonth(text); ok {
		return m, ""
	}
	t, problem := table.ParseDay(text, order)
	switch {
	case problem != "" || t.IsZero():
		if _, _, _, isDate := table.OrderedDate(text); isDate {
			return "", problem
		}
		return "", fmt.Sprintf("%s is not a month: write it like 2026-03.", table.Excerpt(text))
	case t.Day() != 1 && t.AddDate(0, 0, 1).Day() != 1:
		return "", fmt.Sprintf("%s is a day within a month: write the month like 2026-03.", table.Excerpt(text))
	}
	return store.MonthOf(t), ""
}

func plainMonth(text string) (store.Month, bool) {
	parts := strings.FieldsFunc(text, func(r rune) bool { return strings.ContainsRune(" -/.,", r) })
	if len(parts) == 1 && len(text) == 6 && table.IsDigits(text) {
		parts = []string{text[:4], text[4:]}
	}
	if len(parts) != 2 {
		return "", false
	}
	year, month := parts[0], parts[1]
	if len(year) != 4 || !table.IsDigits(year) {
		year, month = month, year
	}
	number := table.MonthNamed(month)
	if table.IsDigits(month) && len(month) <= 2 {
		number, _ = strconv.Atoi(month)
	}
	m, err := store.ParseMonth(fmt.Sprintf("%s-%02d", year, number))
	return m, err == nil && strings.HasPrefix(year, "20")
}

func (r *intakeRow) seats() int {
	text, ok := r.cell(SeatsColumn)
	if !ok {
		return 0
	}
	n, err := strconv.Atoi(text)
	switch {
	case text == "":
		r.refuse(SeatsColumn, "The number of seats is missing: write 0 if there are none.")
	case strings.HasPrefix(text, "-"):
		r.refuse(SeatsColumn, "%s is negative: seats are counted from 0.", table.Excerpt(text))
	case !table.IsDigits(text):
		r.refuse(SeatsColumn, "%s is not a whole number in plain digits: write it without separators, decimals and words, like 1000.", table.Excerpt(text))
	case err != nil || n > seats.MostSeats:
		r.refuse(SeatsColumn, "%s are more than 1,000,000 seats.", table.Excerpt(text))
	default:
		return n
	}
	return 0
}

func (r *intakeRow) plan() store.Plan {
	text, ok := r.cell(PlanColumn)
	if !ok {
		return ""
	}
	name := strings.TrimPrefix(headerWords(text), "nordpass ")
	for _, plan := range store.Plans() {
		if name == string(plan) {
			return plan
		}
	}
	r.refuse(PlanColumn, "%s is not a plan: write Business or Enterprise.", table.Excerpt(text))
	return ""
}

// seenRows has the line of every good row of a file.
type seenRows map[rowKey]int

// rowKey is what only one row of a file may have.
type rowKey struct {
	organization string // folded
	what         string // a folded address, or a month
	joined       int64  // of an address: Unix seconds; or present, because a member is there once
}

const present = -1

func (s seenRows) member(r *intakeRow, m MemberRow) {
	organization, email := r.spelled.of(m.Organization).folded, store.FoldEmail(m.Email)
	s.note(r, "The same member is in line %d already.", rowKey{organization: organization, what: email, joined: m.JoinedAt.Unix()})
	if m.Status != store.SeatDeleted && len(r.problems) == 0 {
		s.note(r, "The same member is in line %d already.", rowKey{organization: organization, what: email, joined: present})
	}
}

func (s seenRows) usage(r *intakeRow, u UsageRow) {
	s.note(r, "The same organization and month are in line %d already.", rowKey{organization: r.spelled.of(u.Organization).folded, what: string(u.Month)})
}

func (s seenRows) note(r *intakeRow, problem string, key rowKey) {
	if line, ok := s[key]; ok {
		r.refuse("", problem, line)
		return
	}
	s[key] = r.Line
}

// MemberAction is what an import does to a member.
type MemberAction string

// The actions. CorrectMember changes nothing but moments.
const (
	AddMember        MemberAction = "add"
	JoinMember       MemberAction = "join"
	SuspendMember    MemberAction = "suspend"
	ReactivateMember MemberAction = "reactivate"
	DeleteMember     MemberAction = "delete"
	CorrectMember    MemberAction = "correct"
)

// MemberChange is one seat as it is and as the file says it should be.
type MemberChange struct {
	Action        MemberAction
	Line          int // 0: the member is not in the file
	Before, After store.Seat
}

// MemberDiff is what importing members would do to an organization.
type MemberDiff struct {
	Changes   []MemberChange // ended stays first, so that nobody is a member twice in between; then by line
	Unchanged int            // rows that say what is known
	NotInFile int            // present members that the file does not have and that are left alone
	Problems  []RowProblem   // rows that cannot be reconciled with what is known
}

// DiffOptions is how members are compared.
type DiffOptions struct {
	OrganizationID int64
	Now            time.Time // when a change took effect that the file has no moment of
	// RemoveMissing deletes the members that the file does not have. It is for files without a single
	// bad row: one whose address cannot be read would delete somebody.
	RemoveMissing bool
}

// DiffMembers compares the seats of an organization, deleted ones, too, with the rows of a file about
// it. Once its changes are made the same rows change nothing. Rows with problems change nothing, but their members
// are in the file. A moment that the row does not give stays as it is known, and a date without a time
// agrees with any moment of its day.
func DiffMembers(seats []store.Seat, rows []MemberRow, o DiffOptions) MemberDiff {
	d := differ{options: o}
	members := map[string]*memberFacts{}
	member := func(email string) *memberFacts {
		key := store.FoldEmail(email)
		if members[key] == nil {
			members[key] = &memberFacts{}
		}
		return members[key]
	}
	for _, s := range seats {
		m := member(s.Email)
		m.seats = append(m.seats, s)
	}
	for _, row := range rows {
		m := member(row.Email)
		m.named = true
		if len(row.Problems) == 0 {
			m.rows = append(m.rows, row)
		}
	}
	for _, m := range members {
		d.compare(m)
	}
	slices.SortFunc(d.diff.Changes, func(a, b MemberChange) int {
		return cmp.Or(compareBool(!isPresent(a.After), !isPresent(b.After)), a.Line-b.Line, cmp.Compare(a.Before.ID, b.Before.ID))
	})
	slices.SortFunc(d.diff.Problems, func(a, b RowProblem) int { return a.Line - b.Line })
	return d.diff
}

// memberFacts is all that is known and said of one address.
type memberFacts struct {
	seats []store.Seat
	rows  []MemberRow // the good ones
	named bool        // in the file, be it in a bad row
}

type differ struct {
	options DiffOptions
	diff    MemberDiff
}

func (d *differ) compare(m *memberFacts) {
	if !m.named {
		for _, s := range m.seats {
			if isPresent(s) {
				d.missing(s)
			}
		}
		return
	}
	met := m.meet()
	for i, row := range m.rows {
		if met[i] < 0 {
			d.compareStay(store.Seat{OrganizationID: d.options.OrganizationID, Email: row.Email}, row)
		} else {
			d.compareStay(m.seats[met[i]], row)
		}
	}
}

// compareStay compares a seat, which has no id if it is not known yet, with what the row says of it.
func (d *differ) compareStay(before store.Seat, row MemberRow) {
	after, problem := d.after(before, row)
	switch {
	case problem != "":
		d.diff.Problems = append(d.diff.Problems, RowProblem{Line: row.Line, Problem: problem})
	case before.ID == 0:
		d.change(MemberChange{AddMember, row.Line, store.Seat{}, after})
	case after == before:
		d.diff.Unchanged++
	default:
		d.change(MemberChange{actionBetween(before.Status(), after.Status()), row.Line, before, after})
	}
}

func (d *differ) change(c MemberChange) { d.diff.Changes = append(d.diff.Changes, c) }

func (d *differ) missing(s store.Seat) {
	if !d.options.RemoveMissing {
		d.diff.NotInFile++
		return
	}
	after := s
	after.DeletedAt = seats.Later(d.options.Now, s.JoinedAt)
	d.change(MemberChange{Action: DeleteMember, Before: s, After: after})
}

func actionBetween(before, after store.SeatStatus) MemberAction {
	switch {
	case before == after:
		return CorrectMember
	case after == store.SeatDeleted:
		return DeleteMember
	case after == store.SeatSuspended:
		return SuspendMember
	case before == store.SeatSuspended:
		return ReactivateMember
	}
	return JoinMember
}

// meet finds the seat that each row is about, -1 where none is known. The surest signs come first, for
// all rows: a stay that is over is not taken for the one that followed it.
func (m *memberFacts) meet() []int {
	slices.SortFunc(m.seats, func(a, b store.Seat) int { // the present one, then the others, the last one first
		return cmp.Or(compareBool(isPresent(a), isPresent(b)), b.DeletedAt.Compare(a.DeletedAt), cmp.Compare(b.ID, a.ID))
	})
	met := slices.Repeat([]int{-1}, len(m.rows))
	joined := func(row MemberRow, s store.Seat) bool {
		return isOver(row) && sameDay(s.JoinedAt, row.JoinedAt) && (!isPresent(s) || m.endedBefore(row))
	}
	deleted := func(row MemberRow, s store.Seat) bool { return isOver(row) && sameDay(s.DeletedAt, row.DeletedAt) }
	there := func(row MemberRow, s store.Seat) bool { return !isOver(row) && isPresent(s) }
	for _, sign := range []func(MemberRow, store.Seat) bool{
		func(row MemberRow, s store.Seat) bool { return joined(row, s) && s.JoinedAt.Equal(row.JoinedAt) },
		func(row MemberRow, s store.Seat) bool { return joined(row, s) && deleted(row, s) },
		joined,
		deleted,
		func(row MemberRow, s store.Seat) bool { return there(row, s) && sameDay(s.JoinedAt, row.JoinedAt) },
		func(row MemberRow, s store.Seat) bool {
			return isOver(row) && isPresent(s) && overlap(s, row) && m.endedBefore(row)
		},
		there,
		func(row MemberRow, s store.Seat) bool { return isOver(row) && !isPresent(s) && overlap(s, row) },
	} {
		for i, row := range m.rows {
			if met[i] < 0 {
				met[i] = slices.IndexFunc(m.seats, func(s store.Seat) bool {
					return sign(row, s) && !slices.ContainsFunc(met, func(j int) bool { return j >= 0 && m.seats[j].ID == s.ID })
				})
			}
		}
	}
	return met
}

// endedBefore says whether the stay of the row was over before the one began in which, by the file, the
// member is there; if there is none, it was.
func (m *memberFacts) endedBefore(over MemberRow) bool {
	return !slices.ContainsFunc(m.rows, func(row MemberRow) bool {
		return !isOver(row) && (over.DeletedAt.IsZero() || row.JoinedAt.Before(over.DeletedAt))
	})
}

func isOver(row MemberRow) bool { return row.Status == store.SeatDeleted }

func isPresent(s store.Seat) bool { return s.DeletedAt.IsZero() }

func sameDay(a, b time.Time) bool {
	return !a.IsZero() && !b.IsZero() && midnight(a).Equal(midnight(b))
}

// overlap says whether the seat and the stay of the row can be the same: neither ended before the other began.
func overlap(s store.Seat, row MemberRow) bool {
	ended := func(end, begin time.Time) bool {
		return !end.IsZero() && !begin.IsZero() && !notBefore(end, begin).After(begin)
	}
	return !ended(row.DeletedAt, s.JoinedAt) && !ended(s.DeletedAt, row.JoinedAt)
}

// after is the seat as the row says it should be, or the problem with that.
func (d *differ) after(s store.Seat, row MemberRow) (store.Seat, string) {
	wasMember, now := !s.JoinedAt.IsZero(), d.options.Now
	s.InvitedAt = corrected(s.InvitedAt, row.InvitedAt)
	s.JoinedAt = corrected(s.JoinedAt, row.JoinedAt)
	switch row.Status {
	case store.SeatPending:
		if wasMember {
			return s, "The file says pending, but this is a member already. If the member was deleted and invited again, delete the member first."
		}
		s.InvitedAt = orElse(s.InvitedAt, now)
	case store.SeatActive:
		s.JoinedAt, s.SuspendedAt = orElse(s.JoinedAt, now), time.Time{}
	case store.SeatSuspended: // a member at the latest when suspended
		s.SuspendedAt = orElse(corrected(s.SuspendedAt, row.SuspendedAt), now)
		s.JoinedAt = orElse(s.JoinedAt, s.SuspendedAt)
	case store.SeatDeleted:
		return d.deleted(s, row)
	}
	return s, ""
}

func (d *differ) deleted(s store.Seat, row MemberRow) (store.Seat, string) {
	known := s.ID != 0 // what a row adds has none yet
	switch {
	case !known && s.JoinedAt.IsZero() && s.InvitedAt.IsZero():
		return s, "The file says deleted, but this member was never here, and there is no date of joining: nothing can be recorded."
	case !known && row.DeletedAt.IsZero():
		return s, "The file says deleted, but this member was never here, and there is no date of the deletion: nothing can be recorded."
	}
	s.SuspendedAt = corrected(s.SuspendedAt, row.SuspendedAt)
	s.DeletedAt = corrected(s.DeletedAt, row.DeletedAt)
	if s.DeletedAt.IsZero() {
		s.DeletedAt = seats.Later(d.options.Now, s.JoinedAt)
	}
	s.DeletedAt = notBefore(s.DeletedAt, s.JoinedAt)
	if s.DeletedAt.Before(s.JoinedAt) {
		return s, fmt.Sprintf("Deleted on %s, but a member only since %s.", seats.Day(s.DeletedAt), seats.Day(s.JoinedAt))
	}
	return s, ""
}

// corrected is the moment that the file gives, unless that is just the day of the one that is known.
func corrected(known, given time.Time) time.Time {
	if given.IsZero() || given.Equal(known) || (sameDay(known, given) && isDate(given)) {
		return known
	}
	return given
}

func orElse(t, other time.Time) time.Time {
	if t.IsZero() {
		return other
	}
	return t
}
