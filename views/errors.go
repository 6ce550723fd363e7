package views

import (
	"cmp"
	"net/http"
)

// ErrorPage says why a request was not carried out.
type ErrorPage struct {
	Status int
	What   string // what happened; empty: the usual sentence for the status
	Why    string
	Do     string
	// ActionLabel names what can be done about it, at ActionURL; then it is a step that is missing rather than an error.
	ActionLabel, ActionURL string
	RequestID              string // to quote when asking for help
}

// usual is what is said about a status when the handler says nothing itself.
var usual = map[int]ErrorPage{
	http.StatusForbidden: {
		What: "You may not do this.", Why: "Your role does not allow it, or your session has changed.",
		Do: "Ask an Owner or Admin of your company.",
	},
	http.StatusNotFound: {
		What: "This does not exist.", Why: "It was removed, or the address is wrong.", Do: "Go back, or start from the overview.",
	},
	http.StatusMethodNotAllowed: {
		What: "This address cannot be used that way.", Why: "It was opened with a method it does not know.",
		Do: "Go back and use the buttons of the page.",
	},
	http.StatusUnprocessableEntity: {
		What: "Something in the form is not right.", Why: "It was not saved.", Do: "Go back, correct it and try again.",
	},
	http.StatusTooManyRequests: {
		What: "Too many tries.", Why: "To keep accounts safe, tries are limited.", Do: "Wait a few minutes, then try again.",
	},
	http.StatusInternalServerError: {
		What: "Something went wrong on our side.", Why: "The cause is in the server's log.",
		Do: "Try again. If it happens again, tell whoever runs this installation.",
	},
}

func (p ErrorPage) usual() ErrorPage {
	if u, ok := usual[p.Status]; ok {
		return u
	}
	if p.Status >= 500 {
		return usual[http.StatusInternalServerError]
	}
	return ErrorPage{What: "The request was not carried out.", Do: "Go back and try again."}
}

func (p ErrorPage) what() string { return cmp.Or(p.What, p.usual().What) }

// why and do fall back to the usual words only together with the usual
// sentence: next to another one they could be wrong.
func (p ErrorPage) why() string {
	if p.What != "" {
		return p.Why
	}
	return cmp.Or(p.Why, p.usual().Why)
}

func (p ErrorPage) do() string { return cmp.Or(p.Do, p.usual().Do) }

func (p ErrorPage) reference() string {
	if p.RequestID == "" {
		return ""
	}
	return "Reference " + p.RequestID
}
