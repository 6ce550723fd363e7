// Package survey finds out what speaks against writing a line: how far an agreement's list of additions can be trusted, what may
// bill the seats of a new line around it (docs/design.md section 5, "Before a line is created"), and what changed in Seatbridge
// since a change was planned. It writes nothing.
package survey

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"maps"
	"slices"
	"time"

	"seatbridge/billing/plan"
	"seatbridge/connectwise"
	"seatbridge/store"
)

// Additions reads an agreement's additions. A bound one that the list does not show, and one that whoever mapped the agreement was
// shown, is asked for by its id, whatever its age: it was deleted, or the list lacks what is there. ErrNotFound: the agreement is
// gone.
func Additions(
	ctx context.Context, client *connectwise.Client, agreementID int, bound []store.Line, shown map[int]store.Shown,
) ([]connectwise.Addition, plan.Listing, error) {
	var listing plan.Listing
	additions, err := gather(client.Additions(ctx, agreementID))
	if err != nil {
		return nil, listing, fmt.Errorf("reading the additions of agreement %d: %w", agreementID, err)
	}
	for _, l := range known(bound, shown) {
		if has(additions, l.AdditionID) {
			continue
		}
		a, err := client.Addition(ctx, agreementID, l.AdditionID)
		switch {
		case errors.Is(err, connectwise.ErrNotFound) && slices.Contains(ids(bound), l.AdditionID):
			listing.Deleted = append(listing.Deleted, l)
		case errors.Is(err, connectwise.ErrNotFound):
			continue // never ours: somebody deleted it since it was shown
		case err != nil:
			return nil, listing, fmt.Errorf("reading addition %d of agreement %d: %w", l.AdditionID, agreementID, err)
		default:
			additions, listing.Lacking = append(additions, a), append(listing.Lacking, a.ID)
		}
	}
	return additions, listing, nil
}

// lag is how long a list may lack what was just written: a self-hosted instance was seen minutes behind (docs/connectwise.md
// section 2, read-after-write lag).
const lag = time.Hour

// LagsBehind says whether all that a list lacks was written a short while ago, so that it is as it may be.
func LagsBehind(l plan.Listing, bound []store.Line, now time.Time) bool {
	late := func(id int) bool {
		return !slices.ContainsFunc(bound, func(line store.Line) bool { return line.AdditionID == id && now.Sub(line.WrittenAt) <= lag })
	}
	return len(l.Lacking) > 0 && !slices.ContainsFunc(l.Lacking, late)
}

// known are the bound lines, and those that were shown and are not bound.
func known(bound []store.Line, shown map[int]store.Shown) []store.Line {
	lines := slices.Clone(bound)
	for _, product := range slices.Sorted(maps.Keys(shown)) {
		if s := shown[product]; s.AdditionID != 0 && !slices.Contains(ids(lines), s.AdditionID) {
			lines = append(lines, store.Line{ProductID: product, AdditionID: s.AdditionID})
		}
	}
	return lines
}

func ids(lines []store.Line) []int {
	list := make([]int, len(lines))
	for i, l := range lines {
		list[i] = l.AdditionID
	}
	return list
}

// Again reads a situation's additions again, as whole records, and counts them, once: where the list of fields is not understood,
// or a replica lags behind, the first list may be empty without a word (docs/connectwise.md section 2).
func Again(ctx context.Context, client *connectwise.Client, s *plan.Situation) error {
	id := s.Agreement.ID
	if s.Listing.Checked {
		return nil
	}
	count, err := client.CountAdditions(ctx, id)
	if err != nil {
		return fmt.Errorf("counting the additions of agreement %d: %w", id, err)
	}
	whole, err := gather(client.AdditionsUnfiltered(ctx, id))
	if err != nil {
		return fmt.Errorf("reading the additions of agreement %d again: %w", id, err)
	}
	s.Listing.Shown, s.Listing.Counted, s.Listing.Checked = len(whole), count, true
	for _, a := range s.Additions {
		if !has(whole, a.ID) {
			whole = append(whole, a)
		}
	}
	s.Additions = plan.Apart(whole, s.Once)
	return nil
}

// Neighbours reads the agreements beside one that bill anything, with their additions: the other ones of its company, its parent
// with that one's children, and its own children; each once, by id. Not whole: the lists lack the agreement itself, so that they may
// lack others.
func Neighbours(
	ctx context.Context, client *connectwise.Client, of connectwise.Agreement, today connectwise.Date,
) (neighbours []Neighbour, whole bool, err error) {
	family, whole, err := family(ctx, client, of)
	if err != nil {
		return nil, false, err
	}
	for _, a := range family {
		if plan.BillsNothing(a, today) {
			continue
		}
		n := Neighbour{Agreement: a}
		if n.Additions, err = gather(client.AdditionsUnfiltered(ctx, a.ID)); err != nil {
			return nil, false, fmt.Errorf("reading the additions of agreement %d: %w", a.ID, err)
		}
		neighbours = append(neighbours, n)
	}
	return neighbours, whole, nil
}

// family is the agreements beside one, each once, by id; whole: every list that has to have the agreement itself does.
func family(
	ctx context.Context, client *connectwise.Client, of connectwise.Agreement,
) (family []connectwise.Agreement, whole bool, err error) {
	if family, err = gather(client.CompanyAgreements(ctx, of.Company.ID)); err != nil {
		return nil, false, fmt.Errorf("reading the agreements of company %d: %w", of.Company.ID, err)
	}
	whole = hasAgreement(family, of.ID)
	parents := []int{of.ID}
	if of.ParentAgreement != nil {
		parent, err := client.Agreement(ctx, of.ParentAgreement.ID)
		if err != nil && !errors.Is(err, connectwise.ErrNotFound) {
			return nil, false, fmt.Errorf("reading agreement %d: %w", of.ParentAgreement.ID, err)
		}
		if err == nil {
			family, parents = append(family, parent), append(parents, parent.ID)
		}
	}
	for _, id := range parents {
		children, err := gather(client.ChildAgreements(ctx, id))
		if err != nil {
			return nil, false, fmt.Errorf("reading the children of agreement %d: %w", id, err)
		}
		whole = whole && (id == of.ID || hasAgreement(children, of.ID))
		family = append(family, children...)
	}
	family = slices.DeleteFunc(family, func(a connectwise.Agreement) bool { return a.ID == of.ID })
	slices.SortFunc(family, func(a, b connectwise.Agreement) int { return a.ID - b.ID })
	return slices.CompactFunc(family, func(a, b connectwise.Agreement) bool { return a.ID == b.ID }), whole, nil
}

func hasAgreement(agreements []connectwise.Agreement, id int) bool {
	return slices.ContainsFunc(agreements, func(a connectwise.Agreement) bool { return a.ID == id })
}

// Audits asks what was last done to additions, by their ids. It is a help for people: an API member that may not read it, or an
// instance without it, leaves it unknown.
func Audits(ctx context.Context, client *connectwise.Client, additions []connectwise.Addition) map[int]connectwise.AuditEntry {
	audits := map[int]connectwise.AuditEntry{}
	for _, a := range additions {
		if trail, err := client.AuditTrail(ctx, connectwise.AuditAddition, a.ID); err == nil && len(trail) > 0 {
			audits[a.ID] = trail[0]
		}
	}
	return audits
}

func has(additions []connectwise.Addition, id int) bool {
	return slices.ContainsFunc(additions, func(a connectwise.Addition) bool { return a.ID == id })
}

// gather reads a list to its end.
func gather[T any](records iter.Seq2[T, error]) ([]T, error) {
	var all []T
	for r, err := range records {
		if err != nil {
			return nil, err
		}
		all = append(all, r)
	}
	return all, nil
}
