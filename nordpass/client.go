// Package nordpass is a client of the NordPass Provider API: it signs a token, fetches all pages of a usage report and finds
// the list in them. What the list means is not its business. npsim is a simulator of the API.
package nordpass

import (
	"context"
	"crypto"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"seatbridge/internal/outbound"
)

// maxPages ends a report that never ends.
const maxPages = 1000

// Client fetches reports with one configuration.
type Client struct {
	config  Config
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

// New makes a client that tells the time by now. A configuration that cannot be used is a *ConfigError.
func New(config Config, now func() time.Time) (*Client, error) {
	c := &Client{config: config, now: now, pause: time.Second, http: newHTTP(config.Outbound)}
	if bad := c.check(); len(bad) > 0 {
		return nil, &ConfigError{Fields: bad}
	}
	return c, nil
}

// newHTTP follows no redirect: the token is for one address.
func newHTTP(allowed outbound.Policy) *http.Client {
	transport := allowed.Guard(http.DefaultTransport.(*http.Transport).Clone())
	transport.ResponseHeaderTimeout = timeout
	return &http.Client{
		Transport:     transport,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
}

// Month fetches the report of the calendar month that begins with start. Pages read before a failure come along with it.
func (c *Client) Month(ctx context.Context, start time.Time) (Answer, error) {
	first, last := start.Format(time.DateOnly), start.AddDate(0, 1, -1).Format(time.DateOnly)
	return c.fetch(ctx, expand(c.config.MonthlyPath, start.Format("2006-01"), first, last))
}

// Day fetches the report of the day that a moment is in, as Month does.
func (c *Client) Day(ctx context.Context, day time.Time) (Answer, error) {
	date := day.Format(time.DateOnly)
	return c.fetch(ctx, expand(c.config.DailyPath, day.Format("2006-01"), date, date))
}

// fetch reads all pages of the report at a path below the base URL.
func (c *Client) fetch(ctx context.Context, path string) (Answer, error) {
	var answer Answer
	address, err := url.Parse(strings.TrimSuffix(c.base.String(), "/") + path)
	if err != nil {
		return answer, caused(ErrAddress, err)
	}
	if c.config.Paging == PagingNumber {
		address = withPage(address, c.config.PageParam, c.config.FirstPage)
	}
	seen := map[string]bool{}
	for number := c.config.FirstPage; address != nil; number++ {
		if seen[address.String()] || len(seen) == maxPages {
			return answer, &Error{kind: ErrEndless}
		}
		seen[address.String()] = true
		if address, err = c.read(ctx, address, number, &answer); err != nil {
			return answer, err
		}
	}
	return answer, nil
}

// read puts one page into the answer and returns the next one's address; nil: it was the last.
func (c *Client) read(ctx context.Context, address *url.URL, number int, into *Answer) (*url.URL, error) {
	got, err := c.get(ctx, address)
	var p page
	if err == nil {
		p, err = readPage(got.body, c.config.List, len(into.Records))
	}
	into.add(got.body, p.records)
	if err != nil {
		return nil, err
	}
	return c.next(address, p, got.header, number+1)
}

func withPage(address *url.URL, param string, number int) *url.URL {
	next := *address
	query := next.Query()
	query.Set(param, strconv.Itoa(number))
	next.RawQuery = query.Encode()
	return &next
}

// next is the following page's address; nil: that was the last one.
func (c *Client) next(address *url.URL, p page, header http.Header, number int) (*url.URL, error) {
	var link string
	switch c.config.Paging {
	case PagingNumber:
		if len(p.records) == 0 {
			return nil, nil
		}
		return withPage(address, c.config.PageParam, number), nil
	case PagingLink:
		link = p.document.Text(c.config.NextField)
	case PagingHeader:
		link = nextLink(header)
	}
	if link == "" {
		return nil, nil
	}
	next, err := address.Parse(link)
	if err != nil || next.Scheme != c.base.Scheme || next.Host != c.base.Host {
		return nil, &Error{kind: ErrElsewhere}
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

// token is a fresh token. Only the secret part of it is its signature, but nothing of it is ever shown or logged.
func (c *Client) token() (string, error) {
	now := c.now()
	claims := maps.Clone(c.claims)
	claims["iat"] = now.Unix()
	claims["exp"] = now.Add(time.Duration(c.config.Lifetime) * time.Second).Unix()
	t := jwt.NewWithClaims(c.signing, claims)
	if c.config.KeyID != "" {
		t.Header["kid"] = c.config.KeyID
	}
	return t.SignedString(c.key)
}
