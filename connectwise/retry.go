package connectwise

import (
	"math/rand/v2"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// repeatable decides whether the same request may be sent again (docs/connectwise.md section 3, our rule).
func (e *Error) repeatable(method string) bool {
	if e.final {
		return false
	}
	if e.kind == ErrRateLimited {
		return true // a 429 says that the request was not looked at
	}
	if method == http.MethodPost {
		return false
	}
	switch e.kind {
	case ErrTimeout, ErrUnreachable, ErrServer, ErrMaintenance:
		return true
	case ErrNotConnectWise:
		return e.StatusCode < 300 // a maintenance page sent with status 200
	}
	return false
}

// mayBeApplied reports whether a write that was answered like this may have been carried out: a gateway can give up
// on a request that the server behind it completes, and a success that cannot be read is still a success.
func mayBeApplied(e *Error) bool {
	if e.kind == ErrWrongType || e.kind == ErrSSLRequired {
		return false
	}
	return e.StatusCode < 300 || e.StatusCode >= 500 || e.StatusCode == http.StatusRequestTimeout
}

// retryAfter reads the header's seconds or HTTP date; a date counts from the server's own clock if it sent that.
func retryAfter(header http.Header) time.Duration {
	value := strings.TrimSpace(header.Get("Retry-After"))
	if seconds, err := strconv.ParseFloat(value, 64); err == nil && seconds >= 0 && seconds < 1e9 {
		return time.Duration(seconds * float64(time.Second))
	}
	until, err := http.ParseTime(value)
	if err != nil {
		return 0
	}
	now, err := http.ParseTime(header.Get("Date"))
	if err != nil {
		now = time.Now()
	}
	return max(0, until.Sub(now))
}

// backoff doubles with each try, up to the cap; half of it is random.
func (c Config) backoff(try int) time.Duration {
	wait := c.BackoffBase << min(try-1, 20)
	if wait > c.BackoffCap || wait <= 0 {
		wait = c.BackoffCap
	}
	return wait/2 + rand.N(wait/2+1)
}
