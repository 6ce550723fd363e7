package docs_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// notSaid are the words of the glossary's last section that are not said, each with what is said instead.
func notSaid(t *testing.T) map[string]string {
	t.Helper()
	text, err := os.ReadFile("glossary.md")
	if err != nil {
		t.Fatal(err)
	}
	_, section, found := strings.Cut(string(text), "## Not said\n")
	instead := map[string]string{}
	for line := range strings.Lines(section) {
		cells := strings.Split(strings.Trim(strings.TrimSpace(line), "|"), "|")
		if len(cells) != 2 || strings.HasPrefix(cells[0], "---") || strings.TrimSpace(cells[1]) == "not" {
			continue
		}
		for word := range strings.SplitSeq(cells[1], ",") {
			instead[strings.TrimSpace(word)] = strings.TrimSpace(cells[0])
		}
	}
	if !found || len(instead) < 15 {
		t.Fatalf("the glossary forbids only %d words: its last section is not read", len(instead))
	}
	return instead
}

// said are the texts of a file that people may read: all of a component, and the sentences in a program. Words without a space are
// names: of fields, columns and other people's parameters.
func said(t *testing.T, path string, content []byte) []string {
	t.Helper()
	if !strings.HasSuffix(path, ".go") {
		return []string{string(content)}
	}
	syntax, err := parser.ParseFile(token.NewFileSet(), path, content, parser.SkipObjectResolution)
	if err != nil {
		t.Fatal(err)
	}
	var texts []string
	ast.Inspect(syntax, func(n ast.Node) bool {
		literal, is := n.(*ast.BasicLit)
		if !is || literal.Kind != token.STRING {
			return true
		}
		if text, err := strconv.Unquote(literal.Value); err == nil && strings.Contains(text, " ") {
			texts = append(texts, text)
		}
		return true
	})
	return texts
}

// read says whether people read what a file says: pages, what rooms and commands say of their work, and documents. The simulators
// speak ConnectWise's language, as does what is known of it, and what reads files has the words of other people.
func read(path string) bool {
	switch {
	case strings.HasSuffix(path, "_test.go"), strings.HasSuffix(path, "_templ.go"), path == "docs/glossary.md",
		path == "docs/connectwise.md", path == "CONTRIBUTING.md", path == "billing/sheet/columns.go", path == "billing/sheet/rows.go",
		strings.Contains(path, "sim/"), strings.Contains(path, "vendor/"):
		return false
	case strings.HasSuffix(path, ".templ"), strings.HasSuffix(path, ".md"):
		return true
	}
	rooms := []string{"billing/", "command/", "connectwise/", "handlers/", "nordpass/", "views/"}
	return strings.HasSuffix(path, ".go") && slices.ContainsFunc(rooms, func(room string) bool { return strings.HasPrefix(path, room) })
}

// TestGlossary holds that nothing that people read says what the glossary does not.
func TestGlossary(t *testing.T) {
	t.Parallel()
	instead := notSaid(t)
	var words []string
	for word := range instead {
		words = append(words, regexp.QuoteMeta(word))
	}
	slices.Sort(words)
	forbidden := regexp.MustCompile(`(?i)\b(` + strings.Join(words, "|") + `)\b`)
	root := os.DirFS("..")
	files := 0
	err := fs.WalkDir(root, ".", func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || !read(path) {
			return err
		}
		content, err := fs.ReadFile(root, path)
		if err != nil {
			return err
		}
		files++
		for _, text := range said(t, path, content) {
			for _, word := range forbidden.FindAllString(text, -1) {
				t.Errorf("%s says %q, the glossary says %s", path, word, instead[strings.ToLower(word)])
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if files < 200 {
		t.Errorf("only %d files were read", files)
	}
}
