package handlers

import (
	"fmt"
	"net/http"
	"net/url"

	"seatbridge/billing/seats"
	"seatbridge/handlers/web"
	"seatbridge/store"
	"seatbridge/views"
)

// sourcePlaces are the labels of the places in the order of the sources.
var sourcePlaces = []string{"First", "Second", "Third", "Last"}

// placeField is the name of the field of a place, counted from 0.
func placeField(i int) string { return fmt.Sprintf("source_%d", i+1) }

// sourcesForm is the form with an order filled in.
func sourcesForm(order []seats.Source) views.SourcesForm {
	var form views.SourcesForm
	for i, label := range sourcePlaces {
		place := views.SourcePlace{Name: placeField(i), Label: label}
		for _, s := range seats.Ranked() {
			place.Sources = append(place.Sources, views.Option{
				Value: string(s), Label: s.Name(), Selected: i < len(order) && order[i] == s,
			})
		}
		form.Places = append(form.Places, place)
	}
	return form
}

// savedSources is the form as the settings fill it in.
func savedSources(orders []store.SourceOrder, running store.Month) views.SourcesForm {
	form := sourcesForm(seats.OrderIn(orders, running))
	for _, o := range orders {
		if o.From <= running {
			form.Since = string(o.From)
		}
	}
	return form
}

// parseSources reads the order, and the form as typed with what is wrong: a source that has two places is said at the second one.
func parseSources(values url.Values) ([]seats.Source, views.SourcesForm) {
	var order []seats.Source
	problems := views.Problems{}
	seen := map[seats.Source]int{}
	for i := range sourcePlaces {
		chosen := web.OneOf(values.Get(placeField(i)), seats.Ranked()...)
		order = append(order, chosen)
		switch first, twice := seen[chosen]; {
		case chosen == "":
			problems[placeField(i)] = "Choose a source for this place."
		case twice:
			problems[placeField(i)] = fmt.Sprintf("%s is chosen as “%s” already: give each source a place of its own.",
				chosen.Name(), sourcePlaces[first])
		default:
			seen[chosen] = i
		}
	}
	form := sourcesForm(order)
	form.Problems = problems
	return order, form
}

// saveSources takes the form. A changed order counts from the running month on.
func saveSources(s *server) func(http.ResponseWriter, *http.Request) error {
	return func(w http.ResponseWriter, r *http.Request) error {
		if err := web.ParseForm(r); err != nil {
			return err
		}
		order, form := parseSources(r.PostForm)
		settings, err := s.Store.Settings(r.Context())
		if err != nil {
			return err
		}
		if len(form.Problems) > 0 {
			return s.renderSettings(w, r, http.StatusUnprocessableEntity, settingsForms{settings: settings, sources: &form})
		}
		running := store.MonthOf(s.Now())
		before := seats.OrderIn(settings.Sources, running)
		settings.Sources = seats.Reorder(settings.Sources, running, order)
		err = s.web.Record(
			r, store.CategorySettings, describeSources(before, order, running),
			func(st *store.Store) error { return st.UpdateSettings(r.Context(), settings) },
		)
		if err != nil {
			return err
		}
		return s.web.Done(w, r, views.SourcesPath, fmt.Sprintf("Order of the sources saved. It counts from %s on.", running))
	}
}

// describeSources says for the activity log from what to what the order was changed.
func describeSources(before, after []seats.Source, running store.Month) string {
	if was, is := seats.OrderText(before), seats.OrderText(after); was != is {
		return fmt.Sprintf("Saved the order of the sources of figures from %s on: %s → %s.", running, was, is)
	}
	return fmt.Sprintf("Saved the order of the sources of figures as it was: %s.", seats.OrderText(after))
}
