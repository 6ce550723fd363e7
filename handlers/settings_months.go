package handlers

import (
	"fmt"
	"net/http"
	"strconv"
	"time"

	"seatbridge/billing/problem"
	"seatbridge/billing/seats"
	"seatbridge/handlers/web"
	"seatbridge/store"
	"seatbridge/views"
)

// Bounds of when a month is written: every month has a day 28.
const (
	lastSyncDay   = 28
	lastSyncHour  = 23
	mostRemindDay = 28
)

// monthsForm is the form as the settings fill it in.
func monthsForm(m store.Months) views.MonthsForm {
	return views.MonthsForm{
		SyncDay: strconv.Itoa(m.SyncDay), SyncHour: strconv.Itoa(m.SyncHour),
		RemindDays: strconv.Itoa(m.RemindDays), CloseByItself: m.CloseByItself, NextInvoice: m.NextInvoice,
	}
}

// parseMonths reads the form, and as typed with what is wrong.
func parseMonths(r *http.Request) (store.Months, views.MonthsForm, error) {
	if err := web.ParseForm(r); err != nil {
		return store.Months{}, views.MonthsForm{}, err
	}
	typed := func(name string) string { return web.Clip(web.Clean(r.PostForm.Get(name)), problem.MaxName) }
	form := views.MonthsForm{
		SyncDay: typed("sync_day"), SyncHour: typed("sync_hour"), RemindDays: typed("remind_days"),
		CloseByItself: web.Checked(r.PostForm, "close_months"), NextInvoice: web.Checked(r.PostForm, "next_invoice"),
	}
	p := problem.Fields{}
	months := store.Months{
		SyncDay: readWithin(p, "sync_day", form.SyncDay, 1, lastSyncDay), SyncHour: readWithin(p, "sync_hour", form.SyncHour, 0, lastSyncHour),
		RemindDays: readWithin(p, "remind_days", form.RemindDays, 0, mostRemindDay), CloseByItself: form.CloseByItself,
		NextInvoice: form.NextInvoice,
	}
	form.Problems = views.Problems(p)
	return months, form, nil
}

// readWithin reads a whole number from least to most.
func readWithin(p problem.Fields, field, text string, least, most int) int {
	n, err := strconv.Atoi(text)
	if err != nil || n < least || n > most {
		p.Add(field, fmt.Sprintf("Enter a whole number from %d to %d.", least, most))
	}
	return n
}

// saveMonths takes the form. A changed time acts from the next look on, which is at half past every hour.
func saveMonths(s *server) func(http.ResponseWriter, *http.Request) error {
	return func(w http.ResponseWriter, r *http.Request) error {
		months, form, err := parseMonths(r)
		if err != nil {
			return err
		}
		settings, err := s.Store.Settings(r.Context())
		if err != nil {
			return err
		}
		if len(form.Problems) > 0 {
			return s.renderSettings(w, r, http.StatusUnprocessableEntity, settingsForms{settings: settings, months: &form})
		}
		before := settings.Months
		settings.Months = chosenMonths(before, months, s.Now())
		err = s.web.Record(
			r, store.CategorySettings, describeMonths(months),
			func(st *store.Store) error { return st.UpdateSettings(r.Context(), settings) },
		)
		if err != nil {
			return err
		}
		return s.web.Done(w, r, views.MonthsSettingsPath, monthsSaved(before, settings.Months, s.Now()))
	}
}

// chosenMonths is what was chosen, with when day and hour were.
func chosenMonths(before, chosen store.Months, now time.Time) store.Months {
	chosen.SyncSetAt, chosen.HostedLast = before.SyncSetAt, before.HostedLast
	if chosen.SyncDay != before.SyncDay || chosen.SyncHour != before.SyncHour {
		chosen.SyncSetAt = now
	}
	return chosen
}

// monthsSaved says what happens next. A month whose time is past now, and was not before, is written at the next look.
func monthsSaved(before, after store.Months, now time.Time) string {
	last, schedule := store.MonthOf(now).Add(-1), seats.ScheduleOf(after)
	text := fmt.Sprintf("Months saved. The next sync by itself is on %s.", seats.Minute(schedule.Next(now)))
	if seats.ScheduleOf(before).DueAt(last).After(now) && !schedule.DueAt(last).After(now) {
		text += fmt.Sprintf(" %s is due already: if it was not synced, it is within the hour.", last)
	}
	return text
}

// describeMonths says for the activity log what holds from here on.
func describeMonths(m store.Months) string {
	remind := "off"
	if m.RemindDays > 0 {
		remind = strconv.Itoa(m.RemindDays)
	}
	closing := "months are closed by hand"
	if m.CloseByItself {
		closing = "months close by themselves when nothing is open"
	}
	putting := "not put on the next invoice"
	if m.NextInvoice {
		putting = "put on the next invoice when somebody chooses so"
	}
	return fmt.Sprintf("Saved the months. Synced at %s; days from the reminder to the invoicing day: %s; %s; differences are %s.",
		seats.ScheduleOf(m), remind, closing, putting)
}
