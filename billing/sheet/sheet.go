// Package sheet says what the columns and rows of an uploaded table mean, and what members they change. It is pure: a reader
// and what is known in, rows and changes out.
package sheet

import (
	"io"
	"iter"
	"maps"
	"slices"
	"time"

	"seatbridge/billing/table"
	"seatbridge/store"
)

// Kind is what the rows of an uploaded table are.
type Kind string

// The kinds: a row is a member of an organization, what an organization used in a month, or what held of an organization from a moment
// on. Rows of the first two may also say how their organization began.
const (
	Members       Kind = "members"
	Usage         Kind = "usage"
	Organizations Kind = "organizations"
)

// Options is how an uploaded table is to be read.
type Options struct {
	Now          time.Time                    // what is later is refused
	Organization string                       // of all rows, where the table has no column for it
	Dates        map[Column]table.DateOrder   // of the columns that need one: from the Survey, or chosen by the admin
	Numbers      map[Column]table.NumberStyle // likewise
	OpenMonth    bool                         // also take the usage of the month that is not over
	Readings     *Readings                    // collects what is not read to the letter; may be nil
}

// RowProblem is something in a row that makes it unusable.
type RowProblem struct {
	Line    int    // in the file, the first being 1
	Column  string // the name in the file; empty: the whole row
	Problem string // a sentence, often with what to do
}

// MemberRow is a row of a table of members.
type MemberRow struct {
	Line         int
	Organization string // name or external id
	ExternalID   string // where a column of its own has it
	Email        string
	Status       store.SeatStatus
	Total        bool // it looks like the count of the rows before it
	// The moments that the row gives, in UTC; zero: it does not. A date without a time is its midnight.
	InvitedAt, JoinedAt, SuspendedAt, DeletedAt time.Time
	Exact                                       Exact        // which of them are a midnight that was given as an instant
	Life                                        *Life        // of the organization; nil: it says nothing of it
	Problems                                    []RowProblem // none: the row is good
}

// UsageRow is a row of a table of monthly usage.
type UsageRow struct {
	Line         int
	Column       string // the heading of its cell, in a table whose columns are months
	Organization string // name or external id
	ExternalID   string // where a column of its own has it
	Month        store.Month
	Seats        int
	Plan         store.Plan   // empty if the table has no column for it
	Life         *Life        // of the organization; nil: it says nothing of it
	Total        bool         // it looks like the sum of the rows before it
	Unknown      bool         // it says, in our own export, that nobody knows the figure
	Problems     []RowProblem // none: the row is good
}

// OrganizationRow is a row of a list of organizations.
type OrganizationRow struct {
	Line         int
	Organization string       // name or external id
	ExternalID   string       // where a column of its own has it
	Life         *Life        // nil: it says nothing
	Total        bool         // it looks like the count of the rows before it
	Problems     []RowProblem // none: the row is good
}

// ReadMembers yields every row that is not blank, once, the bad ones with their problems. An error,
// which is an *Invalid if the admin can mend it, comes last. Without a status the moments decide; with neither
// a member is active. A second row about the same stay of a member is a problem; a member who left and
// returned has a row for each stay, all but one of them deleted.
func ReadMembers(r io.Reader, m ColumnMap, o Options) iter.Seq2[MemberRow, error] {
	seen := seenRows{}
	return readRows(r, Members, m, o, one(func(row *row) MemberRow {
		member := MemberRow{
			Line:         row.Line,
			Organization: row.organization(),
			ExternalID:   row.externalID(),
			Email:        row.email(),
			InvitedAt:    row.moment(InvitedColumn),
			JoinedAt:     row.moment(JoinedColumn),
			SuspendedAt:  row.moment(SuspendedColumn),
			DeletedAt:    row.moment(DeletedColumn),
			Life:         row.life(),
		}
		member.Exact = row.exact(member)
		member.Status = row.status(member)
		if len(row.problems) == 0 {
			row.checkMoments(&member)
			seen.member(row, member)
		}
		member.Total = len(row.problems) > 0 && row.isTotal()
		member.Problems = row.problems
		return member
	}))
}

// ReadUsage yields every row that is not blank, once, the bad ones with their problems; of a table whose columns are months, every
// cell that is not empty. An error, which is an *Invalid if the admin can mend it, comes last. Several rows of one organization and
// month are yielded as they stand.
func ReadUsage(r io.Reader, m ColumnMap, o Options) iter.Seq2[UsageRow, error] {
	aMonth := one(func(row *row) UsageRow {
		if row.saysUnknown() {
			return UsageRow{Line: row.Line, Organization: row.organization(), Unknown: true}
		}
		usage := UsageRow{
			Line:         row.Line,
			Organization: row.organization(),
			ExternalID:   row.externalID(),
			Month:        row.month(),
			Seats:        row.seats(),
			Plan:         row.plan(),
			Life:         row.life(),
		}
		usage.Total = row.isTotal()
		usage.Problems = row.problems
		return usage
	})
	return readRows(r, Usage, m, o, func(row *row, yield func(UsageRow) bool) bool {
		if row.cross != nil {
			return row.eachMonth(yield)
		}
		return aMonth(row, yield)
	})
}

// ReadOrganizations yields every row that is not blank, once, the bad ones with their problems. An error, which is an *Invalid if the
// admin can mend it, comes last. Several rows of one organization are yielded as they stand.
func ReadOrganizations(r io.Reader, m ColumnMap, o Options) iter.Seq2[OrganizationRow, error] {
	return readRows(r, Organizations, m, o, one(func(row *row) OrganizationRow {
		organization := OrganizationRow{
			Line: row.Line, Organization: row.organization(), ExternalID: row.externalID(), Life: row.life(), Total: row.isTotal(),
		}
		organization.Problems = row.problems
		return organization
	}))
}

// one is how a row is read that says one thing.
func one[R any](read func(*row) R) func(*row, func(R) bool) bool {
	return func(r *row, yield func(R) bool) bool { return yield(read(r)) }
}

// readRows reads a file by rows. read yields what a row says until it is told to stop, and then says so.
func readRows[R any](r io.Reader, kind Kind, m ColumnMap, o Options, read func(*row, func(R) bool) bool) iter.Seq2[R, error] {
	return func(yield func(R, error) bool) {
		var none R
		t, err := table.Open(r, kind.Headers()...)
		if err == nil {
			err = m.Check(kind, t.Header, o)
		}
		if err != nil {
			yield(none, err)
			return
		}
		reading := row{
			kind: kind, header: t.Header, columns: maps.Clone(m), options: o, spelled: spellings{}, state: -1, cross: m.Cross(kind, t.Header),
		}
		if IsOwnExport(t.Header) {
			reading.state = slices.Index(t.Header, stateHeader)
		}
		for cells, err := range t.Rows() {
			if err != nil {
				yield(none, err)
				return
			}
			reading.Row, reading.problems = cells, unreadable(cells)
			if !read(&reading, func(row R) bool { return yield(row, nil) }) {
				return
			}
		}
	}
}

func unreadable(row table.Row) []RowProblem {
	if row.Problem == "" {
		return nil
	}
	return []RowProblem{{Line: row.Line, Problem: row.Problem}}
}
