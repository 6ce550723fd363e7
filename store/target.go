package store

import (
	"context"
	"database/sql"
)

// Targets are what Seatbridge connects to for those who saved it.
type Targets struct{ store *Store }

// TargetsIn are those of a store.
func TargetsIn(s *Store) Targets { return Targets{s} }

// JudgeIntegration takes from the saved site that it works wherever it stands.
func (t Targets) JudgeIntegration(ctx context.Context) error {
	return t.judge(ctx, "judging the integration", `UPDATE integration SET any_address = FALSE WHERE id = $1`, 1)
}

// JudgeProvider takes from the saved base URL that it works wherever it stands.
func (t Targets) JudgeProvider(ctx context.Context) error {
	return t.judge(ctx, "judging the provider", `UPDATE provider SET any_address = FALSE WHERE id = $1`, 1)
}

// JudgeChannel takes from a channel that it works wherever it leads.
func (t Targets) JudgeChannel(ctx context.Context, id int64) error {
	return t.judge(ctx, "judging a channel", `UPDATE notification_channels SET any_address = FALSE WHERE id = $1`, id)
}

// judge does nothing where the target was removed meanwhile.
func (t Targets) judge(ctx context.Context, what, query string, id int64) error {
	return t.store.tx(ctx, what, func(tx *sql.Tx) error {
		_, err := exec(ctx, tx, query, id)
		return err
	})
}
