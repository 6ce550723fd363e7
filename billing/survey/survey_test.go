package survey

import (
	"strings"
	"testing"
	"time"

	"github.com/shopspring/decimal"

	"seatbridge/billing/plan"
	"seatbridge/billing/plan/plantest"
	"seatbridge/connectwise"
	"seatbridge/store"
)

const (
	businessID   = 71
	enterpriseID = 72
)

var noon = time.Date(2026, time.October, 20, 12, 0, 0, 0, time.UTC)

func lines(all ...connectwise.Addition) []connectwise.Addition { return all }

func line(id, product int, quantity string) connectwise.Addition {
	return connectwise.Addition{
		ID: id, Product: connectwise.Reference{ID: product, Identifier: "P"}, Quantity: plantest.Quantity(quantity), BillCustomer: connectwise.Billable,
	}
}

// ended is an addition that ends on a day of November 2026.
func ended(a connectwise.Addition, day int) connectwise.Addition {
	a.CancelledDate = connectwise.Date{Year: 2026, Month: time.November, Day: day}
	return a
}

func bound(product, addition int) store.Line {
	return store.Line{AgreementID: 1, ProductID: product, AdditionID: addition, Written: decimal.NewNullDecimal(plantest.Quantity("12"))}
}

// neighbour is another agreement of the company with lines.
func neighbour(additions ...connectwise.Addition) Neighbour {
	return Neighbour{Agreement: connectwise.Agreement{ID: 2, Name: "Sister", Status: "Active", NoEndingDate: true}, Additions: additions}
}

func named(a connectwise.Addition, identifier string) connectwise.Addition {
	a.Product.Identifier = identifier
	return a
}

// TestFoundAround is what is said of a line to be created, by the lines that were found: the subject, the addition, and a part of
// the sentence.
func TestFoundAround(t *testing.T) {
	t.Parallel()
	today := connectwise.Date{Year: 2026, Month: time.November, Day: 24}
	create := store.Change{
		AgreementID: 1, CompanyID: 3, Company: "Acme", Agreement: "Services", Plan: store.Business, ProductID: businessID, Product: "NP-BUS",
		Kind: store.KindCreate, Shares: []store.Share{{OrganizationID: 7}},
	}
	update := create
	update.Kind = store.KindUpdate // around a line that is there nothing is looked for
	kept := neighbour(line(21, businessID, "6"))
	kept.Mapped = true
	several := neighbour(line(21, businessID, "6"), line(22, businessID, "4"))
	several.Mapped, several.Lines = true, []store.Line{bound(businessID, 22)}
	sent := store.Change{AgreementID: 9, Agreement: "Old", After: decimal.NewNullDecimal(plantest.Quantity("1")), SentAt: noon}
	ours, others := sent, sent
	ours.Shares, others.Shares = []store.Share{{OrganizationID: 7}}, []store.Share{{OrganizationID: 8}}
	last := ended(line(8, businessID, "12"), 20)
	last.UpdatedBy, last.LastUpdated = "ann", noon
	undated := ended(line(8, businessID, "12"), 20)
	undated.UpdatedBy = "ann"
	unsigned := ended(line(8, businessID, "12"), 20)
	unsigned.LastUpdated = noon
	left := bound(businessID, 8)
	left.WrittenAt = noon
	never := left
	never.Written = decimal.NullDecimal{}
	tests := []struct {
		name   string
		s      plan.Situation
		around Around
		want   string
	}{
		{"nothing", plan.Situation{}, Around{}, ""},
		{"ended with seats", plan.Situation{Additions: lines(ended(line(8, businessID, "12"), 20))}, Around{},
			"ended 8 Line no. 8 with 12 seats was ended on 20 November 2026."},
		{"ended with one seat, by somebody", plan.Situation{Additions: lines(ended(line(8, businessID, "1"), 20))},
			Around{Audits: map[int]connectwise.AuditEntry{8: {EnteredBy: "jdoe", EnteredAt: noon}}},
			"ended 8 Line no. 8 with 1 seat was ended on 20 November 2026. It was last changed by jdoe on 20 October 2026 at 12:00 UTC."},
		{"ended, as the line itself says by somebody", plan.Situation{Additions: lines(last)}, Around{},
			"ended 8 Line no. 8 with 12 seats was ended on 20 November 2026. It was last changed by ann on 20 October 2026 at 12:00 UTC."},
		{"ended, nobody knows when by somebody", plan.Situation{Additions: lines(undated)}, Around{},
			"ended 8 Line no. 8 with 12 seats was ended on 20 November 2026."},
		{"ended, nobody knows by whom", plan.Situation{Additions: lines(unsigned)}, Around{},
			"ended 8 Line no. 8 with 12 seats was ended on 20 November 2026."},
		{"deleted with seats", plan.Situation{Listing: plan.Listing{Deleted: []store.Line{left}}}, Around{},
			"gone 8 Line no. 8 was deleted in ConnectWise; Seatbridge left 12 there on 20 October 2026 at 12:00 UTC."},
		{"deleted, and never written", plan.Situation{Listing: plan.Listing{Deleted: []store.Line{never}}}, Around{},
			"gone 8 Line no. 8 was deleted in ConnectWise."},
		{"ended at 0", plan.Situation{Additions: lines(ended(line(8, businessID, "0"), 20))}, Around{}, ""},
		{"ended, of another product", plan.Situation{Additions: lines(ended(line(8, enterpriseID, "12"), 20))}, Around{}, ""},
		{"ending today", plan.Situation{Additions: lines(ended(line(8, businessID, "12"), 24))}, Around{}, ""},
		{"deleted", plan.Situation{Listing: plan.Listing{Deleted: []store.Line{bound(businessID, 8)}}}, Around{}, "gone 8 Line no. 8 was deleted in ConnectWise"},
		{"deleted, of another product", plan.Situation{Listing: plan.Listing{Deleted: []store.Line{bound(enterpriseID, 8)}}}, Around{}, ""},
		{"a twin of the product", plan.Situation{Additions: lines(named(line(8, 77, "12"), "np bus"))}, Around{},
			"second 8 Line no. 8 of np bus with 12 seats is open on this agreement"},
		{"elsewhere", plan.Situation{}, Around{Others: []Neighbour{neighbour(line(21, businessID, "6"))}},
			"elsewhere 21 The agreement Sister (no. 2) has line no. 21 of"},
		{"elsewhere at 0", plan.Situation{}, Around{Others: []Neighbour{neighbour(line(21, businessID, "0"))}}, ""},
		{"elsewhere and ended", plan.Situation{}, Around{Others: []Neighbour{neighbour(ended(line(21, businessID, "6"), 20))}}, ""},
		{"elsewhere and kept", plan.Situation{}, Around{Others: []Neighbour{kept}}, ""},
		{"elsewhere beside the one that is kept", plan.Situation{}, Around{Others: []Neighbour{several}}, "elsewhere 21 "},
		{"sent elsewhere", plan.Situation{}, Around{Sent: []store.Change{ours}},
			"elsewhere 0 A line with 1 seat was sent to the agreement Old on 20 October 2026 at 12:00 UTC"},
		{"sent elsewhere for others", plan.Situation{}, Around{Sent: []store.Change{others}}, ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			got := ""
			for _, f := range tt.around.Found(tt.s, []store.Change{create, update}, today) {
				if !f.Holds || f.Answered || f.Facts == "" || f.Advice == "" || f.AgreementID != 1 || f.ProductID != businessID {
					t.Errorf("%+v does not hold the line, or says too little", f)
				}
				got += string(f.Subject) + " " + decimal.NewFromInt(int64(f.AdditionID)).String() + " " + f.Sentence
			}
			whole := tt.want == "" || strings.HasSuffix(tt.want, ".")
			if !strings.HasPrefix(got, tt.want) || whole && got != tt.want {
				t.Errorf("got  %q\nwant %q", got, tt.want)
			}
		})
	}
}

// TestAnAnswerIsToFacts holds that what a person said is meant so is asked again when the facts are others.
func TestAnAnswerIsToFacts(t *testing.T) {
	t.Parallel()
	today := connectwise.Date{Year: 2026, Month: time.November, Day: 24}
	create := store.Change{AgreementID: 1, Plan: store.Business, ProductID: businessID, Product: "NP-BUS", Kind: store.KindCreate}
	s := plan.Situation{Additions: lines(ended(line(8, businessID, "12"), 20))}
	f := (Around{}).Found(s, []store.Change{create}, today)[0]
	for facts, want := range map[string]bool{f.Facts: true, "ended 2026-11-19 with 12": false, "": false} {
		s.Answers = map[store.FindingKey]string{f.Key(): facts}
		if got := (Around{}).Found(s, []store.Change{create}, today)[0].Answered; got != want {
			t.Errorf("answered %q: %v, want %v", facts, got, want)
		}
	}
}

// TestAgainst holds what ends a change whose ground is another one when its request is about to go out.
func TestAgainst(t *testing.T) {
	t.Parallel()
	change := store.Change{AgreementID: 1, ProductID: businessID, Plan: store.Business, Shares: []store.Share{{OrganizationID: 7, Organization: "Acme"}}}
	former := change
	former.Plan, former.Shares = "", nil
	ground := store.Basis{
		Change: change, Run: store.Run{Status: store.RunRunning, Kind: store.RunManual}, Mapped: map[int64]int{7: 1}, Users: []string{"Acme"},
		Products: map[int]store.Plan{businessID: store.Business, enterpriseID: store.Enterprise},
	}
	tests := []struct {
		name  string
		since func(g *store.Basis)
		want  string
	}{
		{"as it was", func(*store.Basis) {}, ""},
		{"the run was cancelled", func(g *store.Basis) { g.Run.Status = store.RunCancelled }, "The sync had ended."},
		{"the run is a preview", func(g *store.Basis) { g.Run.Preview = true }, "The sync had ended."},
		{"one is not managed any more", func(g *store.Basis) { g.Unmanaged = []string{"Acme"} },
			"Acme is not managed by the MSP any more; only MSP-managed organizations are synced."},
		{"unmapped", func(g *store.Basis) { g.Mapped = nil }, "Acme was unmapped while the sync ran."},
		{"mapped elsewhere", func(g *store.Basis) { g.Mapped = map[int64]int{7: 2} }, "Acme was mapped to another agreement while the sync ran."},
		{"another product", func(g *store.Basis) { g.Products = map[int]store.Plan{99: store.Business} },
			"NordPass Business was mapped to another product while the sync ran."},
		{"nobody is on the plan, and nobody is mapped any more", func(g *store.Basis) { g.Change.Shares, g.Users = nil, nil },
			"The last organization of this agreement was unmapped while the sync ran."},
		{"an undo does not ask who is mapped", func(g *store.Basis) { g.Run.Kind, g.Mapped, g.Users = store.RunUndo, nil, nil }, ""},
		{"an addition that a person named does not either", func(g *store.Basis) { g.Run.Addition, g.Mapped, g.Users = 9, nil, nil }, ""},
		{"nobody feeds the line", func(g *store.Basis) { g.Change, g.Users = former, nil }, ""},
		{"its product is not mapped", func(g *store.Basis) { g.Change, g.Products = former, map[int]store.Plan{99: store.Business} }, ""},
		{"somebody feeds it again", func(g *store.Basis) { g.Change = former }, "Acme was mapped to this agreement while the sync ran."},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			g := ground
			tt.since(&g)
			if got := Against(g); got != tt.want {
				t.Errorf("got %q, want %q", got, tt.want)
			}
		})
	}
}

// TestLagsBehind holds that a list may lack for an hour what was written, and nothing else.
func TestLagsBehind(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, time.October, 20, 12, 0, 0, 0, time.UTC)
	bound := []store.Line{{AdditionID: 1, WrittenAt: now.Add(-time.Hour)}, {AdditionID: 2, WrittenAt: now.Add(-time.Hour - 1)}}
	for want, listings := range map[bool][]plan.Listing{
		true:  {{Lacking: []int{1}}},
		false: {{}, {Lacking: []int{2}}, {Lacking: []int{1, 2}}, {Lacking: []int{3}}, {Counted: 2, Shown: 1}},
	} {
		for _, l := range listings {
			if got := LagsBehind(l, bound, now); got != want {
				t.Errorf("%+v: %t", l, got)
			}
		}
	}
}
