package nordpass

import (
	"encoding/json"
	"errors"
	"testing"
)

func TestReadPage(t *testing.T) {
	t.Parallel()
	for body, want := range map[string]error{
		`{"a":{"list":[1,{}]}}`: nil, `{"a":{"list":[]}}`: nil,
		`{"a":{"list":[1`: ErrNotJSON, ``: ErrNotJSON, `{"a":{"list":[]}} {}`: ErrManyDocuments,
		`{"a":{"list":{}}}`: ErrNoList, `{"a":{}}`: ErrNoList, `[]`: ErrNoList, `null`: ErrNoList,
	} {
		if _, err := readPage([]byte(body), "a.list", 0); !errors.Is(err, want) {
			t.Errorf("%s: %v, want %v", body, err, want)
		}
	}
	if p, err := readPage([]byte(`[[1],[2]]`), "1", 0); err != nil || len(p.records) != 1 || p.records[0].String() != "2" {
		t.Errorf("%+v, %v", p, err)
	}
}

// A key that stands twice is named with its record, counted over all pages, wherever in it it stands.
func TestKeyTwice(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct{ body, list, what, detail string }{
		{`{"a":{"list":[{"x":1},{"x":1,"x":2}]}}`, "a.list", `The key "x" stands twice in record 7 of the report.`, `{"x":1,"x":2}]}}`},
		{`[{"u":{"n":1,"n":2}}]`, "", `The key "n" stands twice in record 6 of the report.`, `{"u":{"n":1,"n":2}}]`},
		{`[1,[{"k":1,"k":1}]]`, "1", `The key "k" stands twice in record 6 of the report.`, `{"k":1,"k":1}]]`},
		{`{"list":[],"next":"a","next":"b"}`, "list", `The key "next" stands twice outside the records of the report.`, ""},
		{`{"other":[{"k":1,"k":1}],"list":[]}`, "list", `The key "k" stands twice outside the records of the report.`, ""},
	} {
		_, err := readPage([]byte(tt.body), tt.list, 5)
		if advice := Advise(err); !errors.Is(err, ErrKeyTwice) || advice.What != tt.what || advice.Detail != tt.detail {
			t.Errorf("%s: %v, %+v", tt.body, err, advice)
		}
	}
}

// FuzzReadPage feeds any answer and any paths: reading must not panic, and never make a number of nothing.
func FuzzReadPage(f *testing.F) {
	f.Add(`{"organizations":[{"id":"a","licenses":3,"trial":false}]}`, "organizations", "licenses")
	f.Add(`[{"a":{"b":[1,2]}}]`, "", "a.b.1")
	f.Add(`[null,1,"x",[],{}]`, "", "-1")
	f.Add(`{"a":1e999}`, "a", "")
	f.Add(`["-0", "NaN", "+Inf", "7.0", -0]`, "", "")
	f.Fuzz(func(t *testing.T, body, list, path string) {
		const most = 1000
		p, err := readPage([]byte(body), list, 0)
		if err != nil {
			return
		}
		for _, r := range p.records {
			r.Text(path)
			r.Flag(path)
			n, ok := r.Whole(path, most)
			if !ok {
				continue
			}
			_, isNumber := r.at(path).(json.Number)
			_, isText := r.at(path).(string)
			if n < 0 || n > most || !isNumber && !isText {
				t.Fatalf("%d out of %s", n, r)
			}
		}
	})
}
