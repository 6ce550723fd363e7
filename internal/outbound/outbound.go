// Package outbound decides which addresses this machine connects to for somebody who only typed a name. A name, a redirect and a second
// answer of the DNS can all lead to what is for this machine or its network alone, so the address is judged when it is dialled.
package outbound

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"strings"
	"syscall"
	"time"
)

// ErrRefused says that an address is not connected to.
var ErrRefused = errors.New("the address is not allowed")

// Refused is an address that a Policy does not connect to; it is ErrRefused.
type Refused struct {
	Address netip.Addr
	Kind    string // what the address is, as in "a private address"
	Never   bool   // no operator can allow it
}

// Error implements error.
func (e *Refused) Error() string { return fmt.Sprintf("%v: %s is %s", ErrRefused, e.Address, e.Kind) }

// Advice is what to do about it: a sentence or two.
func (e *Refused) Advice() string {
	if e.Never {
		return "Seatbridge never connects there: enter another address."
	}
	return "Enter a public address. If it is meant, start Seatbridge with --allow-private-targets."
}

// Advise says of an error that is ErrRefused what the address is and what to do; ok is false of any other.
func Advise(err error) (kind, do string, ok bool) {
	var refused *Refused
	if !errors.As(err, &refused) {
		return "", "", false
	}
	return refused.Kind, refused.Advice(), true
}

// Is matches ErrRefused.
func (e *Refused) Is(target error) bool { return target == ErrRefused }

// Policy is what may be connected to. The zero one allows public addresses alone.
type Policy int

// The policies, the narrowest first.
const (
	// Public refuses whatever is not an address of the public internet.
	Public Policy = iota
	// Private allows this machine and its networks as well, and refuses link-local addresses and those of clouds' metadata: nothing is
	// served there but keys of the machine.
	Private
	// Any allows every address.
	Any
)

// Unless is the policy, or Any for what was saved before there was one.
func (p Policy) Unless(before bool) Policy {
	if before {
		return Any
	}
	return p
}

// Check judges an address; nil: it may be connected to.
func (p Policy) Check(a netip.Addr) error {
	if p == Any {
		return nil
	}
	a = a.WithZone("").Unmap()
	is, everywhere := kindOf(a)
	inner, embedded := embeddedIn(a)
	switch {
	case is != "":
	case embedded:
		is, everywhere = kindOf(inner)
	case a.Is6() && !allocated.Contains(a):
		is = "a reserved address"
	}
	if is == "" || p == Private && !everywhere {
		return nil
	}
	return &Refused{Address: a, Kind: is, Never: everywhere}
}

// kindOf says what an address is that is not public; everywhere, that no policy but Any connects to it.
func kindOf(a netip.Addr) (is string, everywhere bool) {
	for _, r := range list {
		if r.prefix.Contains(a) {
			return r.is, r.everywhere
		}
	}
	return "", false
}

// reserved is a range of addresses that are not public.
type reserved struct {
	prefix     netip.Prefix
	is         string
	everywhere bool
}

// list are the ranges of IANA's registries of special-purpose addresses that are not globally reachable, and the addresses at which
// clouds serve a machine's own keys. The narrower ones come first.
var list = []reserved{
	{netip.MustParsePrefix("169.254.0.0/16"), "a link-local or metadata address", true},
	{netip.MustParsePrefix("100.100.100.200/32"), "a metadata address", true}, // Alibaba Cloud
	{netip.MustParsePrefix("168.63.129.16/32"), "a metadata address", true},   // Azure
	{netip.MustParsePrefix("192.0.0.192/32"), "a metadata address", true},     // Oracle Cloud
	{netip.MustParsePrefix("fd00:ec2::/32"), "a metadata address", true},      // Amazon
	{netip.MustParsePrefix("fd20:ce::254/128"), "a metadata address", true},   // Google
	{netip.MustParsePrefix("fe80::/10"), "a link-local address", true},

	{netip.MustParsePrefix("127.0.0.0/8"), "an address of this machine", false},
	{netip.MustParsePrefix("::1/128"), "an address of this machine", false},
	{netip.MustParsePrefix("0.0.0.0/8"), "an address of this machine", false},
	{netip.MustParsePrefix("::/128"), "an address of this machine", false},
	{netip.MustParsePrefix("10.0.0.0/8"), "a private address", false},
	{netip.MustParsePrefix("172.16.0.0/12"), "a private address", false},
	{netip.MustParsePrefix("192.168.0.0/16"), "a private address", false},
	{netip.MustParsePrefix("100.64.0.0/10"), "a private address", false},
	{netip.MustParsePrefix("fc00::/7"), "a private address", false},
	{netip.MustParsePrefix("fec0::/10"), "a private address", false},
	{netip.MustParsePrefix("64:ff9b:1::/48"), "a private address", false},
	{netip.MustParsePrefix("224.0.0.0/4"), "a multicast address", false},
	{netip.MustParsePrefix("ff00::/8"), "a multicast address", false},
	{netip.MustParsePrefix("192.0.0.0/24"), "a reserved address", false},
	{netip.MustParsePrefix("192.0.2.0/24"), "a reserved address", false},
	{netip.MustParsePrefix("192.88.99.0/24"), "a reserved address", false},
	{netip.MustParsePrefix("198.18.0.0/15"), "a reserved address", false},
	{netip.MustParsePrefix("198.51.100.0/24"), "a reserved address", false},
	{netip.MustParsePrefix("203.0.113.0/24"), "a reserved address", false},
	{netip.MustParsePrefix("240.0.0.0/4"), "a reserved address", false},
	{netip.MustParsePrefix("100::/64"), "a reserved address", false},
	{netip.MustParsePrefix("2001:db8::/32"), "a reserved address", false},
	{netip.MustParsePrefix("3fff::/20"), "a reserved address", false},
	{netip.MustParsePrefix("5f00::/16"), "a reserved address", false},
	{netip.MustParsePrefix("2001:2::/48"), "a reserved address", false},
	{netip.MustParsePrefix("2001:10::/28"), "a reserved address", false},
}

// allocated is where all public addresses of IPv6 are.
var allocated = netip.MustParsePrefix("2000::/3")

// embeddings are the ranges of IPv6 that stand for an IPv4 address, and the byte at which it begins.
var embeddings = []struct {
	prefix netip.Prefix
	at     int
	hidden bool // its bits are inverted
}{
	{netip.MustParsePrefix("64:ff9b::/96"), 12, false}, // NAT64
	{netip.MustParsePrefix("2002::/16"), 2, false},     // 6to4
	{netip.MustParsePrefix("2001::/32"), 12, true},     // Teredo
	{netip.MustParsePrefix("::ffff:0:0:0/96"), 12, false},
	{netip.MustParsePrefix("::/96"), 12, false}, // IPv4-compatible
}

// embeddedIn is the IPv4 address that an IPv6 address stands for.
func embeddedIn(a netip.Addr) (netip.Addr, bool) {
	for _, e := range embeddings {
		if !a.Is6() || !e.prefix.Contains(a) {
			continue
		}
		whole := a.As16()
		inner := [4]byte(whole[e.at : e.at+4])
		for i := range inner {
			if e.hidden {
				inner[i] ^= 0xff
			}
		}
		return netip.AddrFrom4(inner), true
	}
	return a, false
}

// control judges the address that a socket is about to connect to: after the name is looked up, and of every address it has.
func (p Policy) control(_, address string, _ syscall.RawConn) error {
	to, err := netip.ParseAddrPort(address)
	if err != nil {
		return fmt.Errorf("reading the address: %w", err)
	}
	return p.Check(to.Addr())
}

// DialContext connects to an address that the policy allows; the error is ErrRefused otherwise.
func (p Policy) DialContext(ctx context.Context, network, address string) (net.Conn, error) {
	dialer := net.Dialer{Timeout: 30 * time.Second, KeepAlive: 30 * time.Second, Control: p.control}
	return dialer.DialContext(ctx, network, address)
}

// Guard makes a transport connect to what the policy allows, and answers it. The operator's proxy, HTTPS_PROXY, may stand on any address;
// what is asked through it is judged as far as it is an address and no name, which the proxy alone looks up.
func (p Policy) Guard(t *http.Transport) *http.Transport {
	proxies := t.Proxy
	if proxies == nil {
		t.DialContext = p.DialContext
		return t
	}
	t.Proxy = func(r *http.Request) (*url.URL, error) {
		proxy, err := proxies(r)
		if proxy == nil || err != nil {
			return proxy, err
		}
		return proxy, p.CheckHost(r.URL.Hostname())
	}
	t.DialContext = func(ctx context.Context, network, address string) (net.Conn, error) {
		if toProxy(proxies, address) {
			return Any.DialContext(ctx, network, address)
		}
		return p.DialContext(ctx, network, address)
	}
	return t
}

// CheckHost judges a host that is an address, or this machine by name. What other names lead to is judged when it is dialled.
func (p Policy) CheckHost(host string) error {
	if name := strings.ToLower(strings.TrimSuffix(host, ".")); name == "localhost" || strings.HasSuffix(name, ".localhost") {
		host = "127.0.0.1"
	}
	if a, err := netip.ParseAddr(strings.Trim(host, "[]")); err == nil {
		return p.Check(a)
	}
	return nil
}

// toProxy tells whether a host and port are those of the operator's proxy.
func toProxy(proxies func(*http.Request) (*url.URL, error), address string) bool {
	for _, scheme := range []string{"https", "http"} {
		anywhere := &http.Request{URL: &url.URL{Scheme: scheme, Host: "proxied.invalid"}}
		if proxy, err := proxies(anywhere); err == nil && proxy != nil && hostPort(proxy) == address {
			return true
		}
	}
	return false
}

// hostPort is where a proxy is dialled.
func hostPort(proxy *url.URL) string {
	port := proxy.Port()
	if port == "" {
		port = map[string]string{"http": "80", "https": "443", "socks5": "1080", "socks5h": "1080"}[proxy.Scheme]
	}
	return net.JoinHostPort(proxy.Hostname(), port)
}

// Lookup says whether a host leads to an address that the policy refuses: an ErrRefused. The error is another one where its name is not
// known at the moment.
func (p Policy) Lookup(ctx context.Context, host string) error {
	if p == Any {
		return nil
	}
	if _, err := netip.ParseAddr(host); err == nil {
		return p.CheckHost(host)
	}
	found, err := net.DefaultResolver.LookupNetIP(ctx, "ip", host)
	if err != nil {
		return fmt.Errorf("looking up %s: %w", host, err)
	}
	for _, a := range found {
		if err := p.Check(a); err != nil {
			return err
		}
	}
	return nil
}
