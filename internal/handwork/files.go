package handwork

import (
	"encoding/csv"
	"fmt"
	"strconv"
	"strings"
	"time"
)

// OrganizationsCSV is the list of organizations, as Organizations › Import organizations takes it.
func (w *World) OrganizationsCSV() string {
	rows := [][]string{{"Organization", "External ID", "Plan", "License type", "Customer since", "Trial ends"}}
	for _, o := range w.Organizations {
		rows = append(rows, []string{o.Name, o.ExternalID, o.Plan, o.License, dayText(o.Start), dayText(o.TrialEnds)})
	}
	return text(rows)
}

// MembersCSV is the members of all organizations whose members are known, as Organizations › Import members takes it.
func (w *World) MembersCSV() string {
	rows := [][]string{{"Organization", "External ID", "Email", "Joined"}}
	for _, o := range w.Organizations {
		for n := range o.Members {
			email := fmt.Sprintf("member%d@%s.example", n+1, strings.ToLower(o.ExternalID))
			rows = append(rows, []string{o.Name, o.ExternalID, email, dayText(o.Start)})
		}
	}
	return text(rows)
}

// MappingsCSV is where everybody belongs, as Company mapping › Import takes it.
func (w *World) MappingsCSV() string {
	rows := [][]string{{"company_identifier", "company", "agreement_id", "agreement", "organization_external_id", "organization"}}
	for _, m := range w.Mappings {
		rows = append(rows, []string{m.CompanyIdentifier, m.Company, strconv.Itoa(m.AgreementID), "", m.ExternalID, m.Organization})
	}
	return text(rows)
}

func dayText(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.Format(time.DateOnly)
}

func text(rows [][]string) string {
	var b strings.Builder
	// A strings.Builder takes all that is written to it.
	_ = csv.NewWriter(&b).WriteAll(rows)
	return b.String()
}
