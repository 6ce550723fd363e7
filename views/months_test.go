package views

import (
	"strings"
	"testing"
)

func sampleLine(state string) MonthLine {
	return MonthLine{
		Month: "2026-10", State: state, Reconstructed: true, Day: 4, Days: 31, Rows: 26, Due: "594", DueUnknown: 1, DueMoney: []Money{{Amount: "3357.06", Currency: "USD"}},
		Written: "438", WrittenRows: 19, Open: RowsSum{Rows: 11, Seats: "44", Unknown: 1, Unpriced: 2, Money: []Money{{Amount: "255.56", Currency: "USD"}, {Amount: "-9.50", Currency: "EUR"}}},
		Settled: RowsSum{Rows: 2, Seats: "2", Money: []Money{{Amount: "11.48", Currency: "USD"}}}, Agreements: 24, Invoiced: 12, NextInvoice: "2026-11-05",
		Run: 41, RunAt: at("2026-11-01 00:30"), ClosedAt: at("2026-11-06 08:41"), ClosedBy: hostile,
	}
}

func monthsPage() MonthsPage {
	return MonthsPage{
		Rows: []MonthLine{sampleLine("running"), sampleLine("due"), sampleLine("written"), sampleLine("closed")},
		Open: sampleLine("written").Open, Pending: 7, SetUp: at("2026-02-09 10:00"), CSV: MonthsCSVPath, Verified: &Notice{What: hostile},
	}
}

func bookRow(state string) MonthRow {
	return MonthRow{
		OrganizationID: 7, Organization: hostile, Plan: PlanBusiness, Agreement: hostile, AgreementID: 11, Company: hostile, Due: "31", Source: "Seat ledger",
		DueWas: "30", DueSince: at("2026-11-03 10:00"), Written: "30", WrittenRun: 41, WrittenAt: at("2026-11-01 00:31"), InConnectWise: "32", Edited: true,
		ReadAt: at("2026-11-04 09:02"), Billed: "25", Invoice: "invoiced", InvoiceNumber: hostile, InvoiceDay: "2026-11-01", Difference: "6", Settled: "1",
		SettledBy: "waived", Open: "5", Money: Money{Amount: "24.95", Currency: "USD"}, State: state, Settles: true, Cause: "held", Reason: hostile,
	}
}

func monthPage(state string) MonthPage {
	line := sampleLine(state)
	unknown := bookRow("open")
	unknown.OrganizationID, unknown.Due, unknown.Open, unknown.Difference, unknown.Money.Amount, unknown.Invoice = 8, "", "", "", "", "unknown"
	unknown.Settles = false
	unmapped := MonthRow{OrganizationID: 9, Organization: hostile, Plan: PlanEnterprise, Due: "5", Billed: "0", Difference: "5", Open: "5", State: "open", Settles: true, Cause: "unmapped"}
	return MonthPage{
		MonthLine: line, More: line.Open, Less: RowsSum{Rows: 1, Seats: "-2", Unpriced: 1}, InConnectWise: "554",
		MoneyConnectWise: []Money{{Amount: "3119.96", Currency: "USD"}}, ReadAt: at("2026-11-04 09:02"), InvoicedSeats: "329", Pending: 2, CSV: MonthCSVPath("2026-10"),
		Shows: []Option{{Label: "All", Count: 26, Selected: true}, {Value: "open", Label: "Open", Count: 11}},
		List: MonthList{
			Month: "2026-10", Query: hostile, Sort: sortedBy("name", "name", "due", "difference"), Back: "/months/2026-10?q=x", Chooses: true, OnNext: true,
			Groups: []MonthGroup{{State: "open", Sum: &line.Open, Rows: []MonthRow{bookRow("open"), unknown, unmapped}}, {State: "settled", Rows: []MonthRow{bookRow("settled")}}, {State: "none", Sum: &RowsSum{Rows: 13}, Rows: []MonthRow{bookRow("none")}}},
			Pager:  Pager{Page: 1, From: 1, To: 5, Total: 26, Next: "/months/2026-10?page=2"}, Total: 26, Sum: "594 due",
		},
	}
}

func settleDialog(problems Problems) SettleDialog {
	return SettleDialog{Month: "2026-10", How: "by_hand", Rows: []MonthRow{bookRow("open")}, Sum: sampleLine("written").Open, Seen: "5", Note: hostile, Back: "/months/2026-10", Problems: problems}
}

func monthRowDialog(problems Problems) MonthRowDialog {
	return MonthRowDialog{
		Month: "2026-10", Row: bookRow("open"), Note: hostile, Back: "/months/2026-10", Problems: problems,
		Settlements: []Settlement{
			{ID: 1, How: "by_hand", Seats: "1", Money: Money{Amount: "4.99", Currency: "USD"}, Note: hostile, At: at("2026-11-03 10:00"), By: hostile},
			{ID: 2, How: "waived", Seats: "-1", At: at("2026-11-03 10:00"), By: hostile, UndoneAt: at("2026-11-03 11:00"), UndoneBy: hostile},
			{ID: 3, How: "next_invoice", Seats: "2", At: at("2026-11-03 10:00"), By: hostile, RunID: 42},
		},
	}
}

func statementPage(verified *Notice) StatementPage {
	return StatementPage{
		Month: "2026-10", Number: 8, MSP: hostile, ClosedAt: at("2026-11-06 08:41"), ClosedBy: hostile, SHA256: strings.Repeat("66a9bf96", 8), Previous: strings.Repeat("8a0dd594", 8),
		Organizations: 2, Agreements: 2, Invoiced: 1, Unknown: 1, Due: "6", Written: "5", Billed: "5", Settled: "1", SettledRows: 1, Verified: verified,
		DueMoney: []Money{{Amount: "29.94", Currency: "USD"}}, BilledMoney: []Money{{Amount: "24.95", Currency: "USD"}}, SettledMoney: []Money{{Amount: "4.99", Currency: "USD"}}, Plans: []StatementPlan{{PlanBusiness, "6"}},
		Rows: []StatementRow{
			{Organization: hostile, Plan: PlanBusiness, AgreementID: 11, AdditionID: 4101, Due: "6", Written: "5", Billed: "5", Invoice: "invoiced", InvoiceNumber: hostile, InvoiceDay: "2026-11-01", Worth: Money{Amount: "29.94", Currency: "USD"}, Difference: "1", DifferenceMoney: Money{Amount: "4.99", Currency: "USD"}, Reason: hostile, Settlements: []Settlement{{How: "elsewhere", Note: hostile, By: hostile, At: at("2026-11-05 10:00")}}},
			{Organization: hostile, Plan: PlanEnterprise, Invoice: "unknown"},
		},
		Others: []StatementInvoice{{Number: hostile, Type: "CreditMemo", AgreementID: 11, Day: "2026-11-07", Total: Money{Amount: "-4.99", Currency: "USD"}}},
	}
}

// Unknown is a word, never 0 and never nothing; money has its sign, its digits and its currency.
func TestMonthSaysWhatIsNotKnown(t *testing.T) {
	t.Parallel()
	doc := render(t, Month(layout(SectionMonths), monthPage("written")))
	unknown := doc.Find("[data-organization='8']")
	wantText(t, unknown.Find(".c-due"), "not known")
	wantText(t, unknown.Find(".c-diff"), "not known")
	wantText(t, unknown.Find(".c-inv"), "not known")
	if unknown.Find("input").Length() != 0 {
		t.Error("a row of which nobody knows what is open can be chosen")
	}
	unmapped := doc.Find("[data-organization='9']")
	wantText(t, unmapped.Find(".c-cw"), "no line")
	wantText(t, unmapped.Find(".c-diff"), "+5", "price not known")
	wantText(t, one(t, doc, "[data-testid=group-open] .sum"), "+44 seats, 1 row not known, +255.56 USD; −9.50 EUR, 2 without a price")
	wantText(t, one(t, doc, "[data-testid=month-strip]"), "594 seats", "3,357.06 USD, 1 row not known", "12 of 24 agreements", "329 seats; the next on 5 Nov")
}

// What is open in money is read from the sign; of currencies that disagree there is no color.
func TestColorsFollowTheMoney(t *testing.T) {
	t.Parallel()
	for want, s := range map[string]RowsSum{
		"plus":  {Seats: "-1", Money: []Money{{Amount: "5.00", Currency: "USD"}}},
		"minus": {Seats: "1", Money: []Money{{Amount: "-5.00", Currency: "USD"}, {Amount: "0.00", Currency: "EUR"}}},
		"":      {Seats: "1", Money: []Money{{Amount: "-5.00", Currency: "USD"}, {Amount: "5.00", Currency: "EUR"}}},
	} {
		if got := s.toward(); got != want {
			t.Errorf("%v is %q, want %q", s.Money, got, want)
		}
	}
	if got := (RowsSum{Seats: "-3"}).toward(); got != "minus" {
		t.Errorf("without a price it is %q", got)
	}
}

// A month that was missed is not about to be written any more, and who closed a month is named in the room there is.
func TestMissedMonthAndWhoClosedIt(t *testing.T) {
	t.Parallel()
	missed := sampleLine("closed")
	missed.WrittenRows, missed.ClosedBy = 0, "mira@fernhollow.example"
	coming := sampleLine("due")
	coming.Month, coming.WrittenRows = "2026-11", 0
	page := render(t, Months(Layout{}, MonthsPage{Rows: []MonthLine{coming, missed}}))
	for css, want := range map[string]string{
		"[data-month='2026-10'] [data-label=Written]": "never", "[data-month='2026-11'] [data-label=Written]": "not yet",
		"[data-month='2026-10'] .c-st .second": "6 Nov, by mira",
	} {
		if got := strings.TrimSpace(page.Find(css).Text()); got != want {
			t.Errorf("%s says %q, want %q", css, got, want)
		}
	}
	if title := page.Find("[data-month='2026-10'] .c-st .second").AttrOr("title", ""); title != "6 Nov, by mira@fernhollow.example" {
		t.Errorf("the whole address is nowhere: %q", title)
	}
	one := monthPage("closed")
	one.WrittenRows = 0
	if strip := render(t, Month(Layout{}, one)).Find("[data-testid=month-strip]").Text(); !strings.Contains(strip, "Never0 of 26 rows") || strings.Contains(strip, "Not yet") {
		t.Errorf("the month's page does not say that it was never written: %s", strip)
	}
}
