package command

import (
	"bufio"
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/PuerkitoBio/goquery"

	"seatbridge/command/commandtest"
)

// printedGuide is what the demo prints of some labels, and all lines up to the last.
func printedGuide(t *testing.T, out *bufio.Reader) map[string]string {
	t.Helper()
	printed := map[string]string{}
	for {
		line, err := out.ReadString('\n')
		commandtest.Must(t, err)
		if strings.HasPrefix(line, "Stop it") {
			return printed
		}
		if label, value, ok := strings.Cut(strings.TrimSpace(line), "  "); ok {
			printed[label] = strings.TrimSpace(value)
		}
	}
}

// page reads a page of a panel.
func page(t *testing.T, p *commandtest.Process, address string) *goquery.Document {
	t.Helper()
	resp, err := p.Client.Get(address)
	commandtest.Must(t, err)
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		text, _ := io.ReadAll(resp.Body)
		t.Fatalf("GET %s: status %d: %s", address, resp.StatusCode, text)
	}
	doc, err := goquery.NewDocumentFromReader(resp.Body)
	commandtest.Must(t, err)
	return doc
}

// TestDemo follows what the demo prints, and then everything that its page says to look at.
func TestDemo(t *testing.T) {
	t.Parallel()
	p := commandtest.Start(t, Run, "demo", "-addr", "127.0.0.1:0")
	defer p.Stop(t)
	printed := printedGuide(t, p.Out)
	p.Post(t, "/signin", url.Values{"email": {printed["Sign in with"]}, "password": {printed["Password"]}})
	if printed["What there is to look at"] != p.Address+"/demo" {
		t.Errorf("printed %q", printed)
	}
	tour := page(t, p, printed["What there is to look at"])
	links := tour.Find("[data-testid=demo-stop] a")
	if links.Length() < 30 {
		t.Errorf("%d things to look at", links.Length())
	}
	seen := map[string]bool{}
	links.Each(func(_ int, link *goquery.Selection) {
		path := link.AttrOr("href", "")
		if !seen[path] {
			seen[path] = true
			if title := page(t, p, p.Address+path).Find("h1").Text(); strings.TrimSpace(title) == "" {
				t.Errorf("%s, %q, has no title", path, link.Text())
			}
		}
	})
	if text := page(t, p, p.Address+"/integrations/connectwise").Find("main").Text(); !strings.Contains(text, "Active") {
		t.Error("the demo is not set up")
	}
	// It goes on: what waits can be approved.
	held := page(t, p, p.Address+"/held").Find("[data-testid=held]")
	first := held.First().Find("input[name=change]").AttrOr("value", "")
	p.Post(t, "/held", url.Values{"approve": {first}})
	after := page(t, p, p.Address+"/held").Find("[data-testid=held]")
	if first == "" || after.Length() != held.Length()-1 {
		t.Errorf("%d changes waited, and %d do after one was approved", held.Length(), after.Length())
	}
}

// TestEmptyDemo is what the demo was before a year was lived: nothing is set up, and the connection is filled in.
func TestEmptyDemo(t *testing.T) {
	t.Parallel()
	p := commandtest.Start(t, Run, "demo", "-addr", "127.0.0.1:0", "--empty")
	defer p.Stop(t)
	printed := printedGuide(t, p.Out)
	p.Post(t, "/signin", url.Values{"email": {printed["Sign in with"]}, "password": {printed["Password"]}})
	form := page(t, p, p.Address+"/integrations/connectwise").Find("#credentials-form")
	fields := url.Values{}
	for name, label := range map[string]string{
		"site": "ConnectWise site URL", "company": "ConnectWise company name", "public_key": "Public API key",
	} {
		fields.Set(name, form.Find("input[name="+name+"]").AttrOr("value", ""))
		if got, want := fields.Get(name), printed[label]; got != want || want == "" {
			t.Errorf("%s is filled in with %q, want %q", name, got, want)
		}
	}
	p.Post(t, "/integrations/connectwise", fields)
	if text := page(t, p, p.Address+"/integrations/connectwise").Find("main").Text(); !strings.Contains(text, "Disconnect") {
		t.Error("what is filled in does not connect")
	}
	resp, err := p.Client.Get(p.Address + "/demo")
	commandtest.Must(t, err)
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusNotFound {
		t.Errorf("there is a page of what to look at: status %d", resp.StatusCode)
	}
}
