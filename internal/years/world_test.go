package years

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/shopspring/decimal"

	"seatbridge/billing/billingtest"
	"seatbridge/connectwise/cwsim"
	"seatbridge/internal/bookkeeper"
	"seatbridge/internal/moment"
	"seatbridge/store"
)

// world is Seatbridge with a simulated ConnectWise in a bubble of synthetic time, and the judge's own books.
type world struct {
	*billingtest.World
	*rand.Rand
	book          *bookkeeper.Book
	story         []string // what happened, in words
	names         []string // of the organizations, in the order of their ids
	organizations map[string]store.Organization
	agreements    []int
	members       int       // that ever joined, to tell their addresses apart
	down          time.Time // Seatbridge is down until then
	broken        bool      // ConnectWise does not answer
	noInvoicing   bool      // the API member may not read invoices
	tally         map[string]int

	stood     map[lineKey][]stand  // what each line said, oldest first
	written   map[int][]shared     // by addition: whose seats were written there, oldest first
	wanted    map[lineKey][]shared // what runs wanted to write, oldest first
	last      store.RunRow         // the latest run that was noted
	request   int                  // the latest request that was noted
	listed    map[int][]time.Time  // when the additions of an agreement were read
	dated     []time.Time          // when all agreements' dates were read
	writeOff  map[int][]closing    // by agreement
	settled   map[rowKey]decimal.Decimal
	deleted   []cwsim.Invoice
	elsewhere map[string]bool
}

// lineKey is a plan's line on an agreement, whatever additions it has.
type lineKey struct {
	agreement  int
	enterprise bool
}

func (k lineKey) String() string {
	return fmt.Sprintf("agreement %d, %s", k.agreement, planOf(k.enterprise).Name())
}

// stand is what the additions of a line said from a moment on, by their ids.
type stand struct {
	at     time.Time
	lines  map[int]said
	byHand bool
}

// said is what an addition says.
type said struct {
	quantity string
	from, to string // the first day on which it is billed, and the last; empty: it is open
}

// shared is what organizations were to have on a line, from a moment on.
type shared struct {
	at     time.Time
	shares bookkeeper.Shares
}

// closing is a period that was written off.
type closing struct {
	bookkeeper.Period
	at time.Time
}

// rowKey is a row of the books.
type rowKey struct {
	month      store.Month
	name       string
	enterprise bool
}

func (k rowKey) String() string {
	return fmt.Sprintf("%s, %s, %s", k.month, k.name, planOf(k.enterprise).Name())
}

func (k rowKey) compare(other rowKey) int { return strings.Compare(k.String(), other.String()) }

func newWorld(t *testing.T, seed uint64) *world {
	w := &world{
		World: billingtest.Bubble(t), Rand: rand.New(rand.NewPCG(seed, 11)), book: bookkeeper.New(),
		organizations: map[string]store.Organization{}, tally: map[string]int{},
		stood: map[lineKey][]stand{}, written: map[int][]shared{}, wanted: map[lineKey][]shared{}, listed: map[int][]time.Time{},
		writeOff: map[int][]closing{}, settled: map[rowKey]decimal.Decimal{}, elsewhere: map[string]bool{},
	}
	if w.noInvoicing = w.chance(4); !w.noInvoicing {
		w.Sim.Grant(cwsim.Invoicing, cwsim.Inquire, cwsim.All)
	}
	w.Connect()
	w.MapProducts()
	w.addCompanies(1 + w.IntN(3))
	w.ImportAll()
	w.addOrganizations(2 + w.IntN(5))
	if !w.chance(4) {
		w.Set(func(s *store.Settings) { s.Holds = store.Holds{} })
	}
	w.notice(false)
	for _, a := range w.payers() { // what was invoiced before
		last := w.nextInvoice(a).AddDate(0, 0, -1)
		w.writeOff[a] = []closing{{bookkeeper.Period{First: moment.At("2025-01-01"), Last: last}, w.now()}}
	}
	return w
}

// tell adds a sentence to the story.
func (w *world) tell(format string, args ...any) {
	w.story = append(w.story, w.Time().Format("2006-01-02 15:04:05 ")+fmt.Sprintf(format, args...))
}

func (w *world) wrong(format string, args ...any) {
	w.T.Errorf(format, args...)
	w.tell("WRONG: "+format, args...)
}

func (w *world) until(at time.Time) {
	if d := time.Until(at); d > 0 {
		time.Sleep(d)
	}
}

// chance is true once in n times.
func (w *world) chance(n int) bool { return w.IntN(n) == 0 }

// pick is one of some things.
func pick[T any](w *world, from []T) T { return from[w.IntN(len(from))] }

// now is the present second.
func (w *world) now() time.Time { return w.Time().Truncate(time.Second) }

// addCompanies adds companies, their agreements and the lines that people had there before Seatbridge came. October is invoiced.
func (w *world) addCompanies(n int) {
	for i := range n {
		c := w.Sim.AddCompany(cwsim.Company{Name: fmt.Sprintf("Company %d", i)})
		parent, cycle := 0, ""
		through := moment.At("2026-10-31")
		if w.chance(10) {
			cycle, through = "Annual", moment.At("2026-12-31")
		}
		for j := range 1 + w.IntN(2) {
			a := cwsim.Agreement{
				Name: fmt.Sprintf("Services %d", j), CompanyID: c.ID, Prorate: !w.chance(5), BillingCycle: cycle,
				Start: moment.At("2025-01-01"), BillStart: moment.At("2025-01-01"), InvoicedThrough: through,
			}
			if parent != 0 && w.chance(2) {
				a.ParentID = parent
			}
			a = w.Sim.AddAgreement(a)
			if parent == 0 {
				parent = a.ID
			}
			w.agreements = append(w.agreements, a.ID)
			w.tell("company %d has agreement %d (child of %d) %s", c.ID, a.ID, a.ParentID, a.BillingCycle)
			if w.chance(4) {
				quantity := decimal.NewFromInt(int64(w.IntN(20)))
				line := w.Sim.AddAddition(cwsim.Addition{AgreementID: a.ID, ProductID: w.Business.ID, Quantity: quantity})
				w.tell("jdoe had line %d of %s on agreement %d", line.ID, line.Quantity, a.ID)
			}
		}
	}
}

func (w *world) addOrganizations(n int) {
	for i := range n {
		name := fmt.Sprintf("Org %d", i)
		enterprise := w.chance(4)
		created := moment.At("2026-06-01")
		o, err := w.Store.CreateOrganization(w.T.Context(), store.Organization{
			Name: name, Plan: planOf(enterprise), License: store.Standard, Managed: true, CreatedAt: created,
		})
		w.Must(err)
		w.names, w.organizations[name] = append(w.names, name), o
		w.book.Add(name, enterprise, created)
		w.tell("%s is organization %d, Enterprise %v", name, o.ID, enterprise)
		if !w.chance(12) { // else nobody ever said anything about it
			w.joinAt(name, 1+w.IntN(12), moment.At("2026-07-01"))
		}
		if !w.chance(5) {
			w.mapTo(name, pick(w, w.agreements))
		}
	}
}

func planOf(enterprise bool) store.Plan {
	if enterprise {
		return store.Enterprise
	}
	return store.Business
}

func (w *world) product(enterprise bool) int {
	if enterprise {
		return w.Enterprise.ID
	}
	return w.Business.ID
}

func (w *world) company(agreement int) int { return w.Sim.Agreement(agreement).CompanyID }

// payer is the agreement on whose invoice one goes.
func (w *world) payer(agreement int) int {
	if parent := w.Sim.Agreement(agreement).ParentID; parent != 0 {
		return parent
	}
	return agreement
}

func (w *world) keys() []lineKey {
	var keys []lineKey
	for _, a := range w.agreements {
		keys = append(keys, lineKey{a, false}, lineKey{a, true})
	}
	return keys
}

func firstLine(err error) string {
	line, _, _ := strings.Cut(err.Error(), "\n")
	return line
}
