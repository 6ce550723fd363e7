package handlers

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"seatbridge/connectwise/cwsim"
	"seatbridge/nordpass/npsim"
	"seatbridge/store"
	"seatbridge/views"
)

// silence is an other side that carries out what it is asked and never answers.
func silence(method string) cwsim.Fault {
	return cwsim.Fault{Kind: cwsim.Slow, Method: method, Wait: 24 * time.Hour}
}

// TestAnOtherSideThatNeverAnswers is said as such before the page's own time is over, with what was typed, and never as our fault. Of
// what may have been created it is said that it may.
func TestAnOtherSideThatNeverAnswers(t *testing.T) {
	t.Parallel()
	product := form("plan", "business", "identifier", "NP-NEW", "description", "Per seat", "subcategory", "1", "type", "1", "unit", "1", "price", "3.5")
	for _, tt := range []struct {
		name   string
		fault  cwsim.Fault
		method string
		path   string
		form   func(*panel) url.Values
		says   []string
	}{
		{"choosing a product", silence(""), http.MethodGet, views.ProductsPath + "?plan=business", nil, nil},
		{"a new product", silence(""), http.MethodGet, views.NewProductPath + "?plan=business", nil, nil},
		{"what to import", silence(""), http.MethodGet, views.CompanyImportPath, nil, nil},
		{"connecting", silence(""), http.MethodPost, views.ConnectWisePath, connecting, nil},
		{"creating a product", silence(http.MethodPost), http.MethodPost, views.CreateProductPath, func(*panel) url.Values { return product },
			[]string{"NP-NEW may have been created all the same.", "Look for it in the product catalog"}},
		{"creating a product, before it is sent", silence(http.MethodGet), http.MethodPost, views.CreateProductPath,
			func(*panel) url.Values { return product }, nil},
		{"saving the provider", cwsim.Fault{}, http.MethodPost, views.ProviderPath, silentProvider, nil},
		{"testing the provider", cwsim.Fault{}, http.MethodPost, views.TestProviderPath, silentProvider, nil},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			p := newPanel(t)
			b := p.as(store.Admin)
			var sent url.Values
			if tt.form != nil {
				sent = tt.form(p)
			}
			b.post(views.ConnectWisePath, connecting(p), http.StatusSeeOther)
			if tt.fault.Kind != "" {
				p.sim.AddFault(tt.fault)
			}
			b.longest = 9 * time.Second // the last eight are the page's
			page := b.do(tt.method, tt.path, sent, http.StatusGatewayTimeout)
			text := strings.Join(strings.Fields(page.Find("main").Text()), " ")
			for _, want := range append(tt.says, "did not answer in time") {
				if !strings.Contains(text, want) {
					t.Errorf("no %q in %s", want, text)
				}
			}
			if strings.Contains(text, "on our side") {
				t.Error("it is said to be our fault")
			}
			for _, name := range []string{"subcategory", "type", "unit"} {
				if want := sent.Get(name); want != "" && page.Find("[name="+name+"] option[selected]").AttrOr("value", "") != want {
					t.Errorf("%s is not kept", name)
				}
			}
			for _, name := range []string{"identifier", "site", "base_url"} {
				if want := sent.Get(name); want != "" && page.Find("[name="+name+"]").AttrOr("value", "") != want {
					t.Errorf("%s is not kept", name)
				}
			}
		})
	}
}

// connecting is the form of the simulator's credentials.
func connecting(p *panel) url.Values {
	c := p.sim.Credentials()
	return form("site", p.site, "company", c.Company, "public_key", c.PublicKey, "private_key", c.PrivateKey, "client_id", c.ClientID)
}

// silentProvider is the form of a Provider API that does not answer any more.
func silentProvider(p *panel) url.Values {
	sim, filled := p.providerForm()
	sim.Fail(npsim.Slow, -1)
	return filled
}

// TestASilentCheckIsKept: the connection's page says what the test of the saved connection met.
func TestASilentCheckIsKept(t *testing.T) {
	t.Parallel()
	p := newPanel(t)
	b := p.as(store.Admin)
	b.post(views.ConnectWisePath, connecting(p), http.StatusSeeOther)
	p.sim.AddFault(silence(""))
	b.longest = 9 * time.Second
	b.post(views.TestConnectionPath, nil, http.StatusSeeOther)
	p.sim.ClearFaults()
	b.longest = 0
	has(t, b.follow(), "main", "ConnectWise did not answer in time.")
}
