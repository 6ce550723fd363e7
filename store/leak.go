package store

import (
	"context"
	"database/sql"
	"fmt"
	"slices"
	"strconv"
	"time"

	"github.com/shopspring/decimal"
)

// ScanState is how far a scan of the whole ConnectWise instance is.
type ScanState string

// The states. One that is running though no process carries it out was cut off, and goes on where it stood.
const (
	ScanRunning   ScanState = "running"
	ScanDone      ScanState = "done"
	ScanFailed    ScanState = "failed"
	ScanCancelled ScanState = "cancelled"
)

// Scan is a reading of the whole ConnectWise instance.
type Scan struct {
	ID                 int64
	State              ScanState
	StartedAt          time.Time
	EndedAt            time.Time // zero: it is running
	StartedBy          string    // e-mail address, or Seatbridge
	Products           int       // that the catalog had
	LookedFor          []int     // the products whose lines and whose twins' it looked for, by id: mapped or called NordPass
	Problem            Problem   // why it failed
	Agreements         int       // of the instance
	ToRead, Read       int       // of which the additions matter, and were read
	Lines              int       // that these have, of all products
	Companies          int       // that have agreements
	CompaniesElsewhere int       // of which are not imported
}

// ScannedAgreement is an agreement as a scan found it.
type ScannedAgreement struct {
	AgreementID, CompanyID int
	Currency               string
	Bills                  bool      // something can be billed on it
	Matters                bool      // its additions are to be read
	ReadAt                 time.Time // when they were; zero: not yet, or they do not matter
	Lines                  int       // how many it has
	Record                 []byte    // what of it matters, as whoever scans wrote it; empty: nothing
}

// NamedProduct is an item of the catalog that is mapped or called NordPass.
type NamedProduct struct {
	ID                      int
	Identifier, Description string
	Price                   decimal.NullDecimal // the catalog's
	Called                  bool                // NordPass, by identifier or description
	ReadAt                  time.Time
}

// LeakAnswer is what a person said of a leak: it is meant so, as long as its facts are these.
type LeakAnswer struct {
	Leak  string // its key
	Facts string
	Note  string
	By    string // e-mail address
	At    time.Time
}

// Leaks keeps what scans of the instance read and what people said of leaks.
type Leaks struct{ store *Store }

// LeaksIn are those of a store.
func LeaksIn(s *Store) Leaks { return Leaks{s} }

const scanColumns = `s.id, s.state, s.started_at, s.ended_at, s.started_by, s.products, s.mapped, COALESCE(NULLIF(s.problem, ''), '{}'),
	(SELECT COUNT(*) FROM leak_readings r WHERE r.scan_id = s.id),
	(SELECT COUNT(*) FROM leak_readings r WHERE r.scan_id = s.id AND r.matters),
	(SELECT COUNT(*) FROM leak_readings r WHERE r.scan_id = s.id AND r.read_at IS NOT NULL),
	(SELECT COALESCE(SUM(r.lines), 0) FROM leak_readings r WHERE r.scan_id = s.id),
	(SELECT COUNT(DISTINCT r.company_id) FROM leak_readings r WHERE r.scan_id = s.id),
	(SELECT COUNT(DISTINCT r.company_id) FROM leak_readings r WHERE r.scan_id = s.id
		AND r.company_id NOT IN (SELECT id FROM companies))`

func scanScan(row scanner) (s Scan, err error) {
	err = row.Scan(&s.ID, &s.State, moment(&s.StartedAt), moment(&s.EndedAt), &s.StartedBy, &s.Products,
		fromJSON(&s.LookedFor), fromJSON(&s.Problem),
		&s.Agreements, &s.ToRead, &s.Read, &s.Lines, &s.Companies, &s.CompaniesElsewhere)
	return s, err
}

// LastScan is the latest scan, however it ended: ErrNotFound before the first.
func (l Leaks) LastScan(ctx context.Context) (Scan, error) {
	s, err := one(ctx, l.store.from, scanScan, `SELECT `+scanColumns+` FROM leak_scans s ORDER BY s.id DESC LIMIT 1`)
	return s, doing("reading the last scan", err)
}

// GoodScan is the latest scan that came to its end, on which leaks rest: ErrNotFound before the first.
func (l Leaks) GoodScan(ctx context.Context) (Scan, error) {
	s, err := one(ctx, l.store.from, scanScan, `SELECT `+scanColumns+` FROM leak_scans s WHERE s.state = 'done' ORDER BY s.id DESC LIMIT 1`)
	return s, doing("reading the last scan that was done", err)
}

// BeginScan begins a scan and answers its id.
func (l Leaks) BeginScan(ctx context.Context, by string, at time.Time) (id int64, err error) {
	err = l.store.tx(ctx, "beginning a scan", func(tx *sql.Tx) error {
		id, err = one(ctx, tx, scanValue[int64],
			`INSERT INTO leak_scans (state, started_at, started_by) VALUES ('running', $1, $2) RETURNING id`, unix(at), by)
		return err
	})
	return id, err
}

// ResumeScan lets a scan that was cut off or failed go on.
func (l Leaks) ResumeScan(ctx context.Context, id int64) error {
	return l.store.tx(ctx, fmt.Sprintf("resuming scan %d", id), func(tx *sql.Tx) error {
		return execOne(ctx, tx, `UPDATE leak_scans SET state = 'running', ended_at = NULL, problem = '' WHERE id = $1`, id)
	})
}

// FoundAgreements keeps which products a scan looks for and which agreements there are. One that was read already stays as it was read,
// unless that was for other products: what was kept of it then lacks the lines of those.
func (l Leaks) FoundAgreements(ctx context.Context, scan Scan, found []ScannedAgreement) error {
	return l.store.tx(ctx, fmt.Sprintf("keeping the agreements of scan %d", scan.ID), func(tx *sql.Tx) error {
		if err := forgetOthers(ctx, tx, scan); err != nil {
			return err
		}
		err := execOne(ctx, tx, `UPDATE leak_scans SET products = $1, mapped = $2 WHERE id = $3`, scan.Products, asJSON{scan.LookedFor}, scan.ID)
		if err != nil {
			return err
		}
		for _, a := range found {
			_, err := exec(ctx, tx, `INSERT INTO leak_readings (scan_id, agreement_id, company_id, currency, bills, matters)
				VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT (scan_id, agreement_id) DO NOTHING`,
				scan.ID, a.AgreementID, a.CompanyID, a.Currency, a.Bills, a.Matters)
			if err != nil {
				return doing(fmt.Sprintf("agreement %d", a.AgreementID), err)
			}
		}
		return nil
	})
}

// forgetOthers forgets what a scan read, if it looked for other products then.
func forgetOthers(ctx context.Context, tx *sql.Tx, scan Scan) error {
	before, err := one(ctx, tx, func(row scanner) (ids []int, err error) {
		err = row.Scan(fromJSON(&ids))
		return ids, err
	}, `SELECT mapped FROM leak_scans WHERE id = $1`, scan.ID)
	if err != nil {
		return err
	}
	if slices.Equal(slices.Sorted(slices.Values(before)), slices.Sorted(slices.Values(scan.LookedFor))) {
		return nil
	}
	_, err = exec(ctx, tx, `DELETE FROM leak_readings WHERE scan_id = $1`, scan.ID)
	return err
}

// ReadAgreements keeps what a scan read, of some agreements at once.
func (l Leaks) ReadAgreements(ctx context.Context, scan int64, read []ScannedAgreement) error {
	return l.store.tx(ctx, fmt.Sprintf("keeping what scan %d read", scan), func(tx *sql.Tx) error {
		for _, a := range read {
			err := execOne(ctx, tx, `UPDATE leak_readings SET read_at = $1, lines = $2, record = $3 WHERE scan_id = $4 AND agreement_id = $5`,
				unix(a.ReadAt), a.Lines, string(a.Record), scan, a.AgreementID)
			if err != nil {
				return doing(fmt.Sprintf("agreement %d", a.AgreementID), err)
			}
		}
		return nil
	})
}

// EndScan keeps how a scan ended. One that is done takes the place of all before it.
func (l Leaks) EndScan(ctx context.Context, id int64, state ScanState, p Problem, at time.Time) error {
	return l.store.tx(ctx, fmt.Sprintf("ending scan %d", id), func(tx *sql.Tx) error {
		err := execOne(ctx, tx, `UPDATE leak_scans SET state = $1, ended_at = $2, problem = $3 WHERE id = $4`,
			string(state), unix(at), asJSON{p}, id)
		if err != nil {
			return err
		}
		older := `state <> 'done' AND id < ` + strconv.FormatInt(id, 10)
		if state == ScanDone {
			older = `id < ` + strconv.FormatInt(id, 10)
		}
		if _, err = exec(ctx, tx, `DELETE FROM leak_readings WHERE scan_id IN (SELECT id FROM leak_scans WHERE `+older+`)`); err != nil {
			return err
		}
		_, err = exec(ctx, tx, `DELETE FROM leak_scans WHERE `+older)
		return err
	})
}

// Agreements lists the agreements of a scan by id.
func (l Leaks) Agreements(ctx context.Context, scan int64) ([]ScannedAgreement, error) {
	all, err := list(ctx, l.store.from, func(row scanner) (a ScannedAgreement, err error) {
		err = row.Scan(&a.AgreementID, &a.CompanyID, &a.Currency, &a.Bills, &a.Matters, moment(&a.ReadAt), &a.Lines, &a.Record)
		return a, err
	}, `SELECT agreement_id, company_id, currency, bills, matters, read_at, lines, record FROM leak_readings
		WHERE scan_id = $1 ORDER BY agreement_id`, scan)
	return all, doing("listing the agreements of a scan", err)
}

// KeepProducts keeps the items of the catalog that matter, in place of those before.
func (l Leaks) KeepProducts(ctx context.Context, products []NamedProduct) error {
	return l.store.tx(ctx, "keeping products", func(tx *sql.Tx) error {
		if _, err := exec(ctx, tx, `DELETE FROM leak_products`); err != nil {
			return err
		}
		for _, p := range products {
			_, err := exec(ctx, tx, `INSERT INTO leak_products (product_id, identifier, description, price, called, read_at)
				VALUES ($1, $2, $3, $4, $5, $6)`, p.ID, p.Identifier, p.Description, p.Price, p.Called, unix(p.ReadAt))
			if err != nil {
				return doing(fmt.Sprintf("product %d", p.ID), err)
			}
		}
		return nil
	})
}

// Products lists the items of the catalog that matter, by id.
func (l Leaks) Products(ctx context.Context) ([]NamedProduct, error) {
	products, err := list(ctx, l.store.from, func(row scanner) (p NamedProduct, err error) {
		err = row.Scan(&p.ID, &p.Identifier, &p.Description, &p.Price, &p.Called, moment(&p.ReadAt))
		return p, err
	}, `SELECT product_id, identifier, description, price, called, read_at FROM leak_products ORDER BY product_id`)
	return products, doing("listing products", err)
}

// Answers reads what people said of leaks, by the leaks' keys.
func (l Leaks) Answers(ctx context.Context) (map[string]LeakAnswer, error) {
	answers := map[string]LeakAnswer{}
	rows := each(ctx, l.store.from, func(row scanner) (a LeakAnswer, err error) {
		err = row.Scan(&a.Leak, &a.Facts, &a.Note, &a.By, moment(&a.At))
		return a, err
	}, `SELECT leak, facts, note, answered_by, answered_at FROM leak_answers`)
	for a, err := range rows {
		if err != nil {
			return nil, doing("reading the answers to leaks", err)
		}
		answers[a.Leak] = a
	}
	return answers, nil
}

// Answer keeps that a leak is meant so, in place of an earlier answer.
func (l Leaks) Answer(ctx context.Context, a LeakAnswer) error {
	return l.store.tx(ctx, "answering a leak", func(tx *sql.Tx) error {
		_, err := exec(ctx, tx, `INSERT INTO leak_answers (leak, facts, note, answered_by, answered_at) VALUES ($1, $2, $3, $4, $5)
			ON CONFLICT (leak) DO UPDATE SET facts = excluded.facts, note = excluded.note, answered_by = excluded.answered_by,
				answered_at = excluded.answered_at`, a.Leak, a.Facts, a.Note, a.By, unix(a.At))
		return err
	})
}

// WithdrawAnswer takes back that a leak is meant so: ErrNotFound when nobody said it.
func (l Leaks) WithdrawAnswer(ctx context.Context, leak string) error {
	return l.store.tx(ctx, "withdrawing the answer to a leak", func(tx *sql.Tx) error {
		return execOne(ctx, tx, `DELETE FROM leak_answers WHERE leak = $1`, leak)
	})
}
