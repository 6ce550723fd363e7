// Package docs_test holds what comments say of the documents beside it.
package docs_test

import (
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// citation is how a comment names a place: "docs/connectwise.md section 4", or "sections 1 and 3".
var citation = regexp.MustCompile(`docs/([a-z-]+\.md) sections? (\d+)(?: and (\d+))?`)

// TestCitedSectionsExist reads every hand-written file that can cite a document.
func TestCitedSectionsExist(t *testing.T) {
	t.Parallel()
	root := os.DirFS("..")
	documents := map[string]string{}
	err := fs.WalkDir(root, ".", func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || !cites(path) {
			return err
		}
		text, err := fs.ReadFile(root, path)
		if err != nil {
			return err
		}
		for _, found := range citation.FindAllStringSubmatch(joined(string(text)), -1) {
			for _, section := range found[2:] {
				if section != "" && !strings.Contains(document(t, documents, found[1]), "\n## "+section+". ") {
					t.Errorf("%s cites docs/%s section %s, which there is not", path, found[1], section)
				}
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if len(documents) < 3 {
		t.Errorf("only %d documents are cited: the citations are not recognised", len(documents))
	}
}

func cites(path string) bool {
	return strings.HasSuffix(path, ".go") && !strings.HasSuffix(path, "_templ.go") ||
		strings.HasSuffix(path, ".templ") || strings.HasSuffix(path, ".sql") || strings.HasSuffix(path, ".md")
}

// wrapped is a line break within a comment.
var wrapped = regexp.MustCompile(`\n\s*(//|--)?[ \t]*`)

// joined is the text without its line breaks, since a citation can go over two lines.
func joined(text string) string { return wrapped.ReplaceAllString(text, " ") }

// link is a link within the repository, without its anchor.
var link = regexp.MustCompile(`\]\(([^):#]+)(?:#[^)]*)?\)`)

func TestLinksLeadSomewhere(t *testing.T) {
	t.Parallel()
	for _, pattern := range []string{"*.md", "decisions/*.md", "../*.md"} {
		names, err := filepath.Glob(pattern)
		if err != nil || len(names) == 0 {
			t.Fatalf("no documents at %s: %v", pattern, err)
		}
		for _, name := range names {
			text, err := os.ReadFile(name)
			if err != nil {
				t.Fatal(err)
			}
			for _, found := range link.FindAllStringSubmatch(string(text), -1) {
				if _, err := os.Stat(filepath.Join(filepath.Dir(name), found[1])); err != nil {
					t.Errorf("%s links to nothing: %v", name, err)
				}
			}
		}
	}
}

// place is a package or file of the house that a text names.
var place = regexp.MustCompile("`((?:billing|command|connectwise|docs|handlers|nordpass|static|store|views)/[a-z0-9_/.-]+)`")

// TestNamedPlacesExist keeps the two texts that say where things are from naming what has moved.
func TestNamedPlacesExist(t *testing.T) {
	t.Parallel()
	invented := []string{"views/x.go", "views/x.templ", "handlers/x.go"} // a recipe's examples
	for _, name := range []string{"../CONTRIBUTING.md", "design.md"} {
		text, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		for _, found := range place.FindAllStringSubmatch(string(text), -1) {
			if _, err := os.Stat(filepath.Join("..", found[1])); err != nil && !slices.Contains(invented, found[1]) {
				t.Errorf("%s names %s, which there is not", name, found[1])
			}
		}
	}
}

// document reads a document once.
func document(t *testing.T, read map[string]string, name string) string {
	t.Helper()
	text, ok := read[name]
	if !ok {
		b, err := os.ReadFile(name)
		if err != nil {
			t.Errorf("reading a document that is cited: %v", err)
		}
		text = string(b)
		read[name] = text
	}
	return text
}
