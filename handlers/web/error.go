package web

import (
	"errors"
	"net/http"
	"slices"
	"strings"
	"time"

	"seatbridge/billing/problem"
	"seatbridge/store"
	"seatbridge/views"
)

// Error is an answer other than the page asked for. Its texts are for
// people; the cause is for the log.
type Error struct {
	Status     int
	Message    string // what happened; empty: the usual sentence for the status
	Why        string
	Do         string
	Action     string // what the button says that leads to where it can be done; empty: there is none
	ActionPath string
	RetryAfter time.Duration
	Err        error
}

// Error is for the log.
func (e *Error) Error() string {
	if e.Err != nil {
		return e.Err.Error()
	}
	return http.StatusText(e.Status) + ": " + e.Message
}

// Unwrap is the cause.
func (e *Error) Unwrap() error { return e.Err }

// AsError gives every error its status and the words that people see.
func AsError(err error) *Error {
	var (
		known   *Error
		tooBig  *http.MaxBytesError
		invalid *problem.Invalid
		refused *problem.Refused
		twice   *store.Conflict
	)
	switch {
	case errors.As(err, &known):
		return known
	case errors.As(err, &tooBig):
		return BadBody(err)
	case errors.As(err, &invalid) && invalid.Cause != nil:
		return &Error{Status: http.StatusConflict, Message: Sentences(invalid.Fields), Err: err}
	case errors.As(err, &invalid):
		return &Error{Status: http.StatusUnprocessableEntity, Message: Sentences(invalid.Fields), Err: err}
	case errors.As(err, &refused):
		return &Error{Status: StatusOf(refused, http.StatusBadGateway), Message: refused.Problem.What, Do: refused.Problem.Do, Err: err}
	case errors.Is(err, store.ErrNotFound):
		return &Error{Status: http.StatusNotFound, Err: err}
	case errors.Is(err, store.ErrChanged), errors.As(err, &twice):
		return &Error{
			Status: http.StatusConflict, Message: "Somebody did the same, or changed it, at the same moment.",
			Why: "Nothing was saved twice.", Do: "Load the page again to see what is there now, then do what is still missing.", Err: err,
		}
	case errors.Is(err, problem.ErrRunning):
		return &Error{
			Status: http.StatusConflict, Message: "Another import or sync is running.",
			Do: "Wait until it has ended, or cancel it, then try again.", Err: err,
		}
	case errors.Is(err, problem.ErrNotConnected):
		return &Error{
			Status: http.StatusConflict, Message: "First connect ConnectWise PSA.",
			Why: "This page reads from ConnectWise or writes to it, and no connection is set up yet.",
			Do:  "Step 1 of setting up takes an API member's keys.", Action: "Connect ConnectWise PSA", ActionPath: views.StartConnectPath, Err: err,
		}
	case errors.Is(err, problem.ErrNotActive):
		return &Error{
			Status: http.StatusConflict, Message: "First map the products.",
			Why: "Seatbridge does not know yet which ConnectWise product stands for each NordPass plan.",
			Do:  "Step 2 of setting up chooses them, or creates them.", Action: "Map products", ActionPath: views.StartProductsPath, Err: err,
		}
	}
	if ground := problem.OfGround(err); !ground.Zero() {
		return &Error{Status: http.StatusServiceUnavailable, Message: ground.What, Do: ground.Do, Err: err}
	}
	return &Error{Status: http.StatusInternalServerError, Err: err}
}

// StatusOf is the status of an answer that says why something failed: 504 where another side did not answer in time, otherwise the given
// one.
func StatusOf(failure error, otherwise int) int {
	var refused *problem.Refused
	if errors.As(failure, &refused) && refused.Late {
		return http.StatusGatewayTimeout
	}
	return otherwise
}

// BadBody is the answer to a form that cannot be read.
func BadBody(err error) *Error {
	var tooBig *http.MaxBytesError
	if errors.As(err, &tooBig) {
		return &Error{
			Status: http.StatusRequestEntityTooLarge, Message: "This is more than can be sent at once.",
			Do: "Send it in several parts.", Err: err,
		}
	}
	return &Error{Status: http.StatusUnprocessableEntity, Message: "The form could not be read.", Err: err}
}

// Fail answers with an error page, or, to a request for a part, with an
// alert that goes to the page's place for alerts. Server errors are logged
// here, with a number that people can quote.
func (s *Site) Fail(w http.ResponseWriter, r *http.Request, e *Error) {
	page := views.ErrorPage{Status: e.Status, What: e.Message, Why: e.Why, Do: e.Do, ActionLabel: e.Action, ActionURL: e.ActionPath}
	if e.Status >= 500 {
		page.RequestID = NewToken()[:8]
		s.Log.ErrorContext(r.Context(), "request", "method", r.Method, "route", r.Pattern, "id", page.RequestID, "err", e)
	}
	if e.RetryAfter > 0 {
		w.Header().Set("Retry-After", Seconds(e.RetryAfter))
	}
	component := views.ErrorAlert(page)
	if IsPart(r) {
		w.Header().Set("HX-Retarget", "#alerts")
		w.Header().Set("HX-Reswap", "innerHTML")
	} else {
		component = views.Error(s.frame(r, http.StatusText(e.Status), ""), page)
	}
	if err := s.Render(w, r, e.Status, component); err != nil {
		s.Log.ErrorContext(r.Context(), "rendering error page", "err", err)
		http.Error(w, http.StatusText(e.Status), e.Status)
	}
}

// Sentences joins the messages of a form without a page, in a fixed order.
func Sentences(fields map[string]string) string {
	var all []string
	for _, message := range fields {
		all = append(all, message)
	}
	slices.Sort(all)
	return strings.Join(slices.Compact(all), " ")
}
