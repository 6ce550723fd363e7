package handlers

import (
	"net/http"
	"testing"

	"seatbridge/handlers/api"
	"seatbridge/store"
	"seatbridge/views"
)

// An unreadable month is refused with the form expected: it never stands for the running one.
func TestCase_G30_UnreadableMonth(t *testing.T) {
	t.Parallel()
	p := newPanel(t)
	o := p.organization("Acme", 3)
	b := p.as(store.Admin)
	one := views.OrganizationPath(o.ID)
	for _, path := range []string{"/usage.csv", "/usage", one, one + "/seats.csv", "/runs", "/runs.csv"} {
		for month, sentence := range map[string]string{
			"2026-9": "The month must be written like 2026-10.", "garbage": "The month must be written like 2026-10.",
			"2026-13": "The month must be written like 2026-10.", "%00": "The month must be written like 2026-10.",
			"2027-01": "January 2027 has not begun", "0001-01": "Choose a month of this century.",
		} {
			has(t, b.get(path+"?month="+month, http.StatusBadRequest), "main", sentence)
		}
		b.get(path+"?month=", http.StatusOK)
	}
	s := p.script(api.ReadUsage)
	for _, month := range []string{"2026-9", "garbage", "2026-13", "2027-01"} {
		s.call("GET", "/usage/"+month, "", http.StatusUnprocessableEntity)
	}
}
