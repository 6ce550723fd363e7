package connectwise

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"unicode"
)

// State is what is known about a level of a right.
type State string

// The states of a level. Unknown means "not checked", never "fine".
const (
	Present State = "present"
	Missing State = "missing"
	Unknown State = "unknown"
)

// Level names, as ConnectWise's security role page has them.
const (
	Inquire = "Inquire"
	Add     = "Add"
	Edit    = "Edit"
)

// LevelState is one level of a right.
type LevelState struct {
	Level string `json:"level"`
	State State  `json:"state"`
	// OnlyMine: granted for the member's own records only, so that lists can be silently short.
	OnlyMine bool `json:"only_mine,omitempty"`
}

// Right is a module of the API member's security role with the levels Seatbridge needs.
type Right struct {
	Module string       `json:"module"`
	Levels []LevelState `json:"levels"`
	// Optional: Seatbridge works without it, and shows less.
	Optional bool   `json:"optional,omitempty"`
	Note     string `json:"note,omitempty"` // a sentence for the admin, if there is something to say
}

// Rights are the four rights that the integration needs, and the optional one (docs/connectwise.md section 1, permissions).
type Rights []Right

// Missing names the needed levels that are known to be missing, such as "Agreements – Edit".
func (r Rights) Missing() []string {
	var missing []string
	for _, right := range r {
		if right.Optional {
			continue
		}
		for _, level := range right.Levels {
			if level.State == Missing {
				missing = append(missing, rightName(right.Module, level.Level))
			}
		}
	}
	return missing
}

func rightName(module, level string) string { return module + " – " + level }

const (
	moduleCompany   = "Company Maintenance"
	moduleTables    = "Table Setup"
	moduleCatalog   = "Product Catalog"
	moduleAgreement = "Agreements"
	moduleInvoicing = "Invoicing"
)

// neededRight is one line of the table in docs/connectwise.md section 1.
type neededRight struct {
	module string
	levels []string
	probe  string // a list that only Inquire opens
}

// neededRights starts with the list by which docs/connectwise.md tells good credentials from bad ones.
func neededRights() []neededRight {
	return []neededRight{
		{moduleAgreement, []string{Inquire, Add, Edit}, agreementsPath},
		{moduleCompany, []string{Inquire}, companiesPath},
		{moduleTables, []string{Inquire}, companiesPath + "/types"},
		{moduleCatalog, []string{Inquire, Add}, catalogPath},
	}
}

// optionalRight shows which invoice a month went on (docs/connectwise.md section 9).
var optionalRight = neededRight{moduleInvoicing, []string{Inquire}, invoicesPath}

// Rights checks the four rights and the optional one without writing anything: Inquire by reading, Add and Edit by what
// ConnectWise says about the role, which API members are not always allowed to see. The error is about the connection or
// the credentials, never about a missing right.
func (c *Client) Rights(ctx context.Context) (Rights, error) {
	needed := neededRights()
	probes := make([]probeResult, len(needed))
	for i, need := range needed {
		var err error
		if probes[i], err = probe(ctx, c, need.probe); err != nil {
			return nil, err
		}
	}
	role, err := readRole(ctx, c)
	if err != nil {
		return nil, err
	}
	var rights Rights
	for i, need := range needed {
		rights = append(rights, role.judge(need, probes[i]))
	}
	optional, err := probeOptional(ctx, c)
	if err != nil {
		return nil, err
	}
	right := role.judge(optionalRight, optional)
	right.Optional = true
	return append(rights, right), nil
}

// probeResult is what reading one record of a list told.
type probeResult struct {
	state State
	note  string
}

func probe(ctx context.Context, c *Client, path string) (probeResult, error) {
	_, _, err := get[[]struct{ ID int }](ctx, c, path, url.Values{"pageSize": {"1"}, "fields": {"id"}})
	var failure *Error
	switch {
	case err == nil:
		return probeResult{state: Present}, nil
	case errors.Is(err, ErrForbidden):
		return probeResult{state: Missing}, nil
	case errors.Is(err, ErrInvalid) && errors.As(err, &failure):
		return probeResult{Unknown, "ConnectWise refused the check: " + failure.Message}, nil
	}
	return probeResult{}, err
}

// probeOptional probes the optional right, after the others have shown that connection and credentials are good: whatever
// ConnectWise answers, it is no reason to refuse the connection.
func probeOptional(ctx context.Context, c *Client) (probeResult, error) {
	result, err := probe(ctx, c, optionalRight.probe)
	if refusesOne(err) {
		return probeResult{state: Unknown, note: "ConnectWise refused the check."}, nil
	}
	return result, err
}

// refusesOne reports whether ConnectWise refused this one request, with whatever answer.
func refusesOne(err error) bool {
	var failure *Error
	return errors.As(err, &failure) && failure.kind != ErrRateLimited &&
		(failure.StatusCode >= http.StatusBadRequest || failure.kind == ErrNotConnectWise)
}

// securityRow is a row of /system/mySecurity. Its identifiers are not published (docs/connectwise.md section 6), so that names and
// identifiers are compared without case and punctuation.
type securityRow struct {
	ModuleFunctionName, ModuleFunctionIdentifier looseText
	AddLevel, EditLevel, InquireLevel            looseText
}

func (r securityRow) isAbout(module string) bool {
	module = bare(module)
	return bare(string(r.ModuleFunctionName)) == module || bare(string(r.ModuleFunctionIdentifier)) == module
}

func (r securityRow) level(name string) string {
	switch name {
	case Inquire:
		return strings.ToLower(string(r.InquireLevel))
	case Add:
		return strings.ToLower(string(r.AddLevel))
	}
	return strings.ToLower(string(r.EditLevel))
}

// bare is a name by its letters and digits alone.
func bare(s string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsLetter(r) || unicode.IsDigit(r) {
			return unicode.ToLower(r)
		}
		return -1
	}, s)
}

// role is the calling member's security role; nil if ConnectWise does not show it.
type role []securityRow

func readRole(ctx context.Context, c *Client) (role, error) {
	query := url.Values{"pageSize": {strconv.Itoa(maxPageSize)}}
	rows, _, err := get[role](ctx, c, "/system/mySecurity", query)
	if refusesOne(err) {
		return nil, nil // refused: the probes have shown that connection and credentials are good
	}
	return rows, err
}

// judge combines what the role says with what reading showed.
func (r role) judge(need neededRight, probed probeResult) Right {
	right := Right{Module: need.module, Note: probed.note}
	for _, name := range need.levels {
		level := r.level(need.module, name)
		if name == Inquire {
			level, right.Note = reconcile(level, probed)
		}
		right.Levels = append(right.Levels, level)
	}
	if slices.ContainsFunc(right.Levels, func(l LevelState) bool { return l.OnlyMine }) {
		right.Note = "The role grants this for “My” records only. Set it to “All”, or lists are silently incomplete."
	}
	return right
}

// reconcile trusts the reading over the role: a list that opens is readable, whatever the role says, and one that is
// refused is not. ConnectWise itself says that setup tables open without their right.
func reconcile(level LevelState, probed probeResult) (LevelState, string) {
	note := probed.note
	switch {
	case probed.state == Present && level.State == Missing:
		note = "The role does not grant Inquire, but reading works. Grant it to be safe."
		level.State = Present
	case probed.state == Missing:
		level = LevelState{Level: level.Level, State: Missing}
	case level.State == Unknown:
		level.State = probed.state
	}
	return level, note
}

// level is what the role says; rows that contradict each other say nothing.
func (r role) level(module, name string) LevelState {
	found := LevelState{Level: name, State: Unknown}
	first := true
	for _, row := range r {
		if !row.isAbout(module) {
			continue
		}
		state := LevelState{Level: name, State: Unknown}
		switch row.level(name) {
		case "all":
			state.State = Present
		case "my":
			state.State, state.OnlyMine = Present, true
		case "none":
			state.State = Missing
		}
		if !first && state != found {
			return LevelState{Level: name, State: Unknown}
		}
		found, first = state, false
	}
	return found
}

// rightFor names the right that a refused request needs, "" if it is none of those that Rights checks.
func rightFor(method, path string) string {
	level := Inquire
	switch method {
	case http.MethodPost:
		level = Add
	case http.MethodPatch:
		level = Edit
	}
	switch {
	case strings.HasPrefix(path, companiesPath+"/types"), strings.HasPrefix(path, companiesPath+"/statuses"),
		strings.HasPrefix(path, agreementTypesPath):
		return rightName(moduleTables, level)
	case strings.HasPrefix(path, companiesPath):
		return rightName(moduleCompany, level)
	case strings.HasPrefix(path, agreementsPath):
		return rightName(moduleAgreement, level)
	case strings.HasPrefix(path, invoicesPath):
		return rightName(moduleInvoicing, level)
	case strings.HasPrefix(path, catalogPath):
		return rightName(moduleCatalog, level)
	case strings.HasPrefix(path, "/procurement/"):
		return rightName(moduleTables, level)
	}
	return ""
}
