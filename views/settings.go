package views

import (
	"strings"
	"time"
)

// SettingsPage holds the MSP's settings and the reader's own account.
// Fields of the first form: msp, count_pending.
type SettingsPage struct {
	MSPName      string
	Pending      PendingChoice
	HasDefaultID bool // the operator has set a client ID for ConnectWise
	CanEdit      bool
	Problems     Problems
	Approvals    ApprovalsForm
	Months       MonthsForm
	Sources      SourcesForm
	Password     PasswordForm
	Digest       DigestForm
	Sessions     []SessionRow

	FactorSummary string           // what second factors the reader has
	HasFactor     bool             // any
	Requirement   *RequirementForm // nil: the reader may not say who has to have one
	Proxy         string           // a peer that passed on addresses and is not trusted; empty: none, or not for the reader
	Version       string
}

// SourcesForm is the order in which the sources of figures are believed. Fields: source_1, source_2 and so on, the first one first.
type SourcesForm struct {
	Places   []SourcePlace
	Since    string // the month from which on the order holds, "2026-10"; empty: for all months
	Problems Problems
}

// SourcePlace is a place in the order, with the sources to choose from.
type SourcePlace struct {
	Name, Label string
	Sources     []Option
}

// hint says what the order does to a bill, and since when it holds.
func (f SourcesForm) hint() string {
	text := "Panel, files, scripts and the Provider API may each say how many seats an organization had in a month. All of it is kept. " +
		"A correction with a reason wins over everything; otherwise the first source of this order that said something of the month is billed. " +
		"A change counts from the running month on; earlier months keep the order of then."
	if f.Since != "" {
		text += " This order holds since " + monthName(f.Since) + "."
	}
	return text
}

// PendingChoice says whether seats pending at the end of a month are counted, and from which month on, "2026-10", that holds; empty:
// for all months.
type PendingChoice struct {
	Counted bool
	Since   string
}

// hint says what the choice does to a bill, and since when it holds.
func (c PendingChoice) hint() string {
	text := "Members invited and not yet joined at the end of the month are billed too. Off is NordPass's current rule; some distributors " +
		"still use the older one. A change counts from the running month on; earlier months stay as they were counted."
	if c.Since != "" {
		text += map[bool]string{true: " On since ", false: " Off since "}[c.Counted] + monthName(c.Since) + "."
	}
	return text
}

// ApprovalsForm says which changes wait for a person. Fields: zero, first, lower_percent, lower_seats, higher_percent, higher_seats,
// seats, decrease, negative, many_lines, many_percent, source_zero, disputed, found, terms, hand_edits. Numbers are as typed; empty: off.
type ApprovalsForm struct {
	LowerPercent, LowerSeats   string
	HigherPercent, HigherSeats string
	Seats                      string
	ManyLines, ManyPercent     string
	Zero, First, Decrease      bool
	Negative, SourceZero       bool
	Disputed                   bool
	Found, Terms               bool
	HandEdits                  string // overwrite or hold
	Problems                   Problems
}

// MonthsForm says when the month before is written and what becomes of it then. Fields: sync_day, sync_hour, remind_days, close_months,
// next_invoice.
// Numbers are as typed.
type MonthsForm struct {
	SyncDay, SyncHour string
	RemindDays        string
	CloseByItself     bool
	NextInvoice       bool
	Problems          Problems
}

// PasswordForm changes the reader's password. Fields: current, password. It is
// never given what was typed.
type PasswordForm struct {
	Problems Problems
}

// SessionRow is one place where the reader is signed in.
type SessionRow struct {
	Device  string // browser and system
	IP      string
	Started time.Time
	Seen    time.Time
	Current bool
	Name    string // by which it is ended; useless for signing in
}

// limitOf is the field of a limit.
func limitOf(name, value, label, hint string) field {
	return field{id: "hold-" + strings.ReplaceAll(name, "_", "-"), name: name, value: value, label: label, hint: hint}
}
