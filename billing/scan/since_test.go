package scan_test

import (
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"seatbridge/billing/billingtest"
	"seatbridge/billing/findings"
	"seatbridge/billing/leaks"
	"seatbridge/billing/scan"
	"seatbridge/connectwise/cwsim"
	"seatbridge/internal/moment"
	"seatbridge/store"
)

// plain is a world without hand work.
func plain(t *testing.T) *world {
	t.Helper()
	return &world{World: billingtest.New(t)}
}

// shown are leaks in short: kind, who, seats, money.
func shown(list []leaks.Leak) []string {
	var short []string
	for _, l := range list {
		short = append(short, fmt.Sprintf("%s %s %s %s", l.Kind, l.Who, l.Seats, l.Money.Decimal))
	}
	slices.Sort(short)
	return short
}

func (w *world) wantOpen(when string, want ...string) scan.Found {
	w.T.Helper()
	f := w.find()
	if diff := cmp.Diff(want, shown(f.Open)); diff != "" {
		w.T.Errorf("%s, open leaks are (-want +got):\n%s", when, diff)
	}
	return f
}

// TestWhatIsDoneClosesLeaksAtOnce holds that no scan is needed to see that a leak was mended here.
func TestWhatIsDoneClosesLeaksAtOnce(t *testing.T) {
	t.Parallel()
	w := plain(t)
	w.Trusting()
	o, a := w.Mapped("Acme", 5, store.Business)
	lonely := w.Organization("Lonely", 3, store.Business)
	w.scan()
	w.wantOpen("before the first sync", "not_billing Acme 5 24.95", "unbilled Lonely 3 14.97")

	w.Sync()
	w.wantOpen("synced", "unbilled Lonely 3 14.97")
	w.Join(lonely, 2)
	w.wantOpen("two joined", "unbilled Lonely 5 24.95")
	_, _, err := w.Organizations.Delete(t.Context(), billingtest.Admin(), lonely.ID)
	w.Must(err)
	w.SetTime("2026-11-02 12:00:00")
	w.wantOpen("deleted")

	w.Must(w.Mapping.Unmap(t.Context(), billingtest.Admin(), o.ID, false))
	w.wantOpen("unmapped: the line may bill the organization of the same name", "unfed Acme 0 0")
	if f := w.find(); f.Open[0].Next.Kind == "" || a.ID == 0 {
		t.Errorf("no next step: %+v", f.Open[0])
	}
}

// TestAProductMappedAnewIsNotKnown: the scan did not look for the lines of the product that is mapped now.
func TestAProductMappedAnewIsNotKnown(t *testing.T) {
	t.Parallel()
	w := plain(t)
	w.Mapped("Acme", 5, store.Business)
	w.scan()
	other := w.Sim.AddCatalogItem(cwsim.CatalogItem{Identifier: "PWM", Description: "Passwords"})
	w.Must(w.Mapping.ConfirmMapping(t.Context(), billingtest.Admin(), map[store.Plan]int{
		store.Business: other.ID, store.Enterprise: w.Enterprise.ID,
	}, false))
	f := w.wantOpen("mapped anew")
	if f.Unread != 1 {
		t.Errorf("%d agreements are said to be unread", f.Unread)
	}
	if len(f.Looked) != 1 || f.Looked[0].Kind != leaks.Unbilled || !slices.Equal(f.Unlooked, []string{"PWM"}) {
		t.Errorf("looked at is %v, not looked for %q", f.Looked, f.Unlooked)
	}
	w.scan()
	w.wantOpen("scanned", "not_billing Acme 5 0")
}

// TestHeldIsInHand: the first write on a line that nobody was shown waits for approval, and so does its leak.
func TestHeldIsInHand(t *testing.T) {
	t.Parallel()
	w := plain(t)
	a := w.Company("Acme")
	line := w.Sim.AddAddition(cwsim.Addition{AgreementID: a.ID, ProductID: w.Business.ID, Quantity: w.Business.Price})
	w.Sim.SetQuantity(a.ID, line.ID, "4", "rdale")
	w.ImportAll()
	o := w.Organization("Acme", 4, store.Business)
	w.Must(w.Mapping.Map(t.Context(), billingtest.Admin(), a.CompanyID, a.ID, o.ID))
	w.scan()
	w.wantOpen("right")

	_, _, err := w.Organizations.Delete(t.Context(), billingtest.Admin(), o.ID)
	w.Must(err)
	w.SetTime("2026-11-02 12:00:00")
	w.wantOpen("deleted, in the next month", "unfed Acme -4 -19.96")
	w.Sync()
	f := w.wantOpen("synced: to 0 waits for approval")
	if diff := cmp.Diff([]string{"unfed Acme -4 -19.96"}, shown(f.InHand)); diff != "" {
		t.Fatalf("in hand (-want +got):\n%s", diff)
	}
	if l := f.InHand[0]; l.Next.Kind != leaks.LookAtApprovals || l.InHand == "" {
		t.Errorf("in hand it says %q, next %s", l.InHand, l.Next.Kind)
	}
}

// TestWhatIsAnsweredIsAskedAgainWithOtherFacts also holds that what was answered among findings is not asked here.
func TestWhatIsAnsweredIsAskedAgainWithOtherFacts(t *testing.T) {
	t.Parallel()
	w := plain(t)
	a := w.Company("Bundle")
	w.Sim.AddAddition(cwsim.Addition{
		AgreementID: a.ID, ProductID: w.Business.ID, Quantity: w.Business.Price.Floor(), BillCustomer: "DoNotBill",
		Effective: moment.At("2026-01-01"),
	})
	w.ImportAll()
	o := w.Organization("Bundle", 4, store.Business)
	w.Must(w.Mapping.Map(t.Context(), billingtest.Admin(), a.CompanyID, a.ID, o.ID))
	free := w.Organization("Free", 2, store.Business)
	w.scan()
	f := w.wantOpen("nobody answered", "not_billing Bundle 4 19.96", "unbilled Free 2 9.98")

	known, _, err := w.Findings.List(t.Context(), store.FindingFilter{Subject: store.AboutCustomer})
	w.Must(err)
	if len(known) != 1 {
		t.Fatalf("%d findings", len(known))
	}
	answer := findings.Answer{Key: known[0].Key(), Facts: known[0].Facts, Note: "in a bundle"}
	w.Must(w.Findings.Meant(t.Context(), billingtest.Admin(), answer))
	for _, l := range f.Open {
		if l.Kind == leaks.Unbilled {
			w.Must(w.Scan.Meant(t.Context(), billingtest.Admin(), l.String(), l.Facts, "a charity"))
		}
	}
	f = w.wantOpen("answered")
	if diff := cmp.Diff([]string{"not_billing Bundle 4 19.96", "unbilled Free 2 9.98"}, shown(f.Meant)); diff != "" {
		t.Errorf("meant so (-want +got):\n%s", diff)
	}
	w.Join(free, 1)
	w.wantOpen("one joined", "unbilled Free 3 14.97")
}

// TestRequestsOfALargeInstance counts them: pages of a thousand agreements, and two requests for each that bills anything.
func TestRequestsOfALargeInstance(t *testing.T) {
	t.Parallel()
	const agreements = 1200
	w := plain(t)
	for range agreements / 3 {
		a := w.Company("Company")
		w.Sim.AddAgreement(cwsim.Agreement{CompanyID: a.CompanyID})
		w.Sim.AddAddition(cwsim.Addition{AgreementID: a.ID, ProductID: w.Sim.Catalog()[0].ID, Quantity: w.Business.Price})
		old := w.Sim.AddAgreement(cwsim.Agreement{CompanyID: a.CompanyID})
		w.Sim.CancelAgreement(old.ID, moment.At("2025-01-01"))
	}
	w.Sim.ResetRequests()
	w.scan()
	f := w.found()
	if f.Scan.Agreements != agreements || f.Scan.Read != agreements*2/3 || f.Scan.Companies != agreements/3 {
		t.Errorf("the scan read %+v", f.Scan)
	}
	const around = 10 // catalog, products, pages of agreements and their counts
	if n, most := len(w.Sim.Requests()), 2*f.Scan.Read+around; n > most {
		t.Errorf("%d requests for %d agreements that bill, at most %d are meant", n, f.Scan.Read, most)
	} else {
		t.Logf("%d agreements, %d of which bill: %d requests", agreements, f.Scan.Read, n)
	}
}

// TestNoScanWithoutItsEntry: what cannot be written to the activity log is not begun, and can be begun later.
func TestNoScanWithoutItsEntry(t *testing.T) {
	t.Parallel()
	w := plain(t)
	db, err := sql.Open("sqlite3", "file:"+w.Path)
	w.Must(err)
	t.Cleanup(func() { db.Close() })
	for _, statement := range []string{
		`CREATE TRIGGER full BEFORE INSERT ON activity BEGIN SELECT RAISE(ABORT, 'the disk is full'); END`, `DROP TRIGGER full`,
	} {
		_, err := db.ExecContext(t.Context(), statement)
		w.Must(err)
		w.Sim.ResetRequests()
		err = w.Scan.Start(t.Context(), billingtest.Admin())
		w.Work.Wait()
		_, last := store.LeaksIn(w.Store).LastScan(t.Context())
		if begun := len(w.Sim.Requests()) > 0; begun != (err == nil) || begun != (last == nil) || w.Scan.Progress().Running {
			t.Errorf("%s: begun %t, %v, last scan %v", statement, begun, err, last)
		}
	}
	if _, last := store.LeaksIn(w.Store).LastScan(t.Context()); last != nil {
		t.Errorf("no scan was begun afterwards: %v", last)
	}
}

// TestWhatWasFoundIsRememberedForAWhile holds for pages that show a little of it, and not for the page of leaks.
func TestWhatWasFoundIsRememberedForAWhile(t *testing.T) {
	t.Parallel()
	w := plain(t)
	lonely := w.Organization("Lonely", 3, store.Business)
	w.scan()
	recent := func(when string, want ...string) {
		t.Helper()
		f, err := w.Scan.Recent(t.Context())
		w.Must(err)
		open, err := w.Scan.Open(t.Context())
		w.Must(err)
		if diff := cmp.Diff(want, shown(f.Open)); diff != "" || open != len(want) {
			t.Errorf("%s, %d are open (-want +got):\n%s", when, open, diff)
		}
	}
	recent("scanned", "unbilled Lonely 3 14.97")
	w.Join(lonely, 1)
	recent("one joined a moment ago", "unbilled Lonely 3 14.97")
	w.Scan.Forget()
	recent("it was said that something was done", "unbilled Lonely 4 19.96")
	w.Join(lonely, 1)
	w.SetTime("2026-10-20 12:10:00")
	recent("some minutes later", "unbilled Lonely 5 24.95")
	w.Join(lonely, 1)
	w.wantOpen("found anew", "unbilled Lonely 6 29.94")
	recent("somebody looked at the page", "unbilled Lonely 6 29.94")
}

// TestDisconnectingForgetsScans holds of one that is running, too.
func TestDisconnectingForgetsScans(t *testing.T) {
	t.Parallel()
	w := newWorld(t, small())
	w.scan()
	reached := w.pauseAfter(20)
	w.Must(w.Scan.Start(t.Context(), billingtest.Admin()))
	<-reached.arrived
	w.Must(w.Disconnect(t.Context(), billingtest.Admin()))
	close(reached.goOn)
	w.Work.Wait()
	if f := w.find(); f.Ready || f.Scan.ID != 0 || len(f.Open) > 0 {
		t.Errorf("after disconnecting: %+v", f)
	}
	if _, err := store.LeaksIn(w.Store).LastScan(t.Context()); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("a scan is remembered: %v", err)
	}
}
