package cwsim

import (
	"strings"
	"testing"
	"time"

	"github.com/shopspring/decimal"
)

// sample is a record with one field of each kind.
var sample = map[string]any{
	"id": 7, "name": "Twin [Birches] \"Dental\" 100%", "deletedFlag": false, "quantity": decimal.RequireFromString("7.5"),
	"startDate": time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC), "endDate": nil, "parent": nil, "type/id": 5, "type/name": "Managed",
}

func sampleKind(path []string) (kind, bool) {
	k, ok := map[string]kind{
		"id": kindInteger, "name": kindText, "deletedFlag": kindBool, "quantity": kindNumber, "startDate": kindDate, "endDate": kindDate,
		"parent": kindReference, "type/id": kindInteger, "type/name": kindText, "types": kindList,
	}[strings.Join(path, "/")]
	return k, ok
}

func sampleValue(path []string) any { return sample[strings.Join(path, "/")] }

func TestConditions(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]bool{
		"":                                  true,
		"id=7":                              true,
		"id = 8":                            false,
		"id!=8":                             true,
		"id>6 and id<8":                     true,
		"id>=7 AND id<=7":                   true,
		"id<7 or id>7":                      false,
		"id in (1, 7)":                      true,
		"id not in (1,7)":                   false,
		"not (id=8)":                        true,
		"not id=7":                          false,
		"id=8 or id=7 and id=9":             false, // and binds closer
		"(id=7 or id=8) and id=7":           true,
		"quantity=7.50":                     true,
		"quantity>7.4999":                   true,
		"deletedFlag=False":                 true,
		"deletedFlag=true":                  false,
		"startDate=[2026-03-01]":            true,
		"startDate>=[2026-03-01T00:00:00Z]": true,
		"startDate<[2026-03-01]":            false,
		"endDate=null":                      true,
		"endDate!=null":                     false,
		"endDate<[2030-01-01]":              false, // absent satisfies nothing
		"parent=null":                       true,
		"type/id=5":                         true,
		"type/name='managed'":               true, // without regard to case
		`name="Twin*"`:                      true,
		`name="Twin [[]Birches] *"`:         true,
		`name="Twin [Birches] *"`:           false, // an unescaped bracket is a class
		`name contains "birch"`:             true,
		`name like "%dental%"`:              true,
		`name like "Twin%"`:                 true,
		`name not like "Twin%"`:             false,
		`name="*\"Dental\"*"`:               true,
		`name='*"Dental" 100%'`:             true,
		`name in ("x", "Twin*")`:            true,
		`name != "Twin"`:                    true,
	} {
		c, err := parseConditions(text, rules{schema: sampleKind})
		if err != nil {
			t.Errorf("%s: %v", text, err)
		} else if got := c.holds(sampleValue); got != want {
			t.Errorf("%s is %v", text, got)
		}
	}
}

func TestRefusedConditions(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"colour=5":                      "not a valid field",
		"ID=5":                          "not a valid field", // names are case-sensitive
		"types/id=5":                    "not a valid field", // a collection in a path
		"deletedFlag=1":                 "expected a boolean value, not a numeric value",
		"id='7'":                        "expected a numeric value, not a string value",
		"name=7":                        "expected a string value, not a numeric value",
		"startDate='2026-03-01'":        "expected a datetime value, not a string value",
		"startDate=[soon]":              "not a datetime",
		"id like '%7'":                  "needs a string field",
		"endDate>null":                  "null",
		"id":                            "expected an operator",
		"id=":                           "expected a value",
		"id=7 id=8":                     "unexpected",
		"(id=7":                         "expected ')'",
		"id in 7":                       "expected '('",
		"id in (7":                      "expected ','",
		`name="open`:                    "no closing quote",
		"startDate=[2026":               "no closing",
		"id=7;":                         "unexpected character",
		"id=1.2.3":                      "not a number",
		"id=" + strings.Repeat("1", 40): "too long",
		strings.Repeat("(", 500) + "id=7" + strings.Repeat(")", 500): "too deeply",
	} {
		_, err := parseConditions(text, rules{schema: sampleKind})
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%.60s: error %v, want %q", text, err, want)
		}
	}
	if _, err := parseConditions("id in (7)", rules{schema: sampleKind, noIn: true}); err == nil {
		t.Error("in is accepted where it is not supported")
	}
}

func FuzzConditions(f *testing.F) {
	for _, seed := range []string{"id=7", `name like "%x_" and not (id in (1,2) or endDate=null)`, "startDate>[2026-01-01]", `name='[[]*'`, "((((", "\x00"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		c, err := parseConditions(text, rules{schema: sampleKind})
		if err == nil {
			c.holds(sampleValue)
		}
	})
}

// FuzzPattern holds the matcher against the definition of its two simplest forms.
func FuzzPattern(f *testing.F) {
	f.Add("twin", "Twin Birches")
	f.Add("*", "")
	f.Fuzz(func(t *testing.T, part, text string) {
		if strings.ContainsAny(part, "*[") || strings.ToValidUTF8(part+text, "") != part+text {
			return
		}
		wanted := strings.Contains(strings.ToLower(text), strings.ToLower(part))
		if got := newPattern("*"+part+"*", false).matches(text); got != wanted {
			t.Errorf("*%s* on %q is %v", part, text, got)
		}
	})
}
