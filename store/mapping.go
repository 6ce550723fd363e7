package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"iter"
	"time"
)

// Mapping says which agreement an organization's seats are billed on.
type Mapping struct {
	OrganizationID int64
	CompanyID      int // as chosen; the agreement may have moved to another company since
	AgreementID    int
	CreatedAt      time.Time
	CreatedBy      string  // e-mail address
	Shown          []Shown // the lines that whoever mapped it was shown; empty: none
}

const mappingColumns = `organization_id, company_id, agreement_id, created_at, created_by`

func scanMapping(row scanner) (m Mapping, err error) {
	err = row.Scan(&m.OrganizationID, &m.CompanyID, &m.AgreementID, moment(&m.CreatedAt), &m.CreatedBy)
	return m, err
}

// SaveMapping maps an organization, in place of its earlier mapping. ErrNotFound unless the agreement is
// one of the company's and the organization is managed and not deleted.
func (s *Store) SaveMapping(ctx context.Context, m Mapping) error {
	return s.tx(ctx, fmt.Sprintf("mapping organization %d", m.OrganizationID), func(tx *sql.Tx) error {
		if err := noteEnded(ctx, tx, m.OrganizationID, m.CreatedAt); err != nil {
			return err
		}
		return execOne(ctx, tx, `
			INSERT INTO mappings (organization_id, company_id, agreement_id, created_at, created_by)
			SELECT o.id, a.company_id, a.id, $1, $2 FROM organizations o, agreements a
			WHERE o.id = $3 AND o.managed AND o.deleted_at IS NULL AND a.id = $4 AND a.company_id = $5
			ON CONFLICT (organization_id) DO UPDATE SET company_id = excluded.company_id, agreement_id = excluded.agreement_id,
				created_at = excluded.created_at, created_by = excluded.created_by, shown = ''`,
			unix(m.CreatedAt), m.CreatedBy, m.OrganizationID, m.AgreementID, m.CompanyID)
	})
}

// A Remapping is a mapping to save in place of what the organization was mapped to, together with others.
type Remapping struct {
	Mapping
	Was    int      // the agreement that the organization was mapped to when this was decided; 0: none
	Record Activity // what the activity log says about it
}

// ErrChanged says that something is no longer as it was when a decision about it was made.
var ErrChanged = errors.New("changed meanwhile")

// SaveMappings maps organizations, all of them or, when there is an error, none. ErrChanged when an
// organization is not mapped as it was when that was decided, or can no longer be mapped so.
func (s *Store) SaveMappings(ctx context.Context, all []Remapping) error {
	return s.tx(ctx, "mapping organizations", func(tx *sql.Tx) error {
		for _, m := range all {
			if err := saveRemapping(ctx, tx, m); err != nil {
				return doing(fmt.Sprintf("organization %d", m.OrganizationID), err)
			}
			if err := addActivity(ctx, tx, m.Record); err != nil {
				return err
			}
		}
		return nil
	})
}

func saveRemapping(ctx context.Context, tx *sql.Tx, m Remapping) error {
	if m.Was != 0 {
		if err := noteEnded(ctx, tx, m.OrganizationID, m.CreatedAt); err != nil {
			return err
		}
		if err := execOne(ctx, tx, `DELETE FROM mappings WHERE organization_id = $1 AND agreement_id = $2`, m.OrganizationID, m.Was); err != nil {
			return changed(err)
		}
	}
	err := execOne(ctx, tx, `
		INSERT INTO mappings (organization_id, company_id, agreement_id, created_at, created_by, shown)
		SELECT o.id, a.company_id, a.id, $1, $2, $3 FROM organizations o, agreements a
		WHERE o.id = $4 AND o.managed AND o.deleted_at IS NULL AND a.id = $5 AND a.company_id = $6
		ON CONFLICT (organization_id) DO NOTHING`,
		unix(m.CreatedAt), m.CreatedBy, asJSON{m.Shown}, m.OrganizationID, m.AgreementID, m.CompanyID)
	if err != nil {
		return changed(err)
	}
	return moveRelease(ctx, tx, m.Was, m.AgreementID)
}

// moveRelease makes the next sync set the lines of an agreement to 0 that nobody is mapped to after a move,
// or the moved seats would be billed on both, and keeps those of the new agreement. A line on which nothing was written, nor found
// right, is not Seatbridge's to set to 0: it was adopted by the mapping that is undone, and is let go.
func moveRelease(ctx context.Context, tx *sql.Tx, from, to int) error {
	_, err := exec(ctx, tx, `UPDATE lines SET release = FALSE WHERE agreement_id = $1`, to)
	if err != nil || from == 0 {
		return err
	}
	_, err = exec(ctx, tx, `DELETE FROM lines WHERE agreement_id = $1 AND written_quantity IS NULL AND NOT release
		AND NOT EXISTS (SELECT 1 FROM mappings m WHERE m.agreement_id = $1)`, from)
	if err != nil {
		return err
	}
	_, err = exec(ctx, tx, `UPDATE lines SET release = TRUE WHERE agreement_id = $1
		AND NOT EXISTS (SELECT 1 FROM mappings m WHERE m.agreement_id = $1)`, from)
	return err
}

// changed is the error of a row that is not there as expected.
func changed(err error) error {
	if errors.Is(err, ErrNotFound) {
		return ErrChanged
	}
	return err
}

// DeleteMapping unmaps an organization: ErrNotFound when it is not mapped. The agreement's lines are
// kept, so that mapping again finds them.
func (s *Store) DeleteMapping(ctx context.Context, organizationID int64, at time.Time) error {
	return s.tx(ctx, fmt.Sprintf("unmapping organization %d", organizationID), func(tx *sql.Tx) error {
		if err := noteEnded(ctx, tx, organizationID, at); err != nil {
			return err
		}
		return execOne(ctx, tx, `DELETE FROM mappings WHERE organization_id = $1`, organizationID)
	})
}

// noteEnded keeps until when an organization is mapped as it is; 0: all of them.
func noteEnded(ctx context.Context, tx *sql.Tx, organizationID int64, at time.Time) error {
	_, err := exec(ctx, tx, `INSERT INTO ended_mappings (agreement_id, organization_id, ended_at)
		SELECT m.agreement_id, m.organization_id, $1 FROM mappings m WHERE $2 = 0 OR m.organization_id = $2
		ON CONFLICT (agreement_id, organization_id) DO UPDATE SET ended_at = excluded.ended_at`, unix(at), organizationID)
	return err
}

// Mapping reads an organization's mapping: ErrNotFound when it is not mapped.
func (s *Store) Mapping(ctx context.Context, organizationID int64) (Mapping, error) {
	m, err := one(ctx, s.from, scanMapping, `SELECT `+mappingColumns+` FROM mappings WHERE organization_id = $1`, organizationID)
	return m, doing(fmt.Sprintf("reading the mapping of organization %d", organizationID), err)
}

// Mappings lists all mappings by organization.
func (s *Store) Mappings(ctx context.Context) ([]Mapping, error) {
	m, err := list(ctx, s.from, scanMapping, `SELECT `+mappingColumns+` FROM mappings ORDER BY organization_id`)
	return m, doing("listing mappings", err)
}

// MappingNames is a mapping as tables outside of Seatbridge tell it.
type MappingNames struct {
	CompanyIdentifier, Company string
	AgreementID                int
	Agreement                  string
	ExternalID, Organization   string
}

// EachMapping yields all mappings by company, with their names.
func (s *Store) EachMapping(ctx context.Context) iter.Seq2[MappingNames, error] {
	return eachDoing("reading mappings", each(ctx, s.from, func(row scanner) (m MappingNames, err error) {
		err = row.Scan(&m.CompanyIdentifier, &m.Company, &m.AgreementID, &m.Agreement, &m.ExternalID, &m.Organization)
		return m, err
	}, `SELECT c.identifier, c.name, a.id, a.name, COALESCE(o.external_id, ''), o.name
		FROM mappings m JOIN companies c ON c.id = m.company_id JOIN agreements a ON a.id = m.agreement_id
		JOIN organizations o ON o.id = m.organization_id
		ORDER BY c.name_folded, c.id, o.name_folded, o.id`))
}

// MappedAgreement is an agreement that organizations are mapped to.
type MappedAgreement struct {
	Agreement
	Company         Company       // that has the agreement, without its types
	OrganizationIDs []int64       // in ascending order
	MappedAt        time.Time     // when the latest of them was mapped
	Shown           map[int]Shown // by product: the lines that whoever mapped the latest of them was shown
	Moved           bool          // the agreement belongs to another company than the one that was chosen
}

// MappedAgreements lists all agreements with mappings by their ids, gone ones, too.
func (s *Store) MappedAgreements(ctx context.Context) ([]MappedAgreement, error) {
	type pair struct {
		MappedAgreement
		organizationID int64
		chosen         int
		at             time.Time
		shown          []Shown
	}
	rows := each(ctx, s.from, func(row scanner) (p pair, err error) {
		err = row.Scan(append(append(p.Agreement.dest(), p.Company.dest()...),
			&p.organizationID, &p.chosen, moment(&p.at), fromJSON(&p.shown))...)
		return p, err
	}, `SELECT `+agreementColumns+`, `+companyColumns+`, m.organization_id, m.company_id, m.created_at,
			COALESCE(NULLIF(m.shown, ''), '[]')
		FROM mappings m JOIN agreements a ON a.id = m.agreement_id JOIN companies c ON c.id = a.company_id
		ORDER BY m.agreement_id, m.organization_id`)
	var mapped []MappedAgreement
	for row, err := range rows {
		if err != nil {
			return nil, doing("listing mapped agreements", err)
		}
		if len(mapped) == 0 || mapped[len(mapped)-1].ID != row.ID {
			mapped = append(mapped, row.MappedAgreement)
		}
		last := &mapped[len(mapped)-1]
		last.OrganizationIDs = append(last.OrganizationIDs, row.organizationID)
		last.Moved = last.Moved || row.chosen != row.CompanyID
		if !row.at.Before(last.MappedAt) {
			last.MappedAt, last.Shown = row.at, shownByProduct(row.shown)
		}
	}
	return mapped, nil
}

func shownByProduct(lines []Shown) map[int]Shown {
	shown := map[int]Shown{}
	for _, l := range lines {
		shown[l.ProductID] = l
	}
	return shown
}
