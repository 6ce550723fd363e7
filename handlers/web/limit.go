package web

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

// Sign-in attempts allowed in LimitWindow. An account has two limits: the
// tight one counts per address, so that somebody who guesses from elsewhere
// does not lock its owner out; the wide one slows a guess from many addresses.
const (
	LimitWindow         = 10 * time.Minute
	TriesPerIP          = 30
	TriesPerAccountAtIP = 10
	triesPerAccount     = 100
)

// Limits slows password guessing.
type Limits struct {
	ip, accountAtIP, account limiter.Store
}

// NewLimits makes limits that nobody has used up.
func NewLimits() (*Limits, error) {
	var l Limits
	for tokens, into := range map[uint64]*limiter.Store{TriesPerIP: &l.ip, TriesPerAccountAtIP: &l.accountAtIP, triesPerAccount: &l.account} {
		bucket, err := NewBucket(tokens, LimitWindow)
		if err != nil {
			return nil, err
		}
		*into = bucket
	}
	return &l, nil
}

// NewBucket allows so many attempts in an interval, for each key.
func NewBucket(tokens uint64, interval time.Duration) (limiter.Store, error) {
	bucket, err := memorystore.New(&memorystore.Config{
		Tokens: tokens, Interval: interval,
		SweepInterval: LimitWindow, SweepMinTTL: 2 * LimitWindow, InitialAlloc: 16,
	})
	if err != nil {
		return nil, fmt.Errorf("making a rate limit: %w", err)
	}
	return bucket, nil
}

// TakeIP counts one attempt from an address.
func (l *Limits) TakeIP(ctx context.Context, ip string) error {
	return Take(ctx, l.ip, IPKey(ip))
}

// TakeAccount counts one attempt at an account from an address.
func (l *Limits) TakeAccount(ctx context.Context, email, ip string) error {
	account := store.FoldEmail(email)
	if err := Take(ctx, l.accountAtIP, account+" "+IPKey(ip)); err != nil {
		return err
	}
	return Take(ctx, l.account, account)
}

// Take counts one attempt of a key, which is refused when there were too many.
func Take(ctx context.Context, bucket limiter.Store, key string) error {
	_, _, reset, ok, err := bucket.Take(ctx, key)
	if err != nil {
		return fmt.Errorf("counting attempts: %w", err)
	}
	if ok {
		return nil
	}
	wait := max(time.Until(time.Unix(0, int64(reset))), time.Second).Round(time.Second)
	return &Error{
		Status:     http.StatusTooManyRequests,
		Message:    "Too many attempts. Wait " + inMinutes(wait) + ", then try again.",
		RetryAfter: wait,
	}
}

// IPKey lumps an IPv6 network together: one person commands all of a /64.
func IPKey(ip string) string {
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
