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
		required = "The Provider API has not reported March 2026, and a report is required."
	)
	connected := ReportRule{Since: "2026-03"}
	strict := ReportRule{Since: "2026-03", Required: true}
	with := func(e *example, change func(*store.Organization)) *example {
		change(&e.l.Organization)
		return e
	}
	unmanaged := func(o *store.Organization) { o.Managed = false }
	deleted := func(when string) func(*store.Organization) {
		return func(o *store.Organization) { o.DeletedAt = moment.At(when) }
	}
	for _, tt := range []struct {
		name   string
		ledger *example
		rule   ReportRule
		why    string
	}{
		{"not connected", standard(), ReportRule{}, ""},
		{"required, but not connected", standard(), ReportRule{Required: true}, ""},
		{"connected later", standard(), ReportRule{Since: "2026-04", Required: true}, ""},
		{"no member", standard(), connected, missing},
		{"connected before", standard(), ReportRule{Since: "2026-02"}, missing},
		{"a member", standard().old("a"), connected, ""},
		{"a member who left before", standard().old("a").deleted("2026-02-27", "a"), connected, ""},
		{"a member, and reports are required", standard().old("a"), strict, required},
		{"no member, and reports are required", standard(), strict, required},
		{"not managed", with(standard(), unmanaged), strict, ""},
		{"NFR", org("2025-06-01", b, store.NFR), strict, ""},
		{"deleted before", with(standard(), deleted("2026-02-28")), strict, ""},
		{"deleted as the month begins", with(standard(), deleted("2026-03-01")), strict, ""},
		{"deleted in the month", with(standard(), deleted("2026-03-14")), strict, required},
	} {
		u := Count(tt.ledger.l, WholeMonth("2026-03"), Rules{Reports: tt.rule})
		if why := tt.rule.needed(tt.ledger.l, WholeMonth("2026-03")); why != tt.why || u.Known != (tt.why == "") || tt.why != "" && u.Why != tt.why {
			t.Errorf("%s: %q, known %t (%q); want %q", tt.name, why, u.Known, u.Why, tt.why)
		}
		tt.ledger.report(7, b)
		if u := Count(tt.ledger.l, WholeMonth("2026-03"), Rules{Reports: tt.rule}); !u.Known || u.Seats != 7 {
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
