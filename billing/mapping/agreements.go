package mapping

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"seatbridge/billing/plan"
	"seatbridge/store"
)

// An AgreementChoice is the agreement of a company that an organization would best be mapped to.
type AgreementChoice struct {
	ID     int    // 0: none of them can be used
	Clear  bool   // no other one comes into question
	Reason string // a phrase
}

// AgreementHints help to choose among agreements.
type AgreementHints struct {
	Type  string       // the agreement type that the admin prefers; empty: none
	Lines map[int]bool // agreements known to have a line of a mapped product
	Found Lines        // what those lines say
}

// Lines are, by agreement, the open lines of mapped products that were met there, in a phrase: "line of NP-BUS: 14".
type Lines map[int]string

// ChooseAgreement picks one of a company's agreements. The choice is clear if only one can be billed, if
// only one of these has a line of a mapped product, or if only one is of the preferred type. Otherwise
// it is a guess to start from: a mapping to the wrong agreement is a wrong invoice.
func ChooseAgreement(agreements []store.Agreement, hints AgreementHints, today time.Time) AgreementChoice {
	usable := slices.DeleteFunc(slices.Clone(agreements), func(a store.Agreement) bool { return plan.AgreementUnusable(a, today) != "" })
	switch len(usable) {
	case 0:
		return AgreementChoice{Reason: noUsableAgreement(agreements)}
	case 1:
		return AgreementChoice{ID: usable[0].ID, Clear: true, Reason: onlyAgreement(agreements)}
	}
	if a := only(usable, func(a store.Agreement) bool { return hints.Lines[a.ID] }); a != nil {
		return AgreementChoice{ID: a.ID, Clear: true, Reason: "Has a line of a mapped product"}
	}
	if a := only(usable, func(a store.Agreement) bool { return hints.Type != "" && a.TypeName == hints.Type }); a != nil {
		return AgreementChoice{ID: a.ID, Clear: true, Reason: "The only one of type " + hints.Type}
	}
	best := slices.MinFunc(usable, func(a, b store.Agreement) int { return compareAgreements(a, b, hints) })
	return AgreementChoice{ID: best.ID, Reason: fmt.Sprintf("A guess among %d that can be used", len(usable))}
}

func noUsableAgreement(agreements []store.Agreement) string {
	if len(agreements) == 0 {
		return "The company has no agreement"
	}
	return "None of its agreements can be used"
}

func onlyAgreement(agreements []store.Agreement) string {
	if len(agreements) == 1 {
		return "Its only agreement"
	}
	return "The only one that can be used"
}

// only is the one agreement that has something, nil if none or several have.
func only(agreements []store.Agreement, has func(store.Agreement) bool) *store.Agreement {
	var found *store.Agreement
	for i := range agreements {
		if !has(agreements[i]) {
			continue
		}
		if found != nil {
			return nil
		}
		found = &agreements[i]
	}
	return found
}

// compareAgreements orders the likelier one first: one that has a line, is of the preferred type, is named
// after passwords, is open-ended, is no child of another agreement, and is the older one.
func compareAgreements(a, b store.Agreement, hints AgreementHints) int {
	return cmp.Or(
		compareBool(hints.Lines[a.ID], hints.Lines[b.ID]),
		compareBool(hints.Type != "" && a.TypeName == hints.Type, hints.Type != "" && b.TypeName == hints.Type),
		compareBool(namedAfterPasswords(a), namedAfterPasswords(b)),
		compareBool(a.EndDate == "", b.EndDate == ""),
		compareBool(a.ParentID == 0, b.ParentID == 0),
		strings.Compare(a.StartDate, b.StartDate),
		cmp.Compare(a.ID, b.ID),
	)
}

func namedAfterPasswords(a store.Agreement) bool {
	name := strings.ToLower(a.Name + " " + a.TypeName)
	return strings.Contains(name, "nordpass") || strings.Contains(name, "password")
}
