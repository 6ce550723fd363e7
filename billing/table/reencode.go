package table

import (
	"io"
	"strings"

	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/charmap"
	utf "golang.org/x/text/encoding/unicode"
	"golang.org/x/text/transform"
)

// encodings are those to choose from, where the one that was recognised is wrong.
var encodings = []struct {
	name string
	encoding.Encoding
}{
	{"UTF-8", utf.UTF8BOM},
	{"Windows-1252", charmap.Windows1252},
	{"Windows-1250", charmap.Windows1250},
	{"Windows-1251", charmap.Windows1251},
	{"Mac OS Roman", charmap.Macintosh},
	{"DOS (code page 850)", charmap.CodePage850},
	{"UTF-16 LE", utf.UTF16(utf.LittleEndian, utf.UseBOM)},
	{"UTF-16 BE", utf.UTF16(utf.BigEndian, utf.UseBOM)},
}

// Encodings lists the encodings to choose from.
func Encodings() []string {
	names := make([]string, len(encodings))
	for i, e := range encodings {
		names[i] = e.name
	}
	return names
}

// Reencoded is the text of a file in the encoding of that name, as UTF-8 that says so at its beginning.
func Reencoded(r io.Reader, name string) io.Reader {
	for _, e := range encodings {
		if e.name == name {
			return io.MultiReader(strings.NewReader("\uFEFF"), transform.NewReader(r, e.NewDecoder()))
		}
	}
	return r
}
