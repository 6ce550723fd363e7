package command

import (
	"bytes"
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"seatbridge/billing"
	"seatbridge/billing/books"
	"seatbridge/billing/problem"
	"seatbridge/command/commandtest"
	"seatbridge/store"
)

// run runs a command and returns what it printed, or how it failed.
func (w *world) run(t *testing.T, status int, args ...string) string {
	t.Helper()
	var stdout bytes.Buffer
	err := Run(t.Context(), append(args, "-data", w.data), &stdout, io.Discard)
	if got := ExitStatus(err); got != status {
		t.Fatalf("%v: exit status %d, want %d: %v\n%s", args, got, status, err, stdout.String())
	}
	if err != nil {
		return err.Error()
	}
	return stdout.String()
}

// wantSays fails unless a text says all that.
func wantSays(t *testing.T, text string, want ...string) {
	t.Helper()
	for _, sentence := range want {
		if !strings.Contains(text, sentence) {
			t.Errorf("no %q in:\n%s", sentence, text)
		}
	}
}

// rooms does something in the rooms of the world's database.
func (w *world) rooms(t *testing.T, do func(*store.Store, *billing.Billing)) {
	t.Helper()
	c := &config{data: w.data}
	_, db, err := open(t.Context(), c)
	commandtest.Must(t, err)
	defer db.Close()
	rooms := c.newBilling(db, slog.New(slog.DiscardHandler))
	defer rooms.Close(context.WithoutCancel(t.Context()))
	do(db, rooms)
}

// lastMonth is the month that ended last.
func lastMonth() store.Month { return store.MonthOf(time.Now()).Add(-1) }

func TestMonthsCommands(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 2, 0)
	m := lastMonth()
	month := string(m)
	w.sync(t, exitFine, "-month", month)
	w.rooms(t, func(db *store.Store, _ *billing.Billing) {
		_, _, err := db.AddSeats(t.Context(), 2, []string{"late@example.com"}, time.Time{}, m.Start().AddDate(0, 0, 9))
		commandtest.Must(t, err)
	})

	wantSays(t, w.run(t, exitFine, "months"), "MONTH ", "running", month+"  written", "+1", "0 of 2")
	var list struct {
		Months []struct {
			Month, State                string
			Due, Written, Open, Settled *float64
		}
	}
	commandtest.Must(t, json.Unmarshal([]byte(w.run(t, exitFine, "months", "--json")), &list))
	if len(list.Months) != 2 || list.Months[1].Month != month || list.Months[1].State != "written" || *list.Months[1].Due != 10 ||
		*list.Months[1].Written != 9 || *list.Months[1].Open != 1 || *list.Months[1].Settled != 0 || list.Months[0].Written != nil {
		t.Errorf("as JSON: %+v", list)
	}

	wantSays(t, w.run(t, exitFine, "month", month), m.String()+", written", w.names[0], w.names[1], "not yet", "+1", "Due were 8 when it was written")
	var book struct {
		Month, State  string
		Organizations []struct {
			ID           int64
			Organization string
			Due, Billed  *float64
			State        string
			Invoiced     struct{ State string }
		}
	}
	commandtest.Must(t, json.Unmarshal([]byte(w.run(t, exitFine, "month", month, "--json")), &book))
	if len(book.Organizations) != 2 || book.Organizations[1].ID != 2 || *book.Organizations[1].Due != 9 || *book.Organizations[1].Billed != 8 ||
		book.Organizations[1].State != "open" || book.Organizations[1].Invoiced.State != "not_yet" {
		t.Errorf("as JSON: %+v", book)
	}
	wantSays(t, w.run(t, exitFine, "month", string(store.MonthOf(time.Now()))), "running")
	wantSays(t, w.run(t, exitFailed, "month", "2001-01"), "the books do not have January 2001", "seatbridge months")
	wantSays(t, w.run(t, exitFailed, "statement", month), m.String()+" is not closed: it has no statement yet.")
	wantSays(t, w.run(t, exitFailed, "statement", "2001-01"), "Nothing is known of January 2001")
}

// closed is a world whose last month is closed, and the path of its statement's file.
func closed(t *testing.T) (*world, store.Month, string) {
	t.Helper()
	w := newWorld(t, 2, 0)
	m := lastMonth()
	w.sync(t, exitFine, "-month", string(m))
	w.rooms(t, func(db *store.Store, rooms *billing.Billing) {
		_, _, err := db.AddSeats(t.Context(), 2, []string{"late@example.com"}, time.Time{}, m.Start().AddDate(0, 0, 9))
		commandtest.Must(t, err)
		who := problem.Actor{Name: "mira@fernhollow.example"}
		_, err = rooms.Books.Settle(t.Context(), who, books.Settling{
			Month: m, Rows: []store.RowKey{{OrganizationID: 2, Plan: store.Business}}, How: store.ByHand, Note: "On 20350",
		})
		commandtest.Must(t, err)
		_, err = rooms.Books.Close(t.Context(), who, m)
		commandtest.Must(t, err)
	})
	file := filepath.Join(t.TempDir(), "statement.json")
	commandtest.Must(t, os.WriteFile(file, []byte(w.run(t, exitFine, "statement", string(m), "--json")), 0o600))
	return w, m, file
}

func TestStatementCommand(t *testing.T) {
	t.Parallel()
	w, m, file := closed(t)
	month := string(m)
	body, err := os.ReadFile(file)
	commandtest.Must(t, err)
	sum := sha256.Sum256(body)
	hash := hex.EncodeToString(sum[:])

	wantSays(t, w.run(t, exitFine, "statement", month), "Closing statement, "+m.String(), "No. 1, closed on", "by mira@fernhollow.example",
		w.names[0], "10 seats due, 9 written, 9 billed, +1 settled in 1 rows", "due 9, billed 8; +1 by hand by mira@fernhollow.example", "On 20350",
		"SHA-256   "+hash, "Previous  none: this is the first")
	wantSays(t, w.run(t, exitFine, "month", month), "closed by mira@fernhollow.example", "settled, by hand")
	whole := fmt.Sprintf("Statement No. 1 of %s is whole and unchanged, and so are those before it. SHA-256 %s.", m, hash)
	wantSays(t, w.run(t, exitFine, "statement", month, "--verify"), whole)
	wantSays(t, w.run(t, exitFine, "statement", month, "--file", file), whole)
	wantSays(t, w.run(t, exitFine, "statement", "--file", file), whole)
	if out := w.run(t, exitFine, "statement", month, "--verify", "--json"); out != string(body) {
		t.Errorf("verified and as JSON: %s", out)
	}
}

func TestStatementCommandFindsWhatWasChanged(t *testing.T) {
	t.Parallel()
	w, m, file := closed(t)
	month := string(m)
	body, err := os.ReadFile(file)
	commandtest.Must(t, err)

	commandtest.Must(t, os.WriteFile(file, body[:len(body)/2], 0o600))
	wantSays(t, w.run(t, exitFailed, "statement", month, "--file", file), "The file is cut off")
	forged := bytes.Replace(body, []byte(`"due":"9"`), []byte(`"due":"8"`), 1)
	commandtest.Must(t, os.WriteFile(file, forged, 0o600))
	wantSays(t, w.run(t, exitFailed, "statement", month, "--file", file), "The file was changed", w.names[1], "due is “8”, not “9”.")
	wantSays(t, w.run(t, exitFailed, "statement", "--file", file+"x"), "reading the statement's file")
	commandtest.Must(t, os.WriteFile(file, body, 0o600))
	before := string(m.Add(-1))
	wantSays(t, w.run(t, exitFailed, "statement", before, "--file", file), fmt.Sprintf("the file is the statement of %s, not of %s.", m, m.Add(-1)))

	commandtest.Must(t, os.WriteFile(file, body, 0o600))
	changed := strings.Replace(string(body), `"due":"9"`, `"due":"8"`, 1)
	w.tamper(t, `UPDATE statements SET body = $1`, changed)
	wantSays(t, w.run(t, exitFailed, "statement", month, "--verify"), "Statement No. 1 of "+m.String()+": Its text was changed: its SHA-256 is ")
	wantSays(t, w.run(t, exitFailed, "statement", month, "--verify", "--json"), "Its text was changed")
	wantSays(t, w.run(t, exitFailed, "statement", month, "--file", file), "but the statements here are not whole.")
}

// tamper does something to the database behind the product's back.
func (w *world) tamper(t *testing.T, statement string, args ...any) {
	t.Helper()
	db, err := sql.Open("sqlite3", "file:"+(&config{data: w.data}).database())
	commandtest.Must(t, err)
	defer db.Close()
	_, err = db.ExecContext(t.Context(), statement, args...)
	commandtest.Must(t, err)
}
