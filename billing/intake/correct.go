package intake

import (
	"context"
	"errors"
	"io"
	"slices"

	"seatbridge/billing/problem"
	"seatbridge/billing/sheet"
	"seatbridge/store"
)

// Correct receives a file in the place of another one that was not imported yet: that one is discarded, and what was chosen is
// kept as far as it fits the new one, which is checked at once if nothing is left to choose. A file that cannot be read is an
// *Invalid by "file", and the other one stays as it is.
func (d *Desk) Correct(ctx context.Context, who problem.Actor, id int64, name string, r io.Reader) (store.FileImport, error) {
	before, err := d.open(ctx, id)
	if err != nil {
		return store.FileImport{}, err
	}
	saved, err := d.Upload(ctx, who, before.Kind, name, r)
	if err != nil {
		return saved, err
	}
	if err := d.Discard(ctx, id); err != nil {
		return saved, err
	}
	after, err := d.Find(ctx, saved.ID)
	if err != nil {
		return saved, err
	}
	choices := before.Choices.fitting(before.Survey.Header, after)
	surveyed := after.Choices.Sheet
	after.Choices = choices
	after.Choices.Encoding, after.Choices.Sheet = "", surveyed // as the survey was made
	if err := d.save(ctx, after); err != nil {
		return saved, err
	}
	var invalid *problem.Invalid
	if err := d.Check(ctx, saved.ID, choices); err != nil && !errors.As(err, &invalid) {
		return saved, err
	}
	return saved, nil
}

// fitting are the choices for a file with these headings, as far as they fit another one: by the names of the columns.
func (c Choices) fitting(header []string, next FileImport) Choices {
	columns := sheet.ColumnMap{}
	for column, i := range c.Columns {
		if i < 0 || i >= len(header) {
			continue
		}
		if at := slices.Index(next.Survey.Header, header[i]); at >= 0 {
			columns[column] = at
		}
	}
	for column, i := range next.Choices.Columns {
		if isNew := !slices.Contains(header, next.Survey.Header[i]); isNew && !columns.Has(column) && !columns.Feeds(i) {
			columns[column] = i
		}
	}
	c.Columns, c.Guesses = columns, next.Choices.Guesses
	if !slices.Contains(c.Guesses.Sheets, c.Sheet) {
		c.Sheet = next.Choices.Sheet
	}
	if next.Survey.Encoding != "Windows-1252" { // which is recognised where it might be another one
		c.Encoding = ""
	}
	return c
}
