package plan

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/shopspring/decimal"

	"seatbridge/billing/plan/plantest"
	"seatbridge/connectwise"
	"seatbridge/store"
)

func some(s string) decimal.NullDecimal { return decimal.NewNullDecimal(plantest.Quantity(s)) }

// moneyOf is a price, or none.
func moneyOf(s string) decimal.NullDecimal {
	if s == "" {
		return decimal.NullDecimal{}
	}
	return some(s)
}

// usual is an agreement of which there is nothing to say, on which 12 seats are wanted and stand.
func usual() Situation {
	return Situation{
		Agreement: store.Agreement{ID: 5, Name: "Services"}, Company: store.Company{ID: 3, Name: "Acme", Status: store.Named{Name: "Active"}},
		Found: connectwise.Agreement{
			ID: 5, BillProducts: "Billable", BillingCycle: connectwise.Reference{ID: 2, Name: "Monthly"}, NoEndingDate: true,
			NextInvoiceDate: date("2026-12-01"), Currency: "USD",
		},
		Additions: []connectwise.Addition{line(9, businessID, "12")},
		Lines:     []store.Line{{AgreementID: 5, ProductID: businessID, AdditionID: 9, Written: some("12")}},
		Wants:     map[store.Plan]Want{store.Business: {Seats: 12, Shares: []store.Share{{OrganizationID: 1, Organization: "Org", Seats: 12, Known: true}}}},
	}
}

// created is usual before there was a line.
func created(s *Situation) { s.Additions, s.Lines = nil, nil }

// TestTerms has every row of the tables of terms, and what lies just beside it.
func TestTerms(t *testing.T) {
	t.Parallel()
	agreement := func(change func(*connectwise.Agreement)) func(*Situation) {
		return func(s *Situation) { change(&s.Found) }
	}
	line := func(change func(*connectwise.Addition)) func(*Situation) {
		return func(s *Situation) { change(&s.Additions[0]) }
	}
	cycle := func(name string) func(*Situation) {
		return agreement(func(a *connectwise.Agreement) { a.BillingCycle.Name = name })
	}
	products := products()
	priced := func(price string) func(*Situation) {
		return func(s *Situation) { created(s); products[0].Price = moneyOf(price) }
	}
	for name, c := range map[string]struct {
		with func(*Situation)
		want string // subject facts, with a ! where a write waits; empty: nothing
		says string // part of the sentence
	}{
		"as usual":                 {func(*Situation) {}, "", ""},
		"products not billed":      {agreement(func(a *connectwise.Agreement) { a.BillProducts = "DoNotBill" }), "products DoNotBill", "does not bill products on this agreement"},
		"products without charge":  {agreement(func(a *connectwise.Agreement) { a.BillProducts = "NoCharge" }), "products NoCharge", "without charging"},
		"products as nobody knows": {agreement(func(a *connectwise.Agreement) { a.BillProducts = "Sometimes" }), "products Sometimes", `"Sometimes", which Seatbridge does not know`},
		"products by default":      {agreement(func(a *connectwise.Agreement) { a.BillProducts = "NoDefault" }), "", ""},
		"products not said":        {agreement(func(a *connectwise.Agreement) { a.BillProducts = "" }), "", ""},

		"yearly":             {cycle("Annual"), "!cycle Annual", "billing cycle is Annual"},
		"every two months":   {cycle("Bi-Monthly"), "!cycle Bi-Monthly", ""},
		"every 2 months":     {cycle("Every 2 months"), "!cycle Every 2 months", ""},
		"twice a month":      {cycle("Semi-Monthly"), "!cycle Semi-Monthly", ""},
		"three months":       {cycle("3 Month"), "!cycle 3 Month", ""},
		"monthly in advance": {cycle("Monthly (advance)"), "", ""},
		"every month":        {cycle("Every Month"), "", ""},
		"one month":          {cycle("1 Month"), "", ""},
		"no cycle":           {cycle(""), "", ""},
		"one year":           {cycle("1 Year"), "!cycle 1 Year", ""},
		"letters before":     {cycle("A Monthly"), "!cycle A Monthly", ""},
		"other letters":      {cycle("Z-Monthly"), "!cycle Z-Monthly", ""},
		"digits before":      {cycle("0 Monthly"), "!cycle 0 Monthly", ""},
		"other digits":       {cycle("9: Monthly"), "!cycle 9: Monthly", ""},
		"signs before":       {cycle(": {Monthly}"), "", ""},

		"one-time": {agreement(func(a *connectwise.Agreement) { a.OneTime = true }), "!one_time one-time", "billed once"},

		"invoiced ahead": {agreement(func(a *connectwise.Agreement) { a.NextInvoiceDate = date("2027-01-01") }),
			"invoiced invoiced ahead, not prorated", "invoiced from 1 January 2027 on; November 2026 to December 2026 are not"},
		"invoiced ahead, prorated": {agreement(func(a *connectwise.Agreement) {
			a.NextInvoiceDate, a.Prorate = date("2027-01-01"), true
		}), "", ""},
		"invoiced until the end of the next month but a day": {
			agreement(func(a *connectwise.Agreement) { a.NextInvoiceDate = date("2026-12-31") }), "", ""},
		"next invoice not known": {agreement(func(a *connectwise.Agreement) { a.NextInvoiceDate = connectwise.Date{} }), "", ""},

		"ends soon": {agreement(func(a *connectwise.Agreement) { a.NoEndingDate, a.EndDate = false, date("2027-01-19") }),
			"ends ends 2027-01-19", "ends on 19 January 2027"},
		"ends later":     {agreement(func(a *connectwise.Agreement) { a.NoEndingDate, a.EndDate = false, date("2027-01-20") }), "", ""},
		"ended":          {agreement(func(a *connectwise.Agreement) { a.NoEndingDate, a.EndDate = false, date("2026-11-19") }), "", ""},
		"has no end":     {agreement(func(a *connectwise.Agreement) { a.EndDate = date("2027-01-01") }), "", ""},
		"billed later":   {agreement(func(a *connectwise.Agreement) { a.BillStartDate = date("2026-11-21") }), "ends billed from 2026-11-21", "only from 21 November 2026"},
		"billed already": {agreement(func(a *connectwise.Agreement) { a.BillStartDate = date("2026-11-20") }), "", ""},
		"billed later, and ends": {agreement(func(a *connectwise.Agreement) {
			a.BillStartDate, a.NoEndingDate, a.EndDate = date("2026-11-21"), false, date("2027-01-01")
		}), "ends ends 2027-01-01; billed from 2026-11-21", ""},

		"company inactive": {func(s *Situation) { s.Company.Status.Name = "Inactive (lost)" }, "inactive Inactive (lost)", "Acme has the status Inactive"},

		"included": {line(func(a *connectwise.Addition) { a.LessIncluded = plantest.Quantity("12") }), "included included 12", "12 of the quantity are included"},
		"less than included": {line(func(a *connectwise.Addition) { a.LessIncluded = plantest.Quantity("25") }),
			"!included included 25; less than that", "with 12 ConnectWise would bill -13"},

		"line not billed":        {line(func(a *connectwise.Addition) { a.BillCustomer = "DoNotBill" }), "customer DoNotBill", "bill customer setting is DoNotBill"},
		"line without charge":    {line(func(a *connectwise.Addition) { a.BillCustomer = "NoCharge" }), "customer NoCharge", ""},
		"line as nobody knows":   {line(func(a *connectwise.Addition) { a.BillCustomer = "Perhaps" }), "customer Perhaps", "setting is Perhaps"},
		"line not billed, and 0": {line(func(a *connectwise.Addition) { a.BillCustomer, a.UnitPrice = "DoNotBill", some("0") }), "customer DoNotBill", ""},

		"price 0":                    {line(func(a *connectwise.Addition) { a.UnitPrice = some("0.00") }), "price price 0", "unit price is 0"},
		"no price":                   {line(func(a *connectwise.Addition) { a.UnitPrice = decimal.NullDecimal{} }), "price price none", "no unit price"},
		"new":                        {created, "", ""},
		"new, product at 0":          {priced("0"), "price price 0", "NP-BUS has the price 0"},
		"new, product without price": {priced(""), "price price none", "NP-BUS has no price"},

		"line starts later": {line(func(a *connectwise.Addition) { a.EffectiveDate = date("2026-11-21") }), "ends starts 2026-11-21", "starts only on 21 November 2026"},
		"line ends":         {line(func(a *connectwise.Addition) { a.CancelledDate = date("2026-11-20") }), "ends ends 2026-11-20", "ends on 20 November 2026"},
		"line inactive":     {line(func(a *connectwise.Addition) { a.Status = "Expired" }), "ends status Expired", "the line is Expired"},
		"line active":       {line(func(a *connectwise.Addition) { a.Status = "Active" }), "", ""},

		"line ended, and says so": {line(func(a *connectwise.Addition) { a.CancelledDate, a.Status = date("2026-11-20"), "Expired" }), "ends ends 2026-11-20", ""},
		"line starts later, and says so": {
			line(func(a *connectwise.Addition) { a.EffectiveDate, a.Status = date("2026-11-21"), "Inactive" }), "ends starts 2026-11-21", ""},

		"nothing billed on a line that is not": {func(s *Situation) {
			s.Additions[0].BillCustomer, s.Additions[0].Quantity = "DoNotBill", decimal.Zero
			s.Wants = map[store.Plan]Want{}
		}, "", ""},
		"nothing billed any more": {func(s *Situation) { s.Found.BillProducts, s.Wants = "DoNotBill", map[store.Plan]Want{} }, "products DoNotBill", ""},
		"nothing billed": {func(s *Situation) {
			s.Found.BillProducts, s.Additions[0].Quantity = "DoNotBill", decimal.Zero
			s.Wants = map[store.Plan]Want{}
		}, "", ""},
		"not billable at all": {func(s *Situation) { s.Gone, s.Found.BillProducts = "The agreement is cancelled.", "DoNotBill" }, "", ""},
	} {
		s := usual()
		products[0].Price = some("3.50")
		c.with(&s)
		changes := Plan(s, products, date("2026-11-20"))
		found := Read(s, products, changes, date("2026-11-20")).Findings
		if got := showFound(found); got != c.want {
			t.Errorf("%s: %q, want %q", name, got, c.want)
			continue
		}
		if c.want == "" {
			continue
		}
		f := found[0]
		if !strings.Contains(f.Sentence, c.says) || f.Advice == "" {
			t.Errorf("%s: says %q, %q; want %q in it, and an advice", name, f.Sentence, f.Advice, c.says)
		}
		if diff := cmp.Diff([]string{f.Sentence}, changes[0].Warnings); diff != "" || len(changes[0].Found) != 1 {
			t.Errorf("%s: the change does not say so (-want +got):\n%s", name, diff)
		}
		if f.Company != "Acme" || f.Agreement != "Services" || f.AgreementID != 5 {
			t.Errorf("%s: is about %+v", name, f)
		}
	}
}

// showFound is findings in short.
func showFound(found []store.Finding) string {
	var short []string
	for _, f := range found {
		mark := ""
		if f.Holds {
			mark = "!"
		}
		short = append(short, mark+string(f.Subject)+" "+f.Facts)
	}
	return strings.Join(short, ", ")
}

// What is meant so is no warning any more, until the facts are others.
func TestAnswered(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		answer, facts string
		want          bool
	}{
		{"included 25", "included 25", true},
		{"included 25", "included 2", false},
		{"included 25; less than that", "included 25", true}, // let this line always
		{"included 25", "included 25; less than that", false},
		{"included 25; less than that", "included 25; less than that", true},
		{"price 4 → 5; prorate on → off", "prorate on → off", true},
		{"", "Annual", false},
	} {
		key := store.FindingKey{AgreementID: 5, ProductID: businessID, Subject: store.AboutIncluded, AdditionID: 9}
		f := []store.Finding{{AgreementID: 5, ProductID: businessID, Subject: store.AboutIncluded, AdditionID: 9, Facts: c.facts}}
		if got := Answered(f, map[store.FindingKey]string{key: c.answer})[0].Answered; got != c.want {
			t.Errorf("%q answered by %q: %t", c.facts, c.answer, got)
		}
		other := key
		other.AdditionID = 10
		if Answered(f, map[store.FindingKey]string{other: c.facts})[0].Answered {
			t.Errorf("%q is answered by what was said of another line", c.facts)
		}
	}

	if Answered([]store.Finding{{Subject: store.AboutUnreliable}}, nil)[0].Answered {
		t.Error("what has no facts is answered by nobody's word")
	}

	s := usual()
	s.Found.BillingCycle.Name = "Annual"
	s.Answers = map[store.FindingKey]string{{AgreementID: 5, Subject: store.AboutCycle}: "Annual"}
	c := Plan(s, products(), date("2026-11-20"))[0]
	if len(c.Warnings) != 0 || len(c.Found) != 1 || !c.Found[0].Answered {
		t.Errorf("what is meant so is said as %q, %+v", c.Warnings, c.Found)
	}
	s.Found.BillingCycle.Name = "Quarterly"
	if c := Plan(s, products(), date("2026-11-20"))[0]; len(c.Warnings) != 1 || c.Found[0].Answered {
		t.Errorf("other facts are said as %q, %+v", c.Warnings, c.Found)
	}
}

// TestWhatFindingsAreAbout holds of which line, if of any, something is said, and that each change has what is about it.
func TestWhatFindingsAreAbout(t *testing.T) {
	t.Parallel()
	s := usual()
	s.Found.BillProducts, s.Found.BillingCycle.Name = "DoNotBill", "Annual"
	s.Additions[0].LessIncluded = plantest.Quantity("2")
	s.Additions = append(s.Additions, line(10, enterpriseID, "4"))
	s.Wants[store.Enterprise] = Want{Seats: 4, Shares: s.Wants[store.Business].Shares}
	changes := Plan(s, products(), date("2026-11-20"))
	if got := showFound(changes[0].Found); got != "products DoNotBill, !cycle Annual, included included 2" {
		t.Errorf("of Business is said %q", got)
	}
	if got := showFound(changes[1].Found); got != "products DoNotBill, !cycle Annual" {
		t.Errorf("of Enterprise is said %q", got)
	}
	of, on := changes[0].Found[0], changes[0].Found[2]
	if of.AdditionID != 0 || of.ProductID != 0 || on.AdditionID != 9 || on.ProductID != businessID || on.Quantity.Decimal.String() != "12" {
		t.Errorf("it is about %+v and %+v", of, on)
	}

	changes[0].State = store.StateHeld
	if got := showFound(Read(s, products(), changes, date("2026-11-20")).Findings); !strings.Contains(got, "included 2") {
		t.Errorf("of a line that is held is said %q", got)
	}
	s.Additions = append(s.Additions, line(11, enterpriseID, "4"))
	if changes = Plan(s, products(), date("2026-11-20")); changes[1].State != store.StateConflict || len(changes[1].Found) != 0 {
		t.Errorf("a line that nobody knows is %s with %q", changes[1].State, showFound(changes[1].Found))
	}
	s.Wants = map[store.Plan]Want{store.Business: {Unknown: "No figure.", Shares: []store.Share{{OrganizationID: 1}}}}
	changes = Plan(s, products(), date("2026-11-20"))
	if got := showFound(Read(s, products(), changes, date("2026-11-20")).Findings); !strings.HasPrefix(got, "products DoNotBill") {
		t.Errorf("where the seats are not known is said %q", got)
	}
}

// TestOfTwoFindingsOneHolds holds that a write waits for what is said together if it waits for a part of it.
func TestOfTwoFindingsOneHolds(t *testing.T) {
	t.Parallel()
	for _, a := range []bool{false, true} {
		for _, b := range []bool{false, true} {
			if got := both(store.Finding{Holds: a}, store.Finding{Holds: b}).Holds; got != (a || b) {
				t.Errorf("%t and %t: %t", a, b, got)
			}
		}
	}
}

// TestWhatIsNotKnownIsNotBelow holds that a quantity which is not known is not taken for 0.
func TestWhatIsNotKnownIsNotBelow(t *testing.T) {
	t.Parallel()
	included := line(9, businessID, "12")
	included.LessIncluded = plantest.Quantity("5")
	if (terms{line: &included}).belowIncluded() || !(terms{line: &included, after: some("4")}).belowIncluded() {
		t.Error("what is included is compared with a quantity that is not known")
	}
	s := Situation{Additions: []connectwise.Addition{included}}
	if _, below := belowZero(s, store.Change{AdditionID: 9}); below {
		t.Error("a quantity that is not known would be billed below 0")
	}
}

func TestUnusualTerms(t *testing.T) {
	t.Parallel()
	if got := UnusualTerms(store.Agreement{BillingCycle: "Monthly", BillProducts: "NoDefault"}); len(got) != 0 {
		t.Errorf("of a usual agreement: %q", got)
	}
	want := []string{"billing cycle Annual", "billed once", "products: DoNotBill"}
	if diff := cmp.Diff(want, UnusualTerms(store.Agreement{BillingCycle: "Annual", OneTime: true, BillProducts: "DoNotBill"})); diff != "" {
		t.Error(diff)
	}
}

func TestSecondLines(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		second connectwise.Addition
		with   func(*Situation)
		want   string
	}{
		"open":                   {line(10, businessID, "3"), nil, "!second 3"},
		"begins later":           {future(line(10, businessID, "3"), "2027-01-01"), nil, "!second 3"},
		"ended":                  {ended(line(10, businessID, "3"), "2026-11-19"), nil, ""},
		"says 0":                 {line(10, businessID, "0"), nil, ""},
		"of another":             {line(10, 99, "3"), nil, ""},
		"chosen by a person":     {line(10, businessID, "3"), func(s *Situation) { s.Lines[0].Chosen = true }, "second 3"},
		"the bound one is ended": {line(10, businessID, "3"), func(s *Situation) { s.Additions[0] = ended(s.Additions[0], "2026-11-19") }, ""},
		"none is bound":          {line(10, businessID, "3"), func(s *Situation) { s.Lines = nil }, ""}, // the change is a conflict and says so
	} {
		s := usual()
		s.Additions = append(s.Additions, c.second)
		if c.with != nil {
			c.with(&s)
		}
		changes := Plan(s, products(), date("2026-11-20"))
		found := Read(s, products(), changes, date("2026-11-20")).Findings
		if got := showFound(found); got != c.want {
			t.Errorf("%s: %q, want %q", name, got, c.want)
		}
		if c.want != "" && (found[0].AdditionID != 10 || !strings.Contains(found[0].Sentence, "no. 9 with 12") || !strings.Contains(found[0].Sentence, "no. 10 with 3")) {
			t.Errorf("%s: says %q of %d", name, found[0].Sentence, found[0].AdditionID)
		}
	}
}
