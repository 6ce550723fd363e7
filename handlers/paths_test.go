package handlers

import (
	"go/ast"
	"go/parser"
	"go/token"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"seatbridge/views"
)

// TestAddressesHaveRoutes holds views/paths.go and the route table together: every address leads to a route, and every
// route has an address.
func TestAddressesHaveRoutes(t *testing.T) {
	t.Parallel()
	s := newPanel(t).server
	reached := map[string]bool{}
	for name, path := range addresses(t) {
		routes := routesTo(s, path)
		if len(routes) == 0 {
			t.Errorf("views.%s is %s, which has no route", name, path)
		}
		for _, pattern := range append(routes, routesTo(s, views.ChangesCSVPath(path))...) {
			reached[pattern] = true
		}
	}
	pageless := []string{"GET /healthz", "GET /static/", "GET /favicon.ico"}
	for _, rt := range s.routes() {
		if !reached[rt.pattern] && !slices.Contains(pageless, rt.pattern) {
			t.Errorf("%s has no address in views/paths.go", rt.pattern)
		}
	}
}

// routesTo are the patterns that an address matches.
func routesTo(s *server, address string) (patterns []string) {
	path, _, _ := strings.Cut(address, "#")
	for _, method := range []string{http.MethodGet, http.MethodPost} {
		if _, pattern := s.mux.Handler(httptest.NewRequest(method, path, nil)); pattern != "" {
			patterns = append(patterns, pattern)
		}
	}
	return patterns
}

// addresses are the exported addresses of views/paths.go by name, with "1" for whatever a function is given, and an
// address for a page.
func addresses(t *testing.T) map[string]string {
	t.Helper()
	file, err := parser.ParseFile(token.NewFileSet(), "../views/paths.go", nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	all := map[string]string{"page": views.HeldPath}
	for _, declared := range file.Decls {
		switch d := declared.(type) {
		case *ast.GenDecl:
			for _, spec := range d.Specs {
				if value, ok := spec.(*ast.ValueSpec); ok {
					all[value.Names[0].Name] = text(all, value.Values[0])
				}
			}
		case *ast.FuncDecl:
			if returned, ok := d.Body.List[0].(*ast.ReturnStmt); ok {
				all[d.Name.Name] = text(all, returned.Results[0])
			}
		}
	}
	for name := range all {
		if !ast.IsExported(name) {
			delete(all, name)
		}
	}
	return all
}

// text evaluates what paths.go is made of: literals, names, sums and calls.
func text(known map[string]string, e ast.Expr) string {
	switch e := e.(type) {
	case *ast.BasicLit:
		literal, _ := strconv.Unquote(e.Value)
		return literal
	case *ast.BinaryExpr:
		return text(known, e.X) + text(known, e.Y)
	case *ast.CallExpr:
		return text(known, e.Fun)
	case *ast.Ident:
		if value, ok := known[e.Name]; ok {
			return value
		}
	}
	return "1"
}

// TestAddressesAreWrittenOnce finds literal addresses outside views/paths.go and the route table.
func TestAddressesAreWrittenOnce(t *testing.T) {
	t.Parallel()
	allowed := []string{"../views/paths.go", "routes.go"}
	literal := regexp.MustCompile("[\"`'](/[a-z][^\"`']*)[\"`']")
	var files []string
	for _, pattern := range []string{"*.go", "web/*.go", "../views/*.go", "../views/*.templ", "../static/*.js"} {
		found, err := filepath.Glob(pattern)
		if err != nil {
			t.Fatal(err)
		}
		files = append(files, found...)
	}
	for _, name := range files {
		if strings.HasSuffix(name, "_test.go") || strings.HasSuffix(name, "_templ.go") || slices.Contains(allowed, name) {
			continue
		}
		source, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		for _, found := range literal.FindAllStringSubmatch(string(source), -1) {
			t.Errorf("%s says %s; addresses are written in views/paths.go alone", name, found[1])
		}
	}
}
