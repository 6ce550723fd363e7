package command

import (
	"context"
	"errors"
	"log/slog"
	"time"

	"seatbridge/billing"
	"seatbridge/billing/books"
	"seatbridge/billing/problem"
	"seatbridge/scheduler"
	"seatbridge/store"
)

// The jobs.
const (
	syncs        = "syncs"
	usageReports = "usage reports"
	oldUploads   = "old uploads"
	housekeeping = "housekeeping"
	reminders    = "reminders"
	digests      = "digests"
	invoices     = "invoices"
	closing      = "closing of months"
	leakScans    = "scans for leaks"
	prices       = "prices of products"
)

// startJobs starts the clockwork, and with it what an earlier process left unfinished or missed.
func startJobs(log *slog.Logger, db *store.Store, rooms *billing.Billing) (*scheduler.Scheduler, error) {
	jobs, err := scheduler.New(log, jobClock())
	if err != nil {
		return nil, err
	}
	due := func(ctx context.Context) error { return finishAndRunDue(ctx, rooms) }
	tidy := func(ctx context.Context) error {
		at := now()
		return errors.Join(db.DeleteExpiredSessions(ctx, at), db.DeleteOldIdempotencyKeys(ctx, at), rooms.Reports.ForgetOldFetches(ctx))
	}
	err = errors.Join(
		// At half past every hour, and whatever the setting says: it asks which month is due, so that another day or hour acts at
		// once. The guide's ("Monthly usage data sync") is 00:30 on the first.
		jobs.Add(syncs, "30 * * * *", 6*time.Hour, due),
		// Hourly, but only what was not read yet or was not complete. At ten past, the month's report exists (from 00:01:02 on,
		// docs/billing-rules.md section 3), and the sync at half past finds it read.
		jobs.Add(usageReports, "10 * * * *", time.Hour, rooms.Reports.PullDue),
		jobs.Add(invoices, "50 * * * *", time.Hour, rooms.Books.ReadInvoicesDue),
		jobs.Add(prices, "45 * * * *", 10*time.Minute, rooms.ReadPrices),
		jobs.Add(closing, "55 * * * *", time.Hour, rooms.Books.CloseByItself),
		// Hourly, and only what is due: a scan once a month, the catalog once a day, what was cut off at once.
		jobs.Add(leakScans, "40 * * * *", 10*time.Minute, rooms.Scan.Due),
		jobs.Add(reminders, "0 7 * * *", 10*time.Minute, books.Teller{Keeper: rooms.Books}.Daily),
		// Hourly, so that a morning on which the server was down at seven is made up for; each is sent once a morning.
		jobs.Add(digests, "5 * * * *", 10*time.Minute, rooms.Digests.Morning),
		jobs.Add(housekeeping, "15 3 * * *", 10*time.Minute, tidy),
		jobs.Add(oldUploads, "20 * * * *", 10*time.Minute, rooms.Files.DiscardOld),
		jobs.RunNow(syncs),
	)
	return jobs, err
}

// finishAndRunDue finishes the runs that were cut off, writes the newest month if no run has yet and what it lacked for want of a
// figure, looks for what was sent to ConnectWise without seeing the outcome, and tells what the month has open. A run in progress
// does so itself or leaves it to the next hour.
func finishAndRunDue(ctx context.Context, rooms *billing.Billing) error {
	err := rooms.Runs.Resume(ctx)
	if err == nil {
		err = rooms.Runs.RunDue(ctx)
	}
	if err == nil {
		err = rooms.Runs.Months().Complete(ctx)
	}
	if err == nil {
		err = rooms.Runs.LookForSent(ctx)
	}
	if err == nil {
		err = books.Teller{Keeper: rooms.Books}.TellSynced(ctx)
	}
	if errors.Is(err, problem.ErrRunning) {
		return nil
	}
	return err
}
