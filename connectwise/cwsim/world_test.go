package cwsim_test

import (
	"fmt"
	"slices"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"seatbridge/connectwise/cwsim"
)

// everything is all data of an instance.
type everything struct {
	Credentials cwsim.Credentials
	Companies   []cwsim.Company
	Agreements  []cwsim.Agreement
	Additions   [][]cwsim.Addition
	Catalog     []cwsim.CatalogItem
}

func all(s *cwsim.Sim) everything {
	e := everything{Credentials: s.Credentials(), Companies: s.Companies(), Agreements: s.Agreements(0), Catalog: s.Catalog()}
	for _, a := range e.Agreements {
		e.Additions = append(e.Additions, s.Additions(a.ID))
	}
	return e
}

func TestEqualSeedsMakeEqualInstances(t *testing.T) {
	t.Parallel()
	made := func(seed uint64) everything { return all(cwsim.New(cwsim.Config{Seed: seed, Now: at(mid)})) }
	if diff := cmp.Diff(made(3), made(3)); diff != "" {
		t.Errorf("one seed made two worlds:\n%s", diff)
	}
	if cmp.Equal(made(3), made(4)) {
		t.Error("two seeds made one world")
	}
}

func TestDataHasItsTraps(t *testing.T) {
	t.Parallel()
	for _, seed := range []uint64{0, 1, 2} {
		s := cwsim.New(cwsim.Config{Seed: seed, Now: at(mid)})
		e := all(s)
		if len(e.Companies) != 120 || len(e.Catalog) < 55 {
			t.Errorf("seed %d: %d companies, %d products", seed, len(e.Companies), len(e.Catalog))
		}
		status, nordpass, several := map[string]int{}, 0, 0
		for i, a := range e.Agreements {
			status[a.Status]++
			open := 0
			for _, l := range e.Additions[i] {
				if e.Catalog[slices.IndexFunc(e.Catalog, func(c cwsim.CatalogItem) bool { return c.ID == l.ProductID })].Identifier == cwsim.NordPassBusiness && l.Cancelled.IsZero() {
					open++
				}
			}
			nordpass += min(open, 1)
			several += max(open-1, 0)
		}
		for _, want := range []string{"Active", "Inactive", "Expired", "Cancelled"} {
			if status[want] == 0 {
				t.Errorf("seed %d: no agreement is %s", seed, want)
			}
		}
		if nordpass < 5 || several == 0 || status["Active"] < 60 {
			t.Errorf("seed %d: %d agreements with NordPass Business, %d further lines, statuses %v", seed, nordpass, several, status)
		}
		names, deleted := map[string]int{}, 0
		for _, c := range e.Companies {
			names[c.Name]++
			if utf8.RuneCountInString(c.Name) > 50 || len(c.Identifier) > 30 {
				t.Errorf("the company %q (%s) is too long", c.Name, c.Identifier)
			}
			if c.Deleted {
				deleted++
			}
		}
		if names["Twin Birches Dental"] != 3 || deleted != 2 {
			t.Errorf("seed %d: %d twins, %d deleted", seed, names["Twin Birches Dental"], deleted)
		}
	}
}

func TestLargeWorldsHaveDifferentNames(t *testing.T) {
	t.Parallel()
	s := cwsim.New(cwsim.Config{Companies: 6000})
	names := map[string]bool{}
	for _, c := range s.Companies() {
		names[c.Name] = true
	}
	if len(s.Companies()) != 6000 || len(names) < 5900 {
		t.Errorf("%d companies have %d names", len(s.Companies()), len(names))
	}
}

func TestControls(t *testing.T) {
	t.Parallel()
	s, a := world(t, cwsim.Assumptions{})
	item := s.AddCatalogItem(cwsim.CatalogItem{Identifier: "PLAIN"})
	line := s.AddAddition(cwsim.Addition{AgreementID: a.ID, ProductID: item.ID})
	path := fmt.Sprintf("/finance/agreements/%d/additions/%d", a.ID, line.ID)

	s.SetQuantity(a.ID, line.ID, "7.25", "maria")
	r := get[record](s, path)
	if r["quantity"] != 7.25 || r["_info"].(record)["updatedBy"] != "maria" || s.Additions(a.ID)[0].UpdatedBy != "maria" {
		t.Errorf("after a hand edit the line is %v", r)
	}
	s.CancelAddition(a.ID, line.ID, date(2026, 11, 30))
	if got := get[record](s, path)["cancelledDate"]; got != "2026-11-30T00:00:00Z" {
		t.Errorf("the line is cancelled on %v", got)
	}
	s.SetInactive(item.ID, true)
	if got := get[record](s, fmt.Sprintf("/procurement/catalog/%d", item.ID))["inactiveFlag"]; got != true {
		t.Errorf("inactiveFlag is %v", got)
	}
	s.DeleteCompany(a.CompanyID)
	if got := get[record](s, fmt.Sprintf("/company/companies/%d", a.CompanyID))["deletedFlag"]; got != true {
		t.Errorf("deletedFlag is %v", got)
	}
	s.RemoveAddition(a.ID, line.ID)
	s.RemoveAgreement(a.ID)
	s.RemoveCatalogItem(item.ID)
	s.RemoveCompany(a.CompanyID)
	if len(s.Companies())+len(s.Agreements(0))+len(s.Agreements(a.CompanyID))+len(s.Additions(a.ID)) != 0 {
		t.Error("something is left")
	}
	s.ResetRequests()
	if len(s.Requests()) != 0 {
		t.Error("the journal is not empty")
	}
}

func BenchmarkNew6000(b *testing.B) {
	for b.Loop() {
		cwsim.New(cwsim.Config{Companies: 6000})
	}
}
