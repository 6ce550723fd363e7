package handlers

import (
	"context"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"seatbridge/billing/organizations"
	"seatbridge/billing/problem"
	"seatbridge/handlers/web"
	"seatbridge/store"
	"seatbridge/views"
)

const (
	// mostChanges bounds the changes of one organization's life that a form has.
	mostChanges = 200
	// roomForChanges is how many changes can be added to a life at once.
	roomForChanges = 2
)

// lifePages say how organizations began and what changed since.
type lifePages struct{ *server }

// life is what an organization's page says of its life; its form is for those who may change it.
func (p lifePages) life(ctx context.Context, o store.Organization, may bool) (views.OrganizationLife, error) {
	_, h, err := p.Billing.Organizations.History(ctx, o.ID)
	if err != nil {
		return views.OrganizationLife{}, err
	}
	life := views.OrganizationLife{Begins: o.CreatedAt, Said: o.StartSaid, Entered: o.EnteredAt}
	for i, s := range slices.Backward(h.States) {
		if i == 0 {
			s.Since = o.CreatedAt
		}
		life.States = append(life.States, views.OrganizationState{
			Since: s.Since, Plan: string(s.Plan), License: string(s.License), Managed: s.Managed,
		})
	}
	if may {
		form := lifeForm(o, h.Text())
		life.Form = &form
	}
	return life, nil
}

// lifeForm is the form of what is said already, with room for more.
func lifeForm(o store.Organization, text organizations.HistoryText) views.LifeForm {
	form := views.LifeForm{
		Action: views.OrganizationLifePath(o.ID), Start: text.Start, TrialEnds: text.TrialEnds, Supposed: supposed(o),
	}
	for i, s := range text.States {
		state := views.LifeState{Since: s.Since, Plan: string(s.Plan), License: string(s.License), Managed: string(s.Managed), Known: true}
		if i == 0 {
			form.Begin = state
		} else {
			form.Changes = append(form.Changes, state)
		}
	}
	form.Changes = append(form.Changes, make([]views.LifeState, roomForChanges)...)
	return form
}

// supposed is when an organization began if nobody says so, in words.
func supposed(o store.Organization) string {
	begin := organizations.Supposed(o, organizations.History{})
	if begin.Before(o.EnteredAt) {
		return organizations.Written(begin) + ", with its first member"
	}
	return organizations.Written(begin) + ", when it was added"
}

// newLifeForm are the empty fields about the life of an organization that is added.
func newLifeForm() views.LifeForm {
	return views.LifeForm{Changes: make([]views.LifeState, roomForChanges)}
}

// change changes what is said of an organization's life.
func (p lifePages) change(w http.ResponseWriter, r *http.Request) error {
	o, err := p.organization(r)
	if err != nil {
		return err
	}
	if err := web.ParseForm(r); err != nil {
		return err
	}
	sent := parseLife(r.PostForm)
	h, problems := sent.history(sent.state(0))
	if len(problems) == 0 {
		_, done, err := p.Billing.Organizations.SetHistory(r.Context(), p.web.Actor(r), o.ID, func(known *organizations.History) { *known = h })
		if err == nil {
			return p.web.Done(w, r, views.OrganizationPath(o.ID), lifeSaid(done))
		}
		if problems, err = web.ProblemsIn(err); err != nil {
			return err
		}
	}
	form := sent.form(problems)
	form.Action, form.Supposed = views.OrganizationLifePath(o.ID), supposed(o)
	return p.renderOrganization(w, r, o, organizationForms{status: http.StatusUnprocessableEntity, life: &form})
}

func lifeSaid(done bool) string {
	if !done {
		return "Nothing is new in the history."
	}
	return "The history was saved. Months that are over are counted by it."
}

// sentLife is what a form says of a life, row by row as it was sent; the row 0 is that of the beginning.
type sentLife struct {
	start, trialEnds string
	rows             []views.LifeState
	taken            []int // the rows that say something, which are the states after the first
}

func parseLife(form url.Values) sentLife {
	sent := sentLife{start: web.Clean(form.Get("start")), trialEnds: web.Clean(form.Get("trial_ends"))}
	for n := range mostChanges + roomForChanges + 1 {
		number := "_" + strconv.Itoa(n)
		if n > 0 && !form.Has("since"+number) {
			break
		}
		row := views.LifeState{
			Since:   web.Clean(form.Get("since" + number)),
			Plan:    string(web.OneOf(form.Get("plan"+number), store.Plans()...)),
			License: string(web.OneOf(form.Get("license"+number), store.Standard, store.Trial, store.NFR)),
			Managed: string(web.OneOf(form.Get("managed"+number), organizations.Yes, organizations.No)),
			Removed: web.Checked(form, "remove"+number),
			Known:   web.Checked(form, "known"+number),
		}
		if n > 0 && !row.Removed && row.Since+row.Plan+row.License+row.Managed != "" {
			sent.taken = append(sent.taken, n)
		}
		sent.rows = append(sent.rows, row)
	}
	return sent
}

func (s sentLife) state(n int) organizations.StateText {
	row := s.rows[n]
	return organizations.StateText{
		Since: row.Since, Plan: store.Plan(row.Plan), License: store.License(row.License), Managed: organizations.Choice(row.Managed),
	}
}

// history reads what was sent, after the state of the beginning.
func (s sentLife) history(begin organizations.StateText) (organizations.History, problem.Fields) {
	begin.Since = ""
	text := organizations.HistoryText{Start: s.start, TrialEnds: s.trialEnds, States: []organizations.StateText{begin}}
	for _, n := range s.taken {
		text.States = append(text.States, s.state(n))
	}
	return text.Parse()
}

// form is what was sent, with what is wrong beside it.
func (s sentLife) form(problems problem.Fields) views.LifeForm {
	form := views.LifeForm{
		Start: s.start, TrialEnds: s.trialEnds, Begin: s.rows[0], Changes: s.rows[1:], Problems: views.Problems{},
		Open: s.start+s.trialEnds != "" || len(s.taken) > 0 || slices.ContainsFunc(slices.Collect(maps.Keys(problems)), isOfLife),
	}
	for field, sentence := range problems {
		form.Problems[s.rowField(field)] = sentence
	}
	return form
}

// rowField names a field of a state by its row of the form.
func (s sentLife) rowField(field string) string {
	var i int
	if n, _ := fmt.Sscanf(field, "states[%d]", &i); n == 0 || i == 0 || i > len(s.taken) {
		return field
	}
	_, name, _ := strings.Cut(field, "]")
	return fmt.Sprintf("states[%d]%s", s.taken[i-1], name)
}

func isOfLife(field string) bool {
	return field == "start" || field == "trial_ends" || strings.HasPrefix(field, "states")
}

// newOrganizationSent is an organization as a form adds it.
type newOrganizationSent struct {
	profile  organizations.Profile
	life     sentLife
	problems problem.Fields
}

// add adds the organization of a form with its life. Without one, sent.problems say what is wrong.
func (p lifePages) add(r *http.Request, managed bool) (added store.Organization, sent newOrganizationSent, err error) {
	if sent.profile, err = parseOrganization(r); err != nil {
		return added, sent, err
	}
	sent.profile.Managed = sent.profile.Managed || managed
	sent.life = parseLife(r.PostForm)
	h, problems := sent.life.history(organizations.StateText{
		Plan: sent.profile.Plan, License: sent.profile.License, Managed: organizations.ChoiceOf(sent.profile.Managed),
	})
	if sent.problems = problems; len(problems) > 0 {
		return added, sent, nil
	}
	h.States = h.States[1:]
	added, err = p.Billing.Organizations.AddWithHistory(r.Context(), p.web.Actor(r), sent.profile, h)
	if err != nil {
		sent.problems, err = web.ProblemsIn(err)
	}
	return added, sent, err
}

// lifeForm is what was sent of the life, with what is wrong.
func (s newOrganizationSent) lifeForm() views.LifeForm {
	form := s.life.form(s.problems)
	for len(form.Changes) < roomForChanges {
		form.Changes = append(form.Changes, views.LifeState{})
	}
	return form
}
