package strictjson

import (
	"errors"
	"strings"
	"testing"
)

func TestCheck(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		`{"a":1,"b":{"a":2},"c":[{"a":3},{"a":4}]}`: "", // of different objects
		`{"a":"a","b":"a"}`:                         "", // a value is no key
		`{"a":1,"A":2}`:                             "",
		`[1,2,2]`:                                   "",
		`{"a":1,"a":1}`:                             "a at , in {",
		`{"a":1,"b":[],"a":{}}`:                     "a at , in {",
		`{"list":[{"x":1},{"y":{"z":1,"z":2}}]}`:    `z at list.1.y, in {"z`,
		`[[0,{"b":0,"\u0062":1}]]`:                  `b at 0.1, in {"b"`,
		`{"a":{"b":{}},"c":{"d":null,"d":[]}}`:      `d at c, in {"d"`,
		`{"a":1} {"a":2}`:                           "",
		`{"a":1,`:                                   "",
		``:                                          "",
	} {
		got := ""
		var twice *Twice
		if errors.As(Check([]byte(text)), &twice) {
			begin := twice.Begin[len(twice.Begin)-1]
			got = twice.Key + " at " + strings.Join(twice.Path, ".") + ", in " + text[begin:begin+4]
		}
		if !strings.HasPrefix(got, want) || want == "" && got != "" {
			t.Errorf("%s: %q, want %q", text, got, want)
		}
	}
}
