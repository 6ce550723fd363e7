package store

import (
	"errors"
	"strings"

	"github.com/mattn/go-sqlite3"
)

// Conflict is a refused write: the value of Field belongs to another record. Field is "name",
// "external_id", "license" (a second NFR organization), "email", "product" (one product for both plans)
// or "token" (an API token's name); empty: the record itself is there already.
type Conflict struct{ Field string }

func (c *Conflict) Error() string {
	if c.Field == "" {
		return "the record is there already"
	}
	return "another record has the same " + c.Field
}

// asConflict turns the driver's unique violation into a *Conflict and leaves other errors alone. The
// driver tells the violation by its code, but the column only in its text.
func asConflict(err error) error {
	var violation sqlite3.Error
	if !errors.As(err, &violation) ||
		violation.ExtendedCode != sqlite3.ErrConstraintUnique && violation.ExtendedCode != sqlite3.ErrConstraintPrimaryKey {
		return err
	}
	for _, unique := range [...]struct{ column, field string }{
		{"organizations.name_folded", "name"},
		{"organizations.external_id", "external_id"},
		{"organizations.license", "license"},
		{"users.email_folded", "email"},
		{"seats.email_folded", "email"},
		{"product_mappings.product_id", "product"},
		{"api_tokens.name_folded", "token"},
	} {
		if strings.Contains(violation.Error(), unique.column) {
			return &Conflict{Field: unique.field}
		}
	}
	return &Conflict{}
}
