package seats

import (
	"slices"
	"time"

	"seatbridge/store"
)

// What was true of an organization in a month is read from its histories, because what is true of it now must not change how
// closed months are counted (docs/billing-rules.md section 2, "What was true then").

// ManagedIn says whether the MSP managed an organization in a month: at its last instant, or at the organization's deletion if that
// was before. For the month that is running it is what holds now.
func ManagedIn(l store.Ledger, m store.Month) bool {
	end := m.End()
	if d := l.Organization.DeletedAt; !d.IsZero() && d.Before(end) {
		end = d.Add(time.Second) // moments are whole seconds: what was noted at the deletion holds at it
	}
	managed := l.Organization.Managed
	if len(l.Management) > 0 {
		managed = l.Management[0].Managed // of an organization that began later, how it began
	}
	for _, change := range l.Management {
		if change.Since.Before(end) {
			managed = change.Managed
		}
	}
	return managed
}

// LicenseIn is an organization's license at the last instant of a period; of one that began later, the first.
func LicenseIn(l store.Ledger, p Period) store.License { return licenseBefore(l, p.End()) }

// licenseBefore is the license in force just before a moment.
func licenseBefore(l store.Ledger, at time.Time) store.License {
	license := l.Organization.License
	if len(l.Terms) > 0 {
		license = l.Terms[0].License
	}
	for _, term := range l.Terms {
		if term.Since.Before(at) {
			license = term.License
		}
	}
	return license
}

// freeIn says whether nothing is billed in a period under the licenses that were in force in it. An organization that began after
// the period counts as if it had begun so: what was reported of the time before is of the same customer.
func freeIn(l store.Ledger, p Period) bool {
	for i, term := range l.Terms {
		start, end := Later(term.Since, p.Start()), p.End()
		if i == 0 {
			start = p.Start()
		}
		if i+1 < len(l.Terms) {
			end = Earlier(l.Terms[i+1].Since, end)
		}
		from, ever := BilledFrom(term.License, l.Organization.TrialEndsAt)
		if ever && Later(start, from).Before(end) {
			return false
		}
	}
	return true
}

// trialEnd is when the trial that was in force at a period's end ended or will end: in its time, or before it, when somebody chose
// another license.
func trialEnd(l store.Ledger, p Period) time.Time {
	end := l.Organization.TrialEndsAt
	for _, term := range l.Terms {
		if !term.Since.Before(p.End()) && term.License != store.Trial {
			return Earlier(end, term.Since)
		}
	}
	return end
}

// CountsPending says whether the seats that are pending at the end of a month count (docs/billing-rules.md section 2, rule 5).
func (r Rules) CountsPending(m store.Month) bool { return PendingIn(r.Pending, m).Counted }

// PendingIn is the rule that holds in a month, of rules in the order of their months; where none does, they do not count.
func PendingIn(rules []store.PendingRule, m store.Month) store.PendingRule {
	var holds store.PendingRule
	for _, rule := range rules {
		if rule.From <= m {
			holds = rule
		}
	}
	return holds
}

// SwitchPending is the rules after somebody chose in a month, which is the running one, whether pending seats count: from that month
// on. Months before it stay counted as they were.
func SwitchPending(rules []store.PendingRule, running store.Month, counted bool) []store.PendingRule {
	kept := slices.DeleteFunc(slices.Clone(rules), func(r store.PendingRule) bool { return r.From >= running })
	if PendingIn(kept, running).Counted == counted {
		return kept
	}
	return append(kept, store.PendingRule{From: running, Counted: counted})
}

// Equal says whether two sets of rules count alike.
func (r Rules) Equal(other Rules) bool {
	return r.Reports == other.Reports && slices.Equal(r.Pending, other.Pending) && slices.EqualFunc(r.Sources, other.Sources, sameOrder)
}
