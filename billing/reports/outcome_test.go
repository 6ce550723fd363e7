package reports_test

import (
	"strings"
	"testing"

	"seatbridge/internal/moment"
	"seatbridge/nordpass/npsim"
	"seatbridge/store"
)

// TestOutcomesFollowTheTestedRule: whether reports are required is a choice of the form, so that a test answers by the form, not by what
// is saved; of a report that could not be read nothing is said.
func TestOutcomesFollowTheTestedRule(t *testing.T) {
	t.Parallel()
	p := newProvided(t)
	absent := p.organization("Absent", "np-2", 4)
	p.organization("Acme", "np-1", 4)
	p.records = []npsim.Record{{ID: "np-1", Name: "Acme", Licenses: 3, Tier: "Business"}}
	p.clock = moment.At("2026-03-05")
	p.save()
	p.clock = moment.At("2026-04-01 00:10:00")
	for _, required := range []bool{true, false} {
		p.config.Required = required
		test, err := p.Reports.Test(t.Context(), p.config)
		p.must(err)
		o, told := test.Outcomes[absent.ID]
		if n, known := o.Seats(); !told || known == required || known && n != 4 || o.Taken {
			t.Errorf("required %t: %+v", required, o)
		}
		if required && !strings.Contains(o.Why, "The Provider API has not reported March 2026, and a report is required.") {
			t.Errorf("it is unknown because %s", o.Why)
		}
	}
	p.sim.Fail(npsim.OtherShape, -1)
	test, err := p.Reports.Test(t.Context(), p.config)
	p.must(err)
	if test.Monthly.State != store.FetchFailed || test.Outcomes != nil {
		t.Errorf("of a report that could not be read: %s, %v", test.Monthly.State, test.Outcomes)
	}
}
