package billing

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"

	"seatbridge/store"
)

// maxReported is the largest licence count that is believed.
const maxReported = 1_000_000

// ProviderRecord is one organization of a usage report.
type ProviderRecord struct {
	ID      string     `json:"id"`
	Name    string     `json:"name"`
	Seats   int        `json:"seats"` // consumed licences, as reported
	Plan    store.Plan `json:"plan"`
	Trial   bool       `json:"trial"`
	NFR     bool       `json:"nfr"`
	Problem string     `json:"problem,omitempty"` // why there is no figure; empty: there is one
}

// Billable is the seats to bill: none in a trial, none for NFR (docs/billing-rules.md section 1).
func (r ProviderRecord) Billable() int {
	if r.Trial || r.NFR {
		return 0
	}
	return r.Seats
}

// Note says why Billable is not what was reported.
func (r ProviderRecord) Note() string {
	switch {
	case r.NFR:
		return fmt.Sprintf("Reported as NFR, which is free, with %d licences.", r.Seats)
	case r.Trial:
		return fmt.Sprintf("Reported as a trial, which is free, with %d licences.", r.Seats)
	}
	return ""
}

// organization is a new organization like the reported one.
func (r ProviderRecord) organization(now time.Time) store.Organization {
	o := store.Organization{Name: r.Name, ExternalID: r.ID, Plan: r.Plan, License: store.Standard, Managed: true, CreatedAt: now}
	if o.Plan == "" {
		o.Plan = store.Business
	}
	switch {
	case r.NFR:
		o.License = store.NFR
	case r.Trial:
		o.License, o.TrialEndsAt = store.Trial, TrialEnd(now)
	}
	return o
}

// ProviderRow is a record with the organization that it belongs to.
type ProviderRow struct {
	ProviderRecord
	OrganizationID int64 // 0: none
	Organization   string
	Matched        string // how it was found; without an organization, why it was not
}

func (r ProviderRow) usageReport(m store.Month, now time.Time) store.UsageReport {
	return store.UsageReport{
		OrganizationID: r.OrganizationID, Month: m, Seats: r.Billable(), Plan: r.Plan,
		Source: string(SourceProvider), Note: r.Note(), ReportedAt: now,
	}
}

// understand reads an answer's pages and says what they report.
func understand(a providerAnswer, c ProviderConfig, organizations []store.OrganizationRow, m store.Month) ProviderReport {
	r := ProviderReport{Answer: a.raw()}
	var records []ProviderRecord
	good, zero := 0, true
	for _, page := range a {
		for _, item := range page.items {
			record := readRecord(item, c)
			records = append(records, record)
			if record.Problem == "" {
				good++
				zero = zero && record.Billable() == 0
			}
			if r.Sample == "" {
				r.Sample = indented(item)
			}
		}
	}
	r.Rows, r.Missing = matchRecords(records, organizations, m)
	switch {
	case len(records) == 0:
		r.State = store.FetchEmpty
		r.Problem = store.Problem{What: "The report lists no organization.", Do: "Nothing is known, which is not zero: check the path of the list, and that the month's report exists."}
	case good == 0:
		r.State = store.FetchFailed
		r.Problem = store.Problem{What: "No record of the report could be read.", Do: "Check the names of the fields against the record shown.", Detail: records[0].Problem}
	case zero:
		r.State = store.FetchZero
	default:
		r.State = store.FetchReported
	}
	return r
}

// indented is a record as people can read it.
func indented(item any) string {
	text, err := json.MarshalIndent(item, "", "  ")
	if err != nil {
		return ""
	}
	return string(text)
}

// readRecord takes one record apart. What is missing or not understood becomes its problem: a number is never guessed.
func readRecord(item any, c ProviderConfig) ProviderRecord {
	r := ProviderRecord{ID: textAt(item, c.ID), Name: textAt(item, c.Name)}
	var problem string
	note := func(p string) {
		if problem == "" {
			problem = p
		}
	}
	if r.ID == "" && r.Name == "" {
		note("It has neither an id nor a name.")
	}
	var ok bool
	if r.Seats, ok = wholeNumber(valueAt(item, c.Seats)); !ok {
		note(fmt.Sprintf("Field %q is not a whole number of licences.", c.Seats))
	}
	if r.Plan = planNamed(textAt(item, c.Plan), c); r.Plan == "" {
		note(fmt.Sprintf("Field %q says %q, which is the name of neither plan.", c.Plan, shortened(textAt(item, c.Plan))))
	}
	if r.Trial, ok = flagAt(item, c.Trial); !ok {
		note(fmt.Sprintf("Field %q is neither true nor false.", c.Trial))
	}
	if r.NFR, ok = flagAt(item, c.NFR); !ok {
		note(fmt.Sprintf("Field %q is neither true nor false.", c.NFR))
	}
	r.Problem = problem
	return r
}

// valueAt follows a path of names parted by dots, numbers being places in a list; nil: there is nothing. The empty path is
// the value itself.
func valueAt(v any, path string) any {
	if path == "" {
		return v
	}
	for name := range strings.SplitSeq(path, ".") {
		switch in := v.(type) {
		case map[string]any:
			v = in[name]
		case []any:
			i, err := strconv.Atoi(name)
			if err != nil || i < 0 || i >= len(in) {
				return nil
			}
			v = in[i]
		default:
			return nil
		}
	}
	return v
}

// textAt is a text or number as text, empty where there is none or no path.
func textAt(item any, path string) string {
	if path == "" {
		return ""
	}
	switch v := valueAt(item, path).(type) {
	case string:
		return strings.Join(strings.Fields(strings.ToValidUTF8(v, "")), " ")
	case json.Number:
		return v.String()
	}
	return ""
}

// wholeNumber reads 12, 12.0 or "12"; anything else, also what is negative or absurdly large, is no licence count.
func wholeNumber(v any) (int, bool) {
	text, ok := v.(string)
	if n, isNumber := v.(json.Number); isNumber {
		text, ok = n.String(), true
	}
	if !ok {
		return 0, false
	}
	f, err := strconv.ParseFloat(strings.TrimSpace(text), 64)
	if err != nil || f != math.Trunc(f) || f < 0 || f > maxReported || math.Signbit(f) {
		return 0, false
	}
	return int(f), true
}

// planNamed is the plan that the operator gave a value to; empty: none.
func planNamed(value string, c ProviderConfig) store.Plan {
	for plan, names := range map[store.Plan]string{store.Business: c.Business, store.Enterprise: c.Enterprise} {
		for name := range strings.SplitSeq(names, ",") {
			if name = strings.TrimSpace(name); name != "" && strings.EqualFold(name, value) {
				return plan
			}
		}
	}
	return ""
}

// flagAt reads a flag; without a path or a value it is not set.
func flagAt(item any, path string) (set, ok bool) {
	if path == "" {
		return false, true
	}
	switch v := valueAt(item, path).(type) {
	case nil:
		return false, true
	case bool:
		return v, true
	case string:
		set, err := strconv.ParseBool(strings.ToLower(v))
		return set, err == nil
	case json.Number:
		return v == "1", v == "1" || v == "0"
	}
	return false, false
}

func shortened(s string) string {
	if runes := []rune(s); len(runes) > 60 {
		return string(runes[:60]) + "…"
	}
	return s
}

// matchRecords finds each record's organization among those that existed in the month: by external id, otherwise by name
// (as Fold compares names) where the organization has no other external id. Two records of one organization are both
// refused, because which one counts is not known. missing are the organizations that should be there and are not.
func matchRecords(records []ProviderRecord, organizations []store.OrganizationRow, m store.Month) (rows []ProviderRow, missing []store.Organization) {
	x := indexOrganizations(organizations, m)
	rows = make([]ProviderRow, len(records))
	claims := map[int64]int{}
	for i, record := range records {
		rows[i] = x.match(record)
		claims[rows[i].OrganizationID]++
	}
	for i := range rows {
		if r := &rows[i]; r.OrganizationID != 0 && claims[r.OrganizationID] > 1 && r.Problem == "" {
			r.Problem = "The report has more than one record of this organization."
		}
	}
	for _, o := range x.all {
		if claims[o.ID] == 0 && o.Managed && o.License != store.NFR && o.CreatedAt.Before(m.End()) {
			missing = append(missing, o)
		}
	}
	return rows, missing
}

type organizationIndex struct {
	all      []store.Organization // that were not deleted before the month
	external map[string]store.Organization
	name     map[string]store.Organization
}

func indexOrganizations(organizations []store.OrganizationRow, m store.Month) organizationIndex {
	x := organizationIndex{external: map[string]store.Organization{}, name: map[string]store.Organization{}}
	add := func(index map[string]store.Organization, key string, o store.Organization) {
		if before, taken := index[key]; key != "" && (!taken || !before.DeletedAt.IsZero()) { // a living organization comes first
			index[key] = o
		}
	}
	for _, row := range organizations {
		o := row.Organization
		if !o.DeletedAt.IsZero() && !o.DeletedAt.After(m.Start()) {
			continue
		}
		x.all = append(x.all, o)
		add(x.external, o.ExternalID, o)
		add(x.name, store.Fold(o.Name), o)
	}
	return x
}

func (x organizationIndex) match(r ProviderRecord) ProviderRow {
	row := ProviderRow{ProviderRecord: r}
	if o, ok := x.external[r.ID]; ok && r.ID != "" {
		row.OrganizationID, row.Organization, row.Matched = o.ID, o.Name, "by external ID"
		return row
	}
	o, ok := x.name[store.Fold(r.Name)]
	switch {
	case !ok || r.Name == "":
		row.Matched = "No organization has this external ID or name."
	case r.ID != "" && o.ExternalID != "":
		row.Matched = fmt.Sprintf("“%s” has the same name but another external ID, %s.", o.Name, o.ExternalID)
	default:
		row.OrganizationID, row.Organization, row.Matched = o.ID, o.Name, "by name"
	}
	return row
}

// providerPage is one answer and the records in it.
type providerPage struct {
	body     []byte
	document any
	items    []any
}

// providerAnswer is all pages of a report.
type providerAnswer []providerPage

// raw is what was sent, page after page.
func (a providerAnswer) raw() []byte {
	bodies := make([][]byte, len(a))
	for i, page := range a {
		bodies[i] = page.body
	}
	return bytes.Join(bodies, []byte("\n"))
}

// readPage finds the list in one answer. A list that is not there is a problem, not an empty list.
func readPage(body []byte, c ProviderConfig) (providerPage, *store.Problem) {
	page := providerPage{body: body}
	decoder := json.NewDecoder(bytes.NewReader(body))
	decoder.UseNumber()
	if err := decoder.Decode(&page.document); err != nil {
		return page, &store.Problem{What: "The answer is not JSON.", Do: "Check the address and the path.", Detail: err.Error()}
	}
	if decoder.More() {
		return page, &store.Problem{What: "The answer is more than one JSON document.", Do: "Check the address and the path."}
	}
	items, ok := valueAt(page.document, c.List).([]any)
	if !ok {
		return page, &store.Problem{
			What: "The answer has no list where one is expected.", Do: "Check the path of the list against the answer.", Detail: beginning(body),
		}
	}
	page.items = items
	return page, nil
}

// beginning is the first part of an answer.
func beginning(body []byte) string {
	const most = 400
	text := strings.ToValidUTF8(string(body[:min(len(body), most)]), "�")
	if len(body) > most {
		text += "…"
	}
	return text
}
