package intake

import (
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/unicode"

	"seatbridge/billing/organizations"
	"seatbridge/billing/problem"
	"seatbridge/billing/sheet"
	"seatbridge/billing/table"
	"seatbridge/internal/moment"
)

// corpusFile is a file of testdata/corpus, which says how they are written.
type corpusFile struct {
	name, text, encoding, end string
	answers                   []string
	want                      []string // in the order of the reading
}

// TestCorpus reads files as people make them, each as testdata/corpus says by hand.
func TestCorpus(t *testing.T) {
	t.Parallel()
	n := 0
	for name, kind := range map[string]sheet.Kind{
		"usage": sheet.Usage, "months": sheet.Usage, "members": sheet.Members, "workbooks": sheet.Usage, "workbooks-members": sheet.Members,
		"organizations": sheet.Organizations,
	} {
		for _, f := range corpus(t, "testdata/corpus/"+name+".txt") {
			n++
			t.Run(strings.Join([]string{name, f.name, f.encoding, f.end}, "/"), func(t *testing.T) {
				t.Parallel()
				got := f.read(t, kind)
				if diff := unequal(f.want, got); diff != "" {
					t.Error(diff)
				}
			})
		}
	}
	if n < 200 {
		t.Errorf("the corpus has %d files, it shall have 200", n)
	}
}

// unequal compares a reading with the right one, in which problems and the like are given by some of their words.
func unequal(want, got []string) string {
	fits := func(want, got string) bool {
		place, words, ok := strings.Cut(want, ": ")
		if ok && want[0] == '!' {
			return strings.HasPrefix(got, place+": ") && strings.Contains(got, words)
		}
		return want == got
	}
	if !slices.EqualFunc(want, got, fits) {
		return fmt.Sprintf("read as\n\t%s\nnot as\n\t%s", strings.Join(got, "\n\t"), strings.Join(want, "\n\t"))
	}
	return ""
}

// corpus reads the files of a text.
func corpus(t *testing.T, name string) []corpusFile {
	t.Helper()
	text, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	var files []corpusFile
	for part := range strings.SplitSeq("\n"+string(text), "\n== ") {
		head, body, _ := strings.Cut(part, "\n")
		file, reading, ok := strings.Cut("\n"+body, "\n--\n")
		if !ok {
			continue
		}
		fields := strings.Split(head+" | ", " | ")
		ends := strings.Fields(fields[2])
		if len(ends) == 0 {
			ends = []string{"crlf"}
		}
		for _, encoding := range strings.Fields(fields[1]) {
			for _, end := range ends {
				f := corpusFile{name: fields[0], text: strings.TrimPrefix(file, "\n"), encoding: encoding, end: end}
				for line := range strings.SplitSeq(strings.TrimSpace(reading), "\n") {
					line = strings.Replace(line, "!! ", "!!: ", 1)
					if line != "" && (line[0] == '=' || line[0] == '+') {
						f.answers = append(f.answers, line[2:])
					} else if line != "" {
						f.want = append(f.want, line)
					}
				}
				files = append(files, f)
			}
		}
	}
	return files
}

var corpusEncodings = map[string]encoding.Encoding{
	"utf8": encoding.Nop, "bom": unicode.UTF8BOM,
	"utf16le": unicode.UTF16(unicode.LittleEndian, unicode.UseBOM), "utf16be": unicode.UTF16(unicode.BigEndian, unicode.UseBOM),
	"w1252": charmap.Windows1252, "w1250": charmap.Windows1250,
}

// bytes are the file as somebody has it.
func (f corpusFile) bytes(t *testing.T) []byte {
	t.Helper()
	switch f.encoding {
	case "xlsx":
		return f.workbook(t)
	case "raw":
		text, err := strconv.Unquote(`"` + strings.ReplaceAll(f.text, `"`, `\"`) + `"`)
		if err != nil {
			t.Fatal(err)
		}
		return []byte(text)
	}
	text := strings.NewReplacer("⇥", "\t", "⍽", "\u00A0").Replace(f.text)
	if text != "" {
		text = strings.ReplaceAll(text+"\n", "\n", map[string]string{"crlf": "\r\n", "lf": "\n", "cr": "\r"}[f.end])
	}
	file, err := corpusEncodings[f.encoding].NewEncoder().Bytes([]byte(text))
	if err != nil {
		t.Fatal(err)
	}
	return file
}

// read reads a file as the panel does, with the answers that the corpus gives, and tells what it read.
func (f corpusFile) read(t *testing.T, kind sheet.Kind) []string {
	t.Helper()
	file := f.open(t)
	choices := Choices{CreateAll: true, Sheet: firstSheet(file, kind)}
	if sheet := f.sheet(); sheet != "" {
		choices.Sheet = sheet
	}
	if f.encoding == "w1250" {
		choices.Encoding = "Windows-1250"
	}
	survey, _, err := inspect(file, kind, choices)
	var invalid *problem.Invalid
	if errors.As(err, &invalid) {
		return []string{"!!: " + invalid.Fields["file"]}
	}
	if err != nil {
		t.Fatal(err)
	}
	choices.Columns = sheet.GuessColumns(survey.Header, kind, survey.Values)
	in := FileImport{Kind: kind, Survey: survey, Choices: choices}
	var told []string
	options, err := in.options(moment.At("2026-11-28 12:00:00"))
	if errors.As(err, &invalid) {
		for _, field := range slices.Sorted(maps.Keys(invalid.Fields)) {
			told = append(told, "? "+field)
		}
		if len(f.answers) == 0 {
			return told
		}
	}
	f.answer(t, &in)
	if options, err = in.options(options.Now); err != nil {
		t.Fatal(err)
	}
	if _, err := file.Seek(0, io.SeekStart); err != nil {
		t.Fatal(err)
	}
	text, _, err := textOf(file, choices)
	if err != nil {
		t.Fatal(err)
	}
	return append(told, tellPlan(t, in, options, text)...)
}

// open opens the file as it was uploaded.
func (f corpusFile) open(t *testing.T) *os.File {
	t.Helper()
	path := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(path, f.bytes(t), 0o600); err != nil {
		t.Fatal(err)
	}
	file, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { file.Close() })
	return file
}

// sheet is the one that the corpus chooses; empty: none.
func (f corpusFile) sheet() string {
	for _, answer := range f.answers {
		if name, ok := strings.CutPrefix(answer, "sheet "); ok {
			return name
		}
	}
	return ""
}

// answer gives the answers of the corpus.
func (f corpusFile) answer(t *testing.T, in *FileImport) {
	t.Helper()
	c := &in.Choices
	c.Dates, c.Numbers = map[sheet.Column]table.DateOrder{}, map[sheet.Column]table.NumberStyle{}
	for _, answer := range f.answers {
		field, value, _ := strings.Cut(answer, " ")
		kind, column, _ := strings.Cut(field, ".")
		i, err := strconv.Atoi(value)
		switch {
		case field == "sheet": // it is chosen already
		case field == "add_up":
			c.AddUp = true
		case field == "first_is_start":
			c.FirstIsStart = true
		case field == "create":
			c.Create = append(c.Create, value)
		case value == "-":
			delete(c.Columns, sheet.Column(field))
		case kind == "dates":
			c.Dates[sheet.Column(column)] = table.DateOrder(value)
		case kind == "numbers":
			c.Numbers[sheet.Column(column)] = table.NumberStyle(value)
		case err == nil:
			c.Columns[sheet.Column(field)] = i
		case field == "organization":
			c.Organization = value
		default:
			t.Fatalf("what is %q?", answer)
		}
	}
}

// tellPlan tells what an import would find: good rows, bad rows, what is said aloud, what is passed over.
func tellPlan(t *testing.T, in FileImport, o sheet.Options, file interface{ Read([]byte) (int, error) }) []string {
	t.Helper()
	p := &plan{
		kind: in.Kind, header: in.Survey.Header, choices: in.Choices, options: o, ownExport: sheet.IsOwnExport(in.Survey.Header),
		index: organizations.NewIndex(nil), known: newKnown(nil), progress: func(string, int) {},
	}
	if err := p.read(file); err != nil {
		t.Fatal(err)
	}
	good := map[int][]string{} // several of a line whose cells are months
	for _, g := range p.groups {
		told := p.tellLives(t, g)
		for _, c := range p.usageChanges(g, usageKnown{}) {
			text := fmt.Sprintf("%d %s | %s | %d", c.Line, g.organization.Name, string(c.Report.After.Month), c.Report.After.Seats)
			if in.Choices.Columns.Has(sheet.PlanColumn) {
				text += " | " + string(c.Report.After.Plan)
			}
			good[c.Line] = append(good[c.Line], text)
		}
		for _, row := range g.members {
			if len(row.Problems) == 0 {
				good[row.Line] = append(good[row.Line], tellCorpusMember(g.organization.Name, row))
			}
		}
		for line, text := range told {
			if len(good[line]) == 0 {
				good[line] = []string{fmt.Sprintf("%d %s", line, g.organization.Name)}
			}
			for i := range good[line] {
				good[line][i] += text
			}
		}
	}
	p.finish()
	var told []string
	for _, line := range slices.Sorted(maps.Keys(good)) {
		told = append(told, good[line]...)
	}
	return append(told, tellAsides(p, in)...)
}

// tellLives tells what the good rows of an organization say of its life, by their lines.
func (p *plan) tellLives(t *testing.T, g *group) map[int]string {
	t.Helper()
	if told, ok := p.tell(g); ok {
		nobody := lookups{nfr: func(context.Context) (organizations.NFRTimes, error) { return organizations.NFRTimes{}, nil }}
		if _, err := p.lifeChange(t.Context(), g, nobody, told, time.Time{}); err != nil {
			t.Fatal(err)
		}
	}
	texts := map[int]string{}
	for _, row := range g.lives.Rows {
		texts[row.Line] = tellCorpusLife(row.Life)
	}
	return texts
}

func tellCorpusLife(l *sheet.Life) (text string) {
	if l == nil {
		return ""
	}
	for _, m := range []struct {
		name string
		at   time.Time
	}{
		{"since", l.Since}, {"start", l.Start}, {"trial", l.TrialStart}, {"trial_ends", l.TrialEnds},
		{"managed_from", l.ManagedFrom}, {"managed_until", l.ManagedUntil},
	} {
		if !m.at.IsZero() {
			text += " | " + m.name + "=" + strings.TrimSuffix(m.at.Format("2006-01-02T15:04:05"), "T00:00:00")
		}
	}
	for _, value := range []string{string(l.Plan), string(l.License), string(l.Managed)} {
		if value != "" {
			text += " | " + value
		}
	}
	return text
}

func tellAsides(p *plan, in FileImport) []string {
	var told []string
	for _, bad := range p.findings.Problems {
		column := bad.Column
		if column == "" {
			column = "*"
		}
		told = append(told, fmt.Sprintf("! %d %s: %s", bad.Line, column, bad.Problem))
	}
	if p.findings.LeftOut > 0 {
		told = append(told, fmt.Sprintf("left %d", p.findings.LeftOut))
	}
	for _, total := range p.findings.Totals {
		wrong := map[bool]string{true: " wrong"}[total.Wrong]
		if total.Wrong && total.Month != "" {
			wrong += " " + string(total.Month)
		}
		told = append(told, fmt.Sprintf("total %d%s", total.Line, wrong))
	}
	told = append(told, tellCross(p, in)...)
	if in.Survey.Above > 0 {
		told = append(told, fmt.Sprintf("above %d", in.Survey.Above))
	}
	if in.Survey.Repeated > 0 {
		told = append(told, fmt.Sprintf("repeated %d", in.Survey.Repeated))
	}
	if in.Kind == sheet.Members && sheet.NotAStatus(in.Survey.Header, in.Survey.Values) != "" && !in.Choices.Columns.Has(sheet.StatusColumn) {
		told = append(told, "unmapped status")
	}
	for _, r := range p.findings.Readings {
		told = append(told, fmt.Sprintf("~ “%s” %s", r.Found, r.Read))
	}
	return told
}

// tellCross tells what is said of a table whose columns are months.
func tellCross(p *plan, in FileImport) []string {
	cross := in.Cross()
	if cross == nil {
		return nil
	}
	var told []string
	for _, m := range cross.Months {
		if heading := in.Survey.Header[m.At]; heading != string(m.Month) {
			told = append(told, fmt.Sprintf("month “%s” %s", heading, string(m.Month)))
		}
	}
	for _, i := range cross.LeftOut {
		told = append(told, "out "+in.Survey.Header[i])
	}
	if p.findings.Blank > 0 {
		told = append(told, fmt.Sprintf("blank %d", p.findings.Blank))
	}
	return told
}

func tellCorpusMember(organization string, m sheet.MemberRow) string {
	text := fmt.Sprintf("%d %s | %s | %s", m.Line, organization, m.Email, m.Status)
	for _, moment := range []struct {
		name string
		at   time.Time
	}{{"invited", m.InvitedAt}, {"joined", m.JoinedAt}, {"suspended", m.SuspendedAt}, {"deleted", m.DeletedAt}} {
		if !moment.at.IsZero() {
			text += " | " + moment.name + "=" + strings.TrimSuffix(moment.at.Format("2006-01-02T15:04:05"), "T00:00:00")
		}
	}
	return text
}
