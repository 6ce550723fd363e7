package billing

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"seatbridge/billing/problem"
	"seatbridge/billing/seats"
	"seatbridge/store"
)

// disputesNamed is how many organizations about which sources disagree are named with their figures.
const disputesNamed = 3

// disputeAttention says of the last month, unless it is closed, and of the running one of which organizations the sources say
// different figures. Of older months what was billed and what is due are compared in the books: nobody is asked again.
func (b *Billing) disputeAttention(ctx context.Context) ([]Attention, error) {
	running := seats.ToDate(b.now())
	last := seats.WholeMonth(running.Month.Add(-1))
	closed, err := b.isClosed(ctx, last.Month)
	if err != nil {
		return nil, err
	}
	var list []Attention
	for _, p := range []seats.Period{last, running} {
		if p.Month == last.Month && closed {
			continue
		}
		disputed, err := b.Figures.Disputed(ctx, p.Month)
		if err != nil {
			return nil, err
		}
		if len(disputed) > 0 {
			a, err := b.disputeOf(ctx, p, disputed)
			if err != nil {
				return nil, err
			}
			list = append(list, a)
		}
	}
	return list, nil
}

func (b *Billing) isClosed(ctx context.Context, m store.Month) (bool, error) {
	months, err := store.BooksIn(b.Store).Months(ctx)
	if err != nil {
		return false, fmt.Errorf("reading the months: %w", err)
	}
	return slices.ContainsFunc(months, func(k store.BookedMonth) bool { return k.Month == m && !k.ClosedAt.IsZero() }), nil
}

func (b *Billing) disputeOf(ctx context.Context, p seats.Period, ids []int64) (Attention, error) {
	named := ids[:min(len(ids), disputesNamed)]
	usages, err := b.Figures.Usage(ctx, p, named)
	if err != nil {
		return Attention{}, err
	}
	var sentences []string
	for _, id := range named {
		sentences = append(sentences, usages[id].Dispute())
	}
	if more := len(ids) - len(named); more > 0 {
		sentences = append(sentences, fmt.Sprintf("And %d more.", more))
	}
	return Attention{
		Kind: AttendDisputed, Month: p.Month, Count: len(ids),
		Title: fmt.Sprintf("Sources disagree about %s of %s", p.Month, problem.Plural(len(ids), "organization")),
		Detail: strings.Join(sentences, " ") +
			" What comes first in the order of the sources counts. Say on each organization’s page whose figure is right, or correct it; if the " +
			"wrong source counts every month, change the order under Settings.",
	}, nil
}
