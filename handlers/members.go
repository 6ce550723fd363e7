package handlers

import (
	"errors"
	"net/http"
	"time"

	"github.com/a-h/templ"

	"seatbridge/billing/problem"
	"seatbridge/handlers/web"
	"seatbridge/store"
	"seatbridge/views"
)

// invitationLife is how long an invited member has to accept.
const invitationLife = 7 * 24 * time.Hour

func roles() []store.Role { return []store.Role{store.Owner, store.Admin, store.Technician} }

func (s *server) listMembers(w http.ResponseWriter, r *http.Request) error {
	return s.renderMembers(w, r, http.StatusOK, views.MembersPage{Invite: views.InviteForm{Role: string(store.Technician)}})
}

// renderMembers completes the page with the list.
func (s *server) renderMembers(w http.ResponseWriter, r *http.Request, status int, page views.MembersPage) error {
	users, err := s.Store.Users(r.Context())
	if err != nil {
		return err
	}
	owners := 0
	for _, u := range users {
		if u.Role == store.Owner && u.Status == store.Active {
			owners++
		}
	}
	page.CanEdit = true
	with, err := store.AccountsIn(s.Store).WithFactor(r.Context())
	if err != nil {
		return err
	}
	for _, u := range users {
		row, err := s.memberRow(r, u)
		if err != nil {
			return err
		}
		// Neither the last Owner may be changed, nor any Owner by an Admin.
		row.LastOwner = u.Role == store.Owner && (web.VisitorOf(r).Role != store.Owner || u.Status == store.Active && owners == 1)
		row.Factor = with[u.ID]
		page.Rows = append(page.Rows, row)
	}
	return s.web.Answer(w, r, web.Page{
		Section: views.SectionMembers, Title: "Members", Status: status,
		Whole: func(l views.Layout) templ.Component { return views.Members(l, page) },
	})
}

func (s *server) memberRow(r *http.Request, u store.User) (views.MemberRow, error) {
	sessions, err := s.liveSessions(r, u.ID)
	return views.MemberRow{
		ID: u.ID, Name: u.Name, Email: u.Email, Role: string(u.Role), Status: string(u.Status), LastSeen: u.LastSeenAt,
		Sessions: len(sessions), Self: u.ID == web.VisitorOf(r).ID,
	}, err
}

// liveSessions are a user's sessions that have not ended by themselves.
func (s *server) liveSessions(r *http.Request, userID int64) ([]store.Session, error) {
	all, err := s.Store.Sessions(r.Context(), userID)
	var live []store.Session
	for _, session := range all {
		if now := s.Now(); session.ExpiresAt.After(now) && now.Sub(session.SeenAt) <= web.SessionIdle {
			live = append(live, session)
		}
	}
	return live, err
}

// inviteForm is what the form for a new member sends.
type inviteForm struct {
	Name, Email string
	Role        store.Role
}

func parseInvite(r *http.Request) (inviteForm, problem.Fields, error) {
	if err := web.ParseForm(r); err != nil {
		return inviteForm{}, nil, err
	}
	f := inviteForm{
		Name: web.Clean(r.PostForm.Get("name")), Email: web.Clean(r.PostForm.Get("email")), Role: web.OneOf(r.PostForm.Get("role"), roles()...),
	}
	p := problem.Fields{}
	p.Add("email", problem.OfEmail(f.Email))
	p.Add("name", problem.OfName("the member's name", f.Name))
	if f.Role == "" {
		p.Add("role", "Choose a role.")
	}
	return f, p, nil
}

// makesOwner says that a form asks for an Owner.
func makesOwner(r *http.Request) bool { return r.PostForm.Get("role") == string(store.Owner) }

func (s *server) inviteMember(w http.ResponseWriter, r *http.Request) error {
	form, problems, err := parseInvite(r)
	if err != nil {
		return err
	}
	if form.Role == store.Owner && web.VisitorOf(r).Role != store.Owner {
		problems.Add("role", "Only an Owner can invite another Owner.")
	}
	if len(problems) == 0 {
		link, err := s.invite(r, form)
		if err == nil {
			return s.renderMembers(w, r, http.StatusOK, views.MembersPage{
				Invite: views.InviteForm{Role: string(form.Role)}, InviteLink: link, InvitedAs: form.Email,
			})
		}
		var conflict *store.Conflict
		if !errors.As(err, &conflict) || conflict.Field != "email" {
			return err
		}
		problems.Add("email", "A member has this e-mail address already.")
	}
	return s.renderMembers(w, r, http.StatusUnprocessableEntity, views.MembersPage{Invite: views.InviteForm{
		Name: form.Name, Email: form.Email, Role: string(form.Role), Problems: views.Problems(problems),
	}})
}

// invite makes a pending member and the link that lets it in. Only a hash of
// the link is kept, so it is shown now or never.
func (s *server) invite(r *http.Request, form inviteForm) (link string, err error) {
	ctx, token := r.Context(), web.NewToken()
	err = s.web.Record(r, store.CategoryMembers, "Invited "+form.Email+" as "+roleName(form.Role)+".", func(st *store.Store) error {
		user, err := st.CreateUser(ctx, store.User{
			Name: form.Name, Email: form.Email, Role: form.Role, Status: store.Pending, CreatedAt: s.Now(),
		})
		if err != nil {
			return err
		}
		return st.CreateInvitation(ctx, token, user.ID, s.Now().Add(invitationLife))
	})
	if err != nil {
		return "", err
	}
	return s.web.Origin() + views.InvitationPath(token), nil
}

func roleName(role store.Role) string {
	switch role {
	case store.Owner:
		return "Owner"
	case store.Admin:
		return "Admin"
	}
	return "Technician"
}

// member is the user in the path, if the signed-in one may manage it: Admins
// do not manage Owners, and nobody their own account.
func (s *server) member(r *http.Request) (store.User, error) {
	id, err := web.PathID(r, "id")
	if err != nil {
		return store.User{}, err
	}
	user, err := s.Store.User(r.Context(), id)
	if err != nil {
		return store.User{}, err
	}
	v := web.VisitorOf(r)
	if user.Role == store.Owner && v.Role != store.Owner {
		return store.User{}, web.Forbidden(web.Owner)
	}
	if user.ID == v.ID {
		return store.User{}, &web.Error{
			Status: http.StatusConflict, Message: "You cannot do this to your own account.", Do: "Ask another Owner or Admin.",
		}
	}
	return user, nil
}

func (s *server) suspendMember(w http.ResponseWriter, r *http.Request) error {
	return s.changeMember(w, r, "Suspended", func(st *store.Store, u store.User) error {
		if u.Status != store.Active {
			return &web.Error{Status: http.StatusConflict, Message: "Only an active member can be suspended."}
		}
		u.Status = store.Suspended
		return errors.Join(st.UpdateUser(r.Context(), u), st.DeleteUserSessions(r.Context(), u.ID))
	})
}

func (s *server) reactivateMember(w http.ResponseWriter, r *http.Request) error {
	return s.changeMember(w, r, "Reactivated", func(st *store.Store, u store.User) error {
		if u.Status != store.Suspended {
			return &web.Error{Status: http.StatusConflict, Message: "Only a suspended member can be reactivated."}
		}
		u.Status = store.Active
		return st.UpdateUser(r.Context(), u)
	})
}

func (s *server) removeMember(w http.ResponseWriter, r *http.Request) error {
	return s.changeMember(w, r, "Removed", func(st *store.Store, u store.User) error { return st.DeleteUser(r.Context(), u.ID) })
}

func (s *server) changeRole(w http.ResponseWriter, r *http.Request) error {
	if err := web.ParseForm(r); err != nil {
		return err
	}
	role := web.OneOf(r.PostForm.Get("role"), roles()...)
	switch {
	case role == "":
		return &web.Error{Status: http.StatusUnprocessableEntity, Message: "Choose a role."}
	case role == store.Owner && web.VisitorOf(r).Role != store.Owner:
		return web.Forbidden(web.Owner)
	}
	user, err := s.member(r)
	if err != nil {
		return err
	}
	return s.changeMember(w, r, "Made "+roleName(role)+" instead of "+roleName(user.Role)+":", func(st *store.Store, u store.User) error {
		u.Role = role
		return st.UpdateUser(r.Context(), u)
	})
}

// changeMember carries out one of the buttons of a member's row.
func (s *server) changeMember(w http.ResponseWriter, r *http.Request, verb string, change func(*store.Store, store.User) error) error {
	user, err := s.member(r)
	if err != nil {
		return err
	}
	message := verb + " " + user.Email + "."
	err = s.web.Record(r, store.CategoryMembers, message, func(st *store.Store) error {
		present, err := st.User(r.Context(), user.ID)
		if err != nil {
			return err
		}
		return change(st, present)
	})
	if errors.Is(err, store.ErrLastOwner) {
		return &web.Error{Status: http.StatusConflict, Message: "This is the last active Owner.", Do: "Make somebody else an Owner first."}
	}
	if err != nil {
		return err
	}
	if err := s.web.Notify(w, r, message); err != nil {
		return err
	}
	return web.SeeOther(w, r, views.MembersPath)
}
