// Package books keeps the books of the months in the store: what reads and writes for billing/months (docs/months.md). A write that a
// row follows from marks its organization in its own transaction; what is marked is counted again before anybody reads.
package books

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"sync"
	"time"

	"seatbridge/billing/background"
	"seatbridge/billing/connect"
	"seatbridge/billing/figures"
	"seatbridge/billing/months"
	"seatbridge/billing/notify"
	"seatbridge/billing/run"
	"seatbridge/store"
)

// Config is what a Keeper works with.
type Config struct {
	Store      *store.Store
	Log        *slog.Logger
	Now        func() time.Time
	Background *background.Group
	Connection *connect.Keeper
	Figures    *figures.Book
	Runs       *run.Runner
	Outbox     *notify.Outbox
}

// Keeper keeps the books.
type Keeper struct {
	Config
	counting sync.Mutex // one counts at a time
}

// New makes the keeper of a store's books.
func New(c Config) *Keeper { return &Keeper{Config: c} }

const (
	// batch is how many organizations are counted in one transaction: others wait for it to write.
	batch = 200
	// mostAtOnce is how many organizations a page counts again by itself; more are counted in the background, and the page says so.
	mostAtOnce = 1000
)

// Refresh brings the books up to date: months that ended are in them, and all that is marked is counted again.
func (k *Keeper) Refresh(ctx context.Context) error {
	k.counting.Lock()
	defer k.counting.Unlock()
	if err := k.begin(ctx); err != nil {
		return err
	}
	for {
		left, err := k.countSome(ctx)
		if err != nil {
			return err
		}
		if !left {
			return sumUp(ctx, k.Store)
		}
	}
}

// Current brings the books up to date for a page. Where that takes long it goes on in the background: pending is then how many
// organizations are to be counted yet.
func (k *Keeper) Current(ctx context.Context) (pending int, err error) {
	if err := k.begin(ctx); err != nil {
		return 0, err
	}
	pending, err = store.BooksIn(k.Store).CountStale(ctx)
	switch {
	case err != nil || pending == 0:
		return 0, err
	case pending <= mostAtOnce:
		return 0, k.Refresh(ctx)
	}
	if k.counting.TryLock() {
		k.counting.Unlock()
		k.Background.Go(func(ctx context.Context) {
			if err := k.Refresh(ctx); err != nil {
				k.Log.Error("counting the books", "err", err)
			}
		})
	}
	return pending, nil
}

// UpToDate brings the books up to date however long it takes: for scripts, which nobody waits for.
func (k *Keeper) UpToDate(ctx context.Context) error {
	if err := k.begin(ctx); err != nil {
		return err
	}
	pending, err := store.BooksIn(k.Store).CountStale(ctx)
	if err != nil || pending == 0 {
		return err
	}
	return k.Refresh(ctx)
}

// begin puts the months that ended into the books.
func (k *Keeper) begin(ctx context.Context) error {
	books := store.BooksIn(k.Store)
	first, err := books.FirstMonth(ctx)
	if errors.Is(err, store.ErrNotFound) {
		return nil // nothing was ever connected
	}
	if err != nil {
		return err
	}
	have, err := books.Months(ctx)
	if err != nil {
		return err
	}
	var missing []store.Month
	for m := first; m < store.MonthOf(k.Now()); m = m.Add(1) {
		if !slices.ContainsFunc(have, func(b store.BookedMonth) bool { return b.Month == m }) {
			missing = append(missing, m)
		}
	}
	if len(missing) == 0 {
		return nil
	}
	return books.Begin(ctx, missing)
}

// countSome counts some of what is marked, and says whether there is more.
func (k *Keeper) countSome(ctx context.Context) (left bool, err error) {
	err = k.Store.Together(ctx, "counting the books again", func(s *store.Store) error {
		stale, err := store.BooksIn(s).Stale(ctx, batch)
		if err != nil || len(stale) == 0 {
			return err
		}
		left = len(stale) == batch
		if err := k.count(ctx, s, stale); err != nil {
			return err
		}
		return store.BooksIn(s).Fresh(ctx, stale)
	})
	return left, err
}

// count counts the rows of organizations again; the sums of the months in which one changed lag behind until they are added up.
func (k *Keeper) count(ctx context.Context, s *store.Store, ids []int64) error {
	in, err := k.gather(ctx, s, ids)
	if err != nil {
		return err
	}
	var changed, gone []store.MonthRow
	for _, story := range in.stories {
		now := in.rows(story, k.Now())
		c, g := compare(story.Rows, now)
		changed, gone = append(changed, c...), append(gone, g...)
	}
	return store.BooksIn(s).SaveRows(ctx, changed, gone)
}

// compare says which rows are new or others than before, and which are no more.
func compare(before, now []store.MonthRow) (changed, gone []store.MonthRow) {
	for _, r := range now {
		if i := indexOf(before, r); i < 0 || !same(before[i], r) {
			changed = append(changed, r)
		}
	}
	for _, r := range before {
		if indexOf(now, r) < 0 {
			gone = append(gone, r)
		}
	}
	return changed, gone
}

func indexOf(rows []store.MonthRow, r store.MonthRow) int {
	return slices.IndexFunc(rows, func(o store.MonthRow) bool { return o.Month == r.Month && o.Plan == r.Plan })
}

// same compares what is kept of rows; decimals and moments by what they say.
func same(a, b store.MonthRow) bool { return fmt.Sprint(a) == fmt.Sprint(b) }

// sumUp adds the rows of the months up whose sums lag behind: once for all that was counted again, since it reads every row of a month.
func sumUp(ctx context.Context, s *store.Store) error {
	lagging, err := store.BooksIn(s).Unsummed(ctx)
	if err != nil || len(lagging) == 0 {
		return err
	}
	return s.Together(ctx, "adding up the months", func(s *store.Store) error {
		for _, m := range lagging {
			var t months.Tally
			for r, err := range store.BooksIn(s).EachRow(ctx, store.MonthRowFilter{Month: m, Sort: "id"}) {
				if err != nil {
					return err
				}
				t.Add(r)
			}
			if err := store.BooksIn(s).SaveSums(ctx, m, t.Sums()); err != nil {
				return err
			}
		}
		return nil
	})
}
