package connectwise

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"io"
	"log"
	"math/big"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"
)

// TestCase_J47_EachFaultOfACertificateHasItsOwnWords: a certificate that expired, one that is not valid yet, one for
// another name, one of an unknown authority.
func TestCase_J47_EachFaultOfACertificateHasItsOwnWords(t *testing.T) {
	t.Parallel()
	now := time.Now()
	here := []net.IP{net.IPv4(127, 0, 0, 1)}
	said := map[string]string{}
	for _, test := range []struct {
		name     string
		template x509.Certificate
		trusted  bool
		what, do string
	}{
		{"expired", x509.Certificate{NotBefore: now.AddDate(-2, 0, 0), NotAfter: now.AddDate(-1, 0, 0), IPAddresses: here}, true,
			"expired on " + now.AddDate(-1, 0, 0).UTC().Format("2 January 2006") + ".", "renewed"},
		{"not valid yet", x509.Certificate{NotBefore: now.AddDate(1, 0, 0), NotAfter: now.AddDate(2, 0, 0), IPAddresses: here}, true,
			"not valid before " + now.AddDate(1, 0, 0).UTC().Format("2 January 2006") + ".", "clock"},
		{"another name", x509.Certificate{NotBefore: now.AddDate(-1, 0, 0), NotAfter: now.AddDate(1, 0, 0),
			DNSNames: []string{"psa.example", "b.example", "c.example", "d.example"}}, true,
			"is for another name: psa.example, b.example, c.example and others.", "site URL"},
		{"no name", x509.Certificate{NotBefore: now.AddDate(-1, 0, 0), NotAfter: now.AddDate(1, 0, 0)}, true,
			"is for another name.", "site URL"},
		{"unknown authority", x509.Certificate{NotBefore: now.AddDate(-1, 0, 0), NotAfter: now.AddDate(1, 0, 0), IPAddresses: here}, false,
			"issued by an authority that this machine does not trust.", "SSL_CERT_FILE"},
	} {
		site, roots := certified(t, test.template)
		if !test.trusted {
			roots = x509.NewCertPool()
		}
		c := newTestClient(t, func(cfg *Config) {
			cfg.Site, cfg.APIBase = site, site+"/v4_6_release/apis/3.0"
			cfg.Transport = &http.Transport{TLSClientConfig: &tls.Config{RootCAs: roots}}
		})
		advice := Advise(ping(t.Context(), c))
		if !strings.HasSuffix(advice.What, test.what) || !strings.Contains(advice.Do, test.do) {
			t.Errorf("%s: %q, %q", test.name, advice.What, advice.Do)
		}
		said[advice.Do] = test.name
	}
	if len(said) != 4 {
		t.Errorf("%d different advices, want one for each fault: %v", len(said), said)
	}
}

// certified is a server with a certificate that it has signed itself, and a pool that trusts it.
func certified(t *testing.T, template x509.Certificate) (site string, roots *x509.CertPool) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template.SerialNumber, template.IsCA, template.BasicConstraintsValid = big.NewInt(1), true, true
	der, err := x509.CreateCertificate(rand.Reader, &template, &template, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	certificate, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewUnstartedServer(http.NotFoundHandler())
	server.Config.ErrorLog = log.New(io.Discard, "", 0)
	server.TLS = &tls.Config{Certificates: []tls.Certificate{{Certificate: [][]byte{der}, PrivateKey: key}}}
	server.StartTLS()
	t.Cleanup(server.Close)
	roots = x509.NewCertPool()
	roots.AddCert(certificate)
	return server.URL, roots
}
