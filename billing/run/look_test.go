package run_test

import (
	"errors"
	"strings"
	"testing"

	"seatbridge/billing/billingtest"
	"seatbridge/billing/plan/plantest"
	"seatbridge/billing/problem"
	"seatbridge/billing/run"
	"seatbridge/connectwise/cwsim"
	"seatbridge/internal/moment"
	"seatbridge/store"
)

// mappedAgreement is an agreement with the organizations that are mapped to it.
func (w *world) mappedAgreement(id int) store.MappedAgreement {
	w.T.Helper()
	mapped, err := w.Store.MappedAgreements(w.T.Context())
	w.Must(err)
	for _, m := range mapped {
		if m.Agreement.ID == id {
			return m
		}
	}
	w.T.Fatalf("nothing is mapped to agreement %d", id)
	return store.MappedAgreement{}
}

// findings are those of an agreement that are kept.
func (w *world) findings() int {
	w.T.Helper()
	counts, err := store.ReadingsIn(w.Store).CountFindings(w.T.Context())
	w.Must(err)
	n := 0
	for _, of := range counts {
		n += of
	}
	return n
}

// TestLook holds that what whoever maps an agreement is shown is what a sync does there, with what it would ask.
func TestLook(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name  string
		build func(w *world, o store.Organization, a cwsim.Agreement)
		want  string // what it would do
		says  string // in its findings
		day   string // on which a new line would begin
	}{
		{"a new line", func(*world, store.Organization, cwsim.Agreement) {}, "planned NP-BUS ->5", "", "2026-10-01"},
		{"a line that is there", func(w *world, _ store.Organization, a cwsim.Agreement) { w.addLine(a.ID, w.Business.ID, "3") }, "planned NP-BUS 3>5", "", ""},
		{"a line that ended", func(w *world, _ store.Organization, a cwsim.Agreement) {
			w.Sim.CancelAddition(a.ID, w.addLine(a.ID, w.Business.ID, "3").ID, moment.At("2026-10-10"))
		}, "planned NP-BUS ->5", "was ended on 10 October 2026", "2026-10-11"},
		{"terms", func(w *world, _ store.Organization, a cwsim.Agreement) {
			w.Sim.UpdateAgreement(a.ID, func(a *cwsim.Agreement) { a.BillingCycle = "Annual" })
		}, "planned NP-BUS ->5", "Annual", ""},
		{"sent, and not seen", func(w *world, o store.Organization, a cwsim.Agreement) {
			w.sendUnseen(store.RunIncomplete, o, a.ID, store.Change{State: store.StateUnknown, SentAt: w.Time()})
		}, "unknown NP-BUS ->5", "", ""},
		{"a line of ours elsewhere", func(w *world, o store.Organization, a cwsim.Agreement) {
			other := w.Company("Other")
			w.ImportAll()
			w.Must(w.Mapping.Unmap(w.T.Context(), billingtest.Admin(), o.ID, false))
			w.Must(w.Mapping.Map(w.T.Context(), billingtest.Admin(), other.CompanyID, other.ID, o.ID))
			w.Sync()
			w.Must(w.Mapping.Unmap(w.T.Context(), billingtest.Admin(), o.ID, false))
			w.Must(w.Mapping.Map(w.T.Context(), billingtest.Admin(), a.CompanyID, a.ID, o.ID))
		}, "planned NP-BUS ->5", "Seatbridge wrote 5 seats of Acme there", ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			o, a := w.Mapped("Acme", 5, store.Business)
			tt.build(w, o, a)
			w.Sim.ResetRequests()
			seen, err := run.Look(t.Context(), w.Runs, w.mappedAgreement(a.ID))
			w.Must(err)
			if len(seen.Changes) != 1 || plantest.Show(seen.Changes[0]) != tt.want {
				t.Fatalf("it would do %+v, want %q", seen.Changes, tt.want)
			}
			if tt.day != "" && seen.Changes[0].EffectiveDate != tt.day {
				t.Errorf("the new line begins on %s, want %s", seen.Changes[0].EffectiveDate, tt.day)
			}
			said := ""
			for _, f := range seen.Findings {
				said += f.Sentence
			}
			if !strings.Contains(said, tt.says) {
				t.Errorf("it says %q, want %q", said, tt.says)
			}
			if n := w.Writes(); n != 0 {
				t.Errorf("looking wrote %d times", n)
			}
			before := w.findings()
			w.Must(seen.Keep(t.Context(), w.Store))
			if after := w.findings(); after != before && tt.says == "" || after == 0 && tt.says != "" {
				t.Errorf("%d findings are kept, and %d before", after, before)
			}
		})
	}
}

// TestLookBeforeMapping: nobody is mapped to the agreement yet, and a line was sent to it that nobody saw. It is waited for.
func TestLookBeforeMapping(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	acme, a := w.Mapped("Acme", 5, store.Business)
	m := w.mappedAgreement(a.ID)
	w.sendUnseen(store.RunIncomplete, acme, a.ID, store.Change{State: store.StateUnknown, SentAt: w.Time()})
	w.Must(w.Mapping.Unmap(t.Context(), billingtest.Admin(), acme.ID, false))
	seen, err := run.Look(t.Context(), w.Runs, m)
	w.Must(err)
	if len(seen.Changes) != 1 || plantest.Show(seen.Changes[0]) != "unknown NP-BUS ->5" {
		t.Errorf("it would do %+v", seen.Changes)
	}
}

// TestLookWithoutAReading: what was not read, because the agreement is gone or nobody knows the seats, leaves what is kept.
func TestLookWithoutAReading(t *testing.T) {
	t.Parallel()
	for name, build := range map[string]func(w *world, m *store.MappedAgreement){
		"it is gone": func(w *world, m *store.MappedAgreement) { w.Sim.RemoveAgreement(m.Agreement.ID) },
		"the seats are unknown": func(w *world, m *store.MappedAgreement) {
			o, err := w.Store.CreateOrganization(w.T.Context(), store.Organization{
				Name: "Nobody", Plan: store.Business, License: store.Standard, Managed: true, CreatedAt: w.Time(),
			})
			w.Must(err)
			m.OrganizationIDs = []int64{o.ID}
		},
	} {
		w := newWorld(t)
		_, a := w.Mapped("Acme", 5, store.Business)
		w.Sim.UpdateAgreement(a.ID, func(a *cwsim.Agreement) { a.BillingCycle = "Annual" })
		w.Sim.CancelAddition(a.ID, w.addLine(a.ID, w.Business.ID, "3").ID, moment.At("2026-10-10"))
		w.Sync()
		before := w.findings()
		m := w.mappedAgreement(a.ID)
		build(w, &m)
		seen, err := run.Look(t.Context(), w.Runs, m)
		w.Must(err)
		w.Must(seen.Keep(t.Context(), w.Store))
		if after := w.findings(); before == 0 || after != before {
			t.Errorf("%s: %d findings are kept, and %d before", name, after, before)
		}
	}
}

// TestLookThatFails holds what is said when it cannot be looked.
func TestLookThatFails(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	_, a := w.Mapped("Acme", 5, store.Business)
	m := w.mappedAgreement(a.ID)
	for n, struck := 0, true; struck; n++ {
		w.Sim.ResetRequests()
		w.Sim.SetFaults(cwsim.Fault{Kind: cwsim.Forbidden, Method: "GET", After: n, Times: 1})
		_, err := run.Look(t.Context(), w.Runs, m)
		struck = false
		for _, r := range w.Sim.Requests() {
			struck = struck || len(r.Faults) > 0
		}
		var refused *problem.Refused
		if struck != errors.As(err, &refused) || (err == nil) == struck {
			t.Errorf("a read was refused (%t), no. %d, and it says %v", struck, n, err)
		}
	}
	w.Sim.ClearFaults()
	s := w.watchStatements()
	for range 2 { // the first time the connection is read, too
		for n := 0; ; n++ {
			s.fail(n)
			_, err := run.Look(t.Context(), w.Runs, m)
			if s.mend(); s.which == "" {
				w.Must(err)
				break
			}
			if err == nil {
				t.Errorf("%s failed, no. %d, and nobody was told", s.which, n)
			}
		}
	}
	seen, err := run.Look(t.Context(), w.Runs, m)
	w.Must(err)
	s.fail(0)
	if err := seen.Keep(t.Context(), w.Store); err == nil {
		t.Errorf("%s failed, and it was kept", s.which)
	}
	s.mend()
	w.Must(w.Store.Close())
	var refused *problem.Refused
	if _, err := run.Look(t.Context(), w.Runs, m); err == nil {
		t.Error("without a database it says nothing")
	}
	w.Open()
	w.Must(w.Disconnect(t.Context(), billingtest.Admin()))
	if _, err := run.Look(t.Context(), w.Runs, m); !errors.Is(err, problem.ErrNotConnected) || errors.As(err, &refused) {
		t.Errorf("without a connection it says %v", err)
	}
	w.Connect()
	if _, err := run.Look(t.Context(), w.Runs, m); !errors.Is(err, problem.ErrNotActive) || errors.As(err, &refused) {
		t.Errorf("without products it says %v", err)
	}
}
