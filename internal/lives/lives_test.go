// Package lives tells Seatbridge of random lives of organizations: at once, or late, in pieces and in any order.
package lives

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"seatbridge/billing/organizations"
	"seatbridge/internal/soak"
)

// TestLives: a life that is told late gives the same figures of all months as one that is told at once, whoever tells it: when
// Seatbridge is told of the organization at any moment of its life or only at its end, by the panel or by a file; and when what was
// before comes afterwards in pieces, in any order, as history or as files; and scripts, the Provider API and files of usage report the
// figures of months that are right.
//
// SEATBRIDGE_SEEDS is how many lives there are, SEATBRIDGE_SEED makes one of them alone.
func TestLives(t *testing.T) {
	t.Parallel()
	for _, seed := range soak.Seeds(5, 1000) {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			t.Parallel()
			c := chance{rand.New(rand.NewPCG(seed, 7))}
			l := c.life()
			atOnce := newWorld(t, l)
			atOnce.live(l, l.start)
			late := newWorld(t, l)
			late.truth = atOnce
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

// TestDownloadedLives: the list of organizations that Seatbridge downloads changes nothing where it comes from, and tells the whole life
// to another one, whose members come by a file.
func TestDownloadedLives(t *testing.T) {
	t.Parallel()
	for _, seed := range soak.Seeds(5, 1000) {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			t.Parallel()
			l := chance{rand.New(rand.NewPCG(seed, 8))}.life()
			here := newWorld(t, l)
			here.live(l, l.start)
			here.must(here.say(func(h *organizations.History) { h.Start = l.start }))
			list, before := here.download(), here.months()
			here.must(here.list(list))
			if after := here.download(); after != list || !slices.Equal(here.months(), before) {
				t.Errorf("read back, the list\n%s\nbecomes\n%s", list, after)
			}
			elsewhere := newWorld(t, l)
			elsewhere.clock = now
			elsewhere.must(elsewhere.list(list))
			if len(l.stays) > 0 {
				elsewhere.must(elsewhere.file(l.stays))
			}
			if diff := cmp.Diff(before, elsewhere.months()); diff != "" && len(l.stays) > 0 {
				t.Errorf("the list\n%s\nwith %+v\nhere (-) and elsewhere (+):\n%s\nagain: SEATBRIDGE_SEED=%d go test ./internal/lives", list, l.stays, diff, seed)
			}
		})
	}
}
