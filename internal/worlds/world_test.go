package worlds

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/shopspring/decimal"

	"seatbridge/billing/billingtest"
	"seatbridge/billing/mapping"
	"seatbridge/connectwise/cwsim"
	"seatbridge/internal/bookkeeper"
	"seatbridge/internal/moment"
	"seatbridge/store"
)

// world is Seatbridge with a simulated ConnectWise in a bubble of synthetic time, and the book of what happened to both.
type world struct {
	*billingtest.World
	*rand.Rand
	book          *bookkeeper.Book
	story         []string // what happened, in words
	organizations map[string]store.Organization
	agreements    []cwsim.Agreement
	members       int // that ever joined, to tell their addresses apart

	hand     map[int]bool           // additions that people made in ConnectWise
	ours     map[int]bool           // additions that Seatbridge made, wrote or found right: no first write any more
	wrote    map[int]bool           // additions that Seatbridge made or wrote
	shown    map[int]shown          // by agreement: what whoever mapped there last was shown
	doubled  map[lineKey]int        // lines that Seatbridge doubled, once told
	removed  map[lineKey]bool       // lines that Seatbridge kept up and a person took out
	asked    int                    // the agreement that a person just asked to be set to 0; 0: none
	half     map[int]bool           // agreements of which a run wrote a part: what is left may follow
	odd      map[int]string         // by company: what is unusual there, so that a change may wait for a person
	last     map[int]cwsim.Addition // every addition by its id, as last looked at
	tally    map[string]int         // what became of the lines, for the log of a soak
	midway   map[int][]deedInMidst  // by agreement: what a person did while the sync ran
	promised []figures              // what the book said when a run began that was cut off
	began    time.Time
	stop     func() // the process of the sync in progress
	approved bool   // a person approved all that waited
}

// lineKey is a plan's line on an agreement.
type lineKey struct {
	agreement  int
	enterprise bool
}

func (k lineKey) String() string {
	return fmt.Sprintf("agreement %d, %s", k.agreement, map[bool]string{false: "Business", true: "Enterprise"}[k.enterprise])
}

// shown is the line that was shown at mapping; a zero addition: none.
type shown struct {
	lines map[bool]cwsim.Addition // by Enterprise
}

// deedInMidst is something that a person did in Seatbridge while a sync ran, after so many requests of it.
type deedInMidst struct {
	request int
	name    string
}

// newWorld makes a world of some companies, agreements, lines and organizations, mapped or not.
func newWorld(t *testing.T, seed uint64) *world {
	w := &world{
		World: billingtest.Bubble(t), Rand: rand.New(rand.NewPCG(seed, 10)), book: bookkeeper.New(),
		organizations: map[string]store.Organization{}, hand: map[int]bool{}, ours: map[int]bool{}, wrote: map[int]bool{}, shown: map[int]shown{},
		removed: map[lineKey]bool{}, doubled: map[lineKey]int{}, half: map[int]bool{}, odd: map[int]string{}, tally: map[string]int{},
	}
	w.Connect()
	w.MapProducts()
	w.until([]string{"2026-10-20 13:00", "2026-10-30 09:00", "2026-10-31 22:00"}[w.IntN(3)])
	w.began = w.Time()
	w.addCompanies(2 + w.IntN(4))
	w.addLines()
	w.ImportAll()
	w.addOrganizations(3 + w.IntN(10))
	w.last = w.snapshot()
	return w
}

// tell adds a sentence to the story.
func (w *world) tell(format string, args ...any) {
	w.story = append(w.story, w.Time().Format("2 Jan 15:04:05 ")+fmt.Sprintf(format, args...))
}

func (w *world) until(at string) { time.Sleep(time.Until(moment.At(at))) }

// pass lets the time of the bubble pass.
func (w *world) pass(d time.Duration) { time.Sleep(d) }

// chance is true once in n times.
func (w *world) chance(n int) bool { return w.IntN(n) == 0 }

// pick is one of some things.
func pick[T any](w *world, from []T) T { return from[w.IntN(len(from))] }

func (w *world) addCompanies(n int) {
	for i := range n {
		c := w.Sim.AddCompany(cwsim.Company{Name: fmt.Sprintf("Company %d", i)})
		parent := 0
		for j := range 1 + w.IntN(3) {
			a := cwsim.Agreement{
				Name: fmt.Sprintf("Services %d", j), CompanyID: c.ID, Prorate: !w.chance(5),
				Start: moment.At("2025-01-01"), BillStart: moment.At("2025-01-01"),
			}
			if parent != 0 && w.chance(2) {
				a.ParentID = parent
			}
			if w.chance(12) {
				a.BillingCycle = "Annual"
			}
			if w.chance(15) {
				a.BillProducts = "DoNotBill"
			}
			a = w.Sim.AddAgreement(a)
			if a.BillingCycle != "" || a.BillProducts != "" {
				w.oddIn(a.ID, "unusual terms")
			}
			if parent == 0 {
				parent = a.ID
			}
			w.agreements = append(w.agreements, a)
			w.tell("company %d has agreement %d (child of %d) %s %s", c.ID, a.ID, a.ParentID, a.BillingCycle, a.BillProducts)
		}
	}
}

// addLines adds what people had there before Seatbridge came.
func (w *world) addLines() {
	for _, a := range w.agreements {
		for _, enterprise := range []bool{false, true} {
			if w.chance(3) {
				w.addLine(lineKey{a.ID, enterprise})
			}
		}
	}
}

func (w *world) addLine(k lineKey) {
	line := cwsim.Addition{AgreementID: k.agreement, ProductID: w.product(k.enterprise), Quantity: decimal.NewFromInt(int64(w.IntN(40)))}
	if w.chance(12) {
		line.LessIncluded = decimal.NewFromInt(5)
	}
	line = w.Sim.AddAddition(line)
	w.hand[line.ID] = true
	w.oddIn(k.agreement, "a line that a person made")
	w.tell("jdoe adds line %d of %s to %s, %s of it included", line.ID, line.Quantity, k, line.LessIncluded)
}

func (w *world) product(enterprise bool) int {
	if enterprise {
		return w.Enterprise.ID
	}
	return w.Business.ID
}

// oddIn notes what is unusual in the company of an agreement; 0 is none.
func (w *world) oddIn(agreement int, what string) {
	if agreement != 0 {
		w.odd[w.company(agreement)] = what
	}
}

func (w *world) company(agreement int) int { return w.Sim.Agreement(agreement).CompanyID }

// addOrganizations adds organizations of every past, most of them mapped.
func (w *world) addOrganizations(n int) {
	for i := range n {
		name := fmt.Sprintf("Org %02d", i)
		w.addOrganization(name)
		if !w.chance(6) {
			w.mapTo(name, pick(w, w.agreements).ID)
		}
	}
}

func (w *world) addOrganization(name string) {
	created := moment.At("2026-06-01")
	enterprise, license := w.chance(3), store.Standard
	if w.chance(15) && w.organizations["free"].ID == 0 {
		license = store.NFR
	}
	o, err := w.Store.CreateOrganization(w.T.Context(), store.Organization{
		Name: name, Plan: planOf(enterprise), License: license, Managed: true, CreatedAt: created,
	})
	w.Must(err)
	w.organizations[name] = o
	w.book.Add(name, enterprise, created)
	if license == store.NFR {
		w.organizations["free"] = o
		w.book.Free(name)
	}
	w.tell("%s is added, Enterprise %v, %s", name, enterprise, license)
	switch w.IntN(8) {
	case 0: // nobody ever said anything about it
	case 1:
		w.seats(name, 1+w.IntN(4), moment.At("2026-07-01"), moment.At("2026-09-20"))
	case 2:
		w.seats(name, 20+w.IntN(120), moment.At("2026-07-01"), time.Time{})
	default:
		w.seats(name, 1+w.IntN(15), moment.At("2026-07-01"), time.Time{})
	}
}

// seats are members of an organization from a moment to another one; a zero end: they are there.
func (w *world) seats(name string, n int, joined, deleted time.Time) {
	var seats []store.Seat
	for range n {
		w.members++
		email := fmt.Sprintf("m%d@example.com", w.members)
		seats = append(seats, store.Seat{OrganizationID: w.organizations[name].ID, Email: email, JoinedAt: joined, DeletedAt: deleted})
		w.book.Join(name, email, joined)
		if !deleted.IsZero() {
			w.book.Leave(name, email, deleted)
		}
	}
	w.Must(w.Store.AddSeatHistory(w.T.Context(), seats))
	w.tell("%d members of %s joined on %s, left %v", n, name, joined.Format(time.DateOnly), !deleted.IsZero())
}

// mapTo maps an organization to an agreement, as one does who looks at what is there, or as one who maps many at once.
func (w *world) mapTo(name string, agreement int) {
	was, o := w.book.Agreement(name), w.organizations[name]
	var err error
	looked := !w.chance(3)
	if looked {
		err = w.Mapping.Map(w.T.Context(), billingtest.Admin(), w.company(agreement), agreement, o.ID)
	} else {
		pair := mapping.Pair{OrganizationID: o.ID, CompanyID: w.company(agreement), AgreementID: agreement, Was: was}
		var problems []mapping.PairProblem
		if problems, err = w.Mapping.MapPairs(w.T.Context(), billingtest.Admin(), []mapping.Pair{pair}); err == nil && len(problems) > 0 {
			err = fmt.Errorf("%s", problems[0].Problem)
		}
	}
	if err != nil {
		w.tell("%s is not mapped to agreement %d: %s", name, agreement, firstLine(err))
		return
	}
	w.book.Map(name, agreement)
	if looked {
		w.shown[agreement] = w.showing(agreement)
	}
	if was != 0 {
		w.oddIn(was, "an organization was mapped elsewhere")
		w.oddIn(agreement, "an organization came from elsewhere")
	}
	w.tell("%s is mapped to agreement %d, shown what is there: %v", name, agreement, looked)
}

func planOf(enterprise bool) store.Plan {
	if enterprise {
		return store.Enterprise
	}
	return store.Business
}

func firstLine(err error) string {
	line, _, _ := strings.Cut(err.Error(), "\n")
	return line
}

// showing is what one sees who maps to an agreement now.
func (w *world) showing(agreement int) shown {
	s := shown{map[bool]cwsim.Addition{}}
	for _, enterprise := range []bool{false, true} {
		if open := w.open(w.snapshot(), lineKey{agreement, enterprise}); len(open) == 1 {
			s.lines[enterprise] = open[0]
		}
	}
	return s
}
