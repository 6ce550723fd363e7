package handlers

import (
	"context"
	"fmt"
	"net/http"
	"strconv"

	"github.com/a-h/templ"
	"github.com/shopspring/decimal"

	"seatbridge/billing/books"
	"seatbridge/billing/months"
	"seatbridge/billing/problem"
	"seatbridge/billing/seats"
	"seatbridge/handlers/web"
	"seatbridge/store"
	"seatbridge/views"
)

// monthRowsPage is how many rows of a month's books a page shows.
const monthRowsPage = 100

// Filters of a month's rows beside their states.
const (
	showNotInvoiced = "not_invoiced"
	showEdited      = "edited"
)

// monthQuery is the address of a month's rows, understood.
type monthQuery struct {
	web.ListQuery
	show   string
	filter store.MonthRowFilter
}

func parseMonthQuery(r *http.Request, m store.Month) monthQuery {
	q := monthQuery{ListQuery: web.ParseListQuery(r.URL.Query(), "name", "due", "difference")}
	q.filter = store.MonthRowFilter{Month: m, Search: q.Search, Sort: q.Sort, Desc: q.Desc}
	state := web.OneOf(q.Values.Get("show"), store.RowOpen, store.RowSettled, store.RowAgrees)
	if state != "" {
		q.filter.States = []store.RowState{state}
	}
	q.show = string(state) + web.OneOf(q.Values.Get("show"), showNotInvoiced, showEdited)
	q.filter.NotInvoiced, q.filter.Edited = q.show == showNotInvoiced, q.show == showEdited
	return q
}

// pathMonth is the month in the path.
func (p monthPages) pathMonth(r *http.Request) (store.Month, error) {
	period, err := parsePeriod(r.PathValue("month"), p.Now())
	return period.Month, err
}

func (p monthPages) show(w http.ResponseWriter, r *http.Request) error {
	m, err := p.pathMonth(r)
	if err != nil {
		return err
	}
	booked, err := p.Billing.Books.Month(r.Context(), m)
	if err != nil {
		return err
	}
	page := monthPage(booked, monthLine(booked, p.Now()))
	if booked.State != months.Running {
		q := parseMonthQuery(r, m)
		if page.List, err = p.rows(r.Context(), booked, q); err != nil {
			return err
		}
		page.CSV = web.WithQuery(views.MonthCSVPath(string(m)), q.Values, "page", "")
		page.Shows = monthShows(booked.Sums, q.show)
		if page.ReadAt, err = store.BooksIn(p.Store).LinesRead(r.Context(), m); err != nil {
			return err
		}
	}
	if page.Compared, err = p.compared(r.Context(), booked); err != nil {
		return err
	}
	return p.web.Answer(w, r, web.Page{
		Section: views.SectionMonths, Title: m.String(),
		Part:  views.MonthRows(page.List),
		Whole: func(l views.Layout) templ.Component { return views.Month(l, page) },
	})
}

// compared says of a month that no run wrote and one compared how what people billed stands beside it; nil: it was not compared.
func (p monthPages) compared(ctx context.Context, m books.Month) (*views.Notice, error) {
	if m.State == months.Running || m.State == months.Written {
		return nil, nil
	}
	runs, _, err := p.Store.Runs(ctx, store.RunFilter{Compares: true, Month: m.Month, Limit: 1})
	if err != nil || len(runs) == 0 || !runs[0].AsOf.IsZero() {
		return nil, err
	}
	s := m.Sums
	notice := &views.Notice{
		Kind: "info", What: fmt.Sprintf("%s was only compared; what stands on the lines is people’s.", m.Month),
		Why: fmt.Sprintf("%d of %s agree; too little is billed in %d, too much in %d.",
			s.Agrees, problem.Plural(s.Rows, "row"), s.More.Rows, s.Less.Rows),
		ActionLabel: "Show the comparison", ActionURL: views.RunPath(runs[0].ID),
	}
	if open := books.InWords(s); open != "" {
		notice.Why += " Open: " + open + "."
	}
	return notice, nil
}

func monthPage(m books.Month, line views.MonthLine) views.MonthPage {
	s := m.Sums
	return views.MonthPage{
		MonthLine: line, Agrees: s.Agrees, Pending: m.Pending,
		More: rowsSum(s.More, amounts(s.Money, moreOf)), Less: rowsSum(s.Less, amounts(s.Money, lessOf)),
		InConnectWise: s.InConnectWise.String(), MoneyConnectWise: amounts(s.Money, standingOf),
		InvoicedSeats: s.InvoicedSeats.String(),
	}
}

// monthShows are the filters, each with how many rows it leaves.
func monthShows(s store.MonthSums, chosen string) []views.Option {
	options := []views.Option{
		{Label: "All", Count: s.Rows},
		{Value: string(store.RowOpen), Label: "Open", Count: s.Open.Rows},
		{Value: string(store.RowSettled), Label: "Settled", Count: s.Rows - s.Open.Rows - s.Agrees},
		{Value: string(store.RowAgrees), Label: "Agrees", Count: s.Agrees},
		{Value: showNotInvoiced, Label: "Not invoiced", Count: s.NotInvoiced},
		{Value: showEdited, Label: "Edited by hand", Count: s.Edited},
	}
	for i := range options {
		options[i].HasCount, options[i].Selected = true, options[i].Value == chosen
	}
	return options
}

// rows is a page of a month's rows, in groups by their state unless they are sorted by something else.
func (p monthPages) rows(ctx context.Context, m books.Month, q monthQuery) (views.MonthList, error) {
	found, total, err := web.Load(&q.ListQuery, monthRowsPage, func(limit, offset int) ([]store.MonthRow, int, error) {
		q.filter.Limit, q.filter.Offset = limit, offset
		return store.BooksIn(p.Store).Rows(ctx, q.filter)
	})
	if err != nil {
		return views.MonthList{}, err
	}
	path := views.MonthPath(string(m.Month))
	list := views.MonthList{
		Month: string(m.Month), Query: q.Search, Show: q.show, Total: total,
		Sort: q.Order(path, "name", "due", "difference"), Pager: q.Pager(path, monthRowsPage, len(found), total),
		Back: web.WithQuery(path, q.Values),
	}
	for _, r := range found {
		addMonthRow(&list, r)
	}
	settings, err := p.Store.Settings(ctx)
	if err != nil {
		return list, err
	}
	comparing, err := store.ComparingsIn(p.Store).Now(ctx)
	if err != nil {
		return list, err
	}
	list.Writes = !comparing.On()
	list.OnNext = settings.Months.NextInvoice && list.Writes
	if q.Search == "" && q.show == "" {
		list.Sum = views.MonthEquation(balance(m.Sums))
	}
	sumGroups(&list, found, m.Sums, q)
	return list, nil
}

// addMonthRow puts a row into the group of its state.
func addMonthRow(list *views.MonthList, r store.MonthRow) {
	group := string(r.State)
	if list.Sort.By != "" {
		group = ""
	}
	if n := len(list.Groups); n == 0 || list.Groups[n-1].State != group {
		list.Groups = append(list.Groups, views.MonthGroup{State: group})
	}
	last := &list.Groups[len(list.Groups)-1]
	last.Rows = append(last.Rows, monthRow(r))
	list.Chooses = list.Chooses || r.State == store.RowOpen && months.Settleable(r)
}

// sumGroups says what each group comes to: by the rows themselves where all that match are on this page, by the month's sums where they
// are filtered by nothing but their state.
func sumGroups(list *views.MonthList, found []store.MonthRow, sums store.MonthSums, q monthQuery) {
	var tally months.Tally
	for _, r := range found {
		tally.Add(r)
	}
	switch {
	case list.Total == len(found):
		sums = tally.Sums()
	case q.Search != "" || q.filter.NotInvoiced || q.filter.Edited:
		return
	}
	settled := sums.Settled
	settled.Rows = sums.Rows - sums.Open.Rows - sums.Agrees
	for i, g := range list.Groups {
		sum := views.RowsSum{Rows: sums.Agrees}
		switch store.RowState(g.State) {
		case store.RowOpen:
			sum = rowsSum(sums.Open, amounts(sums.Money, openOf))
		case store.RowSettled:
			sum = rowsSum(settled, amounts(sums.Money, settledOf))
		}
		list.Groups[i].Sum = &sum
	}
}

// balance is the month's rows whose figures are known: what is due is what was billed, what is open and what is settled.
func balance(s store.MonthSums) views.Balance {
	return views.Balance{
		Due: s.Due.String(), Billed: s.Billed.String(), Open: s.Open.Seats.String(), Settled: s.Settled.Seats.String(),
		Holds: s.Due.Equal(s.Billed.Add(s.Open.Seats).Add(s.Settled.Seats)),
	}
}

func monthRow(r store.MonthRow) views.MonthRow {
	row := views.MonthRow{
		OrganizationID: r.OrganizationID, Organization: r.Organization, Plan: string(r.Plan),
		Agreement: r.Agreement, AgreementID: int64(r.AgreementID), Company: r.Company,
		Due: known(r.Due), DueWas: known(r.DueWas), DueSince: r.DueSince,
		Written: known(r.Written), WrittenRun: r.WrittenRun, WrittenAt: r.WrittenAt,
		InConnectWise: known(r.InConnectWise), ReadAt: r.ReadAt, Edited: r.Edited, Billed: known(r.Billed),
		Invoice: string(r.Invoice.State), InvoiceNumber: r.Invoice.Number, InvoiceDay: r.Invoice.Day,
		Difference: known(r.Difference), Settled: r.Settled.String(), SettledBy: string(r.SettledBy), Open: known(r.Open),
		State: string(r.State), Cause: r.Cause, Reason: r.Reason, Settles: months.Settleable(r),
	}
	if r.Due.Valid {
		row.Source = seats.Source(r.Source).Name()
	}
	comes := months.MoneyOf(r)
	shown := comes.Difference
	if r.State == store.RowOpen {
		shown = comes.Open
	}
	row.Money = rowMoney(shown, r)
	return row
}

// known writes a figure; empty: nobody knows it.
func known(d decimal.NullDecimal) string {
	if !d.Valid {
		return ""
	}
	return d.Decimal.String()
}

// rowMoney is what seats of a row come to: where ConnectWise bills nothing, that is said.
func rowMoney(comes decimal.NullDecimal, r store.MonthRow) views.Money {
	m := moneyOf(comes, r.Currency)
	m.Unbilled = r.Unbilled != ""
	return m
}

func (p monthPages) downloadRows(w http.ResponseWriter, r *http.Request) error {
	m, err := p.pathMonth(r)
	if err != nil {
		return err
	}
	if _, err := p.Billing.Books.Month(r.Context(), m); err != nil {
		return err
	}
	header := []string{
		"Month", "Organization", "External ID", "Plan", "ConnectWise company", "ConnectWise agreement", "Due", "Source", "Written", "Run",
		"Written (UTC)", "In ConnectWise", "Read (UTC)", "Edited by hand", "Invoice", "Invoice number", "Invoice date", "Billed",
		"Difference", "Settled", "Settled by", "Open", "Unit price", "Open (money)", "Currency", "State", "Cause", "Why",
		"Included (line)", "Not billed",
	}
	return p.web.SendCSV(w, r, "month-"+string(m), header, func(write func(...string)) error {
		for row, err := range store.BooksIn(p.Store).EachRow(r.Context(), parseMonthQuery(r, m).filter) {
			if err != nil {
				return err
			}
			write(monthCells(row)...)
		}
		return nil
	})
}

// monthCells is a row of the download. What is not known is an empty cell, never 0.
func monthCells(r store.MonthRow) []string {
	return []string{
		string(r.Month), r.Organization, r.ExternalID, r.Plan.Name(), r.Company, r.Agreement, known(r.Due), r.Source,
		known(r.Written), number(r.WrittenRun), timestamp(r.WrittenAt), known(r.InConnectWise), timestamp(r.ReadAt), strconv.FormatBool(r.Edited),
		string(r.Invoice.State), r.Invoice.Number, r.Invoice.Day, known(r.Billed),
		known(r.Difference), r.Settled.String(), string(r.SettledBy), known(r.Open), known(r.UnitPrice),
		moneyOf(months.MoneyOf(r).Open, r.Currency).Amount, r.Currency, string(r.State), r.Cause, r.Reason,
		r.Included.String(), string(r.Unbilled),
	}
}
