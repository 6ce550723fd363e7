package plan

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/shopspring/decimal"

	"seatbridge/billing/plan/plantest"
	"seatbridge/connectwise"
	"seatbridge/store"
)

// wrote is what run 4 wrote on addition 9.
func wrote(before, after string) store.Change {
	c := plantest.Change(businessID, store.KindUpdate, 9, before, after)
	c.RunID, c.State, c.Product = 4, store.StateWritten, "NP-BUS"
	c.DoneAt = time.Date(2026, 11, 1, 0, 30, 0, 0, time.UTC)
	c.Shares = []store.Share{{OrganizationID: 1, Organization: "Acme", Seats: 5, Known: true}}
	return c
}

func TestUndo(t *testing.T) {
	t.Parallel()
	additions := func(quantity string) []connectwise.Addition {
		return []connectwise.Addition{line(8, businessID, "1"), line(9, businessID, quantity)}
	}
	cancelled := []connectwise.Addition{ended(line(9, businessID, "5"), "2026-10-31")}
	tests := []struct {
		name      string
		written   store.Change
		gone      string
		additions []connectwise.Addition
		later     map[int]bool
		want      string
		reason    string
	}{
		{"put back", wrote("3", "5"), "", additions("5"), nil, "planned NP-BUS 5>3", "Run 4 changed it from 3 to 5."},
		{"created", wrote("", "5"), "", additions("5"), nil, "planned NP-BUS 5>0",
			"Run 4 created this addition; it cannot be deleted and goes to 0."},
		{"back already", wrote("3", "5"), "", additions("3"), nil, "unchanged NP-BUS 3>3", "Run 4 changed it from 3 to 5."},
		{"touched", wrote("3", "5"), "", additions("7"), nil, "stale NP-BUS 7>3",
			"Touched since: ConnectWise says 7, run 4 wrote 5 on 1 November 2026 at 00:30 UTC. It stays as it is."},
		{"written later", wrote("3", "5"), "", additions("5"), map[int]bool{9: true}, "stale NP-BUS 5>3",
			"A run after run 4 has written this line, too. It stays as it is."},
		{"written later and back", wrote("3", "5"), "", additions("3"), map[int]bool{9: true}, "unchanged NP-BUS 3>3",
			"Run 4 changed it from 3 to 5."},
		{"another line was written later", wrote("3", "5"), "", additions("5"), map[int]bool{8: true}, "planned NP-BUS 5>3",
			"Run 4 changed it from 3 to 5."},
		{"the agreement is gone", wrote("3", "5"), "It is cancelled.", additions("5"), nil, "blocked NP-BUS ->3", "It is cancelled."},
		{"the line is gone", wrote("3", "5"), "", additions("5")[:1], nil, "blocked NP-BUS ->3", "The addition is no longer open."},
		{"the line is cancelled", wrote("3", "5"), "", cancelled, nil, "blocked NP-BUS ->3", "The addition is no longer open."},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			s := Situation{Gone: tt.gone, Additions: tt.additions}
			changes := Undo(s, []store.Change{tt.written}, tt.later, date("2026-11-01"))
			if len(changes) != 1 || plantest.Show(changes[0]) != tt.want || changes[0].Reason != tt.reason {
				t.Fatalf("got %+v, want %s: %s", changes, tt.want, tt.reason)
			}
			checkUndone(t, changes[0], tt.written)
		})
	}
}

// checkUndone holds what an undo knows of its line from the change that it undoes, and whether somebody edited it.
func checkUndone(t *testing.T, c, written store.Change) {
	t.Helper()
	if c.AdditionID != 9 || !cmp.Equal(c.Written, written.After) || !cmp.Equal(c.Shares, written.Shares) {
		t.Errorf("addition %d, written %v, shares %v", c.AdditionID, c.Written, c.Shares)
	}
	kind := store.KindUpdate
	if c.State == store.StateBlocked || c.State == store.StateUnchanged {
		kind = store.KindNone
	}
	edited := c.Before.Valid && c.Before.Decimal.Equal(decimal.NewFromInt(7))
	if c.Kind != kind || c.HandEdited != edited {
		t.Errorf("kind %s, want %s; edited by hand %v, want %v", c.Kind, kind, c.HandEdited, edited)
	}
}

// TestUndoTakesEachLine holds that a run's lines are undone in their order.
func TestUndoTakesEachLine(t *testing.T) {
	t.Parallel()
	second := wrote("1", "2")
	second.AdditionID = 8
	s := Situation{Additions: []connectwise.Addition{line(8, businessID, "2"), line(9, businessID, "5")}}
	changes := Undo(s, []store.Change{second, wrote("3", "5")}, nil, date("2026-11-01"))
	var got []string
	for _, c := range changes {
		got = append(got, plantest.Show(c))
	}
	if diff := cmp.Diff([]string{"planned NP-BUS 2>1", "planned NP-BUS 5>3"}, got); diff != "" {
		t.Error(diff)
	}
}

func TestRelease(t *testing.T) {
	t.Parallel()
	lines := []store.Line{bound(50, 6, ""), bound(51, 7, "0"), bound(businessID, 9, "5")}
	additions := []connectwise.Addition{line(6, 50, "0"), line(7, 51, "0"), line(9, businessID, "5")}
	tests := []struct {
		name, gone, want, reason string
	}{
		{"the lines go to 0", "", "planned P 5>0", "No organization is mapped to this agreement any more."},
		{"what cannot be billed is told of, where it was written", "It is cancelled.", "blocked product 71 5>0", "It is cancelled."},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			changes := Release(Situation{Gone: tt.gone, Additions: additions, Lines: lines}, date("2026-11-01"))
			if len(changes) != 1 || plantest.Show(changes[0]) != tt.want || changes[0].Reason != tt.reason || changes[0].AdditionID != 9 {
				t.Errorf("got %+v, want %s: %s", changes, tt.want, tt.reason)
			}
		})
	}
}

// TestReleaseOfOneLine holds that a line which a person named goes to 0, and no other.
func TestReleaseOfOneLine(t *testing.T) {
	t.Parallel()
	s := Situation{Additions: []connectwise.Addition{line(1, 50, "2"), line(9, businessID, "5")}, Lines: []store.Line{bound(50, 1, "2")}}
	tests := []struct {
		name     string
		addition int
		with     func(*Situation)
		want     string
	}{
		{"one that Seatbridge never wrote", 9, func(*Situation) {}, "planned P 5>0"},
		{"the first", 1, func(s *Situation) { s.Lines = nil }, "planned P 2>0"},
		{"none by name: those that it kept", 0, func(*Situation) {}, "planned P 2>0"},
		{"one that is not there", 8, func(*Situation) {}, ""},
		{"one that is ended", 9, func(s *Situation) { s.Additions[1] = ended(s.Additions[1], "2026-10-31") }, ""},
		{"one at 0", 9, func(s *Situation) { s.Additions[1].Quantity = decimal.Zero }, ""},
		{"what cannot be billed is told of", 9, func(s *Situation) { s.Gone = "It is cancelled." }, "blocked P ->0"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			s := s
			s.Additions = append([]connectwise.Addition{}, s.Additions...)
			tt.with(&s)
			got := ""
			for _, c := range Released(s, tt.addition, date("2026-11-01")) {
				got += plantest.Show(c)
				if tt.addition != 0 && (c.AdditionID != tt.addition || c.Reason == "") {
					t.Errorf("it is about addition %d because %q", c.AdditionID, c.Reason)
				}
				if c.State == store.StatePlanned && (c.Kind != store.KindUpdate || plantest.Side(c.UnitPrice) != "3.5") {
					t.Errorf("it is a %s of a line at %s", c.Kind, plantest.Side(c.UnitPrice))
				}
			}
			if got != tt.want {
				t.Errorf("%q, want %q", got, tt.want)
			}
		})
	}
}

func TestWithout(t *testing.T) {
	t.Parallel()
	lines := []store.Line{bound(1, 8, ""), bound(2, 9, "")}
	if got := Without(lines, 1); len(got) != 1 || got[0].AdditionID != 9 || len(lines) != 2 || lines[0].AdditionID != 8 {
		t.Errorf("%+v of %+v", got, lines)
	}
}
