package cwsim

import (
	"fmt"
	"net/http"
	"path"
	"slices"
	"strconv"
	"strings"
	"time"
)

// FaultKind names one way in which a call goes wrong.
type FaultKind string

// The kinds; faultTable says what each does.
const (
	RateLimited     FaultKind = "429"
	RateLimitedDate FaultKind = "429-date"
	RateLimit       FaultKind = "rate-limit"
	Timeout500      FaultKind = "500-timeout"
	Converting500   FaultKind = "500-converting"
	HTML503         FaultKind = "html503"
	HTML502         FaultKind = "html502"
	HTML200         FaultKind = "html200"
	CannotRoute     FaultKind = "cannot-route"
	NullCompany     FaultKind = "null-company"
	KeysNotFound    FaultKind = "404-keys"
	Unauthorized    FaultKind = "401"
	Forbidden       FaultKind = "403"
	NotFound        FaultKind = "404"
	Conflict        FaultKind = "409"
	Redirect        FaultKind = "redirect"
	Slow            FaultKind = "slow"
	SlowBefore      FaultKind = "slow-before"
	DropBefore      FaultKind = "drop-before"
	DropAfter       FaultKind = "drop-after"
	HalfBody        FaultKind = "half-body"
	TruncatedJSON   FaultKind = "truncated-json"
	Upgrade         FaultKind = "upgrade"
	LinkUserHost    FaultKind = "link-user-host"
	MissingLink     FaultKind = "no-link"
	EmptyLink       FaultKind = "empty-link"
	PageCut         FaultKind = "page-cut"
	Lag             FaultKind = "lag"
	RowDeleted      FaultKind = "row-deleted"
	RowInserted     FaultKind = "row-inserted"
	PatchIgnored    FaultKind = "patch-ignored"
	BillStartToday  FaultKind = "bill-start-today"
	PeriodInvoiced  FaultKind = "period-invoiced"
	WrongEmpty      FaultKind = "wrong-empty"
	Partial         FaultKind = "partial"
	AndEmpty        FaultKind = "and-empty"
	FieldsEmpty     FaultKind = "fields-empty"
	Late504         FaultKind = "late-504"
	Ghost           FaultKind = "ghost"
	Hook            FaultKind = "hook"
)

// Which calls a kind concerns.
const (
	allRequests      = ""
	lists            = "list"
	collections      = "collection" // lists and their counts, not single records
	writes           = "write"
	additionPosts    = "post"
	additionPatches  = "patch"
	companyInfoCalls = "info"
)

// Defaults of the parameters.
const (
	defaultRetryAfter = 30 * time.Second
	defaultSlowness   = time.Minute
	defaultLag        = time.Minute
	requestsPerMinute = 1000 // docs/connectwise.md section 3
)

// FaultHelp describes a kind.
type FaultHelp struct {
	Kind FaultKind
	Text string
	only string // which requests it concerns
}

var faultTable = []FaultHelp{
	{RateLimited, "429 with the error key and Retry-After in seconds (wait, default 30s); nothing takes effect", allRequests},
	{RateLimitedDate, "the same with Retry-After as an HTTP date", allRequests},
	{RateLimit, "a real limit: n requests in any minute of the clock (default 1000), 429 above", allRequests},
	{Timeout500, `500 "A timeout has occured. Please try again."; nothing takes effect`, allRequests},
	{Converting500, `500 "Error converting value ..."; nothing takes effect`, allRequests},
	{HTML503, "503 with a maintenance page", allRequests},
	{HTML502, "502 with a gateway's page", allRequests},
	{HTML200, "200 with a page instead of JSON", allRequests},
	{CannotRoute, `400 plain text "Cannot route. ..."`, allRequests},
	{NullCompany, "company info answers 200 with null", companyInfoCalls},
	{KeysNotFound, "wrong keys answer 404 instead of 401", allRequests},
	{Unauthorized, "401, as if the keys had been revoked", allRequests},
	{Forbidden, "403, as if the role had lost the right", allRequests},
	{NotFound, "404 for an endpoint that exists", allRequests},
	{Conflict, "409", allRequests},
	{Redirect, "302 to another host (text, default elsewhere.example)", allRequests},
	{Slow, "the answer comes after the effect and wait (default 1m)", allRequests},
	{SlowBefore, "the effect and the answer come after wait (default 1m); no effect when the caller has left", allRequests},
	{DropBefore, "the connection drops before the effect", allRequests},
	{DropAfter, "the connection drops after the effect", allRequests},
	{HalfBody, "half of the body, then the connection drops", allRequests},
	{TruncatedJSON, "a complete answer whose JSON is cut in the middle", allRequests},
	{Upgrade, "the codebase changes to text before the call (default v2025_2); the old one answers 404", allRequests},
	{LinkUserHost, "Link names the user host (text, default na.myconnectwise.net) and a versioned codebase", lists},
	{MissingLink, "forward-only lists come without Link", lists},
	{EmptyLink, "forward-only lists come with an empty Link before their end", lists},
	{PageCut, "no page has more than n rows (default 10), whatever was asked", lists},
	{Lag, "filtered lists miss writes younger than wait (default 1m) or than n requests; text all: unfiltered lists too", lists},
	{RowDeleted, "after a page that is not the last, its first row is deleted", lists},
	{RowInserted, "after a page that is not the last, a copy of its first row is inserted", lists},
	{PatchIgnored, "PATCH and PUT answer 200 with the record as it was", additionPatches},
	{BillStartToday, "the agreement's billing start is today when the addition arrives", additionPosts},
	{PeriodInvoiced, "the agreement's month has just been invoiced, without proration, when the addition arrives", additionPosts},
	{WrongEmpty, "lists answer 200 with no rows, and counts 0, although rows exist", collections},
	{Partial, "lists and counts lack rows without a word: those whose ids text names, else the newest n (default 1)", collections},
	{AndEmpty, "lists and counts whose conditions are joined by and find nothing", collections},
	{FieldsEmpty, "lists asked for with fields answer 200 with no rows", collections},
	{Late504, "504 with a gateway's page at once; the effect comes after wait (default 1m)", writes},
	{Ghost, "the effect comes after wait (default 1m) even when the caller has left; then the answer, to one who stayed", writes},
	{Hook, "Do is called before the call is handled", allRequests},
}

// FaultKinds lists the kinds with what they do.
func FaultKinds() []FaultHelp { return slices.Clone(faultTable) }

// Fault makes matching calls go wrong.
type Fault struct {
	Kind FaultKind
	// Method and Path pick the calls; empty means all. Path is a pattern of path.Match on the path below the API root,
	// such as /finance/agreements/*/additions, or /login/companyinfo/*.
	Method, Path string
	// After lets so many matching calls pass first; Times ends the fault after so many (0: never).
	After, Times int
	// Probability picks by chance, from the seed; 0 means always.
	Probability float64
	// Wait, N and Text are parameters of the kinds; zero values have the defaults that FaultKinds tells.
	Wait time.Duration
	N    int
	Text string
	// Do is what Hook calls.
	Do func()
}

type activeFault struct {
	Fault
	only   string
	passed int // matching calls so far
	struck int
}

// SetFaults replaces all faults.
func (s *Sim) SetFaults(faults ...Fault) {
	s.ClearFaults()
	for _, f := range faults {
		s.AddFault(f)
	}
}

// AddFault adds one. An unknown kind or a malformed path pattern is a mistake in the program and panics.
func (s *Sim) AddFault(f Fault) {
	i := slices.IndexFunc(faultTable, func(h FaultHelp) bool { return h.Kind == f.Kind })
	if _, err := path.Match(f.Path, ""); i < 0 || err != nil {
		panic(fmt.Sprintf("cwsim: no such fault: %q with path %q", f.Kind, f.Path))
	}
	s.lock()
	defer s.mu.Unlock()
	s.faults = append(s.faults, &activeFault{Fault: f, only: faultTable[i].only})
}

// ClearFaults ends all faults.
func (s *Sim) ClearFaults() {
	s.lock()
	defer s.mu.Unlock()
	s.faults, s.recent = nil, nil
}

// draw decides which faults strike a call. The caller holds the lock.
func (s *Sim) draw(x *exchange) {
	for _, f := range s.faults {
		if !f.matches(x) || f.Times > 0 && f.struck >= f.Times {
			continue
		}
		f.passed++
		if f.passed <= f.After || f.Probability > 0 && s.chance.Float64() >= f.Probability {
			continue
		}
		f.struck++
		x.faults = append(x.faults, f.Fault)
		x.entry.Faults = append(x.entry.Faults, f.Kind)
	}
}

func (f *activeFault) matches(x *exchange) bool {
	if f.Method != "" && !strings.EqualFold(f.Method, x.request.Method) {
		return false
	}
	if hit, _ := path.Match(f.Path, x.path); f.Path != "" && !hit {
		return false
	}
	additionWrite := strings.Contains(x.path, "/additions")
	switch f.only {
	case lists:
		return x.request.Method == http.MethodGet
	case collections:
		_, err := strconv.Atoi(path.Base(x.path))
		return x.request.Method == http.MethodGet && err != nil
	case writes:
		return x.request.Method != http.MethodGet
	case companyInfoCalls:
		return strings.HasPrefix(x.path, companyInfoPath)
	case additionPosts:
		return additionWrite && x.request.Method == http.MethodPost
	case additionPatches:
		return additionWrite && (x.request.Method == http.MethodPatch || x.request.Method == http.MethodPut)
	}
	return true
}

// front answers instead of the instance. The caller holds the lock.
func (s *Sim) front(x *exchange) (answer, bool) {
	for _, f := range x.faults {
		if a, done := s.strike(x, f); done {
			return a, true
		}
	}
	return answer{}, false
}

func (s *Sim) strike(x *exchange, f Fault) (answer, bool) {
	switch f.Kind {
	case RateLimited, RateLimitedDate:
		wait := f.Wait
		if wait == 0 {
			wait = defaultRetryAfter
		}
		return s.tooMany(wait, f.Kind == RateLimitedDate), true
	case RateLimit:
		return s.limit(orDefault(f.N, requestsPerMinute))
	case Timeout500:
		return failure(http.StatusInternalServerError, "InternalServerError", "A timeout has occured. Please try again."), true
	case Converting500:
		return wrongType("abc", typeDecimal, "quantity"), true
	case HTML503:
		return page(http.StatusServiceUnavailable, "Service Unavailable", "We are down for maintenance. Please check back soon."), true
	case HTML502:
		return page(http.StatusBadGateway, "502 Bad Gateway", "The web server reported a gateway error."), true
	case Late504:
		x.postpone(f.Wait)
		return page(http.StatusGatewayTimeout, "504 Gateway Time-out", "The server did not respond in time."), true
	case HTML200:
		return page(http.StatusOK, "Sign in", "Please enter your company, user name and password."), true
	case CannotRoute:
		return cannotRoute(), true
	case NullCompany:
		return jsonAnswer(http.StatusOK, nil), true
	case Unauthorized:
		return s.unauthorized(), true
	case Forbidden:
		return notPermitted(), true
	case NotFound:
		return noEndpoint(), true
	case Conflict:
		return failure(http.StatusConflict, "Conflict", "The record is in use."), true
	case Redirect:
		a := page(http.StatusFound, "Object moved", "The object has moved.")
		a.header.Set("Location", "https://"+orText(f.Text, "elsewhere.example")+x.request.URL.RequestURI())
		return a, true
	case Upgrade:
		s.upgrade(orText(f.Text, "v2025_2"))
	}
	return answer{}, false
}

// tooMany is the 429 body with its key error (docs/connectwise.md section 3); it opens a window in which calls are too early.
func (s *Sim) tooMany(wait time.Duration, asDate bool) answer {
	seconds := int((wait + time.Second - 1) / time.Second)
	until := s.now().Add(time.Duration(seconds) * time.Second)
	header := strconv.Itoa(seconds)
	if asDate {
		until = until.Truncate(time.Second)
		header = until.Format(http.TimeFormat)
	}
	if until.After(s.quietUntil) {
		s.quietUntil = until
	}
	a := jsonAnswer(http.StatusTooManyRequests, object{
		{"error", "ConnectWiseAPI"}, {"message", fmt.Sprintf("Too many requests. Please try again in %d seconds.", seconds)},
	})
	a.header.Set("Retry-After", header)
	return a
}

// limit counts served calls of the last minute.
func (s *Sim) limit(n int) (answer, bool) {
	now := s.now()
	s.recent = slices.DeleteFunc(s.recent, func(t time.Time) bool { return now.Sub(t) >= time.Minute })
	if len(s.recent) >= n {
		return s.tooMany(s.recent[0].Add(time.Minute).Sub(now), false), true
	}
	s.recent = append(s.recent, now)
	return answer{}, false
}

// spoil damages an answer that the instance gave.
func (s *Sim) spoil(x *exchange, a answer) answer {
	if x.has(KeysNotFound) && a.status == http.StatusUnauthorized {
		return page(http.StatusNotFound, "404 - File or directory not found.", "The resource you are looking for might have been removed.")
	}
	if x.has(TruncatedJSON) && len(a.body) > 2 {
		a.body = a.body[:len(a.body)*2/3]
	}
	return a
}

func (x *exchange) fault(k FaultKind) (Fault, bool) {
	for _, f := range x.faults {
		if f.Kind == k {
			return f, true
		}
	}
	return Fault{}, false
}

func (x *exchange) has(k FaultKind) bool {
	_, hit := x.fault(k)
	return hit
}

func (x *exchange) runHooks() {
	for _, f := range x.faults {
		if f.Kind == Hook && f.Do != nil {
			f.Do()
		}
	}
}

func (x *exchange) delayBefore() time.Duration {
	return x.latency + x.delay(SlowBefore) + x.delay(Ghost)
}

func (x *exchange) delayAfter() time.Duration { return x.delay(Slow) }

func (x *exchange) delay(k FaultKind) time.Duration {
	f, hit := x.fault(k)
	if hit && f.Wait == 0 {
		return defaultSlowness
	}
	return f.Wait
}

// disturb lets somebody change the agreement just before a new addition is checked against it.
func (s *Sim) disturb(x *exchange, r *row[Agreement]) {
	changed := r.value
	if x.has(BillStartToday) {
		changed.BillStart = s.today()
	}
	if x.has(PeriodInvoiced) {
		today := s.today()
		changed.InvoicedThrough = today.AddDate(0, 1, -today.Day())
		changed.Prorate = false
	}
	if changed != r.value {
		writeRow(s, r, changed, s.stampBy("finance"))
	}
}

// seenByList reports whether a list shows what was written at that time, or still what was before.
func (s *Sim) seenByList(x *exchange, filtered bool, written stamp) bool {
	f, hit := x.fault(Lag)
	if !hit || !filtered && f.Text != "all" {
		return true
	}
	wait := f.Wait
	if wait == 0 && f.N == 0 {
		wait = defaultLag
	}
	return s.now().Sub(written.at) >= wait && x.entry.Number-written.request > f.N
}

// shift deletes or inserts a row after a page that has a next one.
func shift[T any](s *Sim, x *exchange, t *table[T], found *result[T], page []int) {
	if len(page) == 0 || page[len(page)-1] == found.count()-1 {
		return
	}
	first := found.rows[page[0]]
	if x.has(RowDeleted) {
		t.remove(first.id)
	}
	if x.has(RowInserted) {
		s.duplicate(first)
	}
}

// ParseFault reads a fault as the command line has it: KIND, then parameters, all separated by colons, such as
// 429:p=0.05:wait=2s or drop-after:method=POST:times=1. Parameters: p, n, wait, times, after, method, path, text.
func ParseFault(text string) (Fault, error) {
	parts := strings.Split(text, ":")
	f := Fault{Kind: FaultKind(parts[0])}
	if !slices.ContainsFunc(faultTable, func(h FaultHelp) bool { return h.Kind == f.Kind && h.Kind != Hook }) {
		return f, fmt.Errorf("no fault is called %q", parts[0])
	}
	for _, part := range parts[1:] {
		name, value, _ := strings.Cut(part, "=")
		if err := f.setParameter(name, value); err != nil {
			return f, fmt.Errorf("fault %s: parameter %q: %w", f.Kind, part, err)
		}
	}
	return f, nil
}

func (f *Fault) setParameter(name, value string) (err error) {
	switch name {
	case "p":
		f.Probability, err = strconv.ParseFloat(value, 64)
	case "n":
		f.N, err = strconv.Atoi(value)
	case "times":
		f.Times, err = strconv.Atoi(value)
	case "after":
		f.After, err = strconv.Atoi(value)
	case "wait":
		f.Wait, err = time.ParseDuration(value)
	case "method":
		f.Method = value
	case "path":
		f.Path = value
		_, err = path.Match(value, "")
	case "text":
		f.Text = value
	default:
		err = fmt.Errorf("unknown")
	}
	return err
}
