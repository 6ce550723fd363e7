package outbound_test

import (
	"context"
	"errors"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"strings"
	"testing"

	"seatbridge/internal/outbound"
)

// TestCheck holds which policies refuse an address: none, that for the internet alone, or every one but Any.
func TestCheck(t *testing.T) {
	t.Parallel()
	for want, addresses := range map[string]string{
		"public":  "8.8.8.8 1.1.1.1 100.63.255.255 100.128.0.1 172.15.0.1 172.32.0.1 192.167.1.1 126.0.0.1 223.255.255.254 2606:4700::1111 2a00::1 64:ff9b::808:808 ::ffff:8.8.8.8 2002:808:808::1",
		"private": "127.0.0.1 127.9.9.9 ::1 0.0.0.0 0.1.2.3 :: 10.0.0.1 10.255.255.255 172.16.0.1 172.31.255.255 192.168.0.1 100.64.0.1 100.127.255.255 fc00::1 fd12:3456::1 fec0::1 224.0.0.1 239.1.1.1 ff02::1 192.0.0.8 192.0.2.1 198.18.0.1 198.51.100.7 203.0.113.7 240.0.0.1 255.255.255.255 2001:db8::1 3fff::1 100::1 4000::1 64:ff9b:1::1 ::ffff:127.0.0.1 ::ffff:10.0.0.1 64:ff9b::7f00:1 64:ff9b::a00:1 2002:7f00:1::1 2002:c0a8:1::1 ::7f00:1 ::ffff:0:127.0.0.1 2001:0:808:808:0:0:80ff:fffe",
		"never":   "169.254.169.254 169.254.0.1 169.254.170.2 fe80::1 fe80::1%eth0 fd00:ec2::254 fd20:ce::254 100.100.100.200 168.63.129.16 192.0.0.192 ::ffff:169.254.169.254 64:ff9b::a9fe:a9fe 2002:a9fe:a9fe::1 ::a9fe:a9fe",
	} {
		for text := range strings.FieldsSeq(addresses) {
			a := netip.MustParseAddr(text)
			got := map[bool]string{true: "public", false: "private"}[outbound.Public.Check(a) == nil]
			if outbound.Private.Check(a) != nil {
				got = "never"
			}
			if got != want {
				t.Errorf("%s is %s, want %s (%v)", text, got, want, outbound.Public.Check(a))
			}
			if err := outbound.Any.Check(a); err != nil {
				t.Errorf("any: %v", err)
			}
		}
	}
}

// ask asks an address through a client that a policy guards.
func ask(t *testing.T, p outbound.Policy, change func(*http.Transport), address string) error {
	t.Helper()
	transport := &http.Transport{DisableKeepAlives: true}
	change(transport)
	client := http.Client{Transport: p.Guard(transport)}
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, address, nil)
	if err != nil {
		t.Fatal(err)
	}
	answer, err := client.Do(r)
	if err == nil {
		answer.Body.Close()
	}
	return err
}

// TestGuardJudgesWhatIsDialled: it does not matter how the address is written, nor what name or redirect leads to it.
func TestGuardJudgesWhatIsDialled(t *testing.T) {
	t.Parallel()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, "http://169.254.169.254/latest/meta-data/", http.StatusFound)
	}))
	defer server.Close()
	port := server.URL[strings.LastIndex(server.URL, ":"):]
	direct := func(*http.Transport) {}
	for _, host := range []string{"127.0.0.1", "localhost", "[::ffff:127.0.0.1]"} {
		if err := ask(t, outbound.Public, direct, "http://"+host+port); !errors.Is(err, outbound.ErrRefused) {
			t.Errorf("%s: %v", host, err)
		}
	}
	var refused *outbound.Refused
	if err := ask(t, outbound.Private, direct, server.URL); !errors.As(err, &refused) || refused.Address.String() != "169.254.169.254" {
		t.Errorf("redirected: %v", err)
	}
}

// TestGuardLetsTheProxyBe: the operator's proxy may stand on a private address; what is asked through it may not, where that is an address.
func TestGuardLetsTheProxyBe(t *testing.T) {
	t.Parallel()
	var asked []string
	proxy := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { asked = append(asked, r.URL.Host) }))
	defer proxy.Close()
	address, err := url.Parse(proxy.URL)
	if err != nil {
		t.Fatal(err)
	}
	through := func(tr *http.Transport) { tr.Proxy = http.ProxyURL(address) }
	if err := ask(t, outbound.Public, through, "http://hooks.example.com/x"); err != nil || len(asked) != 1 {
		t.Errorf("%v, asked %v", err, asked)
	}
	if err := ask(t, outbound.Public, through, "http://10.0.0.1/x"); !errors.Is(err, outbound.ErrRefused) || len(asked) != 1 {
		t.Errorf("%v, asked %v", err, asked)
	}
}

func TestLookup(t *testing.T) {
	t.Parallel()
	for host, refused := range map[string]bool{"127.0.0.1": true, "::1": true, "localhost": true, "8.8.8.8": false} {
		if err := outbound.Public.Lookup(t.Context(), host); errors.Is(err, outbound.ErrRefused) != refused {
			t.Errorf("%s: %v", host, err)
		}
	}
	if err := outbound.Any.Lookup(t.Context(), "127.0.0.1"); err != nil {
		t.Error(err)
	}
}

// TestDialContext: what is not HTTP, such as mail, is judged alike.
func TestDialContext(t *testing.T) {
	t.Parallel()
	var lc net.ListenConfig
	listener, err := lc.Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	dial := func(p outbound.Policy) error {
		conn, err := p.DialContext(context.WithoutCancel(t.Context()), "tcp", listener.Addr().String())
		if err == nil {
			conn.Close()
		}
		return err
	}
	if err := dial(outbound.Public); !errors.Is(err, outbound.ErrRefused) {
		t.Error(err)
	}
	if err := dial(outbound.Private); err != nil {
		t.Error(err)
	}
}
