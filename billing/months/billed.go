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
	lines    int             // that it has a part of
	greatest decimal.Decimal // part of one of them, without its sign
	said     store.Said      // of the line with the greatest part of it
	took     decimal.Decimal // of the whole of that line, 0 where it is not on the invoice
	included decimal.Decimal // what comes off its parts because it is included or not billed at all
	before   *store.Said     // what was last written there, where a person changed it since
	carrier  Carrier         // of that line's agreement
	unsure   bool            // it was changed by hand between two readings, and the invoice was made between them
}

// edited says that a person changed what Seatbridge wrote.
func (s standing) edited() bool { return s.before != nil }

// standingAt is the organization's part of what the lines of its agreements say: for an invoice, as it took them where it is made; else
// now. A line that ended before the period is on no invoice of it. Where there is no line, there is none of it.
func (s Story) standingAt(plan store.Plan, m store.Month, now time.Time, invoice bool) standing {
	sum := standing{known: true}
	for _, id := range sorted(s.Agreements) {
		a := s.Agreements[id]
		c := s.carrier(id, m, now)
		lines, took := linesOf(a.Said), c.taking(now, invoice)
		for _, line := range lines {
			if part, has := s.partOf(line, plan, took); has && !line.cameAfter(lines, took) {
				part.carrier = c
				sum.add(part)
			}
		}
	}
	return sum
}

// taking is when, and for which period, a line is looked at: by the invoice that takes it, or now.
func (c Carrier) taking(now time.Time, invoice bool) Carrier {
	if !invoice {
		return Carrier{At: now, Period: day(now)}
	}
	if c.At.IsZero() {
		c.At = now
	}
	return c
}

// partOf is the organization's part of what a line said when it was taken; has is false where it has none.
func (s Story) partOf(line lineStory, plan store.Plan, took Carrier) (p standing, has bool) {
	said, unsure, there := line.takenBy(took)
	if !there {
		return p, false
	}
	part, has := s.part(line, said, plan, took.At)
	p = standing{quantity: part, said: said, took: said.Quantity, before: line.writtenBefore(said), unsure: unsure}
	if said.Ended != "" && said.Ended < took.Period || took.Never {
		p.quantity, p.took = decimal.Zero, decimal.Zero
	}
	p.included = s.includedOf(line, p, took.At)
	return p, has
}

// includedOf is what comes off the organization's part of a line, in proportion to what its organizations were billed: it is never more
// than the part, so that what is left adds up to what ConnectWise bills of the line.
func (s Story) includedOf(line lineStory, p standing, at time.Time) decimal.Decimal {
	if p.said.Unbilled != "" || p.said.Included.GreaterThanOrEqual(p.took) {
		return p.quantity
	}
	parts := Split(p.took, s.sharesOf(line, p.said, at))
	shares := make([]store.Share, 0, len(parts))
	for id, part := range parts {
		shares = append(shares, store.Share{OrganizationID: id, Seats: int(part.IntPart())})
	}
	return decimal.Min(Split(p.said.Included, shares)[s.Organization.ID], p.quantity)
}

// add adds the part of one more line; what is said of all is said of the one with the greatest part.
func (s *standing) add(part standing) {
	if s.lines == 0 || part.quantity.Abs().GreaterThan(s.greatest) {
		s.greatest = part.quantity.Abs()
		s.said, s.took, s.before, s.carrier, s.unsure = part.said, part.took, part.before, part.carrier, part.unsure
	}
	s.lines++
	s.quantity, s.included = s.quantity.Add(part.quantity), s.included.Add(part.included)
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

// takenBy is what the line said when an invoice took it; not there: Seatbridge created it later, or for a later period.
// What it said before it was first
// read is what it said then. Where a person changed it between two readings and the invoice was made between them, or where nobody
// says when the invoice was made and it changed meanwhile, it is what is known: unsure. What was written in the second of the reading
// that showed a closed period was written after it.
func (l lineStory) takenBy(c Carrier) (said store.Said, unsure, there bool) {
	if l[0].Created && c.Until != "" && l[0].Effective >= c.Until {
		return l[0], false, false
	}
	i := -1
	for j := range l {
		if !l[j].At.After(c.At) && !(c.Assumed && l[j].Written && l[j].At.Equal(c.At)) {
			i = j
		}
	}
	if i < 0 {
		return l[0], false, !l[0].Created
	}
	unsure = i+1 < len(l) && !l[i+1].Written && l[i].SeenAt.Before(c.At)
	return l[i], unsure || c.Assumed && l[i].At.After(c.After) && !c.After.IsZero(), true
}

// cameAfter says that a line which was first read after an invoice was made was not on it: another one of the product stood there then,
// in whose place it came.
func (l lineStory) cameAfter(lines []lineStory, c Carrier) bool {
	return l[0].At.After(c.At) && slices.ContainsFunc(lines, func(other lineStory) bool {
		said, _, there := other.takenBy(c)
		return there && other[0].ProductID == l[0].ProductID && other[0].At.Before(l[0].At) && (said.Ended == "" || said.Ended >= c.Period)
	})
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
func (s Story) part(line lineStory, said store.Said, plan store.Plan, taken time.Time) (part decimal.Decimal, has bool) {
	shares := s.sharesOf(line, said, taken)
	if _, has := shareOf(shares, s.Organization.ID, plan); !has {
		return decimal.Zero, false
	}
	return Split(said.Quantity, shares)[s.Organization.ID], true
}

// sharesOf is whose seats stand on a line: those for whom it said so or, where nobody's did, for whom it said something before, or
// afterwards, or who are mapped to its agreement. It is the same for each of them, so that the parts add up to what the line says.
func (s Story) sharesOf(line lineStory, said store.Said, taken time.Time) []store.Share {
	shares := said.Shares
	for _, other := range line {
		switch {
		case len(other.Shares) == 0 || len(said.Shares) > 0:
		case len(shares) == 0 || !other.At.After(said.At):
			shares = other.Shares
		}
	}
	if len(shares) > 0 || s.Products[said.ProductID] == "" {
		return shares
	}
	for _, id := range s.Agreements[said.AgreementID].holders(taken) {
		shares = append(shares, store.Share{OrganizationID: id, Plan: s.Products[said.ProductID]})
	}
	return shares
}

// holders are the organizations whose seats are taken to stand on lines that were never written for anybody: those that are mapped or,
// where none is, what was taken while they were: what their invoices billed does not become nobody's when the mapping goes.
func (a Agreement) holders(taken time.Time) []int64 {
	if len(a.Mapped) == 0 && taken.Before(a.LeftAt) {
		return a.Left
	}
	return a.Mapped
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
