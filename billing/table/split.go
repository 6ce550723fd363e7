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

// guessDelimiter takes the delimiter that divides the most of the first rows into equally many cells, and of several the
// one that makes more cells. What stands above the table has no say.
func guessDelimiter(sample []byte, end byte) byte {
	best, bestRows, bestCells := delimiters[0], 0, 1
	for i := range len(delimiters) {
		cells, rows := divide(sample, end, delimiters[i])
		if rows > bestRows || (rows == bestRows && cells > bestCells) {
			best, bestRows, bestCells = delimiters[i], rows, cells
		}
	}
	return best
}

// divide is how many cells most of the rows with several have, and how many rows have as many.
func divide(sample []byte, end, delimiter byte) (cells, rows int) {
	r := &records{lines: &lines{text: bufio.NewReader(bytes.NewReader(sample)), end: end}, delimiter: delimiter}
	counts := map[int]int{}
	for range 50 {
		row, err := r.next()
		if err != nil {
			break
		}
		if n := len(row.Cells); n > 1 && row.Problem == "" {
			if counts[n]++; counts[n] > rows || counts[n] == rows && n > cells {
				cells, rows = n, counts[n]
			}
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
	s.cells = append(s.cells, unguarded(tidy(cell)))
}

// unguarded takes away what keeps a spreadsheet from running a cell or from changing it: the apostrophe that our exports put
// before what would be a formula (handlers/web), or the sign of a formula that is nothing but a text.
func unguarded(cell string) string {
	if cell == "" || cell[0] != '\'' && cell[0] != '=' {
		return cell
	}
	if rest := strings.TrimLeft(cell, "'"); rest != cell && rest != "" && strings.ContainsRune("=+-@", rune(rest[0])) {
		return cell[1:]
	}
	if text, ok := strings.CutPrefix(cell, `="`); ok && strings.Count(text, `"`) == 1 && strings.HasSuffix(text, `"`) {
		return strings.TrimSpace(text[:len(text)-1])
	}
	return cell
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
	case r >= 0x80 && r < 0xA0: // no character of any text: the encoding is another one
		return unicode.ReplacementChar
	case unicode.IsSpace(r):
		return ' '
	case unicode.In(r, unicode.Cc, unicode.Cf):
		return -1
	}
	return r
}
