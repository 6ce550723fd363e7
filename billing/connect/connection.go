// Package connect keeps the connection with ConnectWise PSA: credentials, rights, the one client that everybody paces
// themselves by, and what its errors mean to a person.
package connect

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/url"
	"strings"
	"sync"
	"time"

	"seatbridge/billing/notify"
	"seatbridge/billing/problem"
	"seatbridge/connectwise"
	"seatbridge/internal/outbound"
	"seatbridge/store"
)

// State is how far the integration is set up and whether it works.
type State string

// The states of the integration, as the guide has them.
const (
	NotConnected    State = "not_connected"
	SetupIncomplete State = "setup_incomplete" // connected, but the products are not mapped
	Active          State = "active"
	Failing         State = "error"
)

// Connection is the integration as the panel shows it. It never holds the private key.
type Connection struct {
	State                              State
	Site, Company, PublicKey, ClientID string
	APIBase                            string // where the API is called, as discovered
	Rights                             []connectwise.Right
	Products                           map[store.Plan]store.ProductMapping
	Problem                            store.Problem // what is wrong; zero while it works
	ErrorAt, ConnectedAt, CheckedAt    time.Time
	LastImportAt, LastSyncAt           time.Time
	DefaultClientID                    bool // the operator's client ID is used where the admin gave none
}

// SetupStep is something to do before anything can be synced.
type SetupStep string

// The steps, in their order.
const (
	StepConnect  SetupStep = "connect"
	StepMend     SetupStep = "mend" // the connection, which does not work
	StepProducts SetupStep = "products"
	StepImport   SetupStep = "import"
)

// Next are the steps that are left, as far as they can be done now; the first one comes first.
func (c Connection) Next() []SetupStep {
	if c.State == NotConnected {
		return []SetupStep{StepConnect}
	}
	var steps []SetupStep
	if !c.Problem.Zero() {
		steps = append(steps, StepMend)
	}
	if len(c.Products) < len(store.Plans()) {
		return append(steps, StepProducts)
	}
	if c.LastImportAt.IsZero() {
		steps = append(steps, StepImport)
	}
	return steps
}

// Config is what a Keeper works with.
type Config struct {
	Store    *store.Store
	Log      *slog.Logger
	Now      func() time.Time
	Outbox   *notify.Outbox
	ClientID string                    // the operator's, used where the admin gave none
	Tune     func(*connectwise.Config) // adjusts the client
	Outbound outbound.Policy           // which addresses a site may have; at least outbound.Private
}

// Keeper keeps the connection with ConnectWise PSA: its credentials, what the API member may do, and the one client.
type Keeper struct {
	store    *store.Store
	log      *slog.Logger
	now      func() time.Time
	outbox   *notify.Outbox
	clientID string // the operator's, used where the admin gave none
	tune     func(*connectwise.Config)
	outbound outbound.Policy

	mu     sync.Mutex
	client *connectwise.Client // for the saved credentials; nil: not made yet
}

// New makes the keeper of a store's connection.
func New(c Config) *Keeper {
	return &Keeper{store: c.Store, log: c.Log, now: c.Now, outbox: c.Outbox, clientID: c.ClientID, tune: c.Tune,
		outbound: max(c.Outbound, outbound.Private)}
}

// Current is the integration as last seen; it asks nothing of ConnectWise.
func (k *Keeper) Current(ctx context.Context) (Connection, error) {
	i, err := k.store.Integration(ctx)
	if errors.Is(err, store.ErrNotFound) {
		return Connection{State: NotConnected, DefaultClientID: k.clientID != ""}, nil
	}
	if err != nil {
		return Connection{}, fmt.Errorf("reading the integration: %w", err)
	}
	products, err := k.store.ProductMappings(ctx)
	if err != nil {
		return Connection{}, fmt.Errorf("reading product mappings: %w", err)
	}
	c := Connection{
		State: Active, Site: i.Site, Company: i.Company, PublicKey: i.PublicKey, ClientID: i.ClientID, APIBase: i.APIBase,
		Products: products, Problem: i.Problem, ErrorAt: i.ErrorAt, ConnectedAt: i.ConnectedAt, CheckedAt: i.CheckedAt,
		LastImportAt: i.LastImportAt, LastSyncAt: i.LastSyncAt, DefaultClientID: k.clientID != "",
	}
	if c.Rights, err = StoredRights(i); err != nil {
		return Connection{}, err
	}
	switch {
	case !c.Problem.Zero():
		c.State = Failing
	case len(products) < len(store.Plans()):
		c.State = SetupIncomplete
	}
	return c, nil
}

// Ready says whether there is anything to sync with: problem.ErrNotConnected and problem.ErrNotActive say what is missing.
func Ready(ctx context.Context, s *store.Store) error {
	integration, err := s.Integration(ctx)
	switch {
	case errors.Is(err, store.ErrNotFound):
		return problem.ErrNotConnected
	case err != nil:
		return fmt.Errorf("reading the integration: %w", err)
	case integration.ActiveSince.IsZero():
		return problem.ErrNotActive
	}
	return nil
}

// ClearProblem forgets what was wrong with the connection at a contact that was good, but for rights that are known to be missing.
func ClearProblem(ctx context.Context, s *store.Store, now time.Time) error {
	i, err := s.Integration(ctx)
	if errors.Is(err, store.ErrNotFound) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("reading the integration: %w", err)
	}
	rights, err := StoredRights(i)
	if err != nil {
		return err
	}
	return s.SetIntegrationProblem(ctx, MissingRights(rights), now)
}

// Credentials are what an admin enters to connect.
type Credentials struct {
	Site, Company, PublicKey string
	PrivateKey               string // empty: the saved one stays, where site, company and public key do
	ClientID                 string // empty: the operator's
}

// Connect tests the credentials and saves them if ConnectWise accepts them. A right that the API member
// lacks does not keep them from being saved; it becomes the connection's problem, by name. The error is
// *Invalid for input that cannot work, *Refused for what ConnectWise did not accept; then what was saved
// before is untouched.
func (k *Keeper) Connect(ctx context.Context, who problem.Actor, c Credentials) (Connection, error) {
	i, err := k.integrationFor(ctx, c)
	if err != nil {
		return Connection{}, err
	}
	client, err := k.newClient(i)
	if err != nil {
		return Connection{}, invalidConfig(err)
	}
	client = connectwise.ForPage(client)
	if _, err := client.Discover(ctx); err != nil {
		return Connection{}, Refused(err)
	}
	rights, err := client.Rights(ctx)
	if err != nil {
		return Connection{}, Refused(err)
	}
	i.APIBase = client.APIBase()
	if err := k.saveChecked(ctx, who, i, rights); err != nil {
		return Connection{}, err
	}
	return k.Current(ctx)
}

// Check tests the saved credentials again and keeps what came of it.
func (k *Keeper) Check(ctx context.Context, who problem.Actor) (Connection, error) {
	i, err := k.store.Integration(ctx)
	if errors.Is(err, store.ErrNotFound) {
		return Connection{}, problem.ErrNotConnected
	}
	if err != nil {
		return Connection{}, fmt.Errorf("reading the integration: %w", err)
	}
	client, err := k.PageClient(ctx)
	if err != nil {
		return Connection{}, err
	}
	before := i.Problem
	rights, err := client.Rights(ctx)
	if err != nil {
		if isRefusal(err) {
			k.tellRefusal(ctx, before, ProblemOf(err))
		}
		err = k.keepTest(ctx, who, func(s *store.Store) error { return s.SetIntegrationProblem(ctx, ProblemOf(err), k.now()) })
	} else {
		k.tellRefusal(ctx, before, MissingRights(rights))
		i.APIBase = client.APIBase()
		err = k.saveFindings(ctx, who, i, rights)
	}
	if errors.Is(err, store.ErrNotFound) {
		return Connection{}, problem.ErrNotConnected // disconnected meanwhile
	}
	if err != nil {
		return Connection{}, fmt.Errorf("keeping the result of the connection test: %w", err)
	}
	return k.Current(ctx)
}

func (k *Keeper) keepTest(ctx context.Context, who problem.Actor, keep func(*store.Store) error) error {
	return k.store.Record(ctx, who.Did(k.now(), store.CategoryIntegrations, "Tested the connection to ConnectWise PSA."), keep)
}

// integrationFor is the integration that the credentials ask for, built on the saved one.
func (k *Keeper) integrationFor(ctx context.Context, c Credentials) (store.Integration, error) {
	problems := problem.Fields{}
	site, err := connectwise.ParseSite(c.Site)
	if err != nil {
		problems.Add("site", sentence(err))
	}
	i, err := k.store.Integration(ctx)
	if err != nil && !errors.Is(err, store.ErrNotFound) {
		return i, fmt.Errorf("reading the integration: %w", err)
	}
	saved := i
	i.AnyAddress = saved.AnyAddress && saved.Site == site.String()
	problems.Add("site", k.addressProblem(site, i.AnyAddress))
	if len(problems) == 0 && err == nil && !sameInstance(saved, site, c.Company) {
		elsewhere, err := k.mappedTo(ctx, saved)
		if err != nil {
			return i, err
		}
		problems.Add("site", elsewhere)
	}
	if i.ConnectedAt.IsZero() {
		i.ConnectedAt = k.now()
	}
	i.Site, i.Company, i.PublicKey = site.String(), strings.TrimSpace(c.Company), strings.TrimSpace(c.PublicKey)
	i.ClientID, i.APIBase = strings.TrimSpace(c.ClientID), ""
	if i.PrivateKey = strings.TrimSpace(c.PrivateKey); i.PrivateKey == "" && len(problems) == 0 {
		i.PrivateKey = savedKey(problems, saved, i)
	}
	k.credentialProblems(problems, i)
	if len(problems) > 0 {
		return i, &problem.Invalid{Fields: problems}
	}
	return i, nil
}

// addressProblem says that a site's host is an address that is not connected to; "": it may be. What a name leads to is judged when it is
// dialled.
func (k *Keeper) addressProblem(site connectwise.Site, before bool) string {
	u := url.URL{Host: site.Host}
	if k.outbound.Unless(before).CheckHost(u.Hostname()) == nil {
		return ""
	}
	return "This is a link-local address or one of a cloud's metadata, where no ConnectWise stands. Enter the address at which you sign in."
}

// sameInstance says whether the saved integration is with this company at this site.
func sameInstance(saved store.Integration, site connectwise.Site, company string) bool {
	return saved.Site == site.String() && strings.EqualFold(saved.Company, strings.TrimSpace(company))
}

// mappedTo says what is mapped to records of the saved instance, which keeps it from being replaced by another one; "": nothing is.
func (k *Keeper) mappedTo(ctx context.Context, saved store.Integration) (string, error) {
	mappings, err := k.store.Mappings(ctx)
	if err != nil {
		return "", fmt.Errorf("reading mappings: %w", err)
	}
	products, err := k.store.ProductMappings(ctx)
	if err != nil {
		return "", fmt.Errorf("reading product mappings: %w", err)
	}
	switch {
	case len(mappings) > 0:
		return fmt.Sprintf("%d organizations are mapped to company %s at %s. Disconnect first to connect another ConnectWise.",
			len(mappings), saved.Company, saved.Site), nil
	case len(products) > 0:
		return fmt.Sprintf("The products are mapped to those of company %s at %s. Disconnect first to connect another ConnectWise.",
			saved.Company, saved.Site), nil
	}
	return "", nil
}

// savedKey is the saved private key where it belongs to what is asked for: a key goes only to the site and the company that it was saved
// for, and beside the public key that it was made with. Otherwise it is asked for again.
func savedKey(problems problem.Fields, saved, asked store.Integration) string {
	switch {
	case saved.PrivateKey == "":
		return ""
	case asked.Site != saved.Site || !strings.EqualFold(asked.Company, saved.Company):
		problems.Add("private_key", fmt.Sprintf("The saved keys are for company %s at %s and are sent nowhere else. "+
			"Enter both keys again, for the company and the site above.", saved.Company, saved.Site))
	case asked.PublicKey != saved.PublicKey:
		problems.Add("private_key", "The saved private key belongs to another public key. Enter the private key again.")
	default:
		return saved.PrivateKey
	}
	return ""
}

// credentialProblems says what is missing to connect.
func (k *Keeper) credentialProblems(problems problem.Fields, i store.Integration) {
	for field, value := range map[string]string{"company": i.Company, "public_key": i.PublicKey, "private_key": i.PrivateKey} {
		if value == "" && problems[field] == "" {
			problems[field] = "This is needed to connect."
		}
	}
	if i.ClientID == "" && k.clientID == "" {
		problems["client_id"] = "ConnectWise answers nobody without a client ID. Register one at developer.connectwise.com and enter it here."
	}
}

func invalidConfig(err error) error {
	var config *connectwise.ConfigError
	if errors.As(err, &config) {
		return &problem.Invalid{Fields: problem.Fields{config.Field: config.Sentence}}
	}
	return fmt.Errorf("preparing the connection: %w", err)
}

// sentence is what a *connectwise.ConfigError says to the person who typed it.
func sentence(err error) string {
	var config *connectwise.ConfigError
	if errors.As(err, &config) {
		return config.Sentence
	}
	return err.Error()
}

// saveChecked keeps a connection that was just tested, with its rights and the right that is missing, if any.
func (k *Keeper) saveChecked(ctx context.Context, who problem.Actor, i store.Integration, rights connectwise.Rights) error {
	encoded, err := json.Marshal(rights)
	if err != nil {
		return fmt.Errorf("encoding rights: %w", err)
	}
	i.Rights, i.CheckedAt, i.Problem = string(encoded), k.now(), MissingRights(rights)
	i.ErrorAt = time.Time{}
	if !i.Problem.Zero() {
		i.ErrorAt = i.CheckedAt
	}
	entry := who.Did(k.now(), store.CategoryIntegrations, "Saved the ConnectWise PSA credentials for company %s at %s.", i.Company, i.Site)
	if err := k.store.Record(ctx, entry, func(s *store.Store) error { return s.SaveIntegration(ctx, i) }); err != nil {
		return fmt.Errorf("saving the integration: %w", err)
	}
	k.Forget()
	return nil
}

// saveFindings keeps what a test found, and nothing of the credentials that it was made with: they may have
// been replaced or removed meanwhile.
func (k *Keeper) saveFindings(ctx context.Context, who problem.Actor, i store.Integration, rights connectwise.Rights) error {
	encoded, err := json.Marshal(rights)
	if err != nil {
		return fmt.Errorf("encoding rights: %w", err)
	}
	return k.keepTest(ctx, who, func(s *store.Store) error {
		return s.SaveFindings(ctx, i.APIBase, string(encoded), MissingRights(rights), k.now())
	})
}

// StoredRights are the rights as they were last tested.
func StoredRights(i store.Integration) (rights connectwise.Rights, err error) {
	if i.Rights != "" {
		if err := json.Unmarshal([]byte(i.Rights), &rights); err != nil {
			return nil, fmt.Errorf("reading the stored rights: %w", err)
		}
	}
	return rights, nil
}

// MissingRights names what the API member's role lacks.
func MissingRights(rights connectwise.Rights) store.Problem {
	missing := rights.Missing()
	if len(missing) == 0 {
		return store.Problem{}
	}
	return store.Problem{
		What: "The API member's security role lacks a right: " + strings.Join(missing, ", ") + ".",
		Do:   "In ConnectWise, open System > Security Roles, give the role these levels (All), then check the connection again.",
	}
}

// newClient makes a client for an integration.
func (k *Keeper) newClient(i store.Integration) (*connectwise.Client, error) {
	c := connectwise.Config{
		Site: i.Site, Company: i.Company, PublicKey: i.PublicKey, PrivateKey: i.PrivateKey, ClientID: i.ClientID, APIBase: i.APIBase,
		Outbound: k.outbound.Unless(i.AnyAddress),
	}
	if c.ClientID == "" {
		c.ClientID = k.clientID
	}
	k.tune(&c)
	return connectwise.New(c)
}

// Client is the client of the saved credentials, made afresh: its pace holds for everybody, and a refusal that it meets ends
// what it was made for and nothing else.
func (k *Keeper) Client(ctx context.Context) (*connectwise.Client, error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.client != nil {
		return k.client.Afresh(), nil
	}
	i, err := k.store.Integration(ctx)
	if errors.Is(err, store.ErrNotFound) {
		return nil, problem.ErrNotConnected
	}
	if err != nil {
		return nil, fmt.Errorf("reading the integration: %w", err)
	}
	if k.client, err = k.newClient(i); err != nil {
		return nil, fmt.Errorf("preparing the connection: %w", err)
	}
	return k.client.Afresh(), nil
}

// PageClient is the client for a person who waits: it gives up sooner, and before the page's own time is over.
func (k *Keeper) PageClient(ctx context.Context) (*connectwise.Client, error) {
	c, err := k.Client(ctx)
	if err != nil {
		return nil, err
	}
	return connectwise.ForPage(c), nil
}

// Forget drops the client: the next one is made for the credentials as they are then.
func (k *Keeper) Forget() {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.client = nil
}
