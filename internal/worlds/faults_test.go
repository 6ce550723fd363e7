package worlds

import (
	"database/sql"
	"fmt"
	"net/http"
	"slices"
	"time"

	"seatbridge/billing/billingtest"
	"seatbridge/connectwise/cwsim"
)

// What goes wrong with each kind of call. Each strikes the calls of one agreement, so that it does not matter which of the
// workers comes first.
var (
	readFaults = []cwsim.Fault{
		{Kind: cwsim.Timeout500}, {Kind: cwsim.DropBefore}, {Kind: cwsim.DropAfter}, {Kind: cwsim.HalfBody}, {Kind: cwsim.TruncatedJSON},
		{Kind: cwsim.HTML502}, {Kind: cwsim.HTML200}, {Kind: cwsim.Forbidden}, {Kind: cwsim.RateLimited}, {Kind: cwsim.Slow},
		{Kind: cwsim.SlowBefore}, {Kind: cwsim.EmptyLink}, {Kind: cwsim.MissingLink},
		{Kind: cwsim.PageCut, N: 1}, {Kind: cwsim.Lag, Wait: 10 * time.Minute}, {Kind: cwsim.Lag, Wait: 45 * time.Minute, Text: "all"},
		{Kind: cwsim.WrongEmpty}, {Kind: cwsim.WrongEmpty}, {Kind: cwsim.Partial}, {Kind: cwsim.FieldsEmpty},
	}
	createFaults = []cwsim.Fault{
		{Kind: cwsim.Timeout500}, {Kind: cwsim.DropBefore}, {Kind: cwsim.DropAfter}, {Kind: cwsim.DropAfter}, {Kind: cwsim.HalfBody},
		{Kind: cwsim.TruncatedJSON}, {Kind: cwsim.HTML502}, {Kind: cwsim.HTML503}, {Kind: cwsim.HTML200}, {Kind: cwsim.Conflict},
		{Kind: cwsim.RateLimited}, {Kind: cwsim.RateLimitedDate}, {Kind: cwsim.Slow, Wait: 5 * time.Minute}, {Kind: cwsim.SlowBefore},
		{Kind: cwsim.BillStartToday}, {Kind: cwsim.PeriodInvoiced}, {Kind: cwsim.CannotRoute}, {Kind: cwsim.Converting500},
		{Kind: cwsim.Late504, Wait: 2 * time.Minute}, {Kind: cwsim.Late504, Wait: 10 * time.Minute},
		{Kind: cwsim.Late504, Wait: 40 * time.Minute},
		{Kind: cwsim.Ghost}, {Kind: cwsim.Ghost, Wait: 10 * time.Minute}, {Kind: cwsim.Ghost, Wait: 40 * time.Minute},
	}
	updateFaults = []cwsim.Fault{
		{Kind: cwsim.Timeout500}, {Kind: cwsim.DropBefore}, {Kind: cwsim.DropAfter}, {Kind: cwsim.HalfBody}, {Kind: cwsim.TruncatedJSON},
		{Kind: cwsim.HTML502}, {Kind: cwsim.Conflict}, {Kind: cwsim.RateLimited}, {Kind: cwsim.Slow}, {Kind: cwsim.SlowBefore},
		{Kind: cwsim.PatchIgnored}, {Kind: cwsim.Forbidden}, {Kind: cwsim.Late504, Wait: 10 * time.Minute},
		{Kind: cwsim.Ghost, Wait: 40 * time.Minute},
	}
	// everywhereFaults strike the whole run.
	everywhereFaults = []cwsim.Fault{
		{Kind: cwsim.Unauthorized}, {Kind: cwsim.KeysNotFound}, {Kind: cwsim.Upgrade}, {Kind: cwsim.Redirect}, {Kind: cwsim.RateLimit, N: 12},
		{Kind: cwsim.HTML503}, {Kind: cwsim.AndEmpty},
	}
)

// breakThings lets one to three things go wrong in the next sync.
func (w *world) breakThings() {
	for range 1 + w.IntN(3) {
		f := w.fault()
		w.Sim.AddFault(f)
		w.tell("fault %s on %s %s, %d times after %d, wait %s n %d %s", f.Kind, f.Method, f.Path, f.Times, f.After, f.Wait, f.N, f.Text)
	}
	if w.chance(4) {
		w.meddle()
	}
	if w.chance(6) {
		w.goDown()
	}
}

// goDown stops the process at some request of the next sync.
func (w *world) goDown() {
	f := cwsim.Fault{Kind: cwsim.Hook, Times: 1, After: w.IntN(25), Do: func() { w.stop() }}
	w.promised = append(w.promised, w.now())
	w.Sim.AddFault(f)
	w.tell("the process goes down at request %d", f.After+1)
}

func (w *world) fault() cwsim.Fault {
	additions := fmt.Sprintf("/finance/agreements/%d/additions", pick(w, w.agreements).ID)
	var f cwsim.Fault
	switch w.IntN(8) {
	case 0, 1, 2:
		f = pick(w, readFaults)
		f.Method, f.Path = http.MethodGet, additions
		if f.Kind == cwsim.PageCut && w.chance(2) {
			shifted := cwsim.Fault{Kind: pick(w, []cwsim.FaultKind{cwsim.RowDeleted, cwsim.RowInserted}), Method: f.Method, Path: f.Path, Times: 1}
			w.Sim.AddFault(shifted)
			w.tell("fault: a row is deleted or inserted between pages of %s", f.Path)
		}
	case 3, 4, 5:
		f = pick(w, createFaults)
		f.Method, f.Path = http.MethodPost, additions
		if w.chance(2) {
			f.Path = "/finance/agreements/*/additions"
		}
	case 6:
		f = pick(w, updateFaults)
		f.Method, f.Path = http.MethodPatch, additions+"/*"
		if w.chance(2) {
			f.Path = "/finance/agreements/*/additions/*"
		}
	case 7:
		f = pick(w, everywhereFaults)
		f.After = w.IntN(20)
	}
	f.Times = pick(w, []int{1, 1, 2, 3, 0})
	switch f.Kind {
	case cwsim.Upgrade:
		f.Times = 1
	case cwsim.WrongEmpty, cwsim.Partial:
		if w.chance(4) {
			f.Path = "/finance/agreements/*/additions*"
		}
	case cwsim.PeriodInvoiced, cwsim.BillStartToday:
		for _, a := range w.agreements {
			w.oddIn(a.ID, "its dates changed")
		}
	}
	return f
}

// meddle lets somebody unmap an organization while the sync reads or writes its agreement.
func (w *world) meddle() {
	mapped := slices.DeleteFunc(w.book.Names(), func(name string) bool { return w.book.Agreement(name) == 0 })
	if len(mapped) == 0 {
		return
	}
	name := pick(w, mapped)
	agreement := w.book.Agreement(name)
	f := cwsim.Fault{Kind: cwsim.Hook, Times: 1, Path: fmt.Sprintf("/finance/agreements/%d/additions", agreement), Do: func() {
		requests := w.Sim.Requests()
		if err := w.Mapping.Unmap(w.T.Context(), billingtest.Admin(), w.organizations[name].ID, false); err != nil {
			w.tell("%s is not unmapped: %s", name, firstLine(err)) // the database may be locked
			return
		}
		w.book.Unmap(name)
		w.midway[agreement] = append(w.midway[agreement], deedInMidst{requests[len(requests)-1].Number, name})
	}}
	w.Sim.AddFault(f)
	w.oddIn(agreement, "an organization was unmapped")
	w.tell("%s will be unmapped from agreement %d at the first call to it", name, agreement)
}

// lockDatabase lets another program lock the database in the midst of the next sync, for a while.
func (w *world) lockDatabase() {
	f := cwsim.Fault{Kind: cwsim.Hook, Times: 1, After: w.IntN(25), Do: func() {
		db, err := sql.Open("sqlite3", w.Path)
		if err != nil {
			w.T.Error(err)
			return
		}
		db.SetMaxOpenConns(1)
		if _, err := db.Exec("BEGIN EXCLUSIVE"); err != nil {
			w.T.Error(err)
		}
		time.AfterFunc(2*time.Second, func() { db.Close() })
	}}
	w.Sim.AddFault(f)
	w.tell("another program locks the database at request %d", f.After+1)
}
