package nordpass

import (
	"cmp"
	"errors"
	"fmt"
	"net/http"
	"time"

	"seatbridge/internal/outbound"
)

// What can go wrong with a report, for errors.Is. Advise has a sentence and an action for each.
var (
	// ErrAddress: base URL and path make no address.
	ErrAddress = errors.New("unusable address")
	// ErrKey: no token could be signed.
	ErrKey = errors.New("token not signed")
	// ErrNotAllowed: the host has an address that is not connected to.
	ErrNotAllowed = errors.New("address not allowed")
	// ErrUnreachable: there is no connection to the host, or it was lost.
	ErrUnreachable = errors.New("host not reachable")
	// ErrTimeout: no answer in time.
	ErrTimeout = errors.New("no answer in time")
	// ErrUnauthorized: the token was refused (401, 403).
	ErrUnauthorized = errors.New("token refused")
	// ErrNotFound: there is no report at the path (404).
	ErrNotFound = errors.New("report not found")
	// ErrRateLimited: the server asks to wait (429).
	ErrRateLimited = errors.New("too many requests")
	// ErrServer: the server reports an error of its own (5xx).
	ErrServer = errors.New("internal error of the Provider API")
	// ErrUnexpected: an answer with any other status, also one that leads elsewhere.
	ErrUnexpected = errors.New("unexpected answer")
	// ErrTooLarge: the answer is longer than is read.
	ErrTooLarge = errors.New("answer too large")
	// ErrNotJSON: the answer is not JSON.
	ErrNotJSON = errors.New("answer not JSON")
	// ErrManyDocuments: more comes after the answer's JSON.
	ErrManyDocuments = errors.New("more than one JSON document")
	// ErrKeyTwice: an object of the answer has a key twice, and nobody knows which value holds.
	ErrKeyTwice = errors.New("a key stands twice")
	// ErrNoList: the answer has no list where one is expected, which is not an empty list.
	ErrNoList = errors.New("no list in the answer")
	// ErrEndless: the pages of a report repeat, or there are too many.
	ErrEndless = errors.New("pages without end")
	// ErrElsewhere: the next page is at another host, which gets no token.
	ErrElsewhere = errors.New("next page at another host")
)

// Error is a report that could not be read. Nothing in it contains a token or the private key.
type Error struct {
	StatusCode int           // 0 without an answer
	RetryAfter time.Duration // how long the server asks to wait; 0: it does not say
	Detail     string        // the technical cause; may be empty

	kind  error  // one of the Err variables
	about string // of ErrKeyTwice, which key of which record, a sentence
	cause error
}

// caused is an error with a technical cause.
func caused(kind, cause error) *Error { return &Error{Detail: cause.Error(), kind: kind, cause: cause} }

// Error implements error.
func (e *Error) Error() string {
	if e.Detail == "" {
		return e.kind.Error()
	}
	return e.kind.Error() + ": " + e.Detail
}

// Is matches the Err variables.
func (e *Error) Is(target error) bool { return e.kind == target }

// Unwrap returns the technical cause, such as a *net.DNSError.
func (e *Error) Unwrap() error { return e.cause }

// passes reports whether the failure may be over by the next try.
func (e *Error) passes() bool {
	switch e.kind {
	case ErrUnreachable, ErrTimeout, ErrRateLimited, ErrServer:
		return true
	}
	return false
}

// kindOf tells by the status whether an answer is good, which is nil, or what it means.
func kindOf(status int) error {
	switch {
	case status == http.StatusOK:
		return nil
	case status == http.StatusUnauthorized, status == http.StatusForbidden:
		return ErrUnauthorized
	case status == http.StatusNotFound:
		return ErrNotFound
	case status == http.StatusTooManyRequests:
		return ErrRateLimited
	case status >= http.StatusInternalServerError:
		return ErrServer
	}
	return ErrUnexpected
}

// Advice explains an error to the admin.
type Advice struct {
	What   string // one whole sentence: what happened
	Do     string // one action
	Detail string // the technical cause, to be shown on request; contains no credentials
}

// Advise explains any error of this package; of other errors it only says that nothing was asked. A nil error has no advice.
func Advise(err error) Advice {
	if err == nil {
		return Advice{}
	}
	var failure *Error
	if !errors.As(err, &failure) {
		return Advice{What: "The Provider API was not asked.", Do: "Try again.", Detail: err.Error()}
	}
	advice := failure.advise()
	advice.Detail = failure.Detail
	return advice
}

func (e *Error) adviseNotAllowed() Advice {
	kind, do, _ := outbound.Advise(e.cause)
	return Advice{
		What: "The base URL leads to " + cmp.Or(kind, "an address that is not connected to") + ".", Do: cmp.Or(do, "Check the base URL."),
	}
}

func (e *Error) advise() Advice {
	return map[error]Advice{
		ErrAddress:     {What: "The report's address cannot be used.", Do: "Check the path."},
		ErrKey:         {What: "The token could not be signed.", Do: "Paste the private key again."},
		ErrNotAllowed:  e.adviseNotAllowed(),
		ErrUnreachable: {What: "The Provider API could not be reached.", Do: "Check the base URL and that this machine can reach it."},
		ErrTimeout:     {What: "The Provider API did not answer in time.", Do: "Check the base URL and that this machine can reach it."},
		ErrUnauthorized: {
			What: "The Provider API refused the token.",
			Do:   "Check the private key, the algorithm, the claims and the header against your panel's reference.",
		},
		ErrNotFound:      {What: "The Provider API has no report at this path.", Do: "Check the path, and that the report exists already."},
		ErrRateLimited:   {What: "The Provider API asks to wait.", Do: "Try again later."},
		ErrServer:        {What: "The Provider API failed.", Do: "Try again later."},
		ErrUnexpected:    {What: "The Provider API gave an unexpected answer.", Do: "Check the base URL, the path and the method."},
		ErrTooLarge:      {What: "The answer is too large.", Do: fmt.Sprintf("At most %d MB are read.", maxReport>>20)},
		ErrNotJSON:       {What: "The answer is not JSON.", Do: "Check the address and the path."},
		ErrManyDocuments: {What: "The answer is more than one JSON document.", Do: "Check the address and the path."},
		ErrKeyTwice: {
			What: e.about,
			Do: "Which of the two values holds nobody knows, so that nothing of the report is taken. Report the record to NordPass, " +
				"then fetch it again.",
		},
		ErrNoList:  {What: "The answer has no list where one is expected.", Do: "Check the path of the list against the answer."},
		ErrEndless: {What: "The report's pages never end.", Do: "Check how the report is split into pages."},
		ErrElsewhere: {
			What: "The next page is at another host.",
			Do:   "It was not fetched: the token is for the base URL's host alone. Check how the report is split into pages.",
		},
	}[e.kind]
}
