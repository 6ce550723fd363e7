//go:build e2e

package command

import (
	"bufio"
	"context"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"net/http"
	"net/http/cookiejar"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/shopspring/decimal"

	"seatbridge/billing"
	"seatbridge/billing/problem"
	"seatbridge/command/commandtest"
	"seatbridge/connectwise"
	"seatbridge/connectwise/cwsim"
	"seatbridge/internal/bookkeeper"
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
// again while it finishes, and so on. In the end every line is what a count of its own says, or it waits as it was: for a
// person who approves it, or because nobody knows yet whether ConnectWise has it. No line is there twice, none missing, none
// lowered unasked. When all is approved and looked for, every line is right. SEATBRIDGE_KILLS sets how often it kills.
func TestKilled(t *testing.T) {
	kills := soak.Count("SEATBRIDGE_KILLS", 10, 500)
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
	w.addLines(t)
	before, book := w.quantities(), w.keepBook()

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
	commandtest.Eventually(t, "the run is finished", func() bool { return lastRun(t, w.data).Status != store.RunRunning })
	last.kill()
	waiting := w.waiting(t)
	w.compare(t, book, func(i int, got string) bool {
		return waiting[w.names[i]] && got == before[w.names[i]] || !ofOthers(i) && got == w.booked(book, i)
	})
	w.approveAndLook(t)
	w.compare(t, book, func(i int, got string) bool { return got == w.booked(book, i) })
	t.Logf("killed %d times and resumed to the end; %d lines waited", died, len(waiting))
}

// addLines gives every other agreement a line that Seatbridge wrote before and that is a seat short of what it should be, or
// here and there one above; and some of the others a line of other people's making.
func (w *world) addLines(t *testing.T) {
	t.Helper()
	_, db, err := open(t.Context(), &config{data: w.data})
	commandtest.Must(t, err)
	defer db.Close()
	for i, agreement := range w.agreements {
		plan := planOf(i)
		line := cwsim.Addition{AgreementID: agreement.ID, ProductID: w.product[plan].ID, Quantity: decimal.NewFromInt(99)}
		switch {
		case ofOthers(i):
			w.sim.AddAddition(line)
		case i%20 == 9:
			line.Quantity = decimal.NewFromInt(int64(seatsOf(i) + 1))
			w.bind(t, db, w.sim.AddAddition(line))
		case i%2 == 1:
			line.Quantity = decimal.NewFromInt(int64(seatsOf(i) - 1))
			w.bind(t, db, w.sim.AddAddition(line))
		}
	}
}

// ofOthers says whether people made the organization's line, which is never written unasked.
func ofOthers(i int) bool { return i%20 == 4 }

// bind makes a line one that Seatbridge wrote.
func (w *world) bind(t *testing.T, db *store.Store, line cwsim.Addition) {
	t.Helper()
	commandtest.Must(t, db.SaveLine(t.Context(), store.Line{
		AgreementID: line.AgreementID, ProductID: line.ProductID, AdditionID: line.ID,
		Written: decimal.NewNullDecimal(line.Quantity), WrittenAt: time.Now().Add(time.Minute), // after the mapping
	}))
}

// keepBook keeps a book of the world's own on the organizations.
func (w *world) keepBook() *bookkeeper.Book {
	book, now := bookkeeper.New(), time.Now().UTC()
	for i, name := range w.names {
		book.Add(name, planOf(i) == store.Enterprise, now.AddDate(0, -6, 0))
		for s := range seatsOf(i) {
			book.Join(name, fmt.Sprint(s), now.AddDate(0, -5, 0))
		}
		book.Map(name, w.agreements[i].ID)
	}
	return book
}

// booked is what the book says of an organization's line.
func (w *world) booked(book *bookkeeper.Book, i int) string {
	seats, _ := book.Line(w.agreements[i].ID, planOf(i) == store.Enterprise, time.Now())
	return fmt.Sprint(seats)
}

// compare wants the additions of every organization to be right.
func (w *world) compare(t *testing.T, book *bookkeeper.Book, right func(i int, got string) bool) {
	t.Helper()
	got := w.quantities()
	for i, name := range w.names {
		if !right(i, got[name]) {
			t.Errorf("%s: the additions say %q, the book %s", name, got[name], w.booked(book, i))
		}
	}
}

// waiting are the organizations whose line waits for a person, or for another look at ConnectWise.
func (w *world) waiting(t *testing.T) map[string]bool {
	t.Helper()
	_, db, err := open(t.Context(), &config{data: w.data})
	commandtest.Must(t, err)
	defer db.Close()
	waiting := []store.ChangeState{store.StateHeld, store.StateUnknown}
	list, _, err := db.Changes(t.Context(), store.ChangeFilter{States: waiting, Carried: true})
	commandtest.Must(t, err)
	names := map[string]bool{}
	for _, c := range list {
		names[c.Company] = true
	}
	return names
}

// approveAndLook approves what waits and syncs, an hour later each time: what was sent without an outcome is created again when
// two runs did not find it.
func (w *world) approveAndLook(t *testing.T) {
	t.Helper()
	for hours := range 3 {
		_, db, err := open(t.Context(), &config{data: w.data})
		commandtest.Must(t, err)
		rooms := billing.New(billing.Config{
			Store: db, Log: slog.New(slog.DiscardHandler), Settle: 100 * time.Millisecond,
			Now:  func() time.Time { return time.Now().Add(time.Duration(hours+1) * 61 * time.Minute) },
			Tune: func(cw *connectwise.Config) { cw.RequestsPerMinute = 1_000_000 },
		})
		if held := heldIn(t, db); len(held) > 0 {
			_, err = rooms.Runs.Approve(t.Context(), problem.System(), held)
			commandtest.Must(t, err)
			rooms.Work.Wait()
		}
		_, err = rooms.Runs.Run(t.Context(), problem.System(), rooms.Runs.SyncNow(false))
		commandtest.Must(t, err)
		commandtest.Must(t, rooms.Close(context.WithoutCancel(t.Context())))
		commandtest.Must(t, db.Close())
	}
}

// heldIn are the changes that wait for a person.
func heldIn(t *testing.T, db *store.Store) (ids []int64) {
	t.Helper()
	list, _, err := db.Changes(t.Context(), store.ChangeFilter{States: []store.ChangeState{store.StateHeld}, Carried: true})
	commandtest.Must(t, err)
	for _, c := range list {
		ids = append(ids, c.ID)
	}
	return ids
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
