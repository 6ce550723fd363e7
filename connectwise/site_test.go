package connectwise

import (
	"errors"
	"strings"
	"testing"
)

func TestParseSite(t *testing.T) {
	t.Parallel()
	for raw, want := range map[string]string{
		"https://na.myconnectwise.net":                                  "https://na.myconnectwise.net",
		"  https://NA.MyConnectWise.net/ ":                              "https://na.myconnectwise.net",
		"na.myconnectwise.net":                                          "https://na.myconnectwise.net",
		"//na.myconnectwise.net":                                        "https://na.myconnectwise.net",
		"https:/na.myconnectwise.net":                                   "https://na.myconnectwise.net",
		"https://api-eu.myconnectwise.net":                              "https://eu.myconnectwise.net",
		"api-staging.connectwisedev.com/v4_6_release/apis/3.0":          "https://staging.connectwisedev.com",
		"https://na.myconnectwise.net/v2025_1/ConnectWise.aspx?x=1#top": "https://na.myconnectwise.net",
		"https://api-psa.msp.example":                                   "https://api-psa.msp.example", // a customer's own name
		"https://psa.msp.example:8443/v4_6_release":                     "https://psa.msp.example:8443",
		"psa.msp.example:8443":                                          "https://psa.msp.example:8443",
		"https://psa.msp.example:443":                                   "https://psa.msp.example",
		"https://psa.msp.example.":                                      "https://psa.msp.example",
		"https://bücher.example":                                        "https://bücher.example",
		"https://[2001:db8::1]:8443/x":                                  "https://[2001:db8::1]:8443",
		"http://127.0.0.1:8089":                                         "http://127.0.0.1:8089",
		"http://localhost:8089/":                                        "http://localhost:8089",
		"http://[::1]:8089":                                             "http://[::1]:8089",
		"127.0.0.1:8089":                                                "https://127.0.0.1:8089",
	} {
		site, err := ParseSite(raw)
		if err != nil || site.String() != want {
			t.Errorf("ParseSite(%q) = %v, %v; want %s", raw, site, err, want)
		}
	}
}

func TestParseSiteRefuses(t *testing.T) {
	t.Parallel()
	for raw, sentence := range map[string]string{
		"":                             "Enter the ConnectWise site URL",
		"http://na.myconnectwise.net":  "https only",
		"http://10.0.0.5":              "https only",
		"http://localhost.example":     "https only",
		"ftp://na.myconnectwise.net":   "must start with https://",
		"https://user:pw@psa.example":  "user name or password",
		"https://":                     "not a web address",
		"https://psa..example":         "not a web address",
		"https://psa.example:99999":    "not a web address",
		"https://psa.example:port":     "not a web address",
		"our psa server":               "not a web address",
		"https://<script>":             "not a web address",
		"https://psa.example\x00/path": "not a web address",
	} {
		site, err := ParseSite(raw)
		var wrong *ConfigError
		if !errors.As(err, &wrong) || wrong.Field != FieldSite || !strings.Contains(wrong.Sentence, sentence) {
			t.Errorf("ParseSite(%q) = %v, %v; want a sentence with %q", raw, site, err, sentence)
		}
	}
}

func TestAPIBase(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name, site string
		info       CompanyInfo
		want       string
	}{
		{"cloud", "https://na.myconnectwise.net", CompanyInfo{Codebase: "v2025_1", IsCloud: true},
			"https://api-na.myconnectwise.net/v2025_1/apis/3.0"},
		{"cloud by codebase alone", "https://cw.partner.example", CompanyInfo{Codebase: "v2025_1"},
			"https://api-cw.partner.example/v2025_1/apis/3.0"},
		{"cloud through v4_6_release", "https://au.myconnectwise.net", CompanyInfo{Codebase: "v4_6_release"},
			"https://api-au.myconnectwise.net/v4_6_release/apis/3.0"},
		{"on premises", "https://psa.msp.example", CompanyInfo{Codebase: "v4_6_release"},
			"https://psa.msp.example/v4_6_release/apis/3.0"},
		{"named host", "https://eu.myconnectwise.net", CompanyInfo{Codebase: "v2025_1", IsCloud: true, SiteURL: "api-eu.myconnectwise.net"},
			"https://api-eu.myconnectwise.net/v2025_1/apis/3.0"},
		{"named host with scheme and path", "https://cw.partner.example", CompanyInfo{Codebase: "v2025_1", IsCloud: true, SiteURL: "https://api-eu.myconnectwise.net/"},
			"https://api-eu.myconnectwise.net/v2025_1/apis/3.0"},
		{"named user host", "https://eu.myconnectwise.net", CompanyInfo{Codebase: "v2025_1", IsCloud: true, SiteURL: "eu.myconnectwise.net"},
			"https://api-eu.myconnectwise.net/v2025_1/apis/3.0"},
		{"named loopback is not believed", "https://psa.msp.example", CompanyInfo{Codebase: "v4_6_release", SiteURL: "https://127.0.0.1"},
			"https://psa.msp.example/v4_6_release/apis/3.0"},
		{"named plain http is not believed", "https://psa.msp.example", CompanyInfo{Codebase: "v4_6_release", SiteURL: "http://psa.msp.example"},
			"https://psa.msp.example/v4_6_release/apis/3.0"},
		{"simulator", "http://127.0.0.1:8089", CompanyInfo{Codebase: "v2025_1", IsCloud: true},
			"http://127.0.0.1:8089/v2025_1/apis/3.0"},
		{"simulator that names itself", "http://127.0.0.1:8089", CompanyInfo{Codebase: "v2025_1", IsCloud: true, SiteURL: "127.0.0.1:8089"},
			"http://127.0.0.1:8089/v2025_1/apis/3.0"},
	} {
		site, err := ParseSite(test.site)
		if err != nil {
			t.Fatal(err)
		}
		if got := site.apiBase(test.info); got != test.want {
			t.Errorf("%s: %s, want %s", test.name, got, test.want)
		}
	}
}

func TestNewChecksItsConfiguration(t *testing.T) {
	t.Parallel()
	good := Config{Site: "na.myconnectwise.net", Company: " acme ", PublicKey: "pub", PrivateKey: "priv\n", ClientID: "id"}
	if _, err := New(good); err != nil {
		t.Fatal(err)
	}
	for field, spoil := range map[string]func(*Config){
		FieldSite:       func(c *Config) { c.Site = "http://na.myconnectwise.net" },
		FieldCompany:    func(c *Config) { c.Company = "" },
		FieldPublicKey:  func(c *Config) { c.PublicKey = "a:b" },
		FieldPrivateKey: func(c *Config) { c.PrivateKey = "  " },
		FieldClientID:   func(c *Config) { c.ClientID = "" },
	} {
		bad := good
		spoil(&bad)
		_, err := New(bad)
		var wrong *ConfigError
		if !errors.As(err, &wrong) || wrong.Field != field {
			t.Errorf("%s: %v", field, err)
		}
		if errors.Is(err, ErrClientID) != (field == FieldClientID) {
			t.Errorf("%s: is ErrClientID: %v", field, errors.Is(err, ErrClientID))
		}
	}
	for _, base := range []string{"http://api-na.myconnectwise.net/v2025_1/apis/3.0", "https://api-na.myconnectwise.net", "https://x.example/a?b=c"} {
		bad := good
		bad.APIBase = base
		if _, err := New(bad); err == nil {
			t.Errorf("stored address %s was accepted", base)
		}
	}
}

func FuzzParseSite(f *testing.F) {
	for _, seed := range []string{"https://na.myconnectwise.net", "api-eu.myconnectwise.net/x?y", "http://127.0.0.1:1", "//a@b", "https://[::1]:0", "https:/x", "héé.example"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, raw string) {
		site, err := ParseSite(raw)
		if err != nil {
			var wrong *ConfigError
			if !errors.As(err, &wrong) || wrong.Sentence == "" {
				t.Fatalf("ParseSite(%q): an error without a sentence: %v", raw, err)
			}
			return
		}
		if site.Scheme != "https" && !(site.Scheme == "http" && isLoopback(site.Host)) {
			t.Fatalf("ParseSite(%q) = %s: neither https nor loopback", raw, site)
		}
		if strings.ContainsAny(site.Host, "/@?#\\ <>\"'") {
			t.Fatalf("ParseSite(%q): host %q", raw, site.Host)
		}
		again, err := ParseSite(site.String())
		if err != nil || again != site && !isVendorCloud(site.Host) {
			t.Fatalf("ParseSite(%q) = %s, which reads as %s, %v", raw, site, again, err)
		}
	})
}
