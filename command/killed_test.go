//go:build e2e

package command

import (
	"bufio"
	"context"
	"fmt"
	"math/rand/v2"
	"net/http"
	"net/http/cookiejar"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/shopspring/decimal"

	"seatbridge/command/commandtest"
	"seatbridge/connectwise"
	"seatbridge/connectwise/cwsim"
	"seatbridge/internal/soak"
	"seatbridge/store"
)

// asServer makes the test binary serve a data directory as the real one does, only without the waits that spare a real
// ConnectWise.
const asServer = "SEATBRIDGE_TEST_SERVE"

func init() {
	data := os.Getenv(asServer)
	if data == "" {
		return
	}
	c := &config{addr: "127.0.0.1:0", data: data}
	c.tuning.Settle = 100 * time.Millisecond
	c.tuning.Tune = func(cw *connectwise.Config) {
		cw.RequestsPerMinute, cw.BackoffBase = 1_000_000, time.Millisecond
	}
	if err := serve(context.Background(), c, os.Stdout, os.Stderr); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(exitFailed)
	}
	os.Exit(exitFine)
}

// killsPerSync is how often one sync of 1,000 lines is killed at most.
const killsPerSync = 25

// TestKilled presses Sync now for 1,000 mappings, kills the process (SIGKILL) at a random request, starts it again, kills it
// again while it finishes, and so on. In the end ConnectWise is exactly right: every quantity, no addition twice, none
// missing. SEATBRIDGE_KILLS sets how often it kills.
func TestKilled(t *testing.T) {
	kills := soak.Count("SEATBRIDGE_KILLS", 10, 200)
	for begin := 0; begin < kills; begin += killsPerSync {
		seed := rand.Uint64()
		t.Run(fmt.Sprintf("from %d with seed %d", begin, seed), func(t *testing.T) {
			t.Parallel()
			killOften(t, rand.New(rand.NewPCG(seed, seed)), min(killsPerSync, kills-begin))
		})
	}
}

func killOften(t *testing.T, chance *rand.Rand, kills int) {
	const mappings = 1000
	w := newWorld(t, mappings, time.Millisecond)
	w.addLines()

	server := serveProcess(t, w.data)
	server.MakeOwner(t)
	w.sim.AddFault(killer(chance, server.cmd.Process))
	server.Post(t, "/integrations/connectwise/sync", nil)
	<-server.gone
	died := 1
	for ; died < kills && lastRun(t, w.data).Status == store.RunRunning; died++ {
		again := serveProcess(t, w.data)
		w.sim.SetFaults(killer(chance, again.cmd.Process))
		commandtest.Eventually(t, "the process is killed or the run is finished", func() bool {
			return again.exited() || lastRun(t, w.data).Status != store.RunRunning
		})
		again.kill()
	}
	w.sim.ClearFaults()

	last := serveProcess(t, w.data)
	defer last.kill()
	commandtest.Eventually(t, "the run is finished", func() bool { return lastRun(t, w.data).Status != store.RunRunning })
	if run := lastRun(t, w.data); run.Status != store.RunDone {
		t.Errorf("the run ended as %s: %+v", run.Status, run.Problem)
	}
	if diff := cmp.Diff(w.wanted, w.quantities()); diff != "" {
		t.Errorf("additions (-want +got):\n%s", diff)
	}
	t.Logf("killed %d times and resumed to the end", died)
}

// addLines gives every other agreement a line with a wrong quantity, so that there is something to change, too.
func (w *world) addLines() {
	for i, agreement := range w.agreements {
		if i%2 == 1 {
			plan := store.Business
			if i%3 == 2 {
				plan = store.Enterprise
			}
			w.sim.AddAddition(cwsim.Addition{AgreementID: agreement.ID, ProductID: w.product[plan].ID, Quantity: decimal.NewFromInt(99)})
		}
	}
}

// killer kills the process at one of the sync's next requests; that request is still carried out.
func killer(chance *rand.Rand, p *os.Process) cwsim.Fault {
	method := []string{http.MethodGet, http.MethodPost, http.MethodPatch, ""}[chance.IntN(4)]
	path := "/finance/agreements/*/additions"
	if method == http.MethodPatch {
		path += "/*"
	}
	return cwsim.Fault{Kind: cwsim.Hook, Method: method, Path: path, After: chance.IntN(40), Times: 1, Do: func() { p.Kill() }}
}

// lastRun is the latest run in a database that a server may have open, too.
func lastRun(t *testing.T, data string) store.Run {
	t.Helper()
	_, db, err := open(t.Context(), &config{data: data})
	commandtest.Must(t, err)
	defer db.Close()
	runs, _, err := db.Runs(t.Context(), store.RunFilter{Limit: 1})
	commandtest.Must(t, err)
	if len(runs) == 0 {
		t.Fatal("there is no run")
	}
	return runs[0].Run
}

// child is a Seatbridge in a process of its own.
type child struct {
	commandtest.Process
	cmd  *exec.Cmd
	gone chan struct{} // closed when the process has ended
}

func serveProcess(t *testing.T, data string) *child {
	t.Helper()
	jar, err := cookiejar.New(nil)
	commandtest.Must(t, err)
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute) // a run that does not come to its end fails the test
	t.Cleanup(cancel)
	c := &child{cmd: exec.CommandContext(ctx, os.Args[0]), gone: make(chan struct{})}
	c.cmd.Env = append(os.Environ(), asServer+"="+data)
	stdout, err := c.cmd.StdoutPipe()
	commandtest.Must(t, err)
	commandtest.Must(t, c.cmd.Start())
	c.Client, c.Out = &http.Client{Jar: jar}, bufio.NewReader(stdout)
	c.Address = strings.TrimPrefix(c.Line(t, "listening on "), "listening on ")
	go func() {
		defer close(c.gone)
		c.cmd.Wait()
	}()
	return c
}

// exited says whether the process has ended, without waiting for it.
func (c *child) exited() bool {
	select {
	case <-c.gone:
		return true
	default:
		return false
	}
}

func (c *child) kill() {
	c.cmd.Process.Kill()
	<-c.gone
}
