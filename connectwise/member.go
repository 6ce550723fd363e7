package connectwise

import (
	"context"
	"net/url"
)

// OwnMember is the identifier of the API member whose keys the client uses: the name under which ConnectWise notes its writes. It is
// read from the member's own security role; "" where ConnectWise does not show that, which nothing depends on.
func OwnMember(ctx context.Context, c *Client) string {
	rows, _, err := get[[]struct {
		Member struct{ Identifier looseText }
	}](ctx, c, "/system/mySecurity", url.Values{"pageSize": {"1"}})
	if err != nil || len(rows) == 0 {
		return ""
	}
	return clean(string(rows[0].Member.Identifier))
}
