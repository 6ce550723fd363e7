package demo

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"seatbridge/billing/findings"
	"seatbridge/store"
)

// A Stop is something to look at in a demo that lived a year: what happened, and what it happened to.
type Stop struct {
	Chapter string // the stops of a chapter follow each other
	What    string // happened, in a few words
	Look    string // at what to look there, in sentences

	Run          int64 // at most one of these is set
	Month        store.Month
	Organization int64
	Agreement    int
	Page         string // another page: one of the constants below
}

// The pages that a stop can lead to.
const (
	Approvals   = "approvals"
	Findings    = "findings"
	Suggestions = "suggestions"
	Months      = "months"
	Leaks       = "leaks"
)

// The chapters of what there is to look at.
const (
	waits   = "What waits for a person"
	behind  = "What people did in ConnectWise, and what is amiss there"
	wrong   = "What went wrong, and what became of it"
	changed = "What people changed their minds about"
	booked  = "The books of the months"
	beside  = "Whom nothing bills"
)

// inChapters puts what there is to look at into the order of the chapters.
func inChapters(stops []Stop) []Stop {
	order := []string{waits, behind, wrong, changed, booked, beside}
	slices.SortStableFunc(stops, func(a, b Stop) int { return slices.Index(order, a.Chapter) - slices.Index(order, b.Chapter) })
	return stops
}

// lastLook ends what was amiss with answers of ConnectWise, reads the invoices once more, and notes what is to be seen at last.
func (l *life) lastLook(ctx context.Context) error {
	l.sim.ClearFaults()
	if err := l.Books.ReadInvoices(ctx); err != nil {
		return err
	}
	if err := l.lookAtHeld(ctx); err != nil {
		return err
	}
	if err := l.lookAtFindings(ctx); err != nil {
		return err
	}
	if err := l.lookForLeaks(ctx); err != nil {
		return err
	}
	l.stop(Stop{Chapter: beside, What: "A trial is over, and nobody mapped the customer", Look: unmapped + " has members to be billed. A " +
		"company of nearly the same name is suggested for it.", Page: Suggestions})
	l.stop(Stop{Chapter: beside, What: "A trial ends in two days", Look: "Its seats are billed from then on. Whoever maps it now is in time.",
		Organization: l.ids["Second Look Opticians"]})
	l.stop(Stop{Chapter: booked, What: "A year of months", Look: "Ten of them are closed, each with a statement that proves itself.",
		Page: Months})
	return nil
}

// lookForLeaks has the whole instance read, as the job of a server does.
func (l *life) lookForLeaks(ctx context.Context) error {
	if err := l.Scan.Start(ctx, l.admin); err != nil {
		return err
	}
	l.Work.Wait()
	open, err := l.Scan.Open(ctx)
	if err != nil {
		return err
	}
	l.stop(Stop{Chapter: beside, What: fmt.Sprintf("%d leaks in the whole instance", open), Look: "Who is not billed, and who is billed for " +
		"nothing, in money a month: in agreements that nobody mapped, too.", Page: Leaks})
	return nil
}

// lookAtHeld notes what waits for approval: all of it, and the falls of which the story tells.
func (l *life) lookAtHeld(ctx context.Context) error {
	held, err := l.held(ctx)
	if err != nil {
		return err
	}
	// A sync works on several agreements at once: in which order they came to wait is chance.
	slices.SortStableFunc(held, func(a, b store.Change) int { return strings.Compare(a.Company, b.Company) })
	l.stop(Stop{Chapter: waits, What: fmt.Sprintf("%d changes wait for approval", len(held)), Look: "Each says why it waits. " +
		"Approve one, reject one, or say that it is meant so.", Page: Approvals})
	for _, c := range held {
		if slices.Contains(c.HeldFor, store.HoldLower) {
			l.stop(Stop{Chapter: waits, What: fmt.Sprintf("%s: from %s to %s seats", c.Company, c.Before.Decimal, c.After.Decimal),
				Look: c.HeldBecause, Agreement: c.AgreementID})
		}
	}
	return nil
}

// lookAtFindings notes one finding of each kind.
func (l *life) lookAtFindings(ctx context.Context) error {
	found, total, err := l.Billing.Findings.List(ctx, store.FindingFilter{})
	if err != nil {
		return err
	}
	l.stop(Stop{Chapter: behind, What: fmt.Sprintf("%d findings, one of each kind and more", total), Look: "What readings of agreements " +
		"found. Each says what it means for the invoice and what to do.", Page: Findings})
	l.stop(Stop{Chapter: behind, What: l.handEdited + ": a line edited by hand", Look: "jdoe raised it by 4 seats. The next sync wrote the " +
		"right figure over it and said so; the settings can make it wait instead.", Agreement: l.agreements[l.handEdited]})
	seen := map[store.Subject]bool{}
	for _, f := range found {
		if !seen[f.Subject] {
			l.stop(Stop{Chapter: behind, What: f.Company + ": " + findings.NameOf(f.Subject), Look: f.Sentence, Agreement: f.AgreementID})
		}
		seen[f.Subject] = true
	}
	return nil
}
