package command

import (
	"bytes"
	"context"
	"log/slog"
	"strings"
	"testing"

	"seatbridge/command/commandtest"
	"seatbridge/store"
)

// TestWarnsOfTargetsOfBefore: a start names what works only because it was saved before, as long as the operator does not allow it.
func TestWarnsOfTargetsOfBefore(t *testing.T) {
	t.Parallel()
	data := sealedData(t)
	_, db, err := open(t.Context(), &config{data: data})
	commandtest.Must(t, err)
	defer db.Close()
	commandtest.Must(t, db.UpdateChannel(t.Context(), store.Channel{ID: 1, Name: "Relay", URL: "https://10.0.0.9/hook", AnyAddress: true}))
	for range 2 {
		for _, allowed := range []bool{true, false} {
			var said bytes.Buffer
			log := slog.New(slog.NewTextHandler(&said, nil))
			rooms := (&config{privateTargets: allowed}).newBilling(db, log)
			warnOfTargets(t.Context(), log, rooms)
			commandtest.Must(t, rooms.Close(context.WithoutCancel(t.Context())))
			if got := strings.Contains(said.String(), `level=WARN`) && strings.Contains(said.String(), "Relay") &&
				strings.Contains(said.String(), "10.0.0.9"); got == allowed {
				t.Errorf("allowed %v: %s", allowed, said.String())
			}
		}
	}
}
