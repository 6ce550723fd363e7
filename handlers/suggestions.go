package handlers

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/a-h/templ"

	"seatbridge/billing/mapping"
	"seatbridge/billing/plan"
	"seatbridge/billing/problem"
	"seatbridge/handlers/web"
	"seatbridge/store"
	"seatbridge/views"
)

const suggestionsPage = 100

func (s *server) listSuggestions(w http.ResponseWriter, r *http.Request) error {
	page, err := s.suggestions(r.Context(), r.URL.Query(), nil)
	if err != nil {
		return err
	}
	return s.renderSuggestions(w, r, http.StatusOK, page)
}

func (s *server) renderSuggestions(w http.ResponseWriter, r *http.Request, status int, page views.SuggestionsPage) error {
	return s.web.Answer(w, r, web.Page{
		Section: views.SectionIntegrations, Title: "Suggestions", Status: status,
		Part:  views.SuggestionsList(page),
		Whole: func(l views.Layout) templ.Component { return views.Suggestions(l, page) },
	})
}

// suggestions is one of the lists. Rows with problems, which is what a refused
// form leaves, come first.
func (s *server) suggestions(ctx context.Context, values url.Values, problems []mapping.PairProblem) (views.SuggestionsPage, error) {
	q := web.ParseListQuery(values)
	page := views.SuggestionsPage{
		Show:  web.OneOf(values.Get("show"), views.SuggestionsChoose, views.SuggestionsDoubtful, views.SuggestionsRejected),
		Query: q.Search, Type: web.Clip(web.Clean(values.Get("type")), problem.MaxName),
	}
	connection, err := s.Billing.Connection.Current(ctx)
	if err != nil {
		return page, err
	}
	page.LastImport = connection.LastImportAt
	matches, err := s.Billing.Mapping.Matches(ctx, page.Type)
	if err != nil {
		return page, err
	}
	rejected, err := s.Store.RejectedSuggestions(ctx)
	if err != nil {
		return page, err
	}
	page.Ready, page.Choose, page.Doubtful, page.Refused = len(matches.Ready), len(matches.Choose), len(matches.Doubtful), len(rejected)
	page.Token = matches.Token
	for _, t := range matches.Types {
		page.Types = append(page.Types, views.Option{
			Value: t.Name, Label: t.Name, Count: t.Companies, HasCount: true, Selected: t.Name == page.Type,
		})
	}
	if page.Companies, _, err = s.Store.CompanyCounts(ctx); err != nil {
		return page, err
	}
	if page.Show == views.SuggestionsRejected {
		return page, s.showRejected(&page, &q, rejected)
	}
	if err := s.showMatches(&page, &q, matches, problems); err != nil {
		return page, err
	}
	if values.Has("shown") { // a refused form keeps its checks
		for i := range page.Rows {
			row := &page.Rows[i]
			key := pairKey{int(row.CompanyID), row.OrganizationID}
			row.Picked = row.Error == "" && slices.Contains(values["pick"], key.String())
		}
	}
	return page, nil
}

func (s *server) showRejected(page *views.SuggestionsPage, q *web.ListQuery, rejected []store.RejectedSuggestion) error {
	shown, total, err := web.Load(q, suggestionsPage, web.SlicePage(rejected))
	for _, r := range shown {
		page.Rejected = append(page.Rejected, rejectedView(r))
	}
	page.Pager = q.Pager(views.SuggestionsPath, suggestionsPage, len(shown), total)
	return err
}

func (s *server) showMatches(page *views.SuggestionsPage, q *web.ListQuery, m mapping.Matches, problems []mapping.PairProblem) error {
	list := map[string][]mapping.MatchSuggestion{
		views.SuggestionsReady: m.Ready, views.SuggestionsChoose: m.Choose, views.SuggestionsDoubtful: m.Doubtful,
	}[page.Show]
	if search := store.Fold(q.Search); search != "" {
		list = slices.DeleteFunc(list, func(g mapping.MatchSuggestion) bool {
			return !strings.Contains(store.Fold(g.Company.Name+"\n"+g.Company.Identifier+"\n"+g.Organization.Name), search)
		})
	}
	refused := map[pairKey]string{}
	for _, p := range problems {
		refused[pairKey{p.CompanyID, p.OrganizationID}] = p.Problem
	}
	slices.SortStableFunc(list, func(a, b mapping.MatchSuggestion) int {
		return cmp.Compare(len(refused[keyOf(b)]), len(refused[keyOf(a)]))
	})
	shown, total, err := web.Load(q, suggestionsPage, web.SlicePage(list))
	for _, g := range shown {
		row := s.suggestionRow(g)
		row.Error = refused[keyOf(g)]
		row.Picked = page.Show == views.SuggestionsReady && row.Error == ""
		page.Rows = append(page.Rows, row)
	}
	page.Pager = q.Pager(views.SuggestionsPath, suggestionsPage, len(shown), total)
	return err
}

func (s *server) suggestionRow(g mapping.MatchSuggestion) views.SuggestionRow {
	row := views.SuggestionRow{
		CompanyID: int64(g.CompanyID), Company: g.Company.Name, Identifier: g.Company.Identifier,
		OrganizationID: g.OrganizationID, Organization: g.Organization.Name, Plan: string(g.Organization.Plan),
		License:         string(g.Organization.License),
		AgreementReason: g.Agreement.Reason, Score: g.Score, Reason: g.Reason,
	}
	row.Agreements = s.agreementOptions(g.Agreements, g.Agreement.ID, g.Found)
	return row
}

func rejectedView(r store.RejectedSuggestion) views.RejectedSuggestion {
	return views.RejectedSuggestion{
		CompanyID: int64(r.CompanyID), Company: r.Company, OrganizationID: r.OrganizationID,
		Organization: r.Organization, By: r.RejectedBy, At: r.RejectedAt,
	}
}

// suggestionsForm is what the list sends: what it showed, what is checked, and
// whether all that are ready are meant.
type suggestionsForm struct {
	All           bool
	Token, Type   string
	Shown, Picked []pairKey
	Agreements    map[pairKey]int
}

// pairKey names a company and an organization, "company-organization".
type pairKey struct {
	Company      int
	Organization int64
}

func keyOf(g mapping.MatchSuggestion) pairKey { return pairKey{g.CompanyID, g.OrganizationID} }

func (k pairKey) String() string { return fmt.Sprintf("%d-%d", k.Company, k.Organization) }

func parsePairKey(text string) (pairKey, bool) {
	company, organization, _ := strings.Cut(text, "-")
	k := pairKey{int(web.FormID(company, 32)), web.FormID(organization, 64)}
	return k, k.Company != 0 && k.Organization != 0
}

func parseSuggestions(r *http.Request) (suggestionsForm, error) {
	if err := web.ParseForm(r); err != nil {
		return suggestionsForm{}, err
	}
	f := suggestionsForm{
		All: r.PostForm.Get("scope") == "all", Token: r.PostForm.Get("token"), Type: web.Clip(web.Clean(r.PostForm.Get("type")), problem.MaxName),
		Agreements: map[pairKey]int{},
	}
	for field, into := range map[string]*[]pairKey{"shown": &f.Shown, "pick": &f.Picked} {
		for _, text := range r.PostForm[field] {
			if key, ok := parsePairKey(text); ok && !slices.Contains(*into, key) {
				*into = append(*into, key)
			}
		}
	}
	for _, key := range f.Shown {
		f.Agreements[key] = int(web.FormID(r.PostForm.Get("agreement-"+key.String()), 32))
	}
	return f, nil
}

// pairs are the mappings that the form asks for. On the page shown, its own
// choices hold; on the others, what is ready.
func (f suggestionsForm) pairs(ready []mapping.MatchSuggestion) []mapping.Pair {
	var pairs []mapping.Pair
	for _, key := range f.Picked {
		pairs = append(pairs, mapping.Pair{CompanyID: key.Company, OrganizationID: key.Organization, AgreementID: f.Agreements[key]})
	}
	if !f.All {
		return pairs
	}
	shown := map[pairKey]bool{}
	for _, key := range f.Shown {
		shown[key] = true
	}
	for _, g := range ready {
		if !shown[keyOf(g)] {
			pairs = append(pairs, mapping.Pair{CompanyID: g.CompanyID, OrganizationID: g.OrganizationID, AgreementID: g.Agreement.ID})
		}
	}
	return pairs
}

func (s *server) mapSuggestions(w http.ResponseWriter, r *http.Request) error {
	form, err := parseSuggestions(r)
	if err != nil {
		return err
	}
	var ready []mapping.MatchSuggestion
	if form.All {
		matches, err := s.Billing.Mapping.Matches(r.Context(), form.Type)
		if err != nil {
			return err
		}
		if matches.Token != form.Token {
			return s.rejectSuggestions(w, r, nil, "The suggestions have changed since this page was loaded.")
		}
		ready = matches.Ready
	}
	pairs := form.pairs(ready)
	if len(pairs) == 0 {
		return s.rejectSuggestions(w, r, nil, "Nothing is checked.")
	}
	problems, err := s.Billing.Mapping.MapPairs(r.Context(), s.web.Actor(r), pairs)
	switch {
	case errors.Is(err, mapping.ErrChanged):
		return s.rejectSuggestions(w, r, nil, "Mappings have changed since this page was loaded.")
	case err != nil:
		return err
	case len(problems) > 0:
		return s.rejectSuggestions(w, r, problems, fmt.Sprintf("%d of %d cannot be mapped.", len(problems), len(pairs)))
	}
	back := web.WithQuery(views.SuggestionsPath, nil, "show", r.PostForm.Get("show"), "type", form.Type)
	return s.web.Done(w, r, back, mappedMessage(len(pairs)))
}

func mappedMessage(n int) string {
	if n == 1 {
		return "1 organization was mapped. The next sync is about it, too."
	}
	return strconv.Itoa(n) + " organizations were mapped. The next sync is about them, too."
}

// rejectSuggestions shows the list again and why nothing of it was mapped.
func (s *server) rejectSuggestions(w http.ResponseWriter, r *http.Request, problems []mapping.PairProblem, what string) error {
	page, err := s.suggestions(r.Context(), r.PostForm, problems)
	if err != nil {
		return err
	}
	page.Notice = &views.Notice{What: what, Why: "Nothing was mapped.", Do: "Look at the list again, then map."}
	if len(problems) > 0 {
		page.Notice.Why += " The first: " + problems[0].Problem
		page.Notice.Do = "Those are unchecked now. Map again to map the others."
	}
	return s.renderSuggestions(w, r, http.StatusUnprocessableEntity, page)
}

// pairOf is the company and organization that a form is about.
func pairOf(r *http.Request) (pairKey, error) {
	if err := web.ParseForm(r); err != nil {
		return pairKey{}, err
	}
	key, ok := parsePairKey(r.PostForm.Get("pair"))
	if !ok {
		return pairKey{}, store.ErrNotFound
	}
	return key, nil
}

func (s *server) rejectSuggestion(w http.ResponseWriter, r *http.Request) error {
	key, err := pairOf(r)
	if err != nil {
		return err
	}
	if err := s.Billing.Mapping.RejectSuggestion(r.Context(), s.web.Actor(r), key.Company, key.Organization); err != nil {
		return err
	}
	if !web.IsPart(r) {
		back := web.WithQuery(views.SuggestionsPath, nil, "show", r.PostForm.Get("show"), "type", r.PostForm.Get("type"))
		return s.web.Done(w, r, back, "The suggestion was rejected.")
	}
	company, err := s.Store.Company(r.Context(), key.Company)
	if err != nil {
		return err
	}
	organization, err := s.Store.Organization(r.Context(), key.Organization)
	if err != nil {
		return err
	}
	return s.web.Part(w, r, http.StatusOK, views.RejectedTableRow(views.RejectedSuggestion{
		CompanyID: int64(company.ID), Company: company.Name, OrganizationID: organization.ID, Organization: organization.Name,
	}))
}

func (s *server) restoreSuggestion(w http.ResponseWriter, r *http.Request) error {
	key, err := pairOf(r)
	if err != nil {
		return err
	}
	if err := s.Billing.Mapping.RestoreSuggestion(r.Context(), s.web.Actor(r), key.Company, key.Organization); err != nil {
		return err
	}
	if !web.IsPart(r) {
		return s.web.Done(w, r, views.RejectedSuggestionsPath, "The suggestion is made again.")
	}
	matches, err := s.Billing.Mapping.Matches(r.Context(), web.Clip(web.Clean(r.PostForm.Get("type")), problem.MaxName))
	if err != nil {
		return err
	}
	for _, g := range slices.Concat(matches.Ready, matches.Choose, matches.Doubtful) {
		if keyOf(g) == key {
			return s.web.Part(w, r, http.StatusOK, views.SuggestionTableRow(s.suggestionRow(g)))
		}
	}
	return web.Leave(w, r, views.SuggestionsPath) // mapped meanwhile
}

// agreementOptions are a company's agreements, one of them selected, with the lines that were found on them.
func (s *server) agreementOptions(agreements []store.Agreement, selected int, found mapping.Lines) []views.AgreementOption {
	names := map[int]string{}
	for _, a := range agreements {
		names[a.ID] = a.Name
	}
	options := make([]views.AgreementOption, len(agreements))
	for i, a := range agreements {
		options[i] = views.AgreementOption{
			ID: int64(a.ID), Name: a.Name, Type: a.TypeName, Status: a.Status, Start: a.StartDate, End: a.EndDate, BillStart: laterBilling(a),
			Parent: parentName(a, names), EndsSoon: plan.AgreementEndsSoon(a, s.Now()) != "", Terms: plan.UnusualTerms(a),
			Unusable: plan.AgreementUnusable(a, s.Now()), Selected: a.ID == selected, Line: found[a.ID],
		}
	}
	return options
}

// laterBilling is the day from which an agreement is billed, if that is not its start.
func laterBilling(a store.Agreement) string {
	if a.BillStartDate <= a.StartDate {
		return ""
	}
	return a.BillStartDate
}

func parentName(a store.Agreement, names map[int]string) string {
	switch name, known := names[a.ParentID]; {
	case a.ParentID == 0:
		return ""
	case known:
		return name
	}
	return "agreement " + strconv.Itoa(a.ParentID)
}
