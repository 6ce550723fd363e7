package billing

import (
	"context"
	"fmt"

	"seatbridge/billing/hosted"
)

// betweenAttention lists the months that neither the hosted integration wrote, by what was said of it, nor Seatbridge writes by itself.
func (b *Billing) betweenAttention(ctx context.Context) ([]Attention, error) {
	open, err := b.Hosted.Between(ctx)
	var list []Attention
	for _, o := range open {
		list = append(list, Attention{
			Kind: AttendBetween, Month: o.Month, Title: fmt.Sprintf("%s is written by nobody", o.Month), Detail: betweenDetail(o),
		})
	}
	return list, err
}

func betweenDetail(o hosted.OpenMonth) string {
	const why = "It comes after the hosted integration's last month, and its sync was due before Seatbridge began. "
	if o.Overtaken {
		return why + "A later month stands on the lines by now: compare its seats in Usage data with its invoices, and bill by hand what is " +
			"missing. Where it was written there after all, say so on the page about the hosted integration."
	}
	return why + "Sync it again, or say on the page about the hosted integration that it was written there."
}
