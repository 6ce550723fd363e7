package scheduler

import (
	"fmt"
	"time"
)

// Next is the instant, in UTC, of a job's next turn.
func (s *Scheduler) Next(name string) (time.Time, error) {
	j, err := s.job(name)
	if err != nil {
		return time.Time{}, err
	}
	next, err := j.entry.NextRun()
	if err != nil {
		return time.Time{}, fmt.Errorf("asking for the next turn of the job %q: %w", name, err)
	}
	return next.UTC(), nil
}
