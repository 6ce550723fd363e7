package seats

import (
	"testing"

	"seatbridge/internal/moment"
	"seatbridge/store"
)

// A figure that is nothing, or not known, says why.
func TestWhyThereIsNoFigure(t *testing.T) {
	t.Parallel()
	closed := func(e *example, when string) *example {
		e.l.Organization.DeletedAt = moment.At(when)
		return e
	}
	const silent = "Nobody has said how many members it has: none was ever recorded or reported."
	trial := func(created string) *example { return org(created, b, store.Trial) }
	for _, tt := range []struct {
		name   string
		ledger *example
		known  bool
		why    string
	}{
		{"no member ever", standard(), false, silent},
		{"said to have none", standard().none("2026-04-02"), true, "ann@example.com said on 2 April 2026 that it has no members."},
		{"only invited", standard().invited("2026-03-05", "f"), true, "No members in March 2026."},
		{"members before", standard().old("a").deleted("2026-02-27", "a"), true, "No members in March 2026."},
		{"one member", standard().old("a"), true, ""},
		{"no members, then deleted", closed(standard(), "2026-03-14"), false, silent},
		{"deleted before", closed(standard(), "2026-02-28"), true, "Deleted on 28 February 2026."},
		{"deleted as the month begins", closed(standard(), "2026-03-01"), true, "Deleted on 1 March 2026."},
		{"NFR", org("2025-06-01", b, store.NFR).old("a"), true, "NFR organizations are free."},
		{"NFR deleted before", closed(org("2025-06-01", b, store.NFR), "2026-02-28"), true, "Deleted on 28 February 2026."},
		{"NFR deleted in the month", closed(org("2025-06-01", b, store.NFR), "2026-03-14"), true, "NFR organizations are free."},
		{"in trial", trial("2026-03-20").members("2026-03-20", "a"), true, "In trial until 3 April 2026."},
		{"in trial, and said to have none", trial("2026-03-20").none("2026-04-02"), true, "In trial until 3 April 2026."},
		{"deleted in its trial", closed(trial("2026-03-03"), "2026-03-16"), true, "Deleted on 16 March 2026, before billing began."},
		{"created later", org("2026-04-10", b, store.Standard), false,
			"Seatbridge knows this organization only since 10 April 2026, after the end of March 2026."},
		{"created as the month ends", org("2026-04-01", b, store.Standard), false,
			"Seatbridge knows this organization only since 1 April 2026, after the end of March 2026."},
		{"created in the last second", org("2026-03-31 23:59:59", b, store.Standard), false, silent},
	} {
		if u := Count(tt.ledger.l, WholeMonth("2026-03"), Rules{}); u.Known() != tt.known || u.Why != tt.why {
			t.Errorf("%s: known %t, %q; want %t, %q", tt.name, u.Known(), u.Why, tt.known, tt.why)
		}
	}
}

// What a report says of its figure is why it is.
func TestReportSaysWhy(t *testing.T) {
	t.Parallel()
	e := standard().old("a")
	e.l.Reports = map[store.Month][]store.UsageReport{"2026-03": {{Seats: 7, Plan: b, Source: string(SourceCSV), Note: "As agreed."}}}
	if u := Count(e.l, WholeMonth("2026-03"), Rules{}); u.seats != 7 || u.Why != "As agreed." {
		t.Errorf("%d seats because %q", u.seats, u.Why)
	}
}

// Pending seats count only where the month's last instant is in billed time (docs/billing-rules.md section 2).
func TestPendingAfterBilledTime(t *testing.T) {
	t.Parallel()
	for name, l := range map[string]*example{
		"deleted":  standard().old("a").invited("2026-03-05", "f"),
		"made NFR": standard().old("a").invited("2026-03-05", "f").term("2026-03-14", b, store.NFR),
	} {
		if name == "deleted" {
			l.l.Organization.DeletedAt = moment.At("2026-03-14")
		}
		if u := Count(l.l, WholeMonth("2026-03"), always(true)); u.seats != 1 {
			t.Errorf("%s: %d seats, want 1", name, u.seats)
		}
	}
}
