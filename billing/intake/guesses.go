package intake

import (
	"context"
	"encoding/json"
	"errors"

	"seatbridge/billing/sheet"
	"seatbridge/billing/table"
	"seatbridge/store"
)

// Guesses says how the first choices for a file came about. None of it is applied without a person who sees it.
type Guesses struct {
	Columns    sheet.ColumnMap                    `json:"columns"`    // as they were guessed or remembered
	Remembered bool                               `json:"remembered"` // the columns are those of the last file with these headings
	NotStatus  string                             `json:"not_status"` // a column that is called like a status and has other values
	Dates      map[sheet.Column]table.DateOrder   `json:"dates"`      // how dates of that last file were written
	Numbers    map[sheet.Column]table.NumberStyle `json:"numbers"`    // likewise
	Sheets     []string                           `json:"sheets"`     // of a workbook, in their order
	Encoding   string                             `json:"encoding"`   // likewise, where somebody chose it
}

// firstChoices are the columns of the last import of a file with the same headings, or a guess. How that one wrote dates and
// numbers is only proposed: the next may be from another country.
func (d *Desk) firstChoices(ctx context.Context, kind sheet.Kind, survey table.Survey) (Choices, error) {
	remembered, err := d.store.RememberedColumns(ctx, string(kind), headerKey(survey.Header))
	switch {
	case errors.Is(err, store.ErrNotFound):
		c := Choices{Columns: sheet.GuessColumns(survey.Header, kind, survey.Values)}
		c.Guesses = Guesses{Columns: c.Columns}
		if kind == sheet.Members && !c.Columns.Has(sheet.StatusColumn) {
			c.Guesses.NotStatus = sheet.NotAStatus(survey.Header, survey.Values)
		}
		return c, nil
	case err != nil:
		return Choices{}, err
	}
	var last Choices
	err = json.Unmarshal([]byte(remembered), &last)
	return Choices{Columns: last.Columns, Guesses: Guesses{
		Columns: last.Columns, Remembered: true, Dates: last.Dates, Numbers: last.Numbers, Encoding: last.Encoding,
	}}, err
}

// remember keeps what may be right for the next file with the same headings, too.
func (d *Desk) remember(ctx context.Context, in FileImport) error {
	c := Choices{Encoding: in.Choices.Encoding, Columns: in.Choices.Columns, Dates: in.Choices.Dates, Numbers: in.Choices.Numbers}
	return d.store.RememberColumns(ctx, string(in.Kind), headerKey(in.Survey.Header), inJSON(c))
}
