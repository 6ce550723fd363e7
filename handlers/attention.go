package handlers

import (
	"context"
	"errors"
	"net/http"

	"github.com/a-h/templ"

	"seatbridge/billing/connect"
	"seatbridge/handlers/web"
	"seatbridge/store"
	"seatbridge/views"
)

// showAttention is everything that needs a person, and the lines among it with what to do about each.
func (s *server) showAttention(w http.ResponseWriter, r *http.Request) error {
	q := parseChangeQuery(r, store.ChangeFilter{Open: true})
	list, err := s.changeList(r.Context(), views.AttentionPath, q)
	if err != nil {
		return err
	}
	page := views.AttentionPage{List: list}
	if !web.IsPart(r) {
		if err := s.completeAttention(r.Context(), &page); err != nil {
			return err
		}
	}
	return s.web.Answer(w, r, web.Page{
		Section: views.SectionOverview, Title: "Needs attention",
		Part:  views.ChangeTable(page.List),
		Whole: func(l views.Layout) templ.Component { return views.NeedsAttention(l, page) },
	})
}

func (s *server) completeAttention(ctx context.Context, page *views.AttentionPage) error {
	counts, err := s.Store.OpenCounts(ctx)
	if err != nil {
		return err
	}
	page.List.States = stateOptions(counts, page.List.State)
	attention, err := s.Billing.Attention(ctx)
	if err != nil {
		return err
	}
	for _, a := range attention {
		page.Attention = append(page.Attention, attentionView(a))
	}
	if page.Findings, err = (findingPages{s}).first(ctx); err != nil {
		return err
	}
	page.Clear, err = s.clear(ctx)
	return err
}

func (s *server) downloadAttention(w http.ResponseWriter, r *http.Request) error {
	return s.sendChanges(w, r, "open-changes", parseChangeQuery(r, store.ChangeFilter{Open: true}).filter)
}

// clear says what it is worth that nothing needs a person: everything was checked only if the last sync looked at every
// mapped agreement and came to its end.
func (s *server) clear(ctx context.Context) (views.Clear, error) {
	connection, err := s.Billing.Connection.Current(ctx)
	if err != nil {
		return views.Clear{}, err
	}
	if connection.State != connect.Active {
		return views.Clear{Why: "ConnectWise PSA is not connected and set up."}, nil
	}
	if comparing, err := store.ComparingsIn(s.Store).Now(ctx); err != nil || comparing.On() {
		return views.Clear{Why: "Seatbridge only compares, so nothing is written."}, err
	}
	run, err := s.Store.LastSync(ctx)
	switch {
	case errors.Is(err, store.ErrNotFound), err == nil && connection.LastSyncAt.IsZero():
		return views.Clear{Why: "nothing was synced yet."}, nil
	case err != nil:
		return views.Clear{}, err
	case run.Status == store.RunRunning:
		return views.Clear{Why: "a sync is in progress."}, nil
	}
	return views.Clear{Checked: connection.LastSyncAt}, nil
}
