// Package intaketest makes large files for the tests of the intake, and watches its memory.
package intaketest

import (
	"bytes"
	"fmt"
	"runtime"
	"runtime/metrics"
	"time"

	"seatbridge/internal/moment"
)

// Rows is how many rows a benchmark reads.
const Rows = 100_000

// Members has as many members in 1,000 organizations, a bad row in every thousand.
func Members(rows int) []byte {
	var file bytes.Buffer
	file.WriteString("Organization,E-mail,Name,Status,Invited,Joined,Suspended,Deleted\r\n")
	for i := range rows {
		joined := moment.At("2025-01-01").AddDate(0, 0, i%400)
		status, suspended, deleted := "active", "", ""
		switch {
		case i%1000 == 999:
			status = "what?"
		case i%10 == 3:
			status, suspended = "suspended", joined.AddDate(0, 0, 20).Format("02/01/2006")
		case i%10 == 7:
			status, deleted = "deleted", joined.AddDate(0, 0, 30).Format(time.RFC3339)
		}
		fmt.Fprintf(&file, "\"Customer %d, Inc.\",member%d@customer%d.example,Jürgen Šimkus,%s,%s,%s,%s,%s\r\n", i%1000, i, i%1000,
			status, joined.AddDate(0, 0, -3).Format("02/01/2006"), joined.Format("2006-01-02 15:04:05"), suspended, deleted)
	}
	return file.Bytes()
}

// StartPeak watches the memory of the heap until the function it answers, which gives the most that was
// in use beyond the beginning, in MB.
func StartPeak() func() float64 {
	inUse := func() uint64 {
		sample := []metrics.Sample{{Name: "/memory/classes/heap/objects:bytes"}}
		metrics.Read(sample)
		return sample[0].Value.Uint64()
	}
	runtime.GC()
	before, most := inUse(), uint64(0)
	done, stopped := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(stopped)
		for tick := time.NewTicker(time.Millisecond); ; {
			select {
			case <-tick.C:
				most = max(most, inUse())
			case <-done:
				tick.Stop()
				return
			}
		}
	}()
	return func() float64 {
		close(done)
		<-stopped
		return float64(most-min(before, most)) / (1 << 20)
	}
}
