package api

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"

	"seatbridge/handlers/web"
	"seatbridge/store"
)

// MaxIdempotencyKey is the longest Idempotency-Key, in bytes.
const MaxIdempotencyKey = 255

// once carries a request out unless its Idempotency-Key was used before: then the first answer is given again. An answer
// other than success is not kept, because nothing was changed: the key may be used again.
func (a *API) once(w http.ResponseWriter, r *http.Request, c caller, key string, body []byte) error {
	if !plainASCII(key) || len(key) > MaxIdempotencyKey {
		return &web.Error{
			Status:  http.StatusBadRequest,
			Message: fmt.Sprintf("The Idempotency-Key must be 1 to %d visible ASCII characters.", MaxIdempotencyKey),
		}
	}
	hash := requestHash(r, body)
	claimed, before, err := a.Web.Store.ClaimIdempotencyKey(r.Context(), c.ID, key, hash, a.Web.Now())
	if err != nil {
		return err
	}
	if !claimed {
		return replay(w, before, hash)
	}
	ctx := context.WithoutCancel(r.Context()) // who sent the request may be gone and send it again
	answer := &recorder{header: w.Header(), status: http.StatusOK}
	finished := false
	defer func() {
		if !finished { // a panic on the way
			_ = a.Web.Store.ReleaseIdempotencyKey(ctx, c.ID, key)
		}
	}()
	a.mux.ServeHTTP(answer, r)
	if answer.status < 200 || answer.status > 299 {
		err = a.Web.Store.ReleaseIdempotencyKey(ctx, c.ID, key)
	} else {
		err = a.Web.Store.FinishIdempotencyKey(ctx, c.ID, key, store.IdempotentAnswer{
			Status: answer.status, ContentType: w.Header().Get("Content-Type"), Body: answer.body.Bytes(),
		})
	}
	if finished = true; err != nil {
		return err
	}
	w.WriteHeader(answer.status)
	w.Write(answer.body.Bytes())
	return nil
}

// replay gives the first answer again.
func replay(w http.ResponseWriter, before store.IdempotentAnswer, hash string) error {
	switch {
	case before.RequestHash != hash:
		return &web.Error{
			Status: http.StatusUnprocessableEntity, Message: "This Idempotency-Key was used for another request.", Do: "Use a new key.",
		}
	case before.Status == 0:
		return &web.Error{
			Status: http.StatusConflict, Message: "The first request with this Idempotency-Key is still being carried out.",
			Do: "Send it again in a moment.", RetryAfter: time.Second,
		}
	}
	w.Header().Set("Idempotency-Replayed", "true")
	w.Header().Set("Content-Type", before.ContentType)
	w.WriteHeader(before.Status)
	w.Write(before.Body)
	return nil
}

// requestHash tells requests apart by method, address and body.
func requestHash(r *http.Request, body []byte) string {
	h := sha256.New()
	io.WriteString(h, r.Method+" "+r.URL.RequestURI()+"\n")
	h.Write(body)
	return hex.EncodeToString(h.Sum(nil))
}

func plainASCII(s string) bool {
	return !strings.ContainsFunc(s, func(c rune) bool { return c <= ' ' || c > '~' })
}

// recorder keeps an answer back until it is stored. Its header is the real one.
type recorder struct {
	header http.Header
	status int
	body   bytes.Buffer
}

func (r *recorder) Header() http.Header         { return r.header }
func (r *recorder) WriteHeader(status int)      { r.status = status }
func (r *recorder) Write(b []byte) (int, error) { return r.body.Write(b) }
