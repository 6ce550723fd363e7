package store

import (
	"errors"
	"testing"
)

// A deed and its entry are kept together, and a read in between sees what was written.
func TestTogetherKeepsAll(t *testing.T) {
	t.Parallel()
	s := openTest(t)
	var o Organization
	check(t, s.Together(t.Context(), "adding", func(s *Store) (err error) {
		if o, err = s.CreateOrganization(t.Context(), Organization{Name: "Acme", Plan: Business, License: Standard, CreatedAt: t0}); err != nil {
			return err
		}
		if _, err := s.Organization(t.Context(), o.ID); err != nil {
			return err
		}
		return s.AddActivity(t.Context(), Activity{At: t0, Category: CategoryOrganizations, Action: "Added.", OrganizationID: o.ID})
	}))
	same(t, must[Organization](t)(s.Organization(t.Context(), o.ID)).Name, "Acme")
	_, entries, err := s.Activities(t.Context(), ActivityFilter{OrganizationID: o.ID})
	check(t, err)
	same(t, entries, 1)
}

// Nothing is kept when the entry cannot be written, nor when what follows the deed fails.
func TestTogetherKeepsNothing(t *testing.T) {
	t.Parallel()
	s := openTest(t)
	failure := errors.New("no")
	acme := Organization{Name: "Acme", Plan: Business, License: Standard, CreatedAt: t0}
	wantErr(t, s.Together(t.Context(), "adding", func(s *Store) error {
		if _, err := s.CreateOrganization(t.Context(), acme); err != nil {
			return err
		}
		return failure
	}), failure)
	wantConflict(t, s.Together(t.Context(), "adding twice", func(s *Store) error {
		for range 2 {
			if _, err := s.CreateOrganization(t.Context(), acme); err != nil {
				return err
			}
		}
		return nil
	}), "name")
	_, total, err := s.Organizations(t.Context(), OrganizationFilter{})
	check(t, err)
	same(t, total, 0)
}
