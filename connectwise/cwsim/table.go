package cwsim

import (
	"slices"
	"time"
)

// table holds the records of one kind in the order of their ids.
type table[T any] struct {
	rows []*row[T]
}

// row is a record with its history: what _info shows, and what a lagging list still sees.
type row[T any] struct {
	id       int
	value    T
	entered  stamp
	updated  stamp
	previous *T // before the latest write; nil when that write made the row
}

// stamp says when, by whom and after how many requests something was written.
type stamp struct {
	at      time.Time
	by      string
	request int
}

func (t *table[T]) find(id int) *row[T] {
	i, found := slices.BinarySearchFunc(t.rows, id, func(r *row[T], id int) int { return r.id - id })
	if !found {
		return nil
	}
	return t.rows[i]
}

// after returns the rows whose id is greater.
func (t *table[T]) after(id int) []*row[T] {
	i, _ := slices.BinarySearchFunc(t.rows, id+1, func(r *row[T], id int) int { return r.id - id })
	return t.rows[i:]
}

// add appends a record; ids only grow.
func (t *table[T]) add(id int, value T, by stamp) *row[T] {
	r := &row[T]{id: id, value: value, entered: by, updated: by}
	t.rows = append(t.rows, r)
	return r
}

func (t *table[T]) remove(id int) {
	t.rows = slices.DeleteFunc(t.rows, func(r *row[T]) bool { return r.id == id })
}

// nextID is a free id, a step above the last.
func (t *table[T]) nextID(first int) int {
	if len(t.rows) == 0 {
		return first
	}
	return t.rows[len(t.rows)-1].id + 1
}

// write replaces the record and keeps the one before.
func (r *row[T]) write(value T, by stamp) {
	before := r.value
	r.previous, r.value, r.updated = &before, value, by
}

// values copies the records out.
func (t *table[T]) values() []T {
	out := make([]T, len(t.rows))
	for i, r := range t.rows {
		out[i] = r.value
	}
	return out
}
