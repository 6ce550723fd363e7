package store

import (
	"context"
	"database/sql"
	"fmt"
	"time"
)

// Mapping says which agreement an organization's seats are billed on.
type Mapping struct {
	OrganizationID int64
	CompanyID      int // as chosen; the agreement may have moved to another company since
	AgreementID    int
	CreatedAt      time.Time
	CreatedBy      string // e-mail address
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
		return execOne(ctx, tx, `
			INSERT INTO mappings (organization_id, company_id, agreement_id, created_at, created_by)
			SELECT o.id, a.company_id, a.id, $1, $2 FROM organizations o, agreements a
			WHERE o.id = $3 AND o.managed AND o.deleted_at IS NULL AND a.id = $4 AND a.company_id = $5
			ON CONFLICT (organization_id) DO UPDATE SET company_id = excluded.company_id, agreement_id = excluded.agreement_id,
				created_at = excluded.created_at, created_by = excluded.created_by`,
			unix(m.CreatedAt), m.CreatedBy, m.OrganizationID, m.AgreementID, m.CompanyID)
	})
}

// DeleteMapping unmaps an organization: ErrNotFound when it is not mapped. The agreement's lines are
// kept, so that mapping again finds them.
func (s *Store) DeleteMapping(ctx context.Context, organizationID int64) error {
	return s.tx(ctx, fmt.Sprintf("unmapping organization %d", organizationID), func(tx *sql.Tx) error {
		return execOne(ctx, tx, `DELETE FROM mappings WHERE organization_id = $1`, organizationID)
	})
}

// Mapping reads an organization's mapping: ErrNotFound when it is not mapped.
func (s *Store) Mapping(ctx context.Context, organizationID int64) (Mapping, error) {
	m, err := one(ctx, s.reader, scanMapping, `SELECT `+mappingColumns+` FROM mappings WHERE organization_id = $1`, organizationID)
	return m, doing(fmt.Sprintf("reading the mapping of organization %d", organizationID), err)
}

// Mappings lists all mappings by organization.
func (s *Store) Mappings(ctx context.Context) ([]Mapping, error) {
	m, err := list(ctx, s.reader, scanMapping, `SELECT `+mappingColumns+` FROM mappings ORDER BY organization_id`)
	return m, doing("listing mappings", err)
}

// MappedAgreement is an agreement that organizations are mapped to.
type MappedAgreement struct {
	Agreement
	Company         Company // that has the agreement, without its types
	OrganizationIDs []int64 // in ascending order
}

// MappedAgreements lists all agreements with mappings by their ids, gone ones, too.
func (s *Store) MappedAgreements(ctx context.Context) ([]MappedAgreement, error) {
	type pair struct {
		MappedAgreement
		organizationID int64
	}
	rows := each(ctx, s.reader, func(row scanner) (p pair, err error) {
		err = row.Scan(append(append(p.Agreement.dest(), p.Company.dest()...), &p.organizationID)...)
		return p, err
	}, `SELECT `+agreementColumns+`, `+companyColumns+`, m.organization_id
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
	}
	return mapped, nil
}
