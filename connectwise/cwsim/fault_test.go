package cwsim_test

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/shopspring/decimal"

	"seatbridge/connectwise/cwsim"
)

const companiesList = "/company/companies"

// frontFaults answer any call in the instance's place.
var frontFaults = map[cwsim.FaultKind]struct {
	status int
	text   string
	header string
}{
	cwsim.RateLimited:     {429, `"error": "ConnectWiseAPI"`, "Retry-After"},
	cwsim.RateLimitedDate: {429, "Please try again in 30 seconds.", "Retry-After"},
	cwsim.Timeout500:      {500, "A timeout has occured. Please try again.", ""},
	cwsim.Converting500:   {500, "Error converting value", ""},
	cwsim.HTML503:         {503, "<h1>", ""},
	cwsim.HTML502:         {502, "<h1>", ""},
	cwsim.HTML200:         {200, "<h1>", ""},
	cwsim.CannotRoute:     {400, "Cannot route. Codebase/company is invalid", ""},
	cwsim.Unauthorized:    {401, "UserNotAuthenticated", ""},
	cwsim.Forbidden:       {403, "You do not have security permission", ""},
	cwsim.NotFound:        {404, "The endpoint does not exist.", ""},
	cwsim.Conflict:        {409, "Conflict", ""},
	cwsim.Redirect:        {302, "Object moved", "Location"},
}

func TestFrontFaults(t *testing.T) {
	t.Parallel()
	for kind, want := range frontFaults {
		t.Run(string(kind), func(t *testing.T) {
			t.Parallel()
			s, a := world(t, cwsim.Assumptions{})
			s.SetFaults(cwsim.Fault{Kind: kind, Times: 1})
			path := fmt.Sprintf("/finance/agreements/%d/additions", a.ID)
			r := s.call("POST", path, with(nil))
			r.expect(t, want.status, want.text)
			if want.header != "" && r.header.Get(want.header) == "" {
				t.Errorf("header %s is missing", want.header)
			}
			if n := len(s.Additions(a.ID)); n != 0 {
				t.Errorf("it took effect: %d lines", n)
			}
			s.call("POST", path, with(nil)).expect(t, 201, "")
			journal := s.Requests()
			if len(journal) != 2 || fmt.Sprint(journal[0].Faults) != fmt.Sprintf("[%s]", kind) || journal[0].Applied || !journal[1].Applied || journal[0].Refused {
				t.Errorf("the journal is %+v", journal)
			}
		})
	}
}

func TestRetryAfterWindow(t *testing.T) {
	t.Parallel()
	var now atomic.Int64
	s := start(t, cwsim.Config{Companies: -1, Now: func() time.Time { return mid.Add(time.Duration(now.Load())) }})
	s.SetFaults(cwsim.Fault{Kind: cwsim.RateLimitedDate, Times: 1, Wait: 20 * time.Second})
	r := s.call("GET", companiesList, nil)
	if until, err := http.ParseTime(r.header.Get("Retry-After")); err != nil || !until.Equal(mid.Add(20*time.Second)) {
		t.Errorf("Retry-After is %q, %v", r.header.Get("Retry-After"), err)
	}
	for _, wait := range []time.Duration{19 * time.Second, 20 * time.Second} {
		now.Store(int64(wait))
		s.call("GET", companiesList, nil).expect(t, 200, "")
	}
	journal := s.Requests()
	if journal[0].TooEarly || !journal[1].TooEarly || journal[2].TooEarly {
		t.Errorf("too early: %v, %v, %v", journal[0].TooEarly, journal[1].TooEarly, journal[2].TooEarly)
	}
}

func TestRateLimit(t *testing.T) {
	t.Parallel()
	var now atomic.Int64
	s := start(t, cwsim.Config{Companies: -1, Now: func() time.Time { return mid.Add(time.Duration(now.Load())) }})
	s.SetFaults(cwsim.Fault{Kind: cwsim.RateLimit, N: 10})
	for i := range 10 {
		now.Store(int64(i) * int64(time.Second))
		s.call("GET", companiesList, nil).expect(t, 200, "")
	}
	r := s.call("GET", companiesList, nil)
	r.expect(t, 429, "Too many requests")
	if seconds, _ := strconv.Atoi(r.header.Get("Retry-After")); seconds != 51 {
		t.Errorf("Retry-After is %d", seconds)
	}
	now.Store(int64(60 * time.Second))
	s.call("GET", companiesList, nil).expect(t, 200, "")
	s.call("GET", companiesList, nil).expect(t, 429, "")
}

// Faults that break the answer: what the caller sees, and whether the write took effect.
func TestBrokenAnswers(t *testing.T) {
	t.Parallel()
	for kind, effect := range map[cwsim.FaultKind]int{
		cwsim.DropBefore: 0, cwsim.DropAfter: 1, cwsim.HalfBody: 1, cwsim.TruncatedJSON: 1, cwsim.Slow: 1, cwsim.SlowBefore: 0,
	} {
		t.Run(string(kind), func(t *testing.T) {
			t.Parallel()
			s, a := world(t, cwsim.Assumptions{})
			s.SetFaults(cwsim.Fault{Kind: kind, Method: "POST", Path: "/finance/agreements/*/additions", Wait: time.Hour})
			finished := make(chan struct{})
			ctx, cancel := context.WithCancel(t.Context())
			s.AddFault(cwsim.Fault{Kind: cwsim.Hook, Do: func() {
				// A patient caller would wait an hour: this one leaves once the call has arrived.
				if kind == cwsim.Slow || kind == cwsim.SlowBefore {
					go func() { defer close(finished); cancelAfterEffect(s, a.ID, effect, cancel) }()
					return
				}
				close(finished)
			}})
			r := s.call("POST", fmt.Sprintf("/finance/agreements/%d/additions", a.ID), with(nil), func(r *http.Request) { *r = *r.WithContext(ctx) })
			<-finished
			cancel()
			var v any
			if r.err == nil && json.Unmarshal([]byte(r.body), &v) == nil {
				t.Errorf("the caller got a sound answer: %d %s", r.status, r.body)
			}
			s.server.Close() // waits for the handler
			if n := len(s.Additions(a.ID)); n != effect {
				t.Errorf("%d lines, want %d", n, effect)
			}
			if journal := s.Requests(); journal[0].Applied != (effect == 1) {
				t.Errorf("the journal says applied %v", journal[0].Applied)
			}
		})
	}
}

// cancelAfterEffect leaves once as many lines exist as the fault lets through.
func cancelAfterEffect(s *instance, agreement, lines int, cancel func()) {
	for len(s.Additions(agreement)) < lines {
		select {
		case <-s.t.Context().Done():
			return
		default:
		}
	}
	cancel()
}

func TestSlownessAndLatencyAreReal(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := cwsim.New(cwsim.Config{Companies: -1, Latency: time.Second})
		s.SetFaults(cwsim.Fault{Kind: cwsim.Slow, Wait: 40 * time.Second}, cwsim.Fault{Kind: cwsim.SlowBefore, Wait: 9 * time.Second})
		transport, stop := s.Pipe()
		defer stop()
		began := time.Now()
		client := http.Client{Transport: transport}
		resp, err := client.Get("http://simulator/login/companyinfo/" + s.Credentials().Company)
		if err != nil {
			t.Fatal(err)
		}
		defer resp.Body.Close()
		if took := time.Since(began); took != 50*time.Second || resp.StatusCode != 200 {
			t.Errorf("status %d after %s", resp.StatusCode, took)
		}
	})
}

func TestPipeDropsConnections(t *testing.T) {
	t.Parallel()
	s := cwsim.New(cwsim.Config{Companies: -1})
	s.SetFaults(cwsim.Fault{Kind: cwsim.DropAfter, Times: 1}, cwsim.Fault{Kind: cwsim.HalfBody, After: 1})
	transport, stop := s.Pipe()
	defer stop()
	client := http.Client{Transport: transport}
	post := func() (*http.Response, error) {
		return client.Post("http://simulator/login/companyinfo/"+s.Credentials().Company, "application/json", strings.NewReader("{}"))
	}
	if _, err := post(); err == nil {
		t.Error("the first call got an answer")
	}
	resp, err := post()
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	if _, err := io.ReadAll(resp.Body); err == nil {
		t.Error("the whole body came")
	}
}

func TestListFaults(t *testing.T) {
	t.Parallel()
	s := start(t, cwsim.Config{Companies: 60})
	list := func(edit ...func(*http.Request)) reply {
		return s.call("GET", companiesList+"?pageSize=50&orderBy=id+asc", nil, edit...)
	}
	forward := func() reply { return s.call("GET", companiesList+"?pageSize=50", nil, forwardOnly) }

	s.SetFaults(cwsim.Fault{Kind: cwsim.LinkUserHost})
	if link := list().header.Get("Link"); !strings.Contains(link, "<https://na.myconnectwise.net/v2025_1/apis/3.0/company/companies?") {
		t.Errorf("Link is %q", link)
	}
	s.SetFaults(cwsim.Fault{Kind: cwsim.MissingLink})
	if _, there := forward().header["Link"]; there {
		t.Error("there is a Link header")
	}
	s.SetFaults(cwsim.Fault{Kind: cwsim.EmptyLink})
	if link, there := forward().header["Link"]; !there || link[0] != "" {
		t.Errorf("Link is %q", link)
	}
	s.SetFaults(cwsim.Fault{Kind: cwsim.PageCut, N: 7})
	if n := len(decode[[]record](t, list(), 200)); n != 7 {
		t.Errorf("the cut page has %d rows", n)
	}

	ids := s.Companies()
	s.SetFaults(cwsim.Fault{Kind: cwsim.RowDeleted, Times: 1})
	list()
	second := decode[[]record](t, s.call("GET", companiesList+"?pageSize=50&page=2&orderBy=id+asc", nil), 200)
	if len(second) != 9 || second[0]["id"] != float64(ids[51].ID) {
		t.Errorf("after a deletion page 2 has %d rows from %v", len(second), second[0]["id"])
	}
	s.SetFaults(cwsim.Fault{Kind: cwsim.RowInserted, Times: 1})
	list()
	if n := len(s.Companies()); n != 60 {
		t.Errorf("after an insertion there are %d companies", n)
	}
}

func TestLaggingLists(t *testing.T) {
	t.Parallel()
	var now atomic.Int64
	s := start(t, cwsim.Config{Companies: -1, Now: func() time.Time { return mid.Add(time.Duration(now.Load())) }})
	c := s.AddCompany(cwsim.Company{Name: "Testwick Mills"})
	a := s.AddAgreement(cwsim.Agreement{CompanyID: c.ID})
	old := s.AddAddition(cwsim.Addition{AgreementID: a.ID, ProductID: 101, Quantity: decimal.NewFromInt(1)})
	now.Store(int64(time.Hour))
	s.SetFaults(cwsim.Fault{Kind: cwsim.Lag, Wait: time.Minute})
	path := fmt.Sprintf("/finance/agreements/%d/additions", a.ID)
	created := decode[record](t, s.call("POST", path, with(nil)), 201)
	decode[record](t, s.call("PATCH", fmt.Sprintf("%s/%d", path, old.ID), []record{{"op": "replace", "path": "quantity", "value": 2}}), 200)

	filtered := func() string {
		var seen []string
		for _, l := range get[[]record](s, path, "conditions", "id>0") {
			seen = append(seen, fmt.Sprint(l["quantity"]))
		}
		return strings.Join(seen, " ")
	}
	if got := filtered(); got != "1" {
		t.Errorf("the lagging list has quantities %s", got)
	}
	if n := len(get[[]record](s, path)); n != 2 {
		t.Errorf("the unfiltered list has %d lines", n)
	}
	get[record](s, fmt.Sprintf("%s/%v", path, created["id"])) // by id it is there
	now.Store(int64(time.Hour + time.Minute))
	if got := filtered(); got != "2 5" {
		t.Errorf("later the list has quantities %s", got)
	}

	s.SetFaults(cwsim.Fault{Kind: cwsim.Lag, N: 2, Text: "all"})
	decode[record](t, s.call("POST", path, with(nil)), 201)
	for i, want := range []int{2, 2, 3} {
		if n := len(get[[]record](s, path)); n != want {
			t.Errorf("list %d after the write has %d lines, want %d", i+1, n, want)
		}
	}
}

func TestWriteFaults(t *testing.T) {
	t.Parallel()
	s, a := world(t, cwsim.Assumptions{})
	line := s.AddAddition(cwsim.Addition{AgreementID: a.ID, ProductID: 101, Quantity: decimal.NewFromInt(4)})
	path := fmt.Sprintf("/finance/agreements/%d/additions", a.ID)

	s.SetFaults(cwsim.Fault{Kind: cwsim.PatchIgnored})
	patched := decode[record](t, s.call("PATCH", fmt.Sprintf("%s/%d", path, line.ID), []record{{"op": "replace", "path": "quantity", "value": 9}}), 200)
	if patched["quantity"] != 4.0 || s.Additions(a.ID)[0].Quantity.String() != "4" {
		t.Errorf("the ignored PATCH answered %v", patched["quantity"])
	}
	s.SetFaults(cwsim.Fault{Kind: cwsim.BillStartToday})
	s.call("POST", path, with(nil)).expect(t, 400, "billing start date")
	if got := s.Agreement(a.ID).BillStart; !got.Equal(date(2026, 11, 12)) {
		t.Errorf("billing starts on %s", got)
	}
	s.SetFaults(cwsim.Fault{Kind: cwsim.PeriodInvoiced})
	s.call("POST", path, with(record{"effectiveDate": "2026-11-20T00:00:00Z"})).expect(t, 400, "already been invoiced")
	s.ClearFaults()
	next := get[record](s, fmt.Sprintf("/finance/agreements/%d", a.ID))["nextInvoiceDate"]
	if next != "2026-12-01T00:00:00Z" {
		t.Errorf("the next invoice date is %v", next)
	}
	s.call("POST", path, with(record{"effectiveDate": next})).expect(t, 201, "")
}

func TestFaultsPickTheirCalls(t *testing.T) {
	t.Parallel()
	s, a := world(t, cwsim.Assumptions{})
	s.SetFaults(cwsim.Fault{Kind: cwsim.HTML503, Method: "GET", Path: "/finance/agreements/*", After: 1, Times: 2})
	path := fmt.Sprintf("/finance/agreements/%d", a.ID)
	for i, want := range []int{200, 503, 503, 200} {
		s.call("GET", companiesList, nil).expect(t, 200, "")
		if r := s.call("GET", path, nil); r.status != want {
			t.Errorf("call %d answers %d, want %d", i, r.status, want)
		}
	}
	struck := func() (pattern string) {
		s := start(t, cwsim.Config{Companies: -1, Seed: 5})
		s.SetFaults(cwsim.Fault{Kind: cwsim.HTML503, Probability: 0.5})
		for range 40 {
			pattern += strconv.Itoa(s.call("GET", companiesList, nil).status / 100)
		}
		return pattern
	}
	first := struck()
	if n := strings.Count(first, "5"); n < 8 || n > 32 || struck() != first {
		t.Errorf("chance struck %s, then another way", first)
	}
}

func TestUpgradeInMidRun(t *testing.T) {
	t.Parallel()
	s := start(t, cwsim.Config{Companies: -1, Cloud: true, Codebase: "v2025_1"})
	s.SetFaults(cwsim.Fault{Kind: cwsim.Upgrade, After: 1, Times: 1})
	versioned := func(codebase string) reply { return s.send("GET", "/"+codebase+"/apis/3.0"+companiesList, nil) }
	versioned("v2025_1").expect(t, 200, "")
	versioned("v2025_1").expect(t, 404, "The endpoint does not exist.")
	s.send("GET", "/login/companyinfo/"+s.Credentials().Company, nil).expect(t, 200, `"Codebase": "v2025_2/"`)
	versioned("v2025_2").expect(t, 200, "")
	versioned("v4_6_release").expect(t, 200, "")
	versioned("v2018_1").expect(t, 400, "Cannot route")
}

func TestParseFault(t *testing.T) {
	t.Parallel()
	f, err := cwsim.ParseFault("drop-after:method=POST:times=1:after=2:p=0.25:wait=2s:n=3:path=/finance/*:text=all")
	want := cwsim.Fault{Kind: cwsim.DropAfter, Method: "POST", Times: 1, After: 2, Probability: 0.25, Wait: 2 * time.Second, N: 3, Path: "/finance/*", Text: "all"}
	if err != nil || fmt.Sprint(f) != fmt.Sprint(want) {
		t.Errorf("parsed %+v, %v", f, err)
	}
	for _, text := range []string{"", "nothing", "hook", "429:p=often", "429:colour=red", "429:path=["} {
		if _, err := cwsim.ParseFault(text); err == nil {
			t.Errorf("%q is accepted", text)
		}
	}
	for _, h := range cwsim.FaultKinds() {
		if h.Text == "" {
			t.Errorf("%s is not described", h.Kind)
		}
	}
}
