package plan

import (
	"math/rand/v2"
	"slices"
	"strconv"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/shopspring/decimal"

	"seatbridge/store"
)

// billing is a line of that many seats of each of the organizations.
func billing(seats int, organizations ...int64) []store.Line {
	l := bound(businessID, 9, strconv.Itoa(seats*len(organizations)))
	for _, o := range organizations {
		l.Shares = append(l.Shares, store.Share{OrganizationID: o, Seats: seats, Known: true})
	}
	return []store.Line{l}
}

func TestIncludedTogether(t *testing.T) {
	t.Parallel()
	units := map[int]int{1: 1, 2: 1, 3: 3}
	one := IncludedTogether(store.Run{Kind: store.RunManual, Agreement: 2}, units, func(int) Attempt { return Attempt{} })
	if diff := cmp.Diff(map[int]bool{1: true, 2: true, 3: false}, one); diff != "" {
		t.Error(diff)
	}
	for range 50 { // in whatever order
		retry := IncludedTogether(store.Run{Kind: store.RunRetry}, units, func(id int) Attempt { return Attempt{Missed: id != 2, Later: id == 2} })
		if diff := cmp.Diff(map[int]bool{1: false, 2: false, 3: true}, retry); diff != "" {
			t.Fatalf("a later run looked at one of two: %s", diff)
		}
		missed := IncludedTogether(store.Run{Kind: store.RunRetry}, units, func(id int) Attempt { return Attempt{Missed: id == 2} })
		if diff := cmp.Diff(map[int]bool{1: true, 2: true, 3: false}, missed); diff != "" {
			t.Fatalf("one of two was missed: %s", diff)
		}
	}
}

// TestHoldsProtectWhatBelongsTogether generates agreements that belong together and holds, of each of them, that all wait or none,
// that nothing is written which a hold covers, said here a second time, and that half a move never is.
func TestHoldsProtectWhatBelongsTogether(t *testing.T) {
	t.Parallel()
	random := rand.New(rand.NewPCG(31, 1))
	policy := Policy{Holds: store.Holds{Zero: true, Lower: store.Step{Percent: 30, Seats: 3}, Higher: store.Step{Percent: 50, Seats: 20}, Seats: 100}}
	waiting, written := 0, 0
	for range 5000 {
		var parts []Part
		for id := range 1 + random.IntN(3) {
			s := randomSituation(random)
			s.Agreement.ID = id + 1
			parts = append(parts, Part{s, Plan(s, products(), date("2026-11-01"))})
		}
		var before, after float64
		refused := false
		planned := map[int]int{}
		for _, p := range parts {
			for _, c := range p.Changes {
				switch c.State {
				case store.StatePlanned:
					planned[c.AgreementID]++
					fallthrough
				case store.StateUnchanged:
					before, after = before+c.Before.Decimal.InexactFloat64(), after+c.After.Decimal.InexactFloat64()
				}
			}
		}
		for _, p := range parts {
			for _, c := range p.Changes {
				others := len(planned) > 1 || len(planned) == 1 && planned[c.AgreementID] == 0
				refused = refused || cannotBeWritten(c) && others
			}
		}
		Hold(parts, Falls{}, policy)
		held, open := 0, 0
		for _, p := range parts {
			for _, c := range p.Changes {
				switch c.State {
				case store.StateHeld:
					held++
				case store.StatePlanned:
					open++
				}
			}
		}
		fall := before - after
		covered := fall > 0 && (after == 0 || fall >= 3 && fall >= before*0.3) || -fall >= 20 && -fall >= before*0.5 || max(fall, -fall) > 100
		switch {
		case held > 0 && open > 0:
			t.Fatalf("half of it waits: %+v", parts)
		case open > 0 && covered:
			t.Fatalf("from %v to %v is written unapproved", before, after)
		case open > 0 && refused:
			t.Fatalf("the other half of what cannot be written is: %+v", parts)
		}
		waiting, written = waiting+held, written+open
	}
	if waiting == 0 || written == 0 {
		t.Errorf("%d wait and %d are written: the test says nothing", waiting, written)
	}
}

// TestCase_H31_ASourceThatSaysOnlyZeros holds falls of whoever it speaks for, and of nobody else.
func TestCase_H31_ASourceThatSaysOnlyZeros(t *testing.T) {
	t.Parallel()
	outlook := func(id int64, source string, seats int, line string) Outlook {
		share := store.Share{OrganizationID: id, Seats: seats, Known: true, Source: source}
		return Outlook{Unit: int(id), Lines: []store.Line{bound(businessID, 9, line)},
			Wants: map[store.Plan]Want{store.Business: {Seats: seats, Shares: []store.Share{share}}}}
	}
	const because = "The Provider API says 0 for all 2 of its organizations."
	unknown := outlook(2, "provider", 0, "3")
	unknown.Wants[store.Business].Shares[0].Known = false
	tests := []struct {
		name string
		run  []Outlook
		want string
	}{
		{"all zero", []Outlook{outlook(1, "provider", 0, "7"), outlook(2, "provider", 0, "3"), outlook(3, "ledger", 2, "2")}, because},
		{"of one it is not known", []Outlook{outlook(1, "provider", 0, "7"), unknown}, ""},
		{"the first alone is billed", []Outlook{outlook(1, "provider", 0, "7"), outlook(2, "provider", 0, "0")}, because},
		{"one is not", []Outlook{outlook(1, "provider", 0, "7"), outlook(2, "provider", 1, "3")}, ""},
		{"one alone", []Outlook{outlook(1, "provider", 0, "7")}, ""},
		{"nothing is billed", []Outlook{outlook(1, "provider", 0, "0"), outlook(2, "provider", 0, "0")}, ""},
		{"a person said so of each", []Outlook{outlook(1, "statement", 0, "7"), outlook(2, "statement", 0, "3")}, ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			falls := Foresee(tt.run, products(), store.Holds{SourceZero: true})
			change := planned("7", "0")
			change.Shares = tt.run[0].Wants[store.Business].Shares
			changes := []store.Change{change}
			Hold([]Part{{Situation{}, changes}}, falls, Policy{})
			checkHeld(t, changes, tt.want)
			off := []store.Change{change}
			Hold([]Part{{Situation{}, off}}, Foresee(tt.run, products(), store.Holds{}), Policy{})
			checkHeld(t, off, "")
			other := []store.Change{planned("7", "6")}
			Hold([]Part{{Situation{}, other}}, falls, Policy{})
			checkHeld(t, other, "")
		})
	}
}

// TestForeseeManyFalls walks the ends of the setting: an upgrade is no fall, and what is not known counts in nothing.
func TestForeseeManyFalls(t *testing.T) {
	t.Parallel()
	line := func(unit int, says string, wants int) Outlook {
		return Outlook{Unit: unit, Lines: []store.Line{bound(businessID, 9, says)}, Wants: map[store.Plan]Want{store.Business: {Seats: wants}}}
	}
	run := func(falling, standing int) (all []Outlook) {
		for i := range falling + standing {
			wants := 3
			if i < falling {
				wants = 2
			}
			all = append(all, line(i, "3", wants))
		}
		return all
	}
	upgraded := func(n int) (all []Outlook) {
		for i := range n {
			o := line(i, "3", 0)
			o.Wants[store.Enterprise] = Want{Seats: 3}
			all = append(all, o)
		}
		return all
	}
	unknown := line(99, "9", 0)
	unknown.Wants[store.Business] = Want{Unknown: "Nobody spoke."}
	read := line(98, "9", 3)
	read.Lines[0].Read = decimal.NewNullDecimal(number(3))
	tests := []struct {
		name string
		run  []Outlook
		want string
	}{
		{"five of 24", run(5, 19), "5 of 24 lines would go down in this sync."},
		{"20 %", run(5, 20), ""},
		{"four", run(4, 0), ""},
		{"upgrades", upgraded(9), ""},
		{"a line that is unknown stays, one is read", append(run(5, 17), unknown, read), "5 of 24 lines would go down in this sync."},
		{"lines that nobody read", append(run(5, 19), slices.Repeat([]Outlook{line(97, "", 0)}, 9)...), "5 of 24 lines would go down in this sync."},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			if got := Foresee(tt.run, products(), store.Holds{ManyLines: 5, ManyPercent: 20}).many; got != tt.want {
				t.Errorf("%q, want %q", got, tt.want)
			}
			falls := Foresee(tt.run, products(), store.Holds{ManyLines: 5, ManyPercent: 20})
			down, up := []store.Change{planned("7", "6")}, []store.Change{planned("6", "7")}
			Hold([]Part{{Situation{}, down}}, falls, Policy{})
			checkHeld(t, down, tt.want)
			Hold([]Part{{Situation{}, up}}, falls, Policy{})
			checkHeld(t, up, "")
			if got := Foresee(tt.run, products(), store.Holds{}).many; got != "" {
				t.Errorf("switched off: %q", got)
			}
		})
	}
}

// TestForeseeWhatFalls counts the lines of small syncs, of which one is enough to be many.
func TestForeseeWhatFalls(t *testing.T) {
	t.Parallel()
	two := Outlook{
		Lines: []store.Line{bound(businessID, 8, "3"), bound(enterpriseID, 9, "3")},
		Wants: map[store.Plan]Want{store.Business: {Seats: 1}, store.Enterprise: {Seats: 3}},
	}
	former := Outlook{Lines: []store.Line{bound(99, 8, "3")}}
	from := Outlook{Unit: 1, Lines: billing(3, 11)}
	to := Outlook{Unit: 1, Lines: billing(3, 11), Wants: map[store.Plan]Want{store.Business: {Seats: 3}}}
	for name, c := range map[string]struct {
		run  []Outlook
		want string
	}{
		"of two lines one falls":                   {[]Outlook{two}, "1 of 2 lines would go down in this sync."},
		"a line whose product is not mapped":       {[]Outlook{former}, "1 of 1 lines would go down in this sync."},
		"the rest of a move that was half written": {[]Outlook{from, to}, ""},
	} {
		if got := Foresee(c.run, products(), store.Holds{ManyLines: 1, ManyPercent: 20}).many; got != c.want {
			t.Errorf("%s: %q, want %q", name, got, c.want)
		}
	}
}
