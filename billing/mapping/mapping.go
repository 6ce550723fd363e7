// Package mapping says which organization is billed where and as what: imported companies, products, agreements.
package mapping

import (
	"context"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"seatbridge/billing/background"
	"seatbridge/billing/connect"
	"seatbridge/billing/problem"
	"seatbridge/billing/run"
	"seatbridge/billing/seats"
	"seatbridge/store"
)

// Config is what a Mapper works with.
type Config struct {
	Store      *store.Store
	Log        *slog.Logger
	Now        func() time.Time
	Background *background.Group
	Connection *connect.Keeper
	Runs       *run.Runner
}

// Mapper says which organization is billed where and as what: the imported companies, the products and the mappings.
type Mapper struct {
	store *store.Store
	log   *slog.Logger
	now   func() time.Time
	work  *background.Group

	connect *connect.Keeper
	run     *run.Runner

	imp        importing
	adopts     adopting
	suggesting sync.Mutex // held while suggestions are made
}

// New makes the mapper of a store.
func New(c Config) *Mapper {
	return &Mapper{store: c.Store, log: c.Log, now: c.Now, work: c.Background, connect: c.Connection, run: c.Runs}
}

// Map maps an organization to an agreement. It may be mapped to another agreement of the same company,
// which the new mapping replaces; the line there stays as it is. Mapped to another company, it has to be
// unmapped first, which asks what becomes of its line.
func (mp *Mapper) Map(ctx context.Context, who problem.Actor, companyID, agreementID int, organizationID int64) error {
	_, err := mp.MapShown(ctx, who, Pair{OrganizationID: organizationID, CompanyID: companyID, AgreementID: agreementID}, nil)
	return err
}

// MapShown is Map, and reads what the agreement says. What was shown is kept with the mapping: the first write of exactly that
// waits for nobody. The line that the agreement has is adopted: bound, and not written to; of several, the chosen one. Where ConnectWise
// cannot be read the organization is mapped, and nothing was shown.
func (mp *Mapper) MapShown(ctx context.Context, who problem.Actor, p Pair, chosen Chosen) (Shown, error) {
	w, shown, err := mp.checked(ctx, p, chosen)
	if err != nil {
		return Shown{}, err
	}
	p.Was = w.organizations[p.OrganizationID].AgreementID
	m := w.remapping(p, who, mp.now())
	m.Shown = shown.remembers
	err = mp.store.Together(ctx, fmt.Sprintf("mapping organization %d", p.OrganizationID), func(s *store.Store) error {
		if err := s.SaveMappings(ctx, []store.Remapping{m}); err != nil {
			return err
		}
		if _, err := shown.lines.bind(ctx, s, who, shown.bind); err != nil {
			return err
		}
		return shown.seen.Keep(ctx, s)
	})
	if err != nil || len(chosen) == 0 {
		return shown, err
	}
	return adopter{mp}.showsAgain(ctx, w, p, shown)
}

// Unmap removes an organization's mapping. Its addition in ConnectWise stays as it is or, with zero, is
// brought down by a run in the background: to 0, or to what the agreement's other organizations need.
func (mp *Mapper) Unmap(ctx context.Context, who problem.Actor, organizationID int64, zero bool) error {
	o, err := mp.store.Organization(ctx, organizationID)
	if err != nil {
		return fmt.Errorf("reading organization %d: %w", organizationID, err)
	}
	m, err := mp.store.Mapping(ctx, organizationID)
	if err != nil {
		return fmt.Errorf("unmapping organization %d: %w", organizationID, err)
	}
	company, agreement, err := mp.namesOf(ctx, m)
	if err != nil {
		return err
	}
	unmap := func() error {
		entry := who.Did(mp.now(), store.CategoryIntegrations, "Unmapped %s from %s, agreement %s.", o.Name, company, agreement)
		return mp.store.Record(ctx, entry.About(organizationID), func(s *store.Store) error {
			return s.DeleteMapping(ctx, organizationID, mp.now())
		})
	}
	if !zero {
		return unmap()
	}
	return mp.unmapToZero(ctx, who, m, unmap)
}

// namesOf are the names of a mapping's company and agreement.
func (mp *Mapper) namesOf(ctx context.Context, m store.Mapping) (company, agreement string, err error) {
	c, err := mp.store.Company(ctx, m.CompanyID)
	if err != nil {
		return "", "", fmt.Errorf("reading company %d: %w", m.CompanyID, err)
	}
	a, err := mp.store.Agreement(ctx, m.AgreementID)
	if err != nil {
		return "", "", fmt.Errorf("reading agreement %d: %w", m.AgreementID, err)
	}
	return c.Name, a.Name, nil
}

func (mp *Mapper) unmapToZero(ctx context.Context, who problem.Actor, m store.Mapping, unmap func() error) error {
	r := run.Request{Kind: store.RunRelease, Period: seats.ToDate(mp.now()), Agreement: m.AgreementID}
	mappings, err := mp.store.Mappings(ctx)
	if err != nil {
		return fmt.Errorf("reading mappings: %w", err)
	}
	for _, other := range mappings {
		if other.AgreementID == m.AgreementID && other.OrganizationID != m.OrganizationID {
			r.Kind = store.RunManual
		}
	}
	return mp.run.StartAfter(ctx, who, r, unmap)
}
