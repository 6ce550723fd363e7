package web

import (
	"log/slog"
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

// warnEvery is how often the log says that a proxy is not trusted, and toldFor how long pages do.
const (
	warnEvery = time.Hour
	toldFor   = 24 * time.Hour
)

// Proxies notes peers that pass on a visitor's address and are not trusted: a reverse proxy that the operator forgot to name makes all
// visitors one, who share the limits of its address.
type Proxies struct {
	trusted func(netip.Addr) bool
	now     func() time.Time
	log     *slog.Logger

	mu     sync.Mutex
	peer   string
	met    time.Time
	warned time.Time
}

// Distrusted is the address of the last such peer of the last 24 hours; "": there was none.
func (p *Proxies) Distrusted() string {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.met.IsZero() || p.now().Sub(p.met) >= toldFor {
		return ""
	}
	return p.peer
}

// watch looks at who passes on addresses.
func (p *Proxies) watch(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("X-Forwarded-For") != "" {
			p.meet(r)
		}
		next.ServeHTTP(w, r)
	})
}

func (p *Proxies) meet(r *http.Request) {
	peer, err := netip.ParseAddrPort(r.RemoteAddr)
	if err != nil || p.trusted(peer.Addr().Unmap()) {
		return
	}
	if address := peer.Addr().Unmap().WithZone("").String(); p.note(address) {
		p.log.WarnContext(r.Context(), "X-Forwarded-For came from a peer that is not trusted, and was not believed: "+
			"if it is your reverse proxy, name it in -trusted-proxies, or all visitors share its limits and its address", "peer", address)
	}
}

// note remembers a peer and says whether it is time to warn.
func (p *Proxies) note(address string) (warn bool) {
	now := p.now()
	p.mu.Lock()
	defer p.mu.Unlock()
	p.peer, p.met = address, now
	if warn = p.warned.IsZero() || now.Sub(p.warned) >= warnEvery; warn {
		p.warned = now
	}
	return warn
}
