package connect

import (
	"errors"
	"fmt"
	"strings"

	"seatbridge/billing/problem"
	"seatbridge/connectwise"
	"seatbridge/store"
)

// Refused is an error of the ConnectWise client for the person who asked.
func Refused(err error) *problem.Refused {
	return &problem.Refused{Problem: ProblemOf(err), Field: fieldOf(err), Late: errors.Is(err, connectwise.ErrTimeout), Err: err}
}

// PerhapsCreated says of a product that ConnectWise did not confirm what to do before it is created again.
func PerhapsCreated(identifier string, err error) *problem.Refused {
	refused := Refused(err)
	first, _, _ := strings.Cut(refused.Problem.What, ". ")
	refused.Problem.What = fmt.Sprintf("%s. The product %s may have been created all the same.", strings.TrimSuffix(first, "."), identifier)
	refused.Problem.Do = "Look for it in the product catalog, here or in ConnectWise, before you create it again."
	return refused
}

// ProblemOf puts any error into words for the admin; one that is neither the
// database's ground nor ConnectWise's is our own fault.
func ProblemOf(err error) store.Problem {
	var invalid *problem.Invalid
	if errors.As(err, &invalid) {
		return store.Problem{What: invalid.Sentence()}
	}
	if ground := problem.OfGround(err); !ground.Zero() {
		ground.Detail = err.Error()
		return ground
	}
	var refused *problem.Refused
	if errors.As(err, &refused) {
		return refused.Problem
	}
	a := connectwise.Advise(err)
	return store.Problem{What: a.What, Do: a.Do, Detail: a.Detail}
}

// fieldOf is the credential to look at first when a connection fails so.
func fieldOf(err error) string {
	for _, blame := range []struct {
		err   error
		field string
	}{
		{connectwise.ErrUnknownCompany, "company"},
		{connectwise.ErrUnroutable, "company"},
		{connectwise.ErrClientID, "client_id"},
		{connectwise.ErrUnauthorized, "private_key"},
		{connectwise.ErrUnreachable, "site"},
		{connectwise.ErrNotConnectWise, "site"},
		{connectwise.ErrRedirect, "site"},
		{connectwise.ErrSSLRequired, "site"},
	} {
		if errors.Is(err, blame.err) {
			return blame.field
		}
	}
	return ""
}
