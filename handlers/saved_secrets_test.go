package handlers

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/PuerkitoBio/goquery"

	"seatbridge/store"
	"seatbridge/views"
)

// stranger is a host that no secret was saved for, and how often it was asked anything.
func stranger(t *testing.T) (address string, asked *atomic.Int32) {
	t.Helper()
	asked = new(atomic.Int32)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		asked.Add(1)
		w.WriteHeader(http.StatusTeapot)
	}))
	t.Cleanup(server.Close)
	return server.URL, asked
}

// savedSecret is a form whose secret is saved and left empty from then on.
type savedSecret struct {
	form   url.Values // as it was saved, without the secret
	path   string     // where it is sent
	secret string     // the field of the secret
}

// savedConnection connects ConnectWise PSA, whose products are not mapped yet.
func savedConnection(p *panel, b *browser) savedSecret {
	c := p.sim.Credentials()
	f := form("site", p.site, "company", c.Company, "public_key", c.PublicKey, "private_key", c.PrivateKey, "client_id", c.ClientID)
	b.post(views.ConnectWisePath, f, http.StatusSeeOther)
	f.Set("private_key", "")
	return savedSecret{f, views.ConnectWisePath, "private_key"}
}

func savedProvider(p *panel, b *browser) savedSecret {
	_, f := p.providerForm()
	b.post(views.ProviderPath, f, http.StatusSeeOther)
	f.Set("private_key", "")
	return savedSecret{f, views.ProviderPath, "private_key"}
}

func testedProvider(p *panel, b *browser) savedSecret {
	saved := savedProvider(p, b)
	saved.path += "/test"
	return saved
}

func savedWebhook(p *panel, b *browser) savedSecret {
	address, _, _ := hook(p.t)
	f := form("kind", "webhook", "name", "Ops", "url", address, "sign", "true", "secret", "signing-secret-0123456789", "event", "failed")
	return savedSecret{f, savedChannel(b, f), "secret"}.without()
}

func savedMail(p *panel, b *browser) savedSecret {
	f := form("kind", "email", "name", "Finance", "host", "smtp.example.com", "port", "587", "security", "starttls", "user", "panel",
		"password", "mail-password-0123456789", "from", "panel@example.com", "to", "ada@example.com", "event", "failed")
	return savedSecret{f, savedChannel(b, f), "password"}.without()
}

func (s savedSecret) without() savedSecret {
	s.form.Set(s.secret, "")
	return s
}

// savedChannel adds a channel and answers where it is changed.
func savedChannel(b *browser, f url.Values) string {
	b.post(views.NotificationsPath, f, http.StatusSeeOther)
	return b.follow().Find("[data-testid=channel] a").AttrOr("href", "")
}

// TestASavedSecretGoesOnlyWhereItWasSavedFor: whoever names another place for a secret enters the secret again. Nothing is sent there
// until then, nothing of what was saved changes, and what was typed stands in the form.
func TestASavedSecretGoesOnlyWhereItWasSavedFor(t *testing.T) {
	t.Parallel()
	const elsewhere = "elsewhere" // stands for the stranger's address
	for _, tt := range []struct {
		name  string
		save  func(*panel, *browser) savedSecret
		field string
		value string
		kept  bool // the secret goes on belonging to it
	}{
		{"site", savedConnection, "site", elsewhere, false},
		{"company", savedConnection, "company", "another", false},
		{"public key", savedConnection, "public_key", "another-public-key", false},
		{"the site in another spelling", savedConnection, "site", "", true},
		{"base URL", savedProvider, "base_url", elsewhere, false},
		{"issuer", savedProvider, "issuer", "another", false},
		{"subject", savedProvider, "subject", "another", false},
		{"audience", savedProvider, "audience", "another", false},
		{"key id", savedProvider, "key_id", "another", false},
		{"claims", savedProvider, "extra_claims", `{"iss": "another"}`, false},
		{"life of a token", savedProvider, "lifetime", "61", true},
		{"base URL of a test", testedProvider, "base_url", elsewhere, false},
		{"audience of a test", testedProvider, "audience", "another", false},
		{"webhook", savedWebhook, "url", elsewhere, false},
		{"name of a webhook", savedWebhook, "name", "Others", true},
		{"mail server", savedMail, "host", "127.0.0.1", false},
		{"port of a mail server", savedMail, "port", "2525", false},
		{"encryption of mail", savedMail, "security", "tls", false},
		{"user of a mail server", savedMail, "user", "another", false},
		{"sender of mail", savedMail, "from", "another@example.com", true},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			p := newPanel(t)
			b := p.as(store.Admin)
			saved := tt.save(p, b)
			address, asked := stranger(t)
			changed := strings.ReplaceAll(tt.value, elsewhere, address)
			if changed == "" {
				changed = strings.ToUpper(saved.form.Get(tt.field)) + "/"
			}
			saved.form.Set(tt.field, changed)
			before := secretsOf(t, p)
			if tt.kept {
				b.post(saved.path, saved.form, http.StatusSeeOther)
				return
			}
			page := b.post(saved.path, saved.form, http.StatusUnprocessableEntity)
			asksAgain(t, page, saved)
			if asked.Load() != 0 {
				t.Errorf("the stranger was asked %d times", asked.Load())
			}
			if after := secretsOf(t, p); after != before {
				t.Errorf("what was saved changed:\n%s\n%s", before, after)
			}
		})
	}
}

// asksAgain expects the problem at the secret's field and at no other, and everything else as it was typed.
func asksAgain(t *testing.T, page *goquery.Document, saved savedSecret) {
	t.Helper()
	want := 1
	if saved.form.Get("url") != "" { // it does not return, so that it is entered again, too
		want = 2
	}
	if page.Find("[aria-invalid=true]").Length() != want || page.Find("[name="+saved.secret+"][aria-invalid=true]").Length() != 1 {
		t.Errorf("the problem does not stand at %s alone", saved.secret)
	}
	if text := page.Find("main").Text(); strings.Contains(text, "eave empty to keep it") && want == 1 {
		t.Error("the field says to leave it empty")
	}
	id := page.Find("[name="+saved.secret+"]").AttrOr("id", "")
	if said := page.Find("#" + id + "-problem").Text(); !strings.Contains(said, "saved") || !strings.Contains(said, "again") {
		t.Errorf("the problem is %q", said)
	}
	kept := formOf(page.Find("form:has([name=" + saved.secret + "])"))
	for name, values := range saved.form {
		if name == saved.secret || name == "url" { // an address that is posted to holds a token, and never returns
			continue
		}
		if kept.Get(name) != values[0] {
			t.Errorf("%s was %q and became %q", name, values[0], kept.Get(name))
		}
	}
}

// secretsOf is everything that is saved with a secret.
func secretsOf(t *testing.T, p *panel) string {
	t.Helper()
	var all strings.Builder
	if i, err := p.store.Integration(t.Context()); err == nil {
		all.WriteString(strings.Join([]string{i.Site, i.Company, i.PublicKey, i.PrivateKey}, "\n"))
	}
	if provider, err := p.store.Provider(t.Context()); err == nil {
		all.WriteString(provider.Config + provider.PrivateKey)
	}
	channels, err := p.store.Channels(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range channels {
		all.WriteString(c.URL + c.Secret + c.Mail.Host)
	}
	return all.String()
}
