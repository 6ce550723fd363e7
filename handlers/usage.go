package handlers

import (
	"cmp"
	"context"
	"errors"
	"net/http"
	"strconv"

	"github.com/a-h/templ"

	"seatbridge/billing/figures"
	"seatbridge/billing/seats"
	"seatbridge/handlers/web"
	"seatbridge/store"
	"seatbridge/views"
)

const (
	usagePage = 50
	// usageMonths is how far back the choice of months goes.
	usageMonths = 24
)

// usageQuery is the address of the usage data, understood.
type usageQuery struct {
	web.ListQuery
	period  seats.Period
	plan    store.Plan // billed on
	source  seats.Source
	mapping string

	disputed bool // only those about which sources disagree
}

// parseUsageQuery reads the filters. The current month is shown to date.
func (s *server) parseUsageQuery(r *http.Request) (usageQuery, error) {
	values := r.URL.Query()
	period, err := s.periodOf(values.Get("month"))
	q := usageQuery{ListQuery: web.ParseListQuery(values, "name", "plan", "license", "seats", "company"), period: period}
	q.plan = web.OneOf(q.Values.Get("plan"), store.Plans()...)
	q.source = web.OneOf(q.Values.Get("source"), seats.Sources()...)
	q.mapping = web.OneOf(q.Values.Get("mapping"), store.Mapped, store.Unmapped)
	q.disputed = q.Values.Get("disputed") == "yes"
	return q, err
}

// usageRow is one organization with its figure.
type usageRow struct {
	store.OrganizationRow
	seats.Usage
}

// usageFigures are the figures of all organizations that match, in order. Those that did not exist yet in the period
// are left out, unless somebody says what they used.
func (s *server) usageFigures(ctx context.Context, q usageQuery) ([]seats.Usage, error) {
	figures, err := s.Billing.Figures.All(ctx, q.period)
	if err != nil {
		return nil, err
	}
	filter := store.OrganizationFilter{Search: q.Search, Status: store.OrganizationAny, Mapping: q.mapping, Sort: "name"}
	switch q.Sort {
	case "name", "company":
		filter.Sort, filter.Desc = q.Sort, q.Desc
	}
	organizations, err := s.Store.OrganizationKeys(ctx, filter)
	if err != nil {
		return nil, err
	}
	matching := make([]seats.Usage, 0, len(organizations))
	for _, o := range organizations {
		figure, ok := figures[o.ID]
		there := ok && (figure.Known() || o.CreatedAt.Before(q.period.End()))
		asked := (!q.disputed || figure.Disputed) && (q.plan == "" || figure.Plan == q.plan) && (q.source == "" || figure.Source() == q.source)
		if there && asked {
			matching = append(matching, figure)
		}
	}
	switch q.Sort {
	case "plan":
		sortRows(matching, q.Desc, func(a, b seats.Usage) int { return cmp.Compare(a.Plan, b.Plan) })
	case "license":
		sortRows(matching, q.Desc, func(a, b seats.Usage) int { return cmp.Compare(a.License, b.License) })
	case "seats":
		sortRows(matching, q.Desc, func(a, b seats.Usage) int { return cmp.Compare(knownSeats(a), knownSeats(b)) })
	}
	return matching, nil
}

// usageRows completes figures with their reasons and their organizations.
func (s *server) usageRows(ctx context.Context, p seats.Period, figures []seats.Usage) ([]usageRow, error) {
	ids := usageIDs(figures)
	explained, err := s.Billing.Figures.Usage(ctx, p, ids)
	if err != nil {
		return nil, err
	}
	organizations, _, err := s.Store.Organizations(ctx, store.OrganizationFilter{IDs: ids, Status: store.OrganizationAny})
	if err != nil {
		return nil, err
	}
	byID := make(map[int64]store.OrganizationRow, len(organizations))
	for _, o := range organizations {
		byID[o.ID] = o
	}
	rows := make([]usageRow, len(ids))
	for i, id := range ids {
		rows[i] = usageRow{byID[id], explained[id]}
	}
	return rows, nil
}

func usageIDs(figures []seats.Usage) []int64 {
	ids := make([]int64, len(figures))
	for i, u := range figures {
		ids[i] = u.OrganizationID
	}
	return ids
}

func (s *server) showUsage(w http.ResponseWriter, r *http.Request) error {
	q, err := s.parseUsageQuery(r)
	if err != nil {
		return err
	}
	all, err := s.usageFigures(r.Context(), q)
	if err != nil {
		return err
	}
	settings, err := s.Store.Settings(r.Context())
	if err != nil {
		return err
	}
	shown, total, err := web.Load(&q.ListQuery, usagePage, web.SlicePage(all))
	if err != nil {
		return err
	}
	page := views.UsagePage{
		Month: string(q.period.Month), Current: !q.period.AsOf.IsZero(), Months: s.monthOptions(q.period.Month),
		Query: q.Search, Plan: string(q.plan), Source: string(q.source), Mapping: q.mapping,
		Sort:         q.Order(views.UsagePath, "name", "plan", "license", "seats", "company"),
		Pager:        q.Pager(views.UsagePath, usagePage, len(shown), total),
		CountPending: seats.PendingIn(settings.Pending, q.period.Month).Counted,
		CSV:          web.WithQuery(views.UsageCSVPath, q.Values, "page", ""),
	}
	if q.disputed {
		page.Disputed = "yes"
	}
	for _, u := range all {
		addUsage(&page, u)
	}
	if err := s.usageTrends(r.Context(), q, all, &page); err != nil {
		return err
	}
	fetched, err := s.monthlyFetch(r.Context(), q.period.Month)
	if err != nil {
		return err
	}
	page.Notice = fetchNotice(fetched)
	if page.Rows, err = s.usageViews(r.Context(), q.period, shown, fetched.State); err != nil {
		return err
	}
	page.Late = lateOf(page.Rows)
	return s.web.Answer(w, r, web.Page{
		Section: views.SectionUsage, Title: "Usage data",
		Part:  views.UsageTable(page),
		Whole: func(l views.Layout) templ.Component { return views.Usage(l, page) },
	})
}

// addUsage adds a figure to the page's totals. Unknown is counted apart: it is not zero.
func addUsage(page *views.UsagePage, u seats.Usage) {
	billable, known := u.Seats()
	if known {
		page.Counted++
	}
	switch {
	case !known:
		page.Unknown++
	case u.Plan == store.Enterprise:
		page.Enterprise += billable
	default:
		page.Business += billable
	}
}

// monthOptions are the months to choose from, newest first, the chosen one among them.
func (s *server) monthOptions(chosen store.Month) []views.Option {
	var options []views.Option
	add := func(m store.Month) {
		options = append(options, views.Option{Value: string(m), Label: m.String(), Selected: m == chosen})
	}
	current := store.MonthOf(s.Now())
	for i := range usageMonths {
		add(current.Add(-i))
	}
	if chosen < current.Add(1-usageMonths) {
		add(chosen)
	}
	return options
}

// usageTrends adds the chart and the forecast of all that match.
func (s *server) usageTrends(ctx context.Context, q usageQuery, all []seats.Usage, page *views.UsagePage) error {
	var ids []int64 // nil: all organizations, whose sums are remembered
	if q.Search != "" || q.plan != "" || q.source != "" || q.mapping != "" || q.disputed {
		ids = usageIDs(all)
	}
	totals, err := usageTotals(ctx, s, ids)
	if err != nil {
		return err
	}
	page.Trend = totalMonths(totals)
	if !page.Current {
		return nil
	}
	forecast, err := s.Billing.Figures.Forecast(ctx, ids)
	if forecast.Known {
		page.Forecast = &views.Forecast{Seats: forecast.Seats(), ToDate: forecast.ToDate}
	}
	return err
}

func usageTotals(ctx context.Context, s *server, ids []int64) ([]figures.MonthTotal, error) {
	if ids == nil {
		return s.Billing.Figures.Totals(ctx, historyMonths)
	}
	return s.Billing.Figures.TotalsOf(ctx, historyMonths, ids)
}

// totalMonths are the bars of a chart. A month in which nobody has a figure is unknown; one of before anybody was known is blank.
func totalMonths(totals []figures.MonthTotal) []views.SeatMonth {
	months := make([]views.SeatMonth, len(totals))
	for i, t := range totals {
		months[i] = views.SeatMonth{Month: string(t.Month), Business: t.Seats[store.Business], Enterprise: t.Seats[store.Enterprise]}
		months[i].Known = t.Known > 0 && (t.Unknown == 0 || months[i].Business+months[i].Enterprise > 0)
		months[i].Blank = t.Known+t.Unknown == 0
	}
	return months
}

// monthlyFetch is the last attempt to fetch the Provider API's report of a month; the zero value: there was none.
func (s *server) monthlyFetch(ctx context.Context, m store.Month) (store.UsageFetch, error) {
	fetch, err := s.Store.LastUsageFetch(ctx, string(m))
	if errors.Is(err, store.ErrNotFound) {
		return store.UsageFetch{}, nil
	}
	return fetch, err
}

// fetchNotice says that the source of a month's figures is not to be trusted; nil: it is, or there is none.
func fetchNotice(f store.UsageFetch) *views.Notice {
	if f.State != store.FetchFailed && f.State != store.FetchEmpty {
		return nil
	}
	notice := problemView(f.Problem)
	notice.Why = "Figures that need the Provider API’s report are unknown, which is not zero."
	notice.ActionLabel, notice.ActionURL = "Look at the Provider API", views.ProviderPath
	return &notice
}

// usageViews are the rows of a page, with their reasons and their last twelve months.
func (s *server) usageViews(
	ctx context.Context, p seats.Period, figures []seats.Usage, fetched store.FetchState,
) ([]views.UsageRow, error) {
	rows, err := s.usageRows(ctx, p, figures)
	if err != nil {
		return nil, err
	}
	months, err := s.Billing.Figures.Months(ctx, usageIDs(figures))
	if err != nil {
		return nil, err
	}
	beside, err := bookPages{s}.besideUsage(ctx, p.Month, rows)
	if err != nil {
		return nil, err
	}
	shown := make([]views.UsageRow, len(rows))
	for i, row := range rows {
		shown[i] = usageView(row, fetched)
		shown[i].Beside = besideView(beside, row.ID)
		for _, u := range months[row.ID] {
			shown[i].Trend = append(shown[i].Trend, seatMonth(u))
		}
	}
	return shown, nil
}

func usageView(row usageRow, fetched store.FetchState) views.UsageRow {
	billable, known := row.Usage.Seats()
	view := views.UsageRow{
		OrganizationID: row.ID, Name: row.Name, Plan: string(row.Usage.Plan), License: string(row.Usage.License),
		Seats: billable, Known: known, State: usageState(row.Usage, fetched), Source: row.Source().Name(), Why: row.Usage.Reason(),
		Company: row.Company, Agreement: row.Agreement, Disputed: row.Usage.Disputed,
	}
	if known {
		view.Difference = billable - row.Ledger
	}
	return view
}

// usageState tells no figure and no seats apart, and why there is no figure.
func usageState(u seats.Usage, fetched store.FetchState) string {
	billable, known := u.Seats()
	switch {
	case known && billable == 0:
		return "zero"
	case known:
		return ""
	case fetched == store.FetchFailed:
		return "failed"
	case fetched == store.FetchEmpty:
		return "empty"
	}
	return "unknown"
}

func (s *server) downloadUsage(w http.ResponseWriter, r *http.Request) error {
	q, err := s.parseUsageQuery(r)
	if err != nil {
		return err
	}
	figures, err := s.usageFigures(r.Context(), q)
	if err != nil {
		return err
	}
	rows, err := s.usageRows(r.Context(), q.period, figures)
	if err != nil {
		return err
	}
	header := []string{
		"Month", "Organization", "External ID", "License type", "Plan billed", "Billable seats", "State",
		"Source", "Seat ledger", "Note", "ConnectWise company", "ConnectWise agreement",
	}
	fetched, err := s.monthlyFetch(r.Context(), q.period.Month)
	if err != nil {
		return err
	}
	beside, err := bookPages{s}.besideUsage(r.Context(), q.period.Month, rows)
	if err != nil {
		return err
	}
	header = append(header, bookedHeader()...)
	return s.web.SendCSV(w, r, "usage-"+string(q.period.Month), header, func(write func(...string)) error {
		for _, row := range rows {
			seats := "" // unknown is not zero
			if billable, ok := row.Usage.Seats(); ok {
				seats = strconv.Itoa(billable)
			}
			cells := []string{
				string(q.period.Month), row.Name, row.ExternalID, string(row.Usage.License), row.Usage.Plan.Name(), seats,
				usageState(row.Usage, fetched.State), row.Source().Name(), strconv.Itoa(row.Ledger), row.Usage.Reason(), row.Company, row.Agreement,
			}
			write(append(cells, bookedCells(beside, row.ID, row.Usage.Plan)...)...)
		}
		return nil
	})
}
