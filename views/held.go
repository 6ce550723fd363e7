package views

// HeldPage is the list of changes that wait for approval.
type HeldPage struct {
	Run     int64  // only of this run; 0: of all
	Reason  string // only what waits for it; empty: all
	Reasons []Option
	Groups  []HeldGroup
	Total   int   // changes that wait
	Last    int64 // the newest of them: "all" means those up to here
	Pager   Pager
	CSV     string
}

// HeldGroup is the changes of one run that are decided together: those of an agreement, or of agreements that seats move between.
type HeldGroup struct {
	RunID   int64
	Run     string
	Lines   []ChangeRow // one at least
	Because string
	Reasons []string // names of the holds
	Seats   string   // difference of all lines together, a decimal
	Money   Money    // what that is worth in a billing period
}

// holdNames are the holds in a few words.
var holdNames = map[string]string{
	"zero": "To zero", "first": "First write", "lower": "Steep fall", "higher": "Steep rise", "size": "Many seats", "decrease": "Decrease",
	"negative": "Billed below zero", "many": "Many lines go down", "source_zero": "Source says only 0",
	"disputed": "Sources disagree", "found": "Billed elsewhere?", "terms": "Unusual terms",
	"edited": "Edited by hand", "stranded": "Half a move", "again": "Asked again",
}

// HoldName is a hold in a few words.
func HoldName(reason string) string {
	if name, ok := holdNames[reason]; ok {
		return name
	}
	return capital(reason)
}

// allOf says what "all" stands for under the table.
func (p HeldPage) allOf() string {
	if p.Reason == "" {
		return "All " + number(p.Total) + ":"
	}
	return "All " + number(p.Total) + " under " + HoldName(p.Reason) + ":"
}

func (g HeldGroup) first() ChangeRow { return g.Lines[0] }

func (g HeldGroup) name() string { return g.first().Company + ", " + g.first().Agreement }

func heldLead(p HeldPage) string {
	if p.Run != 0 {
		return "Changes of run " + id(p.Run) + " that a person looks at first."
	}
	return "Changes that a person looks at before they are written. The rest of their runs went on."
}

// applyForm is the id of the form that writes a preview.
const applyForm = "apply-preview"
