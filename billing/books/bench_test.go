package books_test

import (
	"fmt"
	"path/filepath"
	"testing"
	"time"

	"github.com/shopspring/decimal"

	"seatbridge/billing/books"
	"seatbridge/billing/figures"
	"seatbridge/billing/problem"
	"seatbridge/internal/moment"
	"seatbridge/store"
)

// BenchmarkBooks is what the books cost with 10,000 organizations, of which 5,000 agreements carry two each, and a year of months:
// counting all rows again, counting one organization again, and reading a page.
func BenchmarkBooks(b *testing.B) {
	w := empty(b)
	fill(b, w, 10_000, 12)
	b.Run("all again", func(b *testing.B) {
		for b.Loop() {
			w.stale(0)
			w.must(w.books.Refresh(b.Context()))
		}
	})
	b.Run("one again", func(b *testing.B) {
		for b.Loop() {
			w.stale(1)
			w.must(w.books.Refresh(b.Context()))
		}
	})
	b.Run("a page", func(b *testing.B) {
		for b.Loop() {
			_, err := w.books.Month(b.Context(), "2026-10")
			w.must(err)
			_, _, err = w.books.Rows(b.Context(), store.MonthRowFilter{Month: "2026-10", Limit: 100})
			w.must(err)
		}
	})
	b.Run("the months", func(b *testing.B) {
		for b.Loop() {
			_, err := w.books.Months(b.Context())
			w.must(err)
		}
	})
}

// BenchmarkClose is what closing a month of 10,000 organizations takes, and verifying its statement: a second is allowed for each.
func BenchmarkClose(b *testing.B) {
	w := empty(b)
	fill(b, w, 10_000, 2)
	for _, m := range []store.Month{"2026-10", "2026-09"} {
		var open []store.RowKey
		for r, err := range store.BooksIn(w.store).EachRow(b.Context(), store.MonthRowFilter{Month: m, States: []store.RowState{store.RowOpen}}) {
			w.must(err)
			open = append(open, store.RowKey{OrganizationID: r.OrganizationID, Plan: r.Plan})
		}
		if len(open) > 0 {
			_, err := w.books.Settle(b.Context(), problem.System(), books.Settling{Month: m, Rows: open, How: store.Waived})
			w.must(err)
		}
		start := time.Now()
		_, err := w.books.Close(b.Context(), problem.System(), m)
		w.must(err)
		b.ReportMetric(float64(time.Since(start).Milliseconds()), "ms/closing")
	}
	start := time.Now()
	findings, err := w.books.VerifyStatements(b.Context(), "")
	w.must(err)
	if len(findings) > 0 {
		b.Fatal(findings)
	}
	b.ReportMetric(float64(time.Since(start).Milliseconds()), "ms/verifying-2")
}

// bench is a store with books, and no ConnectWise.
type bench struct {
	b     *testing.B
	store *store.Store
	books *books.Keeper
	ids   []int64
}

func benchNow() time.Time { return moment.At("2026-11-03 10:00:00") }

func empty(b *testing.B) *bench {
	b.Helper()
	s, err := store.Open(b.Context(), filepath.Join(b.TempDir(), "seatbridge.db"), make([]byte, 32))
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { s.Close() })
	k := books.New(books.Config{Store: s, Now: benchNow, Figures: figures.New(s, benchNow)})
	return &bench{b: b, store: s, books: k}
}

func (w *bench) must(err error) {
	w.b.Helper()
	if err != nil {
		w.b.Fatal(err)
	}
}

// stale has some organizations counted again, or all: a note about what somebody said marks them.
func (w *bench) stale(some int) {
	w.b.Helper()
	if some == 0 {
		some = len(w.ids)
	}
	w.must(w.store.Together(w.b.Context(), "marking", func(s *store.Store) error {
		for _, id := range w.ids[:some] {
			if err := store.BooksIn(s).SayElsewhere(w.b.Context(), store.Elsewhere{OrganizationID: id, At: benchNow(), By: "a@example.com"}); err != nil {
				return err
			}
		}
		return nil
	}))
}

// fill writes a year of months for organizations, two on each agreement, as runs would have.
func fill(b *testing.B, w *bench, organizations, months int) {
	b.Helper()
	ctx, born := b.Context(), moment.At("2025-06-01")
	all := make([]store.Organization, organizations)
	for i := range all {
		all[i] = store.Organization{Name: fmt.Sprintf("Organization %05d", i), Plan: store.Business, License: store.Standard, Managed: true, CreatedAt: born}
	}
	created, err := w.store.CreateOrganizations(ctx, all)
	w.must(err)
	for _, o := range created {
		w.ids = append(w.ids, o.ID)
	}
	var history []store.Seat
	for _, o := range created {
		for j := range 20 {
			history = append(history, store.Seat{OrganizationID: o.ID, Email: fmt.Sprintf("u%d@o%d.example", j, o.ID), JoinedAt: born.Add(time.Duration(j*400) * time.Hour)})
		}
	}
	w.must(w.store.AddSeatHistory(ctx, history))
	imported := store.CompanyImport{TypeIDs: []int{1}, StatusIDs: []int{1}, At: benchNow()}
	for i := 1; i <= organizations/2; i++ {
		imported.Companies = append(imported.Companies, store.Company{ID: i, Name: fmt.Sprintf("Company %05d", i), Status: store.Named{ID: 1, Name: "Active"}})
		imported.Agreements = append(imported.Agreements, store.Agreement{ID: i, CompanyID: i, Name: "Managed", Status: "Active", NextInvoiceDate: "2026-11-01"})
	}
	_, err = w.store.SaveCompanyImport(ctx, imported)
	w.must(err)
	for i, o := range created {
		w.must(w.store.SaveMapping(ctx, store.Mapping{OrganizationID: o.ID, CompanyID: i/2 + 1, AgreementID: i/2 + 1, CreatedAt: born, CreatedBy: "a@example.com"}))
	}
	for n := range months {
		m := store.MonthOf(benchNow()).Add(n - months)
		run, err := w.store.CreateRun(ctx, store.Run{Kind: store.RunMonthly, Month: m, Status: store.RunRunning, StartedAt: m.End().Add(30 * time.Minute)})
		w.must(err)
		w.must(w.store.Together(ctx, "filling", func(s *store.Store) error {
			for i := 0; i < len(created); i += 2 {
				c := store.Change{
					CompanyID: i/2 + 1, Company: "C", AgreementID: i/2 + 1, Agreement: "Managed", Plan: store.Business, ProductID: 7, Product: "NP-BUS",
					AdditionID: 10_000 + i, Kind: store.KindUpdate, State: store.StatePlanned, Before: quantity("30"), After: quantity("40"), Currency: "USD", UnitPrice: quantity("4.99"),
					Shares: []store.Share{{OrganizationID: created[i].ID, Seats: 20, Plan: store.Business, Known: true}, {OrganizationID: created[i+1].ID, Seats: 20, Plan: store.Business, Known: true}},
				}
				planned, err := s.PlanAgreement(ctx, run.ID, c.AgreementID, []store.Change{c})
				if err != nil {
					return err
				}
				planned[0].State, planned[0].DoneAt = store.StateWritten, run.StartedAt
				line := store.Line{AgreementID: c.AgreementID, ProductID: c.ProductID, AdditionID: c.AdditionID, Written: c.After, WrittenAt: run.StartedAt, Shares: c.Shares, Read: c.After, ReadAt: run.StartedAt, UnitPrice: c.UnitPrice, Currency: "USD"}
				if err := s.FinishChange(ctx, planned[0], &line); err != nil {
					return err
				}
			}
			run.Status, run.EndedAt = store.RunDone, run.StartedAt.Add(time.Minute)
			return s.UpdateRun(ctx, run)
		}))
	}
	start := time.Now()
	w.must(w.books.Refresh(ctx))
	b.Logf("the first count of %d months took %s", months, time.Since(start))
}

func quantity(s string) decimal.NullDecimal {
	return decimal.NewNullDecimal(decimal.RequireFromString(s))
}
