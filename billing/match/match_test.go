package match

import (
	"encoding/csv"
	"fmt"
	"math/rand/v2"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// A namePair is a row of testdata/names.csv: does this company name mean this organization?
type namePair struct{ company, organization string }

// labelled reads testdata/names.csv: one world of companies and organizations (equal names are one), and
// the pairs that are the same customer. Every other pair of the world is not.
func labelled(t testing.TB) (companies, organizations []Name, same map[namePair]bool) {
	t.Helper()
	f, err := os.Open("testdata/names.csv")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	rows, err := csv.NewReader(f).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	if len(rows) != 501 {
		t.Fatalf("names.csv has %d rows, want a header and 500 pairs", len(rows))
	}
	same = map[namePair]bool{}
	for _, row := range rows[1:] {
		companies, organizations = addName(companies, row[0]), addName(organizations, row[1])
		switch row[2] {
		case "yes":
			same[namePair{row[0], row[1]}] = true
		case "no":
		default:
			t.Fatalf("names.csv: %q is neither yes nor no", row[2])
		}
	}
	return companies, organizations, same
}

func addName(names []Name, name string) []Name {
	if slices.ContainsFunc(names, func(n Name) bool { return n.Name == name }) {
		return names
	}
	return append(names, Name{ID: int64(len(names) + 1), Name: name})
}

// The labelled set: every certain suggestion is right, and of the true pairs at least 85 % are found,
// that is, are their company's first suggestion, certain or not.
func TestFindLabelled(t *testing.T) {
	t.Parallel()
	companies, organizations, same := labelled(t)
	certain, found, right := 0, 0, 0
	first := map[int64]bool{}
	for _, s := range Find(companies, organizations) {
		pair := namePair{companies[s.CompanyID-1].Name, organizations[s.OrganizationID-1].Name}
		isFirst := !first[s.CompanyID]
		first[s.CompanyID] = true
		if s.Certain {
			certain++
			if same[pair] {
				right++
			} else {
				t.Errorf("certain but wrong: %q and %q (%d, %s)", pair.company, pair.organization, s.Score, s.Reason)
			}
		}
		if isFirst && same[pair] {
			found++
		}
	}
	t.Logf("%d true pairs: %d found (%.1f %%), %d certain (%.1f %%); %d certain suggestions, %d right",
		len(same), found, percent(found, len(same)), right, percent(right, len(same)), certain, right)
	if percent(found, len(same)) < 85 {
		t.Errorf("found %d of %d true pairs, want 85 %%", found, len(same))
	}
}

func percent(part, whole int) float64 { return 100 * float64(part) / float64(whole) }

func names(list ...string) []Name {
	var all []Name
	for i, name := range list {
		all = append(all, Name{ID: int64(i + 1), Name: name})
	}
	return all
}

func TestFindPair(t *testing.T) {
	t.Parallel()
	tests := []struct {
		company, organization string
		want                  string // score, certain or doubtful, reason; empty: no suggestion
	}{
		{"Contoso", "Contoso", `100 certain: Same name`},
		{"Contoso", "contoso!", `100 certain: Same name, written differently`},
		{"Contoso Ltd.", "Contoso", `98 certain: Same name apart from "Ltd"`},
		{"Contoso Limited", "CONTOSO LTD", `100 certain: Same name, written differently`},
		{"Blue Sky Inc", "BlueSky", `95 certain: Same name apart from "Inc" and spaces`},
		{"Müller Bau GmbH", "Mueller Bau GmbH", `100 certain: Same name apart from accents`},
		{"Harbor Dental Clinic", "Clinic Harbor Dental", `95 certain: Same name apart from word order`},
		{"Taylor Morgan", "Morgan Taylor", `86 doubtful: Same name apart from word order`},
		{"No Where", "Now Here", `80 doubtful: Same name apart from spaces`},
		{"Contoso GmbH", "Contoso AG", `88 doubtful: Same name, but one is "AG", the other "GmbH"`},
		{"Contoso Spa", "Contoso", `94 doubtful: Same name apart from "Spa"`},
		{"SAS Contoso", "Contoso", `94 doubtful: Same name apart from "SAS"`},
		{"Contoso Berlin Dental", "Contoso Paris Dental", `42 doubtful: "Berlin" in one name, "Paris" in the other`},
		{"Acme 1", "Acme 2", ``},
		{"Contoso", "Contoso Berlin", `54 doubtful: "Berlin" is in one name only`},
		{"Nordhafen", "Nordhaven", `65 doubtful: Similar spelling: "Nordhafen" and "Nordhaven"`},
		{"Global Heron Data Exchange", "GHDX", ``},
		{"Global Heron Data Xchange", "GHDX", `55 doubtful: "GHDX" may be the initials`},
		{"A & B Plumbing", "AB Plumbing", ``},
		{"Ann E Smith", "Anne Smith", `80 doubtful: Same name apart from spaces`},
		{"T W Hasker", "TW Hasker", `97 certain: Same name apart from spaces`},
		{"Unit 4 Block 7", "Unit 7 Block 4", `86 doubtful: Same name apart from word order`},
		{"Studio 1 2", "Studio 12", `68 doubtful: "1 2" in one name, "12" in the other`},
		{"Generation Y Ltd", "Generation Ltd", `57 doubtful: "Y" is in one name only`},
		{"Fabrikam", "Contoso", ``},
		{"!!!", "???", ``},
		{"", "", ``},
		{"<b>Contoso</b>", "Contoso", ``},
		{"Smith &amp; Sons", "Smith & Sons", `100 certain: Same name, written differently`},
		{"PT Services Ltd", "PT Services", `98 certain: Same name apart from "Ltd"`},
		{"AB Contoso", "Contoso AB", `100 certain: Same name, written differently`},
		{"AB Contoso GmbH", "Contoso AB GmbH", `100 certain: Same name, written differently`},
		{"PT Contoso Ltd", "Contoso Ltd", `94 doubtful: Same name apart from "PT"`},
		{"Contoso GmbH & Co. KG", "Contoso GmbHCoKG", `100 certain: Same name, written differently`},
		{"Contoso LTD", "CONTOSO Ltd", `100 certain: Same name apart from capitals`},
		{"Contoso Intl", "Contoso International", `100 certain: Same name, written differently`},
		{"Müller Jörg", "Mueller Jorg", `78 doubtful: Similar spelling`},
		{"Müller Berlin", "Müller", `54 doubtful: "Berlin" is in one name only`},
		{"Öl Berlin", "Öl", `54 doubtful: "Berlin" is in one name only`},
		{"Mueller Berlin", "Müller", `60 doubtful: "Berlin" is in one name only`},
		{"BlueSky", "Blue Sky", `97 certain: Same name apart from spaces`},
		{"Studio 1", "Studio1", `97 certain: Same name apart from spaces`},
		{"J Li Trading", "JLi Trading", `80 doubtful: Same name apart from spaces`},
		{"Smith & Jones", "SmithJones", `78 doubtful: "Jones" is in one name only`},
		{"The & Blue Sky", "BlueSky", `97 certain: Same name apart from spaces`},
		{"& Harbor Dental Clinic", "Clinic Harbor Dental", `95 certain: Same name apart from word order`},
		{"Harbor & Dental Clinic", "Dental Clinic Harbor", `86 doubtful: Same name apart from word order`},
		{"Dental Clinic Harbor", "Harbor & Dental Clinic", `86 doubtful: Same name apart from word order`},
		{"Contoso Berlin GmbH", "Contoso AG", `49 doubtful: "Berlin" is in one name only`},
		{"Contoso Dental Berlin 1", "Contoso Dental Berlin", `57 doubtful: "1" is in one name only`},
		{"Contoso Dental Berlin", "Contoso Dental Berlin 1", `57 doubtful: "1" is in one name only`},
		{"Contoso Dental Berlin", "1 Contoso Dental Berlin Care", `49 doubtful: "1 Care" is in one name only`},
		{"1 Contoso Dental Berlin Care", "Contoso Dental Berlin", `49 doubtful: "1 Care" is in one name only`},
		{"GHDX", "Global Heron Data Xchange", `55 doubtful: "GHDX" may be the initials`},
		{"Global Heron Data", "Great Hill Dentists", ``},
		{"Blue Sky", "Blueskye", `63 doubtful: "Sky" is in one name only`},
		{"Contoso Dental Care Berlin Mitte GmbH", "Contoso Dental Care Paris AG", `40 doubtful: "Berlin Mitte" in one name, "Paris" in the other`},
		{"Contoso Dental Care Berlin Mitte Nord Ost", "Contoso Dental Care Paris", ``},
		{words(40, "Paris"), words(40, "Berlin"), `74 doubtful: "Berlin" in one name, "Paris" in the other`},
		{words(41, "Paris"), words(40, "Berlin"), ``}, // too long to be compared
		{words(41, "Paris"), words(41, "Paris"), `100 certain: Same name`},
	}
	for _, test := range tests {
		got := ""
		for _, s := range Find(names(test.company), names(test.organization)) {
			sure := map[bool]string{true: "certain", false: "doubtful"}[s.Certain]
			got = fmt.Sprintf("%d %s: %s", s.Score, sure, s.Reason)
		}
		if got != test.want {
			t.Errorf("%q and %q:\n got %s\nwant %s", test.company, test.organization, got, test.want)
		}
	}
}

// words makes up a name of that many words.
func words(n int, last string) string { return strings.Repeat("Contoso ", n-1) + last }

// Where a third name fits, nothing is certain: neither side may have two of the same words whose legal
// forms do not tell them apart.
func TestFindCertainOnlyIfUnambiguous(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name                     string
		companies, organizations []Name
		want                     []string // certain
	}{
		{"both legal forms on both sides", names("Acme GmbH", "Acme AG"), names("ACME AG", "ACME G.m.b.H."), []string{"Acme GmbH = ACME G.m.b.H.", "Acme AG = ACME AG"}},
		{"no legal form on one side", names("Acme"), names("Acme GmbH", "Acme AG"), nil},
		{"no legal form on the other side", names("Acme GmbH", "Acme AG"), names("Acme"), nil},
		{"a third company of another form", names("Acme", "Acme AG"), names("Acme GmbH"), nil},
		{"the wrong form only", names("Acme GmbH"), names("Acme AG"), nil},
		{"one with and one without", names("Acme GmbH"), names("Acme GmbH", "Acme"), nil},
		{"company twice", names("Acme Ltd", "ACME Limited"), names("Acme"), nil},
		{"organization twice", names("Blue Sky"), names("BlueSky", "Blue-Sky"), nil},
		{"with and without umlaut", names("Müller"), names("Muller", "Mueller"), nil},
		{"cities", names("Acme Berlin", "Acme Paris"), names("Acme Paris Ltd", "Acme Berlin Ltd"), []string{"Acme Berlin = Acme Berlin Ltd", "Acme Paris = Acme Paris Ltd"}},
		{"part of another name", names("Acme", "Acme Cloud"), names("Acme Cloud Services"), nil},
		{"part of another name, both there", names("Acme", "Acme Cloud"), names("Acme Cloud", "Acme"), []string{"Acme = Acme", "Acme Cloud = Acme Cloud"}},
		{"identifier of another company", []Name{{ID: 1, Name: "Acme"}, {ID: 2, Name: "Zenith", Aliases: []string{"ACME"}}}, names("Acme"), nil},
		{"identifier only", []Name{{ID: 1, Name: "Zenith Trading", Aliases: []string{"acme"}}}, names("Acme"), nil},
		{"identifier of another company, of another form", []Name{{ID: 1, Name: "Acme GmbH"}, {ID: 2, Name: "Zenith", Aliases: []string{"Acme AG"}}}, names("Acme GmbH"), []string{"Acme GmbH = Acme GmbH"}},
		{"names without a word", names("!!!"), names("???"), nil},
		{"more of another form than are looked at", names("Acme GmbH"), names(append(slices.Repeat([]string{"Acme AG"}, 20), "Acme GmbH")...), []string{"Acme GmbH = Acme GmbH"}},
		{"own identifier", []Name{{ID: 1, Name: "Acme Ltd", Aliases: []string{"Acme"}}}, names("Acme"), []string{"Acme Ltd = Acme"}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			var got []string
			for _, s := range Find(test.companies, test.organizations) {
				if s.Certain {
					got = append(got, test.companies[s.CompanyID-1].Name+" = "+test.organizations[s.OrganizationID-1].Name)
				}
			}
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Errorf("certain suggestions (-want +got):\n%s", diff)
			}
		})
	}
}

func TestFindByIdentifier(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name                  string
		company, organization Name
		want                  string
	}{
		{"the same", Name{Name: "Zenith Trading 1998", Aliases: []string{"acme"}}, Name{Name: "Acme"}, "85 Same identifier, other name"},
		{"run together", Name{Name: "Zenith Trading 1998", Aliases: []string{"BrightWorks"}}, Name{Name: "Bright Works Ltd"}, "85 Same identifier, other name"},
		{"in another order", Name{Name: "Zenith Trading 1998", Aliases: []string{"Taylor Morgan"}}, Name{Name: "Morgan Taylor"}, ""},
		{"of both", Name{Name: "Zenith", Aliases: []string{"A7"}}, Name{Name: "Acme", Aliases: []string{"a7"}}, "85 Same identifier, other name"},
		{"without a word", Name{Name: "Acme Berlin", Aliases: []string{"!!!"}}, Name{Name: "Acme", Aliases: []string{"???"}}, `54 "Berlin" is in one name only`},
		{"in another order, and a name without a word", Name{Name: "!!!", Aliases: []string{"Taylor Morgan"}}, Name{Name: "Morgan Taylor"}, ""},
	}
	for _, test := range tests {
		got := ""
		for _, s := range Find([]Name{test.company}, []Name{test.organization}) {
			got = fmt.Sprintf("%d %s", s.Score, s.Reason)
			if s.Certain {
				t.Errorf("%s: an identifier alone is certain", test.name)
			}
		}
		if got != test.want {
			t.Errorf("%s: %q, want %q", test.name, got, test.want)
		}
	}
}

// Initials are said where nothing better can be.
func TestFindByInitials(t *testing.T) {
	t.Parallel()
	for others, want := range map[int]string{2: `55 "GNU" may be the initials`, 3: `56 "Not Unix" is in one name only`} {
		got := Find(names("GNU"), names(append([]string{"Gnu Not Unix"}, slices.Repeat([]string{"Not Unix"}, others)...)...))
		if s := fmt.Sprintf("%d %s", got[0].Score, got[0].Reason); s != want {
			t.Errorf("beside %d others: %s, want %s", others, s, want)
		}
	}
}

// What is doubtful anyway is not doubtful for others' sake.
func TestFindDoubtfulTwice(t *testing.T) {
	t.Parallel()
	for _, s := range Find(names("Contoso Spa"), names("Contoso", "Contoso Inc")) {
		if strings.Contains(s.Reason, "another name") {
			t.Errorf("suggestion %+v", s)
		}
	}
	got := Find(names("Contoso"), names("Contoso", "Contoso", "Contoso", "Contoso"))
	want := Suggestion{CompanyID: 1, OrganizationID: 1, Score: 100, Reason: "Same name, but another name fits as well"}
	if len(got) != 3 || got[0] != want {
		t.Errorf("of four equal names these are suggested: %+v", got)
	}
}

// The rarer a word in common, the likelier.
func TestFindByRareWord(t *testing.T) {
	t.Parallel()
	var all []string
	for i := range 40 {
		all = append(all, fmt.Sprintf("Dental Care %c%c", 'F'+i%8, 'F'+i/8))
	}
	got := Find(names("Quillmark Dental Care", "Bramblegate Dental"), names(append(all, "Quillmark Logistics", "Bramblegatt Foods")...))
	at := func(id, company int64) bool {
		return slices.ContainsFunc(got, func(s Suggestion) bool { return s.OrganizationID == id && s.CompanyID == company })
	}
	if !at(41, 1) || !at(42, 2) {
		t.Errorf("suggested are %+v", got)
	}
}

// Looked at are those that share the most, and no more than a few; where a word is only similar, less is shared.
func TestByWords(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name, company string
		organizations []string
		want          []int64
	}{
		{"the shorter first", "Quillmark", []string{"Quillmark Logistics Berlin Nord", "Quillmark"}, []int64{2, 1}},
		{"the same word first", "Dental Quill", []string{"Dentel", "Dental"}, []int64{2, 1}},
		{"equal ones in order, once", "Dental Care", slices.Repeat([]string{"Dental Care"}, 40), []int64{1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12}},
	} {
		m := newMatcher(names(test.company), names(test.organizations...))
		for range 2 { // which leaves nothing behind
			var got []int64
			for _, o := range m.byWords(m.companies[0]) {
				got = append(got, o.id)
			}
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Errorf("%s (-want +got):\n%s", test.name, diff)
			}
		}
	}
}

// Words that everybody has lead to nobody, unless a name has no others.
func TestTelling(t *testing.T) {
	t.Parallel()
	holders := func(n int, name string) []string { return slices.Repeat([]string{name}, n) }
	for _, test := range []struct {
		name          string
		company       string
		organizations []string
		want          []string
	}{
		{"as many as lead to candidates", "Dental Rare", holders(commonWord, "Dental"), []string{"dentalrare", "rare", "dental"}},
		{"one more", "Dental Rare", holders(commonWord+1, "Dental"), []string{"dentalrare", "rare"}},
		{"all of them", "Dental Care", holders(commonWord+1, "Dental Care"), []string{"care"}},
		{"the only one", "Dental", holders(commonWord+1, "Dental"), []string{"dental"}},
	} {
		m := newMatcher(names(test.company), names(test.organizations...))
		var got []string
		for _, id := range m.telling(m.companies[0]) {
			got = append(got, m.words[id])
		}
		if diff := cmp.Diff(test.want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", test.name, diff)
		}
	}
}

func TestNearWords(t *testing.T) {
	t.Parallel()
	near := func(organizations ...string) (found []string) {
		m := newMatcher(names("Dentel"), names(organizations...))
		for _, id := range m.nearWords(m.wordIDs["dentel"]) {
			found = append(found, m.words[id])
		}
		slices.Sort(found)
		return found
	}
	for _, test := range []struct {
		name          string
		organizations []string
		want          []string
	}{
		{"itself is not near", []string{"Dentel", "Dental", "Dentels", "Oak"}, []string{"dental", "dentels"}},
		{"each once", []string{"Edntel", "Xentel"}, []string{"edntel", "xentel"}}, // the first shares two hashes
		{"what everybody has", slices.Repeat([]string{"Dental"}, commonWord), []string{"dental"}},
		{"what more have", slices.Repeat([]string{"Dental"}, commonWord+1), nil},
	} {
		if diff := cmp.Diff(test.want, near(test.organizations...)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", test.name, diff)
		}
	}
	m := newMatcher(names("Dentel", "Dental"), names("Oak"))
	if got := m.nearWords(m.wordIDs["dentel"]); got != nil {
		t.Errorf("words of companies lead to organizations: %v", got)
	}
}

// The names are the caller's.
func TestFindLeavesInput(t *testing.T) {
	t.Parallel()
	companies := []Name{{ID: 2, Name: "B"}, {ID: 1, Name: "A"}}
	if got := Find(companies, companies); companies[0].ID != 2 || got[0].CompanyID != 1 {
		t.Errorf("the companies are %v, suggestions %+v", companies, got)
	}
}

func TestFindShape(t *testing.T) {
	t.Parallel()
	companies, organizations, _ := labelled(t)
	perCompany := map[int64]int{}
	certainOrganization := map[int64]bool{}
	var last Suggestion
	for _, s := range Find(companies, organizations) {
		perCompany[s.CompanyID]++
		if n := perCompany[s.CompanyID]; n > 3 {
			t.Errorf("company %d has %d suggestions", s.CompanyID, n)
		} else if n > 1 && (s.Certain || s.Score > last.Score) {
			t.Errorf("company %d: %+v comes after %+v", s.CompanyID, s, last)
		}
		if s.CompanyID < last.CompanyID {
			t.Errorf("company %d comes after %d", s.CompanyID, last.CompanyID)
		}
		if s.Certain && certainOrganization[s.OrganizationID] {
			t.Errorf("organization %d is certain for two companies", s.OrganizationID)
		}
		certainOrganization[s.OrganizationID] = certainOrganization[s.OrganizationID] || s.Certain
		if s.Score < 1 || s.Score > 100 || s.Reason == "" {
			t.Errorf("unusable suggestion %+v", s)
		}
		last = s
	}
}

// Swapping the sides leaves what is certain and what is said of a pair; only which three of a name's
// doubtful ones are shown depends on the side.
func TestFindSymmetric(t *testing.T) {
	t.Parallel()
	companies, organizations, _ := labelled(t)
	type verdict struct {
		score   int
		certain bool
		reason  string
	}
	swapped, certainSwapped := map[[2]int64]verdict{}, 0
	for _, s := range Find(organizations, companies) {
		swapped[[2]int64{s.OrganizationID, s.CompanyID}] = verdict{s.Score, s.Certain, s.Reason}
		if s.Certain {
			certainSwapped++
		}
	}
	both, certain := 0, 0
	for _, s := range Find(companies, organizations) {
		got, ok := swapped[[2]int64{s.CompanyID, s.OrganizationID}]
		if want := (verdict{s.Score, s.Certain, s.Reason}); ok && got != want {
			t.Errorf("%q and %q: %v, swapped %v", companies[s.CompanyID-1].Name, organizations[s.OrganizationID-1].Name, want, got)
		}
		if ok {
			both++
		}
		if s.Certain {
			certain++
			if !ok {
				t.Errorf("%q and %q are certain, but not if swapped", companies[s.CompanyID-1].Name, organizations[s.OrganizationID-1].Name)
			}
		}
	}
	if certain != certainSwapped || both < certain {
		t.Errorf("%d certain, swapped %d; %d pairs in both", certain, certainSwapped, both)
	}
}

func TestFindIgnoresInputOrder(t *testing.T) {
	t.Parallel()
	companies, organizations, _ := labelled(t)
	want := Find(companies, organizations)
	for seed := range uint64(5) {
		random := rand.New(rand.NewPCG(seed, 0))
		random.Shuffle(len(companies), func(i, j int) { companies[i], companies[j] = companies[j], companies[i] })
		random.Shuffle(len(organizations), func(i, j int) {
			organizations[i], organizations[j] = organizations[j], organizations[i]
		})
		if diff := cmp.Diff(want, Find(companies, organizations)); diff != "" {
			t.Fatalf("after shuffling with seed %d (-want +got):\n%s", seed, diff)
		}
	}
}

// Thousands of equal names are nobody's certain match, and must not take a comparison each.
func TestFindManyEqualNames(t *testing.T) {
	t.Parallel()
	var companies, organizations []Name
	for id := range int64(1000) {
		companies = append(companies, Name{ID: id, Name: "Acme GmbH"})
		organizations = append(organizations, Name{ID: id, Name: "Acme"})
	}
	got := Find(companies, organizations)
	if len(got) != 3000 {
		t.Errorf("%d suggestions, want three for each of 1000", len(got))
	}
	if slices.ContainsFunc(got, func(s Suggestion) bool { return s.Certain }) {
		t.Error("one of many equal names is certain")
	}
}

func TestRead(t *testing.T) {
	t.Parallel()
	tests := map[string]string{
		"Contoso Ltd.":                        "contoso",
		"The Contoso Company, Inc.":           "contoso",
		"CONTOSO G.m.b.H. & Co. KG":           "contoso",
		"Contoso Sp. z o. o.":                 "contoso",
		"Contoso S. de R.L. de C.V.":          "contoso",
		"UAB „Contoso“":                       "contoso",
		"Contoso GmbH Berlin":                 "contoso berlin",
		"Contoso (Pty) Limited":               "contoso",
		"Contoso Fund II LP":                  "contoso fund ii",
		"Smith &amp; Sons":                    "smith & sons",
		"Smith &amp;amp; Sons":                "smith & sons",
		"Rossi e Figli S.r.l.":                "rossi & figli",
		"Generation Y Media":                  "generation y media",
		"St. Mary Main St":                    "saint mary main street",
		"O’Brien's":                           "obriens",
		"A.B.C. 1.5":                          "abc 1 5",
		"C++ School":                          "c++ school",
		"C# #1":                               "c# 1",
		"Straße Łódź Smørrebrød":              "strasse lodz smorrebrod",
		"Blue\u200bSky\u00a0Intl":             "bluesky international",
		"ｆｕｌｌ Ｗｉｄｔｈ":                          "full width",
		"株式会社青嶺":                              "青嶺",
		"ООО «Фонарь»":                        "фонарь",
		"The Contoso":                         "contoso",
		"GmbH Contoso":                        "contoso",
		"Contoso & Corp":                      "contoso",
		"Contoso & GmbH":                      "contoso",
		"Contoso G.mbH Berlin":                "contoso berlin",
		"SARL St. Marie Ltd":                  "saint marie",
		"Mt. Hood Dental":                     "mount hood dental",
		"Hood Mt. Dental":                     "hood mt dental",
		"Smith and Sons":                      "smith & sons",
		"Smith and Jones Berlin":              "smith & jones berlin",
		"Smith and the Jones":                 "smith & jones",
		"Smith & The Jones":                   "smith & jones",
		"Contoso the Cloud":                   "contoso cloud",
		"Und Sons":                            "und sons",
		"Rossi Bianchi Figli":                 "rossi bianchi figli",
		"Smith + Jones":                       "smith & jones",
		"Smith&Jones":                         "smith & jones",
		"A.+ Jones":                           "a & jones",
		"Suite#5":                             "suite 5",
		"F.lli Rossi":                         "fratelli rossi",
		"C.D.Contoso":                         "cd contoso",
		"Contoso.com":                         "contoso com",
		"&foobar; Contoso":                    "foobar contoso",
		"Contoso™ Berlin":                     "contoso berlin",
		"Voilà":                               "voila",
		"a\u036fb":                            "ab",
		"\u093f Contoso":                      "contoso",
		"हिन्दी":                              "हिन्दी",
		"한국":                                  "한국",
		words(mostWords, "Ltd"):               strings.ToLower(words(mostWords-1, "Contoso")),
		words(mostWords+1, "Ltd"):             strings.ToLower(words(mostWords+1, "Ltd")),
		"Ltd":                                 "ltd",
		"The":                                 "the",
		"& Co":                                "co",
		"<script>alert(1)</script>":           "script alert 1 script",
		"\xff\xfeContoso\x00":                 "contoso",
		"":                                    "",
		" \t\n!?":                             "",
		strings.Repeat("Contoso Ltd ", 1_000): strings.TrimSpace(strings.Repeat("contoso ltd ", 1_000)),
	}
	for name, want := range tests {
		if got := normalised(name); got != want {
			t.Errorf("read(%.60q) = %.60q, want %.60q", name, got, want)
		}
	}
}

// normalised is a name as read understands it, in one line. "And" in any language is "&".
func normalised(name string) string {
	r := read(name)
	var text strings.Builder
	for i, w := range r.words {
		if i > 0 && w.linked {
			text.WriteString(" &")
		}
		if i > 0 {
			text.WriteByte(' ')
		}
		text.WriteString(w.key)
	}
	return text.String()
}

func TestReadIdempotent(t *testing.T) {
	t.Parallel()
	companies, organizations, _ := labelled(t)
	for _, n := range slices.Concat(companies, organizations) {
		once := normalised(n.Name)
		if twice := normalised(once); twice != once {
			t.Errorf("%q becomes %q, then %q", n.Name, once, twice)
		}
	}
}

// Written out, an abbreviation must not be one itself, or a legal form, or "and".
func TestAbbreviationsEnd(t *testing.T) {
	t.Parallel()
	for short, long := range abbreviations {
		if abbreviations[long] != "" || legalForms[long] != "" || ands[long] || shortAnds[long] {
			t.Errorf("%q is short for %q, which means something else too", short, long)
		}
	}
}

func TestLegalFormTables(t *testing.T) {
	t.Parallel()
	for _, table := range []map[string]bool{leadingForms, wordLikeLeadingForms, wordLikeForms, unmistakableForms} {
		for form := range table {
			if legalForms[form] == "" {
				t.Errorf("%q is not in the table of legal forms", form)
			}
		}
	}
}

func FuzzRead(f *testing.F) {
	companies, organizations, _ := labelled(f)
	for _, n := range slices.Concat(companies, organizations) {
		f.Add(n.Name)
	}
	f.Add("& and & y Hijos & Co. KG S. A. ltd")
	f.Add("&#38;amp; İ ŉ ǰ ΐ ﬀ Ⅷ ½ ㈱ ﷺ \u0345 \u1e9e C++#+ \u0300")
	f.Fuzz(func(t *testing.T, name string) {
		once := normalised(name)
		if twice := normalised(once); twice != once {
			t.Errorf("%q becomes %q, then %q", name, once, twice)
		}
		Find([]Name{{ID: 1, Name: name}}, []Name{{ID: 2, Name: once}})
	})
}

func BenchmarkFind(b *testing.B) {
	companies, organizations := manyNames(5000, 4000)
	b.ReportAllocs()
	for b.Loop() {
		Find(companies, organizations)
	}
}

// manyNames makes up customers as an MSP has them: a rare word or two, a trade, sometimes a place, and a
// legal form that is not written the same way on both sides.
func manyNames(companies, organizations int) (cs, os []Name) {
	random := rand.New(rand.NewPCG(1, 2))
	pick := func(list string) string {
		words := strings.Split(list, "|")
		return words[random.IntN(len(words))]
	}
	const (
		starts = "Arden|Bramble|Calder|Dun|Elm|Fern|Grim|Harrow|Iron|Juniper|Kestrel|Lark|Mer|North|Oak|Pel|Quill|Raven|Stone|Thorn|Under|Vale|West|Yar"
		ends   = "brook|gate|moor|wick|field|stead|haven|combe|ridge|mark|lane|crest|hollow|bury|well|wood|ton|dale|shaw|mere"
		trades = "Dental|Logistics|Systems|Legal|Properties|Foods|Care|Engineering|Media|Services|Solutions|Group|Consulting|Energy|Insurance|Partners"
		places = "||||||Berlin|Leeds|Lyon|Texas|North|South"
		forms  = "|| Ltd| Limited| Inc.| LLC| GmbH| AG| B.V.| S.r.l.| UAB"
	)
	for id := range int64(companies) {
		core := strings.Join(strings.Fields(pick(starts)+pick(ends)+" "+pick(starts)+" "+pick(trades)+" "+pick(places)), " ")
		cs = append(cs, Name{ID: id + 1, Name: core + pick(forms), Aliases: []string{strings.ReplaceAll(core, " ", "")}})
		if len(os) < organizations {
			os = append(os, Name{ID: id + 1, Name: strings.ToUpper(core) + pick(forms)})
		}
	}
	return cs, os
}
