package months_test

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/shopspring/decimal"

	"seatbridge/billing/money"
	"seatbridge/billing/months"
	"seatbridge/store"
)

// moneys are the rows of October in money: what is due, billed and open, with what the row's reason ends on.
func (t *tale) moneys() []string {
	var all []string
	for _, r := range months.RowsOf(t.Story, "2026-10", t.try, t.now) {
		m := months.MoneyOf(r)
		words := fmt.Sprintf("due %s, billed %s, difference %s, settled %s, open %s", in(m.Due), in(m.Billed), in(m.Difference), in(m.Settled), in(m.Open))
		if terms := months.TermsText(r); terms != "" {
			words += ": " + terms
			if !strings.HasSuffix(r.Reason, terms) {
				words += " which the reason does not say: " + r.Reason
			}
		}
		all = append(all, words)
	}
	return all
}

func in(d decimal.NullDecimal) string {
	if !d.Valid {
		return "?"
	}
	return money.Text(d, "USD")
}

// TestCase_I40_ADifferenceIsWhatTheInvoiceWouldChange: rows of the books took the price of every seat, whatever of the line is included
// and whether ConnectWise bills it at all.
func TestCase_I40_ADifferenceIsWhatTheInvoiceWouldChange(t *testing.T) {
	t.Parallel()
	included := func(n float64) store.LineTerms { return store.LineTerms{Included: number(n)} }
	line := func(quantity float64, terms store.LineTerms, shares ...store.Share) store.Said {
		return store.Said{
			At: at("11-01", "00:31"), Written: true, Created: true, ChangeID: 1, Quantity: number(quantity), Shares: shares,
			UnitPrice: price("4.99").UnitPrice, Currency: "USD", LineTerms: terms,
		}
	}
	const within = ": 4 seats of the line are included and not billed."
	for name, tt := range map[string]struct {
		tell func(t *tale)
		want string
	}{
		"nothing included": {func(t *tale) { t.due(7, store.Business); t.said(line(5, included(0), share(acme, 5))) },
			"due 34.93, billed 24.95, difference 9.98, settled 0.00, open 9.98"},
		"above what is included": {func(t *tale) { t.due(7, store.Business); t.said(line(5, included(4), share(acme, 5))) },
			"due 14.97, billed 4.99, difference 9.98, settled 0.00, open 9.98" + within},
		"I40: 5 billed, 3 due": {func(t *tale) { t.due(3, store.Business); t.said(line(5, included(4), share(acme, 5))) },
			"due 0.00, billed 4.99, difference -4.99, settled 0.00, open -4.99" + within},
		"within what is included": {func(t *tale) { t.due(3, store.Business); t.said(line(1, included(4), share(acme, 1))) },
			"due 0.00, billed 0.00, difference 0.00, settled 0.00, open 0.00" + within},
		"up through what is included": {func(t *tale) { t.due(6, store.Business); t.said(line(1, included(4), share(acme, 1))) },
			"due 9.98, billed 0.00, difference 9.98, settled 0.00, open 9.98" + within},
		"a part of a seat": {func(t *tale) { t.due(5, store.Business); t.said(line(4.5, included(4), share(acme, 4))) },
			"due 4.99, billed 2.50, difference 2.50, settled 0.00, open 2.50" + within},
		"settled in part": {func(t *tale) {
			t.due(7, store.Business)
			t.said(line(5, included(4), share(acme, 5)))
			t.settle(store.ByHand)
		}, "due 14.97, billed 4.99, difference 9.98, settled 4.99, open 4.99" + within},
		"others carry what is included": {func(t *tale) {
			t.due(0, store.Business)
			t.said(line(6, included(2), share(acme, 3), share(beta, 3)))
		}, "due 0.00, billed 9.98, difference -14.97, settled 0.00, open -14.97: 2 seats of the line are included and not billed."},
		"none that is billed": {func(t *tale) {
			t.due(9, store.Business)
			t.said(line(5, store.LineTerms{Unbilled: store.AboutProducts}, share(acme, 5)))
		}, "due 0.00, billed 0.00, difference 0.00, settled 0.00, open 0.00: ConnectWise does not bill products on this agreement."},
		"a line that is not billed, without a price": {func(t *tale) {
			t.due(9, store.Business)
			said := line(5, store.LineTerms{Unbilled: store.AboutCustomer}, share(acme, 5))
			said.UnitPrice = decimal.NullDecimal{}
			t.said(said)
			t.Prices, t.Entries = nil, nil
		}, "due 0.00, billed 0.00, difference 0.00, settled 0.00, open 0.00: ConnectWise does not bill this line to the customer."},
		"by what was found where no line is yet": {func(t *tale) {
			t.forget()
			t.Entries[0].Change.State = store.StateHeld
			t.Entries[0].Change.Found = []store.Finding{{Subject: store.AboutProducts, Facts: store.NoCharge}}
		}, "due 0.00, billed 0.00, difference 0.00, settled 0.00, open 0.00: ConnectWise does not bill products on this agreement."},
		"as it was when the invoice was made": {func(t *tale) {
			t.due(7, store.Business)
			t.said(line(5, included(4), share(acme, 5)))
			t.said(store.Said{At: at("11-10", "00:31"), Quantity: number(5), Shares: []store.Share{share(acme, 5)}, UnitPrice: price("4.99").UnitPrice, Currency: "USD"})
			t.billed("next 2026-12-01", november, "invoice 9 2026-11-01 entered 11-05 09:00")
		}, "due 14.97, billed 4.99, difference 9.98, settled 0.00, open 9.98" + within},
		"a line that was not there is billed whole": {func(t *tale) { t.forget() },
			"due 22.50, billed 0.00, difference 22.50, settled 0.00, open 22.50"},
		"not known what is due": {func(t *tale) { t.due(-1, store.Business); t.said(line(5, included(4), share(acme, 5))) },
			"due ?, billed 4.99, difference ?, settled 0.00, open ?" + within},
		"onto a line of others": {func(t *tale) {
			t.due(2, store.Business)
			t.Entries = nil
			t.said(line(10, included(4), share(beta, 10)))
		}, "due 9.98, billed 0.00, difference 9.98, settled 0.00, open 9.98" + within},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			tale := newTale()
			tale.forget()
			tt.tell(tale)
			if got := strings.Join(tale.moneys(), "; "); got != tt.want {
				t.Errorf("%s\nwant %s", got, tt.want)
			}
		})
	}
}

// What is included comes off once: the organizations' parts add up to what ConnectWise bills of the line, and above what is included
// differences are plain seats.
func TestIncludedComesOffOnce(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(25, 0))
	for range 300 {
		var shares []store.Share
		total := 0
		for id := range int64(1 + r.IntN(4)) {
			shares = append(shares, share(acme+id, r.IntN(9)))
			total += shares[id].Seats
		}
		included := r.IntN(total + 3)
		billed := decimal.Zero
		for _, own := range shares {
			tale := newTale()
			tale.forget()
			tale.Organization.ID = own.OrganizationID
			tale.due(own.Seats+1, store.Business)
			tale.said(store.Said{
				At: at("11-01", "00:31"), Written: true, Quantity: number(float64(total)), Shares: shares,
				UnitPrice: price("1").UnitPrice, Currency: "USD", LineTerms: store.LineTerms{Included: number(float64(included))},
			})
			row := months.RowsOf(tale.Story, "2026-10", tale.try, tale.now)[0]
			m := months.MoneyOf(row)
			if billed = billed.Add(m.Billed.Decimal); m.Billed.Decimal.IsNegative() {
				t.Errorf("%d of %v with %d included are billed as %s", own.Seats, shares, included, m.Billed.Decimal)
			}
			if want := decimal.NewFromInt(1); included <= total && !m.Difference.Decimal.Equal(want) {
				t.Errorf("one more on %v with %d included comes to %s", shares, included, m.Difference.Decimal)
			}
		}
		if want := decimal.NewFromInt(int64(max(total-included, 0))); !billed.Equal(want) {
			t.Errorf("%v with %d included are billed as %s, want %s", shares, included, billed, want)
		}
	}
}
