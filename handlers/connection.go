package handlers

import (
	"errors"
	"net/http"

	"github.com/a-h/templ"

	"seatbridge/billing"
	"seatbridge/billing/connect"
	"seatbridge/billing/problem"
	"seatbridge/handlers/web"
	"seatbridge/store"
	"seatbridge/views"
)

func (s *server) showConnectWise(w http.ResponseWriter, r *http.Request) error {
	connection, err := s.Billing.Connection.Current(r.Context())
	if err != nil {
		return err
	}
	return s.renderConnectWise(w, r, http.StatusOK, connection, demoPages{s}.fillIn(connection, savedCredentials(connection)))
}

// savedCredentials is the form as it was saved; the private key never returns.
func savedCredentials(c connect.Connection) views.CredentialsForm {
	return views.CredentialsForm{
		Site: c.Site, Company: c.Company, PublicKey: c.PublicKey, ClientID: c.ClientID,
		HasPrivateKey: c.State != connect.NotConnected, HasDefaultID: c.DefaultClientID,
		AdvancedOpen: c.ClientID != "" || !c.DefaultClientID,
	}
}

func (s *server) renderConnectWise(
	w http.ResponseWriter, r *http.Request, status int, c connect.Connection, form views.CredentialsForm,
) error {
	if web.IsPart(r) {
		return s.web.Part(w, r, status, views.CredentialsFields(form, c.State == connect.NotConnected))
	}
	connection, err := s.connectionView(r.Context(), c)
	if err != nil {
		return err
	}
	page := views.ConnectWisePage{
		Connection: connection, Credentials: form, Rights: rightViews(c),
		Business: productView(c.Products, store.Business), Enterprise: productView(c.Products, store.Enterprise),
		ImportRunning: s.Billing.Mapping.CompanyImportProgress().Running, SyncMonth: soFar(s.Now()),
	}
	if err := s.connectWiseFacts(r, &page); err != nil {
		return err
	}
	return s.web.Answer(w, r, web.Page{
		Section: views.SectionIntegrations, Title: "ConnectWise PSA", Status: status,
		Whole: func(l views.Layout) templ.Component { return views.ConnectWise(l, page) },
	})
}

// connectWiseFacts adds the counts and runs.
func (s *server) connectWiseFacts(r *http.Request, page *views.ConnectWisePage) (err error) {
	ctx := r.Context()
	if page.Companies, _, err = s.Store.CompanyCounts(ctx); err != nil {
		return err
	}
	all, mapped, err := s.countOrganizations(ctx)
	if err != nil {
		return err
	}
	page.Mapped, page.Unmapped = mapped, all-mapped
	if _, page.Suggested, err = s.Store.Companies(ctx, store.CompanyFilter{Show: store.ShowSuggested, Limit: 1}); err != nil {
		return err
	}
	attention, err := s.Billing.Attention(ctx)
	if err != nil {
		return err
	}
	for _, a := range attention {
		if a.Kind == billing.AttendUnmapped {
			page.Billable = a.Count
		}
	}
	if page.LastRun, err = s.lastRun(ctx); err != nil {
		return err
	}
	unfinished, err := s.Store.UnfinishedRuns(ctx)
	if len(unfinished) > 0 {
		page.RunningURL = views.RunPath(unfinished[0].ID)
	}
	return err
}

func rightViews(c connect.Connection) []views.Right {
	var rights []views.Right
	for _, right := range c.Rights {
		for _, level := range right.Levels {
			rights = append(rights, views.Right{
				Module: right.Module, Level: level.Level, Use: rightUse(right.Module, level.Level), State: string(level.State),
				Optional: right.Optional,
			})
		}
	}
	return rights
}

// rightUse is what a right of the API member is for.
func rightUse(module, level string) string {
	switch module + " " + level {
	case "Company Maintenance Inquire":
		return "to read the companies to map"
	case "Table Setup Inquire":
		return "to read company types and statuses"
	case "Product Catalog Inquire":
		return "to find the products to map"
	case "Product Catalog Add":
		return "to create a missing product"
	case "Agreements Inquire":
		return "to read agreements and their additions"
	case "Agreements Add":
		return "to add a line where there is none"
	case "Agreements Edit":
		return "to change the quantity of a line"
	case "Invoicing Inquire":
		return views.InvoicingRight.Use
	}
	return ""
}

func productView(products map[store.Plan]store.ProductMapping, plan store.Plan) *views.Product {
	p, ok := products[plan]
	if !ok {
		return nil
	}
	return &views.Product{ID: int64(p.ProductID), Identifier: p.Identifier, Description: p.Description}
}

// parseCredentials reads the form. Keys are taken as pasted, without the
// blanks and invisible characters that come along.
func parseCredentials(r *http.Request) (connect.Credentials, problem.Fields, error) {
	if err := web.ParseForm(r); err != nil {
		return connect.Credentials{}, nil, err
	}
	c := connect.Credentials{
		Site:       web.Clean(r.PostForm.Get("site")),
		Company:    web.Clean(r.PostForm.Get("company")),
		PublicKey:  web.Clean(r.PostForm.Get("public_key")),
		PrivateKey: web.Clean(r.PostForm.Get("private_key")),
		ClientID:   web.Clean(r.PostForm.Get("client_id")),
	}
	p := problem.Fields{}
	for field, value := range map[string]string{
		"site": c.Site, "company": c.Company, "public_key": c.PublicKey, "private_key": c.PrivateKey, "client_id": c.ClientID,
	} {
		if web.Length(value) > web.MaxKey {
			p.Add(field, "This is too long.")
		}
	}
	return c, p, nil
}

func (s *server) saveCredentials(w http.ResponseWriter, r *http.Request) error {
	credentials, problems, err := parseCredentials(r)
	if err != nil {
		return err
	}
	var notice *views.Notice
	status := http.StatusUnprocessableEntity
	if len(problems) == 0 {
		_, err := s.Billing.Connection.Connect(r.Context(), s.web.Actor(r), demoPages{s}.withKey(credentials))
		if err == nil {
			return s.web.Done(w, r, s.nextOf(r.PostForm, views.ConnectWisePath), "The credentials work and were saved.")
		}
		status = web.StatusOf(err, status)
		if notice, err = refusal(problems, err); err != nil {
			return err
		}
	}
	saved, err := s.Billing.Connection.Current(r.Context())
	if err != nil {
		return err
	}
	form := savedCredentials(saved)
	form.Site, form.Company, form.PublicKey, form.ClientID = credentials.Site, credentials.Company, credentials.PublicKey, credentials.ClientID
	form.Example = demoPages{s}.offered(saved)
	form.AdvancedOpen = form.AdvancedOpen || problems["client_id"] != ""
	form.Problems, form.Notice = views.Problems(problems), notice
	form.HasPrivateKey = form.HasPrivateKey && problems["private_key"] == "" // or it would be said to be kept
	if form.Next = s.nextOf(r.PostForm, ""); form.Next == views.StartPath && !web.IsPart(r) {
		return startPages{s}.render(w, r, status, saved, form)
	}
	return s.renderConnectWise(w, r, status, saved, form)
}

// refusal takes apart what billing refused: problems go next to their fields,
// what ConnectWise said becomes a notice. Any other error is left.
func refusal(p problem.Fields, err error) (*views.Notice, error) {
	var invalid *problem.Invalid
	if errors.As(err, &invalid) {
		for field, message := range invalid.Fields {
			p.Add(field, message)
		}
		return nil, nil
	}
	var refused *problem.Refused
	if !errors.As(err, &refused) {
		return nil, err
	}
	if refused.Field != "" {
		p.Add(refused.Field, refused.Problem.What)
	}
	notice := problemView(refused.Problem)
	return &notice, nil
}

func (s *server) checkConnection(w http.ResponseWriter, r *http.Request) error {
	if err := web.ParseForm(r); err != nil {
		return err
	}
	connection, err := s.Billing.Connection.Check(r.Context(), s.web.Actor(r))
	if err != nil {
		return err
	}
	if connection.State != connect.Failing {
		if err := s.Billing.ReadPrices(r.Context()); err != nil {
			s.Log.Error("reading prices", "err", err) // what was checked is kept; they are read again every hour
		}
	}
	message := "The connection works."
	if connection.State == connect.Failing {
		message = "The connection was checked: see below what is wrong."
	}
	return s.web.Done(w, r, s.nextOf(r.PostForm, views.ConnectWisePath), message)
}

func (s *server) disconnect(w http.ResponseWriter, r *http.Request) error {
	if err := s.Billing.Disconnect(r.Context(), s.web.Actor(r)); err != nil {
		return err
	}
	return s.web.Done(w, r, views.ConnectWisePath, "ConnectWise PSA is disconnected. All mappings were removed.")
}
