package views

// ErrorPage says why a request was not carried out.
type ErrorPage struct {
	Status    int
	What      string // what happened; empty: the usual sentence for the status
	Why       string
	Do        string
	RequestID string // to quote when asking for help
}
