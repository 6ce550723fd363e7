package seats

import (
	"encoding/json"
	"fmt"

	"seatbridge/store"
)

// ReportRule says where an organization's figure needs a usage report, because the Provider API is connected and the
// ledger may not have every member. The zero rule is for panels without the Provider API: the ledger suffices.
type ReportRule struct {
	Since    store.Month // the month in which the Provider API was connected; earlier ones need no report. Empty: it is not
	Required bool        // not even an organization with members in the ledger does without
}

// needed says why a figure is not known without a report; empty: the ledger's count is good enough. An organization
// without any member in the ledger is no evidence of zero where the truth comes from elsewhere.
func (r ReportRule) needed(l store.Ledger, p Period) string {
	o := l.Organization
	switch {
	case r.Since == "" || p.Month < r.Since || !o.Managed || o.License == store.NFR:
		return ""
	case !o.DeletedAt.IsZero() && !o.DeletedAt.After(p.Start()):
		return ""
	case r.Required:
		return fmt.Sprintf("The Provider API has not reported %s, and a report is required.", p.Month)
	case len(l.Seats) == 0:
		return fmt.Sprintf("The Provider API has not reported %s, and Seatbridge knows no member of this organization.", p.Month)
	}
	return ""
}

// ReportRuleOf is the rule that goes with a connection as it was saved.
func ReportRuleOf(saved store.Provider) (ReportRule, error) {
	var c struct {
		Required bool `json:"required"`
	}
	if err := json.Unmarshal([]byte(saved.Config), &c); err != nil {
		return ReportRule{}, fmt.Errorf("reading the provider's configuration: %w", err)
	}
	return ReportRule{Since: store.MonthOf(saved.Since), Required: c.Required}, nil
}
