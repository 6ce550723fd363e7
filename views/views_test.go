package views

import (
	"bytes"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/PuerkitoBio/goquery"
	"github.com/a-h/templ"
)

// hostile is a name that must never become markup.
const hostile = `<script>alert("x")</script> & "Sons"`

// render is the component as a document.
func render(t *testing.T, c templ.Component) *goquery.Document {
	t.Helper()
	var buf bytes.Buffer
	if err := c.Render(t.Context(), &buf); err != nil {
		t.Fatal(err)
	}
	html := buf.String()
	if strings.HasPrefix(html, "<tr") { // browsers parse a row only inside a table
		html = "<table>" + html + "</table>"
	}
	doc, err := goquery.NewDocumentFromReader(strings.NewReader(html))
	if err != nil {
		t.Fatal(err)
	}
	return doc
}

// one is the only element that matches, or the test ends.
func one(t *testing.T, doc *goquery.Document, selector string) *goquery.Selection {
	t.Helper()
	found := doc.Find(selector)
	if found.Length() != 1 {
		t.Fatalf("%s: %d elements, want 1", selector, found.Length())
	}
	return found
}

// absent fails when something matches that must not be there.
func absent(t *testing.T, doc *goquery.Document, selectors ...string) {
	t.Helper()
	for _, selector := range selectors {
		if n := doc.Find(selector).Length(); n != 0 {
			t.Errorf("%s: %d elements, want none", selector, n)
		}
	}
}

// text is what a reader sees, with spaces as one.
func text(s *goquery.Selection) string { return strings.Join(strings.Fields(s.Text()), " ") }

func wantText(t *testing.T, s *goquery.Selection, parts ...string) {
	t.Helper()
	got := text(s)
	for _, part := range parts {
		if !strings.Contains(got, part) {
			t.Errorf("text %q does not contain %q", got, part)
		}
	}
}

// control is the only button or link with this accessible name, inside the
// selection.
func control(t *testing.T, s *goquery.Selection, name string) *goquery.Selection {
	t.Helper()
	found := s.Find("button, a").FilterFunction(func(_ int, b *goquery.Selection) bool { return accessibleName(b) == name })
	if found.Length() != 1 {
		t.Fatalf("%d controls are named %q, want 1", found.Length(), name)
	}
	return found
}

func accessibleName(s *goquery.Selection) string {
	if label := s.AttrOr("aria-label", ""); label != "" {
		return label
	}
	return text(s)
}

func at(s string) time.Time {
	t, err := time.Parse("2006-01-02 15:04", s)
	if err != nil {
		panic(err)
	}
	return t
}

func layout(section Section) Layout {
	return Layout{
		Title: "Some page", Section: section, MSPName: "Northwind " + hostile, Role: "owner",
		UserName: "Ada " + hostile, UserEmail: "ada@northwind.example",
		Flashes: []Flash{{"success", "Saved."}, {"warning", "Look here."}},
	}
}

func sortedBy(column string, columns ...string) Sort {
	urls := map[string]string{}
	for _, c := range columns {
		urls[c] = "/list?sort=" + c
	}
	return Sort{By: column, URLs: urls}
}

// pages is every whole page, filled as far as it goes. The properties that all
// pages share are tested on them.
func pages() map[string]templ.Component {
	problems := Problems{"name": "Enter a name.", "email": "Enter an address.", "password": "Too short.", "site": "No server answers.", "identifier": "Taken.", "current": "Wrong."}
	notice := &Notice{What: "It failed.", Why: "Because.", Do: "Do this.", Detail: "GET /x: 500"}
	return map[string]templ.Component{
		"sign in":               SignIn(SignInPage{MSPName: hostile, Email: hostile, Next: "/usage", Demo: true, DemoEmail: "demo@x.example", DemoPassword: "open sesame", Problems: Problems{"": "Wrong."}}),
		"set up":                Setup(SetupPage{Token: "t0ken", Name: hostile, Email: hostile, MSPName: hostile, Problems: problems}),
		"accept":                Accept(AcceptPage{Token: "t0ken", Email: "eve@x.example", Name: hostile, MSPName: hostile, Role: "admin", Problems: problems}),
		"overview":              Overview(layout(SectionOverview), overviewPage()),
		"organizations":         Organizations(layout(SectionOrganizations), organizationsPage()),
		"no organizations":      Organizations(layout(SectionOrganizations), OrganizationsPage{CanEdit: true}),
		"add organization":      AddOrganization(layout(SectionOrganizations), OrganizationForm{Action: "/organizations", Name: hostile, Cancel: "/organizations", Problems: problems}),
		"organization":          Organization(layout(SectionOrganizations), organizationPage()),
		"usage":                 Usage(layout(SectionUsage), usagePage()),
		"upload":                Upload(layout(SectionUsage), UploadPage{Kind: "usage", Problems: Problems{"file": "The file is empty."}}),
		"file import choices":   FileImport(layout(SectionUsage), fileImportPage("uploaded")),
		"file import checked":   FileImport(layout(SectionOrganizations), fileImportPage("checked")),
		"file import running":   FileImport(layout(SectionUsage), FileImportPage{ID: 7, Kind: "usage", Name: hostile, State: "checked", Progress: &FileImportProgress{ID: 7, Writing: true, Phase: "Comparing", Done: 5, Total: 10, PerSecond: 3}}),
		"file import done":      FileImport(layout(SectionOrganizations), fileImportPage("done")),
		"file import discarded": FileImport(layout(SectionOrganizations), fileImportPage("discarded")),
		"file import changes":   FileImportChanges(layout(SectionOrganizations), FileImportChangesPage{ID: 7, Name: hostile, Rows: []FileImportChange{{Line: 2, Who: hostile, What: "Member added", After: hostile}, {Who: hostile, Before: hostile}}}),
		"integrations":          Integrations(layout(SectionIntegrations), IntegrationsPage{Connection: connection("active"), Mapped: 3}),
		"connectwise none":      ConnectWise(layout(SectionIntegrations), ConnectWisePage{Rights: rights()}),
		"connectwise active":    ConnectWise(layout(SectionIntegrations), connectWisePage("active")),
		"connectwise error":     ConnectWise(layout(SectionIntegrations), connectWisePage("error")),
		"products":              Products(layout(SectionIntegrations), ProductsPage{Business: &Product{1, hostile, hostile}, Created: hostile, Remap: true, Notice: notice}),
		"product picker":        ProductPicker(layout(SectionIntegrations), pickerPage()),
		"new product":           NewProduct(layout(SectionIntegrations), productForm(problems)),
		"import":                CompanyImport(layout(SectionIntegrations), importPage(nil)),
		"import running":        CompanyImport(layout(SectionIntegrations), importPage(&CompanyImportProgress{State: "running", Step: "reading companies"})),
		"import done":           CompanyImport(layout(SectionIntegrations), importPage(&CompanyImportProgress{State: "done", Companies: 3, Errors: []string{hostile}})),
		"companies":             Companies(layout(SectionIntegrations), companiesPage()),
		"no companies":          Companies(layout(SectionIntegrations), CompaniesPage{}),
		"choose organization":   ChooseOrganization(layout(SectionIntegrations), ChooseOrganizationPage{Company: companyRow(), Options: organizationOptions()}),
		"runs":                  Runs(layout(SectionIntegrations), runsPage()),
		"run":                   Run(layout(SectionIntegrations), runPage()),
		"leaks":                 Leaks(layout(SectionLeaks), leaksPage()),
		"no leaks":              Leaks(layout(SectionLeaks), LeaksPage{Ready: true, Scan: &LeakScan{}}),
		"nobody looked":         Leaks(layout(SectionLeaks), LeaksPage{Ready: true}),
		"leaks unconnected":     Leaks(layout(SectionLeaks), LeaksPage{}),
		"leaks while scanning":  Leaks(layout(SectionLeaks), LeaksPage{Ready: true, Progress: &LeakProgress{State: "running", Step: "reading lines", Done: 3, Total: 9, PerSecond: 4}}),
		"meant so":              MeantLeakPage(layout(SectionLeaks), MeantLeak{Leak: leakOf("unfed"), Problems: Problems{"note": "Say why.", "leak": "Gone."}}),
		"months":                Months(layout(SectionMonths), monthsPage()),
		"no months":             Months(layout(SectionMonths), MonthsPage{}),
		"month":                 Month(layout(SectionMonths), monthPage("written")),
		"month closed":          Month(layout(SectionMonths), monthPage("closed")),
		"month running":         Month(layout(SectionMonths), monthPage("running")),
		"no rows":               Month(layout(SectionMonths), MonthPage{MonthLine: MonthLine{Month: "2026-10", State: "due", Due: "0"}, List: MonthList{Month: "2026-10"}}),
		"settle":                SettlePage(layout(SectionMonths), settleDialog(problems)),
		"month row":             MonthRowPage(layout(SectionMonths), monthRowDialog(problems)),
		"close":                 CloseMonthPage(layout(SectionMonths), CloseDialog{MonthLine: sampleLine("written"), Billed: "554", Problems: problems}),
		"statement":             Statement(layout(SectionMonths), statementPage(nil)),
		"statement forged":      Statement(layout(SectionMonths), statementPage(notice)),
		"approvals":             Held(layout(SectionApprovals), heldPage()),
		"no approvals":          Held(layout(SectionApprovals), HeldPage{CSV: "/held/changes.csv"}),
		"agreement":             Agreement(layout(SectionIntegrations), agreementPage()),
		"organization history":  OrganizationHistory(layout(SectionOrganizations), OrganizationHistoryPage{ID: 7, Name: hostile, List: agreementPage().List}),
		"attention":             NeedsAttention(layout(SectionOverview), attentionPage()),
		"run running":           Run(layout(SectionIntegrations), runningPage()),
		"activity":              Activity(layout(SectionActivity), activityPage()),
		"members":               Members(layout(SectionMembers), membersPage(problems)),
		"notifications":         Notifications(layout(SectionSettings), notificationsPage()),
		"no notifications":      Notifications(layout(SectionSettings), NotificationsPage{LinksLack: true}),
		"mail channel":          ChannelEditor(layout(SectionSettings), channelForm("email", Problems{"host": "No such server.", "to": "Enter an address."})),
		"webhook channel":       ChannelEditor(layout(SectionSettings), channelForm("webhook", nil)),
		"slack channel":         ChannelEditor(layout(SectionSettings), ChannelForm{Kind: "slack"}),
		"tokens":                Tokens(layout(SectionSettings), tokensPage(problems)),
		"provider":              Provider(layout(SectionIntegrations), providerPage(problems)),
		"settings":              Settings(layout(SectionSettings), settingsPage(problems)),
		"error":                 Error(layout(""), ErrorPage{Status: 404, What: hostile, RequestID: "a1"}),
		"error without a user":  Error(Layout{}, ErrorPage{Status: 500}),
	}
}

func TestEveryPage(t *testing.T) {
	t.Parallel()
	for name, page := range pages() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			doc := render(t, page)
			one(t, doc, "h1")
			one(t, doc, "main#main")
			if lang := one(t, doc, "html").AttrOr("lang", ""); lang != "en" {
				t.Errorf("lang %q", lang)
			}
			obeysPolicy(t, doc)
			hasUniqueIDs(t, doc)
			refersToWhatExists(t, doc)
			namesItsControls(t, doc)
			hasPlainForms(t, doc)
		})
	}
}

// obeysPolicy: the content security policy is default-src 'self', so nothing
// may stand inline. Hostile names stay text.
func obeysPolicy(t *testing.T, doc *goquery.Document) {
	t.Helper()
	absent(t, doc, "style", "[style]", "script:not([src])", "[onclick]", "[onsubmit]", "[onchange]")
	doc.Find("*").Each(func(_ int, s *goquery.Selection) {
		for _, a := range s.Nodes[0].Attr {
			if strings.HasPrefix(a.Key, "hx-on") || strings.HasPrefix(a.Val, "js:") || strings.HasPrefix(strings.ToLower(a.Val), "javascript:") {
				t.Errorf("%s=%q needs eval", a.Key, a.Val)
			}
			if a.Key == "hx-trigger" && strings.Contains(a.Val, "[") {
				t.Errorf("trigger filter %q needs eval", a.Val)
			}
		}
	})
	doc.Find("script, img").Each(func(_ int, s *goquery.Selection) {
		if src := s.AttrOr("src", ""); !strings.HasPrefix(src, "/static/") {
			t.Errorf("loads %q", src)
		}
	})
}

func hasUniqueIDs(t *testing.T, doc *goquery.Document) {
	t.Helper()
	seen := map[string]bool{}
	doc.Find("[id]").Each(func(_ int, s *goquery.Selection) {
		name := s.AttrOr("id", "")
		if seen[name] {
			t.Errorf("id %q twice", name)
		}
		seen[name] = true
	})
}

func refersToWhatExists(t *testing.T, doc *goquery.Document) {
	t.Helper()
	ids := map[string]bool{}
	doc.Find("[id]").Each(func(_ int, s *goquery.Selection) { ids[s.AttrOr("id", "")] = true })
	for _, attr := range []string{"for", "form", "aria-describedby", "aria-controls", "aria-labelledby", "commandfor", "popovertarget", "data-copy"} {
		doc.Find("[" + attr + "]").Each(func(_ int, s *goquery.Selection) {
			for _, name := range strings.Fields(s.AttrOr(attr, "")) {
				if !ids[name] && name != "dialog-title" { // the shared dialog is empty until something is swapped in
					t.Errorf("%s=%q names nothing", attr, name)
				}
			}
		})
	}
	doc.Find("[hx-target]").Each(func(_ int, s *goquery.Selection) {
		target := s.AttrOr("hx-target", "")
		if strings.HasPrefix(target, "#") && !ids[target[1:]] {
			t.Errorf("hx-target %q names nothing", target)
		}
	})
}

func namesItsControls(t *testing.T, doc *goquery.Document) {
	t.Helper()
	doc.Find("input:not([type=hidden]), select, textarea").Each(func(_ int, s *goquery.Selection) {
		label := doc.Find(`label[for="` + s.AttrOr("id", "-") + `"]`)
		if s.AttrOr("aria-label", "") == "" && label.Length() == 0 && s.Closest("label").Length() == 0 {
			html, _ := goquery.OuterHtml(s)
			t.Errorf("no label: %s", html)
		}
	})
	// The dialog that asks is filled by script.
	doc.Find("button, a[href]").Not("#ask button").Each(func(_ int, s *goquery.Selection) {
		if accessibleName(s) == "" {
			html, _ := goquery.OuterHtml(s)
			t.Errorf("no name: %s", html)
		}
	})
	doc.Find("table").Each(func(_ int, s *goquery.Selection) {
		if s.Find("thead th[scope=col]").Length() == 0 {
			t.Error("table without column headings")
		}
	})
}

// hasPlainForms: whatever htmx sends, a browser without script can send too.
func hasPlainForms(t *testing.T, doc *goquery.Document) {
	t.Helper()
	doc.Find("form").Each(func(_ int, s *goquery.Selection) {
		action := s.AttrOr("action", "")
		if action == "" {
			t.Error("form without an action")
		}
		if post, ok := s.Attr("hx-post"); ok && (s.AttrOr("method", "") != "post" || post != action) {
			t.Errorf("form sends %q by htmx and %s %q without", post, s.AttrOr("method", "get"), action)
		}
	})
	doc.Find("a[hx-get]").Each(func(_ int, s *goquery.Selection) {
		if s.AttrOr("href", "") != s.AttrOr("hx-get", "") {
			t.Errorf("link %q goes elsewhere by htmx", s.AttrOr("href", ""))
		}
	})
}

// A page has one primary button at most, the next action; dialogs have their own.
func TestOnePrimaryButton(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"overview", "organizations", "connectwise none", "connectwise active", "connectwise error", "import", "import done", "companies", "run", "runs", "usage", "settings", "approvals", "agreement", "attention", "months", "no months", "month", "month closed", "month running", "statement"} {
		doc := render(t, pages()[name])
		primary := doc.Find("main .btn:not([data-variant])").FilterFunction(func(_ int, s *goquery.Selection) bool {
			return s.Closest("dialog").Length() == 0
		})
		if primary.Length() > 1 {
			t.Errorf("%s: %d primary buttons: %s", name, primary.Length(), text(primary))
		}
	}
}

func TestLayoutNavigation(t *testing.T) {
	t.Parallel()
	links := func(role string) []string {
		l := layout(SectionUsage)
		l.Role = role
		doc := render(t, Usage(l, usagePage()))
		if current := text(one(t, doc, "nav [aria-current=page]")); role == "owner" && current != "Usage data" {
			t.Errorf("current page %q", current)
		}
		return doc.Find("#sidebar li a").Map(func(_ int, s *goquery.Selection) string { return text(s) })
	}
	want := []string{"Overview", "Organizations", "Usage data", "Months", "Approvals", "Leaks", "Integrations", "Members", "Activity log", "Settings"}
	if got := links("owner"); !slices.Equal(got, want) {
		t.Errorf("owner sees %v", got)
	}
	l := layout(SectionOrganizations)
	l.Role = "technician"
	doc := render(t, Organizations(l, organizationsPage()))
	got := doc.Find("#sidebar li a").Map(func(_ int, s *goquery.Selection) string { return text(s) })
	if want := []string{"Overview", "Organizations", "Settings"}; !slices.Equal(got, want) {
		t.Errorf("technician sees %v", got)
	}
}

func TestLayoutDemoBanner(t *testing.T) {
	t.Parallel()
	l := layout(SectionOverview)
	absent(t, render(t, Overview(l, overviewPage())), "[data-testid=demo-banner]")
	l.Demo = true
	wantText(t, one(t, render(t, Overview(l, overviewPage())), "[data-testid=demo-banner]"), "Demo.")
}

func TestLayoutFlashes(t *testing.T) {
	t.Parallel()
	doc := render(t, Overview(layout(SectionOverview), overviewPage()))
	wantText(t, one(t, doc, "#toaster [data-testid=flash]"), "Saved.")
	wantText(t, one(t, doc, "#alerts [data-kind=warning]"), "Look here.")
}

func TestLayoutRefresh(t *testing.T) {
	t.Parallel()
	l := layout(SectionIntegrations)
	absent(t, render(t, Runs(l, RunsPage{})), "head noscript")
	l.Refresh = 3
	if got := render(t, Runs(l, RunsPage{})).Find("head noscript").Text(); !strings.Contains(got, `http-equiv="refresh" content="3"`) {
		t.Errorf("noscript holds %q", got)
	}
}

func TestToastIsAPart(t *testing.T) {
	t.Parallel()
	doc := render(t, Toast(Flash{"success", hostile}))
	part := one(t, doc, "hx-partial")
	if part.AttrOr("hx-target", "") != "#toaster" {
		t.Error("the toast does not go to the toaster")
	}
	wantText(t, part, hostile)
	absent(t, doc, "script")
}
