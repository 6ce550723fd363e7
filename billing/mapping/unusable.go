package mapping

import (
	"time"

	"seatbridge/billing/plan"
	"seatbridge/store"
)

// CompanyUnusable says in a sentence why nothing can be billed to an imported company, or nothing.
func CompanyUnusable(c store.Company) string {
	if c.GoneAt.IsZero() {
		return ""
	}
	return "The last import did not find this company any more. If it was merged into another one, map its organizations to an agreement " +
		"of that one; otherwise unmap them, or import again with other types and statuses."
}

// Unusable says why a mapping, as far as its company goes a good one, cannot be billed today or only for the last time, and what
// to do about it, or nothing. The agreement is that of the company's with the mapping's id; nil: the company has it no more.
func Unusable(o store.Organization, a *store.Agreement, today time.Time) string {
	if a == nil {
		why, do := plan.AgreementMoved()
		return why + " " + do
	}
	if why, do := plan.JudgeAgreement(*a, today); why != "" {
		return why + " " + do
	}
	switch {
	case !o.DeletedAt.IsZero():
		return "The organization is deleted. After the next monthly sync it can be unmapped."
	case !o.Managed:
		return "The organization is no longer MSP-managed; only managed ones are synced. " + plan.DoWithUnmanaged
	}
	return ""
}
