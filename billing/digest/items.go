package digest

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"time"

	"github.com/shopspring/decimal"

	"seatbridge/billing/books"
	"seatbridge/billing/months"
	"seatbridge/billing/plan"
	"seatbridge/billing/problem"
	"seatbridge/billing/seats"
	"seatbridge/store"
)

const (
	// trialNotice is how long before its end a trial is told, as in Needs attention.
	trialNotice = 7 * 24 * time.Hour
	// oldAfter is how long after it spoke last a source that people feed has grown old: a month, and some days for bringing the next
	// figures. After abandonedAfter nobody expects it any more.
	oldAfter       = 35 * 24 * time.Hour
	abandonedAfter = 120 * 24 * time.Hour
	// reportLate is how long after a month's end its report is awaited.
	reportLate = 48 * time.Hour
)

// items reads all that a digest can say, as of now.
func (k *Keeper) items(ctx context.Context, now time.Time) (all []Item, err error) {
	for _, read := range []func(context.Context, time.Time) ([]Item, error){
		k.notWritten, k.held, k.openMonths, k.organizations, k.mappings, k.reported, k.sources, k.moved,
	} {
		found, err := read(ctx, now)
		if err != nil {
			return nil, err
		}
		all = append(all, found...)
	}
	for i := range all {
		if all[i].Role == "" {
			all[i].Role = store.Admin
		}
		if all[i].AsOf.IsZero() {
			all[i].AsOf = now
		}
	}
	return all, nil
}

// notWritten are the months whose sync was due and that no run has written.
func (k *Keeper) notWritten(ctx context.Context, _ time.Time) ([]Item, error) {
	missed, err := k.Runs.Months().Missed(ctx)
	if err != nil {
		return nil, err
	}
	item := Item{Kind: "not_written", Name: "Months not written", Page: "/attention"}
	for _, m := range missed {
		item.IDs = append(item.IDs, string(m.Month))
	}
	item.Says = problem.Plural(len(item.IDs), "month") + " whose sync was due"
	return []Item{item}, nil
}

// held is what waits for approval.
func (k *Keeper) held(ctx context.Context, _ time.Time) ([]Item, error) {
	item := Item{Kind: "held", Name: "Waiting for approval", Page: "/held"}
	oldest := int64(0)
	for c, err := range k.Store.EachChange(ctx, store.ChangeFilter{Carried: true, States: []store.ChangeState{store.StateHeld}}) {
		if err != nil {
			return nil, fmt.Errorf("reading what waits for approval: %w", err)
		}
		item.IDs = append(item.IDs, fmt.Sprintf("%d/%d", c.AgreementID, c.ProductID))
		if oldest == 0 || c.RunID < oldest {
			oldest = c.RunID
		}
	}
	if oldest != 0 {
		r, err := k.Store.Run(ctx, oldest)
		if err != nil {
			return nil, err
		}
		item.Since = r.StartedAt
	}
	item.Says = problem.Plural(len(item.IDs), "line")
	return []Item{item}, nil
}

// openMonths are the open differences of the months that ended, but for one whose sync is still to come: that is how it is written.
func (k *Keeper) openMonths(ctx context.Context, now time.Time) (items []Item, err error) {
	open, err := k.Books.Open(ctx)
	if err != nil {
		return nil, err
	}
	settings, err := k.Store.Settings(ctx)
	if err != nil {
		return nil, err
	}
	schedule := seats.ScheduleOf(settings.Months)
	for _, m := range open {
		if m.State == months.Due && schedule.DueAt(m.Month).After(now) {
			continue
		}
		item := Item{
			Kind: "open", Name: "Open in " + m.Month.String(), Page: "/months/" + string(m.Month),
			Says: problem.Plural(m.Sums.Open.Rows, "difference") + ", " + books.InWords(m.Sums),
		}
		for r, err := range store.BooksIn(k.Store).EachRow(ctx, store.MonthRowFilter{Month: m.Month, States: []store.RowState{store.RowOpen}}) {
			if err != nil {
				return nil, fmt.Errorf("reading what is open of %s: %w", m.Month, err)
			}
			item.IDs = append(item.IDs, fmt.Sprintf("%s/%d/%s", m.Month, r.OrganizationID, r.Plan))
		}
		items = append(items, item)
	}
	return items, nil
}

// organizations are those that nothing bills, and the trials that end soon.
func (k *Keeper) organizations(ctx context.Context, now time.Time) ([]Item, error) {
	rows, _, err := k.Store.Organizations(ctx, store.OrganizationFilter{})
	if err != nil {
		return nil, fmt.Errorf("reading organizations: %w", err)
	}
	unmapped := Item{Kind: "unmapped", Name: "Not mapped", Page: "/organizations?mapping=unmapped"}
	trials := Item{Kind: "trial", Name: "Trials that end", Page: "/organizations?license=trial", Role: store.Technician}
	for _, o := range rows {
		id, trial := strconv.FormatInt(o.ID, 10), seats.InTrial(o.Organization, now)
		if trial && o.TrialEndsAt.Before(now.Add(trialNotice)) {
			trials.IDs = append(trials.IDs, id+" "+dayOf(o.TrialEndsAt))
		}
		if o.Managed && !o.Mapped() && o.License != store.NFR && !trial && o.Members > 0 {
			unmapped.IDs = append(unmapped.IDs, id)
		}
	}
	unmapped.Says = problem.Plural(len(unmapped.IDs), "organization") +
		" with billable seats, which nobody is invoiced for through ConnectWise"
	trials.Says = problem.Plural(len(trials.IDs), "trial") + " within 7 days: then they are billed"
	return []Item{unmapped, trials}, nil
}

// mappings are the companies of which a mapping cannot be billed any more: company, agreement or organization vanished or ended.
func (k *Keeper) mappings(ctx context.Context, now time.Time) ([]Item, error) {
	rows, _, err := k.Store.Companies(ctx, store.CompanyFilter{Show: store.ShowAttention, Today: plan.Day(now)})
	if err != nil {
		return nil, fmt.Errorf("reading mappings that cannot be billed: %w", err)
	}
	item := Item{Kind: "mapping", Name: "Mappings that cannot be billed", Page: "/integrations/connectwise/companies?show=attention"}
	for _, c := range rows {
		item.IDs = append(item.IDs, strconv.Itoa(c.ID))
	}
	item.Says = problem.Plural(len(item.IDs), "company") + " whose agreement or organization ended or is gone"
	return []Item{item}, nil
}

// reported is what the Provider API's last report asks: organizations that are new to Seatbridge, and those that vanished.
func (k *Keeper) reported(ctx context.Context, _ time.Time) ([]Item, error) {
	if _, connected, err := k.Reports.Connection(ctx); err != nil || !connected {
		return nil, err
	}
	q, err := k.Reports.Questions(ctx)
	if err != nil {
		return nil, err
	}
	unknown := Item{Kind: "reported", Name: "Reported and not known here", Page: "/integrations/provider"}
	for _, r := range q.Unknown {
		unknown.IDs = append(unknown.IDs, r.ID+" "+r.Name)
	}
	licenses := problem.Plural(q.UnknownSeats(), "license")
	unknown.Says = fmt.Sprintf("%s of %s, %s", problem.Plural(len(unknown.IDs), "organization"), q.Month, licenses)
	gone := Item{Kind: "gone", Name: "Vanished from the report", Page: "/integrations/provider"}
	for _, o := range q.Gone {
		gone.IDs = append(gone.IDs, strconv.FormatInt(o.ID, 10))
	}
	gone.Says = fmt.Sprintf("%s of %s: unknown, not zero", problem.Plural(len(gone.IDs), "organization"), q.Month)
	return []Item{unknown, gone}, nil
}

// sources are those that failed or grew old.
func (k *Keeper) sources(ctx context.Context, now time.Time) ([]Item, error) {
	provider, err := k.provider(ctx, now)
	if err != nil {
		return nil, err
	}
	spoke, err := store.DigestsIn(k.Store).Spoke(ctx)
	if err != nil {
		return nil, err
	}
	items := []Item{provider}
	for _, s := range []struct {
		source     seats.Source
		name, says string
		kind, page string
	}{
		{seats.SourceCSV, "Files of usage", "no file", "file_old", "/usage/import"},
		{seats.SourceAPI, "Scripts that report usage", "no report by a script", "script_old", "/settings/api"},
	} {
		last, ever := spoke[string(s.source)]
		if age := now.Sub(last); ever && age > oldAfter && age < abandonedAfter {
			items = append(items, Item{
				Kind: s.kind, Name: s.name, Page: s.page, IDs: []string{dayOf(last)}, AsOf: now,
				Says: fmt.Sprintf("%s for %d days, the last on %s", s.says, int(age.Hours()/24), seats.Minute(last)),
			})
		}
	}
	return items, nil
}

// provider is what is wrong with the Provider API's report of the last month; without IDs: nothing is.
func (k *Keeper) provider(ctx context.Context, now time.Time) (Item, error) {
	item := Item{Kind: "provider", Name: "Provider API", Page: "/integrations/provider"}
	if _, connected, err := k.Reports.Connection(ctx); err != nil || !connected {
		return item, err
	}
	m := k.Reports.LastReportedMonth()
	fetch, err := k.Store.LastUsageFetch(ctx, string(m))
	switch {
	case errors.Is(err, store.ErrNotFound):
		if now.After(m.End().Add(reportLate)) {
			item.IDs, item.Says = []string{string(m) + " missing"}, fmt.Sprintf("no report of %s yet", m)
		}
		return item, nil
	case err != nil:
		return item, fmt.Errorf("reading the last report: %w", err)
	case fetch.State == store.FetchFailed:
		item.IDs, item.Says = []string{string(m) + " failed"}, fmt.Sprintf("the report of %s could not be fetched", m)
	case fetch.State == store.FetchEmpty:
		item.IDs, item.Says = []string{string(m) + " empty"}, fmt.Sprintf("the report of %s is empty, which is not zero", m)
	}
	item.AsOf = fetch.At
	return item, nil
}

// moved are the organizations whose seats of the running month, so far, rose or fell against the month before by as much as makes a
// change wait for approval (Settings › Approvals).
func (k *Keeper) moved(ctx context.Context, now time.Time) ([]Item, error) {
	settings, err := k.Store.Settings(ctx)
	if err != nil {
		return nil, err
	}
	last := store.MonthOf(now).Add(-1)
	before, err := k.Figures.All(ctx, seats.WholeMonth(last))
	if err != nil {
		return nil, err
	}
	sofar, err := k.Figures.All(ctx, seats.ToDate(now))
	if err != nil {
		return nil, err
	}
	fell, rose := movement{up: false}, movement{up: true}
	for id, u := range sofar {
		was, known := before[id].Seats()
		is, knownNow := u.Seats()
		if !known || !knownNow || u.Unmanaged {
			continue
		}
		fell.note(id, settings.Holds.Lower, was, is)
		rose.note(id, settings.Holds.Higher, was, is)
	}
	return []Item{
		fell.item("fell", "Unusual falls", last), rose.item("rose", "Unusual growth", last),
	}, nil
}

// movement adds up organizations whose seats moved in one direction.
type movement struct {
	up    bool
	ids   []int64
	seats int
}

// note counts an organization if its seats moved by a step.
func (m *movement) note(id int64, step store.Step, was, is int) {
	if is != was && (is > was) == m.up && plan.Reaches(step, decimal.NewFromInt(int64(was)), decimal.NewFromInt(int64(is))) {
		m.ids, m.seats = append(m.ids, id), m.seats+is-was
	}
}

func (m *movement) item(kind, name string, last store.Month) Item {
	item := Item{Kind: kind, Name: name, Page: "/organizations", Role: store.Technician}
	for _, id := range m.ids {
		item.IDs = append(item.IDs, fmt.Sprintf("%d %s", id, last.Add(1)))
	}
	item.Says = fmt.Sprintf("%s, %+d seats so far against %s", problem.Plural(len(m.ids), "organization"), m.seats, last)
	return item
}
