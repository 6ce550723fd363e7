// Package intake takes uploaded files: what is asked of them, findings, and writing them once somebody says so.
package intake

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"

	"seatbridge/billing/background"
	"seatbridge/billing/figures"
	"seatbridge/billing/organizations"
	"seatbridge/billing/problem"
	"seatbridge/billing/seats"
	"seatbridge/billing/sheet"
	"seatbridge/billing/table"
	"seatbridge/store"
)

// uploadKept is how long an uploaded file waits for its import.
const uploadKept = 24 * time.Hour

// errChanged says that an import would do something else than its check showed.
var errChanged = errors.New("what the import would do has changed since it was checked")

// FileImport is the import of an uploaded file.
type FileImport struct {
	store.FileImport
	Kind     sheet.Kind
	Survey   table.Survey
	Choices  Choices
	Findings *Findings // nil: not checked yet
	Progress Progress
}

// Progress is how far the work on an import is, or how the last work of this process ended.
type Progress struct {
	Running            bool
	Writing            bool   // not only checking
	Phase              string // what it is doing, in words
	Done, Total        int    // rows
	StartedAt, EndedAt time.Time
	Problem            store.Problem // why the work did not succeed
}

// task is the work on one import in the background.
type task struct {
	progress Progress
	cancel   context.CancelFunc
	done     chan struct{}
}

// tasks are the imports that were worked on in this process.
type tasks struct {
	mu   sync.Mutex
	byID map[int64]*task
}

// Config is what a Desk works with.
type Config struct {
	Store      *store.Store
	Log        *slog.Logger
	Now        func() time.Time
	Background *background.Group
	Figures    *figures.Book
}

// Desk takes the files that people upload: read, looked at, and written once somebody says so.
type Desk struct {
	store   *store.Store
	log     *slog.Logger
	now     func() time.Time
	work    *background.Group
	figures *figures.Book

	tasks tasks
}

// New makes the desk for a store's uploads.
func New(c Config) *Desk {
	return &Desk{store: c.Store, log: c.Log, now: c.Now, work: c.Background, figures: c.Figures}
}

// Upload receives a file to import and surveys it. A file that cannot be read is an *Invalid by "file".
func (d *Desk) Upload(ctx context.Context, who problem.Actor, kind sheet.Kind, name string, r io.Reader) (store.FileImport, error) {
	upload, err := d.store.SaveUpload(&table.Limited{Reader: r, Left: table.MaxBytes})
	if err != nil {
		return store.FileImport{}, err
	}
	in, err := d.create(ctx, who, kind, name, upload)
	if err != nil {
		return in, errors.Join(err, upload.Remove())
	}
	return in, nil
}

func (d *Desk) create(ctx context.Context, who problem.Actor, kind sheet.Kind, name string, upload store.Upload) (store.FileImport, error) {
	f, err := upload.Open()
	if err != nil {
		return store.FileImport{}, err
	}
	defer f.Close()
	first := firstSheet(f, kind)
	survey, sheets, err := inspect(f, kind, Choices{Sheet: first})
	if err != nil {
		return store.FileImport{}, err
	}
	if kind == sheet.Members && sheet.IsExplanation(survey.Header) {
		return store.FileImport{}, table.Unusable("This is a download of Seatbridge that explains the figure of a month, " +
			"and no list of members: it has neither invitations nor suspensions.")
	}
	choices, err := d.firstChoices(ctx, kind, survey)
	if err != nil {
		return store.FileImport{}, err
	}
	choices.Sheet, choices.Guesses.Sheets = first, sheets
	return d.store.CreateFileImport(ctx, store.FileImport{
		Kind: string(kind), Name: name, Survey: inJSON(survey), Choices: inJSON(choices), UploadedAt: d.now(), UploadedBy: who.Name,
	}, upload)
}

func headerKey(header []string) string {
	sum := sha256.Sum256([]byte(strings.Join(header, "\x1f")))
	return hex.EncodeToString(sum[:])
}

// inJSON writes our own structs, which can always be written.
func inJSON(v any) string {
	text, _ := json.Marshal(v)
	return string(text)
}

// Find reads an import and how far it is.
func (d *Desk) Find(ctx context.Context, id int64) (FileImport, error) {
	saved, err := d.store.FileImport(ctx, id)
	if err != nil {
		return FileImport{}, err
	}
	in := FileImport{FileImport: saved, Kind: sheet.Kind(saved.Kind)}
	err = errors.Join(
		json.Unmarshal([]byte(saved.Survey), &in.Survey),
		json.Unmarshal([]byte(saved.Choices), &in.Choices),
		json.Unmarshal([]byte(saved.Findings), &in.Findings),
	)
	d.tasks.mu.Lock()
	defer d.tasks.mu.Unlock()
	if w := d.tasks.byID[id]; w != nil {
		in.Progress = w.progress
	}
	return in, err
}

// save keeps the import's choices, findings and state.
func (d *Desk) save(ctx context.Context, in FileImport) error {
	in.FileImport.Survey, in.FileImport.Choices, in.FileImport.Findings = inJSON(in.Survey), inJSON(in.Choices), inJSON(in.Findings)
	return d.store.UpdateFileImport(ctx, in.FileImport)
}

// Check works out in the background what an import would change. Choices that do not suffice are an
// *Invalid by the columns' names and, for orders of dates, by "dates." and the name; "encoding" is what it says.
// ErrRunning: work on the import is in progress.
func (d *Desk) Check(ctx context.Context, id int64, choices Choices) error {
	in, err := d.open(ctx, id)
	if err != nil {
		return err
	}
	isOther := choices.Encoding != in.Choices.Encoding || choices.Sheet != in.Choices.Sheet
	if isOther {
		if choices, err = d.surveyAgain(ctx, &in, choices); err != nil {
			return err
		}
	}
	choices.Guesses = in.Choices.Guesses
	in.Choices, in.State, in.Findings = choices, store.FileImportUploaded, nil
	options, err := in.options(d.now())
	if err != nil && isOther { // what is left to choose is chosen by what the file says now
		return errors.Join(err, d.save(ctx, in))
	}
	if err != nil {
		return err
	}
	return d.start(in, false, func(ctx context.Context) error {
		if err := d.save(ctx, in); err != nil {
			return err
		}
		return d.checkNow(ctx, in, options)
	})
}

// open is an import that has not ended.
func (d *Desk) open(ctx context.Context, id int64) (FileImport, error) {
	in, err := d.Find(ctx, id)
	if err == nil && !in.EndedAt.IsZero() {
		err = fmt.Errorf("import %d has ended: %w", id, store.ErrNotFound)
	}
	return in, err
}

// start does work on an import in the background, one at a time.
func (d *Desk) start(in FileImport, writing bool, work func(ctx context.Context) error) error {
	w := &task{done: make(chan struct{})}
	w.progress = Progress{Running: true, Writing: writing, Total: in.cells(), StartedAt: d.now()}
	d.tasks.mu.Lock()
	defer d.tasks.mu.Unlock()
	if other := d.tasks.byID[in.ID]; other != nil && other.progress.Running {
		return problem.ErrRunning
	}
	if d.tasks.byID == nil {
		d.tasks.byID = map[int64]*task{}
	}
	d.tasks.byID[in.ID] = w
	w.cancel = d.work.Go(func(ctx context.Context) {
		defer close(w.done)
		d.end(ctx, w, work(ctx))
	})
	return nil
}

func (d *Desk) end(ctx context.Context, w *task, err error) {
	problem := problemOf(err)
	if err != nil && problem.Zero() && ctx.Err() == nil {
		d.log.Error("importing a file", "err", err)
		problem = store.Problem{What: "The import did not succeed. Nothing was written.", Do: "Try again."}
	}
	d.tasks.mu.Lock()
	defer d.tasks.mu.Unlock()
	w.progress.Running, w.progress.EndedAt, w.progress.Problem = false, d.now(), problem
}

// problemOf is what an admin can do something about.
func problemOf(err error) store.Problem {
	var invalid *problem.Invalid
	var conflict *store.Conflict
	switch {
	case errors.As(err, &conflict) && conflict.Field == "name":
		return store.Problem{What: "An organization of this name exists by now, so nothing was written.", Do: "Check the file again."}
	case errors.As(err, &conflict):
		return store.Problem{What: "Members changed while the file was written, so nothing was written.", Do: "Check the file again."}
	case errors.As(err, &invalid):
		return store.Problem{What: strings.Join(slices.Sorted(maps.Values(invalid.Fields)), " ")}
	case errors.Is(err, errChanged):
		return store.Problem{
			What: "Something changed since the check, so nothing was written.",
			Do:   "This is what the import would do now: look at it, then import.",
		}
	}
	return store.Problem{}
}

// Wait waits until no work on the import is in progress or ctx ends.
func (d *Desk) Wait(ctx context.Context, id int64) {
	d.tasks.mu.Lock()
	w := d.tasks.byID[id]
	d.tasks.mu.Unlock()
	if w == nil {
		return
	}
	select {
	case <-w.done:
	case <-ctx.Done():
	}
}

// plan is the work-up of an import. The organizations are those of the moment.
func (d *Desk) plan(ctx context.Context, in FileImport, o sheet.Options) (*plan, error) {
	rows, _, err := d.store.Organizations(ctx, store.OrganizationFilter{Status: store.OrganizationAny})
	if err != nil {
		return nil, err
	}
	list := make([]store.Organization, len(rows))
	for i, row := range rows {
		list[i] = row.Organization
	}
	return &plan{
		kind: in.Kind, header: in.Survey.Header, choices: in.Choices, options: o, index: organizations.NewIndex(list), known: newKnown(list),
		ownExport: sheet.IsOwnExport(in.Survey.Header), usage: d.usage, supposing: d.figures.Supposing, progress: d.tick(in.ID),
	}, nil
}

func (d *Desk) usage(ctx context.Context, m store.Month) (map[int64]seats.Usage, error) {
	return d.figures.Usage(ctx, seats.WholeMonth(m), nil)
}

func (d *Desk) tick(id int64) func(phase string, rows int) {
	return func(phase string, rows int) {
		d.tasks.mu.Lock()
		defer d.tasks.mu.Unlock()
		w := d.tasks.byID[id]
		if w == nil {
			return
		}
		if w.progress.Phase != phase {
			w.progress.Phase, w.progress.Done = phase, 0
		}
		w.progress.Done += rows
	}
}

// read reads the import's file into a plan.
func (d *Desk) read(ctx context.Context, in FileImport, o sheet.Options) (*plan, error) {
	f, err := d.store.OpenUpload(in.ID)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	text, _, err := textOf(f, in.Choices)
	if err != nil {
		return nil, err
	}
	p, err := d.plan(ctx, in, o)
	if err != nil {
		return nil, err
	}
	return p, p.read(cancellable{ctx, text})
}

// cancellable ends when its context does.
type cancellable struct {
	ctx context.Context
	io.Reader
}

func (c cancellable) Read(p []byte) (int, error) {
	if err := c.ctx.Err(); err != nil {
		return 0, err
	}
	return c.Reader.Read(p)
}

func (d *Desk) checkNow(ctx context.Context, in FileImport, o sheet.Options) error {
	p, err := d.read(ctx, in, o)
	if err != nil {
		return err
	}
	if err := p.compare(ctx, lookupsIn(d.store), nil); err != nil {
		return err
	}
	in.State, in.Findings = store.FileImportChecked, &p.findings
	return errors.Join(d.save(ctx, in), d.remember(ctx, in))
}

// Changes is what a checked import would do to one organization, named by its id or, without one, by its name
// in the file.
func (d *Desk) Changes(ctx context.Context, id, organizationID int64, name string) ([]Change, error) {
	in, err := d.open(ctx, id)
	if err != nil {
		return nil, err
	}
	o, err := in.options(d.now())
	if err != nil {
		return nil, err
	}
	p, err := d.read(ctx, in, o)
	if err != nil {
		return nil, err
	}
	asked := func(g *group) bool {
		return g.organization.ID == organizationID && (organizationID != 0 || store.Fold(g.organization.Name) == store.Fold(name))
	}
	p.groups = slices.DeleteFunc(p.groups, func(g *group) bool { return !asked(g) && !g.mayBeNFR() })
	var changes []Change
	err = p.compare(ctx, lookupsIn(d.store), func(_ context.Context, g *group, found []Change) error {
		if asked(g) {
			changes = found
		}
		return nil
	})
	return changes, err
}

// Write writes in the background what the check of an import showed, all of it or nothing. With skip, rows that
// cannot be imported are left out; without, there must be none: an *Invalid by "skip". When the same file would do something else
// by now, nothing is written and the import is checked again.
func (d *Desk) Write(ctx context.Context, who problem.Actor, id int64, skip bool) error {
	in, err := d.open(ctx, id)
	if err != nil {
		return err
	}
	switch {
	case in.State != store.FileImportChecked || in.Findings == nil:
		return &problem.Invalid{Fields: problem.Fields{"": "Check the file first."}}
	case in.Findings.Refused != "":
		return &problem.Invalid{Fields: problem.Fields{"": in.Findings.Refused}}
	case in.Findings.Skipped() > 0 && !skip:
		return &problem.Invalid{Fields: problem.Fields{
			"skip": fmt.Sprintf("%s cannot be imported. Correct the file, or choose to leave them out.",
				problem.Plural(in.Findings.Skipped(), in.unit())),
		}}
	}
	o, err := in.options(d.now())
	if err != nil {
		return err
	}
	return d.start(in, true, func(ctx context.Context) error {
		err := d.writeNow(ctx, who, in, o)
		if errors.Is(err, errChanged) {
			err = errors.Join(err, d.checkNow(ctx, in, o))
		}
		return err
	})
}

func (d *Desk) writeNow(ctx context.Context, who problem.Actor, in FileImport, o sheet.Options) error {
	p, err := d.read(ctx, in, o)
	if err != nil {
		return err
	}
	return d.store.WriteFileImport(ctx, in.ID, o.Now, func(s *store.Store, w *store.SeatWriter) (string, error) {
		writing := writing{in: in, who: who, now: d.now(), at: o.Now, store: s, seats: w}
		if err := p.compare(ctx, lookupsIn(s), writing.group); err != nil {
			return "", err
		}
		if p.findings.Fingerprint != in.Findings.Fingerprint {
			return "", errChanged
		}
		category := store.CategoryOrganizations
		if in.Kind == sheet.Usage {
			category = store.CategoryBilling
		}
		entry := who.Did(writing.now, category, "Imported %s from “%s”: %s.", in.Kind, in.Name, p.findings.summary(in.unit()))
		return inJSON(p.findings), s.AddActivity(ctx, entry)
	})
}

// writing is an import while it is written, in one transaction.
type writing struct {
	in    FileImport
	who   problem.Actor
	now   time.Time
	at    time.Time    // the moment of which the file is read
	store *store.Store // within the transaction
	seats *store.SeatWriter
}

// group writes the changes of one organization, adding it where nobody knows it. Its members come before what is said of its life: it
// began with the first of them where nobody says when.
func (w writing) group(ctx context.Context, g *group, changes []Change) error {
	o := g.organization
	if o.ID == 0 {
		var err error
		if o, err = organizations.Create(ctx, w.store, o); err != nil {
			return err
		}
	}
	for _, c := range changes {
		if err := w.change(ctx, o.ID, c); err != nil {
			return err
		}
	}
	if err := w.life(ctx, g.organization.ID == 0, o, changes); err != nil {
		return err
	}
	if err := w.begin(ctx, o, changes); err != nil {
		return err
	}
	if replaced := replacedText(changes); replaced != "" {
		return w.store.AddActivity(ctx, w.who.Did(w.now, store.CategoryBilling,
			"Replaced what an uploaded file said of “%s” by importing “%s”: %s.", o.Name, w.in.Name, replaced).About(o.ID))
	}
	return nil
}

// life writes what the file says of an organization's life, which is what its check showed, and that the organization is new.
func (w writing) life(ctx context.Context, added bool, o store.Organization, changes []Change) error {
	text, after, err := "", o, error(nil)
	if i := slices.IndexFunc(changes, func(c Change) bool { return c.Life != nil && !c.Life.Supposed }); i >= 0 {
		text, after, err = w.rewrite(ctx, added, o.ID, *changes[i].Life)
	}
	switch {
	case err != nil:
		return err
	case added:
		entry := fmt.Sprintf("Added organization “%s” by importing “%s”.", o.Name, w.in.Name)
		if text != "" {
			if entry, err = organizations.WithHistory(ctx, w.store, after, entry); err != nil {
				return err
			}
		}
		return w.store.AddActivity(ctx, w.who.Did(w.now, store.CategoryOrganizations, "%s", entry).About(o.ID))
	case text != "":
		return w.store.AddActivity(ctx, w.who.Did(w.now, store.CategoryOrganizations,
			"Changed the history of “%s” by importing “%s”. %s", o.Name, w.in.Name, text).About(o.ID))
	}
	return nil
}

// rewrite writes a life as the check showed it.
func (w writing) rewrite(ctx context.Context, added bool, id int64, c LifeChange) (text string, after store.Organization, err error) {
	known, err := w.store.Organization(ctx, id)
	if err != nil {
		return "", known, err
	}
	if added {
		known.ID = 0 // what is told of it is not held against what was known
	}
	text, after, err = organizations.Rewrite(ctx, w.store, id, w.at, func(h *organizations.History) { c.told.Tell(known, w.at, h) })
	if err == nil && text != c.text {
		err = errChanged
	}
	return text, after, err
}

// begin moves the beginning of an organization of which nobody said when it began back to the first member that the file has.
func (w writing) begin(ctx context.Context, o store.Organization, changes []Change) error {
	var members []sheet.MemberChange
	for _, c := range changes {
		if c.Member != nil {
			members = append(members, *c.Member)
		}
	}
	first := firstMember(members)
	if first.IsZero() || !first.Before(o.CreatedAt) {
		return nil
	}
	moved, err := organizations.BeginBy(ctx, w.store, o.ID, first)
	if err != nil || !moved {
		return err
	}
	return w.store.AddActivity(ctx, w.who.Did(w.now, store.CategoryOrganizations,
		"Start of “%s”: supposed %s → %s, with the first member in “%s”.",
		o.Name, organizations.Written(o.CreatedAt), organizations.Written(first), w.in.Name).About(o.ID))
}

// replacedText says which months' figures take the place of another one of an earlier file, from what to what. Empty: none.
func replacedText(changes []Change) string {
	var months []string
	for _, c := range changes {
		if r := c.Report; r != nil && r.Before != nil {
			months = append(months, fmt.Sprintf("%s %d %s → %d %s",
				r.After.Month, r.Before.Seats, r.Before.Plan.Name(), r.After.Seats, r.After.Plan.Name()))
		}
	}
	return strings.Join(months, ", ")
}

func (w writing) change(ctx context.Context, organizationID int64, c Change) error {
	switch {
	case c.Member != nil:
		seat := c.Member.After
		seat.OrganizationID = organizationID
		return w.seats.Save(ctx, seat)
	case c.Report != nil:
		report := c.Report.After
		report.OrganizationID, report.ReportedBy = organizationID, w.who.Name
		return w.store.SaveUsageReport(ctx, report)
	}
	return nil
}

// summary says in a sentence without its end what was done. unit is what was counted.
func (f Findings) summary(unit string) string {
	var parts []string
	for _, action := range []struct {
		action sheet.MemberAction
		done   string
	}{
		{sheet.AddMember, "added"}, {sheet.JoinMember, "joined"}, {sheet.SuspendMember, "suspended"}, {sheet.ReactivateMember, "reactivated"},
		{sheet.DeleteMember, "deleted"}, {sheet.CorrectMember, "corrected"},
	} {
		if n := f.Actions[action.action]; n > 0 {
			parts = append(parts, fmt.Sprintf("%s %s", problem.Plural(n, "member"), action.done))
		}
	}
	switch f.NewLives {
	case 0:
	case 1:
		parts = append(parts, "1 organization added with its history")
	default:
		parts = append(parts, fmt.Sprintf("%d organizations added with their history", f.NewLives))
	}
	if f.Histories > 0 {
		parts = append(parts, "the history of "+problem.Plural(f.Histories, "organization")+" changed")
	}
	if f.NewReports > 0 {
		parts = append(parts, problem.Plural(f.NewReports, "figure")+" added")
	}
	if f.Replaced > 0 {
		parts = append(parts, problem.Plural(f.Replaced, "figure")+" replaced")
	}
	if f.SumCount > 0 {
		parts = append(parts, problem.Plural(f.SumCount, "figure")+" added up from several rows")
	}
	if len(parts) == 0 {
		parts = append(parts, "nothing changed")
	}
	if f.Skipped() > 0 {
		parts = append(parts, problem.Plural(f.Skipped(), unit)+" left out")
	}
	return strings.Join(parts, ", ")
}

// Discard stops the work on an import and throws its file away. What was written stays.
func (d *Desk) Discard(ctx context.Context, id int64) error {
	d.tasks.mu.Lock()
	w := d.tasks.byID[id]
	d.tasks.mu.Unlock()
	if w != nil {
		w.cancel()
		d.Wait(ctx, id)
	}
	return d.store.DiscardFileImport(ctx, id, d.now())
}

// DiscardOld throws away the files of imports that nobody finished within a day.
func (d *Desk) DiscardOld(ctx context.Context) error {
	before := d.now().Add(-uploadKept)
	d.tasks.mu.Lock()
	maps.DeleteFunc(d.tasks.byID, func(_ int64, w *task) bool {
		return !w.progress.Running && w.progress.EndedAt.Before(before)
	})
	d.tasks.mu.Unlock()
	return d.store.DiscardOldFileImports(ctx, before, d.now())
}
