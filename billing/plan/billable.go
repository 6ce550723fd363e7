package plan

import (
	"fmt"
	"time"

	"seatbridge/connectwise"
	"seatbridge/store"
)

// endsSoon is how long before its end an agreement is warned about.
const endsSoon = 60 * 24 * time.Hour

// moved is an agreement that another company has than the one that was chosen.
const moved = "The agreement belongs to another company now than the one it was mapped with. Unmap the organization and map it again."

// MappedUnbillable says in a sentence why nothing can be billed on a mapped agreement as ConnectWise has it now, or nothing.
func MappedUnbillable(m store.MappedAgreement, a connectwise.Agreement, c connectwise.Company, today connectwise.Date) string {
	switch {
	case m.Moved || m.Company.ID != 0 && a.Company.ID != m.Company.ID:
		return moved
	case c.Deleted:
		return fmt.Sprintf("The company %s is deleted in ConnectWise.", c.Name)
	}
	return Unbillable(a, today)
}

// Unbillable says in a sentence why nothing can be billed on an agreement on that day, or nothing.
func Unbillable(a connectwise.Agreement, today connectwise.Date) string {
	switch {
	case a.Cancelled || a.Status == connectwise.AgreementCancelled:
		return "The agreement is cancelled."
	case !a.NoEndingDate && !a.EndDate.IsZero() && a.EndDate.Before(today):
		return fmt.Sprintf("The agreement ended on %s.", a.EndDate)
	case a.Status == connectwise.AgreementExpired:
		return "The agreement is expired."
	case a.StartDate.After(today):
		return fmt.Sprintf("The agreement starts only on %s.", a.StartDate)
	case a.Status == connectwise.AgreementInactive:
		return "The agreement is inactive."
	}
	return ""
}

// AgreementUnusable says in a sentence why nothing can be billed on an imported agreement today, or nothing.
func AgreementUnusable(a store.Agreement, today time.Time) string {
	if !a.GoneAt.IsZero() {
		return "The agreement no longer exists in ConnectWise."
	}
	found := connectwise.Agreement{Cancelled: a.Cancelled, Status: a.Status}
	// Days come from the client, so they parse; an empty one stays zero.
	found.StartDate, _ = connectwise.ParseDate(a.StartDate)
	found.EndDate, _ = connectwise.ParseDate(a.EndDate)
	if found.Status != connectwise.AgreementCancelled {
		found.Status = "" // computed by ConnectWise at the import; the dates tell today's
	}
	return Unbillable(found, connectwise.DateOf(today))
}

// CompanyUnusable says in a sentence why nothing can be billed to an imported company, or nothing.
func CompanyUnusable(c store.Company) string {
	if c.GoneAt.IsZero() {
		return ""
	}
	return "The last import did not find this company any more. Unmap its organizations, or import again with other types and statuses."
}

// MappingUnusable says in a sentence why a mapping, as far as its company goes a good one, cannot be billed today, or nothing. The
// agreement is that of the company's with the mapping's id; nil: the company has it no more.
func MappingUnusable(o store.Organization, a *store.Agreement, today time.Time) string {
	if a == nil {
		return moved
	}
	if problem := AgreementUnusable(*a, today); problem != "" {
		return problem
	}
	switch {
	case !o.DeletedAt.IsZero():
		return "The organization is deleted. After the next monthly sync it can be unmapped."
	case !o.Managed:
		return "The organization is no longer MSP-managed; only managed ones are synced."
	}
	return ""
}

// Unmappable says in a sentence why an organization cannot be mapped to any agreement, or nothing.
func Unmappable(o store.Organization) string {
	switch {
	case !o.DeletedAt.IsZero():
		return "This organization is deleted."
	case !o.Managed:
		return "This organization is not managed by the MSP; only MSP-managed organizations can be mapped."
	}
	return ""
}

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
