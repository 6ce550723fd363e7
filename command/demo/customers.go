package demo

import "seatbridge/connectwise/cwsim"

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
