package main

import (
	"context"
	_ "embed"
	"encoding/json"
	"errors"
	"fmt"
	"go/ast"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	"golang.org/x/tools/go/packages"
)

//go:embed switch.txt
var switches string

// build compiles the tests of a package with all mutants in it.
func build(ctx context.Context, pattern, files, dir string) (*testBinary, []mutant, error) {
	p, err := load(ctx, pattern)
	if err != nil {
		return nil, nil, err
	}
	home := filepath.Dir(p.CompiledGoFiles[0])
	texts := map[string][]byte{
		filepath.Join(home, "mutants_switches.go"): []byte(strings.Replace(switches, "PACKAGE", p.Name, 1)),
	}
	in := instrumenter{
		Package: p, rewrites: map[ast.Node][]func(ast.Expr) ast.Expr{}, removed: map[ast.Stmt]int{}, skipped: map[ast.Node]bool{},
	}
	for i, file := range p.CompiledGoFiles {
		if !isChosen(p.Syntax[i], file, files) {
			continue
		}
		if texts[file], err = in.instrument(p.Syntax[i]); err != nil {
			return nil, nil, err
		}
	}
	b := &testBinary{path: filepath.Join(dir, "tests"), home: home, scratch: dir}
	return b, in.mutants, b.compile(ctx, p.PkgPath, texts)
}

func load(ctx context.Context, pattern string) (*packages.Package, error) {
	read := packages.NeedName | packages.NeedCompiledGoFiles | packages.NeedSyntax
	check := packages.NeedImports | packages.NeedTypes | packages.NeedTypesInfo
	loaded, err := packages.Load(&packages.Config{Context: ctx, Mode: read | check}, pattern)
	if err != nil {
		return nil, err
	}
	if len(loaded) != 1 {
		return nil, fmt.Errorf("%d packages, not one", len(loaded))
	}
	for _, problem := range loaded[0].Errors {
		err = errors.Join(err, problem)
	}
	return loaded[0], err
}

// isChosen tells the files that people wrote and that the pattern names.
func isChosen(syntax *ast.File, file, pattern string) bool {
	matches, err := filepath.Match(pattern, filepath.Base(file))
	return !ast.IsGenerated(syntax) && (pattern == "" || matches && err == nil)
}

// compile lays the texts over the files of the package.
func (b *testBinary) compile(ctx context.Context, pkg string, texts map[string][]byte) error {
	replaced := map[string]string{}
	for file, text := range texts {
		replaced[file] = filepath.Join(b.scratch, filepath.Base(file))
		if err := os.WriteFile(replaced[file], text, 0o600); err != nil {
			return err
		}
	}
	overlay := filepath.Join(b.scratch, "overlay.json")
	text, err := json.Marshal(map[string]any{"Replace": replaced})
	if err != nil {
		return err
	}
	if err := os.WriteFile(overlay, text, 0o600); err != nil {
		return err
	}
	out, err := exec.CommandContext(ctx, "go", "test", "-c", "-vet=off", "-overlay", overlay, "-o", b.path, pkg).CombinedOutput()
	if err != nil {
		return fmt.Errorf("compiling the tests: %w\n%s", err, out)
	}
	return nil
}
