package months

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"

	"seatbridge/billing/canonical"
	"seatbridge/store"
)

// Finding is something wrong with a statement, or with the chain of statements at that place.
type Finding struct {
	Number   int
	Month    store.Month // empty: the statement is missing
	Sentence string
}

// head is what a statement says of itself.
type head struct {
	Version      int
	Installation string
	Number       int
	Previous     string
	Month        store.Month
}

var errNoStatement = errors.New("it is no statement")

// headOf reads the head of a statement, and checks on the way that the whole of it is in canonical form.
func headOf(kept store.Statement) (head, error) {
	members, err := canonical.Read([]byte(kept.Body))
	if err != nil {
		return head{}, err
	}
	var h head
	for name, into := range map[string]any{
		"version": &h.Version, "installation": &h.Installation, "number": &h.Number, "previous": &h.Previous, "month": &h.Month,
	} {
		if err := json.Unmarshal(members[name], into); err != nil {
			return head{}, errNoStatement
		}
	}
	if _, err := store.ParseMonth(string(h.Month)); err != nil {
		return head{}, errNoStatement
	}
	return h, nil
}

// Verify recomputes what proves the statements of an installation, given in the order of their numbers: the hash and the form of
// each, that each contains the hash of the one before, and that none is missing. Nothing found: they are what they were.
func Verify(statements []store.Statement) []Finding {
	var findings []Finding
	number, hash, installation := 0, "", ""
	for i, s := range statements {
		for number+1 < s.Number {
			number++
			findings = append(findings, Finding{number, "", fmt.Sprintf("Statement No. %d is missing.", number)})
		}
		h, sentences := check(s)
		switch {
		case s.Number <= number:
			sentences = append(sentences, fmt.Sprintf("There is more than one statement No. %d.", s.Number))
		case s.Previous != hash && !(i == 0 && s.Number > 1): // of a missing one nobody knows the hash
			sentences = append(sentences, chainSentence(s, hash))
		}
		if installation != "" && h.Installation != "" && h.Installation != installation {
			sentences = append(sentences, "It is the statement of another installation.")
		}
		for _, sentence := range sentences {
			findings = append(findings, Finding{s.Number, s.Month, fmt.Sprintf("%s: %s", titleOf(s), sentence)})
		}
		number, hash = s.Number, s.SHA256
		installation = cmp.Or(installation, h.Installation)
	}
	return findings
}

func titleOf(s store.Statement) string {
	return fmt.Sprintf("Statement No. %d of %s", s.Number, s.Month)
}

func chainSentence(s store.Statement, before string) string {
	if before == "" {
		return "The chain is broken: as the first it has none before it, and it contains the hash of one."
	}
	return fmt.Sprintf("The chain is broken: it contains the hash %s, that of the statement before is %s.", short(s.Previous), short(before))
}

// check is what is wrong with one statement by itself.
func check(s store.Statement) (h head, sentences []string) {
	if hash := hashOf([]byte(s.Body)); hash != s.SHA256 {
		sentences = append(sentences, fmt.Sprintf("Its text was changed: its SHA-256 is %s, %s was kept.", short(hash), short(s.SHA256)))
	}
	h, err := headOf(s)
	switch {
	case errors.Is(err, canonical.ErrCut):
		return h, append(sentences, "Its text is cut off.")
	case errors.Is(err, errNoStatement):
		return h, append(sentences, "Its text is no statement.")
	case err != nil:
		return h, append(sentences, fmt.Sprintf("Its text is not in canonical form (%s).", err))
	}
	if h.Number != s.Number || h.Month != s.Month || h.Previous != s.Previous {
		sentences = append(sentences, "Its text is that of another statement, or its number, month or chain was changed.")
	}
	return h, sentences
}

// short is as much of a hash as people compare.
func short(hash string) string {
	if hash == "" {
		return "(none)"
	}
	if len(hash) <= 12 {
		return hash
	}
	return hash[:12] + "…"
}

// FileState is what a statement's file turned out to be.
type FileState string

// What a statement's file may be.
const (
	FileWhole     FileState = "whole"     // byte for byte what was kept when the month was closed
	FileRewritten FileState = "rewritten" // says the same in other bytes, as programs write that open and save it
	FileCut       FileState = "cut"
	FileForged    FileState = "forged"  // says something else than what was kept
	FileForeign   FileState = "foreign" // of another installation
	FileUnknown   FileState = "unknown" // no statement, or none that was kept here
	FileBroken    FileState = "broken"  // the statements here are not what they were, so that they prove nothing about it
)

// FileFinding is what a statement's file is, in a sentence.
type FileFinding struct {
	State    FileState
	Month    store.Month // that it is the statement of; empty: it is none
	Sentence string
}

func fileIs(state FileState, m store.Month, format string, args ...any) FileFinding {
	return FileFinding{state, m, fmt.Sprintf(format, args...)}
}

// VerifyFile compares the file of a statement, as it was downloaded, with the statements that are kept.
func VerifyFile(data []byte, kept []store.Statement) FileFinding {
	file := store.Statement{Body: string(data), SHA256: hashOf(data)}
	h, err := headOf(file)
	if err != nil {
		return verifyRewritten(file, err, kept)
	}
	return verifyWhole(file, h, kept)
}

// verifyWhole is about a file that is a statement in canonical form.
func verifyWhole(file store.Statement, h head, kept []store.Statement) FileFinding {
	i := slices.IndexFunc(kept, func(s store.Statement) bool { return s.SHA256 == file.SHA256 })
	if i < 0 {
		return verifyOther(file, h, kept)
	}
	title := titleOf(kept[i])
	if findings := Verify(kept[:i+1]); len(findings) > 0 {
		return fileIs(FileBroken, h.Month, "%s: the file has the hash that was kept, but the statements here are not whole. %s",
			title, findings[0].Sentence)
	}
	return fileIs(FileWhole, h.Month, "%s is whole and unchanged, and so are those before it. SHA-256 %s.", title, file.SHA256)
}

// verifyOther is about a statement that is not among those that are kept.
func verifyOther(file store.Statement, h head, kept []store.Statement) FileFinding {
	if len(kept) == 0 {
		return fileIs(FileUnknown, h.Month, "No month is closed here: there is no statement to compare the file with.")
	}
	if own, err := headOf(kept[0]); err == nil && own.Installation != h.Installation {
		return fileIs(FileForeign, h.Month, "The file is statement No. %d of %s of another installation.", h.Number, h.Month)
	}
	i := slices.IndexFunc(kept, func(s store.Statement) bool { return s.Month == h.Month })
	if i < 0 {
		return fileIs(FileForged, h.Month, "The file says that it is the statement of %s, but that month is not closed here.", h.Month)
	}
	if i+1 < len(kept) && kept[i+1].Previous == file.SHA256 {
		return fileIs(FileBroken, h.Month, "The file is the statement of %s as the one after it, No. %d, has it. What is kept here was "+
			"changed: %s", h.Month, kept[i+1].Number, differs(kept[i].Body, file.Body))
	}
	return fileIs(FileForged, h.Month, "The file was changed, or is not the statement that was kept of %s: %s", h.Month,
		differs(file.Body, kept[i].Body))
}

// verifyRewritten is about a file that is not in canonical form.
func verifyRewritten(file store.Statement, form error, kept []store.Statement) FileFinding {
	tree, err := canonical.Tree([]byte(file.Body))
	switch {
	case errors.Is(form, errNoStatement):
		return fileIs(FileUnknown, "", "The file is no statement of Seatbridge.")
	case len(file.Body) == 0:
		return fileIs(FileCut, "", "The file is empty.")
	case errors.Is(form, canonical.ErrCut), errors.Is(err, io.ErrUnexpectedEOF):
		return fileIs(FileCut, "", "The file is cut off: it ends in the middle. Download it again.")
	case err != nil:
		return fileIs(FileUnknown, "", "The file is no statement of Seatbridge: it cannot be read as JSON.")
	}
	body, err := canonical.Text(tree)
	if err != nil {
		return fileIs(FileUnknown, "", "The file is no statement of Seatbridge.")
	}
	anew := store.Statement{Body: string(body), SHA256: hashOf(body)}
	h, err := headOf(anew)
	if err != nil {
		return fileIs(FileUnknown, "", "The file is no statement of Seatbridge.")
	}
	if found := verifyWhole(anew, h, kept); found.State != FileWhole {
		return found
	}
	return fileIs(FileRewritten, h.Month, "The file says what the statement of %s says, but not byte for byte: a program wrote it "+
		"anew (%s), so that its SHA-256 is another one. Download it again.", h.Month, form)
}

// differs says where two statements first say something else.
func differs(body, kept string) string {
	a, errA := canonical.Tree([]byte(body))
	b, errB := canonical.Tree([]byte(kept))
	if errA != nil || errB != nil {
		return "one of the two cannot be read."
	}
	return cmp.Or(difference("", a, b), "they are not written alike.")
}

// absent is a value that is not there, which is not null.
type absent struct{}

// difference is the first place at which two trees say something else, in a sentence; empty: there is none.
func difference(at string, a, b any) string {
	if a, isObject := a.(map[string]any); isObject {
		if b, isObject := b.(map[string]any); isObject {
			return differentMember(at, a, b)
		}
	}
	if a, isList := a.([]any); isList {
		if b, isList := b.([]any); isList {
			return differentElement(at, a, b)
		}
	}
	if inWords(a) == inWords(b) {
		return ""
	}
	return fmt.Sprintf("%s is %s, not %s.", at, inWords(a), inWords(b))
}

func differentMember(at string, a, b map[string]any) string {
	all := maps.Clone(a)
	maps.Copy(all, b)
	for _, key := range slices.Sorted(maps.Keys(all)) {
		if sentence := difference(within(at, strings.ReplaceAll(key, "_", " ")), member(a, key), member(b, key)); sentence != "" {
			return sentence
		}
	}
	return ""
}

func member(of map[string]any, key string) any {
	if value, has := of[key]; has {
		return value
	}
	return absent{}
}

func differentElement(at string, a, b []any) string {
	if len(a) != len(b) {
		return fmt.Sprintf("%s are %d, not %d.", at, len(a), len(b))
	}
	for i := range a {
		if sentence := difference(within(at, elementName(i, b[i])), a[i], b[i]); sentence != "" {
			return sentence
		}
	}
	return ""
}

// elementName names an element of a list by its organization and plan, where it has them.
func elementName(i int, element any) string {
	if object, is := element.(map[string]any); is {
		if name, is := object["organization"].(string); is {
			return fmt.Sprintf("“%s”, %v", name, object["plan"])
		}
	}
	return fmt.Sprint(i + 1)
}

func within(at, name string) string {
	if at == "" {
		return name
	}
	return at + ", " + name
}

func inWords(value any) string {
	switch v := value.(type) {
	case nil:
		return "unknown"
	case absent:
		return "missing"
	case string:
		return "“" + v + "”"
	case map[string]any, []any:
		return "of several parts"
	}
	return fmt.Sprint(value)
}
