package nordpass

import (
	"crypto"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/golang-jwt/jwt/v5"
	"golang.org/x/net/http/httpguts"

	"seatbridge/internal/outbound"
	"seatbridge/internal/strictjson"
)

// The ways in which a report comes in several answers.
const (
	PagingNone   = "none"   // it comes in one
	PagingLink   = "link"   // the answer has the next one's address
	PagingHeader = "header" // the header Link has it, as rel="next"
	PagingNumber = "page"   // a query parameter counts up until an answer has no records
)

// Pagings lists them.
func Pagings() []string { return []string{PagingNone, PagingLink, PagingHeader, PagingNumber} }

// Algorithms lists the algorithms that sign with a private key.
func Algorithms() []string {
	return []string{"RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA"}
}

// Placeholders lists what a path may contain. In a monthly path the days are the month's first and last one.
func Placeholders() []string { return []string{"{month}", "{day}", "{first_day}", "{last_day}"} }

const (
	// tokenPlace is where the token goes in the header.
	tokenPlace = "{token}"
	// maxLifetime is the longest life of a token, in seconds.
	maxLifetime = 24 * 60 * 60
)

// Config is how to reach the Provider API and to find the list in its answers. The API's reference is shown only inside
// the vendor's panel, so nothing has a default (docs/billing-rules.md section 5).
type Config struct {
	BaseURL     string `json:"base_url"`
	MonthlyPath string `json:"monthly_path"` // with some of Placeholders
	DailyPath   string `json:"daily_path"`   // empty: there are no daily reports
	Method      string `json:"method"`       // GET or POST
	Header      string `json:"header"`       // "Name: value", the value with {token}

	Algorithm  string `json:"algorithm"`
	KeyID      string `json:"key_id"`
	Issuer     string `json:"issuer"`
	Subject    string `json:"subject"`
	Audience   string `json:"audience"`
	Lifetime   int    `json:"lifetime"`     // of a token, in seconds
	Claims     string `json:"extra_claims"` // a JSON object; empty: none
	PrivateKey string `json:"-"`            // PEM

	// Outbound is which addresses are connected to; the zero value: those of the internet.
	Outbound outbound.Policy `json:"-"`

	List      string `json:"list"`       // the path of the list in the answer; empty: the answer is the list
	Paging    string `json:"paging"`     // one of Pagings
	NextField string `json:"next_field"` // the path of the next page's address in the answer, for PagingLink
	PageParam string `json:"page_param"` // the query parameter, for PagingNumber
	FirstPage int    `json:"first_page"`
}

// ConfigError is a Config that cannot be used: a sentence for each field, under its name in JSON.
type ConfigError struct{ Fields map[string]string }

// Error implements error.
func (e *ConfigError) Error() string {
	return "invalid configuration: " + strings.Join(slices.Sorted(maps.Keys(e.Fields)), ", ")
}

// check makes the client's parts out of its configuration, and says by field which cannot be used.
func (c *Client) check() map[string]string {
	bad := map[string]string{}
	c.base = checkBase(c.config.BaseURL, bad)
	checkPaths(c.config, bad)
	c.header, c.value = checkHeader(c.config.Header, bad)
	c.claims = checkClaims(c.config, bad)
	checkPaging(c.config, bad)
	c.signing, c.key = checkKey(c.config, bad)
	return bad
}

func checkBase(text string, bad map[string]string) *url.URL {
	u, err := url.Parse(text)
	switch {
	case text == "":
		bad["base_url"] = "Enter the base URL."
	case err != nil || u.Host == "" || u.User != nil || u.RawQuery != "" || u.Fragment != "":
		bad["base_url"] = "This is not a web address like https://host/path, without user name, query or fragment."
	case u.Scheme != "https" && (u.Scheme != "http" || !isLoopback(u.Hostname())):
		bad["base_url"] = "The base URL must start with https://."
	default:
		return u
	}
	return nil
}

// isLoopback reports whether a host is this machine, the only one that a token is sent to without TLS.
func isLoopback(host string) bool {
	ip := net.ParseIP(host)
	return host == "localhost" || ip != nil && ip.IsLoopback()
}

func checkPaths(c Config, bad map[string]string) {
	if c.MonthlyPath == "" {
		bad["monthly_path"] = "Enter the path of the monthly report."
	}
	for field, path := range map[string]string{"monthly_path": c.MonthlyPath, "daily_path": c.DailyPath} {
		if problem := pathProblem(path); path != "" && problem != "" {
			bad[field] = problem
		}
	}
	if c.Method != http.MethodGet && c.Method != http.MethodPost {
		bad["method"] = "Choose a method."
	}
}

func pathProblem(path string) string {
	u, err := url.Parse(expand(path, "2026-10", "2026-10-01", "2026-10-31"))
	switch {
	case err != nil || u.Scheme != "" || u.Host != "" || !strings.HasPrefix(path, "/") || strings.HasPrefix(path, "//"):
		return "The path must start with one slash."
	case !slices.ContainsFunc(Placeholders(), func(place string) bool { return strings.Contains(path, place) }):
		return "The path must say which report is meant: put one of " + strings.Join(Placeholders(), ", ") + " in."
	}
	return ""
}

func checkHeader(text string, bad map[string]string) (name, value string) {
	name, value, _ = strings.Cut(text, ":")
	name, value = strings.TrimSpace(name), strings.TrimSpace(value)
	switch {
	case !httpguts.ValidHeaderFieldName(name) || !httpguts.ValidHeaderFieldValue(value):
		bad["header"] = "Write the header as name, colon, value."
	case strings.Count(value, tokenPlace) != 1:
		bad["header"] = "Put {token} where the token goes."
	}
	return name, value
}

// checkClaims are the claims that every token has.
func checkClaims(c Config, bad map[string]string) jwt.MapClaims {
	claims := jwt.MapClaims{}
	if strings.TrimSpace(c.Claims) != "" {
		if err := json.Unmarshal([]byte(c.Claims), &claims); err != nil || claims == nil {
			bad["extra_claims"] = `Write the claims as a JSON object like {"name": "value"}.`
			return nil
		}
		var twice *strictjson.Twice
		if errors.As(strictjson.Check([]byte(c.Claims)), &twice) {
			bad["extra_claims"] = fmt.Sprintf("The claim “%s” stands twice: leave one of them out.", twice.Key)
			return nil
		}
	}
	for name, value := range map[string]string{"iss": c.Issuer, "sub": c.Subject, "aud": c.Audience} {
		if value != "" {
			claims[name] = value
		}
	}
	if c.Lifetime < 1 || c.Lifetime > maxLifetime {
		bad["lifetime"] = fmt.Sprintf("Enter how many seconds a token lives, 1 to %d.", maxLifetime)
	}
	return claims
}

func checkPaging(c Config, bad map[string]string) {
	if !slices.Contains(Pagings(), c.Paging) {
		bad["paging"] = "Choose how the report comes."
	}
	if c.Paging == PagingLink && c.NextField == "" {
		bad["next_field"] = "Enter the field that has the next page's address."
	}
	if c.Paging == PagingNumber && c.PageParam == "" {
		bad["page_param"] = "Enter the query parameter that counts the pages."
	}
}

// checkKey reads the private key and tries to sign with it. What the key looks like never gets into a message.
func checkKey(c Config, bad map[string]string) (jwt.SigningMethod, crypto.PrivateKey) {
	if !slices.Contains(Algorithms(), c.Algorithm) {
		bad["algorithm"] = "Choose the algorithm that tokens are signed with."
		return nil, nil
	}
	if c.PrivateKey == "" {
		bad["private_key"] = "Paste the private key."
		return nil, nil
	}
	method := jwt.GetSigningMethod(c.Algorithm)
	key, err := parseKey(c.Algorithm, []byte(c.PrivateKey))
	if err == nil {
		_, err = jwt.New(method).SignedString(key)
	}
	if err != nil {
		bad["private_key"] = "This is not a private key in PEM format that " + c.Algorithm +
			" can sign with. Paste all of it, with its first and last line."
	}
	return method, key
}

func parseKey(algorithm string, pem []byte) (crypto.PrivateKey, error) {
	switch algorithm[:2] {
	case "ES":
		return jwt.ParseECPrivateKeyFromPEM(pem)
	case "Ed":
		return jwt.ParseEdPrivateKeyFromPEM(pem)
	}
	return jwt.ParseRSAPrivateKeyFromPEM(pem)
}

func expand(path, month, first, last string) string {
	return strings.NewReplacer("{month}", month, "{day}", first, "{first_day}", first, "{last_day}", last).Replace(path)
}
