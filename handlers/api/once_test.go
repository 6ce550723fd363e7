package api

import (
	"context"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"seatbridge/handlers/web"
	"seatbridge/store"
	"seatbridge/store/storetest"
)

// TestOnceWithoutListener: whoever sent a request may be gone before it is carried out, and sends it again.
func TestOnceWithoutListener(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name       string
		status     int
		carriedOut int
	}{
		{"what was carried out is answered again", http.StatusOK, 1},
		{"what failed is carried out again", http.StatusInternalServerError, 2},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			s := storetest.Open(t)
			now := func() time.Time { return time.Date(2026, 3, 10, 12, 0, 0, 0, time.UTC) }
			token, err := s.CreateAPIToken(t.Context(), "secret", store.APIToken{Name: "nightly", CreatedAt: now()})
			if err != nil {
				t.Fatal(err)
			}
			a := &API{Config: Config{Web: web.New(web.Config{Store: s, Now: now})}, mux: http.NewServeMux()}
			ctx, leave := context.WithCancel(t.Context())
			carriedOut := 0
			a.mux.HandleFunc("POST /", func(w http.ResponseWriter, _ *http.Request) {
				carriedOut++
				leave()
				w.WriteHeader(test.status)
			})
			send := func(ctx context.Context) (int, error) {
				w := httptest.NewRecorder()
				err := a.once(w, httptest.NewRequestWithContext(ctx, http.MethodPost, "/", nil), caller{APIToken: token}, "key", nil)
				return w.Code, err
			}
			if _, err := send(ctx); err != nil {
				t.Fatal(err)
			}
			if status, err := send(t.Context()); err != nil || status != test.status || carriedOut != test.carriedOut {
				t.Errorf("the second answer is %d, %v, after carrying out %d times", status, err, carriedOut)
			}
		})
	}
}
