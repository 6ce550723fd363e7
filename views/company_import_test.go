package views

import (
	"strings"
	"testing"
)

func TestImport(t *testing.T) {
	t.Parallel()
	doc := render(t, CompanyImport(layout(SectionIntegrations), importPage(nil)))
	one(t, doc, `input[name=type][value="1"][checked]`)
	one(t, doc, `input[name=status][value="1"]`)
	wantText(t, doc.Find("form"), hostile)
	absent(t, doc, "[data-testid=import-status]")
}

func TestImportProgress(t *testing.T) {
	t.Parallel()
	doc := render(t, CompanyImportStatus(&CompanyImportProgress{State: "running", Step: "reading agreements", Done: 412, Total: 1043, PerSecond: 60.6}, ""))
	poll := one(t, doc, `[hx-trigger="every 1s"]`)
	if poll.AttrOr("hx-target", "") != "#import-status" || poll.AttrOr("hx-swap", "") != "outerMorph" {
		t.Error("the poll does not morph the status")
	}
	wantText(t, one(t, doc, "[role=status]"), "412 of 1,043", "Reading agreements", "61 a second")
	if got := one(t, doc, "progress").AttrOr("value", ""); got != "412" {
		t.Errorf("progress %q", got)
	}
	one(t, doc, `form[action="/integrations/connectwise/import/cancel"]`)
	for _, state := range []string{"done", "cancelled", "failed"} {
		doc := render(t, CompanyImportStatus(&CompanyImportProgress{State: state, Companies: 3, Notice: &Notice{What: "Why not."}}, ""))
		absent(t, doc, "[hx-trigger]", "progress", `form[action$="/cancel"]`)
		if got := one(t, doc, "[data-testid=import-status]").AttrOr("data-state", ""); got != state {
			t.Errorf("state %q, want %q", got, state)
		}
	}
	if html, _ := one(t, render(t, CompanyImportStatus(nil, "")), "#import-status").Html(); strings.TrimSpace(html) != "" {
		t.Errorf("no import shows %q", html)
	}
}

// A total that is not known yet is no division of nothing.
func TestImportProgressUnknownTotal(t *testing.T) {
	t.Parallel()
	doc := render(t, CompanyImportStatus(&CompanyImportProgress{State: "running", Step: "counting"}, ""))
	if _, has := one(t, doc, "progress").Attr("value"); has {
		t.Error("progress has a value")
	}
}
