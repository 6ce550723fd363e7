package seats

import (
	"strings"
	"time"
)

// Source says where a figure comes from.
type Source string

// The sources. SourceLedger is Seatbridge's own record of members, SourceStatement a person who said that the organization has
// none, SourceLicense a license or a deletion that makes the whole period free, whoever is a member, and SourceCorrection an
// admin with a reason; every other one is named by its usage report.
const (
	SourceLedger     Source = "ledger"
	SourceStatement  Source = "statement"
	SourceLicense    Source = "license"
	SourceProvider   Source = "provider" // the NordPass Provider API
	SourceAPI        Source = "api"      // a script, through the HTTP API
	SourceCSV        Source = "csv"      // an uploaded file
	SourceCorrection Source = "correction"
)

// Sources lists all sources.
func Sources() []Source {
	return []Source{SourceLedger, SourceStatement, SourceLicense, SourceProvider, SourceAPI, SourceCSV, SourceCorrection}
}

// Name is the source in words.
func (s Source) Name() string {
	switch s {
	case "":
		return "No source"
	case SourceLedger:
		return "Seat ledger"
	case SourceStatement:
		return "Statement"
	case SourceLicense:
		return "License"
	case SourceProvider:
		return "Provider API"
	case SourceAPI:
		return "HTTP API"
	case SourceCSV:
		return "Uploaded file"
	case SourceCorrection:
		return "Correction"
	}
	return string(s)
}

// Speaker is the source as the subject of a sentence.
func (s Source) Speaker() string {
	switch s {
	case SourceLedger, SourceStatement, SourceLicense:
		return "Seatbridge itself"
	case SourceCorrection:
		return "A correction"
	case SourceCSV:
		return "The uploaded file"
	}
	return "The " + s.Name()
}

// Within is the source as a subject within a sentence.
func (s Source) Within() string {
	if s.own() {
		return s.Speaker()
	}
	return strings.ToLower(s.Speaker()[:1]) + s.Speaker()[1:]
}

// own says whether a source is Seatbridge's own record, which has one place in the order of the sources.
func (s Source) own() bool { return s == SourceLedger || s == SourceStatement || s == SourceLicense }

// A Quantity is a number of billable seats that some source stands for. Only counting makes one, so that seats without a
// source cannot be billed: its zero value is unknown, which is not zero seats (docs/billing-rules.md section 2, "When there is
// no figure").
type Quantity struct {
	seats  int
	source Source
	since  time.Time
}

// known is the quantity that a source stands for since a moment.
func known(seats int, source Source, since time.Time) Quantity {
	return Quantity{seats: seats, source: source, since: since}
}

// Seats are the billable seats, never negative; without ok nobody knows them and the number says nothing.
func (q Quantity) Seats() (seats int, ok bool) { return q.seats, q.Known() }

// Known says whether there is a figure.
func (q Quantity) Known() bool { return q.source != "" }

// Source is who stands for the seats; empty: nobody, there is no figure.
func (q Quantity) Source() Source { return q.source }

// Since is when the source began to speak, in UTC: the first recorded member, the arrival of the report, the statement or the
// correction, the creation or deletion that a license is read by.
func (q Quantity) Since() time.Time { return q.since }
