// Package years lets Seatbridge keep the books of random years, in which facts come late, syncs fail, people edit lines and make,
// write off, delete and make invoices anew, and judges every month by a count of its own.
package years

import (
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"seatbridge/internal/soak"
)

// TestYears makes a year from each seed. Whatever happens in it: of every month that ended, what the invoices of ConnectWise billed,
// with what is open and what was settled, is what is due, for each organization and plan, seat for seat. Where no invoice was made
// yet, what stands in ConnectWise is what is billed. The judge knows the lines of the invoices and their periods, which the API does
// not show, and counts what is due by itself (internal/bookkeeper).
//
// What nobody can know, and there the judge takes any quantity that stood: a person edited a line between two readings, and the invoice
// was made between them; a period was written off, or nobody may read invoices, so that it is only known between which readings of the
// dates it was closed; the lines of an agreement were never read, since one of its organizations has no figure. It counts how often.
//
// SEATBRIDGE_SEEDS is how many years there are, SEATBRIDGE_SEED makes one of them alone.
func TestYears(t *testing.T) {
	t.Parallel()
	for _, seed := range soak.Seeds(3, 1000) {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) { liveThrough(t, seed) })
		})
	}
}

// liveThrough lives a year, from October to October.
func liveThrough(t *testing.T, seed uint64) {
	w := newWorld(t, seed)
	defer w.report(seed)
	for i := range 12 {
		first := time.Date(2026, time.Month(11+i), 1, 0, 0, 0, 0, time.UTC)
		for _, e := range w.plan(first) {
			w.until(e.at)
			e.do()
			if t.Failed() {
				return
			}
		}
		w.look()
	}
	w.comeUp()
	w.look()
}

// report tells the story of a year that went wrong, and how to see it again.
func (w *world) report(seed uint64) {
	w.T.Logf("%v", w.tally)
	if !w.T.Failed() {
		return
	}
	w.known()
	for _, sentence := range w.story {
		w.T.Log(sentence)
	}
	w.T.Logf("again: SEATBRIDGE_SEED=%d go test ./internal/years", seed)
}
