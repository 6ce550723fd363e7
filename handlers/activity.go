package handlers

import (
	"context"
	"net/http"
	"strconv"
	"time"

	"github.com/a-h/templ"

	"seatbridge/billing/seats"
	"seatbridge/handlers/web"
	"seatbridge/store"
	"seatbridge/views"
)

const (
	activityPage = 50
	// activityDays is the longest range of one query (docs/billing-rules.md section 4).
	activityDays = 90
)

func activityCategories() []store.Category {
	return []store.Category{
		store.CategoryAccess, store.CategoryMembers, store.CategoryOrganizations,
		store.CategoryIntegrations, store.CategoryBilling, store.CategorySettings,
	}
}

// activityQuery is the address of the activity log, understood.
type activityQuery struct {
	web.ListQuery
	page   views.ActivityPage
	filter store.ActivityFilter
}

// parseActivityQuery reads the filters. Days are calendar days in UTC, both
// included; without any, the last 30 days are shown.
func parseActivityQuery(r *http.Request, now time.Time) activityQuery {
	q := activityQuery{ListQuery: web.ParseListQuery(r.URL.Query())}
	from, fromOK := parseDay(q.Values.Get("from"))
	to, toOK := parseDay(q.Values.Get("to"))
	today := now.UTC().Truncate(24 * time.Hour)
	if !toOK {
		to = today
		if fromOK {
			to = seats.Earlier(from.AddDate(0, 0, activityDays-1), seats.Later(today, from))
		}
	}
	if !fromOK {
		from = to.AddDate(0, 0, -29)
	}
	p := views.Problems{}
	switch {
	case q.Values.Get("from") != "" && !fromOK:
		p["from"] = "Give a day as YYYY-MM-DD."
	case q.Values.Get("to") != "" && !toOK:
		p["to"] = "Give a day as YYYY-MM-DD."
	case to.Before(from):
		p["to"] = "The last day is before the first."
	case to.Sub(from) >= activityDays*24*time.Hour:
		p["to"] = "Choose at most " + strconv.Itoa(activityDays) + " days."
	}
	q.page = views.ActivityPage{
		Member:       web.Clip(web.Clean(q.Values.Get("member")), web.MaxSearch),
		Organization: web.Clip(web.Clean(q.Values.Get("organization")), web.MaxSearch),
		Category:     string(web.OneOf(q.Values.Get("category"), activityCategories()...)),
		From:         from.Format(time.DateOnly), To: to.Format(time.DateOnly),
		Problems: p,
	}
	q.filter = store.ActivityFilter{
		Actor: q.page.Member, Category: store.Category(q.page.Category), From: from, To: to.AddDate(0, 0, 1),
	}
	return q
}

// parseDay reads a calendar day as a moment: its first instant in UTC.
func parseDay(text string) (time.Time, bool) {
	day, err := time.Parse(time.DateOnly, text)
	return day, err == nil && day.Year() >= 1970 && day.Year() < 10000
}

func (s *server) listActivity(w http.ResponseWriter, r *http.Request) error {
	q := parseActivityQuery(r, s.Now())
	if err := s.pickOrganization(r.Context(), &q); err != nil {
		return err
	}
	page, status := q.page, http.StatusOK
	if len(page.Problems) > 0 {
		status = http.StatusUnprocessableEntity
	} else if err := s.loadActivity(r.Context(), &q, &page); err != nil {
		return err
	}
	page.CSV = web.WithQuery(views.ActivityCSVPath, q.Values, "page", "")
	return s.web.Answer(w, r, web.Page{
		Section: views.SectionActivity, Title: "Activity log", Status: status,
		Part:  views.ActivityTable(page),
		Whole: func(l views.Layout) templ.Component { return views.Activity(l, page) },
	})
}

func (s *server) loadActivity(ctx context.Context, q *activityQuery, page *views.ActivityPage) error {
	entries, total, err := web.Load(&q.ListQuery, activityPage, func(limit, offset int) ([]store.Activity, int, error) {
		q.filter.Limit, q.filter.Offset = limit, offset
		return s.Store.Activities(ctx, q.filter)
	})
	if err != nil {
		return err
	}
	names, err := s.organizationNames(ctx, entries)
	if err != nil {
		return err
	}
	for _, a := range entries {
		page.Rows = append(page.Rows, activityRow(a, names))
	}
	page.Pager = q.Pager(views.ActivityPath, activityPage, len(entries), total)
	return nil
}

// pickOrganization turns the text of the organization filter into the one
// organization it means, or says why it means none.
func (s *server) pickOrganization(ctx context.Context, q *activityQuery) error {
	text := q.page.Organization
	if text == "" {
		return nil
	}
	found, total, err := s.Store.Organizations(ctx, store.OrganizationFilter{
		Search: text, Status: store.OrganizationAny, Sort: "name", Limit: activityPage,
	})
	if err != nil {
		return err
	}
	for _, o := range found {
		if total == 1 || store.Fold(o.Name) == store.Fold(text) {
			q.filter.OrganizationID = o.ID
			return nil
		}
	}
	if total == 0 {
		q.page.Problems["organization"] = "No organization has this in its name."
	} else {
		q.page.Problems["organization"] = "Several organizations have this in their names: write the whole name."
	}
	return nil
}

// organizationNames are the names for the entries that are about one organization.
func (s *server) organizationNames(ctx context.Context, entries []store.Activity) (map[int64]string, error) {
	names := map[int64]string{}
	var ids []int64
	for _, a := range entries {
		if _, seen := names[a.OrganizationID]; !seen && a.OrganizationID != 0 {
			names[a.OrganizationID] = ""
			ids = append(ids, a.OrganizationID)
		}
	}
	if len(ids) == 0 {
		return names, nil
	}
	rows, _, err := s.Store.Organizations(ctx, store.OrganizationFilter{Status: store.OrganizationAny, IDs: ids})
	for _, o := range rows {
		names[o.ID] = o.Name
	}
	return names, err
}

func activityRow(a store.Activity, names map[int64]string) views.ActivityRow {
	return views.ActivityRow{
		At: a.At, Actor: a.Actor, IP: a.IP, Category: string(a.Category), Action: a.Action,
		OrganizationID: a.OrganizationID, Organization: names[a.OrganizationID],
	}
}

func (s *server) downloadActivity(w http.ResponseWriter, r *http.Request) error {
	q := parseActivityQuery(r, s.Now())
	if err := s.pickOrganization(r.Context(), &q); err != nil {
		return err
	}
	if len(q.page.Problems) > 0 {
		return &web.Error{Status: http.StatusUnprocessableEntity, Message: web.Sentences(q.page.Problems)}
	}
	names := map[int64]string{}
	header := []string{"Time (UTC)", "Member", "IP address", "Category", "Action", "Organization"}
	return s.web.SendCSV(w, r, "activity-"+q.page.From+"-to-"+q.page.To, header, func(write func(...string)) error {
		for a, err := range s.Store.EachActivity(r.Context(), q.filter) {
			if err != nil {
				return err
			}
			name, known := names[a.OrganizationID]
			if !known {
				found, err := s.organizationNames(r.Context(), []store.Activity{a})
				if err != nil {
					return err
				}
				name = found[a.OrganizationID]
				names[a.OrganizationID] = name
			}
			write(a.At.Format(time.RFC3339), a.Actor, a.IP, string(a.Category), a.Action, name)
		}
		return nil
	})
}
