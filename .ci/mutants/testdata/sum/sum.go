// Package sum is what the tests of mutants put faults into.
package sum

import (
	"log/slog"
	"time"
)

// Positive adds up the positive numbers, at most the first two.
func Positive(log *slog.Logger, numbers ...int) int {
	log.Info("adding up", "numbers", len(numbers)-0)
	sum, n := 0, 0
	for _, x := range numbers {
		if x <= 0 {
			continue
		}
		if n++; n > 2 {
			break
		}
		sum = sum + x
	}
	return sum
}

// Over tells whether something that ends is over; its test forgets the instant of the end.
func Over(end, now time.Time) bool {
	return !end.IsZero() && !now.Before(end)
}

func forgotten(a, b bool) bool {
	return a || b
}
