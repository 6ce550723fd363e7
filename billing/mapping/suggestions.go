package mapping

import (
	"context"
	"errors"
	"fmt"
	"hash/fnv"
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
	Found      Lines // on any agreement
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
func (mp *Mapper) Matches(ctx context.Context, preferredType string) (Matches, error) {
	if err := mp.RefreshSuggestions(ctx); err != nil {
		return Matches{}, err
	}
	open, err := mp.store.OpenSuggestions(ctx, nil)
	if err != nil {
		return Matches{}, fmt.Errorf("reading suggestions: %w", err)
	}
	ids := make([]int, len(open))
	for i, s := range open {
		ids[i] = s.CompanyID
	}
	agreements, err := mp.store.Agreements(ctx, ids)
	if err != nil {
		return Matches{}, fmt.Errorf("reading agreements: %w", err)
	}
	hints, err := mp.AgreementHints(ctx, preferredType)
	if err != nil {
		return Matches{}, err
	}
	var m Matches
	for _, s := range open {
		of := agreements[s.CompanyID]
		m.add(MatchSuggestion{OpenSuggestion: s, Agreements: of, Agreement: ChooseAgreement(of, hints, mp.now()), Found: hints.Found})
	}
	m.Types = mp.settlingTypes(m)
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
func (mp *Mapper) settlingTypes(m Matches) []AgreementType {
	counts := map[string]int{}
	for _, s := range slices.Concat(m.Ready, m.Choose) {
		usable := map[string]int{}
		total := 0
		for _, a := range s.Agreements {
			if plan.AgreementUnusable(a, mp.now()) == "" {
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
func (mp *Mapper) AgreementHints(ctx context.Context, preferredType string) (AgreementHints, error) {
	hints := AgreementHints{Type: preferredType, Lines: map[int]bool{}, Found: Lines{}}
	lines, err := mp.store.Lines(ctx)
	if err != nil {
		return hints, fmt.Errorf("reading lines: %w", err)
	}
	products, err := mp.store.ProductMappings(ctx)
	if err != nil {
		return hints, fmt.Errorf("reading product mappings: %w", err)
	}
	for _, plan := range store.Plans() {
		for key, line := range lines {
			if p, mapped := products[plan]; mapped && key.ProductID == p.ProductID {
				hints.Lines[key.AgreementID] = true
				hints.Found.add(line)
			}
		}
	}
	return hints, nil
}

// add adds what a line said when it was last read or written; one that has ended is none to choose an agreement by.
func (l Lines) add(line store.Line) {
	said := line.Read
	if !said.Valid {
		said = line.Written
	}
	if line.Ended != "" || !said.Valid {
		return
	}
	phrase := fmt.Sprintf("line of %s: %s", line.Product, said.Decimal)
	if before := l[line.AgreementID]; before != "" {
		phrase = before + ", " + phrase
	}
	l[line.AgreementID] = phrase
}

// RefreshSuggestions makes the suggestions anew if names have changed since. It is their only writer.
func (mp *Mapper) RefreshSuggestions(ctx context.Context) error {
	mp.suggesting.Lock()
	defer mp.suggesting.Unlock()
	outdated, err := mp.store.SuggestionsOutdated(ctx)
	if err != nil || !outdated {
		return err
	}
	names, err := mp.store.Names(ctx)
	if err != nil {
		return err
	}
	var all []store.Suggestion
	for _, s := range match.Find(suggestNames(names.Companies, true), suggestNames(names.Organizations, false)) {
		all = append(all, store.Suggestion{
			CompanyID: int(s.CompanyID), OrganizationID: s.OrganizationID, Score: s.Score, Certain: s.Certain, Reason: s.Reason,
		})
	}
	if err := mp.store.SaveSuggestions(ctx, names.State, all); err != nil {
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
func (mp *Mapper) RejectSuggestion(ctx context.Context, who problem.Actor, companyID int, organizationID int64) error {
	r := store.RejectedSuggestion{CompanyID: companyID, OrganizationID: organizationID, RejectedAt: mp.now(), RejectedBy: who.Name}
	return mp.recordSuggestion(ctx, who, r, "Rejected the suggestion to map %s to %s.", func(s *store.Store) error {
		return s.RejectSuggestion(ctx, r)
	})
}

// RestoreSuggestion takes a rejection back.
func (mp *Mapper) RestoreSuggestion(ctx context.Context, who problem.Actor, companyID int, organizationID int64) error {
	r := store.RejectedSuggestion{CompanyID: companyID, OrganizationID: organizationID}
	return mp.recordSuggestion(ctx, who, r, "Restored the suggestion to map %s to %s.", func(s *store.Store) error {
		return s.RestoreSuggestion(ctx, companyID, organizationID)
	})
}

// recordSuggestion carries out a deed about a suggestion together with its entry in the activity log.
func (mp *Mapper) recordSuggestion(
	ctx context.Context,
	who problem.Actor,
	r store.RejectedSuggestion,
	sentence string,
	deed func(*store.Store) error,
) error {
	o, err := mp.store.Organization(ctx, r.OrganizationID)
	if err != nil {
		return fmt.Errorf("reading organization %d: %w", r.OrganizationID, err)
	}
	company, err := mp.store.Company(ctx, r.CompanyID)
	if errors.Is(err, store.ErrNotFound) {
		company.Name = fmt.Sprintf("company %d", r.CompanyID)
	} else if err != nil {
		return fmt.Errorf("reading company %d: %w", r.CompanyID, err)
	}
	return mp.store.Record(ctx, who.Did(mp.now(), store.CategoryIntegrations, sentence, o.Name, company.Name).About(o.ID), deed)
}
