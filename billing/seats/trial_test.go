package seats

import (
	"testing"
	"time"

	"seatbridge/internal/moment"
	"seatbridge/store"
)

// A trial ends at an instant, which is billed already.
func TestInTrial(t *testing.T) {
	t.Parallel()
	ends := TrialEnd(moment.At("2026-03-03 10:00:00"))
	if want := moment.At("2026-03-17 10:00:00"); !ends.Equal(want) {
		t.Errorf("the trial ends at %s, want %s", ends, want)
	}
	for _, tt := range []struct {
		license store.License
		at      time.Time
		want    bool
	}{
		{store.Trial, ends.Add(-time.Second), true},
		{store.Trial, ends, false},
		{store.Trial, ends.Add(time.Second), false},
		{store.Standard, ends.Add(-time.Second), false},
		{store.NFR, ends.Add(-time.Second), false},
	} {
		if got := InTrial(store.Organization{License: tt.license, TrialEndsAt: ends}, tt.at); got != tt.want {
			t.Errorf("%s at %s: in trial %t, want %t", tt.license, tt.at, got, tt.want)
		}
	}
}
