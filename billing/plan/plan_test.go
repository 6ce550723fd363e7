package plan

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/shopspring/decimal"

	"seatbridge/billing/plan/plantest"
	"seatbridge/billing/seats"
	"seatbridge/connectwise"
	"seatbridge/store"
)

const (
	businessID   = 71
	enterpriseID = 72
)

func products() []MappedProduct {
	return []MappedProduct{
		{Plan: store.Business, ID: businessID, Identifier: "NP-BUS"},
		{Plan: store.Enterprise, ID: enterpriseID, Identifier: "NP-ENT"},
	}
}

func known(id int64, number int, plan store.Plan) seats.Usage {
	return plantest.Known(id, "Org", number, plan)
}

func date(s string) connectwise.Date {
	d, err := connectwise.ParseDate(s)
	if err != nil {
		panic(err)
	}
	return d
}

func line(id, product int, quantity string) connectwise.Addition {
	return connectwise.Addition{
		ID: id, Product: connectwise.Reference{ID: product, Identifier: "P"}, Quantity: plantest.Quantity(quantity),
		UnitPrice: decimal.NewNullDecimal(plantest.Quantity("3.50")), BillCustomer: connectwise.Billable, EffectiveDate: date("2025-01-01"),
	}
}

func ended(a connectwise.Addition, day string) connectwise.Addition {
	a.CancelledDate = date(day)
	return a
}

func future(a connectwise.Addition, day string) connectwise.Addition {
	a.EffectiveDate = date(day)
	return a
}

func bound(product, addition int, written string) store.Line {
	l := store.Line{AgreementID: 1, ProductID: product, AdditionID: addition}
	if written != "" {
		l.Written = decimal.NewNullDecimal(plantest.Quantity(written))
	}
	return l
}

func TestPlan(t *testing.T) {
	t.Parallel()
	var (
		five  = []seats.Usage{known(1, 5, store.Business)}
		none  = []seats.Usage{known(1, 0, store.Business)}
		other = []seats.Usage{known(1, 5, store.Enterprise)}
		blank = []seats.Usage{{OrganizationID: 1, Organization: "Org", Plan: store.Business, Why: "No figure.", Do: "Ask."}}
	)
	tests := []struct {
		name      string
		usages    []seats.Usage
		additions []connectwise.Addition
		lines     []store.Line
		hold      bool
		gone      string
		inactive  bool
		want      []string
	}{
		{name: "no line yet: create", usages: five, want: []string{"planned NP-BUS ->5"}},
		{name: "quantity differs: update", usages: five, additions: []connectwise.Addition{line(9, businessID, "3")}, want: []string{"planned NP-BUS 3>5"}},
		{name: "quantity is right: no request", usages: five, additions: []connectwise.Addition{line(9, businessID, "5")}, want: []string{"unchanged NP-BUS 5>5"}},
		{name: "5.00 is 5", usages: five, additions: []connectwise.Addition{line(9, businessID, "5.00")}, want: []string{"unchanged NP-BUS 5>5"}},
		{name: "a fraction is another quantity", usages: five, additions: []connectwise.Addition{line(9, businessID, "5.5")}, want: []string{"planned NP-BUS 5.5>5"}},
		{name: "nothing wanted, no line: nothing", usages: none, want: nil},
		{name: "nothing wanted and a line: to 0", usages: none, additions: []connectwise.Addition{line(9, businessID, "5")}, want: []string{"planned NP-BUS 5>0"}},
		{name: "an upgrade moves the seats, no double billing", usages: other, additions: []connectwise.Addition{line(9, businessID, "5")}, want: []string{"planned NP-BUS 5>0", "planned NP-ENT ->5"}},
		{name: "two organizations of one plan add up", usages: []seats.Usage{known(1, 5, store.Business), known(2, 3, store.Business)}, want: []string{"planned NP-BUS ->8"}},
		{name: "two plans make two lines", usages: []seats.Usage{known(1, 5, store.Business), known(2, 3, store.Enterprise)}, want: []string{"planned NP-BUS ->5", "planned NP-ENT ->3"}},
		{name: "unknown is not zero", usages: blank, additions: []connectwise.Addition{line(9, businessID, "5")}, want: []string{"skipped NP-BUS ->-"}},
		{name: "a partial sum is never written", usages: append([]seats.Usage{known(2, 3, store.Enterprise)}, blank...), additions: []connectwise.Addition{line(9, businessID, "5"), line(8, enterpriseID, "2")}, want: []string{"skipped NP-BUS ->-", "skipped NP-ENT ->-"}},
		{name: "two open lines: a person chooses", usages: five, additions: []connectwise.Addition{line(8, businessID, "2"), line(9, businessID, "3")}, want: []string{"conflict NP-BUS ->5"}},
		{name: "two open lines, one bound: the bound one", usages: five, additions: []connectwise.Addition{line(8, businessID, "2"), line(9, businessID, "3")}, lines: []store.Line{bound(businessID, 9, "3")}, want: []string{"planned NP-BUS 3>5"}},
		{name: "two open lines at 0, nothing wanted: nothing", usages: none, additions: []connectwise.Addition{line(8, businessID, "0"), line(9, businessID, "0")}, want: nil},
		{name: "two open lines and only one at 0, nothing wanted: a person chooses", usages: none, additions: []connectwise.Addition{line(8, businessID, "0"), line(9, businessID, "3")}, want: []string{"conflict NP-BUS ->0"}},
		{name: "a cancelled line is history", usages: five, additions: []connectwise.Addition{ended(line(8, businessID, "2"), "2026-10-31"), line(9, businessID, "3")}, want: []string{"planned NP-BUS 3>5"}},
		{name: "only cancelled lines: create", usages: five, additions: []connectwise.Addition{ended(line(8, businessID, "2"), "2026-10-31")}, want: []string{"planned NP-BUS ->5"}},
		{name: "a line that ends today is open", usages: five, additions: []connectwise.Addition{ended(line(8, businessID, "2"), "2026-11-01")}, want: []string{"planned NP-BUS 2>5"}},
		{name: "a line that starts later is not doubled", usages: five, additions: []connectwise.Addition{future(line(8, businessID, "4"), "2026-12-01")}, want: []string{"planned NP-BUS 4>5"}},
		{name: "the bound line is cancelled, another is open", usages: five, additions: []connectwise.Addition{ended(line(8, businessID, "2"), "2026-10-31"), line(9, businessID, "3")}, lines: []store.Line{bound(businessID, 8, "2")}, want: []string{"planned NP-BUS 3>5"}},
		{name: "the bound line is gone", usages: five, lines: []store.Line{bound(businessID, 8, "2")}, want: []string{"planned NP-BUS ->5"}},
		{name: "other products are none of ours", usages: five, additions: []connectwise.Addition{line(7, 999, "40")}, want: []string{"planned NP-BUS ->5"}},
		{name: "hand edit overwritten by default", usages: five, additions: []connectwise.Addition{line(9, businessID, "7")}, lines: []store.Line{bound(businessID, 9, "4")}, want: []string{"planned NP-BUS 7>5"}},
		{name: "hand edit held if so set", usages: five, additions: []connectwise.Addition{line(9, businessID, "7")}, lines: []store.Line{bound(businessID, 9, "4")}, hold: true, want: []string{"held NP-BUS 7>5"}},
		{name: "no hand edit: the line says what was written", usages: five, additions: []connectwise.Addition{line(9, businessID, "4")}, lines: []store.Line{bound(businessID, 9, "4")}, hold: true, want: []string{"planned NP-BUS 4>5"}},
		{name: "a hand edit to the right number needs nothing", usages: five, additions: []connectwise.Addition{line(9, businessID, "5")}, lines: []store.Line{bound(businessID, 9, "4")}, hold: true, want: []string{"unchanged NP-BUS 5>5"}},
		{name: "what was written on another line says nothing about this one", usages: five, additions: []connectwise.Addition{ended(line(8, businessID, "2"), "2026-10-31"), line(9, businessID, "3")}, lines: []store.Line{bound(businessID, 8, "2")}, hold: true, want: []string{"planned NP-BUS 3>5"}},
		{name: "blocked agreement", usages: five, gone: "The agreement is cancelled.", want: []string{"blocked NP-BUS ->5"}},
		{name: "blocked agreement with zero seats still says so", usages: none, gone: "The agreement is cancelled.", want: []string{"blocked NP-BUS ->0"}},
		{name: "inactive product", usages: five, additions: []connectwise.Addition{line(9, businessID, "3")}, inactive: true, want: []string{"blocked NP-BUS ->5"}},
		{name: "inactive product, nothing wanted: nothing", usages: none, inactive: true, want: nil},
		{name: "a product no longer mapped goes to 0", usages: five, additions: []connectwise.Addition{line(6, 50, "5")}, lines: []store.Line{bound(50, 6, "5")}, want: []string{"planned NP-BUS ->5", "planned P 5>0"}},
		{name: "two open lines at 0 and seats: a person chooses", usages: five, additions: []connectwise.Addition{line(8, businessID, "0"), line(9, businessID, "0")}, want: []string{"conflict NP-BUS ->5"}},
		{name: "each product has its own bound line", usages: five, additions: []connectwise.Addition{line(8, businessID, "2"), line(9, businessID, "3")}, lines: []store.Line{bound(enterpriseID, 7, "1"), bound(businessID, 9, "3")}, want: []string{"planned NP-BUS 3>5"}},
		{name: "only our line of a former product goes to 0", usages: five, additions: []connectwise.Addition{line(7, 50, "4"), line(6, 50, "5")}, lines: []store.Line{bound(50, 6, "5")}, want: []string{"planned NP-BUS ->5", "planned P 5>0"}},
		{name: "a line that carries another product by now stays", usages: five, additions: []connectwise.Addition{line(6, 51, "5")}, lines: []store.Line{bound(50, 6, "5")}, want: []string{"planned NP-BUS ->5"}},
		{name: "a former line that is cancelled stays", usages: five, additions: []connectwise.Addition{ended(line(6, 50, "5"), "2026-10-31")}, lines: []store.Line{bound(50, 6, "5")}, want: []string{"planned NP-BUS ->5"}},
		{name: "a former line at 0 needs nothing", usages: five, additions: []connectwise.Addition{line(6, 50, "0")}, lines: []store.Line{bound(50, 6, "5")}, want: []string{"planned NP-BUS ->5"}},
		{name: "on a blocked agreement a former line stays", usages: five, gone: "The agreement is cancelled.", additions: []connectwise.Addition{line(6, 50, "5")}, lines: []store.Line{bound(50, 6, "5")}, want: []string{"blocked NP-BUS ->5"}},
		{name: "a line that was never written is not edited", usages: five, additions: []connectwise.Addition{line(9, businessID, "3")}, lines: []store.Line{bound(businessID, 9, "")}, hold: true, want: []string{"planned NP-BUS 3>5"}},
		{name: "a line of that product that was never ours stays", usages: five, additions: []connectwise.Addition{line(6, 50, "5")}, want: []string{"planned NP-BUS ->5"}},
		{name: "while seats are unknown the former product stays too", usages: blank, additions: []connectwise.Addition{line(6, 50, "5")}, lines: []store.Line{bound(50, 6, "5")}, want: []string{"skipped NP-BUS ->-"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			s := Situation{
				Company: store.Company{ID: 1, Name: "Company"}, Agreement: store.Agreement{ID: 1, Name: "Agreement"},
				Found: connectwise.Agreement{ID: 1}, Gone: tt.gone, GoneDo: "Mend it.",
				Additions: tt.additions, Wants: Wants(tt.usages), Lines: tt.lines,
			}
			policy := Policy{HandEdits: store.Overwrite}
			if tt.hold {
				policy.HandEdits = store.Hold
			}
			mapped := products()
			if tt.inactive {
				mapped[0].Unusable = "The product NP-BUS is inactive in ConnectWise."
			}
			var got []string
			changes := Plan(s, mapped, date("2026-11-01"))
			Hold([]Part{{s, changes}}, Falls{}, policy)
			for _, c := range changes {
				got = append(got, plantest.Show(c))
				if c.Reason == "" || c.KindWord() == "" {
					t.Errorf("%s: reason %q, kind %q", plantest.Show(c), c.Reason, c.KindWord())
				}
				if c.State != store.StatePlanned && c.State != store.StateUnchanged && c.State != store.StateHeld && c.Problem.Do == "" {
					t.Errorf("%s: nothing to do is offered", plantest.Show(c))
				}
			}
			if strings.Join(got, "\n") != strings.Join(tt.want, "\n") {
				t.Errorf("got  %q\nwant %q", got, tt.want)
			}
		})
	}
}

// TestWantedIsWhatTheJournalKeeps plans generated agreements and holds that what was wanted can be told from the changes
// alone: for every line that is written down, and nothing for one that is not.
func TestWantedIsWhatTheJournalKeeps(t *testing.T) {
	t.Parallel()
	random := rand.New(rand.NewPCG(29, 1))
	for range 5000 {
		s := randomSituation(random)
		changes := Plan(s, products(), date("2026-11-01"))
		Hold([]Part{{s, changes}}, Falls{}, Policy{Holds: store.Holds{First: random.IntN(2) == 0}})
		wanted := Wanted(changes)
		for _, c := range changes {
			if c.Plan != "" && c.After.Valid && !c.After.Decimal.Equal(decimal.NewFromInt(int64(wanted[c.Plan].Seats))) {
				t.Fatalf("%s, but %d were wanted", plantest.Show(c), wanted[c.Plan].Seats)
			}
		}
		if AnyUnknown(wanted) != AnyUnknown(s.Wants) {
			t.Fatalf("unknown %v, want %v: %+v", AnyUnknown(wanted), AnyUnknown(s.Wants), s.Wants)
		}
		for _, plan := range store.Plans() {
			got, want := wanted[plan], s.Wants[plan]
			if _, kept := wanted[plan]; !kept && want.Seats == 0 {
				continue // no seats and no line
			}
			if diff := cmp.Diff(want.Shares, got.Shares, cmpopts.EquateEmpty()); got.Seats != want.Seats || diff != "" {
				t.Fatalf("%s: %d seats, want %d; shares (-want +got):\n%s", plan, got.Seats, want.Seats, diff)
			}
		}
	}
}

// randomSituation is an agreement with up to four organizations and lines of ours, of others, and of a former product.
func randomSituation(r *rand.Rand) Situation {
	var usages []seats.Usage
	for i := range 1 + r.IntN(4) {
		u := known(int64(i), r.IntN(4), store.Plans()[r.IntN(2)])
		if r.IntN(8) == 0 {
			u.Quantity, u.Why = seats.Quantity{}, "No figure."
		}
		usages = append(usages, u)
	}
	s := Situation{Agreement: store.Agreement{ID: 1}, Wants: Wants(usages)}
	if r.IntN(6) == 0 {
		s.Gone = "The agreement is cancelled."
	}
	for i, product := range []int{businessID, enterpriseID, 50, businessID} {
		if r.IntN(2) == 0 {
			s.Additions = append(s.Additions, line(i+1, product, fmt.Sprint(r.IntN(4))))
			s.Lines = append(s.Lines, bound(product, i+1, "2"))
		}
	}
	return s
}

func TestPlanNotesHandEdits(t *testing.T) {
	t.Parallel()
	s := Situation{
		Additions: []connectwise.Addition{line(9, businessID, "7")}, Wants: Wants([]seats.Usage{known(1, 5, store.Business)}),
		Lines: []store.Line{bound(businessID, 9, "4")},
	}
	c := Plan(s, products(), date("2026-11-01"))[0]
	if !c.HandEdited || len(c.Warnings) != 1 || !strings.Contains(c.Warnings[0], "7") || !strings.Contains(c.Warnings[0], "4") {
		t.Errorf("hand edited %v, warnings %q; want both numbers named", c.HandEdited, c.Warnings)
	}
}

func TestEffectiveDate(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name      string
		agreement connectwise.Agreement
		want      string
	}{
		{"first of the current month", connectwise.Agreement{BillStartDate: date("2025-01-15")}, "2026-11-01"},
		{"billing starts later", connectwise.Agreement{BillStartDate: date("2026-11-20")}, "2026-11-20"},
		{"invoiced and not prorated", connectwise.Agreement{NextInvoiceDate: date("2026-12-01")}, "2026-12-01"},
		{"invoiced but prorated", connectwise.Agreement{NextInvoiceDate: date("2026-12-01"), Prorate: true}, "2026-11-01"},
		{"not invoiced yet", connectwise.Agreement{NextInvoiceDate: date("2026-11-01")}, "2026-11-01"},
		{"billing starts after the next invoice", connectwise.Agreement{NextInvoiceDate: date("2026-12-01"), BillStartDate: date("2027-01-01")}, "2027-01-01"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			if got := EffectiveDate(tt.agreement, date("2026-11-23")).String(); got != tt.want {
				t.Errorf("got %s, want %s", got, tt.want)
			}
		})
	}
}

// TestWantsAddUp sums the organizations of an agreement on each plan, and knows nothing of the sum where one is unknown.
func TestWantsAddUp(t *testing.T) {
	t.Parallel()
	usages := []seats.Usage{known(1, 5, store.Business), known(2, 3, store.Business), known(3, 4, store.Enterprise)}
	wants := Wants(usages)
	if b, e := wants[store.Business], wants[store.Enterprise]; b.Seats != 8 || len(b.Shares) != 2 || e.Seats != 4 || len(e.Shares) != 1 {
		t.Errorf("business %+v, enterprise %+v", b, e)
	}
	if share := wants[store.Business].Shares[0]; share.Source != string(seats.SourceCSV) || !share.Known || share.Seats != 5 {
		t.Errorf("the first share is %+v", share)
	}
	guess := store.Share{Seats: 9}
	if sum := (Want{}).with(guess).with(store.Share{Seats: 2, Known: true}); sum.Seats != 2 || len(sum.Shares) != 2 {
		t.Errorf("with a figure that is not known the sum is %+v", sum)
	}
	for _, n := range []int64{4, 5} {
		usages = append(usages, seats.Usage{OrganizationID: n, Organization: "Delta", Why: "Nobody knows.", Do: "Ask."})
	}
	for plan, want := range Wants(usages) {
		if plan != "" && (want.Unknown != "Delta: Nobody knows. Delta: Nobody knows." || want.Do != "Ask.") {
			t.Errorf("%s: %q, %q", plan, want.Unknown, want.Do)
		}
	}
}

// TestUnmanagedIsUnknown holds that the seats of an organization that is not managed by the MSP are not billed, and not 0.
func TestUnmanagedIsUnknown(t *testing.T) {
	t.Parallel()
	u := known(1, 5, store.Business)
	u.Unmanaged = true
	const why = "Org: It is not managed by the MSP any more; only MSP-managed organizations are synced."
	for _, plan := range store.Plans() {
		if want := Wants([]seats.Usage{u})[plan]; want.Seats != 0 || want.Unknown != why || !strings.Contains(want.Do, "unmap the organization") {
			t.Errorf("%s: %+v", plan, want)
		}
	}
}

// TestFormerLinesAreNotWanted holds that the journal's lines of products that are no longer mapped are no plan's.
func TestFormerLinesAreNotWanted(t *testing.T) {
	t.Parallel()
	former := store.Change{ProductID: 50, After: decimal.NewNullDecimal(decimal.Zero)}
	if wanted := Wanted([]store.Change{former}); len(wanted) > 0 {
		t.Errorf("wanted %+v", wanted)
	}
}

// TestPlanSaysWhy holds the words of a plan's changes, and the day on which a new line starts.
func TestPlanSaysWhy(t *testing.T) {
	t.Parallel()
	acme, beta := plantest.Known(1, "Acme", 5, store.Business), plantest.Known(2, "Beta", 3, store.Business)
	beta.Why = "In the trial."
	moved := []store.Line{bound(50, 6, "5")}
	former := []connectwise.Addition{line(6, 50, "5")}
	tests := []struct {
		name      string
		usages    []seats.Usage
		additions []connectwise.Addition
		lines     []store.Line
		products  []MappedProduct
		want      string
	}{
		{"created", []seats.Usage{acme, beta}, nil, nil, products(), "No open addition of NP-BUS yet. Acme 5 + Beta 3 (In the trial)"},
		{"updated", []seats.Usage{acme}, []connectwise.Addition{line(9, businessID, "3")}, nil, products(), "Acme 5"},
		{"nobody", nil, []connectwise.Addition{line(9, businessID, "3")}, nil, products(), "No organization of this agreement is on NordPass Business."},
		{"remapped", nil, former, moved, products()[:1], "This product is no longer mapped; its seats are billed on the newly mapped one."},
		{"unmapped", nil, former, moved, nil, "No organization is mapped to this agreement any more."},
		{"several", []seats.Usage{acme}, []connectwise.Addition{line(8, businessID, "2"), line(9, businessID, "3")}, nil, products(),
			"2 open additions of NP-BUS: no. 8 with quantity 2, no. 9 with quantity 3. Seatbridge does not guess which one to change."},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			s := Situation{Wants: Wants(tt.usages), Additions: tt.additions, Lines: tt.lines}
			changes := Plan(s, tt.products, date("2026-11-23"))
			if len(changes) != 1 || changes[0].Reason != tt.want {
				t.Fatalf("got %+v, want one for %q", changes, tt.want)
			}
			starts := ""
			if changes[0].Kind == store.KindCreate {
				starts = "2026-11-01"
			}
			if changes[0].EffectiveDate != starts {
				t.Errorf("it starts on %q, want %q", changes[0].EffectiveDate, starts)
			}
		})
	}
}

// TestZeroOfAnOrganizationIsItsOwn tells an organization with no seats from no organization.
func TestZeroOfAnOrganizationIsItsOwn(t *testing.T) {
	t.Parallel()
	s := Situation{Wants: Wants([]seats.Usage{known(1, 0, store.Business)}), Additions: []connectwise.Addition{line(9, businessID, "3")}}
	if c := Plan(s, products(), date("2026-11-01"))[0]; c.Reason != "Org 0" {
		t.Errorf("got %q", c.Reason)
	}
}

// TestConflictListsItsLines holds that a person can choose among the lines.
func TestConflictListsItsLines(t *testing.T) {
	t.Parallel()
	second := line(9, businessID, "3")
	second.Description = "Passwords"
	s := Situation{Wants: Wants([]seats.Usage{known(1, 5, store.Business)}), Additions: []connectwise.Addition{line(8, businessID, "2"), second}}
	want := []store.Candidate{
		{AdditionID: 8, Quantity: plantest.Quantity("2"), EffectiveDate: "2025-01-01"},
		{AdditionID: 9, Quantity: plantest.Quantity("3"), EffectiveDate: "2025-01-01", Description: "Passwords"},
	}
	if diff := cmp.Diff(want, Plan(s, products(), date("2026-11-01"))[0].Candidates); diff != "" {
		t.Error(diff)
	}
}

// TestWarnings holds what is said of a line that is written all the same.
func TestWarnings(t *testing.T) {
	t.Parallel()
	free, silent, included := line(9, businessID, "4"), line(9, businessID, "4"), line(9, businessID, "4")
	free.BillCustomer, silent.BillCustomer, included.LessIncluded = "DoNotBill", "", plantest.Quantity("2")
	written := bound(businessID, 9, "4")
	written.WrittenAt = time.Date(2026, 10, 1, 0, 30, 0, 0, time.UTC)
	tests := []struct {
		name string
		line connectwise.Addition
		want string
	}{
		{"as it was left", line(9, businessID, "4"), ""},
		{"edited", line(9, businessID, "7"), "Edited in ConnectWise: it says 7, Seatbridge left 4 there on 1 October 2026 at 00:30 UTC."},
		{"not billed", free, "ConnectWise does not bill this addition: its bill customer setting is DoNotBill."},
		{"billed or not, it does not say", silent, ""},
		{"included", included, "2 of the quantity are included and not billed."},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			s := Situation{
				Wants: Wants([]seats.Usage{known(1, 5, store.Business)}), Additions: []connectwise.Addition{tt.line}, Lines: []store.Line{written},
			}
			if got := strings.Join(Plan(s, products(), date("2026-11-01"))[0].Warnings, " "); got != tt.want {
				t.Errorf("got %q, want %q", got, tt.want)
			}
		})
	}
}
