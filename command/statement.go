package command

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"strings"
	"text/tabwriter"

	"github.com/peterbourgon/ff/v3/ffcli"
	"github.com/shopspring/decimal"

	"seatbridge/billing/books"
	"seatbridge/billing/money"
	"seatbridge/billing/months"
	"seatbridge/billing/seats"
	"seatbridge/store"
)

// largestStatement bounds a file that is compared with the statements: one of 10,000 organizations has 6 MB.
const largestStatement = 256 << 20

// statementOptions is what the command line says about one statement.
type statementOptions struct {
	json   bool
	verify bool
	file   string
}

func (o *statementOptions) flags(fs *flag.FlagSet) {
	fs.BoolVar(&o.json, "json", false, "print the canonical JSON: exactly the bytes that its SHA-256 is of")
	fs.BoolVar(&o.verify, "verify", false, "recompute its hash and form, and those of all statements before it")
	fs.StringVar(&o.file, "file", "", "compare this `file` of a statement, as it was downloaded, with what is kept; the month may be left out")
}

func statementCommand(stdout, stderr io.Writer) *ffcli.Command {
	c, fs := booksFlags(statement)
	var o statementOptions
	o.flags(fs)
	return &ffcli.Command{
		Name: statement, ShortUsage: "seatbridge statement 2026-10 [flags]", ShortHelp: "print the statement of a closed month, or verify it",
		LongHelp: "  Exit status: 0 fine, 1 failed, or the statement is not what it was, 2 wrong usage.",
		FlagSet:  fs, Options: environment(),
		Exec: func(ctx context.Context, args []string) error {
			var m store.Month
			var err error
			if o.file == "" || len(args) > 0 {
				m, err = monthArgument(statement, args)
			}
			if err := errors.Join(err, c.validate()); err != nil {
				return err
			}
			return c.withBooks(ctx, stderr, func(k *books.Keeper) error { return o.run(ctx, k, m, stdout) })
		},
	}
}

func (o statementOptions) run(ctx context.Context, k *books.Keeper, m store.Month, w io.Writer) error {
	if o.file != "" {
		return verifyFile(ctx, k, m, o.file, w)
	}
	kept, err := k.Statement(ctx, m)
	if err != nil {
		return err
	}
	if o.verify {
		if err := verify(ctx, k, m); err != nil {
			return err
		}
	}
	switch {
	case o.json:
		_, err = io.WriteString(w, kept.Body)
	case o.verify:
		_, err = fmt.Fprintf(w, "Statement No. %d of %s is whole and unchanged, and so are those before it. SHA-256 %s.\n",
			kept.Number, m, kept.SHA256)
	default:
		err = printStatement(w, kept)
	}
	return err
}

// verify fails with what was found about a statement and those before it.
func verify(ctx context.Context, k *books.Keeper, m store.Month) error {
	findings, err := k.VerifyStatements(ctx, m)
	if err != nil || len(findings) == 0 {
		return err
	}
	var all []string
	for _, f := range findings {
		all = append(all, f.Sentence)
	}
	return errors.New(strings.Join(all, "\n"))
}

func verifyFile(ctx context.Context, k *books.Keeper, m store.Month, file string, w io.Writer) error {
	data, err := readLimited(file)
	if err != nil {
		return err
	}
	found, err := k.VerifyFile(ctx, data)
	switch {
	case err != nil:
		return err
	case found.State != months.FileWhole:
		return errors.New(found.Sentence)
	case m != "" && found.Month != m:
		return fmt.Errorf("the file is the statement of %s, not of %s. %s", found.Month, m, found.Sentence)
	}
	_, err = fmt.Fprintln(w, found.Sentence)
	return err
}

func readLimited(file string) ([]byte, error) {
	f, err := os.Open(file)
	if err != nil {
		return nil, fmt.Errorf("reading the statement's file: %w", err)
	}
	defer f.Close()
	data, err := io.ReadAll(io.LimitReader(f, largestStatement+1))
	if err != nil {
		return nil, fmt.Errorf("reading the statement's file: %w", err)
	}
	if len(data) > largestStatement {
		return nil, fmt.Errorf("%s is larger than any statement: it is another file", file)
	}
	return data, nil
}

// printStatement prints a statement for people.
func printStatement(w io.Writer, kept store.Statement) error {
	s, err := months.ReadStatement(kept)
	if err != nil {
		return err
	}
	by := s.ClosedBy
	if by == "" {
		by = "itself"
	}
	table := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintf(table, "Closing statement, %s\nNordPass seats of the customers of %s, %s to %s, UTC\nNo. %d, closed on %s by %s\n\n",
		s.Month, cell(s.MSP), seats.Day(s.Month.Start()), seats.Day(s.Month.End().AddDate(0, 0, -1)), s.Number,
		seats.Minute(s.ClosedAt), cell(by))
	if s.Reconstructed {
		fmt.Fprint(table, "Reconstructed from the journal of the time before there were books.\n\n")
	}
	printRows(table, s)
	printSums(table, s.Sums)
	printSettlements(table, s)
	fmt.Fprintf(table, "\nSHA-256   %s\nPrevious  %s\n", kept.SHA256, orNone(s.Previous))
	return table.Flush()
}

func orNone(hash string) string {
	if hash == "" {
		return "none: this is the first"
	}
	return hash
}

func printRows(w io.Writer, s months.Statement) {
	if len(s.Rows) > 0 {
		fmt.Fprintln(w, "ORGANIZATION\tPLAN\tAGREEMENT\tLINE\tDUE\tWRITTEN\tBILLED\tDIFFERENCE\tINVOICE\tDUE, MONEY")
	}
	for _, r := range s.Rows {
		fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\n", cell(r.Organization), r.Plan, idCell(r.AgreementID), idCell(r.AdditionID),
			quantity(r.Due), quantity(r.Written), quantity(r.Billed), signedQuantity(r.Difference), carrierCell(r.Invoice),
			dueMoney(r))
	}
}

// dueMoney is what is due of a row, or that ConnectWise does not bill it.
func dueMoney(r months.StatementRow) string {
	if r.NotBilled != "" {
		return "not billed"
	}
	return moneyCell(r.DueMoney, r.Currency)
}

func idCell(id int) string {
	if id == 0 {
		return "–"
	}
	return fmt.Sprint(id)
}

func carrierCell(c months.StatementCarrier) string {
	if c.ID == 0 {
		return strings.ReplaceAll(string(c.State), "_", " ")
	}
	return cell(c.Number + ", " + c.Day)
}

func moneyCell(amount decimal.NullDecimal, currency string) string {
	if !amount.Valid {
		return "–"
	}
	return money.Text(amount, currency) + " " + currency
}

func signedQuantity(d decimal.NullDecimal) string {
	if d.Valid && d.Decimal.IsPositive() {
		return "+" + quantity(d)
	}
	return quantity(d)
}

func printSums(w io.Writer, s months.StatementSums) {
	fmt.Fprintf(w, "\n%d organizations, %d agreements, %d of them invoiced: %s seats due, %s written, %s billed, %s settled in %d rows.\n",
		s.Organizations, s.Agreements, s.Invoiced, s.Due, s.Written, s.Billed, signedQuantity(decimal.NewNullDecimal(s.Settled)), s.SettledRows)
	if s.Unknown > 0 {
		fmt.Fprintf(w, "Of %d rows nobody knows what is due.\n", s.Unknown)
	}
	if s.Unpriced > 0 {
		fmt.Fprintf(w, "Of %d rows no price is known: the money is without them.\n", s.Unpriced)
	}
	if s.NotBilled > 0 {
		fmt.Fprintf(w, "%d rows are not billed in ConnectWise, and come to no money.\n", s.NotBilled)
	}
	for _, m := range s.Money {
		text := func(d decimal.Decimal) string { return money.Text(decimal.NewNullDecimal(d), m.Currency) }
		fmt.Fprintf(w, "%s: %s due, %s billed, %s settled, at the lines' prices.\n", m.Currency, text(m.Due), text(m.Billed), text(m.Settled))
	}
}

func printSettlements(w io.Writer, s months.Statement) {
	title := "\nDifferences and how they were settled\n"
	for _, r := range s.Rows {
		for _, by := range r.Settlements {
			fmt.Fprintf(w, "%s%s, %s: due %s, billed %s; %s %s by %s on %s. %s\n", title, cell(r.Organization), r.Plan, quantity(r.Due),
				quantity(r.Billed), signedQuantity(by.Seats), strings.ReplaceAll(by.How, "_", " "), cell(by.By), seats.Minute(by.At), cell(by.Note))
			title = ""
		}
	}
	for _, v := range s.OtherInvoices {
		fmt.Fprintf(w, "%s %s of %s, agreement %d: %s\n", cell(v.Type), cell(v.Number), v.Day, v.AgreementID, moneyCell(v.Total, v.Currency))
	}
}
