package nordpass

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"math"
	"slices"
	"strconv"
	"strings"

	"seatbridge/internal/strictjson"
)

// Answer is all pages of a report.
type Answer struct {
	Records []Record
	Raw     []byte // what was sent, page after page

	pages int
}

// add puts in one more page, even one whose records could not be read.
func (a *Answer) add(body []byte, records []Record) {
	if a.pages > 0 {
		a.Raw = append(a.Raw, '\n')
	}
	a.pages++
	a.Raw = append(a.Raw, body...)
	a.Records = append(a.Records, records...)
}

// page is one answer's JSON and the records in it.
type page struct {
	document Record
	records  []Record
}

// readPage finds the list in one answer, after so many records of answers before. A list that is not there is an error, not an empty
// list; so is an object that has a key twice, since nobody knows which of the two values holds.
func readPage(body []byte, list string, before int) (page, error) {
	var document any
	decoder := json.NewDecoder(bytes.NewReader(body))
	decoder.UseNumber()
	if err := decoder.Decode(&document); err != nil {
		return page{}, caused(ErrNotJSON, err)
	}
	if decoder.More() {
		return page{}, &Error{kind: ErrManyDocuments}
	}
	var twice *strictjson.Twice
	if errors.As(strictjson.Check(body), &twice) {
		return page{}, keyTwice(twice, body, list, before)
	}
	p := page{document: Record{document}}
	items, ok := p.document.at(list).([]any)
	if !ok {
		return page{}, &Error{kind: ErrNoList, Detail: beginning(body)}
	}
	for _, item := range items {
		p.records = append(p.records, Record{item})
	}
	return p, nil
}

// keyTwice is the error of a key that stands twice, with the record that has it, counted from 1 over all pages, and how that begins.
func keyTwice(t *strictjson.Twice, body []byte, list string, before int) *Error {
	var way []string // to the list
	if list != "" {
		way = strings.Split(list, ".")
	}
	e := &Error{kind: ErrKeyTwice, about: fmt.Sprintf("The key %q stands twice outside the records of the report.", t.Key)}
	if len(t.Path) <= len(way) || !slices.Equal(t.Path[:len(way)], way) {
		return e
	}
	place, _ := strconv.Atoi(t.Path[len(way)])
	e.about = fmt.Sprintf("The key %q stands twice in record %d of the report.", t.Key, before+place+1)
	e.Detail = beginning(body[t.Begin[len(way)+1]:])
	return e
}

// beginning is the first part of an answer.
func beginning(body []byte) string {
	const most = 400
	text := strings.ToValidUTF8(string(body[:min(len(body), most)]), "�")
	if len(body) > most {
		text += "…"
	}
	return text
}

// Record is one entry of a report, whatever its shape, as encoding/json decodes it with UseNumber. What is in it is found
// by a path of names parted by dots, numbers being places in a list.
type Record struct{ Value any }

// at is the value at a path; nil: there is nothing. The empty path is the record itself.
func (r Record) at(path string) any {
	v := r.Value
	if path == "" {
		return v
	}
	for name := range strings.SplitSeq(path, ".") {
		switch in := v.(type) {
		case map[string]any:
			v = in[name]
		case []any:
			i, err := strconv.Atoi(name)
			if err != nil || i < 0 || i >= len(in) {
				return nil
			}
			v = in[i]
		default:
			return nil
		}
	}
	return v
}

// Has says whether there is anything at a path; what is null is not.
func (r Record) Has(path string) bool { return r.at(path) != nil }

// Fields are the names of a record's fields, in order; the first most of them.
func (r Record) Fields(most int) []string {
	fields, _ := r.Value.(map[string]any)
	names := slices.Sorted(maps.Keys(fields))
	return names[:min(len(names), most)]
}

// Text is a text or number as text, empty where there is none or no path.
func (r Record) Text(path string) string {
	if path == "" {
		return ""
	}
	switch v := r.at(path).(type) {
	case string:
		return strings.Join(strings.Fields(strings.ToValidUTF8(v, "")), " ")
	case json.Number:
		return v.String()
	}
	return ""
}

// Whole reads 12, 12.0 or "12"; anything else, also what is negative or more than most, is no count.
func (r Record) Whole(path string, most int) (n int, ok bool) {
	v := r.at(path)
	text, ok := v.(string)
	if number, isNumber := v.(json.Number); isNumber {
		text, ok = number.String(), true
	}
	if !ok {
		return 0, false
	}
	f, err := strconv.ParseFloat(strings.TrimSpace(text), 64)
	if err != nil || f != math.Trunc(f) || f > float64(most) || math.Signbit(f) {
		return 0, false
	}
	return int(f), true
}

// Flag reads a flag; without a path or a value it is not set.
func (r Record) Flag(path string) (set, ok bool) {
	if path == "" {
		return false, true
	}
	switch v := r.at(path).(type) {
	case nil:
		return false, true
	case bool:
		return v, true
	case string:
		set, err := strconv.ParseBool(strings.ToLower(v))
		return set, err == nil
	case json.Number:
		return v == "1", v == "1" || v == "0"
	}
	return false, false
}

// String is the record as people can read it.
func (r Record) String() string {
	text, err := json.MarshalIndent(r.Value, "", "  ")
	if err != nil {
		return ""
	}
	return string(text)
}
