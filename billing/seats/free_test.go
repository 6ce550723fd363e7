package seats

import (
	"testing"
	"time"

	"seatbridge/store"
)

func TestFree(t *testing.T) {
	t.Parallel()
	april := store.Month("2026-04")
	for _, c := range []struct {
		license store.License
		ends    time.Time
		want    bool
	}{
		{store.Standard, time.Time{}, false},
		{store.Standard, april.End(), false}, // began as a trial and pays since
		{store.NFR, time.Time{}, true},
		{store.Trial, april.End(), true},
		{store.Trial, april.End().Add(-time.Second), false},
		{store.Trial, april.Start(), false},
	} {
		if got := Free(c.license, c.ends, april); got != c.want {
			t.Errorf("%s until %v is free: %t, want %t", c.license, c.ends, got, c.want)
		}
	}
}

func TestBillReported(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		license  store.License
		billable int
		note     string
	}{
		{store.Standard, 5, ""},
		{store.NFR, 0, "Reported as NFR, which is free, with 5 licenses."},
		{store.Trial, 0, "Reported as a trial, which is free, with 5 licenses."},
	} {
		if billable, note := BillReported(c.license, 5); billable != c.billable || note != c.note {
			t.Errorf("%s: %d, %q; want %d, %q", c.license, billable, note, c.billable, c.note)
		}
	}
}
