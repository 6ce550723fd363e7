// Package connectwise is a client for the part of the ConnectWise PSA REST API that seat billing needs: companies,
// agreements and their additions, the product catalog, and the rights of the API member.
//
// It is written for money: a write is compared with what ConnectWise returns, a POST is never sent twice unless
// ConnectWise said that it did not look at the first one, and every refusal is a typed error that Advise turns into
// a sentence and an action. References such as "docs/connectwise.md section 4" are to the project's contract of the API.
package connectwise

import (
	"context"
	"encoding/base64"
	"net/http"
	"strings"
	"time"
)

// Client talks to one ConnectWise PSA instance. It is safe for concurrent use, and all its copies share one pace.
type Client struct {
	cfg     Config
	site    Site
	http    *http.Client
	auth    string // value of the Authorization header
	secrets *strings.Replacer
	address *address
	gate    *gate
	refused *refusals
	tries   int
	reserve time.Duration // how much of its caller's time a call leaves
}

// New checks the configuration and returns a client that gives each call BackgroundTries. It sends nothing. The error
// is a *ConfigError.
func New(cfg Config) (*Client, error) {
	cfg = cfg.withDefaults()
	site, err := ParseSite(cfg.Site)
	if err != nil {
		return nil, err
	}
	if err := cfg.validate(); err != nil {
		return nil, err
	}
	base := ""
	if cfg.APIBase != "" {
		if base, err = parseAPIBase(cfg.APIBase); err != nil {
			return nil, err
		}
	}
	transport := cfg.Transport
	if transport == nil {
		transport = cfg.newTransport()
	}
	token := base64.StdEncoding.EncodeToString([]byte(cfg.Company + "+" + cfg.PublicKey + ":" + cfg.PrivateKey))
	return &Client{
		cfg:     cfg,
		site:    site,
		http:    &http.Client{Transport: transport, CheckRedirect: followWithinOrigin},
		auth:    "Basic " + token,
		secrets: secretsOf(token, cfg.PrivateKey, cfg.PublicKey, cfg.ClientID),
		address: newAddress(base),
		gate:    newGate(cfg),
		refused: newRefusals(),
		tries:   BackgroundTries,
	}, nil
}

// WithTries returns a client that gives each call n tries. It shares pace, pauses, API base and refusals with c.
func (c *Client) WithTries(n int) *Client {
	limited := *c
	limited.tries = max(1, n)
	return &limited
}

// ForPage returns a client for calls that a person waits for: it gives each PageTries, and ends it PageReserve before the caller's time is
// over, with ErrTimeout, so that the caller can still say so. It shares what WithTries shares.
func ForPage(c *Client) *Client {
	limited := c.WithTries(PageTries)
	limited.reserve = PageReserve
	return limited
}

// leaving is ctx with so much less time, where its time ends.
func leaving(ctx context.Context, reserve time.Duration) (context.Context, context.CancelFunc) {
	deadline, ends := ctx.Deadline()
	if reserve == 0 || !ends {
		return ctx, func() {}
	}
	return context.WithDeadline(ctx, deadline.Add(-reserve))
}

// APIBase is the API's root that calls go to, "" before it was discovered.
func (c *Client) APIBase() string {
	base, _ := c.address.get()
	return base
}

// String identifies the client without its keys.
func (c *Client) String() string { return c.cfg.String() }

// GoString is String: %#v must not show the keys either.
func (c *Client) GoString() string { return c.String() }

// secretsOf removes the credentials from text that a server sent, in case it echoes them. Very short values would
// only garble the text.
func secretsOf(secrets ...string) *strings.Replacer {
	var pairs []string
	for _, secret := range secrets {
		if len(secret) >= 6 {
			pairs = append(pairs, secret, "[removed]")
		}
	}
	return strings.NewReplacer(pairs...)
}

// followWithinOrigin follows redirects of reads within one origin. Any other redirect is handed back as the answer:
// the credentials never go to another host, and a write is not repeated as something else (docs/connectwise.md section 1).
func followWithinOrigin(next *http.Request, via []*http.Request) error {
	first := via[0]
	sameOrigin := next.URL.Scheme == first.URL.Scheme && next.URL.Host == first.URL.Host
	if !sameOrigin || first.Method != http.MethodGet || len(via) > 5 {
		return http.ErrUseLastResponse
	}
	return nil
}
