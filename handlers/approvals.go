package handlers

import (
	"fmt"
	"net/http"
	"strconv"
	"strings"

	"seatbridge/billing/problem"
	"seatbridge/handlers/web"
	"seatbridge/store"
	"seatbridge/views"
)

// Largest limits of what is held.
const (
	maxHoldSeats   = 1_000_000
	maxHoldPercent = 100_000
)

// approvalsForm is the form as the settings fill it in.
func approvalsForm(s store.Settings) views.ApprovalsForm {
	return views.ApprovalsForm{
		Seats: number(int64(s.Holds.Seats)), Percent: number(int64(s.Holds.Percent)),
		Decrease: s.Holds.Decrease, Zero: s.Holds.Zero, First: s.Holds.First, HandEdits: string(s.HandEdits),
	}
}

// sentApprovals is the form as read, and as typed with what is wrong.
type sentApprovals struct {
	holds     store.Holds
	handEdits store.HandEdits
	form      views.ApprovalsForm
}

func parseApprovals(r *http.Request) (sentApprovals, error) {
	if err := web.ParseForm(r); err != nil {
		return sentApprovals{}, err
	}
	p := problem.Fields{}
	form := views.ApprovalsForm{
		Seats: web.Clean(r.PostForm.Get("seats")), Percent: strings.TrimSpace(strings.TrimSuffix(web.Clean(r.PostForm.Get("percent")), "%")),
		Decrease: web.Checked(r.PostForm, "decrease"), Zero: web.Checked(r.PostForm, "zero"), First: web.Checked(r.PostForm, "first"),
		HandEdits: string(web.OneOf(r.PostForm.Get("hand_edits"), store.Overwrite, store.Hold)),
	}
	holds := store.Holds{
		Seats: readLimit(p, "seats", form.Seats, maxHoldSeats), Percent: readLimit(p, "percent", form.Percent, maxHoldPercent),
		Decrease: form.Decrease, Zero: form.Zero, First: form.First,
	}
	if form.HandEdits == "" {
		p.Add("hand_edits", "Choose what happens to quantities that were changed by hand.")
	}
	form.Problems = views.Problems(p)
	return sentApprovals{holds, store.HandEdits(form.HandEdits), form}, nil
}

// readLimit reads a whole number from 1 to most; an empty one is 0, which is off.
func readLimit(p problem.Fields, field, text string, most int) int {
	if text == "" {
		return 0
	}
	n, err := strconv.Atoi(text)
	if err != nil || n < 1 || n > most {
		p.Add(field, fmt.Sprintf("Enter a whole number from 1 to %d, or leave it empty.", most))
		return 0
	}
	return n
}

func (s *server) saveApprovals(w http.ResponseWriter, r *http.Request) error {
	sent, err := parseApprovals(r)
	if err != nil {
		return err
	}
	settings, err := s.Store.Settings(r.Context())
	if err != nil {
		return err
	}
	if len(sent.form.Problems) > 0 {
		return s.renderSettings(w, r, http.StatusUnprocessableEntity, settingsForms{settings: settings, approvals: &sent.form})
	}
	settings.Holds, settings.HandEdits = sent.holds, sent.handEdits
	err = s.web.Record(
		r, store.CategorySettings, describeApprovals(settings),
		func(st *store.Store) error { return st.UpdateSettings(r.Context(), settings) },
	)
	if err != nil {
		return err
	}
	return s.web.Done(w, r, views.ApprovalsPath, "Approvals saved. They hold from the next sync on.")
}

// describeApprovals says for the activity log what is held from here on.
func describeApprovals(s store.Settings) string {
	var held []string
	add := func(on bool, what string) {
		if on {
			held = append(held, what)
		}
	}
	add(s.Holds.Seats > 0, fmt.Sprintf("more than %d seats", s.Holds.Seats))
	add(s.Holds.Percent > 0, fmt.Sprintf("more than %d %%", s.Holds.Percent))
	add(s.Holds.Decrease, "decreases")
	add(s.Holds.Zero, "agreements set to zero")
	add(s.Holds.First, "first syncs")
	add(s.HandEdits == store.Hold, "hand edits")
	if len(held) == 0 {
		return "Saved the approvals. Nothing is held."
	}
	return "Saved the approvals. Held: " + strings.Join(held, ", ") + "."
}
