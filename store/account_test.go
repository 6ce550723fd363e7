package store

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"
	"time"
)

func TestAuthenticators(t *testing.T) {
	t.Parallel()
	s := openTest(t)
	a, ctx := AccountsIn(s), t.Context()
	olga := must[User](t)(s.CreateUser(ctx, User{Name: "Olga", Email: "olga@example.com", Role: Owner, Status: Active, CreatedAt: t0}))
	_, err := a.Authenticator(ctx, olga.ID)
	wantErr(t, err, ErrNotFound)
	app := Authenticator{Secret: "GEZDGNBVGY3TQOJQ-plainly", Since: t0, UsedStep: 10}
	check(t, a.SaveAuthenticator(ctx, olga.ID, app))
	same(t, must[Authenticator](t)(a.Authenticator(ctx, olga.ID)), app)
	wantErr(t, a.UseStep(ctx, olga.ID, 10), ErrNotFound)
	wantErr(t, a.UseStep(ctx, olga.ID, 9), ErrNotFound)
	check(t, a.UseStep(ctx, olga.ID, 12))
	wantErr(t, a.UseStep(ctx, olga.ID, 11), ErrNotFound)
	same(t, must[bool](t)(a.HasFactor(ctx, olga.ID)), true)
	same(t, must[map[int64]bool](t)(a.WithFactor(ctx)), map[int64]bool{olga.ID: true})

	file := filepath.Join(t.TempDir(), "copy.db")
	check(t, s.Backup(ctx, file))
	if bytes.Contains(must[[]byte](t)(os.ReadFile(file)), []byte(app.Secret)) {
		t.Error("the secret is in the file")
	}
	check(t, a.DeleteAuthenticator(ctx, olga.ID))
	wantErr(t, a.DeleteAuthenticator(ctx, olga.ID), ErrNotFound)
	same(t, must[bool](t)(a.HasFactor(ctx, olga.ID)), false)
}

func TestRecoveryCodesAndPasskeys(t *testing.T) {
	t.Parallel()
	s := openTest(t)
	a, ctx := AccountsIn(s), t.Context()
	olga := must[User](t)(s.CreateUser(ctx, User{Name: "Olga", Email: "olga@example.com", Role: Owner, Status: Active, CreatedAt: t0}))
	bob := must[User](t)(s.CreateUser(ctx, User{Name: "Bob", Email: "bob@example.com", Role: Admin, Status: Active, CreatedAt: t0}))
	check(t, a.ReplaceRecoveryCodes(ctx, olga.ID, []string{"one", "two"}))
	wantErr(t, a.UseRecoveryCode(ctx, bob.ID, "one", t0), ErrNotFound)
	check(t, a.UseRecoveryCode(ctx, olga.ID, "one", t0))
	wantErr(t, a.UseRecoveryCode(ctx, olga.ID, "one", t0), ErrNotFound)
	left, of, err := a.RecoveryCodes(ctx, olga.ID)
	check(t, err)
	same(t, []int{left, of}, []int{1, 2})

	key := Passkey{UserID: olga.ID, Name: "Laptop", CredentialID: []byte("id"), Credential: "{}", CreatedAt: t0}
	check(t, a.AddPasskey(ctx, key))
	key.UserID = bob.ID
	wantConflict(t, a.AddPasskey(ctx, key), "")
	_, err = a.DeletePasskey(ctx, bob.ID, 1)
	wantErr(t, err, ErrNotFound)
	check(t, a.UsePasskey(ctx, 1, `{"used":true}`, t0.Add(time.Hour)))
	kept := must[[]Passkey](t)(a.Passkeys(ctx, olga.ID))
	if len(kept) != 1 || kept[0].Credential != `{"used":true}` || !kept[0].UsedAt.Equal(t0.Add(time.Hour)) {
		t.Errorf("kept are %+v", kept)
	}

	handle := must[[]byte](t)(a.PasskeyHandle(ctx, olga.ID))
	if len(handle) != handleLength || !bytes.Equal(handle, must[[]byte](t)(a.PasskeyHandle(ctx, olga.ID))) ||
		bytes.Equal(handle, must[[]byte](t)(a.PasskeyHandle(ctx, bob.ID))) {
		t.Error("a handle is not one member's for good")
	}
	same(t, must[User](t)(a.ByPasskeyHandle(ctx, handle)).ID, olga.ID)
	suspended := olga
	suspended.Status = Suspended
	bob.Role = Owner
	check(t, s.UpdateUser(ctx, bob))
	check(t, s.UpdateUser(ctx, suspended))
	_, err = a.ByPasskeyHandle(ctx, handle)
	wantErr(t, err, ErrNotFound)
	check(t, a.RemoveFactors(ctx, olga.ID))
	left, of, err = a.RecoveryCodes(ctx, olga.ID)
	check(t, err)
	same(t, []int{left, of, len(must[[]Passkey](t)(a.Passkeys(ctx, olga.ID)))}, []int{0, 0, 0})
}

// Before version 34 a token named its maker by an e-mail address: it belongs to who has that address now.
func TestMigratesMakersOfTokens(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "seatbridge.db")
	db := openAtVersion(t, path, 29)
	exec := func(query string, args ...any) {
		_, err := db.ExecContext(t.Context(), query, args...)
		check(t, err)
	}
	exec(`INSERT INTO users (id, name, email, email_folded, role, status, created_at) VALUES (7, 'Ada', 'Ada@example.com', 'ada@example.com', 'admin', 'active', 0)`)
	exec(`INSERT INTO sessions (token_hash, user_id, created_at, seen_at, expires_at, ip, user_agent) VALUES ('h', 7, 1, 1, 9999999999, '', '')`)
	for name, maker := range map[string]string{"kept": "Ada@example.com", "orphan": "gone@example.com"} {
		exec(`INSERT INTO api_tokens (name, name_folded, token_hash, scopes, created_at, created_by) VALUES ($1, $1, $2, '[]', 0, $3)`, name, hashToken(name), maker)
	}
	check(t, db.Close())

	s := openAt(t, path)
	kept := must[APIToken](t)(s.APIToken(t.Context(), "kept", t0))
	orphan := must[APIToken](t)(s.APIToken(t.Context(), "orphan", t0))
	same(t, []any{kept.UserID, kept.MakerRole, kept.MakerStatus, orphan.UserID, orphan.MakerRole}, []any{int64(7), Admin, Active, int64(0), Role("")})
	if sessions := must[[]Session](t)(s.Sessions(t.Context(), 7)); len(sessions) != 1 || !sessions[0].ProvedAt.IsZero() {
		t.Errorf("sessions are %+v", sessions)
	}
	same(t, must[Requirement](t)(AccountsIn(s).Requirement(t.Context())), RequiredOff)
}
