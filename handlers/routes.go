package handlers

import (
	"net/http"
	"strings"

	"seatbridge/billing"
	"seatbridge/static"
)

// route is one line of the route table: a pattern of http.ServeMux, the
// lowest role that may use it, and what serves it.
type route struct {
	pattern string
	min     access
	serve   func(http.ResponseWriter, *http.Request) error
}

// routes is every address that Seatbridge answers. Technicians look after
// organizations and their members; billing, integrations, members and the
// activity log are for Admins and Owners (docs/billing-rules.md section 4).
func (s *server) routes() []route {
	return []route{
		{"GET /healthz", public, healthz},
		{"GET /static/", public, serveStatic},
		{"GET /favicon.ico", public, favicon},

		{"GET /signin", anyone, s.showSignIn},
		{"POST /signin", anyone, s.postSignIn},
		{"POST /signout", anyone, s.postSignOut},
		{"GET /setup/{token}", anyone, s.showSetup},
		{"POST /setup/{token}", anyone, s.postSetup},
		{"GET /invitations/{token}", anyone, s.showAccept},
		{"POST /invitations/{token}", anyone, s.postAccept},

		{"GET /{$}", technician, s.showOverview},

		{"GET /organizations", technician, s.listOrganizations},
		{"GET /organizations/new", technician, s.newOrganization},
		{"POST /organizations", technician, s.createOrganization},
		{"GET /organizations/{id}", technician, s.showOrganization},
		{"POST /organizations/{id}", technician, s.updateOrganization},
		{"POST /organizations/{id}/suspend", technician, s.suspendOrganization},
		{"POST /organizations/{id}/reactivate", technician, s.reactivateOrganization},
		{"POST /organizations/{id}/delete", technician, s.deleteOrganization},
		{"GET /organizations/{id}/explain", technician, s.showExplanation},
		{"GET /organizations/{id}/seats.csv", technician, s.downloadSeats},
		{"POST /organizations/{id}/corrections", admin, s.correctUsage},
		{"POST /organizations/{id}/corrections/withdraw", admin, s.withdrawCorrection},
		{"POST /organizations/{id}/seats", technician, s.addSeats},
		{"POST /organizations/{id}/seats/action", technician, s.changeSeats},

		{"GET /usage", admin, s.showUsage},
		{"GET /usage.csv", admin, s.downloadUsage},
		{"GET /usage/import", admin, s.showUpload(billing.UsageIntake)},
		{"POST /usage/import", admin, s.upload(billing.UsageIntake)},
		{"GET /organizations/import", admin, s.showUpload(billing.MembersIntake)},
		{"POST /organizations/import", admin, s.upload(billing.MembersIntake)},
		{"GET /imports/{id}", admin, s.showIntake},
		{"GET /imports/{id}/progress", admin, s.intakeProgress},
		{"GET /imports/{id}/changes", admin, s.showIntakeChanges},
		{"POST /imports/{id}/check", admin, s.checkIntake},
		{"POST /imports/{id}/write", admin, s.writeIntake},
		{"POST /imports/{id}/discard", admin, s.discardIntake},

		{"GET /integrations", admin, s.listIntegrations},
		{"GET /integrations/connectwise", admin, s.showConnectWise},
		{"POST /integrations/connectwise", admin, s.saveCredentials},
		{"POST /integrations/connectwise/test", admin, s.checkConnection},
		{"POST /integrations/connectwise/disconnect", admin, s.disconnect},
		{"GET /integrations/connectwise/products", admin, s.showProducts},
		{"POST /integrations/connectwise/products", admin, s.confirmProducts},
		{"GET /integrations/connectwise/products/search", admin, s.searchProducts},
		{"GET /integrations/connectwise/products/new", admin, s.newProduct},
		{"POST /integrations/connectwise/products/create", admin, s.createProduct},
		{"GET /integrations/connectwise/import", admin, s.showImport},
		{"POST /integrations/connectwise/import", admin, s.startImport},
		{"GET /integrations/connectwise/import/counts", admin, s.countOptions},
		{"GET /integrations/connectwise/import/count", admin, s.countImport},
		{"GET /integrations/connectwise/import/progress", admin, s.importProgress},
		{"POST /integrations/connectwise/import/cancel", admin, s.cancelImport},
		{"GET /integrations/connectwise/companies", admin, s.listCompanies},
		{"POST /integrations/connectwise/companies/{id}/map", admin, s.mapCompany},
		{"POST /integrations/connectwise/companies/{id}/unmap", admin, s.unmapCompany},
		{"POST /integrations/connectwise/companies/{id}/organizations", admin, s.addCompanyOrganization},
		{"POST /integrations/connectwise/companies/{id}/reject", admin, s.rejectForCompany},
		{"GET /integrations/connectwise/companies/organizations", admin, s.newCompanyOrganizations},
		{"POST /integrations/connectwise/companies/organizations", admin, s.createCompanyOrganizations},
		{"GET /integrations/connectwise/suggestions", admin, s.listSuggestions},
		{"POST /integrations/connectwise/suggestions/map", admin, s.mapSuggestions},
		{"POST /integrations/connectwise/suggestions/reject", admin, s.rejectSuggestion},
		{"POST /integrations/connectwise/suggestions/restore", admin, s.restoreSuggestion},
		{"GET /integrations/connectwise/mappings", admin, s.showMappings},
		{"GET /integrations/connectwise/mappings.csv", admin, s.downloadMappings},
		{"POST /integrations/connectwise/mappings", admin, s.planMappings},
		{"POST /integrations/connectwise/mappings/apply", admin, s.applyMappings},
		{"GET /integrations/connectwise/organizations/search", admin, s.searchOrganizations},
		{"POST /integrations/connectwise/sync", admin, s.startSync},
		{"POST /integrations/connectwise/preview", admin, s.startPreview},

		{"GET /integrations/provider", admin, s.showProvider},
		{"POST /integrations/provider", admin, s.saveProvider},
		{"POST /integrations/provider/test", admin, s.testProvider},
		{"POST /integrations/provider/pull", admin, s.pullProvider},
		{"POST /integrations/provider/disconnect", admin, s.disconnectProvider},
		{"POST /integrations/provider/organizations/add", admin, s.addReported},
		{"POST /integrations/provider/organizations/link", admin, s.linkReported},
		{"GET /integrations/provider/fetches/{id}", admin, s.downloadFetch},

		{"GET /attention", admin, s.showAttention},
		{"GET /attention/changes.csv", admin, s.downloadAttention},
		{"GET /held", admin, s.listHeld},
		{"POST /held", admin, s.decideHeld},
		{"GET /held/changes.csv", admin, s.downloadHeld},
		{"POST /changes/{id}/line", admin, s.chooseLine},
		{"GET /agreements/{id}", admin, s.showAgreement},
		{"GET /agreements/{id}/changes.csv", admin, s.downloadAgreementHistory},
		{"POST /agreements/{id}/sync", admin, s.syncAgreement},
		{"GET /organizations/{id}/history", admin, s.showOrganizationHistory},
		{"GET /organizations/{id}/history/changes.csv", admin, s.downloadOrganizationHistory},

		{"GET /runs", admin, s.listRuns},
		{"GET /runs.csv", admin, s.downloadRuns},
		{"GET /runs/{id}", admin, s.showRun},
		{"GET /runs/{id}/progress", admin, s.runProgress},
		{"GET /runs/{id}/changes.csv", admin, s.downloadChanges},
		{"POST /runs/{id}/cancel", admin, s.cancelRun},
		{"POST /runs/{id}/apply", admin, s.applyRun},
		{"POST /runs/{id}/discard", admin, s.discardRun},
		{"POST /runs/{id}/undo", admin, s.undoRun},
		{"POST /runs/{id}/retry", admin, s.retryRun},

		{"GET /activity", admin, s.listActivity},
		{"GET /activity.csv", admin, s.downloadActivity},

		{"GET /members", admin, s.listMembers},
		{"POST /members", admin, s.inviteMember},
		{"POST /members/{id}/suspend", admin, s.suspendMember},
		{"POST /members/{id}/reactivate", admin, s.reactivateMember},
		{"POST /members/{id}/remove", admin, s.removeMember},
		{"POST /members/{id}/role", admin, s.changeRole},

		{"GET /settings", technician, s.showSettings},
		{"POST /settings", admin, s.saveSettings},
		{"POST /settings/approvals", admin, s.saveApprovals},
		{"POST /settings/password", technician, s.changePassword},
		{"POST /settings/sessions/revoke", technician, s.revokeSessions},
		{"GET /settings/api", admin, s.listTokens},
		{"POST /settings/api", admin, s.createToken},
		{"POST /settings/api/{id}/revoke", admin, s.revokeToken},
		{"GET /settings/notifications", admin, s.listNotifications},
		{"GET /settings/notifications/new", admin, s.newChannel},
		{"POST /settings/notifications", admin, s.createChannel},
		{"GET /settings/notifications/{id}", admin, s.editChannel},
		{"POST /settings/notifications/{id}", admin, s.updateChannel},
		{"POST /settings/notifications/{id}/delete", admin, s.deleteChannel},
		{"POST /settings/notifications/{id}/test", admin, s.testChannel},
	}
}

func healthz(w http.ResponseWriter, r *http.Request) error {
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	w.Header().Set("Cache-Control", "no-store")
	w.Write([]byte("ok\n"))
	return nil
}

func serveStatic(w http.ResponseWriter, r *http.Request) error {
	static.Handler().ServeHTTP(w, r)
	return nil
}

func favicon(w http.ResponseWriter, r *http.Request) error {
	http.Redirect(w, r, static.URL("logo.svg"), http.StatusFound)
	return nil
}

// noRoute answers what no route matches: 405 where another method would.
func (s *server) noRoute(w http.ResponseWriter, r *http.Request) error {
	unmatched, _ := s.mux.Handler(r)
	probe := &headerProbe{header: http.Header{}}
	unmatched.ServeHTTP(probe, r)
	if probe.status != http.StatusMethodNotAllowed {
		return &httpError{Status: http.StatusNotFound}
	}
	allowed := probe.header.Get("Allow")
	w.Header().Set("Allow", allowed)
	return &httpError{
		Status:  http.StatusMethodNotAllowed,
		Message: "This address cannot be used that way.",
		Do:      "It takes " + strings.ReplaceAll(allowed, ", ", " or ") + ".",
	}
}

// headerProbe keeps the status and header of an answer and drops its body.
type headerProbe struct {
	header http.Header
	status int
}

func (p *headerProbe) Header() http.Header         { return p.header }
func (p *headerProbe) WriteHeader(status int)      { p.status = status }
func (p *headerProbe) Write(b []byte) (int, error) { return len(b), nil }
