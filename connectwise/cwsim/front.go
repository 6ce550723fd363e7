package cwsim

import (
	"encoding/base64"
	"fmt"
	"net"
	"net/http"
	"regexp"
	"strings"
)

const (
	companyInfoPath = "/login/companyinfo/"
	maximumURL      = 2000 // characters, with scheme and host (docs/connectwise.md section 2)
	apiMember       = "Seats"
)

// answer is the effect of a call: the instance's answer, or that of a fault in front of it.
func (s *Sim) answer(x *exchange) answer {
	s.lock()
	defer s.mu.Unlock()
	a, struck := s.front(x)
	switch {
	case x.ghost != nil:
		a = x.finishGhost()
	case !struck:
		a = s.instance(x)
		x.entry.Refused = a.status >= 400 && a.status < 500
	}
	if a.header == nil {
		a.header = http.Header{}
	}
	a.header.Set("x-cw-request-id", fmt.Sprintf("00000000-0000-4000-8000-%012x", x.entry.Number))
	a.header.Set("x-server-name", "SIM01")
	a.header.Set("api-current-version", modelVersion)
	return a
}

// instance routes a call: company info, then the API behind its checks.
func (s *Sim) instance(x *exchange) answer {
	if len(x.entry.URL) > maximumURL {
		return page(http.StatusRequestURITooLong, "414 URI Too Long", "The request URL is longer than 2000 characters.")
	}
	if company, ok := strings.CutPrefix(x.path, companyInfoPath); ok && x.codebase == "" {
		return s.companyInfo(x, company)
	}
	if x.codebase == "" {
		return page(http.StatusNotFound, "404 - File or directory not found.", "The resource you are looking for might have been removed.")
	}
	if a := s.admit(x); a != nil {
		return *a
	}
	return s.dispatch(x)
}

// companyInfo is the discovery call: no credentials, null for an unknown company (docs/connectwise.md section 1).
func (s *Sim) companyInfo(x *exchange, company string) answer {
	if x.request.Method != http.MethodGet {
		return wrongMethod()
	}
	if !strings.EqualFold(company, s.credentials.Company) {
		return jsonAnswer(http.StatusOK, nil)
	}
	info := object{
		{"CompanyName", "Hollowpine Managed Services"},
		{"Codebase", s.codebase + "/"},
		{"VersionCode", "v2025.1"},
		{"VersionNumber", "v4.6.85041"},
		{"CompanyID", s.credentials.Company},
		{"IsCloud", map[bool]string{true: "True", false: "False"}[s.cloud]},
	}
	if s.cloud {
		info = append(info, member{"SiteUrl", orText(s.siteURL, apiHost(x.request.Host))}, member{"AllowedOrigins", []any{}})
	}
	return jsonAnswer(http.StatusOK, append(info, extra))
}

// apiHost is the API's name for a user host; addresses of the loopback stay as they are.
func apiHost(host string) string {
	if isNamed(host) && !strings.HasPrefix(host, "api-") {
		return "api-" + host
	}
	return host
}

func isNamed(host string) bool {
	name := host
	if h, _, err := net.SplitHostPort(host); err == nil {
		name = h
	}
	return name != "localhost" && net.ParseIP(strings.Trim(name, "[]")) == nil
}

// admit checks host, route, company, client id, keys and model version, in that order.
func (s *Sim) admit(x *exchange) *answer {
	var a answer
	company, keysMatch := s.checkKeys(x.request)
	switch {
	case s.cloud && x.request.Host != apiHost(x.request.Host):
		a = failure(http.StatusForbidden, "Security", "SSL is required.")
	case s.retired[x.codebase]:
		a = noEndpoint()
	case !s.routes(x.codebase) || strings.Contains(x.path, "/apis/3.0"):
		a = cannotRoute()
	case x.path == "/system/info" && !s.assumptions.SystemInfoRefused:
		return nil // it answers without credentials
	case company != "" && !strings.EqualFold(company, s.credentials.Company) && !s.assumptions.WrongCompany401:
		a = cannotRoute()
	case x.request.Header.Get("clientId") != s.credentials.ClientID:
		a = s.clientIDProblem()
	case !keysMatch:
		a = s.unauthorized()
		if s.assumptions.BadKeys404 && x.codebase == OnPremises {
			a = answer{status: http.StatusNotFound}
		}
	case !s.speaks(x.request.Header.Get("Accept")):
		a = failure(http.StatusNotAcceptable, "InvalidVersion", "The requested version is not supported.")
	default:
		return nil
	}
	return &a
}

// routes reports whether a codebase leads here; v4_6_release always does, on cloud too.
func (s *Sim) routes(codebase string) bool {
	return codebase == s.codebase || codebase == OnPremises
}

// checkKeys reads the Authorization header: Basic base64(company+public:private).
func (s *Sim) checkKeys(r *http.Request) (company string, ok bool) {
	encoded, found := strings.CutPrefix(r.Header.Get("Authorization"), "Basic ")
	raw, err := base64.StdEncoding.DecodeString(encoded)
	if !found || err != nil {
		return "", false
	}
	user, private, _ := strings.Cut(string(raw), ":")
	company, public, _ := strings.Cut(user, "+")
	c := s.credentials
	return company, strings.EqualFold(company, c.Company) && public == c.PublicKey && private == c.PrivateKey
}

func (s *Sim) unauthorized() answer {
	code := "ConnectWiseApi"
	if s.assumptions.UnauthorizedCode {
		code = "Unauthorized"
	}
	return failure(http.StatusUnauthorized, code, "UserNotAuthenticated")
}

func (s *Sim) clientIDProblem() answer {
	status := http.StatusForbidden
	if s.assumptions.MissingClientID400 {
		status = http.StatusBadRequest
	}
	return failure(status, "InvalidClientId", "The clientId header is missing or not valid.")
}

var (
	acceptVersion = regexp.MustCompile(`version=\s*"?([^",;\s]*)`)
	knownVersion  = regexp.MustCompile(`^20\d\d\.\d$`)
)

// speaks reports whether the version that Accept asks for is served: 3.0.0, which clients sent before versions had
// years, and those of 2019.1 to this model's.
func (s *Sim) speaks(accept string) bool {
	m := acceptVersion.FindStringSubmatch(accept)
	if m == nil || m[1] == "3.0.0" || s.assumptions.IgnoreAcceptVersion {
		return true
	}
	return knownVersion.MatchString(m[1]) && m[1] >= "2019.1" && m[1] <= modelVersion
}

// UpgradeTo changes the codebase as a cloud upgrade does: the versioned one of before answers 404 from now on.
func (s *Sim) UpgradeTo(codebase string) {
	s.lock()
	defer s.mu.Unlock()
	s.upgrade(strings.Trim(codebase, "/"))
}

func (s *Sim) upgrade(codebase string) {
	if s.codebase == codebase {
		return
	}
	if s.codebase != OnPremises {
		s.retired[s.codebase] = true
	}
	delete(s.retired, codebase)
	s.codebase = codebase
}
