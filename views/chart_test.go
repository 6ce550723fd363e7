package views

import (
	"testing"
)

func TestChart(t *testing.T) {
	t.Parallel()
	doc := render(t, seatChart(seatMonths()))
	chart := one(t, doc, "[data-testid=seat-chart]")
	want := "Billable seats by month. September 2026: 10 Business, 5 Enterprise; October 2026: unknown; November 2026: 1,200 Business, 0 Enterprise."
	if got := chart.Find("svg[role=img]").AttrOr("aria-label", ""); got != want {
		t.Errorf("label %q", got)
	}
	rows := chart.Find("tbody tr")
	if rows.Length() != 3 {
		t.Fatalf("%d rows", rows.Length())
	}
	wantText(t, rows.Eq(0), "September 2026", "10", "5", "15")
	wantText(t, rows.Eq(1), "October 2026", "Unknown") // not 0
	wantText(t, rows.Eq(2), "1,200")
}

// The tallest bar fills the plot, and bars of one month stand on each other.
func TestChartBars(t *testing.T) {
	t.Parallel()
	got := bars([]SeatMonth{{"2026-10", 30, 10, true, false}, {"2026-11", 10, 10, true, false}})
	if got[0].top != "14.00%" || got[0].businessY != "32.50%" || got[0].businessHeight != "55.50%" || got[0].enterpriseHeight != "18.50%" {
		t.Errorf("first month %+v", got[0])
	}
	if got[1].businessY != "69.50%" || got[1].enterpriseY != "51.00%" {
		t.Errorf("second month %+v", got[1])
	}
	if got := bars(nil); len(got) != 0 {
		t.Errorf("no months make %d bars", len(got))
	}
	if got := bars([]SeatMonth{{"2026-10", 0, 0, true, false}}); got[0].value != "0" || got[0].top != "88.00%" {
		t.Errorf("no seats: %+v", got[0])
	}
}
