package command

import (
	"bytes"
	"errors"
	"io"
	"io/fs"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"seatbridge/command/commandtest"
	"seatbridge/store"
)

func TestUsage(t *testing.T) {
	t.Parallel()
	none := filepath.Join(t.TempDir(), "none")
	cases := []struct {
		name   string
		args   []string
		status int
		says   []string // in the error, or on stdout where there is none
	}{
		{"help", []string{"help"}, exitFine, []string{"serve", "demo", "sync", "backup", "simulate", "version"}},
		{"-h", []string{"-h"}, exitFine, []string{"demo"}},
		{"help of a command", []string{"help", "sync"}, exitFine, []string{"-preview", "-month", "Exit status: 0"}},
		{"a command's own -h", []string{"backup", "-h"}, exitFine, []string{"FILE"}},
		{"help of a command of a command", []string{"key", "rotate", "-h"}, exitFine, []string{"-to", "Stop the server first"}},
		{"key without what to do", []string{"key"}, exitUsage, []string{"seatbridge key rotate"}},
		{"version", []string{"version"}, exitFine, []string{"seatbridge "}},
		{"unknown command", []string{"snyc"}, exitUsage, []string{`"snyc"`, "seatbridge help"}},
		{"unknown flag", []string{"serve", "-verbose"}, exitUsage, []string{"-verbose", "seatbridge help"}},
		{"flag before the command", []string{"-data", none, "sync"}, exitUsage, []string{`"sync"`, "after the command"}},
		{"all problems at once", []string{"-addr", "8080", "-base-url", "example.com", "-trusted-proxies", "10.0.0.0/8,proxy", "-log-format", "xml"}, exitUsage,
			[]string{`-addr "8080"`, `-base-url "example.com"`, `-trusted-proxies "proxy"`, `-log-format "xml"`}},
		{"base URL with a path", []string{"-base-url", "https://example.com/seats"}, exitUsage, []string{"host name of its own"}},
		{"port out of range", []string{"-addr", "127.0.0.1:65536"}, exitUsage, []string{"-addr"}},
		{"sync of no month", []string{"sync", "-data", none, "-month", "October"}, exitUsage, []string{`"October"`}},
		{"sync of a month to come", []string{"sync", "-data", none, "-month", "2999-01"}, exitUsage, []string{"has not begun"}},
		{"sync without a database", []string{"sync", "-data", none}, exitFailed, []string{"no database", none}},
		{"month of nothing", []string{"month", "-data", none}, exitUsage, []string{"month takes one argument, a month such as 2026-10"}},
		{"two months", []string{"month", "2026-10", "2026-11", "--json", "-data", none}, exitUsage, []string{"month takes one argument"}},
		{"month of no month", []string{"month", "2026-9", "-data", none}, exitUsage, []string{`"2026-9"`, "must be written like 2026-10"}},
		{"month to come", []string{"month", "2999-01", "-data", none}, exitUsage, []string{"has not begun"}},
		{"month with an unknown flag", []string{"month", "2026-10", "-tree", "-data", none}, exitUsage, []string{"-tree"}},
		{"month without a database", []string{"month", "2026-10", "-data", none}, exitFailed, []string{"no database", none}},
		{"months take no month", []string{"months", "2026-10", "-data", none}, exitUsage, []string{`"2026-10"`}},
		{"months without a database", []string{"months", "-data", none}, exitFailed, []string{"no database", none}},
		{"statement of nothing", []string{"statement", "-data", none}, exitUsage, []string{"statement takes one argument"}},
		{"statement of no month", []string{"statement", "October", "--verify", "-data", none}, exitUsage, []string{`"October"`}},
		{"statement of a file without a database", []string{"statement", "-file", none, "-data", none}, exitFailed, []string{"no database", none}},
		{"help of statement", []string{"help", "statement"}, exitFine, []string{"-verify", "-file", "statement 2026-10"}},
		{"a month's own -h", []string{"month", "2026-10", "-h"}, exitFine, []string{"month 2026-10", "-json"}},
		{"backup without a file", []string{"backup", "-data", none}, exitUsage, []string{"one argument"}},
		{"backup without a database", []string{"backup", "-data", none, filepath.Join(none, "b")}, exitFailed, []string{"no database"}},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			var stdout bytes.Buffer
			err := Run(t.Context(), c.args, &stdout, io.Discard)
			if got := ExitStatus(err); got != c.status {
				t.Fatalf("exit status %d, want %d: %v", got, c.status, err)
			}
			said := stdout.String()
			if err != nil {
				said = err.Error()
			}
			for _, want := range c.says {
				if !strings.Contains(said, want) {
					t.Errorf("no %q in:\n%s", want, said)
				}
			}
		})
	}
	if _, err := os.Stat(none); !errors.Is(err, fs.ErrNotExist) {
		t.Error("a command that was refused made the data directory")
	}
}

// TestEnvironment is not parallel: it sets variables of the process.
func TestEnvironment(t *testing.T) {
	t.Setenv("SEATBRIDGE_ADDR", "nonsense")
	t.Setenv("SEATBRIDGE_BASE_URL", "nonsense")
	t.Setenv("SEATBRIDGE_SECRET_KEY", "too short")
	err := Run(t.Context(), []string{"serve", "-base-url", "https://example.com", "-data", t.TempDir()}, io.Discard, io.Discard)
	if ExitStatus(err) != exitUsage {
		t.Fatalf("got %v, want a usage error", err)
	}
	for _, want := range []string{`-addr "nonsense"`, "SEATBRIDGE_SECRET_KEY has 9 characters"} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("no %q in: %v", want, err)
		}
	}
	for _, never := range []string{"-base-url", "too short"} {
		if strings.Contains(err.Error(), never) {
			t.Errorf("%q in: %v", never, err)
		}
	}
}

func TestFirstStart(t *testing.T) {
	t.Parallel()
	data := filepath.Join(t.TempDir(), "new", "data")
	first := start(t, "-addr", "127.0.0.1:0", "-data", data)
	first.Get(t, "/healthz", http.StatusOK)
	oldLink := first.Line(t, "There is no account yet.")
	first.Stop(t)
	for path, want := range map[string]fs.FileMode{"": fs.ModeDir | 0o700, keyFile: 0o600, databaseFile: 0o600} {
		info, err := os.Stat(filepath.Join(data, path))
		if err != nil {
			t.Fatal(err)
		}
		if info.Mode() != want {
			t.Errorf("%q has mode %v, want %v", path, info.Mode(), want)
		}
	}

	second := start(t, "-addr", "127.0.0.1:0", "-data", data)
	link := second.Line(t, "There is no account yet.")
	second.Get(t, commandtest.SetupPath(oldLink), http.StatusNotFound)
	second.Get(t, commandtest.SetupPath(link), http.StatusOK)
	second.Post(t, commandtest.SetupPath(link), url.Values{
		"name": {"Ann Owner"}, "email": {"owner@example.com"}, "password": {"a long enough secret"}, "msp": {"Example MSP"},
	})
	second.Get(t, "/organizations", http.StatusOK)
	second.Get(t, commandtest.SetupPath(link), http.StatusNotFound)
	second.Stop(t)

	third := start(t, "-addr", "127.0.0.1:0", "-data", data)
	third.Get(t, "/signin", http.StatusOK)
	if rest := third.Stop(t); rest != "" {
		t.Errorf("with an owner, the start printed more than where it listens:\n%s", rest)
	}
}

func TestOneServerForEachDataDirectory(t *testing.T) {
	t.Parallel()
	data := t.TempDir()
	first := start(t, "-addr", "127.0.0.1:0", "-data", data)
	err := Run(t.Context(), []string{"-addr", "127.0.0.1:0", "-data", data}, io.Discard, io.Discard)
	if err == nil || !strings.Contains(err.Error(), "another seatbridge") || ExitStatus(err) != exitFailed {
		t.Errorf("the second server got %v", err)
	}
	first.Stop(t)
	start(t, "-addr", "127.0.0.1:0", "-data", data).Stop(t)
}

func TestKeyMustFitTheDatabase(t *testing.T) {
	t.Parallel()
	data := t.TempDir()
	start(t, "-addr", "127.0.0.1:0", "-data", data).Stop(t)
	connectSomewhere(t, data)
	if err := os.Rename(filepath.Join(data, keyFile), filepath.Join(data, "elsewhere")); err != nil {
		t.Fatal(err)
	}
	err := Run(t.Context(), []string{"-addr", "127.0.0.1:0", "-data", data}, io.Discard, io.Discard)
	if err == nil || !strings.Contains(err.Error(), "put its key file back") {
		t.Errorf("without a key file: %v", err)
	}
	if exists(filepath.Join(data, keyFile)) {
		t.Error("a new key file was made next to a database")
	}
	other := strings.Repeat("k", 44) + "\n"
	if err := os.WriteFile(filepath.Join(data, keyFile), []byte(other), 0o600); err != nil {
		t.Fatal(err)
	}
	err = Run(t.Context(), []string{"-addr", "127.0.0.1:0", "-data", data}, io.Discard, io.Discard)
	if err == nil || !strings.Contains(err.Error(), "not the one") {
		t.Errorf("with another key: %v", err)
	}
}

// connectSomewhere leaves a sealed secret in a data directory.
func connectSomewhere(t *testing.T, data string) {
	t.Helper()
	_, db, err := open(t.Context(), &config{data: data})
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	if err := db.SaveIntegration(t.Context(), store.Integration{Site: "https://cw.example.com", PrivateKey: "secret", ConnectedAt: time.Now()}); err != nil {
		t.Fatal(err)
	}
}

func TestBackupBesideAServer(t *testing.T) {
	t.Parallel()
	data, file := t.TempDir(), filepath.Join(t.TempDir(), "backup.db")
	server := start(t, "-addr", "127.0.0.1:0", "-data", data)
	defer server.Stop(t)
	var stdout bytes.Buffer
	if err := Run(t.Context(), []string{"backup", "-data", data, file}, &stdout, io.Discard); err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(stdout.String(), "secret key is not in it") {
		t.Errorf("it says: %s", stdout.String())
	}
	if err := Run(t.Context(), []string{"backup", "-data", data, file}, io.Discard, io.Discard); !errors.Is(err, fs.ErrExist) {
		t.Errorf("a second backup to the same file: %v", err)
	}
	restored := t.TempDir()
	for from, to := range map[string]string{file: databaseFile, filepath.Join(data, keyFile): keyFile} {
		content, err := os.ReadFile(from)
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(restored, to), content, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	start(t, "-addr", "127.0.0.1:0", "-data", restored).Stop(t)
}

// start runs a serving command and waits until it says where it listens.
func start(t *testing.T, args ...string) *commandtest.Process {
	t.Helper()
	return commandtest.Start(t, Run, args...)
}
