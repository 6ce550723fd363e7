package mapping

import (
	"strings"
	"testing"

	"seatbridge/internal/moment"
	"seatbridge/store"
)

func TestPairProblems(t *testing.T) {
	t.Parallel()
	now := moment.At("2026-10-20")
	company := func(id int, gone string) store.CompanyRow {
		c := store.CompanyRow{Company: store.Company{ID: id}, Agreements: []store.Agreement{
			{ID: 10 * id, CompanyID: id, Status: "Active", StartDate: "2025-01-01"},
			{ID: 10*id + 1, CompanyID: id, Status: "Active", StartDate: "2025-01-01", Cancelled: true},
		}}
		if gone != "" {
			c.GoneAt = moment.At(gone)
		}
		return c
	}
	organization := func(change func(*store.OrganizationRow)) store.OrganizationRow {
		o := store.OrganizationRow{Organization: store.Organization{Name: "Org", Managed: true}}
		change(&o)
		return o
	}
	w := pairWorld{
		companies: map[int]store.CompanyRow{1: company(1, ""), 2: company(2, "2026-10-01")},
		organizations: map[int64]store.OrganizationRow{
			1: organization(func(*store.OrganizationRow) {}),
			2: organization(func(o *store.OrganizationRow) { o.Managed = false }),
			3: organization(func(o *store.OrganizationRow) { o.DeletedAt = moment.At("2026-10-01") }),
			4: organization(func(o *store.OrganizationRow) { o.CompanyID, o.AgreementID = 1, 10 }),
		},
	}
	tests := []struct {
		name string
		pair Pair
		want string // part of the problem; empty: there is none
	}{
		{"can be mapped", Pair{OrganizationID: 1, CompanyID: 1, AgreementID: 10}, ""},
		{"no such company", Pair{OrganizationID: 1, CompanyID: 9, AgreementID: 10}, "no such company"},
		{"a company that the last import missed", Pair{OrganizationID: 1, CompanyID: 2, AgreementID: 20}, "not found by the last import"},
		{"no agreement", Pair{OrganizationID: 1, CompanyID: 1}, "Choose an agreement"},
		{"another company's agreement", Pair{OrganizationID: 1, CompanyID: 1, AgreementID: 20}, "another company"},
		{"a cancelled agreement", Pair{OrganizationID: 1, CompanyID: 1, AgreementID: 11}, "cancelled"},
		{"no such organization", Pair{OrganizationID: 9, CompanyID: 1, AgreementID: 10}, "Choose an organization"},
		{"an unmanaged organization", Pair{OrganizationID: 2, CompanyID: 1, AgreementID: 10}, "not managed by the MSP"},
		{"a deleted organization", Pair{OrganizationID: 3, CompanyID: 1, AgreementID: 10}, "deleted"},
		{"mapped since it was decided", Pair{OrganizationID: 4, CompanyID: 1, AgreementID: 10}, "already"},
		{"moved knowingly", Pair{OrganizationID: 4, CompanyID: 1, AgreementID: 10, Was: 10}, ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			if got := w.problem(tt.pair, now); (got == "") != (tt.want == "") || !strings.Contains(got, tt.want) {
				t.Errorf("got %q, want %q", got, tt.want)
			}
		})
	}
}

func TestUnmappable(t *testing.T) {
	t.Parallel()
	for want, o := range map[string]store.Organization{
		"":                              {Managed: true},
		"This organization is deleted.": {Managed: true, DeletedAt: moment.At("2026-10-01")},
		"This organization is not managed by the MSP; only MSP-managed organizations can be mapped.": {},
	} {
		if why := unmappable(o); why != want {
			t.Errorf("got %q, want %q", why, want)
		}
	}
}
