package scan_test

import (
	"net/http/httptest"
	"strings"
	"testing"

	"seatbridge/billing/billingtest"
	"seatbridge/billing/intake"
	"seatbridge/billing/mapping"
	"seatbridge/billing/problem"
	"seatbridge/billing/scan"
	"seatbridge/billing/sheet"
	"seatbridge/internal/handwork"
	"seatbridge/store"
)

// world is Seatbridge, set up beside ten years of hand work as a person does it: files, import, mapping.
type world struct {
	*billingtest.World
	hand *handwork.World
}

// newWorld is set up, and everybody is mapped as intended.
func newWorld(t *testing.T, c handwork.Config) *world {
	t.Helper()
	w := &world{World: billingtest.Empty(t)}
	c.Now = w.Time
	w.hand = handwork.New(c)
	w.Sim = w.hand.Sim
	server := httptest.NewServer(w.Sim)
	t.Cleanup(server.Close)
	w.Site = server.URL
	w.Connect()
	w.Must(w.Mapping.ConfirmMapping(t.Context(), billingtest.Admin(), map[store.Plan]int{
		store.Business: w.hand.Business.ID, store.Enterprise: w.hand.Enterprise.ID,
	}, false))
	w.file(sheet.Organizations, w.hand.OrganizationsCSV())
	w.file(sheet.Members, w.hand.MembersCSV())
	w.importCustomers()
	w.mapAll()
	return w
}

// file imports a file.
func (w *world) file(kind sheet.Kind, text string) {
	w.T.Helper()
	ctx := w.T.Context()
	saved, err := w.Files.Upload(ctx, billingtest.Admin(), kind, "file.csv", strings.NewReader(text))
	w.Must(err)
	in, err := w.Files.Find(ctx, saved.ID)
	w.Must(err)
	in.Choices.CreateAll = true
	w.Must(w.Files.Check(ctx, in.ID, in.Choices))
	w.checked(in.ID)
	w.Must(w.Files.Write(ctx, billingtest.Admin(), in.ID, false))
	w.checked(in.ID)
}

func (w *world) checked(id int64) intake.FileImport {
	w.T.Helper()
	w.Files.Wait(w.T.Context(), id)
	in, err := w.Files.Find(w.T.Context(), id)
	w.Must(err)
	if in.Findings.Bad > 0 || in.Findings.LeftOut > 0 {
		w.T.Fatalf("the file is not taken whole: %+v", in.Findings.Problems)
	}
	return in
}

// importCustomers imports the companies of customers alone, as whoever sets up does.
func (w *world) importCustomers() {
	w.T.Helper()
	w.Must(w.Mapping.StartCompanyImport(w.T.Context(), problem.System(), []int{1, 2}, []int{1}))
	w.Work.Wait()
	if p := w.Mapping.CompanyImportProgress(); !p.Problem.Zero() {
		w.T.Fatal(p.Problem)
	}
}

func (w *world) mapAll() {
	w.T.Helper()
	ids := w.ids()
	var pairs []mapping.Pair
	for _, m := range w.hand.Mappings {
		pairs = append(pairs, mapping.Pair{OrganizationID: ids[m.Organization], CompanyID: m.CompanyID, AgreementID: m.AgreementID})
	}
	problems, err := w.Mapping.MapPairs(w.T.Context(), billingtest.Admin(), pairs)
	w.Must(err)
	if len(problems) > 0 {
		w.T.Fatalf("%d of %d cannot be mapped, first: %+v", len(problems), len(pairs), problems[0])
	}
}

// ids are those of organizations, by name.
func (w *world) ids() map[string]int64 {
	w.T.Helper()
	rows, _, err := w.Store.Organizations(w.T.Context(), store.OrganizationFilter{})
	w.Must(err)
	ids := map[string]int64{}
	for _, o := range rows {
		ids[o.Name] = o.ID
	}
	return ids
}

// scan scans to the end.
func (w *world) scan() scan.Progress {
	w.T.Helper()
	w.Must(w.Scan.Start(w.T.Context(), billingtest.Admin()))
	w.Work.Wait()
	return w.Scan.Progress()
}

// found is what leaks now, after a scan that must have gone well.
func (w *world) found() scan.Found {
	w.T.Helper()
	if p := w.Scan.Progress(); p.Running || !p.Problem.Zero() {
		w.T.Fatalf("the scan: %+v", p)
	}
	f, err := w.Scan.Find(w.T.Context())
	w.Must(err)
	return f
}
