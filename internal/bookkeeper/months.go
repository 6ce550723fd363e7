package bookkeeper

import (
	"slices"
	"time"
)

// Due is what an organization owes of a month that ended, by what is known now; known is false when nobody knows.
func (b *Book) Due(name string, month time.Time) (f Figure, known bool) {
	return b.Count(name, next(month).Add(-time.Second))
}

// next is the first moment of the month after that of a moment.
func next(at time.Time) time.Time { return time.Date(at.Year(), at.Month()+1, 1, 0, 0, 0, 0, time.UTC) }

// A Period is a billing period of an agreement, both days included.
type Period struct{ First, Last time.Time }

// Carries says which of some periods bills the seats of a month: agreements are billed in advance, so that October's are those of
// the last period that begins before the end of November, and reaches November. -1: none does.
func Carries(periods []Period, month time.Time) int {
	from, before, found := next(month), next(next(month)), -1
	for i, p := range periods {
		if p.First.Before(before) && !p.Last.Before(from) && (found < 0 || p.First.After(periods[found].First)) {
			found = i
		}
	}
	return found
}

// Split splits whole seats among organizations by what each was to have: by the largest remainder, then in the order of the
// organizations. Where nobody was to have any, all are to have the same.
func Split(seats int, order []string, was map[string]int) map[string]int {
	order = slices.Clone(order)
	total := 0
	for _, n := range was {
		total += n
	}
	weight := func(name string) int { return was[name] }
	if total == 0 {
		total = len(order)
		weight = func(string) int { return 1 }
	}
	parts, left := map[string]int{}, seats
	for _, name := range order {
		parts[name] = seats * weight(name) / total
		left -= parts[name]
	}
	slices.SortStableFunc(order, func(a, b string) int { return seats*weight(b)%total - seats*weight(a)%total })
	for i := range left {
		parts[order[i]]++
	}
	return parts
}

// Shares are what organizations were to have on a line that was written.
type Shares map[string]int

// Sum is what they come to.
func (s Shares) Sum() int {
	sum := 0
	for _, n := range s {
		sum += n
	}
	return sum
}
