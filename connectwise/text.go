package connectwise

import (
	"encoding/json"
	"strings"
	"time"
	"unicode"
)

// clean removes what stored text can hold and nobody sees: NUL and other control characters and zero-width characters
// (docs/connectwise.md section 4). Line breaks and tabs become spaces, as ConnectWise itself makes them.
func clean(s string) string {
	return strings.TrimSpace(strings.Map(func(r rune) rune {
		switch {
		case r == '\n' || r == '\r' || r == '\t':
			return ' '
		case unicode.IsControl(r), r >= '\u200b' && r <= '\u200d', r == '\u2060', r == '\ufeff':
			return -1
		}
		return r
	}, s))
}

// text is a string as ConnectWise stores it, cleaned when it is read.
type text string

func (t *text) UnmarshalJSON(data []byte) error {
	var s string
	if err := json.Unmarshal(data, &s); err != nil {
		return err
	}
	*t = text(clean(s))
	return nil
}

// looseText reads any JSON value: text as it is, null as nothing, anything else as it was written.
type looseText string

func (t *looseText) UnmarshalJSON(data []byte) error {
	var s string
	switch {
	case string(data) == "null":
		*t = ""
	case json.Unmarshal(data, &s) == nil:
		*t = looseText(s)
	default:
		*t = looseText(data)
	}
	return nil
}

// moment reads the text as a time, in UTC; zero if it is none.
func (t looseText) moment() time.Time {
	at, err := time.Parse(time.RFC3339, string(t))
	if err != nil {
		return time.Time{}
	}
	return at.UTC()
}

// Reference points to another record. Identifier is set only by the kinds that have one: companies, members, products.
type Reference struct {
	ID         int
	Name       string
	Identifier string
}

// UnmarshalJSON reads a reference and cleans its texts.
func (r *Reference) UnmarshalJSON(data []byte) error {
	var wire struct {
		ID               int
		Name, Identifier text
	}
	if err := json.Unmarshal(data, &wire); err != nil {
		return err
	}
	*r = Reference{ID: wire.ID, Name: string(wire.Name), Identifier: string(wire.Identifier)}
	return nil
}

// idReference is how a reference is sent: the id alone.
type idReference struct {
	ID int `json:"id"`
}
