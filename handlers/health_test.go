package handlers

import (
	"database/sql"
	"net/http"
	"strings"
	"testing"

	"seatbridge/store"
	"seatbridge/views"
)

// TestCase_J44_LockedDatabase has another program lock the database of a panel that serves.
func TestCase_J44_LockedDatabase(t *testing.T) {
	t.Parallel()
	w := newBilled(t)
	w.customerWith("Acme Harbor Works", 3)
	w.b.get("/healthz", http.StatusOK)
	if said := w.b.last.Body.String(); said != "ok\n" {
		t.Errorf("a healthy panel says %q", said)
	}
	db, err := sql.Open("sqlite3", "file:"+w.path)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	other, err := db.Conn(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer other.Close()
	if _, err := other.ExecContext(t.Context(), `BEGIN EXCLUSIVE`); err != nil {
		t.Fatal(err)
	}
	w.b.get("/healthz", http.StatusServiceUnavailable)
	if said := w.b.last.Body.String(); said != "locked\n" {
		t.Errorf("the panel of a locked database says %q", said)
	}
	page := w.b.post(views.StartSyncPath, nil, http.StatusServiceUnavailable)
	has(t, page, "main", "The database is locked by another program")
	has(t, page, "main", "End the program")
	if strings.Contains(page.Text(), "SQLITE") || strings.Contains(page.Text(), "database is locked:") {
		t.Error("the driver's words are on the page")
	}
	if _, err := other.ExecContext(t.Context(), `ROLLBACK`); err != nil {
		t.Fatal(err)
	}
	w.b.get("/healthz", http.StatusOK)
	w.b.syncNow()
}

func TestHealthWords(t *testing.T) {
	t.Parallel()
	for fault, want := range map[error]string{
		nil: "ok", store.ErrBusy: "locked", store.ErrDiskFull: "disk full", store.ErrReadOnly: "read-only",
		store.ErrUnreadable: "disk error", store.ErrCorrupt: "damaged",
	} {
		if got := healthWord(fault); got != want {
			t.Errorf("%v is %q, want %q", fault, got, want)
		}
	}
	if got := healthWord(store.ErrNotFound); got != "database" {
		t.Errorf("an unknown fault is %q", got)
	}
}

func TestCase_J44_RunPageSaysWhatItWaitsFor(t *testing.T) {
	t.Parallel()
	if n := waitingNotice(store.Problem{}); n != nil {
		t.Errorf("a run that works shows %+v", n)
	}
	n := waitingNotice(store.Problem{What: "The disk is full.", Do: "Make room."})
	if n == nil || n.What != "The disk is full." || n.Do != "Make room." || !strings.Contains(n.Why, "goes on by itself") {
		t.Errorf("a run that waits shows %+v", n)
	}
}
