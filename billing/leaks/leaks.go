// Package leaks finds who is not billed and who is billed for nothing, in what is known of the whole instance, of the
// organizations and of what is mapped. It decides from what it is given alone (docs/leaks.md).
package leaks

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/shopspring/decimal"

	"seatbridge/billing/plan"
	"seatbridge/connectwise"
	"seatbridge/store"
)

// A Kind is what leaks.
type Kind string

// The kinds, in the order of docs/leaks.md.
const (
	Unbilled        Kind = "unbilled"         // an organization with billable seats that is not mapped
	NotBilling      Kind = "not_billing"      // a mapped organization whose agreement or line bills nothing
	Unfed           Kind = "unfed"            // an open line that no organization feeds
	UnmappedProduct Kind = "unmapped_product" // open lines of a product called NordPass that is not mapped
	Unlicensed      Kind = "unlicensed"       // a trial or NFR organization with a line that bills
	Price           Kind = "price"            // another price than the usual one, or the catalog's
)

// Kinds are all kinds in their order.
func Kinds() []Kind { return []Kind{Unbilled, NotBilling, Unfed, UnmappedProduct, Unlicensed, Price} }

// Key names a leak: what is about the same things is the same leak, whatever it says.
type Key struct {
	Kind           Kind
	OrganizationID int64
	AgreementID    int
	AdditionID     int
	ProductID      int
	Currency       string // of UnmappedProduct and of a product's Price, which are one leak in each currency
}

// String writes the key as forms and the store have it.
func (k Key) String() string {
	return fmt.Sprintf("%s/%d/%d/%d/%d/%s", k.Kind, k.OrganizationID, k.AgreementID, k.AdditionID, k.ProductID, k.Currency)
}

// A StepKind is what to do next about a leak.
type StepKind string

// The next steps.
const (
	AcceptSuggestion StepKind = "accept"     // map the organization to the company that looks like it
	MapOrganization  StepKind = "map"        // find the organization's company
	MapCompany       StepKind = "company"    // find the company's organization
	ImportCompanies  StepKind = "import"     // the company is not imported
	MendMapping      StepKind = "mend"       // the mapping's agreement cannot be billed
	SyncNow          StepKind = "sync"       // the next sync writes the line
	LookAtAgreement  StepKind = "agreement"  // it is mended in ConnectWise, on this agreement
	LookAtProducts   StepKind = "products"   // map the product, or move its lines
	LookAtLicense    StepKind = "license"    // say on the organization's page that the trial is over, or leave the line at 0
	LookAtApprovals  StepKind = "approvals"  // in hand: a change of it waits for approval
	LookAtRun        StepKind = "attention"  // in hand: a line that the last sync could not write
	LookAtMonth      StepKind = "difference" // in hand: an open difference of a month
)

// Step is what to do next, and with what.
type Step struct {
	Kind           StepKind
	Name           string // of the organization or company that it is about, for its button
	OrganizationID int64
	CompanyID      int
	AgreementID    int
	Month          store.Month // of LookAtMonth
}

// Leak is what leaks. Seats and Money are more than 0 where too little is billed and less where too much; Money is what it comes to in
// a whole month, before tax and proration, and not valid where no price is known, or not how long its billing period is, which is not 0.
type Leak struct {
	Key
	Who       string // organization, company or product
	Where     string // which agreement, line or plan
	Sentence  string
	Seats     decimal.Decimal
	UnitPrice decimal.NullDecimal // of a billing period, in Code, not valid: none known, or several
	Code      string              // the currency of price and money; empty: not known
	Money     decimal.NullDecimal
	Next      Step
	Facts     string  // what it rests on; an answer is to these
	InHand    string  // why somebody is at it already, a sentence; empty: nobody is
	Answer    *Answer // that it is meant so; nil: nobody said so

	Organizations []int64 // that are mapped to its agreement

	companyID int   // that it is about, for suggestions
	cycle     cycle // in which the price is billed
}

// Answer is what a person said of a leak: it is meant so, as long as its facts are these.
type Answer struct {
	Facts   string
	Note    string
	By      string // e-mail address
	At      time.Time
	Finding bool // it was said where readings of agreements are answered, and is taken back there
}

// Item is a product of the catalog that is called NordPass.
type Item struct {
	ID                      int
	Identifier, Description string
}

// Suggestion is a company that an organization looks like.
type Suggestion struct {
	CompanyID int
	Company   string
	Certain   bool // the same name, and nobody else's
}

// Organization is what leaks need of one that is not deleted.
type Organization struct {
	ID          int64
	Name        string
	Plan        store.Plan
	License     store.License
	Managed     bool
	AgreementID int  // 0: not mapped
	Known       bool // its seats are
	Seats       int  // billable, of the running month to date
	Suggestion  *Suggestion
}

// Agreement is one of the instance, with what is mapped to it. Of one whose additions were not read since it was mapped, Read is false:
// nothing is said of its lines.
type Agreement struct {
	plan.Situation
	Feeds    []int64 // the organizations that are mapped to it
	Read     bool
	Imported bool // its company is
}

// Waiting is something that a person has in hand: a change that is held, a line that could not be written, an open difference.
type Waiting struct {
	AgreementID    int
	OrganizationID int64 // 0: all of the agreement
	ProductID      int   // 0: all
	AdditionID     int   // 0: no line, or all
	Sentence       string
	Next           Step
}

// Known is all that leaks are found in.
type Known struct {
	Today         connectwise.Date
	Products      []plan.MappedProduct // none: they are not mapped yet
	Named         []Item
	Agreements    []Agreement // none: no full scan was made
	Organizations []Organization
	Waiting       []Waiting
	Answers       map[string]Answer                       // by Key.String
	Findings      map[store.FindingKey]store.KnownFinding // that were said to be meant so
	Currencies    map[int][]string                        // by company: of its agreements that can be billed
	Unlooked      []string                                // identifiers of mapped products whose lines the last scan did not look for
	UnlookedNamed []string                                // and of those that are called NordPass and not mapped
}

// Looked is how much of something was looked at.
type Looked struct {
	Kind Kind
	N    int
}

// Result is what was found.
type Result struct {
	Open     []Leak // by currency and money, the most at stake first
	InHand   []Leak
	Meant    []Leak
	NotKnown int      // organizations whose seats are not known
	Unread   int      // mapped agreements whose lines were not read since they were mapped
	Looked   []Looked // the kinds of which everything was looked at that there is
	Unlooked []string // identifiers of products whose lines the last scan did not look for
}

// Find finds what leaks.
func Find(k Known) Result {
	f := newFinder(k)
	for _, a := range f.Agreements {
		f.agreement(a)
	}
	f.unmappedProducts()
	f.organizations()
	f.prices()
	return f.result()
}

// result sorts the leaks into those that are open, in hand and meant so.
func (f *finder) result() Result {
	r := Result{NotKnown: f.notKnown, Unread: f.unread, Looked: f.looked(), Unlooked: slices.Concat(f.Unlooked, f.UnlookedNamed)}
	for _, l := range f.found {
		if l.Answer == nil {
			if a, said := f.Answers[l.String()]; said && a.Facts == l.Facts {
				l.Answer = &a
			}
		}
		switch {
		case l.Answer != nil:
			r.Meant = append(r.Meant, l)
		case f.waits(&l):
			r.InHand = append(r.InHand, l)
		default:
			r.Open = append(r.Open, l)
		}
	}
	for _, list := range [][]Leak{r.Open, r.InHand, r.Meant} {
		slices.SortStableFunc(list, f.byMoney)
	}
	return r
}

// byMoney puts first where the most money is at stake, within a currency: the catalog's first, then the others by their codes. What has no
// price comes last, by its seats.
func (f *pricing) byMoney(a, b Leak) int {
	if a.Money.Valid != b.Money.Valid {
		if a.Money.Valid {
			return -1
		}
		return 1
	}
	if a.Money.Valid && a.Code != b.Code {
		switch f.home {
		case a.Code:
			return -1
		case b.Code:
			return 1
		}
		return strings.Compare(a.Code, b.Code)
	}
	return cmp.Or(b.Money.Decimal.Abs().Cmp(a.Money.Decimal.Abs()), b.Seats.Abs().Cmp(a.Seats.Abs()), strings.Compare(a.Who, b.Who))
}

// waits says whether somebody has the leak in hand, and notes it there.
func (f *finder) waits(l *Leak) bool {
	i := slices.IndexFunc(f.Waiting, l.waitsFor)
	if i < 0 {
		return false
	}
	l.InHand, l.Next = f.Waiting[i].Sentence, f.Waiting[i].Next
	return true
}

// waitsFor says whether what waits is about the leak: an open difference about seats that nothing bills, a change about its line, or
// about one that is not there. A second line does not wait because the first one does.
func (l Leak) waitsFor(w Waiting) bool {
	switch {
	case l.AgreementID == 0 || w.AgreementID != l.AgreementID, w.ProductID != 0 && l.ProductID != 0 && w.ProductID != l.ProductID:
		return false
	case w.OrganizationID != 0:
		return l.Kind == NotBilling && slices.Contains(l.Organizations, w.OrganizationID)
	case l.Kind == NotBilling:
		return true
	}
	return (l.Kind == Unfed || l.Kind == Unlicensed) && w.AdditionID == l.AdditionID
}
