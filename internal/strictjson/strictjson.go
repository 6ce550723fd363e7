// Package strictjson finds what is well-formed in JSON and says two things: an object that has a key twice. Which of the two values was
// meant nobody knows (RFC 8259, section 4), and encoding/json silently takes the last one.
package strictjson

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
)

// Twice is a key that one object has twice.
type Twice struct {
	Key  string
	Path []string // to the object, from the outside in: keys, and places in lists counted from 0; empty: the outermost one
	// Begin is where each container on the way begins, in bytes: the outermost one first, the object that has the key last.
	Begin []int64
}

// Error implements error.
func (t *Twice) Error() string {
	return fmt.Sprintf("the key %q stands twice in one object: leave one of them out", t.Key)
}

// Check is a *Twice for the first key that an object has twice. What is no JSON is left to whoever reads it, and says so.
func Check(data []byte) error {
	d := json.NewDecoder(bytes.NewReader(data))
	var s scan
	for token, err := d.Token(); err == nil; token, err = d.Token() {
		if twice := s.take(token, d.InputOffset()); twice != nil {
			return twice
		}
	}
	return nil
}

// container is an object or array that is open.
type container struct {
	begin int64
	keys  map[string]bool // of an object, those that it has; nil: an array
	key   string          // of an object, the one whose value is read
	named bool            // the key was read, and its value comes next
	at    int             // in an array, the place of the value that is read
}

// scan is the way to the value that is read, from the outside in.
type scan struct{ open []container }

// take takes one token, which ends at an offset; not nil: it is a key that stands there already.
func (s *scan) take(token json.Token, end int64) *Twice {
	switch token {
	case json.Delim('{'):
		s.open = append(s.open, container{begin: end - 1, keys: map[string]bool{}})
		return nil
	case json.Delim('['):
		s.open = append(s.open, container{begin: end - 1})
		return nil
	case json.Delim('}'), json.Delim(']'):
		s.open = s.open[:len(s.open)-1]
		s.read()
		return nil
	}
	in := s.innermost()
	if in == nil || in.keys == nil || in.named {
		s.read()
		return nil
	}
	key, _ := token.(string)
	if in.keys[key] {
		return s.twice(key)
	}
	in.keys[key], in.key, in.named = true, key, true
	return nil
}

// read notes that a value is read to its end.
func (s *scan) read() {
	if in := s.innermost(); in != nil {
		in.named = false
		in.at++
	}
}

func (s *scan) innermost() *container {
	if len(s.open) == 0 {
		return nil
	}
	return &s.open[len(s.open)-1]
}

func (s *scan) twice(key string) *Twice {
	t := &Twice{Key: key}
	for _, c := range s.open {
		t.Begin = append(t.Begin, c.begin)
		if c.keys == nil {
			t.Path = append(t.Path, strconv.Itoa(c.at))
		} else {
			t.Path = append(t.Path, c.key)
		}
	}
	t.Path = slices.Delete(t.Path, len(t.Path)-1, len(t.Path)) // the last one is in the object itself
	return t
}
