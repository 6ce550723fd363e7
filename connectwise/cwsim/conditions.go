package cwsim

import (
	"fmt"
	"strings"
	"time"

	"github.com/shopspring/decimal"
)

// kind is the type of a field, as conditions and writes see it.
type kind int

const (
	kindText kind = iota
	kindNumber
	kindInteger
	kindBool
	kindDate
	kindReference
	kindList
	kindMap
)

func (k kind) String() string {
	return [...]string{"string", "numeric", "numeric", "boolean", "datetime", "reference", "collection", "map"}[k]
}

// schema answers which kind the field at a path has.
type schema func(path []string) (kind, bool)

// lookup answers the value of the field at a path: nil, string, bool, int, decimal.Decimal or time.Time.
type lookup func(path []string) any

// condition is a parsed filter (docs/connectwise.md section 2).
type condition interface {
	holds(get lookup) bool
}

type (
	everything struct{}
	both       struct{ left, right condition }
	either     struct{ left, right condition }
	negation   struct{ inner condition }
	comparison struct {
		path      []string
		operator  string
		values    []any // one, or those of in
		patterns  []*pattern
		missesDay bool
	}
)

func (everything) holds(lookup) bool     { return true }
func (c both) holds(get lookup) bool     { return c.left.holds(get) && c.right.holds(get) }
func (c either) holds(get lookup) bool   { return c.left.holds(get) || c.right.holds(get) }
func (c negation) holds(get lookup) bool { return !c.inner.holds(get) }

// holds compares as a database does: an absent value satisfies nothing but a comparison with null.
func (c *comparison) holds(get lookup) bool {
	value := get(c.path)
	if c.values[0] == nil {
		return (value == nil) == (c.operator == "=")
	}
	if value == nil {
		return false
	}
	switch c.operator {
	case "!=":
		return !c.equals(value)
	case "=", "in", "like", "contains":
		return c.equals(value)
	}
	order := compare(value, c.values[0])
	switch c.operator {
	case "<":
		return order < 0
	case "<=":
		return order <= 0
	case ">":
		return order > 0
	default:
		return order > 0 || order == 0 && !c.missesDay
	}
}

func (c *comparison) equals(value any) bool {
	for i, wanted := range c.values {
		if c.patterns[i] != nil {
			if text, ok := value.(string); ok && c.patterns[i].matches(text) {
				return true
			}
			continue
		}
		if compare(value, wanted) == 0 {
			return true
		}
	}
	return false
}

// compare orders two values of one kind; nil comes first.
func compare(a, b any) int {
	switch a := a.(type) {
	case nil:
		if b == nil {
			return 0
		}
		return -1
	case string:
		if b, ok := b.(string); ok {
			return strings.Compare(strings.ToLower(a), strings.ToLower(b))
		}
	case bool:
		if b, ok := b.(bool); ok {
			return truth(a) - truth(b)
		}
	case time.Time:
		if b, ok := b.(time.Time); ok {
			return a.Compare(b)
		}
	case int:
		if b, ok := number(b); ok {
			return decimal.NewFromInt(int64(a)).Compare(b)
		}
	case decimal.Decimal:
		if b, ok := number(b); ok {
			return a.Compare(b)
		}
	}
	return 1
}

func truth(b bool) int {
	if b {
		return 1
	}
	return 0
}

func number(v any) (decimal.Decimal, bool) {
	switch v := v.(type) {
	case int:
		return decimal.NewFromInt(int64(v)), true
	case decimal.Decimal:
		return v, true
	}
	return decimal.Decimal{}, false
}

// rules limits the grammar for one use of it.
type rules struct {
	schema    schema
	noIn      bool // childConditions and customFieldConditions
	missesDay bool // Assumptions.DayAfterMissed
}

// parseConditions reads a filter and checks it against the fields. The empty filter is true for everything.
func parseConditions(text string, r rules) (condition, error) {
	tokens, err := tokenize(text)
	if err != nil {
		return nil, err
	}
	p := &parser{tokens: tokens, rules: r}
	if p.peek().what == tokenEnd {
		return everything{}, nil
	}
	c, err := p.either()
	if err != nil {
		return nil, err
	}
	if t := p.peek(); t.what != tokenEnd {
		return nil, fmt.Errorf("unexpected '%s' in conditions", t.text)
	}
	return c, nil
}

type parser struct {
	tokens []token
	rules  rules
	depth  int
}

// maxDepth bounds nesting, so that no filter can exhaust the stack.
const maxDepth = 64

func (p *parser) peek() token { return p.tokens[0] }

func (p *parser) next() token {
	t := p.tokens[0]
	if t.what != tokenEnd {
		p.tokens = p.tokens[1:]
	}
	return t
}

// accept consumes the word or symbol if it comes next.
func (p *parser) accept(word string) bool {
	t := p.peek()
	if (t.what == tokenWord || t.what == tokenSymbol) && strings.EqualFold(t.text, word) {
		p.next()
		return true
	}
	return false
}

func (p *parser) either() (condition, error) {
	left, err := p.both()
	for err == nil && p.accept("or") {
		var right condition
		right, err = p.both()
		left = either{left, right}
	}
	return left, err
}

func (p *parser) both() (condition, error) {
	left, err := p.single()
	for err == nil && p.accept("and") {
		var right condition
		right, err = p.single()
		left = both{left, right}
	}
	return left, err
}

func (p *parser) single() (condition, error) {
	if p.depth++; p.depth > maxDepth {
		return nil, fmt.Errorf("the conditions are nested too deeply")
	}
	defer func() { p.depth-- }()
	switch {
	case p.accept("not"):
		inner, err := p.single()
		return negation{inner}, err
	case p.accept("("):
		inner, err := p.either()
		if err == nil && !p.accept(")") {
			err = fmt.Errorf("expected ')' but found '%s'", p.peek().text)
		}
		return inner, err
	}
	return p.comparison()
}

func (p *parser) comparison() (condition, error) {
	t := p.next()
	if t.what != tokenWord {
		return nil, fmt.Errorf("expected a field name but found '%s'", t.text)
	}
	path := strings.Split(t.text, "/")
	k, known := p.rules.schema(path)
	if !known {
		return nil, fmt.Errorf("'%s' is not a valid field for conditions", t.text)
	}
	negated := p.accept("not")
	operator, err := p.operator(negated)
	if err != nil {
		return nil, err
	}
	c := &comparison{path: path, operator: operator}
	c.missesDay = p.rules.missesDay && k == kindDate
	if err := p.values(c, k, t.text); err != nil {
		return nil, err
	}
	if negated {
		return negation{c}, nil
	}
	return c, nil
}

func (p *parser) operator(wordOnly bool) (string, error) {
	t := p.next()
	operator := strings.ToLower(t.text)
	switch operator {
	case "contains", "like":
		return operator, nil
	case "in":
		if p.rules.noIn {
			return "", fmt.Errorf("the operator 'in' is not supported here")
		}
		return operator, nil
	case "=", "!=", "<", "<=", ">", ">=":
		if t.what == tokenSymbol && !wordOnly {
			return operator, nil
		}
	}
	return "", fmt.Errorf("expected an operator but found '%s'", t.text)
}

func (p *parser) values(c *comparison, k kind, field string) error {
	if (c.operator == "like" || c.operator == "contains") && k != kindText {
		return fmt.Errorf("the operator '%s' needs a string field, '%s' is %s", c.operator, field, k)
	}
	if c.operator != "in" {
		return p.value(c, k, field)
	}
	if !p.accept("(") {
		return fmt.Errorf("expected '(' after in but found '%s'", p.peek().text)
	}
	for {
		if err := p.value(c, k, field); err != nil {
			return err
		}
		if p.accept(")") {
			return nil
		}
		if !p.accept(",") {
			return fmt.Errorf("expected ',' or ')' but found '%s'", p.peek().text)
		}
	}
}

// value reads one value, checks it against the field's kind and the operator, and adds it to the comparison.
func (p *parser) value(c *comparison, k kind, field string) error {
	t := p.next()
	value, given, err := t.value()
	if err != nil {
		return err
	}
	if value == nil {
		if c.operator != "=" && c.operator != "!=" {
			return fmt.Errorf("a null value can only be compared with = or != (field '%s')", field)
		}
	} else if given != k && !(given == kindNumber && k == kindInteger) {
		return fmt.Errorf("expected a %s value, not a %s value for field '%s'", k, given, field)
	}
	c.values = append(c.values, value)
	c.patterns = append(c.patterns, c.pattern(value))
	return nil
}

func (c *comparison) pattern(value any) *pattern {
	text, ok := value.(string)
	if !ok {
		return nil
	}
	switch c.operator {
	case "contains":
		return newPattern("*"+text+"*", false)
	case "like":
		return newPattern(text, true)
	case "=", "!=", "in":
		if strings.ContainsAny(text, "*[") {
			return newPattern(text, false)
		}
	}
	return nil
}

// tokens

type tokenKind int

const (
	tokenEnd tokenKind = iota
	tokenWord
	tokenSymbol
	tokenString
	tokenNumber
	tokenDate
)

type token struct {
	what tokenKind
	text string
}

// value turns a token into a value and its kind. True, False and null are words.
func (t token) value() (any, kind, error) {
	switch t.what {
	case tokenString:
		return t.text, kindText, nil
	case tokenNumber:
		d, err := decimal.NewFromString(t.text)
		if err != nil {
			return nil, 0, fmt.Errorf("'%s' is not a number", t.text)
		}
		return d, kindNumber, nil
	case tokenDate:
		for _, layout := range []string{time.RFC3339, "2006-01-02T15:04:05", time.DateOnly} {
			if d, err := time.Parse(layout, t.text); err == nil {
				return d.UTC(), kindDate, nil
			}
		}
		return nil, 0, fmt.Errorf("'[%s]' is not a datetime", t.text)
	case tokenWord:
		switch strings.ToLower(t.text) {
		case "true":
			return true, kindBool, nil
		case "false":
			return false, kindBool, nil
		case "null":
			return nil, 0, nil
		}
	}
	return nil, 0, fmt.Errorf("expected a value but found '%s'", t.text)
}

func tokenize(text string) ([]token, error) {
	var tokens []token
	for i := 0; i < len(text); {
		t, width, err := nextToken(text[i:])
		if err != nil {
			return nil, err
		}
		if width > 0 && t.what != tokenEnd {
			tokens = append(tokens, t)
		}
		i += width
	}
	return append(tokens, token{what: tokenEnd, text: "end of conditions"}), nil
}

// nextToken reads one token, or the space before it, and says how many bytes that took.
func nextToken(text string) (token, int, error) {
	c := text[0]
	switch {
	case strings.IndexByte(" \t\r\n", c) >= 0:
		return token{}, 1, nil
	case c == '"' || c == '\'':
		return quoted(text)
	case c == '[':
		end := strings.IndexByte(text, ']')
		if end < 0 {
			return token{}, 0, fmt.Errorf("a datetime has no closing ']'")
		}
		return token{tokenDate, text[1:end]}, end + 1, nil
	case strings.HasPrefix(text, "!=") || strings.HasPrefix(text, "<=") || strings.HasPrefix(text, ">="):
		return token{tokenSymbol, text[:2]}, 2, nil
	case strings.IndexByte("=<>(),", c) >= 0:
		return token{tokenSymbol, text[:1]}, 1, nil
	case c == '-' || isDigit(c):
		return numeric(text)
	case isWord(c):
		n := 1
		for n < len(text) && (isWord(text[n]) || isDigit(text[n]) || text[n] == '/') {
			n++
		}
		return token{tokenWord, text[:n]}, n, nil
	}
	return token{}, 0, fmt.Errorf("unexpected character %q in conditions", c)
}

func isDigit(c byte) bool { return c >= '0' && c <= '9' }

func isWord(c byte) bool { return c|0x20 >= 'a' && c|0x20 <= 'z' || c == '_' }

// numeric reads digits with one optional point; exponents do not exist in this grammar.
func numeric(text string) (token, int, error) {
	n := 1
	for n < len(text) && (isDigit(text[n]) || text[n] == '.') {
		n++
	}
	if n > 30 {
		return token{}, 0, fmt.Errorf("a number is too long")
	}
	return token{tokenNumber, text[:n]}, n, nil
}

// quoted reads a string; a backslash takes the next character as it is.
func quoted(text string) (token, int, error) {
	var b strings.Builder
	for i := 1; i < len(text); i++ {
		switch {
		case text[i] == '\\' && i+1 < len(text):
			i++
			b.WriteByte(text[i])
		case text[i] == text[0]:
			return token{tokenString, b.String()}, i + 1, nil
		default:
			b.WriteByte(text[i])
		}
	}
	return token{}, 0, fmt.Errorf("a string has no closing quote")
}

// patterns

// pattern matches text without regard to case: runs of anything, one of anything, classes in brackets, literals.
type pattern struct {
	parts []part
}

type part struct {
	any    bool   // a run of any characters
	single bool   // one character, whichever
	class  string // one of these characters
	char   rune   // this character
}

// newPattern reads * as a run, [abc] as a class (so that [[] is a literal bracket) and, with like, also % and _.
func newPattern(text string, like bool) *pattern {
	p := &pattern{}
	runes := []rune(strings.ToLower(text))
	for i := 0; i < len(runes); i++ {
		switch c := runes[i]; {
		case c == '*' || like && c == '%':
			p.parts = append(p.parts, part{any: true})
		case like && c == '_':
			p.parts = append(p.parts, part{single: true})
		case c == '[':
			end := classEnd(runes, i)
			p.parts = append(p.parts, part{char: -1, class: string(runes[i+1 : end])})
			i = end
		default:
			p.parts = append(p.parts, part{char: c})
		}
	}
	return p
}

// classEnd finds the bracket that closes a class. A class that is never closed runs to the end and matches no more than one character.
func classEnd(runes []rune, start int) int {
	for i := start + 1; i < len(runes); i++ {
		if runes[i] == ']' && i > start+1 {
			return i
		}
	}
	return len(runes)
}

func (p part) fits(r rune) bool {
	return p.single || !p.any && p.char == r || strings.ContainsRune(p.class, r)
}

// matches runs in time proportional to text times parts: it remembers only the last run.
func (p *pattern) matches(text string) bool {
	runes := []rune(strings.ToLower(text))
	at, i, runAt, runText := 0, 0, -1, 0
	for i < len(runes) {
		switch {
		case at < len(p.parts) && p.parts[at].any:
			runAt, runText = at, i
			at++
		case at < len(p.parts) && p.parts[at].fits(runes[i]):
			at++
			i++
		case runAt >= 0:
			runText++
			at, i = runAt+1, runText
		default:
			return false
		}
	}
	for at < len(p.parts) && p.parts[at].any {
		at++
	}
	return at == len(p.parts)
}
