package views

import "time"

// TokensPage makes and revokes the tokens of the HTTP API and lists what it offers.
type TokensPage struct {
	Rows      []TokenRow
	Form      TokenForm
	Made      string // the token just made, to be shown this once
	MadeName  string
	Endpoints []EndpointRow
	BaseURL   string // of the API
	Document  string // address of the OpenAPI document
}

// TokenRow is one token.
type TokenRow struct {
	ID      int64
	Name    string
	Scopes  []string
	Made    time.Time
	By      string
	Expires time.Time // zero: never
	Stopped string    // why it opens nothing now; empty: it works
	Used    time.Time // zero: not yet
}

// TokenForm makes a token. Fields: name, scope, life.
type TokenForm struct {
	Name     string
	Scopes   []Option
	Life     []Option
	Problems Problems
}

// EndpointRow is one operation of the API.
type EndpointRow struct {
	Method  string
	Path    string
	Summary string
	Scope   string
}
