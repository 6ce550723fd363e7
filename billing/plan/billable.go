package plan

import (
	"fmt"
	"time"

	"seatbridge/connectwise"
	"seatbridge/store"
)

// endsSoon is how long before its end an agreement is warned about.
const endsSoon = 60 * 24 * time.Hour

// moved is why nothing can be billed on an agreement that another company has than the one that was chosen.
const moved = "The agreement belongs to another company now than the one it was mapped with."

// What to do where nothing can be billed on an agreement, by why.
const (
	doMove    = "Import companies again, then unmap the organization and map it under the company that has the agreement."
	doElse    = "Map the organization to another agreement, or unmap it."
	doRevive  = "Reactivate or extend it in ConnectWise, or map another agreement; unmap the organization if it is not billed any more."
	doWait    = "It is billed from then on by itself. If that is wrong, correct its start in ConnectWise, or map another agreement."
	doRestore = "If it was merged into another company, map an agreement of that one; else restore it, or unmap the organization."
)

// MappedUnbillable says in a sentence why nothing can be billed on a mapped agreement as ConnectWise has it now, and what to do about
// it, or nothing.
func MappedUnbillable(m store.MappedAgreement, a connectwise.Agreement, c connectwise.Company, today connectwise.Date) (why, do string) {
	switch {
	case m.Moved || m.Company.ID != 0 && a.Company.ID != m.Company.ID:
		return AgreementMoved()
	case c.Deleted:
		return fmt.Sprintf("The company %s is deleted in ConnectWise.", c.Name), doRestore
	}
	return judge(a, today)
}

// Unbillable says in a sentence why nothing can be billed on an agreement on that day, or nothing.
func Unbillable(a connectwise.Agreement, today connectwise.Date) string {
	why, _ := judge(a, today)
	return why
}

func judge(a connectwise.Agreement, today connectwise.Date) (why, do string) {
	switch {
	case a.Cancelled || a.Status == connectwise.AgreementCancelled:
		return "The agreement is cancelled.", doRevive
	case !a.NoEndingDate && !a.EndDate.IsZero() && a.EndDate.Before(today):
		return fmt.Sprintf("The agreement ended on %s.", a.EndDate), doRevive
	case a.Status == connectwise.AgreementExpired:
		return "The agreement is expired.", doRevive
	case a.StartDate.After(today):
		return fmt.Sprintf("The agreement starts only on %s.", a.StartDate), doWait
	case a.Status == connectwise.AgreementInactive:
		return "The agreement is inactive.", doRevive
	}
	return "", ""
}

// AgreementGone is an agreement that ConnectWise has no more.
func AgreementGone() (why, do string) {
	return "The agreement no longer exists in ConnectWise.", doElse
}

// AgreementMoved is said of one that another company has than the one that was chosen.
func AgreementMoved() (why, do string) { return moved, doMove }

// AgreementUnusable says in a sentence why nothing can be billed on an imported agreement today, or nothing.
func AgreementUnusable(a store.Agreement, today time.Time) string {
	why, _ := JudgeAgreement(a, today)
	return why
}

// JudgeAgreement says in a sentence why nothing can be billed on an imported agreement today, and what to do about it, or nothing.
func JudgeAgreement(a store.Agreement, today time.Time) (why, do string) {
	if !a.GoneAt.IsZero() {
		return AgreementGone()
	}
	found := connectwise.Agreement{Cancelled: a.Cancelled, Status: a.Status}
	// Days come from the client, so they parse; an empty one stays zero.
	found.StartDate, _ = connectwise.ParseDate(a.StartDate)
	found.EndDate, _ = connectwise.ParseDate(a.EndDate)
	if found.Status != connectwise.AgreementCancelled {
		found.Status = "" // computed by ConnectWise at the import; the dates tell today's
	}
	return judge(found, connectwise.DateOf(today))
}

// DoWithUnmanaged is what to do about an organization that the MSP does not manage any more: nothing is written for it.
const DoWithUnmanaged = "A line that it has goes on billing what it says: leave it so, or unmap the organization and set the line to 0 " +
	"or end it in ConnectWise. If it is managed after all, say so on its page."

// AgreementEndsSoon is the last day of an agreement that can be billed today and ends within 60 days, or
// nothing.
func AgreementEndsSoon(a store.Agreement, today time.Time) string {
	if a.EndDate > SoonDay(today) || AgreementUnusable(a, today) != "" {
		return ""
	}
	return a.EndDate
}

// Day is the calendar day in UTC, as agreements have it.
func Day(t time.Time) string { return t.UTC().Format(time.DateOnly) }

// SoonDay is the last day on which an agreement's end counts as soon.
func SoonDay(today time.Time) string { return Day(today.Add(endsSoon)) }
