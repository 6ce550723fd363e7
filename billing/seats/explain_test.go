package seats

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"seatbridge/internal/moment"
	"seatbridge/store"
)

// share is what the explanation says of a seat in March 2026.
type share struct {
	email, from string
	pending     bool
	counted     bool
	why         string
}

func explained(e *example, r Rules) []share {
	var shares []share
	for _, s := range Explain(e.l, WholeMonth("2026-03"), r) {
		shares = append(shares, share{s.Email[:1], s.From.Format("2006-01-02"), s.Pending, s.Counted, s.Why})
	}
	return shares
}

func TestExplainMembers(t *testing.T) {
	t.Parallel()
	l := standard().old("abcdefgh").members("2026-03-01", "ij").members("2026-03-17", "k").members("2026-04-01", "l").
		deleted("2026-02-27", "b").deleted("2026-03-12", "c").deleted("2026-04-01", "d").deleted("2026-03-11", "j").
		suspended("2026-02-01", "e").suspended("2026-04-01", "f").suspended("2026-03-05", "g").deleted("2026-03-20", "g").
		deleted("2026-03-01", "h").members("2026-03-28", "c")
	want := []share{
		{"a", "2025-06-02", false, true, "Member since 2 June 2025."},
		{"c", "2025-06-02", false, true, "Member until 12 March 2026; counts for the whole month, not for the next."},
		{"d", "2025-06-02", false, true, "Member since 2 June 2025."},
		{"e", "2025-06-02", false, true, "Suspended since 1 February 2026; suspended members are billed."},
		{"f", "2025-06-02", false, true, "Member since 2 June 2025."},
		{"g", "2025-06-02", false, true, "Member until 20 March 2026; counts for the whole month, not for the next."},
		{"i", "2026-03-01", false, true, "Member since 1 March 2026; any day counts for the whole month."},
		{"j", "2026-03-01", false, true, "Member from 1 March 2026 to 11 March 2026; any day counts for the whole month."},
		{"k", "2026-03-17", false, true, "Member since 17 March 2026; any day counts for the whole month."},
		{"c", "2026-03-28", false, false, "The same e-mail address is counted already; a member counts once a month."},
	}
	if diff := cmp.Diff(want, explained(l, Rules{}), cmp.AllowUnexported(share{})); diff != "" {
		t.Error(diff)
	}
}

func TestExplainInvitations(t *testing.T) {
	t.Parallel()
	l := standard().invited("2026-03-05", "abc").joined("2026-04-01", "b").deleted("2026-03-30", "c").
		invited("2026-04-01", "d").invited("2026-02-05", "e").joined("2026-03-31 23:59:59", "e")
	joined := share{"e", "2026-03-31", false, true, "Member since 31 March 2026; any day counts for the whole month."}
	for counted, why := range map[bool]string{
		false: "Invitation pending; pending seats are not counted.",
		true:  "Invitation pending at the end of March 2026; pending seats are counted by your setting.",
	} {
		want := []share{{"a", "2026-03-05", true, counted, why}, {"b", "2026-03-05", true, counted, why}, joined}
		if diff := cmp.Diff(want, explained(l, always(counted)), cmp.AllowUnexported(share{})); diff != "" {
			t.Error(diff)
		}
	}
}

func TestExplainUnbilled(t *testing.T) {
	t.Parallel()
	trial := func(created string) *example { return org(created, b, store.Trial) }
	deleted := trial("2026-03-02").members("2026-03-02", "a")
	deleted.l.Organization.DeletedAt = moment.At("2026-03-10")
	for _, tt := range []struct {
		name    string
		ledger  *example
		pending bool
		why     string
	}{
		{"NFR", org("2025-06-01", b, store.NFR).old("a"), false, "NFR organizations are free."},
		{"a trial all month", trial("2026-03-20").members("2026-03-20", "a"), false, "The organization was in trial until 3 April 2026."},
		{"a trial that ends with the month", trial("2026-03-18").members("2026-03-18", "a"), false, "The organization was in trial until 1 April 2026."},
		{"deleted in its trial", deleted, false, "The organization was not billed in March 2026."},
		{"gone before the trial ended", trial("2026-03-03").members("2026-03-03", "a").deleted("2026-03-15", "a"), false,
			"Not a member at any time in which the organization was billed in March 2026."},
		{"pending in a trial", trial("2026-03-20").invited("2026-03-21", "a"), true, "The organization was in trial until 3 April 2026."},
		{"pending in what became NFR", standard().invited("2026-03-05", "a").term("2026-03-10", b, store.NFR), true, "NFR organizations are free."},
	} {
		shares := explained(tt.ledger, always(tt.pending))
		if len(shares) != 1 || shares[0].counted || shares[0].why != tt.why {
			t.Errorf("%s: %+v, want %q", tt.name, shares, tt.why)
		}
	}
}
