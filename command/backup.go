package command

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"github.com/peterbourgon/ff/v3/ffcli"
)

func backupCommand(stdout, stderr io.Writer) *ffcli.Command {
	c := operator()
	fs := newFlags("backup")
	c.dataFlag(fs)
	return &ffcli.Command{
		Name: "backup", ShortUsage: "seatbridge backup [flags] FILE",
		ShortHelp: "write a copy of the database to a new file, while a server may run",
		LongHelp:  "  With - for the file, the copy goes to the standard output, and what is said of it to the standard error.",
		FlagSet:   fs, Options: environment(),
		Exec: func(ctx context.Context, args []string) error {
			if len(args) != 1 {
				return usageError{errors.New("backup takes one argument, the file to write; flags come before it")}
			}
			if err := c.validate(); err != nil {
				return err
			}
			if args[0] == "-" {
				return backupTo(ctx, c, stdout, stderr)
			}
			return backup(ctx, c, args[0], stdout)
		},
	}
}

func backup(ctx context.Context, c *config, file string, stdout io.Writer) (err error) {
	db, err := openExisting(ctx, c)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	if err := db.Backup(ctx, file); err != nil {
		return err
	}
	info, err := os.Stat(file)
	if err != nil {
		return fmt.Errorf("looking at the backup: %w", err)
	}
	return c.tellBackup(stdout, file, info.Size())
}

// backupTo writes the copy to w. It is made beside the database first: SQLite copies to files alone.
func backupTo(ctx context.Context, c *config, w, stderr io.Writer) (err error) {
	db, err := openExisting(ctx, c)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	directory, err := os.MkdirTemp(c.data, "backup-")
	if err != nil {
		return fmt.Errorf("making room for the backup: %w", err)
	}
	defer func() { err = errors.Join(err, os.RemoveAll(directory)) }()
	file := filepath.Join(directory, databaseFile)
	if err := db.Backup(ctx, file); err != nil {
		return err
	}
	copied, err := os.Open(file)
	if err != nil {
		return fmt.Errorf("reading the backup: %w", err)
	}
	defer copied.Close()
	size, err := io.Copy(w, copied)
	if err != nil {
		return fmt.Errorf("writing the backup: %w", err)
	}
	return c.tellBackup(stderr, "the standard output", size)
}

func (c *config) tellBackup(w io.Writer, where string, bytes int64) error {
	_, err := fmt.Fprintf(w, "Wrote %s (%d KB): organizations, seats, mappings, runs, accounts and settings.\n"+
		"The secret key is not in it, and the secrets in it are of no use without: keep %s elsewhere.\n", where, (bytes+1023)/1024, c.keyName())
	return err
}

// keyName says where the operator keeps the secret key.
func (c *config) keyName() string {
	if s := c.source(); s.ours {
		return "a copy of " + s.file
	}
	return c.source().name
}
