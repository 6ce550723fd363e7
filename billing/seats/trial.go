package seats

import (
	"time"

	"seatbridge/store"
)

// trialLength is NordPass's trial of 14 days; that a day is 24 hours here is assumed (docs/billing-rules.md section 7, 1).
const trialLength = 14 * 24 * time.Hour

// TrialEnd is the moment from which an organization that began as a trial is billed.
func TrialEnd(created time.Time) time.Time { return created.Add(trialLength) }

// TrialStart is the beginning of an organization whose trial ends at that moment, if it lasts as long as NordPass's does.
func TrialStart(ends time.Time) time.Time { return ends.Add(-trialLength) }

// InTrial says whether o is in its unbilled trial at that moment.
func InTrial(o store.Organization, at time.Time) bool {
	return o.License == store.Trial && at.Before(o.TrialEndsAt)
}
