// Package lives tells Seatbridge of random lives of organizations: at once, or late, in pieces and in any order.
package lives

import (
	"fmt"
	"math/rand/v2"
	"os"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"seatbridge/internal/soak"
)

// TestLives: a life that is told late gives the same figures of all months as one that is told at once, whoever tells it: when
// Seatbridge is told of the organization at any moment of its life or only at its end, by the panel or by a file; and when what was
// before comes afterwards in pieces, in any order, as history or as files.
//
// SEATBRIDGE_SEEDS is how many lives there are, SEATBRIDGE_SEED makes one of them alone.
func TestLives(t *testing.T) {
	t.Parallel()
	for _, seed := range seeds(t) {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			t.Parallel()
			c := chance{rand.New(rand.NewPCG(seed, 7))}
			l := c.life()
			atOnce := newWorld(t, l)
			atOnce.live(l, l.start)
			late := newWorld(t, l)
			from := c.between(l.start, now)
			switch {
			case c.of(40) && len(l.stays) > 0: // by a file, at the end
				from, late.clock = now, now
				pieces := late.pieces(l, from, c)
				for i, p := range pieces {
					if strings.HasPrefix(p.what, "a file") {
						late.must(p.tell())
						late.tell("told first: %s", p.what)
						pieces = append(pieces[:i:i], pieces[i+1:]...)
						break
					}
				}
				late.tellLate(pieces, c)
			default:
				late.live(l, from)
				late.tellLate(late.pieces(l, from, c), c)
			}
			if diff := cmp.Diff(atOnce.months(), late.months()); diff != "" {
				t.Errorf("a life from %s (its trial ends %s), %+v, with %+v\nat once (-) and told late (+):\n%s\n%s\n%s\nagain: SEATBRIDGE_SEED=%d go test ./internal/lives",
					l.start.Format(time.DateTime), l.ends.Format(time.DateTime), l.states, l.stays, diff,
					strings.Join(atOnce.story, "\n"), strings.Join(late.story, "\n"), seed)
			}
		})
	}
}

func seeds(t *testing.T) []uint64 {
	t.Helper()
	if text := os.Getenv("SEATBRIDGE_SEED"); text != "" {
		seed, err := strconv.ParseUint(text, 10, 64)
		if err != nil {
			t.Fatalf("SEATBRIDGE_SEED=%q is no seed", text)
		}
		return []uint64{seed}
	}
	list := make([]uint64, soak.Count("SEATBRIDGE_SEEDS", 5, 1000))
	for i := range list {
		list[i] = uint64(i)
	}
	return list
}
