package store

import (
	"context"
	"errors"
	"time"
)

// Setup is a store's view of how far its panel is set up.
type Setup struct{ store *Store }

// SetupIn is that of a store.
func SetupIn(s *Store) Setup { return Setup{s} }

// SetupSigns says of what setting up consists of whether it is there. It is read for every page, so it counts nothing.
type SetupSigns struct {
	Connected     bool
	Failing       bool // the last contact with ConnectWise was none, or a right is missing
	Products      int  // plans with a product
	Organizations bool // one at least
	Figures       bool // something is known of their seats: members, or a report
	Imported      bool // companies, at least once
	Mapped        bool // one organization at least
	Looked        bool // a sync, or a preview of one, has looked at mapped agreements since it is connected
}

// lookedSince is the condition of a run that looked at all mapped agreements and came to its end, since a moment.
const lookedSince = `r.started_at >= $1 AND r.kind IN ('manual', 'monthly', 'command') AND r.status NOT IN ('running', 'failed')
	AND EXISTS (SELECT 1 FROM changes c WHERE c.run_id = r.id)`

// Signs reads them.
func (s Setup) Signs(ctx context.Context) (SetupSigns, error) {
	i, err := one(ctx, s.store.from, scanConnected, `SELECT connected_at, error_what FROM integration WHERE id = 1`)
	if err != nil && !errors.Is(err, ErrNotFound) {
		return SetupSigns{}, doing("reading how far the panel is set up", err)
	}
	signs, err := one(ctx, s.store.from, scanSigns, `SELECT
		(SELECT COUNT(*) FROM product_mappings),
		EXISTS (SELECT 1 FROM organizations WHERE deleted_at IS NULL),
		EXISTS (SELECT 1 FROM seats) OR EXISTS (SELECT 1 FROM usage_reports),
		EXISTS (SELECT 1 FROM integration WHERE last_import_at IS NOT NULL) AND EXISTS (SELECT 1 FROM companies),
		EXISTS (SELECT 1 FROM mappings),
		EXISTS (SELECT 1 FROM runs r WHERE `+lookedSince+`)`, unix(i.ConnectedAt))
	signs.Connected, signs.Failing = !i.ConnectedAt.IsZero(), !i.Problem.Zero()
	return signs, doing("reading how far the panel is set up", err)
}

func scanConnected(row scanner) (i Integration, err error) {
	err = row.Scan(moment(&i.ConnectedAt), &i.Problem.What)
	return i, err
}

func scanSigns(row scanner) (g SetupSigns, err error) {
	err = row.Scan(&g.Products, &g.Organizations, &g.Figures, &g.Imported, &g.Mapped, &g.Looked)
	return g, err
}

// SetupCounts is how much there is of what setting up consists of.
type SetupCounts struct {
	Organizations int       // not deleted
	Members       int       // of them, not deleted
	Companies     int       // imported
	Agreements    int       // imported
	Mapped        int       // organizations
	AddedAt       time.Time // when the first organization was entered; zero: there is none
}

// Counts reads them.
func (s Setup) Counts(ctx context.Context) (SetupCounts, error) {
	c, err := one(ctx, s.store.from, scanSetupCounts, `SELECT
		(SELECT COUNT(*) FROM organizations WHERE deleted_at IS NULL),
		(SELECT COUNT(*) FROM organizations o JOIN seats s ON s.organization_id = o.id AND s.deleted_at IS NULL WHERE o.deleted_at IS NULL),
		(SELECT COUNT(*) FROM companies),
		(SELECT COUNT(*) FROM agreements),
		(SELECT COUNT(*) FROM mappings),
		(SELECT MIN(created_at) FROM organizations WHERE deleted_at IS NULL)`)
	return c, doing("counting what is set up", err)
}

func scanSetupCounts(row scanner) (c SetupCounts, err error) {
	err = row.Scan(&c.Organizations, &c.Members, &c.Companies, &c.Agreements, &c.Mapped, moment(&c.AddedAt))
	return c, err
}

// LastFile is the file of members or of organizations that was written last: ErrNotFound when there is none.
func (s Setup) LastFile(ctx context.Context) (FileImport, error) {
	i, err := one(ctx, s.store.from, scanFileImport, `SELECT `+fileImportColumns+` FROM intakes
		WHERE state = 'done' AND kind IN ('members', 'organizations') ORDER BY ended_at DESC, id DESC LIMIT 1`)
	return i, doing("reading the last file of members", err)
}

// LastMapping is the organization that was mapped last: ErrNotFound when there is none.
func (s Setup) LastMapping(ctx context.Context) (Mapping, error) {
	m, err := one(ctx, s.store.from, scanMapping, `SELECT `+mappingColumns+` FROM mappings
		ORDER BY created_at DESC, organization_id DESC LIMIT 1`)
	return m, doing("reading the last mapping", err)
}

// LastLook is the last sync, or preview of one, that looked at all mapped agreements and came to its end, since a moment: ErrNotFound
// when there is none.
func (s Setup) LastLook(ctx context.Context, since time.Time) (Run, error) {
	r, err := one(ctx, s.store.from, scanRun, `SELECT `+runColumns+` FROM runs r WHERE `+lookedSince+`
		ORDER BY r.started_at DESC, r.id DESC LIMIT 1`, unix(since))
	return r, doing("reading the last look at agreements", err)
}

// ActorAt is who did what the activity log has of integrations at a moment, by their e-mail address: what is saved together with its
// entry has the same moment. Empty: nobody, or not known.
func (s Setup) ActorAt(ctx context.Context, at time.Time) (string, error) {
	who, err := one(ctx, s.store.from, scanValue[string], `SELECT actor FROM activity
		WHERE category = $1 AND at = $2 AND user_id IS NOT NULL ORDER BY id LIMIT 1`, CategoryIntegrations, unix(at))
	if errors.Is(err, ErrNotFound) {
		return "", nil
	}
	return who, doing("reading who set something up", err)
}
