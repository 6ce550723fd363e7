package handlers

import (
	"net/http"
	"strings"
	"testing"

	"seatbridge/handlers/api"
	"seatbridge/store"
	"seatbridge/views"
)

func TestTokens(t *testing.T) {
	t.Parallel()
	p := newPanel(t)
	b := p.as(store.Admin)
	has(t, b.get("/settings", http.StatusOK), ".page-head", "API")
	page := b.get(views.TokensPath, http.StatusOK)
	has(t, page, "[data-testid=empty]", "No token yet")
	if got := page.Find("[data-testid=endpoint]").Length(); got != 25 {
		t.Errorf("%d operations, want 25", got)
	}
	has(t, page, "[data-testid=endpoint]", "/organizations/{id}/members")

	page = b.post(views.TokensPath, form("name", "", "life", "soon", "scope", "everything"), http.StatusUnprocessableEntity)
	for _, problem := range []string{"Enter a name.", "at least one scope", "when the token expires"} {
		has(t, page, ".problem", problem)
	}
	page = b.post(views.TokensPath, form("name", "Nightly import", "life", "90", "scope", api.ReadUsage, "scope", api.WriteUsage, "scope", "everything"), http.StatusOK)
	token := strings.TrimSpace(page.Find("[data-testid=new-token] code").Text())
	if !strings.HasPrefix(token, "sb_") || len(token) != 46 {
		t.Fatalf("the token is %q", token)
	}
	has(t, page, "[data-testid=token]", "usage:write")
	has(t, page, "[data-testid=token]", "15 Jun 2026")
	b.get(views.TokensPath, http.StatusOK)
	b.lacks(token, "everything") // shown once
	has(t, b.post(views.TokensPath, form("name", "NIGHTLY  import", "life", "never", "scope", api.ReadUsage), http.StatusUnprocessableEntity), ".problem", "Another token has this name.")

	s := &script{panel: p, token: token, header: http.Header{}}
	s.call("GET", "/usage/2026-02", "", 200)
	b.post("/settings/api/1/revoke", nil, http.StatusSeeOther)
	has(t, b.follow(), "[data-testid=flash]", "revoked")
	s.call("GET", "/usage/2026-02", "", 401)
	b.post("/settings/api/1/revoke", nil, http.StatusNotFound)
	p.wantActivity("admin@example.com", "Made the API token “Nightly import” for usage:read, usage:write.")
	p.wantActivity("admin@example.com", "Revoked the API token “Nightly import”.")
	if strings.Contains(p.log.String(), token) {
		t.Error("the token is in the log")
	}
	p.as(store.Technician).get(views.TokensPath, http.StatusForbidden)
}
