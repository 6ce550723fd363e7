package store

import (
	"context"
	"fmt"
	"time"
)

// Agreement is the imported copy of a ConnectWise agreement. Dates are calendar days, "2026-10-31",
// or empty.
type Agreement struct {
	ID              int // ConnectWise's own
	CompanyID       int
	Name, TypeName  string
	ParentID        int    // 0: not a child
	Status          string // as ConnectWise computed it at the import
	StartDate       string
	EndDate         string // empty: no end
	BillStartDate   string
	NextInvoiceDate string
	Prorate         bool
	Cancelled       bool
	BillingCycle    string // the name of its cycle; empty: not known
	BillProducts    string // Billable, DoNotBill, NoCharge or NoDefault; empty: not known
	OneTime         bool
	ImportedAt      time.Time // last found by an import
	GoneAt          time.Time // set while imports do not find it
}

const agreementColumns = `a.id, a.company_id, a.name, a.type_name, COALESCE(a.parent_id, 0), a.status, a.start_date, a.end_date,
	a.bill_start_date, a.next_invoice_date, a.prorate, a.cancelled, a.billing_cycle, a.bill_products, a.one_time, a.imported_at, a.gone_at`

func (a *Agreement) dest() []any {
	return []any{&a.ID, &a.CompanyID, &a.Name, &a.TypeName, &a.ParentID, &a.Status, &a.StartDate, &a.EndDate,
		&a.BillStartDate, &a.NextInvoiceDate, &a.Prorate, &a.Cancelled,
		&a.BillingCycle, &a.BillProducts, &a.OneTime, moment(&a.ImportedAt), moment(&a.GoneAt)}
}

func scanAgreement(row scanner) (a Agreement, err error) {
	err = row.Scan(a.dest()...)
	return a, err
}

// Agreement reads one agreement.
func (s *Store) Agreement(ctx context.Context, id int) (Agreement, error) {
	a, err := one(ctx, s.from, scanAgreement, `SELECT `+agreementColumns+` FROM agreements a WHERE a.id = $1`, id)
	return a, doing(fmt.Sprintf("reading agreement %d", id), err)
}

// Agreements reads the agreements of companies, by company and in the order of their names.
func (s *Store) Agreements(ctx context.Context, companyIDs []int) (map[int][]Agreement, error) {
	a, err := agreements(ctx, s.from, companyIDs)
	return a, doing("listing agreements", err)
}

func agreements(ctx context.Context, q querier, companyIDs []int) (map[int][]Agreement, error) {
	return byCompany(each(ctx, q, func(row scanner) (ofCompany[Agreement], error) {
		a, err := scanAgreement(row)
		return ofCompany[Agreement]{a.CompanyID, a}, err
	}, `SELECT `+agreementColumns+` FROM agreements a WHERE a.company_id IN `+in(companyIDs)+` ORDER BY a.name, a.id`))
}
