package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"
)

// Role is what a member of the MSP's team may do (docs/billing-rules.md section 4).
type Role string

// An Owner may do everything, an Admin all but manage Owners, a Technician work with organizations.
const (
	Owner      Role = "owner"
	Admin      Role = "admin"
	Technician Role = "technician"
)

// MemberStatus says whether a member of the team can sign in.
type MemberStatus string

// Only an Active member can sign in; a Pending one has not accepted the invitation.
const (
	Pending   MemberStatus = "pending"
	Active    MemberStatus = "active"
	Suspended MemberStatus = "suspended"
)

var (
	// ErrLastOwner refuses a change after which nobody could manage the panel.
	ErrLastOwner = errors.New("the last active owner")
	// ErrOwnerExists refuses a first owner where there are users already.
	ErrOwnerExists = errors.New("the panel has an owner already")
)

// User is a member of the MSP's team who signs in to the panel.
type User struct {
	ID           int64
	Name, Email  string
	Role         Role
	Status       MemberStatus
	PasswordHash string // Argon2id; empty while pending
	CreatedAt    time.Time
	LastSeenAt   time.Time
}

const userColumns = `u.id, u.name, u.email, u.role, u.status, u.password_hash, u.created_at, u.last_seen_at`

func (u *User) dest() []any {
	return []any{&u.ID, &u.Name, &u.Email, &u.Role, &u.Status, &u.PasswordHash, moment(&u.CreatedAt), moment(&u.LastSeenAt)}
}

func scanUser(row scanner) (u User, err error) {
	err = row.Scan(u.dest()...)
	return u, err
}

// CountUsers counts all users, whatever their status.
func (s *Store) CountUsers(ctx context.Context) (int, error) {
	n, err := countUsers(ctx, s.from)
	return n, doing("counting users", err)
}

func countUsers(ctx context.Context, q querier) (int, error) {
	return count(ctx, q, `SELECT COUNT(*) FROM users`)
}

// Users lists all users by e-mail.
func (s *Store) Users(ctx context.Context) ([]User, error) {
	users, err := list(ctx, s.from, scanUser, `SELECT `+userColumns+` FROM users u ORDER BY u.email_folded`)
	return users, doing("listing users", err)
}

// User reads one user.
func (s *Store) User(ctx context.Context, id int64) (User, error) {
	u, err := user(ctx, s.from, id)
	return u, doing(fmt.Sprintf("reading user %d", id), err)
}

func user(ctx context.Context, q querier, id int64) (User, error) {
	return one(ctx, q, scanUser, `SELECT `+userColumns+` FROM users u WHERE u.id = $1`, id)
}

// UserByEmail reads the user with an e-mail address, whose case does not matter.
func (s *Store) UserByEmail(ctx context.Context, email string) (User, error) {
	u, err := one(ctx, s.from, scanUser, `SELECT `+userColumns+` FROM users u WHERE u.email_folded = $1`, FoldEmail(email))
	return u, doing("reading a user by e-mail", err)
}

// CreateUser adds a user and answers it with its id. A taken e-mail address is a *Conflict.
func (s *Store) CreateUser(ctx context.Context, u User) (created User, err error) {
	err = s.tx(ctx, "creating user", func(tx *sql.Tx) error {
		created, err = createUser(ctx, tx, u)
		return err
	})
	return created, err
}

func createUser(ctx context.Context, tx *sql.Tx, u User) (User, error) {
	id, err := one(ctx, tx, scanValue[int64], `
		INSERT INTO users (name, email, email_folded, role, status, password_hash, created_at, last_seen_at)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8) RETURNING id`,
		u.Name, u.Email, FoldEmail(u.Email), u.Role, u.Status, u.PasswordHash, unix(u.CreatedAt), unix(u.LastSeenAt))
	if err != nil {
		return User{}, err
	}
	return user(ctx, tx, id)
}

// UpdateUser saves name, e-mail, role and status. ErrLastOwner refuses to leave no active owner.
func (s *Store) UpdateUser(ctx context.Context, u User) error {
	return s.tx(ctx, fmt.Sprintf("updating user %d", u.ID), func(tx *sql.Tx) error {
		return keepingOwner(ctx, tx, u.ID, func() error {
			return execOne(ctx, tx, `UPDATE users SET name = $1, email = $2, email_folded = $3, role = $4, status = $5 WHERE id = $6`,
				u.Name, u.Email, FoldEmail(u.Email), u.Role, u.Status, u.ID)
		})
	})
}

// DeleteUser deletes a user with its sessions and invitations. ErrLastOwner refuses to leave no active owner.
func (s *Store) DeleteUser(ctx context.Context, id int64) error {
	return s.tx(ctx, fmt.Sprintf("deleting user %d", id), func(tx *sql.Tx) error {
		return keepingOwner(ctx, tx, id, func() error {
			return execOne(ctx, tx, `DELETE FROM users WHERE id = $1`, id)
		})
	})
}

// keepingOwner applies a change to a user, refusing it when the user was the last active owner and is none after it.
func keepingOwner(ctx context.Context, tx *sql.Tx, id int64, change func() error) error {
	before, err := user(ctx, tx, id)
	if err != nil {
		return err
	}
	if err := change(); err != nil {
		return err
	}
	if before.Role != Owner || before.Status != Active {
		return nil
	}
	owners, err := count(ctx, tx, `SELECT COUNT(*) FROM users WHERE role = 'owner' AND status = 'active'`)
	if err == nil && owners == 0 {
		err = ErrLastOwner
	}
	return err
}

// SetPassword replaces the hash of a user's password.
func (s *Store) SetPassword(ctx context.Context, userID int64, hash string) error {
	return s.tx(ctx, fmt.Sprintf("setting the password of user %d", userID), func(tx *sql.Tx) error {
		return execOne(ctx, tx, `UPDATE users SET password_hash = $1 WHERE id = $2`, hash, userID)
	})
}
