package organizations

import (
	"errors"
	"testing"

	"seatbridge/billing/problem"
	"seatbridge/store"
)

func TestStateNoMembers(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	o := d.acme()
	ann := problem.Actor{UserID: 1, Name: "ann@example.com"}
	for i := range 2 { // who says it twice says it once
		_, done, err := d.StateNoMembers(t.Context(), ann, o.ID)
		if err != nil || done != (i == 0) {
			t.Fatalf("said: %t, %v", done, err)
		}
	}
	if said, err := d.store.Organization(t.Context(), o.ID); err != nil || said.NoMembersBy != ann.Name || !said.NoMembersAt.Equal(d.now()) {
		t.Errorf("kept %+v, %v", said, err)
	}
	for i := range 2 {
		_, done, err := d.WithdrawNoMembers(t.Context(), ann, o.ID)
		if err != nil || done != (i == 0) {
			t.Fatalf("withdrawn: %t, %v", done, err)
		}
	}
	if said, err := d.store.Organization(t.Context(), o.ID); err != nil || !said.NoMembersAt.IsZero() || said.NoMembersBy != "" {
		t.Errorf("still kept %+v, %v", said, err)
	}
	d.wantLog("Added organization “Acme”.", "Stated that “Acme” has no members.", "Withdrew that “Acme” has no members.")
	for _, deed := range []func() error{
		func() error { _, _, err := d.StateNoMembers(t.Context(), ann, 99); return err },
		func() error { _, _, err := d.WithdrawNoMembers(t.Context(), ann, 99); return err },
	} {
		if err := deed(); !errors.Is(err, store.ErrNotFound) {
			t.Errorf("of nobody: %v", err)
		}
	}
}

// Where a member is on record, or was, there is nothing to say.
func TestStateNoMembersOfOneWithMembers(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	o := d.acme()
	if _, _, err := d.StateNoMembers(t.Context(), problem.System(), o.ID); err != nil {
		t.Fatal(err)
	}
	if _, err := d.AddMembers(t.Context(), problem.System(), o.ID, []string{"a@example.com"}, true); err != nil {
		t.Fatal(err)
	}
	if after, err := d.store.Organization(t.Context(), o.ID); err != nil || !after.NoMembersAt.IsZero() {
		t.Errorf("an invitation leaves the statement: %+v, %v", after, err)
	}
	const sentence = "Members of this organization are on record and are counted. Delete those who left instead."
	_, _, err := d.StateNoMembers(t.Context(), problem.System(), o.ID)
	wantInvalid(t, err, "", sentence, true)
	if _, err := d.ChangeMembers(t.Context(), problem.System(), o.ID, store.SeatDelete, Members{Emails: []string{"a@example.com"}}); err != nil {
		t.Fatal(err)
	}
	_, _, err = d.StateNoMembers(t.Context(), problem.System(), o.ID)
	wantInvalid(t, err, "", sentence, true)
}

// The last month of a deleted organization is still billed, so that somebody has to be able to speak of it.
func TestStateNoMembersOfDeleted(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	o := d.acme()
	if _, _, err := d.Delete(t.Context(), problem.System(), o.ID); err != nil {
		t.Fatal(err)
	}
	if _, done, err := d.StateNoMembers(t.Context(), problem.System(), o.ID); err != nil || !done {
		t.Errorf("said: %t, %v", done, err)
	}
}
