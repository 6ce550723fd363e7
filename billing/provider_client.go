package billing

import (
	"bytes"
	"context"
	"crypto"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/golang-jwt/jwt/v5"
	"github.com/sethvargo/go-retry"
	"golang.org/x/net/http/httpguts"

	"seatbridge/store"
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

// ProviderAlgorithms lists the algorithms that sign with a private key.
func ProviderAlgorithms() []string {
	return []string{"RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA"}
}

// ProviderPlaceholders lists what a path may contain. In a monthly path the days are the month's first and last one.
func ProviderPlaceholders() []string {
	return []string{"{month}", "{day}", "{first_day}", "{last_day}"}
}

const (
	// tokenPlace is where the token goes in the header.
	tokenPlace = "{token}"
	// maxReport is the largest answer that is read, in bytes.
	maxReport = 32 << 20
	// maxPages ends a report that never ends.
	maxPages = 1000
	// maxLifetime is the longest life of a token, in seconds.
	maxLifetime = 24 * 60 * 60
	// providerTries is how often a GET is sent that fails for a passing reason.
	providerTries = 4
	// providerTimeout is how long one answer may take.
	providerTimeout = time.Minute
	// maxRetryAfter is the longest wait that the server may ask for.
	maxRetryAfter = time.Minute
)

// providerClient fetches reports with one configuration.
type providerClient struct {
	config  ProviderConfig
	base    *url.URL
	header  string // name
	value   string // with tokenPlace
	signing jwt.SigningMethod
	key     crypto.PrivateKey
	claims  jwt.MapClaims
	now     func() time.Time
	pause   time.Duration // before the first retry; it doubles
	http    *http.Client
}

// newProviderClient checks a configuration; what cannot be used is an *Invalid, by the fields' JSON names.
func newProviderClient(c ProviderConfig, now func() time.Time) (*providerClient, error) {
	bad := map[string]string{}
	p := &providerClient{config: c, now: now, pause: time.Second, http: providerHTTP()}
	p.base = checkBase(c.BaseURL, bad)
	checkPaths(c, bad)
	p.header, p.value = checkHeader(c.Header, bad)
	p.claims = checkClaims(c, bad)
	checkFields(c, bad)
	p.signing, p.key = checkKey(c, bad)
	if len(bad) > 0 {
		return nil, &Invalid{Fields: bad}
	}
	return p, nil
}

// providerHTTP follows no redirect: the token is for one address.
func providerHTTP() *http.Client {
	transport := http.DefaultTransport.(*http.Transport).Clone()
	transport.ResponseHeaderTimeout = providerTimeout
	return &http.Client{
		Transport:     transport,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
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

func checkPaths(c ProviderConfig, bad map[string]string) {
	for field, path := range map[string]string{"monthly_path": c.MonthlyPath, "daily_path": c.DailyPath} {
		u, err := url.Parse(expand(path, "2026-10", "2026-10-01", "2026-10-31"))
		switch {
		case path == "" && field == "daily_path":
		case path == "":
			bad[field] = "Enter the path of the monthly report."
		case err != nil || u.Scheme != "" || u.Host != "" || !strings.HasPrefix(path, "/") || strings.HasPrefix(path, "//"):
			bad[field] = "The path must start with one slash."
		case !slices.ContainsFunc(ProviderPlaceholders(), func(place string) bool { return strings.Contains(path, place) }):
			bad[field] = "The path must say which report is meant: put one of " + strings.Join(ProviderPlaceholders(), ", ") + " in."
		}
	}
	if c.Method != http.MethodGet && c.Method != http.MethodPost {
		bad["method"] = "Choose a method."
	}
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
func checkClaims(c ProviderConfig, bad map[string]string) jwt.MapClaims {
	claims := jwt.MapClaims{}
	if strings.TrimSpace(c.Claims) != "" {
		if err := json.Unmarshal([]byte(c.Claims), &claims); err != nil || claims == nil {
			bad["extra_claims"] = `Write the claims as a JSON object like {"name": "value"}.`
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

func checkFields(c ProviderConfig, bad map[string]string) {
	if c.ID == "" && c.Name == "" {
		bad["field_id"] = "Enter the field of the organization's id, or of its name, or both."
	}
	for field, value := range map[string]string{"field_seats": c.Seats, "field_plan": c.Plan, "business": c.Business, "enterprise": c.Enterprise} {
		if value == "" {
			bad[field] = "This is needed to read the report."
		}
	}
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
func checkKey(c ProviderConfig, bad map[string]string) (jwt.SigningMethod, crypto.PrivateKey) {
	if !slices.Contains(ProviderAlgorithms(), c.Algorithm) {
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
		bad["private_key"] = "This is not a private key in PEM format that " + c.Algorithm + " can sign with. Paste all of it, with its first and last line."
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

// providerRequest is one report's address, below the base.
type providerRequest struct{ path string }

func monthRequest(c ProviderConfig, m store.Month) providerRequest {
	first, last := m.Start().Format(time.DateOnly), m.End().AddDate(0, 0, -1).Format(time.DateOnly)
	return providerRequest{expand(c.MonthlyPath, string(m), first, last)}
}

func dayRequest(c ProviderConfig, day string) providerRequest {
	return providerRequest{expand(c.DailyPath, day[:len("2006-01")], day, day)}
}

func expand(path, month, first, last string) string {
	return strings.NewReplacer("{month}", month, "{day}", first, "{first_day}", first, "{last_day}", last).Replace(path)
}

// token is a fresh token. Only the secret part of it is its signature, but nothing of it is ever shown or logged.
func (p *providerClient) token() (string, error) {
	now := p.now()
	claims := maps.Clone(p.claims)
	claims["iat"] = now.Unix()
	claims["exp"] = now.Add(time.Duration(p.config.Lifetime) * time.Second).Unix()
	t := jwt.NewWithClaims(p.signing, claims)
	if p.config.KeyID != "" {
		t.Header["kid"] = p.config.KeyID
	}
	return t.SignedString(p.key)
}

// fetch reads all pages of a report. Pages read before a failure come along, for the record.
func (p *providerClient) fetch(ctx context.Context, r providerRequest) (providerAnswer, *store.Problem) {
	address, err := url.Parse(strings.TrimSuffix(p.base.String(), "/") + r.path)
	if err != nil {
		return nil, &store.Problem{What: "The report's address cannot be used.", Do: "Check the path.", Detail: err.Error()}
	}
	if p.config.Paging == PagingNumber {
		address = withPage(address, p.config.PageParam, p.config.FirstPage)
	}
	var answer providerAnswer
	seen := map[string]bool{}
	for number := p.config.FirstPage; address != nil; number++ {
		if seen[address.String()] || len(answer) == maxPages {
			return answer, &store.Problem{What: "The report's pages never end.", Do: "Check how the report is split into pages."}
		}
		seen[address.String()] = true
		body, header, problem := p.get(ctx, address)
		if problem != nil {
			return append(answer, providerPage{body: body}), problem
		}
		page, problem := readPage(body, p.config)
		answer = append(answer, page)
		if problem != nil {
			return answer, problem
		}
		if address, problem = p.next(address, page, header, number+1); problem != nil {
			return answer, problem
		}
	}
	return answer, nil
}

func withPage(address *url.URL, param string, number int) *url.URL {
	next := *address
	query := next.Query()
	query.Set(param, strconv.Itoa(number))
	next.RawQuery = query.Encode()
	return &next
}

// next is the following page's address; nil: that was the last one.
func (p *providerClient) next(address *url.URL, page providerPage, header http.Header, number int) (*url.URL, *store.Problem) {
	var link string
	switch p.config.Paging {
	case PagingNumber:
		if len(page.items) == 0 {
			return nil, nil
		}
		return withPage(address, p.config.PageParam, number), nil
	case PagingLink:
		link = textAt(page.document, p.config.NextField)
	case PagingHeader:
		link = nextLink(header)
	}
	if link == "" {
		return nil, nil
	}
	next, err := address.Parse(link)
	if err != nil || next.Scheme != p.base.Scheme || next.Host != p.base.Host {
		return nil, &store.Problem{What: "The next page is at another host.", Do: "It was not fetched: the token is for the base URL's host alone. Check how the report is split into pages."}
	}
	return next, nil
}

// nextLink is the address that a Link header (RFC 8288) gives as rel="next".
func nextLink(header http.Header) string {
	for link := range strings.SplitSeq(strings.Join(header.Values("Link"), ","), ",") {
		target, params, _ := strings.Cut(link, ";")
		target = strings.TrimSpace(target)
		isNext := slices.ContainsFunc(strings.Split(params, ";"), func(param string) bool {
			name, value, _ := strings.Cut(strings.TrimSpace(param), "=")
			return strings.EqualFold(name, "rel") && slices.Contains(strings.Fields(strings.Trim(value, `"`)), "next")
		})
		if isNext && strings.HasPrefix(target, "<") && strings.HasSuffix(target, ">") {
			return target[1 : len(target)-1]
		}
	}
	return ""
}

// passing is a failure that may be over by the next try.
type passing struct {
	problem store.Problem
	wait    time.Duration // as the server asked for
}

func (p *passing) Error() string { return p.problem.What }

// get fetches one answer. A GET is tried again after a failure that may pass; other methods are sent once.
func (p *providerClient) get(ctx context.Context, address *url.URL) (body []byte, header http.Header, problem *store.Problem) {
	tries := uint64(providerTries - 1)
	if p.config.Method != http.MethodGet {
		tries = 0
	}
	err := retry.Do(ctx, retry.WithMaxRetries(tries, retry.WithJitterPercent(20, retry.NewExponential(p.pause))), func(ctx context.Context) error {
		body, header, problem = nil, nil, nil
		var failure *passing
		body, header, problem, failure = p.send(ctx, address)
		if failure == nil {
			return nil
		}
		problem = &failure.problem
		return retry.RetryableError(p.waitFor(ctx, failure))
	})
	if err != nil && problem == nil {
		problem = &store.Problem{What: "The Provider API was not asked.", Do: "Try again.", Detail: err.Error()}
	}
	return body, header, problem
}

// waitFor waits as long as the server asked for, within reason.
func (p *providerClient) waitFor(ctx context.Context, failure *passing) error {
	if failure.wait > 0 {
		timer := time.NewTimer(min(failure.wait, maxRetryAfter))
		defer timer.Stop()
		select {
		case <-timer.C:
		case <-ctx.Done():
		}
	}
	return failure
}

// send sends one request. The answer's body comes along with a problem, too.
func (p *providerClient) send(ctx context.Context, address *url.URL) ([]byte, http.Header, *store.Problem, *passing) {
	token, err := p.token()
	if err != nil {
		return nil, nil, &store.Problem{What: "The token could not be signed.", Do: "Paste the private key again."}, nil
	}
	ctx, cancel := context.WithTimeout(ctx, providerTimeout)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, p.config.Method, address.String(), nil)
	if err != nil {
		return nil, nil, &store.Problem{What: "The report's address cannot be used.", Do: "Check the path.", Detail: err.Error()}, nil
	}
	request.Header.Set("Accept", "application/json")
	request.Header.Set("Content-Type", "application/json")
	request.Header.Set(p.header, strings.Replace(p.value, tokenPlace, token, 1))
	response, err := p.http.Do(request)
	if err != nil {
		return nil, nil, nil, unreachable(err)
	}
	defer response.Body.Close()
	body, err := io.ReadAll(io.LimitReader(response.Body, maxReport+1))
	// A server that sends the token back does not get it into our records.
	body = bytes.ReplaceAll(body, []byte(token), []byte("…"))
	switch {
	case err != nil:
		return nil, nil, nil, unreachable(err)
	case len(body) > maxReport:
		return nil, nil, &store.Problem{What: "The answer is too large.", Do: fmt.Sprintf("At most %d MB are read.", maxReport>>20)}, nil
	}
	problem, failure := p.judge(response, address, body)
	return body, response.Header, problem, failure
}

func unreachable(err error) *passing {
	what := "The Provider API could not be reached."
	if errors.Is(err, context.DeadlineExceeded) {
		what = "The Provider API did not answer in time."
	}
	return &passing{problem: store.Problem{What: what, Do: "Check the base URL and that this machine can reach it.", Detail: err.Error()}}
}

// judge tells by the status whether the answer is good, bad for good, or bad for now.
func (p *providerClient) judge(response *http.Response, address *url.URL, body []byte) (*store.Problem, *passing) {
	status := response.StatusCode
	detail := fmt.Sprintf("%s %s: %s\n%s", p.config.Method, address.EscapedPath(), response.Status, beginning(body))
	switch {
	case status == http.StatusOK:
		return nil, nil
	case status == http.StatusUnauthorized, status == http.StatusForbidden:
		return &store.Problem{What: "The Provider API refused the token.", Do: "Check the private key, the algorithm, the claims and the header against your panel's reference.", Detail: detail}, nil
	case status == http.StatusNotFound:
		return &store.Problem{What: "The Provider API has no report at this path.", Do: "Check the path, and that the report exists already.", Detail: detail}, nil
	case status == http.StatusTooManyRequests:
		return nil, &passing{problem: store.Problem{What: "The Provider API asks to wait.", Do: "Try again later.", Detail: detail}, wait: requestedWait(response.Header)}
	case status >= http.StatusInternalServerError:
		return nil, &passing{problem: store.Problem{What: "The Provider API failed.", Do: "Try again later.", Detail: detail}, wait: requestedWait(response.Header)}
	}
	return &store.Problem{What: "The Provider API gave an unexpected answer.", Do: "Check the base URL, the path and the method.", Detail: detail}, nil
}

// requestedWait is the wait that the server asked for in seconds; 0: none.
func requestedWait(header http.Header) time.Duration {
	seconds, err := strconv.Atoi(header.Get("Retry-After"))
	if err != nil || seconds < 0 {
		return 0
	}
	return min(time.Duration(seconds)*time.Second, maxRetryAfter)
}
