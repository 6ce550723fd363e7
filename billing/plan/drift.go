package plan

import (
	"fmt"
	"slices"

	"seatbridge/connectwise"
	"seatbridge/store"
)

// The terms that are compared with the last reading.
const (
	termProducts = store.TermProducts
	termCycle    = "cycle"
	termOneTime  = "one_time"
	termProrate  = "prorate"
	termCurrency = "currency"
	termIncluded = "included"
	termCustomer = "customer"
	termPrice    = "price"
)

// termNames say the terms in sentences.
var termNames = map[string]string{
	termProducts: "The billing of products",
	termCycle:    "The billing cycle",
	termOneTime:  "Billing once only",
	termProrate:  "Proration",
	termCurrency: "The agreement's currency",
	termIncluded: "The included quantity",
	termCustomer: "The bill customer setting",
	termPrice:    "The unit price",
}

// readTerms is what decides whether a quantity becomes money, as it is now: of the agreement, and of each line that changes
// are about.
func readTerms(s Situation, changes []store.Change) []store.BillingTerm {
	a := s.Found
	now := []store.BillingTerm{
		{Name: termProducts, Value: a.BillProducts}, {Name: termCycle, Value: a.BillingCycle.Name},
		{Name: termOneTime, Value: onOff(a.OneTime)}, {Name: termProrate, Value: onOff(a.Prorate)}, {Name: termCurrency, Value: a.Currency},
	}
	for _, c := range changes {
		if line, there := additionByID(s.Additions, c.AdditionID); there && c.Plan != "" {
			now = append(now, lineTerms(line, c.ProductID)...)
		}
	}
	for i := range now {
		now[i].AgreementID, now[i].Since = s.Agreement.ID, s.ReadAt
		now[i] = s.compared(now[i])
	}
	return now
}

func lineTerms(line connectwise.Addition, productID int) []store.BillingTerm {
	return []store.BillingTerm{
		{ProductID: productID, Name: termIncluded, Value: line.LessIncluded.String(), AdditionID: line.ID},
		{ProductID: productID, Name: termCustomer, Value: line.BillCustomer, AdditionID: line.ID},
		{ProductID: productID, Name: termPrice, Value: termOf(line.UnitPrice), AdditionID: line.ID},
	}
}

func onOff(b bool) string {
	if b {
		return "on"
	}
	return "off"
}

// compared is a term with what it was before. It has drifted from the value that was read first, or that somebody said to be
// meant so, until it is that again; of another addition, or one that says nothing, there is nothing to compare.
func (s Situation) compared(now store.BillingTerm) store.BillingTerm {
	i := slices.IndexFunc(s.Terms, func(t store.BillingTerm) bool { return t.ProductID == now.ProductID && t.Name == now.Name })
	if i < 0 || s.Terms[i].AdditionID != now.AdditionID || s.Terms[i].Value == "" || now.Value == "" {
		return now
	}
	last := s.Terms[i]
	if last.Value == now.Value {
		return last
	}
	now.Was, now.By = last.Was, s.Editors[now.AdditionID]
	if now.Was == "" || s.accepted(last) {
		now.Was = last.Value
	}
	if now.Was == now.Value {
		now.Was, now.By = "", ""
	}
	return now
}

// accepted says that somebody said of a drifted term that it is meant so.
func (s Situation) accepted(t store.BillingTerm) bool {
	key := store.FindingKey{AgreementID: s.Agreement.ID, ProductID: t.ProductID, Subject: driftSubject(t), AdditionID: t.AdditionID}
	return slices.Contains(parts(s.Answers[key]), driftFacts(t))
}

func driftSubject(t store.BillingTerm) store.Subject {
	if t.Name == termCurrency {
		return store.AboutCurrency
	}
	return store.AboutDrift
}

func driftFacts(t store.BillingTerm) string { return t.Name + " " + t.Was + " → " + t.Value }

// driftFindings say what terms are not any more what they were: those of one line, or of the agreement, together. In another
// currency every price means something else, so that a write waits.
func driftFindings(s Situation, terms []store.BillingTerm) []store.Finding {
	var found []store.Finding
	for _, t := range terms {
		if t.Was == "" {
			continue
		}
		f := s.driftFinding(t)
		if n := len(found); n > 0 && found[n-1].Key() == f.Key() {
			f.Advice = "" // of the same kind
			found[n-1] = both(found[n-1], f)
			continue
		}
		found = append(found, f)
	}
	return found
}

func (s Situation) driftFinding(t store.BillingTerm) store.Finding {
	of := s.finding(t.ProductID, "")
	if line, there := additionByID(s.Additions, t.AdditionID); there {
		of = s.finding(t.ProductID, line.Product.Identifier).of(line)
	}
	f := of.saying(driftSubject(t), driftFacts(t),
		fmt.Sprintf("%s is %s since %s; before, it was %s%s.",
			termNames[t.Name], t.Value, inWords(connectwise.DateOf(t.Since.UTC())), t.Was, changedBy(t.By)),
		"Change it back in ConnectWise, or say that it is meant so.")
	f.Holds = f.Subject == store.AboutCurrency
	return f
}

// changedBy puts who changed something, as Editors has it, after what was changed.
func changedBy(who string) string {
	if who == "" {
		return ""
	}
	return " (changed " + who + ")"
}

// Unexplained are the additions, 0 for the agreement itself, of which a person changed something that nobody has named yet: a
// quantity that is not what Seatbridge left, or a term that is new in this reading.
func Unexplained(s Situation, changes []store.Change) []int {
	var ids []int
	add := func(id int) {
		if _, named := s.Editors[id]; !named && !slices.Contains(ids, id) {
			ids = append(ids, id)
		}
	}
	for _, c := range changes {
		if c.HandEdited {
			add(c.AdditionID)
		}
	}
	for _, t := range readTerms(s, changes) {
		if t.Was != "" && t.Since.Equal(s.ReadAt) {
			add(t.AdditionID)
		}
	}
	return ids
}

// Editor names who changed something, and when, as sentences have it: "by jdoe on 20 November 2026 at 14:02 UTC".
func Editor(who string, when string) string {
	if who == "" {
		return ""
	}
	if when == "" {
		return "by " + who
	}
	return "by " + who + " on " + when
}
