package intake

import (
	"archive/zip"
	"bytes"
	"encoding/xml"
	"fmt"
	"io"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// writtenBook is a workbook of the corpus while it is written, as the corpus' README describes it.
type writtenBook struct {
	t       *testing.T
	options []string
	sheets  []*writtenSheet
	texts   []string // that the sheets share
	formats []string // of the cell styles after the first
}

type writtenSheet struct {
	name, state string
	rows        strings.Builder
	row         int
	after       string // what follows the rows
}

func (b *writtenBook) is(option string) bool { return slices.Contains(b.options, option) }

// workbook makes the bytes of a workbook.
func (f corpusFile) workbook(t *testing.T) []byte {
	t.Helper()
	b := &writtenBook{t: t}
	for line := range strings.SplitSeq(f.text, "\n") {
		word, rest, _ := strings.Cut(line, " ")
		switch word {
		case "book":
			b.options = strings.Fields(rest)
		case "sheet", "hidden", "veryHidden":
			b.sheets = append(b.sheets, &writtenSheet{name: rest, state: strings.TrimPrefix(word, "sheet")})
		case "merge":
			b.last().after += `<mergeCell ref="` + rest + `"/>`
		case "skip":
			n, _ := strconv.Atoi(rest)
			b.last().row += n
		default:
			b.row(line)
		}
	}
	return b.pack()
}

func (b *writtenBook) last() *writtenSheet {
	b.t.Helper()
	if len(b.sheets) == 0 {
		b.t.Fatal("a workbook of the corpus begins with a sheet")
	}
	return b.sheets[len(b.sheets)-1]
}

// row writes a row of cells between bars.
func (b *writtenBook) row(line string) {
	s := b.last()
	s.row++
	number, place := fmt.Sprintf(` r="%d"`, s.row), func(i int) string { return fmt.Sprintf(` r="%c%d"`, 'A'+i, s.row) }
	if b.is("placeless") {
		number, place = "", func(int) string { return "" }
	}
	s.rows.WriteString("<row" + number + ">")
	for i, cell := range strings.Split(line, "|") {
		s.rows.WriteString(b.cell(strings.TrimSpace(cell), place(i)))
	}
	s.rows.WriteString("</row>")
}

var (
	aNumber  = regexp.MustCompile(`^-?[0-9.]+(E[+-]?[0-9]+)?$`)
	aFormat  = regexp.MustCompile(`^\{(.*)\} ?(.*)$`)
	aFormula = regexp.MustCompile(`^=(.*) → (.*)$`)
)

// cell writes a cell. What it looks like says its kind.
func (b *writtenBook) cell(text, place string) string {
	switch {
	case text == "" && b.is("placeless"):
		return `<c/>`
	case text == "":
		return ""
	case text == "·": // a cell with a look and nothing in it
		return `<c` + place + ` s="0"/>`
	case text == "TRUE" || text == "FALSE":
		return `<c` + place + ` t="b"><v>` + map[string]string{"TRUE": "1", "FALSE": "0"}[text] + `</v></c>`
	case aNumber.MatchString(text):
		return `<c` + place + `><v>` + text + `</v></c>`
	case text[0] == '#':
		return `<c` + place + ` t="e"><v>` + text + `</v></c>`
	case text[0] == '\'': // a number or a date that is kept as text
		return b.shared(text[1:], place)
	case strings.HasPrefix(text, "inline "):
		return `<c` + place + ` t="inlineStr"><is><t>` + escaped(text[len("inline "):]) + `</t></is></c>`
	case strings.HasPrefix(text, "date "):
		return `<c` + place + ` t="d"><v>` + text[len("date "):] + `</v></c>`
	}
	if m := aFormat.FindStringSubmatch(text); m != nil {
		return `<c` + place + ` s="` + strconv.Itoa(b.style(m[1])) + `"><v>` + m[2] + `</v></c>`
	}
	if m := aFormula.FindStringSubmatch(text); m != nil {
		return b.formula(m[1], m[2], place)
	}
	return b.shared(text, place)
}

// formula writes a formula and its result, of which ? is none.
func (b *writtenBook) formula(formula, result, place string) string {
	f := `<f>` + escaped(formula) + `</f>`
	switch {
	case result == "?":
		return `<c` + place + `>` + f + `<v></v></c>`
	case aNumber.MatchString(result):
		return `<c` + place + `>` + f + `<v>` + result + `</v></c>`
	case result[0] == '#':
		return `<c` + place + ` t="e">` + f + `<v>` + result + `</v></c>`
	}
	return `<c` + place + ` t="str">` + f + `<v>` + escaped(strings.Trim(result, `"`)) + `</v></c>`
}

// shared writes a text that is kept beside the sheets, in several looks if it has a +.
func (b *writtenBook) shared(text, place string) string {
	at := slices.Index(b.texts, text)
	if at < 0 {
		at = len(b.texts)
		b.texts = append(b.texts, text)
	}
	return `<c` + place + ` t="s"><v>` + strconv.Itoa(at) + `</v></c>`
}

func (b *writtenBook) style(format string) int {
	at := slices.Index(b.formats, format)
	if at < 0 {
		at = len(b.formats)
		b.formats = append(b.formats, format)
	}
	return at + 1
}

func escaped(text string) string {
	var s strings.Builder
	_ = xml.EscapeText(&s, []byte(text))
	return s.String()
}

// pack writes the parts as the program of the options does.
func (b *writtenBook) pack() []byte {
	main, relations := "http://schemas.openxmlformats.org/spreadsheetml/2006/main", "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
	if b.is("strict") {
		main, relations = "http://purl.oclc.org/ooxml/spreadsheetml/main", "http://purl.oclc.org/ooxml/officeDocument/relationships"
	}
	var file bytes.Buffer
	w := zip.NewWriter(&file)
	add := func(name, root, content string) {
		part, err := w.Create(name)
		if err != nil {
			b.t.Fatal(err)
		}
		text := `<` + root + ` xmlns="` + main + `" xmlns:r="` + relations + `">` + content + `</` + root + `>`
		if b.is("prefixed") { // as the Open XML SDK names elements
			text = regexp.MustCompile(`<(/?)([a-zA-Z])`).ReplaceAllString(text, "<${1}x:$2")
			text = strings.Replace(text, ` xmlns="`, ` xmlns:x="`, 1)
		}
		io.WriteString(part, `<?xml version="1.0" encoding="UTF-8" standalone="yes"?>`+"\r\n"+text)
	}
	var list, links strings.Builder
	for i, s := range b.sheets {
		fmt.Fprintf(&list, `<sheet name="%s" sheetId="%d" r:id="rId%d"%s/>`, escaped(s.name), i+1, i+3, map[bool]string{true: ` state="` + s.state + `"`}[s.state != ""])
		fmt.Fprintf(&links, `<Relationship Id="rId%d" Type="%s/worksheet" Target="worksheets/sheet%d.xml"/>`, i+3, relations, i+1)
		merged := ""
		if s.after != "" {
			merged = `<mergeCells>` + s.after + `</mergeCells>`
		}
		add(fmt.Sprintf("xl/worksheets/sheet%d.xml", i+1), "worksheet", `<sheetData>`+s.rows.String()+`</sheetData>`+merged)
	}
	add("xl/workbook.xml", "workbook", `<workbookPr`+map[bool]string{true: ` date1904="1"`}[b.is("1904")]+`/><sheets>`+list.String()+`</sheets>`)
	add("xl/_rels/workbook.xml.rels", "Relationships", links.String())
	add("xl/styles.xml", "styleSheet", b.styles())
	var texts strings.Builder
	for _, text := range b.texts {
		texts.WriteString("<si>" + looks(text) + "</si>")
	}
	add("xl/sharedStrings.xml", "sst", texts.String())
	if err := w.Close(); err != nil {
		b.t.Fatal(err)
	}
	return file.Bytes()
}

// looks writes a text, in runs of different looks where it has a +.
func looks(text string) string {
	runs := strings.Split(text, " + ")
	if len(runs) == 1 {
		return `<t xml:space="preserve">` + escaped(text) + `</t>`
	}
	var s strings.Builder
	for _, run := range runs {
		s.WriteString(`<r><rPr><b/></rPr><t xml:space="preserve">` + escaped(run) + `</t></r>`)
	}
	return s.String()
}

// styles writes the formats: a number is that of a built-in one.
func (b *writtenBook) styles() string {
	own, cells := "", `<xf numFmtId="0"/>`
	for i, format := range b.formats {
		number, err := strconv.Atoi(format)
		if err != nil {
			number = 164 + i
			own += fmt.Sprintf(`<numFmt numFmtId="%d" formatCode="%s"/>`, number, escaped(format))
		}
		cells += fmt.Sprintf(`<xf numFmtId="%d" applyNumberFormat="1"/>`, number)
	}
	return `<numFmts>` + own + `</numFmts><cellStyleXfs><xf numFmtId="14"/></cellStyleXfs><cellXfs>` + cells + `</cellXfs>`
}
