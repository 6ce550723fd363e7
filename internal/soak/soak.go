// Package soak says how much of a long test is run. A plain `go test ./...` runs little of it, so that people run it at
// all; `make soak` sets SEATBRIDGE_SOAK and runs everything.
package soak

import (
	"fmt"
	"os"
	"strconv"
)

// Full says whether everything is to be run, however long it takes.
func Full() bool { return os.Getenv("SEATBRIDGE_SOAK") != "" }

// Size is how large a test is to be: full in a soak, small otherwise.
func Size(small, full int) int {
	if Full() {
		return full
	}
	return small
}

// Count is Size for a test whose size can also be set by itself, as the variable's value. One that is no number ends
// the process: a soak that quietly ran small would seem to have proved something.
func Count(variable string, small, full int) int {
	text := os.Getenv(variable)
	if text == "" {
		return Size(small, full)
	}
	n, err := strconv.Atoi(text)
	if err != nil || n < 0 {
		panic(fmt.Sprintf("%s=%q is not a number of times.", variable, text))
	}
	return n
}

// Seeds are those of the lives that a test makes up: so many from 0 on as Count says with SEATBRIDGE_SEEDS, or the one that
// SEATBRIDGE_SEED names. One that is no number ends the process.
func Seeds(small, full int) []uint64 {
	if text := os.Getenv("SEATBRIDGE_SEED"); text != "" {
		seed, err := strconv.ParseUint(text, 10, 64)
		if err != nil {
			panic(fmt.Sprintf("SEATBRIDGE_SEED=%q is no seed.", text))
		}
		return []uint64{seed}
	}
	list := make([]uint64, Count("SEATBRIDGE_SEEDS", small, full))
	for i := range list {
		list[i] = uint64(i)
	}
	return list
}
