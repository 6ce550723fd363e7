package organizations

import (
	"strings"
	"testing"
	"time"

	"seatbridge/billing/problem"
	"seatbridge/internal/moment"
	"seatbridge/store"
)

const (
	b, e     = store.Business, store.Enterprise
	standard = store.Standard
	trial    = store.Trial
	nfr      = store.NFR
)

// The clock of newDesk stands at 2026-03-10 12:00.

// history reads a history as a form writes it, and wants it to be readable.
func history(t *testing.T, text HistoryText) History {
	t.Helper()
	h, problems := text.Parse()
	if len(problems) > 0 {
		t.Fatalf("%+v cannot be read: %v", text, problems)
	}
	return h
}

// set changes what is said of an organization's life.
func (d desk) set(id int64, text HistoryText) (store.Organization, bool, error) {
	d.t.Helper()
	h := history(d.t, text)
	return d.SetHistory(d.t.Context(), problem.System(), id, func(known *History) { *known = h })
}

func TestCase_H35_ATrialThatIsEnteredLate(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		said        HistoryText
		start, ends string
		startSaid   bool
	}{
		"nothing said":            {HistoryText{}, "2026-03-10 12:00:00", "2026-03-24 12:00:00", false},
		"the start":               {HistoryText{Start: "2026-03-01"}, "2026-03-01", "2026-03-15", true},
		"the end":                 {HistoryText{TrialEnds: "2026-03-15"}, "2026-03-01", "2026-03-15", false},
		"the end of a longer one": {HistoryText{TrialEnds: "2026-04-10"}, "2026-03-10 12:00:00", "2026-04-10", false},
		"both, and a longer one":  {HistoryText{Start: "2026-03-01", TrialEnds: "2026-03-31"}, "2026-03-01", "2026-03-31", true},
		"an instant":              {HistoryText{Start: "2026-03-01 09:30"}, "2026-03-01 09:30:00", "2026-03-15 09:30:00", true},
		"an instant elsewhere":    {HistoryText{Start: "2026-03-01T23:30:00-05:00"}, "2026-03-02 04:30:00", "2026-03-16 04:30:00", true},
	} {
		d := newDesk(t)
		p := Profile{Name: "Acme", Plan: e, License: trial, Managed: true}
		atOnce, err := d.AddWithHistory(t.Context(), problem.System(), p, history(t, tt.said))
		if err != nil {
			t.Fatal(name, err)
		}
		p.Name = "Entered first"
		later, err := d.Add(t.Context(), problem.System(), p)
		if err != nil {
			t.Fatal(name, err)
		}
		said := tt.said
		said.States = []StateText{{Plan: e, License: trial, Managed: Yes}}
		if later, _, err = d.set(later.ID, said); err != nil {
			t.Fatal(name, err)
		}
		for _, o := range []store.Organization{atOnce, later} {
			if !o.CreatedAt.Equal(moment.At(tt.start)) || !o.TrialEndsAt.Equal(moment.At(tt.ends)) || o.StartSaid != tt.startSaid {
				t.Errorf("%s, %s: it began %s and its trial ends %s, want %s and %s", name, o.Name, o.CreatedAt, o.TrialEndsAt, tt.start, tt.ends)
			}
			if want := d.now(); !o.EnteredAt.Equal(want) {
				t.Errorf("%s: entered %s", name, o.EnteredAt)
			}
		}
	}
}

func TestSetHistory(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	o := d.acme()
	said := HistoryText{Start: "2025-11-02", TrialEnds: "2025-12-01", States: []StateText{
		{Plan: b, License: trial, Managed: Yes},
		{Since: "2026-02-01", Managed: No},
		{Since: "2026-01-05 08:00", Plan: e, License: standard},
		{Since: "2026-03-01", Managed: Yes},
	}}
	after, done, err := d.set(o.ID, said)
	if err != nil || !done {
		t.Fatal(done, err)
	}
	if after.Plan != e || after.License != standard || !after.Managed || !after.CreatedAt.Equal(moment.At("2025-11-02")) {
		t.Errorf("it is %+v", after)
	}
	life, err := d.store.Life(t.Context(), o.ID)
	if err != nil {
		t.Fatal(err)
	}
	if len(life.Terms) != 4 || len(life.Management) != 4 || !life.Terms[1].Since.Equal(moment.At("2026-01-05 08:00")) || life.Terms[1].Plan != e {
		t.Errorf("its life is %+v", life)
	}
	_, h, err := d.History(t.Context(), o.ID)
	if err != nil {
		t.Fatal(err)
	}
	text := h.Text()
	if text.Start != "2025-11-02" || text.TrialEnds != "2025-12-01" || len(text.States) != 4 ||
		text.States[1] != (StateText{"2026-01-05 08:00", e, standard, Yes}) || text.States[2] != (StateText{"2026-02-01", e, standard, No}) {
		t.Errorf("it is told as %+v", text)
	}
	for _, same := range []HistoryText{said, text} {
		if _, done, err := d.set(o.ID, same); done || err != nil {
			t.Errorf("said again it changed something, or %v", err)
		}
	}
	d.wantLog("Added organization “Acme”.", "Changed the history of “Acme”. Start: not said (2026-03-10 12:00) → 2025-11-02. "+
		"Trial ends: none → 2025-12-01. Plan, license and management: NordPass Business, standard → NordPass Business, trial; "+
		"from 2026-01-05 08:00 NordPass Enterprise, standard; from 2026-02-01 NordPass Enterprise, standard, not MSP-managed; "+
		"from 2026-03-01 NordPass Enterprise, standard.")
}

// What is said of the beginning can be taken back; then it is supposed again.
func TestHistoryIsTakenBack(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	o := d.acme()
	at := func(start string) store.Organization {
		o, _, err := d.set(o.ID, HistoryText{Start: start, States: []StateText{{Plan: b, License: standard, Managed: Yes}}})
		if err != nil {
			t.Fatal(err)
		}
		return o
	}
	at("2025-11-02")
	if o := at(""); o.StartSaid || !o.CreatedAt.Equal(d.now()) {
		t.Errorf("it is supposed to begin %s", o.CreatedAt)
	}
	at("2025-11-02")
	if err := d.store.AddSeatHistory(t.Context(), []store.Seat{{OrganizationID: o.ID, Email: "a@example.com", JoinedAt: moment.At("2026-01-07")}}); err != nil {
		t.Fatal(err)
	}
	if o := at(""); o.StartSaid || !o.CreatedAt.Equal(moment.At("2026-01-07")) {
		t.Errorf("with a member on record it is supposed to begin %s", o.CreatedAt)
	}
}

func TestHistoryThatCannotBe(t *testing.T) {
	t.Parallel()
	first := StateText{Plan: b, License: standard, Managed: Yes}
	as := func(license store.License) StateText { return StateText{Plan: b, License: license, Managed: Yes} }
	change := func(since string, license store.License) StateText { return StateText{Since: since, License: license} }
	for name, tt := range map[string]struct {
		said  HistoryText
		field string
		want  string
	}{
		"begins in the future": {HistoryText{Start: "2026-03-11", States: []StateText{first}}, "start", "It cannot begin in the future, on 2026-03-11."},
		"begins in another century": {HistoryText{Start: "0026-03-11", States: []StateText{first}}, "start",
			"It cannot have begun on 0026-03-11: enter a day of this century."},
		"begins after its first member": {HistoryText{Start: "2026-02-02", States: []StateText{first}}, "start",
			"A member is on record since 2026-02-01: it began then or before."},
		"the end of no trial": {HistoryText{Start: "2026-01-01", TrialEnds: "2026-02-01", States: []StateText{first}}, "trial_ends",
			"Only an organization that began with a trial has an end of the trial."},
		"a trial that ends before it begins": {HistoryText{Start: "2026-01-10", TrialEnds: "2026-01-10", States: []StateText{as(trial)}}, "trial_ends",
			"The trial ends after it began, on 2026-01-10."},
		"a trial of years": {HistoryText{Start: "2026-01-10", TrialEnds: "2062-01-10", States: []StateText{as(trial)}}, "trial_ends",
			"This trial would last more than a year. Correct its end or the start."},
		"a trial later on": {HistoryText{Start: "2026-01-10", States: []StateText{first, change("2026-02-01", trial)}}, "states[1].license",
			"A trial can only be the first license of an organization."},
		"a trial once more": {HistoryText{Start: "2026-01-10", States: []StateText{as(trial), change("2026-02-01", standard), change("2026-02-09", trial)}},
			"states[2].license", "A trial can only be the first license of an organization."},
		"a change in the future": {HistoryText{Start: "2026-01-10", States: []StateText{first, change("2026-03-11", nfr)}}, "states[1].since",
			"2026-03-11 is in the future."},
		"a change before the start": {HistoryText{Start: "2026-01-10", States: []StateText{first, change("2026-01-10", nfr)}}, "states[1].since",
			"The organization began on 2026-01-10: this change comes after."},
		"a change before anybody knew it": {HistoryText{States: []StateText{first, change("2026-01-10", nfr)}}, "states[1].since",
			"Enter when the organization began: without that it is supposed to be 2026-02-01."},
		"two changes at once": {HistoryText{Start: "2026-01-10", States: []StateText{first, change("2026-02-01", nfr), {Since: "2026-02-01", Plan: e}}},
			"states[2].since", "Another change is of the same moment."},
		"an unknown license": {HistoryText{States: []StateText{{Plan: b, License: "free", Managed: Yes}}}, "states[0].license", "Choose a license type."},
		"an unknown plan":    {HistoryText{States: []StateText{{Plan: "gold", License: standard, Managed: Yes}}}, "states[0].plan", "Choose a plan."},
		"no beginning":       {HistoryText{Start: "2026-01-10"}, "states", "Say which plan and license it began with."},
	} {
		d := newDesk(t)
		o := d.acme()
		if err := d.store.AddSeatHistory(t.Context(), []store.Seat{{OrganizationID: o.ID, Email: "a@example.com", JoinedAt: moment.At("2026-02-01")}}); err != nil {
			t.Fatal(err)
		}
		_, _, err := d.set(o.ID, tt.said)
		t.Log(name)
		wantInvalid(t, err, tt.field, tt.want, false)
		d.wantLog("Added organization “Acme”.")
	}
}

func TestHistoryTextThatCannotBeRead(t *testing.T) {
	t.Parallel()
	_, problems := HistoryText{Start: "10 March", States: []StateText{
		{Plan: b, License: standard, Managed: Yes}, {Plan: e}, {Since: "2026-01-01"}, {Since: "2026-02-30", Plan: e},
	}}.Parse()
	wanted := problem.Fields{
		"start":           "“10 March” is no day",
		"states[1].since": "Enter from when on this holds.",
		"states[2].plan":  "Choose what changed then.",
		"states[3].since": "“2026-02-30” is no day",
	}
	for field, want := range wanted {
		if !strings.HasPrefix(problems[field], want) {
			t.Errorf("%s: %q, want %q", field, problems[field], want)
		}
	}
}

// A deleted organization's life can still be told, until its deletion.
func TestHistoryOfADeletedOrganization(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	o := d.acme()
	if _, _, err := d.Delete(t.Context(), problem.System(), o.ID); err != nil {
		t.Fatal(err)
	}
	first := StateText{Plan: b, License: standard, Managed: Yes}
	if _, done, err := d.set(o.ID, HistoryText{Start: "2026-01-10", States: []StateText{first, {Since: "2026-02-01", Plan: e}}}); err != nil || !done {
		t.Error(done, err)
	}
	_, _, err := d.set(o.ID, HistoryText{Start: "2026-01-10", States: []StateText{first, {Since: "2026-03-10 12:00", Plan: e}}})
	wantInvalid(t, err, "states[1].since", "It was deleted on 2026-03-10 12:00: this change comes before.", false)
	_, _, err = d.set(o.ID, HistoryText{Start: "2026-03-10 12:00", States: []StateText{first}})
	wantInvalid(t, err, "start", "It was deleted on 2026-03-10 12:00: it began before.", false)
}

// An MSP has one NFR organization at a time, then as now.
func TestOneNFRAtATime(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	own := d.acme()
	was := HistoryText{Start: "2025-06-01", States: []StateText{
		{Plan: b, License: nfr, Managed: Yes}, {Since: "2025-09-01", License: standard},
	}}
	if _, _, err := d.set(own.ID, was); err != nil {
		t.Fatal(err)
	}
	add := func(name string, start string, changes ...StateText) error {
		p := Profile{Name: name, Plan: b, License: nfr, Managed: true}
		text := HistoryText{Start: start, States: append([]StateText{{Plan: b, License: nfr, Managed: Yes}}, changes...)}
		h := history(t, text)
		h.States = h.States[1:]
		_, err := d.AddWithHistory(t.Context(), problem.System(), p, h)
		return err
	}
	wantInvalid(t, add("Other", "2025-08-31"), "states", "“Acme” was the NFR organization from 2025-06-01; an MSP has one at a time.", false)
	if err := add("Before", "2025-01-01", StateText{Since: "2025-06-01", License: standard}); err != nil {
		t.Error(err)
	}
	if err := add("Other", "2025-09-01"); err != nil {
		t.Error(err)
	}
	wantInvalid(t, add("A third", "2025-12-01"), "license", "There is an NFR organization already; an MSP can have one.", true)
}

func TestBeginBy(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	o, err := d.Add(t.Context(), problem.System(), Profile{Name: "Trial", Plan: b, License: trial, Managed: true})
	if err != nil {
		t.Fatal(err)
	}
	begin := func(at string) store.Organization {
		t.Helper()
		if _, err := BeginBy(t.Context(), d.store, o.ID, moment.At(at)); err != nil {
			t.Fatal(err)
		}
		o, err := d.store.Organization(t.Context(), o.ID)
		if err != nil {
			t.Fatal(err)
		}
		return o
	}
	for _, at := range []string{"2026-03-01", "2026-03-05"} { // the later one changes nothing
		if o := begin(at); !o.CreatedAt.Equal(moment.At("2026-03-01")) || !o.TrialEndsAt.Equal(moment.At("2026-03-15")) || o.StartSaid {
			t.Errorf("%s: %+v", at, o)
		}
	}
	if _, _, err := d.set(o.ID, HistoryText{Start: "2026-03-01", States: []StateText{{Plan: b, License: trial, Managed: Yes}}}); err != nil {
		t.Fatal(err)
	}
	_, err = BeginBy(t.Context(), d.store, o.ID, moment.At("2026-02-01"))
	wantInvalid(t, err, "start", "1 February 2026 is before Trial began, on 1 March 2026: correct the date, "+
		"or the start under History on the organization's page.", false)
	if o := begin("2026-03-01"); !o.CreatedAt.Equal(moment.At("2026-03-01")) {
		t.Errorf("%+v", o)
	}
}

func TestParseMoment(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"2026-03-10": "2026-03-10", " 2026-03-10 14:30 ": "2026-03-10 14:30:00", "2026-03-10 14:30:05": "2026-03-10 14:30:05",
		"2026-03-10T14:30:05Z": "2026-03-10 14:30:05", "2026-03-10T00:30:00+02:00": "2026-03-09 22:30:00",
		"2026-03-10T14:30:05.75Z": "2026-03-10 14:30:05",
	} {
		at, sentence := ParseMoment(text)
		if sentence != "" || !at.Equal(moment.At(want)) {
			t.Errorf("%q is %s, %s", text, at, sentence)
		}
		if again, _ := ParseMoment(Written(at)); !again.Equal(at) {
			t.Errorf("%q is written %q", text, Written(at))
		}
	}
	for _, text := range []string{"10.03.2026", "2026-13-01", "yesterday", strings.Repeat("9", 4000), "2026-03-10 25:00"} {
		if at, sentence := ParseMoment(text); sentence == "" || !at.IsZero() {
			t.Errorf("%q is %s", text, at.Format(time.RFC3339))
		}
	}
	if at, sentence := ParseMoment(" "); !at.IsZero() || sentence != "" {
		t.Error("nothing is not the zero time")
	}
}
