package years

import (
	"maps"
	"slices"
	"time"

	"github.com/shopspring/decimal"

	"seatbridge/billing/billingtest"
	"seatbridge/internal/bookkeeper"
	"seatbridge/store"
)

// look has Seatbridge read ConnectWise, and judges all months that ended. It does not while either of them is down.
func (w *world) look() bool {
	if w.broken || !w.Time().After(w.down) {
		return false
	}
	w.run(func() {
		_, err := w.Runs.Run(w.T.Context(), billingtest.Admin(), w.Runs.SyncNow(true))
		w.Must(err)
		w.readInvoices()
	})
	for _, m := range w.months() {
		w.audit(m)
	}
	return !w.T.Failed()
}

// comeUp ends what is down.
func (w *world) comeUp() {
	w.broken, w.down = false, time.Time{}
	w.Sim.ClearFaults()
	w.job()
}

// months are those that ended.
func (w *world) months() []store.Month {
	var all []store.Month
	for m := store.Month("2026-10"); m < store.MonthOf(w.now()); m = m.Add(1) {
		all = append(all, m)
	}
	return all
}

func (w *world) rows(m store.Month) map[rowKey]store.MonthRow {
	w.Must(w.Books.Refresh(w.T.Context()))
	rows := map[rowKey]store.MonthRow{}
	for r, err := range store.BooksIn(w.Store).EachRow(w.T.Context(), store.MonthRowFilter{Month: m, Sort: "id"}) {
		w.Must(err)
		rows[rowKey{m, r.Organization, r.Plan == store.Enterprise}] = r
	}
	return rows
}

// audit judges a month.
func (w *world) audit(m store.Month) {
	rows := w.rows(m)
	vague := map[string]bool{} // organizations of which the judge knows only the sum of several
	for _, k := range w.keys() {
		w.auditVague(k, m, vague)
	}
	for _, name := range w.names {
		for _, enterprise := range []bool{false, true} {
			k := rowKey{m, name, enterprise}
			r, has := rows[k]
			w.auditDue(k, r, has)
			if !vague[name] {
				w.auditBilled(k, r)
			}
			w.auditOpen(k, r, has)
		}
	}
	w.auditSums(m, rows)
}

// auditDue compares what is due.
func (w *world) auditDue(k rowKey, r store.MonthRow, has bool) {
	f, known := w.book.Due(k.name, k.month.Start())
	due := decimal.Zero
	if f.Enterprise == k.enterprise {
		due = decimal.NewFromInt(int64(f.Seats))
	}
	switch {
	case has && r.Due.Valid != known:
		w.wrong("%s: due is known %v, the judge says %v; %s", k, r.Due.Valid, known, r.Reason)
	case known && !r.Due.Decimal.Equal(due):
		w.wrong("%s: due are %s, the judge says %s", k, r.Due.Decimal, due)
	case !known && !has && f.Enterprise == k.enterprise && !w.book.IsLeft(k.name, k.month.End().Add(-time.Second)):
		w.wrong("%s: nobody knows what is due, and no row says so", k)
	}
}

// auditBilled compares what was billed with what the judge says, or one of what it says where nobody can know.
func (w *world) auditBilled(k rowKey, r store.MonthRow) {
	possible := w.parts(k)
	if !slices.ContainsFunc(possible, r.Billed.Decimal.Equal) {
		w.wrong("%s: billed were %s, the judge says %v; %+v %s", k, r.Billed.Decimal, possible, r.Invoice, r.Reason)
	}
	w.count("billed", len(possible) > 1 && !possible[0].Equal(r.Billed.Decimal))
}

func (w *world) count(what string, assumed bool) {
	if assumed {
		what += ", on an assumption"
	}
	w.tally[what]++
}

// auditOpen: what was billed, with what is open and what was settled, is what is due.
func (w *world) auditOpen(k rowKey, r store.MonthRow, has bool) {
	if !has && !w.settled[k].IsZero() {
		w.wrong("%s: %s were settled, and there is no row", k, w.settled[k])
	}
	if !has || !r.Due.Valid {
		if r.Open.Valid {
			w.wrong("%s: %s are open, and nobody knows what is due", k, r.Open.Decimal)
		}
		return
	}
	settled := w.settled[k]
	if w.elsewhere[k.name] && r.Billed.Decimal.IsZero() {
		settled = r.Due.Decimal
	}
	if sum := r.Billed.Decimal.Add(r.Open.Decimal).Add(settled); !sum.Equal(r.Due.Decimal) {
		w.wrong("%s: %s billed, %s open and %s settled are not the %s that are due", k, r.Billed.Decimal, r.Open.Decimal, settled, r.Due.Decimal)
	}
	w.count("open "+string(r.State), false)
	if r.State == store.RowOpen {
		w.count("cause "+r.Cause, false)
	}
}

// parts are an organization's possible parts of what its lines billed for a month.
func (w *world) parts(k rowKey) []decimal.Decimal {
	possible := []decimal.Decimal{decimal.Zero}
	for _, line := range w.keys() {
		if line.enterprise != k.enterprise {
			continue
		}
		var next []decimal.Decimal
		for _, t := range w.billed(line, k.month.Start()) {
			part, _ := w.part(t, k.name)
			for _, p := range possible {
				next = append(next, p.Add(part))
			}
		}
		if len(next) > 0 {
			possible = next
		}
	}
	return distinct(possible)
}

func distinct(all []decimal.Decimal) []decimal.Decimal {
	var some []decimal.Decimal
	for _, d := range all {
		if !slices.ContainsFunc(some, d.Equal) {
			some = append(some, d)
		}
	}
	return some
}

// part is an organization's part of what a line billed, split as it was written; known is false where it never was.
func (w *world) part(t took, name string) (part decimal.Decimal, known bool) {
	sum, known := 0, true
	for id, quantity := range t.lines {
		shares := w.sharesOf(id, quantity, t.at)
		if quantity == 0 || len(shares) == 0 {
			known = known && quantity == 0
			continue
		}
		order := slices.DeleteFunc(slices.Clone(w.names), func(name string) bool { _, has := shares[name]; return !has })
		sum += bookkeeper.Split(quantity, order, shares)[name]
	}
	return decimal.NewFromInt(int64(sum)), known
}

// sharesOf is for whom an addition was written that says something at a moment: the last time that it was to say that, or else the
// last time at all.
func (w *world) sharesOf(addition, quantity int, at time.Time) (last bookkeeper.Shares) {
	for _, s := range w.written[addition] {
		if !s.at.After(at) && len(s.shares) > 0 {
			last = s.shares
		}
	}
	for _, s := range slices.Backward(w.written[addition]) {
		if !s.at.After(at) && quantity == s.shares.Sum() {
			return s.shares
		}
	}
	return last
}

// auditVague notes the organizations on a line of which the judge does not know for whom it stands.
func (w *world) auditVague(k lineKey, m store.Month, vague map[string]bool) {
	for _, t := range w.billed(k, m.Start()) {
		if _, known := w.part(t, ""); known {
			continue
		}
		for _, name := range w.names {
			if w.book.WasOn(name, k.agreement) {
				vague[name] = true
			}
		}
	}
}

// auditSums: the organizations that ever shared lines billed together what these lines billed.
func (w *world) auditSums(m store.Month, rows map[rowKey]store.MonthRow) {
	for _, enterprise := range []bool{false, true} {
		seen := map[int]bool{}
		for _, a := range w.agreements {
			if seen[a] {
				continue
			}
			related := w.book.Related(a)
			possible := []decimal.Decimal{decimal.Zero}
			for _, id := range related {
				seen[id] = true
				var next []decimal.Decimal
				for _, t := range w.billed(lineKey{id, enterprise}, m.Start()) {
					for _, p := range possible {
						next = append(next, p.Add(t.sum()))
					}
				}
				possible = distinct(next)
			}
			names, sum := map[string]bool{}, decimal.Zero
			for _, name := range w.names {
				if slices.ContainsFunc(related, func(id int) bool { return w.book.WasOn(name, id) }) {
					names[name] = true
					sum = sum.Add(rows[rowKey{m, name, enterprise}].Billed.Decimal)
				}
			}
			if len(names) > 0 && !slices.ContainsFunc(possible, sum.Equal) {
				w.wrong("%s, Enterprise %v: %v billed %s on agreements %v, the judge says %v", m, enterprise,
					slices.Sorted(maps.Keys(names)), sum, related, possible)
			}
		}
	}
}
