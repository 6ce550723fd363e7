// Package command is the command line of Seatbridge: its commands, the settings of whoever operates it, and the jobs.
package command

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"runtime/debug"
	"slices"
	"strings"

	"github.com/peterbourgon/ff/v3/ffcli"

	"seatbridge/billing/problem"
	"seatbridge/connectwise/cwsim"
)

// The exit statuses, which scripts may rely on.
const (
	exitFine       = 0
	exitFailed     = 1
	exitUsage      = 2
	exitUnfinished = 3
)

// simulate is the one command with flags of its own making.
const simulate = "simulate"

// errUnfinished says that a sync went through but left changes for a person to look at.
var errUnfinished = errors.New("some changes were held, blocked or failed")

// ExitStatus is what the process ends with after Run.
func ExitStatus(err error) int {
	var usage usageError
	switch {
	case err == nil:
		return exitFine
	case errors.As(err, &usage):
		return exitUsage
	case errors.Is(err, errUnfinished):
		return exitUnfinished
	}
	return exitFailed
}

// Run carries out one command line. Canceling ctx ends a server in good order.
func Run(ctx context.Context, args []string, stdout, stderr io.Writer) error {
	if len(args) > 0 && args[0] == simulate {
		return cwsim.Simulate(ctx, args[1:], os.Getenv, now, stdout)
	}
	root := commands(stdout, stderr)
	err := root.Parse(argumentLast(withDefaultCommand(args)))
	switch {
	case errors.Is(err, flag.ErrHelp):
		fmt.Fprint(stdout, helpFor(root, args))
		return nil
	case err != nil:
		return usageError{fmt.Errorf("%w\nRun \"seatbridge help\" for the commands and their flags", err)}
	}
	return inWords(root.Run(ctx))
}

// inWords says what is wrong with the ground that the database stands on, instead of SQLite's words.
func inWords(err error) error {
	if ground := problem.OfGround(err); !ground.Zero() {
		return sentence{ground.Text(), err}
	}
	return err
}

// sentence is an error in the words of people, with its cause.
type sentence struct {
	text  string
	cause error
}

func (s sentence) Error() string { return s.text }
func (s sentence) Unwrap() error { return s.cause }

// withDefaultCommand puts serve in front of a command line that names no command.
func withDefaultCommand(args []string) []string {
	switch {
	case len(args) == 0:
		return []string{"serve"}
	case args[0] == "help":
		return append(args[1:len(args):len(args)], "-h")
	case strings.HasPrefix(args[0], "-") && !isHelp(args[0]):
		return append([]string{"serve"}, args...)
	}
	return args
}

// argumentLast puts the month, or the e-mail address, behind the flags of a command that takes one, which is where flags are read up to.
func argumentLast(args []string) []string {
	if len(args) > 2 && args[0] == owner && args[1] == reset && !strings.HasPrefix(args[2], "-") {
		return append(append([]string{owner, reset}, args[3:]...), args[2])
	}
	if len(args) < 2 || args[0] != month && args[0] != statement || strings.HasPrefix(args[1], "-") {
		return args
	}
	return append(append([]string{args[0]}, args[2:]...), args[1])
}

func isHelp(arg string) bool { return arg == "-h" || arg == "-help" || arg == "--help" }

// helpFor is the help of the command that the line names, or of all.
func helpFor(root *ffcli.Command, args []string) string {
	for _, command := range root.Subcommands {
		if slices.Contains(args, command.Name) {
			return helpFor(command, args)
		}
	}
	return ffcli.DefaultUsageFunc(root)
}

func commands(stdout, stderr io.Writer) *ffcli.Command {
	return &ffcli.Command{
		Name:       "seatbridge",
		ShortUsage: "seatbridge [command] [flags]",
		ShortHelp:  "Writes the billable NordPass seats of an MSP's customers into ConnectWise PSA agreements.",
		LongHelp:   "  Without a command it serves. Every flag has an environment twin, such as SEATBRIDGE_BASE_URL for -base-url.",
		FlagSet:    newFlags("seatbridge"),
		Subcommands: []*ffcli.Command{
			serveCommand(stdout, stderr),
			demoCommand(stdout, stderr),
			syncCommand(stdout, stderr),
			monthsCommand(stdout, stderr),
			monthCommand(stdout, stderr),
			statementCommand(stdout, stderr),
			backupCommand(stdout, stderr),
			ownerCommand(stdout),
			keyCommand(stdout),
			simulateCommand(),
			versionCommand(stdout),
		},
		Exec: func(_ context.Context, args []string) error {
			return usageError{fmt.Errorf("there is no command %q\nRun \"seatbridge help\" for the commands", args[0])}
		},
	}
}

// simulateCommand is here for the help: run hands the simulator its own command line.
func simulateCommand() *ffcli.Command {
	return &ffcli.Command{Name: simulate, ShortUsage: "seatbridge simulate [flags]", ShortHelp: "serve the ConnectWise PSA simulator alone"}
}

func versionCommand(stdout io.Writer) *ffcli.Command {
	return &ffcli.Command{
		Name: "version", ShortUsage: "seatbridge version", ShortHelp: "print the version",
		FlagSet: newFlags("version"),
		Exec: func(_ context.Context, args []string) error {
			_, err := fmt.Fprintln(stdout, "seatbridge", version())
			return err
		},
	}
}

// version is the release, or the commit where it was built from one.
func version() string {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return "unknown"
	}
	if v := info.Main.Version; v != "" && v != "(devel)" {
		return v
	}
	for _, setting := range info.Settings {
		if setting.Key == "vcs.revision" {
			return setting.Value
		}
	}
	return "development"
}
