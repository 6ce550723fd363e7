package api

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"net/http"
	"time"

	"seatbridge/billing/books"
	"seatbridge/billing/months"
	"seatbridge/billing/problem"
	"seatbridge/handlers/web"
	"seatbridge/store"
)

type noInput struct{}

// apiMonths is the months of the books.
type apiMonths struct {
	Months []months.MonthSummary `json:"months" doc:"The running month and those before it, the latest first; none before anything was connected."`
}

// Cursor is the part of an address by which a long list goes on.
type Cursor struct {
	After   string `query:"cursor" maxLength:"100" doc:"The next_cursor of the page before; empty: from the beginning."`
	PerPage int    `query:"per_page" minimum:"1" maximum:"500" default:"100" doc:"Entries on a page."`
}

type monthIn struct {
	MonthRef
	Cursor
}

type settleIn struct {
	MonthRef
	Body settlementBody
}

// settlementBody is which differences are settled, and how.
type settlementBody struct {
	Rows []settledRow `json:"rows" minItems:"1" maxItems:"5000"`
	How  string       `json:"how" enum:"written_again,next_invoice,by_hand,waived" doc:"by_hand: billed by hand. waived: not billed. written_again: a sync writes the month once more on the agreements of these rows, before their invoices are made; what it writes is no difference any more. next_invoice: lines that are billed once are previewed, and settle when a person applies the run in the panel."`
	Note string       `json:"note,omitempty" maxLength:"500" doc:"Kept with the settlement, in the activity log and in the month's statement."`
}

// settledRow is an organization on a plan, as the month lists it.
type settledRow struct {
	ID   int64  `json:"id" minimum:"1" doc:"Of the organization."`
	Plan string `json:"plan" enum:"business,enterprise"`
}

// settled is what was settled.
type settled struct {
	Settled int    `json:"settled" doc:"Rows. What is written again is settled by being no difference any more, and is not counted here."`
	Run     *int64 `json:"run" doc:"The sync that writes the month again, or the run that previews lines on the next invoice; null: none."`
}

// closedMonth is a month that was closed.
type closedMonth struct {
	Month    store.Month  `json:"month" example:"2026-10"`
	State    months.State `json:"state" enum:"running,due,written,closed"`
	ClosedAt time.Time    `json:"closed_at"`
	Number   int          `json:"statement" doc:"The number of its statement."`
	SHA256   string       `json:"sha256" doc:"Of the statement's canonical JSON, in hex."`
	Previous string       `json:"previous" doc:"The SHA-256 of the statement before, which this one contains; empty: it is the first."`
}

func (a *API) monthEndpoints() {
	const one = "/months/{month}"
	endpoint(a, operation{"GET /months", ReadUsage, "listMonths", "List the months of the books"}, a.listMonths)
	endpoint(a, operation{
		"GET " + one, ReadUsage, "getMonth", "Get a month: what was due, written, invoiced and billed of each organization",
	}, a.getMonth)
	endpoint(a, operation{"POST " + one + "/settlements", WriteMonths, "settleDifferences", "Settle differences of a month"}, a.settle)
	endpoint(a, operation{
		"POST " + one + "/close", WriteMonths, "closeMonth", "Close a month: its statement does not change any more",
	}, a.closeMonth)
}

func (a *API) listMonths(ctx context.Context, _ *noInput) (*single[apiMonths], error) {
	if err := a.Books.UpToDate(ctx); err != nil {
		return nil, err
	}
	list, err := a.Books.Months(ctx)
	if err != nil {
		return nil, err
	}
	answer := apiMonths{Months: []months.MonthSummary{}}
	for _, m := range list {
		answer.Months = append(answer.Months, months.Summary(m.BookedMonth, m.State))
	}
	return &single[apiMonths]{answer}, nil
}

func (a *API) getMonth(ctx context.Context, in *monthIn) (*single[months.MonthBook], error) {
	after, err := base64.RawURLEncoding.DecodeString(in.After)
	if err != nil {
		return nil, &web.Error{
			Status: http.StatusUnprocessableEntity, Message: "This cursor is none that the API gave: send the next_cursor of a page.",
		}
	}
	if err := a.Books.UpToDate(ctx); err != nil {
		return nil, err
	}
	m, err := a.Books.Month(ctx, store.Month(in.Month))
	if errors.Is(err, store.ErrNotFound) {
		return nil, noMonth(store.Month(in.Month))
	}
	if err != nil {
		return nil, err
	}
	book, err := a.Books.Page(ctx, m, string(after), in.PerPage)
	book.NextCursor = base64.RawURLEncoding.EncodeToString([]byte(book.NextCursor))
	return &single[months.MonthBook]{book}, err
}

func noMonth(m store.Month) error {
	return &web.Error{Status: http.StatusNotFound, Message: fmt.Sprintf("The books do not have %s.", m)}
}

func (a *API) settle(ctx context.Context, in *settleIn) (*single[settled], error) {
	s := books.Settling{Month: store.Month(in.Month), How: store.Settling(in.Body.How), Note: web.Clean(in.Body.Note)}
	for _, r := range in.Body.Rows {
		s.Rows = append(s.Rows, store.RowKey{OrganizationID: r.ID, Plan: store.Plan(r.Plan)})
	}
	switch s.How {
	case store.WrittenAgain:
		return a.writeAgain(ctx, s)
	case store.OnNextInvoice:
		return a.putOnNextInvoice(ctx, s)
	}
	n, err := a.Books.Settle(ctx, actorOf(ctx), s)
	if err != nil {
		return nil, monthProblem(err)
	}
	return &single[settled]{settled{Settled: n}}, nil
}

func (a *API) writeAgain(ctx context.Context, s books.Settling) (*single[settled], error) {
	run, err := a.Books.WriteAgain(ctx, actorOf(ctx), s)
	if err != nil {
		return nil, monthProblem(err)
	}
	return &single[settled]{settled{Run: &run.ID}}, nil
}

// putOnNextInvoice previews lines that are billed once; a person applies them in the panel.
func (a *API) putOnNextInvoice(ctx context.Context, s books.Settling) (*single[settled], error) {
	run, err := a.Books.PutOnNextInvoice(ctx, actorOf(ctx), s)
	if err != nil {
		return nil, monthProblem(err)
	}
	return &single[settled]{settled{Run: &run.ID}}, nil
}

func (a *API) closeMonth(ctx context.Context, in *MonthRef) (*single[closedMonth], error) {
	kept, err := a.Books.Close(ctx, actorOf(ctx), store.Month(in.Month))
	if err != nil {
		return nil, monthProblem(err)
	}
	m, err := a.Books.Month(ctx, kept.Month)
	return &single[closedMonth]{closedMonth{m.Month, m.State, m.ClosedAt, kept.Number, kept.SHA256, kept.Previous}}, err
}

// monthProblem is what is wrong with the month of an address, which is no field of the body, or with writing it over a later one.
func monthProblem(err error) error {
	var invalid *problem.Invalid
	if !errors.As(err, &invalid) {
		return err
	}
	if sentence := invalid.Fields["overwrite"]; sentence != "" {
		return &web.Error{
			Status: http.StatusConflict, Message: sentence, Do: "Whoever means that does it in the panel, or by seatbridge sync --overwrite.",
		}
	}
	if invalid.Fields["month"] == "" {
		return err
	}
	status := http.StatusUnprocessableEntity
	switch {
	case errors.Is(invalid.Cause, store.ErrNotFound):
		status = http.StatusNotFound
	case invalid.Cause != nil:
		status = http.StatusConflict
	}
	return &web.Error{Status: status, Message: invalid.Fields["month"]}
}
