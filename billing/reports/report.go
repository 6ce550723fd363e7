package reports

import (
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"seatbridge/nordpass"
	"seatbridge/store"
)

// Report is a usage report as it was understood.
type Report struct {
	State   store.FetchState
	Problem store.Problem
	Rows    []Row
	Missing []store.Organization // managed and not NFR in the month, and not in the report: unknown, not zero
	Sample  string               // one record as it was sent
	Answer  []byte               // all that was sent
	Late    bool                 // the Provider API did not answer in time
}

// Seats is the billable seats of all rows that can be used.
func (r Report) Seats() int {
	sum := 0
	for _, row := range r.Rows {
		if row.Problem == "" {
			sum += row.Billable()
		}
	}
	return sum
}

// Complete says that the report has a figure of every organization that it should have.
func (r Report) Complete() bool {
	unreadable := func(row Row) bool { return row.Problem != "" }
	return r.State.Known() && len(r.Missing) == 0 && !slices.ContainsFunc(r.Rows, unreadable)
}

// recordsText is what was understood, as fetches keep it.
func (r Report) recordsText() ([]byte, error) {
	records := make([]Record, len(r.Rows))
	for i, row := range r.Rows {
		records[i] = row.Record
	}
	text, err := json.Marshal(records)
	if err != nil {
		return nil, fmt.Errorf("encoding records: %w", err)
	}
	return text, nil
}

// usageReports are the figures to keep: of the rows that can be used and belong to an organization.
func (r Report) usageReports(m store.Month, now time.Time) []store.UsageReport {
	if !r.State.Known() {
		return nil
	}
	var reports []store.UsageReport
	for _, row := range r.Rows {
		if row.Problem == "" && row.OrganizationID != 0 {
			reports = append(reports, row.usageReport(m, now))
		}
	}
	return reports
}

// understand reads an answer and says what they report.
func understand(a nordpass.Answer, c Config, there []store.Ledger, m store.Month) Report {
	r := Report{Answer: a.Raw}
	var records []Record
	good, zero := 0, true
	for _, sent := range a.Records {
		record := readRecord(sent, c)
		records = append(records, record)
		if record.Problem == "" {
			good++
			zero = zero && record.Billable() == 0
		}
	}
	if len(a.Records) > 0 {
		r.Sample = a.Records[0].String()
	}
	r.Rows, r.Missing = matchRecords(records, there, m)
	absent := absentField(a.Records, c)
	switch {
	case !absent.Zero():
		r.State, r.Problem = store.FetchFailed, absent
	case len(records) == 0:
		r.State = store.FetchEmpty
		r.Problem = store.Problem{
			What: "The report lists no organization.",
			Do:   "Nothing is known, which is not zero: check the path of the list, and that the month's report exists.",
		}
	case good == 0:
		r.State = store.FetchFailed
		r.Problem = store.Problem{
			What: "No record of the report could be read.", Do: "Check the names of the fields against the record shown.",
			Detail: records[0].Problem,
		}
	case zero:
		r.State = store.FetchZero
	default:
		r.State = store.FetchReported
	}
	return r
}
