package web

import (
	"bufio"
	"encoding/csv"
	"net/http"
	"strconv"
	"strings"
)

// CSVBuffer is how much of a download is held back, so that an early error
// can still be answered with an error page.
const CSVBuffer = 256 << 10

// SendCSV streams a download. rows calls write once a row. After the first
// bytes have gone an error breaks the connection off: a download must never
// look complete when it is not.
func (s *Site) SendCSV(w http.ResponseWriter, r *http.Request, name string, header []string, rows func(write func(...string)) error) error {
	download := &download{w: w, name: name}
	buffered := bufio.NewWriterSize(download, CSVBuffer)
	out := csv.NewWriter(buffered)
	out.UseCRLF = true // RFC 4180
	write := func(cells ...string) {
		for i, cell := range cells {
			cells[i] = harmless(cell)
		}
		out.Write(cells) // a lost connection shows below
	}
	write(header...)
	err := rows(write)
	if err != nil && download.started {
		s.Log.ErrorContext(r.Context(), "download", "route", r.Pattern, "err", err)
		panic(http.ErrAbortHandler)
	}
	if err != nil {
		return err
	}
	out.Flush()
	buffered.Flush()
	return nil
}

// download sets the header with the first bytes.
type download struct {
	w       http.ResponseWriter
	name    string
	started bool
}

func (d *download) Write(b []byte) (int, error) {
	if !d.started {
		d.started = true
		h := d.w.Header()
		h.Set("Content-Type", "text/csv; charset=utf-8")
		h.Set("Content-Disposition", `attachment; filename="`+d.name+`.csv"`)
		h.Set("Cache-Control", "no-store")
	}
	return d.w.Write(b)
}

// harmless keeps spreadsheets from running a cell as a formula, by an apostrophe before it, which reading takes away again
// (billing/table). So a text that has the apostrophe already gets another one. Plain numbers, negative ones too, are no formulas.
func harmless(cell string) string {
	text := strings.TrimLeft(cell, "'")
	if text == "" || !strings.ContainsRune("=+-@\t\r", rune(text[0])) {
		return cell
	}
	if _, err := strconv.ParseFloat(cell, 64); err == nil {
		return cell
	}
	return "'" + cell
}
