package web

import (
	"net/http"
	"net/http/httptest"
	"net/netip"
	"testing"
)

func TestClientIP(t *testing.T) {
	t.Parallel()
	s := &Site{Config: Config{TrustedProxies: []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8"), netip.MustParsePrefix("::1/128")}}}
	for _, test := range []struct{ peer, forwarded, want string }{
		{"198.51.100.7:99", "", "198.51.100.7"},
		{"198.51.100.7:99", "203.0.113.5", "198.51.100.7"}, // not our proxy: anybody can write this
		{"10.1.1.1:99", "", "10.1.1.1"},
		{"10.1.1.1:99", "203.0.113.5", "203.0.113.5"},
		{"10.1.1.1:99", "1.2.3.4, 203.0.113.5, 10.2.2.2", "203.0.113.5"}, // 1.2.3.4 is what the client claims
		{"10.1.1.1:99", "nonsense", "10.1.1.1"},
		{"[::1]:99", "2001:db8::1", "2001:db8::1"},
		{"[::ffff:10.1.1.1]:99", "203.0.113.5", "203.0.113.5"},
		{"broken", "203.0.113.5", ""},
	} {
		r := httptest.NewRequest(http.MethodGet, "/", nil)
		r.RemoteAddr = test.peer
		if test.forwarded != "" {
			r.Header.Set("X-Forwarded-For", test.forwarded)
		}
		if got := s.ClientIP(r); got != test.want {
			t.Errorf("clientIP(%q, %q) = %q, want %q", test.peer, test.forwarded, got, test.want)
		}
	}
}
