package store

import (
	"cmp"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"iter"
	"slices"
	"time"

	"github.com/shopspring/decimal"
)

// ChangeKind is what a line would get.
type ChangeKind string

// The kinds of changes.
const (
	KindNone   ChangeKind = "" // nothing: the state says why
	KindCreate ChangeKind = "create"
	KindUpdate ChangeKind = "update"
)

// ChangeState is what became of a change.
type ChangeState string

// The states of a change. StateSending is left only with a known outcome: after a crash it says that
// ConnectWise may or may not have the change.
const (
	StatePlanned   ChangeState = "planned"
	StateSending   ChangeState = "sending"
	StateWritten   ChangeState = "written"
	StateUnchanged ChangeState = "unchanged"
	StateSkipped   ChangeState = "skipped"  // the seats are not known
	StateBlocked   ChangeState = "blocked"  // ConnectWise would not bill it
	StateConflict  ChangeState = "conflict" // several lines, none chosen
	StateHeld      ChangeState = "held"     // waits for a person
	StateFailed    ChangeState = "failed"
	StateUnknown   ChangeState = "unknown"  // sent, and nobody saw what became of it
	StateRejected  ChangeState = "rejected" // by a person
	StateStale     ChangeState = "stale"    // ConnectWise is no longer as it was planned on
	StateCancelled ChangeState = "cancelled"
)

// Final says that the run has nothing left to do about the change.
func (s ChangeState) Final() bool { return s != StatePlanned && s != StateSending }

// Change is a row of the journal: one line that a run looked at. Names are as they were then.
type Change struct {
	ID            int64
	RunID         int64
	CompanyID     int
	Company       string
	AgreementID   int
	Agreement     string
	Plan          Plan
	ProductID     int
	Product       string // identifier
	AdditionID    int    // 0: no line yet
	Kind          ChangeKind
	State         ChangeState
	Before        decimal.NullDecimal // quantity of the line; NULL: no line
	After         decimal.NullDecimal // quantity wanted; NULL: not known
	Written       decimal.NullDecimal // what Seatbridge wrote last, as known when it planned; NULL: never
	HandEdited    bool                // Before is not what Seatbridge wrote last
	UnitPrice     decimal.NullDecimal // in Currency; of a line that is not there yet the catalog item's; NULL: not known
	Currency      string              // the agreement's, as ConnectWise codes or names it; empty: not known
	EffectiveDate string              // calendar day of a new line, "2026-10-01"
	CancelledDate string              // the last billed day of a line that is billed once; empty: it is an ordinary one
	Description   string              // of a line that is billed once; empty: as the catalog item has it
	Note          string              // that whoever had a difference put on the next invoice left
	Reason        string
	Warnings      []string // whole sentences
	Shares        []Share
	Candidates    []Candidate  // the additions that a conflict is about
	Found         []Finding    // what was found out about the line, and its agreement, before this was decided
	Together      int          // the lowest agreement of those that wait and are decided together; its own, where it stands alone
	HeldFor       []HoldReason // the holds that make it wait; HeldBecause says them in words
	HeldBecause   string       // why a person has to approve it; empty: nobody has to
	DecidedBy     string       // e-mail address of who approved or rejected it
	DecidedAt     time.Time
	Problem       Problem
	SentAt        time.Time
	DoneAt        time.Time
	Looks         int // of a creation of unknown outcome: how many later runs did not find it
}

// Once says that the change is about a line that is billed once, to put a difference of an earlier month on the next invoice: never
// about the one that carries the agreement's seats.
func (c Change) Once() bool { return c.CancelledDate != "" }

// Unread says that what the line says is not known, because it could not be read: a missing Before does not mean then that there is no
// line.
func (c Change) Unread() bool {
	return !c.Before.Valid && c.Kind != KindCreate && (c.State == StateFailed || c.AdditionID != 0)
}

// KindWord is the kind as pages, CSV files and JSON say it: a line that gets nothing has its state's word, and one whose
// agreement could not be read was skipped.
func (c Change) KindWord() string {
	switch {
	case c.Kind != KindNone:
		return string(c.Kind)
	case c.State == StateFailed:
		return string(StateSkipped)
	}
	return string(c.State)
}

// kindWord is Change.KindWord in SQL.
const kindWord = `CASE WHEN c.kind <> '' THEN c.kind WHEN c.state = 'failed' THEN 'skipped' ELSE c.state END`

// Candidate is one of several open additions of a product on an agreement.
type Candidate struct {
	AdditionID    int             `json:"addition_id"`
	Quantity      decimal.Decimal `json:"quantity"`
	EffectiveDate string          `json:"effective_date"`
	Description   string          `json:"description,omitempty"`
}

// Share is what one organization adds to a change.
type Share struct {
	OrganizationID int64  `json:"organization_id"`
	Organization   string `json:"organization"`
	Seats          int    `json:"seats"`
	Plan           Plan   `json:"plan"`
	Known          bool   `json:"known"`            // false: Seats says nothing
	Source         string `json:"source,omitempty"` // of the seats, as seats.Source has it; empty: unknown, or from before it was kept
	Reason         string `json:"reason,omitempty"`

	Others []OtherFigure `json:"others,omitempty"` // what other sources say instead; nobody corrected it
}

// Same says whether two shares are the same seats for the same reason, whatever others say of them.
func (s Share) Same(other Share) bool {
	return s.OrganizationID == other.OrganizationID && s.Organization == other.Organization && s.Seats == other.Seats &&
		s.Plan == other.Plan && s.Known == other.Known && s.Source == other.Source && s.Reason == other.Reason
}

// OtherFigure is what a source says of an organization's month that is not the one that counts.
type OtherFigure struct {
	Source string `json:"source"` // as seats.Source has it
	Seats  int    `json:"seats"`
	Plan   Plan   `json:"plan"`
}

const changeColumns = `c.id, c.run_id, c.company_id, c.company, c.agreement_id, c.agreement, c.plan, c.product_id, c.product,
	COALESCE(c.addition_id, 0), c.kind, c.state, c.before_quantity, c.after_quantity, c.written_quantity,
	c.hand_edited, c.unit_price, c.currency,
	c.effective_date, c.reason, c.warnings, c.shares, c.candidates, c.held_because, c.decided_by, c.decided_at,
	c.error_what, c.error_do, c.error_detail, c.sent_at, c.done_at, c.found, c.together, c.held_for, c.looks,
	c.cancelled_date, c.description, c.note`

func scanChange(row scanner) (c Change, err error) {
	err = row.Scan(&c.ID, &c.RunID, &c.CompanyID, &c.Company, &c.AgreementID, &c.Agreement, &c.Plan, &c.ProductID, &c.Product,
		&c.AdditionID, &c.Kind, &c.State, &c.Before, &c.After, &c.Written, &c.HandEdited, &c.UnitPrice, &c.Currency,
		&c.EffectiveDate, &c.Reason, fromJSON(&c.Warnings), fromJSON(&c.Shares), fromJSON(&c.Candidates),
		&c.HeldBecause, &c.DecidedBy, moment(&c.DecidedAt),
		&c.Problem.What, &c.Problem.Do, &c.Problem.Detail, moment(&c.SentAt), moment(&c.DoneAt),
		fromJSON(&c.Found), &c.Together, fromJSON(&c.HeldFor), &c.Looks,
		&c.CancelledDate, &c.Description, &c.Note)
	return c, err
}

// PlanAgreement puts the changes of one agreement into the run's journal, in place of those that were
// only planned. A line that the run has already begun to send, or is done with, keeps its row: what
// happened is never overwritten by what is planned. The answer is the agreement's rows as they are now.
func (s *Store) PlanAgreement(ctx context.Context, runID int64, agreementID int, changes []Change) (planned []Change, err error) {
	err = s.tx(ctx, fmt.Sprintf("planning agreement %d in run %d", agreementID, runID), func(tx *sql.Tx) error {
		_, err := exec(ctx, tx, `DELETE FROM changes WHERE run_id = $1 AND agreement_id = $2 AND state = 'planned'`, runID, agreementID)
		if err != nil {
			return err
		}
		for _, c := range changes {
			c.RunID, c.AgreementID = runID, agreementID
			if err := addChange(ctx, tx, c); err != nil {
				return doing(fmt.Sprintf("product %d", c.ProductID), err)
			}
		}
		planned, err = agreementChanges(ctx, tx, runID, agreementID)
		return err
	})
	return planned, err
}

// addChange inserts a change unless the run has a row for its line.
func addChange(ctx context.Context, tx *sql.Tx, c Change) error {
	id, err := one(ctx, tx, scanValue[int64], `
		INSERT INTO changes (run_id, company_id, company, agreement_id, agreement, plan, product_id, product, addition_id, kind, state,
			before_quantity, after_quantity, written_quantity, hand_edited, unit_price, effective_date,
			reason, warnings, shares, candidates, held_because,
			decided_by, decided_at, error_what, error_do, error_detail, sent_at, done_at, search_folded, currency, found, together, held_for, looks,
			cancelled_date, description, note)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16,
			$17, $18, $19, $20, $21, $22, $23, $24, $25, $26, $27, $28, $29, $30, $31, $32, $33, $34, $35, $36, $37, $38)
		ON CONFLICT (run_id, agreement_id, product_id) DO NOTHING RETURNING id`,
		c.RunID, c.CompanyID, c.Company, c.AgreementID, c.Agreement, c.Plan, c.ProductID, c.Product, orNull(c.AdditionID), c.Kind, c.State,
		c.Before, c.After, c.Written, c.HandEdited, c.UnitPrice, c.EffectiveDate, c.Reason,
		asJSON{c.Warnings}, asJSON{c.Shares}, asJSON{c.Candidates}, c.HeldBecause,
		c.DecidedBy, unix(c.DecidedAt), c.Problem.What, c.Problem.Do, c.Problem.Detail,
		unix(c.SentAt), unix(c.DoneAt), foldAll(c.Company, c.Agreement, c.Product), c.Currency,
		asJSON{c.Found}, cmp.Or(c.Together, c.AgreementID), asJSON{c.HeldFor}, c.Looks,
		c.CancelledDate, c.Description, c.Note)
	if errors.Is(err, ErrNotFound) {
		return nil
	}
	if err != nil {
		return err
	}
	for _, share := range c.Shares {
		_, err := exec(ctx, tx, `INSERT INTO change_organizations (organization_id, change_id) VALUES ($1, $2) ON CONFLICT DO NOTHING`,
			share.OrganizationID, id)
		if err != nil {
			return err
		}
	}
	return nil
}

// FinishChange notes the outcome of a change that was planned, held or being sent (ErrNotFound for
// others) and, with a line, binds the line in the same transaction. The state may also be
// StatePlanned: for a change of which it is certain that it was not received. What names the change,
// its shares and SentAt stay as they are.
func (s *Store) FinishChange(ctx context.Context, c Change, line *Line) error {
	return s.tx(ctx, fmt.Sprintf("finishing change %d", c.ID), func(tx *sql.Tx) error {
		err := execOne(ctx, tx, `
			UPDATE changes SET addition_id = $1, kind = $2, state = $3, before_quantity = $4, after_quantity = $5, written_quantity = $6,
				hand_edited = $7, unit_price = $8, effective_date = $9, reason = $10, warnings = $11,
				error_what = $12, error_do = $13, error_detail = $14, done_at = $15
			WHERE id = $16 AND state IN ('planned', 'held', 'sending')`,
			orNull(c.AdditionID), c.Kind, c.State, c.Before, c.After, c.Written,
			c.HandEdited, c.UnitPrice, c.EffectiveDate, c.Reason, asJSON{c.Warnings},
			c.Problem.What, c.Problem.Do, c.Problem.Detail, unix(c.DoneAt), c.ID)
		if err != nil {
			return err
		}
		if err := noteOutcome(ctx, tx, c); err != nil || line == nil {
			return err
		}
		return saveLine(ctx, tx, *line)
	})
}

// CancelPlanned gives all changes of a run that are still planned the state to; with held, those that wait for a
// person, too.
func (s *Store) CancelPlanned(ctx context.Context, runID int64, to ChangeState, held bool) error {
	return s.tx(ctx, fmt.Sprintf("cancelling what run %d planned", runID), func(tx *sql.Tx) error {
		_, err := exec(ctx, tx, `UPDATE changes SET state = $1 WHERE run_id = $2 AND (state = 'planned' OR $3 AND state = 'held')`,
			to, runID, held)
		return err
	})
}

// ChangeFilter picks changes; a zero field does not matter.
type ChangeFilter struct {
	RunID          int64
	States         []ChangeState
	KindWords      []string // see Change.KindWord
	Search         string   // part of the company's, agreement's or product's name; case and accents do not matter
	AgreementID    int
	OrganizationID int64      // has a share in it
	Carried        bool       // only those of runs that wrote or were to write, not of previews
	HeldFor        HoldReason // waits, or waited, for it
	Open           bool       // only what a person still has to look at: see openChange
	Limit, Offset  int
}

// Changes lists a page of changes and counts all that match: those of one run by company and
// agreement, others the latest first.
func (s *Store) Changes(ctx context.Context, f ChangeFilter) (page []Change, total int, err error) {
	err = s.snapshot(ctx, "listing changes", func(tx *sql.Tx) error {
		where := f.where()
		if total, err = count(ctx, tx, `SELECT COUNT(*) FROM changes c WHERE TRUE`+where.String(), where.args...); err != nil {
			return err
		}
		query, args := f.query()
		page, err = list(ctx, tx, scanChange, query, args...)
		return err
	})
	return page, total, err
}

// EachChange yields the changes that match, ordered as Changes does, one at a time.
func (s *Store) EachChange(ctx context.Context, f ChangeFilter) iter.Seq2[Change, error] {
	query, args := f.query()
	return eachDoing("listing changes", each(ctx, s.from, scanChange, query, args...))
}

func (f ChangeFilter) where() *filter {
	var w filter
	if f.RunID != 0 {
		w.and(`c.run_id = ?`, f.RunID)
	}
	if f.AgreementID != 0 {
		w.and(`c.agreement_id = ?`, f.AgreementID)
	}
	if f.OrganizationID != 0 {
		w.and(`c.id IN (SELECT change_id FROM change_organizations WHERE organization_id = ?)`, f.OrganizationID)
	}
	if f.Carried {
		w.and(carried)
	}
	if f.Open {
		w.and(openChange)
	}
	if f.HeldFor != "" {
		w.and(`c.held_for LIKE ?`, `%"`+string(f.HeldFor)+`"%`)
	}
	among(&w, `c.state`, f.States)
	among(&w, kindWord, f.KindWords)
	if f.Search != "" {
		w.and(`c.search_folded LIKE ? ESCAPE '\'`, contains(Fold(f.Search)))
	}
	return &w
}

func (f ChangeFilter) query() (string, []any) {
	w := f.where()
	if f.RunID != 0 {
		w.write(` ORDER BY c.search_folded, c.id`)
	} else {
		w.write(` ORDER BY c.id DESC`)
	}
	w.page(f.Limit, f.Offset)
	return `SELECT ` + changeColumns + ` FROM changes c WHERE TRUE` + w.String(), w.args
}

// carried picks the changes of runs that are no previews.
const carried = `EXISTS (SELECT 1 FROM runs r WHERE r.id = c.run_id AND NOT r.preview)`

// openChange picks the changes that were not written and that no later run has looked at again. What came before the last
// sync of all agreements that was carried through is settled, and so is what nobody bills any more. What is held waits
// elsewhere, and what was rejected is decided. A run about one addition alone settles nothing of others, nor do lines that are billed
// once.
const openChange = `c.state IN ('failed', 'unknown', 'conflict', 'blocked', 'skipped', 'stale', 'cancelled')
	AND c.run_id >= COALESCE((` + lastFull + `), 0)
	AND c.id >= COALESCE((SELECT MIN(f.id) FROM changes f WHERE f.run_id = (` + lastFull + `)), 0)
	AND EXISTS (SELECT 1 FROM runs r WHERE r.id = c.run_id AND NOT r.preview
		AND (r.kind IN ('release', 'undo', 'settle') OR EXISTS (SELECT 1 FROM mappings m WHERE m.agreement_id = c.agreement_id)))
	AND NOT EXISTS (SELECT 1 FROM changes n JOIN runs r ON r.id = n.run_id
		WHERE n.agreement_id = c.agreement_id AND n.id > c.id AND n.run_id <> c.run_id AND NOT r.preview AND n.cancelled_date = c.cancelled_date
			AND (r.addition_id IS NULL OR r.addition_id = c.addition_id))`

// lastFull is the last run that looked at all agreements.
const lastFull = `SELECT r.id FROM runs r WHERE ` + overAll + `
	AND r.status IN ('done', 'incomplete') ORDER BY r.started_at DESC, r.id DESC LIMIT 1`

// OpenCounts counts by state the changes that a person still has to look at.
func (s *Store) OpenCounts(ctx context.Context) (map[ChangeState]int, error) {
	counts, err := countBy[ChangeState](ctx, s.from, `SELECT c.state, COUNT(*) FROM changes c WHERE `+openChange+` GROUP BY c.state`)
	return counts, doing("counting open changes", err)
}

// Figures yields a run's changes that have one of the states, in no order: of each only what its money is computed from.
func (s *Store) Figures(ctx context.Context, runID int64, states ...ChangeState) iter.Seq2[Change, error] {
	var w filter
	w.and(`c.run_id = ?`, runID)
	among(&w, `c.state`, states)
	scan := func(row scanner) (c Change, err error) {
		err = row.Scan(&c.Kind, &c.State, &c.AdditionID, &c.Before, &c.After, &c.UnitPrice, &c.Currency, fromJSON(&c.Found))
		return c, err
	}
	return eachDoing(fmt.Sprintf("reading the figures of run %d", runID), each(ctx, s.from, scan,
		`SELECT c.kind, c.state, COALESCE(c.addition_id, 0), c.before_quantity, c.after_quantity, c.unit_price, c.currency, c.found
		FROM changes c WHERE TRUE`+w.String(), w.args...))
}

// ChangeCounts counts a run's changes by state.
func (s *Store) ChangeCounts(ctx context.Context, runID int64) (map[ChangeState]int, error) {
	counts, err := changeCounts(ctx, s.from, runID)
	return counts, doing(fmt.Sprintf("counting the changes of run %d", runID), err)
}

func changeCounts(ctx context.Context, q querier, runID int64) (map[ChangeState]int, error) {
	return countBy[ChangeState](ctx, q, `SELECT state, COUNT(*) FROM changes WHERE run_id = $1 GROUP BY state`, runID)
}

// KindCounts counts a run's changes by the word for their kind.
func (s *Store) KindCounts(ctx context.Context, runID int64) (map[string]int, error) {
	counts, err := countBy[string](ctx, s.from, `SELECT `+kindWord+`, COUNT(*) FROM changes c WHERE c.run_id = $1 GROUP BY 1`, runID)
	return counts, doing(fmt.Sprintf("counting the changes of run %d by kind", runID), err)
}

// countBy reads rows of a word and a count.
func countBy[W ~string](ctx context.Context, q querier, query string, args ...any) (map[W]int, error) {
	counts := map[W]int{}
	rows := each(ctx, q, func(row scanner) (word W, err error) {
		var n int
		err = row.Scan(&word, &n)
		counts[word] = n
		return word, err
	}, query, args...)
	for _, err := range rows {
		if err != nil {
			return nil, err
		}
	}
	return counts, nil
}

// AgreementChanges lists an agreement's changes in a run by product.
func (s *Store) AgreementChanges(ctx context.Context, runID int64, agreementID int) ([]Change, error) {
	changes, err := agreementChanges(ctx, s.from, runID, agreementID)
	return changes, doing(fmt.Sprintf("listing the changes of agreement %d in run %d", agreementID, runID), err)
}

func agreementChanges(ctx context.Context, q querier, runID int64, agreementID int) ([]Change, error) {
	return list(ctx, q, scanChange, `SELECT `+changeColumns+` FROM changes c
		WHERE c.run_id = $1 AND c.agreement_id = $2 ORDER BY c.product_id`,
		runID, agreementID)
}

// OpenAgreements tells for every agreement that a run has rows of whether some are still to be done.
// An agreement with nothing to bill has no rows, so that a resumed run looks at it again.
func (s *Store) OpenAgreements(ctx context.Context, runID int64) (map[int]bool, error) {
	type agreement struct {
		id   int
		open bool
	}
	scan := func(row scanner) (a agreement, err error) {
		err = row.Scan(&a.id, &a.open)
		return a, err
	}
	agreements := map[int]bool{}
	rows := each(ctx, s.from, scan, `SELECT agreement_id, MAX(CASE WHEN state IN ('planned', 'sending') THEN 1 ELSE 0 END)
		FROM changes WHERE run_id = $1 GROUP BY agreement_id`, runID)
	for a, err := range rows {
		if err != nil {
			return nil, doing(fmt.Sprintf("listing the agreements of run %d", runID), err)
		}
		agreements[a.id] = a.open
	}
	return agreements, nil
}

// Approve plans held changes of any runs again and returns them. Their runs run again, to write them; a preview stays one, and they
// wait with the rest of it.
func (s *Store) Approve(ctx context.Context, ids []int64, by string, at time.Time) (approved []Change, err error) {
	err = s.tx(ctx, "approving changes", func(tx *sql.Tx) error {
		if approved, err = decide(ctx, tx, ids, verdict{StatePlanned, by, at}); err != nil {
			return err
		}
		_, err = exec(ctx, tx, `UPDATE runs SET status = 'running', continued_at = $1, planned_at = CASE
				WHEN continued_at IS NULL THEN COALESCE(ended_at, started_at)
				ELSE planned_at + COALESCE(ended_at, continued_at) - continued_at END
			WHERE id IN `+in(RunsOf(approved))+` AND NOT preview`, unix(at))
		return err
	})
	return approved, err
}

// Reject ends held changes of any runs unwritten and returns them.
func (s *Store) Reject(ctx context.Context, ids []int64, by string, at time.Time) (rejected []Change, err error) {
	err = s.tx(ctx, "rejecting changes", func(tx *sql.Tx) error {
		rejected, err = decide(ctx, tx, ids, verdict{StateRejected, by, at})
		return err
	})
	return rejected, err
}

// RunsOf are the runs that changes are of, in the order of their ids.
func RunsOf(changes []Change) []int64 {
	var runs []int64
	for _, c := range changes {
		runs = append(runs, c.RunID)
	}
	slices.Sort(runs)
	return slices.Compact(runs)
}

// verdict is what becomes of held changes, who says so and when.
type verdict struct {
	to ChangeState
	by string
	at time.Time
}

// decide gives held changes a state and returns them. What a run planned together is decided together: part of a move from one
// line to another would bill the seats twice or not at all.
func decide(ctx context.Context, tx *sql.Tx, ids []int64, v verdict) (decided []Change, err error) {
	for _, id := range ids {
		held, err := list(ctx, tx, scanChange, `SELECT `+changeColumns+` FROM changes c
			WHERE c.state = 'held' AND (c.run_id, c.together) = (SELECT o.run_id, o.together FROM changes o WHERE o.id = $1)
				AND NOT EXISTS (SELECT 1 FROM runs r WHERE r.id = c.run_id AND r.compares) ORDER BY c.id`, id)
		if err != nil {
			return nil, err
		}
		for _, c := range held {
			c.State, c.DecidedBy, c.DecidedAt = v.to, v.by, v.at
			err := execOne(ctx, tx, `UPDATE changes SET state = $1, decided_by = $2, decided_at = $3 WHERE id = $4`, v.to, v.by, unix(v.at), c.ID)
			if err != nil {
				return nil, err
			}
			decided = append(decided, c)
		}
	}
	return decided, nil
}

// SupersedeHeld ends the changes of earlier runs that were held, or previewed and wait to be written, whose lines a run has planned
// anew, with all that they belong together with.
func (s *Store) SupersedeHeld(ctx context.Context, runID int64, reason string) error {
	return s.tx(ctx, fmt.Sprintf("superseding what was held before run %d", runID), func(tx *sql.Tx) error {
		_, err := exec(ctx, tx, `UPDATE changes SET state = 'stale', reason = $1 WHERE run_id < $2 AND cancelled_date = ''
			AND (state = 'held' OR state = 'planned' AND run_id IN (SELECT id FROM runs WHERE status = 'planned'))
			AND run_id NOT IN (SELECT id FROM runs WHERE compares)
			AND EXISTS (SELECT 1 FROM changes o JOIN changes n ON n.agreement_id = o.agreement_id AND n.run_id = $2
				WHERE o.run_id = changes.run_id AND o.together = changes.together)`, reason, runID)
		return err
	})
}

// CountHeld counts the changes of all runs that wait for a person. A preview's do not: it writes nothing yet.
func (s *Store) CountHeld(ctx context.Context) (int, error) {
	n, err := count(ctx, s.from, `SELECT COUNT(*) FROM changes c WHERE c.state = 'held' AND `+carried)
	return n, doing("counting held changes", err)
}

// Change reads one change.
func (s *Store) Change(ctx context.Context, id int64) (Change, error) {
	c, err := one(ctx, s.from, scanChange, `SELECT `+changeColumns+` FROM changes c WHERE c.id = $1`, id)
	return c, doing(fmt.Sprintf("reading change %d", id), err)
}
