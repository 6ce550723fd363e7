// Package workbook reads the sheets of Excel workbooks (.xlsx, ECMA-376) as tables of text, for billing/table to read on. It is
// pure: the bytes of a file in, text out.
//
// It reads as it goes and holds one row and the workbook's texts at a time, and takes a number for a date where its cell is
// formatted as one. Libraries that do the second load the whole sheet for it.
package workbook

import (
	"archive/zip"
	"bytes"
	"cmp"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"path"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"seatbridge/billing/table"
)

// What a workbook may measure once it is unpacked.
const (
	maxPart  = 512 << 20 // a sheet; its XML is many times its text
	maxTexts = 32 << 20  // all texts, and each smaller part
)

// Book is a workbook.
type Book struct {
	Sheets []string // names of the sheets that are not hidden, in their order; at least one

	parts     map[string]*zip.File
	paths     map[string]string // of the sheets, by name
	texts     []string
	dates     []bool // of each cell style, whether it is the format of a date
	since1904 bool
}

// Open reads what a workbook says of all its sheets. isBook is false for what is no workbook of this kind, which may be another
// kind of file; a workbook that cannot be read is an *Invalid by "file".
func Open(r io.ReaderAt, size int64) (b *Book, isBook bool, err error) {
	b = &Book{parts: map[string]*zip.File{}, paths: map[string]string{}}
	for _, f := range archived(r, size) {
		b.parts[strings.ToLower(strings.TrimPrefix(f.Name, "/"))] = f
	}
	if b.parts[mainPart] == nil {
		return nil, false, nil
	}
	if err := errors.Join(b.readMain(), b.readStyles(), b.readTexts()); err != nil {
		return nil, true, unreadable()
	}
	if len(b.Sheets) == 0 {
		return nil, true, table.Unusable("The workbook has no sheet that is not hidden.")
	}
	return b, true, nil
}

// archived are the parts of a zip archive; none: it is none.
func archived(r io.ReaderAt, size int64) []*zip.File {
	magic := make([]byte, 4)
	if _, err := r.ReadAt(magic, 0); err != nil || !bytes.Equal(magic, []byte("PK\x03\x04")) {
		return nil
	}
	archive, err := zip.NewReader(r, size)
	if err != nil {
		return nil
	}
	return archive.File
}

const mainPart = "xl/workbook.xml"

// unreadable is what an admin can do about a workbook that cannot be read, whatever is wrong with it.
func unreadable() error {
	return table.Unusable("The workbook cannot be read: it is damaged or too large. " +
		"Open it in a spreadsheet program and save it again, or save the sheet as CSV (UTF-8).")
}

// part opens a part for reading, at most so many bytes of it. nil: there is none.
func (b *Book) part(name string, most int64) (io.ReadCloser, error) {
	f := b.parts[strings.ToLower(name)]
	if f == nil {
		return nil, nil
	}
	r, err := f.Open()
	if err != nil {
		return nil, fmt.Errorf("opening %s: %w", name, err)
	}
	return limited{r, &table.Limited{Reader: r, Left: most}}, nil
}

type limited struct {
	io.Closer
	io.Reader
}

// decode reads a small part into a value; one that is not there leaves the value as it is.
func (b *Book) decode(name string, v any) error {
	r, err := b.part(name, maxTexts)
	if r == nil || err != nil {
		return err
	}
	defer r.Close()
	if err := xml.NewDecoder(r).Decode(v); err != nil {
		return fmt.Errorf("reading %s: %w", name, err)
	}
	return nil
}

func (b *Book) readMain() error {
	var main struct {
		Properties struct {
			Date1904 string `xml:"date1904,attr"`
		} `xml:"workbookPr"`
		Sheets []struct {
			Name  string `xml:"name,attr"`
			State string `xml:"state,attr"`
			ID    string `xml:"http://schemas.openxmlformats.org/officeDocument/2006/relationships id,attr"`
			// In a workbook that was saved as Strict Open XML.
			StrictID string `xml:"http://purl.oclc.org/ooxml/officeDocument/relationships id,attr"`
		} `xml:"sheets>sheet"`
	}
	var relations struct {
		Relations []struct {
			ID     string `xml:"Id,attr"`
			Target string `xml:"Target,attr"`
			Type   string `xml:"Type,attr"`
		} `xml:"Relationship"`
	}
	if err := errors.Join(b.decode(mainPart, &main), b.decode("xl/_rels/workbook.xml.rels", &relations)); err != nil {
		return err
	}
	b.since1904 = slices.Contains([]string{"1", "true", "on"}, main.Properties.Date1904)
	targets := map[string]string{}
	for _, r := range relations.Relations {
		if strings.HasSuffix(r.Type, "/worksheet") {
			targets[r.ID] = partPath(r.Target)
		}
	}
	for _, s := range main.Sheets {
		isHidden := strings.EqualFold(s.State, "hidden") || strings.EqualFold(s.State, "veryHidden")
		if target, ok := targets[cmp.Or(s.ID, s.StrictID)]; ok && !isHidden {
			b.Sheets = append(b.Sheets, s.Name)
			b.paths[s.Name] = target
		}
	}
	return nil
}

// partPath is the name of a part as the archive has it, of a target relative to the main part or to the archive.
func partPath(target string) string {
	if rooted, ok := strings.CutPrefix(target, "/"); ok {
		return rooted
	}
	return path.Join("xl", target)
}

// readStyles finds the cell styles that show numbers as dates.
func (b *Book) readStyles() error {
	var styles struct {
		Formats []struct {
			ID   int    `xml:"numFmtId,attr"`
			Code string `xml:"formatCode,attr"`
		} `xml:"numFmts>numFmt"`
		Cells []struct {
			Format int `xml:"numFmtId,attr"`
		} `xml:"cellXfs>xf"`
	}
	if err := b.decode("xl/styles.xml", &styles); err != nil {
		return err
	}
	codes := map[int]string{}
	for _, f := range styles.Formats {
		codes[f.ID] = f.Code
	}
	for _, c := range styles.Cells {
		code, own := codes[c.Format]
		b.dates = append(b.dates, own && isDateFormat(code) || !own && isBuiltInDate(c.Format))
	}
	return nil
}

// isBuiltInDate knows the numbers of the formats of dates that are not written down in a workbook (ECMA-376 part 1, 18.8.30).
func isBuiltInDate(format int) bool {
	return format >= 14 && format <= 17 || format == 22 || format >= 27 && format <= 31 || format == 36 || format >= 50 && format <= 58
}

// isDateFormat says whether a format shows a year or a day: what is quoted, escaped or in brackets shows itself.
func isDateFormat(code string) bool {
	var plain []rune
	end, skip := rune(0), false
	for _, r := range strings.ToLower(code) {
		switch {
		case skip:
			skip = false
		case end != 0:
			if r == end {
				end = 0
			}
		case r == '"':
			end = '"'
		case r == '[':
			end = ']'
		case r == '\\' || r == '_' || r == '*':
			skip = true
		default:
			plain = append(plain, r)
		}
	}
	return strings.ContainsAny(string(plain), "yd") && !strings.ContainsAny(string(plain), "0#")
}

// readTexts reads the texts that the cells of all sheets share.
func (b *Book) readTexts() error {
	r, err := b.part("xl/sharedStrings.xml", maxTexts)
	if r == nil || err != nil {
		return err
	}
	defer r.Close()
	d := xml.NewDecoder(r)
	for {
		token, err := d.Token()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return fmt.Errorf("reading the texts: %w", err)
		}
		if start, ok := token.(xml.StartElement); ok && start.Name.Local == "si" {
			var text richText
			if err := d.DecodeElement(&text, &start); err != nil {
				return fmt.Errorf("reading a text: %w", err)
			}
			b.texts = append(b.texts, text.String())
		}
	}
}

// richText is a text in one piece or in several of different looks. How it is pronounced is left out.
type richText struct {
	Text string   `xml:"t"`
	Runs []string `xml:"r>t"`
}

func (t richText) String() string { return unescaped(t.Text + strings.Join(t.Runs, "")) }

// escapes are characters that XML cannot hold, or that a program wrote so all the same: _x000D_ (ECMA-376 part 1, 22.9.2.19).
var escapes = regexp.MustCompile(`_x([0-9A-Fa-f]{4})_`)

func unescaped(text string) string {
	if !strings.Contains(text, "_x") {
		return text
	}
	return escapes.ReplaceAllStringFunc(text, func(escape string) string {
		r, err := strconv.ParseUint(escape[2:6], 16, 16)
		if err != nil {
			return escape
		}
		return string(rune(r))
	})
}
