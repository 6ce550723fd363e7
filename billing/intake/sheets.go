package intake

import (
	"context"
	"errors"
	"os"

	"seatbridge/billing/problem"
	"seatbridge/billing/sheet"
	"seatbridge/billing/workbook"
)

// firstSheet is the sheet of a workbook to begin with. Empty: the very first, or the file is no workbook.
func firstSheet(f *os.File, kind sheet.Kind) string {
	info, err := f.Stat()
	if err != nil {
		return ""
	}
	book, isBook, err := workbook.Open(f, info.Size())
	if err != nil || !isBook {
		return ""
	}
	return book.First(kind.Headers()...)
}

// surveyAgain reads the file again in another encoding, or another of its sheets. The columns of another sheet are chosen anew, as
// far as they have other names: a choice of the third column is none of another table's.
func (d *Desk) surveyAgain(ctx context.Context, in *FileImport, c Choices) (Choices, error) {
	f, err := d.store.OpenUpload(in.ID)
	if err != nil {
		return c, err
	}
	defer f.Close()
	header, isOther := in.Survey.Header, c.Sheet != in.Choices.Sheet
	in.Survey, _, err = inspect(f, in.Kind, c)
	if err != nil || !isOther {
		return c, asSheet(err, isOther)
	}
	guessed, err := d.firstChoices(ctx, in.Kind, in.Survey)
	if err != nil {
		return c, err
	}
	guessed.Guesses.Sheets = in.Choices.Guesses.Sheets
	in.Choices.Columns, in.Choices.Guesses = guessed.Columns, guessed.Guesses
	c.Columns = c.fitting(header, *in).Columns
	return c, nil
}

// asSheet puts what is wrong with a sheet that was chosen next to the choice.
func asSheet(err error, chosen bool) error {
	var invalid *problem.Invalid
	if !chosen || !errors.As(err, &invalid) || invalid.Fields["file"] == "" {
		return err
	}
	return &problem.Invalid{Fields: problem.Fields{"sheet": invalid.Fields["file"]}, Cause: invalid.Cause}
}
