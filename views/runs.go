package views

import (
	"slices"
	"strings"
	"time"
)

// RunsPage is the list of runs.
type RunsPage struct {
	Kind, Month, Status string // filters; empty: all
	Kinds, Months       []Option
	Statuses            []Option
	Rows                []RunRow
	Pager               Pager
	CSV                 string
	Missed              []MissedMonth
}

// MissedMonth is a month whose sync was due and that no run has written.
type MissedMonth struct {
	Month     string // YYYY-MM
	Overtaken bool   // a later month has its place on the lines
}

// notice says what becomes of the month.
func (m MissedMonth) notice() Notice {
	n := Notice{Kind: "warning", What: monthName(m.Month) + " is not written yet.",
		Why: "Its sync failed as a whole, was cancelled, or could not begin.",
		Do: "A sync that failed is tried again every hour, until it is written or the next month takes its place; " +
			"see the latest runs for what kept it."}
	if m.Overtaken {
		n.What = monthName(m.Month) + " was never written."
		n.Why = "A later month has taken its place on the lines: what it is short of is not written by itself any more."
		n.Do = "Compare its seats in Usage data with its invoices, and bill by hand what is missing."
	}
	return n
}

func (p RunsPage) filtered() bool { return p.Kind != "" || p.Month != "" || p.Status != "" }

// RunRow is one run.
type RunRow struct {
	ID        int64
	Kind      string // manual, monthly, command, undo, retry or release
	Preview   bool
	Compares  bool      // nothing was to be written: Seatbridge only compared
	Of        int64     // the run that it undoes or retries; 0: none
	Agreement int64     // this agreement only; 0: all
	Only      int       // so many agreements only; 0: all
	Month     string    // YYYY-MM, whose seats it writes
	AsOf      time.Time // real-time figures up to this moment; zero: the whole month
	Actor     string
	Started   time.Time
	Ended     time.Time     // zero: not ended
	Took      time.Duration // how long it worked, all told
	Continued time.Time     // set: what was previewed or approved was written then
	Resumed   time.Time     // set: it was cut off and went on then
	Status    string        // running, planned, done, incomplete, failed, cancelled or discarded
	Counts    RunCounts
	ErrorWhat string
}

// RunCounts are a run's changes by their state.
type RunCounts struct {
	Planned, Written, Unchanged, Skipped, Blocked, Conflict, Held, Failed, Unknown, Rejected, Stale, Cancelled int
}

// RunPage is one run with its changes.
type RunPage struct {
	Run        RunRow
	Done       int // agreements looked at
	Total      int
	Mapped     int // of a run that failed before it knew its total: mapped agreements
	PerSecond  float64
	Notice     *Notice // what went wrong with the run as a whole
	Waits      *Notice // what it waits for while it runs
	List       ChangeList
	Writes     Totals      // what it writes, would write or has written
	Held       Totals      // what waits for approval besides
	Late       LateRows    // what it wrote and is another figure now
	Ticks      []HeldGroup // of a preview: what waits for approval, to be ticked
	TicksLeft  int         // how many more wait than are shown
	Asked      *Notice     // of a preview: as of when the Provider API's report of its month is
	CanApply   bool        // a preview that may be written
	SwitchOn   string      // of a preview while Seatbridge only compares: what the button says that switches writing on with it
	CanDiscard bool
	CanCancel  bool
	CanUndo    bool
	Retry      string // what its button says, with the month; empty: nothing is left to retry
	Again      string // what the button says that syncs the run's month again as a whole; empty: it cannot be
	AgainURL   string
	Overtaken  *Overtaken
}

// Overtaken is what a run did not write and a later one has looked at since, which a retry leaves alone.
type Overtaken struct {
	Agreements int
	By         int64 // the last run that has
}

func runningTitle(r RunRow) string {
	if r.Compares {
		return "Comparing"
	}
	if r.Preview {
		return "Reading agreements"
	}
	return "Syncing"
}

func runProgressText(p RunPage) string {
	text := "Starting"
	if p.Total > 0 {
		text = number(p.Done) + " of " + count(p.Total, "agreement", "agreements")
	}
	if p.PerSecond > 0 {
		text += " · " + rate(p.PerSecond)
	}
	if c := p.Run.Counts; c.Written > 0 {
		text += " · " + number(c.Written) + " written"
	}
	if c := p.Run.Counts; c.Failed > 0 {
		text += " · " + number(c.Failed) + " failed"
	}
	return text
}

// stateCount is how many of a run's changes are in one state.
type stateCount struct {
	state string
	n     int
}

// counts lists the states that occur, what needs a person first.
func (c RunCounts) counts() []stateCount {
	every := []stateCount{
		{"failed", c.Failed}, {"unknown", c.Unknown}, {"conflict", c.Conflict}, {"blocked", c.Blocked}, {"held", c.Held}, {"stale", c.Stale},
		{"planned", c.Planned}, {"written", c.Written}, {"unchanged", c.Unchanged}, {"skipped", c.Skipped},
		{"rejected", c.Rejected}, {"cancelled", c.Cancelled},
	}
	return slices.DeleteFunc(every, func(s stateCount) bool { return s.n == 0 })
}

// shownCounts lists the states that occur; Written also when it is zero.
func shownCounts(c RunCounts) []stateCount {
	list := c.counts()
	if len(list) == 0 {
		return []stateCount{{"written", 0}}
	}
	return list
}

// countsText writes the states that occur in one line.
func countsText(r RunRow) string {
	parts := []string{}
	for _, s := range r.Counts.counts() {
		parts = append(parts, number(s.n)+" "+strings.ToLower(stateLabel(stateOfChange(r.Compares, s.state)).text))
	}
	if len(parts) == 0 {
		return none
	}
	return strings.Join(parts, ", ")
}

// nothing says why the run has no changes: it had nothing to do, or it never came to look.
func (p RunPage) nothing() Notice {
	todo := ""
	if n := max(p.Total, p.Mapped); n > 0 {
		todo = count(n, "agreement was", "agreements were") + " to be synced. "
	}
	switch {
	case p.Run.Status == "failed" && p.Notice != nil:
		return Notice{What: "No line was read", Why: todo + p.Notice.What + " " + p.Notice.Do}
	case p.Run.Status == "cancelled":
		return Notice{What: "No line was read", Why: todo + "The run was cancelled before it had read one."}
	case p.Total == 0:
		return Notice{What: "No changes", Why: "No organization was mapped to an agreement."}
	}
	return Notice{What: "No changes", Why: "No mapped organization had seats to bill, and no line of theirs says any."}
}

// notices are what has to be known about a run before its changes are read.
func (p RunPage) notices() []Notice {
	var list []Notice
	if !p.Run.Resumed.IsZero() {
		list = append(list, Notice{Kind: "info", What: "This run was cut off and went on by itself on " + moment(p.Run.Resumed) + ".",
			Why: "What it had begun was looked up in ConnectWise PSA first; nothing was written twice."})
	}
	if o := p.Overtaken; o != nil {
		list = append(list, Notice{Kind: "info",
			What: "Run " + number(int(o.By)) + " has looked since at " +
				count(o.Agreements, "agreement", "agreements") + " that this run did not write.",
			Why: "A retry leaves " + plural(o.Agreements, "it", "them") + " alone, so as not to bring older figures back.",
			Do:  againText(p), ActionLabel: "Run " + number(int(o.By)), ActionURL: RunPath(o.By)})
	}
	if p.Run.Compares {
		return append(list, Notice{Kind: "info", What: "Nothing was written: Seatbridge only compares.", Why: comparedText,
			ActionLabel: "Switch writing on", ActionURL: WritingPath})
	}
	if p.CanApply {
		list = append(list, Notice{Kind: "info", What: "Nothing has been written yet.", Why: previewText(p.Run)})
	}
	if n := p.Run.Counts.Held; n > 0 && p.Run.Status != "discarded" {
		list = append(list, Notice{Kind: "warning", What: count(n, "change waits", "changes wait") + " for approval.", Why: heldText(p.Run),
			ActionLabel: "Approve or reject", ActionURL: HeldRunPath(p.Run.ID)})
	}
	if n := p.Run.Counts.Stale; n > 0 && p.Run.Status != "planned" {
		list = append(list, Notice{Kind: "info", What: count(n, "line is stale and was", "lines are stale and were") + " left alone.",
			Why: "It is no longer as it was when this run planned it: changed in ConnectWise " +
				"PSA since, or planned anew by a later run. Each says which.",
			Do: "Preview or sync again to see it as it is now."})
	}
	return list
}

// againText says how what a later run looked at can be written all the same.
func againText(p RunPage) string {
	if p.Again == "" {
		return "Sync now writes the figures of the running month, so far."
	}
	return "To write " + monthName(p.Run.Month) + " on these lines all the same, use " + p.Again + "."
}

const comparedText = "Before is what the lines say, written by hand or by another integration; after is what a sync would have written."

func switchOnText(p RunPage) string {
	text := "Exactly what is shown is written to ConnectWise PSA"
	if p.Run.Counts.Held > 0 {
		text += ", and of what waits for approval what you ticked"
	}
	return text + ". From then on syncs write by themselves; you can pause writing at any time."
}

func previewText(r RunRow) string {
	if r.Kind == "undo" {
		return "These are the quantities that would go back. A line that was touched since stays as it is and " +
			"says so; an addition that the run created goes to 0, because it cannot be deleted."
	}
	if r.Kind == "settle" {
		return "These are lines of their own, each of which is billed once, on the next invoice of its agreement. Writing them settles " +
			"the differences that they name. One whose agreement is invoiced, or whose difference is another one meanwhile, is left " +
			"alone and marked stale."
	}
	return "These are the changes a sync would make. Writing them writes exactly what is shown; a line " +
		"that has changed in ConnectWise PSA since is left alone and marked stale, and with it all that belongs to it."
}

func heldText(r RunRow) string {
	if r.Status == "planned" {
		return "They are written with the rest if they are ticked below; otherwise they go on waiting under Approvals."
	}
	return "They are not written before somebody approves them. The rest of the run went on."
}

func heldTitle(r RunRow) string {
	if r.Compares {
		return "Would wait for approval"
	}
	return "Waiting for approval"
}

func writesTitle(r RunRow) string {
	if r.Compares {
		return "Would have written"
	}
	if r.Status == "planned" || r.Status == "running" {
		return "To write"
	}
	return "Written"
}
