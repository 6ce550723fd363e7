package run_test

import (
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"seatbridge/billing/billingtest"
	"seatbridge/connectwise/cwsim"
	"seatbridge/internal/soak"
	"seatbridge/store"
)

// The record of all requests of a full import and sync of 1,000 companies in a soak, else of 100, at the client's own pace. The
// clock is synthetic, so that the minutes take none; what it shows is written down in the README.
func TestRecordOfAThousandCompanies(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		companies := soak.Size(100, 1000)
		w := pacedWorld(t, companies)
		w.Sim.ResetRequests()

		begun := time.Now()
		w.ImportAll()
		imported := w.tally("import", begun)
		// Types once, three counts (imported, deleted, vendors), and pages of at most 1,000 records.
		if imported.total > 10 {
			t.Errorf("the import took %d requests, want at most 10", imported.total)
		}

		w.mapEverything(companies)
		for _, round := range []struct {
			name          string
			change        int // organizations that gain a seat before
			writes, looks int // looks: the reads before a line is created: the whole list, its count, the company's agreements, and children
		}{
			{"first sync, every line created", 0, companies, 4 * companies},
			{"second sync, nothing changed", 0, 0, 0},
			{"third sync, a tenth changed", companies / 10, companies / 10, 0},
		} {
			w.grow(round.change)
			w.Sim.ResetRequests()
			begun := time.Now()
			billingtest.WantStatus(t, w.Sync(), store.RunDone)
			record := w.tally(round.name, begun)
			if record.writes != round.writes {
				t.Errorf("%s: %d writes, want %d", round.name, record.writes, round.writes)
			}
			if most := companies + round.writes + round.looks + 12; record.total > most {
				t.Errorf("%s: %d requests, want at most %d", round.name, record.total, most)
			}
			// The limit is taken to be 1,000 requests a minute (docs/connectwise.md section 3).
			if fastest := time.Duration(record.total) * time.Minute / 1000; record.took > fastest*110/100 {
				t.Errorf("%s: took %s; %d requests could take %s", round.name, record.took, record.total, fastest)
			}
		}
	})
}

// pacedWorld is connected to an instance with so many companies that keeps to its limit.
func pacedWorld(t *testing.T, companies int) *world {
	t.Helper()
	w := bubbleWorld(t)
	w.Connect()
	w.MapProducts()
	for i := range companies {
		w.Company(fmt.Sprintf("Company %04d", i))
	}
	w.Sim.SetFaults(cwsim.Fault{Kind: cwsim.RateLimit})
	return w
}

func (w *world) mapEverything(companies int) {
	w.T.Helper()
	rows, _, err := w.Store.Companies(w.T.Context(), store.CompanyFilter{Show: store.ShowAll, Limit: companies})
	w.Must(err)
	for i, row := range rows {
		o := w.Organization("Org of "+row.Name, 1+i%9, store.Plans()[i%2])
		w.Must(w.Mapping.Map(w.T.Context(), billingtest.Admin(), row.ID, row.Agreements[0].ID, o.ID))
	}
}

// grow gives the first n organizations one member more.
func (w *world) grow(n int) {
	w.T.Helper()
	rows, _, err := w.Store.Organizations(w.T.Context(), store.OrganizationFilter{Limit: max(n, 1)})
	w.Must(err)
	for _, row := range rows[:n] {
		w.Join(row.Organization, 1)
	}
}

type record struct {
	total, writes int
	took          time.Duration
}

// tally reads the journal since its reset and demands that nothing in it was in vain.
func (w *world) tally(what string, begun time.Time) record {
	w.T.Helper()
	r := record{took: time.Since(begun)}
	seen := map[string]int{}
	kinds := map[string]int{}
	for _, q := range w.Sim.Requests() {
		r.total++
		if q.Method == "GET" {
			seen[q.Path+"?"+q.Query]++
		} else {
			r.writes++
		}
		kinds[q.Method+" "+template(q.Path)]++
		if q.Status >= 400 || q.Refused || q.TooEarly || len(q.URL) > 2000 {
			w.T.Errorf("%s: %s %s answered %d (too early %v, %d characters)", what, q.Method, q.Path, q.Status, q.TooEarly, len(q.URL))
		}
	}
	for url, n := range seen {
		if n > 1 {
			w.T.Errorf("%s: %s was read %d times", what, url, n)
		}
	}
	w.T.Logf("%s: %d requests in %s: %v", what, r.total, r.took.Round(time.Second), kinds)
	return r
}

// template is a path without its ids.
func template(path string) string {
	parts := strings.Split(path, "/")
	for i, part := range parts {
		if part != "" && strings.Trim(part, "0123456789") == "" {
			parts[i] = "*"
		}
	}
	return strings.Join(parts, "/")
}
