package cwsim_test

import (
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"seatbridge/connectwise/cwsim"
)

var forwardOnly = func(r *http.Request) { r.Header.Set("pagination-type", "forward-only") }

// links reads a Link header into relation and query.
func links(t *testing.T, header string) map[string]url.Values {
	t.Helper()
	found := map[string]url.Values{}
	for _, m := range regexp.MustCompile(`<([^>]*)>; rel="(\w+)"`).FindAllStringSubmatch(header, -1) {
		u, err := url.Parse(m[1])
		if err != nil {
			t.Fatal(err)
		}
		found[m[2]] = u.Query()
	}
	return found
}

func TestNavigablePaging(t *testing.T) {
	t.Parallel()
	s := start(t, cwsim.Config{Companies: 60})

	first := s.call("GET", "/company/companies", nil)
	if n := len(decode[[]record](t, first, 200)); n != 25 {
		t.Errorf("the default page has %d rows", n)
	}
	l := links(t, first.header.Get("Link"))
	if l["first"].Get("page") != "1" || l["next"].Get("page") != "2" || l["last"].Get("page") != "3" || l["prev"] != nil {
		t.Errorf("page 1 links %v", l)
	}
	last := s.call("GET", "/company/companies?pageSize=25&page=3&orderBy=id+asc", nil)
	if n := len(decode[[]record](t, last, 200)); n != 10 {
		t.Errorf("the last page has %d rows", n)
	}
	l = links(t, last.header.Get("Link"))
	if l["next"] != nil || l["prev"].Get("page") != "2" || l["prev"].Get("orderBy") != "id asc" {
		t.Errorf("page 3 links %v", l)
	}
	past := s.call("GET", "/company/companies?page=9", nil)
	if n := len(decode[[]record](t, past, 200)); n != 0 {
		t.Errorf("a page past the end has %d rows", n)
	}
	s.call("GET", "/company/companies?pageSize=many", nil).expect(t, 400, "pageSize")
}

func TestForwardOnlyPaging(t *testing.T) {
	t.Parallel()
	s := start(t, cwsim.Config{Companies: 60})
	var ids []float64
	query, calls := url.Values{"pageSize": {"25"}, "page": {"9"}}, 0 // page is ignored
	for {
		calls++
		r := s.call("GET", "/company/companies?"+query.Encode(), nil, forwardOnly)
		for _, c := range decode[[]record](t, r, 200) {
			ids = append(ids, c["id"].(float64))
		}
		header, present := r.header["Link"]
		if !present {
			t.Fatal("there is no Link header")
		}
		next := links(t, header[0])["next"]
		if next == nil {
			if header[0] != "" {
				t.Errorf("the last Link is %q", header[0])
			}
			break
		}
		if next.Get("pageId") != fmt.Sprint(ids[len(ids)-1]) {
			t.Errorf("next pageId is %s after %v", next.Get("pageId"), ids[len(ids)-1])
		}
		query = next
	}
	if calls != 3 || len(ids) != 60 || !slices.IsSorted(ids) {
		t.Errorf("%d calls found %d companies, sorted %v", calls, len(ids), slices.IsSorted(ids))
	}
	s.call("GET", "/company/companies?orderBy=id+asc", nil, forwardOnly).expect(t, 400, "forward-only")
}

func TestPagesEndAtOneThousand(t *testing.T) {
	t.Parallel()
	s := start(t, cwsim.Config{Companies: 1100})
	if n := len(get[[]record](s, "/company/companies", "pageSize", "5000", "fields", "id")); n != 1000 {
		t.Errorf("a page has %d rows", n)
	}
	if n := get[record](s, "/company/companies/count")["count"]; n != 1100.0 {
		t.Errorf("count is %v", n)
	}
}

func TestFiltersOnRecords(t *testing.T) {
	t.Parallel()
	s := start(t, cwsim.Config{Companies: 120})
	count := func(path string, query ...string) float64 {
		t.Helper()
		n := get[record](s, path+"/count", query...)["count"].(float64)
		list := get[[]record](s, path, append(query, "pageSize", "1000")...)
		if int(n) != len(list) {
			t.Errorf("%s %v: count is %v, the list has %d", path, query, n, len(list))
		}
		return n
	}
	expected := func(keep func(cwsim.Company) bool) (n float64) {
		for _, c := range s.Companies() {
			if keep(c) {
				n++
			}
		}
		return n
	}
	for _, c := range []struct {
		query []string
		keep  func(cwsim.Company) bool
	}{
		{[]string{"conditions", "deletedFlag=false"}, func(c cwsim.Company) bool { return !c.Deleted }},
		{[]string{"conditions", `status/name="Active" and deletedFlag=False`}, func(c cwsim.Company) bool { return c.StatusID == 1 && !c.Deleted }},
		{[]string{"conditions", "status/id in (2,3)"}, func(c cwsim.Company) bool { return c.StatusID == 2 || c.StatusID == 3 }},
		{[]string{"childConditions", "types/id=2"}, func(c cwsim.Company) bool { return slices.Contains(c.TypeIDs, 2) }},
		{[]string{"childConditions", "types/id=2 or types/id=4"}, func(c cwsim.Company) bool {
			return slices.Contains(c.TypeIDs, 2) || slices.Contains(c.TypeIDs, 4)
		}},
		{[]string{"customFieldConditions", `caption="Onboarding tier" AND value="Gold"`}, func(c cwsim.Company) bool { return c.ID%3 == 2 }},
		{[]string{"conditions", `name="Twin Birches Dental"`}, func(c cwsim.Company) bool { return c.Name == "Twin Birches Dental" }},
		{[]string{"conditions", "parentCompany=null"}, func(cwsim.Company) bool { return true }},
	} {
		want := expected(c.keep)
		if got := count("/company/companies", c.query...); got != want || want == 0 {
			t.Errorf("%v finds %v, want %v", c.query, got, want)
		}
	}
	agreements := s.Agreements(0)
	if got := count("/finance/agreements", "conditions", fmt.Sprintf("company/id=%d and cancelledFlag=false", agreements[0].CompanyID)); got < 1 {
		t.Errorf("%v agreements of the company are found", got)
	}
	for query, text := range map[string]string{
		"conditions=types/id=2":                      "ApiFindCondition",
		"conditions=nothing=2":                       "ApiFindCondition",
		"conditions=deletedFlag=5":                   "Expected a boolean value, not a numeric",
		"childConditions=types/id+in+(2)":            "not supported",
		"childConditions=status/id=2":                "ApiFindCondition",
		"customFieldConditions=caption+in+(%22a%22)": "not supported",
		"orderBy=nothing":                            "ApiFindCondition",
		"orderBy=id+sideways":                        "ApiFindCondition",
		"fields=id,nothing":                          "ApiFindCondition",
	} {
		s.call("GET", "/company/companies?"+query, nil).expect(t, 400, text)
	}
}

func TestOrder(t *testing.T) {
	t.Parallel()
	s := start(t, cwsim.Config{Companies: 50})
	var names []string
	for _, c := range get[[]record](s, "/company/companies", "orderBy", "name desc, id asc", "pageSize", "1000") {
		names = append(names, strings.ToLower(c["name"].(string)))
	}
	if !slices.IsSortedFunc(names, func(a, b string) int { return strings.Compare(b, a) }) {
		t.Errorf("not in descending order: %q", names)
	}
}

func TestFields(t *testing.T) {
	t.Parallel()
	s := start(t, cwsim.Config{Companies: 30})
	id := s.Agreements(0)[0].ID
	path := fmt.Sprintf("/finance/agreements/%d", id)
	r := get[record](s, path, "fields", "id,name,company/id,type/name")
	if len(r) != 4 || len(r["company"].(record)) != 1 || len(r["type"].(record)) != 1 {
		t.Errorf("the record has other fields: %v", r)
	}
	if _, there := get[record](s, path, "fields", "id,_info")["_info"]; !there {
		t.Error("_info is missing though asked for")
	}
	whole := get[record](s, path)
	if _, there := whole["_info"].(record)["lastUpdated"]; !there {
		t.Error("the whole record has no _info")
	}
	if len(get[record](s, path, "fields", "company")["company"].(record)) < 3 {
		t.Error("a whole reference was cut")
	}
	s.call("GET", path+"?fields=nothing", nil).expect(t, 400, "ApiFindCondition")
}

// Every object has fields that nobody knows, lines end in CRLF, and quantities keep their decimals.
func TestForm(t *testing.T) {
	t.Parallel()
	s := start(t, cwsim.Config{Companies: 30})
	r := s.call("GET", "/company/companies?pageSize=1", nil)
	if strings.Count(r.body, "previewState") < 3 || !strings.Contains(r.body, "[\r\n  {\r\n    \"id\": ") {
		t.Errorf("the form is another: %.300q", r.body)
	}
	for _, name := range []string{"x-cw-request-id", "x-server-name", "api-current-version"} {
		if r.header.Get(name) == "" {
			t.Errorf("header %s is missing", name)
		}
	}
	agreement, addition := openLine(s)
	s.SetQuantity(agreement, addition, "3.125", "someone")
	s.call("GET", fmt.Sprintf("/finance/agreements/%d/additions/%d", agreement, addition), nil).expect(t, 200, `"quantity": 3.125,`)
	s.SetQuantity(agreement, addition, "4", "someone")
	s.call("GET", fmt.Sprintf("/finance/agreements/%d/additions/%d", agreement, addition), nil).expect(t, 200, `"quantity": 4.00,`)
}

func TestAgreementStatusFollowsTheClock(t *testing.T) {
	t.Parallel()
	s, a := world(t, cwsim.Assumptions{})
	s.UpdateAgreement(a.ID, func(a *cwsim.Agreement) { a.Start, a.End = date(2026, 2, 1), date(2026, 4, 30) })
	path := fmt.Sprintf("/finance/agreements/%d", a.ID)
	for now, want := range map[time.Time]string{
		date(2026, 1, 31): "Inactive", date(2026, 2, 1): "Active",
		date(2026, 4, 30).Add(23 * time.Hour): "Active", date(2026, 5, 1): "Expired",
	} {
		s.SetClock(at(now))
		if got := get[record](s, path)["agreementStatus"]; got != want {
			t.Errorf("on %s the status is %v, want %s", now, got, want)
		}
	}
	s.CancelAgreement(a.ID, date(2026, 4, 2))
	for now, want := range map[time.Time]string{date(2026, 4, 1): "Active", date(2026, 4, 2): "Cancelled", date(2026, 5, 1): "Cancelled"} {
		s.SetClock(at(now))
		if got := s.Agreement(a.ID).Status; got != want {
			t.Errorf("on %s the cancelled agreement is %s, want %s", now, got, want)
		}
	}
}

func TestTypeAssociations(t *testing.T) {
	t.Parallel()
	s := start(t, cwsim.Config{Companies: -1, Assumptions: cwsim.Assumptions{TypesElsewhere: true}})
	c := s.AddCompany(cwsim.Company{Name: "Testwick Mills", TypeIDs: []int{1, 2}})
	path := fmt.Sprintf("/company/companies/%d", c.ID)
	if types := get[record](s, path)["types"].([]any); len(types) != 0 {
		t.Errorf("types are %v", types)
	}
	var ids []any
	for _, a := range get[[]record](s, path+"/typeAssociations") {
		ids = append(ids, a["type"].(record)["id"])
	}
	if fmt.Sprint(ids) != "[1 2]" {
		t.Errorf("the associations are %v", ids)
	}
}

// Switches that change what is read.
func TestReadingSwitches(t *testing.T) {
	t.Parallel()
	s := start(t, cwsim.Config{Companies: 30})
	agreement, addition := openLine(s)
	s.UpdateAddition(agreement, addition, func(a *cwsim.Addition) {
		a.LessIncluded, a.Effective, a.Cancelled = a.Quantity, date(2026, 11, 1), date(2026, 11, 2)
	})
	line := fmt.Sprintf("/finance/agreements/%d/additions/%d", agreement, addition)
	for name, test := range map[string]struct {
		allow  cwsim.Assumptions
		path   string
		status int
		before string // with all switches off
		after  string
	}{
		"billedQuantity":  {cwsim.Assumptions{BilledIsQuantity: true}, line + "?fields=billedQuantity", 200, `"billedQuantity": 0.00`, `"billedQuantity": ` + s.Additions(agreement)[0].Quantity.StringFixed(2)},
		"agreementStatus": {cwsim.Assumptions{AdditionStatusOwn: true}, line + "?fields=agreementStatus", 200, "Active", "Cancelled"},
		"nulls":           {cwsim.Assumptions{EmptyAsNull: true}, line + "?fields=serialNumber", 200, "{}", `"serialNumber": null`},
		"fields":          {cwsim.Assumptions{UnknownFieldsEmpty: true}, "/company/companies?fields=nothing", 200, "ApiFindCondition", "[]"},
		"type name":       {cwsim.Assumptions{TypeNameRefused: true}, "/finance/agreements?conditions=type/name%3D%22x%22", 400, "[]", "ApiFindCondition"},
		"that very day":   {cwsim.Assumptions{DayAfterMissed: true}, fmt.Sprintf("/finance/agreements/%d/additions/count?conditions=cancelledDate>=[2026-11-02]", agreement), 200, `"count": 1`, `"count": 0`},
	} {
		s.SetAssumptions(cwsim.Assumptions{})
		if r := s.call("GET", test.path, nil); !strings.Contains(r.body, test.before) {
			t.Errorf("%s: without the switch %s", name, r.body)
		}
		s.SetAssumptions(test.allow)
		s.call("GET", test.path, nil).expect(t, test.status, test.after)
	}
	s.SetAssumptions(cwsim.Assumptions{PricesNotInherited: true})
	created := decode[record](t, s.call("POST", fmt.Sprintf("/finance/agreements/%d/additions", agreement), with(record{"effectiveDate": "2026-12-01T00:00:00Z"})), 201)
	if created["unitPrice"] != 0.0 || created["description"] != "NordPass Business" {
		t.Errorf("the new line has price %v, description %v", created["unitPrice"], created["description"])
	}
}
