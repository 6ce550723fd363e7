package soak

import "testing"

func TestSizes(t *testing.T) {
	for _, tt := range []struct {
		soak, count string
		size, times int
	}{
		{"", "", 10, 10},
		{"1", "", 1000, 1000},
		{"", "50", 10, 50},
		{"1", "50", 1000, 50},
		{"1", "0", 1000, 0},
	} {
		t.Setenv("SEATBRIDGE_SOAK", tt.soak)
		t.Setenv("SEATBRIDGE_TIMES", tt.count)
		if size, times := Size(10, 1000), Count("SEATBRIDGE_TIMES", 10, 1000); size != tt.size || times != tt.times {
			t.Errorf("soak %q, count %q: size %d and %d times, want %d and %d", tt.soak, tt.count, size, times, tt.size, tt.times)
		}
	}
}

func TestACountThatIsNoNumberIsNotOverlooked(t *testing.T) {
	t.Setenv("SEATBRIDGE_TIMES", "all")
	defer func() {
		if recover() == nil {
			t.Error("a count of \"all\" was taken for none")
		}
	}()
	Count("SEATBRIDGE_TIMES", 10, 1000)
}
