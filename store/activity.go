package store

import (
	"context"
	"database/sql"
	"iter"
	"time"
)

// Category groups the activity log (docs/billing-rules.md section 4).
type Category string

// The categories of the activity log.
const (
	CategoryAccess        Category = "access"
	CategoryMembers       Category = "members"
	CategoryOrganizations Category = "organizations"
	CategoryIntegrations  Category = "integrations"
	CategoryBilling       Category = "billing"
	CategorySettings      Category = "settings"
)

// Activity is an entry of the activity log.
type Activity struct {
	ID             int64
	At             time.Time
	UserID         int64  // 0: the system itself
	Actor          string // e-mail address at the time
	IP             string
	Category       Category
	Action         string // a whole sentence without the actor
	OrganizationID int64  // 0: not about one organization
}

// About is the entry with the organization that it is about.
func (a Activity) About(organizationID int64) Activity {
	a.OrganizationID = organizationID
	return a
}

// ActivityFilter picks entries of the activity log; a zero field does not matter.
type ActivityFilter struct {
	Actor          string // part of the e-mail address, in any case
	OrganizationID int64
	Category       Category
	From, To       time.Time // From is included, To is not
	Limit, Offset  int
}

// AddActivity adds an entry.
func (s *Store) AddActivity(ctx context.Context, a Activity) error {
	return s.tx(ctx, "adding activity", func(tx *sql.Tx) error { return addActivity(ctx, tx, a) })
}

func addActivity(ctx context.Context, tx *sql.Tx, a Activity) error {
	_, err := exec(ctx, tx, `
		INSERT INTO activity (at, user_id, actor, actor_folded, ip, category, action, organization_id)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8)`,
		unix(a.At), orNull(a.UserID), a.Actor, FoldEmail(a.Actor), a.IP, a.Category, a.Action, orNull(a.OrganizationID))
	return err
}

// Activities lists a page of the log, the latest first, and counts all entries that match.
func (s *Store) Activities(ctx context.Context, f ActivityFilter) (page []Activity, total int, err error) {
	err = s.snapshot(ctx, "listing activity", func(tx *sql.Tx) error {
		where := f.where()
		if total, err = count(ctx, tx, `SELECT COUNT(*) FROM activity WHERE TRUE`+where.String(), where.args...); err != nil {
			return err
		}
		query, args := f.query()
		page, err = list(ctx, tx, scanActivity, query, args...)
		return err
	})
	return page, total, err
}

// EachActivity yields the entries that match, the latest first, one at a time.
func (s *Store) EachActivity(ctx context.Context, f ActivityFilter) iter.Seq2[Activity, error] {
	query, args := f.query()
	return eachDoing("listing activity", each(ctx, s.from, scanActivity, query, args...))
}

func (f ActivityFilter) where() *filter {
	var w filter
	if f.Actor != "" {
		w.and(`actor_folded LIKE ? ESCAPE '\'`, contains(FoldEmail(f.Actor)))
	}
	if f.OrganizationID != 0 {
		w.and(`organization_id = ?`, f.OrganizationID)
	}
	if f.Category != "" {
		w.and(`category = ?`, f.Category)
	}
	if !f.From.IsZero() {
		w.and(`at >= ?`, unix(f.From))
	}
	if !f.To.IsZero() {
		w.and(`at < ?`, unix(f.To))
	}
	return &w
}

func (f ActivityFilter) query() (string, []any) {
	w := f.where()
	w.write(` ORDER BY at DESC, id DESC`)
	w.page(f.Limit, f.Offset)
	return `SELECT id, at, COALESCE(user_id, 0), actor, ip, category, action, COALESCE(organization_id, 0)
		FROM activity WHERE TRUE` + w.String(), w.args
}

func scanActivity(row scanner) (a Activity, err error) {
	err = row.Scan(&a.ID, moment(&a.At), &a.UserID, &a.Actor, &a.IP, &a.Category, &a.Action, &a.OrganizationID)
	return a, err
}
