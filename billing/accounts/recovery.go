package accounts

import (
	"context"
	"crypto/rand"
	"encoding/base32"
	"errors"
	"strings"

	"seatbridge/billing/problem"
	"seatbridge/store"
)

// recoveryCodes is how many codes a member gets.
const recoveryCodes = 10

// newRecoveryCodes are codes as they are shown, such as "k3fa-9x2c-mmq7-tz4d": 80 random bits each, so that their hash tells nothing.
func newRecoveryCodes() []string {
	codes := make([]string, recoveryCodes)
	for i := range codes {
		random := make([]byte, 10)
		rand.Read(random) // never fails
		text := strings.ToLower(base32.StdEncoding.EncodeToString(random))
		codes[i] = text[:4] + "-" + text[4:8] + "-" + text[8:12] + "-" + text[12:]
	}
	return codes
}

// plainCode is a recovery code without what people put between its letters.
func plainCode(code string) string { return letters(code) }

func keepCodes(ctx context.Context, s *store.Store, userID int64, codes []string) error {
	plain := make([]string, len(codes))
	for i, code := range codes {
		plain[i] = plainCode(code)
	}
	return store.AccountsIn(s).ReplaceRecoveryCodes(ctx, userID, plain)
}

// firstCodes makes the codes of a member who gets a first factor; whoever has one keeps theirs.
func (d *Desk) firstCodes(ctx context.Context, s *store.Store, userID int64) ([]string, error) {
	has, err := store.AccountsIn(s).HasFactor(ctx, userID)
	if err != nil || has {
		return nil, err
	}
	codes := newRecoveryCodes()
	return codes, keepCodes(ctx, s, userID, codes)
}

// NewRecoveryCodes makes ten codes in place of all earlier ones, to be shown this once. Without a second factor it is an
// *problem.Invalid: there is nothing that they would stand in for.
func (d *Desk) NewRecoveryCodes(ctx context.Context, who problem.Actor) ([]string, error) {
	codes := newRecoveryCodes()
	entry := who.Did(d.now(), store.CategoryAccess, "Made new recovery codes; the earlier ones work no more.")
	err := d.store.Record(ctx, entry, func(s *store.Store) error {
		has, err := store.AccountsIn(s).HasFactor(ctx, who.UserID)
		if err != nil {
			return err
		}
		if !has {
			return &problem.Invalid{Fields: problem.Fields{"factor": "Set up a second factor first: recovery codes stand in for one."}}
		}
		return keepCodes(ctx, s, who.UserID, codes)
	})
	return codes, err
}

// TakeRecoveryCode uses a recovery code of a member up. ErrWrong: it is none of theirs, or was used.
func (d *Desk) TakeRecoveryCode(ctx context.Context, who problem.Actor, code string) error {
	err := d.store.Together(ctx, "using a recovery code", func(s *store.Store) error {
		in := store.AccountsIn(s)
		if err := in.UseRecoveryCode(ctx, who.UserID, plainCode(code), d.now()); err != nil {
			return err
		}
		left, _, err := in.RecoveryCodes(ctx, who.UserID)
		if err != nil {
			return err
		}
		return s.AddActivity(ctx, who.Did(d.now(), store.CategoryAccess, "Used a recovery code; %s left.", problem.Plural(left, "code")))
	})
	if errors.Is(err, store.ErrNotFound) {
		return ErrWrong
	}
	return err
}
