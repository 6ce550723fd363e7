package store

import (
	"context"
	"database/sql"
	"fmt"
	"iter"
	"time"
)

// RunKind says who asked for a run.
type RunKind string

// The kinds of runs: by a button, by the clock, by the command line, to undo another or to retry what
// another did not write, to set the lines of an unmapped agreement to 0, or to put differences of a month on the next invoice.
const (
	RunManual  RunKind = "manual"
	RunMonthly RunKind = "monthly"
	RunCommand RunKind = "command"
	RunUndo    RunKind = "undo"
	RunRetry   RunKind = "retry"
	RunRelease RunKind = "release"
	RunSettle  RunKind = "settle"
)

// Syncs says of a kind that its runs plan from what is due, as opposed to what somebody asked for line by line.
func (k RunKind) Syncs() bool { return k != RunUndo && k != RunRelease && k != RunSettle }

// RunStatus is how far a run has come.
type RunStatus string

// The states of a run.
const (
	RunRunning    RunStatus = "running"
	RunPlanned    RunStatus = "planned"    // a preview that waits to be applied or discarded
	RunDone       RunStatus = "done"       // every change is written or needs no writing
	RunIncomplete RunStatus = "incomplete" // at its end, with changes that were held, blocked or failed
	RunFailed     RunStatus = "failed"     // given up
	RunCancelled  RunStatus = "cancelled"
	RunDiscarded  RunStatus = "discarded"
)

// Run is one sync, or a preview of one.
type Run struct {
	ID          int64
	Kind        RunKind
	Month       Month     // that the seats are of
	AsOf        time.Time // set: real-time figures up to this moment; zero: the whole month
	Preview     bool      // plans only, until it is applied
	Compares    bool      // a preview of a time in which Seatbridge only compared: nobody applies it
	Status      RunStatus
	Actor       string // e-mail address; empty: the system itself
	UserID      int64  // 0: nobody
	Of          int64  // the run that this one undoes or retries; 0: none
	Agreement   int    // this agreement only; 0: all
	Only        []int  // these agreements only, with what belongs together with them; nil: all
	Addition    int    // of a release: this addition only; 0: all that Seatbridge keeps on the agreement
	StartedAt   time.Time
	EndedAt     time.Time
	ContinuedAt time.Time // set: what was previewed or approved began to be written then
	ResumedAt   time.Time // set: it was cut off and went on then
	// PlannedAt is set for what was previewed or approved: going on writes what was shown and nothing else. From the start to it is how
	// long the run had worked before ContinuedAt.
	PlannedAt time.Time
	Total     int // agreements to look at
	Processed int // agreements looked at
	Problem   Problem
}

const runColumns = `r.id, r.kind, r.month, r.as_of, r.preview, r.status, r.actor,
	COALESCE(r.user_id, 0), COALESCE(r.of_run_id, 0), COALESCE(r.agreement_id, 0),
	COALESCE(r.addition_id, 0), r.started_at, r.ended_at, r.planned_at, r.continued_at, r.resumed_at, r.total, r.processed,
	r.error_what, r.error_do, r.error_detail, r.only_agreements, r.compares`

func scanRun(row scanner) (r Run, err error) {
	err = row.Scan(&r.ID, &r.Kind, &r.Month, moment(&r.AsOf), &r.Preview, &r.Status, &r.Actor, &r.UserID, &r.Of, &r.Agreement, &r.Addition,
		moment(&r.StartedAt), moment(&r.EndedAt), moment(&r.PlannedAt), moment(&r.ContinuedAt), moment(&r.ResumedAt),
		&r.Total, &r.Processed, &r.Problem.What, &r.Problem.Do, &r.Problem.Detail, scanOnly{&r.Only}, &r.Compares)
	return r, err
}

// IsFull says whether the run is about all that is mapped.
func (r Run) IsFull() bool { return r.Agreement == 0 && r.Only == nil }

// onlyText is Run.Only as it is stored: a JSON array, or nothing for all.
func onlyText(ids []int) any {
	if ids == nil {
		return ""
	}
	return asJSON{ids}
}

// scanOnly reads what onlyText wrote.
type scanOnly struct{ ids *[]int }

// Scan implements sql.Scanner.
func (o scanOnly) Scan(src any) error {
	if src == "" {
		*o.ids = nil
		return nil
	}
	return fromJSON(o.ids).Scan(src)
}

// CreateRun begins a run and answers it with its id.
func (s *Store) CreateRun(ctx context.Context, r Run) (created Run, err error) {
	err = s.tx(ctx, "creating a run", func(tx *sql.Tx) error {
		id, err := one(ctx, tx, scanValue[int64], `
			INSERT INTO runs (kind, month, as_of, preview, status, actor, user_id, of_run_id, agreement_id,
				started_at, ended_at, planned_at, total, processed,
				error_what, error_do, error_detail, addition_id, only_agreements, compares)
			VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20) RETURNING id`,
			r.Kind, r.Month, unix(r.AsOf), r.Preview, r.Status, r.Actor, orNull(r.UserID), orNull(r.Of), orNull(r.Agreement),
			unix(r.StartedAt), unix(r.EndedAt), unix(r.PlannedAt), r.Total, r.Processed,
			r.Problem.What, r.Problem.Do, r.Problem.Detail, orNull(r.Addition), onlyText(r.Only), r.Compares)
		if err != nil {
			return err
		}
		created, err = run(ctx, tx, id)
		return err
	})
	return created, err
}

// Run reads one run.
func (s *Store) Run(ctx context.Context, id int64) (Run, error) {
	r, err := run(ctx, s.from, id)
	return r, doing(fmt.Sprintf("reading run %d", id), err)
}

func run(ctx context.Context, q querier, id int64) (Run, error) {
	return one(ctx, q, scanRun, `SELECT `+runColumns+` FROM runs r WHERE r.id = $1`, id)
}

// Took is how long the run worked, all told: not while it waited for a person. Zero while it works.
func (r Run) Took() time.Duration {
	switch {
	case r.EndedAt.IsZero() || r.Status == RunRunning:
		return 0
	case r.ContinuedAt.IsZero():
		return r.EndedAt.Sub(r.StartedAt)
	case r.PlannedAt.IsZero() || r.PlannedAt.Equal(r.ContinuedAt): // nobody kept how long it had worked before
		return r.EndedAt.Sub(r.ContinuedAt)
	}
	return r.PlannedAt.Sub(r.StartedAt) + r.EndedAt.Sub(r.ContinuedAt)
}

// UpdateRun saves preview, status, end, planning, going on, total and problem. Processed is AddProcessed's alone: workers
// add to it while others hold older copies of the run.
func (s *Store) UpdateRun(ctx context.Context, r Run) error {
	return s.tx(ctx, fmt.Sprintf("updating run %d", r.ID), func(tx *sql.Tx) error { return updateRun(ctx, tx, r) })
}

func updateRun(ctx context.Context, tx *sql.Tx, r Run) error {
	return execOne(ctx, tx, `UPDATE runs
		SET preview = $1, status = $2, ended_at = $3, planned_at = $4, continued_at = $5, resumed_at = $6, total = $7,
			error_what = $8, error_do = $9, error_detail = $10 WHERE id = $11`,
		r.Preview, r.Status, unix(r.EndedAt), unix(r.PlannedAt), unix(r.ContinuedAt), unix(r.ResumedAt), r.Total,
		r.Problem.What, r.Problem.Do, r.Problem.Detail, r.ID)
}

// AddProcessed adds n, which may be negative, to the run's processed agreements.
func (s *Store) AddProcessed(ctx context.Context, runID int64, n int) error {
	return s.tx(ctx, fmt.Sprintf("counting the progress of run %d", runID), func(tx *sql.Tx) error {
		return execOne(ctx, tx, `UPDATE runs SET processed = processed + $1 WHERE id = $2`, n, runID)
	})
}

// RunFilter picks runs; a zero field does not matter.
type RunFilter struct {
	Kind          RunKind
	Status        RunStatus
	Month         Month
	Preview       *bool   // only previews, or only others
	Compares      bool    // only comparisons
	IDs           []int64 // not nil: only these
	Limit, Offset int
}

// RunRow is a run as lists show it.
type RunRow struct {
	Run
	Counts map[ChangeState]int // its changes by state
}

// Runs lists a page of runs, the latest first, and counts all that match.
func (s *Store) Runs(ctx context.Context, f RunFilter) (page []RunRow, total int, err error) {
	err = s.snapshot(ctx, "listing runs", func(tx *sql.Tx) error {
		where := f.where()
		if total, err = count(ctx, tx, `SELECT COUNT(*) FROM runs r WHERE TRUE`+where.String(), where.args...); err != nil {
			return err
		}
		query, args := f.query()
		runs, err := list(ctx, tx, scanRun, query, args...)
		if err != nil {
			return err
		}
		page, err = runRows(ctx, tx, runs)
		return err
	})
	return page, total, err
}

func (f RunFilter) where() *filter {
	var w filter
	if f.Kind != "" {
		w.and(`r.kind = ?`, f.Kind)
	}
	if f.Status != "" {
		w.and(`r.status = ?`, f.Status)
	}
	if f.Month != "" {
		w.and(`r.month = ?`, f.Month)
	}
	if f.Preview != nil {
		w.and(`r.preview = ?`, *f.Preview)
	}
	if f.Compares {
		w.and(`r.compares`)
	}
	if f.IDs != nil {
		w.and(`r.id IN ` + in(f.IDs))
	}
	return &w
}

func (f RunFilter) query() (string, []any) {
	w := f.where()
	w.write(` ORDER BY r.started_at DESC, r.id DESC`)
	w.page(f.Limit, f.Offset)
	return `SELECT ` + runColumns + ` FROM runs r WHERE TRUE` + w.String(), w.args
}

func runRows(ctx context.Context, tx *sql.Tx, runs []Run) ([]RunRow, error) {
	rows := make([]RunRow, len(runs))
	for i, r := range runs {
		counts, err := changeCounts(ctx, tx, r.ID)
		if err != nil {
			return nil, err
		}
		rows[i] = RunRow{Run: r, Counts: counts}
	}
	return rows, nil
}

// EachRun yields the runs that match, the latest first.
func (s *Store) EachRun(ctx context.Context, f RunFilter) iter.Seq2[RunRow, error] {
	return eachDoing("listing runs", func(yield func(RunRow, error) bool) {
		query, args := f.query()
		for r, err := range each(ctx, s.from, scanRun, query, args...) {
			row := RunRow{Run: r}
			if err == nil {
				row.Counts, err = changeCounts(ctx, s.from, r.ID)
			}
			if !yield(row, err) || err != nil {
				return
			}
		}
	})
}

// RunMonths lists the months that runs were about, the latest first.
func (s *Store) RunMonths(ctx context.Context) ([]Month, error) {
	months, err := list(ctx, s.from, scanValue[Month], `SELECT DISTINCT month FROM runs ORDER BY month DESC`)
	return months, doing("listing the months of runs", err)
}

// DiscardRun throws a preview away with everything that it planned or held.
func (s *Store) DiscardRun(ctx context.Context, runID int64) error {
	return s.tx(ctx, fmt.Sprintf("discarding run %d", runID), func(tx *sql.Tx) error { return discardRun(ctx, tx, runID) })
}

// DiscardPreviews throws all previews of a kind away that wait to be written.
func (s *Store) DiscardPreviews(ctx context.Context, kind RunKind) error {
	return s.tx(ctx, "discarding earlier previews", func(tx *sql.Tx) error {
		waiting, err := list(ctx, tx, scanValue[int64], `SELECT id FROM runs WHERE preview AND status = 'planned' AND kind = $1`, kind)
		if err != nil {
			return err
		}
		for _, id := range waiting {
			if err := discardRun(ctx, tx, id); err != nil {
				return err
			}
		}
		return nil
	})
}

func discardRun(ctx context.Context, tx *sql.Tx, runID int64) error {
	_, err := exec(ctx, tx, `UPDATE changes SET state = 'cancelled' WHERE run_id = $1 AND state IN ('planned', 'held')`, runID)
	if err != nil {
		return err
	}
	return execOne(ctx, tx, `UPDATE runs SET status = 'discarded' WHERE id = $1 AND preview`, runID)
}

// UnfinishedRuns lists the runs that are, or were when the process died, under way, the oldest first.
func (s *Store) UnfinishedRuns(ctx context.Context) ([]Run, error) {
	runs, err := list(ctx, s.from, scanRun, `SELECT `+runColumns+` FROM runs r WHERE r.status = 'running' ORDER BY r.id`)
	return runs, doing("listing unfinished runs", err)
}

// LastRun reads the latest run of a kind for a month, whatever became of it: ErrNotFound when there is none. Previews that somebody
// asked for do not count; what was compared in place of a sync does.
func (s *Store) LastRun(ctx context.Context, kind RunKind, m Month) (Run, error) {
	r, err := one(ctx, s.from, scanRun, `SELECT `+runColumns+` FROM runs r
		WHERE r.month = $1 AND r.kind = $2 AND (r.compares OR NOT r.preview) ORDER BY r.started_at DESC, r.id DESC LIMIT 1`, m, kind)
	return r, doing(fmt.Sprintf("reading the last %s run for %s", kind, m), err)
}

// WrittenAfter tells which additions runs after one and other than another have written.
func (s *Store) WrittenAfter(ctx context.Context, runID, but int64) (map[int]bool, error) {
	ids, err := list(ctx, s.from, scanValue[int], `SELECT DISTINCT addition_id FROM changes
		WHERE run_id > $1 AND run_id <> $2 AND state = 'written' AND addition_id IS NOT NULL`, runID, but)
	written := map[int]bool{}
	for _, id := range ids {
		written[id] = true
	}
	return written, doing("listing the additions written since", err)
}

// overAll picks the syncs of all that is mapped. A preview of one is none.
const overAll = `NOT r.preview AND r.agreement_id IS NULL AND r.only_agreements = '' AND r.kind IN ('manual', 'monthly', 'command')`

// LastSync reads the latest run over all agreements that wrote or was to write, whatever became of it: ErrNotFound when
// there is none.
func (s *Store) LastSync(ctx context.Context) (Run, error) {
	r, err := one(ctx, s.from, scanRun, `SELECT `+runColumns+` FROM runs r
		WHERE r.status <> 'discarded' AND `+overAll+`
		ORDER BY r.started_at DESC, r.id DESC LIMIT 1`)
	return r, doing("reading the last sync", err)
}

// LookedAtBetween tells which agreements runs after one and before another have looked at. A run that was about one addition alone,
// or about lines that are billed once, looked at no agreement.
func (s *Store) LookedAtBetween(ctx context.Context, after, before int64) (map[int]bool, error) {
	ids, err := list(ctx, s.from, scanValue[int], `SELECT DISTINCT c.agreement_id FROM changes c
		WHERE c.run_id > $1 AND c.run_id < $2 AND c.cancelled_date = ''
			AND EXISTS (SELECT 1 FROM runs r WHERE r.id = c.run_id AND NOT r.preview AND r.addition_id IS NULL)`, after, before)
	looked := map[int]bool{}
	for _, id := range ids {
		looked[id] = true
	}
	return looked, doing("listing the agreements that runs looked at", err)
}
