package sum

import (
	"log/slog"
	"testing"
	"time"
)

func TestPositive(t *testing.T) {
	for want, numbers := range map[int][]int{0: {-1}, 1: {1, 0}, 3: {1, -1, 2, 4}} {
		if got := Positive(slog.New(slog.DiscardHandler), numbers...); got != want {
			t.Errorf("%v: %d, not %d", numbers, got, want)
		}
	}
}

func TestOver(t *testing.T) {
	end := time.Unix(1000, 0)
	for now, want := range map[time.Time]bool{end.Add(-1): false, end.Add(1): true} {
		if got := Over(end, now); got != want {
			t.Errorf("%s: %t", now, got)
		}
	}
	if Over(time.Time{}, end) {
		t.Error("what never ends is over")
	}
}
