package billing_test

import (
	"slices"
	"strings"
	"testing"

	"seatbridge/billing"
	"seatbridge/billing/billingtest"
	"seatbridge/billing/organizations"
	"seatbridge/connectwise/cwsim"
	"seatbridge/internal/moment"
	"seatbridge/store"
)

// reasonCase is something that happens to a mapped organization, its company or its agreement, which bills 5 seats until then.
type reasonCase struct {
	happens func(w *world, o store.Organization, a cwsim.Agreement)
	// nextMonth looks at the sync of the month after, where what happened acts from then on.
	nextMonth bool
	state     store.ChangeState
	why, do   string // words of the reason, and of what to do
	not       string // what must not be advised
	attention billing.AttentionKind
}

func becomes(change func(*organizations.Profile)) func(*world, store.Organization, cwsim.Agreement) {
	return func(w *world, o store.Organization, _ cwsim.Agreement) {
		_, err := w.Organizations.Edit(w.T.Context(), billingtest.Admin(), o.ID, change)
		w.Must(err)
	}
}

func agreement(change func(*cwsim.Agreement)) func(*world, store.Organization, cwsim.Agreement) {
	return func(w *world, _ store.Organization, a cwsim.Agreement) { w.Sim.UpdateAgreement(a.ID, change) }
}

func inactiveCompany(w *world, _ store.Organization, a cwsim.Agreement) {
	for _, status := range w.Sim.CompanyStatuses() {
		if status.Inactive {
			w.Sim.UpdateCompany(a.CompanyID, func(c *cwsim.Company) { c.StatusID = status.ID })
		}
	}
}

func deleted(w *world, o store.Organization, _ cwsim.Agreement) {
	_, _, err := w.Organizations.Delete(w.T.Context(), billingtest.Admin(), o.ID)
	w.Must(err)
}

// Whatever a mapped organization is skipped for, or written otherwise, the reason says it and what is advised fits it. F14 and F15 are
// two of the kind.
func TestAdviceFitsTheReason(t *testing.T) {
	t.Parallel()
	const skipped, blocked, held, unchanged = store.StateSkipped, store.StateBlocked, store.StateHeld, store.StateUnchanged
	for name, tt := range map[string]reasonCase{
		"not managed any more": {
			happens: becomes(func(p *organizations.Profile) { p.Managed = false }), state: skipped, attention: billing.AttendSkipped,
			why: "not managed by the MSP any more", do: "leave it so, or unmap the organization and set the line to 0", not: "mport",
		},
		"suspended": {
			happens: func(w *world, o store.Organization, _ cwsim.Agreement) {
				_, _, err := w.Organizations.Suspend(w.T.Context(), billingtest.Admin(), o.ID)
				w.Must(err)
			}, state: unchanged,
		},
		"became NFR, this month": {happens: becomes(func(p *organizations.Profile) { p.License = store.NFR }), state: unchanged},
		"became NFR, the month after": {
			happens: becomes(func(p *organizations.Profile) { p.License = store.NFR }), nextMonth: true, state: held, attention: billing.AttendHeld,
			why: "NFR organizations are free",
		},
		"deleted, this month": {happens: deleted, state: unchanged, attention: billing.AttendMapping},
		"deleted, the month after": {
			happens: deleted, nextMonth: true, state: held, attention: billing.AttendHeld, why: "Deleted on 20 October 2026",
		},
		"its company is inactive": {
			happens: inactiveCompany, state: unchanged, attention: billing.AttendFinding,
		},
		"its company is deleted": {
			happens: func(w *world, _ store.Organization, a cwsim.Agreement) { w.Sim.DeleteCompany(a.CompanyID) }, state: blocked, attention: billing.AttendBlocked,
			why: "The company Acme is deleted in ConnectWise.", do: "If it was merged into another company, map an agreement of that one",
		},
		"its company is merged into another": {
			happens: func(w *world, _ store.Organization, a cwsim.Agreement) {
				other := w.Sim.AddCompany(cwsim.Company{Name: "Survivor"})
				w.Sim.UpdateAgreement(a.ID, func(x *cwsim.Agreement) { x.CompanyID = other.ID })
				w.Sim.UpdateCompany(a.CompanyID, func(x *cwsim.Company) { x.Deleted = true })
			}, state: blocked, attention: billing.AttendBlocked,
			why: "belongs to another company now", do: "map it under the company that has the agreement",
		},
		"its agreement is cancelled": {
			happens: agreement(func(a *cwsim.Agreement) { a.Cancelled = true }), state: blocked, attention: billing.AttendBlocked,
			why: "The agreement is cancelled.", do: "Reactivate or extend it in ConnectWise",
		},
		"its agreement ended": {
			happens: agreement(func(a *cwsim.Agreement) { a.End = moment.At("2026-10-02") }), state: blocked, attention: billing.AttendBlocked,
			why: "The agreement ended on 2026-10-02.", do: "Reactivate or extend it in ConnectWise",
		},
		"its agreement starts later": {
			happens: agreement(func(a *cwsim.Agreement) { a.Start = moment.At("2027-02-01") }), state: blocked, attention: billing.AttendBlocked,
			why: "The agreement starts only on 2027-02-01.", do: "It is billed from then on by itself.", not: "Reactivate",
		},
		"its agreement is gone": {
			happens: func(w *world, _ store.Organization, a cwsim.Agreement) { w.Sim.RemoveAgreement(a.ID) }, state: blocked,
			attention: billing.AttendBlocked, why: "The agreement no longer exists in ConnectWise.", do: "Map the organization to another agreement",
			not: "Reactivate",
		},
		"the product is inactive": {
			happens: func(w *world, _ store.Organization, _ cwsim.Agreement) {
				w.Sim.UpdateCatalogItem(w.Business.ID, func(x *cwsim.CatalogItem) { x.Inactive = true })
			}, state: blocked, attention: billing.AttendBlocked,
			why: "The product NP-BUS is inactive in ConnectWise.", do: "reactivate this one in ConnectWise",
		},
	} {
		t.Run(name, func(t *testing.T) { t.Parallel(); tt.look(t) })
	}
}

func (tt reasonCase) look(t *testing.T) {
	w := newWorld(t)
	o, a := w.Mapped("Acme", 5, store.Business)
	w.Sync()
	tt.happens(w, o, a)
	if tt.nextMonth {
		w.SetTime("2026-11-03 12:00:00")
	}
	run := w.Sync()
	changes, _, err := w.Store.Changes(t.Context(), store.ChangeFilter{RunID: run.ID})
	if err != nil || len(changes) != 1 {
		t.Fatalf("%+v, %v", changes, err)
	}
	c := changes[0]
	said := c.Reason + " " + c.HeldBecause
	for _, share := range c.Shares {
		said += " " + share.Reason
	}
	if c.State != tt.state || !strings.Contains(said, tt.why) || !strings.Contains(c.Problem.Do, tt.do) {
		t.Errorf("%s: %q, do %q; want %s: %q, do %q", c.State, said, c.Problem.Do, tt.state, tt.why, tt.do)
	}
	if tt.not != "" && strings.Contains(c.Problem.Do, tt.not) {
		t.Errorf("do %q, which does not fit", c.Problem.Do)
	}
	w.wantAttention(tt.attention)
}

// wantAttention wants a kind among what needs a person, or nothing at all.
func (w *world) wantAttention(kind billing.AttentionKind) {
	w.T.Helper()
	list, err := w.Attention(w.T.Context())
	w.Must(err)
	list = slices.DeleteFunc(list, func(a billing.Attention) bool { // of a month that nobody synced while the clock jumped
		return slices.Contains([]billing.AttentionKind{billing.AttendMissed, billing.AttendMonth}, a.Kind)
	})
	found := slices.ContainsFunc(list, func(a billing.Attention) bool { return a.Kind == kind })
	if kind == "" && len(list) > 0 || kind != "" && !found {
		w.T.Errorf("attention %+v, want %q", list, kind)
	}
}
