package store

import "github.com/shopspring/decimal"

// Shown is a line as whoever mapped an organization was shown it, and the quantity that a sync would write there.
type Shown struct {
	ProductID  int                 `json:"product_id"`
	AdditionID int                 `json:"addition_id,omitempty"` // 0: no line yet
	Before     decimal.NullDecimal `json:"before"`                // NULL: no line yet
	After      decimal.NullDecimal `json:"after"`                 // NULL: the seats were not known
}
