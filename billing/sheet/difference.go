package sheet

import (
	"cmp"
	"fmt"
	"slices"
	"time"

	"seatbridge/billing/seats"
	"seatbridge/store"
)

// MemberAction is what an import does to a member.
type MemberAction string

// The actions. CorrectMember changes nothing but moments.
const (
	AddMember        MemberAction = "add"
	JoinMember       MemberAction = "join"
	SuspendMember    MemberAction = "suspend"
	ReactivateMember MemberAction = "reactivate"
	DeleteMember     MemberAction = "delete"
	CorrectMember    MemberAction = "correct"
)

// MemberChange is one seat as it is and as the file says it should be.
type MemberChange struct {
	Action        MemberAction
	Line          int // 0: the member is not in the file
	Before, After store.Seat
	Deleted       Deletion // as the file gives it
}

// Deletion is how a file gives the moment at which a member was deleted, where that decides whether a day counts
// (docs/billing-rules.md section 2).
type Deletion string

// The ways; empty is any other, or none.
const (
	OnDay      Deletion = "day"      // a date: until its last second
	AtMidnight Deletion = "midnight" // the first instant of a day, with its time: that day does not count
)

func (m MemberRow) deletion() Deletion {
	switch {
	case isDay(m.DeletedAt, m.Exact.Deleted):
		return OnDay
	case isMidnight(m.DeletedAt):
		return AtMidnight
	}
	return ""
}

// MemberDiff is what importing members would do to an organization.
type MemberDiff struct {
	Changes   []MemberChange // ended stays first, so that nobody is a member twice in between; then by line
	Unchanged int            // rows that say what is known
	NotInFile int            // present members that the file does not have and that are left alone
	Problems  []RowProblem   // rows that cannot be reconciled with what is known
}

// DiffOptions is how members are compared.
type DiffOptions struct {
	OrganizationID int64
	Now            time.Time // when a change took effect that the file has no moment of
	// RemoveMissing deletes the members that the file does not have. It is for files without a single
	// bad row: one whose address cannot be read would delete somebody.
	RemoveMissing bool
}

// DiffMembers compares the seats of an organization, deleted ones, too, with the rows of a file about
// it. Once its changes are made the same rows change nothing. Rows with problems change nothing, but their members
// are in the file. A moment that the row does not give stays as it is known, and a date without a time
// agrees with any moment of its day.
func DiffMembers(seats []store.Seat, rows []MemberRow, o DiffOptions) MemberDiff {
	d := differ{options: o}
	members := map[string]*memberFacts{}
	member := func(email string) *memberFacts {
		key := store.FoldEmail(email)
		if members[key] == nil {
			members[key] = &memberFacts{}
		}
		return members[key]
	}
	for _, s := range seats {
		m := member(s.Email)
		m.seats = append(m.seats, s)
	}
	for _, row := range rows {
		m := member(row.Email)
		m.named = true
		if len(row.Problems) == 0 {
			m.rows = append(m.rows, row)
		}
	}
	for _, m := range members {
		d.compare(m)
	}
	slices.SortFunc(d.diff.Changes, func(a, b MemberChange) int {
		return cmp.Or(endsFirst(a.After, b.After), a.Line-b.Line, cmp.Compare(a.Before.ID, b.Before.ID))
	})
	slices.SortFunc(d.diff.Problems, func(a, b RowProblem) int { return a.Line - b.Line })
	return d.diff
}

// memberFacts is all that is known and said of one address.
type memberFacts struct {
	seats []store.Seat
	rows  []MemberRow // the good ones
	named bool        // in the file, be it in a bad row
}

type differ struct {
	options DiffOptions
	diff    MemberDiff
}

func (d *differ) compare(m *memberFacts) {
	if !m.named {
		for _, s := range m.seats {
			if isPresent(s) {
				d.missing(s)
			}
		}
		return
	}
	met := m.meet()
	for i, row := range m.rows {
		if met[i] < 0 {
			d.compareStay(store.Seat{OrganizationID: d.options.OrganizationID, Email: row.Email}, row)
		} else {
			d.compareStay(m.seats[met[i]], row)
		}
	}
}

// compareStay compares a seat, which has no id if it is not known yet, with what the row says of it.
func (d *differ) compareStay(before store.Seat, row MemberRow) {
	after, problem := d.after(before, row)
	switch {
	case problem != "":
		d.diff.Problems = append(d.diff.Problems, RowProblem{Line: row.Line, Problem: problem})
	case before.ID == 0:
		d.change(MemberChange{AddMember, row.Line, store.Seat{}, after, row.deletion()})
	case after == before:
		d.diff.Unchanged++
	default:
		d.change(MemberChange{actionBetween(before.Status(), after.Status()), row.Line, before, after, row.deletion()})
	}
}

func (d *differ) change(c MemberChange) { d.diff.Changes = append(d.diff.Changes, c) }

func (d *differ) missing(s store.Seat) {
	if !d.options.RemoveMissing {
		d.diff.NotInFile++
		return
	}
	after := s
	after.DeletedAt = seats.Later(d.options.Now, s.JoinedAt)
	d.change(MemberChange{Action: DeleteMember, Before: s, After: after})
}

func actionBetween(before, after store.SeatStatus) MemberAction {
	switch {
	case before == after:
		return CorrectMember
	case after == store.SeatDeleted:
		return DeleteMember
	case after == store.SeatSuspended:
		return SuspendMember
	case before == store.SeatSuspended:
		return ReactivateMember
	}
	return JoinMember
}

// meet finds the seat that each row is about, -1 where none is known. The surest signs come first, for
// all rows: a stay that is over is not taken for the one that followed it.
func (m *memberFacts) meet() []int {
	slices.SortFunc(m.seats, func(a, b store.Seat) int { // the present one, then the others, the last one first
		return cmp.Or(endsFirst(b, a), b.DeletedAt.Compare(a.DeletedAt), cmp.Compare(b.ID, a.ID))
	})
	met := slices.Repeat([]int{-1}, len(m.rows))
	joined := func(row MemberRow, s store.Seat) bool {
		return isOver(row) && sameDay(s.JoinedAt, row.JoinedAt) && (!isPresent(s) || m.endedBefore(row))
	}
	deleted := func(row MemberRow, s store.Seat) bool { return isOver(row) && sameDay(s.DeletedAt, row.DeletedAt) }
	there := func(row MemberRow, s store.Seat) bool { return !isOver(row) && isPresent(s) }
	for _, sign := range []func(MemberRow, store.Seat) bool{
		func(row MemberRow, s store.Seat) bool { return joined(row, s) && s.JoinedAt.Equal(row.JoinedAt) },
		func(row MemberRow, s store.Seat) bool { return joined(row, s) && deleted(row, s) },
		joined,
		deleted,
		func(row MemberRow, s store.Seat) bool { return there(row, s) && sameDay(s.JoinedAt, row.JoinedAt) },
		func(row MemberRow, s store.Seat) bool {
			return isOver(row) && isPresent(s) && overlap(s, row) && m.endedBefore(row)
		},
		there,
		func(row MemberRow, s store.Seat) bool { return isOver(row) && !isPresent(s) && overlap(s, row) },
	} {
		for i, row := range m.rows {
			if met[i] < 0 {
				met[i] = slices.IndexFunc(m.seats, func(s store.Seat) bool {
					return sign(row, s) && !slices.ContainsFunc(met, func(j int) bool { return j >= 0 && m.seats[j].ID == s.ID })
				})
			}
		}
	}
	return met
}

// endedBefore says whether the stay of the row was over before the one began in which, by the file, the
// member is there; if there is none, it was.
func (m *memberFacts) endedBefore(over MemberRow) bool {
	return !slices.ContainsFunc(m.rows, func(row MemberRow) bool {
		return !isOver(row) && (over.DeletedAt.IsZero() || row.JoinedAt.Before(over.DeletedAt))
	})
}

func isOver(row MemberRow) bool { return row.Status == store.SeatDeleted }

// endsFirst orders those who are gone before those who are there.
func endsFirst(a, b store.Seat) int {
	switch {
	case isPresent(a) == isPresent(b):
		return 0
	case isPresent(b):
		return -1
	}
	return 1
}

func isPresent(s store.Seat) bool { return s.DeletedAt.IsZero() }

func sameDay(a, b time.Time) bool {
	return !a.IsZero() && !b.IsZero() && midnight(a).Equal(midnight(b))
}

// overlap says whether the seat and the stay of the row can be the same: neither ended before the other began.
func overlap(s store.Seat, row MemberRow) bool {
	ended := func(end, begin time.Time, day bool) bool {
		return !end.IsZero() && !begin.IsZero() && !end.After(begin) && !(day && sameDay(end, begin))
	}
	return !ended(row.DeletedAt, earlier(s.InvitedAt, s.JoinedAt), isDay(row.DeletedAt, row.Exact.Deleted)) &&
		!ended(s.DeletedAt, earlier(row.InvitedAt, row.JoinedAt), isMidnight(s.DeletedAt))
}

// after is the seat as the row says it should be, or the problem with that.
func (d *differ) after(s store.Seat, row MemberRow) (store.Seat, string) {
	wasMember, now := !s.JoinedAt.IsZero(), d.options.Now
	s.InvitedAt = corrected(s.InvitedAt, row.InvitedAt, row.Exact.Invited)
	s.JoinedAt = corrected(s.JoinedAt, row.JoinedAt, row.Exact.Joined)
	switch row.Status {
	case store.SeatPending:
		if wasMember {
			return s, "The file says pending, but this is a member already. If the member was deleted and invited again, delete the member first."
		}
		s.InvitedAt = orElse(s.InvitedAt, now)
	case store.SeatActive:
		s.JoinedAt, s.SuspendedAt = orElse(s.JoinedAt, now), time.Time{}
	case store.SeatSuspended: // a member at the latest when suspended
		s.SuspendedAt = orElse(corrected(s.SuspendedAt, row.SuspendedAt, row.Exact.Suspended), now)
		s.JoinedAt = orElse(s.JoinedAt, s.SuspendedAt)
	case store.SeatDeleted:
		return d.deleted(s, row)
	}
	return s, ""
}

func (d *differ) deleted(s store.Seat, row MemberRow) (store.Seat, string) {
	known := s.ID != 0 // what a row adds has none yet
	switch {
	case !known && s.JoinedAt.IsZero() && s.InvitedAt.IsZero():
		return s, "The file says deleted, but this member was never here, and there is no date of joining: nothing can be recorded."
	case !known && row.DeletedAt.IsZero():
		return s, "The file says deleted, but this member was never here, and there is no date of the deletion: nothing can be recorded."
	}
	s.SuspendedAt = corrected(s.SuspendedAt, row.SuspendedAt, row.Exact.Suspended)
	s.DeletedAt = d.deletedAt(s, row)
	if s.DeletedAt.Before(s.JoinedAt) {
		return s, fmt.Sprintf("Deleted on %s, but a member only since %s.", seats.Day(s.DeletedAt), seats.Day(s.JoinedAt))
	}
	return s, ""
}

// deletedAt is when the member of a seat was deleted: on a day means at its end, so that the day counts, and without a date now.
func (d *differ) deletedAt(s store.Seat, row MemberRow) time.Time {
	day := isDay(row.DeletedAt, row.Exact.Deleted)
	at := corrected(s.DeletedAt, row.DeletedAt, row.Exact.Deleted)
	switch {
	case at.IsZero():
		return seats.Later(d.options.Now, s.JoinedAt)
	case !day || !at.Equal(row.DeletedAt) || at.Equal(s.DeletedAt):
		return at
	}
	if at = endOf(at, d.options.Now); sameDay(at, s.JoinedAt) && !at.After(s.JoinedAt) {
		return s.JoinedAt.Add(time.Second)
	}
	return at
}

// corrected is the moment that the file gives, unless that is just the day of the one that is known.
func corrected(known, given time.Time, exact bool) time.Time {
	if given.IsZero() || given.Equal(known) || (sameDay(known, given) && isDay(given, exact)) {
		return known
	}
	return given
}

func orElse(t, other time.Time) time.Time {
	if t.IsZero() {
		return other
	}
	return t
}

// earlier is the earlier of two moments, of which either may not be known.
func earlier(a, b time.Time) time.Time {
	if a.IsZero() || !b.IsZero() && b.Before(a) {
		return b
	}
	return a
}

// begins is when the stay of a row began: when the member joined or, if never, was invited.
func (m MemberRow) begins() time.Time { return orElse(m.JoinedAt, m.InvitedAt) }
