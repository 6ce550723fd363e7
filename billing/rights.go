package billing

import "seatbridge/connectwise"

// NeededRights are the rights that the API member needs, none of them checked.
func NeededRights() []connectwise.Right { return connectwise.NeededRights() }
