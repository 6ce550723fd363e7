package connect

import (
	"context"
	"errors"
	"fmt"

	"seatbridge/billing/notify"
	"seatbridge/connectwise"
	"seatbridge/store"
)

// connectionPage is where a connection is repaired.
const connectionPage = "/integrations/connectwise"

// CredentialText says what it means that the saved credentials are refused.
const CredentialText = "The connection to ConnectWise PSA worked before and does not any more. Nothing is written until it is repaired, " +
	"under Integrations › ConnectWise PSA."

// CredentialMessage says that ConnectWise began to refuse what it took before.
func (k *Keeper) CredentialMessage(p store.Problem) notify.Message {
	m := notify.NewMessage(k.now(), "ConnectWise PSA stopped accepting Seatbridge", CredentialText, p.Text())
	m.URL = k.outbox.PageURL(connectionPage)
	return m
}

// CredentialTopic is what people are told of once, until it is quiet for a while: the same refusal.
func CredentialTopic(p store.Problem) store.Topic {
	return store.Topic{Event: store.EventCredentials, Key: p.What, Quiet: notify.SameFailureQuiet}
}

// isRefusal tells whether an error is about who asks, and not about the line or the server.
func isRefusal(err error) bool {
	for _, refusal := range []error{
		connectwise.ErrUnauthorized, connectwise.ErrForbidden, connectwise.ErrClientID, connectwise.ErrUnknownCompany,
	} {
		if errors.Is(err, refusal) {
			return true
		}
	}
	return false
}

// Ambiguous says whether a quantity may have been written although the request failed.
func Ambiguous(err error) bool {
	return errors.Is(err, connectwise.ErrTimeout) || errors.Is(err, connectwise.ErrUnreachable) ||
		errors.Is(err, connectwise.ErrUnknownOutcome) || errors.Is(err, connectwise.ErrMaintenance) || errors.Is(err, connectwise.ErrServer)
}

// NewlyRefused tells whether ConnectWise refuses the credentials for another reason than at the last contact, if any.
func (k *Keeper) NewlyRefused(ctx context.Context, now store.Problem, cause error) (bool, error) {
	if !isRefusal(cause) {
		return false, nil
	}
	i, err := k.store.Integration(ctx)
	if errors.Is(err, store.ErrNotFound) {
		return false, nil // disconnected meanwhile
	}
	if err != nil {
		return false, fmt.Errorf("reading the integration: %w", err)
	}
	return i.Problem.What != now.What, nil
}

// tellRefusal tells people that the saved credentials, which worked with the problem before, have another one now. It only
// logs what goes wrong: whoever asked for the test of the connection gets its result.
func (k *Keeper) tellRefusal(ctx context.Context, before, now store.Problem) {
	if now.Zero() || now.What == before.What {
		return
	}
	a, err := notify.Address(k.CredentialMessage(now), "", CredentialTopic(now))
	if err == nil {
		err = k.outbox.Announce(ctx, a)
	}
	if err != nil {
		k.log.Error("announcing refused credentials", "err", err)
	}
}
