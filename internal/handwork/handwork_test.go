package handwork

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func now() time.Time { return time.Date(2026, 10, 20, 12, 0, 0, 0, time.UTC) }

// TestEqualSeedsMakeEqualWorlds also holds that another seed makes another one.
func TestEqualSeedsMakeEqualWorlds(t *testing.T) {
	t.Parallel()
	same := func(a, b *World) bool {
		return cmp.Equal(a.Leaks, b.Leaks) && a.MembersCSV() == b.MembersCSV() && a.MappingsCSV() == b.MappingsCSV()
	}
	first := New(Config{Seed: 3, Now: now})
	if !same(first, New(Config{Seed: 3, Now: now})) {
		t.Error("the same seed made another world")
	}
	if same(first, New(Config{Seed: 4, Now: now})) {
		t.Error("another seed made the same world")
	}
}

// TestEveryKindIsPlanted holds that small worlds have all of it, too, and that what is said of a line is so.
func TestEveryKindIsPlanted(t *testing.T) {
	t.Parallel()
	for _, customers := range []int{40, 200} {
		w := New(Config{Seed: 1, Customers: customers, Now: now})
		found := map[Kind]int{}
		for _, l := range w.Leaks {
			found[l.Kind]++
			nothing := l.Kind == Unfed && l.Seats.IsZero() && l.Money.IsZero() // what the line bills is due
			if !nothing && (!l.Seats.IsPositive() || l.Money.IsZero()) || l.Currency == "" {
				t.Errorf("%s of %s%s leaks %s seats, %s %s", l.Kind, l.Company, l.Organization, l.Seats, l.Money, l.Currency)
			}
			if l.AdditionID != 0 && !hasLine(w, l.AgreementID, l.AdditionID) {
				t.Errorf("%s of %s: there is no line %d on agreement %d", l.Kind, l.Company, l.AdditionID, l.AgreementID)
			}
		}
		for _, kind := range Kinds() {
			if found[kind] == 0 {
				t.Errorf("%d customers: nothing of the kind %s", customers, kind)
			}
		}
		if len(w.Decoys) == 0 {
			t.Errorf("%d customers: no decoys", customers)
		}
	}
}

func hasLine(w *World, agreementID, additionID int) bool {
	for _, a := range w.Sim.Additions(agreementID) {
		if a.ID == additionID {
			return true
		}
	}
	return false
}

// TestFilesNameEverybody holds that the files have one row for each organization, member and mapping.
func TestFilesNameEverybody(t *testing.T) {
	t.Parallel()
	w := New(Config{Seed: 1, Now: now})
	members, names := 0, map[string]bool{}
	for _, o := range w.Organizations {
		members += o.Members
		names[o.Name] = true
	}
	if len(names) != len(w.Organizations) {
		t.Errorf("%d organizations have %d names", len(w.Organizations), len(names))
	}
	for what, of := range map[string]struct {
		text string
		rows int
	}{
		"organizations": {w.OrganizationsCSV(), len(w.Organizations)}, "members": {w.MembersCSV(), members},
		"mappings": {w.MappingsCSV(), len(w.Mappings)},
	} {
		if got := strings.Count(of.text, "\n") - 1; got != of.rows {
			t.Errorf("%s: %d rows, want %d", what, got, of.rows)
		}
	}
}

// TestAgeEndsAgreements holds that what leaks late is in order before.
func TestAgeEndsAgreements(t *testing.T) {
	t.Parallel()
	w := New(Config{Seed: 1, Now: now})
	states := func() map[string]int {
		of := map[string]int{}
		for _, l := range w.Leaks {
			if l.Late {
				of[w.Sim.Agreement(l.AgreementID).Status]++
			}
		}
		return of
	}
	before := states()
	w.Age()
	after := states()
	if len(before) != 1 || before["Active"] == 0 || after["Active"] != 0 || after["Cancelled"] == 0 || after["Expired"] == 0 {
		t.Errorf("before %v, after %v", before, after)
	}
}
