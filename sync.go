package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"os"
	"slices"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/peterbourgon/ff/v3/ffcli"
	"github.com/shopspring/decimal"

	"seatbridge/billing/problem"
	"seatbridge/billing/run"
	"seatbridge/billing/seats"
	"seatbridge/store"
)

// syncOptions is what the command line says about one sync.
type syncOptions struct {
	preview bool
	month   string
	json    bool
}

func (o *syncOptions) flags(fs *flag.FlagSet) {
	fs.BoolVar(&o.preview, "preview", false, "show what would be written, and write nothing")
	fs.StringVar(&o.month, "month", "", "`month` such as 2026-10: a past one as a whole; the current one, which is the default, with its real-time figures")
	fs.BoolVar(&o.json, "json", false, "print JSON")
}

func syncCommand(stdout, stderr io.Writer) *ffcli.Command {
	c := &config{secretKey: os.Getenv("SEATBRIDGE_SECRET_KEY")}
	var o syncOptions
	fs := newFlags("sync")
	c.dataFlag(fs)
	c.clientIDFlag(fs)
	c.baseURLFlag(fs) // for links in notifications
	c.logFormatFlag(fs)
	o.flags(fs)
	return &ffcli.Command{
		Name: "sync", ShortUsage: "seatbridge sync [flags]", ShortHelp: "write billable seats into ConnectWise PSA now, or preview it",
		LongHelp: "  Exit status: 0 all written or nothing to do, 1 failed, 2 wrong usage, 3 some changes were held, blocked or failed.\n" +
			"  A server on the same data may run; only one of the two syncs at a time.",
		FlagSet: fs, Options: environment(),
		Exec: func(ctx context.Context, args []string) error {
			period, err := syncPeriod(o.month, time.Now())
			if err := errors.Join(noArguments(args), c.validate(), err); err != nil {
				return err
			}
			return syncNow(ctx, c, o, period, stdout, stderr)
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

func syncNow(ctx context.Context, c *config, o syncOptions, period seats.Period, stdout, stderr io.Writer) (err error) {
	_, db, err := openExisting(ctx, c)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	rooms := c.newBilling(db, c.logger(stderr, slog.LevelWarn))
	defer func() { err = errors.Join(err, rooms.Close(context.WithoutCancel(ctx))) }()

	run, err := rooms.Runs.Run(ctx, problem.Actor{Name: "command line"}, run.Request{Kind: store.RunCommand, Period: period, Preview: o.preview})
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
		err = printTable(stdout, run, period, changes)
	}
	rooms.Outbox.Deliver(ctx)
	return errors.Join(err, verdict(run, changes))
}

// openExisting opens the database of a server, and makes none where there is none.
func openExisting(ctx context.Context, c *config) (keys, *store.Store, error) {
	if !exists(c.database()) {
		return keys{}, nil, fmt.Errorf("there is no database %s: start \"seatbridge serve\" first, or name its directory with -data", c.database())
	}
	return open(ctx, c)
}

// syncError puts what kept a sync from starting into the user's words.
func syncError(err error) error {
	switch {
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
	if slices.ContainsFunc(changes, needsPerson) {
		return errUnfinished
	}
	return nil
}

func needsPerson(c store.Change) bool {
	return !slices.Contains([]store.ChangeState{store.StateWritten, store.StateUnchanged, store.StatePlanned}, c.State)
}

func printTable(w io.Writer, run store.Run, period seats.Period, changes []store.Change) error {
	table := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintf(table, "Run %d, %s\n\n", run.ID, period)
	if len(changes) > 0 {
		fmt.Fprintln(table, "COMPANY\tAGREEMENT\tPRODUCT\tBEFORE\tAFTER\tRESULT\tWHY")
	}
	counts := map[store.ChangeState]int{}
	for _, c := range changes {
		counts[c.State]++
		fmt.Fprintf(table, "%s\t%s\t%s\t%s\t%s\t%s\t%s\n",
			cell(c.Company), cell(c.Agreement), cell(c.Product), quantity(c.Before), quantity(c.After), result(c), cell(why(c)))
	}
	fmt.Fprintf(table, "\n%s\n", summary(run, counts))
	return table.Flush()
}

// cell keeps a text in its cell: tabs and line ends are the table's own.
func cell(text string) string { return strings.Join(strings.Fields(text), " ") }

func quantity(d decimal.NullDecimal) string {
	if !d.Valid {
		return "–"
	}
	return d.Decimal.String()
}

// result is what became of a change or, in a preview, what would.
func result(c store.Change) string {
	if c.State == store.StatePlanned {
		return string(c.Kind)
	}
	return string(c.State)
}

func why(c store.Change) string {
	parts := append([]string{c.Reason}, c.Warnings...)
	if c.State == store.StateHeld {
		parts = append(parts, "Held: "+c.HeldBecause)
	}
	return strings.Join(append(parts, c.Problem.Text()), " ")
}

func summary(run store.Run, counts map[store.ChangeState]int) string {
	if len(counts) == 0 {
		return "Nothing to do."
	}
	var parts []string
	for state, n := range counts {
		parts = append(parts, fmt.Sprintf("%d %s", n, state))
	}
	slices.Sort(parts)
	text := strings.Join(parts, ", ") + "."
	if run.Status == store.RunPlanned {
		text += fmt.Sprintf(" Nothing was written. The panel offers to write exactly this, or to discard it, as run %d.", run.ID)
	}
	return text
}

// runJSON and changeJSON are what scripts get. Quantities are numbers; null is "no line" or "not known".
type runJSON struct {
	Run     int64        `json:"run"`
	Month   store.Month  `json:"month"`
	AsOf    *time.Time   `json:"as_of"` // null: the whole month
	Preview bool         `json:"preview"`
	Status  string       `json:"status"`
	Problem string       `json:"problem,omitempty"`
	Changes []changeJSON `json:"changes"`
}

type changeJSON struct {
	CompanyID     int           `json:"company_id"`
	Company       string        `json:"company"`
	AgreementID   int           `json:"agreement_id"`
	Agreement     string        `json:"agreement"`
	Plan          store.Plan    `json:"plan"`
	ProductID     int           `json:"product_id"`
	Product       string        `json:"product"`
	AdditionID    int           `json:"addition_id,omitempty"`
	Kind          string        `json:"kind"`
	State         string        `json:"state"`
	Before        *json.Number  `json:"before"`
	After         *json.Number  `json:"after"`
	EffectiveDate string        `json:"effective_date,omitempty"`
	Why           string        `json:"why,omitempty"`
	Shares        []store.Share `json:"shares"`
}

func printJSON(w io.Writer, run store.Run, changes []store.Change) error {
	out := runJSON{
		Run: run.ID, Month: run.Month, Preview: run.Preview, Status: string(run.Status), Problem: run.Problem.Text(), Changes: []changeJSON{},
	}
	if !run.AsOf.IsZero() {
		out.AsOf = &run.AsOf
	}
	for _, c := range changes {
		out.Changes = append(out.Changes, changeJSON{
			CompanyID: c.CompanyID, Company: c.Company, AgreementID: c.AgreementID, Agreement: c.Agreement,
			Plan: c.Plan, ProductID: c.ProductID, Product: c.Product, AdditionID: c.AdditionID,
			Kind: string(c.Kind), State: string(c.State), Before: number(c.Before), After: number(c.After),
			EffectiveDate: c.EffectiveDate, Why: cell(why(c)), Shares: c.Shares,
		})
	}
	encoder := json.NewEncoder(w)
	encoder.SetIndent("", "  ")
	encoder.SetEscapeHTML(false)
	return encoder.Encode(out)
}

func number(d decimal.NullDecimal) *json.Number {
	if !d.Valid {
		return nil
	}
	n := json.Number(d.Decimal.String())
	return &n
}
