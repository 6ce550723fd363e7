package api

import (
	"bytes"
	"encoding/json"
	"fmt"

	"github.com/danielgtaylor/huma/v2"
)

// strictJSON reads JSON in which no object has a key twice: which of the two values was meant nobody knows (RFC 8259, section 4).
func strictJSON() huma.Format {
	format := huma.DefaultJSONFormat
	format.Unmarshal = func(data []byte, v any) error {
		if err := noKeyTwice(data); err != nil {
			return err
		}
		return huma.DefaultJSONFormat.Unmarshal(data, v)
	}
	return format
}

// noKeyTwice finds the first key that an object has twice. What is no JSON is left to whoever reads it, and says so.
func noKeyTwice(data []byte) error {
	d := json.NewDecoder(bytes.NewReader(data))
	var open []map[string]bool // of each object and array that is open, its keys; nil: an array
	key := false               // the next text is one
	for token, err := d.Token(); err == nil; token, err = d.Token() {
		switch token {
		case json.Delim('{'):
			open = append(open, map[string]bool{})
		case json.Delim('['):
			open = append(open, nil)
		case json.Delim('}'), json.Delim(']'):
			open = open[:len(open)-1]
		default:
			if name, ok := token.(string); ok && key {
				keys := open[len(open)-1]
				if keys[name] {
					return fmt.Errorf("the key %q stands twice in one object: leave one of them out", name)
				}
				keys[name], key = true, false
				continue
			}
		}
		key = len(open) > 0 && open[len(open)-1] != nil
	}
	return nil
}
