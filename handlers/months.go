package handlers

import (
	"context"
	"errors"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/a-h/templ"
	"github.com/shopspring/decimal"

	"seatbridge/billing/books"
	"seatbridge/billing/months"
	"seatbridge/handlers/web"
	"seatbridge/store"
	"seatbridge/views"
)

// monthPages are the books of the months: what each owed, what was written, what an invoice took, and how differences were settled.
type monthPages struct{ *server }

func (p monthPages) list(w http.ResponseWriter, r *http.Request) error {
	booked, err := p.Billing.Books.Months(r.Context())
	if err != nil {
		return err
	}
	page := views.MonthsPage{CSV: views.MonthsCSVPath}
	var open monthSum
	for _, m := range booked {
		page.Rows = append(page.Rows, monthLine(m, p.Now()))
		page.Pending = max(page.Pending, m.Pending)
		open.add(m.Sums)
	}
	page.Open = open.view()
	if r.URL.Query().Get("verify") != "" {
		if page.Verified, err = p.verified(r.Context(), ""); err != nil {
			return err
		}
	}
	if len(page.Rows) > 0 {
		if page.SetUp, err = p.setUp(r.Context(), booked[len(booked)-1].Month); err != nil {
			return err
		}
	}
	return p.web.Answer(w, r, web.Page{
		Section: views.SectionMonths, Title: "Months",
		Whole: func(l views.Layout) templ.Component { return views.Months(l, page) },
	})
}

// verified is what verifying the statements up to a month's found; an empty month: all.
func (p monthPages) verified(ctx context.Context, upTo store.Month) (*views.Notice, error) {
	findings, err := p.Billing.Books.VerifyStatements(ctx, upTo)
	if err != nil {
		return nil, err
	}
	if len(findings) == 0 {
		return &views.Notice{Kind: "success", What: "Verified: the statements are what they were when the months were closed."}, nil
	}
	var sentences []string
	for _, f := range findings {
		sentences = append(sentences, f.Sentence)
	}
	return &views.Notice{
		What: "The statements are not what they were.", Why: strings.Join(sentences, " "),
		Do: "Compare them with the files that you downloaded, or with a backup.",
	}, nil
}

// setUp is when the products were mapped, if the books begin with that; otherwise zero.
func (p monthPages) setUp(ctx context.Context, first store.Month) (time.Time, error) {
	integration, err := p.Store.Integration(ctx)
	if errors.Is(err, store.ErrNotFound) {
		return time.Time{}, nil
	}
	if err != nil || store.MonthOf(integration.ActiveSince) != first {
		return time.Time{}, err
	}
	return integration.ActiveSince, nil
}

// monthSum adds up what is open in several months.
type monthSum struct {
	rows  store.RowSums
	money []store.MonthMoney
}

func (s *monthSum) add(of store.MonthSums) {
	s.rows.Rows += of.Open.Rows
	s.rows.Seats = s.rows.Seats.Add(of.Open.Seats)
	s.rows.Unknown += of.Open.Unknown
	s.rows.Unpriced += of.Open.Unpriced
	s.rows.Unbilled += of.Open.Unbilled
	if of.Open.Rows > 0 {
		s.money = append(s.money, of.Money...)
	}
}

func (s *monthSum) view() views.RowsSum { return rowsSum(s.rows, amounts(s.money, openOf)) }

func openOf(m store.MonthMoney) decimal.Decimal     { return m.More.Add(m.Less) }
func moreOf(m store.MonthMoney) decimal.Decimal     { return m.More }
func lessOf(m store.MonthMoney) decimal.Decimal     { return m.Less }
func settledOf(m store.MonthMoney) decimal.Decimal  { return m.Settled }
func dueOf(m store.MonthMoney) decimal.Decimal      { return m.Due }
func standingOf(m store.MonthMoney) decimal.Decimal { return m.InConnectWise }
func rowsSum(s store.RowSums, m []views.Money) views.RowsSum {
	sum := views.RowsSum{Rows: s.Rows, Seats: s.Seats.String(), Unknown: s.Unknown, Unpriced: s.Unpriced, Unbilled: s.Unbilled}
	if s.Rows > s.Unpriced+s.Unbilled {
		sum.Money = m
	}
	return sum
}

// amounts are amounts of money by currency. One that is nothing is left out, unless all are.
func amounts(money []store.MonthMoney, of func(store.MonthMoney) decimal.Decimal) []views.Money {
	var order []string
	sums := map[string]decimal.Decimal{}
	for _, m := range money {
		if _, known := sums[m.Currency]; !known {
			order = append(order, m.Currency)
		}
		sums[m.Currency] = sums[m.Currency].Add(of(m))
	}
	var all, some []views.Money
	for _, currency := range order {
		all = append(all, amount(sums[currency], currency))
		if !sums[currency].IsZero() {
			some = append(some, amount(sums[currency], currency))
		}
	}
	if len(some) > 0 {
		return some
	}
	return all[:min(len(all), 1)]
}

// monthLine is a month as lists show it.
func monthLine(m books.Month, now time.Time) views.MonthLine {
	s := m.Sums
	line := views.MonthLine{
		Month: string(m.Month), State: string(m.State), Reconstructed: m.Reconstructed, Rows: s.Rows,
		Due: s.Due.String(), DueUnknown: s.Unknown, DueMoney: amounts(s.Money, dueOf),
		Written: s.Written.String(), WrittenRows: s.WrittenRows,
		Open: rowsSum(s.Open, amounts(s.Money, openOf)), Settled: rowsSum(s.Settled, amounts(s.Money, settledOf)),
		Agreements: s.Agreements, Invoiced: s.Invoiced, NextInvoice: s.NextInvoice,
		Run: m.Try.Last.ID, RunAt: m.Try.Last.StartedAt, Compared: m.Try.Last.Compares, ClosedAt: m.ClosedAt, ClosedBy: m.ClosedBy,
	}
	if m.State == months.Running {
		line.Day, line.Days = now.UTC().Day(), m.Month.End().AddDate(0, 0, -1).Day()
	}
	return line
}

func (p monthPages) download(w http.ResponseWriter, r *http.Request) error {
	booked, err := p.Billing.Books.Months(r.Context())
	if err != nil {
		return err
	}
	header := []string{
		"Month", "State", "Reconstructed", "Due", "Due not known (rows)", "Written", "Written (rows)", "Rows",
		"Open (rows)", "Open (seats)", "Open not known (rows)", "Open (money)", "Settled (rows)", "Settled (seats)", "Settled (money)",
		"Agreements", "Invoiced", "Next invoice", "Closed (UTC)", "Closed by",
		"Open without a price (rows)", "Open not billed in ConnectWise (rows)",
	}
	return p.web.SendCSV(w, r, "months", header, func(write func(...string)) error {
		for _, m := range booked {
			s := m.Sums
			write(string(m.Month), string(m.State), strconv.FormatBool(m.Reconstructed), s.Due.String(), strconv.Itoa(s.Unknown),
				s.Written.String(), strconv.Itoa(s.WrittenRows), strconv.Itoa(s.Rows),
				strconv.Itoa(s.Open.Rows), s.Open.Seats.String(), strconv.Itoa(s.Open.Unknown), moneyCell(amounts(s.Money, openOf)),
				strconv.Itoa(s.Settled.Rows), s.Settled.Seats.String(), moneyCell(amounts(s.Money, settledOf)),
				strconv.Itoa(s.Agreements), strconv.Itoa(s.Invoiced), s.NextInvoice, timestamp(m.ClosedAt), m.ClosedBy,
				strconv.Itoa(s.Open.Unpriced), strconv.Itoa(s.Open.Unbilled))
		}
		return nil
	})
}

// moneyCell writes amounts for a download.
func moneyCell(sums []views.Money) string {
	var parts []string
	for _, m := range sums {
		parts = append(parts, strings.TrimSpace(m.Amount+" "+m.Currency))
	}
	return strings.Join(parts, "; ")
}
