package store

import (
	"context"
	"database/sql"
	"strings"
	"time"
)

// Problem is what went wrong, in the user's words.
type Problem struct {
	What   string // what happened; empty: nothing
	Do     string // what to do about it
	Detail string // the technical cause, without secrets
}

// Zero says that there is no problem.
func (p Problem) Zero() bool { return p == Problem{} }

// Text is the problem in a line: what happened and what to do about it.
func (p Problem) Text() string { return strings.TrimSpace(p.What + " " + p.Do) }

// Integration is the connection with ConnectWise PSA.
type Integration struct {
	Site, Company         string
	PublicKey, PrivateKey string // the private key is sealed at rest
	ClientID              string
	APIBase               string // as discovered; empty: not yet
	Rights                string // JSON: what was found about the API member's rights
	Problem               Problem
	ErrorAt               time.Time // of Problem
	ConnectedAt           time.Time
	CheckedAt             time.Time // last contact, good or bad
	ActiveSince           time.Time // products first mapped: monthly runs are due from here on
	LastImportAt          time.Time
	LastSyncAt            time.Time
	// AnyAddress says that the site was saved before addresses were judged when they are dialled: it works wherever it stands.
	AnyAddress bool
}

// privateKeyColumn is bound to the sealed private key.
const privateKeyColumn = "integration.private_key"

// Integration reads the connection: ErrNotFound when there is none, ErrWrongKey when the store was
// opened with another key than the private key was sealed with.
func (s *Store) Integration(ctx context.Context) (Integration, error) {
	i, err := one(ctx, s.from, s.scanIntegration, `
		SELECT site, company, public_key, private_key_sealed, client_id, api_base, rights, error_what, error_do, error_detail,
			error_at, connected_at, checked_at, active_since, last_import_at, last_sync_at, any_address
		FROM integration WHERE id = 1`)
	return i, doing("reading the integration", err)
}

func (s *Store) scanIntegration(row scanner) (i Integration, err error) {
	var sealed []byte
	err = row.Scan(&i.Site, &i.Company, &i.PublicKey, &sealed, &i.ClientID, &i.APIBase, &i.Rights,
		&i.Problem.What, &i.Problem.Do, &i.Problem.Detail,
		moment(&i.ErrorAt), moment(&i.ConnectedAt), moment(&i.CheckedAt), moment(&i.ActiveSince), moment(&i.LastImportAt), moment(&i.LastSyncAt),
		&i.AnyAddress)
	if err != nil {
		return Integration{}, err
	}
	if i.PrivateKey, err = s.opened(privateKeyColumn, sealed); err != nil {
		return Integration{}, err
	}
	return i, nil
}

// SaveIntegration connects or replaces the connection's credentials, findings and problem. ActiveSince,
// LastImportAt and LastSyncAt are left as they are; they have their own methods.
func (s *Store) SaveIntegration(ctx context.Context, i Integration) error {
	return s.tx(ctx, "saving the integration", func(tx *sql.Tx) error {
		_, err := exec(ctx, tx, `
			INSERT INTO integration (id, site, company, public_key, private_key_sealed, client_id, api_base, rights,
				error_what, error_do, error_detail, error_at, connected_at, checked_at, any_address)
			VALUES (1, $1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)
			ON CONFLICT (id) DO UPDATE SET site = excluded.site, company = excluded.company, public_key = excluded.public_key,
				private_key_sealed = excluded.private_key_sealed, client_id = excluded.client_id, api_base = excluded.api_base,
				rights = excluded.rights, error_what = excluded.error_what, error_do = excluded.error_do,
				error_detail = excluded.error_detail, error_at = excluded.error_at, connected_at = excluded.connected_at,
				checked_at = excluded.checked_at, any_address = excluded.any_address`,
			i.Site, i.Company, i.PublicKey, s.sealed(privateKeyColumn, i.PrivateKey), i.ClientID, i.APIBase, i.Rights,
			i.Problem.What, i.Problem.Do, i.Problem.Detail, unix(i.ErrorAt), unix(i.ConnectedAt), unix(i.CheckedAt),
			i.AnyAddress)
		return err
	})
}

// SetIntegrationProblem notes the outcome of a contact at the moment at: a zero problem is a good one.
func (s *Store) SetIntegrationProblem(ctx context.Context, p Problem, at time.Time) error {
	errorAt := at
	if p.Zero() {
		errorAt = time.Time{}
	}
	return s.updateIntegration(ctx, "noting the state of the integration",
		`error_what = $1, error_do = $2, error_detail = $3, error_at = $4, checked_at = $5`, p.What, p.Do, p.Detail, unix(errorAt), unix(at))
}

// SetAPIBase replaces the discovered API base.
func (s *Store) SetAPIBase(ctx context.Context, base string) error {
	return s.updateIntegration(ctx, "setting the API base", `api_base = $1`, base)
}

// SetLastSync notes when a sync last wrote to ConnectWise PSA or found nothing to write.
func (s *Store) SetLastSync(ctx context.Context, at time.Time) error {
	return s.updateIntegration(ctx, "setting the last sync", `last_sync_at = $1`, unix(at))
}

// updateIntegration changes columns of the connection: ErrNotFound when there is none.
func (s *Store) updateIntegration(ctx context.Context, what, set string, args ...any) error {
	return s.tx(ctx, what, func(tx *sql.Tx) error {
		return execOne(ctx, tx, `UPDATE integration SET `+set+` WHERE id = 1`, args...)
	})
}

// Disconnect forgets the connection, its products, the imported companies and agreements, the mappings
// and the lines. Runs and changes stay as history: runs in progress become cancelled, previews
// discarded, and what they had planned or held becomes cancelled. A change that is being sent stays
// so, because its outcome is not known.
func (s *Store) Disconnect(ctx context.Context, at time.Time) error {
	return s.tx(ctx, "disconnecting", func(tx *sql.Tx) error {
		if err := noteEnded(ctx, tx, 0, at); err != nil {
			return err
		}
		for _, statement := range [...]string{
			`DELETE FROM mappings`,
			`DELETE FROM rejected_suggestions`,
			`DELETE FROM lines`,
			`DELETE FROM findings`,
			`DELETE FROM answers`,
			`DELETE FROM terms`,
			`DELETE FROM leak_readings`,
			`DELETE FROM leak_scans`,
			`DELETE FROM leak_products`,
			`DELETE FROM leak_answers`,
			`DELETE FROM agreements`,
			`DELETE FROM companies`,
			`DELETE FROM import_filters`,
			`DELETE FROM product_mappings`,
			`DELETE FROM unpriced_products`,
			`DELETE FROM comparings`,
			`DELETE FROM integration`,
			`UPDATE changes SET state = 'cancelled' WHERE state IN ('planned', 'held')
				AND run_id NOT IN (SELECT id FROM runs WHERE compares AND status = 'done')`,
			`UPDATE runs SET status = CASE status WHEN 'running' THEN 'cancelled' ELSE 'discarded' END WHERE status IN ('running', 'planned')`,
		} {
			if _, err := exec(ctx, tx, statement); err != nil {
				return err
			}
		}
		return nil
	})
}

// SaveFindings keeps what a test of the saved connection found: ErrNotFound when there is none.
func (s *Store) SaveFindings(ctx context.Context, apiBase, rights string, p Problem, at time.Time) error {
	errorAt := at
	if p.Zero() {
		errorAt = time.Time{}
	}
	return s.updateIntegration(ctx, "keeping the findings of a test",
		`api_base = $1, rights = $2, error_what = $3, error_do = $4, error_detail = $5, error_at = $6, checked_at = $7`,
		apiBase, rights, p.What, p.Do, p.Detail, unix(errorAt), unix(at))
}
