package figures

import (
	"context"
	"fmt"
	"strings"

	"seatbridge/billing/problem"
	"seatbridge/billing/seats"
	"seatbridge/store"
)

// Keep keeps an admin's word about a month of which sources disagree: the figure of one source is right, whether or not it comes first in
// the order. It counts, is not asked any more and holds no line, as long as nothing contradicts it that was not known then. Facts are the
// figures that the admin saw, as seats.Usage has them; empty: those of now.
// An *Invalid is by "source" and "note"; an organization that does not exist is store.ErrNotFound.
func (b *Book) Keep(ctx context.Context, who problem.Actor, k store.KeptFigure) error {
	k.Note, k.At, k.By = strings.TrimSpace(k.Note), b.now(), who.Name
	return b.store.Together(ctx, fmt.Sprintf("keeping a figure of organization %d", k.OrganizationID), func(s *store.Store) error {
		u, err := b.counted(ctx, s, k.OrganizationID, k.Month)
		if err != nil {
			return err
		}
		if problems := keepingProblems(u, k); len(problems) > 0 {
			return &problem.Invalid{Fields: problems}
		}
		k.Facts = u.Facts()
		if err := store.KeptFiguresIn(s).Keep(ctx, k); err != nil {
			return err
		}
		right, _ := u.Standing(seats.Source(k.Source))
		entry := who.Did(k.At, store.CategoryBilling, "Said whose figure of %s of %s is right: that of %s, %s, where %s.%s",
			k.Month, u.Organization, right.Source.Within(), seatsOn(right.Seats, right.Plan), u.OthersThan(right), inQuotes(k.Note))
		return s.AddActivity(ctx, entry.About(k.OrganizationID))
	})
}

// WithdrawKept takes a word back, so that the order of the sources decides again: store.ErrNotFound where nobody gave one.
func (b *Book) WithdrawKept(ctx context.Context, who problem.Actor, organizationID int64, m store.Month) error {
	return b.store.Together(ctx, fmt.Sprintf("no longer keeping a figure of organization %d", organizationID), func(s *store.Store) error {
		if err := store.KeptFiguresIn(s).Withdraw(ctx, organizationID, m); err != nil {
			return err
		}
		u, err := b.counted(ctx, s, organizationID, m)
		if err != nil {
			return err
		}
		return s.AddActivity(ctx, who.Did(b.now(), store.CategoryBilling,
			"Took back whose figure of %s of %s is right; %s counts again.", m, u.Organization, inWords(u)).About(organizationID))
	})
}

// counted is an organization's figure of a month as a store has it; store.ErrNotFound where there is no such organization.
func (b *Book) counted(ctx context.Context, s *store.Store, organizationID int64, m store.Month) (seats.Usage, error) {
	if problem := seats.MonthOutside(m, b.now()); problem != "" {
		return seats.Usage{}, fmt.Errorf("counting %s: %w", m, store.ErrNotFound)
	}
	rules, err := b.Rules(ctx)
	if err != nil {
		return seats.Usage{}, err
	}
	p := seats.PeriodOf(m, b.now())
	for l, err := range s.Ledgers(ctx, p.Start(), p.End(), []int64{organizationID}) {
		if err != nil {
			return seats.Usage{}, fmt.Errorf("counting %s of organization %d: %w", m, organizationID, err)
		}
		return seats.Count(l, p, rules), nil
	}
	return seats.Usage{}, fmt.Errorf("counting organization %d: %w", organizationID, store.ErrNotFound)
}

// keepingProblems says why a word cannot be kept.
func keepingProblems(u seats.Usage, k store.KeptFigure) problem.Fields {
	problems := problem.Fields{}
	problems.Add("note", problem.OfLength(k.Note, longestReason))
	_, stands := u.Standing(seats.Source(k.Source))
	switch {
	case u.Original != nil:
		problems.Add("source", fmt.Sprintf("%s is corrected, and a correction counts before every source: withdraw it first.", u.Period.Month))
	case !u.Disputed && u.Kept == nil:
		problems.Add("source", fmt.Sprintf("The sources do not disagree about %s: there is nothing to say.", u.Period.Month))
	case k.Facts != "" && k.Facts != u.Facts():
		problems.Add("source", "The figures are others by now than those that were shown: look at them, then say it again.")
	case !stands:
		problems.Add("source", fmt.Sprintf("Choose one of the sources that have a figure of %s.", u.Period.Month))
	}
	return problems
}

// inQuotes is a note after a sentence.
func inQuotes(note string) string {
	if note == "" {
		return ""
	}
	return " “" + note + "”"
}
