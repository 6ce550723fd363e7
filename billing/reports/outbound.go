package reports

import (
	"context"
	"errors"
	"net/url"

	"seatbridge/billing/problem"
	"seatbridge/internal/outbound"
	"seatbridge/store"
)

// allowed is which addresses a base URL may lead to: any, if it was saved before addresses were judged.
func (f *Feed) allowed(ctx context.Context, base string) (outbound.Policy, error) {
	before, err := f.savedBefore(ctx, base)
	return f.outbound.Unless(before), err
}

// savedBefore says whether the base URL is the saved one and was saved before addresses were judged.
func (f *Feed) savedBefore(ctx context.Context, base string) (bool, error) {
	provider, err := f.store.Provider(ctx)
	if errors.Is(err, store.ErrNotFound) {
		return false, nil
	}
	if err != nil || !provider.AnyAddress {
		return false, err
	}
	saved, err := readProviderConfig(provider)
	return err == nil && sameBase(saved.BaseURL, base), err
}

// checkBase refuses a base URL whose host is an address that is not connected to, an *Invalid. What a name leads to is judged when it
// is dialled.
func (f *Feed) checkBase(ctx context.Context, base string) error {
	u, unreadable := url.Parse(base)
	if unreadable != nil {
		u = &url.URL{} // the client says what is wrong with it
	}
	allowed, err := f.allowed(ctx, base)
	if err != nil {
		return err
	}
	if kind, do, refused := outbound.Advise(allowed.CheckHost(u.Hostname())); refused {
		return &problem.Invalid{Fields: problem.Fields{"base_url": "This is " + kind + ". " + do}}
	}
	return nil
}
