package handlers

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/a-h/templ"
	"github.com/shopspring/decimal"

	"seatbridge/billing/books"
	"seatbridge/billing/months"
	"seatbridge/billing/problem"
	"seatbridge/handlers/web"
	"seatbridge/store"
	"seatbridge/views"
)

// parseRowKeys reads the rows that are chosen in a form, each once; what names none is left out.
func parseRowKeys(values []string) []store.RowKey {
	var keys []store.RowKey
	seen := map[store.RowKey]bool{}
	for _, v := range values {
		organization, plan, _ := strings.Cut(v, " ")
		key := store.RowKey{OrganizationID: web.FormID(organization, 64), Plan: web.OneOf(plan, store.Plans()...)}
		if key.OrganizationID != 0 && key.Plan != "" && !seen[key] {
			seen[key], keys = true, append(keys, key)
		}
	}
	return keys
}

// parseSettling reads the form of the dialog. What was seen on the page goes along, so that nobody settles what he did not see.
func (p monthPages) parseSettling(r *http.Request, form url.Values) (books.Settling, error) {
	m, err := p.pathMonth(r)
	if err != nil {
		return books.Settling{}, err
	}
	s := books.Settling{
		Month: m, Rows: parseRowKeys(form["row"]), Note: web.Clean(form.Get("note")),
		How: web.OneOf(form.Get("how"), store.ByHand, store.Waived, store.OnNextInvoice, store.WrittenAgain),
	}
	if seen, err := decimal.NewFromString(form.Get("seen")); err == nil {
		s.Seen = decimal.NewNullDecimal(seen)
	}
	return s, nil
}

// back is the page that a dialog was opened from.
func back(form url.Values, m store.Month) string {
	if form.Get("back") == "" {
		return views.MonthPath(string(m))
	}
	return web.LocalPath(form.Get("back"))
}

// askSettle is the dialog about chosen rows.
func (p monthPages) askSettle(w http.ResponseWriter, r *http.Request) error {
	s, err := p.parseSettling(r, r.URL.Query())
	if err != nil {
		return err
	}
	if len(s.Rows) == 0 {
		return &web.Error{Status: http.StatusUnprocessableEntity, Message: "No row is chosen.", Do: "Tick the rows that are to be settled first."}
	}
	if s.How == "" {
		return &web.Error{Status: http.StatusUnprocessableEntity, Message: "Choose how the rows are settled."}
	}
	return p.answerSettle(w, r, s, back(r.URL.Query(), s.Month), nil)
}

// answerSettle shows the dialog with what is open of the chosen rows now, and beside it why it was not settled.
func (p monthPages) answerSettle(w http.ResponseWriter, r *http.Request, s books.Settling, back string, problems problem.Fields) error {
	d, err := p.settleDialog(r.Context(), s)
	if err != nil {
		return err
	}
	d.Back, d.Problems = back, views.Problems(problems)
	status := http.StatusOK
	if len(problems) > 0 {
		status = http.StatusUnprocessableEntity
	} else if left := len(s.Rows) - len(d.Rows); left > 0 {
		d.Problems = views.Problems{"rows": leftOut(left)}
	}
	return p.web.Answer(w, r, web.Page{
		Status: status, Section: views.SectionMonths, Title: "Settle differences", Part: views.Settle(d),
		Whole: func(l views.Layout) templ.Component { return views.SettlePage(l, d) },
	})
}

// leftOut says that chosen rows are not in the dialog.
func leftOut(n int) string {
	if n == 1 {
		return "One of the chosen rows cannot be settled in this way, or has nothing open any more: it is left out."
	}
	return fmt.Sprintf("%d of the chosen rows cannot be settled in this way, or have nothing open any more: they are left out.", n)
}

// allows says whether a row can be settled in a way: a line that is written again has to be on an invoice that is not made yet.
func allows(how store.Settling, r store.MonthRow) bool {
	switch how {
	case store.WrittenAgain:
		return r.Open.Valid && r.AgreementID != 0 && r.Invoice.State == store.NotInvoiced
	case store.OnNextInvoice:
		return r.Open.Valid && r.AgreementID != 0 && r.Open.Decimal.IsPositive()
	}
	return months.Settleable(r)
}

// settleDialog is the dialog with those of the chosen rows of which something is open that is known.
func (p monthPages) settleDialog(ctx context.Context, s books.Settling) (views.SettleDialog, error) {
	d := views.SettleDialog{Month: string(s.Month), How: string(s.How), Note: s.Note}
	if _, err := p.Billing.Books.Month(ctx, s.Month); err != nil {
		return d, err
	}
	filter := store.MonthRowFilter{Month: s.Month, Keys: s.Rows, States: []store.RowState{store.RowOpen}, Sort: "name"}
	found, _, err := store.BooksIn(p.Store).Rows(ctx, filter)
	if err != nil {
		return d, err
	}
	var tally months.Tally
	for _, row := range found {
		if allows(s.How, row) {
			tally.Add(row)
			d.Rows = append(d.Rows, monthRow(row))
		}
	}
	sums := tally.Sums()
	d.Sum, d.Seen = rowsSum(sums.Open, amounts(sums.Money, openOf)), sums.Open.Seats.String()
	return d, nil
}

func (p monthPages) settle(w http.ResponseWriter, r *http.Request) error {
	if err := web.ParseForm(r); err != nil {
		return err
	}
	s, err := p.parseSettling(r, r.PostForm)
	if err != nil {
		return err
	}
	path, message, err := p.carryOut(r.Context(), p.web.Actor(r), s)
	if problems, err := web.ProblemsIn(err); err != nil {
		return err
	} else if problems != nil {
		return p.answerSettle(w, r, s, back(r.PostForm, s.Month), problems)
	}
	if path == "" {
		path = back(r.PostForm, s.Month)
	}
	return p.web.Done(w, r, path, message)
}

// carryOut settles, or begins the run that will: path is then that run's page.
func (p monthPages) carryOut(ctx context.Context, who problem.Actor, s books.Settling) (path, message string, err error) {
	switch s.How {
	case store.OnNextInvoice:
		run, err := p.Billing.Books.PutOnNextInvoice(ctx, who, s)
		return views.RunPath(run.ID), "This is what would be put on the next invoices. Write it, or discard it.", err
	case store.WrittenAgain:
		run, err := p.writeAgain(ctx, who, s)
		return views.RunPath(run.ID), fmt.Sprintf("The lines of the chosen rows are written for %s.", s.Month), err
	}
	n, err := p.Billing.Books.Settle(ctx, who, s)
	how := strings.ToLower(views.SettlingName(string(s.How)))
	if n == 1 {
		return "", fmt.Sprintf("1 difference of %s is settled: %s.", s.Month, how), err
	}
	return "", fmt.Sprintf("%d differences of %s are settled: %s.", n, s.Month, how), err
}

// writeAgain starts the sync of the month for the agreements of chosen rows.
func (p monthPages) writeAgain(ctx context.Context, who problem.Actor, s books.Settling) (store.Run, error) {
	filter := store.MonthRowFilter{Month: s.Month, Keys: s.Rows, States: []store.RowState{store.RowOpen}}
	rows, _, err := store.BooksIn(p.Store).Rows(ctx, filter)
	if err != nil {
		return store.Run{}, err
	}
	var agreements []int
	for _, row := range rows {
		if allows(s.How, row) && !slices.Contains(agreements, row.AgreementID) {
			agreements = append(agreements, row.AgreementID)
		}
	}
	if len(agreements) == 0 {
		return store.Run{}, &problem.Invalid{Fields: problem.Fields{
			"rows": "None of these rows has a line that can be written before its invoice is made.",
		}}
	}
	return p.Billing.Runs.Start(ctx, who, p.Billing.Runs.SyncMonth(s.Month, agreements, false))
}

// rowOf is a row of a month in the path: store.ErrNotFound where the books have no such row.
func (p monthPages) rowOf(ctx context.Context, m store.Month, key store.RowKey) (store.MonthRow, error) {
	if _, err := p.Billing.Books.Month(ctx, m); err != nil {
		return store.MonthRow{}, err
	}
	found, _, err := store.BooksIn(p.Store).Rows(ctx, store.MonthRowFilter{Month: m, Keys: []store.RowKey{key}})
	if err == nil && len(found) == 0 {
		err = store.ErrNotFound
	}
	if err != nil {
		return store.MonthRow{}, err
	}
	return found[0], nil
}

func (p monthPages) showRow(w http.ResponseWriter, r *http.Request) error {
	m, err := p.pathMonth(r)
	if err != nil {
		return err
	}
	organization, err := web.PathID(r, "id")
	if err != nil {
		return err
	}
	key := store.RowKey{OrganizationID: organization, Plan: web.OneOf(r.PathValue("plan"), store.Plans()...)}
	return p.answerRow(w, r, m, key, views.MonthRowDialog{Back: back(r.URL.Query(), m)})
}

// answerRow shows a row, and beside it why something could not be done.
func (p monthPages) answerRow(w http.ResponseWriter, r *http.Request, m store.Month, key store.RowKey, d views.MonthRowDialog) error {
	row, err := p.rowOf(r.Context(), m, key)
	if err != nil {
		return err
	}
	d.Month, d.Row = string(m), monthRow(row)
	if err := p.addSettlements(r.Context(), row, &d); err != nil {
		return err
	}
	status := http.StatusOK
	if len(d.Problems) > 0 {
		status = http.StatusUnprocessableEntity
	}
	return p.web.Answer(w, r, web.Page{
		Status: status, Section: views.SectionMonths, Title: row.Organization, Part: views.MonthRowDetails(d),
		Whole: func(l views.Layout) templ.Component { return views.MonthRowPage(l, d) },
	})
}

// addSettlements adds how the row was settled, and whether its organization is invoiced elsewhere.
func (p monthPages) addSettlements(ctx context.Context, row store.MonthRow, d *views.MonthRowDialog) error {
	settled, err := store.BooksIn(p.Store).Settlements(ctx, []int64{row.OrganizationID})
	if err != nil {
		return err
	}
	for _, s := range settled[row.OrganizationID] {
		if s.Month == row.Month && s.Plan == row.Plan {
			d.Settlements = append(d.Settlements, settlementView(s, row))
		}
	}
	mapping, err := p.Store.Mapping(ctx, row.OrganizationID)
	if err != nil && !errors.Is(err, store.ErrNotFound) {
		return err
	}
	d.Mapped = mapping.AgreementID != 0
	said, err := store.BooksIn(p.Store).Elsewhere(ctx)
	if e, is := said[row.OrganizationID]; is {
		d.Elsewhere = &views.Elsewhere{Note: e.Note, By: e.By, At: e.At}
	}
	return err
}

func settlementView(s store.Settlement, row store.MonthRow) views.Settlement {
	money := moneyOf(months.SettledMoney(s, row), s.Currency)
	money.Unbilled = row.Unbilled != ""
	return views.Settlement{
		ID: s.ID, How: string(s.How), Seats: s.Seats.String(), Money: money,
		Note: s.Note, At: s.At, By: s.By, UndoneAt: s.UndoneAt, UndoneBy: s.UndoneBy, RunID: s.RunID,
	}
}

// unsettle undoes a settlement of the month in the path.
func (p monthPages) unsettle(w http.ResponseWriter, r *http.Request) error {
	m, s, err := p.pathSettlement(r)
	if err != nil {
		return err
	}
	if err := web.ParseForm(r); err != nil {
		return err
	}
	err = p.Billing.Books.Unsettle(r.Context(), p.web.Actor(r), s.ID)
	if problems, err := web.ProblemsIn(err); err != nil {
		return err
	} else if problems != nil {
		return p.answerRow(w, r, m, store.RowKey{OrganizationID: s.OrganizationID, Plan: s.Plan}, views.MonthRowDialog{
			Back: back(r.PostForm, m), Problems: views.Problems(problems),
		})
	}
	return p.web.Done(w, r, back(r.PostForm, m), "The settlement was undone. What it settled is open again.")
}

func (p monthPages) pathSettlement(r *http.Request) (store.Month, store.Settlement, error) {
	m, err := p.pathMonth(r)
	if err != nil {
		return m, store.Settlement{}, err
	}
	id, err := web.PathID(r, "id")
	if err != nil {
		return m, store.Settlement{}, err
	}
	s, err := store.BooksIn(p.Store).Settlement(r.Context(), id)
	if err == nil && s.Month != m {
		err = store.ErrNotFound
	}
	return m, s, err
}

// sayElsewhere keeps that an organization is invoiced elsewhere than through ConnectWise.
func (p monthPages) sayElsewhere(w http.ResponseWriter, r *http.Request) error {
	return p.elsewhere(w, r, func(ctx context.Context, who problem.Actor, organization int64) error {
		return p.Billing.Books.SayElsewhere(ctx, who, organization, web.Clean(r.PostForm.Get("note")))
	}, "It is invoiced elsewhere: what nothing here bills of it is settled by that.")
}

// withdrawElsewhere takes that back.
func (p monthPages) withdrawElsewhere(w http.ResponseWriter, r *http.Request) error {
	return p.elsewhere(w, r, p.Billing.Books.WithdrawElsewhere, "Nobody says any more that it is invoiced elsewhere.")
}

func (p monthPages) elsewhere(
	w http.ResponseWriter, r *http.Request, do func(context.Context, problem.Actor, int64) error, message string,
) error {
	m, err := p.pathMonth(r)
	if err != nil {
		return err
	}
	organization, err := web.PathID(r, "id")
	if err != nil {
		return err
	}
	if err := web.ParseForm(r); err != nil {
		return err
	}
	err = do(r.Context(), p.web.Actor(r), organization)
	if problems, err := web.ProblemsIn(err); err != nil {
		return err
	} else if problems != nil {
		key := store.RowKey{OrganizationID: organization, Plan: web.OneOf(r.PostForm.Get("plan"), store.Plans()...)}
		return p.answerRow(w, r, m, key, views.MonthRowDialog{
			Back: back(r.PostForm, m), Problems: views.Problems(problems), Note: web.Clean(r.PostForm.Get("note")),
		})
	}
	return p.web.Done(w, r, back(r.PostForm, m), message)
}
