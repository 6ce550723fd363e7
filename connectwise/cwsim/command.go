package cwsim

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"reflect"
	"strings"
	"time"
)

// options are the flags of the simulate command.
type options struct {
	addr, tlsDir string
	faults       string
	assumptions  string
	config       Config
}

// Simulate is the command `seatbridge simulate`: it serves an instance until the context ends and says on stdout where
// it listens and what a caller must present, a line each. Every flag has an environment twin, SEATBRIDGE_ and its name. now is
// the instance's clock; nil means time.Now.
func Simulate(ctx context.Context, args []string, getenv func(string) string, now func() time.Time, stdout io.Writer) error {
	o, err := parseOptions(args, getenv, stdout)
	if errors.Is(err, flag.ErrHelp) {
		return nil
	}
	if err != nil {
		return err
	}
	o.config.Now = now
	s := New(o.config)
	if err := s.addFaults(o.faults); err != nil {
		return err
	}
	server := &http.Server{Handler: s, ReadHeaderTimeout: 10 * time.Second, ErrorLog: log.New(io.Discard, "", 0)}
	server.Protocols = new(http.Protocols)
	server.Protocols.SetHTTP1(true) // a dropped connection is to be one, not a reset stream
	listener, err := net.Listen("tcp", o.addr)
	if err != nil {
		return fmt.Errorf("listening on %s: %w", o.addr, err)
	}
	defer listener.Close()
	serve, scheme := server.Serve, "http"
	if o.tlsDir != "" {
		server.TLSConfig, err = LoopbackTLS(o.tlsDir)
		if err != nil {
			return err
		}
		serve, scheme = func(l net.Listener) error { return server.ServeTLS(l, "", "") }, "https"
	}
	c := s.Credentials()
	fmt.Fprintf(stdout, "listening on %s://%s\ncompany: %s\npublic key: %s\nprivate key: %s\nclient id: %s\n",
		scheme, listener.Addr(), c.Company, c.PublicKey, c.PrivateKey, c.ClientID)
	return serveUntil(ctx, server, func() error { return serve(listener) })
}

// serveUntil serves until the context ends, then lets open calls finish for a moment.
func serveUntil(ctx context.Context, server *http.Server, serve func() error) error {
	served := make(chan error, 1)
	go func() { served <- serve() }()
	select {
	case err := <-served:
		return fmt.Errorf("serving: %w", err)
	case <-ctx.Done():
	}
	grace, cancel := context.WithTimeout(context.WithoutCancel(ctx), 2*time.Second)
	defer cancel()
	if err := server.Shutdown(grace); err != nil {
		server.Close() // calls that are slow on purpose
	}
	<-served
	return nil
}

func parseOptions(args []string, getenv func(string) string, stdout io.Writer) (options, error) {
	var o options
	flags := flag.NewFlagSet("simulate", flag.ContinueOnError)
	flags.SetOutput(stdout)
	flags.StringVar(&o.addr, "addr", "127.0.0.1:8443", "`address` to listen on; port 0 picks a free one")
	flags.StringVar(&o.tlsDir, "tls", "", "serve HTTPS with a new loopback certificate and write its authority to `DIR`/ca.pem")
	flags.Uint64Var(&o.config.Seed, "seed", 0, "seed of the data and of all chance")
	flags.IntVar(&o.config.Companies, "companies", 0, "number of companies (0: 120)")
	flags.BoolVar(&o.config.Cloud, "cloud", false, "imitate a cloud instance")
	flags.StringVar(&o.config.Codebase, "codebase", "", "codebase in the API's path (default "+OnPremises+")")
	flags.DurationVar(&o.config.Latency, "latency", 0, "delay of every answer")
	flags.StringVar(&o.faults, "fault", "", "`faults`, separated by commas, such as 429:p=0.05,html503:times=3")
	flags.StringVar(&o.assumptions, "assume", "", "`switches` of open questions, separated by commas")
	flags.Usage = func() { usage(flags, stdout) }
	if err := fromEnvironment(flags, getenv); err != nil {
		return o, err
	}
	if err := flags.Parse(args); err != nil {
		return o, err
	}
	if flags.NArg() > 0 {
		return o, fmt.Errorf("simulate takes no arguments, but got %q", flags.Args())
	}
	var err error
	o.config.Assumptions, err = parseAssumptions(o.assumptions)
	return o, err
}

// fromEnvironment sets the flags whose environment twin is there.
func fromEnvironment(flags *flag.FlagSet, getenv func(string) string) (err error) {
	flags.VisitAll(func(f *flag.Flag) {
		name := "SEATBRIDGE_" + strings.ToUpper(f.Name)
		if value := getenv(name); value != "" && err == nil {
			if bad := flags.Set(f.Name, value); bad != nil {
				err = fmt.Errorf("reading %s: %w", name, bad)
			}
		}
	})
	return err
}

func usage(flags *flag.FlagSet, stdout io.Writer) {
	fmt.Fprintln(stdout, "seatbridge simulate serves an imitation of ConnectWise PSA.")
	flags.PrintDefaults()
	fmt.Fprintln(stdout, "\nFaults (parameters after colons: p, n, wait, times, after, method, path, text):")
	for _, h := range faultTable {
		if h.Kind != Hook {
			fmt.Fprintf(stdout, "  %-16s %s\n", h.Kind, h.Text)
		}
	}
	fmt.Fprintf(stdout, "\nSwitches of open questions:\n  %s\n", strings.Join(assumptionNames(), "\n  "))
}

func (s *Sim) addFaults(list string) error {
	if list == "" {
		return nil
	}
	for text := range strings.SplitSeq(list, ",") {
		f, err := ParseFault(strings.TrimSpace(text))
		if err != nil {
			return err
		}
		s.AddFault(f)
	}
	return nil
}

// assumptionNames are the names of the switches as the command line takes them: those of the fields.
func assumptionNames() []string {
	var names []string
	for f := range reflect.TypeFor[Assumptions]().Fields() {
		names = append(names, f.Name)
	}
	return names
}

func parseAssumptions(list string) (Assumptions, error) {
	var a Assumptions
	if list == "" {
		return a, nil
	}
	for name := range strings.SplitSeq(list, ",") {
		name = strings.TrimSpace(name)
		field := reflect.ValueOf(&a).Elem().FieldByNameFunc(func(other string) bool { return strings.EqualFold(other, name) })
		if !field.IsValid() {
			return a, fmt.Errorf("no switch is called %q", name)
		}
		field.SetBool(true)
	}
	return a, nil
}
