package views

import "testing"

func TestChangeTable(t *testing.T) {
	t.Parallel()
	doc := render(t, ChangeTable(changeList()))
	rows := doc.Find("[data-testid=change]")
	wantText(t, rows.Eq(0), hostile, "NP-BUS", "from 46 → to 48", "+2", "+9.80 USD", "48 seats", "it says 46, Seatbridge left 45 there on 1 October 2026", "Written", "Approved by "+hostile+" on 2 Nov 2026, 09:00 UTC.")
	wantText(t, rows.Eq(1), "from – → to 31", "+31", "Price not known", "No answer. Sync again.", "POST: timeout", "X: 31 seats", "Y: unknown", "Failed")
	wantText(t, rows.Eq(2), "−10", "−1,049.00 EUR", "Cancelled.", "Blocked")
	again := rows.Eq(1).Find(`form[action="/integrations/connectwise/sync/2026-10"][method=post]`)
	control(t, again, "Sync October again: B, A")
	if again.Find("input[name=agreement]").AttrOr("value", "") != "12" {
		t.Error("the button does not name its agreement")
	}
	absent(t, doc, "thead th:contains(Run)", `[data-state=written] form`)
	one(t, doc, `[data-state=written] a[href="/agreements/11"]`)
}

func TestChangesOfSeveralRunsSayWhich(t *testing.T) {
	t.Parallel()
	l := changeList()
	l.ShowRun = true
	doc := render(t, ChangeTable(l))
	wantText(t, doc.Find("[data-testid=change]").Eq(0), "Monthly sync", "1 Nov 2026, 00:31 UTC")
	one(t, doc, `[data-state=written] a[href="/runs/8"]`)
}

func TestChooseLine(t *testing.T) {
	t.Parallel()
	doc := render(t, ChangeTable(changeList()))
	form := one(t, doc, `form[action="/changes/4/line"][method=post]`)
	wantText(t, form, "Which of them carries the seats?", "No. 21", "quantity 2, since 1 Jan 2026, "+hostile, "No. 22", "quantity 3")
	control(t, form, "Use this line")
	if got := one(t, doc, "[name=addition][checked]").AttrOr("value", ""); got != "22" {
		t.Errorf("chosen %q", got)
	}
	wantText(t, doc.Selection, "No. 22 is chosen and remembered")
	one(t, doc, `form[action="/agreements/14/sync"]`)
	c := changeRows()[3]
	c.Chosen = 0
	absent(t, render(t, chooseLine(c)), "[checked]", `form[action="/agreements/14/sync"]`)
}

func TestChangeTableEmptyStates(t *testing.T) {
	t.Parallel()
	wantText(t, render(t, ChangeTable(ChangeList{Empty: Notice{What: "No changes", Why: "Nothing."}})).Selection, "No changes", "Nothing.")
	for _, l := range []ChangeList{{Path: "/x", State: "failed"}, {Path: "/x", Kind: "create"}, {Path: "/x", Query: "y"}} {
		wantText(t, render(t, ChangeTable(l)).Selection, "No change matches")
	}
}

func TestHeld(t *testing.T) {
	t.Parallel()
	doc := render(t, Held(layout(SectionApprovals), heldPage()))
	groups := doc.Find("[data-testid=held]")
	if groups.Length() != 2 || groups.Eq(0).Find("[data-testid=held-line]").Length() != 2 {
		t.Fatalf("%d groups", groups.Length())
	}
	// The lines of an agreement have one box and one pair of buttons.
	if n := groups.Eq(0).Find("[name=change]").Length(); n != 1 {
		t.Errorf("%d boxes", n)
	}
	wantText(t, groups.Eq(0), "A change of +200 is larger than 100 seats.", "Monthly sync, run 8", "+9.80 USD")
	wantText(t, doc.Find("main"), "What belongs together is decided together")
	for _, name := range []string{"approve", "reject"} {
		if got := groups.Eq(0).Find("button[name="+name+"]").AttrOr("value", ""); got != "1" {
			t.Errorf("%s sends %q", name, got)
		}
	}
	if got := doc.Find("button[name=decision]").Length(); got != 4 {
		t.Errorf("%d buttons for several", got)
	}
	if got := one(t, doc, "input[name=last]").AttrOr("value", ""); got != "3" {
		t.Errorf("last = %q", got)
	}
	empty := render(t, HeldTable(HeldPage{}))
	wantText(t, empty.Selection, "Nothing waits for approval")
	absent(t, empty, "form")
}

func TestApprovalsBadge(t *testing.T) {
	t.Parallel()
	l := layout(SectionOverview)
	absent(t, render(t, Overview(l, overviewPage())), "[data-testid=held-count]")
	l.Held = 1200
	wantText(t, one(t, render(t, Overview(l, overviewPage())), `#sidebar a[href="/held"] [data-testid=held-count]`), "1,200")
}

func TestAgreement(t *testing.T) {
	t.Parallel()
	doc := render(t, Agreement(layout(SectionIntegrations), agreementPage()))
	lines := doc.Find("[data-testid=line]")
	wantText(t, lines.Eq(0), "NP-BUS", "No. 21", "chosen among several", "48", "1 Nov 2026, 00:31 UTC", "47", "read 20 Nov 2026, 09:02 UTC", "50", "November 2026, so far")
	wantText(t, lines.Eq(1), "NP-ENT", "Not yet", "Not read yet", "Not known")
	wantText(t, doc.Find("main"), "It ended.", "1 Dec 2026")
	control(t, doc.Find(`.page-head form[action="/agreements/11/sync"]`), "Sync now")
	p := agreementPage()
	p.CanSync, p.Organizations, p.Lines = false, nil, nil
	doc = render(t, Agreement(layout(SectionIntegrations), p))
	wantText(t, doc.Find("main"), "None is mapped to it", "No addition carries its seats yet.")
	absent(t, doc, `.page-head form`)
}

// Green is shown only where everything was checked.
func TestAttentionIsGreenOnlyWhenAllWasChecked(t *testing.T) {
	t.Parallel()
	doc := render(t, attentionCard(nil, Clear{Checked: at("2026-11-01 00:31")}, true))
	wantText(t, one(t, doc, "[data-testid=all-clear]"), "Nothing needs you.", "1 Nov 2026, 00:31 UTC")
	doc = render(t, attentionCard(nil, Clear{Why: "nothing was synced yet."}, true))
	wantText(t, one(t, doc, "[data-testid=not-checked]"), "nothing was synced yet.")
	absent(t, doc, "[data-testid=all-clear]")
	absent(t, render(t, attentionCard(attentionPage().Attention, Clear{Checked: at("2026-11-01 00:31")}, true)), "[data-testid=all-clear]")
}
