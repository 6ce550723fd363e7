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

// applies says whether the truth about an organization's period comes from the Provider API's reports, so that no member in
// the ledger is no evidence of zero.
func (r ReportRule) applies(l store.Ledger, p Period) bool {
	return r.Since != "" && p.Month >= r.Since && InReport(l, p)
}

// InReport says whether the Provider API's report of a period should name an organization: it was managed and not NFR then, and not
// deleted before (docs/billing-rules.md section 2, "When there is no figure").
func InReport(l store.Ledger, p Period) bool {
	deleted := l.Organization.DeletedAt
	return ManagedIn(l, p.Month) && LicenseIn(l, p) != store.NFR && (deleted.IsZero() || deleted.After(p.Start()))
}

// requires says whether there is no figure of an organization's period without a report.
func (r ReportRule) requires(l store.Ledger, p Period) bool {
	return r.Required && r.applies(l, p)
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
