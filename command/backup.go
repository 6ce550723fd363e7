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

func backupCommand(stdout io.Writer) *ffcli.Command {
	c := &config{secretKey: os.Getenv("SEATBRIDGE_SECRET_KEY")}
	fs := newFlags("backup")
	c.dataFlag(fs)
	return &ffcli.Command{
		Name: "backup", ShortUsage: "seatbridge backup [flags] FILE",
		ShortHelp: "write a copy of the database to a new file, while a server may run",
		FlagSet:   fs, Options: environment(),
		Exec: func(ctx context.Context, args []string) error {
			if len(args) != 1 {
				return usageError{errors.New("backup takes one argument, the file to write; flags come before it")}
			}
			if err := c.validate(); err != nil {
				return err
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
	_, err = fmt.Fprintf(stdout, "Wrote %s (%d KB): organizations, seats, mappings, runs, accounts and settings.\n"+
		"The secret key is not in it, and the ConnectWise private key in it is of no use without: keep %s elsewhere.\n",
		file, (info.Size()+1023)/1024, c.keyName())
	return err
}

// keyName says where the operator keeps the secret key.
func (c *config) keyName() string {
	if c.secretKey != "" {
		return "SEATBRIDGE_SECRET_KEY"
	}
	return "a copy of " + filepath.Join(c.data, keyFile)
}
