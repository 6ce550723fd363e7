package figures

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"time"

	"seatbridge/billing/seats"
	"seatbridge/store"
)

// rememberedMonths is how many months' figures are kept in memory: the current one and the eleven before.
const rememberedMonths = 12

// figures remembers every organization's figures of the last months, because pages sum them up and sort
// by them. It asks the store what changed and counts only that anew. Runs never read it: they count.
type figures struct {
	mu             sync.Mutex
	version        int64 // of the ledgers
	rules          seats.Rules
	month          store.Month // the current one
	byOrganization map[int64]*remembered
	sums           []MonthTotal // of all organizations, oldest month first; nil: to be added up
}

// remembered are one organization's figures, oldest month first.
type remembered struct {
	created time.Time
	months  [rememberedMonths]plainUsage
	trend   seats.Trend
	until   time.Time // when time alone will change the current month's figure; zero: never
}

// plainUsage is a Usage without its words.
type plainUsage struct {
	seats.Quantity
	plan    store.Plan
	license store.License
	ledger  int

	disputed bool
}

// refresh brings what is remembered up to date. The caller holds the lock.
func (f *figures) refresh(ctx context.Context, b *Book) error {
	rules, err := b.Rules(ctx)
	if err != nil {
		return err
	}
	now := b.now()
	if month := store.MonthOf(now); f.byOrganization == nil || f.month != month || !f.rules.Equal(rules) {
		f.version, f.rules, f.month, f.byOrganization = 0, rules, month, map[int64]*remembered{}
	}
	changed, version, err := b.store.LedgerChanges(ctx, f.version)
	if err != nil {
		return err
	}
	for id, r := range f.byOrganization {
		if !r.until.IsZero() && !r.until.After(now) {
			changed = append(changed, id)
		}
	}
	if len(changed) == 0 {
		return nil
	}
	if f.version == 0 {
		changed = nil // everything
	}
	if err := f.count(ctx, b, changed); err != nil {
		return err
	}
	f.version, f.sums = version, nil
	return nil
}

// count counts the organizations anew; nil: all of them.
func (f *figures) count(ctx context.Context, b *Book, ids []int64) error {
	periods := b.lastPeriods(rememberedMonths)
	first := periods[0].Start()
	for l, err := range b.store.Ledgers(ctx, first, periods[rememberedMonths-1].Month.End(), ids) {
		if err != nil {
			return fmt.Errorf("counting seats: %w", err)
		}
		if deleted := l.Organization.DeletedAt; !deleted.IsZero() && !deleted.After(first) {
			delete(f.byOrganization, l.Organization.ID)
			continue
		}
		r := &remembered{created: l.Organization.CreatedAt, until: nextChange(l, b.now()), trend: seats.TrendOf(l, b.now(), f.rules)}
		for i, p := range periods {
			u := seats.Count(l, p, f.rules)
			r.months[i] = plainUsage{Quantity: u.Quantity, plan: u.Plan, license: u.License, ledger: u.Ledger, disputed: u.Disputed}
		}
		f.byOrganization[l.Organization.ID] = r
	}
	return nil
}

// nextChange is the next moment at which a figure to date changes by itself; zero: none is known.
func nextChange(l store.Ledger, now time.Time) time.Time {
	var next time.Time
	note := func(t time.Time) {
		if t.After(now) && (next.IsZero() || t.Before(next)) {
			next = t
		}
	}
	note(l.Organization.CreatedAt)
	note(l.Organization.TrialEndsAt)
	note(l.Organization.DeletedAt)
	for _, term := range l.Terms {
		note(term.Since)
	}
	for _, s := range l.Seats {
		note(s.InvitedAt)
		note(s.JoinedAt)
		note(s.DeletedAt)
	}
	return next
}

// All is the billable seats of all organizations in a month to date or a whole past month, without
// the reasons, which Usage gives. It is quick for the last twelve months.
func (b *Book) All(ctx context.Context, p seats.Period) (map[int64]seats.Usage, error) {
	b.figures.mu.Lock()
	defer b.figures.mu.Unlock()
	if err := b.figures.refresh(ctx, b); err != nil {
		return nil, err
	}
	for i, remembered := range b.lastPeriods(rememberedMonths) {
		if remembered.Month != p.Month || remembered.AsOf.IsZero() != p.AsOf.IsZero() {
			continue
		}
		usages := make(map[int64]seats.Usage, len(b.figures.byOrganization))
		for id, r := range b.figures.byOrganization {
			usages[id] = r.usage(id, i, p)
		}
		return usages, nil
	}
	return b.Usage(ctx, p, nil)
}

// Disputed are the organizations, by id, about whose month, one of the last twelve, the sources disagree.
func (b *Book) Disputed(ctx context.Context, m store.Month) ([]int64, error) {
	i := slices.IndexFunc(b.lastPeriods(rememberedMonths), func(p seats.Period) bool { return p.Month == m })
	if i < 0 {
		return nil, nil
	}
	var ids []int64
	err := b.eachRemembered(ctx, nil, func(id int64, r *remembered) {
		if r.months[i].disputed {
			ids = append(ids, id)
		}
	})
	slices.Sort(ids)
	return ids, err
}

// Totals is the billable seats of the last months, oldest first; the last one is the current month to
// date. It goes back eleven months at most.
func (b *Book) Totals(ctx context.Context, months int) ([]MonthTotal, error) {
	b.figures.mu.Lock()
	defer b.figures.mu.Unlock()
	if err := b.figures.refresh(ctx, b); err != nil {
		return nil, err
	}
	if b.figures.sums == nil {
		b.figures.sums = b.figures.addUp(b.lastPeriods(rememberedMonths))
	}
	return slices.Clone(b.figures.sums[max(0, rememberedMonths-months):]), nil
}

func (f *figures) addUp(periods []seats.Period) []MonthTotal {
	sums := make([]MonthTotal, len(periods))
	for i, p := range periods {
		sums[i] = MonthTotal{Month: p.Month, Seats: map[store.Plan]int{}}
		for _, r := range f.byOrganization {
			if r.isThere(i, p) {
				sums[i].add(r.months[i])
			}
		}
	}
	return sums
}

// isThere says whether the organization has part in the period: it was there, or somebody says what it used.
func (r *remembered) isThere(i int, p seats.Period) bool {
	return r.months[i].Known() || r.created.Before(p.End())
}

// TotalsOf is Totals of the given organizations.
func (b *Book) TotalsOf(ctx context.Context, months int, ids []int64) ([]MonthTotal, error) {
	some := figures{byOrganization: make(map[int64]*remembered, len(ids))}
	err := b.eachRemembered(ctx, ids, func(id int64, r *remembered) { some.byOrganization[id] = r })
	return some.addUp(b.lastPeriods(rememberedMonths))[max(0, rememberedMonths-months):], err
}

// Months is the figures of the last twelve months of each of the organizations, oldest first and without the
// reasons; the last one is the current month to date.
func (b *Book) Months(ctx context.Context, ids []int64) (map[int64][]seats.Usage, error) {
	periods := b.lastPeriods(rememberedMonths)
	months := make(map[int64][]seats.Usage, len(ids))
	err := b.eachRemembered(ctx, ids, func(id int64, r *remembered) {
		for i, p := range periods {
			months[id] = append(months[id], r.usage(id, i, p))
		}
	})
	return months, err
}

// Forecast is what to expect at the end of the current month for the organizations together; nil: for all. Halves of
// seats add up, so that it may differ from the sum of the forecasts of each.
func (b *Book) Forecast(ctx context.Context, ids []int64) (seats.Forecast, error) {
	now := seats.ToDate(b.now())
	var sum seats.Forecast
	err := b.eachRemembered(ctx, ids, func(id int64, r *remembered) {
		if f := r.trend.Forecast(r.usage(id, rememberedMonths-1, now)); f.Known {
			sum.Known = true
			sum.ToDate += f.ToDate
			sum.Expected += f.Expected
		}
	})
	return sum, err
}

// eachRemembered calls fn with what is remembered of the organizations, brought up to date; nil: of all.
func (b *Book) eachRemembered(ctx context.Context, ids []int64, fn func(id int64, r *remembered)) error {
	b.figures.mu.Lock()
	defer b.figures.mu.Unlock()
	if err := b.figures.refresh(ctx, b); err != nil {
		return err
	}
	if ids == nil {
		for id, r := range b.figures.byOrganization {
			fn(id, r)
		}
	}
	for _, id := range ids {
		if r := b.figures.byOrganization[id]; r != nil {
			fn(id, r)
		}
	}
	return nil
}

// usage is the organization's figure of the i-th month.
func (r *remembered) usage(id int64, i int, p seats.Period) seats.Usage {
	f := r.months[i]
	return seats.Usage{
		OrganizationID: id, Period: p, Quantity: f.Quantity, Plan: f.plan, License: f.license, Ledger: f.ledger,
		Disputed: f.disputed, Before: !r.created.Before(p.End()),
	}
}

func (t *MonthTotal) add(f plainUsage) {
	if billable, ok := f.Seats(); ok {
		t.Seats[f.plan] += billable
		t.Known++
	} else {
		t.Unknown++
	}
}
