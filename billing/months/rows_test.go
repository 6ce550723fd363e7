package months_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/shopspring/decimal"

	"seatbridge/billing/months"
	"seatbridge/billing/seats"
	"seatbridge/store"
)

const (
	acme, beta = 7, 8
	services   = 31
	other      = 32
	business   = 5
	enterprise = 6
)

// tale is what is known of Acme in October, whose 5 seats run 1 wrote on 1 November at 00:30. It is 20 November.
type tale struct {
	months.Story
	try months.Try
	now time.Time
}

func newTale() *tale {
	t := &tale{now: at("11-20", "12:00")}
	t.Organization = store.Organization{ID: acme, Name: "Acme", CreatedAt: at("01-01", "00:00")}
	t.Managed = func(store.Month) bool { return true }
	t.due(5, store.Business)
	t.Mapping = store.Mapping{OrganizationID: acme, AgreementID: services, CompanyID: 3, CreatedAt: at("10-01", "09:00")}
	t.Products = map[int]store.Plan{business: store.Business, enterprise: store.Enterprise}
	t.Prices = map[store.Plan]months.Price{store.Business: price("4.99"), store.Enterprise: price("6.49")}
	t.Agreements = map[int]months.Agreement{
		services: {ID: services, CompanyID: 3, Name: "Services", Company: "Acme Inc.", Mapped: []int64{acme}},
	}
	t.try = months.Try{Last: store.Run{ID: 1, StartedAt: at("11-01", "00:30")}, Ended: true}
	t.entry(1, "2026-10", store.StateWritten, share(acme, 5))
	t.said(store.Said{
		At: at("11-01", "00:31"), Written: true, Created: true, ChangeID: 1, Quantity: number(5), Shares: []store.Share{share(acme, 5)},
	})
	t.billed("next 2026-11-01")
	return t
}

func price(text string) months.Price {
	return months.Price{UnitPrice: decimal.NewNullDecimal(decimal.RequireFromString(text)), Currency: "USD"}
}

func number(n float64) decimal.Decimal { return decimal.NewFromFloat(n) }

func share(organization int64, seats int) store.Share {
	return store.Share{OrganizationID: organization, Seats: seats, Plan: store.Business, Known: true}
}

// due makes so many seats due on a plan, by a report; fewer than 0: nobody knows.
func (t *tale) due(n int, plan store.Plan) {
	t.Usage = func(m store.Month) seats.Usage {
		ledger := store.Ledger{Organization: store.Organization{ID: acme, Name: "Acme", Plan: plan, License: store.Standard, Managed: true}}
		ledger.Organization.CreatedAt = at("01-01", "00:00")
		ledger.Terms = []store.Term{{Plan: plan, License: store.Standard, Since: ledger.Organization.CreatedAt}}
		if n >= 0 {
			ledger.Reports = map[store.Month][]store.UsageReport{m: {{Seats: n, Plan: plan, Source: string(seats.SourceCSV)}}}
		}
		return seats.Count(ledger, seats.WholeMonth(m), seats.Rules{})
	}
}

// entry is a change of a run on the agreement, noted at half past midnight of its number in November.
func (t *tale) entry(run int64, m store.Month, state store.ChangeState, shares ...store.Share) {
	started := at(fmt.Sprintf("11-%02d", run), "00:30")
	c := store.Change{
		ID: run, RunID: run, AgreementID: services, Agreement: "Services", CompanyID: 3, Company: "Acme Inc.", ProductID: business,
		Plan: store.Business, State: state, Shares: shares, DoneAt: started.Add(time.Minute), UnitPrice: price("4.50").UnitPrice, Currency: "USD",
	}
	t.Entries = append(t.Entries, store.Entry{OrganizationID: acme, Run: store.Run{ID: run, Month: m, StartedAt: started}, Change: c})
}

// said adds what line 41 of the agreement said from a moment on.
func (t *tale) said(s store.Said) {
	if s.AgreementID == 0 {
		s.AgreementID = services
	}
	if s.ProductID == 0 {
		s.ProductID = business
	}
	if s.AdditionID == 0 {
		s.AdditionID = 41
	}
	if s.SeenAt.IsZero() {
		s.SeenAt = s.At
	}
	a := t.Agreements[s.AgreementID]
	a.ID, a.Said = s.AgreementID, append(a.Said, s)
	t.Agreements[s.AgreementID] = a
}

func (t *tale) billed(lines ...string) { t.billedOn(services, lines...) }

func (t *tale) billedOn(agreement int, lines ...string) {
	a := t.Agreements[agreement]
	a.ID, a.Billing = agreement, billing(lines...)
	t.Agreements[agreement] = a
}

// forget takes back what is known of the agreement's line.
func (t *tale) forget() {
	a := t.Agreements[services]
	a.Said = nil
	t.Agreements[services] = a
}

func (t *tale) settle(how store.Settling) {
	t.Settlements = append(t.Settlements, store.Settlement{
		Month: "2026-10", OrganizationID: acme, Plan: store.Business, How: how, Seats: number(1),
	})
}

// rows are the rows of October in words.
func (t *tale) rows() []string {
	var all []string
	for _, r := range months.RowsOf(t.Story, "2026-10", t.try, t.now) {
		words := fmt.Sprintf("%s: due %s, written %s, stands %s, billed %s, %s; difference %s, settled %s, open %s: %s", r.Plan,
			text(r.Due), text(r.Written), text(r.InConnectWise), text(r.Billed), r.Invoice.State, text(r.Difference), r.Settled,
			text(r.Open), r.State)
		if r.Cause != "" {
			words += " (" + r.Cause + ")"
		}
		all = append(all, words)
		if r.Reason != "" {
			all = append(all, r.Reason)
		}
	}
	return all
}

func text(d decimal.NullDecimal) string {
	if !d.Valid {
		return "?"
	}
	return d.Decimal.String()
}

const november = "move 2026-11-01 2026-12-01 11-05 08:00 11-05 20:00"

// stories are what may become of Acme's October: each is told of what is otherwise as in newTale.
var stories = map[string]struct {
	tell func(t *tale)
	want []string
}{
	"as written": {func(*tale) {}, []string{"business: due 5, written 5, stands 5, billed 5, not_yet; difference 0, settled 0, open 0: none"}},
	"invoiced": {func(t *tale) { t.billed("next 2026-12-01", november, "invoice 9 2026-11-01 entered 11-05 09:00") },
		[]string{"business: due 5, written 5, stands 5, billed 5, invoiced; difference 0, settled 0, open 0: none"}},
	"right already": {func(t *tale) { t.Entries[0].Change.State = store.StateUnchanged },
		[]string{"business: due 5, written 5, stands 5, billed 5, not_yet; difference 0, settled 0, open 0: none"}},

	"not managed": {func(t *tale) { t.Managed = func(store.Month) bool { return false } }, []string{
		"business: due ?, written 5, stands 5, billed 5, not_yet; difference ?, settled 0, open ?: open (unmanaged)",
		"The MSP did not manage it when the month ended, so that nobody knows what it owes; its line bills 5.",
	}},
	"nobody knows": {func(t *tale) { t.due(-1, store.Business) }, []string{
		"business: due ?, written 5, stands 5, billed 5, not_yet; difference ?, settled 0, open ?: open (unknown)",
		"Nobody has said how many members it has: none was ever recorded or reported.",
	}},
	"the agreement ended": {func(t *tale) { t.billed("next 2026-11-01", "ended 2026-10-31") }, []string{
		"business: due 5, written 5, stands 5, billed 0, not_yet; difference 5, settled 0, open 5: open (no_invoice)",
		"The agreement ended before the period: no invoice of it carries these seats.",
	}},
	"invoiced early": {func(t *tale) {
		t.billed("next 2026-12-01", "move 2026-11-01 2026-12-01 10-31 20:00 11-01 00:30", "invoice 9 2026-11-01 entered 11-01 00:10")
	}, []string{
		"business: due 5, written 5, stands 5, billed 0, invoiced; difference 5, settled 0, open 5: open (early)",
		"Invoiced on 1 November 2026 at 00:10 UTC, the sync wrote on 1 November 2026 at 00:31 UTC: the invoice has 0, due were 5.",
	}},
	"closed early": {func(t *tale) { t.billed("next 2026-12-01", "move 2026-11-01 2026-12-01 10-31 20:00 11-01 00:30") }, []string{
		"business: due 5, written 5, stands 5, billed 0, period_closed; difference 5, settled 0, open 5: open (early)",
		"Its period was closed before 1 November 2026 at 00:30 UTC, the sync wrote on 1 November 2026 at 00:31 UTC: " +
			"the invoice has 0, due were 5.",
	}},
	"closed before all": {func(t *tale) { t.billed("next 2026-12-01") }, []string{
		"business: due 5, written 5, stands 5, billed 0, period_closed; difference 5, settled 0, open 5: open (early)",
		"Its period was closed before it was first read, the sync wrote on 1 November 2026 at 00:31 UTC: the invoice has 0, due were 5.",
	}},
	"overwritten": {func(t *tale) {
		t.entry(4, "2026-11", store.StateWritten, share(acme, 8))
		t.said(store.Said{At: at("11-04", "00:31"), Written: true, ChangeID: 4, Quantity: number(8), Shares: []store.Share{share(acme, 8)}})
	}, []string{
		"business: due 5, written 5, stands 8, billed 8, not_yet; difference -3, settled 0, open -3: open (overwritten)",
		"Run 4 wrote 8 of November 2026 over it on 4 November 2026 at 00:31 UTC, before the invoice was made.",
	}},
	"overwritten after the invoice": {func(t *tale) {
		t.billed("next 2026-12-01", november, "invoice 9 2026-11-01 entered 11-05 09:00")
		t.entry(6, "2026-11", store.StateWritten, share(acme, 8))
		t.said(store.Said{At: at("11-06", "00:31"), Written: true, ChangeID: 6, Quantity: number(8), Shares: []store.Share{share(acme, 8)}})
	}, []string{"business: due 5, written 5, stands 8, billed 5, invoiced; difference 0, settled 0, open 0: none"}},
	"undone": {func(t *tale) {
		t.Entries[0].Undone, t.Entries[0].UndoneBy = at("11-03", "10:00"), 3
		t.said(store.Said{At: at("11-03", "10:00"), Written: true, Quantity: number(0), Shares: []store.Share{share(acme, 5)}})
	}, []string{
		"business: due 5, written ?, stands 0, billed 0, not_yet; difference 5, settled 0, open 5: open (undone)",
		"Run 1 wrote it, and run 3 undid that on 3 November 2026 at 10:00 UTC.",
	}},
	"edited": {func(t *tale) {
		t.said(store.Said{At: at("11-03", "10:00"), Quantity: number(2), Shares: []store.Share{share(acme, 5)}})
	}, []string{
		"business: due 5, written 5, stands 2, billed 2, not_yet; difference 3, settled 0, open 3: open (edited)",
		"Edited by hand: the line said 2 when it was read on 3 November 2026 at 10:00 UTC, Seatbridge had written 5 on 1 November 2026.",
	}},
	"edited and put back": {func(t *tale) {
		t.said(store.Said{At: at("11-03", "10:00"), Quantity: number(2), Shares: []store.Share{share(acme, 5)}})
		t.said(store.Said{At: at("11-04", "10:00"), Quantity: number(5), Shares: []store.Share{share(acme, 5)}})
	}, []string{"business: due 5, written 5, stands 5, billed 5, not_yet; difference 0, settled 0, open 0: none"}},
	"edited when it was invoiced": {func(t *tale) {
		t.billed("next 2026-12-01", november, "invoice 9 2026-11-01 entered 11-05 09:00")
		t.said(store.Said{At: at("11-06", "10:00"), Quantity: number(2), Shares: []store.Share{share(acme, 5)}})
		t.due(6, store.Business)
	}, []string{
		"business: due 6, written 5, stands 2, billed 5, invoiced; difference 1, settled 0, open 1: open (late)",
		"Due were 5 when it was written on 1 November 2026, 6 are due (uploaded file). " +
			"Whether the invoice was made before the line changed or after it is not known.",
	}},
	"edited after a reading of the invoice": {func(t *tale) {
		t.billed("next 2026-12-01", november, "invoice 9 2026-11-01 entered 11-05 09:00")
		t.Agreements[services].Said[0].SeenAt = at("11-05", "09:00")
		t.said(store.Said{At: at("11-06", "10:00"), Quantity: number(2), Shares: []store.Share{share(acme, 5)}})
		t.due(6, store.Business)
	}, []string{
		"business: due 6, written 5, stands 2, billed 5, invoiced; difference 1, settled 0, open 1: open (late)",
		"Due were 5 when it was written on 1 November 2026, 6 are due (uploaded file).",
	}},
	"changed while the period was closed": {func(t *tale) {
		t.billed("next 2026-12-01", november)
		t.said(store.Said{At: at("11-05", "10:00"), Written: true, Quantity: number(4), Shares: []store.Share{share(acme, 4)}})
	}, []string{
		"business: due 5, written 5, stands 4, billed 4, period_closed; difference 1, settled 0, open 1: open (differs)",
		"5 are due, 4 were billed. Whether the invoice was made before the line changed or after it is not known.",
	}},
	"written in the second of the reading that showed a closed period": {func(t *tale) {
		t.billed("next 2026-12-01", november)
		t.said(store.Said{At: at("11-05", "20:00"), Written: true, Quantity: number(4), Shares: []store.Share{share(acme, 4)}})
	}, []string{"business: due 5, written 5, stands 4, billed 5, period_closed; difference 0, settled 0, open 0: none"}},
	"read in that second": {func(t *tale) {
		t.billed("next 2026-12-01", november)
		t.said(store.Said{At: at("11-05", "20:00"), Quantity: number(4), Shares: []store.Share{share(acme, 5)}})
	}, []string{
		"business: due 5, written 5, stands 4, billed 4, period_closed; difference 1, settled 0, open 1: open (edited)",
		"Edited by hand: the line said 4 when it was read on 5 November 2026 at 20:00 UTC, Seatbridge had written 5 on 1 November 2026. " +
			"Whether the invoice was made before the line changed or after it is not known.",
	}},

	"never mapped": {func(t *tale) { t.Mapping, t.Agreements, t.Entries = store.Mapping{}, nil, nil }, []string{
		"business: due 5, written ?, stands ?, billed 0, unknown; difference 5, settled 0, open 5: open (unmapped)",
		"Not mapped: nobody is invoiced for these seats through ConnectWise.",
	}},
	"unmapped while its line stands": {func(t *tale) { t.Mapping = store.Mapping{}; t.due(0, store.Business) }, []string{
		"business: due 0, written 5, stands 5, billed 5, not_yet; difference -5, settled 0, open -5: open (still_billed)",
		"Nothing is due any more, but a line still bills 5, and the organization is not mapped. " +
			"Due were 5 when it was written on 1 November 2026, 0 are due (uploaded file).",
	}},
	"mapped late": {func(t *tale) { t.forget(); t.Entries = nil; t.Mapping.CreatedAt = at("11-09", "10:00") }, []string{
		"business: due 5, written ?, stands ?, billed 0, not_yet; difference 5, settled 0, open 5: open (mapped_late)",
		"Mapped on 9 November 2026, after the sync of October 2026.",
	}},
	"never tried": {func(t *tale) { t.forget(); t.Entries, t.try = nil, months.Try{} }, []string{
		"business: due 5, written ?, stands ?, billed 0, not_yet; difference 5, settled 0, open 5: open (not_written)",
		"No sync wrote October 2026.",
	}},
	"tried": {func(t *tale) {
		t.forget()
		t.Entries, t.try.Ended, t.try.Last.Problem.What = nil, false, "ConnectWise is not available."
	}, []string{
		"business: due 5, written ?, stands ?, billed 0, not_yet; difference 5, settled 0, open 5: open (not_written)",
		"No sync wrote October 2026: the last try was on 1 November 2026 at 00:30 UTC. ConnectWise is not available.",
	}},
	"late": {func(t *tale) {
		t.due(6, store.Business)
		t.Rows = []store.MonthRow{{Month: "2026-10", Plan: store.Business, Due: decimal.NewNullDecimal(number(5))}}
	}, []string{
		"business: due 6, written 5, stands 5, billed 5, not_yet; difference 1, settled 0, open 1: open (late)",
		"Due were 5 when it was written on 1 November 2026, 6 are due since 20 November 2026 (uploaded file).",
	}},
	"late, and not billed": {func(t *tale) {
		t.due(6, store.Business)
		t.billed("next 2026-11-01", "ended 2026-10-31")
	}, []string{
		"business: due 6, written 5, stands 5, billed 0, not_yet; difference 6, settled 0, open 6: open (no_invoice)",
		"The agreement ended before the period: no invoice of it carries these seats. " +
			"Due were 5 when it was written on 1 November 2026, 6 are due (uploaded file).",
	}},
	"another plan": {func(t *tale) { t.due(5, store.Enterprise) }, []string{
		"business: due 0, written 5, stands 5, billed 5, not_yet; difference -5, settled 0, open -5: open (late)",
		"Due were 5 when it was written on 1 November 2026, 0 are due.",
		"enterprise: due 5, written ?, stands ?, billed 0, not_yet; difference 5, settled 0, open 5: open (differs)",
		"5 are due, 0 were billed.",
	}},
	"billed twice": {func(t *tale) {
		t.said(store.Said{
			AgreementID: other, AdditionID: 50, At: at("10-02", "10:00"), Written: true, Quantity: number(3),
			Shares: []store.Share{share(acme, 3)},
		})
		t.billedOn(other, "next 2026-11-01")
	}, []string{
		"business: due 5, written 5, stands 8, billed 8, not_yet; difference -3, settled 0, open -3: open (still_billed)",
		"5 are due, and lines bill 8.",
	}},

	"ended before the period": {func(t *tale) {
		t.said(store.Said{At: at("11-01", "08:00"), Quantity: number(5), Ended: "2026-10-31", Shares: []store.Share{share(acme, 5)}})
	}, []string{
		"business: due 5, written 5, stands 0, billed 0, not_yet; difference 5, settled 0, open 5: open (differs)",
		"5 are due, 0 were billed.",
	}},
	"ended within the period": {func(t *tale) {
		t.said(store.Said{At: at("11-09", "08:00"), Quantity: number(5), Ended: "2026-11-01", Shares: []store.Share{share(acme, 5)}})
	}, []string{"business: due 5, written 5, stands 0, billed 5, not_yet; difference 0, settled 0, open 0: none"}},
	"created for a later period": {func(t *tale) { t.Agreements[services].Said[0].Effective = "2026-12-01" }, []string{
		"business: due 5, written 5, stands 5, billed 0, not_yet; difference 5, settled 0, open 5: open (differs)",
		"5 are due, 0 were billed.",
	}},
	"created for the period's last day": {func(t *tale) { t.Agreements[services].Said[0].Effective = "2026-11-30" },
		[]string{"business: due 5, written 5, stands 5, billed 5, not_yet; difference 0, settled 0, open 0: none"}},

	"a line of others that was there when it was invoiced": {func(t *tale) {
		t.billed("next 2026-12-01", "move 2026-11-01 2026-12-01 10-20 20:00 10-21 20:00", "invoice 9 2026-11-01 entered 10-21 00:10")
		t.Agreements[services].Said[0].Created = false
	}, []string{"business: due 5, written 5, stands 5, billed 5, invoiced; difference 0, settled 0, open 0: none"}},
	"written in the second of the invoice": {func(t *tale) {
		t.billed("next 2026-12-01", november, "invoice 9 2026-11-01 entered 11-05 09:00")
		t.said(store.Said{At: at("11-05", "09:00"), Written: true, Quantity: number(4), Shares: []store.Share{share(acme, 4)}})
	}, []string{
		"business: due 5, written 5, stands 4, billed 4, invoiced; difference 1, settled 0, open 1: open (differs)",
		"5 are due, 4 were billed.",
	}},
	"written after the invoice, and not read in between": {func(t *tale) {
		t.billed("next 2026-12-01", november, "invoice 9 2026-11-01 entered 11-05 09:00")
		t.said(store.Said{At: at("11-05", "10:00"), Written: true, Quantity: number(4), Shares: []store.Share{share(acme, 4)}})
		t.due(6, store.Business)
	}, []string{
		"business: due 6, written 5, stands 4, billed 5, invoiced; difference 1, settled 0, open 1: open (late)",
		"Due were 5 when it was written on 1 November 2026, 6 are due (uploaded file).",
	}},
	"settled": {func(t *tale) { t.due(6, store.Business); t.settle(store.ByHand) }, []string{
		"business: due 6, written 5, stands 5, billed 5, not_yet; difference 1, settled 1, open 0: settled (late)",
		"Due were 5 when it was written on 1 November 2026, 6 are due (uploaded file).",
	}},
	"settled in part": {func(t *tale) { t.due(8, store.Business); t.settle(store.ByHand); t.settle(store.Waived) }, []string{
		"business: due 8, written 5, stands 5, billed 5, not_yet; difference 3, settled 2, open 1: open (late)",
		"Due were 5 when it was written on 1 November 2026, 8 are due (uploaded file).",
	}},
	"settled, and the difference is gone": {func(t *tale) { t.settle(store.ByHand) },
		[]string{
			"business: due 5, written 5, stands 5, billed 5, not_yet; difference 0, settled 1, open -1: open (healed)",
			"1 was settled, and there is no difference any more: undo the settlement.",
		}},
	"settled, and nothing is left": {func(t *tale) {
		t.Mapping, t.Agreements, t.Entries = store.Mapping{}, nil, nil
		t.due(0, store.Business)
		t.settle(store.ByHand)
	}, []string{
		"business: due 0, written ?, stands ?, billed 0, unknown; difference 0, settled 1, open -1: open (healed)",
		"1 was settled, and there is no difference any more: undo the settlement.",
	}},
	"invoiced elsewhere": {func(t *tale) {
		t.Mapping, t.Agreements, t.Entries, t.Elsewhere = store.Mapping{}, nil, nil, &store.Elsewhere{}
	}, []string{
		"business: due 5, written ?, stands ?, billed 0, unknown; difference 5, settled 5, open 0: settled (unmapped)",
		"Not mapped: nobody is invoiced for these seats through ConnectWise.",
	}},
	"invoiced elsewhere, and nobody knows": {func(t *tale) {
		t.Mapping, t.Agreements, t.Entries, t.Elsewhere = store.Mapping{}, nil, nil, &store.Elsewhere{}
		t.due(-1, store.Business)
	}, []string{
		"business: due ?, written ?, stands ?, billed 0, unknown; difference ?, settled 0, open ?: settled (unknown)",
		"Nobody has said how many members it has: none was ever recorded or reported.",
	}},
	"invoiced elsewhere, and here": {func(t *tale) {
		t.Mapping, t.Elsewhere = store.Mapping{}, &store.Elsewhere{}
		t.due(6, store.Business)
	}, []string{
		"business: due 6, written 5, stands 5, billed 5, not_yet; difference 1, settled 0, open 1: open (late)",
		"Due were 5 when it was written on 1 November 2026, 6 are due (uploaded file).",
	}},
	"nothing": {func(t *tale) { t.forget(); t.Entries = nil; t.due(0, store.Business) }, nil},
	"came later": {func(t *tale) {
		t.forget()
		t.Entries, t.Organization.CreatedAt = nil, at("11-01", "00:00")
		t.due(-1, store.Business)
	}, nil},
}

func TestRows(t *testing.T) {
	t.Parallel()
	for name, tt := range stories {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			tale := newTale()
			tt.tell(tale)
			if diff := cmp.Diff(tt.want, tale.rows()); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

// TestWaiting is what is said of a change that was not written.
func TestWaiting(t *testing.T) {
	t.Parallel()
	for state, want := range map[store.ChangeState]string{
		store.StateHeld:      "held: Waits for approval since 1 November 2026: Nothing would be billed.",
		store.StateRejected:  "rejected: Rejected: run 1 of 1 November 2026 was to write it.",
		store.StateSkipped:   "skipped: Skipped on 1 November 2026: Beta: no figure.",
		store.StateBlocked:   "blocked: Blocked on 1 November 2026: Beta: no figure.",
		store.StateConflict:  "conflict: Several additions of the product are open since 1 November 2026 or before, and nobody chose one.",
		store.StateFailed:    "failed: Not written on 1 November 2026: ConnectWise said no.",
		store.StateUnknown:   "failed: Not written on 1 November 2026: ConnectWise said no.",
		store.StateStale:     "left: Left alone by run 1 of 1 November 2026. Beta: no figure.",
		store.StateCancelled: "left: Left alone by run 1 of 1 November 2026. Beta: no figure.",
	} {
		tale := newTale()
		tale.forget()
		c := &tale.Entries[0].Change
		c.State, c.HeldBecause, c.Reason, c.Problem.What = state, "Nothing would be billed.", "Beta: no figure.", "ConnectWise said no."
		r := months.RowsOf(tale.Story, "2026-10", tale.try, tale.now)[0]
		if got := r.Cause + ": " + r.Reason; got != want {
			t.Errorf("%s: %q, want %q", state, got, want)
		}
	}
}

// TestShared is whose a line is: Acme's part of what it says. Its parts add up, whoever asks.
func TestShared(t *testing.T) {
	t.Parallel()
	both := []store.Share{share(acme, 3), share(beta, 2)}
	for name, tt := range map[string]struct {
		said       []store.Said
		acme, beta string
	}{
		"as written":               {[]store.Said{{Quantity: number(5), Written: true, Shares: both}}, "3", "2"},
		"edited, by what each had": {[]store.Said{{Quantity: number(9), Shares: both}}, "5", "4"},
		"edited to a part":         {[]store.Said{{Quantity: number(4.5), Shares: both}}, "2.5", "2"},
		"written to 0 and edited": {
			[]store.Said{{Quantity: number(5), Written: true, Shares: both}, {Quantity: number(0), Written: true}, {Quantity: number(7)}}, "4",
			"3",
		},
		"written for others since, to 0, and edited": {
			[]store.Said{
				{Quantity: number(5), Written: true, Shares: both},
				{Quantity: number(6), Written: true, Shares: []store.Share{share(acme, 1), share(beta, 5)}},
				{Quantity: number(0), Written: true}, {Quantity: number(7)},
			},
			"1", "6",
		},
		"read before it was written": {
			[]store.Said{{Quantity: number(7)}, {Quantity: number(5), Written: true, Shares: both}}, "3",
			"2",
		},
		"never written":                 {[]store.Said{{Quantity: number(7)}}, "4", "3"},
		"never written, and of no plan": {[]store.Said{{Quantity: number(7), ProductID: 99}}, "?", "?"},
		"of others":                     {[]store.Said{{Quantity: number(7), Shares: []store.Share{share(99, 7)}}}, "?", "?"},
		"of nobody's seats, each alike": {
			[]store.Said{{Quantity: number(7), Shares: []store.Share{share(acme, 0), share(beta, 0)}}}, "4",
			"3",
		},
		"a credit": {[]store.Said{{Quantity: number(-5), Shares: both}}, "-3", "-2"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for organization, want := range map[int64]string{acme: tt.acme, beta: tt.beta} {
				tale := newTale()
				tale.Organization.ID = organization
				tale.forget()
				tale.Entries = nil
				a := tale.Agreements[services]
				a.Mapped = []int64{beta, acme}
				tale.Agreements[services] = a
				for i, s := range tt.said {
					s.At = at("10-02", "10:00").Add(time.Duration(i) * time.Hour)
					tale.said(s)
				}
				r := months.RowsOf(tale.Story, "2026-10", tale.try, tale.now)[0]
				if got := text(r.InConnectWise); got != want {
					t.Errorf("organization %d has %s of it, want %s", organization, got, want)
				}
			}
		})
	}
}

// TestPlace is which agreement, line, invoice and price a row names.
func TestPlace(t *testing.T) {
	t.Parallel()
	elsewhere := func(t *tale) {
		t.billedOn(other, "next 2026-11-01")
		t.said(store.Said{AgreementID: other, AdditionID: 50, At: at("10-02", "10:00"), Quantity: number(9),
			Shares:    []store.Share{share(acme, 9)},
			UnitPrice: price("3").UnitPrice, Currency: "EUR"})
	}
	for name, tt := range map[string]struct {
		tell func(t *tale)
		want string
	}{
		"where its seats are": {func(*tale) {}, "31 Services of 3 Acme Inc., product 5 line 41, not_yet 0 2026-11-01, 4.5 USD"},
		"invoiced": {
			func(t *tale) { t.billed("next 2026-12-01", november, "invoice 9 2026-11-02 entered 11-05 09:00") },
			"31 Services of 3 Acme Inc., product 5 line 41, invoiced 9 2026-11-02, 4.5 USD",
		},
		"where most of them are": {elsewhere, "32  of 0 , product 5 line 50, not_yet 0 2026-11-01, 3 EUR"},
		"mapped, and no line": {
			func(t *tale) { t.forget(); t.Entries = nil },
			"31 Services of 3 Acme Inc., product 0 line 0, not_yet 0 2026-11-01, 4.99 USD",
		},
		"was written, not mapped": {
			func(t *tale) { t.forget(); t.Mapping = store.Mapping{} },
			"31 Services of 3 Acme Inc., product 0 line 0, not_yet 0 2026-11-01, 4.5 USD",
		},
		"was to be, not mapped": {
			func(t *tale) { t.forget(); t.Mapping = store.Mapping{}; t.Entries[0].Change.State = store.StateHeld },
			"31 Services of 3 Acme Inc., product 0 line 0, not_yet 0 2026-11-01, 4.5 USD",
		},
		"nowhere": {
			func(t *tale) { t.Mapping, t.Entries, t.Agreements = store.Mapping{}, nil, nil },
			"0  of 0 , product 0 line 0, unknown 0 , 4.99 USD",
		},
		"at the line's own price": {func(t *tale) {
			t.Agreements[services].Said[0].UnitPrice, t.Agreements[services].Said[0].Currency = price("4.20").UnitPrice, "CAD"
		}, "31 Services of 3 Acme Inc., product 5 line 41, not_yet 0 2026-11-01, 4.2 CAD"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			tale := newTale()
			tt.tell(tale)
			r := months.RowsOf(tale.Story, "2026-10", tale.try, tale.now)[0]
			got := fmt.Sprintf("%d %s of %d %s, product %d line %d, %s %d %s, %s %s", r.AgreementID, r.Agreement, r.CompanyID, r.Company,
				r.ProductID, r.AdditionID, r.Invoice.State, r.Invoice.ID, r.Invoice.Day, text(r.UnitPrice), r.Currency)
			if got != tt.want {
				t.Errorf("got  %s\nwant %s", got, tt.want)
			}
		})
	}
}

// TestSince keeps since when a figure is as it is.
func TestSince(t *testing.T) {
	t.Parallel()
	old := store.MonthRow{Month: "2026-10", Plan: store.Business, Due: decimal.NewNullDecimal(number(5))}
	again := old
	again.DueWas, again.DueSince = decimal.NewNullDecimal(number(4)), at("11-03", "10:00")
	unknown := old
	unknown.Due = decimal.NullDecimal{}
	for name, tt := range map[string]struct {
		before []store.MonthRow
		due    int
		want   string
	}{
		"never another":          {nil, 6, "? 0001-01-01"},
		"the same":               {[]store.MonthRow{old}, 5, "? 0001-01-01"},
		"another":                {[]store.MonthRow{old}, 6, "5 2026-11-20"},
		"the same as since then": {[]store.MonthRow{again}, 5, "4 2026-11-03"},
		"another one again":      {[]store.MonthRow{again}, 6, "5 2026-11-20"},
		"known by now":           {[]store.MonthRow{unknown}, 6, "? 0001-01-01"},
		"of another month":       {[]store.MonthRow{{Month: "2026-09", Plan: store.Business, Due: old.Due}}, 6, "? 0001-01-01"},
		"of another plan":        {[]store.MonthRow{{Month: "2026-10", Plan: store.Enterprise, Due: old.Due}}, 6, "? 0001-01-01"},
	} {
		tale := newTale()
		tale.due(tt.due, store.Business)
		tale.Rows = tt.before
		r := months.RowsOf(tale.Story, "2026-10", tale.try, tale.now)[0]
		if got := text(r.DueWas) + " " + r.DueSince.Format(time.DateOnly); got != tt.want {
			t.Errorf("%s: %s, want %s", name, got, tt.want)
		}
	}
}

func TestStateOf(t *testing.T) {
	t.Parallel()
	now := at("11-20", "12:00")
	closed := store.BookedMonth{Month: "2026-10", ClosedAt: at("11-10", "12:00")}
	for want, is := range map[months.State]bool{
		months.Running: months.StateOf(store.BookedMonth{Month: "2026-11"}, months.Try{Ended: true}, now) == months.Running,
		months.Due:     months.StateOf(store.BookedMonth{Month: "2026-10"}, months.Try{Last: store.Run{ID: 1}}, now) == months.Due,
		months.Written: months.StateOf(store.BookedMonth{Month: "2026-10"}, months.Try{Ended: true}, now) == months.Written,
		months.Closed:  months.StateOf(closed, months.Try{Ended: true}, now) == months.Closed,
	} {
		if !is {
			t.Errorf("a month is not %s", want)
		}
	}
}

// TestSplit splits what a line says: "organization seats" each, and each one's part.
func TestSplit(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		quantity, shares, want string
	}{
		{"5", "", ""},
		{"5", "7:5", "7:5"},
		{"5", "7:3 8:2", "7:3 8:2"},
		{"1", "7:5 8:5", "7:1 8:0"},
		{"1", "8:5 7:5", "7:1 8:0"},
		{"7", "7:1 8:1 9:1", "7:3 8:2 9:2"},
		{"8", "7:1 8:1 9:1", "7:3 8:3 9:2"},
		{"10", "7:1 8:2 9:4", "7:1 8:3 9:6"},
		{"5", "7:0 8:0", "7:3 8:2"},
		{"5", "7:0 8:2", "7:0 8:5"},
		{"0", "7:3 8:2", "7:0 8:0"},
		{"2.5", "8:1 7:1", "7:1.5 8:1"},
		{"-4", "7:1 8:1", "7:-2 8:-2"},
		{"-2.5", "7:1 8:1", "7:-1.5 8:-1"},
		{"6", "7:1 7:1 8:1", "7:4 8:2"},
	} {
		var shares []store.Share
		for _, s := range strings.Fields(tt.shares) {
			var one store.Share
			fmt.Sscanf(s, "%d:%d", &one.OrganizationID, &one.Seats)
			shares = append(shares, one)
		}
		parts := months.Split(decimal.RequireFromString(tt.quantity), shares)
		var got []string
		for _, id := range []int64{7, 8, 9} {
			if part, has := parts[id]; has {
				got = append(got, fmt.Sprintf("%d:%s", id, part))
			}
		}
		if strings.Join(got, " ") != tt.want {
			t.Errorf("%s among %s: %s, want %s", tt.quantity, tt.shares, strings.Join(got, " "), tt.want)
		}
	}
}

// TestLeft is what a line that was never written for anybody billed, when the mapping of its agreement is gone.
func TestLeft(t *testing.T) {
	t.Parallel()
	invoiced := []string{"next 2026-12-01", november, "invoice 9 2026-11-02 entered 11-05 09:00"}
	for name, tt := range map[string]struct {
		mapped, left []int64
		until        string // of the mapping, in November
		billing      []string
		want         string // billed of Acme
	}{
		"invoiced while it was mapped":                       {nil, []int64{acme}, "06", invoiced, "17"},
		"invoiced while it was mapped, with another one":     {nil, []int64{acme, beta}, "06", invoiced, "9"},
		"invoiced before it was unmapped, at the same time":  {nil, []int64{acme}, "05", invoiced, "none"},
		"invoiced after it was unmapped":                     {nil, []int64{acme}, "04", invoiced, "none"},
		"not invoiced yet":                                   {nil, []int64{acme}, "06", []string{"next 2026-11-01"}, "none"},
		"another one is mapped now":                          {[]int64{beta}, nil, "06", invoiced, "none"},
		"another one left last":                              {nil, []int64{beta}, "06", invoiced, "none"},
		"it is mapped now":                                   {[]int64{acme}, nil, "04", invoiced, "17"},
		"it is mapped now, and not invoiced yet":             {[]int64{acme}, nil, "04", []string{"next 2026-11-01"}, "17"},
		"it is mapped now, together with one that came late": {[]int64{acme, beta}, nil, "04", invoiced, "9"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			tale := newTale()
			tale.forget()
			tale.Entries, tale.Mapping = nil, store.Mapping{}
			tale.said(store.Said{At: at("10-02", "10:00"), Quantity: number(17)})
			tale.billed(tt.billing...)
			a := tale.Agreements[services]
			a.Mapped, a.Left, a.LeftAt = tt.mapped, tt.left, at("11-"+tt.until, "09:00")
			tale.Agreements[services] = a
			r := months.RowsOf(tale.Story, "2026-10", tale.try, tale.now)[0]
			got := "none"
			if !r.Billed.Decimal.IsZero() {
				got = text(r.Billed)
			}
			if got != tt.want {
				t.Errorf("%s billed, want %s", got, tt.want)
			}
		})
	}
}
