package mapping

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"seatbridge/billing/connect"
	"seatbridge/billing/problem"
	"seatbridge/billing/run"
	"seatbridge/store"
)

// Shown is what an agreement says to whoever maps an organization to it: the lines with what the next sync writes there, and the
// terms.
type Shown struct {
	Lines     []string // sentences
	Found     []FoundLine
	Terms     []string // sentences
	Problem   string   // why ConnectWise could not be read, a sentence; empty: it was
	remembers []store.Shown
	seen      run.Seen
	lines     agreementLines
	bind      []store.Line // those found that mapping binds
}

// Shows reads what an organization's agreement would say to whoever maps it there. Nothing is written, kept or mapped. A pair that
// cannot be mapped is an *problem.Invalid.
func (mp *Mapper) Shows(ctx context.Context, companyID, agreementID int, organizationID int64) (Shown, error) {
	_, shown, err := mp.checked(ctx, Pair{OrganizationID: organizationID, CompanyID: companyID, AgreementID: agreementID}, nil)
	return shown, err
}

// checked is a pair that can be mapped, what is known around it, and what its agreement says.
func (mp *Mapper) checked(ctx context.Context, p Pair, chosen Chosen) (w pairWorld, shown Shown, err error) {
	if w, err = mp.pairWorld(ctx, []Pair{p}); err != nil {
		return w, Shown{}, err
	}
	if err := w.check(p, mp.now()); err != nil {
		return w, Shown{}, err
	}
	if shown, err = mp.shows(ctx, w, p); err != nil || shown.Problem != "" {
		return w, shown, err
	}
	err = adopter{mp}.finds(ctx, w, p, &shown, chosen)
	return w, shown, err
}

// shows looks at the agreement as it is once the pair is mapped. That it cannot be read is no error: it is said.
func (mp *Mapper) shows(ctx context.Context, w pairWorld, p Pair) (Shown, error) {
	m, err := mp.mappedTo(ctx, w, p)
	if err != nil {
		return Shown{}, err
	}
	seen, err := run.Look(ctx, mp.run, m)
	if errors.Is(err, problem.ErrNotActive) || errors.Is(err, problem.ErrNotConnected) {
		return Shown{Problem: "The products are not mapped yet."}, nil
	}
	if err != nil {
		if ctx.Err() != nil {
			return Shown{}, err
		}
		return Shown{Problem: connect.ProblemOf(err).What}, nil
	}
	shown := Shown{seen: seen}
	for _, c := range seen.Changes {
		shown.Lines = append(shown.Lines, lineInWords(c))
		shown.remembers = append(shown.remembers, store.Shown{
			ProductID: c.ProductID, AdditionID: c.AdditionID, Before: c.Before, After: c.After,
		})
	}
	for _, f := range seen.Findings {
		switch {
		case f.Answered:
		case f.Holds:
			shown.Terms = append(shown.Terms, f.Sentence+" Nothing is written there before somebody decides.")
		default:
			shown.Terms = append(shown.Terms, f.Sentence)
		}
	}
	return shown, nil
}

// showsAgain is what was shown, with what the next sync writes now that a line was chosen.
func (mp adopter) showsAgain(ctx context.Context, w pairWorld, p Pair, shown Shown) (Shown, error) {
	now, err := mp.shows(ctx, w, p)
	shown.Lines, shown.Terms, shown.Problem = now.Lines, now.Terms, now.Problem
	return shown, err
}

// finds adds the lines that the agreement has. That they cannot be read is no error: it is said.
func (mp adopter) finds(ctx context.Context, w pairWorld, p Pair, shown *Shown, chosen Chosen) (err error) {
	m, err := mp.mappedTo(ctx, w, p)
	if err != nil {
		return err
	}
	shown.lines, err = mp.linesOf(ctx, m, shown.seen)
	if refused := (*problem.Refused)(nil); errors.As(err, &refused) {
		shown.Problem = refused.Problem.What
		return nil
	}
	if err != nil {
		return err
	}
	shown.Found, shown.bind, err = shown.lines.found(chosen)
	return err
}

// mappedTo is the agreement of a pair with all organizations that are mapped to it once the pair is.
func (mp *Mapper) mappedTo(ctx context.Context, w pairWorld, p Pair) (store.MappedAgreement, error) {
	agreement, _ := w.agreement(p)
	m := store.MappedAgreement{Agreement: agreement, Company: w.companies[p.CompanyID].Company, MappedAt: mp.now()}
	mappings, err := mp.store.Mappings(ctx)
	if err != nil {
		return m, fmt.Errorf("reading mappings: %w", err)
	}
	m.OrganizationIDs = []int64{p.OrganizationID}
	for _, other := range mappings {
		if other.AgreementID == p.AgreementID && other.OrganizationID != p.OrganizationID {
			m.OrganizationIDs = append(m.OrganizationIDs, other.OrganizationID)
		}
	}
	slices.Sort(m.OrganizationIDs)
	return m, nil
}

// check says why a pair cannot be mapped, as an *problem.Invalid, or nothing.
func (w pairWorld) check(p Pair, now time.Time) error {
	if _, known := w.companies[p.CompanyID]; !known {
		return fmt.Errorf("reading company %d: %w", p.CompanyID, store.ErrNotFound)
	}
	o := w.organizations[p.OrganizationID]
	problems := problem.Fields{}
	problems.Add("agreement", w.agreementProblem(p, now))
	problems.Add("organization", w.organizationProblem(p))
	if o.Mapped() && o.CompanyID != p.CompanyID {
		problems.Add("organization", alreadyMapped(o))
	}
	if len(problems) > 0 {
		return &problem.Invalid{Fields: problems}
	}
	return nil
}

// lineInWords is a line with what the next sync writes there.
func lineInWords(c store.Change) string {
	switch {
	case c.Kind == store.KindCreate:
		return fmt.Sprintf("A new line of %s: %s at the next sync.", c.Product, c.After.Decimal)
	case c.Kind == store.KindUpdate:
		return fmt.Sprintf("Line no. %d of %s: %s now → %s at the next sync.", c.AdditionID, c.Product, c.Before.Decimal, c.After.Decimal)
	case c.State == store.StateUnchanged:
		return fmt.Sprintf("Line no. %d of %s: %s, as it is.", c.AdditionID, c.Product, c.Before.Decimal)
	}
	return fmt.Sprintf("%s: %s", c.Product, c.Reason)
}
