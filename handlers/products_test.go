package handlers

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/shopspring/decimal"

	"seatbridge/connectwise/cwsim"
	"seatbridge/store"
	"seatbridge/views"
)

// newProduct is the form of a product for NordPass Enterprise, as the panel offers it, with everything chosen that is to be chosen.
func (b *browser) newProduct() (fields map[string][]string) {
	b.t.Helper()
	page := b.part().get(views.NewProductPath+"?plan=enterprise", http.StatusOK)
	values := formOf(page.Find("form"))
	for _, field := range []string{"subcategory", "type", "unit"} {
		if values.Get(field) != "" {
			continue
		}
		has(b.t, page, "[name="+field+"] option[selected]", "Choose…")
		values.Set(field, page.Find("[name="+field+"] option[value!='']").First().AttrOr("value", ""))
	}
	return values
}

// A price that is left out is asked about once; all that was typed stays. What was written is said, and it needs attention.
func TestProductWithoutAPrice(t *testing.T) {
	t.Parallel()
	p := newPanel(t)
	b := p.as(store.Admin)
	b.connect()
	fields := form()
	for name, values := range b.newProduct() {
		fields[name] = values
	}
	fields.Set("identifier", "NP-NEW")
	fields.Set("description", "Typed with care")
	fields.Set("cost", "3.10")
	asked := b.part().post(views.CreateProductPath, fields, http.StatusUnprocessableEntity)
	if asked.Find("form[data-unsaved]").Length() != 1 || asked.Find("[name=unpriced]").Length() != 1 {
		t.Error("it is not asked whether the product has no price, or a stray click loses the form")
	}
	has(t, asked, "#product-unpriced-problem", "billed as nothing")
	again := formOf(asked.Find("form"))
	for _, field := range []string{"identifier", "description", "cost", "subcategory", "type", "unit"} {
		if again.Get(field) != fields.Get(field) {
			t.Errorf("%s is %q, was %q", field, again.Get(field), fields.Get(field))
		}
	}
	again.Set("unpriced", "true")
	dialog := b.part().post(views.CreateProductPath, again, http.StatusOK)
	for _, said := range []string{"NP-NEW was created", "Typed with care", "no price", "cost 3.1", "class Agreement"} {
		has(t, dialog, "[data-testid=notice]", said)
	}
	has(t, b.get("/", http.StatusOK), "main", "1 product without a price: NP-NEW")
	p.sim.AddFault(cwsim.Fault{Kind: cwsim.Forbidden, Path: "/procurement/catalog/*"})
	b.post(views.TestConnectionPath, nil, http.StatusSeeOther) // the connection was checked, whatever becomes of the price
	has(t, b.get("/", http.StatusOK), "main", "1 product without a price: NP-NEW")
	p.sim.ClearFaults()
	for _, item := range p.sim.Catalog() {
		if item.Identifier == "NP-NEW" {
			p.sim.UpdateCatalogItem(item.ID, func(i *cwsim.CatalogItem) { i.Price = decimal.NewFromInt(5) })
		}
	}
	b.post(views.TestConnectionPath, nil, http.StatusSeeOther)
	b.get("/", http.StatusOK)
	b.lacks("without a price")
}

// ConnectWise is asked before a product is created; what looks the same can be used instead, or it is created by a second click.
func TestProductThatMayBeThere(t *testing.T) {
	t.Parallel()
	p := newPanel(t)
	b := p.as(store.Admin)
	b.connect()
	there := p.sim.AddCatalogItem(cwsim.CatalogItem{Identifier: "NP_NEW", Description: "By hand"})
	gone := p.sim.AddCatalogItem(cwsim.CatalogItem{Identifier: "np.new", Description: "Formerly", Inactive: true})
	fields := form()
	for name, values := range b.newProduct() {
		fields[name] = values
	}
	fields.Set("identifier", "NP-NEW")
	fields.Set("price", "6.49")
	before := len(p.sim.Catalog())
	asked := b.part().post(views.CreateProductPath, fields, http.StatusUnprocessableEntity)
	if n := asked.Find("[data-testid=alike] li").Length(); n != 2 || len(p.sim.Catalog()) != before {
		t.Fatalf("%d products look the same, %d are there", n, len(p.sim.Catalog())-before)
	}
	use := asked.Find("[data-testid=alike] a")
	if href := use.AttrOr("href", ""); use.Length() != 1 || !strings.Contains(href, fmt.Sprintf("enterprise=%d", there.ID)) {
		t.Errorf("%d can be used, by %q", use.Length(), href)
	}
	has(t, asked, "[data-testid=alike]", "Inactive in ConnectWise.")
	has(t, b.part().get(use.AttrOr("href", ""), http.StatusOK), "[data-testid=product-enterprise]", "NP_NEW")
	has(t, asked, "footer button[name=create]", "Create it nevertheless")
	again := formOf(asked.Find("form"))
	if got := again["despite"]; len(got) != 2 || got[1] != fmt.Sprint(gone.ID) {
		t.Errorf("seen were %q", got)
	}
	has(t, b.part().post(views.CreateProductPath, again, http.StatusOK), "[data-testid=product-enterprise]", "NP-NEW")
}
