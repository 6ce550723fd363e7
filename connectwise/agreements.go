package connectwise

import (
	"context"
	"encoding/json"
	"fmt"
	"iter"
	"net/url"
)

// Agreement is a contract with a company. Seatbridge only reads it.
type Agreement struct {
	ID                       int
	Name                     string // not unique
	Type                     Reference
	Company                  Reference
	ParentAgreement          *Reference // nil unless it is a child agreement
	StartDate                Date
	EndDate                  Date // meaningless if NoEndingDate
	NoEndingDate             bool
	Cancelled                bool
	DateCancelled            Date
	BillStartDate            Date // no addition may start earlier
	NextInvoiceDate          Date // none if ConnectWise's text is not a date
	Prorate                  bool
	InvoiceProratedAdditions bool
	PeriodType               string // Current, Future, Both, Undefined
	BillProducts             string // Billable, DoNotBill, NoCharge, NoDefault
	// BillingCycle is named Monthly, Quarterly, Annual or what the tenant calls it; zero if ConnectWise names none.
	BillingCycle Reference
	// OneTime: oneTimeFlag or billOneTimeFlag is set. Which of the two decides about invoices is not documented.
	OneTime  bool
	Status   string // computed by ConnectWise: Active, Cancelled, Expired, Inactive
	Currency string // currency code; the currency's name where there is no code
}

const (
	agreementsPath  = "/finance/agreements"
	agreementFields = "id,name,type/id,type/name,company/id,company/identifier,company/name," +
		"parentAgreement/id,parentAgreement/name,startDate,endDate,noEndingDateFlag,cancelledFlag,dateCancelled," +
		"billingCycle/id,billingCycle/name,oneTimeFlag,billOneTimeFlag," +
		"billStartDate,nextInvoiceDate,prorateFlag,invoiceProratedAdditionsFlag,periodType,billProducts," +
		"agreementStatus,currency/currencyCode,currency/name"
)

// UnmarshalJSON reads the API's record.
func (a *Agreement) UnmarshalJSON(data []byte) error {
	var wire struct {
		ID                                                                         int
		Name                                                                       text
		Type, Company, BillingCycle                                                Reference
		ParentAgreement                                                            *Reference
		StartDate, EndDate, DateCancelled, BillStartDate                           Date
		NextInvoiceDate                                                            looseDate
		NoEndingDateFlag, CancelledFlag, ProrateFlag, InvoiceProratedAdditionsFlag bool
		OneTimeFlag, BillOneTimeFlag                                               bool
		PeriodType, BillProducts, AgreementStatus                                  string
		Currency                                                                   struct{ CurrencyCode, Name text }
	}
	if err := json.Unmarshal(data, &wire); err != nil {
		return err
	}
	*a = Agreement{
		ID: wire.ID, Name: string(wire.Name), Type: wire.Type, Company: wire.Company,
		ParentAgreement: wire.ParentAgreement,
		StartDate:       wire.StartDate, EndDate: wire.EndDate, NoEndingDate: wire.NoEndingDateFlag,
		Cancelled: wire.CancelledFlag, DateCancelled: wire.DateCancelled,
		BillStartDate: wire.BillStartDate, NextInvoiceDate: wire.NextInvoiceDate.Date,
		Prorate: wire.ProrateFlag, InvoiceProratedAdditions: wire.InvoiceProratedAdditionsFlag,
		BillingCycle: wire.BillingCycle, OneTime: wire.OneTimeFlag || wire.BillOneTimeFlag,
		PeriodType: wire.PeriodType, BillProducts: wire.BillProducts, Status: wire.AgreementStatus,
		Currency: string(wire.Currency.CurrencyCode),
	}
	if a.ParentAgreement != nil && a.ParentAgreement.ID == 0 {
		a.ParentAgreement = nil
	}
	if a.Currency == "" {
		a.Currency = string(wire.Currency.Name)
	}
	return nil
}

// CompanyAgreements lists all agreements of a company, of every state. It decides whether a line may be created, so it
// asks by the one field company/id and without a list of fields: both conditions joined by `and` and lists of fields were
// seen to be answered by an empty list (docs/connectwise.md section 2). Filtered lists can lag behind writes for minutes.
func (c *Client) CompanyAgreements(ctx context.Context, companyID int) iter.Seq2[Agreement, error] {
	return agreementsWhere(ctx, c, equalsID("company/id", companyID), func(a Agreement) bool { return a.Company.ID == companyID })
}

// ChildAgreements lists the agreements, of every state, whose parent the agreement is. It asks like CompanyAgreements.
func (c *Client) ChildAgreements(ctx context.Context, parentID int) iter.Seq2[Agreement, error] {
	return agreementsWhere(ctx, c, equalsID("parentAgreement/id", parentID), func(a Agreement) bool {
		return a.ParentAgreement != nil && a.ParentAgreement.ID == parentID
	})
}

// agreementsWhere lists the agreements of one condition. What an instance yields beyond it is left out.
func agreementsWhere(ctx context.Context, c *Client, one condition, meant func(Agreement) bool) iter.Seq2[Agreement, error] {
	return func(yield func(Agreement, error) bool) {
		l := listing{path: agreementsPath, conditions: one, forwardOnly: true}
		for agreement, err := range list(ctx, c, l, func(a Agreement) int { return a.ID }) {
			if err == nil && !meant(agreement) {
				continue
			}
			if !yield(agreement, err) || err != nil {
				return
			}
		}
	}
}

// AgreementFilter restricts a list of agreements; an empty list of ids does not restrict.
type AgreementFilter struct {
	IDs, CompanyIDs []int
}

// has reports whether an agreement is meant, whatever a list yields beyond what it was asked for.
func (f AgreementFilter) has() func(Agreement) bool {
	ids, companies := setOf(f.IDs), setOf(f.CompanyIDs)
	return func(a Agreement) bool {
		return (len(ids) == 0 || ids[a.ID]) && (len(companies) == 0 || companies[a.Company.ID])
	}
}

func setOf(ids []int) map[int]bool {
	set := make(map[int]bool, len(ids))
	for _, id := range ids {
		set[id] = true
	}
	return set
}

// Agreements lists agreements of every state, each once. Long lists of ids are spread over several requests or, where that
// takes fewer, all agreements are read. Filtered lists can lag behind writes for minutes (docs/connectwise.md section 2):
// before an agreement that was asked for by id and is not in the list is taken for gone, ask Agreement.
func (c *Client) Agreements(ctx context.Context, filter AgreementFilter) iter.Seq2[Agreement, error] {
	return func(yield func(Agreement, error) bool) {
		meant := filter.has()
		for agreement, err := range listAll(ctx, c, filter.fewestRequests(ctx, c), func(a Agreement) int { return a.ID }) {
			if err == nil && !meant(agreement) {
				continue
			}
			if !yield(agreement, err) || err != nil {
				return
			}
		}
	}
}

// countedFrom is how many requests by ids are so many that it is worth a request to know whether all agreements take fewer.
const countedFrom = 5

// fewestRequests are the lists to read: all agreements by pages of 1000, if that takes fewer requests than asking by ids. An
// error of the count decides nothing: what is wrong with the connection, the lists say.
func (f AgreementFilter) fewestRequests(ctx context.Context, c *Client) []listing {
	listings := f.listings()
	if len(f.IDs) == 0 || len(listings) < countedFrom {
		return listings
	}
	all, err := countOf(ctx, c, listing{path: agreementsPath})
	if pages := all/maxPageSize + 1; err != nil || pages >= len(listings) {
		return listings
	}
	return AgreementFilter{}.listings()
}

// listings ask by one field, the ids where there are some: joined conditions were seen to find nothing.
func (f AgreementFilter) listings() []listing {
	field, wanted := "id", f.IDs
	if len(f.IDs) == 0 {
		field, wanted = "company/id", f.CompanyIDs
	}
	var listings []listing
	for _, ids := range chunks(wanted, maxConditions) {
		l := listing{path: agreementsPath, fields: agreementFields, forwardOnly: true, decides: true, conditions: anyOf(field, ids)}
		if len(f.IDs) > 0 {
			l.most = len(ids)
		}
		listings = append(listings, l)
	}
	return listings
}

// Agreement reads one agreement.
func (c *Client) Agreement(ctx context.Context, id int) (Agreement, error) {
	path := fmt.Sprintf("%s/%d", agreementsPath, id)
	return record(ctx, c, path, agreementFields, func(a Agreement) bool { return a.ID == id })
}

// record reads one record and checks that it is the one that was asked for.
func record[T any](ctx context.Context, c *Client, path, fields string, asked func(T) bool) (T, error) {
	var none T
	query := url.Values{"fields": {fields}}
	found, _, err := get[T](ctx, c, path, query)
	if err != nil {
		return none, err
	}
	if !asked(found) {
		r := request{method: "GET", path: path}
		return none, c.errorFor(r, ErrNotConnectWise, "the answer is another record than the one asked for")
	}
	return found, nil
}
