package scan

import (
	"context"
	"errors"
	"slices"
	"time"

	"seatbridge/billing/connect"
	"seatbridge/billing/problem"
	"seatbridge/store"
)

const (
	// scanDay and scanHour are when the whole instance is scanned each month, in UTC: most invoices are made on the first, and what is
	// found on the 25th can be mended before.
	scanDay, scanHour = 25, 2
	// firstAfter is how long after the products were mapped the first scan begins by itself: whoever sets up asks for it before.
	firstAfter = 24 * time.Hour
	// againAfter is how long after a scan that failed or was cancelled another one begins by itself.
	againAfter = 24 * time.Hour
	// productsFor is how long what the catalog said holds.
	productsFor = 20 * time.Hour
)

// Due begins a scan that is due, goes on with one that was cut off, and otherwise asks the catalog once a day for new products. It is
// called every hour.
func (d *Desk) Due(ctx context.Context) error {
	err := connect.Ready(ctx, d.Store)
	if errors.Is(err, problem.ErrNotConnected) || errors.Is(err, problem.ErrNotActive) {
		return nil
	}
	if err != nil || d.Progress().Running {
		return err
	}
	last, err := lastOr(store.LeaksIn(d.Store).LastScan(ctx))
	if err != nil {
		return err
	}
	good, err := lastOr(store.LeaksIn(d.Store).GoodScan(ctx))
	if err != nil {
		return err
	}
	next, err := d.next(ctx, good, last)
	switch {
	case err != nil:
		return err
	case last.State == store.ScanRunning || !next.IsZero() && !next.After(d.Now()):
		err = d.Start(ctx, problem.System())
		if errors.Is(err, problem.ErrRunning) {
			return nil
		}
		return err
	}
	return d.refreshProducts(ctx, good)
}

// next is when the next scan begins by itself; zero: not before the products are mapped.
func (d *Desk) next(ctx context.Context, good, last store.Scan) (time.Time, error) {
	mapped, err := d.Store.ProductMappings(ctx)
	if err != nil || len(mapped) == 0 {
		return time.Time{}, err
	}
	next := monthly(good.StartedAt)
	for _, m := range mapped {
		if first := m.ConfirmedAt.Add(firstAfter); good.ID == 0 || first.Before(next) && !slices.Contains(good.LookedFor, m.ProductID) {
			next = first // nobody has looked for the lines of this product yet
		}
	}
	if (last.State == store.ScanFailed || last.State == store.ScanCancelled) && last.EndedAt.Add(againAfter).After(next) {
		next = last.EndedAt.Add(againAfter)
	}
	return next.UTC(), nil
}

// monthly is the first of the monthly moments after a scan began.
func monthly(began time.Time) time.Time {
	began = began.UTC()
	at := time.Date(began.Year(), began.Month(), scanDay, scanHour, 0, 0, 0, time.UTC)
	if at.After(began) {
		return at
	}
	return at.AddDate(0, 1, 0)
}

// refreshProducts asks the catalog again for prices and products called NordPass, once a day after the first scan.
func (d *Desk) refreshProducts(ctx context.Context, good store.Scan) error {
	if good.ID == 0 {
		return nil
	}
	kept, err := store.LeaksIn(d.Store).Products(ctx)
	if err != nil {
		return err
	}
	for _, p := range kept {
		if d.Now().Sub(p.ReadAt) < productsFor {
			return nil
		}
	}
	client, err := d.Connection.Client(ctx)
	if err != nil {
		return err
	}
	products, _, err := d.readProducts(ctx, client)
	if err != nil {
		return connect.Refused(err)
	}
	defer d.Forget()
	if err := store.LeaksIn(d.Store).KeepProducts(ctx, products); err != nil {
		return err
	}
	return d.Suggest(ctx)
}
