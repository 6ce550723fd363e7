package command

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"

	"seatbridge/command/commandtest"
	"seatbridge/store"
)

// asRotation makes the test binary rotate the key of a data directory and die at a step: "DIRECTORY N".
const asRotation = "SEATBRIDGE_TEST_ROTATE"

func init() {
	data := os.Getenv(asRotation)
	if data == "" {
		return
	}
	var at, n int
	fmt.Sscan(os.Getenv(asRotation+"_STEP"), &at)
	r := rotation{config: &config{data: data}, step: func(name string) {
		if n++; n == at {
			fmt.Println("died at:", name)
			_ = syscall.Kill(os.Getpid(), syscall.SIGKILL)
			select {}
		}
	}}
	if err := r.run(context.Background(), io.Discard); err != nil {
		fmt.Println(err)
		os.Exit(exitFailed)
	}
	os.Exit(exitFine)
}

// sealedData is a data directory with a secret in every sealed column.
func sealedData(t *testing.T) string {
	t.Helper()
	data := t.TempDir()
	_, db, err := openOrMake(t.Context(), &config{data: data})
	commandtest.Must(t, err)
	defer db.Close()
	commandtest.Must(t, db.SaveIntegration(t.Context(), store.Integration{Site: "https://cw.example.com", PrivateKey: "cw-key", ConnectedAt: now()}))
	commandtest.Must(t, db.SaveProvider(t.Context(), store.Provider{Config: "{}", PrivateKey: "np-key", Since: now()}))
	_, err = db.CreateChannel(t.Context(), store.Channel{Kind: store.ChannelWebhook, Name: "Hook", URL: "https://h.example.com", Secret: "signing", CreatedAt: now()})
	commandtest.Must(t, err)
	return data
}

// secretsOf opens the database as c does and answers its secrets.
func secretsOf(t *testing.T, c *config) []string {
	t.Helper()
	_, db, err := open(t.Context(), c)
	commandtest.Must(t, err)
	defer db.Close()
	i, err := db.Integration(t.Context())
	commandtest.Must(t, err)
	p, err := db.Provider(t.Context())
	commandtest.Must(t, err)
	channels, err := db.Channels(t.Context())
	commandtest.Must(t, err)
	return []string{i.PrivateKey, p.PrivateKey, channels[0].URL, channels[0].Secret}
}

var sealedSecrets = []string{"cw-key", "np-key", "https://h.example.com", "signing"}

func keyText(t *testing.T, data string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(data, keyFile))
	commandtest.Must(t, err)
	return string(text)
}

// TestRotationKilledAtEachStep: whenever the process dies, the next command opens everything, and the next start tidies up.
func TestRotationKilledAtEachStep(t *testing.T) {
	t.Parallel()
	binary, err := os.Executable()
	commandtest.Must(t, err)
	var died []string
	for at := 1; ; at++ {
		data := sealedData(t)
		before := keyText(t, data)
		rotate := exec.CommandContext(t.Context(), binary)
		rotate.Env = append(os.Environ(), asRotation+"="+data, fmt.Sprintf("%s_STEP=%d", asRotation, at))
		said, err := rotate.Output()
		if err == nil {
			if keyText(t, data) == before {
				t.Error("a rotation that went through left the key as it was")
			}
			break
		}
		died = append(died, strings.TrimSpace(strings.TrimPrefix(string(said), "died at:")))
		if got := secretsOf(t, &config{data: data}); !slices.Equal(got, sealedSecrets) {
			t.Fatalf("%s: %q", died[at-1], got)
		}
		start(t, "-addr", "127.0.0.1:0", "-data", data).Stop(t)
		if exists(filepath.Join(data, keyFile) + rotated) {
			t.Errorf("%s: a start leaves the next key file", died[at-1])
		}
		commandtest.Must(t, rotation{config: &config{data: data}, step: func(string) {}}.run(t.Context(), io.Discard))
		if got := secretsOf(t, &config{data: data}); !slices.Equal(got, sealedSecrets) || keyText(t, data) == before {
			t.Fatalf("rotated after %s: %q", died[at-1], got)
		}
	}
	want := []string{
		"keep the old key", "write the new key", "begin to seal", "seal another secret", "seal another secret", "seal another secret",
		"seal another secret", "name the new key", "tell",
	}
	if !slices.Equal(died, want) {
		t.Errorf("died at %q", died)
	}
}

// TestRotate: the old key does not open what is there now, but a backup from before, and the command says where it is.
func TestRotate(t *testing.T) {
	t.Parallel()
	data := sealedData(t)
	old, backup := keyText(t, data), filepath.Join(t.TempDir(), "before.db")
	commandtest.Must(t, Run(t.Context(), []string{"backup", "-data", data, backup}, io.Discard, io.Discard))

	server := start(t, "-addr", "127.0.0.1:0", "-data", data)
	if err := Run(t.Context(), []string{"key", "rotate", "-data", data}, io.Discard, io.Discard); err == nil || !strings.Contains(err.Error(), "stop it first") {
		t.Errorf("beside a server: %v", err)
	}
	server.Stop(t)
	var stdout bytes.Buffer
	commandtest.Must(t, Run(t.Context(), []string{"key", "rotate", "-data", data}, &stdout, io.Discard))
	if said := stdout.String(); !strings.Contains(said, "Sealed 4 secrets anew.") || !strings.Contains(said, "Everybody signs in again.") {
		t.Errorf("it says %q", said)
	}
	if keyText(t, data) == old {
		t.Error("the key is the old one")
	}
	if got := secretsOf(t, &config{data: data}); !slices.Equal(got, sealedSecrets) {
		t.Errorf("secrets %q", got)
	}

	content, err := os.ReadFile(backup)
	commandtest.Must(t, err)
	commandtest.Must(t, os.WriteFile(filepath.Join(data, databaseFile), content, 0o600))
	for _, more := range []string{"-wal", "-shm"} {
		_ = os.Remove(filepath.Join(data, databaseFile) + more)
	}
	derived, err := deriveKeys(strings.TrimSpace(old))
	commandtest.Must(t, err)
	kept := filepath.Join(data, keyFile) + "." + derived.id()
	_, _, err = open(t.Context(), &config{data: data})
	if err == nil || !strings.Contains(err.Error(), "it is in "+kept) {
		t.Errorf("an old backup under the new key: %v", err)
	}
	commandtest.Must(t, os.Rename(kept, filepath.Join(data, keyFile)))
	if got := secretsOf(t, &config{data: data}); !slices.Equal(got, sealedSecrets) {
		t.Errorf("secrets of the backup %q", got)
	}
}

// TestRotateOperatorsKey: a key that is not in the data directory is not replaced, only sealed with another.
func TestRotateOperatorsKey(t *testing.T) {
	t.Parallel()
	data := sealedData(t)
	theirs, next := filepath.Join(t.TempDir(), "theirs"), filepath.Join(t.TempDir(), "next")
	commandtest.Must(t, os.Rename(filepath.Join(data, keyFile), theirs))
	args := []string{"key", "rotate", "-data", data, "-secret-key-file", theirs}
	if err := Run(t.Context(), args, io.Discard, io.Discard); ExitStatus(err) != exitUsage || !strings.Contains(err.Error(), "-to") {
		t.Errorf("without -to: %v", err)
	}
	commandtest.Must(t, Run(t.Context(), append(args, "-to", next), io.Discard, io.Discard))
	if got := secretsOf(t, &config{data: data, secretKeyFile: next}); !slices.Equal(got, sealedSecrets) {
		t.Errorf("secrets %q", got)
	}
	if _, _, err := open(t.Context(), &config{data: data, secretKeyFile: theirs}); err == nil {
		t.Error("the old key still opens")
	}
}

// TestForget: a lost key costs what was sealed with it, and nothing else.
func TestForget(t *testing.T) {
	t.Parallel()
	data := sealedData(t)
	forget := func() string {
		var stdout bytes.Buffer
		commandtest.Must(t, Run(t.Context(), []string{"key", "forget", "-data", data}, &stdout, io.Discard))
		return stdout.String()
	}
	if said := forget(); !strings.Contains(said, "nothing was forgotten") {
		t.Errorf("with the right key: %q", said)
	}
	commandtest.Must(t, os.Remove(filepath.Join(data, keyFile)))
	if _, _, err := open(t.Context(), &config{data: data}); err == nil || !strings.Contains(err.Error(), "seatbridge key forget") {
		t.Errorf("without a key: %v", err)
	}
	if said := forget(); !strings.Contains(said, "the private key of ConnectWise PSA") {
		t.Errorf("with a new key: %q", said)
	}
	if got := strings.Join(secretsOf(t, &config{data: data}), ""); got != "" {
		t.Errorf("secrets %q", got)
	}
	start(t, "-addr", "127.0.0.1:0", "-data", data).Stop(t)
}

// TestWrongKeyIsRefusedAtOnce: whatever is sealed, and be it nothing, by every command.
func TestWrongKeyIsRefusedAtOnce(t *testing.T) {
	t.Parallel()
	data := t.TempDir()
	start(t, "-addr", "127.0.0.1:0", "-data", data).Stop(t) // nothing is sealed
	wrong := filepath.Join(t.TempDir(), "wrong")
	commandtest.Must(t, os.WriteFile(wrong, []byte(strings.Repeat("k", 44)), 0o600))
	for _, args := range [][]string{
		{"serve", "-addr", "127.0.0.1:0"}, {"sync"}, {"months"}, {"month"}, {"statement"}, {"backup"}, {"key", "rotate"},
	} {
		args = append(args, "-data", data, "-secret-key-file", wrong)
		switch args[0] {
		case "backup":
			args = append(args, filepath.Join(t.TempDir(), "b.db"))
		case "month", "statement":
			args = append(args, "2026-10")
			args = append([]string{args[0], "2026-10"}, args[1:len(args)-1]...)
		}
		err := Run(t.Context(), args, io.Discard, io.Discard)
		if err == nil || !strings.Contains(err.Error(), "is not the one that this database was used with") || !strings.Contains(err.Error(), wrong) {
			t.Errorf("%s: %v", args[0], err)
		}
	}
}

func TestWhereTheKeyIs(t *testing.T) {
	t.Parallel()
	directory := t.TempDir()
	write := func(name, text string, mode os.FileMode) string {
		file := filepath.Join(directory, name)
		commandtest.Must(t, os.MkdirAll(filepath.Dir(file), 0o700))
		commandtest.Must(t, os.WriteFile(file, []byte(text), mode))
		commandtest.Must(t, os.Chmod(file, mode))
		return file
	}
	long := func(r string) string { return strings.Repeat(r, 44) }
	write("data/"+keyFile, long("d")+"\n", 0o600)
	write("credentials/"+credential, long("c"), 0o440)
	theirs := write("theirs", long("f"), 0o400)
	data, credentials := filepath.Join(directory, "data"), filepath.Join(directory, "credentials")
	for _, tt := range []struct {
		name   string
		config config
		want   string // the secret, or what the error says
	}{
		{"the data directory's", config{data: data}, long("d")},
		{"systemd's", config{data: data, credentials: credentials}, long("c")},
		{"systemd without the credential", config{data: data, credentials: directory}, long("d")},
		{"a file", config{data: data, credentials: credentials, secretKeyFile: theirs}, long("f")},
		{"the environment", config{data: data, credentials: credentials, secretKey: long("e")}, long("e")},
		{"a file that is not there", config{data: data, secretKeyFile: directory + "/none"}, "no such file"},
		{"a short one", config{data: data, secretKeyFile: write("short", "x", 0o600)}, "less than 32 characters"},
		{"one for the group", config{data: data, secretKeyFile: write("group", long("g"), 0o640)}, "chmod 600 " + directory + "/group"},
		{"one for all", config{data: data, secretKeyFile: write("all", long("g"), 0o604)}, "chmod 600"},
		{"a credential that is short", config{data: data, credentials: filepath.Dir(write("other/"+credential, "x", 0o400))}, "less than 32"},
	} {
		got, err := tt.config.secret()
		if err != nil {
			got = err.Error()
		}
		if !strings.Contains(got, tt.want) {
			t.Errorf("%s: %q, want %q", tt.name, got, tt.want)
		}
	}
	both := config{secretKey: long("e"), secretKeyFile: theirs}
	if err := both.validate(); err == nil || !strings.Contains(err.Error(), "both set") {
		t.Errorf("both: %v", err)
	}
	id := config{clientIDFile: write("id", " 1234-guid\n", 0o600)}
	if err := id.validate(); err != nil || id.clientID != "1234-guid" {
		t.Errorf("client ID %q, %v", id.clientID, err)
	}
}

func TestUnknownNames(t *testing.T) {
	t.Parallel()
	got := unknownNames([]string{
		"SEATBRIDGE_BASEURL=x", "SEATBRIDGE_BASE_URL=x", "SEATBRIDGE_SECRET_KEY=x", "SEATBRIDGE_SECRET_KEY_FILE=x", "PATH=x", "SEATBRIDGE_PORT=tcp://10.0.0.1",
		"SEATBRIDGE_TRUSTED_PROXIES=", "SEATBRIDGE_LATENCY=1s", "SEATBRIDGE_", "SEATBRIDGE_TO=x", "SEATBRIDGE_CLIENT_ID_FILE=",
	})
	if want := []string{"SEATBRIDGE_", "SEATBRIDGE_BASEURL", "SEATBRIDGE_PORT"}; !slices.Equal(got, want) {
		t.Errorf("got %q", got)
	}
	var log bytes.Buffer
	warnOfUnknown(slog.New(slog.NewTextHandler(&log, nil)))
	if strings.Contains(log.String(), "ERROR") {
		t.Error(log.String())
	}
}

// TestBackupToStandardOutput: the copy and nothing else.
func TestBackupToStandardOutput(t *testing.T) {
	t.Parallel()
	data, restored := sealedData(t), t.TempDir()
	var stdout, stderr bytes.Buffer
	commandtest.Must(t, Run(t.Context(), []string{"backup", "-data", data, "-"}, &stdout, &stderr))
	if !strings.Contains(stderr.String(), "Wrote the standard output") {
		t.Errorf("it says %q", stderr.String())
	}
	commandtest.Must(t, os.WriteFile(filepath.Join(restored, databaseFile), stdout.Bytes(), 0o600))
	commandtest.Must(t, os.WriteFile(filepath.Join(restored, keyFile), []byte(keyText(t, data)), 0o600))
	if got := secretsOf(t, &config{data: restored}); !slices.Equal(got, sealedSecrets) {
		t.Errorf("secrets %q", got)
	}
	left, err := filepath.Glob(filepath.Join(data, "backup-*"))
	if err != nil || len(left) > 0 {
		t.Errorf("left behind: %v, %v", left, err)
	}
}
