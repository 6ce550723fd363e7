package mapping

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/shopspring/decimal"

	"seatbridge/billing/connect"
	"seatbridge/billing/plan"
	"seatbridge/billing/problem"
	"seatbridge/billing/run"
	"seatbridge/connectwise"
	"seatbridge/store"
)

// A FoundLine is an open line of a mapped product that an agreement has before anybody is mapped to it: entered by hand, or by
// another integration.
type FoundLine struct {
	ProductID, AdditionID int
	Sentence              string // which it is, without a full stop: "Line no. 4711 of NP-BUS, 25 seats at 4.99 USD, since 1 Jan 2025"
	Adopted               bool   // mapping binds it, or has bound it: the next sync writes there
	Several               bool   // it is one of several, of which a person chooses
}

// Chosen is which of several lines is adopted, by the product; a product that is not in it has none yet.
type Chosen map[int]int

// adopter is a Mapper as far as it adopts lines.
type adopter struct{ *Mapper }

// agreementLines are an agreement's additions, and which of them Seatbridge keeps already.
type agreementLines struct {
	agreement store.Agreement
	company   string
	additions []connectwise.Addition
	currency  string
	bound     []store.Line
	products  map[store.Plan]store.ProductMapping
	wanted    map[store.Plan]bool // the plans of those that are mapped to it, or are to be
	now       time.Time
}

// found lists the open lines that Seatbridge does not keep already, of the products of those that are mapped: what nobody there is on
// would be set to 0, which is no adopting. The only one of its product is adopted; among
// several that bill anything, the chosen one is.
func (l agreementLines) found(chosen Chosen) (lines []FoundLine, bind []store.Line, err error) {
	today := connectwise.DateOf(l.now.UTC())
	for _, tier := range store.Plans() {
		product, mapped := l.products[tier]
		if !mapped || !l.wanted[tier] || plan.BoundLine(l.bound, product.ProductID).AdditionID != 0 {
			continue
		}
		live := plan.Live(l.additions, product.ProductID, today)
		several := len(live) > 1
		if several && !billsAnything(live) {
			continue
		}
		known := false
		for _, a := range live {
			adopted := !several || chosen[product.ProductID] == a.ID
			known = known || adopted
			lines = append(lines, FoundLine{product.ProductID, a.ID, l.sentence(product, a), adopted, several})
			if adopted {
				bind = append(bind, l.line(product, a, several))
			}
		}
		if chosen[product.ProductID] != 0 && !known {
			return lines, nil, &problem.Invalid{Fields: problem.Fields{"line": "The chosen line is not open any more; choose another one."}}
		}
	}
	return lines, bind, nil
}

func billsAnything(additions []connectwise.Addition) bool {
	for _, a := range additions {
		if !a.Quantity.IsZero() {
			return true
		}
	}
	return false
}

// line is an addition as it is bound: nothing was written there.
func (l agreementLines) line(product store.ProductMapping, a connectwise.Addition, chosen bool) store.Line {
	return store.Line{
		AgreementID: l.agreement.ID, ProductID: product.ProductID, Product: product.Identifier, AdditionID: a.ID, Chosen: chosen,
		Read: decimal.NewNullDecimal(a.Quantity), ReadAt: l.now, UnitPrice: a.UnitPrice, Currency: l.currency,
	}
}

// sentence says what is known of a line, without a full stop.
func (l agreementLines) sentence(product store.ProductMapping, a connectwise.Addition) string {
	var b strings.Builder
	fmt.Fprintf(&b, "Line no. %d of %s, %s", a.ID, product.Identifier, plan.Quantity(a.Quantity))
	if a.UnitPrice.Valid {
		fmt.Fprintf(&b, " at %s", strings.TrimSpace(a.UnitPrice.Decimal.String()+" "+l.currency))
	}
	if !a.EffectiveDate.IsZero() {
		fmt.Fprintf(&b, ", since %s", a.EffectiveDate.Time().Format("2 Jan 2006"))
	}
	switch {
	case a.EnteredBy != "" && a.UpdatedBy != "" && a.UpdatedBy != a.EnteredBy:
		fmt.Fprintf(&b, "; entered by %s, last changed by %s", a.EnteredBy, a.UpdatedBy)
	case a.EnteredBy != "":
		fmt.Fprintf(&b, "; entered by %s", a.EnteredBy)
	case a.UpdatedBy != "":
		fmt.Fprintf(&b, "; last changed by %s", a.UpdatedBy)
	}
	return b.String()
}

// linesOf gathers what an agreement has, looked at or read for it. An agreement that is gone has nothing.
func (mp adopter) linesOf(ctx context.Context, m store.MappedAgreement, seen run.Seen) (l agreementLines, err error) {
	if l, err = mp.keptLines(ctx, m); err != nil {
		return l, err
	}
	l.currency = seen.Found.Currency
	if l.additions = seen.Additions; l.additions != nil {
		return l, nil
	}
	client, err := mp.connect.PageClient(ctx)
	if err != nil {
		return l, err
	}
	l.additions, err = mp.additions(ctx, client, m.Agreement.ID)
	return l, err
}

// keptLines is an agreement with what is known of its lines without asking ConnectWise.
func (mp adopter) keptLines(ctx context.Context, m store.MappedAgreement) (l agreementLines, err error) {
	l = agreementLines{agreement: m.Agreement, company: m.Company.Name, wanted: map[store.Plan]bool{}, now: mp.now()}
	if l.products, err = mp.store.ProductMappings(ctx); err != nil {
		return l, err
	}
	if l.bound, err = mp.store.AgreementLines(ctx, m.Agreement.ID); err != nil {
		return l, err
	}
	organizations, _, err := mp.store.Organizations(ctx, store.OrganizationFilter{IDs: m.OrganizationIDs, Status: store.OrganizationAny})
	for _, o := range organizations {
		l.wanted[o.Plan] = true
	}
	return l, err
}

// additions reads an agreement's, but those that Seatbridge made to be billed once: they carry no seats.
func (mp adopter) additions(ctx context.Context, client *connectwise.Client, agreementID int) (all []connectwise.Addition, err error) {
	for a, err := range client.Additions(ctx, agreementID) {
		if errors.Is(err, connectwise.ErrNotFound) {
			return nil, nil
		}
		if err != nil {
			return nil, connect.Refused(err)
		}
		all = append(all, a)
	}
	once, err := store.OnceLinesIn(mp.store).Known(ctx)
	return plan.Apart(all, once[agreementID]), err
}

// bind binds lines to what is mapped, in the transaction of a store, and says so in the activity log. It answers how many it bound.
func (l agreementLines) bind(ctx context.Context, s *store.Store, who problem.Actor, lines []store.Line) (n int, err error) {
	for _, line := range lines {
		entry := who.Did(l.now, store.CategoryIntegrations, "Adopted line no. %d of %s with %s on %s, agreement %s. Nothing was written.",
			line.AdditionID, line.Product, plan.Quantity(line.Read.Decimal), l.company, l.agreement.Name)
		bound, err := store.AdoptionsIn(s).Adopt(ctx, line, entry)
		if err != nil {
			return n, err
		}
		if bound {
			n++
		}
	}
	return n, nil
}
