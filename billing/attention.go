package billing

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"seatbridge/billing/books"
	"seatbridge/billing/connect"
	"seatbridge/billing/findings"
	"seatbridge/billing/months"
	"seatbridge/billing/plan"
	"seatbridge/billing/problem"
	"seatbridge/billing/run"
	"seatbridge/billing/seats"
	"seatbridge/store"
)

// AttentionKind says what an Attention is about, so that the panel can link to the right place.
type AttentionKind string

// What can need a person.
const (
	AttendSetup       AttentionKind = "setup"      // not connected yet
	AttendConnection  AttentionKind = "connection" // the last contact failed, or a right is missing
	AttendProducts    AttentionKind = "products"   // products not mapped
	AttendImport      AttentionKind = "never_imported"
	AttendUnmapped    AttentionKind = "unmapped"  // organizations with billable seats that nobody is invoiced for
	AttendMapping     AttentionKind = "agreement" // mappings whose company, agreement or organization cannot be billed
	AttendRun         AttentionKind = "run"       // the last sync as a whole failed or was cancelled
	AttendUnknown     AttentionKind = "unknown"   // from here on: lines that the last syncs did not write
	AttendFailed      AttentionKind = "failed"
	AttendConflict    AttentionKind = "conflict"
	AttendBlocked     AttentionKind = "blocked"
	AttendHeld        AttentionKind = "held"
	AttendSkipped     AttentionKind = "skipped"
	AttendStale       AttentionKind = "stale"
	AttendMissed      AttentionKind = "missed" // a month whose sync was due and that no run has written
	AttendTrialEnding AttentionKind = "trial_ending"
	AttendSource      AttentionKind = "source"       // the Provider API's last monthly report failed or was empty
	AttendReported    AttentionKind = "reported"     // what that report asks about organizations
	AttendDisputed    AttentionKind = "disputed"     // sources disagree about a month's figures
	AttendFinding     AttentionKind = "finding"      // what readings of agreements found
	AttendNotify      AttentionKind = "notification" // a channel that does not take its messages
	AttendMonth       AttentionKind = "month"        // open differences of a month that ended
	AttendInvoices    AttentionKind = "invoices"     // what was invoiced could not be read
	AttendLeak        AttentionKind = "leak"         // who is not billed, and who is billed for nothing
	AttendBetween     AttentionKind = "between"      // a month that neither the hosted integration wrote nor Seatbridge writes by itself
	AttendUnpriced    AttentionKind = "unpriced"     // products created without a price that have none yet
)

// Attention is something that needs a person.
type Attention struct {
	Kind          AttentionKind
	Count         int // how many it concerns; 0: not countable
	Title, Detail string
	RunID         int64         // AttendRun, and AttendMissed where a run has tried it
	Month         store.Month   // AttendMissed, AttendBetween, AttendMonth, AttendDisputed
	Subject       store.Subject // AttendFinding
}

// trialNotice is how long before its end a trial is announced.
const trialNotice = 7 * 24 * time.Hour

// Attention lists what needs a person, the most urgent first. An empty list means that all of this was
// checked and is in order.
func (b *Billing) Attention(ctx context.Context) ([]Attention, error) {
	c, err := b.Connection.Current(ctx)
	if err != nil {
		return nil, err
	}
	list := setupAttention(c)
	if c.State == connect.NotConnected {
		open, err := b.monthAttention(ctx)
		if err != nil {
			return nil, err
		}
		disputed, err := b.disputeAttention(ctx)
		if err != nil {
			return nil, err
		}
		notify, err := b.notifyAttention(ctx)
		return slices.Concat(list, open, disputed, notify), err
	}
	for _, find := range []func(context.Context) ([]Attention, error){
		b.runAttention, b.betweenAttention, b.monthAttention, b.disputeAttention, b.findingAttention, b.mappingAttention, b.leakAttention,
		b.trialAttention, b.SourceAttention, b.unpricedAttention, b.notifyAttention,
	} {
		found, err := find(ctx)
		if err != nil {
			return nil, err
		}
		list = append(list, found...)
	}
	return list, nil
}

func setupAttention(c connect.Connection) []Attention {
	var list []Attention
	for _, step := range c.Next() {
		switch step {
		case connect.StepConnect:
			list = append(list, Attention{
				Kind: AttendSetup, Title: "ConnectWise PSA is not connected", Detail: "Enter the API member's keys to begin.",
			})
		case connect.StepMend:
			list = append(list, Attention{Kind: AttendConnection, Title: c.Problem.What, Detail: c.Problem.Do})
		case connect.StepProducts:
			list = append(list, Attention{
				Kind: AttendProducts, Title: "The products are not mapped",
				Detail: "Choose the ConnectWise product for each NordPass plan; then syncing can begin.",
			})
		case connect.StepImport:
			list = append(list, Attention{
				Kind: AttendImport, Title: "No companies imported yet", Detail: "Import companies and map their agreements to organizations.",
			})
		}
	}
	return list
}

func (b *Billing) runAttention(ctx context.Context) ([]Attention, error) {
	missed, err := b.Runs.Months().Missed(ctx)
	if err != nil {
		return nil, err
	}
	var list []Attention
	for _, m := range missed {
		list = append(list, missedAttention(m))
	}
	last, err := b.Store.LastSync(ctx)
	if errors.Is(err, store.ErrNotFound) {
		return list, nil
	}
	if err != nil {
		return nil, fmt.Errorf("reading the last sync: %w", err)
	}
	switch last.Status {
	case store.RunFailed:
		list = append(list, Attention{Kind: AttendRun, RunID: last.ID, Title: "The last sync failed", Detail: last.Problem.What})
	case store.RunCancelled:
		list = append(list, Attention{
			Kind: AttendRun, RunID: last.ID, Title: "The last sync was cancelled",
			Detail: "What it had not written yet was left as it was. Retry it, or sync again.",
		})
	}
	lines, err := b.lineAttention(ctx)
	return append(list, lines...), err
}

// missedAttention says of a month that no run has written what becomes of it. It stays whatever later runs do: they write other
// months.
func missedAttention(m run.MissedMonth) Attention {
	a := Attention{Kind: AttendMissed, Month: m.Month, RunID: m.Last.ID}
	switch {
	case m.Overtaken:
		a.Title = fmt.Sprintf("%s was never written", m.Month)
		a.Detail = "A later month has taken its place on the lines, so it is not written by itself any more. Compare its seats in Usage data " +
			"with its invoices, and bill by hand what is missing."
	case m.Paused:
		a.Title = fmt.Sprintf("%s is not written", m.Month)
		a.Detail = "Writing was paused since its sync was due, so it is not written by itself any more. Sync it again, or bill by hand."
	case m.Last.Status == store.RunCancelled:
		a.Title = fmt.Sprintf("%s is not written", m.Month)
		a.Detail = "Its sync was cancelled, so it is not tried again by itself."
	case m.Last.ID == 0:
		a.Title = fmt.Sprintf("%s is not written yet", m.Month)
		a.Detail = "Its sync is due and begins by itself within the hour."
	case m.Last.Compares:
		a.Title = fmt.Sprintf("%s is not compared yet", m.Month)
		a.Detail = "It is tried again every hour. " + m.Last.Problem.Text()
	default:
		a.Title = fmt.Sprintf("%s is not written yet", m.Month)
		a.Detail = "It is tried again every hour, until it is written or the next month takes its place. " + m.Last.Problem.Text()
	}
	return a
}

// lineAttention lists the lines that wait for a person, by why they do.
func (b *Billing) lineAttention(ctx context.Context) ([]Attention, error) {
	held, err := b.Store.CountHeld(ctx)
	if err != nil {
		return nil, err
	}
	open, err := b.Store.OpenCounts(ctx)
	if err != nil {
		return nil, err
	}
	var list []Attention
	add := func(kind AttentionKind, n int, what, detail string) {
		if n > 0 {
			list = append(list, Attention{Kind: kind, Count: n, Title: problem.Plural(n, "line") + " " + what, Detail: detail})
		}
	}
	add(AttendUnknown, open[store.StateUnknown], "with an unknown outcome",
		"ConnectWise did not say whether it carried them out. Look at the agreement, then retry.")
	add(AttendFailed, open[store.StateFailed], "failed", "ConnectWise did not take them. Each says why; retry the run.")
	add(AttendConflict, open[store.StateConflict], "with several additions of one product",
		"Choose which of them carries the seats. Nothing is written before.")
	add(AttendBlocked, open[store.StateBlocked], "blocked", "Nothing can be billed on the agreement or with the product. Each says why.")
	add(AttendHeld, held, "waiting for approval", "Settings say that a person looks at such changes first.")
	add(AttendSkipped, open[store.StateSkipped], "skipped",
		"The seats of an organization are not known, or it is not managed any more. Each says what to do.")
	add(AttendStale, open[store.StateStale]+open[store.StateCancelled], "left alone",
		"ConnectWise changed meanwhile, or the run was cancelled. Sync again.")
	return list, nil
}

// findingAttention lists what readings found and nobody said to be meant so, by kind.
func (b *Billing) findingAttention(ctx context.Context) ([]Attention, error) {
	counts, err := b.Findings.Counts(ctx)
	if err != nil {
		return nil, err
	}
	var list []Attention
	for _, kind := range findings.Kinds {
		if n := counts[kind.Subject]; n > 0 {
			list = append(list, Attention{Kind: AttendFinding, Subject: kind.Subject, Count: n, Title: kind.Title(n), Detail: kind.Detail})
		}
	}
	return list, nil
}

// monthsSaid is how many months with open differences are listed one by one.
const monthsSaid = 6

// monthAttention lists the open differences of months that ended, and that invoices could not be read.
func (b *Billing) monthAttention(ctx context.Context) ([]Attention, error) {
	open, err := b.openMonths(ctx)
	if err != nil {
		return nil, err
	}
	var list []Attention
	for _, m := range open[:min(len(open), monthsSaid)] {
		list = append(list, Attention{
			Kind: AttendMonth, Month: m.Month, Count: m.Sums.Open.Rows,
			Title:  fmt.Sprintf("%s: %s open, %s", m.Month, problem.Plural(m.Sums.Open.Rows, "difference"), books.InWords(m.Sums)),
			Detail: "What is due is not what was billed. Each says why; write the month again, bill by hand, or settle it otherwise.",
		})
	}
	if more := len(open) - monthsSaid; more > 0 {
		list = append(list, Attention{
			Kind: AttendMonth, Month: open[monthsSaid].Month, Count: more,
			Title:  fmt.Sprintf("%s more with open differences", problem.Plural(more, "earlier month")),
			Detail: "They are older: look at Months.",
		})
	}
	reading, err := store.InvoicingIn(b.Store).Reading(ctx)
	if err == nil && !reading.Problem.Zero() {
		list = append(list, Attention{Kind: AttendInvoices, Title: "Invoices could not be read", Detail: reading.Problem.Text()})
	}
	return list, err
}

// openMonths are the months with open differences, but for one whose sync is still to come: that is how it is written.
func (b *Billing) openMonths(ctx context.Context) ([]books.Month, error) {
	open, err := b.Books.Open(ctx)
	if err != nil {
		return nil, err
	}
	settings, err := b.Store.Settings(ctx)
	if err != nil {
		return nil, err
	}
	schedule := seats.ScheduleOf(settings.Months)
	return slices.DeleteFunc(open, func(m books.Month) bool {
		return m.State == months.Due && schedule.DueAt(m.Month).After(b.now())
	}), nil
}

func (b *Billing) mappingAttention(ctx context.Context) ([]Attention, error) {
	var list []Attention
	_, broken, err := b.Store.Companies(ctx, store.CompanyFilter{Show: store.ShowAttention, Today: plan.Day(b.now()), Limit: 1})
	if err != nil {
		return nil, fmt.Errorf("finding mappings that need attention: %w", err)
	}
	if broken > 0 {
		list = append(list, Attention{
			Kind: AttendMapping, Count: broken,
			Title:  fmt.Sprintf("%s with a mapping that cannot be billed, or only for the last time", problem.Plural(broken, "company")),
			Detail: "Company, agreement or organization are not what they were. Each says why and what to do.",
		})
	}
	unmapped, err := b.Store.CountUnmappedBillable(ctx, b.now())
	if err != nil {
		return nil, fmt.Errorf("counting unmapped organizations: %w", err)
	}
	if unmapped > 0 {
		list = append(list, Attention{
			Kind: AttendUnmapped, Count: unmapped,
			Title:  fmt.Sprintf("%s with billable seats not mapped", problem.Plural(unmapped, "organization")),
			Detail: "Nobody is invoiced for their seats through ConnectWise.",
		})
	}
	return list, nil
}

func (b *Billing) trialAttention(ctx context.Context) ([]Attention, error) {
	n, err := b.Store.CountTrialsEnding(ctx, b.now(), b.now().Add(trialNotice))
	if err != nil {
		return nil, fmt.Errorf("counting trials: %w", err)
	}
	if n == 0 {
		return nil, nil
	}
	return []Attention{{
		Kind: AttendTrialEnding, Count: n,
		Title:  fmt.Sprintf("%s ending within 7 days", problem.Plural(n, "trial")),
		Detail: "Billing starts by itself when a trial ends; delete the organization to avoid it.",
	}}, nil
}

// SourceAttention is what the Provider API's last monthly report needs of a person, connected to ConnectWise or not.
func (b *Billing) SourceAttention(ctx context.Context) ([]Attention, error) {
	if _, connected, err := b.Reports.Connection(ctx); err != nil || !connected {
		return nil, err
	}
	m := b.Reports.LastReportedMonth()
	fetch, err := b.Store.LastUsageFetch(ctx, string(m))
	switch {
	case errors.Is(err, store.ErrNotFound):
		return nil, nil
	case err != nil:
		return nil, fmt.Errorf("reading the last report: %w", err)
	case fetch.State == store.FetchFailed:
		return []Attention{{
			Kind:   AttendSource,
			Title:  fmt.Sprintf("The report of %s could not be fetched from the Provider API", m),
			Detail: fetch.Problem.What,
		}}, nil
	case fetch.State == store.FetchEmpty:
		return []Attention{{
			Kind:   AttendSource,
			Title:  fmt.Sprintf("The Provider API's report of %s is empty", m),
			Detail: "An empty report is not zero: nothing is known of that month from NordPass.",
		}}, nil
	}
	return b.reportedAttention(ctx)
}

// reportedAttention is what the Provider API's last report asks a person.
func (b *Billing) reportedAttention(ctx context.Context) ([]Attention, error) {
	q, err := b.Reports.Questions(ctx)
	if err != nil {
		return nil, err
	}
	var list []Attention
	add := func(n int, what, which, detail string) {
		if n > 0 {
			list = append(list, Attention{Kind: AttendReported, Count: n, Title: problem.Plural(n, what) + " " + which, Detail: detail})
		}
	}
	add(len(q.Unknown), "reported organization", "not known here",
		fmt.Sprintf("In %s: %s. Nobody is billed for them: add each, or link it to the organization that it is.",
			q.Month, problem.Plural(q.UnknownSeats(), "license")))
	add(len(q.Renamed), "organization", "reported under another name",
		"Their IDs are the same. Take the name over, or say that it is the same organization.")
	add(len(q.Gone), "organization", "gone from the Provider API's report",
		fmt.Sprintf("They were in the report of %s and are not in that of %s: unknown, not zero. If NordPass lost them, delete them here; "+
			"if they are managed by somebody else now, say so.", q.Month.Add(-1), q.Month))
	return list, nil
}

func (b *Billing) notifyAttention(ctx context.Context) ([]Attention, error) {
	channels, err := b.Store.Channels(ctx)
	if err != nil {
		return nil, err
	}
	var list []Attention
	for _, c := range channels {
		if !c.Problem.Zero() {
			list = append(list, Attention{Kind: AttendNotify, Title: fmt.Sprintf("Notifications do not arrive: %s", c.Name), Detail: c.Problem.What})
		}
	}
	return list, nil
}
