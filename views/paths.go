package views

import "net/url"

// Every address of a page or form is written here, once; the route table of
// handlers says the same addresses as patterns, and a test holds the two
// together.

// Signing in, the overview, and the lists.
const (
	OverviewPath    = "/"
	SignInPath      = "/signin"
	SignOutPath     = "/signout"
	DemoPath        = "/demo"
	SecondStepPath  = SignInPath + "/second"
	AttentionPath   = "/attention"
	FindingsPath    = "/findings"
	HeldPath        = "/held"
	RunsPath        = "/runs"
	RunsCSVPath     = RunsPath + ".csv"
	ActivityPath    = "/activity"
	ActivityCSVPath = ActivityPath + ".csv"
	MembersPath     = "/members"
)

// Setting up, from an empty panel to an integration that is active.
const (
	StartPath         = "/start"
	StartConnectPath  = StartPath + "?step=" + StepConnect
	StartProductsPath = StartPath + "?step=" + StepProducts
	StartImportPath   = StartPath + "?step=" + StepImport
	// HostedPath leads from the vendor's hosted integration to Seatbridge.
	HostedPath      = StartPath + "/hosted"
	CheckHostedPath = HostedPath + "/check"
	StartMapPath    = StartPath + "?step=" + StepMap
)

// Organizations and their usage.
const (
	OrganizationsPath         = "/organizations"
	UnmappedOrganizationsPath = OrganizationsPath + "?mapping=unmapped"
	TrialsPath                = OrganizationsPath + "?license=trial"
	NewOrganizationPath       = OrganizationsPath + "/new"
	OrganizationsCSVPath      = OrganizationsPath + ".csv"
	MembersImportPath         = OrganizationsPath + "/import"
	OrganizationsImportPath   = OrganizationsPath + "/import/list"
	UsagePath                 = "/usage"
	UsageCSVPath              = UsagePath + ".csv"
	UsageImportPath           = UsagePath + "/import"
)

// The books of the months.
const (
	MonthsPath    = "/months"
	MonthsCSVPath = MonthsPath + ".csv"
	// VerifyMonthsPath is the months with what verifying their statements found.
	VerifyMonthsPath = MonthsPath + "?verify=all"
)

// Leaks: who is not billed, and who is billed for nothing.
const (
	LeaksPath          = "/leaks"
	LeaksCSVPath       = LeaksPath + ".csv"
	LeakScanPath       = LeaksPath + "/scan"
	LeakProgressPath   = LeaksPath + "/progress"
	CancelLeakScanPath = LeaksPath + "/cancel"
	MeantLeaksPath     = LeaksPath + "/meant"
	WithdrawLeakPath   = LeaksPath + "/withdraw"
	MeantFindingsPath  = FindingsPath + "?show=meant"
)

// MeantLeakPath asks why a leak is meant so.
func MeantLeakPath(leak string) string { return MeantLeaksPath + "?leak=" + url.QueryEscape(leak) }

// The integration with ConnectWise PSA.
const (
	IntegrationsPath   = "/integrations"
	ConnectWisePath    = IntegrationsPath + "/connectwise"
	TestConnectionPath = ConnectWisePath + "/test"
	DisconnectPath     = ConnectWisePath + "/disconnect"
	StartSyncPath      = ConnectWisePath + "/sync"
	StartPreviewPath   = ConnectWisePath + "/preview"

	WritingPath      = ConnectWisePath + "/writing"
	PauseWritingPath = WritingPath + "/pause"
	SwitchOnPath     = WritingPath + "/on"
	FirstWritesPath  = WritingPath + "/first"

	ProductsPath      = ConnectWisePath + "/products"
	SearchProductPath = ProductsPath + "/search"
	NewProductPath    = ProductsPath + "/new"
	CreateProductPath = ProductsPath + "/create"

	CompanyImportPath         = ConnectWisePath + "/import"
	CompanyImportCountsPath   = CompanyImportPath + "/counts"
	CompanyImportCountPath    = CompanyImportPath + "/count"
	CompanyImportProgressPath = CompanyImportPath + "/progress"
	CancelCompanyImportPath   = CompanyImportPath + "/cancel"

	CompaniesPath            = ConnectWisePath + "/companies"
	UnmappedCompaniesPath    = CompaniesPath + "?show=unmapped"
	LatestMappedPath         = CompaniesPath + "?show=mapped&sort=mapped&dir=desc"
	AttentionCompaniesPath   = CompaniesPath + "?show=attention"
	CompanyOrganizationsPath = CompaniesPath + "/organizations"
	ChooseOrganizationPath   = ConnectWisePath + "/organizations/search"

	SuggestionsPath         = ConnectWisePath + "/suggestions"
	RejectedSuggestionsPath = SuggestionsPath + "?show=" + SuggestionsRejected
	MapSuggestionsPath      = SuggestionsPath + "/map"
	RejectSuggestionPath    = SuggestionsPath + "/reject"
	RestoreSuggestionPath   = SuggestionsPath + "/restore"

	MappingsPath      = ConnectWisePath + "/mappings"
	MappingsCSVPath   = MappingsPath + ".csv"
	ApplyMappingsPath = MappingsPath + "/apply"
)

// The NordPass Provider API.
const (
	ProviderPath           = IntegrationsPath + "/provider"
	TestProviderPath       = ProviderPath + "/test"
	PullProviderPath       = ProviderPath + "/pull"
	DisconnectProviderPath = ProviderPath + "/disconnect"
	AddReportedPath        = ProviderPath + "/organizations/add"
	LinkReportedPath       = ProviderPath + "/organizations/link"
	ReportedNamePath       = ProviderPath + "/organizations/name"
)

// Settings.
const (
	SettingsPath       = "/settings"
	AccountPath        = SettingsPath + "#account"
	ApprovalsPath      = SettingsPath + "#approvals"
	SaveApprovalsPath  = SettingsPath + "/approvals"
	MonthsSettingsPath = SettingsPath + "#months"
	SaveMonthsPath     = SettingsPath + "/months"
	SourcesPath        = SettingsPath + "#sources"
	SaveSourcesPath    = SettingsPath + "/sources"
	PasswordPath       = SettingsPath + "/password"
	DigestPath         = SettingsPath + "#digest"
	SaveDigestPath     = SettingsPath + "/digest"
	RevokeSessionsPath = SettingsPath + "/sessions/revoke"
	EndSessionPath     = SettingsPath + "/sessions/end"
	TokensPath         = SettingsPath + "/api"
	NotificationsPath  = SettingsPath + "/notifications"
	NewChannelPath     = NotificationsPath + "/new"
)

// SetupPath is where a new panel's first account is made.
func SetupPath(token string) string { return "/setup/" + token }

// Signing in with a passkey, and the second factors of one's own account.
const (
	PasskeyPath       = SignInPath + "/passkey"
	AskPasskeyPath    = PasskeyPath + "/options"
	AskStepPath       = SecondStepPath + "/options"
	CannotGetInPath   = SignInPath + "/help"
	AskProofPath      = SettingsPath + "/proof/options"
	RequirementPath   = SettingsPath + "/second-factor/required"
	SecondFactorPath  = SettingsPath + "/second-factor"
	AuthenticatorPath = SecondFactorPath + "/authenticator"

	BeginAuthenticatorPath  = AuthenticatorPath + "/new"
	RemoveAuthenticatorPath = AuthenticatorPath + "/remove"
	RecoveryCodesPath       = SecondFactorPath + "/recovery"
	ConfirmFactorPath       = SecondFactorPath + "/confirm"
	PasskeysPath            = SecondFactorPath + "/passkeys"
	NewPasskeyPath          = PasskeysPath + "/options"
)

// RemovePasskeyPath takes a passkey away.
func RemovePasskeyPath(passkey int64) string { return PasskeysPath + "/" + id(passkey) + "/remove" }

// NewPasswordPath is where a link leads by which a member chooses a new password.
func NewPasswordPath(token string) string { return "/password/" + token }

// NewPasswordLinkPath makes such a link for a member.
func NewPasswordLinkPath(member int64) string { return MembersPath + "/" + id(member) + "/password" }

// RemoveFactorsPath takes a member's second factors away.
func RemoveFactorsPath(member int64) string {
	return MembersPath + "/" + id(member) + "/factors/remove"
}

// EndSessionsPath signs a member out everywhere.
func EndSessionsPath(member int64) string { return MembersPath + "/" + id(member) + "/sessions/end" }

// InvitationPath is where an invited member chooses a password.
func InvitationPath(token string) string { return "/invitations/" + token }

// ChangesCSVPath is the file of a page's list of changes.
func ChangesCSVPath(page string) string { return page + "/changes.csv" }

// HeldRunPath is what one run holds.
func HeldRunPath(run int64) string { return HeldPath + "?run=" + id(run) }

// ChooseLinePath takes the line to use of an ambiguous change.
func ChooseLinePath(change int64) string { return "/changes/" + id(change) + "/line" }

// NotTherePath takes that a line which was sent is not in ConnectWise.
func NotTherePath(change int64) string { return "/changes/" + id(change) + "/not-there" }

// MonthPath is the books of a month (YYYY-MM).
func MonthPath(month string) string { return MonthsPath + "/" + month }

// OpenRowsPath is what is open of a month.
func OpenRowsPath(month string) string { return MonthPath(month) + "?show=open" }

// MonthCSVPath is their file.
func MonthCSVPath(month string) string { return MonthPath(month) + "/rows.csv" }

// MonthRowPath is a row of the books, what is known of it and how it was settled.
func MonthRowPath(month string, organization int64, plan string) string {
	return MonthPath(month) + "/rows/" + id(organization) + "/" + plan
}

// CloseMonthPath asks whether a month is to be closed, and takes the answer.
func CloseMonthPath(month string) string { return MonthPath(month) + "/close" }

// StatementPath is the statement of a closed month.
func StatementPath(month string) string { return MonthPath(month) + "/statement" }

// StatementJSONPath is the statement as it is kept, byte for byte.
func StatementJSONPath(month string) string { return StatementPath(month) + ".json" }

// StatementCSVPath is the rows of the statement as a file.
func StatementCSVPath(month string) string { return StatementPath(month) + ".csv" }

// SettlePath asks how chosen rows are to be settled, and takes the answer.
func SettlePath(month string) string { return MonthPath(month) + "/settle" }

// UnsettlePath undoes a settlement.
func UnsettlePath(month string, settlement int64) string {
	return MonthPath(month) + "/settlements/" + id(settlement) + "/undo"
}

// ElsewherePath takes that an organization is invoiced elsewhere than through ConnectWise.
func ElsewherePath(month string, organization int64) string {
	return MonthPath(month) + "/elsewhere/" + id(organization)
}

// WithdrawElsewherePath takes that back.
func WithdrawElsewherePath(month string, organization int64) string {
	return ElsewherePath(month, organization) + "/withdraw"
}

// OrganizationPath is an organization's page, and takes its form.
func OrganizationPath(organization int64) string { return OrganizationsPath + "/" + id(organization) }

// DisputedUsagePath is the usage data of a month about which sources disagree.
func DisputedUsagePath(month string) string { return UsagePath + "?disputed=yes&month=" + month }

// OrganizationMonthPath is an organization's page for a month.
func OrganizationMonthPath(organization int64, month string) string {
	return OrganizationPath(organization) + "?month=" + month
}

// NewOrganizationForPath is the form of an organization for a company.
func NewOrganizationForPath(company int64) string {
	return NewOrganizationPath + "?company=" + id(company)
}

// OrganizationLifePath changes what is said of an organization's life.
func OrganizationLifePath(organization int64) string {
	return OrganizationPath(organization) + "/life"
}

// SuspendOrganizationPath suspends an organization.
func SuspendOrganizationPath(organization int64) string {
	return OrganizationPath(organization) + "/suspend"
}

// ReactivateOrganizationPath reactivates an organization.
func ReactivateOrganizationPath(organization int64) string {
	return OrganizationPath(organization) + "/reactivate"
}

// DeleteOrganizationPath deletes an organization.
func DeleteOrganizationPath(organization int64) string {
	return OrganizationPath(organization) + "/delete"
}

// ExplainPath is how an organization's figure comes about.
func ExplainPath(organization int64) string { return OrganizationPath(organization) + "/explain" }

// SeatsCSVPath is the file of the seats behind a figure.
func SeatsCSVPath(organization int64) string { return OrganizationPath(organization) + "/seats.csv" }

// CorrectionsPath takes a correction of a figure.
func CorrectionsPath(organization int64) string {
	return OrganizationPath(organization) + "/corrections"
}

// KeptPath takes an admin's word about whose figure of a month is right.
func KeptPath(organization int64) string { return OrganizationPath(organization) + "/kept" }

// WithdrawKeptPath takes that word back.
func WithdrawKeptPath(organization int64) string { return KeptPath(organization) + "/withdraw" }

// WithdrawCorrectionPath withdraws a correction.
func WithdrawCorrectionPath(organization int64) string {
	return CorrectionsPath(organization) + "/withdraw"
}

// NoMembersPath takes that an organization has no members.
func NoMembersPath(organization int64) string { return OrganizationPath(organization) + "/no-members" }

// WithdrawNoMembersPath takes that back.
func WithdrawNoMembersPath(organization int64) string {
	return NoMembersPath(organization) + "/withdraw"
}

// SeatsPath takes new members of an organization.
func SeatsPath(organization int64) string { return OrganizationPath(organization) + "/seats" }

// SeatsActionPath takes what is done with selected members.
func SeatsActionPath(organization int64) string { return SeatsPath(organization) + "/action" }

// OrganizationHistoryPath is every change of an organization's lines.
func OrganizationHistoryPath(organization int64) string {
	return OrganizationPath(organization) + "/history"
}

// FileImportPath is an uploaded file.
func FileImportPath(file int64) string { return "/imports/" + id(file) }

// FileImportProgressPath is how far the work on an uploaded file is.
func FileImportProgressPath(file int64) string { return FileImportPath(file) + "/progress" }

// FileImportChangesPath is what an uploaded file changes.
func FileImportChangesPath(file int64) string { return FileImportPath(file) + "/changes" }

// CheckFileImportPath reads an uploaded file with other choices.
func CheckFileImportPath(file int64) string { return FileImportPath(file) + "/check" }

// WriteFileImportPath writes what an uploaded file says.
func WriteFileImportPath(file int64) string { return FileImportPath(file) + "/write" }

// CorrectFileImportPath takes a corrected file in the place of an uploaded one.
func CorrectFileImportPath(file int64) string { return FileImportPath(file) + "/file" }

// DiscardFileImportPath throws an uploaded file away.
func DiscardFileImportPath(file int64) string { return FileImportPath(file) + "/discard" }

// productsPath is the product mapping with the choices made so far.
func productsPath(c ProductChoice) string {
	values := url.Values{}
	if c.BusinessID != 0 {
		values.Set(PlanBusiness, id(c.BusinessID))
	}
	if c.EnterpriseID != 0 {
		values.Set(PlanEnterprise, id(c.EnterpriseID))
	}
	if c.Compare {
		values.Set("writing", "compare")
	}
	if c.Next != "" {
		values.Set("next", c.Next)
	}
	return ProductsPath + "?" + values.Encode()
}

// CompaniesNamedPath is the mapping table with the companies that have a name.
func CompaniesNamedPath(name string) string { return CompaniesPath + "?q=" + url.QueryEscape(name) }

func companyPath(company int64) string { return CompaniesPath + "/" + id(company) }

// MapCompanyPath maps a company's agreement.
func MapCompanyPath(company int64) string { return companyPath(company) + "/map" }

// CompanyShownPath is what an agreement of a company says before an organization is mapped to it.
func CompanyShownPath(company int64) string { return companyPath(company) + "/shown" }

// ShownOnlyPath is the same of an organization, to be read only: nothing can be chosen there.
func ShownOnlyPath(company, agreement, organization int64) string {
	return CompanyShownPath(company) + "?only=true&agreement=" + id(agreement) + "&organization=" + id(organization)
}

// UnmapCompanyPath undoes a company's mapping.
func UnmapCompanyPath(company int64) string { return companyPath(company) + "/unmap" }

// AddCompanyOrganizationPath adds an organization for a company.
func AddCompanyOrganizationPath(company int64) string { return companyPath(company) + "/organizations" }

// RejectForCompanyPath turns down what is suggested for a company.
func RejectForCompanyPath(company int64) string { return companyPath(company) + "/reject" }

// ChooseOrganizationForPath is the organizations that a company can be mapped to.
func ChooseOrganizationForPath(company int64) string {
	return ChooseOrganizationPath + "?company=" + id(company)
}

// FetchPath is an answer of the Provider API as received.
func FetchPath(fetch int64) string { return ProviderPath + "/fetches/" + id(fetch) }

// AgreementPath is an agreement's lines and history.
func AgreementPath(agreement int64) string { return "/agreements/" + id(agreement) }

// SyncAgreementPath syncs one agreement.
func SyncAgreementPath(agreement int64) string { return AgreementPath(agreement) + "/sync" }

// SyncMonthPath asks before a month that is over (YYYY-MM) is synced again, and takes the answer.
func SyncMonthPath(month string) string { return StartSyncPath + "/" + month }

// RunPath is a run and its changes.
func RunPath(run int64) string { return RunsPath + "/" + id(run) }

// RunProgressPath is how far a run is.
func RunProgressPath(run int64) string { return RunPath(run) + "/progress" }

// CancelRunPath stops a run.
func CancelRunPath(run int64) string { return RunPath(run) + "/cancel" }

// ApplyRunPath applies a preview.
func ApplyRunPath(run int64) string { return RunPath(run) + "/apply" }

// DiscardRunPath discards a preview.
func DiscardRunPath(run int64) string { return RunPath(run) + "/discard" }

// UndoRunPath undoes a run.
func UndoRunPath(run int64) string { return RunPath(run) + "/undo" }

// RetryRunPath tries a run's failed changes again.
func RetryRunPath(run int64) string { return RunPath(run) + "/retry" }

func memberPath(member int64) string { return MembersPath + "/" + id(member) }

// SuspendMemberPath suspends a member of the panel.
func SuspendMemberPath(member int64) string { return memberPath(member) + "/suspend" }

// ReactivateMemberPath reactivates a member of the panel.
func ReactivateMemberPath(member int64) string { return memberPath(member) + "/reactivate" }

// RemoveMemberPath removes a member of the panel.
func RemoveMemberPath(member int64) string { return memberPath(member) + "/remove" }

// ChangeRolePath gives a member of the panel another role.
func ChangeRolePath(member int64) string { return memberPath(member) + "/role" }

// RevokeTokenPath revokes an API token.
func RevokeTokenPath(token int64) string { return TokensPath + "/" + id(token) + "/revoke" }

// NewChannelOfPath is the form of a new channel of a kind.
func NewChannelOfPath(kind string) string { return NewChannelPath + "?kind=" + kind }

// ChannelPath is a channel's form.
func ChannelPath(channel int64) string { return NotificationsPath + "/" + id(channel) }

// DeleteChannelPath deletes a channel.
func DeleteChannelPath(channel int64) string { return ChannelPath(channel) + "/delete" }

// TestChannelPath sends a test message through a channel.
func TestChannelPath(channel int64) string { return ChannelPath(channel) + "/test" }
