package handlers

import (
	"context"
	"net/http"
	"slices"
	"time"

	"github.com/a-h/templ"

	"seatbridge/billing/connect"
	"seatbridge/billing/problem"
	"seatbridge/billing/seats"
	"seatbridge/handlers/web"
	"seatbridge/store"
	"seatbridge/views"
)

// writingPages say whether Seatbridge writes, and switch it.
type writingPages struct{ *server }

// comparisonsShown is how many comparisons the page lists.
const comparisonsShown = 12

func (p writingPages) show(w http.ResponseWriter, r *http.Request) error {
	page, err := p.page(r.Context())
	if err != nil {
		return err
	}
	return p.web.Answer(w, r, web.Page{
		Section: views.SectionIntegrations, Title: "Writing",
		Whole: func(l views.Layout) templ.Component { return views.Writing(l, page) },
	})
}

func (p writingPages) page(ctx context.Context) (page views.WritingPage, err error) {
	connection, err := p.Billing.Connection.Current(ctx)
	if err != nil {
		return page, err
	}
	shown, err := p.connectionView(ctx, connection)
	if err != nil {
		return page, err
	}
	page.Active, page.NextSync = connection.State == connect.Active || connection.State == connect.Failing, shown.NextSync
	all, err := store.ComparingsIn(p.Store).All(ctx)
	if err != nil {
		return page, err
	}
	for _, c := range slices.Backward(all) {
		if c.On() {
			page.Comparing = views.Comparing{Since: c.Since, By: c.By}
			continue
		}
		page.Pauses = append(page.Pauses, views.ComparingPeriod{Since: c.Since, Until: c.Until, By: c.By, EndedBy: c.EndedBy})
	}
	if page.Comparisons, err = p.comparisons(ctx); err != nil {
		return page, err
	}
	page.Periods = p.periods(page.Comparisons)
	if page.Comparing.On() {
		page.FellDue, err = p.fellDue(ctx, page.Comparing.Since)
	}
	return page, err
}

// fellDue are the months whose sync was due since a moment, in words.
func (p writingPages) fellDue(ctx context.Context, since time.Time) (months []string, err error) {
	settings, err := p.Store.Settings(ctx)
	if err != nil {
		return nil, err
	}
	for _, m := range seats.ScheduleOf(settings.Months).Due(since, p.Now()) {
		months = append(months, m.String())
	}
	return months, nil
}

// comparisons are the latest, each with what it would have written.
func (p writingPages) comparisons(ctx context.Context) (list []views.Comparison, err error) {
	runs, _, err := p.Store.Runs(ctx, store.RunFilter{Compares: true, Limit: comparisonsShown})
	if err != nil {
		return nil, err
	}
	for _, r := range runs {
		c := views.Comparison{Run: runRow(r)}
		if c.Would, err = p.totals(ctx, r.ID, store.StatePlanned); err != nil {
			return nil, err
		}
		if c.Held, err = p.totals(ctx, r.ID, store.StateHeld); err != nil {
			return nil, err
		}
		list = append(list, c)
	}
	return list, nil
}

// periods are whose seats the first writes can be of: those of the month that ended last, which its invoice takes, and those of the
// running one so far. The month that ended is chosen where it was compared as a whole.
func (p writingPages) periods(compared []views.Comparison) []views.Option {
	ended := store.MonthOf(p.Now()).Add(-1)
	whole := slices.ContainsFunc(compared, func(c views.Comparison) bool {
		return c.Run.Month == string(ended) && c.Run.AsOf.IsZero()
	})
	return []views.Option{
		{Value: string(ended), Label: ended.String() + ", as a whole", Selected: whole},
		{Label: soFar(p.Now()), Selected: !whole},
	}
}

func (p writingPages) pause(w http.ResponseWriter, r *http.Request) error {
	if err := p.Billing.Writing.Pause(r.Context(), p.web.Actor(r)); err != nil {
		return err
	}
	return p.web.Done(w, r, views.WritingPath, "Writing is paused. Seatbridge only compares.")
}

// first previews the first writes.
func (p writingPages) first(w http.ResponseWriter, r *http.Request) error {
	if err := web.ParseForm(r); err != nil {
		return err
	}
	request := p.Billing.Runs.SyncNow(true)
	if text := r.PostForm.Get("month"); text != "" {
		m, err := store.ParseMonth(text)
		if err != nil {
			return &problem.Invalid{Fields: problem.Fields{"month": "Choose one of the months that are offered."}}
		}
		request = p.Billing.Runs.SyncMonth(m, nil, true)
	}
	run, err := p.Billing.Runs.Start(r.Context(), p.web.Actor(r), request)
	return syncPages{}.shown(w, r, run, err)
}

// switchOn switches writing on: with a preview it is written, without one nothing is before the next sync.
func (p writingPages) switchOn(w http.ResponseWriter, r *http.Request) error {
	if err := web.ParseForm(r); err != nil {
		return err
	}
	if id := web.FormID(r.PostForm.Get("run"), 64); id != 0 {
		if err := p.Billing.Writing.OnWith(r.Context(), p.web.Actor(r), id, web.FormIDs(r.PostForm["change"], 64)...); err != nil {
			return err
		}
		return p.web.Done(w, r, views.RunPath(id), "Writing is on. What was shown is being written.")
	}
	if err := p.Billing.Writing.On(r.Context(), p.web.Actor(r)); err != nil {
		return err
	}
	return p.web.Done(w, r, views.WritingPath, "Writing is on. The next sync writes.")
}
