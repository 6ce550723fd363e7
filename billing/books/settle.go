package books

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/shopspring/decimal"

	"seatbridge/billing/months"
	"seatbridge/billing/problem"
	"seatbridge/store"
)

// longestNote bounds what is said about a settlement, in characters.
const longestNote = 500

// Settling is what somebody wants to settle, and how: ByHand or Waived.
type Settling struct {
	Month store.Month
	Rows  []store.RowKey
	How   store.Settling
	Note  string
	Seen  decimal.NullDecimal // what is open of the rows in sum, as whoever settles saw it; NULL: that was not asked
}

// Settle settles what is open of rows, all of them or none: settled is how many. A row whose difference is gone, or that somebody else
// settled, is refused by name, so that nobody settles what he did not see.
func (k *Keeper) Settle(ctx context.Context, who problem.Actor, s Settling) (settled int, err error) {
	problems := settlingProblems(s)
	if s.How == store.OnNextInvoice {
		problems.Add("how", "A line on the next invoice is previewed first.")
	}
	if len(problems) > 0 {
		return 0, &problem.Invalid{Fields: problems}
	}
	if err := k.ended(ctx, s.Month); err != nil {
		return 0, err
	}
	if err := k.Refresh(ctx); err != nil {
		return 0, err
	}
	err = k.Store.Together(ctx, fmt.Sprintf("settling differences of %s", s.Month), func(in *store.Store) error {
		if err := k.recount(ctx, in, s.Rows); err != nil {
			return err
		}
		rows, err := openRows(ctx, in, s)
		if err != nil {
			return err
		}
		if sum := openOf(rows); s.Seen.Valid && !s.Seen.Decimal.Equal(sum) {
			return othersByNow(sum, s.Seen.Decimal)
		}
		for _, r := range rows {
			if err := k.settle(ctx, in, who, s, r); err != nil {
				return err
			}
		}
		settled = len(rows)
		return nil
	})
	if err != nil {
		return 0, err
	}
	return settled, k.Refresh(ctx)
}

// recount counts the organizations of rows again, in the transaction that is to go by them: somebody may have settled them since they
// were counted last.
func (k *Keeper) recount(ctx context.Context, in *store.Store, rows []store.RowKey) error {
	var ids []int64
	for _, r := range rows {
		if !slices.Contains(ids, r.OrganizationID) {
			ids = append(ids, r.OrganizationID)
		}
	}
	stale, err := store.BooksIn(in).StaleOf(ctx, ids)
	if err != nil || len(stale) == 0 {
		return err
	}
	if err := k.count(ctx, in, stale); err != nil {
		return err
	}
	return store.BooksIn(in).Fresh(ctx, stale)
}

func settlingProblems(s Settling) problem.Fields {
	problems := problem.Fields{}
	problems.Add("note", problem.OfLength(s.Note, longestNote))
	if s.How != store.ByHand && s.How != store.Waived && s.How != store.OnNextInvoice {
		problems.Add("how", "Choose how it is settled: billed by hand, or waived.")
	}
	if len(s.Rows) == 0 {
		problems.Add("rows", "Choose what is to be settled.")
	}
	return problems
}

// openRows are the chosen rows, each of which has something open that can be settled so.
func openRows(ctx context.Context, in *store.Store, s Settling) ([]store.MonthRow, error) {
	rows, err := differing(ctx, in, s)
	if err != nil {
		return nil, err
	}
	for _, r := range rows {
		if !months.Settleable(r) || !r.Open.Valid && s.How == store.OnNextInvoice {
			return nil, refused(fmt.Sprintf("%s, %s: how many seats are open is not known. %s", r.Organization, r.Plan.Name(), r.Reason))
		}
	}
	return rows, nil
}

// differing are the chosen rows, each of which has a difference that nobody settled.
func differing(ctx context.Context, in *store.Store, s Settling) ([]store.MonthRow, error) {
	rows, _, err := store.BooksIn(in).Rows(ctx, store.MonthRowFilter{Month: s.Month, Keys: s.Rows, Sort: "name"})
	if err != nil {
		return nil, err
	}
	found := map[store.RowKey]bool{}
	for _, r := range rows {
		found[store.RowKey{OrganizationID: r.OrganizationID, Plan: r.Plan}] = true
		switch r.State {
		case store.RowSettled:
			return nil, overtaken(fmt.Sprintf("%s, %s: somebody settled it already.", r.Organization, r.Plan.Name()))
		case store.RowAgrees:
			return nil, overtaken(fmt.Sprintf("%s, %s: there is no difference any more.", r.Organization, r.Plan.Name()))
		}
	}
	for _, key := range s.Rows {
		if !found[key] {
			return nil, overtaken(fmt.Sprintf("The books of %s have no such row any more. Nothing was settled.", s.Month))
		}
	}
	return rows, nil
}

func openOf(rows []store.MonthRow) decimal.Decimal {
	sum := decimal.Zero
	for _, r := range rows {
		sum = sum.Add(r.Open.Decimal)
	}
	return sum
}

func othersByNow(sum, seen decimal.Decimal) error {
	return overtaken(fmt.Sprintf("The differences are others by now: %s in sum, not %s. Look again.", signed(sum), signed(seen)))
}

func refused(sentence string) error {
	return &problem.Invalid{Fields: problem.Fields{"rows": sentence}}
}

// errOvertaken is why rows are not settled that are others than whoever settles them saw.
var errOvertaken = errors.New("the books say something else by now")

func overtaken(sentence string) error {
	return &problem.Invalid{Fields: problem.Fields{"rows": sentence}, Cause: errOvertaken}
}

func (k *Keeper) settle(ctx context.Context, in *store.Store, who problem.Actor, s Settling, r store.MonthRow) error {
	_, err := store.BooksIn(in).AddSettlement(ctx, store.Settlement{
		Month: r.Month, OrganizationID: r.OrganizationID, Plan: r.Plan, How: s.How, Seats: r.Open.Decimal,
		UnitPrice: r.UnitPrice, Currency: r.Currency, Note: s.Note, At: k.Now(), By: who.Name,
	})
	if err != nil {
		return err
	}
	return in.AddActivity(ctx, who.Did(k.Now(), store.CategoryBilling, "Settled the difference of %s of “%s”, %s, %s: %s.%s",
		r.Month, r.Organization, r.Plan.Name(), openInWords(r), inWords(s.How), withNote(s.Note)).About(r.OrganizationID))
}

func openInWords(r store.MonthRow) string {
	if !r.Open.Valid {
		return "nobody knows how many seats"
	}
	return signed(r.Open.Decimal)
}

func inWords(how store.Settling) string {
	switch how {
	case store.WrittenAgain:
		return "written again"
	case store.OnNextInvoice:
		return "on the next invoice"
	case store.ByHand:
		return "billed by hand"
	case store.Waived:
		return "waived"
	}
	return string(how)
}

func withNote(note string) string {
	if note == "" {
		return ""
	}
	return " “" + note + "”"
}

// Unsettle undoes a settlement: what it settled is open again. One that put a line on the next invoice is undone by undoing its run.
func (k *Keeper) Unsettle(ctx context.Context, who problem.Actor, id int64) error {
	err := k.Store.Together(ctx, "undoing a settlement", func(in *store.Store) error {
		s, err := store.BooksIn(in).Settlement(ctx, id)
		if err != nil {
			return err
		}
		if s.How == store.OnNextInvoice {
			return &problem.Invalid{Fields: problem.Fields{"settlement": fmt.Sprintf("It is a line in ConnectWise: undo run %d.", s.RunID)}}
		}
		s.UndoneAt, s.UndoneBy = k.Now(), who.Name
		if err := store.BooksIn(in).UndoSettlement(ctx, s); errors.Is(err, store.ErrNotFound) {
			return &problem.Invalid{Fields: problem.Fields{"settlement": "Somebody undid it already."}, Cause: err}
		} else if err != nil {
			return err
		}
		o, err := in.Organization(ctx, s.OrganizationID)
		if err != nil {
			return err
		}
		return in.AddActivity(ctx, who.Did(k.Now(), store.CategoryBilling, "Undid the settlement of %s of “%s”, %s, %s, %s.",
			s.Month, o.Name, s.Plan.Name(), signed(s.Seats), inWords(s.How)).About(o.ID))
	})
	if err != nil {
		return err
	}
	return k.Refresh(ctx)
}

// SayElsewhere keeps that an organization is invoiced elsewhere than through ConnectWise: said once, for every month in which nothing
// here bills it. Mapping it withdraws that.
func (k *Keeper) SayElsewhere(ctx context.Context, who problem.Actor, organizationID int64, note string) error {
	if problem := problem.OfLength(note, longestNote); problem != "" {
		return invalidNote(problem)
	}
	err := k.Store.Together(ctx, "noting who is invoiced elsewhere", func(in *store.Store) error {
		o, err := in.Organization(ctx, organizationID)
		if err != nil {
			return err
		}
		mapped, err := in.Mapping(ctx, organizationID)
		if err != nil && !errors.Is(err, store.ErrNotFound) {
			return err
		}
		if mapped.AgreementID != 0 {
			return &problem.Invalid{Fields: problem.Fields{"organization": fmt.Sprintf("%s is mapped: it is invoiced through ConnectWise.", o.Name)}}
		}
		e := store.Elsewhere{OrganizationID: organizationID, Note: note, At: k.Now(), By: who.Name}
		if err := store.BooksIn(in).SayElsewhere(ctx, e); err != nil {
			return err
		}
		return in.AddActivity(ctx, who.Did(k.Now(), store.CategoryBilling, "Said that “%s” is invoiced elsewhere than through ConnectWise.%s",
			o.Name, withNote(note)).About(o.ID))
	})
	if err != nil {
		return err
	}
	return k.Refresh(ctx)
}

func invalidNote(sentence string) error {
	return &problem.Invalid{Fields: problem.Fields{"note": sentence}}
}

// WithdrawElsewhere takes that back.
func (k *Keeper) WithdrawElsewhere(ctx context.Context, who problem.Actor, organizationID int64) error {
	err := k.Store.Together(ctx, "taking back who is invoiced elsewhere", func(in *store.Store) error {
		o, err := in.Organization(ctx, organizationID)
		if err != nil {
			return err
		}
		if err := store.BooksIn(in).WithdrawElsewhere(ctx, organizationID); err != nil {
			return err
		}
		return in.AddActivity(ctx, who.Did(k.Now(), store.CategoryBilling, "Took back that “%s” is invoiced elsewhere.", o.Name).About(o.ID))
	})
	if err != nil {
		return err
	}
	return k.Refresh(ctx)
}
