package store

import (
	"regexp"
	"strings"
	"testing"
)

// TestQueryPlans reads SQLite's plans: lists walk an index in the order of the page, and read a table as
// a whole only where a filter or a rare order has to see every row.
func TestQueryPlans(t *testing.T) {
	t.Parallel()
	s := openTest(t)
	managed := true
	// Organizations are picked in order and sorted once more when their page is filled in.
	const inOrder, pageOnly, everything = 0, 1, 2
	for name, tc := range map[string]struct {
		query interface{ query() (string, []any) }
		sorts int // how many sorts the plan has
	}{
		"organizations":          {OrganizationFilter{Limit: 50}, pageOnly},
		"organizations found":    {OrganizationFilter{Search: "x", Desc: true, Limit: 50}, pageOnly},
		"organizations filtered": {OrganizationFilter{Plan: Business, License: Trial, Managed: &managed, Mapping: Unmapped, Limit: 50}, pageOnly},
		"organizations, all":     {OrganizationFilter{Status: OrganizationAny, Limit: 50}, pageOnly},
		"organizations by plan":  {OrganizationFilter{Sort: "plan", Limit: 50}, everything},
		"organizations by id":    {OrganizationFilter{IDs: []int64{1, 2}}, everything},
		"companies":              {CompanyFilter{Limit: 50}, inOrder},
		"companies found":        {CompanyFilter{Search: "x", Desc: true, Limit: 50}, inOrder},
		"companies filtered":     {CompanyFilter{Show: ShowMapped, TypeID: 1, StatusID: 1, Limit: 50}, inOrder},
		"companies, attention":   {CompanyFilter{Show: ShowAttention, Limit: 50}, inOrder},
		"companies, suggested":   {CompanyFilter{Show: ShowSuggested, Limit: 50}, inOrder},
		"companies, agreements":  {CompanyFilter{Agreements: AgreementsSeveral, Limit: 50}, inOrder},
		"companies by id":        {CompanyFilter{Sort: "identifier", Limit: 50}, inOrder},
		"companies by status":    {CompanyFilter{Sort: "status", Desc: true, Limit: 50}, inOrder},
		"seats":                  {SeatFilter{OrganizationID: 1, Limit: 50}, inOrder},
		"seats deleted":          {SeatFilter{OrganizationID: 1, Status: SeatDeleted, Limit: 50}, pageOnly},
		"activity":               {ActivityFilter{Actor: "x", From: t0, Limit: 50}, inOrder},
		"activity of one":        {ActivityFilter{OrganizationID: 1, From: t0, To: t0, Limit: 50}, inOrder},
		"activity of a kind":     {ActivityFilter{Category: CategoryBilling, Limit: 50}, inOrder},
		"runs":                   {RunFilter{Kind: RunManual, Limit: 50}, inOrder},
		"changes of a run":       {ChangeFilter{RunID: 1, States: []ChangeState{StateHeld, StateFailed}, Limit: 50}, inOrder},
		"changes held":           {ChangeFilter{States: []ChangeState{StateHeld}, Limit: 50}, inOrder},
		"changes of an agreement": {
			ChangeFilter{AgreementID: 1, Carried: true, Limit: 50}, inOrder},
		"changes open":     {ChangeFilter{Open: true, Limit: 50}, pageOnly},
		"runs of a result": {RunFilter{Status: RunDone, Month: "2026-03", Limit: 50}, pageOnly},
		"changes of an organization": {
			ChangeFilter{OrganizationID: 1, Limit: 50}, inOrder},
	} {
		query, args := tc.query.query()
		plan := explain(t, s, query, args...)
		if bareScan.MatchString(plan) {
			t.Errorf("%s: reads a table without an index:\n%s", name, plan)
		}
		if got := strings.Count(plan, "USE TEMP B-TREE"); got != tc.sorts {
			t.Errorf("%s: sorts %d times, want %d:\n%s", name, got, tc.sorts, plan)
		}
	}
}

var bareScan = regexp.MustCompile(`(?m)^SCAN \w+$`)

// explain is SQLite's plan of a query, a step a line.
func explain(t *testing.T, s *Store, query string, args ...any) string {
	t.Helper()
	steps := must[[]string](t)(list(t.Context(), s.reader, func(row scanner) (step string, err error) {
		var id, parent, unused int
		err = row.Scan(&id, &parent, &unused, &step)
		return step, err
	}, `EXPLAIN QUERY PLAN `+query, args...))
	return strings.Join(steps, "\n")
}
