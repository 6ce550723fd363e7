package web

import (
	"net/http"
	"net/netip"
	"slices"
	"strings"
	"sync"
	"time"
)

// ClientIP is the address the request came from. X-Forwarded-For counts only
// as far as trusted proxies wrote it: read from the right, the first address
// that is not itself a trusted proxy is the client.
func (s *Site) ClientIP(r *http.Request) string {
	peer, err := netip.ParseAddrPort(r.RemoteAddr)
	if err != nil {
		return ""
	}
	ip := peer.Addr().Unmap()
	hops := strings.Split(strings.Join(r.Header.Values("X-Forwarded-For"), ","), ",")
	for _, hop := range slices.Backward(hops) {
		if !s.trusted(ip) {
			break
		}
		next, err := netip.ParseAddr(strings.TrimSpace(hop))
		if err != nil {
			break
		}
		ip = next.Unmap()
	}
	return ip.WithZone("").String()
}

func (s *Site) trusted(ip netip.Addr) bool {
	return slices.ContainsFunc(s.TrustedProxies, func(p netip.Prefix) bool { return p.Contains(ip) })
}

// warnEvery is how often the log says that a proxy is not trusted.
const warnEvery = time.Hour

// Distrusted is a peer that passed on a visitor's address, which was not believed.
type Distrusted struct {
	Peer string // its own address
	At   time.Time
}

// distrusted remembers the last one.
type distrusted struct {
	mu     sync.Mutex
	last   Distrusted
	warned time.Time
}

// DistrustedProxy is the last peer of the last day that passed on a visitor's address and is not trusted; false: there was none.
func (s *Site) DistrustedProxy() (Distrusted, bool) {
	s.proxies.mu.Lock()
	defer s.proxies.mu.Unlock()
	last := s.proxies.last
	return last, !last.At.IsZero() && s.Now().Sub(last.At) < 24*time.Hour
}

// watchProxies notes peers that pass on a visitor's address and are not trusted: a reverse proxy that the operator forgot to name makes
// all visitors one, who share the limits of its address.
func (s *Site) watchProxies(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("X-Forwarded-For") != "" {
			s.meetProxy(r)
		}
		next.ServeHTTP(w, r)
	})
}

func (s *Site) meetProxy(r *http.Request) {
	peer, err := netip.ParseAddrPort(r.RemoteAddr)
	if err != nil || s.trusted(peer.Addr().Unmap()) {
		return
	}
	address, now := peer.Addr().Unmap().WithZone("").String(), s.Now()
	s.proxies.mu.Lock()
	s.proxies.last = Distrusted{Peer: address, At: now}
	warn := s.proxies.warned.IsZero() || now.Sub(s.proxies.warned) >= warnEvery
	if warn {
		s.proxies.warned = now
	}
	s.proxies.mu.Unlock()
	if warn {
		s.Log.WarnContext(r.Context(), "X-Forwarded-For came from a peer that is not trusted, and was not believed: "+
			"if it is your reverse proxy, name it in -trusted-proxies, or all visitors share its limits and its address", "peer", address)
	}
}
