package views

import (
	"net/url"
	"time"
)

// The lists of the page of suggestions, as its address names them.
const (
	SuggestionsReady    = "" // certain, with a clear agreement
	SuggestionsChoose   = "agreement"
	SuggestionsDoubtful = "doubtful"
	SuggestionsRejected = "rejected"
)

// SuggestionsPage reviews which organization each company may be. Fields
// posted: scope (page or all), token, type, shown and pick (both repeated,
// "company-organization") and, for each row, agreement-company-organization.
type SuggestionsPage struct {
	Show       string
	Ready      int // counts behind the lists
	Choose     int
	Doubtful   int
	Refused    int
	Query      string
	Type       string // the agreement type preferred
	Types      []Option
	Rows       []SuggestionRow
	Rejected   []RejectedSuggestion
	Pager      Pager
	Token      string // of the ready suggestions looked at
	Companies  int    // imported
	LastImport time.Time
	Notice     *Notice
}

// SuggestionRow is a company and the organization that it may be.
type SuggestionRow struct {
	CompanyID       int64
	Company         string
	Identifier      string
	OrganizationID  int64
	Organization    string
	Plan            string
	License         string
	Agreements      []AgreementOption
	AgreementReason string // why this agreement, a phrase
	Score           int
	Reason          string // why this organization, a phrase
	Picked          bool
	Error           string // why it cannot be mapped
}

// RejectedSuggestion is a suggestion that was turned down.
type RejectedSuggestion struct {
	CompanyID      int64
	Company        string
	OrganizationID int64
	Organization   string
	By             string
	At             time.Time
}

// pairKey names a company and an organization in ids and fields.
func pairKey(company, organization int64) string { return id(company) + "-" + id(organization) }

func (r SuggestionRow) key() string { return pairKey(r.CompanyID, r.OrganizationID) }

// chosen is the agreement that is chosen; 0: none.
func (r SuggestionRow) chosen() int64 {
	for _, a := range r.Agreements {
		if a.Selected {
			return a.ID
		}
	}
	return 0
}

// usable tells whether there is an agreement to map to.
func (r SuggestionRow) usable() bool {
	for _, a := range r.Agreements {
		if a.Unusable == "" {
			return true
		}
	}
	return false
}

// listURL is another list with the same preferred type.
func (p SuggestionsPage) listURL(show string) string {
	values := url.Values{}
	if show != "" {
		values.Set("show", show)
	}
	if p.Type != "" {
		values.Set("type", p.Type)
	}
	if len(values) == 0 {
		return SuggestionsPath
	}
	return SuggestionsPath + "?" + values.Encode()
}

func suggestionsLead(show string) string {
	switch show {
	case SuggestionsChoose:
		return "The names are the same, but several agreements come into question, or none " +
			"can be used. Choose the agreement, or prefer one type for all."
	case SuggestionsDoubtful:
		return "Names that are only similar, the best first. Look at each before you map it."
	case SuggestionsRejected:
		return "Suggestions that were turned down. They are not made again unless you restore them."
	}
	return "Same name, nobody else of that name, and only one agreement in question. Uncheck what you do not want, then map them all at once."
}

func mapAllTitle(n int) string { return "Map " + count(n, "organization", "organizations") + "?" }

// scoreBand is how a score is coloured; its number is always shown.
func scoreBand(score int) string {
	switch {
	case score >= 90:
		return "high"
	case score >= 60:
		return "middle"
	}
	return "low"
}
