package reports

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"seatbridge/billing/seats"
	"seatbridge/internal/moment"
	"seatbridge/nordpass"
	"seatbridge/store"
)

// sentRecord is a record as the client gives it.
func sentRecord(t *testing.T, text string) nordpass.Record {
	t.Helper()
	var r nordpass.Record
	decoder := json.NewDecoder(strings.NewReader(text))
	decoder.UseNumber()
	if err := decoder.Decode(&r.Value); err != nil {
		t.Fatal(err)
	}
	return r
}

// recordConfig reads records as the simulator sends them.
func recordConfig() Config {
	return Config{
		Config: nordpass.Config{List: "organizations"},
		ID:     "id", Name: "name", Seats: "licenses", Plan: "tier", Business: "business", Enterprise: "Enterprise, E2", Trial: "trial", NFR: "nfr",
		FlagsOmitted: true,
	}
}

func TestReadRecord(t *testing.T) {
	t.Parallel()
	c := recordConfig()
	c.ID, c.Seats, c.Plan = "org.id", "usage.0", "org.tier"
	for _, x := range []struct {
		name, json string
		want       Record
	}{
		{"all", `{"org":{"id":17,"tier":"BUSINESS"},"name":" A  b ","usage":[12],"trial":"true","nfr":0}`, Record{ID: "17", Name: "A b", Seats: 12, Plan: store.Business, Trial: true}},
		{"text and 12.0", `{"org":{"id":"x","tier":"E2"},"usage":["12.0"]}`, Record{ID: "x", Seats: 12, Plan: store.Enterprise}},
		{"zero", `{"org":{"id":"x","tier":"E2"},"usage":[0]}`, Record{ID: "x", Plan: store.Enterprise}},
		{"no count", `{"org":{"id":"x","tier":"E2"}}`, Record{ID: "x", Plan: store.Enterprise, Problem: `Field "usage.0" is not a whole number of licenses.`}},
		{"null", `{"org":{"id":"x","tier":"E2"},"usage":[null]}`, Record{ID: "x", Plan: store.Enterprise, Problem: `Field "usage.0" is not a whole number of licenses.`}},
		{"half", `{"org":{"id":"x","tier":"E2"},"usage":[1.5]}`, Record{ID: "x", Plan: store.Enterprise, Problem: `Field "usage.0" is not a whole number of licenses.`}},
		{"negative", `{"org":{"id":"x","tier":"E2"},"usage":[-1]}`, Record{ID: "x", Plan: store.Enterprise, Problem: `Field "usage.0" is not a whole number of licenses.`}},
		{"huge", `{"org":{"id":"x","tier":"E2"},"usage":[1e300]}`, Record{ID: "x", Plan: store.Enterprise, Problem: `Field "usage.0" is not a whole number of licenses.`}},
		{"other plan", `{"org":{"id":"x","tier":"Teams"},"usage":[1]}`, Record{ID: "x", Seats: 1, Problem: `Field "org.tier" says "Teams", which is the name of neither plan.`}},
		{"odd flag", `{"org":{"id":"x","tier":"E2"},"usage":[1],"nfr":"maybe"}`, Record{ID: "x", Seats: 1, Plan: store.Enterprise, Problem: `Field "nfr" is neither true nor false.`}},
		{"no name", `{"org":{"tier":"E2"},"usage":[1]}`, Record{Seats: 1, Plan: store.Enterprise, Problem: "It has neither an id nor a name."}},
	} {
		if diff := cmp.Diff(x.want, readRecord(sentRecord(t, x.json), c)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", x.name, diff)
		}
	}
}

func TestMatchRecordsTwice(t *testing.T) {
	t.Parallel()
	acme := store.Ledger{Organization: store.Organization{ID: 1, Name: "Acme", ExternalID: "np-1", Managed: true, CreatedAt: moment.At("2026-01-01")}}
	rows, missing := matchRecords([]Record{{ID: "np-1", Seats: 1}, {Name: "ACME", Seats: 2}}, []store.Ledger{acme}, "2026-03")
	if rows[0].Problem == "" || rows[1].Problem == "" || len(missing) != 0 {
		t.Errorf("rows %+v, missing %+v", rows, missing)
	}
}

// A report should name whom the MSP managed, and who was not NFR, in its month, whatever was changed since.
func TestMissingThen(t *testing.T) {
	t.Parallel()
	then := func(id int64, change func(*store.Ledger)) store.Ledger {
		created := moment.At("2025-01-01")
		l := store.Ledger{
			Organization: store.Organization{ID: id, Name: fmt.Sprint("Org ", id), Managed: true, License: store.Standard, CreatedAt: created},
			Terms:        []store.Term{{Since: created, License: store.Standard}}, Management: []store.Management{{Since: created, Managed: true}},
		}
		change(&l)
		return l
	}
	there := []store.Ledger{
		then(1, func(l *store.Ledger) { l.Organization.DeletedAt = moment.At("2026-02-10") }),
		then(2, func(l *store.Ledger) {
			l.Organization.License, l.Terms = store.NFR, append(l.Terms, store.Term{Since: moment.At("2026-03-05"), License: store.NFR})
		}),
		then(3, func(l *store.Ledger) {
			l.Organization.Managed, l.Management = false, append(l.Management, store.Management{Since: moment.At("2026-03-05")})
		}),
		then(4, func(l *store.Ledger) { l.Organization.CreatedAt = moment.At("2026-04-01") }),
	}
	for m, want := range map[store.Month][]int64{"2026-02": {1, 2, 3}, "2026-03": nil, "2026-04": {4}} {
		_, missing := matchRecords(nil, there, m)
		var got []int64
		for _, o := range missing {
			got = append(got, o.ID)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("missing in %s (- want, + got):\n%s", m, diff)
		}
	}
}

// FuzzProviderReport feeds any JSON and any paths to the mapping: it must not panic, and never make a number of nothing.
func FuzzProviderReport(f *testing.F) {
	f.Add(`[{"id":"a","name":"b","licenses":3,"tier":"Business","trial":false}]`, "id", "licenses", "tier", "trial")
	f.Add(`[{"a":{"b":[1,2]}}]`, "a.b.0", "a.b.1", "a", "a.b")
	f.Add(`[null,1,"x",[],{}]`, "0", "-1", ".", "..")
	f.Add(`[1e999]`, "", "", "", "")
	f.Fuzz(func(t *testing.T, body, id, number, plan, flag string) {
		var items []any
		decoder := json.NewDecoder(strings.NewReader(body))
		decoder.UseNumber()
		if decoder.Decode(&items) != nil {
			return
		}
		var answer nordpass.Answer
		for _, item := range items {
			answer.Records = append(answer.Records, nordpass.Record{Value: item})
		}
		c := Config{ID: id, Seats: number, Plan: plan, Trial: flag, NFR: flag, Business: "Business", Enterprise: "Enterprise"}
		r := understand(answer, c, nil, "2026-03")
		if len(items) == 0 && r.State != store.FetchEmpty {
			t.Fatalf("an empty list is %s", r.State)
		}
		for i, row := range r.Rows {
			if row.Problem == "" && (row.Plan == "" || row.Seats < 0 || row.Seats > seats.MostSeats) {
				t.Fatalf("row %d: %+v", i, row)
			}
		}
	})
}
