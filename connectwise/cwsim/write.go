package cwsim

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/shopspring/decimal"
)

// bodyObject reads the request body as a JSON object.
func (x *exchange) bodyObject() (map[string]any, *answer) {
	value, bad := x.bodyValue()
	if bad != nil {
		return nil, bad
	}
	members, ok := value.(map[string]any)
	if !ok {
		a := failure(http.StatusBadRequest, "InvalidObject", "The request body is not an object.")
		return nil, &a
	}
	return members, nil
}

func (x *exchange) bodyValue() (any, *answer) {
	decoder := json.NewDecoder(bytes.NewReader(x.body))
	decoder.UseNumber()
	var value any
	err := decoder.Decode(&value)
	if err == nil {
		if _, trailing := decoder.Token(); trailing != io.EOF {
			err = fmt.Errorf("there is more after the value")
		}
	}
	if err != nil {
		a := failure(http.StatusBadRequest, "InvalidJson", "The request body is not valid JSON.")
		return nil, &a
	}
	return value, nil
}

// apply sets the writable fields that a body names; unknown and read-only members are ignored. A wrong JSON type is a 500,
// a reference to nothing is a 400 (docs/connectwise.md section 3).
func (r *resource[T]) apply(s *Sim, x *T, members map[string]any) *answer {
	values := map[string]any{}
	for i := range r.fields {
		f := &r.fields[i]
		raw, sent := members[f.name]
		if !sent || f.set == nil {
			continue
		}
		value, bad := f.convert(raw)
		if bad != nil {
			return bad
		}
		values[f.name] = value
	}
	var problems []problem
	for i := range r.fields {
		f := &r.fields[i]
		if value, sent := values[f.name]; sent {
			if p := f.set(s, x, value); p != nil {
				p.resource = r.name
				problems = append(problems, *p)
			}
		}
	}
	if len(problems) > 0 {
		a := invalid(r.name, problems...)
		return &a
	}
	return nil
}

// problems checks what every record must have: required fields and lengths.
func (r *resource[T]) problems(s *Sim, x *T) []problem {
	var problems []problem
	v := &view{sim: s, now: s.now()}
	for i := range r.fields {
		f := &r.fields[i]
		if f.set == nil {
			continue
		}
		value := f.get(v, x)
		if f.required && value == nil {
			problems = append(problems, problem{"MissingRequiredField", "The " + f.name + " field is required.", r.name, f.name})
		}
		if text, ok := value.(string); ok && f.max > 0 && len([]rune(text)) > f.max {
			problems = append(problems, tooLong(r.name, f.name, f.max))
		}
	}
	return problems
}

func tooLong(resource, field string, max int) problem {
	return problem{"MaxLengthField", fmt.Sprintf("The field %s cannot be longer than %d characters.", field, max), resource, field}
}

// Type names as the vendor's error texts show them.
const (
	typeDecimal = "System.Nullable`1[System.Decimal]"
	typeBool    = "System.Nullable`1[System.Boolean]"
	typeDate    = "System.Nullable`1[System.DateTime]"
	typeText    = "System.String"
)

// convert turns a decoded JSON value into the field's kind; null is nil.
func (f *field[T]) convert(raw any) (any, *answer) {
	if raw == nil {
		return nil, nil
	}
	switch f.kind {
	case kindText:
		if text, ok := raw.(string); ok && (f.enum == nil || slices.Contains(f.enum, text)) {
			return oneLine(text), nil
		}
		return f.wrong(raw, typeText)
	case kindNumber:
		if d, ok := amount(raw); ok {
			return d, nil
		}
		return f.wrong(raw, typeDecimal)
	case kindBool:
		if b, ok := raw.(bool); ok {
			return b, nil
		}
		return f.wrong(raw, typeBool)
	case kindDate:
		if t, ok := date(raw); ok {
			return t, nil
		}
		return f.wrong(raw, typeDate)
	}
	if m, ok := raw.(map[string]any); ok {
		return m, nil
	}
	return f.wrong(raw, "Reference")
}

func (f *field[T]) wrong(raw any, kind string) (any, *answer) {
	if f.enum != nil {
		kind = "System.Nullable`1[" + strings.ToUpper(f.name[:1]) + f.name[1:] + "]"
	}
	a := wrongType(raw, kind, f.name)
	return nil, &a
}

// amount reads a JSON number of at most twelve digits on either side of the point.
func amount(raw any) (decimal.Decimal, bool) {
	n, ok := raw.(json.Number)
	if !ok || len(n) > 30 {
		return decimal.Decimal{}, false
	}
	d, err := decimal.NewFromString(n.String())
	return d, err == nil && d.Exponent() >= -12 && d.Exponent() <= 12 && d.NumDigits() <= 24
}

func date(raw any) (time.Time, bool) {
	text, ok := raw.(string)
	if !ok {
		return time.Time{}, false
	}
	for _, layout := range []string{time.RFC3339, time.DateOnly} {
		if t, err := time.Parse(layout, text); err == nil {
			return t.UTC(), true
		}
	}
	return time.Time{}, false
}

// oneLine is what the instance does to every string: line breaks become spaces, tabs vanish (docs/connectwise.md section 4).
func oneLine(text string) string {
	return strings.NewReplacer("\r\n", " ", "\n", " ", "\r", " ", "\t", "").Replace(text)
}

// referenceID reads the id of a reference value; 0 when there is none.
func referenceID(value any) int {
	m, _ := value.(map[string]any)
	n, _ := m["id"].(json.Number)
	id, _ := n.Int64()
	return int(id)
}

// patch applies the operations of a PATCH body. It follows the vendor's dialect: an array, lower-case op, a case-sensitive
// path, references replaced whole (docs/connectwise.md section 4). A leading slash, in use at one shop, is let pass.
func (r *resource[T]) patch(s *Sim, x *T, body any) *answer {
	operations, ok := body.([]any)
	if !ok {
		a := failure(http.StatusBadRequest, "InvalidObject", "The patch document must be an array of operations.")
		return &a
	}
	for _, operation := range operations {
		if bad := r.patchOne(s, x, operation); bad != nil {
			return bad
		}
	}
	return nil
}

// slashed reports whether a PATCH body writes a path with a leading slash, which is let pass.
func slashed(operations any) bool {
	list, _ := operations.([]any)
	return slices.ContainsFunc(list, func(operation any) bool {
		m, _ := operation.(map[string]any)
		path, _ := m["path"].(string)
		return strings.HasPrefix(path, "/")
	})
}

func (r *resource[T]) patchOne(s *Sim, x *T, operation any) *answer {
	m, _ := operation.(map[string]any)
	op, _ := m["op"].(string)
	path, _ := m["path"].(string)
	path = strings.TrimPrefix(path, "/")
	if !slices.Contains([]string{"add", "replace", "remove"}, op) {
		return r.refuse(path, fmt.Sprintf("'%s' is not a valid operation.", op))
	}
	name, sub, into := strings.Cut(path, "/")
	f := r.index[name]
	switch {
	case f == nil:
		return r.refuse(path, fmt.Sprintf("The path '%s' does not exist.", path))
	case into && f.kind == kindReference && slices.Contains(f.sub, sub) && !s.assumptions.PatchIntoReference400:
		return nil // documented: 200 and nothing changes
	case into:
		return r.refuse(path, fmt.Sprintf("The path '%s' leads into a reference.", path))
	case f.set == nil && s.assumptions.ReadOnlyIgnored:
		return nil
	case f.set == nil:
		return r.refuse(path, fmt.Sprintf("The field '%s' is read-only.", path))
	}
	if op == "remove" {
		return r.apply(s, x, map[string]any{name: nil})
	}
	value, given := m["value"]
	if !given {
		return r.refuse(path, "The operation has no value.")
	}
	return r.apply(s, x, map[string]any{name: value})
}

func (r *resource[T]) refuse(field, message string) *answer {
	a := invalid(r.name, problem{"InvalidField", message, r.name, field})
	return &a
}
