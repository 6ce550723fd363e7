package demo

import (
	"time"

	"github.com/shopspring/decimal"

	"seatbridge/connectwise/cwsim"
	"seatbridge/store"
)

// customer is a sample organization that is a company of the simulated ConnectWise with something about its agreement or its
// lines that a person should see before anything is written.
type customer struct {
	sample
	agreement cwsim.Agreement
	lines     []cwsim.Addition // of NordPass Business
}

// customersToLookAt are the organizations and companies that show a hold or a finding each. month is the current one's first day.
func customersToLookAt(month time.Time) []customer {
	line := func(seats int64) cwsim.Addition { return cwsim.Addition{Quantity: decimal.NewFromInt(seats)} }
	included, ended := line(14), line(8)
	included.LessIncluded = decimal.NewFromInt(5)
	ended.Cancelled = month.AddDate(0, 0, -1)
	return []customer{
		{sample: sample{name: "Thornbury Cycles", plan: store.Business, age: 210, seats: 12}, lines: []cwsim.Addition{line(9), line(3)}},
		{sample: sample{name: "Underhill Orchards", plan: store.Business, age: 200, seats: 8}, lines: []cwsim.Addition{ended}},
		{sample: sample{name: "Upper Deck Events", plan: store.Business, age: 190, seats: 22}, lines: []cwsim.Addition{line(60)}},
		{sample: sample{name: "Vinegar Hill Pottery", plan: store.Business, age: 180, seats: 18}, lines: []cwsim.Addition{included}},
		{sample: sample{name: "Weather Vane Brewing", plan: store.Business, age: 170, seats: 21}, lines: []cwsim.Addition{line(18)}},
		{
			sample:    sample{name: "Wharfside Yoga", plan: store.Business, age: 160, seats: 13},
			agreement: cwsim.Agreement{BillingCycle: "Annual"}, lines: []cwsim.Addition{line(12)},
		},
		{sample: sample{name: "Yellow Door Nursery", plan: store.Business, age: 3}, lines: []cwsim.Addition{line(20)}},
	}
}

// addCustomers adds the companies, agreements and lines of customers to the simulated ConnectWise.
func addCustomers(sim *cwsim.Sim, customers []customer) {
	product := nordPassBusiness(sim)
	for _, c := range customers {
		c.agreement.CompanyID = sim.AddCompany(cwsim.Company{Name: c.name}).ID
		c.agreement.Name = "Managed Services"
		agreement := sim.AddAgreement(c.agreement)
		for _, line := range c.lines {
			line.AgreementID, line.ProductID = agreement.ID, product
			sim.AddAddition(line)
		}
	}
}

// nordPassBusiness is the id of the NordPass product that the simulated catalog already has.
func nordPassBusiness(sim *cwsim.Sim) int {
	for _, item := range sim.Catalog() {
		if item.Identifier == cwsim.NordPassBusiness {
			return item.ID
		}
	}
	return 0
}

// customers are the names of companies that have an agreement to bill on, as an organization's name would be entered.
func customers(sim *cwsim.Sim) []string {
	var names []string
	for _, company := range sim.Companies() {
		if company.Deleted || !hasActiveAgreement(sim, company.ID) {
			continue
		}
		names = append(names, company.Name)
	}
	return names
}

func hasActiveAgreement(sim *cwsim.Sim, companyID int) bool {
	for _, agreement := range sim.Agreements(companyID) {
		if agreement.Status == "Active" {
			return true
		}
	}
	return false
}
