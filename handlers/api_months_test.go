package handlers

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"seatbridge/billing/problem"
	"seatbridge/billing/run"
	"seatbridge/billing/seats"
	"seatbridge/handlers/api"
	"seatbridge/store"
	"seatbridge/views"
)

// february is a panel in which February was written for Acme, which has had three members since; a fourth was found afterwards.
// In March it has four so far.
func february(t *testing.T) (*panel, store.Organization) {
	t.Helper()
	p := newPanel(t)
	b := p.as(store.Owner)
	agreement := p.customer("Acme")
	b.connect()
	b.mapProducts()
	b.importAll()
	acme := p.organization("Acme", 3)
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	must(p.rooms.Mapping.Map(t.Context(), problem.Actor{Name: "ada@example.com"}, agreement.CompanyID, agreement.ID, acme.ID))
	written, err := p.rooms.Runs.Run(t.Context(), problem.Actor{Name: "ada@example.com"}, run.Request{
		Kind: store.RunCommand, Period: seats.WholeMonth("2026-02"),
	})
	must(err)
	if written.Status != store.RunDone {
		t.Fatalf("the run is %+v", written)
	}
	_, _, err = p.store.AddSeats(t.Context(), acme.ID, []string{"late@example.com"}, time.Time{}, testNow().AddDate(0, -1, 3))
	must(err)
	return p, acme
}

func TestAPIMonths(t *testing.T) {
	t.Parallel()
	p, acme := february(t)
	s := p.script(api.ReadUsage, api.WriteMonths)
	var list struct{ Months []map[string]any }
	s.call("GET", "/months", "", 200)
	unmarshal(t, s, &list)
	want := []map[string]any{
		{"month": "2026-03", "state": "running", "closed_at": nil, "due": 4.0, "written": nil, "open": nil, "open_rows": nil, "settled": nil,
			"money": []any{}, "unpriced_rows": nil, "not_billed_rows": nil},
		{"month": "2026-02", "state": "written", "closed_at": nil, "due": 4.0, "written": 3.0, "open": 1.0, "open_rows": 1.0, "settled": 0.0,
			"money": []any{map[string]any{"currency": "USD", "more": "4.99", "less": "0.00"}}, "unpriced_rows": 0.0, "not_billed_rows": 0.0},
	}
	if diff := cmp.Diff(want, list.Months); diff != "" {
		t.Errorf("the months (-want +got):\n%s", diff)
	}

	var month map[string]any
	s.call("GET", "/months/2026-02", "", 200)
	unmarshal(t, s, &month)
	row := map[string]any{
		"id": float64(acme.ID), "organization": "Acme", "external_id": "", "plan": "business", "due": 4.0, "written": 3.0, "in_connectwise": 3.0,
		"invoiced": map[string]any{"state": "not_yet", "number": nil, "date": nil}, "billed": 3.0, "difference": 1.0, "state": "open", "settled_by": nil,
		"reason":     "Due were 3 when it was written on 17 March 2026, 4 are due since 17 March 2026.",
		"unit_price": "4.99", "currency": "USD", "money": "4.99", "included": 0.0, "not_billed": nil,
	}
	got := month["organizations"].([]any)[0].(map[string]any)
	got["reason"] = strings.Replace(got["reason"].(string), "4 are due.", "4 are due since 17 March 2026.", 1) // counted first after it
	if diff := cmp.Diff(map[string]any{"month": "2026-02", "state": "written", "closed_at": nil, "organizations": []any{row}}, month); diff != "" {
		t.Errorf("February (-want +got):\n%s", diff)
	}

	month = nil
	s.call("GET", "/months/2026-03", "", 200)
	unmarshal(t, s, &month)
	for _, field := range []string{"written", "in_connectwise", "billed", "difference", "settled_by", "reason", "unit_price", "money"} {
		row[field] = nil
	}
	row["state"], row["currency"] = "none", ""
	if diff := cmp.Diff(map[string]any{"month": "2026-03", "state": "running", "closed_at": nil, "organizations": []any{row}}, month); diff != "" {
		t.Errorf("March (-want +got):\n%s", diff)
	}
}

func unmarshal(t *testing.T, s *script, into any) {
	t.Helper()
	if err := json.Unmarshal(s.last.Body.Bytes(), into); err != nil {
		t.Fatal(err)
	}
}

func TestAPISettleAndClose(t *testing.T) {
	t.Parallel()
	p, acme := february(t)
	s := p.script(api.ReadUsage, api.WriteMonths)
	body := func(id int64, plan, how string) string {
		return fmt.Sprintf(`{"rows":[{"id":%d,"plan":%q}],"how":%q,"note":"On 20350"}`, id, plan, how)
	}
	const settlements = "/months/2026-02/settlements"
	wantDetail(t, s.call("POST", "/months/2026-02/close", "", 422), "1 difference of February 2026 is open: “Acme”, NordPass Business. Settle it first.")
	wantDetail(t, s.call("POST", settlements, body(acme.ID, "enterprise", "by_hand"), 409), "no such row any more. Nothing was settled.")
	wantDetail(t, s.call("POST", settlements, body(999, "business", "by_hand"), 409), "no such row any more")
	s.call("POST", settlements, body(acme.ID, "business", "forgotten"), 422)
	s.call("POST", settlements, `{"rows":[],"how":"waived"}`, 422)
	s.call("POST", settlements, `{"rows":`, 400)

	once := s.keyed("settle-1")
	if answer := once.call("POST", settlements, body(acme.ID, "business", "by_hand"), 200); answer["settled"] != 1.0 {
		t.Errorf("settled %v", answer)
	}
	if answer := once.call("POST", settlements, body(acme.ID, "business", "by_hand"), 200); answer["settled"] != 1.0 {
		t.Errorf("the same again: %v", answer)
	}
	wantDetail(t, s.call("POST", settlements, body(acme.ID, "business", "by_hand"), 409), "Acme, NordPass Business: somebody settled it already.")
	month := s.call("GET", "/months/2026-02", "", 200)
	row := month["organizations"].([]any)[0].(map[string]any)
	if row["state"] != "settled" || row["settled_by"] != "by_hand" || row["difference"] != 1.0 {
		t.Errorf("the row is %v", row)
	}

	closed := s.call("POST", "/months/2026-02/close", "", 200)
	if closed["state"] != "closed" || closed["closed_at"] != "2026-03-17T12:00:00Z" || closed["statement"] != 1.0 || len(closed["sha256"].(string)) != 64 {
		t.Errorf("closed: %v", closed)
	}
	if month := s.call("GET", "/months/2026-02", "", 200); month["state"] != "closed" || month["closed_at"] != "2026-03-17T12:00:00Z" {
		t.Errorf("the month is %v", month)
	}
	again := s.call("POST", "/months/2026-02/close", "", 409)
	wantDetail(t, again, "closed February 2026 already, on 17 March 2026 at 12:00 UTC.")
	wantDetail(t, again, "API token nightly")
	p.wantActivity("API token nightly", "Settled the difference of February 2026 of “Acme”, NordPass Business, +1 seat: billed by hand. “On 20350”")
	p.wantActivity("API token nightly", fmt.Sprintf("Closed February 2026: 4 seats due, 3 billed, +1 seat settled. Statement No. 1, SHA-256 %s.", closed["sha256"]))
}

// wantDetail fails unless a problem says that, in its detail or in those of its fields.
func wantDetail(t *testing.T, problem map[string]any, sentence string) {
	t.Helper()
	if !strings.Contains(fmt.Sprint(problem["detail"], problem["errors"]), sentence) {
		t.Errorf("the problem is %v, want %q", problem, sentence)
	}
}

func TestAPIMonthsBadRequests(t *testing.T) {
	t.Parallel()
	p, _ := february(t)
	s := p.script(api.ReadUsage, api.WriteMonths)
	const body = `{"rows":[{"id":1,"plan":"business"}],"how":"waived"}`
	for _, c := range []struct {
		method, path, body string
		status             int
		says               string
	}{
		{"GET", "/months/2025-01", "", 404, "The books do not have January 2025."},
		{"GET", "/months/2026-04", "", 404, "The books do not have April 2026."},
		{"GET", "/months/2026-2", "", 422, "month"},
		{"GET", "/months/2026-13", "", 422, "month"},
		{"GET", "/months/2026-02?cursor=*", "", 422, "This cursor is none that the API gave"},
		{"GET", "/months/2026-02?cursor=bm9uZQ", "", 200, ""},
		{"GET", "/months/2026-02?per_page=0", "", 422, "per_page"},
		{"GET", "/months?page=1", "", 422, "page"},
		{"POST", "/months/2025-01/settlements", body, 404, "Nothing is known of January 2025"},
		{"POST", "/months/2026-03/settlements", body, 422, "March 2026 is not over yet."},
		{"POST", "/months/garbage/settlements", body, 422, "month"},
		{"POST", "/months/2025-01/close", "", 404, "Nothing is known of January 2025"},
		{"POST", "/months/2026-03/close", "", 422, "March 2026 is not over yet."},
		{"POST", "/months/2026-99/close", "", 422, "month"},
		{"DELETE", "/months/2026-02", "", 405, "cannot be used with DELETE"},
	} {
		answer := s.call(c.method, c.path, c.body, c.status)
		if c.status >= 400 {
			wantDetail(t, answer, c.says)
		}
	}
	reader := p.script(api.ReadUsage)
	wantDetail(t, reader.call("POST", "/months/2026-02/close", "", 403), "months:write")
	wantDetail(t, reader.call("POST", "/months/2026-02/settlements", body, 403), "months:write")
}

// TestCase_G23_APIWritesTheMonthAgain, and no other.
func TestCase_G23_APIWritesTheMonthAgain(t *testing.T) {
	t.Parallel()
	p, acme := february(t)
	s := p.script(api.ReadUsage, api.WriteMonths)
	const settlements = "/months/2026-02/settlements"
	body := fmt.Sprintf(`{"rows":[{"id":%d,"plan":"business"}],"how":"written_again"}`, acme.ID)
	wantDetail(t, s.call("POST", settlements, strings.Replace(body, "written_again", "next_invoice", 1), 422), "can allow it in the settings")
	wantDetail(t, s.call("POST", "/months/2026-03/settlements", body, 422), "March 2026 is not over yet.")
	answer := s.call("POST", settlements, body, 200)
	p.rooms.Work.Wait()
	written, err := p.store.Run(t.Context(), int64(answer["run"].(float64)))
	if err != nil || written.Month != "2026-02" || written.Status != store.RunDone || answer["settled"] != 0.0 {
		t.Errorf("%v: the run is %+v (%v)", answer, written, err)
	}
	month := s.call("GET", "/months/2026-02", "", 200)
	row := month["organizations"].([]any)[0].(map[string]any)
	if row["state"] != "none" || row["written"] != 4.0 || row["billed"] != 4.0 || row["difference"] != 0.0 || row["settled_by"] != nil {
		t.Errorf("the row is %v", row)
	}
	wantDetail(t, s.call("POST", settlements, body, 409), "there is no difference any more")

	if _, _, err := p.store.AddSeats(t.Context(), acme.ID, []string{"march@example.com"}, time.Time{}, testNow()); err != nil {
		t.Fatal(err)
	}
	if _, err := p.rooms.Runs.Run(t.Context(), problem.Actor{Name: "ada@example.com"}, p.rooms.Runs.SyncNow(false)); err != nil {
		t.Fatal(err)
	}
	wantDetail(t, s.call("POST", settlements, body, 409), "February 2026 would overwrite it.")
}

// TestAPIMonthPages goes through the organizations of a month by the cursor, of one that ended and of the running one.
func TestAPIMonthPages(t *testing.T) {
	t.Parallel()
	p, _ := february(t)
	for i := range 4 {
		p.organization(fmt.Sprintf("Other %d", i), 1)
	}
	s := p.script(api.ReadUsage)
	for _, month := range []string{"2026-02", "2026-03"} {
		var names []string
		cursor := ""
		for pages := 1; ; pages++ {
			answer := s.call("GET", fmt.Sprintf("/months/%s?per_page=2&cursor=%s", month, cursor), "", 200)
			for _, row := range answer["organizations"].([]any) {
				names = append(names, row.(map[string]any)["organization"].(string))
			}
			next, more := answer["next_cursor"].(string)
			if !more {
				if pages != 3 {
					t.Errorf("%s has %d pages", month, pages)
				}
				break
			}
			cursor = next
		}
		if diff := cmp.Diff([]string{"Acme", "Other 0", "Other 1", "Other 2", "Other 3"}, names); diff != "" {
			t.Errorf("%s (-want +got):\n%s", month, diff)
		}
	}
}

// TestAPIMonthsOfNothing: before anything is connected there are no books.
func TestAPIMonthsOfNothing(t *testing.T) {
	t.Parallel()
	p := newPanel(t)
	s := p.script(api.ReadUsage)
	if answer := s.call("GET", "/months", "", 200); len(answer["months"].([]any)) != 0 {
		t.Errorf("the months are %v", answer)
	}
	s.call("GET", "/months/2026-02", "", 404)
	has(t, p.as(store.Admin).get(views.TokensPath, http.StatusOK), "[data-testid=endpoint]", "/months/{month}/close")
}
