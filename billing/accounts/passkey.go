package accounts

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"

	"github.com/go-webauthn/webauthn/protocol"
	"github.com/go-webauthn/webauthn/webauthn"

	"seatbridge/billing/problem"
	"seatbridge/store"
)

// mostPasskeys is how many a member may have.
const mostPasskeys = 20

// holder is a member as the passkeys' library wants one.
type holder struct {
	store.User
	handle []byte
	keys   []store.Passkey
	read   []webauthn.Credential
}

func (h holder) WebAuthnID() []byte                         { return h.handle }
func (h holder) WebAuthnName() string                       { return h.Email }
func (h holder) WebAuthnDisplayName() string                { return h.Name }
func (h holder) WebAuthnCredentials() []webauthn.Credential { return h.read }

// holder reads a member with the passkeys.
func (d *Desk) holder(ctx context.Context, u store.User) (h holder, err error) {
	in := store.AccountsIn(d.store)
	h.User = u
	if h.handle, err = in.PasskeyHandle(ctx, u.ID); err != nil {
		return h, err
	}
	if h.keys, err = in.Passkeys(ctx, u.ID); err != nil {
		return h, err
	}
	for _, key := range h.keys {
		var c webauthn.Credential
		if err := json.Unmarshal([]byte(key.Credential), &c); err != nil {
			return h, fmt.Errorf("reading passkey %d: %w", key.ID, err)
		}
		h.read = append(h.read, c)
	}
	return h, nil
}

// PasskeysWork says whether passkeys work on pages of an origin, such as https://seatbridge.example.com: browsers have them for a host
// name over TLS, and for localhost, and never for an address of digits.
func PasskeysWork(origin *url.URL) bool {
	if origin == nil {
		return false
	}
	_, err := relyingParty(origin)
	return err == nil && (origin.Scheme == "https" || origin.Hostname() == "localhost")
}

// relyingParty is Seatbridge as passkeys know it: by the host name of its pages.
func relyingParty(origin *url.URL) (*webauthn.WebAuthn, error) {
	return webauthn.New(&webauthn.Config{
		RPID: origin.Hostname(), RPDisplayName: "Seatbridge", RPOrigins: []string{origin.Scheme + "://" + origin.Host},
	})
}

// BeginPasskey asks a member's browser to make a passkey: options are what its script hands to the browser, as JSON, and token is what
// the ceremony is known by. A member who has as many as may be is an *problem.Invalid.
func (d *Desk) BeginPasskey(ctx context.Context, origin *url.URL, u store.User) (options []byte, token string, err error) {
	party, err := relyingParty(origin)
	if err != nil {
		return nil, "", fmt.Errorf("setting up passkeys: %w", err)
	}
	h, err := d.holder(ctx, u)
	if err != nil {
		return nil, "", err
	}
	if len(h.keys) >= mostPasskeys {
		return nil, "", &problem.Invalid{Fields: problem.Fields{"passkey": fmt.Sprintf("You have %d passkeys. Remove one first.", mostPasskeys)}}
	}
	creation, session, err := party.BeginRegistration(h,
		webauthn.WithExclusions(webauthn.Credentials(h.read).CredentialDescriptors()),
		webauthn.WithAuthenticatorSelection(protocol.AuthenticatorSelection{
			ResidentKey: protocol.ResidentKeyRequirementPreferred, UserVerification: protocol.VerificationPreferred,
		}))
	if err != nil {
		return nil, "", fmt.Errorf("asking for a new passkey: %w", err)
	}
	options, err = json.Marshal(creation.Response)
	return options, d.begun(*session), err
}

// begun keeps a ceremony until the browser answers.
func (d *Desk) begun(session webauthn.SessionData) (token string) {
	token = newToken()
	d.ceremonies.put(token, session)
	return token
}

// AddPasskey keeps the passkey that a member's browser made, under a name, and makes the recovery codes, to be shown this once, if it
// is the first factor. ErrGone: nothing is being made; ErrWrong: the answer is not that of the ceremony.
func (d *Desk) AddPasskey(ctx context.Context, who problem.Actor, u store.User, a Answer) (recovery []string, err error) {
	made, err := d.made(ctx, u, a)
	if err != nil {
		return nil, err
	}
	kept, err := json.Marshal(made)
	if err != nil {
		return nil, fmt.Errorf("writing a passkey: %w", err)
	}
	entry := who.Did(d.now(), store.CategoryAccess, "Added the passkey “%s”.", a.Name)
	err = d.store.Record(ctx, entry, func(s *store.Store) error {
		if recovery, err = d.firstCodes(ctx, s, u.ID); err != nil {
			return err
		}
		return store.AccountsIn(s).AddPasskey(ctx, store.Passkey{
			UserID: u.ID, Name: a.Name, CredentialID: made.ID, Credential: string(kept), CreatedAt: d.now(),
		})
	})
	return recovery, err
}

// Answer is what a browser says when it was asked for a passkey.
type Answer struct {
	Origin *url.URL // of the page
	Token  string   // what the ceremony is known by
	JSON   string   // as the browser's script wrote it
	Name   string   // of a new passkey
}

func (d *Desk) made(ctx context.Context, u store.User, a Answer) (*webauthn.Credential, error) {
	party, session, err := d.ceremony(a)
	if err != nil {
		return nil, err
	}
	parsed, err := protocol.ParseCredentialCreationResponseBytes([]byte(a.JSON))
	if err != nil {
		return nil, wrong(err)
	}
	h, err := d.holder(ctx, u)
	if err != nil {
		return nil, err
	}
	made, err := party.CreateCredential(h, session, parsed)
	if err != nil {
		return nil, wrong(err)
	}
	return made, nil
}

// ceremony takes the ceremony that an answer belongs to; it is finished once.
func (d *Desk) ceremony(a Answer) (*webauthn.WebAuthn, webauthn.SessionData, error) {
	session, ok := d.ceremonies.take(a.Token)
	if !ok {
		return nil, session, ErrGone
	}
	party, err := relyingParty(a.Origin)
	if err != nil {
		return nil, session, fmt.Errorf("setting up passkeys: %w", err)
	}
	return party, session, nil
}

// wrong says that an answer was not right, and why, for logs.
func wrong(err error) error {
	var detailed *protocol.Error
	if errors.As(err, &detailed) {
		err = fmt.Errorf("%s: %s", detailed.Details, detailed.DevInfo)
	}
	return fmt.Errorf("%w: %w", ErrWrong, err)
}

// AskForPasskey asks a browser for one of a member's passkeys. A member without any is ErrWrong.
func (d *Desk) AskForPasskey(ctx context.Context, origin *url.URL, u store.User) (options []byte, token string, err error) {
	party, err := relyingParty(origin)
	if err != nil {
		return nil, "", fmt.Errorf("setting up passkeys: %w", err)
	}
	h, err := d.holder(ctx, u)
	if err != nil {
		return nil, "", err
	}
	if len(h.keys) == 0 {
		return nil, "", ErrWrong
	}
	assertion, session, err := party.BeginLogin(h, webauthn.WithUserVerification(protocol.VerificationPreferred))
	if err != nil {
		return nil, "", fmt.Errorf("asking for a passkey: %w", err)
	}
	options, err = json.Marshal(assertion.Response)
	return options, d.begun(*session), err
}

// AskForAnyPasskey asks a browser for a passkey of whoever sits at it: it takes the place of the password, too, so that the device has
// to make sure who that is.
func (d *Desk) AskForAnyPasskey(origin *url.URL) (options []byte, token string, err error) {
	party, err := relyingParty(origin)
	if err != nil {
		return nil, "", fmt.Errorf("setting up passkeys: %w", err)
	}
	assertion, session, err := party.BeginDiscoverableLogin(webauthn.WithUserVerification(protocol.VerificationRequired))
	if err != nil {
		return nil, "", fmt.Errorf("asking for a passkey: %w", err)
	}
	options, err = json.Marshal(assertion.Response)
	return options, d.begun(*session), err
}

// TakePasskey takes a member's passkey. ErrGone: none was asked for; ErrWrong: it is none of theirs.
func (d *Desk) TakePasskey(ctx context.Context, u store.User, a Answer) error {
	party, session, err := d.ceremony(a)
	if err != nil {
		return err
	}
	parsed, err := protocol.ParseCredentialRequestResponseBytes([]byte(a.JSON))
	if err != nil {
		return wrong(err)
	}
	h, err := d.holder(ctx, u)
	if err != nil {
		return err
	}
	used, err := party.ValidateLogin(h, session, parsed)
	if err != nil {
		return wrong(err)
	}
	return d.used(ctx, h, used)
}

// TakeAnyPasskey takes a passkey in place of e-mail address and password, and answers whose it is: an active member. ErrGone: none was
// asked for; ErrWrong: it is nobody's.
func (d *Desk) TakeAnyPasskey(ctx context.Context, a Answer) (store.User, error) {
	party, session, err := d.ceremony(a)
	if err != nil {
		return store.User{}, err
	}
	parsed, err := protocol.ParseCredentialRequestResponseBytes([]byte(a.JSON))
	if err != nil {
		return store.User{}, wrong(err)
	}
	var found holder
	var failed error // of the store: no fault of who signs in
	_, used, err := party.ValidatePasskeyLogin(func(_, handle []byte) (webauthn.User, error) {
		u, err := store.AccountsIn(d.store).ByPasskeyHandle(ctx, handle)
		if err == nil {
			found, err = d.holder(ctx, u)
		}
		if err != nil && !errors.Is(err, store.ErrNotFound) {
			failed = err
		}
		return found, err
	}, session, parsed)
	if failed != nil {
		return store.User{}, failed
	}
	if err != nil {
		return store.User{}, wrong(err)
	}
	return found.User, d.used(ctx, found, used)
}

// used keeps what using a passkey changed of it. One whose counter went back was copied: it is refused.
func (d *Desk) used(ctx context.Context, h holder, c *webauthn.Credential) error {
	if c.Authenticator.CloneWarning {
		return fmt.Errorf("%w: the passkey's counter went back, so it was copied", ErrWrong)
	}
	kept, err := json.Marshal(c)
	if err != nil {
		return fmt.Errorf("writing a passkey: %w", err)
	}
	for i, key := range h.keys {
		if string(h.read[i].ID) == string(c.ID) {
			return store.AccountsIn(d.store).UsePasskey(ctx, key.ID, string(kept), d.now())
		}
	}
	return ErrWrong
}

// RemovePasskey takes a member's passkey away. The last factor of somebody who has to have one is an *problem.Invalid.
func (d *Desk) RemovePasskey(ctx context.Context, who problem.Actor, role store.Role, id int64) error {
	return d.store.Together(ctx, "removing a passkey", func(s *store.Store) error {
		if err := keepsFactor(ctx, s, who.UserID, role); err != nil {
			return err
		}
		key, err := store.AccountsIn(s).DeletePasskey(ctx, who.UserID, id)
		if err != nil {
			return err
		}
		if err := dropCodes(ctx, s, who.UserID); err != nil {
			return err
		}
		return s.AddActivity(ctx, who.Did(d.now(), store.CategoryAccess, "Removed the passkey “%s”.", key.Name))
	})
}
