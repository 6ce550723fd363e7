// Package canonical writes and reads canonical JSON: that of RFC 8785 with whole numbers alone: keys in order, no space between anything,
// and each text written in the one way that has the fewest escapes. The same values are always the same bytes (docs/months.md section 7).
// It is pure.
package canonical

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"unicode/utf8"
)

// Text is what a value says in canonical JSON.
func Text(value any) ([]byte, error) {
	text, err := json.Marshal(value)
	if err != nil {
		return nil, fmt.Errorf("writing JSON: %w", err)
	}
	tree, err := Tree(text)
	if err != nil {
		return nil, err
	}
	var b bytes.Buffer
	writeCanonical(&b, tree)
	return b.Bytes(), nil
}

// Tree reads JSON, canonical or not, as maps, lists, texts and numbers.
func Tree(text []byte) (tree any, err error) {
	decoder := json.NewDecoder(bytes.NewReader(text))
	decoder.UseNumber()
	if err := decoder.Decode(&tree); err != nil {
		return nil, fmt.Errorf("reading JSON: %w", err)
	}
	if decoder.More() {
		return nil, errors.New("reading JSON: there is more after its end")
	}
	return tree, nil
}

func writeCanonical(b *bytes.Buffer, value any) {
	switch v := value.(type) {
	case map[string]any:
		between := byte('{')
		for _, key := range slices.Sorted(maps.Keys(v)) {
			b.WriteByte(between)
			writeText(b, key)
			b.WriteByte(':')
			writeCanonical(b, v[key])
			between = ','
		}
		if len(v) == 0 {
			b.WriteByte('{')
		}
		b.WriteByte('}')
	case []any:
		b.WriteByte('[')
		for i, element := range v {
			if i > 0 {
				b.WriteByte(',')
			}
			writeCanonical(b, element)
		}
		b.WriteByte(']')
	case string:
		writeText(b, v)
	case json.Number:
		b.WriteString(v.String())
	case bool:
		b.WriteString(strconv.FormatBool(v))
	default:
		b.WriteString("null")
	}
}

// shortEscapes are the control characters that have an escape of their own.
var shortEscapes = map[byte]byte{'\b': 'b', '\t': 't', '\n': 'n', '\f': 'f', '\r': 'r'}

func writeText(b *bytes.Buffer, text string) {
	b.WriteByte('"')
	for i := range len(text) {
		c := text[i]
		switch {
		case c == '"' || c == '\\':
			b.WriteByte('\\')
			b.WriteByte(c)
		case c >= ' ':
			b.WriteByte(c)
		case shortEscapes[c] != 0:
			b.WriteByte('\\')
			b.WriteByte(shortEscapes[c])
		default:
			fmt.Fprintf(b, `\u%04x`, c)
		}
	}
	b.WriteByte('"')
}

// ErrCut says that a text ends before its JSON does.
var ErrCut = errors.New("it ends in the middle")

// formError says where a text is not canonical JSON.
type formError struct {
	at   int // bytes before it
	what string
}

func (e formError) Error() string { return fmt.Sprintf("byte %d: %s", e.at+1, e.what) }

// Read checks that a text is an object in canonical JSON, and answers the raw values of its members. ErrCut: it ends in the middle.
func Read(text []byte) (map[string]json.RawMessage, error) {
	r := canonicalReader{text: text}
	members := map[string]json.RawMessage{}
	if r.peek() != '{' && len(text) > 0 {
		return nil, r.wrong("no object begins")
	}
	err := r.object(0, func(key string, raw []byte) { members[key] = raw })
	if err == nil && r.at < len(text) {
		err = r.wrong("there is more after its end")
	}
	return members, err
}

// deepest is how deeply values may lie in one another.
const deepest = 20

// longestNumber is how many digits a number may have, so that everybody reads it exactly.
const longestNumber = 15

type canonicalReader struct {
	text []byte
	at   int
}

// peek is the byte to be read next; 0 at the end.
func (r *canonicalReader) peek() byte {
	if r.at >= len(r.text) {
		return 0
	}
	return r.text[r.at]
}

func (r *canonicalReader) wrong(what string) error {
	if r.at >= len(r.text) {
		return ErrCut
	}
	return formError{r.at, what}
}

func (r *canonicalReader) take(c byte) error {
	if r.peek() != c || r.at >= len(r.text) {
		return r.wrong(fmt.Sprintf("%q is missing", c))
	}
	r.at++
	return nil
}

func (r *canonicalReader) value(depth int) error {
	switch c := r.peek(); {
	case depth > deepest:
		return r.wrong("too deep")
	case c == '{':
		return r.object(depth, nil)
	case c == '[':
		return r.list(depth)
	case c == '"':
		_, err := r.string()
		return err
	case c == '-' || c >= '0' && c <= '9':
		return r.number()
	}
	for _, word := range []string{"null", "true", "false"} {
		rest := r.text[r.at:]
		if bytes.HasPrefix(rest, []byte(word)) {
			r.at += len(word)
			return nil
		}
		if bytes.HasPrefix([]byte(word), rest) {
			return ErrCut
		}
	}
	return r.wrong("no value begins")
}

// object reads one; member gets what is in the outermost.
func (r *canonicalReader) object(depth int, member func(key string, raw []byte)) error {
	if err := r.take('{'); err != nil {
		return err
	}
	if r.peek() == '}' {
		return r.take('}')
	}
	for last := []byte(nil); ; {
		key, err := r.key(last)
		if err != nil {
			return err
		}
		last = key
		from := r.at
		if err := r.value(depth + 1); err != nil {
			return err
		}
		if depth == 0 {
			member(string(key), r.text[from:r.at])
		}
		if r.peek() != ',' {
			return r.take('}')
		}
		r.at++
	}
}

// key reads a key and its colon. Those of a statement are plain ASCII, so that everybody puts them in the same order.
func (r *canonicalReader) key(last []byte) ([]byte, error) {
	from := r.at
	key, err := r.string()
	if err != nil {
		return nil, err
	}
	plain := !bytes.ContainsFunc(key, func(c rune) bool { return c > '~' || c == '\\' })
	switch {
	case !plain:
		return nil, formError{from, "a key is not plain"}
	case last != nil && bytes.Compare(key, last) <= 0:
		return nil, formError{from, "a key is out of order"}
	}
	return key, r.take(':')
}

func (r *canonicalReader) list(depth int) error {
	if err := r.take('['); err != nil {
		return err
	}
	if r.peek() == ']' {
		return r.take(']')
	}
	for {
		if err := r.value(depth + 1); err != nil {
			return err
		}
		if r.peek() != ',' {
			return r.take(']')
		}
		r.at++
	}
}

// string reads a text and answers it as it is written, without its quotes.
func (r *canonicalReader) string() ([]byte, error) {
	if err := r.take('"'); err != nil {
		return nil, err
	}
	from := r.at
	for r.at < len(r.text) {
		switch c := r.text[r.at]; {
		case c == '"':
			raw := r.text[from:r.at]
			if !utf8.Valid(raw) {
				return nil, formError{from, "a text is not UTF-8"}
			}
			r.at++
			return raw, nil
		case c < ' ':
			return nil, r.wrong("a control character is not escaped")
		case c == '\\':
			if err := r.escape(); err != nil {
				return nil, err
			}
		default:
			r.at++
		}
	}
	return nil, ErrCut
}

// escape reads one of the escapes that nothing else can say.
func (r *canonicalReader) escape() error {
	rest := r.text[r.at:]
	if len(rest) < 2 {
		return ErrCut
	}
	if bytes.IndexByte([]byte(`"\bfnrt`), rest[1]) >= 0 {
		r.at += 2
		return nil
	}
	const long = len(`\u001f`)
	if len(rest) < long && rest[1] == 'u' {
		return ErrCut
	}
	if rest[1] != 'u' {
		return r.wrong("an escape that is not needed")
	}
	c, err := strconv.ParseUint(string(rest[2:long]), 16, 16)
	if err != nil || c >= ' ' || shortEscapes[byte(c)] != 0 || !bytes.Equal(bytes.ToLower(rest[2:long]), rest[2:long]) {
		return r.wrong("an escape that is not needed")
	}
	r.at += long
	return nil
}

func (r *canonicalReader) number() error {
	from := r.at
	if r.peek() == '-' {
		r.at++
	}
	digits := r.at
	for c := r.peek(); c >= '0' && c <= '9'; c = r.peek() {
		r.at++
	}
	switch n := r.at - digits; {
	case n == 0:
		return r.wrong("a digit is missing")
	case n > longestNumber, n > 1 && r.text[digits] == '0', digits > from && r.text[digits] == '0':
		return formError{from, "a number is not written as it should be"}
	}
	return nil
}
