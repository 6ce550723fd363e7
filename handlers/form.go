package handlers

import (
	"errors"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"unicode"

	"seatbridge/billing"
	"seatbridge/store"
)

// Longest texts taken from a form, in characters.
const (
	maxName      = 200
	maxEmail     = 254 // RFC 5321
	maxKey       = 500
	maxSearch    = 200
	maxUserAgent = 300
)

// problems are messages next to form fields, by field name.
type problems map[string]string

func (p problems) add(field, message string) {
	if message != "" && p[field] == "" {
		p[field] = message
	}
}

// problemsIn are the problems that an error names, by field; any other error is left.
func problemsIn(err error) (problems, error) {
	var invalid *billing.Invalid
	if !errors.As(err, &invalid) {
		return nil, err
	}
	return problems(maps.Clone(invalid.Fields)), nil
}

// parseForm reads a body of either form encoding. What cannot be read is the
// sender's mistake.
func parseForm(r *http.Request) error {
	// ParseMultipartForm alone would hide why another body could not be read.
	if err := r.ParseForm(); err != nil {
		return badBody(err)
	}
	if err := r.ParseMultipartForm(maxBody); err != nil && !errors.Is(err, http.ErrNotMultipart) {
		return badBody(err)
	}
	return nil
}

// clean makes text fit to store and show: valid UTF-8 without control and
// invisible formatting characters, its blanks collapsed.
func clean(s string) string {
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

// clip shortens text to n characters.
func clip(s string, n int) string {
	for i := range s {
		if n == 0 {
			return s[:i]
		}
		n--
	}
	return s
}

// length counts characters.
func length(s string) int { return len([]rune(s)) }

// pathID is a positive number from the path; anything else names nothing.
func pathID(r *http.Request, name string) (int64, error) {
	id, err := strconv.ParseInt(r.PathValue(name), 10, 64)
	if err != nil || id <= 0 {
		return 0, store.ErrNotFound
	}
	return id, nil
}

// formIDs are the positive numbers among a field's values. ConnectWise's own
// ids are 32-bit numbers, which bits says.
func formIDs(values []string, bits int) []int64 {
	var ids []int64
	for _, v := range values {
		if id, err := strconv.ParseInt(v, 10, bits); err == nil && id > 0 && !slices.Contains(ids, id) {
			ids = append(ids, id)
		}
	}
	return ids
}

// formID is one positive number, 0 when there is none.
func formID(value string, bits int) int64 {
	if ids := formIDs([]string{strings.TrimSpace(value)}, bits); len(ids) == 1 {
		return ids[0]
	}
	return 0
}

func ints(ids []int64) []int {
	out := make([]int, len(ids))
	for i, id := range ids {
		out[i] = int(id)
	}
	return out
}

// checked reads a checkbox.
func checked(values url.Values, name string) bool {
	switch values.Get(name) {
	case "", "0", "false", "off":
		return false
	}
	return true
}
