package survey

import (
	"context"
	"time"

	"seatbridge/billing/plan"
	"seatbridge/billing/seats"
	"seatbridge/connectwise"
	"seatbridge/store"
)

// Editors is who changed additions last, by their ids, 0: the agreement, in words; empty: not known.
func Editors(ctx context.Context, client *connectwise.Client, s plan.Situation, ids []int) map[int]string {
	editors := map[int]string{}
	for _, id := range ids {
		editors[id] = editor(ctx, client, s, id)
	}
	return editors
}

// editor is who changed an addition last, 0: the agreement, in words; empty: not known. ConnectWise's audit trail says it where
// the API member may read it, else the record.
func editor(ctx context.Context, client *connectwise.Client, s plan.Situation, additionID int) string {
	if additionID == 0 {
		return latest(ctx, client, connectwise.AuditAgreement, s.Agreement.ID, time.Time{})
	}
	written := writtenAt(s.Lines, additionID)
	// Where an instance keeps an addition's history is not established (docs/connectwise.md section 10).
	who := latest(ctx, client, connectwise.AuditAddition, additionID, written)
	if who == "" {
		who = latest(ctx, client, connectwise.AuditAgreement, s.Agreement.ID, written)
	}
	if who != "" {
		return who
	}
	for _, a := range s.Additions {
		if a.ID == additionID && a.LastUpdated.After(written) {
			return editorAt(a.UpdatedBy, a.LastUpdated)
		}
	}
	return ""
}

// latest is who made the latest entry of an audit trail after a moment, in words.
func latest(ctx context.Context, client *connectwise.Client, kind connectwise.AuditKind, id int, after time.Time) string {
	entries, err := client.AuditTrail(ctx, kind, id)
	if err != nil || len(entries) == 0 || !entries[0].EnteredAt.After(after) {
		return "" // a help for people: whatever it says, nothing depends on it
	}
	return editorAt(entries[0].EnteredBy, entries[0].EnteredAt)
}

func editorAt(who string, at time.Time) string { return plan.Editor(who, seats.Minute(at)) }

func writtenAt(lines []store.Line, additionID int) time.Time {
	for _, l := range lines {
		if l.AdditionID == additionID {
			return l.WrittenAt
		}
	}
	return time.Time{}
}
