package views

import (
	"slices"
	"strings"

	"github.com/a-h/templ"
)

// Product is a catalog item that a plan is mapped to.
type Product struct {
	ID          int64
	Identifier  string
	Description string
}

// ProductsPage is the dialog (or page) of the product mapping.
// Fields posted: business, enterprise: catalog item ids; writing: write or compare, the first time.
type ProductsPage struct {
	Business   *Product
	Enterprise *Product
	Remap      bool       // both are mapped already
	Remapped   []Remapped // what other products mean for existing lines
	Ask        bool       // whether to write at once is asked: it is the first time
	Compare    bool       // what was answered: compare first
	Next       string     // the page to which confirming leads; empty: the integration's
	Created    string     // identifier of the product just created in ConnectWise PSA
	Problems   Problems
	Notice     *Notice
}

// Remapped is a plan that gets another product.
type Remapped struct {
	Plan  string
	From  string // the former product's identifier
	Keeps bool   // the former product is the other plan's now
	Lines []RemappedLine
}

// RemappedLine is a line of the former product on a mapped agreement.
type RemappedLine struct {
	Company   string
	Agreement string
	Seats     string // last written; empty: never
}

func remappedKind(r Remapped) string {
	if len(r.Lines) == 0 {
		return "info"
	}
	return "warning"
}

func remappedWhat(r Remapped) string {
	if len(r.Lines) == 0 {
		return "NordPass " + planName(r.Plan) + ": Seatbridge keeps no line of " + r.From + " yet. Nothing changes on existing agreements."
	}
	lines := count(len(r.Lines), "line", "lines")
	if r.Keeps {
		return "NordPass " + planName(r.Plan) + ": " + lines + " of " + r.From +
			" will carry the other plan's seats, and the seats of this plan appear on new lines."
	}
	return "NordPass " + planName(r.Plan) + ": " + lines + " of " + r.From + " will go to 0, and the seats appear on lines of the new product."
}

// ProductChoice is what was chosen so far, and where confirming leads; it is handed from step to step.
type ProductChoice struct {
	BusinessID   int64 // 0: none
	EnterpriseID int64
	Compare      bool   // compare first, as ticked where that is asked
	Next         string // a page; empty: the integration's
}

// ProductPickerPage searches the catalog for one plan's product.
type ProductPickerPage struct {
	ProductChoice
	Plan   string
	Query  string
	Items  []CatalogItem
	More   bool // there are more than are shown
	Notice *Notice
}

// CatalogItem is a product of the ConnectWise catalog.
type CatalogItem struct {
	ID          int64
	Identifier  string
	Description string
	Category    string
	Subcategory string
	Class       string
	Price       string // as ConnectWise has it
	Unusable    string // why it cannot be chosen; empty: it can
	Suggested   bool   // looks like a NordPass product
	Selected    bool
}

// ProductForm creates a product in ConnectWise PSA for one plan. Fields: plan,
// identifier, description, subcategory, type, unit, price, cost, and the
// choices made so far: business, enterprise.
type ProductForm struct {
	ProductChoice
	Plan          string
	Identifier    string
	Description   string
	Subcategories []OptionGroup // grouped by category
	Types         []Option
	Units         []Option
	Reasons       map[string]string // why something is chosen, by the field; empty: whoever fills in the form chose it
	Unpriced      bool              // it is said that it has no price
	Alike         []AlikeProduct    // what ConnectWise has that looks the same
	Exact         bool              // one of them has the identifier: it cannot be created
	Despite       []int             // those that were shown before
	Unsaved       bool              // something was typed and is not saved
	Price         string
	Cost          string
	Problems      Problems
	Notice        *Notice
}

// AlikeProduct is a product of ConnectWise that looks like the one to be created.
type AlikeProduct struct {
	CatalogItem
	Use ProductChoice // the choices with this one in place of a new one
}

// unsaved marks a form that holds what nobody has saved, so that it is not lost by a stray click.
func unsaved(is bool) templ.Attributes {
	if !is {
		return nil
	}
	return templ.Attributes{"data-unsaved": "true"}
}

// createLabel is the button that creates: a second, deliberate one where ConnectWise may have the product already.
func (f ProductForm) createLabel() string {
	if len(f.Alike) > 0 && !f.Exact {
		return "Create it nevertheless"
	}
	return "Create product"
}

// asksPrice says that the word is asked for, or was given, that the product has no price.
func (f ProductForm) asksPrice() bool { return f.Unpriced || f.Problems["unpriced"] != "" }

// chooseFirst is the options with one before them that is none, unless one of them is chosen.
func chooseFirst(options []Option) []Option {
	if slices.ContainsFunc(options, func(o Option) bool { return o.Selected }) {
		return options
	}
	return append([]Option{{Label: "Choose…", Selected: true}}, options...)
}

// noneChosen says whether a grouped select has nothing chosen.
func noneChosen(groups []OptionGroup) bool {
	return !slices.ContainsFunc(groups, func(g OptionGroup) bool {
		return slices.ContainsFunc(g.Options, func(o Option) bool { return o.Selected })
	})
}

func productID(p *Product) string {
	if p == nil {
		return ""
	}
	return id(p.ID)
}

func chooseProduct(plan string, product *Product) string {
	if product == nil {
		return "Choose product for NordPass " + planName(plan)
	}
	return "Change product for NordPass " + planName(plan)
}

func catalogPlace(item CatalogItem) string {
	places := []string{item.Category, item.Subcategory, item.Class}
	return strings.Join(slices.DeleteFunc(places, func(s string) bool { return s == "" }), " › ")
}
