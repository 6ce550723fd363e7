package digest_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/shopspring/decimal"

	"seatbridge/billing/billingtest"
	"seatbridge/billing/notify"
	"seatbridge/billing/notify/notifytest"
	"seatbridge/billing/reports"
	"seatbridge/connectwise/cwsim"
	"seatbridge/internal/moment"
	"seatbridge/store"
)

// told is a digest as a webhook receives it.
type told struct {
	notify.Message
	Digest []struct {
		Kind  string
		Count int
		New   int
		Text  string
		Since time.Time
		URL   string
	} `json:"digest"`
}

// world is one with a channel that gets a digest every morning, and got its first look the day before.
func world(t *testing.T) (*billingtest.World, *notifytest.Receiver) {
	t.Helper()
	w := billingtest.New(t)
	r := notifytest.NewReceiver(t)
	_, err := w.Outbox.SaveChannel(t.Context(), billingtest.Admin(),
		store.Channel{Kind: store.ChannelWebhook, Name: "daily", URL: r.URL, Events: []store.Event{store.EventDigestDaily}}, false)
	w.Must(err)
	w.Must(w.Digests.Morning(t.Context()))
	return w, r
}

// digestAt is what the digest says that comes at a moment, by kind: how many, how many new, and the text.
func digestAt(t *testing.T, w *billingtest.World, r *notifytest.Receiver, at string) map[string]string {
	t.Helper()
	w.SetTime(at)
	w.Must(w.Digests.Morning(t.Context()))
	w.Work.Wait()
	said := map[string]string{}
	for _, m := range notifytest.Messages[told](t, r) {
		for _, d := range m.Digest {
			text := d.Text
			if !d.Since.IsZero() {
				text += ", since " + d.Since.Format(time.DateTime)
			}
			said[d.Kind] = strings.TrimSpace(said[d.Kind] + fmt.Sprintf(" %d/%d %s %s", d.Count, d.New, text, strings.TrimPrefix(d.URL, "https://panel.example.com")))
		}
	}
	return said
}

// TestMovedSeats: what moves by as much as makes a change wait is told once for a month; what moves by less, is unknown or not managed
// is not.
func TestMovedSeats(t *testing.T) {
	t.Parallel()
	w, r := world(t)
	w.Set(func(s *store.Settings) {
		s.Holds.Lower, s.Holds.Higher = store.Step{Percent: 30, Seats: 3}, store.Step{Percent: 50, Seats: 20}
	})
	leave := func(name string, of, n int) {
		o := w.Organization(name, of, store.Business)
		w.SetTime("2026-10-20 12:00:00")
		page, _, err := w.Store.Seats(t.Context(), store.SeatFilter{OrganizationID: o.ID, Limit: n})
		w.Must(err)
		var ids []int64
		for _, s := range page {
			ids = append(ids, s.ID)
		}
		_, err = w.Store.ChangeSeats(t.Context(), o.ID, ids, store.SeatDelete, moment.At("2026-10-25"))
		w.Must(err)
	}
	leave("Three of ten", 10, 3)
	leave("Two of four", 4, 2)     // half, but only two seats
	leave("Four of twenty", 20, 4) // four seats, but only a fifth
	for name, more := range map[string]int{"Twenty of ten": 20, "Nineteen of ten": 19} {
		o := w.Organization(name, 10, store.Business)
		w.SetTime("2026-11-02 12:00:00")
		w.Join(o, more)
		w.SetTime("2026-10-20 12:00:00")
	}
	got := digestAt(t, w, r, "2026-11-03 07:05:00")
	want := map[string]string{
		"fell": "1/1 1 organization, -3 seats so far against October 2026 /organizations",
		"rose": "1/1 1 organization, +20 seats so far against October 2026 /organizations",
	}
	delete(got, "unmapped")
	delete(got, "open")
	delete(got, "not_written")
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("digest (-want +got):\n%s", diff)
	}
	if again := digestAt(t, w, r, "2026-11-04 07:05:00"); len(again) > 0 {
		t.Errorf("told again: %v", again)
	}
}

// TestHeldAndOpen: what waits for approval since when, and what is open of a month that was written. What is written again or settled
// is as it was; a further line is new.
func TestHeldAndOpen(t *testing.T) {
	t.Parallel()
	w, r := world(t)
	_, agreement := w.Mapped("Acme", 5, store.Business)
	w.Sim.AddAddition(cwsim.Addition{AgreementID: agreement.ID, ProductID: w.Business.ID, Quantity: decimal.NewFromInt(50)})
	w.Organization("Beta", 2, store.Business)
	w.SetTime("2026-11-01 00:30:00")
	w.Must(w.Runs.RunDue(t.Context()))
	got := digestAt(t, w, r, "2026-11-01 07:05:00")
	if got["held"] != "1/1 1 line, since 2026-11-01 00:30:00 /held" {
		t.Errorf("held: %q", got["held"])
	}
	if got["open"] != "2/2 2 differences, +2 seats (some without a price); −45 seats (−224.55 USD) /months/2026-10" {
		t.Errorf("open: %q", got["open"])
	}
	w.Organization("Gamma", 1, store.Business)
	w.SetTime("2026-11-02 01:00:00")
	got = digestAt(t, w, r, "2026-11-02 07:05:00")
	if !strings.HasPrefix(got["held"], "1/0 1 line") || !strings.HasPrefix(got["unmapped"], "2/1 ") {
		t.Errorf("on the next morning: %v", got)
	}
}

// TestNotWritten: a month whose sync failed is told until it is written.
func TestNotWritten(t *testing.T) {
	t.Parallel()
	w, r := world(t)
	w.Mapped("Acme", 5, store.Business)
	got := digestAt(t, w, r, "2026-11-01 07:05:00")
	if got["not_written"] != "1/1 1 month whose sync was due /attention" {
		t.Errorf("%v", got)
	}
	w.Must(w.Runs.RunDue(t.Context()))
	w.Organization("New", 1, store.Business)
	if got := digestAt(t, w, r, "2026-11-02 07:05:00"); got["not_written"] != "" {
		t.Errorf("after it was written: %v", got)
	}
}

// TestSources: one that people feed has grown old after a month and some days, and is not expected any more after some more; the
// Provider API failed, said nothing, or is late.
func TestSources(t *testing.T) {
	t.Parallel()
	w, r := world(t)
	o := w.Organization("Acme", 1, store.Business)
	w.Must(w.Store.SaveUsageReport(t.Context(), store.UsageReport{
		OrganizationID: o.ID, Month: "2026-09", Seats: 1, Plan: store.Business, Source: "csv", ReportedAt: moment.At("2026-10-05 09:00:00"),
	}))
	if got := digestAt(t, w, r, "2026-11-09 07:05:00"); got["file_old"] != "" {
		t.Errorf("after 34 days: %v", got)
	}
	if got := digestAt(t, w, r, "2026-11-10 07:05:00"); got["file_old"] != "1/1 no file for 35 days, the last on 5 October 2026 at 09:00 UTC /usage/import" {
		t.Errorf("after 35 days: %v", got)
	}
	w.Organization("Further", 1, store.Business)
	if got := digestAt(t, w, r, "2027-03-01 07:05:00"); got["file_old"] != "" {
		t.Errorf("after five months: %v", got)
	}
}

// TestProvider tells what is wrong with the report of the last month.
func TestProvider(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name  string
		state store.FetchState // empty: none was fetched
		at    string
		want  string
	}{
		{"late", "", "2026-11-03 07:05:00", "1/1 no report of October 2026 yet /integrations/provider"},
		{"not yet late", "", "2026-11-01 07:05:00", ""},
		{"failed", store.FetchFailed, "2026-11-01 07:05:00", "1/1 the report of October 2026 could not be fetched /integrations/provider"},
		{"empty", store.FetchEmpty, "2026-11-01 07:05:00", "1/1 the report of October 2026 is empty, which is not zero /integrations/provider"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			w, r := world(t)
			w.Organization("Acme", 1, store.Business)
			saveProvider(t, w)
			if c.state != "" {
				w.Must(w.Store.AddUsageFetch(t.Context(), store.UsageFetch{
					At: moment.At("2026-11-01 01:10:00"), Period: "2026-10", State: c.state, Problem: store.Problem{What: "No answer."},
				}, nil))
			}
			if got := digestAt(t, w, r, c.at); got["provider"] != c.want {
				t.Errorf("%q, want %q", got["provider"], c.want)
			}
		})
	}
}

// saveProvider connects a Provider API that nobody asks.
func saveProvider(t *testing.T, w *billingtest.World) {
	t.Helper()
	config, err := json.Marshal(reports.Config{ID: "id", Name: "name", Seats: "licenses"})
	w.Must(err)
	w.Must(w.Store.SaveProvider(t.Context(), store.Provider{Config: string(config), PrivateKey: "key", Since: w.Time()}))
}

// TestTogether: two processes look for the same morning at once, and one digest is sent.
func TestTogether(t *testing.T) {
	t.Parallel()
	w, r := world(t)
	w.Organization("Beta", 3, store.Business)
	w.SetTime("2026-10-21 07:05:00")
	var together sync.WaitGroup
	for range 8 {
		together.Go(func() {
			if err := w.Digests.Morning(t.Context()); err != nil {
				t.Error(err)
			}
		})
	}
	together.Wait()
	w.Work.Wait()
	if got := r.Take(); len(got) != 1 {
		t.Errorf("%d digests of one morning", len(got))
	}
}
