package views

import (
	"strings"
	"time"
)

// StatementPage is what a closed month was.
type StatementPage struct {
	Month                string
	Number               int
	MSP                  string
	ClosedAt             time.Time
	ClosedBy             string // empty: by the rule
	Reconstructed        bool
	SHA256, Previous     string // in hex; no previous: it is the first
	Organizations        int
	Agreements, Invoiced int
	Unknown              int    // rows whose due nobody knows
	Due, Written         string // seats
	Billed, Settled      string
	SettledRows          int
	DueMoney             []Money
	BilledMoney          []Money
	SettledMoney         []Money
	Unpriced, NotBilled  int // rows that the money is without
	Plans                []StatementPlan
	Rows                 []StatementRow
	Others               []StatementInvoice
	Verified             *Notice // what verifying it and those before it found
}

// StatementPlan is what was due on a plan.
type StatementPlan struct{ Plan, Due string }

// StatementRow is a row of a statement. Seats are decimals; empty means not known.
type StatementRow struct {
	Organization              string
	Plan                      string
	AgreementID, AdditionID   int // 0: none
	Due, Written, Billed      string
	Invoice                   string // not_yet, invoiced, period_closed or unknown
	InvoiceNumber, InvoiceDay string
	Worth                     Money // of what was due
	Difference                string
	DifferenceMoney           Money
	Reason                    string
	Settlements               []Settlement
}

// StatementInvoice is an invoice of an agreement that is not its period's.
type StatementInvoice struct {
	Number, Type string
	AgreementID  int
	Day          string // YYYY-MM-DD
	Total        Money
}

// without says what the money of all rows is without; empty: nothing.
func (p StatementPage) without() string {
	return unpriced(RowsSum{Unpriced: p.Unpriced, Unbilled: p.NotBilled, Money: p.DueMoney})
}

// sound: nothing speaks against the statement.
func (p StatementPage) sound() bool { return p.Verified == nil || p.Verified.Kind == "success" }

// period is the month's first and last day.
func (p StatementPage) period() string {
	first, err := time.Parse("2006-01", p.Month)
	if err != nil {
		return p.Month
	}
	return "1 to " + first.AddDate(0, 1, -1).Format("2 January 2006")
}

// plans says what was due on each plan.
func (p StatementPage) plans() string {
	var parts []string
	for _, plan := range p.Plans {
		parts = append(parts, plain(plan.Due)+" "+planName(plan.Plan))
	}
	return strings.Join(parts, ", ")
}

// differing are the rows with a difference.
func (p StatementPage) differing() []StatementRow {
	var rows []StatementRow
	for _, r := range p.Rows {
		if len(r.Settlements) > 0 || r.Difference == "" || strings.Trim(r.Difference, "0.") != "" {
			rows = append(rows, r)
		}
	}
	return rows
}

// invoice says which invoice carries the row.
func (r StatementRow) invoice(month string) string {
	switch {
	case r.Invoice == "invoiced":
		return r.InvoiceNumber + ", " + dayIn(r.InvoiceDay, month)
	case r.Invoice == "not_yet":
		return "not made yet"
	case r.AgreementID == 0:
		return none
	case r.Invoice == "period_closed":
		return "none known"
	}
	return "not known"
}

// agreement is the agreement's number.
func (r StatementRow) agreement() string {
	if r.AgreementID == 0 {
		return none
	}
	return "#" + id(int64(r.AgreementID))
}

// line is the addition's number.
func (r StatementRow) line() string {
	if r.AdditionID == 0 {
		return none
	}
	return id(int64(r.AdditionID))
}

// settled says how a difference was settled, by whom and when.
func (s Settlement) settled() string {
	name := SettlingName(s.How)
	if s.How == "elsewhere" {
		name = "Invoiced elsewhere, said"
	}
	text := name + " by " + s.By + ", " + moment(s.At)
	if s.Seats != "" {
		text = seatsText(s.Seats) + ": " + strings.ToLower(text[:1]) + text[1:]
	}
	if s.Note != "" {
		text += ": “" + s.Note + "”"
	}
	return text + "."
}

// hash writes a hash in groups of eight.
func hash(hex string) string {
	var groups []string
	for ; len(hex) > 8; hex = hex[8:] {
		groups = append(groups, hex[:8])
	}
	return strings.Join(append(groups, hex), " ")
}

// closer says who closed the month.
func (p StatementPage) closer() string {
	if p.ClosedBy == "" {
		return "by itself, as the settings have it"
	}
	return "by " + p.ClosedBy
}

// owner says whose customers' seats these are.
func (p StatementPage) owner() string {
	if p.MSP == "" {
		return "NordPass seats of customers"
	}
	return "NordPass seats of " + p.MSP + "’s customers"
}

// unknown says of how many rows nobody knows what was due.
func (p StatementPage) unknown() string {
	if p.Unknown == 0 {
		return ""
	}
	return "; " + count(p.Unknown, "row not known", "rows not known")
}
