package billing

import (
	"context"
	"errors"
	"fmt"
	"net/url"

	"seatbridge/internal/outbound"
	"seatbridge/store"
)

// Target is what was saved to be connected to, before addresses were judged when they are dialled.
type Target struct {
	Name string // in a sentence
	Host string
	Err  error // why it would be refused now, or that its name is not known at the moment

	judge func(context.Context) error
}

// SavedTargets looks up what was saved before addresses were judged. It answers what works only because it was, until it is changed; the
// rest is judged from now on like what is saved today. A name that is not known at the moment is left for the next time.
func (b *Billing) SavedTargets(ctx context.Context) ([]Target, error) {
	targets, err := b.targetsBefore(ctx)
	if err != nil {
		return nil, err
	}
	var stopped []Target
	for _, t := range targets {
		if t.Err == nil {
			if err := t.judge(ctx); err != nil {
				return nil, err
			}
			continue
		}
		if errors.Is(t.Err, outbound.ErrRefused) {
			stopped = append(stopped, t)
		}
	}
	return stopped, nil
}

// targetsBefore are those that were saved before.
func (b *Billing) targetsBefore(ctx context.Context) ([]Target, error) {
	saved := store.TargetsIn(b.Store)
	var all []Target
	add := func(name, host string, allowed outbound.Policy, judge func(context.Context) error) {
		all = append(all, Target{Name: name, Host: host, Err: allowed.Lookup(ctx, host), judge: judge})
	}
	i, err := b.Store.Integration(ctx)
	if err != nil && !errors.Is(err, store.ErrNotFound) {
		return nil, err
	}
	if i.AnyAddress {
		add("ConnectWise PSA", hostOf(i.Site), max(b.outbound, outbound.Private), saved.JudgeIntegration)
	}
	p, err := b.Store.Provider(ctx)
	if err != nil && !errors.Is(err, store.ErrNotFound) {
		return nil, err
	}
	if p.AnyAddress {
		c, _, err := b.Reports.Connection(ctx)
		if err != nil {
			return nil, err
		}
		add("the NordPass Provider API", hostOf(c.BaseURL), b.outbound, saved.JudgeProvider)
	}
	channels, err := b.Store.Channels(ctx)
	for _, c := range channels {
		if c.AnyAddress {
			add(fmt.Sprintf("the notification channel %q", c.Name), channelHost(c), b.outbound,
				func(ctx context.Context) error { return saved.JudgeChannel(ctx, c.ID) })
		}
	}
	return all, err
}

func channelHost(c store.Channel) string {
	if c.Kind == store.ChannelEmail {
		return c.Mail.Host
	}
	return hostOf(c.URL)
}

func hostOf(address string) string {
	u, err := url.Parse(address)
	if err != nil {
		return ""
	}
	return u.Hostname()
}
