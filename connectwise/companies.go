package connectwise

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"iter"
	"slices"
)

// Company is a customer of the MSP.
type Company struct {
	ID         int
	Identifier string // short name, unique, at most 30 characters
	Name       string
	Status     Reference
	Types      []Reference
	Deleted    bool // in the recycle bin
}

const (
	companiesPath = "/company/companies"
	companyFields = "id,identifier,name,status/id,status/name,types,deletedFlag"
)

// UnmarshalJSON reads the API's record.
func (c *Company) UnmarshalJSON(data []byte) error {
	var wire struct {
		ID               int
		Identifier, Name text
		Status           Reference
		Types            []Reference
		DeletedFlag      bool
	}
	if err := json.Unmarshal(data, &wire); err != nil {
		return err
	}
	*c = Company{
		ID: wire.ID, Identifier: string(wire.Identifier), Name: string(wire.Name),
		Status: wire.Status, Types: wire.Types, Deleted: wire.DeletedFlag,
	}
	return nil
}

// CompanyFilter restricts a list of companies; an empty list of ids does not restrict. A company has to have one of
// the types, one of the statuses and one of the ids.
type CompanyFilter struct {
	TypeIDs, StatusIDs, IDs []int
	IncludeDeleted          bool // also those in the recycle bin, which otherwise look like duplicates
	// Untyped also admits companies without any type, beside those of the types. ConnectWise has no condition for it: all companies are
	// read, and of each whose record names no type the types that are kept apart, one request a company. A company that is gone by then
	// is left out; where ConnectWise refuses to tell the types, the list ends with ErrTypesRefused.
	Untyped bool
}

// Companies lists companies, each once, whatever number of the chosen types it has.
func (c *Client) Companies(ctx context.Context, filter CompanyFilter) iter.Seq2[Company, error] {
	if filter.Untyped {
		return filter.byAssociation(ctx, c)
	}
	return func(yield func(Company, error) bool) {
		found := false
		for company, err := range filter.matching(ctx, c) {
			found = true
			if !yield(company, err) || err != nil {
				return
			}
		}
		if found || len(filter.TypeIDs) == 0 {
			return
		}
		for company, err := range filter.byAssociation(ctx, c) {
			if !yield(company, err) || err != nil {
				return
			}
		}
	}
}

// matching lists what ConnectWise finds for the filter.
func (f CompanyFilter) matching(ctx context.Context, c *Client) iter.Seq2[Company, error] {
	return func(yield func(Company, error) bool) {
		seen := map[int]bool{}
		types := typeReader{client: c, needed: f.Untyped}
		for company, err := range listAll(ctx, c, f.listings(), func(company Company) int { return company.ID }) {
			if err == nil && (seen[company.ID] || !f.admits(company)) {
				continue
			}
			if err == nil {
				seen[company.ID] = true
				var known bool
				if company.Types, known, err = types.of(ctx, company); err == nil && f.Untyped && !known {
					continue
				}
			}
			if !yield(company, err) || err != nil {
				return
			}
		}
	}
}

// byAssociation looks for companies of the chosen types where the records have no types to filter by, because
// the instance keeps them apart. Companies whose record does name types were found by them, or are of other types. Where it is asked
// for, those that have none are found as well.
func (f CompanyFilter) byAssociation(ctx context.Context, c *Client) iter.Seq2[Company, error] {
	chosen := f.TypeIDs
	f.TypeIDs = nil
	return func(yield func(Company, error) bool) {
		for company, err := range f.matching(ctx, c) {
			if err == nil && !company.isOf(chosen) && !(f.Untyped && len(company.Types) == 0) {
				continue
			}
			if !yield(company, err) || err != nil {
				return
			}
		}
	}
}

// admits repeats the filter, of which a request has only one condition. Types are not looked at: a record can lack them.
func (f CompanyFilter) admits(company Company) bool {
	return (f.IncludeDeleted || !company.Deleted) &&
		(len(f.StatusIDs) == 0 || slices.Contains(f.StatusIDs, company.Status.ID)) &&
		(len(f.IDs) == 0 || slices.Contains(f.IDs, company.ID))
}

func (c Company) isOf(types []int) bool {
	return slices.ContainsFunc(c.Types, func(t Reference) bool { return slices.Contains(types, t.ID) })
}

// CountCompanies counts the companies that Companies would list for a filter that is not Untyped, for people to see. It decides
// nothing: where more than one condition is needed they are joined, which was seen to count none. With so many types that they do
// not fit into one request, a company of several types can be counted more than once; where types are kept apart from the
// companies' records, none is counted.
func (c *Client) CountCompanies(ctx context.Context, filter CompanyFilter) (int, error) {
	total := 0
	for _, l := range filter.listings() {
		l.conditions = filter.conditions(l.conditions)
		n, err := countOf(ctx, c, l)
		if err != nil {
			return 0, err
		}
		total += n
	}
	return total, nil
}

// typesPerRequest bounds how many types one request asks for.
const typesPerRequest = 20

// listings are the requests that together find what the filter describes, and more: of ids, statuses and the recycle bin
// each asks by one, because joined conditions were seen to find nothing (docs/connectwise.md section 2). See admits.
func (f CompanyFilter) listings() []listing {
	room := maxConditions
	if len(f.TypeIDs) > 0 {
		room -= typesPerRequest * len("types/id%3D1000000%20or%20")
	}
	field, wanted := "id", f.IDs
	if len(f.IDs) == 0 {
		field, wanted = "status/id", f.StatusIDs
	}
	var listings []listing
	for _, types := range f.typeParts() {
		for _, ids := range chunks(wanted, room) {
			l := f.listing(types, anyOf(field, ids))
			if len(f.IDs) > 0 {
				l.most = len(ids)
			}
			listings = append(listings, l)
		}
	}
	return listings
}

// notDeleted leaves out the recycle bin.
const notDeleted condition = "deletedFlag=False"

// conditions adds to the one condition of a listing what else the filter asks for.
func (f CompanyFilter) conditions(one condition) condition {
	all := one
	if !f.IncludeDeleted && one != notDeleted {
		all = and(notDeleted, all)
	}
	if len(f.IDs) > 0 {
		all = and(all, anyOf("status/id", f.StatusIDs))
	}
	return all
}

func (f CompanyFilter) listing(types []int, one condition) listing {
	if one == "" && !f.IncludeDeleted {
		one = notDeleted
	}
	// Types are members of an array, which `in` does not reach (docs/connectwise.md section 2), so they are alternatives.
	var alternatives []condition
	for _, id := range types {
		alternatives = append(alternatives, equalsID("types/id", id))
	}
	return listing{
		path: companiesPath, fields: companyFields, forwardOnly: true, decides: true,
		conditions: one, childConditions: join(" or ", alternatives),
	}
}

// typeParts splits the types, each once; no types make one empty part.
func (f CompanyFilter) typeParts() [][]int {
	if len(f.TypeIDs) == 0 {
		return [][]int{nil}
	}
	return slices.Collect(slices.Chunk(distinct(f.TypeIDs), typesPerRequest))
}

// typeReader reads the types of companies whose record has none: types that were given later are kept apart (docs/connectwise.md
// section 5). An instance that refuses this is asked once only; the types then stay unknown, which is an error where they are needed.
type typeReader struct {
	client  *Client
	needed  bool
	refused bool
}

// of are the types in the company's record, or those kept apart from it. They are not known where ConnectWise refuses to tell them, or
// of a company that is gone since it was listed.
func (r *typeReader) of(ctx context.Context, company Company) (types []Reference, known bool, err error) {
	if r.refused || len(company.Types) > 0 {
		return company.Types, len(company.Types) > 0, nil
	}
	l := listing{path: fmt.Sprintf("%s/%d/typeAssociations", companiesPath, company.ID), fields: "id,type/id,type/name"}
	for association, err := range list(ctx, r.client, l, func(a typeAssociation) int { return a.ID }) {
		switch {
		case errors.Is(err, ErrNotFound):
			return nil, false, nil
		case errors.Is(err, ErrForbidden), errors.Is(err, ErrUnroutable):
			return nil, false, r.refuse(company, err)
		case err != nil:
			return nil, false, err
		}
		types = append(types, association.Type)
	}
	return types, true, nil
}

// refuse notes that the types cannot be read. The error is nil where they are not needed.
func (r *typeReader) refuse(company Company, cause error) error {
	r.refused = true
	if !r.needed {
		return nil
	}
	return fmt.Errorf("reading the types of company %d: %w: %w", company.ID, ErrTypesRefused, cause)
}

type typeAssociation struct {
	ID   int
	Type Reference
}

// CompanyType is a kind of company, such as customer or vendor. Tenants edit the names: key on ids.
type CompanyType struct {
	ID      int
	Name    string
	Default bool
	Vendor  bool
}

// UnmarshalJSON reads the API's record.
func (t *CompanyType) UnmarshalJSON(data []byte) error {
	var wire struct {
		ID                      int
		Name                    text
		DefaultFlag, VendorFlag bool
	}
	if err := json.Unmarshal(data, &wire); err != nil {
		return err
	}
	*t = CompanyType{ID: wire.ID, Name: string(wire.Name), Default: wire.DefaultFlag, Vendor: wire.VendorFlag}
	return nil
}

const companyTypeFields = "id,name,defaultFlag,vendorFlag"

// CompanyTypes lists the types that companies can have.
func (c *Client) CompanyTypes(ctx context.Context) iter.Seq2[CompanyType, error] {
	l := listing{path: companiesPath + "/types", fields: companyTypeFields}
	return list(ctx, c, l, func(t CompanyType) int { return t.ID })
}

// CompanyStatus is a state of a company, such as active. Tenants edit the names: key on ids.
type CompanyStatus struct {
	ID       int
	Name     string
	Default  bool
	Inactive bool
}

// UnmarshalJSON reads the API's record.
func (s *CompanyStatus) UnmarshalJSON(data []byte) error {
	var wire struct {
		ID                        int
		Name                      text
		DefaultFlag, InactiveFlag bool
	}
	if err := json.Unmarshal(data, &wire); err != nil {
		return err
	}
	*s = CompanyStatus{ID: wire.ID, Name: string(wire.Name), Default: wire.DefaultFlag, Inactive: wire.InactiveFlag}
	return nil
}

const companyStatusFields = "id,name,defaultFlag,inactiveFlag"

// CompanyStatuses lists the statuses that companies can have.
func (c *Client) CompanyStatuses(ctx context.Context) iter.Seq2[CompanyStatus, error] {
	l := listing{path: companiesPath + "/statuses", fields: companyStatusFields}
	return list(ctx, c, l, func(s CompanyStatus) int { return s.ID })
}
