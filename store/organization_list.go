package store

import (
	"context"
	"database/sql"
	"time"
)

// The states of mapping that an OrganizationFilter asks for.
const (
	Mapped   = "mapped"
	Unmapped = "unmapped"
)

// OrganizationFilter picks and orders organizations; a zero field does not matter.
type OrganizationFilter struct {
	Search        string // part of the name or the beginning of the external id; case and accents do not matter
	Plan          Plan
	License       License
	Status        OrganizationStatus // "": all but the deleted
	Mapping       string             // Mapped, Unmapped
	Managed       *bool
	IDs           []int64 // not nil: only these
	Sort          string  // "name" (the default), "plan", "license", "status", "created"
	Desc          bool
	Limit, Offset int
}

// OrganizationRow is an organization as lists show it, with what it is mapped to.
type OrganizationRow struct {
	Organization
	CompanyID   int // 0: not mapped
	Company     string
	AgreementID int
	Agreement   string
	Members     int // seats joined and not deleted
}

// Mapped says whether the organization is mapped to an agreement.
func (r OrganizationRow) Mapped() bool { return r.AgreementID != 0 }

func scanOrganizationRow(row scanner) (r OrganizationRow, err error) {
	err = row.Scan(append(r.Organization.dest(), &r.CompanyID, &r.Company, &r.AgreementID, &r.Agreement, &r.Members)...)
	return r, err
}

// Organizations lists a page of organizations and counts all that match.
func (s *Store) Organizations(ctx context.Context, f OrganizationFilter) (page []OrganizationRow, total int, err error) {
	err = s.snapshot(ctx, "listing organizations", func(tx *sql.Tx) error {
		where := f.where()
		if total, err = count(ctx, tx, `SELECT COUNT(*) FROM organizations o WHERE TRUE`+where.String(), where.args...); err != nil {
			return err
		}
		query, args := f.query()
		page, err = list(ctx, tx, scanOrganizationRow, query, args...)
		return err
	})
	return page, total, err
}

// OrganizationKey is what there is to know of an organization before its row is shown.
type OrganizationKey struct {
	ID        int64
	CreatedAt time.Time
}

// OrganizationKeys lists all organizations that match, in order. It reads no mappings and counts no members, so that
// ten thousand cost little.
func (s *Store) OrganizationKeys(ctx context.Context, f OrganizationFilter) ([]OrganizationKey, error) {
	w := f.where()
	w.write(` ORDER BY ` + f.order())
	keys, err := list(ctx, s.from, func(row scanner) (k OrganizationKey, err error) {
		var created int64
		err = row.Scan(&k.ID, &created)
		k.CreatedAt = time.Unix(created, 0).UTC()
		return k, err
	}, `SELECT o.id, o.created_at FROM organizations o WHERE TRUE`+w.String(), w.args...)
	return keys, doing("listing organizations", err)
}

// SearchOrganizations finds the organizations that can be mapped by part of the name, those that begin
// with it first.
func (s *Store) SearchOrganizations(ctx context.Context, search string, limit int) ([]OrganizationRow, error) {
	query, args := searchOrganizations(search, limit)
	found, err := list(ctx, s.from, scanOrganizationRow, query, args...)
	return found, doing("searching organizations", err)
}

func searchOrganizations(search string, limit int) (string, []any) {
	managed := true
	w := OrganizationFilter{Search: search, Managed: &managed}.where()
	return organizationRows(w, limit, 0, `o.name_folded LIKE ? ESCAPE '\' DESC, o.name_folded, o.id`, startsWith(Fold(search)))
}

func (f OrganizationFilter) where() *filter {
	var w filter
	switch f.Status {
	case OrganizationAny:
	case OrganizationDeleted:
		w.and(`o.deleted_at IS NOT NULL`)
	case OrganizationActive:
		w.and(`o.deleted_at IS NULL AND o.suspended_at IS NULL`)
	case OrganizationSuspended:
		w.and(`o.deleted_at IS NULL AND o.suspended_at IS NOT NULL`)
	default:
		w.and(`o.deleted_at IS NULL`)
	}
	if f.Search != "" {
		w.and(`(o.name_folded LIKE ? ESCAPE '\' OR o.external_id LIKE ? ESCAPE '\')`, contains(Fold(f.Search)), startsWith(f.Search))
	}
	if f.Plan != "" {
		w.and(`o.plan = ?`, f.Plan)
	}
	if f.License != "" {
		w.and(`o.license = ?`, f.License)
	}
	switch f.Mapping {
	case Mapped:
		w.and(`EXISTS (SELECT 1 FROM mappings m WHERE m.organization_id = o.id)`)
	case Unmapped:
		w.and(`NOT EXISTS (SELECT 1 FROM mappings m WHERE m.organization_id = o.id)`)
	}
	if f.Managed != nil {
		w.and(`o.managed = ?`, *f.Managed)
	}
	if f.IDs != nil {
		w.and(`o.id IN ` + in(f.IDs))
	}
	return &w
}

func (f OrganizationFilter) query() (string, []any) {
	return organizationRows(f.where(), f.Limit, f.Offset, f.order())
}

func (f OrganizationFilter) order() string {
	dir := direction(f.Desc)
	byName := `o.name_folded` + dir + `, o.id` + dir
	switch f.Sort {
	case "plan":
		return `o.plan` + dir + `, ` + byName
	case "license":
		return `o.license` + dir + `, ` + byName
	case "status":
		return `CASE WHEN o.deleted_at IS NOT NULL THEN 2 WHEN o.suspended_at IS NOT NULL THEN 1 ELSE 0 END` + dir + `, ` + byName
	case "company":
		return `COALESCE((SELECT c.name_folded FROM mappings m JOIN companies c ON c.id = m.company_id WHERE m.organization_id = o.id), '')` +
			dir + `, o.name_folded, o.id`
	case "created":
		return `o.created_at` + dir + `, o.id` + dir
	}
	return byName
}

// organizationRows picks the page of ids first: counting members and looking up mappings then costs
// the page, not the table.
func organizationRows(w *filter, limit, offset int, order string, args ...any) (string, []any) {
	w.write(` ORDER BY `+order, args...)
	w.page(limit, offset)
	w.write(`) ORDER BY `+order, args...)
	return `SELECT ` + organizationColumns + `,
			COALESCE(m.company_id, 0), COALESCE(c.name, ''), COALESCE(m.agreement_id, 0), COALESCE(a.name, ''),
			(SELECT COUNT(*) FROM seats s WHERE s.organization_id = o.id AND s.deleted_at IS NULL AND s.joined_at IS NOT NULL)
		FROM organizations o
		LEFT JOIN mappings m ON m.organization_id = o.id
		LEFT JOIN companies c ON c.id = m.company_id
		LEFT JOIN agreements a ON a.id = m.agreement_id
		WHERE o.id IN (SELECT o.id FROM organizations o WHERE TRUE` + w.String(), w.args
}

// CountUnmappedBillable counts the organizations that have seats to bill at that moment and are not
// mapped, though they could be.
func (s *Store) CountUnmappedBillable(ctx context.Context, now time.Time) (int, error) {
	n, err := count(ctx, s.from, `SELECT COUNT(*) FROM organizations o
		WHERE o.managed AND o.deleted_at IS NULL AND o.license <> 'nfr'
			AND (o.trial_ends_at IS NULL OR o.license = 'standard' OR o.trial_ends_at <= $1)
			AND NOT EXISTS (SELECT 1 FROM mappings m WHERE m.organization_id = o.id)
			AND EXISTS (SELECT 1 FROM seats s WHERE s.organization_id = o.id AND s.deleted_at IS NULL AND s.joined_at IS NOT NULL)`, unix(now))
	return n, doing("counting unmapped organizations", err)
}

// CountTrialsEnding counts the trials that end after from and not after until.
func (s *Store) CountTrialsEnding(ctx context.Context, from, until time.Time) (int, error) {
	n, err := count(ctx, s.from, `SELECT COUNT(*) FROM organizations o
		WHERE o.license = 'trial' AND o.deleted_at IS NULL AND o.trial_ends_at > $1 AND o.trial_ends_at <= $2`, unix(from), unix(until))
	return n, doing("counting trials", err)
}
