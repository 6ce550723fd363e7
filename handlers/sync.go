package handlers

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"time"

	"github.com/a-h/templ"
	"github.com/shopspring/decimal"

	"seatbridge/billing/money"
	"seatbridge/billing/problem"
	"seatbridge/billing/seats"
	"seatbridge/handlers/web"
	"seatbridge/store"
	"seatbridge/views"
)

// syncPages start syncs. Each says which month it writes: Sync now the running one, so far; to sync a month again, one that is over.
type syncPages struct{ *server }

// monthWord is a month as buttons say it: its name, and its year where it is a year ago or longer.
func monthWord(m store.Month, now time.Time) string {
	if m.Add(12) > store.MonthOf(now) {
		return m.Start().Format("January")
	}
	return m.String()
}

// periodWord is a run's period as buttons say it: "October", "November, so far".
func periodWord(run store.Run, now time.Time) string {
	if run.AsOf.IsZero() {
		return monthWord(run.Month, now)
	}
	return monthWord(run.Month, now) + ", so far"
}

// soFar is what Sync now writes, in words.
func soFar(now time.Time) string { return store.MonthOf(now).String() + ", so far" }

// isOver says whether a month has ended.
func isOver(m store.Month, now time.Time) bool { return !now.Before(m.End()) }

// ask is the question before Sync now.
func (p syncPages) ask(w http.ResponseWriter, r *http.Request) error {
	_, mapped, err := p.countOrganizations(r.Context())
	if err != nil {
		return err
	}
	carried, err := store.JournalIn(p.Store).Carrying(r.Context(), p.Now())
	if err != nil {
		return err
	}
	return p.show(w, r, views.SyncPage{
		Title: "Sync now: " + soFar(p.Now()), Period: soFar(p.Now()), Action: views.StartSyncPath, Button: "Start sync",
		Carried: carriedView(carried),
		Text: fmt.Sprintf("The seats of %s of %s are written to their agreements in ConnectWise PSA, over the figures there. "+
			"Lines that are right "+
			"already are left alone, and what Settings hold waits under Approvals. To see every change first, use Preview changes.",
			soFar(p.Now()), problem.Plural(mapped, "mapped organization")),
	})
}

func (p syncPages) show(w http.ResponseWriter, r *http.Request, page views.SyncPage) error {
	comparing, err := store.ComparingsIn(p.Store).Now(r.Context())
	if err != nil {
		return err
	}
	if comparing.On() {
		page = comparison(page)
	}
	return p.web.Answer(w, r, web.Page{
		Section: views.SectionIntegrations, Title: page.Title,
		Part:  views.SyncDialog(page),
		Whole: func(l views.Layout) templ.Component { return views.Sync(l, page) },
	})
}

// comparison is the question while Seatbridge only compares: nothing is overwritten.
func comparison(page views.SyncPage) views.SyncPage {
	return views.SyncPage{
		Title: "Compare " + page.Period, Period: page.Period, Action: page.Action, Agreements: page.Agreements, Button: "Compare", Compare: true,
		Text: fmt.Sprintf("Seatbridge only compares: the seats of %s are counted, the lines in ConnectWise PSA are read, and the run says "+
			"what it would have written. Nothing is written.", page.Period),
	}
}

// carriedView adds up, by month, what lines still carry.
func carriedView(carried []store.Carried) views.Carried {
	view := views.Carried{Lines: len(carried), Agreements: len(agreementsOf(carried))}
	byMonth := map[store.Month][]store.Carried{}
	var months []store.Month
	for _, c := range carried {
		if byMonth[c.Month] == nil {
			months = append(months, c.Month)
		}
		byMonth[c.Month] = append(byMonth[c.Month], c)
	}
	slices.Sort(months)
	for _, m := range months {
		view.Months = append(view.Months, carriedMonth(m, byMonth[m]))
	}
	return view
}

func carriedMonth(m store.Month, lines []store.Carried) views.CarriedMonth {
	view := views.CarriedMonth{Month: m.String(), Lines: len(lines), Next: lines[0].NextInvoice}
	var sum money.Totals
	for _, c := range lines {
		line := money.LineOf(c.Change)
		line.Before = decimal.NewNullDecimal(decimal.Zero)
		sum.Add(line)
		view.Next = min(view.Next, c.NextInvoice)
	}
	view.Seats, view.Unpriced, view.Unbilled = sum.Seats.More.String(), sum.Unpriced, sum.Unbilled
	for _, currency := range sum.Currencies() {
		view.Money = append(view.Money, amount(sum.Worth(currency).More, currency))
	}
	return view
}

// agreementsOf are the agreements of lines, each once.
func agreementsOf(carried []store.Carried) []int {
	var ids []int
	for _, c := range carried {
		ids = append(ids, c.AgreementID)
	}
	slices.Sort(ids)
	return slices.Compact(ids)
}

// start is Sync now; with leave, the lines that still carry a month which is not invoiced stay as they are.
func (p syncPages) start(w http.ResponseWriter, r *http.Request) error {
	if err := web.ParseForm(r); err != nil {
		return err
	}
	if err := p.stillCompares(r); err != nil {
		return err
	}
	request := p.Billing.Runs.SyncNow(false)
	if r.PostForm.Get("leave") != "" {
		carried, err := store.JournalIn(p.Store).Carrying(r.Context(), p.Now())
		if err != nil {
			return err
		}
		if len(carried) > 0 {
			if request, err = p.Billing.Runs.Months().LeaveOut(r.Context(), request, agreementsOf(carried)); err != nil {
				return err
			}
		}
	}
	run, err := p.Billing.Runs.Start(r.Context(), p.web.Actor(r), request)
	return p.shown(w, r, run, err)
}

// stillCompares is why what was asked for as a comparison must not begin: it would write by now.
func (p syncPages) stillCompares(r *http.Request) error {
	comparing, err := store.ComparingsIn(p.Store).Now(r.Context())
	if err != nil || comparing.On() || r.PostForm.Get("compare") == "" {
		return err
	}
	return &problem.Invalid{Fields: problem.Fields{
		"writing": "Writing was switched on meanwhile: this would write. Nothing was done; ask again.",
	}}
}

// preview previews Sync now.
func (p syncPages) preview(w http.ResponseWriter, r *http.Request) error {
	run, err := p.Billing.Runs.Start(r.Context(), p.web.Actor(r), p.Billing.Runs.SyncNow(true))
	return p.shown(w, r, run, err)
}

// shown leads to the progress of a run that was started.
func (syncPages) shown(w http.ResponseWriter, r *http.Request, run store.Run, err error) error {
	if err != nil {
		return err
	}
	return web.Leave(w, r, views.RunPath(run.ID))
}

// pathMonth is the month in the path, and the agreements that are named, nil for all.
func pathMonth(r *http.Request, named []string) (m store.Month, only []int, err error) {
	if m, err = store.ParseMonth(r.PathValue("month")); err != nil {
		return "", nil, &web.Error{Status: http.StatusNotFound}
	}
	for _, id := range web.FormIDs(named, 32) {
		only = append(only, int(id))
	}
	return m, only, nil
}

// askMonth is the question before a month is synced again.
func (p syncPages) askMonth(w http.ResponseWriter, r *http.Request) error {
	m, only, err := pathMonth(r, r.URL.Query()["agreement"])
	if err != nil {
		return err
	}
	page := views.SyncPage{
		Title: fmt.Sprintf("Sync %s again", m), Period: m.String(), Action: views.SyncMonthPath(string(m)),
		Button: fmt.Sprintf("Sync %s again", monthWord(m, p.Now())),
		Text: fmt.Sprintf("The seats of all of %s are written to %s in ConnectWise PSA, as they are counted now. "+
			"Lines that are right already are left "+
			"alone, and what Settings hold waits under Approvals.", m, agreementsText(only)),
	}
	for _, id := range only {
		page.Agreements = append(page.Agreements, int64(id))
	}
	if page.Overwrites, err = p.overwrites(r.Context(), m, only); err != nil {
		return err
	}
	return p.show(w, r, page)
}

func agreementsText(only []int) string {
	if only == nil {
		return "all mapped agreements"
	}
	return problem.Plural(len(only), "agreement")
}

// overwrites says which later figures a month would overwrite, or nothing.
func (p syncPages) overwrites(ctx context.Context, m store.Month, only []int) (string, error) {
	newer, err := store.JournalIn(p.Store).NewestAfter(ctx, m, only)
	if errors.Is(err, store.ErrNotFound) {
		return "", nil
	}
	return fmt.Sprintf("Run %d has written %s on these lines since. %s overwrites it.",
		newer.ID, seats.Period{Month: newer.Month, AsOf: newer.AsOf}, m), err
}

// startMonth syncs a month again.
func (p syncPages) startMonth(w http.ResponseWriter, r *http.Request) error {
	if err := web.ParseForm(r); err != nil {
		return err
	}
	m, only, err := pathMonth(r, r.PostForm["agreement"])
	if err != nil {
		return err
	}
	if err := p.stillCompares(r); err != nil {
		return err
	}
	request := p.Billing.Runs.SyncMonth(m, only, false)
	request.Overwrite = r.PostForm.Get("overwrite") != ""
	run, err := p.Billing.Runs.Start(r.Context(), p.web.Actor(r), request)
	return p.shown(w, r, run, err)
}

// agreement syncs one agreement with real-time figures.
func (p syncPages) agreement(w http.ResponseWriter, r *http.Request) error {
	a, err := p.pathAgreement(r)
	if err != nil {
		return err
	}
	run, err := p.Billing.Runs.SyncAgreement(r.Context(), p.web.Actor(r), a.ID)
	return p.shown(w, r, run, err)
}

// syncOf is the button that syncs a line's agreement for the month that its run was about: again as a whole, once that is over.
func syncOf(c store.Change, run store.Run, now time.Time) views.SyncButton {
	b := views.SyncButton{
		Label: "Sync now: " + monthWord(store.MonthOf(now), now) + ", so far", URL: views.SyncAgreementPath(int64(c.AgreementID)),
		Of: c.Company + ", " + c.Agreement,
	}
	if isOver(run.Month, now) {
		b.Label, b.URL = "Sync "+monthWord(run.Month, now)+" again", views.SyncMonthPath(string(run.Month))
		b.Agreement = strconv.Itoa(c.AgreementID)
	}
	return b
}
