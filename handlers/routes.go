package handlers

import (
	"net/http"
	"strings"

	"seatbridge/billing/sheet"
	"seatbridge/handlers/web"
	"seatbridge/static"
)

// route is one line of the route table: a pattern of http.ServeMux, the
// lowest role that may use it, and what serves it.
type route struct {
	pattern string
	min     web.Access
	serve   func(http.ResponseWriter, *http.Request) error
}

// routes is every address that Seatbridge answers. Technicians look after
// organizations and their members; billing, integrations, members and the
// activity log are for Admins and Owners (docs/billing-rules.md section 4).
func (s *server) routes() []route {
	return append(accountRoutes(s), []route{
		{"GET /healthz", web.Public, health{s.Store, s.Log}.answer},
		{"GET /static/", web.Public, serveStatic},
		{"GET /favicon.ico", web.Public, favicon},

		{"GET /signin", web.Anyone, s.showSignIn},
		{"POST /signin", web.Anyone, s.postSignIn},
		{"POST /signout", web.Anyone, s.postSignOut},
		{"GET /setup/{token}", web.Anyone, s.showSetup},
		{"POST /setup/{token}", web.Anyone, s.postSetup},
		{"GET /invitations/{token}", web.Anyone, s.showAccept},
		{"POST /invitations/{token}", web.Anyone, s.postAccept},

		{"GET /{$}", web.Technician, s.showOverview},
		{"GET /start", web.Technician, startPages{s}.show},
		{"GET /start/hosted", web.Admin, hostedPages{s}.show},
		{"POST /start/hosted", web.Admin, hostedPages{s}.choose},
		{"POST /start/hosted/check", web.Admin, hostedPages{s}.check},
		{"GET /demo", web.Admin, demoPages{s}.show},

		{"GET /organizations", web.Technician, s.listOrganizations},
		{"GET /organizations/new", web.Technician, s.newOrganization},
		{"POST /organizations", web.Technician, s.createOrganization},
		{"GET /organizations/{id}", web.Technician, s.showOrganization},
		{"POST /organizations/{id}", web.Technician, s.updateOrganization},
		{"POST /organizations/{id}/suspend", web.Technician, s.changeOrganization("Suspended", s.Billing.Organizations.Suspend)},
		{"POST /organizations/{id}/reactivate", web.Technician, s.changeOrganization("Reactivated", s.Billing.Organizations.Reactivate)},
		{"POST /organizations/{id}/delete", web.Technician, s.changeOrganization("Deleted", s.Billing.Organizations.Delete)},
		{"GET /organizations/{id}/explain", web.Technician, s.showExplanation},
		{"GET /organizations/{id}/seats.csv", web.Technician, s.downloadSeats},
		{"POST /organizations/{id}/corrections", web.Admin, s.correctUsage},
		{"POST /organizations/{id}/corrections/withdraw", web.Admin, s.withdrawCorrection},
		{"POST /organizations/{id}/kept", web.Admin, keptPages{s}.keep},
		{"POST /organizations/{id}/kept/withdraw", web.Admin, keptPages{s}.withdraw},
		{"POST /organizations/{id}/life", web.Admin, lifePages{s}.change},
		{"POST /organizations/{id}/no-members", web.Admin, s.sayOfMembers(
			s.Billing.Organizations.StateNoMembers, "%s has no members: its figure is 0.", "That %s has no members was said already.",
		)},
		{"POST /organizations/{id}/no-members/withdraw", web.Admin, s.sayOfMembers(
			s.Billing.Organizations.WithdrawNoMembers, "The figure of %s is unknown again.", "Nobody says that %s has no members.",
		)},
		{"POST /organizations/{id}/seats", web.Technician, s.addSeats},
		{"POST /organizations/{id}/seats/action", web.Technician, s.changeSeats},

		{"GET /usage", web.Admin, s.showUsage},
		{"GET /usage.csv", web.Admin, s.downloadUsage},
		{"GET /usage/import", web.Admin, s.showUpload(sheet.Usage)},
		{"POST /usage/import", web.Admin, s.upload(sheet.Usage)},
		{"GET /organizations/import", web.Admin, s.showUpload(sheet.Members)},
		{"POST /organizations/import", web.Admin, s.upload(sheet.Members)},
		{"GET /organizations.csv", web.Admin, lifePages{s}.download},
		{"GET /organizations/import/list", web.Admin, s.showUpload(sheet.Organizations)},
		{"POST /organizations/import/list", web.Admin, s.upload(sheet.Organizations)},
		{"GET /imports/{id}", web.Admin, s.showFileImport},
		{"GET /imports/{id}/progress", web.Admin, s.fileImportProgress},
		{"GET /imports/{id}/changes", web.Admin, s.showFileImportChanges},
		{"POST /imports/{id}/check", web.Admin, s.checkFileImport},
		{"POST /imports/{id}/write", web.Admin, s.writeFileImport},
		{"POST /imports/{id}/file", web.Admin, s.correctFileImport},
		{"POST /imports/{id}/discard", web.Admin, s.discardFileImport},

		{"GET /months", web.Admin, monthPages{s}.list},
		{"GET /months.csv", web.Admin, monthPages{s}.download},
		{"GET /months/{month}", web.Admin, monthPages{s}.show},
		{"GET /months/{month}/rows.csv", web.Admin, monthPages{s}.downloadRows},
		{"GET /months/{month}/rows/{id}/{plan}", web.Admin, monthPages{s}.showRow},
		{"GET /months/{month}/close", web.Admin, statementPages{s}.ask},
		{"POST /months/{month}/close", web.Admin, statementPages{s}.close},
		{"GET /months/{month}/statement", web.Admin, statementPages{s}.show},
		{"GET /months/{month}/statement.json", web.Admin, statementPages{s}.downloadJSON},
		{"GET /months/{month}/statement.csv", web.Admin, statementPages{s}.download},
		{"GET /months/{month}/settle", web.Admin, monthPages{s}.askSettle},
		{"POST /months/{month}/settle", web.Admin, monthPages{s}.settle},
		{"POST /months/{month}/settlements/{id}/undo", web.Admin, monthPages{s}.unsettle},
		{"POST /months/{month}/elsewhere/{id}", web.Admin, monthPages{s}.sayElsewhere},
		{"POST /months/{month}/elsewhere/{id}/withdraw", web.Admin, monthPages{s}.withdrawElsewhere},

		{"GET /integrations", web.Admin, s.listIntegrations},
		{"GET /integrations/connectwise", web.Admin, s.showConnectWise},
		{"POST /integrations/connectwise", web.Admin, proofs{s}.before("Save the credentials of ConnectWise PSA", s.saveCredentials)},
		{"POST /integrations/connectwise/test", web.Admin, s.checkConnection},
		{"POST /integrations/connectwise/disconnect", web.Admin, proofs{s}.before("Disconnect ConnectWise PSA", s.disconnect)},
		{"GET /integrations/connectwise/products", web.Admin, s.showProducts},
		{"POST /integrations/connectwise/products", web.Admin, s.confirmProducts},
		{"GET /integrations/connectwise/products/search", web.Admin, s.searchProducts},
		{"GET /integrations/connectwise/products/new", web.Admin, s.newProduct},
		{"POST /integrations/connectwise/products/create", web.Admin, s.createProduct},
		{"GET /integrations/connectwise/import", web.Admin, s.showCompanyImport},
		{"POST /integrations/connectwise/import", web.Admin, s.startCompanyImport},
		{"GET /integrations/connectwise/import/counts", web.Admin, s.countOptions},
		{"GET /integrations/connectwise/import/count", web.Admin, s.countCompanyImport},
		{"GET /integrations/connectwise/import/progress", web.Admin, s.companyImportProgress},
		{"POST /integrations/connectwise/import/cancel", web.Admin, s.cancelCompanyImport},
		{"GET /integrations/connectwise/companies", web.Admin, s.listCompanies},
		{"GET /integrations/connectwise/companies/{id}/shown", web.Admin, mapPages{s}.shown},
		{"POST /integrations/connectwise/companies/{id}/map", web.Admin, mapPages{s}.mapCompany},
		{"POST /integrations/connectwise/companies/{id}/unmap", web.Admin, s.unmapCompany},
		{"POST /integrations/connectwise/companies/{id}/organizations", web.Admin, s.addCompanyOrganization},
		{"POST /integrations/connectwise/companies/{id}/reject", web.Admin, s.rejectForCompany},
		{"GET /integrations/connectwise/companies/organizations", web.Admin, s.newCompanyOrganizations},
		{"POST /integrations/connectwise/companies/organizations", web.Admin, s.createCompanyOrganizations},
		{"GET /integrations/connectwise/suggestions", web.Admin, s.listSuggestions},
		{"POST /integrations/connectwise/suggestions/map", web.Admin, s.mapSuggestions},
		{"POST /integrations/connectwise/suggestions/reject", web.Admin, s.rejectSuggestion},
		{"POST /integrations/connectwise/suggestions/restore", web.Admin, s.restoreSuggestion},
		{"GET /integrations/connectwise/mappings", web.Admin, s.showMappings},
		{"GET /integrations/connectwise/mappings.csv", web.Admin, s.downloadMappings},
		{"POST /integrations/connectwise/mappings", web.Admin, s.planMappings},
		{"POST /integrations/connectwise/mappings/apply", web.Admin, s.applyMappings},
		{"GET /integrations/connectwise/organizations/search", web.Admin, s.searchOrganizations},
		{"GET /integrations/connectwise/sync", web.Admin, syncPages{s}.ask},
		{"POST /integrations/connectwise/sync", web.Admin, syncPages{s}.start},
		{"GET /integrations/connectwise/sync/{month}", web.Admin, syncPages{s}.askMonth},
		{"POST /integrations/connectwise/sync/{month}", web.Admin, syncPages{s}.startMonth},
		{"POST /integrations/connectwise/preview", web.Admin, syncPages{s}.preview},
		{"GET /integrations/connectwise/writing", web.Admin, writingPages{s}.show},
		{"POST /integrations/connectwise/writing/pause", web.Admin, writingPages{s}.pause},
		{"POST /integrations/connectwise/writing/first", web.Admin, writingPages{s}.first},
		{"POST /integrations/connectwise/writing/on", web.Admin, writingPages{s}.switchOn},

		{"GET /integrations/provider", web.Admin, s.showProvider},
		{"POST /integrations/provider", web.Admin, proofs{s}.before("Save the connection of the Provider API", s.saveProvider)},
		{"POST /integrations/provider/test", web.Admin, s.testProvider},
		{"POST /integrations/provider/pull", web.Admin, s.pullProvider},
		{"POST /integrations/provider/disconnect", web.Admin, proofs{s}.before("Disconnect the Provider API", s.disconnectProvider)},
		{"POST /integrations/provider/organizations/add", web.Admin, s.addReported},
		{"POST /integrations/provider/organizations/link", web.Admin, s.linkReported},
		{"POST /integrations/provider/organizations/name", web.Admin, s.settleReportedName},
		{"GET /integrations/provider/fetches/{id}", web.Admin, s.downloadFetch},

		{"GET /attention", web.Admin, s.showAttention},
		{"GET /attention/changes.csv", web.Admin, s.downloadAttention},
		{"GET /findings", web.Admin, findingPages{s}.list},
		{"POST /findings", web.Admin, findingPages{s}.decide},
		{"GET /leaks", web.Admin, leakPages{s}.show},
		{"GET /leaks.csv", web.Admin, leakPages{s}.download},
		{"POST /leaks/scan", web.Admin, leakPages{s}.start},
		{"GET /leaks/progress", web.Admin, leakPages{s}.progress},
		{"POST /leaks/cancel", web.Admin, leakPages{s}.cancel},
		{"GET /leaks/meant", web.Admin, leakPages{s}.askMeant},
		{"POST /leaks/meant", web.Admin, leakPages{s}.meant},
		{"POST /leaks/withdraw", web.Admin, leakPages{s}.withdraw},
		{"GET /held", web.Admin, s.listHeld},
		{"POST /held", web.Admin, s.decideHeld},
		{"GET /held/changes.csv", web.Admin, s.downloadHeld},
		{"POST /changes/{id}/line", web.Admin, s.chooseLine},
		{"POST /changes/{id}/not-there", web.Admin, s.notThere},
		{"GET /agreements/{id}", web.Admin, s.showAgreement},
		{"GET /agreements/{id}/changes.csv", web.Admin, s.downloadAgreementHistory},
		{"POST /agreements/{id}/sync", web.Admin, syncPages{s}.agreement},
		{"GET /organizations/{id}/history", web.Admin, s.showOrganizationHistory},
		{"GET /organizations/{id}/history/changes.csv", web.Admin, s.downloadOrganizationHistory},

		{"GET /runs", web.Admin, s.listRuns},
		{"GET /runs.csv", web.Admin, s.downloadRuns},
		{"GET /runs/{id}", web.Admin, s.showRun},
		{"GET /runs/{id}/progress", web.Admin, s.runProgress},
		{"GET /runs/{id}/changes.csv", web.Admin, s.downloadChanges},
		{"POST /runs/{id}/cancel", web.Admin, s.cancelRun},
		{"POST /runs/{id}/apply", web.Admin, s.applyRun},
		{"POST /runs/{id}/discard", web.Admin, s.discardRun},
		{"POST /runs/{id}/undo", web.Admin, s.undoRun},
		{"POST /runs/{id}/retry", web.Admin, s.retryRun},

		{"GET /activity", web.Admin, s.listActivity},
		{"GET /activity.csv", web.Admin, s.downloadActivity},

		{"GET /members", web.Admin, s.listMembers},
		{"POST /members", web.Admin, proofs{s}.when(makesOwner, "Invite an Owner", s.inviteMember)},
		{"POST /members/{id}/suspend", web.Admin, s.suspendMember},
		{"POST /members/{id}/reactivate", web.Admin, s.reactivateMember},
		{"POST /members/{id}/remove", web.Admin, s.removeMember},
		{"POST /members/{id}/role", web.Admin, proofs{s}.when(makesOwner, "Make somebody an Owner", s.changeRole)},

		{"GET /settings", web.Technician, s.showSettings},
		{"POST /settings", web.Admin, s.saveSettings},
		{"POST /settings/approvals", web.Admin, s.saveApprovals},
		{"POST /settings/months", web.Admin, saveMonths(s)},
		{"POST /settings/sources", web.Admin, saveSources(s)},
		{"POST /settings/password", web.Technician, s.changePassword},
		{"POST /settings/digest", web.Technician, digestPages{s}.choose},
		{"POST /settings/sessions/revoke", web.Technician, s.revokeSessions},
		{"GET /settings/api", web.Admin, s.listTokens},
		{"POST /settings/api", web.Admin, proofs{s}.before("Make an API token", s.createToken)},
		{"POST /settings/api/{id}/revoke", web.Admin, s.revokeToken},
		{"GET /settings/notifications", web.Admin, s.listNotifications},
		{"GET /settings/notifications/new", web.Admin, s.newChannel},
		{"POST /settings/notifications", web.Admin, proofs{s}.before("Add a notification channel", s.createChannel)},
		{"GET /settings/notifications/{id}", web.Admin, s.editChannel},
		{"POST /settings/notifications/{id}", web.Admin, proofs{s}.before("Change a notification channel", s.updateChannel)},
		{"POST /settings/notifications/{id}/delete", web.Admin, s.deleteChannel},
		{"POST /settings/notifications/{id}/test", web.Admin, s.testChannel},
	}...)
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
	allowed := web.AllowedMethods(s.mux, r)
	if allowed == "" {
		return &web.Error{Status: http.StatusNotFound}
	}
	w.Header().Set("Allow", allowed)
	return &web.Error{
		Status:  http.StatusMethodNotAllowed,
		Message: "This address cannot be used that way.",
		Do:      "It takes " + strings.ReplaceAll(allowed, ", ", " or ") + ".",
	}
}
