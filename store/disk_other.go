//go:build !linux

package store

// freeBytes is not known here.
func freeBytes(string) (free uint64, known bool) { return 0, false }

// NetworkDisk names the file system of a directory when it is on another machine's disk; nobody knows here.
func NetworkDisk(string) string { return "" }
