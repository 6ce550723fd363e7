package web

import (
	"net/http"
	"net/netip"
	"slices"
	"strings"
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
