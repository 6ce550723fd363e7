package billing_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"seatbridge/billing"
	"seatbridge/billing/billingtest"
	"seatbridge/billing/findings"
	"seatbridge/billing/plan/plantest"
	"seatbridge/billing/problem"
	"seatbridge/connectwise"
	"seatbridge/connectwise/cwsim"
	"seatbridge/internal/moment"
	"seatbridge/store"
)

// found is the findings of which nobody said that they are meant so.
func (w *world) found() []store.KnownFinding {
	w.T.Helper()
	list, _, err := w.Findings.List(w.T.Context(), store.FindingFilter{})
	w.Must(err)
	return list
}

// wantFound fails the test unless these subjects, and no others, are found and counted in Needs attention; the answer is the first.
func (w *world) wantFound(subjects ...store.Subject) store.KnownFinding {
	w.T.Helper()
	var got, counted []store.Subject
	list := w.found()
	for _, f := range list {
		got = append(got, f.Subject)
	}
	attention, err := w.Attention(w.T.Context())
	w.Must(err)
	for _, a := range attention {
		if a.Kind == billing.AttendFinding {
			counted = append(counted, slices.Repeat([]store.Subject{a.Subject}, a.Count)...)
		}
	}
	for _, s := range [][]store.Subject{got, counted, subjects} {
		slices.Sort(s)
	}
	if !slices.Equal(got, subjects) || !slices.Equal(counted, subjects) {
		w.T.Fatalf("found %q, counted %q; want %q", got, counted, subjects)
	}
	if len(list) == 0 {
		return store.KnownFinding{}
	}
	return list[0]
}

// changeOf is the only change of a run.
func (w *world) changeOf(run store.Run) store.Change {
	w.T.Helper()
	list, _, err := w.Store.Changes(w.T.Context(), store.ChangeFilter{RunID: run.ID})
	w.Must(err)
	if len(list) != 1 {
		w.T.Fatalf("the run has %d changes", len(list))
	}
	return list[0]
}

// wantWarning fails the test unless the change says so.
func (w *world) wantWarning(c store.Change, part string) {
	w.T.Helper()
	if !strings.Contains(strings.Join(c.Warnings, " "), part) {
		w.T.Errorf("the change says %q, want %q", c.Warnings, part)
	}
}

// meant says of a finding that it is meant so.
func (w *world) meant(f store.KnownFinding, note string) {
	w.T.Helper()
	w.Must(w.Findings.Meant(w.T.Context(), billingtest.Admin(), findings.Answer{Key: f.Key(), Facts: f.Facts, Note: note}))
}

// mappedOn is an organization of 12 mapped to an agreement with these terms.
func (w *world) mappedOn(terms func(*cwsim.Agreement)) cwsim.Agreement {
	w.T.Helper()
	a := w.Company("Acme")
	w.Sim.UpdateAgreement(a.ID, terms)
	w.ImportAll()
	o := w.Organization("Acme", 12, store.Business)
	w.Must(w.Mapping.Map(w.T.Context(), billingtest.Admin(), a.CompanyID, a.ID, o.ID))
	return a
}

// A quantity below what is included would be billed as a negative one: a person says whether that is meant so, once.
func TestCase_B3_IncludedQuantity(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	_, a := w.Mapped("Acme", 12, store.Business)
	line := w.Sim.AddAddition(cwsim.Addition{
		AgreementID: a.ID, ProductID: w.Business.ID, Quantity: plantest.Quantity("14"), LessIncluded: plantest.Quantity("25"),
		UnitPrice: plantest.Quantity("4.99"),
	})
	c := w.changeOf(w.Sync())
	w.wantWarning(c, "25 of the quantity are included and not billed: with 12 ConnectWise would bill -13")
	if w.WantLive(a.ID, "NP-BUS 14"); c.State != store.StateHeld || !slices.Contains(c.HeldFor, store.HoldNegative) {
		t.Errorf("it is %s for %q", c.State, c.HeldFor)
	}
	f := w.wantFound(store.AboutIncluded)
	if !f.Holds || f.AdditionID != line.ID || len(c.Found) != 1 || !c.Found[0].Holds {
		t.Errorf("a write does not wait for it: %+v", f.Finding)
	}

	w.meant(f, "another line carries the minimum")
	w.wantFound()
	w.Approve(w.HeldIDs(store.Run{ID: c.RunID}))
	w.WantLive(a.ID, "NP-BUS 12")
	c = w.changeOf(w.Sync())
	if w.wantFound(); len(c.Warnings) != 0 || len(c.Found) != 1 || !c.Found[0].Answered {
		t.Errorf("asked again, though nothing changed: %q, %+v", c.Warnings, c.Found)
	}
	w.Sim.UpdateAddition(a.ID, line.ID, func(x *cwsim.Addition) { x.LessIncluded = plantest.Quantity("30") })
	w.Sync()
	if f := w.wantFound(store.AboutDrift, store.AboutIncluded); !strings.Contains(f.Sentence, "30 of the quantity") {
		t.Errorf("of other facts it says %q", f.Sentence)
	}
}

// Monthly seats on a yearly agreement: one figure of twelve reaches an invoice.
func TestCase_B4_YearlyAgreement(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	a := w.mappedOn(func(x *cwsim.Agreement) { x.BillingCycle = "Annual" })
	w.wantFound(store.AboutCycle) // said at mapping
	c := w.changeOf(w.Sync())
	w.wantWarning(c, "billing cycle is Annual")
	if w.WantLive(a.ID); c.State != store.StateHeld || !slices.Contains(c.HeldFor, store.HoldTerms) {
		t.Errorf("it is %s for %q", c.State, c.HeldFor)
	}
	f := w.wantFound(store.AboutCycle)
	if !f.Holds || f.AgreementID != a.ID || f.ProductID != 0 || f.Company != "Acme" || f.Agreement != "Acme Services" {
		t.Errorf("it is about %+v", f.Finding)
	}
	w.meant(f, "")
	w.Sync()
	w.wantFound()
	w.WantLive(a.ID, "NP-BUS 12")
}

// What an agreement that does not bill products is told reaches no invoice.
func TestCase_B5_ProductsNotBilled(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	a := w.mappedOn(func(x *cwsim.Agreement) { x.BillProducts = "DoNotBill" })
	w.wantWarning(w.changeOf(w.Sync()), "ConnectWise does not bill products on this agreement.")
	w.Sync() // unattended, it is said as long as it holds
	w.wantFound(store.AboutProducts)
	w.Sim.UpdateAgreement(a.ID, func(x *cwsim.Agreement) { x.BillProducts = "Billable" })
	w.Sync()
	if f := w.wantFound(store.AboutDrift); !strings.Contains(f.Sentence, "is Billable since") || !strings.Contains(f.Sentence, "it was DoNotBill") {
		t.Errorf("mended, it says %q", f.Sentence)
	}
}

// What an agreement leaves to its type is the type's, which is read once for all of its agreements; one that may not be read says
// nothing.
func TestCase_B5_ProductsNotBilledByTheType(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	a := w.mappedOn(func(x *cwsim.Agreement) { x.BillProducts = connectwise.NoDefault })
	_, b := w.Mapped("Second", 3, store.Business)
	w.Sim.UpdateAgreement(b.ID, func(x *cwsim.Agreement) { x.BillProducts, x.TypeID = connectwise.NoDefault, a.TypeID })
	w.Sim.UpdateAgreementType(a.TypeID, func(x *cwsim.AgreementType) { x.BillProducts = "DoNotBill" })
	w.Sim.ResetRequests()
	run := w.Sync()
	list, _, err := w.Store.Changes(t.Context(), store.ChangeFilter{RunID: run.ID})
	w.Must(err)
	for _, c := range list {
		w.wantWarning(c, "ConnectWise does not bill products on this agreement.")
	}
	reads := 0
	for _, r := range w.Sim.Requests() {
		if strings.HasSuffix(r.Path, fmt.Sprintf("/finance/agreements/types/%d", a.TypeID)) {
			reads++
		}
	}
	if reads != 1 {
		t.Errorf("the type was read %d times", reads)
	}
	w.Sim.SetFaults(cwsim.Fault{Kind: cwsim.Forbidden, Path: "/finance/agreements/types/*"})
	billingtest.WantStatus(t, w.Sync(), store.RunDone)
}

// A line without a price bills nothing, whether it is there or takes that over from its product.
func TestCase_B6_Price0(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	_, a := w.Mapped("Acme", 12, store.Business)
	w.Sim.UpdateCatalogItem(w.Business.ID, func(x *cwsim.CatalogItem) { x.Price = plantest.Quantity("0") })
	w.wantWarning(w.changeOf(w.Sync()), "NP-BUS has the price 0")
	w.wantFound(store.AboutPrice)
	w.wantWarning(w.changeOf(w.Sync()), "The line's unit price is 0; it bills nothing.")
	if f := w.wantFound(store.AboutPrice); f.AdditionID != w.Sim.Additions(a.ID)[0].ID {
		t.Errorf("it is about %+v", f.Finding)
	}
}

// An agreement that is invoiced ahead and does not prorate bills nothing of what changes before its next invoice.
func TestCase_D8b_InvoicedAhead(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.SetTime("2026-11-20 12:00:00")
	a := w.mappedOn(func(x *cwsim.Agreement) { x.Prorate, x.InvoicedThrough = false, moment.At("2026-12-31") })
	w.Sim.AddAddition(cwsim.Addition{
		AgreementID: a.ID, ProductID: w.Business.ID, Quantity: plantest.Quantity("0"), UnitPrice: plantest.Quantity("4.99"),
	})
	w.wantWarning(w.changeOf(w.Sync()), "invoiced from 1 January 2027 on; November 2026 to December 2026 are not")
	w.Sync()
	w.wantFound(store.AboutInvoiced)
}

// A customer that is inactive in ConnectWise goes on being billed.
func TestCase_F14_InactiveCompany(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	_, a := w.Mapped("Acme", 12, store.Business)
	w.Sync()
	w.wantFound()
	for _, status := range w.Sim.CompanyStatuses() {
		if status.Inactive {
			w.Sim.UpdateCompany(a.CompanyID, func(x *cwsim.Company) { x.StatusID = status.ID })
		}
	}
	w.Sync()
	w.wantFound(store.AboutInactive)
}

// What is no longer as it was when it was last read is said, with who changed it, and costs a normal run nothing.
func TestDriftNamesWhoChangedIt(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	_, a := w.Mapped("Acme", 12, store.Business)
	w.Sync()
	w.SetTime("2026-11-03 14:02:00")
	line := w.Sim.Additions(a.ID)[0]
	w.Sim.ResetRequests()
	w.Sync()
	before := len(w.Sim.Requests())
	w.Sim.UpdateAddition(a.ID, line.ID, func(x *cwsim.Addition) { x.UnitPrice = plantest.Quantity("6.49") })
	w.SetTime("2026-11-04 12:00:00")
	w.Sim.ResetRequests()
	w.Sync()
	if after := len(w.Sim.Requests()); after != before+1 {
		t.Errorf("%d requests instead of %d: one more names who changed the price", after, before)
	}
	sentence := w.wantFound(store.AboutDrift).Sentence
	for _, part := range []string{"The unit price is 6.49 since 4 November 2026; before, it was 4.99 (changed by ", "on 3 November 2026 at 14:02 UTC"} {
		if !strings.Contains(sentence, part) {
			t.Errorf("it says %q, want %q", sentence, part)
		}
	}
	w.Sim.ResetRequests()
	w.Sync()
	if after := len(w.Sim.Requests()); after != before || w.wantFound(store.AboutDrift).Sentence != sentence {
		t.Errorf("the next sync took %d requests instead of %d and says %q", after, before, w.found()[0].Sentence)
	}
}

// The audit trail says who edited a quantity, wherever the instance keeps it; where it may not be read, the record says who wrote last.
func TestHandEditNamesWhoWroteLast(t *testing.T) {
	t.Parallel()
	for name, assumptions := range map[string]cwsim.Assumptions{
		"kept with the addition": {}, "kept with the agreement": {AuditUnderAgreement: true}, "refused": {AuditTrailRefused: true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			w.Sim.SetAssumptions(assumptions)
			_, a := w.Mapped("Acme", 12, store.Business)
			w.Sync()
			w.SetTime("2026-10-21 12:00:00")
			w.Sim.SetQuantity(a.ID, w.Sim.Additions(a.ID)[0].ID, "14", "jdoe")
			w.wantWarning(w.changeOf(w.Sync()), "it says 14, Seatbridge left 12 there on 20 October 2026 at 12:00 UTC "+
				"(changed by jdoe on 21 October 2026 at 12:00 UTC).")
		})
	}
}

// Two open lines of a product, one of which Seatbridge keeps: said on every reading, until one of them is ended, set to 0 or both
// are meant so.
func TestSecondOpenLine(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	_, a := w.Mapped("Acme", 12, store.Business)
	w.Sync()
	second := w.Sim.AddAddition(cwsim.Addition{
		AgreementID: a.ID, ProductID: w.Business.ID, Quantity: plantest.Quantity("3"), UnitPrice: plantest.Quantity("4.99"),
	})
	w.wantWarning(w.changeOf(w.Sync()), "Two lines of NP-BUS are open")
	f := w.wantFound(store.AboutSecond)
	if f.AdditionID != second.ID || f.Quantity.Decimal.String() != "3" || f.UnitPrice.Decimal.String() != "4.99" || !f.Holds {
		t.Errorf("it is about %+v", f.Finding)
	}

	run, err := w.Findings.Zero(t.Context(), billingtest.Admin(), f.Key(), f.Facts)
	w.Must(err)
	w.Work.Wait()
	w.WantChanges(run, "written NP-BUS 3>0")
	w.wantFound()
	w.WantLive(a.ID, "NP-BUS 12", "NP-BUS 0")
	w.WantChanges(w.Sync(), "unchanged NP-BUS 12>12") // the first one is still the line that is kept
	_, err = w.Findings.Zero(t.Context(), billingtest.Admin(), f.Key(), f.Facts)
	wantInvalid(t, err, "not so any more")
}

func wantInvalid(t *testing.T, err error, part string) {
	t.Helper()
	var invalid *problem.Invalid
	if !errors.As(err, &invalid) || !strings.Contains(fmt.Sprint(invalid.Fields), part) {
		t.Errorf("error %v, want %q", err, part)
	}
}

// A line that Seatbridge wrote and that loses its organization is known at once, kept current by syncs of all, and zeroed or accepted.
func TestUnfedLine(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	o, a := w.Mapped("Acme", 12, store.Business)
	w.Sync()
	w.Must(w.Mapping.Unmap(t.Context(), billingtest.Admin(), o.ID, false))
	f := w.wantFound(store.AboutUnfed)
	if !strings.Contains(f.Sentence, "still bills 12, and no organization is mapped to the agreement any more") ||
		f.UnitPrice.Decimal.String() != "4.99" || f.Company != "Acme" {
		t.Errorf("it is %+v", f.Finding)
	}

	// A sync of all reads it: one request, and it counts among the agreements.
	w.Sim.UpdateAddition(a.ID, f.AdditionID, func(x *cwsim.Addition) { x.Quantity = plantest.Quantity("7") })
	run := w.Sync()
	if run.Total != 1 || run.Processed != 1 {
		t.Errorf("the run looked at %d of %d agreements", run.Processed, run.Total)
	}
	w.WantLive(a.ID, "NP-BUS 7")
	f = w.wantFound(store.AboutUnfed)
	if f.Quantity.Decimal.String() != "7" {
		t.Errorf("it says %s", f.Quantity.Decimal)
	}
	w.meant(f, "billed until the end of the year")
	w.wantFound()
	w.Must(w.Findings.Withdraw(t.Context(), billingtest.Admin(), f.Key()))
	w.wantFound(store.AboutUnfed)
	wantInvalid(t, w.Findings.Withdraw(t.Context(), billingtest.Admin(), f.Key()), "Nobody says")

	zero, err := w.Findings.Zero(t.Context(), billingtest.Admin(), f.Key(), f.Facts)
	w.Must(err)
	w.Work.Wait()
	w.WantChanges(zero, "written NP-BUS 7>0")
	w.WantLive(a.ID, "NP-BUS 0")
	w.wantFound()
}

// One that is ended in ConnectWise, or mapped again, is off the list.
func TestUnfedLineIsEndedOrMappedAgain(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	o, a := w.Mapped("Acme", 12, store.Business)
	p, b := w.Mapped("Beta", 3, store.Business)
	w.Sync()
	for _, organization := range []int64{o.ID, p.ID} {
		w.Must(w.Mapping.Unmap(t.Context(), billingtest.Admin(), organization, false))
	}
	w.wantFound(store.AboutUnfed, store.AboutUnfed)
	w.Must(w.Mapping.Map(t.Context(), billingtest.Admin(), b.CompanyID, b.ID, p.ID))
	w.wantFound(store.AboutUnfed)
	w.Sim.CancelAddition(a.ID, w.Sim.Additions(a.ID)[0].ID, moment.At("2026-10-31"))
	w.Must(w.Findings.LookAgain(t.Context(), a.ID))
	w.wantFound()
	wantInvalid(t, w.Findings.LookAgain(t.Context(), a.ID), "Nobody is billed")
}

// Whoever says that something is meant so has seen it: of what is gone or something else now, it is not taken.
func TestMeantSoIsOfWhatWasShown(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	a := w.mappedOn(func(x *cwsim.Agreement) { x.BillingCycle = "Annual" })
	w.Must(w.Findings.LookAgain(t.Context(), a.ID))
	f := w.wantFound(store.AboutCycle)
	if w.Writes() != 0 || len(w.Sim.Additions(a.ID)) != 0 {
		t.Error("looking again wrote to ConnectWise")
	}
	answer := findings.Answer{Key: f.Key(), Facts: "Quarterly"}
	wantInvalid(t, w.Findings.Meant(t.Context(), billingtest.Admin(), answer), "something else now")
	answer.Facts, answer.Note = f.Facts, strings.Repeat("x", 501)
	wantInvalid(t, w.Findings.Meant(t.Context(), billingtest.Admin(), answer), "500 characters")
	answer.Key.ProductID, answer.Note = 99, ""
	wantInvalid(t, w.Findings.Meant(t.Context(), billingtest.Admin(), answer), "not so any more")
	w.wantFound(store.AboutCycle)

	w.meant(f, "paid a year ahead")
	entries, _, err := w.Store.Activities(t.Context(), store.ActivityFilter{Limit: 1})
	w.Must(err)
	if want := "Said of Acme, agreement Acme Services that it is meant so: "; !strings.HasPrefix(entries[0].Action, want) ||
		!strings.HasSuffix(entries[0].Action, "Why: paid a year ahead") {
		t.Errorf("the activity log says %q", entries[0].Action)
	}
}

// A line of an organization that is not managed any more bills a managed one, too: set to 0, nothing billed that one's seats, since
// every sum of the agreement is unknown until the other is unmapped.
func TestALineThatBillsOthersIsNotSetTo0(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	acme, a := w.Mapped("Acme", 12, store.Business)
	branch := w.Organization("Branch", 3, store.Business)
	w.Must(w.Mapping.Map(t.Context(), billingtest.Admin(), a.CompanyID, a.ID, branch.ID))
	w.Sync()
	acme.Managed = false
	w.Must(w.Store.UpdateOrganization(t.Context(), acme, w.Time()))
	w.Sync()
	f := w.wantFound(store.AboutUnfed)
	_, err := w.Findings.Zero(t.Context(), billingtest.Admin(), f.Key(), f.Facts)
	wantInvalid(t, err, "Branch is billed on this line, too")
	w.WantLive(a.ID, "NP-BUS 15")

	branch.Managed = false
	w.Must(w.Store.UpdateOrganization(t.Context(), branch, w.Time()))
	_, err = w.Findings.Zero(t.Context(), billingtest.Admin(), f.Key(), f.Facts)
	w.Must(err)
	w.Work.Wait()
	w.WantLive(a.ID, "NP-BUS 0")
}
