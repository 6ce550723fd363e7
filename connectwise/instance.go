package connectwise

import (
	"context"
	"net/http"
)

// Instance reads the whole instance, whatever is mapped there. Each list is compared with ConnectWise's own count of it: what is to be
// said of all agreements must not rest on a list that lacks some. A list that is shorter is ErrIncomplete.
type Instance struct{ client *Client }

// InstanceOf is the instance of a client.
func InstanceOf(c *Client) Instance { return Instance{c} }

// Agreements lists all agreements, of every company and state, by id. It takes one request for each thousand of them, and one to count
// them.
func (i Instance) Agreements(ctx context.Context) ([]Agreement, error) {
	l := listing{path: agreementsPath, fields: agreementFields, forwardOnly: true}
	return listWhole(ctx, i.client, l, func(a Agreement) int { return a.ID })
}

// Additions lists all additions of an agreement, ended ones too. It takes two requests where there are up to a thousand. ErrNotFound:
// the agreement is gone.
func (i Instance) Additions(ctx context.Context, agreementID int) ([]Addition, error) {
	l := listing{path: additionsPath(agreementID), fields: additionFields}
	return listWhole(ctx, i.client, l, func(a Addition) int { return a.ID })
}

// ProductsCalled lists the catalog items, inactive ones and bundles too, whose identifier or description has a text in it, in upper or
// lower case; all is how many items the catalog has. At least so many have to be found as ConnectWise counts.
func (i Instance) ProductsCalled(ctx context.Context, text string) (found []CatalogItem, all int, err error) {
	l := listing{path: catalogPath, fields: catalogFields, conditions: or(containsText("identifier", text), containsText("description", text))}
	if found, err = listWhole(ctx, i.client, l, func(item CatalogItem) int { return item.ID }); err != nil {
		return nil, 0, err
	}
	if all, err = countOf(ctx, i.client, listing{path: catalogPath}); err == nil && all < len(found) {
		err = i.client.errorFor(request{method: http.MethodGet, path: catalogPath}, ErrIncomplete, "fewer are counted than listed")
	}
	return found, all, err
}
