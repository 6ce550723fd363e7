package connectwise_test

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/shopspring/decimal"

	"seatbridge/connectwise"
	"seatbridge/connectwise/cwsim"
)

// TestTermsOfAgreementAndType: what decides whether a quantity becomes money is read for the agreement and for its type.
func TestTermsOfAgreementAndType(t *testing.T) {
	t.Parallel()
	s := simulate(t, cwsim.Config{Companies: 30})
	w := s.workplace()
	s.UpdateAgreement(w.agreement, func(a *cwsim.Agreement) {
		a.BillingCycle, a.BillOneTime, a.BillProducts, a.PeriodType, a.Currency = "Annual", true, "NoDefault", "Future", "EUR"
	})
	s.UpdateAgreementType(1, func(t *cwsim.AgreementType) {
		t.BillingCycle, t.OneTime, t.BillProducts, t.Prorate = "Quarterly", true, "DoNotBill", true
	})
	a, err := s.Client.Agreement(s.ctx, w.agreement)
	if err != nil || a.BillingCycle.Name != "Annual" || !a.OneTime ||
		a.BillProducts != "NoDefault" || a.PeriodType != "Future" || a.Currency != "EUR" {
		t.Errorf("agreement %+v, %v", a, err)
	}
	kind, err := s.AgreementType(s.ctx, 1)
	want := connectwise.AgreementType{
		ID: 1, Name: "Managed Services", BillProducts: "DoNotBill", BillingCycle: connectwise.Reference{ID: 3, Name: "Quarterly"},
		OneTime: true, Prorate: true,
	}
	if err != nil || kind != want {
		t.Errorf("type %+v, %v", kind, err)
	}
	s.Revoke(cwsim.TableSetup, cwsim.Inquire)
	var failure *connectwise.Error
	if _, err := s.AgreementType(s.ctx, 1); !errors.As(err, &failure) || failure.Right != "Table Setup – Inquire" {
		t.Errorf("without the right: %v", err)
	}
}

// TestLineBelowItsIncludedQuantity: whether ConnectWise credits or floors there is not established, so both can be played.
func TestLineBelowItsIncludedQuantity(t *testing.T) {
	t.Parallel()
	for _, floors := range []bool{false, true} {
		s := simulate(t, cwsim.Config{Companies: 30, Assumptions: cwsim.Assumptions{BilledFloorsAtZero: floors, AdditionStatusShown: true}})
		w := s.workplace()
		line := s.AddAddition(cwsim.Addition{
			AgreementID: w.agreement, ProductID: w.product, Quantity: decimal.NewFromInt(12), LessIncluded: decimal.NewFromInt(25),
			UnitPrice: decimal.NewFromInt(2),
		})
		billed, comesTo := "-13", "-26"
		if floors {
			billed, comesTo = "0", "0"
		}
		a, err := s.Addition(s.ctx, w.agreement, line.ID)
		if err != nil || a.BilledQuantity.Decimal.String() != billed || !a.ExtPrice.Valid || a.ExtPrice.Decimal.String() != comesTo {
			t.Errorf("floors %v: %+v, %v", floors, a, err)
		}
		if a.Status != "" || a.DateEntered.IsZero() || a.EnteredBy != "jdoe" {
			t.Errorf("status %q, entered %s by %q", a.Status, a.DateEntered, a.EnteredBy)
		}
	}
}

// TestWholeListBeforeACreation: the list without fields and the count find what a list with fields keeps back.
func TestWholeListBeforeACreation(t *testing.T) {
	t.Parallel()
	s := simulate(t, cwsim.Config{Companies: 30, Assumptions: cwsim.Assumptions{AdditionStatusShown: true}})
	w := s.workplace()
	ended := s.AddAddition(cwsim.Addition{AgreementID: w.agreement, ProductID: w.product, Quantity: decimal.NewFromInt(3)})
	s.CancelAddition(w.agreement, ended.ID, time.Now().AddDate(0, -1, 0))
	s.AddAddition(cwsim.Addition{AgreementID: w.agreement, ProductID: w.product, Quantity: decimal.NewFromInt(4)})
	s.ResetRequests()
	listed := collect(t, s.AdditionsUnfiltered(s.ctx, w.agreement))
	n, err := s.CountAdditions(s.ctx, w.agreement)
	if err != nil || n != len(listed) || n != len(s.Sim.Additions(w.agreement)) {
		t.Errorf("%d listed, %d counted, %v", len(listed), n, err)
	}
	if i := slices.IndexFunc(listed, func(a connectwise.Addition) bool { return a.ID == ended.ID }); i < 0 || listed[i].Status != "Cancelled" {
		t.Errorf("the ended line is not among %+v", listed)
	}
	for _, r := range s.Requests() {
		if strings.Contains(r.Query, "fields") || strings.Contains(r.Query, "conditions") {
			t.Errorf("%s?%s restricts", r.Path, r.Query)
		}
	}
}

// TestAgreementsAroundOne: a company's agreements and an agreement's children are asked for by one condition each.
func TestAgreementsAroundOne(t *testing.T) {
	t.Parallel()
	s := simulate(t, cwsim.Config{Companies: 30})
	w := s.workplace()
	company := s.Sim.Agreement(w.agreement).CompanyID
	other := s.AddCompany(cwsim.Company{Name: "Billed by its parent"})
	child := s.AddAgreement(cwsim.Agreement{CompanyID: other.ID, ParentID: w.agreement})
	if _, err := s.Discover(s.ctx); err != nil {
		t.Fatal(err)
	}
	s.ResetRequests()
	if got, want := len(collect(t, s.CompanyAgreements(s.ctx, company))), len(s.Sim.Agreements(company)); got != want || want == 0 {
		t.Errorf("%d agreements of the company, want %d", got, want)
	}
	children := collect(t, s.ChildAgreements(s.ctx, w.agreement))
	if len(children) != 1 || children[0].ID != child.ID || children[0].Company.ID != other.ID {
		t.Errorf("children %+v", children)
	}
	for _, r := range s.Requests() {
		if strings.Contains(r.Query, "fields") || strings.Contains(r.Query, "%20and%20") {
			t.Errorf("asked %s", r.Query)
		}
	}
	if n := len(s.Requests()); n != 2 {
		t.Errorf("%d requests", n)
	}
}

// TestListsThatFindNothingByJoinedConditionsOrFields: what is asked by one condition, and again without fields, is found.
func TestListsThatFindNothingByJoinedConditionsOrFields(t *testing.T) {
	t.Parallel()
	s := simulate(t, cwsim.Config{Companies: 60})
	w := s.workplace()
	company := s.Sim.Agreement(w.agreement).CompanyID
	for _, kind := range []cwsim.FaultKind{cwsim.AndEmpty, cwsim.FieldsEmpty} {
		s.SetFaults(cwsim.Fault{Kind: kind})
		agreements := collect(t, s.Client.Agreements(s.ctx, connectwise.AgreementFilter{IDs: []int{w.agreement}, CompanyIDs: []int{company}}))
		companies := collect(t, s.Client.Companies(s.ctx, connectwise.CompanyFilter{StatusIDs: []int{1}, IDs: []int{company}}))
		active := collect(t, s.Client.Companies(s.ctx, connectwise.CompanyFilter{StatusIDs: []int{1}}))
		item := collect(t, s.CatalogItems(s.ctx, connectwise.CatalogFilter{Identifier: "SEAT-T"}))
		if len(agreements) != 1 || len(companies) != 1 || len(active) < 10 || len(item) != 1 {
			t.Errorf("%s: %d agreements, %d companies, %d active, %d items", kind, len(agreements), len(companies), len(active), len(item))
		}
	}
}

// TestAuditTrail says who did what to a line, wherever an instance keeps its history.
func TestAuditTrail(t *testing.T) {
	t.Parallel()
	for _, under := range []bool{false, true} {
		s := simulate(t, cwsim.Config{Companies: 30, Assumptions: cwsim.Assumptions{AuditUnderAgreement: under}})
		w := s.workplace()
		line := s.AddAddition(cwsim.Addition{AgreementID: w.agreement, ProductID: w.product, Quantity: decimal.NewFromInt(12)})
		s.SetQuantity(w.agreement, line.ID, "20", "mmiller")
		if _, err := s.UpdateQuantity(s.ctx, w.agreement, line.ID, decimal.NewFromInt(12)); err != nil {
			t.Fatal(err)
		}
		own, err := s.AuditTrail(s.ctx, connectwise.AuditAddition, line.ID)
		if err != nil {
			t.Fatal(err)
		}
		agreement, err := s.AuditTrail(s.ctx, connectwise.AuditAgreement, w.agreement)
		if err != nil {
			t.Fatal(err)
		}
		entries := own
		if under {
			entries = agreement
		}
		found := slices.ContainsFunc(entries, func(e connectwise.AuditEntry) bool {
			return e.EnteredBy == "mmiller" && strings.Contains(e.Text, `"12" to "20"`) && !e.EnteredAt.IsZero()
		})
		if !found || under == (len(own) > 0) {
			t.Errorf("under the agreement %v: own %+v, agreement's %+v", under, own, agreement)
		}
	}
}

// TestAuditTrailThatCannotBeRead: a right or an endpoint that is missing are ordinary answers.
func TestAuditTrailThatCannotBeRead(t *testing.T) {
	t.Parallel()
	s := simulate(t, cwsim.Config{Companies: 30, Assumptions: cwsim.Assumptions{AuditTrailRefused: true}})
	if _, err := s.AuditTrail(s.ctx, connectwise.AuditAddition, 1); !errors.Is(err, connectwise.ErrForbidden) {
		t.Errorf("without the right: %v", err)
	}
	s.SetAssumptions(cwsim.Assumptions{})
	s.SetFaults(cwsim.Fault{Kind: cwsim.NotFound, Path: "/system/audittrail"})
	if _, err := s.AuditTrail(s.ctx, connectwise.AuditAddition, 1); !errors.Is(err, connectwise.ErrUnroutable) {
		t.Errorf("without the endpoint: %v", err)
	}
}

func collect[T any](t *testing.T, seq func(func(T, error) bool)) (all []T) {
	t.Helper()
	for item, err := range seq {
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, item)
	}
	return all
}
