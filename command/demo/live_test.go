package demo

import (
	"fmt"
	"path/filepath"
	"testing"
	"time"

	"seatbridge/command/commandtest"
	"seatbridge/store"
)

func TestLive(t *testing.T) {
	for _, day := range []string{"2026-11-15T12:00:00Z"} {
		now, _ := time.Parse(time.RFC3339, day)
		db, err := store.OpenTuned(t.Context(), filepath.Join(t.TempDir(), "seatbridge.db"), make([]byte, 32), store.Tuning{Wait: time.Second, Statements: store.KeptStatements, Careless: true})
		commandtest.Must(t, err)
		start := time.Now()
		_, err = Live(t.Context(), Begin{Store: db, Site: "http://127.0.0.1:1", Now: now, Owner: Person{"Demo Owner", "demo@seatbridge.example", "x"}})
		fmt.Println(time.Since(start))
		if err != nil {
			t.Error(err)
		}
		for r, err := range db.EachRun(t.Context(), store.RunFilter{}) {
			commandtest.Must(t, err)
			fmt.Println(r.ID, r.Kind, r.Month, r.Status, r.Counts, r.Problem.What, r.StartedAt, r.Took())
		}
		rd := store.ReadingsIn(db)
		found, _, err := rd.Findings(t.Context(), store.FindingFilter{})
		commandtest.Must(t, err)
		for _, f := range found {
			fmt.Println(f.Subject, f.Company, f.Sentence, f.Since)
		}
		held, _, err := db.Changes(t.Context(), store.ChangeFilter{States: []store.ChangeState{store.StateHeld, store.StateConflict, store.StateBlocked, store.StateSkipped}, Carried: true})
		for _, c := range held {
			fmt.Println(c.RunID, c.State, c.Company, c.Before.Decimal, c.After.Decimal, c.HeldFor, c.HeldBecause)
		}
		db.Close()
	}
}
