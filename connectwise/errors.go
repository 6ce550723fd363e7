package connectwise

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"seatbridge/internal/outbound"
)

// What can go wrong, for errors.Is. Advise has a sentence and an action for each.
var (
	// ErrUnauthorized: the company and the keys do not belong together (401).
	ErrUnauthorized = errors.New("credentials refused")
	// ErrForbidden: the API member's role lacks a right (403); Error.Right names it.
	ErrForbidden = errors.New("right missing")
	// ErrClientID: the client ID is missing or unknown.
	ErrClientID = errors.New("client ID refused")
	// ErrNotFound: the one record that was asked for does not exist. Never the answer for a list.
	ErrNotFound = errors.New("record not found")
	// ErrInvalid: ConnectWise checked the request and refused it (400 and other 4xx); Error.Fields names the reasons.
	ErrInvalid = errors.New("request refused")
	// ErrExists: a record with this identifier exists already; also ErrInvalid.
	ErrExists = errors.New("record exists already")
	// ErrConflict: the record is in use or was changed meanwhile (409).
	ErrConflict = errors.New("conflict")
	// ErrRateLimited: too many requests, or a pause that ConnectWise asked for is longer than the caller can wait.
	ErrRateLimited = errors.New("too many requests")
	// ErrMaintenance: a gateway or maintenance page answered (502 to 504, or HTML with a 5xx).
	ErrMaintenance = errors.New("ConnectWise is not available")
	// ErrServer: ConnectWise reports an error of its own (500).
	ErrServer = errors.New("internal error of ConnectWise")
	// ErrWrongType: ConnectWise could not read a value we sent; repeating it is pointless.
	ErrWrongType = errors.New("value of the wrong type")
	// ErrUnroutable: the address, company or codebase leads nowhere in ConnectWise.
	ErrUnroutable = errors.New("unknown company or address")
	// ErrUnknownCompany: company info does not know the company.
	ErrUnknownCompany = errors.New("unknown company")
	// ErrNotConnectWise: something answers, but it is not this API.
	ErrNotConnectWise = errors.New("not the ConnectWise API")
	// ErrIncomplete: a list has fewer records than ConnectWise counts.
	ErrIncomplete = errors.New("list incomplete")
	// ErrSSLRequired: the sign-in host was called instead of the api- host.
	ErrSSLRequired = errors.New("not an API host")
	// ErrRedirect: the answer leads to another place, which was not followed.
	ErrRedirect = errors.New("redirected elsewhere")
	// ErrTimeout: no answer in time.
	ErrTimeout = errors.New("no answer in time")
	// ErrUnreachable: there is no connection to the host (name, network, refusal, TLS) or it was lost.
	ErrUnreachable = errors.New("host not reachable")
	// ErrUnknownOutcome: a write was sent and may have been applied. Look before writing again. An error of a write that
	// is not ErrUnknownOutcome says that ConnectWise surely did not apply it: no connection was made (name, dial, TLS), the
	// caller's time ended or WithSending's function refused before it was sent, or ConnectWise answered with a refusal (429
	// and every other 4xx but 408).
	ErrUnknownOutcome = errors.New("outcome unknown")
	// ErrNotSent: the function given to WithSending refused, so the write was not sent.
	ErrNotSent = errors.New("not sent")
	// ErrTypesRefused: which companies have no type is asked, and ConnectWise does not let us read the types of one; it comes with the
	// reason, ErrForbidden or ErrUnroutable.
	ErrTypesRefused = errors.New("types of companies refused")
	// ErrNotApplied: ConnectWise answered a write with success, but returned other values than were asked for.
	ErrNotApplied = errors.New("write not applied as asked")
)

// Error is a call that did not succeed. Nothing in it, and nothing in its text, contains a credential.
type Error struct {
	Method     string
	Host       string // as it was to be called; "" when no host was known yet
	Path       string // below the API base, without the query
	StatusCode int    // 0 without an answer
	Code       string // ConnectWise's own
	Message    string // ConnectWise's own words, or ours where it had none
	Fields     []FieldError
	RequestID  string        // ConnectWise's x-cw-request-id
	RetryAfter time.Duration // how long to wait, as far as known
	Right      string        // the right that a 403 is about, such as "Agreements – Edit"

	kind    error // one of the Err variables, nil when only the caller's context ended
	unknown bool  // a write that may have been applied
	final   bool  // repeating cannot help
	cause   error
}

// FieldError is one reason of a refusal. Field is ConnectWise's name for it, which can differ from the JSON key, and
// can be a field that was not sent (docs/connectwise.md section 3).
type FieldError struct {
	Field, Code, Message string
}

func (e *Error) Error() string {
	var b strings.Builder
	b.WriteString(e.Method + " " + e.Path)
	if e.kind != nil {
		b.WriteString(": " + e.kind.Error())
	}
	if e.unknown {
		b.WriteString(" (" + ErrUnknownOutcome.Error() + ")")
	}
	if e.StatusCode != 0 {
		fmt.Fprintf(&b, ": status %d", e.StatusCode)
	}
	for _, part := range []string{e.Code, e.Message} {
		if part != "" {
			b.WriteString(": " + part)
		}
	}
	for _, f := range e.Fields {
		fmt.Fprintf(&b, "; %s %s %s", f.Field, f.Code, f.Message)
	}
	if e.RequestID != "" {
		b.WriteString(" (request " + e.RequestID + ")")
	}
	if e.cause != nil {
		b.WriteString(": " + e.cause.Error())
	}
	return b.String()
}

// Is matches the Err variables.
func (e *Error) Is(target error) bool {
	switch target {
	case ErrUnknownOutcome:
		return e.unknown || e.kind == ErrUnknownOutcome
	case ErrExists:
		return e.kind == ErrInvalid && e.hasCode("ObjectExists")
	}
	return e.kind != nil && e.kind == target
}

// Unwrap returns the technical cause, such as context.Canceled or a *net.DNSError.
func (e *Error) Unwrap() error { return e.cause }

func (e *Error) hasCode(code string) bool {
	return strings.EqualFold(e.Code, code) ||
		slices.ContainsFunc(e.Fields, func(f FieldError) bool { return strings.EqualFold(f.Code, code) })
}

// says reports whether ConnectWise's words contain a phrase, in upper or lower case.
func (e *Error) says(phrase string) bool {
	contains := func(s string) bool { return strings.Contains(strings.ToLower(s), phrase) }
	return contains(e.Message) || slices.ContainsFunc(e.Fields, func(f FieldError) bool { return contains(f.Message) })
}

// errorFor is an error of a request without an answer of ConnectWise to quote.
func (c *Client) errorFor(r request, kind error, message string) *Error {
	return &Error{Method: r.method, Host: r.host(c), Path: r.path, Message: message, kind: kind}
}

// host is the host that the request goes to, as far as it is known.
func (r request) host(c *Client) string {
	if r.anonymous {
		return c.site.Host
	}
	u, err := url.Parse(c.APIBase())
	if err != nil {
		return ""
	}
	return u.Host
}

// mayBeStaleBase reports whether a cloud upgrade, which retires the versioned codebase, explains the answer.
func (e *Error) mayBeStaleBase() bool {
	return e.StatusCode == http.StatusNotFound || e.kind == ErrUnroutable
}

// endedBy records that the caller's context ended. What the error said before stays its reason.
func (e *Error) endedBy(ctx context.Context) *Error {
	cause := ctx.Err()
	if e.kind == nil && errors.Is(cause, context.DeadlineExceeded) {
		e.kind = ErrTimeout
	}
	e.cause, e.final = errors.Join(cause, e.cause), true
	return e
}

// transportError is the error of a request that was not answered, or whose answer broke off; neverLeft, if no byte of it
// was sent.
func (c *Client) transportError(ctx context.Context, r request, err error, neverLeft bool) *Error {
	if wrapped := (*url.Error)(nil); errors.As(err, &wrapped) {
		err = wrapped.Err // its text contains the whole address
	}
	failure := c.errorFor(r, ErrUnreachable, "")
	neverLeft = neverLeft || neverConnected(err)
	failure.unknown = !r.safe() && !neverLeft
	if ctx.Err() != nil {
		failure.kind = nil
		return failure.endedBy(ctx)
	}
	failure.cause = err
	failure.final = badCertificate(err) || errors.Is(err, outbound.ErrRefused)
	if isTimeout(err) && !neverLeft {
		failure.kind = ErrTimeout
	}
	return failure
}

func isTimeout(err error) bool {
	var timeout net.Error
	return errors.Is(err, context.DeadlineExceeded) || errors.As(err, &timeout) && timeout.Timeout()
}

// neverConnected reports that no connection was made, so that nothing can have been sent. In doubt it says false.
func neverConnected(err error) bool {
	var dns *net.DNSError
	var op *net.OpError
	return errors.As(err, &dns) || errors.As(err, &op) && op.Op == "dial" || badCertificate(err) || notTLS(err)
}

// notTLS reports that the host answered the greeting of an https connection with something else.
func notTLS(err error) bool {
	var plain tls.RecordHeaderError
	return errors.Is(err, http.ErrSchemeMismatch) || errors.As(err, &plain)
}

func badCertificate(err error) bool {
	var verification *tls.CertificateVerificationError
	var authority x509.UnknownAuthorityError
	var host x509.HostnameError
	var invalid x509.CertificateInvalidError
	return errors.As(err, &verification) || errors.As(err, &authority) || errors.As(err, &host) || errors.As(err, &invalid)
}

// refusal is the error of a request that was answered, but not with what was asked for. The body may be cut.
func (c *Client) refusal(r request, resp *http.Response, body []byte) *Error {
	html := isHTML(resp.Header.Get("Content-Type"), body)
	said := decodeError(body, html)
	failure := c.errorFor(r, nil, "")
	failure.StatusCode = resp.StatusCode
	failure.Code = c.printable(said.Code, 100)
	failure.Message = c.printable(said.Message, 500)
	for _, f := range said.Fields {
		failure.Fields = append(failure.Fields, FieldError{
			Field: c.printable(f.Field, 100), Code: c.printable(f.Code, 100), Message: c.printable(f.Message, 300),
		})
	}
	failure.RequestID = c.printable(resp.Header.Get("x-cw-request-id"), 100)
	failure.kind = kindOf(resp.StatusCode, r.path, html, string(body), failure)
	switch failure.kind {
	case ErrRateLimited:
		failure.RetryAfter = max(retryAfter(resp.Header), c.cfg.RetryAfterMin)
	case ErrForbidden:
		failure.Right = rightFor(r.method, r.path)
	case ErrRedirect:
		failure.Message = "redirected to " + redirectOrigin(resp)
	}
	failure.unknown = !r.safe() && mayBeApplied(failure)
	if r.anonymous { // before anybody signs in, whoever answers at the site may be anybody
		failure.Code, failure.Message, failure.Fields, failure.RequestID = "", "", nil, ""
	}
	return failure
}

// printable removes credentials and control characters from what a server sent, and bounds its length.
func (c *Client) printable(s string, most int) string {
	s = clean(c.secrets.Replace(s))
	if runes := []rune(s); len(runes) > most {
		return string(runes[:most]) + "…"
	}
	return s
}

// kindOf decides what an answer means, as docs/connectwise.md sections 1 and 3 collect them.
func kindOf(status int, path string, html bool, body string, said *Error) error {
	folded := strings.ToLower(body)
	switch {
	case strings.Contains(folded, "ssl is required"):
		return ErrSSLRequired
	case strings.Contains(folded, "cannot route."):
		return ErrUnroutable
	case (status == 400 || status == 401 || status == 403) && mentionsClientID(folded):
		return ErrClientID
	case status == http.StatusUnauthorized:
		return ErrUnauthorized
	case status == http.StatusTooManyRequests:
		return ErrRateLimited
	case status >= 500:
		return serverErrorKind(status, html, said.Message)
	case status >= 300 && status < 400:
		return ErrRedirect
	case status == http.StatusNotFound:
		return notFoundKind(path, html, folded)
	case status < 300 || html:
		return ErrNotConnectWise
	case status == http.StatusForbidden:
		return ErrForbidden
	case status == http.StatusConflict:
		return ErrConflict
	case status == http.StatusRequestTimeout:
		return ErrTimeout
	}
	return ErrInvalid
}

// mentionsClientID recognises a refused client ID, for which sources name different statuses (docs/connectwise.md section 1).
func mentionsClientID(folded string) bool {
	return strings.Contains(folded, "clientid") || strings.Contains(folded, "client id")
}

func serverErrorKind(status int, html bool, message string) error {
	folded := strings.ToLower(message)
	switch {
	case status >= 502 && status <= 504 || html:
		return ErrMaintenance
	case strings.HasPrefix(folded, "error converting value"):
		return ErrWrongType
	case strings.HasPrefix(folded, "a timeout has occ"), strings.HasPrefix(folded, "timeout expired"):
		return ErrTimeout
	}
	return ErrServer
}

// notFoundKind keeps ErrNotFound to the API's own answer for a path that names a record. A whole list is never "not
// found": on the cloud, wrong keys and a retired codebase answer 404 too (docs/connectwise.md sections 1 and 3).
func notFoundKind(path string, html bool, folded string) error {
	if html || strings.Contains(folded, "endpoint does not exist") || !namesRecord(path) {
		return ErrUnroutable
	}
	return ErrNotFound
}

func namesRecord(path string) bool {
	for segment := range strings.SplitSeq(path, "/") {
		if _, err := strconv.Atoi(segment); err == nil {
			return true
		}
	}
	return false
}

func redirectOrigin(resp *http.Response) string {
	to, err := resp.Location()
	if err != nil {
		return "an unnamed place"
	}
	return to.Scheme + "://" + to.Host // a path or query may hold anything
}

func isHTML(contentType string, body []byte) bool {
	return strings.HasPrefix(strings.ToLower(strings.TrimSpace(contentType)), "text/html") ||
		strings.HasPrefix(strings.TrimSpace(string(body[:min(len(body), 200)])), "<")
}

func saysSSLRequired(body []byte) bool {
	var said struct{ Code, Message looseText }
	return len(body) < 1000 && json.Unmarshal(body, &said) == nil &&
		said.Code == "Security" && strings.Contains(string(said.Message), "SSL is required")
}

// errorBody is what ConnectWise said, in whatever form.
type errorBody struct {
	Code, Message string
	Fields        []FieldError
}

var (
	htmlTitle  = regexp.MustCompile(`(?is)<title[^>]*>(.*?)</title>`)
	htmlTag    = regexp.MustCompile(`(?s)<[^>]*>`)
	whitespace = regexp.MustCompile(`\s+`)
)

const (
	maxQuoted = 300 // bytes of an answer in plain text that are kept
	maxFields = 20  // reasons of one refusal that are kept
)

// decodeError reads an error body: ConnectWise's JSON with its variations, a web page's title, or plain text.
func decodeError(body []byte, html bool) errorBody {
	var wire struct {
		Code, Error, Message looseText
		Errors               json.RawMessage
	}
	if json.Unmarshal(body, &wire) == nil && (wire.Code+wire.Error+wire.Message != "" || len(wire.Errors) > 0) {
		said := errorBody{Code: string(wire.Code), Message: string(wire.Message), Fields: decodeFields(wire.Errors)}
		if said.Code == "" {
			said.Code = string(wire.Error) // the 429 has "error" for "code"
		}
		return said
	}
	text := strings.ToValidUTF8(string(body), "")
	if html {
		if title := htmlTitle.FindStringSubmatch(text); title != nil {
			return errorBody{Message: "web page “" + strings.TrimSpace(whitespace.ReplaceAllString(title[1], " ")) + "”"}
		}
		text = "web page " + htmlTag.ReplaceAllString(text, " ")
	}
	text = strings.TrimSpace(whitespace.ReplaceAllString(text, " "))
	return errorBody{Message: text[:cutPoint(text, maxQuoted)]}
}

// cutPoint is the largest index up to most that does not split a character.
func cutPoint(s string, most int) int {
	if len(s) <= most {
		return len(s)
	}
	for most > 0 && s[most]&0xC0 == 0x80 {
		most--
	}
	return most
}

func decodeFields(raw json.RawMessage) []FieldError {
	var wire []struct{ Code, Message, Resource, Field, Details looseText }
	if json.Unmarshal(raw, &wire) != nil {
		return nil
	}
	var fields []FieldError
	for _, w := range wire[:min(len(wire), maxFields)] {
		field := FieldError{Field: string(w.Field), Code: string(w.Code), Message: string(w.Message)}
		if field.Message == "" {
			field.Message = string(w.Details)
		}
		if field != (FieldError{}) {
			fields = append(fields, field)
		}
	}
	return fields
}
