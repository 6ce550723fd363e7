package store

import (
	"fmt"
	"testing"
	"time"
)

// BenchmarkLargeMSP measures what pages and syncs read at 10,000 organizations with 20 seats each and
// 5,000 companies with two agreements each.
func BenchmarkLargeMSP(b *testing.B) {
	s := openTest(b)
	fillLargeMSP(b, s)
	march := Month("2026-03")

	for name, f := range map[string]OrganizationFilter{
		"first":    {Limit: 50},
		"last":     {Limit: 50, Offset: 9_950},
		"search":   {Search: "nization 77", Limit: 50},
		"unmapped": {Mapping: Unmapped, Limit: 50},
		"plan":     {Sort: "plan", Desc: true, Limit: 50},
	} {
		b.Run("Organizations/"+name, func(b *testing.B) {
			for b.Loop() {
				_, total, err := s.Organizations(b.Context(), f)
				if err != nil || total == 0 {
					b.Fatal(total, err)
				}
			}
		})
	}
	for name, f := range map[string]CompanyFilter{
		"first":     {Limit: 50},
		"last":      {Limit: 50, Offset: 4_950},
		"search":    {Search: "pany 77", Limit: 50},
		"attention": {Show: ShowAttention, Limit: 50},
		"type":      {TypeID: 1, Show: ShowMapped, Limit: 50},
	} {
		b.Run("Companies/"+name, func(b *testing.B) {
			for b.Loop() {
				_, total, err := s.Companies(b.Context(), f)
				if err != nil || total == 0 {
					b.Fatal(total, err)
				}
			}
		})
	}
	b.Run("SearchOrganizations", func(b *testing.B) {
		for b.Loop() {
			if found, err := s.SearchOrganizations(b.Context(), "77", 20); err != nil || len(found) == 0 {
				b.Fatal(found, err)
			}
		}
	})
	b.Run("CountMembers", func(b *testing.B) {
		for b.Loop() {
			if _, err := s.CountMembers(b.Context()); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("Ledgers", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			seats := 0
			for l, err := range s.Ledgers(b.Context(), march.Start(), march.End(), nil) {
				if err != nil {
					b.Fatal(err)
				}
				seats += len(l.Seats)
			}
			if seats != 200_000 {
				b.Fatal(seats)
			}
		}
	})
	b.Run("MappedAgreements", func(b *testing.B) {
		for b.Loop() {
			if _, err := s.MappedAgreements(b.Context()); err != nil {
				b.Fatal(err)
			}
		}
	})
}

func fillLargeMSP(b *testing.B, s *Store) {
	b.Helper()
	const organizations, companies, seatsEach = 10_000, 5_000, 20
	var all []Organization
	for i := range organizations {
		all = append(all, Organization{Name: fmt.Sprintf("Organization %d", i*7919%organizations), Plan: Plans()[i%2], License: Standard, Managed: true, CreatedAt: t0})
	}
	all = must[[]Organization](b)(s.CreateOrganizations(b.Context(), all))
	var seats []Seat
	for _, o := range all {
		for i := range seatsEach {
			seats = append(seats, Seat{OrganizationID: o.ID, Email: fmt.Sprintf("member%d@customer%d.example.com", i, o.ID), JoinedAt: t0.Add(time.Duration(i) * time.Hour)})
		}
	}
	check(b, s.AddSeatHistory(b.Context(), seats))
	im := importOf(companies)
	for i := range companies {
		second := im.Agreements[i]
		second.ID += companies
		second.Cancelled = i%100 == 0
		im.Agreements = append(im.Agreements, second)
	}
	must[ImportResult](b)(s.SaveImport(b.Context(), im))
	for i := range companies * 9 / 10 {
		company := i + 1
		check(b, s.SaveMapping(b.Context(), Mapping{OrganizationID: all[i].ID, CompanyID: company, AgreementID: 100 + companies + company, CreatedAt: t0, CreatedBy: "me"}))
	}
}
