package command

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/netip"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"seatbridge/billing"
	"seatbridge/internal/outbound"
	"seatbridge/store"
)

// The files in the data directory.
const (
	databaseFile = "seatbridge.db"
	keyFile      = "secret.key"
	serveLock    = "serve.lock"
)

// config is what the operator decides. Its texts come from flags and environment; validate reads them.
type config struct {
	addr           string
	data           string
	baseURL        string
	clientID       string
	trustedProxies string
	logFormat      string
	privateTargets bool   // channels and the Provider API may stand on private addresses
	anew           bool   // though there was an installation before
	secretKey      string // from SEATBRIDGE_SECRET_KEY only: a flag would show it to every user of the machine
	secretKeyFile  string // in its place
	credentials    string // the directory in which systemd hands over credentials; empty: it does not
	clientIDFile   string // in place of clientID

	base    *url.URL
	proxies []netip.Prefix

	tuning billing.Config // its waits, which tests shorten
}

// operator is a config with the secrets that the environment alone may have.
func operator() *config {
	return &config{secretKey: os.Getenv("SEATBRIDGE_SECRET_KEY"), credentials: os.Getenv("CREDENTIALS_DIRECTORY")}
}

func (c *config) addrFlag(fs *flag.FlagSet) {
	fs.StringVar(&c.addr, "addr", "127.0.0.1:8080", "host and port to listen on; port 0 picks a free one")
}

func (c *config) dataFlag(fs *flag.FlagSet) {
	fs.StringVar(&c.data, "data", "./data", "directory of the database and the key file")
	fs.StringVar(&c.secretKeyFile, "secret-key-file", "", "`file` with the secret key, in place of the one in the data directory")
}

func (c *config) clientIDFlag(fs *flag.FlagSet) {
	fs.StringVar(&c.clientID, "client-id", "", "ConnectWise client `ID` where the connection has none of its own")
	fs.StringVar(&c.clientIDFile, "client-id-file", "", "`file` with that client ID")
}

func (c *config) targetsFlag(fs *flag.FlagSet) {
	fs.BoolVar(&c.privateTargets, "allow-private-targets", false,
		"let notifications and the Provider API connect to this machine and private networks")
}

func (c *config) logFormatFlag(fs *flag.FlagSet) {
	fs.StringVar(&c.logFormat, "log-format", "text", "text or json")
}

func (c *config) baseURLFlag(fs *flag.FlagSet) {
	fs.StringVar(&c.baseURL, "base-url", "", "`URL` that people open, such as https://seatbridge.example.com")
}

func (c *config) webFlags(fs *flag.FlagSet) {
	c.baseURLFlag(fs)
	fs.StringVar(&c.trustedProxies, "trusted-proxies", "",
		"addresses or `networks` of reverse proxies, with commas, whose X-Forwarded-For is believed")
}

// validate reads the settings and reports all that is wrong with them at once.
func (c *config) validate() error {
	var problems []error
	problem := func(format string, args ...any) { problems = append(problems, fmt.Errorf(format, args...)) }

	if c.addr != "" && !validAddr(c.addr) {
		problem("-addr %q is not a host and a port, such as 127.0.0.1:8080", c.addr)
	}
	var err error
	if c.base, err = parseBaseURL(c.baseURL); err != nil {
		problem("-base-url %q %w", c.baseURL, err)
	}
	if c.proxies, err = parseProxies(c.trustedProxies); err != nil {
		problem("-trusted-proxies %w", err)
	}
	if c.logFormat != "" && c.logFormat != "text" && c.logFormat != "json" {
		problem("-log-format %q is neither text nor json", c.logFormat)
	}
	if c.secretKey != "" && len(c.secretKey) < minSecret {
		problem("SEATBRIDGE_SECRET_KEY has %d characters and needs at least %d: openssl rand -base64 32 makes a good one",
			len(c.secretKey), minSecret)
	}
	if c.secretKey != "" && c.secretKeyFile != "" {
		problem("SEATBRIDGE_SECRET_KEY and -secret-key-file are both set: leave one of them out")
	}
	if err := c.readClientID(); err != nil {
		problems = append(problems, err)
	}
	if len(problems) > 0 {
		return usageError{errors.Join(problems...)}
	}
	return nil
}

// readClientID takes the client ID out of its file, if it is in one.
func (c *config) readClientID() error {
	if c.clientIDFile == "" {
		return nil
	}
	if c.clientID != "" {
		return errors.New("-client-id and -client-id-file are both set: leave one of them out")
	}
	text, err := os.ReadFile(c.clientIDFile)
	if err != nil {
		return fmt.Errorf("-client-id-file: %w", err)
	}
	c.clientID = strings.TrimSpace(string(text))
	return nil
}

func validAddr(addr string) bool {
	_, port, err := net.SplitHostPort(addr)
	if err != nil {
		return false
	}
	_, err = strconv.ParseUint(port, 10, 16)
	return err == nil
}

// parseBaseURL reads the address of the panel; "" is nil. Seatbridge lives at the root of its host.
func parseBaseURL(text string) (*url.URL, error) {
	if text == "" {
		return nil, nil
	}
	u, err := url.Parse(text)
	switch {
	case err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https":
		return nil, errors.New("is not an address such as https://seatbridge.example.com")
	case u.User != nil || u.Path != "" && u.Path != "/" || u.RawQuery != "" || u.Fragment != "":
		return nil, errors.New("must be scheme and host alone: Seatbridge needs a host name of its own")
	}
	return &url.URL{Scheme: u.Scheme, Host: u.Host}, nil
}

func parseProxies(text string) ([]netip.Prefix, error) {
	var prefixes []netip.Prefix
	for _, item := range strings.FieldsFunc(text, func(r rune) bool { return r == ',' || r == ' ' }) {
		prefix, err := netip.ParsePrefix(item)
		if addr, addrErr := netip.ParseAddr(item); addrErr == nil {
			prefix, err = netip.PrefixFrom(addr, addr.BitLen()), nil
		}
		if err != nil {
			return nil, fmt.Errorf("%q is neither an address nor a network such as 10.0.0.0/8", item)
		}
		prefixes = append(prefixes, prefix.Masked())
	}
	return prefixes, nil
}

func (c *config) logger(w io.Writer, level slog.Level) *slog.Logger {
	options := &slog.HandlerOptions{Level: level}
	if c.logFormat == "json" {
		return slog.New(slog.NewJSONHandler(w, options))
	}
	return slog.New(slog.NewTextHandler(w, options))
}

// newBilling connects the database with ConnectWise.
func (c *config) newBilling(db *store.Store, log *slog.Logger) *billing.Billing {
	b := c.tuning
	b.Store, b.Log, b.Now, b.After, b.ClientID = db, log, now, after, c.clientID
	if c.privateTargets {
		b.Outbound = outbound.Private
	}
	if c.base != nil {
		b.BaseURL = c.base.String()
	}
	return billing.New(b)
}

func (c *config) database() string { return filepath.Join(c.data, databaseFile) }
