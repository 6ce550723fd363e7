package handlers

import (
	"fmt"
	"net/http"

	"seatbridge/billing/intake"
	"seatbridge/billing/organizations"
	"seatbridge/billing/problem"
	"seatbridge/billing/seats"
	"seatbridge/billing/sheet"
	"seatbridge/store"
	"seatbridge/views"
)

// lifeLabel is what a field about the life of organizations is called; empty: it is about something else.
func lifeLabel(c sheet.Column) string {
	return map[sheet.Column]string{
		sheet.SinceColumn: "Since", sheet.LicenseColumn: "License type", sheet.ManagedColumn: "MSP-managed", sheet.StartColumn: "Start",
		sheet.TrialStartColumn: "Trial starts", sheet.TrialEndsColumn: "Trial ends", sheet.ManagedFromColumn: "MSP-managed from",
		sheet.ManagedUntilColumn: "MSP-managed until",
	}[c]
}

// lifeHint says how the days of a column are meant; empty: there is nothing to say.
func lifeHint(k sheet.Kind, c sheet.Column) string {
	switch c {
	case sheet.SinceColumn:
		return "From when on plan, license type and management of the row hold; empty: from the beginning."
	case sheet.StartColumn:
		return "When the organization began."
	case sheet.TrialStartColumn:
		return "A trial begins with the organization."
	case sheet.TrialEndsColumn:
		return "A day is the first one that is billed."
	case sheet.ManagedUntilColumn:
		return "A day is the last one on which you manage it."
	case sheet.PlanColumn, sheet.LicenseColumn, sheet.ManagedColumn:
		if k != sheet.Usage || c != sheet.PlanColumn {
			return "The organization’s. Of a new one, from its beginning."
		}
	}
	return ""
}

// lifeCounts counts the organizations of whose life something changes.
func lifeCounts(k sheet.Kind, f *intake.Findings) (counts []views.FileImportCount) {
	if f.NewLives > 0 || k == sheet.Organizations {
		counts = append(counts, views.FileImportCount{What: "Organizations added with their history", N: f.NewLives})
	}
	if f.Histories > 0 || k == sheet.Organizations {
		counts = append(counts, views.FileImportCount{What: "Organizations whose history changes", N: f.Histories})
	}
	if f.Starts > 0 {
		counts = append(counts, views.FileImportCount{What: "Supposed starts that move to the first member", N: f.Starts})
	}
	return counts
}

// guessNotes say which columns of a file about something else were taken for what they say of organizations without a person's word.
func guessNotes(in intake.FileImport) (notes []string) {
	for _, c := range in.Kind.Columns() {
		i, ok := in.Choices.Columns[c]
		if hint := guessHint(in, c); ok && hint != "" && i < len(in.Survey.Header) && in.Kind != sheet.Organizations && in.Kind.OfLife(c) {
			notes = append(notes, fmt.Sprintf("“%s” is read as %s of the organization. %s", in.Survey.Header[i], columnLabel(c), hint))
		}
	}
	return notes
}

// fileImportMeetings adds the figures of which another source says otherwise.
func fileImportMeetings(view *views.FileImportFindings, f *intake.Findings) {
	view.Outranked = f.Met[seats.Outranked] + f.Met[seats.Passed]
	view.MeetingCount = view.Outranked + f.Met[seats.Preferred]
	for _, m := range f.Meetings {
		view.Meetings = append(view.Meetings, views.FileImportMeeting{
			Organization: m.Organization, Month: m.Month.String(), Sentence: m.Sentence,
		})
	}
}

// deletionNotes say which was read where it decides whether a day counts.
func deletionNotes(f *intake.Findings) (notes []string) {
	if n := f.Deletions[sheet.OnDay]; n > 0 {
		notes = append(notes, problem.Plural(n, "deletion")+" given as a date: the member was there until the end of that day, which counts.")
	}
	if n := f.Deletions[sheet.AtMidnight]; n > 0 {
		notes = append(notes, problem.Plural(n, "deletion")+
			" given as 00:00, an instant: the member was not there on that day, which does not count.")
	}
	return notes
}

// deletionText says the same of one member.
func deletionText(d sheet.Deletion) string {
	switch d {
	case sheet.OnDay:
		return " (a date: that day counts)"
	case sheet.AtMidnight:
		return " (an instant: that day does not count)"
	}
	return ""
}

func lifeDifferences(all []organizations.Difference) (shown []views.FileImportDifference) {
	for _, d := range all {
		shown = append(shown, views.FileImportDifference{What: d.What, From: d.From, To: d.To})
	}
	return shown
}

// eachDifference has each thing that changes of a life by itself.
func eachDifference(changes []intake.Change) (all []intake.Change) {
	for _, c := range changes {
		if c.Life == nil || len(c.Life.Differences) < 2 {
			all = append(all, c)
			continue
		}
		for i := range c.Life.Differences {
			one := *c.Life
			one.Differences = one.Differences[i : i+1]
			all = append(all, intake.Change{Line: c.Line, Life: &one})
		}
	}
	return all
}

// lifeChange shows one thing that changes of a life.
func lifeChange(c intake.Change) views.FileImportChange {
	view := views.FileImportChange{Line: c.Line, What: "History"}
	if c.Life.Supposed {
		view.What = "Supposed, by its members"
	}
	for _, d := range c.Life.Differences {
		view.Who, view.Before, view.After = d.What, d.From, d.To
	}
	if len(c.Life.Differences) == 0 {
		view.Who, view.What, view.After = "Organization", "Added", store.Business.Name()+", "+string(store.Standard)
	}
	return view
}

// undecidedOptions are what a plan, license type and management without a day may mean, where that is asked.
func undecidedOptions(in intake.FileImport) []views.Option {
	chosen := in.Choices.Undecided
	if chosen == "" {
		return nil
	}
	return []views.Option{
		{Label: "Refuse them"},
		{Value: string(organizations.FromTheBeginning), Label: "It was never otherwise", Selected: chosen == organizations.FromTheBeginning},
		{Value: string(organizations.FromToday), Label: "It changed today", Selected: chosen == organizations.FromToday},
	}
}

// download is the list as a file with all lives, which Import organizations reads again.
func (p lifePages) download(w http.ResponseWriter, r *http.Request) error {
	q := parseOrganizationQuery(r)
	list, _, err := p.Store.Organizations(r.Context(), q.filter)
	if err != nil {
		return err
	}
	lives, err := p.Billing.Organizations.Histories(r.Context())
	if err != nil {
		return err
	}
	return p.web.SendCSV(w, r, "organizations", organizations.ListHeader(), func(write func(...string)) error {
		for _, o := range list {
			for _, row := range organizations.ListRows(o.Organization, lives[o.ID]) {
				write(row...)
			}
		}
		return nil
	})
}
