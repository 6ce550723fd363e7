package handlers

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"mime/multipart"
	"net/http"
	"net/url"
	"path"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/a-h/templ"

	"seatbridge/billing/intake"
	"seatbridge/billing/organizations"
	"seatbridge/billing/problem"
	"seatbridge/billing/seats"
	"seatbridge/billing/sheet"
	"seatbridge/billing/table"
	"seatbridge/handlers/web"
	"seatbridge/store"
	"seatbridge/views"
)

const (
	// maxUpload limits the body of an upload: the largest table and what stands around it.
	maxUpload = table.MaxBytes + 1<<20
	// uploadTime is how long an upload over a slow line may take.
	uploadTime = 15 * time.Minute
	// fileImportPatience is how long an answer waits for work on an import, so that small files need no progress page.
	fileImportPatience = 800 * time.Millisecond
	// fileImportOrganizationsPage and fileImportChangesPage are how much of what an import would do a page shows.
	fileImportOrganizationsPage = 25
	fileImportChangesPage       = 50
	// fileImportUnknownShown is how many unknown organizations can be chosen one by one; more are created all or none.
	fileImportUnknownShown = 300
)

// bodyLimit is how large the body of a request to a route may be.
func bodyLimit(pattern string) int64 {
	switch pattern {
	case "POST /usage/import", "POST /organizations/import", "POST /organizations/import/list", "POST /imports/{id}/file":
		return maxUpload
	}
	return web.MaxBody
}

func fileImportSection(kind sheet.Kind) views.Section {
	if kind == sheet.Usage {
		return views.SectionUsage
	}
	return views.SectionOrganizations
}

// Uploading.

func (s *server) showUpload(kind sheet.Kind) func(http.ResponseWriter, *http.Request) error {
	return func(w http.ResponseWriter, r *http.Request) error {
		return s.renderUpload(w, r, http.StatusOK, kind, nil)
	}
}

func (s *server) renderUpload(
	w http.ResponseWriter, r *http.Request, status int, kind sheet.Kind, problems map[string]string,
) error {
	page := views.UploadPage{Kind: string(kind), Problems: views.Problems(problems)}
	return s.web.Answer(w, r, web.Page{
		Section: fileImportSection(kind), Title: "Import " + string(kind), Status: status,
		Whole: func(l views.Layout) templ.Component { return views.Upload(l, page) },
	})
}

// upload receives a file. It is read as it comes and never held in memory.
func (s *server) upload(kind sheet.Kind) func(http.ResponseWriter, *http.Request) error {
	return func(w http.ResponseWriter, r *http.Request) error {
		saved, err := receiveFile(w, r, func(ctx context.Context, name string, file io.Reader) (store.FileImport, error) {
			return s.Billing.Files.Upload(ctx, s.web.Actor(r), kind, name, file)
		})
		var invalid *problem.Invalid
		if errors.As(err, &invalid) {
			return s.renderUpload(w, r, http.StatusUnprocessableEntity, kind, invalid.Fields)
		}
		if err != nil {
			return err
		}
		return web.Leave(w, r, views.FileImportPath(saved.ID))
	}
}

// correctFileImport receives a corrected file in the place of an import's. One that cannot be read leaves that as it is.
func (s *server) correctFileImport(w http.ResponseWriter, r *http.Request) error {
	in, err := s.fileImport(r)
	if err != nil {
		return err
	}
	saved, err := receiveFile(w, r, func(ctx context.Context, name string, file io.Reader) (store.FileImport, error) {
		return s.Billing.Files.Correct(ctx, s.web.Actor(r), in.ID, name, file)
	})
	in.FileImport.ID = cmp.Or(saved.ID, in.ID)
	return s.fileImportWork(w, r, in, err)
}

// receiveFile hands the file of a form to receive. Without one it is an *Invalid by "file".
func receiveFile(
	w http.ResponseWriter, r *http.Request, receive func(ctx context.Context, name string, file io.Reader) (store.FileImport, error),
) (store.FileImport, error) {
	// A test's recorder has no deadline to move.
	_ = http.NewResponseController(w).SetReadDeadline(time.Now().Add(uploadTime))
	file, err := uploadedFile(r)
	if err != nil {
		return store.FileImport{}, err
	}
	if file == nil {
		return store.FileImport{}, table.Unusable("Choose a file.")
	}
	defer file.Close()
	saved, err := receive(context.WithoutCancel(r.Context()), fileName(file.FileName()), file)
	if errors.Is(err, io.ErrUnexpectedEOF) {
		err = web.BadBody(err)
	}
	return saved, err
}

// uploadedFile is the field "file" of a multipart form; nil: nothing was chosen.
func uploadedFile(r *http.Request) (*multipart.Part, error) {
	parts, err := r.MultipartReader()
	if err != nil {
		return nil, web.BadBody(err)
	}
	for {
		part, err := parts.NextPart()
		if err == io.EOF {
			return nil, nil
		}
		if err != nil {
			return nil, web.BadBody(err)
		}
		if part.FormName() == "file" && part.FileName() != "" {
			return part, nil
		}
	}
}

// fileName is the last part of a name, without what cannot be shown.
func fileName(name string) string {
	name = web.Clip(web.Clean(path.Base(strings.ReplaceAll(name, `\`, "/"))), problem.MaxName)
	if name == "" || name == "." || name == "/" {
		return "file"
	}
	return name
}

// The import's page.

func (s *server) fileImport(r *http.Request) (intake.FileImport, error) {
	id, err := web.PathID(r, "id")
	if err != nil {
		return intake.FileImport{}, err
	}
	return s.Billing.Files.Find(r.Context(), id)
}

func (s *server) showFileImport(w http.ResponseWriter, r *http.Request) error {
	in, err := s.fileImport(r)
	if err != nil {
		return err
	}
	return s.renderFileImport(w, r, http.StatusOK, in, nil)
}

func (s *server) renderFileImport(w http.ResponseWriter, r *http.Request, status int, in intake.FileImport, problems problem.Fields) error {
	page := fileImportView(r, in, fileImportProgressView(in, s.Now()))
	page.Problems = views.Problems(problems)
	if page.Findings != nil {
		page.Findings.SkipProblem = problems["skip"]
		delete(page.Problems, "skip")
		if web.IsPart(r) && status == http.StatusOK {
			return s.web.Part(w, r, status, views.FileImportOrganizations(page))
		}
	}
	refresh := 0
	if page.Progress != nil {
		refresh = progressRefresh
	}
	return s.web.Answer(w, r, web.Page{
		Section: fileImportSection(in.Kind), Title: "Import " + string(in.Kind), Status: status, Refresh: refresh,
		Whole: func(l views.Layout) templ.Component { return views.FileImport(l, page) },
	})
}

// fileImportProgress is polled while there is work on an import.
func (s *server) fileImportProgress(w http.ResponseWriter, r *http.Request) error {
	in, err := s.fileImport(r)
	if err != nil {
		return err
	}
	progress := fileImportProgressView(in, s.Now())
	if !web.IsPart(r) || progress == nil {
		return web.Leave(w, r, views.FileImportPath(in.ID))
	}
	return s.web.Render(w, r, http.StatusOK, views.FileImportStatus(progress))
}

func fileImportProgressView(in intake.FileImport, now time.Time) *views.FileImportProgress {
	p := in.Progress
	if !p.Running {
		return nil
	}
	return &views.FileImportProgress{
		ID: in.ID, Writing: p.Writing, Phase: p.Phase, Done: p.Done, Total: p.Total, PerSecond: perSecond(p.Done, now.Sub(p.StartedAt)),
		Figures: in.Cross() != nil,
	}
}

func fileImportView(r *http.Request, in intake.FileImport, progress *views.FileImportProgress) views.FileImportPage {
	page := views.FileImportPage{
		ID: in.ID, Kind: string(in.Kind), Name: in.Name, State: string(in.State), Rows: in.Survey.Rows, Unreadable: in.Survey.Problems,
		Encoding: in.Survey.Encoding, Delimiter: delimiterName(in.Survey.Delimiter), Header: in.Survey.Header,
		Above: in.Survey.Above, Repeated: in.Survey.Repeated,
		Organization: in.Choices.Organization, OpenMonth: in.Choices.OpenMonth, RemoveMissing: in.Choices.RemoveMissing,
		Progress: progress, Notice: problemNotice(in.Progress.Problem), Undecided: undecidedOptions(in),
		FirstIsStart: in.Choices.FirstIsStart,
	}
	page.Months, page.LeftOut = fileImportMonths(in)
	if sheets := in.Choices.Guesses.Sheets; len(sheets) > 0 {
		chosen := cmp.Or(in.Choices.Sheet, sheets[0])
		page.Delimiter = "sheet “" + chosen + "”"
		if len(sheets) > 1 {
			page.Sheets = sheetOptions(sheets, chosen)
		}
	}
	for _, row := range in.Survey.Sample {
		page.Sample = append(page.Sample, append([]string{strconv.Itoa(row.Line)}, row.Cells...))
	}
	page.EncodingHint = "Change it if letters look wrong below."
	if last := in.Choices.Guesses.Encoding; last != "" {
		page.EncodingHint += " For the last file with these headings it was " + last + "."
	}
	page.Encodings = append(page.Encodings, views.Option{Label: "As recognised", Selected: in.Choices.Encoding == ""})
	for _, e := range table.Encodings() {
		page.Encodings = append(page.Encodings, views.Option{Value: e, Label: e, Selected: e == in.Choices.Encoding})
	}
	for _, c := range in.Kind.Columns() {
		page.Columns = append(page.Columns, fileImportColumn(in, c))
	}
	if in.Findings != nil {
		page.Findings = fileImportFindings(r, in)
	}
	return page
}

// fileImportMonths are the columns of a file that are months, and the names of those that are left out beside them.
func fileImportMonths(in intake.FileImport) (months []views.FileImportMonth, leftOut []string) {
	cross := in.Cross()
	if cross == nil {
		return nil, nil
	}
	for _, m := range cross.Months {
		months = append(months, views.FileImportMonth{Heading: in.Survey.Header[m.At], Month: m.Month.String()})
	}
	for _, i := range cross.LeftOut {
		leftOut = append(leftOut, in.Survey.Header[i])
	}
	return months, leftOut
}

func sheetOptions(sheets []string, chosen string) []views.Option {
	options := make([]views.Option, len(sheets))
	for i, name := range sheets {
		options[i] = views.Option{Value: name, Label: name, Selected: name == chosen}
	}
	return options
}

func delimiterName(delimiter byte) string {
	switch delimiter {
	case ',':
		return "commas"
	case ';':
		return "semicolons"
	case '\t':
		return "tabs"
	}
	return "vertical bars"
}

func fileImportColumn(in intake.FileImport, c sheet.Column) views.FileImportColumn {
	chosen, ok := in.Choices.Columns[c]
	column := views.FileImportColumn{
		Name: string(c), Label: columnLabel(c), Required: slices.Contains(in.Kind.Required(), c), Hint: columnHint(in, c),
		OfLife: in.Kind != sheet.Organizations && in.Kind.OfLife(c), Chosen: ok,
		Columns: []views.Option{{Label: "Not in the file", Selected: !ok}},
	}
	if in.Cross() != nil && (c == sheet.MonthColumn || c == sheet.SeatsColumn) {
		column.Required, column.Columns[0].Label = false, "The columns are months"
	}
	for i, name := range in.Survey.Header {
		column.Columns = append(column.Columns, views.Option{Value: strconv.Itoa(i), Label: name, Selected: ok && i == chosen})
	}
	if in.LeavesOrderOpen(c) {
		order := in.Choices.Dates[c]
		column.OrderHint = map[table.DateOrder]string{
			table.DayFirst:   "In the last file with these headings the day came first.",
			table.MonthFirst: "In the last file with these headings the month came first.",
		}[in.Choices.Guesses.Dates[c]]
		column.Orders = []views.Option{
			{Label: "Choose…", Selected: order == ""},
			{Value: string(table.DayFirst), Label: "Day first: 3 April", Selected: order == table.DayFirst},
			{Value: string(table.MonthFirst), Label: "Month first: 4 March", Selected: order == table.MonthFirst},
		}
	}
	if in.LeavesNumbersOpen(c) {
		style := in.Choices.Numbers[c]
		column.NumbersHint = map[table.NumberStyle]string{
			table.DecimalPoint: "In the last file with these headings commas parted thousands.",
			table.DecimalComma: "In the last file with these headings points parted thousands.",
		}[in.Choices.Guesses.Numbers[c]]
		column.Numbers = []views.Option{
			{Label: "Choose…", Selected: style == ""},
			{Value: string(table.DecimalPoint), Label: "1,000 is a thousand, 1.000 is one", Selected: style == table.DecimalPoint},
			{Value: string(table.DecimalComma), Label: "1.000 is a thousand, 1,000 is one", Selected: style == table.DecimalComma},
		}
	}
	return column
}

// columnHint says how a column came to be chosen, as long as it is, and how what it says is meant.
func columnHint(in intake.FileImport, c sheet.Column) string {
	return strings.TrimSpace(guessHint(in, c) + " " + lifeHint(in.Kind, c))
}

// guessHint says how a column came to be chosen, as long as it is.
func guessHint(in intake.FileImport, c sheet.Column) string {
	g := in.Choices.Guesses
	chosen, ok := in.Choices.Columns[c]
	guessed, was := g.Columns[c]
	switch {
	case c == sheet.StatusColumn && !ok && g.NotStatus != "":
		return "“" + g.NotStatus + "” was not taken for it: its values are no statuses. " +
			"Without one, dates decide, and who has none is active."
	case !ok || !was || chosen != guessed:
		return ""
	case in.Cross() != nil && !sheet.IsNamed(c, in.Survey.Header[chosen]):
		return "It stands before the months."
	case g.Remembered:
		return "As for the last file with these headings."
	}
	return "Recognised by its name."
}

func columnLabel(c sheet.Column) string {
	switch c {
	case sheet.EmailColumn:
		return "E-mail address"
	case sheet.ExternalIDColumn:
		return "External ID"
	case sheet.SeatsColumn:
		return "Billable seats"
	}
	if label := lifeLabel(c); label != "" {
		return label
	}
	return strings.ToUpper(string(c[:1])) + string(c[1:])
}

func memberActions() []sheet.MemberAction {
	return []sheet.MemberAction{
		sheet.AddMember, sheet.JoinMember, sheet.SuspendMember, sheet.ReactivateMember, sheet.DeleteMember, sheet.CorrectMember,
	}
}

func actionName(action sheet.MemberAction) string {
	return map[sheet.MemberAction]string{
		sheet.AddMember: "added", sheet.JoinMember: "joined", sheet.SuspendMember: "suspended",
		sheet.ReactivateMember: "reactivated", sheet.DeleteMember: "deleted", sheet.CorrectMember: "dates corrected",
	}[action]
}

func fileImportFindings(r *http.Request, in intake.FileImport) *views.FileImportFindings {
	f := in.Findings
	view := &views.FileImportFindings{
		Rows: f.Rows, Figures: in.Cross() != nil, Blank: f.Blank, Changes: f.Changes(), Unchanged: f.Unchanged,
		NotInFile: f.NotInFile, Bad: f.Bad, LeftOut: f.LeftOut,
		Refused: f.Refused, ProblemCount: f.ProblemCount, AddUp: in.Choices.AddUp, Doubles: f.Doubles, SumCount: f.SumCount,
		Undated: f.Undated, NoStart: f.NoStart, Notes: append(guessNotes(in), deletionNotes(f)...),
		MoreReadings: f.MoreReadings, NoFigure: f.NoFigure, UnknownCount: len(f.Unknown), CreateAll: in.Choices.CreateAll,
	}
	fileImportReadings(view, f)
	if in.Kind == sheet.Usage {
		view.Counts = []views.FileImportCount{{What: "New figures", N: f.NewReports}, {What: "Replaced figures", N: f.Replaced}}
	}
	for _, action := range memberActions() {
		if n := f.Actions[action]; n > 0 || action == sheet.AddMember && in.Kind == sheet.Members {
			view.Counts = append(view.Counts, views.FileImportCount{What: "Members " + actionName(action), N: n})
		}
	}
	view.Counts = append(view.Counts, lifeCounts(in.Kind, f)...)
	fileImportMeetings(view, f)
	for _, taken := range f.Taken {
		view.Taken = append(view.Taken, views.Option{
			Value: strconv.FormatInt(taken.For.ID, 10) + "=" + taken.Name, Label: "“" + taken.Name + "” is " + taken.For.Name,
		})
	}
	for _, u := range f.Unknown[:min(len(f.Unknown), fileImportUnknownShown)] {
		view.Unknown = append(view.Unknown, fileImportUnknown(in, u))
	}
	for _, p := range f.Problems {
		view.Problems = append(view.Problems, views.FileImportProblem{Line: p.Line, Column: p.Column, Problem: p.Problem})
	}
	q := web.ParseListQuery(r.URL.Query())
	shown, total, _ := web.Load(&q, fileImportOrganizationsPage, web.SlicePage(f.Organizations)) // slices do not fail
	for _, o := range shown {
		view.Organizations = append(view.Organizations, fileImportOrganization(in.ID, o))
	}
	view.Pager = q.Pager(views.FileImportPath(in.ID), fileImportOrganizationsPage, len(shown), total)
	return view
}

// fileImportReadings adds what was not read to the letter.
func fileImportReadings(view *views.FileImportFindings, f *intake.Findings) {
	for _, r := range f.Readings {
		view.Readings = append(view.Readings, views.FileImportReading{Column: r.Column, Found: r.Found, Read: r.Read, Line: r.Line, Rows: r.Rows})
	}
	for _, t := range f.Totals {
		view.Totals = append(view.Totals, fileImportTotal(t))
	}
	for _, sum := range f.Sums {
		view.Sums = append(view.Sums, views.FileImportSum{
			Organization: sum.Organization, Month: sum.Month.String(), Seats: sum.Seats,
			Lines: joinedNumbers(sum.Lines, ", "), Parts: joinedNumbers(sum.Parts, " + "),
		})
	}
}

func fileImportTotal(t sheet.Total) views.FileImportTotal {
	view := views.FileImportTotal{Line: t.Line, Says: t.Says, Sum: t.Sum, Wrong: t.Wrong}
	if t.Month != "" {
		view.Month = t.Month.String()
	}
	return view
}

func joinedNumbers(numbers []int, separator string) string {
	parts := make([]string, len(numbers))
	for i, n := range numbers {
		parts[i] = strconv.Itoa(n)
	}
	return strings.Join(parts, separator)
}

// createValue stands for the creation of an organization where the other choices are known ones by id.
const createValue = "create"

func fileImportUnknown(in intake.FileImport, u intake.UnknownOrganization) views.FileImportUnknown {
	view := views.FileImportUnknown{Name: u.Name, Twin: u.Twin, Rows: u.Rows, Create: u.Create}
	if len(u.Like) == 0 {
		return view
	}
	view.Same = []views.Option{{Value: "", Label: "Leave out", Selected: !u.Create}}
	for _, like := range u.Like {
		view.Same = append(view.Same, views.Option{
			Value: strconv.FormatInt(like.ID, 10) + "=" + u.Name, Label: "It is " + like.Name + " (" + like.Reason + ")",
			Selected: in.Choices.Same[store.Fold(u.Name)] == like.ID,
		})
	}
	if !u.Known {
		view.Same = append(view.Same, views.Option{Value: createValue + "=" + u.Name, Label: "Create it: it is another one", Selected: u.Create})
	}
	return view
}

func fileImportOrganization(id int64, o intake.Organization) views.FileImportOrganization {
	var parts []string
	for _, action := range memberActions() {
		if n := o.Actions[action]; n > 0 {
			parts = append(parts, problem.Plural(n, "member")+" "+actionName(action))
		}
	}
	if o.Reports > 0 {
		parts = append(parts, monthsOfFigures(o.Reports))
	}
	view := views.FileImportOrganization{ID: o.ID, Name: o.Name, What: strings.Join(parts, ", "), Life: lifeDifferences(o.Life)}
	if o.ID == 0 {
		view.URL = web.WithQuery(views.FileImportChangesPath(id), nil, "name", o.Name)
	} else {
		view.URL = web.WithQuery(views.FileImportChangesPath(id), nil, "organization", strconv.FormatInt(o.ID, 10))
	}
	return view
}

func monthsOfFigures(n int) string {
	if n == 1 {
		return "1 month’s figure"
	}
	return fmt.Sprintf("%d months’ figures", n)
}

// Checking, writing and discarding.

// parseFileImportChoices reads the form of an import. Every value is one that the form offers, or is left out.
func parseFileImportChoices(form url.Values, in intake.FileImport) intake.Choices {
	c := intake.Choices{
		Encoding:     string(web.OneOf(form.Get("encoding"), table.Encodings()...)),
		Sheet:        string(web.OneOf(form.Get("sheet"), in.Choices.Guesses.Sheets...)),
		Organization: web.Clip(web.Clean(form.Get("organization")), problem.MaxName),
		OpenMonth:    web.Checked(form, "open_month"), RemoveMissing: web.Checked(form, "remove_missing"),
		AddUp: web.Checked(form, "add_up"), CreateAll: web.Checked(form, "create_all"),
		Columns: sheet.ColumnMap{}, Dates: map[sheet.Column]table.DateOrder{}, Numbers: map[sheet.Column]table.NumberStyle{},
		Same: map[string]int64{}, Guesses: in.Choices.Guesses,
	}
	c.FirstIsStart = web.Checked(form, "first_is_start")
	c.Undecided = web.OneOf(form.Get("undecided"), organizations.FromTheBeginning, organizations.FromToday)
	for _, column := range in.Kind.Columns() {
		if i, err := strconv.ParseUint(form.Get("column."+string(column)), 10, 16); err == nil {
			c.Columns[column] = int(i)
		}
		if order := web.OneOf(form.Get("dates."+string(column)), table.DayFirst, table.MonthFirst); order != "" {
			c.Dates[column] = order
		}
		if style := web.OneOf(form.Get("numbers."+string(column)), table.DecimalPoint, table.DecimalComma); style != "" {
			c.Numbers[column] = style
		}
	}
	create := form["create"]
	for _, value := range form["same"] {
		which, name, _ := strings.Cut(value, "=")
		if id, err := strconv.ParseInt(which, 10, 64); err == nil && id > 0 {
			c.Same[store.Fold(web.Clean(name))] = id
		} else if which == createValue {
			create = append(create, name)
		}
	}
	for _, name := range create {
		if name = web.Clean(name); name != "" {
			c.Create = append(c.Create, name)
		}
	}
	return c
}

func (s *server) checkFileImport(w http.ResponseWriter, r *http.Request) error {
	in, err := s.fileImport(r)
	if err != nil {
		return err
	}
	if err := web.ParseForm(r); err != nil {
		return err
	}
	choices := parseFileImportChoices(r.PostForm, in)
	err = s.Billing.Files.Check(r.Context(), in.ID, choices)
	now, findErr := s.fileImport(r)
	if findErr != nil {
		return errors.Join(err, findErr)
	}
	if slices.Equal(now.Survey.Header, in.Survey.Header) { // otherwise the choices are about other columns
		now.Choices = choices // for the page that says what is wrong with them
	}
	now.Findings = nil
	return s.fileImportWork(w, r, now, err)
}

func (s *server) writeFileImport(w http.ResponseWriter, r *http.Request) error {
	in, err := s.fileImport(r)
	if err != nil {
		return err
	}
	if err := web.ParseForm(r); err != nil {
		return err
	}
	return s.fileImportWork(w, r, in, s.Billing.Files.Write(r.Context(), s.web.Actor(r), in.ID, web.Checked(r.PostForm, "skip")))
}

// fileImportWork answers a form that starts work on an import, or did not because of err.
func (s *server) fileImportWork(w http.ResponseWriter, r *http.Request, in intake.FileImport, err error) error {
	var invalid *problem.Invalid
	switch {
	case errors.As(err, &invalid):
		return s.renderFileImport(w, r, http.StatusUnprocessableEntity, in, problem.Fields(maps.Clone(invalid.Fields)))
	case errors.Is(err, problem.ErrRunning):
		return web.Leave(w, r, views.FileImportPath(in.ID))
	case err != nil:
		return err
	}
	ctx, cancel := context.WithTimeout(r.Context(), fileImportPatience)
	defer cancel()
	s.Billing.Files.Wait(ctx, in.ID)
	return web.Leave(w, r, views.FileImportPath(in.ID))
}

func (s *server) discardFileImport(w http.ResponseWriter, r *http.Request) error {
	in, err := s.fileImport(r)
	if err != nil {
		return err
	}
	if err := s.Billing.Files.Discard(r.Context(), in.ID); err != nil {
		return err
	}
	return web.Leave(w, r, views.FileImportPath(in.ID))
}

// The changes of one organization.

func (s *server) showFileImportChanges(w http.ResponseWriter, r *http.Request) error {
	in, err := s.fileImport(r)
	if err != nil {
		return err
	}
	query := r.URL.Query()
	organizationID, name := web.FormID(query.Get("organization"), 64), web.Clip(web.Clean(query.Get("name")), problem.MaxName)
	changes, err := s.Billing.Files.Changes(r.Context(), in.ID, organizationID, name)
	if err != nil {
		return err
	}
	if organizationID != 0 {
		o, err := s.Store.Organization(r.Context(), organizationID)
		if err != nil {
			return err
		}
		name = o.Name
	}
	q := web.ParseListQuery(query)
	shown, total, err := web.Load(&q, fileImportChangesPage, web.SlicePage(eachDifference(changes)))
	if err != nil {
		return err
	}
	page := views.FileImportChangesPage{
		ID: in.ID, Name: name, Pager: q.Pager(views.FileImportChangesPath(in.ID), fileImportChangesPage, len(shown), total),
	}
	for _, c := range shown {
		page.Rows = append(page.Rows, fileImportChange(c))
	}
	return s.web.Answer(w, r, web.Page{
		Section: fileImportSection(in.Kind), Title: "Changes of " + name,
		Part:  views.FileImportChangeTable(page),
		Whole: func(l views.Layout) templ.Component { return views.FileImportChanges(l, page) },
	})
}

func fileImportChange(c intake.Change) views.FileImportChange {
	if m := c.Member; m != nil {
		view := views.FileImportChange{
			Line: c.Line, Who: m.After.Email, What: "Member " + actionName(m.Action), After: seatText(m.After) + deletionText(m.Deleted),
		}
		if m.Action != sheet.AddMember {
			view.Before = seatText(m.Before)
		}
		return view
	}
	if c.Life != nil {
		return lifeChange(c)
	}
	view := views.FileImportChange{Line: c.Line, Who: c.Report.After.Month.String(), What: "New figure", After: reportText(c.Report.After)}
	if before := c.Report.Before; before != nil {
		view.What, view.Before = "Replaced figure", reportText(*before)+", "+seats.Source(before.Source).Name()
	}
	if n, counts := c.Report.Beside.Seats(); counts { // it stays, and the order of the sources says which of the two is billed
		beside := fmt.Sprintf("%d %s, %s", n, c.Report.Beside.Plan.Name(), c.Report.Beside.Source().Name())
		view.Before = strings.TrimPrefix(view.Before+"; beside it "+beside, "; beside it ")
	}
	view.Note = c.Report.Meeting
	return view
}

// seatText is a stay in short: its status and the days that matter.
func seatText(seat store.Seat) string {
	text := string(seat.Status())
	for _, m := range []struct {
		word string
		at   time.Time
	}{{"invited", seat.InvitedAt}, {"joined", seat.JoinedAt}, {"suspended", seat.SuspendedAt}, {"deleted", seat.DeletedAt}} {
		if !m.at.IsZero() {
			text += ", " + m.word + " " + m.at.UTC().Format("2 Jan 2006 15:04")
		}
	}
	return text
}

func reportText(r store.UsageReport) string {
	text := fmt.Sprintf("%d %s", r.Seats, r.Plan.Name())
	if r.Note != "" {
		text += ". " + r.Note
	}
	return text
}
