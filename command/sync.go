package command

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"slices"
	"time"

	"github.com/peterbourgon/ff/v3/ffcli"

	"seatbridge/billing/problem"
	"seatbridge/billing/run"
	"seatbridge/billing/seats"
	"seatbridge/store"
)

// syncOptions is what the command line says about one sync.
type syncOptions struct {
	preview   bool
	month     string
	overwrite bool
	json      bool

	period seats.Period // what the month is at this moment
}

func (o *syncOptions) flags(fs *flag.FlagSet) {
	fs.BoolVar(&o.preview, "preview", false, "show what would be written, and write nothing")
	fs.StringVar(&o.month, "month", "",
		"`month` such as 2026-10: a past one as a whole; the current one, which is the default, with its real-time figures")
	fs.BoolVar(&o.overwrite, "overwrite", false, "with -month: write an older month also over the figures of a later one")
	fs.BoolVar(&o.json, "json", false, "print JSON")
}

func syncCommand(stdout, stderr io.Writer) *ffcli.Command {
	c := operator()
	var o syncOptions
	fs := newFlags("sync")
	c.dataFlag(fs)
	c.clientIDFlag(fs)
	c.targetsFlag(fs)
	c.baseURLFlag(fs) // for links in notifications
	c.logFormatFlag(fs)
	o.flags(fs)
	return &ffcli.Command{
		Name: "sync", ShortUsage: "seatbridge sync [flags]", ShortHelp: "write billable seats into ConnectWise PSA now, or preview it",
		LongHelp: "  Exit status: 0 all written or nothing to do, 1 failed, 2 wrong usage, 3 some changes were held, blocked or failed.\n" +
			"  A server on the same data may run; only one of the two syncs at a time.",
		FlagSet: fs, Options: environment(),
		Exec: func(ctx context.Context, args []string) error {
			var err error
			o.period, err = syncPeriod(o.month, now())
			if err := errors.Join(noArguments(args), c.validate(), err); err != nil {
				return err
			}
			return syncNow(ctx, c, o, stdout, stderr)
		},
	}
}

// syncPeriod is the stretch of time that a sync of the month counts seats over.
func syncPeriod(month string, now time.Time) (seats.Period, error) {
	if month == "" {
		return seats.ToDate(now), nil
	}
	period, problem := seats.ParsePeriod(month, now)
	if problem != "" {
		return period, usageError{fmt.Errorf("-month %q: %s", month, problem)}
	}
	return period, nil
}

func syncNow(ctx context.Context, c *config, o syncOptions, stdout, stderr io.Writer) (err error) {
	db, err := openExisting(ctx, c)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	log := c.logger(stderr, slog.LevelWarn)
	warnOfUnknown(log)
	rooms := c.newBilling(db, log)
	defer func() { err = errors.Join(err, rooms.Close(context.WithoutCancel(ctx))) }()

	run, err := rooms.Runs.Run(ctx, problem.Actor{Name: "command line"}, run.Request{
		Kind: store.RunCommand, Period: o.period, Preview: o.preview, Overwrite: o.overwrite,
	})
	if err != nil {
		return syncError(err)
	}
	var changes []store.Change
	for change, err := range db.EachChange(ctx, store.ChangeFilter{RunID: run.ID}) {
		if err != nil {
			return err
		}
		changes = append(changes, change)
	}
	if o.json {
		err = printJSON(stdout, run, changes)
	} else {
		err = printTable(stdout, run, o.period, changes)
	}
	rooms.Outbox.Deliver(ctx)
	return errors.Join(err, verdict(run, changes))
}

// openExisting opens the database of a server, and makes none where there is none.
func openExisting(ctx context.Context, c *config) (*store.Store, error) {
	if err := errors.Join(c.refuseDisk(), c.refuseMissing(ctx)); err != nil {
		return nil, err
	}
	_, db, err := open(ctx, c)
	return db, err
}

// syncError puts what kept a sync from starting into the user's words.
func syncError(err error) error {
	var invalid *problem.Invalid
	switch {
	case errors.As(err, &invalid) && invalid.Fields["overwrite"] != "":
		return usageError{fmt.Errorf("%s Repeat it with --overwrite if it shall", invalid.Sentence())}
	case errors.Is(err, problem.ErrRunning):
		return fmt.Errorf("%w: try again when it has ended", err)
	case errors.Is(err, problem.ErrNotConnected), errors.Is(err, problem.ErrNotActive):
		return fmt.Errorf("%w: finish the setting up in the panel, Integrations › ConnectWise PSA", err)
	}
	return err
}

// verdict is what the exit status says about a sync.
func verdict(run store.Run, changes []store.Change) error {
	switch run.Status {
	case store.RunFailed:
		return errors.New(run.Problem.Text())
	case store.RunCancelled:
		return errors.New("the sync was cancelled")
	}
	if !run.Compares && slices.ContainsFunc(changes, needsPerson) {
		return errUnfinished
	}
	return nil
}

func needsPerson(c store.Change) bool {
	return !slices.Contains([]store.ChangeState{store.StateWritten, store.StateUnchanged, store.StatePlanned}, c.State)
}
