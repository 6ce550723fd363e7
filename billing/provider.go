package billing

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"seatbridge/store"
)

const (
	// monthlyReportAfter is when, after a month's end, its usage report exists: 00:01:02 UTC on the first (docs/billing-rules.md section 3).
	monthlyReportAfter = time.Minute + 2*time.Second
	// dailyReportAfter is when, after a day's end, its usage report exists: 00:00:02 UTC (docs/billing-rules.md section 3).
	dailyReportAfter = 2 * time.Second
	// fetchesKept is how many months a fetch and its raw answer are kept.
	fetchesKept = 24
	// reportWait is how long after it is due a monthly sync waits for a report that is required.
	reportWait = 24 * time.Hour
)

// ErrNoReport says that a usage report was asked for and brought no figures.
var ErrNoReport = errors.New("no usage report")

// ReportRule says where an organization's figure needs a usage report, because the Provider API is connected and the
// ledger may not have every member. The zero rule is for panels without the Provider API: the ledger suffices.
type ReportRule struct {
	Since    store.Month // the month in which the Provider API was connected; earlier ones need no report. Empty: it is not
	Required bool        // not even an organization with members in the ledger does without
}

// needed says why a figure is not known without a report; empty: the ledger's count is good enough. An organization
// without any member in the ledger is no evidence of zero where the truth comes from elsewhere.
func (r ReportRule) needed(l store.Ledger, p Period, counted int) string {
	o := l.Organization
	switch {
	case r.Since == "" || p.Month < r.Since || !o.Managed || o.License == store.NFR:
		return ""
	case !o.DeletedAt.IsZero() && !o.DeletedAt.After(p.Start()):
		return ""
	case r.Required:
		return fmt.Sprintf("The Provider API has not reported %s, and a report is required.", p.Month)
	case counted == 0 && len(l.Seats) == 0:
		return fmt.Sprintf("The Provider API has not reported %s, and Seatbridge knows no member of this organization.", p.Month)
	}
	return ""
}

func (b *Bridge) reportRule(ctx context.Context) (ReportRule, error) {
	saved, err := b.store.Provider(ctx)
	if errors.Is(err, store.ErrNotFound) {
		return ReportRule{}, nil
	}
	if err != nil {
		return ReportRule{}, err
	}
	c, err := readProviderConfig(saved)
	return ReportRule{Since: store.MonthOf(saved.Since), Required: c.Required}, err
}

// ProviderConfig is what the operator knows of the Provider API. Its reference is shown only inside the vendor's panel, so
// nothing has a default (docs/billing-rules.md section 5).
type ProviderConfig struct {
	BaseURL     string `json:"base_url"`
	MonthlyPath string `json:"monthly_path"` // with the placeholders of ProviderPlaceholders
	DailyPath   string `json:"daily_path"`   // empty: daily reports are not fetched
	Method      string `json:"method"`       // GET or POST
	Header      string `json:"header"`       // "Name: value", the value with {token}

	Algorithm  string `json:"algorithm"`
	KeyID      string `json:"key_id"`
	Issuer     string `json:"issuer"`
	Subject    string `json:"subject"`
	Audience   string `json:"audience"`
	Lifetime   int    `json:"lifetime"`     // of a token, in seconds
	Claims     string `json:"extra_claims"` // a JSON object; empty: none
	PrivateKey string `json:"-"`            // PEM; empty: the one that is saved

	List       string `json:"list"` // the path of the list in the answer; empty: the answer is the list
	ID         string `json:"field_id"`
	Name       string `json:"field_name"`
	Seats      string `json:"field_seats"`
	Plan       string `json:"field_plan"`
	Business   string `json:"business"`   // the values of Plan that mean NordPass Business, parted by commas
	Enterprise string `json:"enterprise"` // and NordPass Enterprise
	Trial      string `json:"field_trial"`
	NFR        string `json:"field_nfr"`

	Paging    string `json:"paging"`     // one of Pagings
	NextField string `json:"next_field"` // the path of the next page's address in the answer, for PagingLink
	PageParam string `json:"page_param"` // the query parameter, for PagingNumber
	FirstPage int    `json:"first_page"`

	Required bool `json:"required"` // figures need a report
}

func readProviderConfig(saved store.Provider) (ProviderConfig, error) {
	var c ProviderConfig
	if err := json.Unmarshal([]byte(saved.Config), &c); err != nil {
		return c, fmt.Errorf("reading the provider's configuration: %w", err)
	}
	c.PrivateKey = saved.PrivateKey
	return c, nil
}

// Provider is the connection with the Provider API as it was saved; its private key is left out. connected is false when
// there is none.
func (b *Bridge) Provider(ctx context.Context) (c ProviderConfig, connected bool, err error) {
	saved, err := b.store.Provider(ctx)
	if errors.Is(err, store.ErrNotFound) {
		return ProviderConfig{}, false, nil
	}
	if err != nil {
		return ProviderConfig{}, false, err
	}
	c, err = readProviderConfig(saved)
	c.PrivateKey = ""
	return c, true, err
}

// ProviderTest is what the Provider API answers at this moment. Nothing of it is stored.
type ProviderTest struct {
	Month   store.Month
	Monthly ProviderReport
	Day     string         // YYYY-MM-DD; empty: no daily path is set
	Daily   ProviderReport // of that day
}

// TestProvider fetches the latest reports with a configuration that need not be saved. Unusable input is an *Invalid.
func (b *Bridge) TestProvider(ctx context.Context, c ProviderConfig) (ProviderTest, error) {
	if err := b.completeKey(ctx, &c); err != nil {
		return ProviderTest{}, err
	}
	client, err := newProviderClient(c, b.now)
	if err != nil {
		return ProviderTest{}, err
	}
	t := ProviderTest{Month: b.lastReportedMonth()}
	if t.Monthly, err = b.fetchReport(ctx, client, monthRequest(c, t.Month), t.Month); err != nil || c.DailyPath == "" {
		return t, err
	}
	t.Day = b.lastReportedDay()
	t.Daily, err = b.fetchReport(ctx, client, dayRequest(c, t.Day), store.Month(t.Day[:len("2006-01")]))
	return t, err
}

// completeKey takes the saved private key where none was entered.
func (b *Bridge) completeKey(ctx context.Context, c *ProviderConfig) error {
	if c.PrivateKey != "" {
		return nil
	}
	saved, err := b.store.Provider(ctx)
	if errors.Is(err, store.ErrNotFound) {
		return nil
	}
	c.PrivateKey = saved.PrivateKey
	return err
}

// SaveProvider connects the Provider API or changes the connection, once the monthly report can be read with it. A
// *Refused says why it cannot.
func (b *Bridge) SaveProvider(ctx context.Context, who Actor, c ProviderConfig) error {
	test, err := b.TestProvider(ctx, c)
	if err != nil {
		return err
	}
	if test.Monthly.State == store.FetchFailed {
		return &Refused{Problem: test.Monthly.Problem, Err: errors.New(test.Monthly.Problem.What)}
	}
	if err := b.completeKey(ctx, &c); err != nil {
		return err
	}
	text, err := json.Marshal(c)
	if err != nil {
		return fmt.Errorf("saving the provider: %w", err)
	}
	rule := "Figures need a report."
	if !c.Required {
		rule = "Where there is no report, the ledger is used."
	}
	entry := who.Did(b.now(), store.CategoryIntegrations, "Saved the connection with the NordPass Provider API at %s. %s", c.BaseURL, rule)
	return b.store.Record(ctx, entry, func(s *store.Store) error {
		return s.SaveProvider(ctx, store.Provider{Config: string(text), PrivateKey: c.PrivateKey, Since: b.now()})
	})
}

// DisconnectProvider forgets the connection and its private key. The reports that it brought stay.
func (b *Bridge) DisconnectProvider(ctx context.Context, who Actor) error {
	entry := who.Did(b.now(), store.CategoryIntegrations, "Disconnected the NordPass Provider API.")
	return b.store.Record(ctx, entry, func(s *store.Store) error { return s.DeleteProvider(ctx) })
}

// lastReportedMonth is the latest month whose usage report exists.
func (b *Bridge) lastReportedMonth() store.Month {
	return store.MonthOf(b.now().Add(-monthlyReportAfter)).Add(-1)
}

// lastReportedDay is the latest day whose usage report exists.
func (b *Bridge) lastReportedDay() string {
	return b.now().UTC().Add(-dailyReportAfter).AddDate(0, 0, -1).Format(time.DateOnly)
}

// PullDue fetches the reports that exist and were not read yet: yesterday's and the last month's. Without a Provider API
// there is nothing to do.
func (b *Bridge) PullDue(ctx context.Context) error {
	c, connected, err := b.Provider(ctx)
	if err != nil || !connected {
		return err
	}
	month := b.lastReportedMonth()
	err = b.pullUnread(ctx, string(month), func() error { return b.pullMonth(ctx, month) })
	if c.DailyPath == "" {
		return err
	}
	day := b.lastReportedDay()
	return errors.Join(err, b.pullUnread(ctx, day, func() error { return b.pullDay(ctx, day) }))
}

func (b *Bridge) pullUnread(ctx context.Context, period string, pull func() error) error {
	_, err := b.store.LastUsageReport(ctx, period)
	if errors.Is(err, store.ErrNotFound) {
		return pull()
	}
	return err
}

// PullNow fetches the latest reports again, whether they were read already or not.
func (b *Bridge) PullNow(ctx context.Context, who Actor) error {
	c, connected, err := b.Provider(ctx)
	if err != nil {
		return err
	}
	if !connected {
		return store.ErrNotFound
	}
	month := b.lastReportedMonth()
	err = b.pullMonth(ctx, month)
	if c.DailyPath != "" {
		err = errors.Join(err, b.pullDay(ctx, b.lastReportedDay()))
	}
	return errors.Join(b.record(ctx, who, store.CategoryIntegrations, "Fetched the usage report of %s from the NordPass Provider API.", month), err)
}

// pullBefore fetches a month's report before its sync. It returns an error only while the sync has to wait for the report.
func (b *Bridge) pullBefore(ctx context.Context, m store.Month) error {
	rule, err := b.reportRule(ctx)
	if err != nil || rule.Since == "" {
		return err
	}
	pulled := b.pullMonth(ctx, m)
	if pulled == nil {
		return nil
	}
	if !errors.Is(pulled, ErrNoReport) {
		return pulled
	}
	if !rule.Required || m < rule.Since || !b.now().Before(DueAt(m).Add(reportWait)) {
		return nil
	}
	_, err = b.store.LastUsageReport(ctx, string(m))
	if errors.Is(err, store.ErrNotFound) {
		return fmt.Errorf("waiting for the usage report of %s: %w", m, pulled)
	}
	return err
}

// pullFor fetches what the Provider API has for a sync that somebody asked for; the monthly one waits for its
// report itself. What cannot be fetched is kept with the fetches and stays unknown; the sync goes on.
func (b *Bridge) pullFor(ctx context.Context, run store.Run) {
	if run.Kind != store.RunManual && run.Kind != store.RunCommand {
		return
	}
	var err error
	if run.AsOf.IsZero() {
		err = b.pullBefore(ctx, run.Month)
	} else {
		err = b.PullDue(ctx)
	}
	if err != nil {
		b.log.Warn("fetching usage before a sync", "run", run.ID, "err", err)
	}
}

// pullMonth fetches a month's report and keeps its figures. The error says that it brought none.
func (b *Bridge) pullMonth(ctx context.Context, m store.Month) error {
	return b.pull(ctx, string(m), m, func(c ProviderConfig) providerRequest { return monthRequest(c, m) }, func(r ProviderReport) []store.UsageReport {
		return r.usageReports(m, b.now())
	})
}

// pullDay fetches a day's report. It is shown, but no bill: a month's billable seats are those of all its days together,
// and a day knows only its own.
func (b *Bridge) pullDay(ctx context.Context, day string) error {
	return b.pull(ctx, day, store.Month(day[:len("2006-01")]), func(c ProviderConfig) providerRequest { return dayRequest(c, day) },
		func(ProviderReport) []store.UsageReport { return nil })
}

func (b *Bridge) pull(ctx context.Context, period string, m store.Month, request func(ProviderConfig) providerRequest, keep func(ProviderReport) []store.UsageReport) error {
	saved, err := b.store.Provider(ctx)
	if err != nil {
		return err
	}
	c, err := readProviderConfig(saved)
	if err != nil {
		return err
	}
	client, err := newProviderClient(c, b.now)
	if err != nil {
		return err
	}
	r, err := b.fetchReport(ctx, client, request(c), m)
	if err != nil {
		return err
	}
	records, err := json.Marshal(r.records())
	if err != nil {
		return fmt.Errorf("keeping the usage report of %s: %w", period, err)
	}
	err = b.store.AddUsageFetch(ctx, store.UsageFetch{
		At: b.now(), Period: period, State: r.State, Problem: r.Problem, Organizations: len(r.Rows), Seats: r.Seats(), Answer: r.Answer, Records: records,
	}, keep(r))
	if err != nil {
		return err
	}
	if !r.State.Known() {
		return fmt.Errorf("fetching the usage report of %s: %w: %s", period, ErrNoReport, r.Problem.What)
	}
	return nil
}

// fetchReport fetches and understands one report. What went wrong on the way is in it; the error is for what is our own fault.
func (b *Bridge) fetchReport(ctx context.Context, client *providerClient, request providerRequest, m store.Month) (ProviderReport, error) {
	organizations, _, err := b.store.Organizations(ctx, store.OrganizationFilter{Status: store.OrganizationAny})
	if err != nil {
		return ProviderReport{}, err
	}
	answer, failure := client.fetch(ctx, request)
	if err := ctx.Err(); err != nil {
		return ProviderReport{}, fmt.Errorf("fetching a usage report: %w", err)
	}
	if failure != nil {
		return ProviderReport{State: store.FetchFailed, Problem: *failure, Answer: answer.raw()}, nil
	}
	return understand(answer, client.config, organizations, m), nil
}

// ProviderReport is a usage report as it was understood.
type ProviderReport struct {
	State   store.FetchState
	Problem store.Problem
	Rows    []ProviderRow
	Missing []store.Organization // managed, billed in the month, and not in the report: unknown, not zero
	Sample  string               // one record as it was sent
	Answer  []byte               // all that was sent
}

// Seats is the billable seats of all rows that can be used.
func (r ProviderReport) Seats() int {
	sum := 0
	for _, row := range r.Rows {
		if row.Problem == "" {
			sum += row.Billable()
		}
	}
	return sum
}

func (r ProviderReport) records() []ProviderRecord {
	records := make([]ProviderRecord, len(r.Rows))
	for i, row := range r.Rows {
		records[i] = row.ProviderRecord
	}
	return records
}

// usageReports are the figures to keep: of the rows that can be used and belong to an organization.
func (r ProviderReport) usageReports(m store.Month, now time.Time) []store.UsageReport {
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

// LastReport is the report of the last month as it was fetched, matched with the organizations of now. There may be none:
// store.ErrNotFound.
func (b *Bridge) LastReport(ctx context.Context) (store.UsageFetch, ProviderReport, error) {
	m := b.lastReportedMonth()
	fetch, err := b.store.LastUsageReport(ctx, string(m))
	if err != nil {
		return fetch, ProviderReport{}, err
	}
	organizations, _, err := b.store.Organizations(ctx, store.OrganizationFilter{Status: store.OrganizationAny})
	if err != nil {
		return fetch, ProviderReport{}, err
	}
	var records []ProviderRecord
	if err := json.Unmarshal(fetch.Records, &records); err != nil {
		return fetch, ProviderReport{}, fmt.Errorf("reading the records of fetch %d: %w", fetch.ID, err)
	}
	r := ProviderReport{State: fetch.State}
	r.Rows, r.Missing = matchRecords(records, organizations, m)
	return fetch, r, nil
}

// unmatched is a row of the last report that belongs to no organization yet.
func (b *Bridge) unmatched(ctx context.Context, fetchID int64, row int) (store.Month, ProviderRow, error) {
	fetch, r, err := b.LastReport(ctx)
	if err != nil {
		return "", ProviderRow{}, err
	}
	if fetch.ID != fetchID || row < 0 || row >= len(r.Rows) || r.Rows[row].OrganizationID != 0 {
		return "", ProviderRow{}, &Invalid{Fields: map[string]string{"": "The list has changed since. Look at it again."}}
	}
	return store.Month(fetch.Period), r.Rows[row], nil
}

// AddReported adds the organization of a row that belongs to none, and keeps its figure.
func (b *Bridge) AddReported(ctx context.Context, who Actor, fetchID int64, row int) (store.Organization, error) {
	m, r, err := b.unmatched(ctx, fetchID, row)
	if err != nil {
		return store.Organization{}, err
	}
	if r.Name == "" {
		return store.Organization{}, &Invalid{Fields: map[string]string{"": "The report does not name this organization. Add it by hand, then link it."}}
	}
	var o store.Organization
	err = b.store.Together(ctx, "adding a reported organization", func(s *store.Store) error {
		if o, err = CreateOrganization(ctx, s, r.organization(b.now())); err != nil {
			return err
		}
		entry := who.Did(b.now(), store.CategoryOrganizations, "Added organization “%s” from the Provider API's report.", o.Name)
		return errors.Join(s.AddActivity(ctx, entry.About(o.ID)), b.keepRow(ctx, s, m, r, o.ID))
	})
	return o, err
}

// LinkReported gives an organization the external id of a row that belongs to none, and keeps its figure.
func (b *Bridge) LinkReported(ctx context.Context, who Actor, fetchID int64, row int, organizationID int64) (store.Organization, error) {
	m, r, err := b.unmatched(ctx, fetchID, row)
	if err != nil {
		return store.Organization{}, err
	}
	if r.ID == "" {
		return store.Organization{}, &Invalid{Fields: map[string]string{"": "The report gives no id for this organization. Give the organization here the reported name instead."}}
	}
	var o store.Organization
	err = b.store.Together(ctx, fmt.Sprintf("linking organization %d", organizationID), func(s *store.Store) error {
		var before store.Organization
		before, o, err = EditOrganization(ctx, s, organizationID, b.now(), func(p *Profile) { p.ExternalID = r.ID })
		if err != nil {
			return err
		}
		entry := who.Did(b.now(), store.CategoryOrganizations, "Linked organization “%s” to “%s” of the Provider API: external ID %q instead of %q.",
			o.Name, r.Name, r.ID, before.ExternalID)
		return errors.Join(s.AddActivity(ctx, entry.About(o.ID)), b.keepRow(ctx, s, m, r, o.ID))
	})
	return o, err
}

// keepRow keeps a row's figure as part of what s is the transaction of.
func (b *Bridge) keepRow(ctx context.Context, s *store.Store, m store.Month, r ProviderRow, organizationID int64) error {
	if r.Problem != "" {
		return nil
	}
	r.OrganizationID = organizationID
	return s.SaveUsageReport(ctx, r.usageReport(m, b.now()))
}

// ForgetOldFetches forgets the fetches that are no longer kept.
func (b *Bridge) ForgetOldFetches(ctx context.Context) error {
	return b.store.DeleteUsageFetches(ctx, b.now().AddDate(0, -fetchesKept, 0))
}
