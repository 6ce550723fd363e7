// Package months keeps the books of a month in the mind alone: from what was due, written, read and invoiced it says what an invoice
// took, what difference is left and why, and how far the month has come (docs/months.md). It is pure.
package months

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/shopspring/decimal"

	"seatbridge/billing/seats"
	"seatbridge/store"
)

// State is how far a month has come.
type State string

// The states of a month, in their order. Written means that its sync ended: what that left open is a difference.
const (
	Running State = "running"
	Due     State = "due"
	Written State = "written"
	Closed  State = "closed"
)

// A Try is what became of the syncs of a month.
type Try struct {
	Last  store.Run // the latest that was to write it; a zero one: there was none
	Ended bool      // one of the whole month came to its end
}

// StateOf is how far a month has come at a moment.
func StateOf(m store.BookedMonth, t Try, now time.Time) State {
	switch {
	case m.Month >= store.MonthOf(now):
		return Running
	case !m.ClosedAt.IsZero():
		return Closed
	case t.Ended:
		return Written
	}
	return Due
}

// A Story is what is known of an organization: all that its rows of the books follow from.
type Story struct {
	Organization store.Organization
	Usage        func(store.Month) seats.Usage // as counted now
	Managed      func(store.Month) bool        // by the MSP, as the month ended
	Mapping      store.Mapping                 // a zero one: it is not mapped
	Entries      []store.Entry                 // of runs that wrote, oldest first
	Agreements   map[int]Agreement             // that carry its seats, or did
	Products     map[int]store.Plan            // the plan of a mapped product
	Prices       map[store.Plan]Price          // what a seat usually costs, where no line of its own says it
	Settlements  []store.Settlement            // that were not undone, oldest first
	Elsewhere    *store.Elsewhere              // nil: nobody says that it is invoiced elsewhere
	Rows         []store.MonthRow              // as they were counted before
	Begun        store.Month                   // months before it are reconstructed; empty: none is
}

// Agreement is what is known of an agreement that carries seats.
type Agreement struct {
	ID, CompanyID int
	Name, Company string
	Mapped        []int64      // organizations
	Left          []int64      // organizations that were mapped last, where none is
	LeftAt        time.Time    // until when they were
	Said          []store.Said // what its lines said, oldest first
	Billing       Billing
}

// Price is what a seat costs.
type Price struct {
	UnitPrice decimal.NullDecimal
	Currency  string
}

// RowsOf are the rows of an organization in a month that ended, one for each plan on which something was due, written or billed.
func RowsOf(s Story, m store.Month, t Try, now time.Time) []store.MonthRow {
	var rows []store.MonthRow
	for _, plan := range store.Plans() {
		v := s.look(m, plan, t, now)
		if v.counts() {
			rows = append(rows, v.settled(v.judged()))
		}
	}
	return rows
}

// view is what one row follows from.
type view struct {
	Story
	month   store.Month
	plan    store.Plan
	try     Try
	now     time.Time
	usage   seats.Usage
	due     decimal.NullDecimal
	last    *store.Entry // the latest of the month's about this plan, whatever became of it
	written *store.Entry // the latest that was written, or was right, and not undone
	share   decimal.Decimal
	stood   standing // what the invoice took or, while there is none, what stands
	stands  standing // what stands now
}

func (s Story) look(m store.Month, plan store.Plan, t Try, now time.Time) view {
	v := view{Story: s, month: m, plan: plan, try: t, now: now, usage: s.Usage(m)}
	v.due = v.dueSeats()
	for i := range s.Entries {
		e := &s.Entries[i]
		share, has := shareOf(e.Change.Shares, s.Organization.ID, plan)
		if e.Run.Month != m || !has {
			continue
		}
		v.last = e
		if e.Undone.IsZero() && (e.Change.State == store.StateWritten || e.Change.State == store.StateUnchanged) {
			v.written, v.share = e, decimal.NewFromInt(int64(share.Seats))
		}
	}
	v.stood = s.standingAt(plan, m, now, true)
	v.stands = s.standingAt(plan, m, now, false)
	return v
}

// dueSeats is what the organization owes on the plan. Nobody knows what one owes that the MSP did not manage.
func (v view) dueSeats() decimal.NullDecimal {
	n, known := v.usage.Seats()
	switch {
	case !known || !v.Managed(v.month):
		return decimal.NullDecimal{}
	case v.usage.Plan != v.plan:
		return decimal.NewNullDecimal(decimal.Zero)
	}
	return decimal.NewNullDecimal(decimal.NewFromInt(int64(n)))
}

// counts says whether there is anything to say of the plan in the month.
func (v view) counts() bool {
	if v.written != nil && !v.share.IsZero() || v.stood.known && !v.stood.quantity.IsZero() || !v.settledSeats().IsZero() {
		return true
	}
	if v.due.Valid {
		return !v.due.Decimal.IsZero()
	}
	// Of an organization that came later, or is not the MSP's, nobody expects a figure.
	return v.usage.Plan == v.plan && v.Managed(v.month) && v.Organization.CreatedAt.Before(v.month.End())
}

// judged is the row without what was settled of it.
func (v view) judged() store.MonthRow {
	r := store.MonthRow{
		Month: v.month, OrganizationID: v.Organization.ID, Organization: v.Organization.Name, Plan: v.plan,
		Due: v.due, Source: string(v.usage.Source()),
	}
	v.remember(&r)
	if v.written != nil {
		r.Written, r.WrittenRun, r.WrittenAt = decimal.NewNullDecimal(v.share), v.written.Run.ID, v.writtenAt()
		r.DueThen = r.Written
	}
	v.place(&r)
	if v.stands.lines > 0 {
		r.InConnectWise, r.Edited = decimal.NewNullDecimal(v.stands.quantity), v.stands.edited()
	}
	if v.stood.known {
		r.Billed = decimal.NewNullDecimal(v.stood.quantity)
	}
	if r.Due.Valid && r.Billed.Valid {
		r.Difference = decimal.NewNullDecimal(r.Due.Decimal.Sub(r.Billed.Decimal))
	}
	if !r.Difference.Valid || !r.Difference.Decimal.IsZero() {
		r.Cause, r.Reason = v.why(r)
		r.Reason = strings.TrimSpace(r.Reason + " " + TermsText(r))
	}
	return r
}

// remember keeps since when a figure is as it is, where it was another one.
func (v view) remember(r *store.MonthRow) {
	i := slices.IndexFunc(v.Rows, func(old store.MonthRow) bool { return old.Month == r.Month && old.Plan == r.Plan })
	if i < 0 {
		return
	}
	old := v.Rows[i]
	r.DueWas, r.DueSince = old.DueWas, old.DueSince
	if old.Due.Valid && r.Due.Valid && !old.Due.Decimal.Equal(r.Due.Decimal) {
		r.DueWas, r.DueSince = old.Due, v.now.Truncate(time.Second)
	}
}

func (v view) writtenAt() time.Time {
	if !v.written.Change.DoneAt.IsZero() {
		return v.written.Change.DoneAt
	}
	return v.written.Run.StartedAt
}

// place says which agreement, line and invoice carry the row, and at what price.
func (v view) place(r *store.MonthRow) {
	id := v.carrier()
	a := v.Agreements[id]
	r.AgreementID, r.Agreement, r.CompanyID, r.Company = id, a.Name, a.CompanyID, a.Company
	r.Invoice.State = store.InvoiceUnknown
	if id != 0 {
		c := v.Story.carrier(id, v.month, v.now)
		r.Invoice = store.RowInvoice{State: c.State, ID: c.Invoice.ID, Number: c.Invoice.Number, Day: c.Day()}
	}
	price := v.Prices[v.plan]
	if v.last != nil && v.last.Change.UnitPrice.Valid {
		price = Price{v.last.Change.UnitPrice, v.last.Change.Currency}
	}
	for _, s := range []standing{v.stands, v.stood} {
		if s.said.AdditionID == 0 {
			continue
		}
		r.ProductID, r.AdditionID = s.said.ProductID, s.said.AdditionID
		if s.said.UnitPrice.Valid {
			price = Price{s.said.UnitPrice, s.said.Currency}
		}
	}
	r.UnitPrice, r.Currency = price.UnitPrice, price.Currency
	v.bill(r, id)
}

// bill says what of the line that carries the row is not billed. Where the organization has no part of one, that is the line which others
// have on the agreement, or else what was found where one was to be created.
func (v view) bill(r *store.MonthRow, agreement int) {
	r.LineBilled, r.LineTerms, r.IncludedShare = v.stood.took, v.stood.said.LineTerms, v.stood.included
	if v.stood.lines > 0 {
		return
	}
	took := v.Story.carrier(agreement, v.month, v.now).taking(v.now, true)
	for _, line := range linesOf(v.Agreements[agreement].Said) {
		if said, _, there := line.takenBy(took); there && v.Products[said.ProductID] == v.plan && said.Ended == "" {
			r.LineBilled, r.LineTerms = said.Quantity, said.LineTerms
			return
		}
	}
	if v.last != nil {
		r.LineTerms = v.last.Change.Terms()
	}
}

// carrier is the agreement that carries the row: where its seats stood, or where it is mapped; 0: none.
func (v view) carrier() int {
	switch {
	case v.stood.said.AgreementID != 0 && !v.stood.quantity.IsZero():
		return v.stood.said.AgreementID
	case v.Mapping.AgreementID != 0:
		return v.Mapping.AgreementID
	case v.written != nil:
		return v.written.Change.AgreementID
	case v.last != nil:
		return v.last.Change.AgreementID
	}
	return v.stood.said.AgreementID
}

func (v view) settledSeats() decimal.Decimal {
	sum := decimal.Zero
	for _, s := range v.Settlements {
		if s.Month == v.month && s.Plan == v.plan {
			sum = sum.Add(s.Seats)
		}
	}
	return sum
}

// settled is the row with what was settled of it, and what is open. An organization that is invoiced elsewhere is settled by that.
func (v view) settled(r store.MonthRow) store.MonthRow {
	r.Settled = v.settledSeats()
	for _, s := range v.Settlements {
		if s.Month == v.month && s.Plan == v.plan {
			r.SettledBy = s.How
		}
	}
	if !r.Difference.Valid {
		r.State = store.RowOpen
		if r.SettledBy != "" {
			r.State = store.RowSettled
		}
		if v.elsewhere(r) {
			r.State, r.SettledBy = store.RowSettled, store.ByHand
		}
		return r
	}
	if v.elsewhere(r) {
		r.Settled, r.SettledBy = r.Difference.Decimal, store.ByHand
	}
	r.Open = decimal.NewNullDecimal(r.Difference.Decimal.Sub(r.Settled))
	switch {
	case !r.Open.Decimal.IsZero():
		r.State = store.RowOpen
		if r.Cause == "" {
			r.Cause = CauseHealed
			r.Reason = fmt.Sprintf("%s was settled, and there is no difference any more: undo the settlement.", r.Settled)
		}
	case r.Settled.IsZero():
		r.State = store.RowAgrees
	default:
		r.State = store.RowSettled
	}
	return r
}

// Settleable says that a person can settle a row's difference: how many seats it is, is known, or never will be, since the MSP did not
// manage the organization.
func Settleable(r store.MonthRow) bool { return r.Open.Valid || r.Cause == CauseUnmanaged }

// elsewhere says that somebody said that the organization is invoiced elsewhere, and nothing here contradicts it.
func (v view) elsewhere(r store.MonthRow) bool {
	return v.Elsewhere != nil && r.Billed.Decimal.IsZero() && v.Mapping.AgreementID == 0
}

// shareOf is the organization's share of a change on a plan.
func shareOf(shares []store.Share, organizationID int64, plan store.Plan) (store.Share, bool) {
	i := slices.IndexFunc(shares, func(s store.Share) bool { return s.OrganizationID == organizationID && s.Plan == plan })
	if i < 0 {
		return store.Share{}, false
	}
	return shares[i], true
}
