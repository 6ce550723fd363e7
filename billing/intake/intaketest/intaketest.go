// Package intaketest makes large files for the tests of the intake, and watches its memory.
package intaketest

import (
	"archive/zip"
	"bytes"
	"fmt"
	"io"
	"runtime"
	"runtime/metrics"
	"strings"
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

// Workbook packs sheets, each a name and its rows as XML, into an Excel workbook. The cell style 1 shows a number as a month.
func Workbook(sheets ...[2]string) string {
	var file bytes.Buffer
	w := zip.NewWriter(&file)
	add := func(name, content string) {
		part, err := w.Create(name)
		if err == nil {
			_, err = io.WriteString(part, content)
		}
		if err != nil {
			panic(err) // a buffer takes everything
		}
	}
	var list, relations strings.Builder
	for i, s := range sheets {
		fmt.Fprintf(&list, `<sheet name="%s" sheetId="%d" r:id="r%d"/>`, s[0], i+1, i)
		fmt.Fprintf(&relations, `<Relationship Id="r%d" Type="x/worksheet" Target="worksheets/s%d.xml"/>`, i, i)
		add(fmt.Sprintf("xl/worksheets/s%d.xml", i), `<worksheet><sheetData>`+s[1]+`</sheetData></worksheet>`)
	}
	add("xl/workbook.xml", `<workbook xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships"><sheets>`+
		list.String()+`</sheets></workbook>`)
	add("xl/_rels/workbook.xml.rels", `<Relationships>`+relations.String()+`</Relationships>`)
	add("xl/styles.xml", `<styleSheet><cellXfs><xf numFmtId="0"/><xf numFmtId="17"/></cellXfs></styleSheet>`)
	if err := w.Close(); err != nil {
		panic(err)
	}
	return file.String()
}

// Cells are cells of a sheet, each with its text.
func Cells(texts ...string) string {
	var cells strings.Builder
	for _, text := range texts {
		cells.WriteString(`<c t="inlineStr"><is><t>` + text + `</t></is></c>`)
	}
	return cells.String()
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
