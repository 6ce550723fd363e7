package store

import (
	"testing"
	"time"

	"github.com/shopspring/decimal"
)

func day(s string) time.Time {
	d, err := time.Parse(time.DateOnly, s)
	if err != nil {
		panic(err)
	}
	return d
}

// billed maps an organization to agreement 101 of company 1 and binds a line of 14 to it; the answer is the organization.
func billed(t *testing.T, s *Store) Organization {
	t.Helper()
	connect(t, s)
	importCompaniesOf(t, s, 1)
	o := must[Organization](t)(s.CreateOrganization(t.Context(), Organization{
		Name: "Acme", Plan: Business, License: Standard, Managed: true, CreatedAt: t0,
	}))
	mapTo(t, s, o.ID, 1, 101)
	check(t, s.SaveProductMappings(t.Context(), []ProductMapping{
		{Plan: Business, ProductID: 71, Identifier: "NP-BUS"}, {Plan: Enterprise, ProductID: 72, Identifier: "NP-ENT"},
	}, day("2026-10-01")))
	check(t, s.SaveLine(t.Context(), Line{
		AgreementID: 101, ProductID: 71, Product: "NP-BUS", AdditionID: 9, UnitPrice: decimal.NewNullDecimal(decimal.RequireFromString("4.99")),
		Currency: "USD", Written: number(14), WrittenAt: day("2026-10-02"),
	}))
	return o
}

// found lists "subject facts" of the findings, answered ones or the others.
func found(t *testing.T, s *Store, f FindingFilter) []string {
	t.Helper()
	page, total, err := ReadingsIn(s).Findings(t.Context(), f)
	check(t, err)
	same(t, total, len(page))
	short := []string{}
	for _, k := range page {
		short = append(short, string(k.Subject)+" "+k.Facts)
	}
	return short
}

func TestFindingsKeepSinceWhen(t *testing.T) {
	t.Parallel()
	s := openTest(t)
	billed(t, s)
	readings := ReadingsIn(s)
	cycle := Finding{AgreementID: 101, CompanyID: 1, Subject: AboutCycle, Facts: "Annual", Sentence: "Yearly.", Holds: true}
	price := Finding{AgreementID: 101, CompanyID: 1, ProductID: 71, AdditionID: 9, Subject: AboutPrice, Facts: "price 0", Sentence: "Nothing."}
	read := func(on string, findings ...Finding) {
		check(t, readings.Keep(t.Context(), Read{AgreementID: 101, At: day(on), Findings: findings}))
	}
	read("2026-10-03", cycle)
	read("2026-10-03", cycle, price) // within the same second, too
	read("2026-10-04", price, cycle)
	same(t, found(t, s, FindingFilter{}), []string{"cycle Annual", "price price 0"})
	k := must[KnownFinding](t)(readings.Finding(t.Context(), cycle.Key()))
	if !k.Since.Equal(day("2026-10-03")) || !k.Holds || k.Sentence != "Yearly." {
		t.Errorf("it is kept as %+v", k)
	}
	same(t, found(t, s, FindingFilter{Subject: AboutPrice}), []string{"price price 0"})
	same(t, found(t, s, FindingFilter{AgreementID: 102}), []string{})
	same(t, found(t, s, FindingFilter{Search: "nobody"}), []string{})
	same(t, must[map[Subject]int](t)(readings.CountFindings(t.Context())), map[Subject]int{AboutCycle: 1, AboutPrice: 1})

	read("2026-10-05", price)
	_, err := readings.Finding(t.Context(), cycle.Key())
	wantErr(t, err, ErrNotFound)
	same(t, found(t, s, FindingFilter{}), []string{"price price 0"})
}

func TestAnswers(t *testing.T) {
	t.Parallel()
	s := openTest(t)
	o := billed(t, s)
	readings := ReadingsIn(s)
	cycle := Finding{AgreementID: 101, CompanyID: 1, Subject: AboutCycle, Facts: "Annual"}
	check(t, readings.Keep(t.Context(), Read{AgreementID: 101, At: day("2026-10-03"), Findings: []Finding{cycle}}))
	check(t, readings.Answer(t.Context(), Answer{
		Key: cycle.Key(), Facts: "Annual", Note: "paid in advance", By: "mira@example.com", At: day("2026-10-04"),
	}))
	same(t, found(t, s, FindingFilter{}), []string{})
	same(t, found(t, s, FindingFilter{Answered: true}), []string{"cycle Annual"})
	same(t, must[map[Subject]int](t)(readings.CountFindings(t.Context())), map[Subject]int{})
	same(t, must[map[FindingKey]string](t)(readings.Answers(t.Context())), map[FindingKey]string{cycle.Key(): "Annual"})
	k := must[KnownFinding](t)(readings.Finding(t.Context(), cycle.Key()))
	if k.Note != "paid in advance" || k.AnsweredBy != "mira@example.com" || !k.AnsweredAt.Equal(day("2026-10-04")) {
		t.Errorf("it was answered by %+v", k)
	}

	check(t, readings.WithdrawAnswer(t.Context(), cycle.Key()))
	same(t, found(t, s, FindingFilter{}), []string{"cycle Annual"})
	wantErr(t, readings.WithdrawAnswer(t.Context(), cycle.Key()), ErrNotFound)

	// What is known of an agreement that nobody is billed on says nothing.
	check(t, s.DeleteMapping(t.Context(), o.ID, t0))
	same(t, found(t, s, FindingFilter{}), []string{"unfed unmapped; 14"})
}

// TestUnfedLines has every way in which a line that Seatbridge wrote loses who feeds it, and back.
func TestUnfedLines(t *testing.T) {
	t.Parallel()
	unmap := func(t *testing.T, s *Store, o Organization) { check(t, s.DeleteMapping(t.Context(), o.ID, t0)) }
	sql := func(query string, args ...any) func(*testing.T, *Store, Organization) {
		return func(t *testing.T, s *Store, o Organization) {
			_, err := s.writer.ExecContext(t.Context(), query, args...)
			check(t, err)
		}
	}
	for name, c := range map[string]struct {
		deeds []func(*testing.T, *Store, Organization)
		want  string
	}{
		"mapped":            {nil, ""},
		"unmapped":          {[]func(*testing.T, *Store, Organization){unmap}, "unfed unmapped; 14"},
		"moved away":        {[]func(*testing.T, *Store, Organization){unmap, sql(`UPDATE lines SET release = TRUE`)}, "unfed released; 14"},
		"not managed":       {[]func(*testing.T, *Store, Organization){sql(`UPDATE organizations SET managed = FALSE`)}, "unfed unmanaged; 14"},
		"another product":   {[]func(*testing.T, *Store, Organization){sql(`UPDATE product_mappings SET product_id = 99 WHERE product_id = 71`)}, "unfed product; 14"},
		"unmapped, ended":   {[]func(*testing.T, *Store, Organization){unmap, sql(`UPDATE lines SET ended = '2026-11-20'`)}, ""},
		"unmapped, 0":       {[]func(*testing.T, *Store, Organization){unmap, sql(`UPDATE lines SET written_quantity = '0'`)}, ""},
		"unmapped, adopted": {[]func(*testing.T, *Store, Organization){unmap, sql(`UPDATE lines SET written_quantity = NULL`)}, ""},
		"unmapped, read as 0 since": {[]func(*testing.T, *Store, Organization){
			unmap, sql(`UPDATE lines SET read_quantity = '0', read_at = written_at + 1`),
		}, ""},
		"unmapped, read as 7 since": {[]func(*testing.T, *Store, Organization){
			unmap, sql(`UPDATE lines SET read_quantity = '7', read_at = written_at + 1`),
		}, "unfed unmapped; 7"},
		"unmapped, read before it was written": {[]func(*testing.T, *Store, Organization){
			unmap, sql(`UPDATE lines SET read_quantity = '7', read_at = written_at - 1`),
		}, "unfed unmapped; 14"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := openTest(t)
			o := billed(t, s)
			for _, deed := range c.deeds {
				deed(t, s, o)
			}
			want := []string{}
			if c.want != "" {
				want = []string{c.want}
			}
			same(t, found(t, s, FindingFilter{}), want)
			if c.want == "" {
				return
			}
			page, _, err := ReadingsIn(s).Findings(t.Context(), FindingFilter{Subject: AboutUnfed})
			check(t, err)
			f := page[0]
			if f.CompanyID != 1 || f.Agreement == "" || f.AdditionID != 9 || f.Product != "NP-BUS" || f.UnitPrice.Decimal.String() != "4.99" ||
				!f.Since.Equal(day("2026-10-02")) {
				t.Errorf("it is %+v", f.Finding)
			}
			check(t, ReadingsIn(s).Answer(t.Context(), Answer{Key: f.Key(), Facts: f.Facts, By: "mira@example.com", At: time.Now()}))
			same(t, found(t, s, FindingFilter{}), []string{})
			same(t, found(t, s, FindingFilter{Answered: true}), want)
			check(t, s.SaveLine(t.Context(), Line{
				AgreementID: 101, ProductID: 71, AdditionID: 9, Written: number(15), WrittenAt: time.Now(),
			}))
			if got := found(t, s, FindingFilter{}); c.want != "unfed released; 14" && len(got) != 1 {
				t.Errorf("of another quantity it is not asked again: %q", got)
			}
		})
	}
}
