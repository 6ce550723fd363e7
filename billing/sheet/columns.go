package sheet

import (
	"fmt"
	"slices"
	"strings"
	"unicode"

	"seatbridge/billing/problem"
	"seatbridge/billing/table"
	"seatbridge/store"
)

// Column is a field that a column of an uploaded table may feed.
type Column string

// The columns of both kinds. Organizations are given by name or external id, or by both, each in its own column.
const (
	OrganizationColumn Column = "organization"
	ExternalIDColumn   Column = "external_id"
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
func (k Kind) Columns() []Column {
	if k == Usage {
		return []Column{OrganizationColumn, ExternalIDColumn, MonthColumn, SeatsColumn, PlanColumn}
	}
	return []Column{
		OrganizationColumn, ExternalIDColumn, EmailColumn, StatusColumn, InvitedColumn, JoinedColumn, SuspendedColumn, DeletedColumn,
	}
}

// Required lists the columns that a table of this kind must have.
func (k Kind) Required() []Column {
	if k == Usage {
		return []Column{OrganizationColumn, MonthColumn, SeatsColumn}
	}
	return []Column{OrganizationColumn, EmailColumn}
}

// columnNames are what headers call a column, as headerWords writes them, the likeliest first.
var columnNames = map[Column][]string{
	OrganizationColumn: {"organization", "organisation", "organization name", "organisation name", "company", "company name",
		"customer", "customer name", "client", "client name", "tenant", "tenant name", "account", "account name", "org", "org name",
		"firma", "firmenname", "kunde", "kundenname", "unternehmen", "mandant", "name der organisation",
		"societe", "nom de la societe", "entreprise", "organisme", "nom du client",
		"empresa", "organizacion", "cliente", "nombre del cliente", "razon social",
		"organisatie", "organisatienaam", "bedrijf", "bedrijfsnaam", "klant", "klantnaam"},
	ExternalIDColumn: {"external id", "organization id", "organisation id", "customer id", "company id", "tenant id",
		"client id", "account id",
		"kundennummer", "kunden nr", "kundennr", "mandantennummer", "numero client", "id client", "id cliente", "klantnummer"},
	EmailColumn: {"email", "e mail", "email address", "e mail address", "mail", "user email", "member email", "primary email",
		"work email",
		"user", "member", "username", "user name", "login", "sign in name",
		"user principal name", "userprincipalname", "upn", "e mail adresse", "mailadresse", "emailadresse", "benutzer",
		"benutzername", "mitglied",
		"adresse e mail", "adresse mail", "adresse electronique", "courriel", "utilisateur",
		"correo", "correo electronico", "usuario", "e mailadres", "gebruiker", "gebruikersnaam"},
	StatusColumn: {"status", "state", "member status", "user status", "account status", "seat status", "zustand", "mitgliedsstatus",
		"statut", "etat", "estado", "toestand"},
	InvitedColumn: {"invited", "invited at", "invited on", "invitation date", "invite date", "date invited", "invitation sent",
		"invite sent",
		"eingeladen", "eingeladen am", "einladung", "einladungsdatum", "date d invitation", "invite le", "invitado", "fecha de invitacion",
		"uitgenodigd", "uitgenodigd op"},
	JoinedColumn: {"joined", "joined at", "joined on", "join date", "date joined", "member since", "active since", "active from",
		"activated", "activated at", "activation date", "added", "added on", "date added", "created", "created at", "created on",
		"when created",
		"start", "start date", "hire date",
		"beigetreten", "beigetreten am", "beitritt", "beitrittsdatum", "mitglied seit", "aktiv seit", "aktiviert am", "eintritt",
		"eintrittsdatum",
		"beginn", "von", "date d adhesion", "membre depuis", "date d entree", "arrivee", "debut", "date de debut",
		"alta", "fecha de alta", "inicio", "fecha de inicio", "lid sinds", "toegevoegd", "toegevoegd op", "in dienst",
		"begindatum", "startdatum"},
	SuspendedColumn: {"suspended", "suspended at", "suspended on", "suspension date", "suspended since", "disabled at",
		"disabled on", "blocked on",
		"gesperrt", "gesperrt am", "deaktiviert am", "suspendu le", "date de suspension", "suspendido", "fecha de suspension",
		"geschorst", "geschorst op", "geblokkeerd op"},
	DeletedColumn: {"deleted", "deleted at", "deleted on", "deletion date", "date deleted", "removed", "removed at",
		"removed on", "date removed",
		"left", "left at", "left on", "leave date", "leaving date", "termination date", "last day", "offboarded", "offboarding date",
		"active until", "end", "end date", "until",
		"geloscht", "geloscht am", "loschdatum", "entfernt", "entfernt am", "austritt", "austrittsdatum", "ausgetreten", "ausgetreten am",
		"ende", "enddatum", "bis", "supprime", "supprime le", "date de suppression", "date de sortie", "date de depart", "depart", "sortie",
		"fin", "date de fin", "baja", "fecha de baja", "eliminado", "eliminado el", "fecha de eliminacion", "fecha de fin",
		"verwijderd", "verwijderd op", "uit dienst", "einddatum", "einde", "vertrokken"},
	MonthColumn: {"month", "billing month", "usage month", "period", "billing period", "usage period", "month of usage",
		"reporting month", "service month",
		"monat", "abrechnungsmonat", "abrechnungszeitraum", "leistungsmonat", "zeitraum", "mois", "mois de facturation", "periode",
		"mes", "mes de facturacion", "periodo", "maand", "factuurmaand"},
	SeatsColumn: {"seats", "billable seats", "used seats", "active seats", "seat count", "licenses", "licences",
		"used licenses", "used licences",
		"billable licenses", "billable licences", "license count", "licence count", "consumed licenses", "consumed licences",
		"assigned licenses",
		"consumed units", "quantity", "qty", "users", "active users", "user count", "billable users", "members", "member count",
		"count", "units", "usage",
		"platze", "lizenzen", "genutzte lizenzen", "benutzer anzahl", "anzahl", "anzahl lizenzen", "menge", "nutzer",
		"licences utilisees", "nombre de licences", "quantite", "utilisateurs", "sieges",
		"licencias", "licencias usadas", "cantidad", "usuarios", "licenties", "aantal", "aantal licenties", "gebruikers"},
	PlanColumn: {"plan", "plan billed", "product", "product name", "tier", "edition", "subscription", "sku", "license plan",
		"tarif", "produkt", "produktname",
		"produit", "offre", "producto", "suscripcion", "abonnement"},
}

// ColumnMap says which column of the table, the first being 0, feeds which field.
type ColumnMap map[Column]int

// GuessColumns recognises columns by their names in a few languages. What it does not recognise is not in the map. values
// are of each column the first different ones, or nil where nobody looked: a column whose name may mean something else, such as
// a state of the United States, is not taken for a status unless it has some.
func GuessColumns(header []string, kind Kind, values [][]string) ColumnMap {
	m := ColumnMap{}
	guess := guess{ColumnMap: m, header: header, values: values, words: namesOf(header)}
	for _, like := range []func(header, name string) bool{
		func(header, name string) bool { return header == name },
		func(header, name string) bool {
			return strings.HasPrefix(header, name+" ") || strings.HasSuffix(header, " "+name)
		},
	} {
		for _, c := range kind.Columns() {
			if _, ok := m[c]; !ok {
				guess.column(c, like)
			}
		}
	}
	if i, ok := m[ExternalIDColumn]; ok && !m.Has(OrganizationColumn) {
		m[OrganizationColumn] = i
		delete(m, ExternalIDColumn)
	}
	if kind == Usage && isCross(header) {
		return guessCross(m, header)
	}
	return m
}

// guess is a map of columns while they are guessed.
type guess struct {
	ColumnMap
	header []string
	values [][]string
	words  []columnName
}

func (g guess) column(c Column, like func(header, name string) bool) {
	for _, name := range columnNames[c] {
		for i, w := range g.words {
			if !g.Feeds(i) && (like(w.plain, name) || like(w.parted, name)) && (c != StatusColumn || g.mayBeStatus(i)) {
				g.ColumnMap[c] = i
				return
			}
		}
	}
}

// columnName is the name of a column as headerWords writes it, by its spaces and punctuation and by its capitals.
type columnName struct{ plain, parted string }

// longestName is how long the name of a column may be, in bytes, that is looked at: what is longer is a text.
const longestName = 200

func nameOf(heading string) columnName {
	if len(heading) > longestName {
		return columnName{}
	}
	return columnName{headerWords(heading), headerWords(parted(heading))}
}

func namesOf(header []string) []columnName {
	names := make([]columnName, len(header))
	for i, h := range header {
		names[i] = nameOf(h)
	}
	return names
}

// is says whether it is one of the names of a field.
func (n columnName) is(c Column) bool {
	return n.plain != "" && (slices.Contains(columnNames[c], n.plain) || slices.Contains(columnNames[c], n.parted))
}

// mayBeStatus says whether a column that is called like one may be a status: also without one value that is known, where its
// name says nothing else, so that the values are refused by line and nobody is taken for active.
func (g guess) mayBeStatus(i int) bool {
	if g.values == nil || strings.Contains(headerWords(g.header[i]), "status") || headerWords(g.header[i]) == "statut" {
		return true
	}
	return slices.ContainsFunc(g.values[i], isStatusWord)
}

func isStatusWord(value string) bool {
	plain := headerWords(value)
	for _, names := range statusNames {
		if slices.Contains(names, plain) {
			return true
		}
	}
	return slices.Contains(unclearStatuses, plain)
}

// NotAStatus is the column that is called like a status but has other values, such as states of a country; "" is none.
func NotAStatus(header []string, values [][]string) string {
	g := guess{header: header, values: values}
	for i, h := range header {
		if slices.Contains(columnNames[StatusColumn], headerWords(h)) && !g.mayBeStatus(i) {
			return h
		}
	}
	return ""
}

// Headers tell a row that names the columns of a table of this kind, the surer ones first.
func (k Kind) Headers() []table.Names {
	if k == Usage {
		return []table.Names{k.Names, NamesMonths}
	}
	return []table.Names{k.Names}
}

// Names says whether the cells of a row name columns of a table of this kind.
func (k Kind) Names(cells []string) bool {
	known, names := 0, namesOf(cells)
	for _, c := range k.Columns() {
		if slices.ContainsFunc(names, func(n columnName) bool { return n.is(c) }) {
			known++
		}
	}
	return known >= 2
}

// The headings by which an export of usage of ours is known (handlers), and the one that says whether a figure is known.
const stateHeader = "State"

var ownHeadings = []string{"Month", "Organization", "Billable seats", stateHeader, "Source", "Seat ledger"}

// IsOwnExport says whether a table is an export of our own: what it says is what Seatbridge said, unless somebody changed it.
func IsOwnExport(header []string) bool {
	return !slices.ContainsFunc(ownHeadings, func(h string) bool { return !slices.Contains(header, h) })
}

// IsExplanation says whether a table is our own export of the seats of a month, which explains a figure and is no list of
// members: it has neither invitations nor suspensions.
func IsExplanation(header []string) bool {
	return slices.Contains(header, "Member") && slices.Contains(header, "Counted") && slices.Contains(header, "Why")
}

// Has says whether a column of the file feeds a field.
func (m ColumnMap) Has(c Column) bool {
	_, ok := m[c]
	return ok
}

// Feeds says whether a column of the file feeds some field.
func (m ColumnMap) Feeds(column int) bool {
	for _, i := range m {
		if i == column {
			return true
		}
	}
	return false
}

// parted is a header whose words are told by capitals alone: WhenCreated.
func parted(header string) string {
	var words []rune
	last := ' '
	for _, r := range header {
		if unicode.IsUpper(r) && unicode.IsLower(last) {
			words = append(words, ' ')
		}
		words, last = append(words, r), r
	}
	return string(words)
}

// headerWords is a header without case, accents and punctuation.
func headerWords(header string) string {
	return strings.Join(strings.FieldsFunc(store.Fold(header), func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) }), " ")
}

// Check is an *Invalid by the column's names unless every required column is there once. Where the columns are months, none says
// the month or the seats.
func (m ColumnMap) Check(kind Kind, header []string, o Options) error {
	problems := map[string]string{}
	cross := m.Cross(kind, header)
	for _, c := range kind.Required() {
		said := c == OrganizationColumn && o.Organization != "" || c != OrganizationColumn && cross != nil
		if !m.Has(c) && !said {
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
