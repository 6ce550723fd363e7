package organizations

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"seatbridge/billing/problem"
	"seatbridge/billing/seats"
	"seatbridge/store"
	"seatbridge/store/storetest"
)

// desk is the organizations of a new store, and what the activity log says.
type desk struct {
	*Desk
	t *testing.T
}

func newDesk(t *testing.T) desk {
	t.Helper()
	s := storetest.Open(t)
	return desk{New(s, func() time.Time { return time.Date(2026, 3, 10, 12, 0, 0, 0, time.UTC) }), t}
}

func (d desk) acme() store.Organization {
	d.t.Helper()
	o, err := d.Add(d.t.Context(), problem.System(), Profile{Name: "Acme", Plan: store.Business, License: store.Standard, Managed: true})
	if err != nil {
		d.t.Fatal(err)
	}
	return o
}

// log is the activity log, the first entry first.
func (d desk) log() []string {
	d.t.Helper()
	entries, _, err := d.store.Activities(d.t.Context(), store.ActivityFilter{})
	if err != nil {
		d.t.Fatal(err)
	}
	var actions []string
	for _, e := range slices.Backward(entries) {
		actions = append(actions, e.Action)
	}
	return actions
}

func (d desk) wantLog(want ...string) {
	d.t.Helper()
	if got := d.log(); !slices.Equal(got, want) {
		d.t.Errorf("the log says\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

// wantInvalid wants the sentence for the field, and a cause or none.
func wantInvalid(t *testing.T, err error, field, sentence string, cause bool) {
	t.Helper()
	var invalid *problem.Invalid
	if !errors.As(err, &invalid) || invalid.Fields[field] != sentence || (invalid.Cause != nil) != cause {
		t.Errorf("got %+v, want %q for %q", err, sentence, field)
	}
}

func TestOrganizationProfileIsChecked(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	d.acme()
	good := Profile{Name: "Beta", Plan: store.Business, License: store.Standard}
	for _, c := range []struct {
		change          func(*Profile)
		field, sentence string
		taken           bool
	}{
		{func(p *Profile) { p.Name = "" }, "name", "Enter the organization's name.", false},
		{func(p *Profile) { p.Name = strings.Repeat("é", 201) }, "name", "Use at most 200 characters.", false},
		{func(p *Profile) { p.Plan = "gold" }, "plan", "Choose a plan.", false},
		{func(p *Profile) { p.License = "" }, "license", "Choose a license type.", false},
		{func(p *Profile) { p.ExternalID = strings.Repeat("x", 101) }, "external_id", "Use at most 100 characters.", false},
		{func(p *Profile) { p.Name = "ACME" }, "name", "Another organization has this name.", true},
	} {
		p := good
		c.change(&p)
		_, err := d.Add(t.Context(), problem.System(), p)
		wantInvalid(t, err, c.field, c.sentence, c.taken)
	}
	d.wantLog("Added organization “Acme”.")
	beta, err := d.Add(t.Context(), problem.System(), good)
	if err != nil {
		t.Fatal(err)
	}
	_, err = d.Edit(t.Context(), problem.System(), beta.ID, func(p *Profile) { p.License = store.Trial })
	wantInvalid(t, err, "license", "A trial can only be the first license. If it began with one, say so under History.", false)
}

func TestOrganizationDeedsAreDoneOnce(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	o := d.acme()
	same := func(*Profile) {}
	if _, err := d.Edit(t.Context(), problem.System(), o.ID, same); err != nil {
		t.Error(err)
	}
	for i, deed := range []func(context.Context, problem.Actor, int64) (store.Organization, bool, error){d.Suspend, d.Suspend, d.Reactivate, d.Reactivate, d.Delete, d.Delete} {
		if _, done, err := deed(t.Context(), problem.System(), o.ID); err != nil || done != (i%2 == 0) {
			t.Errorf("deed %d: done %t, %v", i, done, err)
		}
	}
	d.wantLog("Added organization “Acme”.", "Suspended organization “Acme”.", "Reactivated organization “Acme”.", "Deleted organization “Acme”.")
}

func TestDeletedOrganizationIsLeftAlone(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	o := d.acme()
	if _, _, err := d.Delete(t.Context(), problem.System(), o.ID); err != nil {
		t.Fatal(err)
	}
	before := d.log()
	_, edit := d.Edit(t.Context(), problem.System(), o.ID, func(p *Profile) { p.Name = "Back" })
	_, _, suspend := d.Suspend(t.Context(), problem.System(), o.ID)
	_, _, reactivate := d.Reactivate(t.Context(), problem.System(), o.ID)
	_, add := d.AddMembers(t.Context(), problem.System(), o.ID, []string{"a@example.com"}, false)
	_, change := d.ChangeMembers(t.Context(), problem.System(), o.ID, store.SeatJoin, Members{Seats: []int64{1}})
	for what, err := range map[string]error{"edit": edit, "suspend": suspend, "reactivate": reactivate, "add": add, "change": change} {
		if !errors.Is(err, ErrDeleted) {
			t.Errorf("%s: %v", what, err)
		}
		wantInvalid(t, err, "", "This organization is deleted and cannot be changed.", true)
	}
	d.wantLog(before...)
}

func TestMembersAreAddedAndChangedOnce(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	o := d.acme()
	_, err := d.AddMembers(t.Context(), problem.System(), o.ID, []string{"a@example.com", "nobody"}, false)
	wantInvalid(t, err, "emails[1]", "This is not an e-mail address.", false)
	_, err = d.AddMembers(t.Context(), problem.System(), o.ID, nil, false)
	wantInvalid(t, err, "emails", "Enter at least one e-mail address.", false)
	for _, want := range []int{2, 0} {
		added, err := d.AddMembers(t.Context(), problem.System(), o.ID, []string{"a@example.com", "A@example.com", "b@example.com"}, false)
		if err != nil || len(added.Of(Added)) != want || len(added.Of(MemberAlready)) != 2-want {
			t.Errorf("added %+v, %v; want %d", added, err, want)
		}
	}
	for _, want := range []int{1, 0} {
		changed, err := d.ChangeMembers(t.Context(), problem.System(), o.ID, store.SeatSuspend, Members{Emails: []string{"B@example.com", "x@example.com"}})
		if err != nil || changed.Changed != want || !slices.Equal(changed.Unknown, []string{"x@example.com"}) {
			t.Errorf("changed %+v, %v; want %d", changed, err, want)
		}
	}
	d.wantLog("Added organization “Acme”.", "Added 2 members to “Acme”.", "Suspended 1 member of “Acme”.")
}

func TestReportedFigureIsChecked(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	o := d.acme()
	report := store.UsageReport{OrganizationID: o.ID, Month: "2026-02", Seats: 7, Plan: store.Enterprise, Source: string(seats.SourceAPI)}
	for field, change := range map[string]func(*store.UsageReport){
		"month": func(r *store.UsageReport) { r.Month = "2026-04" },
		"seats": func(r *store.UsageReport) { r.Seats = -1 },
		"plan":  func(r *store.UsageReport) { r.Plan = "" },
		"note":  func(r *store.UsageReport) { r.Note = strings.Repeat("x", 201) },
	} {
		r := report
		change(&r)
		var invalid *problem.Invalid
		if err := d.ReportUsage(t.Context(), problem.System(), r); !errors.As(err, &invalid) || invalid.Fields[field] == "" {
			t.Errorf("%s: %v", field, err)
		}
	}
	if err := d.ReportUsage(t.Context(), problem.System(), report); err != nil {
		t.Error(err)
	}
	for _, again := range []struct {
		seats  int
		source seats.Source
	}{{7, seats.SourceAPI}, {9, seats.SourceAPI}, {5, seats.SourceCSV}} { // the same, another figure, another source
		report.Seats, report.Source = again.seats, string(again.source)
		if err := d.ReportUsage(t.Context(), problem.Actor{Name: "API token n8n"}, report); err != nil {
			t.Error(err)
		}
	}
	d.wantLog("Added organization “Acme”.", "Reported 7 NordPass Enterprise seats of “Acme” for February 2026.",
		"Reported 7 NordPass Enterprise seats of “Acme” for February 2026.",
		"Reported 9 NordPass Enterprise seats of “Acme” for February 2026, "+
			"instead of 7 NordPass Enterprise ones that the HTTP API reported on 10 March 2026.",
		"Reported 5 NordPass Enterprise seats of “Acme” for February 2026.")
	kept, err := d.store.UsageReports(t.Context(), "2026-02")
	if err != nil || len(kept) != 2 || kept[0].Seats != 9 || kept[0].ReportedBy != "API token n8n" || kept[1].Seats != 5 {
		t.Errorf("kept %+v, %v", kept, err)
	}
}
