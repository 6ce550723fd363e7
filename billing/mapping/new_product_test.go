package mapping_test

import (
	"cmp"
	"errors"
	"net/http"
	"testing"

	"github.com/shopspring/decimal"

	"seatbridge/billing"
	"seatbridge/billing/billingtest"
	"seatbridge/billing/mapping"
	"seatbridge/billing/problem"
	"seatbridge/connectwise/cwsim"
	"seatbridge/store"
)

// options are the choices for a plan's new product; other is the other plan's product.
func (w *world) options(tier store.Plan, other int) mapping.ProductOptions {
	w.T.Helper()
	o, err := w.Mapping.ProductOptions(w.T.Context(), tier, other)
	w.Must(err)
	return o
}

// filled is a form that can be sent.
func (w *world) filled(tier store.Plan) mapping.NewProduct {
	o := w.options(tier, 0)
	n := o.Defaults
	n.SubcategoryID, n.TypeID, n.UnitID, n.Price = o.Subcategories[0].ID, o.Types[0].ID, o.Units[0].ID, "6.49"
	return n
}

// created counts the products that were asked to be created.
func (w *world) created() (n int) {
	for _, r := range w.Sim.Requests() {
		if r.Method == http.MethodPost && r.Path == "/procurement/catalog" {
			n++
		}
	}
	return n
}

// Chosen already is only what there is a reason for, which is said.
func TestNewProductPresets(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	o := w.options(store.Enterprise, 0)
	if o.Defaults.SubcategoryID != 0 || o.Reasons["subcategory"] != "" || o.Defaults.TypeID != 0 || o.Reasons["type"] != "" {
		t.Errorf("chosen without a reason: %+v, %v", o.Defaults, o.Reasons)
	}
	like := w.Sim.AddCatalogItem(cwsim.CatalogItem{
		Identifier: "NP-LIKE", Description: "The other plan's", SubcategoryID: o.Subcategories[1].ID, TypeID: o.Types[1].ID, UnitID: o.Units[1].ID,
	})
	got := w.options(store.Enterprise, like.ID)
	if d := got.Defaults; d.SubcategoryID != like.SubcategoryID || d.TypeID != like.TypeID || d.UnitID != like.UnitID {
		t.Errorf("chosen %+v, want what NP-LIKE has", d)
	}
	for _, field := range []string{"subcategory", "type", "unit"} {
		if got.Reasons[field] != "Chosen because NP-LIKE, the other plan's product, has it." {
			t.Errorf("the reason for the %s is %q", field, got.Reasons[field])
		}
	}
	if w.options(store.Enterprise, 987654).Defaults.SubcategoryID != 0 {
		t.Error("a product that is gone is a reason")
	}
}

// What has to be chosen is asked for, and an empty price, or one of 0, is a word of its own.
func TestNewProductAsks(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		change func(*mapping.NewProduct)
		field  string
	}{
		"subcategory":          {func(n *mapping.NewProduct) { n.SubcategoryID = 0 }, "subcategory"},
		"type":                 {func(n *mapping.NewProduct) { n.TypeID = 0 }, "type"},
		"unit":                 {func(n *mapping.NewProduct) { n.UnitID = 0 }, "unit"},
		"no price":             {func(n *mapping.NewProduct) { n.Price = " " }, "unpriced"},
		"a price of 0":         {func(n *mapping.NewProduct) { n.Price = "0.00" }, "unpriced"},
		"a price that is none": {func(n *mapping.NewProduct) { n.Price, n.Unpriced = "free", true }, "price"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			n := w.filled(store.Enterprise)
			n.Identifier = "NEW"
			c.change(&n)
			_, err := w.Mapping.CreateProduct(t.Context(), billingtest.Admin(), n)
			var invalid *problem.Invalid
			if !errors.As(err, &invalid) || len(invalid.Fields) != 1 || invalid.Fields[c.field] == "" {
				t.Errorf("it says %v, want something about %s", err, c.field)
			}
			if w.created() != 0 {
				t.Error("it was created")
			}
		})
	}
}

// A product that was created without a price needs attention until ConnectWise has one.
func TestUnpricedProductNeedsAttention(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	n := w.filled(store.Enterprise)
	n.Identifier, n.Price, n.Unpriced = "NEW", "", true
	product, err := w.Mapping.CreateProduct(t.Context(), billingtest.Admin(), n)
	w.Must(err)
	unpriced := func() int {
		list, err := w.Attention(t.Context())
		w.Must(err)
		for _, a := range list {
			if a.Kind == billing.AttendUnpriced {
				return a.Count
			}
		}
		return 0
	}
	for _, step := range []struct {
		price string
		want  int
	}{{"0", 1}, {"6.49", 0}} {
		w.Sim.UpdateCatalogItem(product.ID, func(i *cwsim.CatalogItem) { i.Price = decimal.RequireFromString(step.price) })
		w.Must(w.ReadPrices(t.Context()))
		if got := unpriced(); got != step.want {
			t.Errorf("with a price of %s %d products need attention, want %d", step.price, got, step.want)
		}
	}
	w.Sim.ResetRequests()
	w.Must(w.ReadPrices(t.Context()))
	if n := len(w.Sim.Requests()); n != 0 {
		t.Errorf("%d requests though every product has its price", n)
	}
}

// ConnectWise is asked first whether it has the product: one with the identifier is never created, one that looks the same only by a
// second word, which holds for what was seen.
func TestNewProductIsLookedForFirst(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		identifier, description string // of what is there
		inactive                bool
		alike, exact            bool
		called                  string // the new one; empty: Vault Keeper
	}{
		"nothing like it":          {"SOMETHING", "else", false, false, false, ""},
		"the identifier":           {"Vault Keeper", "x", false, true, true, ""},
		"the identifier, inactive": {"vault keeper", "x", true, true, true, ""},
		"but for case and dashes":  {"VAULT-KEEPER", "x", false, true, false, ""},
		"but inactive":             {"VAULT.KEEPER", "x", true, true, false, ""},
		"its description":          {"VK", "Vault Keeper", false, true, false, ""},
		"a longer name is another": {"Vault Keeper Plus", "x", false, false, false, ""},
		"in two words":             {"Nord Pass Fleet", "x", false, true, false, "NordPass Fleet"},
		"with a dash":              {"NORD-PASS Fleet", "x", false, true, false, "NordPass Fleet"},
		"in one word":              {"NordPass Fleet", "x", true, true, false, "Nord.Pass Fleet"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			there := w.Sim.AddCatalogItem(cwsim.CatalogItem{Identifier: c.identifier, Description: c.description, Inactive: c.inactive})
			n := w.filled(store.Enterprise)
			n.Identifier = cmp.Or(c.called, "Vault Keeper")
			n.Description = n.Identifier + ", per seat and month"
			_, err := w.Mapping.CreateProduct(t.Context(), billingtest.Admin(), n)
			var alike *mapping.Alike
			if errors.As(err, &alike) != c.alike || c.alike && (alike.Exact != c.exact || alike.Products[0].ID != there.ID) {
				t.Fatalf("it says %+v (%v)", alike, err)
			}
			if !c.alike {
				w.Must(err)
				return
			}
			if w.created() != 0 {
				t.Fatal("it was created at once")
			}
			n.Despite = []int{there.ID}
			_, err = w.Mapping.CreateProduct(t.Context(), billingtest.Admin(), n)
			if (err == nil) == c.exact {
				t.Errorf("nevertheless: %v", err)
			}
		})
	}
}
