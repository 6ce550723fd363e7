package cwsim

import (
	"fmt"
	"math/rand/v2"
	"time"

	"github.com/shopspring/decimal"
)

// Ids of setup rows that code refers to.
const (
	typeCustomer = 1
	typeManaged  = 2
	typeProspect = 3
	typeVendor   = 4
	typePartner  = 5
	typeFormer   = 6

	statusActive      = 1
	statusInactive    = 2
	statusNotApproved = 3
	statusCreditHold  = 4

	statusNew = 1 // of an invoice

	firstCompany   = 250
	firstAgreement = 31
)

// NordPassBusiness is the identifier of the one NordPass product that the catalog already has.
const NordPassBusiness = "NP-BUS"

// seeder fills a new instance.
type seeder struct {
	*Sim
	chance *rand.Rand
	by     stamp
	today  time.Time
	month  time.Time // first day of the current month
	resale []int     // catalog items that ordinary lines use
	np     int       // the NordPass Business item
}

// fill makes all data, dated relative to the clock's today.
func (s *Sim) fill(seed uint64, companies int) {
	today := s.today()
	f := &seeder{
		Sim:    s,
		chance: rand.New(rand.NewPCG(seed, 0xf111)),
		by:     stamp{at: today.AddDate(0, -2, 0), by: "zadmin", request: -1 << 30},
		today:  today,
		month:  monthStart(today),
	}
	f.setupTables()
	f.fillCatalog()
	f.fillCompanies(companies)
}

func (f *seeder) setupTables() {
	for i, t := range []CompanyType{
		{Name: "Customer", Default: true}, {Name: "Managed Customer"}, {Name: "Prospect"}, {Name: "Vendor", Vendor: true},
		{Name: "Partner"}, {Name: "Former Customer"}, {Name: "Owner"},
	} {
		t.ID = i + 1
		f.companyTypes.add(t.ID, t, f.by)
	}
	for i, t := range []CompanyStatus{
		{Name: "Active", Default: true}, {Name: "Inactive", Inactive: true}, {Name: "Not Approved"}, {Name: "Credit Hold"}, {Name: "Imported"},
	} {
		t.ID = i + 1
		f.companyStatuses.add(t.ID, t, f.by)
	}
	for i, t := range []AgreementType{
		{Name: "Managed Services", Default: true}, {Name: "Security Subscription", Prorate: true}, {Name: "Block Time"},
		{Name: "Cloud Licensing", Prorate: true}, {Name: "Legacy Contract", Inactive: true},
	} {
		t.ID = i + 1
		f.agreementTypes.add(t.ID, t, f.by)
	}
	for i, t := range []ProductType{
		{Name: "Service", XRef: "Service"}, {Name: "Subscription", XRef: "NonInventoryPart", Default: true},
		{Name: "Hardware", XRef: "InventoryPart"},
		{Name: "Fees", XRef: "OtherCharge"}, {Name: "Rental (old)", XRef: "NonInventoryPart", Inactive: true},
	} {
		t.ID = i + 1
		f.productTypes.add(t.ID, t, f.by)
	}
	for i, t := range []Unit{
		{Name: "Each", Default: true}, {Name: "Seat"}, {Name: "Device"}, {Name: "Hour"}, {Name: "GB"}, {Name: "Dozen", Inactive: true},
	} {
		t.ID = i + 1
		f.units.add(t.ID, t, f.by)
	}
	for i, t := range []BillingStatus{{Name: "New", Default: true}, {Name: "Sent", Sent: true}, {Name: "Paid", Sent: true, Closed: true}} {
		t.ID = i + 1
		f.billingStatuses.add(t.ID, t, f.by)
	}
	f.setupCategories()
}

func (f *seeder) setupCategories() {
	sub := 0
	for i, c := range []struct {
		name string
		subs []string
	}{
		{"Security", []string{"Password Management", "Endpoint Protection", "Mail Security", "Awareness Training"}},
		{"Cloud Services", []string{"Productivity Suites", "Hosting", "Storage"}},
		{"Backup", []string{"Server Backup", "Workstation Backup"}},
		{"Network", []string{"Firewalls", "Wireless"}},
		{"Labor", []string{"Support", "Projects"}},
		{"Hardware", []string{"Workstations", "Peripherals"}},
		{"Retired", []string{"Discontinued"}},
	} {
		id := i + 1
		f.categories.add(id, Category{ID: id, Name: c.name, Inactive: c.name == "Retired", Default: i == 0}, f.by)
		for _, name := range c.subs {
			sub++
			f.subcategories.add(sub, Subcategory{ID: sub, Name: name, CategoryID: id, Inactive: c.name == "Retired"}, f.by)
		}
	}
}

// fillCatalog makes about sixty products: three sizes or terms of each line, and some that need care.
func (f *seeder) fillCatalog() {
	for _, line := range []struct {
		code, text string
		sub, unit  int
		cents      int64
	}{
		{"EPP", "Endpoint protection", 2, 3, 450}, {"EDR", "Managed detection and response", 2, 3, 1100}, {"MAIL", "Mail filtering", 3, 2, 300},
		{"ARCH", "Mail archiving", 3, 2, 275}, {"SAT", "Security awareness training", 4, 2, 199}, {"SUITE", "Productivity suite", 5, 2, 1250},
		{"HOST", "Virtual server hosting", 6, 1, 8900}, {"STOR", "Cloud storage", 7, 5, 9}, {"SBAK", "Server backup", 8, 3, 6500},
		{"WBAK", "Workstation backup", 9, 3, 850}, {"FW", "Managed firewall", 10, 3, 7500}, {"WIFI", "Managed wireless", 11, 3, 1800},
		{"SUP", "Support desk", 12, 2, 6900}, {"PROJ", "Project labor", 13, 4, 14500}, {"WS", "Workstation rental", 14, 3, 3900},
		{"MON", "Monitor rental", 15, 3, 700}, {"DARK", "Dark web monitoring", 4, 2, 150},
	} {
		for i, size := range []string{"Essential", "Standard", "Complete"} {
			price := decimal.New(line.cents*int64(i+2)/2, -2)
			item := f.product(fmt.Sprintf("%s-%d", line.code, i+1), line.text+", "+size, line.sub, line.unit, price)
			f.resale = append(f.resale, item.id)
		}
	}
	f.np = f.product(NordPassBusiness, "NordPass Business", 1, 2, decimal.RequireFromString("4.99")).id
	f.awkwardProducts()
}

func (f *seeder) product(identifier, description string, sub, unit int, price decimal.Decimal) *row[CatalogItem] {
	return f.insertCatalogItem(CatalogItem{
		Identifier: identifier, Description: description, CustomerDescription: description, SubcategoryID: sub, TypeID: 2,
		Class: "Agreement", UnitID: unit, Price: price, Cost: price.Mul(decimal.RequireFromString("0.7")).Round(2), Taxable: true,
		Recurring: true, Billable: "Billable", CycleType: "CalendarYear",
	}, f.by)
}

func (f *seeder) awkwardProducts() {
	four := decimal.RequireFromString("4.00")
	f.product("NP-BUS-2019", "NordPass Business (old price)", 1, 2, four).value.Inactive = true
	f.product("NP-TEAMS", "NordPass Teams", 1, 2, decimal.RequireFromString("1.99"))
	bundle := f.product("SEC-BUNDLE", "Security bundle with NordPass Business", 1, 2, decimal.RequireFromString("19.90"))
	bundle.value.Class = "Bundle"
	f.product("FREE-PASS", "Password vault, price not set", 1, 2, decimal.Zero)
	f.product("PROTEC-Ñ", "Protección “Ünïcode” – contraseñas 密码", 1, 2, four)
	f.product("BOLD<b>", "<b>Bold</b> backup & restore", 9, 3, four)
	f.product("5%_OFF[x]", "Discount \"5 %\" [special] * 'odd'", 12, 1, four)
	fee := f.product("FEE-SETUP", "Onboarding fee", 13, 1, decimal.RequireFromString("250.00"))
	fee.value.Class, fee.value.Recurring, fee.value.TypeID = "NonInventory", false, 4
	f.product("OLD-PAGER", "Pager rental", 16, 3, four).value.Inactive = true
}

// fillCompanies makes n companies; when there is room, the last are the awkward ones.
func (f *seeder) fillCompanies(n int) {
	awkward := f.awkwardCompanies()
	ordinary := n
	if n >= 3*len(awkward) {
		ordinary = n - len(awkward)
	}
	for _, name := range companyNames(f.chance, ordinary) {
		c := Company{Name: name, StatusID: statusActive}
		f.sortIn(&c)
		id := f.insertCompany(c, f.by).id
		if c.TypeIDs[0] == typeManaged || c.TypeIDs[0] == typeCustomer {
			f.fillAgreements(id)
		}
	}
	if ordinary == n {
		return
	}
	for _, a := range awkward {
		company := f.insertCompany(a.company, f.by)
		for _, agreement := range a.agreements {
			f.awkwardAgreement(company.id, agreement)
		}
	}
}

// sortIn gives a company its types and, now and then, another status.
func (f *seeder) sortIn(c *Company) {
	switch roll := f.chance.IntN(100); {
	case roll < 50:
		c.TypeIDs = []int{typeManaged}
	case roll < 65:
		c.TypeIDs = []int{typeManaged, typeCustomer}
	case roll < 80:
		c.TypeIDs = []int{typeCustomer}
	case roll < 88:
		c.TypeIDs = []int{typeProspect}
	case roll < 94:
		c.TypeIDs = []int{typeVendor}
	case roll < 97:
		c.TypeIDs = []int{typePartner}
	default:
		c.TypeIDs = []int{typeFormer}
	}
	switch roll := f.chance.IntN(100); {
	case roll < 4:
		c.StatusID = statusInactive
	case roll < 6:
		c.StatusID = statusNotApproved
	case roll < 8:
		c.StatusID = statusCreditHold
	}
}

// fillAgreements gives a customer one agreement, often a second.
func (f *seeder) fillAgreements(companyID int) {
	start := f.month.AddDate(0, -f.chance.IntN(40)-2, 0)
	main := f.insertAgreement(Agreement{
		CompanyID: companyID, Name: "Managed Services", TypeID: 1, Start: start, Prorate: f.chance.IntN(2) == 0,
	}, f.by)
	f.fillLines(main)
	if f.chance.IntN(100) < 20 {
		main.value.End = f.month.AddDate(1+f.chance.IntN(2), 0, -1)
	}
	switch roll := f.chance.IntN(100); {
	case roll < 25:
		f.fillLines(f.insertAgreement(Agreement{
			CompanyID: companyID, Name: "Security Subscription", TypeID: 2, Start: start, Prorate: true,
		}, f.by))
	case roll < 32:
		f.insertAgreement(cancelledAgreement(f, companyID), f.by)
	case roll < 38:
		f.insertAgreement(Agreement{
			CompanyID: companyID, Name: "Managed Services (old)", TypeID: 5, Start: start.AddDate(-3, 0, 0), End: start.AddDate(0, 0, -1),
		}, f.by)
	}
}

func cancelledAgreement(f *seeder, companyID int) Agreement {
	return Agreement{
		CompanyID: companyID, Name: "Block Time 10h", TypeID: 3, Start: f.month.AddDate(-2, 0, 0),
		Cancelled: true, CancelledOn: f.month.AddDate(0, -5, 0), CancelReason: "Moved to managed services",
	}
}

// fillLines gives an agreement one to four lines, one of them NordPass Business now and then.
func (f *seeder) fillLines(agreement *row[Agreement]) {
	for range 1 + f.chance.IntN(4) {
		f.line(agreement, Addition{
			ProductID: f.resale[f.chance.IntN(len(f.resale))],
			Quantity:  decimal.NewFromInt(int64(1 + f.chance.IntN(60))),
		})
	}
	if f.chance.IntN(100) < 12 {
		f.line(agreement, Addition{ProductID: f.np, Quantity: decimal.NewFromInt(int64(3 + f.chance.IntN(80)))})
	}
}

func (f *seeder) line(agreement *row[Agreement], a Addition) {
	a.AgreementID = agreement.id
	f.insertLine(a, &agreement.value, f.by)
}

// awkwardAgreement adds a prepared agreement with the lines that its name calls for.
func (f *seeder) awkwardAgreement(companyID int, a Agreement) {
	a.CompanyID = companyID
	if siblings := f.agreementsByFirm[companyID]; a.ParentID != 0 && len(siblings) > 0 {
		a.ParentID = siblings[0]
	}
	r := f.insertAgreement(a, f.by)
	quantity := decimal.RequireFromString
	switch a.Name {
	case "Several NordPass lines":
		f.line(r, Addition{ProductID: f.np, Quantity: quantity("10")})
		f.line(r, Addition{ProductID: f.np, Quantity: quantity("5"), UnitPrice: quantity("3.49"), Description: "NordPass Business, second tier"})
		f.line(r, Addition{ProductID: f.np, Quantity: quantity("8"), Cancelled: f.month.AddDate(0, -2, -1)})
	case "Ended NordPass line":
		f.line(r, Addition{ProductID: f.np, Quantity: quantity("12"), Cancelled: f.month.AddDate(0, -1, -1)})
	case "Included seats":
		f.line(r, Addition{ProductID: f.np, Quantity: quantity("25"), LessIncluded: quantity("5")})
	case "Half seats":
		f.line(r, Addition{ProductID: f.np, Quantity: quantity("7.5")})
		f.line(r, Addition{ProductID: f.resale[0], Quantity: quantity("0.3333")})
	case "Line that starts later":
		f.line(r, Addition{ProductID: f.np, Quantity: quantity("4"), Effective: f.month.AddDate(0, 2, 0)})
	}
}

// awkward is a company that trips careless code, with its agreements. Any ParentID other than 0 means the first of them.
type awkward struct {
	company    Company
	agreements []Agreement
}

func (f *seeder) awkwardCompanies() []awkward {
	usual := []Agreement{{Name: "Managed Services"}}
	lastYear := f.month.AddDate(-1, 0, 0)
	endOfMonth := f.month.AddDate(0, 1, -1)
	return []awkward{
		{Company{Name: "Twin Birches Dental"}, usual},
		{Company{Name: "Twin Birches Dental"}, []Agreement{{Name: "Security Subscription", TypeID: 2, Prorate: true}}},
		{Company{Name: "Twin Birches Dental", Deleted: true}, usual},
		{Company{Name: "Gone Fishing Charters", Deleted: true}, usual},
		{Company{Name: "Paper & Ink Supply", TypeIDs: []int{typeVendor}}, nil},
		{Company{Name: "Sleepy Hollow Storage", StatusID: statusInactive}, usual},
		{Company{Name: "Bäckerei Möhrenstübchen – Ærø 北極"}, usual},
		{Company{Name: "<b>Bold Move</b> Removals & Sons"}, usual},
		{Company{Name: "O'Thistle's \"Corner\" Café"}, usual},
		{Company{Name: "Zero\u200bWidth\ufeff Analytics\u200d"}, usual},
		{Company{Name: "Null\u0000 Island Imports"}, usual},
		{Company{Name: "  Padded   Rooms Ltd  "}, usual},
		{Company{Name: "No Agreement Yet Ventures"}, nil},
		{Company{Name: "Ended Chapters Bookshop"}, []Agreement{
			{Name: "Expired agreement", Start: lastYear.AddDate(-1, 0, 0), End: lastYear},
			{Name: "Cancelled agreement", Cancelled: true, CancelledOn: f.month.AddDate(0, -1, 0), CancelReason: "Did not renew"},
		}},
		{Company{Name: "Tomorrow Morning Coffee"}, []Agreement{
			{Name: "Future agreement", Start: f.month.AddDate(0, 2, 0)},
			{Name: "Ending soon", End: f.today.AddDate(0, 0, 10)},
			{Name: "Billing starts later", BillStart: f.month.AddDate(0, 1, 14)},
		}},
		{Company{Name: "Family Tree Nurseries"}, []Agreement{
			{Name: "Parent agreement"},
			{Name: "Child agreement", ParentID: 1},
		}},
		{Company{Name: "Already Invoiced Interiors"}, []Agreement{
			{Name: "Invoiced, no proration", InvoicedThrough: endOfMonth},
			{Name: "Invoiced, prorated", InvoicedThrough: endOfMonth, Prorate: true},
		}},
		{Company{Name: "Many Lines Telegraph"}, []Agreement{
			{Name: "Several NordPass lines"}, {Name: "Ended NordPass line"}, {Name: "Included seats"},
			{Name: "Half seats"}, {Name: "Line that starts later"},
		}},
		{Company{Name: "Same Name Twice Tailors"}, []Agreement{{Name: "Managed Services"}, {Name: "Managed Services"}}},
	}
}
