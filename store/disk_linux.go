package store

import "syscall"

// freeBytes is how much an ordinary user may still write to the disk of a directory.
func freeBytes(dir string) (free uint64, known bool) {
	var disk syscall.Statfs_t
	if syscall.Statfs(dir, &disk) != nil {
		return 0, false
	}
	return disk.Bavail * uint64(disk.Bsize), true
}

// networkDisks are the file systems of other machines, by the numbers of statfs(2). The write-ahead log needs memory that all
// its users share (https://www.sqlite.org/wal.html), and their locks cannot be relied on.
var networkDisks = map[uint32]string{
	0x6969: "NFS", 0x517B: "SMB", 0xFF534D42: "CIFS", 0xFE534D42: "SMB", 0x564C: "NCP", 0x5346414F: "AFS", 0x73757245: "Coda",
}

// NetworkDisk names the file system of a directory when it is on another machine's disk; empty: it is not, or nobody knows.
func NetworkDisk(dir string) string {
	var disk syscall.Statfs_t
	if syscall.Statfs(dir, &disk) != nil {
		return ""
	}
	return networkDisks[uint32(disk.Type)]
}
