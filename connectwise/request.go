package connectwise

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"
)

const (
	// apiVersion pins the record model. The vendor keeps an old version for about 12 months after a breaking change
	// (docs/connectwise.md section 1); what an unsupported one does is not established.
	apiVersion = "2025.1"

	mediaType = "application/vnd.connectwise.com+json; version=" + apiVersion

	maxErrorBody = 64 << 10
	maxBody      = 64 << 20
)

// Limits of a request's address (docs/connectwise.md section 2). Longer ones are refused here rather than cut somewhere on the way.
const (
	maxURL       = 2000
	maxAfterHost = 1745
)

// request is one call, without the address of the instance.
type request struct {
	method      string
	path        string // below the API base, with a leading slash
	query       url.Values
	forwardOnly bool // second paging mode (docs/connectwise.md section 2)
	anonymous   bool // company info: no credentials
	body        any
}

// safe requests change nothing.
func (r request) safe() bool { return r.method == http.MethodGet }

// get reads one record or answer into a T.
func get[T any](ctx context.Context, c *Client, path string, query url.Values) (T, http.Header, error) {
	return call[T](ctx, c, request{method: http.MethodGet, path: path, query: query})
}

// call sends a request to the API and decodes the answer.
func call[T any](ctx context.Context, c *Client, r request) (T, http.Header, error) {
	var out T
	body, header, err := c.do(ctx, r)
	if err != nil {
		return out, nil, err
	}
	if err := json.Unmarshal(body, &out); err != nil {
		var none T
		wrong := c.errorFor(r, ErrNotConnectWise, "the answer is JSON, but not what was asked for")
		wrong.cause = err
		wrong.unknown = !r.safe()
		return none, nil, wrong
	}
	return out, header, nil
}

// do sends a request to the known API base. After an answer that a cloud upgrade can explain it reads company info
// once, and repeats the request only if the base has changed and repeating is safe (docs/connectwise.md section 1).
func (c *Client) do(ctx context.Context, r request) ([]byte, http.Header, error) {
	base, err := c.apiBase(ctx)
	if err != nil {
		return nil, nil, err
	}
	began := time.Now()
	body, header, failure := c.send(ctx, base, r)
	if failure == nil {
		return body, header, nil
	}
	if !failure.mayBeStaleBase() {
		return nil, nil, failure
	}
	current, err := c.readAgain(ctx, base, began)
	if err != nil {
		return nil, nil, failure.carriedTo(err) // without company info nobody knows what the first answer meant
	}
	if current == base {
		if failure.StatusCode == http.StatusBadRequest {
			c.refused.note(failure) // the company or the host, which meets every call: not a codebase that is gone
		}
		return nil, nil, failure
	}
	if r.method == http.MethodPost {
		moved := c.errorFor(r, ErrMaintenance, "the instance moved to another version meanwhile; nothing was written")
		moved.cause = failure
		return nil, nil, moved
	}
	body, header, again := c.send(ctx, current, r)
	if again != nil {
		return nil, nil, failure.carriedTo(again)
	}
	return body, header, nil
}

// carriedTo is a later error of the same call, which does not forget that a try of before may have been applied.
func (e *Error) carriedTo(later error) error {
	var failure *Error
	if errors.As(later, &failure) {
		failure.unknown = failure.unknown || e.unknown
	}
	return later
}

// send tries a request until it is answered, refused, or out of tries (docs/connectwise.md section 3, our rule).
func (c *Client) send(ctx context.Context, base string, r request) ([]byte, http.Header, *Error) {
	ctx, cancel := leaving(ctx, c.reserve)
	defer cancel()
	uncertain := false
	for try := 1; ; try++ {
		body, header, err := c.attempt(ctx, base, r)
		if err == nil {
			return body, header, nil
		}
		// An earlier try may have been applied although this one was refused.
		uncertain = uncertain || err.unknown
		err.unknown = uncertain
		if try >= c.tries || !err.repeatable(r.method) {
			return nil, nil, err
		}
		if err.kind == ErrRateLimited {
			continue // the gate holds everybody, this request included
		}
		if sleep(ctx, c.cfg.backoff(try), c.cfg.After) != nil {
			return nil, nil, err.endedBy(ctx)
		}
	}
}

// attempt sends a request once and reads the answer to its end.
func (c *Client) attempt(ctx context.Context, base string, r request) ([]byte, http.Header, *Error) {
	req, err := c.newRequest(base, r)
	if err != nil {
		return nil, nil, err
	}
	if err := c.depart(ctx, r); err != nil {
		return nil, nil, err
	}
	began := time.Now()
	body, header, failure := c.exchange(ctx, req, r)
	limited := failure != nil && failure.kind == ErrRateLimited
	if limited {
		c.gate.pause(failure.RetryAfter)
	}
	if failure != nil && failure.refusesAll() && !r.anonymous {
		c.refused.note(failure)
	}
	c.gate.leave(began, limited)
	return body, header, failure
}

// depart waits until the request may leave, and announces a write. After nil, gate.leave must be called.
func (c *Client) depart(ctx context.Context, r request) *Error {
	for {
		if err := c.enter(ctx, r); err != nil {
			return err
		}
		if err := announce(ctx, r); err != nil {
			c.gate.freeSlot()
			refused := c.errorFor(r, ErrNotSent, "")
			refused.cause, refused.final = err, true
			return refused
		}
		refusal := c.refusedBefore(r)
		switch {
		case refusal != nil:
			c.gate.freeSlot()
			return refusal
		case ctx.Err() != nil:
			c.gate.freeSlot()
			return c.notSent(ctx, r, ctx.Err())
		case c.gate.pauseLeft() <= 0:
			return nil
		}
		c.gate.freeSlot() // a 429 came in while the caller took note
	}
}

// enter waits for a place until one is free or a refusal is read.
func (c *Client) enter(ctx context.Context, r request) *Error {
	waiting, stop := c.refused.until(ctx)
	defer stop()
	err := c.gate.enter(waiting)
	refusal := c.refusedBefore(r)
	switch {
	case refusal != nil && err == nil:
		c.gate.freeSlot()
		return refusal
	case refusal != nil:
		return refusal
	case err != nil:
		return c.notSent(ctx, r, err)
	}
	return nil
}

func (c *Client) newRequest(base string, r request) (*http.Request, *Error) {
	address := base + r.path
	if len(r.query) > 0 {
		address += "?" + encodeQuery(r.query)
	}
	body, err := encodeBody(r.body)
	if err != nil {
		return nil, c.errorFor(r, ErrInvalid, err.Error())
	}
	req, err := http.NewRequest(r.method, address, body)
	if err != nil {
		return nil, c.errorFor(r, ErrInvalid, "the request's address is not valid")
	}
	if len(address) > maxURL || len(req.URL.RequestURI()) > maxAfterHost {
		return nil, c.errorFor(r, ErrInvalid, "the request's address would be longer than ConnectWise accepts")
	}
	if r.method == http.MethodPost {
		req.GetBody = nil // without it the transport cannot send the body a second time behind our back
	}
	req.Header.Set("User-Agent", c.cfg.UserAgent)
	if r.anonymous {
		req.Header.Set("Accept", "application/json")
		return req, nil
	}
	req.Header.Set("Accept", mediaType)
	req.Header.Set("Authorization", c.auth)
	req.Header.Set("clientId", c.cfg.ClientID)
	if r.body != nil {
		req.Header.Set("Content-Type", "application/json; charset=utf-8")
	}
	if r.forwardOnly {
		req.Header.Set("pagination-type", "forward-only")
	}
	return req, nil
}

func encodeBody(body any) (io.Reader, error) {
	if body == nil {
		return nil, nil
	}
	encoded, err := json.Marshal(body)
	return bytes.NewReader(encoded), err
}

// encodeQuery writes a space as %20, because a plus sign in a filter means itself to some readers, and leaves the
// signs that lists of ids are made of as they are: escaped they would take three times the room.
func encodeQuery(query url.Values) string {
	return strings.NewReplacer("+", "%20", "%2C", ",", "%2F", "/", "%28", "(", "%29", ")").Replace(query.Encode())
}

// exchange is one request and its answer, within the limit of an attempt.
func (c *Client) exchange(ctx context.Context, req *http.Request, r request) ([]byte, http.Header, *Error) {
	attempt, cancel := context.WithTimeout(ctx, c.cfg.AttemptTimeout)
	defer cancel()
	var way carriage
	resp, err := c.http.Do(req.WithContext(way.follow(attempt)))
	if err != nil {
		return nil, nil, c.transportError(ctx, r, err, way.neverLeft())
	}
	defer resp.Body.Close()
	if resp.StatusCode < 200 || resp.StatusCode > 299 {
		body, _ := io.ReadAll(io.LimitReader(resp.Body, maxErrorBody)) // a cut error text is still an error text
		return nil, nil, c.refusal(r, resp, body)
	}
	body, err := io.ReadAll(io.LimitReader(resp.Body, maxBody+1))
	if err != nil {
		return nil, nil, c.transportError(ctx, r, err, false)
	}
	body = bytes.TrimPrefix(body, []byte("\xef\xbb\xbf"))
	if len(body) > maxBody || !json.Valid(body) || saysSSLRequired(body) {
		return nil, nil, c.refusal(r, resp, body[:min(len(body), maxErrorBody)])
	}
	return body, resp.Header, nil
}

// notSent is the error of a request that never left: the caller's time is over, or a pause outlasts it.
func (c *Client) notSent(ctx context.Context, r request, err error) *Error {
	if paused := (*pausedError)(nil); errors.As(err, &paused) {
		failure := c.errorFor(r, ErrRateLimited, "")
		failure.RetryAfter, failure.cause, failure.final = paused.left, paused, true
		return failure
	}
	return c.errorFor(r, nil, "").endedBy(ctx)
}
