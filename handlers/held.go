package handlers

import (
	"cmp"
	"context"
	"fmt"
	"net/http"
	"net/url"
	"slices"

	"github.com/a-h/templ"
	"github.com/shopspring/decimal"

	"seatbridge/billing/money"
	"seatbridge/billing/problem"
	"seatbridge/handlers/web"
	"seatbridge/store"
	"seatbridge/views"
)

// heldPage is how many held units are shown at once.
const heldPage = 50

// heldFilter picks what waits for approval: in all runs, or in one, which may then be a preview.
func heldFilter(run int64) store.ChangeFilter {
	return store.ChangeFilter{RunID: run, Carried: run == 0, States: []store.ChangeState{store.StateHeld}}
}

// heldUnit is what one run holds together, and what it comes to.
type heldUnit struct {
	changes []store.Change // one at least
	sum     money.Totals
}

// worth is what the unit comes to in a billing period, up or down; not valid where a price is not known or currencies differ.
func (u heldUnit) worth() decimal.NullDecimal {
	currencies := u.sum.Currencies()
	if u.sum.Unpriced > 0 || len(currencies) > 1 {
		return decimal.NullDecimal{}
	}
	if len(currencies) == 0 { // nothing of it is billed
		return decimal.NewNullDecimal(decimal.Zero)
	}
	flow := u.sum.Worth(currencies[0])
	return decimal.NewNullDecimal(flow.More.Add(flow.Less))
}

// heldFor says whether the unit waits for the reason; an empty one fits all.
func (u heldUnit) heldFor(reason store.HoldReason) bool {
	return reason == "" || slices.Contains(u.changes[0].HeldFor, reason)
}

// byWorth puts what is worth most first, up or down, and before it what nobody can tell the worth of.
func byWorth(a, b heldUnit) int {
	x, y := a.worth(), b.worth()
	if x.Valid != y.Valid {
		return cmp.Compare(boolRank(x.Valid), boolRank(y.Valid))
	}
	return y.Decimal.Abs().Cmp(x.Decimal.Abs())
}

func boolRank(known bool) int {
	if known {
		return 1
	}
	return 0
}

// heldUnits are all that waits, in all runs or in one, by worth.
func heldUnits(ctx context.Context, s *store.Store, run int64) ([]heldUnit, error) {
	type key struct {
		run      int64
		together int
	}
	at := map[key]int{}
	var units []heldUnit
	for c, err := range s.EachChange(ctx, heldFilter(run)) {
		if err != nil {
			return nil, err
		}
		k := key{c.RunID, c.Together}
		i, begun := at[k]
		if !begun {
			i = len(units)
			at[k], units = i, append(units, heldUnit{})
		}
		units[i].changes = append(units[i].changes, c)
		units[i].sum.Add(money.LineOf(c))
	}
	slices.SortStableFunc(units, byWorth)
	return units, nil
}

// holdReasons are the reasons in the order in which people want to see them.
func holdReasons() []store.HoldReason {
	return []store.HoldReason{
		store.HoldZero, store.HoldFirst, store.HoldLower, store.HoldHigher, store.HoldSize, store.HoldDecrease, store.HoldNegative,
		store.HoldMany, store.HoldSourceZero, store.HoldDisputed, store.HoldFound, store.HoldTerms, store.HoldEdited, store.HoldStranded,
		store.HoldAgain,
	}
}

func (s *server) listHeld(w http.ResponseWriter, r *http.Request) error {
	q := web.ParseListQuery(r.URL.Query())
	reason := web.OneOf(q.Values.Get("reason"), holdReasons()...)
	page := views.HeldPage{Run: web.FormID(q.Values.Get("run"), 64), Reason: string(reason)}
	all, err := heldUnits(r.Context(), s.Store, page.Run)
	if err != nil {
		return err
	}
	page.Reasons = reasonOptions(all, reason)
	waiting := slices.DeleteFunc(all, func(u heldUnit) bool { return !u.heldFor(reason) })
	shown, total, err := web.Load(&q, heldPage, func(limit, offset int) ([]heldUnit, int, error) {
		from := min(offset, len(waiting))
		return waiting[from:min(from+limit, len(waiting))], len(waiting), nil
	})
	if err != nil {
		return err
	}
	for _, u := range waiting {
		page.Total += len(u.changes)
		for _, c := range u.changes {
			page.Last = max(page.Last, c.ID)
		}
	}
	if page.Groups, err = s.heldGroups(r.Context(), shown); err != nil {
		return err
	}
	page.Pager = q.Pager(views.HeldPath, heldPage, len(shown), total)
	page.CSV = web.WithQuery(views.ChangesCSVPath(views.HeldPath), q.Values, "page", "")
	return s.web.Answer(w, r, web.Page{
		Section: views.SectionApprovals, Title: "Approvals",
		Part:  views.HeldTable(page),
		Whole: func(l views.Layout) templ.Component { return views.Held(l, page) },
	})
}

// reasonOptions are the reasons for which something waits, each with how many units do.
func reasonOptions(units []heldUnit, chosen store.HoldReason) []views.Option {
	var options []views.Option
	for _, reason := range holdReasons() {
		n := 0
		for _, u := range units {
			if u.heldFor(reason) {
				n++
			}
		}
		if n > 0 || reason == chosen {
			options = append(options, views.Option{
				Value: string(reason), Label: views.HoldName(string(reason)), Count: n, HasCount: true, Selected: reason == chosen,
			})
		}
	}
	return options
}

// heldGroups are units as they are shown.
func (s *server) heldGroups(ctx context.Context, units []heldUnit) ([]views.HeldGroup, error) {
	var changes []store.Change
	for _, u := range units {
		changes = append(changes, u.changes...)
	}
	rows, err := s.changeRows(ctx, changes)
	if err != nil {
		return nil, err
	}
	var groups []views.HeldGroup
	for _, u := range units {
		groups = append(groups, heldGroup(u, rows[:len(u.changes)]))
		rows = rows[len(u.changes):]
	}
	return groups, nil
}

// heldGroup is a unit with its lines as they are shown.
func heldGroup(u heldUnit, lines []views.ChangeRow) views.HeldGroup {
	g := views.HeldGroup{RunID: lines[0].RunID, Run: lines[0].Run, Because: lines[0].HeldBecause, Lines: lines}
	for _, reason := range u.changes[0].HeldFor {
		g.Reasons = append(g.Reasons, string(reason))
	}
	g.Seats = u.sum.Seats.More.Add(u.sum.Seats.Less).String()
	if worth := u.worth(); worth.Valid {
		g.Money = amount(worth.Decimal, u.changes[0].Currency)
	}
	return g
}

// heldIDs are all changes that wait for a reason, in all runs or in one.
func (s *server) heldIDs(ctx context.Context, run int64, reason store.HoldReason) ([]int64, error) {
	units, err := heldUnits(ctx, s.Store, run)
	if err != nil {
		return nil, err
	}
	var ids []int64
	for _, u := range units {
		for _, c := range u.changes {
			if u.heldFor(reason) {
				ids = append(ids, c.ID)
			}
		}
	}
	return ids, nil
}

func (s *server) downloadHeld(w http.ResponseWriter, r *http.Request) error {
	filter := heldFilter(web.FormID(r.URL.Query().Get("run"), 64))
	filter.HeldFor = web.OneOf(r.URL.Query().Get("reason"), holdReasons()...)
	return s.sendChanges(w, r, "held-changes", filter)
}

// decideHeld approves or rejects one change, those that are ticked, or all that were there when the page was.
func (s *server) decideHeld(w http.ResponseWriter, r *http.Request) error {
	if err := web.ParseForm(r); err != nil {
		return err
	}
	run := web.FormID(r.PostForm.Get("run"), 64)
	if change := web.FormID(r.PostForm.Get("always"), 64); change != 0 {
		return findingPages{s}.always(w, r, change)
	}
	approve, ids, err := s.parseDecision(r.Context(), r.PostForm, run)
	if err != nil {
		return err
	}
	decide, message := s.Billing.Runs.Reject, "%d rejected. Nothing of it was written."
	if approve {
		decide, message = s.Billing.Runs.Approve, "%d approved, and being written exactly as shown."
	}
	reason := web.OneOf(r.PostForm.Get("reason"), holdReasons()...)
	n, err := decide(r.Context(), s.web.Actor(r), ids)
	if err != nil {
		return err
	}
	back := web.WithQuery(views.HeldPath, url.Values{"run": {number(run)}}, "reason", string(reason))
	return s.web.Done(w, r, back, fmt.Sprintf(message, n))
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
		if ids, err = s.heldIDs(ctx, run, web.OneOf(form.Get("reason"), holdReasons()...)); err != nil {
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
