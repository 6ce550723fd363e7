package scan_test

import (
	"net/http/httptest"
	"testing"

	"seatbridge/billing/billingtest"
	"seatbridge/billing/scan"
	"seatbridge/internal/handwork"
	"seatbridge/store"
)

// world is Seatbridge, set up beside ten years of hand work.
type world struct {
	*billingtest.World
	hand *handwork.World
}

// newWorld is set up, and everybody is mapped as intended.
func newWorld(t *testing.T, c handwork.Config) *world {
	t.Helper()
	w := &world{World: billingtest.Empty(t)}
	c.Now = w.Time
	w.hand = handwork.New(c)
	w.Sim = w.hand.Sim
	server := httptest.NewServer(w.Sim)
	t.Cleanup(server.Close)
	w.Site = server.URL
	billingtest.SetUp(t, w.Billing, w.hand, w.Credentials())
	return w
}

// scan scans to the end.
func (w *world) scan() scan.Progress {
	w.T.Helper()
	w.Must(w.Scan.Start(w.T.Context(), billingtest.Admin()))
	w.Work.Wait()
	return w.Scan.Progress()
}

// found is what leaks now, after a scan that must have gone well.
func (w *world) found() scan.Found {
	w.T.Helper()
	if p := w.Scan.Progress(); p.Running || !p.Problem.Zero() {
		w.T.Fatalf("the scan: %+v", p)
	}
	return w.find()
}

// find is what leaks now.
func (w *world) find() scan.Found {
	w.T.Helper()
	f, err := w.Scan.Find(w.T.Context())
	w.Must(err)
	return f
}

// last is the last scan, however it ended.
func (w *world) last() store.Scan {
	w.T.Helper()
	s, err := store.LeaksIn(w.Store).LastScan(w.T.Context())
	w.Must(err)
	return s
}
