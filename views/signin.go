package views

// SignInPage asks for e-mail address and password. Problems[""] says why the
// last try failed.
type SignInPage struct {
	MSPName      string
	Email        string // as typed
	Next         string // local address to go to after signing in
	Demo         bool
	DemoEmail    string // shown on the page when Demo
	DemoPassword string
	Notice       string // e.g. that the session has ended
	Passkeys     bool   // one can be used in place of address and password
	Problems     Problems
}

// SetupPage makes the Owner's account from a one-time link.
// Fields: name, email, password, msp.
type SetupPage struct {
	Token    string
	Name     string
	Email    string
	MSPName  string
	Problems Problems
}

// AcceptPage lets an invited member choose a password. Fields: name, password.
type AcceptPage struct {
	Token    string
	Email    string
	Name     string
	MSPName  string
	Role     string
	Problems Problems
}
