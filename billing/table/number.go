package table

import (
	"fmt"
	"strconv"
	"strings"

	"golang.org/x/text/width"
)

// NumberStyle is how a column writes numbers: what its points and commas mean.
type NumberStyle string

// The styles. The last two are findings only: the admin has to choose one of the others.
const (
	PlainNumbers     NumberStyle = "" // digits, or groups that read one way only, such as 1 000
	DecimalPoint     NumberStyle = "decimal-point"
	DecimalComma     NumberStyle = "decimal-comma"
	AmbiguousNumbers NumberStyle = "ambiguous" // each 1,000 or 1.000 of the column could be a thousand or one
	MixedNumbers     NumberStyle = "mixed"     // some numbers can only be the one, some only the other
)

// numberEvidence is what the numbers of a column say of their style.
type numberEvidence struct{ point, comma, eitherComma, eitherPoint bool }

func (e *numberEvidence) weigh(cell string) {
	if !strings.ContainsAny(cell, ".,") {
		return
	}
	text, grouped := ungrouped(narrow(cell))
	if !isMarked(text) {
		return
	}
	i := strings.IndexAny(text, ".,")
	whole, mark, rest := text[:i], text[i:i+1], text[i+1:]
	switch {
	case strings.ContainsAny(rest, ".,"):
		if decimal := decimalOf(text); inGroups(strings.Split(wholeOf(text, decimal), other(decimal)), false) {
			e.add(decimal)
		}
	case len(rest) != 3 || len(whole) > 3 || whole == "" || whole[0] == '0' || grouped:
		e.add(mark)
	case mark == ",":
		e.eitherComma = true
	default:
		e.eitherPoint = true
	}
}

// add notes which sign stands before the fraction.
func (e *numberEvidence) add(mark string) {
	e.point, e.comma = e.point || mark == ".", e.comma || mark == ","
}

// style concludes. Where the numbers alone do not tell, the delimiter may: programs that part cells by commas write a
// point before the fraction, and those that part them by semicolons a comma, so that a group of three after the other
// sign is thousands.
func (e numberEvidence) style(delimiter byte) NumberStyle {
	switch {
	case e.point && e.comma:
		return MixedNumbers
	case e.point:
		return DecimalPoint
	case e.comma:
		return DecimalComma
	case e.eitherComma && e.eitherPoint:
		return MixedNumbers
	case e.eitherComma && delimiter == ',':
		return DecimalPoint
	case e.eitherPoint && delimiter == ';':
		return DecimalComma
	case e.eitherComma || e.eitherPoint:
		return AmbiguousNumbers
	}
	return PlainNumbers
}

// isMarked says whether a text is digits with points and commas.
func isMarked(text string) bool {
	return strings.ContainsAny(text, ".,") && IsDigits(strings.NewReplacer(".", "", ",", "").Replace(text))
}

// decimalOf is the sign before the fraction of a number with several signs: the last one, or where it groups, the other.
func decimalOf(text string) string {
	i := strings.LastIndexAny(text, ".,")
	mark := text[i : i+1]
	if strings.Count(text, mark) > 1 {
		return other(mark)
	}
	return mark
}

func wholeOf(text, decimal string) string {
	whole, _, _ := strings.Cut(text, decimal)
	return whole
}

func other(mark string) string {
	if mark == "." {
		return ","
	}
	return "."
}

// narrow is the text in letters and digits of the usual width, without the apostrophe by which spreadsheets are told
// to keep a number as it is typed.
func narrow(cell string) string {
	cell = width.Narrow.String(cell)
	if len(cell) > 1 && cell[0] == '\'' && cell[1] >= '0' && cell[1] <= '9' {
		return cell[1:]
	}
	return cell
}

// ungrouped takes out spaces and apostrophes between groups of three digits, which read one way only.
func ungrouped(text string) (string, bool) {
	for _, separator := range []string{" ", "'", "’", "_"} {
		groups := strings.Split(text, separator)
		if len(groups) > 1 && inGroups(groups, true) {
			return strings.Join(groups, ""), true
		}
	}
	return text, false
}

// inGroups says whether parts of a number are groups of thousands. The last may have a fraction.
func inGroups(groups []string, fraction bool) bool {
	for i, g := range groups {
		if i == len(groups)-1 && fraction {
			g, _, _ = strings.Cut(strings.Replace(g, ",", ".", 1), ".")
		}
		if !IsDigits(g) || len(g) > 3 || i > 0 && len(g) < 3 {
			return false
		}
	}
	return true
}

// ParseCount reads a whole number that is not negative: 1000, 1 000, 1'000 and 14.0, and 1,000 or 1.000 as the style of the
// column says. plain says that it was written in digits alone. A problem is a sentence.
func ParseCount(cell string, style NumberStyle) (n int, plain bool, problem string) {
	if n, err := strconv.Atoi(cell); err == nil && IsDigits(cell) {
		return n, true, ""
	}
	text, _ := ungrouped(narrow(cell))
	if IsDigits(text) {
		n, err := strconv.Atoi(text)
		if err != nil {
			return 0, false, fmt.Sprintf("%s is too large a number.", Excerpt(cell))
		}
		return n, false, ""
	}
	if problem = notACount(cell, text); problem != "" {
		return 0, false, problem
	}
	point, problem := decimalMark(cell, style)
	if problem != "" {
		return 0, false, problem
	}
	whole, fraction, _ := strings.Cut(text, point)
	groups := strings.Split(whole, other(point))
	switch {
	case strings.ContainsAny(fraction, ".,"), len(groups) > 1 && !inGroups(groups, false):
		return 0, false, fmt.Sprintf("%s does not fit the other numbers of this column, in which %s stands before the fraction.",
			Excerpt(cell), markName(point))
	case strings.Trim(fraction, "0") != "":
		return 0, false, fmt.Sprintf("%s is not a whole number.", Excerpt(cell))
	}
	n, err := strconv.Atoi(strings.Join(groups, ""))
	if err != nil {
		return 0, false, fmt.Sprintf("%s is not a whole number in digits.", Excerpt(cell))
	}
	return n, false, ""
}

func notACount(cell, text string) string {
	digits := strings.TrimLeft(text, "-−–")
	switch {
	case strings.HasPrefix(text, "="):
		return fmt.Sprintf("%s is a formula whose result is not in the file: open the file in a spreadsheet program and save it again.",
			Excerpt(cell))
	case isMarked(text):
		return ""
	case digits != text && (IsDigits(digits) || isMarked(digits)):
		return fmt.Sprintf("%s is negative: it is counted from 0.", Excerpt(cell))
	case isScientific(text):
		return fmt.Sprintf("%s is a number that a spreadsheet shortened: format the column as a number without decimals "+
			"and save the file again.", Excerpt(cell))
	}
	return fmt.Sprintf("%s is not a whole number in digits: write it like 1000, without words and signs.", Excerpt(cell))
}

func isScientific(text string) bool {
	mantissa, exponent, ok := strings.Cut(strings.ToUpper(text), "E")
	return ok && IsDigits(strings.NewReplacer(".", "", ",", "").Replace(mantissa)) && IsDigits(strings.TrimLeft(exponent, "+-"))
}

func decimalMark(cell string, style NumberStyle) (mark, problem string) {
	switch style {
	case DecimalPoint:
		return ".", ""
	case DecimalComma:
		return ",", ""
	}
	return "", fmt.Sprintf("%s could be read in two ways: choose what points and commas mean in this column.", Excerpt(cell))
}

func markName(mark string) string {
	if mark == "." {
		return "a point"
	}
	return "a comma"
}
