package match

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestEditDistance(t *testing.T) {
	t.Parallel()
	longest := strings.Repeat("a", longestName)
	for _, test := range []struct {
		a, b string
		want int
	}{
		{"", "", 0},
		{"abc", "", 3},
		{"same", "same", 0},
		{"abcd", "abxd", 1},
		{"abcd", "acbd", 1}, // neighbours change places
		{"ab", "ba", 1},
		{"ab", "ca", 2},
		{"ab", "bc", 2},
		{"abcd", "badc", 2},
		{"abcd", "bcd", 1},
		{"abcd", "abc", 1},
		{"kitten", "sitting", 3},
		{"sunday", "saturday", 3},
		{"müller", "muller", 1},
		{longest, longest[1:] + "b", 1},
	} {
		if got, back := editDistance([]rune(test.a), []rune(test.b)), editDistance([]rune(test.b), []rune(test.a)); got != test.want || back != test.want {
			t.Errorf("from %q to %q there are %d edits, back %d, want %d", test.a, test.b, got, back, test.want)
		}
	}
}

func TestTypoPercent(t *testing.T) {
	t.Parallel()
	long := func(n int, end string) string { return strings.Repeat("o", n-len(end)) + end }
	for _, test := range []struct {
		a, b string
		want int
	}{
		{"vale", "vane", 63},
		{"oak", "oat", 0}, // too short to be told from another word
		{"oak", "oaks", 0},
		{"vale", "vales", 70},
		{"vale", "voxe", 0},
		{"lakeside", "lakesxyz", 0},
		{"lakeside", "lakesixy", 0}, // two edits need nine letters
		{"lakeside", "lakesidexy", 0},
		{"lakesides", "lakesidxy", 67},
		{"lakesides", "lakesidesxy", 73},
		{"lakesides", "lakesixyz", 0},
		{"lakesides", "lakesidesxyz", 0},
		{"unit1", "unit2", 0}, // numbers have no typos
		{"unit1", "unix1", 70},
		{long(43, "ab"), long(43, "xy"), 94},
		{long(longestName, "a"), long(longestName, "b"), 99},
		{long(longestName+1, "a"), long(longestName+1, "b"), 0},
		{long(longestName, "a"), long(longestName, "a") + "b", 0},
	} {
		if got, back := typoPercent(test.a, test.b), typoPercent(test.b, test.a); got != test.want || back != test.want {
			t.Errorf("%q and %q are alike by %d %%, the other way round by %d %%, want %d", test.a, test.b, got, back, test.want)
		}
	}
}

func TestCutPercent(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		a, b string
		want int
	}{
		{"tech", "technologies", 60},
		{"tec", "technologies", 60},
		{"te", "technologies", 0},
		{"été", "étéssima", 60},
		{"éé", "ééssima", 0},
		{"tech", "biotech", 0},
		{"unit1", "unit12", 0},
	} {
		if got, back := cutPercent(test.a, test.b), cutPercent(test.b, test.a); got != test.want || back != test.want {
			t.Errorf("%q and %q are alike by %d %%, the other way round by %d %%, want %d", test.a, test.b, got, back, test.want)
		}
	}
}

// Each word is paired once, the most alike first.
func TestAlikeWords(t *testing.T) {
	t.Parallel()
	var got []string
	for _, p := range alikeWords(split("Tech Techno Technology"), split("Technologie Technologies Techniques")) {
		got = append(got, fmt.Sprintf("%s, %s: %d", p.a.written, p.b.written, p.percent))
	}
	want := []string{"Technology, Technologie: 73", "Tech, Techniques: 60", "Techno, Technologies: 60"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("pairs (-want +got):\n%s", diff)
	}
}

func TestReasonOfDifference(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		d    wordDiff
		want string
	}{
		{wordDiff{a: []string{"Paris"}, b: []string{"Berlin", "Mitte"}}, `"Berlin Mitte" in one name, "Paris" in the other`},
		{wordDiff{a: []string{"Paris"}}, `"Paris" is in one name only`},
		{wordDiff{b: []string{"Paris"}}, `"Paris" is in one name only`},
		{wordDiff{alike: []wordPair{{a: word{written: "Nordhaven"}, b: word{written: "Nordhafen"}}}}, `Similar spelling: "Nordhafen" and "Nordhaven"`},
		{wordDiff{}, `Similar spelling`},
	} {
		if got := test.d.reason(); got != test.want {
			t.Errorf("%+v: %s, want %s", test.d, got, test.want)
		}
	}
}

func TestPhrase(t *testing.T) {
	t.Parallel()
	forty := strings.Repeat("ä", 40)
	for words, want := range map[string]string{forty: forty, forty + "b": forty + "…", "Blue Sky": "Blue Sky"} {
		if got := phrase(strings.Fields(words)); got != want {
			t.Errorf("%q is cut to %q, want %q", words, got, want)
		}
	}
}

func TestListed(t *testing.T) {
	t.Parallel()
	for want, parts := range map[string][]string{
		"": nil, "spaces": {"spaces"}, "spaces and accents": {"spaces", "accents"}, `"Ltd", spaces and accents`: {`"Ltd"`, "spaces", "accents"},
	} {
		if got := listed(parts); got != want {
			t.Errorf("%q are listed as %q, want %q", parts, got, want)
		}
	}
}

// Words that differ by one edit have something in common that leads from one to the other.
func TestWithoutOneLetter(t *testing.T) {
	t.Parallel()
	if got := hashWithout([]rune("xfoobar"), 0); got != 0x85944171f73967e8 { // as published for FNV-1a
		t.Errorf("the hash of foobar is %x", got)
	}
	longest := strings.Repeat("ab", 20)
	for word, want := range map[string]int{"oak": 0, "vale": 5, "hall": 4, "abc1": 0, longest: 41, longest + "c": 0} {
		if got := len(withoutOneLetter(word)); got != want {
			t.Errorf("%q leads to others by %d hashes, want %d", word, got, want)
		}
	}
	for _, test := range []struct {
		a, b string
		want bool
	}{
		{"vale", "vane", true}, {"vale", "vales", true}, {"vales", "vale", true}, {"vale", "avle", true}, {"vale", "vane's", false}, {"vale", "oaks", false},
	} {
		others := withoutOneLetter(test.b)
		if got := slices.ContainsFunc(withoutOneLetter(test.a), func(h uint64) bool { return slices.Contains(others, h) }); got != test.want {
			t.Errorf("%q leads to %q: %v", test.a, test.b, got)
		}
	}
}

// Run together, other numbers and other partners must not become the same.
func TestJoinedKey(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]string{
		"Blue Sky":         "bluesky",
		"Studio 1":         "studio1",
		"1 Studio":         "1studio",
		"1 2 Studio":       "1 2studio",
		"Studio 1 2":       "studio1 2",
		"A & B":            "a&b",
		"Smith & Jones":    "smith&jones",
		"The & Blue Sky":   "bluesky",
		"The & 1st & Last": "1st&last",
	} {
		if got := joinedKey(read(name).words); got != want {
			t.Errorf("%q is run together as %q, want %q", name, got, want)
		}
	}
}
