package api

import (
	"context"
	"encoding/json"
	"errors"
	"maps"
	"net/http"
	"slices"
	"strings"

	"github.com/danielgtaylor/huma/v2"

	"seatbridge/billing/problem"
	"seatbridge/handlers/web"
	"seatbridge/store"
)

func badRequestBody(err error) *web.Error {
	var tooBig *http.MaxBytesError
	if errors.As(err, &tooBig) {
		return web.BadBody(err)
	}
	return &web.Error{Status: http.StatusBadRequest, Message: "The request's body could not be read.", Err: err}
}

// problem gives any error its status and words; what is our own fault is logged, and its cause kept back.
func (a *API) problem(ctx context.Context, doing string, err error) huma.StatusError {
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
		a.Web.Log.ErrorContext(ctx, "API request", "doing", doing, "err", err)
	}
	return huma.NewError(known.Status, strings.TrimSpace(known.Message+" "+known.Do))
}

// Fail answers a request that ended in a panic.
func (a *API) Fail(w http.ResponseWriter, r *http.Request, e *web.Error) { a.writeProblem(w, r, e) }

// writeProblem answers before or instead of an endpoint.
func (a *API) writeProblem(w http.ResponseWriter, r *http.Request, err error) {
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

// invalidBody is a 422 that names what is wrong by the fields of the body.
func invalidBody(invalid *problem.Invalid) huma.StatusError {
	var details []error
	for _, field := range slices.Sorted(maps.Keys(invalid.Fields)) {
		details = append(details, &huma.ErrorDetail{Location: strings.TrimSuffix("body."+field, "."), Message: invalid.Fields[field]})
	}
	return huma.Error422UnprocessableEntity("validation failed", details...)
}
