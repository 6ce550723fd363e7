package handlers

import (
	"context"
	"fmt"
	"net/http"
	"net/netip"
	"strconv"
	"time"

	"github.com/sethvargo/go-limiter"
	"github.com/sethvargo/go-limiter/memorystore"

	"seatbridge/store"
)

// Sign-in attempts allowed in limitWindow. An account has two limits: the
// tight one counts per address, so that somebody who guesses from elsewhere
// does not lock its owner out; the wide one slows a guess from many addresses.
const (
	limitWindow         = 10 * time.Minute
	triesPerIP          = 30
	triesPerAccountAtIP = 10
	triesPerAccount     = 100
)

// limits slows password guessing.
type limits struct {
	ip, accountAtIP, account limiter.Store
}

func newLimits() (*limits, error) {
	var l limits
	for tokens, into := range map[uint64]*limiter.Store{triesPerIP: &l.ip, triesPerAccountAtIP: &l.accountAtIP, triesPerAccount: &l.account} {
		bucket, err := memorystore.New(&memorystore.Config{
			Tokens: tokens, Interval: limitWindow,
			SweepInterval: limitWindow, SweepMinTTL: 2 * limitWindow, InitialAlloc: 16,
		})
		if err != nil {
			return nil, err
		}
		*into = bucket
	}
	return &l, nil
}

// takeIP counts one attempt from an address.
func (l *limits) takeIP(ctx context.Context, ip string) error {
	return take(ctx, l.ip, ipKey(ip))
}

// takeAccount counts one attempt at an account from an address.
func (l *limits) takeAccount(ctx context.Context, email, ip string) error {
	account := store.FoldEmail(email)
	if err := take(ctx, l.accountAtIP, account+" "+ipKey(ip)); err != nil {
		return err
	}
	return take(ctx, l.account, account)
}

func take(ctx context.Context, bucket limiter.Store, key string) error {
	_, _, reset, ok, err := bucket.Take(ctx, key)
	if err != nil {
		return fmt.Errorf("counting attempts: %w", err)
	}
	if ok {
		return nil
	}
	wait := max(time.Until(time.Unix(0, int64(reset))), time.Second).Round(time.Second)
	return &httpError{
		Status:     http.StatusTooManyRequests,
		Message:    "Too many attempts. Wait " + inMinutes(wait) + ", then try again.",
		RetryAfter: wait,
	}
}

// ipKey lumps an IPv6 network together: one person commands all of a /64.
func ipKey(ip string) string {
	addr, err := netip.ParseAddr(ip)
	if err != nil || addr.Is4() {
		return ip
	}
	prefix, err := addr.Prefix(64)
	if err != nil {
		return ip
	}
	return prefix.String()
}

func inMinutes(d time.Duration) string {
	minutes := int(d.Minutes() + 0.999)
	if minutes <= 1 {
		return "a minute"
	}
	return strconv.Itoa(minutes) + " minutes"
}
