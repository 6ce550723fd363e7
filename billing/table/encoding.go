package table

import (
	"bufio"
	"bytes"
	"io"
	"unicode/utf8"

	"golang.org/x/text/encoding/charmap"
	utf "golang.org/x/text/encoding/unicode"
	"golang.org/x/text/transform"
)

// Limited reads from Reader and ends with an error, not silently, after Left bytes.
type Limited struct {
	Reader io.Reader
	Left   int64
}

// Read implements io.Reader.
func (l *Limited) Read(p []byte) (int, error) {
	if l.Left < 0 {
		return 0, Unusable("The file is larger than %d MB. Split it and import the parts.", MaxBytes>>20)
	}
	if int64(len(p)) > l.Left+1 {
		p = p[:l.Left+1]
	}
	n, err := l.Reader.Read(p)
	if l.Left -= int64(n); l.Left < 0 {
		return n - 1, nil // the error comes next
	}
	return n, err
}

// decoded is a file's text as UTF-8. Without a mark at the beginning, what the text was is decided at the
// first character beyond ASCII: it is UTF-8 or else Windows-1252, in which any bytes are text.
type decoded struct {
	reader  io.Reader
	name    string
	decoder transform.Transformer // nil: not decided yet
}

func decode(r io.Reader) (*decoded, error) {
	raw := bufio.NewReader(r)
	head, err := raw.Peek(512)
	if err != nil && err != io.EOF {
		return nil, err
	}
	if problem := foreignProblem(head); problem != "" {
		return nil, Unusable("%s", problem)
	}
	d := &decoded{name: "UTF-8"}
	switch {
	case bytes.HasPrefix(head, []byte("\xEF\xBB\xBF")):
		d.decoder = utf.UTF8BOM.NewDecoder()
	case bytes.HasPrefix(head, []byte("\xFF\xFE")), zeros(head, 1) > len(head)/4 && zeros(head, 0) == 0:
		d.name, d.decoder = "UTF-16 LE", utf.UTF16(utf.LittleEndian, utf.UseBOM).NewDecoder()
	case bytes.HasPrefix(head, []byte("\xFE\xFF")), zeros(head, 0) > len(head)/4 && zeros(head, 1) == 0:
		d.name, d.decoder = "UTF-16 BE", utf.UTF16(utf.BigEndian, utf.UseBOM).NewDecoder()
	}
	d.reader = transform.NewReader(raw, d)
	return d, nil
}

// zeros counts the zero bytes at even (0) or odd (1) places: in UTF-16 every ASCII character has one.
func zeros(head []byte, place int) int {
	n := 0
	for i := place; i < len(head); i += 2 {
		if head[i] == 0 {
			n++
		}
	}
	return n
}

// Reset implements transform.Transformer. A decoded file is read once.
func (d *decoded) Reset() {}

// Transform implements transform.Transformer.
func (d *decoded) Transform(dst, src []byte, atEOF bool) (nDst, nSrc int, err error) {
	n := 0
	if d.decoder == nil {
		ascii := 0
		for ascii < len(src) && src[ascii] < utf8.RuneSelf {
			ascii++
		}
		n = copy(dst, src[:ascii])
		switch {
		case n < ascii:
			return n, n, transform.ErrShortDst
		case n == len(src):
			return n, n, nil
		case !atEOF && !utf8.FullRune(src[n:]):
			return n, n, transform.ErrShortSrc
		}
		d.decide(src[n:])
	}
	nDst, nSrc, err = d.decoder.Transform(dst[n:], src[n:], atEOF)
	return n + nDst, n + nSrc, err
}

func (d *decoded) decide(src []byte) {
	valid, invalid := 0, 0
	for len(src) > 0 && utf8.FullRune(src) {
		r, size := utf8.DecodeRune(src)
		switch {
		case r == utf8.RuneError && size == 1:
			invalid++
		case r >= utf8.RuneSelf:
			valid++
		}
		src = src[size:]
	}
	if valid > invalid {
		d.decoder = utf.UTF8.NewDecoder()
		return
	}
	d.name, d.decoder = "Windows-1252", charmap.Windows1252.NewDecoder()
}
