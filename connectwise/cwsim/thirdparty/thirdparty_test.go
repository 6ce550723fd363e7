//go:build thirdparty

// Package thirdparty runs other people's ConnectWise clients against the simulator:
//
//	go test -tags thirdparty ./connectwise/cwsim/...
//
// It needs node and npm, and installs the pinned clients with npm ci.
package thirdparty

import (
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"seatbridge/connectwise/cwsim"
)

func TestThirdPartyClients(t *testing.T) {
	run(t, nil, "npm", "ci", "--no-audit", "--no-fund", "--ignore-scripts")

	dir := t.TempDir()
	s := cwsim.New(cwsim.Config{Companies: 230})
	server := httptest.NewUnstartedServer(s)
	tlsConfig, err := cwsim.LoopbackTLS(dir)
	if err != nil {
		t.Fatal(err)
	}
	server.TLS = tlsConfig
	server.StartTLS()
	defer server.Close()

	company := s.AddCompany(cwsim.Company{Name: "Testwick Mills"})
	first := s.AddAgreement(cwsim.Agreement{CompanyID: company.ID})
	second := s.AddAgreement(cwsim.Agreement{CompanyID: company.ID})
	c := s.Credentials()
	run(t, []string{
		"NODE_EXTRA_CA_CERTS=" + filepath.Join(dir, "ca.pem"),
		"SIM_HOST=" + strings.TrimPrefix(server.URL, "https://"),
		"SIM_COMPANY=" + c.Company, "SIM_PUBLIC_KEY=" + c.PublicKey, "SIM_PRIVATE_KEY=" + c.PrivateKey, "SIM_CLIENT_ID=" + c.ClientID,
		"SIM_COMPANIES=" + strconv.Itoa(len(s.Companies())),
		"SIM_AGREEMENT=" + strconv.Itoa(first.ID), "SIM_OTHER_AGREEMENT=" + strconv.Itoa(second.ID),
		"SIM_EFFECTIVE=" + time.Now().UTC().Format(time.DateOnly) + "T00:00:00Z",
	}, "node", "--test", "clients.test.js")

	for _, agreement := range []cwsim.Agreement{first, second} {
		lines := s.Additions(agreement.ID)
		if len(lines) != 1 || lines[0].Quantity.String() != "42.5" {
			t.Errorf("the additions of agreement %d are %+v, want one of 42.5", agreement.ID, lines)
		}
	}
}

// run runs a command in this directory; it must succeed.
func run(t *testing.T, environment []string, name string, args ...string) {
	t.Helper()
	command := exec.CommandContext(t.Context(), name, args...)
	command.Env = append(os.Environ(), environment...)
	output, err := command.CombinedOutput()
	t.Logf("%s", output)
	if err != nil {
		t.Fatalf("running %s: %v", name, err)
	}
}
