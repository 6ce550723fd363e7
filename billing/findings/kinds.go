package findings

import (
	"fmt"

	"seatbridge/billing/problem"
	"seatbridge/store"
)

// A Kind is what findings about one subject are called.
type Kind struct {
	Subject store.Subject
	Name    string // of one, for filters
	one     string // what is counted: "agreement", "line"
	rest    string // what is said of those that are counted
	Detail  string // why it matters, a sentence
}

// Kinds are the subjects in the order in which they matter: what may be billed twice, what waits, what is billed wrongly.
var Kinds = []Kind{
	{store.AboutSecond, "Second open line", "second open line", "of a product",
		"ConnectWise bills both. End one, or say that both are meant so."},
	{store.AboutEnded, "Ended by a person", "line", "that a person ended", "Nothing is written there before somebody decides."},
	{store.AboutGone, "Deleted line", "line", "deleted in ConnectWise", "Nothing is written there before somebody decides."},
	{store.AboutElsewhere, "Line on another agreement", "line", "on another agreement of the company",
		"The same seats may be billed there. Nothing is written before somebody decides."},
	{store.AboutUnreliable, "Unreliable list", "agreement", "whose list of additions lacks a line that is there",
		"ConnectWise did not show all lines; nothing was created there."},
	{store.AboutUnfed, "Line that nobody feeds", "line", "that nobody feeds any more",
		"Seatbridge wrote it and does not keep it up; ConnectWise goes on billing it."},
	{store.AboutCycle, "Not billed monthly", "agreement", "not billed monthly",
		"Nothing is written there before somebody says that it is meant so."},
	{store.AboutOneTime, "Billed once", "agreement", "billed only once", "Nothing is written there before somebody says that it is meant so."},
	{store.AboutCurrency, "Another currency", "agreement", "in another currency than before",
		"Nothing is written there before somebody says that it is meant so."},
	{store.AboutIncluded, "Included quantity", "line", "with an included quantity", "Less Included takes seats off the invoice."},
	{store.AboutProducts, "Products not billed", "agreement", "without billing of products", "What is written there reaches no invoice."},
	{store.AboutCustomer, "Not billed to the customer", "line", "not billed to the customer", "What is written there reaches no invoice."},
	{store.AboutPrice, "No price", "line", "without a price", "What is written there is billed as nothing."},
	{store.AboutInvoiced, "Invoiced ahead", "agreement", "invoiced ahead and not prorated",
		"What changes now is missing on invoices that are made."},
	{store.AboutInactive, "Inactive company", "agreement", "of a company with an inactive status", "Its agreements are billed on."},
	{store.AboutDrift, "Changed terms", "agreement", "with terms that changed", "They decide what is billed. Each says what it was before."},
	{store.AboutEnds, "Ends or begins", "agreement", "ending soon or beginning later, or with a line that does",
		"Nothing is billed outside of its days."},
}

// Creates says whether an answer to a finding about a subject lets a line be created beside what was found. Whoever gives it has to
// know: that a line was ended may be meant so, and that its seats are billed again not.
func Creates(s store.Subject) bool {
	return s == store.AboutEnded || s == store.AboutGone || s == store.AboutElsewhere
}

// said is what an answer to a finding about a subject says, for the activity log.
func said(s store.Subject) string {
	if Creates(s) {
		return "a line may be created all the same"
	}
	return "it is meant so"
}

// NameOf is what a finding about a subject is called.
func NameOf(s store.Subject) string {
	for _, k := range Kinds {
		if k.Subject == s {
			return k.Name
		}
	}
	return string(s)
}

// Title counts findings of the kind.
func (k Kind) Title(n int) string {
	return fmt.Sprintf("%s %s", problem.Plural(n, k.one), k.rest)
}
