package notify

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"seatbridge/store"
)

// TestMessageIsKeptWhole: what the outbox keeps is all that any channel needs.
func TestMessageIsKeptWhole(t *testing.T) {
	t.Parallel()
	want := runNews()
	a, err := Address(want, "run 7", store.Topic{Event: store.EventMonthly}, store.Topic{Event: store.EventOpen})
	if err != nil {
		t.Fatal(err)
	}
	want.Events = []store.Event{store.EventMonthly, store.EventOpen}
	got, err := unpack(store.Notification{Message: a.Message})
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("kept (-want +got):\n%s", diff)
	}
	if !a.At.Equal(want.At) || a.Once != "run 7" || len(a.Topics) != 2 {
		t.Errorf("announcement %+v", a)
	}
}
