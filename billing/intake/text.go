package intake

import (
	"errors"
	"fmt"
	"io"
	"os"
	"slices"

	"seatbridge/billing/problem"
	"seatbridge/billing/sheet"
	"seatbridge/billing/table"
	"seatbridge/billing/workbook"
)

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
	case !isBook && c.Encoding != "" && !slices.Contains(table.Encodings(), c.Encoding):
		return nil, nil, &problem.Invalid{Fields: problem.Fields{"encoding": "Choose an encoding of the list."}}
	case !isBook:
		return table.Reencoded(f, c.Encoding), nil, nil
	}
	text, err := book.Text(c.Sheet)
	var invalid *problem.Invalid
	if errors.As(err, &invalid) && c.Sheet != "" && !slices.Contains(book.Sheets, c.Sheet) {
		err = &problem.Invalid{Fields: problem.Fields{"sheet": "Choose a sheet of the list."}}
	}
	return text, book.Sheets, err
}
