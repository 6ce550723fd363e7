// Package table reads the tables that people upload: encoding, delimiter, header, rows, and dates in cells. It is pure:
// a reader in, rows out.
package table

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"iter"
	"slices"
	"strings"

	"seatbridge/billing/problem"
)

// What an uploaded table may measure. The limits keep any upload, also a hostile one, at a few megabytes of memory.
const (
	MaxBytes     = 64 << 20 // before decoding
	MaxColumns   = 100
	MaxCellBytes = 32 << 10 // as UTF-8; a spreadsheet's cell holds 32,767 characters
	maxLineBytes = 256 << 10
)

// Table reads the rows of a text file that somebody uploaded: comma, semicolon, tab or pipe separated, in UTF-8,
// UTF-16 or Windows-1252. It reads as it goes and holds one row at a time.
//
// encoding/csv is not used because it has no limits and because one stray quotation mark makes it
// swallow the rows up to the next one. Here only the row with the mark is lost, and that is reported.
type Table struct {
	Header    []string // the names of the columns; "Column 1" and so on where there is no name
	Delimiter byte     // ',', ';', '\t' or '|'
	Above     int      // rows above the header, which are titles and the like
	Repeated  int      // rows read so far that are the header once more, and passed over
	text      *decoded
	records   *records
	ahead     []Row    // read while the header was looked for
	failed    error    // what comes after them
	named     []string // the header as it stands in the file; nil: there is none
}

// Row is a row that is not blank. Its cells are without control and other invisible characters
// and without space around them.
type Row struct {
	Line    int      // where it begins, the first line of the file being 1
	Cells   []string // as many as Header has, unless there is a problem
	Problem string   // why the row cannot be used, a sentence; empty: it can
}

// Unusable is the error of a file that cannot be read at all.
func Unusable(format string, args ...any) error {
	return &problem.Invalid{Fields: problem.Fields{"file": fmt.Sprintf(format, args...)}}
}

// Open recognises the encoding, the delimiter and the header row, also below titles: names are tried one after the other, and
// without any nobody knows what columns are called. What the admin has to know of
// an unusable file, then or while rows are read, is an *Invalid.
func Open(r io.Reader, names ...Names) (*Table, error) {
	text, err := decode(&Limited{Reader: r, Left: MaxBytes})
	if err != nil {
		return nil, err
	}
	lines, sample, err := openLines(text.reader)
	if err != nil {
		return nil, err
	}
	if problem := binaryProblem(sample); problem != "" {
		return nil, Unusable("%s", problem)
	}
	t := &Table{text: text}
	if t.Delimiter = lines.announcedDelimiter(); t.Delimiter == 0 {
		t.Delimiter = guessDelimiter(sample, lines.end)
	}
	t.records = &records{lines: lines, delimiter: t.Delimiter}
	return t, t.readHeader(names)
}

// IsDigits says whether a cell is digits and nothing else.
func IsDigits(s string) bool {
	for i := range len(s) {
		if s[i] < '0' || s[i] > '9' {
			return false
		}
	}
	return s != ""
}

// Encoding is the name of the file's encoding as far as the file was read: a file begins as UTF-8 until a
// character is met that says otherwise.
func (t *Table) Encoding() string { return t.text.name }

// Rows yields the rows after the header, once. Blank rows and repeated headers are passed over; every other row is
// yielded, with a Problem if it cannot be read. An error comes last and ends the file.
func (t *Table) Rows() iter.Seq2[Row, error] {
	return func(yield func(Row, error) bool) {
		for {
			row, err := t.next()
			if errors.Is(err, io.EOF) {
				return
			}
			if err != nil {
				yield(Row{}, err)
				return
			}
			if t.isHeader(row) {
				t.Repeated++
				continue
			}
			if !yield(t.fit(row), nil) {
				return
			}
		}
	}
}

func (t *Table) next() (Row, error) {
	if len(t.ahead) > 0 {
		row := t.ahead[0]
		t.ahead = t.ahead[1:]
		return row, nil
	}
	if t.failed != nil {
		return Row{}, t.failed
	}
	return t.records.next()
}

// fit holds the row against the header. Empty cells beyond the last column are what spreadsheets leave
// behind; a row that is too short may have been cut off, or its cells may have moved.
func (t *Table) fit(row Row) Row {
	row.Cells = trimEmpty(row.Cells, len(t.Header))
	if row.Problem == "" && len(row.Cells) != len(t.Header) {
		row.Problem = fmt.Sprintf("The row has %s, but there are %s.",
			problem.Plural(len(row.Cells), "cell"), problem.Plural(len(t.Header), "column"))
	}
	return row
}

// trimEmpty drops empty cells at the end as long as more than n remain.
func trimEmpty(cells []string, n int) []string {
	for len(cells) > n && cells[len(cells)-1] == "" {
		cells = cells[:len(cells)-1]
	}
	return cells
}

// lines reads the physical lines of a text.
type lines struct {
	text   *bufio.Reader
	end    byte       // '\n', or '\r' in a text without any '\n'
	number int        // of the line read last
	ahead  []textLine // read and put back
}

type textLine struct {
	number  int
	text    string
	tooLong bool // then the text is not there
}

// openLines also answers the first lines, or parts of them.
func openLines(text io.Reader) (*lines, []byte, error) {
	l := &lines{text: bufio.NewReaderSize(text, maxLineBytes), end: '\n'}
	sample, err := l.text.Peek(32 << 10)
	if err != nil && err != io.EOF {
		return nil, nil, err
	}
	if bytes.IndexByte(sample, '\n') < 0 && bytes.IndexByte(sample, '\r') >= 0 {
		l.end = '\r'
	}
	return l, sample, nil
}

func (l *lines) next() (textLine, error) {
	if len(l.ahead) > 0 {
		line := l.ahead[0]
		l.ahead = l.ahead[1:]
		return line, nil
	}
	text, err := l.text.ReadSlice(l.end)
	line := textLine{number: l.number + 1, text: string(bytes.TrimRight(text, "\r\n"))}
	for errors.Is(err, bufio.ErrBufferFull) {
		line.text, line.tooLong = "", true
		text, err = l.text.ReadSlice(l.end)
	}
	if err != nil && (!errors.Is(err, io.EOF) || (len(text) == 0 && !line.tooLong)) {
		return textLine{}, err
	}
	l.number++
	return line, nil
}

func (l *lines) putBack(lines []textLine) { l.ahead = slices.Concat(lines, l.ahead) }

// announcedDelimiter is what a first line like "sep=;" says, which spreadsheets write and obey; it is no row then.
func (l *lines) announcedDelimiter() byte {
	first, err := l.next()
	if err != nil { // which comes again
		return 0
	}
	name, delimiter, _ := strings.Cut(strings.Trim(first.text, `"`), "=")
	if strings.EqualFold(name, "sep") && len(delimiter) == 1 && strings.Contains(delimiters, delimiter) {
		return delimiter[0]
	}
	l.putBack([]textLine{first})
	return 0
}

// Survey is what there is to know of a table before its columns are chosen.
type Survey struct {
	Encoding  string
	Delimiter byte
	Header    []string
	Above     int           // rows above the header
	Repeated  int           // rows that are the header once more
	Dates     []DateOrder   // of each column
	Months    []DateOrder   // the order by which every date of a column is the first or last day of a month, if only one is
	Numbers   []NumberStyle // of each column
	Rows      int           // all that are not blank
	Problems  int           // rows among them that cannot be read
	Sample    []Row         // the first few
	Values    [][]string    `json:"-"` // of each column, the first different ones
}

const (
	sampleRows   = 10
	sampleValues = 40
)

// columnEvidence is what the cells of a column say of how they are to be read.
type columnEvidence struct {
	dates   dateEvidence
	numbers numberEvidence
	values  []string
}

func (e *columnEvidence) weigh(cell string) {
	e.dates.weigh(cell)
	e.numbers.weigh(cell)
	if cell != "" && len(e.values) < sampleValues && !slices.Contains(e.values, cell) {
		e.values = append(e.values, strings.Clone(cell))
	}
}

// Inspect reads a whole table, whose header is found as Open does.
func Inspect(r io.Reader, names ...Names) (Survey, error) {
	t, err := Open(r, names...)
	if err != nil {
		return Survey{}, err
	}
	s := Survey{Delimiter: t.Delimiter, Header: t.Header, Above: t.Above}
	evidence := make([]columnEvidence, len(t.Header))
	for row, err := range t.Rows() {
		if err != nil {
			return Survey{}, err
		}
		if s.Rows++; s.Rows <= sampleRows {
			s.Sample = append(s.Sample, row)
		}
		if row.Problem != "" {
			s.Problems++
			continue
		}
		for i, cell := range row.Cells {
			evidence[i].weigh(cell)
		}
	}
	s.Encoding, s.Repeated = t.Encoding(), t.Repeated
	for _, e := range evidence {
		s.Dates, s.Months = append(s.Dates, e.dates.order()), append(s.Months, e.dates.months.order())
		s.Numbers = append(s.Numbers, e.numbers.style(t.Delimiter))
		s.Values = append(s.Values, e.values)
	}
	return s, nil
}
