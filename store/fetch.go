package store

import (
	"bytes"
	"compress/gzip"
	"context"
	"database/sql"
	"fmt"
	"io"
	"time"
)

// Provider is the connection with the NordPass Provider API.
type Provider struct {
	Config     string // JSON, as billing wrote it
	PrivateKey string // PEM; sealed at rest
	Since      time.Time
	// AnyAddress says that the base URL was saved before addresses were judged when they are dialled: it works wherever it stands.
	AnyAddress bool
}

// providerKeyColumn is bound to the sealed private key.
const providerKeyColumn = "provider.private_key"

// Provider reads the connection: ErrNotFound when there is none, ErrWrongKey when the store was opened with another key
// than the private key was sealed with.
func (s *Store) Provider(ctx context.Context) (Provider, error) {
	p, err := one(ctx, s.from, func(row scanner) (p Provider, err error) {
		var sealed []byte
		if err := row.Scan(&p.Config, &sealed, moment(&p.Since), &p.AnyAddress); err != nil {
			return Provider{}, err
		}
		p.PrivateKey, err = s.opened(providerKeyColumn, sealed)
		return p, err
	}, `SELECT config, private_key_sealed, since, any_address FROM provider WHERE id = 1`)
	return p, doing("reading the provider", err)
}

// SaveProvider connects or replaces the connection. Since is set by the first save and then stays.
func (s *Store) SaveProvider(ctx context.Context, p Provider) error {
	return s.tx(ctx, "saving the provider", func(tx *sql.Tx) error {
		_, err := exec(ctx, tx, `INSERT INTO provider (id, config, private_key_sealed, since, any_address) VALUES (1, $1, $2, $3, $4)
			ON CONFLICT (id) DO UPDATE SET config = excluded.config, private_key_sealed = excluded.private_key_sealed,
				any_address = excluded.any_address`,
			p.Config, s.sealed(providerKeyColumn, p.PrivateKey), unix(p.Since), p.AnyAddress)
		return err
	})
}

// DeleteProvider forgets the connection. The reports that it brought and the record of its fetches stay.
func (s *Store) DeleteProvider(ctx context.Context) error {
	return s.tx(ctx, "deleting the provider", func(tx *sql.Tx) error {
		return execOne(ctx, tx, `DELETE FROM provider WHERE id = 1`)
	})
}

// FetchState is what came of fetching a usage report.
type FetchState string

// The states of a fetch. Only zero and reported bring figures; nothing is known after the others.
const (
	FetchFailed   FetchState = "failed"   // no report was read
	FetchEmpty    FetchState = "empty"    // a report without any organization
	FetchZero     FetchState = "zero"     // a report in which every organization has 0 seats
	FetchReported FetchState = "reported" // a report with seats
)

// Known says whether the fetch brought figures.
func (s FetchState) Known() bool { return s == FetchZero || s == FetchReported }

// UsageFetch is one attempt to fetch a usage report.
type UsageFetch struct {
	ID            int64
	At            time.Time
	Period        string // a Month, or a day YYYY-MM-DD
	State         FetchState
	Problem       Problem
	Organizations int // rows of the report
	Seats         int // their billable seats
	// Answer is what the source sent and Records what was understood of it, as JSON. Lists leave both out.
	Answer, Records []byte
}

const fetchColumns = `id, at, period, state, error_what, error_do, error_detail, organizations, seats`

func (f *UsageFetch) dest() []any {
	return []any{&f.ID, moment(&f.At), &f.Period, &f.State, &f.Problem.What, &f.Problem.Do, &f.Problem.Detail, &f.Organizations, &f.Seats}
}

func scanFetch(row scanner) (f UsageFetch, err error) {
	err = row.Scan(f.dest()...)
	return f, err
}

func scanWholeFetch(row scanner) (f UsageFetch, err error) {
	var answer, records []byte
	if err := row.Scan(append(f.dest(), &answer, &records)...); err != nil {
		return UsageFetch{}, err
	}
	if f.Answer, err = unzipped(answer); err != nil {
		return UsageFetch{}, err
	}
	f.Records, err = unzipped(records)
	return f, err
}

// AddUsageFetch keeps a fetch together with the reports that it brought, or nothing of both.
func (s *Store) AddUsageFetch(ctx context.Context, f UsageFetch, reports []UsageReport) error {
	answer, err := zipped(f.Answer)
	if err != nil {
		return err
	}
	records, err := zipped(f.Records)
	if err != nil {
		return err
	}
	return s.tx(ctx, "adding the usage fetch of "+f.Period, func(tx *sql.Tx) error {
		_, err := exec(ctx, tx, `
			INSERT INTO usage_fetches (at, period, state, error_what, error_do, error_detail, organizations, seats, answer, records)
			VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)`,
			unix(f.At), f.Period, f.State, f.Problem.What, f.Problem.Do, f.Problem.Detail, f.Organizations, f.Seats, answer, records)
		if err != nil {
			return err
		}
		for _, r := range reports {
			if err := saveUsageReport(ctx, tx, r); err != nil {
				return doing(fmt.Sprintf("report of organization %d", r.OrganizationID), err)
			}
		}
		return nil
	})
}

// UsageFetches lists the latest fetches, the last one first.
func (s *Store) UsageFetches(ctx context.Context, limit int) ([]UsageFetch, error) {
	fetches, err := list(ctx, s.from, scanFetch, `SELECT `+fetchColumns+` FROM usage_fetches ORDER BY at DESC, id DESC LIMIT $1`, limit)
	return fetches, doing("listing usage fetches", err)
}

// UsageFetch reads one fetch whole.
func (s *Store) UsageFetch(ctx context.Context, id int64) (UsageFetch, error) {
	f, err := one(ctx, s.from, scanWholeFetch, `SELECT `+fetchColumns+`, answer, records FROM usage_fetches WHERE id = $1`, id)
	return f, doing(fmt.Sprintf("reading usage fetch %d", id), err)
}

// LastUsageReport reads the latest fetch for a period that brought figures, whole.
func (s *Store) LastUsageReport(ctx context.Context, period string) (UsageFetch, error) {
	f, err := one(ctx, s.from, scanWholeFetch, `SELECT `+fetchColumns+`, answer, records FROM usage_fetches
		WHERE period = $1 AND state IN ('zero', 'reported') ORDER BY at DESC, id DESC LIMIT 1`, period)
	return f, doing("reading the usage report of "+period, err)
}

// DeleteUsageFetches forgets the fetches before a moment. The reports that they brought stay.
func (s *Store) DeleteUsageFetches(ctx context.Context, before time.Time) error {
	return s.tx(ctx, "deleting old usage fetches", func(tx *sql.Tx) error {
		_, err := exec(ctx, tx, `DELETE FROM usage_fetches WHERE at < $1`, unix(before))
		return err
	})
}

// zipped compresses; nothing stays nothing.
func zipped(data []byte) ([]byte, error) {
	if len(data) == 0 {
		return nil, nil
	}
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	if _, err := w.Write(data); err != nil {
		return nil, doing("compressing", err)
	}
	if err := w.Close(); err != nil {
		return nil, doing("compressing", err)
	}
	return b.Bytes(), nil
}

func unzipped(data []byte) ([]byte, error) {
	if len(data) == 0 {
		return nil, nil
	}
	r, err := gzip.NewReader(bytes.NewReader(data))
	if err != nil {
		return nil, doing("decompressing", err)
	}
	plain, err := io.ReadAll(r)
	return plain, doing("decompressing", err)
}

// LastUsageFetch reads the latest attempt to fetch the report of a period: ErrNotFound when there was none.
func (s *Store) LastUsageFetch(ctx context.Context, period string) (UsageFetch, error) {
	f, err := one(ctx, s.from, scanFetch, `SELECT `+fetchColumns+` FROM usage_fetches WHERE period = $1 ORDER BY at DESC, id DESC LIMIT 1`,
		period)
	return f, doing("reading the last usage fetch of "+period, err)
}
