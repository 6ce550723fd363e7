package connectwise

import (
	"fmt"
	"log/slog"
	"net/http"
	"strings"
	"time"
	"unicode"

	"seatbridge/internal/outbound"
)

// Tries a call is given before its last error is returned (docs/connectwise.md section 3, retries).
const (
	// BackgroundTries is for imports and syncs, which may wait.
	BackgroundTries = 5
	// PageTries is for calls that a person waits for.
	PageTries = 2
)

// PageReserve is how much time a call for a person leaves of theirs.
const PageReserve = 8 * time.Second

// Config is everything needed to reach one ConnectWise PSA instance. The zero value of every limit means its
// documented default.
type Config struct {
	Site       string // the site URL as a person typed it; see ParseSite
	Company    string // the company ID asked for at ConnectWise's sign-in
	PublicKey  string `json:"-"`
	PrivateKey string `json:"-"`
	ClientID   string `json:"-"` // the integration's GUID, sent as the clientId header

	// APIBase is the API's root as an earlier Discover found it, such as
	// "https://api-na.myconnectwise.net/v2025_1/apis/3.0". Empty: it is discovered before the first call.
	APIBase string

	// Transport carries the requests. Nil: a clone of http.DefaultTransport with ResponseTimeout as its header timeout.
	Transport http.RoundTripper `json:"-"`
	// Outbound is which addresses the default transport connects to. Default outbound.Private: ConnectWise may stand in the own network.
	Outbound outbound.Policy
	// UserAgent names the program to ConnectWise. Default "Seatbridge".
	UserAgent string

	// RequestsPerMinute paces all calls of the client together. Default 950; with the burst of requestBurst on top,
	// no minute sees more than 960 of the about 1,000 that ConnectWise allows.
	RequestsPerMinute int
	// MaxConcurrent is the most requests in flight at once; 429s and slow answers lower it for a while. Default 16.
	MaxConcurrent int
	// SlowAfter is how long an answer may take before fewer requests are sent at once. Default 5 s.
	SlowAfter time.Duration
	// ResponseTimeout is how long the default transport waits for the answer's header. Default 60 s.
	ResponseTimeout time.Duration
	// AttemptTimeout is how long one attempt may take with its answer read to the end. Default 2 min.
	AttemptTimeout time.Duration
	// BackoffBase is the wait before the second try; it doubles with each further one. Default 500 ms.
	BackoffBase time.Duration
	// BackoffCap is the longest wait between two tries. Default 30 s.
	BackoffCap time.Duration
	// RetryAfterMin is the shortest pause after a 429, whatever its Retry-After says. Default 30 s.
	RetryAfterMin time.Duration
	// Now and After are the clock that pauses and waits between tries end by. Nil: the real one.
	Now   func() time.Time                     `json:"-"`
	After func(time.Duration) <-chan time.Time `json:"-"`
	// RetryAfterMax is the longest pause that a call waits for: while a longer one lasts, calls fail at once with
	// ErrRateLimited. Default 10 min.
	RetryAfterMax time.Duration
}

// requestBurst is how many requests may follow each other without pacing.
const requestBurst = 10

// String identifies the configuration without its keys.
func (c Config) String() string {
	return fmt.Sprintf("ConnectWise company %q at %q", c.Company, c.Site)
}

// GoString is String: %#v must not show the keys either.
func (c Config) GoString() string { return c.String() }

// LogValue is String for structured logs.
func (c Config) LogValue() slog.Value { return slog.StringValue(c.String()) }

// withDefaults returns the configuration with every unset limit filled in and pasted white space removed.
func (c Config) withDefaults() Config {
	for _, s := range []*string{&c.Site, &c.Company, &c.PublicKey, &c.PrivateKey, &c.ClientID, &c.APIBase} {
		*s = strings.TrimSpace(*s)
	}
	c.Outbound = max(c.Outbound, outbound.Private)
	setDefault(&c.UserAgent, "Seatbridge")
	setDefault(&c.RequestsPerMinute, 950)
	setDefault(&c.MaxConcurrent, 16)
	setDefault(&c.SlowAfter, 5*time.Second)
	setDefault(&c.ResponseTimeout, 60*time.Second)
	setDefault(&c.AttemptTimeout, 2*time.Minute)
	setDefault(&c.BackoffBase, 500*time.Millisecond)
	setDefault(&c.BackoffCap, 30*time.Second)
	setDefault(&c.RetryAfterMin, 30*time.Second)
	setDefault(&c.RetryAfterMax, 10*time.Minute)
	if c.Now == nil || c.After == nil {
		c.Now, c.After = time.Now, time.After
	}
	return c
}

func setDefault[T comparable](value *T, standard T) {
	var unset T
	if *value == unset {
		*value = standard
	}
}

// validate reports the first credential that cannot work, before anything is sent.
func (c Config) validate() error {
	for _, part := range []struct{ field, value, missing string }{
		{FieldCompany, c.Company, "Enter the ConnectWise company name."},
		{FieldPublicKey, c.PublicKey, "Enter the public API key."},
		{FieldPrivateKey, c.PrivateKey, "Enter the private API key."},
		{FieldClientID, c.ClientID, "Enter the client ID: ConnectWise refuses every request without one."},
	} {
		if part.value == "" {
			return &ConfigError{Field: part.field, Sentence: part.missing}
		}
		if strings.ContainsFunc(part.value, unicode.IsControl) {
			return &ConfigError{Field: part.field, Sentence: "Remove the line breaks or other invisible characters."}
		}
	}
	// Basic authentication ends the user name, company+public key, at the first colon.
	if strings.Contains(c.Company, ":") {
		return &ConfigError{Field: FieldCompany, Sentence: "The ConnectWise company name cannot contain a colon."}
	}
	if strings.Contains(c.PublicKey, ":") {
		return &ConfigError{Field: FieldPublicKey, Sentence: "The public API key cannot contain a colon."}
	}
	return nil
}

// newTransport is the transport used when the configuration brings none.
func (c Config) newTransport() http.RoundTripper {
	standard, ok := http.DefaultTransport.(*http.Transport)
	if !ok {
		return http.DefaultTransport
	}
	transport := c.Outbound.Guard(standard.Clone())
	transport.ResponseHeaderTimeout = c.ResponseTimeout
	transport.MaxIdleConnsPerHost = c.MaxConcurrent
	// Load balancers close idle connections after a minute. A write sent on a connection that is being closed has an
	// unknown outcome, so ours are given up earlier.
	transport.IdleConnTimeout = 30 * time.Second
	return transport
}

// Names of the settings that a ConfigError can be about.
const (
	FieldSite       = "site"
	FieldCompany    = "company"
	FieldPublicKey  = "public_key"
	FieldPrivateKey = "private_key"
	FieldClientID   = "client_id"
)

// ConfigError says what is wrong with one setting, before any request.
type ConfigError struct {
	Field    string // one of the Field constants
	Sentence string // for the person who typed the setting
}

func (e *ConfigError) Error() string { return "checking " + e.Field + ": " + e.Sentence }

// Is makes a missing client ID the same error as a refused one.
func (e *ConfigError) Is(target error) bool {
	return target == ErrClientID && e.Field == FieldClientID
}
