package handlers

import (
	"errors"
	"io"
	"log/slog"
	"net/http"

	"seatbridge/store"
	"seatbridge/views"
)

// faultWords are the faults of the database, each in a word or two for monitoring.
var faultWords = []struct {
	fault error
	word  string
}{
	{store.ErrBusy, "locked"},
	{store.ErrDiskFull, "disk full"},
	{store.ErrReadOnly, "read-only"},
	{store.ErrUnreadable, "disk error"},
	{store.ErrForeign, "damaged"},
	{store.ErrCorrupt, "damaged"},
}

// health is what monitoring asks.
type health struct {
	store *store.Store
	log   *slog.Logger
}

// answer is 200 and ok when the database can be written, otherwise 503 and why not.
func (h health) answer(w http.ResponseWriter, r *http.Request) error {
	err := h.store.Ready(r.Context())
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	w.Header().Set("Cache-Control", "no-store")
	if err != nil {
		h.log.ErrorContext(r.Context(), "the database is not ready", "err", err)
		w.WriteHeader(http.StatusServiceUnavailable)
	}
	_, err = io.WriteString(w, healthWord(err)+"\n")
	return err
}

func healthWord(err error) string {
	if err == nil {
		return "ok"
	}
	for _, f := range faultWords {
		if errors.Is(err, f.fault) {
			return f.word
		}
	}
	return "database"
}

// waitingNotice says what a run in progress waits for, if it waits.
func waitingNotice(p store.Problem) *views.Notice {
	if p.Zero() {
		return nil
	}
	return &views.Notice{
		Kind: "warning", What: p.What, Why: "The run waits, and goes on by itself. Nothing that ConnectWise PSA has is written twice.", Do: p.Do,
	}
}
