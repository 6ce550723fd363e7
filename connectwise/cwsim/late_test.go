package cwsim_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/shopspring/decimal"

	"seatbridge/connectwise/cwsim"
)

// clocked is a world whose clock a test turns by hand.
func clocked(t *testing.T) (s *instance, a cwsim.Agreement, turn func(time.Duration)) {
	t.Helper()
	s, a = world(t, cwsim.Assumptions{})
	now := mid
	s.SetClock(func() time.Time { return now })
	return s, a, func(d time.Duration) {
		later := now.Add(d)
		s.SetClock(func() time.Time { return later })
		now = later
	}
}

func linesPath(a cwsim.Agreement) string {
	return fmt.Sprintf("/finance/agreements/%d/additions", a.ID)
}

// TestLate504: the gateway gives up at once, and the line comes later by the instance's clock, as of its own time.
func TestLate504(t *testing.T) {
	t.Parallel()
	s, a, turn := clocked(t)
	s.SetFaults(cwsim.Fault{Kind: cwsim.Late504, Times: 1, Wait: 3 * time.Minute})
	s.call("POST", linesPath(a), with(nil)).expect(t, 504, "Gateway Time-out")
	turn(2 * time.Minute)
	if n := len(get[[]record](s, linesPath(a))); n != 0 || s.Requests()[0].Applied {
		t.Fatalf("%d lines before the time", n)
	}
	turn(2 * time.Minute)
	rows := get[[]record](s, linesPath(a))
	if len(rows) != 1 || !s.Requests()[0].Applied {
		t.Fatalf("%d lines after the time", len(rows))
	}
	if entered := rows[0]["_info"].(record)["dateEntered"]; entered != mid.Add(3*time.Minute).Format(time.RFC3339) {
		t.Errorf("entered %v", entered)
	}
}

// TestLateEffectsComeInTheirOrder, and the world's own look lets them happen.
func TestLateEffectsComeInTheirOrder(t *testing.T) {
	t.Parallel()
	s, a, turn := clocked(t)
	for i, wait := range []time.Duration{2 * time.Minute, time.Minute} {
		s.SetFaults(cwsim.Fault{Kind: cwsim.Late504, Wait: wait})
		s.call("POST", linesPath(a), with(record{"quantity": i + 1})).expect(t, 504, "")
	}
	s.ClearFaults() // what is on its way still comes
	turn(time.Hour)
	lines := s.Additions(a.ID)
	if len(lines) != 2 || !lines[0].Quantity.Equal(decimal.NewFromInt(2)) || !lines[1].Quantity.Equal(decimal.NewFromInt(1)) {
		t.Errorf("lines %+v", lines)
	}
}

// TestGhost: the caller leaves, the backend goes on; who stays gets the answer.
func TestGhost(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		sim := cwsim.New(cwsim.Config{Companies: -1})
		company := sim.AddCompany(cwsim.Company{Name: "Testwick Mills"})
		a := sim.AddAgreement(cwsim.Agreement{CompanyID: company.ID, Start: time.Now().AddDate(-1, 0, 0)})
		transport, stop := sim.Pipe()
		defer stop()
		sim.SetFaults(cwsim.Fault{Kind: cwsim.Ghost, Wait: 5 * time.Minute})
		post := func(patience time.Duration) (int, error) {
			ctx, cancel := context.WithTimeout(t.Context(), patience)
			defer cancel()
			body := fmt.Sprintf(`{"product":{"identifier":%q},"quantity":3,"billCustomer":"Billable"}`, cwsim.NordPassBusiness)
			r, err := http.NewRequestWithContext(ctx, "POST", "http://psa.example/v4_6_release/apis/3.0"+linesPath(a), strings.NewReader(body))
			if err != nil {
				t.Fatal(err)
			}
			member := sim.Credentials()
			r.SetBasicAuth(member.Company+"+"+member.PublicKey, member.PrivateKey)
			r.Header.Set("clientId", member.ClientID)
			r.Header.Set("Content-Type", "application/json")
			resp, err := transport.RoundTrip(r)
			if err != nil {
				return 0, err
			}
			defer resp.Body.Close()
			return resp.StatusCode, nil
		}
		if _, err := post(time.Minute); !errors.Is(err, context.DeadlineExceeded) {
			t.Fatal(err)
		}
		if n := len(sim.Additions(a.ID)); n != 0 {
			t.Fatalf("%d lines when the caller left", n)
		}
		<-time.After(4 * time.Minute)
		if n := len(sim.Additions(a.ID)); n != 1 {
			t.Errorf("%d lines after the wait", n)
		}
		if status, err := post(time.Hour); status != 201 || err != nil || len(sim.Additions(a.ID)) != 2 {
			t.Errorf("a patient caller: %d, %v, %d lines", status, err, len(sim.Additions(a.ID)))
		}
	})
}

// TestListsThatLie: rows exist, a record is found by its id, and the list says otherwise without a word.
func TestListsThatLie(t *testing.T) {
	t.Parallel()
	s, a := world(t, cwsim.Assumptions{})
	p := product(s, cwsim.NordPassBusiness).ID
	var ids []int
	for q := range 4 { // several open lines of one product are nothing special
		ids = append(ids, s.AddAddition(cwsim.Addition{AgreementID: a.ID, ProductID: p, Quantity: decimal.NewFromInt(int64(q))}).ID)
	}
	list := linesPath(a)
	for name, test := range map[string]struct {
		fault       cwsim.Fault
		query       []string
		rows, count int
	}{
		"wrong-empty":                 {cwsim.Fault{Kind: cwsim.WrongEmpty}, nil, 0, 0},
		"wrong-empty, the list alone": {cwsim.Fault{Kind: cwsim.WrongEmpty, Path: "/finance/agreements/*/additions"}, nil, 0, 4},
		"partial":                     {cwsim.Fault{Kind: cwsim.Partial}, nil, 3, 3},
		"partial, the newest three":   {cwsim.Fault{Kind: cwsim.Partial, N: 3}, nil, 1, 1},
		"partial, by ids":             {cwsim.Fault{Kind: cwsim.Partial, Text: fmt.Sprint(ids[0], "+", ids[2])}, nil, 2, 2},
		"fields-empty without fields": {cwsim.Fault{Kind: cwsim.FieldsEmpty}, nil, 4, 4},
		"fields-empty":                {cwsim.Fault{Kind: cwsim.FieldsEmpty}, []string{"fields", "id"}, 0, 4},
		"and-empty, one condition":    {cwsim.Fault{Kind: cwsim.AndEmpty}, []string{"conditions", "quantity>=0"}, 4, 4},
		"and-empty":                   {cwsim.Fault{Kind: cwsim.AndEmpty}, []string{"conditions", "quantity>=0 and id>0"}, 0, 0},
		"and-empty, deep": {cwsim.Fault{Kind: cwsim.AndEmpty},
			[]string{"conditions", "quantity<0 or not (quantity<0 and id>0)"}, 0, 0},
	} {
		s.SetFaults(test.fault)
		if rows := get[[]record](s, list, test.query...); len(rows) != test.rows {
			t.Errorf("%s: %d rows, want %d", name, len(rows), test.rows)
		}
		if n := get[record](s, list+"/count", test.query...)["count"]; n != float64(test.count) {
			t.Errorf("%s: %v counted, want %d", name, n, test.count)
		}
		if one := get[record](s, fmt.Sprint(list, "/", ids[0])); one["id"] != float64(ids[0]) {
			t.Errorf("%s: by its id %v", name, one)
		}
	}
}

// TestPartialOverPages: the same rows lack in both ways of paging.
func TestPartialOverPages(t *testing.T) {
	t.Parallel()
	s := start(t, cwsim.Config{Companies: 25})
	companies := s.Companies()
	s.SetFaults(cwsim.Fault{Kind: cwsim.Partial, N: 2})
	after, read := 0, 0
	for range 10 {
		rows := decode[[]record](t, s.call("GET", fmt.Sprintf("%s?pageSize=10&pageId=%d", companiesList, after), nil, func(r *http.Request) {
			r.Header.Set("pagination-type", "forward-only")
		}), 200)
		if len(rows) == 0 {
			break
		}
		read += len(rows)
		after = int(rows[len(rows)-1]["id"].(float64))
	}
	if read != 23 || after != companies[22].ID {
		t.Errorf("%d companies up to %d, want 23 up to %d", read, after, companies[22].ID)
	}
}

// TestLagByTheInstancesClock: minutes of lag in a list that has no filter.
func TestLagByTheInstancesClock(t *testing.T) {
	t.Parallel()
	s, a, turn := clocked(t)
	s.SetFaults(cwsim.Fault{Kind: cwsim.Lag, Wait: 5 * time.Minute, Text: "all"})
	created := decode[record](t, s.call("POST", linesPath(a), with(nil)), 201)
	for _, step := range []struct {
		wait time.Duration
		rows int
	}{{0, 0}, {4 * time.Minute, 0}, {time.Minute, 1}} {
		turn(step.wait)
		if n := len(get[[]record](s, linesPath(a))); n != step.rows {
			t.Errorf("%s later: %d rows, want %d", step.wait, n, step.rows)
		}
		get[record](s, fmt.Sprint(linesPath(a), "/", created["id"]))
	}
}

// TestViolations: what a client must never do is counted, though the instance lets it pass.
func TestViolations(t *testing.T) {
	t.Parallel()
	s, a := world(t, cwsim.Assumptions{})
	line := s.AddAddition(cwsim.Addition{AgreementID: a.ID, ProductID: product(s, cwsim.NordPassBusiness).ID, Quantity: decimal.NewFromInt(9)})
	one := fmt.Sprint(linesPath(a), "/", line.ID)
	s.call("PATCH", one, []record{{"op": "replace", "path": "quantity", "value": 1}}).expect(t, 200, "")
	if v := s.Violations(); len(v) != 0 {
		t.Fatalf("violations %v", v)
	}
	s.call("POST", fmt.Sprintf("/finance/agreements/%d/invoice", a.ID), record{}).expect(t, 201, "")
	s.call("PATCH", one, []record{{"op": "replace", "path": "/quantity", "value": 2}}).expect(t, 200, "")
	s.ResetRequests()
	if v := s.Violations(); len(v) != 2 || !strings.Contains(v[0], "invoice") || !strings.Contains(v[1], "leading slash") {
		t.Errorf("violations %v", v)
	}
	if left := s.Agreement(a.ID); !left.InvoicedThrough.IsZero() {
		t.Errorf("invoiced through %s", left.InvoicedThrough)
	}
}
