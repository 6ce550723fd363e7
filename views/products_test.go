package views

import "testing"

func TestProductsDialog(t *testing.T) {
	t.Parallel()
	doc := render(t, ProductsDialog(ProductsPage{Business: &Product{11, "NP-BUS", hostile}}))
	wantText(t, one(t, doc, "[data-testid=product-business]"), "NP-BUS", hostile)
	wantText(t, one(t, doc, "[data-testid=product-enterprise]"), "No product chosen")
	control(t, doc.Selection, "Choose product for NordPass Enterprise")
	if _, disabled := control(t, doc.Selection, "Confirm mapping").Attr("disabled"); !disabled {
		t.Error("half a mapping can be confirmed")
	}
	doc = render(t, ProductsDialog(ProductsPage{Business: &Product{11, "a", ""}, Enterprise: &Product{22, "b", ""}, Created: "NP-ENT was created in ConnectWise PSA: price 6.49, class Agreement."}))
	form := one(t, doc, "form[method=post]")
	if form.Find("[name=business]").AttrOr("value", "") != "11" || form.Find("[name=enterprise]").AttrOr("value", "") != "22" {
		t.Error("the choices are not sent")
	}
	wantText(t, doc.Selection, "NP-ENT was created in ConnectWise PSA: price 6.49, class Agreement.", "Complete the product there")
}

func TestProductPicker(t *testing.T) {
	t.Parallel()
	doc := render(t, ProductPickerDialog(pickerPage()))
	one(t, doc, `input[type=radio][name=business][value="11"][checked]`)
	if n := doc.Find("#catalog input[type=radio]").Length(); n != 1 {
		t.Errorf("%d items can be chosen", n)
	}
	wantText(t, doc.Find("#catalog"), "Looks like a match", "Software › Subscriptions › Agreement", "4.90", "Cannot be chosen: it is a bundle", "The first 2 products")
	// What was chosen for the other plan goes along.
	if got := one(t, doc, "#pick-product input[type=hidden]").AttrOr("name", ""); got != "enterprise" {
		t.Errorf("carries %q along", got)
	}
	control(t, doc.Selection, "Create product in ConnectWise PSA")
	if got := control(t, doc.Selection, "Done").AttrOr("form", ""); got != "pick-product" {
		t.Errorf("Done submits %q", got)
	}
	one(t, doc, `form[hx-get="/integrations/connectwise/products/search"] input[name=plan][value=business]`)
	absent(t, doc, "script")
}

func TestCatalogEmpty(t *testing.T) {
	t.Parallel()
	wantText(t, render(t, Catalog(ProductPickerPage{Query: "x"})).Selection, "No product found")
	doc := render(t, Catalog(ProductPickerPage{Notice: &Notice{What: "ConnectWise PSA does not answer."}}))
	wantText(t, doc.Selection, "does not answer")
	absent(t, doc, "[data-testid=empty]") // failed is not empty
}

func TestNewProduct(t *testing.T) {
	t.Parallel()
	doc := render(t, NewProductDialog(productForm(Problems{"identifier": "It exists.", "price": "Not an amount."})))
	wantText(t, one(t, doc, "#product-identifier-problem"), "It exists.")
	wantText(t, one(t, doc, "#product-price-problem"), "Not an amount.")
	one(t, doc, `optgroup[label=Software] option[value="5"][selected]`)
	one(t, doc, `form[method=post] input[name=business][value="11"]`)
	for _, name := range []string{"identifier", "description", "subcategory", "type", "unit", "price", "cost", "plan"} {
		one(t, doc, "form[method=post] [name="+name+"]")
	}
	absent(t, doc, "script")
}
