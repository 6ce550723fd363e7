package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"github.com/shopspring/decimal"
)

// Said is what a line was written, or found to say, from a moment on.
type Said struct {
	AgreementID int
	ProductID   int
	AdditionID  int
	At          time.Time // UTC
	SeenAt      time.Time // it was read with the same quantity until then
	Written     bool      // by Seatbridge; otherwise it was read
	Created     bool      // by Seatbridge at that moment: there was no line before
	Effective   string    // of one that was created so: its first billed day, "2026-11-01"
	ChangeID    int64     // that wrote it; 0: none
	Quantity    decimal.Decimal
	UnitPrice   decimal.NullDecimal // in Currency
	Currency    string
	LineTerms
	Ended  string  // its last billed day, "2026-11-20"; empty: open
	Shares []Share // whose seats stand on it, as far as Seatbridge wrote them or would
}

// LineTerms is what of a line's quantity ConnectWise bills nothing of.
type LineTerms struct {
	Included decimal.Decimal // so much of the quantity, in seats
	Unbilled Subject         // nothing is billed, AboutProducts of the agreement or AboutCustomer; empty: it is billed
}

// TermsOf reads ConnectWise's words: how the agreement bills products, how the line is billed to the customer.
func TermsOf(billProducts, billCustomer string, included decimal.Decimal) LineTerms {
	t := LineTerms{Included: included}
	switch {
	case billProducts == DoNotBill || billProducts == NoCharge:
		t.Unbilled = AboutProducts
	case billCustomer == DoNotBill || billCustomer == NoCharge:
		t.Unbilled = AboutCustomer
	}
	return t
}

func (t LineTerms) same(other LineTerms) bool {
	return t.Included.Equal(other.Included) && t.Unbilled == other.Unbilled
}

// Terms is what of the line's quantity is not billed, by what was found before the change was decided.
func (c Change) Terms() LineTerms {
	var products, customer string
	var included decimal.Decimal
	for _, f := range c.Found {
		switch f.Subject {
		case AboutIncluded:
			included = f.Included
		case AboutProducts:
			products = f.Facts
		case AboutCustomer:
			customer = f.Facts
		}
	}
	return TermsOf(products, customer, included)
}

const saidColumns = `h.agreement_id, h.product_id, h.addition_id, h.at, h.seen_at, h.written, h.created, h.change_id,
	h.quantity, h.unit_price, h.currency, h.included, h.unbilled, h.ended, h.shares,
	CASE WHEN h.created THEN COALESCE((SELECT c.effective_date FROM changes c WHERE c.id = h.change_id), '') ELSE '' END`

func scanSaid(row scanner) (s Said, err error) {
	err = row.Scan(&s.AgreementID, &s.ProductID, &s.AdditionID, moment(&s.At), moment(&s.SeenAt), &s.Written, &s.Created, &s.ChangeID,
		&s.Quantity, &s.UnitPrice, &s.Currency, &s.Included, &s.Unbilled, &s.Ended, fromJSON(&s.Shares), &s.Effective)
	return s, err
}

// noteOutcome keeps what follows from the outcome of a change. A line that is billed once carries nobody's seats: it settles.
func noteOutcome(ctx context.Context, tx *sql.Tx, c Change) error {
	if c.Once() {
		return settleOnce(ctx, tx, c)
	}
	return noteWritten(ctx, tx, c)
}

// noteWritten keeps that a change made its line say something, or found it to say that already.
func noteWritten(ctx context.Context, tx *sql.Tx, c Change) error {
	if c.AdditionID == 0 || !c.After.Valid || c.State != StateWritten {
		return nil
	}
	terms := c.Terms()
	last, err := lastSaid(ctx, tx, c.AgreementID, c.AdditionID)
	if err == nil {
		terms = last.LineTerms // as the run read them before it wrote: writing a quantity changes none
	} else if !errors.Is(err, ErrNotFound) {
		return err
	}
	return note(ctx, tx, Said{
		AgreementID: c.AgreementID, ProductID: c.ProductID, AdditionID: c.AdditionID, At: c.DoneAt, SeenAt: c.DoneAt, Written: true,
		Created: c.Kind == KindCreate, ChangeID: c.ID, Quantity: c.After.Decimal, UnitPrice: c.UnitPrice, Currency: c.Currency,
		LineTerms: terms, Shares: c.Shares,
	})
}

// noteAdopted keeps that a line was right already.
func noteAdopted(ctx context.Context, tx *sql.Tx, l Line) error {
	if !l.Written.Valid || l.WrittenAt.IsZero() {
		return nil
	}
	last, err := lastSaid(ctx, tx, l.AgreementID, l.AdditionID)
	if err == nil && last.Written && last.At.Unix() >= l.WrittenAt.Unix() {
		return nil // it is known already
	}
	if err != nil && !errors.Is(err, ErrNotFound) {
		return err
	}
	return note(ctx, tx, Said{
		AgreementID: l.AgreementID, ProductID: l.ProductID, AdditionID: l.AdditionID, At: l.WrittenAt, SeenAt: l.WrittenAt, Written: true,
		Quantity: l.Written.Decimal, UnitPrice: l.UnitPrice, Currency: l.Currency, LineTerms: l.termsAfter(last), Shares: l.Shares,
	})
}

// noteRead keeps what a line said when it was read.
func noteRead(ctx context.Context, tx *sql.Tx, l Line) error {
	if !l.Read.Valid || l.AdditionID == 0 {
		return nil
	}
	last, err := lastSaid(ctx, tx, l.AgreementID, l.AdditionID)
	if err != nil && !errors.Is(err, ErrNotFound) {
		return err
	}
	read := Said{
		AgreementID: l.AgreementID, ProductID: l.ProductID, AdditionID: l.AdditionID, At: l.ReadAt, SeenAt: l.ReadAt,
		Quantity: l.Read.Decimal, UnitPrice: l.UnitPrice, Currency: l.Currency, LineTerms: l.termsAfter(last), Ended: l.Ended, Shares: l.Shares,
	}
	if l.ChangedAt.After(last.SeenAt) && l.ChangedAt.Before(l.ReadAt) {
		read.At = l.ChangedAt // it says so since then at the latest
	}
	if err == nil && last.same(read) {
		_, err := exec(ctx, tx, `UPDATE line_history SET seen_at = MAX(seen_at, $1) WHERE id = (
			SELECT MAX(id) FROM line_history WHERE agreement_id = $2 AND addition_id = $3)`, unix(l.ReadAt), l.AgreementID, l.AdditionID)
		return err
	}
	return note(ctx, tx, read)
}

// termsAfter are the line's terms as they were read or, where nobody read them, those that were known before.
func (l Line) termsAfter(last Said) LineTerms {
	if l.Terms == nil {
		return last.LineTerms
	}
	return *l.Terms
}

// NoteRead keeps what lines said when they were read, apart from a run.
func (b Books) NoteRead(ctx context.Context, lines []Line) error {
	return b.store.tx(ctx, "keeping what lines said", func(tx *sql.Tx) error { return noteLines(ctx, tx, lines) })
}

// same says that a reading found nothing new.
func (s Said) same(read Said) bool {
	priced := !read.UnitPrice.Valid || s.UnitPrice.Valid && s.UnitPrice.Decimal.Equal(read.UnitPrice.Decimal)
	says := s.Quantity.Equal(read.Quantity) && s.Ended == read.Ended && priced && s.LineTerms.same(read.LineTerms)
	return says && (len(s.Shares) > 0 || len(read.Shares) == 0)
}

func lastSaid(ctx context.Context, tx *sql.Tx, agreementID, additionID int) (Said, error) {
	return one(ctx, tx, scanSaid, `SELECT `+saidColumns+` FROM line_history h
		WHERE h.agreement_id = $1 AND h.addition_id = $2 ORDER BY h.id DESC LIMIT 1`, agreementID, additionID)
}

// note keeps what a line says from now on. Shares that do not add up to it are of another quantity: an undo puts back what the
// line said before, and whose seats those were.
func note(ctx context.Context, tx *sql.Tx, s Said) error {
	if !addUp(s.Shares, s.Quantity) {
		earlier, err := list(ctx, tx, scanSaid, `SELECT `+saidColumns+` FROM line_history h
			WHERE h.agreement_id = $1 AND h.addition_id = $2 AND h.quantity = $3 ORDER BY h.id DESC`, s.AgreementID, s.AdditionID, s.Quantity)
		if err != nil {
			return err
		}
		for _, e := range earlier {
			if addUp(e.Shares, s.Quantity) {
				s.Shares = e.Shares
				break
			}
		}
	}
	_, err := exec(ctx, tx, `
		INSERT INTO line_history (agreement_id, product_id, addition_id, at, seen_at, written, created, change_id, quantity, unit_price,
			currency, included, unbilled, ended, shares)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15)`,
		s.AgreementID, s.ProductID, s.AdditionID, unix(s.At), unix(s.SeenAt), s.Written, s.Created, s.ChangeID, s.Quantity, s.UnitPrice,
		s.Currency, s.Included, s.Unbilled, s.Ended, asJSON{s.Shares})
	return doing(fmt.Sprintf("noting what line %d of agreement %d says", s.AdditionID, s.AgreementID), err)
}

func addUp(shares []Share, quantity decimal.Decimal) bool {
	sum := 0
	for _, share := range shares {
		sum += share.Seats
	}
	return len(shares) > 0 && quantity.Equal(decimal.NewFromInt(int64(sum)))
}
