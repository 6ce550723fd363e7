package reports

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"

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
	err := f.checkBase(ctx, c.BaseURL)
	if err != nil {
		return Test{}, err
	}
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

// completeKey takes the saved private key where none was entered and it belongs to what is asked for: a key signs only the claims that it
// was saved with, for the base URL that it was saved for. Otherwise it is asked for again, an *Invalid.
func (f *Feed) completeKey(ctx context.Context, c *Config) error {
	if c.PrivateKey != "" {
		return nil
	}
	provider, err := f.store.Provider(ctx)
	if errors.Is(err, store.ErrNotFound) {
		return nil
	}
	if err != nil {
		return err
	}
	saved, err := readProviderConfig(provider)
	if err != nil {
		return err
	}
	if what := otherUse(saved, *c); what != "" {
		return &problem.Invalid{Fields: problem.Fields{"private_key": "The saved private key was saved for another " + what +
			" and is used for nothing else. Paste the private key again."}}
	}
	c.PrivateKey = saved.PrivateKey
	return nil
}

// otherUse names what a key would be used for that it was not saved for; "": it is the same.
func otherUse(saved, asked Config) string {
	for _, part := range []struct{ name, saved, asked string }{
		{"base URL", trimmedBase(saved.BaseURL), trimmedBase(asked.BaseURL)},
		{"algorithm", saved.Algorithm, asked.Algorithm},
		{"key ID", saved.KeyID, asked.KeyID},
		{"issuer", saved.Issuer, asked.Issuer},
		{"subject", saved.Subject, asked.Subject},
		{"audience", saved.Audience, asked.Audience},
		{"set of claims", strings.TrimSpace(saved.Claims), strings.TrimSpace(asked.Claims)},
	} {
		if part.saved != part.asked {
			return part.name
		}
	}
	return ""
}

// trimmedBase is a base URL as its client takes it.
func trimmedBase(base string) string { return strings.TrimSuffix(base, "/") }

func sameBase(a, b string) bool { return trimmedBase(a) == trimmedBase(b) }

// Save connects the Provider API or changes the connection, once the monthly report can be read with it. A
// *Refused says why it cannot.
func (f *Feed) Save(ctx context.Context, who problem.Actor, c Config) error {
	test, err := f.Test(ctx, c)
	if err != nil {
		return err
	}
	if test.Monthly.State == store.FetchFailed {
		return &problem.Refused{Problem: test.Monthly.Problem, Late: test.Monthly.Late, Err: errors.New(test.Monthly.Problem.What)}
	}
	if err := f.completeKey(ctx, &c); err != nil {
		return err
	}
	text, err := json.Marshal(c)
	if err != nil {
		return fmt.Errorf("saving the provider: %w", err)
	}
	before, err := f.savedBefore(ctx, c.BaseURL)
	if err != nil {
		return err
	}
	rule := "Figures need a report."
	if !c.Required {
		rule = "Where there is no report, the ledger is used."
	}
	entry := who.Did(f.now(), store.CategoryIntegrations, "Saved the connection with the NordPass Provider API at %s. %s", c.BaseURL, rule)
	return f.store.Record(ctx, entry, func(s *store.Store) error {
		return s.SaveProvider(ctx, store.Provider{Config: string(text), PrivateKey: c.PrivateKey, Since: f.now(), AnyAddress: before})
	})
}

// Disconnect forgets the connection and its private key. The reports that it brought stay.
func (f *Feed) Disconnect(ctx context.Context, who problem.Actor) error {
	entry := who.Did(f.now(), store.CategoryIntegrations, "Disconnected the NordPass Provider API.")
	return f.store.Record(ctx, entry, func(s *store.Store) error { return s.DeleteProvider(ctx) })
}
