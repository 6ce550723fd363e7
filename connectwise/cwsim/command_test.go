package cwsim_test

import (
	"bufio"
	"context"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"seatbridge/connectwise/cwsim"
)

func TestSimulateServesWithTLS(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	ctx, cancel := context.WithCancel(t.Context())
	reader, writer := io.Pipe()
	ended := make(chan error, 1)
	environment := map[string]string{"SEATBRIDGE_ADDR": "127.0.0.1:0", "SEATBRIDGE_COMPANIES": "30", "SEATBRIDGE_SEED": "8"}
	go func() {
		ended <- cwsim.Simulate(ctx, []string{"--tls", dir, "--seed", "9", "--fault", "html503:times=1"}, func(name string) string { return environment[name] }, nil, writer)
		writer.Close()
	}()

	said, lines := map[string]string{}, bufio.NewScanner(reader)
	for len(said) < 5 && lines.Scan() {
		name, value, _ := strings.Cut(lines.Text(), ": ")
		if rest, ok := strings.CutPrefix(lines.Text(), "listening on "); ok {
			name, value = "listening on", rest
		}
		said[name] = value
	}
	want := cwsim.New(cwsim.Config{Seed: 9}).Credentials()
	if got := (cwsim.Credentials{Company: said["company"], PublicKey: said["public key"], PrivateKey: said["private key"], ClientID: said["client id"]}); got != want {
		t.Errorf("it printed %v", said)
	}

	client := trusting(t, filepath.Join(dir, "ca.pem"))
	for _, status := range []int{503, 200} {
		resp, err := client.Get(said["listening on"] + "/login/companyinfo/" + want.Company)
		if err != nil {
			t.Fatal(err)
		}
		resp.Body.Close()
		if resp.StatusCode != status {
			t.Errorf("status %d, want %d", resp.StatusCode, status)
		}
	}
	client.CloseIdleConnections()
	cancel()
	if err := <-ended; err != nil {
		t.Errorf("it ended with %v", err)
	}
}

// trusting is a client that trusts the authority in a file and no other.
func trusting(t *testing.T, file string) *http.Client {
	t.Helper()
	pem, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	pool := x509.NewCertPool()
	if !pool.AppendCertsFromPEM(pem) {
		t.Fatalf("%s holds no certificate", file)
	}
	return &http.Client{Transport: &http.Transport{TLSClientConfig: &tls.Config{RootCAs: pool}}}
}

func TestSimulateRefusesWrongFlags(t *testing.T) {
	t.Parallel()
	none := func(string) string { return "" }
	for _, args := range [][]string{{"--fault", "nothing"}, {"--assume", "Nothing"}, {"--seed", "x"}, {"stray"}, {"--addr", "999.1.1.1:0"}} {
		if err := cwsim.Simulate(t.Context(), args, none, nil, io.Discard); err == nil {
			t.Errorf("%v is accepted", args)
		}
	}
	var help strings.Builder
	if err := cwsim.Simulate(t.Context(), []string{"-h"}, none, nil, &help); err != nil {
		t.Error(err)
	}
	for _, kind := range cwsim.FaultKinds() {
		if kind.Kind != cwsim.Hook && !strings.Contains(help.String(), fmt.Sprintf("  %s ", kind.Kind)) {
			t.Errorf("the help does not name %s", kind.Kind)
		}
	}
}
