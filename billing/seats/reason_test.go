package seats

import (
	"testing"
	"time"
)

func TestReason(t *testing.T) {
	t.Parallel()
	of := func(seats int, source Source, ledger int, why string) Usage {
		return Usage{Quantity: known(seats, source, time.Time{}), Ledger: ledger, Why: why}
	}
	for want, u := range map[string]Usage{
		"Everybody who was a member on any day of the month, suspended or not.": of(3, SourceLedger, 3, ""),
		"No members in March 2026.":     of(0, SourceLedger, 0, "No members in March 2026."),
		"A trial is free.":              of(0, SourceLicense, 0, "A trial is free."),
		"Ann said so.":                  of(0, SourceStatement, 0, "Ann said so."),
		"Nobody has said. Ask them.":    {Why: "Nobody has said.", Do: "Ask them."},
		"As agreed.":                    of(7, SourceCorrection, 3, "As agreed."),
		"Reported by the Provider API.": of(3, SourceProvider, 3, ""),
		"Reported by the Uploaded file; Seatbridge itself counts 3. As agreed.": of(7, SourceCSV, 3, "As agreed."),
		"Reported by the elsewhere.": of(0, "elsewhere", 0, ""),
	} {
		if got := u.Reason(); got != want {
			t.Errorf("%+v: %q, want %q", u, got, want)
		}
	}
}
