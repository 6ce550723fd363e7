package views

import (
	"strings"
	"time"
)

// MembersPage lists the people who work in the panel.
type MembersPage struct {
	Rows       []MemberRow
	Invite     InviteForm
	InviteLink string // of the invitation just made, shown once; a path alone where the panel's own address is not known
	InvitedAs  string // the e-mail address it is for
	Link       string // for a new password, just made, shown once
	LinkFor    string // the e-mail address it is for
	CanEdit    bool
}

// MemberRow is one person.
type MemberRow struct {
	ID        int64
	Name      string
	Email     string
	Role      string
	Status    string // pending, active or suspended
	LastSeen  time.Time
	Sessions  int  // signed in at the moment
	Factor    bool // has a second factor
	Self      bool // the reader
	LastOwner bool // may not be suspended, removed or given another role
}

// InviteForm invites a member. Fields: email, name, role.
type InviteForm struct {
	Email    string
	Name     string
	Role     string
	Problems Problems
}

// lacksHost says that the link of the invitation is a path alone.
func (p MembersPage) lacksHost() bool { return strings.HasPrefix(p.InviteLink, "/") }
