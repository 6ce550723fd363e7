package views

import (
	"testing"
	"time"
)

func TestFormats(t *testing.T) {
	t.Parallel()
	newYork := time.FixedZone("New York", -5*60*60)
	evening := time.Date(2026, 3, 31, 20, 30, 0, 0, newYork) // already April in UTC
	started := at("2026-11-01 00:30")
	for _, c := range []struct{ got, want string }{
		{moment(evening), "1 Apr 2026, 01:30 UTC"},
		{moment(time.Time{}), "–"},
		{day(evening), "1 Apr 2026"},
		{day(time.Time{}), "–"},
		{calendarDay("2026-02-28"), "28 Feb 2026"},
		{calendarDay("soon"), "soon"},
		{monthName("2026-10"), "October 2026"},
		{shortMonth("2026-10"), "Oct"},
		{number(0), "0"},
		{number(999), "999"},
		{number(1000), "1,000"},
		{number(-1234567), "−1,234,567"},
		{signed(3), "+3"},
		{signed(0), "0"},
		{signed(-3), "−3"},
		{count(1, "seat", "seats"), "1 seat"},
		{count(1200, "seat", "seats"), "1,200 seats"},
		{duration(300 * time.Millisecond), "under 1 s"},
		{duration(14 * time.Second), "14 s"},
		{duration(time.Hour + 4*time.Minute + 7*time.Second), "1 h 4 min 7 s"},
		{duration(-time.Second), "–"},
		{money(Money{Amount: "1234567.50", Currency: "EUR"}), "+1,234,567.50 EUR"},
		{money(Money{Amount: "-0.25", Currency: ""}), "−0.25"},
		{money(Money{Amount: "0.00", Currency: "USD"}), "0.00 USD"},
		{money(Money{Amount: "", Currency: "USD"}), "Price not known"},
		{money(Money{Amount: "0.00", Currency: "USD", Unbilled: true}), "Not billed in ConnectWise"},
		{unpriced(RowsSum{}), ""},
		{unpriced(RowsSum{Unpriced: 2}), ", price not known"},
		{unpriced(RowsSum{Unbilled: 2}), ", not billed in ConnectWise"},
		{unpriced(RowsSum{Unpriced: 1, Unbilled: 2}), ", 1 without a price, 2 not billed in ConnectWise"},
		{unpriced(RowsSum{Unpriced: 1, Money: []Money{{Amount: "1.00"}}}), ", 1 without a price"},
		{unpriced(RowsSum{Unbilled: 1, Money: []Money{{Amount: "1.00"}}}), ", 1 not billed in ConnectWise"},
		{planName("enterprise"), "Enterprise"},
		{licenseName("nfr"), "NFR"},
		{roleName("technician"), "Technician"},
		{categoryName("members"), "User management"},
		{runKind(RunRow{Kind: "manual", AsOf: started}), "Sync now"},
		{runKind(RunRow{Kind: "manual"}), "Sync again"},
		{runKind(RunRow{Kind: "retry", Only: 2}), "Retry, some agreements"},
		{runKind(RunRow{Kind: "manual", Preview: true}), "Preview"},
		{runPeriod(RunRow{Month: "2026-10"}), "October 2026"},
		{runPeriod(RunRow{Month: "2026-11", AsOf: started}), "November 2026, so far"},
		{countsText(RunRow{Counts: RunCounts{Written: 3, Failed: 1}}), "1 failed, 3 written"},
		{runKind(RunRow{Kind: "release"}), "Set to 0 after unmapping"},
		{stateLabel("unknown").text, "Outcome unknown"}, // of a change; a right's is "Not checked"
		{stateLabel("surprising").text, "Surprising"},
		{countsText(RunRow{}), "–"},
		{countsText(RunRow{Compares: true, Counts: RunCounts{Planned: 3, Held: 1}}), "1 would wait for approval, 3 would be written"},
	} {
		if c.got != c.want {
			t.Errorf("got %q, want %q", c.got, c.want)
		}
	}
}
