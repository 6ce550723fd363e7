package views

import (
	"strconv"
	"strings"

	"github.com/a-h/templ"
)

// choice is an entry of a fixed list, such as the license types.
type choice struct {
	value string
	label string
	hint  string
}

var (
	planChoices = []choice{
		{PlanBusiness, "NordPass Business", ""},
		{PlanEnterprise, "NordPass Enterprise", ""},
	}
	licenseChoices = []choice{
		{LicenseStandard, "Standard", "Billed at once"},
		{LicenseTrial, "Trial", "14 days free, then billed"},
		{LicenseNFR, "NFR", "Free, for your own team"},
	}
	roleChoices = []choice{
		{"owner", "Owner", ""},
		{"admin", "Admin", ""},
		{"technician", "Technician", ""},
	}
)

// all puts the entry that filters nothing before a list.
func all(title string, choices ...choice) []choice {
	return append([]choice{{"", title, ""}}, choices...)
}

// named leaves the hints out, for a select.
func named(choices []choice) []choice {
	short := make([]choice, len(choices))
	for i, c := range choices {
		short[i] = choice{value: c.value, label: c.label}
	}
	return short
}

// chosen turns a fixed list into options.
func chosen(choices []choice, value string) []Option {
	options := make([]Option, len(choices))
	for i, c := range choices {
		options[i] = Option{Value: c.value, Label: c.label, Selected: c.value == value}
	}
	return options
}

// swap gives a link its address and lets htmx swap only the target.
func swap(url, target string) templ.Attributes {
	return templ.Attributes{
		"href": url, "hx-get": url, "hx-target": target, "hx-swap": "outerHTML", "hx-push-url": "true",
	}
}

// filters lets a filter bar swap the target while it is typed and chosen in.
func filters(url, target string) templ.Attributes {
	return templ.Attributes{
		"action": url, "method": "get", "role": "search", "class": "filters",
		"hx-get": url, "hx-target": target, "hx-swap": "outerHTML", "hx-push-url": "true",
		"hx-trigger": "submit, change target:select, input delay:300ms target:input", "hx-sync": "this:replace",
	}
}

// inDialog lets a form or link show its answer in the shared dialog.
func inDialog(method, url string) templ.Attributes {
	return templ.Attributes{"hx-" + method: url, "hx-target": "#dialog", "hx-swap": "innerHTML"}
}

// confirmButton opens a confirm dialog.
func confirmButton(dialog string) templ.Attributes {
	return templ.Attributes{"type": "button", "command": "show-modal", "commandfor": dialog, "aria-haspopup": "dialog"}
}

// asking makes a form or button ask before it submits.
func asking(title, text, button string) templ.Attributes {
	return templ.Attributes{"data-confirm-title": title, "data-confirm": text, "data-confirm-button": button}
}

func invalid(problem string) templ.Attributes {
	if problem == "" {
		return nil
	}
	return templ.Attributes{"data-invalid": "true"}
}

// described ties an input to its problem and hint.
func described(f field) templ.Attributes {
	attrs := templ.Attributes{}
	switch {
	case f.problem != "" && f.hint != "":
		attrs["aria-describedby"] = f.id + "-problem " + f.id + "-hint"
	case f.problem != "":
		attrs["aria-describedby"] = f.id + "-problem"
	case f.hint != "":
		attrs["aria-describedby"] = f.id + "-hint"
	}
	if f.problem != "" {
		attrs["aria-invalid"] = "true"
	}
	return attrs
}

// descending is the address that sorts by a column, the highest first; where
// that is the order already, the table's usual order.
func descending(s Sort, column string) string {
	url := s.URLs[column]
	if s.By == column && s.Desc {
		return url
	}
	if strings.Contains(url, "?") {
		return url + "&dir=desc"
	}
	return url + "?dir=desc"
}

func ariaSort(s Sort, column string) string {
	switch {
	case s.By != column:
		return "none"
	case s.Desc:
		return "descending"
	}
	return "ascending"
}

func noticeKind(kind string) string {
	if kind == "" {
		return "error"
	}
	return kind
}

// noticeRole interrupts a screen reader only for what went wrong.
func noticeRole(kind string) string {
	if noticeKind(kind) == "error" {
		return "alert"
	}
	return "status"
}

func noticeIcon(kind string) string {
	switch noticeKind(kind) {
	case "success":
		return "circle-check"
	case "info":
		return "info"
	case "warning":
		return "triangle-alert"
	}
	return "circle-alert"
}

func plural(n int, one, many string) string {
	if n == 1 {
		return one
	}
	return many
}

func id(n int64) string { return strconv.FormatInt(n, 10) }

func current(is bool) templ.Attributes {
	if !is {
		return nil
	}
	return templ.Attributes{"aria-current": "page"}
}

// currentStep marks the step at which one stands.
func currentStep(is bool) templ.Attributes {
	if !is {
		return nil
	}
	return templ.Attributes{"aria-current": "step"}
}

// orPath is an address, or else the usual one.
func orPath(address, usual string) string {
	if address == "" {
		return usual
	}
	return address
}

func pageTitle(title, msp string) string {
	if msp == "" {
		return title + " · Seatbridge"
	}
	return title + " · " + msp + " · Seatbridge"
}

// variant makes a button primary, of which a page has one, or quiet.
func variant(primary bool) templ.Attributes {
	if primary {
		return nil
	}
	return templ.Attributes{"data-variant": "outline"}
}

// distinctLabel is an option's label, with what it stands for where another one is called the same.
func distinctLabel(options []Option, o Option) string {
	for _, other := range options {
		if other.Label == o.Label && other.Value != o.Value {
			return o.Label + " · no. " + o.Value
		}
	}
	return o.Label
}
