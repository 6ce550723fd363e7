package store

import (
	"context"
	"fmt"
	"strings"
	"time"
)

// Journal answers what the runs of a store come to, month by month.
type Journal struct{ store *Store }

// JournalIn is that of a store.
func JournalIn(s *Store) Journal { return Journal{s} }

// wholeMonth picks the syncs of all that is mapped over a whole month.
const wholeMonth = overAll + ` AND r.as_of IS NULL`

// writesMonth picks the runs after which a month is written: a sync of it over all that came to its end, or the retry of one, unless
// a run of other figures looked at agreements in between, which the retry then left alone.
var writesMonth = `r.status IN ('done', 'incomplete') AND (` + wholeMonth + `
	OR r.kind = 'retry' AND NOT r.preview AND r.agreement_id IS NULL AND r.only_agreements = ''
		AND EXISTS (SELECT 1 FROM runs o WHERE o.id = r.of_run_id AND ` + strings.ReplaceAll(wholeMonth, "r.", "o.") + `)
		AND NOT EXISTS (SELECT 1 FROM runs b WHERE b.id > r.of_run_id AND b.id < r.id AND NOT b.preview
			AND (b.month <> r.month OR b.as_of IS NOT NULL) AND EXISTS (SELECT 1 FROM changes c WHERE c.run_id = b.id AND c.cancelled_date = '')))`

// Written tells which months from one on a run has written, as far as they could be: what single lines were held, skipped or refused
// for says each of them.
func (j Journal) Written(ctx context.Context, from Month) (map[Month]bool, error) {
	months, err := list(ctx, j.store.from, scanValue[Month], `SELECT DISTINCT r.month FROM runs r WHERE r.month >= $1 AND `+writesMonth, from)
	written := map[Month]bool{}
	for _, m := range months {
		written[m] = true
	}
	return written, doing("listing the months that were written", err)
}

// NewestAfter is the last run of the newest month after one that put seats on lines, or found them there: on those of some
// agreements, or with nil on any. ErrNotFound: there is none, and what the lines say is of no later month.
func (j Journal) NewestAfter(ctx context.Context, m Month, agreements []int) (Run, error) {
	among := ""
	if agreements != nil {
		among = ` AND c.agreement_id IN ` + in(agreements)
	}
	r, err := one(ctx, j.store.from, scanRun, `SELECT `+runColumns+` FROM runs r
		WHERE r.month > $1 AND NOT r.preview AND r.kind IN ('manual', 'monthly', 'command', 'retry')
			AND EXISTS (SELECT 1 FROM changes c WHERE c.run_id = r.id AND c.state IN ('written', 'unchanged')`+among+`)
		ORDER BY r.month DESC, r.id DESC LIMIT 1`, m)
	return r, doing(fmt.Sprintf("finding what was written of months after %s", m), err)
}

// Skipped lists, by run, the agreements that runs of a whole month skipped because seats were not known, and that no later run has
// looked at.
func (j Journal) Skipped(ctx context.Context, m Month) (map[int64][]int, error) {
	type skip struct {
		run       int64
		agreement int
	}
	scan := func(row scanner) (s skip, err error) {
		err = row.Scan(&s.run, &s.agreement)
		return s, err
	}
	skips, err := list(ctx, j.store.from, scan, `SELECT DISTINCT c.run_id, c.agreement_id FROM changes c
		WHERE c.state = 'skipped' AND `+openChange+`
			AND EXISTS (SELECT 1 FROM runs r WHERE r.id = c.run_id AND r.month = $1 AND r.as_of IS NULL) ORDER BY 1, 2`, m)
	skipped := map[int64][]int{}
	for _, s := range skips {
		skipped[s.run] = append(skipped[s.run], s.agreement)
	}
	return skipped, doing(fmt.Sprintf("listing what was skipped of %s", m), err)
}

// Overtaken is what became of what a run did not write.
type Overtaken struct {
	Missed int   // agreements with a line that the run did not write
	Later  int   // how many of them a later run has looked at
	By     int64 // the last run that has; 0: none
}

// OvertakenOf says how much of what a run did not write a later run has looked at, which a retry leaves alone.
func (j Journal) OvertakenOf(ctx context.Context, runID int64) (o Overtaken, err error) {
	later := each(ctx, j.store.from, scanValue[int64], `SELECT COALESCE((SELECT MAX(n.run_id) FROM changes n JOIN runs r ON r.id = n.run_id
			WHERE n.agreement_id = c.agreement_id AND n.run_id > c.run_id AND n.cancelled_date = '' AND NOT r.preview AND r.addition_id IS NULL), 0)
		FROM changes c WHERE c.run_id = $1 AND c.state IN ('failed', 'unknown', 'cancelled', 'stale', 'blocked', 'conflict', 'skipped')
		GROUP BY c.agreement_id`, runID)
	for by, err := range later {
		if err != nil {
			return o, doing(fmt.Sprintf("finding what later runs looked at of run %d", runID), err)
		}
		o.Missed++
		if by != 0 {
			o.Later++
		}
		o.By = max(o.By, by)
	}
	return o, nil
}

// Carried is a line whose quantity is still that of a month that ended and, as far as is known, is not invoiced.
type Carried struct {
	AgreementID int
	Month       Month
	Change      Change // what was written last: of it only the quantity and what its money is computed from
	NextInvoice string // the agreement's next invoice date when it was imported, "2026-11-01"
}

// Carrying lists the lines that still carry a month which ended before now and is not invoiced, by agreement. Agreements are mostly
// billed in advance, so a month's seats go on the invoice of the period after it: that is made while the agreement's next invoice date
// is before the end of that period (docs/connectwise.md, "Invoices").
func (j Journal) Carrying(ctx context.Context, now time.Time) ([]Carried, error) {
	var carried []Carried
	for c, err := range each(ctx, j.store.from, scanCarried, `
		SELECT c.agreement_id, r.month, c.after_quantity, c.unit_price, c.currency, c.found, a.next_invoice_date
		FROM lines l JOIN agreements a ON a.id = l.agreement_id
			JOIN changes c ON c.id = (SELECT MAX(n.id) FROM changes n JOIN runs w ON w.id = n.run_id
				WHERE n.agreement_id = l.agreement_id AND n.product_id = l.product_id AND n.state IN ('written', 'unchanged')
					AND n.cancelled_date = '' AND NOT w.preview AND w.kind <> 'undo' AND w.kind <> 'release')
			JOIN runs r ON r.id = c.run_id
		WHERE r.as_of IS NULL AND r.month < $1 AND a.next_invoice_date <> '' AND c.after_quantity <> '0' ORDER BY c.agreement_id, c.product_id`,
		MonthOf(now)) {
		if err != nil {
			return nil, doing("listing the lines that carry a month", err)
		}
		if c.NextInvoice < c.Month.Add(1).End().Format(time.DateOnly) {
			carried = append(carried, c)
		}
	}
	return carried, nil
}

func scanCarried(row scanner) (c Carried, err error) {
	of := &c.Change
	err = row.Scan(&c.AgreementID, &c.Month, &of.After, &of.UnitPrice, &of.Currency, fromJSON(&of.Found), &c.NextInvoice)
	return c, err
}

// Conclude says anew how runs stand that were incomplete until a person decided about their changes: outcome tells it by their changes'
// counts. A run that goes on is left alone; it says so at its end.
func (j Journal) Conclude(ctx context.Context, runs []int64, outcome func(map[ChangeState]int) (RunStatus, Problem)) error {
	for _, id := range runs {
		r, err := j.store.Run(ctx, id)
		if err != nil {
			return err
		}
		if r.Status != RunIncomplete {
			continue
		}
		counts, err := j.store.ChangeCounts(ctx, id)
		if err != nil {
			return err
		}
		r.Status, r.Problem = outcome(counts)
		if err := j.store.UpdateRun(ctx, r); err != nil {
			return err
		}
	}
	return nil
}
