package run_test

import (
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"seatbridge/billing/billingtest"
	"seatbridge/billing/plan/plantest"
	"seatbridge/connectwise/cwsim"
	"seatbridge/internal/moment"
	"seatbridge/store"
)

// Creating a line is the dangerous write: whatever says that its seats are or were billed by another line is looked at
// before it (docs/design.md section 5, "Before a line is created").

// changesOf are a run's changes in full.
func (w *world) changesOf(run store.Run) []store.Change {
	w.T.Helper()
	list, _, err := w.Store.Changes(w.T.Context(), store.ChangeFilter{RunID: run.ID})
	w.Must(err)
	return list
}

// wantSaid fails the test unless the change that the run made says all of the words.
func (w *world) wantSaid(run store.Run, words ...string) {
	w.T.Helper()
	for _, c := range w.changesOf(run) {
		said := strings.Join([]string{c.Reason, c.HeldBecause, c.Problem.What, c.Problem.Do, strings.Join(c.Warnings, " ")}, " ")
		for _, f := range c.Found {
			said += " " + f.Sentence
		}
		for _, word := range words {
			if !strings.Contains(said, word) {
				w.T.Errorf("%s says %q, want %q in it", plantest.Show(c), said, word)
			}
		}
	}
}

// sisterAgreement is another agreement of the same company.
func (w *world) sisterAgreement(of cwsim.Agreement, change func(*cwsim.Agreement)) cwsim.Agreement {
	a := cwsim.Agreement{
		Name: "Sister", CompanyID: of.CompanyID, Start: moment.At("2025-01-01"), BillStart: moment.At("2025-01-01"), Prorate: true,
	}
	if change != nil {
		change(&a)
	}
	return w.Sim.AddAgreement(a)
}

func (w *world) addLine(agreementID, productID int, quantity string) cwsim.Addition {
	return w.Sim.AddAddition(cwsim.Addition{AgreementID: agreementID, ProductID: productID, Quantity: plantest.Quantity(quantity)})
}

// effective is the day on which the only line that was created last starts.
func (w *world) effective(agreementID int) string {
	all := w.Sim.Additions(agreementID)
	return all[len(all)-1].Effective.Format(time.DateOnly)
}

// The line was ended on 20 November: the sync made a new one from 1 November on, and 1 to 20 November were on both.
func TestCase_A1_ALineThatAPersonEnded(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	_, a := w.Mapped("Acme", 12, store.Business)
	w.Sync()
	w.SetTime("2026-11-24 12:00:00")
	w.Sim.CancelAddition(a.ID, w.Sim.Additions(a.ID)[0].ID, moment.At("2026-11-20"))
	run := w.Sync()
	w.WantChanges(run, "held NP-BUS ->12")
	w.wantSaid(run, "with 12 seats was ended on 20 November 2026")
	w.WantLive(a.ID)
	found := func() int {
		counts, err := store.ReadingsIn(w.Store).CountFindings(t.Context())
		w.Must(err)
		return counts[store.AboutEnded]
	}
	if n := found(); n != 1 {
		t.Errorf("%d ended lines need a person, want this one", n)
	}
	w.Approve(w.HeldIDs(run))
	w.WantLive(a.ID, "NP-BUS 12")
	if got := w.effective(a.ID); got != "2026-11-21" {
		t.Errorf("the new line starts on %s, want the day after the ended one", got)
	}
	if n := found(); n != 0 {
		t.Errorf("%d ended lines need a person after the new one was approved", n)
	}
}

// The same by the monthly run, of a line ended on the last day of the month.
func TestCase_A1_ALineThatEndedOnTheLastDayOfTheMonth(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	_, a := w.Mapped("Acme", 12, store.Business)
	w.Sync()
	w.Sim.CancelAddition(a.ID, w.Sim.Additions(a.ID)[0].ID, moment.At("2026-10-31"))
	w.SetTime("2026-11-01 00:30:00")
	w.Must(w.Runs.RunDue(t.Context()))
	run, err := w.Store.LastRun(t.Context(), store.RunMonthly, "2026-10")
	w.Must(err)
	w.WantChanges(run, "held NP-BUS ->12")
	w.wantSaid(run, "with 12 seats was ended on 31 October 2026")
	w.WantLive(a.ID)
}

// A line that was ended at 0 billed nothing: it asks nobody.
func TestALineThatEndedAtZeroAsksNobody(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	_, a := w.Mapped("Acme", 12, store.Business)
	old := w.addLine(a.ID, w.Business.ID, "0")
	w.Sim.CancelAddition(a.ID, old.ID, moment.At("2026-10-10"))
	w.WantChanges(w.Sync(), "written NP-BUS ->12")
}

// The live line is on the child: a second one was written on the parent.
func TestCase_A2_TheLineIsOnTheChild(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	_, a := w.Mapped("Acme", 7, store.Business)
	child := w.sisterAgreement(a, func(c *cwsim.Agreement) { c.Name, c.ParentID = "Child", a.ID })
	w.addLine(child.ID, w.Business.ID, "6")
	run := w.Sync()
	w.WantChanges(run, "held NP-BUS ->7")
	w.wantSaid(run, "Child", "6")
	w.WantLive(a.ID)
}

// Every other agreement that may bill the seats is looked at; what bills nothing, or is kept by Seatbridge, asks nobody.
func TestCase_A2_TheLineIsElsewhere(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name  string
		build func(w *world, a cwsim.Agreement)
		want  string
	}{
		{"on a twin", func(w *world, a cwsim.Agreement) {
			w.addLine(w.sisterAgreement(a, nil).ID, w.Business.ID, "6")
		}, "held NP-BUS ->7"},
		{"on a child that another company has", func(w *world, a cwsim.Agreement) {
			child := w.sisterAgreement(w.Company("Daughter"), func(c *cwsim.Agreement) { c.ParentID = a.ID })
			w.addLine(child.ID, w.Business.ID, "6")
		}, "held NP-BUS ->7"},
		{"of a twin of the product", func(w *world, a cwsim.Agreement) {
			twin := w.Sim.AddCatalogItem(cwsim.CatalogItem{Identifier: "np bus", Description: "The same"})
			w.addLine(w.sisterAgreement(a, nil).ID, twin.ID, "6")
		}, "held NP-BUS ->7"},
		{"of a twin of the product, on the agreement itself", func(w *world, a cwsim.Agreement) {
			twin := w.Sim.AddCatalogItem(cwsim.CatalogItem{Identifier: "np_bus", Description: "The same"})
			w.addLine(a.ID, twin.ID, "6")
		}, "held NP-BUS ->7"},
		{"at 0", func(w *world, a cwsim.Agreement) {
			w.addLine(w.sisterAgreement(a, nil).ID, w.Business.ID, "0")
		}, "written NP-BUS ->7"},
		{"of another product", func(w *world, a cwsim.Agreement) {
			w.addLine(w.sisterAgreement(a, nil).ID, w.Enterprise.ID, "6")
		}, "written NP-BUS ->7"},
		{"ended", func(w *world, a cwsim.Agreement) {
			sister := w.sisterAgreement(a, nil)
			w.Sim.CancelAddition(sister.ID, w.addLine(sister.ID, w.Business.ID, "6").ID, moment.At("2026-10-10"))
		}, "written NP-BUS ->7"},
		{"on an agreement that is cancelled", func(w *world, a cwsim.Agreement) {
			sister := w.sisterAgreement(a, nil)
			w.addLine(sister.ID, w.Business.ID, "6")
			w.Sim.CancelAgreement(sister.ID, moment.At("2026-10-10"))
		}, "written NP-BUS ->7"},
		{"another company's", func(w *world, a cwsim.Agreement) {
			w.addLine(w.Company("Stranger").ID, w.Business.ID, "6")
		}, "written NP-BUS ->7"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			_, a := w.Mapped("Acme", 7, store.Business)
			tt.build(w, a)
			w.WantChanges(w.Sync(), tt.want)
		})
	}
}

// What another organization of the same company is billed by is fed: it asks nobody, whether it was synced before or not.
func TestALineThatIsFedElsewhereAsksNobody(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	_, a := w.Mapped("Acme", 7, store.Business)
	sister := w.sisterAgreement(a, nil)
	w.addLine(sister.ID, w.Business.ID, "3")
	w.ImportAll()
	branch := w.Organization("Branch", 3, store.Business)
	w.Must(w.Mapping.Map(t.Context(), billingtest.Admin(), a.CompanyID, sister.ID, branch.ID))
	billingtest.WantStatus(t, w.Sync(), store.RunDone)
	w.WantLive(a.ID, "NP-BUS 7")
	w.WantLive(sister.ID, "NP-BUS 3")
}

// Unmapped and left as it is, then mapped to another agreement: the old line goes on billing the same seats.
func TestALineThatNobodyFedAnyMoreIsFound(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	acme, a := w.Mapped("Acme", 5, store.Business)
	w.Sync()
	sister := w.sisterAgreement(a, nil)
	w.ImportAll()
	w.Must(w.Mapping.Unmap(t.Context(), billingtest.Admin(), acme.ID, false))
	w.Must(w.Mapping.Map(t.Context(), billingtest.Admin(), a.CompanyID, sister.ID, acme.ID))
	run := w.Sync()
	w.WantChanges(run, "held NP-BUS ->5")
	w.wantSaid(run, "Acme Services", "5")
	w.WantLive(sister.ID)
}

// The answer to a creation was lost, and the list was minutes behind: a second line was created.
func TestNeverTwoLines_1_UnknownCreationAndLateList(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := bubbleWorld(t)
		w.Connect()
		w.MapProducts()
		_, a := w.Mapped("Acme", 5, store.Business)
		time.Sleep(10 * time.Minute) // lists show the agreement
		w.Sim.SetFaults(cwsim.Fault{Kind: cwsim.DropAfter, Method: "POST", Times: 1}, cwsim.Fault{Kind: cwsim.Lag, Text: "all", Wait: 10 * time.Minute})
		run := w.Sync()
		w.WantLive(a.ID, "NP-BUS 5")
		w.WantChanges(run, "unknown NP-BUS ->5")
		next := w.Sync()
		w.WantLive(a.ID, "NP-BUS 5")
		w.WantChanges(next, "unknown NP-BUS ->5")
		time.Sleep(10 * time.Minute)
		w.WantChanges(w.Sync(), "unchanged NP-BUS 5>5")
		w.WantChanges(run, "written NP-BUS ->5")
		w.WantLive(a.ID, "NP-BUS 5")
	})
}

// A gateway gave up on the creation, and the line appeared minutes later: by then a second one had been created.
func TestNeverTwoLines_2_GatewayGivesUpAndTheLineAppearsLater(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := bubbleWorld(t)
		w.Connect()
		w.MapProducts()
		_, a := w.Mapped("Acme", 5, store.Business)
		w.Sim.SetFaults(cwsim.Fault{Kind: cwsim.Late504, Method: "POST", Times: 1, Wait: 20 * time.Minute})
		run := w.Sync()
		w.WantChanges(run, "unknown NP-BUS ->5")
		w.WantChanges(w.Sync(), "unknown NP-BUS ->5")
		time.Sleep(30 * time.Minute)
		w.WantChanges(w.Sync(), "unchanged NP-BUS 5>5")
		w.WantChanges(run, "written NP-BUS ->5")
		w.WantLive(a.ID, "NP-BUS 5")
	})
}

// A request waited for the pace that ConnectWise asked for; the moment that was noted was before the wait.
func TestNeverTwoLines_3_SentLaterThanNoted(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := bubbleWorld(t)
		w.Connect()
		w.MapProducts()
		_, a := w.Mapped("Acme", 5, store.Business)
		w.Sim.SetFaults(cwsim.Fault{Kind: cwsim.RateLimited, Method: "POST", Times: 1, Wait: 5 * time.Minute},
			cwsim.Fault{Kind: cwsim.Ghost, Method: "POST", After: 1, Wait: 20 * time.Minute})
		run := w.Sync()
		w.WantChanges(run, "unknown NP-BUS ->5")
		asked := w.creations()
		if sent := w.changesOf(run)[0].SentAt; sent.Before(asked[len(asked)-1].Truncate(time.Second)) {
			t.Errorf("noted as sent at %s, and it was at %s", sent, asked[len(asked)-1])
		}
		w.WantChanges(w.Sync(), "unknown NP-BUS ->5")
		time.Sleep(30 * time.Minute)
		w.WantChanges(w.Sync(), "unchanged NP-BUS 5>5")
		w.WantLive(a.ID, "NP-BUS 5")
	})
}

// A row disappeared between two pages, and the first row of the next one was missed: it was ours.
func TestNeverTwoLines_4_PageShift(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	_, a := w.Mapped("Acme", 5, store.Business)
	other := w.Sim.AddCatalogItem(cwsim.CatalogItem{Identifier: "OTHER"})
	for _, product := range []int{other.ID, other.ID, w.Business.ID, other.ID} { // the second page begins with ours
		w.addLine(a.ID, product, "3")
	}
	w.Sim.SetFaults(cwsim.Fault{Kind: cwsim.PageCut, N: 2}, cwsim.Fault{
		Kind: cwsim.RowDeleted, Path: fmt.Sprintf("/finance/agreements/%d/additions", a.ID), Times: 1,
	})
	w.Sync()
	w.Sim.ClearFaults()
	n := 0
	for _, l := range w.Sim.Additions(a.ID) {
		if l.ProductID == w.Business.ID {
			n++
		}
	}
	if n != 1 {
		t.Errorf("%d lines of the product, want the one that was there", n)
	}
}

// While nobody knows what became of a creation, somebody adds a line by hand: it was taken for the one that was sent, and lowered.
func TestALineThatSomebodyAddsMeanwhileIsNotTheOneThatWasSent(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	_, a := w.Mapped("Acme", 5, store.Business)
	w.Sim.SetFaults(cwsim.Fault{Kind: cwsim.DropBefore, Method: "POST"})
	w.WantChanges(w.Sync(), "unknown NP-BUS ->5")
	w.Sim.ClearFaults()
	w.addLine(a.ID, w.Business.ID, "36")
	w.SetTime("2026-10-20 14:00:00")
	w.WantChanges(w.Sync(), "held NP-BUS 36>5")
	w.WantLive(a.ID, "NP-BUS 36")
}

// The list was empty for a while, as after a change of rights: every line was created anew.
func TestNeverTwoLines_5_AnEmptyList(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	as := w.MappedTogether(2)
	w.Sync()
	w.SetTime("2026-10-20 16:00:00")
	branch := w.Organization("Branch", 4, store.Enterprise)
	w.Must(w.Mapping.Map(t.Context(), billingtest.Admin(), as[0].CompanyID, as[0].ID, branch.ID))
	w.Sim.SetFaults(cwsim.Fault{Kind: cwsim.WrongEmpty, Path: "/finance/agreements/*/additions"})
	run := w.Sync()
	w.WantChanges(run, "unchanged NP-BUS 2>2", "blocked NP-ENT ->4", "unchanged NP-BUS 2>2")
	for _, c := range w.changesOf(run) {
		if c.State == store.StateBlocked && !strings.Contains(c.Reason, "which is there; nothing is created until it is whole") {
			t.Errorf("the reason is %q", c.Reason)
		}
	}
	w.Sim.ClearFaults()
	billingtest.WantStatus(t, w.Sync(), store.RunDone)
	w.WantLive(as[0].ID, "NP-BUS 2", "NP-ENT 4")
	w.WantLive(as[1].ID, "NP-BUS 2")
}

// The same, of a list that lacks some lines: a known line goes on being kept by its id.
func TestNeverTwoLines_5_APartialList(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	acme, a := w.Mapped("Acme", 5, store.Business)
	w.Sync()
	w.Join(acme, 1)
	w.Sim.SetFaults(cwsim.Fault{Kind: cwsim.Partial, Path: "/finance/agreements/*/additions"})
	w.WantChanges(w.Sync(), "written NP-BUS 5>6")
	w.WantLive(a.ID, "NP-BUS 6")
}

// An instance that does not understand the list of fields answers with nothing at all: the line was created beside the one there.
func TestNeverTwoLines_5_AListThatIsEmptyWithFields(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	_, a := w.Mapped("Acme", 5, store.Business)
	w.addLine(a.ID, w.Business.ID, "3")
	w.Sim.SetFaults(cwsim.Fault{Kind: cwsim.FieldsEmpty, Path: "/finance/agreements/*/additions"})
	w.WantChanges(w.Sync(), "held NP-BUS 3>5") // the first write on a line that somebody else made
	w.WantLive(a.ID, "NP-BUS 3")
}

// ConnectWise counts more lines than it lists.
func TestNeverTwoLines_5_AListThatIsShorterThanItsCount(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	_, a := w.Mapped("Acme", 5, store.Business)
	w.addLine(a.ID, w.Business.ID, "3")
	w.Sim.SetFaults(cwsim.Fault{Kind: cwsim.Partial, Path: "/finance/agreements/*/additions"})
	w.WantChanges(w.Sync(), "blocked NP-BUS ->5")
	w.Sim.ClearFaults()
	w.WantChanges(w.Sync(), "held NP-BUS 3>5")
	w.WantLive(a.ID, "NP-BUS 3")
}

// Lists that lack lines on several agreements are no matter of the agreements: the run ends, and says why.
func TestARunThatCannotTrustTheListsEnds(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	as := w.MappedTogether(4)
	w.Sync()
	w.SetTime("2026-10-20 16:00:00")
	w.Sim.SetFaults(cwsim.Fault{Kind: cwsim.WrongEmpty, Path: "/finance/agreements/*/additions"})
	w.Sim.ResetRequests()
	run := w.Sync()
	billingtest.WantStatus(t, run, store.RunFailed)
	if !strings.Contains(run.Problem.What, "lists of additions lack lines that are there") || w.Writes() > 0 {
		t.Errorf("the run says %+v after %d writes", run.Problem, w.Writes())
	}
	w.Sim.ClearFaults()
	billingtest.WantStatus(t, w.Sync(), store.RunDone)
	w.WantLive(as[3].ID, "NP-BUS 2")
}

// Lists that lack what was written minutes ago lag behind, which is no reason to end the run.
func TestARunGoesOnWhereListsLagBehindWhatItWrote(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	as := w.MappedTogether(4)
	w.Sync()
	w.SetTime("2026-10-20 12:10:00")
	w.Sim.SetFaults(cwsim.Fault{Kind: cwsim.Lag, Text: "all", Wait: time.Hour})
	billingtest.WantStatus(t, w.Sync(), store.RunDone)
	w.WantLive(as[0].ID, "NP-BUS 2")
	w.WantLive(as[3].ID, "NP-BUS 2")
}

// The line that whoever mapped was shown is there, and both the list and the count of lines say that there is none: a second one
// was created.
func TestNeverTwoLines_5_AnEmptyListBeforeTheFirstWrite(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	a := w.Company("Acme")
	w.addLine(a.ID, w.Business.ID, "3")
	w.ImportAll()
	o := w.Organization("Acme", 5, store.Business)
	w.Must(w.Mapping.Map(t.Context(), billingtest.Admin(), a.CompanyID, a.ID, o.ID))
	w.Sim.SetFaults(
		cwsim.Fault{Kind: cwsim.WrongEmpty, Path: "/finance/agreements/*/additions"},
		cwsim.Fault{Kind: cwsim.WrongEmpty, Path: "/finance/agreements/*/additions/count"},
	)
	w.WantChanges(w.Sync(), "written NP-BUS 3>5")
	w.WantLive(a.ID, "NP-BUS 5")
}

// A deleted line and one that a list does not show were the same: a list that lacks a line which is there made a second one.
func TestNeverTwoLines_6_BoundLineOlderThanAnHour(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	_, a := w.Mapped("Acme", 5, store.Business)
	w.Sync()
	w.SetTime("2026-10-20 14:00:00")
	w.Sim.SetFaults(cwsim.Fault{Kind: cwsim.Lag, Text: "all", Wait: 3 * time.Hour})
	w.WantChanges(w.Sync(), "unchanged NP-BUS 5>5")
	w.WantLive(a.ID, "NP-BUS 5")
}

// Beside the bound line another one of the product was open, and the change said "unchanged".
func TestNeverTwoLines_7_ASecondOpenLine(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	_, a := w.Mapped("Acme", 5, store.Business)
	w.Sync()
	w.addLine(a.ID, w.Business.ID, "4")
	run := w.Sync()
	w.WantChanges(run, "unchanged NP-BUS 5>5")
	w.wantSaid(run, "Two lines of NP-BUS are open", "with 4")
}

// The organization was unmapped while the run read the agreement: the line was created all the same.
func TestNeverTwoLines_8_UnmappedDuringARun(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	acme, a := w.Mapped("Acme", 5, store.Business)
	w.Sim.SetFaults(cwsim.Fault{
		Kind: cwsim.Hook, Method: "GET", Path: fmt.Sprintf("/finance/agreements/%d/additions", a.ID), Times: 1,
		Do: func() { w.Must(w.Mapping.Unmap(t.Context(), billingtest.Admin(), acme.ID, false)) },
	})
	run := w.Sync()
	billingtest.WantStatus(t, run, store.RunIncomplete)
	w.WantChanges(run, "stale NP-BUS ->5")
	w.wantSaid(run, "Acme was unmapped while the sync ran.")
	w.WantLive(a.ID)
}

// A line that was deleted in ConnectWise was created anew without a word.
func TestADeletedLineIsNotCreatedUnasked(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	_, a := w.Mapped("Acme", 5, store.Business)
	w.Sync()
	line := w.Sim.Additions(a.ID)[0]
	w.Sim.RemoveAddition(a.ID, line.ID)
	run := w.Sync()
	w.WantChanges(run, "held NP-BUS ->5")
	w.wantSaid(run, fmt.Sprintf("Line no. %d was deleted in ConnectWise", line.ID))
	w.Approve(w.HeldIDs(run))
	w.WantLive(a.ID, "NP-BUS 5")
}

// What was found when it was decided was answered by the approval; what came since was not.
func TestAnApprovedLineIsLookedForAgain(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name  string
		since func(w *world, a, sister cwsim.Agreement)
		want  string
		live  []string
	}{
		{"as it was", func(*world, cwsim.Agreement, cwsim.Agreement) {}, "written NP-BUS ->7", []string{"NP-BUS 7"}},
		{"somebody made it", func(w *world, a, _ cwsim.Agreement) { w.addLine(a.ID, w.Business.ID, "7") }, "stale NP-BUS ->7", []string{"NP-BUS 7"}},
		{"the line elsewhere says more", func(w *world, _, sister cwsim.Agreement) {
			w.Sim.SetQuantity(sister.ID, w.Sim.Additions(sister.ID)[0].ID, "7", "someone")
		}, "held NP-BUS ->7", nil},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			_, a := w.Mapped("Acme", 7, store.Business)
			sister := w.sisterAgreement(a, nil)
			w.addLine(sister.ID, w.Business.ID, "6")
			run := w.Sync()
			w.WantChanges(run, "held NP-BUS ->7")
			tt.since(w, a, sister)
			w.Approve(w.HeldIDs(run))
			w.WantChanges(run, tt.want)
			w.WantLive(a.ID, tt.live...)
		})
	}
}

// A line that was sent and whose agreement ended, or was left by its organization, bills when it appears.
func TestWhatWasSentIsLookedForWhereNothingIsBilledAnyMore(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name  string
		since func(w *world, o store.Organization, a cwsim.Agreement)
	}{
		{"cancelled since", func(w *world, _ store.Organization, a cwsim.Agreement) {
			w.Sim.CancelAgreement(a.ID, moment.At("2026-10-20"))
		}},
		{"unmapped since", func(w *world, o store.Organization, _ cwsim.Agreement) {
			w.Must(w.Mapping.Unmap(w.T.Context(), billingtest.Admin(), o.ID, false))
		}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				w := bubbleWorld(t)
				w.Connect()
				w.MapProducts()
				o, a := w.Mapped("Acme", 5, store.Business)
				w.Sim.SetFaults(cwsim.Fault{Kind: cwsim.Late504, Method: "POST", Times: 1, Wait: 20 * time.Minute})
				run := w.Sync()
				time.Sleep(30 * time.Minute)
				tt.since(w, o, a)
				w.Must(w.Runs.LookForSent(t.Context()))
				w.WantChanges(run, "written NP-BUS ->5")
				lines, err := w.Store.AgreementLines(t.Context(), a.ID)
				w.Must(err)
				if len(lines) != 1 {
					t.Errorf("bound lines %+v, want the one that appeared", lines)
				}
				w.WantLive(a.ID, "NP-BUS 5")
			})
		})
	}
}

// While a line may have been created on the agreement that the organization was on, none is created on the next.
func TestWhatWasSentElsewhereHoldsANewLine(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	acme, a := w.Mapped("Acme", 5, store.Business)
	second := w.sisterAgreement(a, nil)
	w.ImportAll()
	w.Sim.SetFaults(cwsim.Fault{Kind: cwsim.DropBefore, Method: "POST", Times: 1})
	w.WantChanges(w.Sync(), "unknown NP-BUS ->5")
	w.Must(w.Mapping.Map(t.Context(), billingtest.Admin(), a.CompanyID, second.ID, acme.ID))
	run := w.Sync()
	w.WantChanges(run, "held NP-BUS ->5")
	w.wantSaid(run, "nobody saw yet what became of it")
}

// The connection was changed while the run read: what it planned may be of another instance.
func TestAConnectionThatChangesEndsTheRun(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	_, a := w.Mapped("Acme", 5, store.Business)
	w.Sim.SetFaults(cwsim.Fault{
		Kind: cwsim.Hook, Method: "GET", Path: fmt.Sprintf("/finance/agreements/%d/additions", a.ID), Times: 1,
		Do: func() {
			i, err := w.Store.Integration(t.Context())
			w.Must(err)
			i.ConnectedAt = i.ConnectedAt.Add(time.Minute)
			w.Must(w.Store.SaveIntegration(t.Context(), i))
		},
	})
	run := w.Sync()
	billingtest.WantStatus(t, run, store.RunFailed)
	if want := "The connection to ConnectWise PSA was changed while the sync ran."; run.Problem.What != want {
		t.Errorf("the run says %q, want %q", run.Problem.What, want)
	}
	w.WantLive(a.ID)
	if i, err := w.Store.Integration(t.Context()); err != nil || !i.Problem.Zero() {
		t.Errorf("the connection has the problem %+v (%v), want none", i.Problem, err)
	}
	billingtest.WantStatus(t, w.Sync(), store.RunDone)
	w.WantLive(a.ID, "NP-BUS 5")
}
