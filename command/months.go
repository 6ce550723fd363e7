package command

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"strings"
	"text/tabwriter"

	"github.com/peterbourgon/ff/v3/ffcli"

	"seatbridge/billing/books"
	"seatbridge/billing/months"
	"seatbridge/billing/problem"
	"seatbridge/billing/seats"
	"seatbridge/store"
)

// The commands that take a month.
const (
	month     = "month"
	statement = "statement"
)

// booksFlags are those of the commands that read the books.
func booksFlags(name string) (*config, *flag.FlagSet) {
	c := operator()
	fs := newFlags(name)
	c.dataFlag(fs)
	c.targetsFlag(fs)
	c.logFormatFlag(fs)
	return c, fs
}

func monthsCommand(stdout, stderr io.Writer) *ffcli.Command {
	c, fs := booksFlags("months")
	asJSON := fs.Bool("json", false, "print JSON, as GET /api/v1/months has it")
	return &ffcli.Command{
		Name: "months", ShortUsage: "seatbridge months [flags]", ShortHelp: "list the months: due, written, open and settled differences",
		FlagSet: fs, Options: environment(),
		Exec: func(ctx context.Context, args []string) error {
			if err := errors.Join(noArguments(args), c.validate()); err != nil {
				return err
			}
			return c.withBooks(ctx, stderr, func(k *books.Keeper) error { return printMonths(ctx, k, *asJSON, stdout) })
		},
	}
}

func monthCommand(stdout, stderr io.Writer) *ffcli.Command {
	c, fs := booksFlags(month)
	asJSON := fs.Bool("json", false, "print JSON, as GET /api/v1/months/2026-10 has it")
	return &ffcli.Command{
		Name: month, ShortUsage: "seatbridge month 2026-10 [flags]",
		ShortHelp: "show a month: what was due, written, invoiced and billed of each organization",
		FlagSet:   fs, Options: environment(),
		Exec: func(ctx context.Context, args []string) error {
			m, err := monthArgument(month, args)
			if err := errors.Join(err, c.validate()); err != nil {
				return err
			}
			return c.withBooks(ctx, stderr, func(k *books.Keeper) error { return printMonth(ctx, k, m, *asJSON, stdout) })
		},
	}
}

// monthArgument is the one month that a command takes.
func monthArgument(command string, args []string) (store.Month, error) {
	if len(args) != 1 {
		return "", usageError{fmt.Errorf("%s takes one argument, a month such as 2026-10", command)}
	}
	period, problem := seats.ParsePeriod(args[0], now())
	if problem != "" {
		return "", usageError{fmt.Errorf("%q: %s", args[0], problem)}
	}
	return period.Month, nil
}

// withBooks does something with the books of a server's database, which are brought up to date first.
func (c *config) withBooks(ctx context.Context, stderr io.Writer, do func(*books.Keeper) error) (err error) {
	db, err := openExisting(ctx, c)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	rooms := c.newBilling(db, c.logger(stderr, slog.LevelWarn))
	defer func() { err = errors.Join(err, rooms.Close(context.WithoutCancel(ctx))) }()
	if err := rooms.Books.UpToDate(ctx); err != nil {
		return err
	}
	return inSentence(do(rooms.Books))
}

// inSentence says what cannot be done as the rooms say it.
func inSentence(err error) error {
	var invalid *problem.Invalid
	if errors.As(err, &invalid) {
		return sentence{invalid.Sentence(), err}
	}
	return err
}

func printMonths(ctx context.Context, k *books.Keeper, asJSON bool, w io.Writer) error {
	list, err := k.Months(ctx)
	if err != nil {
		return err
	}
	summaries := []months.MonthSummary{}
	for _, m := range list {
		summaries = append(summaries, months.Summary(m.BookedMonth, m.State))
	}
	if asJSON {
		return writeJSON(w, map[string]any{"months": summaries})
	}
	if len(list) == 0 {
		_, err := fmt.Fprintln(w, "There are no months yet: the books begin when ConnectWise PSA is connected and the products are mapped.")
		return err
	}
	table := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintln(table, "MONTH\tSTATE\tDUE\tWRITTEN\tOPEN\tIN ROWS\tSETTLED\tINVOICED")
	for i, s := range summaries {
		invoiced := "–"
		if s.State != months.Running {
			invoiced = fmt.Sprintf("%d of %d", list[i].Sums.Invoiced, list[i].Sums.Agreements)
		}
		fmt.Fprintf(table, "%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\n", string(s.Month), s.State, shown(s.Due), shown(s.Written), signed(s.Open),
			shown(s.OpenRows), signed(s.Settled), invoiced)
	}
	return table.Flush()
}

func printMonth(ctx context.Context, k *books.Keeper, m store.Month, asJSON bool, w io.Writer) error {
	found, err := k.Month(ctx, m)
	if errors.Is(err, store.ErrNotFound) {
		return fmt.Errorf("the books do not have %s: \"seatbridge months\" lists those that they have", m)
	}
	if err != nil {
		return err
	}
	book, err := k.Page(ctx, found, "", 0)
	if err != nil {
		return err
	}
	if asJSON {
		return writeJSON(w, book)
	}
	table := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintf(table, "%s, %s\n\n", m, stateInWords(found))
	if len(book.Organizations) > 0 {
		fmt.Fprintln(table, "ORGANIZATION\tPLAN\tDUE\tWRITTEN\tIN CONNECTWISE\tINVOICED\tBILLED\tDIFFERENCE\tSTATE\tWHY")
	}
	for _, l := range book.Organizations {
		fmt.Fprintf(table, "%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\n", cell(l.Organization), l.Plan, shown(l.Due), shown(l.Written),
			shown(l.InConnectWise), invoiceCell(l.Invoiced), shown(l.Billed), signed(l.Difference), rowState(l), textCell(l.Reason))
	}
	return table.Flush()
}

func stateInWords(m books.Month) string {
	if m.State != months.Closed {
		return string(m.State)
	}
	if m.ClosedBy == "" {
		return fmt.Sprintf("closed by itself on %s", seats.Minute(m.ClosedAt))
	}
	return fmt.Sprintf("closed by %s on %s", m.ClosedBy, seats.Minute(m.ClosedAt))
}

// shown is a figure in its cell; one that nobody knows is "–".
func shown[N int | float64](n *N) string {
	if n == nil {
		return "–"
	}
	return fmt.Sprint(*n)
}

// signed is a difference in its cell.
func signed(n *float64) string {
	if n == nil || *n <= 0 {
		return shown(n)
	}
	return "+" + shown(n)
}

func textCell(text *string) string {
	if text == nil {
		return ""
	}
	return cell(*text)
}

func invoiceCell(v months.MonthLineInvoice) string {
	if v.Number == nil {
		return strings.ReplaceAll(string(v.State), "_", " ")
	}
	return cell(*v.Number + ", " + textCell(v.Date))
}

func rowState(l months.MonthLine) string {
	if l.SettledBy == nil {
		return string(l.State)
	}
	return fmt.Sprintf("%s, %s", l.State, strings.ReplaceAll(string(*l.SettledBy), "_", " "))
}
