package store

import (
	"context"
	"database/sql"
	"fmt"
	"iter"
	"time"
)

// Named is a ConnectWise reference: a company type or status.
type Named struct {
	ID   int
	Name string
}

func scanNamed(row scanner) (n Named, err error) {
	err = row.Scan(&n.ID, &n.Name)
	return n, err
}

// Company is the imported copy of a ConnectWise company.
type Company struct {
	ID               int // ConnectWise's own
	Identifier, Name string
	Status           Named
	Types            []Named
	ImportedAt       time.Time // last found by an import
	GoneAt           time.Time // set while imports do not find it; only mapped companies are then kept
}

const companyColumns = `c.id, c.identifier, c.name, c.status_id, c.status_name, c.imported_at, c.gone_at`

func (c *Company) dest() []any {
	return []any{&c.ID, &c.Identifier, &c.Name, &c.Status.ID, &c.Status.Name, moment(&c.ImportedAt), moment(&c.GoneAt)}
}

func scanCompany(row scanner) (c Company, err error) {
	err = row.Scan(c.dest()...)
	return c, err
}

// CompanyRow is a company as the mapping table shows it.
type CompanyRow struct {
	Company
	Agreements []Agreement
	Mappings   []MappedOrganization
}

// MappedOrganization is an organization that is mapped to a company.
type MappedOrganization struct {
	OrganizationID int64
	Organization   string
	AgreementID    int
}

// CompanyShow picks companies by the state of their mappings.
type CompanyShow string

// What a company list shows. ShowAttention are companies with a mapping that cannot be synced as it is:
// company gone, organization deleted or not managed, agreement moved to another company or one that cannot
// be billed on the day Today.
const (
	ShowAll       CompanyShow = "all"
	ShowMapped    CompanyShow = "mapped"
	ShowUnmapped  CompanyShow = "unmapped"
	ShowSuggested CompanyShow = "suggested" // not mapped, with a suggestion that can be followed
	ShowAttention CompanyShow = "attention"
)

// AgreementState picks companies by their agreements. An agreement can be billed on a day if it is not
// cancelled or gone, has started and has not ended.
type AgreementState string

// The states of a company's agreements.
const (
	AgreementsNone    AgreementState = "none"    // none can be billed
	AgreementsOne     AgreementState = "one"     // exactly one can
	AgreementsSeveral AgreementState = "several" // more than one can
	AgreementsEnding  AgreementState = "ending"  // one that can ends soon
)

// CompanyFilter picks and orders companies; a zero field does not matter.
type CompanyFilter struct {
	Search        string // part of the name or identifier; case and accents do not matter
	Show          CompanyShow
	TypeID        int
	StatusID      int
	Agreements    AgreementState
	Today, Soon   string // calendar days, for Agreements and ShowAttention: the present one and the last that is soon
	IDs           []int  // not nil: only these
	Sort          string // "name" (the default), "identifier", "status", "score" (of the best open suggestion), "mapped" (when)
	Desc          bool
	Limit, Offset int
}

// Company reads one company.
func (s *Store) Company(ctx context.Context, id int) (Company, error) {
	row, err := s.CompanyRow(ctx, id)
	return row.Company, err
}

// CompanyRow reads one company with its agreements and mappings.
func (s *Store) CompanyRow(ctx context.Context, id int) (row CompanyRow, err error) {
	err = s.snapshot(ctx, fmt.Sprintf("reading company %d", id), func(tx *sql.Tx) error {
		c, err := one(ctx, tx, scanCompany, `SELECT `+companyColumns+` FROM companies c WHERE c.id = $1`, id)
		if err != nil {
			return err
		}
		rows, err := companyRows(ctx, tx, []Company{c})
		if err == nil {
			row = rows[0]
		}
		return err
	})
	return row, err
}

// Companies lists a page of companies and counts all that match.
func (s *Store) Companies(ctx context.Context, f CompanyFilter) (page []CompanyRow, total int, err error) {
	err = s.snapshot(ctx, "listing companies", func(tx *sql.Tx) error {
		where := f.where()
		if total, err = count(ctx, tx, `SELECT COUNT(*) FROM companies c WHERE TRUE`+where.String(), where.args...); err != nil {
			return err
		}
		query, args := f.query()
		companies, err := list(ctx, tx, scanCompany, query, args...)
		if err != nil {
			return err
		}
		page, err = companyRows(ctx, tx, companies)
		return err
	})
	return page, total, err
}

func (f CompanyFilter) where() *filter {
	var w filter
	if f.Search != "" {
		w.and(`c.name_folded LIKE ? ESCAPE '\'`, contains(Fold(f.Search)))
	}
	switch f.Show {
	case ShowMapped:
		w.and(`EXISTS (SELECT 1 FROM mappings m WHERE m.company_id = c.id)`)
	case ShowUnmapped:
		w.and(`NOT EXISTS (SELECT 1 FROM mappings m WHERE m.company_id = c.id)`)
	case ShowSuggested:
		w.and(`EXISTS (SELECT 1 FROM suggestions s WHERE s.company_id = c.id AND ` + openSuggestion + `)`)
	case ShowAttention:
		w.and(`EXISTS (SELECT 1 FROM mappings m JOIN organizations o ON o.id = m.organization_id
			WHERE m.company_id = c.id AND (c.gone_at IS NOT NULL OR o.deleted_at IS NOT NULL OR NOT o.managed
				OR NOT EXISTS (SELECT 1 FROM `+billableAgreements+` AND a.id = m.agreement_id)))`, f.Today, f.Today)
	}
	if f.IDs != nil {
		w.and(`c.id IN ` + in(f.IDs))
	}
	switch f.Agreements {
	case AgreementsNone:
		w.and(`NOT EXISTS (SELECT 1 FROM `+billableAgreements+`)`, f.Today, f.Today)
	case AgreementsOne:
		w.and(`(SELECT COUNT(*) FROM `+billableAgreements+`) = 1`, f.Today, f.Today)
	case AgreementsSeveral:
		w.and(`(SELECT COUNT(*) FROM `+billableAgreements+`) > 1`, f.Today, f.Today)
	case AgreementsEnding:
		w.and(`EXISTS (SELECT 1 FROM `+billableAgreements+` AND a.end_date <> '' AND a.end_date <= ?)`, f.Today, f.Today, f.Soon)
	}
	if f.TypeID != 0 {
		w.and(`EXISTS (SELECT 1 FROM company_types t WHERE t.company_id = c.id AND t.type_id = ?)`, f.TypeID)
	}
	if f.StatusID != 0 {
		w.and(`c.status_id = ?`, f.StatusID)
	}
	return &w
}

// billableAgreements are the agreements of company c that can be billed on a day, which is given twice.
const billableAgreements = `agreements a WHERE a.company_id = c.id AND a.gone_at IS NULL AND NOT a.cancelled AND a.status <> 'Cancelled'
	AND a.start_date <= ? AND (a.end_date = '' OR a.end_date >= ?)`

func (f CompanyFilter) query() (string, []any) {
	w := f.where()
	w.write(` ORDER BY ` + f.order())
	w.page(f.Limit, f.Offset)
	return `SELECT ` + companyColumns + ` FROM companies c WHERE TRUE` + w.String(), w.args
}

func (f CompanyFilter) order() string {
	dir := direction(f.Desc)
	byName := `c.name_folded` + dir + `, c.id` + dir
	switch f.Sort {
	case "identifier":
		return `c.identifier` + dir + `, c.id` + dir
	case "status":
		return `c.status_name` + dir + `, ` + byName
	case "score":
		return `(SELECT MAX(s.score) FROM suggestions s WHERE s.company_id = c.id AND ` + openSuggestion + `)` + dir +
			` NULLS LAST, c.name_folded, c.id`
	case "mapped":
		return `(SELECT MAX(m.created_at) FROM mappings m WHERE m.company_id = c.id)` + dir + ` NULLS LAST, c.name_folded, c.id`
	}
	return byName
}

// companyRows adds types, agreements and mappings to a page of companies.
func companyRows(ctx context.Context, tx *sql.Tx, companies []Company) ([]CompanyRow, error) {
	ids := make([]int, len(companies))
	for i, c := range companies {
		ids[i] = c.ID
	}
	types, err := companyTypes(ctx, tx, ids)
	if err != nil {
		return nil, err
	}
	agreements, err := agreements(ctx, tx, ids)
	if err != nil {
		return nil, err
	}
	mappings, err := companyMappings(ctx, tx, ids)
	if err != nil {
		return nil, err
	}
	rows := make([]CompanyRow, len(companies))
	for i, c := range companies {
		c.Types = types[c.ID]
		rows[i] = CompanyRow{Company: c, Agreements: agreements[c.ID], Mappings: mappings[c.ID]}
	}
	return rows, nil
}

func companyTypes(ctx context.Context, tx *sql.Tx, ids []int) (map[int][]Named, error) {
	return byCompany(each(ctx, tx, func(row scanner) (t ofCompany[Named], err error) {
		err = row.Scan(&t.id, &t.of.ID, &t.of.Name)
		return t, err
	}, `SELECT company_id, type_id, type_name FROM company_types WHERE company_id IN `+in(ids)+` ORDER BY type_name, type_id`))
}

func companyMappings(ctx context.Context, tx *sql.Tx, ids []int) (map[int][]MappedOrganization, error) {
	return byCompany(each(ctx, tx, func(row scanner) (m ofCompany[MappedOrganization], err error) {
		err = row.Scan(&m.id, &m.of.OrganizationID, &m.of.Organization, &m.of.AgreementID)
		return m, err
	}, `SELECT m.company_id, m.organization_id, o.name, m.agreement_id FROM mappings m JOIN organizations o ON o.id = m.organization_id
		WHERE m.company_id IN `+in(ids)+` ORDER BY o.name_folded, o.id`))
}

// ofCompany is something that belongs to the company with the id.
type ofCompany[T any] struct {
	id int
	of T
}

// byCompany gathers rows by their company.
func byCompany[T any](rows iter.Seq2[ofCompany[T], error]) (map[int][]T, error) {
	gathered := map[int][]T{}
	for row, err := range rows {
		if err != nil {
			return nil, err
		}
		gathered[row.id] = append(gathered[row.id], row.of)
	}
	return gathered, nil
}

// CompanyFacets lists the types and statuses that companies have, by name.
func (s *Store) CompanyFacets(ctx context.Context) (types, statuses []Named, err error) {
	err = s.snapshot(ctx, "listing company types and statuses", func(tx *sql.Tx) error {
		types, err = list(ctx, tx, scanNamed, `SELECT type_id, MAX(type_name) FROM company_types GROUP BY type_id ORDER BY 2, 1`)
		if err != nil {
			return err
		}
		statuses, err = list(ctx, tx, scanNamed, `SELECT status_id, MAX(status_name) FROM companies GROUP BY status_id ORDER BY 2, 1`)
		return err
	})
	return types, statuses, err
}

// CompanyCounts counts all companies and those with a mapping.
func (s *Store) CompanyCounts(ctx context.Context) (total, mapped int, err error) {
	err = s.snapshot(ctx, "counting companies", func(tx *sql.Tx) error {
		if total, err = count(ctx, tx, `SELECT COUNT(*) FROM companies`); err != nil {
			return err
		}
		mapped, err = count(ctx, tx, `SELECT COUNT(DISTINCT company_id) FROM mappings`)
		return err
	})
	return total, mapped, err
}
