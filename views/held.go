package views

// HeldPage is the list of changes that wait for approval.
type HeldPage struct {
	Run    int64 // only of this run; 0: of all
	Groups []HeldGroup
	Total  int   // changes that wait
	Last   int64 // the newest of them: "all" means those up to here
	Pager  Pager
	CSV    string
}

// HeldGroup is the changes of one agreement in one run, which are decided together.
type HeldGroup struct {
	RunID   int64
	Run     string
	Lines   []ChangeRow // one at least
	Because string
}

func (g HeldGroup) first() ChangeRow { return g.Lines[0] }

func (g HeldGroup) name() string { return g.first().Company + ", " + g.first().Agreement }

func heldLead(p HeldPage) string {
	if p.Run != 0 {
		return "Changes of run " + id(p.Run) + " that a person looks at first."
	}
	return "Changes that a person looks at before they are written. The rest of their runs went on."
}
