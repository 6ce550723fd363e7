package connectwise

import (
	"encoding/json"
	"errors"
	"net/http"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

const fullRole = `[
	{"id":1,"moduleName":"Companies","moduleFunctionName":"Company Maintenance","addLevel":"None","editLevel":"None","inquireLevel":"All"},
	{"id":2,"moduleName":"System","moduleFunctionIdentifier":"TABLESETUP","inquireLevel":"All"},
	{"id":3,"moduleName":"Procurement","moduleFunctionName":"product catalog","addLevel":"All","inquireLevel":"All"},
	{"id":4,"moduleName":"Finance","moduleFunctionName":"Agreements","addLevel":"All","editLevel":"All","inquireLevel":"All"},
	{"id":5,"moduleName":"Finance","moduleFunctionName":"Agreement Invoicing","addLevel":"None","editLevel":"None","inquireLevel":"None"},
	{"id":6,"moduleName":"Finance","moduleFunctionName":"Invoicing","addLevel":"None","editLevel":"None","inquireLevel":"All"}]`

var noPermission = respondJSON(403, `{"code":"Security","message":"You do not have security permission to perform this action."}`)

// summary writes rights in one line each, as "Agreements: Inquire present, Add unknown".
func summary(rights Rights) map[string]string {
	lines := map[string]string{}
	for _, right := range rights {
		var levels []string
		for _, level := range right.Levels {
			text := level.Level + " " + string(level.State)
			if level.OnlyMine {
				text += " mine"
			}
			levels = append(levels, text)
		}
		lines[right.Module] = strings.Join(levels, ", ")
	}
	return lines
}

func TestRights(t *testing.T) {
	t.Parallel()
	complete := map[string]string{
		"Company Maintenance": "Inquire present", "Table Setup": "Inquire present",
		"Product Catalog": "Inquire present, Add present", "Agreements": "Inquire present, Add present, Edit present",
		"Invoicing": "Inquire present",
	}
	with := func(changes map[string]string) map[string]string {
		changed := map[string]string{}
		for module, line := range complete {
			changed[module] = line
		}
		for module, line := range changes {
			changed[module] = line
		}
		return changed
	}
	unchecked := with(map[string]string{"Product Catalog": "Inquire present, Add unknown", "Agreements": "Inquire present, Add unknown, Edit unknown"})
	for _, test := range []struct {
		name    string
		role    http.HandlerFunc
		refused string // path that answers 403
		want    map[string]string
		missing string
	}{
		{"all", respondJSON(200, fullRole), "", complete, ""},
		{"no edit", respondJSON(200, strings.Replace(fullRole, `"editLevel":"All"`, `"editLevel":"None"`, 1)), "",
			with(map[string]string{"Agreements": "Inquire present, Add present, Edit missing"}), "Agreements – Edit"},
		{"only my agreements", respondJSON(200, strings.Replace(fullRole, `"editLevel":"All","inquireLevel":"All"`, `"editLevel":"All","inquireLevel":"My"`, 1)), "",
			with(map[string]string{"Agreements": "Inquire present mine, Add present, Edit present"}), ""},
		{"role not shown", noPermission, "", unchecked, ""},
		{"role not found", respondJSON(404, `{}`), "", unchecked, ""},
		{"role breaks", respondJSON(500, `{}`), "", unchecked, ""},
		{"role is something else", respondJSON(200, `{"id":1}`), "", unchecked, ""},
		{"role with unknown names", respondJSON(200, `[{"id":1,"moduleFunctionName":"X","inquireLevel":"All"}]`), "", unchecked, ""},
		{"role that contradicts itself", respondJSON(200, `[{"id":1,"moduleFunctionName":"Agreements","addLevel":"All"},{"id":2,"moduleFunctionName":"Agreements","addLevel":"None"}]`), "", unchecked, ""},
		{"catalog refused, role not shown", noPermission, "/procurement/catalog",
			with(map[string]string{"Product Catalog": "Inquire missing, Add unknown", "Agreements": "Inquire present, Add unknown, Edit unknown"}), "Product Catalog – Inquire"},
		{"companies refused whatever the role says", respondJSON(200, fullRole), "/company/companies",
			with(map[string]string{"Company Maintenance": "Inquire missing"}), "Company Maintenance – Inquire"},
		{"tables open without their right", respondJSON(200, strings.Replace(fullRole, `"TABLESETUP","inquireLevel":"All"`, `"TABLESETUP","inquireLevel":"None"`, 1)), "",
			complete, ""},
		{"the optional right refused", respondJSON(200, fullRole), "/finance/invoices", with(map[string]string{"Invoicing": "Inquire missing"}), ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			f := newFake(t)
			f.api("GET /system/mySecurity", test.role)
			for _, need := range append(neededRights(), optionalRight) {
				answer := respondJSON(200, `[{"id":1}]`)
				if need.probe == test.refused {
					answer = noPermission
				}
				f.api("GET "+need.probe, answer)
			}
			rights, err := f.client(t).Rights(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(test.want, summary(rights)); diff != "" {
				t.Error(diff)
			}
			if got := strings.Join(rights.Missing(), ", "); got != test.missing {
				t.Errorf("missing %q, want %q", got, test.missing)
			}
			for _, call := range f.apiCalls() {
				if call.method != http.MethodGet {
					t.Errorf("%s %s: checking must not write", call.method, call.path)
				}
			}
			var back Rights
			if err := json.Unmarshal([]byte(mustJSON(t, rights)), &back); err != nil || cmp.Diff(rights, back) != "" {
				t.Errorf("stored rights read back differently: %v", err)
			}
		})
	}
}

// TestOptionalRightThatCannotBeChecked: what ConnectWise answers for it is no reason to refuse the connection.
func TestOptionalRightThatCannotBeChecked(t *testing.T) {
	t.Parallel()
	for _, answer := range []http.HandlerFunc{
		respondJSON(404, `{"code":"ConnectWiseApi","message":"The endpoint does not exist."}`), respondJSON(500, `{}`),
		respond(503, "text/html", "<html>"), respondJSON(400, `{"message":"no"}`), respond(200, "text/html", "<html>"),
	} {
		f := newFake(t)
		f.api("GET /system/mySecurity", noPermission)
		for _, need := range neededRights() {
			f.api("GET "+need.probe, respondJSON(200, `[{"id":1}]`))
		}
		f.api("GET /finance/invoices", answer)
		rights, err := f.client(t).WithTries(1).Rights(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		last := rights[len(rights)-1]
		if !last.Optional || last.Module != "Invoicing" || last.Levels[0].State != Unknown || len(rights.Missing()) != 0 {
			t.Errorf("%+v", rights)
		}
	}
}

func TestRightsFailWithTheConnection(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		answer http.HandlerFunc
		want   error
	}{
		{respondJSON(401, `{"code":"ConnectWiseApi","message":"UserNotAuthenticated"}`), ErrUnauthorized},
		{respondJSON(403, `{"message":"The clientId header is missing or not valid."}`), ErrClientID},
		{respondJSON(404, `{}`), ErrUnroutable},
		{respond(400, "text/plain", "Cannot route. Codebase/company is invalid."), ErrUnroutable},
		{respond(503, "text/html", "<html>"), ErrMaintenance},
		{respond(200, "text/html", "<html>"), ErrNotConnectWise},
		{dropConnection, ErrUnreachable},
	} {
		f := newFake(t)
		f.api("GET /", test.answer)
		rights, err := f.client(t).WithTries(PageTries).Rights(t.Context())
		if !errors.Is(err, test.want) || rights != nil {
			t.Errorf("%v: %v, %v", test.want, rights, err)
		}
	}
}
