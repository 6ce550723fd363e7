package mapping

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"

	"golang.org/x/sync/errgroup"

	"seatbridge/billing/connect"
	"seatbridge/billing/problem"
	"seatbridge/connectwise"
	"seatbridge/store"
)

// adoptersAtOnce is how many agreements are read at once for the lines that they have.
const adoptersAtOnce = 4

// Adopting is how far the lines are looked for that agreements have on which many organizations were mapped together.
type Adopting struct {
	Running     bool
	Done, Total int           // agreements
	Adopted     int           // lines
	Several     int           // agreements with several lines of a product: a person chooses
	Problem     store.Problem // why not all could be read; zero: they were
}

// adopting is the search in progress, or the last one of this process.
type adopting struct {
	mu sync.Mutex
	at Adopting
}

func (a *adopting) update(change func(*Adopting)) {
	a.mu.Lock()
	defer a.mu.Unlock()
	change(&a.at)
}

// Adopting tells how far it is.
func (mp *Mapper) Adopting() Adopting {
	mp.adopts.mu.Lock()
	defer mp.adopts.mu.Unlock()
	return mp.adopts.at
}

// adoptLater looks in the background for the lines that agreements have, and binds those that are the only ones of their product: a
// request for each agreement. A sync that comes first finds the same ones.
func (mp adopter) adoptLater(ctx context.Context, who problem.Actor, pairs []Pair) error {
	client, err := mp.connect.Client(ctx)
	if errors.Is(err, problem.ErrNotConnected) {
		return nil // and so there is no product yet that a line could be of
	}
	if err != nil {
		return err
	}
	products, err := mp.store.ProductMappings(ctx)
	if err != nil || len(products) == 0 {
		return err
	}
	mapped, err := mp.store.MappedAgreements(ctx)
	if err != nil {
		return fmt.Errorf("reading mappings: %w", err)
	}
	of := slices.DeleteFunc(mapped, func(m store.MappedAgreement) bool {
		return !slices.ContainsFunc(pairs, func(p Pair) bool { return p.AgreementID == m.Agreement.ID })
	})
	mp.adopts.update(func(a *Adopting) {
		if !a.Running {
			*a = Adopting{}
		}
		a.Running, a.Total = true, a.Total+len(of)
	})
	mp.work.Go(func(ctx context.Context) {
		group, each := errgroup.WithContext(ctx)
		group.SetLimit(adoptersAtOnce)
		for _, m := range of {
			group.Go(func() error { return mp.adoptOne(each, client, who, m) })
		}
		err := group.Wait()
		mp.adopts.update(func(a *Adopting) {
			if err != nil {
				a.Problem, a.Total = connect.ProblemOf(err), a.Done
			}
			a.Running = a.Done < a.Total
		})
		if err != nil && ctx.Err() == nil {
			mp.log.Error("looking for lines to adopt", "err", err)
		}
	})
	return nil
}

func (mp adopter) adoptOne(ctx context.Context, client *connectwise.Client, who problem.Actor, m store.MappedAgreement) error {
	l, err := mp.keptLines(ctx, m)
	if err != nil {
		return err
	}
	if l.additions, err = mp.additions(ctx, client, m.Agreement.ID); err != nil {
		return err
	}
	lines, bind, err := l.found(nil)
	if err != nil {
		return err
	}
	adopted := 0
	err = mp.store.Together(ctx, "adopting lines", func(s *store.Store) error {
		adopted, err = l.bind(ctx, s, who, bind)
		return err
	})
	mp.adopts.update(func(a *Adopting) {
		a.Done, a.Adopted = a.Done+1, a.Adopted+adopted
		if slices.ContainsFunc(lines, func(f FoundLine) bool { return f.Several }) {
			a.Several++
		}
	})
	return err
}
