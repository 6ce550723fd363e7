package views

import "time"

// ActivityPage is the activity log. Query fields: member, organization,
// category, from, to (calendar days, at most 90 apart).
type ActivityPage struct {
	Member       string // part of an e-mail address
	Organization string // part of a name
	Category     string
	From         string // YYYY-MM-DD
	To           string
	Rows         []ActivityRow
	Pager        Pager
	CSV          string
	Problems     Problems
}

// ActivityRow is one entry.
type ActivityRow struct {
	At             time.Time
	Actor          string
	IP             string
	Category       string // access, members, organizations, integrations, billing or settings
	Action         string // a sentence without the actor
	OrganizationID int64  // 0: not about one
	Organization   string
}

func categoryChoices() []choice {
	var choices []choice
	for _, category := range []string{"access", "members", "organizations", "integrations", "billing", "settings"} {
		choices = append(choices, choice{value: category, label: categoryName(category)})
	}
	return choices
}
