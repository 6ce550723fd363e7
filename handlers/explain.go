package handlers

import (
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"seatbridge/billing/figures"
	"seatbridge/billing/problem"
	"seatbridge/billing/seats"
	"seatbridge/handlers/web"
	"seatbridge/store"
	"seatbridge/views"
)

// sharesPage is how many seats of a figure a page shows.
const sharesPage = 10

// explainQuery is what the explanation of a figure is asked for: ?month, counted and page.
type explainQuery struct {
	web.ListQuery
	period  seats.Period
	counted string
}

// parseExplainQuery reads the query.
func (s *server) parseExplainQuery(values url.Values) (explainQuery, error) {
	period, err := s.periodOf(values.Get("month"))
	return explainQuery{
		ListQuery: web.ParseListQuery(values),
		period:    period,
		counted:   string(web.OneOf(values.Get("counted"), "yes", "no")),
	}, err
}

// periodOf is the month of an address; without one it is the current one.
func (s *server) periodOf(text string) (seats.Period, error) {
	if text == "" {
		return seats.ToDate(s.Now()), nil
	}
	return parsePeriod(text, s.Now())
}

// parsePeriod refuses an address that names no month.
func parsePeriod(text string, now time.Time) (seats.Period, error) {
	period, problem := seats.ParsePeriod(text, now)
	if problem != "" {
		return period, &web.Error{Status: http.StatusBadRequest, Message: problem}
	}
	return period, nil
}

// showExplanation is the part of the organization's page that explains a figure.
func (s *server) showExplanation(w http.ResponseWriter, r *http.Request) error {
	o, err := s.organization(r)
	if err != nil {
		return err
	}
	values := r.URL.Query()
	page := web.WithQuery(views.OrganizationPath(o.ID), url.Values{
		"month": values["month"], "counted": values["counted"], "shares": values["page"],
	})
	if !web.IsPart(r) {
		return web.Leave(w, r, page)
	}
	explanation, err := s.explanation(r, o, values, nil)
	if err != nil {
		return err
	}
	w.Header().Set("HX-Push-Url", page)
	return s.web.Part(w, r, http.StatusOK, views.Explained(explanation))
}

// explainValues is what the address of the organization's page, whose page is one of the table of members, asks for.
func explainValues(values url.Values) url.Values {
	return url.Values{"month": values["month"], "counted": values["counted"], "page": values["shares"]}
}

// explanation is the figure of the month that the query names. form, when not nil, is a correction that was refused.
func (s *server) explanation(
	r *http.Request, o store.Organization, values url.Values, form *views.CorrectionForm,
) (views.Explanation, error) {
	q, err := s.parseExplainQuery(values)
	if err != nil {
		return views.Explanation{}, err
	}
	e, err := s.Billing.Figures.Explain(r.Context(), o.ID, q.period)
	if err != nil {
		return views.Explanation{}, err
	}
	page := views.Explanation{
		OrganizationID: o.ID, Month: string(q.period.Month), Current: !q.period.AsOf.IsZero(), Months: s.monthOptions(q.period.Month),
		Figure: figureView(e.Usage), Why: e.Usage.Reason(), Ledger: e.Ledger, Counted: q.counted, Form: form,
		CSV: web.WithQuery(views.SeatsCSVPath(o.ID), nil, "month", string(q.period.Month), "counted", q.counted),
	}
	if e.Original != nil {
		original := figureView(*e.Original)
		page.Original = &original
	}
	page.Said, page.Disputed = saidRows(e.Said), e.Disputed
	if web.AccessOf(web.VisitorOf(r).Role) >= web.Admin {
		page.NoMembers, page.Keep = noMembers(o, e.Usage), keepView(e.Usage)
	}
	for _, t := range e.Turns {
		page.Turns = append(page.Turns, views.Turn{At: t.At, What: t.What, Before: t.At.Before(q.period.Start())})
	}
	if err := explainShares(&page, &q, e.Shares); err != nil {
		return page, err
	}
	if err := s.explainForecast(r, o, &page); err != nil {
		return page, err
	}
	return page, s.explainCorrections(r, o, e, &page)
}

// explainShares adds a page of the seats. The e-mail addresses order them.
func explainShares(page *views.Explanation, q *explainQuery, shares []seats.SeatShare) error {
	for _, share := range shares {
		if share.Counted {
			page.Yes++
		} else {
			page.No++
		}
	}
	shown, total, err := web.Load(&q.ListQuery, sharesPage, web.SlicePage(filterShares(shares, q.counted)))
	for _, share := range shown {
		page.Rows = append(page.Rows, views.SeatShare{
			Email: share.Email, From: share.From, Until: share.Until, Counted: share.Counted, Why: share.Why,
		})
	}
	page.Pager = q.Pager(views.ExplainPath(page.OrganizationID), sharesPage, len(shown), total)
	return err
}

func filterShares(shares []seats.SeatShare, counted string) []seats.SeatShare {
	shares = slices.DeleteFunc(slices.Clone(shares), func(share seats.SeatShare) bool {
		return counted != "" && share.Counted != (counted == "yes")
	})
	slices.SortStableFunc(shares, func(a, b seats.SeatShare) int {
		return strings.Compare(store.FoldEmail(a.Email), store.FoldEmail(b.Email))
	})
	return shares
}

func (s *server) explainForecast(r *http.Request, o store.Organization, page *views.Explanation) error {
	if !page.Current {
		return nil
	}
	f, err := s.Billing.Figures.Forecast(r.Context(), []int64{o.ID})
	if f.Known {
		page.Forecast = &views.Forecast{Seats: f.Seats(), ToDate: f.ToDate}
	}
	return err
}

// explainCorrections adds the month's corrections and, for those who may, the form that makes one.
func (s *server) explainCorrections(r *http.Request, o store.Organization, e figures.Explanation, page *views.Explanation) error {
	if web.AccessOf(web.VisitorOf(r).Role) < web.Admin {
		return nil
	}
	corrections, err := s.Store.Corrections(r.Context(), o.ID, e.Period.Month)
	for _, c := range corrections {
		page.Corrections = append(page.Corrections, views.Correction{
			Seats: c.Seats, Plan: string(c.Plan), Reason: c.Reason, At: c.At, By: c.By, Withdrawn: c.WithdrawnAt, WithdrawnBy: c.WithdrawnBy,
		})
	}
	if page.Form == nil {
		page.Form = &views.CorrectionForm{Plan: string(e.Plan)}
		if billable, ok := e.Seats(); ok {
			page.Form.Seats = strconv.Itoa(billable)
		}
	}
	page.Form.InForce = e.Original != nil
	return err
}

// noMembers is what can be said about the organization's having no members.
func noMembers(o store.Organization, u seats.Usage) views.NoMembers {
	switch {
	case u.Unspoken:
		return views.NoMembersUnsaid
	case !o.NoMembersAt.IsZero():
		return views.NoMembersSaid
	}
	return ""
}

// sayOfMembers is a button with which somebody says that the organization has no members, or takes that back; done and already
// are what they read when it is done, and when there was nothing to do.
func (s *server) sayOfMembers(say organizationChange, done, already string) func(http.ResponseWriter, *http.Request) error {
	return func(w http.ResponseWriter, r *http.Request) error {
		id, err := web.PathID(r, "id")
		if err != nil {
			return err
		}
		o, said, err := say(r.Context(), s.web.Actor(r), id)
		if err != nil {
			return err
		}
		message := already
		if said {
			message = done
		}
		return s.web.Done(w, r, views.OrganizationPath(o.ID), fmt.Sprintf(message, o.Name))
	}
}

// saidRows is what every source says of a month.
func saidRows(said []seats.SourceFigure) []views.SourceRow {
	var rows []views.SourceRow
	for _, f := range said {
		row := views.SourceRow{
			Source: f.Source.Name(), Seats: f.Seats, Plan: string(f.Plan), At: f.At, By: f.By, Note: f.Why, Counts: f.Counts, Ended: f.Ended != "",
		}
		if row.Ended {
			row.Note = f.Ended
		}
		rows = append(rows, row)
	}
	return rows
}

func figureView(u seats.Usage) views.Figure {
	billable, known := u.Seats()
	return views.Figure{Seats: billable, Known: known, Plan: string(u.Plan), Source: u.Source().Name(), Since: u.Since()}
}

// downloadSeats is the explanation as a file.
func (s *server) downloadSeats(w http.ResponseWriter, r *http.Request) error {
	o, err := s.organization(r)
	if err != nil {
		return err
	}
	q, err := s.parseExplainQuery(r.URL.Query())
	if err != nil {
		return err
	}
	e, err := s.Billing.Figures.Explain(r.Context(), o.ID, q.period)
	if err != nil {
		return err
	}
	header := []string{"Organization", "Month", "Member", "From (UTC)", "Until (UTC)", "Counted", "Why"}
	name := fmt.Sprintf("seats-%d-%s", o.ID, q.period.Month)
	return s.web.SendCSV(w, r, name, header, func(write func(...string)) error {
		for _, share := range filterShares(e.Shares, q.counted) {
			write(o.Name, string(q.period.Month), share.Email, csvMoment(share.From), csvMoment(share.Until), yesNo(share.Counted), share.Why)
		}
		return nil
	})
}

// csvMoment leaves the cell of an unknown moment empty.
func csvMoment(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format(time.RFC3339)
}

func yesNo(yes bool) string {
	if yes {
		return "yes"
	}
	return "no"
}

// Corrections.

// correctionForm is what the form for a correction sends.
type correctionForm struct {
	Month  store.Month
	Seats  string // as typed
	Plan   store.Plan
	Reason string
}

// parseCorrection reads the form. What is wrong with more than the shape of it, billing says.
func parseCorrection(r *http.Request, now time.Time) (correctionForm, problem.Fields, error) {
	if err := web.ParseForm(r); err != nil {
		return correctionForm{}, nil, err
	}
	f := correctionForm{
		Seats:  web.Clip(web.Clean(r.PostForm.Get("seats")), problem.MaxName),
		Plan:   web.OneOf(r.PostForm.Get("plan"), store.Plans()...),
		Reason: web.Clean(r.PostForm.Get("reason")),
	}
	p := problem.Fields{}
	period, problem := seats.ParsePeriod(r.PostForm.Get("month"), now)
	p.Add("", problem)
	f.Month = period.Month
	if _, err := strconv.ParseUint(f.Seats, 10, 31); err != nil {
		p.Add("seats", "Enter the number of seats in plain digits.")
	}
	return f, p, nil
}

func (s *server) correctUsage(w http.ResponseWriter, r *http.Request) error {
	o, err := s.organization(r)
	if err != nil {
		return err
	}
	form, problems, err := parseCorrection(r, s.Now())
	if err != nil {
		return err
	}
	if len(problems) == 0 {
		seats, _ := strconv.Atoi(form.Seats) // parseCorrection has read it
		err := s.Billing.Figures.Correct(r.Context(), s.web.Actor(r), store.Correction{
			OrganizationID: o.ID, Month: form.Month, Seats: seats, Plan: form.Plan, Reason: form.Reason,
		})
		if err == nil {
			return s.web.Done(
				w, r, views.OrganizationMonthPath(o.ID, string(form.Month)), fmt.Sprintf("%s is corrected to %d seats.", form.Month, seats),
			)
		}
		var invalid *problem.Invalid
		if !errors.As(err, &invalid) {
			return err
		}
		for field, problem := range invalid.Fields {
			if field == "month" {
				field = ""
			}
			problems.Add(field, problem)
		}
	}
	return s.renderCorrection(w, r, o, form, problems)
}

func (s *server) renderCorrection(
	w http.ResponseWriter, r *http.Request, o store.Organization, form correctionForm, problems problem.Fields,
) error {
	view := &views.CorrectionForm{Seats: form.Seats, Plan: string(form.Plan), Reason: form.Reason, Problems: views.Problems(problems)}
	explanation, err := s.explanation(r, o, url.Values{"month": {string(form.Month)}}, view)
	if err != nil {
		return err
	}
	return s.renderOrganization(w, r, o, organizationForms{status: http.StatusUnprocessableEntity, explained: &explanation})
}

func (s *server) withdrawCorrection(w http.ResponseWriter, r *http.Request) error {
	o, err := s.organization(r)
	if err != nil {
		return err
	}
	if err := web.ParseForm(r); err != nil {
		return err
	}
	period, err := parsePeriod(r.PostForm.Get("month"), s.Now())
	if err != nil {
		return err
	}
	if err := s.Billing.Figures.WithdrawCorrection(r.Context(), s.web.Actor(r), o.ID, period.Month); err != nil {
		return err
	}
	return s.web.Done(w, r, views.OrganizationMonthPath(o.ID, string(period.Month)), "The correction is withdrawn.")
}
