package views

import "strings"

// MappingsPage exports all mappings and imports a table of them. Fields: file
// or table, and, after the dry run, pairs.
type MappingsPage struct {
	Columns  []string
	Mapped   int // organizations
	Pasted   string
	Problems Problems
	Notice   *Notice
	Plan     *MappingPlan // the dry run's
}

// MappingPlan is what importing a table would do.
type MappingPlan struct {
	New, Moved, Unchanged, Bad int
	Sheet                      string       // of a workbook, the one that was read
	Sheets                     int          // how many it has
	Rows                       []MappingRow // that change something
	Problems                   []MappingRow
	Hidden                     int    // rows beyond those listed
	Pairs                      string // what applying does, for the form
}

// MappingRow is a row of an uploaded table.
type MappingRow struct {
	Line         int
	Company      string
	Agreement    string
	Organization string
	From         string // what the organization was mapped to
	Kind         string // new, moved or problem
	Problem      string

	CompanyID, AgreementID, OrganizationID int64 // of a row that can be mapped
}

func (p MappingPlan) changes() int { return p.New + p.Moved }

func applyTitle(p MappingPlan) string {
	title := "Map " + count(p.changes(), "organization", "organizations")
	if p.Bad > 0 {
		title += ", leave out " + count(p.Bad, "row", "rows")
	}
	return title
}

func exampleTable(columns []string) string {
	return strings.Join(columns, ",") + "\nContoso,Contoso Ltd.,,Managed Services,,Contoso"
}
