package billing

import (
	"context"
	"strings"

	"seatbridge/billing/leaks"
	"seatbridge/billing/money"
	"seatbridge/billing/problem"
	"seatbridge/store"
)

// leakWords are how Needs attention counts leaks of a kind, and why they matter. Organizations that are not mapped stand there without
// a scan, too (AttendUnmapped).
var leakWords = []struct {
	kind              leaks.Kind
	one, rest, detail string
}{
	{leaks.NotBilling, "leak", "of mapped organizations whose agreement or line bills nothing",
		"Their seats are due, and reach no invoice. Each says why and what to do."},
	{leaks.Unfed, "open line", "that no organization feeds",
		"ConnectWise goes on billing what the line says, whatever is used. Map an organization, or end the line."},
	{leaks.UnmappedProduct, "product", "called NordPass and not mapped, with open lines",
		"No sync keeps these lines up. Map the product, or move its lines."},
	{leaks.Unlicensed, "trial or NFR organization", "billed by a line",
		"Its license is not billed. Set the line to 0, or correct the license."},
	{leaks.Price, "price", "other than the usual one", "Correct it in ConnectWise, or say that it is meant so."},
}

// leakAttention lists what leaks, a kind each, with what it comes to in a month.
func (b *Billing) leakAttention(ctx context.Context) ([]Attention, error) {
	found, err := b.Scan.Recent(ctx)
	if err != nil {
		return nil, err
	}
	var list []Attention
	for _, of := range leakWords {
		var sum money.Totals
		n := 0
		for _, l := range found.Open {
			if l.Kind == of.kind {
				n++
				sum.AddAmount(l.Money, l.Code)
			}
		}
		if n > 0 {
			title := problem.Plural(n, of.one) + " " + of.rest + ": " + sum.InWords() + " a month"
			list = append(list, Attention{Kind: AttendLeak, Count: n, Title: title, Detail: of.detail})
		}
	}
	if last := found.Last; last.State == store.ScanFailed {
		list = append(list, Attention{
			Kind: AttendLeak, Title: "The last scan for leaks failed",
			Detail: strings.TrimSpace(last.Problem.Text() + " It is tried again after a day; the last result stays."),
		})
	}
	return list, nil
}
