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
	Err  error // why it would be refused without the operator's leave, or that its name is not known at the moment

	allowed outbound.Policy // with the operator's leave
	judge   func(context.Context) error
}

// stopped says whether it would be refused now.
func (t Target) stopped() bool {
	var refused *outbound.Refused
	return errors.As(t.Err, &refused) && t.allowed.Check(refused.Address) != nil
}

// SavedTargets looks up what was saved before addresses were judged. It answers what works only because it was, until it is changed; the
// rest is judged from now on like what is saved today, unless it needs the operator's leave, which may end. A name that is not known at the
// moment is left for the next time.
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
		if t.stopped() {
			stopped = append(stopped, t)
		}
	}
	return stopped, nil
}

// targetsBefore are those that were saved before.
func (b *Billing) targetsBefore(ctx context.Context) ([]Target, error) {
	saved := store.TargetsIn(b.Store)
	var all []Target
	add := func(name, host string, least outbound.Policy, judge func(context.Context) error) {
		all = append(all, Target{Name: name, Host: host, Err: least.Lookup(ctx, host), allowed: max(b.outbound, least), judge: judge})
	}
	i, err := b.Store.Integration(ctx)
	if err != nil && !errors.Is(err, store.ErrNotFound) {
		return nil, err
	}
	if i.AnyAddress {
		add("ConnectWise PSA", hostOf(i.Site), outbound.Private, saved.JudgeIntegration)
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
		add("the NordPass Provider API", hostOf(c.BaseURL), outbound.Public, saved.JudgeProvider)
	}
	channels, err := b.Store.Channels(ctx)
	for _, c := range channels {
		if c.AnyAddress {
			add(fmt.Sprintf("the notification channel %q", c.Name), channelHost(c), outbound.Public,
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
