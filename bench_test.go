package main

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"regexp"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"seatbridge/billing/problem"
	"seatbridge/connectwise"
	"seatbridge/store"
)

// BenchmarkStart is the time from the start of a process to the line that it listens, on a database that is there already,
// and the memory it then idles with.
func BenchmarkStart(b *testing.B) {
	data := b.TempDir()
	first := serveBinary(b, data)
	first.end(b)
	var resident float64
	for b.Loop() {
		server := serveBinary(b, data)
		b.StopTimer()
		if _, err := http.Get(server.address + "/signin"); err != nil {
			b.Fatal(err)
		}
		resident = server.resident(b)
		server.end(b)
		b.StartTimer()
	}
	b.ReportMetric(resident, "MB-idle")
}

// BenchmarkSync is a sync of 1,000 agreements without pacing, all of whose lines are new at first, then all as they should
// be. It reports the requests that each agreement cost.
func BenchmarkSync(b *testing.B) {
	const agreements = 1000
	for b.Loop() {
		b.StopTimer()
		w := newWorld(b, agreements, 0)
		c := &config{data: w.data}
		c.tuning.Tune = func(cw *connectwise.Config) { cw.RequestsPerMinute = 10_000_000 }
		_, db, err := open(b.Context(), c)
		must(b, err)
		rooms := c.newBilling(db, c.logger(io.Discard, 0))
		b.StartTimer()
		for _, kind := range []string{"new", "unchanged"} {
			w.sim.ResetRequests()
			run, err := rooms.Runs.Run(b.Context(), problem.System(), rooms.Runs.SyncNow(false))
			must(b, err)
			if run.Status != store.RunDone {
				b.Fatalf("the run ended as %s: %+v", run.Status, run.Problem)
			}
			b.ReportMetric(float64(len(w.sim.Requests()))/agreements, "requests/agreement-"+kind)
		}
		b.StopTimer()
		must(b, rooms.Close(context.WithoutCancel(b.Context())))
		must(b, db.Close())
		b.StartTimer()
	}
}

// binary is a Seatbridge in a process of its own.
type binary struct {
	cmd     *exec.Cmd
	out     io.ReadCloser
	address string
}

func serveBinary(b *testing.B, data string) *binary {
	b.Helper()
	cmd := exec.CommandContext(b.Context(), os.Args[0], "serve", "-addr", "127.0.0.1:0", "-data", data)
	cmd.Env = append(os.Environ(), asSeatbridge+"=1")
	out, err := cmd.StdoutPipe()
	must(b, err)
	must(b, cmd.Start())
	line, err := bufio.NewReader(out).ReadString('\n')
	must(b, err)
	return &binary{cmd: cmd, out: out, address: strings.TrimPrefix(strings.TrimSpace(line), "listening on ")}
}

func (p *binary) end(b *testing.B) {
	b.Helper()
	must(b, p.cmd.Process.Signal(syscall.SIGTERM))
	must(b, p.cmd.Wait())
}

// resident is the process's resident memory in MB, as Linux tells it.
func (p *binary) resident(b *testing.B) float64 {
	b.Helper()
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", p.cmd.Process.Pid))
	must(b, err)
	kilobytes, err := strconv.ParseFloat(regexp.MustCompile(`VmRSS:\s+(\d+)`).FindStringSubmatch(string(status))[1], 64)
	must(b, err)
	return kilobytes / 1024
}
