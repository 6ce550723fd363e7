package handlers

import (
	"context"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/a-h/templ"
	"github.com/shopspring/decimal"

	"seatbridge/store"
	"seatbridge/views"
)

const (
	runsPage    = 30
	changesPage = 100
	// progressRefresh is how often browsers without script load a running run's page again, in seconds.
	progressRefresh = 5
)

func runPath(id int64) string { return "/runs/" + strconv.FormatInt(id, 10) }

// changeStates are the states in the order in which people want to see them.
func changeStates() []store.ChangeState {
	return []store.ChangeState{
		store.StateFailed, store.StateUnknown, store.StateConflict, store.StateBlocked, store.StateHeld, store.StateStale, store.StateSkipped,
		store.StatePlanned, store.StateSending, store.StateWritten, store.StateUnchanged, store.StateRejected, store.StateCancelled,
	}
}

func (s *server) listRuns(w http.ResponseWriter, r *http.Request) error {
	q := parseListQuery(r.URL.Query())
	runs, total, err := load(&q, runsPage, func(limit, offset int) ([]store.RunRow, int, error) {
		return s.Store.Runs(r.Context(), store.RunFilter{Limit: limit, Offset: offset})
	})
	if err != nil {
		return err
	}
	page := views.RunsPage{Pager: q.pager("/runs", runsPage, len(runs), total)}
	for _, run := range runs {
		page.Rows = append(page.Rows, runRow(run))
	}
	return s.answer(w, r, http.StatusOK, views.RunList(page),
		func(l views.Layout) templ.Component { return views.Runs(l, page) }, views.SectionIntegrations, "Runs")
}

func runRow(run store.RunRow) views.RunRow {
	return views.RunRow{
		ID: run.ID, Kind: string(run.Kind), Preview: run.Preview, Month: string(run.Month), AsOf: run.AsOf, Actor: run.Actor,
		Started: run.StartedAt, Ended: run.EndedAt, Status: string(run.Status), ErrorWhat: run.Problem.What,
		Counts: views.RunCounts{
			Planned: run.Counts[store.StatePlanned] + run.Counts[store.StateSending], Written: run.Counts[store.StateWritten],
			Unchanged: run.Counts[store.StateUnchanged], Skipped: run.Counts[store.StateSkipped], Blocked: run.Counts[store.StateBlocked],
			Conflict: run.Counts[store.StateConflict], Held: run.Counts[store.StateHeld], Failed: run.Counts[store.StateFailed], Unknown: run.Counts[store.StateUnknown],
			Stale: run.Counts[store.StateStale], Rejected: run.Counts[store.StateRejected], Cancelled: run.Counts[store.StateCancelled],
		},
	}
}

// pathRun is the run in the path.
func (s *server) pathRun(r *http.Request) (store.Run, error) {
	id, err := pathID(r, "id")
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
	if isPart(r) {
		return s.part(w, r, http.StatusOK, views.ChangeTable(page))
	}
	layout, err := s.layout(w, r, views.SectionIntegrations, runTitle(page.Run))
	if err != nil {
		return err
	}
	if page.Run.Status == string(store.RunRunning) {
		layout.Refresh = progressRefresh
	}
	return s.render(w, r, http.StatusOK, views.Run(layout, page))
}

func runTitle(run views.RunRow) string { return fmt.Sprintf("Run %d", run.ID) }

// runProgress is polled while a run goes on.
func (s *server) runProgress(w http.ResponseWriter, r *http.Request) error {
	run, err := s.pathRun(r)
	if err != nil {
		return err
	}
	if !isPart(r) {
		return leave(w, r, runPath(run.ID))
	}
	if run.Status != store.RunRunning {
		w.Header().Set("HX-Refresh", "true") // the whole page shows the result
	}
	page := views.RunPage{
		Run: runRow(store.RunRow{Run: run}), Done: run.Processed, Total: run.Total, PerSecond: runSpeed(run, s.Now()),
		CanCancel: run.Status == store.RunRunning,
	}
	return s.render(w, r, http.StatusOK, views.RunProgress(page))
}

// changeQuery is the address of a run's changes, understood.
type changeQuery struct {
	listQuery
	filter store.ChangeFilter
}

func parseChangeQuery(r *http.Request, runID int64) changeQuery {
	q := changeQuery{listQuery: parseListQuery(r.URL.Query())}
	q.filter = store.ChangeFilter{RunID: runID, Search: q.Search}
	if state := oneOf(q.values.Get("state"), changeStates()...); state != "" {
		q.filter.States = []store.ChangeState{state}
	}
	return q
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
	q := parseChangeQuery(r, run.ID)
	page := views.RunPage{
		Run: runRow(store.RunRow{Run: run, Counts: counts}), Done: run.Processed, Total: run.Total,
		Notice: problemNotice(run.Problem), Query: q.Search,
		CSV:        withQuery(runPath(run.ID)+"/changes.csv", q.values, "page", ""),
		CanApply:   run.Status == store.RunPlanned && counts[store.StatePlanned] > 0,
		CanDiscard: run.Status == store.RunPlanned,
		CanCancel:  run.Status == store.RunRunning,
	}
	if len(q.filter.States) > 0 {
		page.State = string(q.filter.States[0])
	}
	page.States = stateOptions(counts, page.State)
	page.PerSecond = runSpeed(run, s.Now())
	if !isPart(r) {
		if err := s.seatDifference(ctx, run.ID, &page); err != nil {
			return page, err
		}
	}
	return page, s.runChanges(ctx, run.ID, &q, &page)
}

// runChanges adds one page of changes.
func (s *server) runChanges(ctx context.Context, runID int64, q *changeQuery, page *views.RunPage) error {
	changes, total, err := load(&q.listQuery, changesPage, func(limit, offset int) ([]store.Change, int, error) {
		q.filter.Limit, q.filter.Offset = limit, offset
		return s.Store.Changes(ctx, q.filter)
	})
	if err != nil {
		return err
	}
	for _, c := range changes {
		page.Changes = append(page.Changes, changeRow(c))
	}
	page.Pager = q.pager(runPath(runID), changesPage, len(changes), total)
	return nil
}

// seatDifference adds what all changes together do to the seats billed.
func (s *server) seatDifference(ctx context.Context, runID int64, page *views.RunPage) error {
	writing := store.ChangeFilter{RunID: runID, States: []store.ChangeState{store.StatePlanned, store.StateSending, store.StateWritten}}
	for c, err := range s.Store.EachChange(ctx, writing) {
		if err != nil {
			return err
		}
		if d := difference(c); d > 0 {
			page.SeatsMore += d
		} else {
			page.SeatsLess -= d
		}
	}
	return nil
}

func stateOptions(counts map[store.ChangeState]int, chosen string) []views.Option {
	var options []views.Option
	for _, state := range changeStates() {
		if n := counts[state]; n > 0 || string(state) == chosen {
			text := string(state)
			options = append(options, views.Option{
				Value: text, Label: strings.ToUpper(text[:1]) + text[1:], Count: n, HasCount: true, Selected: text == chosen,
			})
		}
	}
	return options
}

// runSpeed is agreements a second, while the run goes on.
func runSpeed(run store.Run, now time.Time) float64 {
	if run.Status != store.RunRunning {
		return 0
	}
	return perSecond(run.Processed, now.Sub(run.StartedAt))
}

func changeRow(c store.Change) views.ChangeRow {
	row := views.ChangeRow{
		ID: c.ID, Company: c.Company, Agreement: c.Agreement, Plan: string(c.Plan), Product: c.Product,
		Before: quantity(c.Before), After: quantity(c.After), Difference: difference(c), HandEdited: c.HandEdited,
		Reason: c.Reason, Warnings: c.Warnings, State: string(c.State),
		ErrorWhat: c.Problem.What, ErrorDo: c.Problem.Do, ErrorDetail: c.Problem.Detail,
	}
	for _, share := range c.Shares {
		row.Shares = append(row.Shares, views.Share{OrganizationID: share.OrganizationID, Organization: share.Organization, Seats: share.Seats, Unknown: !share.Known})
	}
	return row
}

// quantity writes a quantity as ConnectWise has it; "" where there is none.
func quantity(q decimal.NullDecimal) string {
	if !q.Valid {
		return ""
	}
	return q.Decimal.String()
}

// difference is by how many seats a change raises (or lowers) a line; no line
// counts as none billed, and an unknown target as no difference.
func difference(c store.Change) int {
	if !c.After.Valid {
		return 0
	}
	return int(c.After.Decimal.Sub(c.Before.Decimal).IntPart())
}

func (s *server) downloadChanges(w http.ResponseWriter, r *http.Request) error {
	run, err := s.pathRun(r)
	if err != nil {
		return err
	}
	q := parseChangeQuery(r, run.ID)
	header := []string{"Company", "Agreement", "Plan", "Product", "Before", "After", "State", "Edited by hand", "Organizations", "Reason", "Error", "What to do"}
	return s.sendCSV(w, r, fmt.Sprintf("run-%d-changes", run.ID), header, func(write func(...string)) error {
		for c, err := range s.Store.EachChange(r.Context(), q.filter) {
			if err != nil {
				return err
			}
			write(c.Company, c.Agreement, c.Plan.Name(), c.Product, quantity(c.Before), quantity(c.After), string(c.State),
				strconv.FormatBool(c.HandEdited), shares(c.Shares), strings.Join(append([]string{c.Reason}, c.Warnings...), " "), c.Problem.What, c.Problem.Do)
		}
		return nil
	})
}

// shares lists what each organization adds to a line.
func shares(all []store.Share) string {
	parts := make([]string, len(all))
	for i, share := range all {
		seats := "unknown"
		if share.Known {
			seats = strconv.Itoa(share.Seats)
		}
		parts[i] = share.Organization + ": " + seats
	}
	return strings.Join(parts, "; ")
}

func (s *server) cancelRun(w http.ResponseWriter, r *http.Request) error {
	run, err := s.pathRun(r)
	if err != nil {
		return err
	}
	if err := s.Bridge.Cancel(r.Context(), s.actor(r), run.ID); err != nil {
		return err
	}
	return s.done(w, r, runPath(run.ID), "The run stops after the change in hand.")
}

func (s *server) applyRun(w http.ResponseWriter, r *http.Request) error {
	run, err := s.pathRun(r)
	if err != nil {
		return err
	}
	if err := s.Bridge.Apply(r.Context(), s.actor(r), run.ID); err != nil {
		return err
	}
	return leave(w, r, runPath(run.ID))
}

func (s *server) discardRun(w http.ResponseWriter, r *http.Request) error {
	run, err := s.pathRun(r)
	if err != nil {
		return err
	}
	if err := s.Bridge.Discard(r.Context(), s.actor(r), run.ID); err != nil {
		return err
	}
	return s.done(w, r, runPath(run.ID), "The preview was discarded. Nothing was written.")
}
