package hosted

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"seatbridge/billing/connect"
	"seatbridge/billing/problem"
	"seatbridge/connectwise"
	"seatbridge/store"
)

// readersAtOnce is how many agreements are read at once.
const readersAtOnce = 4

// settleTime is how long after a moment at which the hosted integration writes its writes still come in.
const settleTime = time.Hour

// Changed is a line that somebody other than Seatbridge changed.
type Changed struct {
	Company, Agreement, Product string
	AgreementID, AdditionID     int
	Quantity                    string // that it says now
	By                          string // the member of ConnectWise; empty: it does not say
	At                          time.Time
	Hosted                      bool // it was about half past midnight on a first of a month: very likely a hosted integration
	Own                         bool // it bears the name of Seatbridge's own API member, but its journal does not know of it
}

// Check is what was found, or how far the search is.
type Check struct {
	Running     bool
	At          time.Time // when it began; zero: it never was
	Since       time.Time // changes after this moment count
	Done, Total int       // agreements
	Own         []string  // the names under which Seatbridge writes, as far as they are known
	LastOnly    int       // lines of which only the last change is known: ConnectWise gave no audit trail of them
	Changed     []Changed // the latest first
	Problem     store.Problem
}

// checking is the search in progress, or the last one of this process.
type checking struct {
	mu    sync.Mutex
	check Check
}

func (c *checking) update(change func(*Check)) {
	c.mu.Lock()
	defer c.mu.Unlock()
	change(&c.check)
}

// Last is the last check of this process.
func (s *Switch) Last() Check {
	s.mu.Lock()
	defer s.mu.Unlock()
	check := s.check
	check.Changed = slices.Clone(check.Changed)
	return check
}

// Start looks in the background for lines of the mapped products on mapped agreements that somebody other than Seatbridge has changed
// since it began to write, or since the hosted integration was to write last. It only reads; the activity log says what it found.
// ErrRunning: one is in progress.
func (s *Switch) Start(ctx context.Context, who problem.Actor) error {
	client, err := s.connect.Client(ctx)
	if err != nil {
		return err
	}
	if err := connect.Ready(ctx, s.store); err != nil {
		return err
	}
	l, err := s.looks(ctx, client)
	if err != nil {
		return err
	}
	began := false
	s.update(func(c *Check) {
		if began = !c.Running; began {
			*c = Check{Running: true, At: s.now(), Since: l.since, Total: len(l.agreements)}
		}
	})
	if !began {
		return problem.ErrRunning
	}
	s.work.Go(func(ctx context.Context) {
		err := l.read(ctx, func() { s.update(func(c *Check) { c.Done++ }) })
		err = cmp.Or(err, s.log(ctx, who, l, err))
		s.update(func(c *Check) {
			c.Running, c.Changed, c.Own, c.LastOnly = false, l.others(), l.own(), l.lastOnly()
			if err != nil {
				c.Problem = connect.ProblemOf(err)
			}
		})
	})
	return nil
}

// log says in the activity log that somebody looked, and what came of it.
func (s *Switch) log(ctx context.Context, who problem.Actor, l *look, failure error) error {
	found := "not to the end: " + connect.ProblemOf(failure).What
	if failure == nil {
		found = problem.Plural(len(l.others()), "line") + "."
	}
	return s.store.AddActivity(context.WithoutCancel(ctx), who.Did(s.now(), store.CategoryIntegrations,
		"Looked on %s who else changes lines: %s", problem.Plural(len(l.agreements), "agreement"), found))
}

// look is one search.
type look struct {
	client     *connectwise.Client
	store      *store.Store
	since      time.Time
	agreements []store.MappedAgreement
	products   map[int]string // identifiers
	lines      map[store.LineKey]store.Line
	member     string // the API member; empty: ConnectWise does not say

	mu   sync.Mutex
	seen []seenLine
}

// seenLine is an addition with who changed it, as far as ConnectWise says.
type seenLine struct {
	mapped   store.MappedAgreement
	addition connectwise.Addition
	line     store.Line // as Seatbridge keeps it; zero: it does not
	deeds    []deed
	trail    bool        // ConnectWise told of all changes, not only of the last one
	sent     []time.Time // when Seatbridge sent changes of it, where a moment of the hosted integration makes that matter
}

// deed is a change of a line.
type deed struct {
	by string
	at time.Time
}

func (s *Switch) looks(ctx context.Context, client *connectwise.Client) (*look, error) {
	l := &look{client: client, store: s.store, products: map[int]string{}}
	plan, err := s.Plan(ctx)
	if err != nil {
		return nil, err
	}
	if l.agreements, err = s.store.MappedAgreements(ctx); err != nil {
		return nil, fmt.Errorf("reading mappings: %w", err)
	}
	products, err := s.store.ProductMappings(ctx)
	if err != nil {
		return nil, fmt.Errorf("reading product mappings: %w", err)
	}
	for _, p := range products {
		l.products[p.ProductID] = p.Identifier
	}
	if l.lines, err = s.store.Lines(ctx); err != nil {
		return nil, fmt.Errorf("reading lines: %w", err)
	}
	integration, err := s.store.Integration(ctx)
	l.member = connectwise.OwnMember(ctx, client)
	l.since = sinceWhen(plan.Chosen, l.lines, integration.ActiveSince)
	return l, err
}

// sinceWhen is the moment after which nobody else should change lines: when the hosted integration had written its last month, or else
// Seatbridge's first write, or that it became active.
func sinceWhen(chosen *Way, lines map[store.LineKey]store.Line, active time.Time) time.Time {
	if chosen != nil {
		return chosen.After.Add(settleTime)
	}
	first := active
	for _, l := range lines {
		if l.Written.Valid && (first.IsZero() || first.Equal(active) || l.WrittenAt.Before(first)) {
			first = l.WrittenAt
		}
	}
	return first
}

func (l *look) read(ctx context.Context, done func()) error {
	group, each := errgroup.WithContext(ctx)
	group.SetLimit(readersAtOnce)
	for _, m := range l.agreements {
		group.Go(func() error {
			defer done()
			return l.readAgreement(each, m)
		})
	}
	return group.Wait()
}

func (l *look) readAgreement(ctx context.Context, m store.MappedAgreement) error {
	for a, err := range l.client.Additions(ctx, m.Agreement.ID) {
		if errors.Is(err, connectwise.ErrNotFound) {
			return nil // the agreement is gone, and with it whatever was changed there
		}
		if err != nil {
			return fmt.Errorf("reading the lines of agreement %d: %w", m.Agreement.ID, err)
		}
		if l.products[a.Product.ID] == "" || !a.LastUpdated.After(l.since) && !l.ours(a) {
			continue
		}
		seen := seenLine{mapped: m, addition: a}
		seen.deeds, seen.trail = l.deeds(ctx, a)
		if seen.sent, err = l.sent(ctx, seen); err != nil {
			return err
		}
		if line := l.lines[store.LineKey{AgreementID: m.Agreement.ID, ProductID: a.Product.ID}]; line.AdditionID == a.ID {
			seen.line = line
		}
		l.mu.Lock()
		l.seen = append(l.seen, seen)
		l.mu.Unlock()
	}
	return nil
}

// ours says whether an addition is one that Seatbridge keeps.
func (l *look) ours(a connectwise.Addition) bool {
	for key, line := range l.lines {
		if key.ProductID == a.Product.ID && line.AdditionID == a.ID {
			return true
		}
	}
	return false
}

// sent are the moments at which Seatbridge sent changes of a line, by its journal; it is asked only where the line was changed at a
// moment at which the hosted integration writes.
func (l *look) sent(ctx context.Context, s seenLine) (sent []time.Time, err error) {
	if !slices.ContainsFunc(s.deeds, func(d deed) bool { return looksHosted(d.at) }) {
		return nil, nil
	}
	for c, err := range l.store.EachChange(ctx, store.ChangeFilter{AgreementID: s.mapped.Agreement.ID, Carried: true}) {
		if err != nil {
			return nil, fmt.Errorf("reading the changes of agreement %d: %w", s.mapped.Agreement.ID, err)
		}
		if c.ProductID == s.addition.Product.ID && !c.SentAt.IsZero() {
			sent = append(sent, c.SentAt, c.DoneAt)
		}
	}
	return sent, nil
}

// deeds are the changes of an addition that ConnectWise tells of: those of its audit trail where there is one that may be read, else the
// last one alone.
func (l *look) deeds(ctx context.Context, a connectwise.Addition) (deeds []deed, trail bool) {
	entries, err := l.client.AuditTrail(ctx, connectwise.AuditAddition, a.ID)
	for _, e := range entries {
		deeds = append(deeds, deed{e.EnteredBy, e.EnteredAt})
	}
	last := deed{a.UpdatedBy, a.LastUpdated}
	trail = err == nil && len(deeds) > 0
	if !slices.Contains(deeds, last) {
		deeds = append(deeds, last)
	}
	return deeds, trail
}

// lastOnly counts the lines of which only the last change is known.
func (l *look) lastOnly() (n int) {
	for _, s := range l.seen {
		if !s.trail {
			n++
		}
	}
	return n
}

// nearly is how far two clocks may be apart that tell of one write.
const nearly = 2 * time.Minute

// own are the names under which Seatbridge writes: the API member's, or else who changed lines at the moments at which Seatbridge
// wrote them, but for those at which the hosted integration writes as well.
func (l *look) own() (names []string) {
	if l.member != "" {
		return []string{l.member}
	}
	for _, s := range l.seen {
		for _, d := range s.deeds {
			written := s.line.Written.Valid && d.at.Sub(s.line.WrittenAt).Abs() <= nearly && !looksHosted(d.at)
			if written && d.by != "" && !slices.Contains(names, d.by) {
				names = append(names, d.by)
			}
		}
	}
	slices.Sort(names)
	return names
}

// others are the changes since the moment that Seatbridge did not make, by their names or, where the hosted integration may use the same
// one, by the journal: of each line, the latest.
func (l *look) others() (changed []Changed) {
	own := l.own()
	for _, s := range l.seen {
		var latest deed
		for _, d := range s.deeds {
			if d.at.After(l.since) && d.at.After(latest.at) && !s.byUs(d, own) {
				latest = d
			}
		}
		if latest.at.IsZero() {
			continue
		}
		changed = append(changed, Changed{
			Company: s.mapped.Company.Name, Agreement: s.mapped.Agreement.Name, AgreementID: s.mapped.Agreement.ID,
			Product: l.products[s.addition.Product.ID], AdditionID: s.addition.ID, Quantity: s.addition.Quantity.String(),
			By: latest.by, At: latest.at, Hosted: looksHosted(latest.at), Own: slices.Contains(own, latest.by),
		})
	}
	slices.SortFunc(changed, func(a, b Changed) int { return cmp.Or(b.At.Compare(a.At), cmp.Compare(a.AdditionID, b.AdditionID)) })
	return changed
}

// byUs says of a change whether it is Seatbridge's own: by its name, or by its moment where that does not tell. At the moments at which
// the hosted integration writes neither is enough: there the name counts where the journal knows of the change.
func (s seenLine) byUs(d deed, own []string) bool {
	named := slices.Contains(own, d.by)
	if looksHosted(d.at) {
		return named && slices.ContainsFunc(append(s.sent, s.line.WrittenAt), func(at time.Time) bool { return d.at.Sub(at).Abs() <= nearly })
	}
	return named || s.line.Written.Valid && d.at.Sub(s.line.WrittenAt).Abs() <= nearly
}

// looksHosted says whether a change was made when the hosted integration writes.
func looksHosted(at time.Time) bool {
	due := theirs.DueAt(store.MonthOf(at).Add(-1))
	return at.After(due.Add(-nearly)) && at.Before(due.Add(settleTime))
}
