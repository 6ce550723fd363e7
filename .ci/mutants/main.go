// Command mutants puts small faults into packages, one at a time, and sees whether their tests notice.
//
// All mutants of a package are compiled into one test binary, each behind a switch that an environment variable turns
// on; so a mutant costs the time of the tests that reach it, not of compiling and linking, and one that the compiler
// would refuse cannot count as noticed. Tests are tried in the order of their time, those in which the mutant would say
// what the code says not at all, and the first that fails ends it.
//
// It fails when a package's tests notice less than the least share of its mutants, or when a mutant lives that the list
// of those allowed does not name with a reason.
package main

import (
	"cmp"
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := run(ctx, os.Args[1:], os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "mutants:", err)
		os.Exit(1)
	}
}

const everyTest = "."

// options are what can be chosen on the command line.
type options struct {
	files, tests, allowed, named string
	least                        float64
	workers, every               int
	each                         bool
}

func run(ctx context.Context, args []string, w io.Writer) error {
	var o options
	flags := flag.NewFlagSet("mutants", flag.ContinueOnError)
	flags.StringVar(&o.files, "files", "", "only `files` whose name matches the pattern, such as plan*.go")
	flags.StringVar(&o.tests, "run", everyTest, "only tests that match the `expression`, as for go test")
	flags.StringVar(&o.named, "named", "", "only mutants whose name matches the `expression`, such as err != nil")
	flags.StringVar(&o.allowed, "allowed", "", "the `file` of mutants that may live, each with a reason")
	flags.Float64Var(&o.least, "least", 95, "the least `percentage` of mutants that must be noticed")
	flags.IntVar(&o.every, "every", 1, "only each `n`-th mutant, as a sample")
	flags.BoolVar(&o.each, "v", false, "say of each mutant, when it was tried, what noticed it")
	flags.IntVar(&o.workers, "workers", runtime.NumCPU(), "how many mutants are tried at once")
	if err := flags.Parse(args); err != nil {
		return err
	}
	if _, err := regexp.Compile(o.named); err != nil {
		return err
	}
	allowed, err := readAllowed(o.allowed)
	if err != nil {
		return err
	}
	if flags.NArg() == 0 {
		return errors.New("name the packages whose tests to try")
	}
	var failed error
	for _, pattern := range flags.Args() {
		r, err := try(ctx, pattern, o, w)
		if err != nil {
			return fmt.Errorf("%s: %w", pattern, err)
		}
		failed = errors.Join(failed, r.report(w, allowed, o))
	}
	return failed
}

// try tries all mutants of a package.
func try(ctx context.Context, pattern string, o options, w io.Writer) (result, error) {
	dir, err := os.MkdirTemp("", "mutants")
	if err != nil {
		return result{}, err
	}
	defer os.RemoveAll(dir)
	b, mutants, err := build(ctx, pattern, o.files, dir)
	if err != nil {
		return result{}, err
	}
	if err := b.baseline(ctx, o.tests); err != nil {
		return result{}, err
	}
	mutants = sample(named(mutants, o.named), o.every)
	r := result{pkg: pattern, tried: len(mutants)}
	r.lived, err = b.survivors(ctx, mutants, o.workers, func(m mutant, by string) {
		if by == noEnd {
			r.endless = append(r.endless, m)
		}
		if o.each {
			fmt.Fprintf(w, "%s:%d: %s # noticed by %s\n", filepath.Base(m.file), m.line, m, cmp.Or(by, "nothing"))
		}
	})
	return r, err
}

func named(mutants []mutant, expression string) []mutant {
	matching := regexp.MustCompile(expression)
	return slices.DeleteFunc(mutants, func(m mutant) bool { return !matching.MatchString(m.String()) })
}

func sample(mutants []mutant, every int) []mutant {
	return slices.DeleteFunc(mutants, func(m mutant) bool { return m.number%every != 0 })
}
