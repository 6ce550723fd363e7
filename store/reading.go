package store

import (
	"context"
	"database/sql"
	"fmt"
	"slices"
	"time"
)

// Why a line that Seatbridge wrote is not fed any more: the first part of the facts of a finding AboutUnfed, before its quantity.
const (
	UnfedUnmapped  = "unmapped"  // no organization is mapped to its agreement
	UnfedReleased  = "released"  // its organizations are mapped elsewhere; the next sync sets it to 0
	UnfedUnmanaged = "unmanaged" // an organization on its agreement is not MSP-managed, so that nothing is written there
	UnfedProduct   = "product"   // its product is not mapped; the next sync sets it to 0
)

// BillingTerm is one of the terms of an agreement or a line as it was last read.
type BillingTerm struct {
	AgreementID int
	ProductID   int // 0: the agreement's
	AdditionID  int // of the line; 0: the agreement's
	Name        string
	Value       string
	Was         string    // before it drifted; empty: it has not
	By          string    // who changed it, and when, in words; empty: not known
	Since       time.Time // when Value was first read, in UTC
}

// TermProducts is the name of the term of an agreement that says how it bills products.
const TermProducts = "products"

// BillProducts is how an agreement with these terms bills products, in ConnectWise's word; empty: nobody read it.
func BillProducts(terms []BillingTerm) string {
	for _, t := range terms {
		if t.ProductID == 0 && t.Name == TermProducts {
			return t.Value
		}
	}
	return ""
}

// Terms reads the terms of all agreements, by agreement.
func (r Readings) Terms(ctx context.Context) (map[int][]BillingTerm, error) {
	rows := each(ctx, r.store.from, scanBillingTerm, `SELECT agreement_id, product_id, addition_id, name, value, was, changed_by, since
		FROM terms ORDER BY agreement_id, product_id, name`)
	terms := map[int][]BillingTerm{}
	for t, err := range rows {
		if err != nil {
			return nil, doing("reading the terms of agreements", err)
		}
		terms[t.AgreementID] = append(terms[t.AgreementID], t)
	}
	return terms, nil
}

func scanBillingTerm(row scanner) (t BillingTerm, err error) {
	err = row.Scan(&t.AgreementID, &t.ProductID, &t.AdditionID, &t.Name, &t.Value, &t.Was, &t.By, moment(&t.Since))
	return t, err
}

// Read is what a reading of an agreement said.
type Read struct {
	AgreementID int
	At          time.Time
	Findings    []Finding
	Terms       []BillingTerm
	Lines       []Line // as they are now: those that are bound, and those that changes are about
	Dates       BillingDates
}

// Keep keeps what a reading said, in place of what the one before it said: a finding that holds still keeps since when.
func (r Readings) Keep(ctx context.Context, read Read) error {
	return r.store.tx(ctx, fmt.Sprintf("keeping the reading of agreement %d", read.AgreementID), func(tx *sql.Tx) error {
		if err := keepFindings(ctx, tx, read); err != nil {
			return err
		}
		if err := keepTerms(ctx, tx, read.AgreementID, read.Terms); err != nil {
			return err
		}
		if err := noteDates(ctx, tx, read.Dates); err != nil {
			return err
		}
		return noteLines(ctx, tx, read.Lines)
	})
}

// Written forgets what was found and a write decided: an addition that says 0 bills nothing, and what a new line waited for was
// answered when it was created.
func (r Readings) Written(ctx context.Context, c Change) error {
	if c.State != StateWritten {
		return nil
	}
	var decided []int
	if c.After.Decimal.IsZero() {
		decided = append(decided, c.AdditionID)
	}
	for _, f := range c.Found {
		if c.Kind == KindCreate && f.Holds && f.AdditionID != 0 {
			decided = append(decided, f.AdditionID)
		}
	}
	return r.store.tx(ctx, fmt.Sprintf("forgetting what change %d decided", c.ID), func(tx *sql.Tx) error {
		_, err := exec(ctx, tx, `DELETE FROM findings WHERE agreement_id = $1 AND addition_id IN `+in(decided), c.AgreementID)
		return err
	})
}

func keepFindings(ctx context.Context, tx *sql.Tx, read Read) error {
	if _, err := exec(ctx, tx, `UPDATE findings SET seen_at = 0 WHERE agreement_id = $1`, read.AgreementID); err != nil {
		return err
	}
	for _, f := range read.Findings {
		if err := keepFinding(ctx, tx, f, read.At); err != nil {
			return doing(fmt.Sprintf("finding %q", f.Subject), err)
		}
	}
	_, err := exec(ctx, tx, `DELETE FROM findings WHERE agreement_id = $1 AND seen_at = 0`, read.AgreementID)
	return err
}

func keepFinding(ctx context.Context, tx *sql.Tx, f Finding, at time.Time) error {
	_, err := exec(ctx, tx, `
		INSERT INTO findings (agreement_id, product_id, subject, addition_id, company_id, company, agreement, product, facts, sentence,
			advice, quantity, unit_price, currency, holds, answered, since, seen_at)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $17)
		ON CONFLICT (agreement_id, product_id, subject, addition_id) DO UPDATE SET company_id = excluded.company_id,
			company = excluded.company, agreement = excluded.agreement, product = excluded.product, facts = excluded.facts,
			sentence = excluded.sentence, advice = excluded.advice, quantity = excluded.quantity, unit_price = excluded.unit_price,
			currency = excluded.currency, holds = excluded.holds, answered = excluded.answered, seen_at = excluded.seen_at`,
		f.AgreementID, f.ProductID, f.Subject, f.AdditionID, f.CompanyID, f.Company, f.Agreement, f.Product, f.Facts, f.Sentence,
		f.Advice, f.Quantity, f.UnitPrice, f.Currency, f.Holds, f.Answered, unix(at))
	return err
}

func keepTerms(ctx context.Context, tx *sql.Tx, agreementID int, terms []BillingTerm) error {
	if _, err := exec(ctx, tx, `DELETE FROM terms WHERE agreement_id = $1`, agreementID); err != nil {
		return err
	}
	for _, t := range terms {
		_, err := exec(ctx, tx, `INSERT INTO terms (agreement_id, product_id, addition_id, name, value, was, changed_by, since)
			VALUES ($1, $2, $3, $4, $5, $6, $7, $8)`, agreementID, t.ProductID, t.AdditionID, t.Name, t.Value, t.Was, t.By, unix(t.Since))
		if err != nil {
			return doing(fmt.Sprintf("term %q", t.Name), err)
		}
	}
	return nil
}

// Lines reads all lines by agreement.
func (r Readings) Lines(ctx context.Context) (map[int][]Line, error) {
	all, err := r.store.Lines(ctx)
	lines := map[int][]Line{}
	for key, line := range all {
		lines[key.AgreementID] = append(lines[key.AgreementID], line)
	}
	return lines, err
}

// Agreements lists the agreements that a sync of all looks at: those that organizations are mapped to, those with lines to set to 0,
// and those with lines that nobody feeds.
func (r Readings) Agreements(ctx context.Context) ([]MappedAgreement, error) {
	mapped, err := r.store.MappedAgreements(ctx)
	if err != nil {
		return nil, err
	}
	released, err := r.store.ReleasedAgreements(ctx)
	if err != nil {
		return nil, err
	}
	unfed, err := r.UnfedAgreements(ctx)
	return slices.Concat(mapped, released, unfed), err
}
