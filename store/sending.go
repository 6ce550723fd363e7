package store

import (
	"context"
	"database/sql"
	"fmt"
	"time"

	"github.com/shopspring/decimal"
)

// Sendings keeps what becomes of a change from the moment on that its request is about to go out.
type Sendings struct{ store *Store }

// SendingsIn are those of a store.
func SendingsIn(s *Store) Sendings { return Sendings{s} }

// Basis is what a planned change rests on, as it is when its request is about to go out.
type Basis struct {
	Change      Change
	Run         Run
	ConnectedAt time.Time                     // of the integration; zero: there is none
	Compares    bool                          // Seatbridge only compares by now
	Mapped      map[int64]int                 // by organization of the change's shares: the agreement it is mapped to
	Users       []string                      // the names of the organizations that are mapped to the change's agreement
	Unmanaged   []string                      // the names of those of them that the MSP does not manage
	Products    map[int]Plan                  // by mapped catalog item: its plan
	Open        map[int64]decimal.NullDecimal // of a line that is billed once, by organization of its shares: what is open of the run's month
}

// Start notes that a planned change is about to be sent: it is 'sending' without SentAt, which says that no request went out yet.
// against is asked in the same transaction: with a sentence from it the change becomes stale instead, for that reason; its error
// leaves the change as it is. ErrNotFound unless the change is planned: nothing is sent twice.
func (s Sendings) Start(ctx context.Context, id int64, against func(Basis) (string, error)) (why string, err error) {
	err = s.store.tx(ctx, fmt.Sprintf("starting change %d", id), func(tx *sql.Tx) error {
		g, err := readBasis(ctx, tx, id)
		if err != nil {
			return err
		}
		if why, err = against(g); err != nil {
			return err
		}
		if why != "" {
			return execOne(ctx, tx, `UPDATE changes SET state = 'stale', reason = $1 WHERE id = $2`, why, id)
		}
		return execOne(ctx, tx, `UPDATE changes SET state = 'sending', sent_at = NULL WHERE id = $1`, id)
	})
	return why, err
}

// readBasis reads what a planned change rests on.
func readBasis(ctx context.Context, tx *sql.Tx, id int64) (g Basis, err error) {
	g.Change, err = one(ctx, tx, scanChange, `SELECT `+changeColumns+` FROM changes c WHERE c.id = $1 AND c.state = 'planned'`, id)
	if err != nil {
		return g, err
	}
	if g.Run, err = run(ctx, tx, g.Change.RunID); err != nil {
		return g, err
	}
	connected := func(row scanner) (t time.Time, err error) { err = row.Scan(moment(&t)); return t, err }
	if at, err := list(ctx, tx, connected, `SELECT connected_at FROM integration WHERE id = 1`); err != nil {
		return g, err
	} else if len(at) > 0 {
		g.ConnectedAt = at[0]
	}
	comparing, err := count(ctx, tx, `SELECT COUNT(*) FROM comparings WHERE until IS NULL`)
	if err != nil {
		return g, err
	}
	g.Compares = comparing > 0
	if g.Mapped, err = mappedNow(ctx, tx, g.Change.Shares); err != nil {
		return g, err
	}
	const users = `SELECT o.name FROM mappings m JOIN organizations o ON o.id = m.organization_id WHERE m.agreement_id = $1`
	if g.Users, err = list(ctx, tx, scanValue[string], users+` ORDER BY o.id`, g.Change.AgreementID); err != nil {
		return g, err
	}
	if g.Unmanaged, err = list(ctx, tx, scanValue[string], users+` AND NOT o.managed ORDER BY o.id`, g.Change.AgreementID); err != nil {
		return g, err
	}
	g.Products = map[int]Plan{}
	const query = `SELECT plan, product_id, identifier, description, confirmed_at FROM product_mappings`
	for p, err := range each(ctx, tx, scanProductMapping, query) {
		if err != nil {
			return g, err
		}
		g.Products[p.ProductID] = p.Plan
	}
	if g.Change.Once() {
		g.Open, err = openNow(ctx, tx, g.Run.Month, g.Change)
	}
	return g, err
}

// mappedNow is the agreements that the organizations of shares are mapped to.
func mappedNow(ctx context.Context, tx *sql.Tx, shares []Share) (map[int64]int, error) {
	ids := []int64{}
	for _, share := range shares {
		ids = append(ids, share.OrganizationID)
	}
	mapped := map[int64]int{}
	for m, err := range each(ctx, tx, scanMapping, `SELECT `+mappingColumns+` FROM mappings WHERE organization_id IN `+in(ids)) {
		if err != nil {
			return nil, err
		}
		mapped[m.OrganizationID] = m.AgreementID
	}
	return mapped, nil
}

// Note keeps that the request of a change goes out at the moment at. ErrNotFound unless it is 'sending'.
func (s Sendings) Note(ctx context.Context, id int64, at time.Time) error {
	return s.store.tx(ctx, fmt.Sprintf("noting that change %d is sent", id), func(tx *sql.Tx) error {
		return execOne(ctx, tx, `UPDATE changes SET sent_at = $1 WHERE id = $2 AND state = 'sending'`, unix(at), id)
	})
}

// unknownCreation picks the creations that were sent, that nobody saw the outcome of, and whose line was not found since.
const unknownCreation = `c.kind = 'create' AND c.sent_at IS NOT NULL AND c.state IN ('sending', 'unknown')
	AND NOT EXISTS (SELECT 1 FROM changes n JOIN runs r ON r.id = n.run_id
		WHERE n.agreement_id = c.agreement_id AND n.product_id = c.product_id AND n.id > c.id AND NOT r.preview AND r.addition_id IS NULL
		AND c.cancelled_date = '' AND n.cancelled_date = '' AND n.state IN ('written', 'unchanged') AND n.addition_id IS NOT NULL)`

// Unknown lists the creations of runs other than one whose outcome nobody saw, of each line the latest and each that is billed once,
// by agreement and product.
func (s Sendings) Unknown(ctx context.Context, butRun int64) ([]Change, error) {
	changes, err := list(ctx, s.store.from, scanChange, `SELECT `+changeColumns+` FROM changes c WHERE c.id IN (
		SELECT MAX(c.id) FROM changes c WHERE c.run_id <> $1 AND `+unknownCreation+`
		GROUP BY c.agreement_id, c.product_id, CASE WHEN c.cancelled_date = '' THEN 0 ELSE c.id END)
		ORDER BY c.agreement_id, c.product_id, c.id`, butRun)
	return changes, doing("listing creations of unknown outcome", err)
}

// Settle keeps what a later look at a creation of unknown outcome came to: its state, addition, problem, Looks and DoneAt; with a
// line, that one is bound in the same transaction. ErrNotFound when somebody settled it before.
func (s Sendings) Settle(ctx context.Context, c Change, line *Line) error {
	return s.store.tx(ctx, fmt.Sprintf("settling change %d", c.ID), func(tx *sql.Tx) error {
		err := execOne(ctx, tx, `UPDATE changes SET state = $1, addition_id = $2, unit_price = $3, looks = $4, done_at = $5,
				error_what = $6, error_do = $7, error_detail = $8 WHERE id = $9 AND state IN ('sending', 'unknown')`,
			c.State, orNull(c.AdditionID), c.UnitPrice, c.Looks, unix(c.DoneAt), c.Problem.What, c.Problem.Do, c.Problem.Detail, c.ID)
		if err != nil {
			return err
		}
		if err := noteOutcome(ctx, tx, c); err != nil || line == nil {
			return err
		}
		return saveLine(ctx, tx, *line)
	})
}

// Searched lists agreements with their companies, to look on them for what was sent: those that no organization is mapped to or, with
// mapped, all of them.
func (s Sendings) Searched(ctx context.Context, agreementIDs []int, mapped bool) ([]MappedAgreement, error) {
	scan := func(row scanner) (m MappedAgreement, err error) {
		err = row.Scan(append(m.Agreement.dest(), m.Company.dest()...)...)
		return m, err
	}
	m, err := list(ctx, s.store.from, scan, `SELECT `+agreementColumns+`, `+companyColumns+`
		FROM agreements a JOIN companies c ON c.id = a.company_id
		WHERE a.id IN `+in(agreementIDs)+` AND ($1 OR a.id NOT IN (SELECT agreement_id FROM mappings)) ORDER BY a.id`, mapped)
	return m, doing("listing agreements to look on", err)
}
