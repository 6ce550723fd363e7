package handlers

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"seatbridge/billing/seats"
	"seatbridge/store"
	"seatbridge/views"
)

// TestCase_G23_EveryButtonNamesItsMonth follows a line of the month before from Needs attention to ConnectWise.
func TestCase_G23_EveryButtonNamesItsMonth(t *testing.T) {
	t.Parallel()
	w := newBilled(t)
	now := testNow()
	month := store.MonthOf(now).Add(-1)
	word, soFar := month.Start().Format("January"), store.MonthOf(now).String()+", so far"
	acme, a := w.customerWith("Acme", 5)
	// The month's own run could not write Acme's line.
	run, err := w.store.CreateRun(t.Context(), store.Run{Kind: store.RunMonthly, Month: month, Status: store.RunIncomplete, StartedAt: now, EndedAt: now})
	if err != nil {
		t.Fatal(err)
	}
	_, err = w.store.PlanAgreement(t.Context(), run.ID, a.ID, []store.Change{{
		CompanyID: a.CompanyID, Company: "Acme", Agreement: a.Name, Plan: store.Business, ProductID: w.businessProduct(), Product: "NP-BUS", State: store.StateSkipped,
	}})
	if err != nil {
		t.Fatal(err)
	}

	page := w.b.get(views.RunPath(run.ID), http.StatusOK)
	has(t, page, "h1", "Monthly sync: "+month.String())
	has(t, page, `form[action$="/retry"]`, "Retry "+word)
	has(t, page, fmt.Sprintf(`form[method=get][action="%s"]`, views.SyncMonthPath(string(month))), "Sync "+word+" again")
	has(t, w.b.get(views.ConnectWisePath, http.StatusOK), "#sync-month", soFar)
	has(t, w.b.get(views.StartSyncPath, http.StatusOK), "[data-testid=sync-dialog]", soFar)
	has(t, w.b.get(views.AgreementPath(int64(a.ID)), http.StatusOK), "#sync-month", soFar)
	has(t, w.b.get(views.OrganizationPath(acme.ID), http.StatusOK), "#sync-month", soFar)

	button := w.b.get(views.AttentionPath, http.StatusOK).Find(fmt.Sprintf(`[data-testid=change] form[action="%s"]`, views.SyncMonthPath(string(month))))
	if text := strings.TrimSpace(button.Text()); text != "Sync "+word+" again" {
		t.Fatalf("beside %s's line the button says %q", word, text)
	}
	w.b.post(button.AttrOr("action", ""), formOf(button), http.StatusSeeOther)
	_, page = w.finished()
	has(t, page, "h1", "Sync again, some agreements: "+month.String())
	if strings.Contains(page.Find("main").Text(), "so far") {
		t.Error("it wrote the running month, so far")
	}

	// A later run has looked at what the first one did not write: a retry says so, and what can be done.
	page = w.b.get(views.RunPath(run.ID), http.StatusOK)
	has(t, page, "[data-testid=notice]", "has looked since at 1 agreement that this run did not write.")
	if page.Find(`form[action$="/retry"]`).Length() != 0 {
		t.Error("a retry is offered of which nothing is left")
	}
	has(t, w.b.post(views.RetryRunPath(run.ID), nil, http.StatusUnprocessableEntity), "main", "nothing of it is left to retry")
	has(t, w.b.get(views.ActivityPath, http.StatusOK), "main", "Started a sync of "+month.String()+" for agreement")

	// Over the running month it says what it overwrites, and does not without.
	w.sync()
	again := views.SyncMonthPath(string(month))
	has(t, w.b.get(again, http.StatusOK), "[data-testid=sync-dialog]", "has written "+seats.ToDate(now).String()+" on these lines since.")
	has(t, w.b.post(again, nil, http.StatusUnprocessableEntity), "main", "would overwrite it")
	w.b.post(again, formOf(w.b.get(again, http.StatusOK).Find("[data-testid=sync-dialog]")), http.StatusSeeOther)
	_, page = w.finished()
	has(t, page, "h1", "Sync again: "+month.String())
}

// TestSyncOfAMonthIsRefused holds what is answered to a month that is none, or is not over.
func TestSyncOfAMonthIsRefused(t *testing.T) {
	t.Parallel()
	w := newBilled(t)
	w.customerWith("Acme", 5)
	for month, status := range map[string]int{
		"2026-13": http.StatusNotFound, "soon": http.StatusNotFound, string(store.MonthOf(testNow())): http.StatusUnprocessableEntity,
		string(store.MonthOf(testNow()).Add(1)): http.StatusUnprocessableEntity,
	} {
		w.b.post(views.StartSyncPath+"/"+month, nil, status)
	}
}

// TestCase_D8_SyncNowLeavesWhatIsNotInvoiced has a line that carries last month, not invoiced yet, and one whose month is.
func TestCase_D8_SyncNowLeavesWhatIsNotInvoiced(t *testing.T) {
	t.Parallel()
	w := newBilled(t)
	month := store.MonthOf(testNow()).Add(-1)
	carries, a := w.customerWith("Acme", 5)
	other, b := w.customerWith("Beta", 3)
	w.b.post(views.SyncMonthPath(string(month)), nil, http.StatusSeeOther)
	w.finished()
	w.sim.InvoiceThrough(a.ID, month.End().AddDate(0, 0, -1))
	w.sim.InvoiceThrough(b.ID, month.Add(1).End().AddDate(0, 0, -1))
	w.b.importAll()
	w.join(carries, 1)
	w.join(other, 1)

	page := w.b.get(views.StartSyncPath, http.StatusOK)
	has(t, page, "[data-testid=carried]", "1 line still carries "+month.String()+": 5 seats, 24.95 USD, next invoiced from 1 Mar 2026 on.")
	fields := formOf(page.Find("[data-testid=sync-dialog]"))
	fields.Set("leave", "true")
	w.b.post(views.StartSyncPath, fields, http.StatusSeeOther)
	_, page = w.finished()
	has(t, page, "h1", "some agreements")
	w.wrote(a, "5")
	w.wrote(b, "4")
}
