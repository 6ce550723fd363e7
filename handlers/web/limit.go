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

// Attempts allowed in LimitWindow. None of them is shared by strangers and whoever is known: what an account's strangers use up makes
// strangers wait (Patience), a browser that signed in before has its own, and so have links and what is done when signed in.
const (
	LimitWindow    = 10 * time.Minute
	TriesPerIP     = 30 // of signing in from an address, by browsers that never signed in
	TriesPerDevice = 10 // of signing in, by a browser that signed in to the account before
	TriesPerLink   = 60 // of one-time links, from an address
	TriesOfCode    = 10 // of second steps and proofs, for an account and browser or for a session
)

// Limits slows guessing.
type Limits struct {
	ip, device, links, codes limiter.Store
}

// NewLimits makes limits that nobody has used up.
func NewLimits() (*Limits, error) {
	var l Limits
	for _, b := range []struct {
		into   *limiter.Store
		tokens uint64
	}{{&l.ip, TriesPerIP}, {&l.device, TriesPerDevice}, {&l.links, TriesPerLink}, {&l.codes, TriesOfCode}} {
		bucket, err := NewBucket(b.tokens, LimitWindow)
		if err != nil {
			return nil, err
		}
		*b.into = bucket
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

// TakeIP counts one attempt to sign in from an address.
func (l *Limits) TakeIP(ctx context.Context, ip string) error { return Take(ctx, l.ip, IPKey(ip)) }

// TakeLink counts one use of a one-time link from an address: its 256 random bits are not guessed, so it is only load that is limited.
func (l *Limits) TakeLink(ctx context.Context, ip string) error { return Take(ctx, l.links, IPKey(ip)) }

// TakeDevice counts one attempt of a browser that signed in to an account before, and says whether it has any left; without it counts
// as any other.
func (l *Limits) TakeDevice(ctx context.Context, device string) bool {
	return device != "" && Take(ctx, l.device, device) == nil
}

// TakeCode counts one second step or proof under a key.
func (l *Limits) TakeCode(ctx context.Context, key string) error { return Take(ctx, l.codes, key) }

// CodeKey is whose second steps are counted together: those of an account from browsers that are not known, or one known browser's.
func CodeKey(user store.User, device string) string {
	return strconv.FormatInt(user.ID, 10) + " " + device
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
	return tooMany(time.Until(time.Unix(0, int64(reset))))
}

// tooMany refuses an attempt until a wait is over.
func tooMany(wait time.Duration) *Error {
	wait = max(wait, time.Second).Round(time.Second)
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
