package views

import "testing"

func TestRuns(t *testing.T) {
	t.Parallel()
	doc := render(t, Runs(layout(SectionIntegrations), runsPage()))
	row := one(t, doc, "[data-testid=run]")
	wantText(t, row, "Monthly sync", "October 2026", "1 Nov 2026, 00:30 UTC", hostile, "4 min 7 s", "2 failed, 41 written", "Incomplete")
	one(t, doc, `[data-testid=run] a[href="/runs/8"]`)
	one(t, doc, `a[href="/runs.csv"][download]`)
	wantText(t, doc.Find("main"), "September 2026 was never written.", "October 2026 is not written yet.")
	wantText(t, render(t, RunList(RunsPage{})).Selection, "No runs yet")
	wantText(t, render(t, RunList(RunsPage{Kind: "undo"})).Selection, "No run matches")
}

func TestRun(t *testing.T) {
	t.Parallel()
	doc := render(t, Run(layout(SectionIntegrations), runPage()))
	wantText(t, one(t, doc, "[data-testid=run-state]"), "Incomplete")
	wantText(t, one(t, doc, "[data-testid=count-failed]"), "2")
	wantText(t, one(t, doc, "[data-testid=count-written]"), "41")
	wantText(t, one(t, doc, "[data-testid=totals] tbody"), "Written41+33−10+1,120.50 EUR+9.80 USDwithout 3 lines whose price is not known−49.00 EUR0.00 USD")
	one(t, doc, `a[href="/runs/8/changes.csv"][download]`)
	control(t, doc.Find(`form[action="/runs/8/undo"][method=post]`), "Undo this run")
	control(t, doc.Find(`form[action="/runs/8/retry"][method=post]`), "Retry October")
	control(t, doc.Find(`form[action="/integrations/connectwise/sync/2026-10"][method=get]`), "Sync October again")
	wantText(t, doc.Find("main"), "Run 9 has looked since at 2 agreements that this run did not write.", "use Sync October again.")
	wantText(t, doc.Find("h1"), "Monthly sync: October 2026")
	absent(t, doc, "[data-testid=run-progress]", "[hx-trigger^=every]", `form[action$="/apply"]`, `form[action$="/discard"]`)
}

func TestRunSaysWhatHasToBeKnown(t *testing.T) {
	t.Parallel()
	p := runPage()
	p.Run.Resumed, p.Run.Counts.Held, p.Run.Counts.Stale = at("2026-11-01 02:00"), 3, 1
	p.Held = Totals{Lines: 3, SeatsMore: "200"}
	doc := render(t, Run(layout(SectionIntegrations), p))
	wantText(t, doc.Find("main"), "cut off and went on by itself on 1 Nov 2026, 02:00 UTC", "3 changes wait for approval.", "1 line is stale", "Waiting for approval3+200")
	one(t, doc, `[data-testid=notice] a[href="/held?run=8"]`)
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

func TestPreviewOfAnUndo(t *testing.T) {
	t.Parallel()
	p := runPage()
	p.Run.Preview, p.Run.Status, p.Run.Kind, p.Run.Of, p.CanApply, p.CanUndo, p.Retry = true, "planned", "undo", 5, true, false, ""
	doc := render(t, Run(layout(SectionIntegrations), p))
	wantText(t, doc.Find("h1"), "Preview of an undo")
	wantText(t, doc.Find("main"), "goes to 0, because it cannot be deleted", "To write")
	one(t, doc, `.page-head a[href="/runs/5"]`)
	absent(t, doc, `form[action$="/undo"]`, `form[action$="/retry"]`)
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
