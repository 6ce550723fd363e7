package seats

import (
	"cmp"
	"fmt"
	"strings"
)

// Reason says how a figure comes about or, where there is none, why and what to do about it, what other sources say instead, and
// what no longer counts (docs/billing-rules.md section 2).
func (u Usage) Reason() string {
	return strings.Join(strings.Fields(u.reason()+" "+u.dispute()+" "+u.KeptText()+" "+u.Ended), " ")
}

func (u Usage) reason() string {
	switch u.source {
	case SourceLedger:
		return cmp.Or(u.Why, "Everybody who was a member on any day of the month, suspended or not.")
	case "":
		return strings.TrimSpace(u.Why + " " + u.Do)
	case SourceStatement, SourceLicense, SourceCorrection:
		return u.Why
	}
	text := "Reported by the " + u.source.Name()
	if u.seats != u.Ledger {
		text += fmt.Sprintf("; Seatbridge itself counts %d", u.Ledger)
	}
	return strings.TrimSpace(text + ". " + u.Why)
}

// dispute says who stands for another figure than the one that counts, a sentence each. What Seatbridge itself counts stands beside a
// report already, unless only the plan is another.
func (u Usage) dispute() string {
	if !u.Disputed {
		return ""
	}
	var sentences []string
	for _, f := range u.Others() {
		if !f.Source.own() || u.source.own() || u.seats == u.Ledger {
			sentences = append(sentences, fmt.Sprintf("%s says %s.", f.Source.Speaker(), f))
		}
	}
	return strings.Join(sentences, " ")
}
