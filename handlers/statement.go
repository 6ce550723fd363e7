package handlers

import (
	"net/http"
	"strings"

	"github.com/a-h/templ"
	"github.com/shopspring/decimal"

	"seatbridge/billing/months"
	"seatbridge/billing/problem"
	"seatbridge/handlers/web"
	"seatbridge/store"
	"seatbridge/views"
)

// statementPages close months and show what they were.
type statementPages struct{ *server }

func (p statementPages) ask(w http.ResponseWriter, r *http.Request) error {
	return p.answerClose(w, r, nil)
}

// answerClose shows what is closed, and beside it why it was not.
func (p statementPages) answerClose(w http.ResponseWriter, r *http.Request, problems problem.Fields) error {
	m, err := monthPages(p).pathMonth(r)
	if err != nil {
		return err
	}
	booked, err := p.Billing.Books.Month(r.Context(), m)
	if err != nil {
		return err
	}
	if booked.State == months.Running {
		return &web.Error{Status: http.StatusConflict, Message: m.String() + " is not over yet.", Do: "Close it after it has ended."}
	}
	d := views.CloseDialog{MonthLine: monthLine(booked, p.Now()), Billed: booked.Sums.Billed.String(), Problems: views.Problems(problems)}
	status := http.StatusOK
	if len(problems) > 0 {
		status = http.StatusUnprocessableEntity
	}
	return p.web.Answer(w, r, web.Page{
		Status: status, Section: views.SectionMonths, Title: "Close " + m.String(), Part: views.CloseMonth(d),
		Whole: func(l views.Layout) templ.Component { return views.CloseMonthPage(l, d) },
	})
}

func (p statementPages) close(w http.ResponseWriter, r *http.Request) error {
	m, err := monthPages(p).pathMonth(r)
	if err != nil {
		return err
	}
	_, err = p.Billing.Books.Close(r.Context(), p.web.Actor(r), m)
	if problems, err := web.ProblemsIn(err); err != nil {
		return err
	} else if problems != nil {
		return p.answerClose(w, r, problems)
	}
	return p.web.Done(w, r, views.StatementPath(string(m)), m.String()+" is closed. This is its statement.")
}

// statement is the statement of the month in the path, as it is kept and as it reads.
func (p statementPages) statement(r *http.Request) (store.Statement, months.Statement, error) {
	m, err := monthPages(p).pathMonth(r)
	if err != nil {
		return store.Statement{}, months.Statement{}, err
	}
	kept, err := p.Billing.Books.Statement(r.Context(), m)
	if err != nil {
		return kept, months.Statement{}, err
	}
	statement, err := months.ReadStatement(kept)
	return kept, statement, err
}

func (p statementPages) show(w http.ResponseWriter, r *http.Request) error {
	kept, statement, err := p.statement(r)
	if err != nil {
		return err
	}
	page := statementPage(kept, statement)
	if page.Verified, err = monthPages(p).verified(r.Context(), kept.Month); err != nil {
		return err
	}
	return p.web.Answer(w, r, web.Page{
		Section: views.SectionMonths, Title: "Statement",
		Whole: func(l views.Layout) templ.Component { return views.Statement(l, page) },
	})
}

func statementPage(kept store.Statement, s months.Statement) views.StatementPage {
	page := views.StatementPage{
		Month: string(kept.Month), Number: kept.Number, MSP: s.MSP, ClosedAt: s.ClosedAt, ClosedBy: s.ClosedBy, Reconstructed: s.Reconstructed,
		SHA256: kept.SHA256, Previous: kept.Previous, Organizations: s.Sums.Organizations, Agreements: s.Sums.Agreements,
		Invoiced: s.Sums.Invoiced, Unknown: s.Sums.Unknown, Due: s.Sums.Due.String(), Written: s.Sums.Written.String(),
		Billed: s.Sums.Billed.String(), Settled: s.Sums.Settled.String(), SettledRows: s.Sums.SettledRows,
	}
	for _, plan := range s.Sums.Plans {
		page.Plans = append(page.Plans, views.StatementPlan{Plan: string(plan.Plan), Due: plan.Due.String()})
	}
	for _, m := range s.Sums.Money {
		page.DueMoney = append(page.DueMoney, amount(m.Due, m.Currency))
		page.BilledMoney = append(page.BilledMoney, amount(m.Billed, m.Currency))
		page.SettledMoney = append(page.SettledMoney, amount(m.Settled, m.Currency))
	}
	page.Unpriced, page.NotBilled = s.Sums.Unpriced, s.Sums.NotBilled
	for _, r := range s.Rows {
		page.Rows = append(page.Rows, statementRow(r))
	}
	for _, v := range s.OtherInvoices {
		page.Others = append(page.Others, views.StatementInvoice{
			Number: v.Number, Type: v.Type, AgreementID: v.AgreementID, Day: v.Day, Total: moneyOf(v.Total, v.Currency),
		})
	}
	return page
}

func statementRow(r months.StatementRow) views.StatementRow {
	row := views.StatementRow{
		Organization: r.Organization, Plan: string(r.Plan), AgreementID: r.AgreementID, AdditionID: r.AdditionID,
		Due: known(r.Due), Written: known(r.Written), Billed: known(r.Billed), Invoice: string(r.Invoice.State),
		InvoiceNumber: r.Invoice.Number, InvoiceDay: r.Invoice.Day, Worth: moneyOf(r.DueMoney, r.Currency),
		Difference: known(r.Difference), DifferenceMoney: moneyOf(r.Differs, r.Currency), Reason: r.Reason,
	}
	row.Worth.Unbilled, row.DifferenceMoney.Unbilled = r.NotBilled != "", r.NotBilled != ""
	for _, s := range r.Settlements {
		row.Settlements = append(row.Settlements, views.Settlement{
			How: string(s.How), Seats: known(s.Seats), Note: s.Note, At: s.At, By: s.By, RunID: s.RunID,
		})
	}
	return row
}

// moneyOf is an amount that may not be known.
func moneyOf(d decimal.NullDecimal, currency string) views.Money {
	if !d.Valid {
		return views.Money{Currency: currency}
	}
	return amount(d.Decimal, currency)
}

// downloadJSON sends the statement byte for byte, so that its SHA-256 is that of the file.
func (p statementPages) downloadJSON(w http.ResponseWriter, r *http.Request) error {
	kept, _, err := p.statement(r)
	if err != nil {
		return err
	}
	h := w.Header()
	h.Set("Content-Type", "application/json; charset=utf-8")
	h.Set("Content-Disposition", `attachment; filename="statement-`+string(kept.Month)+`.json"`)
	h.Set("Cache-Control", "no-store")
	_, err = w.Write([]byte(kept.Body))
	return err
}

func (p statementPages) download(w http.ResponseWriter, r *http.Request) error {
	kept, statement, err := p.statement(r)
	if err != nil {
		return err
	}
	header := []string{
		"Month", "Organization", "External ID", "Plan", "ConnectWise company", "ConnectWise agreement", "Line", "Due", "Written", "Billed",
		"Invoice", "Invoice number", "Invoice date", "Unit price", "Due (money)", "Currency", "Difference", "Settled", "Why",
		"Difference (money)", "Included (line)", "Not billed",
	}
	return p.web.SendCSV(w, r, "statement-"+string(kept.Month), header, func(write func(...string)) error {
		for _, row := range statement.Rows {
			write(string(kept.Month), row.Organization, row.ExternalID, row.Plan.Name(), row.Company, row.Agreement, number(int64(row.AdditionID)),
				known(row.Due), known(row.Written), known(row.Billed), string(row.Invoice.State), row.Invoice.Number, row.Invoice.Day,
				known(row.UnitPrice), moneyOf(row.DueMoney, row.Currency).Amount, row.Currency, known(row.Difference), settledWays(row), row.Reason,
				moneyOf(row.Differs, row.Currency).Amount, row.Included.String(), string(row.NotBilled))
		}
		return nil
	})
}

// settledWays says how a row was settled, for a download.
func settledWays(row months.StatementRow) string {
	var ways []string
	for _, s := range row.Settlements {
		ways = append(ways, strings.TrimSpace(known(s.Seats)+" "+string(s.How)))
	}
	return strings.Join(ways, "; ")
}
