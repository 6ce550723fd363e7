package plan

import (
	"seatbridge/billing/seats"
	"seatbridge/store"
)

// disputedReasons is why lines wait that a figure lowers of which another source says more: who is right, a person says. Measured is
// the sum of a plan's lines over what belongs together, so that a move or an upgrade is no fall, and a downgrade is one.
func disputedReasons(parts []Part) []reason {
	var reasons []reason
	for _, plan := range store.Plans() {
		if !sumOf(onPlan(parts, plan)).change().IsNegative() {
			continue
		}
		for _, share := range sharesOf(parts) {
			if why := exceeded(share, plan); why != "" {
				reasons = append(reasons, reason{store.HoldDisputed, why})
			}
		}
	}
	return reasons
}

// onPlan are the parts with their lines of one plan alone.
func onPlan(parts []Part, plan store.Plan) []Part {
	some := make([]Part, len(parts))
	for i, p := range parts {
		some[i].Situation = p.Situation
		for _, c := range p.Changes {
			if c.Plan == plan {
				some[i].Changes = append(some[i].Changes, c)
			}
		}
	}
	return some
}

// sharesOf are the shares of all lines of parts.
func sharesOf(parts []Part) []store.Share {
	var shares []store.Share
	for _, p := range parts {
		for _, c := range p.Changes {
			shares = append(shares, c.Shares...)
		}
	}
	return shares
}

// exceeded says in a sentence that other sources would have more billed of an organization, with both figures, where that is about
// the lines of a plan. Empty: nobody does.
func exceeded(s store.Share, plan store.Plan) string {
	var others []seats.SourceFigure
	for _, o := range s.Others {
		f := seats.SourceFigure{Source: seats.Source(o.Source), Seats: o.Seats, Plan: o.Plan}
		if s.Known && (s.Plan == plan || o.Plan == plan) && f.SaysMore(s.Seats, s.Plan) {
			others = append(others, f)
		}
	}
	if len(others) == 0 {
		return ""
	}
	counts := seats.SourceFigure{Source: seats.Source(s.Source), Seats: s.Seats, Plan: s.Plan}
	return seats.Disagreement(s.Organization, counts, others)
}

// othersOf are the figures that other sources stand for, as the journal keeps them.
func othersOf(u seats.Usage) []store.OtherFigure {
	if !u.Disputed {
		return nil
	}
	var others []store.OtherFigure
	for _, f := range u.Others() {
		others = append(others, store.OtherFigure{Source: string(f.Source), Seats: f.Seats, Plan: f.Plan})
	}
	return others
}
