package cwsim

import (
	"fmt"
	"net/http"
	"strings"
)

// Module is a module function of the security role, by the name the role editor shows.
type Module string

// The modules that seat billing needs (docs/connectwise.md section 1), and Invoicing, which shows what was invoiced and
// is no part of the guide's role.
const (
	CompanyMaintenance Module = "Company Maintenance"
	TableSetup         Module = "Table Setup"
	ProductCatalog     Module = "Product Catalog"
	Agreements         Module = "Agreements"
	Invoicing          Module = "Invoicing"
)

// Action is a column of the security role.
type Action string

// The actions.
const (
	Add     Action = "Add"
	Edit    Action = "Edit"
	Delete  Action = "Delete"
	Inquire Action = "Inquire"
)

// Level is how far an action reaches.
type Level string

// The levels.
const (
	None Level = "None"
	My   Level = "My"
	All  Level = "All"
)

// Rights are the levels of one module; an action that is missing is None.
type Rights map[Action]Level

// right is what an endpoint asks for; without a module, every member has it.
type right struct {
	module Module
	action Action
}

// minimumRights are exactly those of the integration guide.
func minimumRights() map[Module]Rights {
	return map[Module]Rights{
		CompanyMaintenance: {Inquire: All},
		TableSetup:         {Inquire: All},
		ProductCatalog:     {Add: All, Inquire: All},
		Agreements:         {Add: All, Edit: All, Inquire: All},
	}
}

// Grant sets a level of the API member's role.
func (s *Sim) Grant(m Module, a Action, l Level) {
	s.lock()
	defer s.mu.Unlock()
	if s.rights[m] == nil {
		s.rights[m] = Rights{}
	}
	s.rights[m][a] = l
}

// Revoke takes an action of a module away.
func (s *Sim) Revoke(m Module, a Action) { s.Grant(m, a, None) }

func (s *Sim) level(m Module, a Action) Level {
	if l := s.rights[m][a]; l != "" {
		return l
	}
	return None
}

// permits checks the role and notes how much of the records the call may see.
func (s *Sim) permits(x *exchange, r right) bool {
	if r.module == "" {
		return true
	}
	if r.module == CompanyMaintenance || r.module == Agreements || r.module == Invoicing {
		x.inquire = s.level(r.module, Inquire)
	}
	if r.module == TableSetup && r.action == Inquire && s.assumptions.SetupTablesOpen {
		return true
	}
	level := s.level(r.module, r.action)
	if level == My && r.action != Inquire && len(x.ids) > 0 {
		return s.assumptions.MySeesAll || owned(x.ids[0])
	}
	return level != None
}

// owned says which records the level My covers: whose they are is not modelled, a third stands in for it.
func owned(id int) bool { return id%3 == 0 }

// securityRow is a row of /system/mySecurity.
type securityRow struct {
	id           int
	group, name  string
	add, edit    Level
	del, inquire Level
}

var mySecurity = newResource("mySecurity", "", []field[securityRow]{
	idField(func(x *securityRow) int { return x.id }),
	computed("addLevel", kindText, func(_ *view, x *securityRow) any { return string(x.add) }),
	computed("editLevel", kindText, func(_ *view, x *securityRow) any { return string(x.edit) }),
	computed("deleteLevel", kindText, func(_ *view, x *securityRow) any { return string(x.del) }),
	computed("inquireLevel", kindText, func(_ *view, x *securityRow) any { return string(x.inquire) }),
	computed("moduleFunctionName", kindText, func(_ *view, x *securityRow) any { return x.name }),
	computed("moduleFunctionDescription", kindText, func(_ *view, x *securityRow) any { return x.name }),
	computed("moduleFunctionIdentifier", kindText, func(_ *view, x *securityRow) any { return strings.ReplaceAll(x.name, " ", "") }),
	computed("moduleName", kindText, func(_ *view, x *securityRow) any { return x.group }),
	computed("moduleIdentifier", kindText, func(_ *view, x *securityRow) any { return x.group }),
	computed("moduleDescription", kindText, func(_ *view, x *securityRow) any { return x.group }),
	constant[securityRow]("myAllFlag", kindBool, true),
	constant[securityRow]("reportFlag", kindBool, false),
	constant[securityRow]("restrictFlag", kindBool, false),
	constant[securityRow]("customFlag", kindBool, false),
	reference("member", idIdentifierName, func(v *view, _ *securityRow) any {
		return object{{"id", memberID}, {"identifier", apiMember}, {"name", "Seat Billing"}, hrefs(v, "member", "/system/members", memberID)}
	}),
}, empty[securityRow](kindInteger, "sortOrder"))

// memberID is the API member.
const memberID = 214

// securityRows makes the rows of the role, with others around those of interest.
func (s *Sim) securityRows(*exchange) (*table[securityRow], *answer) {
	if s.assumptions.MySecurityRefused {
		a := notPermitted()
		return nil, &a
	}
	t := &table[securityRow]{}
	for i, m := range []struct {
		group string
		name  Module
	}{
		{"Companies", CompanyMaintenance}, {"Companies", "Contacts"}, {"Companies", "Company/Contact Group Maintenance"},
		{"Finance", Agreements}, {"Finance", "Agreement Invoicing"}, {"Finance", Invoicing},
		{"Procurement", ProductCatalog}, {"Procurement", "Products"}, {"Procurement", "Purchase Orders"},
		{"Service Desk", "Service Tickets"}, {"System", TableSetup}, {"System", "Member Maintenance"},
	} {
		name := string(m.name)
		if s.assumptions.MySecurityOtherNames {
			name = strings.ToUpper(strings.ReplaceAll(name, " ", ""))
		}
		t.add(i+1, securityRow{
			i + 1, m.group, name,
			s.level(m.name, Add), s.level(m.name, Edit), s.level(m.name, Delete), s.level(m.name, Inquire),
		}, stamp{at: s.now(), by: "zadmin"})
	}
	return t, nil
}

// systemInfo is GET /system/info, which is no test of credentials (docs/connectwise.md section 1).
func systemInfo(s *Sim, x *exchange) answer {
	if s.assumptions.SystemInfoRefused {
		return notPermitted()
	}
	region := "NA"
	if !s.cloud {
		region = ""
	}
	return jsonAnswer(http.StatusOK, object{
		{"version", "v2025.1"}, {"isCloud", s.cloud}, {"serverTimeZone", "Eastern Standard Time"},
		{"licenseBits", []any{object{{"name", "Agreements"}, {"activeFlag", true}}}},
		{"cloudRegion", region}, {"maxWorkFlowRecordsAllowed", 0}, extra,
	})
}

// myMember is GET /system/myMembers: the API member itself.
func myMember(_ *Sim, x *exchange) answer {
	v := x.view()
	return jsonAnswer(http.StatusOK, object{
		{"id", memberID}, {"identifier", apiMember}, {"firstName", "Seat"}, {"lastName", "Billing"}, {"licenseClass", "A"},
		{"inactiveFlag", false}, {"adminFlag", false},
		{"timeZone", link(v, 1, "US Eastern", "timeZone", "/system/timeZoneSetups")},
		{"securityRole", link(v, 63, "Seat billing", "securityRole", "/system/securityRoles")},
		{"_info", object{{"image_href", fmt.Sprint(v.root, "/system/members/", apiMember, "/image")}}}, extra,
	})
}
