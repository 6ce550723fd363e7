package connectwise

import (
	"context"
	"errors"
	"fmt"
	"net"
	"strings"
	"syscall"
	"time"

	"seatbridge/internal/outbound"
)

// Advice explains an error to the admin.
type Advice struct {
	What   string // one whole sentence: what happened
	Do     string // one action
	Detail string // the technical cause, to be shown on request; contains no credentials
}

// Advise explains any error of this package; of other errors it says little. A nil error has no advice.
func Advise(err error) Advice {
	if err == nil {
		return Advice{}
	}
	advice := Advice{Detail: err.Error()}
	var wrongConfig *ConfigError
	var failure *Error
	switch {
	case errors.As(err, &wrongConfig):
		advice.What, advice.Do = "The connection settings are not complete.", wrongConfig.Sentence
	case errors.Is(err, ErrTypesRefused) && errors.As(err, &failure):
		advice.What, advice.Do = failure.adviseTypes()
	case errors.As(err, &failure):
		advice.What, advice.Do = failure.advise()
	case errors.Is(err, context.Canceled):
		advice.What, advice.Do = "The work was stopped before ConnectWise answered.", "Start it again when you are ready."
	default:
		advice.What = "Something unexpected went wrong while talking to ConnectWise."
		advice.Do = "Try again; if it happens again, look at the technical cause."
	}
	return advice
}

func (e *Error) advise() (what, do string) {
	if e.unknown && e.kind != ErrUnknownOutcome {
		what, _ = e.adviseKind()
		return what + " The change may have been made all the same.",
			"Look at the agreement in ConnectWise, or sync again: Seatbridge looks before it writes."
	}
	return e.adviseKind()
}

func (e *Error) adviseKind() (what, do string) {
	switch e.kind {
	case ErrUnauthorized:
		return "ConnectWise refused the API keys.",
			"Check the company name, the public key and the private key, and that the keys belong to an active API member."
	case ErrForbidden:
		return e.adviseForbidden()
	case ErrClientID:
		return "ConnectWise refused the client ID.", "Enter the client ID of your integration, as the ConnectWise developer site shows it."
	case ErrNotFound:
		return "ConnectWise no longer has this record.", "Import companies again to see what changed in ConnectWise."
	case ErrInvalid:
		return e.adviseInvalid()
	case ErrConflict:
		return "The record is in use or was just changed in ConnectWise.", "Wait a moment and try again."
	case ErrRateLimited:
		return "ConnectWise received too many requests and asks to wait.", "Try again " + waitPhrase(e.RetryAfter) + "."
	case ErrMaintenance:
		return "ConnectWise is not available at the moment, perhaps for maintenance.",
			"Try again in a few minutes, and look at ConnectWise's status page if it lasts."
	case ErrServer:
		return "ConnectWise reported an internal error.",
			"Try again in a few minutes; if it lasts, give the technical cause to ConnectWise support."
	case ErrWrongType:
		return "ConnectWise could not read a value that Seatbridge sent.", "Report this with the technical cause: repeating it does not help."
	case ErrUnroutable:
		return "ConnectWise does not recognise the company, the API keys or the address of the request.",
			"Check the company name and the API keys, and save the connection again so that the address is looked up anew."
	case ErrUnknownCompany:
		return "ConnectWise does not know this company name.", "Enter the company ID that you type when you sign in to ConnectWise."
	case ErrNotConnectWise:
		return "Something answers at this address, but it is not the ConnectWise API.",
			"Check the site URL: it is the address at which you sign in to ConnectWise."
	case ErrIncomplete:
		return "ConnectWise lists fewer records than it counts.",
			"Try again; if it happens again, give the technical cause to ConnectWise support. Nothing was taken for missing."
	case ErrSSLRequired:
		return "The ConnectWise sign-in host was called where the API host was needed.",
			"Enter the site URL at which you sign in, and save the connection again."
	case ErrRedirect:
		return "ConnectWise sent the request on to another address, and the API keys were not sent there.",
			"If you know the other address in the technical cause, enter it as the site URL."
	case ErrUnknownOutcome:
		return "ConnectWise's answer does not tell whether the change was made.",
			"Look at the agreement in ConnectWise, or sync again: Seatbridge looks before it writes."
	case ErrNotSent:
		return "The change was not sent to ConnectWise, because it could not be noted beforehand.",
			"Look at the technical cause, and sync again."
	case ErrNotApplied:
		return "ConnectWise accepted the change but did not apply it as asked.",
			"Look at the record in ConnectWise, and correct it there if needed."
	case ErrTimeout:
		return "ConnectWise did not answer in time.", "Try again; if it lasts, look at ConnectWise's status page."
	case ErrUnreachable:
		return e.adviseUnreachable()
	}
	return "The work was stopped before ConnectWise answered.", "Start it again when you are ready."
}

// adviseTypes explains that which companies have no type cannot be told.
func (e *Error) adviseTypes() (what, do string) {
	const otherwise = "leave out “No type” among the types to import, and give these companies a type in ConnectWise."
	if e.kind == ErrForbidden {
		what, do = e.advise()
		return what + " Without it Seatbridge cannot tell which companies have no type.", do + " Or " + otherwise
	}
	return "ConnectWise did not tell the types of a company, so Seatbridge cannot tell which companies have no type.", "L" + otherwise[1:]
}

func (e *Error) adviseForbidden() (what, do string) {
	if e.Right == "" {
		return "The API member's security role does not allow this request.", "Give the role the four rights that the integration needs."
	}
	return fmt.Sprintf("The API member's security role lacks the right %s.", e.Right),
		fmt.Sprintf("In ConnectWise, open System › Security Roles, set %s to All, and check the connection again.", e.Right)
}

// adviseInvalid knows the refusals that billing runs into (docs/connectwise.md section 5).
func (e *Error) adviseInvalid() (what, do string) {
	switch {
	case errors.Is(e, ErrExists):
		return "ConnectWise already has a record with this identifier.", "Choose the existing one, or use another identifier."
	case e.says("billing start date"):
		return "The line would start before the agreement's billing starts.",
			"Check the agreement's billing start date in ConnectWise, and sync again."
	case PeriodInvoiced(e):
		return "The agreement's period is invoiced already, and the agreement does not prorate.",
			"Allow proration on the agreement in ConnectWise, or let the line start on the next invoice date."
	}
	what = "ConnectWise refused the request as invalid."
	if words := e.words(); words != "" {
		what = "ConnectWise refused the request: " + strings.TrimRight(words, ". ") + "."
	}
	return what, "Correct what ConnectWise names, and try again."
}

// words are ConnectWise's own: the first reason, which says more than the message above it.
func (e *Error) words() string {
	for _, f := range e.Fields {
		switch {
		case f.Message != "" && f.Field != "":
			return f.Field + ": " + f.Message
		case f.Message != "":
			return f.Message
		}
	}
	return e.Message
}

func (e *Error) adviseUnreachable() (what, do string) {
	host := e.Host
	if host == "" {
		host = "ConnectWise"
	}
	if what, do, ok := adviseCertificate(host, e.cause); ok {
		return what, do
	}
	var dns *net.DNSError
	switch {
	case errors.Is(e.cause, outbound.ErrRefused):
		return fmt.Sprintf("%s leads to an address that Seatbridge does not connect to.", host),
			"Check the site URL: no ConnectWise stands at a link-local address or one of a cloud's metadata."
	case errors.As(e.cause, &dns):
		return fmt.Sprintf("There is no server with the name %s.", host), "Check the spelling of the site URL, and this machine's DNS."
	case notTLS(e.cause):
		return fmt.Sprintf("%s does not answer with https.", host), "Check the site URL and its port."
	case errors.Is(e.cause, syscall.ECONNREFUSED):
		return fmt.Sprintf("%s refused the connection.", host), "Check the site URL and its port, and that ConnectWise is running there."
	case isTimeout(e.cause), errors.Is(e.cause, syscall.EHOSTUNREACH), errors.Is(e.cause, syscall.ENETUNREACH):
		return fmt.Sprintf("No connection to %s could be made.", host), "Check this machine's network, its firewall and its proxy settings."
	}
	return fmt.Sprintf("The connection to %s was lost.", host),
		"Try again; if it happens again, check the network between this machine and ConnectWise."
}

func waitPhrase(d time.Duration) string {
	switch {
	case d <= 0:
		return "in a minute"
	case d < 2*time.Minute:
		return fmt.Sprintf("in %d seconds", int(d.Round(time.Second)/time.Second))
	}
	return fmt.Sprintf("in %d minutes", int((d+time.Minute-1)/time.Minute))
}
