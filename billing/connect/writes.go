package connect

import (
	"context"

	"seatbridge/billing/problem"
	"seatbridge/store"
)

// OnlyCompares says whether Seatbridge only compares at present, and writes nothing.
func OnlyCompares(ctx context.Context, s *store.Store) (bool, error) {
	now, err := store.ComparingsIn(s).Now(ctx)
	return now.On(), err
}

// Writes says that Seatbridge writes. While it only compares that is an *problem.Invalid.
func Writes(ctx context.Context, s *store.Store) error {
	now, err := store.ComparingsIn(s).Now(ctx)
	if err != nil || !now.On() {
		return err
	}
	return &problem.Invalid{Fields: problem.Fields{"writing": "Nothing is written to ConnectWise PSA: Seatbridge only compares. " +
		"Switch writing on first."}}
}

// Comparing is a run as it is begun. While Seatbridge only compares, a sync says what it would write; whatever else writes is refused,
// an *problem.Invalid.
func Comparing(ctx context.Context, s *store.Store, run store.Run) (store.Run, error) {
	comparing, err := OnlyCompares(ctx, s)
	if err != nil || !comparing || run.Preview {
		return run, err
	}
	switch run.Kind {
	case store.RunManual, store.RunMonthly, store.RunCommand:
		run.Preview, run.Compares = true, true
		return run, nil
	default:
		return run, Writes(ctx, s)
	}
}
