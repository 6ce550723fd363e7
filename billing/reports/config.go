package reports

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"time"

	"seatbridge/billing/problem"
	"seatbridge/nordpass"
	"seatbridge/store"
)

// The ways in which a report comes in several answers.
const (
	PagingNone   = nordpass.PagingNone
	PagingLink   = nordpass.PagingLink
	PagingHeader = nordpass.PagingHeader
	PagingNumber = nordpass.PagingNumber
)

// ProviderAlgorithms lists the algorithms that sign with a private key.
func ProviderAlgorithms() []string { return nordpass.Algorithms() }

// Config is what the operator knows of the Provider API: how to reach it, which is the client's part, and what the
// fields of a report's records are called. Nothing has a default (docs/billing-rules.md section 5).
type Config struct {
	nordpass.Config // an empty PrivateKey is the saved one, for what it was saved for; an empty DailyPath, no daily reports

	ID         string `json:"field_id"`
	Name       string `json:"field_name"`
	Seats      string `json:"field_seats"`
	Plan       string `json:"field_plan"`
	Business   string `json:"business"`   // the values of Plan that mean NordPass Business, parted by commas
	Enterprise string `json:"enterprise"` // and NordPass Enterprise
	Trial      string `json:"field_trial"`
	NFR        string `json:"field_nfr"`
	// FlagsOmitted says that records leave out flags that are false. Whether NordPass's do is not public.
	FlagsOmitted bool `json:"flags_omitted"`

	Required bool `json:"required"` // figures need a report; ReportRuleOf reads it
}

func readProviderConfig(saved store.Provider) (Config, error) {
	var c Config
	if err := json.Unmarshal([]byte(saved.Config), &c); err != nil {
		return c, fmt.Errorf("reading the provider's configuration: %w", err)
	}
	c.PrivateKey = saved.PrivateKey
	return c, nil
}

// client makes the client; what cannot be used is an *Invalid, by the fields' JSON names.
func (c Config) client(now func() time.Time) (*nordpass.Client, error) {
	bad := c.fieldProblems()
	client, err := nordpass.New(c.Config, now)
	var unusable *nordpass.ConfigError
	if errors.As(err, &unusable) {
		maps.Copy(bad, unusable.Fields)
	} else if err != nil {
		return nil, err
	}
	if len(bad) > 0 {
		return nil, &problem.Invalid{Fields: bad}
	}
	return client, nil
}

// fieldProblems says what is missing to read the records.
func (c Config) fieldProblems() map[string]string {
	bad := map[string]string{}
	if c.ID == "" && c.Name == "" {
		bad["field_id"] = "Enter the field of the organization's id, or of its name, or both."
	}
	for field, value := range map[string]string{
		"field_seats": c.Seats, "field_plan": c.Plan, "business": c.Business, "enterprise": c.Enterprise,
	} {
		if value == "" {
			bad[field] = "This is needed to read the report."
		}
	}
	return bad
}
