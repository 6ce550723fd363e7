package accounts

import (
	"context"
	"crypto/rand"
	"crypto/subtle"
	"encoding/base32"
	"errors"
	"fmt"
	"net/url"
	"strings"
	"unicode"

	"github.com/pquerna/otp/hotp"

	"seatbridge/billing/problem"
	"seatbridge/store"
)

// The codes of an authenticator app (RFC 6238 as all apps have it: six digits, half a minute, SHA-1). A code of the half minute before
// and after is taken, too, since clocks differ.
const (
	codeDigits  = 6
	stepSeconds = 30
	drift       = 1
	// secretLength is what RFC 4226 recommends for a secret, in bytes.
	secretLength = 20
)

// BeginAuthenticator makes the secret of an authenticator app that a session sets up; an earlier one that it began is forgotten.
func (d *Desk) BeginAuthenticator(session string) (secret string) {
	random := make([]byte, secretLength)
	rand.Read(random) // never fails
	secret = base32.StdEncoding.EncodeToString(random)
	d.setups.put(session, secret)
	return secret
}

// AuthenticatorBegun is the secret that a session began to set up: ErrGone when there is none.
func (d *Desk) AuthenticatorBegun(session string) (string, error) {
	secret, ok := d.setups.get(session)
	if !ok {
		return "", ErrGone
	}
	return secret, nil
}

// AuthenticatorAddress is what the QR code of a secret says: the app shows issuer and account beside its codes.
func AuthenticatorAddress(secret, email, msp string) string {
	issuer := "Seatbridge"
	if msp != "" {
		issuer += " " + strings.ReplaceAll(msp, ":", "")
	}
	values := url.Values{"secret": {secret}, "issuer": {issuer}, "digits": {fmt.Sprint(codeDigits)}, "period": {fmt.Sprint(stepSeconds)}}
	// Some apps read a plus sign as itself, and others as a blank: there is none.
	label := strings.ReplaceAll(url.PathEscape(issuer+":"+email), "+", "%2B")
	return "otpauth://totp/" + label + "?" + strings.ReplaceAll(values.Encode(), "+", "%20")
}

// ConfirmAuthenticator gives a member the app that the session set up, once it makes the right code, and the recovery codes, to be shown
// this once, if it is the first factor. ErrWrong: the code is not right; ErrGone: nothing is being set up.
func (d *Desk) ConfirmAuthenticator(ctx context.Context, who problem.Actor, session, code string) (recovery []string, err error) {
	secret, err := d.AuthenticatorBegun(session)
	if err != nil {
		return nil, err
	}
	step, err := stepOf(secret, code, d.now().Unix()/stepSeconds)
	if err != nil {
		return nil, err
	}
	if _, ok := d.setups.take(session); !ok {
		return nil, ErrGone
	}
	entry := who.Did(d.now(), store.CategoryAccess, "Set up an authenticator app as a second factor.")
	err = d.store.Record(ctx, entry, func(s *store.Store) error {
		if recovery, err = d.firstCodes(ctx, s, who.UserID); err != nil {
			return err
		}
		return store.AccountsIn(s).SaveAuthenticator(ctx, who.UserID, store.Authenticator{Secret: secret, Since: d.now(), UsedStep: step})
	})
	return recovery, err
}

// TakeCode takes a code of a member's authenticator app, once. ErrWrong: it is not right, or was taken before.
func (d *Desk) TakeCode(ctx context.Context, userID int64, code string) error {
	in := store.AccountsIn(d.store)
	app, err := in.Authenticator(ctx, userID)
	if errors.Is(err, store.ErrNotFound) {
		return ErrWrong
	}
	if err != nil {
		return err
	}
	step, err := stepOf(app.Secret, code, d.now().Unix()/stepSeconds)
	if err != nil {
		return err
	}
	if err := in.UseStep(ctx, userID, step); errors.Is(err, store.ErrNotFound) {
		return ErrWrong
	} else if err != nil {
		return err
	}
	return nil
}

// stepOf finds the half minute of which a code is, around now. ErrWrong: it is of none.
func stepOf(secret, code string, now int64) (step int64, err error) {
	digits := strings.Map(func(c rune) rune {
		if unicode.IsSpace(c) || c == '-' {
			return -1
		}
		return c
	}, code)
	err = ErrWrong
	for at := now - drift; at <= now+drift; at++ {
		right, genErr := hotp.GenerateCode(secret, uint64(at))
		if genErr != nil {
			return 0, fmt.Errorf("making a code: %w", genErr)
		}
		if subtle.ConstantTimeCompare([]byte(right), []byte(digits)) == 1 {
			step, err = at, nil
		}
	}
	return step, err
}

// RemoveAuthenticator takes a member's authenticator app away. The last factor of somebody who has to have one is an *problem.Invalid.
func (d *Desk) RemoveAuthenticator(ctx context.Context, who problem.Actor, role store.Role) error {
	entry := who.Did(d.now(), store.CategoryAccess, "Removed the authenticator app.")
	return d.store.Record(ctx, entry, func(s *store.Store) error {
		if err := keepsFactor(ctx, s, who.UserID, role); err != nil {
			return err
		}
		if err := store.AccountsIn(s).DeleteAuthenticator(ctx, who.UserID); err != nil {
			return err
		}
		return dropCodes(ctx, s, who.UserID)
	})
}

// keepsFactor refuses to take the last factor of somebody who has to have one.
func keepsFactor(ctx context.Context, s *store.Store, userID int64, role store.Role) error {
	required, err := store.AccountsIn(s).Requirement(ctx)
	if err != nil || !Requires(required, role) {
		return err
	}
	f, err := factorsIn(ctx, s, userID)
	if err == nil && f.last() {
		return &problem.Invalid{Fields: problem.Fields{
			"factor": "You have to have a second factor, and this is your only one. Set up another one first.",
		}}
	}
	return err
}

// dropCodes takes the recovery codes of a member who has no factor any more: they would stand in for none.
func dropCodes(ctx context.Context, s *store.Store, userID int64) error {
	in := store.AccountsIn(s)
	has, err := in.HasFactor(ctx, userID)
	if err != nil || has {
		return err
	}
	return in.ReplaceRecoveryCodes(ctx, userID, nil)
}
