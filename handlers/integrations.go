package handlers

import (
	"net/http"

	"github.com/a-h/templ"

	"seatbridge/handlers/web"
	"seatbridge/views"
)

func (s *server) listIntegrations(w http.ResponseWriter, r *http.Request) error {
	connection, err := s.Billing.Connection.Current(r.Context())
	if err != nil {
		return err
	}
	_, mapped, err := s.countOrganizations(r.Context())
	if err != nil {
		return err
	}
	_, provider, err := s.Billing.Reports.Connection(r.Context())
	if err != nil {
		return err
	}
	page := views.IntegrationsPage{Mapped: mapped, Provider: provider}
	if page.Connection, err = s.connectionView(r.Context(), connection); err != nil {
		return err
	}
	return s.web.Answer(w, r, web.Page{
		Section: views.SectionIntegrations, Title: "Integrations",
		Whole: func(l views.Layout) templ.Component { return views.Integrations(l, page) },
	})
}
