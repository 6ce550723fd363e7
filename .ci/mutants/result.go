package main

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// result is what became of a package's mutants.
type result struct {
	pkg   string
	tried int
	lived []mutant
	// endless are those noticed by nothing but that the tests did not end in ten times their time, which a busy machine may do too.
	endless []mutant
}

// report prints the result; the error says what is not good enough.
func (r result) report(w io.Writer, allowed map[string]string, o options) error {
	share := 100 * float64(r.tried-len(r.lived)) / float64(max(r.tried, 1))
	fmt.Fprintf(w, "%s: %d of %d mutants were noticed (%.1f %%), %d lived\n", r.pkg, r.tried-len(r.lived), r.tried, share, len(r.lived))
	unlisted := 0
	for _, m := range r.lived {
		reason, listed := allowed[m.String()]
		switch {
		case !listed && !m.reached:
			reason = "NOT LISTED, no test comes where it differs"
		case !listed:
			reason = "NOT LISTED"
		}
		if !listed {
			unlisted++
		}
		fmt.Fprintf(w, "  %s:%d: %s # %s\n", filepath.Base(m.file), m.line, m, reason)
	}
	for _, m := range r.endless {
		fmt.Fprintf(w, "  %s:%d: %s # noticed only by that the tests did not end in ten times their time\n", filepath.Base(m.file), m.line, m)
	}
	var err error
	if share < o.least {
		err = fmt.Errorf("%s: less than %g %% of the mutants were noticed", r.pkg, o.least)
	}
	if unlisted > 0 {
		err = errors.Join(err, fmt.Errorf("%s: %d mutants live without a reason", r.pkg, unlisted))
	}
	return errors.Join(err, r.outdated(allowed, o))
}

// outdated names the mutants of the package that may live and do not. Only a whole run can tell.
func (r result) outdated(allowed map[string]string, o options) error {
	if o.files != "" || o.named != "" || o.tests != everyTest || o.every > 1 {
		return nil
	}
	lives := map[string]bool{}
	for _, m := range r.lived {
		lives[m.String()] = true
	}
	var err error
	for _, name := range slices.Sorted(maps.Keys(allowed)) {
		if strings.HasPrefix(name, strings.TrimPrefix(r.pkg, "./")+".") && !lives[name] {
			err = errors.Join(err, fmt.Errorf("take it off the list, it does not live: %s", name))
		}
	}
	return err
}

// readAllowed reads the mutants that may live: one a line, as the report prints it without its place, and its reason.
func readAllowed(file string) (map[string]string, error) {
	allowed := map[string]string{}
	if file == "" {
		return allowed, nil
	}
	f, err := os.Open(file)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	lines := bufio.NewScanner(f)
	for lines.Scan() {
		if mutant, reason, ok := strings.Cut(lines.Text(), " # "); ok {
			allowed[mutant] = reason
		}
	}
	return allowed, lines.Err()
}
