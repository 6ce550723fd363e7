// Package npsim simulates the NordPass Provider API for the demo and for tests. The real API's reference is shown only inside
// the vendor's panel (docs/billing-rules.md section 5): the addresses, claims and fields here are Seatbridge's own, and say nothing about
// the real ones.
package npsim

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/golang-jwt/jwt/v5"
)

// What a client has to know of this simulator.
const (
	MonthlyPath = "/usage/monthly" // ?month=2026-10
	DailyPath   = "/usage/daily"   // ?day=2026-10-05
	Issuer      = "seatbridge-demo"
	Audience    = "provider-simulator"
	KeyID       = "demo-key"
	Algorithm   = "ES256"
	// Lifetime is the longest life of a token that is accepted.
	Lifetime = 5 * time.Minute
)

// Record is an organization of a report.
type Record struct {
	ID       string `json:"id"`
	Name     string `json:"name"`
	Licenses int    `json:"licenses"`
	Tier     string `json:"tier"` // Business or Enterprise
	Trial    bool   `json:"trial"`
	NFR      bool   `json:"nfr"`
}

// Fault is something that goes wrong on purpose.
type Fault string

// The faults.
const (
	NoFault      Fault = ""
	ServerError  Fault = "500"
	Unauthorized Fault = "401"
	TooMany      Fault = "429"
	EmptyList    Fault = "empty"
	MissingOne   Fault = "missing"   // the first organization is left out
	InvalidJSON  Fault = "json"      // cut off in the middle
	Redirect     Fault = "redirect"  // to another host
	Echo         Fault = "echo"      // a refusal that repeats the token
	Slow         Fault = "slow"      // no answer until the client gives up
	OtherShape   Fault = "shape"     // JSON without the list
	Hangup       Fault = "hangup"    // the connection is cut
	AllZero      Fault = "zero"      // every organization has 0 licenses
	BadRecord    Fault = "badrecord" // the first organization's licenses are no number
	FlagsOmitted Fault = "flags"     // flags that are false are left out
	OtherNames   Fault = "names"     // every field of a record has another name
	KeyTwice     Fault = "twice"     // the last organization has its licenses twice, 0 first
)

// Config is what a simulator works with.
type Config struct {
	Now     func() time.Time            // nil: time.Now
	Monthly func(month string) []Record // of a month like 2026-10
	Daily   func(day string) []Record   // of a day like 2026-10-05
	PerPage int                         // organizations in an answer; 0: all
}

// Sim is a simulated Provider API. It is an http.Handler.
type Sim struct {
	config Config
	key    *ecdsa.PrivateKey

	mu       sync.Mutex
	fault    Fault
	times    int // how often it strikes; negative: for good
	requests int
}

// New makes a simulator with a key pair of its own.
func New(c Config) (*Sim, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, fmt.Errorf("making the provider simulator's key: %w", err)
	}
	if c.Now == nil {
		c.Now = time.Now
	}
	return &Sim{config: c, key: key}, nil
}

// PrivateKey is the key that clients sign with, in PEM format.
func (s *Sim) PrivateKey() (string, error) {
	der, err := x509.MarshalPKCS8PrivateKey(s.key)
	if err != nil {
		return "", fmt.Errorf("encoding the provider simulator's key: %w", err)
	}
	return string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der})), nil
}

// Fail lets a fault strike the next requests, so many times; a negative number is for good.
func (s *Sim) Fail(f Fault, times int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.fault, s.times = f, times
}

// Requests is how many requests came in so far.
func (s *Sim) Requests() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.requests
}

func (s *Sim) arrive() Fault {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.requests++
	if s.times == 0 {
		return NoFault
	}
	if s.times > 0 {
		s.times--
	}
	return s.fault
}

// ServeHTTP implements http.Handler.
func (s *Sim) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	fault := s.arrive()
	if s.interrupts(w, r, fault) {
		return
	}
	if err := s.verify(r); err != nil || fault == Unauthorized {
		refuse(w, http.StatusUnauthorized, "the token was refused")
		return
	}
	records, ok := s.records(r)
	if !ok {
		refuse(w, http.StatusNotFound, "there is no such report")
		return
	}
	s.answer(w, r, distort(records, fault), fault)
}

// interrupts carries out the faults that leave no report.
func (s *Sim) interrupts(w http.ResponseWriter, r *http.Request, fault Fault) bool {
	switch fault {
	case ServerError:
		refuse(w, http.StatusInternalServerError, "something broke")
	case TooMany:
		w.Header().Set("Retry-After", "0")
		refuse(w, http.StatusTooManyRequests, "slow down")
	case Redirect:
		http.Redirect(w, r, "http://localhost:1/elsewhere", http.StatusFound)
	case Echo:
		refuse(w, http.StatusForbidden, "refused: "+r.Header.Get("Authorization"))
	case Slow:
		<-r.Context().Done()
	case Hangup:
		panic(http.ErrAbortHandler)
	case OtherShape:
		send(w, http.StatusOK, map[string]any{"result": "fine"})
	default:
		return false
	}
	return true
}

// verify checks the token as a provider would: signature, algorithm, issuer, audience, life.
func (s *Sim) verify(r *http.Request) error {
	text, _ := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
	claims := jwt.RegisteredClaims{}
	_, err := jwt.ParseWithClaims(text, &claims, func(t *jwt.Token) (any, error) {
		if t.Header["kid"] != KeyID {
			return nil, fmt.Errorf("unknown key %v", t.Header["kid"])
		}
		return crypto.PublicKey(&s.key.PublicKey), nil
	}, jwt.WithValidMethods([]string{Algorithm}), jwt.WithIssuer(Issuer), jwt.WithAudience(Audience),
		jwt.WithExpirationRequired(), jwt.WithIssuedAt(), jwt.WithTimeFunc(s.config.Now))
	if err == nil && claims.ExpiresAt.After(s.config.Now().Add(Lifetime)) {
		err = fmt.Errorf("the token lives too long")
	}
	return err
}

// records are those of the report that is asked for, if there is one yet.
func (s *Sim) records(r *http.Request) ([]Record, bool) {
	query, now := r.URL.Query(), s.config.Now().UTC()
	switch {
	case r.URL.Path == MonthlyPath && s.config.Monthly != nil:
		start, err := time.Parse("2006-01", query.Get("month"))
		if err != nil || now.Before(start.AddDate(0, 1, 0).Add(time.Minute+2*time.Second)) {
			return nil, false
		}
		return s.config.Monthly(query.Get("month")), true
	case r.URL.Path == DailyPath && s.config.Daily != nil:
		day, err := time.Parse(time.DateOnly, query.Get("day"))
		if err != nil || now.Before(day.AddDate(0, 0, 1).Add(2*time.Second)) {
			return nil, false
		}
		return s.config.Daily(query.Get("day")), true
	}
	return nil, false
}

// distort is the report as a fault leaves it.
func distort(records []Record, fault Fault) []Record {
	switch {
	case fault == EmptyList:
		return nil
	case fault == MissingOne && len(records) > 0:
		return records[1:]
	case fault == AllZero:
		zero := make([]Record, len(records))
		for i, r := range records {
			r.Licenses = 0
			zero[i] = r
		}
		return zero
	}
	return records
}

// answer sends one page of a report.
func (s *Sim) answer(w http.ResponseWriter, r *http.Request, records []Record, fault Fault) {
	page, _ := strconv.Atoi(r.URL.Query().Get("page"))
	page = max(page, 1)
	size := s.config.PerPage
	if size == 0 {
		size = max(len(records), 1)
	}
	start := min((page-1)*size, len(records))
	end := min(start+size, len(records))
	body := map[string]any{"organizations": append([]Record{}, records[start:end]...)}
	if end < len(records) {
		next := nextPage(r.URL, page+1)
		body["next"] = next
		w.Header().Set("Link", "<"+next+`>; rel="next"`)
	}
	if fault == BadRecord {
		broken := map[string]any{"id": "x-1", "name": "Broken", "licenses": "many", "tier": "Business"}
		body["organizations"] = append([]any{broken}, asAny(records[start:end])...)
	}
	if fault == FlagsOmitted || fault == OtherNames {
		body["organizations"] = reshaped(records[start:end], fault)
	}
	if fault == KeyTwice && end > start {
		body["organizations"] = append(asAny(records[start:end-1]), licensesTwice(records[end-1]))
	}
	if fault == InvalidJSON {
		w.Header().Set("Content-Type", "application/json")
		text, _ := json.Marshal(body)
		w.Write(text[:len(text)/2])
		return
	}
	send(w, http.StatusOK, body)
}

// reshaped are the records with fewer fields, or fields of other names.
func reshaped(records []Record, fault Fault) []map[string]any {
	shaped := make([]map[string]any, len(records))
	for i, r := range records {
		whole := map[string]any{"id": r.ID, "name": r.Name, "licenses": r.Licenses, "tier": r.Tier, "trial": r.Trial, "nfr": r.NFR}
		shaped[i] = map[string]any{}
		for name, value := range whole {
			switch {
			case fault == OtherNames:
				shaped[i]["the_"+name] = value
			case value != false:
				shaped[i][name] = value
			}
		}
	}
	return shaped
}

// licensesTwice is a record that says its licenses twice, which is JSON all the same.
func licensesTwice(r Record) json.RawMessage {
	text, _ := json.Marshal(r)
	return append(json.RawMessage(`{"licenses":0,`), text[1:]...)
}

func asAny(records []Record) []any {
	all := make([]any, len(records))
	for i, r := range records {
		all[i] = r
	}
	return all
}

func nextPage(u *url.URL, page int) string {
	query := u.Query()
	query.Set("page", strconv.Itoa(page))
	return u.Path + "?" + query.Encode()
}

func refuse(w http.ResponseWriter, status int, message string) {
	send(w, status, map[string]string{"error": message})
}

func send(w http.ResponseWriter, status int, v any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	json.NewEncoder(w).Encode(v)
}
