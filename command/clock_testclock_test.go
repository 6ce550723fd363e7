//go:build testclock

package command

import (
	"fmt"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"testing"
	"time"

	"seatbridge/billing/connect"
	"seatbridge/billing/problem"
	"seatbridge/command/commandtest"
	"seatbridge/connectwise/cwsim"
	"seatbridge/internal/moment"
	"seatbridge/store"
)

// soon is how long what a jump of the clock makes due may take to begin.
const soon = 2 * time.Second

// handOf is the hand of the clock that this process reads: it turns it so that now is a moment.
func handOf(t *testing.T) (turnTo func(moment time.Time)) {
	t.Helper()
	file := filepath.Join(t.TempDir(), "clock")
	t.Setenv(clockFile, file)
	return func(moment time.Time) {
		t.Helper()
		text := fmt.Sprintf("%.3f\n", time.Until(moment).Seconds())
		commandtest.Must(t, os.WriteFile(file+".new", []byte(text), 0o600))
		commandtest.Must(t, os.Rename(file+".new", file))
	}
}

// within wants a condition to hold before long.
func within(t *testing.T, d time.Duration, what string, holds func() bool) {
	t.Helper()
	began := time.Now()
	commandtest.Eventually(t, what, holds)
	if took := time.Since(began); took > d {
		t.Errorf("it took %v until %s, more than %v", took, what, d)
	}
}

func TestTheClockIsReadAtEveryLook(t *testing.T) {
	turnTo := handOf(t)
	if d := now().Sub(time.Now()).Abs(); d > time.Second {
		t.Errorf("without a file it is %v off", d)
	}
	ended := after(time.Hour)
	turnTo(time.Now().Add(time.Hour + time.Second))
	if d := now().Sub(time.Now()); d < time.Hour || d > time.Hour+2*time.Second {
		t.Errorf("turned by an hour it is %v ahead", d)
	}
	select {
	case <-ended:
	case <-time.After(soon):
		t.Error("a wait of an hour did not end when the clock was turned past it")
	}
	commandtest.Must(t, os.WriteFile(os.Getenv(clockFile), nil, 0o600))
	if d := now().Sub(time.Now()).Abs(); d > time.Second {
		t.Errorf("with an empty file it is %v off", d)
	}
}

func TestStoppedTimerDoesNotFire(t *testing.T) {
	turnTo := handOf(t)
	fired := make(chan bool, 2)
	stopped := jobClock().AfterFunc(time.Hour, func() { fired <- false })
	jobClock().AfterFunc(2*time.Hour, func() { fired <- true })
	if !stopped.Stop() || stopped.Stop() {
		t.Error("stopping does not say whether the timer ran")
	}
	turnTo(time.Now().Add(3 * time.Hour))
	select {
	case last := <-fired:
		if !last {
			t.Error("a stopped timer fired")
		}
	case <-time.After(soon):
		t.Error("no timer fired")
	}
}

// TestMonthlySyncWhenTheClockJumps turns the clock of a server over the first of a month at 00:30, and over the next.
func TestMonthlySyncWhenTheClockJumps(t *testing.T) {
	turnTo := handOf(t)
	turnTo(moment.At("2026-10-31 23:00:00"))
	data := t.TempDir()
	activate(t, data)
	server := start(t, "-addr", "127.0.0.1:0", "-data", data)
	defer server.Stop(t)
	beside := &config{data: data}
	_, db, err := open(t.Context(), beside)
	commandtest.Must(t, err)
	defer db.Close()

	for _, month := range []string{"2026-10", "2026-11"} {
		if n := monthly(t, db); n != map[string]int{"2026-10": 0, "2026-11": 1}[month] {
			t.Fatalf("%d monthly syncs before that of %s is due", n, month)
		}
		turnTo(moment.At(month+"-03 12:00:00").AddDate(0, 1, 0))
		within(t, soon, "the monthly sync of "+month+" has begun", func() bool {
			_, err := db.LastRun(t.Context(), store.RunMonthly, store.Month(month))
			return err == nil
		})
		commandtest.Eventually(t, "it has ended", func() bool {
			r, err := db.LastRun(t.Context(), store.RunMonthly, store.Month(month))
			commandtest.Must(t, err)
			return r.Status != store.RunRunning
		})
	}
}

// monthly counts the monthly syncs.
func monthly(t *testing.T, db *store.Store) int {
	t.Helper()
	_, total, err := db.Runs(t.Context(), store.RunFilter{Kind: store.RunMonthly})
	commandtest.Must(t, err)
	return total
}

// activate leaves a data directory whose integration with a simulator is set up.
func activate(t *testing.T, data string) {
	t.Helper()
	c := &config{data: data}
	_, db, err := openOrMake(t.Context(), c)
	commandtest.Must(t, err)
	defer db.Close()
	sim := cwsim.New(cwsim.Config{Now: now})
	site, stop, err := serveSim(t.Context(), sim)
	commandtest.Must(t, err)
	t.Cleanup(stop)
	rooms := c.newBilling(db, slog.New(slog.NewTextHandler(io.Discard, nil)))
	defer rooms.Close(t.Context())
	who := problem.Actor{Name: "owner@example.com"}
	keys := sim.Credentials()
	_, err = rooms.Connection.Connect(t.Context(), who, connect.Credentials{
		Site: site, Company: keys.Company, PublicKey: keys.PublicKey, PrivateKey: keys.PrivateKey, ClientID: keys.ClientID,
	})
	commandtest.Must(t, err)
	items := sim.Catalog()
	commandtest.Must(t, rooms.Mapping.ConfirmMapping(t.Context(), who, map[store.Plan]int{store.Business: items[0].ID, store.Enterprise: items[1].ID}, false))
}
