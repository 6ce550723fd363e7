package main

import (
	"bufio"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

// asSeatbridge makes the test binary behave as the real one, so that tests can send it signals.
const asSeatbridge = "SEATBRIDGE_TEST_AS_MAIN"

func TestMain(m *testing.M) {
	if os.Getenv(asSeatbridge) != "" {
		main()
	}
	os.Exit(m.Run())
}

// TestSignals runs the real thing: a signal must end it with status 0, and a demo must leave nothing behind.
func TestSignals(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name   string
		args   []string
		signal os.Signal
	}{
		{"serve", []string{"serve", "-addr", "127.0.0.1:0", "-data", filepath.Join(t.TempDir(), "data")}, syscall.SIGTERM},
		{"demo", []string{"demo", "-addr", "127.0.0.1:0"}, os.Interrupt},
		{"simulate", []string{"simulate", "-addr", "127.0.0.1:0"}, syscall.SIGTERM},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			temporary := t.TempDir()
			cmd := exec.CommandContext(t.Context(), os.Args[0], c.args...)
			cmd.Env = append(os.Environ(), asSeatbridge+"=1", "TMPDIR="+temporary)
			stdout, err := cmd.StdoutPipe()
			if err != nil {
				t.Fatal(err)
			}
			if err := cmd.Start(); err != nil {
				t.Fatal(err)
			}
			lines := bufio.NewScanner(stdout)
			if !lines.Scan() || !strings.HasPrefix(lines.Text(), "listening on http://127.0.0.1:") {
				t.Errorf("the first line is %q", lines.Text())
			}
			if err := cmd.Process.Signal(c.signal); err != nil {
				t.Fatal(err)
			}
			for lines.Scan() {
			}
			if err := cmd.Wait(); err != nil {
				t.Errorf("it ended with %v", err)
			}
			if left, err := os.ReadDir(temporary); err != nil || len(left) > 0 {
				t.Errorf("left behind: %v, %v", left, err)
			}
		})
	}
}
