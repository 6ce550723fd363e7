package views

import "time"

// SettingsPage holds the MSP's settings and the reader's own account.
// Fields of the first form: msp, count_pending.
type SettingsPage struct {
	MSPName      string
	CountPending bool
	HasDefaultID bool // the operator has set a client ID for ConnectWise
	CanEdit      bool
	Problems     Problems
	Approvals    ApprovalsForm
	Password     PasswordForm
	Sessions     []SessionRow
	Version      string
}

// ApprovalsForm says which changes wait for a person. Fields: seats, percent,
// decrease, zero, first, hand_edits.
type ApprovalsForm struct {
	Seats, Percent        string // as typed; empty: off
	Decrease, Zero, First bool
	HandEdits             string // overwrite or hold
	Problems              Problems
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
}
