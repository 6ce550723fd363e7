package soak

import (
	"slices"
	"testing"
)

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

func TestSeeds(t *testing.T) {
	for _, tt := range []struct {
		seed, count string
		want        []uint64
	}{
		{"", "", []uint64{0, 1}},
		{"", "3", []uint64{0, 1, 2}},
		{"7", "", []uint64{7}},
		{"7", "3", []uint64{7}},
	} {
		t.Setenv("SEATBRIDGE_SEED", tt.seed)
		t.Setenv("SEATBRIDGE_SEEDS", tt.count)
		if got := Seeds(2, 1000); !slices.Equal(got, tt.want) {
			t.Errorf("seed %q, count %q: %v, want %v", tt.seed, tt.count, got, tt.want)
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
