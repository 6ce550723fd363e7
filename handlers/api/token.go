package api

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"

	"github.com/danielgtaylor/huma/v2"

	"seatbridge/billing/accounts"
	"seatbridge/billing/problem"
	"seatbridge/handlers/web"
	"seatbridge/store"
)

// The scopes of a token: what it may read and write.
const (
	ReadOrganizations  = "organizations:read"
	WriteOrganizations = "organizations:write"
	ReadMembers        = "members:read"
	WriteMembers       = "members:write"
	ReadUsage          = "usage:read"
	WriteUsage         = "usage:write"
	WriteMonths        = "months:write" // settle differences, close months, say whose figure is right; usage:read reads them
)

// Scopes are all of them.
func Scopes() []string {
	return []string{ReadOrganizations, WriteOrganizations, ReadMembers, WriteMembers, ReadUsage, WriteUsage, WriteMonths}
}

// Bearer is the name of the security scheme in the OpenAPI document.
const Bearer = "token"

// caller is who sent a request to the API.
type caller struct {
	store.APIToken
	ip string
}

type callerKey struct{}

func callerOf(ctx context.Context) caller {
	c, _ := ctx.Value(callerKey{}).(caller)
	return c
}

// authenticate finds out whose token the request carries, and counts the request.
func (a *API) authenticate(r *http.Request) (caller, error) {
	ip := a.Web.ClientIP(r)
	scheme, token, _ := strings.Cut(r.Header.Get("Authorization"), " ")
	if !strings.EqualFold(scheme, "bearer") || token == "" {
		return caller{}, &web.Error{
			Status: http.StatusUnauthorized, Message: "Send a token made under Settings › API as \"Authorization: Bearer …\".",
		}
	}
	t, err := a.Web.Store.APIToken(r.Context(), strings.TrimSpace(token), a.Web.Now())
	if errors.Is(err, store.ErrNotFound) || err == nil && accounts.WhyStopped(t, a.Web.Now()) != "" {
		if err := web.Take(r.Context(), a.refused, web.IPKey(ip)); err != nil {
			return caller{}, err
		}
		return caller{}, &web.Error{
			Status: http.StatusUnauthorized, Message: "This token is unknown, revoked or expired, or whoever made it may not use it any more.",
		}
	}
	if err != nil {
		return caller{}, err
	}
	if err := web.Take(r.Context(), a.Calls, fmt.Sprint(t.ID)); err != nil {
		return caller{}, err
	}
	if a.Web.Now().Sub(t.UsedAt) >= tokenTouch {
		if err := a.Web.Store.TouchAPIToken(r.Context(), t.ID, a.Web.Now()); err != nil {
			return caller{}, err
		}
	}
	return caller{t, ip}, nil
}

// checkScope refuses a token that may not do what the endpoint is for.
func (a *API) checkScope(ctx huma.Context, next func(huma.Context)) {
	needed := ctx.Operation().Security[0][Bearer][0]
	for _, scope := range callerOf(ctx.Context()).Scopes {
		if scope == needed {
			next(ctx)
			return
		}
	}
	ctx.SetHeader("WWW-Authenticate", fmt.Sprintf(`Bearer realm="Seatbridge", error="insufficient_scope", scope=%q`, needed))
	huma.WriteErr(a.huma, ctx, http.StatusForbidden, fmt.Sprintf("This token does not have the scope %s.", needed))
}

// actorOf is a token as the activity log names it.
func actorOf(ctx context.Context) problem.Actor {
	c := callerOf(ctx)
	return problem.Actor{Name: "API token " + c.Name, IP: c.ip}
}
