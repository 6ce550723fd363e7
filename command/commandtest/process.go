package commandtest

import (
	"bufio"
	"context"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"strings"
	"testing"
)

// Run is command.Run.
type Run func(ctx context.Context, args []string, stdout, stderr io.Writer) error

// Process is a Seatbridge that serves within the test.
type Process struct {
	Address string        // of its pages
	Client  *http.Client  // keeps cookies
	Out     *bufio.Reader // what it printed and nobody has read
	cancel  context.CancelFunc
	ended   chan error
}

// Start runs a serving command and waits until it says where it listens.
func Start(t *testing.T, run Run, args ...string) *Process {
	t.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.WithoutCancel(t.Context()))
	reader, writer := io.Pipe()
	p := &Process{Client: &http.Client{Jar: jar}, Out: bufio.NewReader(reader), cancel: cancel, ended: make(chan error, 1)}
	go func() {
		err := run(ctx, args, writer, io.Discard)
		writer.CloseWithError(err)
		p.ended <- err
	}()
	t.Cleanup(cancel)
	p.Address = strings.TrimPrefix(p.Line(t, "listening on "), "listening on ")
	return p
}

// Line is the next line on stdout, which must begin so.
func (p *Process) Line(t *testing.T, prefix string) string {
	t.Helper()
	line, err := p.Out.ReadString('\n')
	if err != nil || !strings.HasPrefix(line, prefix) {
		t.Fatalf("got %q, %v, want a line that begins with %q", line, err, prefix)
	}
	return strings.TrimSpace(line)
}

// Stop ends it in good order and returns what it printed that nobody has read.
func (p *Process) Stop(t *testing.T) string {
	t.Helper()
	p.Client.CloseIdleConnections()
	p.cancel()
	rest, _ := io.ReadAll(p.Out)
	if err := <-p.ended; err != nil {
		t.Errorf("stopping: %v", err)
	}
	return string(rest)
}

// Get wants a page to answer with a status.
func (p *Process) Get(t *testing.T, path string, status int) {
	t.Helper()
	resp, err := p.Client.Get(p.Address + path)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	if resp.StatusCode != status {
		t.Fatalf("GET %s: status %d, want %d", path, resp.StatusCode, status)
	}
}

// Post sends a form and follows to the page that answers it.
func (p *Process) Post(t *testing.T, path string, form url.Values) {
	t.Helper()
	resp, err := p.Client.PostForm(p.Address+path, form)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		t.Fatalf("POST %s: status %d", path, resp.StatusCode)
	}
}

// What MakeOwner signs up with.
const (
	OwnerEmail    = "owner@example.com"
	OwnerPassword = "a long enough secret"
)

// MakeOwner makes the first account, by the link that the first start prints next, and signs the client in.
func (p *Process) MakeOwner(t *testing.T) {
	t.Helper()
	p.Post(t, SetupPath(p.Line(t, "There is no account yet.")), url.Values{
		"name": {"Ann Owner"}, "email": {OwnerEmail}, "password": {OwnerPassword}, "msp": {"Example MSP"},
	})
}

// SetupPath is the path of the one-time link in a printed line.
func SetupPath(line string) string { return line[strings.Index(line, "/setup/"):] }
