package views

import "time"

// Literal props for the tests. Names are hostile where people choose them.

func connection(state string) Connection {
	return Connection{
		State: state, LastSync: at("2026-11-01 00:34"), LastImport: at("2026-11-12 09:20"), NextSync: at("2026-12-01 00:30"), CheckedAt: at("2026-11-20 08:00"),
		Schedule: "00:30 UTC on the first day of each month",
		Error:    Notice{What: "The keys were refused.", Why: "They were revoked.", Do: "Generate new ones.", Detail: "401 Unauthorized"},
	}
}

func seatMonths() []SeatMonth {
	return []SeatMonth{{"2026-09", 10, 5, true, false}, {"2026-10", 0, 0, false, false}, {"2026-11", 1200, 0, true, false}}
}

func overviewPage() OverviewPage {
	return OverviewPage{
		Connection: connection("active"), LastRun: LastRun{At: at("2026-11-01 00:30"), URL: "/runs/8", Result: "41 written"}, NextStep: &NextStep{Why: "Not mapped.", Label: "Map companies", URL: "/integrations/connectwise/companies"},
		Attention: []Attention{{"error", "2 changes failed", hostile, "See them", "/runs/8"}},
		Month:     "2026-11", Business: 1201, Enterprise: 452, Organizations: 41, Mapped: 36, Unmapped: 4, Months: seatMonths(), Runs: []RunRow{runRow()},
		Ended: &EndedMonth{Month: "2026-10", Due: "1653", DueUnknown: 1, Differences: 2, Open: "+4 seats", Agreements: 3, Invoiced: 3},
	}
}

func organizationRow() OrganizationRow {
	return OrganizationRow{ID: 7, Name: hostile, Plan: PlanBusiness, License: LicenseTrial, TrialEnds: at("2026-11-30 10:00"), Status: "active", Managed: true, Seats: 1234, SeatsKnown: true, Company: hostile, Agreement: hostile}
}

func organizationsPage() OrganizationsPage {
	return OrganizationsPage{
		Query: hostile, Plan: PlanBusiness, Sort: sortedBy("name", "name", "plan", "license", "status", "seats", "company"), Any: true, CanEdit: true, CanImport: true,
		Rows: []OrganizationRow{
			organizationRow(),
			{ID: 8, Name: "Suspended Ltd", Plan: PlanEnterprise, License: LicenseStandard, Status: "suspended", Managed: true},
			{ID: 9, Name: "Own team", Plan: PlanEnterprise, License: LicenseNFR, Status: "active", SeatsKnown: true},
		},
		Pager: Pager{Page: 2, From: 51, To: 53, Total: 53, Previous: "/organizations?page=1"},
	}
}

func seatList() SeatList {
	return SeatList{
		OrganizationID: 7, Query: hostile, Any: true, CanEdit: true, Pager: Pager{Page: 3, From: 1, To: 2, Total: 2},
		Rows: []SeatRow{{ID: 1, Email: hostile, Status: "active", Joined: at("2026-03-04 23:30")}, {ID: 2, Email: "gone@x.example", Status: "deleted", Joined: at("2026-03-04 10:00"), Deleted: at("2026-10-10 10:00")}},
		Add:  SeatForm{Emails: "not an address", Problems: Problems{"emails": "Line 1 is not an e-mail address."}},
	}
}

func organizationPage() OrganizationPage {
	return OrganizationPage{
		ID: 7, Name: hostile, Plan: PlanBusiness, License: LicenseStandard, Status: "active", Managed: true, ExternalID: "np-1",
		Explained: explanation(), Months: seatMonths(),
		Mapping: &OrganizationMapping{Company: hostile, Agreement: "Managed Services", Status: "Active", Since: at("2026-02-03 10:00"), By: "ada@x.example", URL: "/integrations/connectwise/companies?q=x"},
		Life: OrganizationLife{
			Begins: at("2025-02-03 09:00"), Entered: at("2025-03-01 09:00"),
			States: []OrganizationState{{at("2025-02-03 09:00"), PlanBusiness, LicenseTrial, true}},
			Form: &LifeForm{
				Action: "/organizations/7/life", Start: hostile, TrialEnds: hostile, Supposed: "2025-02-03",
				Begin:    LifeState{Plan: PlanBusiness, License: LicenseTrial, Managed: "yes", Known: true},
				Changes:  []LifeState{{Since: hostile, Plan: PlanEnterprise, Known: true}, {}},
				Problems: Problems{"start": hostile, "states[1].since": hostile, "states": hostile}, Open: true,
			},
		},
		Form:  OrganizationForm{Action: "/organizations/7", Edit: true, Name: hostile, Plan: PlanBusiness, License: LicenseStandard, Managed: true},
		Seats: seatList(), CanEdit: true, CanSync: true,
	}
}

func explanation() Explanation {
	original := Figure{Seats: 47, Known: true, Plan: PlanBusiness, Source: "Seat ledger"}
	return Explanation{
		OrganizationID: 7, Month: "2026-11", Current: true, Months: []Option{{Value: "2026-11", Label: "November 2026", Selected: true}},
		Figure: Figure{Seats: 48, Known: true, Plan: PlanEnterprise, Source: "Correction"}, Why: hostile, Original: &original, Ledger: 47,
		Forecast: &Forecast{Seats: 51, ToDate: 48}, Turns: []Turn{{At: at("2026-11-10 10:00"), What: hostile}, {At: at("2026-01-10 10:00"), What: "In force.", Before: true}},
		Yes: 1, No: 1, Rows: []SeatShare{{Email: hostile, From: at("2026-03-04 10:00"), Counted: true, Why: hostile}, {Email: "x@x.example", Why: "No."}},
		Pager: Pager{Page: 1, From: 1, To: 2, Total: 2}, CSV: "/organizations/7/seats.csv?month=2026-11",
		Form: &CorrectionForm{Seats: hostile, Plan: PlanBusiness, Reason: hostile, InForce: true, Problems: Problems{"seats": "Enter a number."}},
		Said: []SourceRow{{Source: "Provider API", Seats: 48, Plan: PlanBusiness, By: hostile, Note: hostile, Counts: true}, {Source: "Seat ledger", Seats: 47, Plan: PlanBusiness}},
		Keep: &KeepForm{Sources: []Option{{Value: "ledger", Label: hostile}}, Facts: hostile, Note: hostile, Kept: true, Problems: Problems{"source": "Choose one."}}, Disputed: true,
		Corrections: []Correction{{Seats: 48, Plan: PlanEnterprise, Reason: hostile, At: at("2026-11-10 10:00"), By: hostile, Withdrawn: at("2026-11-11 10:00"), WithdrawnBy: hostile}},
	}
}

func fileImportPage(state string) FileImportPage {
	p := FileImportPage{
		ID: 7, Kind: "members", Name: hostile, State: state, Rows: 3, Unreadable: 1, Encoding: "UTF-8", Delimiter: "commas", Header: []string{hostile, "E-mail"},
		Sample: [][]string{{"2", hostile, hostile}}, Encodings: []Option{{Label: "As recognised"}}, Organization: hostile, Problems: Problems{"email": "Choose the column of the file."},
		Columns: []FileImportColumn{
			{Name: "email", Label: "E-mail address", Required: true, Columns: []Option{{Value: "0", Label: hostile}}},
			{Name: "joined", Label: "Joined", Columns: []Option{{Label: "Not in the file"}}, Orders: []Option{{Value: "day-first", Label: "Day first"}}},
		},
	}
	if state == "checked" || state == "done" {
		p.Problems = nil
		p.Findings = &FileImportFindings{
			Rows: 3, Changes: 2, Counts: []FileImportCount{{"Members added", 2}}, Unchanged: 1, NotInFile: 1, Bad: 1, LeftOut: 1, SkipProblem: "2 rows cannot be imported.",
			Unknown: []FileImportUnknown{{Name: hostile, Rows: 1, Create: true}}, Problems: []FileImportProblem{{Line: 3, Column: hostile, Problem: hostile}}, ProblemCount: 2,
			Organizations: []FileImportOrganization{{ID: 0, Name: hostile, What: "1 member added", URL: "/imports/7/changes?name=x"}}, Pager: Pager{Page: 1, From: 1, To: 1, Total: 1},
		}
	}
	return p
}

func usagePage() UsagePage {
	return UsagePage{
		Month: "2026-11", Current: true, Months: []Option{{Value: "2026-11", Label: "November 2026", Selected: true}, {Value: "2026-10", Label: "October 2026"}},
		Sort: sortedBy("seats", "name", "plan", "license", "seats", "company"), Business: 1201, Enterprise: 452, Counted: 1, Unknown: 1, Forecast: &Forecast{Seats: 1700, ToDate: 1653}, Trend: seatMonths(), CSV: "/usage.csv?month=2026-11",
		Rows: []UsageRow{
			{OrganizationID: 7, Name: hostile, Plan: PlanEnterprise, License: LicenseStandard, Seats: 48, Known: true, Source: "Seat ledger", Why: hostile, Trend: seatMonths(), Company: hostile, Agreement: "Managed Services"},
			{OrganizationID: 8, Name: "No figure Ltd", Plan: PlanBusiness, License: LicenseStandard, Source: "None", State: "failed"},
		},
		Pager: Pager{Page: 1, From: 1, To: 2, Total: 2},
	}
}

func rights() []Right {
	return []Right{
		{Module: "Company Maintenance", Level: "Inquire", Use: "Companies to map", State: "present"},
		{Module: "Table Setup", Level: "Inquire", Use: "Types and statuses", State: "missing"},
		{Module: "Product Catalog", Level: "Add, Inquire", Use: "Products", State: "unknown"},
		{Module: "Agreements", Level: "Inquire, Add, Edit", Use: "Seats", State: "present"},
	}
}

func connectWisePage(state string) ConnectWisePage {
	return ConnectWisePage{
		Connection:  connection(state),
		Credentials: CredentialsForm{Site: "https://na.myconnectwise.net", Company: hostile, PublicKey: "public", ClientID: "client", HasPrivateKey: true},
		Rights:      rights(), Business: &Product{1, "NP-BUS", hostile}, Enterprise: &Product{2, "NP-ENT", "per seat"},
		Companies: 118, Mapped: 36, Unmapped: 4, LastRun: LastRun{At: at("2026-11-01 00:30"), URL: "/runs/8", Result: "41 written"}, SyncMonth: "November 2026, so far",
	}
}

func pickerPage() ProductPickerPage {
	return ProductPickerPage{
		Plan: PlanBusiness, ProductChoice: ProductChoice{EnterpriseID: 22}, Query: hostile, More: true,
		Items: []CatalogItem{
			{ID: 11, Identifier: hostile, Description: hostile, Category: "Software", Subcategory: "Subscriptions", Class: "Agreement", Price: "4.90", Suggested: true, Selected: true},
			{ID: 12, Identifier: "BUNDLE", Price: "19.00", Unusable: "it is a bundle"},
		},
	}
}

func productForm(problems Problems) ProductForm {
	return ProductForm{
		Plan: PlanEnterprise, ProductChoice: ProductChoice{BusinessID: 11}, Identifier: hostile, Description: hostile, Price: "4.90", Cost: "3.10", Problems: problems,
		Subcategories: []OptionGroup{{"Software", []Option{{Value: "5", Label: "Subscriptions", Selected: true}}}},
		Types:         []Option{{Value: "1", Label: "Service"}}, Units: []Option{{Value: "1", Label: "each"}},
	}
}

func importPage(progress *CompanyImportProgress) CompanyImportPage {
	return CompanyImportPage{
		Types:    []Option{{Value: "1", Label: "Client", Count: 96, HasCount: true, Selected: true}, {Value: "2", Label: hostile}},
		Statuses: []Option{{Value: "1", Label: "Active", Selected: true}}, LastImport: at("2026-11-12 09:20"), Imported: 118, Progress: progress,
	}
}

func companyRow() CompanyRow {
	return CompanyRow{
		ID: 5, Name: hostile, Identifier: "Sons", Types: []string{"Client"}, Status: "Active",
		Agreements: []AgreementOption{
			{ID: 11, Name: hostile, Type: "Managed", Status: "Active", Start: "2026-01-01"},
			{ID: 12, Name: "Old", Type: "Managed", Unusable: "ended on 31 Dec 2025"},
		},
	}
}

func mappedCompanyRow() CompanyRow {
	r := companyRow()
	r.ID = 6
	r.Mappings = []CompanyMapping{{OrganizationID: 7, Organization: hostile, Plan: PlanBusiness, License: LicenseTrial, Agreement: "Managed Services", Warning: "It ended."}}
	return r
}

func companiesPage() CompaniesPage {
	return CompaniesPage{
		Show: "unmapped", Types: []Option{{Value: "1", Label: "Client"}}, Statuses: []Option{{Value: "1", Label: "Active"}}, Sort: sortedBy("name", "name", "status"),
		Rows: []CompanyRow{companyRow(), mappedCompanyRow()}, All: 5012, Unmapped: 4010, Mapped: 1002, Attention: 2,
		Pager: Pager{Page: 1, From: 1, To: 2, Total: 4010, Next: "/integrations/connectwise/companies?page=2"},
	}
}

func organizationOptions() OrganizationOptions {
	return OrganizationOptions{
		CompanyID: 5, Query: hostile, More: true,
		Options: []OrganizationOption{{ID: 7, Name: hostile, Plan: PlanBusiness}, {ID: 8, Name: "Taken", Plan: PlanEnterprise, MappedTo: "Elsewhere", Unusable: "mapped to Elsewhere"}},
	}
}

func runRow() RunRow {
	return RunRow{
		ID: 8, Kind: "monthly", Month: "2026-10", Actor: hostile, Started: at("2026-11-01 00:30"), Ended: at("2026-11-01 00:30").Add(247 * time.Second), Took: 247 * time.Second,
		Status: "incomplete", Counts: RunCounts{Written: 41, Failed: 2}, ErrorWhat: hostile,
	}
}

func runsPage() RunsPage {
	return RunsPage{
		Rows: []RunRow{runRow()}, Pager: Pager{From: 1, To: 1, Total: 1}, CSV: "/runs.csv", Missed: []MissedMonth{{Month: "2026-09", Overtaken: true}, {Month: "2026-10"}},
		Kinds: []Option{{Value: "monthly", Label: "Monthly sync"}}, Months: []Option{{Value: "2026-10", Label: "October 2026"}}, Statuses: []Option{{Value: "done", Label: "Done"}},
	}
}

func changeRows() []ChangeRow {
	return []ChangeRow{
		{
			ID: 1, RunID: 8, Run: "Monthly sync", At: at("2026-11-01 00:31"), Company: hostile, AgreementID: 11, Agreement: hostile, Plan: PlanBusiness, Product: "NP-BUS", Before: "46", After: "48", Difference: "2",
			Money: Money{Amount: "9.80", Currency: "USD"}, HandEdited: true, Reason: "48 seats", Warnings: []string{"Edited in ConnectWise: it says 46, Seatbridge left 45 there on 1 October 2026 at 00:31 UTC."}, State: "written",
			DecidedBy: hostile, DecidedAt: at("2026-11-02 09:00"), Shares: []Share{{OrganizationID: 7, Organization: hostile, Seats: 48}},
		},
		{
			ID: 2, RunID: 8, Run: "Monthly sync", Company: "B", AgreementID: 12, Agreement: "A", Plan: PlanEnterprise, Product: "NP-ENT", After: "31", Difference: "31", State: "failed",
			Sync:      &SyncButton{Label: "Sync October again", URL: "/integrations/connectwise/sync/2026-10", Of: "B, A", Agreement: "12"},
			ErrorWhat: "No answer.", ErrorDo: "Sync again.", ErrorDetail: "POST: timeout", Shares: []Share{{OrganizationID: 8, Organization: "X", Seats: 31}, {OrganizationID: 9, Organization: "Y", Unknown: true}},
		},
		{ID: 3, RunID: 8, Run: "Monthly sync", Company: "C", AgreementID: 13, Agreement: "A", Plan: PlanBusiness, Product: "NP-BUS", Before: "10", After: "0", Difference: "-10", Money: Money{Amount: "-1049.00", Currency: "EUR"}, State: "blocked", Warnings: []string{"Cancelled."}},
		{
			ID: 4, RunID: 8, Run: "Monthly sync", Company: "D", AgreementID: 14, Agreement: "A", Plan: PlanBusiness, Product: "NP-BUS", After: "3", State: "conflict", Reason: "Several.", Chosen: 22,
			Sync:       &SyncButton{Label: "Sync now: November, so far", URL: "/agreements/14/sync", Of: "D, A"},
			Candidates: []Candidate{{AdditionID: 21, Quantity: "2", Effective: "2026-01-01", Description: hostile}, {AdditionID: 22, Quantity: "3"}},
		},
	}
}

func changeList() ChangeList {
	return ChangeList{
		Path: "/runs/8", Query: hostile, States: []Option{{Value: "failed", Label: "Failed", Count: 2, HasCount: true}}, Kinds: []Option{{Value: "update", Label: "Changed quantity"}},
		Rows: changeRows(), Pager: Pager{Page: 1, From: 1, To: 4, Total: 4}, CSV: "/runs/8/changes.csv",
	}
}

func runPage() RunPage {
	return RunPage{
		Run: runRow(), List: changeList(), CanUndo: true, Retry: "Retry October",
		Again: "Sync October again", AgainURL: "/integrations/connectwise/sync/2026-10", Overtaken: &Overtaken{Agreements: 2, By: 9},
		Writes: Totals{Lines: 41, SeatsMore: "33", SeatsLess: "-10", Money: []MoneyTotal{{Money{Amount: "1120.50", Currency: "EUR"}, Money{Amount: "-49.00", Currency: "EUR"}}, {Money{Amount: "9.80", Currency: "USD"}, Money{Amount: "0.00", Currency: "USD"}}}, Unpriced: 3},
	}
}

func heldPage() HeldPage {
	rows := changeRows()
	return HeldPage{
		Groups: []HeldGroup{{RunID: 8, Run: "Monthly sync", Because: "A change of +200 is larger than 100 seats.", Lines: rows[:2]}, {RunID: 7, Run: "Sync now", Because: hostile, Lines: rows[2:3]}},
		Total:  3, Last: 3, Pager: Pager{Page: 1, From: 1, To: 3, Total: 3}, CSV: "/held/changes.csv",
	}
}

func agreementPage() AgreementPage {
	list := changeList()
	list.Path, list.ShowRun = "/agreements/11", true
	return AgreementPage{
		ID: 11, Name: hostile, Type: "Managed", Status: "Active", Company: hostile, CompanyURL: "/integrations/connectwise/companies?q=x", Unusable: "It ended.",
		Organizations: []NamedLink{{hostile, "/organizations/7"}}, Lines: []AgreementLine{{Product: "NP-BUS", AdditionID: 21, Written: "48", WrittenAt: at("2026-11-01 00:31"), Reads: "47", ReadAt: at("2026-11-20 09:02"), Due: "50", Chosen: true}, {Product: "NP-ENT", AdditionID: 22}},
		Month: "2026-11", NextInvoice: "2026-12-01",
		List: list, CanSync: true, SyncMonth: "November 2026, so far",
	}
}

func attentionPage() AttentionPage {
	list := changeList()
	list.Path, list.ShowRun = "/attention", true
	return AttentionPage{Attention: []Attention{{Kind: "error", Title: hostile, Detail: "Look.", ActionLabel: "Show them", ActionURL: "/attention?state=failed"}}, List: list}
}

func runningPage() RunPage {
	p := runPage()
	p.Run.Status, p.Run.Ended = "running", time.Time{}
	p.Done, p.Total, p.PerSecond, p.CanCancel = 44, 118, 9, true
	return p
}

func activityPage() ActivityPage {
	return ActivityPage{
		Member: hostile, Category: "members", From: "2026-08-25", To: "2026-11-23", CSV: "/activity.csv", Pager: Pager{Page: 1, From: 1, To: 1, Total: 1},
		Rows: []ActivityRow{{At: at("2026-11-20 10:00"), Actor: hostile, IP: "203.0.113.7", Category: "members", Action: hostile, OrganizationID: 7, Organization: hostile}},
	}
}

func membersPage(problems Problems) MembersPage {
	return MembersPage{
		CanEdit: true, InviteLink: "https://x.example/invitations/abc", InvitedAs: "eve@x.example", Invite: InviteForm{Role: "admin", Problems: problems},
		Rows: []MemberRow{
			{ID: 1, Name: "Ada", Email: "ada@x.example", Role: "owner", Status: "active", Sessions: 2, Self: true, LastOwner: true},
			{ID: 2, Name: hostile, Email: "tom@x.example", Role: "technician", Status: "active", LastSeen: at("2026-11-20 10:00"), Sessions: 1},
			{ID: 3, Name: "Eve", Email: "eve@x.example", Role: "admin", Status: "suspended"},
		},
	}
}

func settingsPage(problems Problems) SettingsPage {
	return SettingsPage{
		MSPName: hostile, CanEdit: true, Approvals: ApprovalsForm{Seats: "100", LowerPercent: "x", Zero: true, HandEdits: "hold", Problems: Problems{"lower_percent": "Enter a whole number."}}, Months: MonthsForm{SyncDay: "31", SyncHour: hostile, RemindDays: "2", Problems: Problems{"sync_day": "Enter a whole number."}}, Version: "v1", Password: PasswordForm{Problems: problems},
		Sessions: []SessionRow{{Device: hostile, IP: "203.0.113.7", Seen: at("2026-11-20 10:00"), Current: true}, {Device: "Phone", IP: "203.0.113.8"}},
	}
}
