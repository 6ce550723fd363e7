package handlers

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"strconv"

	"github.com/a-h/templ"

	"seatbridge/billing/mapping"
	"seatbridge/billing/problem"
	"seatbridge/handlers/web"
	"seatbridge/store"
	"seatbridge/views"
)

// chosenProducts are the catalog items picked so far in the dialog, which
// hands them from step to step in its address and forms.
type chosenProducts struct {
	items map[store.Plan]int
	next  string // the page to which confirming leads; empty: the integration's

	compare bool // compare first, rather than write from now on; asked the first time
}

// neverActive says that the products were never mapped before.
func (s *server) neverActive(ctx context.Context) (bool, error) {
	i, err := s.Store.Integration(ctx)
	if errors.Is(err, store.ErrNotFound) {
		return true, nil
	}
	return i.ActiveSince.IsZero(), err
}

func (s *server) parseChosen(values url.Values) chosenProducts {
	chosen := chosenProducts{items: map[store.Plan]int{}, next: s.nextOf(values, ""), compare: values.Get("writing") == "compare"}
	for _, plan := range store.Plans() {
		chosen.items[plan] = int(web.FormID(values.Get(string(plan)), 32))
	}
	return chosen
}

func (c chosenProducts) view() views.ProductChoice {
	return views.ProductChoice{
		BusinessID: int64(c.items[store.Business]), EnterpriseID: int64(c.items[store.Enterprise]), Compare: c.compare, Next: c.next,
	}
}

// planOf is the plan that an address or a form is about.
func planOf(values url.Values) (store.Plan, error) {
	plan := web.OneOf(values.Get("plan"), store.Plans()...)
	if plan == "" {
		return "", store.ErrNotFound
	}
	return plan, nil
}

// showProducts shows what is chosen or, with ?plan, the catalog to choose from.
func (s *server) showProducts(w http.ResponseWriter, r *http.Request) error {
	if r.URL.Query().Has("plan") {
		page, status, err := s.productPicker(r)
		if err != nil {
			return err
		}
		return s.renderPicker(w, r, status, views.ProductPickerDialog(page), page)
	}
	return s.renderProducts(w, r, s.parseChosen(r.URL.Query()), "", nil)
}

// renderProducts shows what is chosen: picked in the dialog, else mapped
// already. It says which product was just created, and why a choice failed.
func (s *server) renderProducts(w http.ResponseWriter, r *http.Request, chosen chosenProducts, created string, failure error) error {
	mapped, err := s.Store.ProductMappings(r.Context())
	if err != nil {
		return err
	}
	page := views.ProductsPage{Remap: len(mapped) == len(store.Plans()), Created: created, Next: chosen.next, Compare: chosen.compare}
	if page.Ask, err = s.neverActive(r.Context()); err != nil {
		return err
	}
	problems, status := problem.Fields{}, http.StatusOK
	if failure != nil {
		status = web.StatusOf(failure, http.StatusUnprocessableEntity)
		if page.Notice, err = refusal(problems, failure); err != nil {
			return err
		}
	}
	for plan, into := range map[store.Plan]**views.Product{store.Business: &page.Business, store.Enterprise: &page.Enterprise} {
		if *into, err = s.chosenProduct(r, chosen, mapped, plan); err != nil {
			status = web.StatusOf(err, status)
			notice, err := refusal(problems, err)
			if err != nil {
				return err
			}
			page.Notice = notice
		}
	}
	page.Problems = views.Problems(problems)
	if page.Remapped, err = s.remapped(r, page); err != nil {
		return err
	}
	return s.web.Answer(w, r, web.Page{
		Section: views.SectionIntegrations, Title: "Map products", Status: status,
		Part:  views.ProductsDialog(page),
		Whole: func(l views.Layout) templ.Component { return views.Products(l, page) },
	})
}

// remapped says what the products shown mean for the lines of those mapped so far.
func (s *server) remapped(r *http.Request, page views.ProductsPage) ([]views.Remapped, error) {
	items := map[store.Plan]int{}
	for plan, product := range map[store.Plan]*views.Product{store.Business: page.Business, store.Enterprise: page.Enterprise} {
		if product != nil {
			items[plan] = int(product.ID)
		}
	}
	remapped, err := s.Billing.Mapping.ProductChanges(r.Context(), items)
	var shown []views.Remapped
	for _, plan := range remapped {
		view := views.Remapped{Plan: string(plan.Plan), From: plan.From.Identifier, Keeps: plan.Keeps}
		for _, line := range plan.Lines {
			shownLine := views.RemappedLine{Company: line.Company, Agreement: line.Agreement}
			if line.Written.Valid {
				shownLine.Seats = line.Written.Decimal.String()
			}
			view.Lines = append(view.Lines, shownLine)
		}
		shown = append(shown, view)
	}
	return shown, err
}

func (s *server) chosenProduct(
	r *http.Request, chosen chosenProducts, mapped map[store.Plan]store.ProductMapping, plan store.Plan,
) (*views.Product, error) {
	id := chosen.items[plan]
	if id == 0 || id == mapped[plan].ProductID {
		return productView(mapped, plan), nil
	}
	product, err := s.Billing.Mapping.Product(r.Context(), id)
	if err != nil {
		return nil, err
	}
	return &views.Product{ID: int64(product.ID), Identifier: product.Identifier, Description: product.Description}, nil
}

func (s *server) confirmProducts(w http.ResponseWriter, r *http.Request) error {
	if err := web.ParseForm(r); err != nil {
		return err
	}
	chosen := s.parseChosen(r.PostForm)
	err := s.Billing.Mapping.ConfirmMapping(r.Context(), s.web.Actor(r), chosen.items, chosen.compare)
	if err == nil {
		return s.web.Done(w, r, cmp.Or(chosen.next, views.ConnectWisePath), "The products are mapped.")
	}
	return s.renderProducts(w, r, chosen, "", err)
}

// searchProducts is the list alone, while somebody types.
func (s *server) searchProducts(w http.ResponseWriter, r *http.Request) error {
	page, status, err := s.productPicker(r)
	if err != nil {
		return err
	}
	return s.renderPicker(w, r, status, views.Catalog(page), page)
}

func (s *server) renderPicker(
	w http.ResponseWriter, r *http.Request, status int, part templ.Component, page views.ProductPickerPage,
) error {
	return s.web.Answer(w, r, web.Page{
		Section: views.SectionIntegrations, Title: "Choose a product", Status: status,
		Part:  part,
		Whole: func(l views.Layout) templ.Component { return views.ProductPicker(l, page) },
	})
}

// productPicker is the catalog to choose from, and the status that its answer has.
func (s *server) productPicker(r *http.Request) (page views.ProductPickerPage, status int, err error) {
	values := r.URL.Query()
	plan, err := planOf(values)
	if err != nil {
		return page, 0, err
	}
	chosen := s.parseChosen(values)
	page = views.ProductPickerPage{
		Plan: string(plan), ProductChoice: chosen.view(),
		Query: web.Clip(web.Clean(values.Get("q")), web.MaxSearch),
	}
	found, more, err := s.Billing.Mapping.SearchProducts(r.Context(), page.Query)
	status = web.StatusOf(err, http.StatusOK)
	if err != nil {
		if page.Notice, err = refusal(problem.Fields{}, err); err != nil {
			return page, 0, err
		}
	}
	page.More = more
	for _, p := range found {
		item := catalogItem(p)
		item.Selected = p.ID == chosen.items[plan]
		page.Items = append(page.Items, item)
	}
	return page, status, nil
}

func catalogItem(p mapping.Product) views.CatalogItem {
	item := views.CatalogItem{
		ID: int64(p.ID), Identifier: p.Identifier, Description: p.Description, Category: p.Category, Class: p.Class,
		Unusable: p.Unusable, Suggested: p.Suggested,
	}
	if p.Price.Valid {
		item.Price = p.Price.Decimal.String()
	}
	return item
}

func (s *server) newProduct(w http.ResponseWriter, r *http.Request) error {
	plan, err := planOf(r.URL.Query())
	if err != nil {
		return err
	}
	chosen := s.parseChosen(r.URL.Query())
	options, err := s.productOptions(r.Context(), plan, chosen)
	var notice *views.Notice
	status := web.StatusOf(err, http.StatusOK)
	if err != nil {
		if notice, err = refusal(problem.Fields{}, err); err != nil {
			return err
		}
	}
	form := productForm(sentProduct{plan, chosen, options.Defaults}, options)
	form.Notice = notice
	return s.renderNewProduct(w, r, status, form)
}

// productOptions are the choices for a plan's product, with what the other plan's has.
func (s *server) productOptions(ctx context.Context, plan store.Plan, chosen chosenProducts) (mapping.ProductOptions, error) {
	mapped, err := s.Store.ProductMappings(ctx)
	if err != nil {
		return mapping.ProductOptions{}, err
	}
	other := 0
	for _, p := range store.Plans() {
		if p != plan {
			other = cmp.Or(chosen.items[p], mapped[p].ProductID, other)
		}
	}
	return s.Billing.Mapping.ProductOptions(ctx, plan, other)
}

// sentProduct is the form of a new product for a plan, with the choices made so far.
type sentProduct struct {
	plan    store.Plan
	chosen  chosenProducts
	product mapping.NewProduct
}

func (s *server) createProduct(w http.ResponseWriter, r *http.Request) error {
	if err := web.ParseForm(r); err != nil {
		return err
	}
	plan, err := planOf(r.Form)
	if err != nil {
		return err
	}
	sent := sentProduct{plan, s.parseChosen(r.PostForm), parseProduct(r.PostForm)}
	created, err := s.Billing.Mapping.CreateProduct(r.Context(), s.web.Actor(r), sent.product)
	if err != nil {
		return s.rejectProduct(w, r, sent, err)
	}
	chosen := sent.chosen
	chosen.items[plan] = created.ID
	if web.IsPart(r) {
		return s.renderProducts(w, r, chosen, createdInWords(created), nil)
	}
	return s.web.Done(w, r, web.WithQuery(views.ProductsPath, nil, chosen.query()...), createdInWords(created))
}

// createdInWords says what was written to ConnectWise.
func createdInWords(p mapping.Product) string {
	price, cost := "no price", "no cost"
	if p.Price.Decimal.IsPositive() {
		price = "price " + p.Price.Decimal.String()
	}
	if p.Cost.Valid {
		cost = "cost " + p.Cost.Decimal.String()
	}
	return fmt.Sprintf("%s was created in ConnectWise PSA: “%s”, category %s › %s, type %s, unit %s, %s, %s, class %s.",
		p.Identifier, p.Description, p.Category, p.Subcategory, p.Type, p.Unit, price, cost, p.Class)
}

// query hands the choices on in an address.
func (c chosenProducts) query() []string {
	var pairs []string
	for _, plan := range store.Plans() {
		if c.items[plan] != 0 {
			pairs = append(pairs, string(plan), strconv.Itoa(c.items[plan]))
		}
	}
	if c.compare {
		pairs = append(pairs, "writing", "compare")
	}
	if c.next != "" {
		pairs = append(pairs, "next", c.next)
	}
	return pairs
}

// parseProduct reads the form of a new product; billing says what is wrong with it.
func parseProduct(values url.Values) mapping.NewProduct {
	return mapping.NewProduct{
		Identifier:    web.Clip(web.Clean(values.Get("identifier")), problem.MaxName),
		Description:   web.Clip(web.Clean(values.Get("description")), problem.MaxName),
		SubcategoryID: int(web.FormID(values.Get("subcategory"), 32)),
		TypeID:        int(web.FormID(values.Get("type"), 32)),
		UnitID:        int(web.FormID(values.Get("unit"), 32)),
		Price:         web.Clip(web.Clean(values.Get("price")), maxAmount),
		Cost:          web.Clip(web.Clean(values.Get("cost")), maxAmount),
		Unpriced:      web.Checked(values, "unpriced"),
		Despite:       web.Ints(web.FormIDs(values["despite"], 32)),
	}
}

// maxAmount is the longest amount of money taken, in characters.
const maxAmount = 30

func (s *server) rejectProduct(w http.ResponseWriter, r *http.Request, sent sentProduct, failure error) error {
	problems := problem.Fields{}
	var alike *mapping.Alike
	if errors.As(failure, &alike) {
		failure = alikeProblem(alike)
	}
	notice, err := refusal(problems, failure)
	if err != nil {
		return err
	}
	options, err := s.productOptions(r.Context(), sent.plan, sent.chosen)
	if err != nil && notice == nil {
		if notice, err = refusal(problems, err); err != nil {
			return err
		}
	}
	form := productForm(sent, options)
	form.Problems, form.Notice, form.Unsaved = views.Problems(problems), notice, true
	if alike != nil {
		form.Exact, form.Alike = alike.Exact, alikeViews(sent, alike.Products)
	}
	return s.renderNewProduct(w, r, web.StatusOf(failure, http.StatusUnprocessableEntity), form)
}

func (s *server) renderNewProduct(w http.ResponseWriter, r *http.Request, status int, form views.ProductForm) error {
	return s.web.Answer(w, r, web.Page{
		Section: views.SectionIntegrations, Title: "Create product in ConnectWise PSA", Status: status,
		Part:  views.NewProductDialog(form),
		Whole: func(l views.Layout) templ.Component { return views.NewProduct(l, form) },
	})
}

// alikeProblem says at the identifier that it is taken, and of the form as a whole that there may be such a product.
func alikeProblem(alike *mapping.Alike) *problem.Invalid {
	if alike.Exact {
		return &problem.Invalid{Fields: problem.Fields{
			"identifier": "ConnectWise has a product with this identifier. Use that one, or choose another identifier.",
		}}
	}
	return &problem.Invalid{Fields: problem.Fields{"": "ConnectWise may have this product already. Nothing was created."}}
}

// alikeViews are the products that look the same, each with the address that chooses it in place of a new one.
func alikeViews(sent sentProduct, products []mapping.Product) []views.AlikeProduct {
	var all []views.AlikeProduct
	for _, p := range products {
		chosen := sent.chosen
		chosen.items = maps.Clone(chosen.items)
		chosen.items[sent.plan] = p.ID
		all = append(all, views.AlikeProduct{CatalogItem: catalogItem(p), Use: chosen.view()})
	}
	return all
}

func productForm(sent sentProduct, o mapping.ProductOptions) views.ProductForm {
	p := sent.product
	form := views.ProductForm{
		Plan: string(sent.plan), ProductChoice: sent.chosen.view(),
		Identifier: p.Identifier, Description: p.Description, Price: p.Price, Cost: p.Cost,
		Types: namedOptions(o.Types, p.TypeID), Units: namedOptions(o.Units, p.UnitID), Unpriced: p.Unpriced,
		Reasons: map[string]string{}, Despite: p.Despite,
	}
	for field, is := range map[string]bool{
		"subcategory": p.SubcategoryID == o.Defaults.SubcategoryID, "type": p.TypeID == o.Defaults.TypeID, "unit": p.UnitID == o.Defaults.UnitID,
	} {
		if is {
			form.Reasons[field] = o.Reasons[field]
		}
	}
	for _, sub := range o.Subcategories {
		last := len(form.Subcategories) - 1
		if last < 0 || form.Subcategories[last].Label != sub.Category {
			form.Subcategories = append(form.Subcategories, views.OptionGroup{Label: sub.Category})
			last++
		}
		group := &form.Subcategories[last]
		group.Options = append(group.Options, views.Option{Value: strconv.Itoa(sub.ID), Label: sub.Name, Selected: sub.ID == p.SubcategoryID})
	}
	if kept := keptOption(p.SubcategoryID); len(o.Subcategories) == 0 && kept != nil {
		form.Subcategories = []views.OptionGroup{{Options: kept}}
	}
	return form
}

// keptOption is what was chosen of options that cannot be read at the moment.
func keptOption(chosen int) []views.Option {
	if chosen == 0 {
		return nil
	}
	return []views.Option{{Value: strconv.Itoa(chosen), Label: "As chosen before", Selected: true}}
}

func namedOptions(all []store.Named, chosen int) []views.Option {
	if len(all) == 0 {
		return keptOption(chosen)
	}
	options := make([]views.Option, len(all))
	for i, n := range all {
		options[i] = views.Option{Value: strconv.Itoa(n.ID), Label: n.Name, Selected: n.ID == chosen}
	}
	return options
}
