package main

import (
	"bytes"
	"go/ast"
	"go/constant"
	"go/format"
	"go/token"
	"go/types"
	"slices"
	"strconv"
	"strings"

	"golang.org/x/tools/go/ast/astutil"
	"golang.org/x/tools/go/packages"
)

// mutant is one small fault that can be switched on in the instrumented package.
type mutant struct {
	number   int
	file     string
	line     int
	function string
	was, is  string
	reached  bool // by a test, where it makes a difference
}

// String names the mutant, whatever its line: so the list of those that may live outlasts edits elsewhere.
func (m mutant) String() string { return m.function + ": " + m.was + " => " + m.is }

// instrumenter puts switches into the functions of a package.
type instrumenter struct {
	*packages.Package
	mutants  []mutant
	function string
	// rewrites are what becomes of an expression once the expressions in it have been rewritten.
	rewrites map[ast.Node][]func(ast.Expr) ast.Expr
	removed  map[ast.Stmt]int // the mutant in which the statement is missing
	skipped  map[ast.Node]bool
}

// instrument answers a file of the package with its switches in it.
func (in *instrumenter) instrument(file *ast.File) ([]byte, error) {
	for _, d := range file.Decls {
		if f, ok := d.(*ast.FuncDecl); ok && f.Body != nil {
			in.function = functionName(in.PkgPath, f)
			ast.Inspect(f.Body, in.find)
		}
	}
	astutil.Apply(file, nil, in.rewrite)
	file.Comments = nil // they would be printed in the middle of what was rewritten
	var text bytes.Buffer
	err := format.Node(&text, in.Fset, file)
	return text.Bytes(), err
}

func functionName(room string, f *ast.FuncDecl) string {
	room = room[strings.Index(room, "/")+1:]
	if f.Recv == nil {
		return room + "." + f.Name.Name
	}
	return room + "." + strings.TrimPrefix(types.ExprString(f.Recv.List[0].Type), "*") + "." + f.Name.Name
}

// add numbers a mutant and says how the node's rewritten expression is to be switched to it.
func (in *instrumenter) add(n ast.Node, is string, rewrite func(number string, x ast.Expr) ast.Expr) {
	number := strconv.Itoa(in.record(n, is))
	in.rewrites[n] = append(in.rewrites[n], func(x ast.Expr) ast.Expr { return rewrite(number, x) })
}

func (in *instrumenter) record(n ast.Node, is string) int {
	at := in.Fset.Position(n.Pos())
	m := mutant{number: len(in.mutants) + 1, file: at.Filename, line: at.Line, function: in.function, was: in.text(n), is: is}
	in.mutants = append(in.mutants, m)
	return m.number
}

// text is the node's source on one line.
func (in *instrumenter) text(n ast.Node) string {
	var b bytes.Buffer
	if err := format.Node(&b, in.Fset, n); err != nil {
		return err.Error()
	}
	return strings.Join(strings.Fields(b.String()), " ")
}

// rewrite is astutil's visit after the children of a node.
func (in *instrumenter) rewrite(c *astutil.Cursor) bool {
	if s, ok := c.Node().(ast.Stmt); ok && in.removed[s] != 0 {
		present := &ast.UnaryExpr{Op: token.NOT, X: call("mutant", strconv.Itoa(in.removed[s]))}
		c.Replace(&ast.IfStmt{Cond: present, Body: &ast.BlockStmt{List: []ast.Stmt{s}}})
		return true
	}
	rewrites := in.rewrites[c.Node()]
	if len(rewrites) == 0 {
		return true
	}
	x := c.Node().(ast.Expr)
	for _, rewrite := range rewrites {
		x = &ast.ParenExpr{X: rewrite(x)}
	}
	c.Replace(x)
	return true
}

// call calls one of the functions of switch.txt, whose first argument is the mutant's number.
func call(function, number string, args ...ast.Expr) ast.Expr {
	return &ast.CallExpr{Fun: ast.NewIdent(function), Args: append([]ast.Expr{ast.NewIdent(number)}, args...)}
}

// isTrue is a function that answers a condition.
func isTrue(x ast.Expr) ast.Expr {
	answers := &ast.FieldList{List: []*ast.Field{{Type: ast.NewIdent("bool")}}}
	answer := &ast.ReturnStmt{Results: []ast.Expr{x}}
	return &ast.FuncLit{
		Type: &ast.FuncType{Params: &ast.FieldList{}, Results: answers},
		Body: &ast.BlockStmt{List: []ast.Stmt{answer}},
	}
}

func binary(x ast.Expr, op token.Token, y ast.Expr) ast.Expr {
	return &ast.BinaryExpr{X: x, Op: op, Y: y}
}

// find is the visit of a node before its children; it decides from the types, which rewriting loses.
func (in *instrumenter) find(n ast.Node) bool {
	if n == nil || in.skipped[n] {
		return false
	}
	switch n := n.(type) {
	case *ast.IfStmt:
		in.condition(n.Cond)
	case *ast.ForStmt:
		in.loop(n)
	case *ast.SwitchStmt:
		in.cases(n)
	case *ast.BlockStmt:
		in.statements(n.List)
	case *ast.CaseClause:
		in.statements(n.Body)
	case *ast.CommClause:
		in.statements(n.Body)
	case *ast.ReturnStmt:
		in.results(n)
	case *ast.GenDecl:
		return n.Tok == token.VAR
	case *ast.CompositeLit:
		in.keys(n)
	case *ast.CallExpr:
		return in.called(n)
	case ast.Expr:
		return in.expression(n)
	}
	return true
}

// expression finds what can go wrong in a value.
func (in *instrumenter) expression(x ast.Expr) bool {
	if in.isConstant(x) {
		in.number(x)
		return false
	}
	b, ok := x.(*ast.BinaryExpr)
	switch {
	case ok && in.isBool(x) && in.rewrites[x] == nil:
		in.condition(x)
	case ok:
		in.arithmetic(b)
	}
	return true
}

// loop finds what can go wrong in a loop's head. That it never ends is noticed anyway, slowly.
func (in *instrumenter) loop(n *ast.ForStmt) {
	in.skipped[n.Post] = true
	if n.Cond != nil {
		in.constant(n.Cond, "false")
		in.boundary(n.Cond)
		in.skipped[n.Cond] = true
	}
}

// cases finds what can go wrong in the conditions of a switch without a tag.
func (in *instrumenter) cases(n *ast.SwitchStmt) {
	for _, s := range n.Body.List {
		for _, x := range s.(*ast.CaseClause).List {
			if n.Tag == nil {
				in.condition(x)
			} else {
				in.skipped[x] = true
			}
		}
	}
}

func (in *instrumenter) results(n *ast.ReturnStmt) {
	for _, x := range n.Results {
		if in.isBool(x) {
			in.condition(x)
		}
	}
}

// keys passes over the keys of a composite literal: an array's must be constant.
func (in *instrumenter) keys(n *ast.CompositeLit) {
	for _, element := range n.Elts {
		if pair, ok := element.(*ast.KeyValueExpr); ok {
			in.skipped[pair.Key] = true
		}
	}
	if n.Type != nil {
		in.skipped[n.Type] = true
	}
}

// condition finds the mutants of a condition: each part of it true, or false, where that makes a difference of its own.
func (in *instrumenter) condition(x ast.Expr) {
	x = ast.Unparen(x)
	if in.isConstant(x) || !in.isBool(x) || in.rewrites[x] != nil {
		return
	}
	b, ok := x.(*ast.BinaryExpr)
	switch {
	case ok && b.Op == token.LAND:
		in.constant(x, "false")
		in.operands(b, "true")
	case ok && b.Op == token.LOR:
		in.constant(x, "true")
		in.operands(b, "false")
	default:
		in.constant(x, "true")
		in.constant(x, "false")
		in.boundary(x)
	}
}

// operands finds the mutants in which an operand of && or || is missing.
func (in *instrumenter) operands(b *ast.BinaryExpr, neutral string) {
	for _, x := range []ast.Expr{ast.Unparen(b.X), ast.Unparen(b.Y)} {
		inner, ok := x.(*ast.BinaryExpr)
		switch {
		case ok && inner.Op == b.Op:
			in.operands(inner, neutral)
			in.rewrites[x] = append(in.rewrites[x], func(x ast.Expr) ast.Expr { return x })
		case ok && (inner.Op == token.LAND || inner.Op == token.LOR):
			in.condition(x)
		case in.isBool(x):
			in.constant(x, neutral)
			in.boundary(x)
		}
	}
}

// constant finds the mutant in which the condition is always true, or always false.
func (in *instrumenter) constant(x ast.Expr, value string) {
	in.add(x, value, func(number string, x ast.Expr) ast.Expr {
		active, is := call("mutantOn", number), call("mutantUnless", number, ast.NewIdent(value), x)
		if value == "true" {
			return binary(active, token.LOR, is)
		}
		return binary(&ast.UnaryExpr{Op: token.NOT, X: active}, token.LAND, is)
	})
}

// boundary finds the mutant in which a comparison answers the other way where both sides are equal.
func (in *instrumenter) boundary(x ast.Expr) {
	if not, ok := x.(*ast.UnaryExpr); ok && not.Op == token.NOT {
		in.boundaryOf(x, ast.Unparen(not.X))
		return
	}
	in.boundaryOf(x, x)
}

func (in *instrumenter) boundaryOf(whole, x ast.Expr) {
	equal := in.equal(x)
	if equal == nil {
		return
	}
	in.add(whole, "the opposite where they are equal", func(number string, whole ast.Expr) ast.Expr {
		return binary(&ast.ParenExpr{X: whole}, token.NEQ, call("mutantWhere", number, isTrue(equal)))
	})
}

// equal says that the two sides of a comparison by order are equal; nil: it is no such comparison.
func (in *instrumenter) equal(x ast.Expr) ast.Expr {
	switch x := x.(type) {
	case *ast.BinaryExpr:
		if slices.Contains([]token.Token{token.LSS, token.LEQ, token.GTR, token.GEQ}, x.Op) {
			return binary(x.X, token.EQL, x.Y)
		}
	case *ast.CallExpr:
		f, ok := x.Fun.(*ast.SelectorExpr)
		orders := []string{"Before", "After", "LessThan", "LessThanOrEqual", "GreaterThan", "GreaterThanOrEqual"}
		if ok && in.isObject(f.X) && slices.Contains(orders, f.Sel.Name) {
			return &ast.CallExpr{Fun: &ast.SelectorExpr{X: f.X, Sel: ast.NewIdent("Equal")}, Args: x.Args}
		}
	}
	return nil
}

// called finds what can go wrong in a call; it answers whether to look at the arguments.
func (in *instrumenter) called(n *ast.CallExpr) bool {
	if in.logs(n) {
		return false
	}
	switch f := n.Fun.(type) {
	case *ast.Ident:
		_, builtin := in.TypesInfo.Uses[f].(*types.Builtin)
		if other := map[string]string{"min": "max", "max": "min"}[f.Name]; builtin && other != "" && !in.isConstant(n) {
			in.instead(n, &ast.CallExpr{Fun: ast.NewIdent(other), Args: n.Args})
		}
		return !builtin || f.Name != "make" && f.Name != "new"
	case *ast.SelectorExpr:
		other := map[string]string{"Add": "Sub", "Sub": "Add"}[f.Sel.Name]
		switch {
		case !in.isDecimal(f.X):
		case other != "":
			in.instead(n, &ast.CallExpr{Fun: &ast.SelectorExpr{X: f.X, Sel: ast.NewIdent(other)}, Args: n.Args})
		case f.Sel.Name == "Neg" || f.Sel.Name == "Abs":
			in.instead(n, f.X)
		}
	}
	return true
}

// instead finds the mutant in which another expression of the same type stands there.
func (in *instrumenter) instead(n, other ast.Expr) {
	in.add(n, in.text(other), func(number string, x ast.Expr) ast.Expr { return call("mutantPick", number, x, other) })
}

func (in *instrumenter) arithmetic(b *ast.BinaryExpr) {
	functions := map[token.Token]struct{ name, other string }{
		token.ADD: {"mutantAdd", "-"}, token.SUB: {"mutantSub", "+"}, token.MUL: {"mutantMul", "+"}, token.QUO: {"mutantQuo", "*"},
	}
	f, ok := functions[b.Op]
	if !ok || !in.isNumber(b) {
		return
	}
	in.add(b, in.text(b.X)+" "+f.other+" "+in.text(b.Y), func(number string, _ ast.Expr) ast.Expr { return call(f.name, number, b.X, b.Y) })
}

// number finds the mutant in which a constant number is larger by one, or a constant duration twice as long: a nanosecond
// makes no difference.
func (in *instrumenter) number(x ast.Expr) {
	if !in.isNumber(x) || in.TypesInfo.Types[x].Value.Kind() != constant.Int {
		return
	}
	of := in.TypesInfo.TypeOf(x)
	if of.String() == "time.Duration" {
		in.instead(x, binary(x, token.ADD, x))
		return
	}
	in.add(x, in.text(x)+" + 1", func(number string, x ast.Expr) ast.Expr {
		if basic, ok := of.(*types.Basic); ok {
			x = &ast.CallExpr{Fun: ast.NewIdent(basic.Name()), Args: []ast.Expr{x}}
		}
		return call("mutantMore", number, x)
	})
}

// statements finds the mutants in which a statement is missing.
func (in *instrumenter) statements(list []ast.Stmt) {
	for _, s := range list {
		if in.isRemovable(s) {
			in.removed[s] = in.record(s, "nothing")
		}
	}
}

func (in *instrumenter) isRemovable(s ast.Stmt) bool {
	switch s := s.(type) {
	case *ast.ExprStmt:
		c, ok := s.X.(*ast.CallExpr)
		return ok && types.ExprString(c.Fun) != "panic" && !in.logs(c)
	case *ast.AssignStmt:
		return s.Tok != token.DEFINE && !isBlank(s)
	case *ast.IncDecStmt, *ast.SendStmt:
		return true
	case *ast.BranchStmt:
		return s.Tok == token.BREAK || s.Tok == token.CONTINUE
	}
	return false
}

// logs tells a line of the log, on which nothing depends.
func (in *instrumenter) logs(c *ast.CallExpr) bool {
	f, ok := c.Fun.(*ast.SelectorExpr)
	return ok && in.typeName(f.X) == "*log/slog.Logger"
}

func isBlank(s *ast.AssignStmt) bool {
	for _, x := range s.Lhs {
		if name, ok := x.(*ast.Ident); !ok || name.Name != "_" {
			return false
		}
	}
	return true
}

func (in *instrumenter) isConstant(x ast.Expr) bool { return in.TypesInfo.Types[x].Value != nil }

// isBool tells a condition, whose type has no name of its own.
func (in *instrumenter) isBool(x ast.Expr) bool {
	basic, ok := in.TypesInfo.TypeOf(x).(*types.Basic)
	return ok && basic.Info()&types.IsBoolean != 0
}

// isNumber tells numbers whose type can be spelled, or inferred.
func (in *instrumenter) isNumber(x ast.Expr) bool {
	of := in.TypesInfo.TypeOf(x)
	if of == nil {
		return false
	}
	basic, ok := of.Underlying().(*types.Basic)
	numeric := ok && basic.Info()&(types.IsInteger|types.IsFloat) != 0 && basic.Info()&types.IsUntyped == 0
	return numeric && (of == basic || !isLiteral(x))
}

// isLiteral tells a constant without a type of its own, which gets one from where it stands.
func isLiteral(x ast.Expr) bool {
	_, ok := ast.Unparen(x).(*ast.BasicLit)
	return ok
}

func (in *instrumenter) isObject(x ast.Expr) bool {
	name := in.typeName(x)
	return name == "time.Time" || name == "github.com/shopspring/decimal.Decimal"
}

func (in *instrumenter) isDecimal(x ast.Expr) bool {
	return in.typeName(x) == "github.com/shopspring/decimal.Decimal"
}

func (in *instrumenter) typeName(x ast.Expr) string {
	if of := in.TypesInfo.TypeOf(x); of != nil {
		return of.String()
	}
	return ""
}
