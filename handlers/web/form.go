package web

import (
	"errors"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"unicode"

	"seatbridge/billing/problem"
	"seatbridge/store"
)

// Longest texts taken from a form, in characters, beside problem.MaxName and problem.MaxEmail.
const (
	MaxKey       = 500
	MaxSearch    = 200
	maxUserAgent = 300
)

// ProblemsIn are the problems that an error names, by field; any other error is left.
func ProblemsIn(err error) (problem.Fields, error) {
	var invalid *problem.Invalid
	if !errors.As(err, &invalid) {
		return nil, err
	}
	return maps.Clone(invalid.Fields), nil
}

// ParseForm reads a body of either form encoding. What cannot be read is the
// sender's mistake.
func ParseForm(r *http.Request) error {
	// ParseMultipartForm alone would hide why another body could not be read.
	if err := r.ParseForm(); err != nil {
		return BadBody(err)
	}
	if err := r.ParseMultipartForm(MaxBody); err != nil && !errors.Is(err, http.ErrNotMultipart) {
		return BadBody(err)
	}
	return nil
}

// Clean makes text fit to store and show: valid UTF-8 without control and
// invisible formatting characters, its blanks collapsed.
func Clean(s string) string {
	s = strings.Map(func(c rune) rune {
		if unicode.IsControl(c) || unicode.Is(unicode.Cf, c) || c == unicode.ReplacementChar {
			if c == '\n' || c == '\t' || c == '\r' {
				return ' '
			}
			return -1
		}
		return c
	}, strings.ToValidUTF8(s, ""))
	return strings.Join(strings.Fields(s), " ")
}

// Clip shortens text to n characters.
func Clip(s string, n int) string {
	for i := range s {
		if n == 0 {
			return s[:i]
		}
		n--
	}
	return s
}

// Length counts characters.
func Length(s string) int { return len([]rune(s)) }

// PathID is a positive number from the path; anything else names nothing.
func PathID(r *http.Request, name string) (int64, error) {
	id, err := strconv.ParseInt(r.PathValue(name), 10, 64)
	if err != nil || id <= 0 {
		return 0, store.ErrNotFound
	}
	return id, nil
}

// FormIDs are the positive numbers among a field's values. ConnectWise's own
// ids are 32-bit numbers, which bits says.
func FormIDs(values []string, bits int) []int64 {
	var ids []int64
	for _, v := range values {
		if id, err := strconv.ParseInt(v, 10, bits); err == nil && id > 0 && !slices.Contains(ids, id) {
			ids = append(ids, id)
		}
	}
	return ids
}

// FormID is one positive number, 0 when there is none.
func FormID(value string, bits int) int64 {
	if ids := FormIDs([]string{strings.TrimSpace(value)}, bits); len(ids) == 1 {
		return ids[0]
	}
	return 0
}

// Ints are ids of ConnectWise, which are ints.
func Ints(ids []int64) []int {
	out := make([]int, len(ids))
	for i, id := range ids {
		out[i] = int(id)
	}
	return out
}

// Checked reads a checkbox.
func Checked(values url.Values, name string) bool {
	switch values.Get(name) {
	case "", "0", "false", "off":
		return false
	}
	return true
}
