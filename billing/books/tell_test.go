package books_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"seatbridge/billing/billingtest"
	"seatbridge/billing/books"
	"seatbridge/billing/notify"
	"seatbridge/billing/notify/notifytest"
	"seatbridge/billing/problem"
	"seatbridge/internal/moment"
	"seatbridge/store"
)

// told is a message about months, as a webhook receives it.
type told struct {
	notify.Message
	Months []books.OpenFigures `json:"months"`
}

// toldOctober is the world of october, whose agreement is to be invoiced on 10 November, with a channel that hears the events.
func toldOctober(t *testing.T, events ...store.Event) (*billingtest.World, store.Organization, *notifytest.Receiver) {
	t.Helper()
	w, acme, agreement := october(t)
	w.Sim.InvoiceThrough(agreement.ID, moment.At("2026-11-09"))
	r := notifytest.NewReceiver(t)
	_, err := w.Outbox.SaveChannel(t.Context(), billingtest.Admin(),
		store.Channel{Kind: store.ChannelWebhook, Name: "Ops", URL: r.URL, Events: events}, false)
	w.Must(err)
	return w, acme, r
}

// daily does what is done once a day, and answers the messages that came of it.
func daily(t *testing.T, w *billingtest.World, r *notifytest.Receiver, at string) []told {
	t.Helper()
	w.SetTime(at)
	w.Must(books.Teller{Keeper: w.Books}.Daily(t.Context()))
	w.Work.Wait()
	return notifytest.Messages[told](t, r)
}

// TestReminder is told once for an invoicing day on which something is open, by as many days before as the settings say.
func TestReminder(t *testing.T) {
	t.Parallel()
	w, acme, r := toldOctober(t, store.EventMonths)
	monthly(t, w, "2026-11-01 00:30:00")
	w.SetTime("2026-11-01 01:00:00")
	w.Must(w.Books.ReadInvoices(t.Context()))
	correct(t, w, acme, 7)
	forget(t, w)

	if got := daily(t, w, r, "2026-11-07 07:00:00"); len(got) != 0 {
		t.Fatalf("told three days before: %+v", got)
	}
	got := daily(t, w, r, "2026-11-08 07:00:00")
	if len(got) != 1 {
		t.Fatalf("%d messages two days before, want 1", len(got))
	}
	m := got[0]
	if m.Title != "Invoices of 10 November 2026: 1 difference open" || m.URL != "https://panel.example.com/months" {
		t.Errorf("message %q, %s", m.Title, m.URL)
	}
	want := []string{"1 agreement is to be invoiced then.", "October 2026: 1 difference open, +2 seats (+9.98 USD)."}
	if diff := cmp.Diff(want, m.Text); diff != "" {
		t.Error(diff)
	}
	if len(m.Months) != 1 || m.Months[0].Month != "2026-10" || fmt.Sprint(m.Months[0].SeatsMore, m.Months[0].Money) != "2 [{USD 9.98 0.00}]" {
		t.Errorf("figures %+v", m.Months)
	}
	if got := daily(t, w, r, "2026-11-09 07:00:00"); len(got) != 0 {
		t.Errorf("told again on the next day: %+v", got)
	}
}

// TestNoReminder is for what nobody has to do anything about, and for those who want none.
func TestNoReminder(t *testing.T) {
	t.Parallel()
	for name, prepare := range map[string]func(*billingtest.World, store.Organization){
		"nothing is open": func(*billingtest.World, store.Organization) {},
		"switched off": func(w *billingtest.World, acme store.Organization) {
			correct(w.T, w, acme, 7)
			w.Set(func(s *store.Settings) { s.Months.RemindDays = 0 })
		},
		"settled": func(w *billingtest.World, acme store.Organization) {
			correct(w.T, w, acme, 7)
			_, err := w.Books.Settle(w.T.Context(), billingtest.Admin(), books.Settling{
				Month: "2026-10", Rows: []store.RowKey{{OrganizationID: acme.ID, Plan: store.Business}}, How: store.Waived,
			})
			w.Must(err)
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w, acme, r := toldOctober(t, store.EventMonths)
			w.T = t
			monthly(t, w, "2026-11-01 00:30:00")
			w.Must(w.Books.ReadInvoices(t.Context()))
			prepare(w, acme)
			forget(t, w)
			if got := daily(t, w, r, "2026-11-08 07:00:00"); len(got) != 0 {
				t.Errorf("told %+v", got)
			}
		})
	}
}

// TestReminderOfHeldLines is told although no month has anything open.
func TestReminderOfHeldLines(t *testing.T) {
	t.Parallel()
	w, acme, r := toldOctober(t, store.EventMonths)
	monthly(t, w, "2026-11-01 00:30:00")
	w.Must(w.Books.ReadInvoices(t.Context()))
	w.SetTime("2026-11-07 10:00:00")
	w.Join(acme, 120)
	w.Sync()
	got := daily(t, w, r, "2026-11-08 07:00:00")
	if len(got) != 1 || got[0].Title != "Invoices of 10 November 2026: 1 line waits for approval" {
		t.Fatalf("told %+v", got)
	}
	want := []string{
		"1 agreement is to be invoiced then.",
		"Held: 1 line. For a whole billing period that is +598.80 USD. Approve or reject them before.",
	}
	if diff := cmp.Diff(want, got[0].Text); diff != "" {
		t.Error(diff)
	}
}

// TestLateFactsAreTold once each, and at most once a day.
func TestLateFactsAreTold(t *testing.T) {
	t.Parallel()
	w, acme, r := toldOctober(t, store.EventMonths)
	w.Set(func(s *store.Settings) { s.Months.RemindDays = 0 })
	monthly(t, w, "2026-11-01 00:30:00")
	if got := daily(t, w, r, "2026-11-02 07:00:00"); len(got) != 0 {
		t.Fatalf("told without a late fact: %+v", got)
	}
	w.SetTime("2026-11-02 09:00:00")
	correct(t, w, acme, 6)
	w.SetTime("2026-11-02 10:00:00")
	correct(t, w, acme, 7)
	got := daily(t, w, r, "2026-11-03 07:00:00")
	if len(got) != 1 {
		t.Fatalf("%d messages, want 1", len(got))
	}
	if got[0].Title != "October 2026: what is due changed after the month’s end" || got[0].Text[0] != "October 2026: 1 difference open, +2 seats (+9.98 USD)." {
		t.Errorf("told %q: %q", got[0].Title, got[0].Text)
	}
	if got := daily(t, w, r, "2026-11-04 07:00:00"); len(got) != 0 {
		t.Errorf("told again: %+v", got)
	}
	correct(t, w, acme, 9)
	if got := daily(t, w, r, "2026-11-05 07:00:00"); len(got) != 1 || !strings.Contains(got[0].Text[0], "+4 seats") {
		t.Errorf("another late fact: %+v", got)
	}
}

// TestWhatASyncLeftOpenIsTold once, by month, seats and money.
func TestWhatASyncLeftOpenIsTold(t *testing.T) {
	t.Parallel()
	w, acme, r := toldOctober(t, store.EventOpen)
	w.SetTime("2026-10-31 20:00:00")
	w.Join(acme, 120)
	monthly(t, w, "2026-11-01 00:30:00") // it holds so many
	tell := func(at string) []told {
		t.Helper()
		w.SetTime(at)
		w.Must(books.Teller{Keeper: w.Books}.TellSynced(t.Context()))
		w.Work.Wait()
		var about []told
		for _, m := range notifytest.Messages[told](t, r) {
			if len(m.Months) > 0 {
				about = append(about, m)
			}
		}
		return about
	}
	got := tell("2026-11-01 00:31:00")
	if len(got) != 1 || got[0].Title != "October 2026 was synced: 1 difference open" { // a mail's subject says no money
		t.Fatalf("told %+v", got)
	}
	want := []string{
		"October 2026: 1 difference open, +120 seats (+598.80 USD).",
		"What is due is not what stands in ConnectWise PSA or was invoiced. The month’s page says for each why, and what to do.",
	}
	if diff := cmp.Diff(want, got[0].Text); diff != "" {
		t.Error(diff)
	}
	for _, at := range []string{"2026-11-01 01:30:00", "2026-11-03 01:30:00"} {
		if got := tell(at); len(got) != 0 {
			t.Fatalf("%s: told again %+v", at, got)
		}
	}
}

// correct says that an organization had so many seats in October.
func correct(t *testing.T, w *billingtest.World, o store.Organization, seats int) {
	t.Helper()
	w.Must(w.Figures.Correct(t.Context(), problem.Actor{Name: "ann@example.com"}, store.Correction{
		OrganizationID: o.ID, Month: "2026-10", Seats: seats, Plan: store.Business, Reason: "As counted by hand.",
	}))
	w.Must(w.Books.Refresh(t.Context()))
}

// forget has the books forget since when figures are as they are, so that no late fact is told beside a reminder.
func forget(t *testing.T, w *billingtest.World) {
	t.Helper()
	rows, _, err := store.BooksIn(w.Store).Rows(t.Context(), store.MonthRowFilter{Month: "2026-10"})
	w.Must(err)
	for i := range rows {
		rows[i].DueSince = time.Time{}
	}
	w.Must(store.BooksIn(w.Store).SaveRows(t.Context(), rows, nil))
}
