package seats

import "testing"

func TestReason(t *testing.T) {
	t.Parallel()
	for want, u := range map[string]Usage{
		"Everybody who was a member on any day of the month, suspended or not.": {Source: SourceLedger, Seats: 3, Ledger: 3},
		"A trial is free.":              {Source: SourceLedger, Why: "A trial is free."},
		"As agreed.":                    {Source: SourceCorrection, Seats: 7, Ledger: 3, Why: "As agreed."},
		"Reported by the Provider API.": {Source: SourceProvider, Seats: 3, Ledger: 3},
		"Reported by the Uploaded file; Seatbridge itself counts 3. As agreed.": {Source: SourceCSV, Seats: 7, Ledger: 3, Why: "As agreed."},
		"Reported by the elsewhere.": {Source: "elsewhere"},
	} {
		if got := u.Reason(); got != want {
			t.Errorf("%+v: %q, want %q", u, got, want)
		}
	}
}
