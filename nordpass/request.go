package nordpass

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/sethvargo/go-retry"

	"seatbridge/internal/outbound"
)

const (
	// maxReport is the largest answer that is read, in bytes.
	maxReport = 32 << 20
	// maxTries is how often a GET is sent that fails for a passing reason.
	maxTries = 4
	// timeout is how long one answer may take.
	timeout = time.Minute
	// maxRetryAfter is the longest wait that the server may ask for.
	maxRetryAfter = time.Minute
	// reserve is how much of its caller's time a request leaves, so that the caller can still say what came of it.
	reserve = 8 * time.Second
)

// reply is what came back for one request.
type reply struct {
	body   []byte
	header http.Header
}

// get fetches one page. A GET is tried again after a failure that may pass; other methods are sent once.
func (c *Client) get(ctx context.Context, address *url.URL) (reply, error) {
	if deadline, ends := ctx.Deadline(); ends {
		var cancel context.CancelFunc
		ctx, cancel = context.WithDeadline(ctx, deadline.Add(-reserve))
		defer cancel()
	}
	var got reply
	var failed error // what the last try ran into, which says more than that the time was up before the next
	err := retry.Do(ctx, c.backoff(), func(ctx context.Context) error {
		got, failed = c.send(ctx, address)
		return retryable(ctx, failed)
	})
	if failed != nil {
		err = failed
	}
	return got, err
}

func (c *Client) backoff() retry.Backoff {
	tries := uint64(maxTries)
	if c.config.Method != http.MethodGet {
		tries = 1
	}
	return retry.WithMaxRetries(tries-1, retry.WithJitterPercent(20, retry.NewExponential(c.pause)))
}

// retryable marks a failure that may pass, once the wait that the server asked for is over.
func retryable(ctx context.Context, err error) error {
	var failure *Error
	if !errors.As(err, &failure) || !failure.passes() {
		return err
	}
	if failure.RetryAfter > 0 {
		timer := time.NewTimer(failure.RetryAfter)
		defer timer.Stop()
		select {
		case <-timer.C:
		case <-ctx.Done():
		}
	}
	return retry.RetryableError(failure)
}

// send sends one request. A refusal's body comes along with the error.
func (c *Client) send(ctx context.Context, address *url.URL) (reply, error) {
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	token, err := c.token()
	if err != nil {
		return reply{}, &Error{kind: ErrKey}
	}
	request, err := http.NewRequestWithContext(ctx, c.config.Method, address.String(), nil)
	if err != nil {
		return reply{}, caused(ErrAddress, err)
	}
	request.Header.Set("Accept", "application/json")
	request.Header.Set("Content-Type", "application/json")
	request.Header.Set(c.header, strings.Replace(c.value, tokenPlace, token, 1))
	response, err := c.http.Do(request)
	if err != nil {
		return reply{}, unreachable(err)
	}
	defer response.Body.Close()
	body, err := io.ReadAll(io.LimitReader(response.Body, maxReport+1))
	switch {
	case err != nil:
		return reply{}, unreachable(err)
	case len(body) > maxReport:
		return reply{}, &Error{kind: ErrTooLarge}
	}
	// A server that sends the token back does not get it into our records.
	got := reply{bytes.ReplaceAll(body, []byte(token), []byte("…")), response.Header}
	return got, refusal(response)
}

func unreachable(err error) *Error {
	if errors.Is(err, outbound.ErrRefused) {
		return caused(ErrNotAllowed, err)
	}
	if errors.Is(err, context.DeadlineExceeded) {
		return caused(ErrTimeout, err)
	}
	return caused(ErrUnreachable, err)
}

// refusal is the error of an answer other than a report; nil: it may be one. It does not repeat what the answer says: whoever answers at an
// address that was just typed may be anybody.
func refusal(response *http.Response) error {
	kind := kindOf(response.StatusCode)
	if kind == nil {
		return nil
	}
	asked := response.Request
	return &Error{
		StatusCode: response.StatusCode, RetryAfter: requestedWait(response.Header), kind: kind,
		Detail: fmt.Sprintf("%s %s: %d %s", asked.Method, asked.URL.EscapedPath(), response.StatusCode, http.StatusText(response.StatusCode)),
	}
}

// requestedWait is the wait that the server asked for in seconds; 0: none.
func requestedWait(header http.Header) time.Duration {
	seconds, err := strconv.Atoi(header.Get("Retry-After"))
	if err != nil || seconds < 0 {
		return 0
	}
	return min(time.Duration(seconds)*time.Second, maxRetryAfter)
}
