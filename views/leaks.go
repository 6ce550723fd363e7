package views

import (
	"strings"
	"time"
)

// LeaksPage is who is not billed, and who is billed for nothing.
type LeaksPage struct {
	Ready    bool // ConnectWise is connected and the products are mapped
	Open     int
	Unbilled LeakSum // what is to be billed yet
	Nothing  LeakSum // what is billed for nothing
	Hand     LeakSum
	NotKnown int      // organizations whose seats are not known
	Unread   int      // mapped agreements whose lines no scan has read yet
	Unlooked []string // products, mapped or called NordPass, whose lines the last scan did not look for
	Scan     *LeakScan
	Next     time.Time // when the next scan begins by itself; zero: it is not known
	Failed   *Notice   // why the last scan did not come to its end
	Progress *LeakProgress
	Groups   []LeakGroup
	InHand   []LeakGroup
	Meant    []Leak
	Looked   []LeakLooked
}

// LeakSum is what leaks come to, in each currency by itself.
type LeakSum struct {
	Leaks    int
	Seats    string // a decimal
	Money    []Money
	Unpriced int // without a price, which the money is without
}

// said is how much it is, without its money.
func (s LeakSum) said() string {
	if s.Leaks == 0 {
		return "nothing was found"
	}
	text := plain(s.Seats) + " " + plural(ones(s.Seats), "seat", "seats") + ", " + count(s.Leaks, "leak", "leaks")
	if s.Unpriced > 0 && len(s.Money) > 0 {
		text += ", " + number(s.Unpriced) + " without a price"
	}
	return text
}

// LeakScan is the last reading of the whole instance that came to its end.
type LeakScan struct {
	At               time.Time
	Agreements, Read int
	Lines            int
	Products         int
	Elsewhere        int // companies with agreements that are not imported
}

// LeakProgress is how far a scan is, or how the last one ended.
type LeakProgress struct {
	State       string // running, done, failed or cancelled
	Step        string // what it is doing, a phrase
	Done, Total int    // agreements; 0: not known yet
	PerSecond   float64
	Notice      *Notice // why it failed
}

// LeakGroup is the leaks of one kind.
type LeakGroup struct {
	Kind string
	Sum  LeakSum
	Rows []Leak
}

// Leak is one, in words. Seats and money have their sign: what is to be billed yet is more than 0.
type Leak struct {
	Key, Facts       string
	Kind             string
	Who, WhoURL      string
	Where            string
	Sentence         string
	InHand           string
	Seats, UnitPrice string // decimals, the price in the currency of Money; empty: not known
	Period           string // what the price of a billing period is taken by for a month: "÷ 12"; empty: it is a month's
	Money            Money
	StepLabel        string
	StepURL          string
	Note, By         string // why it is meant so, and who said so
	At               time.Time
	Finding          bool // it was answered among what readings found
}

// scanned is how much the last scan read, and when the next one is.
func (p LeaksPage) scanned() string {
	text := count(p.Scan.Lines, "line", "lines")
	if !p.Next.IsZero() {
		text += "; again " + day(p.Next)
	}
	return text
}

// unlooked names the products whose lines the last scan did not look for.
func (p LeaksPage) unlooked() string { return strings.Join(p.Unlooked, ", ") }

// leakKinds are the headings of the kinds, and what is said where nothing was found.
var leakKinds = map[string]struct{ title, looked string }{
	"unbilled":         {"Billable seats, and nobody is mapped", "Organizations with billable seats and no mapping"},
	"not_billing":      {"Mapped, and nothing is billed", "Mapped agreements that bill nothing: ended, not billed, no price, no line"},
	"unfed":            {"Billed, and nothing feeds the line", "Lines of the two products that no organization feeds"},
	"unmapped_product": {"Called NordPass, and not mapped", "Products called NordPass that are not mapped"},
	"unlicensed":       {"Trial or NFR, and a line bills", "Trial or NFR organizations with a line"},
	"price":            {"Another price than usual", "Prices that differ from the product’s or between agreements"},
}

func leakTitle(kind string) string { return leakKinds[kind].title }

// LeakLooked is a kind of which nothing was found, and how much was looked at.
type LeakLooked struct {
	Kind  string
	Count string // "24 agreements"
}

// toward is the tone of money: more to be billed, or less.
func (m Money) toward() string {
	switch {
	case m.Amount == "" || strings.Trim(m.Amount, "-0.") == "":
		return ""
	case strings.HasPrefix(m.Amount, "-"):
		return "minus"
	}
	return "plus"
}

// unknown says why a leak has no money.
func (l Leak) unknown() string {
	if l.UnitPrice == "" {
		return "no price known"
	}
	return "not known a month"
}

// times is how the money of a leak came about: "6 × 4.99", or "6 × 59.88 ÷ 12".
func (l Leak) times() string {
	if l.UnitPrice == "" || l.Money.Amount == "" || l.Kind == "price" {
		return ""
	}
	return strings.TrimSpace(plain(strings.TrimPrefix(l.Seats, "-")) + " × " + plain(l.UnitPrice) + " " + l.Period)
}

// MeantLeak is the dialog in which somebody says that a leak is meant so. Field: note.
type MeantLeak struct {
	Leak
	Problems Problems
}

func scanTitle(state string) string {
	switch state {
	case "running":
		return "Looking for leaks"
	case "cancelled":
		return "The scan was cancelled"
	case "failed":
		return "The scan failed"
	}
	return "The scan is done"
}

func scanProgressText(p *LeakProgress) string {
	text := capital(p.Step)
	if p.Total > 0 {
		text = number(p.Done) + " of " + count(p.Total, "agreement", "agreements") + " · " + text
	}
	if p.PerSecond > 0 {
		text += " · " + rate(p.PerSecond)
	}
	return text
}

// notKnownText says of what nothing can be found.
func notKnownText(n int) string {
	if n == 0 {
		return "the seats of all are known"
	}
	return "their seats are not known yet"
}

// signedSeats are the seats of a leak: billed for nothing with a minus. Of a price they are how many it is about.
func signedSeats(l Leak) string {
	if strings.HasPrefix(l.Seats, "-") {
		return "−" + plain(strings.TrimPrefix(l.Seats, "-"))
	}
	return plain(l.Seats)
}
