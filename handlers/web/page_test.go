package web

import "testing"

func TestLocalPath(t *testing.T) {
	t.Parallel()
	for address, want := range map[string]string{
		"":                              "/",
		"/organizations?q=a&page=2":     "/organizations?q=a&page=2",
		"https://evil.example":          "/",
		"//evil.example":                "/",
		"///evil.example":               "/",
		"/\\evil.example":               "/",
		"\\\\evil.example":              "/",
		"/\t/evil.example":              "/",
		"/\n/evil.example":              "/",
		" //evil.example":               "/",
		"javascript:alert(1)":           "/",
		"evil.example":                  "/",
		"http:evil.example":             "/",
		"/%2F/evil.example":             "/",
		"/organizations/1?next=//evil":  "/organizations/1?next=//evil",
		"/%zz":                          "/",
		"//user@evil.example/%2e%2e":    "/",
		"/organizations\r\nX-Injected:": "/",
	} {
		if got := LocalPath(address); got != want {
			t.Errorf("localPath(%q) = %q, want %q", address, got, want)
		}
	}
}
