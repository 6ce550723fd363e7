package connectwise

import (
	"context"
	"fmt"
	"iter"
	"net/http"
	"net/url"
	"slices"
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
	// forwardOnly reads the first page in the forward-only mode already; for the big lists. Of a list that mostly has one page
	// it would take another request to know that there is no more.
	forwardOnly bool
	// decides: something is decided by what the list has, so that an empty one is asked for again without fields. A list of
	// fields that is not understood is answered by an empty list without a word (docs/connectwise.md section 2).
	decides bool
	// most is how many records are wanted, or can match at all; 0 if that is not known.
	most int
}

// list reads a list page by page, in the order of ids. An error is yielded once and ends it. A record is yielded once,
// even if the pages overlap.
func list[T any](ctx context.Context, c *Client, l listing, id func(T) int) iter.Seq2[T, error] {
	return func(yield func(T, error) bool) {
		p := pager[T]{client: c, listing: l, id: id, cursor: l.start()}
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

// listAll reads one list after the other.
func listAll[T any](ctx context.Context, c *Client, listings []listing, id func(T) int) iter.Seq2[T, error] {
	return func(yield func(T, error) bool) {
		for _, l := range listings {
			for item, err := range list(ctx, c, l, id) {
				if !yield(item, err) || err != nil {
					return
				}
			}
		}
	}
}

// listWhole reads a list that has to be complete: it has as many records as ConnectWise counts, asked for with its fields
// or else without any. What is not counted yet, because it was added meanwhile, does not matter.
func listWhole[T any](ctx context.Context, c *Client, l listing, id func(T) int) ([]T, error) {
	var missing string
	for _, fields := range []string{l.fields, ""} {
		counted, err := countOf(ctx, c, l)
		if err != nil {
			return nil, err
		}
		l.fields = fields
		var read []T
		for item, err := range list(ctx, c, l, id) {
			if err != nil {
				return nil, err
			}
			read = append(read, item)
		}
		if len(read) >= counted {
			return read, nil
		}
		missing = fmt.Sprintf("%d records are listed, %d are counted", len(read), counted)
	}
	return nil, c.errorFor(request{method: http.MethodGet, path: l.path}, ErrIncomplete, missing)
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
	highest int // the largest id among them
	done    bool
}

// next reads a page and returns its new records. With an error they are those before the error.
func (p *pager[T]) next(ctx context.Context) ([]T, error) {
	r, size := p.listing.request(p.cursor), p.listing.pageSize()
	items, header, err := call[[]T](ctx, p.client, r)
	if err != nil {
		return nil, err
	}
	if len(items) == 0 && p.listing.decides && p.listing.fields != "" && p.cursor.number == 1 {
		p.listing.fields = ""
		return p.next(ctx)
	}
	if p.modeMissing(len(items), header) {
		p.cursor = p.listing.withoutForwardOnly(p.cursor)
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
	if !p.done && !slices.IsSortedFunc(items, func(a, b T) int { return p.id(a) - p.id(b) }) {
		return nil, p.client.errorFor(r, ErrNotConnectWise, "a page is not in the order of ids, and more follow")
	}
	p.cursor = p.cursor.after(last)
	return fresh, nil
}

// modeMissing reports that the endpoint does not know the forward-only mode: it answers without a Link header
// (docs/connectwise.md section 2). Of a first page that matters only if more pages follow: a single one is complete in any
// mode.
func (p *pager[T]) modeMissing(got int, header http.Header) bool {
	if p.cursor.mode != forwardOnly || len(header.Values("Link")) > 0 {
		return false
	}
	return p.cursor.last > 0 || got >= p.listing.pageSize() && got != p.listing.most
}

// unseen leaves out the records of earlier pages, and finds the largest id. It is not complete if it had to stop at a
// record without an id.
func (p *pager[T]) unseen(items []T) (fresh []T, last int, complete bool) {
	last = p.cursor.last
	before := p.highest
	for _, item := range items {
		n := p.id(item)
		if n <= 0 {
			return fresh, last, false
		}
		if n > before {
			fresh = append(fresh, item)
		}
		last, p.highest = max(last, n), max(p.highest, n)
	}
	return fresh, last, true
}

// paging is a way to ask for a page.
type paging int

const (
	// numbered asks for page n in the order of ids: for a first page, or where nothing else is possible. A row that
	// disappears from an earlier page moves one out of the next.
	numbered paging = iota
	// forwardOnly asks for what comes after an id by the parameter pageId, which nothing moves.
	forwardOnly
	// afterLast asks for the same by the condition id>n, which is the only one.
	afterLast
)

// pageCursor is the place in a list.
type pageCursor struct {
	mode   paging
	number int // of the next page, from 1
	last   int // the largest id of the pages before
	// onlyNumbers: the pages are numbered because the endpoint has no other mode.
	onlyNumbers bool
}

func (l listing) start() pageCursor {
	if l.forwardOnly {
		return pageCursor{mode: forwardOnly, number: 1}
	}
	return pageCursor{mode: numbered, number: 1}
}

// after is the place behind a page. A first page by number is followed by what comes after its last id, so that no row
// moves out of the list while it is read.
func (at pageCursor) after(last int) pageCursor {
	if at.mode == numbered && at.number == 1 && !at.onlyNumbers {
		at.mode = forwardOnly
	}
	at.number, at.last = at.number+1, last
	return at
}

// withoutForwardOnly is the place from which to read on where the endpoint lacks the forward-only mode. A list with
// conditions gets no further one, because joined conditions were seen to find nothing (docs/connectwise.md section 2): its
// pages are numbered, and read from the first one, since only numbers of one order fit together.
func (l listing) withoutForwardOnly(at pageCursor) pageCursor {
	if l.conditions == "" && l.childConditions == "" {
		return pageCursor{mode: afterLast, number: at.number, last: at.last}
	}
	return pageCursor{mode: numbered, number: 1, onlyNumbers: true}
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
	switch at.mode {
	case forwardOnly:
		if at.last > 0 {
			query.Set("pageId", strconv.Itoa(at.last))
		}
	case afterLast:
		greaterID(at.last).set(query, "conditions")
		query.Set("page", "1")
		query.Set("orderBy", "id asc")
	case numbered:
		query.Set("page", strconv.Itoa(at.number))
		query.Set("orderBy", "id asc") // without it rows that change move between pages
	}
	return request{method: http.MethodGet, path: l.path, query: query, forwardOnly: at.mode == forwardOnly}
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
