package lives

import (
	"context"
	"encoding/csv"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"testing"
	"time"

	"seatbridge/billing/background"
	"seatbridge/billing/figures"
	"seatbridge/billing/intake"
	"seatbridge/billing/organizations"
	"seatbridge/billing/problem"
	"seatbridge/billing/seats"
	"seatbridge/billing/sheet"
	"seatbridge/store"
	"seatbridge/store/storetest"
)

const name = "Acme"

// world is a Seatbridge that is told of one organization.
type world struct {
	t             *testing.T
	store         *store.Store
	organizations *organizations.Desk
	files         *intake.Desk
	figures       *figures.Book
	clock         time.Time
	id            int64 // 0: it was not told yet
	story         []string
	truth         *world // that was told at once; nil: nobody reports figures
}

func newWorld(t *testing.T, l life) *world {
	w := &world{t: t, store: storetest.Open(t)}
	clock := func() time.Time { return w.clock }
	work := background.New()
	t.Cleanup(work.Stop)
	w.organizations, w.figures = organizations.New(w.store, clock), figures.New(w.store, clock)
	w.files = intake.New(intake.Config{Store: w.store, Log: slog.New(slog.DiscardHandler), Now: clock, Background: work, Figures: w.figures})
	settings, err := w.store.Settings(t.Context())
	w.must(err)
	settings.Pending = []store.PendingRule{{Counted: l.pending}}
	w.must(w.store.UpdateSettings(t.Context(), settings))
	return w
}

func (w *world) must(err error) {
	w.t.Helper()
	if err != nil {
		w.t.Fatalf("%s: %v\n%s", w.clock, err, strings.Join(w.story, "\n"))
	}
}

func (w *world) tell(format string, args ...any) {
	w.story = append(w.story, w.clock.Format(time.DateTime)+" "+fmt.Sprintf(format, args...))
}

// add adds the organization as it is at the moment.
func (w *world) add(s organizations.State) {
	w.tell("added as %v", s)
	o, err := w.organizations.Add(w.t.Context(), problem.System(), organizations.Profile{Name: name, Plan: s.Plan, License: s.License, Managed: s.Managed})
	w.must(err)
	w.id = o.ID
}

// event is something that happens to the organization while Seatbridge is told of it at once.
type event struct {
	at   time.Time
	what string
	do   func(context.Context) error
}

// live tells everything of a life that happens from a moment on, when it happens.
func (w *world) live(l life, from time.Time) {
	w.clock = from
	w.add(l.stateAt(from))
	if from.Equal(l.start) && !l.ends.IsZero() {
		w.must(w.say(func(h *organizations.History) { h.Start, h.TrialEnds = l.start, l.ends }))
	}
	var events []event
	for _, s := range l.states[1:] {
		events = append(events, event{s.Since, fmt.Sprint("changed to ", s), func(ctx context.Context) error {
			_, err := w.organizations.Edit(ctx, problem.System(), w.id, func(p *organizations.Profile) {
				p.Plan, p.License, p.Managed = s.Plan, s.License, s.Managed
			})
			return err
		}})
	}
	for _, s := range l.stays {
		if !s.begins().Before(from) {
			events = append(events, w.stay(s)...)
		}
	}
	slices.SortStableFunc(events, func(a, b event) int { return a.at.Compare(b.at) })
	for _, e := range events {
		if e.at.After(from) || e.at.Equal(from) && strings.Contains(e.what, "@") {
			w.clock = e.at
			w.tell("%s", e.what)
			w.must(e.do(w.t.Context()))
		}
	}
	w.clock = now
}

func (w *world) stay(s stay) (events []event) {
	note := func(at time.Time, what string, do func(context.Context) error) {
		if !at.IsZero() {
			events = append(events, event{at, what + " " + s.email, do})
		}
	}
	add := func(pending bool) func(context.Context) error {
		return func(ctx context.Context) error {
			_, err := w.organizations.AddMembers(ctx, problem.System(), w.id, []string{s.email}, pending)
			return err
		}
	}
	change := func(action store.SeatAction) func(context.Context) error {
		return func(ctx context.Context) error {
			_, err := w.organizations.ChangeMembers(ctx, problem.System(), w.id, action, organizations.Members{Emails: []string{s.email}})
			return err
		}
	}
	note(s.invited, "invited", add(true))
	note(s.joined, "joined", add(false))
	note(s.suspended, "suspended", change(store.SeatSuspend))
	note(s.deleted, "deleted", change(store.SeatDelete))
	return events
}

func (w *world) say(change func(*organizations.History)) error {
	_, _, err := w.organizations.SetHistory(w.t.Context(), problem.System(), w.id, change)
	return err
}

// piece is something that is told late; an *Invalid refuses it, because something else has to be told first.
type piece struct {
	what string
	tell func() error
}

// pieces are all that is not told when it happens, from a moment on.
func (w *world) pieces(l life, from time.Time, c chance) []piece {
	if from.Equal(l.start) {
		return nil
	}
	all := w.history(l, from, c)
	files := map[int][]stay{}
	for _, s := range l.stays {
		if s.begins().Before(from) {
			i := c.IntN(3)
			files[i] = append(files[i], s)
		}
	}
	for _, stays := range files {
		c.Shuffle(len(stays), func(i, j int) { stays[i], stays[j] = stays[j], stays[i] })
		all = append(all, piece{fmt.Sprint("a file of ", stays), func() error { return w.file(stays) }})
	}
	return append(all, w.reports(c)...)
}

// reports are figures of months that were counted where all was told at once: of some months, by any source.
func (w *world) reports(c chance) (all []piece) {
	if w.truth == nil {
		return nil
	}
	for m := store.MonthOf(earliest); m < store.MonthOf(now); m = m.Add(1) {
		u, managed := w.truth.usage(m)
		n, known := u.Seats()
		if !known || !managed || u.Free || n == 0 || !c.of(25) {
			continue
		}
		source := []seats.Source{seats.SourceProvider, seats.SourceAPI, seats.SourceCSV}[c.IntN(3)]
		what := fmt.Sprintf("%s reports %d on %s of %s", source, n, u.Plan, m)
		if source == seats.SourceCSV {
			text := fmt.Sprintf("Organization,Month,Seats,Plan\n%s,%s,%d,%s\n", name, m, n, u.Plan.Name())
			if c.of(50) {
				text = fmt.Sprintf("Organization,Month,Seats\n%s,%s,%d\n", name, m, n)
			}
			all = append(all, piece{what, func() error { return w.upload(sheet.Usage, text) }})
			continue
		}
		all = append(all, piece{what, func() error {
			return w.organizations.ReportUsage(w.t.Context(), problem.System(), store.UsageReport{
				OrganizationID: w.id, Month: m, Seats: n, Plan: u.Plan, Source: string(source),
			})
		}})
	}
	return all
}

// history are the pieces about the organization itself: each as history, or as a list of organizations.
func (w *world) history(l life, from time.Time, c chance) []piece {
	var all []piece
	add := func(what string, change func(*organizations.History), list string) {
		if c.of(50) {
			all = append(all, piece{what, func() error { return w.say(change) }})
		} else {
			all = append(all, piece{"by a list, " + what, func() error { return w.list(list) }})
		}
	}
	if c.of(20) { // all at once
		return []piece{{"a list of its life", func() error { return w.list(l.list(from)) }}}
	}
	add("its start", func(h *organizations.History) { h.Start = l.start }, "Name,Start\nAcme,"+cell(l.start)+"\n")
	add("how it began", func(h *organizations.History) { h.States[0] = l.states[0] }, stateHeader+stateRow(l.states[0])+"\n")
	if !l.ends.IsZero() {
		add("the end of its trial", func(h *organizations.History) { h.TrialEnds = l.ends }, "Name,Trial ends\nAcme,"+cell(l.ends)+"\n")
	}
	for _, s := range l.states[1:] {
		if !s.Since.After(from) {
			add(fmt.Sprint("that it changed to ", s), func(h *organizations.History) { h.States = append(h.States, s) }, stateHeader+stateRow(s)+"\n")
		}
	}
	return all
}

const stateHeader = "Name,Since,Plan,License type,MSP-managed\n"

func stateRow(s organizations.State) string {
	return fmt.Sprintf("Acme,%s,%s,%s,%s", cell(s.Since), s.Plan.Name(), s.License, organizations.ChoiceOf(s.Managed))
}

// list is a list of all that the life was until a moment, its rows in any order.
func (l life) list(until time.Time) string {
	rows := []string{stateRow(l.states[0]) + "," + cell(l.start) + "," + cell(l.ends)}
	for _, s := range l.states[1:] {
		if !s.Since.After(until) {
			rows = append(rows, stateRow(s)+",,")
		}
	}
	slices.Sort(rows)
	return strings.TrimSpace(stateHeader) + ",Start,Trial ends\n" + strings.Join(rows, "\n") + "\n"
}

func cell(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.Format(time.RFC3339)
}

// tellLate tells the pieces in any order: what is refused is told again after the others.
func (w *world) tellLate(pieces []piece, c chance) {
	c.Shuffle(len(pieces), func(i, j int) { pieces[i], pieces[j] = pieces[j], pieces[i] })
	for refused := 0; len(pieces) > 0; {
		next := pieces[0]
		pieces = pieces[1:]
		err := next.tell()
		var invalid *problem.Invalid
		switch {
		case errors.As(err, &invalid) && refused < len(pieces)+1:
			w.tell("refused: %s (%v)", next.what, invalid.Fields)
			pieces, refused = append(pieces, next), refused+1
		case err != nil:
			w.must(fmt.Errorf("telling %s: %w", next.what, err))
		default:
			w.tell("told late: %s", next.what)
			refused = 0
		}
	}
}

// file imports a file about stays, which creates the organization if it is not there.
func (w *world) file(stays []stay) error {
	var text strings.Builder
	text.WriteString("Organization,E-mail,Status,Invited,Joined,Suspended,Deleted\n")
	for _, s := range stays {
		status := store.Seat{InvitedAt: s.invited, JoinedAt: s.joined, SuspendedAt: s.suspended, DeletedAt: s.deleted}.Status()
		fmt.Fprintf(&text, "%s,%s,%s,%s,%s,%s,%s\n", name, s.email, status, cell(s.invited), cell(s.joined), cell(s.suspended), cell(s.deleted))
	}
	return w.upload(sheet.Members, text.String())
}

// list imports a list of organizations.
func (w *world) list(text string) error { return w.upload(sheet.Organizations, text) }

// download is the list of organizations as the panel writes it.
func (w *world) download() string {
	o, h, err := w.organizations.History(w.t.Context(), w.id)
	w.must(err)
	var text strings.Builder
	out := csv.NewWriter(&text)
	w.must(out.WriteAll(append([][]string{organizations.ListHeader()}, organizations.ListRows(o, h)...)))
	return text.String()
}

func (w *world) upload(kind sheet.Kind, text string) error {
	ctx := w.t.Context()
	saved, err := w.files.Upload(ctx, problem.System(), kind, string(kind)+".csv", strings.NewReader(text))
	w.must(err)
	in, err := w.files.Find(ctx, saved.ID)
	w.must(err)
	in.Choices.Create = []string{name}
	w.must(w.files.Check(ctx, in.ID, in.Choices))
	w.files.Wait(ctx, in.ID)
	in, err = w.files.Find(ctx, in.ID)
	w.must(err)
	if in.Findings == nil || in.Findings.Skipped() > 0 {
		return &problem.Invalid{Fields: problem.Fields{"file": fmt.Sprintf("%+v", in.Findings)}}
	}
	w.must(w.files.Write(ctx, problem.System(), in.ID, false))
	w.files.Wait(ctx, in.ID)
	found, _, err := w.store.Organizations(ctx, store.OrganizationFilter{})
	w.must(err)
	w.id = found[0].ID
	return nil
}

// months are the figures of the organization, each in words.
func (w *world) months() (all []string) {
	for m := store.MonthOf(earliest).Add(-1); m <= store.MonthOf(now); m = m.Add(1) {
		u, managed := w.usage(m)
		n, known := u.Seats()
		all = append(all, fmt.Sprintf("%s: %d %t %s %s, free %t, managed %t", m, n, known, u.Plan, u.License, u.Free, managed))
	}
	return all
}

// usage is what the organization has in a month, and whether the MSP manages it.
func (w *world) usage(m store.Month) (u seats.Usage, managed bool) {
	period := seats.PeriodOf(m, now)
	usage, err := w.figures.Usage(w.t.Context(), period, []int64{w.id})
	w.must(err)
	for l, err := range w.store.Ledgers(w.t.Context(), period.Start(), period.End(), []int64{w.id}) {
		w.must(err)
		managed = seats.ManagedIn(l, m)
	}
	return usage[w.id], managed
}
