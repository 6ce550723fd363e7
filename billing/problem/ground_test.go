package problem

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"seatbridge/store"
)

func TestCase_J44_GroundInWords(t *testing.T) {
	t.Parallel()
	for fault, want := range map[error]string{
		store.ErrBusy: "locked by another program", store.ErrDiskFull: "is full", store.ErrReadOnly: "is read-only",
		store.ErrUnreadable: "answers with errors", store.ErrCorrupt: "is damaged", store.ErrForeign: "no database of Seatbridge",
	} {
		p := OfGround(fmt.Errorf("finishing change 4: %w: SQLITE_X", fault))
		if !strings.Contains(p.What, want) || p.Do == "" {
			t.Errorf("%v is %+v, want %q and what to do", fault, p, want)
		}
		if strings.Contains(p.Text(), "ConnectWise") || strings.Contains(p.Text(), "SQLITE") {
			t.Errorf("%v blames another, or shows the cause: %+v", fault, p)
		}
	}
	for _, other := range []error{nil, store.ErrNotFound, errors.New("database is locked")} {
		if p := OfGround(other); !p.Zero() {
			t.Errorf("%v is %+v", other, p)
		}
	}
}
