package survey_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"seatbridge/billing/billingtest"
	"seatbridge/billing/plan"
	"seatbridge/billing/plan/plantest"
	"seatbridge/billing/problem"
	"seatbridge/billing/survey"
	"seatbridge/connectwise"
	"seatbridge/connectwise/cwsim"
	"seatbridge/internal/moment"
	"seatbridge/store"
)

// world is the world of these tests: Seatbridge's client and an agreement of Acme.
type world struct {
	*billingtest.World
	client *connectwise.Client
	acme   cwsim.Agreement
}

func newWorld(t *testing.T) *world {
	t.Helper()
	w := &world{World: billingtest.New(t)}
	client, err := w.Connection.Client(t.Context())
	w.Must(err)
	w.client, w.acme = client, w.Company("Acme")
	return w
}

func (w *world) line(agreementID int, quantity string) cwsim.Addition {
	return w.Sim.AddAddition(cwsim.Addition{AgreementID: agreementID, ProductID: w.Business.ID, Quantity: plantest.Quantity(quantity)})
}

// agreement is Acme's as the client has it.
func (w *world) agreement(id int) connectwise.Agreement {
	w.T.Helper()
	a, err := w.client.Agreement(w.T.Context(), id)
	w.Must(err)
	return a
}

func (w *world) today() connectwise.Date { return connectwise.DateOf(w.Time()) }

// broken is a call that fails for good.
func broken(path string, after int) cwsim.Fault {
	return cwsim.Fault{Kind: cwsim.Forbidden, Method: "GET", Path: path, After: after}
}

// wantErr wants an error that says what was being read.
func wantErr(t *testing.T, err error, says string) {
	t.Helper()
	if err == nil || !strings.HasPrefix(err.Error(), says) {
		t.Errorf("got the error %v, want %q", err, says)
	}
}

func ids(additions []connectwise.Addition) []int {
	var all []int
	for _, a := range additions {
		all = append(all, a.ID)
	}
	return all
}

// wantAsked wants lists of a path to have been asked for by ids, and no record by itself.
func (w *world) wantAsked(path string, ids ...int) {
	w.T.Helper()
	asked := 0
	for _, r := range w.Sim.Requests() {
		if !strings.HasPrefix(r.Path, path) {
			continue
		}
		asked++
		if r.Path != path || slices.ContainsFunc(ids, func(id int) bool { return !strings.Contains(r.Query, fmt.Sprint(id)) }) {
			w.T.Errorf("asked was %s?%s, want a list of %v", r.Path, r.Query, ids)
		}
	}
	if asked == 0 {
		w.T.Errorf("%s was not asked for", path)
	}
}

// TestAdditions tells bound lines that the list has, that it lacks, and that are deleted.
func TestAdditions(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	listed, hidden, deleted := w.line(w.acme.ID, "1"), w.line(w.acme.ID, "2"), w.line(w.acme.ID, "3")
	w.Sim.RemoveAddition(w.acme.ID, deleted.ID)
	w.Sim.SetFaults(cwsim.Fault{Kind: cwsim.Partial, Text: fmt.Sprint(hidden.ID)})
	bound := func(a cwsim.Addition) store.Line { return store.Line{AdditionID: a.ID} }
	w.Sim.ResetRequests()
	lines := []store.Line{bound(listed), bound(hidden), bound(deleted)}
	additions, listing, err := survey.Additions(t.Context(), w.client, w.acme.ID, lines, nil)
	w.Must(err)
	if diff := cmp.Diff([]int{listed.ID, hidden.ID}, ids(additions)); diff != "" {
		t.Error(diff)
	}
	if !slices.Equal(listing.Lacking, []int{hidden.ID}) || len(listing.Deleted) != 1 || listing.Deleted[0].AdditionID != deleted.ID {
		t.Errorf("the list lacks %v, deleted are %+v", listing.Lacking, listing.Deleted)
	}
	asked := 0
	for _, r := range w.Sim.Requests() {
		if strings.Contains(r.Path, "/additions/") {
			asked++
		}
	}
	if asked != 2 {
		t.Errorf("%d lines were asked for by their ids, want the two that the list does not show", asked)
	}
	shown := map[int]store.Shown{1: {AdditionID: hidden.ID}, 2: {AdditionID: deleted.ID}}
	additions, listing, err = survey.Additions(t.Context(), w.client, w.acme.ID, []store.Line{bound(listed)}, shown)
	if err != nil || !slices.Equal(ids(additions), []int{listed.ID, hidden.ID}) || len(listing.Deleted) != 0 {
		t.Errorf("with what was shown there are %v, deleted are %+v, %v", ids(additions), listing.Deleted, err)
	}
	w.Sim.AddFault(broken("/finance/agreements/*/additions/*", 0))
	_, _, err = survey.Additions(t.Context(), w.client, w.acme.ID, []store.Line{bound(hidden)}, nil)
	wantErr(t, err, fmt.Sprintf("reading addition %d of agreement %d: ", hidden.ID, w.acme.ID))
	w.Sim.SetFaults(broken("/finance/agreements/*/additions", 0))
	_, _, err = survey.Additions(t.Context(), w.client, w.acme.ID, nil, nil)
	wantErr(t, err, fmt.Sprintf("reading the additions of agreement %d: ", w.acme.ID))
}

// TestAgain holds that a list which is empty for want of an understood list of fields is seen whole, once, and counted.
func TestAgain(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	first, second := w.line(w.acme.ID, "1"), w.line(w.acme.ID, "2")
	situation := func() *plan.Situation {
		return &plan.Situation{
			Agreement: store.Agreement{ID: w.acme.ID},
			Additions: []connectwise.Addition{{ID: first.ID}, {ID: 999}}, // the last one only asking by its id showed
		}
	}
	w.Sim.SetFaults(cwsim.Fault{Kind: cwsim.FieldsEmpty})
	s := situation()
	w.Must(survey.Again(t.Context(), w.client, s))
	if diff := cmp.Diff([]int{first.ID, second.ID, 999}, ids(s.Additions)); diff != "" {
		t.Error(diff)
	}
	if l := s.Listing; !l.Checked || l.Shown != 2 || l.Counted != 2 {
		t.Errorf("the list has %d of %d, checked %t", l.Shown, l.Counted, l.Checked)
	}
	w.Sim.ResetRequests()
	w.Must(survey.Again(t.Context(), w.client, s))
	if n := len(w.Sim.Requests()); n != 0 {
		t.Errorf("%d requests for a list that was checked", n)
	}
	w.Sim.SetFaults(broken("/finance/agreements/*/additions/count", 0))
	wantErr(t, survey.Again(t.Context(), w.client, situation()), fmt.Sprintf("counting the additions of agreement %d: ", w.acme.ID))
	w.Sim.SetFaults(broken("/finance/agreements/*/additions", 0))
	wantErr(t, survey.Again(t.Context(), w.client, situation()), fmt.Sprintf("reading the additions of agreement %d again: ", w.acme.ID))
}

// TestNeighbours holds which agreements are looked at beside one: each once, in order, and those that bill nothing not at all.
func TestNeighbours(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	another := func(company int, change func(*cwsim.Agreement)) cwsim.Agreement {
		a := cwsim.Agreement{Name: "Another", CompanyID: company, Start: moment.At("2025-01-01"), BillStart: moment.At("2025-01-01"), Prorate: true}
		change(&a)
		return w.Sim.AddAgreement(a)
	}
	parent := w.Company("Mother")
	another(parent.CompanyID, func(*cwsim.Agreement) {}) // of another company, and no relative
	sibling := another(w.Company("Brother").CompanyID, func(a *cwsim.Agreement) { a.ParentID = parent.ID })
	child := another(w.Company("Daughter").CompanyID, func(a *cwsim.Agreement) { a.ParentID = w.acme.ID })
	sister := another(w.acme.CompanyID, func(*cwsim.Agreement) {})
	sister2 := another(w.acme.CompanyID, func(a *cwsim.Agreement) { a.ParentID = parent.ID })
	cancelled := another(w.acme.CompanyID, func(*cwsim.Agreement) {})
	w.Sim.CancelAgreement(cancelled.ID, moment.At("2026-10-01"))
	w.Sim.UpdateAgreement(w.acme.ID, func(a *cwsim.Agreement) { a.ParentID = parent.ID })
	line := w.line(sister.ID, "6")
	w.Sim.SetFaults(cwsim.Fault{Kind: cwsim.FieldsEmpty, Path: "/finance/agreements/*/additions"})

	neighbours, whole, err := survey.Neighbours(t.Context(), w.client, w.agreement(w.acme.ID), w.today())
	w.Must(err)
	if !whole {
		t.Error("the lists of agreements are taken for incomplete")
	}
	var got []int
	for _, n := range neighbours {
		got = append(got, n.Agreement.ID)
		if n.Agreement.ID == sister.ID && !slices.Equal(ids(n.Additions), []int{line.ID}) {
			t.Errorf("the sister's additions are %v", ids(n.Additions))
		}
	}
	if diff := cmp.Diff([]int{parent.ID, sibling.ID, child.ID, sister.ID, sister2.ID}, got); diff != "" {
		t.Error(diff)
	}

	if alone, _, err := survey.Neighbours(t.Context(), w.client, w.agreement(sister.ID), w.today()); err != nil || len(alone) != 2 {
		t.Errorf("one without a parent has the neighbours %+v, %v", alone, err)
	}
	of := w.agreement(w.acme.ID)
	for says, fault := range map[string]cwsim.Fault{
		fmt.Sprintf("reading the agreements of company %d: ", w.acme.CompanyID): broken("/finance/agreements", 0),
		fmt.Sprintf("reading agreement %d: ", parent.ID):                        broken(fmt.Sprintf("/finance/agreements/%d", parent.ID), 0),
		fmt.Sprintf("reading the children of agreement %d: ", w.acme.ID):        broken("/finance/agreements", w.pages()),
		fmt.Sprintf("reading the additions of agreement %d: ", parent.ID):       broken("/finance/agreements/*/additions", 0),
	} {
		w.Sim.SetFaults(fault)
		_, _, err := survey.Neighbours(t.Context(), w.client, of, w.today())
		wantErr(t, err, says)
	}
	w.Sim.ClearFaults()
	w.Sim.RemoveAgreement(parent.ID)
	neighbours, _, err = survey.Neighbours(t.Context(), w.client, of, w.today())
	w.Must(err)
	if len(neighbours) != 3 || neighbours[0].Agreement.ID != child.ID {
		t.Errorf("without its parent it has the neighbours %+v", neighbours)
	}
}

// pages is how many requests the list of Acme's agreements takes.
func (w *world) pages() int {
	w.Sim.ClearFaults()
	w.Sim.ResetRequests()
	for _, err := range w.client.CompanyAgreements(w.T.Context(), w.acme.CompanyID) {
		w.Must(err)
	}
	return len(w.Sim.Requests())
}

// TestAudits holds that the last entry about each addition is told, and that it is left unknown where it cannot be read.
func TestAudits(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	edited, once := w.line(w.acme.ID, "1"), w.line(w.acme.ID, "2")
	for minute, who := range []string{"jdoe", "ann"} {
		w.SetTime(fmt.Sprintf("2026-10-20 12:%02d:00", 10+minute))
		w.Sim.SetQuantity(w.acme.ID, edited.ID, fmt.Sprint(5+minute), who)
	}
	of := []connectwise.Addition{{ID: edited.ID}, {ID: once.ID}, {ID: once.ID + 100}}
	got := survey.Audits(t.Context(), w.client, of)
	if len(got) != 2 || got[edited.ID].EnteredBy != "ann" || got[once.ID].SubType != "Create" {
		t.Errorf("the last entries are %+v", got)
	}
	w.Sim.SetFaults(broken("/system/audittrail", 0))
	if got := survey.Audits(t.Context(), w.client, of); len(got) != 0 {
		t.Errorf("what cannot be read says %+v", got)
	}
}

// TestProducts holds what becomes of mapped products: priced, inactive, gone, or not listed yet.
func TestProducts(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	read := func() []plan.MappedProduct {
		t.Helper()
		products, err := survey.Products(t.Context(), w.Store, w.client)
		w.Must(err)
		if len(products) != 2 || products[0].ID != w.Business.ID || products[0].Plan != store.Business || products[1].ID != w.Enterprise.ID {
			t.Fatalf("the products are %+v", products)
		}
		return products
	}
	if p := read(); p[0].Unusable != "" || p[0].Identifier != "NP-BUS" || plantest.Side(p[0].Price) != "4.99" || plantest.Side(p[1].Price) != "6.49" {
		t.Errorf("the products are %+v", p)
	}
	w.Sim.ResetRequests()
	read()
	w.wantAsked("/procurement/catalog", w.Business.ID, w.Enterprise.ID)
	w.Sim.SetFaults(cwsim.Fault{Kind: cwsim.WrongEmpty, Path: "/procurement/catalog"})
	if p := read(); p[0].Unusable != "" || plantest.Side(p[0].Price) != "4.99" {
		t.Errorf("not listed, they are %+v", p)
	}
	w.Sim.AddFault(broken("/procurement/catalog/*", 0))
	_, err := survey.Products(t.Context(), w.Store, w.client)
	wantErr(t, err, "reading product NP-BUS: ")
	w.Sim.SetFaults(broken("/procurement/catalog", 0))
	_, err = survey.Products(t.Context(), w.Store, w.client)
	wantErr(t, err, "reading the mapped products: ")
	w.Sim.ClearFaults()
	w.Sim.SetInactive(w.Business.ID, true)
	w.Sim.RemoveCatalogItem(w.Enterprise.ID)
	p := read()
	if p[0].Unusable != "The product NP-BUS is inactive in ConnectWise." || p[1].Unusable != "The product NP-ENT no longer exists in ConnectWise." {
		t.Errorf("the products are %+v", p)
	}
	w.Must(w.Store.Close())
	_, err = survey.Products(t.Context(), w.Store, w.client)
	wantErr(t, err, "reading product mappings: ")
	empty := billingtest.Empty(t)
	if _, err := survey.Products(t.Context(), empty.Store, w.client); !errors.Is(err, problem.ErrNotActive) {
		t.Errorf("without mapped products: %v", err)
	}
}

// TestAgreements holds what is known of mapped agreements: as they are, gone, or not listed yet.
func TestAgreements(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	gone := w.Company("Gone")
	cancelled := w.Company("Left")
	w.Sim.RemoveAgreement(gone.ID)
	w.Sim.CancelAgreement(cancelled.ID, moment.At("2026-10-01"))
	todo := []store.MappedAgreement{}
	for _, a := range []cwsim.Agreement{w.acme, gone, cancelled} {
		todo = append(todo, store.MappedAgreement{
			Agreement: store.Agreement{ID: a.ID, CompanyID: a.CompanyID}, Company: store.Company{ID: a.CompanyID},
		})
	}
	check := func() {
		t.Helper()
		got, err := survey.Agreements(t.Context(), w.client, todo, w.today())
		w.Must(err)
		if a := got[w.acme.ID]; len(got) != 3 || a.Gone != "" || a.Found.ID != w.acme.ID || a.Company.Name != "Acme" {
			t.Errorf("Acme's is %+v", a)
		}
		if why := got[gone.ID].Gone; why != "The agreement no longer exists in ConnectWise." {
			t.Errorf("what was removed is gone because %q", why)
		}
		if why := got[cancelled.ID].Gone; why != "The agreement is cancelled." {
			t.Errorf("what was cancelled is gone because %q", why)
		}
	}
	check()
	w.Sim.SetFaults(cwsim.Fault{Kind: cwsim.WrongEmpty, Path: "/finance/agreements"})
	check()
	w.Sim.AddFault(broken("/finance/agreements/*", 0))
	_, err := survey.Agreements(t.Context(), w.client, todo, w.today())
	wantErr(t, err, fmt.Sprintf("reading agreement %d: ", w.acme.ID))
	w.Sim.SetFaults(broken("/finance/agreements", 0))
	_, err = survey.Agreements(t.Context(), w.client, todo, w.today())
	wantErr(t, err, "reading agreements: ")
	w.Sim.SetFaults(broken("/company/companies", 0))
	_, err = survey.Agreements(t.Context(), w.client, todo, w.today())
	wantErr(t, err, "reading companies: ")
	w.Sim.ClearFaults()
	w.Sim.ResetRequests()
	if got, err := survey.Agreements(t.Context(), w.client, nil, w.today()); err != nil || len(got) != 0 || len(w.Sim.Requests()) != 0 {
		t.Errorf("of none: %+v, %v, %d requests", got, err, len(w.Sim.Requests()))
	}
	one, err := survey.Agreements(t.Context(), w.client, todo[:1], w.today())
	if w.Must(err); len(one) != 1 {
		t.Errorf("of one: %+v", one)
	}
	w.wantAsked("/finance/agreements", w.acme.ID)
	w.wantAsked("/company/companies", w.acme.CompanyID)
}

// TestTermsOfAgreementTypes holds that an agreement which leaves to its type how products are billed has that of the type, which is
// read once.
func TestTermsOfAgreementTypes(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	beta, own := w.Company("Beta"), w.Company("Own")
	for _, a := range []cwsim.Agreement{w.acme, beta} {
		w.Sim.UpdateAgreement(a.ID, func(a *cwsim.Agreement) { a.BillProducts = connectwise.NoDefault })
	}
	w.Sim.UpdateAgreementType(w.acme.TypeID, func(of *cwsim.AgreementType) { of.BillProducts = "DoNotBill" })
	var todo []store.MappedAgreement
	for _, a := range []cwsim.Agreement{w.acme, beta, own} {
		todo = append(todo, store.MappedAgreement{Agreement: store.Agreement{ID: a.ID}, Company: store.Company{ID: a.CompanyID}})
	}
	wantTerms := func(of, ofOwn string) {
		t.Helper()
		got, err := survey.Agreements(t.Context(), w.client, todo, w.today())
		w.Must(err)
		for id, want := range map[int]string{w.acme.ID: of, beta.ID: of, own.ID: ofOwn} {
			if a := got[id]; a.Found.BillProducts != want || a.Found.ID != id {
				t.Errorf("agreement %d bills products %q, want %q", id, a.Found.BillProducts, want)
			}
		}
	}
	w.Sim.ResetRequests()
	wantTerms("DoNotBill", "Billable")
	types := 0
	for _, r := range w.Sim.Requests() {
		if strings.HasPrefix(r.Path, "/finance/agreements/types/") {
			types++
		}
	}
	if types != 1 {
		t.Errorf("the type was read %d times, want once", types)
	}
	const path = "/finance/agreements/types/*"
	w.Sim.SetFaults(cwsim.Fault{Kind: cwsim.Forbidden, Path: path})
	wantTerms(connectwise.NoDefault, "Billable")
	w.Sim.SetFaults(cwsim.Fault{Kind: cwsim.CannotRoute, Path: path})
	_, err := survey.Agreements(t.Context(), w.client, todo, w.today())
	wantErr(t, err, fmt.Sprintf("reading agreement %d: reading agreement type %d: ", w.acme.ID, w.acme.TypeID))
}

// TestEditors holds who changed a line or an agreement since Seatbridge wrote it, by the trail or else by the record.
func TestEditors(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	first, edited := w.line(w.acme.ID, "1"), w.line(w.acme.ID, "2")
	written := moment.At("2026-10-20 12:05:00")
	w.SetTime("2026-10-20 12:02:30")
	w.Sim.UpdateAgreement(w.acme.ID, func(a *cwsim.Agreement) { a.Prorate = false })
	for minute, who := range []string{"jdoe", "ann"} {
		w.SetTime(fmt.Sprintf("2026-10-20 12:%02d:30", 10+minute))
		w.Sim.SetQuantity(w.acme.ID, edited.ID, fmt.Sprint(5+minute), who)
	}
	additions, _, err := survey.Additions(t.Context(), w.client, w.acme.ID, nil, nil)
	w.Must(err)
	s := plan.Situation{Agreement: store.Agreement{ID: w.acme.ID}, Additions: additions, Lines: []store.Line{
		{AdditionID: first.ID, WrittenAt: written}, {AdditionID: edited.ID, WrittenAt: written},
	}}
	wantEditors := func(when string, want map[int]string) {
		t.Helper()
		if diff := cmp.Diff(want, survey.Editors(t.Context(), w.client, s, []int{0, first.ID, edited.ID})); diff != "" {
			t.Errorf("%s: %s", when, diff)
		}
	}
	const ann, agreed = "by ann on 20 October 2026 at 12:11 UTC", "by jdoe on 20 October 2026 at 12:02 UTC"
	wantEditors("by the lines' trails", map[int]string{0: agreed, first.ID: "", edited.ID: ann})
	w.Sim.SetAssumptions(cwsim.Assumptions{AuditUnderAgreement: true})
	wantEditors("by the agreement's trail", map[int]string{0: ann, first.ID: ann, edited.ID: ann})
	w.Sim.SetAssumptions(cwsim.Assumptions{AuditTrailRefused: true})
	wantEditors("by the records", map[int]string{0: "", first.ID: "", edited.ID: ann})
	s.Lines[1].WrittenAt = s.Additions[1].LastUpdated
	wantEditors("written since", map[int]string{0: "", first.ID: "", edited.ID: ""})
	w.Sim.SetAssumptions(cwsim.Assumptions{})
	wantEditors("written since, by the trails", map[int]string{0: agreed, first.ID: "", edited.ID: ""})
	s.Lines[1].WrittenAt = written
	w.SetTime("2026-10-20 12:30:30")
	w.Sim.UpdateAgreement(w.acme.ID, func(a *cwsim.Agreement) { a.Prorate = true })
	const later = "by jdoe on 20 October 2026 at 12:30 UTC"
	wantEditors("where the agreement was changed later", map[int]string{0: later, first.ID: later, edited.ID: ann})
	w.Sim.SetAssumptions(cwsim.Assumptions{AuditTrailRefused: true})
	if got := survey.Editors(t.Context(), w.client, s, []int{edited.ID + 100}); got[edited.ID+100] != "" {
		t.Errorf("what is not there was changed %q", got[edited.ID+100])
	}
}
