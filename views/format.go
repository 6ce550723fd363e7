package views

import (
	"fmt"
	"strconv"
	"strings"
	"time"
)

// none stands where there is nothing to show.
const none = "–"

// moment writes an instant in UTC, to the minute.
func moment(t time.Time) string {
	if t.IsZero() {
		return none
	}
	return t.UTC().Format("2 Jan 2006, 15:04") + " UTC"
}

// momentAttr writes an instant for the datetime attribute.
func momentAttr(t time.Time) string { return t.UTC().Format(time.RFC3339) }

// day writes the UTC calendar day of an instant.
func day(t time.Time) string {
	if t.IsZero() {
		return none
	}
	return t.UTC().Format("2 Jan 2006")
}

// calendarDay writes a day given as YYYY-MM-DD; anything else as it is.
func calendarDay(s string) string {
	t, err := time.Parse(time.DateOnly, s)
	if err != nil {
		return s
	}
	return t.Format("2 Jan 2006")
}

// monthName writes a month given as YYYY-MM; anything else as it is.
func monthName(s string) string {
	t, err := time.Parse("2006-01", s)
	if err != nil {
		return s
	}
	return t.Format("January 2006")
}

// shortMonth writes a month given as YYYY-MM in three letters.
func shortMonth(s string) string {
	t, err := time.Parse("2006-01", s)
	if err != nil {
		return s
	}
	return t.Format("Jan")
}

// number writes an integer with a comma between thousands.
func number(n int) string {
	if n < 0 {
		return "−" + thousands(strconv.Itoa(-n))
	}
	return thousands(strconv.Itoa(n))
}

// thousands puts a comma between the thousands of a number's digits.
func thousands(digits string) string {
	var b strings.Builder
	for i, d := range digits {
		if i > 0 && (len(digits)-i)%3 == 0 {
			b.WriteByte(',')
		}
		b.WriteRune(d)
	}
	return b.String()
}

// signed writes a difference with its sign.
func signed(n int) string {
	if n > 0 {
		return "+" + number(n)
	}
	return number(n)
}

// count writes a number with its noun: "1 seat", "2 seats".
func count(n int, one, many string) string {
	if n == 1 {
		return number(n) + " " + one
	}
	return number(n) + " " + many
}

// duration writes how long something took.
func duration(d time.Duration) string {
	switch d = d.Round(time.Second); {
	case d < 0:
		return none
	case d < time.Second:
		return "under 1 s"
	}
	return strings.TrimSuffix(strings.NewReplacer("h", " h ", "m", " min ", "s", " s").Replace(d.String()), " ")
}

// rate writes a speed.
func rate(perSecond float64) string { return fmt.Sprintf("%.0f a second", perSecond) }

func planName(plan string) string {
	switch plan {
	case PlanBusiness:
		return "Business"
	case PlanEnterprise:
		return "Enterprise"
	}
	return plan
}

func licenseName(license string) string {
	switch license {
	case LicenseStandard:
		return "Standard"
	case LicenseTrial:
		return "Trial"
	case LicenseNFR:
		return "NFR"
	}
	return license
}

func roleName(role string) string {
	switch role {
	case "owner":
		return "Owner"
	case "admin":
		return "Admin"
	case "technician":
		return "Technician"
	}
	return role
}

func categoryName(category string) string {
	switch category {
	case "access":
		return "MSP access"
	case "members":
		return "User management"
	case "organizations":
		return "Organization management"
	}
	return capital(category)
}

var runKinds = map[string]string{
	"manual": "Sync now", "monthly": "Monthly sync", "command": "Sync by command",
	"undo": "Undo", "retry": "Retry", "release": "Set to 0 after unmapping",
	"settle": "On the next invoice",
}

// RunKindName is what a kind of run is called.
func RunKindName(kind string) string { return runKinds[kind] }

// RunName is what a run is called.
func RunName(r RunRow) string { return runKind(r) }

func runKind(r RunRow) string {
	switch {
	case r.Compares && r.Kind == "monthly":
		return "Monthly comparison"
	case r.Compares:
		return "Comparison"
	case r.Preview && r.Kind == "undo":
		return "Preview of an undo"
	case r.Preview && r.Kind == "settle":
		return "Preview of lines on the next invoice"
	case r.Preview:
		return "Preview"
	case r.Kind == "manual" && r.Agreement != 0:
		return "Sync now, one agreement"
	}
	name := runKinds[r.Kind]
	if r.Kind == "manual" && r.AsOf.IsZero() {
		name = "Sync again"
	}
	if r.Only > 0 {
		name += ", some agreements"
	}
	return name
}

// runPeriod says whose seats a run writes.
func runPeriod(r RunRow) string {
	if r.AsOf.IsZero() {
		return monthName(r.Month)
	}
	return monthName(r.Month) + ", so far"
}

// capital writes the first letter large.
func capital(s string) string {
	if s == "" {
		return s
	}
	return strings.ToUpper(s[:1]) + s[1:]
}

// label is how a state is shown: with a word and an icon, never by colour alone.
type label struct {
	tone string // success, warning, danger, info or neutral
	icon string
	text string
}

var labels = map[string]label{
	// organizations, members, seats
	"active":    {"success", "circle-check", "Active"},
	"suspended": {"warning", "pause", "Suspended"},
	"pending":   {"info", "mail", "Pending"},
	"deleted":   {"neutral", "trash-2", "Deleted"},
	// changes
	"planned":          {"info", "eye", "Planned"},
	"would_be_planned": {"info", "eye", "Would be written"},
	"would_be_held":    {"info", "hand", "Would wait for approval"},
	"sending":          {"info", "loader-circle", "Writing"},
	"written":          {"success", "circle-check", "Written"},
	"unchanged":        {"neutral", "check", "Unchanged"},
	"skipped":          {"neutral", "circle-dashed", "Skipped"},
	"blocked":          {"warning", "ban", "Blocked"},
	"conflict":         {"warning", "copy-x", "Conflict"},
	"held":             {"info", "hand", "Held"},
	"failed":           {"danger", "circle-x", "Failed"},
	"stale":            {"warning", "history", "Stale"},
	"unknown":          {"danger", "circle-help", "Outcome unknown"},
	"rejected":         {"neutral", "x", "Rejected"},
	"cancelled":        {"neutral", "x", "Cancelled"},
	// runs
	"running":    {"info", "loader-circle", "Running"},
	"done":       {"success", "circle-check", "Done"},
	"incomplete": {"warning", "triangle-alert", "Incomplete"},
	"discarded":  {"neutral", "x", "Discarded"},
	"compared":   {"success", "circle-check", "Compared"},
}

// StateName is what a state of a change or a run is called.
func StateName(state string) string { return stateLabel(state).text }

// ChangeKindName is what a kind of change is called.
func ChangeKindName(kind string) string {
	switch kind {
	case "create":
		return "New line"
	case "update":
		return "Changed quantity"
	}
	return capital(kind)
}

func stateLabel(state string) label {
	if l, ok := labels[state]; ok {
		return l
	}
	return label{"neutral", "circle-dashed", capital(state)}
}

// rightLabel shows whether the API member has a right.
func rightLabel(r Right) label {
	switch {
	case r.State == "present":
		return label{"success", "check", "Present"}
	case r.State == "missing" && r.Optional:
		return label{"neutral", "circle-dashed", "Not granted"}
	case r.State == "missing":
		return label{"danger", "x", "Missing"}
	}
	return label{"neutral", "circle-help", "Not checked"}
}

func connectionLabel(state string) label {
	switch state {
	case "active":
		return label{"success", "circle-check", "Active"}
	case "incomplete":
		return label{"warning", "circle-dashed", "Setup incomplete"}
	case "error":
		return label{"danger", "circle-x", "Error"}
	}
	return label{"neutral", "plug", "Not connected"}
}

// enumerate joins parts in a sentence: "a, b and c".
func enumerate(parts []string) string {
	if len(parts) < 2 {
		return strings.Join(parts, "")
	}
	last := len(parts) - 1
	return strings.Join(parts[:last], ", ") + " and " + parts[last]
}
