package run_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"seatbridge/billing/billingtest"
	"seatbridge/billing/plan/plantest"
	"seatbridge/connectwise/cwsim"
	"seatbridge/store"
)

// TestEachReadFails: of every read that a sync makes before it writes a line, a new one or one that is there, it is said when it is
// refused, and nothing is written then. What only helps people may be unknown.
func TestEachReadFails(t *testing.T) {
	t.Parallel()
	for name, before := range map[string]func(f *fragile){
		"a new line": (*fragile).another,
		"a new line beside others": func(f *fragile) {
			f.another()
			parent := f.sisterAgreement(f.a, func(a *cwsim.Agreement) { a.Name = "Parent" })
			f.Sim.UpdateAgreement(f.a.ID, func(a *cwsim.Agreement) { a.ParentID = parent.ID })
		},
		"a line that grows": func(f *fragile) {
			f.another()
			f.Must(f.sync())
			f.grow()
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := &fragile{world: newWorld(t), statements: &statements{}}
			for n, struck := 0, true; struck; n++ {
				before(f)
				f.Sim.ResetRequests()
				f.Sim.SetFaults(cwsim.Fault{Kind: cwsim.Forbidden, Method: "GET", After: n, Times: 1})
				err := f.sync()
				f.Sim.ClearFaults()
				struck = false
				for _, r := range f.Sim.Requests() {
					struck = struck || len(r.Faults) > 0
					if len(r.Faults) > 0 && err == nil && !strings.Contains(r.Path, "audittrail") {
						t.Errorf("GET %s was refused, no. %d, and nobody was told", r.Path, n)
					}
				}
				if err != nil && (!struck || f.Writes() > 0) {
					t.Errorf("after %d reads one was refused (%t): %d writes, %v", n, struck, f.Writes(), err)
				}
				f.Must(f.sync())
				f.Must(f.says(f.seats))
			}
		})
	}
}

// TestHalfAMoveThatCannotBeRead: of agreements between which seats moved one cannot be read. Neither is written, and both say why.
func TestHalfAMoveThatCannotBeRead(t *testing.T) {
	t.Parallel()
	w, from, to := moved(t)
	w.Sim.SetFaults(cwsim.Fault{Kind: cwsim.Forbidden, Method: "GET", Path: fmt.Sprintf("/finance/agreements/%d/additions", to.ID)})
	ended := w.Sync()
	for _, c := range w.changesOf(ended) {
		want := "The additions of an agreement that seats move from or to could not be read."
		if c.AgreementID == to.ID {
			want = "The agreement's additions could not be read."
		}
		if c.State != store.StateFailed || c.Kind != store.KindNone || c.Reason != want || c.Problem.Zero() {
			t.Errorf("agreement %d: %s, %q: %q", c.AgreementID, plantest.Show(c), c.Reason, c.Problem.What)
		}
	}
	w.WantLive(from.ID, "NP-BUS 10")
	w.WantLive(to.ID)
	w.WantProcessed(ended)
}

// TestWhatIsNotAskedFor holds that a sync asks for the lines that nobody feeds any more where seats that stood on them move, and that
// what a person asked to be undone or set to 0 asks for nothing around it.
func TestWhatIsNotAskedFor(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	acme, a := w.Mapped("Acme", 5, store.Business)
	beta, b := w.Mapped("Beta", 5, store.Business)
	w.Sync()
	w.Must(w.Mapping.Unmap(t.Context(), billingtest.Admin(), acme.ID, false))
	w.Join(beta, 1)
	left := w.Sim.Additions(a.ID)[0]
	asked := func(do func()) (paths []string) {
		w.Sim.ResetRequests()
		do()
		for _, r := range w.Sim.Requests() {
			paths = append(paths, r.Path)
		}
		return paths
	}
	about := func(path string) bool {
		return strings.Contains(path, "audittrail") || strings.HasSuffix(path, fmt.Sprintf("/additions/%d", left.ID))
	}
	if paths := asked(func() { billingtest.WantStatus(t, w.Sync(), store.RunDone) }); slices.ContainsFunc(paths, about) {
		t.Errorf("a line of others that grew asked for %q", paths)
	}
	w.WantLive(b.ID, "NP-BUS 6")
	w.Sim.SetQuantity(b.ID, w.Sim.Additions(b.ID)[0].ID, "9", "mallory")
	undo := asked(func() {
		_, err := w.Runs.Undo(t.Context(), billingtest.Admin(), w.lastRun(store.RunManual).ID)
		w.Must(err)
		w.Work.Wait()
	})
	if slices.ContainsFunc(undo, about) {
		t.Errorf("an undo asked for %q", undo)
	}
	release := asked(func() {
		w.Must(w.Mapping.Unmap(t.Context(), billingtest.Admin(), beta.ID, true))
		w.Work.Wait()
	})
	if slices.ContainsFunc(release, about) {
		t.Errorf("a release asked for %q", release)
	}
}

// lastRun is the latest run of a kind.
func (w *world) lastRun(kind store.RunKind) store.Run {
	w.T.Helper()
	runs, _, err := w.Store.Runs(w.T.Context(), store.RunFilter{Kind: kind})
	w.Must(err)
	return runs[0].Run
}

// TestALineOfOursThatIsGone: the line that nobody feeds any more was deleted, so that it bills nothing.
func TestALineOfOursThatIsGone(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	acme, a := w.Mapped("Acme", 5, store.Business)
	w.Sync()
	w.Must(w.Mapping.Unmap(t.Context(), billingtest.Admin(), acme.ID, false))
	w.Sim.RemoveAddition(a.ID, w.Sim.Additions(a.ID)[0].ID)
	b := w.Company("Beta")
	w.ImportAll()
	w.Must(w.Mapping.Map(t.Context(), billingtest.Admin(), b.CompanyID, b.ID, acme.ID))
	w.Sync()
	w.WantLive(b.ID, "NP-BUS 5")
}

// TestALineOfOursThatCannotBeRead: nobody knows whether the line that nobody feeds any more still bills the seats. None is created.
func TestALineOfOursThatCannotBeRead(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	acme, a := w.Mapped("Acme", 5, store.Business)
	w.Sync()
	w.Must(w.Mapping.Unmap(t.Context(), billingtest.Admin(), acme.ID, false))
	b := w.Company("Beta")
	w.ImportAll()
	w.Must(w.Mapping.Map(t.Context(), billingtest.Admin(), b.CompanyID, b.ID, acme.ID))
	w.Sim.SetFaults(cwsim.Fault{Kind: cwsim.Forbidden, Method: "GET", Path: fmt.Sprintf("/finance/agreements/%d/additions/*", a.ID)})
	for _, c := range w.changesOf(w.Sync()) {
		if c.State != store.StateFailed || c.Problem.Zero() {
			t.Errorf("%s of %s: %+v", plantest.Show(c), c.Company, c.Problem)
		}
	}
	w.WantLive(b.ID)
}

// TestWhoIsNamed holds that a sync says who changed a line by hand, and who ended one, as the audit trail has it.
func TestWhoIsNamed(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	_, a := w.Mapped("Acme", 5, store.Business)
	_, b := w.Mapped("Beta", 3, store.Business)
	w.Sync()
	w.SetTime("2026-10-21 12:00:00")
	w.Sim.SetQuantity(a.ID, w.Sim.Additions(a.ID)[0].ID, "9", "mallory")
	w.Sim.CancelAddition(b.ID, w.Sim.Additions(b.ID)[0].ID, w.Time())
	w.SetTime("2026-10-22 12:00:00")
	w.Sim.ResetRequests()
	ended := w.Sync()
	said := func(company string) (all string) {
		for _, c := range w.changesOf(ended) {
			if c.Company == company {
				all += strings.Join(c.Warnings, " ") + c.HeldBecause + c.Reason
				for _, f := range c.Found {
					all += f.Sentence
				}
			}
		}
		return all
	}
	if got := said("Acme"); !strings.Contains(got, "mallory") {
		t.Errorf("of Acme is said %q", got)
	}
	if got := said("Beta"); !strings.Contains(got, "jdoe") {
		t.Errorf("of Beta is said %q", got)
	}
	asked := 0
	for _, r := range w.Sim.Requests() {
		if strings.Contains(r.Path, "audittrail") {
			asked++
		}
	}
	if asked == 0 {
		t.Error("the audit trail was not asked")
	}
}
