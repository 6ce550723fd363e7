package connectwise

import (
	"context"
	"encoding/json"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"sync"
	"time"
)

// CompanyInfo is what an instance says about itself before anybody signs in (docs/connectwise.md section 1).
type CompanyInfo struct {
	Name          string // the company's display name
	CompanyID     string
	Codebase      string // without slashes: "v4_6_release" on premises, otherwise a cloud version such as "v2025_1"
	VersionCode   string
	VersionNumber string
	IsCloud       bool
	SiteURL       string // the API host as the instance names it; empty on older instances
	APIBase       string // the API's root that follows from all this
}

// onPremisesCodebase is the only codebase of on-premises instances; any other means cloud (docs/connectwise.md section 1).
const onPremisesCodebase = "v4_6_release"

func (i CompanyInfo) cloud() bool { return i.IsCloud || i.Codebase != onPremisesCodebase }

// UnmarshalJSON reads the instance's own spelling; IsCloud is the string "True" there.
func (i *CompanyInfo) UnmarshalJSON(data []byte) error {
	var wire struct {
		CompanyName, Codebase, VersionCode, VersionNumber, CompanyID, IsCloud, SiteURL looseText
	}
	if err := json.Unmarshal(data, &wire); err != nil {
		return err
	}
	*i = CompanyInfo{
		Name:          string(wire.CompanyName),
		CompanyID:     string(wire.CompanyID),
		Codebase:      strings.Trim(string(wire.Codebase), "/ "),
		VersionCode:   string(wire.VersionCode),
		VersionNumber: string(wire.VersionNumber),
		IsCloud:       strings.EqualFold(string(wire.IsCloud), "true"),
		SiteURL:       string(wire.SiteURL),
	}
	return nil
}

// address is the API base shared by all copies of a client. reading is held while company info is read, so that many
// workers that meet a changed codebase at once read it once.
type address struct {
	reading chan struct{}

	mu      sync.Mutex
	base    string
	checked time.Time // when the last reading of company info began
}

func newAddress(base string) *address {
	return &address{reading: make(chan struct{}, 1), base: base}
}

func (a *address) get() (base string, checked time.Time) {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.base, a.checked
}

func (a *address) set(base string, checked time.Time) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.base, a.checked = base, checked
}

// Discover reads the instance's company info and makes its API base the client's own. It sends no credentials. An
// unknown company is ErrUnknownCompany, a host that is not ConnectWise ErrNotConnectWise.
func (c *Client) Discover(ctx context.Context) (CompanyInfo, error) {
	began := time.Now()
	info, err := readCompanyInfo(ctx, c)
	if err != nil {
		return CompanyInfo{}, err
	}
	c.address.set(info.APIBase, began)
	return info, nil
}

// codebaseForm keeps what becomes part of the URL to plain path segments.
var codebaseForm = regexp.MustCompile(`^[A-Za-z0-9_.-]*[A-Za-z0-9_-][A-Za-z0-9_.-]*$`)

func readCompanyInfo(ctx context.Context, c *Client) (CompanyInfo, error) {
	r := request{
		method:    http.MethodGet,
		path:      "/login/companyinfo/" + url.PathEscape(c.cfg.Company),
		anonymous: true,
	}
	body, _, err := c.send(ctx, c.site.String(), r)
	if err != nil {
		return CompanyInfo{}, discoveryError(err)
	}
	if strings.TrimSpace(string(body)) == "null" {
		unknown := c.errorFor(r, ErrUnknownCompany, "company info is null")
		c.refused.note(unknown)
		return CompanyInfo{}, unknown
	}
	var info CompanyInfo
	if err := json.Unmarshal(body, &info); err != nil || !codebaseForm.MatchString(info.Codebase) {
		return CompanyInfo{}, c.errorFor(r, ErrNotConnectWise, "the answer is not company info")
	}
	info.APIBase = c.site.apiBase(info)
	return info, nil
}

// discoveryError corrects the meaning of refusals: company info needs no credentials and no rights, so a host that
// refuses it is something else.
func discoveryError(err *Error) error {
	switch err.kind {
	case ErrNotFound, ErrUnauthorized, ErrForbidden, ErrClientID, ErrInvalid:
		err.kind, err.Right = ErrNotConnectWise, ""
	case ErrUnroutable:
		if err.StatusCode == http.StatusNotFound {
			err.kind = ErrNotConnectWise
		}
	}
	return err
}

// apiBase returns the known API base, or discovers it.
func (c *Client) apiBase(ctx context.Context) (string, error) {
	if base, _ := c.address.get(); base != "" {
		return base, nil
	}
	return c.readAgain(ctx, "", time.Time{})
}

// readAgain returns the API base after reading company info again, because a request that began at since was answered
// as if used, the base it went to, were gone. Of many workers in that situation one reads; the others share what it
// found.
func (c *Client) readAgain(ctx context.Context, used string, since time.Time) (string, error) {
	select {
	case c.address.reading <- struct{}{}:
		defer func() { <-c.address.reading }()
	case <-ctx.Done():
		return "", c.notSent(ctx, request{method: http.MethodGet, path: "/login/companyinfo"}, ctx.Err())
	}
	base, checked := c.address.get()
	if base != used || base != "" && checked.After(since) {
		return base, nil
	}
	info, err := c.Discover(ctx)
	return info.APIBase, err
}
