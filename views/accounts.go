package views

import "time"

// SecondStepPage asks for the second factor, once the password was right. Field: code.
type SecondStepPage struct {
	MSPName    string
	Email      string
	HasApp     bool // an authenticator app
	HasPasskey bool
	Left, Of   int // recovery codes
	Problems   Problems
}

// codeField is the field for a code: of the authenticator app, or a recovery code.
func codeField(hasApp bool, left, of int, p Problems) field {
	f := field{id: "code", name: "code", label: "Code of your authenticator app", kind: "text", problem: p["code"], required: true,
		attrs: map[string]any{"autocomplete": "one-time-code", "autocapitalize": "none", "spellcheck": "false", "autofocus": true}}
	switch {
	case !hasApp:
		f.label, f.hint = "Recovery code", recoveryLeft(left, of)+" left."
	case of > 0:
		f.hint = "6 digits, new every 30 seconds. Or one of your recovery codes, " + recoveryLeft(left, of) + " left."
	default:
		f.hint = "6 digits, new every 30 seconds."
	}
	return f
}

func recoveryLeft(left, of int) string { return number(left) + " of " + number(of) }

// ProofPage asks who somebody is before something is done. Fields: password or code.
type ProofPage struct {
	What       string        // is to be done, such as "Make an API token"
	Action     string        // the address that the form was sent to
	Fields     []HiddenField // what was sent: nothing of it is lost
	Password   bool          // there is no second factor: the password is asked
	Email      string
	HasApp     bool
	HasPasskey bool
	Left, Of   int
	Problems   Problems
}

// HiddenField is a field of a form that is sent on.
type HiddenField struct{ Name, Value string }

// NewPasswordPage lets the owner of a link choose a new password. Field: password.
type NewPasswordPage struct {
	Token    string
	Email    string
	MSPName  string
	Problems Problems
}

// SecondFactorPage holds the second factors of the reader's own account.
type SecondFactorPage struct {
	Lacking  bool // the reader has to set one up before anything else
	Required bool // the reader has to have one
	App      bool
	AppSince time.Time
	Setup    *AuthenticatorSetup // what is being set up
	Passkeys []PasskeyRow
	// NoPasskeys says why there can be none at this address; empty: there can.
	NoPasskeys string
	// Unconfirmed says that the reader has to confirm who they are before a passkey is added.
	Unconfirmed bool
	Left, Of    int      // recovery codes
	Codes       []string // just made, to be shown this once
	Problem     string   // of the whole page
	Problems    Problems // field: name, of a new passkey
	Name        string   // of a new passkey, as typed
}

// AuthenticatorSetup is an authenticator app that is being set up. Field: code.
type AuthenticatorSetup struct {
	QR       QRCode
	Secret   string // for those who cannot scan
	Problems Problems
}

// spaced is the secret in groups of four, as people read it.
func (s AuthenticatorSetup) spaced() string {
	text := ""
	for i, c := range s.Secret {
		if i > 0 && i%4 == 0 {
			text += " "
		}
		text += string(c)
	}
	return text
}

// QRCode is a drawing of so many modules a side.
type QRCode struct {
	Size int
	Path string // the dark modules, as the path of an SVG has them
}

// box is the part of the plane that the drawing fills, with its quiet edge of four modules.
func (q QRCode) box() string {
	side := number(q.Size + 8)
	return "-4 -4 " + side + " " + side
}

// PasskeyRow is a passkey.
type PasskeyRow struct {
	ID   int64
	Name string
	Made time.Time
	Used time.Time // zero: not yet
}

// RequirementForm says who has to have a second factor. Field: second_factor.
type RequirementForm struct {
	Value    string // off, managers or everybody
	Without  int    // active members who would have to set one up, were it everybody
	Problems Problems
}

// requirementChoices are those of the form.
var requirementChoices = []choice{
	{value: "off", label: "Nobody", hint: "Everybody may set one up for themselves."},
	{value: "managers", label: "Owners and Admins", hint: "Those who reach billing, integrations and members."},
	{value: "everybody", label: "Everybody", hint: "Technicians, too."},
}

// without says how many have none yet.
func (f RequirementForm) without() string {
	if f.Without == 0 {
		return "All active members have one."
	}
	return count(f.Without, "active member has", "active members have") + " none."
}

// proofField is the field for a code that proves who somebody is.
func proofField(p ProofPage) field {
	f := codeField(p.HasApp, p.Left, p.Of, p.Problems)
	f.id, f.name, f.problem = "proof-code", "proof_code", p.Problems["proof_code"]
	return f
}

// secondary is the variant of a button beside which another one is the one to press.
func secondary(yes bool) string {
	if yes {
		return "outline"
	}
	return "primary"
}
