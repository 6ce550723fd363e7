package survey

import (
	"fmt"

	"github.com/shopspring/decimal"

	"seatbridge/billing/plan"
	"seatbridge/store"
)

// Against says in a sentence why a planned change must not be written any more, by what it rests on when its request is about to go
// out, or nothing: every organization of its shares is still mapped to its agreement, all that are there are managed by the MSP, and
// its product is still the one of the plan.
// A line that goes to 0 because nobody feeds it is fed by nobody yet. An undo rests on what was written,
// not on mappings, and an addition that a person named on that person. A line that is billed once rests on what is open.
func Against(g store.Basis) string {
	c := g.Change
	switch {
	case g.Run.Status != store.RunRunning || g.Run.Preview:
		return "The sync had ended."
	case g.Compares:
		return "Writing was paused while the sync ran."
	case g.Run.Kind == store.RunUndo || g.Run.Addition != 0:
		return ""
	case c.Once():
		return againstOnce(g)
	case len(g.Unmanaged) > 0:
		return fmt.Sprintf("%s is not managed by the MSP any more; only MSP-managed organizations are synced.", g.Unmanaged[0])
	case c.Plan == "":
		return fedAgain(g)
	}
	for _, share := range c.Shares {
		agreement, mapped := g.Mapped[share.OrganizationID]
		switch {
		case !mapped:
			return fmt.Sprintf("%s was unmapped while the sync ran.", share.Organization)
		case agreement != c.AgreementID:
			return fmt.Sprintf("%s was mapped to another agreement while the sync ran.", share.Organization)
		}
	}
	switch {
	case len(g.Users) == 0:
		return "The last organization of this agreement was unmapped while the sync ran."
	case g.Products[c.ProductID] != c.Plan:
		return fmt.Sprintf("%s was mapped to another product while the sync ran.", c.Plan.Name())
	}
	return ""
}

// againstOnce says why a line that is billed once must not be written any more: what it is to settle is not open like that.
func againstOnce(g store.Basis) string {
	for _, share := range g.Change.Shares {
		open, known := g.Open[share.OrganizationID]
		if !known || !open.Valid || !open.Decimal.Equal(decimal.NewFromInt(int64(share.Seats))) {
			return fmt.Sprintf("The difference of %s in %s is not %s any more: look at the month again.",
				share.Organization, g.Run.Month, plan.Quantity(decimal.NewFromInt(int64(share.Seats))))
		}
	}
	return ""
}

// fedAgain says of a line that is to go to 0, because its agreement or its product is not mapped any more, that it is again.
func fedAgain(g store.Basis) string {
	if _, mapped := g.Products[g.Change.ProductID]; !mapped || len(g.Users) == 0 {
		return ""
	}
	return fmt.Sprintf("%s was mapped to this agreement while the sync ran.", g.Users[0])
}
