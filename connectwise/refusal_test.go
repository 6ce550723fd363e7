package connectwise_test

import (
	"errors"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/shopspring/decimal"

	"seatbridge/connectwise"
	"seatbridge/connectwise/cwsim"
)

// TestCase_J45_NothingIsBegunAfterARefusalWasRead: eight workers, of whose requests four are on their way and four wait.
// One is refused after five seconds, when the others are still being answered.
func TestCase_J45_NothingIsBegunAfterARefusalWasRead(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := piped(t, cwsim.Config{Companies: 30}, func(cfg *connectwise.Config) { cfg.MaxConcurrent = 4 })
		w := s.workplace()
		if _, err := s.Discover(s.ctx); err != nil {
			t.Fatal(err)
		}
		s.ResetRequests()
		s.SetFaults(
			cwsim.Fault{Kind: cwsim.Unauthorized, Times: 1},
			cwsim.Fault{Kind: cwsim.Slow, Times: 1, Wait: 5 * time.Second},
			cwsim.Fault{Kind: cwsim.Slow, After: 1, Wait: 10 * time.Second},
		)
		began := time.Now()
		var mu sync.Mutex
		ended := map[time.Duration]int{}
		var workers sync.WaitGroup
		for range 8 {
			workers.Go(func() {
				for range 3 { // nobody has told the worker that the run is over
					_, err := s.Client.Agreement(s.ctx, w.agreement)
					mu.Lock()
					ended[time.Since(began)]++
					mu.Unlock()
					if err != nil && !errors.Is(err, connectwise.ErrUnauthorized) {
						t.Errorf("error: %v", err)
					}
				}
			})
		}
		workers.Wait()
		for _, r := range s.Requests() {
			if r.At.After(began) {
				t.Errorf("%s %s was begun %s after the start", r.Method, r.Path, r.At.Sub(began))
			}
		}
		// Three reads are answered. The refused worker's three and the twelve of those that waited end with the refusal, the
		// six that would have followed the answered ones are not begun.
		if sent := len(s.Requests()); sent != 4 || ended[5*time.Second] != 15 || ended[10*time.Second] != 9 {
			t.Errorf("%d requests were sent, and reads ended at %v", sent, ended)
		}
	})
}

// TestUnknownCompanyIsARefusal: once it is sure that the company leads nowhere, and not only the codebase, nothing follows.
func TestUnknownCompanyIsARefusal(t *testing.T) {
	t.Parallel()
	for _, faults := range [][]cwsim.Fault{
		{{Kind: cwsim.CannotRoute, Path: "/finance/agreements/*", Times: 1}},
		{{Kind: cwsim.NullCompany, Times: 1}},
	} {
		s := simulate(t, cwsim.Config{Companies: 30})
		w := s.workplace()
		s.SetFaults(faults...)
		if _, err := s.Client.Agreement(s.ctx, w.agreement); err == nil {
			t.Fatal("no error")
		}
		s.ResetRequests()
		if _, err := s.Client.Agreement(s.ctx, w.agreement); err == nil || len(s.Requests()) != 0 {
			t.Errorf("%d requests after the refusal, %v", len(s.Requests()), err)
		}
	}
}

// TestRefusalOfOneRight leaves the others alone.
func TestRefusalOfOneRight(t *testing.T) {
	t.Parallel()
	s := simulate(t, cwsim.Config{Companies: 30})
	w := s.workplace()
	s.Revoke(cwsim.ProductCatalog, cwsim.Inquire)
	if _, err := s.CatalogItem(s.ctx, w.product); !errors.Is(err, connectwise.ErrForbidden) {
		t.Errorf("error: %v", err)
	}
	if _, err := s.Client.Agreement(s.ctx, w.agreement); err != nil {
		t.Errorf("after another right was refused: %v", err)
	}
}

// TestAfresh: a refused client stays so, with any number of tries, and one made afresh asks again.
func TestAfresh(t *testing.T) {
	t.Parallel()
	s := simulate(t, cwsim.Config{Companies: 30})
	w := s.workplace()
	s.SetFaults(cwsim.Fault{Kind: cwsim.Unauthorized, Path: "/finance/agreements/*", Times: 1})
	if _, err := s.Client.Agreement(s.ctx, w.agreement); !errors.Is(err, connectwise.ErrUnauthorized) {
		t.Fatal(err)
	}
	s.ResetRequests()
	for _, c := range []*connectwise.Client{s.Client, s.WithTries(2)} {
		if _, err := c.Agreement(s.ctx, w.agreement); !errors.Is(err, connectwise.ErrUnauthorized) {
			t.Errorf("error: %v", err)
		}
		if _, err := s.add(w, 3); !errors.Is(err, connectwise.ErrUnauthorized) || errors.Is(err, connectwise.ErrUnknownOutcome) {
			t.Errorf("a write: %v", err)
		}
	}
	if n := len(s.Requests()); n != 0 {
		t.Errorf("%d requests after the refusal", n)
	}
	if _, err := s.Afresh().Agreement(s.ctx, w.agreement); err != nil {
		t.Errorf("afresh: %v", err)
	}
}

// TestRefusalSaysNothingOfOtherWrites: of a write whose first try was lost and whose second one was refused nobody knows the outcome.
// A write that was not begun for that refusal was surely not applied.
func TestRefusalSaysNothingOfOtherWrites(t *testing.T) {
	t.Parallel()
	for _, refusal := range []cwsim.FaultKind{cwsim.Unauthorized, cwsim.CannotRoute} {
		s := simulate(t, cwsim.Config{Companies: 30})
		w := s.workplace()
		line := s.AddAddition(cwsim.Addition{AgreementID: w.agreement, ProductID: w.product, Quantity: decimal.NewFromInt(1)})
		s.SetFaults(
			cwsim.Fault{Kind: cwsim.DropAfter, Method: "PATCH", Times: 1},
			cwsim.Fault{Kind: refusal, Method: "PATCH", After: 1},
		)
		_, first := s.UpdateQuantity(s.ctx, w.agreement, line.ID, decimal.NewFromInt(3))
		if !errors.Is(first, connectwise.ErrUnknownOutcome) {
			t.Fatalf("%s: %v", refusal, first)
		}
		s.ResetRequests()
		_, second := s.add(w, 3)
		if second == nil || errors.Is(second, connectwise.ErrUnknownOutcome) || len(s.Requests()) != 0 {
			t.Errorf("%s: after %d requests the other write is %v", refusal, len(s.Requests()), second)
		}
	}
}
