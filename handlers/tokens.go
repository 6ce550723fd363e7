package handlers

// newAPIToken is a token's text: 256 random bits behind a prefix that secret scanners can know.
func newAPIToken() string { return "sb_" + newToken() }
