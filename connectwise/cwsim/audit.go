package cwsim

import (
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"time"

	"github.com/shopspring/decimal"
)

// Kinds of record whose history is kept, as the definition names them.
const (
	auditAddition  = "AgreementAddition"
	auditAgreement = "Agreement"
	auditCompany   = "Company"
	auditProduct   = "ProductCatalog"
	auditInvoice   = "Invoice"
)

// trail is the instance's audit trail: who changed which record, and how.
type trail struct {
	entries []auditEntry
}

// auditEntry is a line of the trail. under is the agreement of an addition.
type auditEntry struct {
	kind      string
	id, under int
	by        stamp
	subType   string // Create, Update, Delete
	text      string
}

// note adds an entry about a record.
func (t *trail) note(kind string, record any, by stamp, subType, text string) {
	id, under := identity(record)
	t.entries = append(t.entries, auditEntry{kind, id, under, by, subType, text})
}

func identity(record any) (id, under int) {
	switch r := record.(type) {
	case *Addition:
		return r.ID, r.AgreementID
	case *Agreement:
		return r.ID, 0
	case *Company:
		return r.ID, 0
	case *CatalogItem:
		return r.ID, 0
	case *Invoice:
		return r.ID, 0
	}
	return 0, 0
}

// changed adds an entry for each field in which a record that has a history differs.
func (t *trail) changed(v *view, before, after any, by stamp) {
	kind, differences := differencesOf(v, before, after)
	for _, difference := range differences {
		t.note(kind, after, by, "Update", difference)
	}
}

func differencesOf(v *view, before, after any) (kind string, differences []string) {
	switch now := after.(type) {
	case *Addition:
		return auditAddition, additions.differences(v, before.(*Addition), now)
	case *Agreement:
		return auditAgreement, agreements.differences(v, before.(*Agreement), now)
	case *Company:
		return auditCompany, companies.differences(v, before.(*Company), now)
	case *CatalogItem:
		return auditProduct, catalogItems.differences(v, before.(*CatalogItem), now)
	}
	return "", nil
}

// differences are sentences about the fields that people can change.
func (r *resource[T]) differences(v *view, before, after *T) []string {
	var sentences []string
	for i := range r.fields {
		f := &r.fields[i]
		if f.set == nil {
			continue
		}
		from, to := auditText(f.get(v, before)), auditText(f.get(v, after))
		if from != to {
			sentences = append(sentences, fmt.Sprintf("The %s was changed from %q to %q.", f.name, from, to))
		}
	}
	return sentences
}

// auditText is a value as the trail shows it; its form is not established (docs/connectwise.md section 10).
func auditText(value any) string {
	switch v := value.(type) {
	case nil:
		return ""
	case decimal.Decimal:
		return v.String()
	case time.Time:
		return v.Format(time.DateOnly)
	case object:
		return fmt.Sprint(v.lookup("id"))
	}
	return fmt.Sprint(value)
}

// auditTrail is GET /system/audittrail?type=…&id=…, with pages by number only.
func auditTrail(s *Sim, x *exchange) answer {
	values := x.request.URL.Query()
	kind := values.Get("type")
	id, err := strconv.Atoi(values.Get("id"))
	switch {
	case s.assumptions.AuditTrailRefused:
		return notPermitted()
	case err != nil || !slices.Contains([]string{auditAddition, auditAgreement, auditCompany, auditProduct, auditInvoice}, kind):
		return *refused("the type or the id is not valid")
	}
	var rows []any
	for _, e := range s.trail.entries {
		if e.keptUnder(kind, id, s.assumptions.AuditUnderAgreement) {
			rows = append(rows, e.shown())
		}
	}
	q := query{size: defaultPageSize, page: 1}
	if bad := q.parsePage(x, values); bad != nil {
		return *bad
	}
	first := min(len(rows), (q.page-1)*q.size)
	return jsonAnswer(http.StatusOK, rows[first:min(len(rows), first+q.size)])
}

func (e auditEntry) keptUnder(kind string, id int, additionsUnderAgreement bool) bool {
	if e.kind == auditAddition && additionsUnderAgreement {
		return kind == auditAgreement && id == e.under
	}
	return kind == e.kind && id == e.id
}

// source is where the change was made.
func (e auditEntry) source() string {
	if e.by.by == apiMember {
		return "API"
	}
	return "User interface"
}

func (e auditEntry) shown() object {
	return object{
		{"text", e.text}, {"enteredDate", e.by.at}, {"enteredBy", e.by.by}, {"auditType", e.kind}, {"auditSubType", e.subType},
		{"auditSource", e.source()}, extra,
	}
}
