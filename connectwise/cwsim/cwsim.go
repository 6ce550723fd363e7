// Package cwsim imitates a ConnectWise PSA instance: the endpoints that seat billing needs, with the validation, the
// paging, the rights and the bad days of the real one. A Sim is an http.Handler over state in memory; it serves the
// tests, the demo and the simulate command.
//
// The contract is docs/connectwise.md with testdata/openapi.json. What that contract marks as assumed or
// not established is a switch in Assumptions; what may go wrong on the way is a Fault.
package cwsim

import (
	"context"
	"fmt"
	"math/rand/v2"
	"net/http"
	"strings"
	"sync"
	"time"
)

// OnPremises is the codebase of every instance that a customer runs itself; cloud instances accept it too (docs/connectwise.md section 1).
const OnPremises = "v4_6_release"

// modelVersion is the API version this simulator speaks.
const modelVersion = "2025.1"

// Config says what kind of instance New makes. The zero value is a demo instance on premises.
type Config struct {
	// Seed decides all data and all chance: equal seeds make equal instances.
	Seed uint64
	// Companies is how many companies exist: 0 means 120, a negative number none at all.
	Companies int
	// Now is the instance's clock; nil means time.Now. Calendar days are those of UTC.
	Now func() time.Time
	// Company, PublicKey, PrivateKey and ClientID are what a caller must present. Empty ones are derived from Seed.
	Company, PublicKey, PrivateKey, ClientID string
	// Cloud makes company info say so and requires API calls by host name to go to a name that begins with api-.
	Cloud bool
	// Codebase is the path of the API without slashes. Empty means OnPremises.
	Codebase string
	// SiteURL is the API address in the company info of a cloud instance. Empty means the host that was asked.
	SiteURL string
	// Assumptions picks the lenient or the other reading where the contract is open.
	Assumptions Assumptions
	// Latency delays every answer.
	Latency time.Duration
}

// Credentials are what an API member presents.
type Credentials struct {
	Company, PublicKey, PrivateKey, ClientID string
}

// Sim is one simulated instance. It is safe for concurrent use.
type Sim struct {
	mu          sync.Mutex
	clock       func() time.Time
	chance      *rand.Rand
	credentials Credentials
	cloud       bool
	siteURL     string
	codebase    string
	retired     map[string]bool // codebases of before an upgrade
	assumptions Assumptions
	latency     time.Duration
	rights      map[Module]Rights
	faults      []*activeFault
	journal     journal
	trail       trail
	quietUntil  time.Time   // end of the latest Retry-After window
	recent      []time.Time // requests counted by the rate limit
	late        []*lateEffect
	violations  []string

	companies        table[Company]
	companyTypes     table[CompanyType]
	companyStatuses  table[CompanyStatus]
	agreements       table[Agreement]
	agreementTypes   table[AgreementType]
	additions        map[int]*table[Addition] // by agreement
	catalog          table[CatalogItem]
	identifiers      map[string]int // catalog items by lower-case identifier
	categories       table[Category]
	subcategories    table[Subcategory]
	productTypes     table[ProductType]
	units            table[Unit]
	billingStatuses  table[BillingStatus]
	books            books
	nextAddition     int
	agreementsByFirm map[int][]int // agreement ids by company
}

// New makes an instance with its data.
func New(c Config) *Sim {
	s := &Sim{
		clock:            c.Now,
		chance:           rand.New(rand.NewPCG(c.Seed, 0x5ea7)),
		credentials:      c.credentials(),
		cloud:            c.Cloud,
		siteURL:          c.SiteURL,
		codebase:         strings.Trim(c.Codebase, "/"),
		retired:          map[string]bool{},
		assumptions:      c.Assumptions,
		latency:          c.Latency,
		rights:           minimumRights(),
		additions:        map[int]*table[Addition]{},
		identifiers:      map[string]int{},
		agreementsByFirm: map[int][]int{},
		books:            books{closed: map[int][]period{}},
		nextAddition:     4100,
	}
	if s.clock == nil {
		s.clock = time.Now
	}
	if s.codebase == "" {
		s.codebase = OnPremises
	}
	count := c.Companies
	if count == 0 {
		count = 120
	}
	s.fill(c.Seed, max(count, 0))
	return s
}

// credentials completes the configured credentials. The derived ones are for demos and tests: they are no secrets.
func (c Config) credentials() Credentials {
	r := rand.New(rand.NewPCG(c.Seed, 0xc0de))
	derived := Credentials{
		Company:    "hollowpine",
		PublicKey:  letters(r, 16),
		PrivateKey: letters(r, 16),
		ClientID: fmt.Sprintf("%08x-%04x-4%03x-a%03x-%012x",
			r.Uint32(), r.Uint32()&0xffff, r.Uint32()&0xfff, r.Uint32()&0xfff, r.Uint64()&0xffffffffffff),
	}
	given := Credentials{c.Company, c.PublicKey, c.PrivateKey, c.ClientID}
	for _, p := range []struct{ to, from *string }{
		{&given.Company, &derived.Company},
		{&given.PublicKey, &derived.PublicKey},
		{&given.PrivateKey, &derived.PrivateKey},
		{&given.ClientID, &derived.ClientID},
	} {
		if *p.to == "" {
			*p.to = *p.from
		}
	}
	return given
}

// letters returns n letters and digits.
func letters(r *rand.Rand, n int) string {
	const alphabet = "ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz23456789"
	out := make([]byte, n)
	for i := range out {
		out[i] = alphabet[r.IntN(len(alphabet))]
	}
	return string(out)
}

// Credentials returns what a caller must present.
func (s *Sim) Credentials() Credentials {
	return s.credentials
}

// ServeHTTP answers one call: arrival and journal, faults before the effect, the effect, faults after it.
func (s *Sim) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	x, err := s.receive(r)
	if err != nil {
		panic(http.ErrAbortHandler)
	}
	x.runHooks()
	x.haunt()
	if !pause(r.Context(), x.delayBefore()) || x.has(DropBefore) {
		s.drop(x)
	}
	a := s.answer(x)
	a = s.spoil(x, a)
	if !pause(r.Context(), x.delayAfter()) || x.has(DropAfter) {
		s.drop(x)
	}
	s.send(w, x, a)
}

// pause waits and reports whether the caller is still there afterwards.
func pause(ctx context.Context, d time.Duration) bool {
	if d <= 0 {
		return ctx.Err() == nil
	}
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-ctx.Done():
		return false
	}
}

// drop closes the connection without an answer.
func (s *Sim) drop(x *exchange) {
	s.finish(x, 0)
	panic(http.ErrAbortHandler)
}

// send writes the answer, or half of it.
func (s *Sim) send(w http.ResponseWriter, x *exchange, a answer) {
	s.finish(x, a.status)
	for name, values := range a.header {
		w.Header()[name] = values
	}
	w.Header().Set("Content-Length", fmt.Sprint(len(a.body)))
	w.WriteHeader(a.status)
	if x.has(HalfBody) && len(a.body) > 1 {
		w.Write(a.body[:len(a.body)/2])
		http.NewResponseController(w).Flush()
		panic(http.ErrAbortHandler)
	}
	w.Write(a.body)
}

// now is the instance's time, in UTC.
func (s *Sim) now() time.Time { return s.clock().UTC() }

// today is the instance's calendar day.
func (s *Sim) today() time.Time { return day(s.now()) }

// day cuts the time of day off: date-only business fields are the calendar day at T00:00:00Z (docs/connectwise.md section 4).
func day(t time.Time) time.Time {
	if t.IsZero() {
		return t
	}
	t = t.UTC()
	return time.Date(t.Year(), t.Month(), t.Day(), 0, 0, 0, 0, time.UTC)
}
