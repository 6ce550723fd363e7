package views

import (
	"maps"
	"slices"
	"time"
)

// namesKept is how many names a long list shows.
const namesKept = 100

// CompanyImportPage chooses which companies to import. Fields: type, status (both
// repeated).
type CompanyImportPage struct {
	Next       string // the page to which it leads in the end; empty: the usual ones
	Types      []Option
	Statuses   []Option
	LastImport time.Time
	Imported   int // companies imported so far
	Problems   Problems
	Notice     *Notice
	Progress   *CompanyImportProgress // an import that runs or has just ended
}

// CompanyImportProgress is the state of an import.
type CompanyImportProgress struct {
	State      string // running, done, cancelled or failed
	Step       string // what it is doing, a phrase
	Done       int    // companies
	Total      int    // 0: not known yet
	PerSecond  float64
	Started    time.Time
	Companies  int // results
	Agreements int
	New        int
	Renamed    int
	Gone       int
	NewNames   []string // the first of each, none after a first import
	Renames    []string
	GoneNames  []string
	MappedGone []string // of GoneNames, those that are mapped and therefore kept
	Deleted    int      // left out, in ConnectWise's recycle bin
	Vendors    int      // left out
	Untyped    int      // left out: they have no type
	Errors     []string
	Notice     *Notice // why it failed
}

// CompanyImportSize is what an import of the present choice would read.
type CompanyImportSize struct {
	Known     bool // something is chosen, and ConnectWise has answered
	Companies int
	Deleted   int // left out, in ConnectWise's recycle bin
	Vendors   int // left out
	Untyped   int // left out: they have no type
}

// leftOut says what an import passes over, by reason, and what to do about it, or nothing.
func leftOut(deleted, vendors, untyped int) string {
	var parts []string
	if deleted > 0 {
		parts = append(parts, number(deleted)+" deleted")
	}
	if vendors > 0 {
		parts = append(parts, count(vendors, "vendor", "vendors"))
	}
	if untyped > 0 {
		parts = append(parts, number(untyped)+" without any type")
	}
	if len(parts) == 0 {
		return ""
	}
	text := enumerate(parts) + " left out."
	if untyped > 0 {
		text += " Choose “No type” to import them, too."
	}
	return text
}

// namesOf is a list's title with its number.
func namesOf(title string, n int) string { return title + " (" + number(n) + ")" }

// sortedIDs puts the keys of counts in order.
func sortedIDs(counts map[int]int) []int { return slices.Sorted(maps.Keys(counts)) }

func importTitle(state string) string {
	switch state {
	case "running":
		return "Importing companies"
	case "done":
		return "Import finished"
	case "cancelled":
		return "Import cancelled"
	}
	return "Import failed"
}

func importProgressText(p *CompanyImportProgress) string {
	text := capital(p.Step)
	if p.Total > 0 {
		text = number(p.Done) + " of " + number(p.Total) + " · " + text
	}
	if p.PerSecond > 0 {
		text += " · " + rate(p.PerSecond)
	}
	return text
}
