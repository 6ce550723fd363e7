package views

import "strings"

// UploadPage is where a file to import is chosen.
type UploadPage struct {
	Kind     string // members, usage, organizations
	Problems Problems
}

// FileImportPage is the import of an uploaded file.
type FileImportPage struct {
	ID         int64
	Kind       string // members, usage, organizations
	Name       string // of the file
	State      string // uploaded, checked, done, discarded
	Rows       int
	Unreadable int
	Above      int               // rows above the header
	Repeated   int               // rows that are the header once more
	Sheets     []Option          // of a workbook with several; none: it is another file, or has one
	Months     []FileImportMonth // where the columns are months; none: each row names one
	LeftOut    []string          // the names of the other columns of such a file that are not read
	Encoding   string
	Delimiter  string // in words
	Sample     [][]string
	Header     []string

	Encodings     []Option
	EncodingHint  string
	Columns       []FileImportColumn
	Organization  string
	Undecided     []Option // what a plan, license and management mean that have no day; none: nothing was asked
	FirstIsStart  bool     // the first day of each organization is its start
	OpenMonth     bool
	RemoveMissing bool
	Problems      Problems

	Progress *FileImportProgress
	Notice   *Notice
	Findings *FileImportFindings
}

// FileImportColumn is a field that a column of the file feeds.
type FileImportColumn struct {
	Name        string
	Label       string
	Required    bool
	OfLife      bool     // it is about the life of organizations, in a file about something else
	Chosen      bool     // a column of the file feeds it
	Columns     []Option // of the file
	Hint        string   // how the column was recognised
	Orders      []Option // of day and month; none: the file leaves nothing open
	OrderHint   string   // how the last file had it
	Numbers     []Option // what points and commas mean; none: the file leaves nothing open
	NumbersHint string
}

// FileImportProgress is work on an import.
type FileImportProgress struct {
	ID          int64
	Writing     bool
	Phase       string
	Done, Total int
	Figures     bool // what is counted are figures, several in a row
	PerSecond   float64
}

// FileImportFindings is what an import would do, or has done.
type FileImportFindings struct {
	Rows          int
	Figures       bool // what is counted are figures, several in a row
	Blank         int  // empty cells under a month
	Changes       int
	Counts        []FileImportCount
	Unchanged     int
	NotInFile     int
	Bad           int
	LeftOut       int
	Refused       string
	AddUp         bool // rows of one organization and month are added up
	Doubles       int  // rows that wait for somebody to say so
	Undated       int  // organizations of which something differs that has no day
	NoStart       int  // organizations of which a day is before their start, which nobody said
	Sums          []FileImportSum
	SumCount      int
	Readings      []FileImportReading
	MoreReadings  int
	MeetingCount  int
	Outranked     int // figures that are not billed, because of another source or a correction
	Meetings      []FileImportMeeting
	Notes         []string // how the file was read, in sentences
	Totals        []FileImportTotal
	NoFigure      int
	Taken         []Option // names that somebody said are known organizations
	Unknown       []FileImportUnknown
	UnknownCount  int
	CreateAll     bool
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
	Twin   string // another one of the file, apart by nothing but punctuation
	Rows   int
	Create bool
	Same   []Option // what to do where known ones may be meant; none: it is created or left out
}

// FileImportReading is a text that was not read to the letter.
type FileImportReading struct {
	Column, Found, Read string
	Line, Rows          int
}

// FileImportSum is a figure that several rows add up to.
type FileImportSum struct {
	Organization, Month string
	Lines, Parts        string // parted by commas and plus signs
	Seats               int
}

// FileImportTotal is a row that sums up others.
type FileImportTotal struct {
	Line, Says, Sum int
	Month           string // the column, where columns are months
	Wrong           bool
}

// FileImportMonth is a column whose cells are the seats of a month.
type FileImportMonth struct{ Heading, Month string }

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
	Life []FileImportDifference
	URL  string // of its changes, one by one
}

// FileImportMeeting is a figure of which another source says otherwise.
type FileImportMeeting struct {
	Organization, Month, Sentence string
}

// FileImportDifference is something of an organization's life that changes.
type FileImportDifference struct {
	What, From, To string // without From it was not there before
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
	Note   string // what becomes of it, a sentence; empty: nothing to say
}

func uploadPath(kind string) string {
	switch kind {
	case "usage":
		return UsageImportPath
	case "organizations":
		return OrganizationsImportPath
	}
	return MembersImportPath
}

func uploadTitle(kind string) string {
	return "Import " + kind
}

func uploadLead(kind string) string {
	switch kind {
	case "organizations":
		return "A list of organizations and their lives: when they began, the end of a trial, and from when on which plan and license type " +
			"held and whether you managed them. An organization has a row for each change, with the day since when it holds. What the list does " +
			"not say stays as it is."
	case "usage":
		return "A table of billable seats by organization and month, such as an export of " +
			"NordPass’s Usage data. A figure of the file stands beside what other sources say; the order of sources in Settings decides."
	}
	return "A table of members: organization and e-mail address, and, where known, status " +
		"and the dates of invitation, joining, suspension and deletion. It may also say of each organization when it began, " +
		"its trial, plan and license type, and since and until when you manage it."
}

func (p FileImportPage) open() bool { return p.State == "uploaded" || p.State == "checked" }

func (p FileImportPage) checked() bool { return p.State == "checked" && p.Findings != nil }

func (f FileImportFindings) skipped() int { return f.Bad + f.LeftOut }

// units counts what the findings count: rows, or figures where a row has several.
func (f FileImportFindings) units(n int, words string) string { return units(f.Figures, n, words) }

func units(figures bool, n int, words string) string {
	if figures {
		return count(n, "figure"+words, "figures"+words)
	}
	return count(n, "row"+words, "rows"+words)
}

// areUnits is units with a verb: 1 row is, 2 rows are.
func (f FileImportFindings) areUnits(n int) string { return units(f.Figures, n, "") + " " + isAre(n) }

// capital is the word for what the findings count, at the beginning of a label.
func (f FileImportFindings) capital() string {
	if f.Figures {
		return "Figures"
	}
	return "Rows"
}

// monthsText says which columns are months, and which.
func monthsText(months []FileImportMonth) string {
	parts := make([]string, len(months))
	for i, m := range months {
		parts[i] = "“" + m.Heading + "” is " + m.Month
	}
	return "The columns are months, and each cell below is the seats of its organization in that month: " + strings.Join(parts, ", ") + "."
}

func leftOutText(names []string) string {
	quoted := make([]string, len(names))
	for i, name := range names {
		quoted[i] = "“" + name + "”"
	}
	if len(names) == 1 {
		return "The column " + quoted[0] + " is left out: it is no month and feeds no field."
	}
	return "The columns " + strings.Join(quoted, ", ") + " are left out: they are no months and feed no field."
}

// blankText says that empty cells under a month are no zeros.
func blankText(n int) string {
	return count(n, "empty cell says", "empty cells say") + " nothing of the month: what is known of it stays, and 0 is only what a cell says."
}

// totalText says what became of a row that sums up others.
func totalText(t FileImportTotal) string {
	text := "Line " + number(t.Line) + " sums up others and was passed over"
	switch {
	case !t.Wrong:
		return text + "."
	case t.Month != "":
		return text + ", but for " + t.Month + " it says " + number(t.Says) + " and the rows before it come to " + number(t.Sum) +
			": see whether a row is missing."
	}
	return text + ", but it says " + number(t.Says) + " and the rows before it come to " + number(t.Sum) + ": see whether a row is missing."
}

// readingText says what a text was read as, and where.
func readingText(r FileImportReading) string {
	text := "“" + r.Found + "” in " + r.Column + " is read as " + r.Read
	if r.Rows > 1 {
		return text + " (" + number(r.Rows) + " rows, from line " + number(r.Line) + " on)"
	}
	return text + " (line " + number(r.Line) + ")"
}

func fileImportProgressText(p *FileImportProgress) string {
	text := p.Phase
	if text == "" {
		text = "Starting"
	}
	text += ": " + number(p.Done) + " of " + units(p.Figures, p.Total, "")
	if p.PerSecond > 0 {
		text += ", " + rate(p.PerSecond)
	}
	return text + "."
}

// uploadAccepts are the files that a browser offers to choose from.
const uploadAccepts = ".csv,.tsv,.txt,.xlsx,text/csv,text/plain"

func isAre(n int) string {
	if n == 1 {
		return "is"
	}
	return "are"
}

// differenceText says what changes.
func differenceText(d FileImportDifference) string {
	if d.From == "" {
		return d.What + ": " + d.To
	}
	return d.What + ": " + d.From + " → " + d.To
}

// ofLife are the columns about the lives of organizations in a file about something else, and whether the file has one, or one has a
// problem.
func (p FileImportPage) ofLife() (columns []FileImportColumn, open bool) {
	for _, c := range p.Columns {
		if c.OfLife {
			columns, open = append(columns, c), open || c.Chosen || p.Problems[c.Name] != "" || p.Problems["dates."+c.Name] != ""
		}
	}
	return columns, open
}

func refusedAdvice(kind string) string {
	if kind == "usage" {
		return "Correct the file and upload it again below."
	}
	return "Correct the file, or leave members alone that are not in it."
}
