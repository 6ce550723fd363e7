package main

import (
	"bufio"
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

	"seatbridge/command/commandtest"
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
	commandtest.Must(b, err)
	commandtest.Must(b, cmd.Start())
	line, err := bufio.NewReader(out).ReadString('\n')
	commandtest.Must(b, err)
	return &binary{cmd: cmd, out: out, address: strings.TrimPrefix(strings.TrimSpace(line), "listening on ")}
}

func (p *binary) end(b *testing.B) {
	b.Helper()
	commandtest.Must(b, p.cmd.Process.Signal(syscall.SIGTERM))
	commandtest.Must(b, p.cmd.Wait())
}

// resident is the process's resident memory in MB, as Linux tells it.
func (p *binary) resident(b *testing.B) float64 {
	b.Helper()
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", p.cmd.Process.Pid))
	commandtest.Must(b, err)
	kilobytes, err := strconv.ParseFloat(regexp.MustCompile(`VmRSS:\s+(\d+)`).FindStringSubmatch(string(status))[1], 64)
	commandtest.Must(b, err)
	return kilobytes / 1024
}
