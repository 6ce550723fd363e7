package handlers

import (
	"net/http"

	"github.com/a-h/templ"

	"seatbridge/billing/connect"
	"seatbridge/handlers/web"
	"seatbridge/store"
	"seatbridge/views"
)

// A DemoStop is something to look at in a demonstration: what happened, and at most one thing that it happened to.
type DemoStop struct {
	Chapter string // the stops of a chapter follow each other
	What    string // happened, in a few words
	Look    string // at what to look there, in sentences

	Run          int64
	Month        store.Month
	Organization int64
	Agreement    int
	Page         string // approvals, findings, suggestions, months or leaks
}

// path is where a stop leads.
func (d DemoStop) path() string {
	switch {
	case d.Run != 0:
		return views.RunPath(d.Run)
	case d.Month != "":
		return views.MonthPath(string(d.Month))
	case d.Organization != 0:
		return views.OrganizationPath(d.Organization)
	case d.Agreement != 0:
		return views.AgreementPath(int64(d.Agreement))
	}
	return map[string]string{
		"approvals": views.HeldPath, "findings": views.FindingsPath, "suggestions": views.SuggestionsPath, "months": views.MonthsPath,
		"leaks": views.LeaksPath,
	}[d.Page]
}

// place names where a stop leads.
func (d DemoStop) place() string {
	switch {
	case d.Run != 0:
		return "Run " + number(d.Run)
	case d.Month != "":
		return d.Month.String()
	case d.Organization != 0:
		return "Organization"
	case d.Agreement != 0:
		return "Agreement"
	}
	return map[string]string{"approvals": "Approvals", "findings": "Findings", "suggestions": "Suggestions", "months": "Months",
		"leaks": "Leaks"}[d.Page]
}

// demoPages are what only a demonstration shows.
type demoPages struct{ *server }

// show lists what there is to look at.
func (p demoPages) show(w http.ResponseWriter, r *http.Request) error {
	if len(p.DemoStops) == 0 {
		return store.ErrNotFound
	}
	page := views.DemoPage{Now: p.Now()}
	for _, stop := range p.DemoStops {
		if n := len(page.Chapters); n == 0 || page.Chapters[n-1].Title != stop.Chapter {
			page.Chapters = append(page.Chapters, views.DemoChapter{Title: stop.Chapter})
		}
		chapter := &page.Chapters[len(page.Chapters)-1]
		chapter.Stops = append(chapter.Stops, views.DemoStop{What: stop.What, Look: stop.Look, Place: stop.place(), URL: stop.path()})
	}
	return p.web.Answer(w, r, web.Page{
		Section: views.SectionOverview, Title: "What to look at",
		Whole: func(l views.Layout) templ.Component { return views.Demo(l, page) },
	})
}

// offered tells whether the form of the connection is filled in for a demonstration.
func (p demoPages) offered(c connect.Connection) bool {
	return p.DemoConnection != nil && c.State == connect.NotConnected
}

// fillIn fills in the form before anything was saved, all but the private key, which no page shows.
func (p demoPages) fillIn(c connect.Connection, form views.CredentialsForm) views.CredentialsForm {
	if p.offered(c) {
		form.Example = true
		form.Site, form.Company, form.PublicKey = p.DemoConnection.Site, p.DemoConnection.Company, p.DemoConnection.PublicKey
	}
	return form
}

// withKey is what was entered, with the private key that belongs to the public one of a demonstration where none was.
func (p demoPages) withKey(c connect.Credentials) connect.Credentials {
	if own := p.DemoConnection; own != nil && c.PrivateKey == "" && c.PublicKey == own.PublicKey && c.Site == own.Site {
		c.PrivateKey = p.DemoConnection.PrivateKey
	}
	return c
}
