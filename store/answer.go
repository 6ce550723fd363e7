package store

import (
	"context"
	"database/sql"
	"fmt"
	"time"
)

// Answer is what a person said of a finding: it is meant so, as long as its facts are these.
type Answer struct {
	Key   FindingKey
	Facts string
	Note  string // why; may be empty
	By    string // e-mail address
	At    time.Time
}

// KnownFinding is a finding with what a person said of it.
type KnownFinding struct {
	Finding
	Terms      LineTerms // what of the addition's quantity is not billed, as far as its line was ever read
	Note       string    // why it is meant so
	AnsweredBy string    // e-mail address; empty: nobody said anything of these facts
	AnsweredAt time.Time
}

const findingColumns = `f.agreement_id, f.product_id, f.subject, f.addition_id, f.company_id, f.company, f.agreement, f.product,
	f.facts, f.sentence, f.advice, f.quantity, f.unit_price, f.currency, f.holds, f.answered, f.since,
	COALESCE(w.note, ''), COALESCE(w.answered_by, ''), w.answered_at,
	COALESCE((SELECT h.included FROM line_history h WHERE h.id = ` + lastOfAddition + `), '0'),
	COALESCE((SELECT h.unbilled FROM line_history h WHERE h.id = ` + lastOfAddition + `), '')`

// lastOfAddition is what the addition of a finding said last.
const lastOfAddition = `(SELECT MAX(x.id) FROM line_history x WHERE x.agreement_id = f.agreement_id AND x.addition_id = f.addition_id)`

func scanFinding(row scanner) (f KnownFinding, err error) {
	err = row.Scan(&f.AgreementID, &f.ProductID, &f.Subject, &f.AdditionID, &f.CompanyID, &f.Company, &f.Agreement, &f.Product,
		&f.Facts, &f.Sentence, &f.Advice, &f.Quantity, &f.UnitPrice, &f.Currency, &f.Holds, &f.Answered, moment(&f.Since),
		&f.Note, &f.AnsweredBy, moment(&f.AnsweredAt), &f.Terms.Included, &f.Terms.Unbilled)
	return f, err
}

// fromFindings joins the answers that hold.
const fromFindings = ` FROM known_findings f LEFT JOIN answers w ON f.answered AND w.agreement_id = f.agreement_id
	AND w.product_id = f.product_id AND w.subject = f.subject AND w.addition_id = f.addition_id WHERE TRUE`

// FindingFilter picks findings; a zero field does not matter.
type FindingFilter struct {
	Answered    bool // those said to be meant so; false: the others
	AgreementID int
	Subject     Subject
	Search      string // in the company's name
	Limit       int    // 0: no limit
	Offset      int
}

func (f FindingFilter) where() *filter {
	var w filter
	w.and(`f.answered = ?`, f.Answered)
	if f.AgreementID != 0 {
		w.and(`f.agreement_id = ?`, f.AgreementID)
	}
	if f.Subject != "" {
		w.and(`f.subject = ?`, f.Subject)
	}
	if f.Search != "" {
		w.and(`f.company_id IN (SELECT id FROM companies WHERE name_folded LIKE ? ESCAPE '\')`, contains(Fold(f.Search)))
	}
	return &w
}

// Findings lists what readings found, what a write waits for first, then by subject and company. A finding AboutUnfed has facts
// and no words; they are put together where it is read.
func (r Readings) Findings(ctx context.Context, f FindingFilter) (page []KnownFinding, total int, err error) {
	w := f.where()
	err = r.store.snapshot(ctx, "listing findings", func(tx *sql.Tx) error {
		if total, err = count(ctx, tx, `SELECT COUNT(*)`+fromFindings+w.String(), w.args...); err != nil {
			return err
		}
		w.write(` ORDER BY f.holds DESC, f.subject, f.company, f.agreement_id, f.product_id, f.addition_id`)
		w.page(f.Limit, f.Offset)
		page, err = list(ctx, tx, scanFinding, `SELECT `+findingColumns+fromFindings+w.String(), w.args...)
		return err
	})
	return page, total, err
}

// Finding reads one: ErrNotFound when it does not hold any more.
func (r Readings) Finding(ctx context.Context, k FindingKey) (KnownFinding, error) {
	f, err := one(ctx, r.store.from, scanFinding, `SELECT `+findingColumns+fromFindings+
		` AND f.agreement_id = $1 AND f.product_id = $2 AND f.subject = $3 AND f.addition_id = $4`,
		k.AgreementID, k.ProductID, k.Subject, k.AdditionID)
	return f, doing(fmt.Sprintf("reading the finding %q of agreement %d", k.Subject, k.AgreementID), err)
}

// CountFindings counts by subject those of which nobody said that they are meant so.
func (r Readings) CountFindings(ctx context.Context) (map[Subject]int, error) {
	counts, err := countBy[Subject](ctx, r.store.from, `SELECT subject, COUNT(*) FROM known_findings WHERE NOT answered GROUP BY subject`)
	return counts, doing("counting findings", err)
}

// Answers reads the facts of which a person said that they are meant so.
func (r Readings) Answers(ctx context.Context) (map[FindingKey]string, error) {
	type answer struct {
		key   FindingKey
		facts string
	}
	answers := map[FindingKey]string{}
	rows := each(ctx, r.store.from, func(row scanner) (a answer, err error) {
		err = row.Scan(&a.key.AgreementID, &a.key.ProductID, &a.key.Subject, &a.key.AdditionID, &a.facts)
		return a, err
	}, `SELECT agreement_id, product_id, subject, addition_id, facts FROM answers`)
	for a, err := range rows {
		if err != nil {
			return nil, doing("reading answers", err)
		}
		answers[a.key] = a.facts
	}
	return answers, nil
}

// Answer keeps that a finding is meant so, in place of an earlier answer.
func (r Readings) Answer(ctx context.Context, a Answer) error {
	return r.store.tx(ctx, fmt.Sprintf("answering the finding %q of agreement %d", a.Key.Subject, a.Key.AgreementID), func(tx *sql.Tx) error {
		_, err := exec(ctx, tx, `INSERT INTO answers (agreement_id, product_id, subject, addition_id, facts, note, answered_by, answered_at)
			VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
			ON CONFLICT (agreement_id, product_id, subject, addition_id) DO UPDATE SET facts = excluded.facts, note = excluded.note,
				answered_by = excluded.answered_by, answered_at = excluded.answered_at`,
			a.Key.AgreementID, a.Key.ProductID, a.Key.Subject, a.Key.AdditionID, a.Facts, a.Note, a.By, unix(a.At))
		if err != nil {
			return err
		}
		_, err = exec(ctx, tx, `UPDATE findings SET answered = TRUE
			WHERE agreement_id = $1 AND product_id = $2 AND subject = $3 AND addition_id = $4 AND facts = $5`,
			a.Key.AgreementID, a.Key.ProductID, a.Key.Subject, a.Key.AdditionID, a.Facts)
		return err
	})
}

// WithdrawAnswer takes back that a finding is meant so: ErrNotFound when nobody said it.
func (r Readings) WithdrawAnswer(ctx context.Context, k FindingKey) error {
	return r.store.tx(ctx, fmt.Sprintf("withdrawing the answer to %q of agreement %d", k.Subject, k.AgreementID), func(tx *sql.Tx) error {
		key := []any{k.AgreementID, k.ProductID, k.Subject, k.AdditionID}
		const of = ` WHERE agreement_id = $1 AND product_id = $2 AND subject = $3 AND addition_id = $4`
		if _, err := exec(ctx, tx, `UPDATE findings SET answered = FALSE`+of, key...); err != nil {
			return err
		}
		return execOne(ctx, tx, `DELETE FROM answers`+of, key...)
	})
}

// UnfedAgreements lists the agreements that nobody is mapped to and that have lines which nobody feeds: a sync of all looks at
// them, too.
func (r Readings) UnfedAgreements(ctx context.Context) ([]MappedAgreement, error) {
	m, err := list(ctx, r.store.from, scanWithCompany, `SELECT `+agreementColumns+`, `+companyColumns+`
		FROM agreements a JOIN companies c ON c.id = a.company_id
		WHERE a.id IN (SELECT agreement_id FROM unfed WHERE why = 'unmapped')
			AND a.id NOT IN (SELECT agreement_id FROM lines WHERE release) ORDER BY a.id`)
	return m, doing("listing agreements with lines that nobody feeds", err)
}
