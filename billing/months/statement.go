package months

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/shopspring/decimal"

	"seatbridge/billing/canonical"
	"seatbridge/billing/money"
	"seatbridge/store"
)

// StatementVersion is the version of the format in which statements are written (docs/months.md section 7). In those of version 1 money was
// seats times price, whatever was included or not billed, and rows did not say so.
const StatementVersion = 2

// Statement is what a closed month was: what was due, written and billed of each organization, and how what differed was settled. It
// does not change any more. Quantities are seats; a figure that nobody knows is null. Moments are UTC, in whole seconds.
type Statement struct {
	Version       int                `json:"version"`
	Installation  string             `json:"installation"` // 128 random bits in hex, the same in all statements of an installation
	Number        int                `json:"number"`       // 1 for the first
	Previous      string             `json:"previous"`     // the SHA-256 of the statement before, in hex; empty: it is the first
	Month         store.Month        `json:"month"`
	MSP           string             `json:"msp"`
	ClosedAt      time.Time          `json:"closed_at"`
	ClosedBy      string             `json:"closed_by"`     // e-mail address; empty: by itself, as the settings have it
	Reconstructed bool               `json:"reconstructed"` // from the journal of the time before there were books
	Sums          StatementSums      `json:"sums"`
	Rows          []StatementRow     `json:"rows"`           // by organization id and plan
	OtherInvoices []StatementInvoice `json:"other_invoices"` // of these agreements, that are no agreement's period; by id
}

// StatementSums is what the rows of a statement come to. A figure that is not known adds nothing, and Unknown says so.
type StatementSums struct {
	Organizations int              `json:"organizations"`
	Agreements    int              `json:"agreements"` // that carry rows
	Invoiced      int              `json:"invoiced"`   // of these, by a known invoice
	Unknown       int              `json:"unknown"`    // rows whose due is not known
	Due           decimal.Decimal  `json:"due"`
	Written       decimal.Decimal  `json:"written"`
	Billed        decimal.Decimal  `json:"billed"`
	Settled       decimal.Decimal  `json:"settled"`
	SettledRows   int              `json:"settled_rows"`
	Plans         []StatementPlan  `json:"plans"`      // by plan
	Money         []StatementMoney `json:"money"`      // by currency
	Unpriced      int              `json:"unpriced"`   // rows without a price, which the money is without
	NotBilled     int              `json:"not_billed"` // rows of which ConnectWise bills nothing
}

// StatementPlan is what the rows of a plan come to, in seats.
type StatementPlan struct {
	Plan    store.Plan      `json:"plan"`
	Due     decimal.Decimal `json:"due"`
	Billed  decimal.Decimal `json:"billed"`
	Settled decimal.Decimal `json:"settled"`
}

// StatementMoney is what the rows of a currency come to by the rule of MoneyOf, each row rounded to the digits of the currency.
type StatementMoney struct {
	Currency string          `json:"currency"`
	Due      decimal.Decimal `json:"due"`
	Billed   decimal.Decimal `json:"billed"`
	Settled  decimal.Decimal `json:"settled"`
}

// StatementRow is an organization on a plan.
type StatementRow struct {
	ID           int64                 `json:"id"` // of the organization
	Organization string                `json:"organization"`
	ExternalID   string                `json:"external_id"`
	Plan         store.Plan            `json:"plan"`
	CompanyID    int                   `json:"company_id"`
	Company      string                `json:"company"`
	AgreementID  int                   `json:"agreement_id"` // that carries it; 0: none does
	Agreement    string                `json:"agreement"`
	ProductID    int                   `json:"product_id"`
	AdditionID   int                   `json:"addition_id"`
	Due          decimal.NullDecimal   `json:"due"`
	Source       string                `json:"source"` // of Due, as seats.Source has it
	Written      decimal.NullDecimal   `json:"written"`
	WrittenRun   int64                 `json:"written_run"` // 0: none
	WrittenAt    *time.Time            `json:"written_at"`
	Billed       decimal.NullDecimal   `json:"billed"`
	Invoice      StatementCarrier      `json:"invoice"`
	UnitPrice    decimal.NullDecimal   `json:"unit_price"` // in Currency
	Currency     string                `json:"currency"`
	LineBilled   decimal.Decimal       `json:"line_billed"`    // what the invoice took of the whole line, all organizations together
	Included     decimal.Decimal       `json:"included"`       // so many seats of the line are not billed
	OwnIncluded  decimal.Decimal       `json:"included_share"` // of these, what comes off Billed
	NotBilled    store.Subject         `json:"not_billed"`     // products of the agreement are not, or the line to the customer; empty: it is
	DueMoney     decimal.NullDecimal   `json:"due_money"`      // in Currency
	Difference   decimal.NullDecimal   `json:"difference"`     // due less billed
	Differs      decimal.NullDecimal   `json:"difference_money"`
	State        store.RowState        `json:"state"`
	Reason       string                `json:"reason"`      // why there is a difference; empty: there is none
	Settlements  []StatementSettlement `json:"settlements"` // oldest first
}

// StatementCarrier is what was known of the invoice that carries a row.
type StatementCarrier struct {
	State  store.InvoiceState `json:"state"`
	ID     int                `json:"id"` // ConnectWise's own; 0: none is known
	Number string             `json:"number"`
	Day    string             `json:"day"` // its date or, where it was not made yet, when it was to be
}

// SettledElsewhere is the way of a settlement that somebody's word brought: the organization is invoiced elsewhere than through
// ConnectWise. The others are those of store.Settling.
const SettledElsewhere = "elsewhere"

// StatementSettlement is how somebody dealt with a difference.
type StatementSettlement struct {
	How   string              `json:"how"`
	Seats decimal.NullDecimal `json:"seats"` // of the difference
	Note  string              `json:"note"`
	RunID int64               `json:"run"` // that put it on the next invoice or wrote it again; 0: none
	At    time.Time           `json:"at"`
	By    string              `json:"by"` // e-mail address
}

// StatementInvoice is an invoice of an agreement that is not its period's, such as a credit memo.
type StatementInvoice struct {
	ID          int                 `json:"id"`
	Number      string              `json:"number"`
	Type        string              `json:"type"`
	AgreementID int                 `json:"agreement_id"`
	Day         string              `json:"day"`
	Total       decimal.NullDecimal `json:"total"` // in Currency
	Currency    string              `json:"currency"`
}

// A Closing is a month at the moment at which somebody closes it.
type Closing struct {
	Month       store.BookedMonth // with who closes it, and when
	MSP         string
	Rows        []store.MonthRow
	Settlements []store.Settlement // of the month; those that were undone do not matter
	Elsewhere   map[int64]store.Elsewhere
	Others      []store.Invoice  // of these agreements, of other types
	Last        *store.Statement // nil: this is the first
	// Installation names the installation where this is its first statement: 128 random bits in hex.
	Installation string
}

// StatementOf is the statement of a month that is closed. It is none on top of a statement that is not what it was.
func StatementOf(c Closing) (Statement, error) {
	s := Statement{
		Version: StatementVersion, Installation: c.Installation, Number: 1, Month: c.Month.Month, MSP: c.MSP,
		ClosedAt: c.Month.ClosedAt.UTC().Truncate(time.Second), ClosedBy: c.Month.ClosedBy, Reconstructed: c.Month.Reconstructed,
		Sums: sumsOf(c.Rows), Rows: c.rows(), OtherInvoices: c.otherInvoices(),
	}
	if c.Last != nil {
		last, sentences := check(*c.Last)
		if len(sentences) > 0 {
			return Statement{}, errors.New(sentences[0])
		}
		s.Number, s.Previous, s.Installation = c.Last.Number+1, c.Last.SHA256, last.Installation
	}
	return s, nil
}

func (c Closing) rows() []StatementRow {
	settlements := map[store.RowKey][]StatementSettlement{}
	for _, s := range c.Settlements {
		if !s.UndoneAt.IsZero() {
			continue
		}
		key := store.RowKey{OrganizationID: s.OrganizationID, Plan: s.Plan}
		settlements[key] = append(settlements[key], StatementSettlement{
			How: string(s.How), Seats: decimal.NewNullDecimal(s.Seats), Note: s.Note, RunID: s.RunID, At: s.At.UTC(), By: s.By,
		})
	}
	rows := make([]StatementRow, 0, len(c.Rows))
	for _, r := range c.Rows {
		row := rowOf(r)
		row.Settlements = settlements[store.RowKey{OrganizationID: r.OrganizationID, Plan: r.Plan}]
		if e, said := c.Elsewhere[r.OrganizationID]; said && len(row.Settlements) == 0 && r.State == store.RowSettled {
			row.Settlements = []StatementSettlement{{How: SettledElsewhere, Seats: r.Difference, Note: e.Note, At: e.At.UTC(), By: e.By}}
		}
		if row.Settlements == nil {
			row.Settlements = []StatementSettlement{}
		}
		rows = append(rows, row)
	}
	slices.SortFunc(rows, func(a, b StatementRow) int { return cmp.Or(cmp.Compare(a.ID, b.ID), cmp.Compare(a.Plan, b.Plan)) })
	return rows
}

func rowOf(r store.MonthRow) StatementRow {
	comes := MoneyOf(r)
	row := StatementRow{
		ID: r.OrganizationID, Organization: r.Organization, ExternalID: r.ExternalID, Plan: r.Plan, CompanyID: r.CompanyID, Company: r.Company,
		AgreementID: r.AgreementID, Agreement: r.Agreement, ProductID: r.ProductID, AdditionID: r.AdditionID,
		Due: r.Due, Source: r.Source, Written: r.Written, WrittenRun: r.WrittenRun, Billed: r.Billed,
		Invoice:   StatementCarrier{State: r.Invoice.State, ID: r.Invoice.ID, Number: r.Invoice.Number, Day: r.Invoice.Day},
		UnitPrice: r.UnitPrice, Currency: r.Currency, Difference: r.Difference, State: r.State, Reason: r.Reason,
		LineBilled: r.LineBilled, Included: r.Included, OwnIncluded: r.IncludedShare, NotBilled: r.Unbilled,
		DueMoney: comes.Due, Differs: comes.Difference,
	}
	if !r.WrittenAt.IsZero() {
		at := r.WrittenAt.UTC()
		row.WrittenAt = &at
	}
	return row
}

func (c Closing) otherInvoices() []StatementInvoice {
	others := make([]StatementInvoice, 0, len(c.Others))
	for _, v := range c.Others {
		others = append(others, StatementInvoice{v.ID, v.Number, v.Type, v.AgreementID, v.Day, v.Total, v.Currency})
	}
	slices.SortFunc(others, func(a, b StatementInvoice) int { return cmp.Compare(a.ID, b.ID) })
	return others
}

// sumsOf adds rows up, by plan and currency, too.
func sumsOf(rows []store.MonthRow) StatementSums {
	var tally Tally
	organizations := map[int64]bool{}
	plans := map[store.Plan]StatementPlan{}
	unpriced, notBilled := 0, 0
	for _, r := range rows {
		tally.Add(r)
		organizations[r.OrganizationID] = true
		switch {
		case r.Unbilled != "":
			notBilled++
		case !r.UnitPrice.Valid:
			unpriced++
		}
		p := plans[r.Plan]
		p.Due, p.Billed, p.Settled = p.Due.Add(r.Due.Decimal), p.Billed.Add(r.Billed.Decimal), p.Settled.Add(r.Settled)
		plans[r.Plan] = p
	}
	t := tally.Sums()
	s := StatementSums{
		Organizations: len(organizations), Agreements: t.Agreements, Invoiced: t.Invoiced, Unknown: t.Unknown, Due: t.Due, Written: t.Written,
		Billed: t.Billed, Settled: t.Settled.Seats, SettledRows: t.Settled.Rows, Plans: []StatementPlan{}, Money: []StatementMoney{},
		Unpriced: unpriced, NotBilled: notBilled,
	}
	for _, plan := range store.Plans() {
		if p, has := plans[plan]; has {
			p.Plan = plan
			s.Plans = append(s.Plans, p)
		}
	}
	for _, m := range t.Money {
		s.Money = append(s.Money, StatementMoney{m.Currency, m.Due, m.Billed, m.Settled})
	}
	return s
}

// Sealed is the statement as it is kept: in canonical JSON, with its SHA-256.
func (s Statement) Sealed() (store.Statement, error) {
	body, err := canonical.Text(s)
	if err != nil {
		return store.Statement{}, fmt.Errorf("writing the statement of %s: %w", s.Month, err)
	}
	return store.Statement{Month: s.Month, Number: s.Number, Body: string(body), SHA256: hashOf(body), Previous: s.Previous}, nil
}

func hashOf(body []byte) string {
	sum := sha256.Sum256(body)
	return hex.EncodeToString(sum[:])
}

// ReadStatement reads a statement that is kept, of any version; in one of version 1 amounts follow from seats and price. Whether it is
// still what it was is Verify's matter.
func ReadStatement(kept store.Statement) (s Statement, err error) {
	if err := json.Unmarshal([]byte(kept.Body), &s); err != nil {
		return s, fmt.Errorf("reading the statement of %s: %w", kept.Month, err)
	}
	if s.Version == 1 {
		for i := range s.Rows {
			r := &s.Rows[i]
			r.DueMoney, r.Differs = money.Of(r.Due, r.UnitPrice, r.Currency), money.Of(r.Difference, r.UnitPrice, r.Currency)
		}
	}
	return s, nil
}
