package seats

import (
	"testing"

	"seatbridge/internal/moment"
	"seatbridge/store"
)

// Whether a file's figure is billed where another source says otherwise is said with the reason.
func TestMeeting(t *testing.T) {
	t.Parallel()
	const first, later = "2026-04-01 00:02:00", "2026-04-05"
	file := func(e *example) *example { return e.says(SourceCSV, 20, b, later) }
	corrected := file(standard().old("abcd"))
	corrected.l.Corrections = map[store.Month]store.Correction{"2026-03": {Seats: 5, Plan: b, Reason: "As agreed.", By: "ann@example.com", At: moment.At(later)}}
	word := func(source Source) *example {
		e := file(standard().says(SourceAPI, 30, b, first))
		e.l.Kept = map[store.Month]store.KeptFigure{"2026-03": {
			Source: string(source), Facts: "api 30 business; csv 20 business", Note: "By the contract.", By: "ann@example.com", At: moment.At(later),
		}}
		return e
	}
	fileFirst := believing(SourceCSV, SourceProvider, SourceAPI, SourceLedger)
	for name, tt := range map[string]struct {
		said  *example
		rules Rules
		met   Met
		want  string
	}{
		"nobody else":     {file(standard()), Rules{}, "", ""},
		"no file":         {standard().old("abc"), Rules{}, "", ""},
		"the same":        {file(standard().says(SourceAPI, 20, b, first)), Rules{}, "", ""},
		"the same, later": {file(standard().says(SourceAPI, 20, b, first)), fileFirst, "", ""},
		"the API first": {file(standard().says(SourceAPI, 30, b, first)), Rules{}, Outranked,
			"The HTTP API says 30 on NordPass Business; this file says 20 on NordPass Business: by the order in Settings the HTTP API comes first, " +
				"so 30 stays billed."},
		"another plan": {file(standard().says(SourceAPI, 20, e, first)), Rules{}, Outranked,
			"The HTTP API says 20 on NordPass Enterprise; this file says 20 on NordPass Business: by the order in Settings the HTTP API comes first, " +
				"so 20 on NordPass Enterprise stays billed."},
		"the file first": {file(standard().says(SourceAPI, 30, b, first)), fileFirst, Preferred,
			"The HTTP API says 30 on NordPass Business; this file says 20 on NordPass Business: by the order in Settings this file comes first, " +
				"so 20 is billed."},
		"the ledger": {file(standard().old("abcd")), Rules{}, Preferred,
			"Seatbridge itself says 4 on NordPass Business; this file says 20 on NordPass Business: by the order in Settings this file comes first, " +
				"so 20 is billed."},
		"a word for the file": {word(SourceCSV), Rules{}, Preferred,
			"The HTTP API says 30 on NordPass Business; this file says 20 on NordPass Business: ann@example.com said on 5 April 2026 that the " +
				"figure of the uploaded file is right: By the contract, so 20 is billed."},
		"a word for the other": {word(SourceAPI), fileFirst, Outranked,
			"The HTTP API says 30 on NordPass Business; this file says 20 on NordPass Business: ann@example.com said on 5 April 2026 that the " +
				"figure of the HTTP API is right: By the contract, so 30 stays billed."},
		"a correction": {corrected, Rules{}, Outranked,
			"A correction says 5 on NordPass Business; this file says 20 on NordPass Business: the correction comes before every source, " +
				"so 5 stays billed."},
	} {
		if met, got := Count(tt.said.l, WholeMonth("2026-03"), tt.rules).Meeting(SourceCSV, "this file"); got != tt.want || met != tt.met {
			t.Errorf("%s: %q, %q, want %q, %q", name, met, got, tt.met, tt.want)
		}
	}
	ended := standard().old("abc").members("2026-03-20", "d").says(SourceProvider, 4, b, first).says(SourceCSV, 9, b, "2026-03-10")
	met, got := Count(ended.l, WholeMonth("2026-03"), fileFirst).Meeting(SourceCSV, "this file")
	const want = "The Provider API says 4 on NordPass Business, which is billed; this file says 9 on NordPass Business, which is not. "
	if met != Passed || len(got) <= len(want) || got[:len(want)] != want {
		t.Errorf("one that ended: %q, %q", met, got)
	}
}
