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
// look like the last one (docs/connectwise.md section 2).
const maxPageSize = 1000

// listing describes a list to read.
type listing struct {
	path            string
	fields          string // "": whole records
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
		p := pager[T]{client: c, listing: l, id: id, cursor: pageCursor{forward: l.forwardOnly, number: 1}}
		for !p.done {
			items, err := p.next(ctx)
			for _, item := range items {
				if !yield(item, nil) {
					return
				}
			}
			if err != nil {
				var none T
				yield(none, err)
				return
			}
		}
	}
}

// countOf counts the records of a list.
func countOf(ctx context.Context, c *Client, l listing) (int, error) {
	query := url.Values{}
	l.conditions.set(query, "conditions")
	l.childConditions.set(query, "childConditions")
	count, _, err := get[struct{ Count int }](ctx, c, l.path+"/count", query)
	return count.Count, err
}

// pager reads one page after the other.
type pager[T any] struct {
	client  *Client
	listing listing
	id      func(T) int
	cursor  pageCursor
	read    int // records handed out so far
	done    bool
}

// next reads a page and returns its new records. With an error they are those before the error.
func (p *pager[T]) next(ctx context.Context) ([]T, error) {
	r, size := p.listing.request(p.cursor), p.listing.pageSize()
	items, header, err := call[[]T](ctx, p.client, r)
	if err != nil {
		return nil, err
	}
	if len(items) >= size && len(items) != p.listing.most && p.cursor.modeMissing(header) {
		p.cursor.forward = false
		return p.next(ctx)
	}
	fresh, last, complete := p.unseen(items)
	if !complete {
		return fresh, p.client.errorFor(r, ErrNotConnectWise, "a record without an id")
	}
	if most := p.listing.most; most > 0 {
		fresh = fresh[:min(len(fresh), most-p.read)]
	}
	p.read += len(fresh)
	p.done = p.read == p.listing.most || isLastPage(len(items), size, header)
	if !p.done && last == p.cursor.last {
		return nil, p.client.errorFor(r, ErrNotConnectWise, "the same page came twice")
	}
	p.cursor.number, p.cursor.last = p.cursor.number+1, last
	return fresh, nil
}

// unseen leaves out the records of earlier pages, and finds the largest id. It is not complete if it had to stop at a
// record without an id.
func (p *pager[T]) unseen(items []T) (fresh []T, last int, complete bool) {
	last = p.cursor.last
	for _, item := range items {
		n := p.id(item)
		if n <= 0 {
			return fresh, last, false
		}
		if n > p.cursor.last {
			fresh = append(fresh, item)
			last = max(last, n)
		}
	}
	return fresh, last, true
}

// pageCursor is the place in a list.
type pageCursor struct {
	forward bool
	number  int // of the next page, from 1
	last    int // the largest id read so far
}

// modeMissing reports that the endpoint does not know the forward-only mode: it answers the first page without a Link
// header (docs/connectwise.md section 2). That matters only if more pages follow: a single one is complete in either mode.
func (p pageCursor) modeMissing(header http.Header) bool {
	return p.forward && p.number == 1 && len(header.Values("Link")) == 0
}

// pageSize is how many records to ask for at once.
func (l listing) pageSize() int {
	if l.most > 0 {
		return min(maxPageSize, l.most)
	}
	return maxPageSize
}

func (l listing) request(at pageCursor) request {
	query := url.Values{"pageSize": {strconv.Itoa(l.pageSize())}}
	if l.fields != "" {
		query.Set("fields", l.fields)
	}
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
// the sign-in host and a codebase that is gone (docs/connectwise.md section 2).
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
