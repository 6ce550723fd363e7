package handlers

import (
	"cmp"
	"context"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"github.com/a-h/templ"

	"seatbridge/billing/problem"
	"seatbridge/billing/seats"
	"seatbridge/handlers/web"
	"seatbridge/store"
	"seatbridge/views"
)

const (
	runsPage = 30
	// mostTicks is how many held units a preview offers to tick; the others are decided about under Approvals.
	mostTicks = 200
	// mostNamed is how many agreements an address names.
	mostNamed = 100
	// progressRefresh is how often browsers without script load a running run's page again, in seconds.
	progressRefresh = 5
)

// runQuery is the address of the list of runs, understood.
type runQuery struct {
	web.ListQuery
	kind   string // a kind of run, "preview" or "comparison"
	filter store.RunFilter
}

func runKinds() []store.RunKind {
	return []store.RunKind{
		store.RunMonthly, store.RunManual, store.RunCommand, store.RunRetry, store.RunUndo, store.RunRelease, store.RunSettle,
	}
}

func runStatuses() []store.RunStatus {
	return []store.RunStatus{
		store.RunDone, store.RunIncomplete, store.RunFailed, store.RunCancelled, store.RunPlanned, store.RunDiscarded, store.RunRunning,
	}
}

// What the list of runs is narrowed down to beside their kinds.
const (
	previews    = "preview"
	comparisons = "comparison"
)

func parseRunQuery(r *http.Request, now time.Time) (runQuery, error) {
	q := runQuery{ListQuery: web.ParseListQuery(r.URL.Query())}
	q.kind = web.OneOf(q.Values.Get("kind"), previews, comparisons)
	kind := web.OneOf(q.Values.Get("kind"), runKinds()...)
	if kind != "" || q.kind != "" {
		preview := kind == ""
		q.kind, q.filter.Preview = cmp.Or(string(kind), q.kind), &preview
	}
	q.filter.Kind, q.filter.Compares = kind, q.kind == comparisons
	q.filter.Status = web.OneOf(q.Values.Get("result"), runStatuses()...)
	text := q.Values.Get("month")
	if text == "" {
		return q, nil
	}
	period, err := parsePeriod(text, now)
	q.filter.Month = period.Month
	return q, err
}

func (s *server) listRuns(w http.ResponseWriter, r *http.Request) error {
	q, err := parseRunQuery(r, s.Now())
	if err != nil {
		return err
	}
	runs, total, err := web.Load(&q.ListQuery, runsPage, func(limit, offset int) ([]store.RunRow, int, error) {
		q.filter.Limit, q.filter.Offset = limit, offset
		return s.Store.Runs(r.Context(), q.filter)
	})
	if err != nil {
		return err
	}
	page := views.RunsPage{
		Kind: q.kind, Month: string(q.filter.Month), Status: string(q.filter.Status),
		CSV: web.WithQuery(views.RunsCSVPath, q.Values, "page", ""), Pager: q.Pager(views.RunsPath, runsPage, len(runs), total),
	}
	for _, run := range runs {
		page.Rows = append(page.Rows, runRow(run))
	}
	if !web.IsPart(r) {
		if err := s.completeRuns(r.Context(), &page); err != nil {
			return err
		}
	}
	return s.web.Answer(w, r, web.Page{
		Section: views.SectionIntegrations, Title: "Runs",
		Part:  views.RunList(page),
		Whole: func(l views.Layout) templ.Component { return views.Runs(l, page) },
	})
}

// completeRuns adds the filters' options and the months that no run has written.
func (s *server) completeRuns(ctx context.Context, page *views.RunsPage) error {
	for _, kind := range runKinds() {
		page.Kinds = append(page.Kinds, views.Option{
			Value: string(kind), Label: views.RunKindName(string(kind)), Selected: string(kind) == page.Kind,
		})
	}
	page.Kinds = append(page.Kinds, views.Option{Value: previews, Label: "Previews", Selected: page.Kind == previews},
		views.Option{Value: comparisons, Label: "Comparisons", Selected: page.Kind == comparisons})
	for _, status := range runStatuses() {
		page.Statuses = append(page.Statuses, views.Option{
			Value: string(status), Label: views.StateName(string(status)), Selected: string(status) == page.Status,
		})
	}
	months, err := s.Store.RunMonths(ctx)
	if err != nil {
		return err
	}
	for _, m := range months {
		page.Months = append(page.Months, views.Option{Value: string(m), Label: m.String(), Selected: string(m) == page.Month})
	}
	missed, err := s.Billing.Runs.Months().Missed(ctx)
	for _, m := range missed {
		page.Missed = append(page.Missed, views.MissedMonth{Month: string(m.Month), Overtaken: m.Overtaken})
	}
	return err
}

func (s *server) downloadRuns(w http.ResponseWriter, r *http.Request) error {
	q, err := parseRunQuery(r, s.Now())
	if err != nil {
		return err
	}
	header := []string{
		"Run", "Kind", "Preview", "Of run", "Agreement", "Month", "Figures up to (UTC)",
		"Started (UTC)", "Ended (UTC)", "Seconds", "By", "Result", "Agreements",
	}
	for _, state := range changeStates() {
		header = append(header, views.StateName(string(state)))
	}
	header = append(header, "Error", "What to do")
	return s.web.SendCSV(w, r, "runs", header, func(write func(...string)) error {
		for run, err := range s.Store.EachRun(r.Context(), q.filter) {
			if err != nil {
				return err
			}
			cells := []string{
				number(run.ID), views.RunKindName(string(run.Kind)), strconv.FormatBool(run.Preview),
				number(run.Of), number(int64(run.Agreement)), string(run.Month),
				timestamp(run.AsOf), timestamp(run.StartedAt), timestamp(run.EndedAt), strconv.Itoa(int(run.Took().Seconds())),
				run.Actor, string(run.Status), strconv.Itoa(run.Processed),
			}
			for _, state := range changeStates() {
				cells = append(cells, strconv.Itoa(run.Counts[state]))
			}
			write(append(cells, run.Problem.What, run.Problem.Do)...)
		}
		return nil
	})
}

// number writes an id for a download; "" for none.
func number(id int64) string {
	if id == 0 {
		return ""
	}
	return strconv.FormatInt(id, 10)
}

// timestamp writes a moment for a download; "" for none.
func timestamp(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format(time.RFC3339)
}

func runRow(run store.RunRow) views.RunRow {
	n := run.Counts
	return views.RunRow{
		ID: run.ID, Kind: string(run.Kind), Preview: run.Preview, Compares: run.Compares,
		Of: run.Of, Agreement: int64(run.Agreement), Only: len(run.Only),
		Month: string(run.Month), AsOf: run.AsOf, Actor: run.Actor,
		Started: run.StartedAt, Ended: run.EndedAt, Took: run.Took(), Continued: run.ContinuedAt, Resumed: run.ResumedAt,
		Status: string(run.Status), ErrorWhat: run.Problem.What,
		Counts: views.RunCounts{
			Planned: n[store.StatePlanned] + n[store.StateSending], Written: n[store.StateWritten],
			Unchanged: n[store.StateUnchanged], Skipped: n[store.StateSkipped], Blocked: n[store.StateBlocked],
			Conflict: n[store.StateConflict], Held: n[store.StateHeld], Failed: n[store.StateFailed], Unknown: n[store.StateUnknown],
			Stale: n[store.StateStale], Cancelled: n[store.StateCancelled], Rejected: n[store.StateRejected],
		},
	}
}

// pathRun is the run in the path.
func (s *server) pathRun(r *http.Request) (store.Run, error) {
	id, err := web.PathID(r, "id")
	if err != nil {
		return store.Run{}, err
	}
	return s.Store.Run(r.Context(), id)
}

func (s *server) showRun(w http.ResponseWriter, r *http.Request) error {
	page, err := s.runPage(r)
	if err != nil {
		return err
	}
	if web.IsPart(r) {
		return s.web.Part(w, r, http.StatusOK, views.ChangeTable(page.List))
	}
	refresh := 0
	if page.Run.Status == string(store.RunRunning) {
		refresh = progressRefresh
	}
	return s.web.Answer(w, r, web.Page{
		Section: views.SectionIntegrations, Title: runTitle(page.Run), Refresh: refresh,
		Whole: func(l views.Layout) templ.Component { return views.Run(l, page) },
	})
}

func runTitle(run views.RunRow) string {
	return fmt.Sprintf("Run %d, %s", run.ID, store.Month(run.Month))
}

// runProgress is polled while a run goes on.
func (s *server) runProgress(w http.ResponseWriter, r *http.Request) error {
	run, err := s.pathRun(r)
	if err != nil {
		return err
	}
	if !web.IsPart(r) {
		return web.Leave(w, r, views.RunPath(run.ID))
	}
	if run.Status != store.RunRunning {
		w.Header().Set("HX-Refresh", "true") // the whole page shows the result
	}
	page := views.RunPage{
		Run: runRow(store.RunRow{Run: run}), Done: run.Processed, Total: run.Total, PerSecond: runSpeed(run, s.Now()),
		Waits:     waitingNotice(s.Billing.Runs.Waiting(run.ID)),
		CanCancel: run.Status == store.RunRunning,
	}
	return s.web.Render(w, r, http.StatusOK, views.RunProgress(page))
}

func (s *server) runPage(r *http.Request) (views.RunPage, error) {
	ctx := r.Context()
	run, err := s.pathRun(r)
	if err != nil {
		return views.RunPage{}, err
	}
	counts, err := s.Store.ChangeCounts(ctx, run.ID)
	if err != nil {
		return views.RunPage{}, err
	}
	page := views.RunPage{
		Run: runRow(store.RunRow{Run: run, Counts: counts}), Done: run.Processed, Total: run.Total, PerSecond: runSpeed(run, s.Now()),
		Notice:     problemNotice(run.Problem),
		Waits:      waitingNotice(s.Billing.Runs.Waiting(run.ID)),
		CanApply:   run.Status == store.RunPlanned && counts[store.StatePlanned]+counts[store.StateHeld] > 0,
		CanDiscard: run.Status == store.RunPlanned,
		CanCancel:  run.Status == store.RunRunning,
	}
	if err := offerSwitch(ctx, s.Store, run, &page); err != nil {
		return page, err
	}
	if ended := !run.Preview && run.Status != store.RunRunning; ended {
		page.CanUndo = counts[store.StateWritten] > 0
		if err := s.offerAgain(ctx, run, &page); err != nil {
			return page, err
		}
	}
	q := parseChangeQuery(r, store.ChangeFilter{RunID: run.ID})
	page.List, err = s.changeList(ctx, views.RunPath(run.ID), q)
	if err != nil || web.IsPart(r) {
		return page, err
	}
	kinds, err := s.Store.KindCounts(ctx, run.ID)
	if err != nil {
		return page, err
	}
	page.List.Kinds, page.List.States = kindOptions(kinds, page.List.Kind), stateOptions(counts, page.List.State)
	if run.Status == store.RunFailed && run.Total == 0 && run.IsFull() {
		mapped, err := s.Store.MappedAgreements(ctx)
		if err != nil {
			return page, err
		}
		page.Mapped = len(mapped)
	}
	if page.CanApply {
		if err := s.addTicks(ctx, &page); err != nil {
			return page, err
		}
	}
	return page, runFigures(ctx, s, run, &page)
}

// runFigures adds what a run comes to, and as of when the figures of a preview are.
func runFigures(ctx context.Context, s *server, run store.Run, page *views.RunPage) (err error) {
	if page.Writes, err = s.totals(ctx, run.ID, store.StatePlanned, store.StateSending, store.StateWritten); err != nil {
		return err
	}
	if page.Held, err = s.totals(ctx, run.ID, store.StateHeld); err != nil {
		return err
	}
	switch {
	case run.Compares:
		return nil
	case run.Preview:
		page.Asked, err = askedFor(ctx, s, run)
	default:
		page.Late, err = bookPages{s}.late(ctx, store.MonthRowFilter{Month: run.Month, WrittenRun: run.ID})
	}
	return err
}

// offerSwitch adds to a preview of a sync, while Seatbridge only compares, how writing is switched on with it. Other previews cannot be
// written meanwhile.
func offerSwitch(ctx context.Context, db *store.Store, run store.Run, page *views.RunPage) error {
	comparing, err := store.ComparingsIn(db).Now(ctx)
	if err != nil || !comparing.On() || run.Status != store.RunPlanned {
		return err
	}
	switch {
	case !run.Kind.Syncs() || !run.IsFull():
		page.CanApply = false
	case page.CanApply:
		page.SwitchOn = "Switch on and write these changes"
	default:
		page.SwitchOn = "Switch on"
	}
	return nil
}

// askedFor says of a preview of a month that is over as of when the Provider API's report is: it is not asked for a preview. nil: there
// is no Provider API, or the month is running and its reports are not billed.
func askedFor(ctx context.Context, s *server, run store.Run) (*views.Notice, error) {
	_, connected, err := s.Billing.Reports.Connection(ctx)
	if err != nil || !connected || !run.AsOf.IsZero() {
		return nil, err
	}
	fetch, err := s.monthlyFetch(ctx, run.Month)
	notice := views.Notice{
		Kind: "info", What: fmt.Sprintf("The Provider API was not asked for %s yet.", run.Month),
		Why: "A preview writes nothing, so it does not ask either.", Do: "Fetch the report first if it may have changed.",
		ActionLabel: "Look at the Provider API", ActionURL: views.ProviderPath,
	}
	if !fetch.At.IsZero() {
		notice.What = fmt.Sprintf("The Provider API was last asked for %s on %s.", run.Month, seats.Minute(fetch.At))
	}
	return &notice, err
}

// offerAgain adds how what the run did not write can be written: a retry keeps its month and is about what no later run has looked at;
// a month that is over can also be synced again as a whole.
func (s *server) offerAgain(ctx context.Context, run store.Run, page *views.RunPage) error {
	if !run.Kind.Syncs() {
		return nil
	}
	if isOver(run.Month, s.Now()) {
		page.Again, page.AgainURL = "Sync "+monthWord(run.Month, s.Now())+" again", againURL(run)
	}
	o, err := store.JournalIn(s.Store).OvertakenOf(ctx, run.ID)
	if err != nil || o.Missed == 0 {
		return err
	}
	if o.Later > 0 {
		page.Overtaken = &views.Overtaken{Agreements: o.Later, By: o.By}
	}
	if o.Later < o.Missed {
		page.Retry = "Retry " + periodWord(run, s.Now())
	}
	return nil
}

// againURL asks to sync the month of a run again, on the agreements that the run was about.
func againURL(run store.Run) string {
	values, only := url.Values{}, run.Only
	if run.Agreement != 0 {
		only = []int{run.Agreement}
	}
	for _, id := range only[:min(len(only), mostNamed)] {
		values.Add("agreement", strconv.Itoa(id))
	}
	path := views.SyncMonthPath(string(run.Month))
	if len(only) > mostNamed || len(values) == 0 {
		return path // of all: an address does not name thousands
	}
	return path + "?" + values.Encode()
}

// addTicks adds to a preview what it holds, what is worth most first.
func (s *server) addTicks(ctx context.Context, page *views.RunPage) error {
	units, err := heldUnits(ctx, s.Store, page.Run.ID)
	if err != nil {
		return err
	}
	shown := units[:min(len(units), mostTicks)]
	page.TicksLeft = len(units) - len(shown)
	page.Ticks, err = s.heldGroups(ctx, shown)
	return err
}

// runSpeed is agreements a second, while the run goes on.
func runSpeed(run store.Run, now time.Time) float64 {
	if run.Status != store.RunRunning {
		return 0
	}
	return perSecond(run.Processed, now.Sub(run.StartedAt))
}

func (s *server) cancelRun(w http.ResponseWriter, r *http.Request) error {
	run, err := s.pathRun(r)
	if err != nil {
		return err
	}
	if err := s.Billing.Runs.Cancel(r.Context(), s.web.Actor(r), run.ID); err != nil {
		return err
	}
	return s.web.Done(w, r, views.RunPath(run.ID), "The run stops after the change in hand.")
}

func (s *server) applyRun(w http.ResponseWriter, r *http.Request) error {
	run, err := s.pathRun(r)
	if err != nil {
		return err
	}
	if err := web.ParseForm(r); err != nil {
		return err
	}
	if err := s.Billing.Runs.Apply(r.Context(), s.web.Actor(r), run.ID, web.FormIDs(r.PostForm["change"], 64)...); err != nil {
		return err
	}
	return web.Leave(w, r, views.RunPath(run.ID))
}

func (s *server) discardRun(w http.ResponseWriter, r *http.Request) error {
	run, err := s.pathRun(r)
	if err != nil {
		return err
	}
	if err := s.Billing.Runs.Discard(r.Context(), s.web.Actor(r), run.ID); err != nil {
		return err
	}
	return s.web.Done(w, r, views.RunPath(run.ID), "The preview was discarded. Nothing was written.")
}

// undoRun previews putting back what the run wrote.
func (s *server) undoRun(w http.ResponseWriter, r *http.Request) error {
	return s.follow(w, r, s.Billing.Runs.Undo)
}

// retryRun syncs what the run did not write.
func (s *server) retryRun(w http.ResponseWriter, r *http.Request) error {
	return s.follow(w, r, s.Billing.Runs.Retry)
}

func (s *server) follow(
	w http.ResponseWriter, r *http.Request, start func(context.Context, problem.Actor, int64) (store.Run, error),
) error {
	run, err := s.pathRun(r)
	if err != nil {
		return err
	}
	started, err := start(r.Context(), s.web.Actor(r), run.ID)
	if err != nil {
		return err
	}
	return web.Leave(w, r, views.RunPath(started.ID))
}
