package books

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/shopspring/decimal"

	"seatbridge/billing/money"
	"seatbridge/billing/months"
	"seatbridge/billing/notify"
	"seatbridge/billing/problem"
	"seatbridge/billing/seats"
	"seatbridge/store"
)

// Teller tells people what months have open, through their notification channels (docs/months.md).
type Teller struct{ *Keeper }

const (
	monthsPage = "/months"
	// freshSync is how long after its end what a monthly sync left open is news.
	freshSync = 24 * time.Hour
)

// OpenFigures are what is open of a month, as a webhook receives it. Seats and money are decimals.
type OpenFigures struct {
	Month       store.Month     `json:"month"`       // YYYY-MM
	Differences int             `json:"differences"` // rows: an organization on a plan
	SeatsMore   decimal.Decimal `json:"seats_more"`  // to be billed yet
	SeatsLess   decimal.Decimal `json:"seats_less"`  // billed too much, a negative number
	Unknown     int             `json:"unknown"`     // of the differences, those of which nobody knows how many seats
	// Money is what they come to by currency, each with its digits; Unpriced and Unbilled are how many of the differences it is without.
	Money    []months.OpenMoney `json:"money"`
	Unpriced int                `json:"unpriced"`
	Unbilled int                `json:"not_billed"`
}

// open is what some rows of a month have open.
type open struct {
	month store.Month
	sums  store.MonthSums
}

func (o open) figures() OpenFigures {
	return OpenFigures{
		Month: o.month, Differences: o.sums.Open.Rows, SeatsMore: o.sums.More.Seats, SeatsLess: o.sums.Less.Seats,
		Unknown: o.sums.Open.Unknown, Money: months.OpenIn(o.sums.Money), Unpriced: o.sums.Open.Unpriced, Unbilled: o.sums.Open.Unbilled,
	}
}

// sentence is a month's part of a message.
func (o open) sentence() string {
	return fmt.Sprintf("%s: %s open, %s.", o.month, problem.Plural(o.sums.Open.Rows, "difference"), InWords(o.sums))
}

// TellSynced tells what a monthly sync left open of its month, once for each sync and soon after it.
func (t Teller) TellSynced(ctx context.Context) error {
	last, err := Reader(t).LastEnded(ctx)
	if errors.Is(err, store.ErrNotFound) {
		return nil
	}
	if err != nil {
		return err
	}
	run := last.Try.Last
	news := run.Kind == store.RunMonthly && last.State != months.Due && t.Now().Sub(run.EndedAt) < freshSync
	if !news || last.Sums.Open.Rows == 0 {
		return nil
	}
	o := open{last.Month, last.Sums}
	m := t.message(fmt.Sprintf("%s was synced: %s open", o.month, problem.Plural(o.sums.Open.Rows, "difference")),
		monthsPage+"/"+string(o.month), o.sentence(), "What is due is not what stands in ConnectWise PSA or was invoiced. "+
			"The month’s page says for each why, and what to do.")
	key := fmt.Sprintf("%s run %d", o.month, run.ID)
	return t.tell(ctx, m, "months "+key, store.Topic{Event: store.EventOpen, Key: "months " + key}, o)
}

// Daily tells what there is to tell of months once a day.
func (t Teller) Daily(ctx context.Context) error {
	return errors.Join(t.Remind(ctx), t.tellLate(ctx))
}

// Remind tells before an invoicing day, by as many days as the settings say, what is open of the months that its invoices carry and
// how many lines wait for approval: once for each day, and nothing where nothing is open.
func (t Teller) Remind(ctx context.Context) error {
	settings, err := t.Store.Settings(ctx)
	if err != nil || settings.Months.RemindDays == 0 {
		return err
	}
	days, err := t.invoicingDays(ctx, settings.Months.RemindDays)
	if err != nil {
		return err
	}
	for _, d := range slices.Sorted(maps.Keys(days)) {
		if err := t.remindOf(ctx, d, days[d]); err != nil {
			return err
		}
	}
	return nil
}

// invoicingDays are the days from today on, at most so many away, on which mapped agreements are to be invoiced, with these.
func (t Teller) invoicingDays(ctx context.Context, away int) (map[string][]int, error) {
	mappings, err := t.Store.Mappings(ctx)
	if err != nil {
		return nil, fmt.Errorf("reading mappings: %w", err)
	}
	carrying := map[int]bool{}
	for _, m := range mappings {
		carrying[m.AgreementID] = true
	}
	next, err := Reader(t).NextInvoices(ctx, slices.Sorted(maps.Keys(carrying)))
	if err != nil {
		return nil, err
	}
	days := map[string][]int{}
	first, last := day(t.Now()), day(t.Now().AddDate(0, 0, away))
	for id, d := range next {
		if d >= first && d <= last {
			days[d] = append(days[d], id)
		}
	}
	return days, nil
}

func (t Teller) remindOf(ctx context.Context, invoicing string, agreements []int) error {
	carried, err := t.openOn(ctx, agreements)
	if err != nil {
		return err
	}
	held, err := t.heldOn(ctx, agreements)
	if err != nil || len(carried) == 0 && held.Lines == 0 {
		return err
	}
	on, err := time.Parse(time.DateOnly, invoicing)
	if err != nil {
		return fmt.Errorf("reading the invoicing day %q: %w", invoicing, err)
	}
	var text []string
	for _, o := range carried {
		text = append(text, o.sentence())
	}
	if held.Lines > 0 {
		text = append(text, fmt.Sprintf("Held: %s. For a whole billing period that is %s. Approve or reject them before.",
			problem.Plural(held.Lines, "line"), held.InWords()))
	}
	m := t.message(fmt.Sprintf("Invoices of %s: %s", seats.Day(on), remains(carried, held.Lines)), monthsPage,
		fmt.Sprintf("%s to be invoiced then.", isOrAre(len(agreements), "agreement")))
	m.Text = append(m.Text, text...)
	return t.tell(ctx, m, "reminder "+invoicing, store.Topic{Event: store.EventMonths, Key: "reminder " + invoicing}, carried...)
}

// remains is what is left to do, for a title.
func remains(carried []open, held int) string {
	rows := 0
	for _, o := range carried {
		rows += o.sums.Open.Rows
	}
	switch {
	case held == 0:
		return problem.Plural(rows, "difference") + " open"
	case rows == 0:
		return waiting(held)
	}
	return problem.Plural(rows, "difference") + " open, " + waiting(held)
}

func waiting(held int) string {
	if held == 1 {
		return "1 line waits for approval"
	}
	return fmt.Sprintf("%d lines wait for approval", held)
}

func isOrAre(n int, noun string) string {
	if n == 1 {
		return "1 " + noun + " is"
	}
	return problem.Plural(n, noun) + " are"
}

// openOn is what is open on agreements of months that are not invoiced yet, the latest month first.
func (t Teller) openOn(ctx context.Context, agreements []int) ([]open, error) {
	return t.openMonths(ctx, func(r store.MonthRow) bool {
		return r.Invoice.State == store.NotInvoiced && slices.Contains(agreements, r.AgreementID)
	})
}

// openMonths is what is open of the rows that are picked, by month, the latest first.
func (t Teller) openMonths(ctx context.Context, pick func(store.MonthRow) bool) ([]open, error) {
	list, err := t.Open(ctx)
	if err != nil {
		return nil, err
	}
	var found []open
	for _, m := range list {
		var tally months.Tally
		for r, err := range store.BooksIn(t.Store).EachRow(ctx, store.MonthRowFilter{Month: m.Month, States: []store.RowState{store.RowOpen}}) {
			if err != nil {
				return nil, err
			}
			if pick(r) {
				tally.Add(r)
			}
		}
		if o := (open{m.Month, tally.Sums()}); o.sums.Open.Rows > 0 {
			found = append(found, o)
		}
	}
	return found, nil
}

// heldOn adds up the lines on agreements that wait for a person.
func (t Teller) heldOn(ctx context.Context, agreements []int) (held money.Totals, err error) {
	for c, err := range t.Store.EachChange(ctx, store.ChangeFilter{Carried: true, States: []store.ChangeState{store.StateHeld}}) {
		if err != nil {
			return held, fmt.Errorf("counting held lines: %w", err)
		}
		if slices.Contains(agreements, c.AgreementID) {
			held.Add(money.LineOf(c))
		}
	}
	return held, nil
}

// tellLate tells of months whose differences are of facts that came after the month was counted: each such fact once, and because
// it is asked for daily, a month at most once a day.
func (t Teller) tellLate(ctx context.Context) error {
	latest := map[store.Month]time.Time{}
	late, err := t.openMonths(ctx, func(r store.MonthRow) bool {
		if r.DueSince.After(latest[r.Month]) {
			latest[r.Month] = r.DueSince
		}
		return !r.DueSince.IsZero()
	})
	if err != nil {
		return err
	}
	for _, o := range late {
		m := t.message(fmt.Sprintf("%s: what is due changed after the month’s end", o.month), monthsPage+"/"+string(o.month), o.sentence(),
			"The month’s page says for each since when, and what to do: write the month again before its invoice, or settle the difference.")
		key := fmt.Sprintf("late %s %d", o.month, latest[o.month].Unix())
		if err := t.tell(ctx, m, key, store.Topic{Event: store.EventMonths, Key: key}, o); err != nil {
			return err
		}
	}
	return nil
}

func (t Teller) message(title, page string, text ...string) notify.Message {
	m := notify.NewMessage(t.Now(), title, text...)
	m.URL = t.Outbox.PageURL(page)
	return m
}

// tell announces a message about what months have open, once.
func (t Teller) tell(ctx context.Context, m notify.Message, once string, topic store.Topic, about ...open) error {
	figures := []OpenFigures{}
	for _, o := range about {
		figures = append(figures, o.figures())
		m.Facts = append(m.Facts, notify.Fact{Name: o.month.String(), Value: InWords(o.sums)})
	}
	encoded, err := json.Marshal(figures)
	if err != nil {
		return fmt.Errorf("encoding what is open: %w", err)
	}
	m.Months = encoded
	a, err := notify.Address(m, once, topic)
	if err != nil {
		return err
	}
	return t.Outbox.Announce(ctx, a)
}
