package handlers

import (
	"net/http"

	"github.com/a-h/templ"

	"seatbridge/views"
)

func (s *server) listIntegrations(w http.ResponseWriter, r *http.Request) error {
	connection, err := s.Bridge.Connection(r.Context())
	if err != nil {
		return err
	}
	_, mapped, err := s.countOrganizations(r.Context())
	if err != nil {
		return err
	}
	_, provider, err := s.Bridge.Provider(r.Context())
	if err != nil {
		return err
	}
	page := views.IntegrationsPage{Connection: s.connectionView(connection), Mapped: mapped, Provider: provider}
	return s.full(w, r, http.StatusOK, views.SectionIntegrations, "Integrations", func(l views.Layout) templ.Component { return views.Integrations(l, page) })
}
