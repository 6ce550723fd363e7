package store

import (
	"context"
	"database/sql"
	"fmt"
	"time"

	"github.com/shopspring/decimal"
)

// Subject is what a finding is about.
type Subject string

// The subjects: the terms of an agreement or a line that decide whether a quantity becomes money, and other lines that may bill the
// same seats.
const (
	AboutProducts   Subject = "products"   // what the agreement bills of products: not all that is Billable
	AboutCycle      Subject = "cycle"      // the agreement is not billed monthly
	AboutOneTime    Subject = "one_time"   // the agreement is billed once
	AboutInvoiced   Subject = "invoiced"   // the period is invoiced already, and the agreement does not prorate
	AboutEnds       Subject = "ends"       // agreement or line ends, or begins only later
	AboutInactive   Subject = "inactive"   // the company is not active
	AboutCurrency   Subject = "currency"   // the agreement's currency changed
	AboutIncluded   Subject = "included"   // part of the quantity is included and not billed
	AboutCustomer   Subject = "customer"   // the line is not billed to the customer
	AboutPrice      Subject = "price"      // the line has no price, or 0
	AboutDrift      Subject = "drift"      // a term is no longer what it was when it was last read
	AboutEnded      Subject = "ended"      // a line of the product was ended by a person
	AboutGone       Subject = "gone"       // the bound line was deleted
	AboutElsewhere  Subject = "elsewhere"  // another agreement has a line of the product that nobody here feeds
	AboutSecond     Subject = "second"     // a second open line of the product beside the bound one
	AboutUnfed      Subject = "unfed"      // a line that Seatbridge wrote and no longer feeds
	AboutUnreliable Subject = "unreliable" // the list of additions lacks a line that is there
)

// The facts of AboutProducts and AboutCustomer where nothing is billed, in ConnectWise's words.
const (
	DoNotBill = "DoNotBill"
	NoCharge  = "NoCharge"
)

// Finding is something that a reading of an agreement found and a person should know. It is asked again when Facts change.
type Finding struct {
	AgreementID int                 `json:"agreement_id"`
	ProductID   int                 `json:"product_id,omitempty"` // 0: the agreement as a whole
	Subject     Subject             `json:"subject"`
	AdditionID  int                 `json:"addition_id,omitempty"` // 0: not about one addition
	CompanyID   int                 `json:"company_id,omitempty"`
	Company     string              `json:"company,omitempty"`
	Agreement   string              `json:"agreement,omitempty"`
	Product     string              `json:"product,omitempty"`
	Facts       string              `json:"facts"` // what it rests on, for comparing
	Sentence    string              `json:"sentence"`
	Advice      string              `json:"advice,omitempty"`
	Quantity    decimal.NullDecimal `json:"quantity"`   // of the addition; NULL: none
	UnitPrice   decimal.NullDecimal `json:"unit_price"` // in Currency
	Currency    string              `json:"currency,omitempty"`
	Included    decimal.Decimal     `json:"included,omitzero"`  // of the addition's quantity, not billed; kept with changes alone
	Holds       bool                `json:"holds,omitempty"`    // a write waits for it, unless it is answered
	Answered    bool                `json:"answered,omitempty"` // a person said, of the same facts, that it is meant so
	Since       time.Time           `json:"-"`                  // first seen, in UTC
}

// FindingKey names a finding.
type FindingKey struct {
	AgreementID, ProductID int
	Subject                Subject
	AdditionID             int
}

// Key names the finding.
func (f Finding) Key() FindingKey {
	return FindingKey{f.AgreementID, f.ProductID, f.Subject, f.AdditionID}
}

// HoldReason names why a change waits for a person.
type HoldReason string

// The holds; each has its setting.
const (
	HoldSize       HoldReason = "size"        // a large change
	HoldLower      HoldReason = "lower"       // a steep fall
	HoldHigher     HoldReason = "higher"      // a steep rise
	HoldDecrease   HoldReason = "decrease"    // any fall
	HoldZero       HoldReason = "zero"        // nothing would be billed any more
	HoldFirst      HoldReason = "first"       // the first write on a line that Seatbridge did not create
	HoldEdited     HoldReason = "edited"      // edited by hand in ConnectWise
	HoldNegative   HoldReason = "negative"    // ConnectWise would bill a negative quantity
	HoldMany       HoldReason = "many"        // many lines of the run go down
	HoldSourceZero HoldReason = "source_zero" // a source says only zeros
	HoldDisputed   HoldReason = "disputed"    // another source of figures says more than the one that lowers a line
	HoldFound      HoldReason = "found"       // something says that the seats are billed elsewhere
	HoldTerms      HoldReason = "terms"       // unusual terms that nobody confirmed yet
	HoldStranded   HoldReason = "stranded"    // the other half of a move cannot be written
	HoldAgain      HoldReason = "again"       // approved, and the line is another one since
)

// Readings keeps what readings of agreements found, apart from what was written.
type Readings struct{ store *Store }

// ReadingsIn are those of a store.
func ReadingsIn(s *Store) Readings { return Readings{s} }

// noteLines keeps what lines said when they were read, without touching what was written there. A line that is bound to
// another addition by now is left alone.
func noteLines(ctx context.Context, tx *sql.Tx, lines []Line) error {
	for _, l := range lines {
		_, err := exec(ctx, tx, `UPDATE lines SET product = $1, read_quantity = $2, read_at = $3, unit_price = $4, currency = $5, ended = $6
			WHERE agreement_id = $7 AND product_id = $8 AND addition_id = $9`,
			l.Product, l.Read, unix(l.ReadAt), l.UnitPrice, l.Currency, l.Ended, l.AgreementID, l.ProductID, l.AdditionID)
		if err != nil {
			return doing(fmt.Sprintf("line %d of agreement %d", l.AdditionID, l.AgreementID), err)
		}
		if err := noteRead(ctx, tx, l); err != nil {
			return err
		}
	}
	return nil
}
