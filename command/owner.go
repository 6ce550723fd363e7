package command

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/peterbourgon/ff/v3/ffcli"

	"seatbridge/billing/accounts"
	"seatbridge/billing/problem"
)

// owner and reset name the command that lets an Owner in again.
const (
	owner = "owner"
	reset = "reset"
)

func ownerCommand(stdout io.Writer) *ffcli.Command {
	return &ffcli.Command{
		Name: owner, ShortUsage: "seatbridge owner reset EMAIL [flags]", ShortHelp: "let an Owner in again who cannot sign in",
		FlagSet: newFlags(owner), Subcommands: []*ffcli.Command{ownerResetCommand(stdout)},
		Exec: func(context.Context, []string) error {
			return usageError{errors.New("owner takes a command: seatbridge owner reset EMAIL")}
		},
	}
}

func ownerResetCommand(stdout io.Writer) *ffcli.Command {
	c := &config{secretKey: os.Getenv("SEATBRIDGE_SECRET_KEY")}
	fs := newFlags(reset)
	c.dataFlag(fs)
	c.addrFlag(fs)
	c.baseURLFlag(fs)
	removeFactors := fs.Bool("remove-factors", false, "remove the second factors and recovery codes, too")
	return &ffcli.Command{
		Name: reset, ShortUsage: "seatbridge owner reset EMAIL [flags]",
		ShortHelp: "print a one-time link for an Owner's new password, and end their sessions; a server may run",
		FlagSet:   fs, Options: environment(),
		Exec: func(ctx context.Context, args []string) error {
			if len(args) != 1 {
				return usageError{errors.New("owner reset takes one argument, the Owner's e-mail address")}
			}
			if err := c.validate(); err != nil {
				return err
			}
			return resetOwner(ctx, c, args[0], *removeFactors, stdout)
		},
	}
}

func resetOwner(ctx context.Context, c *config, email string, removeFactors bool, stdout io.Writer) (err error) {
	db, err := openExisting(ctx, c)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	token, u, err := accounts.New(db, now).Rescue(ctx, email, removeFactors)
	var invalid *problem.Invalid
	if errors.As(err, &invalid) {
		return sentence{invalid.Sentence(), err}
	}
	if err != nil {
		return err
	}
	factors := "A second factor, if there is one, is still asked for: --remove-factors removes it."
	if removeFactors {
		factors = "The second factors and recovery codes are removed."
	}
	_, err = fmt.Fprintf(stdout, "This link lets %s choose a new password, once and for a day: %s/password/%s\nAll their sessions ended. %s\n",
		u.Email, c.panelAddress(), token, factors)
	return err
}

// panelAddress is the address that people open, as far as the operator says.
func (c *config) panelAddress() string {
	if c.base != nil {
		return c.base.String()
	}
	return "http://" + c.addr
}
