package setup

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"seatbridge/store"
)

// TestOf holds which step comes next, what each needs, and how far one is, from what is there.
func TestOf(t *testing.T) {
	t.Parallel()
	const connected, failing, products, organizations, imported, mapped, looked = 1, 2, 4, 8, 16, 32, 64
	for name, tc := range map[string]struct {
		there   int
		current Name
		done    int
		minutes int
		needs   map[Name][]int
	}{
		"nothing":      {0, Connect, 0, 30, map[Name][]int{Products: {1}, Import: {1}, Map: {2, 3, 4}, Write: {5}, Finish: {6}}},
		"members only": {organizations, Connect, 1, 25, map[Name][]int{Products: {1}, Import: {1}, Map: {2, 4}, Write: {5}, Finish: {6}}},
		"connected":    {connected, Products, 1, 25, map[Name][]int{Map: {2, 3, 4}, Write: {5}, Finish: {6}}},
		"connected, and it fails": {connected | failing, Products, 1, 25,
			map[Name][]int{Map: {2, 3, 4}, Write: {5}, Finish: {6}}},
		"imported before products": {connected | organizations | imported, Products, 3, 18, map[Name][]int{Map: {2}, Write: {5}, Finish: {6}}},
		"all but mapped":           {connected | products | organizations | imported, Map, 4, 15, map[Name][]int{Write: {5}, Finish: {6}}},
		"mapped":                   {connected | products | organizations | imported | mapped, Write, 5, 5, map[Name][]int{Finish: {6}}},
		"mapped, looked at before the products": {connected | organizations | imported | mapped | looked, Products, 4, 8,
			map[Name][]int{Finish: {6}}},
		"looked at":         {connected | products | organizations | imported | mapped | looked, "", 7, 0, nil},
		"all, and it fails": {connected | failing | products | organizations | imported | mapped | looked, Finish, 6, 0, nil},
	} {
		f := Facts{SetupSigns: store.SetupSigns{
			Connected: tc.there&connected != 0, Failing: tc.there&failing != 0, Organizations: tc.there&organizations != 0,
			Figures: tc.there&organizations != 0, Imported: tc.there&imported != 0, Mapped: tc.there&mapped != 0, Looked: tc.there&looked != 0,
		}}
		if tc.there&products != 0 {
			f.SetupSigns.Products = 2
		}
		g := Of(f)
		needs := map[Name][]int{}
		for _, s := range g.Steps {
			if len(s.Needs) > 0 {
				needs[s.Name] = s.Needs
			}
		}
		if tc.needs == nil {
			tc.needs = map[Name][]int{}
		}
		if g.Current != tc.current || g.Done != tc.done || g.Minutes != tc.minutes {
			t.Errorf("%s: step %q, %d done, %d min left; want %q, %d, %d", name, g.Current, g.Done, g.Minutes, tc.current, tc.done, tc.minutes)
		}
		if diff := cmp.Diff(tc.needs, needs); diff != "" {
			t.Errorf("%s: needs (- want, + got):\n%s", name, diff)
		}
		if failing := g.Step(Connect).Failing; failing != (tc.there&3 == 3) {
			t.Errorf("%s: the connection fails: %t", name, failing)
		}
	}
}

// TestProgressOf holds that a connection which does not work just now is nothing left to set up, and half of anything is.
func TestProgressOf(t *testing.T) {
	t.Parallel()
	all := store.SetupSigns{Connected: true, Products: 2, Organizations: true, Figures: true, Imported: true, Mapped: true, Looked: true}
	for name, tc := range map[string]struct {
		change func(*store.SetupSigns)
		want   Progress
	}{
		"all":                {func(*store.SetupSigns) {}, Progress{7, 7, false}},
		"it fails":           {func(s *store.SetupSigns) { s.Failing = true }, Progress{6, 7, false}},
		"one product":        {func(s *store.SetupSigns) { s.Products = 1 }, Progress{4, 7, true}},
		"no members":         {func(s *store.SetupSigns) { s.Figures = false }, Progress{6, 7, true}},
		"never looked at":    {func(s *store.SetupSigns) { s.Looked = false }, Progress{5, 7, true}},
		"nothing mapped now": {func(s *store.SetupSigns) { s.Mapped = false }, Progress{4, 7, true}},
	} {
		signs := all
		tc.change(&signs)
		if got := ProgressOf(signs); got != tc.want {
			t.Errorf("%s: %+v, want %+v", name, got, tc.want)
		}
	}
}

// TestDid holds when and by whom a step was done.
func TestDid(t *testing.T) {
	t.Parallel()
	at := func(hour int) time.Time { return time.Date(2026, 2, 9, hour, 12, 0, 0, time.UTC) }
	f := Facts{
		SetupSigns:  store.SetupSigns{Connected: true, Products: 2, Organizations: true, Figures: true, Imported: true, Mapped: true, Looked: true},
		Integration: store.Integration{ConnectedAt: at(1), LastImportAt: at(4)}, ConnectedBy: "a", ProductsBy: "b", ImportedBy: "d",
		Mappings: map[store.Plan]store.ProductMapping{store.Business: {ConfirmedAt: at(2)}, store.Enterprise: {ConfirmedAt: at(2)}},
		File:     store.FileImport{ID: 1, EndedAt: at(3), UploadedBy: "c"},
		Mapping:  store.Mapping{CreatedAt: at(5), CreatedBy: "e"}, Look: store.Run{ID: 1, StartedAt: at(6), Actor: "f"},
	}
	for i, want := range []string{"a", "b", "c", "d", "e", "f", "f"} {
		hour := min(i+1, 6)
		if s := Of(f).Steps[i]; s.By != want || !s.At.Equal(at(hour)) {
			t.Errorf("%s was done by %q, %s; want %q, %s", s.Name, s.By, s.At, want, at(hour))
		}
	}
	f.Look = store.Run{}
	f.File = store.FileImport{}
	f.AddedAt = at(9)
	if s := Of(f).Step(Organizations); s.By != "" || !s.At.Equal(at(9)) {
		t.Errorf("organizations entered by hand: by %q, %s", s.By, s.At)
	}
}
