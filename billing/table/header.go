package table

import (
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"unicode"
)

// Names says whether the cells of a row are the names of columns.
type Names func(cells []string) bool

// headerRows is how far down the header is looked for.
const headerRows = 30

func (t *Table) readHeader(names []Names) error {
	head, err := t.readHead()
	switch {
	case err != nil:
		return err
	case len(head) == 0:
		return Unusable("The file is empty.")
	}
	at, isNamed := headerAt(head, names)
	first := head[at]
	if first.Problem != "" {
		return Unusable("Line %d should name the columns. %s", first.Line, first.Problem)
	}
	t.Header = trimEmpty(slices.Clone(first.Cells), 0)
	if len(t.Header) > MaxColumns {
		return Unusable("The file has %d columns; at most %d are read.", len(t.Header), MaxColumns)
	}
	t.Above, t.ahead = at, head[at+1:]
	if !isNamed && isData(first.Cells) {
		t.ahead = head[at:]
	} else {
		t.named = slices.Clone(t.Header)
	}
	for i, name := range t.Header {
		if t.named == nil || name == "" {
			t.Header[i] = ColumnName(i)
		}
	}
	return nil
}

// ColumnName is what a column without a name is called, the first being 0.
func ColumnName(i int) string { return fmt.Sprintf("Column %d", i+1) }

// readHead reads the rows among which the header is. An error after the first of them comes when they are used up.
func (t *Table) readHead() ([]Row, error) {
	var head []Row
	for len(head) < headerRows {
		row, err := t.records.next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil && len(head) == 0 {
			return nil, err
		}
		if err != nil {
			t.failed = err
			break
		}
		head = append(head, row)
	}
	return head, nil
}

// headerAt finds the header: the first row whose names are known, or else the first one that fills more than half of the
// columns, since what stands above a table are titles and dates of a report.
func headerAt(head []Row, names []Names) (at int, isNamed bool) {
	for _, knows := range names {
		if at := slices.IndexFunc(head, func(r Row) bool { return r.Problem == "" && knows(r.Cells) }); at >= 0 {
			return at, true
		}
	}
	return headerByWidth(head), false
}

func headerByWidth(head []Row) int {
	width := usualWidth(head)
	at := slices.IndexFunc(head, func(r Row) bool {
		n := filled(r.Cells)
		return r.Problem == "" && n > width/2 && (n >= width || !isData(r.Cells))
	})
	if at < 0 || isData(head[at].Cells) {
		return 0
	}
	return at
}

// usualWidth is the most filled cells that at least two rows have.
func usualWidth(head []Row) int {
	counts, width := map[int]int{}, 0
	for _, r := range head {
		n := filled(r.Cells)
		if counts[n]++; counts[n] > 1 {
			width = max(width, n)
		}
	}
	return width
}

func filled(cells []string) int {
	n := 0
	for _, cell := range cells {
		if cell != "" {
			n++
		}
	}
	return n
}

// isData tells a row of data from a header: names of columns are neither e-mail addresses nor numbers and dates.
func isData(cells []string) bool {
	return slices.ContainsFunc(cells, func(cell string) bool {
		return strings.Contains(cell, "@") ||
			strings.ContainsFunc(cell, unicode.IsDigit) && !strings.ContainsFunc(cell, unicode.IsLetter)
	})
}

// isHeader says whether a row is the header once more, as reports of several pages have it.
func (t *Table) isHeader(row Row) bool {
	return t.named != nil && row.Problem == "" && row.Cells[0] == t.named[0] && slices.Equal(trimEmpty(row.Cells, len(t.named)), t.named)
}
