package digest

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"seatbridge/internal/moment"
	"seatbridge/store"
)

// TestMorningOf: a day's digest begins at 07:00 UTC.
func TestMorningOf(t *testing.T) {
	t.Parallel()
	for now, want := range map[string]string{
		"2026-10-21 06:59:59": "2026-10-20", "2026-10-21 07:00:00": "2026-10-21", "2026-10-21 23:59:59": "2026-10-21",
		"2026-11-01 00:30:00": "2026-10-31", "2028-03-01 06:00:00": "2028-02-29",
	} {
		if got := dayOf(morningOf(moment.At(now))); got != want {
			t.Errorf("at %s it is the morning of %s, want %s", now, got, want)
		}
	}
}

// TestNextInvoicing: the day of most agreements, of several the first; none known: the first of the next month.
func TestNextInvoicing(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		next map[int]string
		want string
		of   int
	}{
		"none is known":                {nil, "2026-11-01", 0},
		"all on one day":               {map[int]string{1: "2026-11-05", 2: "2026-11-05"}, "2026-11-05", 2},
		"most on the second day":       {map[int]string{1: "2026-10-25", 2: "2026-11-05", 3: "2026-11-05"}, "2026-11-05", 2},
		"as many on two days":          {map[int]string{1: "2026-11-05", 2: "2026-10-25"}, "2026-10-25", 1},
		"days that passed say nothing": {map[int]string{1: "2026-10-01", 2: "2026-10-01", 3: "2026-11-15"}, "2026-11-15", 1},
		"today":                        {map[int]string{1: "2026-10-20"}, "2026-10-20", 1},
	} {
		got := nextInvoicing(c.next, moment.At("2026-10-20"))
		if dayOf(got.on) != c.want || got.agreements != c.of {
			t.Errorf("%s: %s with %d, want %s with %d", name, dayOf(got.on), got.agreements, c.want, c.of)
		}
	}
}

// TestDue walks over who is due on which mornings. 26 October 2026 is a Monday.
func TestDue(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		every         store.Rhythm
		last, morning string
		eve, want     bool
	}{
		{store.Daily, "2026-10-20", "2026-10-21", false, true},
		{store.Daily, "2026-10-21", "2026-10-21", false, false},
		{store.Daily, "2026-10-21", "2026-10-21", true, false},
		{store.Daily, "2026-10-10", "2026-10-21", false, true},
		{store.Weekly, "2026-10-25", "2026-10-26", false, true},
		{store.Weekly, "2026-10-26", "2026-10-26", false, false},
		{store.Weekly, "2026-10-26", "2026-10-27", false, false},
		{store.Weekly, "2026-10-26", "2026-11-01", false, false}, // the Sunday after
		{store.Weekly, "2026-10-26", "2026-11-02", false, true},
		{store.Weekly, "2026-10-19", "2026-10-28", false, true}, // Monday was missed
		{store.Weekly, "2026-10-28", "2026-10-31", true, true},
		{store.Weekly, "2026-10-31", "2026-10-31", true, false},
	} {
		o := occasion{morning: moment.At(c.morning), invoicing: invoicingDay{on: moment.At("2027-01-01")}}
		if c.eve {
			o.invoicing.on = o.morning.AddDate(0, 0, 1)
		}
		if got := due(store.DigestTaker{Every: c.every, Morning: c.last}, o); got != c.want {
			t.Errorf("%s, last of %s, on %s, the day before invoices %v: due %v", c.every, c.last, c.morning, c.eve, got)
		}
	}
}

// TestCompose: what is new, what stands as before, what is worth sending, and who may see what.
func TestCompose(t *testing.T) {
	t.Parallel()
	now := moment.At("2026-10-21 07:05:00")
	unmapped := Item{Kind: "unmapped", Name: "Not mapped", Says: "2 organizations", IDs: []string{"3", "4"}, AsOf: now, Role: store.Admin}
	trial := Item{Kind: "trial", Name: "Trials", Says: "1 trial", IDs: []string{"7"}, AsOf: now, Role: store.Technician, Since: now.Add(-time.Hour)}
	nothing := Item{Kind: "held", Name: "Waiting", Says: "0 lines", Role: store.Admin}
	as, told := " (as of 21 October 2026 at 07:05 UTC)", moment.At("2026-10-20 07:05:00")
	type want struct {
		title string
		lines []string
		worth bool
	}
	for name, c := range map[string]struct {
		taker store.DigestTaker
		items []Item
		eve   bool
		want  want
	}{
		"all is new": {
			store.DigestTaker{ChannelID: 1, Every: store.Daily}, []Item{nothing, unmapped}, false,
			want{"Digest of 21 October 2026: 2 new things to look at", []string{"Not mapped: 2 organizations, new" + as}, true},
		},
		"one of two is new, and stands first": {
			store.DigestTaker{ChannelID: 1, Every: store.Daily, Said: []string{"trial 7", "unmapped 3"}}, []Item{trial, unmapped}, false,
			want{"Digest of 21 October 2026: 3 things to look at, 1 new", []string{
				"Not mapped: 2 organizations, 1 of them new" + as,
				"Trials: 1 trial, the oldest since 21 October 2026 at 06:05 UTC" + as,
			}, true},
		},
		"nothing is new": {
			store.DigestTaker{ChannelID: 1, Every: store.Daily, Said: []string{"unmapped 4", "unmapped 3"}}, []Item{unmapped}, false,
			want{"Digest of 21 October 2026: 2 things to look at, nothing new", []string{"Not mapped: 2 organizations" + as}, false},
		},
		"nothing is new on the day before invoices": {
			store.DigestTaker{ChannelID: 1, Every: store.Daily, Said: []string{"unmapped 4", "unmapped 3"}}, []Item{unmapped}, true,
			want{"Invoices are made tomorrow: 2 things to look at, nothing new", []string{"Not mapped: 2 organizations" + as}, true},
		},
		"nothing at all, weekly": {
			store.DigestTaker{UserID: 1, Role: store.Owner, Every: store.Weekly, Said: []string{"unmapped 4"}}, []Item{nothing}, false,
			want{"Digest of 21 October 2026: nothing to look at", nil, true},
		},
		"a technician sees organizations": {
			store.DigestTaker{UserID: 2, Role: store.Technician, Every: store.Daily}, []Item{unmapped, trial}, false,
			want{"Digest of 21 October 2026: 1 new thing to look at", []string{"Trials: 1 trial, the oldest since 21 October 2026 at 06:05 UTC, new" + as}, true},
		},
		"an admin sees all": {
			store.DigestTaker{UserID: 2, Role: store.Admin, Every: store.Daily, Said: []string{"trial 7"}}, []Item{unmapped, trial}, false,
			want{"Digest of 21 October 2026: 3 things to look at, 2 new", []string{
				"Not mapped: 2 organizations, new" + as, "Trials: 1 trial, the oldest since 21 October 2026 at 06:05 UTC" + as,
			}, true},
		},
	} {
		c.taker.SaidAt, c.taker.Morning = told, "2026-10-20"
		o := occasion{morning: moment.At("2026-10-21"), now: now, invoicing: invoicingDay{on: moment.At("2026-11-01")}}
		if c.eve {
			o.invoicing = invoicingDay{moment.At("2026-10-22"), 3}
		}
		composed := compose(c.items, c.taker, o)
		got := want{title: composed.title, worth: composed.worth}
		for _, l := range composed.lines {
			got.lines = append(got.lines, l.Name+": "+l.text())
		}
		if diff := cmp.Diff(c.want, got, cmp.AllowUnexported(want{})); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
}

// TestText says how a digest differs from the last one, and that nothing needs a person.
func TestText(t *testing.T) {
	t.Parallel()
	o := occasion{morning: moment.At("2026-10-31"), now: moment.At("2026-10-31 07:05:00"), invoicing: invoicingDay{moment.At("2026-11-01"), 1}}
	got := textOf(store.DigestTaker{Said: []string{"a 1", "a 2"}, SaidAt: moment.At("2026-10-30 07:05:00"), Morning: "2026-10-30"}, o, nil, 0)
	want := []string{
		"1 agreement has its next invoice date tomorrow, on 1 November 2026. What stands in ConnectWise PSA then goes on these invoices.",
		"The last digest was sent on 30 October 2026 at 07:05 UTC. Since the morning of 30 October 2026: 0 new, 0 as before, 2 done with.",
		"Nothing needs a person, as of 31 October 2026 at 07:05 UTC.",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}
