package billing

import (
	"context"
	"errors"
	"fmt"
	"hash/fnv"
	"maps"
	"slices"
	"strings"

	"seatbridge/billing/match"
	"seatbridge/billing/plan"
	"seatbridge/billing/problem"
	"seatbridge/store"
)

// A MatchSuggestion is a company, the organization that it may be, and the agreement to map it to.
type MatchSuggestion struct {
	store.OpenSuggestion
	Agreements []store.Agreement // the company's
	Agreement  AgreementChoice
}

// Matches are all suggestions that can be followed.
type Matches struct {
	Ready    []MatchSuggestion // certain, and the agreement is clear
	Choose   []MatchSuggestion // certain, but the agreement is a guess, or there is none
	Doubtful []MatchSuggestion // by score; a person has to look
	Types    []AgreementType   // of the agreements that come into question in Choose, the most frequent first
	// Token tells one set of ready suggestions from another, so that what is mapped in bulk is what was
	// looked at.
	Token string
}

// AgreementType is a type of agreement and how many companies it would settle the choice for.
type AgreementType struct {
	Name      string
	Companies int
}

// Matches are the suggestions for all companies that are not mapped, made anew if names have changed.
func (b *Bridge) Matches(ctx context.Context, preferredType string) (Matches, error) {
	if err := b.RefreshSuggestions(ctx); err != nil {
		return Matches{}, err
	}
	open, err := b.store.OpenSuggestions(ctx, nil)
	if err != nil {
		return Matches{}, fmt.Errorf("reading suggestions: %w", err)
	}
	ids := make([]int, len(open))
	for i, s := range open {
		ids[i] = s.CompanyID
	}
	agreements, err := b.store.Agreements(ctx, ids)
	if err != nil {
		return Matches{}, fmt.Errorf("reading agreements: %w", err)
	}
	hints, err := b.AgreementHints(ctx, preferredType)
	if err != nil {
		return Matches{}, err
	}
	var m Matches
	for _, s := range open {
		of := agreements[s.CompanyID]
		m.add(MatchSuggestion{OpenSuggestion: s, Agreements: of, Agreement: ChooseAgreement(of, hints, b.now())})
	}
	m.Types = b.settlingTypes(m)
	m.Token = token(m.Ready)
	return m, nil
}

func (m *Matches) add(s MatchSuggestion) {
	switch {
	case s.Certain && s.Agreement.Clear:
		m.Ready = append(m.Ready, s)
	case s.Certain:
		m.Choose = append(m.Choose, s)
	default:
		m.Doubtful = append(m.Doubtful, s)
	}
}

// settlingTypes counts for each type of agreement the companies whose choice it would make clear,
// whatever type is preferred at present.
func (b *Bridge) settlingTypes(m Matches) []AgreementType {
	counts := map[string]int{}
	for _, s := range slices.Concat(m.Ready, m.Choose) {
		usable := map[string]int{}
		total := 0
		for _, a := range s.Agreements {
			if plan.AgreementUnusable(a, b.now()) == "" {
				usable[a.TypeName]++
				total++
			}
		}
		for name, n := range usable {
			if n == 1 && total > 1 {
				counts[name]++
			}
		}
	}
	types := make([]AgreementType, 0, len(counts))
	for name, n := range counts {
		types = append(types, AgreementType{name, n})
	}
	slices.SortFunc(types, func(a, b AgreementType) int {
		if a.Companies != b.Companies {
			return b.Companies - a.Companies
		}
		return strings.Compare(a.Name, b.Name)
	})
	return types
}

func token(ready []MatchSuggestion) string {
	h := fnv.New64a()
	for _, s := range ready {
		fmt.Fprintln(h, s.CompanyID, s.OrganizationID, s.Agreement.ID)
	}
	return fmt.Sprintf("%016x", h.Sum64())
}

// AgreementHints reads what is known about agreements without asking ConnectWise: the lines of mapped
// products that Seatbridge has met there.
func (b *Bridge) AgreementHints(ctx context.Context, preferredType string) (AgreementHints, error) {
	hints := AgreementHints{Type: preferredType, Lines: map[int]bool{}}
	lines, err := b.store.Lines(ctx)
	if err != nil {
		return hints, fmt.Errorf("reading lines: %w", err)
	}
	products, err := b.store.ProductMappings(ctx)
	if err != nil {
		return hints, fmt.Errorf("reading product mappings: %w", err)
	}
	for p := range maps.Values(products) {
		for key := range lines {
			if key.ProductID == p.ProductID {
				hints.Lines[key.AgreementID] = true
			}
		}
	}
	return hints, nil
}

// RefreshSuggestions makes the suggestions anew if names have changed since. It is their only writer.
func (b *Bridge) RefreshSuggestions(ctx context.Context) error {
	b.suggesting.Lock()
	defer b.suggesting.Unlock()
	outdated, err := b.store.SuggestionsOutdated(ctx)
	if err != nil || !outdated {
		return err
	}
	names, err := b.store.Names(ctx)
	if err != nil {
		return err
	}
	var all []store.Suggestion
	for _, s := range match.Find(suggestNames(names.Companies, true), suggestNames(names.Organizations, false)) {
		all = append(all, store.Suggestion{
			CompanyID: int(s.CompanyID), OrganizationID: s.OrganizationID, Score: s.Score, Certain: s.Certain, Reason: s.Reason,
		})
	}
	if err := b.store.SaveSuggestions(ctx, names.State, all); err != nil {
		return fmt.Errorf("keeping suggestions: %w", err)
	}
	return nil
}

// suggestNames leaves out external ids: they are numbers of another system, not names.
func suggestNames(names []store.NameOf, identifiers bool) []match.Name {
	list := make([]match.Name, len(names))
	for i, n := range names {
		list[i] = match.Name{ID: n.ID, Name: n.Name}
		if identifiers && n.Identifier != "" {
			list[i].Aliases = []string{n.Identifier}
		}
	}
	return list
}

// RejectSuggestion turns a suggestion down; it is not made again.
func (b *Bridge) RejectSuggestion(ctx context.Context, who problem.Actor, companyID int, organizationID int64) error {
	r := store.RejectedSuggestion{CompanyID: companyID, OrganizationID: organizationID, RejectedAt: b.now(), RejectedBy: who.Name}
	return b.recordSuggestion(ctx, who, r, "Rejected the suggestion to map %s to %s.", func(s *store.Store) error {
		return s.RejectSuggestion(ctx, r)
	})
}

// RestoreSuggestion takes a rejection back.
func (b *Bridge) RestoreSuggestion(ctx context.Context, who problem.Actor, companyID int, organizationID int64) error {
	r := store.RejectedSuggestion{CompanyID: companyID, OrganizationID: organizationID}
	return b.recordSuggestion(ctx, who, r, "Restored the suggestion to map %s to %s.", func(s *store.Store) error {
		return s.RestoreSuggestion(ctx, companyID, organizationID)
	})
}

// recordSuggestion carries out a deed about a suggestion together with its entry in the activity log.
func (b *Bridge) recordSuggestion(ctx context.Context, who problem.Actor, r store.RejectedSuggestion, sentence string, deed func(*store.Store) error) error {
	o, err := b.store.Organization(ctx, r.OrganizationID)
	if err != nil {
		return fmt.Errorf("reading organization %d: %w", r.OrganizationID, err)
	}
	company, err := b.store.Company(ctx, r.CompanyID)
	if errors.Is(err, store.ErrNotFound) {
		company.Name = fmt.Sprintf("company %d", r.CompanyID)
	} else if err != nil {
		return fmt.Errorf("reading company %d: %w", r.CompanyID, err)
	}
	return b.store.Record(ctx, who.Did(b.now(), store.CategoryIntegrations, sentence, o.Name, company.Name).About(o.ID), deed)
}
