package connect_test

import (
	"errors"
	"fmt"
	"testing"

	"seatbridge/billing/connect"
	"seatbridge/connectwise"
)

// TestBreaker holds for each cause how many agreements in a row that fail of it end the run; 0: none does.
func TestBreaker(t *testing.T) {
	t.Parallel()
	for cause, want := range map[error]int{
		connectwise.ErrUnauthorized: 1, connectwise.ErrClientID: 1, connectwise.ErrUnknownCompany: 1,
		connectwise.ErrRedirect: 1, connectwise.ErrSSLRequired: 1, connectwise.ErrNotConnectWise: 1,
		connectwise.ErrTimeout: 5, connectwise.ErrUnreachable: 5, connectwise.ErrUnknownOutcome: 5, connectwise.ErrMaintenance: 5,
		connectwise.ErrServer: 5, connectwise.ErrForbidden: 5, connectwise.ErrRateLimited: 5, connectwise.ErrUnroutable: 5,
		connectwise.ErrInvalid: 0, connectwise.ErrNotFound: 0,
	} {
		t.Run(cause.Error(), func(t *testing.T) {
			t.Parallel()
			if got := endsAfter(&connect.Breaker{Fatal: connect.Fatal}, fmt.Errorf("writing: %w", cause)); got != want {
				t.Errorf("the run ends after %d, want %d", got, want)
			}
		})
	}
}

// endsAfter is how many failures end a run; 0: not even ten.
func endsAfter(b *connect.Breaker, cause error) int {
	for n := 1; n <= 10; n++ {
		if errors.Is(b.Lost(cause), cause) {
			return n
		}
	}
	return 0
}

// TestBreakerStartsOver holds that what succeeds ends a row of failures, and what is an agreement's own does not.
func TestBreakerStartsOver(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		between func(b *connect.Breaker) error
		want    int // how many more end the run after four
	}{
		"a success":         {func(b *connect.Breaker) error { return b.Lost(nil) }, 5},
		"an agreement read": {func(b *connect.Breaker) error { b.InOrder(); return nil }, 5},
		"a refusal":         {func(b *connect.Breaker) error { return b.Lost(connectwise.ErrInvalid) }, 1},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := connect.Breaker{Fatal: connect.Fatal}
			for range 4 {
				if err := b.Lost(connectwise.ErrServer); err != nil {
					t.Fatal(err)
				}
			}
			if err := tt.between(&b); err != nil {
				t.Fatal(err)
			}
			if got := endsAfter(&b, connectwise.ErrServer); got != tt.want {
				t.Errorf("it ends after %d more, want %d", got, tt.want)
			}
		})
	}
}
