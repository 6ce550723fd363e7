package handlers

import (
	"context"
	"fmt"
	"net/http"
	"net/url"

	"github.com/a-h/templ"

	"seatbridge/billing/problem"
	"seatbridge/handlers/web"
	"seatbridge/store"
	"seatbridge/views"
)

// heldPage is how many held changes are shown at once.
const heldPage = 50

// heldFilter picks what waits for approval: in all runs, or in one, which may then be a preview.
func heldFilter(run int64) store.ChangeFilter {
	return store.ChangeFilter{RunID: run, Carried: run == 0, States: []store.ChangeState{store.StateHeld}}
}

func (s *server) listHeld(w http.ResponseWriter, r *http.Request) error {
	q := web.ParseListQuery(r.URL.Query())
	page := views.HeldPage{Run: web.FormID(q.Values.Get("run"), 64)}
	filter := heldFilter(page.Run)
	changes, total, err := web.Load(&q, heldPage, func(limit, offset int) ([]store.Change, int, error) {
		filter.Limit, filter.Offset = limit, offset
		return s.Store.Changes(r.Context(), filter)
	})
	if err != nil {
		return err
	}
	rows, err := s.changeRows(r.Context(), changes)
	if err != nil {
		return err
	}
	ids, err := s.heldIDs(r.Context(), page.Run)
	if err != nil {
		return err
	}
	for _, id := range ids {
		page.Last = max(page.Last, id)
	}
	page.Total, page.Groups, page.Pager = total, heldGroups(rows), q.Pager(views.HeldPath, heldPage, len(rows), total)
	page.CSV = web.WithQuery(views.ChangesCSVPath(views.HeldPath), q.Values, "page", "")
	return s.web.Answer(w, r, web.Page{
		Section: views.SectionApprovals, Title: "Approvals",
		Part:  views.HeldTable(page),
		Whole: func(l views.Layout) templ.Component { return views.Held(l, page) },
	})
}

// heldGroups puts the lines of an agreement in a run together.
func heldGroups(rows []views.ChangeRow) []views.HeldGroup {
	var groups []views.HeldGroup
	for _, row := range rows {
		if n := len(groups); n > 0 && groups[n-1].RunID == row.RunID && groups[n-1].Lines[0].AgreementID == row.AgreementID {
			groups[n-1].Lines = append(groups[n-1].Lines, row)
			continue
		}
		groups = append(groups, views.HeldGroup{RunID: row.RunID, Run: row.Run, Because: row.HeldBecause, Lines: []views.ChangeRow{row}})
	}
	return groups
}

// heldIDs are all changes that wait, in all runs or in one.
func (s *server) heldIDs(ctx context.Context, run int64) ([]int64, error) {
	var ids []int64
	for c, err := range s.Store.EachChange(ctx, heldFilter(run)) {
		if err != nil {
			return nil, err
		}
		ids = append(ids, c.ID)
	}
	return ids, nil
}

func (s *server) downloadHeld(w http.ResponseWriter, r *http.Request) error {
	return s.sendChanges(w, r, "held-changes", heldFilter(web.FormID(r.URL.Query().Get("run"), 64)))
}

// decideHeld approves or rejects one change, those that are ticked, or all that were there when the page was.
func (s *server) decideHeld(w http.ResponseWriter, r *http.Request) error {
	if err := web.ParseForm(r); err != nil {
		return err
	}
	run := web.FormID(r.PostForm.Get("run"), 64)
	approve, ids, err := s.parseDecision(r.Context(), r.PostForm, run)
	if err != nil {
		return err
	}
	decide, message := s.Billing.Runs.Reject, "%d rejected. Nothing of it was written."
	if approve {
		decide, message = s.Billing.Runs.Approve, "%d approved, and being written exactly as shown."
	}
	n, err := decide(r.Context(), s.web.Actor(r), ids)
	if err != nil {
		return err
	}
	return s.web.Done(w, r, web.WithQuery(views.HeldPath, nil, "run", number(run)), fmt.Sprintf(message, n))
}

func (s *server) parseDecision(ctx context.Context, form url.Values, run int64) (approve bool, ids []int64, err error) {
	if one := web.FormIDs(form["approve"], 64); len(one) > 0 {
		return true, one, nil
	}
	if one := web.FormIDs(form["reject"], 64); len(one) > 0 {
		return false, one, nil
	}
	decision := web.OneOf(form.Get("decision"), "approve", "reject", "approve_all", "reject_all")
	ids = web.FormIDs(form["change"], 64)
	if decision == "approve_all" || decision == "reject_all" {
		if ids, err = s.heldIDs(ctx, run); err != nil {
			return false, nil, err
		}
		ids = shownBy(ids, web.FormID(form.Get("last"), 64))
	}
	if decision == "" || len(ids) == 0 {
		return false, nil, &problem.Invalid{Fields: map[string]string{"change": "Choose the changes to approve or reject."}}
	}
	return decision == "approve" || decision == "approve_all", ids, nil
}

// shownBy leaves out what came after the newest change that the page knew.
func shownBy(ids []int64, last int64) []int64 {
	var shown []int64
	for _, id := range ids {
		if id <= last {
			shown = append(shown, id)
		}
	}
	return shown
}
