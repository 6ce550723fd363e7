package billing

import (
	"crypto/rand"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/shopspring/decimal"

	"seatbridge/store"
)

// A Message is what people are told. As JSON it is the body that a webhook receives. It holds no secrets and no names of
// customers: those are behind the link.
type Message struct {
	ID     string        `json:"id"`            // the same when the message is sent again, so that a receiver can drop repeats
	Events []store.Event `json:"events"`        // what it is about
	At     time.Time     `json:"at"`            // when it happened, UTC
	Title  string        `json:"title"`         // one line
	Text   []string      `json:"text"`          // paragraphs of whole sentences
	URL    string        `json:"url,omitempty"` // the page to look at; left out where the panel's address is not known
	Run    *RunReport    `json:"run,omitempty"` // the sync that it is about
}

// RunReport is a sync in figures. Quantities are seats, as decimals in JSON strings.
type RunReport struct {
	ID        int64                     `json:"id"`
	Kind      store.RunKind             `json:"kind"`
	Month     store.Month               `json:"month"` // YYYY-MM
	Status    store.RunStatus           `json:"status"`
	StartedBy string                    `json:"started_by"`
	StartedAt time.Time                 `json:"started_at"`
	EndedAt   time.Time                 `json:"ended_at"`
	Counts    map[store.ChangeState]int `json:"counts"`       // lines by what became of them
	Before    decimal.Decimal           `json:"seats_before"` // sum over the written lines
	After     decimal.Decimal           `json:"seats_after"`
	Unmapped  int                       `json:"unmapped"` // monthly: organizations with billable seats that are not mapped
}

// newMessage is a message with an id that no other has.
func newMessage(at time.Time, title string, text ...string) Message {
	return Message{ID: "msg_" + rand.Text(), At: at.UTC().Truncate(time.Second), Title: title, Text: text}
}

// testMessage is what the Test button sends.
func testMessage(at time.Time, by, url string) Message {
	m := newMessage(at, "Test message from Seatbridge", by+" tries this channel. It works: nothing needs to be done.")
	m.Events, m.URL = []store.Event{store.EventTest}, url
	return m
}

// credentialMessage says that ConnectWise began to refuse what it took before.
func credentialMessage(at time.Time, p store.Problem, url string) Message {
	m := newMessage(at, "ConnectWise PSA stopped accepting Seatbridge", credentialText, problemText(p))
	m.URL = url
	return m
}

const credentialText = "The connection to ConnectWise PSA worked before and does not any more. Nothing is written until it is repaired, under Integrations › ConnectWise PSA."

// runMessage says how a sync ended. p is the sync's problem, or zero; refused says that it is a new one with the credentials.
func runMessage(run store.Run, report RunReport, refused bool, url string) Message {
	m := newMessage(report.EndedAt, subject(run)+": "+report.result())
	m.URL, m.Run = url, &report
	m.Text = append(m.Text, fmt.Sprintf("%s started it on %s; it took %s.",
		report.StartedBy, report.StartedAt.Format("2 January 2006 at 15:04 UTC"), report.EndedAt.Sub(report.StartedAt)))
	if !run.Problem.Zero() {
		m.Text = append(m.Text, problemText(run.Problem))
	}
	if refused {
		m.Text = append(m.Text, credentialText)
	}
	m.Text = append(m.Text, report.sentences()...)
	return m
}

func problemText(p store.Problem) string { return strings.TrimSpace(p.What + " " + p.Do) }

// subject names a run.
func subject(run store.Run) string {
	period := Period{Month: run.Month, AsOf: run.AsOf}
	switch {
	case run.Kind == store.RunMonthly:
		return "Monthly sync of " + period.String()
	case run.Kind == store.RunUndo:
		return fmt.Sprintf("Undo of run %d", run.Of)
	case run.Kind == store.RunRetry:
		return fmt.Sprintf("Retry of run %d", run.Of)
	case run.Kind == store.RunRelease:
		return fmt.Sprintf("Setting the lines of agreement %d to 0", run.Agreement)
	case run.Agreement != 0:
		return fmt.Sprintf("Sync of agreement %d, %s", run.Agreement, period)
	}
	return "Sync of " + period.String()
}

func (r RunReport) result() string {
	switch {
	case r.Status == store.RunFailed:
		return "failed"
	case r.Status == store.RunCancelled:
		return "cancelled"
	case r.open() > 0:
		return plural(r.open(), "line") + " to look at"
	}
	return "done"
}

// open counts the lines that need a person.
func (r RunReport) open() int { return r.Counts[store.StateHeld] + r.unwritten() }

// unwritten counts the lines that should have been written and were not.
func (r RunReport) unwritten() int {
	n := 0
	for _, state := range []store.ChangeState{store.StateFailed, store.StateUnknown, store.StateBlocked, store.StateConflict, store.StateSkipped, store.StateStale} {
		n += r.Counts[state]
	}
	return n
}

func (r RunReport) sentences() []string {
	var text []string
	if n := r.Counts[store.StateWritten]; n > 0 {
		text = append(text, fmt.Sprintf("Written: %s, %s seats now instead of %s.", plural(n, "line"), r.After, r.Before))
	} else if r.Status == store.RunDone {
		text = append(text, "Nothing had to be written: every line is right.")
	}
	if n := r.Counts[store.StateHeld]; n > 0 {
		text = append(text, fmt.Sprintf("Held: %s. Approve or reject them on the run's page.", plural(n, "line")))
	}
	if n := r.unwritten(); n > 0 {
		text = append(text, fmt.Sprintf("Not written: %s. The run's page says for each why, and what to do.", plural(n, "line")))
	}
	if r.Unmapped > 0 {
		text = append(text, fmt.Sprintf("Not mapped: %s with billable seats. Nobody is invoiced for them through ConnectWise PSA until each is mapped to an agreement.", plural(r.Unmapped, "organization")))
	}
	return text
}

// A fact is a line of a message's table.
type fact struct{ Name, Value string }

// Facts are the figures of the message, in a fixed order.
func (m Message) Facts() []fact {
	if m.Run == nil {
		return nil
	}
	facts := []fact{{"Month", m.Run.Month.String()}, {"Started by", m.Run.StartedBy}}
	for _, row := range []struct {
		name  string
		state store.ChangeState
	}{
		{"Written", store.StateWritten}, {"Unchanged", store.StateUnchanged}, {"Held", store.StateHeld}, {"Failed", store.StateFailed},
		{"Outcome unknown", store.StateUnknown}, {"Blocked", store.StateBlocked}, {"Conflict", store.StateConflict},
		{"Skipped", store.StateSkipped}, {"Stale", store.StateStale}, {"Rejected", store.StateRejected}, {"Cancelled", store.StateCancelled},
	} {
		if n := m.Run.Counts[row.state]; n > 0 || row.state == store.StateWritten {
			facts = append(facts, fact{row.name, strconv.Itoa(n)})
		}
	}
	return facts
}
