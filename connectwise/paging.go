package connectwise

import (
	"context"
	"iter"
	"net/http"
	"net/url"
	"strconv"
	"strings"
)

// maxPageSize is the most records a page can have. Asking for more would be cut to this silently and make a full page
// look like the last one (api.md section 2).
const maxPageSize = 1000

// listing describes a list to read.
type listing struct {
	path            string
	fields          string
	conditions      condition
	childConditions condition
	// forwardOnly selects the paging mode whose pages do not shift while rows change; for the big lists.
	forwardOnly bool
	// most is how many records are wanted, or can match at all; 0 if that is not known.
	most int
}

// list reads a list page by page, in the order of ids. An error is yielded once and ends it. A record is yielded once,
// even if the pages overlap.
func list[T any](ctx context.Context, c *Client, l listing, id func(T) int) iter.Seq2[T, error] {
	return func(yield func(T, error) bool) {
		cursor := pageCursor{forward: l.forwardOnly, number: 1}
		size := maxPageSize
		if l.most > 0 {
			size = min(size, l.most)
		}
		yielded := 0
		for {
			items, header, err := call[[]T](ctx, c, l.request(cursor, size))
			if err != nil {
				var none T
				yield(none, err)
				return
			}
			if cursor.modeMissing(len(items) >= size, header) {
				cursor.forward = false
				continue
			}
			last := cursor.last
			for _, item := range items {
				switch n := id(item); {
				case n <= 0:
					var none T
					yield(none, c.errorFor(l.request(cursor, size), ErrNotConnectWise, "a record without an id"))
					return
				case n <= cursor.last:
					continue // seen on an earlier page
				default:
					last = max(last, n)
				}
				if !yield(item, nil) {
					return
				}
				if yielded++; yielded == l.most {
					return
				}
			}
			if isLastPage(len(items), size, header) {
				return
			}
			if last == cursor.last {
				var none T
				yield(none, c.errorFor(l.request(cursor, size), ErrNotConnectWise, "the same page came twice"))
				return
			}
			cursor.number, cursor.last = cursor.number+1, last
		}
	}
}

// pageCursor is the place in a list.
type pageCursor struct {
	forward bool
	number  int // of the next page, from 1
	last    int // the largest id read so far
}

// modeMissing reports that the endpoint does not know the forward-only mode: it answers the first page without a Link
// header (api.md section 2). A page that is not full is complete in either mode.
func (p pageCursor) modeMissing(full bool, header http.Header) bool {
	return p.forward && p.number == 1 && full && len(header.Values("Link")) == 0
}

func (l listing) request(at pageCursor, size int) request {
	query := url.Values{"pageSize": {strconv.Itoa(size)}, "fields": {l.fields}}
	l.conditions.set(query, "conditions")
	l.childConditions.set(query, "childConditions")
	if at.forward {
		if at.number > 1 {
			query.Set("pageId", strconv.Itoa(at.last))
		}
	} else {
		query.Set("page", strconv.Itoa(at.number))
		query.Set("orderBy", "id asc") // without it rows that change move between pages
	}
	return request{method: http.MethodGet, path: l.path, query: query, forwardOnly: at.forward}
}

// isLastPage decides by the number of records first: an empty page ends a list and a full one does not, whatever the
// Link header says. A page that is neither ends it unless the header names a next one, which happens where a server
// cuts pages shorter than asked.
func isLastPage(got, asked int, header http.Header) bool {
	if got == 0 {
		return true
	}
	return got < asked && parseLink(header.Values("Link"))["next"] == ""
}

// parseLink reads a Link header (RFC 8288) into the targets by relation. The targets are never followed: they can name
// the sign-in host and a codebase that is gone (api.md section 2).
func parseLink(values []string) map[string]string {
	targets := map[string]string{}
	for _, value := range values {
		for {
			_, rest, found := strings.Cut(value, "<")
			if !found {
				break
			}
			target, rest, found := strings.Cut(rest, ">")
			if !found {
				break
			}
			parameters, next := cutUnquoted(rest, ',')
			for relation := range strings.FieldsSeq(linkRelation(parameters)) {
				relation = strings.ToLower(relation)
				if _, taken := targets[relation]; !taken {
					targets[relation] = strings.TrimSpace(target)
				}
			}
			value = next
		}
	}
	return targets
}

// linkRelation finds the rel among a link's parameters.
func linkRelation(parameters string) string {
	for parameters != "" {
		var parameter string
		parameter, parameters = cutUnquoted(parameters, ';')
		name, value, _ := strings.Cut(parameter, "=")
		if strings.EqualFold(strings.TrimSpace(name), "rel") {
			return strings.Trim(strings.TrimSpace(value), `"`)
		}
	}
	return ""
}

// cutUnquoted splits s at the first separator outside quotes.
func cutUnquoted(s string, separator byte) (before, after string) {
	quoted := false
	for i := 0; i < len(s); i++ {
		switch {
		case quoted && s[i] == '\\':
			i++
		case s[i] == '"':
			quoted = !quoted
		case s[i] == separator && !quoted:
			return s[:i], s[i+1:]
		}
	}
	return s, ""
}
