package scan_test

import (
	"errors"
	"fmt"
	"net/http"
	"path"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"seatbridge/billing/billingtest"
	"seatbridge/billing/problem"
	"seatbridge/connectwise/cwsim"
	"seatbridge/internal/handwork"
	"seatbridge/store"
)

const (
	agreementLists = "/finance/agreements"
	additionLists  = "/finance/agreements/*/additions"
)

// small is a world that is quickly made.
func small() handwork.Config { return handwork.Config{Seed: 7, Customers: 40} }

// TestPassingFaultsAreWaitedOut holds that what goes away by itself changes nothing about the result.
func TestPassingFaultsAreWaitedOut(t *testing.T) {
	t.Parallel()
	for _, fault := range []cwsim.Fault{
		{Kind: cwsim.RateLimited, Path: additionLists, After: 4, Times: 3, Wait: time.Millisecond},
		{Kind: cwsim.Timeout500, Path: additionLists, After: 6, Times: 1},
		{Kind: cwsim.HTML503, Path: agreementLists, Times: 1},
		{Kind: cwsim.DropBefore, Path: additionLists, After: 3, Times: 1},
		{Kind: cwsim.HalfBody, Path: additionLists, After: 3, Times: 1},
		{Kind: cwsim.MissingLink, Path: agreementLists},
		{Kind: cwsim.EmptyLink, Path: agreementLists},
		{Kind: cwsim.PageCut, Path: agreementLists, N: 7},
		{Kind: cwsim.FieldsEmpty, Path: additionLists},
		{Kind: cwsim.FieldsEmpty, Path: agreementLists},
		{Kind: cwsim.RowInserted, Path: "/procurement/catalog", Times: 1},
	} {
		t.Run(string(fault.Kind)+" "+path.Base(fault.Path), func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, small())
			w.Sim.AddFault(fault)
			w.scan()
			compare(t, "with faults", w, w.found().Open)
		})
	}
}

// TestAFailedScanKeepsTheLastResult holds that nothing is concluded from half an instance.
func TestAFailedScanKeepsTheLastResult(t *testing.T) {
	t.Parallel()
	for _, fault := range []cwsim.Fault{
		{Kind: cwsim.Timeout500, Path: additionLists, After: 12},
		{Kind: cwsim.Forbidden, Path: additionLists, After: 12},
		{Kind: cwsim.Unauthorized, After: 12},
		{Kind: cwsim.HTML200, Path: agreementLists},
		{Kind: cwsim.DropBefore, Path: additionLists, After: 12},
		{Kind: cwsim.TruncatedJSON, Path: additionLists, After: 12},
		{Kind: cwsim.WrongEmpty, Path: agreementLists},
		{Kind: cwsim.WrongEmpty, Path: additionLists},
		{Kind: cwsim.WrongEmpty, Path: "/procurement/catalog"},
	} {
		t.Run(string(fault.Kind)+" "+path.Base(fault.Path), func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, small())
			w.scan()
			before := w.found()
			w.Sim.AddFault(fault)
			p := w.scan()
			if p.Problem.Zero() || p.Problem.Do == "" && p.Problem.Detail == "" {
				t.Errorf("the scan ended with %+v", p)
			}
			after := w.find()
			if after.Last.State != store.ScanFailed || after.Last.Problem.Zero() {
				t.Errorf("remembered is %+v", after.Last)
			}
			if diff := cmp.Diff(foundOnes(before.Open), foundOnes(after.Open)); diff != "" {
				t.Errorf("the result is another one (-before +after):\n%s", diff)
			}
			if after.Scan.ID != before.Scan.ID {
				t.Errorf("scan %d took the place of scan %d", after.Scan.ID, before.Scan.ID)
			}
		})
	}
}

// TestAFailedScanKeepsThePrices: what leaks rests on one reading, of the catalog, too.
func TestAFailedScanKeepsThePrices(t *testing.T) {
	t.Parallel()
	w := plain(t)
	w.Mapped("Acme", 5, store.Business)
	w.Sync()
	w.Organization("Lonely", 2, store.Business)
	w.scan()
	w.wantOpen("scanned", "unbilled Lonely 2 9.98")
	w.Sim.UpdateCatalogItem(w.Business.ID, func(item *cwsim.CatalogItem) { item.Price = item.Price.Add(item.Price) })
	w.Sim.AddFault(cwsim.Fault{Kind: cwsim.Forbidden, Path: additionLists})
	w.scan()
	w.wantOpen("failed", "unbilled Lonely 2 9.98")
	w.Sim.ClearFaults()
	w.scan()
	if got := shown(w.find().Open); slices.Contains(got, "unbilled Lonely 2 9.98") {
		t.Errorf("scanned again, with another price in the catalog: %v", got)
	}
}

// TestAListThatLacksLinesIsNotBelieved: the list and its count lack a line that was there, without a word. Nobody may be told that
// nothing leaks because of it.
func TestAListThatLacksLinesIsNotBelieved(t *testing.T) {
	t.Parallel()
	w := newWorld(t, small())
	w.scan()
	w.Sim.AddFault(cwsim.Fault{Kind: cwsim.Partial, Path: additionLists})
	w.Sim.AddFault(cwsim.Fault{Kind: cwsim.Partial, Path: additionLists + "/count"})
	p := w.scan()
	if !strings.Contains(p.Problem.What, "which is there") {
		t.Errorf("the scan ended with %+v", p)
	}
}

// TestAnInstanceWithoutAnyLineIsNotBelieved holds of a first scan, too, where nothing is known to compare with.
func TestAnInstanceWithoutAnyLineIsNotBelieved(t *testing.T) {
	t.Parallel()
	w := newWorld(t, small())
	w.Sim.AddFault(cwsim.Fault{Kind: cwsim.WrongEmpty, Path: additionLists})
	w.Sim.AddFault(cwsim.Fault{Kind: cwsim.WrongEmpty, Path: additionLists + "/count"})
	if p := w.scan(); !strings.Contains(p.Problem.What, "lists no line on any of") {
		t.Errorf("the scan ended with %+v", p)
	}
	if f := w.find(); len(f.Open) > 0 || len(f.Looked) > 0 || f.Scan.ID != 0 {
		t.Errorf("from no scan follow %d leaks", len(f.Open))
	}
}

// TestAFailedScanGoesOnWhereItStood holds that what was read is not read again.
func TestAFailedScanGoesOnWhereItStood(t *testing.T) {
	t.Parallel()
	w := newWorld(t, small())
	w.Sim.AddFault(cwsim.Fault{Kind: cwsim.Forbidden, Path: additionLists, After: 40})
	w.scan()
	failed := w.last()
	if failed.Read == 0 || failed.Read >= failed.ToRead {
		t.Fatalf("it failed with %d of %d read", failed.Read, failed.ToRead)
	}
	w.Sim.ClearFaults()
	w.Sim.ResetRequests()
	w.scan()
	if n, most := w.lists(), failed.ToRead-failed.Read; n != most {
		t.Errorf("%d agreements were read, %d were left", n, most)
	}
	compare(t, "gone on", w, w.found().Open)
}

// TestAFailedScanBeginsAnewForOtherProducts: what was read was sorted by the products of before, so the lines of the others are not in
// it. What is called complete has them all.
func TestAFailedScanBeginsAnewForOtherProducts(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name   string
		change func(*world, int)
	}{
		{"another product is mapped", func(w *world, id int) {
			w.Must(w.Mapping.ConfirmMapping(w.T.Context(), billingtest.Admin(), map[store.Plan]int{
				store.Business: id, store.Enterprise: w.Enterprise.ID,
			}, false))
		}},
		{"a product is called NordPass now", func(w *world, id int) {
			w.Sim.UpdateCatalogItem(id, func(item *cwsim.CatalogItem) { item.Description = "Nord-Pass" })
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			w := plain(t)
			other := w.Sim.AddCatalogItem(cwsim.CatalogItem{Identifier: "PWM", Description: "Passwords", Price: w.Business.Price})
			for i := range 12 {
				a := w.Company(fmt.Sprintf("Company %d", i))
				w.Sim.AddAddition(cwsim.Addition{
					AgreementID: a.ID, ProductID: other.ID, Quantity: w.Business.Price.Ceil(), UnitPrice: w.Business.Price,
				})
			}
			w.Sim.AddFault(cwsim.Fault{Kind: cwsim.Forbidden, Path: additionLists, After: 8})
			w.scan()
			if failed := w.last(); failed.State != store.ScanFailed || failed.Read == 0 {
				t.Fatalf("the first scan: %+v", failed)
			}
			w.Sim.ClearFaults()
			c.change(w, other.ID)
			w.scan()
			seats := 0
			for _, l := range w.found().Open {
				seats += int(l.Seats.Abs().IntPart())
			}
			if want := 12 * 5; seats != want {
				t.Errorf("%d of %d seats are found: %v", seats, want, shown(w.find().Open))
			}
		})
	}
}

// lists counts the agreements whose additions were listed.
func (w *world) lists() int {
	read := map[string]bool{}
	for _, r := range w.Sim.Requests() {
		if ok, _ := path.Match(additionLists, r.Path); ok {
			read[r.Path] = true
		}
	}
	return len(read)
}

// TestACutScanGoesOnInTheNextProcess: the process ends in the middle.
func TestACutScanGoesOnInTheNextProcess(t *testing.T) {
	t.Parallel()
	w := newWorld(t, small())
	reached := w.pauseAfter(60)
	w.Must(w.Scan.Start(t.Context(), billingtest.Admin()))
	<-reached.arrived
	w.Work.Stop()
	close(reached.goOn)
	w.Must(w.Billing.Close(t.Context()))
	if s := w.last(); s.State != store.ScanRunning {
		t.Fatalf("a scan that was cut off is %s", s.State)
	}
	w.Must(w.Store.Close())
	w.Sim.ClearFaults()
	w.Open()
	w.Must(w.Scan.Due(t.Context()))
	w.Work.Wait()
	compare(t, "in the next process", w, w.found().Open)
}

// TestCancelledByAPerson holds that the last result stays, and that the next scan begins anew.
func TestCancelledByAPerson(t *testing.T) {
	t.Parallel()
	w := newWorld(t, small())
	w.scan()
	good := w.found()
	reached := w.pauseAfter(30)
	w.Must(w.Scan.Start(t.Context(), billingtest.Admin()))
	<-reached.arrived
	if err := w.Scan.Start(t.Context(), billingtest.Admin()); !errors.Is(err, problem.ErrRunning) {
		t.Errorf("a second scan: %v", err)
	}
	if p := w.Scan.Progress(); !p.Running || p.Total == 0 || p.Phase != "Reading lines" {
		t.Errorf("in the middle it says %+v", p)
	}
	w.Must(w.Scan.Cancel(t.Context(), billingtest.Admin()))
	close(reached.goOn)
	w.Work.Wait()
	if p := w.Scan.Progress(); !p.Cancelled || p.Running || !p.Problem.Zero() {
		t.Errorf("cancelled, it says %+v", p)
	}
	if f := w.find(); f.Scan.ID != good.Scan.ID || f.Last.State != store.ScanCancelled || len(f.Open) != len(good.Open) {
		t.Errorf("cancelled, %d leaks of scan %d stay, last %s", len(f.Open), f.Scan.ID, f.Last.State)
	}
	w.Must(w.Scan.Cancel(t.Context(), billingtest.Admin())) // there is none any more
}

// paused is a request that waits.
type paused struct{ arrived, goOn chan struct{} }

// pauseAfter lets so many lists of additions and counts of them pass, and holds the next one.
func (w *world) pauseAfter(n int) paused {
	p := paused{make(chan struct{}), make(chan struct{})}
	w.Sim.AddFault(cwsim.Fault{Kind: cwsim.Hook, Method: http.MethodGet, Path: additionLists, After: n / 2, Times: 1, Do: func() {
		close(p.arrived)
		<-p.goOn
	}})
	return p
}

// TestWhenScansBeginByThemselves holds the times: a day after the products were mapped, then each 25th; the catalog daily.
func TestWhenScansBeginByThemselves(t *testing.T) {
	t.Parallel()
	w := newWorld(t, small()) // on 20 October, 12:00
	var begun []string
	due := func(at string) {
		t.Helper()
		w.SetTime(at)
		before, _ := store.LeaksIn(w.Store).LastScan(t.Context())
		w.Sim.ResetRequests()
		w.Must(w.Scan.Due(t.Context()))
		w.Work.Wait()
		if after, err := store.LeaksIn(w.Store).LastScan(t.Context()); err == nil && after.ID != before.ID {
			begun = append(begun, at[:10])
		} else if n := len(w.Sim.Requests()); n > 6 {
			t.Errorf("at %s the daily look took %d requests", at, n)
		}
	}
	for _, at := range []string{
		"2026-10-20 18:00:00", "2026-10-21 11:00:00", "2026-10-21 13:00:00", "2026-10-22 13:00:00", "2026-10-25 01:00:00",
		"2026-10-25 02:40:00", "2026-10-26 02:40:00", "2026-11-24 12:00:00", "2026-11-25 02:40:00",
	} {
		due(at)
	}
	if want := []string{"2026-10-21", "2026-10-25", "2026-11-25"}; !slices.Equal(begun, want) {
		t.Errorf("scans began on %v, want %v", begun, want)
	}
}
