// Package e2e uses Seatbridge as a person does: with mouse and keyboard, in a real browser. Its tests are built with the tag
// e2e.
package e2e
