package seats

import (
	"cmp"
	"fmt"
	"strings"
)

// Reason says how a figure comes about or, where there is none, why and what to do about it, and what no longer counts
// (docs/billing-rules.md section 2).
func (u Usage) Reason() string { return strings.TrimSpace(u.reason() + " " + u.Ended) }

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
