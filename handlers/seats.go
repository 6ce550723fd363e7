package handlers

import (
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"seatbridge/billing/organizations"
	"seatbridge/billing/problem"
	"seatbridge/handlers/web"
	"seatbridge/store"
	"seatbridge/views"
)

const (
	seatsPage = 50
	// maxNamed is how many bad addresses a message names.
	maxNamed = 5
)

// seatFilters are the filters of the table of members: in its address, or
// handed on by the form around it.
func seatFilters(r *http.Request) url.Values {
	sent := r.URL.Query()
	if r.PostForm != nil {
		sent = r.PostForm
	}
	filters := url.Values{}
	for _, name := range []string{"q", "status", "page"} {
		filters.Set(name, web.Clip(web.Clean(sent.Get(name)), web.MaxSearch))
	}
	return filters
}

// seatsPath is the organization's page with the table as it was.
func seatsPath(r *http.Request, o store.Organization) string {
	return web.WithQuery(views.OrganizationPath(o.ID), seatFilters(r))
}

// seatList is the table of an organization's members.
func (s *server) seatList(r *http.Request, o store.Organization, add views.SeatForm, notice *views.Notice) (views.SeatList, error) {
	q := web.ParseListQuery(seatFilters(r))
	list := views.SeatList{
		OrganizationID: o.ID, Query: q.Search, Status: string(web.OneOf(q.Values.Get("status"), "active", "suspended", "pending", "deleted")),
		CanEdit: o.DeletedAt.IsZero(), Add: add, Notice: notice,
	}
	seats, total, err := web.Load(&q, seatsPage, func(limit, offset int) ([]store.Seat, int, error) {
		return s.Store.Seats(r.Context(), store.SeatFilter{
			OrganizationID: o.ID, Search: q.Search, Status: store.SeatStatus(list.Status), Limit: limit, Offset: offset,
		})
	})
	if err != nil {
		return list, err
	}
	for _, seat := range seats {
		list.Rows = append(list.Rows, views.SeatRow{
			ID: seat.ID, Email: seat.Email, Status: string(seat.Status()), Invited: seat.InvitedAt, Joined: seat.JoinedAt, Deleted: seat.DeletedAt,
		})
	}
	list.Pager = q.Pager(views.OrganizationPath(o.ID), seatsPage, len(seats), total)
	list.Any = total > 0 || q.Search != "" || list.Status != ""
	return list, nil
}

// seatForm is what the form for new members sends.
type seatForm struct {
	Text    string // as typed
	Emails  []string
	Pending bool
}

func parseSeats(r *http.Request) (seatForm, problem.Fields, error) {
	if err := web.ParseForm(r); err != nil {
		return seatForm{}, nil, err
	}
	f := seatForm{Text: strings.ToValidUTF8(r.PostForm.Get("emails"), ""), Pending: web.Checked(r.PostForm, "pending")}
	emails, bad := parseEmails(f.Text)
	f.Emails = emails
	p := problem.Fields{}
	if len(bad) > 0 {
		p.Add("emails", notEmails(bad))
	}
	return f, p, nil
}

// parseEmails finds the addresses in a list that people paste: separated by
// line breaks, commas, semicolons or spaces, also as "Jane Doe <jane@example.com>".
// Repeated ones are taken once. What is no address comes back as bad.
func parseEmails(text string) (emails, bad []string) {
	seen := map[string]bool{}
	for _, entry := range strings.FieldsFunc(text, func(c rune) bool { return strings.ContainsRune("\r\n,;", c) }) {
		for _, word := range addressesIn(entry) {
			email := web.Clean(word)
			if email == "" {
				continue
			}
			if problem.OfEmail(email) != "" {
				bad = append(bad, email)
			} else if key := store.FoldEmail(email); !seen[key] {
				seen[key] = true
				emails = append(emails, email)
			}
		}
	}
	return emails, bad
}

// addressesIn splits one entry: the part in angle brackets if there is one,
// otherwise its words.
func addressesIn(entry string) []string {
	if _, rest, ok := strings.Cut(entry, "<"); ok {
		if inside, _, ok := strings.Cut(rest, ">"); ok {
			return []string{inside}
		}
	}
	return strings.Fields(entry)
}

func notEmails(bad []string) string {
	named := bad[:min(len(bad), maxNamed)]
	shown := make([]string, len(named))
	for i, b := range named {
		shown[i] = web.Clip(b, 60)
	}
	text := "Not an e-mail address: " + strings.Join(shown, ", ")
	if more := len(bad) - len(named); more > 0 {
		text += fmt.Sprintf(" and %d more", more)
	}
	return text + ". Nothing was added yet."
}

func (s *server) addSeats(w http.ResponseWriter, r *http.Request) error {
	o, err := s.organization(r)
	if err != nil {
		return err
	}
	form, problems, err := parseSeats(r)
	if err != nil {
		return err
	}
	var added organizations.AddedMembers
	if len(problems) == 0 {
		if added, err = s.Billing.Organizations.AddMembers(r.Context(), s.web.Actor(r), o.ID, form.Emails, form.Pending); err == nil {
			return s.web.Done(w, r, views.OrganizationPath(o.ID), added.Sentences())
		}
		if problems, err = web.ProblemsIn(err); err != nil {
			return err
		}
	}
	add := views.SeatForm{Emails: form.Text, Pending: form.Pending, Problems: views.Problems(problems)}
	return s.renderOrganization(w, r, o, organizationForms{status: http.StatusUnprocessableEntity, add: add})
}

func (s *server) changeSeats(w http.ResponseWriter, r *http.Request) error {
	o, err := s.organization(r)
	if err != nil {
		return err
	}
	if err := web.ParseForm(r); err != nil {
		return err
	}
	action := web.OneOf(r.PostForm.Get("action"), store.SeatSuspend, store.SeatReactivate, store.SeatJoin, store.SeatDelete)
	ids := web.FormIDs(r.PostForm["seat"], 64)
	slices.Sort(ids)
	changed, err := s.Billing.Organizations.ChangeMembers(r.Context(), s.web.Actor(r), o.ID, action, organizations.Members{Seats: ids})
	if err == nil {
		return s.web.Done(w, r, seatsPath(r, o), changed.Done+".")
	}
	problems, err := web.ProblemsIn(err)
	if err != nil {
		return err
	}
	notice := &views.Notice{Kind: "error", What: web.Sentences(problems)}
	return s.renderOrganization(w, r, o, organizationForms{status: http.StatusUnprocessableEntity, notice: notice})
}
