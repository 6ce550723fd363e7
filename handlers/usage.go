package handlers

import (
	"cmp"
	"context"
	"net/http"
	"strconv"

	"github.com/a-h/templ"

	"seatbridge/billing"
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
	listQuery
	period  billing.Period
	plan    store.Plan // billed on
	mapping string
}

// parseUsageQuery reads the filters. The current month is shown to date; a
// month that has not begun, or is none, becomes the current one.
func (s *server) parseUsageQuery(r *http.Request) usageQuery {
	q := usageQuery{listQuery: parseListQuery(r.URL.Query(), "name", "plan", "license", "seats", "company"), period: billing.ToDate(s.Now())}
	current := q.period.Month
	if month, err := store.ParseMonth(q.values.Get("month")); err == nil && month < current && month >= "2000-01" {
		q.period = billing.WholeMonth(month)
	}
	q.plan = oneOf(q.values.Get("plan"), store.Plans()...)
	q.mapping = oneOf(q.values.Get("mapping"), store.Mapped, store.Unmapped)
	return q
}

// usageRow is one organization with its figure.
type usageRow struct {
	store.OrganizationRow
	billing.Usage
}

// usageRows are all organizations that match, with their figures, in order.
// Those that did not exist yet in the period are left out.
func (s *server) usageRows(ctx context.Context, q usageQuery) ([]usageRow, error) {
	figures, err := s.Bridge.Figures(ctx, q.period)
	if err != nil {
		return nil, err
	}
	organizations, _, err := s.Store.Organizations(ctx, store.OrganizationFilter{
		Search: q.Search, Status: store.OrganizationAny, Mapping: q.mapping, Sort: "name",
	})
	if err != nil {
		return nil, err
	}
	var rows []usageRow
	for _, o := range organizations {
		figure, ok := figures[o.ID]
		began := o.CreatedAt.Before(q.period.End())
		if ok && (figure.Known || began) && (q.plan == "" || figure.Plan == q.plan) {
			rows = append(rows, usageRow{o, figure})
		}
	}
	sortRows(rows, q.Desc, usageOrder(q.Sort))
	return rows, nil
}

// usageOrder compares by a column; the rows are in order of their names already.
func usageOrder(column string) func(a, b usageRow) int {
	switch column {
	case "plan":
		return func(a, b usageRow) int { return cmp.Compare(a.Usage.Plan, b.Usage.Plan) }
	case "license":
		return func(a, b usageRow) int { return cmp.Compare(a.License, b.License) }
	case "seats":
		return func(a, b usageRow) int { return cmp.Compare(knownSeats(a.Usage), knownSeats(b.Usage)) }
	case "company":
		return func(a, b usageRow) int { return cmp.Compare(store.Fold(a.Company), store.Fold(b.Company)) }
	}
	return func(a, b usageRow) int { return cmp.Compare(store.Fold(a.Name), store.Fold(b.Name)) }
}

func (s *server) showUsage(w http.ResponseWriter, r *http.Request) error {
	q := s.parseUsageQuery(r)
	all, err := s.usageRows(r.Context(), q)
	if err != nil {
		return err
	}
	settings, err := s.Store.Settings(r.Context())
	if err != nil {
		return err
	}
	rows, total, err := load(&q.listQuery, usagePage, slicePage(all))
	if err != nil {
		return err
	}
	page := views.UsagePage{
		Month: string(q.period.Month), Current: !q.period.AsOf.IsZero(), Months: s.monthOptions(q.period.Month),
		Query: q.Search, Plan: string(q.plan), Mapping: q.mapping,
		Sort:         q.order("/usage", "name", "plan", "license", "seats", "company"),
		Pager:        q.pager("/usage", usagePage, len(rows), total),
		CountPending: settings.CountPending,
		CSV:          withQuery("/usage.csv", q.values, "page", ""),
	}
	for _, row := range all {
		addUsage(&page, row.Usage)
	}
	if err := s.explainRows(r.Context(), q.period, rows); err != nil {
		return err
	}
	for _, row := range rows {
		page.Rows = append(page.Rows, usageView(row))
	}
	return s.answer(w, r, http.StatusOK, views.UsageTable(page),
		func(l views.Layout) templ.Component { return views.Usage(l, page) }, views.SectionUsage, "Usage data")
}

// explainRows gives the figures that are shown their reasons.
func (s *server) explainRows(ctx context.Context, p billing.Period, rows []usageRow) error {
	ids := make([]int64, len(rows))
	for i, row := range rows {
		ids[i] = row.ID
	}
	explained, err := s.Bridge.Usage(ctx, p, ids)
	if err != nil {
		return err
	}
	for i, row := range rows {
		rows[i].Usage = explained[row.ID]
	}
	return nil
}

// addUsage adds a figure to the page's totals. Unknown is counted apart: it is not zero.
func addUsage(page *views.UsagePage, u billing.Usage) {
	switch {
	case !u.Known:
		page.Unknown++
	case u.Plan == store.Enterprise:
		page.Enterprise += u.Seats
	default:
		page.Business += u.Seats
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

func usageView(row usageRow) views.UsageRow {
	return views.UsageRow{
		OrganizationID: row.ID, Name: row.Name, Plan: string(row.Usage.Plan), License: string(row.License),
		Seats: row.Seats, Known: row.Known, Source: sourceName(row.Source), Why: whyFigure(row.Usage),
		Company: row.Company, Agreement: row.Agreement,
	}
}

func sourceName(source billing.Source) string {
	switch source {
	case billing.SourceLedger:
		return "Seat ledger"
	case billing.SourceProvider:
		return "Provider API"
	case billing.SourceAPI:
		return "HTTP API"
	}
	return string(source)
}

func (s *server) downloadUsage(w http.ResponseWriter, r *http.Request) error {
	q := s.parseUsageQuery(r)
	rows, err := s.usageRows(r.Context(), q)
	if err != nil {
		return err
	}
	if err := s.explainRows(r.Context(), q.period, rows); err != nil {
		return err
	}
	header := []string{"Month", "Organization", "External ID", "License type", "Plan billed", "Billable seats", "Source", "Note", "ConnectWise company", "ConnectWise agreement"}
	return s.sendCSV(w, r, "usage-"+string(q.period.Month), header, func(write func(...string)) error {
		for _, row := range rows {
			seats := "" // unknown is not zero
			if row.Known {
				seats = strconv.Itoa(row.Seats)
			}
			write(string(q.period.Month), row.Name, row.ExternalID, string(row.License), row.Usage.Plan.Name(), seats,
				sourceName(row.Source), whyFigure(row.Usage), row.Company, row.Agreement)
		}
		return nil
	})
}
