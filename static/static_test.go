package static

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"encoding/hex"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// The vendored files are what README.md says they are, and none is unlisted.
func TestVendoredSums(t *testing.T) {
	t.Parallel()
	readme, err := os.ReadFile("vendor/README.md")
	if err != nil {
		t.Fatal(err)
	}
	rows := regexp.MustCompile("(?m)^\\| `([^`]+)` .* `([0-9a-f]{64})` \\|$").FindAllStringSubmatch(string(readme), -1)
	listed := make(map[string]bool)
	for _, row := range rows {
		name, want := row[1], row[2]
		listed[name] = true
		content, err := os.ReadFile(filepath.Join("vendor", name))
		if err != nil {
			t.Fatal(err)
		}
		sum := sha256.Sum256(content)
		if got := hex.EncodeToString(sum[:]); got != want {
			t.Errorf("%s: SHA-256 %s, README.md says %s", name, got, want)
		}
	}
	entries, err := os.ReadDir("vendor")
	if err != nil {
		t.Fatal(err)
	}
	for _, entry := range entries {
		name := entry.Name()
		if strings.HasPrefix(name, "LICENSE.") || name == "README.md" || name == "update.sh" {
			continue
		}
		if !listed[name] {
			t.Errorf("vendor/%s is not listed in README.md", name)
		}
	}
}

func TestURLFollowsContent(t *testing.T) {
	t.Parallel()
	if !regexp.MustCompile(`^/static/[0-9a-f]{12}/app\.css$`).MatchString(URL("app.css")) {
		t.Errorf("URL = %q", URL("app.css"))
	}
	one, two := newFile("a.css", []byte("one")), newFile("a.css", []byte("two"))
	if one.url == two.url {
		t.Errorf("different content, same URL %q", one.url)
	}
}

func TestURLUnknownPanics(t *testing.T) {
	t.Parallel()
	defer func() {
		if recover() == nil {
			t.Error("no panic for a file that does not exist")
		}
	}()
	URL("missing.css")
}

func request(t *testing.T, method, target, encoding string) *http.Response {
	t.Helper()
	r := httptest.NewRequest(method, target, nil)
	r.Header.Set("Accept-Encoding", encoding)
	w := httptest.NewRecorder()
	Handler().ServeHTTP(w, r)
	return w.Result()
}

func TestHandlerCachesForGood(t *testing.T) {
	t.Parallel()
	types := map[string]string{"app.css": "text/css", "app.js": "text/javascript", "icons.svg": "image/svg+xml"}
	for name, contentType := range types {
		res := request(t, "GET", URL(name), "")
		if res.StatusCode != http.StatusOK {
			t.Fatalf("%s: status %d", name, res.StatusCode)
		}
		if got := res.Header.Get("Cache-Control"); got != "public, max-age=31536000, immutable" {
			t.Errorf("%s: Cache-Control %q", name, got)
		}
		if got := res.Header.Get("Content-Type"); !strings.HasPrefix(got, contentType) {
			t.Errorf("%s: Content-Type %q", name, got)
		}
		if res.Header.Get("Content-Encoding") != "" {
			t.Errorf("%s: encoded although nobody asked", name)
		}
	}
}

func TestHandlerCompresses(t *testing.T) {
	t.Parallel()
	res := request(t, "GET", URL("htmx.min.js"), "br, gzip")
	if res.StatusCode != http.StatusOK || res.Header.Get("Content-Encoding") != "gzip" {
		t.Fatalf("status %d, encoding %q", res.StatusCode, res.Header.Get("Content-Encoding"))
	}
	r, err := gzip.NewReader(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	got, err := io.ReadAll(r)
	if err != nil {
		t.Fatal(err)
	}
	want, err := os.ReadFile("vendor/htmx.min.js")
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got, want) {
		t.Error("unpacked content differs from the file")
	}
}

func TestHandlerNotFound(t *testing.T) {
	t.Parallel()
	for _, target := range []string{
		"/static/000000000000/app.css",           // an older version's address
		"/static/app.css",                        // without a hash
		"/static/", "/static/x/vendor/README.md", // not embedded
		strings.Replace(URL("app.css"), "/static/", "/static/x/../", 1),
	} {
		if res := request(t, "GET", target, ""); res.StatusCode != http.StatusNotFound {
			t.Errorf("%s: status %d, want 404", target, res.StatusCode)
		}
	}
}

func TestHandlerHead(t *testing.T) {
	t.Parallel()
	res := request(t, "HEAD", URL("app.css"), "")
	body, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	if res.StatusCode != http.StatusOK || len(body) != 0 || res.Header.Get("Content-Length") == "" {
		t.Errorf("status %d, %d bytes, length %q", res.StatusCode, len(body), res.Header.Get("Content-Length"))
	}
}

// What a first page loads must leave room for the page within 100 KB (docs/design.md section 8). A page is drawn by one of two pairs of
// style sheets.
func TestAssetsAreSmall(t *testing.T) {
	t.Parallel()
	shared := []string{"theme.js", "htmx.min.js", "all.min.js", "app.js", "logo.svg", "icons.svg"}
	for look, own := range map[string][]string{
		"panels": {"basecoat.cdn.min.css", "app.css"},
		"books":  {"tokens.css", "components.css", font},
	} {
		total := 0
		for _, name := range append(own, shared...) {
			f, there := assets()[name]
			if !there {
				t.Fatalf("no asset %s", name)
			}
			if f.gzipped != nil {
				total += len(f.gzipped)
			} else {
				total += len(f.plain)
			}
		}
		if total > 75_000 {
			t.Errorf("assets of %s are %d bytes compressed", look, total)
		}
		t.Logf("assets of %s: %d bytes compressed", look, total)
	}
}

// The style sheet asks for the font at the address where it is.
func TestFontIsFound(t *testing.T) {
	t.Parallel()
	sheet, err := io.ReadAll(request(t, "GET", URL("tokens.css"), "").Body)
	if err != nil {
		t.Fatal(err)
	}
	address := regexp.MustCompile(`src: url\("([^"]+)"\)`).FindSubmatch(sheet)
	if address == nil {
		t.Fatal("tokens.css loads no font")
	}
	res := request(t, "GET", string(address[1]), "gzip")
	if got := res.Header.Get("Content-Type"); res.StatusCode != http.StatusOK || got != "font/woff2" {
		t.Errorf("%s: status %d, Content-Type %q", address[1], res.StatusCode, got)
	}
}
