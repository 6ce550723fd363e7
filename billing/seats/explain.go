package seats

import (
	"fmt"
	"time"

	"seatbridge/store"
)

// SeatShare says of one seat whether it counts in a period, and why.
type SeatShare struct {
	Email   string
	From    time.Time // joined, or invited while pending; zero: unknown
	Until   time.Time // deleted; zero: still there
	Pending bool      // not joined by the end of the period
	Counted bool
	Why     string // a sentence
}

// Explain takes the ledger's figure apart: the same verdict on each seat that Count counts by, without
// the seats that have nothing to do with the period.
func Explain(l store.Ledger, p Period, r Rules) []SeatShare {
	billed := billedTime(l, p)
	tally := newTally(p, billed, r)
	var shares []SeatShare
	for _, s := range l.Seats {
		counted, verdict := tally.add(s)
		if verdict == notInPeriod {
			continue
		}
		pending := s.JoinedAt.IsZero() || !s.JoinedAt.Before(p.End())
		share := SeatShare{Email: s.Email, From: s.JoinedAt, Until: s.DeletedAt, Pending: pending, Counted: counted}
		if pending {
			share.From = s.InvitedAt
		}
		share.Why = explain(verdict, s, l, p)
		shares = append(shares, share)
	}
	return shares
}

func explain(v verdict, s store.Seat, l store.Ledger, p Period) string {
	switch v {
	case memberInBilledTime:
		return explainMember(s, p)
	case pendingAtEnd:
		return fmt.Sprintf("Invitation pending at the end of %s; pending seats are counted by your setting.", p)
	case countedAlready:
		return "The same e-mail address is counted already; a member counts once a month."
	case pendingNotCounted:
		return "Invitation pending; pending seats are not counted."
	case neverBilled:
		return explainNeverBilled(l, p)
	default:
		return fmt.Sprintf("Not a member at any time in which the organization was billed in %s.", p)
	}
}

func explainNeverBilled(l store.Ledger, p Period) string {
	switch license := LicenseIn(l, p); {
	case license == store.NFR:
		return "NFR organizations are free."
	case license == store.Trial && !trialEnd(l, p).Before(p.End()):
		return fmt.Sprintf("The organization was in trial until %s.", Day(trialEnd(l, p)))
	}
	return fmt.Sprintf("The organization was not billed in %s.", p)
}

func explainMember(s store.Seat, p Period) string {
	left := !s.DeletedAt.IsZero() && s.DeletedAt.Before(p.End())
	suspended := !s.SuspendedAt.IsZero() && s.SuspendedAt.Before(p.End())
	switch {
	case left && !s.JoinedAt.Before(p.Start()):
		return fmt.Sprintf("Member from %s to %s; any day counts for the whole month.", Day(s.JoinedAt), Day(s.DeletedAt))
	case left:
		return fmt.Sprintf("Member until %s; counts for the whole month, not for the next.", Day(s.DeletedAt))
	case suspended:
		return fmt.Sprintf("Suspended since %s; suspended members are billed.", Day(s.SuspendedAt))
	case !s.JoinedAt.Before(p.Start()):
		return fmt.Sprintf("Member since %s; any day counts for the whole month.", Day(s.JoinedAt))
	default:
		return fmt.Sprintf("Member since %s.", Day(s.JoinedAt))
	}
}
