package months_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"seatbridge/billing/months"
	"seatbridge/internal/moment"
	"seatbridge/store"
)

// billing reads dates and invoices in words: "next 2026-12-01 [cycle]", "ended 2026-11-20", "move from to after by",
// "invoice id day [entered moment] [seen moment] [gone]". Moments are "11-05 14:20" of 2026.
func billing(lines ...string) months.Billing {
	var dates store.BillingDates
	var moves []store.BillingMove
	var invoices []store.Invoice
	for _, line := range lines {
		f := strings.Fields(line)
		switch f[0] {
		case "next":
			dates.NextInvoice = f[1]
			dates.Cycle = strings.Join(f[2:], " ")
		case "ended":
			dates.Ended = f[1]
		case "move":
			moves = append(moves, store.BillingMove{From: f[1], To: f[2], After: at(f[3], f[4]), By: at(f[5], f[6])})
		case "invoice":
			v := store.Invoice{Number: f[1], Day: f[2]}
			fmt.Sscan(f[1], &v.ID)
			for i := 3; i < len(f); i++ {
				switch f[i] {
				case "entered":
					v.EnteredAt = at(f[i+1], f[i+2])
				case "seen":
					v.FirstSeen = at(f[i+1], f[i+2])
				case "gone":
					v.GoneAt = at("12-30", "00:00")
				}
			}
			invoices = append(invoices, v)
		}
	}
	return months.BillingOf(dates, moves, invoices)
}

func at(day, hour string) time.Time { return moment.At("2026-" + day + " " + hour) }

// inWords says what carries a month: the state, the invoice and when it took the lines, or when it is to be, and for which period.
func inWords(c months.Carrier) string {
	words := []string{string(c.State)}
	add := func(name, value string) {
		if value != "" {
			words = append(words, name+" "+value)
		}
	}
	if c.Invoice.ID != 0 {
		add("by", c.Invoice.Number)
	}
	add("on", c.Day())
	switch {
	case c.At.IsZero():
	case c.At.Equal(time.Unix(0, 0)):
		words = append(words, "before all")
	default:
		add("at", c.At.Format("01-02 15:04"))
	}
	if c.Assumed {
		words = append(words, "assumed")
	}
	if !c.After.IsZero() {
		add("after", c.After.Format("01-02 15:04"))
	}
	add("for", c.Period)
	add("until", c.Until)
	if c.Never {
		words = append(words, "never")
	}
	return strings.Join(words, " ")
}

// TestCarrier is how each month is carried that is named, October if none is. The moves are those that readings see.
func TestCarrier(t *testing.T) {
	t.Parallel()
	const moved = "move 2026-11-01 2026-12-01 11-05 08:00 11-05 20:00"
	for name, tt := range map[string]struct {
		known []string
		month store.Month
		want  string
	}{
		"no date":                {nil, "", "unknown for 2026-11-01"},
		"no date, ended before":  {[]string{"ended 2026-10-31"}, "", "unknown for 2026-11-01 never"},
		"no date, ended in time": {[]string{"ended 2026-11-01"}, "", "unknown for 2026-11-01"},

		"not yet": {[]string{"next 2026-11-01"}, "", "not_yet on 2026-11-01 for 2026-11-01 until 2026-12-01"},
		"not yet, in the month's midst": {[]string{"next 2026-11-15 Monthly"}, "",
			"not_yet on 2026-11-15 for 2026-11-15 until 2026-12-15"},
		"not yet, on its last day": {[]string{"next 2026-11-30"}, "", "not_yet on 2026-11-30 for 2026-11-30 until 2026-12-30"},
		"two are outstanding":      {[]string{"next 2026-10-01"}, "", "not_yet on 2026-11-01 for 2026-11-01 until 2026-12-01"},
		"the 31st":                 {[]string{"next 2026-10-31"}, "", "not_yet on 2026-11-30 for 2026-11-30 until 2026-12-30"},
		"quarterly": {[]string{"next 2026-10-01 Quarterly"}, "",
			"not_yet on 2026-10-01 for 2026-10-01 until 2027-01-01"},
		"half a year": {[]string{"next 2026-07-01 Semi-Annual"}, "",
			"not_yet on 2026-07-01 for 2026-07-01 until 2027-01-01"},
		"yearly": {[]string{"next 2026-01-01 Annual"}, "",
			"not_yet on 2026-01-01 for 2026-01-01 until 2027-01-01"},
		"weekly": {[]string{"next 2026-11-03 Weekly"}, "",
			"not_yet on 2026-11-24 for 2026-11-24 until 2026-12-01"},
		"a cycle of their own": {[]string{"next 2026-11-01 Evergreen"}, "",
			"not_yet on 2026-11-01 for 2026-11-01 until 2026-12-01"},
		"no day": {[]string{"next 2026-11"}, "", "not_yet on 2026-11 for 2026-11"},
		"ended before": {[]string{"next 2026-11-01", "ended 2026-10-31"}, "",
			"not_yet for 2026-11-01 until 2026-12-01 never"},
		"ended on the period's first": {[]string{"next 2026-11-01", "ended 2026-11-01"}, "",
			"not_yet on 2026-11-01 for 2026-11-01 until 2026-12-01"},

		"closed before the first reading": {[]string{"next 2026-12-01"}, "",
			"period_closed before all assumed for 2026-11-01 until 2026-12-01"},
		"a year closed before the first reading": {[]string{"next 2027-01-01 Annual"}, "",
			"period_closed before all assumed for 2026-01-01 until 2027-01-01"},
		"invoiced before the first reading": {[]string{"next 2026-12-01",
			"invoice 7 2026-11-01 entered 11-01 00:10 seen 11-05 08:00"}, "",
			"invoiced by 7 on 2026-11-01 at 11-01 00:10 for 2026-11-01 until 2026-12-01"},
		"invoiced before, nobody says when": {[]string{"next 2026-12-01", "invoice 7 2026-11-01 seen 11-05 08:00"}, "",
			"invoiced by 7 on 2026-11-01 before all assumed for 2026-11-01 until 2026-12-01"},
		"of several before, the last that is dated before December": {[]string{"next 2027-01-01",
			"invoice 6 2026-10-01 entered 10-01 08:00",
			"invoice 7 2026-11-01 entered 11-01 08:00", "invoice 8 2026-12-01 entered 11-02 08:00"}, "",
			"invoiced by 7 on 2026-11-01 at 11-01 08:00 for 2026-11-01 until 2026-12-01"},
		"a deleted one before": {[]string{"next 2026-12-01", "invoice 7 2026-11-01 entered 11-01 00:10 gone"}, "",
			"period_closed before all assumed for 2026-11-01 until 2026-12-01"},
		"before the first move": {[]string{"next 2026-12-01", moved}, "2026-09",
			"period_closed before all assumed for 2026-10-01 until 2026-11-01"},

		"closed": {[]string{"next 2026-12-01", moved}, "",
			"period_closed at 11-05 20:00 assumed after 11-05 08:00 for 2026-11-01 until 2026-12-01"},
		"invoiced": {[]string{"next 2026-12-01", moved, "invoice 7 2026-11-05 entered 11-05 14:20"}, "",
			"invoiced by 7 on 2026-11-05 at 11-05 14:20 after 11-05 08:00 for 2026-11-01 until 2026-12-01"},
		"next month": {[]string{"next 2026-12-01", moved}, "2026-11", "not_yet on 2026-12-01 for 2026-12-01 until 2027-01-01"},
		"nobody says when": {[]string{"next 2026-12-01", moved, "invoice 7 2026-11-05 seen 11-05 20:00"}, "",
			"invoiced by 7 on 2026-11-05 at 11-05 20:00 assumed after 11-05 08:00 for 2026-11-01 until 2026-12-01"},
		"their clock is behind": {[]string{"next 2026-12-01", moved, "invoice 7 2026-11-05 entered 11-05 07:56"}, "",
			"invoiced by 7 on 2026-11-05 at 11-05 07:56 after 11-05 08:00 for 2026-11-01 until 2026-12-01"},
		"their clock is ahead": {[]string{"next 2026-12-01", moved, "invoice 7 2026-12-20 entered 11-05 20:05"}, "",
			"invoiced by 7 on 2026-12-20 at 11-05 20:05 after 11-05 08:00 for 2026-11-01 until 2026-12-01"},
		"of long before": {[]string{"next 2026-12-01", moved, "invoice 7 2026-10-05 entered 11-05 07:55"}, "",
			"period_closed at 11-05 20:00 assumed after 11-05 08:00 for 2026-11-01 until 2026-12-01"},

		"deleted": {[]string{"next 2026-11-01", moved, "move 2026-12-01 2026-11-01 11-06 08:00 11-06 20:00",
			"invoice 7 2026-11-05 entered 11-05 14:20 gone"}, "",
			"not_yet on 2026-11-01 for 2026-11-01 until 2026-12-01"},
		"made again": {[]string{"next 2026-12-01", moved, "move 2026-12-01 2026-11-01 11-06 08:00 11-06 20:00",
			"move 2026-11-01 2026-12-01 11-07 08:00 11-07 20:00",
			"invoice 7 2026-11-05 entered 11-05 14:20 gone", "invoice 8 2026-11-05 entered 11-07 14:20"}, "",
			"invoiced by 8 on 2026-11-05 at 11-07 14:20 after 11-07 08:00 for 2026-11-01 until 2026-12-01"},
		"made again between two readings": {[]string{"next 2026-12-01", moved, "invoice 7 2026-11-05 entered 11-05 14:20 gone",
			"invoice 8 2026-11-09 entered 11-09 14:20"}, "",
			"invoiced by 8 on 2026-11-09 at 11-09 14:20 after 11-05 08:00 for 2026-11-01 until 2026-12-01"},
		"made again, and dated elsewhere": {[]string{"next 2026-12-01", moved, "invoice 7 2026-11-05 entered 11-05 14:20 gone",
			"invoice 8 2026-12-09 entered 11-09 14:20"}, "",
			"invoiced by 8 on 2026-12-09 at 11-09 14:20 after 11-05 08:00 for 2026-11-01 until 2026-12-01"},
		"made again before it was seen": {[]string{"next 2026-12-01", moved, "invoice 8 2026-11-01 entered 11-09 14:20"}, "",
			"invoiced by 8 on 2026-11-01 at 11-09 14:20 after 11-05 08:00 for 2026-11-01 until 2026-12-01"},
		"written off, and the next one made before the date was read": {
			[]string{"next 2026-12-01", moved, "invoice 8 2026-12-01 entered 12-01 14:20"}, "",
			"period_closed at 11-05 20:00 assumed after 11-05 08:00 for 2026-11-01 until 2026-12-01"},
		"made again before it was seen, and dated when it was made": {
			[]string{"next 2027-01-01", "move 2026-11-01 2027-01-01 12-05 08:00 12-05 20:00", "invoice 8 2026-12-09 entered 12-09 14:20"}, "2026-11",
			"invoiced by 8 on 2026-12-09 at 12-09 14:20 after 12-05 08:00 for 2026-12-01 until 2027-01-01"},
		"of long after": {
			[]string{"next 2026-12-01", moved, "invoice 7 2026-12-20 entered 11-05 20:06"}, "",
			"period_closed at 11-05 20:00 assumed after 11-05 08:00 for 2026-11-01 until 2026-12-01"},
		"a second one, for a line that was prorated": {
			[]string{"next 2026-12-01", moved, "invoice 7 2026-11-05 entered 11-05 14:20", "invoice 8 2026-11-20 entered 11-20 14:20"}, "",
			"invoiced by 7 on 2026-11-05 at 11-05 14:20 after 11-05 08:00 for 2026-11-01 until 2026-12-01"},
		"two at once for one period, dated elsewhere": {
			[]string{"next 2026-12-01", moved, "invoice 7 2026-12-05 entered 11-05 14:20", "invoice 8 2026-12-05 entered 11-05 14:21"}, "",
			"invoiced by 7 on 2026-12-05 at 11-05 14:20 after 11-05 08:00 for 2026-11-01 until 2026-12-01"},
		"a date that is none": {
			[]string{"next 2026-12-01", "move 2026-11 2026-12-01 11-05 08:00 11-05 20:00"}, "",
			"period_closed at 11-05 20:00 assumed after 11-05 08:00 for 2026-11 until 2026-12-01"},
		"a cycle that became longer": {
			[]string{"next 2026-12-01 Quarterly", moved}, "",
			"period_closed at 11-05 20:00 assumed after 11-05 08:00 for 2026-11-01 until 2026-12-01"},
		"before the first of two moves": {
			[]string{"next 2027-01-01", moved, "move 2026-12-01 2027-01-01 12-05 08:00 12-05 20:00"}, "2026-08",
			"period_closed before all assumed for 2026-09-01 until 2026-10-01"},
		"a cycle that became shorter, before the first move": {
			[]string{"next 2026-12-15", "move 2026-11-01 2026-12-15 11-05 08:00 11-05 20:00"}, "2026-09",
			"period_closed before all assumed for 2026-10-01 until 2026-11-01"},
		"of several before, the last by its day": {
			[]string{"next 2026-12-01", "invoice 6 2026-11-02 entered 11-01 08:00", "invoice 7 2026-11-01 entered 11-01 09:00"}, "",
			"invoiced by 6 on 2026-11-02 at 11-01 08:00 for 2026-11-01 until 2026-12-01"},
		"of two before of a day, the latter": {
			[]string{"next 2026-12-01", "invoice 6 2026-11-01 entered 11-01 08:00", "invoice 7 2026-11-01 entered 11-01 09:00"}, "",
			"invoiced by 7 on 2026-11-01 at 11-01 09:00 for 2026-11-01 until 2026-12-01"},
		"a closed one of long before": {
			[]string{"next 2026-12-01", "move 2026-08-01 2026-09-01 08-05 08:00 08-05 20:00"}, "",
			"period_closed before all assumed for 2026-11-01 until 2026-12-01"},
		"deleted, and written off": {[]string{"next 2026-12-01", moved, "invoice 7 2026-11-05 entered 11-05 14:20 gone"}, "",
			"period_closed at 11-05 20:00 assumed after 11-05 08:00 for 2026-11-01 until 2026-12-01"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			month := tt.month
			if month == "" {
				month = "2026-10"
			}
			if diff := cmp.Diff(tt.want, inWords(billing(tt.known...).Carrier(month))); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

// TestCarriersOfSeveral is where periods are closed together, or out of their order: what carries October, November and December.
func TestCarriersOfSeveral(t *testing.T) {
	t.Parallel()
	const both = "move 2026-11-01 2027-01-01 12-05 08:00 12-05 20:00"
	for name, tt := range map[string]struct {
		known []string
		want  []string
	}{
		"two at once, dated by their periods": {
			[]string{"next 2027-01-01", both, "invoice 7 2026-11-01 entered 12-05 09:00", "invoice 8 2026-12-01 entered 12-05 09:01"},
			[]string{"7", "8", "not_yet"},
		},
		"two at once, made in another order": {
			[]string{"next 2027-01-01", both, "invoice 7 2026-12-01 entered 12-05 09:00", "invoice 8 2026-11-01 entered 12-05 09:01"},
			[]string{"8", "7", "not_yet"},
		},
		"two at once, dated alike": {
			[]string{"next 2027-01-01", both, "invoice 7 2026-12-05 entered 12-05 09:00", "invoice 8 2026-12-05 entered 12-05 09:01"},
			[]string{"7", "8", "not_yet"},
		},
		"two at once, dated far ahead": {
			[]string{"next 2027-01-01", both, "invoice 7 2027-02-05 entered 12-05 09:00", "invoice 8 2027-02-05 entered 12-05 09:01"},
			[]string{"7", "8", "not_yet"},
		},
		"the first of two written off": {
			[]string{"next 2027-01-01", both, "invoice 8 2026-12-05 entered 12-05 09:01"},
			[]string{"period_closed", "8", "not_yet"},
		},
		"one of two written off, and the date says nothing": {
			[]string{"next 2027-01-01", both, "invoice 8 2027-02-05 entered 12-05 09:01"},
			[]string{"8", "period_closed", "not_yet"},
		},
		"the first of two deleted": {
			[]string{"next 2026-11-01", both, "move 2027-01-01 2026-11-01 12-06 08:00 12-06 20:00",
				"invoice 7 2026-12-05 entered 12-05 09:00 gone",
				"invoice 8 2026-12-05 entered 12-05 09:01"},
			[]string{"not_yet", "8", "not_yet"},
		},
		"the first of two made again": {
			[]string{"next 2027-01-01", both, "move 2027-01-01 2026-11-01 12-06 08:00 12-06 20:00",
				"move 2026-11-01 2027-01-01 12-07 08:00 12-07 20:00",
				"invoice 7 2026-12-05 entered 12-05 09:00 gone", "invoice 8 2026-12-05 entered 12-05 09:01",
				"invoice 9 2026-12-07 entered 12-07 09:01"},
			[]string{"9", "8", "not_yet"},
		},
		"both deleted, the first made again": {
			[]string{"next 2026-12-01", both, "move 2027-01-01 2026-11-01 12-06 08:00 12-06 20:00",
				"move 2026-11-01 2026-12-01 12-07 08:00 12-07 20:00",
				"invoice 7 2026-12-05 entered 12-05 09:00 gone", "invoice 8 2026-12-05 entered 12-05 09:01 gone",
				"invoice 9 2026-12-07 entered 12-07 09:01"},
			[]string{"9", "not_yet", "not_yet"},
		},
		"both deleted": {
			[]string{"next 2026-11-01", both, "move 2027-01-01 2026-11-01 12-06 08:00 12-06 20:00",
				"invoice 7 2026-12-05 entered 12-05 09:00 gone", "invoice 8 2026-12-05 entered 12-05 09:01 gone"},
			[]string{"not_yet", "not_yet", "not_yet"},
		},
		"one made while another was deleted": {
			[]string{"next 2027-01-01", "move 2026-11-01 2026-12-01 11-05 08:00 11-05 20:00",
				"move 2026-12-01 2026-11-01 12-01 08:00 12-03 20:00",
				"move 2026-11-01 2027-01-01 12-07 08:00 12-07 20:00", "invoice 7 2026-11-01 entered 11-05 09:00 gone",
				"invoice 8 2026-12-01 entered 12-02 09:01",
				"invoice 9 2026-12-07 entered 12-07 09:01"},
			[]string{"9", "8", "not_yet"},
		},
		"two made while another was deleted, and one that is gone": {
			[]string{"next 2026-11-01", "move 2026-11-01 2026-12-01 11-05 08:00 11-05 20:00", "move 2026-12-01 2026-11-01 12-01 08:00 12-03 20:00",
				"invoice 7 2026-11-01 entered 11-05 09:00 gone", "invoice 8 2026-12-01 entered 12-02 09:01 gone",
				"invoice 9 2026-12-01 entered 12-02 09:02", "invoice 10 2027-01-01 entered 12-02 09:03"},
			[]string{"not_yet", "9", "10"},
		},
		"both made again between two readings, in another order": {
			[]string{"next 2027-01-01", both, "invoice 7 2026-11-01 entered 12-05 09:00 gone", "invoice 8 2026-12-01 entered 12-05 09:01 gone",
				"invoice 9 2026-12-01 entered 12-09 09:00", "invoice 10 2026-11-01 entered 12-09 09:01"},
			[]string{"10", "9", "not_yet"},
		},
		"the first of two made again before it was seen": {
			[]string{"next 2027-01-01", both, "invoice 8 2026-12-01 entered 12-05 09:01", "invoice 9 2026-12-09 entered 12-09 09:00"},
			[]string{"9", "8", "not_yet"},
		},
		"three made for two, one of them gone": {
			[]string{"next 2027-01-01", both, "invoice 7 2027-02-05 entered 12-05 09:00 gone", "invoice 8 2027-02-05 entered 12-05 09:01",
				"invoice 9 2027-02-05 entered 12-05 09:02"},
			[]string{"8", "9", "not_yet"},
		},
		"one of three written off": {
			[]string{"next 2027-02-01", "move 2026-11-01 2027-02-01 12-05 08:00 12-05 20:00", "invoice 8 2026-11-05 entered 12-05 09:01",
				"invoice 9 2027-02-05 entered 12-05 09:02"},
			[]string{"8", "9", "period_closed"},
		},
		"within the doubt of two readings": {
			[]string{"next 2027-01-01", "move 2026-11-01 2026-12-01 11-05 08:00 11-05 20:00", "move 2026-12-01 2027-01-01 11-05 20:00 11-06 20:00",
				"invoice 7 2027-02-05 entered 11-05 19:58"},
			[]string{"7", "period_closed", "not_yet"},
		},
		"a cycle that changed": {
			[]string{"next 2027-02-01 Quarterly", "move 2026-11-01 2027-02-01 11-05 08:00 11-05 20:00",
				"invoice 7 2026-11-01 entered 11-05 09:00"},
			[]string{"7", "7", "7"},
		},
		"a long period, then shorter ones": {
			[]string{"next 2027-01-01 Monthly", "move 2026-10-01 2026-11-01 10-05 08:00 10-05 20:00",
				"move 2026-11-01 2027-01-01 11-05 08:00 11-05 20:00",
				"invoice 7 2026-11-01 entered 11-05 09:00", "invoice 8 2026-12-01 entered 11-05 09:00"},
			[]string{"7", "8", "not_yet"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := billing(tt.known...)
			var got []string
			for _, m := range []store.Month{"2026-10", "2026-11", "2026-12"} {
				c := b.Carrier(m)
				what := string(c.State)
				if c.State == store.Invoiced {
					what = c.Invoice.Number
				}
				got = append(got, what)
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}
