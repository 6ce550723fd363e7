package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"
)

// Plan is a NordPass product that organizations are billed for.
type Plan string

// The plans, the higher one last (docs/billing-rules.md section 2, rule 6).
const (
	Business   Plan = "business"
	Enterprise Plan = "enterprise"
)

// Plans lists all plans, the higher ones last.
func Plans() []Plan { return []Plan{Business, Enterprise} }

// Name is the plan as customers know it.
func (p Plan) Name() string {
	switch p {
	case Business:
		return "NordPass Business"
	case Enterprise:
		return "NordPass Enterprise"
	}
	return string(p)
}

// License is how an organization pays (docs/billing-rules.md section 1).
type License string

// Standard pays at once, Trial after 14 days, NFR (not for resale) never.
const (
	Standard License = "standard"
	Trial    License = "trial"
	NFR      License = "nfr"
)

// OrganizationStatus says whether an organization can be used. A suspended one is still billed.
type OrganizationStatus string

// The states of an organization. OrganizationAny is for filters alone: deleted ones, too.
const (
	OrganizationActive    OrganizationStatus = "active"
	OrganizationSuspended OrganizationStatus = "suspended"
	OrganizationDeleted   OrganizationStatus = "deleted"
	OrganizationAny       OrganizationStatus = "all"
)

// Organization is a NordPass customer of the MSP. Its rows stay after deletion, because the month of
// the deletion is still billed.
type Organization struct {
	ID          int64
	Name        string
	Plan        Plan    // the present one; Terms has the history
	License     License // the present one
	Managed     bool    // by the MSP now: only then it can be mapped; Ledger.Management has the history
	ExternalID  string
	CreatedAt   time.Time // when it began, which is when its first term begins: nothing before is counted
	StartSaid   bool      // somebody said when it began; otherwise CreatedAt is supposed, and a member of an earlier day moves it back
	EnteredAt   time.Time // when Seatbridge was told of it; nothing is counted by this
	TrialEndsAt time.Time // set if and only if it began as a trial
	EndSaid     bool      // somebody said when the trial ended; otherwise TrialEndsAt follows from CreatedAt
	SuspendedAt time.Time
	DeletedAt   time.Time

	MembersSince time.Time // the first moment of a member or invitation that was ever recorded; zero: none was
	NoMembersAt  time.Time // when somebody said that it has no members; zero: nobody does
	NoMembersBy  string    // who

	ReportedName string // another name under which reports have it, where a person said that this one is meant; empty: nobody did
}

// Status is the organization's present state.
func (o Organization) Status() OrganizationStatus {
	switch {
	case !o.DeletedAt.IsZero():
		return OrganizationDeleted
	case !o.SuspendedAt.IsZero():
		return OrganizationSuspended
	}
	return OrganizationActive
}

// Term is the plan and license of an organization from a moment on, until its next term.
type Term struct {
	Since   time.Time
	Plan    Plan
	License License
}

// Life is what was true of an organization from a moment on: its terms and whether it is managed, each list the first one first. Both
// begin with the organization.
type Life struct {
	Terms      []Term
	Management []Management
}

// Management says whether the MSP manages an organization from a moment on, until the next one's.
type Management struct {
	Since   time.Time
	Managed bool
}

const organizationColumns = `o.id, o.name, o.plan, o.license, o.managed, COALESCE(o.external_id, ''),
	o.created_at, o.start_said, o.entered_at, o.trial_ends_at, o.trial_end_said, o.suspended_at, o.deleted_at,
	o.members_since, o.no_members_at, o.no_members_by, o.reported_name`

func (o *Organization) dest() []any {
	return []any{&o.ID, &o.Name, &o.Plan, &o.License, &o.Managed, &o.ExternalID,
		moment(&o.CreatedAt), &o.StartSaid, moment(&o.EnteredAt), moment(&o.TrialEndsAt), &o.EndSaid,
		moment(&o.SuspendedAt), moment(&o.DeletedAt),
		moment(&o.MembersSince), moment(&o.NoMembersAt), &o.NoMembersBy, &o.ReportedName}
}

func scanOrganization(row scanner) (o Organization, err error) {
	err = row.Scan(o.dest()...)
	return o, err
}

// CreateOrganization adds an organization with its first term and answers it with its id. The caller
// sets CreatedAt and, for a trial and only then, TrialEndsAt; without EnteredAt it is entered as it begins. A taken name or external
// id or a second NFR organization is a *Conflict.
func (s *Store) CreateOrganization(ctx context.Context, o Organization) (Organization, error) {
	created, err := s.CreateOrganizations(ctx, []Organization{o})
	if err != nil {
		return Organization{}, err
	}
	return created[0], nil
}

// CreateOrganizations adds all the organizations or, if one is refused, none.
func (s *Store) CreateOrganizations(ctx context.Context, organizations []Organization) ([]Organization, error) {
	var created []Organization
	err := s.tx(ctx, "creating organizations", func(tx *sql.Tx) error {
		for _, o := range organizations {
			c, err := createOrganization(ctx, tx, o)
			if err != nil {
				return doing(fmt.Sprintf("%q", o.Name), err)
			}
			created = append(created, c)
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	return created, nil
}

func createOrganization(ctx context.Context, tx *sql.Tx, o Organization) (Organization, error) {
	if (o.License == Trial) == o.TrialEndsAt.IsZero() {
		return Organization{}, errors.New("a trial, and nothing else, needs the moment it ends")
	}
	if o.EnteredAt.IsZero() {
		o.EnteredAt = o.CreatedAt
	}
	id, err := one(ctx, tx, scanValue[int64], `
		INSERT INTO organizations (name, name_folded, plan, license, managed, external_id,
			created_at, start_said, entered_at, trial_ends_at, suspended_at, deleted_at)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12) RETURNING id`,
		o.Name, Fold(o.Name), o.Plan, o.License, o.Managed, orNull(o.ExternalID),
		unix(o.CreatedAt), o.StartSaid, unix(o.EnteredAt), unix(o.TrialEndsAt), unix(o.SuspendedAt), unix(o.DeletedAt))
	if err != nil {
		return Organization{}, err
	}
	if err := addTerm(ctx, tx, id, Term{o.CreatedAt, o.Plan, o.License}); err != nil {
		return Organization{}, err
	}
	if err := addManagement(ctx, tx, id, Management{o.CreatedAt, o.Managed}); err != nil {
		return Organization{}, err
	}
	return organization(ctx, tx, id)
}

// addTerm begins a term; one that began in the same second is replaced.
func addTerm(ctx context.Context, tx *sql.Tx, id int64, t Term) error {
	_, err := exec(ctx, tx, `
		INSERT INTO organization_terms (organization_id, since, plan, license) VALUES ($1, $2, $3, $4)
		ON CONFLICT (organization_id, since) DO UPDATE SET plan = excluded.plan, license = excluded.license`,
		id, unix(t.Since), t.Plan, t.License)
	return err
}

// addManagement notes that an organization is managed, or is not any more: never before what was noted last, even if the clock was
// set back in between, because the latest note has to be the one in force. One of the same second is replaced.
func addManagement(ctx context.Context, tx *sql.Tx, id int64, m Management) error {
	_, err := exec(ctx, tx, `
		INSERT INTO organization_management (organization_id, since, managed)
		SELECT $1, MAX($2, COALESCE(MAX(since), $2)), $3 FROM organization_management WHERE organization_id = $1
		ON CONFLICT (organization_id, since) DO UPDATE SET managed = excluded.managed`, id, unix(m.Since), m.Managed)
	return err
}

// Organization reads one organization, a deleted one, too.
func (s *Store) Organization(ctx context.Context, id int64) (Organization, error) {
	o, err := organization(ctx, s.from, id)
	return o, doing(fmt.Sprintf("reading organization %d", id), err)
}

func organization(ctx context.Context, q querier, id int64) (Organization, error) {
	return one(ctx, q, scanOrganization, `SELECT `+organizationColumns+` FROM organizations o WHERE o.id = $1`, id)
}

// Life lists an organization's terms and whether it was managed, the first ones first.
func (s *Store) Life(ctx context.Context, id int64) (Life, error) {
	var l Life
	err := s.snapshot(ctx, fmt.Sprintf("reading the life of organization %d", id), func(tx *sql.Tx) (err error) {
		if l.Terms, err = terms(ctx, tx, id); err != nil {
			return err
		}
		l.Management, err = list(ctx, tx, scanManagement,
			`SELECT since, managed FROM organization_management WHERE organization_id = $1 ORDER BY since`, id)
		return err
	})
	return l, err
}

func scanManagement(row scanner) (m Management, err error) {
	err = row.Scan(moment(&m.Since), &m.Managed)
	return m, err
}

// RewriteLife puts another life in the place of an organization's, also of a deleted one: when it began and who says so, when its trial
// ended, and all of its terms and management, whose last ones are what holds now. The organization begins with its first term; a trial,
// and nothing else, has an end. A second NFR organization is a *Conflict.
func (s *Store) RewriteLife(ctx context.Context, o Organization, l Life) error {
	return s.tx(ctx, fmt.Sprintf("rewriting the life of organization %d", o.ID), func(tx *sql.Tx) error {
		if len(l.Terms) == 0 || len(l.Management) == 0 || (l.Terms[0].License == Trial) == o.TrialEndsAt.IsZero() {
			return errors.New("a life has a first term and management, and a trial, and nothing else, an end")
		}
		term, managed := l.Terms[len(l.Terms)-1], l.Management[len(l.Management)-1].Managed
		err := execOne(ctx, tx, `
			UPDATE organizations SET created_at = $1, start_said = $2, trial_ends_at = $3, trial_end_said = $4,
				plan = $5, license = $6, managed = $7 WHERE id = $8`,
			unix(l.Terms[0].Since), o.StartSaid, unix(o.TrialEndsAt), o.EndSaid, term.Plan, term.License, managed, o.ID)
		if err != nil {
			return err
		}
		return replaceLife(ctx, tx, o.ID, l)
	})
}

func replaceLife(ctx context.Context, tx *sql.Tx, id int64, l Life) error {
	for _, table := range []string{"organization_terms", "organization_management"} {
		if _, err := exec(ctx, tx, `DELETE FROM `+table+` WHERE organization_id = $1`, id); err != nil {
			return err
		}
	}
	for _, t := range l.Terms {
		if err := addTerm(ctx, tx, id, t); err != nil {
			return err
		}
	}
	for _, m := range l.Management {
		if err := addManagement(ctx, tx, id, m); err != nil {
			return err
		}
	}
	return nil
}

func terms(ctx context.Context, q querier, id int64) ([]Term, error) {
	return list(ctx, q, scanTerm, `SELECT since, plan, license FROM organization_terms WHERE organization_id = $1 ORDER BY since`, id)
}

func scanTerm(row scanner) (t Term, err error) {
	err = row.Scan(moment(&t.Since), &t.Plan, &t.License)
	return t, err
}

// UpdateOrganization saves the names, plan, license, managed and external id of an organization that is not
// deleted. Another plan or license begins a term at the moment at, and whether it is managed has a history, too. A trial cannot be
// begun later than at the creation.
func (s *Store) UpdateOrganization(ctx context.Context, o Organization, at time.Time) error {
	return s.tx(ctx, fmt.Sprintf("updating organization %d", o.ID), func(tx *sql.Tx) error {
		before, err := organization(ctx, tx, o.ID)
		if err != nil {
			return err
		}
		if o.License == Trial && before.License != Trial {
			return errors.New("only a new organization can be a trial")
		}
		err = execOne(ctx, tx, `
			UPDATE organizations SET name = $1, name_folded = $2, plan = $3, license = $4, managed = $5, external_id = $6, reported_name = $7
			WHERE id = $8 AND deleted_at IS NULL`,
			o.Name, Fold(o.Name), o.Plan, o.License, o.Managed, orNull(o.ExternalID), o.ReportedName, o.ID)
		if err == nil && o.Managed != before.Managed {
			err = addManagement(ctx, tx, o.ID, Management{at, o.Managed})
		}
		if err != nil || (o.Plan == before.Plan && o.License == before.License) {
			return err
		}
		return changeTerm(ctx, tx, o.ID, Term{at, o.Plan, o.License})
	})
}

// changeTerm begins the organization's latest term: never before the present one, even if the clock
// was set back in between, because the latest term has to be the one in force.
func changeTerm(ctx context.Context, tx *sql.Tx, id int64, t Term) error {
	earlier, err := terms(ctx, tx, id)
	if err != nil {
		return err
	}
	if last := earlier[len(earlier)-1].Since; t.Since.Before(last) {
		t.Since = last
	}
	return addTerm(ctx, tx, id, t)
}

// SuspendOrganization suspends an organization; one that is suspended stays so since then. A zero moment ends the suspension.
func (s *Store) SuspendOrganization(ctx context.Context, id int64, at time.Time) error {
	suspended := `COALESCE(suspended_at, $1)`
	if at.IsZero() {
		suspended = `$1`
	}
	return s.tx(ctx, fmt.Sprintf("suspending organization %d, or ending that", id), func(tx *sql.Tx) error {
		return execOne(ctx, tx, `UPDATE organizations SET suspended_at = `+suspended+` WHERE id = $2 AND deleted_at IS NULL`, unix(at), id)
	})
}

// SetNoMembers keeps since when and by whom an organization is said to have no members; a zero moment takes that back. It can be
// said of one of which no member was ever recorded, and is withdrawn by itself as soon as one is. A deleted organization may be
// spoken of, too: its last month is still billed.
func (s *Store) SetNoMembers(ctx context.Context, id int64, at time.Time, by string) error {
	return s.tx(ctx, fmt.Sprintf("noting whether organization %d has no members", id), func(tx *sql.Tx) error {
		return execOne(ctx, tx, `UPDATE organizations SET no_members_at = $1, no_members_by = $2 WHERE id = $3 AND members_since IS NULL`,
			unix(at), by, id)
	})
}

// DeleteOrganization marks an organization and its present seats as deleted. Everything is kept, the
// mapping, too: the month of the deletion is still billed, and the line goes to 0 after it.
func (s *Store) DeleteOrganization(ctx context.Context, id int64, at time.Time) error {
	return s.tx(ctx, fmt.Sprintf("deleting organization %d", id), func(tx *sql.Tx) error {
		err := execOne(ctx, tx, `UPDATE organizations SET deleted_at = $1 WHERE id = $2 AND deleted_at IS NULL`, unix(at), id)
		if err != nil {
			return err
		}
		_, err = changeSeats(ctx, tx, presentSeats{organizationID: id}, SeatDelete, at)
		return err
	})
}
