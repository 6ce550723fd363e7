package plan

import (
	"testing"

	"seatbridge/billing/plan/plantest"
	"seatbridge/billing/seats"
	"seatbridge/connectwise"
	"seatbridge/store"
)

// TestCase_H31_ADisputedFallIsHeld has one organization that a source says 0 of and another one 4, and all that is near to it.
func TestCase_H31_ADisputedFallIsHeld(t *testing.T) {
	t.Parallel()
	const b, e = store.Business, store.Enterprise
	share := func(n int, plan store.Plan, others ...store.OtherFigure) store.Share {
		return store.Share{OrganizationID: 1, Organization: "Acme", Seats: n, Plan: plan, Known: true, Source: "provider", Others: others}
	}
	says := func(n int, plan store.Plan) store.OtherFigure {
		return store.OtherFigure{Source: "ledger", Seats: n, Plan: plan}
	}
	line := func(plan store.Plan, before, after string, shares ...store.Share) store.Change {
		product := map[store.Plan]int{b: businessID, e: enterpriseID}[plan]
		c := plantest.Change(product, store.KindUpdate, product*10, before, after)
		c.Plan, c.Shares = plan, shares
		return c
	}
	const zero = "Sources disagree about Acme: the Provider API says 0 on NordPass Business, Seatbridge itself says 4 on NordPass Business."
	unknown := share(0, b, says(4, b))
	unknown.Known = false
	for _, tt := range []struct {
		name    string
		changes []store.Change
		want    string
	}{
		{"0 against 4", []store.Change{line(b, "4", "0", share(0, b, says(4, b)))}, zero},
		{"nobody disagrees", []store.Change{line(b, "4", "0", share(0, b))}, ""},
		{"the other says less", []store.Change{line(b, "4", "3", share(3, b, says(2, b)))}, ""},
		{"it rises", []store.Change{line(b, "4", "5", share(5, b, says(9, b)))}, ""},
		{"of another on the line", []store.Change{line(b, "9", "8", share(0, b, says(4, b)), store.Share{Organization: "Beta", Seats: 8, Plan: b, Known: true})}, zero},
		{"not known", []store.Change{line(b, "4", "0", unknown)}, ""},
		{"two others", []store.Change{line(b, "40", "7", share(7, b, store.OtherFigure{Source: "api", Seats: 30, Plan: b},
			store.OtherFigure{Source: "csv", Seats: 20, Plan: e}, says(4, b)))},
			"Sources disagree about Acme: the Provider API says 7 on NordPass Business, the HTTP API says 30 on NordPass Business, " +
				"the uploaded file says 20 on NordPass Enterprise."},
		{"an upgrade", []store.Change{line(b, "5", "0"), line(e, "0", "5", share(5, e, says(5, b)))}, ""},
		{"a downgrade", []store.Change{line(e, "5", "0"), line(b, "0", "5", share(5, b, says(5, e)))},
			"Sources disagree about Acme: the Provider API says 5 on NordPass Business, Seatbridge itself says 5 on NordPass Enterprise."},
		{"an upgrade with fewer seats", []store.Change{line(b, "7", "0"), line(e, "0", "5", share(5, e, says(7, b)))},
			"Sources disagree about Acme: the Provider API says 5 on NordPass Enterprise, Seatbridge itself says 7 on NordPass Business."},
		{"the other plan falls", []store.Change{line(e, "3", "2", store.Share{Organization: "Beta", Seats: 2, Plan: e, Known: true}),
			line(b, "4", "5", share(5, b, says(9, b)))}, ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			for _, c := range held(Situation{}, tt.changes, Policy{Holds: store.Holds{Disputed: true}}) {
				if (c.State == store.StateHeld) != (tt.want != "") || c.HeldBecause != tt.want {
					t.Errorf("%s %s: %q, want %q", c.State, plantest.Show(c), c.HeldBecause, tt.want)
				}
			}
			checkHeld(t, held(Situation{}, tt.changes, Policy{}), "") // off
		})
	}
}

// A move between agreements is no fall, whatever is disputed about who moves; and what belongs together waits together.
func TestDisputedFallOfWhatBelongsTogether(t *testing.T) {
	t.Parallel()
	part := func(agreement int, before, after string, shares ...store.Share) Part {
		c := planned(before, after)
		c.AgreementID, c.Shares = agreement, shares
		return Part{Situation{Agreement: store.Agreement{ID: agreement}, Found: connectwise.Agreement{ID: agreement}}, []store.Change{c}}
	}
	disputed := store.Share{Organization: "Acme", Seats: 4, Plan: store.Business, Known: true, Source: "csv",
		Others: []store.OtherFigure{{Source: "provider", Seats: 6, Plan: store.Business}}}
	policy := Policy{Holds: store.Holds{Disputed: true}}
	move := []Part{part(1, "4", "0"), part(2, "0", "4", disputed)}
	Hold(move, Falls{}, policy)
	checkHeld(t, move[0].Changes, "")
	fall := []Part{part(1, "6", "0"), part(2, "0", "4", disputed)}
	Hold(fall, Falls{}, policy)
	for _, p := range fall {
		checkHeld(t, p.Changes, "Sources disagree about Acme: the uploaded file says 4 on NordPass Business, the Provider API says 6 on NordPass Business.")
	}
}

// What a share says of other sources is what counting said; a correction leaves nothing to say.
func TestSharesSayWhatOthersSay(t *testing.T) {
	t.Parallel()
	l := store.Ledger{
		Organization: store.Organization{ID: 1, Name: "Acme", Plan: store.Business, Managed: true},
		Terms:        []store.Term{{Plan: store.Business, License: store.Standard}}, // of which nobody is a member
		Reports: map[store.Month][]store.UsageReport{"2026-10": {
			{Seats: 7, Plan: store.Business, Source: "provider"}, {Seats: 20, Plan: store.Enterprise, Source: "csv"},
		}},
	}
	others := func() []store.OtherFigure {
		u := seats.Count(l, seats.WholeMonth("2026-10"), seats.Rules{})
		return Wants([]seats.Usage{u})[store.Business].Shares[0].Others
	}
	if got := others(); len(got) != 1 || got[0] != (store.OtherFigure{Source: "csv", Seats: 20, Plan: store.Enterprise}) {
		t.Errorf("others: %v", got)
	}
	l.Corrections = map[store.Month]store.Correction{"2026-10": {Seats: 7, Plan: store.Business, Reason: "As agreed."}}
	if got := others(); got != nil {
		t.Errorf("others of what was corrected: %v", got)
	}
}
