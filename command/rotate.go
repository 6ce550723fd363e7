package command

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"github.com/peterbourgon/ff/v3/ffcli"

	"seatbridge/store"
)

func keyCommand(stdout io.Writer) *ffcli.Command {
	return &ffcli.Command{
		Name: "key", ShortUsage: "seatbridge key rotate|forget [flags]",
		ShortHelp:   "change the secret key, or begin with a new one where it is lost",
		FlagSet:     newFlags("key"),
		Subcommands: []*ffcli.Command{rotateCommand(stdout), forgetCommand(stdout)},
		Exec: func(context.Context, []string) error {
			return usageError{errors.New("key takes what to do: \"seatbridge key rotate\" or \"seatbridge key forget\"")}
		},
	}
}

func rotateCommand(stdout io.Writer) *ffcli.Command {
	r := rotation{config: operator(), step: func(string) {}}
	fs := newFlags("key rotate")
	r.dataFlag(fs)
	fs.StringVar(&r.to, "to", "", "`file` of the new key where the present one is not in the data directory; made if there is none")
	return &ffcli.Command{
		Name: "rotate", ShortUsage: "seatbridge key rotate [flags]", ShortHelp: "seal all secrets with a new key",
		LongHelp: "  Stop the server first. Everybody signs in again afterwards. The old key is kept beside the new one for the backups that\n" +
			"  were made with it: delete it with them. If this is cut off, the next start goes on where it was.",
		FlagSet: fs, Options: environment(),
		Exec: func(ctx context.Context, args []string) error {
			if err := errors.Join(noArguments(args), r.validate()); err != nil {
				return err
			}
			return r.run(ctx, stdout)
		},
	}
}

func forgetCommand(stdout io.Writer) *ffcli.Command {
	c := operator()
	fs := newFlags("key forget")
	c.dataFlag(fs)
	return &ffcli.Command{
		Name: "forget", ShortUsage: "seatbridge key forget [flags]", ShortHelp: "forget the secrets that the present key does not open",
		LongHelp: "  For a key that is lost: without a key file a new one is made. What is forgotten is entered again in the panel; nothing\n" +
			"  else is lost. Stop the server first.",
		FlagSet: fs, Options: environment(),
		Exec: func(ctx context.Context, args []string) error {
			if err := errors.Join(noArguments(args), c.validate()); err != nil {
				return err
			}
			return forget(ctx, c, stdout)
		},
	}
}

// alone keeps servers out of a data directory that has a database.
func (c *config) alone(ctx context.Context) (release func(), err error) {
	if err := errors.Join(c.refuseDisk(), c.refuseMissing(ctx)); err != nil {
		return nil, err
	}
	if release, err = claim(c.data); err != nil {
		return nil, fmt.Errorf("%w: stop it first", err)
	}
	return release, nil
}

// rotation puts a new secret key in the place of the present one.
type rotation struct {
	*config
	to   string
	step func(name string) // told of each step before it is begun
}

func (r rotation) run(ctx context.Context, stdout io.Writer) (err error) {
	release, err := r.alone(ctx)
	if err != nil {
		return err
	}
	defer release()
	old, db, err := openOrMake(ctx, r.config)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	unlock, err := db.LockSync(ctx)
	if err != nil {
		return fmt.Errorf("%w: try again when the sync has ended", err)
	}
	defer unlock()
	if r.source().ours {
		return r.replaceOurs(ctx, db, old, stdout)
	}
	return r.replaceTheirs(ctx, db, stdout)
}

// replaceOurs puts a new key file in the place of the data directory's. At every moment there is a file with the key that the database
// is sealed with, and a start finds it.
func (r rotation) replaceOurs(ctx context.Context, db *store.Store, old keys, stdout io.Writer) error {
	if r.to != "" {
		return usageError{errors.New("-to is for a key that is not in the data directory: leave it out")}
	}
	file := filepath.Join(r.data, keyFile)
	kept, next := file+"."+old.id(), file+rotated
	secret, err := r.secret()
	if err != nil {
		return err
	}
	r.step("keep the old key")
	if err := writeKey(kept, secret); err != nil {
		return err
	}
	r.step("write the new key")
	secret = newSecret()
	if err := writeKey(next, secret); err != nil {
		return err
	}
	derived, sealed, err := r.reseal(ctx, db, secret)
	if err != nil {
		return err
	}
	r.step("name the new key")
	if err := moveFile(next, file); err != nil {
		return fmt.Errorf("naming the new key file, which the next start does: %w", err)
	}
	r.step("tell")
	_, err = fmt.Fprintf(stdout, "%s The new key, %s, is in %s: keep a copy of it elsewhere. Everybody signs in again.\n"+
		"The old key is in %s, for backups that were made before: delete it with them.\n", sealedAnew(sealed), derived.id(), file, kept)
	return err
}

// replaceTheirs seals with the key in a file that the operator names and then puts in the place of theirs.
func (r rotation) replaceTheirs(ctx context.Context, db *store.Store, stdout io.Writer) error {
	if r.to == "" {
		return usageError{fmt.Errorf("the secret key is in %s, which is not for Seatbridge to change: "+
			"name the file of the new one with -to, and put it there afterwards", r.source().name)}
	}
	if !exists(r.to) {
		if err := writeKey(r.to, newSecret()); err != nil {
			return err
		}
	}
	secret, err := readKey(r.to, false)
	if err != nil {
		return err
	}
	derived, sealed, err := r.reseal(ctx, db, secret)
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(stdout, "%s The new key, %s, is in %s: put it in the place of %s before you start the server.\n"+
		"Everybody signs in again. Keep the old key for backups that were made before.\n",
		sealedAnew(sealed), derived.id(), r.to, r.source().name)
	return err
}

// reseal seals everything with another secret key and counts what that was.
func (r rotation) reseal(ctx context.Context, db *store.Store, secret string) (derived keys, sealed int, err error) {
	if derived, err = deriveKeys(secret); err != nil {
		return derived, 0, err
	}
	r.step("begin to seal")
	err = store.KeysIn(db).Reseal(ctx, derived.sealing, func(string) {
		r.step("seal another secret")
		sealed++
	})
	return derived, sealed, err
}

func sealedAnew(n int) string {
	if n == 1 {
		return "Sealed 1 secret anew."
	}
	return fmt.Sprintf("Sealed %d secrets anew.", n)
}

// finishRotation ends a rotation that was cut off: the next key file takes the place of the key file if the database is sealed with it
// already, and goes away otherwise.
func (c *config) finishRotation(proven keys) error {
	file := filepath.Join(c.data, keyFile)
	if !c.source().ours || !exists(file+rotated) {
		return nil
	}
	secret, err := readKey(file+rotated, false)
	if err != nil {
		return err
	}
	next, err := deriveKeys(secret)
	if err != nil {
		return err
	}
	if bytes.Equal(next.sealing, proven.sealing) {
		err = moveFile(file+rotated, file)
	} else {
		err = os.Remove(file + rotated)
	}
	if err != nil {
		return fmt.Errorf("ending a change of the key that was cut off: %w", err)
	}
	return nil
}

// openRotated opens the database with the key that a rotation has sealed it with and had no time to name. wrong is what came of the
// key file.
func (c *config) openRotated(ctx context.Context, wrong error) (keys, *store.Store, error) {
	next := filepath.Join(c.data, keyFile) + rotated
	if c.source().ours && exists(next) {
		secret, err := readKey(next, false)
		if err != nil {
			return keys{}, nil, err
		}
		derived, db, err := c.openWith(ctx, secret)
		if !errors.Is(err, store.ErrWrongKey) {
			return derived, db, err
		}
	}
	return keys{}, nil, c.wrongKey(wrong)
}

// wrongKey says which key is needed, and what can be done.
func (c *config) wrongKey(err error) error {
	var mismatch *store.MismatchError
	if !errors.As(err, &mismatch) {
		return err
	}
	text := fmt.Sprintf("the secret key in %s is not the one that this database was used with", c.source().name)
	if len(mismatch.Opens) > 0 {
		text = fmt.Sprintf("the secret key in %s is not the one that all of this database was used with. It opens %s. It does not open %s",
			c.source().name, strings.Join(mismatch.Opens, ", "), strings.Join(mismatch.Not, ", "))
	}
	text += fmt.Sprintf(" (key %s is given", mismatch.Have)
	if mismatch.Needs != "" {
		text += fmt.Sprintf(", key %s is needed", mismatch.Needs)
	}
	text += "). Nothing was changed. Put the right key back"
	if kept := filepath.Join(c.data, keyFile) + "." + mismatch.Needs; mismatch.Needs != "" && exists(kept) {
		text += ": it is in " + kept
	}
	return sentence{text + `. If it is lost, "seatbridge key forget" forgets what this key does not open, to be entered again`, err}
}

// forget makes the present key the right one.
func forget(ctx context.Context, c *config, stdout io.Writer) error {
	release, err := c.alone(ctx)
	if err != nil {
		return err
	}
	defer release()
	if s := c.source(); s.ours && !exists(s.file) {
		if err := writeKey(s.file, newSecret()); err != nil {
			return err
		}
	}
	_, db, err := openOrMake(ctx, c)
	var forgotten []string
	if errors.Is(err, store.ErrWrongKey) {
		db, forgotten, err = c.openForgetting(ctx)
	}
	if err != nil {
		return err
	}
	return errors.Join(tellForgotten(stdout, forgotten), db.Close())
}

// openForgetting opens the database with a key that is not its own, and makes it that.
func (c *config) openForgetting(ctx context.Context) (*store.Store, []string, error) {
	secret, err := c.secret()
	if err != nil {
		return nil, nil, err
	}
	derived, err := deriveKeys(secret)
	if err != nil {
		return nil, nil, err
	}
	db, err := store.Open(ctx, c.database(), derived.sealing)
	if err != nil {
		return nil, nil, err
	}
	forgotten, err := store.KeysIn(db).Forget(ctx)
	if err != nil {
		return nil, nil, errors.Join(err, db.Close())
	}
	return db, forgotten, nil
}

func tellForgotten(stdout io.Writer, forgotten []string) error {
	if len(forgotten) == 0 {
		_, err := fmt.Fprintln(stdout, "The key opens everything that is sealed: nothing was forgotten.")
		return err
	}
	_, err := fmt.Fprintf(stdout, "Forgot what the key does not open: %s. Enter it again in the panel. Everybody signs in again.\n",
		strings.Join(forgotten, ", "))
	return err
}
