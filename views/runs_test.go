package views

import "testing"

func TestRuns(t *testing.T) {
	t.Parallel()
	doc := render(t, Runs(layout(SectionIntegrations), RunsPage{Rows: []RunRow{runRow()}, Pager: Pager{From: 1, To: 1, Total: 1}}))
	row := one(t, doc, "[data-testid=run]")
	wantText(t, row, "Monthly sync", "October 2026", "1 Nov 2026, 00:30 UTC", hostile, "4 min 7 s", "2 failed, 41 written", "Incomplete")
	one(t, doc, `[data-testid=run] a[href="/runs/8"]`)
	wantText(t, render(t, RunList(RunsPage{})).Selection, "No runs yet")
}

func TestRun(t *testing.T) {
	t.Parallel()
	doc := render(t, Run(layout(SectionIntegrations), runPage()))
	wantText(t, one(t, doc, "[data-testid=run-state]"), "Incomplete")
	wantText(t, one(t, doc, "[data-testid=count-failed]"), "2")
	wantText(t, one(t, doc, "[data-testid=count-written]"), "41")
	wantText(t, one(t, doc, "[data-testid=run-summary]"), "+33", "−10")
	rows := doc.Find("[data-testid=change]")
	wantText(t, rows.Eq(0), hostile, "NP-BUS", "from 46 → to 48", "+2", "48 seats", "Edited by hand", "Written")
	wantText(t, rows.Eq(1), "from – → to 31", "+31", "No answer. Sync again.", "POST: timeout", "X: 31 seats", "Y: unknown", "Failed")
	wantText(t, rows.Eq(2), "−10", "Cancelled.", "Blocked")
	one(t, doc, `a[href="/runs/8/changes.csv"][download]`)
	absent(t, doc, "[data-testid=run-progress]", "[hx-trigger^=every]", `form[action$="/apply"]`, `form[action$="/discard"]`)
}

func TestRunSummaryLeavesOutNothing(t *testing.T) {
	t.Parallel()
	p := runPage()
	p.SeatsMore, p.SeatsLess = 12, 0
	if got := text(one(t, render(t, runSummary(p)), "dl > div:last-child dd")); got != "+12" {
		t.Errorf("seats %q", got)
	}
}

func TestPreview(t *testing.T) {
	t.Parallel()
	p := runPage()
	p.Run.Preview, p.Run.Status, p.CanApply, p.CanDiscard = true, "planned", true, true
	doc := render(t, Run(layout(SectionIntegrations), p))
	wantText(t, doc.Find("h1"), "Preview", "Planned")
	wantText(t, doc.Find("main"), "Nothing has been written yet.")
	control(t, doc.Find(`form[action="/runs/8/apply"][method=post]`), "Write these changes")
	control(t, doc.Find(`form[action="/runs/8/discard"][method=post]`), "Discard")
}

func TestRunProgress(t *testing.T) {
	t.Parallel()
	doc := render(t, RunProgress(runningPage()))
	poll := one(t, doc, `[hx-get="/runs/8/progress"][hx-trigger="every 1s"]`)
	if poll.AttrOr("hx-target", "") != "#run-progress" {
		t.Error("the poll swaps something else")
	}
	wantText(t, one(t, doc, "[role=status]"), "44 of 118 agreements", "9 a second", "41 written", "2 failed")
	control(t, doc.Find(`form[action="/runs/8/cancel"]`), "Cancel")
	page := render(t, Run(layout(SectionIntegrations), runningPage()))
	absent(t, page, "#changes", "[data-testid=run-summary]")
	absent(t, render(t, RunProgress(runPage())), "[hx-trigger]", "progress")
}

func TestChangeTableEmptyStates(t *testing.T) {
	t.Parallel()
	wantText(t, render(t, ChangeTable(RunPage{})).Selection, "No changes")
	wantText(t, render(t, ChangeTable(RunPage{State: "failed"})).Selection, "No change matches")
}
