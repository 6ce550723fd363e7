package plan

import (
	"fmt"
	"slices"
	"strings"

	"github.com/shopspring/decimal"

	"seatbridge/connectwise"
	"seatbridge/store"
)

// A Part is one agreement of those that belong together: what there is, and what is planned.
type Part struct {
	Situation Situation
	Changes   []store.Change
}

// Hold makes changes of agreements that belong together wait for a person (docs/design.md section 5, "Held"). They wait together
// or not at all: while seats move from one line to another, writing only one of the two would bill them twice or not at all. For
// the same reason it is the sum over their lines that counts as a fall, a rise or zero. The parts' changes are changed in place.
func Hold(parts []Part, falls Falls, policy Policy) {
	if !anyPlanned(parts) {
		return
	}
	var held []store.HoldReason
	var words []string
	for _, r := range holdReasons(parts, falls, policy) {
		held, words = with(held, r.hold), with(words, r.words)
	}
	if len(held) == 0 {
		return
	}
	for _, p := range parts {
		for i := range p.Changes {
			if c := &p.Changes[i]; c.State == store.StatePlanned {
				c.State, c.HeldFor, c.HeldBecause = store.StateHeld, held, strings.Join(words, " ")
			}
		}
	}
}

// anyPlanned says whether there is anything to write.
func anyPlanned(parts []Part) bool {
	planned := func(c store.Change) bool { return c.State == store.StatePlanned }
	return slices.ContainsFunc(parts, func(p Part) bool { return slices.ContainsFunc(p.Changes, planned) })
}

// with adds what is not on the list yet.
func with[T comparable](list []T, v T) []T {
	if slices.Contains(list, v) {
		return list
	}
	return append(list, v)
}

// A reason is a hold and, in a sentence, what it found.
type reason struct {
	hold  store.HoldReason
	words string
}

func holdReasons(parts []Part, falls Falls, policy Policy) []reason {
	reasons := strandedReasons(parts)
	for _, p := range parts {
		for _, c := range p.Changes {
			if c.State == store.StatePlanned {
				reasons = append(reasons, lineReasons(p.Situation, c, policy)...)
			}
		}
	}
	sum := sumOf(parts)
	reasons = append(reasons, sizeReasons(sum, policy.Holds)...)
	if sum.change().IsNegative() {
		reasons = append(reasons, falls.reasons(parts)...)
	}
	if policy.Holds.Disputed {
		reasons = append(reasons, disputedReasons(parts)...)
	}
	return reasons
}

// lineReasons is why a single line makes all that belongs to it wait.
func lineReasons(s Situation, c store.Change, policy Policy) []reason {
	var reasons []reason
	if c.HandEdited && policy.HandEdits == store.Hold {
		reasons = append(reasons, reason{store.HoldEdited,
			fmt.Sprintf("Edited in ConnectWise: %s says %s, Seatbridge left %s there.", c.Product, c.Before.Decimal, c.Written.Decimal)})
	}
	if policy.Holds.First && isFirst(s, c) {
		reasons = append(reasons, reason{store.HoldFirst,
			fmt.Sprintf("Seatbridge has not written this line before: %s says %s.", c.Product, c.Before.Decimal)})
	}
	if why := negative(s, c); policy.Holds.Negative && why != "" {
		reasons = append(reasons, reason{store.HoldNegative, why})
	}
	return append(reasons, foundReasons(s, c, policy.Holds)...)
}

// isFirst says whether a change is the first write on a line that is not Seatbridge's own: it neither created the line nor wrote
// it for the present mapping, and whoever mapped it was not shown this change.
func isFirst(s Situation, c store.Change) bool {
	if c.Kind != store.KindUpdate {
		return false
	}
	bound := BoundLine(s.Lines, c.ProductID)
	ours := bound.AdditionID == c.AdditionID && (bound.Created || bound.Written.Valid && bound.WrittenAt.After(s.MappedAt))
	return !ours && !isShown(s.Shown[c.ProductID], c)
}

// isShown says whether a change is the one that was shown: the line as it was, and the quantity to be written.
func isShown(shown store.Shown, c store.Change) bool {
	return shown.AdditionID == c.AdditionID && equal(shown.Before, c.Before) && equal(shown.After, c.After)
}

func equal(a, b decimal.NullDecimal) bool { return a.Valid == b.Valid && a.Decimal.Equal(b.Decimal) }

// negative says in a sentence that ConnectWise would bill less than 0 of a line, or nothing. What the reading found about it, and
// what a person answered, counts instead.
func negative(s Situation, c store.Change) string {
	about := func(f store.Finding) bool { return f.Subject == store.AboutIncluded && f.AdditionID == c.AdditionID }
	line, below := belowZero(s, c)
	if !below || slices.ContainsFunc(c.Found, about) {
		return ""
	}
	return fmt.Sprintf("%s of %s are included: ConnectWise would bill %s.",
		line.LessIncluded, c.Product, c.After.Decimal.Sub(line.LessIncluded))
}

// belowZero says whether the billed quantity, which is the quantity less what is included in the line, would be below 0.
func belowZero(s Situation, c store.Change) (line connectwise.Addition, below bool) {
	line, ok := additionByID(s.Additions, c.AdditionID)
	return line, ok && c.After.Valid && c.After.Decimal.LessThan(line.LessIncluded)
}

// foundReasons is what the reading found that a change waits for, unless a person answered it.
func foundReasons(s Situation, c store.Change, h store.Holds) []reason {
	on := map[store.HoldReason]bool{store.HoldFound: h.Found, store.HoldTerms: h.Terms, store.HoldNegative: h.Negative}
	var reasons []reason
	for _, f := range c.Found {
		if hold := holdOf(f, s, c); f.Holds && !f.Answered && on[hold] {
			reasons = append(reasons, reason{hold, f.Sentence})
		}
	}
	return reasons
}

// holdOf is the hold that a finding belongs to.
func holdOf(f store.Finding, s Situation, c store.Change) store.HoldReason {
	switch f.Subject {
	case store.AboutEnded, store.AboutGone, store.AboutElsewhere, store.AboutSecond, store.AboutUnreliable:
		return store.HoldFound
	case store.AboutIncluded:
		if _, below := belowZero(s, c); below {
			return store.HoldNegative
		}
	}
	return store.HoldTerms
}

// A sum is what lines that belong together say now and would say.
type sum struct{ before, after decimal.Decimal }

func (s sum) change() decimal.Decimal { return s.after.Sub(s.before) }

// sumOf adds up the lines that are written or right. A line that cannot be written moves nothing, but for one that is to be created
// as soon as the list of additions is whole: else a steep rise would be written in two steps that are none. Seats that stand on two lines,
// because only half of a move was written, count once: to write the other half is no fall.
func sumOf(parts []Part) (s sum) {
	var lines []store.Line
	for _, p := range parts {
		for _, c := range p.Changes {
			if cannotBeWritten(c) && !comesLater(p.Situation, c) {
				continue
			}
			s.before, s.after = s.before.Add(c.Before.Decimal), s.after.Add(c.After.Decimal)
			if l := BoundLine(p.Situation.Lines, c.ProductID); l.AdditionID == c.AdditionID {
				l.Read = c.Before
				lines = append(lines, l)
			}
		}
	}
	s.before = s.before.Sub(number(doubled(lines)))
	return s
}

// comesLater says whether a line waits for nothing but a list that is the whole one.
func comesLater(s Situation, c store.Change) bool {
	return c.State == store.StateBlocked && !c.Before.Valid && s.Listing.Unreliable() != ""
}

// doubled is how many seats stand on more than one of the lines: as they were last written, and no more of a line than it says.
func doubled(lines []store.Line) (seats int) {
	standing := map[int64]int{}
	for _, l := range lines {
		left := int(said(l).Decimal.IntPart())
		for _, share := range l.Shares {
			here, before := min(share.Seats, left), standing[share.OrganizationID]
			seats += min(before, here)
			standing[share.OrganizationID] = max(before, here)
			left -= here
		}
	}
	return seats
}

// cannotBeWritten says that a change is neither to be written nor right already.
func cannotBeWritten(c store.Change) bool {
	return c.State != store.StatePlanned && c.State != store.StateHeld && c.State != store.StateUnchanged
}

// sizeReasons is why a sum makes its lines wait. Percentages are of what the lines say now: where they say nothing, only the
// number of seats counts.
func sizeReasons(s sum, h store.Holds) []reason {
	var reasons []reason
	add := func(on bool, hold store.HoldReason, format string, args ...any) {
		if on {
			reasons = append(reasons, reason{hold, fmt.Sprintf(format, args...)})
		}
	}
	change := s.change()
	add(h.Zero && s.after.IsZero() && change.IsNegative(), store.HoldZero, "Nothing would be billed any more: 0 instead of %s.", s.before)
	add(change.IsNegative() && Reaches(h.Lower, s.before, s.after), store.HoldLower,
		"From %s to %s is lower by %d %% and %d seats or more.", s.before, s.after, h.Lower.Percent, h.Lower.Seats)
	add(change.IsPositive() && Reaches(h.Higher, s.before, s.after), store.HoldHigher,
		"From %s to %s is higher by %d %% and %d seats or more.", s.before, s.after, h.Higher.Percent, h.Higher.Seats)
	add(h.Seats > 0 && change.Abs().GreaterThan(number(h.Seats)), store.HoldSize,
		"A change of %s is larger than %d seats.", signed(change), h.Seats)
	add(h.Decrease && change.IsNegative(), store.HoldDecrease, "Fewer seats than before: %s instead of %s.", s.after, s.before)
	return reasons
}

// Reaches says whether a change from a number of seats to another is one of at least so many percent and seats.
func Reaches(step store.Step, before, after decimal.Decimal) bool {
	size := after.Sub(before).Abs()
	return !step.Off() && !before.IsZero() && size.GreaterThanOrEqual(number(step.Seats)) &&
		size.Mul(number(100)).GreaterThanOrEqual(before.Mul(number(step.Percent)))
}

func number(n int) decimal.Decimal { return decimal.NewFromInt(int64(n)) }

// strandedReasons says why lines wait for one that cannot be written: they may be the other half of a move, and half a move
// bills its seats twice or not at all. Whatever the settings, nobody wants that.
func strandedReasons(parts []Part) []reason {
	var reasons []reason
	for _, p := range parts {
		for _, refused := range p.Changes {
			if cannotBeWritten(refused) && strands(p.Situation, refused, parts) {
				reasons = append(reasons, reason{store.HoldStranded, fmt.Sprintf("%s cannot be written: %s "+
					"Seats that move between the lines would be billed twice or not at all.", refused.Product, refused.Reason)})
			}
		}
	}
	return reasons
}

// strands says whether a planned line may be the other half of a move from or to a line that cannot be written: on another
// agreement, it is; on the same one, if the one would rise and the other fall, as far as is known.
func strands(s Situation, refused store.Change, parts []Part) bool {
	falls, rises := mayFall(s, refused), mayRise(s, refused)
	for _, p := range parts {
		for _, c := range p.Changes {
			if c.State != store.StatePlanned {
				continue
			}
			grows := c.After.Decimal.GreaterThan(c.Before.Decimal)
			if c.AgreementID != refused.AgreementID || grows && falls || !grows && rises {
				return true
			}
		}
	}
	return false
}

// mayFall says whether a line that cannot be written may have to fall: the agreement's lines of the product, ended ones with them,
// say more than is wanted, or nobody read them.
func mayFall(s Situation, refused store.Change) bool {
	most, known := standing(s, refused.ProductID, func(connectwise.Addition) bool { return true })
	return !known || !refused.After.Valid || refused.After.Decimal.LessThan(most)
}

// mayRise says whether it may have to rise: the open ones say less, or nobody read them.
func mayRise(s Situation, refused store.Change) bool {
	least, known := standing(s, refused.ProductID, func(a connectwise.Addition) bool { return a.CancelledDate.IsZero() })
	return !known || !refused.After.Valid || refused.After.Decimal.GreaterThan(least)
}

// standing is what the agreement's lines of a product say together, where they were read.
func standing(s Situation, productID int, of func(connectwise.Addition) bool) (quantity decimal.Decimal, known bool) {
	for _, a := range s.Additions {
		if a.Product.ID == productID && of(a) {
			quantity = quantity.Add(a.Quantity)
		}
	}
	return quantity, s.Gone == "" && !AnyUnknown(s.Wants)
}

func signed(d decimal.Decimal) string {
	if d.IsPositive() {
		return "+" + d.String()
	}
	return d.String()
}
