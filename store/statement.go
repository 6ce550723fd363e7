package store

import (
	"context"
	"fmt"
)

const statementColumns = `month, number, body, sha256, previous`

func scanStatement(row scanner) (s Statement, err error) {
	err = row.Scan(&s.Month, &s.Number, &s.Body, &s.SHA256, &s.Previous)
	return s, err
}

// Statement reads that of a month: ErrNotFound where it is not closed.
func (b Books) Statement(ctx context.Context, m Month) (Statement, error) {
	s, err := one(ctx, b.store.from, scanStatement, `SELECT `+statementColumns+` FROM statements WHERE month = $1`, m)
	return s, doing(fmt.Sprintf("reading the statement of %s", m), err)
}

// LastStatement reads that of the month that was closed last: ErrNotFound where none was.
func (b Books) LastStatement(ctx context.Context) (Statement, error) {
	s, err := one(ctx, b.store.from, scanStatement, `SELECT `+statementColumns+` FROM statements ORDER BY number DESC LIMIT 1`)
	return s, doing("reading the last statement", err)
}
