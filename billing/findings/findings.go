// Package findings is what readings of agreements found that a person should know, and what may be done about it.
package findings

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"seatbridge/billing/plan"
	"seatbridge/billing/problem"
	"seatbridge/billing/run"
	"seatbridge/billing/seats"
	"seatbridge/store"
)

// longestNote bounds why something is meant so, in characters.
const longestNote = 500

// Desk is what may be done about findings.
type Desk struct {
	store *store.Store
	now   func() time.Time
	run   *run.Runner
}

// New makes the desk of a store.
func New(s *store.Store, now func() time.Time, runs *run.Runner) *Desk {
	return &Desk{store: s, now: now, run: runs}
}

// List lists findings in words, what a write waits for first; total counts those beyond the limit, too.
func (d *Desk) List(ctx context.Context, f store.FindingFilter) (page []store.KnownFinding, total int, err error) {
	page, total, err = store.ReadingsIn(d.store).Findings(ctx, f)
	for i := range page {
		page[i] = inWords(page[i])
	}
	return page, total, err
}

// Counts counts by subject the findings of which nobody said that they are meant so.
func (d *Desk) Counts(ctx context.Context) (map[store.Subject]int, error) {
	return store.ReadingsIn(d.store).CountFindings(ctx)
}

// inWords adds the words that depend on what is mapped now.
func inWords(f store.KnownFinding) store.KnownFinding {
	if f.Subject == store.AboutUnfed {
		f.Finding = plan.Unfed(f.Finding)
	}
	return f
}

// An Answer says of a finding that it is meant so.
type Answer struct {
	Key   store.FindingKey
	Facts string // that were shown: of others it says nothing
	Note  string // why; may be empty
}

// Meant keeps that a finding is meant so, until its facts are others. What is not there any more, or is something else now, is an
// *problem.Invalid.
func (d *Desk) Meant(ctx context.Context, who problem.Actor, a Answer) error {
	note := strings.TrimSpace(a.Note)
	if len([]rune(note)) > longestNote {
		return invalid(fmt.Sprintf("The note may have %d characters.", longestNote))
	}
	return d.store.Together(ctx, "answering a finding", func(s *store.Store) error {
		f, err := current(ctx, s, a.Key, a.Facts)
		if err != nil {
			return err
		}
		answer := store.Answer{Key: a.Key, Facts: a.Facts, Note: note, By: who.Name, At: d.now()}
		if err := store.ReadingsIn(s).Answer(ctx, answer); err != nil {
			return err
		}
		return s.AddActivity(ctx, who.Did(d.now(), store.CategoryBilling,
			"Said of %s that %s: %s%s", place(f), said(f.Subject), f.Sentence, because(note)))
	})
}

func because(note string) string {
	if note == "" {
		return ""
	}
	return fmt.Sprintf(" Why: %s", note)
}

// Always approves a held change and says, of all that was found and made it wait, that it is meant so: it is let through from now
// on. It answers how many changes were approved with it.
func (d *Desk) Always(ctx context.Context, who problem.Actor, changeID int64) (n int, err error) {
	c, err := d.store.Change(ctx, changeID)
	if err != nil {
		return 0, err
	}
	for _, f := range c.Found {
		if !Asks(f) {
			continue
		}
		if err := d.Meant(ctx, who, Answer{Key: f.Key(), Facts: f.Facts}); err != nil {
			return 0, err
		}
	}
	return d.run.Approve(ctx, who, []int64{changeID})
}

// Asks says whether a change waits for an answer to a finding.
func Asks(f store.Finding) bool { return f.Holds && !f.Answered }

// Withdraw takes back that a finding is meant so. One of which nobody said it is an *problem.Invalid.
func (d *Desk) Withdraw(ctx context.Context, who problem.Actor, k store.FindingKey) error {
	return d.store.Together(ctx, "withdrawing an answer", func(s *store.Store) error {
		f, err := store.ReadingsIn(s).Finding(ctx, k)
		if err == nil {
			err = store.ReadingsIn(s).WithdrawAnswer(ctx, k)
		}
		if errors.Is(err, store.ErrNotFound) {
			return invalid("Nobody says any more that this is meant so.")
		}
		if err != nil {
			return err
		}
		f = inWords(f)
		return s.AddActivity(ctx, who.Did(d.now(), store.CategoryBilling, "Took back that %s of %s: %s", said(f.Subject), place(f), f.Sentence))
	})
}

// CanZero says whether the line of a finding may be set to 0 by itself: a second one, or one that nobody feeds and that no sync
// will touch.
func CanZero(f store.Finding) bool {
	return f.Subject == store.AboutSecond || f.Subject == store.AboutUnfed &&
		(strings.HasPrefix(f.Facts, store.UnfedUnmapped) || strings.HasPrefix(f.Facts, store.UnfedUnmanaged))
}

// Zero starts a run that sets the line of a finding to 0, and nothing else. What is not there any more, or is something else now,
// is an *problem.Invalid.
func (d *Desk) Zero(ctx context.Context, who problem.Actor, k store.FindingKey, facts string) (store.Run, error) {
	f, err := current(ctx, d.store, k, facts)
	if err != nil {
		return store.Run{}, err
	}
	if !CanZero(f.Finding) {
		return store.Run{}, invalid("This line is not set to 0 by itself; the next sync decides about it.")
	}
	if err := d.sharedWithOthers(ctx, f.Finding); err != nil {
		return store.Run{}, err
	}
	return d.run.Start(ctx, who, run.Request{
		Kind: store.RunRelease, Period: seats.ToDate(d.now()), Agreement: k.AgreementID, Addition: k.AdditionID,
	})
}

// sharedWithOthers is why the line of an organization that is not managed any more must not be set to 0, an *problem.Invalid: managed
// ones are billed on it, too, and nothing would bill their seats until the mapping goes.
func (d *Desk) sharedWithOthers(ctx context.Context, f store.Finding) error {
	if !strings.HasPrefix(f.Facts, store.UnfedUnmanaged) {
		return nil
	}
	mappings, err := d.store.Mappings(ctx)
	if err != nil {
		return err
	}
	for _, m := range mappings {
		if m.AgreementID != f.AgreementID {
			continue
		}
		o, err := d.store.Organization(ctx, m.OrganizationID)
		if err != nil {
			return err
		}
		if o.Managed {
			return invalid(fmt.Sprintf("%s is billed on this line, too. Unmap what is not managed any more; "+
				"the next sync then writes what is left.", o.Name))
		}
	}
	return nil
}

// LookAgain reads an agreement and keeps what it says; nothing is written to ConnectWise.
func (d *Desk) LookAgain(ctx context.Context, agreementID int) error {
	mapped, err := d.store.MappedAgreements(ctx)
	if err != nil {
		return err
	}
	unfed, err := store.ReadingsIn(d.store).UnfedAgreements(ctx)
	if err != nil {
		return err
	}
	mapped = append(mapped, unfed...)
	i := slices.IndexFunc(mapped, func(m store.MappedAgreement) bool { return m.Agreement.ID == agreementID })
	if i < 0 {
		return invalid("Nobody is billed on this agreement any more.")
	}
	seen, err := run.Look(ctx, d.run, mapped[i])
	if err != nil {
		return err
	}
	return seen.Keep(ctx, d.store)
}

// current is a finding that still rests on the facts that somebody was shown.
func current(ctx context.Context, s *store.Store, k store.FindingKey, facts string) (store.KnownFinding, error) {
	f, err := store.ReadingsIn(s).Finding(ctx, k)
	switch {
	case errors.Is(err, store.ErrNotFound):
		return f, invalid("This is not so any more; nothing has to be said about it.")
	case err != nil:
		return f, err
	case f.Facts != facts:
		return f, invalid("What was found is something else now. Look at it again, then decide.")
	}
	return inWords(f), nil
}

func invalid(what string) error {
	return &problem.Invalid{Fields: problem.Fields{"finding": what}}
}

// place names what a finding is about.
func place(f store.KnownFinding) string { return f.Company + ", agreement " + f.Agreement }
