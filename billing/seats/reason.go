package seats

import (
	"fmt"
	"strings"
)

// Reason says how a figure comes about (docs/billing-rules.md section 2).
func (u Usage) Reason() string {
	switch {
	case u.Source == SourceLedger && u.Why != "":
		return u.Why
	case u.Source == SourceCorrection:
		return u.Why
	case u.Source == SourceLedger:
		return "Everybody who was a member on any day of the month, suspended or not."
	}
	text := "Reported by the " + u.Source.Name()
	if u.Seats != u.Ledger {
		text += fmt.Sprintf("; Seatbridge itself counts %d", u.Ledger)
	}
	return strings.TrimSpace(text + ". " + u.Why)
}

// Name is the source in words.
func (s Source) Name() string {
	switch s {
	case SourceLedger:
		return "Seat ledger"
	case SourceProvider:
		return "Provider API"
	case SourceAPI:
		return "HTTP API"
	case SourceCSV:
		return "Uploaded file"
	case SourceCorrection:
		return "Correction"
	}
	return string(s)
}
