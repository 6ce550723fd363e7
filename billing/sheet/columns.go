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

// The columns about the life of organizations: when they began, and what holds from when on.
const (
	SinceColumn        Column = "since" // from when on plan, license and management of the row hold
	LicenseColumn      Column = "license"
	ManagedColumn      Column = "managed"
	StartColumn        Column = "start"
	TrialStartColumn   Column = "trial_starts"
	TrialEndsColumn    Column = "trial_ends"
	ManagedFromColumn  Column = "managed_from"
	ManagedUntilColumn Column = "managed_until"
)

// lifeColumns are those about organizations that every kind of table may have beside its own.
var lifeColumns = []Column{
	LicenseColumn, ManagedColumn, StartColumn, TrialStartColumn, TrialEndsColumn, ManagedFromColumn, ManagedUntilColumn,
}

// OfLife says whether a column of this kind of table is about the lives of organizations.
func (k Kind) OfLife(c Column) bool {
	return c == SinceColumn || c == PlanColumn && k != Usage || slices.Contains(lifeColumns, c)
}

// IsDate says whether a column has days or instants.
func (c Column) IsDate() bool {
	return slices.Contains([]Column{
		InvitedColumn, JoinedColumn, SuspendedColumn, DeletedColumn, MonthColumn, SinceColumn, StartColumn, TrialStartColumn,
		TrialEndsColumn, ManagedFromColumn, ManagedUntilColumn,
	}, c)
}

// Columns lists the columns that a table of this kind may have.
func (k Kind) Columns() []Column {
	switch k {
	case Usage:
		return slices.Concat([]Column{OrganizationColumn, ExternalIDColumn, MonthColumn, SeatsColumn, PlanColumn}, lifeColumns)
	case Organizations:
		return slices.Concat([]Column{OrganizationColumn, ExternalIDColumn, SinceColumn, PlanColumn}, lifeColumns)
	}
	return slices.Concat([]Column{
		OrganizationColumn, ExternalIDColumn, EmailColumn, StatusColumn, InvitedColumn, JoinedColumn, SuspendedColumn, DeletedColumn,
		PlanColumn,
	}, lifeColumns)
}

// Required lists the columns that a table of this kind must have.
func (k Kind) Required() []Column {
	switch k {
	case Usage:
		return []Column{OrganizationColumn, MonthColumn, SeatsColumn}
	case Organizations:
		return []Column{OrganizationColumn}
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
	LicenseColumn: {"license type", "licence type", "type of license", "type of licence", "lizenztyp", "lizenzart", "art der lizenz",
		"type de licence", "tipo de licencia", "licentietype"},
	ManagedColumn: {"msp managed", "managed by msp", "managed by us", "managed", "msp verwaltet", "von uns verwaltet", "vom msp verwaltet",
		"verwaltet", "gere par le msp", "gere", "gestionado por el msp", "gestionado", "beheerd door msp", "beheerd"},
	StartColumn: {"organization start", "organisation start", "organization start date", "organization since", "organization created",
		"customer since", "customer start", "customer start date", "client since", "client start", "company since", "tenant created",
		"contract start", "contract start date", "onboarded", "onboarded on", "onboarding date",
		"kunde seit", "kundin seit", "organisation seit", "mandant seit", "vertragsbeginn", "client depuis", "societe depuis",
		"debut du contrat", "cliente desde", "inicio del contrato", "klant sinds", "begin contract", "contract begin"},
	TrialStartColumn: {"trial start", "trial starts", "trial started", "trial start date", "trial began", "trial from", "start of trial",
		"start of the trial", "trial since", "testbeginn", "teststart", "test seit", "test ab", "beginn der testphase", "testphase ab",
		"debut de l essai", "essai depuis", "inicio de la prueba", "prueba desde", "start proefperiode", "proef vanaf"},
	TrialEndsColumn: {"trial ends", "trial end", "trial ended", "trial end date", "end of trial", "end of the trial", "trial ends on",
		"trial expires", "trial expires on", "trial expiry", "trial expiration", "trial expiration date",
		"testende", "test endet", "test endet am", "ende der testphase", "testphase endet", "testphase endet am",
		"fin de l essai", "fin de la prueba", "fin de prueba", "einde proefperiode", "einde proef"},
	ManagedFromColumn: {"msp managed from", "managed from", "msp managed since", "managed since", "msp from", "msp since",
		"verwaltet seit", "verwaltet ab", "verwaltet von", "msp seit", "msp ab", "betreut seit", "gere depuis", "gestionado desde",
		"beheerd sinds", "beheerd vanaf"},
	ManagedUntilColumn: {"msp managed until", "managed until", "msp managed to", "managed to", "msp until",
		"verwaltet bis", "msp bis", "betreut bis", "gere jusqu au", "gere jusqu a", "gestionado hasta", "beheerd tot en met"},
}

// organizationNames are what headers of a list of organizations call a column besides, where in other tables they name something of a
// member or of a month.
var organizationNames = map[Column][]string{
	OrganizationColumn: {"name", "nom", "nombre", "naam"},
	SinceColumn: {"since", "valid from", "effective", "effective date", "effective from", "in effect from", "in force from", "as of", "from",
		"change date", "changed on", "date of change",
		"seit", "ab", "gultig ab", "gultig seit", "gilt ab", "wirksam ab", "depuis", "a partir de", "a partir du", "a compter du",
		"desde", "vigente desde", "valido desde", "vanaf", "sinds", "geldig vanaf", "ingangsdatum"},
	LicenseColumn: {"license", "licence", "lizenz", "licencia", "licentie"},
	StartColumn: {"start", "start date", "started", "started on", "begin", "began", "beginn", "startdatum", "begindatum", "created",
		"created at", "created on", "date created", "angelegt", "angelegt am", "erstellt am", "debut", "date de debut", "cree le", "inicio",
		"fecha de inicio", "alta", "fecha de alta", "aangemaakt", "aangemaakt op"},
}

// names are what headers of this kind of table call a column.
func (k Kind) names(c Column) []string {
	if k == Organizations {
		return slices.Concat(columnNames[c], organizationNames[c])
	}
	return columnNames[c]
}

// ColumnMap says which column of the table, the first being 0, feeds which field.
type ColumnMap map[Column]int

// GuessColumns recognises columns by their names in a few languages. What it does not recognise is not in the map. values
// are of each column the first different ones, or nil where nobody looked: a column whose name may mean something else, such as
// a state of the United States, is not taken for a status unless it has some.
func GuessColumns(header []string, kind Kind, values [][]string) ColumnMap {
	m := ColumnMap{}
	guess := guess{ColumnMap: m, kind: kind, header: header, values: values, words: namesOf(header)}
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
	kind   Kind
	header []string
	values [][]string
	words  []columnName
}

func (g guess) column(c Column, like func(header, name string) bool) {
	for _, name := range g.kind.names(c) {
		for i, w := range g.words {
			if !g.Feeds(i) && (like(w.plain, name) || like(w.parted, name)) && g.mayBe(c, i) {
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
	return n.among(columnNames[c])
}

func (n columnName) among(names []string) bool {
	return n.plain != "" && (slices.Contains(names, n.plain) || slices.Contains(names, n.parted))
}

// mayBe says whether the values of a column fit what its name says, where that may also mean something else: a plan, a license type
// and the management of organizations in a table that is about other things.
func (g guess) mayBe(c Column, i int) bool {
	switch {
	case c == StatusColumn:
		return g.mayBeStatus(i)
	case c == LicenseColumn && g.kind == Usage && IsOwnExport(g.header): // it is that of the month
		return false
	case g.values == nil || g.kind == Organizations:
		return true
	case c == PlanColumn && g.kind == Members:
		return slices.ContainsFunc(g.values[i], func(v string) bool { return planNamed(headerWords(v)) != "" })
	case c == LicenseColumn:
		return slices.ContainsFunc(g.values[i], func(v string) bool { return licenseNamed(headerWords(v)) != "" })
	case c == ManagedColumn:
		return slices.ContainsFunc(g.values[i], func(v string) bool { return answerNamed(headerWords(v)) != "" })
	}
	return true
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
		if slices.ContainsFunc(names, func(n columnName) bool { return n.among(k.names(c)) }) {
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
