package views

// UploadPage is where a file to import is chosen.
type UploadPage struct {
	Kind     string // members, usage
	Problems Problems
}

// FileImportPage is the import of an uploaded file.
type FileImportPage struct {
	ID         int64
	Kind       string // members, usage
	Name       string // of the file
	State      string // uploaded, checked, done, discarded
	Rows       int
	Unreadable int
	Encoding   string
	Delimiter  string // in words
	Sample     [][]string
	Header     []string

	Encodings     []Option
	Columns       []FileImportColumn
	Organization  string
	OpenMonth     bool
	RemoveMissing bool
	Problems      Problems

	Progress *FileImportProgress
	Notice   *Notice
	Findings *FileImportFindings
}

// FileImportColumn is a field that a column of the file feeds.
type FileImportColumn struct {
	Name     string
	Label    string
	Required bool
	Columns  []Option // of the file
	Orders   []Option // of day and month; none: the file leaves nothing open
}

// FileImportProgress is work on an import.
type FileImportProgress struct {
	ID          int64
	Writing     bool
	Phase       string
	Done, Total int
	PerSecond   float64
}

// FileImportFindings is what an import would do, or has done.
type FileImportFindings struct {
	Rows          int
	Changes       int
	Counts        []FileImportCount
	Unchanged     int
	NotInFile     int
	Bad           int
	LeftOut       int
	Refused       string
	Unknown       []FileImportUnknown
	Problems      []FileImportProblem
	ProblemCount  int
	Organizations []FileImportOrganization
	Pager         Pager // of the organizations
	SkipProblem   string
}

// FileImportCount is a kind of change with its number.
type FileImportCount struct {
	What string
	N    int
}

// FileImportUnknown is an organization that nobody knows.
type FileImportUnknown struct {
	Name   string
	Rows   int
	Create bool
}

// FileImportProblem is something in a row that makes it unusable.
type FileImportProblem struct {
	Line    int
	Column  string
	Problem string
}

// FileImportOrganization is one that changes.
type FileImportOrganization struct {
	ID   int64 // 0: it is created
	Name string
	What string // its changes, in words
	URL  string // of its changes, one by one
}

// FileImportChangesPage shows the changes of one organization.
type FileImportChangesPage struct {
	ID    int64
	Name  string // of the organization
	Rows  []FileImportChange
	Pager Pager
}

// FileImportChange is a row's effect.
type FileImportChange struct {
	Line   int // 0: the member is not in the file
	Who    string
	What   string
	Before string
	After  string
}

func uploadPath(kind string) string {
	if kind == "usage" {
		return UsageImportPath
	}
	return MembersImportPath
}

func uploadTitle(kind string) string {
	if kind == "usage" {
		return "Import usage"
	}
	return "Import members"
}

func uploadLead(kind string) string {
	if kind == "usage" {
		return "A table of billable seats by organization and month, such as an export of " +
			"NordPass’s Usage data. A figure of the file beats what Seatbridge counts."
	}
	return "A table of members: organization and e-mail address, and, where known, status " +
		"and the dates of invitation, joining, suspension and deletion."
}

func (p FileImportPage) open() bool { return p.State == "uploaded" || p.State == "checked" }

func (p FileImportPage) checked() bool { return p.State == "checked" && p.Findings != nil }

func (f FileImportFindings) skipped() int { return f.Bad + f.LeftOut }

func fileImportProgressText(p *FileImportProgress) string {
	text := p.Phase
	if text == "" {
		text = "Starting"
	}
	text += ": " + number(p.Done) + " of " + count(p.Total, "row", "rows")
	if p.PerSecond > 0 {
		text += ", " + rate(p.PerSecond)
	}
	return text + "."
}
