package command

import (
	"context"
	"fmt"
	"path/filepath"

	"seatbridge/store"
)

// refuseToMake refuses to serve where the database is none, or where one would be made in place of one that was lost.
func (c *config) refuseToMake(ctx context.Context) error {
	found, err := c.contents(ctx)
	switch {
	case err != nil:
		return err
	case c.anew && found == store.Ours:
		return fmt.Errorf("there is a database already, %s: leave -new away to serve it", c.database())
	case c.anew || found == store.Ours || !c.wasThere():
		return nil
	}
	return c.lost(found)
}

// refuseMissing refuses to work where the database is none.
func (c *config) refuseMissing(ctx context.Context) error {
	found, err := c.contents(ctx)
	switch {
	case err != nil || found == store.Ours:
		return err
	case c.wasThere():
		return c.lost(found)
	}
	return fmt.Errorf("there is no database %s: start \"seatbridge serve\" first, or name its directory with -data", c.database())
}

// contents is Examine's finding: Nothing, Empty or Ours. What is something else is refused.
func (c *config) contents(ctx context.Context) (store.Contents, error) {
	found, err := store.Examine(ctx, c.database())
	if err != nil {
		return found, err
	}
	switch found {
	case store.Foreign:
		return found, fmt.Errorf("%s is no database of Seatbridge: it is encrypted, a directory, or another program's. "+
			"Name the right directory with -data, or restore a backup: %s", c.database(), c.restoring())
	case store.Damaged:
		return found, fmt.Errorf("the database %s is damaged or cut off. Restore a backup: %s", c.database(), c.restoring())
	}
	return found, nil
}

// wasThere tells whether this data directory had a database before: its key file tells, or the lock file that is made when
// a database is first opened.
func (c *config) wasThere() bool {
	key := filepath.Join(c.data, keyFile)
	return exists(key) || exists(c.database()+".migrate.lock") && !exists(key+unproven)
}

// lost refuses a data directory whose database is gone: to begin anew in silence would hide that.
func (c *config) lost(found store.Contents) error {
	state := "missing"
	if found == store.Empty {
		state = "empty"
	}
	return fmt.Errorf("the database %s is %s, but Seatbridge has worked in this directory before. Restore a backup: %s. "+
		"To begin a new installation instead, without any of the old data, start once with: seatbridge serve -new -data %s",
		c.database(), state, c.restoring(), c.data)
}

// newer refuses a database of a later version.
func (c *config) newer(cause error) error {
	return fmt.Errorf("the database %s is of later days (%w). Start that version of Seatbridge again, or restore the backup that was made "+
		"before the upgrade: %s", c.database(), cause, c.restoring())
}

// restoring is how a backup is put back.
func (c *config) restoring() string {
	db := c.database()
	return fmt.Sprintf("cp BACKUP.db %[1]s && rm -f %[1]s-wal %[1]s-shm, then start Seatbridge with the same key", db)
}

// refuseDisk refuses a data directory on another machine's disk.
func (c *config) refuseDisk() error {
	if name := store.NetworkDisk(c.data); name != "" {
		return fmt.Errorf("the data directory %s is on a network disk (%s), where the database's locks do not hold and it would be damaged: "+
			"move it to a disk of this machine, and back it up to the network with \"seatbridge backup\"", c.data, name)
	}
	return nil
}
