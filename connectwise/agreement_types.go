package connectwise

import (
	"context"
	"encoding/json"
	"fmt"
)

// NoDefault is the term of an agreement that leaves it to its type, and of a type that leaves it open.
const NoDefault = "NoDefault"

// AgreementType is a row of the setup table of agreement types. An agreement takes these terms over when it is made, and
// a later change of its type does not reach it (observed, docs/connectwise.md section 5): where the two differ the
// agreement's own terms hold, and only what it leaves to the type (NoDefault) is the type's.
type AgreementType struct {
	ID                       int
	Name                     string
	Inactive                 bool
	BillProducts             string // Billable, DoNotBill, NoCharge, NoDefault
	BillingCycle             Reference
	OneTime                  bool // oneTimeFlag or billOneTimeFlag is set
	Prorate                  bool
	InvoiceProratedAdditions bool
}

const (
	agreementTypesPath  = agreementsPath + "/types"
	agreementTypeFields = "id,name,inactiveFlag,billProducts,billingCycle/id,billingCycle/name,oneTimeFlag,billOneTimeFlag," +
		"prorateFlag,invoiceProratedAdditionsFlag"
)

// UnmarshalJSON reads the API's record.
func (t *AgreementType) UnmarshalJSON(data []byte) error {
	var wire struct {
		ID                                         int
		Name                                       text
		BillProducts                               string
		BillingCycle                               Reference
		InactiveFlag, OneTimeFlag, BillOneTimeFlag bool
		ProrateFlag, InvoiceProratedAdditionsFlag  bool
	}
	if err := json.Unmarshal(data, &wire); err != nil {
		return err
	}
	*t = AgreementType{
		ID: wire.ID, Name: string(wire.Name), Inactive: wire.InactiveFlag, BillProducts: wire.BillProducts,
		BillingCycle: wire.BillingCycle, OneTime: wire.OneTimeFlag || wire.BillOneTimeFlag,
		Prorate: wire.ProrateFlag, InvoiceProratedAdditions: wire.InvoiceProratedAdditionsFlag,
	}
	return nil
}

// AgreementType reads one agreement type. It needs the right Table Setup – Inquire.
func (c *Client) AgreementType(ctx context.Context, id int) (AgreementType, error) {
	path := fmt.Sprintf("%s/%d", agreementTypesPath, id)
	return record(ctx, c, path, agreementTypeFields, func(t AgreementType) bool { return t.ID == id })
}
