package reports

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"seatbridge/billing/problem"
	"seatbridge/store"
)

// Connection is the connection with the Provider API as it was saved; its private key is left out. connected is false when
// there is none.
func (f *Feed) Connection(ctx context.Context) (c Config, connected bool, err error) {
	saved, err := f.store.Provider(ctx)
	if errors.Is(err, store.ErrNotFound) {
		return Config{}, false, nil
	}
	if err != nil {
		return Config{}, false, err
	}
	c, err = readProviderConfig(saved)
	c.PrivateKey = ""
	return c, true, err
}

// Test is what the Provider API answers at this moment, and what would be billed by it. Nothing of it is stored.
type Test struct {
	Month    store.Month
	Monthly  Report
	Outcomes map[int64]Outcome // of the monthly report, by organization; nil: it could not be read
	Day      string            // YYYY-MM-DD; empty: no daily path is set
	Daily    Report            // of that day, which is never billed
}

// Test fetches the latest reports with a configuration that need not be saved. Unusable input is an *Invalid.
func (f *Feed) Test(ctx context.Context, c Config) (Test, error) {
	if err := f.completeKey(ctx, &c); err != nil {
		return Test{}, err
	}
	var err error
	t := Test{Month: f.LastReportedMonth()}
	if t.Monthly, err = f.fetchReport(ctx, c, reportPeriod{month: t.Month}); err != nil {
		return t, err
	}
	if t.Outcomes, err = f.outcomes(ctx, c, t.Month, t.Monthly); err != nil || c.DailyPath == "" {
		return t, err
	}
	day := dayOf(f.lastReportedDay())
	t.Day = day.String()
	t.Daily, err = f.fetchReport(ctx, c, day)
	return t, err
}

// connectedSince is the month in which the Provider API was connected or, where it is not, would be.
func (f *Feed) connectedSince(ctx context.Context) (store.Month, error) {
	saved, err := f.store.Provider(ctx)
	if errors.Is(err, store.ErrNotFound) {
		return store.MonthOf(f.now()), nil
	}
	return store.MonthOf(saved.Since), err
}

// completeKey takes the saved private key where none was entered.
func (f *Feed) completeKey(ctx context.Context, c *Config) error {
	if c.PrivateKey != "" {
		return nil
	}
	saved, err := f.store.Provider(ctx)
	if errors.Is(err, store.ErrNotFound) {
		return nil
	}
	c.PrivateKey = saved.PrivateKey
	return err
}

// Save connects the Provider API or changes the connection, once the monthly report can be read with it. A
// *Refused says why it cannot.
func (f *Feed) Save(ctx context.Context, who problem.Actor, c Config) error {
	test, err := f.Test(ctx, c)
	if err != nil {
		return err
	}
	if test.Monthly.State == store.FetchFailed {
		return &problem.Refused{Problem: test.Monthly.Problem, Err: errors.New(test.Monthly.Problem.What)}
	}
	if err := f.completeKey(ctx, &c); err != nil {
		return err
	}
	text, err := json.Marshal(c)
	if err != nil {
		return fmt.Errorf("saving the provider: %w", err)
	}
	rule := "Figures need a report."
	if !c.Required {
		rule = "Where there is no report, the ledger is used."
	}
	entry := who.Did(f.now(), store.CategoryIntegrations, "Saved the connection with the NordPass Provider API at %s. %s", c.BaseURL, rule)
	return f.store.Record(ctx, entry, func(s *store.Store) error {
		return s.SaveProvider(ctx, store.Provider{Config: string(text), PrivateKey: c.PrivateKey, Since: f.now()})
	})
}

// Disconnect forgets the connection and its private key. The reports that it brought stay.
func (f *Feed) Disconnect(ctx context.Context, who problem.Actor) error {
	entry := who.Did(f.now(), store.CategoryIntegrations, "Disconnected the NordPass Provider API.")
	return f.store.Record(ctx, entry, func(s *store.Store) error { return s.DeleteProvider(ctx) })
}
