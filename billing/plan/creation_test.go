package plan

import (
	"strings"
	"testing"
	"time"

	"github.com/shopspring/decimal"

	"seatbridge/billing/plan/plantest"
	"seatbridge/connectwise"
	"seatbridge/store"
)

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
	kept := neighbour(line(21, businessID, "6"))
	kept.Mapped = true
	several := neighbour(line(21, businessID, "6"), line(22, businessID, "4"))
	several.Mapped, several.Lines = true, []store.Line{bound(businessID, 22, "4")}
	sent := store.Change{AgreementID: 9, Agreement: "Old", After: decimal.NewNullDecimal(plantest.Quantity("1")), SentAt: noon}
	ours, others := sent, sent
	ours.Shares, others.Shares = []store.Share{{OrganizationID: 7}}, []store.Share{{OrganizationID: 8}}
	tests := []struct {
		name string
		s    Situation
		want string
	}{
		{"nothing", Situation{}, ""},
		{"ended with seats", Situation{Additions: []connectwise.Addition{ended(line(8, businessID, "12"), "2026-11-20")}},
			"ended 8 Line no. 8 with 12 seats was ended on 20 November 2026."},
		{"ended with one seat, by somebody", Situation{
			Additions: []connectwise.Addition{ended(line(8, businessID, "1"), "2026-11-20")},
			Around:    Around{Audits: map[int]connectwise.AuditEntry{8: {EnteredBy: "jdoe", EnteredAt: noon}}},
		}, "ended 8 Line no. 8 with 1 seat was ended on 20 November 2026. It was last changed by jdoe on 20 October 2026 at 12:00 UTC."},
		{"ended at 0", Situation{Additions: []connectwise.Addition{ended(line(8, businessID, "0"), "2026-11-20")}}, ""},
		{"ended, of another product", Situation{Additions: []connectwise.Addition{ended(line(8, enterpriseID, "12"), "2026-11-20")}}, ""},
		{"ending today", Situation{Additions: []connectwise.Addition{ended(line(8, businessID, "12"), "2026-11-24")}}, ""},
		{"deleted", Situation{Listing: Listing{Deleted: []store.Line{bound(businessID, 8, "12")}}}, "gone 8 Line no. 8 was deleted in ConnectWise"},
		{"deleted, of another product", Situation{Listing: Listing{Deleted: []store.Line{bound(enterpriseID, 8, "12")}}}, ""},
		{"a twin of the product", Situation{Additions: []connectwise.Addition{named(line(8, 77, "12"), "np bus")}},
			"second 8 Line no. 8 of np bus with 12 seats is open on this agreement"},
		{"elsewhere", Situation{Around: Around{Others: []Neighbour{neighbour(line(21, businessID, "6"))}}},
			"elsewhere 21 The agreement Sister (no. 2) has line no. 21 of"},
		{"elsewhere at 0", Situation{Around: Around{Others: []Neighbour{neighbour(line(21, businessID, "0"))}}}, ""},
		{"elsewhere and ended", Situation{Around: Around{Others: []Neighbour{neighbour(ended(line(21, businessID, "6"), "2026-11-20"))}}}, ""},
		{"elsewhere and kept", Situation{Around: Around{Others: []Neighbour{kept}}}, ""},
		{"elsewhere beside the one that is kept", Situation{Around: Around{Others: []Neighbour{several}}}, "elsewhere 21 "},
		{"sent elsewhere", Situation{Around: Around{Sent: []store.Change{ours}}},
			"elsewhere 0 A line with 1 seat was sent to the agreement Old on 20 October 2026 at 12:00 UTC"},
		{"sent elsewhere for others", Situation{Around: Around{Sent: []store.Change{others}}}, ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			got := ""
			for _, f := range FoundAround(tt.s, []store.Change{create}, today) {
				if !f.Holds || f.Answered || f.Facts == "" || f.Advice == "" || f.AgreementID != 1 || f.ProductID != businessID {
					t.Errorf("%+v does not hold the line, or says too little", f)
				}
				got += string(f.Subject) + " " + decimal.NewFromInt(int64(f.AdditionID)).String() + " " + f.Sentence
			}
			if !strings.HasPrefix(got, tt.want) || (got == "") != (tt.want == "") {
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
	s := Situation{Additions: []connectwise.Addition{ended(line(8, businessID, "12"), "2026-11-20")}}
	f := FoundAround(s, []store.Change{create}, today)[0]
	for facts, want := range map[string]bool{f.Facts: true, "ended 2026-11-19 with 12": false, "": false} {
		s.Answers = map[store.FindingKey]string{f.Key(): facts}
		if got := FoundAround(s, []store.Change{create}, today)[0].Answered; got != want {
			t.Errorf("answered %q: %v, want %v", facts, got, want)
		}
	}
}

// TestUnreliable holds when a list is not the whole one.
func TestUnreliable(t *testing.T) {
	t.Parallel()
	for want, l := range map[string]Listing{
		"": {Checked: true, Shown: 2, Counted: 2},
		"ConnectWise's list of additions lacks line no. 8, which is there; nothing is created until it is whole.":    {Lacking: []int{8}},
		"ConnectWise's list of additions has 1 of the 2 lines that it counts; nothing is created until it is whole.": {Checked: true, Shown: 1, Counted: 2},
	} {
		if got := l.Unreliable(); got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
	if got := (Listing{Checked: true, Shown: 3, Counted: 2}).Unreliable(); got != "" {
		t.Errorf("a row that came between the list and its count: %q", got)
	}
}

// TestANewLineStartsAfterTheEndedOne holds the day on which a new line starts beside lines that were ended.
func TestANewLineStartsAfterTheEndedOne(t *testing.T) {
	t.Parallel()
	first := connectwise.Date{Year: 2026, Month: time.November, Day: 1}
	for want, days := range map[string][]string{
		"2026-11-01": {"2026-10-31", "2026-10-01"},
		"2026-11-02": {"2026-11-01"},
		"2026-11-21": {"2026-11-10", "2026-11-20", "2026-11-05"},
	} {
		var lines []connectwise.Addition
		for _, day := range days {
			lines = append(lines, ended(line(8, businessID, "1"), day))
		}
		if got := startsAfter(first, lines).String(); got != want {
			t.Errorf("after %q: %s, want %s", days, got, want)
		}
	}
}

// TestLanded holds which addition a creation made whose outcome nobody saw.
func TestLanded(t *testing.T) {
	t.Parallel()
	sent := store.Change{ProductID: businessID, After: decimal.NewNullDecimal(plantest.Quantity("5")), SentAt: noon}
	entered := func(a connectwise.Addition, after time.Duration) connectwise.Addition {
		a.DateEntered = noon.Add(after)
		return a
	}
	tests := []struct {
		name      string
		additions []connectwise.Addition
		bound     []store.Line
		want      int
	}{
		{"nothing", nil, nil, 0},
		{"the line", []connectwise.Addition{line(9, businessID, "5")}, nil, 9},
		{"the line, edited since", []connectwise.Addition{line(9, businessID, "6")}, nil, 9},
		{"the line, ended since", []connectwise.Addition{entered(ended(line(9, businessID, "5"), "2026-10-20"), 0)}, nil, 9},
		{"another product's", []connectwise.Addition{line(9, enterpriseID, "5")}, nil, 0},
		{"of two the one that says what was sent", []connectwise.Addition{line(8, businessID, "3"), line(9, businessID, "5")}, nil, 9},
		{"of two that say so, nobody knows", []connectwise.Addition{line(8, businessID, "5"), line(9, businessID, "5")}, nil, 0},
		{"the one that was bound before", []connectwise.Addition{line(9, businessID, "5")}, []store.Line{bound(businessID, 9, "5")}, 0},
		{"an old one that was ended", []connectwise.Addition{ended(line(9, businessID, "5"), "2026-09-30")}, nil, 0},
		{"one that was entered long before", []connectwise.Addition{entered(line(9, businessID, "5"), -time.Hour)}, nil, 0},
		{"one that was entered by a clock that is late", []connectwise.Addition{entered(line(9, businessID, "5"), -4*time.Minute)}, nil, 9},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			got, ok := Landed(sent, tt.additions, tt.bound)
			if got.ID != tt.want || ok != (tt.want != 0) {
				t.Errorf("got no. %d (%v), want no. %d", got.ID, ok, tt.want)
			}
		})
	}
}

// TestLost holds when what was sent may be created again: both an hour and two runs' readings have to say so.
func TestLost(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		looks int
		after time.Duration
		want  bool
	}{
		{0, 24 * time.Hour, false}, {1, 24 * time.Hour, false}, {2, time.Hour - time.Second, false}, {9, 59 * time.Minute, false},
		{2, time.Hour, true}, {3, 24 * time.Hour, true},
	} {
		if got := Lost(store.Change{Looks: tt.looks, SentAt: noon}, noon.Add(tt.after)); got != tt.want {
			t.Errorf("%d looks after %s: %v, want %v", tt.looks, tt.after, got, tt.want)
		}
	}
}

// TestALineThatMayAppearIsAwaited holds the words for what a line waits for.
func TestALineThatMayAppearIsAwaited(t *testing.T) {
	t.Parallel()
	sent := store.Change{ProductID: businessID, After: decimal.NewNullDecimal(plantest.Quantity("5")), SentAt: noon, Looks: 1}
	s := Situation{
		Wants: map[store.Plan]Want{store.Business: {Seats: 5}}, Sent: []store.Change{sent}, ReadAt: noon.Add(time.Hour),
		Found: connectwise.Agreement{Status: "Active", NoEndingDate: true},
	}
	got := Plan(s, products(), connectwise.Date{Year: 2026, Month: time.October, Day: 20})
	want := "A new line with 5 seats was sent to ConnectWise on 20 October 2026 at 12:00 UTC, and nobody saw what became of it. 1 later run did not find it."
	if len(got) != 1 || got[0].State != store.StateUnknown || got[0].Kind != store.KindNone || got[0].Reason != want {
		t.Errorf("got %+v\nwant it unknown: %q", got, want)
	}
	if !strings.Contains(got[0].Problem.Do, "not before 20 October 2026 at 13:00 UTC") {
		t.Errorf("what to do: %q", got[0].Problem.Do)
	}
	s.Sent[0].Looks = 2
	if got = Plan(s, products(), connectwise.Date{Year: 2026, Month: time.October, Day: 20}); got[0].Kind != store.KindCreate {
		t.Errorf("got %+v, want it created again", got)
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
		{"unmapped", func(g *store.Basis) { g.Mapped = nil }, "Acme was unmapped while the sync ran."},
		{"mapped elsewhere", func(g *store.Basis) { g.Mapped = map[int64]int{7: 2} }, "Acme was mapped to another agreement while the sync ran."},
		{"another product", func(g *store.Basis) { g.Products = map[int]store.Plan{99: store.Business} },
			"NordPass Business was mapped to another product while the sync ran."},
		{"nobody is on the plan, and nobody is mapped any more", func(g *store.Basis) { g.Change.Shares, g.Users = nil, nil },
			"The last organization of this agreement was unmapped while the sync ran."},
		{"an undo does not ask who is mapped", func(g *store.Basis) { g.Run.Kind, g.Mapped, g.Users = store.RunUndo, nil, nil }, ""},
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

// TestSettleAsksAgainForWhatWasFoundSince holds that an approved line is not written over what nobody saw when it was approved.
func TestSettleAsksAgainForWhatWasFoundSince(t *testing.T) {
	t.Parallel()
	finding := store.Finding{Subject: store.AboutElsewhere, AdditionID: 9, Facts: "6", Sentence: "Sister has 6.", Holds: true}
	more := finding
	more.Facts, more.Sentence = "7", "Sister has 7."
	answered := more
	answered.Answered = true
	for want, found := range map[string]store.Finding{"enter planned": finding, "finish stale": more, "enter planned ": answered} {
		old, fresh := lineChange(store.KindCreate, 0, "", "5"), lineChange(store.KindCreate, 0, "", "5")
		old.Found, fresh.Found = []store.Finding{finding}, []store.Finding{found}
		steps := Settle(Look{Plan: []store.Change{fresh}, Journal: []store.Change{old}, Applies: true})
		if got := showSteps(steps); !strings.HasPrefix(got, strings.TrimSpace(want)) {
			t.Errorf("found %q: %q, want %q", found.Sentence, got, want)
		}
		if c := steps[0].Change; c.State == store.StateStale && c.Reason != "Sister has 7." {
			t.Errorf("stale because %q", c.Reason)
		}
	}
}
