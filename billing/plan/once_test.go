package plan

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"seatbridge/billing/plan/plantest"
	"seatbridge/connectwise"
	"seatbridge/store"
)

// once is a line of one seat that is billed once, in December.
func once() store.Change {
	c := plantest.Change(businessID, store.KindCreate, 0, "", "1")
	c.Product, c.EffectiveDate, c.CancelledDate, c.UnitPrice = "NP-BUS", "2026-12-01", "2026-12-31", some("3.5")
	c.Description = "NordPass Business, October 2026, 1 seat not yet billed"
	c.Shares = []store.Share{{OrganizationID: 1, Organization: "Acme", Seats: 1, Known: true, Plan: store.Business}}
	return c
}

// monthlyAgreement is one that is invoiced next for December.
func monthlyAgreement() connectwise.Agreement {
	return connectwise.Agreement{
		ID: 1, Status: "Active", NoEndingDate: true, Prorate: true, BillingCycle: connectwise.Reference{Name: "Monthly"},
		NextInvoiceDate: date("2026-12-01"),
	}
}

// TestOnce holds when a line is written that is billed once, and why not.
func TestOnce(t *testing.T) {
	t.Parallel()
	own := func() connectwise.Addition {
		a := line(9, businessID, "5")
		a.BillCustomer = connectwise.Billable
		return a
	}
	for name, tt := range map[string]struct {
		change func(*Situation)
		why    string // empty: it is written
	}{
		"as chosen":       {func(*Situation) {}, ""},
		"without a line":  {func(s *Situation) { s.Additions = nil }, ""},
		"ends with it":    {func(s *Situation) { s.Found.NoEndingDate, s.Found.EndDate = false, date("2026-12-31") }, ""},
		"no end is known": {func(s *Situation) { s.Found.NoEndingDate = false }, ""},
		"ends":            {func(s *Situation) { s.Found.NoEndingDate, s.Found.EndDate = false, date("2026-12-30") }, "The agreement ends within"},
		"cancelled":       {func(s *Situation) { s.Found.Cancelled, s.Found.DateCancelled = true, date("2026-12-30") }, "The agreement ends within"},
		"gone":            {func(s *Situation) { s.Gone = "It is gone." }, "It is gone."},
		"yearly":          {func(s *Situation) { s.Found.BillingCycle.Name = "Annual" }, "billed Annual, not monthly"},
		"billed once":     {func(s *Situation) { s.Found.OneTime = true }, "itself is billed once"},
		"not prorated":    {func(s *Situation) { s.Found.Prorate = false }, "does not prorate"},
		"a child":         {func(s *Situation) { s.Found.ParentAgreement = &connectwise.Reference{ID: 7} }, "invoiced with its parent"},
		"moved on":        {func(s *Situation) { s.Found.NextInvoiceDate = date("2027-01-01") }, "next from 1 January 2027 on, and the line was to begin on 1 December 2026"},
		"moved back":      {func(s *Situation) { s.Found.NextInvoiceDate = date("2026-11-01") }, "next from 1 November 2026 on"},
		"no date":         {func(s *Situation) { s.Found.NextInvoiceDate = connectwise.Date{} }, "next from a day that is not known on"},
		"not billed":      {func(s *Situation) { s.Found.BillProducts = "DoNotBill" }, "does not bill products"},
		"not charged":     {func(s *Situation) { s.Found.BillProducts = "NoCharge" }, "does not bill products"},
		"line not billed": {func(s *Situation) { s.Additions[0].BillCustomer = "DoNotBill" }, "Line no. 9, which carries the seats, is not billed"},
		"included":        {func(s *Situation) { s.Additions[0].LessIncluded = plantest.Quantity("6") }, "6 seats are included in line no. 9"},
		"as many":         {func(s *Situation) { s.Additions[0].LessIncluded = plantest.Quantity("5") }, ""},
	} {
		s := Situation{Found: monthlyAgreement(), Additions: []connectwise.Addition{own()}, Lines: []store.Line{{ProductID: businessID, AdditionID: 9}}}
		tt.change(&s)
		blocked := once()
		blocked.State, blocked.Kind, blocked.Problem = store.StateBlocked, store.KindNone, store.Problem{What: "Before."}
		for _, chosen := range []store.Change{once(), blocked} {
			got := Once(s, []store.Change{chosen}, products())[0]
			if tt.why == "" && cmp.Diff(once(), got) != "" {
				t.Errorf("%s: %s", name, cmp.Diff(once(), got))
			}
			if tt.why != "" && (got.State != store.StateBlocked || got.Kind != store.KindNone || !strings.Contains(got.Reason, tt.why)) {
				t.Errorf("%s: %s %q, want %q", name, got.State, got.Reason, tt.why)
			}
		}
	}
}

// TestOnceByTheProduct refuses one that is not mapped any more, or cannot be billed.
func TestOnceByTheProduct(t *testing.T) {
	t.Parallel()
	s := Situation{Found: monthlyAgreement()}
	if got := Once(s, []store.Change{once()}, nil)[0]; got.Reason != "NP-BUS is not mapped any more." {
		t.Errorf("%q", got.Reason)
	}
	unusable := []MappedProduct{{ID: businessID, Unusable: "It is inactive."}}
	if got := Once(s, []store.Change{once()}, unusable)[0]; got.Reason != "It is inactive." {
		t.Errorf("%q", got.Reason)
	}
}

// TestLandedOnce finds a line that is billed once by what it bills and when.
func TestLandedOnce(t *testing.T) {
	t.Parallel()
	sent := once()
	sent.SentAt = noon
	made := func(id int) connectwise.Addition {
		a := line(id, businessID, "1")
		a.EffectiveDate, a.CancelledDate, a.Description, a.DateEntered = date("2026-12-01"), date("2026-12-31"), sent.Description, noon
		return a
	}
	with := func(change func(*connectwise.Addition)) connectwise.Addition { a := made(9); change(&a); return a }
	for name, tt := range map[string]struct {
		additions []connectwise.Addition
		want      int
	}{
		"it":                 {[]connectwise.Addition{line(8, businessID, "1"), made(9)}, 9},
		"without its moment": {[]connectwise.Addition{with(func(a *connectwise.Addition) { a.DateEntered = time.Time{} })}, 9},
		"in other words":     {[]connectwise.Addition{with(func(a *connectwise.Addition) { a.Description = "NordPass" })}, 9},
		"by its words":       {[]connectwise.Addition{with(func(a *connectwise.Addition) { a.ID, a.Description = 10, "NordPass" }), made(9)}, 9},
		"two":                {[]connectwise.Addition{made(9), made(10)}, 0},
		"two in other words": {[]connectwise.Addition{with(func(a *connectwise.Addition) { a.Description = "a" }), with(func(a *connectwise.Addition) { a.Description = "b" })}, 0},
		"older":              {[]connectwise.Addition{with(func(a *connectwise.Addition) { a.DateEntered = noon.Add(-time.Hour) })}, 0},
		"another quantity":   {[]connectwise.Addition{with(func(a *connectwise.Addition) { a.Quantity = plantest.Quantity("2") })}, 0},
		"another product":    {[]connectwise.Addition{with(func(a *connectwise.Addition) { a.Product.ID = enterpriseID })}, 0},
		"another first day":  {[]connectwise.Addition{with(func(a *connectwise.Addition) { a.EffectiveDate = date("2026-12-02") })}, 0},
		"another last day":   {[]connectwise.Addition{with(func(a *connectwise.Addition) { a.CancelledDate = date("2026-12-30") })}, 0},
		"left open":          {[]connectwise.Addition{with(func(a *connectwise.Addition) { a.CancelledDate = connectwise.Date{} })}, 0},
		"nothing":            {nil, 0},
	} {
		got, ok := Landed(sent, tt.additions, nil)
		if got.ID != tt.want || ok != (tt.want != 0) {
			t.Errorf("%s: %d, %t", name, got.ID, ok)
		}
	}
	if got := Apart([]connectwise.Addition{made(8), made(9), made(10)}, []int{9}); len(got) != 2 || got[0].ID != 8 || got[1].ID != 10 {
		t.Errorf("apart are %+v", got)
	}
}

// TestAnOrdinaryLineDoesNotAwaitOne that is billed once.
func TestAnOrdinaryLineDoesNotAwaitOne(t *testing.T) {
	t.Parallel()
	sent := once()
	sent.SentAt = noon
	s := Situation{
		Wants: map[store.Plan]Want{store.Business: {Seats: 5}}, Sent: []store.Change{sent}, ReadAt: noon.Add(time.Hour),
		Found: connectwise.Agreement{Status: "Active", NoEndingDate: true},
	}
	if got := Plan(s, products(), date("2026-10-20")); len(got) != 1 || got[0].Kind != store.KindCreate {
		t.Errorf("got %+v, want it created", got)
	}
}

// TestUndoOnce sets a line that is billed once to 0 as long as no invoice has it.
func TestUndoOnce(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		change func(*Situation, *store.Change)
		want   string
		reason string
	}{
		"put": {func(*Situation, *store.Change) {}, "planned NP-BUS 1>0", "Run 4 put this line on the next invoice; it cannot be deleted and goes to 0."},
		"zero already": {func(s *Situation, _ *store.Change) { s.Additions[0].Quantity = plantest.Quantity("0") }, "planned NP-BUS 0>0",
			"Run 4 put this line on the next invoice; it cannot be deleted and goes to 0."},
		"touched": {func(s *Situation, _ *store.Change) { s.Additions[0].Quantity = plantest.Quantity("3") }, "stale NP-BUS 3>0",
			"Touched since: ConnectWise says 3, run 4 wrote 1 on 1 November 2026 at 00:30 UTC. It stays as it is."},
		"invoiced": {func(s *Situation, _ *store.Change) { s.Found.NextInvoiceDate = date("2027-01-01") }, "blocked NP-BUS 1>0",
			"Its period was invoiced or written off: what the invoice has stays there."},
		"not there":  {func(s *Situation, _ *store.Change) { s.Additions = nil }, "blocked NP-BUS ->0", "The line is not there any more."},
		"gone":       {func(s *Situation, _ *store.Change) { s.Gone = "It is gone." }, "blocked NP-BUS ->0", "It is gone."},
		"was undone": {func(_ *Situation, w *store.Change) { w.Kind = store.KindUpdate }, "blocked NP-BUS ->0", "A line that was set to 0 is not billed again."},
	} {
		w := once()
		w.RunID, w.State, w.AdditionID, w.DoneAt = 4, store.StateWritten, 9, time.Date(2026, 11, 1, 0, 30, 0, 0, time.UTC)
		s := Situation{Found: monthlyAgreement(), Additions: []connectwise.Addition{ended(line(9, businessID, "1"), "2026-12-31")}}
		tt.change(&s, &w)
		// Its last day may be over: what counts is whether it is invoiced.
		got := Undo(s, []store.Change{w}, nil, date("2027-01-05"))[0]
		if plantest.Show(got) != tt.want || got.Reason != tt.reason {
			t.Errorf("%s: %s because %q", name, plantest.Show(got), got.Reason)
		}
		if !got.Once() || got.Description != w.Description || len(got.Shares) != 1 {
			t.Errorf("%s: %+v", name, got)
		}
	}
}

// TestAddition is what a change has ConnectWise create.
func TestAddition(t *testing.T) {
	t.Parallel()
	c := once()
	got, err := Addition(c)
	want := connectwise.NewAddition{
		ProductID: businessID, Quantity: plantest.Quantity("1"), EffectiveDate: date("2026-12-01"), CancelledDate: date("2026-12-31"),
		UnitPrice: some("3.5"), Description: c.Description,
	}
	if err != nil || cmp.Diff(want, got) != "" {
		t.Errorf("%v %s", err, cmp.Diff(want, got))
	}
	c.CancelledDate = "" // an ordinary line takes price and words over from the catalog
	want.CancelledDate, want.UnitPrice.Valid, want.Description = connectwise.Date{}, false, ""
	if got, err = Addition(c); err != nil || got.UnitPrice.Valid || got.Description != "" || !got.CancelledDate.IsZero() {
		t.Errorf("%+v, %v", got, err)
	}
	for _, change := range []func(*store.Change){
		func(c *store.Change) { c.EffectiveDate = "soon" }, func(c *store.Change) { c.CancelledDate = "never" },
	} {
		c := once()
		change(&c)
		if _, err := Addition(c); err == nil {
			t.Errorf("%+v was taken", c)
		}
	}
}
