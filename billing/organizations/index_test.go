package organizations

import (
	"testing"

	"seatbridge/internal/moment"
	"seatbridge/store"
)

func TestOrganizationIndex(t *testing.T) {
	t.Parallel()
	x := NewIndex([]store.Organization{
		{ID: 1, Name: "Acme", DeletedAt: moment.At("2026-03-01")},
		{ID: 2, Name: "Acme", ExternalID: "A-2"},
		{ID: 3, Name: "ACME", DeletedAt: moment.At("2026-02-01")},
		{ID: 4, Name: "Gone", DeletedAt: moment.At("2026-01-01")},
		{ID: 5, Name: "Gone", DeletedAt: moment.At("2026-02-01")},
		{ID: 6, Name: "A-2"},
	})
	for text, want := range map[string]int64{"acme": 2, "A-2": 2, "a-2": 6, "gone": 5, "": 0, "Bolt": 0} {
		if o, ok := x.Find(text); o.ID != want || ok != (want != 0) {
			t.Errorf("%q: organization %d, want %d", text, o.ID, want)
		}
	}
}
