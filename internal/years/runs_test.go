package years

import (
	"context"
	"maps"
	"slices"
	"strconv"
	"time"

	"seatbridge/billing/billingtest"
	"seatbridge/billing/problem"
	"seatbridge/internal/bookkeeper"
	"seatbridge/store"
)

// run does what may write, and notes what was written for whom.
func (w *world) run(do func()) {
	before := w.quantities()
	do()
	w.Work.Wait()
	w.notice(false)
	w.noteRuns(before)
}

// noteRuns notes what the runs that are new wanted, and for whom the lines stand that say so.
func (w *world) noteRuns(before map[lineKey]open) {
	list, _, err := w.Store.Runs(w.T.Context(), store.RunFilter{Limit: 20})
	w.Must(err)
	after := w.quantities()
	for _, r := range slices.Backward(list) {
		if r.ID <= w.last.ID {
			continue
		}
		w.last = r
		w.tell("run %d is %s: %s of %s, preview %v, %v %s", r.ID, r.Status, r.Kind, r.Month, r.Preview, r.Counts, r.Problem.What)
		if r.Kind != store.RunUndo && r.Kind != store.RunRelease {
			w.noteWanted(r.Run, before, after)
		}
	}
	for k, quantity := range after {
		if quantity != before[k] {
			w.tell("%s says %s now", k, quantity.quantity)
			w.noteChanged(k, quantity)
		}
	}
}

// noteWanted notes what a run read and wanted to write, and for whom the lines stand that say so. It reads no agreement of whose
// organizations one has no figure.
func (w *world) noteWanted(r store.Run, before, after map[lineKey]open) {
	at := r.AsOf
	if at.IsZero() {
		at = r.Month.End().Add(-time.Second)
	}
	for _, k := range w.keys() {
		if len(w.book.On(k.agreement)) == 0 || r.Agreement != 0 && r.Agreement != k.agreement {
			continue
		}
		shares, known := w.sharesAt(k, at)
		if !known {
			continue
		}
		looked := r.Status == store.RunDone || r.Status == store.RunIncomplete || r.Status == store.RunPlanned
		if looked && (r.Kind != store.RunRetry || w.has(r, k.agreement)) {
			w.listed[k.agreement] = append(w.listed[k.agreement], r.StartedAt)
		}
		if r.Preview {
			continue
		}
		s := shared{w.now(), shares}
		w.wanted[k] = append(w.wanted[k], s)
		if o, there := after[k]; there && (looked || before[k] != o) && o.quantity == strconv.Itoa(shares.Sum()) {
			w.written[o.addition] = append(w.written[o.addition], s)
		}
	}
}

// has says whether a run says anything of an agreement. A retry reads no others than those that it has to write.
func (w *world) has(r store.Run, agreement int) bool {
	_, total, err := w.Store.Changes(w.T.Context(), store.ChangeFilter{RunID: r.ID, AgreementID: agreement})
	w.Must(err)
	return total > 0
}

// noteChanged notes for whom a line stands that was changed: by a person who approved what a run wanted, if not by that run.
func (w *world) noteChanged(k lineKey, o open) {
	for _, s := range slices.Backward(w.wanted[k]) {
		if strconv.Itoa(s.shares.Sum()) == o.quantity {
			w.written[o.addition] = append(w.written[o.addition], shared{w.now(), s.shares})
			return
		}
	}
}

// sharesAt is what the organizations of a line are to have there, as counted at a moment.
func (w *world) sharesAt(k lineKey, at time.Time) (shares bookkeeper.Shares, known bool) {
	shares = bookkeeper.Shares{}
	for _, name := range w.book.On(k.agreement) {
		f, is := w.book.Count(name, at)
		if !is {
			return nil, false
		}
		if f.Enterprise == k.enterprise {
			shares[name] = f.Seats
		}
	}
	return shares, true
}

// open is an addition that is open.
type open struct {
	addition int
	quantity string
}

// quantities are what open additions say, of lines that have exactly one.
func (w *world) quantities() map[lineKey]open {
	all := map[lineKey]open{}
	for _, k := range w.keys() {
		n := 0
		for _, line := range w.Sim.Additions(k.agreement) {
			if line.ProductID == w.product(k.enterprise) && w.isOpen(line.Cancelled) {
				n++
				all[k] = open{line.ID, line.Quantity.String()}
			}
		}
		if n != 1 {
			delete(all, k)
		}
	}
	return all
}

func (w *world) isOpen(cancelled time.Time) bool {
	return cancelled.IsZero() || !cancelled.Before(w.now().Truncate(24*time.Hour))
}

// notice notes what the lines say by now.
func (w *world) notice(byHand bool) {
	for _, k := range w.keys() {
		lines := map[int]said{}
		for _, line := range w.Sim.Additions(k.agreement) {
			if line.ProductID == w.product(k.enterprise) {
				lines[line.ID] = said{line.Quantity.String(), dayOf(line.Effective), dayOf(line.Cancelled)}
			}
		}
		if stood := w.stood[k]; len(stood) == 0 || !maps.Equal(stood[len(stood)-1].lines, lines) {
			w.stood[k] = append(stood, stand{w.now(), lines, byHand})
		}
	}
}

func dayOf(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.Format(time.DateOnly)
}

// job does what the jobs of an hour do.
func (w *world) job() {
	w.run(func() {
		w.Must(w.Runs.Resume(w.T.Context()))
		if err := w.Runs.RunDue(w.T.Context()); err != nil {
			w.tell("the month is not written: %s", firstLine(err))
		}
		w.readInvoices()
	})
}

func (w *world) syncNow() {
	w.run(func() {
		_, err := w.Runs.Run(w.T.Context(), billingtest.Admin(), w.Runs.SyncNow(false))
		w.Must(err)
	})
}

// preview previews Sync now, and sometimes writes it.
func (w *world) preview() {
	w.run(func() {
		r, err := w.Runs.Run(w.T.Context(), billingtest.Admin(), w.Runs.SyncNow(true))
		w.Must(err)
		if r.Status == store.RunPlanned && w.chance(2) {
			w.Must(w.Runs.Apply(w.T.Context(), billingtest.Admin(), r.ID))
			w.Work.Wait()
		}
	})
}

func (w *world) lastWritten() (store.RunRow, bool) {
	writing := false
	list, _, err := w.Store.Runs(w.T.Context(), store.RunFilter{Limit: 1, Preview: &writing})
	w.Must(err)
	if len(list) == 0 {
		return store.RunRow{}, false
	}
	return list[0], true
}

func (w *world) retry() {
	last, has := w.lastWritten()
	if !has {
		return
	}
	w.run(func() {
		if _, err := w.Runs.Retry(w.T.Context(), billingtest.Admin(), last.ID); err != nil {
			w.tell("run %d is not retried: %s", last.ID, firstLine(err))
		}
	})
}

func (w *world) undo() {
	last, has := w.lastWritten()
	if !has {
		return
	}
	w.run(func() {
		undo, err := w.Runs.Undo(w.T.Context(), billingtest.Admin(), last.ID)
		if err != nil {
			w.tell("run %d is not undone: %s", last.ID, firstLine(err))
			return
		}
		w.Work.Wait()
		if err := w.Runs.Apply(w.T.Context(), billingtest.Admin(), undo.ID); err != nil {
			w.tell("run %d is not undone: %s", last.ID, firstLine(err))
		}
	})
}

// held are some of the changes that wait for a person.
func (w *world) held() []int64 {
	list, _, err := w.Store.Changes(w.T.Context(), store.ChangeFilter{States: []store.ChangeState{store.StateHeld}, Carried: true})
	w.Must(err)
	var ids []int64
	for _, c := range list {
		if !w.chance(4) {
			ids = append(ids, c.ID)
		}
	}
	return ids
}

func (w *world) approve() { w.decide("approved", w.Runs.Approve) }

func (w *world) reject() { w.decide("rejected", w.Runs.Reject) }

// decide decides some of the changes that wait.
func (w *world) decide(what string, how func(context.Context, problem.Actor, []int64) (int, error)) {
	ids := w.held()
	if len(ids) == 0 {
		return
	}
	w.run(func() {
		n, err := how(w.T.Context(), billingtest.Admin(), ids)
		if err != nil {
			w.tell("nothing is %s: %s", what, firstLine(err))
			return
		}
		w.tell("%d held changes are %s", n, what)
	})
}
