package months

import (
	"time"

	"seatbridge/store"
)

// carrier is the invoice of an agreement that carries a month. Of a month before there were books nobody saw when it was made: unless
// ConnectWise says so, it is taken to have been made after the month was written and within its period (docs/months.md section 9).
// Otherwise each month would differ in whose place the next one was written since.
func (s Story) carrier(id int, m store.Month, now time.Time) Carrier {
	b := s.Agreements[id].Billing
	c := b.Carrier(m)
	if m >= s.Begun || !c.guessed(b.Dates, now) {
		return c
	}
	if c.State == store.NotInvoiced {
		c.State, c.Next = store.InvoiceUnknown, ""
	}
	at := c.end(m)
	if written := s.writtenOn(id, m); !written.IsZero() && written.Before(at) {
		at = written.Add(time.Second) // what was written in that second is on it
	}
	if at.Before(c.After) {
		at = c.After
	}
	if c.At.Equal(beforeAll) || c.At.IsZero() {
		c.At = now
	}
	if at.Before(c.At) {
		c.At = at
	}
	c.Assumed = true
	return c
}

// guessed says that neither ConnectWise nor a reading of the agreement's date says when the invoice was made. A date that was read
// before the end of the period does not say that it is outstanding still.
func (c Carrier) guessed(read store.BillingDates, now time.Time) bool {
	switch c.State {
	case store.NotInvoiced:
		return !c.Never && c.Until != "" && day(read.ReadAt) < c.Until && c.Until <= day(now)
	case store.InvoiceUnknown:
		return !c.Never
	}
	return c.Assumed
}

// end is the last second of the period that carries a month; where it is not known, of the month after.
func (c Carrier) end(m store.Month) time.Time {
	end, err := time.Parse(time.DateOnly, c.Until)
	if err != nil {
		end = m.Add(1).End()
	}
	return end.Add(-time.Second)
}

// writtenOn is when the month was last written on an agreement, or found to be right; zero: it never was.
func (s Story) writtenOn(id int, m store.Month) (at time.Time) {
	for _, e := range s.Entries {
		carried := e.Change.State == store.StateWritten || e.Change.State == store.StateUnchanged
		if e.Run.Month != m || e.Change.AgreementID != id || !carried || !e.Undone.IsZero() {
			continue
		}
		at = e.Run.StartedAt
		if !e.Change.DoneAt.IsZero() {
			at = e.Change.DoneAt
		}
	}
	return at
}
