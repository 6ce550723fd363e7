package store

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

const privateKey = "very-private-key-0123456789"

func connect(t testing.TB, s *Store) Integration {
	t.Helper()
	i := Integration{
		Site: "https://na.myconnectwise.net", Company: "acme", PublicKey: "public", PrivateKey: privateKey, ClientID: "client", APIBase: "https://api-na.myconnectwise.net/",
		Rights: `{"agreements":"present"}`, ConnectedAt: t0, CheckedAt: t0,
	}
	check(t, s.SaveIntegration(t.Context(), i))
	return i
}

func TestIntegration(t *testing.T) {
	t.Parallel()
	s := openTest(t)
	_, err := s.Integration(t.Context())
	wantErr(t, err, ErrNotFound)
	problem := Problem{What: "The keys were refused.", Do: "Enter them again.", Detail: "401"}
	for _, err := range []error{
		s.SetIntegrationProblem(t.Context(), problem, t0), s.SetAPIBase(t.Context(), "x"), s.SetLastSync(t.Context(), t0),
		s.SaveProductMappings(t.Context(), nil, t0),
	} {
		wantErr(t, err, ErrNotFound)
	}

	want := connect(t, s)
	same(t, must[Integration](t)(s.Integration(t.Context())), want)
	later := t0.Add(time.Hour)
	check(t, s.SetIntegrationProblem(t.Context(), problem, later))
	check(t, s.SetAPIBase(t.Context(), "https://elsewhere/"))
	check(t, s.SetLastSync(t.Context(), later))
	want.Problem, want.ErrorAt, want.CheckedAt, want.APIBase, want.LastSyncAt = problem, later, later, "https://elsewhere/", later
	same(t, must[Integration](t)(s.Integration(t.Context())), want)

	check(t, s.SetIntegrationProblem(t.Context(), Problem{}, later.Add(time.Hour)))
	want.Problem, want.ErrorAt, want.CheckedAt = Problem{}, time.Time{}, later.Add(time.Hour)
	want.PrivateKey, want.Company = "another", "other"
	update := want
	update.LastSyncAt = time.Time{} // not SaveIntegration's to change
	check(t, s.SaveIntegration(t.Context(), update))
	same(t, must[Integration](t)(s.Integration(t.Context())), want)
}

func TestPrivateKeyIsSealed(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "sealed.db")
	s := must[*Store](t)(Open(t.Context(), path, testKey))
	connect(t, s)
	one := must[[]byte](t)(s.sealedPrivateKey(t))
	connect(t, s)
	if bytes.Equal(one, must[[]byte](t)(s.sealedPrivateKey(t))) {
		t.Error("sealing twice gives the same bytes")
	}
	for _, file := range must[[]string](t)(filepath.Glob(path + "*")) { // with the write-ahead log
		if bytes.Contains(must[[]byte](t)(os.ReadFile(file)), []byte(privateKey)) {
			t.Errorf("%s has the private key in the clear", filepath.Base(file))
		}
	}
	if _, err := s.opened("another.column", one); err == nil {
		t.Error("the sealed text opens in another column")
	}
	check(t, s.Close())

	wrong, err := Open(t.Context(), path, bytes.Repeat([]byte{8}, 32))
	check(t, err)
	defer wrong.Close()
	_, err = wrong.Integration(t.Context())
	wantErr(t, err, ErrWrongKey)
	if !strings.Contains(err.Error(), "sealed with another key") {
		t.Errorf("error %q is not clear", err)
	}
}

func (s *Store) sealedPrivateKey(t *testing.T) ([]byte, error) {
	return one(t.Context(), s.reader, scanValue[[]byte], `SELECT private_key_sealed FROM integration`)
}

func TestProductMappings(t *testing.T) {
	t.Parallel()
	s := openTest(t)
	connect(t, s)
	business := ProductMapping{Plan: Business, ProductID: 5, Identifier: "NP-BUS", Description: "Business", ConfirmedAt: t0}
	enterprise := ProductMapping{Plan: Enterprise, ProductID: 6, Identifier: "NP-ENT", Description: "Enterprise", ConfirmedAt: t0}
	activeSince := func(want time.Time) {
		t.Helper()
		same(t, must[Integration](t)(s.Integration(t.Context())).ActiveSince, want)
	}

	check(t, s.SaveProductMappings(t.Context(), []ProductMapping{business}, t0))
	activeSince(time.Time{})
	double := enterprise
	double.ProductID = 5
	wantConflict(t, s.SaveProductMappings(t.Context(), []ProductMapping{business, double}, t0), "product")
	same(t, must[map[Plan]ProductMapping](t)(s.ProductMappings(t.Context())), map[Plan]ProductMapping{Business: business})

	later := t0.Add(time.Hour)
	check(t, s.SaveProductMappings(t.Context(), []ProductMapping{business, enterprise}, later))
	activeSince(later)
	check(t, s.SaveProductMappings(t.Context(), []ProductMapping{business, enterprise}, later.Add(time.Hour)))
	activeSince(later) // since the first time
	business.ConfirmedAt, enterprise.ConfirmedAt = later.Add(time.Hour), later.Add(time.Hour)
	same(t, must[map[Plan]ProductMapping](t)(s.ProductMappings(t.Context())), map[Plan]ProductMapping{Business: business, Enterprise: enterprise})
}

func TestDisconnect(t *testing.T) {
	t.Parallel()
	s := openTest(t)
	connect(t, s)
	o := newOrganizations(t, s, 1)[0]
	importCompaniesOf(t, s, 2)
	mapTo(t, s, o.ID, 1, 101)
	check(t, s.SaveProductMappings(t.Context(), []ProductMapping{{Plan: Business, ProductID: 5}}, t0))
	check(t, s.SaveLine(t.Context(), Line{AgreementID: 101, ProductID: 5, AdditionID: 9}))
	states := map[RunStatus]RunStatus{RunRunning: RunCancelled, RunPlanned: RunDiscarded, RunDone: RunDone}
	for status := range states {
		r := must[Run](t)(s.CreateRun(t.Context(), Run{Kind: RunManual, Month: "2026-03", Status: status, StartedAt: t0}))
		plan(t, s, r.ID, 101, testChange(5, StatePlanned), testChange(6, StateSending), testChange(7, StateWritten), testChange(8, StateHeld))
	}

	check(t, s.Disconnect(t.Context(), t0))
	same(t, must[map[int][]EndedMapping](t)(BooksIn(s).EndedMappings(t.Context())), map[int][]EndedMapping{101: {{101, o.ID, t0}}})
	_, err := s.Integration(t.Context())
	wantErr(t, err, ErrNotFound)
	_, _, err = s.CompanyImportFilter(t.Context())
	wantErr(t, err, ErrNotFound)
	companies, _, err := s.CompanyCounts(t.Context())
	check(t, err)
	same(t, []int{
		companies, len(must[[]Mapping](t)(s.Mappings(t.Context()))), len(must[map[LineKey]Line](t)(s.Lines(t.Context()))),
		len(must[map[Plan]ProductMapping](t)(s.ProductMappings(t.Context()))),
	}, []int{0, 0, 0, 0})
	runs, total, err := s.Runs(t.Context(), RunFilter{})
	check(t, err)
	same(t, total, 3)
	for _, r := range runs {
		same(t, r.Counts, map[ChangeState]int{StateCancelled: 2, StateSending: 1, StateWritten: 1})
		if r.Status == RunRunning || r.Status == RunPlanned {
			t.Errorf("a run is still %s", r.Status)
		}
	}
	must[Organization](t)(s.Organization(t.Context(), o.ID))
	connect(t, s)
	same(t, must[Integration](t)(s.Integration(t.Context())).ActiveSince, time.Time{})
}
