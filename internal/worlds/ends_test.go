package worlds

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/shopspring/decimal"

	"seatbridge/billing"
	"seatbridge/billing/billingtest"
	"seatbridge/connectwise/cwsim"
	"seatbridge/store"
)

// sync presses Sync now and waits for the end of it. A process that stops in the midst of it leaves the run to the next one.
func (w *world) sync(name string) (run store.Run) {
	ctx, stop := context.WithCancel(w.T.Context())
	defer stop()
	w.stop = stop
	w.watched(name, func() {
		var err error
		run, err = w.Runs.Run(ctx, billingtest.Admin(), w.Runs.SyncNow(false))
		if ctx.Err() == nil {
			w.Must(err)
			w.promised = nil
		}
		w.tell("%s is run %d: %s %s", name, run.ID, run.Status, run.Problem.What)
	})
	return run
}

// retry retries a run, with what it wanted.
func (w *world) retry(run store.Run, wanted figures) {
	w.promised = append(w.promised, wanted)
	w.watched("the retry", func() {
		if _, err := w.Runs.Retry(w.T.Context(), billingtest.Admin(), run.ID); err != nil {
			w.tell("run %d is not retried: %s", run.ID, firstLine(err))
		}
		w.Work.Wait()
	})
	w.promised = nil
}

// job does what the jobs of an hour do: finish what was cut off, write the month that is due.
func (w *world) job() {
	w.watched("the hourly job", func() {
		w.Must(w.Runs.Resume(w.T.Context()))
		w.promised = nil
		if err := w.Runs.RunDue(w.T.Context()); err != nil {
			w.tell("the month is not written: %s", firstLine(err))
		}
	})
}

// settle ends the faults, lets what is on its way arrive, and syncs: first once, then as often as a creation of unknown
// outcome is looked for. Then a person approves all that waits. Each time every line has to be right or told of.
func (w *world) settle() {
	w.Sim.ClearFaults()
	w.tell("the faults end")
	w.pass(2 * time.Minute)
	w.job()
	w.sync("the sync after the faults")
	w.audit(false)
	for range 3 {
		w.pass(65 * time.Minute)
		w.job()
		w.sync("a look an hour later")
	}
	w.audit(false)
	w.approveAll()
	w.audit(true)
}

// approveAll approves what waits, and what waits then.
func (w *world) approveAll() {
	w.approved = true
	for range 4 {
		held := w.held()
		if len(held) == 0 {
			return
		}
		w.watched("what was approved", func() {
			_, err := w.Runs.Approve(w.T.Context(), billingtest.Admin(), held)
			w.Must(err)
			w.Work.Wait()
		})
		w.tell("%d changes are approved", len(held))
		w.pass(time.Minute)
		w.sync("the sync after the approval")
	}
	if n := len(w.held()); n > 0 {
		w.wrong("%d changes wait after four approvals", n)
	}
}

// held are the changes that Approvals lists.
func (w *world) held() []int64 {
	list, _, err := w.Store.Changes(w.T.Context(), store.ChangeFilter{States: []store.ChangeState{store.StateHeld}, Carried: true})
	w.Must(err)
	var ids []int64
	for _, c := range list {
		ids = append(ids, c.ID)
	}
	return ids
}

// audit compares every line with the book: it is right, or what it waits for is told of. When a person approved all, only
// what a person has to mend in ConnectWise, or to say about an organization, is left.
func (w *world) audit(approved bool) {
	w.notice()
	attention := w.attention()
	for k, want := range w.now() {
		lines := w.open(w.last, k)
		seats := decimal.NewFromInt(int64(want.seats))
		right := len(lines) == 1 && lines[0].Quantity.Equal(seats) || sum(lines).IsZero() && seats.IsZero()
		said := w.said(k, attention)
		if want.fed && want.known && want.seats > 0 && w.billable(k.agreement) {
			w.auditTerms(k, lines)
		}
		switch {
		case !want.fed:
			w.auditUnfed(k, lines)
		case !want.known || !w.billable(k.agreement):
			w.expect(k, right, said, store.StateSkipped, store.StateBlocked, store.StateHeld)
		case right:
			w.count(approved, "right")
		case len(lines) > 1 && w.one(lines, seats):
			w.count(approved, "right, beside another")
			if !w.found(k, store.AboutSecond) && said != store.StateConflict {
				w.wrong("%s: it says %v, the book %d, and nobody is told of the second line", k, quantities(lines), want.seats)
			}
		case approved && !w.entangled(k.agreement):
			w.wrong("%s: all is approved, it says %v, the book %d; %q", k, quantities(lines), want.seats, said)
		case w.plain(k) && said != store.StateUnknown:
			w.wrong("%s: nothing is unusual, it says %v, the book %d; %q", k, quantities(lines), want.seats, said)
		default:
			w.expect(k, false, said, store.StateHeld, store.StateConflict, store.StateUnknown)
		}
	}
}

// expect demands that what is said of a line that is not right is one of some states.
func (w *world) expect(k lineKey, right bool, said store.ChangeState, states ...store.ChangeState) {
	w.count(w.approved, string(said))
	if !right && !slices.Contains(states, said) {
		w.wrong("%s: it says %v, the book %+v; what is said of it is %q", k, quantities(w.open(w.last, k)), w.now()[k], said)
	}
}

func (w *world) count(approved bool, what string) {
	w.tally[fmt.Sprintf("%s (approved %v)", what, approved)]++
}

// auditUnfed: a line that Seatbridge wrote and that nobody feeds any more is listed as long as it bills, unless a person ended it.
func (w *world) auditUnfed(k lineKey, lines []cwsim.Addition) {
	for _, line := range lines {
		if w.wrote[line.ID] && line.Cancelled.IsZero() && !line.Quantity.IsZero() && !w.found(k, store.AboutUnfed) {
			w.wrong("%s: line %d says %s, nobody is mapped there any more, and nobody is told", k, line.ID, line.Quantity)
		}
	}
}

// auditTerms: unusual terms of what is to be billed are listed, whether it is written or not.
func (w *world) auditTerms(k lineKey, lines []cwsim.Addition) {
	a := w.Sim.Agreement(k.agreement)
	included := slices.ContainsFunc(lines, func(line cwsim.Addition) bool { return line.LessIncluded.IsPositive() })
	for about, unusual := range map[store.Subject]bool{
		store.AboutProducts: a.BillProducts != "", store.AboutCycle: a.BillingCycle != "", store.AboutIncluded: included && len(lines) == 1,
	} {
		if unusual && !w.found(k, about) {
			w.wrong("%s: nobody is told of %q", k, about)
		}
	}
}

// entangled says whether an agreement waits for a person who has to mend another line first, of the same agreement or of one
// that an organization moved from or to.
func (w *world) entangled(agreement int) bool {
	for _, related := range w.book.Related(agreement) {
		for _, k := range []lineKey{{related, false}, {related, true}} {
			if len(w.open(w.last, k)) > 1 || !w.now()[k].known || !w.billable(related) {
				return true
			}
		}
	}
	return false
}

// plain says whether there is no reason to wait: nothing unusual ever happened in the companies of an agreement and of those
// that it is related to, they are too small for a hold of their size, and the outcome of the other one is known.
func (w *world) plain(k lineKey) bool {
	for _, related := range w.book.Related(k.agreement) {
		if w.odd[w.company(related)] != "" {
			return false
		}
	}
	other := lineKey{k.agreement, !k.enterprise}
	return w.now()[k].seats+w.now()[other].seats < 20 && w.said(other, w.attention()) != store.StateUnknown
}

// one says whether one of the lines says so, and Seatbridge has it.
func (w *world) one(lines []cwsim.Addition, seats decimal.Decimal) bool {
	return slices.ContainsFunc(lines, func(line cwsim.Addition) bool { return w.ours[line.ID] && line.Quantity.Equal(seats) })
}

// found says whether a finding about a line, or its agreement, is listed in Needs attention.
func (w *world) found(k lineKey, about store.Subject) bool {
	list, _, err := store.ReadingsIn(w.Store).Findings(w.T.Context(), store.FindingFilter{AgreementID: k.agreement, Subject: about})
	w.Must(err)
	attention, err := w.Attention(w.T.Context())
	w.Must(err)
	return slices.ContainsFunc(list, func(f store.KnownFinding) bool { return f.ProductID == 0 || f.ProductID == w.product(k.enterprise) }) &&
		slices.ContainsFunc(attention, func(a billing.Attention) bool { return a.Subject == about && a.Count > 0 })
}

// said is what the panel says of a line: the state in which the last run that looked at it left it, if it is one that a person
// is told of. What keeps a whole agreement from being written is said of the lines that somebody has seats on.
func (w *world) said(k lineKey, attention map[billing.AttentionKind]int) store.ChangeState {
	list, _, err := w.Store.Changes(w.T.Context(), store.ChangeFilter{AgreementID: k.agreement, Carried: true})
	w.Must(err)
	list = slices.DeleteFunc(list, func(c store.Change) bool { return c.RunID != list[0].RunID }) // the latest are first
	state := store.ChangeState("")
	for _, c := range list {
		whole := c.State == store.StateSkipped || c.State == store.StateBlocked
		if c.ProductID == w.product(k.enterprise) || whole && state == "" {
			state = c.State
		}
		if c.State == store.StateHeld && c.HeldBecause == "" {
			w.wrong("%s: it waits, and nobody is told why", k)
		}
	}
	if kind, told := told[state]; !told || attention[kind] == 0 {
		return ""
	}
	return state
}

// told is where a person is told of a state.
var told = map[store.ChangeState]billing.AttentionKind{
	store.StateHeld: billing.AttendHeld, store.StateConflict: billing.AttendConflict, store.StateUnknown: billing.AttendUnknown,
	store.StateBlocked: billing.AttendBlocked, store.StateSkipped: billing.AttendSkipped, store.StateFailed: billing.AttendFailed,
	store.StateStale: billing.AttendStale, store.StateCancelled: billing.AttendStale,
}

// attention is what needs a person.
func (w *world) attention() map[billing.AttentionKind]int {
	list, err := w.Attention(w.T.Context())
	w.Must(err)
	counts := map[billing.AttentionKind]int{}
	for _, a := range list {
		counts[a.Kind] += max(1, a.Count)
	}
	return counts
}
