package store

import (
	"context"
	"database/sql"
	"fmt"
	"time"
)

// SeatStatus says where a seat is in its life. Active and suspended seats are billed.
type SeatStatus string

// The states of a seat.
const (
	SeatPending   SeatStatus = "pending"
	SeatActive    SeatStatus = "active"
	SeatSuspended SeatStatus = "suspended"
	SeatDeleted   SeatStatus = "deleted"
)

// Seat is one stay of a member in an organization: who leaves and returns has two.
type Seat struct {
	ID             int64
	OrganizationID int64
	Email          string    // or a label
	InvitedAt      time.Time // zero: joined without an invitation
	JoinedAt       time.Time // zero: pending
	SuspendedAt    time.Time
	DeletedAt      time.Time
}

// Status is the seat's present state.
func (s Seat) Status() SeatStatus {
	switch {
	case !s.DeletedAt.IsZero():
		return SeatDeleted
	case s.JoinedAt.IsZero():
		return SeatPending
	case !s.SuspendedAt.IsZero():
		return SeatSuspended
	}
	return SeatActive
}

const seatColumns = `id, organization_id, email, invited_at, joined_at, suspended_at, deleted_at`

func scanSeat(row scanner) (s Seat, err error) {
	err = row.Scan(&s.ID, &s.OrganizationID, &s.Email, moment(&s.InvitedAt), moment(&s.JoinedAt), moment(&s.SuspendedAt), moment(&s.DeletedAt))
	return s, err
}

// SeatFilter picks and orders the seats of one organization.
type SeatFilter struct {
	OrganizationID int64
	Search         string     // part of the e-mail address, in any case
	Status         SeatStatus // "": all but the deleted
	Sort           string     // "email" (the default), "status", "joined"
	Desc           bool
	Limit, Offset  int
}

// Seats lists a page of an organization's seats and counts all that match.
func (s *Store) Seats(ctx context.Context, f SeatFilter) (page []Seat, total int, err error) {
	err = s.snapshot(ctx, fmt.Sprintf("listing the seats of organization %d", f.OrganizationID), func(tx *sql.Tx) error {
		where := f.where()
		if total, err = count(ctx, tx, `SELECT COUNT(*) FROM seats WHERE TRUE`+where.String(), where.args...); err != nil {
			return err
		}
		query, args := f.query()
		page, err = list(ctx, tx, scanSeat, query, args...)
		return err
	})
	return page, total, err
}

func (f SeatFilter) where() *filter {
	var w filter
	w.and(`organization_id = ?`, f.OrganizationID)
	switch f.Status {
	case SeatPending:
		w.and(`deleted_at IS NULL AND joined_at IS NULL`)
	case SeatActive:
		w.and(`deleted_at IS NULL AND joined_at IS NOT NULL AND suspended_at IS NULL`)
	case SeatSuspended:
		w.and(`deleted_at IS NULL AND joined_at IS NOT NULL AND suspended_at IS NOT NULL`)
	case SeatDeleted:
		w.and(`deleted_at IS NOT NULL`)
	default:
		w.and(`deleted_at IS NULL`)
	}
	if f.Search != "" {
		w.and(`email_folded LIKE ? ESCAPE '\'`, contains(FoldEmail(f.Search)))
	}
	return &w
}

func (f SeatFilter) query() (string, []any) {
	w := f.where()
	w.write(` ORDER BY ` + f.order())
	w.page(f.Limit, f.Offset)
	return `SELECT ` + seatColumns + ` FROM seats WHERE TRUE` + w.String(), w.args
}

func (f SeatFilter) order() string {
	dir := direction(f.Desc)
	byEmail := `email_folded` + dir + `, id` + dir
	switch f.Sort {
	case "status":
		return `CASE WHEN deleted_at IS NOT NULL THEN 3 WHEN joined_at IS NULL THEN 0 WHEN suspended_at IS NULL THEN 1 ELSE 2 END` +
			dir + `, ` + byEmail
	case "joined":
		return `joined_at` + dir + ` NULLS LAST, ` + byEmail
	}
	return byEmail
}

// CountMembers counts the seats of all organizations that joined and are not deleted.
func (s *Store) CountMembers(ctx context.Context) (int, error) {
	n, err := count(ctx, s.from, `SELECT COUNT(*) FROM seats WHERE deleted_at IS NULL AND joined_at IS NOT NULL`)
	return n, doing("counting members", err)
}

// AddSeats adds a seat for each e-mail address to an organization that is not deleted, pending where
// joinedAt is zero. Addresses that are there already are not doubled but answered in existing.
func (s *Store) AddSeats(
	ctx context.Context,
	organizationID int64,
	emails []string,
	invitedAt, joinedAt time.Time,
) (added int, existing []string, err error) {
	err = s.tx(ctx, fmt.Sprintf("adding seats to organization %d", organizationID), func(tx *sql.Tx) error {
		if err := presentOrganization(ctx, tx, organizationID); err != nil {
			return err
		}
		for _, email := range emails {
			n, err := exec(ctx, tx, `
				INSERT INTO seats (organization_id, email, email_folded, invited_at, joined_at) VALUES ($1, $2, $3, $4, $5)
				ON CONFLICT (organization_id, email_folded) WHERE deleted_at IS NULL DO NOTHING`,
				organizationID, email, FoldEmail(email), unix(invitedAt), unix(joinedAt))
			if err != nil {
				return doing(fmt.Sprintf("%q", email), err)
			}
			if n == 0 {
				existing = append(existing, email)
			}
			added += n
		}
		return nil
	})
	if err != nil {
		return 0, nil, err
	}
	return added, existing, nil
}

// presentOrganization is ErrNotFound unless the organization exists and is not deleted.
func presentOrganization(ctx context.Context, tx *sql.Tx, id int64) error {
	_, err := one(ctx, tx, scanValue[int64], `SELECT id FROM organizations WHERE id = $1 AND deleted_at IS NULL`, id)
	return err
}

// AddSeatHistory adds seats with all their moments as given, or none of them if one is refused.
func (s *Store) AddSeatHistory(ctx context.Context, seats []Seat) error {
	return s.tx(ctx, "adding seat history", func(tx *sql.Tx) error {
		insert, err := tx.PrepareContext(ctx, `
			INSERT INTO seats (organization_id, email, email_folded, invited_at, joined_at, suspended_at, deleted_at)
			VALUES ($1, $2, $3, $4, $5, $6, $7)`)
		if err != nil {
			return err
		}
		defer insert.Close()
		for _, seat := range seats {
			_, err := insert.ExecContext(ctx, seat.OrganizationID, seat.Email, FoldEmail(seat.Email),
				unix(seat.InvitedAt), unix(seat.JoinedAt), unix(seat.SuspendedAt), unix(seat.DeletedAt))
			if err != nil {
				return doing(fmt.Sprintf("%q of organization %d", seat.Email, seat.OrganizationID), err)
			}
		}
		return nil
	})
}

// SeatAction is what ChangeSeats does.
type SeatAction string

// The changes of seats. SeatJoin makes pending seats active.
const (
	SeatSuspend    SeatAction = "suspend"
	SeatReactivate SeatAction = "reactivate"
	SeatDelete     SeatAction = "delete"
	SeatJoin       SeatAction = "join"
)

// ChangeSeats applies an action to those of an organization's seats that it can change, and counts
// them; others, among them the deleted, are passed over.
func (s *Store) ChangeSeats(
	ctx context.Context,
	organizationID int64,
	ids []int64,
	action SeatAction,
	at time.Time,
) (changed int, err error) {
	err = s.tx(ctx, fmt.Sprintf("changing seats of organization %d (%s)", organizationID, action), func(tx *sql.Tx) error {
		changed, err = changeSeats(ctx, tx, presentSeats{organizationID, ` AND id IN ` + in(ids)}, action, at)
		return err
	})
	return changed, err
}

// presentSeats are the seats of an organization that are not deleted and also meet the conditions.
type presentSeats struct {
	organizationID int64
	conditions     string
}

// changeSeats applies an action to those of the seats that it can change.
func changeSeats(ctx context.Context, tx *sql.Tx, seats presentSeats, action SeatAction, at time.Time) (int, error) {
	where := ` WHERE organization_id = $2 AND deleted_at IS NULL` + seats.conditions
	switch action {
	case SeatSuspend:
		return exec(ctx, tx, `UPDATE seats SET suspended_at = $1`+where+` AND joined_at IS NOT NULL AND suspended_at IS NULL`,
			unix(at), seats.organizationID)
	case SeatReactivate:
		return exec(ctx, tx, `UPDATE seats SET suspended_at = $1`+where+` AND suspended_at IS NOT NULL`, nil, seats.organizationID)
	case SeatJoin:
		return exec(ctx, tx, `UPDATE seats SET joined_at = $1`+where+` AND joined_at IS NULL`, unix(at), seats.organizationID)
	case SeatDelete: // not before it joined, even if the clock was set back in between
		return exec(ctx, tx, `UPDATE seats SET deleted_at = CASE WHEN joined_at > $1 THEN joined_at ELSE $1 END`+where,
			unix(at), seats.organizationID)
	}
	return 0, fmt.Errorf("unknown action %q", action)
}
