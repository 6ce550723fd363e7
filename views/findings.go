package views

import (
	"strings"
	"time"
)

// FindingsPage is what readings of agreements found.
type FindingsPage struct {
	List FindingList
}

// FindingList is a table of findings with its filters and pages.
type FindingList struct {
	Query  string
	Kind   string // empty: all
	Kinds  []Option
	Meant  bool // those that are meant so, instead of the others
	Rows   []Finding
	Pager  Pager
	Whole  bool // all there is: no pages
	Hidden int  // how many there are beyond Rows, where the list stands on another page than its own
}

func (l FindingList) filtered() bool { return l.Query != "" || l.Kind != "" }

// Finding is something that a reading of an agreement found and a person should know.
type Finding struct {
	AgreementID int64
	ProductID   int64 // 0: the agreement as a whole
	AdditionID  int64 // 0: not about one addition
	Subject     string
	Kind        string // what findings about the subject are called
	Facts       string // what it rests on
	Company     string
	Agreement   string
	Product     string
	Sentence    string
	Advice      string
	Quantity    string // of the addition; empty: none
	Money       Money  // what the addition comes to in a billing period
	HasMoney    bool
	Since       time.Time
	Holds       bool // a write waits for it
	CanZero     bool // its line may be set to 0 by itself
	Note        string
	Creates     bool   // saying that it is meant so lets a line be created
	MeantBy     string // who said that it is meant so; empty: nobody
	MeantAt     time.Time
}

func (f Finding) place() string { return f.Company + ", " + f.Agreement }

// answer is what the button says that answers the finding.
func (f Finding) answer() string {
	if f.Creates {
		return "Create a line all the same"
	}
	return "It is meant so"
}

// answered is what somebody said who answered it.
func (f Finding) answered() string {
	if f.Creates {
		return "A line may be created all the same"
	}
	return "Meant so"
}

// standing is what a line comes to, without the sign that a difference has.
func standing(m Money) string { return strings.TrimPrefix(money(m), "+") }

func showFindings(meant bool) string {
	if meant {
		return "meant"
	}
	return ""
}

func findingNoteID(f Finding) string {
	return "note-" + id(f.AgreementID) + "-" + id(f.ProductID) + "-" + f.Subject + "-" + id(f.AdditionID)
}
