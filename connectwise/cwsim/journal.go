package cwsim

import (
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"time"
)

// Request is one call in the journal.
type Request struct {
	Number int // from 1, in order of arrival
	Method string
	Path   string // below the API root; the whole path for calls outside it
	Query  string
	URL    string // as the caller sent it, with scheme and host
	Body   string // of writes, at most 64 KB
	At     time.Time
	// Status is 0 while the call is handled and when the connection was dropped.
	Status int
	Faults []FaultKind // that struck it
	// TooEarly: it arrived within a Retry-After window.
	TooEarly bool
	// Refused: the instance itself, not a fault, answered 4xx.
	Refused bool
	// Applied: it changed the state.
	Applied bool
	// Violation says what about it a client must not do, though the instance lets it pass.
	Violation string
}

// maximumJournal bounds the memory of a long-running simulator; the older half goes first.
const maximumJournal = 100_000

type journal struct {
	entries []*Request
	count   int
}

func (j *journal) add(r *Request) {
	j.count++
	r.Number = j.count
	if len(j.entries) >= maximumJournal {
		j.entries = slices.Clone(j.entries[maximumJournal/2:])
	}
	j.entries = append(j.entries, r)
}

// Requests returns the journal since the start or the last ResetRequests.
func (s *Sim) Requests() []Request {
	s.lock()
	defer s.mu.Unlock()
	out := make([]Request, len(s.journal.entries))
	for i, r := range s.journal.entries {
		out[i] = *r
	}
	return out
}

// Violations are those of all calls since the start, whatever ResetRequests has emptied.
func (s *Sim) Violations() []string {
	s.lock()
	defer s.mu.Unlock()
	return slices.Clone(s.violations)
}

// violates notes what the call must not do. The caller holds the lock.
func (x *exchange) violates(rule string) {
	x.entry.Violation = rule
	x.sim.violations = append(x.sim.violations, fmt.Sprintf("%s %s: %s", x.request.Method, x.path, rule))
}

// ResetRequests empties the journal. Numbers go on.
func (s *Sim) ResetRequests() {
	s.lock()
	defer s.mu.Unlock()
	s.journal.entries = nil
}

// exchange is one call on its way through the simulator.
type exchange struct {
	sim      *Sim
	request  *http.Request
	body     []byte
	codebase string // of the path; empty outside the API
	path     string // below the API root, or the whole path
	ids      []int  // of the path, in order
	inquire  Level  // the role's inquire level on what is asked
	faults   []Fault
	latency  time.Duration
	ghost    *lateEffect // nil without that fault
	entry    *Request
}

// maximumBody bounds what is read from a caller.
const maximumBody = 1 << 20

// receive reads the call, writes it down and draws its faults.
func (s *Sim) receive(r *http.Request) (*exchange, error) {
	body, err := io.ReadAll(io.LimitReader(r.Body, maximumBody))
	if err != nil {
		return nil, fmt.Errorf("reading a request: %w", err)
	}
	x := &exchange{sim: s, request: r, body: body}
	x.codebase, x.path = splitPath(r.URL.Path)
	x.entry = &Request{
		Method: r.Method,
		Path:   x.path,
		Query:  r.URL.RawQuery,
		URL:    x.host() + r.URL.RequestURI(),
		Body:   string(body[:min(len(body), 64<<10)]),
	}
	s.lock()
	defer s.mu.Unlock()
	x.latency = s.latency
	x.entry.At = s.now()
	x.entry.TooEarly = x.entry.At.Before(s.quietUntil)
	s.journal.add(x.entry)
	s.draw(x)
	return x, nil
}

// splitPath parts the codebase from the path below the API root.
func splitPath(path string) (codebase, rest string) {
	codebase, rest, found := strings.Cut(strings.TrimPrefix(path, "/"), "/apis/3.0")
	if !found || strings.Contains(codebase, "/") || rest != "" && rest[0] != '/' {
		return "", path
	}
	return codebase, rest
}

// finish completes the journal entry.
func (s *Sim) finish(x *exchange, status int) {
	s.lock()
	defer s.mu.Unlock()
	x.entry.Status = status
}

// stamp marks a write by the API member during this call.
func (x *exchange) stamp() stamp {
	return stamp{x.sim.now(), apiMember, x.entry.Number}
}

// stampBy marks a write by somebody else.
func (s *Sim) stampBy(who string) stamp {
	return stamp{s.now(), who, s.journal.count}
}

// host is the address the caller used, without a path.
func (x *exchange) host() string {
	if x.request.TLS != nil {
		return "https://" + x.request.Host
	}
	return "http://" + x.request.Host
}

// root is the API root the caller used.
func (x *exchange) root() string {
	return x.host() + "/" + x.codebase + "/apis/3.0"
}

func (x *exchange) view() *view {
	return &view{sim: x.sim, root: x.root(), now: x.sim.now()}
}

// sees reports whether the role's inquire level covers a record: with My a list is silently short (assumed, docs/connectwise.md section 1).
func (x *exchange) sees(id int) bool {
	return x.inquire != My || x.sim.assumptions.MySeesAll || owned(id)
}
