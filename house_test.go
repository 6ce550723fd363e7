package main

import (
	"bytes"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// house is everything in the project that is written by hand, tests aside.
type house struct {
	files     []file
	functions []function
}

// file is a file written by hand; only Go's has syntax.
type file struct {
	path   string
	lines  int
	syntax *ast.File
}

// function is a function or a method declared in a room, the package's path in the project.
type function struct {
	room string
	decl *ast.FuncDecl
	size int // in lines
}

// readHouse reads the project from the working directory of its root's tests.
func readHouse(t *testing.T) house {
	t.Helper()
	var h house
	err := fs.WalkDir(os.DirFS("."), ".", func(name string, entry fs.DirEntry, err error) error {
		if err == nil && entry.IsDir() && isForeign(entry.Name()) {
			return fs.SkipDir
		}
		if err != nil || entry.IsDir() || !isHandWritten(name) {
			return err
		}
		return h.add(name)
	})
	if err != nil {
		t.Fatal(err)
	}
	return h
}

// isForeign tells the directories of other people's code, of data and of tools.
func isForeign(dir string) bool {
	return dir != "." && strings.HasPrefix(dir, ".") || slices.Contains([]string{"vendor", "testdata", "node_modules", "data"}, dir)
}

func isHandWritten(name string) bool {
	generated, test := strings.HasSuffix(name, "_templ.go"), strings.HasSuffix(name, "_test.go") || strings.HasSuffix(name, ".test.js")
	return !generated && !test && slices.Contains([]string{".go", ".templ", ".css", ".js", ".sql"}, path.Ext(name))
}

func (h *house) add(name string) error {
	text, err := os.ReadFile(filepath.FromSlash(name))
	if err != nil {
		return err
	}
	f := file{path: name, lines: bytes.Count(text, []byte("\n"))}
	if path.Ext(name) == ".go" {
		fset := token.NewFileSet()
		if f.syntax, err = parser.ParseFile(fset, name, text, parser.SkipObjectResolution); err != nil {
			return err
		}
		h.addFunctions(f, fset)
	}
	h.files = append(h.files, f)
	return nil
}

func (h *house) addFunctions(f file, fset *token.FileSet) {
	for _, d := range f.syntax.Decls {
		if decl, ok := d.(*ast.FuncDecl); ok {
			size := fset.Position(decl.End()).Line - fset.Position(decl.Pos()).Line + 1
			h.functions = append(h.functions, function{f.room(), decl, size})
		}
	}
}

// room is the path of the file's package in the project.
func (f file) room() string { return path.Dir(f.path) }

// receiver is the type whose method the function is, or nothing.
func (f function) receiver() string {
	if f.decl.Recv == nil {
		return ""
	}
	of := f.decl.Recv.List[0].Type
	if pointer, ok := of.(*ast.StarExpr); ok {
		of = pointer.X
	}
	if generic, ok := of.(*ast.IndexExpr); ok {
		of = generic.X
	}
	return of.(*ast.Ident).Name
}

// name is the function's with its room and receiver.
func (f function) name() string {
	name := f.decl.Name.Name
	if of := f.receiver(); of != "" {
		name = of + "." + name
	}
	if f.room == "." { // the root
		return name
	}
	return f.room + "." + name
}

func (f function) lines() int      { return f.size }
func (f function) parameters() int { return f.decl.Type.Params.NumFields() }
func (f function) results() int    { return f.decl.Type.Results.NumFields() }

// measure is one measure of every function.
func (h house) measure(of func(function) int) map[string]int {
	found := map[string]int{}
	for _, f := range h.functions {
		found[f.name()] = max(found[f.name()], of(f))
	}
	return found
}

// methods counts the methods of every type.
func (h house) methods() map[string]int {
	found := map[string]int{}
	for _, f := range h.functions {
		if of := f.receiver(); of != "" {
			found[f.room+"."+of]++
		}
	}
	return found
}

// fileLines counts the lines of every file.
func (h house) fileLines() map[string]int {
	found := map[string]int{}
	for _, f := range h.files {
		found[f.path] = f.lines
	}
	return found
}

// packageLines counts the lines of Go of a package and of those beneath it, each by itself.
func (h house) packageLines(root string) map[string]int {
	found := map[string]int{}
	for _, f := range h.files {
		if f.syntax != nil && (f.room() == root || strings.HasPrefix(f.room(), root+"/")) {
			found[f.room()] += f.lines
		}
	}
	return found
}

// selected lists what is selected from a name in the syntax: B for a.B when the name is a.
func selected(in ast.Node, from string) []string {
	var found []string
	ast.Inspect(in, func(n ast.Node) bool {
		if s, ok := n.(*ast.SelectorExpr); ok {
			if x, ok := s.X.(*ast.Ident); ok && x.Name == from {
				found = append(found, s.Sel.Name)
			}
		}
		return true
	})
	return found
}
