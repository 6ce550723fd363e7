package workbook

import (
	"archive/zip"
	"bytes"
	"errors"
	"io"
	"strings"
	"testing"

	"seatbridge/billing/problem"
)

// pack makes a workbook of its parts.
func pack(t testing.TB, parts map[string]string) *bytes.Reader {
	t.Helper()
	var file bytes.Buffer
	w := zip.NewWriter(&file)
	for _, name := range []string{"[Content_Types].xml", "xl/workbook.xml", "xl/_rels/workbook.xml.rels", "xl/styles.xml", "xl/sharedStrings.xml",
		"xl/worksheets/sheet1.xml", "xl/worksheets/sheet2.xml"} {
		if parts[name] == "" {
			continue
		}
		part, err := w.Create(name)
		if err != nil {
			t.Fatal(err)
		}
		io.WriteString(part, `<?xml version="1.0" encoding="UTF-8" standalone="yes"?>`+parts[name])
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return bytes.NewReader(file.Bytes())
}

const (
	aMain = `<workbook xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"
		xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships"><workbookPr/><sheets>
		<sheet name="Notes" sheetId="1" state="hidden" r:id="rId2"/><sheet name="Usage &amp; more" sheetId="2" r:id="rId1"/></sheets></workbook>`
	relations = `<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">
		<Relationship Id="rId1" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/worksheet" Target="worksheets/sheet1.xml"/>
		<Relationship Id="rId2" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/worksheet" Target="/xl/worksheets/sheet2.xml"/>
		</Relationships>`
	// The styles: 0 general, 1 the built-in short date, 2 mmm-yy, 3 two decimals, 4 a time.
	someStyles = `<styleSheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main">
		<numFmts><numFmt numFmtId="164" formatCode="[$-409]mmm\-yy;@"/><numFmt numFmtId="165" formatCode="#,##0.00&quot; days&quot;"/></numFmts>
		<cellXfs><xf numFmtId="0"/><xf numFmtId="14"/><xf numFmtId="164"/><xf numFmtId="165"/><xf numFmtId="21"/></cellXfs></styleSheet>`
	someTexts = `<sst xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><si><t>Organization</t></si><si><t>Month</t></si>
		<si><t>Seats</t></si><si><r><t>Bäckerei </t></r><r><t>"König"</t></r><rPh sb="0" eb="1"><t>nobody reads this</t></rPh></si></sst>`
	someRows = `<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData>
		<row r="2"><c r="A2" t="s"><v>0</v></c><c r="B2" t="s"><v>1</v></c><c r="D2" t="s"><v>2</v></c></row>
		<row r="3"><c r="A3" t="s"><v>3</v></c><c r="B3" s="2"><v>46296</v></c><c r="D3"><v>14</v></c></row>
		<row r="5"><c r="A5" t="inlineStr"><is><t>Two
lines, =1</t></is></c><c r="B5" s="1"><v>46296.5</v></c><c r="D5" s="3"><v>1.4E1</v></c></row>
		<row><c t="str"><v>Formula</v></c><c s="4"><v>0.5</v></c><c t="b"><v>1</v></c><c t="e"><v>#N/A</v></c></row>
		</sheetData></worksheet>`
)

func parts() map[string]string {
	return map[string]string{
		"xl/workbook.xml": aMain, "xl/_rels/workbook.xml.rels": relations, "xl/styles.xml": someStyles,
		"xl/sharedStrings.xml": someTexts, "xl/worksheets/sheet1.xml": someRows,
	}
}

func textOf(t *testing.T, parts map[string]string) (*Book, string, error) {
	t.Helper()
	file := pack(t, parts)
	b, isBook, err := Open(file, file.Size())
	if err != nil || !isBook {
		t.Fatalf("a workbook: %t, %v", isBook, err)
	}
	r, err := b.Text("")
	if err != nil {
		return b, "", err
	}
	defer r.Close()
	text, err := io.ReadAll(r)
	return b, string(text), err
}

func TestSheetAsText(t *testing.T) {
	t.Parallel()
	b, got, err := textOf(t, parts())
	want := "\uFEFF\n" + `"Organization","Month",,"Seats"` + "\n" + `"Bäckerei ""König""","2026-10-01",,"14"` + "\n\n" +
		`"Two lines, =1","2026-10-01 12:00:00",,"14"` + "\n" + `"Formula","0.5","TRUE","#N/A"` + "\n"
	if err != nil || got != want {
		t.Errorf("read as\n%s%v\nnot\n%s", got, err, want)
	}
	if len(b.Sheets) != 1 || b.Sheets[0] != "Usage & more" {
		t.Errorf("sheets %q", b.Sheets)
	}
}

// Workbooks of old Macs count days from 1904.
func TestDatesSince1904(t *testing.T) {
	t.Parallel()
	p := parts()
	p["xl/workbook.xml"] = strings.Replace(aMain, "<workbookPr/>", `<workbookPr date1904="1"/>`, 1)
	p["xl/worksheets/sheet1.xml"] = strings.ReplaceAll(someRows, "46296", "44834")
	if _, got, err := textOf(t, p); err != nil || !strings.Contains(got, `"2026-10-01"`) {
		t.Errorf("%s, %v", got, err)
	}
}

func TestDateFormats(t *testing.T) {
	t.Parallel()
	for code, want := range map[string]bool{
		"yyyy-mm-dd": true, `[$-407]d\. mmmm yyyy;@`: true, "mmm-yy": true, "dd/mm/yyyy hh:mm": true, `mm/dd/yy;@`: true,
		"General": false, "0.00": false, `#,##0" days"`: false, "[Red]0": false, "hh:mm:ss": false, `0\d`: false, "@": false,
	} {
		if got := isDateFormat(code); got != want {
			t.Errorf("%s is a date: %t", code, got)
		}
	}
}

// What is damaged is said, and what is another archive is none of ours.
func TestBooksThatCannotBeRead(t *testing.T) {
	t.Parallel()
	p := parts()
	p["xl/worksheets/sheet1.xml"] = someRows[:300]
	var invalid *problem.Invalid
	if _, got, err := textOf(t, p); !errors.As(err, &invalid) || !strings.Contains(invalid.Fields["file"], "cannot be read") {
		t.Errorf("%q, %v", got, err)
	}
	delete(p, "xl/worksheets/sheet1.xml")
	if _, _, err := textOf(t, p); !errors.As(err, &invalid) || !strings.Contains(invalid.Fields["file"], "no sheet") {
		t.Errorf("without its sheet: %v", err)
	}
	p = parts()
	p["xl/sharedStrings.xml"] = "<sst><si>"
	file := pack(t, p)
	if _, isBook, err := Open(file, file.Size()); !isBook || !errors.As(err, &invalid) {
		t.Errorf("broken texts: %t, %v", isBook, err)
	}
	delete(p, "xl/workbook.xml")
	for _, other := range []*bytes.Reader{pack(t, p), bytes.NewReader([]byte("PK\x03\x04 no more")), bytes.NewReader(nil), bytes.NewReader([]byte("a,b"))} {
		if _, isBook, err := Open(other, other.Size()); isBook || err != nil {
			t.Errorf("another file: %t, %v", isBook, err)
		}
	}
}

// A small file that unpacks to a large one ends with a refusal.
func TestBookThatUnpacksTooLarge(t *testing.T) {
	t.Parallel()
	p := parts()
	p["xl/sharedStrings.xml"] = "<sst><si><t>" + strings.Repeat("x", maxTexts+1) + "</t></si></sst>"
	file := pack(t, p)
	var invalid *problem.Invalid
	if _, _, err := Open(file, file.Size()); !errors.As(err, &invalid) || file.Size() > 1<<20 {
		t.Errorf("%d bytes: %v", file.Size(), err)
	}
}

func FuzzWorkbook(f *testing.F) {
	good := pack(f, parts())
	content, _ := io.ReadAll(good)
	f.Add(content)
	f.Add([]byte("PK\x03\x04"))
	f.Fuzz(func(t *testing.T, file []byte) {
		b, isBook, err := Open(bytes.NewReader(file), int64(len(file)))
		if err != nil || !isBook {
			return
		}
		for _, sheet := range b.Sheets {
			if r, err := b.Text(sheet); err == nil {
				io.Copy(io.Discard, io.LimitReader(r, 1<<20))
				r.Close()
			}
		}
	})
}
