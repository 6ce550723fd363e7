package main

import (
	"bufio"
	"cmp"
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"
)

// testBinary is a package's tests with the switches in it.
type testBinary struct {
	path, home, scratch string
	tests               []test
}

// test is a test of the package as it is without a fault.
type test struct {
	name  string
	takes time.Duration
	seen  map[int]bool // the mutants it reaches
}

// baseline runs each test by itself, which must pass, and notes its time and what it reaches.
func (b *testBinary) baseline(ctx context.Context, matching string) error {
	out, err := b.command(ctx, "-test.list", matching).Output()
	if err != nil {
		return fmt.Errorf("listing the tests: %w", err)
	}
	for name := range strings.FieldsSeq(string(out)) {
		if strings.HasPrefix(name, "Benchmark") {
			continue
		}
		t, err := b.measure(ctx, name)
		if err != nil {
			return err
		}
		b.tests = append(b.tests, t)
	}
	slices.SortFunc(b.tests, func(x, y test) int { return cmp.Compare(x.takes, y.takes) })
	return nil
}

func (b *testBinary) measure(ctx context.Context, name string) (test, error) {
	seen := filepath.Join(b.scratch, "seen")
	if err := os.WriteFile(seen, nil, 0o600); err != nil {
		return test{}, err
	}
	c := b.command(ctx, "-test.run", only(name))
	c.Env = append(c.Env, "MUTANTS_SEEN="+seen)
	start := time.Now()
	if out, err := c.CombinedOutput(); err != nil {
		return test{}, fmt.Errorf("%s fails without a fault: %w\n%s", name, err, out)
	}
	t := test{name: name, takes: time.Since(start), seen: map[int]bool{}}
	text, err := os.ReadFile(seen)
	for line := range strings.FieldsSeq(string(text)) {
		n, _ := strconv.Atoi(line)
		t.seen[n] = true
	}
	return t, err
}

func (b *testBinary) command(ctx context.Context, args ...string) *exec.Cmd {
	c := exec.CommandContext(ctx, b.path, args...)
	c.Dir, c.Env = b.home, os.Environ()
	return c
}

func only(names ...string) string {
	for i, name := range names {
		names[i] = regexp.QuoteMeta(name)
	}
	return "^(" + strings.Join(names, "|") + ")$"
}

// survivors tries the mutants and answers those that no test noticed; each says what noticed a mutant, as soon as it is known.
func (b *testBinary) survivors(ctx context.Context, mutants []mutant, workers int, each func(m mutant, by string)) ([]mutant, error) {
	var mu sync.Mutex
	var lived []mutant
	g, ctx := errgroup.WithContext(ctx)
	g.SetLimit(workers)
	for _, m := range mutants {
		g.Go(func() error {
			by, err := b.notices(ctx, m)
			if err != nil {
				return err
			}
			mu.Lock()
			defer mu.Unlock()
			each(m, by)
			if by == "" {
				m.reached = slices.ContainsFunc(b.tests, func(t test) bool { return t.seen[m.number] })
				lived = append(lived, m)
			}
			return nil
		})
	}
	err := g.Wait()
	slices.SortFunc(lived, func(x, y mutant) int { return cmp.Compare(x.number, y.number) })
	return lived, err
}

// notices runs the tests that reach the mutant, in batches that take longer and longer: most mutants are noticed soon. It answers
// the test that noticed it, or nothing.
func (b *testBinary) notices(ctx context.Context, m mutant) (by string, err error) {
	var batch []string
	var takes, budget time.Duration = 0, time.Second
	for i, t := range b.tests {
		if t.seen[m.number] {
			batch, takes = append(batch, t.name), takes+t.takes
		}
		if len(batch) == 0 || takes < budget && i < len(b.tests)-1 {
			continue
		}
		by, err := b.fails(ctx, m, batch, takes)
		if by != "" || err != nil {
			return by, err
		}
		batch, takes, budget = nil, 0, 4*budget
	}
	return "", nil
}

const (
	noEnd = "that it never ended"
	crash = "that it crashed"
)

// fails tells which of the tests fails first with the mutant, or that they crash or never end.
func (b *testBinary) fails(ctx context.Context, m mutant, tests []string, takes time.Duration) (by string, err error) {
	limit, cancel := context.WithTimeout(ctx, 10*time.Second+10*takes)
	defer cancel()
	c := b.command(limit, "-test.run", only(tests...), "-test.v")
	c.Env = append(c.Env, "MUTANT="+strconv.Itoa(m.number))
	out, err := c.StdoutPipe()
	if err != nil {
		return "", err
	}
	if err := c.Start(); err != nil {
		return "", fmt.Errorf("trying %s: %w", m, err)
	}
	by = firstFailure(out)
	late := limit.Err() != nil
	if by != "" {
		cancel() // the other tests need not end
	}
	err = c.Wait()
	switch {
	case ctx.Err() != nil:
		return "", ctx.Err()
	case by != "":
		return by, nil
	case late:
		return noEnd, nil
	case err != nil:
		return crash, nil
	}
	return "", nil
}

// firstFailure reads what tests say until one of them, or all, ended; it answers the name of the first that failed.
func firstFailure(said io.Reader) string {
	lines := bufio.NewScanner(said)
	lines.Buffer(nil, 1<<24)
	for lines.Scan() {
		if name, failed := strings.CutPrefix(strings.TrimSpace(lines.Text()), "--- FAIL: "); failed {
			name, _, _ = strings.Cut(name, " ")
			return name
		}
	}
	return ""
}
