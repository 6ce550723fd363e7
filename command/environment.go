package command

import (
	"flag"
	"io"
	"log/slog"
	"os"
	"slices"
	"strings"

	"github.com/peterbourgon/ff/v3/ffcli"
)

// prefix begins the names of ours in the environment.
const prefix = "SEATBRIDGE_"

// warnOfUnknown names what in the environment looks like a setting of ours and is none: perhaps it is misspelt. It is no reason not to
// work: orchestrators set names of their own that begin with a service's name.
func warnOfUnknown(log *slog.Logger) {
	for _, name := range unknownNames(os.Environ()) {
		log.Warn("the environment has a name that means nothing to Seatbridge: is it misspelt?", "name", name)
	}
}

// unknownNames are the names with the prefix that no flag of any command has.
func unknownNames(environ []string) []string {
	known := knownNames()
	var unknown []string
	for _, setting := range environ {
		name, _, _ := strings.Cut(setting, "=")
		if strings.HasPrefix(name, prefix) && !slices.Contains(known, name) {
			unknown = append(unknown, name)
		}
	}
	slices.Sort(unknown)
	return unknown
}

// simulatorFlags are those of the command simulate, which reads its own.
const simulatorFlags = "ADDR TLS SEED COMPANIES CLOUD CODEBASE LATENCY FAULT ASSUME"

// knownNames are the twins of all flags, and the settings without a flag.
func knownNames() []string {
	known := []string{prefix + "SECRET_KEY", prefix + "TEST_CLOCK"}
	for name := range strings.FieldsSeq(simulatorFlags) {
		known = append(known, prefix+name)
	}
	var visit func(*ffcli.Command)
	visit = func(c *ffcli.Command) {
		if c.FlagSet != nil {
			c.FlagSet.VisitAll(func(f *flag.Flag) {
				known = append(known, prefix+strings.ToUpper(strings.ReplaceAll(f.Name, "-", "_")))
			})
		}
		for _, sub := range c.Subcommands {
			visit(sub)
		}
	}
	visit(commands(io.Discard, io.Discard))
	return known
}
