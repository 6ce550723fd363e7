// Package moment writes down moments in tests.
package moment

import "time"

// At is the moment in UTC that a text such as "2026-10-20", "2026-10-20 12:00" or "2026-10-20 12:00:00" means.
func At(s string) time.Time {
	for _, layout := range []string{"2006-01-02", "2006-01-02 15:04", "2006-01-02 15:04:05"} {
		if t, err := time.Parse(layout, s); err == nil {
			return t
		}
	}
	panic("no moment: " + s)
}
