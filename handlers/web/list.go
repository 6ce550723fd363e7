package web

import (
	"net/url"
	"slices"
	"strconv"

	"seatbridge/views"
)

// maxPage keeps page × size far from overflowing.
const maxPage = 1_000_000

// OneOf is the value if it is among those allowed, otherwise the zero value,
// which means "no filter".
func OneOf[T ~string](value string, allowed ...T) T {
	if slices.Contains(allowed, T(value)) {
		return T(value)
	}
	return ""
}

// ListQuery is the part of a list's address that all lists share. Whatever
// the address says, it is usable: unknown values are left out.
type ListQuery struct {
	Search string
	Sort   string
	Desc   bool
	Page   int // from 1
	Values url.Values
}

// ParseListQuery reads ?q, sort, dir and page. The first of sorts is the
// order when none is asked for.
func ParseListQuery(values url.Values, sorts ...string) ListQuery {
	page, err := strconv.Atoi(values.Get("page"))
	if err != nil || page < 1 {
		page = 1
	}
	return ListQuery{
		Search: Clip(Clean(values.Get("q")), MaxSearch),
		Sort:   OneOf(values.Get("sort"), sorts...),
		Desc:   values.Get("dir") == "desc",
		Page:   min(page, maxPage),
		Values: values,
	}
}

// Load fetches one page; when the address asks for a page beyond the end, the
// last one.
func Load[T any](q *ListQuery, size int, fetch func(limit, offset int) ([]T, int, error)) ([]T, int, error) {
	items, total, err := fetch(size, (q.Page-1)*size)
	if err != nil {
		return nil, 0, err
	}
	if last := max((total+size-1)/size, 1); q.Page > last {
		q.Page = last
		return fetch(size, (q.Page-1)*size)
	}
	return items, total, nil
}

// Pager says where the loaded page stands among its pages.
func (q ListQuery) Pager(path string, size, shown, total int) views.Pager {
	p := views.Pager{Page: q.Page, Total: total}
	if shown == 0 {
		return p
	}
	p.From = (q.Page-1)*size + 1
	p.To = p.From + shown - 1
	if q.Page > 1 {
		p.Previous = WithQuery(path, q.Values, "page", pageNumber(q.Page-1))
	}
	if p.To < total {
		p.Next = WithQuery(path, q.Values, "page", pageNumber(q.Page+1))
	}
	return p
}

// pageNumber leaves the first page out of addresses.
func pageNumber(n int) string {
	if n <= 1 {
		return ""
	}
	return strconv.Itoa(n)
}

// Order is the table's order with the addresses that change it: a click on
// the present column turns it round, on another one sorts ascending.
func (q ListQuery) Order(path string, columns ...string) views.Sort {
	s := views.Sort{By: q.Sort, Desc: q.Desc, URLs: map[string]string{}}
	for _, column := range columns {
		dir := ""
		if column == q.Sort && !q.Desc {
			dir = "desc"
		}
		s.URLs[column] = WithQuery(path, q.Values, "sort", column, "dir", dir, "page", "")
	}
	return s
}

// WithQuery is an address with the present query and some values changed; an
// empty value removes one. Empty values of a filter form are dropped, too.
func WithQuery(path string, values url.Values, pairs ...string) string {
	changed := url.Values{}
	for key, list := range values {
		if list = slices.DeleteFunc(slices.Clone(list), func(v string) bool { return v == "" }); len(list) > 0 {
			changed[key] = list
		}
	}
	for i := 0; i+1 < len(pairs); i += 2 {
		if pairs[i+1] == "" {
			changed.Del(pairs[i])
		} else {
			changed.Set(pairs[i], pairs[i+1])
		}
	}
	if len(changed) == 0 {
		return path
	}
	return path + "?" + changed.Encode()
}

// SlicePage is the fetch function of a list that is in memory already.
func SlicePage[T any](rows []T) func(limit, offset int) ([]T, int, error) {
	return func(limit, offset int) ([]T, int, error) {
		start := min(offset, len(rows))
		return rows[start:min(start+limit, len(rows))], len(rows), nil
	}
}
