package connectwise

import (
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestConditions(t *testing.T) {
	t.Parallel()
	for _, test := range []struct{ got, want condition }{
		{and(), ""},
		{or(), ""},
		{and("", notDeleted, ""), "deletedFlag=False"},
		{and(notDeleted, anyOf("id", []int{3, 1})), "deletedFlag=False and id in (3,1)"},
		{anyOf("id", nil), ""},
		{equalsID("types/id", 5), "types/id=5"},
		{equalsText("identifier", `NP "Bus" \ [x]`), `identifier="NP \"Bus\" \\ [[]x]"`},
		{equalsText("identifier", "a\x00b\r\nc"), `identifier="a b  c"`},
		{and(or(containsText("identifier", "np"), containsText("description", "np")), anyOf("id", []int{1})),
			`(identifier contains "np" or description contains "np") and id in (1)`},
	} {
		if test.got != test.want {
			t.Errorf("got  %s\nwant %s", test.got, test.want)
		}
	}
}

func TestChunks(t *testing.T) {
	t.Parallel()
	if diff := cmp.Diff([][]int{nil}, chunks(nil, 10)); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([][]int{{1, 2, 3}, {10, 20}, {12345678901}}, chunks([]int{20, 3, 2, 1, 1, 10, 3, 12345678901}, 6)); diff != "" {
		t.Error(diff)
	}
}

func TestQueryEncoding(t *testing.T) {
	t.Parallel()
	query := url.Values{"conditions": {`name="A & B + 50% * 'x'" and id in (1,2)`}, "fields": {"id,type/id"}}
	encoded := encodeQuery(query)
	want := `conditions=name%3D%22A%20%26%20B%20%2B%2050%25%20%2A%20%27x%27%22%20and%20id%20in%20(1,2)&fields=id,type/id`
	if encoded != want {
		t.Errorf("got  %s\nwant %s", encoded, want)
	}
	back, err := url.ParseQuery(encoded)
	if diff := cmp.Diff(query, back); err != nil || diff != "" {
		t.Error(err, diff)
	}
}

// unquote reads a filter literal the way ConnectWise does, and returns what follows it.
func unquote(s string) (text, rest string, ok bool) {
	if !strings.HasPrefix(s, `"`) {
		return "", s, false
	}
	var b strings.Builder
	for i := 1; i < len(s); i++ {
		switch {
		case s[i] == '\\' && i+1 < len(s):
			i++
			b.WriteByte(s[i])
		case s[i] == '"':
			return b.String(), s[i+1:], true
		default:
			b.WriteByte(s[i])
		}
	}
	return "", s, false
}

func FuzzConditions(f *testing.F) {
	for _, seed := range []string{"NP-BUS", `"`, `\`, `\"`, `" or id>0 or "`, "[x]", "[[]", "a\x00b", "%+&*'", "\xff\xfe", "日本", strings.Repeat("x", 3000)} {
		f.Add(seed, uint16(3))
	}
	f.Fuzz(func(t *testing.T, value string, count uint16) {
		literal := quote(value)
		text, rest, ok := unquote(literal)
		if !ok || rest != "" {
			t.Fatalf("quote(%q) = %s: the literal ends elsewhere", value, literal)
		}
		want := strings.Map(func(r rune) rune {
			if r < ' ' || r >= 0x7f && r < 0xa0 {
				return ' '
			}
			return r
		}, strings.ToValidUTF8(value, ""))
		if got := strings.ReplaceAll(text, "[[]", "["); got != want {
			t.Fatalf("quote(%q) reads back as %q, want %q", value, got, want)
		}

		ids := make([]int, count%5000)
		for i := range ids {
			ids[i] = (i*7919 + len(value)) % 3_000_000
		}
		checkAddresses(t, ids, value)
	})
}

// checkAddresses asserts that every request a filter leads to is short enough or refused here, and asks for every id once.
func checkAddresses(t *testing.T, ids []int, search string) {
	t.Helper()
	c := newTestClient(t, func(cfg *Config) { cfg.Site = "https://psa.example" })
	base := "https://api-staging.connectwisedev.com/v4_6_release/apis/3.0"
	lists := map[string][]listing{
		"agreements": AgreementFilter{IDs: ids}.listings(),
		"companies":  CompanyFilter{IDs: ids, TypeIDs: ids[:min(len(ids), 50)], StatusIDs: ids[:min(len(ids), 30)]}.listings(),
		"catalog":    CatalogFilter{IDs: ids, Search: search}.listings(),
	}
	for name, listings := range lists {
		for _, l := range listings {
			req, err := c.newRequest(base, l.request(pageCursor{mode: forwardOnly, number: 123, last: 123456}))
			switch {
			case err != nil && (name != "catalog" || len(search) < 50):
				t.Fatalf("%s: %v", name, err)
			case err == nil && (len(req.URL.String()) > maxURL || len(req.URL.RequestURI()) > maxAfterHost):
				t.Fatalf("%s: %d characters", name, len(req.URL.String()))
			}
		}
	}
	var asked []int
	for _, part := range chunks(ids, maxConditions) {
		asked = append(asked, part...)
	}
	if want := distinct(ids); len(ids) > 0 && !slices.Equal(asked, want) {
		t.Fatalf("asked for %d of %d ids", len(asked), len(want))
	}
}

func TestAddressesStayShort(t *testing.T) {
	t.Parallel()
	ids := make([]int, 5000)
	for i := range ids {
		ids[i] = 10_000_000 + i*37
	}
	checkAddresses(t, ids, "NordPass Business – пароль")
}
