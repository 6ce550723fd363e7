package handlers

import (
	"context"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/shopspring/decimal"

	"seatbridge/billing/findings"
	"seatbridge/billing/money"
	"seatbridge/billing/problem"
	"seatbridge/handlers/web"
	"seatbridge/store"
	"seatbridge/views"
)

const changesPage = 100

// changeStates are the states in the order in which people want to see them.
func changeStates() []store.ChangeState {
	return []store.ChangeState{
		store.StateFailed, store.StateUnknown, store.StateConflict, store.StateBlocked, store.StateHeld, store.StateStale, store.StateSkipped,
		store.StatePlanned, store.StateSending, store.StateWritten, store.StateUnchanged, store.StateRejected, store.StateCancelled,
	}
}

// changeKinds are the words for the kinds of changes, in the same order everywhere.
func changeKinds() []string {
	return []string{
		string(store.KindCreate), string(store.KindUpdate),
		string(store.StateUnchanged), string(store.StateSkipped), string(store.StateBlocked), string(store.StateConflict),
	}
}

// changeQuery is the address of a list of changes, understood.
type changeQuery struct {
	web.ListQuery
	filter store.ChangeFilter
}

// parseChangeQuery narrows the changes of a page down to what its address asks for.
func parseChangeQuery(r *http.Request, of store.ChangeFilter) changeQuery {
	q := changeQuery{ListQuery: web.ParseListQuery(r.URL.Query()), filter: of}
	q.filter.Search = q.Search
	if state := web.OneOf(q.Values.Get("state"), changeStates()...); state != "" {
		q.filter.States = []store.ChangeState{state}
	}
	if kind := web.OneOf(q.Values.Get("kind"), changeKinds()...); kind != "" {
		q.filter.KindWords = []string{kind}
	}
	return q
}

// changeList is one page of the changes.
func (s *server) changeList(ctx context.Context, path string, q changeQuery) (views.ChangeList, error) {
	changes, total, err := web.Load(&q.ListQuery, changesPage, func(limit, offset int) ([]store.Change, int, error) {
		q.filter.Limit, q.filter.Offset = limit, offset
		return s.Store.Changes(ctx, q.filter)
	})
	if err != nil {
		return views.ChangeList{}, err
	}
	list := views.ChangeList{
		Path: path, Query: q.Search, ShowRun: q.filter.RunID == 0,
		CSV: web.WithQuery(views.ChangesCSVPath(path), q.Values, "page", ""), Pager: q.Pager(path, changesPage, len(changes), total),
	}
	if len(q.filter.States) == 1 {
		list.State = string(q.filter.States[0])
	}
	if len(q.filter.KindWords) == 1 {
		list.Kind = q.filter.KindWords[0]
	}
	if list.Rows, err = s.changeRows(ctx, changes); err != nil || !q.filter.Open {
		return list, err
	}
	return list, s.offerSyncs(ctx, changes, list.Rows)
}

// offerSyncs adds to lines that were not written the button that syncs their agreements for the month they are of.
func (s *server) offerSyncs(ctx context.Context, changes []store.Change, rows []views.ChangeRow) error {
	runs, err := s.runsByID(ctx, changes)
	if err != nil {
		return err
	}
	for i, c := range changes {
		button := syncOf(c, runs[c.RunID], s.Now())
		rows[i].Sync = &button
	}
	return nil
}

// changeRows adds to changes what they are shown with: their runs, what was chosen where they conflict, and whether what was sent is
// still looked for.
func (s *server) changeRows(ctx context.Context, changes []store.Change) ([]views.ChangeRow, error) {
	runs, err := s.runsByID(ctx, changes)
	if err != nil {
		return nil, err
	}
	rows := make([]views.ChangeRow, len(changes))
	for i, c := range changes {
		rows[i] = changeRow(c, runs[c.RunID])
		if c.State == store.StateConflict {
			if err := s.offerLines(ctx, c, runs[c.RunID], &rows[i]); err != nil {
				return nil, err
			}
		}
	}
	return rows, markSought(ctx, s.Store, changes, rows)
}

// markSought marks the lines that were sent without an outcome and are still looked for.
func markSought(ctx context.Context, db *store.Store, changes []store.Change, rows []views.ChangeRow) error {
	if !slices.ContainsFunc(changes, func(c store.Change) bool { return c.State == store.StateUnknown }) {
		return nil
	}
	sought, err := store.SendingsIn(db).Unknown(ctx, 0)
	for i, c := range changes {
		rows[i].Sought = c.State == store.StateUnknown && slices.ContainsFunc(sought, func(sent store.Change) bool {
			return sent.AgreementID == c.AgreementID && sent.ProductID == c.ProductID
		})
	}
	return err
}

// offerLines adds to a conflict that is still open what can be chosen and what was.
func (s *server) offerLines(ctx context.Context, c store.Change, run store.Run, row *views.ChangeRow) error {
	open, _, err := s.Store.Changes(ctx, store.ChangeFilter{
		RunID: c.RunID, AgreementID: c.AgreementID, States: []store.ChangeState{store.StateConflict}, Open: true,
	})
	if err != nil {
		return err
	}
	if len(open) == 0 && run.Status != store.RunPlanned {
		return nil // a later run has looked at it again
	}
	for _, o := range c.Candidates {
		row.Candidates = append(row.Candidates, views.Candidate{
			AdditionID: int64(o.AdditionID), Quantity: o.Quantity.String(), Effective: o.EffectiveDate, Description: o.Description,
		})
	}
	lines, err := s.Store.AgreementLines(ctx, c.AgreementID)
	for _, line := range lines {
		if line.ProductID == c.ProductID && line.Chosen {
			button := syncOf(c, run, s.Now())
			row.Chosen, row.Sync = int64(line.AdditionID), &button
		}
	}
	return err
}

// runsByID are the runs that changes belong to.
func (s *server) runsByID(ctx context.Context, changes []store.Change) (map[int64]store.Run, error) {
	ids := []int64{}
	for _, c := range changes {
		if !slices.Contains(ids, c.RunID) {
			ids = append(ids, c.RunID)
		}
	}
	runs := map[int64]store.Run{}
	for _, id := range ids {
		run, err := s.Store.Run(ctx, id)
		if err != nil {
			return nil, err
		}
		runs[id] = run
	}
	return runs, nil
}

func changeRow(c store.Change, run store.Run) views.ChangeRow {
	line := money.LineOf(c)
	row := views.ChangeRow{
		ID: c.ID, RunID: c.RunID, Run: views.RunName(runRow(store.RunRow{Run: run})), At: changedAt(c, run),
		Compared: run.Compares,
		Company:  c.Company, AgreementID: int64(c.AgreementID), Agreement: c.Agreement, Plan: string(c.Plan), Product: c.Product,
		Before: quantity(c.Before), Unread: c.Unread(), After: quantity(c.After), Difference: quantity(line.Seats()),
		Money: views.Money{Amount: money.Text(line.Worth(), c.Currency), Currency: c.Currency}, Unbilled: line.Unbilled,
		Kind: c.KindWord(), State: string(c.State),
		HandEdited: c.HandEdited, Reason: c.Reason, Warnings: problem.Unsaid(c.Warnings, c.HeldBecause),
		Asks: slices.ContainsFunc(c.Found, findings.Asks), HeldBecause: c.HeldBecause, DecidedBy: c.DecidedBy, DecidedAt: c.DecidedAt,
		ErrorWhat: c.Problem.What, ErrorDo: c.Problem.Do, ErrorDetail: c.Problem.Detail,
	}
	if line.Listed {
		row.ListPrice = money.Price(c.UnitPrice, c.Currency)
	}
	for _, share := range c.Shares {
		row.Shares = append(row.Shares, views.Share{
			OrganizationID: share.OrganizationID, Organization: share.Organization, Seats: share.Seats, Unknown: !share.Known,
		})
	}
	return row
}

// changedAt is when a change was done or, before that, when its run planned it.
func changedAt(c store.Change, run store.Run) time.Time {
	if c.DoneAt.IsZero() {
		return run.StartedAt
	}
	return c.DoneAt
}

// quantity writes a quantity as ConnectWise has it; "" where there is none.
func quantity(q decimal.NullDecimal) string {
	if !q.Valid {
		return ""
	}
	return q.Decimal.String()
}

// totals adds up a run's changes that have one of the states.
func (s *server) totals(ctx context.Context, runID int64, states ...store.ChangeState) (views.Totals, error) {
	var sum money.Totals
	for c, err := range s.Store.Figures(ctx, runID, states...) {
		if err != nil {
			return views.Totals{}, err
		}
		sum.Add(money.LineOf(c))
	}
	t := views.Totals{
		Lines: sum.Lines, SeatsMore: sum.Seats.More.String(), SeatsLess: sum.Seats.Less.String(),
		Unpriced: sum.Unpriced, Listed: sum.Listed, Unbilled: sum.Unbilled,
	}
	for _, currency := range sum.Currencies() {
		worth := sum.Worth(currency)
		t.Money = append(t.Money, views.MoneyTotal{More: amount(worth.More, currency), Less: amount(worth.Less, currency)})
	}
	return t, nil
}

func amount(d decimal.Decimal, currency string) views.Money {
	return views.Money{Amount: money.Text(decimal.NewNullDecimal(d), currency), Currency: currency}
}

func stateOptions(counts map[store.ChangeState]int, chosen string) []views.Option {
	var options []views.Option
	for _, state := range changeStates() {
		if n := counts[state]; n > 0 || string(state) == chosen {
			options = append(options, views.Option{
				Value: string(state), Label: views.StateName(string(state)), Count: n, HasCount: true, Selected: string(state) == chosen,
			})
		}
	}
	return options
}

// allStates offers every state, where counting them would read years of changes.
func allStates(chosen string) []views.Option {
	var options []views.Option
	for _, state := range changeStates() {
		options = append(options, views.Option{Value: string(state), Label: views.StateName(string(state)), Selected: string(state) == chosen})
	}
	return options
}

func kindOptions(counts map[string]int, chosen string) []views.Option {
	var options []views.Option
	for _, kind := range changeKinds() {
		if n := counts[kind]; n > 0 || kind == chosen {
			options = append(options, views.Option{
				Value: kind, Label: views.ChangeKindName(kind), Count: n, HasCount: true, Selected: kind == chosen,
			})
		}
	}
	return options
}

// sendChanges is a download of changes.
func (s *server) sendChanges(w http.ResponseWriter, r *http.Request, name string, filter store.ChangeFilter) error {
	header := []string{
		"Run", "Run kind", "Month", "Time (UTC)", "Company", "Agreement", "Agreement ID", "Plan", "Product", "Addition ID", "Kind", "State",
		"Before", "After", "Difference in seats", "Unit price", "Price of", "Currency", "Difference in money",
		"Written by Seatbridge before", "Edited by hand",
		"Organizations", "Reason", "Held because", "Decided by", "Decided at (UTC)", "Error", "What to do",
	}
	return s.web.SendCSV(w, r, name, header, func(write func(...string)) error {
		runs := map[int64]store.Run{}
		for c, err := range s.Store.EachChange(r.Context(), filter) {
			if err != nil {
				return err
			}
			run, known := runs[c.RunID]
			if !known {
				if run, err = s.Store.Run(r.Context(), c.RunID); err != nil {
					return err
				}
				runs[c.RunID] = run
			}
			row := changeRow(c, run)
			write(number(c.RunID), row.Run, string(run.Month), timestamp(row.At), c.Company, c.Agreement,
				strconv.Itoa(c.AgreementID), c.Plan.Name(), c.Product,
				number(int64(c.AdditionID)), c.KindWord(), string(c.State), row.Before, row.After,
				row.Difference, quantity(c.UnitPrice), priceOf(row), c.Currency, row.Money.Amount,
				quantity(c.Written), strconv.FormatBool(c.HandEdited), shares(c.Shares), strings.Join(append([]string{c.Reason}, row.Warnings...), " "),
				c.HeldBecause, c.DecidedBy, timestamp(c.DecidedAt), c.Problem.What, c.Problem.Do)
		}
		return nil
	})
}

// priceOf says whose the unit price of a change is.
func priceOf(row views.ChangeRow) string {
	if row.ListPrice != "" {
		return "catalog"
	}
	return "line"
}

func (s *server) downloadChanges(w http.ResponseWriter, r *http.Request) error {
	run, err := s.pathRun(r)
	if err != nil {
		return err
	}
	q := parseChangeQuery(r, store.ChangeFilter{RunID: run.ID})
	return s.sendChanges(w, r, "run-"+number(run.ID)+"-changes", q.filter)
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

// chooseLine keeps which of a conflict's additions carries the seats.
func (s *server) chooseLine(w http.ResponseWriter, r *http.Request) error {
	id, err := web.PathID(r, "id")
	if err != nil {
		return err
	}
	if err := web.ParseForm(r); err != nil {
		return err
	}
	addition := web.FormID(r.PostForm.Get("addition"), 32)
	label, err := s.syncLabel(r.Context(), id)
	if err != nil {
		return err
	}
	if err := s.Billing.Findings.ChooseLine(r.Context(), s.web.Actor(r), id, int(addition)); err != nil {
		return err
	}
	return s.web.Done(w, r, s.web.ReferringPath(r), "Addition no. "+number(addition)+" is remembered. To go on with it: "+label+".")
}

// syncLabel is the button that goes on with a change's line, with the month that it writes.
func (s *server) syncLabel(ctx context.Context, changeID int64) (string, error) {
	c, err := s.Store.Change(ctx, changeID)
	if err != nil {
		return "", err
	}
	run, err := s.Store.Run(ctx, c.RunID)
	return syncOf(c, run, s.Now()).Label, err
}

// notThere takes a person's word that a line which was sent is not in ConnectWise, and creates it again.
func (s *server) notThere(w http.ResponseWriter, r *http.Request) error {
	id, err := web.PathID(r, "id")
	if err != nil {
		return err
	}
	if err := s.Billing.Runs.NotThere(r.Context(), s.web.Actor(r), id); err != nil {
		return err
	}
	return s.web.Done(w, r, s.web.ReferringPath(r), "The agreement is synced again: unless the line is there by now, it is created.")
}
