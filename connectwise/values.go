package connectwise

import "errors"

// Values of Agreement.Status, as ConnectWise computes it (docs/connectwise.md section 5).
const (
	AgreementActive    = "Active"
	AgreementCancelled = "Cancelled"
	AgreementExpired   = "Expired"
	AgreementInactive  = "Inactive"
)

// ClassBundle is the product class that cannot become an addition (docs/connectwise.md section 5).
const ClassBundle = "Bundle"

// Values of ProductType.Xref that suit seats (docs/connectwise.md section 5, catalog item creation).
const (
	XrefService          = "Service"
	XrefNonInventoryPart = "NonInventoryPart"
)

// PeriodInvoiced says whether ConnectWise refused an addition because its period is invoiced already and
// the agreement does not prorate (observed: docs/connectwise.md section 5, "period already invoiced").
func PeriodInvoiced(err error) bool {
	var e *Error
	return errors.As(err, &e) && errors.Is(err, ErrInvalid) && e.says("period has already been invoiced")
}
