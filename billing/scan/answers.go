package scan

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"seatbridge/billing/leaks"
	"seatbridge/billing/problem"
	"seatbridge/store"
)

// longestNote bounds why a leak is meant so, in characters.
const longestNote = 500

// Meant keeps that a leak is meant so, until its facts are others. A leak that is not there any more or rests on other facts than those
// that were shown, and a note that is missing or too long, are an *problem.Invalid: of "leak" or of "note".
func (d *Desk) Meant(ctx context.Context, who problem.Actor, key, facts, note string) error {
	note = strings.TrimSpace(note)
	problems := problem.Fields{}
	if note == "" {
		problems.Add("note", "Say why it is meant so: whoever looks at it next year wants to know.")
	}
	problems.Add("note", problem.OfLength(note, longestNote))
	if len(problems) > 0 {
		return &problem.Invalid{Fields: problems}
	}
	found, err := d.find(ctx)
	if err != nil {
		return err
	}
	l, there := byKey(slices.Concat(found.Open, found.InHand), key)
	switch {
	case !there:
		return invalid("This is not so any more; nothing has to be said about it.")
	case l.Facts != facts:
		return invalid("What was found is something else now. Look at it again, then decide.")
	}
	defer d.Forget()
	entry := who.Did(d.Now(), store.CategoryBilling, "Said of %s (%s) that it is meant so: %s Why: %s", l.Who, l.Where, l.Sentence, note)
	return d.Store.Record(ctx, entry, func(s *store.Store) error {
		answer := store.LeakAnswer{Leak: key, Facts: facts, Note: note, By: who.Name, At: d.Now()}
		return store.LeaksIn(s).Answer(ctx, answer)
	})
}

// Withdraw takes back that a leak is meant so. One of which nobody said it is an *problem.Invalid of "leak".
func (d *Desk) Withdraw(ctx context.Context, who problem.Actor, key string) error {
	found, err := d.find(ctx)
	if err != nil {
		return err
	}
	what := "a leak that is not there any more"
	if l, there := byKey(found.Meant, key); there {
		what = fmt.Sprintf("%s (%s): %s", l.Who, l.Where, l.Sentence)
	}
	defer d.Forget()
	entry := who.Did(d.Now(), store.CategoryBilling, "Took back that it is meant so of %s", what)
	err = d.Store.Record(ctx, entry, func(s *store.Store) error { return store.LeaksIn(s).WithdrawAnswer(ctx, key) })
	if errors.Is(err, store.ErrNotFound) {
		return invalid("Nobody says any more that this is meant so.")
	}
	return err
}

func byKey(list []leaks.Leak, key string) (leaks.Leak, bool) {
	i := slices.IndexFunc(list, func(l leaks.Leak) bool { return l.String() == key })
	if i < 0 {
		return leaks.Leak{}, false
	}
	return list[i], true
}

func invalid(what string) error { return &problem.Invalid{Fields: problem.Fields{"leak": what}} }
