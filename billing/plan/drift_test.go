package plan

import (
	"strings"
	"testing"

	"seatbridge/connectwise"
	"seatbridge/internal/moment"
	"seatbridge/store"
)

// readings is what one reading after the other says of an agreement whose terms change.
type readings struct {
	t       *testing.T
	terms   []store.BillingTerm
	answers map[store.FindingKey]string
	editors map[int]string
}

// read reads the agreement on a day and answers what it finds.
func (r *readings) read(day string, with func(s *Situation)) []store.Finding {
	r.t.Helper()
	s := usual()
	s.ReadAt, s.Terms, s.Answers, s.Editors = moment.At(day), r.terms, r.answers, r.editors
	with(&s)
	products := products()
	reading := Read(s, products, Plan(s, products, connectwise.DateOf(s.ReadAt)), connectwise.DateOf(s.ReadAt))
	r.terms = reading.Terms
	return reading.Findings
}

func prorated(s *Situation) { s.Found.Prorate = true }
func dearer(s *Situation)   { s.Additions[0].UnitPrice = some("4.20") }
func inEuro(s *Situation)   { s.Found.Currency = "EUR" }
func rebound(s *Situation)  { s.Additions[0].ID, s.Lines[0].AdditionID = 11, 11; dearer(s) }
func untold(s *Situation)   { s.Found.Currency = "" }

// A term that is another one than when it was first read is said, with both values, until it is changed back.
func TestDrift(t *testing.T) {
	t.Parallel()
	same := func(*Situation) {}
	for name, c := range map[string]struct {
		first, then func(*Situation)
		want, says  string
	}{
		"as it was":         {same, same, "", ""},
		"proration off":     {prorated, same, "drift prorate on → off", "Proration is off since 3 November 2026; before, it was on."},
		"proration on":      {same, prorated, "drift prorate off → on", "Proration is on since"},
		"price":             {same, dearer, "drift price 3.5 → 4.2", "The unit price is 4.2 since 3 November 2026; before, it was 3.5."},
		"currency":          {same, inEuro, "!currency currency USD → EUR", "is EUR since"},
		"of another line":   {same, rebound, "", ""},
		"not told any more": {same, untold, "", ""},
		"not told before":   {untold, same, "", ""},
	} {
		r := readings{t: t}
		if found := r.read("2026-11-01", c.first); len(found) > 0 {
			t.Errorf("%s: the first reading says %q", name, showFound(found))
		}
		found := r.read("2026-11-03", c.then)
		if got := showFound(found); got != c.want {
			t.Errorf("%s: %q, want %q", name, got, c.want)
			continue
		}
		if c.want == "" {
			continue
		}
		if !strings.Contains(found[0].Sentence, c.says) {
			t.Errorf("%s: says %q, want %q", name, found[0].Sentence, c.says)
		}
		if again := r.read("2026-11-05", c.then); showFound(again) != c.want || again[0].Sentence != found[0].Sentence {
			t.Errorf("%s: the next reading says %q, %q", name, showFound(again), again[0].Sentence)
		}
		if back := r.read("2026-11-07", c.first); len(back) > 0 {
			t.Errorf("%s: changed back it is %q", name, showFound(back))
		}
	}
}

// What drifted and is meant so is the value to compare with from then on; what drifts beside it is asked anew.
func TestDriftAnswered(t *testing.T) {
	t.Parallel()
	r := readings{t: t}
	r.read("2026-11-01", prorated)
	found := r.read("2026-11-03", func(*Situation) {})
	r.answers = map[store.FindingKey]string{found[0].Key(): found[0].Facts}
	if found = r.read("2026-11-04", func(*Situation) {}); !found[0].Answered {
		t.Errorf("answered, it is %+v", found[0])
	}
	if found = r.read("2026-11-05", func(s *Situation) { s.Found.BillProducts = "NoDefault" }); found[0].Answered ||
		showFound(found) != "drift products Billable → NoDefault; prorate on → off" {
		t.Errorf("with another term it is %q, answered %t", showFound(found), found[0].Answered)
	}
	if found = r.read("2026-11-06", prorated); showFound(found) != "drift prorate off → on" || found[0].Answered {
		t.Errorf("changed again, it is %q", showFound(found))
	}
}

// Terms of one line that drift, or of the agreement, are said together, and each apart from the others.
func TestDriftOfSeveral(t *testing.T) {
	t.Parallel()
	r := readings{t: t}
	both := func(s *Situation) {
		s.Additions = append(s.Additions, line(10, enterpriseID, "4"))
		s.Lines = append(s.Lines, bound(enterpriseID, 10, "4"))
		s.Wants[store.Enterprise] = Want{Seats: 4, Shares: s.Wants[store.Business].Shares}
	}
	r.read("2026-11-01", func(s *Situation) { both(s); s.Found.BillProducts = "NoDefault" })
	found := r.read("2026-11-03", func(s *Situation) {
		both(s)
		prorated(s)
		s.Additions[1].UnitPrice, s.Additions[1].BillCustomer = some("4.20"), ""
	})
	if got := showFound(found); got != "drift products NoDefault → Billable; prorate off → on, drift price 3.5 → 4.2" {
		t.Fatalf("it says %q", got)
	}
	const advice = "Change it back in ConnectWise, or say that it is meant so."
	if of, on := found[0], found[1]; of.AdditionID != 0 || of.Quantity.Valid || of.Advice != advice ||
		on.AdditionID != 10 || on.Product != "P" || on.Quantity.Decimal.String() != "4" || on.ProductID != enterpriseID {
		t.Errorf("it is about %+v and %+v", of, on)
	}
}

// Only the terms of lines that are there, and that somebody is to be billed by, are compared.
func TestTermsAreOfLinesThatAreKept(t *testing.T) {
	t.Parallel()
	names := func(with func(*Situation)) string {
		s := usual()
		with(&s)
		var of []string
		for _, term := range readTerms(s, Plan(s, products(), date("2026-11-20"))) {
			if term.ProductID != 0 {
				of = append(of, term.Name)
			}
		}
		return strings.Join(of, " ")
	}
	if got := names(func(*Situation) {}); got != "included customer price" {
		t.Errorf("of a line: %q", got)
	}
	if got := names(created); got != "" {
		t.Errorf("of a line that is to be created: %q", got)
	}
	former := func(s *Situation) { s.Additions[0].Product.ID, s.Lines[0].ProductID, s.Wants = 99, 99, nil }
	if got := names(former); got != "" {
		t.Errorf("of a line whose product is not mapped any more: %q", got)
	}
}

func TestEditor(t *testing.T) {
	t.Parallel()
	for want, c := range map[string][2]string{"": {"", "today"}, "by jdoe": {"jdoe", ""}, "by jdoe on Monday": {"jdoe", "Monday"}} {
		if got := Editor(c[0], c[1]); got != want {
			t.Errorf("%q: %q, want %q", c, got, want)
		}
	}
}

// Who changed something is asked once: where a term is new in this reading, or a quantity is not what Seatbridge left.
func TestUnexplained(t *testing.T) {
	t.Parallel()
	r := readings{t: t}
	r.read("2026-11-01", prorated)
	s := usual()
	s.ReadAt, s.Terms = moment.At("2026-11-03"), r.terms
	unexplained := func() []int { return Unexplained(s, Plan(s, products(), date("2026-11-03"))) }
	if got := unexplained(); len(got) != 1 || got[0] != 0 {
		t.Errorf("the agreement's proration changed: %v", got)
	}
	s.Additions[0].Quantity = some("14").Decimal
	if got := unexplained(); len(got) != 2 || got[0] != 9 {
		t.Errorf("the line was edited, too: %v", got)
	}
	s.Additions[0].UnitPrice = some("4.20")
	if got := unexplained(); len(got) != 2 {
		t.Errorf("the line was edited twice: %v", got)
	}
	known := s.Terms
	s.Terms = nil
	if got := unexplained(); len(got) != 1 || got[0] != 9 {
		t.Errorf("the first reading has nothing to compare with but the quantity: %v", got)
	}
	s.Terms = known
	s.Terms = readTerms(s, Plan(s, products(), date("2026-11-03")))
	s.ReadAt = moment.At("2026-11-04")
	if got := unexplained(); len(got) != 1 || got[0] != 9 {
		t.Errorf("the terms are not new any more: %v", got)
	}
	s.ReadAt, s.Terms = moment.At("2026-11-03"), known
	s.Editors = map[int]string{0: "by jdoe", 9: ""}
	if got := unexplained(); len(got) != 0 {
		t.Errorf("named already: %v", got)
	}

	r.editors = map[int]string{0: Editor("jdoe", "3 November 2026 at 14:02 UTC")}
	found := r.read("2026-11-03", func(*Situation) {})
	want := "before, it was on (changed by jdoe on 3 November 2026 at 14:02 UTC)."
	if !strings.HasSuffix(found[0].Sentence, want) {
		t.Errorf("says %q, want %q", found[0].Sentence, want)
	}
	r.editors = nil
	if again := r.read("2026-11-04", func(*Situation) {}); again[0].Sentence != found[0].Sentence {
		t.Errorf("the next reading forgot who it was: %q", again[0].Sentence)
	}
}

func TestUnfed(t *testing.T) {
	t.Parallel()
	for why, want := range map[string]string{
		store.UnfedUnmapped: "no organization is mapped", store.UnfedReleased: "are mapped elsewhere now",
		store.UnfedUnmanaged: "not managed by the MSP any more", store.UnfedProduct: "its product is not mapped any more",
	} {
		f := Unfed(store.Finding{AdditionID: 9, Product: "NP-BUS", Quantity: some("14"), Facts: joinParts(why, "14")})
		if !strings.HasPrefix(f.Sentence, "Line no. 9 of NP-BUS still bills 14, and ") || !strings.Contains(f.Sentence, want) || f.Advice == "" {
			t.Errorf("%s: %q, %q", why, f.Sentence, f.Advice)
		}
	}
}

// What the bound lines say is kept; one that is gone says 0.
func TestReadLines(t *testing.T) {
	t.Parallel()
	s := usual()
	s.ReadAt = moment.At("2026-11-03")
	s.Additions[0] = ended(line(9, businessID, "7"), "2026-11-30")
	got := readLines(s)[0]
	if got.Read.Decimal.String() != "7" || got.Ended != "2026-11-30" || got.UnitPrice.Decimal.String() != "3.5" || got.Currency != "USD" || got.Product != "P" ||
		!got.ReadAt.Equal(s.ReadAt) || got.Written.Decimal.String() != "12" {
		t.Errorf("it says %+v", got)
	}
	s.Additions, s.Lines[0].Product = nil, "NP-BUS"
	if got := readLines(s)[0]; !got.Read.Valid || !got.Read.Decimal.IsZero() || got.Product != "NP-BUS" {
		t.Errorf("gone, it says %+v", got)
	}
}
