package table

import (
	"bufio"
	"bytes"
	"fmt"
	"slices"
	"strings"
	"unicode"
)

// delimiters are the ones that are recognised; the first is taken where there is none.
const delimiters = ",;\t|"

// guessDelimiter takes the delimiter that divides the most of the first rows into as many cells as the
// first row, and of several the one that makes more cells.
func guessDelimiter(sample []byte, end byte) byte {
	best, bestRows, bestCells := delimiters[0], 0, 1
	for i := range len(delimiters) {
		cells, rows := divide(sample, end, delimiters[i])
		if cells > 1 && (rows > bestRows || (rows == bestRows && cells > bestCells)) {
			best, bestRows, bestCells = delimiters[i], rows, cells
		}
	}
	return best
}

// divide counts the cells of the first row and the rows with as many.
func divide(sample []byte, end, delimiter byte) (cells, rows int) {
	r := &records{lines: &lines{text: bufio.NewReader(bytes.NewReader(sample)), end: end}, delimiter: delimiter}
	for range 50 {
		row, err := r.next()
		if err != nil {
			break
		}
		if cells == 0 {
			cells = len(row.Cells)
		}
		if len(row.Cells) == cells && row.Problem == "" {
			rows++
		}
	}
	return cells, rows
}

// records reads rows, which may go over several lines.
type records struct {
	lines     *lines
	delimiter byte
}

// next is the next row that is not blank.
func (r *records) next() (Row, error) {
	for {
		line, err := r.lines.next()
		if err != nil {
			return Row{}, err
		}
		if row := r.record(line); row.Problem != "" || !blank(row.Cells) {
			return row, nil
		}
	}
}

func blank(cells []string) bool {
	return !slices.ContainsFunc(cells, func(cell string) bool { return cell != "" })
}

// record reads the row that begins on the line, with the lines after it while a quotation mark is open.
// If that one is never closed, the lines after are rows of their own.
func (r *records) record(first textLine) Row {
	row := Row{Line: first.number}
	s := splitter{delimiter: r.delimiter}
	var after []textLine
	for line := first; ; {
		if line.tooLong {
			s.state = tooLong // and nothing more is fed
		}
		if s.feed(line.text); s.state != unclosed {
			break
		}
		next, err := r.lines.next()
		if err != nil { // which comes again
			break
		}
		after, line = append(after, next), next
	}
	if s.state == complete {
		row.Cells = s.cells
		return row
	}
	r.lines.putBack(after)
	row.Problem = s.state.problem()
	return row
}

type splitState int

const (
	complete splitState = iota
	unclosed            // a quotation mark is open at the end of the line
	misquoted
	tooLong
)

func (s splitState) problem() string {
	switch s {
	case unclosed:
		return "A quotation mark opens in this line and is not closed."
	case misquoted:
		return "The quotation marks in this line do not match: one that belongs to the text has to be doubled."
	case tooLong:
		return fmt.Sprintf("A cell or the whole line is too long; a cell may have %d characters.", MaxCellBytes)
	}
	return ""
}

// splitter cuts a row into cells (RFC 4180). A quotation mark within a cell that does not begin with one
// is a character like any other, and spaces around a quoted cell are passed over.
type splitter struct {
	delimiter byte
	cells     []string
	state     splitState
	quoted    []byte // what a cell in quotation marks has so far, where it is not in one piece
}

// feed cuts the next line of the row.
func (s *splitter) feed(line string) {
	more := true
	if s.state == unclosed {
		line, more = s.feedQuoted(line)
	}
	for more && s.state != tooLong {
		if text := strings.TrimLeft(line, " "); strings.HasPrefix(text, `"`) {
			line, more = s.feedQuoted(text[1:])
			continue
		}
		var cell string
		cell, line, more = strings.Cut(line, string(rune(s.delimiter)))
		s.add(cell)
	}
}

// feedQuoted reads a cell up to the quotation mark that closes it, and says what is left of the line
// and whether a cell is.
func (s *splitter) feedQuoted(line string) (rest string, more bool) {
	for {
		text, rest, found := strings.Cut(line, `"`)
		switch {
		case len(s.quoted)+len(text) > MaxCellBytes:
			s.state = tooLong
			return "", false
		case !found:
			s.quoted = append(append(s.quoted, text...), '\n')
			s.state = unclosed
			return "", false
		case strings.HasPrefix(rest, `"`):
			s.quoted = append(append(s.quoted, text...), '"')
			line = rest[1:]
			continue
		}
		return s.close(text, rest)
	}
}

// close ends a quoted cell before the rest of the line.
func (s *splitter) close(text, rest string) (string, bool) {
	if len(s.quoted) > 0 {
		text = string(append(s.quoted, text...))
		s.quoted = s.quoted[:0]
	}
	s.state = complete
	s.add(text)
	rest = strings.TrimLeft(rest, " ")
	switch {
	case rest == "":
		return "", false
	case rest[0] == s.delimiter:
		return rest[1:], true
	}
	s.state = misquoted
	return "", false
}

func (s *splitter) add(cell string) {
	if len(cell) > MaxCellBytes {
		s.state = tooLong
	}
	s.cells = append(s.cells, tidy(cell))
}

// tidy drops control and other invisible characters, makes line breaks, tabs and the like spaces, and trims.
func tidy(cell string) string {
	for i := range len(cell) {
		if cell[i] < ' ' || cell[i] >= 0x7F {
			cell = strings.Map(visible, cell)
			break
		}
	}
	return strings.TrimSpace(cell)
}

func visible(r rune) rune {
	switch {
	case unicode.IsSpace(r):
		return ' '
	case unicode.In(r, unicode.Cc, unicode.Cf):
		return -1
	}
	return r
}
