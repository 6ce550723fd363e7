package store

import (
	"context"
	"database/sql"
	"fmt"
	"slices"
	"strconv"
	"time"
)

// CompanyImport is what an import found in ConnectWise: all companies of the chosen types and statuses and all
// agreements of these companies.
type CompanyImport struct {
	TypeIDs, StatusIDs []int // the choice
	Companies          []Company
	Agreements         []Agreement // each of one of the companies
	At                 time.Time
}

// CompanyImportResult counts what an import found and changed.
type CompanyImportResult struct {
	Companies, NewCompanies, RenamedCompanies, GoneCompanies int
	Agreements, NewAgreements, GoneAgreements                int

	// Names of what changed since the import before, the first of each kind; none after a first import.
	New, Gone []string
	Renamed   []Rename
	Mapped    []string // of Gone, those that are mapped and therefore kept
}

// Rename is a company's new name.
type Rename struct{ From, To string }

// namesKept bounds how many names of a kind an ImportResult has.
const namesKept = 200

func keepName[T any](names []T, name T) []T {
	if len(names) == namesKept {
		return names
	}
	return append(names, name)
}

// SaveCompanyImport brings the imported copy up to date: all of it, or nothing when there is an error. A company
// or agreement that the import did not find is deleted or, when it is mapped, kept and marked as gone,
// so that nobody loses a mapping to a wrong choice of types.
func (s *Store) SaveCompanyImport(ctx context.Context, im CompanyImport) (result CompanyImportResult, err error) {
	err = s.tx(ctx, "saving a company import", func(tx *sql.Tx) error {
		result = CompanyImportResult{}
		if err := importCompanies(ctx, tx, im, &result); err != nil {
			return err
		}
		if err := importAgreements(ctx, tx, im, &result); err != nil {
			return err
		}
		if err := deleteGone(ctx, tx); err != nil {
			return err
		}
		if err := saveCompanyImportFilter(ctx, tx, im.TypeIDs, im.StatusIDs); err != nil {
			return err
		}
		_, err := exec(ctx, tx, `UPDATE integration SET last_import_at = $1`, unix(im.At))
		return err
	})
	return result, err
}

func importCompanies(ctx context.Context, tx *sql.Tx, im CompanyImport, result *CompanyImportResult) error {
	before, err := assumeGone(ctx, tx, "companies", im.At)
	if err != nil {
		return err
	}
	found := map[int]bool{}
	for _, c := range im.Companies {
		if err := importCompany(ctx, tx, c, im.At); err != nil {
			return doing(fmt.Sprintf("company %d", c.ID), err)
		}
		if found[c.ID] { // a list that shifts while it is paged shows a company twice
			continue
		}
		found[c.ID] = true
		if old, known := before[c.ID]; !known {
			result.NewCompanies++
			if len(before) > 0 {
				result.New = keepName(result.New, c.Name)
			}
		} else if old.name != c.Name {
			result.RenamedCompanies++
			result.Renamed = keepName(result.Renamed, Rename{old.name, c.Name})
		}
	}
	result.Companies = len(found)
	result.GoneCompanies = countGone(before, found)
	result.Gone = goneNames(before, found)
	result.Mapped, err = list(ctx, tx, scanValue[string], `SELECT c.name FROM companies c WHERE c.gone_at = $1
		AND EXISTS (SELECT 1 FROM mappings m WHERE m.company_id = c.id) ORDER BY c.name_folded, c.id LIMIT `+strconv.Itoa(namesKept), unix(im.At))
	return err
}

// goneNames are the names of what was there before and is not found, in order.
func goneNames(before map[int]imported, found map[int]bool) []string {
	var names []string
	for id, row := range before {
		if !row.gone && !found[id] {
			names = append(names, row.name)
		}
	}
	slices.Sort(names)
	return names[:min(len(names), namesKept)]
}

func importAgreements(ctx context.Context, tx *sql.Tx, im CompanyImport, result *CompanyImportResult) error {
	before, err := assumeGone(ctx, tx, "agreements", im.At)
	if err != nil {
		return err
	}
	found := map[int]bool{}
	for _, a := range im.Agreements {
		if err := importAgreement(ctx, tx, a, im.At); err != nil {
			return doing(fmt.Sprintf("agreement %d", a.ID), err)
		}
		if _, known := before[a.ID]; !known && !found[a.ID] {
			result.NewAgreements++
		}
		found[a.ID] = true
	}
	result.Agreements = len(found)
	result.GoneAgreements = countGone(before, found)
	return nil
}

// imported is what a table had before an import.
type imported struct {
	name string
	gone bool
}

// assumeGone marks all rows of a table as gone, until the import finds them, and answers what they were.
func assumeGone(ctx context.Context, tx *sql.Tx, table string, at time.Time) (map[int]imported, error) {
	before := map[int]imported{}
	rows := each(ctx, tx, func(row scanner) (id int, err error) {
		var i imported
		err = row.Scan(&id, &i.name, &i.gone)
		before[id] = i
		return id, err
	}, `SELECT id, name, gone_at IS NOT NULL FROM `+table)
	for _, err := range rows {
		if err != nil {
			return nil, err
		}
	}
	_, err := exec(ctx, tx, `UPDATE `+table+` SET gone_at = $1 WHERE gone_at IS NULL`, unix(at))
	return before, err
}

func countGone(before map[int]imported, found map[int]bool) int {
	n := 0
	for id, row := range before {
		if !row.gone && !found[id] {
			n++
		}
	}
	return n
}

func importCompany(ctx context.Context, tx *sql.Tx, c Company, at time.Time) error {
	_, err := exec(ctx, tx, `
		INSERT INTO companies (id, identifier, name, name_folded, status_id, status_name, imported_at) VALUES ($1, $2, $3, $4, $5, $6, $7)
		ON CONFLICT (id) DO UPDATE SET identifier = excluded.identifier, name = excluded.name, name_folded = excluded.name_folded,
			status_id = excluded.status_id, status_name = excluded.status_name, imported_at = excluded.imported_at, gone_at = NULL`,
		c.ID, c.Identifier, c.Name, foldAll(c.Name, c.Identifier), c.Status.ID, c.Status.Name, unix(at))
	if err != nil {
		return err
	}
	if _, err := exec(ctx, tx, `DELETE FROM company_types WHERE company_id = $1`, c.ID); err != nil {
		return err
	}
	for _, t := range c.Types {
		_, err := exec(ctx, tx, `INSERT INTO company_types (company_id, type_id, type_name) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING`,
			c.ID, t.ID, t.Name)
		if err != nil {
			return err
		}
	}
	return nil
}

func importAgreement(ctx context.Context, tx *sql.Tx, a Agreement, at time.Time) error {
	_, err := exec(ctx, tx, `
		INSERT INTO agreements (id, company_id, name, type_name, parent_id, status, start_date, end_date, bill_start_date,
			next_invoice_date, prorate, cancelled, billing_cycle, bill_products, one_time, imported_at)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16)
		ON CONFLICT (id) DO UPDATE SET company_id = excluded.company_id, name = excluded.name, type_name = excluded.type_name,
			parent_id = excluded.parent_id, status = excluded.status, start_date = excluded.start_date, end_date = excluded.end_date,
			bill_start_date = excluded.bill_start_date, next_invoice_date = excluded.next_invoice_date, prorate = excluded.prorate,
			cancelled = excluded.cancelled, billing_cycle = excluded.billing_cycle, bill_products = excluded.bill_products,
			one_time = excluded.one_time, imported_at = excluded.imported_at, gone_at = NULL`,
		a.ID, a.CompanyID, a.Name, a.TypeName, orNull(a.ParentID), a.Status, a.StartDate, a.EndDate, a.BillStartDate,
		a.NextInvoiceDate, a.Prorate, a.Cancelled, a.BillingCycle, a.BillProducts, a.OneTime, unix(at))
	return err
}

// deleteGone deletes what is gone and has no part in a mapping. A company stays as long as one of its agreements.
func deleteGone(ctx context.Context, tx *sql.Tx) error {
	_, err := exec(ctx, tx, `DELETE FROM agreements WHERE gone_at IS NOT NULL
		AND NOT EXISTS (SELECT 1 FROM mappings m WHERE m.agreement_id = agreements.id)`)
	if err != nil {
		return err
	}
	_, err = exec(ctx, tx, `DELETE FROM companies WHERE gone_at IS NOT NULL
		AND NOT EXISTS (SELECT 1 FROM mappings m WHERE m.company_id = companies.id)
		AND NOT EXISTS (SELECT 1 FROM agreements a WHERE a.company_id = companies.id)`)
	return err
}

func saveCompanyImportFilter(ctx context.Context, tx *sql.Tx, types, statuses []int) error {
	_, err := exec(ctx, tx, `INSERT INTO import_filters (id, type_ids, status_ids) VALUES (1, $1, $2)
		ON CONFLICT (id) DO UPDATE SET type_ids = excluded.type_ids, status_ids = excluded.status_ids`, asJSON{types}, asJSON{statuses})
	return err
}

// CompanyImportFilter reads the types and statuses of the last import: ErrNotFound before the first.
func (s *Store) CompanyImportFilter(ctx context.Context) (types, statuses []int, err error) {
	type choice struct{ types, statuses []int }
	c, err := one(ctx, s.from, func(row scanner) (c choice, err error) {
		err = row.Scan(fromJSON(&c.types), fromJSON(&c.statuses))
		return c, err
	}, `SELECT type_ids, status_ids FROM import_filters WHERE id = 1`)
	return c.types, c.statuses, doing("reading the company import filter", err)
}
