// Package api is the HTTP API for scripts: the same organizations, members and
// figures as in the pages, as JSON, behind bearer tokens with scopes. The one run
// that it can start writes a month again that ended (decision 12).
//
// The types of what comes in and goes out are named for the OpenAPI document,
// which has their names as the names of its schemas.
package api

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"
	"github.com/sethvargo/go-limiter"

	"seatbridge/billing/books"
	"seatbridge/billing/organizations"
	"seatbridge/billing/problem"
	"seatbridge/billing/seats"
	"seatbridge/handlers/web"
	"seatbridge/store"
)

// Path is where the HTTP API for scripts lives. Cookies mean nothing there: a bearer token does.
const Path = "/api/v1"

// DocumentPath is where the OpenAPI document is.
const DocumentPath = Path + "/openapi.json"

const (
	// CallsPerToken is how many requests a token may send in a minute.
	CallsPerToken = 600
	// refusedPerIP is how many requests with a bad token an address may send in a minute.
	refusedPerIP = 60
	// tokenTouch is how exactly the last use of a token is noted.
	tokenTouch = time.Minute
)

// Config is what the API is given: what it reads and does, and nothing that starts a run.
type Config struct {
	// Web has the store, the log and the clock, and knows where a request comes from.
	Web *web.Site
	// Organizations decides what may be done with organizations and members.
	Organizations *organizations.Desk
	// Usage counts the billable seats of a period, of some organizations or of all.
	Usage func(ctx context.Context, p seats.Period, organizations []int64) (map[int64]seats.Usage, error)
	// Keep and WithdrawKept say whose figure of an organization's month is right, and take that back.
	Keep         func(ctx context.Context, who problem.Actor, k store.KeptFigure) error
	WithdrawKept func(ctx context.Context, who problem.Actor, organizationID int64, m store.Month) error
	// Books are the books of the months.
	Books *books.Keeper
	// Calls counts a token's requests; nil: CallsPerToken in a minute.
	Calls limiter.Store
}

// API is the HTTP API: huma checks what comes in and writes the OpenAPI document from the same types.
type API struct {
	Config
	huma     huma.API
	mux      *http.ServeMux
	document []byte // OpenAPI 3.1, JSON
	refused  limiter.Store
}

// New makes the API, which serves what is below Path.
func New(c Config) (a *API, err error) {
	a = &API{Config: c, mux: http.NewServeMux()}
	if a.Calls == nil {
		if a.Calls, err = web.NewBucket(CallsPerToken, time.Minute); err != nil {
			return nil, err
		}
	}
	if a.refused, err = web.NewBucket(refusedPerIP, time.Minute); err != nil {
		return nil, err
	}
	return a, a.describe()
}

// describe adds the endpoints and writes the OpenAPI document of them.
func (a *API) describe() (err error) {
	a.huma = humago.NewWithPrefix(a.mux, Path, humaConfig())
	a.huma.UseMiddleware(a.checkScope)
	a.organizationEndpoints()
	a.historyEndpoints()
	a.memberEndpoints()
	a.usageEndpoints()
	a.monthEndpoints()
	if a.document, err = json.MarshalIndent(a.huma.OpenAPI(), "", "  "); err != nil {
		return fmt.Errorf("writing the OpenAPI document: %w", err)
	}
	a.mux.HandleFunc("GET "+DocumentPath, a.serveDocument)
	return nil
}

func humaConfig() huma.Config {
	c := huma.DefaultConfig("Seatbridge API", "1")
	c.Info.Description = "Organizations, their members, their billable seats and the months' books, for scripts. " +
		"Times are UTC, months are calendar months in UTC. " +
		"A request with the header Idempotency-Key that changed something is carried out once: " +
		"repeated within 24 hours it gets the first answer again, with the header Idempotency-Replayed; " +
		"the same key with another request is refused with 422. Errors are RFC 9457 problems. " +
		fmt.Sprintf("A token may send %d requests a minute; beyond that the answer is 429 with Retry-After.", CallsPerToken)
	c.Servers = []*huma.Server{{URL: Path}}
	c.Components.SecuritySchemes = map[string]*huma.SecurityScheme{
		Bearer: {Type: "http", Scheme: "bearer", Description: "A token made under Settings › API."},
	}
	// The document is served by serveDocument; pages and schema links of huma's own are not wanted.
	c.OpenAPIPath, c.DocsPath, c.SchemasPath, c.CreateHooks = "", "", "", nil
	c.RejectUnknownQueryParameters = true
	c.Formats = map[string]huma.Format{"application/json": strictJSON(), "json": strictJSON()}
	return c
}

func (a *API) serveDocument(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Type", "application/openapi+json")
	w.Write(a.document)
}

// ServeHTTP lets a request with a good token through to its endpoint.
func (a *API) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Cache-Control", "no-store")
	if _, pattern := a.mux.Handler(r); pattern == "" {
		a.noEndpoint(w, r)
		return
	}
	if r.URL.Path == DocumentPath {
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

// noEndpoint answers an address or a method that the API does not have.
func (a *API) noEndpoint(w http.ResponseWriter, r *http.Request) {
	allowed := web.AllowedMethods(a.mux, r)
	if allowed == "" {
		a.writeProblem(w, r, &web.Error{Status: http.StatusNotFound, Message: "The API has no such address."})
		return
	}
	w.Header().Set("Allow", allowed)
	a.writeProblem(w, r, &web.Error{Status: http.StatusMethodNotAllowed, Message: "This address cannot be used with " + r.Method + "."})
}

// operation is what an endpoint is for.
type operation struct {
	pattern string // method and path, as http.ServeMux has them
	scope   string // that a token needs
	id      string // in the OpenAPI document
	summary string
}

// endpoint adds an operation. The handler's errors become problems.
func endpoint[I, O any](a *API, o operation, fn func(context.Context, *I) (*O, error)) {
	method, path, _ := strings.Cut(o.pattern, " ")
	huma.Register(a.huma, huma.Operation{
		OperationID: o.id, Method: method, Path: path, Summary: o.summary,
		Tags:     []string{strings.Split(o.scope, ":")[0]},
		Security: []map[string][]string{{Bearer: {o.scope}}},
		Errors: []int{
			http.StatusUnauthorized, http.StatusForbidden, http.StatusNotFound, http.StatusConflict,
			http.StatusRequestEntityTooLarge, http.StatusTooManyRequests,
		},
		MaxBodyBytes: -1, BodyReadTimeout: -1, // the body is in memory already
	}, func(ctx context.Context, in *I) (*O, error) {
		out, err := fn(ctx, in)
		if err == nil {
			return out, nil
		}
		return nil, a.problem(ctx, o.id, err)
	})
}

// Endpoint is an operation in a few words.
type Endpoint struct {
	Method, Path, Summary, Scope string
}

// Endpoints are the operations in the OpenAPI document, by address.
func (a *API) Endpoints() []Endpoint {
	var rows []Endpoint
	for path, item := range a.huma.OpenAPI().Paths {
		for _, op := range []*huma.Operation{item.Get, item.Post, item.Put, item.Patch, item.Delete} {
			if op != nil {
				rows = append(rows, Endpoint{Method: op.Method, Path: path, Summary: op.Summary, Scope: op.Security[0][Bearer][0]})
			}
		}
	}
	slices.SortFunc(rows, func(a, b Endpoint) int {
		return cmp.Or(strings.Compare(a.Path, b.Path), strings.Compare(a.Method, b.Method))
	})
	return rows
}
