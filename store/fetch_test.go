package store

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"
	"time"
)

func TestProvider(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "provider.db")
	s := openAt(t, path)
	_, err := s.Provider(t.Context())
	wantErr(t, err, ErrNotFound)
	wantErr(t, s.DeleteProvider(t.Context()), ErrNotFound)

	want := Provider{Config: `{"a":1}`, PrivateKey: privateKey, Since: t0}
	check(t, s.SaveProvider(t.Context(), want))
	same(t, must[Provider](t)(s.Provider(t.Context())), want)
	for _, file := range must[[]string](t)(filepath.Glob(path + "*")) {
		if bytes.Contains(must[[]byte](t)(os.ReadFile(file)), []byte(privateKey)) {
			t.Errorf("%s has the private key in the clear", filepath.Base(file))
		}
	}
	want.Config = `{"a":2}`
	check(t, s.SaveProvider(t.Context(), Provider{Config: want.Config, PrivateKey: privateKey, Since: t0.AddDate(0, 1, 0)}))
	same(t, must[Provider](t)(s.Provider(t.Context())), want) // since stays
	check(t, s.DeleteProvider(t.Context()))
	_, err = s.Provider(t.Context())
	wantErr(t, err, ErrNotFound)
}

func TestUsageFetches(t *testing.T) {
	t.Parallel()
	s := openTest(t)
	o := must[Organization](t)(s.CreateOrganization(t.Context(), Organization{Name: "Acme", Plan: Business, License: Standard, Managed: true, CreatedAt: t0}))
	report := UsageReport{OrganizationID: o.ID, Month: "2026-03", Seats: 0, Plan: Business, Source: "provider", Note: "Reported as a trial.", ReportedAt: t0}
	good := UsageFetch{At: t0, Period: "2026-03", State: FetchReported, Organizations: 1, Seats: 7, Answer: []byte(`[{"id":1}]`), Records: []byte(`[]`)}
	check(t, s.AddUsageFetch(t.Context(), good, []UsageReport{report}))
	same(t, must[[]UsageReport](t)(s.UsageReports(t.Context(), "2026-03")), []UsageReport{report})

	failed := UsageFetch{At: t0.Add(time.Hour), Period: "2026-03", State: FetchFailed, Problem: Problem{What: "No answer.", Do: "Wait.", Detail: "timeout"}}
	check(t, s.AddUsageFetch(t.Context(), failed, nil))
	report.OrganizationID = 999
	if s.AddUsageFetch(t.Context(), good, []UsageReport{report}) == nil {
		t.Error("a report of no organization was kept")
	}

	good.ID, failed.ID = 1, 2
	same(t, must[UsageFetch](t)(s.UsageFetch(t.Context(), 1)), good)
	same(t, must[UsageFetch](t)(s.LastUsageReport(t.Context(), "2026-03")), good) // the failed one brought none
	listed := good
	listed.Answer, listed.Records = nil, nil
	same(t, must[[]UsageFetch](t)(s.UsageFetches(t.Context(), 5)), []UsageFetch{failed, listed})
	_, err := s.LastUsageReport(t.Context(), "2026-02")
	wantErr(t, err, ErrNotFound)

	check(t, s.DeleteUsageFetches(t.Context(), t0.Add(time.Hour)))
	same(t, must[[]UsageFetch](t)(s.UsageFetches(t.Context(), 5)), []UsageFetch{failed})
	if reports := must[[]UsageReport](t)(s.UsageReports(t.Context(), "2026-03")); len(reports) != 1 {
		t.Errorf("%d reports are left, want 1", len(reports))
	}
}
