package intake_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"seatbridge/billing/billingtest"
	"seatbridge/billing/intake"
	"seatbridge/billing/organizations"
	"seatbridge/billing/sheet"
	"seatbridge/internal/moment"
	"seatbridge/internal/soak"
	"seatbridge/store"
)

// life is what is said of an organization's life, in words.
func (w *world) life(name string) string {
	w.T.Helper()
	_, h, err := w.Organizations.History(w.T.Context(), w.named(name).ID)
	w.Must(err)
	text := h.Text()
	parts := []string{text.Start, text.TrialEnds}
	for _, s := range text.States {
		parts = append(parts, strings.TrimSpace(fmt.Sprintf("%s %s %s %s", s.Since, s.Plan, s.License, s.Managed)))
	}
	return strings.Join(parts, "; ")
}

// shown are the differences of lives that the check of an import shows.
func shown(in intake.FileImport) (lines []string) {
	for _, o := range in.Findings.Organizations {
		for _, d := range o.Life {
			lines = append(lines, strings.TrimSpace(fmt.Sprintf("%s: %s: %s → %s", o.Name, d.What, d.From, d.To)))
		}
	}
	return lines
}

func problems(in intake.FileImport) (lines []string) {
	for _, p := range in.Findings.Problems {
		lines = append(lines, fmt.Sprintf("%d %s: %s", p.Line, p.Column, p.Problem))
	}
	return lines
}

func wantLines(t *testing.T, what string, got []string, want ...string) {
	t.Helper()
	if !slices.Equal(got, want) {
		t.Errorf("%s:\n%s\nwant\n%s", what, strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

// log are the entries of the activity log about an organization, the newest first.
func (w *world) log(name string) (entries []string) {
	w.T.Helper()
	found, _, err := w.Store.Activities(w.T.Context(), store.ActivityFilter{OrganizationID: w.named(name).ID})
	w.Must(err)
	for _, a := range found {
		entries = append(entries, a.Action)
	}
	return entries
}

// marchWorld is a world on 20 March 2026, 10:00, that knows an organization Acme on Business since then.
func marchWorld(t *testing.T) *world {
	t.Helper()
	w := emptyWorld(t)
	w.SetTime("2026-03-20 10:00:00")
	_, err := w.Organizations.Add(t.Context(), billingtest.Admin(), organizations.Profile{
		Name: "Acme", Plan: store.Business, License: store.Standard, Managed: true,
	})
	w.Must(err)
	return w
}

// firstIsStart also says that the first day of each organization is its start.
func firstIsStart(change func(*intake.Choices)) func(*intake.Choices) {
	return func(c *intake.Choices) {
		c.FirstIsStart = true
		if change != nil {
			change(c)
		}
	}
}

func TestHistoryFile(t *testing.T) {
	t.Parallel()
	w := marchWorld(t)
	file := `Organization,Since,Plan,License type,MSP-managed,Trial ends
Acme,2025-11-02,Business,Trial,yes,2025-12-01
Acme,2025-12-01,,Standard,,
Acme,2026-02-01,Enterprise,,,
New,2026-01-10,Business,NFR,yes,
New,2026-03-01,Enterprise,Standard,no,
`
	in := w.upload(sheet.Organizations, file, firstIsStart(create("New")))
	wantLines(t, "problems", problems(in))
	wantLines(t, "shown", shown(in),
		"Acme: Start: not said (2026-03-20 10:00) → 2025-11-02",
		"Acme: Trial ends: none → 2025-12-01",
		"Acme: Plan, license and management: NordPass Business, standard → NordPass Business, trial; "+
			"from 2025-12-01 NordPass Business, standard; from 2026-02-01 NordPass Enterprise, standard",
		"New: Start:  → 2026-01-10",
		"New: Plan, license and management:  → NordPass Business, nfr; from 2026-03-01 NordPass Enterprise, standard, not MSP-managed")
	if n := in.Findings.Changes(); n != 2 {
		t.Errorf("%d changes", n)
	}
	if got := w.life("Acme"); got != "; ; business standard yes" {
		t.Errorf("the check changed the life: %s", got)
	}
	w.write(in, false)
	for name, want := range map[string]string{
		"Acme": "2025-11-02; 2025-12-01; business trial yes; 2025-12-01 business standard yes; 2026-02-01 enterprise standard yes",
		"New":  "2026-01-10; ; business nfr yes; 2026-03-01 enterprise standard no",
	} {
		if got := w.life(name); got != want {
			t.Errorf("%s is %s, want %s", name, got, want)
		}
	}
	wantLines(t, "the log of Acme", w.log("Acme"), "Changed the history of “Acme” by importing “seats.csv”. Start: not said (2026-03-20 10:00) → 2025-11-02. "+
		"Trial ends: none → 2025-12-01. Plan, license and management: NordPass Business, standard → NordPass Business, trial; "+
		"from 2025-12-01 NordPass Business, standard; from 2026-02-01 NordPass Enterprise, standard.", "Added organization “Acme”.")
	wantLines(t, "the log of New", w.log("New"), "Added organization “New” by importing “seats.csv”. Start: 2026-01-10. Plan, license and management: "+
		"NordPass Business, nfr; from 2026-03-01 NordPass Enterprise, standard, not MSP-managed.")
	imported, _, err := w.Store.Activities(t.Context(), store.ActivityFilter{Limit: 1})
	w.Must(err)
	if len(imported) != 1 || imported[0].Action != "Imported organizations from “seats.csv”: 1 organization added with its history, the history of 1 organization changed." {
		t.Errorf("the log says %+v", imported)
	}
	again := w.upload(sheet.Organizations, file, firstIsStart(nil))
	if again.Findings.Changes() != 0 || again.Findings.Unchanged != 5 || again.Findings.Skipped() != 0 {
		t.Errorf("the same file again changes %+v", again.Findings)
	}
}

// Members and usage may come with what is known of their organizations.
func TestLivesBesideMembersAndUsage(t *testing.T) {
	t.Parallel()
	w := marchWorld(t)
	members := `Customer,Customer since,License type,E-mail,Joined,Deleted
Acme,2026-01-05,Standard,a@example.com,2026-01-07,
Acme,2026-01-05,Standard,b@example.com,2026-02-01,2026-02-28
Trial,2026-03-01,Trial,c@example.com,2026-03-02,
`
	in := w.upload(sheet.Members, members, create("Trial"))
	wantLines(t, "problems", problems(in))
	wantLines(t, "shown", shown(in), "Acme: Start: not said (2026-03-20 10:00) → 2026-01-05",
		"Trial: Start:  → 2026-03-01", "Trial: Trial ends:  → 2026-03-15", "Trial: Plan, license and management:  → NordPass Business, trial")
	w.write(in, false)
	for name, want := range map[string]string{"Acme": "2026-01-05; ; business standard yes", "Trial": "2026-03-01; ; business trial yes"} {
		if got := w.life(name); got != want {
			t.Errorf("%s is %s, want %s", name, got, want)
		}
	}
	if got := w.figure("Acme", "2026-02") + " " + w.figure("Acme", "2026-01") + " " + w.figure("Acme", "2025-12"); got != "2 1 unknown" {
		t.Errorf("Acme has %s", got)
	}
	usage := "Month,Organization,Seats,Customer since,License type\n2026-02,Own,5,2026-01-15,NFR\n2026-02,Acme,3,2026-01-05,\n"
	in = w.upload(sheet.Usage, usage, create("Own"))
	wantLines(t, "problems", problems(in))
	wantLines(t, "shown", shown(in), "Own: Start:  → 2026-01-15", "Own: Plan, license and management:  → NordPass Business, nfr")
	w.write(in, false)
	if got := w.life("Own") + " " + w.figure("Own", "2026-02") + " " + w.figure("Acme", "2026-02"); got != "2026-01-15; ; business nfr yes 0 3" {
		t.Errorf("it is %s", got)
	}
	for kind, file := range map[sheet.Kind]string{sheet.Members: members, sheet.Usage: usage} {
		if again := w.upload(kind, file, nil); again.Findings.Changes() != 0 {
			t.Errorf("the same %s again change %+v", kind, again.Findings)
		}
	}
}

// What contradicts itself or what is known is refused by line and column, and with it all that the file says of the life.
func TestHistoryFileThatCannotBe(t *testing.T) {
	t.Parallel()
	other := func(line string) string {
		return "Line " + line + " about the same organization has to be corrected first: its history is imported as a whole or not at all."
	}
	for name, tt := range map[string]struct {
		kind sheet.Kind
		file string
		want []string
	}{
		"two starts": {sheet.Organizations, "Organization,Customer since,Plan\nAcme,2025-11-02,\nAcme,2025-12-01,Business\nNew,2026-01-01,Business\n", []string{
			"2 : " + other("3"),
			"3 Customer since: It says 1 December 2025, and line 2 says 2 November 2025 of the same organization: correct one of the two.",
		}},
		"two plans from one day": {sheet.Organizations, "Organization,Since,Plan\nAcme,2026-01-01,Business\nAcme,2026-01-01,Enterprise\n", []string{
			"2 : " + other("3"),
			"3 Plan: It says NordPass Enterprise, and line 2 says NordPass Business of the same organization: correct one of the two.",
		}},
		"two starts of members": {sheet.Members, "Organization,E-mail,Customer since\nNew,a@example.com,2025-11-02\nNew,b@example.com,2025-12-01\nNew,c@example.com,\n",
			[]string{
				"2 : " + other("3"),
				"3 Customer since: It says 1 December 2025, and line 2 says 2 November 2025 of the same organization: correct one of the two, " +
					"or choose “Not in the file” for this column.",
				"4 : " + other("3"),
			}},
		"a plan that is none": {sheet.Organizations, "Organization,Since,Plan\nNew,2026-01-01,Gold\nNew,2026-02-01,Enterprise\n", []string{
			"2 Plan: “Gold” is not a plan: write Business or Enterprise.", "3 : " + other("2"),
		}},
		"a start in the future": {sheet.Organizations, "Organization,Customer since\nAcme,2026-03-21\n", []string{
			"2 Customer since: “2026-03-21” is in the future.",
		}},
		"a trial in the middle": {sheet.Organizations, "Organization,Since,License type\nAcme,2026-01-01,Standard\nAcme,2026-02-01,Trial\n", []string{
			"2 : " + other("3"), "3 License type: A trial can only be the first license of an organization.",
		}},
		"a member before the start": {sheet.Members, "Organization,E-mail,Joined,Customer since\nAcme,a@example.com,2026-01-04,2026-01-05\n", []string{
			"2 : 4 January 2026 is before Acme began, on 5 January 2026 by line 2: correct one of the two.",
		}},
		"another plan, without a day": {sheet.Organizations, "Organization,Plan\nAcme,Enterprise\n", []string{
			"2 Plan: Seatbridge knows it as NordPass Business, standard. Say whether it was never otherwise or changed today, " +
				"or give the day of the change in a column Since.",
		}},
		"two NFR organizations": {sheet.Organizations, "Organization,Since,License type\nNew,2026-01-01,NFR\nAcme,2026-02-01,NFR\n", []string{
			"3 License type: “New” was the NFR organization from 2026-01-01; an MSP has one at a time.",
		}},
		"a start after a known change": {sheet.Organizations, "Organization,Start\nChanged,2026-02-01\n", []string{
			"2 Start: Of the change on 2026-01-05, which is known: The organization began on 2026-02-01: this change comes after.",
		}},
		"managed until today": {sheet.Organizations, "Organization,MSP-managed until\nAcme,2026-03-20\n", []string{
			"2 MSP-managed until: This day is not over: leave the cell empty as long as the organization is managed.",
		}},
		"managed backwards": {sheet.Organizations, "Organization,Managed from,Managed until\nAcme,2026-03-05,2026-03-01\n", []string{
			"2 Managed until: It is before 5 March 2026, since when it was managed.",
		}},
		"the end of an NFR organization's trial": {sheet.Organizations, "Organization,Since,License type,Trial ends\nNew,2026-01-01,NFR,2026-02-01\n", []string{
			"2 Trial ends: Only an organization that began with a trial has an end of the trial.",
		}},
	} {
		w := marchWorld(t)
		_, err := w.Organizations.AddWithHistory(t.Context(), billingtest.Admin(), organizations.Profile{
			Name: "Changed", Plan: store.Business, License: store.Standard, Managed: true,
		}, organizations.History{Start: moment.At("2025-11-02"), States: []organizations.State{
			{Since: moment.At("2026-01-05"), Plan: store.Enterprise, License: store.Standard, Managed: true},
		}})
		w.Must(err)
		in := w.upload(tt.kind, tt.file, firstIsStart(create("New")))
		wantLines(t, name, problems(in), tt.want...)
		if slices.ContainsFunc(in.Findings.Organizations, func(o intake.Organization) bool { return o.Name == "Acme" && len(o.Life) > 0 }) {
			t.Errorf("%s: a life that cannot be is imported: %v", name, shown(in))
		}
	}
}

// What has no day and differs from what is known is not guessed: a person says whether it was never otherwise.
func TestHistoryFileWithoutDays(t *testing.T) {
	t.Parallel()
	file := "Organization,Plan,License type\nAcme,Enterprise,Standard\n"
	for assumption, want := range map[organizations.Assumption]string{
		organizations.FromTheBeginning: "; ; enterprise standard yes",
		organizations.FromToday:        "; ; business standard yes; 2026-03-20 enterprise standard yes",
	} {
		w := marchWorld(t)
		w.Must(w.told("Acme", "2026-01-01"))
		in := w.upload(sheet.Organizations, file, nil)
		if in.Findings.Undated != 1 || in.Findings.Bad != 1 {
			t.Errorf("it finds %+v", in.Findings)
		}
		in.Choices.Undecided = assumption
		w.Must(w.Files.Check(t.Context(), in.ID, in.Choices))
		in = w.settled(in.ID)
		wantLines(t, "problems", problems(in))
		w.write(in, false)
		if got := w.life("Acme"); got != "2026-01-01"+want {
			t.Errorf("%s: it is %s", assumption, got)
		}
	}
}

// told says when an organization began.
func (w *world) told(name, start string) error {
	_, _, err := w.Organizations.SetHistory(w.T.Context(), billingtest.Admin(), w.named(name).ID, func(h *organizations.History) {
		h.Start = moment.At(start)
	})
	return err
}

// The NFR organization may change in a file, in whatever order its rows come.
func TestHistoryFileMovesNFR(t *testing.T) {
	t.Parallel()
	w := marchWorld(t)
	w.write(w.upload(sheet.Organizations, "Organization,Since,License type\nOwn,2026-01-01,NFR\n", firstIsStart(create("Own"))), false)
	in := w.upload(sheet.Organizations, "Organization,Since,License type\nNext,2026-03-01,NFR\nOwn,2026-03-01,Standard\n", firstIsStart(create("Next")))
	wantLines(t, "problems", problems(in))
	changes, err := w.Files.Changes(t.Context(), in.ID, 0, "Next")
	w.Must(err)
	if len(changes) != 1 || changes[0].Line != 2 || changes[0].Life == nil {
		t.Errorf("the changes of Next are %+v", changes)
	}
	w.write(in, false)
	if got := w.life("Own") + " / " + w.life("Next"); got != "2026-01-01; ; business nfr yes; 2026-03-01 business standard yes / 2026-03-01; ; business nfr yes" {
		t.Errorf("they are %s", got)
	}
}

// Whether the NFR organization may change does not depend on the order of rows, however the rows tell it.
func TestHistoryFileMovesNFRInAnyOrder(t *testing.T) {
	t.Parallel()
	const header = "Organization,Since,License type\n"
	const beta, zed = "Beta,,Standard\nBeta,2026-02-01,NFR\n", "Zed,,NFR\nZed,2026-02-01,Standard\n"
	const gone, next = "Zed,,NFR\nZed,2026-02-01,Standard\n", "Beta,,Standard\nBeta,2026-02-01,NFR\nBeta,2026-03-01,Standard\n"
	const last = "Acme,,Standard\nAcme,2026-03-01,NFR\n"
	const both = "Beta,,Standard\nBeta,2026-01-20,NFR\n"
	const taken = "3 License type: “Zed” was the NFR organization from 2026-01-01; an MSP has one at a time."
	for file, want := range map[string]struct {
		lives   string
		refused string
	}{
		beta + zed:         {"Beta 2026-02-01, Zed 2026-01-01", ""},
		zed + beta:         {"Beta 2026-02-01, Zed 2026-01-01", ""},
		last + next + gone: {"Acme 2026-03-01, Beta 2026-02-01, Zed 2026-01-01", ""},
		next + last + gone: {"Acme 2026-03-01, Beta 2026-02-01, Zed 2026-01-01", ""},
		gone + last + next: {"Acme 2026-03-01, Beta 2026-02-01, Zed 2026-01-01", ""},
		both + zed:         {"Zed 2026-01-01", taken},
		zed + both:         {"Zed 2026-01-01", strings.Replace(taken, "3", "5", 1)},
	} {
		w := marchWorld(t)
		_, err := w.Organizations.AddWithHistory(t.Context(), billingtest.Admin(), organizations.Profile{
			Name: "Beta", Plan: store.Business, License: store.Standard, Managed: true,
		}, organizations.History{Start: moment.At("2026-01-01")})
		w.Must(err)
		w.Must(w.told("Acme", "2026-01-01"))
		_, err = w.Organizations.AddWithHistory(t.Context(), billingtest.Admin(), organizations.Profile{
			Name: "Zed", Plan: store.Business, License: store.NFR, Managed: true,
		}, organizations.History{Start: moment.At("2026-01-01")})
		w.Must(err)
		in := w.upload(sheet.Organizations, header+file, nil)
		if found := problems(in); (want.refused != "") != (len(found) > 0) || want.refused != "" && !slices.Contains(found, want.refused) {
			t.Errorf("%q is refused: %q", file, found)
		}
		w.write(in, true)
		var lives []string
		for _, name := range []string{"Acme", "Beta", "Zed"} {
			_, h, err := w.Organizations.History(t.Context(), w.named(name).ID)
			w.Must(err)
			for i, s := range h.States {
				switch {
				case s.License == store.NFR && i == 0:
					lives = append(lives, name+" "+organizations.Written(h.Start))
				case s.License == store.NFR:
					lives = append(lives, name+" "+organizations.Written(s.Since))
				}
			}
		}
		if got := strings.Join(lives, ", "); got != want.lives {
			t.Errorf("%q: NFR are %s, want %s", file, got, want.lives)
		}
	}
}

// A start that is only supposed moves with the members of a file, which its check says.
func TestSupposedStartIsShown(t *testing.T) {
	t.Parallel()
	w := marchWorld(t)
	in := w.upload(sheet.Members, "Organization,E-mail,Joined\nAcme,a@example.com,2026-01-07\n", nil)
	wantLines(t, "shown", shown(in), "Acme: Supposed start: 2026-03-20 10:00 → 2026-01-07")
	if in.Findings.Starts != 1 || in.Findings.Changes() != 1 {
		t.Errorf("it finds %+v", in.Findings)
	}
	w.write(in, false)
	if o := w.named("Acme"); o.StartSaid || !o.CreatedAt.Equal(moment.At("2026-01-07")) {
		t.Errorf("it began %s", o.CreatedAt)
	}
}

// That a life began with the first day that a file has of it is not guessed: it may be a change, and another file may tell the start.
func TestHistoryFileWithoutStarts(t *testing.T) {
	t.Parallel()
	w := marchWorld(t)
	change := "Organization,Since,Plan\nAcme,2026-02-01,Enterprise\nNew,2026-02-01,Enterprise\n"
	in := w.upload(sheet.Organizations, change, create("New"))
	sentence := "Nobody said when it began, so that it is supposed to be 2026-03-20 10:00: give its start, " +
		"or say that the first day of each organization is its start."
	wantLines(t, "problems", problems(in), "2 Since: "+sentence, "3 Since: "+sentence)
	if in.Findings.NoStart != 2 {
		t.Errorf("it finds %+v", in.Findings)
	}
	w.write(w.upload(sheet.Organizations, "Organization,Start\nAcme,2025-11-02\n", nil), false)
	w.write(w.upload(sheet.Organizations, change, firstIsStart(create("New"))), false)
	for name, want := range map[string]string{
		"Acme": "2025-11-02; ; business standard yes; 2026-02-01 enterprise standard yes", "New": "2026-02-01; ; enterprise standard yes",
	} {
		if got := w.life(name); got != want {
			t.Errorf("%s is %s, want %s", name, got, want)
		}
	}
}

// A list of ten thousand organizations comes in at once, and again without a change.
func TestTenThousandLives(t *testing.T) {
	t.Parallel()
	w := emptyWorld(t)
	n := soak.Size(1_000, 10_000)
	var file strings.Builder
	file.WriteString("Organization;Customer since;Trial ends;Since;Plan\n")
	for i := range n {
		fmt.Fprintf(&file, "Customer %[1]d;2025-11-02;2025-11-16;;Business\nCustomer %[1]d;;;2026-02-01;Enterprise\n", i)
	}
	in := w.upload(sheet.Organizations, file.String(), func(c *intake.Choices) { c.CreateAll = true })
	if f := in.Findings; f == nil || f.Bad != 0 || f.NewLives != n {
		t.Fatalf("it finds %+v, %+v", f, in.Progress)
	}
	if in = w.write(in, false); in.State != store.FileImportDone {
		t.Fatalf("%s, %+v", in.State, in.Progress)
	}
	again := w.upload(sheet.Organizations, file.String(), nil)
	if again.Findings.Changes() != 0 || again.Findings.Unchanged != 2*n || again.Findings.Skipped() != 0 {
		t.Errorf("the same file again changes %d", again.Findings.Changes())
	}
	if got := w.life(fmt.Sprintf("Customer %d", n-1)); got != "2025-11-02; 2025-11-16; business trial yes; 2026-02-01 enterprise trial yes" {
		t.Errorf("the last one is %s", got)
	}
}

// What follows from the moment of the import, such as the end of a trial that nobody dated, is no change between check and import.
func TestNewLivesAreImportedLater(t *testing.T) {
	t.Parallel()
	w := marchWorld(t)
	in := w.upload(sheet.Organizations, "Organization,License type\nNew,Trial\n", create("New"))
	wantLines(t, "problems", problems(in))
	w.SetTime("2026-03-20 10:07:31")
	w.write(in, false)
	if o := w.named("New"); o.License != store.Trial || !o.TrialEndsAt.Equal(moment.At("2026-04-03 10:07:31")) || o.StartSaid || o.EndSaid {
		t.Errorf("it is %+v", o)
	}
}

// New organizations come with their external ids, which no two of them share.
func TestNewOrganizationsHaveTheirExternalIDs(t *testing.T) {
	t.Parallel()
	w := marchWorld(t)
	in := w.upload(sheet.Organizations, "Organization,External ID,Plan\nOne,A-1,Business\nOne,A-1,\nOne,A-3,\nTwo,A-1,Business\nThree,"+
		strings.Repeat("9", 101)+",Business\nFour,,Business\nFive,A-5,Business\n",
		create("One", "Two", "Three", "Four", "Five"))
	other := "Line 4 about the same organization has to be corrected first: its history is imported as a whole or not at all."
	wantLines(t, "problems", problems(in), "2 : "+other, "3 : "+other, "4 : “One” has the external ID “A-1” in this file, too: correct one of the two.",
		"5 : “A-1” is the external ID of “One” in this file, too: correct one of the two.",
		"6 : “"+strings.Repeat("9", 39)+"…” is no external ID: it has more than 100 characters.")
	w.write(in, true)
	if four, five := w.named("Four").ExternalID, w.named("Five").ExternalID; four != "" || five != "A-5" {
		t.Errorf("they have %q and %q", four, five)
	}
}

// The start of an organization, and the start or the end of its trial, come by a file as by the panel: what was before the entry counts.
func TestCase_H35_StartAndTrialByAFile(t *testing.T) {
	t.Parallel()
	for name, file := range map[string]string{
		"the trial's start": "Organization,E-mail,Joined,Trial start\n%[1]s,a@example.com,2026-03-10,2026-03-10\n%[1]s,b@example.com,2026-03-11,\n",
		"the trial's end":   "Organization,E-mail,Joined,Trial ends\n%[1]s,a@example.com,2026-03-10,2026-03-24\n%[1]s,b@example.com,2026-03-11,2026-03-24\n",
		"start and license": "Organization,E-mail,Joined,Customer since,License type\n%[1]s,a@example.com,2026-03-10,2026-03-10,Trial\n%[1]s,b@example.com,2026-03-11,,\n",
	} {
		for _, organization := range []string{"New", "Acme"} {
			w := marchWorld(t)
			if organization == "Acme" && strings.Contains(file, "License type") { // of a known one, it has to be said since when
				w.write(w.upload(sheet.Organizations, "Organization,Since,License type\nAcme,,Trial\n", nil), false)
			}
			in := w.upload(sheet.Members, fmt.Sprintf(file, organization), create("New"))
			wantLines(t, name+" of "+organization, problems(in))
			w.write(in, false)
			o := w.named(organization)
			if !o.CreatedAt.Equal(moment.At("2026-03-10")) || o.License != store.Trial || !o.TrialEndsAt.Equal(moment.At("2026-03-24")) {
				t.Errorf("%s of %s: it is %+v", name, organization, o)
			}
			w.SetTime("2026-04-02 10:00:00")
			if got := w.figure(organization, "2026-03"); got != "2" {
				t.Errorf("%s of %s: March is %s", name, organization, got)
			}
		}
	}
}

// A file of usage bills the same plan whether or not it also tells of the organization's life (docs/billing-rules.md example 17).
func TestUsageBesideALifeBillsBilledTimeOnly(t *testing.T) {
	t.Parallel()
	for _, file := range []string{
		"Organization,Month,Seats\nTried,2026-02,4\n",
		"Organization,Month,Seats,MSP-managed from\nTried,2026-02,4,2026-02-05\n",
	} {
		w := marchWorld(t)
		o, err := w.Organizations.AddWithHistory(t.Context(), billingtest.Admin(), organizations.Profile{
			Name: "Tried", Plan: store.Enterprise, License: store.Trial, Managed: true,
		}, organizations.History{Start: moment.At("2026-02-03"), States: []organizations.State{
			{Since: moment.At("2026-02-10"), Plan: store.Business, License: store.Trial, Managed: true},
		}})
		w.Must(err)
		in := w.upload(sheet.Usage, file, nil)
		wantLines(t, "problems", problems(in))
		w.write(in, false)
		reports, err := w.Store.UsageReports(t.Context(), "2026-02")
		w.Must(err)
		if len(reports) != 1 || reports[0].OrganizationID != o.ID || reports[0].Seats != 4 || reports[0].Plan != store.Business {
			t.Errorf("%q reports %+v", file, reports)
		}
	}
}
