package workbook

import (
	"bytes"
	"encoding/xml"
	"errors"
	"io"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"seatbridge/billing/table"
)

// Text is a sheet as a table of text, one line for each row, so that lines have the numbers of the rows. "" is the first sheet.
// Dates are written like 2026-10-31, numbers in plain digits with a point. What cannot be read on the way is an *Invalid by "file".
func (b *Book) Text(sheet string) (io.ReadCloser, error) {
	if sheet == "" {
		sheet = b.Sheets[0]
	}
	r, err := b.part(b.paths[sheet], maxPart)
	if err != nil {
		return nil, unreadable()
	}
	if r == nil {
		return nil, table.Unusable("The workbook has no sheet %s.", table.Excerpt(sheet))
	}
	t := &text{book: b, part: r, xml: xml.NewDecoder(r)}
	t.line.WriteString("\uFEFF")
	return t, nil
}

// First is the first sheet whose columns have names that are known, or else the first with a row: what comes before them are covers
// and notes. Empty: none has a row.
func (b *Book) First(names ...table.Names) string {
	first := ""
	for _, sheet := range b.Sheets {
		header := b.header(sheet, names)
		if slices.ContainsFunc(names, func(knows table.Names) bool { return knows(header) }) {
			return sheet
		}
		if first == "" && len(header) > 0 {
			first = sheet
		}
	}
	return first
}

// header are the names of the columns of a sheet; none: it has no row, or cannot be read.
func (b *Book) header(sheet string, names []table.Names) []string {
	text, err := b.Text(sheet)
	if err != nil {
		return nil
	}
	defer text.Close()
	t, err := table.Open(text, names...)
	if err != nil {
		return nil
	}
	return t.Header
}

// text is a sheet while it is read.
type text struct {
	book *Book
	part io.Closer
	xml  *xml.Decoder
	line bytes.Buffer // what is not read yet
	row  int          // the last one in line
	wide int          // cells of the widest row so far
	err  error
}

// Close implements io.Closer.
func (t *text) Close() error { return t.part.Close() }

// Read implements io.Reader.
func (t *text) Read(p []byte) (int, error) {
	for t.line.Len() == 0 && t.err == nil {
		t.err = t.next()
	}
	if t.line.Len() == 0 {
		return 0, t.err
	}
	return t.line.Read(p)
}

// next reads on to the end of a row.
func (t *text) next() error {
	for {
		token, err := t.xml.Token()
		if errors.Is(err, io.EOF) {
			return io.EOF
		}
		if err != nil {
			return unreadable()
		}
		if start, ok := token.(xml.StartElement); ok && start.Name.Local == "row" {
			var row sheetRow
			if err := t.xml.DecodeElement(&row, &start); err != nil {
				return unreadable()
			}
			return t.write(row)
		}
	}
}

type sheetRow struct {
	Number int         `xml:"r,attr"`
	Cells  []sheetCell `xml:"c"`
}

type sheetCell struct {
	Place   string   `xml:"r,attr"` // such as B12
	Style   int      `xml:"s,attr"`
	Type    string   `xml:"t,attr"`
	Value   string   `xml:"v"`
	Inline  richText `xml:"is"`
	Formula *string  `xml:"f"` // nil: the cell has none
}

const mostRows = 1 << 20 // of a sheet

// write adds the line of a row, after blank ones for those that the sheet does not have. A sheet has no cells that are empty, so that
// a row ends where the widest before it does, which the header is.
func (t *text) write(row sheetRow) error {
	number := max(row.Number, t.row+1)
	if number > mostRows {
		return unreadable()
	}
	t.line.WriteString(strings.Repeat("\n", number-t.row-1))
	t.row = number
	at, next, isBlank := 0, 0, true
	for _, c := range row.Cells {
		column := columnOf(c.Place, next)
		next = column + 1
		if column > table.MaxColumns+1 {
			break // the header says that there are too many
		}
		for ; at < column; at++ {
			t.line.WriteString(",")
		}
		value := strings.NewReplacer("\r", " ", "\n", " ", `"`, `""`).Replace(t.book.value(c))
		if value != "" {
			t.line.WriteString(`"` + value + `"`)
			isBlank = false
			t.wide = max(t.wide, at+1)
		}
	}
	if !isBlank {
		t.line.WriteString(strings.Repeat(",", max(t.wide-1-at, 0)))
	}
	t.line.WriteString("\n")
	return nil
}

// columnOf is the column of a place, the first being 0; a cell without one follows the last.
func columnOf(place string, next int) int {
	column := 0
	for _, r := range strings.ToUpper(place) {
		if r < 'A' || r > 'Z' || column > 1<<20 {
			break
		}
		column = column*26 + int(r-'A') + 1
	}
	if column == 0 {
		return next
	}
	return max(column-1, next)
}

// value is what a cell says. A formula without its result, as programs leave it that do not reckon, stands for itself: an empty cell
// would say something else.
func (b *Book) value(c sheetCell) string {
	if c.Formula != nil && c.Value == "" && c.Type != "str" {
		return "=" + *c.Formula
	}
	switch c.Type {
	case "s":
		if i, err := strconv.Atoi(c.Value); err == nil && i >= 0 && i < len(b.texts) {
			return b.texts[i]
		}
		return ""
	case "inlineStr":
		return c.Inline.String()
	case "b":
		return map[string]string{"0": "FALSE", "1": "TRUE"}[c.Value]
	case "", "n":
		return b.number(c)
	}
	return unescaped(c.Value) // a formula's text, an error, a date as text
}

// number is a number, or the date as which its format shows it.
func (b *Book) number(c sheetCell) string {
	n, err := strconv.ParseFloat(c.Value, 64)
	if err != nil || table.IsDigits(c.Value) && !b.isDate(c) {
		return c.Value
	}
	if b.isDate(c) && n >= 1 && n < 1e6 {
		return b.date(n)
	}
	if shown, err := strconv.ParseFloat(strconv.FormatFloat(n, 'g', spreadsheetDigits, 64), 64); err == nil {
		n = shown
	}
	return strconv.FormatFloat(n, 'f', -1, 64)
}

// spreadsheetDigits are those of a number that spreadsheets show and compare: what is 14 to them may be kept as 13.999999999999998.
const spreadsheetDigits = 15

func (b *Book) isDate(c sheetCell) bool {
	return c.Style >= 0 && c.Style < len(b.dates) && b.dates[c.Style]
}

// date writes the day, and the time unless it is midnight, rounded to the second.
func (b *Book) date(n float64) string {
	first := time.Date(1899, 12, 30, 0, 0, 0, 0, time.UTC)
	if b.since1904 {
		first = time.Date(1904, 1, 1, 0, 0, 0, 0, time.UTC)
	}
	days, part := math.Modf(n)
	t := first.AddDate(0, 0, int(days)).Add(time.Duration(math.Round(part*24*60*60)) * time.Second)
	if t.Equal(t.Truncate(24 * time.Hour)) {
		return t.Format(time.DateOnly)
	}
	return t.Format(time.DateTime)
}
