package command

import (
	"flag"
	"fmt"
	"io"

	"github.com/peterbourgon/ff/v3"
)

// usageError is a command line that cannot be carried out as it stands.
type usageError struct{ error }

func (e usageError) Unwrap() error { return e.error }

// newFlags is a flag set that leaves the talking to run.
func newFlags(name string) *flag.FlagSet {
	fs := flag.NewFlagSet(name, flag.ContinueOnError)
	fs.SetOutput(io.Discard)
	return fs
}

// environment gives every flag its SEATBRIDGE_ twin; a flag on the command line wins. ff reads the twins from the environment
// of the process and no other, so Run is handed none: it would be that of the secret key alone.
func environment() []ff.Option { return []ff.Option{ff.WithEnvVarPrefix("SEATBRIDGE")} }

// noArguments refuses what is left after the flags.
func noArguments(args []string) error {
	if len(args) > 0 {
		return usageError{fmt.Errorf("unexpected argument %q: flags come after the command, and there is nothing else", args[0])}
	}
	return nil
}
