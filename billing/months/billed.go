package months

import (
	"cmp"
	"slices"
	"time"

	"github.com/shopspring/decimal"

	"seatbridge/store"
)

// standing is an organization's part of what lines said at a moment.
type standing struct {
	known    bool
	quantity decimal.Decimal
	lines    int         // that it has a part of
	said     store.Said  // of the line with the greatest part of it
	before   *store.Said // what was last written there, where a person changed it since
	carrier  Carrier     // of that line's agreement
	unsure   bool        // it was changed by hand between two readings, and the invoice was made between them
}

// edited says that a person changed what Seatbridge wrote.
func (s standing) edited() bool { return s.before != nil }

// standingAt is the organization's part of what the lines of its agreements say: for an invoice, as it took them where it is made; else
// now. A line that ended before the period is on no invoice of it. Where there is no line, there is none of it.
func (s Story) standingAt(plan store.Plan, m store.Month, now time.Time, invoice bool) standing {
	sum := standing{known: true}
	greatest := decimal.NewFromInt(-1)
	for _, id := range sorted(s.Agreements) {
		a := s.Agreements[id]
		c := a.Billing.Carrier(m)
		for _, line := range linesOf(a.Said) {
			at, from := now, day(now)
			if invoice {
				from = c.Period
				if !c.At.IsZero() {
					at = c.At
				}
			}
			said, unsure, there := line.at(at)
			if !there {
				continue
			}
			part, has := s.part(said, plan)
			if !has {
				continue
			}
			sum.lines++
			if said.Ended != "" && said.Ended < from || invoice && c.Never {
				part = decimal.Zero
			}
			sum.quantity = sum.quantity.Add(part)
			if part.Abs().GreaterThan(greatest) {
				greatest = part.Abs()
				sum.said, sum.before, sum.carrier, sum.unsure = said, line.writtenBefore(said), c, unsure
			}
		}
	}
	return sum
}

func sorted(agreements map[int]Agreement) []int {
	var ids []int
	for id := range agreements {
		ids = append(ids, id)
	}
	slices.Sort(ids)
	return ids
}

// lineStory is what one line said, oldest first.
type lineStory []store.Said

func linesOf(said []store.Said) []lineStory {
	byAddition := map[int]lineStory{}
	var order []int
	for _, s := range said {
		if byAddition[s.AdditionID] == nil {
			order = append(order, s.AdditionID)
		}
		byAddition[s.AdditionID] = append(byAddition[s.AdditionID], s)
	}
	slices.Sort(order)
	var lines []lineStory
	for _, id := range order {
		lines = append(lines, byAddition[id])
	}
	return lines
}

// at is what the line said at a moment; not there: Seatbridge created it later. What it said before it was first read is what it said
// then. Where a person changed it between two readings, it is what it said before: unsure.
func (l lineStory) at(t time.Time) (said store.Said, unsure, there bool) {
	i := -1
	for j := range l {
		if !l[j].At.After(t) {
			i = j
		}
	}
	if i < 0 {
		return l[0], false, !l[0].Created
	}
	unsure = i+1 < len(l) && !l[i+1].Written && l[i].SeenAt.Before(t)
	return l[i], unsure, true
}

// writtenBefore is what Seatbridge last wrote before a person made the line say something else; nil: it says what was written.
func (l lineStory) writtenBefore(said store.Said) *store.Said {
	if said.Written {
		return nil
	}
	for i := len(l) - 1; i >= 0; i-- {
		if l[i].Written && !l[i].At.After(said.At) {
			if l[i].Quantity.Equal(said.Quantity) {
				return nil
			}
			return &l[i]
		}
	}
	return nil
}

// part is the organization's part of what a line says, split as it was written; has is false where it has none.
func (s Story) part(said store.Said, plan store.Plan) (part decimal.Decimal, has bool) {
	shares := said.Shares
	if len(shares) == 0 {
		shares = s.sharesOf(said)
	}
	if _, has := shareOf(shares, s.Organization.ID, plan); !has {
		return decimal.Zero, false
	}
	return Split(said.Quantity, shares)[s.Organization.ID], true
}

// sharesOf is whose seats stand on a line that says nothing about it: those that were last to be written there, or the one organization
// that is mapped to its agreement.
func (s Story) sharesOf(said store.Said) []store.Share {
	for i := len(s.Entries) - 1; i >= 0; i-- {
		c := s.Entries[i].Change
		if c.AgreementID == said.AgreementID && c.ProductID == said.ProductID {
			return c.Shares
		}
	}
	if s.Mapping.AgreementID == said.AgreementID && s.Products[said.ProductID] != "" {
		return []store.Share{{OrganizationID: s.Organization.ID, Plan: s.Products[said.ProductID]}}
	}
	return nil
}

// Split splits what a line says among the organizations of its shares, by what each was to have: whole seats by the largest remainder,
// then by the organizations' ids; what is no whole seat goes to the first. The parts add up to the quantity.
func Split(quantity decimal.Decimal, shares []store.Share) map[int64]decimal.Decimal {
	parts := map[int64]decimal.Decimal{}
	if len(shares) == 0 {
		return parts
	}
	shares = slices.Clone(shares)
	slices.SortFunc(shares, func(a, b store.Share) int { return cmp.Compare(a.OrganizationID, b.OrganizationID) })
	weights, total := weightsOf(shares)
	whole := quantity.Abs().Floor()
	left := whole
	type rest struct {
		id   int64
		rest decimal.Decimal
	}
	var rests []rest
	for i, share := range shares {
		product := whole.Mul(weights[i])
		base, _ := product.QuoRem(total, 0)
		parts[share.OrganizationID] = parts[share.OrganizationID].Add(base)
		left = left.Sub(base)
		rests = append(rests, rest{share.OrganizationID, product.Sub(base.Mul(total))})
	}
	slices.SortStableFunc(rests, func(a, b rest) int { return b.rest.Cmp(a.rest) })
	for i := 0; left.IsPositive(); i++ {
		parts[rests[i%len(rests)].id] = parts[rests[i%len(rests)].id].Add(decimal.NewFromInt(1))
		left = left.Sub(decimal.NewFromInt(1))
	}
	parts[shares[0].OrganizationID] = parts[shares[0].OrganizationID].Add(quantity.Abs().Sub(whole))
	if quantity.IsNegative() {
		for id, part := range parts {
			parts[id] = part.Neg()
		}
	}
	return parts
}

// weightsOf is what each of the shares weighs: its seats or, where nobody has any, the same.
func weightsOf(shares []store.Share) (weights []decimal.Decimal, total decimal.Decimal) {
	for _, share := range shares {
		weights = append(weights, decimal.NewFromInt(int64(share.Seats)))
		total = total.Add(weights[len(weights)-1])
	}
	if !total.IsZero() {
		return weights, total
	}
	for i := range weights {
		weights[i] = decimal.NewFromInt(1)
	}
	return weights, decimal.NewFromInt(int64(len(weights)))
}
