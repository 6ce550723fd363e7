package table

import (
	"bytes"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"testing"
	"testing/iotest"
	"time"
	"unicode"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/text/encoding/charmap"
	utf "golang.org/x/text/encoding/unicode"
	"golang.org/x/text/transform"

	"seatbridge/billing/problem"
)

// readTable is the header and the rows of a text, each as its cells or its problem.
func readTable(t *testing.T, text string) (*Table, []Row) {
	t.Helper()
	table, err := Open(iotest.HalfReader(strings.NewReader(text)))
	if err != nil {
		t.Fatalf("opening: %v", err)
	}
	var rows []Row
	for row, err := range table.Rows() {
		if err != nil {
			t.Fatalf("reading: %v", err)
		}
		rows = append(rows, row)
	}
	return table, rows
}

func TestTableEncodings(t *testing.T) {
	t.Parallel()
	const text = "Organization,E-mail\r\nŽalgiris – Zoë,zoë@example.com\r\n"
	encoded := func(e interface{ String(string) (string, error) }, text string) string {
		s, err := e.String(text)
		if err != nil {
			t.Fatal(err)
		}
		return s
	}
	tests := []struct{ name, file, encoding string }{
		{"UTF-8", text, "UTF-8"},
		{"UTF-8 with a mark", "\uFEFF" + text, "UTF-8"},
		{"UTF-16 LE with a mark", encoded(utf.UTF16(utf.LittleEndian, utf.UseBOM).NewEncoder(), text), "UTF-16 LE"},
		{"UTF-16 BE with a mark", encoded(utf.UTF16(utf.BigEndian, utf.UseBOM).NewEncoder(), text), "UTF-16 BE"},
		{"UTF-16 LE", encoded(utf.UTF16(utf.LittleEndian, utf.IgnoreBOM).NewEncoder(), text), "UTF-16 LE"},
		{"UTF-16 BE", encoded(utf.UTF16(utf.BigEndian, utf.IgnoreBOM).NewEncoder(), text), "UTF-16 BE"},
		{"Windows-1252", encoded(charmap.Windows1252.NewEncoder(), text), "Windows-1252"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			table, rows := readTable(t, tt.file)
			if table.Encoding() != tt.encoding {
				t.Errorf("encoding %s, want %s", table.Encoding(), tt.encoding)
			}
			if diff := cmp.Diff([]string{"Organization", "E-mail"}, table.Header); diff != "" {
				t.Error(diff)
			}
			want := []Row{{Line: 2, Cells: []string{"Žalgiris – Zoë", "zoë@example.com"}}}
			if diff := cmp.Diff(want, rows); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// TestTableEncodingIsDecidedLate: the first character that tells comes after many rows.
func TestTableEncodingIsDecidedLate(t *testing.T) {
	t.Parallel()
	plain := "Organization,E-mail\n" + strings.Repeat("Acme,ann@example.com\n", 20_000)
	for end, encoding := range map[string]string{"Zo\xEB,z@example.com": "Windows-1252", "Zoë,z@example.com": "UTF-8"} {
		table, rows := readTable(t, plain+end)
		if last := rows[len(rows)-1]; last.Cells[0] != "Zoë" || last.Line != 20_002 || table.Encoding() != encoding {
			t.Errorf("%s: %v, want Zoë in line 20,002 of %s", table.Encoding(), last, encoding)
		}
	}
}

func TestTableRows(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("x", MaxCellBytes)
	tests := []struct {
		name, text string
		delimiter  byte
		header     string // joined by "|"
		rows       string // "line:cell|cell" or "line!words of the problem", joined by " / "
	}{
		{"commas", "a,b\n1,2\n3,4\n", ',', "a|b", "2:1|2 / 3:3|4"},
		{"semicolons", "a;b\n1,5;2\n", ';', "a|b", "2:1,5|2"},
		{"tabs", "a\tb\n1, 2; 3\t4\n", '\t', "a|b", "2:1, 2; 3|4"},
		{"pipes", "a|b\n1|2\n", '|', "a|b", "2:1|2"},
		{"one column", "a\nx\ny\n", ',', "a", "2:x / 3:y"},
		{"announced", "sep=;\r\na;b,c\r\n1;2\r\n", ';', "a|b,c", "3:1|2"},
		{"no line end at the end", "a,b\r\n1,2", ',', "a|b", "2:1|2"},
		{"carriage returns only", "a,b\r1,2\r3,4", ',', "a|b", "2:1|2 / 3:3|4"},
		{"blank lines", "\n\na,b\n\n1,2\n , \n,\n3,4\n\n", ',', "a|b", "5:1|2 / 8:3|4"},
		{"quoted", "a,b\n\"1,0\",\"say \"\"hi\"\"\"\n", ',', "a|b", `2:1,0|say "hi"`},
		{"quoted over lines", "a,b\n\"1\n\n0\",2\n3,4\n", ',', "a|b", "2:1  0|2 / 5:3|4"},
		{"quoted with spaces around", "a,b\n \"1,0\" , \"2\"\n", ',', "a|b", "2:1,0|2"},
		{"quotation marks within", "a,b\nAcme \"The Best\" Ltd,2\n", ',', "a|b", `2:Acme "The Best" Ltd|2`},
		{"empty quoted", "a,b\n\"\",2\n", ',', "a|b", "2:|2"},
		{"a quotation mark alone, quoted", "a,b\n\"\"\"\",2\n", ',', "a|b", "2:\"|2"},
		{"of two delimiters, that of more cells", "a,b;c;d\n1,2;3;4\n", ';', "a,b|c|d", "2:1,2|3|4"},
		{"a header that only one delimiter can read", "\"a\";\"b\"\n1,5;2,5\n3,5;4,5\n", ';', "a|b", "2:1,5|2,5 / 3:3,5|4,5"},
		{"announced by another word", "rate=;\n1\n", ';', "rate=", "2:1"},
		{"carriage return first", "\ra,b\r1,2\r", ',', "a|b", "3:1|2"},
		{"one control character", "a,b\n1\x7f,\x1f2\n", ',', "a|b", "2:1|2"},
		{"rows decide, not a cell of the first", "a;b|c\n1;2\n3;4\n", ';', "a|b|c", "2:1|2 / 3:3|4"},
		{"rows before cells", "a,b|c|d\n1,2\n3,4\n", ',', "a|b|c|d", "2:1|2 / 3:3|4"},
		{"cells, the first delimiter having more", "a,b,c;d\n1,2,3;4\n", ',', "a|b|c;d", "2:1|2|3;4"},
		{"as many cells either way", "a,b;c\n1,2;3\n", ',', "a|b;c", "2:1|2;3"},
		{"announced in quotation marks", "\"sep=;\"\r\na,b\r\n1,2\r\n", ';', "a,b", "3:1,2"},
		{"nothing announced", "sep=\nx\n", ',', "sep=", "2:x"},
		{"no delimiter announced", "sep=x\ny\n", ',', "sep=x", "2:y"},
		{"carriage return within a line", "a,b\nx\ry,2\n", ',', "a|b", "2:x y|2"},
		{"carriage return after a blank line", "\na,b\nx\ry,2\n", ',', "a|b", "3:x y|2"},
		{"mark before a quotation mark", "\uFEFF\"a,b\",c\n1,2\n", ',', "a,b|c", "2:1|2"},
		{"two quoted cells, the first in pieces", "a,b\n\"x\"\"y\",\"z\"\n", ',', "a|b", "2:x\"y|z"},
		{"longest quoted cell", "a,b\n\"" + long + "\",2\n", ',', "a|b", "2:" + long + "|2"},
		{"quoted cell too long and not closed", "a,b\n\"" + long + "x", ',', "a|b", "2!too long; a cell may have 32768 characters."},
		{"line of short cells too long", "a,b\n" + strings.Repeat("x,", maxLineBytes) + "\n3,4\n", ',', "a|b", "2!too long / 3:3|4"},
		{"last line just too long", "a,b\n" + strings.Repeat("x", maxLineBytes), ',', "a|b", "2!too long"},
		{"long header line", strings.Repeat(strings.Repeat("x", 1000)+",", 40) + "y\n" + strings.Repeat(",", 40) + "z\n", ',',
			strings.Repeat(strings.Repeat("x", 1000)+"|", 40) + "y", "2:" + strings.Repeat("|", 40) + "z"},
		{"most columns", strings.Repeat("a,", 99) + "a\n", ',', strings.Repeat("a|", 99) + "a", ""},
		{"space around", "a , b\n 1 ,\u00a02\u00a0\n", ',', "a|b", "2:1|2"},
		{"control characters", "a,b\n1\x00\x07,2\u200b\x7f\n", ',', "a|b", "2:1|2"},
		{"too few cells", "a,b,c\n1,2\n3,4,5\n", ',', "a|b|c", "2!2 cells, but there are 3 columns / 3:3|4|5"},
		{"too many cells", "a,b\n1,2,3\n4,5\n", ',', "a|b", "2!3 cells, but there are 2 columns / 3:4|5"},
		{"empty cells left over", "a,b,,\n1,2,,\n3,,,,\n", ',', "a|b", "2:1|2 / 3:3|"},
		{"never closed", "a,b\n\"1,2\n3,4\n5,6\n", ',', "a|b", "2!not closed / 3:3|4 / 4:5|6"},
		{"closed by the mark of a later row", "a,b\n\"1,2\n3,\"4\"\n5,6\n", ',', "a|b", "2!do not match / 3:3|4 / 4:5|6"},
		{"all quoted, one not closed", "a,b\n\"1\",\"2\n\"3\",\"4\"\n", ',', "a|b", "2!do not match / 3:3|4"},
		{"text after the closing mark", "a,b\n\"1\"x,2\n3,4\n", ',', "a|b", "2!do not match / 3:3|4"},
		{"longest cell", "a,b\n" + long + ",2\n", ',', "a|b", "2:" + long + "|2"},
		{"cell too long", "a,b\n" + long + "x,2\n3,4\n", ',', "a|b", "2!too long / 3:3|4"},
		{"quoted cell too long", "a,b\n\"" + long + "x\",2\n3,4\n", ',', "a|b", "2!too long / 3:3|4"},
		{"cell too long, then quoted ones", "a,b\n" + long + "x,\"2\"\n3,4\n", ',', "a|b", "2!too long / 3:3|4"},
		{"line too long", "a,b\n" + strings.Repeat(long, 9) + ",2\n3,4\n", ',', "a|b", "2!too long / 3:3|4"},
		{"last line too long", "a,b\n" + strings.Repeat(long, 9), ',', "a|b", "2!too long"},
		{"no header, e-mail", "Acme,ann@example.com\nBolt,bob@example.com\n", ',', "Column 1|Column 2", "1:Acme|ann@example.com / 2:Bolt|bob@example.com"},
		{"no header, number", "Acme,2026-03,5\n", ',', "Column 1|Column 2|Column 3", "1:Acme|2026-03|5"},
		{"header with a gap", "a,,c\n1,2,3\n", ',', "a|Column 2|c", "2:1|2|3"},
		{"header only", "a,b\n", ',', "a|b", ""},
		{"titles above, filled up", "Usage report,,\nOctober 2026,,\n,,\na,b,c\nx,y,z\nv,w,u\n", ',', "a|b|c", "5:x|y|z / 6:v|w|u"},
		{"titles above, short", "Usage report\n\na;b;c\nx;y;z\nv;w;u\n", ';', "a|b|c", "4:x|y|z / 5:v|w|u"},
		{"a title with a date", "Report date;31.10.2026;\na;b;c\nx;y;z\n", ';', "a|b|c", "3:x|y|z"},
		{"the header once more", "a,b\n1,2\na,b\n3,4\n", ',', "a|b", "2:1|2 / 4:3|4"},
		{"no header, a number with a sign", "Acme,\"1,000\"\n", ',', "Column 1|Column 2", "1:Acme|1,000"},
		{"guarded against formulas", "a,b\n'=1+1,''@x\n'tHooft,'+1\n", ',', "a|b", "2:=1+1|'@x / 3:'tHooft|+1"},
		{"a formula that is a text", "a,b\n\"=\"\"0012\"\"\",=\"2026-10\"\n", ',', "a|b", "2:0012|2026-10"},
		{"no character of Windows-1252", "a,b\nB\x81ck,1\n", ',', "a|b", "2:B\uFFFDck|1"},
		{"formulas are text", "a,b\n=1+1,@x\n", ',', "a|b", "2:=1+1|@x"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			table, rows := readTable(t, tt.text)
			if table.Delimiter != tt.delimiter {
				t.Errorf("delimiter %q, want %q", table.Delimiter, tt.delimiter)
			}
			if got := strings.Join(table.Header, "|"); got != tt.header {
				t.Errorf("header %q, want %q", got, tt.header)
			}
			var want []string
			if tt.rows != "" {
				want = strings.Split(tt.rows, " / ")
			}
			if len(rows) != len(want) {
				t.Fatalf("%d rows, want %d: %v", len(rows), len(want), rows)
			}
			for i, row := range rows {
				got := fmt.Sprintf("%d:%s", row.Line, strings.Join(row.Cells, "|"))
				if line, problem, ok := strings.Cut(want[i], "!"); ok {
					if row.Problem == "" || fmt.Sprint(row.Line) != line || !strings.Contains(row.Problem, problem) {
						t.Errorf("row %d: line %d, %q; want %s", i, row.Line, row.Problem, want[i])
					}
				} else if got != want[i] || row.Problem != "" {
					t.Errorf("row %d: %q (%s), want %q", i, got, row.Problem, want[i])
				}
			}
		})
	}
}

func TestUnusableTables(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name, words string
		file        io.Reader
	}{
		{"empty", "empty", strings.NewReader("")},
		{"blank", "empty", strings.NewReader("\r\n , \r\n\r\n")},
		{"only a delimiter", "empty", strings.NewReader("sep=;\n")},
		{"workbook", "save the sheet as CSV", strings.NewReader("PK\x03\x04rest")},
		{"old workbook", "save the sheet as CSV", strings.NewReader("\xD0\xCF\x11\xE0rest")},
		{"gzip", "compressed file (gzip). Unpack it", strings.NewReader("\x1F\x8B\x08\x00rest")},
		{"PDF", "This is a PDF", strings.NewReader("%PDF-1.7\nrest")},
		{"PNG", "This is a picture (PNG)", strings.NewReader("\x89PNG\r\n\x1A\nrest")},
		{"web page", "This is a web page (HTML)", strings.NewReader("\uFEFF\n<!DOCTYPE html><html><body>Sign in</body></html>")},
		{"XML", "This is an XML file", strings.NewReader("<?xml version=\"1.0\"?><Workbook/>")},
		{"JSON", "This is a JSON file", strings.NewReader("[{\"organization\": \"Acme\"}]")},
		{"no text", "This is no text", strings.NewReader("a,b\n" + strings.Repeat("\x01\x02\x03z", 20))},
		{"too many columns", "The file has 101 columns; at most 100 are read.", strings.NewReader(strings.Repeat("a,", 100) + "a\n")},
		{"broken header", "Line 1 should name the columns", strings.NewReader("\"a,b\n1,2\n")},
		{"too large", "larger than 64 MB", io.MultiReader(strings.NewReader("a\n"), io.LimitReader(blankLines{}, MaxBytes-1))},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			_, err := Inspect(tt.file)
			var invalid *problem.Invalid
			if !errors.As(err, &invalid) || !strings.Contains(invalid.Fields["file"], tt.words) {
				t.Errorf("got %v, want %q", err, tt.words)
			}
		})
	}
}

// blankLines is an endless text.
type blankLines struct{}

func (blankLines) Read(p []byte) (int, error) {
	for i := range p {
		p[i] = ' '
	}
	p[len(p)-1] = '\n'
	return len(p), nil
}

func TestLargestTableIsRead(t *testing.T) {
	t.Parallel()
	const header, end = "a,b\n", "\n1,2"
	blank := io.LimitReader(blankLines{}, MaxBytes-int64(len(header)+len(end)))
	survey, err := Inspect(io.MultiReader(strings.NewReader(header), blank, strings.NewReader(end)))
	if err != nil || survey.Rows != 1 {
		t.Errorf("%d rows, %v", survey.Rows, err)
	}
}

func TestTableThatCannotBeReadToTheEnd(t *testing.T) {
	t.Parallel()
	broken := errors.New("the disk is gone")
	text := "a,b\n" + strings.Repeat("1,2\n", 20_000) + "1,2"
	if _, err := Inspect(io.MultiReader(strings.NewReader(text), iotest.ErrReader(broken))); !errors.Is(err, broken) {
		t.Errorf("inspected: %v", err)
	}
	table, err := Open(io.MultiReader(strings.NewReader(text), iotest.ErrReader(broken)))
	if err != nil {
		t.Fatal(err)
	}
	n := 0
	for _, err = range table.Rows() {
		n++
	}
	if !errors.Is(err, broken) || n != 20_001 {
		t.Errorf("%v after %d rows", err, n)
	}
}

// TestTableThatCannotBeReadAtAll fails in the first bytes, and after those that tell the encoding.
func TestTableThatCannotBeReadAtAll(t *testing.T) {
	t.Parallel()
	broken := errors.New("the disk is gone")
	for _, text := range []string{"", "a,b", "a,b\n" + strings.Repeat("1,2\n", 200), strings.Repeat("\n", 40_000)} {
		_, err := Open(io.MultiReader(strings.NewReader(text), iotest.ErrReader(broken)))
		if !errors.Is(err, broken) {
			t.Errorf("after %d bytes: %v", len(text), err)
		}
	}
}

// TestTableEncodingIsDecidedEarly: the first character that tells stands before more text than is read at once.
func TestTableEncodingIsDecidedEarly(t *testing.T) {
	t.Parallel()
	table, err := Open(strings.NewReader("Zo\xEB\n" + strings.Repeat("Acme\n", 20_000)))
	if err != nil || table.Encoding() != "Windows-1252" || table.Header[0] != "Zoë" {
		t.Errorf("%+v, %v", table, err)
	}
}

func TestSurveyOfTooManyCells(t *testing.T) {
	t.Parallel()
	s, err := Inspect(strings.NewReader("a,b\n" + strings.Repeat("1,2\n", 12) + "1,2,05/06/2026\n"))
	if err != nil || s.Rows != 13 || s.Problems != 1 || len(s.Sample) != 10 {
		t.Errorf("%+v, %v", s, err)
	}
}

// Limited reads up to and including its last byte, however much is asked for at once.
func TestLimited(t *testing.T) {
	t.Parallel()
	for _, left := range []int64{0, 1, 4, 5} {
		limited := &Limited{Reader: strings.NewReader("12345"), Left: left}
		text, err := io.ReadAll(limited)
		if string(text) != "12345"[:left] || (err == nil) != (left == 5) {
			t.Errorf("%d left: %q, %v", left, text, err)
		}
		for more := range int64(3) {
			limited := &Limited{Reader: strings.NewReader("12345678"), Left: left}
			if n, err := limited.Read(make([]byte, left+more)); int64(n) != left || err != nil {
				t.Errorf("%d left, %d asked for: %d, %v", left, left+more, n, err)
			}
		}
		var invalid *problem.Invalid
		n, err := limited.Read(make([]byte, 9))
		if left < 5 && (n != 0 || !errors.As(err, &invalid) || invalid.Fields["file"] != "The file is larger than 64 MB. Split it and import the parts.") {
			t.Errorf("%d left: %d, %v", left, n, err)
		}
	}
}

// TestEncodingByItsMark has few characters in ASCII, which would tell UTF-16 by themselves.
func TestEncodingByItsMark(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct{ head, encoding string }{
		{"\xFF\xFE\x91\x03\x92\x03,\x00\x93\x03", "UTF-16 LE"},
		{"\xFE\xFF\x03\x91\x03\x92\x00,\x03\x93", "UTF-16 BE"},
		{"\x91\x03\x92\x03,\x00\n\x00", "UTF-8"}, // half in ASCII: not enough without a mark
		{"\x03\x91\x03\x92\x00,\x00\n", "UTF-8"},
		{"a,b\n1" + strings.Repeat("\x00", 20) + ",2\n", "UTF-8"}, // UTF-16 has zeros on one side only
	} {
		if d, err := decode(strings.NewReader(tt.head)); err != nil || d.name != tt.encoding {
			t.Errorf("%q: %+v, %v; want %s", tt.head, d, err, tt.encoding)
		}
	}
}

// What decides between UTF-8 and Windows-1252: whether more characters are whole than are not.
func TestEncodingWithoutMark(t *testing.T) {
	t.Parallel()
	for text, encoding := range map[string]string{
		"ë": "UTF-8", "\u0080": "UTF-8", "\uFFFD": "UTF-8", "ëë\xFF": "UTF-8", "ë\xFF": "Windows-1252", "\xEBab": "Windows-1252", "\xC3": "Windows-1252",
	} {
		d := &decoded{name: "UTF-8"}
		if d.decide([]byte(text)); d.name != encoding {
			t.Errorf("%q: %s, want %s", text, d.name, encoding)
		}
	}
}

// A transformer says what it lacks: room for what it writes, or the rest of a character.
func TestTransformLacks(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		room  int
		src   string
		atEOF bool
		n     int
		err   error
	}{
		{2, "abc", false, 2, transform.ErrShortDst},
		{9, "abc", false, 3, nil},
		{9, "a\xC3", false, 1, transform.ErrShortSrc},
		{9, "a\xC3", true, 2, nil},
	} {
		d := &decoded{name: "UTF-8"}
		if _, n, err := d.Transform(make([]byte, tt.room), []byte(tt.src), tt.atEOF); n != tt.n || !errors.Is(err, tt.err) || (d.decoder != nil) != tt.atEOF {
			t.Errorf("%q into %d: %d, %v; want %d, %v", tt.src, tt.room, n, err, tt.n, tt.err)
		}
	}
}

// What is no date is no numbers, either.
func TestNoNumbers(t *testing.T) {
	t.Parallel()
	for _, text := range []string{"", "x", "1/2", "1/2/126", "a/2/2026", "2026/1/26", "12345/2/2026"} {
		if numerals, ok := OrderedDate(text); ok {
			t.Errorf("ordered %q: %d", text, numerals)
		}
	}
	if d, ok := namedDate("31 Dec"); ok {
		t.Errorf("named: %v", d)
	}
	if numerals, ok := OrderedDate("1234/9999/2026"); numerals != [3]int{1234, 9999, 2026} || !ok {
		t.Errorf("any numbers: %d", numerals)
	}
}

func TestIsDigits(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]bool{"0": true, "9": true, "0123456789": true, "": false, "/": false, ":": false, "1a": false, "a1": false, "٣": false} {
		if got := IsDigits(text); got != want {
			t.Errorf("%q is digits: %t, want %t", text, got, want)
		}
	}
}

func TestExcerpt(t *testing.T) {
	t.Parallel()
	for cell, want := range map[string]string{
		"":                      "“”",
		strings.Repeat("ž", 40): "“" + strings.Repeat("ž", 40) + "”",
		strings.Repeat("ž", 41): "“" + strings.Repeat("ž", 39) + "…”",
	} {
		if got := Excerpt(cell); got != want {
			t.Errorf("%s, want %s", got, want)
		}
	}
}

// What a column of one or two dates says of their order.
func TestDateOrder(t *testing.T) {
	t.Parallel()
	for dates, want := range map[string]DateOrder{
		"12/05/2026":            AmbiguousOrder,
		"05/12/2026":            AmbiguousOrder,
		"1/2/2026":              AmbiguousOrder,
		"13/12/2026":            DayFirst,
		"12/13/2026":            MonthFirst,
		"12-13-2026":            MonthFirst,
		"13/14/2026":            NoOrder,
		"12/12/2026":            NoOrder,
		"13/13/2026":            NoOrder,
		"14/13/2026":            NoOrder,
		"31.12.2026":            NoOrder,
		"2026-12-31":            NoOrder,
		"":                      NoOrder,
		"05/06/2026 31/12/2026": DayFirst,
		"05/06/2026 12/31/2026": MonthFirst,
		"31/12/2026 12/31/2026": MixedOrder,
	} {
		var e dateEvidence
		for date := range strings.FieldsSeq(dates) {
			e.weigh(date)
			e.weigh("")
		}
		if got := e.order(); got != want {
			t.Errorf("%s: %q, want %q", dates, got, want)
		}
	}
	var e dateEvidence
	if e.weigh("05/13/2026 10:00"); e.order() != MonthFirst {
		t.Errorf("with a time: %q", e.order())
	}
}

func TestSurvey(t *testing.T) {
	t.Parallel()
	text := "name;joined;left;seen;odd;iso\n" +
		"a;05/06/2026;31/12/2026;01/01/2026 10:00;13-01-2026;2026-01-02\n" +
		"b;07/08/2026;01/02/2026;2/2/2026;01-13-2026;31.12.2026\n" +
		"c;1\n"
	s, err := Inspect(strings.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	if s.Rows != 3 || s.Problems != 1 || s.Encoding != "UTF-8" || s.Delimiter != ';' || len(s.Sample) != 3 {
		t.Errorf("got %+v", s)
	}
	want := []DateOrder{NoOrder, AmbiguousOrder, DayFirst, NoOrder, MixedOrder, NoOrder}
	if diff := cmp.Diff(want, s.Dates); diff != "" {
		t.Error(diff)
	}
}

func TestParseMoment(t *testing.T) {
	t.Parallel()
	tests := []struct {
		cell  string
		order DateOrder
		want  string // or "!" and words of the problem
	}{
		{"2026-12-31", NoOrder, "2026-12-31T00:00:00Z"},
		{"2026/12/31", NoOrder, "2026-12-31T00:00:00Z"},
		{"2026-12-31 23:59", NoOrder, "2026-12-31T23:59:00Z"},
		{"2026-12-31T23:59:58", NoOrder, "2026-12-31T23:59:58Z"},
		{"2026-12-31T23:59:58.999Z", NoOrder, "2026-12-31T23:59:58Z"},
		{"2026-03-31T20:30:00-04:00", NoOrder, "2026-04-01T00:30:00Z"}, // docs/billing-rules.md section 6, example 26
		{"2026-04-01T00:30:00+02:00", NoOrder, "2026-03-31T22:30:00Z"},
		{"2026-04-01T00:00:00.5+02:00", NoOrder, "2026-03-31T22:00:00Z"},
		{"2026-04-01 00:30:00 +0200", NoOrder, "2026-03-31T22:30:00Z"},
		{"2026-04-01 00:30 UTC", NoOrder, "2026-04-01T00:30:00Z"},
		{"31.12.2026", NoOrder, "2026-12-31T00:00:00Z"},
		{"1.2.2026 14:05", MonthFirst, "2026-02-01T14:05:00Z"},
		{"31/12/2026", DayFirst, "2026-12-31T00:00:00Z"},
		{"12/31/2026", MonthFirst, "2026-12-31T00:00:00Z"},
		{"05/06/2026", DayFirst, "2026-06-05T00:00:00Z"},
		{"05/06/2026", MonthFirst, "2026-05-06T00:00:00Z"},
		{"5/6/2026 2:05 PM", MonthFirst, "2026-05-06T14:05:00Z"},
		{"05-06-2026", DayFirst, "2026-06-05T00:00:00Z"},
		{"07/07/2026", NoOrder, "2026-07-07T00:00:00Z"},
		{"31 Dec 2026", NoOrder, "2026-12-31T00:00:00Z"},
		{"31-Dec-2026", NoOrder, "2026-12-31T00:00:00Z"},
		{"31 December 2026 08:00", NoOrder, "2026-12-31T08:00:00Z"},
		{"December 31, 2026", NoOrder, "2026-12-31T00:00:00Z"},
		{"31. März 2026", NoOrder, "2026-03-31T00:00:00Z"},
		{"29.02.2028", NoOrder, "2028-02-29T00:00:00Z"},
		{"", NoOrder, "0001-01-01T00:00:00Z"},
		{"N/A", NoOrder, "0001-01-01T00:00:00Z"},

		{"05/06/2026", NoOrder, "!choose whether"},
		{"05/06/2026", AmbiguousOrder, "!choose whether"},
		{"05/06/2026", MixedOrder, "!choose whether"},
		{"31/12/2026", MonthFirst, "!not in the calendar"},
		{"29.02.2026", NoOrder, "!not in the calendar"},
		{"2026-13-01", NoOrder, "!not in the calendar"},
		{"01.01.2000", NoOrder, "2000-01-01T00:00:00Z"},
		{"31.12.2099", NoOrder, "2099-12-31T00:00:00Z"},
		{"31.12.1999", NoOrder, "!not in this century"},
		{"01.01.2100", NoOrder, "!not in this century"},
		{"31 Jan 2026", NoOrder, "2026-01-31T00:00:00Z"},
		{"366.01.2026", NoOrder, "!not in the calendar"},
		{"abcd-01-02", NoOrder, "!not a date"},
		{"ab.01.2026", NoOrder, "!not a date"},
		{"31 Dec 26", NoOrder, "2026-12-31T00:00:00Z"},
		{"31 Dec abcd", NoOrder, "!not a date"},
		{"Dec Dec 2026", NoOrder, "!not a date"},
		{"12:00 2026", NoOrder, "!not a date"},
		{":00", NoOrder, "!not a date"},
		{"46387", NoOrder, "2026-12-31T00:00:00Z"}, // as spreadsheets keep it
		{"46387.5", NoOrder, "2026-12-31T12:00:00Z"},
		{"46387,75", NoOrder, "2026-12-31T18:00:00Z"},
		{"'46387", NoOrder, "2026-12-31T00:00:00Z"},
		{"４６３８７", NoOrder, "2026-12-31T00:00:00Z"},
		{"36525", NoOrder, "!not the one of a date of this century"},
		{"73051", NoOrder, "!not the one of a date of this century"},
		{"20261301", NoOrder, "!not in the calendar"},
		{"31-Dec-26 08:00", NoOrder, "2026-12-31T08:00:00Z"},
		{"Thursday, December 31, 2026", NoOrder, "2026-12-31T00:00:00Z"},
		{"Thu, 31 Dec 2026 10:00:00 GMT", NoOrder, "2026-12-31T10:00:00Z"},
		{"Thu Dec 31 2026", NoOrder, "2026-12-31T00:00:00Z"},
		{"Dec 31st, 2026", NoOrder, "2026-12-31T00:00:00Z"},
		{"1er octobre 2026", NoOrder, "2026-10-01T00:00:00Z"},
		{"31 de diciembre de 2026", NoOrder, "2026-12-31T00:00:00Z"},
		{"Do 31. Dezember 2026", NoOrder, "2026-12-31T00:00:00Z"},
		{"donderdag 31 december 2026", NoOrder, "2026-12-31T00:00:00Z"},
		{"nooit", NoOrder, "0001-01-01T00:00:00Z"},
		{"20261231", NoOrder, "2026-12-31T00:00:00Z"},
		{"31.12.26", NoOrder, "2026-12-31T00:00:00Z"},
		{"12/31/26", MonthFirst, "2026-12-31T00:00:00Z"},
		{"31 Foo 2026", NoOrder, "!not a date"},
		{"31 Jui 2026", NoOrder, "!not a date"}, // juin or juillet
		{"yesterday", NoOrder, "!not a date"},
		{"12:00", NoOrder, "!not a date"},
		{"2026-12-31X12:00", NoOrder, "!not a date"},
		{"2026-12-31 25:00", NoOrder, "!not a time"},
		{"2026-12-31 12:00 CET", NoOrder, "!not a time"},
		{"2026-12-31 12:00:60", NoOrder, "!not a time"},
		{"1026-12-31", NoOrder, "!not in this century"},
		{"12026-12-31", NoOrder, "!not a date"},
	}
	for _, tt := range tests {
		got, problem := ParseMoment(tt.cell, tt.order)
		if words, ok := strings.CutPrefix(tt.want, "!"); ok {
			if !strings.Contains(problem, words) || !got.IsZero() {
				t.Errorf("%q (%s): %v, %q; want %q", tt.cell, tt.order, got, problem, words)
			}
		} else if problem != "" || got.Format(time.RFC3339Nano) != tt.want {
			t.Errorf("%q (%s): %s, %q; want %s", tt.cell, tt.order, got.Format(time.RFC3339Nano), problem, tt.want)
		}
	}
}

// A day is the one that the cell says, whatever its zone.
func TestParseDay(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		cell  string
		order DateOrder
		want  string // or "!" and words of the problem
	}{
		{"2026-03-31T20:30:00-04:00", NoOrder, "2026-03-31"},
		{"2026-04-01T00:30:00+02:00", NoOrder, "2026-04-01"},
		{"05/06/2026 10:00", MonthFirst, "2026-05-06"},
		{"2026-12-31", NoOrder, "2026-12-31"},
		{"never", NoOrder, "0001-01-01"},
		{"2026-12-31 25:00", NoOrder, "!not a time"},
		{"soon", NoOrder, "!not a date"},
	} {
		day, problem := ParseDay(tt.cell, tt.order)
		if words, ok := strings.CutPrefix(tt.want, "!"); ok {
			if !strings.Contains(problem, words) || !day.IsZero() {
				t.Errorf("%s: %v, %q; want %q", tt.cell, day, problem, words)
			}
		} else if problem != "" || day.Format(time.DateOnly) != tt.want {
			t.Errorf("%s: %v, %q; want %s", tt.cell, day, problem, tt.want)
		}
	}
}

func TestNoMonthNames(t *testing.T) {
	t.Parallel()
	for word, want := range map[string]int{"": 0, "f": 0, "fe": 0, "ma": 0, "jui": 0, "foo": 0, "januaryx": 0, "jan": 1, "juin": 6, "juil": 7, "sept": 9, "Dez": 12} {
		if got := MonthNamed(word); got != want {
			t.Errorf("%q is month %d, want %d", word, got, want)
		}
	}
}

func TestMonthNames(t *testing.T) {
	t.Parallel()
	for i := range monthNames {
		for name := range strings.FieldsSeq(monthNames[i]) {
			if MonthNamed(strings.ToUpper(name)) != i+1 {
				t.Errorf("%s is month %d, want %d", name, MonthNamed(name), i+1)
			}
		}
	}
}

// FuzzTable reads any bytes: it never panics, row numbers grow, no line is lost, and what encoding/csv
// reads without complaint is read alike.
func FuzzTable(f *testing.F) {
	for _, text := range []string{
		"a,b\n1,2\n", "sep=;\na;b\n", "\uFEFFa\tb\r\n\"1\n2\"\t3\r\n", "\"a,b\n1,2\n", "a|b\r1|2\r", "\xFF\xFEa\x00,\x00b\x00\n\x00",
		"a,b\n\"x\"\"y\",\"\"\n,\n\x00,z\xEB\n", "x,05/06/2026\ny,13/06/2026 5:00 PM\n", "a\n\"\n\"\n\"b\n",
	} {
		f.Add([]byte(text))
	}
	f.Fuzz(func(t *testing.T, file []byte) {
		if _, err := Inspect(bytes.NewReader(file)); err != nil {
			return
		}
		table, err := Open(iotest.OneByteReader(bytes.NewReader(file)))
		if err != nil {
			t.Fatal(err)
		}
		var rows []Row
		last := 0
		for row, err := range table.Rows() {
			switch {
			case err != nil:
				t.Fatal(err)
			case row.Line <= last:
				t.Fatalf("line %d after line %d", row.Line, last)
			case row.Problem == "" && len(row.Cells) != len(table.Header):
				t.Fatalf("line %d: %d cells, header %d", row.Line, len(row.Cells), len(table.Header))
			}
			last = row.Line
			rows = append(rows, row)
		}
		compareWithCSV(t, string(file), table, rows)
	})
}

// compareWithCSV holds plain ASCII, where nothing is stripped or decoded, against encoding/csv.
func compareWithCSV(t *testing.T, text string, table *Table, rows []Row) {
	plain := func(r rune) bool { return r == '\n' || (r >= ' ' && r < unicode.MaxASCII) }
	if strings.TrimFunc(text, plain) != "" || strings.ContainsFunc(text, func(r rune) bool { return !plain(r) }) || strings.Contains(strings.ToLower(text), "sep=") {
		return
	}
	reader := csv.NewReader(strings.NewReader(text))
	reader.Comma, reader.FieldsPerRecord = rune(table.Delimiter), -1
	records, err := reader.ReadAll()
	if err != nil {
		return
	}
	var want [][]string
	for _, record := range records {
		for i, cell := range record {
			record[i] = unguarded(tidy(cell))
		}
		if !blank(record) {
			want = append(want, record)
		}
	}
	header := want[table.Above]
	if want = want[table.Above:]; table.named != nil {
		want = slices.DeleteFunc(want, func(record []string) bool {
			return slices.Equal(trimEmpty(record, len(table.Header)), trimEmpty(header, len(table.Header)))
		})
	}
	if len(rows) != len(want) {
		t.Fatalf("%d rows, encoding/csv reads %d: %q", len(rows), len(want), want)
	}
	for i, row := range rows {
		if row.Problem == "" && !cmp.Equal(trimEmpty(row.Cells, 0), trimEmpty(want[i], 0)) {
			t.Errorf("line %d: %q, encoding/csv reads %q", row.Line, row.Cells, want[i])
		}
	}
}

func TestParseCount(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		cell  string
		style NumberStyle
		want  string // the number, marked ~ where it was not in digits alone; or "!" and words of the problem
	}{
		{"0", PlainNumbers, "0"},
		{"0014", PlainNumbers, "14"},
		{"1000000", DecimalComma, "1000000"},
		{"１４", PlainNumbers, "~14"},
		{"'14", PlainNumbers, "~14"},
		{"1 000", PlainNumbers, "~1000"},
		{"12 345 678", PlainNumbers, "~12345678"},
		{"1'000", PlainNumbers, "~1000"},
		{"1’000", PlainNumbers, "~1000"},
		{"14.0", DecimalPoint, "~14"},
		{"14.00", DecimalPoint, "~14"},
		{"14,0", DecimalComma, "~14"},
		{"14.", DecimalPoint, "~14"},
		{"1,000", DecimalPoint, "~1000"},
		{"1,000.00", DecimalPoint, "~1000"},
		{"1,000,000", DecimalPoint, "~1000000"},
		{"1.000", DecimalComma, "~1000"},
		{"1.000,0", DecimalComma, "~1000"},
		{"1 000,00", DecimalComma, "~1000"},
		{"1,000", DecimalComma, "~1"},
		{"1.000", DecimalPoint, "~1"},
		{"0.000", DecimalPoint, "~0"},

		{"1,000", PlainNumbers, "!choose what points and commas mean"},
		{"1,000", AmbiguousNumbers, "!choose what points and commas mean"},
		{"1.000", MixedNumbers, "!choose what points and commas mean"},
		{"14.5", DecimalPoint, "!not a whole number"},
		{"1.5", DecimalComma, "!does not fit the other numbers"},
		{"10,00", DecimalPoint, "!does not fit the other numbers"},
		{"1.000.0", DecimalPoint, "!does not fit the other numbers"},
		{"-5", PlainNumbers, "!negative"},
		{"−5", PlainNumbers, "!negative"},
		{"-1,000", DecimalPoint, "!negative"},
		{"1.00E+03", DecimalPoint, "!a spreadsheet shortened"},
		{"1e3", PlainNumbers, "!a spreadsheet shortened"},
		{"+5", PlainNumbers, "!not a whole number in digits"},
		{"5 seats", PlainNumbers, "!not a whole number in digits"},
		{"5%", PlainNumbers, "!not a whole number in digits"},
		{"(5)", PlainNumbers, "!not a whole number in digits"},
		{"٥", PlainNumbers, "!not a whole number in digits"},
		{"1 00", PlainNumbers, "!not a whole number in digits"},
		{"", PlainNumbers, "!not a whole number in digits"},
		{".", DecimalPoint, "!not a whole number in digits"},
		{"99999999999999999999", PlainNumbers, "!too large"},
	} {
		n, plain, problem := ParseCount(tt.cell, tt.style)
		got := strconv.Itoa(n)
		if !plain {
			got = "~" + got
		}
		if words, bad := strings.CutPrefix(tt.want, "!"); bad {
			if !strings.Contains(problem, words) || n != 0 {
				t.Errorf("%q (%s): %d, %q; want %q", tt.cell, tt.style, n, problem, words)
			}
		} else if problem != "" || got != tt.want {
			t.Errorf("%q (%s): %s, %q; want %s", tt.cell, tt.style, got, problem, tt.want)
		}
	}
}

// What the numbers of a column say of their points and commas, between cells that the delimiter parts.
func TestNumberStyle(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		cells     string // parted by spaces
		delimiter byte
		want      NumberStyle
	}{
		{"1 14 1000", ',', PlainNumbers},
		{"x 31.12.2026 10.0.0.1x", ',', PlainNumbers},
		{"14.0", ';', DecimalPoint},
		{"14,0", ',', DecimalComma},
		{"1,000", ',', DecimalPoint},
		{"1.000", ';', DecimalComma},
		{"1,000", ';', AmbiguousNumbers},
		{"1.000", ',', AmbiguousNumbers},
		{"1,000", '\t', AmbiguousNumbers},
		{"1.000", '|', AmbiguousNumbers},
		{"1,000 14.0", ';', DecimalPoint},
		{"1.000 14.0", ';', DecimalPoint},
		{"1.000 2,5", ',', DecimalComma},
		{"1,000,000", '\t', DecimalPoint},
		{"1.000.000", '\t', DecimalComma},
		{"1,000.00", '\t', DecimalPoint},
		{"1.000,00", '\t', DecimalComma},
		{"0,500", ';', DecimalComma},
		{"1000,000", '\t', DecimalComma},
		{"14.0 14,0", ',', MixedNumbers},
		{"1.000 1,000", ',', MixedNumbers},
	} {
		var e numberEvidence
		for cell := range strings.FieldsSeq(tt.cells) {
			e.weigh(cell)
		}
		if got := e.style(tt.delimiter); got != tt.want {
			t.Errorf("%s between %q: %q, want %q", tt.cells, tt.delimiter, got, tt.want)
		}
	}
}

// Dates of a column of months: those that are first or last days by one order only.
func TestMonthsTellTheOrder(t *testing.T) {
	t.Parallel()
	for dates, want := range map[string]DateOrder{
		"10/1/2026 11/1/2026":   MonthFirst,
		"1/10/2026 1/11/2026":   DayFirst,
		"10/31/2026 11/30/2026": MonthFirst,
		"10/1/2026":             NoOrder, // may be the day of a report
		"10/1/2026 10/1/2026":   NoOrder,
		"1/1/2026 1/1/2025":     NoOrder,
		"1/2/2026 2/1/2026":     NoOrder,
		"5/6/2026 7/8/2026":     NoOrder,
	} {
		var e dateEvidence
		for date := range strings.FieldsSeq(dates) {
			e.weigh(date)
		}
		if got := e.months.order(); got != want {
			t.Errorf("%s: %q, want %q", dates, got, want)
		}
	}
}

// Headings whose order is told by first days alone may be days of one January by the other one.
func TestOrderOfMonthsMayBeThatOfDays(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		headings string
		want     DateOrder
		days     bool
	}{
		{"Client 08/01/2026 09/01/2026", MonthFirst, true},
		{"Client 01/08/2026 01/09/2026", DayFirst, true},
		{"01/01/2026 01/02/2026", DayFirst, true},
		{"1/1/26 1/8/26", DayFirst, true},
		{"01/01/2026", NoOrder, false},
		{"01/01/2025 01/01/2026", NoOrder, false},
		{"11/01/2025 12/01/2025 01/01/2026", MonthFirst, false},
		{"08/31/2026 09/30/2026", MonthFirst, false},
		{"01/01/2026 01/02/2026 31/03/2026", DayFirst, false},
		{"05/06/2026 07/08/2026", AmbiguousOrder, false},
		{"2026-01-01 2026-02-01", NoOrder, false},
	} {
		if order, days := OrderOfMonths(strings.Fields(tt.headings)); order != tt.want || days != tt.days {
			t.Errorf("%s: %q, %v, want %q, %v", tt.headings, order, days, tt.want, tt.days)
		}
	}
}
