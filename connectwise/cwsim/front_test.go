package cwsim_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"seatbridge/connectwise/cwsim"
)

func TestCompanyInfo(t *testing.T) {
	t.Parallel()
	s := start(t, cwsim.Config{Companies: -1})
	info := decode[record](t, s.send("GET", "/login/companyinfo/hollowpine", nil, func(r *http.Request) { r.Header = http.Header{} }), 200)
	if info["Codebase"] != "v4_6_release/" || info["IsCloud"] != "False" || info["SiteUrl"] != nil {
		t.Errorf("the company info is %v", info)
	}
	if r := s.send("GET", "/login/companyinfo/nobody", nil); r.status != 200 || r.body != "null" {
		t.Errorf("an unknown company is %d %q", r.status, r.body)
	}
	s.SetFaults(cwsim.Fault{Kind: cwsim.NullCompany})
	if r := s.send("GET", "/login/companyinfo/hollowpine", nil); r.status != 200 || r.body != "null" {
		t.Errorf("the fault answers %d %q", r.status, r.body)
	}
	s.call("GET", companiesList, nil).expect(t, 200, "") // it concerns company info only
}

func TestCloudHosts(t *testing.T) {
	t.Parallel()
	s := start(t, cwsim.Config{Companies: -1, Cloud: true, Codebase: "v2025_1"})
	host := func(name string) func(*http.Request) { return func(r *http.Request) { r.Host = name } }
	info := decode[record](t, s.send("GET", "/login/companyinfo/hollowpine", nil, host("na.example.test")), 200)
	if info["SiteUrl"] != "api-na.example.test" || info["IsCloud"] != "True" || info["Codebase"] != "v2025_1/" {
		t.Errorf("the company info is %v", info)
	}
	s.call("GET", companiesList, nil, host("na.example.test")).expect(t, 403, `"message": "SSL is required."`)
	s.call("GET", companiesList, nil, host("api-na.example.test")).expect(t, 200, "")
	s.call("GET", companiesList, nil).expect(t, 200, "") // an address is not held to it
}

func TestAdmission(t *testing.T) {
	t.Parallel()
	keys := func(company, public, private string) func(*http.Request) {
		return func(r *http.Request) { r.SetBasicAuth(company+"+"+public, private) }
	}
	header := func(name, value string) func(*http.Request) {
		return func(r *http.Request) { r.Header.Set(name, value) }
	}
	c := cwsim.New(cwsim.Config{Companies: -1}).Credentials()
	const api = "/v4_6_release/apis/3.0"
	tests := map[string]struct {
		path   string
		edit   func(*http.Request)
		allow  cwsim.Assumptions
		status int
		text   string
	}{
		"wrong private key":      {edit: keys(c.Company, c.PublicKey, "x"), status: 401, text: "UserNotAuthenticated"},
		"wrong public key":       {edit: keys(c.Company, "x", c.PrivateKey), status: 401, text: `"code": "ConnectWiseApi"`},
		"other code":             {edit: keys(c.Company, "x", c.PrivateKey), allow: cwsim.Assumptions{UnauthorizedCode: true}, status: 401, text: `"code": "Unauthorized"`},
		"as 404":                 {edit: keys(c.Company, "x", c.PrivateKey), allow: cwsim.Assumptions{BadKeys404: true}, status: 404},
		"no keys":                {edit: header("Authorization", ""), status: 401, text: "UserNotAuthenticated"},
		"company in other case":  {edit: keys(strings.ToUpper(c.Company), c.PublicKey, c.PrivateKey), status: 200},
		"wrong company":          {edit: keys("nobody", c.PublicKey, c.PrivateKey), status: 400, text: "Cannot route. Codebase/company is invalid"},
		"wrong company, 401":     {edit: keys("nobody", c.PublicKey, c.PrivateKey), allow: cwsim.Assumptions{WrongCompany401: true}, status: 401},
		"no clientId":            {edit: header("clientId", ""), status: 403, text: "clientId"},
		"unknown clientId":       {edit: header("clientId", "00000000-0000-0000-0000-000000000000"), status: 403, text: "clientId"},
		"no clientId, 400":       {edit: header("clientId", ""), allow: cwsim.Assumptions{MissingClientID400: true}, status: 400, text: "clientId"},
		"plain JSON":             {edit: header("Accept", "application/json"), status: 200},
		"older version":          {edit: header("Accept", "application/vnd.connectwise.com+json; version=2021.1, application/json"), status: 200},
		"unknown version":        {edit: header("Accept", "application/vnd.connectwise.com+json; version=2099.9"), status: 406},
		"unknown version served": {edit: header("Accept", "application/vnd.connectwise.com+json; version=2099.9"), allow: cwsim.Assumptions{IgnoreAcceptVersion: true}, status: 200},
		"wrong codebase":         {path: "/v2019_5/apis/3.0/company/companies", status: 400, text: "Cannot route"},
		"path doubled":           {path: api + api + "/company/companies", status: 400, text: "Cannot route"},
		"unknown endpoint":       {path: api + "/finance/agreements/statuses", status: 404, text: "The endpoint does not exist."},
		"id that is none":        {path: api + "/finance/agreements/abc", status: 404, text: "The endpoint does not exist."},
		"unknown record":         {path: api + "/finance/agreements/999999", status: 404, text: `"code": "NotFound"`},
		"unknown record, empty":  {path: api + "/finance/agreements/999999", allow: cwsim.Assumptions{UnknownRecordEmpty: true}, status: 404},
		"trailing slash":         {path: api + "/procurement/subcategories/", status: 200},
		"no trailing slash":      {path: api + "/procurement/subcategories", status: 200},
		"outside the API":        {path: "/", status: 404, text: "<html>"},
		"over 2000 characters":   {path: api + "/company/companies?conditions=" + strings.Repeat("x", 2100), status: 414, text: "<html>"},
		"info without keys":      {path: api + "/system/info", edit: header("Authorization", ""), status: 200, text: "isCloud"},
		"info with good keys":    {path: api + "/system/info", allow: cwsim.Assumptions{SystemInfoRefused: true}, status: 403},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := start(t, cwsim.Config{Companies: -1, Assumptions: test.allow})
			if test.path == "" {
				test.path = api + "/company/companies"
			}
			if test.edit == nil {
				test.edit = func(*http.Request) {}
			}
			s.send("GET", test.path, nil, test.edit).expect(t, test.status, test.text)
			if entry := s.Requests()[0]; entry.Refused != (test.status >= 400) || entry.Status != test.status {
				t.Errorf("the journal says %+v", entry)
			}
		})
	}
}

func TestKeysNotFoundFault(t *testing.T) {
	t.Parallel()
	s := start(t, cwsim.Config{Companies: -1})
	s.SetFaults(cwsim.Fault{Kind: cwsim.KeysNotFound})
	s.call("GET", companiesList, nil).expect(t, 200, "")
	s.call("GET", companiesList, nil, func(r *http.Request) { r.Header.Del("Authorization") }).expect(t, 404, "<html>")
}

func TestVerbsAndMediaTypes(t *testing.T) {
	t.Parallel()
	s, a := world(t, cwsim.Assumptions{})
	s.call("DELETE", companiesList, nil).expect(t, 405, "")
	s.call("PUT", "/procurement/catalog", "{}").expect(t, 405, "")
	s.send("POST", "/login/companyinfo/hollowpine", "{}").expect(t, 405, "")
	plain := func(r *http.Request) { r.Header.Set("Content-Type", "text/plain") }
	s.call("POST", fmt.Sprintf("/finance/agreements/%d/additions", a.ID), with(nil), plain).expect(t, 415, "")
}

// Each right guards its endpoints and no others.
func TestRights(t *testing.T) {
	t.Parallel()
	calls := []struct {
		module cwsim.Module
		action cwsim.Action
		method string
		path   string
		body   any
	}{
		{cwsim.CompanyMaintenance, cwsim.Inquire, "GET", "/company/companies?pageSize=1", nil},
		{cwsim.TableSetup, cwsim.Inquire, "GET", "/company/companies/types?pageSize=1", nil},
		{cwsim.TableSetup, cwsim.Inquire, "GET", "/finance/agreements/types", nil},
		{cwsim.TableSetup, cwsim.Inquire, "GET", "/procurement/unitOfMeasures", nil},
		{cwsim.ProductCatalog, cwsim.Inquire, "GET", "/procurement/catalog?pageSize=1", nil},
		{cwsim.ProductCatalog, cwsim.Add, "POST", "/procurement/catalog", record{}},
		{cwsim.Agreements, cwsim.Inquire, "GET", "/finance/agreements?pageSize=1", nil},
		{cwsim.Agreements, cwsim.Inquire, "GET", "/finance/agreements/31/additions", nil},
		{cwsim.Agreements, cwsim.Add, "POST", "/finance/agreements/31/additions", with(nil)},
		{cwsim.Agreements, cwsim.Edit, "PATCH", "/finance/agreements/31/additions/4101", []record{}},
	}
	for _, revoked := range calls {
		s, _ := world(t, cwsim.Assumptions{})
		s.Revoke(revoked.module, revoked.action)
		for _, c := range calls {
			forbidden := s.call(c.method, c.path, c.body).status == 403
			if want := c.module == revoked.module && c.action == revoked.action; forbidden != want {
				t.Errorf("without %s %s, %s %s is forbidden: %v", revoked.module, revoked.action, c.method, c.path, forbidden)
			}
		}
	}
	s, _ := world(t, cwsim.Assumptions{SetupTablesOpen: true})
	s.Revoke(cwsim.TableSetup, cwsim.Inquire)
	s.call("GET", "/company/companies/types", nil).expect(t, 200, "")
}

func TestLevelMyIsSilentlyShort(t *testing.T) {
	t.Parallel()
	s := start(t, cwsim.Config{Companies: 60})
	s.Grant(cwsim.CompanyMaintenance, cwsim.Inquire, cwsim.My)
	if n := len(get[[]record](s, companiesList, "pageSize", "1000")); n != 20 {
		t.Errorf("%d of 60 companies are listed", n)
	}
	s.SetAssumptions(cwsim.Assumptions{MySeesAll: true})
	if n := len(get[[]record](s, companiesList, "pageSize", "1000")); n != 60 {
		t.Errorf("%d of 60 companies are listed", n)
	}
}

func TestMySecurity(t *testing.T) {
	t.Parallel()
	s := start(t, cwsim.Config{Companies: -1})
	s.Revoke(cwsim.Agreements, cwsim.Edit)
	rows := map[any]record{}
	for _, r := range get[[]record](s, "/system/mySecurity", "pageSize", "1000") {
		rows[r["moduleFunctionName"]] = r
	}
	r := rows["Agreements"]
	if r["addLevel"] != "All" || r["editLevel"] != "None" || r["deleteLevel"] != "None" || r["inquireLevel"] != "All" || len(rows) < 8 {
		t.Errorf("the row of Agreements is %v of %d", r, len(rows))
	}
	s.SetAssumptions(cwsim.Assumptions{MySecurityOtherNames: true})
	s.call("GET", "/system/mySecurity?pageSize=100", nil).expect(t, 200, "COMPANYMAINTENANCE")
	s.SetAssumptions(cwsim.Assumptions{MySecurityRefused: true})
	s.call("GET", "/system/mySecurity", nil).expect(t, 403, "security permission")
	if me := get[record](s, "/system/myMembers"); me["licenseClass"] != "A" {
		t.Errorf("the member is %v", me)
	}
}
