package setup

import (
	"context"
	"errors"
	"fmt"
	"time"

	"seatbridge/store"
)

// Read is the guide of a store's panel. It asks nothing of ConnectWise.
func Read(ctx context.Context, s *store.Store) (Guide, error) {
	f, err := facts(ctx, s)
	if err != nil {
		return Guide{}, fmt.Errorf("reading how far the panel is set up: %w", err)
	}
	return Of(f), nil
}

// Stands is how far a store's panel is set up; it is asked for every page.
func Stands(ctx context.Context, s *store.Store) (Progress, error) {
	signs, err := store.SetupIn(s).Signs(ctx)
	if err != nil {
		return Progress{}, err
	}
	return ProgressOf(signs), nil
}

func facts(ctx context.Context, s *store.Store) (f Facts, err error) {
	of := store.SetupIn(s)
	if f.SetupSigns, err = of.Signs(ctx); err != nil {
		return f, err
	}
	if f.SetupCounts, err = of.Counts(ctx); err != nil {
		return f, err
	}
	if f.Mappings, err = s.ProductMappings(ctx); err != nil {
		return f, err
	}
	if _, f.Suggested, err = s.Companies(ctx, store.CompanyFilter{Show: store.ShowSuggested, Limit: 1}); err != nil {
		return f, err
	}
	if f.Integration, err = s.Integration(ctx); missed(err) != nil {
		return f, err
	}
	if f.File, err = of.LastFile(ctx); missed(err) != nil {
		return f, err
	}
	if f.Mapping, err = of.LastMapping(ctx); missed(err) != nil {
		return f, err
	}
	if f.Comparing, err = store.ComparingsIn(s).Now(ctx); err != nil {
		return f, err
	}
	if f.Look, err = of.LastLook(ctx, f.Integration.ConnectedAt); missed(err) != nil {
		return f, err
	}
	return f, f.people(ctx, of)
}

// people adds who did what.
func (f *Facts) people(ctx context.Context, of store.Setup) (err error) {
	products, _ := f.did(Products)
	for _, deed := range []struct {
		at   time.Time
		into *string
	}{{f.Integration.ConnectedAt, &f.ConnectedBy}, {products, &f.ProductsBy}, {f.Integration.LastImportAt, &f.ImportedBy}} {
		if deed.at.IsZero() {
			continue
		}
		if *deed.into, err = of.ActorAt(ctx, deed.at); err != nil {
			return err
		}
	}
	return nil
}

// missed is an error other than that there is none.
func missed(err error) error {
	if errors.Is(err, store.ErrNotFound) {
		return nil
	}
	return err
}
