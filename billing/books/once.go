package books

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"seatbridge/billing/months"
	"seatbridge/billing/problem"
	"seatbridge/billing/run"
	"seatbridge/billing/seats"
	"seatbridge/store"
)

// mostRefusals is how many rows that cannot be put on an invoice are named.
const mostRefusals = 5

// PutOnNextInvoice previews, in the background, lines that are billed once: they put what is open of rows on the next invoices of their
// agreements, all rows or none. Applying the run writes them and settles the rows; undoing it opens them again (docs/design.md section
// 5, "On the next invoice"). It is refused, in sentences, where the settings do not allow it and for rows of which it is not certain
// that such a line is billed.
func (k *Keeper) PutOnNextInvoice(ctx context.Context, who problem.Actor, s Settling) (store.Run, error) {
	s.How = store.OnNextInvoice
	if err := k.mayPut(ctx, s); err != nil {
		return store.Run{}, err
	}
	if err := k.Refresh(ctx); err != nil {
		return store.Run{}, err
	}
	rows, err := openRows(ctx, k.Store, s)
	if err != nil {
		return store.Run{}, err
	}
	if sum := openOf(rows); s.Seen.Valid && !s.Seen.Decimal.Equal(sum) {
		return store.Run{}, othersByNow(sum, s.Seen.Decimal)
	}
	chosen, err := k.choose(ctx, rows)
	if err != nil {
		return store.Run{}, err
	}
	lines := months.Lines(chosen, s.Note)
	if err := k.refuseDoubtful(ctx, lines); err != nil {
		return store.Run{}, err
	}
	return k.Runs.Start(ctx, who, run.Request{Kind: store.RunSettle, Period: seats.WholeMonth(s.Month), Preview: true, Once: lines})
}

// mayPut says what speaks against it before anything of the rows is known.
func (k *Keeper) mayPut(ctx context.Context, s Settling) error {
	if problems := settlingProblems(s); len(problems) > 0 {
		return &problem.Invalid{Fields: problems}
	}
	settings, err := k.Store.Settings(ctx)
	if err != nil {
		return err
	}
	if !settings.Months.NextInvoice {
		return &problem.Invalid{Fields: problem.Fields{
			"how": "Differences are not put on the next invoice: an Owner or Admin can allow it in the settings.",
		}}
	}
	return k.ended(ctx, s.Month)
}

// choose finds for each row the period in which a line bills what is open of it, or says of which rows that is not certain.
func (k *Keeper) choose(ctx context.Context, rows []store.MonthRow) ([]months.Chosen, error) {
	var ids []int
	for _, r := range rows {
		ids = append(ids, r.AgreementID)
	}
	billing, err := readBilling(ctx, k.Store, ids)
	if err != nil {
		return nil, err
	}
	mapped, err := k.Store.ProductMappings(ctx)
	if err != nil {
		return nil, err
	}
	var chosen []months.Chosen
	var refusals []string
	for _, r := range rows {
		period, why := months.OneTime(r, billing[r.AgreementID])
		product := mapped[r.Plan]
		if why == "" && product.ProductID != r.ProductID {
			why = "Another product is mapped to its plan by now: bill it by hand."
		}
		if why != "" {
			refusals = append(refusals, fmt.Sprintf("%s, %s: %s", r.Organization, r.Plan.Name(), why))
		}
		chosen = append(chosen, months.Chosen{Row: r, Period: period, Product: product.Identifier})
	}
	if len(refusals) > 0 {
		return nil, refused(firstOf(refusals))
	}
	return chosen, nil
}

// firstOf is the first of some sentences, and how many more there are.
func firstOf(sentences []string) string {
	shown := strings.Join(sentences[:min(len(sentences), mostRefusals)], " ")
	if more := len(sentences) - mostRefusals; more > 0 {
		shown += fmt.Sprintf(" And %d more.", more)
	}
	return shown + " Nothing was put on an invoice."
}

// refuseDoubtful refuses a line where nobody knows what became of one before it: the seats may be billed by that already.
func (k *Keeper) refuseDoubtful(ctx context.Context, lines []store.Change) error {
	for _, l := range lines {
		before, err := store.OnceLinesIn(k.Store).Doubtful(ctx, l.AgreementID, l.ProductID, l.EffectiveDate)
		if errors.Is(err, store.ErrNotFound) {
			continue
		}
		if err != nil {
			return err
		}
		return refused(fmt.Sprintf("%s, agreement %s: run %d sent such a line, “%s”, and it is not certain what became of it. "+
			"Look at that run first.",
			l.Company, l.Agreement, before.RunID, before.Description))
	}
	return nil
}
