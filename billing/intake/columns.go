package intake

import (
	"fmt"
	"strings"
	"unicode"

	"seatbridge/billing/problem"
	"seatbridge/billing/table"
	"seatbridge/store"
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
func (k Kind) Columns() []Column {
	if k == Usage {
		return []Column{OrganizationColumn, MonthColumn, SeatsColumn, PlanColumn}
	}
	return []Column{OrganizationColumn, EmailColumn, StatusColumn, InvitedColumn, JoinedColumn, SuspendedColumn, DeletedColumn}
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
		"customer", "customer name", "client", "client name", "tenant", "account",
		"external id", "organization id", "organisation id", "customer id", "company id", "org",
		"firma", "kunde", "unternehmen", "mandant", "societe", "entreprise", "empresa", "organizacion", "cliente",
		"organisatie", "bedrijf", "klant"},
	EmailColumn: {"email", "e mail", "email address", "e mail address", "mail", "user email", "member email",
		"user", "member", "username", "login",
		"user principal name", "upn", "e mail adresse", "adresse e mail", "courriel", "correo", "correo electronico", "e mailadres"},
	StatusColumn: {"status", "state", "member status", "user status", "zustand", "statut", "etat", "estado"},
	InvitedColumn: {"invited", "invited at", "invited on", "invitation date", "invite date", "date invited", "invitation sent",
		"eingeladen", "eingeladen am", "date d invitation", "invitado", "fecha de invitacion", "uitgenodigd"},
	JoinedColumn: {"joined", "joined at", "joined on", "join date", "date joined", "member since", "active since", "active from",
		"activated", "activated at", "added", "added on", "start", "start date",
		"beigetreten", "beitritt", "mitglied seit", "aktiv seit", "date d adhesion", "membre depuis",
		"alta", "fecha de alta", "lid sinds"},
	SuspendedColumn: {"suspended", "suspended at", "suspended on", "suspension date", "suspended since", "disabled at",
		"gesperrt", "gesperrt am", "suspendu le", "suspendido", "geschorst"},
	DeletedColumn: {"deleted", "deleted at", "deleted on", "deletion date", "removed", "removed at", "removed on",
		"left", "left at", "left on", "active until", "end", "end date",
		"geloscht", "geloscht am", "entfernt", "supprime le", "baja", "fecha de baja", "verwijderd"},
	MonthColumn: {"month", "billing month", "usage month", "period", "billing period",
		"monat", "abrechnungsmonat", "mois", "periode", "mes", "periodo", "maand"},
	SeatsColumn: {"seats", "billable seats", "used seats", "active seats", "seat count", "licenses", "licences", "used licenses",
		"license count", "licence count", "consumed licenses", "quantity", "qty", "users", "members", "count",
		"platze", "lizenzen", "anzahl", "menge", "licences utilisees", "quantite", "licencias", "cantidad",
		"licenties", "aantal"},
	PlanColumn: {"plan", "product", "product name", "tier", "edition", "subscription", "tarif", "produkt", "produit", "producto"},
}

// ColumnMap says which column of the table, the first being 0, feeds which field.
type ColumnMap map[Column]int

// GuessColumns recognises columns by their names in a few languages. What it does not recognise is not in the map.
func GuessColumns(header []string, kind Kind) ColumnMap {
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
func (m ColumnMap) check(kind Kind, header []string, o Options) error {
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
