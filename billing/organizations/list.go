package organizations

import (
	"context"
	"time"

	"seatbridge/store"
)

// ListHeader names the columns of a list of organizations with their lives, which an upload reads again.
func ListHeader() []string {
	return []string{"Organization", "External ID", "Start", "Trial ends", "Since", "Plan", "License type", "MSP-managed"}
}

// ListRows are an organization's rows of such a list: one for its beginning, with what is said of that, and one for each change. What
// is only supposed is not in it.
func ListRows(o store.Organization, h History) (rows [][]string) {
	text := h.Text()
	for i, s := range text.States {
		row := []string{o.Name, o.ExternalID, "", "", s.Since, s.Plan.Name(), string(s.License), string(s.Managed)}
		if i == 0 {
			row[2], row[3] = text.Start, text.TrialEnds
		}
		rows = append(rows, row)
	}
	return rows
}

// Histories is what is said of the lives of all organizations, of deleted ones, too, by their ids.
func (d *Desk) Histories(ctx context.Context) (map[int64]History, error) {
	all := map[int64]History{}
	begin := time.Unix(0, 0) // the lives do not depend on the time of which members are read
	for l, err := range d.store.Ledgers(ctx, begin, begin.Add(time.Second), nil) {
		if err != nil {
			return nil, err
		}
		all[l.Organization.ID] = HistoryOf(l.Organization, store.Life{Terms: l.Terms, Management: l.Management})
	}
	return all, nil
}
