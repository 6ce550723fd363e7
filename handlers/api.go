package handlers

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"
	"github.com/sethvargo/go-limiter"

	"seatbridge/billing/problem"
	"seatbridge/handlers/web"
	"seatbridge/store"
)

// apiPath is where the HTTP API for scripts lives. Cookies mean nothing there: a bearer token does.
const apiPath = "/api/v1"

// documentPath is where the OpenAPI document is.
const documentPath = apiPath + "/openapi.json"

const (
	// callsPerToken is how many requests a token may send in a minute.
	callsPerToken = 600
	// refusedPerIP is how many requests with a bad token an address may send in a minute.
	refusedPerIP = 60
	// tokenTouch is how exactly the last use of a token is noted.
	tokenTouch = time.Minute
)

// The scopes of a token: what it may read and write.
const (
	readOrganizations  = "organizations:read"
	writeOrganizations = "organizations:write"
	readMembers        = "members:read"
	writeMembers       = "members:write"
	readUsage          = "usage:read"
	writeUsage         = "usage:write"
)

func scopes() []string {
	return []string{readOrganizations, writeOrganizations, readMembers, writeMembers, readUsage, writeUsage}
}

// bearer is the name of the security scheme in the OpenAPI document.
const bearer = "token"

// api is the HTTP API: huma checks what comes in and writes the OpenAPI document from the same types.
type api struct {
	*server
	huma     huma.API
	mux      *http.ServeMux
	document []byte // OpenAPI 3.1, JSON
	calls    limiter.Store
	refused  limiter.Store
}

func newAPI(s *server) (*api, error) {
	a := &api{server: s, mux: http.NewServeMux()}
	for tokens, into := range map[uint64]*limiter.Store{callsPerToken: &a.calls, refusedPerIP: &a.refused} {
		bucket, err := web.NewBucket(tokens, time.Minute)
		if err != nil {
			return nil, err
		}
		*into = bucket
	}
	a.huma = humago.NewWithPrefix(a.mux, apiPath, apiConfig())
	a.huma.UseMiddleware(a.checkScope)
	a.organizationEndpoints()
	a.memberEndpoints()
	a.usageEndpoints()
	var err error
	if a.document, err = json.MarshalIndent(a.huma.OpenAPI(), "", "  "); err != nil {
		return nil, fmt.Errorf("writing the OpenAPI document: %w", err)
	}
	a.mux.HandleFunc("GET "+documentPath, a.serveDocument)
	return a, nil
}

func apiConfig() huma.Config {
	c := huma.DefaultConfig("Seatbridge API", "1")
	c.Info.Description = "Organizations, their members and their billable seats, for scripts. Times are UTC, months are calendar months in UTC. " +
		"A request with the header Idempotency-Key that changed something is carried out once: repeated within 24 hours it gets the first answer again, " +
		"with the header Idempotency-Replayed; the same key with another request is refused with 422. Errors are RFC 9457 problems. " +
		fmt.Sprintf("A token may send %d requests a minute; beyond that the answer is 429 with Retry-After.", callsPerToken)
	c.Servers = []*huma.Server{{URL: apiPath}}
	c.Components.SecuritySchemes = map[string]*huma.SecurityScheme{
		bearer: {Type: "http", Scheme: "bearer", Description: "A token made under Settings › API."},
	}
	// The document is served by serveDocument; pages and schema links of huma's own are not wanted.
	c.OpenAPIPath, c.DocsPath, c.SchemasPath, c.CreateHooks = "", "", "", nil
	c.RejectUnknownQueryParameters = true
	return c
}

func (a *api) serveDocument(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Type", "application/openapi+json")
	w.Write(a.document)
}

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

// ServeHTTP lets a request with a good token through to its endpoint.
func (a *api) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Cache-Control", "no-store")
	if _, pattern := a.mux.Handler(r); pattern == "" {
		a.noEndpoint(w, r)
		return
	}
	if r.URL.Path == documentPath {
		a.mux.ServeHTTP(w, r)
		return
	}
	c, err := a.authenticate(r)
	if err != nil {
		a.writeProblem(w, r, err)
		return
	}
	body, err := io.ReadAll(r.Body)
	if err != nil {
		a.writeProblem(w, r, badRequestBody(err))
		return
	}
	r = r.WithContext(context.WithValue(r.Context(), callerKey{}, c))
	r.Body = io.NopCloser(bytes.NewReader(body))
	if key := r.Header.Get("Idempotency-Key"); key != "" && r.Method != http.MethodGet {
		err = a.once(w, r, c, key, body)
	} else {
		a.mux.ServeHTTP(w, r)
	}
	if err != nil {
		a.writeProblem(w, r, err)
	}
}

func badRequestBody(err error) *web.Error {
	var tooBig *http.MaxBytesError
	if errors.As(err, &tooBig) {
		return web.BadBody(err)
	}
	return &web.Error{Status: http.StatusBadRequest, Message: "The request's body could not be read.", Err: err}
}

// noEndpoint answers an address or a method that the API does not have.
func (a *api) noEndpoint(w http.ResponseWriter, r *http.Request) {
	allowed := web.AllowedMethods(a.mux, r)
	if allowed == "" {
		a.writeProblem(w, r, &web.Error{Status: http.StatusNotFound, Message: "The API has no such address."})
		return
	}
	w.Header().Set("Allow", allowed)
	a.writeProblem(w, r, &web.Error{Status: http.StatusMethodNotAllowed, Message: "This address cannot be used with " + r.Method + "."})
}

// authenticate finds out whose token the request carries, and counts the request.
func (a *api) authenticate(r *http.Request) (caller, error) {
	ip := a.web.ClientIP(r)
	scheme, token, _ := strings.Cut(r.Header.Get("Authorization"), " ")
	if !strings.EqualFold(scheme, "bearer") || token == "" {
		return caller{}, &web.Error{Status: http.StatusUnauthorized, Message: "Send a token made under Settings › API as \"Authorization: Bearer …\"."}
	}
	t, err := a.Store.APIToken(r.Context(), strings.TrimSpace(token), a.Now())
	if errors.Is(err, store.ErrNotFound) {
		if err := web.Take(r.Context(), a.refused, web.IPKey(ip)); err != nil {
			return caller{}, err
		}
		return caller{}, &web.Error{Status: http.StatusUnauthorized, Message: "This token is unknown, revoked or expired."}
	}
	if err != nil {
		return caller{}, err
	}
	if err := web.Take(r.Context(), a.calls, fmt.Sprint(t.ID)); err != nil {
		return caller{}, err
	}
	if a.Now().Sub(t.UsedAt) >= tokenTouch {
		if err := a.Store.TouchAPIToken(r.Context(), t.ID, a.Now()); err != nil {
			return caller{}, err
		}
	}
	return caller{t, ip}, nil
}

// checkScope refuses a token that may not do what the endpoint is for.
func (a *api) checkScope(ctx huma.Context, next func(huma.Context)) {
	needed := ctx.Operation().Security[0][bearer][0]
	for _, scope := range callerOf(ctx.Context()).Scopes {
		if scope == needed {
			next(ctx)
			return
		}
	}
	ctx.SetHeader("WWW-Authenticate", fmt.Sprintf(`Bearer realm="Seatbridge", error="insufficient_scope", scope=%q`, needed))
	huma.WriteErr(a.huma, ctx, http.StatusForbidden, fmt.Sprintf("This token does not have the scope %s.", needed))
}

// endpoint adds an operation that needs a scope. The handler's errors become problems.
func endpoint[I, O any](a *api, method, path, scope, id, summary string, fn func(context.Context, *I) (*O, error)) {
	huma.Register(a.huma, huma.Operation{
		OperationID: id, Method: method, Path: path, Summary: summary,
		Tags:         []string{strings.Split(scope, ":")[0]},
		Security:     []map[string][]string{{bearer: {scope}}},
		Errors:       []int{http.StatusUnauthorized, http.StatusForbidden, http.StatusNotFound, http.StatusConflict, http.StatusRequestEntityTooLarge, http.StatusTooManyRequests},
		MaxBodyBytes: -1, BodyReadTimeout: -1, // the body is in memory already
	}, func(ctx context.Context, in *I) (*O, error) {
		out, err := fn(ctx, in)
		if err == nil {
			return out, nil
		}
		return nil, a.problem(ctx, id, err)
	})
}

// problem gives any error its status and words; what is our own fault is logged, and its cause kept back.
func (a *api) problem(ctx context.Context, doing string, err error) huma.StatusError {
	var status huma.StatusError
	if errors.As(err, &status) {
		return status
	}
	var invalid *problem.Invalid
	switch {
	case errors.As(err, &invalid) && invalid.Cause == nil:
		return invalidBody(invalid)
	case errors.Is(err, store.ErrNotFound):
		err = noOrganization()
	}
	known := web.AsError(err)
	if known.Status >= http.StatusInternalServerError {
		a.Log.ErrorContext(ctx, "API request", "doing", doing, "err", err)
	}
	return huma.NewError(known.Status, strings.TrimSpace(known.Message+" "+known.Do))
}

// fail answers a request that ended in a panic.
func (a *api) fail(w http.ResponseWriter, r *http.Request, e *web.Error) { a.writeProblem(w, r, e) }

// writeProblem answers before or instead of an endpoint.
func (a *api) writeProblem(w http.ResponseWriter, r *http.Request, err error) {
	problem := a.problem(r.Context(), r.Method, err)
	var known *web.Error
	if errors.As(err, &known) && known.RetryAfter > 0 {
		w.Header().Set("Retry-After", web.Seconds(known.RetryAfter))
	}
	if problem.GetStatus() == http.StatusUnauthorized {
		w.Header().Set("WWW-Authenticate", `Bearer realm="Seatbridge"`)
	}
	w.Header().Set("Content-Type", "application/problem+json")
	w.WriteHeader(problem.GetStatus())
	json.NewEncoder(w).Encode(problem) // only a lost connection can fail here
}

// actorOf is a token as the activity log names it.
func actorOf(ctx context.Context) problem.Actor {
	c := callerOf(ctx)
	return problem.Actor{Name: "API token " + c.Name, IP: c.ip}
}

// invalidBody is a 422 that names what is wrong by the fields of the body.
func invalidBody(invalid *problem.Invalid) huma.StatusError {
	var details []error
	for _, field := range slices.Sorted(maps.Keys(invalid.Fields)) {
		details = append(details, &huma.ErrorDetail{Location: strings.TrimSuffix("body."+field, "."), Message: invalid.Fields[field]})
	}
	return huma.Error422UnprocessableEntity("validation failed", details...)
}

// Paging is the part of a list's address that all lists share.
type Paging struct {
	Page    int `query:"page" minimum:"1" maximum:"1000000" default:"1" doc:"From 1."`
	PerPage int `query:"per_page" minimum:"1" maximum:"500" default:"100" doc:"Entries on a page."`
}

func (p Paging) offset() int { return (p.Page - 1) * p.PerPage }

// listOf is a page of a list.
type listOf[T any] struct {
	Body struct {
		Items   []T `json:"items"`
		Page    int `json:"page"`
		PerPage int `json:"per_page"`
		Total   int `json:"total" doc:"Entries on all pages."`
	}
}

func pageOf[T any](p Paging, items []T, total int) *listOf[T] {
	var l listOf[T]
	l.Body.Items, l.Body.Page, l.Body.PerPage, l.Body.Total = items, p.Page, p.PerPage, total
	if items == nil {
		l.Body.Items = []T{}
	}
	return &l
}

// single is an answer with one thing.
type single[T any] struct{ Body T }
