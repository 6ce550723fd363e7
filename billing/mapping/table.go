package mapping

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"time"

	"seatbridge/billing/table"
	"seatbridge/billing/workbook"
	"seatbridge/store"
)

// MappingColumns are the columns of an exported table of mappings, in order. An import needs one that
// tells the company and one that tells the organization.
func MappingColumns() []string {
	return []string{"company_identifier", "company", "agreement_id", "agreement", "organization_external_id", "organization"}
}

// A MappingKind is what importing a row of a table does.
type MappingKind string

// What a row does. A moved organization was mapped to another agreement before; its line there stays.
const (
	MappingNew       MappingKind = "new"
	MappingMoved     MappingKind = "moved"
	MappingUnchanged MappingKind = "unchanged"
	MappingProblem   MappingKind = "problem"
)

// A MappingRow is a row of an uploaded table, understood.
type MappingRow struct {
	Line                             int // of the file, from 1
	Company, Agreement, Organization string
	From                             string // what a moved organization was mapped to
	Kind                             MappingKind
	Problem                          string // a sentence
	Pair                             Pair
}

// A MappingPlan is what importing a table would do. Mappings that the table does not name stay.
type MappingPlan struct {
	Rows   []MappingRow
	Counts map[MappingKind]int
	Sheet  string // of a workbook with several sheets, the one that was read
	Sheets int    // how many it has; 0: the file is no workbook
}

// MappingFile is a table of mappings as somebody uploads it: text, or an Excel workbook.
type MappingFile interface {
	io.Reader
	io.ReaderAt
	io.Seeker
}

// maxMappingRows bounds an import; it is far above what one MSP has.
const maxMappingRows = 50_000

// openMappings opens the table of a file: of a workbook the first sheet that names the columns.
func openMappings(file MappingFile) (*table.Table, MappingPlan, error) {
	plan := MappingPlan{Counts: map[MappingKind]int{}}
	size, err := file.Seek(0, io.SeekEnd)
	if err == nil {
		_, err = file.Seek(0, io.SeekStart)
	}
	if err != nil {
		return nil, plan, fmt.Errorf("reading a table of mappings: %w", err)
	}
	book, isBook, err := workbook.Open(file, size)
	if err != nil {
		return nil, plan, err
	}
	var text io.Reader = file
	if isBook {
		plan.Sheet, plan.Sheets = cmp.Or(book.First(namesMappings), book.Sheets[0]), len(book.Sheets)
		if text, err = book.Text(plan.Sheet); err != nil {
			return nil, plan, err
		}
	}
	t, err := table.Open(text, namesMappings)
	return t, plan, err
}

// PlanMappings reads a table of mappings and says what importing it would do. Nothing is changed. A file
// that cannot be used at all is *Invalid.
func (mp *Mapper) PlanMappings(ctx context.Context, file MappingFile) (MappingPlan, error) {
	sheet, plan, err := openMappings(file)
	if err != nil {
		return MappingPlan{}, err
	}
	columns, err := findMappingColumns(sheet.Header)
	if err != nil {
		return MappingPlan{}, err
	}
	reader, err := mp.mappingReader(ctx, columns)
	if err != nil {
		return MappingPlan{}, err
	}
	for row, err := range sheet.Rows() {
		if err != nil {
			return MappingPlan{}, err
		}
		if len(plan.Rows) == maxMappingRows {
			return MappingPlan{}, table.Unusable("The file has more than %d rows. Split it and import the parts.", maxMappingRows)
		}
		read := reader.read(row)
		plan.Rows = append(plan.Rows, read)
		plan.Counts[read.Kind]++
	}
	return plan, nil
}

// mappingColumns are the places of the columns in a table, -1 for one that is not there.
type mappingColumns struct {
	identifier, company, agreementID, agreement, externalID, organization int
}

func findMappingColumns(header []string) (mappingColumns, error) {
	find := func(names ...string) int {
		return slices.IndexFunc(header, func(cell string) bool {
			name := strings.NewReplacer("_", " ", "-", " ", ".", " ").Replace(store.Fold(cell))
			return slices.Contains(names, name)
		})
	}
	c := mappingColumns{
		identifier:   find("company identifier", "company id", "identifier"),
		company:      find("company", "company name"),
		agreementID:  find("agreement id"),
		agreement:    find("agreement", "agreement name"),
		externalID:   find("organization external id", "organization id", "external id"),
		organization: find("organization", "organization name"),
	}
	var missing []string
	if c.identifier < 0 && c.company < 0 {
		missing = append(missing, "company_identifier")
	}
	if c.externalID < 0 && c.organization < 0 {
		missing = append(missing, "organization")
	}
	if len(missing) > 0 {
		return c, table.Unusable("The first line has to name the columns; there is none called %s. An export shows how.",
			strings.Join(missing, " or "))
	}
	return c, nil
}

func namesMappings(cells []string) bool {
	_, err := findMappingColumns(cells)
	return err == nil
}

// mappingReader understands rows by what is in the database.
type mappingReader struct {
	columns      mappingColumns
	world        pairWorld
	byIdentifier map[string]int // companies
	byName       map[string][]int
	byExternalID map[string]int64 // organizations that are not deleted
	byOrgName    map[string]int64
	today        time.Time
	lineOf       map[int64]int // in which line an organization was met
}

func (mp *Mapper) mappingReader(ctx context.Context, columns mappingColumns) (*mappingReader, error) {
	r := &mappingReader{
		columns: columns, today: mp.now(), lineOf: map[int64]int{},
		world:        pairWorld{map[int]store.CompanyRow{}, map[int64]store.OrganizationRow{}},
		byIdentifier: map[string]int{}, byName: map[string][]int{}, byExternalID: map[string]int64{}, byOrgName: map[string]int64{},
	}
	companies, _, err := mp.store.Companies(ctx, store.CompanyFilter{})
	if err != nil {
		return nil, fmt.Errorf("reading companies: %w", err)
	}
	for _, c := range companies {
		r.world.companies[c.ID] = c
		r.byIdentifier[store.Fold(c.Identifier)] = c.ID
		r.byName[store.Fold(c.Name)] = append(r.byName[store.Fold(c.Name)], c.ID)
	}
	organizations, _, err := mp.store.Organizations(ctx, store.OrganizationFilter{})
	if err != nil {
		return nil, fmt.Errorf("reading organizations: %w", err)
	}
	for _, o := range organizations {
		r.world.organizations[o.ID] = o
		r.byOrgName[store.Fold(o.Name)] = o.ID
		if o.ExternalID != "" {
			r.byExternalID[o.ExternalID] = o.ID
		}
	}
	return r, nil
}

func (r *mappingReader) read(row table.Row) MappingRow {
	read := MappingRow{Line: row.Line, Kind: MappingProblem, Problem: row.Problem}
	if row.Problem != "" {
		return read
	}
	cell := func(column int) string {
		if column < 0 {
			return ""
		}
		return row.Cells[column]
	}
	c := r.columns
	read.Company = firstOf(cell(c.company), cell(c.identifier))
	read.Agreement = firstOf(cell(c.agreement), cell(c.agreementID))
	read.Organization = firstOf(cell(c.organization), cell(c.externalID))
	if read.Pair.CompanyID, read.Problem = r.company(cell(c.identifier), cell(c.company)); read.Problem != "" {
		return read
	}
	read.Company = r.world.companies[read.Pair.CompanyID].Name
	if read.Pair.OrganizationID, read.Problem = r.organization(cell(c.externalID), cell(c.organization)); read.Problem != "" {
		return read
	}
	o := r.world.organizations[read.Pair.OrganizationID]
	read.Organization = o.Name
	if read.Pair.AgreementID, read.Problem = r.agreement(read.Pair.CompanyID, cell(c.agreementID), cell(c.agreement)); read.Problem != "" {
		return read
	}
	if agreement, found := r.world.agreement(read.Pair); found {
		read.Agreement = agreement.Name
	}
	return r.judge(read, o)
}

// judge says what a row does whose parts are known.
func (r *mappingReader) judge(read MappingRow, o store.OrganizationRow) MappingRow {
	if line, again := r.lineOf[o.ID]; again {
		read.Problem = fmt.Sprintf("Line %d maps this organization already.", line)
		return read
	}
	r.lineOf[o.ID] = read.Line
	read.Pair.Was = o.AgreementID
	if o.AgreementID == read.Pair.AgreementID && o.CompanyID == read.Pair.CompanyID {
		read.Kind = MappingUnchanged
		return read
	}
	if read.Problem = r.world.problem(read.Pair, r.today); read.Problem != "" {
		return read
	}
	read.Kind = MappingNew
	if o.Mapped() {
		read.Kind, read.From = MappingMoved, o.Company+", "+o.Agreement
	}
	return read
}

func (r *mappingReader) company(identifier, name string) (int, string) {
	if identifier != "" {
		if id, found := r.byIdentifier[store.Fold(identifier)]; found {
			return id, ""
		}
		return 0, fmt.Sprintf("No imported company has the identifier %q.", identifier)
	}
	switch ids := r.byName[store.Fold(name)]; {
	case name == "":
		return 0, "The row names no company."
	case len(ids) == 0:
		return 0, fmt.Sprintf("No imported company is called %q.", name)
	case len(ids) > 1:
		return 0, fmt.Sprintf("%d companies are called %q; give the company's identifier.", len(ids), name)
	default:
		return ids[0], ""
	}
}

func (r *mappingReader) organization(externalID, name string) (int64, string) {
	if externalID != "" {
		if id, found := r.byExternalID[externalID]; found {
			return id, ""
		}
		return 0, fmt.Sprintf("No organization has the external ID %q.", externalID)
	}
	if name == "" {
		return 0, "The row names no organization."
	}
	if id, found := r.byOrgName[store.Fold(name)]; found {
		return id, ""
	}
	return 0, fmt.Sprintf("There is no organization called %q.", name)
}

// agreement finds the agreement by its id or name; a row that names none means the only one that can be used.
func (r *mappingReader) agreement(companyID int, id, name string) (int, string) {
	agreements := r.world.companies[companyID].Agreements
	if id != "" {
		n, err := strconv.Atoi(id)
		if err != nil || !slices.ContainsFunc(agreements, func(a store.Agreement) bool { return a.ID == n }) {
			return 0, fmt.Sprintf("The company has no agreement with the ID %s.", id)
		}
		return n, ""
	}
	if name != "" {
		agreements = slices.DeleteFunc(slices.Clone(agreements), func(a store.Agreement) bool { return store.Fold(a.Name) != store.Fold(name) })
		switch len(agreements) {
		case 0:
			return 0, fmt.Sprintf("The company has no agreement called %q.", name)
		case 1:
			return agreements[0].ID, "" // if it cannot be used, that is said
		}
	}
	choice := ChooseAgreement(agreements, AgreementHints{}, r.today)
	switch {
	case choice.ID == 0:
		return 0, choice.Reason + "."
	case !choice.Clear:
		return 0, "Several agreements come into question; give the agreement's ID."
	}
	return choice.ID, ""
}

func firstOf(a, b string) string {
	if a != "" {
		return a
	}
	return b
}
