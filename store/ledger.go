package store

import (
	"context"
	"database/sql"
	"fmt"
	"iter"
	"slices"
	"time"
)

// Ledger is all that decides what an organization is billed for in a span of time.
type Ledger struct {
	Organization Organization
	Terms        []Term                  // all, the first one first
	Management   []Management            // all, the first one first
	Seats        []Seat                  // by id
	Reports      map[Month][]UsageReport // of the months that the span touches, one of each source that spoke, by source
	Corrections  map[Month]Correction    // those in force, of the same months
	Kept         map[Month]KeptFigure    // whose figure a person said to be right, of the same months
}

// ledgerBatch bounds the organizations whose seats are in memory at once.
const ledgerBatch = 250

// Ledgers yields the ledgers for the time from, included, until, excluded, in the order of the
// organizations' ids: with the ids given exactly those that exist, deleted ones, too; with nil all
// organizations that were not deleted before from. A ledger has the seats that were pending or members at any
// moment of the span. All ledgers show the database at one moment, and few are in memory at a time.
func (s *Store) Ledgers(ctx context.Context, from, until time.Time, organizationIDs []int64) iter.Seq2[Ledger, error] {
	return eachDoing("reading ledgers", func(yield func(Ledger, error) bool) {
		span := fmt.Sprintf("from %s until %s", from.UTC().Format(time.RFC3339), until.UTC().Format(time.RFC3339))
		err := s.snapshot(ctx, span, func(tx *sql.Tx) error {
			organizations, err := ledgerOrganizations(ctx, tx, from, organizationIDs)
			if err != nil {
				return err
			}
			for ledger, err := range ledgersOf(ctx, tx, organizations, from, until) {
				if err != nil {
					return err
				}
				if !yield(ledger, nil) {
					return nil
				}
			}
			return nil
		})
		if err != nil {
			yield(Ledger{}, err)
		}
	})
}

// ledgersOf yields the ledgers of the organizations, reading a batch at a time.
func ledgersOf(ctx context.Context, tx *sql.Tx, organizations []Organization, from, until time.Time) iter.Seq2[Ledger, error] {
	return func(yield func(Ledger, error) bool) {
		for batch := range slices.Chunk(organizations, ledgerBatch) {
			ledgers, err := readLedgers(ctx, tx, batch, from, until)
			if err != nil {
				yield(Ledger{}, err)
				return
			}
			for _, ledger := range ledgers {
				if !yield(ledger, nil) {
					return
				}
			}
		}
	}
}

func ledgerOrganizations(ctx context.Context, tx *sql.Tx, from time.Time, ids []int64) ([]Organization, error) {
	var w filter
	if ids != nil {
		w.and(`o.id IN ` + in(ids))
	} else {
		w.and(`(o.deleted_at IS NULL OR o.deleted_at > ?)`, unix(from))
	}
	return list(ctx, tx, scanOrganization, `SELECT `+organizationColumns+` FROM organizations o WHERE TRUE`+w.String()+` ORDER BY o.id`,
		w.args...)
}

// readLedgers reads the ledgers of a few organizations.
func readLedgers(ctx context.Context, tx *sql.Tx, organizations []Organization, from, until time.Time) ([]Ledger, error) {
	ledgers := make([]Ledger, len(organizations))
	index := make(map[int64]*Ledger, len(organizations))
	ids := make([]int64, len(organizations))
	for i, o := range organizations {
		ledgers[i] = Ledger{
			Organization: o, Reports: map[Month][]UsageReport{}, Corrections: map[Month]Correction{}, Kept: map[Month]KeptFigure{},
		}
		index[o.ID], ids[i] = &ledgers[i], o.ID
	}
	for term, err := range ledgerTerms(ctx, tx, ids) {
		if err != nil {
			return nil, err
		}
		l := index[term.organizationID]
		l.Terms = append(l.Terms, term.Term)
	}
	for m, err := range ledgerManagement(ctx, tx, ids) {
		if err != nil {
			return nil, err
		}
		l := index[m.organizationID]
		l.Management = append(l.Management, m.Management)
	}
	for seat, err := range ledgerSeats(ctx, tx, ids, from, until) {
		if err != nil {
			return nil, err
		}
		l := index[seat.OrganizationID]
		l.Seats = append(l.Seats, seat)
	}
	for report, err := range ledgerReports(ctx, tx, ids, from, until) {
		if err != nil {
			return nil, err
		}
		l := index[report.OrganizationID]
		l.Reports[report.Month] = append(l.Reports[report.Month], report)
	}
	for correction, err := range ledgerCorrections(ctx, tx, ids, from, until) {
		if err != nil {
			return nil, err
		}
		index[correction.OrganizationID].Corrections[correction.Month] = correction
	}
	for kept, err := range ledgerKept(ctx, tx, ids, from, until) {
		if err != nil {
			return nil, err
		}
		index[kept.OrganizationID].Kept[kept.Month] = kept
	}
	return ledgers, nil
}

type ledgerTerm struct {
	organizationID int64
	Term
}

func ledgerTerms(ctx context.Context, tx *sql.Tx, ids []int64) iter.Seq2[ledgerTerm, error] {
	return each(ctx, tx, func(row scanner) (t ledgerTerm, err error) {
		err = row.Scan(&t.organizationID, moment(&t.Since), &t.Plan, &t.License)
		return t, err
	}, `SELECT organization_id, since, plan, license FROM organization_terms
		WHERE organization_id IN `+in(ids)+` ORDER BY organization_id, since`)
}

type ledgerManaged struct {
	organizationID int64
	Management
}

func ledgerManagement(ctx context.Context, tx *sql.Tx, ids []int64) iter.Seq2[ledgerManaged, error] {
	return each(ctx, tx, func(row scanner) (m ledgerManaged, err error) {
		err = row.Scan(&m.organizationID, moment(&m.Since), &m.Managed)
		return m, err
	}, `SELECT organization_id, since, managed FROM organization_management
		WHERE organization_id IN `+in(ids)+` ORDER BY organization_id, since`)
}

// ledgerSeats yields the seats whose life, from the invitation or joining to the deletion, overlaps the span.
func ledgerSeats(ctx context.Context, tx *sql.Tx, ids []int64, from, until time.Time) iter.Seq2[Seat, error] {
	return each(ctx, tx, scanSeat, `SELECT `+seatColumns+` FROM seats
		WHERE organization_id IN `+in(ids)+` AND (deleted_at IS NULL OR deleted_at > $1) AND (invited_at < $2 OR joined_at < $2)
		ORDER BY organization_id, id`, unix(from), unix(secondNotBefore(until)))
}

// secondNotBefore is t or the next whole second: for stored moments, which are whole seconds, being
// before the one is being before the other. A seat added a moment ago counts.
func secondNotBefore(t time.Time) time.Time {
	return t.Add(time.Second - time.Nanosecond).Truncate(time.Second)
}

func ledgerReports(ctx context.Context, tx *sql.Tx, ids []int64, from, until time.Time) iter.Seq2[UsageReport, error] {
	return each(ctx, tx, scanUsageReport, `SELECT `+usageReportColumns+` FROM usage_reports
		WHERE organization_id IN `+in(ids)+` AND month >= $1 AND month <= $2 ORDER BY organization_id, month, source`,
		MonthOf(from), lastMonth(until))
}

// lastMonth is the month of the last instant before until.
func lastMonth(until time.Time) Month { return MonthOf(until.Add(-time.Nanosecond)) }

// LedgerChanges tells which organizations' ledgers changed after a version, and the version that this is
// true for. Version 0 is before every change.
func (s *Store) LedgerChanges(ctx context.Context, after int64) (ids []int64, version int64, err error) {
	type change struct{ organization, version int64 }
	scan := func(row scanner) (c change, err error) {
		err = row.Scan(&c.organization, &c.version)
		return c, err
	}
	version = after
	changes := each(ctx, s.from, scan, `SELECT organization_id, version FROM ledger_changes WHERE version > $1 ORDER BY version`, after)
	for c, err := range changes {
		if err != nil {
			return nil, after, doing("reading what changed in the ledgers", err)
		}
		ids, version = append(ids, c.organization), c.version
	}
	return ids, version, nil
}
