package store

import (
	"context"
	"database/sql"
	"fmt"
	"slices"
	"time"
)

// Suggestion says that a company and an organization look like the same customer.
type Suggestion struct {
	CompanyID      int
	OrganizationID int64
	Score          int  // 0 to 100
	Certain        bool // the same name, and nobody else's
	Reason         string
}

// OpenSuggestion is a suggestion that can still be followed: the company has no mapping, the organization
// has none, is managed and not deleted, and nobody turned the suggestion down.
type OpenSuggestion struct {
	Suggestion
	Company      Company // without its types
	Organization Organization
}

// RejectedSuggestion is a suggestion that a person turned down.
type RejectedSuggestion struct {
	CompanyID      int
	Company        string // empty while imports do not find it
	OrganizationID int64
	Organization   string
	RejectedAt     time.Time
	RejectedBy     string // e-mail address
}

// NameOf is what a company or an organization goes by.
type NameOf struct {
	ID         int64
	Name       string
	Identifier string // a company's own, an organization's external id; may be empty
}

// Names are all names that suggestions are made of. State tells whether they changed since.
type Names struct {
	State                    int
	Companies, Organizations []NameOf
}

// openSuggestion is the condition of an OpenSuggestion, for suggestions s.
const openSuggestion = `NOT EXISTS (SELECT 1 FROM mappings m WHERE m.company_id = s.company_id)
	AND NOT EXISTS (SELECT 1 FROM mappings m WHERE m.organization_id = s.organization_id)
	AND NOT EXISTS (SELECT 1 FROM rejected_suggestions r WHERE r.company_id = s.company_id AND r.organization_id = s.organization_id)
	AND EXISTS (SELECT 1 FROM organizations o WHERE o.id = s.organization_id AND o.managed AND o.deleted_at IS NULL)
	AND EXISTS (SELECT 1 FROM companies c WHERE c.id = s.company_id AND c.gone_at IS NULL)`

// SuggestionsOutdated says whether names have changed since the suggestions were made.
func (s *Store) SuggestionsOutdated(ctx context.Context) (bool, error) {
	outdated, err := one(ctx, s.from, scanValue[bool], `SELECT names <> suggested FROM suggestion_state`)
	return outdated, doing("reading the state of suggestions", err)
}

// Names reads the names of all companies and of all organizations that are not deleted. Those that are
// mapped or not managed are among them: they, too, can make a name ambiguous.
func (s *Store) Names(ctx context.Context) (n Names, err error) {
	err = s.snapshot(ctx, "reading names", func(tx *sql.Tx) error {
		if n.State, err = one(ctx, tx, scanValue[int], `SELECT names FROM suggestion_state`); err != nil {
			return err
		}
		if n.Companies, err = list(ctx, tx, scanNameOf, `SELECT id, name, identifier FROM companies ORDER BY id`); err != nil {
			return err
		}
		n.Organizations, err = list(ctx, tx, scanNameOf,
			`SELECT id, name, COALESCE(external_id, '') FROM organizations WHERE deleted_at IS NULL ORDER BY id`)
		return err
	})
	return n, err
}

func scanNameOf(row scanner) (n NameOf, err error) {
	err = row.Scan(&n.ID, &n.Name, &n.Identifier)
	return n, err
}

// SaveSuggestions replaces all suggestions by those made of the names in that state. Those of a company
// or an organization that has gone meanwhile are left out.
func (s *Store) SaveSuggestions(ctx context.Context, state int, suggestions []Suggestion) error {
	return s.tx(ctx, "saving suggestions", func(tx *sql.Tx) error {
		if _, err := exec(ctx, tx, `DELETE FROM suggestions`); err != nil {
			return err
		}
		insert, err := tx.PrepareContext(ctx, `
			INSERT INTO suggestions (company_id, organization_id, score, certain, reason)
			SELECT c.id, o.id, $1, $2, $3 FROM companies c, organizations o WHERE c.id = $4 AND o.id = $5`)
		if err != nil {
			return err
		}
		defer insert.Close()
		for _, g := range suggestions {
			if _, err := insert.ExecContext(ctx, g.Score, g.Certain, g.Reason, g.CompanyID, g.OrganizationID); err != nil {
				return doing(fmt.Sprintf("company %d and organization %d", g.CompanyID, g.OrganizationID), err)
			}
		}
		_, err = exec(ctx, tx, `UPDATE suggestion_state SET suggested = $1`, state)
		return err
	})
}

// OpenSuggestions lists the suggestions that can be followed, of some companies or, with nil, of all: the
// best first, equally good ones by the company's name.
func (s *Store) OpenSuggestions(ctx context.Context, companyIDs []int) ([]OpenSuggestion, error) {
	query := `SELECT s.company_id, s.organization_id, s.score, s.certain, s.reason, ` + companyColumns + `, ` + organizationColumns + `
		FROM suggestions s JOIN organizations o ON o.id = s.organization_id JOIN companies c ON c.id = s.company_id WHERE ` + openSuggestion
	if companyIDs != nil {
		query += ` AND s.company_id IN ` + in(companyIDs)
	}
	open, err := list(ctx, s.from, func(row scanner) (g OpenSuggestion, err error) {
		own := []any{&g.CompanyID, &g.OrganizationID, &g.Score, &g.Certain, &g.Reason}
		err = row.Scan(slices.Concat(own, g.Company.dest(), g.Organization.dest())...)
		return g, err
	}, query+` ORDER BY s.score DESC, c.name_folded, c.id, s.organization_id`)
	return open, doing("listing suggestions", err)
}

// RejectSuggestion turns a suggestion down for good, or until it is restored.
func (s *Store) RejectSuggestion(ctx context.Context, r RejectedSuggestion) error {
	return s.tx(ctx, fmt.Sprintf("rejecting organization %d for company %d", r.OrganizationID, r.CompanyID), func(tx *sql.Tx) error {
		return execOne(ctx, tx, `
			INSERT INTO rejected_suggestions (company_id, organization_id, rejected_at, rejected_by)
			SELECT c.id, o.id, $1, $2 FROM companies c, organizations o WHERE c.id = $3 AND o.id = $4
			ON CONFLICT (company_id, organization_id) DO UPDATE SET rejected_at = excluded.rejected_at, rejected_by = excluded.rejected_by`,
			unix(r.RejectedAt), r.RejectedBy, r.CompanyID, r.OrganizationID)
	})
}

// RestoreSuggestion takes a rejection back: ErrNotFound when there is none.
func (s *Store) RestoreSuggestion(ctx context.Context, companyID int, organizationID int64) error {
	return s.tx(ctx, fmt.Sprintf("restoring organization %d for company %d", organizationID, companyID), func(tx *sql.Tx) error {
		return execOne(ctx, tx, `DELETE FROM rejected_suggestions WHERE company_id = $1 AND organization_id = $2`, companyID, organizationID)
	})
}

// RejectedSuggestions lists what was turned down, the latest first.
func (s *Store) RejectedSuggestions(ctx context.Context) ([]RejectedSuggestion, error) {
	rejected, err := list(ctx, s.from, func(row scanner) (r RejectedSuggestion, err error) {
		err = row.Scan(&r.CompanyID, &r.Company, &r.OrganizationID, &r.Organization, moment(&r.RejectedAt), &r.RejectedBy)
		return r, err
	}, `SELECT r.company_id, COALESCE(c.name, ''), r.organization_id, o.name, r.rejected_at, r.rejected_by
		FROM rejected_suggestions r JOIN organizations o ON o.id = r.organization_id LEFT JOIN companies c ON c.id = r.company_id
		ORDER BY r.rejected_at DESC, r.company_id, r.organization_id`)
	return rejected, doing("listing rejected suggestions", err)
}
