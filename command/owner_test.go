package command

import (
	"bytes"
	"context"
	"errors"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"seatbridge/billing/accounts"
	"seatbridge/command/commandtest"
	"seatbridge/store"
)

// An Owner who cannot get in does again, by a command beside the server: with a link that works once, after all sessions ended.
func TestOwnerReset(t *testing.T) {
	ctx, data := t.Context(), t.TempDir()
	t.Setenv("SEATBRIDGE_SECRET_KEY", strings.Repeat("k", minSecret))
	c := &config{data: data, secretKey: strings.Repeat("k", minSecret)}
	_, db, err := openOrMake(ctx, c)
	commandtest.Must(t, err)
	defer db.Close()
	olga, err := db.CreateUser(ctx, store.User{Name: "Olga", Email: "olga@example.com", Role: store.Owner, Status: store.Active, CreatedAt: now()})
	commandtest.Must(t, err)
	_, err = db.CreateUser(ctx, store.User{Name: "Ada", Email: "ada@example.com", Role: store.Admin, Status: store.Active, CreatedAt: now()})
	commandtest.Must(t, err)
	in := store.AccountsIn(db)
	commandtest.Must(t, in.SaveAuthenticator(ctx, olga.ID, store.Authenticator{Secret: "JBSWY3DPEHPK3PXP", Since: now()}))
	commandtest.Must(t, db.CreateSession(ctx, "session", store.Session{UserID: olga.ID, CreatedAt: now(), SeenAt: now(), ExpiresAt: now().AddDate(0, 0, 1)}))

	out, err := ownerLine(ctx, "owner", "reset", "OLGA@example.com", "--data", data, "--base-url", "https://seats.example.com")
	commandtest.Must(t, err)
	link := regexp.MustCompile(`https://seats\.example\.com/password/([\w-]+)`).FindStringSubmatch(out)
	if link == nil || !strings.Contains(out, "still asked for") {
		t.Fatalf("it printed %q", out)
	}
	desk := accounts.New(db, now)
	if u, err := desk.ByLink(ctx, link[1]); err != nil || u.ID != olga.ID {
		t.Errorf("the link is of %+v (%v)", u, err)
	}
	if _, _, err := db.Session(ctx, "session", now()); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("the session goes on: %v", err)
	}
	if has, err := in.HasFactor(ctx, olga.ID); !has || err != nil {
		t.Errorf("the second factor is gone (%v)", err)
	}
	out, err = ownerLine(ctx, "owner", "reset", "--data", data, "--remove-factors", "olga@example.com")
	commandtest.Must(t, err)
	if has, err := in.HasFactor(ctx, olga.ID); has || err != nil || !strings.Contains(out, "are removed") {
		t.Errorf("the second factor is there (%v): %s", err, out)
	}
	if _, err := desk.ByLink(ctx, link[1]); !errors.Is(err, store.ErrNotFound) {
		t.Error("the earlier link works")
	}
	entries, _, err := db.Activities(ctx, store.ActivityFilter{Category: store.CategoryMembers})
	if err != nil || len(entries) != 2 || entries[0].Actor != "Command line" || !strings.Contains(entries[0].Action, "second factors were removed") {
		t.Errorf("activity %+v (%v)", entries, err)
	}
}

// What it cannot do it says, and who the Owners are.
func TestOwnerResetOfNoOwner(t *testing.T) {
	ctx, data := t.Context(), t.TempDir()
	t.Setenv("SEATBRIDGE_SECRET_KEY", strings.Repeat("k", minSecret))
	_, db, err := openOrMake(ctx, &config{data: data, secretKey: strings.Repeat("k", minSecret)})
	commandtest.Must(t, err)
	for email, role := range map[string]store.Role{"olga@example.com": store.Owner, "ada@example.com": store.Admin} {
		_, err = db.CreateUser(ctx, store.User{Name: "X", Email: email, Role: role, Status: store.Active, CreatedAt: now()})
		commandtest.Must(t, err)
	}
	commandtest.Must(t, db.Close())
	for _, email := range []string{"ada@example.com", "nobody@example.com"} {
		_, err := ownerLine(ctx, "owner", "reset", email, "--data", data)
		if err == nil || !strings.Contains(err.Error(), "The active Owners are: olga@example.com.") || ExitStatus(err) != exitFailed {
			t.Errorf("%s: %v", email, err)
		}
	}
	for _, args := range [][]string{{"owner"}, {"owner", "reset"}, {"owner", "reset", "a@example.com", "b@example.com"}} {
		if _, err := ownerLine(ctx, args...); ExitStatus(err) != exitUsage {
			t.Errorf("%v: %v", args, err)
		}
	}
	_, err = ownerLine(ctx, "owner", "reset", "olga@example.com", "--data", filepath.Join(data, "nowhere"))
	if err == nil {
		t.Error("it works without a database")
	}
}

func ownerLine(ctx context.Context, args ...string) (string, error) {
	var out bytes.Buffer
	err := Run(ctx, args, &out, &out)
	return out.String(), err
}
