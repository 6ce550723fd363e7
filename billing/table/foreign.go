package table

import (
	"bytes"
	"fmt"
	"strings"
	"unicode/utf8"
)

const howToSave = "Open it in a spreadsheet program, and save the sheet as CSV (UTF-8)."

// foreign are files that are no table of text, by what they begin with, and what to do about each.
var foreign = []struct{ begins, problem string }{
	{"PK\x03\x04", "This is a spreadsheet workbook of a kind that is not read, or another zip archive. " + workbookAdvice},
	{"PK\x05\x06", "This is an empty zip archive. Upload the table itself."},
	{"\xD0\xCF\x11\xE0", "This is a spreadsheet workbook of an old kind, or one with a password. " + workbookAdvice},
	{"\x1F\x8B", "This is a compressed file (gzip). Unpack it and upload the table inside."},
	{"BZh", "This is a compressed file (bzip2). Unpack it and upload the table inside."},
	{"\xFD7zXZ", "This is a compressed file (xz). Unpack it and upload the table inside."},
	{"7z\xBC\xAF", "This is a compressed archive (7-Zip). Unpack it and upload the table inside."},
	{"Rar!", "This is a compressed archive (RAR). Unpack it and upload the table inside."},
	{"\x28\xB5\x2F\xFD", "This is a compressed file (Zstandard). Unpack it and upload the table inside."},
	{"%PDF", "This is a PDF, from which no table can be read reliably. Export the list as CSV where the PDF came from."},
	{"\x89PNG", "This is a picture (PNG). Export the list as CSV where it came from."},
	{"\xFF\xD8\xFF", "This is a picture (JPEG). Export the list as CSV where it came from."},
	{"GIF8", "This is a picture (GIF). Export the list as CSV where it came from."},
	{"{\\rtf", "This is a text document (RTF). Copy its table into a spreadsheet and save that as CSV."},
	{"SQLite format 3", "This is a database. Export the table as CSV."},
	{"PAR1", "This is a Parquet file. Export the table as CSV."},
}

const workbookAdvice = "Open it in a spreadsheet program, and save the sheet as CSV (UTF-8)."

// foreignText are texts that are no table, by what they begin with in lower case.
var foreignText = []struct{ begins, problem string }{
	{"<!doctype", htmlProblem}, {"<html", htmlProblem}, {"<table", htmlProblem}, {"<head", htmlProblem}, {"<meta", htmlProblem},
	{"<?xml", "This is an XML file. " + howToSave},
	{"begin:vcard", "These are business cards (vCard). Export the list as CSV."},
}

const htmlProblem = "This is a web page (HTML), whatever its name says: perhaps a sign-in page, or a table saved as one. " + howToSave

// foreignProblem says why what begins so is no table; empty: it may be one.
func foreignProblem(head []byte) string {
	for _, f := range foreign {
		if bytes.HasPrefix(head, []byte(f.begins)) {
			return f.problem
		}
	}
	text := strings.ToLower(string(bytes.TrimSpace(bytes.TrimPrefix(head, []byte("\xEF\xBB\xBF")))))
	for _, f := range foreignText {
		if strings.HasPrefix(text, f.begins) {
			return f.problem
		}
	}
	if isJSON(text) {
		return "This is a JSON file. Save the list as CSV; scripts send JSON to the HTTP API (API on the Settings page)."
	}
	return ""
}

func isJSON(text string) bool {
	if text == "" {
		return false
	}
	rest := strings.TrimSpace(text[1:])
	switch text[0] {
	case '{':
		return strings.HasPrefix(rest, `"`) || strings.HasPrefix(rest, "}")
	case '[':
		return strings.HasPrefix(rest, "{") || strings.HasPrefix(rest, `["`) || rest == "]"
	}
	return false
}

// binaryProblem says whether decoded text is none: more than a tenth of it is control characters or cannot be read.
func binaryProblem(sample []byte) string {
	odd, all := 0, 0
	for len(sample) > 0 && utf8.FullRune(sample) {
		r, size := utf8.DecodeRune(sample)
		if all++; r == utf8.RuneError || r < ' ' && !strings.ContainsRune("\t\r\n\f", r) || r >= 0x7F && r < 0xA0 {
			odd++
		}
		sample = sample[size:]
	}
	if odd > 8 && odd > all/10 {
		return fmt.Sprintf("This is no text that can be read. %s", howToSave)
	}
	return ""
}
