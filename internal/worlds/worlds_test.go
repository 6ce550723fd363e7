// Package worlds lets Seatbridge loose on random worlds, in which people change things on both sides and much goes wrong, and
// judges what it writes by a count of its own.
package worlds

import (
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"seatbridge/internal/soak"
)

// TestWorlds makes a world from each seed. People join, leave, are mapped elsewhere; lines are edited, ended, added by hand;
// one to three faults strike each of up to three syncs. Whatever happens: no product has two open lines that Seatbridge made,
// no line is created beside another, nothing is written that the book does not say, and nothing that a default holds is
// written unasked. After the faults every line is what the book says, or a person is told why not; when that person approves
// all that waits, every line is.
//
// SEATBRIDGE_SEEDS is how many worlds there are, SEATBRIDGE_SEED makes one of them alone.
func TestWorlds(t *testing.T) {
	t.Parallel()
	for _, seed := range soak.Seeds(25, 1000) {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) { liveThrough(t, seed) })
		})
	}
}

func liveThrough(t *testing.T, seed uint64) {
	w := newWorld(t, seed)
	defer w.report(seed)
	for round := range 1 + w.IntN(3) {
		w.live()
		w.breakThings()
		if round == 0 && seed%100 == 99 { // each takes some seconds
			w.lockDatabase()
		}
		wanted := w.now()
		run := w.sync("a sync with faults")
		w.Sim.ClearFaults()
		w.pass(pick(w, []time.Duration{time.Minute, 20 * time.Minute, 2 * time.Hour, 26 * time.Hour, 75 * time.Hour}))
		if w.chance(2) {
			w.job()
		}
		if w.chance(4) {
			w.retry(run, wanted)
		}
	}
	w.settle()
}

// report tells the story of a world that went wrong, and how to see it again.
func (w *world) report(seed uint64) {
	w.T.Logf("%v", w.tally)
	if !w.T.Failed() {
		return
	}
	for _, sentence := range w.story {
		w.T.Log(sentence)
	}
	w.T.Logf("again: SEATBRIDGE_SEED=%d go test ./internal/worlds", seed)
}
