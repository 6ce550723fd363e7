package connectwise

import (
	"net/url"
	"slices"
	"strconv"
	"strings"
	"unicode"
)

// condition is a filter in ConnectWise's language (docs/connectwise.md section 2, filters). "" lets everything pass. Field names in
// it are constants of this package; everything else goes through the functions below, which quote and escape.
type condition string

func equalsID(field string, id int) condition {
	return condition(field + "=" + strconv.Itoa(id))
}

// greaterID is the condition of what comes after an id; of none before the first record.
func greaterID(id int) condition {
	if id <= 0 {
		return ""
	}
	return condition("id>" + strconv.Itoa(id))
}

func equalsText(field, value string) condition {
	return condition(field + "=" + quote(value))
}

func containsText(field, value string) condition {
	return condition(field + " contains " + quote(value))
}

// later and earlier are the conditions of what comes after a calendar day and before it, in the short form: the long one
// finds nothing in some instances (docs/connectwise.md section 2).
func later(field string, than Date) condition { return condition(field + ">[" + than.String() + "]") }

func earlier(field string, than Date) condition { return condition(field + "<[" + than.String() + "]") }

func anyOf(field string, ids []int) condition {
	if len(ids) == 0 {
		return ""
	}
	list := make([]string, len(ids))
	for i, id := range ids {
		list[i] = strconv.Itoa(id)
	}
	return condition(field + " in (" + strings.Join(list, ",") + ")")
}

// and requires all conditions.
func and(conditions ...condition) condition { return join(" and ", conditions) }

// or requires one of the conditions. The parentheses keep it together inside an and.
func or(conditions ...condition) condition {
	joined := join(" or ", conditions)
	if joined == "" {
		return ""
	}
	return "(" + joined + ")"
}

func join(operator string, conditions []condition) condition {
	var parts []string
	for _, c := range conditions {
		if c != "" {
			parts = append(parts, string(c))
		}
	}
	return condition(strings.Join(parts, operator))
}

// quote writes a text as a filter literal. A backslash escapes the quote, and itself; a bracket would start a set of
// characters, so it becomes the set of itself. Control characters, which stored text does not keep, become spaces.
func quote(s string) string {
	var b strings.Builder
	b.WriteByte('"')
	for _, r := range strings.ToValidUTF8(s, "") {
		switch {
		case unicode.IsControl(r):
			b.WriteByte(' ')
		case r == '"' || r == '\\':
			b.WriteByte('\\')
			b.WriteRune(r)
		case r == '[':
			b.WriteString("[[]")
		default:
			b.WriteRune(r)
		}
	}
	b.WriteByte('"')
	return b.String()
}

// maxConditions is how many bytes of a request's address the lists of ids in its filter may take together. With the
// longest path, field list and other conditions of this package it stays below maxAfterHost.
const maxConditions = 1100

// chunks splits ids, each once and in order, so that each part's `in (…)` takes at most room bytes of an address. No
// ids make one empty part: no restriction.
func chunks(ids []int, room int) [][]int {
	if len(ids) == 0 {
		return [][]int{nil}
	}
	ids = distinct(ids)
	var parts [][]int
	start, used := 0, 0
	for i, id := range ids {
		size := len(strconv.Itoa(id)) + 1
		if used+size > room && i > start {
			parts = append(parts, ids[start:i])
			start, used = i, 0
		}
		used += size
	}
	return append(parts, ids[start:])
}

// distinct returns the ids in order, each once.
func distinct(ids []int) []int {
	return slices.Compact(slices.Sorted(slices.Values(ids)))
}

// set puts a condition into a query, if there is one.
func (c condition) set(query url.Values, name string) {
	if c != "" {
		query.Set(name, string(c))
	}
}
