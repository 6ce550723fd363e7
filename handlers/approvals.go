package handlers

import (
	"fmt"
	"net/http"
	"net/url"
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
	maxHoldLines   = 1_000_000
)

// approvalsForm is the form as the settings fill it in.
func approvalsForm(s store.Settings) views.ApprovalsForm {
	h := s.Holds
	limit := func(n int) string { return number(int64(n)) }
	return views.ApprovalsForm{
		Zero: h.Zero, First: h.First,
		LowerPercent: limit(h.Lower.Percent), LowerSeats: limit(h.Lower.Seats),
		HigherPercent: limit(h.Higher.Percent), HigherSeats: limit(h.Higher.Seats),
		Seats: limit(h.Seats), Decrease: h.Decrease, Negative: h.Negative,
		ManyLines: limit(h.ManyLines), ManyPercent: limit(h.ManyPercent),
		SourceZero: h.SourceZero, Disputed: h.Disputed, Found: h.Found, Terms: h.Terms, HandEdits: string(s.HandEdits),
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
	form := typedApprovals(r.PostForm)
	holds, p := readHolds(form)
	if form.HandEdits == "" {
		p.Add("hand_edits", "Choose what happens to quantities that were changed by hand.")
	}
	form.Problems = views.Problems(p)
	return sentApprovals{holds, store.HandEdits(form.HandEdits), form}, nil
}

// typedApprovals is the form as typed.
func typedApprovals(f url.Values) views.ApprovalsForm {
	percent := func(name string) string { return strings.TrimSpace(strings.TrimSuffix(web.Clean(f.Get(name)), "%")) }
	return views.ApprovalsForm{
		Zero: web.Checked(f, "zero"), First: web.Checked(f, "first"),
		LowerPercent: percent("lower_percent"), LowerSeats: web.Clean(f.Get("lower_seats")),
		HigherPercent: percent("higher_percent"), HigherSeats: web.Clean(f.Get("higher_seats")),
		Seats: web.Clean(f.Get("seats")), Decrease: web.Checked(f, "decrease"), Negative: web.Checked(f, "negative"),
		ManyLines: web.Clean(f.Get("many_lines")), ManyPercent: percent("many_percent"),
		SourceZero: web.Checked(f, "source_zero"), Disputed: web.Checked(f, "disputed"),
		Found: web.Checked(f, "found"), Terms: web.Checked(f, "terms"),
		HandEdits: string(web.OneOf(f.Get("hand_edits"), store.Overwrite, store.Hold)),
	}
}

// readHolds reads what is held, and says what is wrong with it.
func readHolds(form views.ApprovalsForm) (store.Holds, problem.Fields) {
	p := problem.Fields{}
	holds := store.Holds{
		Zero: form.Zero, First: form.First, Decrease: form.Decrease, Negative: form.Negative,
		Lower: store.Step{
			Percent: readLimit(p, "lower_percent", form.LowerPercent, maxHoldPercent),
			Seats:   readLimit(p, "lower_seats", form.LowerSeats, maxHoldSeats),
		},
		Higher: store.Step{
			Percent: readLimit(p, "higher_percent", form.HigherPercent, maxHoldPercent),
			Seats:   readLimit(p, "higher_seats", form.HigherSeats, maxHoldSeats),
		},
		Seats:     readLimit(p, "seats", form.Seats, maxHoldSeats),
		ManyLines: readLimit(p, "many_lines", form.ManyLines, maxHoldLines), ManyPercent: readLimit(p, "many_percent", form.ManyPercent, 100),
		SourceZero: form.SourceZero, Disputed: form.Disputed, Found: form.Found, Terms: form.Terms,
	}
	for _, pair := range []struct{ field, one, other string }{
		{"lower_seats", form.LowerPercent, form.LowerSeats}, {"higher_seats", form.HigherPercent, form.HigherSeats},
		{"many_percent", form.ManyLines, form.ManyPercent},
	} {
		if (pair.one == "") != (pair.other == "") {
			p.Add(pair.field, "Both numbers count together: enter both, or leave both empty.")
		}
	}
	return holds, p
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
	h := s.Holds
	add(h.Zero, "what goes to zero")
	add(h.First, "first writes")
	add(!h.Lower.Off(), fmt.Sprintf("lower by %d %% and %d seats", h.Lower.Percent, h.Lower.Seats))
	add(!h.Higher.Off(), fmt.Sprintf("higher by %d %% and %d seats", h.Higher.Percent, h.Higher.Seats))
	add(h.Seats > 0, fmt.Sprintf("more than %d seats", h.Seats))
	add(h.Decrease, "decreases")
	add(h.Negative, "negative billed quantities")
	add(h.ManyLines > 0, fmt.Sprintf("%d lines and more than %d %% that go down", h.ManyLines, h.ManyPercent))
	add(h.SourceZero, "sources that say only zeros")
	add(h.Disputed, "what another source says more of")
	add(h.Found, "seats that may be billed elsewhere")
	add(h.Terms, "unusual terms")
	add(s.HandEdits == store.Hold, "hand edits")
	if len(held) == 0 {
		return "Saved the approvals. Nothing is held."
	}
	return "Saved the approvals. Held: " + strings.Join(held, ", ") + "."
}
