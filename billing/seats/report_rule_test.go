package seats

import (
	"testing"

	"seatbridge/internal/moment"
	"seatbridge/store"
)

// When there is no figure without a report (docs/billing-rules.md section 2).
func TestReportRule(t *testing.T) {
	t.Parallel()
	const (
		missing  = "The Provider API has not reported March 2026, and Seatbridge knows no member of this organization."
		silent   = "Nobody has said how many members it has: none was ever recorded or reported."
		required = "The Provider API has not reported March 2026, and a report is required."
	)
	connected := ReportRule{Since: "2026-03"}
	strict := ReportRule{Since: "2026-03", Required: true}
	with := func(e *example, change func(*store.Organization)) *example {
		change(&e.l.Organization)
		return e
	}
	unmanaged := func(o *store.Organization) { o.Managed = false }
	left := func(o *store.Organization) { o.MembersSince = moment.At("2025-07-01") }
	none := func(o *store.Organization) { o.NoMembersAt = moment.At("2026-04-01") }
	deleted := func(when string) func(*store.Organization) {
		return func(o *store.Organization) { o.DeletedAt = moment.At(when) }
	}
	for _, tt := range []struct {
		name   string
		ledger *example
		rule   ReportRule
		why    string
	}{
		{"not connected", standard(), ReportRule{}, silent},
		{"required, but not connected", standard(), ReportRule{Required: true}, silent},
		{"connected later", standard(), ReportRule{Since: "2026-04", Required: true}, silent},
		{"no member", standard(), connected, missing},
		{"connected before", standard(), ReportRule{Since: "2026-02"}, missing},
		{"a member", standard().old("a"), connected, ""},
		{"a member who left before", standard().old("a").deleted("2026-02-27", "a"), connected, ""},
		{"a member, and reports are required", standard().old("a"), strict, required},
		{"no member, and reports are required", standard(), strict, required},
		{"a member who left before the ledger's span", with(standard(), left), connected, ""},
		{"said to have none", with(standard(), none), connected, ""},
		{"said to have none, and reports are required", with(standard(), none), strict, required},
		{"in trial all month", org("2026-03-20", b, store.Trial), connected, ""},
		{"in trial all month, and reports are required", org("2026-03-20", b, store.Trial), strict, required},
		{"not managed", with(standard().old("a"), unmanaged), strict, ""},
		{"not managed, no member", with(standard(), unmanaged), strict, silent},
		{"NFR", org("2025-06-01", b, store.NFR), strict, ""},
		{"deleted before", with(standard(), deleted("2026-02-28")), strict, ""},
		{"deleted as the month begins", with(standard(), deleted("2026-03-01")), strict, ""},
		{"deleted in the month", with(standard(), deleted("2026-03-14")), strict, required},
	} {
		u := Count(tt.ledger.l, WholeMonth("2026-03"), Rules{Reports: tt.rule})
		if u.Known() != (tt.why == "") || tt.why != "" && u.Why != tt.why || u.Unspoken != (tt.why == missing || tt.why == silent) {
			t.Errorf("%s: known %t (%q); want %q", tt.name, u.Known(), u.Why, tt.why)
		}
		tt.ledger.report(7, b)
		if u := Count(tt.ledger.l, WholeMonth("2026-03"), Rules{Reports: tt.rule}); !u.Known() || u.seats != 7 {
			t.Errorf("%s, reported: %+v", tt.name, u)
		}
	}
}

func TestReportRuleOf(t *testing.T) {
	t.Parallel()
	since := moment.At("2026-03-09")
	for config, want := range map[string]ReportRule{
		`{}`:                  {Since: "2026-03"},
		`{"required": true}`:  {Since: "2026-03", Required: true},
		`{"required": false}`: {Since: "2026-03"},
	} {
		if got, err := ReportRuleOf(store.Provider{Config: config, Since: since}); err != nil || got != want {
			t.Errorf("%s: %+v, %v; want %+v", config, got, err, want)
		}
	}
	if got, err := ReportRuleOf(store.Provider{Config: "{", Since: since}); err == nil || got != (ReportRule{}) {
		t.Errorf("an unreadable configuration: %+v, %v", got, err)
	}
}
