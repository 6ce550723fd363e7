// Package static holds what the browser loads besides pages: style sheets,
// scripts, icons. Everything is embedded in the binary, and every file has a
// URL that changes with its content, so that browsers may keep it for good.
package static

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"fmt"
	"io/fs"
	"mime"
	"net/http"
	"path"
	"strings"
	"sync"
)

//go:embed app.css tokens.css components.css app.js theme.js webauthn.js logo.svg vendor/*.css vendor/*.js vendor/*.svg vendor/*.woff2
var embedded embed.FS

// file is one embedded file, ready to be sent.
type file struct {
	url         string
	contentType string
	plain       []byte
	gzipped     []byte // nil where compressing does not pay
}

// assets reads and compresses the embedded files once, at first use.
// Its keys are file names without their folder.
var assets = sync.OnceValue(func() map[string]file {
	files := make(map[string]file)
	err := fs.WalkDir(embedded, ".", func(name string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		content, err := embedded.ReadFile(name)
		if err != nil {
			return err
		}
		base := path.Base(name)
		files[base] = newFile(base, content)
		return nil
	})
	if err != nil {
		panic(fmt.Sprintf("static: reading embedded files: %v", err))
	}
	tokens := files["tokens.css"].plain
	files["tokens.css"] = newFile("tokens.css", bytes.Replace(tokens, []byte(font), []byte(files[font].url), 1))
	return files
})

// font is the only file that a style sheet asks for. It does so by the file's address, which the sheet cannot know.
const font = "geist-latin-wght-normal.woff2"

func newFile(base string, content []byte) file {
	sum := sha256.Sum256(content)
	f := file{
		url:         "/static/" + hex.EncodeToString(sum[:6]) + "/" + base,
		contentType: contentType(base),
		plain:       content,
	}
	if packed := compress(content); len(packed) < len(content) {
		f.gzipped = packed
	}
	return f
}

// contentType does not leave to the system's tables what not all of them have.
func contentType(base string) string {
	if path.Ext(base) == ".woff2" {
		return "font/woff2"
	}
	return mime.TypeByExtension(path.Ext(base))
}

func compress(content []byte) []byte {
	var buf bytes.Buffer
	w, err := gzip.NewWriterLevel(&buf, gzip.BestCompression)
	if err != nil {
		panic(fmt.Sprintf("static: %v", err)) // the level is a constant
	}
	// Writes to a buffer do not fail.
	w.Write(content)
	w.Close()
	return buf.Bytes()
}

// URL is the address of an embedded file, named without its folder
// ("app.css"). It holds a hash of the content and may be cached for ever.
// An unknown name is a programming error and panics.
func URL(name string) string {
	f, ok := assets()[name]
	if !ok {
		panic("static: no embedded file " + name)
	}
	return f.url
}

// Handler serves the embedded files below /static/. Addresses with another
// hash, left over from an older version, are not found.
func Handler() http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		f, ok := assets()[path.Base(r.URL.Path)]
		if !ok || f.url != r.URL.Path {
			http.NotFound(w, r)
			return
		}
		header := w.Header()
		header.Set("Content-Type", f.contentType)
		header.Set("Cache-Control", "public, max-age=31536000, immutable")
		header.Set("Vary", "Accept-Encoding")
		body := f.plain
		if f.gzipped != nil && strings.Contains(r.Header.Get("Accept-Encoding"), "gzip") {
			header.Set("Content-Encoding", "gzip")
			body = f.gzipped
		}
		header.Set("Content-Length", fmt.Sprint(len(body)))
		if r.Method != http.MethodHead {
			w.Write(body)
		}
	})
}
