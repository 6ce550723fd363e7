package handlers

import (
	"context"
	"errors"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"time"

	"github.com/a-h/templ"
	"github.com/shopspring/decimal"

	"seatbridge/billing/leaks"
	"seatbridge/billing/money"
	"seatbridge/billing/problem"
	"seatbridge/billing/scan"
	"seatbridge/handlers/web"
	"seatbridge/store"
	"seatbridge/views"
)

// leakPages are who is not billed, and who is billed for nothing.
type leakPages struct{ *server }

func (p leakPages) show(w http.ResponseWriter, r *http.Request) error {
	page, err := p.page(r.Context())
	if err != nil {
		return err
	}
	return p.render(w, r, http.StatusOK, page)
}

func (p leakPages) render(w http.ResponseWriter, r *http.Request, status int, page views.LeaksPage) error {
	return p.web.Answer(w, r, web.Page{
		Section: views.SectionLeaks, Title: "Leaks", Status: status,
		Whole: func(l views.Layout) templ.Component { return views.Leaks(l, page) },
	})
}

func (p leakPages) page(ctx context.Context) (views.LeaksPage, error) {
	found, err := p.Billing.Scan.Find(ctx)
	if err != nil {
		return views.LeaksPage{}, err
	}
	page := views.LeaksPage{
		Ready: found.Ready, Open: len(found.Open), NotKnown: found.NotKnown, Unread: found.Unread, Unlooked: found.Unlooked, Next: found.Next,
		Unbilled: leakSum(found.Open, decimal.Decimal.IsPositive), Nothing: leakSum(found.Open, decimal.Decimal.IsNegative),
		Hand: leakSum(found.InHand, nil), Groups: leakGroups(found.Open), InHand: leakGroups(found.InHand), Meant: leakRows(found.Meant),
	}
	page.Progress = scanProgress(p.Billing.Scan.Progress(), p.Now())
	if page.Progress != nil && page.Progress.State == "done" {
		page.Progress = nil // what it found is what the page shows
	}
	if s := found.Scan; s.ID != 0 {
		page.Scan = &views.LeakScan{
			At: s.EndedAt, Agreements: s.Agreements, Read: s.Read, Lines: s.Lines, Products: s.Products, Elsewhere: s.CompaniesElsewhere,
		}
		page.Looked = lookedAt(found)
	}
	if last := found.Last; last.State == store.ScanFailed && (page.Progress == nil || page.Progress.State != "running") {
		page.Failed = failedScan(last, page.Scan)
		page.Progress = nil
	}
	return page, nil
}

// failedScan says why the last scan failed and what the page rests on all the same.
func failedScan(last store.Scan, good *views.LeakScan) *views.Notice {
	n := problemView(last.Problem)
	n.Why = "The scan of " + timestamp(last.StartedAt) + " UTC did not come to its end."
	if good != nil {
		n.Why += " What stands here is the result of the one before."
	}
	return &n
}

// leakSum adds up the leaks whose seats or money is of a sign; nil: all. Money is by currency.
func leakSum(found []leaks.Leak, sign func(decimal.Decimal) bool) views.LeakSum {
	sum, seats, worth := views.LeakSum{}, decimal.Zero, map[string]decimal.Decimal{}
	for _, l := range found {
		of := l.Seats
		if l.Money.Valid {
			of = l.Money.Decimal
		}
		if sign != nil && !sign(of) {
			continue
		}
		sum.Leaks++
		if l.Kind != leaks.Price { // its seats are billed, at another price
			seats = seats.Add(l.Seats.Abs())
		}
		if !l.Money.Valid {
			sum.Unpriced++
			continue
		}
		worth[l.Code] = worth[l.Code].Add(l.Money.Decimal)
	}
	sum.Seats = seats.String()
	sum.Money = byCurrency(worth)
	return sum
}

// byCurrency lists sums by their currencies: which of two is more nobody knows.
func byCurrency(worth map[string]decimal.Decimal) []views.Money {
	var sums []views.Money
	for _, code := range slices.Sorted(maps.Keys(worth)) {
		sums = append(sums, amount(worth[code], code))
	}
	return sums
}

// leakGroups groups leaks by kind. They are sorted by currency and money, and so are the groups, by their first.
func leakGroups(found []leaks.Leak) []views.LeakGroup {
	var groups []views.LeakGroup
	for _, l := range found {
		i := slices.IndexFunc(groups, func(g views.LeakGroup) bool { return g.Kind == string(l.Kind) })
		if i < 0 {
			i = len(groups)
			groups = append(groups, views.LeakGroup{Kind: string(l.Kind), Sum: leakSum(ofKind(found, l.Kind), nil)})
		}
		groups[i].Rows = append(groups[i].Rows, leakRow(l))
	}
	return groups
}

func ofKind(found []leaks.Leak, kind leaks.Kind) []leaks.Leak {
	return slices.DeleteFunc(slices.Clone(found), func(l leaks.Leak) bool { return l.Kind != kind })
}

func leakRows(found []leaks.Leak) []views.Leak {
	rows := make([]views.Leak, len(found))
	for i, l := range found {
		rows[i] = leakRow(l)
	}
	return rows
}

func leakRow(l leaks.Leak) views.Leak {
	row := views.Leak{
		Key: l.String(), Facts: l.Facts, Kind: string(l.Kind), Who: l.Who, Where: l.Where, Sentence: l.Sentence, InHand: l.InHand,
		Seats: l.Seats.String(), UnitPrice: money.Price(l.UnitPrice, l.Code), Money: moneyOf(l.Money, l.Code),
	}
	switch {
	case l.OrganizationID != 0:
		row.WhoURL = views.OrganizationPath(l.OrganizationID)
	case len(l.Organizations) > 0:
		row.WhoURL = views.AgreementPath(int64(l.AgreementID))
	}
	row.Period = l.Period()
	row.StepLabel, row.StepURL = leakStep(l.Next)
	if a := l.Answer; a != nil {
		row.Note, row.By, row.At, row.Finding = a.Note, a.By, a.At, a.Finding
	}
	return row
}

// leakStep is the button of a next step, and where it leads.
func leakStep(s leaks.Step) (label, address string) {
	switch s.Kind {
	case leaks.AcceptSuggestion, leaks.MapCompany:
		return "Map " + s.Name, views.CompaniesNamedPath(s.Name)
	case leaks.MapOrganization:
		return "Map " + s.Name, views.UnmappedCompaniesPath
	case leaks.ImportCompanies:
		return "Import companies", views.CompanyImportPath
	case leaks.MendMapping:
		return "Map elsewhere", views.CompaniesNamedPath(s.Name)
	case leaks.LookAtProducts:
		return "Look at the products", views.ProductsPath
	case leaks.LookAtLicense:
		return "Look at the license", views.OrganizationPath(s.OrganizationID)
	case leaks.LookAtApprovals:
		return "Approvals", views.HeldPath
	case leaks.LookAtRun:
		return "Needs attention", views.AttentionPath
	case leaks.LookAtMonth:
		return "Settle " + s.Month.String(), views.OpenRowsPath(string(s.Month))
	case leaks.SyncNow:
		return "Sync the agreement", views.AgreementPath(int64(s.AgreementID))
	}
	return "Look at the agreement", views.AgreementPath(int64(s.AgreementID))
}

// lookedAt is, of each kind of which nothing was found, how much was looked at.
func lookedAt(found scan.Found) []views.LeakLooked {
	var looked []views.LeakLooked
	all := slices.Concat(found.Open, found.InHand, found.Meant)
	for _, k := range found.Looked {
		if len(ofKind(all, k.Kind)) == 0 {
			looked = append(looked, views.LeakLooked{Kind: string(k.Kind), Count: lookedCount(k, found.Scan)})
		}
	}
	return looked
}

func lookedCount(k leaks.Looked, s store.Scan) string {
	switch k.Kind {
	case leaks.NotBilling:
		return problem.Plural(k.N, "agreement")
	case leaks.Unfed:
		return problem.Plural(s.Lines, "line") + " of " + problem.Plural(s.Read, "agreement") + ", " +
			strconv.Itoa(s.CompaniesElsewhere) + " on companies that are not imported"
	case leaks.UnmappedProduct:
		return problem.Plural(s.Products, "product")
	case leaks.Price:
		return problem.Plural(k.N, "line")
	}
	return problem.Plural(k.N, "organization")
}

// scanProgress is the scan of this process that runs or was the last one, nil before the first.
func scanProgress(p scan.Progress, now time.Time) *views.LeakProgress {
	if p.StartedAt.IsZero() {
		return nil
	}
	view := &views.LeakProgress{State: "done", Step: p.Phase, Done: p.Done, Total: p.Total}
	switch {
	case p.Running:
		view.State, view.PerSecond = "running", perSecond(p.Done, now.Sub(p.StartedAt))
	case p.Cancelled:
		view.State = "cancelled"
	case !p.Problem.Zero():
		view.State, view.Notice = "failed", problemNotice(p.Problem)
	}
	return view
}

func (p leakPages) start(w http.ResponseWriter, r *http.Request) error {
	err := p.Billing.Scan.Start(r.Context(), p.web.Actor(r))
	if err == nil || errors.Is(err, problem.ErrRunning) { // somebody else was quicker: this is what was asked for
		return web.SeeOther(w, r, views.LeaksPath)
	}
	return err
}

func (p leakPages) cancel(w http.ResponseWriter, r *http.Request) error {
	if err := p.Billing.Scan.Cancel(r.Context(), p.web.Actor(r)); err != nil {
		return err
	}
	return p.web.Done(w, r, views.LeaksPath, "The scan is being cancelled. The last result stays.")
}

// progress is asked for every second while a scan runs. The whole page is for browsers that reload it.
func (p leakPages) progress(w http.ResponseWriter, r *http.Request) error {
	progress := scanProgress(p.Billing.Scan.Progress(), p.Now())
	if !web.IsPart(r) || progress == nil {
		return web.Leave(w, r, views.LeaksPath)
	}
	return p.web.Render(w, r, http.StatusOK, views.LeakScanStatus(progress))
}

var errNoLeak = &web.Error{
	Status: http.StatusNotFound, Message: "This leak is not there any more.", Do: "Look at the page again: it shows what leaks now.",
}

// askMeant is the dialog about a leak.
func (p leakPages) askMeant(w http.ResponseWriter, r *http.Request) error {
	row, err := p.find(r.Context(), r.URL.Query().Get("leak"))
	if err != nil {
		return err
	}
	return p.answerMeant(w, r, views.MeantLeak{Leak: row})
}

func (p leakPages) find(ctx context.Context, key string) (views.Leak, error) {
	found, err := p.Billing.Scan.Find(ctx)
	if err != nil {
		return views.Leak{}, err
	}
	for _, l := range slices.Concat(found.Open, found.InHand) {
		if l.String() == key {
			return leakRow(l), nil
		}
	}
	return views.Leak{}, errNoLeak
}

func (p leakPages) answerMeant(w http.ResponseWriter, r *http.Request, d views.MeantLeak) error {
	status := http.StatusOK
	if len(d.Problems) > 0 {
		status = http.StatusUnprocessableEntity
	}
	return p.web.Answer(w, r, web.Page{
		Status: status, Section: views.SectionLeaks, Title: "Meant so", Part: views.MeantLeakDialog(d),
		Whole: func(l views.Layout) templ.Component { return views.MeantLeakPage(l, d) },
	})
}

func (p leakPages) meant(w http.ResponseWriter, r *http.Request) error {
	if err := web.ParseForm(r); err != nil {
		return err
	}
	key, facts, note := r.PostForm.Get("leak"), r.PostForm.Get("facts"), web.Clean(r.PostForm.Get("note"))
	err := p.Billing.Scan.Meant(r.Context(), p.web.Actor(r), key, facts, note)
	var invalid *problem.Invalid
	if !errors.As(err, &invalid) {
		if err != nil {
			return err
		}
		return p.web.Done(w, r, views.LeaksPath, "Remembered. It is asked again when the facts change.")
	}
	row, missing := p.find(r.Context(), key)
	if missing != nil {
		return missing
	}
	row.Note = note
	return p.answerMeant(w, r, views.MeantLeak{Leak: row, Problems: views.Problems(invalid.Fields)})
}

func (p leakPages) withdraw(w http.ResponseWriter, r *http.Request) error {
	if err := web.ParseForm(r); err != nil {
		return err
	}
	if err := p.Billing.Scan.Withdraw(r.Context(), p.web.Actor(r), r.PostForm.Get("leak")); err != nil {
		return err
	}
	return p.web.Done(w, r, views.LeaksPath, "Taken back. It is asked again.")
}

func (p leakPages) download(w http.ResponseWriter, r *http.Request) error {
	found, err := p.Billing.Scan.Find(r.Context())
	if err != nil {
		return err
	}
	header := []string{
		"State", "Kind", "Who", "Where", "What was found", "Seats", "Unit price", "A month", "Currency", "In hand", "Meant so because",
		"Meant so by", "Meant so (UTC)", "Organization ID", "Agreement ID", "Addition ID", "Product ID",
	}
	return p.web.SendCSV(w, r, "leaks", header, func(write func(...string)) error {
		for _, list := range []struct {
			state string
			of    []leaks.Leak
		}{{"open", found.Open}, {"in hand", found.InHand}, {"meant so", found.Meant}} {
			for _, l := range list.of {
				write(leakCells(list.state, l)...)
			}
		}
		return nil
	})
}

func leakCells(state string, l leaks.Leak) []string {
	row := leakRow(l)
	return []string{
		state, row.Kind, row.Who, row.Where, row.Sentence, row.Seats, row.UnitPrice, row.Money.Amount, l.Code, row.InHand, row.Note,
		row.By, timestamp(row.At),
		idCell(l.OrganizationID), idCell(int64(l.AgreementID)), idCell(int64(l.AdditionID)), idCell(int64(l.ProductID)),
	}
}

// idCell writes an id; none is empty.
func idCell(id int64) string {
	if id == 0 {
		return ""
	}
	return strconv.FormatInt(id, 10)
}
