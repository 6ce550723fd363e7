package billing

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/shopspring/decimal"
	"golang.org/x/sync/errgroup"

	"seatbridge/connectwise"
	"seatbridge/store"
)

const (
	// workers is how many agreements are worked on at once; the client paces their requests together.
	workers = 8
	// patience is how many agreements in a row may fail for a reason that is not their own before the
	// run gives up.
	patience = 5
	// grace is how long a write in hand may go on when the run is cancelled or the process shuts down.
	grace = 15 * time.Second
	// lag is how long a list may lack what was just written: a self-hosted instance was seen minutes
	// behind (docs/connectwise.md section 2, read-after-write lag).
	lag = time.Hour
	// looks is how often an addition whose creation has an unknown outcome is looked for.
	looks = 3
)

// writer carries one run out. Its maps are read-only once prepare has filled them.
type writer struct {
	*Bridge
	client   *connectwise.Client
	run      store.Run
	today    connectwise.Date
	policy   Policy
	products []MappedProduct
	wants    map[int]map[store.Plan]Want // by agreement
	found    map[int]connectwise.Agreement
	gone     map[int]string // by agreement: why nothing can be billed on it
	lines    map[int][]store.Line
	undo     map[int][]store.Change      // by agreement: what the run to undo wrote
	later    map[int]bool                // additions that runs after the one to undo have written
	unknown  map[store.LineKey]time.Time // creations of earlier runs whose outcome nobody saw, and when they were sent

	mu        sync.Mutex
	failures  int // agreements in a row
	postponed map[int]store.MappedAgreement
}

// carryOut does the run's work; the error is what ended it early.
func (b *Bridge) carryOut(ctx context.Context, run store.Run) error {
	w := &writer{Bridge: b, run: run, today: b.today()}
	todo, err := w.prepare(ctx)
	if err != nil {
		return err
	}
	for look := 1; len(todo) > 0; look++ {
		if err := w.processAll(ctx, todo); err != nil {
			return err
		}
		todo = nil
		for _, m := range w.postponed {
			todo = append(todo, m)
		}
		if look == looks {
			return nil // what is still unknown is recorded as such when the run is concluded
		}
		if err := wait(ctx, len(todo) > 0, b.settle); err != nil {
			return err
		}
	}
	return nil
}

func wait(ctx context.Context, needed bool, d time.Duration) error {
	if !needed {
		return nil
	}
	select {
	case <-ctx.Done():
		return context.Cause(ctx)
	case <-time.After(d):
		return nil
	}
}

// processAll works on several agreements at once.
func (w *writer) processAll(ctx context.Context, todo []store.MappedAgreement) error {
	w.postponed = map[int]store.MappedAgreement{}
	group, each := errgroup.WithContext(ctx)
	group.SetLimit(workers)
	for _, m := range todo {
		group.Go(func() error {
			if each.Err() != nil {
				return nil
			}
			return w.process(each, m)
		})
	}
	if err := group.Wait(); err != nil {
		return err
	}
	return context.Cause(ctx)
}

// prepare reads everything that takes a constant number of requests and returns the agreements to work on.
func (w *writer) prepare(ctx context.Context) ([]store.MappedAgreement, error) {
	var err error
	if w.client, err = w.connection(ctx); err != nil {
		return nil, err
	}
	settings, err := w.store.Settings(ctx)
	if err != nil {
		return nil, fmt.Errorf("reading settings: %w", err)
	}
	w.policy = Policy{HandEdits: settings.HandEdits, Holds: settings.Holds}
	if w.products, err = w.readProducts(ctx); err != nil {
		return nil, err
	}
	todo, err := w.todo(ctx)
	if err != nil {
		return nil, err
	}
	if err := w.readAgreements(ctx, todo); err != nil {
		return nil, err
	}
	return todo, w.readLines(ctx)
}

// todo is the agreements that the run has to work on yet, with what it wants of them, and the
// progress counters set accordingly.
func (w *writer) todo(ctx context.Context) ([]store.MappedAgreement, error) {
	mapped, err := w.scope(ctx)
	if err != nil {
		return nil, err
	}
	usages, err := w.Usage(ctx, Period{Month: w.run.Month, AsOf: w.run.AsOf}, mappedOrganizations(mapped))
	if err != nil {
		return nil, err
	}
	open, err := w.store.OpenAgreements(ctx, w.run.ID)
	if err != nil {
		return nil, fmt.Errorf("reading the journal: %w", err)
	}
	w.wants = map[int]map[store.Plan]Want{}
	var todo []store.MappedAgreement
	for _, m := range mapped {
		isOpen, known := open[m.Agreement.ID]
		if known && !isOpen || !known && w.applies() {
			continue
		}
		todo = append(todo, m)
		w.wants[m.Agreement.ID] = Wants(pick(usages, m.OrganizationIDs))
	}
	if !w.applies() {
		w.run.Total = len(mapped)
	}
	if err := w.store.UpdateRun(ctx, w.run); err != nil {
		return nil, fmt.Errorf("noting the size of run %d: %w", w.run.ID, err)
	}
	done := w.run.Total - len(todo)
	return todo, w.store.AddProcessed(ctx, w.run.ID, done-w.run.Processed)
}

// scope is the agreements that the run is about.
func (w *writer) scope(ctx context.Context) ([]store.MappedAgreement, error) {
	switch w.run.Kind {
	case store.RunUndo:
		return w.undoScope(ctx)
	case store.RunRelease:
		return w.releaseScope(ctx)
	}
	mapped, err := w.store.MappedAgreements(ctx)
	if err != nil {
		return nil, fmt.Errorf("reading mappings: %w", err)
	}
	released, err := w.store.ReleasedAgreements(ctx)
	if err != nil {
		return nil, fmt.Errorf("reading lines to release: %w", err)
	}
	mapped = append(mapped, released...)
	include := func(m store.MappedAgreement) bool { return w.run.Agreement == 0 || m.Agreement.ID == w.run.Agreement }
	if w.run.Kind == store.RunRetry {
		of, err := w.store.Run(ctx, w.run.Of)
		if err != nil {
			return nil, fmt.Errorf("reading run %d: %w", w.run.Of, err)
		}
		settled, err := w.changesOf(ctx, store.StateWritten, store.StateUnchanged, store.StateHeld, store.StateRejected)
		if err != nil {
			return nil, err
		}
		later, err := w.store.LookedAtBetween(ctx, w.run.Of, w.run.ID)
		if err != nil {
			return nil, err
		}
		missed, err := w.changesOf(ctx, store.StateFailed, store.StateUnknown, store.StateCancelled, store.StateStale, store.StateBlocked, store.StateConflict, store.StateSkipped)
		if err != nil {
			return nil, err
		}
		givenUp := of.Status == store.RunFailed || of.Status == store.RunCancelled
		include = func(m store.MappedAgreement) bool {
			id := m.Agreement.ID
			notReached := givenUp && settled[id] == nil && (of.Agreement == 0 || of.Agreement == id)
			return !later[id] && (missed[id] != nil || notReached)
		}
	}
	return slices.DeleteFunc(mapped, func(m store.MappedAgreement) bool { return !include(m) }), nil
}

// changesOf is what the run that this one undoes or retries did, by agreement.
func (w *writer) changesOf(ctx context.Context, states ...store.ChangeState) (map[int][]store.Change, error) {
	changes := map[int][]store.Change{}
	for c, err := range w.store.EachChange(ctx, store.ChangeFilter{RunID: w.run.Of, States: states}) {
		if err != nil {
			return nil, fmt.Errorf("reading run %d: %w", w.run.Of, err)
		}
		changes[c.AgreementID] = append(changes[c.AgreementID], c)
	}
	return changes, nil
}

func (w *writer) undoScope(ctx context.Context) ([]store.MappedAgreement, error) {
	var err error
	if w.undo, err = w.changesOf(ctx, store.StateWritten); err != nil {
		return nil, err
	}
	if w.later, err = w.store.WrittenAfter(ctx, w.run.Of, w.run.ID); err != nil {
		return nil, err
	}
	var scope []store.MappedAgreement
	for id, written := range w.undo {
		scope = append(scope, store.MappedAgreement{
			Agreement: store.Agreement{ID: id, CompanyID: written[0].CompanyID, Name: written[0].Agreement},
			Company:   store.Company{ID: written[0].CompanyID, Name: written[0].Company},
		})
	}
	slices.SortFunc(scope, func(a, b store.MappedAgreement) int { return cmp.Compare(a.Agreement.ID, b.Agreement.ID) })
	return scope, nil
}

func (w *writer) releaseScope(ctx context.Context) ([]store.MappedAgreement, error) {
	agreement, err := w.store.Agreement(ctx, w.run.Agreement)
	if err != nil {
		return nil, fmt.Errorf("reading agreement %d: %w", w.run.Agreement, err)
	}
	mappings, err := w.store.Mappings(ctx)
	if err != nil {
		return nil, fmt.Errorf("reading mappings: %w", err)
	}
	if slices.ContainsFunc(mappings, func(m store.Mapping) bool { return m.AgreementID == agreement.ID }) {
		return nil, nil // mapped again: its seats are a sync's
	}
	company, err := w.store.Company(ctx, agreement.CompanyID)
	if err != nil {
		return nil, fmt.Errorf("reading company %d: %w", agreement.CompanyID, err)
	}
	return []store.MappedAgreement{{Agreement: agreement, Company: company}}, nil
}

// plan decides what to do on one agreement, by the kind of the run.
func (w *writer) plan(s Situation) []store.Change {
	switch w.run.Kind {
	case store.RunUndo:
		return planUndo(s, w.undo[s.Agreement.ID], w.later, w.today)
	case store.RunRelease:
		return planRelease(s, w.today)
	}
	if s.MappedAt.IsZero() {
		return hold(planRelease(s, w.today), false, w.policy) // its organizations are mapped elsewhere now
	}
	return Plan(s, w.products, w.today, w.policy)
}

// applies says whether the run writes a preview: then what was shown is all that is written.
func (w *writer) applies() bool { return !w.run.Preview && !w.run.PlannedAt.IsZero() }

func mappedOrganizations(mapped []store.MappedAgreement) []int64 {
	ids := []int64{}
	for _, m := range mapped {
		ids = append(ids, m.OrganizationIDs...)
	}
	return ids
}

func pick(usages map[int64]Usage, ids []int64) []Usage {
	picked := make([]Usage, 0, len(ids))
	for _, id := range ids {
		picked = append(picked, usages[id])
	}
	return picked
}

// readProducts reads the mapped catalog items, in the order of the plans.
func (w *writer) readProducts(ctx context.Context) ([]MappedProduct, error) {
	mappings, err := w.store.ProductMappings(ctx)
	if err != nil {
		return nil, fmt.Errorf("reading product mappings: %w", err)
	}
	ids := []int{}
	for _, m := range mappings {
		ids = append(ids, m.ProductID)
	}
	items := map[int]connectwise.CatalogItem{}
	for item, err := range w.client.CatalogItems(ctx, connectwise.CatalogFilter{IDs: ids}) {
		if err != nil {
			return nil, fmt.Errorf("reading the mapped products: %w", err)
		}
		items[item.ID] = item
	}
	products := []MappedProduct{}
	for _, plan := range store.Plans() {
		m, ok := mappings[plan]
		if !ok {
			return nil, ErrNotActive
		}
		p := MappedProduct{Plan: plan, ID: m.ProductID, Identifier: m.Identifier}
		item, ok := items[m.ProductID]
		var err error
		if !ok {
			// A filtered list may lag behind; only asking for the record itself tells that it is gone.
			item, err = w.client.CatalogItem(ctx, m.ProductID)
		}
		switch {
		case errors.Is(err, connectwise.ErrNotFound):
			p.Unusable = fmt.Sprintf("The product %s no longer exists in ConnectWise.", m.Identifier)
		case err != nil:
			return nil, fmt.Errorf("reading product %s: %w", m.Identifier, err)
		case item.Inactive:
			p.Unusable = fmt.Sprintf("The product %s is inactive in ConnectWise.", item.Identifier)
		}
		products = append(products, p)
	}
	return products, nil
}

// readAgreements reads the state of the agreements and their companies, some hundred a request.
func (w *writer) readAgreements(ctx context.Context, todo []store.MappedAgreement) error {
	w.found, w.gone = map[int]connectwise.Agreement{}, map[int]string{}
	if len(todo) == 0 {
		return nil
	}
	var ids, companyIDs []int
	for _, m := range todo {
		ids, companyIDs = append(ids, m.Agreement.ID), append(companyIDs, m.Company.ID)
	}
	for a, err := range w.client.Agreements(ctx, connectwise.AgreementFilter{IDs: ids}) {
		if err != nil {
			return fmt.Errorf("reading agreements: %w", err)
		}
		w.found[a.ID] = a
	}
	companies := map[int]connectwise.Company{}
	for c, err := range w.client.Companies(ctx, connectwise.CompanyFilter{IDs: companyIDs, IncludeDeleted: true}) {
		if err != nil {
			return fmt.Errorf("reading companies: %w", err)
		}
		companies[c.ID] = c
	}
	for _, m := range todo {
		if err := w.judge(ctx, m, companies); err != nil {
			return err
		}
	}
	return nil
}

// judge finds out whether the agreement can be billed on.
func (w *writer) judge(ctx context.Context, m store.MappedAgreement, companies map[int]connectwise.Company) error {
	id := m.Agreement.ID
	if _, ok := w.found[id]; !ok {
		// A filtered list may lag behind; only asking for the record itself tells that it is gone.
		a, err := w.client.Agreement(ctx, id)
		if errors.Is(err, connectwise.ErrNotFound) {
			w.gone[id] = "The agreement no longer exists in ConnectWise."
			return nil
		}
		if err != nil {
			return fmt.Errorf("reading agreement %d: %w", id, err)
		}
		w.found[id] = a
	}
	if m.Moved || m.Company.ID != 0 && w.found[id].Company.ID != m.Company.ID {
		w.gone[id] = "The agreement belongs to another company now than the one it was mapped with."
		return nil
	}
	if c, ok := companies[m.Company.ID]; ok && c.Deleted {
		w.gone[id] = fmt.Sprintf("The company %s is deleted in ConnectWise.", c.Name)
		return nil
	}
	if why := Unbillable(w.found[id], w.today); why != "" {
		w.gone[id] = why
	}
	return nil
}

func (w *writer) readLines(ctx context.Context) error {
	lines, err := w.store.Lines(ctx)
	if err != nil {
		return fmt.Errorf("reading bound additions: %w", err)
	}
	w.lines = map[int][]store.Line{}
	for key, line := range lines {
		w.lines[key.AgreementID] = append(w.lines[key.AgreementID], line)
	}
	if w.unknown, err = w.store.UnsettledCreations(ctx, w.run.ID, w.now().Add(-w.settle)); err != nil {
		return fmt.Errorf("reading unsettled additions: %w", err)
	}
	return nil
}

// process plans one agreement, writes the plan down and, unless this is a preview, carries it out.
// A failure of this agreement is recorded with it; the error is one that ends the run.
func (w *writer) process(ctx context.Context, m store.MappedAgreement) error {
	journal, err := w.store.AgreementChanges(ctx, w.run.ID, m.Agreement.ID)
	if err != nil {
		return fmt.Errorf("reading the journal of agreement %d: %w", m.Agreement.ID, err)
	}
	s := w.situation(m, journal)
	if s.Gone == "" && !anyUnknown(s.Wants) {
		if s.Additions, err = w.additions(ctx, m.Agreement.ID); err != nil {
			return w.fail(ctx, s, err)
		}
	}
	changes, unsettled, err := w.reconcile(ctx, m, s, journal)
	if err != nil {
		return err
	}
	if unsettled {
		w.postpone(m)
		return nil
	}
	changes, err = w.store.PlanAgreement(ctx, w.run.ID, m.Agreement.ID, changes)
	if err != nil {
		return fmt.Errorf("planning agreement %d: %w", m.Agreement.ID, err)
	}
	if !slices.ContainsFunc(changes, func(c store.Change) bool { return c.State == store.StatePlanned }) {
		w.inOrder() // nothing to write: that it could be read is all there is to tell
	}
	if !w.run.Preview {
		if done, err := w.writeAll(ctx, m, s, changes); err != nil || !done {
			return err
		}
	}
	return w.store.AddProcessed(context.WithoutCancel(ctx), w.run.ID, 1)
}

// situation gathers what is known of the agreement. What the journal says was wanted is still wanted:
// a run that goes on, or writes a preview, does not count anew.
func (w *writer) situation(m store.MappedAgreement, journal []store.Change) Situation {
	id := m.Agreement.ID
	s := Situation{
		Company: m.Company, Agreement: m.Agreement, Found: w.found[id], Gone: w.gone[id],
		Wants: w.wants[id], Lines: w.lines[id], MappedAt: m.MappedAt,
	}
	if len(journal) > 0 {
		s.Wants = journalWants(journal)
	}
	return s
}

func journalWants(journal []store.Change) map[store.Plan]Want {
	wants := map[store.Plan]Want{}
	for _, c := range journal {
		if c.Plan == "" {
			continue
		}
		want := Want{Shares: c.Shares}
		if c.After.Valid {
			want.Seats = int(c.After.Decimal.IntPart())
		} else {
			want.Unknown = c.Reason
		}
		wants[c.Plan] = want
	}
	return wants
}

// additions reads the agreement's additions. One that Seatbridge wrote lately and that the list does not
// show is asked for by its id: the list may lag behind.
func (w *writer) additions(ctx context.Context, agreementID int) ([]connectwise.Addition, error) {
	var additions []connectwise.Addition
	listed := map[int]bool{}
	for a, err := range w.client.Additions(ctx, agreementID) {
		if err != nil {
			return nil, fmt.Errorf("reading the additions of agreement %d: %w", agreementID, err)
		}
		additions = append(additions, a)
		listed[a.ID] = true
	}
	for _, l := range w.lines[agreementID] {
		if listed[l.AdditionID] || w.now().Sub(l.WrittenAt) > lag {
			continue
		}
		a, err := w.client.Addition(ctx, agreementID, l.AdditionID)
		if errors.Is(err, connectwise.ErrNotFound) {
			continue
		}
		if err != nil {
			return nil, fmt.Errorf("reading addition %d of agreement %d: %w", l.AdditionID, agreementID, err)
		}
		additions = append(additions, a)
	}
	return additions, nil
}

// reconcile plans the agreement and squares the plan with what the journal says happened before. It
// finishes what turns out to be done and returns what is to be planned. unsettled: a creation of
// unknown outcome is too young for a missing addition to mean anything.
func (w *writer) reconcile(ctx context.Context, m store.MappedAgreement, s Situation, journal []store.Change) (changes []store.Change, unsettled bool, err error) {
	before := map[int]store.Change{}
	for _, c := range journal {
		before[c.ProductID] = c
	}
	plan := w.plan(s)
	for _, fresh := range plan {
		if old := before[fresh.ProductID]; w.unsettled(fresh, old) {
			return nil, true, nil
		}
	}
	for _, fresh := range plan {
		old, known := before[fresh.ProductID]
		delete(before, fresh.ProductID)
		switch {
		case known && old.State.Final(), !known && w.applies(): // it was not shown, so it is not written
		case known && old.State == store.StateSending && arrived(fresh, old):
			old.AdditionID, old.State = fresh.AdditionID, store.StateWritten
			err = errors.Join(err, w.finish(ctx, old))
		case known && w.applies() && w.outdated(m, old) != "":
			old.Reason, old.State = w.outdated(m, old), store.StateStale
			err = errors.Join(err, w.finish(ctx, old))
		case known && w.applies() && !sameChange(old, fresh):
			old.Reason, old.State = staleReason(old, fresh), store.StateStale
			err = errors.Join(err, w.finish(ctx, old))
		case known && w.applies():
			if old.State == store.StateSending {
				err = errors.Join(err, w.replan(ctx, old))
			}
			old.State = store.StatePlanned
			changes = append(changes, old)
		case known && sameChange(old, fresh): // decided already; what is half done is not held now
			if old.State == store.StateSending {
				err = errors.Join(err, w.replan(ctx, old))
			}
			old.State = store.StatePlanned
			changes = append(changes, old)
		case known && old.State == store.StateSending:
			err = errors.Join(err, w.replan(ctx, old))
			changes = append(changes, fresh)
		default:
			changes = append(changes, fresh)
		}
	}
	for _, old := range before {
		if !old.State.Final() {
			old.Reason, old.State = "There is nothing to change any more.", store.StateStale
			err = errors.Join(err, w.finish(ctx, old))
		}
	}
	return changes, false, err
}

// outdated says in a sentence what was decided in Seatbridge since a change was shown, so that writing it
// would be wrong; empty: nothing.
func (w *writer) outdated(m store.MappedAgreement, c store.Change) string {
	if w.run.Kind == store.RunUndo || w.run.Kind == store.RunRelease {
		return ""
	}
	for _, share := range c.Shares {
		if !slices.Contains(m.OrganizationIDs, share.OrganizationID) {
			return fmt.Sprintf("%s is not mapped to this agreement any more.", share.Organization)
		}
	}
	for _, p := range w.products {
		if p.Plan == c.Plan && p.ID != c.ProductID {
			return fmt.Sprintf("%s is mapped to another product since.", p.Plan.Name())
		}
	}
	return ""
}

// arrived says whether a change that was sent took effect, by the line as it is now.
func arrived(now, sent store.Change) bool {
	return now.AdditionID != 0 && now.Before.Valid && now.Before.Decimal.Equal(sent.After.Decimal)
}

// replan takes back that a change was sent: ConnectWise does not have it, and only a planned one may be sent again.
func (w *writer) replan(ctx context.Context, c store.Change) error {
	c.State = store.StatePlanned
	if err := w.store.FinishChange(ctx, c, nil); err != nil {
		return fmt.Errorf("planning change %d again: %w", c.ID, err)
	}
	return nil
}

// unsettled says whether the addition that fresh would create may be on its way already.
func (w *writer) unsettled(fresh, old store.Change) bool {
	if fresh.Kind != store.KindCreate {
		return false
	}
	sent := w.unknown[store.LineKey{AgreementID: fresh.AgreementID, ProductID: fresh.ProductID}]
	if old.State == store.StateSending && old.SentAt.After(sent) {
		sent = old.SentAt
	}
	return !sent.IsZero() && w.now().Before(sent.Add(w.settle))
}

func sameChange(a, b store.Change) bool {
	return a.Kind == b.Kind && a.AdditionID == b.AdditionID && a.Before.Valid == b.Before.Valid && a.Before.Decimal.Equal(b.Before.Decimal)
}

func staleReason(old, fresh store.Change) string {
	if fresh.Before.Valid && old.Before.Valid {
		return fmt.Sprintf("ConnectWise says %s now, the preview showed %s.", fresh.Before.Decimal, old.Before.Decimal)
	}
	return "ConnectWise changed since the preview. " + fresh.Reason
}

// finish writes a change's outcome and, where the line is now as it should be, binds it.
func (w *writer) finish(ctx context.Context, c store.Change) error {
	c.DoneAt = w.now()
	var line *store.Line
	bound := boundLine(w.lines[c.AgreementID], c.ProductID)
	if c.State == store.StateWritten && (w.run.Kind != store.RunUndo || bound.AdditionID == 0 || bound.AdditionID == c.AdditionID) {
		line = w.lineOf(c)
	}
	if err := w.store.FinishChange(ctx, c, line); err != nil {
		return fmt.Errorf("recording change %d: %w", c.ID, err)
	}
	return nil
}

// postpone leaves an agreement for another look after the others.
func (w *writer) postpone(m store.MappedAgreement) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.postponed[m.Agreement.ID] = m
}

// fail records that the agreement could not be read.
func (w *writer) fail(ctx context.Context, s Situation, cause error) error {
	if ctx.Err() != nil {
		return nil
	}
	if fatal(cause) {
		return cause
	}
	changes := w.unread(s)
	for i := range changes {
		c := &changes[i]
		c.Kind, c.State, c.Problem = store.KindSkipped, store.StateFailed, problemOf(cause)
		c.Reason = "The agreement's additions could not be read."
	}
	if _, err := w.store.PlanAgreement(ctx, w.run.ID, s.Agreement.ID, changes); err != nil {
		return fmt.Errorf("recording agreement %d: %w", s.Agreement.ID, err)
	}
	if err := w.store.AddProcessed(ctx, w.run.ID, 1); err != nil {
		return err
	}
	return w.lost(cause)
}

// unread names the lines of an agreement whose additions could not be read: what was to be billed there
// or, when that is nothing, every product, because a line that should go to 0 may be there.
func (w *writer) unread(s Situation) []store.Change {
	var changes []store.Change
	for _, written := range w.undo[s.Agreement.ID] {
		c := newChange(s, MappedProduct{Plan: written.Plan, ID: written.ProductID, Identifier: written.Product})
		c.AdditionID, c.After = written.AdditionID, written.Before
		changes = append(changes, c)
	}
	if w.run.Kind == store.RunUndo {
		return changes
	}
	nothing := true
	for _, p := range w.products {
		nothing = nothing && len(s.Wants[p.Plan].Shares) == 0
	}
	for _, p := range w.products {
		if want := s.Wants[p.Plan]; nothing || len(want.Shares) > 0 {
			c := newChange(s, p)
			c.Shares, c.After = want.Shares, decimal.NewNullDecimal(decimal.NewFromInt(int64(want.Seats)))
			changes = append(changes, c)
		}
	}
	return changes
}

// writeAll carries out the planned changes of one agreement, one after the other; false: some wait for
// another look or the run is ending.
func (w *writer) writeAll(ctx context.Context, m store.MappedAgreement, s Situation, changes []store.Change) (done bool, err error) {
	done = true
	slices.SortStableFunc(changes, func(a, b store.Change) int { return cmp.Compare(growth(b), growth(a)) })
	for _, c := range changes {
		switch c.State {
		case store.StateUnchanged:
			if err := w.adopt(ctx, c); err != nil {
				return false, err
			}
		case store.StatePlanned:
			if ctx.Err() != nil {
				return false, nil
			}
			outcome, err := w.write(ctx, s, c)
			if err != nil {
				return false, err
			}
			if outcome == store.StateSending {
				w.postpone(m)
				return false, nil
			}
			if outcome != store.StateWritten {
				return true, nil // half a move: the rest is left for the next look
			}
		}
	}
	return done, nil
}

// growth is 1 for a change to more seats, -1 to fewer. What grows is written first: when seats move and the
// new line is refused, the old one still bills them.
func growth(c store.Change) int { return c.After.Decimal.Sub(c.Before.Decimal).Sign() }

// adopt binds a line that is right already, unless it is bound so.
func (w *writer) adopt(ctx context.Context, c store.Change) error {
	bound := boundLine(w.lines[c.AgreementID], c.ProductID)
	if bound.AdditionID == c.AdditionID && bound.Written.Valid && bound.Written.Decimal.Equal(c.After.Decimal) {
		return nil
	}
	if err := w.store.SaveLine(ctx, *w.lineOf(c)); err != nil {
		return fmt.Errorf("binding addition %d: %w", c.AdditionID, err)
	}
	return nil
}

// lineOf binds the change's addition, with the quantity it has now.
func (w *writer) lineOf(c store.Change) *store.Line {
	bound := boundLine(w.lines[c.AgreementID], c.ProductID)
	return &store.Line{
		AgreementID: c.AgreementID, ProductID: c.ProductID, AdditionID: c.AdditionID,
		Chosen:  bound.Chosen && bound.AdditionID == c.AdditionID,
		Written: c.After, WrittenAt: w.now(),
	}
}

// write carries out one change, records its outcome and returns the state it is in: 'sending' when a
// creation's outcome is unknown, until somebody has looked; empty when the process is going down.
func (w *writer) write(ctx context.Context, s Situation, c store.Change) (outcome store.ChangeState, err error) {
	hand, release := inHand(ctx)
	defer release()
	c.SentAt = w.now()
	if err := w.store.StartChange(hand, c.ID, c.SentAt); err != nil {
		return "", fmt.Errorf("starting change %d: %w", c.ID, err)
	}
	addition, cause := w.send(hand, s, &c)
	switch {
	case cause != nil && hand.Err() != nil:
		return "", nil // the process is going down: the change stays 'sending', for Resume
	case errors.Is(cause, connectwise.ErrUnknownOutcome) && c.Kind == store.KindCreate:
		return store.StateSending, nil
	case cause != nil:
		c.State, c.Problem = store.StateFailed, problemOf(cause)
		if addition.ID != 0 {
			c.AdditionID = addition.ID // created, but not as asked
		}
	default:
		c.State, c.AdditionID = store.StateWritten, addition.ID
		if addition.UnitPrice.Valid {
			c.UnitPrice = addition.UnitPrice
		}
	}
	if err := w.finish(context.WithoutCancel(hand), c); err != nil {
		return "", err
	}
	return c.State, w.lost(cause)
}

// send makes the request.
func (w *writer) send(ctx context.Context, s Situation, c *store.Change) (connectwise.Addition, error) {
	if c.Kind == store.KindUpdate {
		a, err := w.client.UpdateQuantity(ctx, c.AgreementID, c.AdditionID, c.After.Decimal)
		if err != nil && ambiguous(err) {
			return w.confirm(ctx, *c, err)
		}
		return a, err
	}
	a, err := w.create(ctx, *c)
	if !errors.Is(err, connectwise.ErrInvalid) {
		return a, err
	}
	effective, differs := w.redate(ctx, *c, err)
	if !differs {
		return a, err
	}
	c.EffectiveDate = effective
	return w.create(ctx, *c) // the first one was refused, so nothing is doubled
}

// redate looks, after a refusal, whether the agreement's dates changed since they were read or its period
// turned out to be invoiced, and says on which day the addition has to start instead.
func (w *writer) redate(ctx context.Context, c store.Change, refusal error) (effective string, differs bool) {
	a, err := w.client.Agreement(ctx, c.AgreementID)
	if err != nil {
		return "", false
	}
	d := EffectiveDate(a, w.today)
	if connectwise.PeriodInvoiced(refusal) && a.NextInvoiceDate.After(d) {
		d = a.NextInvoiceDate
	}
	return d.String(), d.String() != c.EffectiveDate
}

func (w *writer) create(ctx context.Context, c store.Change) (connectwise.Addition, error) {
	effective, err := connectwise.ParseDate(c.EffectiveDate)
	if err != nil {
		return connectwise.Addition{}, fmt.Errorf("creating an addition on agreement %d: %w", c.AgreementID, err)
	}
	return w.client.CreateAddition(ctx, c.AgreementID, connectwise.NewAddition{
		ProductID: c.ProductID, Quantity: c.After.Decimal, EffectiveDate: effective,
	})
}

// ambiguous says whether a quantity may have been written although the request failed.
func ambiguous(err error) bool {
	return errors.Is(err, connectwise.ErrTimeout) || errors.Is(err, connectwise.ErrUnreachable) ||
		errors.Is(err, connectwise.ErrUnknownOutcome) || errors.Is(err, connectwise.ErrMaintenance) || errors.Is(err, connectwise.ErrServer)
}

// confirm looks whether the quantity was written after all.
func (w *writer) confirm(ctx context.Context, c store.Change, cause error) (connectwise.Addition, error) {
	a, err := w.client.Addition(ctx, c.AgreementID, c.AdditionID)
	if err == nil && a.Quantity.Equal(c.After.Decimal) {
		return a, nil
	}
	return connectwise.Addition{}, cause
}

// inHand lets a write go on for a while after the run was told to stop: cutting it off would make its
// outcome unknown.
func inHand(ctx context.Context) (context.Context, func()) {
	hand, cancel := context.WithCancel(context.WithoutCancel(ctx))
	context.AfterFunc(ctx, func() {
		select {
		case <-hand.Done():
		case <-time.After(grace):
			cancel()
		}
	})
	return hand, cancel
}

// lost counts agreements that failed in a row for a reason beyond them; cause nil starts over. Too
// many, or one that will fail them all, ends the run.
func (w *writer) lost(cause error) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	switch {
	case cause == nil:
		w.failures = 0
	case fatal(cause):
		return cause
	case ambiguous(cause) || errors.Is(cause, connectwise.ErrForbidden) || errors.Is(cause, connectwise.ErrRateLimited) || errors.Is(cause, connectwise.ErrUnroutable):
		w.failures++
	}
	if w.failures >= patience {
		return cause
	}
	return nil
}

// inOrder ends a row of agreements that failed.
func (w *writer) inOrder() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.failures = 0
}

// fatal says whether every further request would fail the same way.
func fatal(err error) bool {
	for _, f := range []error{
		connectwise.ErrUnauthorized, connectwise.ErrClientID, connectwise.ErrUnknownCompany,
		connectwise.ErrRedirect, connectwise.ErrSSLRequired, connectwise.ErrNotConnectWise,
	} {
		if errors.Is(err, f) {
			return true
		}
	}
	return false
}
