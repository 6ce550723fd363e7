package connectwise

import (
	"net"
	"net/url"
	"strconv"
	"strings"
	"unicode"
)

// Site is the origin at which people sign in to ConnectWise, such as https://na.myconnectwise.net.
type Site struct {
	Scheme string // "https"; "http" for loopback addresses alone
	Host   string // lower case, with the port if it is not the scheme's own
}

// String returns the origin as a URL without a path.
func (s Site) String() string { return s.Scheme + "://" + s.Host }

// ParseSite reads a site URL as people paste it: with a path and a query, without a scheme, or naming the API host
// instead of the sign-in host. It accepts https, and plain http for loopback addresses. The error is a *ConfigError.
func ParseSite(raw string) (Site, error) {
	site, err := parseOrigin(raw)
	if err != nil {
		return Site{}, err
	}
	if isVendorCloud(site.Host) {
		site.Host = strings.TrimPrefix(site.Host, apiPrefix)
	}
	return site, nil
}

// apiPrefix turns a cloud sign-in host into its API host (docs/connectwise.md section 1).
const apiPrefix = "api-"

// isVendorCloud tells hosts of the vendor's own cloud from customers' hosts (docs/connectwise.md section 1).
func isVendorCloud(host string) bool {
	name := hostname(host)
	return strings.HasSuffix(name, ".myconnectwise.net") || strings.HasSuffix(name, ".connectwisedev.com")
}

// isLoopback reports whether a host is this machine, the only one that may be reached without TLS.
func isLoopback(host string) bool {
	name := hostname(host)
	ip := net.ParseIP(name)
	return name == "localhost" || ip != nil && ip.IsLoopback()
}

func hostname(host string) string {
	u := url.URL{Host: host}
	return u.Hostname()
}

func parseOrigin(raw string) (Site, error) {
	raw = strings.TrimSpace(raw)
	if raw == "" {
		return Site{}, siteError("Enter the ConnectWise site URL, for example https://na.myconnectwise.net.")
	}
	scheme, rest := splitScheme(raw)
	if scheme != "https" && scheme != "http" {
		return Site{}, siteError("The site URL must start with https://.")
	}
	if authority, _, _ := strings.Cut(rest, "/"); strings.Contains(authority, "@") {
		return Site{}, siteError("The site URL must not contain a user name or password.")
	}
	u, err := url.Parse(scheme + "://" + rest)
	if err != nil || !validHost(u) {
		return Site{}, siteError("This is not a web address. Enter it like https://na.myconnectwise.net.")
	}
	host := strings.ToLower(strings.TrimSuffix(u.Hostname(), "."))
	if strings.Contains(host, ":") {
		host = "[" + host + "]"
	}
	if port := u.Port(); port != "" && port != standardPort(scheme) {
		host += ":" + port
	}
	if scheme == "http" && !isLoopback(host) {
		return Site{}, siteError("ConnectWise is reached over https only. Enter the site URL with https://.")
	}
	return Site{Scheme: scheme, Host: host}, nil
}

// splitScheme separates the scheme, https unless another is written. One slash after the colon is as good as two.
func splitScheme(raw string) (scheme, rest string) {
	lower := strings.ToLower(raw)
	for _, scheme := range []string{"https", "http"} {
		if strings.HasPrefix(lower, scheme+":/") {
			return scheme, strings.TrimLeft(raw[len(scheme)+1:], "/")
		}
	}
	if scheme, rest, found := strings.Cut(raw, "://"); found && !strings.ContainsAny(scheme, "/?#") {
		return strings.ToLower(scheme), rest
	}
	return "https", strings.TrimLeft(raw, "/")
}

func standardPort(scheme string) string {
	if scheme == "http" {
		return "80"
	}
	return "443"
}

func validHost(u *url.URL) bool {
	name := strings.TrimSuffix(u.Hostname(), ".")
	if port := u.Port(); port != "" {
		if n, err := strconv.Atoi(port); err != nil || n < 1 || n > 65535 {
			return false
		}
	}
	if net.ParseIP(name) != nil {
		return true
	}
	for label := range strings.SplitSeq(name, ".") {
		if label == "" || strings.ContainsFunc(label, notHostRune) {
			return false
		}
	}
	return len(name) <= 253
}

func notHostRune(r rune) bool {
	return r != '-' && r != '_' && !unicode.IsLetter(r) && !unicode.IsDigit(r) && !unicode.IsMark(r)
}

func siteError(sentence string) error {
	return &ConfigError{Field: FieldSite, Sentence: sentence}
}

// apiBase is the API's root for an instance: {origin}/{codebase}/apis/3.0 (docs/connectwise.md section 1).
func (s Site) apiBase(info CompanyInfo) string {
	return s.apiOrigin(info).String() + "/" + info.Codebase + "/apis/3.0"
}

// apiOrigin finds the host that answers API calls: the one the instance names, otherwise the sign-in host, with api-
// in front where the instance is in the cloud.
func (s Site) apiOrigin(info CompanyInfo) Site {
	if named, ok := s.namedOrigin(info.SiteURL); ok {
		return named
	}
	api := s
	if info.cloud() && !isLoopback(s.Host) && net.ParseIP(hostname(s.Host)) == nil {
		api.Host = apiHost(s.Host)
	}
	if isVendorCloud(s.Host) {
		api.Host = apiHost(s.Host)
	}
	return api
}

// namedOrigin reads the SiteUrl of company info. A site on the network is never allowed to point to this machine.
func (s Site) namedOrigin(siteURL string) (Site, bool) {
	if siteURL == "" {
		return Site{}, false
	}
	if !strings.Contains(siteURL, "://") {
		siteURL = s.Scheme + "://" + siteURL
	}
	named, err := parseOrigin(siteURL)
	if err != nil || isLoopback(named.Host) && !isLoopback(s.Host) {
		return Site{}, false
	}
	if isVendorCloud(named.Host) {
		named.Host = apiHost(named.Host)
	}
	return named, true
}

func apiHost(host string) string {
	return apiPrefix + strings.TrimPrefix(host, apiPrefix)
}

// parseAPIBase checks a stored API root by the rules of a site, and returns it without a trailing slash.
func parseAPIBase(raw string) (string, error) {
	origin, err := parseOrigin(raw)
	if err != nil {
		return "", err
	}
	u, err := url.Parse(raw)
	if err != nil || u.RawQuery != "" || u.Fragment != "" || strings.Trim(u.Path, "/") == "" {
		return "", siteError("The stored ConnectWise API address is damaged. Save the connection again.")
	}
	return origin.String() + "/" + strings.Trim(u.EscapedPath(), "/"), nil
}
