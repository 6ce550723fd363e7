package views

import (
	"regexp"
	"strconv"
	"time"
)

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

// actionPart is a part of what an entry says; one that names a run leads there.
type actionPart struct {
	text string
	run  int64 // 0: none
}

var runNamed = regexp.MustCompile(`\brun ([1-9][0-9]{0,17})\b`)

// parts is what an entry says; in those about billing each run that is named stands for itself.
func (r ActivityRow) parts() []actionPart {
	if r.Category != "billing" {
		return []actionPart{{text: r.Action}}
	}
	var parts []actionPart
	end := 0
	for _, at := range runNamed.FindAllStringSubmatchIndex(r.Action, -1) {
		run, _ := strconv.ParseInt(r.Action[at[2]:at[3]], 10, 64) // 18 digits at most
		parts = append(parts, actionPart{text: r.Action[end:at[0]]}, actionPart{r.Action[at[0]:at[1]], run})
		end = at[1]
	}
	return append(parts, actionPart{text: r.Action[end:]})
}
