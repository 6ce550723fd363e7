package store

import (
	"database/sql"
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
	must[CompanyImportResult](b)(s.SaveCompanyImport(b.Context(), im))
	for i := range companies * 9 / 10 {
		company := i + 1
		check(b, s.SaveMapping(b.Context(), Mapping{OrganizationID: all[i].ID, CompanyID: company, AgreementID: 100 + companies + company, CreatedAt: t0, CreatedBy: "me"}))
	}
}

// BenchmarkYearsOfHistory measures what the pages read after five years of monthly syncs of 2,000 agreements, of which one
// in fifty fails each time and one in a hundred is held.
func BenchmarkYearsOfHistory(b *testing.B) {
	s := openTest(b)
	const years, agreements = 5, 2_000
	last := fillHistory(b, s, 12*years, agreements)

	b.Run("OpenCounts", func(b *testing.B) {
		for b.Loop() {
			if counts, err := s.OpenCounts(b.Context()); err != nil || counts[StateFailed] == 0 {
				b.Fatal(counts, err)
			}
		}
	})
	b.Run("CountHeld", func(b *testing.B) {
		for b.Loop() {
			if _, err := s.CountHeld(b.Context()); err != nil {
				b.Fatal(err)
			}
		}
	})
	for name, f := range map[string]ChangeFilter{
		"open":         {Open: true, Limit: 100},
		"held":         {States: []ChangeState{StateHeld}, Carried: true, Limit: 50},
		"agreement":    {AgreementID: 77, Carried: true, Limit: 100},
		"organization": {OrganizationID: 77, Carried: true, Limit: 100},
		"run":          {RunID: last, Limit: 100},
	} {
		b.Run("Changes/"+name, func(b *testing.B) {
			for b.Loop() {
				if _, total, err := s.Changes(b.Context(), f); err != nil || total == 0 {
					b.Fatal(total, err)
				}
			}
		})
	}
	b.Run("Figures", func(b *testing.B) {
		for b.Loop() {
			for _, err := range s.Figures(b.Context(), last, StateWritten) {
				check(b, err)
			}
		}
	})
	b.Run("Runs", func(b *testing.B) {
		for b.Loop() {
			if _, total, err := s.Runs(b.Context(), RunFilter{Kind: RunMonthly, Limit: 30}); err != nil || total == 0 {
				b.Fatal(total, err)
			}
		}
	})
}

// fillHistory adds a run a month and answers the last one.
func fillHistory(b *testing.B, s *Store, months, agreements int) (last int64) {
	b.Helper()
	mapped(b, s, 1)
	for m := range months {
		r := must[Run](b)(s.CreateRun(b.Context(), Run{Kind: RunMonthly, Month: "2026-03", Status: RunIncomplete, StartedAt: t0.AddDate(0, m, 0)}))
		err := s.tx(b.Context(), "filling", func(tx *sql.Tx) error {
			for a := range agreements {
				c := testChange(1, StateWritten)
				switch {
				case a%50 == 0:
					c.State = StateFailed
				case a%100 == 1:
					c.State = StateHeld
				}
				c.RunID, c.AgreementID, c.Shares = r.ID, a+1, []Share{{OrganizationID: int64(a + 1), Organization: "O", Seats: 2}}
				if err := addChange(b.Context(), tx, c); err != nil {
					return err
				}
			}
			return nil
		})
		check(b, err)
		last = r.ID
	}
	return last
}
