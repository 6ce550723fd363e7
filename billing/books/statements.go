package books

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"seatbridge/billing/months"
	"seatbridge/billing/problem"
	"seatbridge/store"
)

// Statement is the statement of a closed month, as it is kept: a problem.Invalid with a sentence where the month is not over, not
// closed, or not in the books.
func (k *Keeper) Statement(ctx context.Context, m store.Month) (store.Statement, error) {
	kept, err := store.BooksIn(k.Store).Statement(ctx, m)
	if !errors.Is(err, store.ErrNotFound) {
		return kept, err
	}
	if err := k.ended(ctx, m); err != nil {
		return kept, err
	}
	return kept, &problem.Invalid{
		Fields: problem.Fields{"month": fmt.Sprintf("%s is not closed: it has no statement yet.", m)}, Cause: err,
	}
}

// VerifyStatements recomputes what proves the statements up to that of a month; an empty month: all. Nothing found: they are what they
// were when the months were closed.
func (k *Keeper) VerifyStatements(ctx context.Context, upTo store.Month) ([]months.Finding, error) {
	var kept []store.Statement
	var booked []store.BookedMonth
	err := k.Store.Together(ctx, "verifying statements", func(in *store.Store) (err error) {
		if kept, err = store.BooksIn(in).Statements(ctx); err != nil {
			return err
		}
		booked, err = store.BooksIn(in).Months(ctx)
		return err
	})
	if err != nil {
		return nil, err
	}
	findings := strayed(kept, booked)
	if i := slices.IndexFunc(kept, func(s store.Statement) bool { return s.Month == upTo }); i >= 0 {
		kept = kept[:i+1]
	}
	return append(months.Verify(kept), findings...), nil
}

// strayed are closed months without a statement, as after the last one was taken away, and statements of months that are not closed.
func strayed(kept []store.Statement, booked []store.BookedMonth) []months.Finding {
	var findings []months.Finding
	for _, b := range booked {
		has := slices.ContainsFunc(kept, func(s store.Statement) bool { return s.Month == b.Month })
		switch {
		case has && b.ClosedAt.IsZero():
			findings = append(findings, months.Finding{Month: b.Month, Sentence: fmt.Sprintf("%s has a statement, but is not closed.", b.Month)})
		case !has && !b.ClosedAt.IsZero():
			sentence := fmt.Sprintf("%s is closed, but its statement is missing.", b.Month)
			findings = append(findings, months.Finding{Month: b.Month, Sentence: sentence})
		}
	}
	return findings
}

// VerifyFile compares the file of a statement, as it was downloaded, with those that are kept.
func (k *Keeper) VerifyFile(ctx context.Context, data []byte) (months.FileFinding, error) {
	kept, err := store.BooksIn(k.Store).Statements(ctx)
	if err != nil {
		return months.FileFinding{}, err
	}
	return months.VerifyFile(data, kept), nil
}
