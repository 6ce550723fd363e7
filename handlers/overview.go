package handlers

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"strings"

	"github.com/a-h/templ"

	"seatbridge/billing"
	"seatbridge/billing/connect"
	"seatbridge/billing/seats"
	"seatbridge/handlers/web"
	"seatbridge/store"
	"seatbridge/views"
)

// overviewRuns is how many of the latest runs the first page shows.
const overviewRuns = 5

// showOverview is the first page. Technicians, who see no billing, start with
// the organizations instead.
func (s *server) showOverview(w http.ResponseWriter, r *http.Request) error {
	if web.AccessOf(web.VisitorOf(r).Role) < web.Admin {
		return web.Leave(w, r, views.OrganizationsPath)
	}
	page, err := s.overview(r.Context())
	if err != nil {
		return err
	}
	return s.web.Answer(w, r, web.Page{
		Section: views.SectionOverview, Title: "Overview",
		Whole: func(l views.Layout) templ.Component { return views.Overview(l, page) },
	})
}

func (s *server) overview(ctx context.Context) (views.OverviewPage, error) {
	page := views.OverviewPage{Month: string(store.MonthOf(s.Now()))}
	connection, err := s.Billing.Connection.Current(ctx)
	if err != nil {
		return page, err
	}
	if page.Connection, err = s.connectionView(ctx, connection); err != nil {
		return page, err
	}
	attention, err := s.Billing.Attention(ctx)
	if err != nil {
		return page, err
	}
	for _, a := range attention {
		page.Attention = append(page.Attention, attentionView(a))
	}
	if page.Organizations, page.Mapped, err = s.countOrganizations(ctx); err != nil {
		return page, err
	}
	page.Unmapped = page.Organizations - page.Mapped
	if page.Clear, err = s.clear(ctx); err != nil {
		return page, err
	}
	if err := s.overviewRuns(ctx, &page); err != nil {
		return page, err
	}
	page.NextStep = nextStep(connection, page)
	if page.Ended, err = (bookPages{s}).lastEnded(ctx); err != nil {
		return page, err
	}
	return page, s.overviewSeats(ctx, &page)
}

// overviewSeats adds the figures of the last twelve months.
func (s *server) overviewSeats(ctx context.Context, page *views.OverviewPage) error {
	totals, err := s.Billing.Figures.Totals(ctx, historyMonths)
	if err != nil {
		return err
	}
	page.Months = totalMonths(totals)
	current := page.Months[len(page.Months)-1]
	page.Business, page.Enterprise = current.Business, current.Enterprise
	return nil
}

func (s *server) overviewRuns(ctx context.Context, page *views.OverviewPage) error {
	runs, _, err := s.Store.Runs(ctx, store.RunFilter{Limit: overviewRuns})
	if err != nil {
		return err
	}
	for _, run := range runs {
		page.Runs = append(page.Runs, runRow(run))
	}
	comparing, err := store.ComparingsIn(s.Store).Now(ctx)
	if err != nil {
		return err
	}
	page.Comparing = comparing.On()
	page.LastRun, err = s.lastRun(ctx)
	return err
}

// countOrganizations counts those that are not deleted, and of them the mapped ones.
func (s *server) countOrganizations(ctx context.Context) (all, mapped int, err error) {
	if _, all, err = s.Store.Organizations(ctx, store.OrganizationFilter{Limit: 1}); err != nil {
		return 0, 0, err
	}
	_, mapped, err = s.Store.Organizations(ctx, store.OrganizationFilter{Mapping: store.Mapped, Limit: 1})
	return all, mapped, err
}

// setupSteps are the steps of a connection as the overview asks for them.
var setupSteps = map[connect.SetupStep]views.NextStep{
	connect.StepConnect: {
		Why: "Seatbridge is not connected to ConnectWise PSA yet.", Label: "Connect ConnectWise PSA", URL: views.StartPath,
	},
	connect.StepMend: {
		Why: "The connection to ConnectWise PSA does not work.", Label: "Look at the connection", URL: views.ConnectWisePath,
	},
	connect.StepProducts: {Why: "The NordPass plans need their products in ConnectWise PSA.", Label: "Map products", URL: views.ProductsPath},
	connect.StepImport: {
		Why: "No companies were imported yet.", Label: "Import and map companies from ConnectWise PSA", URL: views.CompanyImportPath,
	},
}

// nextStep is the one thing to do next on the guide's road, nil when there is none.
func nextStep(c connect.Connection, page views.OverviewPage) *views.NextStep {
	for _, step := range c.Next() {
		next := setupSteps[step]
		return &next
	}
	switch {
	case page.Organizations == 0:
		return &views.NextStep{Why: "There are no organizations yet.", Label: "Add organization", URL: views.NewOrganizationPath}
	case page.Mapped == 0:
		return &views.NextStep{Why: "No organization is mapped to an agreement yet.", Label: "Map companies", URL: views.CompaniesPath}
	case page.Comparing && page.LastRun.URL == "":
		return &views.NextStep{Why: "Everything is set up. Nothing was compared yet.", Label: "Go to Sync now", URL: views.ConnectWisePath}
	case page.Comparing:
		return &views.NextStep{Why: "Seatbridge only compares.", Label: "Switch writing on", URL: views.WritingPath}
	case c.LastSyncAt.IsZero():
		return &views.NextStep{Why: "Everything is set up. Nothing was synced yet.", Label: "Go to Sync now", URL: views.ConnectWisePath}
	}
	return nil
}

// wayTo is where to go with what needs a person, and whether it is an error.
type wayTo struct {
	label, url string
	isError    bool
}

// waysTo are those that are the same for all of a kind.
var waysTo = map[billing.AttentionKind]wayTo{
	billing.AttendConnection:  {"Look at the connection", views.ConnectWisePath, true},
	billing.AttendSetup:       {"Set up", views.StartPath, false},
	billing.AttendProducts:    {"Map products", views.ConnectWisePath, false},
	billing.AttendImport:      {"Import companies", views.CompanyImportPath, false},
	billing.AttendUnmapped:    {"Show them", views.UnmappedOrganizationsPath, false},
	billing.AttendMapping:     {"Show them", views.AttentionCompaniesPath, true},
	billing.AttendUnknown:     {"Show them", views.AttentionPath + "?state=unknown", true},
	billing.AttendFailed:      {"Show them", views.AttentionPath + "?state=failed", true},
	billing.AttendBlocked:     {"Show them", views.AttentionPath + "?state=blocked", true},
	billing.AttendConflict:    {"Choose a line", views.AttentionPath + "?state=conflict", false},
	billing.AttendSkipped:     {"Show them", views.AttentionPath + "?state=skipped", false},
	billing.AttendStale:       {"Show them", views.AttentionPath, false},
	billing.AttendHeld:        {"Approve or reject", views.HeldPath, false},
	billing.AttendBetween:     {"Look at the month", views.HostedPath, true},
	billing.AttendInvoices:    {"Look at the connection", views.ConnectWisePath, false},
	billing.AttendUnpriced:    {"Look at the connection", views.ConnectWisePath, false},
	billing.AttendTrialEnding: {"Show them", views.TrialsPath, false},
	billing.AttendSource:      {"Look at the source", views.ProviderPath, true},
	billing.AttendReported:    {"Decide", views.ProviderPath + "#latest", false},
	billing.AttendLeak:        {"Show them", views.LeaksPath, false},
	billing.AttendNotify:      {"Look at the channel", views.NotificationsPath, false},
}

// attentionView says where to go with what needs a person.
func attentionView(a billing.Attention) views.Attention {
	to := waysTo[a.Kind]
	switch a.Kind {
	case billing.AttendRun:
		to = wayTo{"Show the run", views.RunPath(a.RunID), true}
	case billing.AttendFinding:
		to = wayTo{"Show them", views.FindingsPath + "?kind=" + string(a.Subject), false}
	case billing.AttendMissed:
		to = wayTo{"Show the month", views.MonthPath(string(a.Month)), true}
	case billing.AttendMonth:
		to = wayTo{"Show them", views.MonthPath(string(a.Month)), false}
	case billing.AttendDisputed:
		to = wayTo{"Show them", views.DisputedUsagePath(string(a.Month)), false}
	}
	view := views.Attention{Kind: "warning", Title: a.Title, Detail: a.Detail, ActionLabel: to.label, ActionURL: to.url}
	if to.isError {
		view.Kind = "error"
	}
	return view
}

// connectionView is the connection, with when the month before is written.
func (s *server) connectionView(ctx context.Context, c connect.Connection) (views.Connection, error) {
	settings, err := s.Store.Settings(ctx)
	if err != nil {
		return views.Connection{}, err
	}
	schedule := seats.ScheduleOf(settings.Months)
	view := views.Connection{
		State: connectionState(c.State), LastSync: c.LastSyncAt, LastImport: c.LastImportAt, CheckedAt: c.CheckedAt,
		Schedule: schedule.String(),
	}
	if c.State == connect.Failing {
		view.Error = problemView(c.Problem)
	}
	if c.State == connect.Active || c.State == connect.Failing {
		view.NextSync = schedule.Next(s.Now())
	}
	return view, nil
}

func connectionState(state connect.State) string {
	switch state {
	case connect.SetupIncomplete:
		return "incomplete"
	case connect.Active:
		return "active"
	case connect.Failing:
		return "error"
	}
	return "none"
}

func problemView(p store.Problem) views.Notice {
	return views.Notice{What: p.What, Do: p.Do, Detail: p.Detail}
}

// problemNotice is problemView, nil where there is no problem.
func problemNotice(p store.Problem) *views.Notice {
	if p.Zero() {
		return nil
	}
	notice := problemView(p)
	return &notice
}

// lastRun is the latest sync, whatever became of it: another fact than when one last came to its end. While Seatbridge only compares it
// is the latest comparison.
func (s *server) lastRun(ctx context.Context) (views.LastRun, error) {
	comparing, err := store.ComparingsIn(s.Store).Now(ctx)
	if err != nil {
		return views.LastRun{}, err
	}
	if comparing.On() {
		return lastComparison(ctx, s.Store)
	}
	run, err := s.Store.LastSync(ctx)
	if errors.Is(err, store.ErrNotFound) {
		return views.LastRun{}, nil
	}
	if err != nil {
		return views.LastRun{}, err
	}
	counts, err := s.Store.ChangeCounts(ctx, run.ID)
	return views.LastRun{At: run.StartedAt, URL: views.RunPath(run.ID), Result: runResult(store.RunRow{Run: run, Counts: counts})}, err
}

func lastComparison(ctx context.Context, db *store.Store) (views.LastRun, error) {
	runs, _, err := db.Runs(ctx, store.RunFilter{Compares: true, Limit: 1})
	if err != nil || len(runs) == 0 {
		return views.LastRun{}, err
	}
	return views.LastRun{At: runs[0].StartedAt, URL: views.RunPath(runs[0].ID), Result: runResult(runs[0])}, nil
}

// runResult is a run in one sentence.
func runResult(run store.RunRow) string {
	switch {
	case run.Status == store.RunRunning:
		return fmt.Sprintf("%s: in progress.", run.Month)
	case run.Status == store.RunFailed && !run.Problem.Zero():
		return run.Problem.What
	}
	var parts []string
	for _, state := range changeStates() {
		if n := run.Counts[state]; n > 0 {
			parts = append(parts, strconv.Itoa(n)+" "+views.RunStateWord(run.Compares, string(state)))
		}
	}
	if len(parts) == 0 {
		return fmt.Sprintf("%s: nothing to do.", run.Month)
	}
	return fmt.Sprintf("%s: %s.", run.Month, strings.Join(parts, ", "))
}
