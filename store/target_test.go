package store

import (
	"database/sql"
	"path/filepath"
	"testing"
)

// Before version 33 nobody judged addresses when they were dialled: what was saved works wherever it stands, until it is changed.
func TestMigratesTargets(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "seatbridge.db")
	db := openAtVersion(t, path, 29)
	for _, query := range []string{
		`INSERT INTO integration (id, site, company, public_key, private_key_sealed, client_id, connected_at)
			VALUES (1, 'https://10.0.0.1', 'c', 'p', x'00', '', 1000)`,
		`INSERT INTO provider (id, config, private_key_sealed, since) VALUES (1, '{}', x'00', 1000)`,
		`INSERT INTO notification_channels (id, kind, name, events, mail_host, mail_port, mail_security, mail_user, mail_from, mail_to,
			url_sealed, secret_sealed, created_at) VALUES (1, 'webhook', 'Hook', '[]', '', 0, '', '', '', '[]', x'00', x'00', 1000)`,
	} {
		must[sql.Result](t)(db.ExecContext(t.Context(), query))
	}
	check(t, db.Close())

	s := openAt(t, path)
	wantErr(t, KeysIn(s).Prove(t.Context()), ErrWrongKey) // nothing here opens
	same(t, len(must[[]string](t)(KeysIn(s).Forget(t.Context()))), 4)
	same(t, must[Integration](t)(s.Integration(t.Context())).AnyAddress, true)
	same(t, must[Provider](t)(s.Provider(t.Context())).AnyAddress, true)
	same(t, must[Channel](t)(s.Channel(t.Context(), 1)).AnyAddress, true)

	for _, judged := range []error{
		TargetsIn(s).JudgeIntegration(t.Context()), TargetsIn(s).JudgeProvider(t.Context()), TargetsIn(s).JudgeChannel(t.Context(), 1),
		TargetsIn(s).JudgeChannel(t.Context(), 2), // it is gone
	} {
		check(t, judged)
	}
	same(t, must[Integration](t)(s.Integration(t.Context())).AnyAddress, false)
	same(t, must[Provider](t)(s.Provider(t.Context())).AnyAddress, false)
	same(t, must[Channel](t)(s.Channel(t.Context(), 1)).AnyAddress, false)
}
