package accounts

import (
	"errors"
	"fmt"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/go-webauthn/webauthn/webauthn"
	"github.com/pquerna/otp"
	"github.com/pquerna/otp/hotp"

	"seatbridge/billing/problem"
	"seatbridge/store"
	"seatbridge/store/storetest"
)

var t0 = time.Date(2026, 3, 17, 12, 0, 0, 0, time.UTC)

// world is a desk over a real database, with an Owner, and a clock that a test sets.
type world struct {
	*Desk
	t     *testing.T
	clock time.Time
	olga  store.User
	who   problem.Actor
}

func newWorld(t *testing.T) *world {
	t.Helper()
	s, err := store.Open(t.Context(), storetest.New(t), []byte(strings.Repeat("k", 32)))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	w := &world{t: t, clock: t0}
	w.Desk = New(s, func() time.Time { return w.clock })
	w.olga = w.user(store.Owner, "olga@example.com")
	w.who = problem.Actor{UserID: w.olga.ID, Name: w.olga.Email}
	return w
}

func (w *world) user(role store.Role, email string) store.User {
	w.t.Helper()
	u, err := w.store.CreateUser(w.t.Context(), store.User{Name: "X", Email: email, Role: role, Status: store.Active, CreatedAt: t0})
	w.must(err)
	return u
}

func (w *world) must(err error) {
	w.t.Helper()
	if err != nil {
		w.t.Fatal(err)
	}
}

// The codes of RFC 6238, appendix B (its secret, SHA-1, the last six digits), and those of the half minutes around.
func TestStepOf(t *testing.T) {
	t.Parallel()
	const secret = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"
	for at, code := range map[int64]string{59: "287082", 1111111109: "081804", 1234567890: "005924", 2000000000: "279037"} {
		for off, taken := range map[int64]bool{-2: false, -1: true, 0: true, 1: true, 2: false} {
			step, err := stepOf(secret, code, at/stepSeconds+off)
			if (err == nil) != taken || taken && step != at/stepSeconds {
				t.Errorf("%s at %d, %d half minutes off: step %d, %v", code, at, off, step, err)
			}
		}
	}
	for _, code := range []string{"", "28708", "2870822", "28708x", "２８７０８２"} {
		if _, err := stepOf(secret, code, 59/stepSeconds); !errors.Is(err, ErrWrong) {
			t.Errorf("%q: %v", code, err)
		}
	}
	if _, err := stepOf(secret, "287 082", 1); err != nil {
		t.Errorf("a code with a blank: %v", err)
	}
}

// The address that apps scan is read by others as it is meant.
func TestAuthenticatorAddress(t *testing.T) {
	t.Parallel()
	key, err := otp.NewKeyFromURL(AuthenticatorAddress("GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ", "olga+x@example.com", "Müller & Söhne: IT"))
	if err != nil {
		t.Fatal(err)
	}
	if key.Issuer() != "Seatbridge Müller & Söhne IT" || key.AccountName() != "olga+x@example.com" || key.Secret() != "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ" ||
		key.Period() != stepSeconds || key.Digits() != otp.DigitsSix || strings.Contains(key.String(), "+") {
		t.Errorf("the address says %s", key)
	}
}

// A code is taken once, and no earlier one after it; the secret is not in the file.
func TestTakeCode(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	ctx := t.Context()
	secret := w.BeginAuthenticator("session")
	code := func(off int64) string {
		c, err := hotp.GenerateCode(secret, uint64(w.clock.Unix()/stepSeconds+off))
		w.must(err)
		return c
	}
	if _, err := w.ConfirmAuthenticator(ctx, w.who, "another session", code(0)); !errors.Is(err, ErrGone) {
		t.Errorf("another session: %v", err)
	}
	codes, err := w.ConfirmAuthenticator(ctx, w.who, "session", code(0))
	w.must(err)
	if len(codes) != recoveryCodes {
		t.Errorf("%d recovery codes", len(codes))
	}
	if _, err := w.ConfirmAuthenticator(ctx, w.who, "session", code(0)); !errors.Is(err, ErrGone) {
		t.Errorf("twice: %v", err)
	}
	for _, test := range []struct {
		off  int64
		want error
	}{{0, ErrWrong}, {-1, ErrWrong}, {1, nil}, {1, ErrWrong}, {0, ErrWrong}} {
		if err := w.TakeCode(ctx, w.olga.ID, code(test.off)); !errors.Is(err, test.want) {
			t.Errorf("the code of %d half minutes later: %v", test.off, err)
		}
	}
	if err := w.TakeCode(ctx, 999, code(2)); !errors.Is(err, ErrWrong) {
		t.Errorf("a member without an app: %v", err)
	}
	kept, err := store.AccountsIn(w.store).Authenticator(ctx, w.olga.ID)
	if err != nil || kept.Secret != secret {
		t.Errorf("kept is %+v (%v)", kept, err)
	}
}

// Of the factors of somebody who has to have one the last one stays.
func TestTheLastFactorStays(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	ctx, in := t.Context(), store.AccountsIn(w.store)
	w.must(w.Require(ctx, w.who, store.RequiredManagers))
	w.must(in.SaveAuthenticator(ctx, w.olga.ID, store.Authenticator{Secret: "A", Since: t0}))
	var invalid *problem.Invalid
	if err := w.RemoveAuthenticator(ctx, w.who, store.Owner); !errors.As(err, &invalid) {
		t.Errorf("the only app: %v", err)
	}
	for i := range 2 {
		w.must(in.AddPasskey(ctx, store.Passkey{UserID: w.olga.ID, Name: "k", CredentialID: []byte{byte(i)}, Credential: "{}", CreatedAt: t0}))
	}
	w.must(w.RemoveAuthenticator(ctx, w.who, store.Owner))
	w.must(w.RemovePasskey(ctx, w.who, store.Owner, 1))
	if err := w.RemovePasskey(ctx, w.who, store.Owner, 2); !errors.As(err, &invalid) {
		t.Errorf("the only passkey: %v", err)
	}
	if err := w.RemovePasskey(ctx, w.who, store.Owner, 1); !errors.As(err, &invalid) && !errors.Is(err, store.ErrNotFound) {
		t.Errorf("a passkey that is gone: %v", err)
	}
	w.must(w.RemovePasskey(ctx, w.who, store.Technician, 2)) // of whom none is required
}

func TestRequires(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		required                 store.Requirement
		owner, admin, technician bool
	}{
		{store.RequiredOff, false, false, false}, {store.RequiredManagers, true, true, false}, {store.RequiredEverybody, true, true, true}, {"", false, false, false},
	} {
		got := fmt.Sprint(Requires(test.required, store.Owner), Requires(test.required, store.Admin), Requires(test.required, store.Technician))
		if want := fmt.Sprint(test.owner, test.admin, test.technician); got != want {
			t.Errorf("%q asks %s, want %s", test.required, got, want)
		}
	}
}

// What a person began waits for them, and no longer; of two who finish it one does.
func TestShelf(t *testing.T) {
	t.Parallel()
	clock := t0
	s := newShelf[int](func() time.Time { return clock }, time.Minute)
	s.put("a", 1)
	clock = clock.Add(time.Minute - time.Second)
	if got, ok := s.get("a"); !ok || got != 1 {
		t.Errorf("a is %d, %v", got, ok)
	}
	s.put("b", 2)
	clock = clock.Add(time.Second)
	if _, ok := s.get("a"); ok {
		t.Error("a waits too long")
	}
	if got, ok := s.take("b"); !ok || got != 2 {
		t.Errorf("b is %d, %v", got, ok)
	}
	if _, ok := s.take("b"); ok {
		t.Error("b was taken twice")
	}
	for i := range mostOnShelf + 5 {
		clock = clock.Add(time.Microsecond)
		s.put(fmt.Sprint("key", i), i)
	}
	if len(s.items) > mostOnShelf {
		t.Errorf("%d items", len(s.items))
	}
	if _, ok := s.get(fmt.Sprint("key", mostOnShelf+4)); !ok {
		t.Error("the newest is gone")
	}
}

func TestWhyStopped(t *testing.T) {
	t.Parallel()
	works := store.APIToken{UserID: 1, MakerRole: store.Admin, MakerStatus: store.Active}
	with := func(change func(*store.APIToken)) store.APIToken { t := works; change(&t); return t }
	for _, test := range []struct {
		token store.APIToken
		want  string
	}{
		{works, ""},
		{with(func(t *store.APIToken) { t.MakerRole = store.Owner; t.ExpiresAt = t0.Add(time.Second) }), ""},
		{with(func(t *store.APIToken) { t.ExpiresAt = t0 }), "It has expired."},
		{with(func(t *store.APIToken) { t.MakerStatus = store.Suspended }), "Whoever made it is suspended."},
		{with(func(t *store.APIToken) { t.MakerRole = store.Technician }), "Whoever made it is no Owner or Admin any more."},
		{store.APIToken{}, "Whoever made it was removed."},
	} {
		if got := WhyStopped(test.token, t0); got != test.want {
			t.Errorf("%+v: %q, want %q", test.token, got, test.want)
		}
	}
}

// Browsers have passkeys for host names over TLS, and for localhost.
func TestPasskeysWork(t *testing.T) {
	t.Parallel()
	for address, want := range map[string]bool{
		"https://seats.example.com": true, "https://seats.example.com:8443": true, "http://localhost:8080": true,
		"http://seats.example.com": false, "http://127.0.0.1:8080": false, "https://192.0.2.1": false, "https://[2001:db8::1]": false,
	} {
		u, err := url.Parse(address)
		if err != nil {
			t.Fatal(err)
		}
		if got := PasskeysWork(u); got != want {
			t.Errorf("%s: %v", address, got)
		}
	}
	if PasskeysWork(nil) {
		t.Error("no address has passkeys")
	}
}

// A passkey whose counter went back was copied, and is refused.
func TestCopiedPasskey(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	c := &webauthn.Credential{ID: []byte{1}}
	c.Authenticator.CloneWarning = true
	if err := w.used(t.Context(), holder{}, c); !errors.Is(err, ErrWrong) {
		t.Errorf("it is taken: %v", err)
	}
}
