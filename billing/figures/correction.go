package figures

import (
	"context"
	"fmt"
	"strings"

	"seatbridge/billing/problem"
	"seatbridge/billing/seats"
	"seatbridge/store"
)

// longestReason bounds the reason of a correction, in characters.
const longestReason = 500

// Correct puts an admin's figure for an organization's month in force, with its reason. What the ledger or
// a report says stays and is shown beside it. A figure of the month that is not over is used by Sync now as it stands, and ends
// where a later fact begins (seats.Count).
// An *Invalid is by "month", "seats", "plan" and "reason"; an organization that does not exist is store.ErrNotFound.
func (b *Book) Correct(ctx context.Context, who problem.Actor, c store.Correction) error {
	o, err := b.store.Organization(ctx, c.OrganizationID)
	if err != nil {
		return err
	}
	c.Reason = strings.TrimSpace(c.Reason)
	problems := seats.FigureProblems(o, seats.Figure{Month: c.Month, Seats: c.Seats, Plan: c.Plan}, b.now())
	if c.Reason == "" {
		problems.Add("reason", "Give the reason: it is shown wherever the figure is.")
	}
	problems.Add("reason", problem.OfLength(c.Reason, longestReason))
	if len(problems) > 0 {
		return &problem.Invalid{Fields: problems}
	}
	before, err := b.Explain(ctx, o.ID, seats.PeriodOf(c.Month, b.now()))
	if err != nil {
		return err
	}
	c.At, c.By = b.now(), who.Name
	return b.store.SaveCorrection(ctx, c, who.Did(c.At, store.CategoryBilling, "Corrected %s of %s from %s to %s: %s",
		c.Month, o.Name, inWords(before.Usage), seatsOn(c.Seats, c.Plan), c.Reason).About(o.ID))
}

// WithdrawCorrection lets the ledger or report decide a month again; store.ErrNotFound when no correction is in force.
func (b *Book) WithdrawCorrection(ctx context.Context, who problem.Actor, organizationID int64, m store.Month) error {
	u, err := b.Explain(ctx, organizationID, seats.PeriodOf(m, b.now()))
	if err != nil {
		return err
	}
	if u.Original == nil {
		return fmt.Errorf("withdrawing the correction of organization %d for %s: %w", organizationID, m, store.ErrNotFound)
	}
	return b.store.WithdrawCorrection(ctx, organizationID, m, who.Did(b.now(), store.CategoryBilling,
		"Withdrew the correction of %s of %s; %s counts again.", m, u.Organization, inWords(*u.Original)).About(organizationID))
}

// inWords is a figure in a sentence.
func inWords(u seats.Usage) string {
	billable, ok := u.Seats()
	if !ok {
		return "unknown"
	}
	return seatsOn(billable, u.Plan)
}

func seatsOn(seats int, plan store.Plan) string { return fmt.Sprintf("%d %s", seats, plan.Name()) }
