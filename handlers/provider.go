package handlers

import (
	"cmp"
	"errors"
	"net/http"
	"strconv"
	"strings"

	"github.com/a-h/templ"

	"seatbridge/billing/problem"
	"seatbridge/billing/reports"
	"seatbridge/handlers/web"
	"seatbridge/store"
	"seatbridge/views"
)

const (
	// providerRows is how many rows of a report a page shows.
	providerRows = 200
	// fetchesShown is how many fetches are listed.
	fetchesShown = 30
	// maxPEM is the longest private key, in characters.
	maxPEM = 20_000
	// maxClaims is the longest text of further claims.
	maxClaims = 5000
)

func (s *server) showProvider(w http.ResponseWriter, r *http.Request) error {
	config, connected, err := s.Billing.Reports.Connection(r.Context())
	if err != nil {
		return err
	}
	if !connected {
		config = s.emptyProvider()
	}
	return s.renderProvider(w, r, providerForms{config: config})
}

// emptyProvider is the form before anything was saved. Only a demo fills it in, for its own simulator.
func (s *server) emptyProvider() reports.Config {
	if s.DemoProvider != nil {
		config := *s.DemoProvider
		config.PrivateKey = ""
		return config
	}
	return reports.Config{Required: true}
}

// providerForms is what the form of the Provider API holds, and what came of it.
type providerForms struct {
	status   int // 0: 200
	config   reports.Config
	problems problem.Fields
	notice   *views.Notice
	test     *views.ProviderTest
}

// renderProvider shows the configuration as given, without its key.
func (s *server) renderProvider(w http.ResponseWriter, r *http.Request, f providerForms) error {
	_, connected, err := s.Billing.Reports.Connection(r.Context())
	if err != nil {
		return err
	}
	page := views.ProviderPage{Connected: connected, Form: s.providerForm(f.config, connected), Test: f.test}
	page.Form.Problems, page.Form.Notice = views.Problems(f.problems), f.notice
	page.Form.HasKey = page.Form.HasKey && f.problems["private_key"] == "" // or it would be said to be kept
	if page.Latest, err = s.latestReport(r); err != nil {
		return err
	}
	fetches, err := s.Store.UsageFetches(r.Context(), fetchesShown)
	if err != nil {
		return err
	}
	for _, fetch := range fetches {
		page.Fetches = append(page.Fetches, fetchRow(fetch))
	}
	return s.web.Answer(w, r, web.Page{
		Section: views.SectionIntegrations, Title: "NordPass Provider API", Status: f.status,
		Whole: func(l views.Layout) templ.Component { return views.Provider(l, page) },
	})
}

func fetchRow(f store.UsageFetch) views.FetchRow {
	return views.FetchRow{
		ID: f.ID, At: f.At, Period: f.Period, State: string(f.State), Organizations: f.Organizations, Seats: f.Seats, Known: f.State.Known(),
		Problem: f.Problem.What, HasAnswer: f.State != store.FetchFailed || f.Problem.Detail != "",
	}
}

func (s *server) providerForm(c reports.Config, connected bool) views.ProviderForm {
	first := ""
	if c.Paging == reports.PagingNumber {
		first = strconv.Itoa(c.FirstPage)
	}
	return views.ProviderForm{
		BaseURL: c.BaseURL, MonthlyPath: c.MonthlyPath, DailyPath: c.DailyPath, Header: c.Header,
		Methods:    choices(c.Method, http.MethodGet, http.MethodGet, http.MethodPost, http.MethodPost),
		Algorithms: choices(c.Algorithm, doubled(reports.ProviderAlgorithms())...),
		KeyID:      c.KeyID, Issuer: c.Issuer, Subject: c.Subject, Audience: c.Audience, Lifetime: positive(c.Lifetime), Claims: c.Claims,
		HasKey: connected, Example: !connected && s.DemoProvider != nil,
		List: c.List, ID: c.ID, Name: c.Name, Seats: c.Seats, Plan: c.Plan, Business: c.Business,
		Enterprise: c.Enterprise, Trial: c.Trial, NFR: c.NFR,
		Pagings: choices(c.Paging, reports.PagingNone, "in one answer", reports.PagingLink, "in several; a field has the next address",
			reports.PagingHeader, "in several; the header Link has the next address", reports.PagingNumber, "in several; a query parameter counts"),
		NextField: c.NextField, PageParam: c.PageParam, FirstPage: first, FlagsOmitted: c.FlagsOmitted, Required: c.Required,
	}
}

// choices are the options of a select without a default: value, label, value, label …
func choices(chosen string, pairs ...string) []views.Option {
	options := []views.Option{{Value: "", Label: "Choose …"}}
	for i := 0; i+1 < len(pairs); i += 2 {
		options = append(options, views.Option{Value: pairs[i], Label: pairs[i+1], Selected: pairs[i] == chosen})
	}
	return options
}

func doubled(values []string) []string {
	var pairs []string
	for _, v := range values {
		pairs = append(pairs, v, v)
	}
	return pairs
}

// positive leaves a number out that was not given.
func positive(n int) string {
	if n <= 0 {
		return ""
	}
	return strconv.Itoa(n)
}

// parseProvider reads the form, whose fields are named like the configuration's own.
func (s *server) parseProvider(r *http.Request) (reports.Config, problem.Fields, error) {
	if err := web.ParseForm(r); err != nil {
		return reports.Config{}, nil, err
	}
	p := problem.Fields{}
	text := func(name string) string {
		value := web.Clean(r.PostForm.Get(name))
		if web.Length(value) > web.MaxKey {
			p.Add(name, "This is too long.")
		}
		return value
	}
	c := reports.Config{
		ID: text("field_id"), Name: text("field_name"), Seats: text("field_seats"), Plan: text("field_plan"),
		Business: text("business"), Enterprise: text("enterprise"), Trial: text("field_trial"), NFR: text("field_nfr"),
		FlagsOmitted: web.Checked(r.PostForm, "flags_omitted"), Required: web.Checked(r.PostForm, "required"),
	}
	c.BaseURL, c.MonthlyPath, c.DailyPath = text("base_url"), text("monthly_path"), text("daily_path")
	c.Method, c.Header = text("method"), text("header")
	c.Algorithm, c.KeyID, c.PrivateKey = text("algorithm"), text("key_id"), strings.TrimSpace(r.PostForm.Get("private_key"))
	c.Issuer, c.Subject, c.Audience = text("issuer"), text("subject"), text("audience")
	c.Claims = web.Clean(r.PostForm.Get("extra_claims"))
	c.List, c.Paging, c.NextField, c.PageParam = text("list"), text("paging"), text("next_field"), text("page_param")
	c.Lifetime, _ = strconv.Atoi(text("lifetime")) // what is no number is refused as 0
	if first := text("first_page"); first != "" {
		n, err := strconv.Atoi(first)
		if err != nil || n < 0 || n > 1000 {
			p.Add("first_page", "Enter a number.")
		}
		c.FirstPage = n
	}
	if web.Length(c.PrivateKey) > maxPEM {
		p.Add("private_key", "This is too long for a private key.")
	}
	if web.Length(c.Claims) > maxClaims {
		p.Add("extra_claims", "This is too long.")
	}
	if c.PrivateKey == "" && s.DemoProvider != nil && c.BaseURL == s.DemoProvider.BaseURL {
		c.PrivateKey = s.DemoProvider.PrivateKey
	}
	return c, p, nil
}

// testProvider asks the Provider API with the form as it stands and stores nothing.
func (s *server) testProvider(w http.ResponseWriter, r *http.Request) error {
	config, problems, err := s.parseProvider(r)
	if err != nil {
		return err
	}
	var test reports.Test
	if len(problems) == 0 {
		test, err = s.Billing.Reports.Test(r.Context(), config)
		if _, err := refusal(problems, err); err != nil {
			return err
		}
	}
	if len(problems) > 0 {
		notice := &views.Notice{What: "The form is not complete.", Do: web.Sentences(problems)}
		return s.providerTested(w, r, providerForms{
			status: http.StatusUnprocessableEntity, config: config, problems: problems, test: &views.ProviderTest{Notice: notice},
		})
	}
	status := http.StatusOK
	if test.Monthly.Late {
		status = http.StatusGatewayTimeout
	}
	return s.providerTested(w, r, providerForms{status: status, config: config, test: testView(test)})
}

// providerTested answers a test: beside the form, which keeps what was typed, or with the whole page.
func (s *server) providerTested(w http.ResponseWriter, r *http.Request, f providerForms) error {
	if web.IsPart(r) {
		return s.web.Render(w, r, cmp.Or(f.status, http.StatusOK), views.ProviderTestResult(f.test))
	}
	return s.renderProvider(w, r, f)
}

func testView(t reports.Test) *views.ProviderTest {
	monthly := reportView("Report of "+t.Month.String(), t.Monthly)
	billedBy(t, &monthly)
	view := &views.ProviderTest{Monthly: &monthly}
	if t.Day != "" {
		daily := reportView("Report of "+t.Day, t.Daily)
		view.Daily = &daily
	}
	return view
}

// billedBy says in a tested report what would be billed of each organization, and why.
func billedBy(t reports.Test, view *views.ProviderReport) {
	if t.Outcomes == nil {
		return
	}
	view.Billed = &views.ProviderBilled{}
	for _, o := range t.Outcomes {
		switch {
		case o.Taken:
			view.Billed.Taken++
		case o.Known():
			view.Billed.Other++
		default:
			view.Billed.Unknown++
		}
	}
	for i := range view.Rows {
		view.Rows[i].Billed = outcomeView(t.Outcomes[view.Rows[i].OrganizationID])
	}
	view.Missing = nil
	for _, o := range t.Monthly.Missing {
		billed := outcomeView(t.Outcomes[o.ID])
		view.Billed.Missing = append(view.Billed.Missing, views.ProviderMissing{Name: o.Name, URL: views.OrganizationPath(o.ID), Billed: billed})
	}
}

func outcomeView(o reports.Outcome) views.ProviderOutcome {
	n, known := o.Seats()
	return views.ProviderOutcome{Seats: n, Known: known, Plan: string(o.Plan), Why: o.Why}
}

func reportView(title string, r reports.Report) views.ProviderReport {
	view := views.ProviderReport{
		Title: title, State: string(r.State), Problem: problemNotice(r.Problem), Sample: r.Sample, Missing: names(r.Missing),
	}
	for i, row := range r.Rows {
		if i == providerRows {
			view.More = len(r.Rows) - i
			break
		}
		view.Rows = append(view.Rows, rowView(i, row))
	}
	return view
}

func names(organizations []store.Organization) []string {
	all := make([]string, len(organizations))
	for i, o := range organizations {
		all[i] = o.Name
	}
	return all
}

func rowView(index int, row reports.Row) views.ProviderRow {
	return views.ProviderRow{
		Index: index, ID: row.ID, Name: row.Name, Plan: string(row.Plan), Reported: row.Seats, Billable: row.Billable(), Note: row.Note(),
		Problem: row.Problem, OrganizationID: row.OrganizationID, Organization: row.Organization, Matched: row.Matched,
	}
}

// latestReport is the last month's report; nil: it was not fetched yet.
func (s *server) latestReport(r *http.Request) (*views.ProviderFetched, error) {
	fetch, report, err := s.Billing.Reports.LastReport(r.Context())
	if errors.Is(err, store.ErrNotFound) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	view := &views.ProviderFetched{
		FetchID: fetch.ID, At: fetch.At, Report: reportView("Report of "+store.Month(fetch.Period).String(), report),
		Names: names(report.Missing),
	}
	for i, row := range report.Rows {
		switch {
		case row.OrganizationID == 0 && len(view.Unknown) < providerRows:
			view.Unknown = append(view.Unknown, rowView(i, row))
		case row.Renamed && len(view.Renamed) < providerRows:
			view.Renamed = append(view.Renamed, rowView(i, row))
		}
	}
	questions, err := s.Billing.Reports.Questions(r.Context())
	for _, o := range questions.Gone[:min(len(questions.Gone), providerRows)] {
		view.Gone = append(view.Gone, views.NamedLink{Name: o.Name, URL: views.OrganizationPath(o.ID)})
	}
	return view, err
}

func (s *server) saveProvider(w http.ResponseWriter, r *http.Request) error {
	config, problems, err := s.parseProvider(r)
	if err != nil {
		return err
	}
	var notice *views.Notice
	status := http.StatusUnprocessableEntity
	if len(problems) == 0 {
		err := s.Billing.Reports.Save(r.Context(), s.web.Actor(r), config)
		if err == nil {
			return s.web.Done(w, r, views.ProviderPath, "The Provider API answers and the connection is saved.")
		}
		status = web.StatusOf(err, status)
		if notice, err = refusal(problems, err); err != nil {
			return err
		}
	}
	return s.renderProvider(w, r, providerForms{status: status, config: config, problems: problems, notice: notice})
}

// pullProvider fetches the latest reports at once. That they brought nothing is shown on the page, not an error of ours.
func (s *server) pullProvider(w http.ResponseWriter, r *http.Request) error {
	if err := s.Billing.Reports.PullNow(r.Context(), s.web.Actor(r)); err != nil && !errors.Is(err, reports.ErrNoReport) {
		return err
	}
	return s.web.Done(w, r, views.ProviderPath, "Fetched. What came is listed below.")
}

func (s *server) disconnectProvider(w http.ResponseWriter, r *http.Request) error {
	if err := s.Billing.Reports.Disconnect(r.Context(), s.web.Actor(r)); err != nil {
		return err
	}
	return s.web.Done(w, r, views.ProviderPath, "The Provider API is disconnected.")
}

// reportedRow is the row of the last report that a form is about.
func reportedRow(r *http.Request) (fetch int64, row int, err error) {
	if err := web.ParseForm(r); err != nil {
		return 0, 0, err
	}
	row, err = strconv.Atoi(r.PostForm.Get("row"))
	if err != nil {
		row = -1
	}
	return web.FormID(r.PostForm.Get("fetch"), 64), row, nil
}

func (s *server) addReported(w http.ResponseWriter, r *http.Request) error {
	fetch, row, err := reportedRow(r)
	if err != nil {
		return err
	}
	o, err := s.Billing.Reports.AddReported(r.Context(), s.web.Actor(r), fetch, row)
	if err != nil {
		return err
	}
	return s.web.Done(w, r, views.ProviderPath, o.Name+" was added.")
}

func (s *server) linkReported(w http.ResponseWriter, r *http.Request) error {
	fetch, row, err := reportedRow(r)
	if err != nil {
		return err
	}
	o, err := s.organizationNamed(r, web.Clean(r.PostForm.Get("organization")))
	if err != nil {
		return err
	}
	if o, err = s.Billing.Reports.LinkReported(r.Context(), s.web.Actor(r), fetch, row, o.ID); err != nil {
		return err
	}
	return s.web.Done(w, r, views.ProviderPath, o.Name+" is linked.")
}

// settleReportedName decides whether an organization takes the name that is reported.
func (s *server) settleReportedName(w http.ResponseWriter, r *http.Request) error {
	fetch, row, err := reportedRow(r)
	if err != nil {
		return err
	}
	keep := r.PostForm.Get("name") == "ours"
	o, err := s.Billing.Reports.SettleName(r.Context(), s.web.Actor(r), fetch, row, keep)
	if err != nil {
		return err
	}
	said := " has the reported name now."
	if keep {
		said = " keeps its name."
	}
	return s.web.Done(w, r, views.ProviderPath, o.Name+said)
}

// organizationNamed is the one organization with exactly this name.
func (s *server) organizationNamed(r *http.Request, name string) (store.Organization, error) {
	rows, _, err := s.Store.Organizations(r.Context(), store.OrganizationFilter{Search: name})
	if err != nil {
		return store.Organization{}, err
	}
	for _, row := range rows {
		if store.Fold(row.Name) == store.Fold(name) {
			return row.Organization, nil
		}
	}
	return store.Organization{}, &web.Error{
		Status: http.StatusUnprocessableEntity, Message: "There is no organization " + quote(name) + ".", Do: "Choose one of the list.",
	}
}

// downloadFetch is a fetch's answer as it was received.
func (s *server) downloadFetch(w http.ResponseWriter, r *http.Request) error {
	id, err := web.PathID(r, "id")
	if err != nil {
		return err
	}
	fetch, err := s.Store.UsageFetch(r.Context(), id)
	if err != nil {
		return err
	}
	h := w.Header()
	h.Set("Content-Type", "application/octet-stream") // whatever it is, no browser shall run it
	h.Set("Content-Disposition", `attachment; filename="report-`+fetch.Period+`.json"`)
	h.Set("Cache-Control", "no-store")
	w.Write(fetch.Answer)
	return nil
}
