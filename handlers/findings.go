package handlers

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"

	"github.com/a-h/templ"
	"github.com/shopspring/decimal"

	"seatbridge/billing/findings"
	"seatbridge/billing/money"
	"seatbridge/handlers/web"
	"seatbridge/store"
	"seatbridge/views"
)

const (
	findingsPage = 50
	// attentionFindings is how many findings Needs attention shows.
	attentionFindings = 20
)

var errNoDeed = errors.New("nothing was chosen about the finding")

// findingPages are what readings of agreements found, and what is done about it.
type findingPages struct{ *server }

func (p findingPages) list(w http.ResponseWriter, r *http.Request) error {
	q := web.ParseListQuery(r.URL.Query())
	filter := store.FindingFilter{
		Answered: q.Values.Get("show") == "meant", Subject: web.OneOf(q.Values.Get("kind"), subjects()...), Search: q.Search,
	}
	found, total, err := web.Load(&q, findingsPage, func(limit, offset int) ([]store.KnownFinding, int, error) {
		filter.Limit, filter.Offset = limit, offset
		return p.Billing.Findings.List(r.Context(), filter)
	})
	if err != nil {
		return err
	}
	page := views.FindingsPage{List: views.FindingList{
		Query: q.Search, Kind: string(filter.Subject), Meant: filter.Answered, Rows: findingRows(found),
		Pager: q.Pager(views.FindingsPath, findingsPage, len(found), total),
	}}
	if !web.IsPart(r) {
		if page.List.Kinds, err = p.kinds(r.Context(), filter); err != nil {
			return err
		}
	}
	return p.web.Answer(w, r, web.Page{
		Section: views.SectionOverview, Title: "What was found",
		Part:  views.FindingTable(page.List),
		Whole: func(l views.Layout) templ.Component { return views.Findings(l, page) },
	})
}

func subjects() []store.Subject {
	var all []store.Subject
	for _, k := range findings.Kinds {
		all = append(all, k.Subject)
	}
	return all
}

// kinds are the kinds to filter by: those that occur, unless what is meant so is shown.
func (p findingPages) kinds(ctx context.Context, f store.FindingFilter) ([]views.Option, error) {
	counts, err := p.Billing.Findings.Counts(ctx)
	if err != nil {
		return nil, err
	}
	var options []views.Option
	for _, k := range findings.Kinds {
		if n := counts[k.Subject]; n > 0 || f.Answered || k.Subject == f.Subject {
			options = append(options, views.Option{
				Value: string(k.Subject), Label: k.Name, Count: n, HasCount: !f.Answered, Selected: k.Subject == f.Subject,
			})
		}
	}
	return options, nil
}

// first are the findings that Needs attention shows.
func (p findingPages) first(ctx context.Context) (views.FindingList, error) {
	found, total, err := p.Billing.Findings.List(ctx, store.FindingFilter{Limit: attentionFindings})
	return views.FindingList{Rows: findingRows(found), Whole: true, Hidden: total - len(found)}, err
}

func findingRows(found []store.KnownFinding) []views.Finding {
	rows := make([]views.Finding, len(found))
	for i, f := range found {
		rows[i] = findingRow(f)
	}
	return rows
}

func findingRow(f store.KnownFinding) views.Finding {
	row := views.Finding{
		AgreementID: int64(f.AgreementID), ProductID: int64(f.ProductID), AdditionID: int64(f.AdditionID),
		Subject: string(f.Subject), Kind: findings.NameOf(f.Subject), Facts: f.Facts,
		Company: f.Company, Agreement: f.Agreement, Product: f.Product, Sentence: f.Sentence, Advice: f.Advice,
		Quantity: quantity(f.Quantity), HasMoney: f.Quantity.Valid && f.UnitPrice.Valid, Since: f.Since,
		Holds: f.Holds, Creates: findings.Creates(f.Subject), CanZero: findings.CanZero(f.Finding),
		Note: f.Note, MeantBy: f.AnsweredBy, MeantAt: f.AnsweredAt,
	}
	row.Money = standingMoney(f)
	return row
}

// standingMoney is what the addition of a finding bills in a whole billing period.
func standingMoney(f store.KnownFinding) views.Money {
	line := money.Line{
		Before: decimal.NewNullDecimal(decimal.Zero), After: f.Quantity, UnitPrice: f.UnitPrice, Currency: f.Currency,
		Included: f.Terms.Included, Unbilled: f.Terms.Unbilled != "",
	}
	m := moneyOf(line.Worth(), f.Currency)
	m.Unbilled = line.Unbilled
	return m
}

// decide does what was chosen about a finding.
func (p findingPages) decide(w http.ResponseWriter, r *http.Request) error {
	if err := web.ParseForm(r); err != nil {
		return err
	}
	key, facts := parseFinding(r.PostForm)
	back := backToFindings(p.web, r)
	switch web.OneOf(r.PostForm.Get("do"), "meant", "withdraw", "zero", "look") {
	case "meant":
		answer := findings.Answer{Key: key, Facts: facts, Note: web.Clean(r.PostForm.Get("note"))}
		if err := p.Billing.Findings.Meant(r.Context(), p.web.Actor(r), answer); err != nil {
			return err
		}
		message := "Remembered. It is asked again when the facts change."
		if findings.Creates(key.Subject) {
			message = "Remembered. The next sync creates the line."
		}
		return p.web.Done(w, r, back, message)
	case "withdraw":
		if err := p.Billing.Findings.Withdraw(r.Context(), p.web.Actor(r), key); err != nil {
			return err
		}
		return p.web.Done(w, r, back, "Taken back. It needs attention again.")
	case "zero":
		run, err := p.Billing.Findings.Zero(r.Context(), p.web.Actor(r), key, facts)
		if err != nil {
			return err
		}
		return web.Leave(w, r, views.RunPath(run.ID))
	case "look":
		if err := p.Billing.Findings.LookAgain(r.Context(), key.AgreementID); err != nil {
			return err
		}
		return p.web.Done(w, r, back, "The agreement was read again; this is what it says now.")
	}
	return web.BadBody(errNoDeed)
}

// always approves a held change and lets what it waited for through from now on.
func (p findingPages) always(w http.ResponseWriter, r *http.Request, change int64) error {
	n, err := p.Billing.Findings.Always(r.Context(), p.web.Actor(r), change)
	if err != nil {
		return err
	}
	return p.web.Done(w, r, views.HeldPath, fmt.Sprintf("%d approved and being written; it is not asked again until the facts change.", n))
}

// of are the findings of an agreement that nobody said to be meant so.
func (p findingPages) of(ctx context.Context, agreementID int) (views.FindingList, error) {
	found, _, err := p.Billing.Findings.List(ctx, store.FindingFilter{AgreementID: agreementID})
	return views.FindingList{Rows: findingRows(found), Whole: true}, err
}

func parseFinding(form url.Values) (key store.FindingKey, facts string) {
	return store.FindingKey{
		AgreementID: int(web.FormID(form.Get("agreement"), 32)), ProductID: int(web.FormID(form.Get("product"), 32)),
		Subject: web.OneOf(form.Get("subject"), subjects()...), AdditionID: int(web.FormID(form.Get("addition"), 32)),
	}, form.Get("facts")
}

// backToFindings is the page with findings that the form was sent from.
func backToFindings(s *web.Site, r *http.Request) string {
	if back := web.LocalPath(s.ReferringPath(r)); back != views.OverviewPath {
		return back
	}
	return views.FindingsPath
}
