package store

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"encoding/json"
	"fmt"
	"iter"
	"strconv"
	"strings"
	"time"
)

// querier is what reads: the pool or a transaction.
type querier interface {
	QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error)
}

// scanner is a row being read.
type scanner interface{ Scan(dest ...any) error }

// each yields the rows of a query; an error is yielded once and ends it.
func each[T any](ctx context.Context, q querier, scan func(scanner) (T, error), query string, args ...any) iter.Seq2[T, error] {
	return func(yield func(T, error) bool) {
		var none T
		rows, err := q.QueryContext(ctx, query, args...)
		if err != nil {
			yield(none, err)
			return
		}
		defer rows.Close()
		for rows.Next() {
			row, err := scan(rows)
			if err != nil {
				yield(none, err)
				return
			}
			if !yield(row, nil) {
				return
			}
		}
		if err := rows.Err(); err != nil {
			yield(none, err)
		}
	}
}

// list reads all rows of a query.
func list[T any](ctx context.Context, q querier, scan func(scanner) (T, error), query string, args ...any) ([]T, error) {
	var all []T
	for row, err := range each(ctx, q, scan, query, args...) {
		if err != nil {
			return nil, err
		}
		all = append(all, row)
	}
	return all, nil
}

// one reads the first row of a query; ErrNotFound when there is none.
func one[T any](ctx context.Context, q querier, scan func(scanner) (T, error), query string, args ...any) (T, error) {
	for row, err := range each(ctx, q, scan, query, args...) {
		return row, err
	}
	var none T
	return none, ErrNotFound
}

// scanValue reads a row of a single column.
func scanValue[T any](row scanner) (v T, err error) {
	err = row.Scan(&v)
	return v, err
}

// count reads a query's single number.
func count(ctx context.Context, q querier, query string, args ...any) (int, error) {
	return one(ctx, q, scanValue[int], query, args...)
}

// exec runs a statement and says how many rows it changed.
func exec(ctx context.Context, tx *sql.Tx, query string, args ...any) (int, error) {
	result, err := tx.ExecContext(ctx, query, args...)
	if err != nil {
		return 0, err
	}
	n, err := result.RowsAffected()
	return int(n), err
}

// execOne runs a statement that must find its row: ErrNotFound otherwise.
func execOne(ctx context.Context, tx *sql.Tx, query string, args ...any) error {
	n, err := exec(ctx, tx, query, args...)
	if err == nil && n == 0 {
		err = ErrNotFound
	}
	return err
}

// doing puts what was attempted in front of an error.
func doing(what string, err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("%s: %w", what, asFault(err))
}

// eachDoing is doing for the error of a sequence.
func eachDoing[T any](what string, rows iter.Seq2[T, error]) iter.Seq2[T, error] {
	return func(yield func(T, error) bool) {
		for row, err := range rows {
			if !yield(row, doing(what, err)) {
				return
			}
		}
	}
}

// filter grows the conditions of a query. Its placeholders are numbered as they are added, which must
// be the order they appear in: SQLite binds by that order, whatever their numbers say.
type filter struct {
	text strings.Builder
	args []any
}

// and adds a condition, in which each ? stands for the next of the args.
func (f *filter) and(condition string, args ...any) {
	f.text.WriteString(" AND ")
	f.write(condition, args...)
}

// among adds the condition that a column has one of the values, unless there are none.
func among[T ~string](f *filter, column string, values []T) {
	if len(values) == 0 {
		return
	}
	args := make([]any, len(values))
	for i, value := range values {
		args[i] = value
	}
	f.and(column+` IN (?`+strings.Repeat(`, ?`, len(values)-1)+`)`, args...)
}

// page limits the rows. A limit of 0 means all of them.
func (f *filter) page(limit, offset int) {
	if limit > 0 {
		f.write(" LIMIT ? OFFSET ?", limit, offset)
	}
}

func (f *filter) write(text string, args ...any) {
	for _, arg := range args {
		before, after, _ := strings.Cut(text, "?")
		f.args = append(f.args, arg)
		f.text.WriteString(before + "$" + strconv.Itoa(len(f.args)))
		text = after
	}
	f.text.WriteString(text)
}

// String is what was added so far.
func (f *filter) String() string { return f.text.String() }

// direction is the word that ends an ORDER BY.
func direction(desc bool) string {
	if desc {
		return " DESC"
	}
	return " ASC"
}

// longestSearch bounds a search text, in bytes: SQLite refuses very long patterns, and no name is longer.
const longestSearch = 500

// contains is the LIKE pattern, to be used with ESCAPE '\', of texts that contain s.
func contains(s string) string { return "%" + startsWith(s) }

// startsWith is the LIKE pattern, to be used with ESCAPE '\', of texts that start with s.
func startsWith(s string) string {
	s = strings.ToValidUTF8(s[:min(len(s), longestSearch)], "")
	return strings.NewReplacer(`\`, `\\`, `%`, `\%`, `_`, `\_`).Replace(s) + "%"
}

// in is a parenthesized list of ids for IN. They are numbers, so they may stand in the text, where
// their count has no limit that matters.
func in[T int | int64](ids []T) string {
	var b strings.Builder
	for i, id := range ids {
		if i > 0 {
			b.WriteByte(',')
		}
		b.WriteString(strconv.FormatInt(int64(id), 10))
	}
	return "(" + b.String() + ")"
}

// unix is a moment as it is stored: whole seconds, NULL for the zero time.
func unix(t time.Time) any {
	if t.IsZero() {
		return nil
	}
	return t.Unix()
}

// moment scans a stored moment: UTC, the zero time for NULL.
func moment(t *time.Time) sql.Scanner { return momentScanner{t} }

type momentScanner struct{ t *time.Time }

func (m momentScanner) Scan(src any) error {
	var seconds sql.NullInt64
	if err := seconds.Scan(src); err != nil {
		return err
	}
	*m.t = time.Time{}
	if seconds.Valid {
		*m.t = time.Unix(seconds.Int64, 0).UTC()
	}
	return nil
}

// orNull is v, or NULL for the zero value.
func orNull[T comparable](v T) any {
	var zero T
	if v == zero {
		return nil
	}
	return v
}

// asJSON stores a value as JSON text.
type asJSON struct{ v any }

// Value implements driver.Valuer.
func (j asJSON) Value() (driver.Value, error) {
	text, err := json.Marshal(j.v)
	return string(text), err
}

// fromJSON scans JSON text.
func fromJSON(v any) sql.Scanner { return jsonScanner{v} }

type jsonScanner struct{ v any }

func (j jsonScanner) Scan(src any) error {
	var text []byte
	switch src := src.(type) {
	case string:
		text = []byte(src)
	case []byte:
		text = src
	default:
		return fmt.Errorf("scanning JSON: have %T, not text", src)
	}
	return json.Unmarshal(text, j.v)
}
