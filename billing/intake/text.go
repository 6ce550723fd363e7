package intake

import (
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"

	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/unicode"
	"golang.org/x/text/transform"

	"seatbridge/billing/problem"
	"seatbridge/billing/sheet"
	"seatbridge/billing/table"
	"seatbridge/billing/workbook"
)

// encodings are those to choose from, where the one that was recognised is wrong.
var encodings = []struct {
	name string
	encoding.Encoding
}{
	{"UTF-8", unicode.UTF8BOM},
	{"Windows-1252", charmap.Windows1252},
	{"Windows-1250", charmap.Windows1250},
	{"Windows-1251", charmap.Windows1251},
	{"Mac OS Roman", charmap.Macintosh},
	{"DOS (code page 850)", charmap.CodePage850},
	{"UTF-16 LE", unicode.UTF16(unicode.LittleEndian, unicode.UseBOM)},
	{"UTF-16 BE", unicode.UTF16(unicode.BigEndian, unicode.UseBOM)},
}

// Encodings lists the encodings to choose from.
func Encodings() []string {
	names := make([]string, len(encodings))
	for i, e := range encodings {
		names[i] = e.name
	}
	return names
}

// reencoded is the text of a file in the encoding, as UTF-8 that says so at its beginning.
func reencoded(r io.Reader, encoding string) io.Reader {
	for _, e := range encodings {
		if e.name == encoding {
			return io.MultiReader(strings.NewReader("\uFEFF"), transform.NewReader(r, e.NewDecoder()))
		}
	}
	return r
}

// inspect surveys a file as it is chosen to be read.
func inspect(f *os.File, kind sheet.Kind, c Choices) (table.Survey, []string, error) {
	text, sheets, err := textOf(f, c)
	if err != nil {
		return table.Survey{}, nil, err
	}
	survey, err := table.Inspect(text, kind.Headers()...)
	if err == nil {
		err = refuseUnclear(kind, survey)
	}
	switch {
	case len(sheets) > 0:
		survey.Encoding, survey.Delimiter = "Excel workbook", 0
	case c.Encoding != "":
		survey.Encoding = c.Encoding
	}
	return survey, sheets, err
}

// textOf is the text of a file as it is chosen to be read: of a workbook a sheet, and the names of all sheets.
func textOf(f *os.File, c Choices) (io.Reader, []string, error) {
	info, err := f.Stat()
	if err != nil {
		return nil, nil, fmt.Errorf("reading an upload: %w", err)
	}
	book, isBook, err := workbook.Open(f, info.Size())
	switch {
	case err != nil:
		return nil, nil, err
	case !isBook && c.Encoding != "" && !slices.Contains(Encodings(), c.Encoding):
		return nil, nil, &problem.Invalid{Fields: problem.Fields{"encoding": "Choose an encoding of the list."}}
	case !isBook:
		return reencoded(f, c.Encoding), nil, nil
	}
	text, err := book.Text(c.Sheet)
	var invalid *problem.Invalid
	if errors.As(err, &invalid) && c.Sheet != "" && !slices.Contains(book.Sheets, c.Sheet) {
		err = &problem.Invalid{Fields: problem.Fields{"sheet": "Choose a sheet of the list."}}
	}
	return text, book.Sheets, err
}
