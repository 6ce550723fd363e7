package billing

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"iter"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/encoding/charmap"
	utf "golang.org/x/text/encoding/unicode"
	"golang.org/x/text/transform"

	"seatbridge/store"
)

// What an uploaded table may measure. The limits keep any upload, also a hostile one, at a few megabytes of memory.
const (
	MaxTableBytes   = 64 << 20 // before decoding
	MaxTableColumns = 100
	MaxCellBytes    = 32 << 10 // as UTF-8; a spreadsheet's cell holds 32,767 characters
	maxLineBytes    = 256 << 10
)

// Table reads the rows of a text file that somebody uploaded: comma, semicolon, tab or pipe separated, in UTF-8,
// UTF-16 or Windows-1252. It reads as it goes and holds one row at a time.
//
// encoding/csv is not used because it has no limits and because one stray quotation mark makes it
// swallow the rows up to the next one. Here only the row with the mark is lost, and that is reported.
type Table struct {
	Header    []string // the cells of the first row; "Column 1" and so on where there is no name
	Delimiter byte     // ',', ';', '\t' or '|'
	text      *decoded
	records   *records
	first     *TableRow // of a file without a header row
}

// TableRow is a row that is not blank. Its cells are without control and other invisible characters
// and without space around them.
type TableRow struct {
	Line    int      // where it begins, the first line of the file being 1
	Cells   []string // as many as Header has, unless there is a problem
	Problem string   // why the row cannot be used, a sentence; empty: it can
}

// unusable is the error of a file that cannot be read at all.
func unusable(format string, args ...any) error {
	return &Invalid{Fields: map[string]string{"file": fmt.Sprintf(format, args...)}}
}

// OpenTable recognises the encoding, the delimiter and the header row. What the admin has to know of
// an unusable file, then or while rows are read, is an *Invalid.
func OpenTable(r io.Reader) (*Table, error) {
	text, err := decode(&limited{reader: r, left: MaxTableBytes})
	if err != nil {
		return nil, err
	}
	lines, sample, err := openLines(text.reader)
	if err != nil {
		return nil, err
	}
	t := &Table{text: text}
	if t.Delimiter, err = lines.announcedDelimiter(); err != nil {
		return nil, err
	}
	if t.Delimiter == 0 {
		t.Delimiter = guessDelimiter(sample, lines.end)
	}
	t.records = &records{lines: lines, delimiter: t.Delimiter}
	return t, t.readHeader()
}

func (t *Table) readHeader() error {
	first, err := t.records.next()
	switch {
	case err == io.EOF:
		return unusable("The file is empty.")
	case err != nil:
		return err
	case first.Problem != "":
		return unusable("Line %d should name the columns. %s", first.Line, first.Problem)
	}
	t.Header = trimEmpty(slices.Clone(first.Cells), 0)
	if len(t.Header) > MaxTableColumns {
		return unusable("The file has %d columns; at most %d are read.", len(t.Header), MaxTableColumns)
	}
	if isData(first.Cells) {
		t.first = &first
	}
	for i, name := range t.Header {
		if t.first != nil || name == "" {
			t.Header[i] = fmt.Sprintf("Column %d", i+1)
		}
	}
	return nil
}

// isData tells a row of data from a header: names of columns are neither e-mail addresses nor numbers.
func isData(cells []string) bool {
	return slices.ContainsFunc(cells, func(cell string) bool { return strings.Contains(cell, "@") || isDigits(cell) })
}

func isDigits(s string) bool {
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

// Rows yields the rows after the header, once. Blank rows are passed over; every other row is yielded,
// with a Problem if it cannot be read. An error comes last and ends the file.
func (t *Table) Rows() iter.Seq2[TableRow, error] {
	return func(yield func(TableRow, error) bool) {
		if t.first != nil && !yield(t.fit(*t.first), nil) {
			return
		}
		for {
			row, err := t.records.next()
			if err == io.EOF {
				return
			}
			if err != nil {
				yield(TableRow{}, err)
				return
			}
			if !yield(t.fit(row), nil) {
				return
			}
		}
	}
}

// fit holds the row against the header. Empty cells beyond the last column are what spreadsheets leave
// behind; a row that is too short may have been cut off, or its cells may have moved.
func (t *Table) fit(row TableRow) TableRow {
	row.Cells = trimEmpty(row.Cells, len(t.Header))
	if row.Problem == "" && len(row.Cells) != len(t.Header) {
		row.Problem = fmt.Sprintf("The row has %s, but there are %s.", plural(len(row.Cells), "cell"), plural(len(t.Header), "column"))
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

// limited ends with an error, not silently, after so many bytes.
type limited struct {
	reader io.Reader
	left   int64
}

func (l *limited) Read(p []byte) (int, error) {
	if l.left < 0 {
		return 0, unusable("The file is larger than %d MB. Split it and import the parts.", MaxTableBytes>>20)
	}
	if int64(len(p)) > l.left+1 {
		p = p[:l.left+1]
	}
	n, err := l.reader.Read(p)
	if l.left -= int64(n); l.left < 0 {
		return n - 1, nil // the error comes next
	}
	return n, err
}

// decoded is a file's text as UTF-8. Without a mark at the beginning, what the text was is decided at the
// first character beyond ASCII: it is UTF-8 or else Windows-1252, in which any bytes are text.
type decoded struct {
	reader  io.Reader
	name    string
	decoder transform.Transformer // nil: not decided yet
}

func decode(r io.Reader) (*decoded, error) {
	raw := bufio.NewReader(r)
	head, err := raw.Peek(512)
	if err != nil && err != io.EOF {
		return nil, err
	}
	d := &decoded{name: "UTF-8"}
	switch {
	case bytes.HasPrefix(head, []byte("PK\x03\x04")), bytes.HasPrefix(head, []byte("\xD0\xCF\x11\xE0")):
		return nil, unusable("This is a spreadsheet workbook. Save the sheet as CSV and upload that.")
	case bytes.HasPrefix(head, []byte("\xEF\xBB\xBF")):
		d.decoder = utf.UTF8BOM.NewDecoder()
	case bytes.HasPrefix(head, []byte("\xFF\xFE")), zeros(head, 1) > len(head)/4 && zeros(head, 0) == 0:
		d.name, d.decoder = "UTF-16 LE", utf.UTF16(utf.LittleEndian, utf.UseBOM).NewDecoder()
	case bytes.HasPrefix(head, []byte("\xFE\xFF")), zeros(head, 0) > len(head)/4 && zeros(head, 1) == 0:
		d.name, d.decoder = "UTF-16 BE", utf.UTF16(utf.BigEndian, utf.UseBOM).NewDecoder()
	}
	d.reader = transform.NewReader(raw, d)
	return d, nil
}

// zeros counts the zero bytes at even (0) or odd (1) places: in UTF-16 every ASCII character has one.
func zeros(head []byte, place int) int {
	n := 0
	for i := place; i < len(head); i += 2 {
		if head[i] == 0 {
			n++
		}
	}
	return n
}

// Reset implements transform.Transformer. A decoded file is read once.
func (d *decoded) Reset() {}

// Transform implements transform.Transformer.
func (d *decoded) Transform(dst, src []byte, atEOF bool) (nDst, nSrc int, err error) {
	n := 0
	if d.decoder == nil {
		ascii := 0
		for ascii < len(src) && src[ascii] < utf8.RuneSelf {
			ascii++
		}
		n = copy(dst, src[:ascii])
		switch {
		case n < ascii:
			return n, n, transform.ErrShortDst
		case n == len(src):
			return n, n, nil
		case !atEOF && !utf8.FullRune(src[n:]):
			return n, n, transform.ErrShortSrc
		}
		d.decide(src[n:])
	}
	nDst, nSrc, err = d.decoder.Transform(dst[n:], src[n:], atEOF)
	return n + nDst, n + nSrc, err
}

func (d *decoded) decide(src []byte) {
	valid, invalid := 0, 0
	for len(src) > 0 && utf8.FullRune(src) {
		r, size := utf8.DecodeRune(src)
		switch {
		case r == utf8.RuneError && size == 1:
			invalid++
		case r >= utf8.RuneSelf:
			valid++
		}
		src = src[size:]
	}
	if valid > invalid {
		d.decoder = utf.UTF8.NewDecoder()
		return
	}
	d.name, d.decoder = "Windows-1252", charmap.Windows1252.NewDecoder()
}

// lines reads the physical lines of a text.
type lines struct {
	text   *bufio.Reader
	end    byte       // '\n', or '\r' in a text without any '\n'
	number int        // of the line read last
	ahead  []textLine // read and put back
	err    error      // what ended the text
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
	if l.err != nil {
		return textLine{}, l.err
	}
	text, err := l.text.ReadSlice(l.end)
	line := textLine{number: l.number + 1, text: string(bytes.TrimRight(text, "\r\n"))}
	for err == bufio.ErrBufferFull {
		line.text, line.tooLong = "", true
		text, err = l.text.ReadSlice(l.end)
	}
	if l.err = err; err != nil && (err != io.EOF || (len(text) == 0 && !line.tooLong)) {
		return textLine{}, err
	}
	l.number++
	return line, nil
}

func (l *lines) putBack(lines []textLine) { l.ahead = slices.Concat(lines, l.ahead) }

// announcedDelimiter is what a first line like "sep=;" says, which spreadsheets write and obey; it is no row then.
func (l *lines) announcedDelimiter() (byte, error) {
	first, err := l.next()
	if err == io.EOF {
		return 0, nil
	}
	if err != nil {
		return 0, err
	}
	if name, delimiter, ok := strings.Cut(strings.Trim(first.text, `"`), "="); ok && strings.EqualFold(name, "sep") &&
		len(delimiter) == 1 && strings.Contains(delimiters, delimiter) {
		return delimiter[0], nil
	}
	l.putBack([]textLine{first})
	return 0, nil
}

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
func (r *records) next() (TableRow, error) {
	for {
		line, err := r.lines.next()
		if err != nil {
			return TableRow{}, err
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
func (r *records) record(first textLine) TableRow {
	row := TableRow{Line: first.number}
	s := splitter{delimiter: r.delimiter}
	var after []textLine
	for line := first; ; {
		if line.tooLong {
			s.state = tooLong
			break
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
	if s.state == unclosed {
		s.state = complete
	}
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

// Survey is what there is to know of a table before its columns are chosen.
type Survey struct {
	Encoding  string
	Delimiter byte
	Header    []string
	Dates     []DateOrder // of each column
	Rows      int         // all that are not blank
	Problems  int         // rows among them that cannot be read
	Sample    []TableRow  // the first few
}

const sampleRows = 10

// SurveyTable reads a whole table.
func SurveyTable(r io.Reader) (Survey, error) {
	t, err := OpenTable(r)
	if err != nil {
		return Survey{}, err
	}
	s := Survey{Delimiter: t.Delimiter, Header: t.Header}
	evidence := make([]dateEvidence, len(t.Header))
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
	s.Encoding = t.Encoding()
	for _, e := range evidence {
		s.Dates = append(s.Dates, e.order())
	}
	return s, nil
}

// DateOrder is how a column writes dates like 05/06/2026 or 05-06-2026.
type DateOrder string

// The orders. The last two are findings only: the admin has to choose one of the others.
const (
	NoOrder        DateOrder = "" // it has none, or reads the same either way
	DayFirst       DateOrder = "day-first"
	MonthFirst     DateOrder = "month-first"
	AmbiguousOrder DateOrder = "ambiguous" // each date of the column could be either
	MixedOrder     DateOrder = "mixed"     // some dates can only be the one, some only the other
)

// dateEvidence is what the dates of a column say of their order.
type dateEvidence struct{ dayFirst, monthFirst, either bool }

func (e *dateEvidence) weigh(cell string) {
	if len(cell) < len("1/1/2026") || cell[0] < '0' || cell[0] > '9' {
		return
	}
	text, _ := cutClock(cell)
	first, second, _, ok := orderedDate(text)
	switch {
	case !ok || first == second:
	case first > 12 && second <= 12:
		e.dayFirst = true
	case second > 12 && first <= 12:
		e.monthFirst = true
	case first <= 12:
		e.either = true
	}
}

func (e dateEvidence) order() DateOrder {
	switch {
	case e.dayFirst && e.monthFirst:
		return MixedOrder
	case e.dayFirst:
		return DayFirst
	case e.monthFirst:
		return MonthFirst
	case e.either:
		return AmbiguousOrder
	}
	return NoOrder
}

// ParseMoment reads a date with or without a time: 2026-12-31, 31.12.2026, 31/12/2026 or 12/31/2026 as the
// order of the column says, 31 Dec 2026, and RFC 3339. A date without a time is 00:00:00 UTC of that
// day, a time without a zone is UTC, and fractions of a second are cut off. An empty cell, or one like
// "-" or "never", is the zero time. A problem is a sentence.
func ParseMoment(cell string, order DateOrder) (t time.Time, problem string) {
	if isNothing(cell) {
		return time.Time{}, ""
	}
	text, clock := cutClock(cell)
	date, problem := parseDate(text, order)
	if problem != "" {
		return time.Time{}, problem
	}
	since, ok := parseClock(clock)
	if !ok {
		return time.Time{}, fmt.Sprintf("%s is not a time: write it like 2026-12-31 15:04 or 2026-12-31T15:04:00Z.", excerpt(cell))
	}
	return date.Add(since), ""
}

func isNothing(cell string) bool {
	switch strings.ToLower(cell) {
	case "", "-", "–", "—", "n/a", "null", "none", "never":
		return true
	}
	return false
}

// excerpt quotes a cell in a sentence.
func excerpt(cell string) string {
	const most = 40
	if utf8.RuneCountInString(cell) > most {
		cell = string([]rune(cell)[:most-1]) + "…"
	}
	return "“" + cell + "”"
}

// cutClock parts the time of the day, which is what has a colon, from the date before it.
func cutClock(cell string) (date, clock string) {
	i := strings.IndexByte(cell, ':')
	if i < 0 {
		return cell, ""
	}
	for i > 0 && isDigits(cell[i-1:i]) {
		i--
	}
	if i == 0 || !strings.ContainsRune(" Tt", rune(cell[i-1])) {
		return cell, ""
	}
	return strings.TrimRight(cell[:i-1], ", "), cell[i:]
}

// clockLayouts: RFC 3339 and its looser relatives; a fraction of a second is read with any of them.
var clockLayouts = [...]string{
	"15:04:05Z07:00", "15:04:05", "15:04", "15:04Z07:00", "15:04:05Z0700", "15:04Z0700", "15:04:05Z07", "15:04Z07", "3:04:05PM", "3:04PM",
}

// parseClock is the time from the date's midnight UTC to the moment: negative in the morning of the east.
func parseClock(clock string) (time.Duration, bool) {
	if clock == "" {
		return 0, true
	}
	clock = strings.ReplaceAll(strings.ToUpper(clock), " ", "")
	for _, zone := range []string{"UTC", "GMT"} {
		clock = strings.TrimSuffix(clock, zone)
	}
	for _, layout := range clockLayouts {
		if t, err := time.Parse(layout, clock); err == nil {
			midnight := time.Date(0, 1, 1, 0, 0, 0, 0, time.UTC)
			return t.Sub(midnight) - time.Duration(t.Nanosecond()), true
		}
	}
	return 0, false
}

// parseDate reads a date without a time as its midnight UTC.
func parseDate(text string, order DateOrder) (time.Time, string) {
	if isDigits(strings.Replace(text, ".", "", 1)) {
		return time.Time{}, fmt.Sprintf("%s is a number, not a date: spreadsheets keep dates so. Format the column as a date, like 2026-12-31, and save the file again.", excerpt(text))
	}
	year, month, day, ok := plainDate(text)
	if !ok {
		var first, second int
		if first, second, year, ok = orderedDate(text); ok {
			switch {
			case order == DayFirst, first == second:
				day, month = first, second
			case order == MonthFirst:
				month, day = first, second
			default:
				return time.Time{}, fmt.Sprintf("%s could be in either order: choose whether the day or the month comes first in this column.", excerpt(text))
			}
		}
	}
	date := time.Date(year, time.Month(month), day, 0, 0, 0, 0, time.UTC)
	switch {
	case !ok:
		return time.Time{}, fmt.Sprintf("%s is not a date: write it like 2026-12-31.", excerpt(text))
	case date.Day() != day || int(date.Month()) != month:
		return time.Time{}, fmt.Sprintf("%s is not in the calendar; if day and month are in the wrong order, choose the other one for this column.", excerpt(text))
	case year < 2000 || year > 2099:
		return time.Time{}, fmt.Sprintf("%s is not in this century.", excerpt(text))
	}
	return date, ""
}

// plainDate reads the dates that can be read one way only.
func plainDate(text string) (year, month, day int, ok bool) {
	for _, separator := range []string{"-", "/", "."} {
		if parts := strings.Split(text, separator); len(parts) == 3 {
			if y, m, d, ok := numbers(parts[0], parts[1], parts[2]); ok && len(parts[0]) == 4 {
				return y, m, d, true
			}
			if d, m, y, ok := numbers(parts[0], parts[1], parts[2]); ok && len(parts[2]) == 4 && separator == "." {
				return y, m, d, true
			}
		}
	}
	return namedDate(text)
}

// namedDate reads 31 Dec 2026, 31-Dec-2026, 31. Dezember 2026 and Dec 31, 2026.
func namedDate(text string) (year, month, day int, ok bool) {
	words := strings.FieldsFunc(text, func(r rune) bool { return strings.ContainsRune(" .,-/", r) })
	if len(words) != 3 || len(words[2]) != 4 {
		return 0, 0, 0, false
	}
	name, number := words[1], words[0]
	if !isDigits(number) {
		name, number = number, name
	}
	month = monthNamed(name)
	day, year, _, ok = numbers(number, words[2], "0")
	return year, month, day, ok && month > 0
}

// orderedDate reads a date whose order of day and month has to be known.
func orderedDate(text string) (first, second, year int, ok bool) {
	for _, separator := range []string{"/", "-"} {
		if parts := strings.Split(text, separator); len(parts) == 3 && len(parts[2]) == 4 {
			return numbers(parts[0], parts[1], parts[2])
		}
	}
	return 0, 0, 0, false
}

// numbers reads three numbers of at most four digits.
func numbers(a, b, c string) (x, y, z int, ok bool) {
	var n [3]int
	for i, s := range [...]string{a, b, c} {
		if !isDigits(s) || len(s) > 4 {
			return 0, 0, 0, false
		}
		n[i], _ = strconv.Atoi(s)
	}
	return n[0], n[1], n[2], true
}

// monthNames are the months in English, German, French, Spanish and Dutch, as store.Fold writes them. A
// month may be shortened to three letters or more, where that is no other month.
var monthNames = [12]string{
	"january januar janvier enero januari",
	"february februar fevrier febrero februari",
	"march marz maerz mars marzo maart mrz",
	"april avril abril",
	"may mai mayo mei",
	"june juni juin junio",
	"july juli juillet julio",
	"august aout agosto augustus",
	"september septembre septiembre sept",
	"october oktober octobre octubre",
	"november novembre noviembre",
	"december dezember decembre diciembre",
}

// monthNamed is 0 for what is no month, or could be more than one.
func monthNamed(word string) int {
	found := 0
	word = store.Fold(word)
	if len(word) < 3 {
		return 0
	}
	for i, names := range monthNames {
		for name := range strings.FieldsSeq(names) {
			if strings.HasPrefix(name, word) && found != i+1 {
				if found > 0 {
					return 0
				}
				found = i + 1
			}
		}
	}
	return found
}
