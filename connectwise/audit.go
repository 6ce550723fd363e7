package connectwise

import (
	"context"
	"net/url"
	"slices"
	"strconv"
	"time"
)

// AuditKind is a kind of record that has an audit trail.
type AuditKind string

// The kinds that matter to a line. Whether an addition's history is kept under its own id or under its agreement's is
// not established (docs/connectwise.md section 10): ask both.
const (
	AuditAddition  AuditKind = "AgreementAddition"
	AuditAgreement AuditKind = "Agreement"
)

// AuditEntry says who did what to a record. The form of its texts is not documented: they are for people.
type AuditEntry struct {
	Text      string
	EnteredAt time.Time // UTC; zero if ConnectWise's text is not a time
	EnteredBy string    // the member's identifier
	Type      string
	SubType   string
	Source    string
}

// AuditTrail reads what ConnectWise has noted about a record, the latest entry first, of at most 1,000. It is a help for
// people and decides nothing: an API member may lack the right (ErrForbidden), an instance the endpoint (ErrUnroutable)
// or this kind of record (ErrInvalid). A caller shows these as "not known" and goes on.
func (c *Client) AuditTrail(ctx context.Context, kind AuditKind, id int) ([]AuditEntry, error) {
	query := url.Values{"type": {string(kind)}, "id": {strconv.Itoa(id)}, "pageSize": {strconv.Itoa(maxPageSize)}}
	wire, _, err := get[[]struct {
		Text, EnteredDate, EnteredBy         looseText
		AuditType, AuditSubType, AuditSource looseText
	}](ctx, c, "/system/audittrail", query)
	if err != nil {
		return nil, err
	}
	var entries []AuditEntry
	for _, w := range wire {
		entries = append(entries, AuditEntry{
			Text: clean(string(w.Text)), EnteredAt: w.EnteredDate.moment(), EnteredBy: clean(string(w.EnteredBy)),
			Type: string(w.AuditType), SubType: string(w.AuditSubType), Source: string(w.AuditSource),
		})
	}
	slices.SortStableFunc(entries, func(a, b AuditEntry) int { return b.EnteredAt.Compare(a.EnteredAt) })
	return entries, nil
}
