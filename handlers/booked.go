package handlers

import (
	"context"
	"errors"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/shopspring/decimal"

	"seatbridge/billing/books"
	"seatbridge/billing/months"
	"seatbridge/billing/seats"
	"seatbridge/handlers/web"
	"seatbridge/store"
	"seatbridge/views"
)

const (
	// bookedMonths is how many rows of an organization's months its page shows.
	bookedMonths = 24
	// lateShown is how many figures that changed after they were written a page says.
	lateShown = 5
)

// bookPages shows on other pages what the months' books have of their organizations.
type bookPages struct{ *server }

func (p bookPages) reader() books.Reader { return books.Reader{Keeper: p.Billing.Books} }

// beside is what was written and stands for organizations in a month.
func (p bookPages) beside(ctx context.Context, m store.Month, rows []store.OrganizationRow) (books.Beside, error) {
	mapped := map[int64]int{}
	for _, o := range rows {
		mapped[o.ID] = o.AgreementID
	}
	return p.reader().Beside(ctx, m, mapped)
}

// besideUsage is that of rows of the usage data.
func (p bookPages) besideUsage(ctx context.Context, m store.Month, rows []usageRow) (books.Beside, error) {
	organizations := make([]store.OrganizationRow, len(rows))
	for i, row := range rows {
		organizations[i] = row.OrganizationRow
	}
	return p.beside(ctx, m, organizations)
}

// lateOf are those of the usage data's rows that were written with another figure than what is due now.
func lateOf(rows []views.UsageRow) views.LateRows {
	late := views.LateRows{Named: true}
	for _, row := range rows {
		for _, b := range row.Beside.Rows {
			switch {
			case !b.Late:
			case len(late.Rows) == lateShown:
				late.More++
			default:
				late.Rows = append(late.Rows, b)
			}
		}
	}
	return late
}

// besideView is what it says of one organization.
func besideView(b books.Beside, organizationID int64) views.Beside {
	view := views.Beside{Month: string(b.Month), Running: b.Running, Known: b.Known}
	for _, r := range b.Rows[organizationID] {
		view.Rows = append(view.Rows, bookedView(r, b.Running))
	}
	return view
}

func bookedView(r store.MonthRow, running bool) views.Booked {
	comes := months.MoneyOf(r)
	difference, money := r.Open, comes.Open
	if r.State == store.RowSettled {
		difference, money = r.Difference, comes.Difference
	}
	view := views.Booked{
		Month: string(r.Month), Running: running, OrganizationID: r.OrganizationID, Organization: r.Organization, Plan: string(r.Plan),
		Due: quantity(r.Due), Written: quantity(r.Written), WrittenRun: r.WrittenRun, WrittenAt: r.WrittenAt,
		InConnectWise: quantity(r.InConnectWise), ReadAt: r.ReadAt, Billed: quantity(r.Billed),
		Invoice: string(r.Invoice.State), InvoiceNumber: r.Invoice.Number, InvoiceDay: r.Invoice.Day,
		State: string(r.State), Difference: quantity(difference), Money: rowMoney(money, r), Reason: r.Reason,
	}
	view.Late = r.State == store.RowOpen && r.Written.Valid && r.Due.Valid && !r.Written.Decimal.Equal(r.Due.Decimal)
	return view
}

// late are the rows of an organization, an agreement or a run that were written with another figure than what is due now.
func (p bookPages) late(ctx context.Context, f store.MonthRowFilter) (views.LateRows, error) {
	rows, total, err := p.reader().Late(ctx, f, lateShown)
	late := views.LateRows{More: total - len(rows), Named: f.OrganizationID == 0}
	for _, r := range rows {
		late.Rows = append(late.Rows, bookedView(r, false))
	}
	return late, err
}

// lastEnded is the month that ended last; nil: the books have none yet.
func (p bookPages) lastEnded(ctx context.Context) (*views.EndedMonth, error) {
	m, err := p.reader().LastEnded(ctx)
	if errors.Is(err, store.ErrNotFound) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	sums := m.Sums
	ended := &views.EndedMonth{
		Month: string(m.Month), Due: sums.Due.String(), DueUnknown: sums.Unknown, Differences: sums.Open.Rows, Open: books.InWords(sums),
		Agreements: sums.Agreements, Invoiced: sums.Invoiced, NextInvoice: sums.NextInvoice,
	}
	if sums.WrittenRows > 0 {
		ended.Written = sums.Written.String()
	}
	return ended, nil
}

// ended adds to rows of organizations what was due and written in the month that ended last, for those who see billing.
func (p bookPages) ended(r *http.Request, rows []store.OrganizationRow, shown []views.OrganizationRow) error {
	if web.AccessOf(web.VisitorOf(r).Role) < web.Admin || len(rows) == 0 {
		return nil
	}
	beside, err := p.beside(r.Context(), store.MonthOf(p.Now()).Add(-1), rows)
	for i, row := range rows {
		shown[i].Beside = besideView(beside, row.ID)
	}
	return err
}

// organization adds an organization's months to its page, the running one first; soFar is what is due in that.
func (p bookPages) organization(ctx context.Context, o store.Organization, soFar seats.Usage, page *views.OrganizationPage) error {
	row := store.OrganizationRow{Organization: o}
	if page.Mapping != nil {
		row.AgreementID = int(page.Mapping.ID)
	}
	going, err := p.beside(ctx, store.MonthOf(p.Now()), []store.OrganizationRow{row})
	if err != nil {
		return err
	}
	for _, r := range withDue(going.Rows[o.ID], soFar) {
		page.Booked = append(page.Booked, bookedView(r, true))
	}
	rows, _, err := p.Billing.Books.Rows(ctx, store.MonthRowFilter{OrganizationID: o.ID, Sort: "month", Limit: bookedMonths})
	if err != nil {
		return err
	}
	for _, r := range rows {
		page.Booked = append(page.Booked, bookedView(r, false))
	}
	page.Late, err = p.late(ctx, store.MonthRowFilter{OrganizationID: o.ID})
	return err
}

// withDue adds what is due so far to the rows of the running month: on the plan that it is billed on, 0 on another.
func withDue(rows []store.MonthRow, usage seats.Usage) []store.MonthRow {
	n, known := usage.Seats()
	for i := range rows {
		r := &rows[i]
		r.Organization = usage.Organization
		switch {
		case r.Plan != usage.Plan:
			r.Due = decimal.NewNullDecimal(decimal.Zero)
		case known:
			r.Due = decimal.NewNullDecimal(decimal.NewFromInt(int64(n)))
		}
	}
	return rows
}

// bookedHeader and bookedCells are what downloads have beside the figure of an organization. What is not known is a word there too.
func bookedHeader() []string {
	return []string{
		"Written", "Run", "In ConnectWise", "Read (UTC)", "Billed", "Difference", "Difference in money", "Currency", "State", "On another plan",
	}
}

func bookedCells(b books.Beside, organizationID int64, plan store.Plan) []string {
	cells := make([]string, len(bookedHeader()))
	var others []string
	for _, r := range b.Rows[organizationID] {
		v := bookedView(r, b.Running)
		if r.Plan == plan {
			cells = []string{
				v.Written, number(v.WrittenRun), v.InConnectWise, timestamp(v.ReadAt), v.Billed, v.Difference,
				v.Money.Amount, v.Money.Currency, v.State, "",
			}
			if v.Money.Unbilled {
				cells[6] = "not billed"
			}
			continue
		}
		others = append(others, r.Plan.Name()+": written "+orNone(v.Written)+", in ConnectWise "+orNone(v.InConnectWise)+
			", difference "+orNone(v.Difference))
	}
	cells[len(cells)-1] = strings.Join(others, "; ")
	if !b.Known {
		cells[len(cells)-2] = "not known"
	}
	return cells
}

func orNone(seats string) string {
	if seats == "" {
		return "none"
	}
	return seats
}

// agreement adds to an agreement's page what is due on its lines in the running month, when it is to be invoiced, and what was written
// there with another figure than what is due now.
func (p bookPages) agreement(ctx context.Context, company store.CompanyRow, id int, page *views.AgreementPage) error {
	organizations := []int64{} // none, not all
	for _, m := range company.Mappings {
		if m.AgreementID == id {
			organizations = append(organizations, m.OrganizationID)
		}
	}
	usages, err := p.Billing.Figures.Usage(ctx, seats.ToDate(p.Now()), organizations)
	if err != nil {
		return err
	}
	page.Month = string(store.MonthOf(p.Now()))
	for i := range page.Lines {
		page.Lines[i].Due = quantity(dueOn(store.Plan(page.Lines[i].Plan), organizations, usages))
	}
	next, err := p.reader().NextInvoices(ctx, []int{id})
	if err != nil {
		return err
	}
	page.NextInvoice = next[id]
	page.Late, err = p.late(ctx, store.MonthRowFilter{AgreementID: id})
	return err
}

// dueOn adds up what organizations owe on a plan: not known as soon as one of them is not known.
func dueOn(plan store.Plan, organizations []int64, usages map[int64]seats.Usage) decimal.NullDecimal {
	sum := 0
	for _, id := range organizations {
		u := usages[id]
		n, known := u.Seats()
		switch {
		case !known:
			return decimal.NullDecimal{}
		case u.Plan == plan:
			sum += n
		}
	}
	return decimal.NewNullDecimal(decimal.NewFromInt(int64(sum)))
}

// companies adds to the mapped organizations of companies what is due so far, what stands on their lines and when they are to be
// invoiced.
func (p bookPages) companies(ctx context.Context, companies []store.CompanyRow, shown []views.CompanyRow) error {
	mapped := map[int64]int{}
	agreements := []int{}
	for _, c := range companies {
		for _, m := range c.Mappings {
			mapped[m.OrganizationID] = m.AgreementID
			agreements = append(agreements, m.AgreementID)
		}
	}
	if len(mapped) == 0 {
		return nil
	}
	usages, err := p.Billing.Figures.Usage(ctx, seats.ToDate(p.Now()), slices.Sorted(maps.Keys(mapped)))
	if err != nil {
		return err
	}
	beside, err := p.reader().Beside(ctx, store.MonthOf(p.Now()), mapped)
	if err != nil {
		return err
	}
	next, err := p.reader().NextInvoices(ctx, agreements)
	for i := range shown {
		for j := range shown[i].Mappings {
			m := &shown[i].Mappings[j]
			if n, known := usages[m.OrganizationID].Seats(); known {
				m.Due = strconv.Itoa(n)
			}
			m.Beside, m.NextInvoice = besideView(beside, m.OrganizationID), next[mapped[m.OrganizationID]]
		}
	}
	return err
}
