package plan

import (
	"testing"
	"time"

	"seatbridge/connectwise"
	"seatbridge/store"
)

func TestUnbillable(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name      string
		agreement connectwise.Agreement
		want      string
	}{
		{"open-ended", connectwise.Agreement{StartDate: date("2025-01-01"), NoEndingDate: true, Status: "Active"}, ""},
		{"no end date", connectwise.Agreement{StartDate: date("2025-01-01"), Status: "Active"}, ""},
		{"ends today", connectwise.Agreement{StartDate: date("2025-01-01"), EndDate: date("2026-11-23"), Status: "Active"}, ""},
		{"ended yesterday", connectwise.Agreement{EndDate: date("2026-11-22")}, "The agreement ended on 2026-11-22."},
		{"starts today", connectwise.Agreement{StartDate: date("2026-11-23"), NoEndingDate: true}, ""},
		{"starts tomorrow", connectwise.Agreement{StartDate: date("2026-11-24")}, "The agreement starts only on 2026-11-24."},
		{"cancelled", connectwise.Agreement{Cancelled: true, NoEndingDate: true}, "The agreement is cancelled."},
		{"cancelled by its status", connectwise.Agreement{Status: "Cancelled", NoEndingDate: true}, "The agreement is cancelled."},
		{"expired by its status", connectwise.Agreement{Status: "Expired", NoEndingDate: true}, "The agreement is expired."},
		{"inactive", connectwise.Agreement{Status: "Inactive", NoEndingDate: true}, "The agreement is inactive."},
		{"a leftover end date beside noEndingDate", connectwise.Agreement{EndDate: date("2020-01-01"), NoEndingDate: true, Status: "Active"}, ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			if why := Unbillable(tt.agreement, date("2026-11-23")); why != tt.want {
				t.Errorf("got %q, want %q", why, tt.want)
			}
		})
	}
}

func TestMappedUnbillable(t *testing.T) {
	t.Parallel()
	of := func(company int) connectwise.Agreement {
		return connectwise.Agreement{Company: connectwise.Reference{ID: company}}
	}
	mapped := store.MappedAgreement{Company: store.Company{ID: 1}}
	tests := []struct {
		name    string
		mapped  store.MappedAgreement
		found   connectwise.Agreement
		company connectwise.Company
		want    string
	}{
		{"as it was mapped", mapped, of(1), connectwise.Company{}, ""},
		{"moved in ConnectWise", mapped, of(2), connectwise.Company{}, moved},
		{"the import saw it move", store.MappedAgreement{Company: store.Company{ID: 1}, Moved: true}, of(1), connectwise.Company{}, moved},
		{"mapped with a company that is not known", store.MappedAgreement{}, of(2), connectwise.Company{}, ""},
		{"the company is deleted", mapped, of(1), connectwise.Company{Name: "Acme", Deleted: true},
			"The company Acme is deleted in ConnectWise."},
		{"the agreement is cancelled", store.MappedAgreement{}, connectwise.Agreement{Cancelled: true}, connectwise.Company{},
			"The agreement is cancelled."},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			why, do := MappedUnbillable(tt.mapped, tt.found, tt.company, date("2026-11-23"))
			if why != tt.want || (why == "") != (do == "") {
				t.Errorf("got %q, want %q; do %q", why, tt.want, do)
			}
		})
	}
}

// TestAgreementEndsSoon holds the two ends of the 60 days.
func TestAgreementEndsSoon(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 11, 1, 12, 0, 0, 0, time.UTC)
	for end, want := range map[string]string{
		"": "", "2026-10-31": "", "2026-11-01": "2026-11-01", "2026-12-31": "2026-12-31", "2027-01-01": "",
	} {
		if got := AgreementEndsSoon(store.Agreement{EndDate: end}, now); got != want {
			t.Errorf("ends on %q: got %q, want %q", end, got, want)
		}
	}
}

// An imported agreement that is to start later cannot be billed until then.
func TestAnImportedAgreementStartsOnItsDay(t *testing.T) {
	t.Parallel()
	a := store.Agreement{StartDate: "2026-03-11"}
	for day, usable := range map[int]bool{10: false, 11: true, 12: true} {
		today := time.Date(2026, 3, day, 12, 0, 0, 0, time.UTC)
		if why := AgreementUnusable(a, today); usable != (why == "") {
			t.Errorf("on 2026-03-%d: %q", day, why)
		}
	}
}
