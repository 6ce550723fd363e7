package mapping

import (
	"context"
	"errors"
	"fmt"
	"time"

	"seatbridge/billing/organizations"
	"seatbridge/billing/plan"
	"seatbridge/billing/problem"
	"seatbridge/store"
)

// A Pair is an organization and the agreement to map it to.
type Pair struct {
	OrganizationID int64
	CompanyID      int
	AgreementID    int
	Was            int // the agreement that it was mapped to when this was decided; 0: none
}

// A PairProblem is why a pair cannot be mapped.
type PairProblem struct {
	Pair
	Problem string // a sentence
}

// ErrChanged says that mappings are no longer as they were when somebody decided about them.
var ErrChanged = store.ErrChanged

// MapPairs maps organizations to agreements: all of them or, if there is a problem with any, none. The lines that the agreements have
// are adopted in the background.
func (mp *Mapper) MapPairs(ctx context.Context, who problem.Actor, pairs []Pair) ([]PairProblem, error) {
	w, err := mp.pairWorld(ctx, pairs)
	if err != nil {
		return nil, err
	}
	var problems []PairProblem
	seen := map[int64]bool{}
	remappings := make([]store.Remapping, 0, len(pairs))
	for _, p := range pairs {
		problem := w.problem(p, mp.now())
		if problem == "" && seen[p.OrganizationID] {
			problem = "This organization is chosen for two companies; it can be mapped only once."
		}
		seen[p.OrganizationID] = true
		if problem != "" {
			problems = append(problems, PairProblem{p, problem})
			continue
		}
		remappings = append(remappings, w.remapping(p, who, mp.now()))
	}
	if len(problems) > 0 {
		return problems, nil
	}
	if err := mp.store.SaveMappings(ctx, remappings); err != nil {
		return nil, fmt.Errorf("mapping %d organizations: %w", len(pairs), err)
	}
	if err := (adopter{mp}).adoptLater(ctx, who, pairs); err != nil {
		mp.log.Error("looking for lines to adopt", "err", err) // all is mapped, and the next sync finds the lines as well
	}
	return nil, nil
}

// pairWorld is what pairs refer to.
type pairWorld struct {
	companies     map[int]store.CompanyRow
	organizations map[int64]store.OrganizationRow
}

func (mp *Mapper) pairWorld(ctx context.Context, pairs []Pair) (pairWorld, error) {
	companyIDs, organizationIDs := make([]int, len(pairs)), make([]int64, len(pairs))
	for i, p := range pairs {
		companyIDs[i], organizationIDs[i] = p.CompanyID, p.OrganizationID
	}
	w := pairWorld{map[int]store.CompanyRow{}, map[int64]store.OrganizationRow{}}
	companies, _, err := mp.store.Companies(ctx, store.CompanyFilter{IDs: companyIDs})
	if err != nil {
		return w, fmt.Errorf("reading companies: %w", err)
	}
	for _, c := range companies {
		w.companies[c.ID] = c
	}
	organizations, _, err := mp.store.Organizations(ctx, store.OrganizationFilter{IDs: organizationIDs, Status: store.OrganizationAny})
	if err != nil {
		return w, fmt.Errorf("reading organizations: %w", err)
	}
	for _, o := range organizations {
		w.organizations[o.ID] = o
	}
	return w, nil
}

func (w pairWorld) agreement(p Pair) (store.Agreement, bool) {
	for _, a := range w.companies[p.CompanyID].Agreements {
		if a.ID == p.AgreementID {
			return a, true
		}
	}
	return store.Agreement{}, false
}

// problem says why a pair cannot be mapped, or nothing.
func (w pairWorld) problem(p Pair, now time.Time) string {
	if problem := w.agreementProblem(p, now); problem != "" {
		return problem
	}
	if problem := w.organizationProblem(p); problem != "" {
		return problem
	}
	if o := w.organizations[p.OrganizationID]; o.AgreementID != p.Was {
		return alreadyMapped(o)
	}
	return ""
}

// agreementProblem says why nothing can be mapped to the agreement, or nothing.
func (w pairWorld) agreementProblem(p Pair, now time.Time) string {
	company, known := w.companies[p.CompanyID]
	agreement, found := w.agreement(p)
	switch {
	case !known:
		return "There is no such company any more."
	case !company.GoneAt.IsZero():
		return "The company was not found by the last import; import again, or choose another company."
	case p.AgreementID == 0:
		return "Choose an agreement."
	case !found:
		return "This agreement belongs to another company."
	}
	return plan.AgreementUnusable(agreement, now)
}

// organizationProblem says why the organization cannot be mapped at all, or nothing.
func (w pairWorld) organizationProblem(p Pair) string {
	o, known := w.organizations[p.OrganizationID]
	if !known {
		return "Choose an organization."
	}
	return unmappable(o.Organization)
}

// unmappable says in a sentence why an organization cannot be mapped to any agreement, or nothing.
func unmappable(o store.Organization) string {
	switch {
	case !o.DeletedAt.IsZero():
		return "This organization is deleted."
	case !o.Managed:
		return "This organization is not managed by the MSP; only MSP-managed organizations can be mapped."
	}
	return ""
}

func alreadyMapped(o store.OrganizationRow) string {
	return fmt.Sprintf("This organization is mapped to %s, agreement %s, already. Unmap it there first.", o.Company, o.Agreement)
}

func (w pairWorld) remapping(p Pair, who problem.Actor, now time.Time) store.Remapping {
	agreement, _ := w.agreement(p)
	o := w.organizations[p.OrganizationID]
	action := fmt.Sprintf("Mapped %s to %s, agreement %s.", o.Name, w.companies[p.CompanyID].Name, agreement.Name)
	if p.Was != 0 {
		action = fmt.Sprintf("Mapped %s to %s, agreement %s, instead of %s, agreement %s.",
			o.Name, w.companies[p.CompanyID].Name, agreement.Name, o.Company, o.Agreement)
	}
	return store.Remapping{
		Mapping: store.Mapping{
			OrganizationID: p.OrganizationID,
			CompanyID:      p.CompanyID,
			AgreementID:    p.AgreementID,
			CreatedAt:      now,
			CreatedBy:      who.Name,
		},
		Was:    p.Was,
		Record: who.Did(now, store.CategoryIntegrations, "%s", action).About(p.OrganizationID),
	}
}

// CompanyOrganization is an organization to add for a company.
type CompanyOrganization struct {
	CompanyID int
	Name      string
}

// AddOrganizations adds organizations of one profile for companies, all or none, and maps each of them whose company's
// agreement is clear. It answers how many were mapped.
func (mp *Mapper) AddOrganizations(
	ctx context.Context,
	who problem.Actor,
	p organizations.Profile,
	adds []CompanyOrganization,
) (mapped int, err error) {
	switch {
	case len(adds) == 0:
		return 0, &problem.Invalid{Fields: problem.Fields{"": "No company is selected for which an organization could be added."}}
	case p.License == store.NFR:
		return 0, &problem.Invalid{Fields: problem.Fields{"license": "An MSP can have one NFR organization only; add it by itself."}}
	}
	created := make([]store.Organization, len(adds))
	err = mp.store.Together(ctx, fmt.Sprintf("adding %d organizations", len(adds)), func(s *store.Store) error {
		for i, a := range adds {
			p.Name = a.Name
			if created[i], err = organizations.Create(ctx, s, p.New(mp.now())); err != nil {
				return err
			}
		}
		return s.AddActivity(ctx, who.Did(mp.now(), store.CategoryOrganizations,
			"Added %s for imported companies.", problem.Plural(len(created), "organization")))
	})
	if err != nil {
		return 0, err
	}
	pairs, err := mp.clearPairs(ctx, adds, created)
	if err != nil {
		return 0, err
	}
	problems, err := mp.MapPairs(ctx, who, pairs)
	if errors.Is(err, ErrChanged) || len(problems) > 0 {
		return 0, nil // the organizations are there; they can be mapped one by one
	}
	return len(pairs), err
}

// clearPairs are the mappings of those organizations whose company has one agreement to be mapped to.
func (mp *Mapper) clearPairs(ctx context.Context, adds []CompanyOrganization, created []store.Organization) ([]Pair, error) {
	var pairs []Pair
	for i, a := range adds {
		pairs = append(pairs, Pair{OrganizationID: created[i].ID, CompanyID: a.CompanyID})
	}
	w, err := mp.pairWorld(ctx, pairs)
	if err != nil {
		return nil, err
	}
	hints, err := mp.AgreementHints(ctx, "")
	if err != nil {
		return nil, err
	}
	var clear []Pair
	for _, p := range pairs {
		choice := ChooseAgreement(w.companies[p.CompanyID].Agreements, hints, mp.now())
		if p.AgreementID = choice.ID; choice.Clear && w.problem(p, mp.now()) == "" {
			clear = append(clear, p)
		}
	}
	return clear, nil
}
