package cwsim

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/shopspring/decimal"
)

// resource describes the records of one kind: their fields with types, how to read them and, where the API can write
// them, how to set them. Lists, filters, fields, PATCH and validation all work from this description.
type resource[T any] struct {
	name   string // as error texts call it
	path   string // below the API root, for _info links; "" has none
	fields []field[T]
	index  map[string]*field[T]
	// newer makes what newer instances add to a whole record, beyond what the definition has and fields can name.
	newer func(v *view, x *T) object
}

type field[T any] struct {
	name string
	kind kind
	// sub names the fields below a reference or below the members of a list.
	sub []string
	// max is the longest text allowed, 0 is any.
	max int
	// required marks what a new record must have.
	required bool
	// get reads the value; nil for a field of the model that is empty in every record here.
	get func(v *view, x *T) any
	// set writes a value that convert has accepted (nil clears); nil for a read-only field.
	set func(s *Sim, x *T, value any) *problem
	// enum names the texts that are allowed, if not all.
	enum []string
}

// view is what reading a record needs beside the record.
type view struct {
	sim  *Sim
	root string // address of the API as the caller used it
	now  time.Time
}

func newResource[T any](name, path string, groups ...[]field[T]) *resource[T] {
	r := &resource[T]{name: name, path: path, fields: slices.Concat(groups...)}
	r.index = make(map[string]*field[T], len(r.fields))
	for i := range r.fields {
		r.index[r.fields[i].name] = &r.fields[i]
	}
	return r
}

// andNewer adds what newer instances show.
func (r *resource[T]) andNewer(newer func(v *view, x *T) object) *resource[T] {
	r.newer = newer
	return r
}

// kindAt is the schema of a resource's records.
func (r *resource[T]) kindAt(path []string) (kind, bool) {
	f := r.index[path[0]]
	if f == nil || len(path) > 2 {
		return 0, false
	}
	if len(path) == 1 {
		return f.kind, true
	}
	if f.kind != kindReference || !slices.Contains(f.sub, path[1]) {
		return 0, false // a collection in a path is refused too (docs/connectwise.md section 2)
	}
	return subKind(path[1]), true
}

// memberKind is the schema of the members of the list fields, for childConditions.
func (r *resource[T]) memberKind(path []string) (kind, bool) {
	if len(path) != 2 {
		return 0, false
	}
	f := r.index[path[0]]
	if f == nil || f.kind != kindList || !slices.Contains(f.sub, path[1]) {
		return 0, false
	}
	return subKind(path[1]), true
}

func subKind(name string) kind {
	switch {
	case name == "id":
		return kindInteger
	case strings.HasSuffix(name, "Flag"):
		return kindBool
	}
	return kindText
}

// at reads the value at a path of a record.
func (r *resource[T]) at(v *view, x *T, path []string) any {
	f := r.index[path[0]]
	if f == nil || f.get == nil {
		return nil
	}
	value := f.get(v, x)
	if len(path) == 1 {
		return value
	}
	if o, ok := value.(object); ok {
		return o.lookup(path[1])
	}
	return nil
}

// render makes the whole record.
func (r *resource[T]) render(v *view, rw *row[T], x *T) object {
	o := make(object, 0, len(r.fields)+2)
	for i := range r.fields {
		o = append(o, member{r.fields[i].name, r.fieldValue(v, &r.fields[i], x)})
	}
	if r.newer != nil {
		o = append(o, r.newer(v, x)...)
	}
	return append(o, member{"_info", r.info(v, rw)}, extra)
}

func (r *resource[T]) fieldValue(v *view, f *field[T], x *T) any {
	if f.get != nil {
		if value := f.get(v, x); value != nil {
			return value
		}
	}
	if v.sim.assumptions.EmptyAsNull {
		return null
	}
	return nil
}

func (r *resource[T]) info(v *view, rw *row[T]) object {
	info := object{
		{"lastUpdated", rw.updated.at},
		{"updatedBy", rw.updated.by},
		{"dateEntered", rw.entered.at},
		{"enteredBy", rw.entered.by},
	}
	if r.path != "" {
		info = append(info, member{r.name + "_href", fmt.Sprint(v.root, r.path, "/", rw.id)})
	}
	return info
}

// pick makes a record of only the fields asked for, in the order of the model; _info comes only when it is named.
func (r *resource[T]) pick(v *view, rw *row[T], x *T, wanted selection) object {
	o := object{}
	for i := range r.fields {
		f := &r.fields[i]
		subs, asked := wanted[f.name]
		if !asked {
			continue
		}
		value := r.fieldValue(v, f, x)
		if reference, ok := value.(object); ok {
			value = reference.only(subs)
		}
		o = append(o, member{f.name, value})
	}
	if _, asked := wanted["_info"]; asked {
		o = append(o, member{"_info", r.info(v, rw)})
	}
	return o
}

// only keeps the named members of a reference; without names, all but _info.
func (o object) only(names []string) object {
	return slices.DeleteFunc(slices.Clone(o), func(m member) bool {
		if len(names) == 0 {
			return m.name == "_info" || m.name == extra.name
		}
		return !slices.Contains(names, m.name)
	})
}

// selection is the parameter fields: names, each with the names below it that were asked for (none is all).
type selection map[string][]string

// parseFields reads the parameter; an unknown name is an error.
func parseFields(text string, known schema) (selection, error) {
	wanted := selection{}
	for name := range strings.SplitSeq(text, ",") {
		name = strings.TrimSpace(name)
		path := strings.Split(name, "/")
		if _, ok := known(path); !ok && name != "_info" {
			return nil, fmt.Errorf("'%s' is not a valid field", name)
		}
		if len(path) == 1 {
			wanted[path[0]] = nil
		} else if subs, whole := wanted[path[0]]; !whole || subs != nil {
			wanted[path[0]] = append(subs, path[1])
		}
	}
	return wanted, nil
}

// Builders of field descriptions.

func textField[T any](name string, max int, get func(*T) *string) field[T] {
	return field[T]{
		name: name, kind: kindText, max: max,
		get: func(_ *view, x *T) any { return filled(*get(x)) },
		set: func(_ *Sim, x *T, value any) *problem {
			*get(x), _ = value.(string)
			return nil
		},
	}
}

func numberField[T any](name string, get func(*T) *decimal.Decimal) field[T] {
	return field[T]{
		name: name, kind: kindNumber,
		get: func(_ *view, x *T) any { return *get(x) },
		set: func(_ *Sim, x *T, value any) *problem {
			*get(x), _ = value.(decimal.Decimal)
			return nil
		},
	}
}

func boolField[T any](name string, get func(*T) *bool) field[T] {
	return field[T]{
		name: name, kind: kindBool,
		get: func(_ *view, x *T) any { return *get(x) },
		set: func(_ *Sim, x *T, value any) *problem {
			*get(x), _ = value.(bool)
			return nil
		},
	}
}

// enumField is a text of a fixed set.
func enumField[T any](name string, values []string, get func(*T) *string) field[T] {
	f := textField(name, 0, get)
	f.enum = values
	return f
}

// idReference is a writable reference by id; label is what the error for an unknown id calls it.
func idReference[T any](name, label string, get func(*T) *int, resolve func(s *Sim, id int) (string, bool), path string) field[T] {
	return field[T]{
		name: name, kind: kindReference, sub: idName,
		get: func(v *view, x *T) any {
			text, _ := resolve(v.sim, *get(x))
			return link(v, *get(x), text, name, path)
		},
		set: func(s *Sim, x *T, value any) *problem {
			id := referenceID(value)
			if _, found := resolve(s, id); value != nil && !found {
				return &problem{"NotFound", fmt.Sprintf("%s %d not found", label, id), "", name}
			}
			*get(x) = id
			return nil
		},
	}
}

func required[T any](f field[T]) field[T] {
	f.required = true
	return f
}

// nameIn resolves an id of a setup table.
func nameIn[T any](t *table[T], id int, name func(T) string) (string, bool) {
	r := t.find(id)
	if r == nil {
		return "", false
	}
	return name(r.value), true
}

// dateField keeps the calendar day as it was sent, without its time.
func dateField[T any](name string, get func(*T) *time.Time) field[T] {
	return field[T]{
		name: name, kind: kindDate,
		get: func(_ *view, x *T) any { return filledDate(*get(x)) },
		set: func(_ *Sim, x *T, value any) *problem {
			t, _ := value.(time.Time)
			*get(x) = day(t)
			return nil
		},
	}
}

// computed is a read-only field.
func computed[T any](name string, k kind, get func(v *view, x *T) any) field[T] {
	return field[T]{name: name, kind: k, get: get}
}

// constant is a read-only field with one value in all records.
func constant[T any](name string, k kind, value any) field[T] {
	return computed(name, k, func(*view, *T) any { return value })
}

// reference is a read-only reference.
func reference[T any](name string, sub []string, get func(v *view, x *T) any) field[T] {
	return field[T]{name: name, kind: kindReference, sub: sub, get: get}
}

// empty lists fields of the model that no record here fills: they can be filtered by, named in fields, and are absent.
func empty[T any](k kind, names string) []field[T] {
	var out []field[T]
	for name := range strings.FieldsSeq(names) {
		out = append(out, field[T]{name: name, kind: k, sub: idName})
	}
	return out
}

func idField[T any](get func(*T) int) field[T] {
	return computed("id", kindInteger, func(_ *view, x *T) any { return get(x) })
}

var (
	idName           = []string{"id", "name"}
	idIdentifierName = []string{"id", "identifier", "name"}
)

// link makes a reference as the instance shows it; an id of 0 is no reference.
func link(v *view, id int, name, what, path string) any {
	if id == 0 {
		return nil
	}
	return object{{"id", id}, {"name", name}, hrefs(v, what, path, id), extra}
}

func hrefs(v *view, what, path string, id int) member {
	return member{"_info", lazy(func() any {
		return object{{what + "_href", fmt.Sprint(v.root, path, "/", id)}}
	})}
}

func filled(text string) any {
	if text == "" {
		return nil
	}
	return text
}

func filledDate(t time.Time) any {
	if t.IsZero() {
		return nil
	}
	return t
}
