package cwsim

// Assumptions decides what the contract leaves open (its mark A, its section 6) or reports in two ways. The zero value
// is the strict or the more awkward reading; each switch turns one of them.
type Assumptions struct {
	MissingClientID400      bool // a missing or unknown clientId answers 400 naming it, not 403
	UnauthorizedCode        bool // the 401 body has code Unauthorized instead of ConnectWiseApi
	BadKeys404              bool // wrong keys through v4_6_release answer 404, as on cloud
	WrongCompany401         bool // a wrong company in the credentials is a 401, not "Cannot route"
	UnknownRecordEmpty      bool // an unknown record is a 404 without a body
	IgnoreAcceptVersion     bool // an unsupported version= in Accept is served anyway, not refused with 406
	MySecurityRefused       bool // API members may not read /system/mySecurity
	MySecurityOtherNames    bool // its module names come in capitals and without spaces
	SystemInfoRefused       bool // /system/info refuses good credentials instead of answering without any
	SetupTablesOpen         bool // setup tables are readable without Table Setup rights
	MySeesAll               bool // level My lists everything instead of silently less
	AcceptEndedAgreement    bool // additions of cancelled and expired agreements can be written
	AcceptInactiveProduct   bool // an inactive product can be added
	AcceptNegativeQuantity  bool // a quantity below zero is stored
	AcceptCancelBeforeStart bool // cancelledDate may lie before effectiveDate
	AcceptInvoicedChange    bool // the quantity of a line that is invoiced to its end can change
	AcceptInvoicedDelete    bool // an invoiced line can be deleted (by a role with the delete level)
	RefusePeriodChange      bool // no quantity change once the current period is invoiced, unless the agreement prorates
	AllowClearingCancelled  bool // PATCH can take cancelledDate away again
	AcceptDuplicates        bool // two catalog items may have one identifier
	Identifier60            bool // catalog identifiers end at 60 characters, as on older versions
	CategoryAsSent          bool // a new catalog item's category is not taken from its subcategory
	PricesNotInherited      bool // a new addition does not take price and cost from the catalog
	BilledIsQuantity        bool // billedQuantity does not subtract lessIncluded
	BilledFloorsAtZero      bool // a quantity below lessIncluded bills 0, not a credit
	AdditionStatusOwn       bool // an addition's agreementStatus is computed from its own dates
	AdditionStatusShown     bool // an addition asked for without fields has an additionStatus, as on newer instances
	AuditTrailRefused       bool // the API member may not read /system/audittrail
	AuditUnderAgreement     bool // an addition's history is kept under its agreement's id, not its own
	PatchIntoReference400   bool // a PATCH path into a reference is an error, not a 200 without a change
	ReadOnlyIgnored         bool // a PATCH of a read-only field is a 200 without a change, not an error
	UnknownFieldsEmpty      bool // an unknown name in fields answers an empty 200 instead of 400
	TypesElsewhere          bool // a company's types come back empty; only typeAssociations has them
	TypeNameRefused         bool // agreements cannot be filtered by type/name
	DayAfterMissed          bool // a filter >=[day] misses rows dated that very day
	EmptyAsNull             bool // empty fields are null instead of missing
}

// SetAssumptions replaces all switches.
func (s *Sim) SetAssumptions(a Assumptions) {
	s.lock()
	defer s.mu.Unlock()
	s.assumptions = a
}
