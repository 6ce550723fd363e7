package books_test

import (
	"database/sql"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/shopspring/decimal"

	"seatbridge/billing/billingtest"
	"seatbridge/billing/books"
	"seatbridge/billing/months"
	"seatbridge/billing/problem"
	"seatbridge/store"
)

// writtenOctober is a world in which October was written: 5 seats of Acme.
func writtenOctober(t *testing.T) (*billingtest.World, store.Organization) {
	t.Helper()
	w := billingtest.New(t)
	acme, _ := w.Mapped("Acme", 5, store.Business)
	w.SetTime("2026-11-01 00:30:00")
	w.Must(w.Runs.RunDue(t.Context()))
	w.SetTime("2026-11-06 08:41:00")
	return w, acme
}

func closeMonth(t *testing.T, w *billingtest.World, m store.Month) store.Statement {
	t.Helper()
	s, err := w.Books.Close(t.Context(), billingtest.Admin(), m)
	w.Must(err)
	return s
}

// wantRefused fails unless closing a month is refused with that sentence.
func wantRefused(t *testing.T, w *billingtest.World, m store.Month, sentence string) {
	t.Helper()
	_, err := w.Books.Close(t.Context(), billingtest.Admin(), m)
	var invalid *problem.Invalid
	if !errors.As(err, &invalid) || !strings.Contains(invalid.Sentence(), sentence) {
		t.Errorf("closing %s: %v, want %q", m, err, sentence)
	}
	if booked, err := store.BooksIn(w.Store).Month(t.Context(), m); err == nil && !booked.ClosedAt.IsZero() && !strings.Contains(sentence, "already") {
		t.Errorf("%s is closed all the same", m)
	}
}

func settle(t *testing.T, w *billingtest.World, m store.Month, o store.Organization, how store.Settling) {
	t.Helper()
	_, err := w.Books.Settle(t.Context(), billingtest.Admin(), books.Settling{
		Month: m, Rows: []store.RowKey{{OrganizationID: o.ID, Plan: store.Business}}, How: how, Note: "On 20350",
	})
	w.Must(err)
}

func TestClose(t *testing.T) {
	t.Parallel()
	w, acme := writtenOctober(t)
	w.JoinAt(acme, "2026-10-20 09:00:00")
	w.Must(w.Books.Refresh(t.Context()))
	settle(t, w, "2026-10", acme, store.ByHand)

	kept := closeMonth(t, w, "2026-10")
	s, err := months.ReadStatement(kept)
	w.Must(err)
	if kept.Number != 1 || s.Number != 1 || s.Month != "2026-10" || s.ClosedBy != "admin@example.com" || len(s.Installation) != 32 || s.Previous != "" {
		t.Errorf("the statement is %+v", s)
	}
	if len(s.Rows) != 1 || !s.Rows[0].Due.Decimal.Equal(decimal.NewFromInt(6)) || !s.Rows[0].Billed.Decimal.Equal(decimal.NewFromInt(5)) ||
		len(s.Rows[0].Settlements) != 1 || s.Rows[0].Settlements[0].By != "admin@example.com" || s.Rows[0].Settlements[0].Note != "On 20350" {
		t.Errorf("its rows are %+v", s.Rows)
	}
	month, err := w.Books.Month(t.Context(), "2026-10")
	w.Must(err)
	if month.State != months.Closed || month.ClosedBy != "admin@example.com" || !month.ClosedAt.Equal(s.ClosedAt) {
		t.Errorf("the month is %+v", month)
	}
	log, _, err := w.Store.Activities(t.Context(), store.ActivityFilter{Limit: 1})
	w.Must(err)
	want := "Closed October 2026: 6 seats due, 5 billed, +1 seat settled. Statement No. 1, SHA-256 " + kept.SHA256 + "."
	if len(log) != 1 || log[0].Action != want {
		t.Errorf("the log says %+v, want %s", log, want)
	}
	wantRefused(t, w, "2026-10", "admin@example.com closed October 2026 already, on 6 November 2026 at 08:41 UTC.")
	findings, err := w.Books.VerifyStatements(t.Context(), "")
	w.Must(err)
	if len(findings) > 0 {
		t.Errorf("found %v", findings)
	}
}

func TestCloseRefused(t *testing.T) {
	t.Parallel()
	w, acme := writtenOctober(t)
	wantRefused(t, w, "2026-11", "November 2026 is not over yet.")
	wantRefused(t, w, "2027-01", "January 2027 is not over yet.")
	wantRefused(t, w, "2026-03", "Nothing is known of March 2026")
	w.JoinAt(acme, "2026-10-20 09:00:00")
	wantRefused(t, w, "2026-10", "1 difference of October 2026 is open: “Acme”, NordPass Business. Settle it first.")
	beta := w.Organization("Beta", 0, store.Business)
	w.JoinAt(beta, "2026-10-20 09:00:00")
	w.JoinAt(beta, "2026-10-21 09:00:00")
	wantRefused(t, w, "2026-10", "2 differences of October 2026 are open, the largest is that of “Beta”, NordPass Business. Settle them first.")
}

// TestCloseRefusesWhatIsYetWritten: a month without an open difference is not closed while its sync is still to come.
func TestCloseRefusesWhatIsYetWritten(t *testing.T) {
	t.Parallel()
	w := billingtest.New(t)
	w.Mapped("Acme", 5, store.Business)
	w.Sync()
	w.SetTime("2026-11-01 00:10:00")
	wantRefused(t, w, "2026-10", "October 2026 is not written yet: its sync is still to come, or is tried again every hour.")
	w.SetTime("2026-12-01 00:40:00")
	w.Must(w.Runs.RunDue(t.Context()))
	closeMonth(t, w, "2026-11")
	closeMonth(t, w, "2026-10") // overtaken: nothing writes it any more, and what stood on the line was right
}

// TestCloseOfWhatNothingWrites: without a connection no sync will ever come.
func TestCloseOfWhatNothingWrites(t *testing.T) {
	t.Parallel()
	w := billingtest.New(t)
	w.Mapped("Acme", 5, store.Business)
	w.Sync()
	w.SetTime("2026-11-01 00:10:00")
	w.Must(w.Books.Refresh(t.Context()))
	w.Must(w.Disconnect(t.Context(), billingtest.Admin()))
	w.Must(w.Books.Refresh(t.Context()))
	want(t, w, "2026-10", "Acme business due 5 written 5 stands 5 billed 5 not_yet none;  ")
	closeMonth(t, w, "2026-10")
}

func TestCloseAtOnce(t *testing.T) {
	t.Parallel()
	w, _ := writtenOctober(t)
	w.Must(w.Books.Refresh(t.Context()))
	var closed, refused int
	var mutex sync.Mutex
	var group sync.WaitGroup
	for i := range 4 {
		group.Go(func() {
			_, err := w.Books.Close(t.Context(), problem.Actor{Name: fmt.Sprintf("admin%d@example.com", i)}, "2026-10")
			mutex.Lock()
			defer mutex.Unlock()
			var invalid *problem.Invalid
			switch {
			case err == nil:
				closed++
			case errors.As(err, &invalid) && strings.Contains(invalid.Sentence(), "closed October 2026 already"):
				refused++
			default:
				t.Error(err)
			}
		})
	}
	group.Wait()
	statements, err := store.BooksIn(w.Store).Statements(t.Context())
	w.Must(err)
	if closed != 1 || refused != 3 || len(statements) != 1 {
		t.Errorf("%d closed it, %d were told, there are %d statements", closed, refused, len(statements))
	}
}

// TestCase_G21_AFactAfterTheClose: what changes later is a difference of the closed month, and the statement stays.
func TestCase_G21_AFactAfterTheClose(t *testing.T) {
	t.Parallel()
	w, acme := writtenOctober(t)
	before := closeMonth(t, w, "2026-10")
	w.SetTime("2026-11-20 10:00:00")
	w.JoinAt(acme, "2026-10-20 09:00:00")
	want(t, w, "2026-10", "Acme business due 6 written 5 stands 5 billed 5 not_yet open; late "+
		"Due were 5 when it was written on 1 November 2026, 6 are due since 20 November 2026.")
	open, err := w.Books.Open(t.Context())
	w.Must(err)
	if len(open) != 1 || open[0].Month != "2026-10" || open[0].State != months.Closed || open[0].Sums.Open.Rows != 1 {
		t.Errorf("open is %+v", open)
	}
	settle(t, w, "2026-10", acme, store.Waived)
	if open, err = w.Books.Open(t.Context()); err != nil || len(open) != 0 {
		t.Errorf("after it was settled, open is %+v (%v)", open, err)
	}
	after, err := w.Books.Statement(t.Context(), "2026-10")
	w.Must(err)
	if after != before {
		t.Error("the statement is another one")
	}
	wantRefused(t, w, "2026-10", "already")
}

// tamper does something to the database behind the product's back.
func tamper(t *testing.T, w *billingtest.World, statement string) {
	t.Helper()
	db, err := sql.Open("sqlite3", "file:"+w.Path)
	w.Must(err)
	defer db.Close()
	_, err = db.ExecContext(t.Context(), statement)
	w.Must(err)
}

// TestChain is by closing, not by month; a statement of a month between is missed, wherever it was taken away.
func TestChain(t *testing.T) {
	t.Parallel()
	w, _ := writtenOctober(t)
	w.SetTime("2026-12-01 00:30:00")
	w.Must(w.Runs.RunDue(t.Context()))
	november := closeMonth(t, w, "2026-11")
	w.SetTime("2026-12-02 00:30:00")
	october := closeMonth(t, w, "2026-10")
	a, err := months.ReadStatement(november)
	w.Must(err)
	b, err := months.ReadStatement(october)
	w.Must(err)
	if b.Number != 2 || b.Previous != november.SHA256 || a.Installation != b.Installation {
		t.Errorf("the second is %+v after %+v", b, a)
	}
	verify := func(upTo store.Month, want ...string) {
		t.Helper()
		findings, err := w.Books.VerifyStatements(t.Context(), upTo)
		w.Must(err)
		if len(findings) != len(want) {
			t.Fatalf("found %v, want %q", findings, want)
		}
		for i := range want {
			if !strings.Contains(findings[i].Sentence, want[i]) {
				t.Errorf("found %q, want %q", findings[i].Sentence, want[i])
			}
		}
	}
	verify("")
	tamper(t, w, `UPDATE statements SET body = replace(body, '"due":"5"', '"due":"4"') WHERE month = '2026-10'`)
	verify("", "No. 2 of October 2026: Its text was changed")
	w.SetTime("2027-01-01 00:30:00")
	w.Must(w.Runs.RunDue(t.Context()))
	wantRefused(t, w, "2026-12", "Statement No. 2 of October 2026, on which this one would build, is not what it was.")
	verify("2026-11")
	tamper(t, w, `DELETE FROM statements WHERE month = '2026-10'`)
	verify("", "October 2026 is closed, but its statement is missing.")
	file, err := w.Books.VerifyFile(t.Context(), []byte(november.Body))
	w.Must(err)
	if file.State != months.FileWhole {
		t.Errorf("the file is %+v", file)
	}
}

// TestCloseByItself closes only what the settings allow, of which nothing is open and whose invoice is known.
func TestCloseByItself(t *testing.T) {
	t.Parallel()
	w, acme, _ := october(t)
	monthly(t, w, "2026-11-01 00:30:00")
	closedNow := func(want ...store.Month) {
		t.Helper()
		w.Must(w.Books.CloseByItself(t.Context()))
		statements, err := store.BooksIn(w.Store).Statements(t.Context())
		w.Must(err)
		var found []store.Month
		for _, s := range statements {
			found = append(found, s.Month)
		}
		if diff := cmp.Diff(want, found); diff != "" {
			t.Errorf("closed (-want +got):\n%s", diff)
		}
	}
	w.Set(func(s *store.Settings) { s.Months.CloseByItself = true })
	closedNow() // not invoiced yet
	invoice(t, w, "2026-11-01 09:00:00")
	w.Set(func(s *store.Settings) { s.Months.CloseByItself = false })
	closedNow()
	w.Set(func(s *store.Settings) { s.Months.CloseByItself = true })
	w.JoinAt(acme, "2026-10-20 13:00:00")
	closedNow() // a difference is open
	settle(t, w, "2026-10", acme, store.Waived)
	closedNow("2026-10")
	monthly(t, w, "2026-12-01 00:30:00")
	invoice(t, w, "2026-12-01 09:00:00")
	closedNow("2026-10", "2026-11")

	month, err := w.Books.Month(t.Context(), "2026-10")
	w.Must(err)
	if month.State != months.Closed || month.ClosedBy != "" {
		t.Errorf("October is %+v", month)
	}
	wantRefused(t, w, "2026-10", "Seatbridge itself closed October 2026 already")
	log, _, err := w.Store.Activities(t.Context(), store.ActivityFilter{Category: store.CategoryBilling, Limit: 1})
	w.Must(err)
	if len(log) != 1 || log[0].Actor != "Seatbridge" || !strings.HasPrefix(log[0].Action, "Closed November 2026: 6 seats due, 6 billed") {
		t.Errorf("the log says %+v", log)
	}
}

// TestCloseWaitsForTheRun that writes the month.
func TestCloseWaitsForTheRun(t *testing.T) {
	t.Parallel()
	w, _ := writtenOctober(t)
	w.Must(w.Books.Refresh(t.Context()))
	tamper(t, w, `UPDATE runs SET status = 'running' WHERE id = (SELECT MAX(id) FROM runs)`)
	wantRefused(t, w, "2026-10", "writes October 2026 at this moment.")
}
