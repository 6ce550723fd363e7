package months

import (
	"testing"
	"time"

	"github.com/shopspring/decimal"

	"seatbridge/store"
)

// TestGoing holds what is said of an organization in a month that is not over.
func TestGoing(t *testing.T) {
	t.Parallel()
	at := time.Date(2026, 11, 10, 9, 0, 0, 0, time.UTC)
	seats := func(n int64) decimal.NullDecimal { return decimal.NewNullDecimal(decimal.NewFromInt(n)) }
	share := func(organization int64, n int) store.Share {
		return store.Share{OrganizationID: organization, Seats: n, Plan: store.Business, Known: true}
	}
	wrote := func(run int64, n int, state store.ChangeState) store.Entry {
		return store.Entry{Run: store.Run{ID: run, Month: "2026-11", StartedAt: at},
			Change: store.Change{AgreementID: 4, State: state, Shares: []store.Share{share(1, n), share(2, 4)}}}
	}
	undone := wrote(3, 9, store.StateWritten)
	undone.Undone = at
	line := store.Line{AgreementID: 4, ProductID: 7, Read: seats(10), ReadAt: at, Shares: []store.Share{share(1, 6), share(2, 4)}}
	ended, adopted, unread := line, line, line
	ended.Ended = "2026-11-09"
	adopted.Shares = nil
	unread.Read, unread.Written = decimal.NullDecimal{}, seats(5)
	for _, test := range []struct {
		name           string
		entries        []store.Entry
		lines          []store.Line
		written, stand string // empty: nothing is known
	}{
		{"nothing", nil, nil, "", ""},
		{"written and read", []store.Entry{wrote(2, 6, store.StateWritten)}, []store.Line{line}, "6", "6"},
		{"the last counts", []store.Entry{wrote(2, 6, store.StateWritten), wrote(4, 7, store.StateUnchanged)}, nil, "7", ""},
		{"failed", []store.Entry{wrote(2, 6, store.StateFailed)}, []store.Line{line}, "", "6"},
		{"undone", []store.Entry{wrote(2, 6, store.StateWritten), undone}, nil, "6", ""},
		{"the line ended", nil, []store.Line{ended}, "", "0"},
		{"adopted", nil, []store.Line{adopted}, "", "10"},
		{"written and not read since", nil, []store.Line{unread}, "", "3"},
	} {
		g := Going{Month: "2026-11", Organization: 1, Agreement: 4, Entries: test.entries, Lines: test.lines, Products: map[int]store.Plan{7: store.Business}}
		var written, stands string
		for _, r := range g.Rows("2026-11-10") {
			if r.Plan != store.Business {
				t.Errorf("%s: a row on %s", test.name, r.Plan)
			}
			written, stands = shown(r.Written), shown(r.InConnectWise)
		}
		if written != test.written || stands != test.stand {
			t.Errorf("%s: written %q, stands %q; want %q, %q", test.name, written, stands, test.written, test.stand)
		}
	}
}

func shown(d decimal.NullDecimal) string {
	if !d.Valid {
		return ""
	}
	return d.Decimal.String()
}
