package handlers

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/PuerkitoBio/goquery"
	"github.com/pquerna/otp/hotp"
	"rsc.io/qr"

	"seatbridge/handlers/web"
	"seatbridge/store"
	"seatbridge/views"
)

// turnable is a clock that a test turns.
type turnable struct {
	mu sync.Mutex
	at time.Time
}

func (c *turnable) now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.at
}

func (c *turnable) turn(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.at = c.at.Add(d)
}

// turnablePanel is a panel whose clock a test turns.
func turnablePanel(t *testing.T) (*panel, *turnable) {
	t.Helper()
	clock := &turnable{at: testNow()}
	return newPanel(t, func(c *Config) { c.Now = clock.now }), clock
}

// codeAt is what an authenticator app shows.
func codeAt(t *testing.T, secret string, at time.Time) string {
	t.Helper()
	code, err := hotp.GenerateCode(secret, uint64(at.Unix()/30))
	if err != nil {
		t.Fatal(err)
	}
	return code
}

// withApp sets an authenticator app up in a signed-in browser and answers its secret and the recovery codes.
func (b *browser) withApp(now func() time.Time) (secret string, codes []string) {
	b.t.Helper()
	b.post(views.BeginAuthenticatorPath, nil, http.StatusSeeOther)
	page := b.follow()
	secret = strings.ReplaceAll(page.Find("[data-testid=secret]").Text(), " ", "")
	if page.Find("svg.qr path").Length() != 1 || len(secret) != 32 {
		b.t.Fatalf("no QR code, or no secret: %q", secret)
	}
	page = b.post(views.AuthenticatorPath, form("code", codeAt(b.t.(*testing.T), secret, now())), http.StatusOK)
	return secret, strings.Fields(page.Find("#recovery-codes").Text())
}

// firstStep enters ada's address and testPassword, and answers what the page of the second step is.
func (b *browser) firstStep() *goquery.Document {
	b.t.Helper()
	b.post("/signin", form("email", "ada@example.com", "password", testPassword, "next", "/organizations"), http.StatusSeeOther)
	if b.location() != views.SecondStepPath {
		b.t.Fatalf("signing in leads to %s", b.location())
	}
	return b.follow()
}

func TestAuthenticatorAsSecondStep(t *testing.T) {
	t.Parallel()
	p, clock := turnablePanel(t)
	user := p.userWithPassword(store.Admin, "ada@example.com")
	first := p.signedIn(user)
	first.post(views.BeginAuthenticatorPath, nil, http.StatusSeeOther)
	has(t, first.post(views.AuthenticatorPath, form("code", "000000"), http.StatusUnprocessableEntity), ".problem", "not the code of the app")
	secret, codes := first.withApp(clock.now)
	if len(codes) != 10 {
		t.Fatalf("recovery codes are %q", codes)
	}
	has(t, first.get(views.SecondFactorPath, http.StatusOK), "[data-testid=app-state]", "Set up")
	first.lacks(codes[0], secret) // shown once
	has(t, first.get("/settings", http.StatusOK), "[data-testid=factor-summary]", "an authenticator app, and 10 recovery codes left")

	b := p.browser()
	has(t, b.firstStep(), "main", "ada@example.com")
	b.get("/organizations", http.StatusSeeOther) // not in yet
	code := codeAt(t, secret, clock.now())
	has(t, b.post(views.SecondStepPath, form("code", code), http.StatusUnprocessableEntity), ".problem", "used before")
	clock.turn(30 * time.Second)
	code = codeAt(t, secret, clock.now())
	b.post(views.SecondStepPath, form("code", " "+code[:3]+" "+code[3:]), http.StatusSeeOther)
	if b.location() != "/organizations" {
		t.Errorf("leads to %s", b.location())
	}
	b.follow()
	b.get(views.SecondStepPath, http.StatusSeeOther) // finished

	again := p.browser()
	again.firstStep()
	has(t, again.post(views.SecondStepPath, form("code", code), http.StatusUnprocessableEntity), ".problem", "used before")
	p.wantActivity("ada@example.com", "Set up an authenticator app as a second factor.")
	p.wantActivity("ada@example.com", "Signed in, with a code of the authenticator app as the second step.")
	p.wantActivity("ada@example.com", "A second step of signing in failed.")
	for _, word := range append(codes, secret, code) {
		if strings.Contains(p.log.String(), word) {
			t.Errorf("%s is in the log", word)
		}
	}
}

func TestRecoveryCodes(t *testing.T) {
	t.Parallel()
	p, clock := turnablePanel(t)
	user := p.userWithPassword(store.Admin, "ada@example.com")
	first := p.signedIn(user)
	_, codes := first.withApp(clock.now)

	b := p.browser()
	has(t, b.firstStep(), ".hint", "10 of 10 left")
	b.post(views.SecondStepPath, form("code", strings.ToUpper(strings.ReplaceAll(codes[3], "-", " "))), http.StatusSeeOther)
	b.follow()
	again := p.browser()
	has(t, again.firstStep(), ".hint", "9 of 10 left")
	again.post(views.SecondStepPath, form("code", codes[3]), http.StatusUnprocessableEntity)
	p.wantActivity("ada@example.com", "Used a recovery code; 9 codes left.")

	page := b.post(views.RecoveryCodesPath, nil, http.StatusOK)
	fresh := strings.Fields(page.Find("#recovery-codes").Text())
	again.post(views.SecondStepPath, form("code", codes[4]), http.StatusUnprocessableEntity)
	again.post(views.SecondStepPath, form("code", fresh[0]), http.StatusSeeOther)
	p.wantActivity("ada@example.com", "Made new recovery codes; the earlier ones work no more.")

	b.post(views.RemoveAuthenticatorPath, nil, http.StatusSeeOther)
	has(t, b.follow(), "[data-testid=flash]", "removed")
	has(t, b.post(views.RecoveryCodesPath, nil, http.StatusUnprocessableEntity), "[data-testid=notice]", "Set up a second factor first")
	p.browser().post("/signin", form("email", "ada@example.com", "password", testPassword, "next", "/organizations"), http.StatusSeeOther)
}

func TestSecondStepIsLimitedAndEnds(t *testing.T) {
	t.Parallel()
	p, clock := turnablePanel(t)
	secret, _ := p.signedIn(p.userWithPassword(store.Admin, "ada@example.com")).withApp(clock.now)
	b := p.browser()
	b.firstStep()
	clock.turn(11 * time.Minute)
	has(t, b.post(views.SecondStepPath, form("code", codeAt(t, secret, clock.now())), http.StatusUnprocessableEntity), "form", "took too long")
	b.firstStep()
	for range web.TriesOfCode {
		b.post(views.SecondStepPath, form("code", "123"), http.StatusUnprocessableEntity)
	}
	has(t, b.post(views.SecondStepPath, form("code", codeAt(t, secret, clock.now())), http.StatusTooManyRequests), "form, .form", "Too many attempts")
	p.browser().get(views.SecondStepPath, http.StatusSeeOther)
	p.browser().post(views.SecondStepPath, form("code", "1"), http.StatusUnprocessableEntity)
	p.browser().post(views.AskStepPath, nil, http.StatusConflict)
}

// Who has to have a second factor and has none sets one up, and does nothing else before.
func TestSecondFactorIsRequired(t *testing.T) {
	t.Parallel()
	p, clock := turnablePanel(t)
	owner := p.as(store.Owner)
	owner.withApp(clock.now)
	admin, technician := p.as(store.Admin), p.as(store.Technician)
	has(t, owner.get("/settings", http.StatusOK), "#required", "2 active members have none")
	owner.post(views.RequirementPath, form("second_factor", "some"), http.StatusUnprocessableEntity)
	admin.post(views.RequirementPath, form("second_factor", "off"), http.StatusForbidden)
	owner.post(views.RequirementPath, form("second_factor", "managers"), http.StatusSeeOther)
	p.wantActivity("owner@example.com", "Owners and Admins have to have a second factor.")

	technician.get("/organizations", http.StatusOK)
	for _, address := range []string{"/", "/organizations", "/members", "/settings"} {
		admin.get(address, http.StatusSeeOther)
		if admin.location() != views.SecondFactorPath {
			t.Errorf("%s leads to %s", address, admin.location())
		}
	}
	admin.post("/organizations", form("name", "Planted"), http.StatusSeeOther)
	has(t, admin.get(views.SecondFactorPath, http.StatusOK), "[data-testid=notice]", "You have to have a second factor.")
	admin.withApp(clock.now)
	admin.get("/members", http.StatusOK)
	has(t, admin.post(views.RemoveAuthenticatorPath, nil, http.StatusUnprocessableEntity), "[data-testid=notice]", "this is your only one")
	owner.post(views.RequirementPath, form("second_factor", "everybody"), http.StatusSeeOther)
	technician.get("/organizations", http.StatusSeeOther)
	technician.post("/signout", nil, http.StatusSeeOther)
}

// What gives a thief of a session more asks again who somebody is: nothing of what was entered is lost, and nothing is done before.
func TestProofIsAskedAgain(t *testing.T) {
	t.Parallel()
	p, clock := turnablePanel(t)
	b := p.signedIn(p.userWithPassword(store.Admin, "ada@example.com"))
	token := form("name", "Nightly import", "life", "90", "scope", "usage:read", "scope", "usage:write")
	clock.turn(14 * time.Minute)
	b.post(views.TokensPath, token, http.StatusOK)
	clock.turn(time.Minute)
	token.Set("name", "Second")
	page := b.post(views.TokensPath, token, http.StatusOK)
	has(t, page, "[data-testid=proof]", "Make an API token")
	sent := sentAgain(page)
	sent.Set("proof_password", "wrong")
	page = b.post(views.TokensPath, sent, http.StatusUnprocessableEntity)
	has(t, page, ".problem", "This is not your password.")
	if tokens, err := p.store.APITokens(t.Context()); err != nil || len(tokens) != 1 {
		t.Fatalf("%d tokens (%v)", len(tokens), err)
	}
	sent = sentAgain(page)
	sent.Set("proof_password", testPassword)
	page = b.post(views.TokensPath, sent, http.StatusOK)
	has(t, page, "[data-testid=new-token]", "Second")
	has(t, page, "[data-testid=token]", "usage:write")
	p.wantActivity("ada@example.com", "Confirmed who they are by the password.")
	p.wantActivity("ada@example.com", "Did not confirm who they are.")

	secret, codes := b.withApp(clock.now)
	clock.turn(16 * time.Minute)
	page = b.post(views.TokensPath, form("name", "Third", "life", "90", "scope", "usage:read"), http.StatusOK)
	sent = sentAgain(page)
	sent.Set("proof_password", testPassword) // the password is not enough where there is a factor
	page = b.post(views.TokensPath, sent, http.StatusUnprocessableEntity)
	sent = sentAgain(page)
	sent.Set("proof_code", codeAt(t, secret, clock.now()))
	has(t, b.post(views.TokensPath, sent, http.StatusOK), "[data-testid=new-token]", "Third")
	clock.turn(16 * time.Minute)
	b.post(views.RemoveAuthenticatorPath, form("proof_code", codes[0]), http.StatusSeeOther)
}

// sentAgain is what the form of a page sends that asks who somebody is.
func sentAgain(page *goquery.Document) url.Values {
	sent := url.Values{}
	page.Find("[data-testid=proof] form").First().Find("input[name]").Each(func(_ int, field *goquery.Selection) {
		name, value := field.AttrOr("name", ""), field.AttrOr("value", "")
		if value != "" {
			sent[name] = append(sent[name], value)
		}
	})
	return sent
}

// Each form that asks again, and those beside it that do not.
func TestWhatAsksAgain(t *testing.T) {
	t.Parallel()
	p, clock := turnablePanel(t)
	b := p.signedIn(p.userWithPassword(store.Owner, "olga@example.com"))
	p.userWithPassword(store.Admin, "ada@example.com")
	clock.turn(time.Hour)
	for _, test := range []struct {
		path string
		form url.Values
		asks bool
	}{
		{"/members", form("email", "x@example.com", "name", "X", "role", "owner"), true},
		{"/members", form("email", "y@example.com", "name", "Y", "role", "technician"), false},
		{"/members/2/role", form("role", "owner"), true},
		{"/members/2/role", form("role", "admin"), false},
		{"/members/2/password", nil, true},
		{"/members/2/factors/remove", nil, true},
		{"/members/2/sessions/end", nil, false},
		{"/settings/api", form("name", "X"), true},
		{"/integrations/connectwise", form("site", "https://x.example"), true},
		{"/integrations/connectwise/disconnect", nil, true},
		{"/integrations/provider", form("base_url", "https://x.example"), true},
		{"/integrations/provider/disconnect", nil, true},
		{"/settings/notifications", form("kind", "webhook"), true},
		{"/settings/notifications/1", form("kind", "webhook"), true},
		{views.RequirementPath, form("second_factor", "everybody"), true},
		{views.BeginAuthenticatorPath, nil, true},
		{views.AuthenticatorPath, form("code", "123456"), true},
		{views.RemoveAuthenticatorPath, nil, true},
		{views.RecoveryCodesPath, nil, true},
		{views.ConfirmFactorPath, nil, true},
		{views.RemovePasskeyPath(1), nil, true},
		{"/organizations", form("name", "Acme", "license", "standard", "plan", "business"), false},
	} {
		page := b.postAny(test.path, test.form)
		if asked := page.Find("[data-testid=proof]").Length() == 1; asked != test.asks {
			t.Errorf("%s %v: asks again is %v (status %d)", test.path, test.form, asked, b.last.Code)
		}
	}
	part := b.part()
	page := part.post("/integrations/connectwise", form("site", "https://x.example", "private_key", "kept & typed"), http.StatusOK)
	if got := page.Find("[data-testid=proof] input[name=private_key]").AttrOr("value", ""); got != "kept & typed" {
		t.Errorf("what was typed is %q", got)
	}
	part.lacks("<html")
}

// postAny sends a form, whatever the status of the answer.
func (b *browser) postAny(path string, fields url.Values) *goquery.Document {
	b.t.Helper()
	r := httptest.NewRequest(http.MethodPost, path, strings.NewReader(fields.Encode()))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	for name, value := range b.cookies {
		r.AddCookie(&http.Cookie{Name: name, Value: value})
	}
	b.last = httptest.NewRecorder()
	b.handler.ServeHTTP(b.last, r)
	page, err := goquery.NewDocumentFromReader(strings.NewReader(b.last.Body.String()))
	if err != nil {
		b.t.Fatal(err)
	}
	return page
}

// Passkeys cannot be forged, and are not offered where browsers have none.
func TestPasskeysWithoutABrowser(t *testing.T) {
	t.Parallel()
	plain := newPanel(t)
	if plain.browser().get("/signin", http.StatusOK).Find("[data-passkey]").Length() != 0 {
		t.Error("passkeys are offered where there can be none")
	}
	has(t, plain.as(store.Admin).get(views.SecondFactorPath, http.StatusOK), "#passkeys", "They need a host name and https.")

	p := newPanel(t, withBaseURL("https://seats.example.com"))
	b := p.browser()
	has(t, b.get("/signin", http.StatusOK), "[data-passkey=get]", "Use a passkey")
	b.do(http.MethodPost, views.AskPasskeyPath, nil, http.StatusOK)
	if body := b.last.Body.String(); !strings.Contains(body, `"rpId":"seats.example.com"`) || !strings.Contains(body, `"userVerification":"required"`) {
		t.Errorf("it asks for %s", body)
	}
	for _, answer := range []string{"", "{}", "null", `{"id":"x","rawId":"x","type":"public-key","response":{}}`, strings.Repeat("[", 5000)} {
		b.do(http.MethodPost, views.AskPasskeyPath, nil, http.StatusOK)
		page := b.post(views.PasskeyPath, form("passkey", answer), http.StatusUnprocessableEntity)
		has(t, page, "[data-testid=notice]", "does not belong to an active account")
	}
	admin := p.as(store.Admin)
	admin.do(http.MethodPost, views.NewPasskeyPath, nil, http.StatusOK)
	has(t, admin.post(views.PasskeysPath, form("name", "", "passkey", "{}"), http.StatusUnprocessableEntity), ".problem", "name")
	has(t, admin.post(views.PasskeysPath, form("name", "Laptop", "passkey", "{}"), http.StatusUnprocessableEntity), "[data-testid=notice]", "Add the passkey again")
	admin.post(views.RemovePasskeyPath(7), nil, http.StatusNotFound)
}

// The drawing of a QR code has exactly the dark modules of the code.
func TestDrawQR(t *testing.T) {
	t.Parallel()
	const text = "otpauth://totp/Seatbridge:olga@example.com?secret=GEZDGNBVGY3TQOJQ"
	drawing, err := drawQR(text)
	if err != nil {
		t.Fatal(err)
	}
	dark := map[[2]int]bool{}
	for run := range strings.SplitSeq(strings.TrimSuffix(drawing.Path, "z"), "z") {
		var x, y, width, back int
		if _, err := fmt.Sscanf(run, "M%d %dh%dv1h-%d", &x, &y, &width, &back); err != nil || width != back || width < 1 {
			t.Fatalf("the run %q: %v", run, err)
		}
		for i := range width {
			dark[[2]int{x + i, y}] = true
		}
	}
	code, err := qr.Encode(text, qr.M)
	if err != nil {
		t.Fatal(err)
	}
	for y := range code.Size {
		for x := range code.Size {
			if code.Black(x, y) != dark[[2]int{x, y}] {
				t.Fatalf("the module %d, %d is not drawn as it is", x, y)
			}
		}
	}
	if drawing.Size != code.Size {
		t.Errorf("the drawing has %d modules a side, want %d", drawing.Size, code.Size)
	}
}
