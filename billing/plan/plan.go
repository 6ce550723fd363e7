// Package plan decides what a run has to change: usage, mappings, terms and the additions found in ConnectWise in, a list of
// changes out (docs/design.md section 5), and what becomes of a change that an earlier attempt had begun. It is pure.
package plan

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/shopspring/decimal"

	"seatbridge/billing/seats"
	"seatbridge/connectwise"
	"seatbridge/store"
)

// A MappedProduct is the catalog item that carries a plan's seats.
type MappedProduct struct {
	Plan       store.Plan
	ID         int
	Identifier string
	Unusable   string              // why nothing can be billed with it, a sentence; empty: it can
	Price      decimal.NullDecimal // that a new line takes over, not valid: none
}

// Want is what one product's line of an agreement should say.
type Want struct {
	Seats   int
	Shares  []store.Share
	Unknown string // why there is no figure; then Seats means nothing and nothing may be written
	Do      string // what to do about that
}

// A Situation is everything that decides what happens on one agreement.
type Situation struct {
	Company   store.Company   // the imported copy, for its names
	Agreement store.Agreement // the imported copy, for its names
	Found     connectwise.Agreement
	Gone      string // why nothing can be billed on the agreement at all, a sentence; empty: it can
	GoneDo    string // what to do about that
	Additions []connectwise.Addition
	Wants     map[store.Plan]Want
	Listing   Listing             // how far Additions is the whole list
	Lines     []store.Line        // bound additions of this agreement
	MappedAt  time.Time           // when its latest mapping was made
	Shown     map[int]store.Shown // by product: what whoever mapped it was shown

	ReadAt  time.Time                   // when Found and Additions were read
	Sent    []store.Change              // creations of earlier runs on this agreement that may still appear, this reading counted
	Terms   []store.BillingTerm         // as the reading before said them
	Answers map[store.FindingKey]string // the facts of which somebody said that they are meant so
	Editors map[int]string              // who changed an addition, 0: the agreement, and when, in words; asked where something differs
	Extra   []store.Finding             // what was found before a creation
	Once    []int                       // additions that are billed once, and that Additions is without
}

// Policy is what the MSP decided about writing.
type Policy struct {
	HandEdits store.HandEdits
	Holds     store.Holds
}

// Wants adds up the billable seats of an agreement's organizations by plan. An organization without a
// figure makes every sum that it could belong to unknown: a partial sum would be a wrong invoice.
func Wants(usages []seats.Usage) map[store.Plan]Want {
	wants := map[store.Plan]Want{}
	var unknown, do []string
	for _, u := range usages {
		share, advice := shareOf(u)
		wants[u.Plan] = wants[u.Plan].with(share)
		if share.Known {
			continue
		}
		unknown = append(unknown, fmt.Sprintf("%s: %s", u.Organization, share.Reason))
		if !slices.Contains(do, advice) {
			do = append(do, advice)
		}
	}
	for _, plan := range store.Plans() {
		want := wants[plan]
		want.Unknown, want.Do = strings.Join(unknown, " "), strings.Join(do, " ")
		wants[plan] = want
	}
	return wants
}

// WantsOf is Wants of the organizations that are mapped to an agreement; usages are by organization.
func WantsOf(m store.MappedAgreement, usages map[int64]seats.Usage) map[store.Plan]Want {
	of := make([]seats.Usage, len(m.OrganizationIDs))
	for i, id := range m.OrganizationIDs {
		of[i] = usages[id]
	}
	return Wants(of)
}

// shareOf is what an organization wants, and what to do where that is not known. The seats come with their source or not at
// all.
func shareOf(u seats.Usage) (share store.Share, do string) {
	share = store.Share{OrganizationID: u.OrganizationID, Organization: u.Organization, Plan: u.Plan, Reason: u.Why}
	if u.Unmanaged {
		share.Reason = "It is not managed by the MSP any more; only MSP-managed organizations are synced."
		return share, DoWithUnmanaged
	}
	share.Seats, share.Known = u.Seats()
	share.Source, share.Others = string(u.Source()), othersOf(u)
	return share, u.Do
}

// Wanted is what a run wanted of an agreement when it wrote its journal: the shares are kept there, and they add up as
// they did. A run that goes on, or writes a preview, goes by this and does not count anew.
func Wanted(journal []store.Change) map[store.Plan]Want {
	wants := map[store.Plan]Want{}
	for _, c := range journal {
		if c.Plan == "" {
			continue // a product that is no longer mapped: nobody wants anything of it
		}
		var want Want
		for _, share := range c.Shares {
			want = want.with(share)
		}
		if !c.After.Valid {
			want.Unknown, want.Do = c.Reason, c.Problem.Do
		}
		wants[c.Plan] = want
	}
	return wants
}

// with adds what one organization wants; a figure that is not known adds nothing.
func (w Want) with(s store.Share) Want {
	w.Shares = append(w.Shares, s)
	if s.Known {
		w.Seats += s.Seats
	}
	return w
}

// Plan decides what a sync does on one agreement: a change for every line that is wanted, found or
// in the way (docs/design.md section 5). Quantities are seats and are compared with the addition's quantity;
// price, description and lessIncluded stay as ConnectWise has them. today is the calendar day in UTC. Whether a change waits for
// a person is decided afterwards, by Hold.
func Plan(s Situation, products []MappedProduct, today connectwise.Date) []store.Change {
	var changes []store.Change
	for _, p := range products {
		if c, ok := planLine(s, p, today); ok {
			changes = append(changes, c)
		}
	}
	if s.Gone == "" && !AnyUnknown(s.Wants) {
		changes = append(changes, planFormerLines(s, products, today)...)
	}
	return withFindings(s, products, changes, today)
}

// AnyUnknown says whether the seats of an organization are not known: then nothing on its agreement is written.
func AnyUnknown(wants map[store.Plan]Want) bool {
	for _, w := range wants {
		if w.Unknown != "" {
			return true
		}
	}
	return false
}

// planLine decides about the line of one mapped product; false: there is nothing to say about it.
func planLine(s Situation, p MappedProduct, today connectwise.Date) (store.Change, bool) {
	want, c := s.Wants[p.Plan], NewChange(s, p)
	c.Shares = want.Shares
	if want.Unknown != "" {
		return refuse(c, store.StateSkipped, want.Unknown, want.Do), len(want.Shares) > 0
	}
	c.After = decimal.NewNullDecimal(decimal.NewFromInt(int64(want.Seats)))
	if s.Gone != "" {
		return refuse(c, store.StateBlocked, s.Gone, s.GoneDo), len(want.Shares) > 0
	}
	bound := BoundLine(s.Lines, p.ID)
	line, several := findLine(s.Additions, p.ID, bound.AdditionID, today)
	switch {
	case several != nil && want.Seats == 0 && allZero(several):
		return c, false
	case several != nil:
		c.Candidates = candidates(several)
		return refuse(c, store.StateConflict,
			fmt.Sprintf("%d open additions of %s: %s. Seatbridge does not guess which one to change.",
				len(several), p.Identifier, describe(several)),
			"Choose the one that carries the seats, or cancel the others in ConnectWise; then sync again."), true
	case line == nil && want.Seats == 0:
		return c, false
	case p.Unusable != "":
		return refuse(c, store.StateBlocked, p.Unusable, "Map another product, or reactivate this one in ConnectWise."), true
	case line == nil:
		return planNewLine(s, c, p, today), true
	}
	return planUpdate(s, c, *line, reasonFor(want, p)), true
}

// planFormerLines sets to 0 what Seatbridge kept up for products that are not mapped any more: after a
// remapping the same seats stand on the new product's line and must not be billed twice. Without any
// product it is the agreement that is no longer mapped.
func planFormerLines(s Situation, products []MappedProduct, today connectwise.Date) []store.Change {
	mapped := map[int]bool{}
	for _, p := range products {
		mapped[p.ID] = true
	}
	var changes []store.Change
	for _, bound := range s.Lines {
		if mapped[bound.ProductID] {
			continue
		}
		for _, a := range s.Additions {
			if a.ID != bound.AdditionID || a.Product.ID != bound.ProductID || !live(a, today) || a.Quantity.IsZero() {
				continue
			}
			c := NewChange(s, MappedProduct{ID: bound.ProductID, Identifier: a.Product.Identifier})
			c.After = decimal.NewNullDecimal(decimal.Zero)
			reason := "This product is no longer mapped; its seats are billed on the newly mapped one."
			if len(products) == 0 {
				reason = "No organization is mapped to this agreement any more."
			}
			changes = append(changes, planUpdate(s, c, a, reason))
		}
	}
	return changes
}

// NewChange is a change of a product's line on an agreement, undecided yet.
func NewChange(s Situation, p MappedProduct) store.Change {
	return store.Change{
		CompanyID: s.Company.ID, Company: s.Company.Name,
		AgreementID: s.Agreement.ID, Agreement: s.Agreement.Name,
		Plan: p.Plan, ProductID: p.ID, Product: p.Identifier, Currency: s.Found.Currency,
	}
}

func refuse(c store.Change, state store.ChangeState, reason, do string) store.Change {
	c.Kind, c.State, c.Reason = store.KindNone, state, reason
	c.Problem = store.Problem{What: reason, Do: do}
	return c
}

// planNewLine creates a line, unless it cannot be told that it is not there already.
func planNewLine(s Situation, c store.Change, p MappedProduct, today connectwise.Date) store.Change {
	if why := s.Listing.Unreliable(); why != "" {
		c.Found = append(c.Found, store.Finding{
			AgreementID: c.AgreementID, Subject: store.AboutUnreliable, CompanyID: c.CompanyID, Company: c.Company,
			Agreement: c.Agreement, Sentence: why, Holds: true,
		})
		return refuse(c, store.StateBlocked, why, "Sync again in some minutes. If it stays so, ask whoever runs ConnectWise.")
	}
	if sent, lost := s.lostCreation(p.ID); lost {
		return awaited(c, sent)
	}
	c.Kind, c.State, c.UnitPrice = store.KindCreate, store.StatePlanned, p.Price
	c.EffectiveDate = startsAfter(EffectiveDate(s.Found, today), Ended(s, p, today)).String()
	c.Reason = fmt.Sprintf("No open addition of %s yet. %s", c.Product, adds(s.Wants[p.Plan]))
	return c
}

func planUpdate(s Situation, c store.Change, line connectwise.Addition, reason string) store.Change {
	bound := BoundLine(s.Lines, c.ProductID)
	c.AdditionID, c.Before, c.UnitPrice = line.ID, decimal.NewNullDecimal(line.Quantity), line.UnitPrice
	if bound.AdditionID == line.ID {
		c.Written = bound.Written
		c.HandEdited = bound.Written.Valid && !bound.Written.Decimal.Equal(line.Quantity)
	}
	c.Reason = reason
	if c.HandEdited {
		c.Warnings = []string{handEdit(c, bound, s.Editors[line.ID])}
	}
	if line.Quantity.Equal(c.After.Decimal) {
		c.Kind, c.State = store.KindNone, store.StateUnchanged
	} else {
		c.Kind, c.State = store.KindUpdate, store.StatePlanned
	}
	return c
}

// handEdit says that the quantity was changed in ConnectWise since Seatbridge wrote it and, if known, by whom.
func handEdit(c store.Change, bound store.Line, editor string) string {
	return fmt.Sprintf("Edited in ConnectWise: it says %s, Seatbridge left %s there on %s%s.",
		c.Before.Decimal, c.Written.Decimal, seats.Minute(bound.WrittenAt), changedBy(editor))
}

func reasonFor(want Want, p MappedProduct) string {
	if len(want.Shares) == 0 {
		return fmt.Sprintf("No organization of this agreement is on %s.", p.Plan.Name())
	}
	return adds(want)
}

// adds names the organizations behind a sum: "Acme 5 + Beta 3".
func adds(want Want) string {
	parts := make([]string, 0, len(want.Shares))
	for _, s := range want.Shares {
		part := fmt.Sprintf("%s %d", s.Organization, s.Seats)
		if s.Reason != "" {
			part += " (" + strings.TrimSuffix(s.Reason, ".") + ")"
		}
		parts = append(parts, part)
	}
	return strings.Join(parts, " + ")
}
