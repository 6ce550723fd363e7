package cwsim

import (
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
)

// Sizes of pages (docs/connectwise.md section 2): more than the maximum is cut without a word.
const (
	defaultPageSize = 25
	maximumPageSize = 1000
)

// picker finds the table that a request is about, or says why not.
type picker[T any] func(s *Sim, x *exchange) (*table[T], *answer)

func whole[T any](get func(s *Sim) *table[T]) picker[T] {
	return func(s *Sim, _ *exchange) (*table[T], *answer) { return get(s), nil }
}

// query is the parsed query of a read.
type query struct {
	filtered   bool
	conditions condition
	children   condition // nil without childConditions
	custom     condition // nil without customFieldConditions
	order      []ordering
	fields     selection // nil: all
	page, size int
	forward    bool
	after      int // forward-only: ids greater than this
}

type ordering struct {
	path       []string
	descending bool
}

// refused answers a query that is wrong; the message becomes a sentence.
func refused(message string) *answer {
	a := failure(http.StatusBadRequest, "ApiFindCondition", strings.ToUpper(message[:1])+message[1:]+".")
	return &a
}

func parseQuery[T any](s *Sim, x *exchange, res *resource[T]) (query, *answer) {
	values := x.request.URL.Query()
	q := query{page: 1, size: defaultPageSize, forward: strings.EqualFold(x.request.Header.Get("pagination-type"), "forward-only")}
	if bad := q.parseFilters(s, values, res); bad != nil {
		return q, bad
	}
	if bad := q.parsePage(x, values); bad != nil {
		return q, bad
	}
	return q, q.parseShape(values, res.kindAt)
}

func (q *query) parseFilters(s *Sim, values url.Values, res interface {
	kindAt([]string) (kind, bool)
	memberKind([]string) (kind, bool)
}) *answer {
	known := func(path []string) (kind, bool) {
		if s.assumptions.TypeNameRefused && slices.Equal(path, []string{"type", "name"}) {
			return 0, false
		}
		return res.kindAt(path)
	}
	customKind := func(path []string) (kind, bool) {
		_, has := res.kindAt([]string{"customFields"})
		return subKind(path[0]), has && len(path) == 1 && slices.Contains([]string{"id", "caption", "value"}, path[0])
	}
	for _, f := range []struct {
		name string
		to   *condition
		rules
	}{
		{"conditions", &q.conditions, rules{schema: known, missesDay: s.assumptions.DayAfterMissed}},
		{"childConditions", &q.children, rules{schema: res.memberKind, noIn: true}},
		{"customFieldConditions", &q.custom, rules{schema: customKind, noIn: true}},
	} {
		text := values.Get(f.name)
		if text == "" && f.name != "conditions" {
			continue
		}
		parsed, err := parseConditions(text, f.rules)
		if err != nil {
			return refused(err.Error())
		}
		*f.to = parsed
		q.filtered = q.filtered || text != ""
	}
	return nil
}

func (q *query) parsePage(x *exchange, values url.Values) *answer {
	for _, p := range []struct {
		name  string
		least int
		to    *int
	}{{"page", 1, &q.page}, {"pageSize", 1, &q.size}, {"pageId", 0, &q.after}} {
		text := values.Get(p.name)
		if text == "" {
			continue
		}
		n, err := strconv.ParseInt(text, 10, 32)
		if err != nil {
			return refused(fmt.Sprintf("the value '%s' is not valid for %s", text, p.name))
		}
		*p.to = max(int(n), p.least)
	}
	q.size = min(q.size, maximumPageSize)
	if f, hit := x.fault(PageCut); hit {
		q.size = min(q.size, orDefault(f.N, 10))
	}
	return nil
}

func (q *query) parseShape(values url.Values, known schema) *answer {
	if text := values.Get("orderBy"); text != "" {
		if q.forward {
			return refused("orderBy is not supported with forward-only pagination")
		}
		order, err := parseOrder(text, known)
		if err != nil {
			return refused(err.Error())
		}
		q.order = order
	}
	if text := values.Get("fields"); text != "" {
		fields, err := parseFields(text, known)
		if err != nil {
			return refused(err.Error())
		}
		q.fields = fields
	}
	return nil
}

// parseOrder reads "name asc, company/id desc".
func parseOrder(text string, known schema) ([]ordering, error) {
	var order []ordering
	for part := range strings.SplitSeq(text, ",") {
		words := strings.Fields(part)
		if len(words) == 0 || len(words) > 2 {
			return nil, fmt.Errorf("'%s' is not valid for orderBy", part)
		}
		path := strings.Split(words[0], "/")
		if k, ok := known(path); !ok || k == kindReference || k == kindList {
			return nil, fmt.Errorf("'%s' is not a valid field for orderBy", words[0])
		}
		direction := strings.ToLower(slices.Concat(words, []string{"asc"})[1])
		if direction != "asc" && direction != "desc" {
			return nil, fmt.Errorf("'%s' is not valid for orderBy", words[1])
		}
		order = append(order, ordering{path, direction == "desc"})
	}
	return order, nil
}

// listing answers a list in either paging mode.
func listing[T any](res *resource[T], pick picker[T]) handler {
	return func(s *Sim, x *exchange) answer {
		t, missing := pick(s, x)
		if missing != nil {
			return *missing
		}
		q, bad := parseQuery(s, x, res)
		if bad != nil {
			return s.unknownFields(*bad)
		}
		v := x.view()
		found := matching(x, v, res, t, &q)
		page, header := x.cut(found.count(), &q)
		items := make([]any, 0, len(page))
		for _, i := range page {
			items = append(items, found.render(v, res, i, q.fields))
		}
		a := jsonAnswer(http.StatusOK, items)
		if q.forward {
			header = x.forwardLink(found.lastID(page), len(found.rows) > len(page))
		}
		if header != nil {
			a.header["Link"] = header
		}
		shift(s, x, t, found, page)
		return a
	}
}

// unknownFields turns a refusal of fields into the empty 200 that another endpoint answered.
func (s *Sim) unknownFields(bad answer) answer {
	if s.assumptions.UnknownFieldsEmpty && strings.Contains(string(bad.body), "is not a valid field.") {
		return jsonAnswer(http.StatusOK, []any{})
	}
	return bad
}

// counting answers {"count": n}.
func counting[T any](res *resource[T], pick picker[T]) handler {
	return func(s *Sim, x *exchange) answer {
		t, missing := pick(s, x)
		if missing != nil {
			return *missing
		}
		q, bad := parseQuery(s, x, res)
		if bad != nil {
			return *bad
		}
		q.forward, q.order, q.fields = false, nil, nil
		found := matching(x, x.view(), res, t, &q)
		return jsonAnswer(http.StatusOK, object{{"count", found.count()}, extra})
	}
}

// reading answers one record.
func reading[T any](res *resource[T], what string, pick picker[T]) handler {
	return func(s *Sim, x *exchange) answer {
		t, missing := pick(s, x)
		if missing != nil {
			return *missing
		}
		id := x.ids[len(x.ids)-1]
		r := t.find(id)
		if r == nil || len(x.ids) == 1 && !x.sees(id) {
			return *s.notFound(what, id)
		}
		return s.shown(x, http.StatusOK, res, r)
	}
}

// shown answers with one record, cut to the fields asked for.
func (s *Sim) shown(x *exchange, status int, res renderer, r any) answer {
	var fields selection
	if text := x.request.URL.Query().Get("fields"); text != "" {
		wanted, err := parseFields(text, res.kindAt)
		if err != nil {
			return *refused(err.Error())
		}
		fields = wanted
	}
	return jsonAnswer(status, res.show(x.view(), r, fields))
}

// created answers 201 with the new record.
func (s *Sim) created(x *exchange, res renderer, r any) answer {
	x.entry.Applied = true
	return s.shown(x, http.StatusCreated, res, r)
}

// renderer is a resource whose record type is not spelled out.
type renderer interface {
	kindAt(path []string) (kind, bool)
	show(v *view, r any, fields selection) object
}

func (r *resource[T]) show(v *view, record any, fields selection) object {
	rw := record.(*row[T])
	return r.showValue(v, rw, &rw.value, fields)
}

func (r *resource[T]) showValue(v *view, rw *row[T], x *T, fields selection) object {
	if fields == nil {
		return r.render(v, rw, x)
	}
	return r.pick(v, rw, x, fields)
}

// result is what a filter found; values are the records as a lagging list sees them.
type result[T any] struct {
	rows   []*row[T]
	values []*T
}

func (r *result[T]) count() int { return len(r.rows) }

func (r *result[T]) render(v *view, res *resource[T], i int, fields selection) object {
	return res.showValue(v, r.rows[i], r.values[i], fields)
}

func (r *result[T]) lastID(page []int) int {
	if len(page) == 0 {
		return 0
	}
	return r.rows[page[len(page)-1]].id
}

// matching finds the rows of a query in their order. Forward-only needs no more than one row beyond the page.
func matching[T any](x *exchange, v *view, res *resource[T], t *table[T], q *query) *result[T] {
	found := &result[T]{}
	rows := t.rows
	if q.forward {
		rows = t.after(q.after)
	}
	for _, r := range rows {
		record := &r.value
		if !x.sim.seenByList(x, q.filtered, r.updated) {
			if r.previous == nil {
				continue
			}
			record = r.previous
		}
		if (len(x.ids) == 0 && !x.sees(r.id)) || !accepts(v, res, record, q) {
			continue
		}
		found.rows = append(found.rows, r)
		found.values = append(found.values, record)
		if q.forward && len(found.rows) > q.size && !x.has(Partial) {
			break
		}
	}
	found.lie(x, q)
	if len(q.order) > 0 {
		found.sort(v, res, q.order)
	}
	return found
}

// lie takes away what a fault keeps back.
func (r *result[T]) lie(x *exchange, q *query) {
	f, partial := x.fault(Partial)
	hidden := func(i int) bool { return i >= len(r.rows)-orDefault(f.N, 1) }
	if ids := strings.FieldsFunc(f.Text, func(c rune) bool { return c < '0' || c > '9' }); len(ids) > 0 {
		hidden = func(i int) bool { return slices.Contains(ids, strconv.Itoa(r.rows[i].id)) }
	}
	nothing := x.has(WrongEmpty) || x.has(AndEmpty) && joined(q.conditions) || x.has(FieldsEmpty) && q.fields != nil
	var left result[T]
	for i := range r.rows {
		if !nothing && !(partial && hidden(i)) {
			left.rows, left.values = append(left.rows, r.rows[i]), append(left.values, r.values[i])
		}
	}
	*r = left
}

// joined reports whether an and is anywhere in a condition.
func joined(c condition) bool {
	switch c := c.(type) {
	case both:
		return true
	case either:
		return joined(c.left) || joined(c.right)
	case negation:
		return joined(c.inner)
	}
	return false
}

func accepts[T any](v *view, res *resource[T], record *T, q *query) bool {
	if !q.conditions.holds(func(path []string) any { return res.at(v, record, path) }) {
		return false
	}
	if q.children != nil && !anyMember(v, res, record, q.children, "") {
		return false
	}
	return q.custom == nil || anyMember(v, res, record, q.custom, "customFields")
}

// anyMember reports whether a member of a list field satisfies the condition. With only, paths begin below that field.
func anyMember[T any](v *view, res *resource[T], record *T, c condition, only string) bool {
	for i := range res.fields {
		f := &res.fields[i]
		if f.kind != kindList || f.get == nil || only != "" && f.name != only {
			continue
		}
		members, _ := f.get(v, record).([]any)
		for _, m := range members {
			o, _ := m.(object)
			holds := c.holds(func(path []string) any {
				if only != "" {
					return o.lookup(path[0])
				}
				if path[0] != f.name {
					return nil
				}
				return o.lookup(path[1])
			})
			if holds {
				return true
			}
		}
	}
	return false
}

func (r *result[T]) sort(v *view, res *resource[T], order []ordering) {
	index := make([]int, len(r.rows))
	for i := range index {
		index[i] = i
	}
	slices.SortStableFunc(index, func(a, b int) int {
		for _, o := range order {
			c := compare(res.at(v, r.values[a], o.path), res.at(v, r.values[b], o.path))
			if o.descending {
				c = -c
			}
			if c != 0 {
				return c
			}
		}
		return 0
	})
	sorted := result[T]{make([]*row[T], len(index)), make([]*T, len(index))}
	for i, from := range index {
		sorted.rows[i], sorted.values[i] = r.rows[from], r.values[from]
	}
	*r = sorted
}

// cut takes the page out of count rows, as indexes, with the Link header of navigable paging.
func (x *exchange) cut(count int, q *query) ([]int, []string) {
	first := (q.page - 1) * q.size
	if q.forward {
		first = 0
	}
	var page []int
	for i := first; i < min(first+q.size, count); i++ {
		page = append(page, i)
	}
	if q.forward {
		return page, nil
	}
	last := max(1, (count+q.size-1)/q.size)
	var links []string
	add := func(wanted bool, number int, rel string) {
		if wanted {
			links = append(links, x.pageLink("page", number, rel))
		}
	}
	add(true, 1, "first")
	add(q.page > 1, min(q.page-1, last), "prev")
	add(q.page < last, q.page+1, "next")
	add(true, last, "last")
	return page, []string{strings.Join(links, ", ")}
}

// forwardLink names the last id as the next pageId; at the end the header is there and its value is empty.
func (x *exchange) forwardLink(lastID int, more bool) []string {
	switch {
	case x.has(MissingLink):
		return nil
	case x.has(EmptyLink) || !more:
		return []string{""}
	}
	return []string{x.pageLink("pageId", lastID, "next")}
}

// pageLink makes one link of the header: the request's own address with another page.
func (x *exchange) pageLink(parameter string, value int, rel string) string {
	address := *x.request.URL
	values := address.Query()
	values.Set(parameter, strconv.Itoa(value))
	root := x.root()
	if f, hit := x.fault(LinkUserHost); hit {
		root = "https://" + orText(f.Text, "na.myconnectwise.net") + "/v2025_1/apis/3.0"
	}
	return fmt.Sprintf("<%s%s?%s>; rel=\"%s\"", root, x.path, values.Encode(), rel)
}

func orDefault(n, fallback int) int {
	if n == 0 {
		return fallback
	}
	return n
}

func orText(text, fallback string) string {
	if text == "" {
		return fallback
	}
	return text
}
